//! Units to move between locations of the same item: from where they are in excess to where they
//! run out.
//!
//! A warehouse keeps 40 of its 100 units; a shop is 20 units short before an order would arrive, at
//! a margin of 5 against a cost of 1 for moving a unit:
//!
//! ```
//! use orderpoint::allocate::Settings;
//! use orderpoint::allocate::transfers::{Site, transfers};
//! use orderpoint::domain::units::{LocationId, Money, SkuId, Units};
//!
//! let site = |location, units, order_up_to, short_units| Site {
//!     location: LocationId(location),
//!     available: Units(units),
//!     inventory_position: Units(units),
//!     order_up_to,
//!     short_units,
//!     margin: Money::from_f64(5.0),
//! };
//! let sites = [site(0, 100, 40.0, 0.0), site(1, 0, 50.0, 20.0)];
//! let settings = Settings { transfer_cost: 1.0, ..Settings::default() };
//! let moves = transfers(SkuId(0), &sites, &settings);
//! assert_eq!((moves[0].quantity, moves[0].value), (Units(20), Money::from_f64(80.0)));
//! ```

use crate::allocate::settings::Settings;
use crate::domain::outcome::Transfer;
use crate::domain::units::{LocationId, Money, SkuId, Units};

/// More units than any stock; casts and sums of them are far from overflow.
const MOST_UNITS: f64 = 1e15;

/// One location of the item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Site {
    /// Where.
    pub location: LocationId,
    /// Units that can be promised.
    pub available: Units,
    /// Available + on order - backorders.
    pub inventory_position: Units,
    /// Units the location keeps: its order-up-to level.
    pub order_up_to: f64,
    /// Units expected short before an order placed now would arrive.
    pub short_units: f64,
    /// Margin of one unit.
    pub margin: Money,
}

impl Site {
    /// Whole units it can give: those above its order-up-to level that are in the house, none while
    /// it is short itself.
    fn spare(&self) -> Units {
        if self.short_units > 0.0 {
            return Units::ZERO;
        }
        let surplus = self.inventory_position.as_f64() - self.order_up_to.max(0.0);
        Units::floor(surplus.clamp(0.0, MOST_UNITS)).min(self.available).or_zero()
    }

    /// What a unit moved here saves, currency units.
    fn saving_per_unit(&self, settings: &Settings) -> f64 {
        self.margin.as_f64() - settings.transfer_cost
    }
}

/// Transfers of one item, the dearest shortage first, each from the location with most to spare. A
/// location never gives below its order-up-to level or what it has, and a transfer must be worth
/// more than it costs. Expected shortages are rounded to whole units.
#[must_use]
pub fn transfers(sku: SkuId, sites: &[Site], settings: &Settings) -> Vec<Transfer> {
    let mut spares: Vec<Units> = sites.iter().map(Site::spare).collect();
    let mut short: Vec<&Site> =
        sites.iter().filter(|s| s.short_units > 0.0 && s.saving_per_unit(settings) > 0.0).collect();
    short.sort_by(|a, b| {
        let loss_a = a.saving_per_unit(settings) * a.short_units;
        let loss_b = b.saving_per_unit(settings) * b.short_units;
        loss_b.total_cmp(&loss_a)
    });
    let mut found = Vec::new();
    for site in short {
        let mut lacking = site.short_units;
        while let Some(donor) = most_to_spare(&spares) {
            let quantity = spares[donor].min(Units::floor(lacking.round().min(MOST_UNITS)));
            // Rounded up, the last unit covers only a part of one: it must still pay for its own
            // way.
            let saved = lacking.min(quantity.as_f64());
            let value = site.margin.as_f64() * saved - settings.transfer_cost * quantity.as_f64();
            if quantity.count() < settings.transfer_minimum.max(1) || value <= 0.0 {
                break;
            }
            spares[donor] -= quantity;
            lacking -= saved;
            found.push(Transfer {
                sku,
                from: sites[donor].location,
                to: site.location,
                quantity,
                value: Money::from_f64(value),
                reason: format!(
                    "{:.1} units short before an order would arrive; the other location keeps its order-up-to level of {:.0}",
                    site.short_units, sites[donor].order_up_to
                ),
            });
        }
    }
    found
}

/// Position of the largest spare, the first among equals; `None` when nobody has any.
fn most_to_spare(spares: &[Units]) -> Option<usize> {
    let mut most: Option<usize> = None;
    for (i, spare) in spares.iter().enumerate() {
        if spare.is_positive() && most.is_none_or(|m| *spare > spares[m]) {
            most = Some(i);
        }
    }
    most
}

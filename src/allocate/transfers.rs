//! Units to move between locations of the same item: from where they are in excess to where they run out.

use crate::allocate::Settings;
use crate::domain::outcome::Transfer;
use crate::domain::units::{LocationId, Money, SkuId, Units};

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

/// Transfers of one item, the dearest shortage first, each from the location with most to spare. A location never gives below its
/// order-up-to level or what it has, and a transfer must be worth more than it costs. Expected shortages are rounded to whole units.
#[must_use]
pub fn transfers(sku: SkuId, sites: &[Site], settings: &Settings) -> Vec<Transfer> {
    let spare = |s: &Site| {
        let surplus = (s.inventory_position.0 as f64 - s.order_up_to.max(0.0))
            .floor()
            .clamp(0.0, 1e15) as i64;
        if s.short_units > 0.0 { 0 } else { surplus.min(s.available.0).max(0) }
    };
    let mut spares: Vec<i64> = sites.iter().map(spare).collect();
    let worth = |s: &Site| s.margin.as_f64() - settings.transfer_cost;
    let mut short: Vec<&Site> =
        sites.iter().filter(|s| s.short_units > 0.0 && worth(s) > 0.0).collect();
    short.sort_by(|a, b| (worth(b) * b.short_units).total_cmp(&(worth(a) * a.short_units)));
    let mut found = Vec::new();
    for site in short {
        let mut lacking = site.short_units;
        while let Some(donor) = (0..sites.len())
            .filter(|&i| spares[i] > 0)
            .max_by_key(|&i| (spares[i], std::cmp::Reverse(i)))
        {
            let quantity = spares[donor].min(lacking.round().min(1e15) as i64);
            let saved = lacking.min(quantity as f64);
            let value = site.margin.as_f64() * saved - settings.transfer_cost * quantity as f64;
            if quantity < settings.transfer_minimum.max(1) || value <= 0.0 {
                break;
            }
            spares[donor] -= quantity;
            lacking -= saved;
            found.push(Transfer {
                sku,
                from: sites[donor].location,
                to: site.location,
                quantity: Units(quantity),
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

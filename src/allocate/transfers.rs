//! Units to move between locations of the same item: what lies elsewhere is moved before it is
//! bought.
//!
//! Two wants, the dearest first. A *shortage* is what a location will lose before an order placed
//! now would arrive: only a move can prevent it, and it is worth the margin. A *need* is what it
//! would buy today: a unit moved is a unit not bought, and worth its cost. A location gives to a
//! shortage what it does not need until its own supply arrives, and to a need what lies above its
//! order-up-to level, or it would have to buy the same unit itself; it gives nothing while it is
//! short. A move must be worth more than it costs.
//!
//! L2 holds 1,790 units above its order-up-to level and L1 needs 150: 150 are moved, none bought.
//!
//! ```
//! use orderpoint::allocate::Settings;
//! use orderpoint::allocate::transfers::{Site, transfers};
//! use orderpoint::domain::units::{LocationId, Money, SkuId, Units};
//!
//! let idle = Site { location: LocationId(0), ..Site::default() };
//! let short = Site {
//!     need: 150.0,
//!     short_units: 20.0,
//!     margin: Money::from_f64(5.0),
//!     unit_cost: Some(Money::from_f64(4.0)),
//!     ..idle
//! };
//! let full = Site {
//!     location: LocationId(1),
//!     beyond_target: Units(1790),
//!     beyond_own_supply: Units(1900),
//!     ..idle
//! };
//! let settings = Settings { transfer_cost: 1.0, ..Settings::default() };
//! let moves = transfers(SkuId(0), Units(1), &[short, full], &settings, &|_, _| true);
//! assert_eq!(moves[0].quantity, Units(150));
//! // 20 sales at a margin of 5, 130 units at a cost of 4 that are not bought, 150 moves at 1.
//! assert_eq!(moves[0].value, Money::from_f64(20.0 * 5.0 + 130.0 * 4.0 - 150.0));
//! ```

use crate::allocate::settings::Settings;
use crate::domain::inputs::Names;
use crate::domain::outcome::Transfer;
use crate::domain::units::{LocationId, Money, SkuId, Units};

/// More units than any stock; casts and sums of them are far from overflow.
const MOST_UNITS: f64 = 1e15;
/// Rounding noise in a need must not move a unit.
const NOISE: f64 = 1e-6;
/// An expected shortage below half a unit is none.
const LEAST_SHORTAGE: f64 = 0.5;

/// One location of the item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Site {
    /// Where.
    pub location: LocationId,
    /// Units in the house beyond its order-up-to level.
    pub beyond_target: Units,
    /// Units in the house beyond what it needs until its own supply arrives.
    pub beyond_own_supply: Units,
    /// Units it would buy today, unrounded.
    pub need: f64,
    /// Units expected short before an order placed now would arrive; of what is never ordered
    /// again, all that it lacks.
    pub short_units: f64,
    /// Whether it is never ordered again: sold off, or not to be ordered.
    pub is_sold_off: bool,
    /// Margin of one unit.
    pub margin: Money,
    /// What a unit costs to buy; `None` = unknown: no purchase is replaced by a move.
    pub unit_cost: Option<Money>,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            location: LocationId(0),
            beyond_target: Units::ZERO,
            beyond_own_supply: Units::ZERO,
            need: 0.0,
            short_units: 0.0,
            is_sold_off: false,
            margin: Money::ZERO,
            unit_cost: None,
        }
    }
}

/// Where a pool stands, as a giver sees it. All in units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Holding<'a> {
    /// In the house, and promised to nobody.
    pub available: Units,
    /// Available + on order - backorders.
    pub position: f64,
    /// Where it orders.
    pub reorder_point: f64,
    /// What an order lifts it to.
    pub order_up_to: f64,
    /// What it keeps against uncertainty.
    pub safety_stock: f64,
    /// Expected stock at the end of each period until its own supply arrives, without new orders.
    pub until_supply: &'a [f32],
    /// Whether it is never ordered again, so that it never buys back what it gave.
    pub is_sold_off: bool,
}

impl Holding<'_> {
    /// Units beyond its order-up-to level.
    #[must_use]
    pub fn beyond_target(&self) -> Units {
        self.beyond(self.order_up_to)
    }

    /// Units that it does not need until its own supply arrives: on no day until then is the shelf
    /// expected to fall below the safety stock for want of them.
    #[must_use]
    pub fn beyond_own_supply(&self) -> Units {
        self.beyond(self.reorder_point)
    }

    fn beyond(&self, level: f64) -> Units {
        // Units on order count in the position, and cannot be sent: the lowest day bounds them.
        let lowest = self.until_supply.iter().copied().fold(f32::INFINITY, f32::min);
        let surplus = self.position - level.max(0.0);
        let idle = f64::from(lowest) - self.safety_stock.max(0.0);
        let units = surplus.min(idle).clamp(0.0, MOST_UNITS);
        // A place that never buys again keeps no unit for a hundredth of one: that would be written
        // off there, and bought for the other.
        let whole = if self.is_sold_off { Units::nearest(units) } else { Units::floor(units) };
        whole.min(self.available).or_zero()
    }
}

/// Why units are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    Shortage,
    Need,
}

/// Transfers of one item, one a pair of locations, in multiples of `step`; `may_move` says between
/// which (from, to).
#[must_use]
pub fn transfers(
    sku: SkuId,
    step: Units,
    sites: &[Site],
    settings: &Settings,
    may_move: &dyn Fn(LocationId, LocationId) -> bool,
) -> Vec<Transfer> {
    let mut moves = Moves {
        sku,
        step,
        sites,
        settings,
        may_move,
        given: vec![Units::ZERO; sites.len()],
        received: vec![Units::ZERO; sites.len()],
        found: Vec::new(),
    };
    moves.serve(Want::Shortage);
    moves.serve(Want::Need);
    let least = Units::whole(settings.transfer_minimum).max(step);
    moves.found.retain(|found| found.quantity >= least);
    moves.found
}

/// What a location that buys should know of its neighbours, for its reason: units above their
/// order-up-to levels that are not moved to it. Empty where there are none.
#[must_use]
pub fn left_elsewhere(
    location: LocationId,
    sites: &[Site],
    transfers: &[Transfer],
    names: &Names,
) -> String {
    let mut reason = String::new();
    let buys = sites.iter().any(|site| site.location == location && site.need > NOISE);
    for site in sites.iter().filter(|site| buys && site.location != location) {
        let given = transfers.iter().filter(|t| t.from == site.location).map(|t| t.quantity);
        let left = site.beyond_target - given.sum();
        if left.is_positive() {
            let name = names.location(site.location);
            reason += &format!("; {left} more lie at {name} above its order-up-to level");
        }
    }
    reason
}

/// Transfers as they are found.
struct Moves<'a> {
    sku: SkuId,
    step: Units,
    sites: &'a [Site],
    settings: &'a Settings,
    may_move: &'a dyn Fn(LocationId, LocationId) -> bool,
    /// `[sites]`
    given: Vec<Units>,
    /// `[sites]`
    received: Vec<Units>,
    found: Vec<Transfer>,
}

impl Moves<'_> {
    /// Serves one want everywhere, the dearest first.
    fn serve(&mut self, want: Want) {
        let mut order: Vec<usize> = (0..self.sites.len()).collect();
        order.sort_by(|&a, &b| {
            let worth_a = self.worth(a, want) * self.wanted(a, want);
            let worth_b = self.worth(b, want) * self.wanted(b, want);
            worth_b.total_cmp(&worth_a)
        });
        for to in order {
            if self.worth(to, want) <= 0.0 {
                continue;
            }
            loop {
                let lacking = self.wanted(to, want) - self.received[to].as_f64();
                let Some(from) = self.most_to_spare(to, want).filter(|_| lacking > NOISE) else {
                    break;
                };
                let lacking_now = lacking.min(MOST_UNITS);
                // An expected shortage is a mean: a tenth of a unit moves nothing. A need is
                // rounded up, as an order would be.
                let whole = match want {
                    Want::Shortage => Units::nearest(lacking_now).down_to(self.step),
                    Want::Need => Units::ceil(lacking_now - NOISE).up_to(self.step),
                };
                let quantity = whole.min(self.spare(from, want).down_to(self.step));
                if !self.pays(to, want, lacking.min(quantity.as_f64()), quantity) {
                    break;
                }
                self.note(from, to, want, lacking, quantity);
            }
        }
    }

    /// Units wanted at a site in all.
    fn wanted(&self, site: usize, want: Want) -> f64 {
        let Site { short_units, need, .. } = self.sites[site];
        match want {
            Want::Shortage => short_units.max(0.0),
            // What a shortage brought counts for the need as well.
            Want::Need => need.max(0.0),
        }
    }

    /// What a moved unit is worth beyond its way, currency units.
    fn worth(&self, site: usize, want: Want) -> f64 {
        self.gross_worth(site, want) - self.settings.transfer_cost
    }

    fn gross_worth(&self, site: usize, want: Want) -> f64 {
        let Site { margin, unit_cost, .. } = self.sites[site];
        match want {
            Want::Shortage => margin.as_f64().max(unit_cost.unwrap_or_default().as_f64()),
            // Of an unknown cost nothing says that it is more than the way.
            Want::Need => unit_cost.map_or(0.0, Money::as_f64),
        }
    }

    /// Whether the last unit, of which only a part may be wanted, still pays for its own way.
    fn pays(&self, to: usize, want: Want, saved: f64, quantity: Units) -> bool {
        let cost = self.settings.transfer_cost * quantity.as_f64();
        quantity.is_positive() && self.gross_worth(to, want) * saved > cost
    }

    fn spare(&self, site: usize, want: Want) -> Units {
        let Site { beyond_target, beyond_own_supply, .. } = self.sites[site];
        let most = match want {
            Want::Shortage => beyond_own_supply.max(beyond_target),
            Want::Need => beyond_target,
        };
        (most - self.given[site]).or_zero()
    }

    /// The site with the largest spare for `to`, the first among equals; `None` when nobody has
    /// any. Who is short himself gives nothing.
    fn most_to_spare(&self, to: usize, want: Want) -> Option<usize> {
        let mut most: Option<usize> = None;
        for from in (0..self.sites.len()).filter(|&from| from != to) {
            let spare = self.spare(from, want);
            let Site { short_units, need, .. } = self.sites[from];
            let is_short = short_units >= LEAST_SHORTAGE || need > NOISE;
            if spare.is_positive()
                && !is_short
                && (self.may_move)(self.sites[from].location, self.sites[to].location)
                && most.is_none_or(|best| spare > self.spare(best, want))
            {
                most = Some(from);
            }
        }
        most
    }

    fn note(&mut self, from: usize, to: usize, want: Want, lacking: f64, quantity: Units) {
        self.given[from] += quantity;
        self.received[to] += quantity;
        let site = self.sites[to];
        let saved = lacking.min(quantity.as_f64());
        let cost = self.settings.transfer_cost * quantity.as_f64();
        let at_risk = match want {
            Want::Shortage => site.margin.as_f64().max(0.0) * saved,
            Want::Need => 0.0,
        };
        let not_bought = match want {
            Want::Shortage => 0.0,
            Want::Need => site.unit_cost.map_or(0.0, Money::as_f64) * saved,
        };
        let value = Money::from_f64(at_risk + not_bought - cost);
        let (giver, receiver) = (self.sites[from].location, site.location);
        let known = self.found.iter_mut().find(|t| t.from == giver && t.to == receiver);
        match known {
            Some(known) => {
                known.quantity += quantity;
                known.value += value;
                known.value_at_risk += Money::from_f64(at_risk);
            }
            None => self.found.push(Transfer {
                sku: self.sku,
                from: giver,
                to: receiver,
                quantity,
                value,
                value_at_risk: Money::from_f64(at_risk),
                reason: self.reason(from, to),
            }),
        }
    }

    fn reason(&self, from: usize, to: usize) -> String {
        let giver = self.sites[from];
        let Site { short_units, need, is_sold_off, .. } = self.sites[to];
        let mut reason = String::new();
        if short_units >= LEAST_SHORTAGE {
            let until = if is_sold_off {
                "and none will be ordered"
            } else {
                "before an order would arrive"
            };
            reason += &format!("{short_units:.1} units short {until}, ");
        }
        if need > NOISE {
            reason += &format!("{need:.1} needed, ");
        }
        reason
            + &format!(
                "the other location has {} more than it needs until its own supply and {} above \
                 its order-up-to level",
                giver.beyond_own_supply.max(giver.beyond_target),
                giver.beyond_target
            )
    }
}

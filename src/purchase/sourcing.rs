//! From whom: primary, secondary and backup suppliers, the switch rule, and split orders.
//!
//! The primary supplier gets the order unless it cannot arrive before the stock-out. Then each
//! other supplier is weighed by
//!
//! ```text
//! cost = landed unit cost x need + margin x expected units short before its arrival
//! ```
//!
//! and takes the order if that is below the primary's: the extra landed cost is below the loss it
//! prevents. A split order buys only the bridge (what would be short between the two arrivals) from
//! the faster supplier, and wins where that is cheaper still.
//!
//! Ten a day with 100 in stock, and 300 needed. The usual supplier takes 28 days, so 180 units and
//! a margin of 900 would be lost; another delivers in 3 days and costs 1 more a unit, 300 more in
//! all:
//!
//! ```
//! use orderpoint::domain::inputs::{Names, Supplier, Supply, Role};
//! use orderpoint::domain::sorted::Sorted;
//! use orderpoint::domain::units::{LocationId, Money, SkuId, SupplierId, Units};
//! use orderpoint::purchase::{Market, PoolNeed, Settings};
//!
//! let as_of = chrono::NaiveDate::from_ymd_opt(2024, 4, 1).unwrap();
//! let names = Names {
//!     skus: vec!["TEA".to_owned()],
//!     locations: vec!["main".to_owned()],
//!     suppliers: ["NEAR", "USUAL"].map(str::to_owned).into(),
//!     ..Names::default()
//! };
//! let supply = Sorted::new(vec![
//!     Supply { unit_cost: Some(Money::from_f64(10.0)), ..Supply::by(SupplierId(1), SkuId(0), 28.0) },
//!     Supply {
//!         unit_cost: Some(Money::from_f64(11.0)),
//!         role: Role::Secondary,
//!         ..Supply::by(SupplierId(0), SkuId(0), 3.0)
//!     },
//! ]);
//! let suppliers = [Supplier::default(), Supplier::default()];
//! let settings = Settings { split_orders: false, ..Settings::default() };
//! let market = Market {
//!     supply: &supply, price_breaks: &Sorted::empty(), suppliers: &suppliers, names: &names, settings: &settings, as_of,
//! };
//! let pool = PoolNeed {
//!     need: 300.0,
//!     margin: Money::from_f64(5.0),
//!     ..PoolNeed::unknown(SkuId(0), LocationId(0)).selling(10.0, Units(100), as_of, 90)
//! };
//! let lines = market.propose(pool, |row| row.lead_time_days, &mut Vec::new());
//! assert_eq!(lines[0].supplier(), Some(SupplierId(0)));
//! assert!(lines[0].notes[0].ends_with("costs 300.00 more and prevents a loss of 900.00"));
//! ```

use crate::explain::arithmetic::to_a_millionth;
use crate::purchase::need::PoolNeed;
use crate::purchase::offer::Offer;
use crate::purchase::settings::Settings;
use chrono::NaiveDate;

/// What one supplier is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// Position in the offers.
    pub offer: usize,
    /// Unrounded units.
    pub need: f64,
    /// Expected units short that this line prevents.
    pub short_units: f64,
    /// Why this supplier, when it is not simply the primary one.
    pub why: Option<String>,
}

/// Who gets the order: one assignment, or two for a split, the bridge first. `offers` are in order
/// of preference, the primary first.
///
/// # Panics
/// If `offers` is empty.
#[must_use]
pub fn source(
    pool: &PoolNeed,
    offers: &[Offer],
    as_of: NaiveDate,
    settings: &Settings,
) -> Vec<Assignment> {
    let sourcing = Sourcing { pool, offers, as_of, settings };
    let primary = &offers[0];
    let is_late = pool.stockout_date.is_some_and(|gone| primary.arrival > gone);
    let Some(primary_cost) = sourcing.landed_cost(primary, pool.need).filter(|_| is_late) else {
        return vec![sourcing.all_from(0, None)];
    };
    let mut least = primary_cost + sourcing.loss_before(primary);
    let mut best = vec![sourcing.all_from(0, None)];
    // Who arrives no earlier than the primary prevents nothing.
    for (i, faster) in offers.iter().enumerate().filter(|(_, o)| o.arrival < primary.arrival) {
        let loss = sourcing.loss_before(faster);
        if let Some(cost) = sourcing.landed_cost(faster, pool.need)
            && cost + loss < least
        {
            least = cost + loss;
            best = vec![sourcing.all_from(i, Some(sourcing.why(faster, cost - primary_cost)))];
        }

        let bridge = to_a_millionth(sourcing.short_before(primary) - sourcing.short_before(faster));
        // A bridge of the whole need is the switch weighed above.
        if !settings.split_orders || bridge <= 0.0 || bridge >= pool.need {
            continue;
        }
        let Some(bridge_cost) = sourcing.landed_cost(faster, bridge) else { continue };
        let rest = pool.need - bridge;
        let Some(rest_cost) = sourcing.landed_cost(primary, rest) else { continue };
        // Two lines are placed instead of one.
        let cost = bridge_cost + rest_cost + settings.order_cost;
        if cost + loss < least {
            least = cost + loss;
            let why = sourcing.why(faster, cost - primary_cost);
            best = vec![
                Assignment {
                    offer: i,
                    need: bridge,
                    short_units: bridge,
                    why: Some(format!("split order: {why}")),
                },
                Assignment {
                    need: to_a_millionth(rest),
                    ..sourcing.all_from(0, Some("the rest of a split order".to_owned()))
                },
            ];
        }
    }
    best
}

/// The question of one pool.
struct Sourcing<'q, 'a> {
    pool: &'q PoolNeed,
    offers: &'q [Offer<'a>],
    as_of: NaiveDate,
    settings: &'q Settings,
}

impl Sourcing<'_, '_> {
    /// The whole need from offer `i`; it prevents what would be short over the days at risk after
    /// its arrival.
    fn all_from(&self, i: usize, why: Option<String>) -> Assignment {
        let until = self.offers[i].days(self.as_of) + self.settings.risk_days;
        let short_units =
            (self.pool.short_within(until) - self.short_before(&self.offers[i])).max(0.0);
        Assignment { offer: i, need: self.pool.need, short_units, why }
    }

    /// Expected units short before `offer` arrives.
    fn short_before(&self, offer: &Offer) -> f64 {
        self.pool.short_within(offer.days(self.as_of))
    }

    /// Expected margin lost before `offer` arrives, currency units.
    fn loss_before(&self, offer: &Offer) -> f64 {
        self.pool.margin.as_f64().max(0.0) * self.short_before(offer)
    }

    /// Landed cost of `need` units at the price of the lot that they take; `None` where the
    /// supplier takes no lot for them.
    fn landed_cost(&self, offer: &Offer, need: f64) -> Option<f64> {
        // Priced by the lot, counted by the need: units beyond it are sold later and are no loss.
        let lot = offer.rules(self.pool.room).order_quantity(need).quantity;
        lot.is_positive().then(|| offer.landed(lot).as_f64() * need)
    }

    /// Why `offer` gets the order although it costs `extra` more than the primary's.
    fn why(&self, offer: &Offer, extra: f64) -> String {
        let primary = &self.offers[0];
        let late = primary.arrival;
        let soon = offer.arrival;
        let prevented = self.loss_before(primary) - self.loss_before(offer);
        let difference =
            if extra < 0.0 { format!("{:.2} less", -extra) } else { format!("{extra:.2} more") };
        format!(
            "the primary supplier arrives on {late}, after the stock-out; \
             this one arrives on {soon}, costs {difference} and prevents a loss of {prevented:.2}"
        )
    }
}

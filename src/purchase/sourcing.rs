//! From whom: primary, secondary and backup suppliers, the switch rule, and split orders.
//!
//! The primary supplier gets the order unless it cannot arrive before the stock-out, or its
//! smallest lot is far beyond the need. Then each other supplier is weighed by
//!
//! ```text
//! cost = extra landed cost of the lots it sends + margin x expected units short before its arrival
//! ```
//!
//! and takes the order if that is below the primary's: the extra landed cost is below the loss it
//! prevents. A split order buys only the bridge (what would be short between the two arrivals) from
//! the faster supplier, and wins where that is cheaper still. Lots are what minimum and pack make
//! of a need; units beyond it are carried until they sell.
//!
//! When sales are lost, the pool's need leaves out what is lost before the primary arrives: who
//! arrives sooner sells it, so that it is asked for on top.
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
//!     Supply {
//!         unit_cost: Some(Money::from_f64(10.0)),
//!         ..Supply::by(SupplierId(1), SkuId(0), 28.0)
//!     },
//!     Supply {
//!         unit_cost: Some(Money::from_f64(11.0)),
//!         role: Role::Secondary,
//!         ..Supply::by(SupplierId(0), SkuId(0), 3.0)
//!     },
//! ]);
//! let suppliers = [Supplier::default(), Supplier::default()];
//! let settings = Settings { split_orders: false, ..Settings::default() };
//! let market = Market {
//!     supply: &supply,
//!     price_breaks: &Sorted::empty(),
//!     suppliers: &suppliers,
//!     names: &names,
//!     settings: &settings,
//!     as_of,
//!     approved: &Default::default(),
//!     open_to_buy: &[],
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

use crate::domain::units::Units;
use crate::explain::arithmetic::to_a_millionth;
use crate::purchase::long_lot::LongLot;
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

/// Who gets the order.
#[derive(Debug, Clone, PartialEq)]
pub struct Sources {
    /// One, or two for a split, the bridge first.
    pub assignments: Vec<Assignment>,
    /// Units beyond the pool's need that a faster supplier sells, and the usual one would lose.
    pub served: f64,
}

/// Who gets the order. `offers` are in order of preference, the primary first.
///
/// # Panics
/// If `offers` is empty.
#[must_use]
pub fn source(pool: &PoolNeed, offers: &[Offer], as_of: NaiveDate, settings: &Settings) -> Sources {
    let sourcing = Sourcing { pool, offers, as_of, settings };
    let primary = &offers[0];
    let mut best =
        Sources { assignments: vec![sourcing.all_from(0, pool.need, None)], served: 0.0 };
    if pool.need <= 0.0 {
        return best;
    }
    // Only then is speed worth a price; otherwise the primary is primary for a reason.
    let is_late = pool.stockout_date.is_some_and(|gone| primary.arrival > gone);
    let lot = sourcing.lot(primary, pool.need);
    let long = sourcing.long_lot(primary, lot);
    // A lot that the primary does not send, or that is not worth its carrying, is no order at all.
    let is_refused = lot.is_zero() || long.as_ref().is_some_and(|long| !long.worth);
    if (is_refused || long.is_some())
        && let Some(other) = sourcing.smaller_lot(lot, is_refused, long.as_ref())
    {
        return other;
    }
    if !is_late || is_refused {
        return best;
    }
    // Every unit costs this in any case: options are compared by what they cost beyond it.
    let usual_cost = primary.landed(lot).as_f64();
    let mut least =
        sourcing.carrying(lot.as_f64() - pool.need, usual_cost) + sourcing.loss_before(primary);
    // Who arrives no earlier than the primary prevents nothing.
    for (i, faster) in offers.iter().enumerate().filter(|(_, o)| o.arrival < primary.arrival) {
        let loss = sourcing.loss_before(faster);
        let bridge = to_a_millionth(sourcing.short_before(primary) - sourcing.short_before(faster));
        let served = to_a_millionth(bridge.min(pool.unserved).max(0.0));
        let total = pool.need + served;

        let whole = sourcing.lot(faster, total);
        let extra = (faster.landed(whole).as_f64() - usual_cost) * whole.as_f64()
            + sourcing.carrying(whole.as_f64() - total, usual_cost);
        if whole.is_positive() && extra + loss < least {
            least = extra + loss;
            let why = sourcing.why(faster, extra);
            let assignments = vec![sourcing.all_from(i, total, Some(why))];
            best = Sources { assignments, served };
        }

        // A bridge of the whole need is the switch weighed above. What its supplier's minimum or
        // pack sends beyond the bridge is not asked of the primary again.
        let first = sourcing.lot(faster, bridge);
        let rest = to_a_millionth(total - first.as_f64());
        if !settings.split_orders || bridge <= 0.0 || first.is_zero() || rest <= 0.0 {
            continue;
        }
        let second = sourcing.lot(primary, rest);
        if second.is_zero() {
            continue;
        }
        // Two lines are placed instead of one.
        let extra = (faster.landed(first).as_f64() - usual_cost) * first.as_f64()
            + (primary.landed(second).as_f64() - usual_cost) * second.as_f64()
            + sourcing.carrying((first + second).as_f64() - total, usual_cost)
            + settings.order_cost;
        if extra + loss < least {
            least = extra + loss;
            let why = format!("split order: {}", sourcing.why(faster, extra));
            let assignments = vec![
                Assignment { offer: i, need: bridge, short_units: bridge, why: Some(why) },
                sourcing.all_from(0, rest, Some("the rest of a split order".to_owned())),
            ];
            best = Sources { assignments, served };
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
    /// `need` from offer `i`; it prevents what would be short over the days at risk after its
    /// arrival.
    fn all_from(&self, i: usize, need: f64, why: Option<String>) -> Assignment {
        let until = self.offers[i].days(self.as_of) + self.settings.risk_days;
        let short_units =
            (self.pool.short_within(until) - self.short_before(&self.offers[i])).max(0.0);
        Assignment { offer: i, need, short_units, why }
    }

    /// What speaks for and against a lot of `offer` that is far beyond the need.
    fn long_lot(&self, offer: &Offer, lot: Units) -> Option<LongLot> {
        let landed_cost = offer.landed(lot).as_f64();
        LongLot::of(self.pool, landed_cost, self.pool.need, lot, self.settings.patience())
    }

    /// Another supplier of the whole need, whose lot lasts no longer than it should, where the
    /// primary's lot is refused or costs more to hold; `None` where there is none.
    fn smaller_lot(&self, lot: Units, is_refused: bool, long: Option<&LongLot>) -> Option<Sources> {
        let pool = self.pool;
        let primary = &self.offers[0];
        let smallest = primary.rules(None).smallest();
        // A lot of none has no price break to reach: it is priced at the least that could be
        // ordered.
        let usual_cost = primary.landed(lot.max(smallest)).as_f64();
        let mut least = if is_refused {
            f64::INFINITY
        } else {
            self.carrying(lot.as_f64() - pool.need, usual_cost) + self.loss_before(primary)
        };
        let mut best = None;
        for (i, other) in self.offers.iter().enumerate().skip(1) {
            let whole = self.lot(other, pool.need);
            let is_long = self.long_lot(other, whole).is_some_and(|long| !long.worth);
            if whole.is_zero() || is_long {
                continue;
            }
            let extra = (other.landed(whole).as_f64() - usual_cost) * whole.as_f64()
                + self.carrying(whole.as_f64() - pool.need, usual_cost);
            if extra + self.loss_before(other) >= least {
                continue;
            }
            least = extra + self.loss_before(other);
            let of_primary = match long {
                Some(long) => long.what.clone(),
                None => "no lot is allowed".to_owned(),
            };
            let difference = if extra < 0.0 {
                format!("{:.2} less", -extra)
            } else {
                format!("{extra:.2} more")
            };
            let why = format!(
                "with the primary supplier {of_primary}; this one sends {whole} and costs \
                 {difference}"
            );
            let assignments = vec![self.all_from(i, pool.need, Some(why))];
            best = Some(Sources { assignments, served: 0.0 });
        }
        best
    }

    /// Expected units short before `offer` arrives.
    fn short_before(&self, offer: &Offer) -> f64 {
        self.pool.short_within(offer.days(self.as_of))
    }

    /// Expected margin lost before `offer` arrives, currency units.
    fn loss_before(&self, offer: &Offer) -> f64 {
        self.pool.margin.as_f64().max(0.0) * self.short_before(offer)
    }

    /// The lot that `offer` sends for `need` units; none where it takes no lot for them.
    fn lot(&self, offer: &Offer, need: f64) -> Units {
        offer.rules(self.pool.room).order_quantity(need).quantity
    }

    /// Cost of holding `surplus` units at `unit_cost` until they sell, currency units: they are
    /// needed later and are no loss.
    fn carrying(&self, surplus: f64, unit_cost: f64) -> f64 {
        if surplus <= 0.0 || self.pool.daily_demand <= 0.0 {
            return 0.0;
        }
        // A surplus that sells off evenly lies there half of that time on average.
        let years = surplus / self.pool.daily_demand / 365.0;
        0.5 * surplus * unit_cost * self.settings.carrying_rate * years
    }

    /// Why `offer` gets the order although it costs `extra` more than the primary's, and what that
    /// saves.
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

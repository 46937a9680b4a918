//! Where a pool stands and where it goes: inventory position, dated projection, the probability and
//! the size of a shortage.
//!
//! The *inventory position* is what can be promised, plus what is on its way, less what is owed: an
//! order is decided on it, not on the stock on the shelf, or everything on its way would be ordered
//! again (Silver, Pyke & Thomas 2017, ch. 6.1).
//!
//! ```
//! use orderpoint::inventory::{Arrival, Outlook, Situation, StockLevel};
//! use orderpoint::inventory::settings::UnmetDemand;
//! use orderpoint::math::distributions::Demand;
//!
//! // Ten a day, 420 on the shelf, 100 arriving in thirty days: gone after 52 days.
//! let mean = [10.0; 120];
//! let over = |from: f64, to: f64, _: f64| Demand::Poisson { mean: 10.0 * (to - from) };
//! let now = Situation {
//!     outlook: Outlook { period_days: 1.0, mean: &mean, over: &over },
//!     stock: StockLevel { on_hand: 420.0, available: 420.0, backordered: 0.0 },
//!     arrivals: &[Arrival { days: 30.0, quantity: 100.0 }],
//! };
//! assert_eq!(now.inventory_position(45.0), 520.0);
//! assert_eq!(now.project(0.0, UnmetDemand::Lost).days_to_stockout, Some(52.0));
//! ```

use crate::domain::units::Units;
use crate::inventory::outlook::Outlook;
use crate::inventory::settings::UnmetDemand;
use crate::math::distributions::Demand;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

// The shortage curve is computed at least this far ahead, days: a supplier that delivers within the
// week is compared, too.
const LEAST_CURVE_DAYS: f64 = 7.0;
// And no further than a year, where a forecast says next to nothing.
const MOST_CURVE_DAYS: f64 = 365.0;

/// Stock of a pool on the morning of the run, units.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StockLevel {
    /// Counted in the location.
    pub on_hand: f64,
    /// On hand less committed, damaged, returns in limbo and expired units; less what will expire
    /// unsold.
    pub available: f64,
    /// Owed to customers beyond what is set aside for them: firm, whatever becomes of new demand.
    pub backordered: f64,
}

impl StockLevel {
    /// What is there for new demand; below zero, what is owed and not there.
    #[must_use]
    pub fn net(&self) -> f64 {
        self.available - self.backordered
    }
}

/// An open order on its way.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Arrival {
    /// Calendar days from the as-of date; 0 = this morning.
    pub days: f64,
    /// Units.
    pub quantity: f64,
}

impl Arrival {
    /// Units that a planner has approved and nobody has ordered yet.
    ///
    /// They wait for the supplier's order day, so they may be due after the interval that orders
    /// are counted in: they count as if placed today, or they would be proposed again. One whose
    /// day has passed has not come by itself: whoever places it today waits the whole lead time.
    #[must_use]
    pub fn approved(
        quantity: Units,
        expected: Option<NaiveDate>,
        as_of: NaiveDate,
        lead_time_days: f64,
    ) -> Self {
        // Due in 50 days with an interval of 49.6, an approved line was proposed again the next
        // night: hence the clamp. What should have come and was never placed is not coming today.
        let due = expected.filter(|&day| day >= as_of);
        let days = due.map_or(lead_time_days, |day| (day - as_of).num_days() as f64);
        Self { days: days.clamp(0.0, lead_time_days.max(0.0)), quantity: quantity.as_f64() }
    }
}

/// Where a pool stands on one morning: what it has, what comes, and what will be asked of it.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The forecast.
    pub outlook: Outlook<'a>,
    /// What is there.
    pub stock: StockLevel,
    /// What is on its way, soonest first.
    pub arrivals: &'a [Arrival],
}

/// Expected stock against the dated forecast, without new orders.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Projection {
    /// At the end of each period, units; negative is what is owed.
    pub path: Vec<f32>,
    /// Days until the stock falls to the level asked for; `None` where it does not within the
    /// forecast.
    pub days_to_stockout: Option<f64>,
}

impl Situation<'_> {
    /// Open orders due within `horizon_days`, units.
    #[must_use]
    pub fn on_order(&self, horizon_days: f64) -> f64 {
        self.arrivals.iter().filter(|a| a.days <= horizon_days).map(|a| a.quantity).sum()
    }

    /// Available + on order due within `horizon_days` - backorders, units.
    #[must_use]
    pub fn inventory_position(&self, horizon_days: f64) -> f64 {
        self.stock.net() + self.on_order(horizon_days)
    }

    /// Walks the stock forward until it falls to `level`, arrivals at their day, demand evenly
    /// within a period; backordered demand lets it go below zero.
    #[must_use]
    pub fn project(&self, level: f64, unmet: UnmetDemand) -> Projection {
        self.project_beyond(0.0, level, unmet)
    }

    /// The same, passing over a fall to `level` that an arrival makes good before `helped_from`
    /// days ahead: an order that comes later has nothing to do with it.
    #[must_use]
    pub fn project_beyond(&self, helped_from: f64, level: f64, unmet: UnmetDemand) -> Projection {
        let period_days = self.outlook.period_days;
        let mut now = self.stock.net();
        let mut path = Vec::with_capacity(self.outlook.mean.len());
        let mut days_to_stockout = None;
        let mut coming = self.arrivals.iter().peekable();
        for (period, &mean) in self.outlook.mean.iter().enumerate() {
            let end = (period + 1) as f64 * period_days;
            let rate = f64::from(mean) / period_days;
            let mut day = period as f64 * period_days;
            // Arrivals split a period: demand is spread evenly over the stretch before each.
            loop {
                let until = coming.peek().map_or(end, |a| a.days.clamp(day, end));
                if days_to_stockout.is_none() && rate > 0.0 {
                    let gone = day + ((now - level) / rate).max(0.0);
                    // An arrival on the very day the stock would be gone keeps the shelf filled.
                    let refilled = coming.peek().is_some_and(|a| a.days <= gone);
                    days_to_stockout = (gone <= until && !refilled).then_some(gone);
                }
                // A new customer who meets an empty shelf is lost; one who waits is not.
                let floor = match unmet {
                    UnmetDemand::Lost => now.min(0.0),
                    UnmetDemand::Backordered => f64::NEG_INFINITY,
                };
                now = (now - rate * (until - day)).max(floor);
                day = until;
                match coming.next_if(|arrival| arrival.days < end) {
                    Some(arrival) => {
                        now += arrival.quantity;
                        if arrival.days < helped_from && now > level {
                            days_to_stockout = None;
                        }
                    }
                    None => break,
                }
            }
            path.push(now as f32);
        }
        Projection { path, days_to_stockout }
    }

    /// Largest probability, over the moments just before each arrival and before an order placed
    /// today arrives, that demand until then exceeds what was there to meet it.
    #[must_use]
    pub fn stockout_probability(&self, lead_days: f64) -> f64 {
        let mut supply = self.stock.net();
        let mut worst: f64 = 0.0;
        // Just before an arrival the shelf is emptiest: between two arrivals the risk only grows.
        for arrival in self.arrivals.iter().filter(|a| a.days < lead_days) {
            if arrival.days > 0.0 {
                worst = worst.max(exceeds(&self.outlook.demand(0.0, arrival.days), supply));
            }
            supply += arrival.quantity;
        }
        worst.max(exceeds(&self.outlook.demand(0.0, lead_days), supply))
    }

    /// Expected units short within `days` if nothing more is ordered.
    #[must_use]
    pub fn expected_shortfall(&self, days: f64) -> f64 {
        let arrived: f64 = self.arrivals.iter().filter(|a| a.days < days).map(|a| a.quantity).sum();
        let supply = self.stock.net() + arrived;
        self.loss_until(days, supply)
    }

    /// Expected demand of the first `days` beyond `supply`, units.
    pub(crate) fn loss_until(&self, days: f64, supply: f64) -> f64 {
        self.outlook.demand(0.0, days).expected_shortfall(supply)
    }

    /// Expected units short by the end of each of the first `days` days if nothing more is ordered,
    /// never falling; between weeks linear, which a buyer cannot tell from the exact curve and
    /// which costs a seventh of it. `[days]`
    #[must_use]
    pub fn shortfall_curve(&self, days: f64) -> Vec<f64> {
        let days = days.ceil().clamp(LEAST_CURVE_DAYS, MOST_CURVE_DAYS) as usize;
        let weeks = days.div_ceil(7);
        let mut curve = Vec::with_capacity(7 * weeks);
        let mut before = 0.0;
        for week in 1..=weeks {
            let now = self.expected_shortfall((7 * week) as f64).max(before);
            curve.extend((1..=7).map(|d| before + (now - before) * f64::from(d) / 7.0));
            // The last day of the week as it stands in the curve, not `now`: the two may differ in
            // the last digit.
            before = curve[curve.len() - 1];
        }
        curve.truncate(days);
        curve
    }
}

fn exceeds(demand: &Demand, supply: f64) -> f64 {
    // Nothing exceeds a supply without demand, and a distribution without spread need not say so.
    if demand.mean() <= 0.0 && supply >= 0.0 { 0.0 } else { 1.0 - demand.cdf(supply) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steady(per_day: f32) -> Vec<f32> {
        vec![per_day; 120]
    }

    fn none(_: f64, _: f64, _: f64) -> Demand {
        Demand::Poisson { mean: 0.0 }
    }

    fn situation<'a>(mean: &'a [f32], available: f64, arrivals: &'a [Arrival]) -> Situation<'a> {
        Situation {
            outlook: Outlook { period_days: 1.0, mean, over: &none },
            stock: StockLevel { on_hand: available, available, backordered: 0.0 },
            arrivals,
        }
    }

    #[test]
    fn d10_days_to_stockout() {
        let mean = steady(10.0);
        let walk = |stock, arrivals: &[Arrival]| {
            situation(&mean, stock, arrivals).project(0.0, UnmetDemand::Lost).days_to_stockout
        };
        assert_eq!(walk(420.0, &[]), Some(42.0));
        assert_eq!(walk(420.0, &[Arrival { days: 30.0, quantity: 100.0 }]), Some(52.0));
        assert_eq!(walk(420.0, &[Arrival { days: 50.0, quantity: 100.0 }]), Some(42.0));
        assert_eq!(walk(0.0, &[]), Some(0.0));
        assert_eq!(walk(5000.0, &[]), None);
        // An arrival on the very day the stock would be gone keeps the shelf filled.
        assert_eq!(walk(420.0, &[Arrival { days: 42.0, quantity: 100.0 }]), Some(52.0));
    }

    #[test]
    fn a_dip_that_is_made_good_before_an_order_could_help_is_passed_over() {
        let mean = steady(2.0);
        let arrivals =
            [Arrival { days: 3.0, quantity: 30.0 }, Arrival { days: 13.0, quantity: 70.0 }];
        let now = situation(&mean, 10.0, &arrivals);
        let falls = |helped_from| {
            now.project_beyond(helped_from, 17.0, UnmetDemand::Backordered).days_to_stockout
        };
        // 10 are below 17 today, 34 and then 84 are not: they last until day 46.
        assert_eq!((falls(0.0), falls(20.0)), (Some(0.0), Some(46.5)));
        // One that comes too late to be waited for: today's dip is what the order is for.
        assert_eq!(falls(2.0), Some(0.0));
    }

    #[test]
    fn d12_inventory_position() {
        let arrivals =
            [Arrival { days: 5.0, quantity: 20.0 }, Arrival { days: 90.0, quantity: 40.0 }];
        let stock = StockLevel { on_hand: 12.0, available: 10.0, backordered: 3.0 };
        let now = Situation { stock, ..situation(&[], 0.0, &arrivals) };
        assert_eq!(now.inventory_position(30.0), 27.0);
    }

    #[test]
    fn lost_sales_stop_at_zero_and_backorders_do_not() {
        let mean = steady(10.0);
        let arrivals = [Arrival { days: 10.0, quantity: 100.0 }];
        let now = situation(&mean, 50.0, &arrivals);
        let lost = now.project(0.0, UnmetDemand::Lost);
        let kept = now.project(0.0, UnmetDemand::Backordered);
        assert_eq!((lost.path[9], lost.path[10]), (0.0, 90.0));
        assert_eq!((kept.path[9], kept.path[10]), (-50.0, 40.0));
    }

    #[test]
    fn what_is_owed_stays_owed_where_sales_are_lost() {
        let mean = steady(10.0);
        let arrivals = [Arrival { days: 10.0, quantity: 100.0 }];
        let stock = StockLevel { on_hand: 0.0, available: 0.0, backordered: 30.0 };
        let now = Situation { stock, ..situation(&mean, 0.0, &arrivals) };
        let walk = now.project(0.0, UnmetDemand::Lost);
        assert_eq!((walk.path[9], walk.path[10], walk.path[17]), (-30.0, 60.0, 0.0));
        assert_eq!(walk.days_to_stockout, Some(0.0));
    }
}

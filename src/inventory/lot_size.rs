//! How much to order at once: days of cover, or the economic order quantity.
//!
//! A large lot saves orders and costs carrying: under steady demand `D` the two together, `D / Q S
//! + Q / 2 H`, are least at `Q = sqrt(2 D S / H)`. The curve is flat there, so rounding to packs
//! costs little; price breaks are weighed in `purchase`.
//!
//! Source: Harris (1913); Snyder & Shen (2019), *Fundamentals of Supply Chain Theory*, 2nd ed., ch.
//! 3, whose symbols stand in `[brackets]`. Oracle: `tests/oracle/policy.csv`.
//!
//! ```
//! use orderpoint::inventory::lot_size::eoq;
//!
//! // Snyder & Shen, example 3.1: 1300 a year, 8 an order, 0.225 a unit and year.
//! assert!((eoq(1300.0, 8.0, 0.225).unwrap() - 304.0468).abs() < 5e-5);
//! ```

use crate::inventory::outlook::units_until;

/// What is asked of one order: expected demand from the day on which the order after it would have
/// been needed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LotDemand<'a> {
    /// Expected demand from the as-of date on, units a period; its last value goes on for ever.
    pub mean: &'a [f32],
    /// Length of one period, calendar days.
    pub period_days: f64,
    /// Where the order's own demand begins, calendar days from the as-of date.
    pub from_days: f64,
}

/// Longest that one order may last, days: whoever plans for more than ten years does not plan.
const LONGEST_CYCLE_DAYS: f64 = 3650.0;
/// Longest wait for demand that counts, days: a season comes again after a year.
const A_YEAR: f64 = 365.0;

/// Demand at one rate for some days.
struct Stretch {
    /// Days from the beginning of the order's own demand.
    first: f64,
    last: f64,
    per_day: f64,
}

impl<'a> LotDemand<'a> {
    /// Units of the first `days`.
    #[must_use]
    pub fn over(&self, days: f64) -> f64 {
        units_until(self.mean, self.period_days, self.from_days + days)
            - units_until(self.mean, self.period_days, self.from_days)
    }

    /// Days that one order should last: until carrying its units until they sell has cost as much
    /// as the order itself (part-period balancing, DeMatteis 1968). At a constant rate this is the
    /// economic order quantity to the last digit, in days. `None` unless both cost something.
    ///
    /// - `order_cost`: currency an order.
    /// - `holding_a_day`: currency a unit and day.
    ///
    /// ```
    /// use orderpoint::inventory::lot_size::{LotDemand, eoq};
    ///
    /// // Ten a day that stop after a month: the lot ends where the season does.
    /// let mean: Vec<f32> = (0..90).map(|day| if day < 30 { 10.0 } else { 0.0 }).collect();
    /// let demand = LotDemand { mean: &mean, period_days: 1.0, from_days: 14.0 };
    /// assert_eq!(demand.over(demand.balanced(50.0, 4.0 / 365.0).unwrap().min(60.0)), 160.0);
    /// ```
    #[must_use]
    pub fn balanced(&self, order_cost: f64, holding_a_day: f64) -> Option<f64> {
        if order_cost <= 0.0 || holding_a_day <= 0.0 {
            return None;
        }
        let mut left = order_cost / holding_a_day;
        for stretch in self.stretches() {
            // Unit-days of carrying the stretch from the beginning: the integral of rate x time.
            let whole = 0.5 * stretch.per_day * (stretch.last.powi(2) - stretch.first.powi(2));
            if whole >= left {
                return Some((stretch.first.powi(2) + 2.0 * left / stretch.per_day).sqrt());
            }
            left -= whole;
        }
        Some(LONGEST_CYCLE_DAYS)
    }

    /// Days until a tenth of `usual` has sold, at most a year: how long a unit too many lies where
    /// demand ends.
    #[must_use]
    pub fn until_sold(&self, usual: f64) -> f64 {
        let mut left = 0.1 * usual;
        for stretch in self.stretches() {
            let units = stretch.per_day * (stretch.last - stretch.first);
            if units >= left {
                let days = if left > 0.0 { left / stretch.per_day } else { 0.0 };
                return (stretch.first + days).min(A_YEAR);
            }
            left -= units;
        }
        A_YEAR
    }

    /// The forecast from `from_days` on, period by period, the last one going on.
    fn stretches(&self) -> impl Iterator<Item = Stretch> + 'a {
        let Self { mean, period_days, from_days } = *self;
        let begun = (from_days / period_days).max(0.0);
        let first = (begun as usize).min(mean.len().saturating_sub(1));
        (first..mean.len()).map(move |period| {
            let is_last = period + 1 == mean.len();
            let end = (period + 1) as f64 * period_days - from_days;
            Stretch {
                first: (period as f64 * period_days - from_days).max(0.0),
                last: if is_last { LONGEST_CYCLE_DAYS } else { end },
                per_day: f64::from(mean[period]) / period_days,
            }
        })
    }
}

/// Economic order quantity, units: `sqrt(2 D S / H)`. `None` unless all three are positive.
///
/// - `demand`: units a year. `[D]`
/// - `order_cost`: currency an order. `[S]`
/// - `holding_cost`: currency a unit and year. `[H]`
#[must_use]
pub fn eoq(demand: f64, order_cost: f64, holding_cost: f64) -> Option<f64> {
    let positive = demand > 0.0 && order_cost > 0.0 && holding_cost > 0.0;
    positive.then(|| (2.0 * demand * order_cost / holding_cost).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d3_days_of_cover() {
        let demand = LotDemand { mean: &[10.0; 30], period_days: 1.0, from_days: 14.0 };
        assert_eq!(demand.over(60.0), 600.0);
    }

    #[test]
    fn d4_eoq() {
        assert_eq!(eoq(10_000.0, 50.0, 4.0), Some(500.0));
        assert!((eoq(1300.0, 8.0, 0.225).unwrap() - 304.047).abs() < 5e-4);
        assert_eq!(eoq(0.0, 50.0, 4.0), None);
    }

    #[test]
    fn a_balanced_lot_at_a_constant_rate_is_the_economic_one() {
        let per_day = 10_000.0 / 365.0;
        let demand = LotDemand { mean: &[per_day as f32; 20], period_days: 1.0, from_days: 12.5 };
        let days = demand.balanced(50.0, 4.0 / 365.0).unwrap();
        assert!((demand.over(days) - 500.0).abs() < 1e-3, "{}", demand.over(days));
    }

    #[test]
    fn a_unit_too_many_lies_until_demand_comes_back() {
        let mut mean = [10.0f32; 60];
        mean[20..].fill(0.0);
        let demand = |from_days| LotDemand { mean: &mean, period_days: 1.0, from_days };
        assert_eq!(demand(5.0).until_sold(70.0), 0.7);
        assert_eq!(demand(20.0).until_sold(70.0), 365.0);
    }
}

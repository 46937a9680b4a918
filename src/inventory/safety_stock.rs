//! Safety stock: what is held above expected demand, because demand and lead time come out
//! otherwise than expected.
//!
//! Four ways to size it, all in units over the protection interval: peak against average demand (no
//! distribution), a normal quantile, the newsvendor's critical ratio of costs, and the share of
//! demand to fill.
//!
//! Symbols in `[brackets]` follow Silver, Pyke & Thomas (2017), *Inventory and Production
//! Management in Supply Chains*, 4th ed., ch. 6 and 9. Oracle: `tests/oracle/policy.csv`.
//!
//! ```
//! use orderpoint::inventory::safety_stock::{critical_ratio, fill_rate_level, max_average, normal};
//! use orderpoint::math::distributions::Demand;
//!
//! // Twenty a day at most over 21 days, ten a day on average over 7.
//! assert_eq!(max_average(20.0, 21.0, 10.0, 7.0), 350.0);
//! // z = 1, four weeks of lead time, a standard deviation of 20 a week.
//! assert_eq!(normal(1.0, 4.0, 20.0, 100.0, 0.0), 40.0);
//! // A unit short costs 18, a unit left over 2: cover 90 % of cases.
//! assert_eq!(critical_ratio(18.0, 2.0), 0.9);
//! // One order is 100 units, 5 standard deviations; to fill 99 % of it, k = 1.2556.
//! let level = fill_rate_level(&Demand::Normal { mean: 100.0, sd: 20.0 }, 100.0, 0.99);
//! assert!((level - (100.0 + 1.2556 * 20.0)).abs() < 1e-3);
//! ```

use crate::math::distributions::Demand;

/// Peak demand over the longest lead time less average demand over the mean one, units; never
/// negative.
///
/// The reorder point this gives, `peak * max_lead_time`, does not depend on the mean lead time: a
/// drift has to raise the maximum.
#[must_use]
pub fn max_average(peak: f64, max_lead_time: f64, average: f64, lead_time: f64) -> f64 {
    (peak * max_lead_time - average * lead_time).max(0.0)
}

/// `z sqrt(L sd_d² + d² sd_L²)`, units. `L` is the protection interval, all times in days. `[SS = k
/// σ_L]`
#[must_use]
pub fn normal(z: f64, interval: f64, daily_sd: f64, average: f64, lead_time_sd: f64) -> f64 {
    z * (interval * daily_sd * daily_sd + average * average * lead_time_sd * lead_time_sd).sqrt()
}

/// Share of demand to cover when a unit short costs `shortage` and a unit left over `excess`. `[Cu
/// / (Cu + Co)]`
#[must_use]
pub fn critical_ratio(shortage: f64, excess: f64) -> f64 {
    shortage / (shortage + excess)
}

/// Stock level whose expected shortage over the protection interval is `(1 - fill_rate)` of
/// `cycle_demand`, the demand between two orders. `[P2]` Found by bisection; at least 0.
#[must_use]
pub fn fill_rate_level(protection: &Demand, cycle_demand: f64, fill_rate: f64) -> f64 {
    let allowed = (1.0 - fill_rate) * cycle_demand;
    let mut low = 0.0;
    // Ten standard deviations leave less than any fill rate asks for; the unit more is for demand
    // without any spread.
    let mut high = protection.mean() + 10.0 * protection.sd() + 1.0;
    if allowed <= 0.0 {
        return high;
    }
    if protection.expected_shortfall(low) <= allowed {
        return low;
    }
    while high - low > 1e-9 * high {
        let middle = 0.5 * (low + high);
        if protection.expected_shortfall(middle) > allowed { low = middle } else { high = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d1_max_average_safety_stock() {
        assert_eq!(max_average(20.0, 21.0, 10.0, 7.0), 350.0);
        assert_eq!(max_average(30.0, 14.0, 20.0, 10.0), 220.0);
    }

    #[test]
    fn d5_normal_safety_stock() {
        // Lead time 4 weeks, sd 20 a week; then demand 100 a week, lead time sd 0.5 weeks.
        assert_eq!(normal(1.0, 4.0, 20.0, 100.0, 0.0), 40.0);
        assert_eq!(normal(1.0, 4.0, 20.0, 100.0, 0.5), 4100f64.sqrt());
    }

    #[test]
    fn d8_critical_ratio_and_newsvendor() {
        assert!((critical_ratio(1.0, 0.2) - 0.8333).abs() < 5e-5);
        let order = Demand::Normal { mean: 120.0, sd: 10.0 }.quantile(critical_ratio(18.0, 2.0));
        assert!((order - 132.8155).abs() < 5e-5);
    }

    #[test]
    fn the_fill_rate_level_loses_exactly_the_allowed_share() {
        // Q / sd = 5 and P2 = 0.99 need k = 1.255582.
        let demand = Demand::Normal { mean: 100.0, sd: 20.0 };
        let level = fill_rate_level(&demand, 100.0, 0.99);
        assert!((level - (100.0 + 1.255_582 * 20.0)).abs() < 2e-5);
        assert_eq!(fill_rate_level(&Demand::Poisson { mean: 0.0 }, 0.0, 0.99), 1.0);
    }
}

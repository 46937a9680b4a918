//! Safety stock: what is held above expected demand.
//!
//! Symbols in `[brackets]` follow Silver, Pyke & Thomas (2017), *Inventory and Production Management in Supply Chains*, 4th
//! ed., ch. 6 and 9. Oracle: `tests/oracle/policy.csv`.

use crate::math::distributions::Demand;

/// Peak demand over the longest lead time less average demand over the mean one, units; never negative.
///
/// The reorder point this gives, `peak * max_lead_time`, does not depend on the mean lead time: a drift has to raise the maximum.
#[must_use]
pub fn max_average(peak: f64, max_lead_time: f64, average: f64, lead_time: f64) -> f64 {
    (peak * max_lead_time - average * lead_time).max(0.0)
}

/// `z sqrt(L sd_d² + d² sd_L²)`, units. `L` is the protection interval, all times in days. `[SS = k σ_L]`
#[must_use]
pub fn normal(z: f64, interval: f64, daily_sd: f64, average: f64, lead_time_sd: f64) -> f64 {
    z * (interval * daily_sd * daily_sd + average * average * lead_time_sd * lead_time_sd).sqrt()
}

/// Share of demand to cover when a unit short costs `shortage` and a unit left over `excess`. `[Cu / (Cu + Co)]`
#[must_use]
pub fn critical_ratio(shortage: f64, excess: f64) -> f64 {
    shortage / (shortage + excess)
}

/// Stock level whose expected shortage over the protection interval is `(1 - fill_rate)` of `cycle_demand`, the demand between two
/// orders. `[P2]` Found by bisection; at least 0.
#[must_use]
pub fn fill_rate_level(protection: &Demand, cycle_demand: f64, fill_rate: f64) -> f64 {
    let allowed = (1.0 - fill_rate) * cycle_demand;
    let (mut low, mut high) = (0.0, protection.mean() + 10.0 * protection.sd() + 1.0);
    if protection.expected_shortfall(low) <= allowed || allowed <= 0.0 {
        return if allowed <= 0.0 { high } else { low };
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

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

/// Units that last `cover_days` at `per_day`.
#[must_use]
pub fn days_of_cover(per_day: f64, cover_days: f64) -> f64 {
    per_day * cover_days
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
        assert_eq!(days_of_cover(10.0, 60.0), 600.0);
    }

    #[test]
    fn d4_eoq() {
        assert_eq!(eoq(10_000.0, 50.0, 4.0), Some(500.0));
        assert!((eoq(1300.0, 8.0, 0.225).unwrap() - 304.047).abs() < 5e-4);
        assert_eq!(eoq(0.0, 50.0, 4.0), None);
    }
}

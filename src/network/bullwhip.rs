//! Why a source does not plan on its places' orders: they vary more than what is sold.
//!
//! Lots and packs gather demand into few orders, and a level that follows a moving average passes
//! every change on with more. Source: Chen, Drezner, Ryan & Simchi-Levi (2000), *Quantifying the
//! bullwhip effect*. Oracle: `network.md`, example 16.

/// Variance of orders over variance of demand when a level follows the mean of the last `periods`,
/// with a lead time of `lead` of them.
///
/// ```
/// assert_eq!(orderpoint::network::bullwhip::of_moving_average(10.0, 5.0), 2.5);
/// ```
#[must_use]
pub fn of_moving_average(periods: f64, lead: f64) -> f64 {
    let share = lead / periods;
    1.0 + 2.0 * share + 2.0 * share * share
}

/// Variance of `orders` over that of `sales`; `None` where sales do not vary.
#[must_use]
pub fn ratio(orders: &[f64], sales: &[f64]) -> Option<f64> {
    let sold = variance(sales)?;
    (sold > 0.0).then_some(variance(orders)? / sold)
}

fn variance(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some(squares / (values.len() - 1) as f64)
}

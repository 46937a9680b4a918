//! Small statistics over one series: moments, quantiles, the normal distribution, autocorrelation.
//!
//! `f64::NAN` marks a period that was not observed; every function here leaves such periods out. Sums run in the order of
//! the slice, so that results do not depend on the machine. The normal distribution is `statrs`'s.

use crate::math::optimize::{LANES, Lane};
use statrs::distribution::{Continuous, ContinuousCDF, Normal};

/// The observed values, in order.
pub fn observed(values: &[f64]) -> impl Iterator<Item = f64> + '_ {
    values.iter().copied().filter(|v| !v.is_nan())
}

/// Number of observed values.
#[must_use]
pub fn count(values: &[f64]) -> usize {
    observed(values).count()
}

/// Mean of the observed values; `None` if there are none.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    let (sum, n) = observed(values).fold((0.0, 0usize), |(sum, n), v| (sum + v, n + 1));
    (n > 0).then(|| sum / n as f64)
}

/// Sample variance (divisor `n - 1`); `None` below two observations.
#[must_use]
pub fn variance(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let (sum, n) =
        observed(values).fold((0.0, 0usize), |(sum, n), v| (sum + (v - mean) * (v - mean), n + 1));
    (n > 1).then(|| sum / (n - 1) as f64)
}

/// Sample standard deviation (divisor `n - 1`); `None` below two observations.
#[must_use]
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    variance(values).map(f64::sqrt)
}

/// The `p` quantile of the observed values, `p` in 0..=1, by linear interpolation (Hyndman & Fan's type 7).
///
/// ```
/// use orderpoint::stats::quantile;
/// assert_eq!(quantile(&[4.0, 1.0, 2.0, 3.0], 0.5), Some(2.5));
/// ```
#[must_use]
pub fn quantile(values: &[f64], p: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = observed(values).collect();
    sorted.sort_by(f64::total_cmp);
    quantile_of_sorted(&sorted, p)
}

/// [`quantile`] of values that are sorted and all observed.
#[must_use]
pub fn quantile_of_sorted(sorted: &[f64], p: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = p.clamp(0.0, 1.0) * last as f64;
    let below = place as usize;
    let above = (below + 1).min(last);
    Some(sorted[below] + (place - below as f64) * (sorted[above] - sorted[below]))
}

/// Median of the observed values.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// Correlations of the series with itself 0, 1, ... `max_lag` periods before (divisor `n`, as usual), `[max_lag + 1]`.
///
/// 0 where undefined (a constant series). Gaps count as the mean.
#[must_use]
pub fn autocorrelations(values: &[f64], max_lag: usize) -> Vec<f64> {
    let mean = mean(values).unwrap_or(0.0);
    // Zeros before the first value let every value meet all lags; a batch of lags is a stretch of the padded series.
    let width = (max_lag + 1).div_ceil(LANES) * LANES;
    let mut centred = vec![0.0; width - 1];
    centred.extend(values.iter().map(|v| if v.is_nan() { 0.0 } else { v - mean }));
    let mut products = vec![Lane::ZERO; width / LANES];
    for (t, window) in centred.windows(width).enumerate() {
        let now = Lane::splat(centred[t + width - 1]);
        for (sum, lags) in products.iter_mut().zip(window.chunks_exact(LANES)) {
            let mut lane = Lane::ZERO;
            lane.0.copy_from_slice(lags);
            *sum += now * lane;
        }
    }
    // Lag k of a window of `width` values stands k places before its end.
    let at = |lag: usize| products[(width - 1 - lag) / LANES].0[(width - 1 - lag) % LANES];
    let total = at(0);
    (0..=max_lag).map(|lag| if total > 0.0 { at(lag) / total } else { 0.0 }).collect()
}

/// Standard normal density. `[φ]`
#[must_use]
pub fn normal_pdf(z: f64) -> f64 {
    Normal::standard().pdf(z)
}

/// Standard normal distribution function. `[Φ]`
///
/// By `libm`'s complementary error function: `statrs`'s is off by 1e-12.
#[must_use]
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// Standard normal quantile, `p` in (0, 1). `[Φ⁻¹]`
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: f64 = f64::NAN;

    #[test]
    fn gaps_are_left_out() {
        let values = [1.0, GAP, 3.0, 8.0];
        assert_eq!((count(&values), mean(&values), median(&values)), (3, Some(4.0), Some(3.0)));
        assert_eq!(variance(&values), Some(13.0));
        assert_eq!((mean(&[GAP]), variance(&[1.0]), quantile(&[], 0.5)), (None, None, None));
    }

    #[test]
    fn quantiles_interpolate() {
        let values = [10.0, 20.0, 30.0, 40.0, 50.0];
        assert_eq!(quantile(&values, 0.0), Some(10.0));
        assert_eq!(quantile(&values, 0.9), Some(46.0));
        assert_eq!(quantile(&values, 1.0), Some(50.0));
    }

    #[test]
    fn normal_distribution_matches_r() {
        // R: qnorm(0.95), pnorm(1.96), dnorm(1)
        assert!((normal_quantile(0.95) - 1.644_853_626_951_472_7).abs() < 1e-12);
        assert!((normal_cdf(1.96) - 0.975_002_104_851_779_5).abs() < 1e-15);
        assert!((normal_cdf(-8.0) / 6.220_960_574_271_786e-16 - 1.0).abs() < 1e-12);
        assert!((normal_pdf(1.0) - 0.241_970_724_519_143_37).abs() < 1e-15);
    }

    #[test]
    fn autocorrelation_of_an_alternating_series_is_near_minus_one() {
        let values: Vec<f64> = (0..100).map(|i| f64::from(i % 2)).collect();
        let r = autocorrelations(&values, 20);
        assert!(
            (r[0] - 1.0).abs() < 1e-12
                && (r[1] + 0.99).abs() < 1e-12
                && (r[20] - 0.8).abs() < 1e-12,
            "{r:?}"
        );
        assert_eq!(autocorrelations(&[5.0; 9], 1), [0.0, 0.0]);
    }
}

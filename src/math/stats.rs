//! Small statistics over one series: number, mean, autocorrelation of what was observed.
//!
//! `f64::NAN` marks a period that was not observed; every function here leaves such periods out.
//! Sums run in the order of the slice, so that results do not depend on the machine.

use crate::math::optimize::{LANES, Lane};

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

/// Correlations of the series with itself 0, 1, ... `max_lag` periods before (divisor `n`, as
/// usual), `[max_lag + 1]`.
///
/// 0 where undefined (a constant series). Gaps count as the mean.
#[must_use]
pub fn autocorrelations(values: &[f64], max_lag: usize) -> Vec<f64> {
    let mean = mean(values).unwrap_or(0.0);
    // Zeros before the first value let every value meet all lags; a batch of lags is a stretch of
    // the padded series.
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

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: f64 = f64::NAN;

    #[test]
    fn gaps_are_left_out() {
        let values = [1.0, GAP, 3.0, 8.0];
        assert_eq!(count(&values), 3);
        assert_eq!(mean(&values), Some(4.0));
        assert_eq!(mean(&[GAP]), None);
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

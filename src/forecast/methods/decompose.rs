//! Does a series have a season, and which? Classical decomposition and its test.
//!
//! The trend is a centred moving average over one season; what is left over, averaged by phase, is
//! the season. A series counts as seasonal if its autocorrelation at one season exceeds what
//! shorter lags explain (90 %). Periods that are NaN are left out of every average. Source:
//! Assimakopoulos & Nikolopoulos (2000), *The theta model*, International Journal of Forecasting
//! 16; the conventions are those of its R implementations.

use crate::math::stats;
use serde::{Deserialize, Serialize};

/// How a season acts on the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SeasonKind {
    /// Added to it.
    Additive,
    /// Multiplied with it.
    Multiplicative,
}

/// A fixed season.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Season {
    /// How it acts.
    pub kind: SeasonKind,
    /// Index of each phase, `[season_length]`, the first period of the fitted series first; mean 0
    /// or 1.
    pub index: Vec<f64>,
    /// Phase of the coming period.
    pub phase: usize,
}

impl Season {
    /// Phase of the first of `n` periods that lie before the coming one.
    #[must_use]
    pub fn first_phase(&self, n: usize) -> usize {
        let m = self.index.len();
        (self.phase + m - n % m) % m
    }

    /// `value` at `phase` with the season taken out.
    #[must_use]
    pub fn remove(&self, value: f64, phase: usize) -> f64 {
        let index = self.index[phase % self.index.len()];
        match self.kind {
            SeasonKind::Additive => value - index,
            SeasonKind::Multiplicative => value / index,
        }
    }

    /// `value` at `phase` with the season put back.
    #[must_use]
    pub fn restore(&self, value: f64, phase: usize) -> f64 {
        let index = self.index[phase % self.index.len()];
        match self.kind {
            SeasonKind::Additive => value + index,
            SeasonKind::Multiplicative => value * index,
        }
    }
}

/// Whether the autocorrelation at lag `season_length` is above its 90 % limit given the lags below.
///
/// ```text
/// |r[m]| > 1.645 sqrt((1 + 2 Σ r[k]², k < m) / n)
/// ```
#[must_use]
pub fn is_seasonal(values: &[f64], season_length: usize) -> bool {
    let n = stats::count(values);
    if season_length < 2 || n < 2 * season_length {
        return false;
    }
    let r = stats::autocorrelations(values, season_length);
    let shorter: f64 = r[1..season_length].iter().map(|r| r * r).sum();
    r[season_length].abs() > 1.645 * ((1.0 + 2.0 * shorter) / n as f64).sqrt()
}

/// The season of `values`, where they have one.
#[must_use]
pub fn season_of(values: &[f64], season_length: usize) -> Option<Season> {
    if is_seasonal(values, season_length) { classical(values, season_length) } else { None }
}

/// Centred moving average over one season, NaN at both ends; gaps are left out of each window.
fn trend(values: &[f64], season_length: usize) -> Vec<f64> {
    let half = season_length / 2;
    let n = values.len();
    let mut out = vec![f64::NAN; n];
    for t in half..n.saturating_sub(half) {
        let (mut sum, mut weight) = (0.0, 0.0);
        for (k, &v) in values[t - half..=t + half].iter().enumerate() {
            let w = if season_length.is_multiple_of(2) && (k == 0 || k == 2 * half) {
                0.5
            } else {
                1.0
            };
            if !v.is_nan() {
                sum += w * v;
                weight += w;
            }
        }
        if weight > 0.0 {
            out[t] = sum / weight;
        }
    }
    out
}

/// The season of `values` by classical decomposition: multiplicative if every index stays above
/// 0.01, else additive.
///
/// `None` if a phase has no observation with a trend beside it.
#[must_use]
pub fn classical(values: &[f64], season_length: usize) -> Option<Season> {
    let trend = trend(values, season_length);
    let positive =
        stats::observed(values).all(|v| v >= 0.0) && stats::observed(&trend).all(|v| v > 0.0);
    if positive {
        let index = phase_means(values, &trend, season_length, |value, trend| value / trend)?;
        let mean = index.iter().sum::<f64>() / season_length as f64;
        let index: Vec<f64> = index.iter().map(|s| s / mean).collect();
        if index.iter().all(|&s| s > 0.01) {
            return Some(Season {
                kind: SeasonKind::Multiplicative,
                index,
                phase: values.len() % season_length,
            });
        }
    }
    additive(values, &trend, season_length)
}

/// The season of `values` by classical additive decomposition.
///
/// `None` if a phase has no observation with a trend beside it.
#[must_use]
pub fn classical_additive(values: &[f64], season_length: usize) -> Option<Season> {
    additive(values, &trend(values, season_length), season_length)
}

fn additive(values: &[f64], trend: &[f64], season_length: usize) -> Option<Season> {
    let index = phase_means(values, trend, season_length, |value, trend| value - trend)?;
    let mean = index.iter().sum::<f64>() / season_length as f64;
    let index = index.iter().map(|s| s - mean).collect();
    Some(Season { kind: SeasonKind::Additive, index, phase: values.len() % season_length })
}

fn phase_means(
    values: &[f64],
    trend: &[f64],
    season_length: usize,
    detrend: fn(f64, f64) -> f64,
) -> Option<Vec<f64>> {
    let mut sum = vec![0.0; season_length];
    let mut count = vec![0u32; season_length];
    for (t, (&value, &trend)) in values.iter().zip(trend).enumerate() {
        let detrended = detrend(value, trend);
        if detrended.is_finite() {
            sum[t % season_length] += detrended;
            count[t % season_length] += 1;
        }
    }
    sum.iter().zip(&count).map(|(&sum, &n)| (n > 0).then(|| sum / f64::from(n))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weekly() -> Vec<f64> {
        let index = [0.5, 0.8, 1.0, 1.0, 1.2, 1.5, 1.0];
        (0..70).map(|t| (100.0 + t as f64) * index[t % 7]).collect()
    }

    #[test]
    fn a_weekly_profile_on_a_trend_is_found() {
        let mut values = weekly();
        values[30] = f64::NAN;
        assert!(is_seasonal(&values, 7));
        let season = classical(&values, 7).unwrap();
        assert_eq!((season.kind, season.phase), (SeasonKind::Multiplicative, 0));
        assert!(
            (season.index[0] - 0.5).abs() < 0.01 && (season.index[5] - 1.5).abs() < 0.01,
            "{:?}",
            season.index
        );
        assert!((season.restore(season.remove(3.0, 12), 12) - 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_ramp_has_no_season() {
        assert!(!is_seasonal(&(0..5).map(f64::from).collect::<Vec<_>>(), 7));
        let noise: Vec<f64> = (0..200).map(|i| f64::from((i * 7919 + i * i * 31) % 101)).collect();
        assert!(!is_seasonal(&noise, 7));
    }

    #[test]
    fn a_phase_that_is_always_zero_makes_the_season_additive() {
        let values: Vec<f64> = (0..42).map(|t| if t % 7 == 6 { 0.0 } else { 10.0 }).collect();
        let season = classical(&values, 7).unwrap();
        assert_eq!(season.kind, SeasonKind::Additive);
        assert!((season.restore(60.0 / 7.0, 6)).abs() < 1e-9);
    }
}

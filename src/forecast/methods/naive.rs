//! The benchmarks: the last value, the last season, plain means.
//!
//! Nothing is fitted. Periods that are NaN were not observed and are passed over: the last *observed* value counts. Paths
//! start with the period after the last one of `values`.
//! Source: Hyndman & Athanasopoulos (2021), *Forecasting: Principles and Practice*, 3rd ed., ch. 5.2.

use crate::domain::error::FitError;
use crate::math::stats;

fn too_short(observed: usize) -> FitError {
    FitError::TooShort { observed, needed: 1 }
}

/// The last observed value, for every period to come.
///
/// # Errors
/// [`FitError::TooShort`] without observations.
pub fn naive(values: &[f64]) -> Result<f64, FitError> {
    values.iter().rev().copied().find(|v| !v.is_nan()).ok_or(too_short(0))
}

/// The value one season before, repeated over the horizon, into `path`, `[horizon]`; [`naive`] for phases never observed.
///
/// # Errors
/// [`FitError::TooShort`] without observations.
pub fn seasonal_naive_into(
    values: &[f64],
    season_length: usize,
    path: &mut [f64],
) -> Result<(), FitError> {
    seasonal_mean_into(values, season_length, 1, path)
}

/// Mean of the observed values among the last `window` periods, or of all if none of those was observed.
///
/// # Errors
/// [`FitError::TooShort`] without observations.
pub fn window_mean(values: &[f64], window: usize) -> Result<f64, FitError> {
    let recent = &values[values.len().saturating_sub(window)..];
    stats::mean(recent).or_else(|| stats::mean(values)).ok_or(too_short(0))
}

/// Mean of the last `seasons` observed values of the same phase (weekday), repeated, into `path`, `[horizon]`.
///
/// Phases that were never observed take the last observed value.
///
/// # Errors
/// [`FitError::TooShort`] without observations.
///
/// # Examples
/// ```
/// use orderpoint::forecast::naive::seasonal_mean_into;
/// let mut path = [0.0; 3];
/// seasonal_mean_into(&[1.0, 10.0, 3.0, 20.0, 5.0, 30.0], 2, 2, &mut path)?;
/// assert_eq!(path, [4.0, 25.0, 4.0]);
/// # Ok::<(), orderpoint::error::FitError>(())
/// ```
pub fn seasonal_mean_into(
    values: &[f64],
    season_length: usize,
    seasons: usize,
    path: &mut [f64],
) -> Result<(), FitError> {
    let last = naive(values)?;
    let m = season_length.max(1);
    for h in 0..path.len() {
        if h >= m {
            path[h] = path[h - m];
            continue;
        }
        // The coming period `values.len() + h` has its phase in common with those `m`, `2m`, ... before it.
        let same_phase =
            (1..).map_while(|k| (values.len() + h).checked_sub(k * m)).map(|t| values[t]);
        let (sum, n) = same_phase
            .filter(|v| !v.is_nan())
            .take(seasons)
            .fold((0.0, 0), |(sum, n), v| (sum + v, n + 1));
        path[h] = if n > 0 { sum / f64::from(n) } else { last };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: f64 = f64::NAN;

    #[test]
    fn gaps_are_passed_over() {
        assert_eq!(naive(&[1.0, 2.0, GAP]), Ok(2.0));
        assert_eq!(window_mean(&[9.0, 1.0, GAP, 3.0], 3), Ok(2.0));
        assert_eq!(window_mean(&[9.0, GAP, GAP], 2), Ok(9.0));
        assert_eq!(naive(&[GAP]), Err(FitError::TooShort { observed: 0, needed: 1 }));
    }

    #[test]
    fn seasonal_naive_repeats_the_last_season() {
        let mut path = [0.0; 5];
        seasonal_naive_into(&[1.0, 2.0, 3.0, 4.0, 5.0, GAP], 3, &mut path).unwrap();
        assert_eq!(path, [4.0, 5.0, 3.0, 4.0, 5.0]);
    }

    #[test]
    fn a_phase_never_seen_takes_the_last_value() {
        let mut path = [0.0; 4];
        seasonal_naive_into(&[6.0, 7.0], 3, &mut path).unwrap();
        assert_eq!(path, [7.0, 6.0, 7.0, 7.0]);
    }
}

//! The seasonal naive forecast: next Monday sells what last Monday sold.
//!
//! ```text
//! ŷ[t+h] = y[t + h - m ceil(h/m)]
//! ```
//!
//! Nothing is fitted. A history shorter than one season is forecast by its last value. Source:
//! Hyndman & Athanasopoulos (2021),
//! *Forecasting: Principles and Practice*, 3rd ed., ch. 5.2.

use crate::domain::error::FitError;
use crate::forecast::methods::{History, Method, naive::Naive};
use serde::{Deserialize, Serialize};

/// The last season, again and again.
///
/// ```
/// use orderpoint::forecast::methods::{History, Method, seasonal_naive::SeasonalNaive};
/// let season = SeasonalNaive.fit(&History::new(&[1.0, 2.0, 3.0, 4.0, 5.0], 3, 1.0))?;
/// let mut path = [0.0; 4];
/// SeasonalNaive.forecast_into(&season, &mut path);
/// assert_eq!(path, [3.0, 4.0, 5.0, 3.0]);
/// # Ok::<(), orderpoint::domain::error::FitError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeasonalNaive;

/// The value of each phase, the coming period's first. `[season_length]`, or one value for want of
/// a season.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastSeason(Vec<f64>);

impl Method for SeasonalNaive {
    type Model = LastSeason;

    fn label(&self) -> &'static str {
        "seasonal naive"
    }

    fn fit(&self, history: &History<'_>) -> Result<LastSeason, FitError> {
        let last = Naive.fit(history)?;
        let (values, m) = (history.cleaned, history.season_length.max(1));
        if values.len() < m {
            return Ok(LastSeason(vec![last]));
        }
        let mut season = values[values.len() - m..].to_vec();
        for (phase, value) in season.iter_mut().enumerate() {
            // Not observed: a season earlier, or whatever sold last.
            let mut t = values.len() - m + phase;
            while value.is_nan() && t >= m {
                t -= m;
                *value = values[t];
            }
            if value.is_nan() {
                *value = last;
            }
        }
        Ok(LastSeason(season))
    }

    fn forecast_into(&self, LastSeason(season): &LastSeason, path: &mut [f64]) {
        for (value, &same_phase) in path.iter_mut().zip(season.iter().cycle()) {
            *value = same_phase;
        }
    }

    fn update(&self, LastSeason(season): &mut LastSeason, y: f64) {
        if !y.is_nan() {
            season[0] = y;
        }
        season.rotate_left(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: f64 = f64::NAN;

    fn forecast(values: &[f64], season_length: usize) -> [f64; 5] {
        let mut path = [0.0; 5];
        let season = SeasonalNaive.fit(&History::new(values, season_length, 1.0)).unwrap();
        SeasonalNaive.forecast_into(&season, &mut path);
        path
    }

    #[test]
    fn gaps_take_the_value_of_the_season_before() {
        assert_eq!(forecast(&[1.0, 2.0, 3.0, 4.0, 5.0, GAP], 3), [4.0, 5.0, 3.0, 4.0, 5.0]);
        assert_eq!(forecast(&[GAP, 6.0, 7.0], 3), [7.0, 6.0, 7.0, 7.0, 6.0]);
    }

    #[test]
    fn less_than_a_season_is_forecast_by_its_last_value() {
        assert_eq!(forecast(&[6.0, 7.0], 3), [7.0; 5]);
    }

    #[test]
    fn updating_equals_refitting() {
        let mut season = SeasonalNaive.fit(&History::new(&[1.0, 2.0, 3.0], 3, 1.0)).unwrap();
        SeasonalNaive.update(&mut season, 9.0);
        assert_eq!(season.0, [2.0, 3.0, 9.0]);
    }
}

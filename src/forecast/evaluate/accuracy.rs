//! How good was the forecast? Scale-free error measures over rolling origins, with the benchmarks
//! beside them.
//!
//! WAPE and bias are relative to the units sold; MASE is scaled by the in-sample seasonal naive
//! error (Hyndman & Koehler 2006), RMSSE by the in-sample one-step naive mean square from the first
//! sale on, the pinball loss by its absolute counterpart (Makridakis, Spiliotis & Assimakopoulos
//! 2022). Periods in which demand was not seen count nowhere. A series that never varied has no
//! such scale: its scaled measures are unknown, for every method alike. A rounding error beside a
//! naive forecast of 0 would read as infinitely worse.

use crate::domain::outcome::{Accuracy, AccuracySums, QUANTILES};
use serde::{Deserialize, Serialize};

/// In-sample errors that make a series' accuracy comparable to another's.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Scale {
    /// Mean absolute error of the seasonal naive forecast.
    pub seasonal_absolute: f64,
    /// Mean absolute error of the one-step naive forecast.
    pub naive_absolute: f64,
    /// Mean squared error of the one-step naive forecast.
    pub naive_squared: f64,
}

impl Scale {
    /// Scales of the values from the first sale on; pairs with an unseen (NaN exposure) period are
    /// left out.
    #[must_use]
    pub fn of(units: &[f32], exposure: &[f32], season_length: usize) -> Self {
        // From the first sale on, as the M5 competition scaled: zeros before it would make every
        // error look large.
        let first = units.iter().position(|&u| u > 0.0).unwrap_or(0);
        let (units, exposure) = (&units[first..], &exposure[first..]);
        let mut absolute = 0.0;
        let mut squared = 0.0;
        let mut pairs = 0.0;
        for (units, exposure) in units.windows(2).zip(exposure.windows(2)) {
            // Zeros for what was not seen: no branch in a loop over all of history.
            let seen = !exposure[0].is_nan() && !exposure[1].is_nan();
            let step = if seen { f64::from(units[1] - units[0]) } else { 0.0 };
            absolute += step.abs();
            squared += step * step;
            pairs += f64::from(u8::from(seen));
        }
        let mut seasonal = 0.0;
        let mut seasons = 0.0;
        let later = units.iter().zip(exposure).skip(season_length);
        for ((then, then_exposure), (now, now_exposure)) in units.iter().zip(exposure).zip(later) {
            let seen = !then_exposure.is_nan() && !now_exposure.is_nan();
            seasonal += f64::from(if seen { (now - then).abs() } else { 0.0 });
            seasons += f64::from(u8::from(seen));
        }
        let naive_absolute = if pairs > 0.0 { absolute / pairs } else { 0.0 };
        Self {
            // A history shorter than its season is scaled by the one-step naive error instead.
            seasonal_absolute: if seasons > 0.0 { seasonal / seasons } else { naive_absolute },
            naive_absolute,
            naive_squared: if pairs > 0.0 { squared / pairs } else { 0.0 },
        }
    }
}

/// Errors of one method on one series, summed over origins and periods.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ErrorSums {
    absolute: f64,
    signed: f64,
    squared: f64,
    actual: f64,
    count: f64,
    pinball: f64,
    quantiles: f64,
}

impl ErrorSums {
    /// Adds one period.
    pub fn add(&mut self, forecast: f64, actual: f64) {
        let error = forecast - actual;
        self.absolute += error.abs();
        self.signed += error;
        self.squared += error * error;
        self.actual += actual;
        self.count += 1.0;
    }

    /// Adds one period's quantile forecasts at [`QUANTILES`].
    pub fn add_quantiles(&mut self, quantiles: &[f32; 8], actual: f64) {
        let loss: f64 = quantiles
            .iter()
            .zip(QUANTILES)
            .map(|(&q, p)| pinball_loss(f64::from(q), actual, p))
            .sum();
        // The mean over the eight published quantiles, each of which counts as much as the others.
        self.pinball += loss / 8.0;
        self.quantiles += 1.0;
    }

    /// Adds the sums of another series or origin.
    pub fn merge(&mut self, other: &Self) {
        self.absolute += other.absolute;
        self.signed += other.signed;
        self.squared += other.squared;
        self.actual += other.actual;
        self.count += other.count;
        self.pinball += other.pinball;
        self.quantiles += other.quantiles;
    }

    /// Periods added.
    #[must_use]
    pub fn count(&self) -> f64 {
        self.count
    }

    /// Sum of squared errors.
    #[must_use]
    pub fn squared(&self) -> f64 {
        self.squared
    }

    /// Sum of absolute errors over sum of actuals; over the number of periods when nothing was
    /// sold.
    #[must_use]
    pub fn wape(&self) -> f64 {
        self.absolute / if self.actual > 0.0 { self.actual } else { self.count.max(1.0) }
    }

    /// The measures of these errors.
    #[must_use]
    pub fn measures(&self, scale: &Scale) -> Measures {
        let n = self.count.max(1.0);
        let pinball = self.pinball / self.quantiles.max(1.0);
        Measures {
            wape: self.wape(),
            bias: self.signed / if self.actual > 0.0 { self.actual } else { n },
            mase: scaled(self.absolute / n, scale.seasonal_absolute),
            rmsse: scaled(self.squared / n, scale.naive_squared).map(f64::sqrt),
            pinball: scaled(pinball, scale.naive_absolute).filter(|_| self.quantiles > 0.0),
            sums: AccuracySums {
                absolute_error: self.absolute,
                error: self.signed,
                squared_error: self.squared,
                actual: self.actual,
                periods: self.count,
                scale_absolute: scale.seasonal_absolute,
                scale_squared: scale.naive_squared,
            },
        }
    }
}

/// `value / scale`; nothing where the series never varied.
fn scaled(value: f64, scale: f64) -> Option<f64> {
    (scale > 0.0).then(|| value / scale)
}

/// How good one method was on one series; see [`Accuracy`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// Sum of absolute errors / sum of actuals.
    pub wape: f64,
    /// Sum of errors (forecast - actual) / sum of actuals.
    pub bias: f64,
    /// Mean absolute error scaled by the in-sample seasonal naive one.
    pub mase: Option<f64>,
    /// Root mean squared error scaled by the in-sample one-step naive one.
    pub rmsse: Option<f64>,
    /// Mean scaled pinball loss.
    pub pinball: Option<f64>,
    /// What they are made of.
    pub sums: AccuracySums,
}

impl Measures {
    /// The row of the accuracy table.
    #[must_use]
    pub fn row(self, series: usize, method: &'static str, horizon: usize) -> Accuracy {
        let Self { wape, bias, mase, rmsse, pinball, sums } = self;
        let chosen = false;
        Accuracy { series, method, wape, bias, mase, rmsse, pinball, sums, horizon, chosen }
    }
}

/// What a forecast of the quantile at probability `p` costs: `max(p (y - q), (1 - p) (q - y))`.
///
/// ```
/// use orderpoint::forecast::evaluate::accuracy::pinball_loss;
///
/// // At 90 % a unit too few weighs nine times a unit too many.
/// assert_eq!(pinball_loss(9.0, 10.0, 0.9), 0.9);
/// assert!((pinball_loss(11.0, 10.0, 0.9) - 0.1).abs() < 1e-12);
/// ```
#[must_use]
pub fn pinball_loss(quantile: f64, actual: f64, p: f64) -> f64 {
    if actual >= quantile { p * (actual - quantile) } else { (1.0 - p) * (quantile - actual) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pinball_loss_weighs_misses_above_by_p_and_below_by_its_complement() {
        assert!((pinball_loss(8.0, 10.0, 0.9) - 1.8).abs() < 1e-12);
        assert!((pinball_loss(12.0, 10.0, 0.9) - 0.2).abs() < 1e-12);
    }

    #[test]
    fn a_forecast_as_bad_as_the_seasonal_naive_has_mase_one() {
        let units = [1.0, 3.0, 2.0, 4.0, 3.0, 5.0];
        let scale = Scale::of(&units, &[1.0; 6], 2);
        assert!(
            (scale.seasonal_absolute - 1.0).abs() < 1e-12
                && (scale.naive_absolute - 1.6).abs() < 1e-6
        );
        let mut sums = ErrorSums::default();
        sums.add(6.0, 5.0);
        assert!((sums.measures(&scale).mase.unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_series_that_never_varied_has_no_scaled_measures() {
        let scale = Scale::of(&[10.0; 30], &[1.0; 30], 7);
        let mut sums = ErrorSums::default();
        sums.add(10.0 + 1e-9, 10.0);
        sums.add_quantiles(&[10.0; 8], 10.0);
        let measures = sums.measures(&scale);
        assert!(measures.wape < 1e-6);
        assert_eq!((measures.mase, measures.rmsse, measures.pinball), (None, None, None));
    }

    #[test]
    fn unseen_periods_count_nowhere() {
        let scale = Scale::of(&[2.0, 0.0, 2.0], &[1.0, f32::NAN, 1.0], 1);
        assert_eq!(scale, Scale::default());
    }
}

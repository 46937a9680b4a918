//! The moving average: the future sells what the last sixty days sold on average.
//!
//! ```text
//! ŷ[t+h] = 1/w Σ y[t-k], k < w
//! ```
//!
//! What most planners use by hand, and a member of combinations that no single day can upset.
//! Periods that were not observed are passed over: the window reaches back until it has seen
//! enough. Source: Hyndman & Athanasopoulos (2021), *Forecasting: Principles and Practice*, 3rd
//! ed., ch. 5.2 (average method).

use crate::domain::error::FitError;
use crate::forecast::methods::{History, Method, Pool};
use serde::{Deserialize, Serialize};

/// What is averaged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Window {
    /// The last observed periods that make up so many days: two months as a benchmark.
    Days(f64),
    /// The last so many observed periods of a daily series with at least twice that history: a
    /// member of combinations.
    Periods(usize),
}

/// A mean and how many periods it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Average {
    /// Units a period.
    pub mean: f64,
    /// Periods averaged over.
    pub window: usize,
}

impl Average {
    /// Of the newest `window` values of `observed`, oldest first.
    ///
    /// # Errors
    /// [`FitError::TooShort`] without values.
    ///
    /// ```
    /// use orderpoint::forecast::methods::average::Average;
    /// assert_eq!(Average::of([9.0, 1.0, 3.0].into_iter(), 2)?.mean, 2.0);
    /// # Ok::<(), orderpoint::domain::error::FitError>(())
    /// ```
    pub fn of(
        observed: impl DoubleEndedIterator<Item = f64>,
        window: usize,
    ) -> Result<Self, FitError> {
        let mut sum = 0.0;
        let mut count = 0.0;
        for value in observed.rev().take(window.max(1)) {
            sum += value;
            count += 1.0;
        }
        if count == 0.0 {
            return Err(FitError::TooShort { observed: 0, needed: 1 });
        }
        Ok(Self { mean: sum / count, window })
    }
}

impl Method for Window {
    type Model = Average;

    fn label(&self) -> &'static str {
        match self {
            Self::Days(_) => "60-day average",
            Self::Periods(_) => "MEAN60",
        }
    }

    fn fit(&self, history: &History<'_>) -> Result<Average, FitError> {
        let observed = history.observed.iter().copied().filter(|v| !v.is_nan());
        match *self {
            Self::Days(days) => Average::of(observed, (days / history.days).round() as usize),
            Self::Periods(window) => {
                let needed = 2 * window;
                if history.days > 1.0 || history.observed.len() < needed {
                    return Err(FitError::TooShort { observed: history.observed.len(), needed });
                }
                Average::of(observed, window)
            }
        }
    }

    fn forecast_into(&self, average: &Average, path: &mut [f64]) {
        path.fill(average.mean);
    }

    /// The newest value takes its share of the mean; which one leaves the window is not known any
    /// more.
    fn update(&self, average: &mut Average, y: f64) {
        if !y.is_nan() {
            average.mean += (y - average.mean) / average.window as f64;
        }
    }

    fn joins(&self, pool: Pool) -> bool {
        pool != Pool::Intermittent
    }

    fn adjusted(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_reaches_back_over_what_was_not_observed() {
        let history = History::new(&[9.0, 1.0, f64::NAN, 3.0], 1, 30.0);
        assert_eq!(Window::Days(60.0).fit(&history).unwrap().mean, 2.0);
    }
}

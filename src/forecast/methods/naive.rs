//! The naive forecast: tomorrow sells what today sold.
//!
//! ```text
//! ŷ[t+h] = y[t]
//! ```
//!
//! Nothing is fitted; optimal for a random walk, and what every forecast must beat. Source: Hyndman
//! & Athanasopoulos (2021),
//! *Forecasting: Principles and Practice*, 3rd ed., ch. 5.2.

use crate::domain::error::FitError;
use crate::forecast::methods::{History, Method};

/// The last value for every period to come; periods that were neither observed nor estimated are
/// passed over.
///
/// ```
/// use orderpoint::forecast::methods::{History, Method, naive::Naive};
/// let last = Naive.fit(&History::new(&[4.0, 6.0, f64::NAN], 1, 1.0))?;
/// let mut path = [0.0; 2];
/// Naive.forecast_into(&last, &mut path);
/// assert_eq!(path, [6.0, 6.0]);
/// # Ok::<(), orderpoint::domain::error::FitError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Naive;

impl Method for Naive {
    type Model = f64;

    fn label(&self) -> &'static str {
        "naive"
    }

    fn fit(&self, history: &History<'_>) -> Result<f64, FitError> {
        let last = history.cleaned.iter().rev().copied().find(|v| !v.is_nan());
        last.ok_or(FitError::TooShort { observed: 0, needed: 1 })
    }

    fn forecast_into(&self, last: &f64, path: &mut [f64]) {
        path.fill(*last);
    }

    fn update(&self, last: &mut f64, y: f64) {
        if !y.is_nan() {
            *last = y;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_observed_is_an_error() {
        let nothing = Naive.fit(&History::new(&[f64::NAN], 1, 1.0));
        assert_eq!(nothing, Err(FitError::TooShort { observed: 0, needed: 1 }));
    }
}

//! Intermittent demand: how much and how often, smoothed apart; or demand summed over longer
//! periods.
//!
//! ```text
//! Croston  ŷ = z / p        z, p smoothed when demand occurs: its size, periods since the last
//! SBA      ŷ = (1 - α/2) z / p        takes out Croston's bias
//! TSB      ŷ = d z          d: probability of demand, smoothed every period: it fades with demand
//! ADIDA    ŷ = level of demand summed over blocks of the mean interval, per period
//! IMAPA    ŷ = mean of that over blocks of 1, 2, ... up to the mean interval
//! ```
//!
//! All of them are simple exponential smoothing of some series, `l' = l + α (x - l)`, from its
//! first value. The forecast is flat. Periods that are NaN were not observed: they count neither as
//! demand nor as time. The first interval is counted from the first period. Blocks are cut from the
//! end, so that the newest is whole.
//!
//! Sources: Croston (1972); Syntetos & Boylan (2005), *The accuracy of intermittent demand
//! estimates*; Teunter, Syntetos & Babai (2011), *Intermittent demand: linking forecasting to
//! inventory obsolescence*; Nikolopoulos et al. (2011) and Petropoulos & Kourentzes (2015) for
//! temporal aggregation. Oracle: `tests/oracle/forecast.csv`.

use crate::domain::error::FitError;
use crate::forecast::methods::{History, Method, Pool};
use crate::math::optimize::{LANES, Lane, least, widest};
use crate::math::stats;
use serde::{Deserialize, Serialize};

/// Which method for intermittent demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CrostonForm {
    /// Size over interval.
    Croston,
    /// Croston's without its bias, after Syntetos & Boylan.
    Sba,
    /// Size times probability, after Teunter, Syntetos & Babai.
    Tsb,
    /// Demand in blocks of the mean interval.
    Adida,
    /// The mean over all block lengths up to the mean interval.
    Imapa,
}

impl CrostonForm {
    /// The name in the field's notation.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Croston => "Croston",
            Self::Sba => "SBA",
            Self::Tsb => "TSB",
            Self::Adida => "ADIDA",
            Self::Imapa => "IMAPA",
        }
    }
}

impl Method for CrostonForm {
    type Model = CrostonState;

    fn label(&self) -> &'static str {
        self.name()
    }

    fn fit(&self, history: &History<'_>) -> Result<CrostonState, FitError> {
        fit(history.observed, *self, Smoothing::Optimised)
    }

    fn forecast_into(&self, model: &CrostonState, path: &mut [f64]) {
        model.forecast_into(path);
    }

    fn update(&self, model: &mut CrostonState, y: f64) {
        model.update(y);
    }

    fn joins(&self, pool: Pool) -> bool {
        // Where demand occurs nearly always its interval carries no information.
        pool == Pool::Intermittent
    }
}

/// Where the smoothing parameters come from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Smoothing {
    /// Given: for sizes and for intervals, probabilities or blocks. `[α]`
    Fixed {
        /// For demand sizes.
        size: f64,
        /// For intervals, probabilities or blocks.
        occurrence: f64,
    },
    /// The least sum of squared one-step errors of the rate, both in 0.02..=0.3.
    Optimised,
}

/// A fitted method for intermittent demand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CrostonState {
    /// Which method.
    pub form: CrostonForm,
    /// Smoothing parameter of sizes.
    pub alpha_size: f64,
    /// Smoothing parameter of intervals, probabilities or blocks.
    pub alpha_occurrence: f64,
    /// Smoothed size of a demand `[z]`; for ADIDA and IMAPA the rate itself.
    pub size: f64,
    /// Smoothed interval `[p]` or probability `[d]`; the mean block length for ADIDA and IMAPA.
    pub occurrence: f64,
    /// Periods since the last demand.
    pub since: f64,
    /// Observed periods behind the fit.
    pub observed: usize,
}

/// Simple exponential smoothing of `values` from the first: the next expected value. `[l]`
///
/// ```
/// use orderpoint::forecast::methods::croston::smooth;
/// assert_eq!(smooth([10.0, 20.0, 20.0], 0.5), Some(17.5));
/// ```
pub fn smooth(values: impl IntoIterator<Item = f64>, alpha: f64) -> Option<f64> {
    // The first value is the level, as in the papers: an initial mean would let the fit see the
    // future.
    values.into_iter().fold(None, |level, x| Some(level.map_or(x, |l: f64| l + alpha * (x - l))))
}

#[inline(always)]
fn smoothing_errors_portable(values: &[f64], alpha: Lane) -> Lane {
    let mut sum = Lane::ZERO;
    let Some((&first, rest)) = values.split_first() else { return sum };
    let mut level = Lane::splat(first);
    for &x in rest {
        let error = Lane::splat(x) - level;
        sum += error * error;
        level += alpha * error;
    }
    sum
}

widest! {
    /// Sums of squared one-step errors of smoothing `values` with sixteen `α`.
    fn smoothing_errors(values: &[f64], alpha: Lane) -> Lane = smoothing_errors_portable
}

/// The sixteen parameters that `Optimised` tries.
fn grid() -> [f64; LANES] {
    // Sizes and intervals are few: above 0.3 a single order would carry the forecast (Syntetos &
    // Boylan 2005 tried 0.05 to 0.2).
    std::array::from_fn(|k| 0.02 + 0.28 * k as f64 / (LANES - 1) as f64)
}

/// The best single `α` for smoothing `values`.
fn best_alpha(values: &[f64]) -> f64 {
    let grid = grid();
    grid[least(&smoothing_errors(values, Lane(grid)).0)]
}

/// Fits one method to `values`, one a period, not negative, NaN where demand was not observed.
///
/// # Errors
/// [`FitError::TooShort`] without observations, [`FitError::NoDemand`] if all of them are zero.
pub fn fit(
    values: &[f64],
    form: CrostonForm,
    smoothing: Smoothing,
) -> Result<CrostonState, FitError> {
    let y: Vec<f64> = stats::observed(values).collect();
    if y.is_empty() {
        return Err(FitError::TooShort { observed: 0, needed: 1 });
    }
    let occurrences = Occurrences::new(&y);
    // Neither a size nor an interval exists to be smoothed.
    if occurrences.sizes.is_empty() {
        return Err(FitError::NoDemand { observed: y.len() });
    }
    let state = match form {
        CrostonForm::Croston | CrostonForm::Sba => occurrences.croston(form, smoothing),
        CrostonForm::Tsb => occurrences.tsb(&y, smoothing),
        CrostonForm::Adida => {
            // Blocks of the mean interval hold about one demand each: the series is no longer
            // intermittent.
            let block = occurrences.mean_interval().round() as usize;
            aggregated(&y, block..=block, form, smoothing)
        }
        CrostonForm::Imapa => {
            aggregated(&y, 1..=occurrences.mean_interval().round() as usize, form, smoothing)
        }
    };
    Ok(CrostonState { since: occurrences.since, observed: y.len(), ..state })
}

/// Demand sizes and the intervals that lead to them.
struct Occurrences {
    sizes: Vec<f64>,
    intervals: Vec<f64>,
    since: f64,
}

impl Occurrences {
    fn new(y: &[f64]) -> Self {
        let (mut sizes, mut intervals, mut since) = (Vec::new(), Vec::new(), 0.0);
        for &value in y {
            since += 1.0;
            if value > 0.0 {
                sizes.push(value);
                intervals.push(since);
                since = 0.0;
            }
        }
        Self { sizes, intervals, since }
    }

    fn mean_interval(&self) -> f64 {
        self.intervals.iter().sum::<f64>() / self.intervals.len() as f64
    }

    fn croston(&self, form: CrostonForm, smoothing: Smoothing) -> CrostonState {
        let (alpha_size, alpha_occurrence) = match smoothing {
            Smoothing::Fixed { size, occurrence } => (size, occurrence),
            Smoothing::Optimised => (best_alpha(&self.sizes), best_alpha(&self.intervals)),
        };
        let size = smooth(self.sizes.iter().copied(), alpha_size).unwrap_or(0.0);
        let occurrence = smooth(self.intervals.iter().copied(), alpha_occurrence).unwrap_or(1.0);
        CrostonState {
            form,
            alpha_size,
            alpha_occurrence,
            size,
            occurrence,
            since: 0.0,
            observed: 0,
        }
    }

    fn tsb(&self, y: &[f64], smoothing: Smoothing) -> CrostonState {
        let happened =
            |y: &[f64]| y.iter().map(|&v| f64::from(u8::from(v > 0.0))).collect::<Vec<_>>();
        let (alpha_size, alpha_occurrence) = match smoothing {
            Smoothing::Fixed { size, occurrence } => (size, occurrence),
            Smoothing::Optimised => (best_alpha(&self.sizes), best_alpha(&happened(y))),
        };
        let size = smooth(self.sizes.iter().copied(), alpha_size).unwrap_or(0.0);
        let occurrence = smooth(happened(y), alpha_occurrence).unwrap_or(0.0);
        CrostonState {
            form: CrostonForm::Tsb,
            alpha_size,
            alpha_occurrence,
            size,
            occurrence,
            since: 0.0,
            observed: 0,
        }
    }
}

/// The mean, over block lengths, of the smoothed block sum per period.
fn aggregated(
    y: &[f64],
    blocks: std::ops::RangeInclusive<usize>,
    form: CrostonForm,
    smoothing: Smoothing,
) -> CrostonState {
    let (mut total, mut levels, mut lengths, mut last_alpha) = (0.0, 0.0, 0.0, 0.0);
    for length in blocks {
        let length = length.clamp(1, y.len());
        let sums: Vec<f64> =
            y[y.len() % length..].chunks_exact(length).map(|block| block.iter().sum()).collect();
        last_alpha = match smoothing {
            Smoothing::Fixed { occurrence, .. } => occurrence,
            Smoothing::Optimised => best_alpha(&sums),
        };
        total += smooth(sums, last_alpha).unwrap_or(0.0) / length as f64;
        levels += 1.0;
        lengths += length as f64;
    }
    let (size, occurrence) = (total / levels, lengths / levels);
    CrostonState {
        form,
        alpha_size: last_alpha,
        alpha_occurrence: last_alpha,
        size,
        occurrence,
        since: 0.0,
        observed: 0,
    }
}

impl CrostonState {
    /// Expected demand per period, the same for every period to come.
    #[must_use]
    pub fn rate(&self) -> f64 {
        match self.form {
            CrostonForm::Croston => self.size / self.occurrence,
            CrostonForm::Sba => (1.0 - self.alpha_occurrence / 2.0) * self.size / self.occurrence,
            CrostonForm::Tsb => self.size * self.occurrence,
            CrostonForm::Adida | CrostonForm::Imapa => self.size,
        }
    }

    /// [`Self::rate`] for every period of `path`, `[horizon]`.
    pub fn forecast_into(&self, path: &mut [f64]) {
        path.fill(self.rate());
    }

    /// Moves the state on by one period, `NAN` if it was not observed.
    ///
    /// ADIDA and IMAPA smooth the rate by `α` over the block length until their next fit.
    pub fn update(&mut self, y: f64) {
        if y.is_nan() {
            return;
        }
        self.observed += 1;
        self.since += 1.0;
        let demand = y > 0.0;
        match self.form {
            CrostonForm::Adida | CrostonForm::Imapa => {
                self.size += self.alpha_size / self.occurrence * (y - self.size)
            }
            _ if demand => self.size += self.alpha_size * (y - self.size),
            _ => {}
        }
        match self.form {
            CrostonForm::Tsb => {
                self.occurrence +=
                    self.alpha_occurrence * (f64::from(u8::from(demand)) - self.occurrence)
            }
            CrostonForm::Croston | CrostonForm::Sba if demand => {
                self.occurrence += self.alpha_occurrence * (self.since - self.occurrence);
            }
            _ => {}
        }
        if demand {
            self.since = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEMAND: [f64; 10] = [0.0, 0.0, 6.0, 0.0, 0.0, 0.0, 2.0, 4.0, 0.0, 0.0];
    const TENTH: Smoothing = Smoothing::Fixed { size: 0.1, occurrence: 0.1 };

    fn rate(form: CrostonForm) -> f64 {
        fit(&DEMAND, form, TENTH).unwrap().rate()
    }

    #[test]
    fn sba_scales_croston_by_one_minus_half_alpha() {
        assert!((rate(CrostonForm::Sba) - 0.95 * rate(CrostonForm::Croston)).abs() < 1e-15);
    }

    #[test]
    fn croston_smooths_sizes_and_intervals_apart() {
        // Sizes 6, 2, 4 and intervals 3, 4, 1 with α = 0.1.
        let (z, p) = (6.0 - 0.4 - 0.16, 3.0 + 0.1 - 0.21);
        assert!((rate(CrostonForm::Croston) - z / p).abs() < 1e-12);
    }

    #[test]
    fn tsb_fades_when_demand_stops_and_croston_does_not() {
        let mut stopped = DEMAND.to_vec();
        stopped.extend([0.0; 30]);
        let rate = |values: &[f64], form| fit(values, form, TENTH).unwrap().rate();
        assert!(rate(&stopped, CrostonForm::Tsb) < 0.1 * rate(&DEMAND, CrostonForm::Tsb));
        assert_eq!(rate(&stopped, CrostonForm::Croston), rate(&DEMAND, CrostonForm::Croston));
    }

    #[test]
    fn updating_equals_refitting() {
        for form in [CrostonForm::Croston, CrostonForm::Sba, CrostonForm::Tsb] {
            let mut state = fit(&DEMAND[..6], form, TENTH).unwrap();
            DEMAND[6..].iter().for_each(|&y| state.update(y));
            assert_eq!(state, fit(&DEMAND, form, TENTH).unwrap());
        }
    }

    #[test]
    fn unobserved_periods_count_neither_as_demand_nor_as_time() {
        let mut gappy = DEMAND.to_vec();
        gappy.insert(4, f64::NAN);
        gappy.insert(8, f64::NAN);
        for form in [CrostonForm::Sba, CrostonForm::Tsb, CrostonForm::Adida, CrostonForm::Imapa] {
            assert_eq!(
                fit(&gappy, form, Smoothing::Optimised),
                fit(&DEMAND, form, Smoothing::Optimised)
            );
        }
    }

    #[test]
    fn a_constant_series_forecasts_itself() {
        for form in [CrostonForm::Croston, CrostonForm::Tsb, CrostonForm::Adida, CrostonForm::Imapa]
        {
            assert_eq!(fit(&[3.0; 20], form, Smoothing::Optimised).unwrap().rate(), 3.0);
        }
    }

    #[test]
    fn no_demand_is_an_error() {
        assert_eq!(
            fit(&[0.0, f64::NAN, 0.0], CrostonForm::Sba, TENTH),
            Err(FitError::NoDemand { observed: 2 })
        );
    }
}

//! The Theta method: exponential smoothing pulled along by half a trend, or by as much of it as the
//! data want.
//!
//! ```text
//! ŷ[t] = l[t-1] + ω ( (1-α)^(t-1) A[t-1] + (1 - (1-α)^t)/α B[t-1] )
//! l[t] = α y[t] + (1-α) l[t-1]      ω = 1 - 1/θ
//! ```
//!
//! `A + B t` is the least-squares line: of the whole series for the standard and optimised methods,
//! of the series so far for the dynamic one. Given `α` the error is linear in `l[0]` and `ω`, so
//! both follow from a two-column regression and only `α` is searched, sixteen values at a time.
//! Seasonal series (`decompose::is_seasonal`) are adjusted first. Periods that are NaN are taken
//! out of the time axis.
//!
//! Sources: Assimakopoulos & Nikolopoulos (2000), *The theta model*, International Journal of
//! Forecasting 16; Fiorucci, Pellegrini, Louzada, Petropoulos & Koehler (2016), *Models for
//! optimising the theta method*, same journal 32. Oracle: `tests/oracle/forecast.csv`.

use crate::domain::error::FitError;
use crate::forecast::methods::decompose::{self, Season};
use crate::forecast::methods::{History, Method, Pool};
use crate::math::optimize::{LANES, Lane, search, widest};
use crate::math::stats;
use serde::{Deserialize, Serialize};

/// Which Theta method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ThetaForm {
    /// `θ = 2` and the line of the whole series: the method that won the M3 competition. `[STM]`
    Standard,
    /// `θ ≥ 1` optimised, the line of the whole series. `[OTM]`
    Optimised,
    /// `θ = 2`, the line of the series so far. `[DSTM]`
    Dynamic,
    /// `θ ≥ 1` optimised, the line of the series so far. `[DOTM]`
    DynamicOptimised,
}

impl ThetaForm {
    /// The name in the field's notation.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "Theta",
            Self::Optimised => "OTM",
            Self::Dynamic => "DSTM",
            Self::DynamicOptimised => "DOTM",
        }
    }

    fn is_dynamic(self) -> bool {
        matches!(self, Self::Dynamic | Self::DynamicOptimised)
    }

    /// `ω` where `θ = 2` is given.
    fn fixed_omega(self) -> Option<f64> {
        // `1 - 1/θ` at `θ = 2`.
        matches!(self, Self::Standard | Self::Dynamic).then_some(0.5)
    }
}

impl Method for ThetaForm {
    type Model = ThetaState;

    fn label(&self) -> &'static str {
        self.name()
    }

    fn fit(&self, history: &History<'_>) -> Result<ThetaState, FitError> {
        fit(history.observed, history.season_length, *self)
    }

    fn refit(&self, old: &ThetaState, history: &History<'_>) -> Result<ThetaState, FitError> {
        refit_from(old, history.observed)
    }

    fn forecast_into(&self, model: &ThetaState, path: &mut [f64]) {
        model.forecast_into(path);
    }

    fn update(&self, model: &mut ThetaState, y: f64) {
        model.update(y);
    }

    fn joins(&self, pool: Pool) -> bool {
        // A line through mostly zeros leads below zero.
        pool != Pool::Intermittent
    }

    fn adjusted(&self) -> bool {
        true
    }
}

/// The least-squares line of a growing series, by running totals.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Line {
    /// Observations so far.
    pub n: f64,
    /// Their sum.
    pub sum: f64,
    /// Sum of each times its number, counted from 1.
    pub weighted: f64,
}

impl Line {
    fn push(&mut self, y: f64) {
        self.n += 1.0;
        self.sum += y;
        // After the count has grown: the first observation has number 1.
        self.weighted += self.n * y;
    }

    /// Intercept at number 0 and slope per observation; flat below two observations. `[A, B]`
    fn coefficients(&self) -> (f64, f64) {
        // Before the first observation the sums are 0, and so is the line.
        let n = self.n.max(1.0);
        let slope =
            // Normal equations over 1..=n; the divisor is 0 at one observation, where a slope has
            // no meaning.
            6.0 * (2.0 * self.weighted - (n + 1.0) * self.sum) / (n * (n * n - 1.0)).max(1.0);
        (self.sum / n - slope * (n + 1.0) / 2.0, slope)
    }
}

/// A fitted Theta model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThetaState {
    /// Which method.
    pub form: ThetaForm,
    /// Smoothing parameter. `[α]`
    pub alpha: f64,
    /// Weight of the line, `1 - 1/θ`. `[ω]`
    pub omega: f64,
    /// Level before the first period. `[l0]`
    pub start: f64,
    /// Level after the last period. `[l]`
    pub level: f64,
    /// `(1-α)^n` after `n` observations.
    pub decay: f64,
    /// The line: of all observations, or of those so far.
    pub line: Line,
    /// The season taken out, if there is one.
    pub season: Option<Season>,
    /// Variance of the one-step errors of the adjusted series.
    pub sigma2: f64,
}

/// Errors before this observation are left out of the fit: the line is not yet one.
// Through one or two points every line fits.
const BURN_IN: usize = 3;

/// Sums of products of the error's three parts, for sixteen `α`: `e = e0 - l0 · d - ω · g`.
#[derive(Clone, Copy)]
struct Products {
    ee: Lane,
    ed: Lane,
    eg: Lane,
    dd: Lane,
    dg: Lane,
    gg: Lane,
}

/// Best `(l0, ω)` of one `α` and the sum of squares they leave.
struct Linear {
    start: f64,
    omega: f64,
    sum_of_squares: f64,
}

impl Products {
    /// Nothing summed yet, and a trace of ridge that holds `l0` to `first` where `α` forgets it at
    /// once.
    fn new(first: f64) -> Self {
        // A millionth of one observation: it decides only where the others say nothing of the
        // start.
        let [ee, ed, dd] = [first * first, first, 1.0].map(|v| Lane::splat(1e-6 * v));
        Self { ee, ed, eg: Lane::ZERO, dd, dg: Lane::ZERO, gg: Lane::ZERO }
    }

    /// Solves lane `k` with `ω` fixed or free in 0..=1.
    fn solve(&self, k: usize, omega: Option<f64>) -> Linear {
        let [ee, ed, eg, dd, dg, gg] =
            [self.ee, self.ed, self.eg, self.dd, self.dg, self.gg].map(|lane| lane.0[k]);
        let omega = omega.unwrap_or_else(|| {
            // What is left of the line's pull once the start explains its part: a flat line has no
            // weight of its own, and the standard one is taken.
            let spread = gg - dg * dg / dd;
            if spread > 1e-12 * gg { ((eg - dg * ed / dd) / spread).clamp(0.0, 1.0) } else { 0.5 }
        });
        // Normal equations with `ω` given.
        let start = if dd > 0.0 { (ed - omega * dg) / dd } else { 0.0 };
        let sum_of_squares = ee + start * start * dd + omega * omega * gg
            - 2.0 * (start * ed + omega * eg)
            + 2.0 * start * omega * dg;
        // Differences of large sums may end below zero by rounding.
        Linear { start, omega, sum_of_squares: sum_of_squares.max(0.0) }
    }
}

/// What each error sees of the line: `(A, B)` of the whole series, or of the observations before
/// it.
fn lines(y: &[f64], form: ThetaForm) -> Vec<(f64, f64)> {
    let mut line = Line::default();
    let mut seen = Vec::with_capacity(y.len());
    for &value in y {
        // Before the value joins: an error may not see what it is measured against.
        seen.push(line.coefficients());
        line.push(value);
    }
    if !form.is_dynamic() {
        seen.fill(line.coefficients());
    }
    seen
}

widest! {
    fn products(y: &[f64], lines: &[(f64, f64)], alpha: Lane) -> Products = products_portable
}

#[inline(always)]
fn products_portable(y: &[f64], lines: &[(f64, f64)], alpha: Lane) -> Products {
    let keep = Lane::splat(1.0) - alpha;
    // Once instead of a division a period.
    let inverse = Lane(alpha.0.map(f64::recip));
    let (mut level, mut decay) = (Lane::ZERO, Lane::splat(1.0));
    let mut sums = Products::new(y[0]);
    for (t, (&value, &(intercept, slope))) in y.iter().zip(lines).enumerate() {
        let next_decay = decay * keep;
        let value = Lane::splat(value);
        // The smoothing starts at 0: what the true start adds is `decay · l0`, linear in it.
        let error = value - level;
        let pull =
            decay * Lane::splat(intercept) + (inverse - next_decay * inverse) * Lane::splat(slope);
        if t >= BURN_IN {
            sums.ee += error * error;
            sums.ed += error * decay;
            sums.eg += error * pull;
            sums.dd += decay * decay;
            sums.dg += decay * pull;
            sums.gg += pull * pull;
        }
        level += alpha * error;
        decay = next_decay;
    }
    sums
}

/// Fits `form` to `values`, one a period, NaN where demand was not observed; `season_length` 1 for
/// no season.
///
/// # Errors
/// [`FitError::TooShort`] below four observations; [`FitError::NotFinite`] if the fit does not
/// exist.
pub fn fit(values: &[f64], season_length: usize, form: ThetaForm) -> Result<ThetaState, FitError> {
    fit_adjusted(values, decompose::season_of(values, season_length), form)
}

/// [`fit`] with the season given: `season.phase` is that of the period after the last.
///
/// # Errors
/// As [`fit`].
pub fn fit_adjusted(
    values: &[f64],
    season: Option<Season>,
    form: ThetaForm,
) -> Result<ThetaState, FitError> {
    let y = adjusted(values, season.as_ref());
    if y.len() <= BURN_IN {
        return Err(FitError::TooShort { observed: y.len(), needed: BURN_IN + 1 });
    }
    let lines = lines(&y, form);
    let omega = form.fixed_omega();
    // All sixteen lanes are filled: one dimension needs no second start, and one round refines it.
    let starts: [[f64; 1]; LANES] = std::array::from_fn(|k| [k as f64 / (LANES - 1) as f64]);
    let mut best = Choice::NONE;
    search(&starts, 0.02, 1, |points| {
        best.consider(&y, &lines, omega, points.map(|u| alpha_at(u[0])))
    });
    finish(&y, season, form, best)
}

/// The best `α` so far, with its linear part.
struct Choice {
    alpha: f64,
    linear: Linear,
}

impl Choice {
    const NONE: Self = Self {
        alpha: 0.5,
        linear: Linear { start: 0.0, omega: 0.5, sum_of_squares: f64::INFINITY },
    };

    /// Tries sixteen `α`: their sums of squares.
    fn consider(
        &mut self,
        y: &[f64],
        lines: &[(f64, f64)],
        omega: Option<f64>,
        alphas: [f64; LANES],
    ) -> [f64; LANES] {
        let sums = products(y, lines, Lane(alphas));
        std::array::from_fn(|k| {
            let linear = sums.solve(k, omega);
            let sum_of_squares = linear.sum_of_squares;
            if sum_of_squares < self.linear.sum_of_squares {
                *self = Self { alpha: alphas[k], linear };
            }
            sum_of_squares
        })
    }
}

/// `α` in 0.01..=0.99 for a coordinate of the search, the small ones denser.
fn alpha_at(u: f64) -> f64 {
    // Denser towards 0, where slow smoothing changes most.
    0.01 + 0.98 * u * u
}

/// The observed values with the season taken out.
fn adjusted(values: &[f64], season: Option<&Season>) -> Vec<f64> {
    match season {
        None => stats::observed(values).collect(),
        Some(season) => {
            let first = season.first_phase(values.len());
            let each = values.iter().enumerate().filter(|(_, v)| !v.is_nan());
            each.map(|(t, &v)| season.remove(v, first + t)).collect()
        }
    }
}

/// The state at the end of `y` for the chosen `α`.
fn finish(
    y: &[f64],
    season: Option<Season>,
    form: ThetaForm,
    choice: Choice,
) -> Result<ThetaState, FitError> {
    let Choice { alpha, linear: Linear { start, omega, sum_of_squares } } = choice;
    let mut line = Line::default();
    let (mut level, mut decay) = (start, 1.0);
    for &value in y {
        level += alpha * (value - level);
        decay *= 1.0 - alpha;
        line.push(value);
    }
    if !level.is_finite() || !sum_of_squares.is_finite() {
        return Err(FitError::NotFinite("theta method"));
    }
    let sigma2 = sum_of_squares / (y.len() - BURN_IN) as f64;
    Ok(ThetaState { form, alpha, omega, start, level, decay, line, season, sigma2 })
}

/// Fits the form of `state` to a history that has grown at its end, season kept: sixteen `α` around
/// the old one.
///
/// # Errors
/// As [`fit`].
pub fn refit_from(state: &ThetaState, values: &[f64]) -> Result<ThetaState, FitError> {
    let season =
        state.season.as_ref().map(|s| Season { phase: values.len() % s.index.len(), ..s.clone() });
    let y = adjusted(values, season.as_ref());
    if y.len() <= BURN_IN {
        return Err(FitError::TooShort { observed: y.len(), needed: BURN_IN + 1 });
    }
    let alphas =
        // From 28 % below to 32 % above what it was: a few new days do not move it further.
        std::array::from_fn(|k| (state.alpha * (1.0 + 0.04 * (k as f64 - 7.0))).clamp(0.01, 0.99));
    let mut best = Choice::NONE;
    best.consider(&y, &lines(&y, state.form), state.form.fixed_omega(), alphas);
    finish(&y, season, state.form, best)
}

impl ThetaState {
    /// Expected value of the coming observation, season apart.
    fn expected(&self) -> f64 {
        let next_decay = self.decay * (1.0 - self.alpha);
        let (intercept, slope) = self.line.coefficients();
        self.level + self.omega * (self.decay * intercept + (1.0 - next_decay) / self.alpha * slope)
    }

    fn observe(&mut self, adjusted: f64) {
        self.level += self.alpha * (adjusted - self.level);
        self.decay *= 1.0 - self.alpha;
        if self.form.is_dynamic() {
            self.line.push(adjusted);
        }
    }

    /// Point forecasts of the periods after the last, into `path`, `[horizon]`, units per period.
    pub fn forecast_into(&self, path: &mut [f64]) {
        let mut ahead = Self { season: None, ..self.clone() };
        for (h, value) in path.iter_mut().enumerate() {
            let expected = ahead.expected();
            ahead.observe(expected);
            *value = self
                .season
                .as_ref()
                .map_or(expected, |season| season.restore(expected, season.phase + h));
        }
    }

    /// Moves the state on by one period, `NAN` if it was not observed; parameters and season stay.
    pub fn update(&mut self, y: f64) {
        let adjusted = self.season.as_ref().map_or(y, |season| season.remove(y, season.phase));
        if !y.is_nan() {
            self.observe(adjusted);
        }
        if let Some(season) = &mut self.season {
            season.phase = (season.phase + 1) % season.index.len();
        }
    }

    /// One-step forecasts of `values`, the fitted history; NaN where `values` is.
    #[must_use]
    pub fn fitted(&self, values: &[f64]) -> Vec<f64> {
        let y = adjusted(values, self.season.as_ref());
        let (mut level, mut decay) = (self.start, 1.0);
        let mut expected =
            y.iter().zip(lines(&y, self.form)).map(|(&value, (intercept, slope))| {
                let next_decay = decay * (1.0 - self.alpha);
                let expected = level
                    + self.omega * (decay * intercept + (1.0 - next_decay) / self.alpha * slope);
                level += self.alpha * (value - level);
                decay = next_decay;
                expected
            });
        let first = self.season.as_ref().map_or(0, |season| season.first_phase(values.len()));
        let restore = |t: usize, value: f64| {
            self.season.as_ref().map_or(value, |season| season.restore(value, first + t))
        };
        let path = values.iter().enumerate();
        path.map(|(t, v)| {
            if v.is_nan() { f64::NAN } else { restore(t, expected.next().unwrap_or(f64::NAN)) }
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::elementary::Transcendental;

    const FORMS: [ThetaForm; 4] = [
        ThetaForm::Standard,
        ThetaForm::Optimised,
        ThetaForm::Dynamic,
        ThetaForm::DynamicOptimised,
    ];

    fn wavy(n: usize) -> Vec<f64> {
        (0..n).map(|t| 40.0 + 0.3 * t as f64 + 5.0 * (t as f64 * 1.7).sine()).collect()
    }

    #[test]
    fn running_totals_give_the_least_squares_line() {
        let mut line = Line::default();
        [3.0, 5.0, 7.0, 9.0].iter().for_each(|&y| line.push(y));
        let (intercept, slope) = line.coefficients();
        assert!((intercept - 1.0).abs() < 1e-12 && (slope - 2.0).abs() < 1e-12);
    }

    #[test]
    fn a_constant_series_forecasts_itself() {
        for form in FORMS {
            let mut path = [0.0; 6];
            fit(&[7.0; 30], 1, form).unwrap().forecast_into(&mut path);
            path.iter().for_each(|v| assert!((v - 7.0).abs() < 1e-6, "{form:?} {path:?}"));
        }
    }

    #[test]
    fn optimising_theta_fits_no_worse_than_theta_two() {
        let values = wavy(60);
        let sigma2 = |form| fit(&values, 1, form).unwrap().sigma2;
        assert!(sigma2(ThetaForm::Optimised) <= sigma2(ThetaForm::Standard) + 1e-9);
        assert!(sigma2(ThetaForm::DynamicOptimised) <= sigma2(ThetaForm::Dynamic) + 1e-9);
    }

    #[test]
    fn fitted_errors_add_up_to_sigma2_and_updating_follows_the_fit() {
        let mut values = wavy(70);
        values[20] = f64::NAN;
        let state = fit(&values, 1, ThetaForm::DynamicOptimised).unwrap();
        let errors: Vec<f64> = values
            .iter()
            .zip(state.fitted(&values))
            .map(|(y, f)| y - f)
            .filter(|e| !e.is_nan())
            .collect();
        let sum: f64 = errors[BURN_IN..].iter().map(|e| e * e).sum();
        assert!((sum / (errors.len() - BURN_IN) as f64 / state.sigma2 - 1.0).abs() < 1e-3);
        let mut stepped =
            ThetaState { level: state.start, decay: 1.0, line: Line::default(), ..state.clone() };
        values.iter().for_each(|&y| stepped.update(y));
        assert!((stepped.level - state.level).abs() < 1e-9 && stepped.line == state.line);
    }

    #[test]
    fn a_season_is_taken_out_and_put_back() {
        let values: Vec<f64> =
            (0..84).map(|t| [50.0, 80.0, 100.0, 100.0, 120.0, 150.0, 100.0][t % 7]).collect();
        let mut path = [0.0; 7];
        let state = fit(&values, 7, ThetaForm::DynamicOptimised).unwrap();
        state.forecast_into(&mut path);
        assert!((path[0] - 50.0).abs() < 1.0 && (path[5] - 150.0).abs() < 1.0, "{path:?}");
        let warm = refit_from(&state, &values).unwrap();
        assert!(warm.sigma2 <= state.sigma2 * 1.001 + 1e-9);
    }

    #[test]
    fn too_short_a_series_is_an_error() {
        let short = fit(&[1.0, 2.0, 3.0], 1, ThetaForm::Standard);
        assert_eq!(short, Err(FitError::TooShort { observed: 3, needed: 4 }));
    }
}

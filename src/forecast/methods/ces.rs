//! Complex exponential smoothing: level and an unseen potential that turn around each other like a
//! complex number.
//!
//! ```text
//! e[t] = y[t] - l - s1[t-m]
//! l'   = l - (1-α1) c + (α0-α1) e       c' = l + (1-α0) c + (α0+α1) e
//! ```
//!
//! One model covers stationary and trended series without choosing between them. The season is
//! none, *partial* (real terms, `s1' = s1 + β0 e`), *full* (complex terms, by the level's equations
//! with `β`) or *simple* (level and potential of the same phase one season ago, no others). Forms
//! are chosen by AICc. Smoothing parameters are searched sixteen candidates at a time from a plain
//! start: the mean of the first periods and the classical season; starts by least squares overfit
//! (MASE 16 % worse on earlier windows of M3's yearly series). Periods that are NaN move the state
//! on and add nothing to the likelihood. Forecasts fade the level's movement. Source: Svetunkov,
//! Kourentzes & Ord (2022), *Complex exponential smoothing*, Naval Research Logistics 69. Oracle:
//! `tests/oracle/forecast.csv`.

use crate::domain::error::FitError;
use crate::forecast::methods::recursion::{Recursion, errors_into, squared_errors};
use crate::forecast::methods::{History, Method, Pool, decompose};
use crate::math::elementary::{Elementary, Transcendental};
use crate::math::optimize::{LANES, Lane, around, least, search};
use crate::math::stats;
use serde::{Deserialize, Serialize};

/// Which season the model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CesForm {
    /// None.
    None,
    /// Level and potential of the same phase.
    Simple,
    /// Real seasonal terms.
    Partial,
    /// Complex seasonal terms.
    Full,
}

impl CesForm {
    /// The name in the field's notation.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "CES(n)",
            Self::Simple => "CES(s)",
            Self::Partial => "CES(p)",
            Self::Full => "CES(f)",
        }
    }
}

impl Method for CesForm {
    type Model = CesState;

    fn label(&self) -> &'static str {
        self.name()
    }

    fn fit(&self, history: &History<'_>) -> Result<CesState, FitError> {
        fit(history.observed, history.season_length, *self)
    }

    fn refit(&self, old: &CesState, history: &History<'_>) -> Result<CesState, FitError> {
        refit_from(old, history.observed)
    }

    fn forecast_into(&self, model: &CesState, path: &mut [f64]) {
        model.forecast_into(path);
    }

    fn update(&self, model: &mut CesState, y: f64) {
        model.update(y);
    }

    fn joins(&self, pool: Pool) -> bool {
        pool != Pool::Intermittent
    }

    fn adjusted(&self) -> bool {
        true
    }
}

/// Complex smoothing parameters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CesParams {
    /// Real and imaginary part for the level. `[α0, α1]`
    pub alpha: [f64; 2],
    /// Real and imaginary part for the season; the second only in the full form. `[β0, β1]`
    pub beta: [f64; 2],
}

impl CesParams {
    /// A point of the unit box as parameters; the cube makes room around `α1 = 1`, where the valley
    /// is narrow.
    fn from_box(u: &[f64; 4]) -> Self {
        let centred = 2.0 * u[1] - 1.0;
        let alpha = [0.01 + 1.79 * u[0], 1.0 + 0.9 * centred * centred * centred];
        Self { alpha, beta: [0.01 + 1.49 * u[2], 0.01 + 1.49 * u[3]] }
    }

    fn to_box(self) -> [f64; 4] {
        let centred = ((self.alpha[1] - 1.0) / 0.9).clamp(-1.0, 1.0).cube_root();
        [
            share_of(self.alpha[0], 1.79),
            0.5 + 0.5 * centred,
            share_of(self.beta[0], 1.49),
            share_of(self.beta[1], 1.49),
        ]
    }
}

/// Where a parameter lies between 0.01 and `width` beyond it.
fn share_of(value: f64, width: f64) -> f64 {
    ((value - 0.01) / width).clamp(0.0, 1.0)
}

/// Level, potential and season at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CesPoint {
    /// Level; unused in the simple form. `[l]`
    pub level: f64,
    /// Information potential; unused in the simple form. `[c]`
    pub potential: f64,
    /// Seasonal terms, the coming period's first; in the simple form the levels. `[s1]`
    pub season: Vec<f64>,
    /// Their potentials, empty in the partial form. `[s2]`
    pub season_potential: Vec<f64>,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CesState {
    /// Which season.
    pub form: CesForm,
    /// Smoothing parameters.
    pub params: CesParams,
    /// Before the first period.
    pub start: CesPoint,
    /// After the last period.
    pub now: CesPoint,
    /// Observed periods behind the fit.
    pub observed: usize,
    /// Variance of the one-step errors (divisor `n`).
    pub sigma2: f64,
    /// Gaussian log-likelihood.
    pub loglik: f64,
    /// Akaike's criterion corrected for short series; `INFINITY` where the series is too short for
    /// it.
    pub aicc: f64,
}

// As constants, so that each form's loop is compiled without its branches.
const NONE: u8 = 0;
const SIMPLE: u8 = 1;
const PARTIAL: u8 = 2;
const FULL: u8 = 3;

/// One turn of a complex state: `[1, α1 - 1; 1, 1 - α0]` and its gains.
struct Turn {
    cross: Lane,
    keep: Lane,
    gain: Lane,
    potential_gain: Lane,
}

impl Turn {
    fn new(re: Lane, im: Lane) -> Self {
        let one = Lane::splat(1.0);
        Self { cross: one - im, keep: one - re, gain: re - im, potential_gain: re + im }
    }

    #[inline(always)]
    fn apply(&self, level: &mut Lane, potential: &mut Lane, error: Lane) {
        let next = (*level - self.cross * *potential) + self.gain * error;
        *potential = (*level + self.keep * *potential) + self.potential_gain * error;
        *level = next;
    }
}

struct CesLanes<const FORM: u8> {
    turn: Turn,
    season_turn: Turn,
    gamma: Lane,
    level: Lane,
    potential: Lane,
    season: Vec<Lane>,
    season_potential: Vec<Lane>,
    phase: usize,
}

impl<const FORM: u8> CesLanes<FORM> {
    fn new(params: &[CesParams; LANES], start: &CesPoint) -> Self {
        let lane = |value: fn(&CesParams) -> f64| Lane(std::array::from_fn(|i| value(&params[i])));
        let splat = |values: &[f64]| values.iter().map(|&v| Lane::splat(v)).collect();
        Self {
            turn: Turn::new(lane(|p| p.alpha[0]), lane(|p| p.alpha[1])),
            season_turn: Turn::new(lane(|p| p.beta[0]), lane(|p| p.beta[1])),
            gamma: lane(|p| p.beta[0]),
            level: Lane::splat(start.level),
            potential: Lane::splat(start.potential),
            season: splat(&start.season),
            season_potential: splat(&start.season_potential),
            phase: 0,
        }
    }

    fn point(&self) -> CesPoint {
        let unroll = |lanes: &[Lane]| {
            let mut values: Vec<f64> = lanes.iter().map(|s| s.0[0]).collect();
            values.rotate_left(self.phase.min(lanes.len()));
            values
        };
        CesPoint {
            level: self.level.0[0],
            potential: self.potential.0[0],
            season: unroll(&self.season),
            season_potential: unroll(&self.season_potential),
        }
    }
}

impl<const FORM: u8> Recursion for CesLanes<FORM> {
    #[inline(always)]
    fn error(&self, y: Lane) -> Lane {
        match FORM {
            NONE => y - self.level,
            SIMPLE => y - self.season[self.phase],
            _ => (y - self.season[self.phase]) - self.level,
        }
    }

    #[inline(always)]
    fn advance(&mut self, error: Lane) {
        if FORM != SIMPLE {
            self.turn.apply(&mut self.level, &mut self.potential, error);
        }
        match FORM {
            NONE => return,
            SIMPLE => self.turn.apply(
                &mut self.season[self.phase],
                &mut self.season_potential[self.phase],
                error,
            ),
            PARTIAL => self.season[self.phase] += self.gamma * error,
            _ => self.season_turn.apply(
                &mut self.season[self.phase],
                &mut self.season_potential[self.phase],
                error,
            ),
        }
        self.phase += 1;
        if self.phase == self.season.len() {
            self.phase = 0;
        }
    }
}

/// Calls a function that is generic over the form of [`CesLanes`] with `$form`.
macro_rules! by_form {
    ($form:expr, $function:ident($($argument:expr),*)) => {
        match $form {
            CesForm::None => $function::<NONE>($($argument),*),
            CesForm::Simple => $function::<SIMPLE>($($argument),*),
            CesForm::Partial => $function::<PARTIAL>($($argument),*),
            CesForm::Full => $function::<FULL>($($argument),*),
        }
    };
}

fn sums<const FORM: u8>(y: &[f64], start: &CesPoint, params: &[CesParams; LANES]) -> [f64; LANES] {
    squared_errors(&mut CesLanes::<FORM>::new(params, start), y).0
}

fn end<const FORM: u8>(y: &[f64], start: &CesPoint, params: CesParams) -> (f64, CesPoint) {
    let mut lanes = CesLanes::<FORM>::new(&[params; LANES], start);
    let sum = squared_errors(&mut lanes, y).0[0];
    (sum, lanes.point())
}

fn errors<const FORM: u8>(y: &[f64], start: &CesPoint, params: CesParams, errors: &mut Vec<f64>) {
    errors_into(&mut CesLanes::<FORM>::new(&[params; LANES], start), y, errors);
}

/// The start: the mean of the first periods, potentials a little below, the classical additive
/// season.
fn plain_start(y: &[f64], season_length: usize, form: CesForm) -> Option<CesPoint> {
    // Ten periods smooth the start of a short season away; a whole season has no phase of its own.
    let first = if form == CesForm::None { season_length.max(10) } else { season_length };
    let level = stats::mean(&y[..first.min(y.len())]).or_else(|| stats::mean(y))?;
    let season = match form {
        CesForm::None => Vec::new(),
        CesForm::Simple => {
            y[..season_length].iter().map(|&v| if v.is_nan() { level } else { v }).collect()
        }
        CesForm::Partial | CesForm::Full => decompose::classical_additive(y, season_length)?.index,
    };
    let complex = matches!(form, CesForm::Simple | CesForm::Full);
    let season_potential =
        if complex { season.iter().map(|s| s / POTENTIAL).collect() } else { Vec::new() };
    Some(CesPoint { level, potential: level / POTENTIAL, season, season_potential })
}

/// What is left of the level's movement a period later, in forecasts.
// Undamped, the potential made short series explode; so, all 3,003 of M3 come to a sMAPE of 12.29
// and a MASE of 1.358.
const DAMPING: f64 = 0.95;

/// A level over its potential at the start.
// Plain starts: estimated ones lost 3 to 15 % of MASE on earlier windows of M3.
const POTENTIAL: f64 = 1.1;

/// Sixteen starts of `(α0, α1)`, each with a season that learns slowly.
fn starts(form: CesForm) -> [[f64; 4]; LANES] {
    // Real terms of a season learn as those of exponential smoothing do, complex ones as the level.
    let betas = match form {
        CesForm::Partial => [[0.02, 0.0], [0.07, 0.0], [0.15, 0.0], [0.3, 0.0]],
        CesForm::None | CesForm::Simple | CesForm::Full => {
            [[1.0, 0.99], [1.3, 1.0], [1.15, 1.01], [1.4, 1.0]]
        }
    };
    std::array::from_fn(|k| {
        let alpha = [[0.9, 1.2, 1.5, 1.75][k / 4], [0.97, 1.02, 1.1, 1.3][k % 4]];
        CesParams { alpha, beta: betas[(k / 4 + k) % 4] }.to_box()
    })
}

fn fit_coordinates<const P: usize>(
    y: &[f64],
    form: CesForm,
    start: CesPoint,
    free: [usize; P],
) -> Result<CesState, FitError> {
    let params_at = |at: &[f64; P]| {
        let mut u = [0.0; 4];
        for (i, &coordinate) in free.iter().enumerate() {
            u[coordinate] = at[i];
        }
        CesParams::from_box(&u)
    };
    let starts = starts(form).map(|u| free.map(|coordinate| u[coordinate]));
    let found = search(&starts, 0.06, 3, |points| {
        by_form!(form, sums(y, &start, &points.each_ref().map(params_at)))
    });
    finish(y, form, start, params_at(&found.at))
}

fn finish(
    y: &[f64],
    form: CesForm,
    start: CesPoint,
    params: CesParams,
) -> Result<CesState, FitError> {
    let (sum, now) = by_form!(form, end(y, &start, params));
    if !sum.is_finite() {
        return Err(FitError::NotFinite("complex exponential smoothing"));
    }
    let (mut observed, mut squares) = (0usize, 0.0);
    stats::observed(y).for_each(|v| {
        observed += 1;
        squares += v * v;
    });
    let n = observed as f64;
    // Smoothing parameters and the variance: start states are plain ones, not estimated.
    let k = match form {
        CesForm::None | CesForm::Simple => 3.0,
        CesForm::Partial => 4.0,
        CesForm::Full => 5.0,
    };
    // A perfect fit must not have an infinite likelihood.
    let variance = sum.max(1e-18 * squares).max(1e-300) / n;
    let loglik = -0.5 * n * ((2.0 * std::f64::consts::PI * variance).natural_log() + 1.0);
    let spare = n - k - 1.0;
    let aicc = if spare > 0.0 {
        -2.0 * loglik + 2.0 * k + 2.0 * k * (k + 1.0) / spare
    } else {
        f64::INFINITY
    };
    Ok(CesState { form, params, start, now, observed, sigma2: sum / n, loglik, aicc })
}

/// Fits one form to `values`, one a period, NaN where demand was not observed.
///
/// # Errors
/// [`FitError::TooShort`] below three observations, or two seasons for a seasonal form;
/// [`FitError::NotFinite`] if the fit does not exist.
pub fn fit(values: &[f64], season_length: usize, form: CesForm) -> Result<CesState, FitError> {
    let observed = stats::count(values);
    // Two seasons, or the index would be the one year itself.
    let needed = if form == CesForm::None { 3 } else { 2 * season_length.max(2) };
    if observed < needed {
        return Err(FitError::TooShort { observed, needed });
    }
    let start =
        plain_start(values, season_length, form).ok_or(FitError::TooShort { observed, needed })?;
    match form {
        CesForm::None | CesForm::Simple => fit_coordinates(values, form, start, [0, 1]),
        CesForm::Partial => fit_coordinates(values, form, start, [0, 1, 2]),
        CesForm::Full => fit_coordinates(values, form, start, [0, 1, 2, 3]),
    }
}

/// The form with the least AICc; `season_length` 1 for none.
///
/// # Errors
/// As [`fit`] without season.
pub fn auto(values: &[f64], season_length: usize) -> Result<CesState, FitError> {
    let mut best = fit(values, 1, CesForm::None)?;
    if season_length > 1 {
        for form in [CesForm::Simple, CesForm::Partial, CesForm::Full] {
            best = fit(values, season_length, form)
                .into_iter()
                .fold(best, |best, new| if new.aicc < best.aicc { new } else { best });
        }
    }
    Ok(best)
}

/// Fits the form of `state` to a history that has grown at its end: sixteen candidates around its
/// parameters.
///
/// # Errors
/// [`FitError::NotFinite`] if the fit does not exist.
pub fn refit_from(state: &CesState, values: &[f64]) -> Result<CesState, FitError> {
    let params = around(&state.params.to_box(), 0.02).map(|u| CesParams::from_box(&u));
    let values_of = by_form!(state.form, sums(values, &state.start, &params));
    finish(values, state.form, state.start.clone(), params[least(&values_of)])
}

impl CesState {
    /// Point forecasts of the periods after the last, into `path`, `[horizon]`, units per period.
    ///
    /// The level's movement fades by 5 % a period, as in a damped trend: the model itself may grow
    /// or oscillate for ever, which half a year ahead nobody should believe.
    pub fn forecast_into(&self, path: &mut [f64]) {
        let mut ahead = self.clone();
        let (mut level, mut fading) = (self.now.level, 1.0);
        for value in path {
            let season = ahead.expected() - ahead.now.level;
            *value = level + season;
            let before = ahead.now.level;
            ahead.update(f64::NAN);
            fading *= DAMPING;
            level += fading * (ahead.now.level - before);
        }
    }

    fn expected(&self) -> f64 {
        let season = self.now.season.first().copied().unwrap_or(0.0);
        if self.form == CesForm::Simple { season } else { self.now.level + season }
    }

    /// Moves the state on by one period, `NAN` if it was not observed; parameters stay.
    pub fn update(&mut self, y: f64) {
        let error = if y.is_nan() { 0.0 } else { y - self.expected() };
        let turn = |[re, im]: [f64; 2], level: f64, potential: f64| {
            (
                level - (1.0 - im) * potential + (re - im) * error,
                level + (1.0 - re) * potential + (re + im) * error,
            )
        };
        let (params, now) = (self.params, &mut self.now);
        if self.form != CesForm::Simple {
            (now.level, now.potential) = turn(params.alpha, now.level, now.potential);
        }
        match self.form {
            CesForm::None => return,
            CesForm::Partial => now.season[0] += params.beta[0] * error,
            CesForm::Simple => {
                (now.season[0], now.season_potential[0]) =
                    turn(params.alpha, now.season[0], now.season_potential[0]);
            }
            CesForm::Full => {
                (now.season[0], now.season_potential[0]) =
                    turn(params.beta, now.season[0], now.season_potential[0]);
            }
        }
        now.season.rotate_left(1);
        if !now.season_potential.is_empty() {
            now.season_potential.rotate_left(1);
        }
    }

    /// One-step forecasts of `values`, the fitted history; NaN where `values` is.
    #[must_use]
    pub fn fitted(&self, values: &[f64]) -> Vec<f64> {
        let mut path = Vec::with_capacity(values.len());
        by_form!(self.form, errors(values, &self.start, self.params, &mut path));
        path.iter_mut().zip(values).for_each(|(error, y)| *error = y - *error);
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMS: [CesForm; 4] = [CesForm::None, CesForm::Simple, CesForm::Partial, CesForm::Full];

    fn weekly(n: usize) -> Vec<f64> {
        let season = [-3.0, -2.0, 0.0, 1.0, 3.0, 4.0, -3.0];
        (0..n).map(|t| 30.0 + season[t % 7] + 3.0 * (t as f64 * 0.9).sine()).collect()
    }

    #[test]
    fn a_constant_series_forecasts_itself() {
        let mut path = [0.0; 10];
        fit(&[12.0; 60], 1, CesForm::None).unwrap().forecast_into(&mut path);
        path.iter().for_each(|v| assert!((v - 12.0).abs() < 0.5, "{path:?}"));
    }

    #[test]
    fn updating_one_by_one_is_the_same_recursion() {
        let values = weekly(80);
        for form in FORMS {
            let fitted = fit(&values, 7, form).unwrap();
            let mut stepped = CesState { now: fitted.start.clone(), ..fitted.clone() };
            values.iter().for_each(|&y| stepped.update(y));
            assert!((stepped.expected() - fitted.expected()).abs() < 1e-9, "{form:?}");
        }
    }

    #[test]
    fn one_step_errors_add_up_to_sigma2() {
        let mut values = weekly(90);
        values[33] = f64::NAN;
        for form in FORMS {
            let state = fit(&values, 7, form).unwrap();
            let sum: f64 = values
                .iter()
                .zip(state.fitted(&values))
                .map(|(y, f)| (y - f).powi(2))
                .filter(|e| !e.is_nan())
                .sum();
            assert!((sum / 89.0 / state.sigma2 - 1.0).abs() < 1e-9, "{form:?}");
        }
    }

    #[test]
    fn a_warm_refit_is_no_worse_than_its_start() {
        let values = weekly(120);
        let state = fit(&values, 7, CesForm::Partial).unwrap();
        assert!(refit_from(&state, &values).unwrap().sigma2 <= state.sigma2);
    }

    #[test]
    fn the_season_is_found() {
        assert_ne!(auto(&weekly(140), 7).unwrap().form, CesForm::None);
    }
}

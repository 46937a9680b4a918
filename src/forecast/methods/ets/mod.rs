//! Exponential smoothing: level, damped trend and season that learn from each one-step error.
//!
//! ```text
//! e[t] = y[t] - (l + φ b + s[t-m])     l' = l + φ b + α e     b' = φ b + β e     s' = s[t-m] + γ e
//! ```
//!
//! The pool is {no trend, damped trend} × {no season, season} × {as it is, logarithm}, chosen by
//! AICc. A model of `ln y` is the multiplicative one; its likelihood carries the Jacobian `-Σ ln
//! y`, so that the two scales compare. Undamped trends are left out: they seldom win and are what
//! explodes. Smoothing parameters are searched sixteen candidates at a time, start states follow by
//! least squares (`recursion`). Periods that are NaN are skipped: they move the state on and add
//! nothing to the likelihood.
//!
//! Symbols follow Hyndman, Koehler, Ord & Snyder (2008), *Forecasting with Exponential Smoothing*,
//! ch. 2-5 (`β = α β*`). Oracle: `tests/oracle/forecast.csv`.

use crate::domain::error::FitError;
use crate::forecast::methods::{History, Method, Pool};
use crate::math::elementary::Elementary;
use crate::math::optimize::{LANES, around, least, nelder_mead, search};
use crate::math::stats;
use serde::{Deserialize, Serialize};

mod lanes;

/// The scale a model works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    /// Demand as it is: additive season and error.
    Additive,
    /// The logarithm of demand, all of it positive: multiplicative season and error.
    Log,
}

/// Whether the level has a slope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trend {
    /// Level only.
    None,
    /// A slope that fades by `φ` a period.
    Damped,
}

/// Which member of the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EtsForm {
    /// Slope or none.
    pub trend: Trend,
    /// Periods of the season `[m]`; 1 for none.
    pub season_length: usize,
    /// As it is or logarithm.
    pub scale: Scale,
}

impl EtsForm {
    /// The name in the field's notation: `ETS(A,Ad,A)`, `ETS(A,N,N) log`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match (self.trend, self.season_length > 1, self.scale) {
            (Trend::None, false, Scale::Additive) => "ETS(A,N,N)",
            (Trend::None, true, Scale::Additive) => "ETS(A,N,A)",
            (Trend::Damped, false, Scale::Additive) => "ETS(A,Ad,N)",
            (Trend::Damped, true, Scale::Additive) => "ETS(A,Ad,A)",
            (Trend::None, false, Scale::Log) => "ETS(A,N,N) log",
            (Trend::None, true, Scale::Log) => "ETS(A,N,A) log",
            (Trend::Damped, false, Scale::Log) => "ETS(A,Ad,N) log",
            (Trend::Damped, true, Scale::Log) => "ETS(A,Ad,A) log",
        }
    }

    fn seasons(self) -> usize {
        if self.season_length > 1 { self.season_length } else { 0 }
    }

    fn trends(self) -> usize {
        usize::from(self.trend == Trend::Damped)
    }

    /// Estimated quantities: smoothing parameters, start states (a season's sum to zero) and the
    /// error variance.
    fn degrees_of_freedom(self) -> usize {
        // A damped trend brings two: β and φ.
        let smoothing = 1 + 2 * self.trends() + usize::from(self.seasons() > 0);
        smoothing + 1 + self.trends() + self.seasons().saturating_sub(1) + 1
    }
}

/// The member of the family with the least AICc, found fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EtsByAicc;

impl Method for EtsByAicc {
    type Model = EtsState;

    fn label(&self) -> &'static str {
        "ETS"
    }

    fn fit(&self, history: &History<'_>) -> Result<EtsState, FitError> {
        auto(history.observed, history.season_length, Effort::Fast)
    }

    /// The form stays.
    fn refit(&self, old: &EtsState, history: &History<'_>) -> Result<EtsState, FitError> {
        refit_from(old, history.observed)
    }

    fn notation(&self, model: &EtsState) -> String {
        model.form.name().to_owned()
    }

    fn forecast_into(&self, model: &EtsState, path: &mut [f64]) {
        model.forecast_into(path);
    }

    fn update(&self, model: &mut EtsState, y: f64) {
        model.update(y);
    }

    fn joins(&self, pool: Pool) -> bool {
        // A season and a trend are estimated on two full seasons; shorter series have members of
        // their own.
        pool == Pool::Full
    }
}

/// Smoothing parameters, in the error-correction form (`β = α β*`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EtsParams {
    /// Level, in (0, 1). `[α]`
    pub alpha: f64,
    /// Slope, in [0, α). `[β]`
    pub beta: f64,
    /// Season, in [0, 1 - α). `[γ]`
    pub gamma: f64,
    /// Damping, 0.8..=0.98; 0 without trend. `[φ]`
    pub phi: f64,
}

impl EtsParams {
    /// A point of the unit box as parameters: squares put more of the box where optima lie, near 0.
    fn from_box(u: &[f64; 4], form: EtsForm) -> Self {
        // Open at both ends: at 0 the level never learns and its start is not identified, at 1 it
        // forgets.
        let alpha = 1e-4 + 0.9998 * u[0] * u[0];
        let damped = form.trend == Trend::Damped;
        Self {
            alpha,
            beta: if damped { alpha * (1e-4 + 0.9998 * u[2] * u[2]) } else { 0.0 },
            gamma: if form.seasons() > 0 {
                (1.0 - alpha) * (1e-4 + 0.9998 * u[1] * u[1])
            } else {
                0.0
            },
            // The range of R's ets: below 0.8 the trend is gone after a few periods, above 0.98 it
            // cannot be told from an undamped one.
            phi: if damped { 0.8 + 0.18 * u[3] } else { 0.0 },
        }
    }

    /// The inverse of [`Self::from_box`].
    fn to_box(self) -> [f64; 4] {
        [
            to_root(self.alpha),
            to_root(self.gamma / (1.0 - self.alpha)),
            to_root(self.beta / self.alpha),
            ((self.phi - 0.8) / 0.18).clamp(0.0, 1.0),
        ]
    }
}

/// The coordinate of a share in the box: its root, so that slow learners have room.
fn to_root(share: f64) -> f64 {
    ((share - 1e-4) / 0.9998).clamp(0.0, 1.0).sqrt()
}

/// Level, slope and season at one moment, on the model's scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EtsPoint {
    /// Level. `[l]`
    pub level: f64,
    /// Slope per period. `[b]`
    pub trend: f64,
    /// Seasonal terms, `[season_length]`, the coming period's first; empty without season. `[s]`
    pub season: Vec<f64>,
}

/// A fitted model: all that forecasting, updating and a warm refit need.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EtsState {
    /// Member of the family.
    pub form: EtsForm,
    /// Smoothing parameters.
    pub params: EtsParams,
    /// Before the first period.
    pub start: EtsPoint,
    /// After the last period.
    pub now: EtsPoint,
    /// Observed periods behind the fit.
    pub observed: usize,
    /// Variance of the one-step errors on the model's scale (divisor `n`).
    pub sigma2: f64,
    /// Gaussian log-likelihood of the demand (the Jacobian included on the log scale).
    pub loglik: f64,
    /// Akaike's criterion corrected for short series; `INFINITY` where the series is too short for
    /// it.
    pub aicc: f64,
}

/// How hard to look for the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effort {
    /// A nightly run: two to four batches of sixteen candidates.
    Fast,
    /// Six batches, then a simplex whose every step estimates the start states anew: likelihood to
    /// the last digit.
    Thorough,
}

/// A series on the scale of a model, with what the likelihood needs.
struct Sample<'a> {
    y: &'a [f64],
    scale: Scale,
    observed: usize,
    mean: f64,
    /// `Σ ln y` on the log scale, else 0.
    jacobian: f64,
    /// Least credible sum of squares: below it a fit is exact but for rounding.
    floor: f64,
}

impl<'a> Sample<'a> {
    fn new(y: &'a [f64], scale: Scale) -> Self {
        let (mut sum, mut squares, mut observed) = (0.0, 0.0, 0usize);
        for v in stats::observed(y) {
            sum += v;
            squares += v * v;
            observed += 1;
        }
        let mean = if observed > 0 { sum / observed as f64 } else { 0.0 };
        let jacobian = if scale == Scale::Log { sum } else { 0.0 };
        // Relative to the data: a perfect fit must not have an infinite likelihood.
        Self { y, scale, observed, mean, jacobian, floor: (1e-18 * squares).max(1e-300) }
    }

    fn loglik(&self, sum_of_squares: f64) -> f64 {
        let n = self.observed as f64;
        -0.5 * n
            * ((2.0 * std::f64::consts::PI * sum_of_squares.max(self.floor) / n).natural_log()
                + 1.0)
            - self.jacobian
    }
}

/// Parameters and start found for one form, before the last pass.
struct Candidate {
    form: EtsForm,
    params: EtsParams,
    start: EtsPoint,
    loglik: f64,
    aicc: f64,
}

impl Candidate {
    fn new(
        sample: &Sample,
        form: EtsForm,
        params: EtsParams,
        sum_of_squares: f64,
        start: EtsPoint,
    ) -> Self {
        let loglik = sample.loglik(sum_of_squares);
        // Small-sample correction of Hurvich & Tsai (1989): 24 months and a season leave little to
        // estimate from.
        let (n, k) = (sample.observed as f64, form.degrees_of_freedom() as f64);
        let spare = n - k - 1.0;
        let aicc = if spare > 0.0 {
            -2.0 * loglik + 2.0 * k + 2.0 * k * (k + 1.0) / spare
        } else {
            f64::INFINITY
        };
        Self { form, params, start, loglik, aicc }
    }

    fn finish(&self, sample: &Sample) -> Result<EtsState, FitError> {
        let (sum, now) = lanes::end(self.form, sample.y, &self.start, self.params);
        // An unstable combination diverges; the caller falls back to another member.
        if !sum.is_finite() || !now.level.is_finite() {
            return Err(FitError::NotFinite("exponential smoothing"));
        }
        Ok(EtsState {
            form: self.form,
            params: self.params,
            start: self.start.clone(),
            now,
            observed: sample.observed,
            sigma2: sum / sample.observed as f64,
            loglik: self.loglik,
            aicc: self.aicc,
        })
    }
}

/// Sixteen starts over the box of (α, γ, β, φ), in the coordinates of [`EtsParams::from_box`].
// Spread evenly over how fast the level learns; of seasons and trends slow ones are tried more
// often, as they are the rule.
const STARTS: [[f64; 4]; LANES] = [
    [0.10, 0.10, 0.10, 0.9],
    [0.10, 0.30, 0.30, 0.5],
    [0.20, 0.10, 0.10, 0.9],
    [0.20, 0.25, 0.40, 0.9],
    [0.30, 0.05, 0.05, 0.5],
    [0.30, 0.20, 0.20, 0.9],
    [0.30, 0.40, 0.10, 0.9],
    [0.40, 0.10, 0.30, 0.9],
    [0.45, 0.30, 0.05, 0.9],
    [0.50, 0.10, 0.20, 0.5],
    [0.55, 0.50, 0.40, 0.9],
    [0.65, 0.05, 0.10, 0.9],
    [0.70, 0.30, 0.30, 0.5],
    [0.80, 0.20, 0.20, 0.9],
    [0.90, 0.10, 0.05, 0.9],
    [0.98, 0.05, 0.50, 0.9],
];

/// Searches the coordinates `free` of the box of parameters; the others do not matter to the form.
fn fit_coordinates<const P: usize>(
    sample: &Sample,
    form: EtsForm,
    free: [usize; P],
    effort: Effort,
) -> Candidate {
    let params_at = |at: &[f64; P]| {
        let mut u = [0.0; 4];
        for (i, &coordinate) in free.iter().enumerate() {
            u[coordinate] = at[i];
        }
        EtsParams::from_box(&u, form)
    };
    // Given the parameters the errors are linear in the start states: regression finds them
    // exactly, and four dimensions are searched instead of dozens.
    let regressed = |params: EtsParams| lanes::regress(form, sample.y, sample.mean, params);
    let sum = |start: &EtsPoint, params: EtsParams| {
        lanes::sums(form, sample.y, start, &[params; LANES])[0]
    };
    // As many rounds as there are dimensions to settle, three at most: thousands are fitted in a
    // night.
    let rounds = if effort == Effort::Fast { P.min(3) } else { 5 };
    // The start of a middling point serves all candidates: estimating it anew at each is what makes
    // the thorough fit slow.
    let mut start = regressed(EtsParams::from_box(&[0.4, 0.2, 0.2, 0.8], form));
    let starts = STARTS.map(|u| free.map(|coordinate| u[coordinate]));
    let mut found = search(&starts, 0.12, rounds, |points| {
        lanes::sums(form, sample.y, &start, &points.each_ref().map(params_at))
    });
    if effort == Effort::Thorough {
        let exact = |at: &[f64; P]| -sample.loglik(sum(&regressed(params_at(at)), params_at(at)));
        // A simplex that has collapsed on a ridge is unfolded again, wider and then closer.
        for step in [0.1, 0.3, 0.05] {
            found = nelder_mead(found.at, step, 60 * P, 1e-6, exact);
        }
    }
    let params = params_at(&found.at);
    start = regressed(params);
    Candidate::new(sample, form, params, sum(&start, params), start)
}

fn fit_sample(sample: &Sample, form: EtsForm, effort: Effort) -> Candidate {
    match (form.trend, form.seasons() > 0) {
        (Trend::None, false) => fit_coordinates(sample, form, [0], effort),
        (Trend::None, true) => fit_coordinates(sample, form, [0, 1], effort),
        (Trend::Damped, false) => fit_coordinates(sample, form, [0, 2, 3], effort),
        (Trend::Damped, true) => fit_coordinates(sample, form, [0, 1, 2, 3], effort),
    }
}

/// The scale's version of `values`: itself, or its logarithm if all of it is positive.
fn on_scale(values: &[f64], scale: Scale) -> Option<Vec<f64>> {
    match scale {
        Scale::Additive => Some(values.to_vec()),
        Scale::Log if stats::observed(values).all(|v| v > 0.0) => {
            Some(values.iter().map(|v| v.natural_log()).collect())
        }
        Scale::Log => None,
    }
}

/// Fits one member of the family to `values`, one a period, NaN where demand was not observed.
///
/// # Errors
/// [`FitError::TooShort`] below two observations, or two seasons of periods for a seasonal form;
/// [`FitError::NotFinite`] where the logarithm or the fit does not exist.
pub fn fit(values: &[f64], form: EtsForm, effort: Effort) -> Result<EtsState, FitError> {
    let observed = stats::count(values);
    let needed = if form.seasons() > 0 { form.season_length + 2 } else { 2 };
    if observed < needed {
        return Err(FitError::TooShort { observed, needed });
    }
    let y = on_scale(values, form.scale).ok_or(FitError::NotFinite("logarithm of demand"))?;
    let sample = Sample::new(&y, form.scale);
    fit_sample(&sample, form, effort).finish(&sample)
}

/// The member of the pool with the least AICc; `season_length` 1 for none.
///
/// Seasonal forms need two seasons of observations, logarithms positive demand; whatever the data
/// do not allow is left out.
///
/// # Errors
/// [`FitError::TooShort`] below two observations, [`FitError::NotFinite`] if no form could be
/// fitted.
pub fn auto(values: &[f64], season_length: usize, effort: Effort) -> Result<EtsState, FitError> {
    let observed = stats::count(values);
    // An error needs something before it.
    if observed < 2 {
        return Err(FitError::TooShort { observed, needed: 2 });
    }
    let log = on_scale(values, Scale::Log);
    let samples: Vec<Sample> = std::iter::once(Sample::new(values, Scale::Additive))
        .chain(log.as_deref().map(|y| Sample::new(y, Scale::Log)))
        .collect();
    // A season seen once cannot be told from a trend.
    let lengths: &[usize] =
        if season_length > 1 && observed >= 2 * season_length { &[1, season_length] } else { &[1] };
    let mut candidates = Vec::new();
    for sample in &samples {
        for &season_length in lengths {
            let form = EtsForm { trend: Trend::None, season_length, scale: sample.scale };
            candidates.push((fit_sample(sample, form, effort), sample));
        }
    }
    // Of long series a trend is tried on the best form without one alone: their fits cost most.
    let flat = best_of(&candidates).map(|(candidate, _)| candidate.form);
    for sample in &samples {
        for &season_length in lengths {
            let form = EtsForm { trend: Trend::Damped, season_length, scale: sample.scale };
            if observed < LONG || flat == Some(EtsForm { trend: Trend::None, ..form }) {
                candidates.push((fit_sample(sample, form, effort), sample));
            }
        }
    }
    let (best, sample) =
        best_of(&candidates).ok_or(FitError::NotFinite("no form of exponential smoothing"))?;
    best.finish(sample)
}

/// From this many observations on, a damped trend is tried only on the best form without trend.
// To save time alone: a search costs the length of the series.
const LONG: usize = 200;

fn best_of<'c, 's>(
    candidates: &'c [(Candidate, &'s Sample<'s>)],
) -> Option<&'c (Candidate, &'s Sample<'s>)> {
    let finite = candidates.iter().filter(|(candidate, _)| candidate.loglik.is_finite());
    finite.min_by(|(a, _), (b, _)| a.aicc.total_cmp(&b.aicc))
}

/// Fits the form of `state` to a history that has grown at its end: sixteen candidates around its
/// parameters.
///
/// # Errors
/// As [`fit`].
pub fn refit_from(state: &EtsState, values: &[f64]) -> Result<EtsState, FitError> {
    let y = on_scale(values, state.form.scale).ok_or(FitError::NotFinite("logarithm of demand"))?;
    let sample = Sample::new(&y, state.form.scale);
    let form = state.form;
    let params = around(&state.params.to_box(), 0.03).map(|u| EtsParams::from_box(&u, form));
    let values = lanes::sums(form, sample.y, &state.start, &params);
    let best = least(&values);
    Candidate::new(&sample, form, params[best], values[best], state.start.clone()).finish(&sample)
}

impl EtsState {
    /// Point forecasts of the periods after the last, into `path`, `[horizon]`, units per period.
    pub fn forecast_into(&self, path: &mut [f64]) {
        let (mut level, mut trend) = (self.now.level, self.now.trend);
        for (h, value) in path.iter_mut().enumerate() {
            trend *= self.params.phi;
            level += trend;
            let season = if self.now.season.is_empty() {
                0.0
            } else {
                self.now.season[h % self.now.season.len()]
            };
            *value = match self.form.scale {
                Scale::Additive => level + season,
                Scale::Log => (level + season).exponential(),
            };
        }
    }

    /// Moves the state on by one period, `NAN` if it was not observed; parameters stay.
    pub fn update(&mut self, y: f64) {
        let slope = self.params.phi * self.now.trend;
        let base = self.now.level + slope;
        let season = self.now.season.first().copied().unwrap_or(0.0);
        let y =
            if self.form.scale == Scale::Log { y.max(f64::MIN_POSITIVE).natural_log() } else { y };
        let error = if y.is_nan() { 0.0 } else { (y - season) - base };
        self.now.level = base + self.params.alpha * error;
        self.now.trend = slope + self.params.beta * error;
        if let Some(first) = self.now.season.first_mut() {
            *first = season + self.params.gamma * error;
            self.now.season.rotate_left(1);
        }
    }

    /// One-step forecasts of `values`, the fitted history, units; NaN where `values` is.
    #[must_use]
    pub fn fitted(&self, values: &[f64]) -> Vec<f64> {
        let Some(y) = on_scale(values, self.form.scale) else {
            return vec![f64::NAN; values.len()];
        };
        let mut path = lanes::errors(self.form, &y, &self.start, self.params);
        for (error, y) in path.iter_mut().zip(&y) {
            *error = match self.form.scale {
                Scale::Additive => y - *error,
                Scale::Log => (y - *error).exponential(),
            };
        }
        path
    }
}

#[cfg(test)]
mod tests;

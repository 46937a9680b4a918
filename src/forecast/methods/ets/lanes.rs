//! The recursion of exponential smoothing for sixteen parameter sets at once, compiled for each
//! combination of trend and season.

use crate::forecast::methods::ets::{EtsForm, EtsParams, EtsPoint, Trend};
use crate::forecast::methods::recursion::{Recursion, best_start, errors_into, squared_errors};
use crate::math::optimize::{LANES, Lane};

struct EtsLanes<const TREND: bool, const SEASON: bool> {
    alpha: Lane,
    beta: Lane,
    gamma: Lane,
    phi: Lane,
    level: Lane,
    trend: Lane,
    season: Vec<Lane>,
    phase: usize,
}

impl<const TREND: bool, const SEASON: bool> EtsLanes<TREND, SEASON> {
    fn new(params: &[EtsParams; LANES], start: &EtsPoint) -> Self {
        let lane = |value: fn(&EtsParams) -> f64| Lane(std::array::from_fn(|i| value(&params[i])));
        Self {
            alpha: lane(|p| p.alpha),
            beta: lane(|p| p.beta),
            gamma: lane(|p| p.gamma),
            phi: lane(|p| p.phi),
            level: Lane::splat(start.level),
            trend: Lane::splat(start.trend),
            season: start.season.iter().map(|&s| Lane::splat(s)).collect(),
            phase: 0,
        }
    }

    #[inline(always)]
    fn base(&self) -> Lane {
        if TREND { self.level + self.phi * self.trend } else { self.level }
    }

    /// The state of lane 0.
    fn point(&self) -> EtsPoint {
        let mut season: Vec<f64> = self.season.iter().map(|s| s.0[0]).collect();
        season.rotate_left(self.phase);
        EtsPoint { level: self.level.0[0], trend: self.trend.0[0], season }
    }
}

impl<const TREND: bool, const SEASON: bool> Recursion for EtsLanes<TREND, SEASON> {
    #[inline(always)]
    fn error(&self, y: Lane) -> Lane {
        if SEASON { (y - self.season[self.phase]) - self.base() } else { y - self.base() }
    }

    #[inline(always)]
    fn advance(&mut self, error: Lane) {
        self.level = self.base() + self.alpha * error;
        if TREND {
            self.trend = self.phi * self.trend + self.beta * error;
        }
        if SEASON {
            self.season[self.phase] += self.gamma * error;
            self.phase += 1;
            if self.phase == self.season.len() {
                self.phase = 0;
            }
        }
    }
}

/// Calls a function that is generic over the two switches of [`EtsLanes`] with those of `$form`.
macro_rules! by_form {
    ($form:expr, $function:ident($($argument:expr),*)) => {
        match ($form.trend, $form.seasons() > 0) {
            (Trend::None, false) => $function::<false, false>($($argument),*),
            (Trend::None, true) => $function::<false, true>($($argument),*),
            (Trend::Damped, false) => $function::<true, false>($($argument),*),
            (Trend::Damped, true) => $function::<true, true>($($argument),*),
        }
    };
}

/// Sums of squared one-step errors of sixteen parameter sets from one start.
pub(crate) fn sums(
    form: EtsForm,
    y: &[f64],
    start: &EtsPoint,
    params: &[EtsParams; LANES],
) -> [f64; LANES] {
    by_form!(form, sums_of(y, start, params))
}

/// Sum of squared one-step errors, and where the recursion ends.
pub(crate) fn end(
    form: EtsForm,
    y: &[f64],
    start: &EtsPoint,
    params: EtsParams,
) -> (f64, EtsPoint) {
    by_form!(form, end_of(y, start, params))
}

/// One-step errors; NaN where `y` is.
pub(crate) fn errors(form: EtsForm, y: &[f64], start: &EtsPoint, params: EtsParams) -> Vec<f64> {
    let mut out = Vec::with_capacity(y.len());
    by_form!(form, errors_of(y, start, params, &mut out));
    out
}

/// The least-squares start of `params`, measured from a flat start at `level`.
pub(crate) fn regress(form: EtsForm, y: &[f64], level: f64, params: EtsParams) -> EtsPoint {
    by_form!(form, regress_of(y, level, params, form))
}

fn sums_of<const TREND: bool, const SEASON: bool>(
    y: &[f64],
    start: &EtsPoint,
    params: &[EtsParams; LANES],
) -> [f64; LANES] {
    squared_errors(&mut EtsLanes::<TREND, SEASON>::new(params, start), y).0
}

fn end_of<const TREND: bool, const SEASON: bool>(
    y: &[f64],
    start: &EtsPoint,
    params: EtsParams,
) -> (f64, EtsPoint) {
    let mut lanes = EtsLanes::<TREND, SEASON>::new(&[params; LANES], start);
    let sum = squared_errors(&mut lanes, y).0[0];
    (sum, lanes.point())
}

fn errors_of<const TREND: bool, const SEASON: bool>(
    y: &[f64],
    start: &EtsPoint,
    params: EtsParams,
    out: &mut Vec<f64>,
) {
    errors_into(&mut EtsLanes::<TREND, SEASON>::new(&[params; LANES], start), y, out);
}

fn regress_of<const TREND: bool, const SEASON: bool>(
    y: &[f64],
    level: f64,
    params: EtsParams,
    form: EtsForm,
) -> EtsPoint {
    let columns = 2 + form.trends() + form.seasons();
    let zero = EtsPoint { level: 0.0, trend: 0.0, season: vec![0.0; form.seasons()] };
    let mut blocks: Vec<EtsLanes<TREND, SEASON>> =
        (0..columns.div_ceil(LANES)).map(|_| EtsLanes::new(&[params; LANES], &zero)).collect();
    blocks[0].level.0[0] = level;
    blocks[0].level.0[1] = 1.0;
    if TREND {
        blocks[0].trend.0[2] = 1.0;
    }
    for j in 0..form.seasons() {
        let column = 2 + form.trends() + j;
        blocks[column / LANES].season[j].0[column % LANES] = 1.0;
    }
    let best = best_start(&mut blocks, columns, y);
    let season = &best[columns - 1 - form.seasons()..];
    let centre = if SEASON { season.iter().sum::<f64>() / season.len() as f64 } else { 0.0 };
    EtsPoint {
        level: level + best[0] + centre,
        trend: if TREND { best[1] } else { 0.0 },
        season: season.iter().map(|s| s - centre).collect(),
    }
}

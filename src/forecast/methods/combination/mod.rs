//! The local model pool of one series: a few methods fitted to the same history, their mean as the forecast.
//!
//! No single method is best everywhere, and choosing one by its fit chooses noise; the mean of a few different ones is better
//! than any of them. The pool, chosen on earlier windows of M3 and of generated daily sales, never on what is reported:
//!
//! - `Fast`: DOTM and complex exponential smoothing on the seasonally adjusted series; daily, also the mean of 60 days.
//! - `Full`: the same and exponential smoothing chosen by AICc.
//! - `Intermittent`: SBA, TSB and IMAPA, for demand that comes in few of the periods.
//!
//! Daily series with more than a year of history carry last year's movement over (`annual`) unless told not to.
//! Each member's path is kept within 0 and three times the largest demand before the mean is taken.
//! Periods that are NaN were not observed.

use crate::domain::error::FitError;
use crate::forecast::methods::ces::{self, CesForm, CesState};
use crate::forecast::methods::croston::{self, CrostonForm, CrostonState, Smoothing};
use crate::forecast::methods::decompose::{self, Season};
use crate::forecast::methods::ets;
use crate::forecast::methods::ets::Effort;
use crate::forecast::methods::ets::EtsState;
use crate::forecast::methods::naive;
use crate::forecast::methods::theta::{self, ThetaForm, ThetaState};
use crate::forecast::pooled::annual::{self, Annual};
use crate::math::stats;
use serde::{Deserialize, Serialize};

/// Which methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pool {
    /// Two or three methods without season on the adjusted series: for the nightly run.
    Fast,
    /// Those and the exponential smoothing family.
    Full,
    /// Methods for intermittent demand; no season.
    Intermittent,
}

/// Where the year's season comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Yearly {
    /// Last year's movement of the series itself, for daily series.
    Own,
    /// Nowhere, or from a pooled profile that was taken out before.
    None,
}

/// What to fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalParams {
    /// Periods of the season `[m]`: 7 for days, 52, 12, 4; 1 for none.
    pub season_length: usize,
    /// Which methods.
    pub pool: Pool,
    /// Where the year's season comes from.
    pub yearly: Yearly,
}

/// The fitted pool of one series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocalState {
    /// What was fitted.
    pub params: LocalParams,
    /// Season taken out for every member but exponential smoothing.
    pub season: Option<Season>,
    /// Dynamic optimised theta of the adjusted series.
    pub theta: Option<ThetaState>,
    /// Complex exponential smoothing of the adjusted series.
    pub ces: Option<CesState>,
    /// Exponential smoothing of the series itself.
    pub ets: Option<EtsState>,
    /// Methods for intermittent demand, of the series itself.
    pub intermittent: Vec<CrostonState>,
    /// Mean of the last 60 days of the adjusted series.
    pub window_mean: Option<f64>,
    /// Last year's movement.
    pub annual: Option<Annual>,
    /// Least and largest value a member may forecast.
    pub bounds: (f64, f64),
}

/// Season length of daily series.
const WEEK: usize = 7;
/// Window of the mean that daily pools contain, days; twice as much history is needed.
const WINDOW: usize = 60;
/// A forecast above this many times the largest demand is not believed.
const HEADROOM: f64 = 3.0;
/// The pool for intermittent demand.
const INTERMITTENT: [CrostonForm; 3] = [CrostonForm::Sba, CrostonForm::Tsb, CrostonForm::Imapa];

/// Fits the pool to `values`, one a period, NaN where demand was not observed.
///
/// Members that cannot be fitted are left out; a series too short for all of them is forecast by its mean.
///
/// # Errors
/// [`FitError::TooShort`] without observations.
pub fn fit(values: &[f64], params: LocalParams) -> Result<LocalState, FitError> {
    if params.pool == Pool::Intermittent {
        return intermittent(values, params);
    }
    let season = season_of(values, params.season_length);
    let ets = (params.pool == Pool::Full)
        .then(|| ets::auto(values, params.season_length, Effort::Fast).ok())
        .flatten();
    let mut state = frame(values, params, season)?;
    let adjusted = adjust(values, state.season.as_ref());
    state.theta = theta::fit_adjusted(&adjusted, None, ThetaForm::DynamicOptimised).ok();
    state.ces = ces::fit(&adjusted, 1, CesForm::None).ok();
    state.ets = ets;
    Ok(finish(state, &adjusted))
}

fn intermittent(values: &[f64], params: LocalParams) -> Result<LocalState, FitError> {
    let mut state = frame(values, params, None)?;
    let fitted = INTERMITTENT.iter().map(|&form| croston::fit(values, form, Smoothing::Optimised));
    state.intermittent = fitted.collect::<Result<_, _>>()?;
    Ok(state)
}

/// Fits the members of `state` anew, each from its old parameters: two to five times faster than [`fit`].
///
/// The season is estimated anew; forms and methods stay as they are. `values` must begin with the same period as before: a
/// history that was corrected or cut deserves [`fit`]. A single new day needs no fit at all, see [`LocalState::update`].
///
/// # Errors
/// As [`fit`].
pub fn refit_from(state: &LocalState, values: &[f64]) -> Result<LocalState, FitError> {
    if state.params.pool == Pool::Intermittent {
        return intermittent(values, state.params);
    }
    let season = state
        .season
        .as_ref()
        .and_then(|_| decompose::classical(values, state.params.season_length));
    let mut new = frame(values, state.params, season)?;
    let adjusted = adjust(values, new.season.as_ref());
    new.theta = state.theta.as_ref().and_then(|old| theta::refit_from(old, &adjusted).ok());
    new.ces = state.ces.as_ref().and_then(|old| ces::refit_from(old, &adjusted).ok());
    new.ets = state.ets.as_ref().and_then(|old| ets::refit_from(old, values).ok());
    Ok(finish(new, &adjusted))
}

fn season_of(values: &[f64], season_length: usize) -> Option<Season> {
    if decompose::is_seasonal(values, season_length) {
        decompose::classical(values, season_length)
    } else {
        None
    }
}

fn adjust(values: &[f64], season: Option<&Season>) -> Vec<f64> {
    let Some(season) = season else { return values.to_vec() };
    let first = season.first_phase(values.len());
    values.iter().enumerate().map(|(t, &v)| season.remove(v, first + t)).collect()
}

/// A state without members.
fn frame(
    values: &[f64],
    params: LocalParams,
    season: Option<Season>,
) -> Result<LocalState, FitError> {
    let (mut low, mut high, mut observed) = (0.0f64, 0.0f64, 0usize);
    for v in stats::observed(values) {
        low = low.min(v);
        high = high.max(v);
        observed += 1;
    }
    if observed == 0 {
        return Err(FitError::TooShort { observed, needed: 1 });
    }
    let bounds = (HEADROOM * low, HEADROOM * high);
    let intermittent = Vec::new();
    Ok(LocalState {
        params,
        season,
        theta: None,
        ces: None,
        ets: None,
        intermittent,
        window_mean: None,
        annual: None,
        bounds,
    })
}

/// Adds what needs no search.
fn finish(mut state: LocalState, adjusted: &[f64]) -> LocalState {
    let daily = state.params.season_length == WEEK;
    let members = [state.theta.is_some(), state.ces.is_some(), state.ets.is_some()];
    if !members.contains(&true) || (daily && adjusted.len() >= 2 * WINDOW) {
        state.window_mean = naive::window_mean(adjusted, WINDOW).ok();
    }
    if daily && state.params.yearly == Yearly::Own {
        state.annual = annual::fit(adjusted);
    }
    state
}

impl LocalState {
    /// The members in the field's notation, joined by `+`: `DOTM+CES(n)+ETS(A,N,A)+MEAN60`.
    #[must_use]
    pub fn label(&self) -> String {
        let names = [
            self.theta.as_ref().map(|m| m.form.name()),
            self.ces.as_ref().map(|m| m.form.name()),
            self.ets.as_ref().map(|m| m.form.name()),
            self.window_mean.map(|_| "MEAN60"),
        ];
        let intermittent = self.intermittent.iter().map(|m| m.form.name());
        names.into_iter().flatten().chain(intermittent).collect::<Vec<_>>().join("+")
    }

    /// Point forecasts of the periods after the last, into `path`, `[horizon]`, units per period.
    pub fn forecast_into(&self, path: &mut [f64]) {
        path.fill(0.0);
        let mut member = vec![0.0; path.len()];
        let mut members = 0.0;
        self.each_member(&mut member, |member| {
            members += 1.0;
            for (total, value) in path.iter_mut().zip(member) {
                let bounded = value.clamp(self.bounds.0, self.bounds.1);
                *total += if bounded.is_nan() { 0.0 } else { bounded };
            }
        });
        path.iter_mut().for_each(|total| *total /= members);
        if let Some(annual) = &self.annual {
            annual.apply(path);
            path.iter_mut().for_each(|value| *value = value.clamp(self.bounds.0, self.bounds.1));
        }
    }

    /// Calls `each` with the path of every member, season included.
    fn each_member(&self, path: &mut [f64], mut each: impl FnMut(&[f64])) {
        if let Some(model) = &self.theta {
            model.forecast_into(path);
            self.restore(path);
            each(path);
        }
        if let Some(model) = &self.ces {
            model.forecast_into(path);
            self.restore(path);
            each(path);
        }
        if let Some(model) = &self.ets {
            model.forecast_into(path);
            each(path);
        }
        for model in &self.intermittent {
            model.forecast_into(path);
            each(path);
        }
        if let Some(mean) = self.window_mean {
            path.fill(mean);
            self.restore(path);
            each(path);
        }
    }

    fn restore(&self, path: &mut [f64]) {
        if let Some(season) = &self.season {
            path.iter_mut()
                .enumerate()
                .for_each(|(h, value)| *value = season.restore(*value, season.phase + h));
        }
    }

    /// Moves every member on by one period, `NAN` if it was not observed; parameters and season stay.
    pub fn update(&mut self, y: f64) {
        let adjusted = self.season.as_ref().map_or(y, |season| season.remove(y, season.phase));
        if let Some(model) = &mut self.theta {
            model.update(adjusted);
        }
        if let Some(model) = &mut self.ces {
            model.update(adjusted);
        }
        if let Some(model) = &mut self.ets {
            model.update(y);
        }
        self.intermittent.iter_mut().for_each(|model| model.update(y));
        if let Some(mean) = self.window_mean.as_mut().filter(|_| !y.is_nan()) {
            *mean += (adjusted - *mean) / WINDOW as f64;
        }
        if let Some(annual) = &mut self.annual {
            annual.advance();
        }
        if let Some(season) = &mut self.season {
            season.phase = (season.phase + 1) % season.index.len();
        }
    }

    /// One-step forecasts of `values`, the fitted history, by the members that have them; NaN where `values` is.
    #[must_use]
    pub fn fitted(&self, values: &[f64]) -> Vec<f64> {
        let adjusted = adjust(values, self.season.as_ref());
        let first = self.season.as_ref().map_or(0, |season| season.first_phase(values.len()));
        let restored = |mut path: Vec<f64>| {
            if let Some(season) = &self.season {
                path.iter_mut()
                    .enumerate()
                    .for_each(|(t, value)| *value = season.restore(*value, first + t));
            }
            path
        };
        let paths = [
            self.theta.as_ref().map(|m| restored(m.fitted(&adjusted))),
            self.ces.as_ref().map(|m| restored(m.fitted(&adjusted))),
            self.ets.as_ref().map(|m| m.fitted(values)),
        ];
        let paths: Vec<Vec<f64>> = paths.into_iter().flatten().collect();
        if paths.is_empty() {
            return values
                .iter()
                .map(|v| if v.is_nan() { *v } else { self.window_mean.unwrap_or(0.0) })
                .collect();
        }
        (0..values.len())
            .map(|t| paths.iter().map(|path| path[t]).sum::<f64>() / paths.len() as f64)
            .collect()
    }
}

#[cfg(test)]
mod tests;

//! The local pool: a few methods fitted to one series, their mean as the forecast.
//!
//! ```text
//! ŷ[t+h] = 1/k Σ ŷ_j[t+h], each ŷ_j kept within 0 and three times the largest demand
//! ```
//!
//! No single method is best everywhere, and choosing one by its fit chooses noise; the mean of a
//! few different ones is better than any of them (Bates & Granger 1969, *The combination of
//! forecasts*, Operational Research Quarterly 20). The pools were chosen on earlier windows of M3
//! and of generated daily sales, never on what is reported:
//!
//! - `Fast`: DOTM and complex exponential smoothing on the seasonally adjusted series; daily, also
//!   the mean of 60 days.
//! - `Full`: the same and exponential smoothing chosen by AICc.
//! - `Intermittent`: SBA, TSB and IMAPA, for demand that comes in few of the periods.
//!
//! Each member says by [`Method::joins`] where it belongs. Daily series with more than a year of
//! history carry last year's movement over (`annual`). Periods that are NaN were not observed.

use crate::domain::error::FitError;
pub use crate::forecast::methods::Pool;
use crate::forecast::methods::average::Average;
use crate::forecast::methods::decompose::{self, Season};
use crate::forecast::methods::{History, MEMBERS, Method, MethodName, Model};
use crate::forecast::pooled::annual::{self, Annual};
use crate::math::stats;
use serde::{Deserialize, Serialize};

/// The fitted pool of one series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocalState {
    /// Which methods.
    pub pool: Pool,
    /// Season taken out for the members that want it so.
    pub season: Option<Season>,
    /// What was fitted.
    pub members: Vec<Model>,
    /// Last year's movement.
    pub annual: Option<Annual>,
    /// Least value a member may forecast: 0, or less where returns made demand negative.
    pub least: f64,
    /// Largest value a member may forecast.
    pub most: f64,
}

/// Days averaged where no member could be fitted.
const WINDOW: usize = 60;
/// A forecast above this many times the largest demand is not believed: trends and logarithms
/// explode (tests, `killers`).
const HEADROOM: f64 = 3.0;

/// The combination of the [`Pool`] that serves the series.
///
/// ```
/// use orderpoint::forecast::methods::{History, Method, combination::LocalPool};
/// let months: Vec<f64> = (0..48).map(|t| [80.0, 100.0, 120.0][t % 3]).collect();
/// let model = LocalPool.fit(&History::new(&months, 3, 30.4))?;
/// let mut path = [0.0; 3];
/// LocalPool.forecast_into(&model, &mut path);
/// assert!((path[0] - 80.0).abs() < 3.0 && (path[2] - 120.0).abs() < 3.0, "{path:?}");
/// # Ok::<(), orderpoint::domain::error::FitError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalPool;

impl Method for LocalPool {
    type Model = LocalState;

    fn label(&self) -> &'static str {
        "local pool"
    }

    fn fit(&self, history: &History<'_>) -> Result<LocalState, FitError> {
        fit(history, Pool::of(history))
    }

    fn refit(&self, old: &LocalState, history: &History<'_>) -> Result<LocalState, FitError> {
        refit_from(old, history)
    }

    fn notation(&self, model: &LocalState) -> String {
        model.notation()
    }

    fn forecast_into(&self, model: &LocalState, path: &mut [f64]) {
        model.forecast_into(path);
    }

    fn update(&self, model: &mut LocalState, y: f64) {
        model.update(y);
    }
}

/// Fits a pool to `history`.
///
/// Members that cannot be fitted are left out; a series too short for all of them is forecast by
/// its mean.
///
/// # Errors
/// [`FitError::TooShort`] without observations; [`FitError::NoDemand`] of an intermittent series
/// without demand.
pub fn fit(history: &History<'_>, pool: Pool) -> Result<LocalState, FitError> {
    let season = if pool == Pool::Intermittent {
        None
    } else {
        decompose::season_of(history.observed, history.season_length)
    };
    let mut state = without_members(history, pool, season)?;
    let adjusted = adjust(history.observed, state.season.as_ref());
    let mut failure = None;
    for &method in MEMBERS.iter().filter(|method| method.joins(pool)) {
        match method.fit(&seen_by(method, history, &adjusted)) {
            Ok(model) => state.members.push(model),
            Err(error) => failure = Some(error),
        }
    }
    if let (Pool::Intermittent, Some(error)) = (pool, failure) {
        return Err(error);
    }
    finish(state, history, &adjusted)
}

/// Fits the members of `state` anew, each from its old parameters: two to five times faster than
/// [`fit`].
///
/// The season is estimated anew; forms and methods stay as they are. `history` must begin with the
/// same period as before: one that was corrected or cut deserves [`fit`]. A single new day needs no
/// fit at all, see [`LocalState::update`].
///
/// # Errors
/// As [`fit`].
pub fn refit_from(state: &LocalState, history: &History<'_>) -> Result<LocalState, FitError> {
    let season = match &state.season {
        Some(_) => decompose::classical(history.observed, history.season_length),
        None => None,
    };
    let mut new = without_members(history, state.pool, season)?;
    let adjusted = adjust(history.observed, new.season.as_ref());
    for old in &state.members {
        new.members.extend(old.refit(&seen_by(old.name(), history, &adjusted)).ok());
    }
    finish(new, history, &adjusted)
}

/// The history as a member wants it: as observed, or with the season taken out.
fn seen_by<'a>(method: MethodName, history: &History<'a>, adjusted: &'a [f64]) -> History<'a> {
    if method.adjusted() {
        History { observed: adjusted, cleaned: adjusted, season_length: 1, ..*history }
    } else {
        *history
    }
}

fn adjust(values: &[f64], season: Option<&Season>) -> Vec<f64> {
    let Some(season) = season else { return values.to_vec() };
    let first = season.first_phase(values.len());
    values.iter().enumerate().map(|(t, &v)| season.remove(v, first + t)).collect()
}

fn without_members(
    history: &History<'_>,
    pool: Pool,
    season: Option<Season>,
) -> Result<LocalState, FitError> {
    let mut low = 0.0f64;
    let mut high = 0.0f64;
    let mut observed = 0;
    for v in stats::observed(history.observed) {
        low = low.min(v);
        high = high.max(v);
        observed += 1;
    }
    if observed == 0 {
        return Err(FitError::TooShort { observed, needed: 1 });
    }
    let (least, most) = (HEADROOM * low, HEADROOM * high);
    Ok(LocalState { pool, season, members: Vec::new(), annual: None, least, most })
}

/// The mean where nothing else could be fitted, and last year's movement.
fn finish(
    mut state: LocalState,
    history: &History<'_>,
    adjusted: &[f64],
) -> Result<LocalState, FitError> {
    if state.members.is_empty() {
        let observed = adjusted.iter().copied().filter(|v| !v.is_nan());
        state.members.push(Model::SixtyPeriods(Average::of(observed, WINDOW)?));
    }
    if history.days <= 1.0 && state.pool != Pool::Intermittent {
        state.annual = annual::fit(adjusted);
    }
    Ok(state)
}

impl LocalState {
    /// The members in the field's notation, joined by `+`: `DOTM+CES(n)+ETS(A,N,A)+MEAN60`.
    #[must_use]
    pub fn notation(&self) -> String {
        self.members.iter().map(Model::notation).collect::<Vec<_>>().join("+")
    }

    /// Point forecasts of the periods after the last, into `path`, `[horizon]`, units per period.
    pub fn forecast_into(&self, path: &mut [f64]) {
        path.fill(0.0);
        let mut own = vec![0.0; path.len()];
        for member in &self.members {
            member.forecast_into(&mut own);
            if member.name().adjusted() {
                self.restore(&mut own);
            }
            for (total, value) in path.iter_mut().zip(&own) {
                let bounded = value.clamp(self.least, self.most);
                *total += if bounded.is_nan() { 0.0 } else { bounded };
            }
        }
        let members = self.members.len() as f64;
        path.iter_mut().for_each(|total| *total /= members);
        if let Some(annual) = &self.annual {
            annual.apply(path);
            path.iter_mut().for_each(|value| *value = value.clamp(self.least, self.most));
        }
    }

    fn restore(&self, path: &mut [f64]) {
        let Some(season) = &self.season else { return };
        for (h, value) in path.iter_mut().enumerate() {
            *value = season.restore(*value, season.phase + h);
        }
    }

    /// Moves every member on by one period, `NAN` if it was not observed; parameters and season
    /// stay.
    pub fn update(&mut self, y: f64) {
        let adjusted = self.season.as_ref().map_or(y, |season| season.remove(y, season.phase));
        for member in &mut self.members {
            member.update(if member.name().adjusted() { adjusted } else { y });
        }
        if let Some(annual) = &mut self.annual {
            annual.advance();
        }
        if let Some(season) = &mut self.season {
            season.phase = (season.phase + 1) % season.index.len();
        }
    }
}

#[cfg(test)]
mod tests;

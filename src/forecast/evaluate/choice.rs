//! Which forecast is published? Own models of a series beside its pooled level.
//!
//! A pooled profile is strong where many thin series share a season, models of the series itself where it is long, regular and
//! has a shape of its own (months, quarters). Every contender of the list of methods is forecast again from the rolling
//! origins; the one with the least squared error there is weighed against the pooled level by the inverse of their squared
//! errors (Bates & Granger 1969, *The combination of forecasts*). Methods for intermittent demand weigh only where they are
//! clearly better; otherwise they are the runner-up.

use crate::domain::calendar::Bucket;
use crate::forecast::Context;
use crate::forecast::LADDER;
use crate::forecast::evaluate::accuracy::{ErrorSums, Measures, Scale};
use crate::forecast::methods::{CONTENDERS, History, MethodName, Model};
use crate::forecast::pooled::series::Fitted;
use crate::forecast::settings::LocalModels;
use serde::{Deserialize, Serialize};

/// Origins at which contenders are judged: the latest ones.
const ORIGINS: usize = 2;
/// Share of the pooled level's squared error that methods for intermittent demand must stay below to weigh at all.
const CLEARLY: f64 = 0.8;
/// Share of periods with demand below which a series is intermittent: an interval of 1.32 between demands (Syntetos, Boylan &
/// Croston 2005).
const REGULAR: f64 = 1.0 / 1.32;

/// The best own model of a series, and what it is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OwnModel {
    /// As fitted to all of history.
    pub model: Model,
    /// Weight of its path against the pooled level's, 0..=1.
    pub weight: f64,
    /// Its accuracy at the origins.
    pub measures: Measures,
    /// The contenders that were worse.
    pub others: Vec<Judged>,
}

/// A contender and its accuracy at the origins.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Judged {
    pub method: MethodName,
    pub measures: Measures,
}

impl OwnModel {
    /// Expected units of each period; `None` if they are no demand. `[horizon]`
    pub fn path(&self, horizon: usize) -> Option<Vec<f64>> {
        let mut path = vec![0.0; horizon];
        self.model.forecast_into(&mut path);
        path.iter().all(|v| v.is_finite() && *v >= 0.0).then_some(path)
    }
}

/// A series in the form that methods read.
pub(crate) struct Series {
    observed: Vec<f64>,
    cleaned: Vec<f64>,
    season_length: usize,
    days: f64,
    intermittent: bool,
}

impl Series {
    pub fn new(fitted: &Fitted<'_>, bucket: Bucket) -> Self {
        let cleaned: Vec<f64> = fitted.units.iter().map(|&u| f64::from(u)).collect();
        let mut observed = cleaned.clone();
        let mut sold = 0.0;
        for (value, exposure) in observed.iter_mut().zip(&fitted.held) {
            if exposure.is_nan() {
                *value = f64::NAN;
            } else if *value > 0.0 {
                sold += 1.0;
            }
        }
        Self {
            intermittent: sold < REGULAR * observed.len() as f64,
            observed,
            cleaned,
            season_length: bucket.season_length(),
            days: bucket.days(),
        }
    }

    pub fn history(&self) -> History<'_> {
        let Self { observed, cleaned, season_length, days, intermittent } = self;
        History {
            observed,
            cleaned,
            season_length: *season_length,
            days: *days,
            intermittent: *intermittent,
        }
    }
}

impl Context<'_> {
    /// The best own model of a series, where the settings ask for one and history carries it.
    pub(crate) fn own_model(&self, fitted: &Fitted<'_>, series: &Series) -> Option<OwnModel> {
        let bucket = self.demand.panel.calendar().bucket();
        let wanted = match self.settings.local {
            LocalModels::Months => bucket == Bucket::Month,
            LocalModels::All => true,
            LocalModels::None => false,
        };
        let history = series.history();
        let sold = history.observed.iter().filter(|&&units| units > 0.0).count();
        if !wanted || sold < 2 {
            return None;
        }
        let origins = self.origins(fitted, history.intermittent);
        let mut pooled = ErrorSums::default();
        for origin in &origins {
            let level = self.level(fitted, origin.k);
            for t in origin.observed_periods(&history) {
                pooled.add(level * fitted.foreseen(t), history.observed[t]);
            }
        }
        if pooled.count() == 0.0 {
            return None;
        }
        let scale = Scale::of(fitted.units, &fitted.held, bucket.season_length());
        let mut best: Option<OwnModel> = None;
        let mut least = f64::INFINITY;
        let mut others = Vec::new();
        for &method in CONTENDERS {
            let Some(errors) = errors_of(method, &history, &origins) else { continue };
            let Ok(model) = method.fit(&history) else { continue };
            let contender = OwnModel {
                model,
                weight: weight(errors.squared(), pooled.squared(), history.intermittent),
                measures: errors.measures(&scale),
                others: Vec::new(),
            };
            let beaten = if errors.squared() < least {
                least = errors.squared();
                best.replace(contender)
            } else {
                Some(contender)
            };
            others.extend(beaten.map(|b| Judged { method: b.model.name(), measures: b.measures }));
        }
        best.map(|own| OwnModel { others, ..own })
    }

    /// The origins at which contenders are judged, the latest first.
    fn origins(&self, fitted: &Fitted<'_>, intermittent: bool) -> Vec<Origin> {
        // Few demands choose by chance: intermittent series are judged at all of them.
        let judged = if intermittent { usize::MAX } else { ORIGINS };
        let mut origins = Vec::new();
        for (k, &back) in fitted.back.iter().enumerate().rev() {
            if back > 0 && origins.len() < judged {
                let period = fitted.units.len() - back;
                origins.push(Origin { k, period, reach: back.min(self.ladder[LADDER - 1]) });
            }
        }
        origins
    }
}

/// A moment in the past that a series is forecast from.
struct Origin {
    /// Position in [`Fitted::back`].
    k: usize,
    /// First period that was not known.
    period: usize,
    /// Periods forecast.
    reach: usize,
}

impl Origin {
    fn observed_periods<'h>(&self, history: &History<'h>) -> impl Iterator<Item = usize> + use<'h> {
        let observed = history.observed;
        (self.period..self.period + self.reach).filter(move |&t| !observed[t].is_nan())
    }
}

/// Errors of one method at `origins`; `None` where it cannot be fitted at one of them.
fn errors_of(method: MethodName, history: &History<'_>, origins: &[Origin]) -> Option<ErrorSums> {
    let mut errors = ErrorSums::default();
    for origin in origins {
        let mut path = vec![0.0; origin.reach];
        method.fit(&history.until(origin.period)).ok()?.forecast_into(&mut path);
        for t in origin.observed_periods(history) {
            errors.add(path[t - origin.period], history.observed[t]);
        }
    }
    Some(errors)
}

/// Weight of an own model against the pooled level, both by the inverse of their squared errors.
fn weight(own: f64, pooled: f64, intermittent: bool) -> f64 {
    if intermittent && own >= CLEARLY * pooled {
        // Few demands choose by chance: the pooled level stays unless it is clearly worse.
        0.0
    } else if own + pooled > 0.0 {
        pooled / (own + pooled)
    } else {
        0.5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_model_weighs_by_the_inverse_of_its_squared_error_and_where_demand_is_rare_only_if_clearly_better()
     {
        assert_eq!(weight(1.0, 3.0, false), 0.75);
        assert_eq!(weight(0.0, 0.0, false), 0.5);
        assert_eq!(weight(0.9, 1.0, true), 0.0);
        assert_eq!(weight(0.25, 0.75, true), 0.75);
    }
}

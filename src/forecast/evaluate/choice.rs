//! Which forecast is published? Own models of a series beside its pooled level.
//!
//! A pooled profile is strong where many thin series share a season, models of the series itself
//! where it is long, regular and has a shape of its own (months, quarters). Every contender of the
//! list of methods is forecast again from the rolling origins; the one with the least squared error
//! there is weighed against the pooled level by the inverse of their squared errors (Bates &
//! Granger 1969, *The combination of forecasts*). Methods for intermittent demand weigh only where
//! they are clearly better; otherwise they are the runner-up.

use crate::domain::calendar::Bucket;
use crate::domain::panel::{Activity, flag};
use crate::forecast::evaluate::accuracy::{ErrorSums, Measures, Scale};
use crate::forecast::methods::{CONTENDERS, History, MethodName, Model};
use crate::forecast::pooled::fit::{self, Fitted, Origin, SeriesPast};
use crate::forecast::settings::LocalModels;
use serde::{Deserialize, Serialize};

/// Origins at which contenders are judged: the latest ones.
const ORIGINS: usize = 2;
/// Share of the pooled level's squared error that methods for intermittent demand must stay below
/// to weigh at all.
const CLEARLY: f64 = 0.8;
/// Share of periods with demand below which a series is intermittent: an interval of 1.32 between
/// demands (Syntetos, Boylan & Croston 2005).
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
    pub(crate) fn path(&self, horizon: usize) -> Option<Vec<f64>> {
        let mut path = vec![0.0; horizon];
        self.model.forecast_into(&mut path);
        // An own model that explodes or sinks below nothing is not published: the pooled level
        // stands.
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
    /// - `flags`: of each period of the past. `[n]`
    pub(crate) fn new(past: &SeriesPast<'_>, flags: &[u8], bucket: Bucket) -> Self {
        let cleaned: Vec<f64> = past.units.iter().map(|&u| f64::from(u)).collect();
        let mut observed = cleaned.clone();
        // A season that comes every year makes no item intermittent.
        let mut sold = 0.0;
        let mut in_season = 0.0;
        for (t, value) in observed.iter_mut().enumerate() {
            let off = Activity::of(flags[t]) == Activity::OffSeason;
            if flags[t] & flag::CENSORED != 0 {
                *value = f64::NAN;
            } else if *value > 0.0 {
                sold += 1.0;
            }
            in_season += f64::from(u8::from(!off));
        }
        Self {
            intermittent: sold < REGULAR * in_season,
            observed,
            cleaned,
            season_length: bucket.season_length(),
            days: bucket.days(),
        }
    }

    pub(crate) fn history(&self) -> History<'_> {
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

impl fit::Model<'_> {
    /// The best own model of a series, where the settings ask for one and history carries it.
    pub(crate) fn own_model(&self, fitted: &Fitted<'_>, series: &Series) -> Option<OwnModel> {
        let bucket = self.setup.bucket();
        let wanted = match self.setup.settings.local {
            LocalModels::Months => bucket == Bucket::Month,
            LocalModels::All => true,
            LocalModels::None => false,
        };
        let history = series.history();
        let sold = history.observed.iter().filter(|&&units| units > 0.0).count();
        // One sale has no trend, no level and no scale to judge an error by.
        if !wanted || sold < 2 {
            return None;
        }
        let past = &fitted.past;
        // Christmas goods of two years were judged as what sells a little in every month, and
        // models that know no season weighed in.
        if past.season_is_new {
            return None;
        }
        let judgings = self.judgings(fitted, history.intermittent);
        let mut pooled = ErrorSums::default();
        for judging in &judgings {
            for t in judging.observed_periods(&history) {
                let mean = past.expected_units(judging.origin.level, t);
                pooled.add(mean, history.observed[t]);
            }
        }
        if pooled.count() == 0.0 {
            return None;
        }
        let scale = Scale::of(past.units, &past.exposure_without_origins, bucket.season_length());
        let mut best: Option<OwnModel> = None;
        let mut least = f64::INFINITY;
        let mut others = Vec::new();
        for &method in CONTENDERS {
            let Some(errors) = errors_of(method, &history, &judgings) else { continue };
            // Judged on part of the history and not to be fitted to all of it: then it has no
            // forecast to publish.
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

    /// Where contenders are judged, the latest origin first.
    fn judgings<'f>(&self, fitted: &'f Fitted<'_>, intermittent: bool) -> Vec<Judging<'f>> {
        // Few demands choose by chance: intermittent series are judged at all of them.
        let judged = if intermittent { usize::MAX } else { ORIGINS };
        let mut judgings = Vec::new();
        for origin in fitted.past_origins().iter().rev().take(judged) {
            let period = fitted.past.units.len() - origin.periods_back;
            let reach = origin.periods_back.min(self.setup.steps.furthest());
            judgings.push(Judging { origin, period, reach });
        }
        judgings
    }
}

/// A moment in the past that a series is forecast from.
struct Judging<'f> {
    origin: &'f Origin,
    /// First period that was not known.
    period: usize,
    /// Periods forecast.
    reach: usize,
}

impl Judging<'_> {
    fn observed_periods<'h>(&self, history: &History<'h>) -> impl Iterator<Item = usize> + use<'h> {
        let observed = history.observed;
        (self.period..self.period + self.reach).filter(move |&t| !observed[t].is_nan())
    }
}

/// Errors of one method at past origins; `None` where it cannot be fitted at one of them.
fn errors_of(
    method: MethodName,
    history: &History<'_>,
    judgings: &[Judging<'_>],
) -> Option<ErrorSums> {
    let mut errors = ErrorSums::default();
    for judging in judgings {
        let mut path = vec![0.0; judging.reach];
        method.fit(&history.until(judging.period)).ok()?.forecast_into(&mut path);
        for t in judging.observed_periods(history) {
            errors.add(path[t - judging.period], history.observed[t]);
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
        // Inverse of the squared errors: with e1 and e2 the weights are (1/e1) and (1/e2) over
        // their sum, which is e2 and e1 over theirs.
        pooled / (own + pooled)
    } else {
        0.5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_model_weighs_by_inverse_squared_error_and_if_demand_is_rare_only_when_better() {
        assert_eq!(weight(1.0, 3.0, false), 0.75);
        assert_eq!(weight(0.0, 0.0, false), 0.5);
        assert_eq!(weight(0.9, 1.0, true), 0.0);
        assert_eq!(weight(0.25, 0.75, true), 0.75);
    }
}

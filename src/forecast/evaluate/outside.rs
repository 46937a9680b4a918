//! What do other models expect, and who is believed? Forecasts from elsewhere beside our own.
//!
//! A model from elsewhere competes as an own model of the series does: by its squared errors at the
//! rolling origins beside those of the pooled level, over the same periods, both with what was
//! known on those mornings. Where several compete the one that stands best against ours is taken;
//! the two are weighed by the inverse of their squared errors (Bates & Granger 1969, *The
//! combination of forecasts*). One that nothing of the past is known of is used as told.
//!
//! Its periods need not be ours: shorter ones add up, longer ones are spread over ours as our own
//! forecast is. A row for several channels or places is shared by what each sold in the last 60
//! days. Quantiles are averaged at the same probability (Vincent 1912), where the periods are ours.

use crate::domain::calendar::Calendar;
use crate::domain::exceptions::{Effect, Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::{OutsideForecast, ProductStatus};
use crate::domain::outcome::{Accuracy, SeriesForecast};
use crate::domain::panel::SeriesKey;
use crate::domain::units::{ChannelId, Units};
use crate::explain::words::{Word, word_of};
use crate::forecast::evaluate::accuracy::{ErrorSums, Measures, Scale};
use crate::forecast::evaluate::backtest::POOLED_LEVEL;
use crate::forecast::evaluate::choice::Series;
use crate::forecast::methods::{BENCHMARKS, CONTENDERS, MEMBERS};
use crate::forecast::pooled::fit::{self, Fitted};
use crate::forecast::pooled::forecaster::Forecaster;
use crate::forecast::pooled::setup::Setup;
use crate::forecast::pooled::state::SeriesState;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Times the squared error of ours from which a model is not listened to: a tenth of a forecast
/// that is three times too high is still a third too much.
const CLEARLY_WORSE: f64 = 2.0;
/// Share of it that it must stay below where demand is rare: few demands choose by chance.
const CLEARLY_BETTER: f64 = 0.8;

/// How a model from elsewhere stands against ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct JudgedOutside {
    /// Its name.
    model: String,
    /// Its accuracy.
    measures: Measures,
    /// That of ours over the same periods.
    ours: Measures,
    /// Weight against ours, 0..=1.
    weight: f64,
}

/// What a model says of some periods.
struct OutsidePath {
    /// Units; NaN where it says nothing of the whole period.
    mean: Vec<f64>,
    /// Where its periods are ours.
    quantiles: Vec<Option<[f32; 8]>>,
}

/// How the accuracy table names a model from elsewhere: one that bears the name of a method of ours
/// would be counted as ours, and ours twice.
pub(crate) fn name_beside_ours(model: &str) -> Cow<'_, str> {
    let mut ours = [BENCHMARKS, CONTENDERS, MEMBERS].into_iter().flatten();
    match model == POOLED_LEVEL || ours.any(|method| method.label() == model) {
        true => Cow::Owned(format!("{model} (given)")),
        false => Cow::Borrowed(model),
    }
}

/// A model that has a say in a forecast.
pub(crate) struct OutsideSay {
    weight: f64,
    path: OutsidePath,
}

impl OutsideSay {
    /// Moves the quantiles of a period towards those of the model.
    ///
    /// - `moved`: by which factor planners have changed the forecast.
    pub(crate) fn blend(&self, ahead: usize, moved: f32, quantiles: &mut [f32; 8]) {
        let Some(told) = self.path.quantiles[ahead] else { return };
        let weight = self.weight as f32;
        let mut highest = 0.0f32;
        for (own, told) in quantiles.iter_mut().zip(told) {
            if !told.is_nan() {
                *own += weight * (told * moved - *own);
            }
            // Some may be told and others not.
            highest = highest.max(*own);
            *own = highest;
        }
    }
}

/// Which periods are asked for, and what of them was known when.
struct Asked<'o> {
    key: SeriesKey,
    /// The morning.
    known: NaiveDate,
    /// First period on the axis.
    first: usize,
    /// Our own forecast, by which longer periods are spread. `[periods]`
    ours: &'o [f64],
}

fn days_of(calendar: &Calendar, period: i64) -> i64 {
    (calendar.start(period + 1) - calendar.start(period)).num_days()
}

impl Setup<'_> {
    /// Models that say anything of an item, ascending.
    fn outside_models_of(&self, key: SeriesKey) -> Vec<usize> {
        let rows = self.demand.outside_forecasts.of(key.sku);
        let mut models: Vec<usize> = rows.iter().map(|row| row.model).collect();
        models.sort_unstable();
        models.dedup();
        models
    }

    /// What `model` said of some periods; `None` where it covers none of them.
    fn outside_path(&self, model: usize, asked: &Asked<'_>) -> Option<OutsidePath> {
        let periods = asked.ours.len();
        let mut path =
            OutsidePath { mean: vec![f64::NAN; periods], quantiles: vec![None; periods] };
        // What is said of the channel and the place comes later, and replaces what is said of all.
        for rows in
            self.demand.outside_forecasts.of(asked.key.sku).chunk_by(OutsideForecast::is_beside)
        {
            let OutsideForecast { channel, location, .. } = rows[0];
            let is_meant = rows[0].model == model
                && channel.is_none_or(|channel| channel == asked.key.channel)
                && location.is_none_or(|location| location == asked.key.location);
            if !is_meant {
                continue;
            }
            let share = self.outside_share(&rows[0], asked.key);
            let said = self.said(rows, asked);
            for ahead in 0..periods {
                if said.mean[ahead].is_nan() {
                    continue;
                }
                path.mean[ahead] = share * said.mean[ahead];
                // The spread of a part is not a part of the spread.
                path.quantiles[ahead] = said.quantiles[ahead].filter(|_| share == 1.0);
            }
        }
        path.mean.iter().any(|mean| !mean.is_nan()).then_some(path)
    }

    /// What rows of one scope say of some periods, all series of the scope together.
    fn said(&self, rows: &[OutsideForecast], asked: &Asked<'_>) -> OutsidePath {
        let calendar = self.calendar();
        let first = asked.first as i64;
        let periods = asked.ours.len();
        let mut said = OutsidePath { mean: vec![0.0; periods], quantiles: vec![None; periods] };
        let mut days = vec![0; periods];
        for versions in rows.chunk_by(|a, b| a.start == b.start) {
            let mut known =
                versions.iter().filter(|row| row.made_on.is_none_or(|d| d <= asked.known));
            // The newest; they are sorted.
            let Some(row) = known.next_back() else { continue };
            let from = calendar.index(row.start);
            let to = calendar.index(row.end - chrono::Duration::days(1));
            if to < first || from >= first + periods as i64 {
                continue;
            }
            let overlap = |period: i64| {
                let opens = calendar.start(period).max(row.start);
                (calendar.start(period + 1).min(row.end) - opens).num_days()
            };
            // A day of a period that was not asked for weighs as an average one of ours.
            let ours = |period: i64| {
                let ahead = usize::try_from(period - first).ok();
                ahead.and_then(|ahead| asked.ours.get(ahead)).copied()
            };
            let inside = (from..=to)
                .filter_map(|period| Some(ours(period)? / days_of(calendar, period) as f64));
            let mean = inside.clone().sum::<f64>() / inside.count().max(1) as f64;
            let weight = |period: i64| {
                let a_day =
                    ours(period).map_or(mean, |units| units / days_of(calendar, period) as f64);
                overlap(period) as f64 * if mean > 0.0 { a_day } else { 1.0 }
            };
            let all: f64 = (from..=to).map(weight).sum();
            for period in from.max(first)..=to.min(first + periods as i64 - 1) {
                let ahead = (period - first) as usize;
                said.mean[ahead] += row.mean * weight(period) / all;
                days[ahead] += overlap(period);
                if from == to && overlap(period) == days_of(calendar, period) {
                    said.quantiles[ahead] = Some(row.quantiles);
                }
            }
        }
        for (ahead, days) in days.iter().enumerate() {
            // A period that is told for some of its days would read as one that sells less.
            if *days < days_of(calendar, first + ahead as i64) {
                said.mean[ahead] = f64::NAN;
            }
        }
        said
    }

    /// A series' part of what a row says of several.
    fn outside_share(&self, row: &OutsideForecast, key: SeriesKey) -> f64 {
        if row.channel.is_some() && row.location.is_some() {
            return 1.0;
        }
        let panel = self.panel();
        let mut own = 0.0;
        let mut all = 0.0;
        let mut series = 0;
        for s in panel.pools_of(key.sku).iter().flat_map(|pool| pool.series.clone()) {
            let other = panel.key(s);
            let is_meant = row.channel.is_none_or(|channel| channel == other.channel)
                && row.location.is_none_or(|location| location == other.location);
            if is_meant {
                let sold = self.sold_lately(s);
                all += sold;
                series += 1;
                if other == key {
                    own = sold;
                }
            }
        }
        match (series, all > 0.0) {
            // The only series that is meant takes all of it, whether it has sold lately or not.
            (0 | 1, _) => 1.0,
            (_, true) => own / all,
            (_, false) => 1.0 / f64::from(series),
        }
    }
}

impl fit::Model<'_> {
    /// Models from elsewhere beside the pooled level at the rolling origins, those of which enough
    /// is known.
    pub(crate) fn judge_outside(&self, fitted: &Fitted<'_>, series: &Series) -> Vec<JudgedOutside> {
        let setup = &self.setup;
        let past = &fitted.past;
        let key = setup.panel().key(past.series);
        let models = setup.outside_models_of(key);
        if models.is_empty() {
            return Vec::new();
        }
        let start = setup.panel().start(past.series);
        let history = series.history();
        let season_length = setup.bucket().season_length();
        let scale = Scale::of(past.units, &past.exposure_without_origins, season_length);
        let mut judged = Vec::new();
        for model in models {
            let mut theirs = ErrorSums::default();
            let mut ours = ErrorSums::default();
            for origin in fitted.past_origins() {
                let before = past.units.len() - origin.periods_back;
                let reach = origin.periods_back.min(setup.settings.lead_time);
                let expected: Vec<f64> = (before..before + reach)
                    .map(|t| past.expected_units(origin.level, t))
                    .collect();
                let first = start + before;
                // With what had been told by that morning: a forecast that was revised afterwards
                // would judge itself with hindsight.
                let known = setup.calendar().start(first as i64);
                let asked = Asked { key, known, first, ours: &expected };
                let Some(path) = setup.outside_path(model, &asked) else { continue };
                for (ahead, (&told, &own)) in path.mean.iter().zip(&expected).enumerate() {
                    let actual = history.observed[before + ahead];
                    if told.is_nan() || actual.is_nan() {
                        continue;
                    }
                    theirs.add(told, actual);
                    ours.add(own, actual);
                    if let Some(quantiles) = path.quantiles[ahead]
                        && !quantiles.iter().any(|quantile| quantile.is_nan())
                    {
                        theirs.add_quantiles(&quantiles, actual);
                    }
                }
            }
            // On fewer periods a lucky guess weighs as much as a good model.
            if theirs.count() >= setup.steps.least_history() as f64 {
                judged.push(JudgedOutside {
                    model: setup.demand.outside_models[model].clone(),
                    measures: theirs.measures(&scale),
                    ours: ours.measures(&scale),
                    weight: weight(theirs.squared(), ours.squared(), history.intermittent),
                });
            }
        }
        judged
    }
}

/// Weight of a model against ours, both by the inverse of their squared errors.
fn weight(theirs: f64, ours: f64, intermittent: bool) -> f64 {
    // Few demands choose by chance: there a stranger has to be clearly better, elsewhere only not
    // clearly worse.
    let most = if intermittent { CLEARLY_BETTER } else { CLEARLY_WORSE };
    if theirs > most * ours {
        0.0
    } else if theirs + ours > 0.0 {
        ours / (theirs + ours)
    } else {
        0.5
    }
}

impl Forecaster<'_> {
    /// Moves a forecast towards the model from elsewhere that is believed; adds the rows of all.
    pub(crate) fn weigh_in_outside(
        &self,
        series: usize,
        state: &SeriesState,
        forecast: &mut SeriesForecast,
        rows: &mut Vec<Accuracy>,
        exceptions: &mut Vec<Exception>,
    ) -> Option<OutsideSay> {
        let setup = &self.model.setup;
        let key = setup.panel().key(series);
        let models = setup.outside_models_of(key);
        let product = setup.demand.products.get(key.sku.index());
        let obsolete = product.is_some_and(|product| product.status == ProductStatus::Obsolete);
        if models.is_empty() || obsolete {
            return None;
        }
        let ours: Vec<f64> = forecast.mean.iter().map(|&units| f64::from(units)).collect();
        let calendar = setup.calendar();
        let asked = Asked { key, known: calendar.as_of(), first: calendar.history(), ours: &ours };
        let name = |model: usize| setup.demand.outside_models[model].as_str();
        let judged = |model: usize| state.outside.iter().find(|j| j.model == name(model));

        // Of those that say anything of the future the one that is believed most; one that nothing
        // is known of, where nothing is known of any.
        let mut believed: Option<OutsideSay> = None;
        let mut of_model = 0;
        for &model in &models {
            let Some(path) = setup.outside_path(model, &asked) else { continue };
            let weight = match judged(model) {
                Some(judged) => judged.weight,
                None if state.outside.is_empty() => 1.0,
                None => continue,
            };
            if believed.as_ref().is_none_or(|best| weight > best.weight) {
                believed = Some(OutsideSay { weight, path });
                of_model = model;
            }
        }
        let lead_time = setup.settings.lead_time;
        for judged in &state.outside {
            let is_used = believed.is_some() && judged.model == name(of_model);
            // The one that has most of the say is the one that is published.
            let chosen = is_used && judged.weight >= 0.5;
            if chosen {
                rows.iter_mut().for_each(|row| row.chosen = false);
            }
            let method: Word = word_of(&name_beside_ours(&judged.model));
            rows.push(Accuracy { chosen, ..judged.measures.row(series, method, lead_time) });
        }
        let say = believed?;

        let covered = say.path.mean.iter().filter(|mean| !mean.is_nan()).count();
        let horizon = forecast.mean.len();
        let mut units = [0.0; 2];
        for (ahead, (mean, told)) in forecast.mean.iter_mut().zip(&say.path.mean).enumerate() {
            // The effect is told over a lead time, which is what tonight's order is about.
            let counts = f64::from(u8::from(ahead < lead_time));
            units[0] += counts * f64::from(*mean);
            if !told.is_nan() {
                *mean += (say.weight * (told - f64::from(*mean))) as f32;
            }
            units[1] += counts * f64::from(*mean);
        }
        let model = name(of_model);
        let used = match judged(of_model) {
            Some(judged) => format!(
                "{model} weighs {:.0} %: WAPE {:.1} % against {:.1} % of ours over {} periods",
                100.0 * say.weight,
                100.0 * judged.measures.wape,
                100.0 * judged.ours.wape,
                judged.measures.sums.periods
            ),
            None => format!("{model} as told: nothing says how good it was"),
        };
        let cover = if covered < horizon {
            format!(", for {covered} of {horizon} periods")
        } else {
            String::new()
        };
        if forecast.reason.is_empty() {
            forecast.reason = format!("{used}{cover}");
        } else {
            forecast.reason = format!("{}; {used}{cover}", forecast.reason);
        }
        if say.weight == 0.0 {
            forecast.runner_up = model.to_owned();
            return None;
        }
        let own_method = std::mem::take(&mut forecast.method);
        forecast.method = match say.weight < 1.0 || covered < horizon {
            true => format!("{model} + {own_method}"),
            false => model.to_owned(),
        };
        forecast.runner_up = own_method;
        if judged(of_model).is_none() {
            // Whatever ours would have been worth: this one's errors nobody knows.
            rows.iter_mut().for_each(|row| row.chosen = false);
        }
        let moved = units[1] - units[0];
        exceptions.push(
            Exception::new(
                Severity::Info,
                ExceptionKind::OutsideForecast,
                Subject::series(setup.demand.names, key.sku, key.channel),
                format!(
                    "a forecast from elsewhere: {:.1} units in the coming {lead_time} periods \
                     instead of {:.1}",
                    units[1], units[0]
                ),
                format!("{used}{cover}"),
            )
            .with_effect(Effect::Units(Units::nearest(moved))),
        );
        Some(say)
    }

    /// Adds what other models say of an item that never sold at a place, as told; says so.
    pub(crate) fn outside_of_unsold(&self, pool: usize, mean: &mut [f32]) -> Option<Exception> {
        let setup = &self.model.setup;
        let this = &setup.panel().pools()[pool];
        let rows = setup.demand.outside_forecasts.of(this.sku);
        let here = rows.iter().filter(|row| row.location == Some(this.location));
        let model = here.clone().map(|row| row.model).min()?;
        let calendar = setup.calendar();
        let zeros = vec![0.0; mean.len()];
        let mut said = false;
        for of_channel in rows.chunk_by(OutsideForecast::is_beside) {
            let row = &of_channel[0];
            if row.location != Some(this.location) || row.model != model {
                continue;
            }
            let channel = row.channel.unwrap_or(ChannelId(0));
            let key = SeriesKey { sku: this.sku, location: this.location, channel };
            let known = calendar.as_of();
            let asked = Asked { key, known, first: calendar.history(), ours: &zeros };
            let told = setup.said(of_channel, &asked);
            for (mean, told) in mean.iter_mut().zip(told.mean) {
                if !told.is_nan() {
                    *mean += told as f32;
                    said = true;
                }
            }
        }
        said.then(|| {
            let units: f64 = mean.iter().map(|&units| f64::from(units)).sum();
            Exception::new(
                Severity::Info,
                ExceptionKind::OutsideForecast,
                Subject::pool(setup.demand.names, this.sku, this.location),
                format!("a forecast from elsewhere of an item that never sold: {units:.1} units"),
                format!(
                    "{} as told: nothing says how good it was",
                    setup.demand.outside_models[model]
                ),
            )
            .with_effect(Effect::Units(Units::nearest(units)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_from_elsewhere_that_bears_a_name_of_ours_is_told_apart() {
        assert_eq!(name_beside_ours("naive"), "naive (given)");
        assert_eq!(name_beside_ours(POOLED_LEVEL), "pooled level (given)");
        assert_eq!(name_beside_ours("prophet"), "prophet");
    }

    #[test]
    fn a_model_from_elsewhere_weighs_by_inverse_squared_error_unless_it_is_clearly_worse() {
        assert_eq!(weight(1.0, 3.0, false), 0.75);
        assert_eq!(weight(0.0, 0.0, false), 0.5);
        assert_eq!(weight(2.1, 1.0, false), 0.0);
        assert_eq!(weight(0.9, 1.0, true), 0.0);
        assert_eq!(weight(0.25, 0.75, true), 0.75);
    }
}

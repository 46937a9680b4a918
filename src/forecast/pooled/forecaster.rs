//! The forecast of one pool: its channels' means and quantiles, and the demand over any interval of
//! the whole.
//!
//! A forecaster exists only once everything is learnt: by a
//! [`Learner`](crate::forecast::pooled::learner::Learner) or carried on from an earlier
//! [refit](crate::forecast::pooled::refit). It is a pure function of one pool.

use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::ProductStatus;
use crate::domain::outcome::{Accuracy, SeriesForecast};
use crate::domain::panel::SeriesKey;
use crate::forecast::evaluate::backtest;
use crate::forecast::evaluate::choice::OwnModel;
use crate::forecast::methods::MethodName;
use crate::forecast::pooled::adjust::{ADJUSTED, JudgedAdjustments, UNADJUSTED, Whom};
use crate::forecast::pooled::distribution::{QuantileTable, Spread};
use crate::forecast::pooled::error_group::ErrorGroup;
use crate::forecast::pooled::fit::Model;
use crate::forecast::pooled::horizon::HorizonSteps;
use crate::forecast::pooled::learner::Calibrated;
use crate::forecast::pooled::level::{self, HALF_LIVES};
use crate::forecast::pooled::places::{self, Move};
use crate::forecast::pooled::pool_demand::PoolDemand;
use crate::forecast::pooled::refit::{Carried, TonightsState};
use crate::forecast::pooled::shift::LevelShift;
use crate::forecast::pooled::state::{Future, PoolState, SeriesState};
use chrono::NaiveDate;
use std::ops::Range;

/// Share of the demand before a silence that is lost, from which nothing is left of it.
const CERTAIN: f64 = 0.96;
/// Mean age of what an exponential average sums, in half-lives: 1 / ln 2.
const MEAN_AGE: f64 = std::f64::consts::LOG2_E;
/// Days whose mean stands in where the engine has none.
const PLAIN_DAYS: f64 = 60.0;

/// Everything forecast for one pool.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolForecast {
    /// One a channel, in panel order.
    pub series: Vec<SeriesForecast>,
    /// The pool's demand, all channels together.
    pub total: PoolDemand,
    /// Benchmarks and the chosen method of each channel at the lead-time horizon.
    pub accuracy: Vec<Accuracy>,
    /// What fell back.
    pub exceptions: Vec<Exception>,
    /// What was fitted to it, for later nights; `None` where nothing was.
    pub state: Option<PoolState>,
}

/// What all series share and one pool in, forecast out.
#[derive(Debug, Clone)]
pub struct Forecaster<'a> {
    pub(crate) model: Model<'a>,
    pub(crate) calibrated: Calibrated,
    /// Quantiles of one period, by error group.
    pub(crate) tables: Vec<QuantileTable>,
    /// Where the states of an earlier refit are carried on.
    pub(crate) carried: Option<Carried<'a>>,
}

impl<'a> Forecaster<'a> {
    pub(crate) fn new(model: Model<'a>, calibrated: Calibrated) -> Self {
        let tables = calibrated.quantile_tables();
        Self { model, calibrated, tables, carried: None }
    }

    /// Groups that have no pooled profile.
    #[must_use]
    pub fn exceptions(&self) -> Vec<Exception> {
        let setup = &self.model.setup;
        let mut exceptions = Vec::new();
        for unprofiled in &self.model.shared.seasons.unprofiled {
            let key = &setup.groups.keys[unprofiled.group];
            let about = Subject::Category {
                category: key.category.clone(),
                channel: setup.demand.names.channels[key.channel].clone(),
            };
            exceptions.push(Exception::new(
                Severity::Info,
                ExceptionKind::Fallback,
                about,
                "no pooled seasonal profile",
                unprofiled.reason.clone(),
            ));
        }
        exceptions.extend(setup.signal_exceptions(&self.model.shared.signals));
        let profiles = &self.model.shared.seasons.profiles;
        let most = profiles.iter().map(|profile| profile.events_left_out).max().unwrap_or(0);
        if most > 0 {
            let groups = profiles.iter().filter(|profile| profile.events_left_out > 0).count();
            let what = format!(
                "names too many events to learn them all: up to {most} names are left out, in \
                 {groups} of {} groups of category and channel",
                profiles.len()
            );
            exceptions.push(Exception::new(
                Severity::Warning,
                ExceptionKind::Fallback,
                Subject::Table("events".to_owned()),
                what,
                "those that come again and came most often are learnt; give the same event the \
                 same name each year",
            ));
        }
        exceptions
    }

    /// The forecast of pool `pool` (of [`crate::domain::panel::Panel::pools`]).
    #[must_use]
    pub fn forecast_pool(&self, pool: usize) -> PoolForecast {
        if self.model.setup.panel().pools()[pool].series.is_empty() {
            return self.never_sold(pool);
        }
        self.forecast_of(pool, self.tonight(pool), 1.0)
    }

    /// The forecasts of the pools of one item, which are neighbours: what lanes connect is held
    /// together ([`places`]). `[pools]`
    #[must_use]
    pub fn forecast_item(&self, pools: Range<usize>) -> Vec<PoolForecast> {
        let setup = &self.model.setup;
        let all = setup.panel().pools();
        let connected = self.connected(pools.clone());
        let mut tonight = Vec::with_capacity(pools.len());
        let mut moves = Vec::with_capacity(pools.len());
        for (p, is_connected) in pools.clone().zip(connected) {
            let state = (!all[p].series.is_empty()).then(|| self.tonight(p));
            // Places that nothing connects may sell to other people for other reasons.
            let heard = state.as_ref().filter(|_| is_connected);
            moves.push(heard.and_then(|tonight| Move::of(&tonight.state, &setup.half_lives)));
            tonight.push(state);
        }
        let factors = places::factors(&moves);
        let mut forecasts = Vec::with_capacity(pools.len());
        for ((p, tonight), factor) in pools.zip(tonight).zip(factors) {
            forecasts.push(match tonight {
                Some(tonight) => self.forecast_of(p, tonight, factor),
                None => self.never_sold(p),
            });
        }
        forecasts
    }

    /// Which of the pools of one item a lane connects with another of them. `[pools]`
    fn connected(&self, pools: Range<usize>) -> Vec<bool> {
        let demand = &self.model.setup.demand;
        let all = demand.panel.pools();
        let mut connected = vec![false; pools.len()];
        if demand.lanes.is_empty() || pools.len() < 2 {
            return connected;
        }
        for p in pools.clone() {
            for lane in demand.lanes.into_pool(all[p].sku, all[p].location) {
                let source = demand.panel.position((all[p].sku, lane.from));
                if let Some(source) = source.filter(|source| pools.contains(source)) {
                    connected[p - pools.start] = true;
                    // Both ends of a lane: what one place sells says something of the other,
                    // whichever way goods go.
                    connected[source - pools.start] = true;
                }
            }
        }
        connected
    }

    /// The forecast of a pool that has sold, its level `factor` times what it says by itself.
    fn forecast_of(&self, pool: usize, tonight: TonightsState<'_>, factor: f64) -> PoolForecast {
        let setup = &self.model.setup;
        let series = setup.panel().pools()[pool].series.clone();
        let mut total = vec![0.0; setup.settings.horizon];
        let mut forecasts = Vec::with_capacity(series.len());
        let mut accuracy = Vec::new();
        let mut exceptions = Vec::new();
        for (series, state) in series.zip(&tonight.state.series) {
            let mut rows = self.accuracy_rows(series, state);
            let mut forecast =
                self.forecast_series(series, state, factor, &mut rows, &mut exceptions);
            if let Some(morning) = self.refit().filter(|_| tonight.carried) {
                forecast.reason = format!("{}; as fitted on {morning}", forecast.reason);
            }
            for (sum, mean) in total.iter_mut().zip(&forecast.mean) {
                *sum += f64::from(*mean);
            }
            forecasts.push(forecast);
            accuracy.extend(rows);
        }
        let state = &tonight.state;
        let mut total = self.pool_demand(total, self.error_group_of_pool(state), state.spread);
        // What an item of its own history sold says nothing about one that leans on an analogue.
        // Nor about what another model expects.
        let outside =
            !setup.demand.outside_forecasts.of(setup.panel().pools()[pool].sku).is_empty();
        if !outside && !state.series.iter().any(|series| series.analogue) {
            let guard = setup.settings.guard;
            total.most = Some(state.highest_sums.map(|most| guard * f64::from(most)));
        }
        let state = (!tonight.carried).then(|| tonight.state.into_owned());
        PoolForecast { series: forecasts, total, accuracy, exceptions, state }
    }

    /// The forecast of a pool that the engine broke on: every channel sells on as in its last 60
    /// days.
    #[must_use]
    pub fn plain_forecast(&self, pool: usize) -> PoolForecast {
        let setup = &self.model.setup;
        let window = setup.periods_in(PLAIN_DAYS);
        let horizon = setup.settings.horizon;
        let mut rate = 0.0;
        let mut forecasts = Vec::new();
        for series in setup.panel().pools()[pool].series.clone() {
            let units = setup.panel().cleaned(series);
            // Whatever broke the engine, a mean of what was sold does not need it.
            let recent = &units[units.len() - units.len().min(window)..];
            let sum: f64 = recent.iter().map(|&units| f64::from(units)).sum();
            let mean = sum / recent.len().max(1) as f64;
            let mean = if mean.is_finite() { mean.max(0.0) } else { 0.0 };
            rate += mean;
            let group = setup.error_group(mean, units.len() as f64, false, Spread::default());
            let quantiles = self.quantiles(group, mean, Spread::default(), HorizonSteps::FURTHEST);
            forecasts.push(SeriesForecast {
                mean: vec![mean as f32; horizon],
                quantiles: vec![quantiles; horizon],
                method: "60-day average".to_owned(),
                reason: "the engine broke on this item".to_owned(),
                runner_up: String::new(),
            });
        }
        let group = setup.error_group(rate, 0.0, false, Spread::default());
        PoolForecast {
            series: forecasts,
            total: self.pool_demand(vec![rate; horizon], group, Spread::default()),
            accuracy: Vec::new(),
            exceptions: Vec::new(),
            state: None,
        }
    }

    /// A pool without any sale: its analogue times the factor, or nothing.
    fn never_sold(&self, pool: usize) -> PoolForecast {
        let setup = &self.model.setup;
        let this = &setup.panel().pools()[pool];
        let about = Subject::item(setup.demand.names, this.sku);
        let kind = ExceptionKind::Fallback;
        let nowhere = Whom { sku: this.sku, channel: None, location: this.location, series: None };
        let (total, exception) = match self.analogue_of(pool) {
            Some(analogue) => {
                let product = setup.demand.products.get(this.sku.index());
                let factor = product.and_then(|product| product.analogue_factor).unwrap_or(1.0);
                let like = self.forecast_pool(analogue).total;
                let like_mean = like.mean.iter().map(|mean| (mean * factor) as f32);
                let mut adjusted: Vec<f32> = like_mean.collect();
                self.model.adjust(nowhere, setup.calendar().history(), &mut adjusted);
                let mean: Vec<f64> = adjusted.iter().map(|&units| f64::from(units)).collect();
                let rate = mean.iter().sum::<f64>() / mean.len().max(1) as f64;
                // Nothing of its own: the group of short histories, with the analogue's spread.
                let group = setup.error_group(rate, 0.0, false, like.spread);
                let what = "forecast of an analogue";
                let reason = "no sales of its own yet";
                let exception = Exception::new(Severity::Info, kind, about, what, reason);
                (self.pool_demand(mean, group, like.spread), exception)
            }
            None => {
                let mut planned = vec![0.0f32; setup.settings.horizon];
                let told = self.outside_of_unsold(pool, &mut planned);
                self.model.adjust(nowhere, setup.calendar().history(), &mut planned);
                let mean: Vec<f64> = planned.iter().map(|&units| f64::from(units)).collect();
                let rate = mean.iter().sum::<f64>() / mean.len().max(1) as f64;
                if rate > 0.0 {
                    let by_hand = Exception::new(
                        Severity::Info,
                        kind,
                        about,
                        "forecast as planned by hand",
                        "no sales of its own yet, and adjustments in units",
                    );
                    let exception = told.unwrap_or(by_hand);
                    let group = setup.error_group(rate, 0.0, false, Spread::default());
                    let total = self.pool_demand(mean, group, Spread::default());
                    return PoolForecast {
                        series: Vec::new(),
                        total,
                        accuracy: Vec::new(),
                        exceptions: vec![exception],
                        state: None,
                    };
                }
                // What is sold in kits alone is planned with what they take: nothing is missing.
                let exception = if setup.components.contains(&this.sku) {
                    let what = "forecast by the kits that it is part of";
                    let reason = "no sales of its own";
                    Exception::new(Severity::Info, kind, about, what, reason)
                } else {
                    let reason = "no sales and no analogue in the master data";
                    Exception::new(Severity::Warning, kind, about, "no forecast", reason)
                };
                (self.pool_demand(mean, ErrorGroup::NOTHING, Spread::default()), exception)
            }
        };
        PoolForecast {
            series: Vec::new(),
            total,
            accuracy: Vec::new(),
            exceptions: vec![exception],
            state: None,
        }
    }

    /// The pool of the item's analogue at the same location, if it sold there.
    fn analogue_of(&self, pool: usize) -> Option<usize> {
        let setup = &self.model.setup;
        let panel = setup.panel();
        let this = &panel.pools()[pool];
        let product = setup.demand.products.get(this.sku.index())?;
        let analogue = product.analogue.filter(|analogue| *analogue != this.sku)?;
        let found = panel.position((analogue, this.location))?;
        (!panel.pools()[found].series.is_empty()).then_some(found)
    }

    fn pool_demand(&self, mean: Vec<f64>, group: ErrorGroup, spread: Spread) -> PoolDemand {
        PoolDemand {
            mean,
            spread,
            level_variance: self.model.shared.of_error_group(group).level_variance,
            steps: self.model.setup.steps,
            calibrations: self.calibrated.error_groups[group.index()].sums,
            most: None,
            guard: self.model.setup.settings.guard,
        }
    }

    /// Error group of a pool's total.
    fn error_group_of_pool(&self, pool: &PoolState) -> ErrorGroup {
        let rate = pool.series.iter().map(SeriesState::rate).sum();
        let observed = pool.series.iter().map(|series| series.observed).max().unwrap_or(0);
        // One channel that still sells is enough: the stock is not silent.
        let overdue = !pool.series.is_empty() && pool.series.iter().all(SeriesState::overdue);
        self.model.setup.error_group(rate, observed as f64, overdue, pool.spread)
    }

    /// Published quantiles of one period of a series.
    pub(crate) fn quantiles(
        &self,
        group: ErrorGroup,
        mean: f64,
        spread: Spread,
        step: usize,
    ) -> [f32; 8] {
        let level_variance =
            spread.wander * self.model.shared.of_error_group(group).level_variance[step];
        self.tables[group.index()].quantiles(mean, spread.relative(mean) + level_variance)
    }

    /// The forecast of one series, its level `factor` times what it says by itself; its own models
    /// add their row to `rows`.
    fn forecast_series(
        &self,
        series: usize,
        state: &SeriesState,
        factor: f64,
        rows: &mut Vec<Accuracy>,
        exceptions: &mut Vec<Exception>,
    ) -> SeriesForecast {
        let setup = &self.model.setup;
        let key = setup.panel().key(series);
        let mut forecast = SeriesForecast::default();
        if let Some(reason) = self.inactive(state, key) {
            forecast.mean = vec![0.0; setup.settings.horizon];
            forecast.method = "inactive".to_owned();
            forecast.reason = reason;
            forecast.runner_up = "pooled level".to_owned();
        } else {
            forecast.mean = self.guarded_mean(series, state, factor, exceptions);
            if let Some(shift) = &state.shift {
                exceptions.push(self.shifted(key, state, shift));
            }
            self.label(state, &mut forecast);
            forecast.reason = reason(rows, state);
            let moved = 100.0 * (factor - 1.0);
            // Half of the last digit that is written: less would read as +0.0 %.
            if moved.abs() >= 0.05 {
                let told = format!("; what all places of the item sold moves it by {moved:+.1} %");
                forecast.reason += &told;
            }
            // What weighs more than its own days is said.
            if !state.analogue && state.prior.periods > state.observed as f64 {
                forecast.reason += &format!(
                    "; few days of its own, so it leans on what its like sell: {:.2} a {}",
                    state.prior.level,
                    setup.bucket().name()
                );
            }
            forecast.reason += &self.model.signals_in_words(setup.groups.of_series[series], key);
            if let (Some(silence), Some(back)) = (&state.silence, &state.returning) {
                forecast.reason += &format!(
                    "; no sale in {:.0} days in stock, after which items sell {:.0} % of what they \
                     sold before",
                    silence.days,
                    100.0 * back.share
                );
            }
            if let Some(own) = &state.own_model {
                self.weigh_in(own, series, &mut forecast, rows);
            }
        }
        let outside = self.weigh_in_outside(series, state, &mut forecast, rows, exceptions);
        self.only_while_on_sale(key, &mut forecast.mean);
        let before = outside.as_ref().map(|_| forecast.mean.clone()).unwrap_or_default();
        let first = setup.calendar().history();
        self.model.adjust(Whom::series(key, series), first, &mut forecast.mean);
        if let Some(JudgedAdjustments { before, after }) = state.adjusted {
            let lead_time = setup.settings.lead_time;
            rows.push(before.row(series, UNADJUSTED, lead_time));
            rows.push(after.row(series, ADJUSTED, lead_time));
        }

        let group =
            setup.error_group(state.rate(), state.observed as f64, state.overdue(), state.spread);
        forecast.quantiles = Vec::with_capacity(forecast.mean.len());
        let guard = setup.settings.guard as f32;
        let highest = if state.analogue { f32::INFINITY } else { state.highest };
        for (ahead, &mean) in forecast.mean.iter().enumerate() {
            let step = setup.steps.step_of(ahead);
            let quantiles = self.quantiles(group, f64::from(mean), state.spread, step);
            // At least one unit, and never below the mean: an item that was planned up may sell
            // what it never has.
            let most = (guard * highest.max(mean)).max(1.0).round();
            let mut quantiles = quantiles.map(|quantile| quantile.min(most));
            if let Some(outside) = &outside {
                // By as much as planners have moved the mean.
                let moved = if before[ahead] > 0.0 { mean / before[ahead] } else { 1.0 };
                outside.blend(ahead, moved, &mut quantiles);
            }
            forecast.quantiles.push(quantiles);
        }
        forecast
    }

    /// Rows of the accuracy table, the pooled level chosen; none where history is too short for an
    /// origin.
    fn accuracy_rows(&self, series: usize, state: &SeriesState) -> Vec<Accuracy> {
        let mut rows = Vec::new();
        for (measures, method) in state.accuracy.iter().flatten().zip(backtest::labels()) {
            rows.push(measures.row(series, method, self.model.setup.settings.lead_time));
        }
        // The pooled level stands last; it is what is published unless another one weighs more.
        if let Some(own) = rows.last_mut() {
            own.chosen = true;
        }
        rows
    }

    /// Moves a forecast towards the series' own model by its weight.
    fn weigh_in(
        &self,
        own: &OwnModel,
        series: usize,
        forecast: &mut SeriesForecast,
        rows: &mut Vec<Accuracy>,
    ) {
        let settings = &self.model.setup.settings;
        let Some(path) = own.path(settings.horizon) else { return };
        for (mean, own_mean) in forecast.mean.iter_mut().zip(path) {
            *mean += own.weight as f32 * (own_mean as f32 - *mean);
        }
        forecast.reason = format!(
            "{}; own models weigh {:.0} %: WAPE {:.1} %",
            forecast.reason,
            100.0 * own.weight,
            100.0 * own.measures.wape
        );
        let notation = own.model.notation();
        if own.weight > 0.0 {
            forecast.runner_up = std::mem::take(&mut forecast.method);
            forecast.method = format!("{notation} + {}", forecast.runner_up);
        } else {
            forecast.runner_up = notation;
        }
        let chosen = own.weight >= 0.5;
        for row in rows.iter_mut() {
            row.chosen &= !chosen;
        }
        let label = own.model.name().label();
        rows.push(Accuracy { chosen, ..own.measures.row(series, label, settings.lead_time) });
        for other in &own.others {
            rows.push(other.measures.row(series, other.method.label(), settings.lead_time));
        }
    }

    /// Why a series sells nothing any more, if so.
    fn inactive(&self, state: &SeriesState, key: SeriesKey) -> Option<String> {
        let setup = &self.model.setup;
        let product = setup.demand.products.get(key.sku.index());
        if product.is_some_and(|product| product.status == ProductStatus::Obsolete) {
            return Some("obsolete in the master data".to_owned());
        }
        let silence = state.silence.as_ref().filter(|_| !state.analogue)?;
        let nil = state.returning.is_some_and(|back| back.weight * (1.0 - back.share) > CERTAIN);
        nil.then(|| {
            format!(
                "no sale in {:.0} days in stock; {:.0} periods with a sale were due at the rate \
                 before, and hardly any item came back from such a silence",
                silence.days, silence.due
            )
        })
    }

    /// That the level of a series stepped, and what follows from it.
    fn shifted(&self, key: SeriesKey, state: &SeriesState, shift: &LevelShift) -> Exception {
        let setup = &self.model.setup;
        let day = setup.calendar().start((state.start + shift.from) as i64);
        let bucket = setup.bucket().name();
        Exception::new(
            Severity::Info,
            ExceptionKind::LevelShift,
            Subject::series(setup.demand.names, key.sku, key.channel),
            format!(
                "demand stepped from {:.1} to {:.1} units a {bucket} on {day}",
                shift.before, shift.after
            ),
            "it has lasted since, so the forecast and its spread are learnt from that day on",
        )
    }

    /// Mean of each period, finite, not negative and not beyond the guard.
    fn guarded_mean(
        &self,
        series: usize,
        state: &SeriesState,
        factor: f64,
        exceptions: &mut Vec<Exception>,
    ) -> Vec<f32> {
        let setup = &self.model.setup;
        let key = setup.panel().key(series);
        let mut fall_back = |what: &str, reason: String| {
            let about = Subject::series(setup.demand.names, key.sku, key.channel);
            let kind = ExceptionKind::Fallback;
            exceptions.push(Exception::new(Severity::Warning, kind, about, what, reason));
        };
        // What the series sold lately, and how certain that is by its own spread.
        let recent = state.recent.expected * state.level();
        // The relative variance of its recent sales: the more certain its own level is, the less
        // the group's move is believed of it.
        let doubt = if recent > 0.0 {
            state.spread.variance(recent, MEAN_AGE * setup.group_half_life()) / (recent * recent)
        } else {
            f64::INFINITY
        };
        let group = setup.groups.of_series[series];
        let mut level = state.level() * self.calibrated.scales[group].of_member(doubt) * factor;
        if !level.is_finite() || level < 0.0 {
            fall_back(
                "mean of the last periods instead of the pooled level",
                format!("the level is {level}"),
            );
            level = setup.recent_mean(series, setup.periods_in(PLAIN_DAYS));
        }
        if state.observed == 0 && state.prior.periods == 0.0 {
            let reason = format!("in none of its {} periods could it be sold", state.periods);
            fall_back("no demand was ever seen", reason);
        }
        let guard = setup.settings.guard;
        // What an item of its own history sold says nothing about one that leans on an analogue.
        let cap = if state.analogue { f32::INFINITY } else { state.highest * guard as f32 };
        let mut capped = 0;
        let Future { exposure: mut mean, stated } = self.model.future(series, state);
        for value in &mut mean {
            let uncapped = level as f32 * *value;
            capped += usize::from(uncapped > cap);
            *value = uncapped.min(cap);
        }
        // What a plan says it will sell is believed, whatever was sold before.
        mean.iter_mut().zip(stated).for_each(|(mean, factor)| *mean *= factor);
        if capped > 0 && state.highest == 0.0 {
            // Three times nothing is no guard worth naming: what is missing is something to go by.
            fall_back(
                "nothing is forecast before the first sale",
                "nothing was sold yet, and products names no analogue that it could follow".into(),
            );
        } else if capped > 0 {
            let highest = state.highest;
            let reason =
                format!("{capped} periods above {guard} times the highest demand seen ({highest})");
            fall_back("forecast held at the guard", reason);
        }
        mean
    }

    /// Nothing before the day of launch, nor from the launch of a successor on, which then has the
    /// demand; of the period that such a day falls into, the days on sale.
    fn only_while_on_sale(&self, key: SeriesKey, mean: &mut [f32]) {
        let demand = &self.model.setup.demand;
        let calendar = demand.panel.calendar();
        let Some(product) = demand.products.get(key.sku.index()) else { return };
        let to_come = |day: &NaiveDate| *day > calendar.as_of();
        let launch = product.launched.filter(to_come);
        let successor = product.superseded_by.and_then(|sku| demand.products.get(sku.index()));
        let end = successor.and_then(|successor| successor.launched).filter(to_come);
        if launch.is_none() && end.is_none() {
            return;
        }
        for (period, mean) in (calendar.history() as i64..).zip(mean) {
            let opens = calendar.start(period);
            let closes = calendar.start(period + 1);
            let from = launch.map_or(opens, |day| day.clamp(opens, closes));
            let to = end.map_or(closes, |day| day.clamp(opens, closes));
            let on_sale = (to - from).num_days().max(0) as f32;
            // A period that is on sale in part sells its part.
            *mean *= on_sale / (closes - opens).num_days() as f32;
        }
    }

    /// Names the half-life that carries most weight, and the next.
    fn label(&self, state: &SeriesState, forecast: &mut SeriesForecast) {
        let weights = &state.weights;
        let mut order: [usize; HALF_LIVES] = std::array::from_fn(|j| j);
        order.sort_by(|&a, &b| weights[b].total_cmp(&weights[a]));
        let [first, second] = [order[0], order[1]].map(|j| {
            let span = if j > level::LONGEST {
                "whole history".to_owned()
            } else {
                format!("half-life {}", self.model.setup.half_lives[j])
            };
            format!("pooled level, {span} ({:.0} %)", 100.0 * weights[j])
        });
        forecast.method = if state.analogue { format!("analogue and {first}") } else { first };
        forecast.runner_up = second;
    }
}

/// One sentence with the error figures behind the choice.
fn reason(rows: &[Accuracy], state: &SeriesState) -> String {
    let moved = 100.0 * (state.correction - 1.0);
    // What would be written as 0.0 says nothing.
    let global = if moved.abs() < 0.05 {
        String::new()
    } else {
        format!("; the model of all series moves the level by {moved:+.1} %")
    };
    let Some((chosen, benchmarks)) = rows.split_last() else {
        let periods = state.periods;
        return format!("{periods} periods of history are too few to compare methods{global}");
    };
    let Some(rmsse) = chosen.rmsse else {
        let wape = 100.0 * chosen.wape;
        return format!(
            "demand never varied: WAPE {wape:.1} % over {} origins{global}",
            state.origins
        );
    };
    let mut reason = format!("RMSSE {rmsse:.2} over {} origins", state.origins);
    let mut added = "naive cannot be beaten".to_owned();
    for benchmark in benchmarks {
        let Some(benchmark_rmsse) = benchmark.rmsse else { continue };
        reason += &format!(", {} {benchmark_rmsse:.2}", benchmark.method);
        if benchmark.method == MethodName::Naive.label() && benchmark_rmsse > 0.0 {
            let share = (100.0 * (1.0 - rmsse / benchmark_rmsse)).round();
            added = if share == 0.0 {
                "as good as naive".to_owned()
            } else {
                format!("value added over naive {share:.0} %")
            };
        }
    }
    format!("{reason}; {added}{global}")
}

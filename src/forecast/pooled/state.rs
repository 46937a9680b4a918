//! What does a forecast need of a series' past? A few sums: its state.
//!
//! Fitting reads all of history; forecasting reads the state that fitting left, and what is known
//! about the future. A state moves on by one period in a few multiplications, so a night between
//! two refits need not fit at all (see [`crate::forecast::pooled::refit`]).

use crate::domain::panel::{Activity, flag};
use crate::forecast::evaluate::JudgedOutside;
use crate::forecast::evaluate::accuracy::Measures;
use crate::forecast::evaluate::backtest::METHODS;
use crate::forecast::evaluate::choice::{OwnModel, Series};
use crate::forecast::pooled::adjust::JudgedAdjustments;
use crate::forecast::pooled::digest::Digest;
use crate::forecast::pooled::dispersion::overdue;
use crate::forecast::pooled::distribution::Spread;
use crate::forecast::pooled::fit::{Fitted, Model};
use crate::forecast::pooled::forecaster::Forecaster;
use crate::forecast::pooled::growth;
use crate::forecast::pooled::horizon::HORIZON_STEPS;
use crate::forecast::pooled::level::{
    self, HALF_LIVES, LevelPrior, LevelSums, TWO_MONTHS, decay, decays,
};
use crate::forecast::pooled::own_events::OwnEvent;
use crate::forecast::pooled::promotions::{Planned, is_promoted, stated_uplifts};
use crate::forecast::pooled::returns::{self, Returning, Silence};
use crate::forecast::pooled::setup::Setup;
use crate::forecast::pooled::shift::LevelShift;
use crate::forecast::pooled::tally::Tally;
use crate::math::elementary::Elementary;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// All that the forecast of one series reads of its past.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesState {
    /// Channel, as a code.
    pub(crate) channel: u32,
    /// First period on the axis.
    pub(crate) start: usize,
    /// Periods since, all of which the state has seen.
    pub(crate) periods: usize,
    /// Of the cleaned past when it was fitted.
    pub(crate) past_digest: u64,
    /// Of the master data and promotions that shaped the fit.
    pub(crate) terms_digest: u64,
    pub(crate) sums: LevelSums,
    /// Weights of the half-lives.
    pub(crate) weights: [f64; HALF_LIVES],
    /// Periods in which demand was observed.
    pub(crate) observed: usize,
    /// Variance of one period.
    pub(crate) spread: Spread,
    /// Own season relative to the group's, by parts of the year; empty for none.
    pub(crate) season: Vec<f32>,
    /// Parts of the year that are off-season; empty for none.
    pub(crate) off_season: Vec<bool>,
    /// Own weekday factors, Monday first.
    pub(crate) weekday: [f32; 7],
    /// What the events to come do to it, relative to its group.
    pub(crate) events: Vec<OwnEvent>,
    /// Own response to promotions beside that of all series.
    pub(crate) response: f64,
    /// Mean demand of any future period relative to the baseline, where promotions come without a
    /// plan.
    pub(crate) unplanned: Option<f64>,
    /// Recency-weighted units and exposure, for the group's scale.
    pub(crate) recent: Tally,
    /// Highest demand of one period.
    pub(crate) highest: f32,
    /// Observed periods since the last sale.
    pub(crate) idle: usize,
    /// Periods with a sale.
    pub(crate) sold: usize,
    /// The silence that lasts, where sales are overdue, and what is believed of it.
    pub(crate) silence: Option<Silence>,
    pub(crate) returning: Option<Returning>,
    /// The last lasting step of the level.
    pub(crate) shift: Option<LevelShift>,
    /// Log growth a year that is carried on.
    pub(crate) growth: f64,
    /// Period from which growth is measured: the end of the history that was fitted.
    pub(crate) anchor: usize,
    /// Whether the level leans on an analogue.
    pub(crate) analogue: bool,
    /// What that or its like said of the level.
    pub(crate) prior: LevelPrior,
    /// What the global model makes of the level.
    pub(crate) correction: f64,
    /// Rolling origins it was judged at.
    pub(crate) origins: usize,
    /// Accuracy of each method there.
    pub(crate) accuracy: Option<[Measures; METHODS]>,
    /// The best model of the series itself.
    pub(crate) own_model: Option<OwnModel>,
    /// Models from elsewhere, beside the engine where both are known.
    pub(crate) outside: Vec<JudgedOutside>,
    /// How past adjustments fared.
    pub(crate) adjusted: Option<JudgedAdjustments>,
}

impl SeriesState {
    /// Units a period at the index's average, over about two months.
    pub(crate) fn rate(&self) -> f64 {
        self.sums.levels()[TWO_MONTHS]
    }

    /// Whether demand is missing, see [`overdue`].
    pub(crate) fn overdue(&self) -> bool {
        overdue(self.sold as f64, self.observed as f64, self.idle as f64)
    }

    /// Combined level of all half-lives.
    pub(crate) fn combined(&self) -> f64 {
        level::combined(&self.sums.levels(), &self.weights)
    }

    /// Level, before any scale of the group.
    pub(crate) fn level(&self) -> f64 {
        returns::blended(self.combined(), self.returning) * self.correction
    }
}

/// Power of a learnt uplift that is expected again: promotions that many items share take from each
/// other, and over eight origins of 913 juices as learnt they were over-forecast by 5 %.
const REPEATED: f32 = 0.9;

/// The coming periods of a series.
pub(crate) struct Future {
    /// What a level of 1 sells, but for what plans state. `[horizon]`
    pub exposure: Vec<f32>,
    /// Factors that plans state; empty for none. `[horizon]`
    pub stated: Vec<f32>,
}

/// The states of a pool's channels, and what they are together.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PoolState {
    /// The item, as a code.
    pub(crate) sku: u32,
    /// Where, as a code.
    pub(crate) location: u32,
    /// Variance of one period of the pool's total.
    pub(crate) spread: Spread,
    /// Most units that the pool ever sold over each horizon step.
    pub(crate) highest_sums: [f32; HORIZON_STEPS],
    /// In panel order; none for a pool without a sale.
    pub(crate) series: Vec<SeriesState>,
}

impl Forecaster<'_> {
    /// Fits the channels of a pool.
    pub(crate) fn fit_pool(&self, pool: usize) -> PoolState {
        let this = &self.model.setup.panel().pools()[pool];
        let channels = self.model.fit_channels(pool);
        let today = self.model.pool_origins(&channels).pop();
        PoolState {
            sku: this.sku.code(),
            location: this.location.code(),
            spread: today.map_or_else(Spread::default, |total| total.spread),
            highest_sums: self.model.highest_sums(&channels),
            series: channels.iter().map(|fitted| self.state(fitted)).collect(),
        }
    }

    fn state(&self, fitted: &Fitted<'_>) -> SeriesState {
        let setup = &self.model.setup;
        let panel = setup.panel();
        let past = &fitted.past;
        let today = fitted.today();
        let series = Series::new(past, panel.flags(past.series), setup.bucket());
        SeriesState {
            channel: panel.key(past.series).channel.code(),
            start: panel.start(past.series),
            periods: past.units.len(),
            past_digest: past_digest(past.units, panel.flags(past.series)),
            terms_digest: setup.terms_digest(past.series, setup.calendar().as_of()),
            sums: fitted.levels.sums,
            weights: today.weights,
            observed: fitted.levels.observed,
            spread: today.spread,
            events: past.events.clone(),
            season: past.season.as_ref().map_or_else(Vec::new, |own| own.factors.clone()),
            off_season: past.season.as_ref().map_or_else(
                || self.model.shared.seasons.profiles[past.group].off_season.clone(),
                |own| own.off.clone(),
            ),
            weekday: past.weekday,
            response: past.response,
            unplanned: past.unplanned.map(|unplanned| unplanned.average),
            recent: past.recent(setup.group_half_life()),
            highest: past.units.iter().copied().fold(0.0, f32::max),
            idle: past.idle(panel.flags(past.series)),
            sold: past.units.iter().filter(|units| **units > 0.0).count(),
            silence: today.silence,
            returning: today.returning,
            shift: past.shift,
            growth: past.growth,
            anchor: past.units.len(),
            analogue: past.analogue,
            prior: past.prior,
            correction: today.correction,
            origins: fitted.past_origins().len(),
            accuracy: self.accuracy(fitted, &series),
            own_model: self.model.own_model(fitted, &series),
            outside: self.model.judge_outside(fitted, &series),
            adjusted: self.model.judge_adjustments(fitted, &series),
        }
    }
}

impl Model<'_> {
    /// Most units that channels together sold over each horizon step; of all history where that is
    /// shorter.
    fn highest_sums(&self, channels: &[Fitted<'_>]) -> [f32; HORIZON_STEPS] {
        let length = channels.iter().map(|fitted| fitted.past.units.len()).max().unwrap_or(0);
        let mut sold_until = vec![0.0f64; length + 1];
        for fitted in channels {
            let units = fitted.past.units;
            let first = length - units.len();
            for (sum, &units) in sold_until[first + 1..].iter_mut().zip(units) {
                *sum += f64::from(units);
            }
        }
        for t in 1..=length {
            sold_until[t] += sold_until[t - 1];
        }
        self.setup.steps.periods().map(|periods| {
            let periods = periods.min(length);
            let ends = sold_until[periods..].iter().zip(&sold_until);
            ends.map(|(to, from)| to - from).fold(0.0, f64::max) as f32
        })
    }

    /// What a level of 1 sells in each period of the horizon. `[horizon]`
    pub(crate) fn future(&self, series: usize, state: &SeriesState) -> Future {
        let setup = &self.setup;
        let key = setup.panel().key(series);
        let n = state.periods;
        let first = state.start + n;
        let group = setup.groups.of_series[series];
        let profile = &self.shared.seasons.profiles[group];
        let coming = n..n + setup.settings.horizon;
        let mut exposure = self.exposure_since_launch(state.start, coming.clone(), &profile.index);
        setup.apply_own_season(&mut exposure, first, &state.season);
        setup.apply_weekdays(&mut exposure, first, &state.weekday);
        setup.apply_own_events(&mut exposure, first, key, &state.events);
        let plans = setup.promotions_of(key);
        let promoted = setup.promotion_calendar(series, coming, &plans);
        let mut learnt = promoted.clone();
        for period in learnt.iter_mut().filter(|period| !period.stated.is_nan()) {
            period.covered = 0.0;
        }
        self.apply_prices(&mut exposure, group, first, &setup.price_path(key), |t| {
            is_promoted(&promoted, t)
        });
        self.apply_signals(&mut exposure, group, first, key);
        match state.unplanned {
            Some(average) => exposure.iter_mut().for_each(|a| *a *= average as f32),
            None => {
                let mut uplifts = vec![1.0; learnt.len()];
                self.apply_promotions(&mut uplifts, group, &learnt, state.response);
                for (a, uplift) in exposure.iter_mut().zip(uplifts) {
                    *a *= uplift.to_the(REPEATED);
                }
            }
        }
        growth::carry_on(&mut exposure, n - state.anchor + 1, state.growth, setup.bucket().days());
        Future { exposure, stated: stated_uplifts(&promoted) }
    }

    /// Moves the state of a series on to the end of history: levels follow, everything else stays
    /// as fitted.
    pub(crate) fn advance(&self, series: usize, state: &mut SeriesState) {
        let setup = &self.setup;
        let panel = setup.panel();
        let units = panel.cleaned(series);
        let flags = panel.flags(series);
        let from = state.periods;
        let first = state.start + from;
        let profile = &self.shared.seasons.profiles[setup.groups.of_series[series]];
        let mut exposure =
            self.exposure_since_launch(state.start, from..units.len(), &profile.index);
        setup.apply_own_season(&mut exposure, first, &state.season);
        setup.apply_weekdays(&mut exposure, first, &state.weekday);
        setup.apply_own_events(&mut exposure, first, panel.key(series), &state.events);
        let plans = setup.promotions_of(panel.key(series));
        let promoted = setup.promotion_calendar(series, from..units.len(), &plans);
        let path = setup.price_path(panel.key(series));
        let group = setup.groups.of_series[series];
        self.apply_prices(&mut exposure, group, first, &path, |t| is_promoted(&promoted, t));
        self.apply_signals(&mut exposure, group, first, panel.key(series));
        let mut uplifts = vec![1.0; promoted.len()];
        self.apply_promotions(&mut uplifts, group, &promoted, state.response);
        let days = setup.bucket().days();
        growth::carry_on(&mut exposure, from - state.anchor + 1, state.growth, days);

        let idle = state.idle;
        let keep = decays(&setup.half_lives);
        let keep_recent = decay(setup.group_half_life());
        for (t, &index) in (from..).zip(&exposure) {
            let y = f64::from(units[t]);
            let a = f64::from(index);
            let off = state.off_season.get(setup.year.of(state.start + t)) == Some(&true);
            let observed = flags[t] & flag::CENSORED == 0 && !off;
            // At the baseline, as it was fitted.
            let plain = y / uplifts.get(t - from).copied().map_or(1.0, f64::from);
            state.recent.fade(keep_recent);
            if observed {
                state.sums.add(&keep, plain, a);
                state.recent.add(plain, a);
                state.observed += 1;
                state.idle += usize::from(Activity::of(flags[t]).counts_as_idle());
            }
            if y > 0.0 {
                state.highest = state.highest.max(y as f32);
                state.idle = 0;
                state.sold += 1;
                state.silence = None;
            }
            if let Some(own) = &mut state.own_model {
                let seen = flags[t] & flag::CENSORED == 0;
                own.model.update(if seen { y } else { f64::NAN });
            }
        }
        if let Some(silence) = &mut state.silence {
            let idle = (state.idle - idle) as f64 * days;
            silence.due *= 1.0 + idle / silence.days;
            silence.days += idle;
        }
        state.returning = state.silence.as_ref().and_then(|lasts| self.shared.returns.of(lasts));
        state.periods = units.len();
        state.correction = self.correction_today(series, state);
    }
}

impl Setup<'_> {
    /// Multiplies exposures from period `first` of the axis on by a series' own season, if it has
    /// one.
    fn apply_own_season(&self, exposure: &mut [f32], first: usize, season: &[f32]) {
        if season.is_empty() {
            return;
        }
        for (t, a) in exposure.iter_mut().enumerate() {
            *a *= season[self.year.of(first + t)];
        }
    }

    /// Digest of the master data and of the promotions and prices begun before `as_of` that shape
    /// the fit of a series.
    pub(crate) fn terms_digest(&self, series: usize, as_of: NaiveDate) -> u64 {
        let key = self.panel().key(series);
        let mut digest = Digest::default();
        if let Some(product) = self.demand.products.get(key.sku.index()) {
            digest.text(&product.category);
            digest.text(product.analogue.map_or("", |a| &self.demand.names.skus[a.index()]));
            digest.add(product.analogue_factor.unwrap_or(1.0).to_bits());
        }
        for Planned { promotion, .. } in self.promotions_of(key) {
            if promotion.start < as_of {
                digest.text(&promotion.start.to_string());
                digest.text(&promotion.end.to_string());
                digest.text(&promotion.kind);
                digest.add(promotion.discount.map_or(u64::MAX, f64::to_bits));
            }
        }
        let known = self.calendar().index(as_of);
        for step in self.price_path(key).steps {
            if step.from < known {
                digest.add(step.from.cast_unsigned());
                digest.add(step.log_price.to_bits());
            }
        }
        for row in self.demand.outside_forecasts.of(key.sku) {
            // What is judged is judged by versions that the morning knew.
            if row.start < as_of && row.made_on.is_none_or(|day| day <= as_of) {
                digest.text(&self.demand.outside_models[row.model]);
                digest.text(&row.start.to_string());
                digest.add(row.mean.to_bits());
            }
        }
        let adjustments = self.demand.adjustments;
        for row in adjustments.of(None).iter().chain(adjustments.of(Some(key.sku))) {
            if row.from < as_of {
                digest.text(&format!("{row:?}"));
            }
        }
        digest.value()
    }
}

/// Digest of what fitting reads of a past: the units of periods in which demand was observed, and
/// which those are.
pub(crate) fn past_digest(units: &[f32], flags: &[u8]) -> u64 {
    const BITS: u8 = flag::CENSORED | flag::PROMOTION | flag::OFF_SEASON;
    // Chains side by side, two periods to a word: one chain would wait for its own multiplications.
    let mut lanes = [1, 2, 3, 4, 5].map(Digest::new);
    for (units, flags) in units.chunks(8).zip(flags.chunks(8)) {
        let mut cells = [0; 8];
        let mut marks = [0; 8];
        for (k, (u, f)) in units.iter().zip(flags).enumerate() {
            cells[k] = if f & flag::CENSORED == 0 { u.to_bits() } else { 0 };
            marks[k] = f & BITS;
        }
        for k in 0..4 {
            lanes[k].add(u64::from(cells[2 * k]) << 32 | u64::from(cells[2 * k + 1]));
        }
        lanes[4].add(u64::from_le_bytes(marks));
    }
    let mut all = Digest::new(units.len() as u64);
    lanes.iter().for_each(|lane| all.add(lane.value()));
    all.value()
}

//! What do all series share? Learnt over the whole panel in four stages, each with what the stages
//! before it found.
//!
//! | stage | what it finds |
//! |---|---|
//! | `LearnSeasons` | pooled profiles of every group, launch curve |
//! | `LearnLevels` | which half-lives serve which error group, dispersion, uplifts, elasticities |
//! | `LearnGlobal` | what all series say about the next lead time |
//! | `LearnErrors` | levels of groups against their members, errors by group |
//!
//! A stage looks at ranges of pools, in parallel if the caller likes, and takes in what they say in
//! any order: evidence is whole numbers, or rows that are put in panel order before they are read.
//! So results depend neither on threads nor on where the panel is cut. To add a stage: a struct
//! that observes, its evidence, and its two lines in [`Learner::learn`].

use crate::domain::calendar::Bucket;
use crate::domain::outcome::QUANTILES;
use crate::forecast::pooled::dispersion::ExcessVariance;
use crate::forecast::pooled::distribution::{
    Calibration, Moments, PitCounts, PitSums, QuantileTable, Spread,
};
use crate::forecast::pooled::error_group::{ERROR_GROUPS, ErrorGroup};
use crate::forecast::pooled::fit::{Fitted, GroupErrors, Model, pool_dispersion};
use crate::forecast::pooled::forecaster::Forecaster;
use crate::forecast::pooled::global::Rows;
use crate::forecast::pooled::growth::GroupGrowth;
use crate::forecast::pooled::horizon::HORIZON_STEPS;
use crate::forecast::pooled::horizon::ORIGINS;
use crate::forecast::pooled::less_worst::{GroupHalfLives, Variances};
use crate::forecast::pooled::level::HalfLifeErrors;
use crate::forecast::pooled::like::{self, GroupRates, Member};
use crate::forecast::pooled::price::{Elasticities, PriceChange};
use crate::forecast::pooled::reconcile::{self, GroupRecent, GroupScale, merge_recent};
use crate::forecast::pooled::response::{GroupOccurrences, Response};
use crate::forecast::pooled::returns::SilenceSums;
use crate::forecast::pooled::seasonal::{Seasons, Totals};
use crate::forecast::pooled::signals::{SignalEffects, SignalEvidence};
use crate::forecast::pooled::survey::{Evidence, Stage, Survey};
use crate::forecast::pooled::tally::Tally;
use crate::forecast::{Demand, Settings};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Squared means that a dispersion of 0.5 is worth against an error group's own.
const DISPERSION_EVIDENCE: f64 = 5.0;
/// Weighted squared means that its kind is worth against an error group's level variance.
const LEVEL_EVIDENCE: f64 = 20.0;
/// Actuals that all error groups of a kind must outweigh to leave the calibration of everything.
// Quantiles far out rest on few misses: of 150 actuals seven lie beyond 95 %.
const KIND_EVIDENCE: f64 = 150.0;
/// Actuals that an error group must outweigh to leave the calibration of its kind.
// Of 80 actuals four lie beyond 95 %: less than its kind has, which is what it leans on.
const GROUP_EVIDENCE: f64 = 80.0;
/// Every ninth day is judged: neighbours tell the same, and weekdays take turns.
const DAY_STRIDE: usize = 9;

/// Evidence in, what all series share out.
#[derive(Debug, Clone)]
pub struct Learner<'a> {
    model: Model<'a>,
}

impl<'a> Learner<'a> {
    /// Whether anything but totals is learnt from a pool.
    #[must_use]
    pub fn samples(&self, pool: usize) -> bool {
        self.model.setup.sample.holds(pool)
    }

    /// A learner that knows nothing yet.
    #[must_use]
    pub fn new(demand: Demand<'a>, settings: Settings) -> Self {
        Self { model: Model::new(demand, settings) }
    }

    /// Goes over the panel once a stage, and can forecast then.
    pub fn learn(self, survey: &mut impl Survey) -> Forecaster<'a> {
        // First of all: levels and errors are those of demand without its season.
        let totals = self.totals(survey);
        self.learn_from(&totals, survey)
    }

    /// What sells when: the one stage that reads every series.
    pub fn totals(&self, survey: &mut impl Survey) -> Totals {
        survey.survey(&LearnSeasons { model: &self.model })
    }

    /// Learns from the totals of all series and, in the stages after the first, from the sample:
    /// no other pool's history is read.
    pub fn learn_from(self, totals: &Totals, survey: &mut impl Survey) -> Forecaster<'a> {
        let mut model = self.model;
        model.shared.seasons = Seasons::learn(&model.setup, totals);
        model.shared.shared_out = model.setup.shared_out(totals.shared());

        let evidence = survey.survey(&LearnLevels { model: &model });
        evidence.teach(&mut model);

        let rows = survey.survey(&LearnGlobal { model: &model });
        model.shared.global = rows.learn();

        let errors = survey.survey(&LearnErrors { model: &model });
        Forecaster::new(model, errors.learn())
    }
}

/// What sells when.
struct LearnSeasons<'m, 'a> {
    model: &'m Model<'a>,
}

impl Stage for LearnSeasons<'_, '_> {
    type Evidence = Totals;

    fn nothing(&self) -> Totals {
        Totals::nothing(&self.model.setup)
    }

    fn observe(&self, range: Range<usize>) -> Totals {
        let mut totals = self.nothing();
        for pool in &self.model.setup.panel().pools()[range] {
            for series in pool.series.clone() {
                totals.add_series(&self.model.setup, series);
            }
        }
        totals
    }
}

/// How levels err, and what promotions sell.
struct LearnLevels<'m, 'a> {
    model: &'m Model<'a>,
}

/// Evidence of [`LearnLevels`].
struct LevelEvidence {
    /// `[error groups]`
    half_lives: Vec<GroupHalfLives>,
    /// Of one-step errors. `[error groups]`
    dispersion: Vec<Variances>,
    /// Of sums over intervals, weighted. `[error groups]`
    level: Vec<[Variances; HORIZON_STEPS]>,
    /// What promoted periods sold.
    promoted: Vec<GroupOccurrences>,
    /// What was sold before and after changes of price.
    price_changes: Vec<PriceChange>,
    /// What was sold under signals.
    signals: Vec<SignalEvidence>,
    /// From year to year. `[groups]`
    growth: Vec<GroupGrowth>,
    /// How much members sell. `[groups]`
    rates: Vec<GroupRates>,
    /// What followed silences.
    silences: SilenceSums,
}

impl Stage for LearnLevels<'_, '_> {
    type Evidence = LevelEvidence;

    fn nothing(&self) -> LevelEvidence {
        LevelEvidence {
            half_lives: vec![Default::default(); ERROR_GROUPS],
            dispersion: vec![Default::default(); ERROR_GROUPS],
            level: vec![Default::default(); ERROR_GROUPS],
            promoted: Vec::new(),
            price_changes: Vec::new(),
            signals: Vec::new(),
            growth: vec![GroupGrowth::default(); self.model.setup.groups.keys.len()],
            rates: vec![GroupRates::default(); self.model.setup.groups.keys.len()],
            silences: SilenceSums::default(),
        }
    }

    fn observe(&self, range: Range<usize>) -> LevelEvidence {
        let setup = &self.model.setup;
        let mut evidence = self.nothing();
        for pool in range.filter(|&pool| setup.sample.holds(pool)) {
            let channels = self.model.fit_channels(pool);
            for fitted in &channels {
                let past = &fitted.past;
                let origins = fitted.past_origins();
                // An item that began to sell more is judged in the group that it was in at that
                // origin.
                for of_group in origins.chunk_by(|a, b| a.prior_group == b.prior_group) {
                    let mut errors = HalfLifeErrors::default();
                    of_group.iter().for_each(|origin| errors.merge(&origin.errors));
                    evidence.half_lives[of_group[0].prior_group.index()].add(&errors);
                }
                let flags = setup.panel().flags(past.series);
                for origin in origins {
                    if let Some(silence) = &origin.silence {
                        let from = past.units.len() - origin.periods_back;
                        // Over a lead time: what an order placed in the silence would have met.
                        let followed = from..from + setup.steps.lead_time();
                        let Tally { sold, expected } = past.after_silence(followed, flags);
                        evidence.silences.add(silence, sold, expected);
                    }
                }
                let today = fitted.today();
                // Customers who buy several at once explain a part of the variance; the group
                // shares the rest.
                let excess = today.dispersion.excess(today.dispersion.clumping());
                evidence.dispersion[today.prior_group.index()].add(&excess);
                let Tally { sold, expected } = fitted.levels.sums.longest();
                // What its like sell is learnt from levels as long as they go, so that a good month
                // does not count for the kind of item.
                evidence.rates[past.group].add(&Member {
                    units: sold,
                    exposure: expected,
                    scatter: 1.0 + today.dispersion.clumping(),
                    size: today.dispersion.size(),
                });
                if let Some(own) = past.own_growth {
                    evidence.growth[past.group].add(own);
                }
                let path = setup.price_path(setup.panel().key(past.series));
                let start = setup.panel().start(past.series);
                let days = setup.bucket().days();
                past.add_price_changes(start, &path, days, &mut evidence.price_changes);
                evidence.signals.extend(self.model.signal_evidence(fitted));
                for occurrences in &past.promoted.rows {
                    evidence.promoted.push(GroupOccurrences {
                        series: past.series,
                        group: past.group,
                        occurrences: *occurrences,
                    });
                }
            }
            // Of all channels of the pool together: one stock serves them.
            evidence.add_intervals(&self.model.intervals(&channels));
        }
        evidence
    }
}

impl Evidence for LevelEvidence {
    fn merge(&mut self, next: Self) {
        for (sum, next) in self.half_lives.iter_mut().zip(&next.half_lives) {
            sum.merge(next);
        }
        for (sum, next) in self.dispersion.iter_mut().zip(&next.dispersion) {
            sum.merge(next);
        }
        for (sum, next) in self.level.iter_mut().flatten().zip(next.level.iter().flatten()) {
            sum.merge(next);
        }
        self.promoted.extend(next.promoted);
        self.price_changes.extend(next.price_changes);
        self.signals.extend(next.signals);
        for (sum, next) in self.growth.iter_mut().zip(&next.growth) {
            sum.merge(next);
        }
        for (sum, next) in self.rates.iter_mut().zip(&next.rates) {
            sum.merge(next);
        }
        self.silences.merge(&next.silences);
    }
}

impl LevelEvidence {
    /// Adds the intervals of one pool.
    fn add_intervals(&mut self, intervals: &[Interval]) {
        for step in 0..HORIZON_STEPS {
            let of_step: Vec<&Interval> = intervals.iter().filter(|i| i.step == step).collect();
            for of_group in of_step.chunk_by(|a, b| a.error_group == b.error_group) {
                let mut excess = ExcessVariance::default();
                for interval in of_group {
                    excess.merge(&interval.excess());
                }
                self.level[of_group[0].error_group.index()][step].add(&excess);
            }
        }
    }

    /// Relative variance of the level of an error group at each horizon step, pulled towards that
    /// of its kind.
    fn level_variance(&self, group: ErrorGroup) -> [f64; HORIZON_STEPS] {
        std::array::from_fn(|step| {
            let mut kind = Variances::default();
            for like in group.kind() {
                kind.merge(&self.level[like.index()][step]);
            }
            let kind = kind.value();
            let of_kind =
                // A tenth is what nobody's evidence is replaced by: a level known to about a third.
                if kind.squared_mean > 0.0 { kind.excess / kind.squared_mean } else { 0.1 };
            let own = self.level[group.index()][step].value();
            let pulled =
                (own.excess + LEVEL_EVIDENCE * of_kind) / (own.squared_mean + LEVEL_EVIDENCE);
            // An estimate of few intervals may come out negative, and one of a single outlier
            // absurd.
            pulled.clamp(0.0, 4.0)
        })
    }

    /// Hands what was learnt to the model.
    fn teach(mut self, model: &mut Model<'_>) {
        // Parts come in as threads finish them: sums of floats are taken in the panel's order.
        self.promoted.sort_by_key(|row| row.series);
        self.price_changes.sort_by_key(|change| change.series);
        let groups = model.setup.groups.keys.len();
        model.shared.response = Response::learn(&self.promoted, groups);
        model.shared.elasticities = Elasticities::learn(&self.price_changes, groups);
        self.signals.sort_by_key(|row| row.series);
        model.shared.signals = SignalEffects::learn(&self.signals, groups);
        let most = model.setup.periods_in(like::MOST_DAYS) as f64;
        model.shared.like = GroupRates::learn(&self.rates, most);
        model.shared.returns = self.silences.learn();
        model.shared.growth = self.growth.iter().map(GroupGrowth::mean).collect();
        model.shared.error_groups = ErrorGroup::all()
            .map(|group| {
                let own = self.dispersion[group.index()].value();
                GroupErrors {
                    half_lives: self.half_lives[group.index()].value(),
                    dispersion: (own.excess + 0.5 * DISPERSION_EVIDENCE).max(0.0)
                        / (own.squared_mean + DISPERSION_EVIDENCE),
                    level_variance: self.level_variance(group),
                }
            })
            .collect();
    }
}

/// What all series say about the next lead time.
struct LearnGlobal<'m, 'a> {
    model: &'m Model<'a>,
}

impl Stage for LearnGlobal<'_, '_> {
    type Evidence = Rows;

    fn nothing(&self) -> Rows {
        Rows::default()
    }

    fn observe(&self, range: Range<usize>) -> Rows {
        let mut rows = Rows::default();
        for pool in range.filter(|&pool| self.model.setup.sample.holds(pool)) {
            for fitted in self.model.fit_channels(pool) {
                self.model.add_lead_times(&fitted, &mut rows);
            }
        }
        rows
    }
}

/// Where past actuals fell in what would have been forecast.
struct LearnErrors<'m, 'a> {
    model: &'m Model<'a>,
}

/// Evidence of [`LearnErrors`].
struct ErrorEvidence {
    /// Recent units and what the levels expected. `[groups]`
    recent: Vec<GroupRecent>,
    /// The same at the rolling origins. `[groups × ORIGINS]`
    origins: Vec<GroupRecent>,
    /// Of sums over intervals. `[error groups]`
    sums: Vec<[PitSums; HORIZON_STEPS]>,
    /// Of single periods. `[error groups]`
    periods: Vec<PitSums>,
}

impl Stage for LearnErrors<'_, '_> {
    type Evidence = ErrorEvidence;

    fn nothing(&self) -> ErrorEvidence {
        let groups = self.model.setup.groups.keys.len();
        ErrorEvidence {
            recent: vec![GroupRecent::default(); groups],
            origins: vec![GroupRecent::default(); groups * ORIGINS],
            sums: vec![Default::default(); ERROR_GROUPS],
            periods: vec![PitSums::default(); ERROR_GROUPS],
        }
    }

    fn observe(&self, range: Range<usize>) -> ErrorEvidence {
        let setup = &self.model.setup;
        let mut evidence = self.nothing();
        for pool in range.filter(|&pool| setup.sample.holds(pool)) {
            let channels = self.model.fit_channels(pool);
            for fitted in &channels {
                let past = &fitted.past;
                // What is silent has not moved with its group.
                if fitted.today().silence.is_none() {
                    let recent = past.recent(setup.group_half_life());
                    let expected = recent.expected * fitted.today().level;
                    evidence.recent[past.group].add(recent.sold, expected);
                }
                for origin in fitted.past_origins() {
                    if origin.silence.is_none() {
                        let end = past.units.len() - origin.periods_back;
                        let before = past.recent_before(
                            end,
                            &past.exposure_without_origins,
                            setup.group_half_life(),
                        );
                        // The nearest first, whatever the length of a history.
                        let back = origin.periods_back / setup.steps.lead_time() - 1;
                        evidence.origins[past.group * ORIGINS + back]
                            .add(before.sold, before.expected * origin.level);
                    }
                }
            }
            let intervals = self.model.intervals(&channels);
            for step in 0..HORIZON_STEPS {
                let of_step: Vec<&Interval> =
                    intervals.iter().filter(|interval| interval.step == step).collect();
                for of_group in of_step.chunk_by(|a, b| a.error_group == b.error_group) {
                    let group = of_group[0].error_group;
                    let level = self.model.shared.of_error_group(group).level_variance[step];
                    let mut counts = PitCounts::default();
                    for interval in of_group {
                        let level = interval.wander * level;
                        let Moments { mean, variance } = interval.moments;
                        let moments = Moments { mean, variance: variance + level * mean * mean };
                        counts.add_actual(&moments, interval.actual.round());
                    }
                    evidence.sums[group.index()][step].add_member(&counts);
                }
            }
            for fitted in &channels {
                self.observe_periods(fitted, &mut evidence);
            }
        }
        evidence
    }
}

impl LearnErrors<'_, '_> {
    /// Where single periods of a series fell in the distributions predicted at past origins.
    fn observe_periods(&self, fitted: &Fitted<'_>, evidence: &mut ErrorEvidence) {
        let setup = &self.model.setup;
        let stride = if setup.bucket() == Bucket::Day { DAY_STRIDE } else { 1 };
        let origins = fitted.past_origins();
        for of_group in origins.chunk_by(|a, b| a.error_group == b.error_group) {
            let group = of_group[0].error_group;
            let level_variance = self.model.shared.of_error_group(group).level_variance;
            let mut counts = PitCounts::default();
            for origin in of_group {
                let before = fitted.past.units.len() - origin.periods_back;
                let furthest = origin.periods_back.min(setup.steps.furthest());
                for ahead in (0..furthest).step_by(stride) {
                    let t = before + ahead;
                    let mean = origin.level * fitted.past.expected_exposure(t);
                    // Not greater than zero, either: a period that was not observed has no mean.
                    if mean > 0.0 {
                        let step = setup.steps.step_of(ahead);
                        let level = origin.spread.wander * level_variance[step];
                        let variance = origin.spread.variance(mean, 1.0) + level * mean * mean;
                        let actual = f64::from(fitted.past.units[t]).round();
                        counts.add_actual(&Moments { mean, variance }, actual);
                    }
                }
            }
            evidence.periods[group.index()].add_member(&counts);
        }
    }
}

impl Evidence for ErrorEvidence {
    fn merge(&mut self, next: Self) {
        merge_recent(&mut self.recent, &next.recent);
        merge_recent(&mut self.origins, &next.origins);
        for (sum, next) in self.sums.iter_mut().flatten().zip(next.sums.iter().flatten()) {
            sum.merge(next);
        }
        for (sum, next) in self.periods.iter_mut().zip(&next.periods) {
            sum.merge(next);
        }
    }
}

/// How far forecasts were off, for those to come.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Calibrated {
    /// What the levels of each group moved together. `[groups]`
    pub scales: Vec<GroupScale>,
    /// Variance of what groups move together.
    pub moves: f64,
    /// `[error groups]`
    pub error_groups: Vec<GroupCalibration>,
}

/// Where the actuals of an error group fall in the predicted distributions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct GroupCalibration {
    /// Of sums over intervals, at each horizon step.
    pub sums: [Calibration; HORIZON_STEPS],
    /// Of single periods.
    pub periods: Calibration,
}

impl ErrorEvidence {
    /// An error group of few series leans on its kind (the same length of history and clumping, any
    /// volume), that on all.
    fn learn(&self) -> Calibrated {
        let none = Calibration::default();
        let all_periods = PitSums::sum(&self.periods).calibration(&none, KIND_EVIDENCE);
        let all_sums: [Calibration; HORIZON_STEPS] = std::array::from_fn(|step| {
            let counts = self.sums.iter().map(|steps| &steps[step]);
            PitSums::sum(counts).calibration(&none, KIND_EVIDENCE)
        });
        let error_groups = ErrorGroup::all()
            .map(|group| {
                let kind = group.kind().map(|like| &self.periods[like.index()]);
                let of_kind = PitSums::sum(kind).calibration(&all_periods, KIND_EVIDENCE);
                GroupCalibration {
                    periods: self.periods[group.index()].calibration(&of_kind, GROUP_EVIDENCE),
                    sums: std::array::from_fn(|step| {
                        let kind = group.kind().map(|like| &self.sums[like.index()][step]);
                        let of_kind =
                            PitSums::sum(kind).calibration(&all_sums[step], KIND_EVIDENCE);
                        self.sums[group.index()][step].calibration(&of_kind, GROUP_EVIDENCE)
                    }),
                }
            })
            .collect();
        let moves = reconcile::usual_moves(&[&self.recent[..], &self.origins].concat());
        Calibrated { scales: reconcile::scales(&self.recent, moves), moves, error_groups }
    }
}

impl Calibrated {
    /// Quantiles of one period, by error group.
    pub(crate) fn quantile_tables(&self) -> Vec<QuantileTable> {
        QuantileTable::of_groups(&QUANTILES, self.error_groups.iter().map(|group| &group.periods))
    }
}

/// What a pool sold over an interval after a past origin.
pub(crate) struct Interval {
    pub error_group: ErrorGroup,
    /// Horizon step that it is as long as.
    pub step: usize,
    /// Units.
    pub actual: f64,
    /// As predicted for a known level.
    pub moments: Moments,
    /// See [`Spread`].
    pub wander: f64,
}

impl Interval {
    /// Its error beyond what was predicted for a known level, weighted.
    fn excess(&self) -> ExcessVariance {
        let Moments { mean, variance } = self.moments;
        let squared_error = (self.actual - mean) * (self.actual - mean);
        // Intervals count by their information, one of them at most twenty variances.
        let rough = variance + 0.05 * mean * mean;
        let weight = mean * mean / (rough * rough);
        ExcessVariance {
            excess: weight * (squared_error - variance).min(20.0 * rough),
            squared_mean: weight * mean * mean,
        }
    }
}

/// A pool's total at an origin.
pub(crate) struct PoolOrigin {
    /// Periods before today.
    pub periods_back: usize,
    pub error_group: ErrorGroup,
    pub spread: Spread,
}

impl Model<'_> {
    /// What a pool sold after its past origins, all channels together.
    fn intervals(&self, channels: &[Fitted<'_>]) -> Vec<Interval> {
        let mut intervals = Vec::new();
        let origins = self.pool_origins(channels);
        for periods_back in (1..=ORIGINS).map(|k| k * self.setup.steps.lead_time()) {
            let Some(total) = origins.iter().find(|o| o.periods_back == periods_back) else {
                continue;
            };
            for (step, length) in self.setup.steps.periods().into_iter().enumerate() {
                if length > periods_back {
                    break;
                }
                let mut actual = 0.0;
                let mut mean = 0.0;
                for fitted in channels {
                    if let Some(origin) = fitted.origin_at(periods_back) {
                        let before = fitted.past.units.len() - periods_back;
                        let followed = fitted.past.tally(before..before + length);
                        actual += followed.sold;
                        mean += origin.level * followed.expected;
                    }
                }
                if mean > 0.0 {
                    let variance = total.spread.variance(mean, length as f64);
                    let moments = Moments { mean, variance };
                    let error_group = total.error_group;
                    let wander = total.spread.wander;
                    intervals.push(Interval { error_group, step, actual, moments, wander });
                }
            }
        }
        intervals
    }

    /// The pool's total at each origin of its longest channel; the last is today.
    pub(crate) fn pool_origins(&self, channels: &[Fitted<'_>]) -> Vec<PoolOrigin> {
        if let [only] = channels {
            let mut origins = Vec::with_capacity(only.origins().len());
            for origin in only.origins() {
                origins.push(PoolOrigin {
                    periods_back: origin.periods_back,
                    error_group: origin.error_group,
                    spread: origin.spread,
                });
            }
            return origins;
        }
        let Some(longest) = channels.iter().max_by_key(|fitted| fitted.past.units.len()) else {
            return Vec::new();
        };
        let backs: Vec<usize> = longest.origins().iter().map(|o| o.periods_back).collect();
        let mut origins = Vec::with_capacity(backs.len());
        for (periods_back, dispersion) in backs.iter().zip(pool_dispersion(&backs, channels)) {
            let mut rate = 0.0;
            let mut observed = 0.0f64;
            let mut overdue = true;
            for origin in channels.iter().filter_map(|fitted| fitted.origin_at(*periods_back)) {
                rate += origin.rate();
                observed = observed.max(origin.observed);
                overdue &= origin.dispersion.overdue();
            }
            let prior_group = self.setup.error_group(rate, observed, overdue, Spread::default());
            let spread = dispersion.spread(self.shared.of_error_group(prior_group).dispersion);
            origins.push(PoolOrigin {
                periods_back: *periods_back,
                error_group: self.setup.error_group(rate, observed, overdue, spread),
                spread,
            });
        }
        origins
    }
}

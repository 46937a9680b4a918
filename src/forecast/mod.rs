//! What will sell, and how far off may that be? The forecast engine.
//!
//! One series = level × pooled index. The index (weekday, annual season, events) is estimated over all series of a category and
//! channel ([`seasonal`]) and sharpened by the series' own weekdays; prices (`price`) and promotions enter it. The level is a
//! combination of memories weighted by rolling errors ([`combine`]), moved by what all series together say (`global`); groups
//! are lifted or lowered together towards what their total has done lately ([`reconcile`]); distributions are counts recalibrated
//! on past errors ([`distribution`]).
//!
//! A [`Context`] is learnt over the whole panel in [`Stage`]s: `observe` looks at a range of pools and may run in parallel,
//! `learn` takes the evidence in panel order, so that results do not depend on threads. Then [`Context::forecast_pool`] is a
//! pure function of one pool: it fits a small state of each series, or takes the one that an earlier refit left ([`warm`]), and
//! forecasts from it. Every index is a period of the panel's calendar.

pub mod evaluate;
pub mod methods;
pub mod pooled;
mod settings;

pub use crate::forecast::settings::{LocalModels, Settings};

use crate::domain::calendar::Bucket;
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::{Adjustment, Event, Inputs, Names, Price, Product, Promotion};
use crate::domain::outcome::QUANTILES;
use crate::domain::panel::{Panel, SeriesKey};
use crate::domain::sorted::Sorted;
use crate::domain::units::{ChannelId, LocationId, SkuId};
use crate::forecast::pooled::combine::{MEMORIES, MemoryErrors};
use crate::forecast::pooled::distribution::{Calibration, QuantileTable, Spread};
use crate::forecast::pooled::evidence::pooled;
pub use crate::forecast::pooled::evidence::{Errors, Memories};
use crate::forecast::pooled::seasonal::{Groups, Profile, Totals};
pub use crate::forecast::pooled::warm::Levels;
use crate::forecast::pooled::warm::Warm;
use crate::parallel;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// Horizons at which sums over an interval are calibrated: a week to two months.
pub const LADDER: usize = 4;
/// Series that the profile of all categories is worth against a category's own.
const CATEGORY_EVIDENCE: f64 = 20.0;
/// Pools to learn errors and the levels of groups from; more would only cost time.
const SAMPLE_POOLS: usize = 4_000;
/// Volume bands of [`Context::class`], units a period.
const BANDS: [f64; 7] = [0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];
/// Classes of like series: volume band × going on or overdue × short or long history × even or clumped demand.
pub const CLASSES: usize = (BANDS.len() + 1) * KINDS;
/// Going on or overdue, short or long history, even or clumped demand.
const KINDS: usize = 8;
/// Actuals that all classes of a kind must outweigh to leave the calibration of everything.
const PRIOR_PITS: f64 = 150.0;
/// Actuals that a class must outweigh to leave the calibration of its kind.
const KIN_PITS: f64 = 80.0;

/// What the engine reads.
#[derive(Debug, Clone, Copy)]
pub struct Demand<'a> {
    /// Dictionaries, for messages.
    pub names: &'a Names,
    /// History, cleaned.
    pub panel: &'a Panel,
    /// By SKU.
    pub products: &'a [Product],
    /// Sorted by start.
    pub events: &'a [Event],
    /// Past and planned.
    pub promotions: &'a [Promotion],
    /// By (sku, channel, from).
    pub prices: &'a Sorted<Price>,
    /// By (sku, channel, from).
    pub adjustments: &'a Sorted<Adjustment>,
}

impl<'a> From<&'a Inputs> for Demand<'a> {
    fn from(inputs: &'a Inputs) -> Self {
        Self {
            names: &inputs.names,
            panel: &inputs.panel,
            products: &inputs.products,
            events: &inputs.events,
            promotions: &inputs.promotions,
            prices: &inputs.prices,
            adjustments: &inputs.adjustments,
        }
    }
}

impl Demand<'_> {
    /// Position of a series in the panel.
    #[must_use]
    pub fn find(&self, key: SeriesKey) -> Option<usize> {
        let i = self.first_at_least(key);
        (i < self.panel.len() && self.panel.key(i) == key).then_some(i)
    }

    /// Number of series of an item.
    fn series_of(&self, sku: SkuId) -> usize {
        let first = SeriesKey { sku, location: LocationId(0), channel: ChannelId(0) };
        self.first_at_least(SeriesKey { sku: SkuId(sku.0 + 1), ..first })
            - self.first_at_least(first)
    }

    fn first_at_least(&self, key: SeriesKey) -> usize {
        let (mut low, mut high) = (0, self.panel.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.panel.key(middle) < key { low = middle + 1 } else { high = middle }
        }
        low
    }
}

/// What the context learns next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Pooled profiles of every group.
    Profiles,
    /// Which memories serve which class of series; promotion uplifts.
    Memories,
    /// What all series together say about the next lead time, price elasticity.
    Global,
    /// Levels of groups against their members, and errors by class.
    Calibration,
    /// The levels of an earlier refit's states, in a context that [resumes](Context::resume) it.
    Levels,
    /// Nothing: forecasts can be made.
    Ready,
}

/// What one range of pools has to say about a stage.
#[derive(Debug, Clone)]
pub enum Evidence {
    /// See [`Stage::Profiles`].
    Profiles(Totals),
    /// See [`Stage::Memories`].
    Memories(Box<Memories>),
    /// See [`Stage::Global`].
    Global(crate::forecast::pooled::global::Rows),
    /// See [`Stage::Calibration`].
    Calibration(Box<Errors>),
    /// See [`Stage::Levels`].
    Levels(Levels),
}

/// Everything learnt over the whole panel.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    demand: Demand<'a>,
    settings: Settings,
    stage: Stage,
    groups: Groups,
    half_lives: [f64; MEMORIES],
    ladder: [usize; LADDER],
    /// Positions in the promotions table.
    promotions_by_sku: BTreeMap<SkuId, Vec<usize>>,
    promotions_by_category: BTreeMap<&'a str, Vec<usize>>,
    learnt: Learnt,
    /// Quantiles of one period, by class.
    tables: Vec<QuantileTable>,
    /// Where the states of an earlier refit are carried on.
    warm: Option<Warm<'a>>,
}

/// What the stages found out, by position in [`Groups::keys`] and by class.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Learnt {
    profiles: Vec<Profile>,
    /// Groups without a profile of their own, and why.
    unprofiled: Vec<(usize, String)>,
    /// Demand by periods since the launch, relative to the settled item.
    launch_curve: Vec<f32>,
    /// Uplift of a promotion, by group.
    uplifts: Vec<f64>,
    /// Factor on all levels of a group.
    scales: Vec<f64>,
    memory_errors: Vec<MemoryErrors>,
    dispersions: Vec<f64>,
    level_variances: Vec<[f64; LADDER]>,
    classes: Vec<ClassErrors>,
    /// Slope of log uplift by discount, over all promotions seen.
    discount_slope: Option<f64>,
    /// `None` where it would not help.
    global: Option<crate::forecast::pooled::global::Global>,
}

impl Learnt {
    /// Nothing yet about `groups` groups over `periods` periods.
    fn nothing(groups: usize, periods: usize) -> Self {
        Self {
            profiles: vec![Profile::flat(periods); groups],
            unprofiled: Vec::new(),
            launch_curve: Vec::new(),
            uplifts: vec![1.0; groups],
            scales: vec![1.0; groups],
            memory_errors: vec![MemoryErrors::default(); CLASSES],
            dispersions: vec![0.5; CLASSES],
            level_variances: vec![[0.0; LADDER]; CLASSES],
            classes: Vec::new(),
            discount_slope: None,
            global: None,
        }
    }

    fn tables(&self) -> Vec<QuantileTable> {
        QuantileTable::of_classes(&QUANTILES, self.classes.iter().map(|class| &class.periods))
    }
}

/// What is known about the errors of one class.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct ClassErrors {
    /// Relative variance of the level at each rung.
    level_variance: [f64; LADDER],
    sums: [Calibration; LADDER],
    periods: Calibration,
}

impl<'a> Context<'a> {
    /// A context that has learnt nothing yet.
    #[must_use]
    pub fn new(demand: Demand<'a>, settings: Settings) -> Self {
        let groups = Groups::new(&demand);
        let bucket = demand.panel.calendar().bucket();
        let (half_lives, ladder) = match bucket {
            Bucket::Day => ([7.0, 14.0, 28.0, 56.0, 140.0], [7, 14, 28, 56]),
            Bucket::Week => ([1.5, 3.0, 6.0, 13.0, 40.0], [1, 2, 4, 8]),
            Bucket::Month => ([4.0, 7.0, 12.0, 24.0, 60.0], [1, 2, 3, 6]),
        };
        let mut promotions_by_sku: BTreeMap<SkuId, Vec<usize>> = BTreeMap::new();
        let mut promotions_by_category: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (p, promotion) in demand.promotions.iter().enumerate() {
            match (promotion.sku, &promotion.category) {
                (Some(sku), _) => promotions_by_sku.entry(sku).or_default().push(p),
                (None, Some(category)) => {
                    promotions_by_category.entry(category).or_default().push(p)
                }
                (None, None) => {}
            }
        }
        let periods = demand.panel.calendar().history() + settings.reach(bucket);
        Self {
            demand,
            settings,
            stage: Stage::Profiles,
            learnt: Learnt::nothing(groups.keys.len(), periods),
            groups,
            half_lives,
            ladder,
            promotions_by_sku,
            promotions_by_category,
            tables: Vec::new(),
            warm: None,
        }
    }

    /// What it reads.
    #[must_use]
    pub fn demand(&self) -> &Demand<'a> {
        &self.demand
    }

    /// What to `observe` and `learn` next.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// Groups that fell back.
    #[must_use]
    pub fn exceptions(&self) -> Vec<Exception> {
        let exception = |(g, why): &(usize, String)| {
            let key = &self.groups.keys[*g];
            let about = Subject::Category {
                category: key.category.to_string(),
                channel: self.demand.names.channels[key.channel].clone(),
            };
            Exception::new(
                Severity::Info,
                ExceptionKind::Fallback,
                about,
                "no pooled seasonal profile",
                why.clone(),
            )
        };
        self.learnt.unprofiled.iter().map(exception).collect()
    }

    /// What the pools `range` (of [`Panel::pools`]) say about the current stage.
    ///
    /// # Panics
    /// When the context is ready.
    #[must_use]
    pub fn observe(&self, range: Range<usize>) -> Evidence {
        let pools = &self.demand.panel.pools()[range.clone()];
        match self.stage {
            Stage::Profiles => {
                let series = pools.iter().map(|p| p.series.clone()).filter(|s| !s.is_empty());
                let (first, end) =
                    series.fold((usize::MAX, 0), |(a, b), s| (a.min(s.start), b.max(s.end)));
                let promoted =
                    |i| self.promoted_periods(i, &self.promotions_of(self.demand.panel.key(i)));
                Evidence::Profiles(Totals::of(
                    &self.demand,
                    &self.groups,
                    first.min(end)..end,
                    promoted,
                ))
            }
            Stage::Memories => Evidence::Memories(Box::new(self.observe_memories(range))),
            Stage::Global => Evidence::Global(self.observe_global(range)),
            Stage::Calibration => Evidence::Calibration(Box::new(self.observe_errors(range))),
            Stage::Levels => Evidence::Levels(self.observe_levels(
                self.warm.as_ref().expect("only a resumed context gets here"),
                range,
            )),
            Stage::Ready => panic!("a ready context has nothing left to observe"),
        }
    }

    /// Takes in the evidence of all ranges, in panel order, and goes to the next stage.
    ///
    /// # Panics
    /// If the evidence is of another stage.
    pub fn learn(&mut self, evidence: Vec<Evidence>) {
        let mut evidence = evidence.into_iter();
        match evidence.next() {
            Some(Evidence::Profiles(mut totals)) => {
                for next in evidence {
                    let Evidence::Profiles(next) = next else { panic!("evidence of one stage") };
                    totals.merge(&next);
                }
                self.learn_profiles(&totals);
            }
            Some(Evidence::Memories(mut memories)) => {
                for next in evidence {
                    let Evidence::Memories(next) = next else { panic!("evidence of one stage") };
                    memories.merge(&next);
                }
                self.learn_memories(&memories);
            }
            Some(Evidence::Global(mut rows)) => {
                for next in evidence {
                    let Evidence::Global(next) = next else { panic!("evidence of one stage") };
                    rows.merge(next);
                }
                self.learnt.global = rows.learn();
            }
            Some(Evidence::Calibration(mut errors)) => {
                for next in evidence {
                    let Evidence::Calibration(next) = next else { panic!("evidence of one stage") };
                    errors.merge(&next);
                }
                self.learn_errors(&errors);
            }
            Some(Evidence::Levels(mut levels)) => {
                for next in evidence {
                    let Evidence::Levels(next) = next else { panic!("evidence of one stage") };
                    levels.merge(next);
                }
                return self.learn_levels(levels);
            }
            None => {}
        }
        self.stage = match self.stage {
            Stage::Profiles => Stage::Memories,
            Stage::Memories => Stage::Global,
            Stage::Global => Stage::Calibration,
            Stage::Calibration | Stage::Levels | Stage::Ready => Stage::Ready,
        };
    }

    /// Class of a pool or series by volume, length of history, whether demand is overdue, and spread; `seen` periods.
    fn class(&self, rate: f64, seen: f64, overdue: bool, spread: Spread) -> usize {
        let band = BANDS.partition_point(|&b| b < rate);
        let year = 365.25 / self.demand.panel.calendar().bucket().days();
        let short = seen < 0.5 * year;
        band * KINDS
            + 4 * usize::from(overdue)
            + 2 * usize::from(short)
            + usize::from(spread.dispersion > 2.0 || spread.clumping > 2.0)
    }

    /// The rung of the ladder that period `ahead` (0 = the first) belongs to.
    fn rung(&self, ahead: usize) -> usize {
        self.ladder.partition_point(|&l| l <= ahead).min(LADDER - 1)
    }

    /// Whether a pool is in the sample that errors are learnt from.
    fn sampled(&self, pool: usize) -> bool {
        self.in_sample(pool, SAMPLE_POOLS)
    }

    /// Whether a pool is in an even sample of at most `size` pools.
    fn in_sample(&self, pool: usize, size: usize) -> bool {
        pool.is_multiple_of(self.demand.panel.pools().len().div_ceil(size))
    }

    fn learn_profiles(&mut self, totals: &Totals) {
        self.learnt.launch_curve = totals.launch_curve();
        let history = self.demand.panel.calendar().history();
        let held = crate::forecast::pooled::series::ORIGINS * self.ladder[2];
        let profile = |g: usize| {
            let cells = g * history..(g + 1) * history;
            let totals = (&totals.units[cells.clone()], &totals.expected[cells]);
            crate::forecast::pooled::seasonal::profile(
                &self.demand,
                &self.settings,
                &self.groups.keys[g],
                totals,
                held,
            )
        };
        for (g, profile) in parallel::map(self.groups.keys.len(), profile).into_iter().enumerate() {
            match profile {
                Ok(profile) => self.learnt.profiles[g] = profile,
                Err(error) => self.learnt.unprofiled.push((g, error.to_string())),
            }
        }
        self.shrink_profiles(totals, history);
    }

    /// Pulls every category's profile towards that of all categories in its channel: a season that few items show is mostly theirs.
    fn shrink_profiles(&mut self, totals: &Totals, history: usize) {
        let mut series = vec![0.0; self.groups.keys.len()];
        self.groups.of_series.iter().for_each(|&g| series[g] += 1.0);
        let mut channels: Vec<usize> = self.groups.keys.iter().map(|k| k.channel).collect();
        channels.sort_unstable();
        channels.dedup();
        for channel in channels {
            let members: Vec<usize> =
                (0..series.len()).filter(|&g| self.groups.keys[g].channel == channel).collect();
            if members.len() < 2 {
                continue;
            }
            let sum = |of: &[f64]| -> Vec<f64> {
                (0..history).map(|t| members.iter().map(|g| of[g * history + t]).sum()).collect()
            };
            let key =
                crate::forecast::pooled::seasonal::GroupKey { category: String::new(), channel };
            let held = crate::forecast::pooled::series::ORIGINS * self.ladder[2];
            let all = (sum(&totals.units), sum(&totals.expected));
            let Ok(all) = crate::forecast::pooled::seasonal::profile(
                &self.demand,
                &self.settings,
                &key,
                (&all.0, &all.1),
                held,
            ) else {
                continue;
            };
            for &g in &members {
                let share = CATEGORY_EVIDENCE / (series[g] + CATEGORY_EVIDENCE);
                self.learnt.profiles[g].pull_towards(&all, share);
            }
        }
    }

    fn learn_memories(&mut self, memories: &Memories) {
        self.learnt.memory_errors.clone_from(&memories.errors);
        self.learnt.discount_slope =
            crate::forecast::pooled::regression::uplift_by_discount(&memories.discounts)
                .map(|(_, slope)| slope);
        self.learnt.level_variances = (0..CLASSES).map(|c| memories.level_variance(c)).collect();
        for (dispersion, (excess, square)) in
            self.learnt.dispersions.iter_mut().zip(&memories.dispersion)
        {
            *dispersion = (excess + 0.5 * 5.0).max(0.0) / (square + 5.0);
        }
        for (uplift, (sold, expected)) in self.learnt.uplifts.iter_mut().zip(&memories.promoted) {
            *uplift = ((sold + 50.0) / (expected + 50.0)).clamp(0.5, 5.0);
        }
    }

    fn learn_errors(&mut self, errors: &Errors) {
        self.learnt.scales = errors
            .recent
            .iter()
            .map(|&(units, expected)| crate::forecast::pooled::reconcile::scale(units, expected))
            .collect();
        let all_periods =
            pooled(errors.periods.iter()).calibration(&Calibration::default(), PRIOR_PITS);
        let all_sums = std::array::from_fn(|h| {
            pooled(errors.sums.iter().map(|c| &c[h]))
                .calibration(&Calibration::default(), PRIOR_PITS)
        });
        // A class of few series leans on its kin (same length of history and clumping, any volume), those on all.
        self.learnt.classes = (0..CLASSES)
            .map(|c| {
                let kin = || (0..CLASSES).filter(move |k| k % KINDS == c % KINDS);
                let periods =
                    pooled(kin().map(|k| &errors.periods[k])).calibration(&all_periods, PRIOR_PITS);
                let sums = |h: usize| {
                    let all: &[Calibration; LADDER] = &all_sums;
                    let kin =
                        pooled(kin().map(|k| &errors.sums[k][h])).calibration(&all[h], PRIOR_PITS);
                    errors.sums[c][h].calibration(&kin, KIN_PITS)
                };
                ClassErrors {
                    level_variance: self.learnt.level_variances[c],
                    sums: std::array::from_fn(sums),
                    periods: errors.periods[c].calibration(&periods, KIN_PITS),
                }
            })
            .collect();
        self.tables = self.learnt.tables();
    }
}

#[cfg(test)]
mod tests;

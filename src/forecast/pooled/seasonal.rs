//! Which days, weeks and events sell more? Profiles estimated over all series of a category and
//! channel together.
//!
//! One series is too noisy to show its own annual season or a holiday; its group is not. `Totals`
//! adds up the observed units of a group per period and, over the same cells, what each series
//! sells on average, so that launches, exits, stock-outs and promotions do not pass for seasons.
//! `profile` regresses one on the other (see [`crate::forecast::pooled::regression`]) with weekday,
//! annual (Fourier; weekly series also single weeks of the year, which holidays make), event and
//! slowly moving level terms, after Harvey & Peters (1990) and Taylor & Letham (2018); recent
//! periods count more. The result is an index around 1 for each period of history and horizon.
//! Units: periods of the panel's calendar.

use crate::domain::calendar::{Bucket, Calendar};
use crate::domain::error::FitError;
use crate::domain::inputs::Event;
use crate::domain::panel::flag;
use crate::forecast::Demand;
use crate::forecast::pooled::growth::{self, BlockSums, OwnGrowth};
use crate::forecast::pooled::horizon::ORIGINS;
use crate::forecast::pooled::horizon::YEAR_DAYS;
use crate::forecast::pooled::level::Past;
use crate::forecast::pooled::promotions::is_promoted;
use crate::forecast::pooled::regression::{
    Counts, Entry, Penalty, RandomWalk, SparseRows, fit_counts,
};
use crate::forecast::pooled::setup::Setup;
use crate::forecast::pooled::shift::step_of_history;
use crate::forecast::pooled::survey::Evidence;
use crate::forecast::pooled::tally::Tally;
use crate::math::elementary::{Elementary, Transcendental};
use crate::math::exact::{ExactSum, add_steps, unit_steps, units_of};
use crate::parallel;
use chrono::Datelike;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// Prior standard deviations of log effects.
// In words: weekdays differ by a third, parts of the year by half, an event by a tenth, until the
// data say otherwise.
const WEEKDAY_SD: f64 = 0.3;
const ANNUAL_SD: f64 = 0.4;
const EVENT_SD: f64 = 0.1;
/// A single week of the year beside the smooth season: as large as an event, which it often is one
/// of. It lowered the cost of the weekly inventory game by 0.6 %.
const WEEK_SD: f64 = 0.1;
/// Weeks of a year; the 53rd of some years counts to the 52nd.
const WEEKS: usize = 52;
/// History below which a season of the year cannot be told from growth.
// A year and the third of another: what is high twice at the same time is a season.
const ANNUAL_DAYS: f64 = 500.0;
/// Movement of a group's log level from knot to knot.
// 8 % a month, 29 % a year: a level that moves more eats the season.
const LEVEL_STEP_SD: f64 = 0.08;
/// Days between two knots of the level; three months, at that bucket.
const KNOT_DAYS: f64 = 28.0;
const KNOT_MONTHS: usize = 3;
/// Relative variance of a group's demand beyond Poisson.
// A standard deviation of a tenth: without it every unit of a large group is a witness.
const GROUP_DISPERSION: f64 = 0.01;
/// An event on which a group sells less than this share is a closed day, outside any regression: a
/// log link cannot say zero, and pulled the days around it down.
const CLOSED_SHARE: f64 = 0.05;
/// Units that must have been usual there before a day counts as closed.
const CLOSED_EVIDENCE: f64 = 20.0;
/// Units of evidence that "sells at once what it will sell" is worth against the launches in the
/// panel.
const LAUNCH_EVIDENCE: f64 = 1_000.0;
/// Periods on both sides that a launch curve is smoothed over: a week together.
const LAUNCH_SMOOTHING: usize = 3;
/// Names of events whose effects are learnt for a group. Those beyond it that come again least, and
/// came least often, are not: a name that comes but once ("Black Friday 2024") tells nothing of
/// the future. Three years of all public holidays and paydays of two countries are about 60.
const MOST_EVENTS: usize = 200;
/// Series that the profile of all categories is worth against a category's own: a season that few
/// items show is mostly theirs. Pulling lowered the cost of the weekly inventory game by 2 %.
const CATEGORY_EVIDENCE: f64 = 20.0;
/// Least and largest index: a period that sells nothing must not take the level with it, and one
/// that sells fifty times the usual is an error in the data.
const INDEX_LEAST: f64 = 1e-4;
const INDEX_MOST: f64 = 50.0;

/// Share of a group, by usual units, below which those without a promotion do not speak for all:
/// six closed shops of a hundred, the only ones that ran none, made every second week of a summer
/// sell a third. The promoted ones speak then, for their own lift apart: with every second week of
/// a chain left out, its season was fitted to half a year's weeks and its February was forecast at
/// half.
const LEAST_HEARD: f64 = 0.2;
/// Prior standard deviation of that lift, in logarithms: from nothing to the double.
const PROMOTED_SD: f64 = 0.7;

/// Series of one category in one channel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupKey {
    /// Category; empty when unknown.
    pub category: String,
    /// Channel, as an index.
    pub channel: usize,
}

/// Which group each series belongs to.
#[derive(Debug, Clone)]
pub struct Groups {
    /// Sorted.
    pub keys: Vec<GroupKey>,
    /// Position in `keys`. `[series]`
    pub of_series: Vec<usize>,
}

impl Groups {
    /// Groups of a panel, in the order of their keys.
    #[must_use]
    pub fn new(demand: &Demand<'_>) -> Self {
        let mut keys = Vec::with_capacity(demand.panel.len());
        for series in 0..demand.panel.len() {
            let key = demand.panel.key(series);
            keys.push((demand.category_of(key.sku), key.channel.index()));
        }
        let mut distinct = keys.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let distinct = distinct
            .into_iter()
            .map(|(category, channel)| GroupKey { category: category.to_owned(), channel })
            .collect();
        Self::among(demand, distinct)
    }

    /// The same where a part of a panel is looked at: `keys` are the groups of the whole, sorted.
    pub(crate) fn among(demand: &Demand<'_>, keys: Vec<GroupKey>) -> Self {
        let mut of_series = Vec::with_capacity(demand.panel.len());
        for series in 0..demand.panel.len() {
            let key = demand.panel.key(series);
            let own = (demand.category_of(key.sku), key.channel.index());
            let before = |group: &GroupKey| (group.category.as_str(), group.channel) < own;
            of_series.push(keys.partition_point(before));
        }
        Self { keys, of_series }
    }
}

/// What the pooled profiles know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Seasons {
    /// `[groups]`
    pub profiles: Vec<Profile>,
    /// Groups without a profile of their own.
    pub unprofiled: Vec<Unprofiled>,
    /// Demand by periods since the launch, relative to the settled item; empty for none.
    pub launch_curve: Vec<f32>,
}

/// A group without a profile of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Unprofiled {
    pub group: usize,
    pub reason: String,
}

impl Seasons {
    /// No seasons.
    pub(crate) fn flat(groups: usize, periods: usize) -> Self {
        Self {
            profiles: vec![Profile::flat(periods); groups],
            unprofiled: Vec::new(),
            launch_curve: Vec::new(),
        }
    }

    /// The profiles of all groups, each pulled towards that of all categories in its channel.
    pub(crate) fn learn(setup: &Setup<'_>, totals: &Totals) -> Self {
        let keys = &setup.groups.keys;
        let mut seasons = Self::flat(keys.len(), setup.periods());
        seasons.launch_curve = totals.launch_curve();
        let profiles =
            parallel::map(keys.len(), |group| profile(setup, &keys[group], &totals.of(group)));
        for (group, profile) in profiles.into_iter().enumerate() {
            match profile {
                Ok(profile) => seasons.profiles[group] = profile,
                Err(error) => {
                    seasons.unprofiled.push(Unprofiled { group, reason: error.to_string() });
                }
            }
        }
        seasons.pull_together(setup, totals);
        seasons.profiles.iter_mut().enumerate().for_each(|(group, profile)| {
            profile.heed_years(setup, &totals.of(group));
        });
        seasons
    }

    fn pull_together(&mut self, setup: &Setup<'_>, totals: &Totals) {
        let keys = &setup.groups.keys;
        let mut series = vec![0.0; keys.len()];
        for &group in &setup.groups.of_series {
            series[group] += 1.0;
        }
        let mut channels: Vec<usize> = keys.iter().map(|key| key.channel).collect();
        channels.sort_unstable();
        channels.dedup();
        for channel in channels {
            let members: Vec<usize> =
                (0..keys.len()).filter(|&group| keys[group].channel == channel).collect();
            if members.len() < 2 {
                continue;
            }
            let together = totals.together(&members);
            let key = GroupKey { category: String::new(), channel };
            let Ok(all) = profile(setup, &key, &together) else { continue };
            for group in members {
                // A small group leans on its channel, one of many series stands by itself.
                let share = CATEGORY_EVIDENCE / (series[group] + CATEGORY_EVIDENCE);
                self.profiles[group].pull_towards(&all, share);
            }
        }
    }
}

/// Observed and average units of every group and period of history, as exact sums.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    history: usize,
    /// `None` for groups of which no series was added: a partition of few items in a range of a
    /// thousand categories holds its own alone. `[groups]`
    groups: Vec<Option<Box<GroupSteps>>>,
    /// Those of the series with few ordinary periods between promotions. `[groups]`
    seldom: Vec<Option<Box<GroupSteps>>>,
    /// By periods since the launch, all groups together.
    launch: Vec<LaunchSums>,
    /// What those sold lately that share an adjustment. `[adjustments for no single item]`
    shared: Vec<ExactSum>,
}

/// Sums of one group by period, in [steps of units](crate::math::exact).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct GroupSteps {
    /// Units sold. `[history]`
    units: Vec<i64>,
    /// What the same cells sell on average. `[history]`
    expected: Vec<i64>,
    /// Of the cells that a promotion ran in; empty for none. `[history]`
    promoted: Vec<PromotedSteps>,
}

/// Sums of the cells of a group that a promotion ran in, in steps of units.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct PromotedSteps {
    sold: i64,
    /// What the same cells sell on average without one.
    expected: i64,
}

impl GroupSteps {
    fn nothing(history: usize) -> Self {
        Self { units: vec![0; history], expected: vec![0; history], promoted: Vec::new() }
    }

    /// Whether so much of the group was promoted in a period that the rest does not speak for it.
    fn is_promoted(&self, t: usize) -> bool {
        let promoted = self.promoted.get(t).map_or(0.0, |cells| cells.expected as f64);
        promoted > 0.0
            && (self.expected[t] as f64) < LEAST_HEARD * (self.expected[t] as f64 + promoted)
    }

    /// What all cells together sell on average, in steps.
    fn usual(&self) -> f64 {
        let ordinary = self.expected.iter().map(|&steps| steps as f64);
        ordinary.chain(self.promoted.iter().map(|cells| cells.expected as f64)).sum()
    }

    fn merge(&mut self, other: &Self) {
        for (sum, &steps) in self.units.iter_mut().zip(&other.units) {
            add_steps(sum, steps);
        }
        for (sum, &steps) in self.expected.iter_mut().zip(&other.expected) {
            add_steps(sum, steps);
        }
        if self.promoted.is_empty() && !other.promoted.is_empty() {
            self.promoted = vec![PromotedSteps::default(); self.units.len()];
        }
        for (sum, cells) in self.promoted.iter_mut().zip(&other.promoted) {
            add_steps(&mut sum.sold, cells.sold);
            add_steps(&mut sum.expected, cells.expected);
        }
    }
}

/// Sums of all series in one period since their launch.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct LaunchSums {
    sold: ExactSum,
    expected: ExactSum,
}

/// Units of one group by period.
#[derive(Debug, Clone)]
pub(crate) struct GroupTotals {
    /// Units sold. `[history]`
    pub units: Vec<f64>,
    /// What the same cells sell on average, units. `[history]`
    pub expected: Vec<f64>,
    /// Those of the promoted cells, in periods in which hardly any other was. By period
    pub promoted: BTreeMap<usize, Tally>,
}

impl Totals {
    /// Before any series.
    pub(crate) fn nothing(setup: &Setup<'_>) -> Self {
        Self {
            history: setup.calendar().history(),
            groups: vec![None; setup.groups.keys.len()],
            seldom: vec![None; setup.groups.keys.len()],
            launch: vec![LaunchSums::default(); launch_periods(setup.bucket())],
            shared: setup.nothing_shared(),
        }
    }

    /// The totals of one group.
    pub(crate) fn of(&self, group: usize) -> GroupTotals {
        self.together(&[group])
    }

    /// The totals of some groups as if they were one.
    fn together(&self, groups: &[usize]) -> GroupTotals {
        let mut together = GroupSteps::nothing(self.history);
        for group in groups.iter().filter_map(|&group| self.groups[group].as_ref()) {
            together.merge(group);
        }
        let mut seldom = GroupSteps::nothing(self.history);
        for group in groups.iter().filter_map(|&group| self.seldom[group].as_ref()) {
            seldom.merge(group);
        }
        let ordinary = together.usual();
        // Series that are seldom unpromoted are heard only where the others hardly say anything.
        if ordinary < LEAST_HEARD * (ordinary + seldom.usual()) {
            together.merge(&seldom);
        }
        let mut promoted = BTreeMap::new();
        for t in 0..self.history {
            if together.is_promoted(t) {
                together.units[t] = 0;
                together.expected[t] = 0;
                let PromotedSteps { sold, expected } = together.promoted[t];
                let cells = Tally { sold: units_of(sold), expected: units_of(expected) };
                promoted.insert(t, cells);
            }
        }
        GroupTotals {
            units: together.units.into_iter().map(units_of).collect(),
            expected: together.expected.into_iter().map(units_of).collect(),
            promoted,
        }
    }

    /// What those sold lately that share an adjustment. `[adjustments for no single item]`
    pub(crate) fn shared(&self) -> &[ExactSum] {
        &self.shared
    }

    /// Adds one series: its periods up to the last sale that were observed, promoted ones apart.
    pub(crate) fn add_series(&mut self, setup: &Setup<'_>, series: usize) {
        setup.add_shared(series, &mut self.shared);
        let panel = setup.panel();
        let units = panel.cleaned(series);
        let flags = panel.flags(series);
        let start = panel.start(series);
        let Some(last) = units.iter().rposition(|&units| units > 0.0) else { return };
        let promotions = setup.promotions_of(panel.key(series));
        let promoted = setup.promotion_calendar(series, 0..units.len(), &promotions);
        // What happened to one item says nothing of its group.
        let own_alone = setup.days_of_item_events(panel.key(series));
        let mut ordinary = Vec::with_capacity(last + 1);
        let mut any_promoted = false;
        let mut sum = 0.0;
        let mut count = 0.0;
        let mut observed = 0.0;
        for t in 0..=last {
            let in_promotion = is_promoted(&promoted, t);
            any_promoted |= in_promotion;
            let is_own = own_alone.iter().any(|days| days.contains(&(start + t)));
            let seen = flags[t] & flag::CENSORED == 0 && !is_own;
            observed += f64::from(u8::from(seen));
            let counts = seen && !in_promotion;
            ordinary.push(counts);
            if counts {
                sum += f64::from(units[t]);
                count += 1.0;
            }
        }
        // The average of a few periods says more about their season than about the series. Where
        // most of a group is promoted in half of them, as in a chain that promotes every second
        // week, those have to do: only the shops closed for half a year had enough others, and
        // their closure was everybody's summer.
        let least = (setup.bucket().season_length() as f64).min(28.0);
        if observed < 2.0 * least || count < least || sum <= 0.0 {
            return;
        }
        let usual = usual_path(&units[..=last], &ordinary, setup.bucket());
        let sold_a_unit = ordinary.iter().zip(&usual).filter(|(counts, _)| **counts);
        let scale = sum / sold_a_unit.map(|(_, &path)| f64::from(path)).sum::<f64>();
        let history = self.history;
        let groups = if count < 2.0 * least { &mut self.seldom } else { &mut self.groups };
        let totals = groups[setup.groups.of_series[series]]
            .get_or_insert_with(|| Box::new(GroupSteps::nothing(history)));
        let sold = totals.units[start..].iter_mut().zip(&mut totals.expected[start..]);
        for (t, (sum, expected)) in sold.enumerate().take(last + 1) {
            if ordinary[t] {
                add_steps(sum, unit_steps(f64::from(units[t])));
                add_steps(expected, unit_steps(scale * f64::from(usual[t])));
            }
        }
        if any_promoted {
            if totals.promoted.is_empty() {
                totals.promoted = vec![PromotedSteps::default(); history];
            }
            for t in (0..=last).filter(|&t| is_promoted(&promoted, t)) {
                if flags[t] & flag::CENSORED == 0 {
                    let cells = &mut totals.promoted[start + t];
                    add_steps(&mut cells.sold, unit_steps(f64::from(units[t])));
                    add_steps(&mut cells.expected, unit_steps(scale * f64::from(usual[t])));
                }
            }
        }
        self.add_launch(&units[..=last], start, &ordinary);
    }

    /// Enters the first periods of a series that was launched inside the panel against what it sold
    /// once it had settled.
    fn add_launch(&mut self, units: &[f32], start: usize, ordinary: &[bool]) {
        let periods = self.launch.len();
        // A launch is one that the panel has seen begin, and long enough to know what came after
        // it.
        if periods == 0 || start < periods / 2 || units.len() < periods * 3 / 2 {
            return;
        }
        let mut sum = 0.0;
        let mut count = 0.0;
        // What it settles at is measured after its first half, and before its life goes on to
        // something else.
        for t in (periods / 2..units.len().min(3 * periods)).filter(|&t| ordinary[t]) {
            sum += f64::from(units[t]);
            count += 1.0;
        }
        if count > 0.0 {
            for t in (0..periods).filter(|&t| ordinary[t]) {
                self.launch[t].sold.add(f64::from(units[t]));
                self.launch[t].expected.add(sum / count);
            }
        }
    }

    /// Demand by periods since the launch relative to the settled item, smoothed over a week; empty
    /// when nothing was launched.
    fn launch_curve(&self) -> Vec<f32> {
        let mut curve = Vec::with_capacity(self.launch.len());
        for t in 0..self.launch.len() {
            let from = t.saturating_sub(LAUNCH_SMOOTHING);
            let to = (t + LAUNCH_SMOOTHING + 1).min(self.launch.len());
            let mut around = Tally::default();
            for period in &self.launch[from..to] {
                around.add(period.sold.value(), period.expected.value());
            }
            // Pulled towards 1: without many launches nothing is said of the next.
            curve.push(around.factor(1.0, LAUNCH_EVIDENCE) as f32);
        }
        curve
    }
}

impl Evidence for Totals {
    fn merge(&mut self, other: Self) {
        let own = self.groups.iter_mut().chain(&mut self.seldom);
        for (sum, other) in own.zip(other.groups.into_iter().chain(other.seldom)) {
            match (sum.as_mut(), other) {
                (Some(sum), Some(other)) => sum.merge(&other),
                (None, other) => *sum = other,
                (Some(_), None) => {}
            }
        }
        for (sum, other) in self.launch.iter_mut().zip(&other.launch) {
            sum.sold.merge(other.sold);
            sum.expected.merge(other.expected);
        }
        for (sum, other) in self.shared.iter_mut().zip(other.shared) {
            sum.merge(other);
        }
    }
}

/// What a series sells in each period but for seasons, relative to the end: flat, with a lasting
/// step, or as it grew from year to year. A season fitted to growth is a saw, and one fitted to a
/// step of ten times made 7.7 a day of 20.
fn usual_path(units: &[f32], ordinary: &[bool], bucket: Bucket) -> Vec<f32> {
    let mut path: Vec<f32> =
        ordinary.iter().map(|&counts| if counts { 1.0 } else { f32::NAN }).collect();
    let past = Past { units, exposure: &path };
    let step = step_of_history(&past, bucket);
    let level_from = step.map_or(0, |step| step.from);
    let own = BlockSums::of(&past, bucket, level_from, 0).growth(0);
    let believed = OwnGrowth::believed(own, 0.0);
    path.fill(1.0);
    if let Some(step) = step {
        path[..step.from].fill((step.before / step.after) as f32);
    }
    growth::take_out(&mut path, 0, units.len(), believed, bucket.days());
    path
}

/// Periods that a launch may take: eight weeks; no curve for months.
fn launch_periods(bucket: Bucket) -> usize {
    match bucket {
        Bucket::Day => 56,
        Bucket::Week => 8,
        Bucket::Month => 0,
    }
}

/// The pooled profile of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Demand relative to the level: weekday × annual × events. `[history + reach]`
    pub index: Vec<f32>,
    /// The same as fitted without the periods that follow the rolling origins.
    /// `[history + reach]`
    pub index_without_origins: Vec<f32>,
    /// Parts of the year in which the group sells next to nothing. `[parts]`; empty for none
    pub off_season: Vec<bool>,
    /// Names of events that were too many to learn.
    pub events_left_out: u32,
}

impl Profile {
    /// Moves the season `share` of the way to `other`'s, in logarithms.
    pub fn pull_towards(&mut self, other: &Self, share: f64) {
        blend(&mut self.index, &other.index, share as f32);
        blend(&mut self.index_without_origins, &other.index_without_origins, share as f32);
    }

    /// Moves the season to what the group's own years agree on, see
    /// [`year_parts`](crate::forecast::pooled::year_parts).
    fn heed_years(&mut self, setup: &Setup<'_>, totals: &GroupTotals) {
        let history = totals.units.len();
        let unknown = ORIGINS * setup.steps.lead_time();
        let known = history.saturating_sub(unknown);
        let units: Vec<f32> = totals.units.iter().map(|&units| units as f32).collect();
        for (index, known) in [(&mut self.index, history), (&mut self.index_without_origins, known)]
        {
            let first = totals.expected.iter().position(|&expected| expected > 0.0);
            let Some(first) = first.filter(|&first| first < known) else { continue };
            let mut expected = Vec::with_capacity(known - first);
            for (t, &usual) in totals.expected[first..known].iter().enumerate() {
                let expects = usual > 0.0;
                expected.push(if expects { usual as f32 * index[first + t] } else { f32::NAN });
            }
            let Some(found) = setup.year.factors(first, &units[first..known], &expected) else {
                continue;
            };
            // Only where parts of the year are all but empty, which no smooth season shows: on M5,
            // where none are, following every wiggle of two years cost 0.02 of WRMSSE.
            if !found.off.contains(&true) {
                continue;
            }
            for (t, value) in index.iter_mut().enumerate() {
                *value *= found.factors[setup.year.of(t)];
            }
            if known == history {
                self.off_season = found.off;
            }
        }
    }

    /// No season.
    #[must_use]
    pub fn flat(periods: usize) -> Self {
        Self {
            index: vec![1.0; periods],
            index_without_origins: vec![1.0; periods],
            off_season: Vec::new(),
            events_left_out: 0,
        }
    }
}

/// Weighted geometric mean with `other`.
fn blend(own: &mut [f32], other: &[f32], share: f32) {
    for (a, &b) in own.iter_mut().zip(other) {
        // Factors are averaged by their logarithms: half way between half and double is as usual.
        *a = a.to_the(1.0 - share) * b.to_the(share);
    }
}

/// The dates of an event, all years.
struct EventDates<'a> {
    dates: Vec<&'a Event>,
}

/// Events whose effects can be learnt for a group, in the order of their first days.
struct GroupEvents<'a> {
    events: Vec<EventDates<'a>>,
    /// Names beyond [`MOST_EVENTS`].
    left_out: usize,
}

impl<'a> GroupEvents<'a> {
    /// Those with a day among the periods `known`: the effect of any other is not known, and nil.
    fn new(
        events: &'a [Event],
        key: &GroupKey,
        calendar: &Calendar,
        known: &Range<usize>,
        periods: usize,
    ) -> Self {
        let mut by_name: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
        for event in events {
            if event.sku.is_none() && event.concerns(&key.category, key.channel) {
                by_name.entry(&event.event).or_default().push(event);
            }
        }
        let known = known.start as i64 + Event::FELT.start..known.end as i64 - Event::FELT.start;
        let mut ranked = Vec::with_capacity(by_name.len());
        for dates in by_name.into_values() {
            let mut past = 0;
            let mut returns = false;
            for event in &dates {
                let span = calendar.index(event.start)..=calendar.index(event.end);
                // Only what has happened within history can be learnt, whether it returns or not.
                past += usize::from(*span.start() < known.end && *span.end() >= known.start);
                returns |= *span.end() >= known.end && *span.start() < periods as i64;
            }
            if past > 0 {
                ranked.push((std::cmp::Reverse((returns, past)), EventDates { dates }));
            }
        }
        let left_out = ranked.len().saturating_sub(MOST_EVENTS);
        if left_out > 0 {
            ranked.sort_by_key(|(rank, _)| *rank);
            ranked.truncate(MOST_EVENTS);
        }
        let mut events: Vec<EventDates<'a>> = ranked.into_iter().map(|(_, event)| event).collect();
        events.sort_by_key(|event| event.dates.iter().map(|date| date.start).min());
        Self { events, left_out }
    }
}

/// Where each term of the design sits: events, knots of the level, weekdays, harmonics, weeks.
///
/// Events first, by their first days: each then meets few others, and the normal equations cost
/// their number. With the terms that meet everything first, they cost its cube: 200 names took
/// 159 s.
#[derive(Debug, Clone, Copy)]
struct Layout {
    harmonics: usize,
    /// Weeks of the year with a term of their own: 52 or none.
    weeks: usize,
    event_columns: usize,
    /// Columns of one event.
    slots: usize,
    knots: usize,
    knot_periods: usize,
    /// Whether promoted periods are among the rows, with a term of their own.
    promoted: bool,
}

impl Layout {
    fn new(setup: &Setup<'_>, days: f64, events: usize, promoted: bool) -> Self {
        let bucket = setup.bucket();
        let harmonics = if days < ANNUAL_DAYS {
            0
        } else {
            // No faster wave than two periods long can be told from another.
            setup.settings.harmonics.min(bucket.season_length().max(12) / 2)
        };
        let knot_periods = match bucket {
            Bucket::Month => KNOT_MONTHS,
            Bucket::Day | Bucket::Week => (KNOT_DAYS / bucket.days()) as usize,
        };
        let slots = event_slots(bucket);
        Self {
            harmonics,
            weeks: if bucket == Bucket::Week && harmonics > 0 { WEEKS } else { 0 },
            event_columns: events * slots,
            slots,
            knots: setup.calendar().history().div_ceil(knot_periods) + 1,
            knot_periods,
            promoted,
        }
    }

    fn level(self) -> usize {
        self.event_columns
    }

    /// Whether a column is one of the index: the level and the lift of promotions are not.
    fn is_index(self, column: usize) -> bool {
        let is_level = (self.level()..self.level() + self.knots).contains(&column);
        !is_level && column < self.promotion()
    }

    fn weekday(self) -> usize {
        self.level() + self.knots
    }

    fn annual(self) -> usize {
        self.weekday() + 7
    }

    fn week(self) -> usize {
        self.annual() + 2 * self.harmonics
    }

    fn promotion(self) -> usize {
        self.week() + self.weeks
    }

    fn penalty(self) -> Penalty {
        let mut ridge = vec![precision(EVENT_SD); self.level()];
        ridge.resize(self.weekday(), 0.0);
        ridge.resize(self.annual(), precision(WEEKDAY_SD));
        // Fast harmonics are believed to be small: the k-th has prior deviation ANNUAL_SD / k.
        for column in 0..2 * self.harmonics {
            ridge.push(((column / 2 + 1) as f64 / ANNUAL_SD).powi(2));
        }
        ridge.resize(self.promotion(), precision(WEEK_SD));
        ridge.resize(self.promotion() + usize::from(self.promoted), precision(PROMOTED_SD));
        let walk = RandomWalk {
            first: self.level(),
            columns: self.knots,
            precision: precision(LEVEL_STEP_SD),
        };
        Penalty { ridge, walk: Some(walk), heavy_tailed: 0..self.event_columns }
    }
}

/// Columns of one event: a day around it each, or one.
fn event_slots(bucket: Bucket) -> usize {
    match bucket {
        Bucket::Day => (Event::FELT.end - Event::FELT.start) as usize,
        Bucket::Week | Bucket::Month => 1,
    }
}

/// `1 / σ²`
fn precision(deviation: f64) -> f64 {
    1.0 / (deviation * deviation)
}

/// The profile of one group from its totals.
///
/// # Errors
/// As [`fit_counts`]; the caller takes [`Profile::flat`] and says so.
pub(crate) fn profile(
    setup: &Setup<'_>,
    key: &GroupKey,
    totals: &GroupTotals,
) -> Result<Profile, FitError> {
    let calendar = setup.calendar();
    let history = totals.units.len();
    let first = totals.expected.iter().position(|&expected| expected > 0.0);
    let first = first.ok_or(FitError::NoDemand { observed: 0 })?;
    let days = (calendar.history() - first) as f64 * calendar.bucket().days();
    let GroupEvents { events, left_out } =
        GroupEvents::new(setup.demand.events, key, calendar, &(first..history), setup.periods());
    let layout = Layout::new(setup, days, events.len(), !totals.promoted.is_empty());
    let rows = design(calendar, setup.periods(), layout, &events, &totals.promoted);
    let closed = closures(calendar, &events, totals, rows.len());
    let half_life = setup.settings.profile_half_life_days / calendar.bucket().days();
    let mut weight: Vec<f64> =
        (0..history).map(|t| (0.5f64).to_the((history - 1 - t) as f64 / half_life)).collect();
    for (&t, _) in closed.range(..history) {
        weight[t] = 0.0;
    }
    let mut units = totals.units.clone();
    let mut expected = totals.expected.clone();
    for (&t, cells) in &totals.promoted {
        units[t] = cells.sold;
        expected[t] = cells.expected;
    }
    let fit = ProfileFit { calendar, layout, rows: &rows, closed: &closed, units, expected };
    let index = fit.index(&weight, history)?;

    // Again as the earliest origin could have fitted it.
    let unknown = ORIGINS * setup.steps.lead_time();
    let known = history.saturating_sub(unknown).max(1);
    weight[known..].fill(0.0);
    // Too little was known by then: no season is what that origin would have used.
    let index_without_origins = fit.index(&weight, known).unwrap_or_else(|_| vec![1.0; rows.len()]);
    Ok(Profile {
        index,
        index_without_origins,
        off_season: Vec::new(),
        events_left_out: u32::try_from(left_out).unwrap_or(u32::MAX),
    })
}

/// The regression of one group's units on its design.
struct ProfileFit<'a> {
    calendar: &'a Calendar,
    layout: Layout,
    rows: &'a SparseRows,
    /// See [`closures`].
    closed: &'a BTreeMap<usize, f64>,
    /// Units sold, promoted ones too. `[history]`
    units: Vec<f64>,
    /// What is usual in the same cells, units. `[history]`
    expected: Vec<f64>,
}

impl ProfileFit<'_> {
    /// The index fitted to the periods before `known`, at mean 1 over the last year of them.
    fn index(&self, weight: &[f64], known: usize) -> Result<Vec<f32>, FitError> {
        let counts = Counts {
            units: &self.units,
            exposure: &self.expected,
            weight,
            dispersion: GROUP_DISPERSION,
            scattered: true,
        };
        let layout = self.layout;
        let bucket_days = self.calendar.bucket().days();
        let beta = fit_counts(self.rows, counts, &layout.penalty())?;
        let mut index: Vec<f64> = (0..self.rows.len())
            .map(|t| self.rows.dot(t, &beta, |column| layout.is_index(column)).exponential())
            .collect();
        // An index of 1 is the mean of the last year, whose levels it is multiplied with.
        let year = ((YEAR_DAYS / bucket_days) as usize).min(known);
        let scale = index[known - year..known].iter().sum::<f64>() / year as f64;
        for value in &mut index {
            *value = (*value / scale).clamp(INDEX_LEAST, INDEX_MOST);
        }
        for (&t, share) in self.closed {
            index[t] *= share;
        }
        Ok(index.iter().map(|&value| value as f32).collect())
    }
}

/// Periods of events on which next to nothing was ever sold (a closed day), with the share that
/// was; the future ones too.
fn closures(
    calendar: &Calendar,
    events: &[EventDates<'_>],
    totals: &GroupTotals,
    periods: usize,
) -> BTreeMap<usize, f64> {
    let mut closed = BTreeMap::new();
    for event in events {
        let mut days = Vec::new();
        let mut past = Tally::default();
        for day in event.dates.iter().flat_map(|event| [event.start, event.end]) {
            let Ok(t) = usize::try_from(calendar.index(day)) else { continue };
            if t < periods {
                days.push(t);
            }
            if t < totals.units.len() {
                past.add(totals.units[t], totals.expected[t]);
            }
        }
        // A day that sells almost nothing is shut, not weak: as a term of the regression it would
        // pull the days around it down.
        if past.expected > CLOSED_EVIDENCE && past.sold < CLOSED_SHARE * past.expected {
            let share = (past.sold / past.expected).max(INDEX_LEAST);
            closed.extend(days.into_iter().map(|t| (t, share)));
        }
    }
    closed
}

/// The rows of the regression, one a period of history and reach.
fn design(
    calendar: &Calendar,
    periods: usize,
    layout: Layout,
    events: &[EventDates<'_>],
    promoted: &BTreeMap<usize, Tally>,
) -> SparseRows {
    let mut marks: Vec<Vec<Entry>> = vec![Vec::new(); periods];
    for (e, event) in events.iter().enumerate() {
        mark_event(calendar, event, e * layout.slots, &mut marks);
    }
    let mut rows = SparseRows::new();
    for (t, mark) in marks.into_iter().enumerate() {
        let date = calendar.start(t as i64);
        let middle = date + chrono::Duration::days((calendar.bucket().days() / 2.0) as i64);
        let phase = std::f64::consts::TAU * f64::from(middle.ordinal0()) / YEAR_DAYS;
        let mut row = Vec::with_capacity(3 + 2 * layout.harmonics + mark.len());
        if calendar.bucket() == Bucket::Day {
            let weekday = date.weekday().num_days_from_monday() as usize;
            row.push(Entry::one(layout.weekday() + weekday));
        }
        for k in 1..=layout.harmonics {
            let angle = phase * k as f64;
            let column = layout.annual() + 2 * k - 2;
            row.push(Entry::new(column, angle.sine()));
            row.push(Entry::new(column + 1, angle.cosine()));
        }
        if layout.weeks > 0 {
            let week = date.iso_week().week0() as usize;
            row.push(Entry::one(layout.week() + week.min(layout.weeks - 1)));
        }
        row.extend(mark);
        // The level moves linearly between knots, and stays where history ends.
        let position = (t.min(calendar.history() - 1)) as f64 / layout.knot_periods as f64;
        let knot = layout.level() + position as usize;
        row.push(Entry::new(knot, 1.0 - position.fract()));
        row.push(Entry::new(knot + 1, position.fract()));
        if promoted.contains_key(&t) {
            row.push(Entry::one(layout.promotion()));
        }
        rows.push(row);
    }
    rows
}

/// Enters one event's dates into the periods it touches.
fn mark_event(
    calendar: &Calendar,
    event: &EventDates<'_>,
    column: usize,
    marks: &mut [Vec<Entry>],
) {
    let bucket = calendar.bucket();
    // Share of each period that the event covers.
    let mut periods: BTreeMap<i64, f64> = BTreeMap::new();
    for event in &event.dates {
        // An event that lasts longer than a year is no event.
        for day in event.start.iter_days().take_while(|day| *day <= event.end).take(400) {
            *periods.entry(calendar.index(day)).or_insert(0.0) += 1.0 / bucket.days();
        }
    }
    let years = (marks.len() as f64 * bucket.days() / YEAR_DAYS).max(1.0);
    let frequent = bucket == Bucket::Day && periods.len() as f64 / years > Event::FREQUENT_DAYS;
    for (&t, &share) in &periods {
        if frequent {
            // Banks are closed at weekends: a pay day there is another day.
            let weekend = calendar.start(t).weekday().num_days_from_monday() >= 5;
            mark(marks, t, Entry::one(column + usize::from(weekend)));
        } else if bucket == Bucket::Day {
            for (slot, offset) in Event::FELT.enumerate() {
                mark(marks, t + offset, Entry::one(column + slot));
            }
        } else {
            mark(marks, t, Entry::new(column, share.min(1.0)));
        }
    }
}

/// Enters a value into a period, if it is one of the design; the larger of two values stands.
fn mark(marks: &mut [Vec<Entry>], t: i64, entry: Entry) {
    let Some(row) = usize::try_from(t).ok().and_then(|t| marks.get_mut(t)) else { return };
    match row.iter_mut().find(|other| other.column == entry.column) {
        Some(other) => other.value = other.value.max(entry.value),
        None => row.push(entry),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    fn event(name: &str, start: NaiveDate, days: i64) -> Event {
        Event {
            start,
            end: start + chrono::Duration::days(days),
            event: name.to_owned(),
            channel: None,
            category: None,
            sku: None,
        }
    }

    #[test]
    fn of_too_many_event_names_those_that_come_again_are_learnt() {
        let as_of: NaiveDate = "2026-03-01".parse().unwrap();
        let calendar = Calendar::new(Bucket::Day, as_of, as_of - chrono::Duration::days(800));
        let mut events = Vec::new();
        for i in 0..500 {
            let day = as_of - chrono::Duration::days(799 - i);
            events.push(event(&format!("once {i:03}"), day, 2));
        }
        for (name, year) in [("zz fair", 2024), ("zz fair", 2025), ("zz fair", 2026)] {
            events.push(event(name, NaiveDate::from_ymd_opt(year, 5, 1).unwrap(), 0));
        }
        // What has never been seen tells nothing, and takes no place.
        events.push(event("opening", "2026-04-01".parse().unwrap(), 0));
        let key = GroupKey { category: String::new(), channel: 0 };
        let learnt = GroupEvents::new(&events, &key, &calendar, &(0..800), 900);
        let learnt_names: Vec<&str> =
            learnt.events.iter().map(|event| event.dates[0].event.as_str()).collect();
        assert_eq!((learnt_names.len(), learnt.left_out), (MOST_EVENTS, 301));
        assert!(learnt_names.contains(&"zz fair") && !learnt_names.contains(&"opening"));
        let first_days: Vec<NaiveDate> =
            learnt.events.iter().map(|event| event.dates[0].start).collect();
        assert!(first_days.is_sorted(), "events of neighbouring days are neighbouring columns");
    }
}

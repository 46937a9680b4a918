//! Which days, weeks and events sell more? Profiles estimated over all series of a category and channel together.
//!
//! One series is too noisy to show its own annual season or a holiday; its group is not. [`Totals`] adds up the observed units
//! of a group per period and, over the same cells, what each series sells on average, so that launches, exits, stock-outs and
//! promotions do not pass for seasons. [`profile`] regresses one on the other (see [`crate::forecast::pooled::regression`]) with weekday, annual
//! (Fourier; weekly series also single weeks of the year, which holidays make), event and slowly moving level terms; recent periods count more. The result is an index around 1 for each period
//! of history and horizon. Units: periods of the panel's calendar.

use crate::domain::calendar::{Bucket, Calendar};
use crate::domain::error::FitError;
use crate::domain::inputs::Event;
use crate::domain::panel::flag;
use crate::forecast::Demand;
use crate::forecast::Settings;
use crate::forecast::pooled::regression::{Counts, Penalty, SparseRows, fit_counts};
use chrono::Datelike;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// Periods before and after an event in which it may move demand (shopping ahead, closed shops after).
const EVENT_OFFSETS: Range<i64> = -3..3;
/// Prior standard deviations of log effects.
const WEEKDAY_SD: f64 = 0.3;
const ANNUAL_SD: f64 = 0.4;
const EVENT_SD: f64 = 0.1;
/// A single week of the year beside the smooth season: as large as an event, which it often is one of.
const WEEK_SD: f64 = 0.1;
/// Weeks of a year; the 53rd of some years counts to the 52nd.
const WEEKS: usize = 52;
/// History below which a season of the year cannot be told from growth.
const ANNUAL_DAYS: f64 = 500.0;
/// Movement of a group's log level over four weeks (one month, at that bucket).
const LEVEL_STEP_SD: f64 = 0.08;
/// Largest log growth a year that is carried on, and what is left of its slope a day later.
const GROWTH_LIMIT: f64 = 0.5;
const GROWTH_DAMPING: f64 = 0.99;
/// Relative variance of a group's demand beyond Poisson.
const GROUP_DISPERSION: f64 = 0.01;
/// An event on which a group sells less than this share is a closed day, outside any regression.
const CLOSED_SHARE: f64 = 0.05;
/// Units of evidence that "sells at once what it will sell" is worth against the launches seen.
const LAUNCH_EVIDENCE: f64 = 1_000.0;
/// An event with more days a year than this is a rhythm (pay days, benefits) without run-up.
const FREQUENT_DAYS: f64 = 20.0;

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
        let key = |i: usize| {
            let series = demand.panel.key(i);
            let category =
                demand.products.get(series.sku.index()).map_or("", |p| p.category.as_str());
            (category, series.channel.index())
        };
        let mut position: BTreeMap<(&str, usize), usize> =
            (0..demand.panel.len()).map(|i| (key(i), 0)).collect();
        for (i, place) in position.values_mut().enumerate() {
            *place = i;
        }
        let of_series = (0..demand.panel.len()).map(|i| position[&key(i)]).collect();
        let keys = position
            .keys()
            .map(|&(category, channel)| GroupKey { category: category.to_owned(), channel })
            .collect();
        Self { keys, of_series }
    }
}

/// Observed and average units of every group and period of history.
#[derive(Debug, Clone, PartialEq)]
pub struct Totals {
    /// Units sold. `[groups × history]`
    pub units: Vec<f64>,
    /// What the same cells sell on average, units. `[groups × history]`
    pub expected: Vec<f64>,
    /// Units and average units by periods since the launch, all groups together.
    launch: Vec<(f64, f64)>,
}

impl Totals {
    /// Totals over the series `range`; `promoted` tells the promoted periods of a series (empty = none).
    #[must_use]
    pub fn of(
        demand: &Demand<'_>,
        groups: &Groups,
        range: Range<usize>,
        promoted: impl Fn(usize) -> Vec<bool>,
    ) -> Self {
        let history = demand.panel.calendar().history();
        let cells = groups.keys.len() * history;
        let launch = vec![(0.0, 0.0); launch_periods(demand.panel.calendar().bucket())];
        let mut totals = Self { units: vec![0.0; cells], expected: vec![0.0; cells], launch };
        for i in range {
            totals.add(demand, i, groups.of_series[i] * history, &promoted(i));
        }
        totals
    }

    fn add(&mut self, demand: &Demand<'_>, i: usize, group: usize, promoted: &[bool]) {
        let (units, flags, start) =
            (demand.panel.cleaned(i), demand.panel.flags(i), demand.panel.start(i));
        let Some(last) = units.iter().rposition(|&u| u > 0.0) else { return };
        let counts = |t: usize| flags[t] & flag::CENSORED == 0 && promoted.get(t) != Some(&true);
        let (mut sum, mut n) = (0.0, 0.0);
        for t in (0..=last).filter(|&t| counts(t)) {
            sum += f64::from(units[t]);
            n += 1.0;
        }
        // The average of a few periods says more about their season than about the series.
        let least = demand.panel.calendar().bucket().season_length() as f64;
        if n < 2.0 * least.min(28.0) || sum <= 0.0 {
            return;
        }
        for t in (0..=last).filter(|&t| counts(t)) {
            self.units[group + start + t] += f64::from(units[t]);
            self.expected[group + start + t] += sum / n;
        }
        self.add_launch(&units[..=last], start, counts);
    }

    /// Enters the first periods of a series that was launched inside the panel against what it sold once it had settled.
    fn add_launch(&mut self, units: &[f32], start: usize, counts: impl Fn(usize) -> bool) {
        let periods = self.launch.len();
        if periods == 0 || start < periods / 2 || units.len() < periods * 3 / 2 {
            return;
        }
        let settled = (periods / 2..units.len().min(3 * periods)).filter(|&t| counts(t));
        let (sum, n) = settled.fold((0.0, 0.0), |(s, n), t| (s + f64::from(units[t]), n + 1.0));
        for t in (0..periods).filter(|&t| n > 0.0 && counts(t)) {
            self.launch[t].0 += f64::from(units[t]);
            self.launch[t].1 += sum / n;
        }
    }

    /// Demand by periods since the launch relative to the settled item, smoothed over a week; empty when nothing was launched.
    #[must_use]
    pub fn launch_curve(&self) -> Vec<f32> {
        let smooth = |t: usize| {
            let around = &self.launch[t.saturating_sub(3)..(t + 4).min(self.launch.len())];
            let (units, expected) = around.iter().fold((0.0, 0.0), |(u, e), c| (u + c.0, e + c.1));
            ((units + LAUNCH_EVIDENCE) / (expected + LAUNCH_EVIDENCE)) as f32
        };
        (0..self.launch.len()).map(smooth).collect()
    }

    /// Adds the totals of the next partition.
    pub fn merge(&mut self, other: &Self) {
        for (a, b) in self.units.iter_mut().zip(&other.units) {
            *a += b;
        }
        for (a, b) in self.expected.iter_mut().zip(&other.expected) {
            *a += b;
        }
        for (a, b) in self.launch.iter_mut().zip(&other.launch) {
            a.0 += b.0;
            a.1 += b.1;
        }
    }
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
    /// The same without having seen the last `held` periods: what rolling origins may use. `[history + reach]`
    pub held: Vec<f32>,
    /// Log growth over the last year, which `index` carries on, damped.
    pub growth: f64,
}

impl Profile {
    /// Moves the season `share` of the way to `other`'s, in logarithms.
    pub fn pull_towards(&mut self, other: &Self, share: f64) {
        let share = share as f32;
        let blend = |own: &mut [f32], other: &[f32]| {
            own.iter_mut().zip(other).for_each(|(a, &b)| *a = a.powf(1.0 - share) * b.powf(share));
        };
        blend(&mut self.index, &other.index);
        blend(&mut self.held, &other.held);
        self.growth += f64::from(share) * (other.growth - self.growth);
    }

    /// No season, no growth.
    #[must_use]
    pub fn flat(periods: usize) -> Self {
        Self { index: vec![1.0; periods], held: vec![1.0; periods], growth: 0.0 }
    }
}

/// Where each term of the design sits.
#[derive(Debug, Clone, Copy)]
struct Layout {
    harmonics: usize,
    /// Weeks of the year with a term of their own: 52 or none.
    weeks: usize,
    events: usize,
    event_columns: usize,
    knots: usize,
    knot_periods: usize,
}

impl Layout {
    fn annual(self) -> usize {
        7
    }
    fn week(self) -> usize {
        self.annual() + 2 * self.harmonics
    }
    fn event(self) -> usize {
        self.week() + self.weeks
    }
    fn level(self) -> usize {
        self.event() + self.event_columns
    }
}

/// The profile of one group from its totals; `held` periods at the end are kept from [`Profile::held`].
///
/// # Errors
/// As [`fit_counts`]; the caller takes [`Profile::flat`] and says so.
pub fn profile(
    demand: &Demand<'_>,
    settings: &Settings,
    key: &GroupKey,
    totals: (&[f64], &[f64]),
    held: usize,
) -> Result<Profile, FitError> {
    let calendar = demand.panel.calendar();
    let (units, expected) = totals;
    let first = expected.iter().position(|&e| e > 0.0).ok_or(FitError::NoDemand { observed: 0 })?;
    let days = (calendar.history() - first) as f64 * calendar.bucket().days();
    let events = event_columns(demand.events, key);
    let layout = layout(calendar, settings, days, &events);
    let rows = design(calendar, settings.reach(calendar.bucket()), layout, &events);
    let half_life = settings.profile_half_life_days / calendar.bucket().days();
    let mut weight: Vec<f64> =
        (0..units.len()).map(|t| (0.5f64).powf((units.len() - 1 - t) as f64 / half_life)).collect();
    let closed = closures(calendar, &events, totals, rows.len());
    for (&t, _) in closed.range(..units.len()) {
        weight[t] = 0.0;
    }
    let fit = |weight: &[f64], known: usize| {
        let counts = Counts { units, exposure: expected, weight, dispersion: GROUP_DISPERSION };
        let beta = fit_counts(&rows, counts, &penalty(layout))?;
        let mut index: Vec<f64> =
            (0..rows.len()).map(|t| rows.dot(t, &beta, |c| c < layout.level()).exp()).collect();
        let year = ((365.25 / calendar.bucket().days()) as usize).min(known);
        let scale = index[known - year..known].iter().sum::<f64>() / year as f64;
        index.iter_mut().for_each(|v| *v = (*v / scale).clamp(1e-4, 50.0));
        closed.iter().for_each(|(&t, share)| index[t] *= share);
        let growth = growth(&beta[layout.level()..], layout, calendar, known);
        // Damped trend: after `t` periods the log level has moved by g (1 - φ^t) / (1 - φ).
        for (t, v) in index[known..].iter_mut().enumerate() {
            let days = (t + 1) as f64 * calendar.bucket().days();
            *v *= (growth / 365.25 * (1.0 - GROWTH_DAMPING.powf(days)) / (1.0 - GROWTH_DAMPING))
                .exp();
        }
        Ok((index.iter().map(|&v| v as f32).collect::<Vec<f32>>(), growth))
    };
    let (index, growth) = fit(&weight, units.len())?;
    let known = units.len().saturating_sub(held).max(1);
    weight[known..].fill(0.0);
    let held = fit(&weight, known).map_or_else(|_| vec![1.0; rows.len()], |(held, _)| held);
    Ok(Profile { index, held, growth })
}

/// Periods of events on which next to nothing was ever sold (a closed day), with the share that was; the future ones too.
fn closures(
    calendar: &Calendar,
    events: &[(String, Vec<&Event>)],
    (units, expected): (&[f64], &[f64]),
    periods: usize,
) -> BTreeMap<usize, f64> {
    let mut closed = BTreeMap::new();
    for (_, list) in events {
        let days = list.iter().flat_map(|e| [calendar.index(e.start), calendar.index(e.end)]);
        let days: Vec<usize> =
            days.filter_map(|t| usize::try_from(t).ok()).filter(|t| *t < periods).collect();
        let past = days.iter().filter(|t| **t < units.len());
        let (sold, usual) = past.fold((0.0, 0.0), |(s, u), &t| (s + units[t], u + expected[t]));
        if usual > 20.0 && sold < CLOSED_SHARE * usual {
            closed.extend(days.into_iter().map(|t| (t, (sold / usual).max(1e-4))));
        }
    }
    closed
}

/// Log growth over the year before period `known`, between means of three knots of the level path; 0 without that year.
fn growth(level: &[f64], layout: Layout, calendar: &Calendar, known: usize) -> f64 {
    let year = (365.25 / calendar.bucket().days() / layout.knot_periods as f64).round() as usize;
    let end = (known.div_ceil(layout.knot_periods) + 1).min(level.len());
    if end < year + 3 || layout.harmonics == 0 {
        return 0.0;
    }
    let mean = |r: Range<usize>| level[r.clone()].iter().sum::<f64>() / r.len() as f64;
    // In two years growth and season are hard to tell apart; a third confirms it.
    let confirmed = ((end as f64 / year as f64) - 2.0).clamp(0.0, 1.0);
    confirmed
        * (mean(end - 3..end) - mean(end - year - 3..end - year)).clamp(-GROWTH_LIMIT, GROWTH_LIMIT)
}

fn layout(
    calendar: &Calendar,
    settings: &Settings,
    days: f64,
    events: &[(String, Vec<&Event>)],
) -> Layout {
    let harmonics = if days < ANNUAL_DAYS {
        0
    } else {
        settings.harmonics.min(calendar.bucket().season_length().max(12) / 2)
    };
    let knot_periods = if calendar.bucket() == Bucket::Month {
        3
    } else {
        (28.0 / calendar.bucket().days()) as usize
    };
    let slots = slots(calendar.bucket());
    Layout {
        harmonics,
        weeks: if calendar.bucket() == Bucket::Week && harmonics > 0 { WEEKS } else { 0 },
        events: events.len(),
        event_columns: events.len() * slots,
        knots: calendar.history().div_ceil(knot_periods) + 1,
        knot_periods,
    }
}

fn slots(bucket: Bucket) -> usize {
    if bucket == Bucket::Day { (EVENT_OFFSETS.end - EVENT_OFFSETS.start) as usize } else { 1 }
}

fn penalty(layout: Layout) -> Penalty {
    let mut ridge = vec![1.0 / (WEEKDAY_SD * WEEKDAY_SD); 7];
    // Fast harmonics are believed to be small: the k-th has prior deviation ANNUAL_SD / k.
    ridge.extend((0..2 * layout.harmonics).map(|c| ((c / 2 + 1) as f64 / ANNUAL_SD).powi(2)));
    ridge.extend((0..layout.weeks).map(|_| 1.0 / (WEEK_SD * WEEK_SD)));
    ridge.extend((0..layout.event_columns).map(|_| 1.0 / (EVENT_SD * EVENT_SD)));
    ridge.extend((0..layout.knots).map(|_| 0.0));
    Penalty {
        ridge,
        walk: Some((layout.level(), layout.knots, 1.0 / (LEVEL_STEP_SD * LEVEL_STEP_SD))),
    }
}

/// The events that concern a group, by name.
fn event_columns<'a>(events: &'a [Event], key: &GroupKey) -> Vec<(String, Vec<&'a Event>)> {
    let mut by_name: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in events {
        let here = event.channel.is_none_or(|c| c.index() == key.channel)
            && event.category.as_ref().is_none_or(|c| *c == key.category)
            && event.sku.is_none();
        if here {
            by_name.entry(&event.event).or_default().push(event);
        }
    }
    by_name.into_iter().map(|(name, list)| (name.to_owned(), list)).collect()
}

fn design(
    calendar: &Calendar,
    ahead: usize,
    layout: Layout,
    events: &[(String, Vec<&Event>)],
) -> SparseRows {
    let periods = calendar.history() + ahead;
    let mut marks: Vec<Vec<(usize, f64)>> = vec![Vec::new(); periods];
    for (e, (_, list)) in events.iter().enumerate().take(layout.events) {
        mark_event(calendar, list, layout.event() + e * slots(calendar.bucket()), &mut marks);
    }
    let mut rows = SparseRows::new();
    for (t, mark) in marks.into_iter().enumerate() {
        let date = calendar.start(t as i64);
        let middle = date + chrono::Duration::days((calendar.bucket().days() / 2.0) as i64);
        let phase = std::f64::consts::TAU * f64::from(middle.ordinal0()) / 365.25;
        let mut row = Vec::with_capacity(3 + 2 * layout.harmonics + mark.len());
        if calendar.bucket() == Bucket::Day {
            row.push((date.weekday().num_days_from_monday() as usize, 1.0));
        }
        for k in 1..=layout.harmonics {
            let (sin, cos) = (phase * k as f64).sin_cos();
            row.extend([(layout.annual() + 2 * k - 2, sin), (layout.annual() + 2 * k - 1, cos)]);
        }
        if layout.weeks > 0 {
            let week = date.iso_week().week0() as usize;
            row.push((layout.week() + week.min(layout.weeks - 1), 1.0));
        }
        row.extend(mark);
        let position = (t.min(calendar.history() - 1)) as f64 / layout.knot_periods as f64;
        let (knot, part) = (position as usize, position.fract());
        row.extend([(layout.level() + knot, 1.0 - part), (layout.level() + knot + 1, part)]);
        rows.push(row);
    }
    rows
}

/// Enters one event's dates into the periods it touches.
fn mark_event(
    calendar: &Calendar,
    list: &[&Event],
    column: usize,
    marks: &mut [Vec<(usize, f64)>],
) {
    let bucket = calendar.bucket();
    let mut days: BTreeMap<i64, f64> = BTreeMap::new();
    for event in list {
        for day in event.start.iter_days().take_while(|d| *d <= event.end).take(400) {
            *days.entry(calendar.index(day)).or_insert(0.0) += 1.0 / bucket.days();
        }
    }
    let years = (marks.len() as f64 * bucket.days() / 365.25).max(1.0);
    let frequent = bucket == Bucket::Day && days.len() as f64 / years > FREQUENT_DAYS;
    let mut put = |t: i64, c: usize, value: f64| {
        if let Some(mark) = usize::try_from(t).ok().and_then(|t| marks.get_mut(t)) {
            match mark.iter_mut().find(|(known, _)| *known == c) {
                Some(known) => known.1 = f64::max(known.1, value),
                None => mark.push((c, value)),
            }
        }
    };
    for (&t, &share) in &days {
        if frequent {
            let weekend = calendar.start(t).weekday().num_days_from_monday() >= 5;
            put(t, column + usize::from(weekend), 1.0);
        } else if bucket == Bucket::Day {
            for (slot, offset) in EVENT_OFFSETS.enumerate() {
                put(t + offset, column + slot, 1.0);
            }
        } else {
            put(t, column, share.min(1.0));
        }
    }
}

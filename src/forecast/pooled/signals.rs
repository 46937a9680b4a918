//! What do the weather, the traffic before the door or an index do to demand? Signals from outside
//! as regressors.
//!
//! A signal is counted in standard deviations from what is usual for it: its mean on that weekday,
//! and on that day of the year where a year of it is known, since the pooled profile knows what
//! comes back every week and year. Around what was expected of a period,
//!
//! ```text
//! y = m (1 + Σ β_j x_j) + error        Var y = m + φ m²
//! ```
//!
//! with `m` the one-step mean. The coefficients of all series are pulled towards nothing, those of
//! a group of category and channel towards those of all: elastic nets (Zou & Hastie 2005) through
//! `linfa`, which read the sums of squares and products as the rows of their Cholesky factor.
//! Learnt before the rolling origins, they are judged in the windows after them and used by the
//! groups whose squared error they lower there; then learnt anew from everything. Where the future
//! of a signal is not known its usual value is assumed. Windows are judged with the values that
//! came true, a forecast of the weather is worse.

use crate::domain::calendar::Bucket;
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::{Signal, is_in_category};
use crate::domain::panel::SeriesKey;
use crate::domain::units::{ChannelId, LocationId, SkuId};
use crate::forecast::Demand;
use crate::forecast::pooled::digest::Digest;
use crate::forecast::pooled::fit::{Fitted, Model};
use crate::forecast::pooled::horizon::ORIGINS;
use crate::forecast::pooled::horizon::YEAR_DAYS;
use crate::forecast::pooled::promotions::is_promoted;
use crate::forecast::pooled::setup::Setup;
use crate::math::elementary::Transcendental;
use crate::math::linear::Envelope;
use chrono::{Datelike, NaiveDate};
use linfa::traits::Fit;
use linfa_elasticnet::ElasticNet;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// Signals that are learnt; more would be found by chance.
pub(crate) const MOST: usize = 6;
/// Standard deviations beyond which a value counts no more.
const FURTHEST: f64 = 4.0;
/// Variance beyond chance in proportion to the squared mean: as in the pooled profiles, sales of
/// shops disperse about so.
const DISPERSION: f64 = 0.5;
/// Prior standard deviations of a coefficient: of all series around nothing, of a group around
/// those of all. A seventh more or less for an unusual day is a strong effect; with a twentieth
/// between groups, ice cream moved the tins beside it by a tenth.
const ALL_SD: f64 = 0.15;
const GROUP_SD: f64 = 0.15;
/// Lasso share of the nets: what adds nothing should be nothing.
const LASSO: f64 = 0.05;
/// Periods before the windows below which nothing is learnt: two months of days.
const LEAST_PERIODS: f64 = 60.0;
/// Windows of all in which the error must fall.
const BETTER_WINDOWS: usize = 3;
/// Standard errors of the gain that it must lie above nothing, see
/// [`crate::forecast::pooled::global`].
const BEYOND_CHANCE: f64 = 1.645;
/// Periods of all series that a group's own are weighed against when it is judged.
const GROUP_EVIDENCE: f64 = 500.0;
/// Factors on demand are kept between this and its inverse.
const LEAST_FACTOR: f64 = 0.2;

/// One name's values for some items and places.
#[derive(Debug, Clone)]
struct Scope {
    sku: Option<SkuId>,
    category: Option<String>,
    channel: Option<ChannelId>,
    location: Option<LocationId>,
    /// Standard deviations from what is usual; 0 where not known. `[periods]`
    values: Vec<f32>,
    /// Coming periods of the horizon without a value.
    missing: usize,
}

impl Scope {
    fn concerns(&self, key: SeriesKey, category: &str) -> bool {
        self.sku.is_none_or(|own| own == key.sku)
            && self.category.as_deref().is_none_or(|of| is_in_category(category, of))
            && self.channel.is_none_or(|own| own == key.channel)
            && self.location.is_none_or(|own| own == key.location)
    }

    /// What is said of fewer goes before what is said of more.
    fn narrowness(&self) -> (bool, bool, bool, bool) {
        let Self { sku, category, channel, location, .. } = self;
        (sku.is_some(), category.is_some(), location.is_some(), channel.is_some())
    }
}

/// The signals of a panel.
#[derive(Debug, Clone, Default)]
pub(crate) struct SignalIndex {
    /// At most [`MOST`].
    pub names: Vec<String>,
    /// Names beyond those.
    left_out: usize,
    /// By signal; sorted by item, those of no single one first.
    scopes: Vec<Vec<Scope>>,
}

/// Which scope of each signal holds for a series.
type Heard = [Option<usize>; MOST];

impl SignalIndex {
    pub(crate) fn new(demand: &Demand<'_>, periods: usize, horizon: usize) -> Self {
        let mut index = Self::default();
        for of_name in demand.signals.chunk_by(|a, b| a.signal == b.signal) {
            // Products of all pairs are kept for each series: their number grows with the square.
            if index.names.len() == MOST {
                index.left_out += 1;
                continue;
            }
            let same = |a: &Signal, b: &Signal| {
                (a.sku, &a.category, a.channel, a.location)
                    == (b.sku, &b.category, b.channel, b.location)
            };
            let of_scopes = of_name.chunk_by(same);
            index.names.push(of_name[0].signal.clone());
            index
                .scopes
                .push(of_scopes.map(|rows| scope(demand, rows, periods, horizon)).collect());
        }
        index
    }

    fn heard(&self, demand: &Demand<'_>, key: SeriesKey) -> Heard {
        let mut heard = [None; MOST];
        let category = demand.category_of(key.sku);
        for (heard, scopes) in heard.iter_mut().zip(&self.scopes) {
            let wide = scopes.partition_point(|scope| scope.sku.is_none());
            let own = scopes.partition_point(|scope| scope.sku < Some(key.sku))
                ..scopes.partition_point(|scope| scope.sku <= Some(key.sku));
            let meant = (0..wide).chain(own).filter(|&s| scopes[s].concerns(key, category));
            // The weather of the shop's own town says more than that of the country.
            *heard = meant.max_by_key(|&s| scopes[s].narrowness());
        }
        heard
    }

    fn value(&self, heard: &Heard, signal: usize, period: usize) -> f64 {
        let scope = heard[signal].map(|s| &self.scopes[signal][s]);
        scope.and_then(|scope| scope.values.get(period)).map_or(0.0, |&value| f64::from(value))
    }
}

/// The values of one scope by period.
fn scope(demand: &Demand<'_>, rows: &[Signal], periods: usize, horizon: usize) -> Scope {
    let calendar = demand.panel.calendar();
    let history = calendar.history();
    let mut sums = vec![0.0; periods];
    let mut days = vec![0.0; periods];
    for row in rows {
        if let Ok(period) = usize::try_from(calendar.index(row.date))
            && period < periods
        {
            sums[period] += row.value;
            days[period] += 1.0;
        }
    }
    let known = |t: usize| days[t] > 0.0;
    // From less than a year a season cannot be told from a trend of the signal.
    let a_year = YEAR_DAYS / calendar.bucket().days();
    let seasonal = (0..history).filter(|&t| known(t)).count() as f64 >= a_year;
    let columns = |t: usize| usual_columns(calendar.start(t as i64), calendar.bucket(), seasonal);
    let width = columns(0).len();
    let mut gram = Envelope::new(vec![0; width]);
    let mut right = vec![0.0; width];
    for t in (0..history).filter(|&t| known(t)) {
        let row = columns(t);
        for (i, a) in row.iter().enumerate() {
            right[i] += a * sums[t] / days[t];
            for (j, b) in row.iter().enumerate().take(i + 1) {
                gram.add(i, j, a * b);
            }
        }
    }
    // A weekday that was never seen is as the others are.
    (0..width).for_each(|i| gram.add(i, i, 1e-3));
    let usual = gram.solve(right).unwrap_or_else(|| vec![0.0; width]);
    let apart = |t: usize| {
        let row = columns(t);
        // A hot day in July is no news: demand is moved by what is apart from the usual.
        sums[t] / days[t] - row.iter().zip(&usual).map(|(x, b)| x * b).sum::<f64>()
    };
    let mut squared = 0.0;
    let mut count = 0.0f64;
    for t in (0..history).filter(|&t| known(t)) {
        // Of the past alone: how far the coming days are apart is what is to be measured by it.
        squared += apart(t) * apart(t);
        count += 1.0;
    }
    let sd = (squared / count.max(1.0)).sqrt();
    // What never varied says nothing; a rounding error would read as a storm.
    let size = sums.iter().zip(&days).map(|(sum, days)| (sum / days.max(1.0)).abs());
    let says = sd > 1e-6 * size.fold(0.0, f64::max);
    let mut values = vec![0.0; periods];
    for t in (0..periods).filter(|&t| known(t) && says) {
        values[t] = (apart(t) / sd).clamp(-FURTHEST, FURTHEST) as f32;
    }
    // A signal that nobody forecasts helps no forecast, and the user is told.
    let coming = history..(history + horizon).min(periods);
    Scope {
        sku: rows[0].sku,
        category: rows[0].category.clone(),
        channel: rows[0].channel,
        location: rows[0].location,
        values,
        missing: coming.filter(|&t| !known(t)).count(),
    }
}

/// What the usual value of a signal depends on: a constant, the weekday, the day of the year.
fn usual_columns(day: NaiveDate, bucket: Bucket, seasonal: bool) -> Vec<f64> {
    let mut columns = vec![1.0];
    if bucket == Bucket::Day {
        let weekday = day.weekday().num_days_from_monday();
        // Monday is the constant: seven of seven would not be independent.
        columns.extend((1..7).map(|d| f64::from(u8::from(d == weekday))));
    }
    if seasonal {
        let phase = TAU * f64::from(day.ordinal0()) / YEAR_DAYS;
        // A yearly wave and its overtone: what temperature, daylight and their like need.
        for harmonic in [1.0, 2.0] {
            columns.extend([(harmonic * phase).cosine(), (harmonic * phase).sine()]);
        }
    }
    columns
}

/// Sums of squares and products of some periods of one series.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    /// Of the signals with each other.
    xx: [[f64; MOST]; MOST],
    /// Of the signals with what was sold beyond the mean.
    xz: [f64; MOST],
    periods: f64,
}

impl Sums {
    fn merge(&mut self, other: &Self) {
        for i in 0..MOST {
            for j in 0..MOST {
                self.xx[i][j] += other.xx[i][j];
            }
            self.xz[i] += other.xz[i];
        }
        self.periods += other.periods;
    }

    /// Forgets the signals that are not kept.
    fn keep(&mut self, kept: [bool; MOST]) {
        for i in 0..MOST {
            for j in 0..MOST {
                if !kept[i] || !kept[j] {
                    self.xx[i][j] = 0.0;
                }
            }
            if !kept[i] {
                self.xz[i] = 0.0;
            }
        }
    }

    /// By how much some coefficients lower the squared error, in variances.
    fn gain(&self, coefficients: &[f64; MOST]) -> f64 {
        let mut gain = 0.0;
        for i in 0..MOST {
            gain += 2.0 * coefficients[i] * self.xz[i];
            for j in 0..MOST {
                gain -= coefficients[i] * coefficients[j] * self.xx[i][j];
            }
        }
        gain
    }

    /// The likeliest coefficients, around `centre` give or take `sd`.
    fn coefficients(&self, centre: &[f64; MOST], sd: f64) -> [f64; MOST] {
        // The rest around the centre, as the rows of the factor: `L'δ = L⁻¹ z`.
        let mut rest = self.xz;
        for (rest, row) in rest.iter_mut().zip(&self.xx) {
            *rest -= row.iter().zip(centre).map(|(x, c)| x * c).sum::<f64>();
        }
        let mut factor = [[0.0; MOST]; MOST];
        let mut targets = [0.0; MOST];
        for i in 0..MOST {
            for j in 0..=i {
                let known: f64 = (0..j).map(|k| factor[i][k] * factor[j][k]).sum();
                let left = self.xx[i][j] - known;
                // Cholesky by hand: a signal that repeats another leaves a pivot of nothing, and is
                // passed over.
                factor[i][j] = if i == j {
                    left.max(0.0).sqrt()
                } else if factor[j][j] > 1e-9 {
                    left / factor[j][j]
                } else {
                    0.0
                };
            }
            let known: f64 = (0..i).map(|k| factor[i][k] * targets[k]).sum();
            let pivot = factor[i][i];
            targets[i] = if pivot > 1e-9 { (rest[i] - known) / pivot } else { 0.0 };
        }
        let design = Array2::from_shape_fn((MOST, MOST), |(i, j)| factor[j][i]);
        let targets = Array1::from_iter(targets);
        // The net divides its squares by the number of rows.
        let penalty = 1.0 / (sd * sd * MOST as f64);
        let net = ElasticNet::params().penalty(penalty).l1_ratio(LASSO).with_intercept(false);
        let Ok(model) = net.fit(&linfa::Dataset::new(design, targets)) else { return *centre };
        let found: [f64; MOST] = std::array::from_fn(|j| centre[j] + model.hyperplane()[j]);
        if found.iter().all(|coefficient| coefficient.is_finite()) { found } else { *centre }
    }
}

/// By how much one signal lowers the squared error in the windows, beside the others.
struct Judged {
    /// `[groups]`
    gains: Vec<f64>,
    /// Periods judged. `[groups]`
    periods: Vec<f64>,
    windows: [f64; ORIGINS],
    squared: f64,
}

impl Judged {
    fn of(evidence: &[SignalEvidence], learnt: &[[f64; MOST]], signal: usize) -> Self {
        let groups = learnt.len();
        let mut judged = Self {
            gains: vec![0.0; groups],
            periods: vec![0.0; groups],
            windows: [0.0; ORIGINS],
            squared: 0.0,
        };
        for series in evidence {
            let with = &learnt[series.group];
            let mut without = *with;
            without[signal] = 0.0;
            for (window, sum) in series.windows.iter().zip(&mut judged.windows) {
                let gain = window.gain(with) - window.gain(&without);
                *sum += gain;
                judged.gains[series.group] += gain;
                judged.squared += gain * gain;
                judged.periods[series.group] += window.periods;
            }
        }
        judged
    }

    fn all(&self) -> f64 {
        self.windows.iter().sum()
    }

    /// Whether it does so beyond chance, and in most windows.
    fn helps(&self) -> bool {
        let better = self.windows.iter().filter(|gain| **gain > 0.0).count();
        self.all() > BEYOND_CHANCE * self.squared.sqrt() && better >= BETTER_WINDOWS
    }

    /// Whether it does so in a group, all series weighed in.
    fn helps_group(&self, group: usize) -> bool {
        let usual = self.all() / self.periods.iter().sum::<f64>().max(1.0);
        self.gains[group] + GROUP_EVIDENCE * usual > 0.0
    }
}

/// What one series sold under its signals: before the windows, and in each.
#[derive(Debug, Clone)]
pub(crate) struct SignalEvidence {
    /// Position in the panel.
    pub series: usize,
    group: usize,
    /// Before the rolling origins.
    before: Sums,
    /// After each of them, the latest last.
    windows: [Sums; ORIGINS],
}

/// What signals do to demand.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct SignalEffects {
    /// Share of demand for a standard deviation of each signal. `[groups]`; empty for no signals
    coefficients: Vec<[f64; MOST]>,
    /// Whether history was long enough to judge.
    judged: bool,
}

impl SignalEffects {
    /// The effects that held in the windows; evidence in panel order.
    pub(crate) fn learn(evidence: &[SignalEvidence], groups: usize) -> Self {
        if evidence.is_empty() {
            return Self::default();
        }
        let mut before = vec![Sums::default(); groups];
        let mut whole = before.clone();
        for series in evidence {
            before[series.group].merge(&series.before);
            whole[series.group].merge(&series.before);
            series.windows.iter().for_each(|window| whole[series.group].merge(window));
        }
        let none = vec![[0.0; MOST]; groups];
        if before.iter().map(|sums| sums.periods).sum::<f64>() < LEAST_PERIODS {
            return Self { coefficients: none, judged: false };
        }
        let learnt = of_groups(&before);
        let mut coefficients = none.clone();
        let mut kept = [false; MOST];
        for (j, kept) in kept.iter_mut().enumerate() {
            *kept = Judged::of(evidence, &learnt, j).helps();
        }
        if !kept.contains(&true) {
            return Self { coefficients, judged: true };
        }
        // What was dropped is not there: the others say what they say without it.
        for sums in before.iter_mut().chain(&mut whole) {
            sums.keep(kept);
        }
        let learnt = of_groups(&before);
        let whole = of_groups(&whole);
        for j in (0..MOST).filter(|&j| kept[j]) {
            let judged = Judged::of(evidence, &learnt, j);
            for (group, coefficients) in coefficients.iter_mut().enumerate() {
                if judged.helps_group(group) {
                    coefficients[j] = whole[group][j];
                }
            }
        }
        Self { coefficients, judged: true }
    }

    /// Share of demand for a standard deviation of each signal.
    pub(crate) fn of(&self, group: usize) -> [f64; MOST] {
        self.coefficients.get(group).copied().unwrap_or_default()
    }
}

/// Coefficients of every group around those of all.
fn of_groups(groups: &[Sums]) -> Vec<[f64; MOST]> {
    let mut all = Sums::default();
    groups.iter().for_each(|sums| all.merge(sums));
    let of_all = all.coefficients(&[0.0; MOST], ALL_SD);
    groups.iter().map(|sums| sums.coefficients(&of_all, GROUP_SD)).collect()
}

impl Model<'_> {
    /// What a series sold under its signals, by exposures that know nothing of them.
    pub(crate) fn signal_evidence(&self, fitted: &Fitted<'_>) -> Option<SignalEvidence> {
        let setup = &self.setup;
        if setup.signals.names.is_empty() {
            return None;
        }
        let past = &fitted.past;
        let key = setup.panel().key(past.series);
        let heard = setup.signals.heard(&setup.demand, key);
        if heard.iter().all(Option::is_none) {
            return None;
        }
        let n = past.units.len();
        let start = setup.panel().start(past.series);
        let step = setup.steps.lead_time();
        let mut evidence = SignalEvidence {
            series: past.series,
            group: past.group,
            before: Sums::default(),
            windows: [Sums::default(); ORIGINS],
        };
        let means = &fitted.levels.one_step;
        for (t, &mean) in (n - means.len()..n).zip(means) {
            let mean = f64::from(mean);
            let counts = mean > 0.0 && past.observed(t) && !is_promoted(&past.promoted_periods, t);
            if !counts {
                continue;
            }
            let precision = 1.0 / (mean + DISPERSION * mean * mean);
            let rest = f64::from(past.units[t]) - mean;
            let x: [f64; MOST] = std::array::from_fn(|j| setup.signals.value(&heard, j, start + t));
            let back = (n - 1 - t) / step;
            let sums = match ORIGINS.checked_sub(back + 1) {
                Some(window) => &mut evidence.windows[window],
                None => &mut evidence.before,
            };
            for i in 0..MOST {
                sums.xz[i] += precision * mean * x[i] * rest;
                for j in 0..MOST {
                    sums.xx[i][j] += precision * mean * mean * x[i] * x[j];
                }
            }
            sums.periods += 1.0;
        }
        Some(evidence)
    }

    /// Multiplies exposures from period `first` of the axis on by what signals make of demand.
    pub(crate) fn apply_signals(
        &self,
        exposure: &mut [f32],
        group: usize,
        first: usize,
        key: SeriesKey,
    ) {
        let coefficients = self.shared.signals.of(group);
        if coefficients == [0.0; MOST] {
            return;
        }
        let signals = &self.setup.signals;
        let heard = signals.heard(&self.setup.demand, key);
        for (t, a) in exposure.iter_mut().enumerate() {
            let mut factor = 1.0;
            for (j, coefficient) in coefficients.iter().enumerate() {
                factor += coefficient * signals.value(&heard, j, first + t);
            }
            *a *= factor.clamp(LEAST_FACTOR, 1.0 / LEAST_FACTOR) as f32;
        }
    }

    /// What signals do to the coming lead time of a series, in words; empty for nothing.
    pub(crate) fn signals_in_words(&self, group: usize, key: SeriesKey) -> String {
        let coefficients = self.shared.signals.of(group);
        let mut words = String::new();
        if coefficients == [0.0; MOST] {
            return words;
        }
        let setup = &self.setup;
        let heard = setup.signals.heard(&setup.demand, key);
        let first = setup.calendar().history();
        let periods = setup.settings.lead_time.min(setup.settings.horizon).max(1);
        for (j, name) in setup.signals.names.iter().enumerate() {
            if heard[j].is_none() || coefficients[j] == 0.0 {
                continue;
            }
            let values = (first..first + periods).map(|t| setup.signals.value(&heard, j, t));
            let moved = 100.0 * coefficients[j] * values.sum::<f64>() / periods as f64;
            words += &format!("; {name} moves the coming {periods} periods by {moved:+.1} %");
        }
        words
    }
}

impl Setup<'_> {
    /// Digest of the signals before `as_of`.
    pub(crate) fn signals_digest(&self, as_of: NaiveDate) -> u64 {
        let mut digest = Digest::default();
        for row in self.demand.signals.iter().filter(|row| row.date < as_of) {
            digest.text(&row.signal);
            digest.text(&row.date.to_string());
            digest.add(row.value.to_bits());
        }
        digest.value()
    }

    /// What there is to say about the signals and what was learnt of them.
    pub(crate) fn signal_exceptions(&self, effects: &SignalEffects) -> Vec<Exception> {
        let mut exceptions = Vec::new();
        let mut tell = |severity, what: String, why: String| {
            let about = Subject::Table("signals".to_owned());
            exceptions.push(Exception::new(severity, ExceptionKind::Signals, about, what, why));
        };
        for (j, name) in self.signals.names.iter().enumerate() {
            let used: Vec<f64> = effects
                .coefficients
                .iter()
                .map(|coefficients| coefficients[j])
                .filter(|coefficient| *coefficient != 0.0)
                .collect();
            let groups = self.groups.keys.len();
            if used.is_empty() {
                let why = if effects.judged {
                    "it did not lower the error in the windows that were held back"
                } else {
                    "history is too short to judge it in windows that are held back"
                };
                tell(Severity::Info, format!("{name} is not used"), why.to_owned());
                continue;
            }
            let mean = 100.0 * used.iter().sum::<f64>() / used.len() as f64;
            tell(
                Severity::Info,
                format!(
                    "{name} moves demand in {} of {groups} groups of category and channel, by \
                     {mean:+.1} % for a standard deviation",
                    used.len()
                ),
                "learnt from all series, and it lowered the error in windows that were held back"
                    .to_owned(),
            );
            let missing = self.signals.scopes[j].iter().map(|scope| scope.missing).max();
            let horizon = self.settings.horizon;
            if let Some(missing) = missing.filter(|missing| *missing > 0) {
                tell(
                    Severity::Warning,
                    format!("{name} has no value for {missing} of {horizon} coming periods"),
                    "its usual value for the time of the year is assumed there".to_owned(),
                );
            }
        }
        if self.signals.left_out > 0 {
            tell(
                Severity::Warning,
                format!("{} more signals are not looked at", self.signals.left_out),
                format!("the first {MOST} by name are: with more, some would help by chance"),
            );
        }
        exceptions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two signals over so many periods, the first of which moves demand by `effect`.
    fn sums(periods: f64, effect: f64) -> Sums {
        let mut sums = Sums { periods, ..Sums::default() };
        sums.xx[0][0] = periods;
        sums.xx[1][1] = periods;
        sums.xx[0][1] = 0.3 * periods;
        sums.xx[1][0] = 0.3 * periods;
        sums.xz[0] = effect * periods;
        sums.xz[1] = 0.3 * effect * periods;
        sums
    }

    #[test]
    fn coefficients_are_what_the_sums_say_and_near_the_centre_where_they_say_little() {
        let found = sums(10_000.0, 0.2).coefficients(&[0.0; MOST], ALL_SD);
        assert!((found[0] - 0.2).abs() < 0.005 && found[1].abs() < 0.005, "{found:?}");
        assert_eq!(found[2..], [0.0; MOST - 2]);
        let mut centre = [0.0; MOST];
        centre[0] = 0.1;
        let none = sums(10_000.0, 0.0).coefficients(&centre, GROUP_SD);
        assert!(none[0].abs() < 0.01, "{none:?}");
        let thin = sums(20.0, 0.0).coefficients(&centre, GROUP_SD);
        assert!((0.05..=0.1).contains(&thin[0]), "{thin:?}");
    }

    #[test]
    fn a_signal_is_used_where_it_lowers_the_error_in_the_windows() {
        let series = |series: usize, group: usize, then: f64, now: f64| SignalEvidence {
            series,
            group,
            before: sums(500.0, then),
            windows: [sums(28.0, now); ORIGINS],
        };
        let held: Vec<_> = (0..40).map(|i| series(i, i % 2, 0.2, 0.2)).collect();
        let effects = SignalEffects::learn(&held, 3);
        assert!((effects.of(0)[0] - 0.2).abs() < 0.02, "{effects:?}");
        assert!(effects.of(2)[0] > 0.1, "a group of its own that nothing is known of: {effects:?}");
        assert!(effects.of(0)[1].abs() < 0.005, "what adds nothing is nothing: {effects:?}");
        let past: Vec<_> = (0..40).map(|i| series(i, i % 2, 0.2, 0.0)).collect();
        assert_eq!(SignalEffects::learn(&past, 2).of(0), [0.0; MOST], "it did not hold");
        assert_eq!(SignalEffects::learn(&[], 2).of(0), [0.0; MOST]);
    }
}

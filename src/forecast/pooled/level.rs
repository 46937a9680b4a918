//! How high is demand now? Levels of one series at several half-lives, combined by past error.
//!
//! The level is a ratio of exponentially weighted sums, units over exposure:
//!
//! ```text
//! L = Σ ρ^(n-t) y_t / Σ ρ^(n-t) a_t        ρ = 0.5^(1 / half-life)
//! ```
//!
//! where the exposure `a_t` is what a level of 1 sells in period `t`: the pooled index times the
//! series' own weekday profile. For a flat index this is simple exponential smoothing without the
//! start-up; days that are expected to sell little then say little, and zeros need no special case,
//! so it serves intermittent demand as well (it is TSB with both factors smoothed alike; Teunter,
//! Syntetos & Babai 2011). Censored periods are skipped. Half-lives compete at rolling origins on
//! the units sold over the lead time; their errors are shrunk towards those of their error group,
//! and weights fall with the error (Bates & Granger 1969). Units: units of demand a period.

use crate::domain::calendar::Bucket;
use crate::forecast::pooled::tally::Tally;
use crate::math::elementary::Elementary;
use serde::{Deserialize, Serialize};

/// Half-lives that compete.
pub const HALF_LIVES: usize = 6;
/// Positions of some of them: about a month, two months, and the longest but for the last, which is
/// as good as all of history: what an item that sells twice a year is known by.
pub(crate) const MONTH: usize = 2;
pub(crate) const TWO_MONTHS: usize = 3;
pub(crate) const LONGEST: usize = 4;

/// Mean squared error, in units of its expected variance, below which half-lives differ by chance:
/// without it, dead periods suit the shortest too well.
const NOISE: f64 = 0.3;
/// Share of a month's half-life that must have been observed before a level forecasts one period.
const LEAST_EXPOSURE: f64 = 0.15;
/// Variances that one origin may be off: one extraordinary lead time must not decide.
const FURTHEST: f64 = 50.0;

/// Half-lives of the levels that compete, periods, ascending.
pub(crate) fn half_lives(bucket: Bucket) -> [f64; HALF_LIVES] {
    match bucket {
        Bucket::Day => [7.0, 14.0, 28.0, 56.0, 140.0, 3650.0],
        Bucket::Week => [1.5, 3.0, 6.0, 13.0, 40.0, 520.0],
        Bucket::Month => [4.0, 7.0, 12.0, 24.0, 60.0, 120.0],
    }
}

/// The past of one series as the level sees it.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// Cleaned units. `[n]`
    pub units: &'a [f32],
    /// What a level of 1 sells in each period; NaN where demand was not observed. `[>= n]`
    pub exposure: &'a [f32],
}

/// `0.5^(1 / half_life)`: share of a sum that is left a period later.
pub(crate) fn decay(half_life: f64) -> f64 {
    (0.5f64).to_the(1.0 / half_life)
}

/// [`decay`] of each half-life.
#[must_use]
pub fn decays(half_lives: &[f64; HALF_LIVES]) -> [f64; HALF_LIVES] {
    half_lives.map(decay)
}

/// Exponentially weighted units and exposure at every half-life: all that levels need of the past.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct LevelSums {
    units: [f64; HALF_LIVES],
    exposure: [f64; HALF_LIVES],
}

impl LevelSums {
    /// Nothing but the prior.
    fn new(prior: LevelPrior) -> Self {
        Self {
            units: [prior.level * prior.periods; HALF_LIVES],
            exposure: [prior.periods; HALF_LIVES],
        }
    }

    /// Adds one observed period; `keep` as of [`decays`].
    pub fn add(&mut self, keep: &[f64; HALF_LIVES], units: f64, exposure: f64) {
        for (j, keep) in keep.iter().enumerate() {
            self.units[j] = keep * self.units[j] + units;
            self.exposure[j] = keep * self.exposure[j] + exposure;
        }
    }

    /// Adds the observed ones of some periods; returns their number.
    fn observe(&mut self, keep: &[f64; HALF_LIVES], units: &[f32], exposure: &[f32]) -> usize {
        // A copy stays in registers: the tightest loop of the nightly run.
        let mut sums = *self;
        let mut observed = 0;
        for (&y, &a) in units.iter().zip(exposure) {
            observed += sums.observe_period(keep, y, a);
        }
        *self = sums;
        observed
    }

    /// Adds a period if it was observed; returns whether, as a number.
    fn observe_period(&mut self, keep: &[f64; HALF_LIVES], units: f32, exposure: f32) -> usize {
        if exposure.is_nan() {
            return 0;
        }
        self.add(keep, f64::from(units), f64::from(exposure));
        1
    }

    /// Units and exposure at the longest half-life.
    pub(crate) fn longest(&self) -> Tally {
        Tally { sold: self.units[LONGEST], expected: self.exposure[LONGEST] }
    }

    /// Exposure at each half-life.
    pub(crate) fn exposure(&self) -> [f64; HALF_LIVES] {
        self.exposure
    }

    /// Level at each half-life; zero before the first observation.
    #[must_use]
    pub fn levels(&self) -> [f64; HALF_LIVES] {
        std::array::from_fn(|j| {
            if self.exposure[j] > 0.0 { self.units[j] / self.exposure[j] } else { 0.0 }
        })
    }
}

/// What the level is believed to be before any sale.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct LevelPrior {
    /// Units a period.
    pub level: f64,
    /// How many observed periods it is worth; zero = none.
    pub periods: f64,
}

/// Levels at the end of history, and what the one-step errors on the way say about dispersion.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LevelsToday {
    /// What the levels are read from.
    pub sums: LevelSums,
    /// One-step forecasts at a month's half-life over the last periods, aligned with the end; NaN
    /// where too little was observed.
    pub one_step: Vec<f32>,
    /// Periods observed in all.
    pub observed: usize,
}

/// The past of one series as levels are learnt from it: at the rolling origins, and today.
#[derive(Debug, Clone, Copy)]
pub struct Pasts<'a> {
    /// Cleaned units. `[n]`
    pub units: &'a [f32],
    /// What a level of 1 sells, as far as the origins could know. `[n]`
    pub without_origins: &'a [f32],
    /// The same as known today. `[n]`
    pub whole: &'a [f32],
}

/// Levels of one series.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Levels {
    /// Before each origin, at all half-lives.
    pub before: Vec<[f64; HALF_LIVES]>,
    /// At the end of the past.
    pub today: LevelsToday,
}

/// Levels at all half-lives before the periods `origins`, ascending, and at the end of the past.
#[must_use]
pub fn levels(
    past: &Pasts<'_>,
    half_lives: &[f64; HALF_LIVES],
    prior: LevelPrior,
    origins: &[usize],
) -> Levels {
    let Pasts { units, without_origins, whole } = *past;
    let keep = decays(half_lives);
    let n = units.len();
    // Dispersion is measured over the last periods alone: demand of years ago was another demand.
    let recent = n.saturating_sub((half_lives[LONGEST] * 2.0) as usize);

    // Each sum waits for the one before it; two of them side by side wait half as long.
    let together = origins.first().map_or(0, |&first| first.min(recent));
    let mut then = LevelSums::new(prior);
    let mut sums = then;
    let mut observed = 0;
    let periods = units.iter().zip(&without_origins[..together]).zip(whole);
    for ((&y, &without), &whole) in periods {
        then.observe_period(&keep, y, without);
        observed += sums.observe_period(&keep, y, whole);
    }

    let mut before = Vec::with_capacity(origins.len() + 1);
    let mut done = together;
    for &origin in origins {
        then.observe(&keep, &units[done..origin], &without_origins[done..origin]);
        done = origin;
        before.push(then.levels());
    }

    observed += sums.observe(&keep, &units[together..recent], &whole[together..recent]);
    let enough = LEAST_EXPOSURE * half_lives[MONTH];
    let mut one_step = Vec::with_capacity(n - recent);
    for (&y, &a) in units[recent..].iter().zip(&whole[recent..]) {
        let mean = if sums.exposure[MONTH] > enough {
            f64::from(a) * sums.units[MONTH] / sums.exposure[MONTH]
        } else {
            f64::NAN
        };
        one_step.push(mean as f32);
        observed += sums.observe_period(&keep, y, a);
    }
    Levels { before, today: LevelsToday { sums, one_step, observed } }
}

/// Squared errors at each half-life over past lead times, in units of their expected variance.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct HalfLifeErrors {
    /// Sum over origins. `[half-lives]`
    pub sum: [f64; HALF_LIVES],
    /// Origins counted.
    pub count: f64,
}

impl HalfLifeErrors {
    /// Adds another series' or partition's errors.
    pub fn merge(&mut self, other: &Self) {
        for (a, b) in self.sum.iter_mut().zip(&other.sum) {
            *a += b;
        }
        self.count += other.count;
    }

    /// All but `part` of them.
    #[must_use]
    pub fn without(&self, part: &Self) -> Self {
        Self {
            sum: std::array::from_fn(|j| self.sum[j] - part.sum[j]),
            count: self.count - part.count,
        }
    }

    /// Adds one origin: `actual` units against `level × exposure`.
    ///
    /// - `clumping`: of its demand, see
    ///   [`DispersionSums::clumping`](super::dispersion::DispersionSums::clumping): of an item that
    ///   sells a hundred at a time every half-life is off by hundreds.
    pub fn add(&mut self, actual: f64, levels: &[f64; HALF_LIVES], exposure: f64, clumping: f64) {
        // The slower levels agree on what is typical; the fast ones are what is in question.
        let typical = levels[MONTH..=LONGEST].iter().sum::<f64>() / 3.0 * exposure;
        // A Poisson count of orders and 22 % of the level on top; half a unit so that none is
        // divided by nearly nothing.
        let variance = (1.0 + clumping) * (typical + 0.5) + 0.05 * typical * typical;
        for (sum, level) in self.sum.iter_mut().zip(levels) {
            *sum += ((actual - level * exposure).powi(2) / variance).min(FURTHEST);
        }
        self.count += 1.0;
    }
}

/// Squared log by which a level drifts a day, where nothing is known of it: 30 % in a year.
// With it, ten units a day are best known by the last two weeks, and an order in two months by more
// than a year.
const DRIFT_A_DAY: f64 = 2.5e-4;
/// Origins of an error group that the expected errors are worth. Every item that sells lumps was
/// known by four origins of its own and a handful of others': of two orders in one month, two days
/// ago the last, four times the yearly demand was made.
const EXPECTED_EVIDENCE: f64 = 20.0;

/// Mean squared errors that are expected before any is seen, and what they are worth.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ExpectedErrors {
    /// As [`HalfLifeErrors`] has them, of one origin. `[half-lives]`
    pub errors: [f64; HALF_LIVES],
    /// Origins of the error group that they are worth.
    pub origins: f64,
}

/// What the squared error of each half-life is expected to be in the variances of
/// [`HalfLifeErrors::add`], before any is seen: the chance of what is forecast, the chance in the
/// level (`α / 2` of it a period) and the drift since (`σ² / 2α`), with `α` the share that a period
/// leaves behind (the steady state of exponential smoothing; Muth 1960).
///
/// - `events`: a period, orders of however many units; `clumping`: of them.
/// - `observed`: periods of the past: no level looks back further.
/// - `step`: periods forecast.
pub(crate) fn expected_errors(
    half_lives: &[f64; HALF_LIVES],
    bucket: Bucket,
    step: usize,
    observed: f64,
    events: f64,
    clumping: f64,
) -> ExpectedErrors {
    let due = (events * step as f64).max(1e-9);
    let drift = DRIFT_A_DAY * bucket.days();
    let in_variances = 1.0 + 0.5 / (due * (1.0 + clumping)) + 0.05 * due;
    let errors = half_lives.map(|half_life| {
        let left = (1.0 - decay(half_life)).max(1.0 / observed.max(1.0));
        (1.0 + 0.5 * left * step as f64 + due * drift / (2.0 * left)) / in_variances
    });
    // What sells unit by unit shows by itself which half-life is best.
    ExpectedErrors { errors, origins: EXPECTED_EVIDENCE * lumps(clumping) }
}

/// Weights of the half-lives: the mean squared error, pulled towards the error group's with the
/// weight of `group_evidence` origins, to the power of -3; the group's is pulled in turn towards
/// the [expected](expected_errors) one. They add up to 1.
///
/// Bates & Granger weigh by the power of -1, which hardly tells half-lives apart: their errors are
/// much alike and differ by a few per cent.
///
/// ```
/// use orderpoint::forecast::pooled::level::{ExpectedErrors, HalfLifeErrors, weights};
///
/// // Over ten origins the last half-life erred half as much as the others.
/// let own = HalfLifeErrors { sum: [20.0, 20.0, 20.0, 20.0, 20.0, 10.0], count: 10.0 };
/// let weights = weights(&own, &HalfLifeErrors::default(), 0.0, &ExpectedErrors::default());
/// assert!((weights[5] - 0.526).abs() < 0.001 && (weights[0] - 0.095).abs() < 0.001);
/// ```
#[must_use]
pub fn weights(
    own: &HalfLifeErrors,
    group: &HalfLifeErrors,
    group_evidence: f64,
    expected: &ExpectedErrors,
) -> [f64; HALF_LIVES] {
    let ExpectedErrors { errors: expected, origins } = *expected;
    let known = group.count + origins;
    let group_mean: [f64; HALF_LIVES] = std::array::from_fn(|j| {
        if known > 0.0 { (group.sum[j] + origins * expected[j]) / known } else { 1.0 }
    });
    let mut weights: [f64; HALF_LIVES] = std::array::from_fn(|j| {
        let error = (own.sum[j] + group_evidence * group_mean[j]) / (own.count + group_evidence);
        // Steep, so that the best half-life leads; `NOISE` keeps one lucky error from taking all.
        (error + NOISE).powi(-3)
    });
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= total);
    weights
}

/// How far orders are lumps, 0 to 1: two units now and then are none, tens are.
fn lumps(clumping: f64) -> f64 {
    (clumping / (1.0 + clumping)).powi(2)
}

/// Orders that the whole history is worth beside those that the combined level was read from.
const HISTORY_ORDERS: f64 = 2.0;

/// Weights that lean on the whole history as far as the combined level stands on few large orders:
/// with `K` the kernel of the periods that it is read from, `1 / Σ K²` periods of `events` a
/// period.
/// Units that sell one by one show a step by themselves, and nothing of this is for them.
pub(crate) fn leaning_on_history(
    weights: &[f64; HALF_LIVES],
    half_lives: &[f64; HALF_LIVES],
    observed: f64,
    events: f64,
    clumping: f64,
) -> [f64; HALF_LIVES] {
    let lumps = lumps(clumping);
    let mut weights = *weights;
    weights[HALF_LIVES - 1] *= lumps;
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= total);
    let left = half_lives.map(|half_life| (1.0 - decay(half_life)).max(1.0 / observed.max(1.0)));
    let mut squares = 0.0;
    for (j, &a) in left.iter().enumerate() {
        for (l, &b) in left.iter().enumerate() {
            squares += weights[j] * weights[l] * a * b / (a + b - a * b);
        }
    }
    let orders = events / squares;
    let leans = HISTORY_ORDERS * lumps;
    // Of nothing observed there is nothing to lean on.
    let kept = if leans > 0.0 { orders / (orders + leans) } else { 1.0 };
    let mut leaning = weights.map(|weight| weight * kept);
    leaning[HALF_LIVES - 1] += 1.0 - kept;
    leaning
}

/// `Σ w_j L_j`
pub(crate) fn combined(levels: &[f64; HALF_LIVES], weights: &[f64; HALF_LIVES]) -> f64 {
    levels.iter().zip(weights).map(|(level, weight)| level * weight).sum()
}

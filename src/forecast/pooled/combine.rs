//! How high is demand now? Levels of one series at several memories, and their combination by past error.
//!
//! The level is a ratio of exponentially weighted sums, units over exposure: `L = Σ ρ^(n-t) y_t / Σ ρ^(n-t) a_t`, where the
//! exposure `a_t` is the pooled index times the series' own weekday profile. For a flat index this is simple exponential
//! smoothing without the start-up; days that are expected to sell little then say little, and zeros need no special case, so
//! it serves intermittent demand as well (it is TSB with both factors smoothed alike; Teunter, Syntetos & Babai 2011). Censored
//! periods are skipped. Memories compete at rolling origins on the units sold over the lead time; their errors are shrunk
//! towards those of series of like volume, and weights fall with the squared error (Bates & Granger 1969).

use serde::{Deserialize, Serialize};

/// Memories that compete.
pub const MEMORIES: usize = 5;

/// Mean squared error, in units of its expected variance, below which memories differ by chance: dead periods suit the
/// shortest memory too well.
const NOISE: f64 = 0.3;

/// The past of one series as the level sees it.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// Cleaned units. `[n]`
    pub units: &'a [f32],
    /// What a level of 1 sells in each period; NaN where demand was not seen. `[>= n]`
    pub exposure: &'a [f32],
}

/// What one pass over a series' weekdays and promotions found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rhythm {
    /// Own weekday factors relative to the pooled index, mean 1; Monday first.
    pub weekday: [f64; 7],
    /// Units sold in promotion periods and what the level expected there without them.
    pub promoted: (f64, f64),
}

/// Own weekday factors, shrunk by evidence: `(N_w + κ) / (D_w + κ)`, where `N` are units sold and `D` units expected by level
/// and pooled index on that weekday; promotion periods are set apart.
///
/// - `first`: weekday of the first period, Monday = 0; `None` when periods are no days.
/// - `evidence`: κ, units.
#[must_use]
pub fn rhythm(
    past: &Past<'_>,
    first: Option<usize>,
    promoted: &[bool],
    half_lives: &[f64; MEMORIES],
    evidence: f64,
) -> Rhythm {
    let keep = decay(half_lives[2]);
    let keep_profile = decay(half_lives[4] * 2.0);
    let growth = 1.0 / keep_profile;
    let (mut units, mut exposure) = (0.0, 0.0);
    let (mut sold, mut expected) = ([0.0; 7], [0.0; 7]);
    let mut under_promotion = (0.0, 0.0);
    let mut weight = keep_profile.powi(i32::try_from(past.units.len()).expect("history fits"));
    let monday = first.unwrap_or(0);
    for (t, (&y, &a)) in past.units.iter().zip(past.exposure).enumerate() {
        weight *= growth;
        let weekday = (monday + t) % 7;
        if a.is_nan() {
            continue;
        }
        let (y, a) = (f64::from(y), f64::from(a));
        let level = if exposure > 3.0 { units / exposure } else { 0.0 };
        if promoted.get(t) == Some(&true) {
            if level > 0.0 {
                under_promotion.0 += y;
                under_promotion.1 += a * level;
            }
            continue;
        }
        if level > 0.0 {
            sold[weekday] += weight * y;
            expected[weekday] += weight * a * level;
        }
        units = keep * units + y;
        exposure = keep * exposure + a;
    }
    let total: f64 = sold.iter().sum::<f64>() / expected.iter().sum::<f64>().max(1e-12);
    let mut factors = [1.0; 7];
    if first.is_some() {
        for w in 0..7 {
            factors[w] = (sold[w] + evidence) / (expected[w] * total + evidence);
        }
    }
    let mean = factors.iter().sum::<f64>() / 7.0;
    Rhythm { weekday: factors.map(|f| f / mean), promoted: under_promotion }
}

/// `0.5^(1 / half_life)`.
pub(crate) fn decay(half_life: f64) -> f64 {
    (0.5f64).powf(1.0 / half_life)
}

/// Exponentially weighted units and exposure of every memory: all that the levels need of the past.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Sums {
    units: [f64; MEMORIES],
    exposure: [f64; MEMORIES],
}

impl Sums {
    /// Nothing but the prior.
    fn new(prior: LevelPrior) -> Self {
        Self { units: [prior.level * prior.periods; MEMORIES], exposure: [prior.periods; MEMORIES] }
    }

    /// One more period that was seen; `keep` as of [`decays`].
    pub fn add(&mut self, keep: &[f64; MEMORIES], units: f64, exposure: f64) {
        for (j, keep) in keep.iter().enumerate() {
            self.units[j] = keep * self.units[j] + units;
            self.exposure[j] = keep * self.exposure[j] + exposure;
        }
    }

    /// Adds the periods that were seen; returns their number.
    fn observe(&mut self, keep: &[f64; MEMORIES], units: &[f32], exposure: &[f32]) -> usize {
        // A copy stays in registers.
        let (mut sums, mut observed) = (*self, 0);
        for (&y, &a) in units.iter().zip(exposure) {
            observed += sums.see(keep, y, a);
        }
        *self = sums;
        observed
    }

    /// Adds a period if it was seen; returns whether, as a number.
    fn see(&mut self, keep: &[f64; MEMORIES], units: f32, exposure: f32) -> usize {
        if exposure.is_nan() {
            return 0;
        }
        self.add(keep, f64::from(units), f64::from(exposure));
        1
    }

    /// Level of each memory; zero before the first observation.
    #[must_use]
    pub fn levels(&self) -> [f64; MEMORIES] {
        std::array::from_fn(|j| {
            if self.exposure[j] > 0.0 { self.units[j] / self.exposure[j] } else { 0.0 }
        })
    }
}

/// Share of a sum that is left a period later, of each memory.
#[must_use]
pub fn decays(half_lives: &[f64; MEMORIES]) -> [f64; MEMORIES] {
    half_lives.map(decay)
}

/// Levels at a few origins and what the one-step errors say about dispersion.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Levels {
    /// Level of each memory before period `origins[k]`, in the order of the origins, then now; zero before the first observation.
    pub at: Vec<[f64; MEMORIES]>,
    /// One-step forecasts of the middle memory over the last periods, aligned with the end; NaN where demand was not seen.
    pub one_step: Vec<f32>,
    /// Periods observed in all.
    pub observed: usize,
    /// What the last levels were read from.
    pub sums: Sums,
}

/// What the level is believed to be before any sale: `level` with the weight of `periods` observed ones.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LevelPrior {
    /// Units a period.
    pub level: f64,
    /// How many periods of evidence it is worth; zero = none.
    pub periods: f64,
}

/// Levels of all memories before the `origins`, ascending.
#[must_use]
pub fn levels_before(
    past: &Past<'_>,
    half_lives: &[f64; MEMORIES],
    prior: LevelPrior,
    origins: &[usize],
) -> Vec<[f64; MEMORIES]> {
    let keep = decays(half_lives);
    let (mut sums, mut done) = (Sums::new(prior), 0);
    let before = |&origin: &usize| {
        sums.observe(&keep, &past.units[done..origin], &past.exposure[done..origin]);
        done = origin;
        sums.levels()
    };
    origins.iter().map(before).collect()
}

/// Levels of all memories at the end of the past.
#[must_use]
pub fn levels_now(past: &Past<'_>, half_lives: &[f64; MEMORIES], prior: LevelPrior) -> Levels {
    let keep = decays(half_lives);
    let mut sums = Sums::new(prior);
    let n = past.units.len();
    let recent = n.saturating_sub((half_lives[4] * 2.0) as usize);
    let enough = 0.15 * half_lives[2];
    let mut observed = sums.observe(&keep, &past.units[..recent], &past.exposure[..recent]);
    let mut one_step = Vec::with_capacity(n - recent);
    for (&y, &a) in past.units[recent..].iter().zip(&past.exposure[recent..]) {
        let mean = if sums.exposure[2] > enough {
            f64::from(a) * sums.units[2] / sums.exposure[2]
        } else {
            f64::NAN
        };
        one_step.push(mean as f32);
        observed += sums.see(&keep, y, a);
    }
    Levels { at: vec![sums.levels()], one_step, observed, sums }
}

/// Squared errors of each memory over past lead times, in units of their expected variance.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct MemoryErrors {
    /// Sum over origins. `[memories]`
    pub sum: [f64; MEMORIES],
    /// Origins counted.
    pub count: f64,
}

impl MemoryErrors {
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
    pub fn add(&mut self, actual: f64, levels: &[f64; MEMORIES], exposure: f64) {
        let typical = levels[2..].iter().sum::<f64>() / 3.0 * exposure;
        let variance = typical + 0.05 * typical * typical + 0.5;
        for (sum, level) in self.sum.iter_mut().zip(levels) {
            // One extraordinary lead time must not decide.
            *sum += ((actual - level * exposure).powi(2) / variance).min(50.0);
        }
        self.count += 1.0;
    }
}

/// Weights of the memories: inverse squared (shrunk) mean squared error. They add up to 1.
#[must_use]
pub fn weights(own: &MemoryErrors, class: &MemoryErrors, class_evidence: f64) -> [f64; MEMORIES] {
    let class_mean = class.sum.map(|s| if class.count > 0.0 { s / class.count } else { 1.0 });
    let mut weights: [f64; MEMORIES] = std::array::from_fn(|j| {
        let error = (own.sum[j] + class_evidence * class_mean[j]) / (own.count + class_evidence);
        (error + NOISE).powi(-3)
    });
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= total);
    weights
}

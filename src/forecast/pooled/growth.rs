//! Does demand grow from year to year? A damped trend of each series, pulled towards its group's.
//!
//! The last year's blocks of four weeks (months) are set against the same blocks a year before, so
//! that no season passes for growth: `g = ln(Σ y1/Σ a1) - ln(Σ y0/Σ a0)`. How far the pairs of
//! blocks agree on it is its standard error, and the posterior of a normal prior around the group's
//! growth is what is believed (empirical Bayes; Efron & Morris 1973): a noisy item follows its
//! group, a steady one its own two years, and an item that stepped or ended moves nobody. The past
//! is measured without it (`a · exp(-g · age)`), so that slow levels do not lag behind; the future
//! carries it on, damped (Gardner & McKenzie 1985). Units: log growth a year.

use crate::domain::calendar::Bucket;
use crate::forecast::pooled::horizon::YEAR_DAYS;
use crate::forecast::pooled::level::Past;
use crate::forecast::pooled::tally::Tally;
use crate::math::elementary::Elementary;
use crate::math::exact::ExactSum;
use crate::math::stats;

/// Largest log growth a year that is carried on.
// 65 % a year: what grows faster is a launch, and no law of its years to come.
const LIMIT: f64 = 0.5;
/// What is left of the slope a day later: + 30 % a year adds 6 % by day 90.
const DAMPING: f64 = 0.9995;
/// Standard deviation of the growth of items around their group's, and of groups around none.
// Apart, because one item that grew had moved the steady ones beside it in its group.
const ITEM_SD: f64 = 0.15;
const GROUP_SD: f64 = 0.10;
/// Least standard error: blocks of two years agree by chance, too.
const LEAST_ERROR: f64 = 0.01;
/// Standard errors of a growth that may be chance: a level that wanders is another from year to
/// year without growing. Carrying that on cost 1.5 % of a weekly shop's costs.
const ERRORS: f64 = 2.0;
/// How far a whole group is from its last year without growing, besides what its members show.
// Trade as a whole moves by some per cent from one year to the next, up and down; members share it,
// so that more of them do not make it less.
const COMMON_SD: f64 = 0.03;
/// Pairs of blocks below which half the year is missing.
const LEAST_PAIRS: usize = 6;
/// Largest share of a deviation that the next one keeps.
// Ten blocks and more would then be one: a year says nothing beyond that.
const MOST_PERSISTENT: f64 = 0.9;

/// Growth as one series shows it by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct OwnGrowth {
    /// Log growth a year.
    pub growth: f64,
    /// Its standard error, squared.
    pub variance: f64,
}

impl OwnGrowth {
    /// What is believed where the group grows by `of_group`.
    pub(crate) fn believed(own: Option<Self>, of_group: f64) -> f64 {
        let prior = 1.0 / (ITEM_SD * ITEM_SD);
        // Without two years of its own an item grows with nobody: its group is mostly others.
        let Some(Self { growth, variance }) = own else { return 0.0 };
        let growth = beyond_chance(growth, variance);
        ((growth / variance + of_group * prior) / (1.0 / variance + prior)).clamp(-LIMIT, LIMIT)
    }
}

/// A growth less what chance may make of it: nothing up to [`ERRORS`] standard errors, nearly all
/// of a clear one (James & Stein 1961, the positive part).
fn beyond_chance(growth: f64, variance: f64) -> f64 {
    let chance = ERRORS * ERRORS * variance;
    let squared = growth * growth;
    if squared > chance { growth * (1.0 - chance / squared) } else { 0.0 }
}

/// Sums over the members of a group.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct GroupGrowth {
    weight: ExactSum,
    weighted: ExactSum,
}

impl GroupGrowth {
    /// Adds a member.
    pub(crate) fn add(&mut self, own: OwnGrowth) {
        let weight = 1.0 / (own.variance + ITEM_SD * ITEM_SD);
        self.weight.add(weight);
        self.weighted.add(weight * own.growth.clamp(-LIMIT, LIMIT));
    }

    /// Adds those of another partition.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.weight.merge(other.weight);
        self.weighted.merge(other.weighted);
    }

    /// Growth of the group.
    pub(crate) fn mean(&self) -> f64 {
        let weight = self.weight.value();
        let mean = self.weighted.value() / (weight + 1.0 / (GROUP_SD * GROUP_SD));
        beyond_chance(mean, 1.0 / weight.max(1e-12) + COMMON_SD * COMMON_SD)
    }
}

/// Periods of one block, and blocks of a year.
struct Blocks {
    length: usize,
    year: usize,
}

impl Blocks {
    fn of(bucket: Bucket) -> Self {
        match bucket {
            Bucket::Day => Self { length: 28, year: 13 },
            Bucket::Week => Self { length: 4, year: 13 },
            Bucket::Month => Self { length: 1, year: 12 },
        }
    }
}

/// Units and exposure of each block of a past that the level of today reaches.
pub(crate) struct BlockSums {
    /// Newest first.
    sums: Vec<Tally>,
    blocks: Blocks,
}

impl BlockSums {
    /// Of the periods from `level_from` on, as far back as is ever compared.
    ///
    /// - `unknown`: the most periods at the end that [`Self::growth`] will be asked not to know.
    pub(crate) fn of(past: &Past<'_>, bucket: Bucket, level_from: usize, unknown: usize) -> Self {
        let blocks = Blocks::of(bucket);
        let n = past.units.len();
        let most = 2 * blocks.year + unknown / blocks.length;
        let count = (n.saturating_sub(level_from) / blocks.length).min(most);
        let mut sums = Vec::with_capacity(count);
        for back in 1..=count {
            let block = n - back * blocks.length..n - (back - 1) * blocks.length;
            sums.push(Tally::of_observed(&past.units[block.clone()], &past.exposure[block]));
        }
        Self { sums, blocks }
    }

    /// Growth over the year before the last `unknown` periods; `None` where fewer than half of the
    /// blocks have their counterpart a year before.
    pub(crate) fn growth(&self, unknown: usize) -> Option<OwnGrowth> {
        let Blocks { length, year } = self.blocks;
        debug_assert!(unknown.is_multiple_of(length), "an origin lies between two blocks");
        let known = self.sums.get(unknown / length..)?;
        // Each block beside the same of a year before, so that seasons cancel out.
        let pairs = known.len().checked_sub(year)?.min(year);
        if pairs < LEAST_PAIRS {
            return None;
        }
        growth_of(&known[..pairs], &known[year..year + pairs])
    }
}

/// Growth from the blocks `then` to the blocks `now`, each a year after its counterpart.
fn growth_of(now_blocks: &[Tally], then_blocks: &[Tally]) -> Option<OwnGrowth> {
    let mut now = Tally::default();
    let mut then = Tally::default();
    let mut compared = 0.0f64;
    for (a, b) in now_blocks.iter().zip(then_blocks) {
        if a.expected > 0.0 && b.expected > 0.0 {
            now.merge(a);
            then.merge(b);
            compared += 1.0;
        }
    }
    if compared < LEAST_PAIRS as f64 || now.sold <= 0.0 || then.sold <= 0.0 {
        return None;
    }
    let ratio = now.sold / now.expected * then.expected / then.sold;
    // How far single pairs are from the common ratio, as of a ratio estimator.
    let mut misses = Vec::with_capacity(now_blocks.len());
    for (a, b) in now_blocks.iter().zip(then_blocks) {
        let both = a.expected > 0.0 && b.expected > 0.0;
        misses.push(if both { a.sold - ratio * b.sold * a.expected / b.expected } else { 0.0 });
    }
    let squares: f64 = misses.iter().map(|miss| miss * miss).sum();
    // Deviations that last are fewer than they look (Bartlett 1935).
    let lasts = persistence(&misses);
    let by_wandering = (1.0 + lasts) / (1.0 - lasts);
    let scatter = squares * compared / (compared - 1.0) / (now.sold * now.sold) * by_wandering;
    // What counts of their own scatter by, in a log ratio: no comparison is surer than that.
    let counts = 1.0 / now.sold + 1.0 / then.sold;
    Some(OwnGrowth {
        growth: ratio.natural_log(),
        variance: scatter.max(counts).max(LEAST_ERROR * LEAST_ERROR),
    })
}

/// How much of a deviation is left in the next one: the lag-one autocorrelation, its downward bias
/// in short rows made good (Kendall 1954).
pub(crate) fn persistence(deviations: &[f64]) -> f64 {
    let seen = stats::autocorrelations(deviations, 1)[1];
    let n = deviations.len() as f64;
    // Autocorrelations of few values come out too low, by about (1 + 4 r) / n.
    (seen + (1.0 + 4.0 * seen) / n).clamp(0.0, MOST_PERSISTENT)
}

/// Takes growth out of exposures: period `t` of them is `first + t`, measured from period `anchor`.
#[inline(never)]
pub(crate) fn take_out(exposure: &mut [f32], first: usize, anchor: usize, growth: f64, days: f64) {
    if growth == 0.0 {
        return;
    }
    // Two years were compared; before them nothing is known.
    let furthest = (2.0 * YEAR_DAYS / days) as usize;
    let step = (growth * days / YEAR_DAYS).exponential() as f32;
    let oldest = anchor.saturating_sub(furthest).max(first);
    let mut factor = (-growth * (anchor - oldest) as f64 * days / YEAR_DAYS).exponential() as f32;
    let (before, since) = exposure.split_at_mut((oldest - first).min(exposure.len()));
    before.iter_mut().for_each(|a| *a *= factor);
    for a in since {
        *a *= factor;
        factor *= step;
    }
}

/// Carries growth on into future exposures, damped; the first is `ahead` periods after the last one
/// that the level knows, from 1.
pub(crate) fn carry_on(exposure: &mut [f32], ahead: usize, growth: f64, days: f64) {
    if growth == 0.0 {
        return;
    }
    let damping = DAMPING.to_the(days);
    let mut left = DAMPING.to_the(days * ahead as f64);
    for a in exposure {
        // After h days the log level has moved by g/365 (1 - φ^h) / (1 - φ).
        *a *= (growth / YEAR_DAYS * (1.0 - left) / (1.0 - DAMPING)).exponential() as f32;
        left *= damping;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::elementary::Transcendental;
    use rand_pcg::Pcg64Mcg;
    use rand_pcg::rand_core::{Rng as _, SeedableRng as _};

    fn of(units: &[f32]) -> Option<OwnGrowth> {
        let exposure = vec![1.0; units.len()];
        BlockSums::of(&Past { units, exposure: &exposure }, Bucket::Day, 0, 0).growth(0)
    }

    #[test]
    fn thirty_per_cent_a_year_is_found_in_two_years_whatever_the_season() {
        let season = |t: usize| 1.0 + 0.6 * (t as f64 / 364.0 * std::f64::consts::TAU).sine();
        let grown = |t: usize| (20.0 * season(t) * 1.3f64.to_the(t as f64 / 365.25)).round() as f32;
        let units: Vec<f32> = (0..730).map(grown).collect();
        let own = of(&units).unwrap();
        let believed = OwnGrowth::believed(Some(own), 0.0);
        assert!((believed - 1.3f64.natural_log()).abs() < 0.03, "{own:?} {believed}");
        let mut ahead = vec![1.0; 90];
        carry_on(&mut ahead, 1, believed, 1.0);
        assert!((1.055..1.075).contains(&(ahead[89] / ahead[0])), "{}", ahead[89] / ahead[0]);
    }

    #[test]
    fn steady_items_and_short_or_stepping_ones_do_not_grow() {
        assert_eq!(OwnGrowth::believed(of(&[10.0; 730]), 0.0), 0.0);
        assert_eq!(of(&[10.0; 400]), None);
        let stepped = [vec![1.0; 690], vec![30.0; 40]].concat();
        let own = of(&stepped).unwrap();
        assert!(OwnGrowth::believed(Some(own), 0.0).abs() < 0.12, "{own:?}");
    }

    #[test]
    fn a_level_that_wanders_seldom_grows() {
        let mut random = Pcg64Mcg::seed_from_u64(7);
        let mut grew = 0;
        for _ in 0..200 {
            let mut level = 2.0f64;
            let mut units = Vec::new();
            for _ in 0..730 {
                level += ((random.next_u64() >> 40) as f64 / 2f64.to_the(24.0) - 0.5) * 0.1;
                units.push(level.exponential() as f32);
            }
            let believed = OwnGrowth::believed(of(&units), 0.0);
            grew += u32::from(believed.abs() > 0.05);
        }
        // Of blocks that are taken for independent, nine in ten seem to grow.
        assert!(grew < 80, "{grew} of 200");
    }

    #[test]
    fn a_growing_neighbour_hardly_moves_a_steady_item() {
        let mut group = GroupGrowth::default();
        for growth in [0.0, 0.0, 0.4] {
            group.add(OwnGrowth { growth, variance: 0.0005 });
        }
        let steady = OwnGrowth { growth: 0.0, variance: 0.0005 };
        assert!(OwnGrowth::believed(Some(steady), group.mean()) < 0.01);
    }

    #[test]
    fn growth_is_taken_out_of_the_past_up_to_the_anchor() {
        let mut exposure = vec![1.0f32; 366];
        take_out(&mut exposure, 0, 365, 0.3, 1.0);
        assert!((exposure[365] - 1.0).abs() < 1e-3, "{}", exposure[365]);
        assert!((exposure[0] - (-0.3f32).exponential()).abs() < 1e-3, "{}", exposure[0]);
    }
}

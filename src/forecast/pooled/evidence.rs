//! What one range of pools has to say about a stage of learning, and how ranges add up.

use crate::forecast::CLASSES;
use crate::forecast::KINDS;
use crate::forecast::LADDER;
use crate::forecast::pooled::combine::MemoryErrors;
use crate::forecast::pooled::distribution::{Moments, PitCounts};

/// Evidence of the memories stage.
#[derive(Debug, Clone)]
pub struct Memories {
    pub(crate) errors: Vec<MemoryErrors>,
    /// Σ excess and Σ square of one-step errors, by class of short name: volume band.
    pub(crate) dispersion: Vec<(f64, f64)>,
    /// Units sold under promotion and expected without, by group.
    pub(crate) promoted: Vec<(f64, f64)>,
    /// By class and rung of the ladder: weighted excess squared error and squared mean.
    pub(crate) level: Vec<[(f64, f64); LADDER]>,
    /// (mean discount, uplift, units expected without) of each series whose past promotions state one.
    pub(crate) discounts: Vec<(f64, f64, f64)>,
}

/// Evidence of the calibration stage.
#[derive(Debug, Clone)]
pub struct Errors {
    /// Recent units and what the levels expected, by group.
    pub(crate) recent: Vec<(f64, f64)>,
    pub(crate) sums: Vec<[PitCounts; LADDER]>,
    pub(crate) periods: Vec<PitCounts>,
}

impl Memories {
    pub(crate) fn new(groups: usize) -> Self {
        Self {
            errors: vec![MemoryErrors::default(); CLASSES],
            dispersion: vec![(0.0, 0.0); CLASSES],
            promoted: vec![(0.0, 0.0); groups],
            level: vec![[(0.0, 0.0); LADDER]; CLASSES],
            discounts: Vec::new(),
        }
    }

    /// Adds one interval: `actual` units where `moments`, without any uncertainty of the level, were predicted.
    pub(crate) fn add_interval(
        &mut self,
        class: usize,
        rung: usize,
        actual: f64,
        moments: Moments,
    ) {
        let Moments { mean, variance } = moments;
        let miss = (actual - mean) * (actual - mean);
        let rough = variance + 0.05 * mean * mean;
        let weight = mean * mean / (rough * rough);
        self.level[class][rung].0 += weight * (miss - variance).min(20.0 * rough);
        self.level[class][rung].1 += weight * mean * mean;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.errors.iter_mut().zip(&other.errors).for_each(|(a, b)| a.merge(b));
        add_pairs(&mut self.dispersion, &other.dispersion);
        add_pairs(&mut self.promoted, &other.promoted);
        self.level.iter_mut().zip(&other.level).for_each(|(a, b)| add_pairs(a, b));
        self.discounts.extend_from_slice(&other.discounts);
    }

    /// Relative variance of the level of a class at each rung, pulled towards that of its kind.
    pub(crate) fn level_variance(&self, class: usize) -> [f64; LADDER] {
        std::array::from_fn(|h| {
            let kin = self.level.iter().skip(class % KINDS).step_by(KINDS);
            let (excess, square) = kin.fold((0.0, 0.0), |(e, s), c| (e + c[h].0, s + c[h].1));
            let all = if square > 0.0 { excess / square } else { 0.1 };
            let (excess, square) = self.level[class][h];
            let prior = 20.0;
            ((excess + prior * all) / (square + prior)).clamp(0.0, 4.0)
        })
    }
}

impl Errors {
    pub(crate) fn new(groups: usize) -> Self {
        Self {
            recent: vec![(0.0, 0.0); groups],
            sums: vec![Default::default(); CLASSES],
            periods: vec![PitCounts::default(); CLASSES],
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        add_pairs(&mut self.recent, &other.recent);
        for (a, b) in self.sums.iter_mut().zip(&other.sums) {
            a.iter_mut().zip(b).for_each(|(a, b)| a.merge(b));
        }
        self.periods.iter_mut().zip(&other.periods).for_each(|(a, b)| a.merge(b));
    }
}

pub(crate) fn pooled<'c>(counts: impl Iterator<Item = &'c PitCounts>) -> PitCounts {
    let mut all = PitCounts::default();
    counts.for_each(|c| all.merge(c));
    all
}

pub(crate) fn add_pairs(a: &mut [(f64, f64)], b: &[(f64, f64)]) {
    for (a, b) in a.iter_mut().zip(b) {
        a.0 += b.0;
        a.1 += b.1;
    }
}

//! Stages in a row: the levels up to which each orders, exactly and from quantiles alone.
//!
//! The exact recursion (Clark & Scarf 1960) passes each stage what the ones before it would pay for
//! being short; it needs the whole distribution on a grid. Shang & Song (2003) bound each level by
//! two newsvendors over the whole lead time to the customer, and take their mean: only quantiles,
//! so it suits empirical forecasts, and costs a few hundredths of a percent.
//!
//! Symbols follow Snyder & Shen (2019), *Fundamentals of Supply Chain Theory*, 2nd ed., ch. 6.2.
//! Oracle: stockpyl 1.0.2; `network.md`, examples 1 and 2. Units: units, periods, currency.
//!
//! ```
//! use orderpoint::network::Steady;
//! use orderpoint::network::serial::{Stage, newsvendor_levels};
//!
//! // Snyder & Shen, example 6.1: N(5, 1) a period, customer side first.
//! let stage = |holding, lead| Stage { holding, lead };
//! let stages = [stage(3.0, 1.0), stage(2.0, 1.0), stage(2.0, 2.0)];
//! let levels = newsvendor_levels(&stages, 37.12, &Steady::normal(5.0, 1.0));
//! assert!((levels[2].level - 22.6340).abs() < 1e-3);
//! ```

use crate::inventory::safety_stock::critical_ratio;
use crate::network::demand::DemandAhead;

// Standard deviations of demand that the grid reaches beyond the mean: one in a million is cut.
const REACH: f64 = 5.0;

/// One stage of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage {
    /// What a unit and period costs more here than at the stage before. `[echelon h]`
    pub holding: f64,
    /// Lead time from the stage before. `[L]`
    pub lead: f64,
}

/// A level between its two bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounded {
    /// Newsvendor with all holding costs down the row.
    pub low: f64,
    /// Newsvendor with this stage's own.
    pub high: f64,
    /// Their mean.
    pub level: f64,
}

/// Echelon levels from two newsvendors each, customer side first; `shortage` is what a unit short
/// costs a period. `[p]`
#[must_use]
pub fn newsvendor_levels(
    stages: &[Stage],
    shortage: f64,
    demand: &dyn DemandAhead,
) -> Vec<Bounded> {
    let all: f64 = stages.iter().map(|stage| stage.holding).sum();
    let mut below = 0.0;
    let mut lead = 0.0;
    let mut levels = Vec::with_capacity(stages.len());
    for stage in stages {
        lead += stage.lead;
        below += stage.holding;
        // Holding costs of the stages further up are paid whether a unit waits here or there.
        let above = all - below;
        let covered = demand.over(0.0, lead, 0.0);
        let low = covered.quantile(critical_ratio(shortage + above, below));
        let high = covered.quantile(critical_ratio(shortage + above, stage.holding));
        levels.push(Bounded { low, high, level: 0.5 * (low + high) });
    }
    levels
}

/// Levels of a row of stages, and what they cost a period.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Echelon levels, customer side first.
    pub levels: Vec<f64>,
    /// Holding and shortage.
    pub cost: f64,
}

/// The best levels, on a grid of `step` units.
#[must_use]
pub fn optimal(stages: &[Stage], shortage: f64, demand: &dyn DemandAhead, step: f64) -> Row {
    recursion(stages, shortage, demand, step, None)
}

/// What given echelon levels cost, on a grid of `step` units.
#[must_use]
pub fn cost_of(
    levels: &[f64],
    stages: &[Stage],
    shortage: f64,
    demand: &dyn DemandAhead,
    step: f64,
) -> f64 {
    recursion(stages, shortage, demand, step, Some(levels)).cost
}

/// Customer side first: `C_j(y) = E[h_j (y - D) + C̲_{j-1}(y - D)]`, `C̲_j(x) = C_j(min(S_j, x))`.
fn recursion(
    stages: &[Stage],
    shortage: f64,
    demand: &dyn DemandAhead,
    step: f64,
    given: Option<&[f64]>,
) -> Row {
    let whole: f64 = stages.iter().map(|stage| stage.lead).sum();
    let far = demand.over(0.0, whole, 0.0);
    let span = far.mean() + REACH * far.sd();
    let first = -(span / step).ceil() * step;
    let points = 2 * (span / step).ceil() as usize + 1;
    let all: f64 = stages.iter().map(|stage| stage.holding).sum();
    // Before the first stage: what is owed costs the shortage, and the holding that was counted.
    let mut passed: Vec<f64> =
        (0..points).map(|i| (shortage + all) * (-(first + i as f64 * step)).max(0.0)).collect();
    let mut levels = Vec::with_capacity(stages.len());
    let mut cost = 0.0;
    for (j, stage) in stages.iter().enumerate() {
        let mass = masses(demand, stage.lead, step);
        for (i, value) in passed.iter_mut().enumerate() {
            *value += stage.holding * (first + i as f64 * step);
        }
        let expected = expectation(&passed, &mass);
        let best = match given {
            Some(levels) => ((levels[j] - first) / step).round().max(0.0) as usize,
            None => least(&expected),
        };
        levels.push(first + best as f64 * step);
        cost = expected[best];
        passed = (0..points).map(|i| expected[i.min(best)]).collect();
    }
    Row { levels, cost }
}

/// Probability of each multiple of `step`.
fn masses(demand: &dyn DemandAhead, lead: f64, step: f64) -> Vec<f64> {
    let over = demand.over(0.0, lead, 0.0);
    let cells = ((over.mean() + REACH * over.sd()) / step).ceil() as usize;
    let mut below = vec![0.0; cells + 1];
    over.cdf_grid(0.5 * step, step, &mut below);
    for i in (1..=cells).rev() {
        below[i] -= below[i - 1];
    }
    below
}

/// `E f(y - D)` at every point; below the grid `f` goes on as a straight line.
fn expectation(f: &[f64], mass: &[f64]) -> Vec<f64> {
    let slope = f[1] - f[0];
    let mut expected = Vec::with_capacity(f.len());
    for y in 0..f.len() {
        let mut sum = 0.0;
        for (d, p) in mass.iter().enumerate() {
            let value = if d <= y { f[y - d] } else { f[0] - slope * (d - y) as f64 };
            sum += p * value;
        }
        expected.push(sum);
    }
    expected
}

fn least(values: &[f64]) -> usize {
    let mut best = 0;
    for (i, value) in values.iter().enumerate() {
        if *value < values[best] {
            best = i;
        }
    }
    best
}

//! Learning over the whole panel, partition by partition, stage by stage.

use crate::domain::exceptions::{Exception, Subject};
use crate::domain::fault::guarded;
use crate::domain::panel::Panel;
use crate::forecast::{self, Demand, Evidence, Forecaster, Learner, Settings, Stage};
use rayon::prelude::*;
use std::ops::Range;

/// What a pool costs beside its values, in values: an item with a week of history is planned like
/// any other.
const CELLS_PER_POOL: usize = 64;

/// How large partitions are. Results do not depend on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// Values of history that one holds, about.
    pub cells: usize,
    /// Pools after which one ends, with the last one's item.
    pub pools: usize,
}

impl Default for Cut {
    /// Work enough that handing it out costs nothing, and small enough that a few results a thread
    /// can wait for their turn.
    fn default() -> Self {
        Self { cells: 400_000, pools: usize::MAX }
    }
}

/// Ranges of neighbouring pools of about the same number of values, whatever the number of threads.
/// None ends within an item: its locations give to each other.
pub(super) fn partitions(panel: &Panel, cut: Cut) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut first = 0;
    let mut cells = 0;
    let pools = panel.pools();
    for (i, pool) in pools.iter().enumerate() {
        cells += CELLS_PER_POOL + pool.series.clone().map(|s| panel.periods(s)).sum::<usize>();
        let is_full = cells >= cut.cells || i + 1 - first >= cut.pools;
        if is_full && pools.get(i + 1).is_none_or(|next| next.sku != pool.sku) {
            parts.push(first..i + 1);
            first = i + 1;
            cells = 0;
        }
    }
    if first < pools.len() {
        parts.push(first..pools.len());
    }
    parts
}

/// Learns anew over the whole panel; pools that it breaks on are left out.
pub(super) fn learn_anew<'a>(
    demand: Demand<'a>,
    settings: Settings,
    parts: &[Range<usize>],
) -> Forecaster<'a> {
    Learner::new(demand, settings).learn(&mut Survey::new(demand, parts))
}

/// Goes over the panel in partitions, on all threads; pools that break are left out.
pub(super) struct Survey<'p> {
    demand: Demand<'p>,
    parts: &'p [Range<usize>],
    /// The pools that broke, in panel order within a stage.
    pub exceptions: Vec<Exception>,
}

impl<'p> Survey<'p> {
    pub(super) fn new(demand: Demand<'p>, parts: &'p [Range<usize>]) -> Self {
        Self { demand, parts, exceptions: Vec::new() }
    }
}

impl forecast::Survey for Survey<'_> {
    fn survey<S: Stage>(&mut self, stage: &S) -> S::Evidence {
        // Merged where it comes, so that no more than a few partitions' evidence is held at once.
        let parts = self.parts.par_iter();
        let all = parts
            .map(|range| observe(stage, self.demand, range.clone()))
            .reduce(|| Observed::nothing(stage), Observed::with);
        self.exceptions.extend(all.exceptions);
        all.evidence
    }
}

/// What a range of pools teaches, and those of it that broke.
struct Observed<S: Stage> {
    evidence: S::Evidence,
    /// In panel order.
    exceptions: Vec<Exception>,
}

impl<S: Stage> Observed<S> {
    fn nothing(stage: &S) -> Self {
        Self { evidence: stage.nothing(), exceptions: Vec::new() }
    }

    /// With that of the next range.
    fn with(mut self, next: Self) -> Self {
        self.evidence.merge(next.evidence);
        self.exceptions.extend(next.exceptions);
        self
    }
}

fn observe<S: Stage>(stage: &S, demand: Demand<'_>, range: Range<usize>) -> Observed<S> {
    match guarded(|| stage.observe(range.clone())) {
        Ok(evidence) => Observed { evidence, exceptions: Vec::new() },
        Err(fault) if range.len() == 1 => {
            let pool = &demand.panel.pools()[range.start];
            let about = Subject::pool(demand.names, pool.sku, pool.location);
            let exception = Exception::internal(about, "nothing is learnt from this item", &fault);
            Observed { evidence: stage.nothing(), exceptions: vec![exception] }
        }
        Err(_) => {
            // Halves, not pools: the evidence of a range can be large.
            let middle = usize::midpoint(range.start, range.end);
            let before = observe(stage, demand, range.start..middle);
            before.with(observe(stage, demand, middle..range.end))
        }
    }
}

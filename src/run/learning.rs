//! Learning over the whole panel, partition by partition, stage by stage.

use crate::domain::exceptions::{Exception, Subject};
use crate::domain::fault::guarded;
use crate::domain::panel::Panel;
use crate::forecast::{Context, Evidence, Stage};
use crate::run::progress::Progress;
use rayon::prelude::*;
use std::ops::Range;

/// Values of history that one partition holds, about: work enough that handing it out costs nothing, and small enough that a few
/// results a thread can wait for their turn.
const CELLS_PER_PARTITION: usize = 400_000;
/// What a pool costs beside its values, in values: an item with a week of history is planned like any other.
const CELLS_PER_POOL: usize = 64;

/// Ranges of neighbouring pools of about the same number of values, whatever the number of threads: so results do not depend
/// on it.
pub(super) fn partitions(panel: &Panel) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut first = 0;
    let mut cells = 0;
    for (i, pool) in panel.pools().iter().enumerate() {
        cells += CELLS_PER_POOL + pool.series.clone().map(|s| panel.gross(s).len()).sum::<usize>();
        if cells >= CELLS_PER_PARTITION {
            parts.push(first..i + 1);
            first = i + 1;
            cells = 0;
        }
    }
    if first < panel.pools().len() {
        parts.push(first..panel.pools().len());
    }
    parts
}

/// A context that has learnt all it can.
pub(super) struct LearntContext<'a> {
    pub context: Context<'a>,
    /// The pools it broke on.
    pub broken: Vec<Exception>,
}

/// Takes a context through the stages of learning over the whole panel.
pub(super) fn learn<'a>(
    mut context: Context<'a>,
    parts: &[Range<usize>],
    progress: &dyn Progress,
) -> LearntContext<'a> {
    progress.begin("learning", 0);
    let mut broken = Vec::new();
    while context.stage() != Stage::Ready {
        let observed: Vec<Observed> =
            parts.par_iter().map(|range| observe(&context, range.clone())).collect();
        let mut evidence = Vec::with_capacity(observed.len());
        for part in observed {
            evidence.extend(part.evidence);
            broken.extend(part.broken);
        }
        context.learn(evidence);
    }
    progress.end(if context.refit().is_some() { "levels" } else { "seasons, events and errors" });
    LearntContext { context, broken }
}

/// What some pools teach; those that break are left out, with an exception each.
struct Observed {
    evidence: Vec<Evidence>,
    broken: Vec<Exception>,
}

fn observe(context: &Context<'_>, range: Range<usize>) -> Observed {
    match guarded(|| context.observe(range.clone())) {
        Ok(evidence) => Observed { evidence: vec![evidence], broken: Vec::new() },
        Err(fault) if range.len() == 1 => {
            let demand = context.demand();
            let pool = &demand.panel.pools()[range.start];
            let about = Subject::pool(demand.names, pool.sku, pool.location);
            let what = "nothing is learnt from this item";
            Observed {
                evidence: context.unseen().into_iter().collect(),
                broken: vec![Exception::internal(about, what, &fault)],
            }
        }
        Err(_) => {
            // Halves, not pools: the evidence of a range can be large.
            let middle = usize::midpoint(range.start, range.end);
            let mut whole = observe(context, range.start..middle);
            let rest = observe(context, middle..range.end);
            whole.evidence.extend(rest.evidence);
            whole.broken.extend(rest.broken);
            whole
        }
    }
}

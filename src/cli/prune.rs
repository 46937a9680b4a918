//! `prune`: removes old runs, never the current one, and the models that no run goes back to any
//! more.

use crate::cli::PruneArgs;
use crate::cli::planned::planned;
use crate::cli::print::say;
use crate::domain::error::Result;
use crate::domain::shown::number_of;
use crate::store::{self, OutputLock, PublishedRun, models};
use crate::tables;
use std::collections::BTreeSet;

/// Keeps the newest runs and says which others went.
pub(crate) fn prune(args: &PruneArgs) -> Result<u8> {
    let plan = planned(&args.options)?;
    let lock = OutputLock::acquire(&plan.run.out, "prune")?;
    // What must not be lost with the runs is written first.
    if let Some(warning) = tables::history::update(lock.out())?.warning() {
        say!("{warning}");
    }
    let removed = store::prune(&lock, args.keep)?;
    for run in &removed {
        say!("removed {}", run.manifest.run_id);
    }
    // States outlive their run as long as a run that is kept goes back to them.
    let kept = refits(&PublishedRun::all(lock.out())?);
    models::forget(&plan.run.models, refits(&removed).difference(&kept))?;
    say!("{} removed, at most {} kept", number_of(removed.len(), "run"), args.keep);
    Ok(0)
}

/// The refits that `runs` carry on from.
fn refits(runs: &[PublishedRun]) -> BTreeSet<String> {
    runs.iter().filter_map(|run| Some(run.manifest.refit.as_ref()?.run_id.clone())).collect()
}

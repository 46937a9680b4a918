//! `review`: a planner's decisions come in.

use crate::cli::ReviewArgs;
use crate::cli::planned::planned;
use crate::cli::print::{print_json, say};
use crate::domain::error::{Error, Result};
use crate::domain::inputs::Inputs;
use crate::domain::lot::LotRules;
use crate::domain::shown::number_of;
use crate::ingest;
use crate::review::decisions::{KeptDecisions, known_extent};
use crate::review::intake::{Signature, proposals, take_in_text};
use crate::run;
use crate::store::{Findings, Journal, OutputLock, PublishedRun};
use serde_json::json;
use std::path::Path;

/// Takes in a file of decisions; lines that do not hold are not kept, and named.
pub(crate) fn review(args: &ReviewArgs) -> Result<u8> {
    let plan = planned(&args.options)?;
    let out = &plan.run.out;
    if args.verify {
        return verify(out);
    }
    if args.log {
        return log(out);
    }
    let Some(file) = &args.decisions else {
        return Err(Error::Config(vec!["--decisions FILE: which file?".to_owned()]));
    };
    let _lock = OutputLock::acquire(out, "review")?;
    let run = PublishedRun::current(out)?;
    let inputs = run::with_threads(plan.run.threads, || ingest::load(&plan.request()))?;
    let proposals =
        proposals(&run, |sku, location, supplier| terms(&inputs, sku, location, supplier))?;
    let signature = args.author.as_deref().map_or(Signature::Written, Signature::OfUnsigned);
    let bytes = std::fs::read(file).map_err(|e| Error::input(file, e.to_string()))?;
    let intake = take_in_text(out, file, &bytes, &proposals, signature)?;
    let orders = intake.accepted.iter().filter(|decision| decision.is_order()).count();
    if args.options.voice.json {
        print_json(&json!({
            "run_id": run.manifest.run_id,
            "accepted": intake.accepted.len(),
            "orders": orders,
            "problems": intake.problems,
            "known": intake.known,
        }))?;
    } else if intake.known {
        say!("this file was taken in before; nothing changed");
    } else {
        let kept = number_of(intake.accepted.len(), "decision");
        say!("{kept} kept, {orders} to order; in force from the next run on");
        for problem in &intake.problems {
            say!("  not kept: {problem}");
        }
    }
    Ok(if intake.problems.is_empty() { 0 } else { Error::input(file, "").exit_code() })
}

/// What `supplier` delivers at a time.
pub(crate) fn terms(
    inputs: &Inputs,
    sku: &str,
    location: &str,
    supplier: &str,
) -> Option<LotRules> {
    let pool = inputs.names.find_pool(sku, location)?;
    let supplier = inputs.names.find_supplier(supplier)?;
    LotRules::agreed(&inputs.supply, pool.sku, pool.location, supplier)
}

/// Says what is damaged among the kept decisions, and changes nothing.
fn verify(out: &Path) -> Result<u8> {
    let Findings { restorable, lost, copies, strangers } = Journal::look(out, known_extent(out))?;
    let kinds = [
        ("damaged, restored by the next command", &restorable),
        ("damaged, without a sound copy", &lost),
        ("second copy missing or damaged", &copies),
        ("none of ours, left out", &strangers),
    ];
    let mut sound = true;
    for (what, files) in kinds {
        for file in files {
            sound = false;
            say!("{file}: {what}");
        }
    }
    if sound {
        say!("all kept decisions are sound");
    }
    Ok(if lost.is_empty() && restorable.is_empty() { 0 } else { 3 })
}

/// Lists what was taken in, exported and restored.
fn log(out: &Path) -> Result<u8> {
    let journal = Journal::open(out, known_extent(out))?;
    for entry in journal.entries() {
        let kind = format!("{:?}", entry.kind).to_lowercase();
        say!("{:>6} {:20} {kind:9} {}", entry.sequence, entry.time, entry.file);
    }
    for d in &KeptDecisions::of(&journal, out)?.decisions {
        let quantity = d.quantity;
        let verdict = d.verdict.name();
        let from =
            if d.is_transfer() { format!(" from {}", d.from_location) } else { String::new() };
        let reason = if d.reason.is_empty() { String::new() } else { format!(": {}", d.reason) };
        let line = format!("{quantity} of {} at {}{from}", d.sku, d.location);
        say!("{} {verdict:8} {line} by {}{reason}", d.as_of, d.author);
    }
    Ok(0)
}

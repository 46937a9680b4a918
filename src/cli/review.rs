//! `review`: a planner's decisions come in.

use crate::cli::ReviewArgs;
use crate::cli::print::{counted, print_json, say};
use crate::config::Plan;
use crate::domain::error::{Error, Result};
use crate::domain::inputs::Inputs;
use crate::ingest;
use crate::purchase::lot::LotRules;
use crate::review::intake::{proposals, take_in};
use crate::run;
use crate::store::{OutputLock, PublishedRun};
use serde_json::json;

/// Takes in a file of decisions; lines that do not hold are not kept, and named.
pub(crate) fn review(args: &ReviewArgs) -> Result<u8> {
    let plan = Plan::load(&args.options)?;
    let out = &plan.run.out;
    let _lock = OutputLock::acquire(out, "review")?;
    let run = PublishedRun::current(out)?;
    let inputs = run::with_threads(plan.run.threads, || ingest::load(&plan.request()))?;
    let proposals =
        proposals(&run, |sku, location, supplier| terms(&inputs, sku, location, supplier))?;
    let intake = take_in(out, &args.decisions, &proposals)?;
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
        let kept = counted(intake.accepted.len(), "decision");
        say!("{kept} kept, {orders} to order; in force from the next run on");
        for problem in &intake.problems {
            say!("  not kept: {problem}");
        }
    }
    Ok(if intake.problems.is_empty() { 0 } else { Error::input(&args.decisions, "").exit_code() })
}

/// What `supplier` delivers at a time.
fn terms(inputs: &Inputs, sku: &str, location: &str, supplier: &str) -> Option<LotRules> {
    let pool = inputs.names.find_pool(sku, location)?;
    let supplier = inputs.names.find_supplier(supplier)?;
    LotRules::agreed(&inputs.supply, pool.sku, pool.location, supplier)
}

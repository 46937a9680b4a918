//! `explain`: why the last run decided what it did about one item.

use crate::cli::ExplainArgs;
use crate::cli::execute::print_json;
use crate::config::Plan;
use crate::domain::error::Result;
use crate::review::explain::explain as told;
use crate::store::PublishedRun;

/// Prints the arithmetic of one item's numbers.
pub(crate) fn explain(args: &ExplainArgs) -> Result<u8> {
    let plan = Plan::load(&args.options)?;
    let run = PublishedRun::current(&plan.run.out)?;
    let text = told(&run, &args.sku, args.channel.as_deref())?;
    if args.options.voice.json {
        print_json(
            &serde_json::json!({"run_id": run.manifest.run_id, "sku": args.sku, "explanation": text}),
        )?;
    } else {
        print!("{text}");
    }
    Ok(0)
}

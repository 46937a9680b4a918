//! `explain`: why the last run decided what it did about one item.

use crate::cli::ExplainArgs;
use crate::cli::planned::planned;
use crate::cli::print::{print_json, say_text};
use crate::domain::error::Result;
use crate::review;
use crate::store::PublishedRun;
use serde_json::json;

/// Prints the arithmetic of one item's numbers.
pub(crate) fn explain(args: &ExplainArgs) -> Result<u8> {
    let plan = planned(&args.options)?;
    let run = PublishedRun::current(&plan.place())?;
    let text = review::explain::explain(&run, &args.sku, args.channel.as_deref())?;
    if args.options.voice.json {
        let run_id = &run.manifest.run_id;
        print_json(&json!({"run_id": run_id, "sku": args.sku, "explanation": text}))?;
    } else {
        say_text(&text);
    }
    Ok(0)
}

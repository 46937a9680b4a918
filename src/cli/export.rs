//! `export`: approved orders go out as a file.

use crate::cli::ExportArgs;
use crate::cli::print::{counted, print_json, say};
use crate::config::Plan;
use crate::domain::error::{Error, Result};
use crate::review::decisions::KeptDecisions;
use crate::review::exports::{Selection, mark, orders, render};
use crate::store::{OutputLock, PublishedRun};
use serde_json::json;

/// Writes approved orders that were never exported (with `--all`, every one that stands).
pub(crate) fn export(args: &ExportArgs) -> Result<u8> {
    let plan = Plan::load(&args.options)?;
    let out = &plan.run.out;
    let _lock = OutputLock::acquire(out, "export")?;
    let as_of = PublishedRun::current(out)?.manifest.as_of;
    let kept = KeptDecisions::read(out)?;
    let selection = if args.all { Selection::All } else { Selection::New };
    let orders = orders(&kept, as_of, selection);
    let name = format!("orders-{}.{}", args.format.name(), args.format.extension());
    let file = args.file.clone().unwrap_or_else(|| out.join(name));
    let bytes = render(&orders, args.format, as_of)?;
    std::fs::write(&file, bytes).map_err(Error::io(&file))?;
    mark(out, &orders)?;
    let lines: usize = orders.iter().map(|order| order.lines.len()).sum();
    if args.options.voice.json {
        print_json(&json!({"file": file, "orders": orders.len(), "lines": lines}))?;
    } else {
        say!(
            "{} with {} written to {}",
            counted(orders.len(), "order"),
            counted(lines, "line"),
            file.display()
        );
    }
    Ok(0)
}

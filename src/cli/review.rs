//! `review` and `export`: a planner's decisions come in, approved orders go out as a file.

use crate::cli::execute::print_json;
use crate::cli::{ExportArgs, ExportFormat, ReviewArgs};
use crate::config::Plan;
use crate::domain::error::{Error, Result};
use crate::domain::inputs::Inputs;
use crate::ingest;
use crate::purchase::lot::LotRules;
use crate::review::decisions::{self, Kept};
use crate::review::export::{self, Format, Selection};
use crate::run;
use crate::store::OutputLock;
use crate::store::PublishedRun;
use clap::ValueEnum;
use serde_json::json;

/// Takes in a file of decisions; lines that do not hold are told and not kept.
pub(crate) fn review(args: &ReviewArgs) -> Result<u8> {
    let plan = Plan::load(&args.options)?;
    let out = &plan.run.out;
    let _lock = OutputLock::acquire(out, "review")?;
    let run = PublishedRun::current(out)?;
    let inputs = run::with_threads(plan.run.threads, || ingest::load(&plan.request()))?;
    let proposals = decisions::proposals(&run, |sku, location, supplier| {
        terms(&inputs, sku, location, supplier)
    })?;
    let intake = decisions::take_in(out, &args.decisions, &proposals)?;
    let orders = intake.accepted.iter().filter(|d| d.is_order()).count();
    if args.options.voice.json {
        print_json(&json!({
            "run_id": run.manifest.run_id,
            "accepted": intake.accepted.len(),
            "orders": orders,
            "problems": intake.problems,
            "known": intake.known,
        }))?;
    } else if intake.known {
        println!("this file was taken in before; nothing changed");
    } else {
        println!(
            "{} decisions kept, {orders} of them orders; the next run knows them",
            intake.accepted.len()
        );
        for problem in &intake.problems {
            println!("  not kept: {problem}");
        }
    }
    Ok(if intake.problems.is_empty() { 0 } else { Error::input(&args.decisions, "").exit_code() })
}

/// What `supplier` delivers at a time.
fn terms(inputs: &Inputs, sku: &str, location: &str, supplier: &str) -> Option<LotRules> {
    let pool = inputs.names.find_pool(sku, location)?;
    LotRules::agreed(&inputs.supply, pool.sku, pool.location, inputs.names.find_supplier(supplier)?)
}

/// Writes approved orders that were never exported (with `--all`, every one that stands).
pub(crate) fn export(args: &ExportArgs) -> Result<u8> {
    let plan = Plan::load(&args.options)?;
    let out = &plan.run.out;
    let _lock = OutputLock::acquire(out, "export")?;
    let as_of = PublishedRun::current(out)?.manifest.as_of;
    let kept = Kept::read(out)?;
    let selection = if args.all { Selection::All } else { Selection::New };
    let orders = export::orders(&kept, as_of, selection);
    let name = args.format.to_possible_value().expect("no format is hidden").get_name().to_owned();
    let ending = if args.format == ExportFormat::Xlsx { "xlsx" } else { "csv" };
    let file = args.file.clone().unwrap_or_else(|| out.join(format!("orders-{name}.{ending}")));
    let bytes = export::render(&orders, format(args.format), as_of)?;
    std::fs::write(&file, bytes).map_err(Error::io(&file))?;
    export::mark(out, &orders)?;
    let lines: usize = orders.iter().map(|order| order.lines.len()).sum();
    if args.options.voice.json {
        print_json(&json!({"file": file, "orders": orders.len(), "lines": lines}))?;
    } else {
        println!("{} orders with {lines} lines written to {}", orders.len(), file.display());
    }
    Ok(0)
}

fn format(format: ExportFormat) -> Format {
    match format {
        ExportFormat::Generic => Format::Generic,
        ExportFormat::Odoo => Format::Odoo,
        ExportFormat::Erpnext => Format::ErpNext,
        ExportFormat::Netsuite => Format::NetSuite,
        ExportFormat::Cin7 => Format::Cin7,
        ExportFormat::Shopify => Format::Shopify,
        ExportFormat::Xlsx => Format::Xlsx,
    }
}

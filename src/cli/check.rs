//! `check`: what was read, what was rejected, what is missing or stale, and what that costs.

use crate::cli::execute::print_json;
use crate::cli::progress::Terminal;
use crate::config::Options;
use crate::config::Plan;
use crate::domain::error::Result;
use crate::domain::exceptions::{Exception, Quarantined};
use crate::domain::inputs::Inputs;
use crate::run;
use serde_json::{Value, json};

/// Quarantined rows shown in full.
const SHOWN: usize = 20;

/// Loads the input, tells about it and publishes nothing.
pub(crate) fn check(options: &Options) -> Result<u8> {
    let plan = Plan::load(options)?;
    let progress = Terminal::new(options.voice.log_format);
    let mut inputs = run::with_threads(plan.run.threads, || run::load(&plan, &progress))?;
    inputs.exceptions.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.cmp(b)));
    if options.voice.json {
        print_json(&as_json(&inputs))?;
    } else {
        in_words(&inputs);
    }
    Ok(0)
}

fn in_words(inputs: &Inputs) {
    println!("{:16} {:>10} {:>9}  {:10}  file", "table", "rows", "rejected", "newest");
    for s in &inputs.sources {
        let newest = s.newest.map(|date| date.to_string()).unwrap_or_default();
        println!("{:16} {:>10} {:>9}  {newest:10}  {}", s.table, s.rows, s.rejected, s.file);
    }
    println!("\nmorning of the run: {}", inputs.panel.calendar().as_of());
    if !inputs.exceptions.is_empty() {
        println!("\nwhat is missing or doubtful, and what it costs:");
    }
    for e in &inputs.exceptions {
        println!("  {:7} {} {}: {} ({})", e.severity.name(), e.kind, e.about, e.what, e.why);
    }
    if !inputs.quarantine.is_empty() {
        println!("\nrows in quarantine:");
    }
    for q in inputs.quarantine.iter().take(SHOWN) {
        println!("  {} line {}, {}: `{}`, {}", q.file, q.line, q.column, q.value, q.reason);
    }
    if inputs.quarantine.len() > SHOWN {
        println!("  ... and {} more", inputs.quarantine.len() - SHOWN);
    }
}

fn as_json(inputs: &Inputs) -> Value {
    let table = |s: &crate::domain::inputs::Source| json!({"table": s.table, "file": s.file, "rows": s.rows, "rejected": s.rejected, "newest": s.newest, "sha256": s.sha256});
    let exception = |e: &Exception| json!({"severity": e.severity.name(), "kind": e.kind.name(), "key": e.about.to_string(), "what": e.what, "why": e.why});
    let row = |q: &Quarantined| json!({"file": q.file, "line": q.line, "column": q.column, "value": q.value, "reason": q.reason});
    json!({
        "as_of": inputs.panel.calendar().as_of(),
        "series": inputs.panel.len(),
        "tables": inputs.sources.iter().map(table).collect::<Vec<_>>(),
        "exceptions": inputs.exceptions.iter().map(exception).collect::<Vec<_>>(),
        "quarantine": inputs.quarantine.iter().map(row).collect::<Vec<_>>(),
    })
}

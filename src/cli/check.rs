//! `check`: what was read, what was rejected, what is missing or stale, and what that costs.

use crate::cli::print::{print_json, say};
use crate::cli::progress::Terminal;
use crate::config::{Options, Plan};
use crate::domain::error::Result;
use crate::domain::inputs::Inputs;
use crate::domain::shown::shown;
use crate::run;
use serde_json::{Value, json};
use std::cmp::Reverse;

/// Quarantined rows shown in full: a screen; the others are in the JSON.
const SHOWN: usize = 20;

/// Exit code where a run would refuse the input, as [`crate::domain::error::Error`] has it.
const REFUSED: u8 = 3;

/// Loads the input, tells about it and publishes nothing.
pub(crate) fn check(options: &Options) -> Result<u8> {
    let plan = Plan::load(options)?;
    let progress = Terminal::new(options.voice.log_format);
    let mut inputs = run::with_threads(plan.run.threads, || run::look(&plan, &progress))?;
    inputs.exceptions.sort();
    inputs.exceptions.sort_by_key(|exception| Reverse(exception.severity));
    if options.voice.json {
        print_json(&as_json(&inputs))?;
    } else {
        print_words(&inputs);
    }
    Ok(if inputs.refused.is_empty() { 0 } else { REFUSED })
}

fn print_words(inputs: &Inputs) {
    say!("{:16} {:>10} {:>9}  {:10}  file", "table", "rows", "rejected", "newest");
    for s in &inputs.sources {
        let newest = s.newest.map(|date| date.to_string()).unwrap_or_default();
        say!("{:16} {:>10} {:>9}  {newest:10}  {}", s.table, s.rows, s.rejected, s.file);
    }
    if !inputs.refused.is_empty() {
        say!("\na run would be refused:");
    }
    for sentence in &inputs.refused {
        say!("  {}", shown(sentence));
    }
    say!("\nmorning of the run: {}", inputs.panel.calendar().as_of());
    if !inputs.exceptions.is_empty() {
        say!("\nwhat is missing or doubtful, and what it costs:");
    }
    for e in &inputs.exceptions {
        let line =
            format!("{:7} {} {}: {} ({})", e.severity.name(), e.kind, e.about, e.what, e.why);
        say!("  {}", shown(&line));
    }
    if !inputs.quarantine.is_empty() {
        say!("\nrows in quarantine:");
    }
    for q in inputs.quarantine.iter().take(SHOWN) {
        let line = format!("{} line {}, {}: `{}`, {}", q.file, q.line, q.column, q.value, q.reason);
        say!("  {}", shown(&line));
    }
    if inputs.quarantine.len() > SHOWN {
        say!("  ... and {} more", inputs.quarantine.len() - SHOWN);
    }
}

fn as_json(inputs: &Inputs) -> Value {
    let mut tables = Vec::new();
    for s in &inputs.sources {
        tables.push(json!({
            "table": s.table,
            "file": s.file,
            "rows": s.rows,
            "rejected": s.rejected,
            "newest": s.newest,
            "sha256": s.sha256,
        }));
    }
    let mut exceptions = Vec::new();
    for e in &inputs.exceptions {
        exceptions.push(json!({
            "severity": e.severity.name(),
            "kind": e.kind.name(),
            "key": e.about.to_string(),
            "what": e.what,
            "why": e.why,
        }));
    }
    let mut quarantine = Vec::new();
    for q in &inputs.quarantine {
        quarantine.push(json!({
            "file": q.file,
            "line": q.line,
            "column": q.column,
            "value": q.value,
            "reason": q.reason,
        }));
    }
    json!({
        "as_of": inputs.panel.calendar().as_of(),
        "series": inputs.panel.len(),
        "refused": inputs.refused,
        "tables": tables,
        "exceptions": exceptions,
        "quarantine": quarantine,
    })
}

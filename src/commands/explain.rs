//! `explain`: one item of the last published run, from its own tables: what to do, and the arithmetic that leads there.

use super::print_json;
use crate::cli::ExplainArgs;
use crate::config::Plan;
use crate::error::{Error, Result};
use crate::outcome::Step;
use crate::publish::PublishedRun;
use crate::publish::previous::Rows;
use crate::publish::schema::{ALLOCATION, RECOMMENDATIONS, STEPS};
use crate::review::explain::in_words;
use serde_json::{Value, json};

/// Prints why the numbers of one item are what they are.
pub(super) fn explain(args: &ExplainArgs) -> Result<u8> {
    let plan = Plan::load(&args.options)?;
    let run = PublishedRun::current(&plan.run.out)?;
    let lines = Rows::read(&run.folder, &RECOMMENDATIONS)?;
    let steps = Rows::read(&run.folder, &STEPS)?;
    let wanted = |rows: &Rows, row: usize| {
        rows.text("sku", row) == args.sku && args.location.as_deref().is_none_or(|l| rows.text("location", row) == l)
    };
    let of_item: Vec<usize> = (0..lines.len()).filter(|&row| wanted(&lines, row)).collect();
    if of_item.is_empty() {
        return Err(unknown_item(args, &lines));
    }
    let explained: Vec<(usize, Vec<Step>)> = of_item.iter().map(|&row| (row, steps_of(&steps, &lines, row))).collect();
    let shares = match &args.channel {
        Some(channel) => shares(args, channel, &Rows::read(&run.folder, &ALLOCATION)?, wanted)?,
        None => Vec::new(),
    };
    if args.options.voice.json {
        let items: Vec<Value> = explained.iter().map(|(row, steps)| as_json(&lines, *row, steps)).collect();
        print_json(&json!({"run_id": run.manifest.run_id, "sku": args.sku, "lines": items, "channel": shares}))?;
        return Ok(0);
    }
    println!("{}, run {} for the morning of {}", args.sku, run.manifest.run_id, run.manifest.as_of);
    for (row, steps) in &explained {
        let cell = |column: &str| lines.text(column, *row);
        println!("\n{} at {}: {}", cell("status"), cell("location"), cell("reason"));
        if let Some(supplier) = lines.maybe_text("supplier", *row) {
            println!("supplier {supplier}, quantity {}, value {}", lines.whole("quantity", *row), lines.money("value", *row));
        }
        print!("{}", in_words(steps));
    }
    for share in shares {
        println!("\n{share}");
    }
    Ok(0)
}

/// The policy's steps of the line's pool, then the line's own.
fn steps_of(steps: &Rows, lines: &Rows, line: usize) -> Vec<Step> {
    let same = |column: &str, row: usize| steps.text(column, row) == lines.text(column, line);
    let id = lines.text("recommendation_id", line);
    let of_line = |row: usize| steps.maybe_text("recommendation_id", row).is_none_or(|other| other == id);
    (0..steps.len())
        .filter(|&row| same("sku", row) && same("location", row) && of_line(row))
        .map(|row| Step {
            name: word(steps.text("name", row)),
            formula: steps.text("formula", row).to_owned(),
            inputs: inputs(steps.text("inputs", row)),
            value: steps.real("value", row),
            unit: word(steps.text("unit", row)),
            note: steps.text("note", row).to_owned(),
        })
        .collect()
}

/// `name=value;name=value`.
fn inputs(text: &str) -> Vec<(&'static str, f64)> {
    let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (word(name), value.parse().unwrap_or(f64::NAN))).collect()
}

/// Names of steps live as long as the program, as they do where steps are made; one item has a few dozen.
fn word(text: &str) -> &'static str {
    text.to_owned().leak()
}

fn shares(args: &ExplainArgs, channel: &str, rows: &Rows, wanted: impl Fn(&Rows, usize) -> bool) -> Result<Vec<String>> {
    let found: Vec<String> = (0..rows.len())
        .filter(|&row| wanted(rows, row) && rows.text("channel", row) == channel)
        .map(|row| {
            format!(
                "{channel} at {}: share {:.1} %, {} allocated, {} held back, {} published, {}: {}",
                rows.text("location", row),
                100.0 * rows.real("share", row),
                rows.whole("allocated", row),
                rows.whole("buffer", row),
                rows.whole("published", row),
                rows.text("action", row),
                rows.text("reason", row),
            )
        })
        .collect();
    if found.is_empty() {
        return Err(Error::NotFound(format!("{} has no share in channel {channel} in the last run", args.sku)));
    }
    Ok(found)
}

fn as_json(lines: &Rows, row: usize, steps: &[Step]) -> Value {
    let step = |s: &Step| {
        let inputs: serde_json::Map<String, Value> =
            s.inputs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        json!({"name": s.name, "formula": s.formula, "inputs": inputs, "value": s.value, "unit": s.unit, "note": s.note})
    };
    json!({
        "location": lines.text("location", row),
        "supplier": lines.maybe_text("supplier", row),
        "status": lines.text("status", row),
        "quantity": lines.whole("quantity", row),
        "value": lines.money("value", row).to_string(),
        "reason": lines.text("reason", row),
        "steps": steps.iter().map(step).collect::<Vec<_>>(),
    })
}

fn unknown_item(args: &ExplainArgs, lines: &Rows) -> Error {
    let nearest = (0..lines.len())
        .map(|row| lines.text("sku", row))
        .max_by(|a, b| strsim::jaro_winkler(a, &args.sku).total_cmp(&strsim::jaro_winkler(b, &args.sku)));
    let hint = nearest.map(|sku| format!("; the nearest is {sku}")).unwrap_or_default();
    Error::NotFound(format!("the last run knows no item {}{hint}", args.sku))
}

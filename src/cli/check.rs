//! `check`: what was read, what was rejected, what is missing or stale, and what that costs.

use crate::cli::CheckArgs;
use crate::cli::planned::planned;
use crate::cli::print::{print_json, say};
use crate::cli::progress::Terminal;
use crate::config::Plan;
use crate::domain::error::Result;
use crate::domain::inputs::Inputs;
use crate::domain::panel::Panel;
use crate::domain::shown::shown;
use crate::domain::units::{ChannelId, LocationId};
use crate::indicators::matters::{Matter, Sales, matters};
use crate::ingest::advice::{self, Suggestion};
use crate::ingest::far;
use crate::report::wording::grouped;
use crate::run;
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Quarantined rows shown in full: a screen; the others are in the JSON.
const SHOWN: usize = 20;

/// Matters named at the end: what someone sets out to mend before the next coffee.
const FIRST: usize = 3;

/// Exit code where a run would refuse the input, as [`crate::domain::error::Error`] has it.
const REFUSED: u8 = 3;

/// Loads the input, tells about it and publishes nothing.
pub(crate) fn check(args: &CheckArgs) -> Result<u8> {
    let options = &args.options;
    let mut plan = planned(options)?;
    if args.preset.is_some() {
        return recognise(&plan, options.voice.json);
    }
    let progress = Terminal::new(options.voice.log_format);
    // Once, for what is read and for what is tried on it.
    let brought = far::bring(&plan.ingest, &plan.run.data, &plan.work(), far::Readers::One)?;
    if let Some(brought) = &brought {
        plan.ingest = brought.settings.clone();
    }
    let mut inputs = run::with_threads(plan.run.threads, || run::look(&plan, &progress))?;
    inputs.exceptions.sort();
    inputs.exceptions.sort_by_key(|exception| Reverse(exception.severity));
    let remedies = remedies(&plan, &inputs);
    let matters = matters(&inputs, &remedies);
    if options.voice.json {
        print_json(&as_json(&inputs, &remedies, &matters))?;
    } else {
        print_words(&inputs, &remedies);
        print_first(&matters, &plan.purchase.currency);
    }
    Ok(if inputs.refused.is_empty() { 0 } else { REFUSED })
}

/// For each file with rows in quarantine, the lines that would read more of them, tried on it.
fn remedies(plan: &Plan, inputs: &Inputs) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for source in &inputs.sources {
        // Single typing errors among thousands of rows are no matter of configuration.
        // A hundredth: below it another mapping costs more than the rows are worth.
        if source.rejected * 100 <= source.rows {
            continue;
        }
        let lines = advice::remedy(&plan.run.data, &source.table, &source.file, &plan.ingest);
        if let Some(lines) = lines.strip_prefix("; ") {
            found.insert(source.file.clone(), lines.to_owned());
        }
    }
    found
}

/// Says which lines of the configuration read the files in the data folder.
fn recognise(plan: &Plan, in_json: bool) -> Result<u8> {
    let found = advice::suggestions(&plan.run.data, &plan.ingest)?;
    if in_json {
        let mut files = Vec::new();
        for (file, suggestions) in &found {
            for s in suggestions {
                files.push(json!({
                    "file": file,
                    "table": s.table,
                    "preset": s.preset,
                    "lines": s.to_write(),
                    "rows": s.rows,
                    "rejected": s.rejected,
                    "left_out": s.left_out,
                }));
            }
        }
        print_json(&json!({ "files": files }))?;
        return Ok(0);
    }
    for (file, suggestions) in &found {
        if suggestions.is_empty() {
            say!("# {file}: no layout fits; name its columns under columns = {{ ... }}\n");
        }
        for suggestion in suggestions {
            say!("{}\n{}", remark(file, suggestion), suggestion.to_write());
        }
    }
    Ok(0)
}

/// What a suggestion would read, as a comment above its lines.
pub(crate) fn remark(file: &str, suggestion: &Suggestion) -> String {
    let known = suggestion.preset.map_or("columns by their names", |preset| preset);
    let Suggestion { rows, rejected, left_out, .. } = suggestion;
    format!(
        "# {file}: {known}; of the first {rows} rows {left_out} are left out, {rejected} would be \
         rejected"
    )
}

/// What was read of one channel's sales at one location, to be compared with what the shop's own
/// system says.
#[derive(Debug, Clone, PartialEq)]
struct Sold<'a> {
    channel: &'a str,
    location: &'a str,
    items: usize,
    units: f64,
    returned: f64,
    /// In the reporting currency; of rows with a price alone.
    revenue: f64,
    /// First day of the periods with its first and its last sale.
    first: Option<NaiveDate>,
    last: Option<NaiveDate>,
}

/// What was sold, by channel and location in the order of their names.
fn sold(inputs: &Inputs) -> Vec<Sold<'_>> {
    let panel = &inputs.panel;
    let mut by_place: BTreeMap<(ChannelId, LocationId), Sold<'_>> = BTreeMap::new();
    for series in 0..panel.len() {
        let key = panel.key(series);
        let sold = by_place.entry((key.channel, key.location)).or_insert_with(|| Sold {
            channel: &inputs.names.channels[key.channel.index()],
            location: &inputs.names.locations[key.location.index()],
            items: 0,
            units: 0.0,
            returned: 0.0,
            revenue: 0.0,
            first: None,
            last: None,
        });
        let gross = panel.gross(series);
        let first = gross.iter().position(|&units| units > 0.0);
        let first = first.map(|period| day_of(panel, series, period));
        let last = gross.iter().rposition(|&units| units > 0.0);
        let last = last.map(|period| day_of(panel, series, period));
        sold.items += 1;
        sold.units += gross.iter().map(|&units| f64::from(units)).sum::<f64>();
        sold.returned += panel.returns(series).iter().map(|r| f64::from(r.1)).sum::<f64>();
        sold.revenue += panel.totals(series).gross_revenue;
        sold.first = sold.first.into_iter().chain(first).min();
        sold.last = sold.last.max(last);
    }
    // By code, which is by name: the table stands the same way on every machine.
    by_place.into_values().collect()
}

/// The first day of a period of a series' history.
fn day_of(panel: &Panel, series: usize, period: usize) -> NaiveDate {
    let index = i64::try_from(panel.start(series) + period).unwrap_or(i64::MAX);
    panel.calendar().start(index)
}

fn print_sold(inputs: &Inputs) {
    say!(
        "\n{:16} {:16} {:>7} {:>12} {:>10} {:>14}  first to last sale",
        "sold in",
        "from",
        "items",
        "units",
        "returned",
        "revenue"
    );
    for s in sold(inputs) {
        let days = match (s.first, s.last) {
            (Some(first), Some(last)) => format!("{first} to {last}"),
            (None, _) | (_, None) => String::new(),
        };
        say!(
            "{:16} {:16} {:>7} {:>12} {:>10} {:>14.2}  {days}",
            shown(s.channel),
            shown(s.location),
            s.items,
            s.units,
            s.returned,
            s.revenue
        );
    }
}

/// What to do first, as the end of it all.
fn print_first(matters: &[Matter], currency: &str) {
    if matters.is_empty() {
        say!("\nnothing is missing that would change an order");
        return;
    }
    say!("\nwhat matters most, by the sales of the last year that hang on it:");
    for (place, matter) in (1..).zip(matters.iter().take(FIRST)) {
        let Sales { units, money } = matter.bears_on;
        // Units where nothing is known of prices: an amount of 0 would read as if it did not
        // matter.
        let reach = if money > 0.0 {
            format!("{} {currency}", grouped(money))
        } else {
            format!("{} units", grouped(units))
        };
        say!("  {place}. {} ({reach})", shown(&matter.what));
        if !matter.file.is_empty() {
            say!("     in {}:", shown(&matter.file));
        }
        for line in &matter.lines {
            say!("       {}", shown(line));
        }
    }
}

fn print_words(inputs: &Inputs, remedies: &BTreeMap<String, String>) {
    say!("{:16} {:>10} {:>9}  {:10}  file", "table", "rows", "rejected", "newest");
    for s in &inputs.sources {
        let newest = s.newest.map(|date| date.to_string()).unwrap_or_default();
        say!("{:16} {:>10} {:>9}  {newest:10}  {}", s.table, s.rows, s.rejected, s.file);
    }
    print_sold(inputs);
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
    if !remedies.is_empty() {
        say!("\nwhat would read more of them:");
    }
    for (file, keys) in remedies {
        say!("  {}: {}", shown(file), shown(keys));
    }
}

fn as_json(inputs: &Inputs, remedies: &BTreeMap<String, String>, matters: &[Matter]) -> Value {
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
    let mut sales = Vec::new();
    for s in sold(inputs) {
        sales.push(json!({
            "channel": s.channel,
            "location": s.location,
            "items": s.items,
            "units": s.units,
            "returned": s.returned,
            "revenue": s.revenue,
            "first": s.first,
            "last": s.last,
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
    let sentences: Vec<String> =
        remedies.iter().map(|(file, keys)| format!("{file}: {keys}")).collect();
    let mut first = Vec::new();
    for matter in matters.iter().take(FIRST) {
        first.push(json!({
            "what": matter.what,
            "units": matter.bears_on.units,
            "money": matter.bears_on.money,
            "file": matter.file,
            "lines": matter.lines,
        }));
    }
    json!({
        "as_of": inputs.panel.calendar().as_of(),
        "series": inputs.panel.len(),
        "refused": inputs.refused,
        "tables": tables,
        "sold": sales,
        "exceptions": exceptions,
        "quarantine": quarantine,
        "remedies": sentences,
        "matters": first,
    })
}

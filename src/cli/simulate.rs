//! `simulate`: what history would have cost under each policy, on the screen, as a table and as a
//! page.

use crate::cli::SimulateArgs;
use crate::cli::planned::planned;
use crate::cli::print::{print_json, say, say_text};
use crate::cli::progress::Terminal;
use crate::domain::error::{Error, Result};
use crate::domain::shown::number_of;
use crate::report::beside::Beside;
use crate::report::simulation as page;
use crate::run::simulate::{Request, simulate as replay_history};
use crate::simulate::what_if::WhatIf;
use crate::simulate::{Played, Simulation, Totals};
use crate::store::replace;
use crate::tables::csv;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// Replays history, prints the comparison and writes `OUT/simulate/`.
pub(crate) fn simulate(args: &SimulateArgs) -> Result<u8> {
    let plan = planned(&args.options)?;
    let request = Request {
        tune: args.tune || args.fill_rate.is_some(),
        fill_rate: args.fill_rate,
        only_own: args.only_own,
        // All that is wrong with them is told at once, before years are replayed.
        what_if: what_ifs(&args.what_if)?,
    };
    let result = replay_history(&plan, &request, &Terminal::new(args.options.voice.log_format))?;
    let folder = plan.run.out.join(Beside::Simulation.folder());
    let page = page::render(&result, &plan.purchase.currency)?.into_bytes();
    let mut files = vec![("simulation.csv", table(&result)?), ("index.html", page)];
    if let Some(tuned) = &result.tuned {
        files.push(("policy.toml", tuned.fragment.clone().into_bytes()));
    }
    for (name, bytes) in &files {
        replace(&folder, name, &[bytes])?;
    }
    if args.options.voice.json {
        print_json(&as_json(&result))?;
    } else {
        say_text(&in_words(&result, &plan.purchase.currency));
        say!("{}", folder.join("index.html").display());
    }
    Ok(0)
}

/// The changes asked for with `--what-if`, or all that is wrong with them.
pub(crate) fn what_ifs(texts: &[String]) -> Result<Vec<(String, WhatIf)>> {
    let mut changes = Vec::new();
    let mut problems = Vec::new();
    for text in texts {
        match text.parse() {
            Ok(change) => changes.push((text.clone(), change)),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(changes) } else { Err(Error::Config(problems)) }
}

/// Sums of one policy over all items or a part of them.
struct Row<'a> {
    /// `policy`, `frontier` or `what-if`.
    kind: &'static str,
    policy: &'a str,
    scope: &'a str,
    totals: &'a Totals,
}

fn rows(result: &Simulation) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for played in &result.played {
        add_rows(&mut rows, "policy", &played.name, played);
    }
    for played in &result.frontier {
        add_rows(&mut rows, "frontier", &played.name, played);
    }
    for (change, played) in &result.what_if {
        add_rows(&mut rows, "what-if", change, played);
    }
    rows
}

fn add_rows<'a>(rows: &mut Vec<Row<'a>>, kind: &'static str, policy: &'a str, played: &'a Played) {
    rows.push(Row { kind, policy, scope: "all", totals: &played.total });
    for scope in &played.scopes {
        rows.push(Row { kind, policy, scope: &scope.name, totals: &scope.totals });
    }
}

/// What is measured of each row.
struct Measure {
    name: &'static str,
    /// From the sums and the days of a period; `None` where it has no value.
    value: fn(&Totals, f64) -> Option<f64>,
}

const fn measure(name: &'static str, value: fn(&Totals, f64) -> Option<f64>) -> Measure {
    Measure { name, value }
}

const MEASURES: [Measure; 14] = [
    measure("fill_rate", |t, _| t.fill_rate()),
    measure("cycle_service", |t, _| t.cycle_service()),
    measure("demand_units", |t, _| Some(t.demand)),
    measure("estimated_share", |t, _| t.estimated_share()),
    measure("lost_units", |t, _| Some(t.lost)),
    measure("lost_margin", |t, _| Some(t.lost_margin)),
    measure("average_stock_units", |t, _| t.average_stock()),
    measure("turns", |t, period_days| t.turns(period_days)),
    measure("orders", |t, _| Some(t.orders)),
    measure("holding_cost", |t, _| Some(t.holding_cost)),
    measure("shortage_cost", |t, _| Some(t.shortage_cost)),
    measure("order_cost", |t, _| Some(t.order_cost)),
    measure("fee_cost", |t, _| Some(t.fee_cost)),
    measure("cost", |t, _| Some(t.cost())),
];

/// `simulation.csv`: every row with its measures.
fn table(result: &Simulation) -> Result<Vec<u8>> {
    let mut header = vec!["kind", "policy", "scope"];
    header.extend(MEASURES.iter().map(|measure| measure.name));
    let mut lines = Vec::new();
    for row in rows(result) {
        let mut line = vec![row.kind.to_owned(), row.policy.to_owned(), row.scope.to_owned()];
        for measure in &MEASURES {
            let value = (measure.value)(row.totals, result.period_days);
            line.push(value.map_or_else(String::new, |value| format!("{value:.4}")));
        }
        lines.push(line);
    }
    csv::table(&header, lines)
}

pub(crate) fn as_json(result: &Simulation) -> Value {
    let rows = rows(result).into_iter().map(|row| {
        let mut measures = Map::new();
        for measure in &MEASURES {
            let value = (measure.value)(row.totals, result.period_days);
            measures.insert(measure.name.to_owned(), json!(value));
        }
        json!({"kind": row.kind, "policy": row.policy, "scope": row.scope, "measures": measures})
    });
    let rows: Vec<Value> = rows.collect();
    let (from, until) = result.days;
    let tuned = result.tuned.as_ref().map(|tuned| &tuned.fragment);
    let mut all = json!({"from": from, "until": until, "rows": rows, "tuned": tuned});
    if !result.hold_or_pass.is_empty() {
        let advice = result.hold_or_pass.iter().map(|advice| {
            json!({
                "location": advice.location,
                "items": advice.items,
                "hold_cost_per_year": advice.hold,
                "pass_through_cost_per_year": advice.pass_through,
                "best_cost_per_year": advice.best,
                "items_better_passed_through": advice.better_through,
            })
        });
        all["hold_or_pass"] = advice.collect();
    }
    all
}

fn in_words(result: &Simulation, currency: &str) -> String {
    let (from, until) = result.days;
    let estimated = result.played.first().and_then(|p| p.total.estimated_share()).unwrap_or(0.0);
    // Writing to a string cannot fail, here and below.
    let mut text = String::new();
    let _ = writeln!(
        text,
        "replayed {from} to {until}, {} by location; {:.1} % of demand is estimated, for want of \
         stock",
        number_of(result.pools.len(), "item"),
        100.0 * estimated
    );
    let _ = writeln!(
        text,
        "{:<22}{:>8}{:>12}{:>14}{:>12}{:>12}{:>10}",
        "policy", "fill", "lost units", "average stock", "holding", "shortage", "cost"
    );
    for played in &result.played {
        write_line(&mut text, &played.name, &played.total);
    }
    for (change, played) in &result.what_if {
        write_line(&mut text, change, &played.total);
    }
    if let Some(own) = result.played.first().filter(|own| own.total.fee_cost > 0.0) {
        let _ = writeln!(
            text,
            "of the cost of {}, {:.0} {currency} are fees for room and age",
            own.name, own.total.fee_cost
        );
    }
    for advice in &result.hold_or_pass {
        let _ = writeln!(text, "{}", advice.sentence(currency));
    }
    if let Some(tuned) = &result.tuned {
        for choice in &tuned.choices {
            let sentence = choice.sentence(&tuned.candidates);
            let _ = writeln!(text, "tuned {}: {sentence}", choice.scope);
        }
    }
    text
}

fn write_line(text: &mut String, name: &str, t: &Totals) {
    let fill = t.fill_rate().map_or("-".into(), |f| format!("{:.1} %", 100.0 * f));
    let _ = writeln!(
        text,
        "{name:<22}{fill:>8}{:>12.0}{:>14.1}{:>12.0}{:>12.0}{:>10.0}",
        t.lost,
        t.average_stock().unwrap_or(0.0),
        t.holding_cost,
        t.shortage_cost,
        t.cost()
    );
}

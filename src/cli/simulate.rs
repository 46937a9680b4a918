//! `simulate`: what history would have cost under each policy, on the screen, as a table and as a page.

use crate::cli::SimulateArgs;
use crate::cli::execute::print_json;
use crate::cli::progress::Terminal;
use crate::config::Plan;
use crate::domain::error::{Error, Result};
use crate::report::simulation as page;
use crate::run::simulate::{Request, simulate as replay_history};
use crate::simulate::Played;
use crate::simulate::Simulation;
use crate::simulate::Totals;
use crate::simulate::what_if::WhatIf;
use crate::tables::csv;
use serde_json::{Value, json};
use std::fmt::Write;

/// Replays history, prints the comparison and writes `OUT/simulate/`.
pub(crate) fn simulate(args: &SimulateArgs) -> Result<u8> {
    let plan = Plan::load(&args.options)?;
    let request =
        Request { tune: args.tune, only_own: args.only_own, what_if: changes(&args.what_if)? };
    let result = replay_history(&plan, &request, &Terminal::new(args.options.voice.log_format))?;
    let folder = plan.run.out.join("simulate");
    std::fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
    let mut files = vec![
        ("simulation.csv", as_csv(&result)?),
        ("index.html", page::render(&result, &plan.purchase.currency)?.into_bytes()),
    ];
    if let Some(tuned) = &result.tuned {
        files.push(("policy.toml", tuned.fragment.clone().into_bytes()));
    }
    for (name, text) in &files {
        let file = folder.join(name);
        std::fs::write(&file, text).map_err(Error::io(&file))?;
    }
    if args.options.voice.json {
        print_json(&as_json(&result))?;
    } else {
        print!("{}", in_words(&result));
        println!("{}", folder.join("index.html").display());
    }
    Ok(0)
}

fn changes(texts: &[String]) -> Result<Vec<(String, WhatIf)>> {
    let parsed: Vec<_> =
        texts.iter().map(|t| t.parse().map(|change| (t.clone(), change))).collect();
    let problems: Vec<String> = parsed.iter().filter_map(|p| p.as_ref().err().cloned()).collect();
    if problems.is_empty() {
        Ok(parsed.into_iter().flatten().collect())
    } else {
        Err(Error::Config(problems))
    }
}

/// Every row of the result: (kind, policy, scope, sums).
fn rows(result: &Simulation) -> Vec<(&'static str, String, String, Totals)> {
    let mut rows = Vec::new();
    let mut add = |kind, name: &str, played: &Played| {
        rows.push((kind, name.to_string(), "all".to_string(), played.total));
        rows.extend(
            played.scopes.iter().map(|s| (kind, name.to_string(), s.name.clone(), s.totals)),
        );
    };
    result.played.iter().for_each(|p| add("policy", &p.name, p));
    result.frontier.iter().for_each(|p| add("frontier", &p.name, p));
    result.what_if.iter().for_each(|(change, p)| add("what-if", change, p));
    rows
}

/// The measures of one row, by name.
fn measures(t: &Totals, period_days: f64) -> [(&'static str, Option<f64>); 13] {
    [
        ("fill_rate", t.fill_rate()),
        ("cycle_service", t.cycle_service()),
        ("demand_units", Some(t.demand)),
        ("estimated_share", t.estimated_share()),
        ("lost_units", Some(t.lost)),
        ("lost_margin", Some(t.lost_margin)),
        ("average_stock_units", t.average_stock()),
        ("turns", t.turns(period_days)),
        ("orders", Some(t.orders)),
        ("holding_cost", Some(t.holding_cost)),
        ("shortage_cost", Some(t.shortage_cost)),
        ("order_cost", Some(t.order_cost)),
        ("cost", Some(t.cost())),
    ]
}

fn as_csv(result: &Simulation) -> Result<Vec<u8>> {
    let mut header = vec!["kind", "policy", "scope"];
    header.extend(measures(&Totals::default(), 1.0).iter().map(|(name, _)| *name));
    let mut lines = Vec::new();
    for (kind, policy, scope, totals) in rows(result) {
        let mut line = vec![kind.to_owned(), policy, scope];
        for (_, value) in measures(&totals, result.period_days) {
            line.push(value.map_or(String::new(), |value| format!("{value:.4}")));
        }
        lines.push(line);
    }
    csv::table(&header, lines)
}

fn as_json(result: &Simulation) -> Value {
    let row = |(kind, policy, scope, totals): (&str, String, String, Totals)| {
        let values: serde_json::Map<String, Value> = measures(&totals, result.period_days)
            .iter()
            .map(|(name, v)| ((*name).to_string(), json!(v)))
            .collect();
        json!({"kind": kind, "policy": policy, "scope": scope, "measures": values})
    };
    let rows: Vec<Value> = rows(result).into_iter().map(row).collect();
    json!({"from": result.days.0, "until": result.days.1, "rows": rows, "tuned": result.tuned.as_ref().map(|t| &t.fragment)})
}

fn in_words(result: &Simulation) -> String {
    let mut text =
        format!("replayed {} to {}, {} pools", result.days.0, result.days.1, result.pools.len());
    let estimated = result.played.first().and_then(|p| p.total.estimated_share()).unwrap_or(0.0);
    let _ =
        writeln!(text, "; {:.1} % of demand is estimated, for want of stock", 100.0 * estimated);
    let _ = writeln!(
        text,
        "{:<22}{:>8}{:>12}{:>14}{:>12}{:>12}{:>10}",
        "policy", "fill", "lost units", "average stock", "holding", "shortage", "cost"
    );
    let line = |text: &mut String, name: &str, t: &Totals| {
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
    };
    result.played.iter().for_each(|p| line(&mut text, &p.name, &p.total));
    result.what_if.iter().for_each(|(change, p)| line(&mut text, change, &p.total));
    if let Some(tuned) = &result.tuned {
        for choice in &tuned.choices {
            let name = tuned.candidates.get(choice.candidate).map_or("", |c| c.name.as_str());
            let _ = writeln!(
                text,
                "tuned {}: {name}, saves {:.0} on the window held back",
                choice.scope,
                choice.gain()
            );
        }
    }
    text
}

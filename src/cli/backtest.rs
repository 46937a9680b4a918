//! `backtest`: how good the forecast would have been, beside the simple benchmarks, on the screen,
//! as a table and as a page.

use crate::cli::planned::planned;
use crate::cli::print::{print_json, say};
use crate::cli::progress::Terminal;
use crate::config::Options;
use crate::domain::error::Result;
use crate::domain::outcome::BacktestRow;
use crate::report::backtest as page;
use crate::report::beside::Beside;
use crate::run::{self, Backtested};
use crate::store::replace;
use crate::tables::csv;
use serde_json::json;
use std::path::Path;

/// Prints accuracy over all classes and channels and writes every cell to
/// `OUT/backtest/accuracy.csv`, and the page beside it.
pub(crate) fn backtest(options: &Options) -> Result<u8> {
    let plan = planned(options)?;
    let Backtested { rows, channels, bucket } =
        run::backtest(&plan, &Terminal::new(options.voice.log_format))?;
    let folder = plan.run.out.join(Beside::Backtest.folder());
    let overall: Vec<&BacktestRow> = rows.iter().filter(|row| row.channel.is_none()).collect();
    let page = page::render(&overall, bucket)?;
    let files =
        [("accuracy.csv", accuracy_table(&rows, &channels)?), ("index.html", page.into_bytes())];
    for (name, bytes) in &files {
        replace(&folder, name, &[bytes])?;
    }
    let file = folder.join("accuracy.csv");
    if options.voice.json {
        return print_rows_as_json(&overall, &file).map(|()| 0);
    }
    say!(
        "{:<6}{:>10}  {:<16}{:>8}{:>9}{:>9}{:>8}{:>8}",
        "class",
        "ahead",
        "method",
        "series",
        "WAPE",
        "bias",
        "MASE",
        "RMSSE"
    );
    for row in &overall {
        let ahead = format!("{}-{}", row.from, row.to);
        say!(
            "{:<6}{ahead:>10}  {:<16}{:>8}{:>8.1}%{:>+8.1}%{:>8}{:>8}",
            row.class,
            row.method,
            row.series,
            100.0 * row.wape,
            100.0 * row.bias,
            ratio(row.mase, 3),
            ratio(row.rmsse, 3)
        );
    }
    say!("{}", page::conclusion(&overall, bucket));
    say!("{}", file.display());
    say!("{}", folder.join("index.html").display());
    Ok(0)
}

/// A measure to so many decimals; empty where it is unknown.
fn ratio(value: Option<f64>, decimals: usize) -> String {
    value.map(|value| format!("{value:.decimals$}")).unwrap_or_default()
}

fn accuracy_table(rows: &[BacktestRow], channels: &[String]) -> Result<Vec<u8>> {
    let header = [
        "class", "channel", "from", "to", "method", "series", "wape", "bias", "mase", "rmsse",
        "pinball",
    ];
    let cells = rows.iter().map(|row| {
        [
            row.class.clone(),
            row.channel.map_or("all", |c| channels[c].as_str()).to_owned(),
            row.from.to_string(),
            row.to.to_string(),
            row.method.to_owned(),
            row.series.to_string(),
            format!("{:.6}", row.wape),
            format!("{:.6}", row.bias),
            ratio(row.mase, 6),
            ratio(row.rmsse, 6),
            ratio(row.pinball, 6),
        ]
    });
    csv::table(&header, cells)
}

fn print_rows_as_json(rows: &[&BacktestRow], table: &Path) -> Result<()> {
    let rows = rows.iter().map(|row| {
        json!({
            "class": row.class,
            "from": row.from,
            "to": row.to,
            "method": row.method,
            "series": row.series,
            "accuracy": {
                "wape": row.wape,
                "bias": row.bias,
                "mase": row.mase,
                "rmsse": row.rmsse,
                "pinball": row.pinball,
            },
        })
    });
    print_json(&json!({"rows": rows.collect::<Vec<_>>(), "table": table}))
}

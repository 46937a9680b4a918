//! `backtest`: how good the forecast would have been, beside the simple benchmarks, on the screen and as a table.

use crate::cli::execute::print_json;
use crate::cli::progress::Terminal;
use crate::config::Options;
use crate::config::Plan;
use crate::domain::error::{Error, Result};
use crate::forecast::evaluate::backtest::BacktestRow;
use crate::run;
use crate::tables::csv;

/// Prints accuracy over all classes and channels and writes every cell to `OUT/backtest/accuracy.csv`.
pub(crate) fn backtest(options: &Options) -> Result<u8> {
    let plan = Plan::load(options)?;
    let (rows, channels) = run::backtest(&plan, &Terminal::new(options.voice.log_format))?;
    let channel =
        |row: &BacktestRow| row.channel.map_or("all", |c| channels[c].as_str()).to_owned();
    let header = [
        "class", "channel", "from", "to", "method", "series", "wape", "bias", "mase", "rmsse",
        "pinball",
    ];
    let cells = rows.iter().map(|r| {
        let pinball = r.pinball.map(|p| format!("{p:.6}")).unwrap_or_default();
        let [wape, bias, mase, rmsse] =
            [r.wape, r.bias, r.mase, r.rmsse].map(|v| format!("{v:.6}"));
        let [from, to, series] = [r.from, r.to, r.series].map(|n| n.to_string());
        [
            r.class.clone(),
            channel(r),
            from,
            to,
            r.method.to_owned(),
            series,
            wape,
            bias,
            mase,
            rmsse,
            pinball,
        ]
    });
    let table = csv::table(&header, cells)?;
    let folder = plan.run.out.join("backtest");
    std::fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
    let file = folder.join("accuracy.csv");
    std::fs::write(&file, table).map_err(Error::io(&file))?;
    let overall: Vec<&BacktestRow> = rows.iter().filter(|r| r.channel.is_none()).collect();
    if options.voice.json {
        let row = |r: &&BacktestRow| {
            let figures = serde_json::json!({"wape": r.wape, "bias": r.bias, "mase": r.mase, "rmsse": r.rmsse, "pinball": r.pinball});
            serde_json::json!({"class": r.class, "from": r.from, "to": r.to, "method": r.method, "series": r.series, "accuracy": figures})
        };
        print_json(
            &serde_json::json!({"rows": overall.iter().map(row).collect::<Vec<_>>(), "table": file}),
        )?;
        return Ok(0);
    }
    println!(
        "{:<6}{:>10}  {:<16}{:>8}{:>9}{:>9}{:>8}{:>8}",
        "class", "ahead", "method", "series", "WAPE", "bias", "MASE", "RMSSE"
    );
    for r in overall {
        let (ahead, wape, bias) = (format!("{}-{}", r.from, r.to), 100.0 * r.wape, 100.0 * r.bias);
        println!(
            "{:<6}{ahead:>10}  {:<16}{:>8}{wape:>8.1}%{bias:>+8.1}%{:>8.3}{:>8.3}",
            r.class, r.method, r.series, r.mase, r.rmsse
        );
    }
    println!("{}", file.display());
    Ok(0)
}

//! One function a command: arguments in, exit code out. What a command has to say goes to stdout, how it gets on to stderr.

use crate::cli::init;
use crate::cli::progress::Terminal;
use crate::cli::{Cli, Command, DemoArgs, InitArgs, PruneArgs};
use crate::config::Plan;
use crate::config::{DEFAULT_FILE, Options, Voice};
use crate::domain::error::{Error, Result};
use crate::domain::fault::guarded;
use crate::run;
use crate::run::Summary;
use crate::run::progress::Progress;
use crate::sample;
use crate::store;
use crate::store::OutputLock;
use crate::store::PublishedRun;
use crate::store::models;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

/// Does what the command line says and returns the exit code of the contract.
///
/// # Errors
/// Whatever stops the command; [`Error::exit_code`] is its exit code.
pub fn execute(cli: &Cli) -> Result<u8> {
    guarded(|| dispatch(&cli.command))
        .unwrap_or_else(|fault| Err(Error::Internal(fault.to_string())))
}

fn dispatch(command: &Command) -> Result<u8> {
    match command {
        Command::Demo(args) => demo(args),
        Command::Init(args) => init(args),
        Command::Check(options) => crate::cli::check::check(options),
        Command::Run(options) => run(options),
        Command::Explain(args) => crate::cli::explain::explain(args),
        Command::Prune(args) => prune(args),
        Command::Simulate(args) => crate::cli::simulate::simulate(args),
        Command::Review(args) => crate::cli::review::review(args),
        Command::Export(args) => crate::cli::review::export(args),
        Command::Backtest(options) => crate::cli::backtest::backtest(options),
    }
}

fn demo(args: &DemoArgs) -> Result<u8> {
    let progress = Terminal::new(args.voice.log_format);
    let data = args.out.join("data");
    progress.begin("sample", 0);
    let rows = sample::write(&data, args.skus, args.seed)?;
    progress.end(&format!("{} items, {rows} sales rows", args.skus));
    if args.data_only {
        println!("{}", data.display());
        return Ok(0);
    }
    let config = args.out.join(DEFAULT_FILE);
    std::fs::write(&config, sample::configuration()).map_err(Error::io(&config))?;
    let options = Options {
        config: Some(config),
        out: Some(args.out.clone()),
        models: Some(args.out.join("models")),
        threads: args.threads,
        ..Options::default()
    };
    let summary = run::run(&Plan::load(&options)?, &progress)?;
    say(&summary, args.voice)?;
    Ok(summary.exit_code())
}

fn init(args: &InitArgs) -> Result<u8> {
    let written = init::init(&args.dir)?;
    for file in &written {
        println!("{}", file.display());
    }
    if written.is_empty() {
        println!("{} is set up already", args.dir.display());
    }
    Ok(0)
}

fn run(options: &Options) -> Result<u8> {
    let outcome = Plan::load(options)
        .and_then(|plan| run::run(&plan, &Terminal::new(options.voice.log_format)));
    if let Some(file) = &options.notify_file {
        notify(file, &outcome)?;
    }
    let summary = outcome?;
    say(&summary, options.voice)?;
    Ok(summary.exit_code())
}

fn prune(args: &PruneArgs) -> Result<u8> {
    let plan = Plan::load(&args.options)?;
    let lock = OutputLock::acquire(&plan.run.out, "prune")?;
    let removed = store::prune(&lock, args.keep)?;
    for run in &removed {
        println!("removed {}", run.manifest.run_id);
    }
    // States outlive their run as long as a run that is kept goes back to them.
    let refits = |runs: &[PublishedRun]| -> BTreeSet<String> {
        runs.iter().filter_map(|run| Some(run.manifest.refit.as_ref()?.run_id.clone())).collect()
    };
    models::forget(
        &plan.run.models,
        refits(&removed).difference(&refits(&PublishedRun::all(lock.out()))),
    )?;
    println!("{} runs removed, at most {} kept", removed.len(), args.keep);
    Ok(0)
}

/// The summary on stdout; its last line says where the report is.
fn say(summary: &Summary, voice: Voice) -> Result<()> {
    if voice.json {
        print_json(summary)
    } else {
        print!("{}", in_words(summary));
        Ok(())
    }
}

pub(crate) fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string(value).map_err(|e| Error::Internal(e.to_string()))?;
    println!("{text}");
    Ok(())
}

/// For a mailer or a chat hook: what a person would read on the screen, failures included.
fn notify(file: &Path, outcome: &Result<Summary>) -> Result<()> {
    let text = match outcome {
        Ok(summary) => in_words(summary),
        Err(error) => {
            format!("orderpoint published nothing (exit code {}): {error}\n", error.exit_code())
        }
    };
    std::fs::write(file, text).map_err(Error::io(file))
}

fn in_words(summary: &Summary) -> String {
    let mut text = String::new();
    let s = summary;
    let verb = if s.unchanged { "was published already, nothing changed:" } else { "published" };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{verb} {} for the morning of {}", s.run_id, s.as_of);
    let _ = writeln!(text, "  {} items, {} stock pools, {} series", s.skus, s.pools, s.series);
    let _ = writeln!(
        text,
        "  {} order lines recommended, worth {} {}",
        s.order_lines, s.order_value, s.currency
    );
    let _ = writeln!(
        text,
        "  {} errors, {} warnings, {} rows in quarantine",
        s.errors, s.warnings, s.quarantined
    );
    for line in &s.attention {
        let _ = writeln!(text, "  - {line}");
    }
    if !s.severe.is_empty() {
        let _ = writeln!(text, "  severe: {}", s.severe.join(", "));
    }
    let _ = writeln!(text, "report: {}", s.report.display());
    text
}

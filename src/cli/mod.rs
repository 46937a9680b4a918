//! The command line as typed: commands, arguments and their help. Reads no file, derives nothing.

mod backtest;
mod check;
mod conventions;
mod demo;
mod doctor;
pub mod execute;
mod explain;
mod export;
mod init;
mod mcp;
mod phases;
mod planned;
pub mod print;
pub mod progress;
mod prune;
mod review;
mod run;
mod serve;
mod simulate;

use crate::config::{Options, Voice};
use crate::review::exports::{self, ExportFormat, What};
use crate::store::VERSION;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Nightly demand forecasting, replenishment and channel allocation: every number explained.
#[derive(Debug, Clone, Parser)]
#[command(name = "orderpoint", version = VERSION, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Nothing is ever sent: Orderpoint recommends, people decide.

Exit codes:
  0  published
  1  our own fault, please report it
  2  bad configuration or arguments
  3  input refused: missing, stale, or too many bad rows
  4  another run holds the lock
  5  published, with exceptions that the configuration calls severe
  6  the results failed their audit; the last publication stays
  7  published, but a file asked for by name (--notify-file) could not be written
  8  the disk refused to write (full, read-only, no permission); the last publication stays

First steps:
  orderpoint demo                    see a whole run on sample data
  orderpoint init shop               make a folder with a commented configuration and empty tables
  orderpoint check --config shop/orderpoint.toml
  orderpoint run --config shop/orderpoint.toml --only ten-skus.txt";

/// One command.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Make sample data, run on them and say where the report is.
    Demo(DemoArgs),
    /// Write a commented orderpoint.toml and empty input tables with their column heads.
    Init(InitArgs),
    /// Load and audit the input only: what is missing, stale or quarantined, and what that costs.
    Check(CheckArgs),
    /// The nightly run: forecasts, reorder points, channel quantities and draft orders, published
    /// in one step.
    Run(Options),
    /// Why this number: the arithmetic behind one item's recommendation in the last run.
    Explain(ExplainArgs),
    /// Rolling-origin forecast accuracy on your own history, against the simple benchmarks.
    Backtest(Options),
    /// Replay history under a policy: fill rate, stock and cost; tune its parameter; ask what-if.
    Simulate(SimulateArgs),
    /// Take in a planner's decisions: approved, edited, rejected and snoozed lines.
    Review(ReviewArgs),
    /// Write approved orders, transfers or channel quantities as files for other systems.
    Export(ExportArgs),
    /// Remove old runs, never the current one.
    Prune(PruneArgs),
    /// Show the newest run in a browser and keep decisions as they are taken.
    Serve(ServeArgs),
    /// Answer an assistant's questions about the newest run over standard input and output (Model
    /// Context Protocol): it reads, explains and drafts decisions; people take them in.
    Mcp(McpArgs),
    /// Look at the runs, decisions and models: what is damaged, what is left behind.
    Doctor(DoctorArgs),
    /// A night over buckets of items, for an engine with several machines: looks at some buckets.
    Observe(ObserveArgs),
    /// A night over buckets: joins what was observed of all of them.
    Merge(MergeArgs),
    /// A night over buckets: forecasts and plans some of them.
    Plan(PlanArgs),
    /// A night over buckets: settles what all of them planned, and publishes it.
    Finish(FinishArgs),
    /// Completions for a shell, to be sourced by it.
    Completions(CompletionsArgs),
    /// Write the manual, one page a command.
    Man(ManArgs),
    /// What configuration, summary and tables look like, for editors and programs.
    Schema(SchemaArgs),
}

/// What a phase looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Pass {
    /// First: the rows of sales, as they are read.
    Rows,
    /// Then: the history made of them.
    History,
}

/// What is joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Joined {
    /// First: what was read of all buckets.
    Rows,
    /// Then: what was seen of their history.
    History,
    /// Nothing: says which items hang together, as JSON, for laying sales out by bucket.
    Families,
}

/// Which buckets of a night, and where phases leave what they find.
#[derive(Debug, Clone, Args)]
pub struct BucketArgs {
    /// Folder in which the phases of this night leave what they find, new for every night.
    #[arg(long, value_name = "DIR")]
    pub work: PathBuf,
    /// Numbers of the buckets, from 0 on: `3` or `3,4,5`.
    #[arg(long, value_name = "N", value_delimiter = ',', required = true)]
    pub bucket: Vec<u32>,
    /// Which attempt at this task it is, where an engine repeats tasks: a part of file names.
    #[arg(long, value_name = "NAME", default_value = "0")]
    pub attempt: String,
}

/// Arguments of `observe`.
#[derive(Debug, Clone, Args)]
pub struct ObserveArgs {
    /// What to look at.
    #[arg(long, value_enum)]
    pub pass: Pass,
    /// In how many buckets the night is cut, for `--pass rows`; the results are the same at any
    /// number.
    #[arg(long, value_name = "N")]
    pub of: Option<u32>,
    /// Which buckets.
    #[command(flatten)]
    pub buckets: BucketArgs,
    /// Which data, which settings.
    #[command(flatten)]
    pub options: Options,
}

/// Arguments of `merge`.
#[derive(Debug, Clone, Args)]
pub struct MergeArgs {
    /// What is joined.
    #[arg(long, value_enum)]
    pub pass: Joined,
    /// In how many buckets the night is cut, for `--pass rows`.
    #[arg(long, value_name = "N")]
    pub of: Option<u32>,
    /// The work folder of this night.
    #[arg(long, value_name = "DIR")]
    pub work: PathBuf,
    /// Which data, which settings.
    #[command(flatten)]
    pub options: Options,
}

/// Arguments of `plan`.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    /// Which buckets.
    #[command(flatten)]
    pub buckets: BucketArgs,
    /// Which data, which settings.
    #[command(flatten)]
    pub options: Options,
}

/// Arguments of `finish`.
#[derive(Debug, Clone, Args)]
pub struct FinishArgs {
    /// The work folder of this night.
    #[arg(long, value_name = "DIR")]
    pub work: PathBuf,
    /// Which data, which settings, where to.
    #[command(flatten)]
    pub options: Options,
}

/// Arguments of `completions`.
#[derive(Debug, Clone, Args)]
pub struct CompletionsArgs {
    /// Which shell.
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// Arguments of `man`.
#[derive(Debug, Clone, Args)]
pub struct ManArgs {
    /// Folder for the pages.
    pub dir: PathBuf,
}

/// Arguments of `schema`.
#[derive(Debug, Clone, Args)]
pub struct SchemaArgs {
    /// Of what.
    #[arg(value_enum, default_value = "config")]
    pub of: SchemaOf,
    /// The dictionary of the tables as Markdown.
    #[arg(long)]
    pub markdown: bool,
}

/// What a schema is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum SchemaOf {
    /// JSON Schema of orderpoint.toml.
    Config,
    /// JSON Schema of the summary that `run --json` writes.
    Json,
    /// The tables of a run and their columns.
    Tables,
}

/// Arguments of `demo`.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Number of items to make.
    #[arg(long, value_name = "N", default_value_t = crate::sample::SKUS, value_parser = positive)]
    pub skus: usize,
    /// Seed of the sample; the same seed makes the same data.
    #[arg(long, value_name = "N", default_value_t = crate::sample::SEED)]
    pub seed: u64,
    /// Folder for the sample data and the runs.
    #[arg(long, value_name = "DIR", default_value = "reports/demo")]
    pub out: PathBuf,
    /// Processor cores to use [default: all].
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Only write the sample tables, run nothing.
    #[arg(long)]
    pub data_only: bool,
    /// The second sample: a warehouse that feeds two shops and a marketplace's warehouse.
    #[arg(long)]
    pub network: bool,
    /// How to speak.
    #[command(flatten)]
    pub voice: Voice,
}

/// Arguments of `init`.
#[derive(Debug, Clone, Args)]
pub struct InitArgs {
    /// Folder to set up; files already there are left alone.
    pub dir: PathBuf,
    /// Exports to start from: each is copied into DIR/data and the lines that read it are written.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub from: Vec<PathBuf>,
    /// Currency to report in: a code of three letters [default: that of the sales in FILE].
    #[arg(long, value_name = "CODE", value_parser = currency_code)]
    pub currency: Option<String>,
}

/// A currency's code: three letters (ISO 4217), in capitals.
fn currency_code(text: &str) -> Result<String, String> {
    // ISO 4217 has three letters; whether a code exists is not asked, as currencies come and go.
    if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        Ok(text.to_ascii_uppercase())
    } else {
        Err("expected a code of three letters, e.g. EUR".to_owned())
    }
}

/// Arguments of `check`.
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// Which data, which settings.
    #[command(flatten)]
    pub options: Options,
    /// `auto`: say which lines of the configuration read the files in the data folder.
    #[arg(long, value_name = "auto", value_parser = ["auto"])]
    pub preset: Option<String>,
}

/// Arguments of `explain`.
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// The item.
    pub sku: String,
    /// Also its share and quantity in this channel.
    #[arg(long)]
    pub channel: Option<String>,
    /// Which run's settings and output.
    #[command(flatten)]
    pub options: Options,
}

/// Arguments of `simulate`.
#[derive(Debug, Clone, Args)]
pub struct SimulateArgs {
    /// Choose the policy's parameters on history and report the gain on a held-back window.
    #[arg(long, conflicts_with = "only_own")]
    pub tune: bool,
    /// Tune for the least stock that fills this share of demand, e.g. `0.97`, instead of for the
    /// least cost.
    #[arg(long, value_name = "SHARE", conflicts_with = "only_own", value_parser = share)]
    pub fill_rate: Option<f64>,
    /// Replay the configured policy alone, without others to compare it with: the quickest.
    #[arg(long)]
    pub only_own: bool,
    /// Change one thing and compare, e.g. `lead-time=+7`, `demand=-10%`, `service=0.98`,
    /// `budget=50000`, `tariff=0.25`, `lost-supplier=NAME`; where locations feed each other also
    /// `lane-lead-time=+2`, `closed=LOCATION`, `one-more=LOCATION`. May be repeated.
    #[arg(long, value_name = "CHANGE")]
    pub what_if: Vec<String>,
    /// Which data and settings.
    #[command(flatten)]
    pub options: Options,
}

/// A share between 0 and 1, `0.97` or `97%`.
fn share(text: &str) -> Result<f64, String> {
    let percent = text.trim().strip_suffix('%');
    let number: f64 = percent
        .unwrap_or(text)
        .trim()
        .parse()
        .map_err(|_| format!("`{text}`: expected a share such as 0.97 or 97%"))?;
    let share = if percent.is_some() { number / 100.0 } else { number };
    // Nobody can promise all demand, and 0 asks for nothing; 97 without its sign is a slip and no
    // share.
    if share > 0.0 && share < 1.0 {
        Ok(share)
    } else {
        Err(format!("`{text}`: expected a share above 0 and below 1, such as 0.97 or 97%"))
    }
}

/// Arguments of `serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Where to listen; port 0 = any free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8377")]
    pub listen: String,
    /// A name under which browsers reach this server, besides its addresses and localhost.
    #[arg(long, value_name = "NAME")]
    pub host: Vec<String>,
    /// Show, and take no decisions.
    #[arg(long)]
    pub read_only: bool,
    /// A person who decides: gets an address of their own, and decisions made there bear that name.
    /// May be repeated [default: one address, each decision bears the name typed in the page].
    #[arg(long, value_name = "NAME", value_parser = a_name, conflicts_with = "author_header")]
    pub user: Vec<String>,
    /// A header in which a reverse proxy that has signed people in names who decides, e.g.
    /// `X-Remote-User`; the proxy must drop what browsers send under that name.
    #[arg(long, value_name = "HEADER")]
    pub author_header: Option<String>,
    /// An address that the header is believed from [default: this machine's own].
    #[arg(long, value_name = "IP", requires = "author_header")]
    pub proxy: Vec<std::net::IpAddr>,
    /// Which run's settings and output.
    #[command(flatten)]
    pub options: Options,
}

/// Arguments of `mcp`.
#[derive(Debug, Clone, Args)]
pub struct McpArgs {
    /// Which run's settings and output.
    #[command(flatten)]
    pub options: Options,
}

/// A person's name, as it stands beside decisions.
fn a_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    match name.is_empty() || name.chars().any(char::is_control) || name.chars().count() > 100 {
        true => Err(format!("`{}`: expected a name of 1 to 100 signs", name.escape_default())),
        false => Ok(name.to_owned()),
    }
}

/// Arguments of `doctor`.
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    /// Mend what can be mended.
    #[arg(long)]
    pub fix: bool,
    /// Which run's settings and output.
    #[command(flatten)]
    pub options: Options,
}

/// Arguments of `review`.
#[derive(Debug, Clone, Args)]
pub struct ReviewArgs {
    /// File of decisions: downloaded from the report, or a spreadsheet saved as CSV.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["verify", "log"])]
    pub decisions: Option<PathBuf>,
    /// Who decides, for lines that name nobody: the drafts of an assistant.
    #[arg(long, value_name = "NAME", value_parser = a_name)]
    pub author: Option<String>,
    /// Only check what was kept: content, order, second copies.
    #[arg(long)]
    pub verify: bool,
    /// Only list what was kept, oldest first.
    #[arg(long)]
    pub log: bool,
    /// Which run's settings and output.
    #[command(flatten)]
    pub options: Options,
}

/// Arguments of `export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// Layout of the file.
    #[arg(long, value_parser = export_formats())]
    pub format: &'static dyn ExportFormat,
    /// Also orders that were exported before, with the same ids.
    #[arg(long)]
    pub all: bool,
    /// What to write [default: what the format writes first].
    #[arg(long, value_enum)]
    pub what: Option<What>,
    /// Only this channel's quantities.
    #[arg(long, value_name = "CHANNEL")]
    pub channel: Option<String>,
    /// File to write, or folder where several come out; never one that is there already
    /// [default: OUT/exports/WHAT-FORMAT-DATE].
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Which run's settings and output.
    #[command(flatten)]
    pub options: Options,
}

fn export_formats() -> impl TypedValueParser<Value = &'static dyn ExportFormat> {
    let values = exports::FORMATS.map(|format| {
        let former = exports::former_names(format.name());
        PossibleValue::new(format.name()).help(format.about()).aliases(former)
    });
    PossibleValuesParser::new(values).try_map(|name| exports::format(&name))
}

/// Arguments of `prune`.
#[derive(Debug, Clone, Args)]
pub struct PruneArgs {
    /// How many runs to keep, newest first.
    #[arg(long, value_name = "N", value_parser = positive)]
    pub keep: usize,
    /// Which run's settings and output.
    #[command(flatten)]
    pub options: Options,
}

fn positive(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|&n: &usize| n > 0)
        .ok_or_else(|| "expected a whole number above 0".to_owned())
}

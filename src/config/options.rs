//! Which data, which settings, where to: the arguments that all commands on a shop's data share.

use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Which data, which settings, where to.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Options {
    /// Configuration file [default: orderpoint.toml, where there is one].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of input tables (sales.csv, stock.csv, ...).
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Folder to publish to; OUT/current names the newest good run.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Folder of fitted models, for a faster next run.
    #[arg(long, value_name = "DIR")]
    pub models: Option<PathBuf>,
    /// The morning of this day: history up to the day before is known [default: the day after the
    /// last sale].
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<NaiveDate>,
    /// Plan only the SKUs listed in this file, one a line: a pilot run.
    #[arg(long, value_name = "FILE")]
    pub only: Option<PathBuf>,
    /// Processor cores to use [default: all]. The results are the same at any number.
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Refuse to run when the data would need more memory than this.
    #[arg(long, value_name = "MIB")]
    pub memory: Option<u64>,
    /// Also write the summary to this file, for a mailer or chat hook.
    #[arg(long, value_name = "FILE")]
    pub notify_file: Option<PathBuf>,
    /// How to speak.
    #[command(flatten)]
    pub voice: Voice,
}

/// How a command speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub struct Voice {
    /// Make the summary on stdout one JSON object.
    #[arg(long)]
    pub json: bool,
    /// Form of the log lines on stderr.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    pub log_format: LogFormat,
}

/// Form of the log lines on stderr.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Progress bars on a terminal; plain lines when stderr is a file.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
    /// Errors only.
    Off,
}

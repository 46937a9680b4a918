//! What a run will do: `orderpoint.toml` and the command line become one checked [`Plan`].
//!
//! Every section belongs to the stage that reads it and has that stage's defaults; this module
//! reads them, checks ranges and lists every problem at once, before any data are touched.
//! [`TEMPLATE`] documents every key; tests hold it to the defaults.

mod options;
mod read;
pub mod schema;

pub use options::{LogFormat, Options, Voice};

use crate::allocate;
use crate::audit;
use crate::classify;
use crate::clean;
use crate::config::read::Reader;
use crate::domain::calendar::Bucket;
use crate::domain::digest::sha256_hex;
use crate::domain::error::{Error, Result};
use crate::domain::exceptions::ExceptionKind;
use crate::forecast;
use crate::indicators;
use crate::ingest;
use crate::ingest::far::Readers;
use crate::inventory;
use crate::network;
use crate::purchase;
use crate::review::exports;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The commented configuration that `init` writes: every key at its default.
pub const TEMPLATE: &str = include_str!("orderpoint.toml");
/// The file read when `--config` is not given and it is there.
pub const DEFAULT_FILE: &str = "orderpoint.toml";

/// Where `--only` publishes, below the output folder.
const PILOT: &str = "pilot";
/// What was fetched of far sources, below the output folder.
const FETCHED: &str = ".fetched";

/// `[run]`: what the run as a whole does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunSettings {
    /// Folder of the input tables.
    pub data: PathBuf,
    /// Folder that runs are published to.
    pub out: PathBuf,
    /// Folder of fitted models, for warm starts.
    pub models: PathBuf,
    /// Morning of the run; unset = the day after the last sale.
    pub as_of: Option<NaiveDate>,
    /// Length of one period.
    pub bucket: Bucket,
    /// Calendar days to forecast.
    pub horizon_days: u32,
    /// Processor cores to use; 0 = all.
    pub threads: usize,
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// Kinds of exceptions that turn exit code 0 into 5.
    pub severe: Vec<ExceptionKind>,
}

impl Default for RunSettings {
    fn default() -> Self {
        Self {
            data: "data".into(),
            out: "reports".into(),
            models: "models".into(),
            as_of: None,
            bucket: Bucket::Day,
            horizon_days: 90,
            threads: 0,
            seed: 1,
            severe: Vec::new(),
        }
    }
}

impl RunSettings {
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !(1..=730).contains(&self.horizon_days) {
            problems.push(format!(
                "run.horizon_days = {}: expected 1 to 730, beyond two years nothing is known",
                self.horizon_days
            ));
        }
        if self.threads > 1024 {
            problems.push(format!(
                "run.threads = {}: expected at most 1024, 0 = all cores",
                self.threads
            ));
        }
        problems
    }
}

/// Everything a run needs to know besides its input.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// `[run]`, arguments applied.
    pub run: RunSettings,
    /// Plan only these items (`--only`); `None` = all.
    pub only: Option<BTreeSet<String>>,
    /// `[data]`, `[csv]` and `[mapping.TABLE]`.
    pub ingest: ingest::Settings,
    /// `[clean]`.
    pub clean: clean::Settings,
    /// `[classify]`.
    pub classify: classify::Settings,
    /// `[forecast]`; [`Plan::forecast_settings`] adds what depends on the bucket.
    pub forecast: forecast::Settings,
    /// `[policy]`.
    pub policy: inventory::Settings,
    /// `[network]`.
    pub network: network::settings::Settings,
    /// `[allocation]`.
    pub allocation: allocate::Settings,
    /// `[purchase]`.
    pub purchase: purchase::Settings,
    /// `[indicators]`; [`Plan::indicator_settings`] adds what other sections say.
    pub indicators: indicators::Settings,
    /// `[publish]`.
    pub publish: audit::Bounds,
    /// `[export]`: names that other systems know; nothing in it changes a run.
    pub export: exports::Settings,
    /// Digest of every setting that can change a result, as lower-case hex: the arguments of one
    /// calling, the morning and a pilot's items, are parts of a run's identity by themselves.
    pub digest: String,
}

impl Plan {
    /// Reads the configuration that `options` names and applies its arguments.
    ///
    /// # Errors
    /// [`Error::Config`] with every problem found, [`Error::Io`] if the file cannot be read.
    pub fn load(options: &Options) -> Result<Self> {
        let file = options
            .config
            .clone()
            // The usual name counts where nobody named another file; a file that was named and is
            // missing is an error below.
            .or_else(|| Some(PathBuf::from(DEFAULT_FILE)).filter(|f| f.is_file()));
        let text = match &file {
            Some(file) => std::fs::read_to_string(file).map_err(|e| config_unreadable(file, &e))?,
            None => String::new(),
        };
        let base = file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        let name = file.as_deref().unwrap_or(Path::new(DEFAULT_FILE)).display().to_string();
        Self::parse(&text, &name, base, options)
    }

    /// The plan of the configuration `text`; relative paths in it start at `base`, those of
    /// `options` where the user stands.
    ///
    /// # Errors
    /// [`Error::Config`] with every problem found.
    pub fn parse(text: &str, file: &str, base: &Path, options: &Options) -> Result<Self> {
        let mut reader = Reader::new(text, file)?;
        let settled = reader.settled();
        let has_currency = reader.has("purchase", "currency");
        let mut plan = Self {
            run: reader.section("run"),
            ingest: ingest::Settings {
                data: reader.section("data"),
                csv: reader.section("csv"),
                units: reader.section("units"),
                mapping: reader.sections("mapping"),
                ..ingest::Settings::default()
            },
            clean: reader.section("clean"),
            classify: reader.section("classify"),
            forecast: reader.section("forecast"),
            policy: reader.section("policy"),
            network: reader.section("network"),
            allocation: reader.section("allocation"),
            purchase: reader.section("purchase"),
            indicators: reader.section("indicators"),
            publish: reader.section("publish"),
            export: reader.section("export"),
            only: None,
            digest: String::new(),
        };
        for path in [&mut plan.run.data, &mut plan.run.out, &mut plan.run.models] {
            // Paths of the file are meant from where it lies: a scheduler starts the program
            // somewhere else.
            *path = base.join(&*path);
        }
        (plan.purchase.carrying_rate, plan.purchase.order_cost) =
            // Declared once, under `[policy]`: two carrying rates in one file would differ sooner
            // or later.
            (plan.policy.holding_rate_per_year, plan.policy.order_cost);
        plan.ingest.rates = ingest::Rates {
            reporting: plan.purchase.currency.clone(),
            is_configured: has_currency,
            rates: plan.purchase.rates.clone(),
        };
        let mut problems = reader.finish();
        plan.apply(options, &mut problems);
        // The items of a pilot are part of what it is made from; the morning stands for itself.
        let pilot = plan.only.as_ref().map(|only| format!("{only:?}")).unwrap_or_default();
        plan.digest = sha256_hex(format!("{settled}{pilot}").as_bytes());
        problems.extend(plan.problems());
        if problems.is_empty() { Ok(plan) } else { Err(Error::Config(problems)) }
    }

    /// The folder that runs are published below: a pilot (`--only`) beside the whole run, never in
    /// its place.
    #[must_use]
    pub fn place(&self) -> PathBuf {
        match &self.only {
            Some(_) => self.run.out.join(PILOT),
            None => self.run.out.clone(),
        }
    }

    /// Where far sources are fetched to: for a pilot, too.
    #[must_use]
    pub fn work(&self) -> PathBuf {
        self.run.out.join(FETCHED)
    }

    /// Periods to forecast.
    #[must_use]
    pub fn horizon(&self, bucket: Bucket) -> usize {
        (f64::from(self.run.horizon_days) / bucket.days()).ceil().max(1.0) as usize
    }

    /// How to forecast, in periods of `bucket`.
    #[must_use]
    pub fn forecast_settings(&self, bucket: Bucket) -> forecast::Settings {
        // Four weeks stand for a lead time wherever no supplier is at hand: levels compete at that
        // distance.
        let lead_time = (28.0 / bucket.days()).ceil() as usize;
        forecast::Settings { horizon: self.horizon(bucket), lead_time, ..self.forecast.clone() }
    }

    /// How to compute the indicators: holding cost and excess are what ordering takes them for.
    #[must_use]
    pub fn indicator_settings(&self) -> indicators::Settings {
        indicators::Settings {
            holding_rate: self.policy.holding_rate_per_year,
            excess_cover_days: self.policy.excess_cover_days,
            ..self.indicators.clone()
        }
    }

    /// What to load.
    #[must_use]
    pub fn request(&self) -> ingest::Request {
        ingest::Request {
            data: self.run.data.clone(),
            work: self.work(),
            readers: Readers::One,
            settings: self.ingest.clone(),
            as_of: self.run.as_of,
            bucket: self.run.bucket,
            only: self.only.as_ref().map(|only| only.iter().cloned().collect()),
        }
    }

    /// Everything out of range, by section.
    fn problems(&self) -> Vec<String> {
        let sections = [
            self.run.problems(),
            self.ingest.problems(),
            self.clean.problems(),
            self.classify.problems(),
            self.forecast.problems(),
            self.policy.problems(),
            self.network.problems(),
            self.allocation.problems(),
            self.purchase.problems(),
            self.indicators.problems(),
            self.publish.problems(),
        ];
        sections.concat()
    }

    /// Arguments win over the file.
    fn apply(&mut self, options: &Options, problems: &mut Vec<String>) {
        for (target, given) in [
            // What is typed goes before what is written, and from the folder in which it is typed.
            (&mut self.run.data, &options.data),
            (&mut self.run.out, &options.out),
            (&mut self.run.models, &options.models),
        ] {
            if let Some(path) = given {
                target.clone_from(path);
            }
        }
        self.run.as_of = options.as_of.or(self.run.as_of);
        self.run.threads = options.threads.unwrap_or(self.run.threads);
        let memory = &mut self.ingest.data.memory_limit_mb;
        *memory = options.memory.unwrap_or(*memory);
        if let Some(file) = &options.only {
            match std::fs::read_to_string(file) {
                Ok(text) => self.only = Some(sku_list(&text)),
                Err(error) => problems.push(format!("--only {}: {error}", file.display())),
            }
            if self.only.as_ref().is_some_and(BTreeSet::is_empty) {
                problems
                    .push(format!("--only {}: no SKU in it, expected one a line", file.display()));
            }
        }
    }
}

/// One SKU a line; empty lines and `# remarks` do not count.
fn sku_list(text: &str) -> BTreeSet<String> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.filter(|sku| !sku.is_empty()).map(str::to_owned).collect()
}

fn config_unreadable(file: &Path, error: &std::io::Error) -> Error {
    let way_out = match error.kind() {
        std::io::ErrorKind::NotFound => "; `orderpoint init DIR` writes a commented one",
        _ => "",
    };
    Error::Config(vec![format!("{}: {error}{way_out}", file.display())])
}

#[cfg(test)]
mod tests;

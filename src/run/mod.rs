//! The nightly run: calls the stages in order, over partitions of the panel in parallel.
//!
//! The only module that knows all stages. A partition is a range of neighbouring pools of about 400,000 values, whatever the
//! number of threads; its results are appended in panel order. So the same input gives the same bytes on any machine. Reading,
//! the report's item pages and the output tables use the same threads for themselves.

mod earlier;
mod fallback;
mod history;
mod partition;
mod pool;
pub mod progress;
mod records;
mod refit;
mod settle;
pub mod simulate;

use crate::audit;
use crate::config::Plan;
use crate::domain::classes::{AbcClass, XyzClass};
use crate::domain::error::{Error, Result};
use crate::domain::exceptions::{Exception, ExceptionKind, Severity};
use crate::domain::fault::guarded;
use crate::domain::inputs::Inputs;
use crate::domain::outcome::Outcome;
use crate::domain::panel::Panel;
use crate::forecast::evaluate::backtest::BacktestRow;
use crate::forecast::{self, Demand, Forecaster, Learner};
use crate::indicators;
use crate::ingest;
use crate::parallel;
use crate::report;
use crate::review::changes;
use crate::review::hindsight;
use crate::review::open_decisions::OpenDecisions;
use crate::review::overrides::override_exceptions;
use crate::review::scorecard::scorecard;
use crate::run::earlier::Earlier;
use crate::run::fallback::Survey;
use crate::run::partition::Night;
use crate::run::progress::Progress;
use crate::run::refit::Learnt;
use crate::store::Begin;
use crate::store::Identity;
use crate::store::InputEntry;
use crate::store::Manifest;
use crate::store::OutputLock;
use crate::store::Publication;
use crate::store::PublishedRun;
use crate::store::RefitEntry;
use crate::store::models;
use crate::tables;
use crate::tables::LastRun;
use rayon::prelude::*;
use serde::Serialize;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Values of history that one partition holds, about.
const CELLS_PER_PARTITION: usize = 400_000;

/// What a run came to, for the last line on the screen and for `--json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The run.
    pub run_id: String,
    /// The morning it was made for.
    pub as_of: chrono::NaiveDate,
    /// Its folder.
    pub folder: PathBuf,
    /// The page to open.
    pub report: PathBuf,
    /// The very run was there already; nothing was changed.
    pub unchanged: bool,
    /// Items, pools and series planned.
    pub skus: usize,
    /// (sku, location) pairs.
    pub pools: usize,
    /// (sku, location, channel) triples.
    pub series: usize,
    /// Order lines recommended.
    pub order_lines: usize,
    /// Their value, currency units, as text: exact.
    pub order_value: String,
    /// The currency it is in.
    pub currency: String,
    /// Exceptions by severity: error, warning, info.
    pub errors: usize,
    /// See `errors`.
    pub warnings: usize,
    /// Input rows in quarantine.
    pub quarantined: usize,
    /// The exceptions a person should read first, worst first.
    pub attention: Vec<String>,
    /// Kinds of exceptions that happened and that the configuration calls severe, or that are faults of our own.
    pub severe: Vec<String>,
}

impl Summary {
    /// 0, or 5 when something severe happened.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.severe.is_empty() { 0 } else { 5 }
    }
}

/// Loads and cleans the input of `plan`.
///
/// # Errors
/// [`Error::Input`] with the file, line and column at fault.
pub fn load(plan: &Plan, progress: &dyn Progress) -> Result<Inputs> {
    progress.begin("reading", 0);
    let mut inputs = ingest::load(&plan.request())?;
    progress.end(&format!("{} series, {} values", inputs.panel.len(), inputs.panel.cells()));
    crate::run::history::clean(&mut inputs, &plan.clean);
    Ok(inputs)
}

/// Runs `work` on `threads` threads (0 = all).
///
/// # Errors
/// Those of `work`; [`Error::Internal`] if it panics or threads cannot be started.
pub fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|e| Error::Internal(format!("cannot start threads: {e}")))?;
    guarded(|| pool.install(work)).unwrap_or_else(|fault| Err(Error::Internal(fault.to_string())))
}

/// The nightly run: from files to a published folder.
///
/// # Errors
/// Whatever keeps the run from being trusted; the last publication then stays.
pub fn run(plan: &Plan, progress: &dyn Progress) -> Result<Summary> {
    with_threads(plan.run.threads, || run_here(plan, progress))
}

fn run_here(plan: &Plan, progress: &dyn Progress) -> Result<Summary> {
    let mut clock = StageClock::start();
    let lock = OutputLock::acquire(&plan.run.out, &started())?;
    let inputs = load(plan, progress)?;
    clock.lap("load");
    run_loaded(plan, inputs, lock, (progress, clock))
}

/// The run from cleaned inputs on.
fn run_loaded(
    plan: &Plan,
    mut inputs: Inputs,
    lock: OutputLock,
    (progress, mut clock): (&dyn Progress, StageClock),
) -> Result<Summary> {
    let as_of = inputs.panel.calendar().as_of();
    let earlier = Earlier::read(&plan.run.out, as_of)?;
    let refit = crate::run::refit::Earlier::read(plan, earlier.last.as_ref(), as_of);
    let previous = earlier.last.as_ref().map(|run| run.manifest.run_id.as_str());
    let kept = refit.digest(earlier.digest());
    let entries: Vec<InputEntry> = inputs.sources.iter().map(InputEntry::from).collect();
    let identity =
        Identity { as_of, config: &plan.digest, inputs: &entries, previous, kept: &kept };
    let publication =
        match Publication::begin(lock, &identity.run_id(), expected_bytes(&inputs.panel, plan))? {
            Begin::New(publication) => publication,
            Begin::Published(folder) => return unchanged(&inputs, &identity, plan, folder),
        };
    let last =
        earlier.last.clone().map(|run| LastRun::read(run, &inputs.names)).transpose()?.flatten();
    let standing = OpenDecisions::new(&earlier.kept, &inputs, as_of);
    let told = std::mem::take(&mut inputs.exceptions);
    let mut run = Run {
        plan,
        inputs: &inputs,
        earlier: &earlier,
        refit: &refit,
        last: last.as_ref(),
        standing: &standing,
        publication,
        outcome: Outcome::default(),
        learnt: None,
    };
    run.outcome.exceptions = told;
    run.outcome.exceptions.extend(override_exceptions(&inputs, as_of));
    run.decide(progress, &mut clock)?;
    run.publish(&identity, progress, clock)
}

/// Rolling-origin accuracy of the published forecast and the benchmarks by ABC-XYZ cell, channel and horizon, with the channels'
/// names.
///
/// # Errors
/// Whatever keeps the input from being loaded.
pub fn backtest(plan: &Plan, progress: &dyn Progress) -> Result<(Vec<BacktestRow>, Vec<String>)> {
    with_threads(plan.run.threads, || {
        let inputs = load(plan, progress)?;
        let return_rates = crate::run::history::return_rates(&inputs.panel, &plan.clean);
        let classes = crate::run::history::classify(&inputs, &return_rates, None, plan);
        let cell = |pool: usize| {
            let abc = classes[pool].abc.map_or("-", AbcClass::name);
            let xyz = classes[pool].xyz.map_or("-", XyzClass::name);
            format!("{abc}{xyz}")
        };
        let parts = partitions(&inputs.panel);
        let settings = plan.forecast_settings(inputs.panel.calendar().bucket());
        progress.begin("learning", 0);
        let forecaster = learn((&inputs).into(), settings, &parts);
        progress.end("seasons, events and errors");
        let done: Vec<_> =
            parts.par_iter().map(|range| forecaster.backtest(range.clone(), cell)).collect();
        let mut all = forecast::evaluate::backtest::Backtest::default();
        done.iter().for_each(|part| all.merge(part));
        Ok((all.rows(forecaster.steps()), inputs.names.channels.clone()))
    })
}

/// One run under way.
struct Run<'a> {
    plan: &'a Plan,
    inputs: &'a Inputs,
    earlier: &'a Earlier,
    refit: &'a crate::run::refit::Earlier,
    last: Option<&'a LastRun>,
    standing: &'a OpenDecisions,
    publication: Box<Publication>,
    outcome: Outcome,
    /// The refit that the forecasts go back to.
    learnt: Option<RefitEntry>,
}

impl Run<'_> {
    /// Classifies, forecasts, plans, orders and allocates; the large tables are written on the way.
    fn decide(&mut self, progress: &dyn Progress, clock: &mut StageClock) -> Result<()> {
        let (plan, inputs, panel) = (self.plan, self.inputs, &self.inputs.panel);
        let return_rates = crate::run::history::return_rates(panel, &plan.clean);
        let classes = crate::run::history::classify(inputs, &return_rates, self.last, plan);
        clock.lap("classify");
        let parts = partitions(panel);
        let settings = plan.forecast_settings(panel.calendar().bucket());
        let run_id = self.publication.run_id().to_owned();
        progress.begin("learning", 0);
        let mut survey = Survey::new(inputs.into(), &parts);
        let Learnt { forecaster, entry, exception } =
            self.refit.learn(inputs.into(), settings, &run_id, &mut survey);
        let carried = forecaster.refit().is_some();
        progress.end(if carried { "levels" } else { "seasons, events and errors" });
        self.outcome.exceptions.extend(survey.exceptions.into_iter().chain(exception));
        clock.lap("learn");
        let night = Night::new(
            plan,
            inputs,
            &forecaster,
            (&classes, &return_rates),
            (self.last, self.standing),
        )?;
        let (planned, states) = self.plan_pools(&night, &parts, progress)?;
        clock.lap("plan");
        self.outcome.exceptions.extend(forecaster.exceptions());
        let outcome = &mut self.outcome;
        let (kept, ()) = rayon::join(
            || keep(plan, &forecaster, entry, &states),
            || crate::run::settle::settle(&night, planned, outcome),
        );
        match kept {
            Ok(entry) => self.learnt = entry,
            Err(told) => self.outcome.exceptions.push(told),
        }
        self.outcome.classification = classes;
        clock.lap("settle");
        Ok(())
    }

    /// Forecasts and plans every partition, and appends its rows to the large tables; with the pools, the states to keep.
    fn plan_pools<'n>(
        &mut self,
        night: &Night<'n>,
        parts: &[Range<usize>],
        progress: &dyn Progress,
    ) -> Result<(Vec<crate::run::partition::PlannedPool<'n>>, Vec<u8>)> {
        let mut demand = tables::TableFile::create(&mut self.publication, &tables::DEMAND)?;
        let mut forecast = tables::TableFile::create(&mut self.publication, &tables::FORECAST)?;
        let pools = self.inputs.panel.pools().len();
        progress.begin("planning", pools as u64);
        let (mut planned, mut states) = (Vec::with_capacity(pools), Vec::new());
        let outcome = &mut self.outcome;
        let take = |part: Result<crate::run::partition::Part<'n>>| {
            let part = part?;
            progress.advance(part.pools.len() as u64);
            demand.append(part.demand)?;
            forecast.append(part.forecast)?;
            outcome.accuracy.extend(part.accuracy);
            outcome.methods.extend(part.methods);
            outcome.exceptions.extend(part.exceptions);
            states.extend(part.states);
            planned.extend(part.pools);
            Ok(())
        };
        parallel::in_order(parts, |range| night.partition(range.clone()), take)?;
        demand.close(&mut self.publication)?;
        forecast.close(&mut self.publication)?;
        progress.end(&format!("{} pools", planned.len()));
        Ok((planned, states))
    }

    /// Audits, writes the remaining files and makes the run current.
    fn publish(
        mut self,
        identity: &Identity,
        progress: &dyn Progress,
        mut clock: StageClock,
    ) -> Result<Summary> {
        progress.begin("publishing", 0);
        let outcome = &mut self.outcome;
        let settings = self.plan.indicator_settings();
        let kept = &self.earlier.kept;
        let terms = hindsight::JudgingTerms {
            judged_days: settings.judged_days,
            holding_rate: settings.holding_rate,
        };
        let judged = hindsight::judge(kept, self.inputs, terms);
        outcome.indicators = indicators::compute(self.inputs, outcome, &settings);
        outcome.indicators.extend(scorecard(kept, &judged, &self.inputs.names, outcome));
        outcome.indicators.sort_by(|a, b| (a.indicator, &a.scope).cmp(&(b.indicator, &b.scope)));
        outcome.exceptions.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.cmp(b)));
        outcome.exceptions.dedup();
        let totals = audit::totals(self.inputs, outcome);
        let manifest = Manifest { refit: self.learnt.take(), ..identity.manifest(totals) };
        if let Some(last) = self.last {
            outcome.changes = changes::compare(last, self.inputs, outcome, &manifest);
        }
        let audited = audit::audit(
            self.inputs,
            outcome,
            self.last.map(|l| &l.run.manifest),
            &self.plan.publish,
        );
        // Best effort: nobody goes back to the states of a run that is not published.
        audited.inspect_err(|_| drop(models::forget(&self.plan.run.models, [&manifest.run_id])))?;
        clock.lap("audit");
        let run_id = self.publication.run_id().to_string();
        let input = report::ReportInput {
            run_id: &run_id,
            as_of: identity.as_of,
            version: env!("CARGO_PKG_VERSION"),
            currency: &self.plan.purchase.currency,
            inputs: self.inputs,
            outcome: &self.outcome,
            settings: &settings,
            policy: &self.plan.policy,
            history: &self.earlier.trend(&self.outcome.indicators),
            decisions: &self.earlier.decisions(&self.inputs.names),
        };
        let publication = Mutex::new(&mut self.publication);
        let add = |path: &str, rows, bytes: &[u8]| -> Result<()> {
            publication.lock().unwrap_or_else(PoisonError::into_inner).add(path, rows, bytes)
        };
        let results = tables::Results { inputs: self.inputs, outcome: &self.outcome };
        // None keeps all threads busy, and they do not wait for each other.
        let (broken, (tables, drafts)) = rayon::join(
            || report::render(&input, &mut |path, bytes| add(path, None, bytes)),
            || {
                let tables = || tables::write(&run_id, results, &add);
                rayon::join(tables, || tables::drafts::write(self.inputs, &self.outcome, &add))
            },
        );
        self.outcome.exceptions.splice(0..0, broken?);
        tables.and(drafts)?;
        let results = tables::Results { inputs: self.inputs, outcome: &self.outcome };
        tables::write_exceptions(&run_id, results, &add)?;
        clock.lap("files");
        let mut summary = summary(self.inputs, &self.outcome, self.plan);
        let manifest = Manifest {
            severe: summary.severe.clone(),
            attention: summary.attention.clone(),
            ..manifest
        };
        let folder = self.publication.finish(manifest, &clock.timings())?;
        summary.locate(run_id, folder);
        progress.end(&summary.run_id);
        Ok(summary)
    }
}

/// The refit that the forecasts go back to, if any is kept; its states are saved where it is this run's own.
fn keep(
    plan: &Plan,
    forecaster: &Forecaster<'_>,
    entry: RefitEntry,
    states: &[u8],
) -> std::result::Result<Option<RefitEntry>, Exception> {
    match (plan.forecast.refit_days, forecaster.refit()) {
        (0, _) => Ok(None),
        (_, Some(_)) => Ok(Some(entry)),
        (_, None) => crate::run::refit::save(plan, entry, &forecaster.keep(states)).map(Some),
    }
}

/// Ranges of neighbouring pools of about the same number of values.
fn partitions(panel: &Panel) -> Vec<Range<usize>> {
    let (mut parts, mut first, mut cells) = (Vec::new(), 0, 0);
    for (i, pool) in panel.pools().iter().enumerate() {
        cells += 64 + pool.series.clone().map(|s| panel.gross(s).len()).sum::<usize>();
        if cells >= CELLS_PER_PARTITION {
            parts.push(first..i + 1);
            (first, cells) = (i + 1, 0);
        }
    }
    if first < panel.pools().len() {
        parts.push(first..panel.pools().len());
    }
    parts
}

/// Learns anew over the whole panel; pools that it breaks on are left out.
fn learn<'a>(
    demand: Demand<'a>,
    settings: forecast::Settings,
    parts: &[Range<usize>],
) -> Forecaster<'a> {
    Learner::new(demand, settings).learn(&mut Survey::new(demand, parts))
}

/// A guess at the size of the run's files.
fn expected_bytes(panel: &Panel, plan: &Plan) -> u64 {
    (panel.cells() * 3
        + panel.len() * plan.run.horizon_days as usize * 24
        + panel.pools().len() * 6_000
        + (2 << 20)) as u64
}

fn unchanged(
    inputs: &Inputs,
    identity: &Identity,
    plan: &Plan,
    folder: PathBuf,
) -> Result<Summary> {
    let run = PublishedRun::open(&folder)?;
    let total = |name: &str| run.manifest.totals.get(name).copied().unwrap_or(0.0);
    let mut summary = summary(inputs, &Outcome::default(), plan);
    summary.unchanged = true;
    (summary.errors, summary.warnings) = (total("errors") as usize, total("warnings") as usize);
    (summary.severe, summary.attention) =
        (run.manifest.severe.clone(), run.manifest.attention.clone());
    summary.order_lines = total("recommended_lines") as usize;
    summary.order_value =
        crate::domain::units::Money::from_f64(total("recommended_value")).to_string();
    summary.locate(identity.run_id(), folder);
    Ok(summary)
}

fn summary(inputs: &Inputs, outcome: &Outcome, plan: &Plan) -> Summary {
    let ordered = || outcome.recommendations.iter().filter(|r| r.quantity.0 > 0);
    let value: crate::domain::units::Money = ordered().map(|r| r.value).sum();
    Summary {
        run_id: String::new(),
        as_of: inputs.panel.calendar().as_of(),
        folder: PathBuf::new(),
        report: PathBuf::new(),
        unchanged: false,
        skus: inputs.names.skus.len(),
        pools: inputs.panel.pools().len(),
        series: inputs.panel.len(),
        order_lines: ordered().count(),
        order_value: value.to_string(),
        currency: plan.purchase.currency.clone(),
        errors: outcome.exceptions_of(Severity::Error),
        warnings: outcome.exceptions_of(Severity::Warning),
        quarantined: inputs.quarantine.len(),
        attention: attention(&outcome.exceptions),
        severe: severe_kinds(&plan.run.severe, &outcome.exceptions),
    }
}

/// Kinds that happened and turn exit code 0 into 5: those the configuration names, and faults of our own.
fn severe_kinds(configured: &[ExceptionKind], exceptions: &[Exception]) -> Vec<String> {
    let fault = ExceptionKind::InternalFault;
    let others = configured.iter().copied().filter(|&kind| kind != fault);
    let happened = |kind: &ExceptionKind| exceptions.iter().any(|e| e.kind == *kind);
    others.chain([fault]).filter(happened).map(|kind| kind.name().to_owned()).collect()
}

/// One line a kind of trouble, worst first: the first case and how many more there are.
fn attention(exceptions: &[Exception]) -> Vec<String> {
    let told = exceptions.iter().take_while(|e| e.severity > Severity::Info);
    let mut kinds: Vec<(&Exception, usize)> = Vec::new();
    for e in told {
        match kinds.iter_mut().find(|(first, _)| (first.kind, &first.why) == (e.kind, &e.why)) {
            Some((_, count)) => *count += 1,
            None => kinds.push((e, 1)),
        }
    }
    let line = |(e, count): (&Exception, usize)| {
        let more =
            if count > 1 { format!("; and {} more like it", count - 1) } else { String::new() };
        format!("{}: {} ({}){more}", e.about, e.what, e.why)
    };
    kinds.into_iter().take(12).map(line).collect()
}

impl Summary {
    fn locate(&mut self, run_id: String, folder: PathBuf) {
        self.run_id = run_id;
        self.report = folder.join("index.html");
        self.folder = folder;
    }
}

/// When the process took the lock, for whoever finds it held; never part of a result.
fn started() -> String {
    let seconds = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |d| d.as_secs());
    let time = i64::try_from(seconds).ok().and_then(|s| chrono::DateTime::from_timestamp(s, 0));
    time.map_or_else(String::new, |t| t.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// Wall time of each stage, for the manifest's timings; never part of a result.
struct StageClock {
    last: Instant,
    laps: Vec<(&'static str, f64)>,
}

impl StageClock {
    fn start() -> Self {
        Self { last: Instant::now(), laps: Vec::new() }
    }

    fn lap(&mut self, stage: &'static str) {
        let now = Instant::now();
        self.laps.push((stage, (now - self.last).as_secs_f64()));
        self.last = now;
    }

    fn timings(&self) -> serde_json::Value {
        self.laps
            .iter()
            .map(|&(stage, seconds)| (stage.to_string(), serde_json::Value::from(seconds)))
            .collect()
    }
}

#[cfg(test)]
mod tests;

//! The night: reads, cleans, learns, plans every pool, settles all of them together, publishes.
//!
//! The one room that knows all stages; only `cli` calls it. It decides nothing itself. A partition
//! is a range of neighbouring pools of about 400,000 values, whatever the number of threads; its
//! results are appended in panel order, so the same input gives the same bytes on any machine.
//! Reading, the report's item pages and the output tables use the same threads.

mod backups;
mod clock;
mod common;
mod earlier;
mod fallback;
mod fees;
mod history;
mod kits;
mod learning;
mod lineage;
mod metrics;
mod mornings;
mod networks;
mod night;
mod observe;
mod open_to_buy;
mod partition;
pub mod phases;
mod pool;
pub mod progress;
mod records;
mod refit;
mod replay_world;
mod settle;
pub mod simulate;
mod summary;
mod ways;

pub use crate::run::summary::Summary;
pub use crate::store::now;

use crate::config::Plan;
use crate::domain::calendar::Bucket;
use crate::domain::classes::{AbcClass, XyzClass};
use crate::domain::economics::UnitEconomics;
use crate::domain::error::{Error, Result};
use crate::domain::fault::guarded;
use crate::domain::inputs::Inputs;
use crate::domain::outcome::{BacktestRow, Outcome};
use crate::domain::panel::Panel;
use crate::domain::sorted::Keyed;
use crate::forecast::evaluate::backtest::Backtest;
use crate::indicators::Flows;
use crate::purchase::Market;
use crate::purchase::economics::economics;
use crate::report::beside::Beside;
use crate::review::decisions::WAIT_DAYS;
use crate::review::hindsight::{self, JudgedChange, JudgingTerms};
use crate::review::open_decisions::OpenDecisions;
use crate::review::overrides::override_exceptions;
use crate::review::{changes, scorecard::scorecard};
use crate::run::clock::StageClock;
use crate::run::common::Common;
use crate::run::earlier::Earlier;
use crate::run::learning::{Cut, Survey, learn_anew, partitions};
use crate::run::night::{Evening, Night, PlannedPool, Shop};
use crate::run::observe::observe;
use crate::run::partition::PlannedPartition;
use crate::run::phases::Gathered;
use crate::run::progress::Progress;
use crate::run::refit::EarlierRefit;
use crate::store::{
    Begin, Identity, InputEntry, Manifest, OutputLock, Publication, PublishedRun, RefitEntry,
    VERSION, recover, replace,
};
use crate::tables::{LastRun, Results, RunKey, TableFile};
use crate::{audit, indicators, ingest, parallel, report, tables};
use chrono::NaiveDate;
use rayon::prelude::*;
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Loads and cleans the input of `plan`.
///
/// # Errors
/// [`Error::Input`] with the file, line and column at fault, or all that a run must not go on with.
pub fn load(plan: &Plan, progress: &dyn Progress) -> Result<Inputs> {
    let inputs = look(plan, progress)?;
    if inputs.refused.is_empty() {
        return Ok(inputs);
    }
    Err(Error::input(&plan.run.data, inputs.refused.join("; ")))
}

/// Loads and cleans the input of `plan` even where a run would be refused for what it says:
/// [`Inputs::refused`] tells why.
///
/// # Errors
/// [`Error::Input`] for what cannot be read at all.
pub fn look(plan: &Plan, progress: &dyn Progress) -> Result<Inputs> {
    progress.begin("reading", 0);
    let mut inputs = ingest::load(&plan.request())?;
    progress.end(&format!("{} series, {} values", inputs.panel.len(), inputs.panel.cells()));
    let exceptions = history::clean(&mut inputs, plan);
    inputs.exceptions.extend(exceptions);
    // What a run would find out only when it buys.
    inputs.exceptions.extend(Market::new(&inputs, &plan.purchase).exceptions());
    Ok(inputs)
}

/// Runs `work` on `threads` threads (0 = all).
///
/// # Errors
/// Those of `work`; [`Error::Internal`] if it panics or threads cannot be started.
pub fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    // A pool of the run's own: the global one can be sized only once a process, and tests run
    // several sizes.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|e| Error::Internal(format!("cannot start threads: {e}")))?;
    guarded(|| pool.install(work)).unwrap_or_else(|fault| Err(Error::Internal(fault.to_string())))
}

/// The nightly run: from files to a published folder.
///
/// # Errors
/// Whatever keeps the run from being trusted; the last publication then stays.
pub fn run(plan: &Plan, progress: &dyn Progress) -> Result<Summary> {
    with_threads(plan.run.threads, || {
        let mut clock = StageClock::start();
        // Before anything is read: a second run on the same folder stops here, not after minutes of
        // work.
        let lock = OutputLock::acquire(&plan.place(), &now())?;
        if let Some(mended) = recover(&lock)? {
            progress.note(&mended);
        }
        let inputs = load(plan, progress)?;
        clock.lap("load");
        let whole = Source::History(Cut::default());
        let summary = run_loaded(plan, inputs, lock, progress, clock, whole)?;
        // A pilot is no night of the shop's.
        if plan.only.is_none() {
            note_history(plan, progress);
        }
        Ok(summary)
    })
}

/// Adds the published run to the history beside the runs. The run is out: what cannot be written
/// now is made up for by the next one, or by a prune.
fn note_history(plan: &Plan, progress: &dyn Progress) {
    let place = plan.place();
    let written =
        OutputLock::acquire(&place, "history").and_then(|lock| tables::history::update(lock.out()));
    match written {
        // Another run has begun: it does it.
        Err(Error::Locked { .. }) => {}
        Ok(updated) => {
            if let Some(warning) = updated.warning() {
                progress.note(&warning);
            }
        }
        Err(error) => progress.note(&format!(
            "the history beside the runs could not be written ({error}): the next run does it"
        )),
    }
}

/// Where planned pools come from.
enum Source {
    /// From the history, cut into partitions.
    History(Cut),
    /// From buckets that were planned one by one.
    Buckets(Box<Gathered>),
}

/// The run from cleaned inputs on.
fn run_loaded(
    plan: &Plan,
    mut inputs: Inputs,
    lock: OutputLock,
    progress: &dyn Progress,
    clock: StageClock,
    source: Source,
) -> Result<Summary> {
    let as_of = inputs.panel.calendar().as_of();
    refuse_half_an_export(plan, as_of)?;
    let earlier = Earlier::read(&plan.place(), &plan.run.out, as_of)?;
    let refit = match &source {
        Source::History(_) => EarlierRefit::read(plan, earlier.last.as_ref(), as_of),
        // Buckets always learn anew.
        Source::Buckets(_) => EarlierRefit::None,
    };

    // The same input, configuration and past make the same run: it is published once.
    let entries: Vec<InputEntry> = inputs.sources.iter().map(InputEntry::from).collect();
    let identity = Identity {
        as_of,
        config: &plan.digest,
        inputs: &entries,
        previous: earlier.last.as_ref().map(|run| run.manifest.run_id.as_str()),
        kept: &refit.digest(earlier.digest(plan.only.as_ref())),
    };
    let run_id = identity.run_id();
    if let Source::Buckets(gathered) = &source {
        gathered.refuse_another(&run_id, plan)?;
    }
    let publication = match Publication::begin(lock, &run_id, expected_bytes(&inputs.panel, plan))?
    {
        Begin::New(publication) => publication,
        Begin::Published(folder) => return Summary::of_published(run_id, folder, &inputs, plan),
    };

    // A last run of another schema is not compared with: its columns mean something else.
    let last = match earlier.last.clone() {
        Some(run) => LastRun::read(run, &inputs.names)?,
        None => None,
    };
    let standing = OpenDecisions::new(&earlier.decisions, &inputs, as_of);
    let mut exceptions = std::mem::take(&mut inputs.exceptions);
    exceptions.extend(override_exceptions(&inputs, as_of));
    exceptions.extend(earlier.exceptions.iter().cloned());
    exceptions.extend(standing.exceptions.iter().cloned());
    let mut run = NightlyRun {
        plan,
        inputs: &inputs,
        earlier: &earlier,
        refit: &refit,
        last: last.as_ref(),
        standing: &standing,
        progress,
        clock,
        publication,
        outcome: Outcome { exceptions, ..Outcome::default() },
        flows: Vec::new(),
        judged: Vec::new(),
        kept_refit: None,
    };
    match source {
        Source::History(cut) => run.decide(cut)?,
        Source::Buckets(gathered) => run.gather(*gathered)?,
    }
    run.publish(&identity)
}

/// Without `--as-of` the morning follows from the data: an earlier one than the current run's means
/// that the data end earlier than they did, as half an export does.
fn refuse_half_an_export(plan: &Plan, as_of: NaiveDate) -> Result<()> {
    let Ok(current) = PublishedRun::current(&plan.place()) else { return Ok(()) };
    let newest = current.manifest.as_of;
    // Who names a morning means it; and a later one than the last is what every night is.
    if plan.run.as_of.is_some() || as_of >= newest {
        return Ok(());
    }
    let message = format!(
        "the last sale makes this the morning of {as_of}, but the current run is for {newest}: is \
         the export cut short? To fill a gap in history on purpose, say --as-of {as_of}: the run \
         is kept beside, and current stays; if {newest} is the mistake, \
         `orderpoint doctor --fix` sets that run aside"
    );
    Err(Error::input(&plan.run.data, message))
}

/// Rolling-origin accuracy of the published forecast and the benchmarks by ABC-XYZ cell, channel
/// and horizon, with the channels' names.
///
/// # Errors
/// Whatever keeps the input from being loaded.
pub fn backtest(plan: &Plan, progress: &dyn Progress) -> Result<Backtested> {
    with_threads(plan.run.threads, || {
        let inputs = load(plan, progress)?;
        let seen = observe(&inputs.panel);
        let return_rates = history::return_rates(&inputs.panel, &seen, &plan.clean);
        let economics = economics(&inputs, &Market::new(&inputs, &plan.purchase));
        let classes =
            history::classify(&inputs, &economics, &seen, &return_rates, None, plan).classes;
        let parts = partitions(&inputs.panel, Cut::default());
        let settings = plan.forecast_settings(inputs.panel.calendar().bucket());
        progress.begin("learning", 0);
        let forecaster = learn_anew((&inputs).into(), settings, &parts);
        progress.end("seasons, events and errors");
        let of_parts: Vec<Backtest> = parts
            .par_iter()
            .map(|range| {
                forecaster.backtest(range.clone(), |pool| {
                    let abc = classes[pool].abc.map_or("-", AbcClass::name);
                    let xyz = classes[pool].xyz.map_or("-", XyzClass::name);
                    format!("{abc}{xyz}")
                })
            })
            .collect();
        let mut all = Backtest::default();
        for part in &of_parts {
            all.merge(part);
        }
        Ok(Backtested {
            rows: all.rows(forecaster.steps()),
            channels: inputs.names.channels.clone(),
            bucket: inputs.panel.calendar().bucket(),
        })
    })
}

/// Where the pages that a report leads to are not there yet, those that say how to get them.
fn offer_beside(out: &Path) -> Result<()> {
    for beside in Beside::ALL {
        let folder = out.join(beside.folder());
        if !folder.join("index.html").exists() {
            // The night is published: a page that helps is not worth an error.
            let _ = replace(&folder, "index.html", &[beside.not_yet()?.as_bytes()]);
        }
    }
    Ok(())
}

/// What [`backtest`] found.
#[derive(Debug, Clone)]
pub struct Backtested {
    /// One a class, channel, horizon step and method.
    pub rows: Vec<BacktestRow>,
    /// Names of the channels that `rows` number.
    pub channels: Vec<String>,
    /// How long the periods are that `rows` count.
    pub bucket: Bucket,
}

/// One run under way.
struct NightlyRun<'a> {
    plan: &'a Plan,
    inputs: &'a Inputs,
    earlier: &'a Earlier,
    refit: &'a EarlierRefit,
    last: Option<&'a LastRun>,
    standing: &'a OpenDecisions,
    progress: &'a dyn Progress,
    clock: StageClock,
    publication: Box<Publication>,
    outcome: Outcome,
    /// Trailing sales. `[series]`
    flows: Vec<Flows>,
    /// Changes by hand whose outcome is known.
    judged: Vec<JudgedChange>,
    /// The refit that the forecasts go back to, where its states are kept.
    kept_refit: Option<RefitEntry>,
}

/// All pools, each planned by itself.
struct Planned<'n> {
    pools: Vec<PlannedPool<'n>>,
    /// What was fitted, for later nights, by partition.
    states: Vec<Vec<u8>>,
}

impl<'a> NightlyRun<'a> {
    /// Classifies, forecasts, plans, orders and allocates; the large tables are written on the way.
    fn decide(&mut self, cut: Cut) -> Result<()> {
        let plan = self.plan;
        let inputs = self.inputs;
        let seen = observe(&inputs.panel);
        let economics = economics(inputs, &Market::new(inputs, &plan.purchase));
        let mut common = Common::of(plan, inputs, &economics, &seen, self.last, self.standing);
        self.outcome.exceptions.append(&mut common.exceptions);
        self.clock.lap("classify");

        let parts = partitions(&inputs.panel, cut);
        let settings = plan.forecast_settings(inputs.panel.calendar().bucket());
        self.progress.begin("learning", 0);
        let mut survey = Survey::new(inputs.into(), &parts);
        let run_id = self.publication.run_id().to_owned();
        let learnt = self.refit.learn(inputs.into(), settings, &run_id, &mut survey);
        let forecaster = learnt.forecaster;
        let carried = forecaster.refit().is_some();
        self.progress.end(if carried { "levels" } else { "seasons, events and errors" });
        self.outcome.exceptions.extend(survey.exceptions);
        self.outcome.exceptions.extend(learnt.exception);
        self.clock.lap("learn");

        let evening = self.evening(&run_id, &common, &economics);
        let night = Night::new(Shop::new(evening), &common.presence, &forecaster)?;
        let planned = self.plan_pools(&night, &parts)?;
        self.outcome.exceptions.extend(forecaster.exceptions());
        self.judged = self.hindsight();
        self.clock.lap("plan");

        // Writing the states waits for the disk, settling does not: side by side.
        let outcome = &mut self.outcome;
        let (kept, ()) = rayon::join(
            || refit::keep(plan, &forecaster, learnt.entry, planned.states),
            || settle::settle(&night.shop, planned.pools, outcome),
        );
        match kept {
            Ok(entry) => self.kept_refit = entry,
            Err(exception) => self.outcome.exceptions.push(*exception),
        }
        self.flows = common.flows;
        self.outcome.classification = common.classes;
        self.outcome.economics = economics;
        self.clock.lap("settle");
        Ok(())
    }

    /// What is known before the first pool is planned.
    fn evening<'e>(
        &self,
        run_id: &'e str,
        common: &'e Common,
        economics: &'e [UnitEconomics],
    ) -> Evening<'e>
    where
        'a: 'e,
    {
        Evening {
            run: RunKey { run_id, as_of: self.inputs.panel.calendar().as_of() },
            plan: self.plan,
            inputs: self.inputs,
            classes: &common.classes,
            economics,
            return_rates: &common.return_rates,
            last: self.last,
            standing: self.standing,
            envelopes: &common.envelopes,
        }
    }

    /// Takes over what buckets planned, and settles all of it.
    fn gather(&mut self, gathered: Gathered) -> Result<()> {
        let Gathered { shared, plans } = gathered;
        let inputs = self.inputs;
        let mut common = shared.common;
        self.outcome.exceptions.append(&mut common.exceptions);
        self.outcome.exceptions.extend(shared.exceptions);
        let economics = economics(inputs, &Market::new(inputs, &self.plan.purchase));
        let run_id = self.publication.run_id().to_owned();
        let shop = Shop::new(self.evening(&run_id, &common, &economics));
        let mut demand = TableFile::create(&mut self.publication, &tables::DEMAND)?;
        let mut forecast = TableFile::create(&mut self.publication, &tables::FORECAST)?;
        let mut pools = Vec::with_capacity(inputs.panel.pools().len());
        let mut methods = Vec::with_capacity(inputs.panel.len());
        for plan in plans {
            demand.append_file(plan.demand)?;
            forecast.append_file(plan.forecast)?;
            for (key, mut accuracy) in plan.accuracy {
                accuracy.series = phases::series_of(&inputs.panel, key);
                self.outcome.accuracy.push(accuracy);
            }
            methods.extend(plan.methods);
            self.outcome.transfers.extend(plan.transfers);
            self.outcome.exceptions.extend(plan.exceptions);
            self.judged.extend(plan.judged);
            pools.extend(plan.pools.into_iter().map(|pool| pool.planned(&shop.market)));
        }
        demand.close(&mut self.publication)?;
        forecast.close(&mut self.publication)?;
        // Buckets hold items of all names: back into the order of the panel.
        pools.sort_by_key(|pool| (pool.plan.policy.sku, pool.plan.policy.location));
        methods.sort_by_key(|(key, _)| *key);
        self.outcome.methods = methods.into_iter().map(|(_, method)| method).collect();
        self.outcome.accuracy.sort_by_key(|row| row.series);
        self.outcome.transfers.sort_by_key(|transfer| transfer.sku);
        self.judged.sort_by_key(|change| (change.sku, change.location));
        self.clock.lap("gather");

        settle::settle(&shop, pools, &mut self.outcome);
        self.flows = common.flows;
        self.outcome.classification = common.classes;
        self.outcome.economics = economics;
        self.clock.lap("settle");
        Ok(())
    }

    /// What decisions that differ from the proposals have gained or cost.
    fn hindsight(&self) -> Vec<JudgedChange> {
        hindsight::judge(&self.earlier.decisions, self.inputs, judging_terms(self.plan))
    }

    /// Forecasts and plans every partition, and appends its rows to the large tables.
    fn plan_pools<'n>(&mut self, night: &Night<'n>, parts: &[Range<usize>]) -> Result<Planned<'n>> {
        let progress = self.progress;
        let mut demand = TableFile::create(&mut self.publication, &tables::DEMAND)?;
        let mut forecast = TableFile::create(&mut self.publication, &tables::FORECAST)?;
        let pools = self.inputs.panel.pools().len();
        progress.begin("planning", pools as u64);
        let mut planned = Planned { pools: Vec::with_capacity(pools), states: Vec::new() };
        let outcome = &mut self.outcome;
        // Rows are written while later partitions are planned, so that the large tables are never
        // held whole.
        parallel::in_order(
            parts,
            |range| night.partition(range.clone()),
            |part: Result<PlannedPartition<'n>>| -> Result<()> {
                let part = part?;
                progress.advance(part.pools.len() as u64);
                demand.append(part.demand)?;
                forecast.append(part.forecast)?;
                outcome.accuracy.extend(part.accuracy);
                outcome.methods.extend(part.methods);
                outcome.transfers.extend(part.transfers);
                outcome.exceptions.extend(part.exceptions);
                planned.states.push(part.states);
                planned.pools.extend(part.pools);
                Ok(())
            },
        )?;
        demand.close(&mut self.publication)?;
        forecast.close(&mut self.publication)?;
        progress.end(&format!("{pools} items per location"));
        Ok(planned)
    }

    /// Audits, writes the remaining files and makes the run current.
    fn publish(mut self, identity: &Identity) -> Result<Summary> {
        self.progress.begin("publishing", 0);
        let settings = self.plan.indicator_settings();
        let manifest = self.judge(identity, &settings)?;
        self.clock.lap("audit");

        let run_id = self.publication.run_id().to_owned();
        let input = report::ReportInput {
            run_id: &run_id,
            as_of: identity.as_of,
            version: VERSION,
            purchase: &self.plan.purchase,
            inputs: self.inputs,
            outcome: &self.outcome,
            settings: &settings,
            policy: &self.plan.policy,
            wait_days: WAIT_DAYS,
            history: &self.earlier.trend(&self.outcome.indicators),
            decisions: &self.earlier.past_decisions(&self.inputs.names, identity.as_of),
        };
        let run = RunKey { run_id: &run_id, as_of: identity.as_of };
        let files = Files(Mutex::new(&mut self.publication));
        let results = results_of(self.plan, self.inputs, &self.outcome);
        // None keeps all threads busy, and they do not wait for each other.
        let (broken, (written, drafted)) = rayon::join(
            || report::render(&input, &mut |path, bytes| files.add(path, None, bytes)),
            || {
                rayon::join(
                    || tables::write(run, results, &|p, rows, bytes| files.add(p, rows, bytes)),
                    || tables::drafts::write(results, &|p, rows, bytes| files.add(p, rows, bytes)),
                )
            },
        );
        // A page that could not be made is our own fault: first of all exceptions.
        self.outcome.exceptions.splice(0..0, broken?);
        written?;
        drafted?;
        // Last, when the report has had its say.
        let results = results_of(self.plan, self.inputs, &self.outcome);
        tables::write_exceptions(run, results, &|p, rows, bytes| files.add(p, rows, bytes))?;
        self.clock.lap("files");

        let summary = Summary::of(self.inputs, &self.outcome, self.plan);
        let told = summary.clone().beside(&run_id);
        metrics::write(&told, &self.outcome, &|p, rows, bytes| files.add(p, rows, bytes))?;
        let listed = self.publication.listed();
        let event = lineage::event(&run_id, identity.as_of, identity.inputs, listed)?;
        self.publication.add("openlineage.json", None, &event)?;
        let manifest = Manifest {
            severe: summary.severe.clone(),
            to_decide: summary.to_decide.clone(),
            attention: summary.attention.clone(),
            ..manifest
        };
        let folder = self.publication.finish(manifest, &self.clock.timings())?;
        offer_beside(&self.plan.run.out)?;
        self.progress.end(&run_id);
        Ok(summary.located(run_id, folder))
    }

    /// Indicators, changes since the last run, and the audit; what the manifest says of them.
    fn judge(&mut self, identity: &Identity, settings: &indicators::Settings) -> Result<Manifest> {
        let outcome = &mut self.outcome;
        let decisions = &self.earlier.decisions;
        outcome.decisions = self.earlier.known_decisions();
        let business = indicators::compute(self.inputs, outcome, &self.flows, settings);
        outcome.worklists = business.worklists;
        outcome.indicators = business.indicators;
        outcome.indicators.extend(scorecard(decisions, &self.judged, &self.inputs.names, outcome));
        outcome.indicators.sort_by(|a, b| (a.indicator, &a.scope).cmp(&(b.indicator, &b.scope)));
        // After all stages have told what they have to tell, and before anything is sorted by its
        // effect.
        audit::effects::fill(self.inputs, outcome);
        // By content, not by when they came: the order of partitions and threads must not show.
        outcome.exceptions.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.cmp(b)));
        outcome.exceptions.dedup();

        if let Some(last) = self.last.filter(|_| self.plan.only.is_none()) {
            let last = &last.run.manifest;
            let factor = self.plan.publish.spend_factor;
            let pending = self.standing.pending.iter();
            let waiting: Vec<audit::Waiting> = pending
                .map(|approved| audit::Waiting { pool: approved.key(), units: approved.quantity })
                .collect();
            let told = audit::collapsed(self.inputs, outcome, &waiting, last, factor);
            outcome.exceptions.extend(told);
        }
        let totals = audit::totals(self.inputs, outcome);
        let manifest = Manifest {
            refit: self.kept_refit.take(),
            decisions: decisions.extent(),
            ..identity.manifest(totals)
        };
        if let Some(last) = self.last {
            outcome.changes = changes::compare(last, self.inputs, outcome, &manifest);
        }
        let last = self.last.map(|last| &last.run.manifest);
        // A pilot is no measure, and is measured by none: its items are whatever was listed.
        let measure = last.filter(|_| self.plan.only.is_none());
        audit::audit(self.inputs, outcome, measure, &self.plan.publish)?;
        Ok(manifest)
    }
}

fn judging_terms(plan: &Plan) -> JudgingTerms {
    let settings = plan.indicator_settings();
    JudgingTerms { judged_days: settings.judged_days, holding_rate: settings.holding_rate }
}

/// What the tables are made from.
fn results_of<'a>(plan: &'a Plan, inputs: &'a Inputs, outcome: &'a Outcome) -> Results<'a> {
    Results { inputs, outcome, currency: &plan.purchase.currency }
}

/// The run's folder, written to by several threads.
struct Files<'a>(Mutex<&'a mut Publication>);

impl Files<'_> {
    fn add(&self, path: &str, rows: Option<u64>, bytes: &[u8]) -> Result<()> {
        // A thread that panicked while it wrote ends the run: what it left does not matter.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add(path, rows, bytes)
    }
}

/// A guess at the size of the run's files, for the check of the disk: three bytes a value of
/// history, 24 a forecast day, 6,000 a pool with its page and steps, and 2 MiB for the rest.
fn expected_bytes(panel: &Panel, plan: &Plan) -> u64 {
    (panel.cells() * 3
        + panel.len() * plan.run.horizon_days as usize * 24
        + panel.pools().len() * 6_000
        + (2 << 20)) as u64
}

#[cfg(test)]
mod tests;

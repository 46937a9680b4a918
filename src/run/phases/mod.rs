//! The night in phases over buckets of items, for an engine that has several machines: what
//! [`run`](super::run) does in one process, cut where pools wait for each other.
//!
//! ```text
//! observe rows     of a bucket    its sales, read and checked
//! merge rows       of all         names, the axis, the morning: what every bucket must be told
//! observe history  of a bucket    its panel, cleaned; what is seen of every pool; what sells when
//! merge history    of all         classes and shares, what all series teach
//! plan             of a bucket    forecasts, policies, lines, channel quantities
//! finish           of all         supplier orders, the budget, indicators, files, `current`
//! ```
//!
//! No rule stands here: each phase calls what the night calls, on the part that it has. A bucket's
//! inputs have every name and every small table, and places for all series; history is there for
//! its own items alone. Sums that cross buckets are whole numbers or are taken in panel order by
//! one process, so the rows are those of one machine whatever the cut (`tests/buckets.rs`).

mod kept;
mod part;

pub use crate::ingest::families::{Bucket, Placing};
pub use crate::run::phases::part::Work;

use crate::config::Plan;
use crate::domain::error::{Error, Result};
use crate::domain::exceptions::Exception;
use crate::domain::inputs::Inputs;
use crate::domain::outcome::{Accuracy, MethodChoice, Transfer};
use crate::domain::panel::{Panel, PanelPart, PoolId, SalesTotals, SeriesKey};
use crate::domain::units::SkuId;
use crate::forecast::pooled::seasonal::Totals;
use crate::forecast::{Evidence as _, Forecaster, Learner};
use crate::ingest::far::{self, Readers};
use crate::ingest::{self, Request, SalesPart, SmallTables};
use crate::purchase::Market;
use crate::purchase::economics::economics;
use crate::review::hindsight::{self, JudgedChange};
use crate::review::open_decisions::OpenDecisions;
use crate::run::clock::StageClock;
use crate::run::common::Common;
use crate::run::earlier::Earlier;
use crate::run::history;
use crate::run::learning::{Cut, Survey, partitions};
use crate::run::night::{Evening, Night, Shop};
use crate::run::observe::{PoolSeen, observe};
use crate::run::phases::kept::KeptPool;
use crate::run::phases::part::Found;
use crate::run::progress::Progress;
use crate::run::{
    Source, Summary, judging_terms, note_history, now, refuse_half_an_export, run_loaded,
    with_threads,
};
use crate::store::{Identity, InputEntry, OutputLock, recover};
use crate::tables::{self, LastRun, RowGroup, RunKey, encode_groups};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Kinds of parts.
const ROWS: &str = "rows";
const NIGHT: &str = "night";
const PANEL: &str = "panel";
const HISTORY: &str = "history";
const SHARED: &str = "shared";
const PLAN: &str = "plan";

/// What every bucket is told of the night.
#[derive(Serialize, Deserialize)]
struct Told {
    /// In how many buckets the night is cut.
    of: u32,
    /// The names and facts of all sales, but for the rows.
    sales: SalesPart,
}

/// What one bucket's history says.
#[derive(Serialize, Deserialize)]
struct Seen {
    /// The run that it was looked at for.
    run_id: String,
    /// Of each pool of the bucket.
    pools: Vec<(PoolId, PoolSeen)>,
    /// Money and units of each of its series.
    totals: Vec<(SeriesKey, SalesTotals)>,
    /// What sells when.
    seasons: Totals,
    /// The history of the items that stand for all, of those that they are like, and of those that
    /// somebody has decided on.
    sample: PanelPart,
    /// What was sold since the last run, and the history of items that somebody has decided on.
    recent: PanelPart,
    /// Rows of sales from the morning on.
    future_rows: u64,
    exceptions: Vec<Exception>,
}

/// What all pools share.
#[derive(Serialize, Deserialize)]
pub(super) struct Shared {
    run_id: String,
    pub common: Common,
    /// Money and units of every series.
    totals: Vec<SalesTotals>,
    /// See [`Seen`].
    recent: Vec<PanelPart>,
    future_rows: u64,
    /// What was learnt, for [`Forecaster::of_kept`].
    learnt: Vec<u8>,
    /// Of cleaning and learning.
    pub exceptions: Vec<Exception>,
}

/// What one bucket was planned to.
#[derive(Serialize, Deserialize)]
pub(super) struct BucketPlan {
    pub pools: Vec<KeptPool>,
    pub transfers: Vec<Transfer>,
    pub accuracy: Vec<(SeriesKey, Accuracy)>,
    pub methods: Vec<(SeriesKey, MethodChoice)>,
    pub judged: Vec<JudgedChange>,
    pub exceptions: Vec<Exception>,
    /// The bucket's rows of the tables `demand` and `forecast`, Parquet files.
    pub demand: Vec<u8>,
    pub forecast: Vec<u8>,
}

/// All that buckets have planned.
pub(super) struct Gathered {
    pub shared: Shared,
    pub plans: Vec<BucketPlan>,
}

impl Gathered {
    /// Refuses to publish what was planned for another night.
    pub(super) fn refuse_another(&self, run_id: &str, plan: &Plan) -> Result<()> {
        refuse_another(&self.shared.run_id, run_id, plan)
    }
}

/// Refuses to go on with what another phase has left for another night: a table that was replaced
/// in between would stand in some figures and not in others.
fn refuse_another(left: &str, now: &str, plan: &Plan) -> Result<()> {
    if left == now {
        return Ok(());
    }
    let message = format!(
        "an earlier phase worked for the run {left}, and the files, the configuration or the \
         decisions are now those of {now}: run the phases again, in a new work folder"
    );
    Err(Error::input(&plan.run.out, message))
}

/// Position of a series that a bucket has planned.
pub(super) fn series_of(panel: &Panel, key: SeriesKey) -> usize {
    let pools = panel.position(key.pool()).map(|p| panel.pools()[p].series.clone());
    let mut series = pools.unwrap_or_default();
    series.find(|&i| panel.key(i) == key).expect("a planned series is in the panel")
}

/// Who is in which bucket.
///
/// # Errors
/// As [`super::load`].
pub fn placing(plan: &Plan) -> Result<Placing> {
    with_threads(plan.run.threads, || ingest::placing(&plan.request()))
}

/// What a phase loads: what is fetched from far lies in the night's folder, for all its processes.
fn request(plan: &Plan, work: &Work) -> Request {
    Request { work: work.fetched(), readers: Readers::Later, ..plan.request() }
}

/// What the first phase loads: a folder that was used before holds what an earlier night fetched.
fn first_request(plan: &Plan, work: &Work, buckets: &[Bucket]) -> Request {
    let note = far::note_of(&work.fetched());
    let again = buckets.iter().any(|&bucket| work.has_left_since(&note, ROWS, bucket));
    Request { readers: Readers::First { again }, ..request(plan, work) }
}

/// Reads and checks the sales of `buckets`, one after the other.
///
/// # Errors
/// As [`super::load`].
pub fn observe_rows(plan: &Plan, work: &Work, buckets: &[Bucket]) -> Result<()> {
    with_threads(plan.run.threads, || {
        ingest::with_small_tables(&first_request(plan, work, buckets), |tables| {
            buckets.iter().try_for_each(|&bucket| {
                work.leave(ROWS, bucket, &plan.digest, &tables.read_bucket(bucket)?)
            })
        })
    })
}

/// Joins what was read of `of` buckets into what every one of them must be told.
///
/// # Errors
/// [`Error::Input`] where a bucket is missing; as [`super::load`] for what is wrong with all of it.
pub fn merge_rows(plan: &Plan, work: &Work, of: u32) -> Result<()> {
    with_threads(plan.run.threads, || {
        let parts: Vec<SalesPart> = work.of_all(ROWS, of, &plan.digest)?;
        let Some(sales) = SalesPart::together(&parts)? else {
            return Err(Error::Config(vec!["of: expected 1 bucket or more".to_owned()]));
        };
        // What refuses the night is said now, and not by every bucket.
        let inputs = ingest::load_part(&request(plan, work), sales.clone(), None)?;
        refused(plan, &inputs)?;
        refuse_half_an_export(plan, inputs.panel.calendar().as_of())?;
        work.leave_all(NIGHT, &plan.digest, &Told { of, sales })
    })
}

fn refused(plan: &Plan, inputs: &Inputs) -> Result<()> {
    if inputs.refused.is_empty() {
        return Ok(());
    }
    Err(Error::input(&plan.run.data, inputs.refused.join("; ")))
}

/// Makes the panel of each of `buckets`, cleans it, and says what is seen of it.
///
/// # Errors
/// [`Error::Input`] where the phases before this one have left nothing.
pub fn observe_history(plan: &Plan, work: &Work, buckets: &[u32]) -> Result<()> {
    with_threads(plan.run.threads, || {
        let told = work.all::<Told>(NIGHT, Some(&plan.digest))?;
        ingest::with_small_tables(&request(plan, work), |tables| {
            buckets.iter().try_for_each(|&bucket| {
                observe_history_of(plan, work, (&told, tables.clone()), bucket)
            })
        })
    })
}

fn observe_history_of(
    plan: &Plan,
    work: &Work,
    (told, tables): (&Found<Told>, SmallTables<'_>),
    bucket: u32,
) -> Result<()> {
    let night = &told.digest;
    let Told { of, sales } = &told.value;
    let bucket = Bucket { bucket, of: *of };
    let rows: SalesPart = work.of(ROWS, bucket, &plan.digest)?;
    let mut inputs = tables.load_part(rows.among(sales), Some(bucket))?;
    let mut exceptions = history::clean(&mut inputs, plan);

    let parts = partitions(&inputs.panel, Cut::default());
    let settings = plan.forecast_settings(inputs.panel.calendar().bucket());
    let learner = Learner::new((&inputs).into(), settings);
    let mut survey = Survey::new((&inputs).into(), &parts);
    let seasons = learner.totals(&mut survey);
    exceptions.extend(survey.exceptions);

    // What stands open is judged by what was sold since, and so is the last run.
    let as_of = inputs.panel.calendar().as_of();
    let earlier = Earlier::read(&plan.place(), &plan.run.out, as_of)?;
    let decisions = earlier.decisions.decisions.iter();
    let decided: BTreeSet<&str> = decisions.map(|decision| decision.sku.as_str()).collect();
    let decided = |sku: SkuId| decided.contains(inputs.names.sku(sku));
    let panel = &inputs.panel;
    let history = panel.calendar().history();
    // Without an earlier run nothing is compared, and no history need travel for it.
    let since = earlier.last.as_ref().map_or(history, |run| {
        let index = panel.calendar().index(run.manifest.as_of);
        usize::try_from(index).unwrap_or(0).min(history)
    });

    let mut pools = Vec::new();
    let mut sampled: BTreeSet<SkuId> = BTreeSet::new();
    for (p, seen) in observe(panel).into_iter().enumerate() {
        let pool = &panel.pools()[p];
        if !inputs.has_here(pool.sku) {
            continue;
        }
        if learner.samples(p) {
            // A level is believed by what the item that it is like sells.
            sampled.extend(
                [Some(pool.sku), inputs.products[pool.sku.index()].analogue].into_iter().flatten(),
            );
        }
        pools.push((pool.id(), seen));
    }
    // The panel may name items whose history is in other buckets: each leaves its own part.
    let here = (0..panel.len()).filter(|&i| inputs.has_here(panel.key(i).sku));
    let here: Vec<usize> = here.collect();
    // Only what the one process must see for itself: all of history would not fit it, which is why
    // there are buckets.
    let is_kept = |sku: SkuId| sampled.contains(&sku) || decided(sku);
    let sample = here.iter().copied().filter(|&i| is_kept(panel.key(i).sku));
    // A decision is judged by all that came after it, the last run by what came after the run.
    let recent = here.iter().map(|&i| (i, if decided(panel.key(i).sku) { 0 } else { since }));
    let seen = Seen {
        run_id: run_id(plan, &inputs, &earlier),
        pools,
        totals: here.iter().map(|&i| (panel.key(i), *panel.totals(i))).collect(),
        seasons,
        sample: panel.part(sample),
        recent: panel.part_since(recent),
        future_rows: inputs.future_rows,
        exceptions,
    };
    // Before what names it: a phase that finds the history finds its panel.
    work.leave(PANEL, bucket, night, &panel.part(here))?;
    work.leave(HISTORY, bucket, night, &seen)
}

/// Joins what was seen of all buckets: classes, shares, and what all series teach.
///
/// # Errors
/// [`Error::Input`] where a bucket is missing.
pub fn merge_history(plan: &Plan, work: &Work) -> Result<()> {
    with_threads(plan.run.threads, || {
        let told = work.all::<Told>(NIGHT, Some(&plan.digest))?;
        let night = told.digest;
        let Told { of, sales } = told.value;
        let mut inputs = ingest::load_part(&request(plan, work), sales, None)?;
        let as_of = inputs.panel.calendar().as_of();
        let earlier = Earlier::read(&plan.place(), &plan.run.out, as_of)?;
        let run_id = run_id(plan, &inputs, &earlier);

        let mut pools = Vec::with_capacity(inputs.panel.pools().len());
        let mut totals = Vec::with_capacity(inputs.panel.len());
        let mut samples = Vec::new();
        let mut recent = Vec::new();
        let mut exceptions = Vec::new();
        let mut seasons: Option<Totals> = None;
        let mut future_rows = 0;
        for seen in work.of_all::<Seen>(HISTORY, of, &night)? {
            // A table replaced between two buckets would give a night of two halves.
            refuse_another(&seen.run_id, &run_id, plan)?;
            pools.extend(seen.pools);
            totals.extend(seen.totals);
            samples.push(seen.sample);
            recent.push(seen.recent);
            exceptions.extend(seen.exceptions);
            future_rows += seen.future_rows;
            match &mut seasons {
                // Whole numbers: merged in the order of buckets they come out as in any other.
                Some(all) => all.merge(seen.seasons),
                None => seasons = Some(seen.seasons),
            }
        }
        // Every bucket's are in its own order: all of them in the panel's.
        pools.sort_by_key(|(pool, _)| *pool);
        totals.sort_by_key(|(key, _)| *key);
        let same =
            pools.iter().map(|(pool, _)| *pool).eq(inputs.panel.pools().iter().map(|p| p.id()));
        assert!(same, "every pool is in one bucket");
        let seen: Vec<PoolSeen> = pools.into_iter().map(|(_, seen)| seen).collect();
        let totals: Vec<SalesTotals> = totals.into_iter().map(|(_, totals)| totals).collect();
        inputs.panel = inputs.panel.with_parts(&samples);
        inputs.panel.set_totals(totals.clone());

        let last = last_run(&earlier, &inputs)?;
        let standing = OpenDecisions::new(&earlier.decisions, &inputs, as_of);
        let economics = economics(&inputs, &Market::new(&inputs, &plan.purchase));
        let common = Common::of(plan, &inputs, &economics, &seen, last.as_ref(), &standing);

        let parts = partitions(&inputs.panel, Cut::default());
        let settings = plan.forecast_settings(inputs.panel.calendar().bucket());
        let mut survey = Survey::new((&inputs).into(), &parts);
        let seasons = seasons.expect("there is a bucket");
        let learner = Learner::new((&inputs).into(), settings);
        let forecaster = learner.learn_from(&seasons, &mut survey);
        exceptions.extend(survey.exceptions);
        exceptions.extend(forecaster.exceptions());
        let shared = Shared {
            run_id,
            common,
            totals,
            recent,
            future_rows,
            learnt: forecaster.keep(),
            exceptions,
        };
        work.leave_all(SHARED, &night, &shared)
    })
}

fn last_run(earlier: &Earlier, inputs: &Inputs) -> Result<Option<LastRun>> {
    match earlier.last.clone() {
        Some(run) => LastRun::read(run, &inputs.names),
        None => Ok(None),
    }
}

/// The id of the run that buckets are planned for.
fn run_id(plan: &Plan, inputs: &Inputs, earlier: &Earlier) -> String {
    let entries: Vec<InputEntry> = inputs.sources.iter().map(InputEntry::from).collect();
    let identity = Identity {
        as_of: inputs.panel.calendar().as_of(),
        config: &plan.digest,
        inputs: &entries,
        previous: earlier.last.as_ref().map(|run| run.manifest.run_id.as_str()),
        kept: &earlier.digest(plan.only.as_ref()),
    };
    identity.run_id()
}

/// Forecasts and plans the pools of `buckets`, one after the other.
///
/// # Errors
/// [`Error::Input`] where the phases before this one have left nothing.
pub fn plan_buckets(plan: &Plan, work: &Work, buckets: &[u32]) -> Result<()> {
    with_threads(plan.run.threads, || {
        let told = work.all::<Told>(NIGHT, Some(&plan.digest))?;
        let shared = work.all::<Shared>(SHARED, Some(&told.digest))?.value;
        ingest::with_small_tables(&request(plan, work), |tables| {
            buckets.iter().try_for_each(|&bucket| {
                plan_bucket(plan, work, (&told, &shared, tables.clone()), bucket)
            })
        })
    })
}

fn plan_bucket(
    plan: &Plan,
    work: &Work,
    (told, shared, tables): (&Found<Told>, &Shared, SmallTables<'_>),
    bucket: u32,
) -> Result<()> {
    let night = &told.digest;
    let bucket = Bucket { bucket, of: told.value.of };
    let Shared { run_id, common, learnt, .. } = shared;
    let part: PanelPart = work.of(PANEL, bucket, night)?;
    let mut inputs = tables.load_part(told.value.sales.clone(), Some(bucket))?;
    let as_of = inputs.panel.calendar().as_of();
    let earlier = Earlier::read(&plan.place(), &plan.run.out, as_of)?;
    // A table that was replaced since would make this bucket's plan one of another night.
    refuse_another(run_id, &self::run_id(plan, &inputs, &earlier), plan)?;

    // From here on the panel has this bucket's pools alone, under the names of all.
    let mut classes = Vec::new();
    let mut return_rates = Vec::new();
    let mut unsold = Vec::new();
    for (p, pool) in inputs.panel.pools().iter().enumerate() {
        if inputs.has_here(pool.sku) {
            classes.push(common.classes[p].clone());
            return_rates.extend_from_slice(&common.return_rates[pool.series.clone()]);
            if pool.series.is_empty() {
                unsold.push((pool.sku, pool.location));
            }
        }
    }
    inputs.panel = Panel::of_part(*inputs.panel.calendar(), part, unsold);
    let inputs = inputs;
    let panel = &inputs.panel;
    let last = last_run(&earlier, &inputs)?;
    let standing = OpenDecisions::new(&earlier.decisions, &inputs, as_of);
    let economics = economics(&inputs, &Market::new(&inputs, &plan.purchase));
    let settings = plan.forecast_settings(panel.calendar().bucket());
    let forecaster = Forecaster::of_kept((&inputs).into(), settings, learnt)
        .expect("what another process of this build has learnt can be read");
    let run = RunKey { run_id, as_of };
    let shop = Shop::new(Evening {
        run,
        plan,
        inputs: &inputs,
        classes: &classes,
        economics: &economics,
        return_rates: &return_rates,
        last: last.as_ref(),
        standing: &standing,
        envelopes: &common.envelopes,
    });
    let planner = Night::new(shop, &common.presence, &forecaster)?;

    let mut planned = BucketPlan {
        pools: Vec::with_capacity(panel.pools().len()),
        transfers: Vec::new(),
        accuracy: Vec::new(),
        methods: Vec::new(),
        judged: hindsight::judge(&earlier.decisions, &inputs, judging_terms(plan)),
        exceptions: Vec::new(),
        demand: Vec::new(),
        forecast: Vec::new(),
    };
    let mut demand: Vec<RowGroup> = Vec::new();
    let mut forecast: Vec<RowGroup> = Vec::new();
    let mut methods = Vec::with_capacity(panel.len());
    crate::parallel::in_order(
        &partitions(panel, Cut::default()),
        |range| planner.partition(range.clone()),
        |part| -> Result<()> {
            let part = part?;
            demand.push(part.demand);
            forecast.push(part.forecast);
            for row in part.accuracy {
                planned.accuracy.push((panel.key(row.series), row));
            }
            methods.extend(part.methods);
            planned.transfers.extend(part.transfers);
            planned.exceptions.extend(part.exceptions);
            planned.pools.extend(part.pools.into_iter().map(KeptPool::from));
            Ok(())
        },
    )?;
    planned.methods = (0..panel.len()).map(|i| panel.key(i)).zip(methods).collect();
    planned.demand = encode_groups(run, &tables::DEMAND, demand)?.into_bytes();
    planned.forecast = encode_groups(run, &tables::FORECAST, forecast)?.into_bytes();
    work.leave(PLAN, bucket, night, &planned)
}

/// Settles what all buckets planned, and publishes it.
///
/// # Errors
/// As [`super::run`]; [`Error::Input`] where a bucket is missing.
pub fn finish(plan: &Plan, work: &Work, progress: &dyn Progress) -> Result<Summary> {
    with_threads(plan.run.threads, || {
        let mut clock = StageClock::start();
        let lock = OutputLock::acquire(&plan.place(), &now())?;
        if let Some(mended) = recover(&lock)? {
            progress.note(&mended);
        }
        let told = work.all::<Told>(NIGHT, Some(&plan.digest))?;
        let night = told.digest;
        let Told { of, mut sales } = told.value;
        let shared = work.all::<Shared>(SHARED, Some(&night))?.value;
        let plans = work.of_all(PLAN, of, &night)?;
        sales.future_rows = shared.future_rows;
        let mut inputs = ingest::load_part(&request(plan, work), sales, None)?;
        inputs.panel = inputs.panel.with_parts(&shared.recent);
        inputs.panel.set_totals(shared.totals.clone());
        clock.lap("load");
        let gathered = Source::Buckets(Box::new(Gathered { shared, plans }));
        let summary = run_loaded(plan, inputs, lock, progress, clock, gathered)?;
        if plan.only.is_none() {
            note_history(plan, progress);
        }
        far::forget(&work.fetched())?;
        Ok(summary)
    })
}

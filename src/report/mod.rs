//! The planner's report: static pages that open from disk without a network. Called by `run` once
//! everything is decided ([`render`]) and by `simulate` ([`simulation`]).
//!
//! [`render`] is a pure function of one run: it hands every file to a writer and reads no clock, so
//! the same run gives the same bytes. `index.html` is the briefing; everything else lies in
//! `report/` beside it. Pages are askama templates, checked when the crate is built and escaped;
//! long tables and item pages are data scripts (see [`scripts`]). Charts of the whole run are
//! plotters SVG inside the page. The words are explained once, in `templates/glossary.html`.
//!
//! The table library is Tabulator (MIT, licence beside it in `assets/`), unchanged from npm.

mod briefing;
mod charts;
mod counting;
mod pages;
pub(crate) mod picture;
mod queue;
mod scripts;
mod sheets;
pub(crate) mod simulation;
pub(crate) mod wording;

use crate::domain::changes::Change;
use crate::domain::error::{Error, Result};
use crate::domain::exceptions::{Exception, Subject};
use crate::domain::fault::guarded;
use crate::domain::inputs::{Inputs, Supplier};
use crate::domain::outcome::{Indicator, Outcome, Recommendation};
use crate::domain::panel::PoolId;
use crate::domain::sorted::{keyed, rows_of};
use crate::domain::units::{ChannelId, LocationId, Money, SkuId, SupplierId, Units};
use crate::indicators::{PoolResults, Settings, pool_results};
use crate::parallel;
use crate::purchase::landed_cost::{asked, exchange_rate};
use crate::report::pages::PAGES;
use crate::report::scripts::items::{Depth, ITEMS_PER_FILE, ItemScript, depths};
use crate::report::scripts::packed::{LARGE, packed};
use crate::report::wording::fragment;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Everything the report shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReportInput<'a> {
    pub run_id: &'a str,
    /// The morning it is for.
    pub as_of: NaiveDate,
    /// Version of the program.
    pub version: &'a str,
    /// How orders were made: the currency shown with money, which may be empty, and its rates.
    pub purchase: &'a crate::purchase::Settings,
    pub inputs: &'a Inputs,
    /// What the run decided, its indicators included.
    pub outcome: &'a Outcome,
    /// Goals and limits the indicators were computed with.
    pub settings: &'a Settings,
    /// The policy, for how often each class is counted and reviewed.
    pub policy: &'a crate::inventory::Settings,
    /// Earlier published runs, oldest first.
    pub history: &'a [PastRun],
    /// Days that a rejection without an end keeps quiet.
    pub wait_days: i64,
    /// Decisions taken in so far, sorted by (sku, location, time).
    pub decisions: &'a [PastDecision],
}

/// Indicators of an earlier run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PastRun {
    pub run_id: String,
    pub as_of: NaiveDate,
    pub indicators: Vec<Indicator>,
}

/// One decision taken in earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PastDecision {
    pub sku: SkuId,
    pub location: LocationId,
    /// Of the line that it was made on.
    pub recommendation_id: String,
    /// From whom; `None` where units are moved, or the supplier is no longer known.
    pub supplier: Option<SupplierId>,
    /// The location that units would be moved from; empty for a purchase.
    pub from: String,
    /// The morning of the run that it was made on.
    pub decided_on: NaiveDate,
    /// Asked again from this day on: of a rejection or snooze that holds tonight.
    pub quiet_until: Option<NaiveDate>,
    /// approved, edited, rejected, snoozed, reopened.
    pub decision: String,
    /// Units, where edited.
    pub quantity: Option<Units>,
    /// Until when it holds.
    pub until: Option<NaiveDate>,
    pub reason: String,
    pub author: String,
    /// When, as given.
    pub time: String,
}

keyed! {
    PastDecision by PoolId: |row| PoolId { sku: row.sku, location: row.location };
}

// Part of the program, so that a report needs neither a network nor an installation.
/// Files that are the same in every report.
const ASSETS: [(&str, &[u8]); 8] = [
    ("report/assets/app.css", include_bytes!("assets/app.css")),
    ("report/assets/app.js", include_bytes!("assets/app.js")),
    ("report/assets/table.js", include_bytes!("assets/table.js")),
    ("report/assets/item.js", include_bytes!("assets/item.js")),
    ("report/assets/queue.js", include_bytes!("assets/queue.js")),
    ("report/assets/tabulator.min.js", include_bytes!("assets/tabulator.min.js")),
    ("report/assets/tabulator_simple.min.css", include_bytes!("assets/tabulator_simple.min.css")),
    ("report/assets/tabulator-LICENSE.txt", include_bytes!("assets/tabulator-LICENSE.txt")),
];

/// What every page draws on: the run, its items by location, its indicators and those of earlier
/// runs.
struct Report<'a> {
    input: &'a ReportInput<'a>,
    /// What people call each supplier. `[suppliers]`
    suppliers: Vec<String>,
    pools: Vec<PoolResults<'a>>,
    now: Indicators<'a>,
    /// Oldest first.
    before: Vec<Indicators<'a>>,
    /// What moved since the last run, by item and location.
    changes: BTreeMap<PoolId, Vec<&'a Change>>,
    /// How much of each item a large report holds; empty where it holds all of all. `[sku]`
    depths: Vec<Depth>,
}

/// The indicators of one run, found by name and scope.
struct Indicators<'a> {
    as_of: NaiveDate,
    by_name: BTreeMap<(&'a str, &'a str), &'a Indicator>,
}

impl<'a> Indicators<'a> {
    fn new(as_of: NaiveDate, all: &'a [Indicator]) -> Self {
        Self { as_of, by_name: all.iter().map(|i| ((i.indicator, i.scope.as_str()), i)).collect() }
    }

    fn find(&self, name: &str, scope: &str) -> Option<&'a Indicator> {
        self.by_name.get(&(name, scope)).copied()
    }

    fn value(&self, name: &str, scope: &str) -> Option<f64> {
        self.find(name, scope)?.value
    }
}

impl<'a> Report<'a> {
    fn new(input: &'a ReportInput<'a>) -> Self {
        let history = input.history.iter();
        Self {
            input,
            suppliers: supplier_labels(input.inputs),
            pools: pool_results(input.inputs, input.outcome),
            now: Indicators::new(input.as_of, &input.outcome.indicators),
            before: history.map(|run| Indicators::new(run.as_of, &run.indicators)).collect(),
            changes: changes_by_pool(input.inputs, &input.outcome.changes),
            depths: Vec::new(),
        }
        .with_depths()
    }

    fn with_depths(mut self) -> Self {
        if self.is_large() {
            self.depths = depths(&self.pools, self.inputs().names.skus.len());
        }
        self
    }

    /// Whether its scripts are packed, and its items of little weight shortened.
    fn is_large(&self) -> bool {
        self.pools.len() > LARGE
    }

    fn depth(&self, sku: SkuId) -> Depth {
        self.depths.get(sku.index()).copied().unwrap_or(Depth::Whole)
    }

    fn inputs(&self) -> &'a Inputs {
        self.input.inputs
    }

    fn outcome(&self) -> &'a Outcome {
        self.input.outcome
    }

    fn sku(&self, sku: SkuId) -> &'a str {
        &self.inputs().names.skus[sku.index()]
    }

    /// What people call an item; may be empty.
    fn name(&self, sku: SkuId) -> &'a str {
        &self.inputs().products[sku.index()].name
    }

    /// Where the page of an item is, below `report/`. By its code: a position in tonight's list
    /// would lead to another item tomorrow.
    fn item_address(&self, sku: SkuId) -> String {
        format!("item.html#sku={}", fragment(self.sku(sku)))
    }

    fn location(&self, location: LocationId) -> &'a str {
        &self.inputs().names.locations[location.index()]
    }

    fn channel(&self, channel: ChannelId) -> &'a str {
        &self.inputs().names.channels[channel.index()]
    }

    /// Whether anybody has said what is in stock. Without it nothing is out of stock, in excess or
    /// enough, and no zero is a fact.
    fn knows_stock(&self) -> bool {
        self.inputs().stock_is_known()
    }

    /// Whether the cost of anything is known: without it no order costs nothing.
    fn knows_costs(&self) -> bool {
        self.pools.iter().any(|pool| pool.unit_cost().is_some())
    }

    /// Whether anything says what is lost with a sale: without it no margin is at risk, or none.
    fn knows_margins(&self) -> bool {
        self.pools.iter().any(PoolResults::stake_is_known)
    }

    /// The currency after an amount, a space before it; empty where none is configured: the reader
    /// knows.
    fn currency(&self) -> String {
        match self.input.purchase.currency.as_str() {
            "" => String::new(),
            code => format!(" {code}"),
        }
    }

    /// What a supplier asks of an order, or grants from it on, in the currency of the pages.
    fn asked(&self, amount: Option<Money>, supplier: &Supplier) -> Option<Money> {
        asked(amount, exchange_rate(&supplier.currency, self.input.purchase))
    }

    /// What people call a supplier; empty for none.
    fn supplier(&self, id: Option<SupplierId>) -> &str {
        id.map_or("", |supplier| &self.suppliers[supplier.index()])
    }

    /// Who delivers a line: its supplier, or the location that sends it.
    fn source(&self, line: &Recommendation) -> &str {
        match line.transfer {
            Some(transfer) => self.location(transfer.from),
            None => self.supplier(line.supplier),
        }
    }

    fn has_locations(&self) -> bool {
        self.inputs().names.locations.len() > 1
    }

    /// An item at each of its locations.
    fn pools_of(&self, sku: SkuId) -> &[PoolResults<'a>] {
        let first = self.pools.partition_point(|p| p.sku < sku);
        let count = self.pools[first..].partition_point(|p| p.sku == sku);
        &self.pools[first..first + count]
    }

    fn decisions_on(&self, pool: PoolId) -> &'a [PastDecision] {
        rows_of(self.input.decisions, pool)
    }

    /// What moved since the last run.
    fn changes_on(&self, pool: PoolId) -> &[&'a Change] {
        self.changes.get(&pool).map_or(&[], Vec::as_slice)
    }

    /// All exceptions of the run, those of the input first.
    fn exceptions(&self) -> impl Iterator<Item = &'a Exception> {
        self.inputs().exceptions.iter().chain(&self.outcome().exceptions)
    }
}

/// Changes by what they are about; those of the run as a whole are about no item.
fn changes_by_pool<'a>(
    inputs: &Inputs,
    changes: &'a [Change],
) -> BTreeMap<PoolId, Vec<&'a Change>> {
    let mut by_pool: BTreeMap<PoolId, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        let about = change.about.sku().zip(change.about.location());
        let pool = about.and_then(|(sku, location)| inputs.names.find_pool(sku, location));
        if let Some(pool) = pool {
            by_pool.entry(pool).or_default().push(change);
        }
    }
    by_pool
}

/// What people call each supplier: its name, with its code where two share the name, or the code
/// alone. `[suppliers]`
fn supplier_labels(inputs: &Inputs) -> Vec<String> {
    // Pages filter lines by what a supplier is called: two that share a name would be mixed up.
    let mut named: BTreeMap<&str, usize> = BTreeMap::new();
    for supplier in &inputs.suppliers {
        *named.entry(supplier.name.trim()).or_default() += 1;
    }
    let mut labels = Vec::with_capacity(inputs.names.suppliers.len());
    for (i, code) in inputs.names.suppliers.iter().enumerate() {
        labels.push(match inputs.suppliers.get(i).map_or("", |s| s.name.trim()) {
            "" => code.clone(),
            name if named[name] > 1 => format!("{name} ({code})"),
            name => name.to_owned(),
        });
    }
    labels
}

/// Writes the report, file by file, as (path below the run's folder, bytes), and says what could
/// not be made.
///
/// # Errors
/// What the writer answers, or [`Error::Internal`] if a page cannot be rendered.
pub(crate) fn render(
    input: &ReportInput,
    writer: &mut (dyn FnMut(&str, &[u8]) -> Result<()> + Send),
) -> Result<Vec<Exception>> {
    let report = Report::new(input);
    let mut broken = Vec::new();
    for (path, bytes) in ASSETS {
        writer(path, bytes)?;
    }
    // A page or a table that breaks does not keep the others from being made.
    for (path, page) in PAGES {
        let html = guarded(|| page(&report)).unwrap_or_else(|fault| {
            let about = Subject::File(path.to_owned());
            broken.push(Exception::internal(about, "this page could not be made", &fault));
            pages::broken(path, input.run_id)
        });
        // Writing a template to memory fails only by our own doing.
        let html = html.map_err(|e| Error::Internal(format!("a page of the report: {e}")))?;
        writer(path, html.as_bytes())?;
    }
    for (name, table) in scripts::tables::ALL {
        let path = format!("report/data/{name}.js");
        let script = guarded(|| table(&report)).unwrap_or_else(|fault| {
            let about = Subject::File(path.clone());
            broken.push(Exception::internal(about, "this table could not be made", &fault));
            scripts::tables::empty(name)
        });
        let script = if report.is_large() { packed(&script) } else { script };
        writer(&path, &script)?;
    }
    let first_items: Vec<usize> =
        (0..input.inputs.names.skus.len()).step_by(ITEMS_PER_FILE).collect();
    // Nearly all bytes of the report are here: made on all threads, handed over in their order, and
    // no more than a few in memory at a time.
    parallel::in_order(
        &first_items,
        |&first| scripts::items::script(&report, first),
        |script: ItemScript| {
            broken.extend(script.broken);
            writer(&script.path, &script.bytes)
        },
    )?;
    Ok(broken)
}

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

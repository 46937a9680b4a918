//! What every page draws on: the run, its items by location, its indicators and those of earlier
//! runs. Gathered once, before the first page.

use crate::domain::changes::Change;
use crate::domain::exceptions::Exception;
use crate::domain::inputs::{Inputs, Supplier};
use crate::domain::outcome::{Indicator, Outcome, Recommendation};
use crate::domain::panel::PoolId;
use crate::domain::sorted::{keyed, rows_of};
use crate::domain::units::{ChannelId, LocationId, Money, SkuId, SupplierId, Units};
use crate::indicators::{PoolResults, Settings, pool_results};
use crate::purchase::landed_cost::{asked, exchange_rate};
use crate::report::scripts::packed::LARGE;
use crate::report::wording::fragment;
use chrono::NaiveDate;
use std::cmp::Reverse;
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

/// What every page draws on: the run, its items by location, its indicators and those of earlier
/// runs.
pub(super) struct Report<'a> {
    pub(super) input: &'a ReportInput<'a>,
    /// What people call each supplier. `[suppliers]`
    pub(super) suppliers: Vec<String>,
    pub(super) pools: Vec<PoolResults<'a>>,
    pub(super) now: Indicators<'a>,
    /// Oldest first.
    pub(super) before: Vec<Indicators<'a>>,
    /// What moved since the last run, by item and location.
    pub(super) changes: BTreeMap<PoolId, Vec<&'a Change>>,
    /// How much of each item a large report holds; empty where it holds all of all. `[sku]`
    pub(super) depths: Vec<Depth>,
}

/// The indicators of one run, found by name and scope.
pub(super) struct Indicators<'a> {
    pub(super) as_of: NaiveDate,
    pub(super) by_name: BTreeMap<(&'a str, &'a str), &'a Indicator>,
}

impl<'a> Indicators<'a> {
    pub(super) fn new(as_of: NaiveDate, all: &'a [Indicator]) -> Self {
        Self { as_of, by_name: all.iter().map(|i| ((i.indicator, i.scope.as_str()), i)).collect() }
    }

    pub(super) fn find(&self, name: &str, scope: &str) -> Option<&'a Indicator> {
        self.by_name.get(&(name, scope)).copied()
    }

    pub(super) fn value(&self, name: &str, scope: &str) -> Option<f64> {
        self.find(name, scope)?.value
    }
}

impl<'a> Report<'a> {
    pub(super) fn new(input: &'a ReportInput<'a>) -> Self {
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

    pub(super) fn with_depths(mut self) -> Self {
        if self.is_large() {
            self.depths = depths(&self.pools, self.inputs().names.skus.len());
        }
        self
    }

    /// Whether its scripts are packed, and its items of little weight shortened.
    pub(super) fn is_large(&self) -> bool {
        self.pools.len() > LARGE
    }

    pub(super) fn depth(&self, sku: SkuId) -> Depth {
        self.depths.get(sku.index()).copied().unwrap_or(Depth::Whole)
    }

    pub(super) fn inputs(&self) -> &'a Inputs {
        self.input.inputs
    }

    pub(super) fn outcome(&self) -> &'a Outcome {
        self.input.outcome
    }

    pub(super) fn sku(&self, sku: SkuId) -> &'a str {
        &self.inputs().names.skus[sku.index()]
    }

    /// What people call an item; may be empty.
    pub(super) fn name(&self, sku: SkuId) -> &'a str {
        &self.inputs().products[sku.index()].name
    }

    /// Where the page of an item is, below `report/`. By its code: a position in tonight's list
    /// would lead to another item tomorrow.
    pub(super) fn item_address(&self, sku: SkuId) -> String {
        format!("item.html#sku={}", fragment(self.sku(sku)))
    }

    pub(super) fn location(&self, location: LocationId) -> &'a str {
        &self.inputs().names.locations[location.index()]
    }

    pub(super) fn channel(&self, channel: ChannelId) -> &'a str {
        &self.inputs().names.channels[channel.index()]
    }

    /// Whether anybody has said what is in stock. Without it nothing is out of stock, in excess or
    /// enough, and no zero is a fact.
    pub(super) fn knows_stock(&self) -> bool {
        self.inputs().stock_is_known()
    }

    /// Whether the cost of anything is known: without it no order costs nothing.
    pub(super) fn knows_costs(&self) -> bool {
        self.pools.iter().any(|pool| pool.unit_cost().is_some())
    }

    /// Whether anything says what is lost with a sale: without it no margin is at risk, or none.
    pub(super) fn knows_margins(&self) -> bool {
        self.pools.iter().any(PoolResults::stake_is_known)
    }

    /// The currency after an amount, a space before it; empty where none is configured: the reader
    /// knows.
    pub(super) fn currency(&self) -> String {
        match self.input.purchase.currency.as_str() {
            "" => String::new(),
            code => format!(" {code}"),
        }
    }

    /// What a supplier asks of an order, or grants from it on, in the currency of the pages.
    pub(super) fn asked(&self, amount: Option<Money>, supplier: &Supplier) -> Option<Money> {
        asked(amount, exchange_rate(&supplier.currency, self.input.purchase))
    }

    /// What people call a supplier; empty for none.
    pub(super) fn supplier(&self, id: Option<SupplierId>) -> &str {
        id.map_or("", |supplier| &self.suppliers[supplier.index()])
    }

    /// Who delivers a line: its supplier, or the location that sends it.
    pub(super) fn source(&self, line: &Recommendation) -> &str {
        match line.transfer {
            Some(transfer) => self.location(transfer.from),
            None => self.supplier(line.supplier),
        }
    }

    pub(super) fn has_locations(&self) -> bool {
        self.inputs().names.locations.len() > 1
    }

    /// An item at each of its locations.
    pub(super) fn pools_of(&self, sku: SkuId) -> &[PoolResults<'a>] {
        let first = self.pools.partition_point(|p| p.sku < sku);
        let count = self.pools[first..].partition_point(|p| p.sku == sku);
        &self.pools[first..first + count]
    }

    pub(super) fn decisions_on(&self, pool: PoolId) -> &'a [PastDecision] {
        rows_of(self.input.decisions, pool)
    }

    /// What moved since the last run.
    pub(super) fn changes_on(&self, pool: PoolId) -> &[&'a Change] {
        self.changes.get(&pool).map_or(&[], Vec::as_slice)
    }

    /// All exceptions of the run, those of the input first.
    pub(super) fn exceptions(&self) -> impl Iterator<Item = &'a Exception> {
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

/// How much a report holds of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    Whole,
    /// Without the arithmetic, other quantities and the second year of history.
    Short,
    /// What it is, and that its figures stand in the tables.
    Name,
}

/// Items of a large shop whose page has everything: about 900 bytes each. What a shop decides in a
/// year of mornings is among them.
const WHOLE: usize = 20_000;
/// Items of a large shop that have figures on their page: about 450 bytes each. Both together, and
/// the tables of as many items, stay below 80 MB.
const SHORT: usize = 100_000;
/// Those with most money at stake or to spend first; the others by their place.
pub(crate) fn depths(pools: &[PoolResults], items: usize) -> Vec<Depth> {
    let mut stake = vec![Money::ZERO; items];
    for pool in pools {
        stake[pool.sku.index()] += pool.value_at_risk() + pool.order_value();
    }
    let mut order: Vec<usize> = (0..items).collect();
    order.sort_by_key(|&item| (Reverse(stake[item]), item));
    let mut depths = vec![Depth::Name; items];
    for (rank, item) in order.into_iter().enumerate() {
        depths[item] = match rank {
            0..WHOLE => Depth::Whole,
            WHOLE..SHORT => Depth::Short,
            _ => Depth::Name,
        };
    }
    depths
}

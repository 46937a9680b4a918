//! The planner's report: static pages that open from disk without a network.
//!
//! [`render`] is a pure function of one run: it hands every file to a writer and reads no clock, so the same run gives the same
//! bytes. `index.html` is the briefing; everything else lies in `report/` beside it. Pages are askama templates, checked when the
//! crate is built and escaped; long tables and item pages are data scripts (see [`tables`], [`sku`]) that the browser loads from
//! disk, because a page opened from disk may not fetch. Charts of the whole run are plotters SVG inside the page.
//!
//! The table library is Tabulator (MIT, licence beside it in `assets/`), unchanged from npm.

pub mod briefing;
pub mod charts;
pub mod glossary;
mod html;
mod lists;
mod pages;
pub(crate) mod picture;
mod sheets;
pub mod simulation;
pub mod sku;
pub mod tables;

use crate::domain::error::{Error, Result};
use crate::domain::exceptions::{Exception, Subject};
use crate::domain::fault::guarded;
use crate::domain::inputs::Inputs;
use crate::domain::outcome::{Indicator, Outcome};
use crate::domain::panel::PoolId;
use crate::domain::sorted::keyed;
use crate::domain::units::{LocationId, SkuId, SupplierId, Units};
use crate::indicators::PoolView;
use crate::indicators::Settings;
use crate::indicators::pool_views;
use crate::parallel;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Everything the report shows.
#[derive(Debug, Clone, Copy)]
pub struct ReportInput<'a> {
    /// Id of the run.
    pub run_id: &'a str,
    /// The morning it is for.
    pub as_of: NaiveDate,
    /// Version of the program.
    pub version: &'a str,
    /// Currency code shown with money; may be empty.
    pub currency: &'a str,
    /// What the run read.
    pub inputs: &'a Inputs,
    /// What the run decided; its indicators are those of [`crate::indicators::compute`].
    pub outcome: &'a Outcome,
    /// Goals and limits the indicators were computed with.
    pub settings: &'a Settings,
    /// The policy, for how often each class is counted and reviewed.
    pub policy: &'a crate::inventory::Settings,
    /// Earlier published runs, oldest first.
    pub history: &'a [PastRun],
    /// Decisions taken in so far, sorted by (sku, location, time).
    pub decisions: &'a [PastDecision],
}

/// Indicators of an earlier run.
#[derive(Debug, Clone, PartialEq)]
pub struct PastRun {
    /// Its id.
    pub run_id: String,
    /// Its morning.
    pub as_of: NaiveDate,
    /// Its indicators.
    pub indicators: Vec<Indicator>,
}

/// One decision taken in earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastDecision {
    /// The item.
    pub sku: SkuId,
    /// Ship to.
    pub location: LocationId,
    /// approved, edited, rejected, snoozed.
    pub decision: String,
    /// Units, where edited.
    pub quantity: Option<Units>,
    /// Until when it holds.
    pub until: Option<NaiveDate>,
    /// Why.
    pub reason: String,
    /// By whom.
    pub author: String,
    /// When, as given.
    pub time: String,
}

keyed! {
    PastDecision by PoolId: |row| PoolId { sku: row.sku, location: row.location };
}

/// Files that are the same in every report.
const ASSETS: [(&str, &[u8]); 7] = [
    ("report/assets/app.css", include_bytes!("assets/app.css")),
    ("report/assets/app.js", include_bytes!("assets/app.js")),
    ("report/assets/table.js", include_bytes!("assets/table.js")),
    ("report/assets/item.js", include_bytes!("assets/item.js")),
    ("report/assets/tabulator.min.js", include_bytes!("assets/tabulator.min.js")),
    ("report/assets/tabulator_simple.min.css", include_bytes!("assets/tabulator_simple.min.css")),
    ("report/assets/tabulator-LICENSE.txt", include_bytes!("assets/tabulator-LICENSE.txt")),
];

/// What the pages share: the run, its pools side by side, its indicators and those of earlier runs.
pub(crate) struct Run<'a> {
    input: &'a ReportInput<'a>,
    suppliers: &'a [String],
    pools: Vec<PoolView<'a>>,
    now: Indicators<'a>,
    before: Vec<Indicators<'a>>,
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
}

impl<'a> Run<'a> {
    fn sku(&self, sku: SkuId) -> &'a str {
        &self.input.inputs.names.skus[sku.index()]
    }

    fn location(&self, location: LocationId) -> &'a str {
        &self.input.inputs.names.locations[location.index()]
    }

    /// The script of the items from `first` on.
    fn items(&self, first: usize) -> serde_json::Result<(Vec<u8>, Vec<Exception>)> {
        let at = |sku: usize| self.pools.partition_point(|p| p.sku.index() < sku);
        crate::report::sku::script(
            self,
            first,
            &self.pools[at(first)..at(first + crate::report::sku::ITEMS_PER_FILE)],
        )
    }

    /// What people call a supplier; empty for none.
    fn supplier(&self, id: Option<SupplierId>) -> &'a str {
        id.map_or("", |s| &self.suppliers[s.index()])
    }
}

/// What people call each supplier: its name, with its code where two share the name, or the code alone. `[suppliers]`
fn supplier_labels(inputs: &Inputs) -> Vec<String> {
    let codes = &inputs.names.suppliers;
    let name = |at: usize| inputs.suppliers.get(at).map_or("", |s| s.name.trim());
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    (0..codes.len()).for_each(|at| *seen.entry(name(at)).or_default() += 1);
    let label = |(at, code): (usize, &String)| match name(at) {
        "" => code.clone(),
        name if seen[name] > 1 => format!("{name} ({code})"),
        name => name.to_owned(),
    };
    codes.iter().enumerate().map(label).collect()
}

/// Writes the report, file by file, as (path below the run's folder, bytes), and tells what could not be made.
///
/// # Errors
/// What the writer answers, or [`Error::Internal`] if a page cannot be rendered.
pub fn render(
    input: &ReportInput,
    writer: &mut (dyn FnMut(&str, &[u8]) -> Result<()> + Send),
) -> Result<Vec<Exception>> {
    let suppliers = supplier_labels(input.inputs);
    let run = Run {
        input,
        suppliers: &suppliers,
        pools: pool_views(input.inputs, input.outcome),
        now: Indicators::new(input.as_of, &input.outcome.indicators),
        before: input
            .history
            .iter()
            .map(|past| Indicators::new(past.as_of, &past.indicators))
            .collect(),
    };
    for (path, bytes) in ASSETS {
        writer(path, bytes)?;
    }
    let mut broken = Vec::new();
    for (path, page) in crate::report::pages::all(&run) {
        let page = page.unwrap_or_else(|fault| {
            broken.push(Exception::internal(
                Subject::File(path.to_owned()),
                "this page could not be made",
                &fault,
            ));
            Ok(crate::report::pages::broken(path, input.run_id))
        });
        writer(
            path,
            page.map_err(|e| Error::Internal(format!("a page of the report: {e}")))?.as_bytes(),
        )?;
    }
    for (name, make) in crate::report::lists::ALL {
        let path = format!("report/data/{name}.js");
        let script = guarded(|| make(&run)).unwrap_or_else(|fault| {
            broken.push(Exception::internal(
                Subject::File(path.clone()),
                "this table could not be made",
                &fault,
            ));
            crate::report::tables::Table::<()>::new(name, &[]).finish()
        });
        writer(&path, &script)?;
    }
    let starts: Vec<usize> =
        (0..input.inputs.names.skus.len()).step_by(crate::report::sku::ITEMS_PER_FILE).collect();
    let make = |&first: &usize| {
        let script = run.items(first).map_err(|e| Error::Internal(format!("item data: {e}")));
        script.map(|(script, told)| {
            (
                format!("report/items/{}.js", first / crate::report::sku::ITEMS_PER_FILE),
                script,
                told,
            )
        })
    };
    let take = |made: Result<_>| {
        let (path, script, told): (String, Vec<u8>, Vec<Exception>) = made?;
        broken.extend(told);
        writer(&path, &script)
    };
    parallel::in_order(&starts, make, take)?;
    Ok(broken)
}

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

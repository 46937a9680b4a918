//! `OUT/history`: what outlives the runs that are pruned, beside `OUT/runs`.
//!
//! One row a run with the moment it was published and whether it became current, and of every run
//! its indicators (those of single items left out: they are as many as the items), what was
//! decided, what was received, and the errors of its forecasts by channel, location and method.
//! Nothing here is read by a run: what is missing or torn is made anew from the runs that are still
//! there. An index beside the tables has their digests.

use crate::domain::digest::sha256_hex;
use crate::domain::error::{Error, Result};
use crate::explain::Unit;
use crate::store::{PROGRAM, PublishedRun, SCHEMA_VERSION, replace, sealed, unsealed};
use crate::tables::pages::ZSTD_LEVEL;
use crate::tables::parquet::epoch_day;
use crate::tables::read::all_rows;
use crate::tables::table::{AS_OF, Column, Declaration, Kind, RUN_ID, arrow_schema};
use crate::tables::{ACCURACY, DECISIONS, INDICATORS, RECEIPTS};
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch,
    StringArray, new_null_array,
};
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::datatypes::{Date32Type, Float64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

/// The folder, beside `runs`.
const FOLDER: &str = "history";
/// Scope of an indicator of one item.
const OF_AN_ITEM: &str = "sku";

/// What becomes of a row whose key is in the history already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    /// Every run has its own.
    Kept,
    /// A run tells all decisions there are: the run that knew one first speaks for it.
    LeftOut,
    /// A corrected receipt takes the place of what was known of it.
    Replaces,
}

/// One table of the history.
struct HistoryTable {
    name: &'static str,
    columns: fn() -> Vec<Column>,
    /// What a run has to say.
    rows: fn(&PublishedRun) -> Result<RecordBatch>,
    /// Which columns tell whether two rows say the same.
    key: &'static [&'static str],
    again: Again,
}

const TABLES: [HistoryTable; 5] = [
    HistoryTable {
        name: "runs",
        columns: runs_columns,
        rows: runs_rows,
        key: &["run_id"],
        again: Again::Replaces,
    },
    HistoryTable {
        name: "indicators",
        columns: || INDICATORS.columns(),
        rows: |run| without_items(published(run, &INDICATORS.path())?),
        key: &[],
        again: Again::Kept,
    },
    HistoryTable {
        name: "decisions",
        columns: || DECISIONS.columns(),
        rows: |run| published(run, &DECISIONS.path()),
        key: &["recommendation_id", "decision", "quantity", "author", "decided_at"],
        again: Again::LeftOut,
    },
    HistoryTable {
        name: "receipts",
        columns: || RECEIPTS.columns(),
        rows: |run| published(run, &RECEIPTS.path()),
        key: &["order_id", "sku", "location", "received"],
        again: Again::Replaces,
    },
    HistoryTable {
        name: "accuracy",
        columns: accuracy_columns,
        rows: accuracy_rows,
        key: &[],
        again: Again::Kept,
    },
];

/// Names and columns of the tables of the history, for the dictionary.
pub(crate) fn columns() -> impl Iterator<Item = (&'static str, Vec<Column>)> {
    TABLES.iter().map(|table| (table.name, (table.columns)()))
}

/// What an update of the history did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Updated {
    /// Runs that were added.
    pub added: usize,
    /// What was wrong with its files, in words; they are made again from the runs that are kept.
    pub wrong: Vec<String>,
}

impl Updated {
    /// What has to be said of files made again; `None` where there are none.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        (!self.wrong.is_empty()).then(|| {
            format!(
                "{}: made again from the runs that are kept; of runs pruned before, what could \
                 not be read is lost, unless a backup has it",
                self.wrong.join(", ")
            )
        })
    }
}

/// Digests of the files, so that a change of one bit shows.
const INDEX: &str = "index.json";
const INDEX_SEAL: &str = "index_sha256";

/// What `history/index.json` says.
#[derive(Debug, Default)]
struct Index {
    /// By table: the digest of its file, and that of the one before, which is there still where an
    /// update was killed.
    digests: BTreeMap<String, Vec<String>>,
    /// Why it says nothing, if so.
    wrong: Option<&'static str>,
}

impl Index {
    fn read(folder: &Path) -> Self {
        let Ok(text) = std::fs::read(folder.join(INDEX)) else {
            return Self { wrong: Some("is missing"), ..Self::default() };
        };
        // An index without a seal is no index of ours: its digests would vouch for anything.
        let (value, changed) = unsealed(&text, INDEX_SEAL);
        if changed != Some(false) {
            return Self { wrong: Some("is damaged"), ..Self::default() };
        }
        let mut digests = BTreeMap::new();
        for table in &TABLES {
            let listed = value.get(table.name).and_then(serde_json::Value::as_array);
            let listed = listed.into_iter().flatten().filter_map(serde_json::Value::as_str);
            digests.insert(table.name.to_owned(), listed.map(str::to_owned).collect());
        }
        Self { digests, wrong: None }
    }
}

/// A file of the history as it is on disk.
struct Found {
    /// Its rows, where they can be read.
    rows: Option<RecordBatch>,
    sha256: Option<String>,
    /// What is wrong with it, if anything.
    wrong: Option<&'static str>,
    /// Whether an update was killed before it got to it.
    is_behind: bool,
}

impl Found {
    fn at(folder: &Path, table: &HistoryTable, index: &Index) -> Self {
        let path = folder.join(file_name(table));
        let listed = index.digests.get(table.name).map(Vec::as_slice).unwrap_or_default();
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                // Of a table that this version added nothing was ever written.
                let expected = error.kind() == ErrorKind::NotFound && listed.is_empty();
                let wrong = (!expected).then_some("is missing or cannot be read");
                return Self { rows: None, sha256: None, wrong, is_behind: false };
            }
        };
        let sha256 = sha256_hex(&bytes);
        let rows = rows_of(&path, bytes.into()).ok();
        let wrong = if rows.is_none() {
            Some("could not be read")
        // The one before counts, too: an update may have been killed between index and file.
        } else if !listed.is_empty() && !listed.contains(&sha256) {
            Some("was changed since it was written")
        } else {
            None
        };
        let is_behind = listed.first().is_some_and(|newest| *newest != sha256);
        Self { rows, sha256: Some(sha256), wrong, is_behind }
    }
}

/// What is wrong with the history below `out`, in words; changes nothing.
#[must_use]
pub fn look(out: &Path) -> Vec<String> {
    let folder = out.join(FOLDER);
    if !folder.is_dir() {
        return Vec::new();
    }
    let index = Index::read(&folder);
    let mut wrong = all_wrong(&folder, &index);
    let ours: Vec<String> = TABLES.iter().map(file_name).chain([INDEX.to_owned()]).collect();
    for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        // What an update that was killed left is the next one's to replace.
        let is_next = name.starts_with('.') && name.ends_with(".next");
        if !ours.contains(&name) && !is_next {
            wrong.push(format!("{FOLDER}/{name} is none of ours, nothing reads it: move it away"));
        }
    }
    wrong
}

fn all_wrong(folder: &Path, index: &Index) -> Vec<String> {
    let found = TABLES.iter().map(|table| Found::at(folder, table, index));
    let found: Vec<Found> = found.collect();
    let mut wrong = Vec::new();
    if found.iter().any(|file| file.sha256.is_some())
        && let Some(what) = index.wrong
    {
        wrong.push(format!("{FOLDER}/{INDEX} {what}: the next run makes it again"));
    }
    for (table, found) in TABLES.iter().zip(found) {
        if let Some(what) = found.wrong {
            wrong.push(format!(
                "{FOLDER}/{} {what}: the next run makes it again from the runs that are kept; of \
                 runs pruned before, what cannot be read is lost, unless a backup has it",
                file_name(table)
            ));
        }
    }
    wrong
}

/// Brings the history below `out` up to date with the runs that are there.
///
/// # Errors
/// [`Error::Io`] where it cannot be written; each table is then as it was, or up to date.
pub fn update(out: &Path) -> Result<Updated> {
    let folder = out.join(FOLDER);
    let mut runs = PublishedRun::all(out)?;
    // By the time they were published, not by the morning they are for: a backfill comes last.
    runs.sort_by_cached_key(PublishedRun::published_at);
    let index = Index::read(&folder);
    let found: Vec<Found> = TABLES.iter().map(|table| Found::at(&folder, table, &index)).collect();
    // The list of runs says which of them the others hold.
    let known = found[0].rows.as_ref().map(run_ids).unwrap_or_default();
    let mut updated = Updated::default();
    // Of a history that is not there yet nothing is wrong; an older version wrote no index.
    if found.iter().any(|file| file.sha256.is_some()) && index.wrong == Some("is damaged") {
        updated.wrong.push(format!("{FOLDER}/{INDEX} is damaged"));
    }
    let mut digests = serde_json::Map::new();
    let mut written: Vec<(String, Vec<u8>)> = Vec::new();
    for (table, found) in TABLES.iter().zip(found) {
        let mut new: Vec<&PublishedRun> = runs.iter().collect();
        if let Some(what) = found.wrong {
            updated.wrong.push(format!("{FOLDER}/{} {what}", file_name(table)));
        } else if found.rows.is_some() && !found.is_behind {
            // Sound and up to date: only the runs that it does not have yet are read.
            new.retain(|run| !known.contains(&run.manifest.run_id));
        }
        let mut listed: Vec<String> = found.sha256.into_iter().collect();
        if !new.is_empty() || found.wrong.is_some() {
            updated.added = updated.added.max(new.len());
            let rows = gathered(table, found.rows, &new)?;
            let bytes = encoded(table, &rows)?;
            // The newest first, behind it the file that is still there.
            listed.insert(0, sha256_hex(&bytes));
            written.push((file_name(table), bytes));
        }
        digests.insert(table.name.to_owned(), listed.into());
    }
    if written.is_empty() && index.wrong.is_none() {
        return Ok(updated);
    }
    // Before the files that it speaks of: whoever is killed in between leaves files that it knows.
    replace(&folder, INDEX, &[&sealed(digests.into(), INDEX_SEAL)?])?;
    for (name, bytes) in &written {
        replace(&folder, name, &[bytes])?;
    }
    Ok(updated)
}

fn file_name(table: &HistoryTable) -> String {
    format!("{}.parquet", table.name)
}

/// The rows there were and those of `new` runs.
fn gathered(
    table: &HistoryTable,
    before: Option<RecordBatch>,
    new: &[&PublishedRun],
) -> Result<RecordBatch> {
    let schema = arrow_schema(&optional((table.columns)()));
    let mut parts = Vec::new();
    if let Some(before) = before {
        // What a run that is read anew had said before makes room for what it says now.
        parts.push(conformed(table, &without_runs(&before, new)?)?);
    }
    for run in new {
        // Tables of another schema version are read by nobody; its row among the runs stays.
        if run.manifest.schema_version == SCHEMA_VERSION || table.name == "runs" {
            // A run that lost a table has nothing to say of it: `doctor` tells.
            if let Ok(rows) = (table.rows)(run) {
                parts.push(conformed(table, &rows)?);
            }
        }
    }
    let all = concat_batches(&schema, &parts).map_err(arrow)?;
    let all = distinct(table, &all)?;
    if table.name == "runs" { with_current(&all) } else { Ok(all) }
}

/// What other runs said: where the list of runs was torn, all of them speak again.
fn without_runs(rows: &RecordBatch, runs: &[&PublishedRun]) -> Result<RecordBatch> {
    let speak: BTreeSet<&str> = runs.iter().map(|run| run.manifest.run_id.as_str()).collect();
    let Some(ids) = rows.column_by_name("run_id") else { return Ok(rows.clone()) };
    let ids = ids.as_string::<i32>().iter();
    let stays: BooleanArray =
        ids.map(|id| Some(!id.is_some_and(|id| speak.contains(id)))).collect();
    filter_record_batch(rows, &stays).map_err(arrow)
}

/// The columns of the table in order; those that an older version did not have are missing values.
fn conformed(table: &HistoryTable, rows: &RecordBatch) -> Result<RecordBatch> {
    let columns = optional((table.columns)());
    let mut arrays = Vec::with_capacity(columns.len());
    for column in &columns {
        let kind = column.kind.arrow();
        // A column that an older version did not have, or had with another type, is empty in its
        // rows: better than no history.
        let there = rows.column_by_name(column.name).filter(|array| *array.data_type() == kind);
        arrays.push(there.cloned().unwrap_or_else(|| new_null_array(&kind, rows.num_rows())));
    }
    RecordBatch::try_new(arrow_schema(&columns), arrays).map_err(arrow)
}

fn optional(columns: Vec<Column>) -> Vec<Column> {
    columns.into_iter().map(|column| Column { optional: true, ..column }).collect()
}

/// Rows that say the same once.
fn distinct(table: &HistoryTable, rows: &RecordBatch) -> Result<RecordBatch> {
    if table.again == Again::Kept {
        return Ok(rows.clone());
    }
    let options = FormatOptions::default();
    let mut columns = Vec::with_capacity(table.key.len());
    for name in table.key {
        if let Some(array) = rows.column_by_name(name) {
            columns.push(ArrayFormatter::try_new(array, &options).map_err(arrow)?);
        }
    }
    let mut stays = vec![true; rows.num_rows()];
    // Compared as text, whatever the type of a column: rows come from several versions of the
    // program.
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    for row in 0..rows.num_rows() {
        let cells: Vec<String> = columns.iter().map(|cell| cell.value(row).to_string()).collect();
        if let Some(earlier) = first.get_mut(&cells.join("\u{1f}")) {
            match table.again {
                Again::Kept => {}
                Again::LeftOut => stays[row] = false,
                Again::Replaces => {
                    stays[*earlier] = false;
                    *earlier = row;
                }
            }
        } else {
            first.insert(cells.join("\u{1f}"), row);
        }
    }
    filter_record_batch(rows, &BooleanArray::from(stays)).map_err(arrow)
}

fn without_items(rows: RecordBatch) -> Result<RecordBatch> {
    let Some(kinds) = rows.column_by_name("scope_kind") else { return Ok(rows) };
    let kinds = kinds.as_string::<i32>();
    let stays: BooleanArray = kinds.iter().map(|kind| Some(kind != Some(OF_AN_ITEM))).collect();
    filter_record_batch(&rows, &stays).map_err(arrow)
}

/// Figures that a manifest has of its run, and what they are.
const FIGURES: [(&str, &str, Unit); 10] = [
    ("pools", "items by location planned", Unit::None),
    ("series", "items by location and channel planned", Unit::None),
    ("recommended_lines", "order lines recommended", Unit::None),
    ("recommended_value", "their value", Unit::Currency),
    ("protection_value", "cost of the demand over all lead times and reviews", Unit::Currency),
    ("published_units", "units that channels may show", Unit::Units),
    ("exceptions", "exceptions told", Unit::None),
    ("errors", "of these, errors", Unit::None),
    ("warnings", "of these, warnings", Unit::None),
    ("quarantined", "input rows put into quarantine", Unit::None),
];

const fn column(name: &'static str, kind: Kind, unit: Unit, meaning: &'static str) -> Column {
    Column { name, kind, optional: true, unit, meaning, values: &[] }
}

fn runs_columns() -> Vec<Column> {
    let text = |name, meaning| column(name, Kind::Text, Unit::None, meaning);
    let mut columns = vec![
        RUN_ID,
        AS_OF,
        text("published_at", "moment of publication, UTC"),
        column(
            "became_current",
            Kind::Flag,
            Unit::None,
            "whether it was the current run from then on: a backfill is not",
        ),
        text("previous_run_id", "the run it was compared with; missing for the first"),
        text("program", "program, version and build that made it"),
        text("config_sha256", "digest of the configuration"),
        column("schema_version", Kind::Whole, Unit::None, "version of its tables"),
    ];
    for (name, meaning, unit) in FIGURES {
        columns.push(column(name, Kind::Real, unit, meaning));
    }
    columns
}

fn runs_rows(run: &PublishedRun) -> Result<RecordBatch> {
    let manifest = &run.manifest;
    let day = epoch_day(manifest.as_of);
    let mut arrays: Vec<ArrayRef> = vec![
        text(Some(&manifest.run_id)),
        Arc::new(Date32Array::from(vec![day])),
        text(Some(&run.published_at())),
        Arc::new(BooleanArray::from(vec![None])),
        text(manifest.previous.as_deref()),
        text(Some(&manifest.program)),
        text(Some(&manifest.config_sha256)),
        Arc::new(Int64Array::from(vec![i64::from(manifest.schema_version)])),
    ];
    for (name, _, _) in FIGURES {
        let figure = manifest.totals.get(name).copied();
        arrays.push(Arc::new(Float64Array::from(vec![figure])));
    }
    RecordBatch::try_new(arrow_schema(&optional(runs_columns())), arrays).map_err(arrow)
}

fn text(value: Option<&str>) -> ArrayRef {
    Arc::new(StringArray::from(vec![value]))
}

/// In order of publication; a run became current unless one of a later morning was there.
fn with_current(rows: &RecordBatch) -> Result<RecordBatch> {
    let mut latest = None;
    let days = rows.column(1).as_primitive::<Date32Type>();
    let mut current = Vec::with_capacity(rows.num_rows());
    for day in days {
        // In order of publication; a run for an earlier morning than the latest one is a backfill
        // and took nobody's place. `>=`, as the same night run again does.
        current.push(day >= latest);
        latest = latest.max(day);
    }
    let mut arrays = rows.columns().to_vec();
    arrays[3] = Arc::new(BooleanArray::from(current));
    RecordBatch::try_new(rows.schema(), arrays).map_err(arrow)
}

/// Sums of the errors that forecasts are measured by.
const SUMS: [&str; 5] = ["absolute_error", "error", "squared_error", "actual", "periods"];
/// By what they are added up.
const GROUPS: [&str; 3] = ["channel", "location", "method"];

fn accuracy_columns() -> Vec<Column> {
    let own = ACCURACY.columns();
    let mut columns = vec![RUN_ID, AS_OF];
    for name in GROUPS.iter().chain(&["chosen"]) {
        columns.extend(own.iter().filter(|column| column.name == *name));
    }
    columns.push(column("series_count", Kind::Real, Unit::None, "series added up"));
    for name in SUMS {
        columns.extend(own.iter().filter(|column| column.name == name));
    }
    columns
}

/// Errors of all items, by channel, location, method, and whether it made the forecast.
fn accuracy_rows(run: &PublishedRun) -> Result<RecordBatch> {
    let rows = published(run, &ACCURACY.path())?;
    let missing = || Error::input(run.folder.join(ACCURACY.path()), "a column is missing");
    let mut groups = Vec::with_capacity(GROUPS.len());
    for name in GROUPS {
        groups.push(rows.column_by_name(name).ok_or_else(missing)?.as_string::<i32>());
    }
    let chosen = rows.column_by_name("chosen").ok_or_else(missing)?.as_boolean();
    let mut values = Vec::with_capacity(SUMS.len());
    for name in SUMS {
        values.push(rows.column_by_name(name).ok_or_else(missing)?.as_primitive::<Float64Type>());
    }
    let mut sums: BTreeMap<([&str; 3], bool), [f64; SUMS.len() + 1]> = BTreeMap::new();
    for row in 0..rows.num_rows() {
        let group = [0, 1, 2].map(|at: usize| groups[at].value(row));
        let sum = sums.entry((group, chosen.value(row))).or_default();
        // Kept as sums, not as ratios: a reader can add months and channels up and divide then.
        sum[0] += 1.0;
        for (total, of) in sum[1..].iter_mut().zip(&values) {
            *total += of.value(row);
        }
    }
    let day = epoch_day(run.manifest.as_of);
    let mut arrays: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![run.manifest.run_id.as_str(); sums.len()])),
        Arc::new(Date32Array::from(vec![day; sums.len()])),
    ];
    for at in 0..GROUPS.len() {
        let names = sums.keys().map(|(group, _)| group[at]);
        arrays.push(Arc::new(StringArray::from_iter_values(names)));
    }
    let flags: Vec<bool> = sums.keys().map(|(_, chosen)| *chosen).collect();
    arrays.push(Arc::new(BooleanArray::from(flags)));
    for at in 0..=SUMS.len() {
        let figures = sums.values().map(|sum| sum[at]);
        arrays.push(Arc::new(Float64Array::from_iter_values(figures)));
    }
    RecordBatch::try_new(arrow_schema(&optional(accuracy_columns())), arrays).map_err(arrow)
}

fn run_ids(rows: &RecordBatch) -> BTreeSet<String> {
    let ids = rows.column_by_name("run_id").map(|ids| ids.as_string::<i32>());
    ids.into_iter().flatten().flatten().map(str::to_owned).collect()
}

/// A table of a run, if it is what was published.
fn published(run: &PublishedRun, path: &str) -> Result<RecordBatch> {
    rows_of(&run.folder.join(path), run.content(path)?.into())
}

fn rows_of(path: &Path, bytes: Bytes) -> Result<RecordBatch> {
    all_rows(bytes).map_err(|what| Error::input(path, what))
}

fn encoded(table: &HistoryTable, rows: &RecordBatch) -> Result<Vec<u8>> {
    let level = ZstdLevel::try_new(ZSTD_LEVEL).unwrap_or_default();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_created_by(PROGRAM.to_owned())
        .build();
    in_memory(rows, properties)
        .map_err(|e| Error::Internal(format!("history of {}: {e}", table.name)))
}

fn in_memory(rows: &RecordBatch, properties: WriterProperties) -> parquet::errors::Result<Vec<u8>> {
    let mut writer = ArrowWriter::try_new(Vec::new(), rows.schema(), Some(properties))?;
    writer.write(rows)?;
    writer.into_inner()
}

fn arrow(error: arrow::error::ArrowError) -> Error {
    Error::Internal(format!("history: {error}"))
}

//! Every published table, declared once: a column is one line with its name, type, unit, meaning
//! and getter. Files are written and read back by the declaration; drafts for people and sync tools
//! are CSV and a spreadsheet.
//!
//! `run` writes, `review` and `run` read back; nothing here decides. Above `store`, which never
//! calls back.
//!
//! To add a column: its line. To add a table: its declaration and its line in [`TABLES`],
//! `&ordering::NAME`; those that other rooms read by name are re-exported, too.
//! `tests/snapshots/schemas.txt` holds them fast: a column that goes or changes its type breaks
//! readers and needs a new [`crate::store::SCHEMA_VERSION`].

mod channels;
pub mod csv;
mod declaration;
mod demand;
pub mod dictionary;
mod dimensions;
pub mod drafts;
mod evidence;
mod forecast;
pub mod history;
mod items;
mod last_run;
mod network;
mod night;
mod ordering;
mod pages;
mod parquet;
mod projection;
mod read;
mod series;
mod table;
pub mod workbook;
mod worklists;

pub use channels::{ALLOCATION, FINDINGS};
pub use declaration::{Column, Declaration, Encoded, Kind, Results, RunKey};
pub use demand::{DEMAND, DemandEncoder};
pub use dimensions::{DECISIONS, LOCATIONS, PRODUCTS, RECEIPTS, SUPPLIERS};
pub use evidence::{ACCURACY, METHODS, STEPS};
pub use forecast::{FORECAST, ForecastEncoder};
pub use items::{CLASSIFICATION, POLICY};
pub use last_run::{LastAllocation, LastLine, LastPool, LastRun};
pub use network::NETWORK;
pub use night::{CHANGES, EXCEPTIONS, INDICATORS, QUARANTINE};
pub use ordering::{OPEN_ORDERS, ORDERS, RECOMMENDATIONS, TRANSFERS};
pub(crate) use parquet::encode_groups;
pub use parquet::{RowGroup, TableFile};
pub use projection::PROJECTION;
pub(crate) use read::Cell;
pub use read::Rows;
pub use table::{Field, Row, Table};
pub use worklists::WORKLISTS;

use crate::domain::error::Result;
use crate::parallel;
use crate::store::{Add, SCHEMA_VERSION};
use std::fmt::Write;

/// Every output table.
pub static TABLES: &[&dyn Declaration] = &[
    &FORECAST,
    &DEMAND,
    &CLASSIFICATION,
    &POLICY,
    &RECOMMENDATIONS,
    &ORDERS,
    &OPEN_ORDERS,
    &TRANSFERS,
    &NETWORK,
    &ALLOCATION,
    &FINDINGS,
    &WORKLISTS,
    &ACCURACY,
    &METHODS,
    &STEPS,
    &INDICATORS,
    &EXCEPTIONS,
    &QUARANTINE,
    &CHANGES,
    &PRODUCTS,
    &SUPPLIERS,
    &LOCATIONS,
    &DECISIONS,
    &PROJECTION,
    &RECEIPTS,
];

/// Writes every table but `forecast` and `demand`, which are appended by partition, and
/// `exceptions`, which are not all known yet.
///
/// # Errors
/// Those of `add`; [`crate::domain::error::Error::Internal`] when the columns of a table do not fit
/// together.
pub fn write(run: RunKey<'_>, results: Results<'_>, add: &Add<'_>) -> Result<()> {
    // From the end: the steps are by far the longest table, and a thread that began them last would
    // be left alone with them.
    let tables: Vec<&dyn Declaration> =
        TABLES.iter().copied().rev().filter(|table| table.name() != EXCEPTIONS.name()).collect();
    parallel::in_order(
        &tables,
        |table| table.encode(run, results),
        |encoded| add_file(encoded?, add),
    )
}

fn add_file(encoded: Option<Encoded>, add: &Add<'_>) -> Result<()> {
    encoded.map_or(Ok(()), |file| file.add(add))
}

/// Writes the table `exceptions`, when all is known.
///
/// # Errors
/// As [`write()`].
pub fn write_exceptions(run: RunKey<'_>, results: Results<'_>, add: &Add<'_>) -> Result<()> {
    add_file(EXCEPTIONS.encode(run, results)?, add)
}

/// Every schema as text, one column a line: what the snapshot test compares.
#[must_use]
pub fn describe() -> String {
    let mut text = format!("schema_version {SCHEMA_VERSION}\n");
    for table in TABLES {
        let _ = writeln!(text, "\n{}", table.name());
        for column in table.columns() {
            let optional = if column.optional { "?" } else { "" };
            let Column { name, unit, meaning, .. } = column;
            let kind = column.kind.arrow();
            let _ = writeln!(text, "  {name}: {kind:?}{optional} [{unit}] {meaning}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_names_are_distinct_within_a_table() {
        for table in TABLES {
            let mut names: Vec<_> = table.columns().iter().map(|c| c.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), table.columns().len(), "{}", table.name());
        }
    }
}

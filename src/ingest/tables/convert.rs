//! What every table conversion shares: codes, the as-of date, and one row a key.

use crate::domain::exceptions::{Effect, Exception, ExceptionKind, Severity, Subject};
use crate::domain::shown::counted;
use crate::ingest::files::table::{Row, Table};
use crate::ingest::names::Codes;
use crate::ingest::tables::quarantine::{Place, Quarantine};
use chrono::{NaiveDate, TimeDelta};
use std::collections::BTreeSet;
use std::fmt::Debug;

/// Nobody confirms a delivery or plans a launch for later than this: as for lead times.
const FARTHEST_AHEAD: TimeDelta = TimeDelta::days(3650);

/// Ten rows in a row, the same once more: two stores whose stock is alike are no two copies.
pub(crate) const SHORTEST_COPY: usize = 10;

/// The surroundings of a conversion from rows to typed values.
#[derive(Debug)]
pub(crate) struct Convert<'a> {
    /// Codes of names.
    pub(crate) codes: &'a Codes<'a>,
    /// The morning of the run: later facts are not known yet.
    pub(crate) as_of: NaiveDate,
    /// Where rows go that cannot be used.
    pub(crate) quarantine: &'a mut Quarantine,
    /// What the planner should know.
    pub(crate) exceptions: &'a mut Vec<Exception>,
    /// Whether some table has a part of a unit of an item. `[skus]`
    pub(crate) weighed: &'a [bool],
    /// Files that sales are read from: of an item they have a row a sale.
    pub(crate) sales_files: &'a BTreeSet<String>,
    /// Accepted currencies; empty = any.
    pub(crate) currencies: &'a [String],
}

impl Convert<'_> {
    /// Sorts rows by key and keeps one a key, the same whatever their order; the others go into
    /// quarantine.
    pub(crate) fn distinct<K: Ord, T: Debug>(
        &mut self,
        mut rows: Vec<(K, Place<'_>, T)>,
        column: &str,
    ) -> Vec<(K, T)> {
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        let mut kept: Vec<(K, Place<'_>, T)> = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(last) = kept.last_mut().filter(|last| last.0 == row.0) else {
                kept.push(row);
                continue;
            };
            let (shown, known) = (format!("{:?}", row.2), format!("{:?}", last.2));
            // Rows that say the same are one: a list put together from rows of sales repeats
            // itself.
            if shown == known {
                continue;
            }
            // By what they say, not by which came first: files may be read in any order.
            let other = if shown < known { std::mem::replace(last, row) } else { row };
            let reason =
                format!("the same key as {} line {}: one row a key", last.1.file, last.1.line);
            self.quarantine.reject(other.1, column, "", reason);
        }
        kept.into_iter().map(|(key, _, value)| (key, value)).collect()
    }

    /// Says of which items several rows or sources say different things.
    pub(crate) fn report_differing(&mut self, skus: &[usize]) {
        if skus.is_empty() {
            return;
        }
        let named: Vec<&str> = skus.iter().take(5).map(|&sku| self.codes.sku_name(sku)).collect();
        let more = if skus.len() > named.len() { ", ..." } else { "" };
        let what = format!(
            "rows say different things about {} items: {}{more}",
            skus.len(),
            named.join(", ")
        );
        self.exceptions.push(Exception::new(
            Severity::Info,
            ExceptionKind::MasterList,
            Subject::Table("products".to_owned()),
            what,
            "what the first source says is used, and within a file the first in the alphabet",
        ));
    }

    /// Rejects `row` and gives nothing.
    pub(crate) fn reject<T>(
        &mut self,
        row: &Row<'_>,
        column: &str,
        reason: impl Into<String>,
    ) -> Option<T> {
        let value = row.shown(column);
        self.quarantine.reject(row.place(), column, &value, reason);
        None
    }

    /// The date in `column`, unless it is so far ahead that somebody mistyped it: then the rest of
    /// the row counts without it.
    pub(crate) fn plausible_date(&mut self, row: &Row<'_>, column: &str) -> Option<NaiveDate> {
        let date = row.date(column)?;
        if date - self.as_of <= FARTHEST_AHEAD {
            return Some(date);
        }
        let reason = "more than ten years ahead: mistyped? The row counts without this date";
        self.reject(row, column, reason)
    }

    /// The rows of `table`; of a file that was appended to itself, its rows once.
    pub(crate) fn rows_once<'t>(&mut self, table: &'t Table) -> Vec<Row<'t>> {
        let mut once: Vec<Row<'t>> = Vec::new();
        let rows: Vec<Row<'t>> = table.rows().collect();
        for of_file in rows.chunk_by(|a, b| a.place().file == b.place().file) {
            let length = without_copies(of_file.len(), |a, b| of_file[a].is_same(&of_file[b]));
            // Twenty equal rows are no file twice.
            let all_alike = of_file[..length].iter().all(|row| row.is_same(&of_file[0]));
            if length == of_file.len() || all_alike {
                once.extend(of_file);
                continue;
            }
            once.extend(&of_file[..length]);
            let file = of_file[0].place().file;
            self.exceptions.push(appended_twice(file, (of_file.len() - length) as u64, None));
        }
        once
    }

    /// Says how many rows of `table` lie on or after the as-of date and are not used.
    pub(crate) fn report_future(&mut self, table: &Table, rows: usize) {
        if rows > 0 {
            let told = later_rows(table.schema.table, rows as u64, self.as_of);
            self.exceptions.push(told);
        }
    }
}

/// Rows of a later day than the run knows.
pub(crate) fn later_rows(table: &str, rows: u64, as_of: NaiveDate) -> Exception {
    let what =
        format!("{} on or after the as-of date {as_of} not used", counted(rows, "row", "rows"));
    Exception::new(
        Severity::Info,
        ExceptionKind::FutureRows,
        Subject::Table(table.to_owned()),
        what,
        "they were not known that morning",
    )
    .with_effect(Effect::Rows(rows))
}

/// Rows of a file that repeat those before them; `units` where the table counts any.
pub(crate) fn appended_twice(file: &str, rows: u64, units: Option<f64>) -> Exception {
    let where_else = "repeat those before them one by one, in the same order";
    let why = "the export was appended to itself; write it anew";
    repeated_rows(file, rows, units, where_else, why)
}

/// Rows of a file that stand elsewhere as well, and count once.
pub(crate) fn repeated_rows(
    file: &str,
    rows: u64,
    units: Option<f64>,
    where_else: &str,
    why: &'static str,
) -> Exception {
    let units = units.map(|units| format!(" ({units} units)")).unwrap_or_default();
    let what = format!("{}{units} {where_else}: they count once", counted(rows, "row", "rows"));
    let about = Subject::File(file.to_owned());
    Exception::new(Severity::Warning, ExceptionKind::RepeatedRows, about, what, why)
        .with_effect(Effect::Rows(rows))
}

/// How many of `count` rows do not repeat the rows before them: whoever appends an export to itself
/// says the same once more, in the same order. Shorter files than `SHORTEST_COPY` may repeat
/// themselves by chance.
pub(crate) fn without_copies(count: usize, is_same: impl Fn(usize, usize) -> bool) -> usize {
    let mut length = count;
    loop {
        let shorter = [2, 3].into_iter().filter(|copies| length.is_multiple_of(*copies));
        let found = shorter.map(|copies| length / copies).find(|&block| {
            block >= SHORTEST_COPY && (block..length).all(|row| is_same(row - block, row))
        });
        match found {
            Some(block) => length = block,
            None => return length,
        }
    }
}

//! What every table conversion shares: codes, the as-of date, and one row a key.

use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::units::Units;
use crate::ingest::files::table::{Row, Table};
use crate::ingest::names::Codes;
use crate::ingest::tables::quarantine::{Place, Quarantine};
use chrono::NaiveDate;
use std::fmt::Debug;

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
            let other = if format!("{:?}", row.2) < format!("{:?}", last.2) {
                std::mem::replace(last, row)
            } else {
                row
            };
            let reason =
                format!("the same key as {} line {}: one row a key", last.1.file, last.1.line);
            self.quarantine.reject(other.1, column, "", reason);
        }
        kept.into_iter().map(|(key, _, value)| (key, value)).collect()
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

    /// Says how many rows of `table` lie on or after the as-of date and are not used.
    pub(crate) fn report_future(&mut self, table: &Table, rows: usize) {
        if rows > 0 {
            let what =
                format!("{rows} rows on or after the as-of date {} are not used", self.as_of);
            self.exceptions.push(Exception::new(
                Severity::Info,
                ExceptionKind::FutureRows,
                Subject::Table(table.schema.table.to_owned()),
                what,
                "they were not known that morning",
            ));
        }
    }
}

/// `units` of a code that stands for `factor` units of its item each.
pub(crate) fn scaled(units: Option<Units>, factor: f64) -> Units {
    #[expect(clippy::cast_possible_truncation, reason = "both factors are bounded by the reader")]
    units.map_or(Units(0), |u| Units((u.0 as f64 * factor).round() as i64))
}

//! What every table conversion shares: codes, the as-of date, and one row a key.

use crate::domain::exceptions::{Effect, Exception, ExceptionKind, Severity, Subject};
use crate::domain::shown::number_of;
use crate::domain::units::Units;
use crate::ingest::files::table::{Row, Table};
use crate::ingest::names::Codes;
use crate::ingest::tables::quarantine::{Place, Quarantine};
use chrono::NaiveDate;
use std::collections::BTreeSet;
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

    /// Says how many rows of `table` lie on or after the as-of date and are not used.
    pub(crate) fn report_future(&mut self, table: &Table, rows: usize) {
        if rows > 0 {
            let what = format!(
                "{} on or after the as-of date {} not used",
                number_of(rows, "row"),
                self.as_of
            );
            self.exceptions.push(
                Exception::new(
                    Severity::Info,
                    ExceptionKind::FutureRows,
                    Subject::Table(table.schema.table.to_owned()),
                    what,
                    "they were not known that morning",
                )
                .with_effect(Effect::Rows(rows as u64)),
            );
        }
    }
}

/// `units` of a code that stands for `factor` units of its item each.
pub(crate) fn scaled(units: Option<Units>, factor: f64) -> Units {
    #[expect(clippy::cast_possible_truncation, reason = "both factors are bounded by the reader")]
    units.map_or(Units(0), |u| Units((u.0 as f64 * factor).round() as i64))
}

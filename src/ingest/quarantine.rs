//! Rejected rows: where they stood, why, and when there are too many of them.

use super::values::clip;
use crate::error::{Error, Quarantined, Result};
use crate::inputs::Source;
use std::collections::BTreeMap;
use std::path::Path;

/// Rows kept with their place a file; the rest is only counted.
const KEPT: u64 = 10_000;

/// Where a row stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// File, relative to the data folder.
    pub(super) file: &'a str,
    /// Line in it, the header being line 1; row number in a Parquet file.
    pub(super) line: u64,
}

/// Collects rejected rows and counts them by file.
#[derive(Debug, Clone, Default)]
pub(super) struct Quarantine {
    rows: Vec<Quarantined>,
    rejected: BTreeMap<String, u64>,
    excluded: BTreeMap<String, u64>,
}

impl Quarantine {
    /// Puts one row aside.
    pub(super) fn reject(&mut self, place: Place<'_>, column: &str, value: &str, reason: impl Into<String>) {
        let count = count(&mut self.rejected, place.file);
        if *count <= KEPT {
            self.rows.push(Quarantined {
                file: place.file.to_owned(),
                line: place.line,
                column: column.to_owned(),
                value: clip(value),
                reason: reason.into(),
            });
        }
    }

    /// Counts one row that a rule leaves out.
    pub(super) fn exclude(&mut self, file: &str) {
        count(&mut self.excluded, file);
    }

    /// Rows of `file` left out by a rule.
    pub(super) fn excluded(&self, file: &str) -> u64 {
        self.excluded.get(file).copied().unwrap_or(0)
    }

    /// Writes the counts into `sources` and refuses a table whose reject share is above `limit`.
    ///
    /// # Errors
    /// If a table has more than `allowed` rejected rows and a larger share of them than `limit`, or lost all its sales.
    pub(super) fn gate(&self, data: &Path, sources: &mut [Source], limit: f64, allowed: u64) -> Result<()> {
        for source in sources.iter_mut() {
            source.rejected = self.rejected.get(&source.file).copied().unwrap_or(0);
        }
        let mut tables: BTreeMap<&str, (u64, u64, &str)> = BTreeMap::new();
        for source in &*sources {
            let (rows, rejected, worst) = tables.entry(&source.table).or_insert((0, 0, &source.file));
            *rows += source.rows;
            *rejected += source.rejected;
            if source.rejected > self.rejected.get(*worst).copied().unwrap_or(0) {
                *worst = &source.file;
            }
        }
        for (table, (rows, rejected, file)) in tables {
            let share = rejected as f64 / rows.max(1) as f64;
            if rejected > allowed && share > limit {
                let message = format!(
                    "{rejected} of {rows} rows of {table} are rejected ({:.1} %, the limit is {:.1} %: [data] reject_share_limit){}",
                    share * 100.0,
                    limit * 100.0,
                    self.example(file)
                );
                return Err(Error::input(data.join(file), message));
            }
        }
        Ok(())
    }

    /// `; the first: line 7, quantity `x`: not a number`, or nothing.
    pub(super) fn example(&self, file: &str) -> String {
        let first = self.rows.iter().filter(|q| q.file == file).min_by_key(|q| q.line);
        first.map(|q| format!("; the first: line {}, {} `{}`: {}", q.line, q.column, q.value, q.reason)).unwrap_or_default()
    }

    /// All kept rows, sorted.
    pub(super) fn into_rows(mut self) -> Vec<Quarantined> {
        self.rows.sort();
        self.rows
    }
}

fn count<'a>(counts: &'a mut BTreeMap<String, u64>, file: &str) -> &'a mut u64 {
    if !counts.contains_key(file) {
        counts.insert(file.to_owned(), 0);
    }
    let count = counts.get_mut(file).expect("just inserted");
    *count += 1;
    count
}

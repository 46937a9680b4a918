//! Rejected rows: where they stood, why, and when there are too many of them.

use crate::domain::error::{Error, Result};
use crate::domain::exceptions::Quarantined;
use crate::domain::inputs::Source;
use crate::ingest::cells::values::clip;
use std::collections::BTreeMap;
use std::path::Path;

/// Rows kept with their place a file; the rest is only counted.
const KEPT: u64 = 10_000;

/// Where a row stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Table it belongs to: two tables may share a file.
    pub(crate) table: &'static str,
    /// File, relative to the data folder.
    pub(crate) file: &'a str,
    /// Line in it, the header being line 1; row number in a Parquet file.
    pub(crate) line: u64,
}

/// Collects rejected rows and counts them by file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Quarantine {
    rows: Vec<Quarantined>,
    rejected: BTreeMap<(&'static str, String), u64>,
    excluded: BTreeMap<(&'static str, String), u64>,
}

impl Quarantine {
    /// Puts one row aside.
    pub(crate) fn reject(
        &mut self,
        place: Place<'_>,
        column: &str,
        value: &str,
        reason: impl Into<String>,
    ) {
        if count(&mut self.rejected, place) <= KEPT {
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
    pub(crate) fn exclude(&mut self, place: Place<'_>) {
        count(&mut self.excluded, place);
    }

    /// Rows of `source` left out by a rule.
    pub(crate) fn excluded(&self, source: &Source) -> u64 {
        of(&self.excluded, source)
    }

    /// Writes the counts into `sources` and refuses a table whose reject share is above `limit`.
    ///
    /// # Errors
    /// If a table has more than `allowed` rejected rows and a larger share of them than `limit`, or
    /// lost all its sales.
    pub(crate) fn gate(
        &self,
        data: &Path,
        sources: &mut [Source],
        limit: f64,
        allowed: u64,
    ) -> Result<()> {
        for source in sources.iter_mut() {
            source.rejected = of(&self.rejected, source);
        }
        let mut tables: BTreeMap<&str, Vec<&Source>> = BTreeMap::new();
        sources.iter().for_each(|source| tables.entry(&source.table).or_default().push(source));
        for (table, sources) in tables {
            let (rows, rejected) =
                sources.iter().fold((0, 0), |(n, r), s| (n + s.rows, r + s.rejected));
            let worst = sources.iter().max_by_key(|s| s.rejected).map_or("", |s| s.file.as_str());
            let share = rejected as f64 / rows.max(1) as f64;
            if rejected > allowed && share > limit {
                let message = format!(
                    "{rejected} of {rows} rows of {table} are rejected ({:.1} %, the limit is {:.1} %: [data] reject_share_limit){}",
                    share * 100.0,
                    limit * 100.0,
                    self.example(worst)
                );
                return Err(Error::input(data.join(worst), message));
            }
        }
        Ok(())
    }

    /// `; the first: line 7, quantity `x`: not a number`, or nothing.
    pub(crate) fn example(&self, file: &str) -> String {
        let first = self.rows.iter().filter(|q| q.file == file).min_by_key(|q| q.line);
        first
            .map(|q| {
                format!("; the first: line {}, {} `{}`: {}", q.line, q.column, q.value, q.reason)
            })
            .unwrap_or_default()
    }

    /// All kept rows, sorted.
    pub(crate) fn into_rows(mut self) -> Vec<Quarantined> {
        self.rows.sort();
        self.rows
    }
}

/// Counts one more row at `place`.
fn count(counts: &mut BTreeMap<(&'static str, String), u64>, place: Place<'_>) -> u64 {
    let count = counts.entry((place.table, place.file.to_owned())).or_insert(0);
    *count += 1;
    *count
}

fn of(counts: &BTreeMap<(&'static str, String), u64>, source: &Source) -> u64 {
    let same =
        counts.iter().filter(|((table, file), _)| *table == source.table && *file == source.file);
    same.map(|(_, count)| count).sum()
}

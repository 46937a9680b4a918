//! Rejected rows: where they stood, why, and when there are too many of them.

use crate::domain::exceptions::Quarantined;
use crate::domain::inputs::Source;
use crate::ingest::cells::interner::LeftOut;
use crate::ingest::cells::values::clip;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

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

/// Why a table is refused, and the file that most of it is in.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) table: String,
    pub(crate) file: String,
    pub(crate) message: String,
}

/// Collects rejected rows and counts them by file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Quarantine {
    rows: Vec<Quarantined>,
    rejected: BTreeMap<(Cow<'static, str>, String), u64>,
    left_out: BTreeMap<(Cow<'static, str>, String), BTreeMap<LeftOut, LeftOutRows>>,
    partly_returned: BTreeMap<String, PartlyReturned>,
}

/// Rows of orders that were refunded in part, in one file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct PartlyReturned {
    /// Rows of which nobody knows what came back ...
    pub(crate) rows: u64,
    /// ... what they sold ...
    pub(crate) units: f64,
    /// ... and the money paid back of their orders.
    pub(crate) money: f64,
    /// Rows whose refund says how many units came back ...
    pub(crate) netted_rows: u64,
    /// ... and how many those are.
    pub(crate) netted_units: f64,
    /// Where the first of all of them stands.
    pub(crate) line: u64,
}

impl PartlyReturned {
    fn begin(&mut self, line: u64) {
        if self.rows + self.netted_rows == 0 {
            self.line = line;
        }
    }
}

/// How many rows are left out for one reason.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct LeftOutRows {
    pub(crate) rows: u64,
    /// Their units, as far as they can be read.
    pub(crate) units: f64,
    /// The first of them: its line, and what stood there.
    pub(crate) line: u64,
    pub(crate) value: String,
}

impl LeftOutRows {
    fn add(&mut self, line: u64, value: &str, units: f64) {
        if self.rows == 0 {
            self.line = line;
            self.value = clip(value);
        }
        self.rows += 1;
        if units.is_finite() {
            self.units += units;
        }
    }
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

    /// Counts `rows` more rows of the file of `place` that are rejected like the one there.
    pub(crate) fn reject_more(&mut self, place: Place<'_>, rows: u64) {
        *self.rejected.entry((place.table.into(), place.file.to_owned())).or_insert(0) += rows;
    }

    /// Counts one row of so many units (NaN = unknown) that is left out.
    pub(crate) fn leave_out(&mut self, place: Place<'_>, what: LeftOut, value: &str, units: f64) {
        let of_file = self.left_out.entry((place.table.into(), place.file.to_owned())).or_default();
        // The sum of what stands above it says nothing of its own.
        let units = if what == LeftOut::Total { f64::NAN } else { units };
        of_file.entry(what).or_default().add(place.line, value, units);
    }

    /// Counts one row of which some units came back, nobody knows how many; `money` is what was
    /// paid back, NaN where that is not known, either.
    pub(crate) fn partly_returned(&mut self, place: Place<'_>, units: f64, money: f64) {
        let rows = self.partly_returned.entry(place.file.to_owned()).or_default();
        rows.begin(place.line);
        rows.rows += 1;
        rows.units += if units.is_finite() { units } else { 0.0 };
        rows.money += if money.is_finite() { money } else { 0.0 };
    }

    /// Counts one row of which `units` came back, as the refund of its order says.
    pub(crate) fn netted(&mut self, file: &str, line: u64, units: f64) {
        let rows = self.partly_returned.entry(file.to_owned()).or_default();
        rows.begin(line);
        rows.netted_rows += 1;
        rows.netted_units += units;
    }

    /// Rows of which some units came back, by file.
    pub(crate) fn refunded_in_part(&self) -> impl Iterator<Item = (&String, &PartlyReturned)> {
        self.partly_returned.iter()
    }

    /// Rows of `source` that are left out, by reason.
    pub(crate) fn left_out(
        &self,
        source: &Source,
    ) -> impl Iterator<Item = (&LeftOut, &LeftOutRows)> {
        let same = self
            .left_out
            .iter()
            .filter(|((table, file), _)| *table == source.table && *file == source.file);
        same.flat_map(|(_, reasons)| reasons)
    }

    /// Rows of `source` that are left out.
    pub(crate) fn excluded(&self, source: &Source) -> u64 {
        self.left_out(source).map(|(_, left_out)| left_out.rows).sum()
    }

    /// Rows in quarantine of all files.
    pub(crate) fn rejected_rows(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// Rows left out of all files.
    pub(crate) fn left_out_rows(&self) -> u64 {
        self.left_out.values().flat_map(BTreeMap::values).map(|left_out| left_out.rows).sum()
    }

    /// Writes the counts into `sources` and refuses a table that has more than `allowed` rejected
    /// rows and a larger share of them than `limit`.
    pub(crate) fn gate(&self, sources: &mut [Source], limit: f64, allowed: u64) -> Option<Refusal> {
        for source in sources.iter_mut() {
            source.rejected = of(&self.rejected, source);
        }
        let mut tables: BTreeMap<&str, Vec<&Source>> = BTreeMap::new();
        sources.iter().for_each(|source| tables.entry(&source.table).or_default().push(source));
        for (table, sources) in tables {
            // What is no row of the table at all says nothing about those that should be.
            let rows: u64 = sources.iter().map(|s| s.rows.saturating_sub(self.excluded(s))).sum();
            let rejected: u64 = sources.iter().map(|s| s.rejected).sum();
            let worst = sources.iter().max_by_key(|s| s.rejected).map_or("", |s| s.file.as_str());
            let share = rejected as f64 / rows.max(1) as f64;
            // A few bad rows of a short table are a large share of it, and no reason to stop a
            // night.
            if rejected > allowed && share > limit {
                let message = format!(
                    "{rejected} of {rows} rows of {table} are rejected ({:.1} %, the limit is \
                     {:.1} %: [data] reject_share_limit){}",
                    share * 100.0,
                    limit * 100.0,
                    self.example(worst)
                );
                return Some(Refusal { table: table.to_owned(), file: worst.to_owned(), message });
            }
        }
        None
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

    /// Takes in what was put aside of another table.
    pub(crate) fn append(&mut self, other: Self) {
        self.rows.extend(other.rows);
        for (key, rejected) in other.rejected {
            *self.rejected.entry(key).or_insert(0) += rejected;
        }
        self.left_out.extend(other.left_out);
        self.partly_returned.extend(other.partly_returned);
    }

    /// Takes in what other readers of the table put aside. A file that several have read, each for
    /// items of its own, has the same bad rows for all of them.
    pub(crate) fn merge(&mut self, other: Self) {
        // Workers that read the same small table refuse the same rows: each counts once.
        let known: BTreeSet<Quarantined> = self.rows.iter().cloned().collect();
        let before = |rows: &[Quarantined], file: &str| {
            rows.iter().filter(|row| row.file == file).count() as u64
        };
        let twice = |row: &&Quarantined| known.contains(*row);
        let shared: Vec<Quarantined> = other.rows.iter().filter(twice).cloned().collect();
        for (key, rejected) in other.rejected {
            let shared = before(&shared, &key.1);
            *self.rejected.entry(key).or_insert(0) += rejected - shared.min(rejected);
        }
        self.rows.extend(other.rows.into_iter().filter(|row| !known.contains(row)));
        for (key, reasons) in other.left_out {
            let own = self.left_out.entry(key).or_default();
            for (reason, rows) in reasons {
                let known = own.entry(reason).or_default();
                if rows.rows > known.rows {
                    *known = rows;
                }
            }
        }
        for (file, rows) in other.partly_returned {
            let known = self.partly_returned.entry(file).or_default();
            if rows.rows + rows.netted_rows > known.rows + known.netted_rows {
                *known = rows;
            }
        }
    }

    /// All kept rows, sorted.
    pub(crate) fn into_rows(mut self) -> Vec<Quarantined> {
        self.rows.sort();
        self.rows
    }
}

/// Counts one more row at `place`.
fn count(counts: &mut BTreeMap<(Cow<'static, str>, String), u64>, place: Place<'_>) -> u64 {
    let count = counts.entry((place.table.into(), place.file.to_owned())).or_insert(0);
    *count += 1;
    *count
}

fn of(counts: &BTreeMap<(Cow<'static, str>, String), u64>, source: &Source) -> u64 {
    let same =
        counts.iter().filter(|((table, file), _)| *table == source.table && *file == source.file);
    same.map(|(_, count)| count).sum()
}

//! The loop that reads a table from all its files.

use crate::domain::error::Result;
use crate::domain::exceptions::Exception;
use crate::domain::inputs::Source;
use crate::ingest::cells::days::date_of;
use crate::ingest::cells::mapping::Mapped;
use crate::ingest::cells::reader::ColumnReader;
use crate::ingest::cells::values::{NO_DAY, Values};
use crate::ingest::files::chunk::{Chunk, Reading, Sink};
use crate::ingest::files::source::{self, Format};
use crate::ingest::files::{parquet, text};
use crate::ingest::settings::{Settings, TableMapping};
use crate::ingest::tables::quarantine::Quarantine;
use crate::ingest::tables::schema::Schema;
use chrono::NaiveDate;
use std::path::Path;

/// What reading a table left behind, apart from its rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Read {
    /// One a file; empty when the table is not there.
    pub(crate) sources: Vec<Source>,
    /// Unused columns.
    pub(crate) exceptions: Vec<Exception>,
    /// Dictionaries of the columns.
    pub(crate) columns: Vec<ColumnReader>,
}

/// Reads every file of a table and hands its rows to `sink`, chunk by chunk, in file and row order.
///
/// # Errors
/// If a file cannot be used as a whole.
pub(crate) fn read(
    data: &Path,
    schema: &'static Schema,
    settings: &Settings,
    quarantine: &mut Quarantine,
    sink: &mut Sink<'_>,
) -> Result<Read> {
    let default = TableMapping::default();
    let mapping = settings.mapping.get(schema.table).unwrap_or(&default);
    let mapped = Mapped::new(schema, mapping);
    let columns = schema
        .columns
        .iter()
        .map(|c| ColumnReader::new(c, mapped.rules(c.name), settings, mapping))
        .collect();
    let mut reading =
        Reading { settings, mapping, mapped, columns, quarantine, exceptions: Vec::new() };
    let dated = schema.dated.and_then(|name| schema.position(name));
    let mut sources = Vec::new();
    for file in source::files(data, schema, mapping)? {
        let mut newest = None;
        let mut pass_on = |chunk: Chunk, columns: &[ColumnReader], quarantine: &mut Quarantine| {
            newest = newest.max(dated.and_then(|at| newest_day(&chunk, at)));
            sink(chunk, columns, quarantine)
        };
        let mut sha256 = Ok(String::new());
        let rows = rayon::in_place_scope(|scope| {
            scope.spawn(|_| sha256 = file.sha256());
            match file.format {
                Format::Parquet => parquet::read(&file, &mut reading, &mut pass_on),
                Format::Text | Format::Gzip => text::read(&file, &mut reading, &mut pass_on),
            }
        })?;
        sources.push(Source {
            table: schema.table.to_owned(),
            file: file.name,
            rows,
            rejected: 0,
            sha256: sha256?,
            newest,
        });
    }
    Ok(Read { sources, exceptions: reading.exceptions, columns: reading.columns })
}

fn newest_day(chunk: &Chunk, at: usize) -> Option<NaiveDate> {
    let Values::Day(days) = &chunk.columns[at] else { return None };
    let good = days.iter().enumerate().filter(|&(row, &day)| day != NO_DAY && chunk.is_good(row));
    good.map(|(_, &day)| day).max().map(date_of)
}

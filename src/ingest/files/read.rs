//! The loop that reads one source of a table from all its files.

use crate::domain::error::Result;
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::Source;
use crate::ingest::cells::days::date_of;
use crate::ingest::cells::mapping::Mapped;
use crate::ingest::cells::reader::ColumnReader;
use crate::ingest::cells::values::{NO_DAY, Values};
use crate::ingest::files::chunk::{Chunk, Reading, Sink};
use crate::ingest::files::source::{File, Format};
use crate::ingest::files::{parquet, text, workbook};
use crate::ingest::settings::{Settings, TableMapping};
use crate::ingest::tables::quarantine::Quarantine;
use crate::ingest::tables::schema::Schema;
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// One source of a table: how it is mapped, and its files.
#[derive(Debug)]
pub(crate) struct TableSource<'a> {
    pub(crate) schema: &'static Schema,
    pub(crate) mapping: &'a TableMapping,
    pub(crate) files: Vec<File>,
    /// Whether the rows of several files are compared by their order numbers.
    pub(crate) compares_orders: bool,
    /// Locations that other tables name, where they are known.
    pub(crate) known_locations: Option<&'a BTreeSet<String>>,
}

/// What reading a source left behind, apart from its rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Read {
    /// One a file.
    pub(crate) sources: Vec<Source>,
    /// Unused columns, assumptions.
    pub(crate) exceptions: Vec<Exception>,
    /// Files that another one says all of, byte for byte.
    pub(crate) twins: Vec<String>,
    /// Dictionaries of the columns.
    pub(crate) columns: Vec<ColumnReader>,
    /// Whether several rows of one day and item, in one file, are parts of one figure.
    pub(crate) added_up: bool,
}

/// Reads every file of a source and hands its rows to `sink`, chunk by chunk, in file and row
/// order.
///
/// # Errors
/// If a file cannot be used as a whole.
pub(crate) fn read(
    source: &TableSource<'_>,
    settings: &Settings,
    quarantine: &mut Quarantine,
    sink: &mut Sink<'_>,
) -> Result<Read> {
    let TableSource { schema, mapping, .. } = source;
    let mut mapped = Mapped::new(schema, mapping);
    mapped.compares_orders = source.compares_orders;
    mapped.known_locations = source.known_locations;
    let mut columns = Vec::with_capacity(schema.columns.len());
    for column in schema.columns {
        let rules = mapped.rules(column.name);
        columns.push(ColumnReader::new(column, rules, settings, mapping, mapped.preset));
    }
    let mut reading = Reading {
        settings,
        mapping,
        mapped,
        columns,
        quarantine,
        exceptions: Vec::new(),
        shown: Vec::new(),
        by_habit: Vec::new(),
    };
    let dated = schema.dated.and_then(|name| schema.position(name));
    let mut sources: Vec<Source> = Vec::new();
    let mut twins = Vec::new();
    for (nth, file) in source.files.iter().enumerate() {
        if let Some(twin) = twin(&source.files[..nth], &sources, file)? {
            reading.exceptions.push(Exception::new(
                Severity::Warning,
                ExceptionKind::RepeatedRows,
                Subject::File(file.name.clone()),
                format!("the file is {twin} once more, byte for byte: it is read once"),
                "the same download lies in the folder twice; remove one",
            ));
            twins.push(file.name.clone());
            continue;
        }
        let mut newest = None;
        let mut pass_on = |chunk: Chunk, columns: &[ColumnReader], quarantine: &mut Quarantine| {
            newest = newest.max(dated.and_then(|at| newest_day(&chunk, at)));
            sink(chunk, columns, quarantine)
        };
        let mut sha256 = Ok(String::new());
        let rows = rayon::in_place_scope(|scope| {
            // The digest reads the file a second time, from the cache of the first, while the rows
            // are made of it: on another thread it costs nothing.
            scope.spawn(|_| sha256 = file.sha256());
            match file.format {
                Format::Parquet => parquet::read(file, &mut reading, &mut pass_on),
                Format::Text | Format::Gzip => text::read(file, &mut reading, &mut pass_on),
                Format::Workbook => workbook::read(file, &mut reading, &mut pass_on),
            }
        });
        // Before what went wrong with it: half a file is what somebody is still writing.
        file.is_unchanged()?;
        let rows = rows?;
        reading.tell_conventions(file);
        sources.push(Source {
            table: schema.table.to_owned(),
            file: file.name.clone(),
            rows,
            rejected: 0,
            sha256: sha256?,
            newest,
            origin: file.origin.clone(),
        });
    }
    reading.tell_other_orders();
    // The same columns are unused in every file of a source, and the same was assumed: said once.
    let mut said = BTreeSet::new();
    let mut exceptions = reading.exceptions;
    exceptions.retain(|e| {
        let is_of_layout =
            matches!(e.kind, ExceptionKind::UnmatchedColumn | ExceptionKind::AssumedLayout);
        !is_of_layout || said.insert(e.what.clone())
    });
    let added_up = reading.mapped.preset.added_up;
    Ok(Read { sources, exceptions, twins, columns: reading.columns, added_up })
}

/// The file before `file` that has the very same bytes and stands for the same partition. Digests
/// are only compared where lengths agree.
fn twin(before: &[File], sources: &[Source], file: &File) -> Result<Option<String>> {
    let bytes = file.bytes();
    for other in before {
        // Only files of the same length are digested for it; and the same bytes in another
        // partition (`channel=web`) are other sales.
        if other.bytes() == bytes && other.partitions == file.partitions {
            let read = sources.iter().find(|source| source.file == other.name);
            if let Some(read) = read
                && read.sha256 == file.sha256()?
            {
                return Ok(Some(other.name.clone()));
            }
        }
    }
    Ok(None)
}

fn newest_day(chunk: &Chunk, at: usize) -> Option<NaiveDate> {
    let Values::Day(days) = &chunk.columns[at] else { return None };
    let good = days.iter().enumerate().filter(|&(row, &day)| day != NO_DAY && chunk.is_good(row));
    good.map(|(_, &day)| day).max().map(date_of)
}

//! Rows of one table as columns of typed cells, and the loop that reads them from all its files.

use crate::domain::error::Result;
use crate::domain::exceptions::Exception;
use crate::domain::inputs::Source;
use crate::domain::units::{Money, Units};
use crate::ingest::cells::days::date_of;
use crate::ingest::cells::interner::Problem;
use crate::ingest::cells::mapping::{ColumnPlan, Mapped};
use crate::ingest::cells::reader::ColumnReader;
use crate::ingest::cells::values::{NO_DAY, Values};
use crate::ingest::files::parquet;
use crate::ingest::files::source::{self, Format};
use crate::ingest::files::text;
use crate::ingest::settings::{Settings, TableMapping};
use crate::ingest::tables::quarantine::{Place, Quarantine};
use crate::ingest::tables::schema::Schema;
use chrono::NaiveDate;
use std::path::Path;

/// Rows handed over at once.
pub(crate) const CHUNK_ROWS: usize = 1 << 16;

/// Some rows of one file.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    /// Table it belongs to.
    pub(crate) table: &'static str,
    /// File, relative to the data folder.
    pub(crate) file: String,
    /// One a column of the schema.
    pub(crate) columns: Vec<Values>,
    /// Whether a row must be skipped; empty = none.
    pub(crate) bad: Vec<bool>,
    /// Line of each row; empty = `first_line` and one more each.
    pub(crate) lines: Vec<u64>,
    /// Line of the first row.
    pub(crate) first_line: u64,
    /// Number of rows.
    pub(crate) rows: usize,
    /// Rows of the file from this chunk on, where the file tells.
    pub(crate) rows_ahead: usize,
}

impl Chunk {
    /// No rows yet.
    pub(crate) fn new(table: &'static str, file: &str, columns: Vec<Values>) -> Self {
        Self {
            table,
            file: file.to_owned(),
            columns,
            bad: Vec::new(),
            lines: Vec::new(),
            first_line: 0,
            rows: 0,
            rows_ahead: 0,
        }
    }

    /// The place of row `row`.
    pub(crate) fn place(&self, row: usize) -> Place<'_> {
        Place {
            table: self.table,
            file: &self.file,
            line: self.lines.get(row).copied().unwrap_or(self.first_line + row as u64),
        }
    }

    /// Whether row `row` can be used.
    pub(crate) fn is_good(&self, row: usize) -> bool {
        !self.bad.get(row).copied().unwrap_or(false)
    }
}

/// What one table is read with.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    /// Limits.
    pub(crate) settings: &'a Settings,
    /// The table's configuration.
    pub(crate) mapping: &'a TableMapping,
    /// Its columns' names and rules.
    pub(crate) mapped: Mapped<'a>,
    /// One a column of the schema.
    pub(crate) columns: Vec<ColumnReader>,
    /// Where rejected rows go.
    pub(crate) quarantine: &'a mut Quarantine,
    /// Unused columns.
    pub(crate) exceptions: Vec<Exception>,
}

impl Reading<'_> {
    /// Where each column of the schema comes from in the file at `path`.
    pub(crate) fn plan(&mut self, path: &Path, headings: &[String]) -> Result<ColumnPlan> {
        let mut plan = self.mapped.plan(path, headings)?;
        self.exceptions.append(&mut plan.exceptions);
        Ok(plan)
    }

    /// Puts a row aside: into quarantine, or only counted where a rule leaves it out.
    pub(crate) fn set_aside(
        &mut self,
        place: Place<'_>,
        column: usize,
        value: &str,
        problem: Problem,
    ) {
        match problem {
            Problem::Excluded => self.quarantine.exclude(place),
            Problem::Rejected(reason) => {
                self.quarantine.reject(place, self.columns[column].column.name, value, reason)
            }
        }
    }
}

/// Takes over chunks: (chunk, the columns' dictionaries, the quarantine).
pub(crate) type Sink<'a> = dyn FnMut(Chunk, &[ColumnReader], &mut Quarantine) -> Result<()> + 'a;

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

/// A small table, all rows in memory.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// Which one.
    pub(crate) schema: &'static Schema,
    /// Its rows.
    pub(crate) chunks: Vec<Chunk>,
    /// Dictionaries of its columns.
    pub(crate) columns: Vec<ColumnReader>,
}

impl Table {
    /// Its usable rows, in file and row order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let good = |chunk: &'_ Chunk, row: usize| chunk.is_good(row);
        self.chunks.iter().flat_map(move |chunk| {
            (0..chunk.rows).filter(move |&row| good(chunk, row)).map(move |row| Row {
                table: self,
                chunk,
                row,
            })
        })
    }
}

/// One row of a small table; columns are asked for by name, which must be in the schema.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    table: &'a Table,
    chunk: &'a Chunk,
    row: usize,
}

impl<'a> Row<'a> {
    /// Where it stands.
    pub(crate) fn place(&self) -> Place<'a> {
        self.chunk.place(self.row)
    }

    /// Whether the table can have this column at all.
    pub(crate) fn has(&self, column: &str) -> bool {
        self.table.schema.position(column).is_some()
    }

    fn at(&self, column: &str) -> usize {
        self.table
            .schema
            .position(column)
            .expect("the conversion asks for columns of its own schema")
    }

    /// The text, empty when there is none.
    pub(crate) fn text(&self, column: &str) -> &'a str {
        self.text_at(self.at(column))
    }

    /// The text in the column at `at` of the schema, empty when there is none.
    pub(crate) fn text_at(&self, at: usize) -> &'a str {
        match &self.chunk.columns[at] {
            Values::Text(codes) => self.table.columns[at].interner.name(codes[self.row]),
            _ => "",
        }
    }

    /// The number, or the position of a word among its choices.
    pub(crate) fn number(&self, column: &str) -> Option<f64> {
        match &self.chunk.columns[self.at(column)] {
            Values::Number(numbers) => Some(numbers[self.row]).filter(|n| !n.is_nan()),
            _ => None,
        }
    }

    /// The word among the choices of its column, of which `words` are the meanings in the same order.
    pub(crate) fn choice<W: Copy>(&self, column: &str, words: &[W]) -> Option<W> {
        self.number(column).map(|position| words[position as usize])
    }

    /// The cell as text, for the quarantine.
    pub(crate) fn shown(&self, column: &str) -> String {
        match &self.chunk.columns[self.at(column)] {
            Values::Number(_) => self.number(column).map(|n| n.to_string()).unwrap_or_default(),
            Values::Day(_) => self.date(column).map(|d| d.to_string()).unwrap_or_default(),
            _ => self.text(column).to_owned(),
        }
    }

    /// Whole units.
    pub(crate) fn units(&self, column: &str) -> Option<Units> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the reader accepted whole numbers within bounds"
        )]
        self.number(column).map(|n| Units(n as i64))
    }

    /// An amount of money.
    pub(crate) fn money(&self, column: &str) -> Option<Money> {
        self.number(column).map(Money::from_f64)
    }

    /// The date.
    pub(crate) fn date(&self, column: &str) -> Option<NaiveDate> {
        match &self.chunk.columns[self.at(column)] {
            Values::Day(days) => Some(days[self.row]).filter(|&d| d != NO_DAY).map(date_of),
            _ => None,
        }
    }
}

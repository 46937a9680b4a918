//! A small table, all rows in memory, and its rows column by column.

use crate::domain::units::{Money, Units};
use crate::ingest::cells::days::date_of;
use crate::ingest::cells::reader::ColumnReader;
use crate::ingest::cells::values::{NO_DAY, Values};
use crate::ingest::files::chunk::Chunk;
use crate::ingest::tables::quarantine::Place;
use crate::ingest::tables::schema::Schema;
use crate::ingest::tables::whole_units::Rounding;
use chrono::NaiveDate;

/// A small table, all rows in memory.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// Which one.
    pub(crate) schema: &'static Schema,
    /// The rows of each of its sources.
    pub(crate) sources: Vec<SourceRows>,
}

/// The rows of one source.
#[derive(Debug, Clone)]
pub(crate) struct SourceRows {
    /// Its rows.
    pub(crate) chunks: Vec<Chunk>,
    /// Dictionaries of its columns.
    pub(crate) columns: Vec<ColumnReader>,
    /// Whether several rows of one day and item, in one file, are parts of one figure.
    pub(crate) added_up: bool,
}

impl Table {
    /// Its usable rows, in file and row order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.sources.iter().flat_map(move |source| {
            source.chunks.iter().flat_map(move |chunk| {
                (0..chunk.rows).filter(|&row| chunk.is_good(row)).map(move |row| Row {
                    table: self,
                    source,
                    chunk,
                    row,
                })
            })
        })
    }
}

/// One row of a small table; columns are asked for by name, which must be in the schema.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    table: &'a Table,
    source: &'a SourceRows,
    chunk: &'a Chunk,
    row: usize,
}

impl<'a> Row<'a> {
    /// Where it stands.
    pub(crate) fn place(&self) -> Place<'a> {
        self.chunk.place(self.row)
    }

    /// Whether it is a part of a figure that other rows of its file have the rest of.
    pub(crate) fn is_part(&self) -> bool {
        self.source.added_up
    }

    /// Whether it says the same as a row of the same file.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let columns = self.chunk.columns.iter().zip(&other.chunk.columns);
        columns.into_iter().all(|(mine, theirs)| mine.is_same(self.row, theirs, other.row))
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
            Values::Text(codes) => self.source.columns[at].interner.name(codes[self.row]),
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

    /// The word among the choices of its column, of which `words` are the meanings in the same
    /// order.
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

    /// Whole units, of a quantity with a fraction those that its column's rounding makes of it.
    pub(crate) fn units(&self, column: &str) -> Option<Units> {
        self.number(column).map(|n| Rounding::of(column).whole(n))
    }

    /// The same of a code that stands for `factor` units of its item each.
    pub(crate) fn units_of(&self, column: &str, factor: f64) -> Option<Units> {
        self.number(column).map(|n| Rounding::of(column).whole(n * factor))
    }

    /// An amount of money.
    pub(crate) fn money(&self, column: &str) -> Option<Money> {
        self.number(column).map(Money::from_f64)
    }

    /// A price of a code that stands for `factor` units of its item each, of one of them.
    pub(crate) fn money_of(&self, column: &str, factor: f64) -> Option<Money> {
        self.number(column).map(|amount| Money::from_f64(amount / factor))
    }

    /// The date.
    pub(crate) fn date(&self, column: &str) -> Option<NaiveDate> {
        match &self.chunk.columns[self.at(column)] {
            Values::Day(days) => Some(days[self.row]).filter(|&d| d != NO_DAY).map(date_of),
            _ => None,
        }
    }
}

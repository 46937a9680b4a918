//! What the readers of text and Parquet have in common: chunks of typed rows, and what a table is
//! read with.

use crate::domain::error::{Error, Result};
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::ingest::cells::days::{Habit, OrderEvidence, Shown};
use crate::ingest::cells::interner::{LeftOut, Problem};
use crate::ingest::cells::mapping::{CellSource, ColumnPlan, Mapped};
use crate::ingest::cells::numbers::{DecimalSign, Evidence};
use crate::ingest::cells::reader::ColumnReader;
use crate::ingest::cells::values::{NO_DAY, Values};
use crate::ingest::files::source::File;
use crate::ingest::settings::{Settings, TableMapping};
use crate::ingest::tables::quarantine::{Place, Quarantine};

/// Rows handed over at once.
pub(crate) const CHUNK_ROWS: usize = 1 << 16;

/// A row of a small table once it is made: a few numbers, names and dates.
const MADE_ROW_BYTES: u64 = 120;

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
    /// Rows that are bad because a rule leaves them out, where their order numbers still matter.
    pub(crate) void: Vec<usize>,
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
            void: Vec::new(),
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

    /// What its rows take, bytes, here and as the rows of the table that are made of them.
    pub(crate) fn bytes(&self) -> u64 {
        let cells: usize = self.columns.iter().map(Values::bytes).sum();
        (cells + 8 * self.lines.len()) as u64 + MADE_ROW_BYTES * self.rows as u64
    }

    /// The days of all its columns of days.
    pub(crate) fn days(&self) -> impl Iterator<Item = i32> {
        let mut days = Vec::new();
        for column in &self.columns {
            if let Values::Day(of_column) = column {
                days.extend(of_column.iter().copied().filter(|&day| day != NO_DAY));
            }
        }
        days.into_iter()
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
    /// In which order the files before have their dates: what some show, others are taken to have.
    pub(crate) shown: Vec<ShownBy>,
    pub(crate) by_habit: Vec<TakenFor>,
}

/// A file whose dates show their order.
#[derive(Debug)]
pub(crate) struct ShownBy {
    file: String,
    shown: Shown,
}

/// A file whose dates are taken to have an order.
#[derive(Debug)]
pub(crate) struct TakenFor {
    file: String,
    habit: Habit,
}

impl Reading<'_> {
    /// Begins a file that is read by `plan`.
    pub(crate) fn begin_file(&mut self, plan: &ColumnPlan) {
        let schema = self.mapped.schema();
        let by_row =
            schema.position("currency").is_some_and(|at| plan.from[at] != CellSource::Missing);
        // What suppliers ask is in their own currency.
        let is_own =
            matches!(schema.table, "sales" | "products" | "prices" | "channels" | "accounts");
        for (column, heading) in self.columns.iter_mut().zip(&plan.currencies) {
            column.begin_file(is_own && !by_row, heading.as_deref());
        }
    }

    /// Decides what the numbers and dates of `file` mean, by what each column of the schema shows.
    ///
    /// # Errors
    /// If the configuration says of its dates what they cannot be.
    pub(crate) fn settle(&mut self, file: &File, evidence: &[ColumnEvidence]) -> Result<()> {
        let all = evidence.iter().map(|column| column.numbers);
        let all = all.fold(Evidence::default(), Evidence::and);
        let mut days = OrderEvidence::default();
        evidence.iter().for_each(|column| days.add(&column.days));
        for (column, own) in self.columns.iter_mut().zip(evidence) {
            column.settle(own.numbers, all);
            if column.is_dated() {
                column.days.settle(&own.days, &days).map_err(|why| {
                    Error::input(&file.path, format!("column {}: {why}", column.column.name))
                })?;
            }
        }
        Ok(())
    }

    /// Says how the dates and numbers of `file` were read, where nobody had said it.
    pub(crate) fn tell_conventions(&mut self, file: &File) {
        for column in &mut self.columns {
            let Some(decimal) = column.assumed.take() else { continue };
            let (grouped, setting) = match decimal {
                DecimalSign::Point => ("1,200", "true"),
                DecimalSign::Comma => ("1.200", "false"),
            };
            self.exceptions.push(Exception::new(
                Severity::Info,
                ExceptionKind::AssumedLayout,
                Subject::File(file.base_name()),
                format!("in its column {}, `{grouped}` is read as 1200", column.column.name),
                format!(
                    "decimals would not end in zeros beside whole numbers; if they do, set \
                     decimal_comma = {setting} in its [mapping]"
                ),
            ));
        }
        let shown = self.columns.iter_mut().find_map(|column| column.days.shown.take());
        self.shown.extend(shown.map(|shown| ShownBy { file: file.base_name(), shown }));
        for settled in self.columns.iter_mut().filter_map(|column| column.days.settled.take()) {
            let habit = settled.by_habit.clone();
            self.by_habit.extend(habit.map(|habit| TakenFor { file: file.base_name(), habit }));
            self.exceptions.push(Exception::new(
                Severity::Info,
                ExceptionKind::AssumedLayout,
                Subject::File(file.base_name()),
                settled.what,
                settled.why,
            ));
        }
    }

    /// Says which files were taken to have their dates otherwise than the files beside them show.
    pub(crate) fn tell_other_orders(&mut self) {
        for TakenFor { file, habit } in &self.by_habit {
            let beside = self.shown.iter().find(|other| other.shown.order != habit.order);
            let is_shared = self.shown.iter().any(|other| other.shown.order == habit.order);
            let Some(ShownBy { file: other, shown }) = beside.filter(|_| !is_shared) else {
                continue;
            };
            self.exceptions.push(Exception::new(
                Severity::Error,
                ExceptionKind::AssumedLayout,
                Subject::File(file.clone()),
                format!(
                    "its dates are read as {}, and those of {other} beside it are {}: `{}` can be \
                     nothing else",
                    habit.order.words(),
                    shown.order.words(),
                    shown.text
                ),
                format!(
                    "if one tool has written both, write date_formats = [\"{}\"] in its [mapping]",
                    habit.other_format
                ),
            ));
        }
    }

    /// Puts a row of so many units (NaN = unknown) aside: into quarantine, or only counted where it
    /// is left out.
    pub(crate) fn set_aside(
        &mut self,
        place: Place<'_>,
        column: usize,
        value: &str,
        problem: Problem,
        units: f64,
    ) {
        let column = self.columns[column].column.name;
        match problem {
            Problem::Excluded => {
                let rule = LeftOut::Rule(column.to_owned());
                self.quarantine.leave_out(place, rule, value, units);
            }
            Problem::LeftOut(what) => self.quarantine.leave_out(place, what, value, units),
            Problem::Rejected(reason) => self.quarantine.reject(place, column, value, reason),
            Problem::Undecided => {
                unreachable!("a reader of lines asks for evidence before it sets a row aside")
            }
        }
    }
}

/// What the cells of one column show about how the file writes numbers and dates.
#[derive(Debug, Clone, Default)]
pub(crate) struct ColumnEvidence {
    pub(crate) numbers: Evidence,
    pub(crate) days: OrderEvidence,
}

impl ColumnEvidence {
    /// Takes one more cell of the column into account.
    pub(crate) fn see(&mut self, column: &ColumnReader, cell: &str) {
        if column.is_dated() {
            column.days.see(cell, &mut self.days);
        } else {
            self.numbers.see(cell);
        }
    }
}

/// Takes over chunks: (chunk, the columns' dictionaries, the quarantine).
pub(crate) type Sink<'a> = dyn FnMut(Chunk, &[ColumnReader], &mut Quarantine) -> Result<()> + 'a;

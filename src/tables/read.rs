//! A published table read back, by the declaration it was written by.

use crate::domain::error::{Error, Result};
use crate::domain::fault::guarded;
use crate::domain::units::{Money, Units};
use crate::store::PublishedRun;
use crate::tables::table::{Column, Declaration, Kind};
use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, new_null_array,
};
use arrow::compute::concat_batches;
use arrow::datatypes::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int64Type,
};
use bytes::Bytes;
use chrono::NaiveDate;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A whole table, checked against its declaration once, so that cells can be read without further
/// checks.
///
/// Cells are asked for by the column's name and type. Both are written in this crate: one that the
/// table does not declare is our own fault and panics.
#[derive(Debug)]
pub struct Rows {
    path: PathBuf,
    columns: Vec<Column>,
    /// In the order of `columns`, whatever the order in the file.
    arrays: Vec<ArrayRef>,
    rows: usize,
}

/// One cell, by the type of its column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    Text(&'a str),
    Date(NaiveDate),
    Number(f64),
    Whole(i64),
    Money(Money),
    Flag(bool),
}

impl Rows {
    /// Reads `tables/<name>.parquet` of a run folder.
    ///
    /// # Errors
    /// [`Error::Input`] for a file that is missing, damaged or of another schema.
    pub fn read(folder: &Path, table: &dyn Declaration) -> Result<Self> {
        let path = folder.join(table.path());
        let bytes = std::fs::read(&path).map_err(|e| Error::input(&path, e.to_string()))?;
        Self::from_bytes(path, bytes, table)
    }

    /// Reads a table of a published run, if it is what was published: a bit that turned on the
    /// disk would turn a quantity.
    ///
    /// # Errors
    /// As [`Rows::read`], and for a file whose digest is not the manifest's.
    pub fn of(run: &PublishedRun, table: &dyn Declaration) -> Result<Self> {
        let path = table.path();
        Self::from_bytes(run.folder.join(&path), run.content(&path)?, table)
    }

    fn from_bytes(path: PathBuf, bytes: Vec<u8>, table: &dyn Declaration) -> Result<Self> {
        let columns = table.columns();
        match read_arrays(bytes.into(), &columns) {
            Ok((arrays, rows)) => Ok(Self { path, columns, arrays, rows }),
            Err(what) => Err(Error::input(path, what)),
        }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The columns, in the order of the declaration.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The cell of column `at`, whatever its type, as a reader of texts takes it; `None` where it
    /// is missing. Amounts and numbers are written so that they read back the same.
    pub(crate) fn cell(&self, at: usize, row: usize) -> Option<Cell<'_>> {
        let array = &self.arrays[at];
        if array.is_null(row) {
            return None;
        }
        Some(match self.columns[at].kind {
            Kind::Text => Cell::Text(array.as_string::<i32>().value(row)),
            Kind::Date => Cell::Date(NaiveDate::from_epoch_days(
                array.as_primitive::<Date32Type>().value(row),
            )?),
            Kind::Real => Cell::Number(array.as_primitive::<Float64Type>().value(row)),
            Kind::Real32 => Cell::Number(f64::from(array.as_primitive::<Float32Type>().value(row))),
            Kind::Whole => Cell::Whole(array.as_primitive::<Int64Type>().value(row)),
            Kind::Units if Units::are_whole() => {
                Cell::Whole(array.as_primitive::<Int64Type>().value(row))
            }
            Kind::Units => Cell::Number(array.as_primitive::<Float64Type>().value(row)),
            Kind::Money => {
                let amount = array.as_primitive::<Decimal128Type>().value(row);
                // Eighteen digits fit 64 bits; only a damaged file has more.
                Cell::Money(Money(i64::try_from(amount).unwrap_or(i64::MAX)))
            }
            Kind::Flag => Cell::Flag(array.as_boolean().value(row)),
        })
    }

    fn column(&self, name: &str, kind: Kind, optional: bool) -> &ArrayRef {
        let at = self
            .columns
            .iter()
            .position(|c| c.name == name && c.kind == kind && c.optional == optional);
        &self.arrays[at.unwrap_or_else(|| {
            panic!(
                "{} declares no column {name} of {kind:?}, optional: {optional}",
                self.path.display()
            )
        })]
    }

    fn number<T: ArrowPrimitiveType>(&self, name: &str, kind: Kind, row: usize) -> T::Native {
        self.column(name, kind, false).as_primitive::<T>().value(row)
    }

    /// A text cell.
    #[must_use]
    pub fn text(&self, column: &str, row: usize) -> &str {
        self.column(column, Kind::Text, false).as_string::<i32>().value(row)
    }

    /// A text cell that may be missing.
    #[must_use]
    pub fn optional_text(&self, column: &str, row: usize) -> Option<&str> {
        let array = self.column(column, Kind::Text, true).as_string::<i32>();
        array.is_valid(row).then(|| array.value(row))
    }

    /// A text cell as one of a closed set of words.
    ///
    /// # Errors
    /// [`Error::Input`] for another word.
    pub(crate) fn word<W>(
        &self,
        column: &str,
        row: usize,
        read: fn(&str) -> Option<W>,
    ) -> Result<W> {
        let text = self.text(column, row);
        read(text).ok_or_else(|| self.unknown(column, text))
    }

    /// A text cell that may be missing, as one of a closed set of words.
    ///
    /// # Errors
    /// [`Error::Input`] for another word.
    pub(crate) fn optional_word<W>(
        &self,
        column: &str,
        row: usize,
        read: fn(&str) -> Option<W>,
    ) -> Result<Option<W>> {
        let Some(text) = self.optional_text(column, row) else { return Ok(None) };
        read(text).map(Some).ok_or_else(|| self.unknown(column, text))
    }

    fn unknown(&self, column: &str, word: &str) -> Error {
        self.broken(format!("column {column}: `{word}` is not known"))
    }

    /// The error of a table that does not say what it should.
    pub(crate) fn broken(&self, what: String) -> Error {
        Error::input(&self.path, what)
    }

    /// A number.
    #[must_use]
    pub fn real(&self, column: &str, row: usize) -> f64 {
        self.number::<Float64Type>(column, Kind::Real, row)
    }

    /// A number that may be missing.
    #[must_use]
    pub fn optional_real(&self, column: &str, row: usize) -> Option<f64> {
        let array = self.column(column, Kind::Real, true).as_primitive::<Float64Type>();
        array.is_valid(row).then(|| array.value(row))
    }

    /// A 32-bit number.
    #[must_use]
    pub fn real32(&self, column: &str, row: usize) -> f32 {
        self.number::<Float32Type>(column, Kind::Real32, row)
    }

    /// A whole number.
    #[must_use]
    pub fn whole(&self, column: &str, row: usize) -> i64 {
        self.number::<Int64Type>(column, Kind::Whole, row)
    }

    /// A whole number that may be missing.
    #[must_use]
    pub fn optional_whole(&self, column: &str, row: usize) -> Option<i64> {
        let array = self.column(column, Kind::Whole, true).as_primitive::<Int64Type>();
        array.is_valid(row).then(|| array.value(row))
    }

    /// Units of stock.
    #[must_use]
    pub fn units(&self, column: &str, row: usize) -> Units {
        of_array(self.column(column, Kind::Units, false), row)
    }

    /// Units of stock that may be missing.
    #[must_use]
    pub fn optional_units(&self, column: &str, row: usize) -> Option<Units> {
        let array = self.column(column, Kind::Units, true);
        array.is_valid(row).then(|| of_array(array, row))
    }

    /// An amount.
    #[must_use]
    pub fn money(&self, column: &str, row: usize) -> Money {
        let amount = self.number::<Decimal128Type>(column, Kind::Money, row);
        Money(i64::try_from(amount).unwrap_or(i64::MAX))
    }

    /// An amount that may be missing.
    #[must_use]
    pub fn optional_money(&self, column: &str, row: usize) -> Option<Money> {
        let array = self.column(column, Kind::Money, true).as_primitive::<Decimal128Type>();
        let is_there = array.is_valid(row);
        is_there.then(|| Money(i64::try_from(array.value(row)).unwrap_or(i64::MAX)))
    }

    /// A date.
    #[must_use]
    pub fn date(&self, column: &str, row: usize) -> Option<NaiveDate> {
        NaiveDate::from_epoch_days(self.number::<Date32Type>(column, Kind::Date, row))
    }

    /// A date that may be missing.
    #[must_use]
    pub fn optional_date(&self, column: &str, row: usize) -> Option<NaiveDate> {
        let array = self.column(column, Kind::Date, true).as_primitive::<Date32Type>();
        if array.is_null(row) { None } else { NaiveDate::from_epoch_days(array.value(row)) }
    }
}

/// All rows of a file, or what is wrong with it.
pub(super) fn all_rows(bytes: Bytes) -> std::result::Result<RecordBatch, String> {
    // The reader of Parquet panics at some damages, of a footer for one.
    let read = guarded(|| {
        let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(|e| e.to_string())?;
        let schema = builder.schema().clone();
        let mut batches = Vec::new();
        for batch in builder.build().map_err(|e| e.to_string())? {
            batches.push(batch.map_err(|e| e.to_string())?);
        }
        concat_batches(&schema, &batches).map_err(|e| e.to_string())
    });
    read.unwrap_or_else(|fault| Err(format!("damaged: {fault}")))
}

/// A cell of [`Kind::Units`].
fn of_array(array: &ArrayRef, row: usize) -> Units {
    match array.as_primitive_opt::<Int64Type>() {
        Some(counted) => Units(counted.value(row)),
        None => Units::nearest(array.as_primitive::<Float64Type>().value(row)),
    }
}

/// Units as they are counted now: yesterday's run may have counted whole ones only, or parts.
fn as_counted(array: &ArrayRef) -> ArrayRef {
    match (array.as_primitive_opt::<Int64Type>(), array.as_primitive_opt::<Float64Type>()) {
        (Some(whole), _) if !Units::are_whole() => {
            let units = whole.iter().map(|units| units.map(|units| units as f64));
            Arc::new(units.collect::<Float64Array>())
        }
        (_, Some(parts)) if Units::are_whole() => {
            let units = parts.iter().map(|units| units.map(|units| Units::nearest(units).count()));
            Arc::new(units.collect::<Int64Array>())
        }
        _ => array.clone(),
    }
}

/// The columns of a file and its rows, or what is wrong with it.
fn read_arrays(
    bytes: Bytes,
    columns: &[Column],
) -> std::result::Result<(Vec<ArrayRef>, usize), String> {
    let batch = all_rows(bytes)?;
    let mut arrays = Vec::with_capacity(columns.len());
    for column in columns {
        let kind = column.kind.arrow();
        // A run of an older build lacks the columns that were added since.
        if column.optional && batch.column_by_name(column.name).is_none() {
            arrays.push(new_null_array(&kind, batch.num_rows()));
            continue;
        }
        let array = batch.column_by_name(column.name).map(|array| match column.kind {
            Kind::Units => as_counted(array),
            _ => array.clone(),
        });
        let array = array.filter(|array| *array.data_type() == kind);
        let Some(array) = array else {
            return Err(format!("column {} is missing or not {kind:?}", column.name));
        };
        if !column.optional && array.null_count() > 0 {
            return Err(format!("column {} has missing values", column.name));
        }
        arrays.push(array);
    }
    Ok((arrays, batch.num_rows()))
}

//! What every output table says of itself: its name, its columns with type, unit and meaning, and
//! how it becomes a file. How the values of a column are found is the business of `table`.

use crate::domain::error::Result;
use crate::domain::inputs::Inputs;
use crate::domain::outcome::Outcome;
use crate::domain::units::Units;
use crate::explain::Unit;
use crate::store::Add;
use arrow::datatypes::{DataType, Field as ArrowField, Schema, SchemaRef};
use chrono::NaiveDate;
use std::collections::HashMap;
use std::sync::Arc;

/// Type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8.
    Text,
    /// Calendar date.
    Date,
    /// 64-bit float.
    Real,
    /// 32-bit float.
    Real32,
    /// 64-bit integer.
    Whole,
    /// Units of stock: 64-bit integers, and floats in a shop that counts parts of a unit.
    Units,
    /// Decimal with 18 digits, 4 of them after the point.
    Money,
    /// True or false.
    Flag,
}

impl Kind {
    pub(crate) fn arrow(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Date => DataType::Date32,
            Self::Real => DataType::Float64,
            Self::Real32 => DataType::Float32,
            Self::Whole => DataType::Int64,
            Self::Units if Units::are_whole() => DataType::Int64,
            Self::Units => DataType::Float64,
            // Exact to the ten-thousandth that `Money` counts in: a float would print
            // 0.30000000000000004.
            Self::Money => DataType::Decimal128(18, 4),
            Self::Flag => DataType::Boolean,
        }
    }
}

/// What a reader of a table relies on, for one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Whether a value may be missing.
    pub optional: bool,
    /// What its values are counted in.
    pub unit: Unit,
    /// What it says.
    pub meaning: &'static str,
    /// The words of an enumeration; empty for any text.
    pub values: &'static [&'static str],
}

/// What every row of a run begins with, so that the nights of a folder can be read as one table.
#[derive(Debug, Clone, Copy)]
pub struct RunKey<'a> {
    /// The run.
    pub run_id: &'a str,
    /// The morning it was made for.
    pub as_of: NaiveDate,
}

/// Every output table, whatever its rows are.
pub trait Declaration: Sync {
    /// `tables/<name>.parquet`.
    fn name(&self) -> &'static str;

    /// In order, [`RUN_ID`] and [`AS_OF`] first.
    fn columns(&self) -> Vec<Column>;

    /// The whole file; `None` for a table that is appended to while the run goes on.
    ///
    /// # Errors
    /// [`crate::domain::error::Error::Internal`] when the columns do not fit together.
    fn encode(&self, run: RunKey<'_>, results: Results<'_>) -> Result<Option<Encoded>>;

    /// Path in the run folder.
    fn path(&self) -> String {
        format!("tables/{}.parquet", self.name())
    }

    /// Arrow schema, unit and meaning as field metadata.
    fn schema(&self) -> SchemaRef {
        arrow_schema(&self.columns())
    }
}

/// The columns as Arrow has them, unit and meaning as field metadata.
pub(crate) fn arrow_schema(columns: &[Column]) -> SchemaRef {
    let mut fields = Vec::new();
    for column in columns {
        let mut notes = HashMap::from([("meaning".to_owned(), column.meaning.to_owned())]);
        if column.unit != Unit::None {
            // Readers that show metadata show what a number is counted in; the others lose nothing.
            notes.insert("unit".to_owned(), column.unit.name().to_owned());
        }
        if !column.values.is_empty() {
            notes.insert("values".to_owned(), column.values.join(", "));
        }
        let field = ArrowField::new(column.name, column.kind.arrow(), column.optional);
        fields.push(field.with_metadata(notes));
    }
    Arc::new(Schema::new(fields))
}

/// What a run read and decided: all that rows are made from.
#[derive(Debug, Clone, Copy)]
pub struct Results<'a> {
    /// What was read.
    pub inputs: &'a Inputs,
    /// What was decided.
    pub outcome: &'a Outcome,
    /// Code of the reporting currency.
    pub currency: &'a str,
}

/// A table as the bytes of its file.
#[derive(Debug)]
pub struct Encoded {
    pub(crate) path: String,
    pub(crate) rows: u64,
    pub(crate) bytes: Vec<u8>,
}

impl Encoded {
    /// The file.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn add(&self, add: &Add<'_>) -> Result<()> {
        add(&self.path, Some(self.rows), &self.bytes)
    }
}

/// The key columns are called the same in every table, so that tables join.
pub(crate) const SKU: Column = key("sku", "item");
pub(crate) const CHANNEL: Column = key("channel", "sales channel");
pub(crate) const LOCATION: Column = key("location", "where the stock lies");

/// The first two columns of every table.
pub(crate) const RUN_ID: Column = key("run_id", "the run that says so");
pub(crate) const AS_OF: Column =
    Column { kind: Kind::Date, ..key("as_of", "the morning that the run was made for") };

/// A table's own columns behind those that every table begins with.
pub(crate) fn of_run(own: impl Iterator<Item = Column>) -> Vec<Column> {
    [RUN_ID, AS_OF].into_iter().chain(own).collect()
}

const fn key(name: &'static str, meaning: &'static str) -> Column {
    Column { name, kind: Kind::Text, optional: false, unit: Unit::None, meaning, values: &[] }
}

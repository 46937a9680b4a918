//! How a table is declared: one [`Field`] a column, with its name, type, unit, meaning and where
//! its values come from.
//!
//! The declaration is all there is: files are written from it, read back by it and described by it.

use crate::domain::error::Result;
use crate::domain::inputs::{Inputs, Names};
use crate::domain::outcome::Outcome;
use crate::domain::units::{ChannelId, LocationId, Money, SkuId, Units};
use crate::explain::Unit;
pub(crate) use crate::tables::declaration::{
    AS_OF, CHANNEL, LOCATION, RUN_ID, SKU, arrow_schema, of_run,
};
pub(crate) use crate::tables::declaration::{Column, Declaration, Encoded, Kind, Results, RunKey};
use crate::tables::parquet::{encode, epoch_day};
use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray,
    StringBuilder,
};
use chrono::NaiveDate;
use std::borrow::Cow;
use std::fmt::{Display, Write};
use std::iter::repeat_n;
use std::ops::Deref;
use std::sync::Arc;

/// A column and where its values come from.
#[derive(Debug)]
pub struct Field<C> {
    pub(crate) column: Column,
    pub(crate) cells: C,
}

/// One row on its way into a table, with the names and results that its columns may need.
#[derive(Debug)]
pub struct Row<'a, R> {
    pub(crate) of: &'a R,
    pub(crate) inputs: &'a Inputs,
    pub(crate) outcome: &'a Outcome,
    /// Code of the reporting currency.
    pub(crate) currency: &'a str,
}

impl<'a, R> Row<'a, R> {
    pub(crate) fn names(&self) -> &'a Names {
        &self.inputs.names
    }
}

impl<R> Deref for Row<'_, R> {
    type Target = R;

    fn deref(&self) -> &R {
        self.of
    }
}

/// A table with one row a `R`.
#[derive(Debug)]
pub struct Table<R: Clone + 'static> {
    pub(crate) name: &'static str,
    /// Where its rows come from.
    pub(crate) rows: for<'a> fn(Results<'a>) -> Cow<'a, [R]>,
    pub(crate) columns: &'static [Field<Cells<R>>],
}

impl<R: Clone + 'static> Declaration for Table<R> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn columns(&self) -> Vec<Column> {
        of_run(self.columns.iter().map(|field| field.column))
    }

    fn encode(&self, run: RunKey<'_>, results: Results<'_>) -> Result<Option<Encoded>> {
        // Borrowed where a result is kept as its table wants it, made here where it is not.
        let rows = (self.rows)(results);
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(repeat_n(run.run_id, rows.len()))),
            Arc::new(Date32Array::from_iter_values(repeat_n(epoch_day(run.as_of), rows.len()))),
        ];
        columns.extend(self.columns.iter().map(|field| field.cells.array(&rows, results)));
        encode(run, self, columns).map(Some)
    }
}

/// A value of a row.
type Get<R, T> = fn(&Row<'_, R>) -> T;

/// Where the values of a column come from. Functions and not closures: a table is a constant.
#[derive(Debug)]
pub(crate) enum Cells<R> {
    Text(for<'a> fn(&'a Row<'a, R>) -> &'a str),
    OptionalText(for<'a> fn(&'a Row<'a, R>) -> Option<&'a str>),
    /// A value as it reads.
    Shown(for<'a> fn(&'a Row<'a, R>) -> &'a dyn Display),
    /// Text that is put together for the table alone.
    Composed(fn(&Row<'_, R>, &mut StringBuilder)),
    /// Text that belongs to nothing that is kept.
    OwnText(fn(&Row<'_, R>) -> String),
    Sku(Get<R, SkuId>),
    Channel(Get<R, ChannelId>),
    Location(Get<R, LocationId>),
    Date(Get<R, NaiveDate>),
    OptionalDate(Get<R, Option<NaiveDate>>),
    Real(Get<R, f64>),
    OptionalReal(Get<R, Option<f64>>),
    Whole(Get<R, i64>),
    OptionalWhole(Get<R, Option<i64>>),
    Units(Get<R, Units>),
    OptionalUnits(Get<R, Option<Units>>),
    Money(Get<R, Money>),
    OptionalMoney(Get<R, Option<Money>>),
    Flag(Get<R, bool>),
}

impl<R> Cells<R> {
    /// The whole column.
    fn array(&self, rows: &[R], Results { inputs, outcome, currency }: Results<'_>) -> ArrayRef {
        let rows = rows.iter().map(|of| Row { of, inputs, outcome, currency });
        match self {
            Self::Text(get) => texts(rows, |row, out| out.append_value(get(row))),
            Self::OptionalText(get) => texts(rows, |row, out| out.append_option(get(row))),
            Self::Shown(get) => texts(rows, |row, out| {
                // Straight into the column's buffer: no text is made for a row. Writing to memory
                // cannot fail.
                let _ = write!(out, "{}", get(row));
                out.append_value("");
            }),
            Self::Composed(write) => texts(rows, |row, out| {
                write(row, out);
                // What was written so far becomes the value.
                out.append_value("");
            }),
            Self::OwnText(get) => texts(rows, |row, out| out.append_value(get(row))),
            Self::Sku(get) => texts(rows, |row, out| out.append_value(row.names().sku(get(row)))),
            Self::Channel(get) => {
                texts(rows, |row, out| out.append_value(row.names().channel(get(row))))
            }
            Self::Location(get) => {
                texts(rows, |row, out| out.append_value(row.names().location(get(row))))
            }
            Self::Date(get) => {
                Arc::new(Date32Array::from_iter_values(rows.map(|row| epoch_day(get(&row)))))
            }
            Self::OptionalDate(get) => {
                Arc::new(rows.map(|row| get(&row).map(epoch_day)).collect::<Date32Array>())
            }
            Self::Real(get) => Arc::new(Float64Array::from_iter_values(rows.map(|row| get(&row)))),
            Self::OptionalReal(get) => {
                Arc::new(rows.map(|row| get(&row)).collect::<Float64Array>())
            }
            Self::Whole(get) => Arc::new(Int64Array::from_iter_values(rows.map(|row| get(&row)))),
            Self::OptionalWhole(get) => Arc::new(rows.map(|row| get(&row)).collect::<Int64Array>()),
            Self::Units(get) => quantities(rows.map(|row| Some(get(&row)))),
            Self::OptionalUnits(get) => quantities(rows.map(|row| get(&row))),
            Self::Money(get) => amounts(rows.map(|row| Some(get(&row)))),
            Self::OptionalMoney(get) => amounts(rows.map(|row| get(&row))),
            Self::Flag(get) => Arc::new(rows.map(|row| Some(get(&row))).collect::<BooleanArray>()),
        }
    }
}

fn texts<'a, R: 'a>(
    rows: impl Iterator<Item = Row<'a, R>>,
    append: impl Fn(&Row<'a, R>, &mut StringBuilder),
) -> ArrayRef {
    let mut texts = StringBuilder::new();
    for row in rows {
        append(&row, &mut texts);
    }
    Arc::new(texts.finish())
}

/// A column of [`Kind::Units`].
fn quantities(values: impl Iterator<Item = Option<Units>>) -> ArrayRef {
    match Units::are_whole() {
        true => Arc::new(values.map(|units| units.map(Units::count)).collect::<Int64Array>()),
        false => Arc::new(values.map(|units| units.map(Units::as_f64)).collect::<Float64Array>()),
    }
}

fn amounts(values: impl Iterator<Item = Option<Money>>) -> ArrayRef {
    let amounts: Decimal128Array =
        values.map(|amount| amount.map(|m| i128::from(m.ten_thousandths()))).collect();
    Arc::new(amounts.with_data_type(Kind::Money.arrow()))
}

/// A column that is always filled.
const fn required<R>(
    name: &'static str,
    kind: Kind,
    unit: Unit,
    meaning: &'static str,
    cells: Cells<R>,
) -> Field<Cells<R>> {
    Field { column: Column { name, kind, optional: false, unit, meaning, values: &[] }, cells }
}

/// A column whose value may be missing.
const fn optional<R>(
    name: &'static str,
    kind: Kind,
    unit: Unit,
    meaning: &'static str,
    cells: Cells<R>,
) -> Field<Cells<R>> {
    Field { column: Column { name, kind, optional: true, unit, meaning, values: &[] }, cells }
}

/// Declares the functions that make one line of a declaration: name, meaning, getter.
macro_rules! lines {
    ($($function:ident: $presence:ident $kind:ident $unit:ident = $cells:ident($get:ty);)+) => {
        $(pub(crate) const fn $function<R>(
            name: &'static str,
            meaning: &'static str,
            get: $get,
        ) -> Field<Cells<R>> {
            $presence(name, Kind::$kind, Unit::$unit, meaning, Cells::$cells(get))
        })+
    };
}

lines! {
    text: required Text None = Text(for<'a> fn(&'a Row<'a, R>) -> &'a str);
    optional_text: optional Text None = OptionalText(for<'a> fn(&'a Row<'a, R>) -> Option<&'a str>);
    shown: required Text None = Shown(for<'a> fn(&'a Row<'a, R>) -> &'a dyn Display);
    composed: required Text None = Composed(fn(&Row<'_, R>, &mut StringBuilder));
    place: required Text None = Location(Get<R, LocationId>);
    made_text: required Text None = OwnText(fn(&Row<'_, R>) -> String);
    optional_count: optional Whole None = OptionalWhole(Get<R, Option<i64>>);
    date: required Date None = Date(Get<R, NaiveDate>);
    optional_date: optional Date None = OptionalDate(Get<R, Option<NaiveDate>>);
    units: required Units Units = Units(Get<R, Units>);
    optional_units: optional Units Units = OptionalUnits(Get<R, Option<Units>>);
    count: required Whole None = Whole(Get<R, i64>);
    periods: required Whole Periods = Whole(Get<R, i64>);
    money: required Money Currency = Money(Get<R, Money>);
    optional_money: optional Money Currency = OptionalMoney(Get<R, Option<Money>>);
    flag: required Flag None = Flag(Get<R, bool>);
}

/// A number: name, meaning, unit, getter.
pub(crate) const fn real<R>(
    name: &'static str,
    meaning: &'static str,
    unit: Unit,
    get: Get<R, f64>,
) -> Field<Cells<R>> {
    required(name, Kind::Real, unit, meaning, Cells::Real(get))
}

/// A number that may be missing.
pub(crate) const fn optional_real<R>(
    name: &'static str,
    meaning: &'static str,
    unit: Unit,
    get: Get<R, Option<f64>>,
) -> Field<Cells<R>> {
    optional(name, Kind::Real, unit, meaning, Cells::OptionalReal(get))
}

/// A column that takes no words but these.
pub(crate) const fn one_of<R>(
    values: &'static [&'static str],
    mut field: Field<Cells<R>>,
) -> Field<Cells<R>> {
    field.column.values = values;
    field
}

pub(crate) const fn sku<R>(get: Get<R, SkuId>) -> Field<Cells<R>> {
    Field { column: SKU, cells: Cells::Sku(get) }
}

pub(crate) const fn channel<R>(get: Get<R, ChannelId>) -> Field<Cells<R>> {
    Field { column: CHANNEL, cells: Cells::Channel(get) }
}

pub(crate) const fn location<R>(get: Get<R, LocationId>) -> Field<Cells<R>> {
    Field { column: LOCATION, cells: Cells::Location(get) }
}

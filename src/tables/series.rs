//! The large tables, with one row a series or pool and period: encoded a partition at a time,
//! straight from slices, by whichever thread has the partition; the row groups are appended in
//! panel order.

use crate::domain::error::{Error, Result};
use crate::domain::inputs::Names;
use crate::domain::panel::SeriesKey;
use crate::explain::Unit;
use crate::tables::declaration::Encoded;
use crate::tables::pages::{self, Chunk, Run};
use crate::tables::parquet::{RowGroup, descriptors, epoch_day};
use crate::tables::table::{
    CHANNEL, Column, Declaration, Field, Kind, LOCATION, Results, RunKey, SKU, of_run,
};
use parquet::schema::types::ColumnDescPtr;

/// A table of periods; `V` tells its own columns apart.
#[derive(Debug)]
pub struct SeriesTable<V: Sync + 'static> {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [Field<SeriesCells<V>>],
    /// Writes it whole; `None` for a table that is appended to while the run goes on.
    pub(crate) whole: Option<fn(RunKey<'_>, Results<'_>) -> Result<Encoded>>,
}

/// Where the values of a column come from.
#[derive(Debug)]
pub(crate) enum SeriesCells<V> {
    Sku,
    Channel,
    Location,
    Period,
    /// What the table is for.
    Values(V),
}

impl<V: Sync + 'static> Declaration for SeriesTable<V> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn columns(&self) -> Vec<Column> {
        of_run(self.columns.iter().map(|field| field.column))
    }

    fn encode(&self, run: RunKey<'_>, results: Results<'_>) -> Result<Option<Encoded>> {
        self.whole.map(|encode| encode(run, results)).transpose()
    }
}

pub(crate) const fn sku<V>() -> Field<SeriesCells<V>> {
    Field { column: SKU, cells: SeriesCells::Sku }
}

pub(crate) const fn channel<V>() -> Field<SeriesCells<V>> {
    Field { column: CHANNEL, cells: SeriesCells::Channel }
}

pub(crate) const fn location<V>() -> Field<SeriesCells<V>> {
    Field { column: LOCATION, cells: SeriesCells::Location }
}

pub(crate) const fn period<V>() -> Field<SeriesCells<V>> {
    let column = Column {
        name: "period_start",
        kind: Kind::Date,
        optional: false,
        unit: Unit::None,
        meaning: "first day of the period",
        values: &[],
    };
    Field { column, cells: SeriesCells::Period }
}

/// Units of each period.
pub(crate) const fn quantities<V>(
    name: &'static str,
    meaning: &'static str,
    values: V,
) -> Field<SeriesCells<V>> {
    let column = Column {
        name,
        kind: Kind::Real32,
        optional: false,
        unit: Unit::Units,
        meaning,
        values: &[],
    };
    Field { column, cells: SeriesCells::Values(values) }
}

/// A word for each period.
pub(crate) const fn labels<V>(
    name: &'static str,
    meaning: &'static str,
    values: V,
) -> Field<SeriesCells<V>> {
    let column =
        Column { name, kind: Kind::Text, optional: false, unit: Unit::None, meaning, values: &[] };
    Field { column, cells: SeriesCells::Values(values) }
}

/// A series and its rows in the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SeriesRows {
    pub key: SeriesKey,
    pub rows: usize,
}

/// Encodes partitions of one table.
pub(crate) struct SeriesEncoder<V: Sync + 'static> {
    table: &'static SeriesTable<V>,
    /// As Parquet describes them, in order.
    descriptors: Vec<ColumnDescPtr>,
    run_id: String,
    /// Days since 1970.
    as_of: i32,
}

impl<V: Sync + 'static> SeriesEncoder<V> {
    pub(crate) fn new(table: &'static SeriesTable<V>, run: RunKey<'_>) -> Result<Self> {
        Ok(Self {
            table,
            descriptors: descriptors(table)?,
            run_id: run.run_id.to_owned(),
            as_of: epoch_day(run.as_of),
        })
    }

    /// The rows of consecutive series: `days` has the first day of each row's period, `values`
    /// encodes a column of the table's own.
    pub(crate) fn encode(
        &self,
        names: &Names,
        series: &[SeriesRows],
        days: &[i32],
        mut values: impl FnMut(&V, &ColumnDescPtr) -> Result<Chunk>,
    ) -> Result<RowGroup> {
        let mut chunks = Vec::with_capacity(self.descriptors.len());
        let [run_id, as_of, own @ ..] = &self.descriptors[..] else {
            return Err(Error::Internal("a table without the columns of its run".into()));
        };
        let run = Run { name: &self.run_id, rows: days.len() };
        chunks.push(pages::names(run_id, std::iter::once(run))?);
        chunks.push(pages::one_date(as_of, self.as_of, days.len())?);
        for (field, column) in self.table.columns.iter().zip(own) {
            chunks.push(match &field.cells {
                SeriesCells::Sku => keys(column, series, |key| names.sku(key.sku))?,
                SeriesCells::Channel => keys(column, series, |key| names.channel(key.channel))?,
                SeriesCells::Location => keys(column, series, |key| names.location(key.location))?,
                SeriesCells::Period => pages::dates(column, days)?,
                SeriesCells::Values(of) => values(of, column)?,
            });
        }
        Ok(RowGroup { chunks, rows: days.len() })
    }
}

fn keys<'n>(
    column: &ColumnDescPtr,
    series: &[SeriesRows],
    name: impl Fn(&SeriesKey) -> &'n str,
) -> Result<Chunk> {
    pages::names(column, series.iter().map(|s| Run { name: name(&s.key), rows: s.rows }))
}

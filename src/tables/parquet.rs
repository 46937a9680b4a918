//! Output tables as Parquet: explicit schemas, zstd, row-group statistics, `schema_version` and `run_id` as file metadata.
//!
//! The two large tables are encoded a partition at a time, from slices of the panel and the forecasts, by whichever thread has
//! the partition; the encoded row groups are appended in panel order. The others are small and written in one go.

use crate::domain::calendar::Calendar;
use crate::domain::error::{Error, Result};
use crate::domain::inputs::Names;
use crate::domain::outcome::SeriesForecast;
use crate::domain::panel::{Panel, SeriesKey, flag};
use crate::store::PROGRAM;
use crate::store::SCHEMA_VERSION;
use crate::store::atomic::{Publication, StagedFile};
use crate::tables::pages::{self, Chunk, Quantities};
use crate::tables::schema::{self, Table};
use arrow::array::{ArrayRef, RecordBatch};
use chrono::NaiveDate;
use parquet::arrow::{ArrowSchemaConverter, ArrowWriter, add_encoded_arrow_schema_to_metadata};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnDescPtr, SchemaDescriptor};
use std::ops::Range;
use std::sync::Arc;

/// Consecutive rows of one table, encoded and compressed.
pub struct RowGroup {
    chunks: Vec<Chunk>,
    rows: usize,
}

impl RowGroup {
    /// Rows in it.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Encoded size.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.chunks.iter().map(|c| c.bytes.len()).sum()
    }
}

/// A table being appended to.
pub struct TableFile {
    writer: SerializedFileWriter<StagedFile>,
    rows: u64,
}

impl TableFile {
    /// Opens `tables/<name>.parquet` of the run.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn create(publication: &mut Publication, table: &Table) -> Result<Self> {
        let mut properties = properties(publication.run_id(), table).build();
        add_encoded_arrow_schema_to_metadata(&table.schema(), &mut properties);
        let root = descriptor(table)?.root_schema_ptr();
        let file = publication.create(&table.path())?;
        let writer =
            SerializedFileWriter::new(file, root, Arc::new(properties)).map_err(pages::parquet)?;
        Ok(Self { writer, rows: 0 })
    }

    /// Appends rows after those already there.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn append(&mut self, group: RowGroup) -> Result<()> {
        if group.rows == 0 {
            return Ok(());
        }
        let mut row_group = self.writer.next_row_group().map_err(pages::parquet)?;
        for Chunk { bytes, close } in group.chunks {
            row_group.append_column(&bytes, close).map_err(pages::parquet)?;
        }
        row_group.close().map_err(pages::parquet)?;
        self.rows += group.rows as u64;
        Ok(())
    }

    /// Writes the footer and hands the file to the run.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn close(self, publication: &mut Publication) -> Result<()> {
        let file = self.writer.into_inner().map_err(pages::parquet)?;
        publication.close(file, Some(self.rows))
    }
}

/// A whole small table as a file's bytes, and its rows: one array a column, in schema order.
///
/// # Errors
/// [`Error::Internal`] when the columns do not fit the schema.
pub(crate) fn encode_table(
    run_id: &str,
    table: &Table,
    columns: Vec<ArrayRef>,
) -> Result<(Vec<u8>, u64)> {
    let schema = table.schema();
    let batch = RecordBatch::try_new(schema.clone(), columns)
        .map_err(|e| Error::Internal(format!("{}: {e}", table.name)))?;
    let properties = properties(run_id, table).build();
    let mut writer =
        ArrowWriter::try_new(Vec::new(), schema, Some(properties)).map_err(pages::parquet)?;
    writer.write(&batch).map_err(pages::parquet)?;
    Ok((writer.into_inner().map_err(pages::parquet)?, batch.num_rows() as u64))
}

fn properties(run_id: &str, table: &Table) -> parquet::file::properties::WriterPropertiesBuilder {
    let told = |key: &str, value: String| KeyValue::new(key.to_string(), value);
    let told = vec![
        told("table", table.name.to_string()),
        told("schema_version", SCHEMA_VERSION.to_string()),
        told("run_id", run_id.to_string()),
    ];
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(
            ZstdLevel::try_new(pages::ZSTD_LEVEL).unwrap_or_default(),
        ))
        .set_created_by(PROGRAM.to_string())
        .set_key_value_metadata(Some(told))
}

fn descriptor(table: &Table) -> Result<SchemaDescriptor> {
    ArrowSchemaConverter::new().convert(&table.schema()).map_err(pages::parquet)
}

fn columns(table: &Table) -> Result<Vec<ColumnDescPtr>> {
    Ok(descriptor(table)?.columns().to_vec())
}

/// Days since 1970.
pub(crate) fn epoch_day(date: NaiveDate) -> i32 {
    date.to_epoch_days()
}

/// The three key columns of consecutive series: `series` gives each one's key and number of rows.
fn keys(
    columns: &[ColumnDescPtr],
    names: &Names,
    series: &[(SeriesKey, usize)],
) -> Result<Vec<Chunk>> {
    let column = |at: usize, all: &[String], id: fn(&SeriesKey) -> u32| {
        let mut code_of = std::collections::BTreeMap::new();
        let mut dictionary: Vec<&str> = Vec::new();
        let mut runs = Vec::with_capacity(series.len());
        for (key, rows) in series {
            let code = *code_of.entry(id(key)).or_insert_with(|| {
                dictionary.push(&all[id(key) as usize]);
                dictionary.len() as u32 - 1
            });
            runs.push((code, *rows));
        }
        pages::names(&columns[at], &dictionary, &runs)
    };
    Ok(vec![
        column(0, &names.skus, |key| key.sku.0)?,
        column(1, &names.channels, |key| key.channel.0)?,
        column(2, &names.locations, |key| key.location.0)?,
    ])
}

/// Encodes history, straight from the panel.
pub struct DemandEncoder<'a> {
    panel: &'a Panel,
    names: &'a Names,
    columns: Vec<ColumnDescPtr>,
    /// First day of each period of history.
    axis: Vec<i32>,
    /// Label of each combination of flags.
    flags: Vec<String>,
}

impl<'a> DemandEncoder<'a> {
    /// For all partitions of one panel.
    ///
    /// # Errors
    /// [`Error::Internal`] when the schema cannot be expressed.
    pub fn new(panel: &'a Panel, names: &'a Names) -> Result<Self> {
        let calendar = panel.calendar();
        let axis = (0..calendar.history() as i64).map(|i| epoch_day(calendar.start(i))).collect();
        Ok(Self {
            panel,
            names,
            columns: columns(&schema::DEMAND)?,
            axis,
            flags: (0..64).map(flag_label).collect(),
        })
    }

    /// Rows of the series in `series`, one a period of history.
    ///
    /// # Errors
    /// [`Error::Internal`].
    pub fn encode(&self, series: Range<usize>) -> Result<RowGroup> {
        let panel = self.panel;
        let keyed: Vec<_> = series.clone().map(|i| (panel.key(i), panel.gross(i).len())).collect();
        let rows = keyed.iter().map(|k| k.1).sum();
        let mut chunks = keys(&self.columns, self.names, &keyed)?;
        chunks.push(self.days(series.clone(), rows)?);
        let mut gross = Quantities::with_capacity(rows);
        series.clone().for_each(|i| gross.extend(panel.gross(i)));
        let mut returned = Quantities::with_capacity(rows);
        returned.repeat(0.0, rows);
        // Net and cleaned are gross but for a few periods.
        let (mut net, mut cleaned) = (gross.clone(), gross.clone());
        let mut first = 0;
        for i in series.clone() {
            let sold = panel.gross(i);
            for period in panel.returns(i).chunk_by(|a, b| a.0 == b.0) {
                let (t, units) = (
                    period[0].0 as usize - panel.start(i),
                    period.iter().map(|r| r.1).sum::<f32>(),
                );
                returned.set(first + t, units);
                net.set(first + t, sold[t] - units);
            }
            each_difference(sold, panel.cleaned(i), |t, value| cleaned.set(first + t, value));
            first += sold.len();
        }
        for (at, values) in [(4, &gross), (5, &returned), (6, &net), (7, &cleaned)] {
            chunks.push(match values.chunk(&self.columns[at])? {
                Some(chunk) => chunk,
                None => pages::plain_floats(&self.columns[at], &self.plain(at, series.clone()))?,
            });
        }
        let mut flags: Vec<u16> = Vec::with_capacity(rows);
        series.for_each(|i| flags.extend(panel.flags(i).iter().map(|&bits| u16::from(bits & 63))));
        let labels: Vec<&str> = self.flags.iter().map(String::as_str).collect();
        chunks.push(pages::labels(&self.columns[8], &labels, flags)?);
        Ok(RowGroup { chunks, rows })
    }

    fn days(&self, series: Range<usize>, rows: usize) -> Result<Chunk> {
        let mut days = Vec::with_capacity(rows);
        series.for_each(|i| days.extend_from_slice(&self.axis[self.panel.start(i)..]));
        pages::dates(&self.columns[3], &days)
    }

    /// Values of a quantity column that has too many distinct ones for a dictionary.
    fn plain(&self, column: usize, series: Range<usize>) -> Vec<f32> {
        let panel = self.panel;
        let mut values = Vec::new();
        for i in series {
            let (first, start) = (values.len(), panel.start(i));
            match column {
                7 => values.extend_from_slice(panel.cleaned(i)),
                5 => values.resize(first + panel.gross(i).len(), 0.0),
                _ => values.extend_from_slice(panel.gross(i)),
            }
            for &(period, units) in panel.returns(i).iter().filter(|_| matches!(column, 5 | 6)) {
                values[first + period as usize - start] += if column == 5 { units } else { -units };
            }
        }
        values
    }
}

/// Calls `tell` with position and value wherever `b` is not `a`.
fn each_difference(a: &[f32], b: &[f32], mut tell: impl FnMut(usize, f32)) {
    const STEP: usize = 32;
    for (block, (a, b)) in a.chunks(STEP).zip(b.chunks(STEP)).enumerate() {
        let differs = a.iter().zip(b).fold(0, |bits, (a, b)| bits | (a.to_bits() ^ b.to_bits()));
        if differs != 0 {
            let differing =
                a.iter().zip(b).enumerate().filter(|(_, (a, b))| a.to_bits() != b.to_bits());
            differing.for_each(|(t, (_, &value))| tell(block * STEP + t, value));
        }
    }
}

fn flag_label(bits: u8) -> String {
    let names = [
        (flag::STOCKOUT, "stockout"),
        (flag::INFERRED_STOCKOUT, "inferred-stockout"),
        (flag::PROMOTION, "promotion"),
        (flag::OUTLIER, "outlier"),
        (flag::RETURNED, "returned"),
        (flag::INACTIVE, "inactive"),
    ];
    names
        .iter()
        .filter(|(bit, _)| bits & bit != 0)
        .map(|(_, name)| *name)
        .collect::<Vec<_>>()
        .join("|")
}

/// Encodes forecasts.
pub struct ForecastEncoder<'a> {
    names: &'a Names,
    columns: Vec<ColumnDescPtr>,
    calendar: Calendar,
    /// First day of each period to forecast.
    axis: Vec<i32>,
}

impl<'a> ForecastEncoder<'a> {
    /// For forecasts of at most `horizon` periods.
    ///
    /// # Errors
    /// [`Error::Internal`] when the schema cannot be expressed.
    pub fn new(names: &'a Names, calendar: &Calendar, horizon: usize) -> Result<Self> {
        let first = calendar.history() as i64;
        let axis = (first..first + horizon as i64).map(|i| epoch_day(calendar.start(i))).collect();
        Ok(Self { names, columns: columns(&schema::FORECAST)?, calendar: *calendar, axis })
    }

    /// Rows of consecutive series, one a period from the as-of date on.
    ///
    /// # Errors
    /// [`Error::Audit`] for a forecast that is longer than the horizon, not finite, negative or with crossing quantiles.
    pub fn encode(&self, series: &[(SeriesKey, &SeriesForecast)]) -> Result<RowGroup> {
        for (key, forecast) in series {
            self.check(key, forecast)?;
        }
        let keyed: Vec<_> = series.iter().map(|(key, f)| (*key, f.mean.len())).collect();
        let rows = keyed.iter().map(|k| k.1).sum();
        let mut chunks = keys(&self.columns, self.names, &keyed)?;
        let mut buffer: Vec<i32> = Vec::with_capacity(rows);
        series.iter().for_each(|(_, f)| buffer.extend_from_slice(&self.axis[..f.mean.len()]));
        chunks.push(pages::dates(&self.columns[3], &buffer)?);
        let mut values: Vec<f32> = Vec::with_capacity(rows);
        series.iter().for_each(|(_, f)| values.extend_from_slice(&f.mean));
        chunks.push(pages::plain_floats(&self.columns[4], &values)?);
        for q in 0..8 {
            values.clear();
            series.iter().for_each(|(_, f)| values.extend(f.quantiles.iter().map(|row| row[q])));
            chunks.push(pages::plain_floats(&self.columns[5 + q], &values)?);
        }
        chunks.push(methods(&self.columns[13], series)?);
        Ok(RowGroup { chunks, rows })
    }

    fn check(&self, key: &SeriesKey, forecast: &SeriesForecast) -> Result<()> {
        let fits = forecast.mean.len() <= self.axis.len()
            && forecast.mean.len() == forecast.quantiles.len();
        let sound = |v: f32| v.is_finite() && v >= 0.0;
        let good = fits
            && forecast.mean.iter().all(|&v| sound(v))
            && forecast
                .quantiles
                .iter()
                .all(|q| sound(q[0]) && sound(q[7]) && q.windows(2).all(|w| w[0] <= w[1]));
        if good {
            return Ok(());
        }
        let name = |all: &[String], i: usize| all.get(i).cloned().unwrap_or_default();
        Err(Error::Audit(vec![format!(
            "the forecast of {}/{}/{} from {} on is not finite, not in order, negative or of the wrong length",
            name(&self.names.skus, key.sku.index()),
            name(&self.names.channels, key.channel.index()),
            name(&self.names.locations, key.location.index()),
            self.calendar.as_of()
        )]))
    }
}

fn methods(column: &ColumnDescPtr, series: &[(SeriesKey, &SeriesForecast)]) -> Result<Chunk> {
    let mut code_of = std::collections::BTreeMap::new();
    let mut dictionary: Vec<&str> = Vec::new();
    let mut runs = Vec::with_capacity(series.len());
    for (_, forecast) in series {
        let code = *code_of.entry(forecast.method.as_str()).or_insert_with(|| {
            dictionary.push(&forecast.method);
            dictionary.len() as u32 - 1
        });
        runs.push((code, forecast.mean.len()));
    }
    pages::names(column, &dictionary, &runs)
}

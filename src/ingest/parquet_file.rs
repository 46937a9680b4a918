//! Parquet files through Polars: a few row groups at a time, only the columns that are used, each converted as a whole.

use super::days::Moment;
use super::mapping::{From, Plan};
use super::narrow;
use super::schema::Kind;
use super::source::File;
use super::table::{CHUNK_ROWS, Chunk, Reading, Sink};
use super::values::{ColumnReader, NO_DAY, NO_FLAG, NO_TEXT, Problem, Values};
use crate::error::{Error, Result};
use polars::prelude::{
    DataFrame, DataType, IntoColumn, ParallelStrategy, ParquetReader, PolarsResult, SerReader, Series, TimeUnit,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Rows decoded at once: row groups are joined up to it and larger ones are cut.
const SLICE_ROWS: usize = 1 << 19;

/// A category whose code is not looked up yet: no code has this value.
const UNSEEN: u32 = u32::MAX - 1;

/// Reads one Parquet file; returns the number of its rows.
///
/// # Errors
/// If it is damaged, unpacks to too much or lacks a required column.
pub(super) fn read(file: &File, reading: &mut Reading<'_>, sink: &mut Sink<'_>) -> Result<u64> {
    let Layout { headings, narrow, slices } = Layout::new(file, reading)?;
    let plan = reading.plan(&file.path, &headings)?;
    if !plan.wide.is_empty() {
        return Err(Error::input(&file.path, "wide tables are read from CSV only; this is a Parquet file"));
    }
    let mut used: Vec<usize> = plan.from.iter().filter_map(|f| if let From::File(i) = f { Some(*i) } else { None }).collect();
    used.sort_unstable();
    used.dedup();
    let (narrow, used): (Vec<usize>, Vec<usize>) = used.into_iter().partition(|&i| narrow[i]);
    let metadata = if narrow.is_empty() { None } else { Some(guarded(file, || narrow::metadata(file))?) };
    let all: usize = slices.iter().sum();
    let decode = |from: usize, rows: usize| {
        guarded(file, || {
            let mut frame = ParquetReader::new(std::fs::File::open(&file.path)?)
                .with_projection(Some(used.clone()))
                .with_slice(Some((from, rows)))
                .read_parallel(ParallelStrategy::Columns)
                .finish()?;
            for (metadata, &at) in metadata.iter().flat_map(|m| narrow.iter().map(move |at| (m, at))) {
                frame.with_column(narrow::column(file, metadata, &headings[at], from..from + rows)?.into_column())?;
            }
            Ok(frame)
        })
    };
    let mut next = slices.first().map(|&rows| decode(0, rows));
    let mut done = 0;
    for (i, &rows) in slices.iter().enumerate() {
        let Some(frame) = next.take().transpose()? else { break };
        // The next slice is decoded while this one is taken over.
        rayon::in_place_scope(|scope| -> Result<()> {
            let ahead = slices.get(i + 1).map(|&ahead| (done + rows, ahead));
            if let (Some((from, rows)), next, decode) = (ahead, &mut next, &decode) {
                scope.spawn(move |_| *next = Some(decode(from, rows)));
            }
            for start in (0..rows).step_by(CHUNK_ROWS) {
                let part = frame.slice(start as i64, CHUNK_ROWS);
                let mut chunk = convert(file, &part, (&plan, &headings), reading)?;
                chunk.first_line = (done + start) as u64 + 1;
                chunk.rows_ahead = all - done - start;
                require(&mut chunk, reading);
                sink(chunk, &reading.columns, reading.quarantine)?;
            }
            Ok(())
        })?;
        done += rows;
    }
    Ok(done as u64)
}

/// What the footer of a file says.
struct Layout {
    /// Column names.
    headings: Vec<String>,
    /// Which columns Polars cannot read by itself.
    narrow: Vec<bool>,
    /// How many rows to read at a time.
    slices: Vec<usize>,
}

impl Layout {
    fn new(file: &File, reading: &Reading<'_>) -> Result<Self> {
        let mut unpacked = 0;
        let mut narrow = Vec::new();
        let (headings, groups) = guarded(file, || {
            let mut reader = ParquetReader::new(std::fs::File::open(&file.path)?);
            let schema = reader.schema()?;
            narrow = schema.iter_values().map(|field| narrow::is_narrow(field.dtype())).collect();
            let metadata = reader.get_metadata()?;
            unpacked = metadata.row_groups.iter().map(|g| g.total_byte_size() as u64).sum();
            let groups: Vec<usize> = metadata.row_groups.iter().map(|g| g.num_rows()).collect();
            Ok((schema.iter_names().map(|n| n.to_string()).collect(), groups))
        })?;
        let limit = reading.settings.data.decompressed_limit_mb;
        if unpacked >> 20 > limit {
            return Err(Error::input(
                &file.path,
                format!("unpacks to {} MiB, more than {limit} ([data] decompressed_limit_mb)", unpacked >> 20),
            ));
        }
        Ok(Self { headings, narrow, slices: slices(groups) })
    }
}

/// Row groups joined up to [`SLICE_ROWS`], and larger ones cut.
fn slices(groups: Vec<usize>) -> Vec<usize> {
    let mut slices: Vec<usize> = Vec::new();
    for mut rows in groups {
        match slices.last_mut() {
            Some(last) if *last + rows <= SLICE_ROWS => *last += rows,
            _ => {
                while rows > 3 * SLICE_ROWS {
                    slices.push(SLICE_ROWS);
                    rows -= SLICE_ROWS;
                }
                slices.push(rows);
            }
        }
    }
    slices.retain(|&rows| rows > 0);
    slices
}

/// Runs Polars on a foreign file: its errors, and its panics on damaged files, become input errors.
fn guarded<T>(file: &File, work: impl FnOnce() -> PolarsResult<T>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(e)) => Err(Error::input(&file.path, format!("not a readable Parquet file: {e}"))),
        Err(_) => Err(Error::input(&file.path, "not a readable Parquet file: its contents are damaged")),
    }
}

/// An unusable cell: its row, what stood there, and why.
type Fault = (usize, String, Problem);

/// The typed cells of one slice; unusable ones are empty and their rows bad.
fn convert(file: &File, frame: &DataFrame, (plan, headings): (&Plan, &[String]), reading: &mut Reading<'_>) -> Result<Chunk> {
    let mut chunk = Chunk::new(reading.mapped.table(), &file.name, Vec::with_capacity(plan.from.len()));
    chunk.rows = frame.height();
    for (at, from) in plan.from.iter().enumerate() {
        let reader = &mut reading.columns[at];
        let mut values = Values::empty(reader.column.kind);
        let faults = match from {
            From::File(i) => guarded(file, || fill(reader, frame.column(&headings[*i])?.as_materialized_series(), &mut values))?,
            From::Constant(text) => (0..chunk.rows).filter_map(|row| push(reader, text, &mut values, row)).collect(),
            From::Missing | From::Heading | From::Cell => {
                values = Values::Missing;
                Vec::new()
            }
        };
        chunk.columns.push(values);
        faults.into_iter().for_each(|(row, value, problem)| set_aside(&mut chunk, reading, (row, at), &value, problem));
    }
    Ok(chunk)
}

/// Sets rows aside that lack a required value.
fn require(chunk: &mut Chunk, reading: &mut Reading<'_>) {
    let required: Vec<usize> = (0..reading.columns.len()).filter(|&at| reading.columns[at].column.required).collect();
    for at in required {
        let empty = chunk.columns[at].empty_rows(chunk.rows);
        let problem = Problem::Rejected("empty, but required".to_owned());
        empty.into_iter().for_each(|row| set_aside(chunk, reading, (row, at), "", problem.clone()));
    }
}

/// Marks a row bad; only its first problem is reported.
fn set_aside(chunk: &mut Chunk, reading: &mut Reading<'_>, (row, column): (usize, usize), value: &str, problem: Problem) {
    if chunk.bad.is_empty() {
        chunk.bad = vec![false; chunk.rows];
    }
    if !std::mem::replace(&mut chunk.bad[row], true) {
        reading.set_aside(chunk.place(row), column, value, problem);
    }
}

fn push(reader: &mut ColumnReader, raw: &str, values: &mut Values, row: usize) -> Option<Fault> {
    reader.push(raw, values).err().map(|problem| (row, raw.to_owned(), problem))
}

/// Converts a whole column: columns of the expected type directly, all others through their text.
fn fill(reader: &mut ColumnReader, series: &Series, values: &mut Values) -> PolarsResult<Vec<Fault>> {
    let dtype = series.dtype();
    values.reserve(series.len());
    let faults = match values {
        Values::Number(v) if dtype.is_primitive_numeric() && !matches!(reader.column.kind, Kind::Choice(_)) => {
            numbers(reader, series, v)?
        }
        Values::Day(v) if matches!(dtype, DataType::Date | DataType::Datetime(..)) => days(reader, series, v)?,
        Values::Flag(v) if dtype.is_bool() || dtype.is_primitive_numeric() => {
            let flags = series.cast(&DataType::Boolean)?;
            v.extend(flags.bool()?.iter().map(|f| f.map_or(NO_FLAG, u8::from)));
            Vec::new()
        }
        Values::Text(v) => texts(reader, series, v)?,
        values => {
            let text = series.cast(&DataType::String)?;
            let cells = text.str()?.iter().enumerate();
            cells.filter_map(|(row, cell)| push(reader, cell.unwrap_or_default(), values, row)).collect()
        }
    };
    Ok(faults)
}

fn numbers(reader: &ColumnReader, series: &Series, v: &mut Vec<f64>) -> PolarsResult<Vec<Fault>> {
    let cast = series.cast(&DataType::Float64)?;
    let mut faults = Vec::new();
    for cell in cast.f64()?.iter() {
        let number = cell.unwrap_or(f64::NAN) * reader.factor;
        let fault = if number.is_nan() { None } else { reader.check(number).err() };
        if let Some(reason) = fault {
            faults.push((v.len(), number.to_string(), Problem::Rejected(reason)));
            v.push(f64::NAN);
        } else {
            v.push(number);
        }
    }
    Ok(faults)
}

fn days(reader: &ColumnReader, series: &Series, v: &mut Vec<i32>) -> PolarsResult<Vec<Fault>> {
    let mut faults = Vec::new();
    let mut push = |day: Option<i32>| {
        let Some(day) = day else { return v.push(NO_DAY) };
        v.push(reader.days.check(day).unwrap_or_else(|reason| {
            faults.push((v.len(), super::days::date_of(day).to_string(), Problem::Rejected(reason)));
            NO_DAY
        }));
    };
    if let DataType::Datetime(unit, zone) = series.dtype() {
        let ticks = match unit {
            TimeUnit::Milliseconds => 1_000,
            TimeUnit::Microseconds => 1_000_000,
            TimeUnit::Nanoseconds => 1_000_000_000,
        };
        let zone = zone.as_ref().map(|_| 0);
        let moment = |t: i64| {
            let seconds = t.div_euclid(ticks);
            let day = i32::try_from(seconds.div_euclid(86_400)).unwrap_or(i32::MAX);
            let seconds = i32::try_from(seconds.rem_euclid(86_400)).ok();
            reader.days.business_day(Moment { day, seconds, zone })
        };
        series.cast(&DataType::Int64)?.i64()?.iter().for_each(|t| push(t.map(moment)));
    } else {
        series.cast(&DataType::Int32)?.i32()?.iter().for_each(push);
    }
    Ok(faults)
}

fn texts(reader: &mut ColumnReader, series: &Series, v: &mut Vec<u32>) -> PolarsResult<Vec<Fault>> {
    if let Ok(categories) = series.cat32() {
        // Each category is looked up once a slice, its rows only by number.
        let mapping = categories.get_mapping();
        let mut known: Vec<u32> = Vec::new();
        for cell in categories.physical().iter() {
            let Some(category) = cell.map(|c| c as usize) else {
                v.push(NO_TEXT);
                continue;
            };
            if known.len() <= category {
                known.resize(category + 1, UNSEEN);
            }
            if known[category] == UNSEEN {
                known[category] = cell.and_then(|c| mapping.cat_to_str(c)).map_or(NO_TEXT, |raw| reader.interner.code(raw));
            }
            v.push(known[category]);
        }
    } else {
        let text = series.cast(&DataType::String)?;
        v.extend(text.str()?.iter().map(|cell| cell.map_or(NO_TEXT, |raw| reader.interner.code(raw))));
    }
    let faults = v.iter().enumerate().filter_map(|(row, &code)| {
        let (raw, problem) = reader.interner.problem(code)?;
        Some((row, raw.clone(), problem.clone()))
    });
    Ok(faults.collect())
}

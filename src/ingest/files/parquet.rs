//! Parquet files through Polars: a few row groups at a time, only the columns that are used, each
//! converted as a whole.

use crate::domain::error::{Error, Result};
use crate::ingest::cells::days::Moment;
use crate::ingest::cells::interner::{LeftOut, Problem};
use crate::ingest::cells::mapping::{CellSource, ColumnPlan, FilterAction};
use crate::ingest::cells::reader::ColumnReader;
use crate::ingest::cells::rules::matches_cell;
use crate::ingest::cells::values::{NO_DAY, NO_FLAG, Values, clip};
use crate::ingest::files::chunk::{CHUNK_ROWS, Chunk, ColumnEvidence, Reading, Sink};
use crate::ingest::files::parquet_dictionary::Words;
use crate::ingest::files::parquet_footer;
use crate::ingest::files::parquet_footer::damaged;
use crate::ingest::files::parquet_integers::{self, Narrow};
use crate::ingest::files::source::File;
use crate::ingest::tables::schema::Kind;
use polars::prelude::{
    DataFrame, DataType, IntoColumn, ParallelStrategy, ParquetReader, PolarsResult, SerReader,
    Series, TimeUnit,
};
use polars_arrow::datatypes::ArrowDataType;
use polars_parquet::read::FileMetadata;
use rayon::prelude::*;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

/// Rows decoded at once: row groups are joined up to it and larger ones are cut.
const SLICE_ROWS: usize = 1 << 19;

/// Bytes that the columns read of a slice may unpack to: long texts make slices of fewer rows.
const SLICE_BYTES: u64 = 256 << 20;

/// What a cell takes once it is decoded, beside its text.
const DECODED_CELL_BYTES: u64 = 16;

/// Most rows of one file.
const MOST_ROWS: usize = 1 << 32;

/// Reads one Parquet file; returns the number of its rows.
///
/// # Errors
/// If it is damaged, unpacks to too much or lacks a required column.
pub(crate) fn read(file: &File, reading: &mut Reading<'_>, sink: &mut Sink<'_>) -> Result<u64> {
    let Layout { headings, types, likely_rows } = Layout::new(file, reading)?;
    let mut plan = reading.mapped.plan(file, &headings)?;
    reading.begin_file(&plan);
    reading.exceptions.append(&mut plan.exceptions);
    let narrow: Vec<Option<Narrow>> = types.iter().map(Narrow::of).collect();
    if !plan.wide.is_empty() {
        return Err(Error::input(
            &file.path,
            "wide tables are read from CSV only; this is a Parquet file",
        ));
    }
    for (reader, from) in reading.columns.iter().zip(&plan.from) {
        if let CellSource::Column(i) = from
            && narrow[*i].is_none()
            && !is_cell(&types[*i])
        {
            let (name, expected) = (&headings[*i], reader.column.kind.expected());
            return Err(Error::input(
                &file.path,
                format!("column `{name}` is {}; expected {expected}", in_words(&types[*i])),
            ));
        }
    }
    let mut used: Vec<usize> = plan
        .from
        .iter()
        .filter_map(|f| if let CellSource::Column(i) = f { Some(*i) } else { None })
        .chain(plan.filters.iter().map(|filter| filter.at))
        .collect();
    used.sort_unstable();
    // One column may be a cell and a filter at once, and is decoded once.
    used.dedup();
    let names: Vec<&str> = used.iter().map(|&i| headings[i].as_str()).collect();
    let (metadata, in_dictionaries) = guarded(file, || {
        let metadata = parquet_integers::metadata(file)?;
        // All columns before any is decoded: a damaged last column must not cost the time of the
        // others.
        let in_dictionaries = parquet_integers::check(
            file,
            &metadata,
            &names,
            reading.settings.data.decompressed_limit_mb << 20,
        )?;
        Ok((metadata, in_dictionaries))
    })?;
    let slices = slices(&metadata, &names, reading.settings.data.memory_limit_mb << 20);
    let mut columns = Columns {
        file,
        metadata,
        words: Vec::new(),
        texts: Vec::new(),
        narrow: Vec::new(),
        others: Vec::new(),
        readers: Vec::new(),
        unpacked: reading.settings.data.decompressed_limit_mb << 20,
    };
    for (&i, in_dictionary) in used.iter().zip(in_dictionaries) {
        let name = headings[i].as_str();
        // The cells of a column that rows are filtered by are looked at one by one.
        let filtered = plan.filters.iter().any(|filter| filter.at == i);
        let readers = readers_of(i, &reading.columns, &plan);
        let words = in_dictionary
            && !filtered
            && Words::are(&types[i])
            && readers.iter().all(|(_, reader)| is_text(reader));
        match narrow[i] {
            Some(narrow) => columns.narrow.push((name, narrow)),
            None if words => columns.words.push((i, name)),
            None if Words::are(&types[i]) => columns.texts.push(name),
            None => columns.others.push(i),
        }
        for (at, reader) in readers {
            if !is_text(reader) {
                columns.readers.push((at, name, reader.clone()));
            }
        }
    }
    let columns = &columns;
    let mut next = slices.first().map(|&rows| columns.decode(0..rows));
    let mut done = 0;
    for (i, &rows) in slices.iter().enumerate() {
        let Some(mut slice) = next.take().transpose()? else { break };
        // The next slice is decoded while this one is taken over.
        rayon::in_place_scope(|scope| -> Result<()> {
            if let (Some(&ahead), next) = (slices.get(i + 1), &mut next) {
                let from = done + rows;
                scope.spawn(move |_| *next = Some(columns.decode(from..from + ahead)));
            }
            let codes = slice.codes(&plan, reading);
            for start in (0..rows).step_by(CHUNK_ROWS) {
                let part = start..(start + CHUNK_ROWS).min(rows);
                let mut chunk = Chunk::new(
                    reading.mapped.table(),
                    &file.name,
                    Vec::with_capacity(plan.from.len()),
                );
                (chunk.rows, chunk.first_line) = (part.len(), (done + start) as u64 + 1);
                // A guess that lets the collected rows grow once instead of doubling.
                chunk.rows_ahead = likely_rows.saturating_sub(done + start);
                convert(
                    file,
                    (&mut slice, &codes, part),
                    (&plan, &headings),
                    (&mut chunk, reading),
                )?;
                require(&mut chunk, reading);
                sink(chunk, &reading.columns, reading.quarantine)?;
            }
            Ok(())
        })?;
        done += rows;
    }
    Ok(done as u64)
}

/// The names of a file's columns.
///
/// # Errors
/// If it is damaged.
pub(crate) fn headings(file: &File) -> Result<Vec<String>> {
    guarded(file, || {
        let schema = ParquetReader::new(std::fs::File::open(&file.path)?).schema()?;
        Ok(schema.iter_names().map(|name| name.to_string()).collect())
    })
}

/// How the columns of a file are decoded.
struct Columns<'a> {
    file: &'a File,
    metadata: FileMetadata,
    /// Texts all of which are in dictionaries, by position and name.
    words: Vec<(usize, &'a str)>,
    /// Other texts. What Polars makes of a dictionary it compares letter by letter in each row: a
    /// text of a megabyte that a hundred thousand rows name took minutes.
    texts: Vec<&'a str>,
    narrow: Vec<(&'a str, Narrow)>,
    /// By position: Polars reads them.
    others: Vec<usize>,
    /// Readers of columns that are no texts: the column of the schema and the name of what it
    /// reads.
    readers: Vec<(usize, &'a str, ColumnReader)>,
    /// Bytes that a column may unpack to.
    unpacked: u64,
}

/// Some rows of a file.
struct Slice {
    /// Its columns but `words`.
    frame: DataFrame,
    /// By position of the column.
    words: BTreeMap<usize, Words>,
    /// Columns that are no texts, by column of the schema: the cells of each chunk and the unusable
    /// ones among them.
    cells: BTreeMap<usize, VecDeque<(Values, Vec<Fault>)>>,
}

/// The columns of the schema that are read from column `i` of the file.
fn readers_of<'r>(
    i: usize,
    columns: &'r [ColumnReader],
    plan: &ColumnPlan,
) -> Vec<(usize, &'r ColumnReader)> {
    let mut readers = Vec::new();
    for (at, (reader, from)) in columns.iter().zip(&plan.from).enumerate() {
        if matches!(from, CellSource::Column(column) if *column == i) {
            readers.push((at, reader));
        }
    }
    readers
}

fn is_text(reader: &ColumnReader) -> bool {
    matches!(Values::empty(reader.column.kind), Values::Text(_))
}

impl Columns<'_> {
    /// [`slice`](Self::slice) of a file that may be damaged.
    fn decode(&self, rows: Range<usize>) -> Result<Slice> {
        guarded(self.file, || self.slice(rows))
    }

    fn slice(&self, rows: Range<usize>) -> PolarsResult<Slice> {
        let mut frame = if self.others.is_empty() {
            DataFrame::empty()
        } else {
            ParquetReader::new(std::fs::File::open(&self.file.path)?)
                .with_projection(Some(self.others.clone()))
                .with_slice(Some((rows.start, rows.len())))
                .read_parallel(ParallelStrategy::Columns)
                .finish()?
        };
        for &column in &self.narrow {
            frame.with_column(
                parquet_integers::column(self.file, &self.metadata, column, rows.clone())?
                    .into_column(),
            )?;
        }
        for &column in &self.texts {
            let texts = parquet_integers::texts(self.file, &self.metadata, column, rows.clone())?;
            // A dictionary says a text once, however many rows name it.
            let lengths = texts.str()?.iter().flatten().map(|text| text.len() as u64);
            let bytes = lengths.fold(0, u64::saturating_add);
            if bytes > self.unpacked {
                let message = format!(
                    "column `{column}` unpacks to {} MiB, more than {} \
                     ([data] decompressed_limit_mb)",
                    bytes >> 20,
                    self.unpacked >> 20
                );
                return Err(damaged(message));
            }
            frame.with_column(texts.into_column())?;
        }
        frame
            .columns()
            .iter()
            .try_for_each(|c| parquet_integers::expect_rows(c.name(), c.len(), rows.len()))?;
        let words = self.words.par_iter().map(|&(i, name)| {
            let words = silenced(|| Words::read(self.file, &self.metadata, name, rows.clone()))?;
            Ok((i, words))
        });
        let words = words.collect::<PolarsResult<_>>()?;
        let cells = self.readers.par_iter().map(|(at, name, reader)| {
            let (column, mut reader) =
                (frame.column(name)?.as_materialized_series(), reader.clone());
            let (mut chunks, mut unusable) = (VecDeque::new(), 0);
            for start in (0..rows.len()).step_by(CHUNK_ROWS) {
                // What is wrong with a hopeless column is not held for a whole slice: the rest is
                // converted when it is due.
                if unusable > CHUNK_ROWS {
                    break;
                }
                let mut values = Values::empty(reader.column.kind);
                let faults = silenced(|| {
                    fill(&mut reader, &column.slice(start as i64, CHUNK_ROWS), &mut values)
                })?;
                unusable += faults.len();
                chunks.push_back((values, faults));
            }
            Ok((*at, chunks))
        });
        let cells = cells.collect::<PolarsResult<_>>()?;
        Ok(Slice { frame, words, cells })
    }
}

impl Slice {
    /// The codes of its words, by column of the schema; nothing for the other columns.
    fn codes(&self, plan: &ColumnPlan, reading: &mut Reading<'_>) -> Vec<Vec<u32>> {
        let readers = reading.columns.iter_mut().zip(&plan.from);
        let words = readers.map(|(reader, from)| {
            (reader, if let CellSource::Column(i) = from { self.words.get(i) } else { None })
        });
        words
            .map(|(reader, words)| words.map_or_else(Vec::new, |w| w.codes(&mut reader.interner)))
            .collect()
    }
}

/// What the footer of a file says.
struct Layout {
    /// Column names.
    headings: Vec<String>,
    /// Their types.
    types: Vec<ArrowDataType>,
    /// Rows to make room for: a damaged footer may claim any number.
    likely_rows: usize,
}

impl Layout {
    fn new(file: &File, reading: &Reading<'_>) -> Result<Self> {
        let mut unpacked = 0;
        let mut types = Vec::new();
        let (headings, groups) = guarded(file, || {
            parquet_footer::check(file)?;
            let mut reader = ParquetReader::new(std::fs::File::open(&file.path)?);
            let schema = reader.schema()?;
            types = schema.iter_values().map(|field| field.dtype().clone()).collect();
            let metadata = reader.get_metadata()?;
            unpacked = metadata
                .row_groups
                .iter()
                .fold(0u64, |sum, g| sum.saturating_add(g.total_byte_size() as u64));
            let groups: Vec<usize> = metadata.row_groups.iter().map(|g| g.num_rows()).collect();
            Ok((schema.iter_names().map(|n| n.to_string()).collect(), groups))
        })?;
        let limit = reading.settings.data.decompressed_limit_mb;
        if unpacked >> 20 > limit {
            return Err(Error::input(
                &file.path,
                format!(
                    "unpacks to {} MiB, more than {limit} ([data] decompressed_limit_mb)",
                    unpacked >> 20
                ),
            ));
        }
        let rows = groups.iter().fold(0usize, |sum, &rows| sum.saturating_add(rows));
        if rows > MOST_ROWS {
            return Err(Error::input(
                &file.path,
                format!(
                    "its footer claims {rows} rows, more than the {MOST_ROWS} that can be read"
                ),
            ));
        }
        let bytes = std::fs::metadata(&file.path)
            .map_or(0, |m| usize::try_from(m.len()).unwrap_or(usize::MAX));
        let likely_rows = rows.min(bytes.saturating_mul(4).max(SLICE_ROWS));
        Ok(Self { headings, types, likely_rows })
    }
}

/// Whether a type holds one value a row that can be read: a number, a text, a day, yes or no.
fn is_cell(dtype: &ArrowDataType) -> bool {
    use ArrowDataType as T;
    match dtype {
        T::Null
        | T::Boolean
        | T::Float32
        | T::Float64
        | T::Date32
        | T::Date64
        | T::Timestamp(..) => true,
        T::Int32 | T::Int64 | T::UInt32 | T::UInt64 => true,
        T::Utf8 | T::LargeUtf8 | T::Utf8View | T::Binary | T::LargeBinary | T::BinaryView => true,
        T::Dictionary(_, values, _) => is_cell(values),
        _ => false,
    }
}

fn in_words(dtype: &ArrowDataType) -> String {
    use ArrowDataType as T;
    match dtype {
        T::List(_) | T::LargeList(_) | T::FixedSizeList(..) => "a list".to_owned(),
        T::Struct(_) => "a group of columns".to_owned(),
        T::Map(..) => "a map".to_owned(),
        T::Decimal256(precision, _) => format!("a decimal of {precision} digits, more than 38"),
        T::Time32(_) | T::Time64(_) => "a time of day".to_owned(),
        T::Duration(_) => "a duration".to_owned(),
        other => format!("of type {other:?}"),
    }
}

/// How many rows to read at a time: row groups joined up to [`SLICE_ROWS`], and larger ones cut, as
/// are those whose columns `names` unpack to more than [`SLICE_BYTES`].
/// `room` is what all tables may take: two slices at once, of which each is decoded and converted,
/// are a part of it.
fn slices(metadata: &FileMetadata, names: &[&str], room: u64) -> Vec<usize> {
    let slice_bytes = SLICE_BYTES.min(room / 8).max(1);
    let cells = usize::try_from(room / 8 / DECODED_CELL_BYTES).unwrap_or(usize::MAX);
    let slice_rows = (cells / names.len().max(1)).clamp(CHUNK_ROWS, SLICE_ROWS);
    let mut slices: Vec<usize> = Vec::new();
    for group in &metadata.row_groups {
        let mut rows = group.num_rows();
        let bytes = names
            .iter()
            .flat_map(|name| group.columns_under_root_iter(name).into_iter().flatten())
            .fold(0u64, |sum, chunk| sum.saturating_add(chunk.uncompressed_size().max(0) as u64));
        let parts = usize::try_from(bytes / slice_bytes).unwrap_or(usize::MAX).saturating_add(1);
        let most = if parts == 1 { slice_rows } else { (rows / parts).clamp(1, slice_rows) };
        match slices.last_mut() {
            Some(last) if parts == 1 && *last + rows <= most => *last += rows,
            _ => {
                // What is left of a cut group is not worth a slice of its own.
                while rows > if parts == 1 { 3 * most } else { most } {
                    slices.push(most);
                    rows -= most;
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
    silenced(work)
        .map_err(|e| Error::input(&file.path, format!("not a readable Parquet file: {e}")))
}

/// The same on whatever thread takes the work over: a panic is caught where it happens, so that
/// nothing is printed.
fn silenced<T>(work: impl FnOnce() -> PolarsResult<T>) -> PolarsResult<T> {
    match crate::domain::fault::guarded(work) {
        Ok(done) => done,
        Err(_) => Err(damaged("its contents are damaged")),
    }
}

/// An unusable cell: its row, what stood there, and why.
type Fault = (usize, String, Problem);

/// Fills `chunk` with the typed cells of the rows `part` of one slice; unusable ones are empty and
/// their rows bad.
fn convert(
    file: &File,
    (slice, codes, part): (&mut Slice, &[Vec<u32>], Range<usize>),
    (plan, headings): (&ColumnPlan, &[String]),
    (chunk, reading): (&mut Chunk, &mut Reading<'_>),
) -> Result<()> {
    let filtered = Filtered::new(file, slice, part.clone(), plan, headings)?;
    if !filtered.left_out.is_empty() {
        // What is wrong with a row that is left out does not matter.
        chunk.bad = vec![false; chunk.rows];
        for row in filtered.left_out.keys() {
            chunk.bad[*row] = true;
        }
    }
    for (at, from) in plan.from.iter().enumerate() {
        let reader = &mut reading.columns[at];
        let mut values = Values::empty(reader.column.kind);
        let (values, faults) = match from {
            CellSource::Column(i) if slice.words.contains_key(i) => {
                let codes = codes[at][part.clone()].to_vec();
                let faults = misnamed(reader, &codes);
                (Values::Text(codes), faults)
            }
            CellSource::Column(i) => match slice.cells.get_mut(&at).and_then(VecDeque::pop_front) {
                Some(cells) => cells,
                None => guarded(file, || {
                    let column =
                        slice.frame.column(&headings[*i])?.slice(part.start as i64, part.len());
                    let faults = fill(reader, column.as_materialized_series(), &mut values)?;
                    Ok((values, faults))
                })?,
            },
            CellSource::Constant(text) => {
                let faults = (0..chunk.rows)
                    .filter_map(|row| push(reader, text, &mut values, row))
                    .collect();
                (values, faults)
            }
            CellSource::Missing | CellSource::Heading | CellSource::Cell => {
                (Values::Missing, Vec::new())
            }
        };
        chunk.columns.push(values);
        faults.into_iter().for_each(|(row, value, problem)| {
            set_aside(chunk, reading, (row, at), &value, problem)
        });
    }
    filtered.settle(chunk, reading);
    Ok(())
}

/// What the rules on cells as they stand in the file say about the rows of a chunk.
#[derive(Default)]
struct Filtered {
    /// Rows that are left out or rejected, and why.
    left_out: BTreeMap<usize, Problem>,
    returned: Vec<usize>,
    partly_returned: Vec<usize>,
}

impl Filtered {
    fn new(
        file: &File,
        slice: &Slice,
        part: Range<usize>,
        plan: &ColumnPlan,
        headings: &[String],
    ) -> Result<Self> {
        let mut filtered = Self::default();
        for filter in &plan.filters {
            let cells = guarded(file, || {
                let column = slice.frame.column(&headings[filter.at])?;
                let column = column.slice(part.start as i64, part.len());
                column.as_materialized_series().cast(&DataType::String)
            })?;
            let cells = guarded(file, || Ok(cells.str()?.clone()))?;
            for (row, cell) in cells.iter().enumerate() {
                let matches = matches_cell(&filter.patterns, cell.unwrap_or(""));
                // All rules act on the rows that match, but for the one that keeps them.
                if matches == (filter.action == FilterAction::Keep) {
                    continue;
                }
                match filter.action {
                    FilterAction::Exclude | FilterAction::Keep => {
                        filtered.left_out.entry(row).or_insert_with(|| {
                            Problem::LeftOut(LeftOut::Rule(filter.heading.clone()))
                        });
                    }
                    FilterAction::Reject => {
                        let why = "rejected by a rule of the mapping".to_owned();
                        filtered.left_out.entry(row).or_insert(Problem::Rejected(why));
                    }
                    FilterAction::Returned => filtered.returned.push(row),
                    FilterAction::PartlyReturned => filtered.partly_returned.push(row),
                }
            }
        }
        Ok(filtered)
    }

    /// Counts the rows, now that their quantities are read, and returns what came back.
    fn settle(self, chunk: &mut Chunk, reading: &mut Reading<'_>) {
        let schema = reading.mapped.schema();
        for (row, problem) in self.left_out {
            let ruled = matches!(problem, Problem::LeftOut(_));
            if ruled && reading.mapped.compares_orders {
                chunk.void.push(row);
            }
            let units = units(chunk, reading, row);
            reading.set_aside(chunk.place(row), 0, "", problem, units);
        }
        for row in self.partly_returned {
            let units = units(chunk, reading, row);
            reading.quarantine.partly_returned(chunk.place(row), units, f64::NAN);
        }
        let Some(returns) = schema.position("returns") else { return };
        for row in self.returned {
            let sold = units(chunk, reading, row);
            if let Values::Number(numbers) = &mut chunk.columns[returns]
                && row < numbers.len()
            {
                numbers[row] = sold.max(0.0);
            }
        }
    }
}

/// The quantity of a row, NaN where the table has none.
fn units(chunk: &Chunk, reading: &Reading<'_>, row: usize) -> f64 {
    let at = reading.mapped.schema().position("quantity");
    match at.and_then(|at| chunk.columns.get(at)) {
        Some(Values::Number(numbers)) => numbers.get(row).copied().unwrap_or(f64::NAN),
        _ => f64::NAN,
    }
}

/// Sets rows aside that lack a required value.
fn require(chunk: &mut Chunk, reading: &mut Reading<'_>) {
    let required: Vec<usize> = (0..reading.columns.len())
        .filter(|&at| reading.columns[at].is_required(chunk.table))
        .collect();
    for at in required {
        let empty = chunk.columns[at].empty_rows(chunk.rows);
        let reader = &reading.columns[at];
        let problem = if reader.column.name == "sku" {
            Problem::LeftOut(LeftOut::NoItem { column: "sku".to_owned(), instead: None })
        } else {
            Problem::Rejected("empty, but required".to_owned())
        };
        empty.into_iter().for_each(|row| set_aside(chunk, reading, (row, at), "", problem.clone()));
    }
}

/// Marks a row bad; only its first problem is reported.
fn set_aside(
    chunk: &mut Chunk,
    reading: &mut Reading<'_>,
    (row, column): (usize, usize),
    value: &str,
    problem: Problem,
) {
    if chunk.bad.is_empty() {
        chunk.bad = vec![false; chunk.rows];
    }
    if !std::mem::replace(&mut chunk.bad[row], true) {
        if problem == Problem::Excluded && reading.mapped.compares_orders {
            chunk.void.push(row);
        }
        let units = units(chunk, reading, row);
        reading.set_aside(chunk.place(row), column, value, problem, units);
    }
}

fn push(reader: &mut ColumnReader, raw: &str, values: &mut Values, row: usize) -> Option<Fault> {
    // Clipped where the fault is made: a dictionary may hold a megabyte that every row names.
    reader.push(raw, values).err().map(|problem| (row, clip(raw), problem))
}

/// Converts a whole column: columns of the expected type directly, all others through their text.
fn fill(
    reader: &mut ColumnReader,
    series: &Series,
    values: &mut Values,
) -> PolarsResult<Vec<Fault>> {
    let dtype = series.dtype();
    values.reserve(series.len());
    // A rule on values is a rule on their texts.
    let plain = reader.interner.rules().values.is_empty();
    let faults = match values {
        Values::Number(v)
            if plain
                && dtype.is_primitive_numeric()
                && !matches!(reader.column.kind, Kind::Choice(_)) =>
        {
            numbers(reader, series, v)?
        }
        Values::Day(v) if plain && matches!(dtype, DataType::Date | DataType::Datetime(..)) => {
            days(reader, series, v)?
        }
        Values::Flag(v) if plain && (dtype.is_bool() || dtype.is_primitive_numeric()) => {
            let flags = series.cast(&DataType::Boolean)?;
            v.extend(flags.bool()?.iter().map(|f| f.map_or(NO_FLAG, u8::from)));
            Vec::new()
        }
        Values::Text(v) => texts(reader, series, v)?,
        values => {
            let text = series.cast(&DataType::String)?;
            if reader.is_numeric() || reader.is_dated() {
                let mut own = ColumnEvidence::default();
                text.str()?.iter().flatten().for_each(|cell| own.see(reader, cell));
                reader.settle(own.numbers, own.numbers);
                // Where the configuration is wrong the rows say so themselves.
                if reader.is_dated() && reader.days.settle(&own.days, &own.days).is_err() {
                    reader.days.begin_file();
                }
            }
            let cells = text.str()?.iter().enumerate();
            cells
                .filter_map(|(row, cell)| push(reader, cell.unwrap_or_default(), values, row))
                .collect()
        }
    };
    Ok(faults)
}

fn numbers(
    reader: &mut ColumnReader,
    series: &Series,
    v: &mut Vec<f64>,
) -> PolarsResult<Vec<Fault>> {
    // What sales come in, without a copy in between.
    Ok(match series.dtype() {
        DataType::Int32 => {
            push_numbers(reader, series.i32()?.iter().map(|cell| cell.map(f64::from)), v)
        }
        DataType::Float32 => {
            push_numbers(reader, series.f32()?.iter().map(|cell| cell.map(f64::from)), v)
        }
        _ => push_numbers(reader, series.cast(&DataType::Float64)?.f64()?.iter(), v),
    })
}

fn push_numbers(
    reader: &mut ColumnReader,
    cells: impl Iterator<Item = Option<f64>>,
    v: &mut Vec<f64>,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    for cell in cells {
        let number = reader.of_heading(cell.unwrap_or(f64::NAN)) * reader.factor;
        let fault = if number.is_nan() { None } else { reader.judge(number).err() };
        if let Some(problem) = fault {
            faults.push((v.len(), number.to_string(), problem));
            v.push(f64::NAN);
        } else {
            v.push(number);
        }
    }
    faults
}

fn days(reader: &ColumnReader, series: &Series, v: &mut Vec<i32>) -> PolarsResult<Vec<Fault>> {
    let mut faults = Vec::new();
    if let DataType::Datetime(unit, zone) = series.dtype() {
        let ticks = match unit {
            TimeUnit::Milliseconds => 1_000,
            TimeUnit::Microseconds => 1_000_000,
            TimeUnit::Nanoseconds => 1_000_000_000,
        };
        let zone = zone.as_ref().map(|_| 0);
        for tick in series.cast(&DataType::Int64)?.i64()?.iter() {
            let day = tick.map(|tick| {
                let seconds = tick.div_euclid(ticks);
                let day = i32::try_from(seconds.div_euclid(86_400)).unwrap_or(i32::MAX);
                let seconds = i32::try_from(seconds.rem_euclid(86_400)).ok();
                reader.days.business_day(Moment { day, seconds, zone })
            });
            push_day(reader, day, v, &mut faults);
        }
    } else {
        for day in series.cast(&DataType::Int32)?.i32()?.iter() {
            push_day(reader, day, v, &mut faults);
        }
    }
    Ok(faults)
}

/// Adds a day, or a fault where it lies outside of the days that are allowed.
fn push_day(reader: &ColumnReader, day: Option<i32>, v: &mut Vec<i32>, faults: &mut Vec<Fault>) {
    let Some(day) = day else { return v.push(NO_DAY) };
    match reader.days.check(day) {
        Ok(day) => v.push(day),
        Err(reason) => {
            let shown = crate::ingest::cells::days::date_of(day).to_string();
            faults.push((v.len(), shown, Problem::Rejected(reason)));
            v.push(NO_DAY);
        }
    }
}

fn texts(reader: &mut ColumnReader, series: &Series, v: &mut Vec<u32>) -> PolarsResult<Vec<Fault>> {
    let text = series.cast(&DataType::String)?;
    // A rule may name what is blank.
    let blank = reader.interner.code("");
    v.extend(text.str()?.iter().map(|cell| cell.map_or(blank, |raw| reader.interner.code(raw))));
    Ok(misnamed(reader, v))
}

/// The rows whose code stands for a problem.
fn misnamed(reader: &ColumnReader, codes: &[u32]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (row, &code) in codes.iter().enumerate() {
        if let Some(bad) = reader.interner.problem(code) {
            faults.push((row, bad.raw.clone(), bad.problem.clone()));
        }
    }
    faults
}

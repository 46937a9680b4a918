//! Separated text, plain or gzipped, row by row in bounded memory, with true line numbers.

use crate::domain::error::{Error, Result};
use crate::ingest::cells::interner::Problem;
use crate::ingest::cells::mapping::{CellSource, ColumnPlan, WideColumn};
use crate::ingest::cells::values::Values;
use crate::ingest::files::chunk::{CHUNK_ROWS, Chunk, Reading, Sink};
use crate::ingest::files::source::{File, Format};
use crate::ingest::settings::Encoding;
use csv::{ByteRecord, ReaderBuilder, Terminator};
use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;
use std::rc::Rc;

/// A record that spans more bytes has an unclosed quote.
const RECORD_LIMIT: u64 = 16 << 20;

/// The last record of every file as it is read: only a quote that is never closed swallows it.
const END: &[u8] = b"\n\x1eend of file\n";

/// A record with more line ends inside its quotes has an unclosed quote.
const QUOTED_LINES: u64 = 1000;

/// Reads one text file; returns the number of its data rows.
///
/// # Errors
/// If it cannot be unpacked, has no usable header or an unclosed quote.
pub(crate) fn read(file: &File, reading: &mut Reading<'_>, sink: &mut Sink<'_>) -> Result<u64> {
    let mut records = Records::open(file, reading)?;
    records.pass_over(reading.mapped.preset.skip_lines)?;
    let headings = if reading.mapping.header.is_empty() {
        records.headings()?
    } else {
        reading.mapping.header.clone()
    };
    let plan = reading.plan(&file.path, &headings)?;
    let mut rows = Rows::new(file, &plan, reading, headings.len());
    let mut count = 0;
    while records.next()? {
        rows.begin_line(&records);
        let whole_line = [WideColumn { at: 0, heading: String::new() }];
        for cell in if plan.wide.is_empty() { &whole_line[..] } else { &plan.wide[..] } {
            if !plan.wide.is_empty() && records.field(cell.at).is_ok_and(|c| c.trim().is_empty()) {
                continue;
            }
            count += 1;
            rows.push(&records, cell, reading);
            if rows.chunk.rows == CHUNK_ROWS {
                sink(rows.take(), &reading.columns, reading.quarantine)?;
            }
        }
    }
    sink(rows.take(), &reading.columns, reading.quarantine)?;
    Ok(count)
}

/// The records of a file, one at a time.
struct Records {
    reader: csv::Reader<Bounded>,
    path: PathBuf,
    record: ByteRecord,
    since_record: Rc<Cell<u64>>,
    line: u64,
    encoding: Encoding,
}

impl Records {
    fn open(file: &File, reading: &Reading<'_>) -> Result<Self> {
        let raw = std::fs::File::open(&file.path).map_err(Error::unreadable(&file.path))?;
        let inner: Box<dyn Read> = match file.format {
            Format::Gzip => {
                Box::new(flate2::read::MultiGzDecoder::new(BufReader::with_capacity(1 << 16, raw)))
            }
            _ => Box::new(raw),
        };
        let inner = Box::new(inner.chain(END));
        let limit_mb = reading.settings.data.decompressed_limit_mb;
        let left = if file.format == Format::Gzip { limit_mb << 20 } else { u64::MAX };
        let since_record = Rc::new(Cell::new(0));
        let bounded = Bounded { inner, left, limit_mb, since_record: Rc::clone(&since_record) };
        let separator = reading.mapped.separator(reading.settings.csv.separator);
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .quoting(reading.mapped.preset.quoting)
            .delimiter(u8::try_from(separator).unwrap_or(b','))
            .terminator(Terminator::Any(b'\n'))
            .buffer_capacity(1 << 16)
            .from_reader(bounded);
        let encoding = reading.settings.csv.encoding;
        Ok(Self {
            reader,
            path: file.path.clone(),
            record: ByteRecord::new(),
            since_record,
            line: 0,
            encoding,
        })
    }

    /// Passes over `count` records that stand before the header.
    fn pass_over(&mut self, count: usize) -> Result<()> {
        for _ in 0..count {
            self.next()?;
        }
        Ok(())
    }

    /// The first record, as column names.
    fn headings(&mut self) -> Result<Vec<String>> {
        if !self.next()? {
            return Err(Error::input(
                &self.path,
                "there are only blank lines; expected at least a header line",
            ));
        }
        let control =
            |field: &[u8]| field.iter().any(|&b| b < 0x20 && !matches!(b, b'\t' | b'\r' | b'\n'));
        if self.record.iter().any(control) {
            return Err(Error::input(
                &self.path,
                "line 1: control characters in the header; expected a text table",
            ));
        }
        let bare = |field: &[u8]| field.windows(2).any(|pair| pair[0] == b'\r' && pair[1] != b'\n');
        if self.record.iter().any(bare) {
            return Err(Error::input(
                &self.path,
                "line 1: lines end in CR alone; save the file with LF or CRLF line ends",
            ));
        }
        let heading = |at| {
            self.field(at).unwrap_or_default().trim_start_matches('\u{feff}').trim().to_owned()
        };
        Ok((0..self.record.len()).map(heading).collect())
    }

    /// Moves to the next record that is not blank.
    fn next(&mut self) -> Result<bool> {
        loop {
            let before = self.reader.position().line();
            let unreadable =
                |e: csv::Error| Error::input(&self.path, format!("line {before}: {}", cause(e)));
            let more = self.reader.read_byte_record(&mut self.record).map_err(unreadable)?;
            self.since_record.set(0);
            if !more {
                return Err(self.open_quote(self.line));
            }
            if self.record.len() == 1 && &self.record[0] == END.trim_ascii() {
                return Ok(false);
            }
            self.line = self.start_line(before)?;
            let blank = self.record.len() == 1 && self.record[0].trim_ascii().is_empty();
            if !blank {
                return Ok(true);
            }
        }
    }

    /// The line this record starts on: its last line less the line ends inside its quotes. Blank
    /// lines before it are passed over by the parser without a record.
    fn start_line(&self, before: u64) -> Result<u64> {
        let after = self.reader.position().line();
        if after <= before + 1 {
            return Ok(before);
        }
        let inside = self.record.iter().flatten().filter(|&&b| b == b'\n').count() as u64;
        let line = after - 1 - inside.min(after - 1 - before);
        if inside > QUOTED_LINES { Err(self.open_quote(line)) } else { Ok(line) }
    }

    fn open_quote(&self, line: u64) -> Error {
        Error::input(
            &self.path,
            format!("line {line}: a quote that opens in this row is not closed"),
        )
    }

    /// Field `at` as text; empty when the record is too short.
    fn field(&self, at: usize) -> std::result::Result<Cow<'_, str>, Problem> {
        let mut bytes = self.record.get(at).unwrap_or_default();
        if at + 1 == self.record.len() {
            bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        }
        match (std::str::from_utf8(bytes), self.encoding) {
            (Ok(text), Encoding::Utf8) => Ok(Cow::Borrowed(text)),
            (Ok(text), Encoding::Latin1) if text.is_ascii() => Ok(Cow::Borrowed(text)),
            (_, Encoding::Latin1) => {
                Ok(bytes.iter().map(|&b| char::from(b)).collect::<String>().into())
            }
            (Err(_), Encoding::Utf8) => Err(Problem::Rejected(
                "not UTF-8 text; set [csv] encoding = \"latin-1\" if the file is so".to_owned(),
            )),
        }
    }
}

/// Builds chunks row by row.
struct Rows<'a> {
    plan: &'a ColumnPlan,
    fields: usize,
    chunk: Chunk,
    empty: Vec<Values>,
    /// What the filled-down columns of the lines of one key were last, one a column of the plan.
    filled: Vec<String>,
    /// That key.
    filled_key: Vec<u8>,
}

impl<'a> Rows<'a> {
    fn new(file: &File, plan: &'a ColumnPlan, reading: &Reading<'_>, fields: usize) -> Self {
        let column =
            |(reader, from): (&crate::ingest::cells::reader::ColumnReader, &CellSource)| match from
            {
                CellSource::Missing => Values::Missing,
                _ => Values::empty(reader.column.kind),
            };
        let empty: Vec<Values> = reading.columns.iter().zip(&plan.from).map(column).collect();
        Self {
            plan,
            fields,
            chunk: Chunk::new(reading.mapped.table(), &file.name, empty.clone()),
            empty,
            filled: plan
                .fill_down
                .as_ref()
                .map_or_else(Vec::new, |f| vec![String::new(); f.columns.len()]),
            filled_key: Vec::new(),
        }
    }

    /// The finished chunk.
    fn take(&mut self) -> Chunk {
        let next = Chunk::new(self.chunk.table, &self.chunk.file, self.empty.clone());
        std::mem::replace(&mut self.chunk, next)
    }

    /// Appends one row, or sets it aside.
    fn push(&mut self, records: &Records, cell: &WideColumn, reading: &mut Reading<'_>) {
        match self.try_push(records, cell, reading) {
            Ok(()) => {
                self.chunk.lines.push(records.line);
                self.chunk.rows += 1;
            }
            Err((column, value, problem)) => {
                let rows = self.chunk.rows;
                self.chunk.columns.iter_mut().for_each(|c| c.truncate(rows));
                let place = crate::ingest::tables::quarantine::Place {
                    table: self.chunk.table,
                    file: &self.chunk.file,
                    line: records.line,
                };
                reading.set_aside(place, column, &value, problem);
            }
        }
    }

    fn try_push(
        &mut self,
        records: &Records,
        cell: &WideColumn,
        reading: &mut Reading<'_>,
    ) -> std::result::Result<(), (usize, String, Problem)> {
        let extra =
            (self.fields..records.record.len()).any(|i| !records.record[i].trim_ascii().is_empty());
        if extra {
            let reason = format!(
                "{} fields where the header has {}: is a separator not quoted?",
                records.record.len(),
                self.fields
            );
            return Err((
                0,
                records.field(self.fields).unwrap_or_default().into_owned(),
                Problem::Rejected(reason),
            ));
        }
        for (at, reader) in reading.columns.iter_mut().enumerate() {
            let raw = match &self.plan.from[at] {
                CellSource::Missing => continue,
                CellSource::Column(i) => self.filled(records, *i),
                CellSource::Cell => records.field(cell.at),
                CellSource::Heading => Ok(Cow::Borrowed(cell.heading.as_str())),
                CellSource::Constant(text) => Ok(Cow::Borrowed(text.as_str())),
            };
            let raw = raw.map_err(|problem| (at, lossy(records, at), problem))?;
            reader
                .push(&raw, &mut self.chunk.columns[at])
                .map_err(|problem| (at, raw.clone().into_owned(), problem))?;
            if reader.column.required && self.chunk.columns[at].is_empty_at(self.chunk.rows) {
                return Err((
                    at,
                    raw.into_owned(),
                    Problem::Rejected("empty, but required".to_owned()),
                ));
            }
        }
        Ok(())
    }

    /// Forgets what was filled down where a line belongs to another order than the one before.
    fn begin_line(&mut self, records: &Records) {
        let Some(fill_down) = &self.plan.fill_down else { return };
        let key = records.record.get(fill_down.key).unwrap_or_default();
        if self.filled_key != key {
            self.filled_key = key.to_vec();
            self.filled.iter_mut().for_each(String::clear);
        }
    }

    /// Field `at`, taken from the order's first line where the export leaves it empty on the
    /// others.
    fn filled<'r>(
        &mut self,
        records: &'r Records,
        at: usize,
    ) -> std::result::Result<Cow<'r, str>, Problem> {
        let text = records.field(at)?;
        let fill_down = self.plan.fill_down.as_ref();
        let Some(column) = fill_down.and_then(|f| f.columns.iter().position(|&c| c == at)) else {
            return Ok(text);
        };
        if text.is_empty() {
            return Ok(self.filled[column].clone().into());
        }
        self.filled[column] = text.clone().into_owned();
        Ok(text)
    }
}

/// What the operating system or our own bounds said.
fn cause(error: csv::Error) -> String {
    match error.into_kind() {
        csv::ErrorKind::Io(e) => e.to_string(),
        other => format!("{other:?}"),
    }
}

fn lossy(records: &Records, at: usize) -> String {
    String::from_utf8_lossy(records.record.get(at).unwrap_or_default()).into_owned()
}

/// A reader that refuses to unpack, or to look for the end of a record, without bounds.
struct Bounded {
    inner: Box<dyn Read>,
    left: u64,
    limit_mb: u64,
    since_record: Rc<Cell<u64>>,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        let Some(left) = self.left.checked_sub(n as u64) else {
            return Err(io::Error::other(format!(
                "unpacks to more than {} MiB ([data] decompressed_limit_mb)",
                self.limit_mb
            )));
        };
        self.left = left;
        self.since_record.set(self.since_record.get() + n as u64);
        if self.since_record.get() > RECORD_LIMIT {
            return Err(io::Error::other("a row of more than 16 MiB: a quote is not closed"));
        }
        Ok(n)
    }
}

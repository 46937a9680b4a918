//! Separated text, plain or gzipped, row by row in bounded memory, with true line numbers.

use crate::domain::error::{Error, Result};
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::shown::counted;
use crate::ingest::cells::interner::Problem;
use crate::ingest::cells::values::clip;
use crate::ingest::files::chunk::{Reading, Sink};
use crate::ingest::files::rows::{self, Lines};
use crate::ingest::files::source::{self, File, Format};
use crate::ingest::settings::{Encoding, Footer, Settings};
use csv::{ByteRecord, ReaderBuilder, Terminator};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::io::{self, BufReader, Read, Seek};
use std::path::PathBuf;
use std::rc::Rc;

/// A record that spans more bytes has an unclosed quote.
const RECORD_LIMIT: u64 = 16 << 20;

/// The last record of every file as it is read: only a quote that is never closed swallows it.
const END: &[u8] = b"\n\x1eend of file\n";

/// A record with more line ends inside its quotes has an unclosed quote.
const QUOTED_LINES: u64 = 1000;

/// Separators that are tried where the configured one finds no header.
const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];

/// Reads one text file; returns the number of its data rows.
///
/// # Errors
/// If it cannot be unpacked, has no usable header or an unclosed quote.
pub(crate) fn read(file: &File, reading: &mut Reading<'_>, sink: &mut Sink<'_>) -> Result<u64> {
    let style = Style::of(reading);
    let mut records = Records::open(file, reading.settings, style)?;
    let header = match rows::header(file, &mut records, reading) {
        Ok(header) => header,
        Err(error) => {
            // The first error is the one to mend: that other separators find no header either says
            // nothing.
            let Some(found) = other_separator(file, reading, style) else { return Err(error) };
            records = Records::open(file, reading.settings, found)?;
            rows::header(file, &mut records, reading)?
        }
    };
    let last = match reading.mapping.footer {
        Footer::Lines(count) if count > 0 => {
            // Where the footer begins is known only from the end: the lines are counted first.
            let mut ahead = Records::open(file, reading.settings, records.style)?;
            while ahead.next()? {}
            ahead.ordinal().saturating_sub(count as u64)
        }
        Footer::Lines(_) | Footer::Begins(_) | Footer::BeginsAny(_) => u64::MAX,
    };
    // From here on a quote that swallows whole rows shows by its separators.
    records.width = header.headings.len();
    let style = records.style;
    let rows = rows::read(
        file,
        &mut records,
        &header,
        last,
        |reading| Records::open(file, reading.settings, style),
        reading,
        sink,
    )?;
    let decoded = records.decoded.borrow();
    if decoded.cells > 0 {
        let Decoded { cells, line, first } = &*decoded;
        reading.exceptions.push(Exception::new(
            Severity::Info,
            ExceptionKind::AssumedLayout,
            Subject::File(file.base_name()),
            format!(
                "{} no UTF-8 text and {} read as Windows-1252: the first is line {line}, `{}`",
                counted(*cells, "of its cells is", "of its cells are"),
                if *cells == 1 { "is" } else { "are" },
                clip(first)
            ),
            "set encoding = \"latin-1\" in its [mapping] to say so, or save the file as CSV UTF-8",
        ));
    }
    Ok(rows)
}

/// The cells of the first lines of a file, by the separator that makes the most of them.
///
/// # Errors
/// If it cannot be opened.
pub(crate) fn first_lines(file: &File, settings: &Settings) -> Result<Vec<Vec<String>>> {
    let mut best: Vec<Vec<String>> = Vec::new();
    let mut most = 0;
    for separator in SEPARATORS {
        // Quotes mean nothing in tab-separated reports.
        let quoting = separator != '\t';
        let style = Style { separator, quoting, encoding: None };
        let mut records = Records::open(file, settings, style)?;
        let mut lines = Vec::new();
        while lines.len() < rows::HEADER_WITHIN && records.next().unwrap_or(false) {
            let cells = 0..records.len();
            lines.push(cells.map(|at| records.lossy(at).trim().to_owned()).collect::<Vec<_>>());
        }
        if let Some(first) = lines.first_mut().and_then(|line| line.first_mut()) {
            *first = first.trim_start_matches('\u{feff}').trim_matches('"').to_owned();
        }
        let cells = lines.iter().map(Vec::len).max().unwrap_or(0);
        // The right separator cuts a line into most cells; of equals the first of the list.
        if cells > most {
            (best, most) = (lines, cells);
        }
    }
    Ok(best)
}

/// The style with which the file has a header, where the configured separator finds none and
/// nobody insists on it.
fn other_separator(file: &File, reading: &mut Reading<'_>, style: Style) -> Option<Style> {
    // Whoever wrote it down is told that it finds no header, and not overruled.
    if reading.mapping.separator.is_some() {
        return None;
    }
    for separator in SEPARATORS.into_iter().filter(|&other| other != style.separator) {
        let other = Style { separator, quoting: true, ..style };
        let mut records = Records::open(file, reading.settings, other).ok()?;
        let told = reading.exceptions.len();
        let found = rows::header(file, &mut records, reading).is_ok();
        // What was noted while trying is noted again when the file is read.
        reading.exceptions.truncate(told);
        if found {
            let what =
                format!("its columns are separated by {separator:?}, not by {:?}", style.separator);
            reading.exceptions.push(Exception::new(
                Severity::Info,
                ExceptionKind::AssumedLayout,
                Subject::File(file.base_name()),
                what,
                format!("set separator = {separator:?} in its [mapping] to say so"),
            ));
            return Some(other);
        }
    }
    None
}

/// How a text file is written.
#[derive(Debug, Clone, Copy)]
struct Style {
    separator: char,
    quoting: bool,
    /// Unset = UTF-8, and Windows-1252 where a cell is none.
    encoding: Option<Encoding>,
}

impl Style {
    fn of(reading: &Reading<'_>) -> Self {
        let mapped = &reading.mapped;
        Self {
            separator: mapped.separator(reading.settings.csv.separator),
            quoting: reading.mapping.quoting.unwrap_or(mapped.preset.quoting),
            encoding: reading.mapping.encoding.or(reading.settings.csv.encoding),
        }
    }
}

/// The records of a file, one at a time.
struct Records {
    reader: csv::Reader<Bounded>,
    path: PathBuf,
    record: ByteRecord,
    since_record: Rc<Cell<u64>>,
    line: u64,
    ordinal: u64,
    style: Style,
    /// Columns of the header, once it is known.
    width: usize,
    /// Whether the record at hand is still to be given out.
    pending: bool,
    /// Cells that were read as Windows-1252 since they are no UTF-8.
    decoded: Rc<RefCell<Decoded>>,
}

/// What was read in another encoding than expected: how many cells, and the first of them.
#[derive(Debug, Default)]
struct Decoded {
    cells: u64,
    line: u64,
    first: String,
}

impl Records {
    fn open(file: &File, settings: &Settings, style: Style) -> Result<Self> {
        let raw = std::fs::File::open(&file.path).map_err(Error::unreadable(&file.path))?;
        let inner: Box<dyn Read> = match file.format {
            Format::Gzip => {
                Box::new(flate2::read::MultiGzDecoder::new(BufReader::with_capacity(1 << 16, raw)))
            }
            Format::Text | Format::Parquet | Format::Workbook => as_utf8(file, raw)?,
        };
        let inner = Box::new(inner.chain(END));
        // A few kilobytes of gzip unpack to gigabytes: only packed files are bounded.
        let limit_mb = settings.data.decompressed_limit_mb;
        let left = if file.format == Format::Gzip { limit_mb << 20 } else { u64::MAX };
        let since_record = Rc::new(Cell::new(0));
        let bounded = Bounded { inner, left, limit_mb, since_record: Rc::clone(&since_record) };
        let reader = ReaderBuilder::new()
            .has_headers(false)
            // Rows of another length are judged one by one, with their line, not refused with the
            // file.
            .flexible(true)
            .quoting(style.quoting)
            .delimiter(u8::try_from(style.separator).unwrap_or(b','))
            .terminator(Terminator::Any(b'\n'))
            .buffer_capacity(1 << 16)
            .from_reader(bounded);
        Ok(Self {
            reader,
            path: file.path.clone(),
            record: ByteRecord::new(),
            since_record,
            line: 0,
            ordinal: 0,
            style,
            width: 0,
            pending: false,
            decoded: Rc::default(),
        })
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
        if inside > QUOTED_LINES {
            return Err(self.open_quote(line));
        }
        if self.swallows_rows() {
            return Err(Error::input(
                &self.path,
                format!(
                    "line {line}: a quote that opens in this row is not closed; it swallows \
                     {inside} lines; close it, or set quoting = false in its [mapping] if quotes \
                     mean nothing in this file"
                ),
            ));
        }
        Ok(line)
    }

    /// Whether a cell holds whole rows: a quote that opens here is closed by another row's. Texts
    /// of several lines (descriptions, notes) have fewer separators than a row has columns.
    fn swallows_rows(&self) -> bool {
        let separator = u8::try_from(self.style.separator).unwrap_or(b',');
        // In three columns a text with two commas would pass for a row.
        if self.width <= 3 {
            return false;
        }
        for field in &self.record {
            // The first piece belongs to this row and the last one is cut off by the closing quote.
            let lines: Vec<&[u8]> = field.split(|&byte| byte == b'\n').skip(1).collect();
            let (_, whole) = lines.split_last().unwrap_or((&&[][..], &[]));
            if whole.iter().any(|line| count_of(line, separator) + 1 >= self.width) {
                return true;
            }
        }
        false
    }

    fn open_quote(&self, line: u64) -> Error {
        Error::input(
            &self.path,
            format!("line {line}: a quote that opens in this row is not closed"),
        )
    }
}

impl Lines for Records {
    fn next(&mut self) -> Result<bool> {
        if std::mem::take(&mut self.pending) {
            return Ok(true);
        }
        loop {
            let before = self.reader.position().line();
            let unreadable =
                |e: csv::Error| Error::input(&self.path, format!("line {before}: {}", cause(e)));
            let more = self.reader.read_byte_record(&mut self.record).map_err(unreadable)?;
            self.since_record.set(0);
            if !more {
                return Err(self.open_quote(self.line));
            }
            // The line that was put behind the file has come out whole: no quote was open.
            if self.record.len() == 1 && &self.record[0] == END.trim_ascii() {
                return Ok(false);
            }
            self.line = self.start_line(before)?;
            // A row of separators alone, as spreadsheets leave below a table, is blank as well.
            if self.record.iter().any(|field| !field.trim_ascii().is_empty()) {
                self.ordinal += 1;
                return Ok(true);
            }
        }
    }

    fn skip_to(&mut self, line: u64) -> Result<()> {
        while line > 0 && self.next()? {
            if self.line > line {
                self.pending = true;
                break;
            }
        }
        Ok(())
    }

    fn ordinal(&self) -> u64 {
        self.ordinal
    }

    fn line(&self) -> u64 {
        self.line
    }

    fn len(&self) -> usize {
        self.record.len()
    }

    fn lossy(&self, at: usize) -> String {
        let bytes = self.record.get(at).unwrap_or_default();
        match (std::str::from_utf8(bytes), self.style.encoding) {
            (Ok(text), _) => text.to_owned(),
            (Err(_), Some(Encoding::Utf8)) => String::from_utf8_lossy(bytes).into_owned(),
            (Err(_), Some(Encoding::Latin1) | None) => windows_1252(bytes),
        }
    }

    fn check_header(&self) -> Result<()> {
        if self.record.iter().flatten().any(|&byte| is_control(byte)) {
            return Err(Error::input(
                &self.path,
                "line 1: control characters in the header; expected a text table",
            ));
        }
        if self.record.iter().any(has_bare_cr) {
            return Err(Error::input(
                &self.path,
                "line 1: lines end in CR alone; save the file with LF or CRLF line ends",
            ));
        }
        Ok(())
    }

    #[inline]
    fn field(&self, at: usize) -> std::result::Result<Cow<'_, str>, Problem> {
        let mut bytes = self.record.get(at).unwrap_or_default();
        if at + 1 == self.record.len() {
            bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        }
        match (std::str::from_utf8(bytes), self.style.encoding) {
            (Ok(text), Some(Encoding::Utf8) | None) => Ok(Cow::Borrowed(text)),
            (Ok(text), Some(Encoding::Latin1)) if text.is_ascii() => Ok(Cow::Borrowed(text)),
            (_, Some(Encoding::Latin1)) => Ok(windows_1252(bytes).into()),
            (Err(_), Some(Encoding::Utf8)) => Err(Problem::Rejected(
                "not UTF-8 text; set [csv] encoding = \"latin-1\" if the file is so".to_owned(),
            )),
            (Err(_), None) if bytes.iter().any(|byte| UNASSIGNED.contains(byte)) => {
                Err(Problem::Rejected(
                    "neither UTF-8 nor Windows-1252 text; save the file as CSV UTF-8".to_owned(),
                ))
            }
            (Err(_), None) => {
                let text = windows_1252(bytes);
                let mut decoded = self.decoded.borrow_mut();
                if decoded.cells == 0 {
                    (decoded.line, decoded.first) = (self.line, text.clone());
                }
                decoded.cells += 1;
                Ok(text.into())
            }
        }
    }
}

/// Bytes that Windows-1252 leaves without a character: what has them is written otherwise.
const UNASSIGNED: [u8; 5] = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

/// The characters of the bytes 0x80 to 0x9f in Windows-1252; those of all others are their own.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Text in Windows-1252, which is what "ANSI" and "Latin-1" exports are.
fn windows_1252(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        text.push(match byte {
            0x80..=0x9f => HIGH[usize::from(byte) - 0x80],
            other => char::from(other),
        });
    }
    text
}

fn count_of(text: &[u8], wanted: u8) -> usize {
    text.iter().filter(|&&byte| byte == wanted).count()
}

/// Whether a byte stands in no text table: a control character but a tab or a line end.
fn is_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\r' | b'\n')
}

/// Whether a line ends in CR alone here.
fn has_bare_cr(field: &[u8]) -> bool {
    field.windows(2).any(|pair| pair[0] == b'\r' && pair[1] != b'\n')
}

/// What the operating system or our own bounds said.
fn cause(error: csv::Error) -> String {
    match error.into_kind() {
        csv::ErrorKind::Io(e) => e.to_string(),
        other => format!("{other:?}"),
    }
}

/// Bytes that are looked at for how a text file ends its lines.
const LINE_ENDS_WITHIN: u64 = 1 << 16;

/// The file's bytes; of UTF-16, as spreadsheet programs save "Unicode text", the same in UTF-8; of
/// lines that end in CR alone ("CSV (Macintosh)"), the same with LF.
fn as_utf8(file: &File, mut raw: std::fs::File) -> Result<Box<dyn Read>> {
    let mut head = Vec::new();
    let ahead = raw.by_ref().take(LINE_ENDS_WITHIN).read_to_end(&mut head);
    ahead.map_err(Error::unreadable(&file.path))?;
    raw.rewind().map_err(Error::unreadable(&file.path))?;
    let Some(utf16) = source::utf16(&head) else {
        return Ok(if ends_in_cr(&head) { Box::new(CrLines(raw)) } else { Box::new(raw) });
    };
    let mut bytes = Vec::new();
    raw.read_to_end(&mut bytes).map_err(Error::unreadable(&file.path))?;
    bytes.drain(..utf16.mark);
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|pair| match utf16.big_endian {
            false => u16::from_le_bytes([pair[0], pair[1]]),
            true => u16::from_be_bytes([pair[0], pair[1]]),
        })
        .collect();
    let text = String::from_utf16(&units).map_err(|_| {
        Error::input(&file.path, "it begins like UTF-16 text but is none; save it as UTF-8")
    })?;
    let text = if ends_in_cr(text.as_bytes()) { text.replace('\r', "\n") } else { text };
    Ok(Box::new(io::Cursor::new(text.into_bytes())))
}

/// Whether the lines of a text end in CR alone; cells of several lines may hold LF.
fn ends_in_cr(text: &[u8]) -> bool {
    let first = text.iter().find(|&&byte| matches!(byte, b'\r' | b'\n'));
    first == Some(&b'\r')
        && !text.windows(2).any(|pair| pair == b"\r\n")
        && count_of(text, b'\r') >= count_of(text, b'\n')
}

/// A file whose lines end in CR, read as if they ended in LF.
struct CrLines(std::fs::File);

impl Read for CrLines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.0.read(buffer)?;
        buffer[..n].iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        Ok(n)
    }
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

//! Sheets of a workbook (xlsx, xlsm, xlsb, xls, ods), line by line as if they were text.
//!
//! Dates become days, numbers their shortest form (10012, not 10012.0), so that cells mean the same
//! as in a text file. Without a named sheet every visible one is read that has the table's columns:
//! many people keep a sheet a month.

use crate::domain::error::{Error, Result};
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::ingest::cells::interner::Problem;
use crate::ingest::files::archive::{self, Room};
use crate::ingest::files::chunk::{Reading, Sink};
use crate::ingest::files::compound;
use crate::ingest::files::rows::{self, Lines};
use crate::ingest::files::source::File;
use crate::ingest::settings::{DataSettings, Footer};
use crate::math::hash::FastMap;
use calamine::{Data, DataRef, ExcelDateTime, Reader, SheetVisible, Sheets, open_workbook_auto};
use std::borrow::Cow;
use std::fs;
use std::io::{BufReader, Read, Seek};

/// Cells that a sheet may span, filled or not: the most rows of a sheet with nineteen columns. One
/// stray cell far below would take minutes.
const MOST_CELLS: u64 = 20_000_000;

/// Bytes of a cell that are kept: no column takes as many, and a text that a million cells share
/// would be made a million times.
const LONGEST_CELL: usize = 1 << 16;

/// Reads the sheets of one workbook; returns the number of their rows.
///
/// # Errors
/// If the file is no workbook, or no sheet has the columns that the table needs.
pub(crate) fn read(file: &File, reading: &mut Reading<'_>, sink: &mut Sink<'_>) -> Result<u64> {
    let room = room(&reading.settings.data);
    let mut workbook = open(file, room)?;
    let wanted = reading.mapping.sheet.as_ref().or(reading.mapped.preset.sheet.as_ref()).cloned();
    let sheets = workbook.sheets_metadata().to_vec();
    let visible = sheets.iter().filter(|sheet| sheet.visible == SheetVisible::Visible);
    let names: Vec<String> = match &wanted {
        Some(name) => sheets
            .iter()
            .map(|sheet| sheet.name.clone())
            .filter(|sheet| sheet.trim().eq_ignore_ascii_case(name.trim()))
            .collect(),
        None => visible.map(|sheet| sheet.name.clone()).collect(),
    };
    if names.is_empty() {
        let known: Vec<String> = sheets.iter().map(|sheet| format!("`{}`", sheet.name)).collect();
        let name = wanted.unwrap_or_default();
        return Err(Error::input(
            &file.path,
            format!("it has no sheet `{name}`; its sheets are {}", known.join(", ")),
        ));
    }
    let mut rows = 0;
    let mut read = Vec::new();
    let mut passed_over = Vec::new();
    let mut first_error = None;
    for name in &names {
        let cells = sheet(file, &mut workbook, name, room)?;
        let mut lines = SheetLines::new(&cells);
        let header = match rows::header(file, &mut lines, reading) {
            Ok(header) => header,
            Err(error) => {
                passed_over.push(format!("`{name}`"));
                first_error.get_or_insert(error);
                continue;
            }
        };
        let last = match reading.mapping.footer {
            Footer::Lines(count) if count > 0 => lines.filled().saturating_sub(count as u64),
            Footer::Lines(_) | Footer::Begins(_) | Footer::BeginsAny(_) => u64::MAX,
        };
        rows += rows::read(
            file,
            &mut lines,
            &header,
            last,
            |_| Ok(SheetLines::new(&cells)),
            reading,
            sink,
        )?;
        read.push(format!("`{name}`"));
    }
    if let Some(error) = first_error.filter(|_| read.is_empty()) {
        return Err(error);
    }
    if read.len() + passed_over.len() > 1 {
        let left = match passed_over.len() {
            0 => String::new(),
            _ => format!("; without its columns and not read: {}", passed_over.join(", ")),
        };
        reading.exceptions.push(Exception::new(
            Severity::Info,
            ExceptionKind::AssumedLayout,
            Subject::File(file.base_name()),
            format!("read are the sheets {}{left}", read.join(", ")),
            "every visible sheet that has the columns; `sheet` in its [mapping] names the one",
        ));
    }
    Ok(rows)
}

fn no_workbook(file: &File, what: &str) -> Error {
    Error::input(&file.path, format!("not a workbook: {what}"))
}

fn room(settings: &DataSettings) -> Room {
    Room {
        unpacked: settings.decompressed_limit_mb << 20,
        held: settings.memory_limit_mb << 20,
        cells: MOST_CELLS,
        is_of_file: false,
    }
}

/// The workbook, once nothing in it asks for more than there is room for.
fn open(file: &File, room: Room) -> Result<Sheets<BufReader<fs::File>>> {
    archive::check(&file.path, room)
        .and_then(|()| compound::check(&file.path, room))
        .map_err(|what| Error::input(&file.path, what))?;
    crate::domain::fault::guarded(|| open_workbook_auto(&file.path))
        .map_err(|_| no_workbook(file, "its contents are damaged"))?
        .map_err(|error| no_workbook(file, &error.to_string()))
}

/// The cells of the first lines of every visible sheet.
///
/// # Errors
/// If the file is no workbook.
pub(crate) fn first_lines(file: &File, settings: &DataSettings) -> Result<Vec<Vec<String>>> {
    let room = room(settings);
    let mut workbook = open(file, room)?;
    let mut first = Vec::new();
    for sheet in workbook.sheets_metadata().to_vec() {
        if sheet.visible != SheetVisible::Visible {
            continue;
        }
        let Ok(cells) = self::sheet(file, &mut workbook, &sheet.name, room) else { continue };
        let mut lines = SheetLines::new(&cells);
        for _ in 0..rows::HEADER_WITHIN {
            if !lines.next()? {
                break;
            }
            first.push(lines.line.iter().map(|cell| cell.trim().to_owned()).collect());
        }
    }
    Ok(first)
}

/// The cells of the sheet `name`.
fn sheet<R: Read + Seek>(
    file: &File,
    workbook: &mut Sheets<R>,
    name: &str,
    room: Room,
) -> Result<SheetCells> {
    crate::domain::fault::guarded(|| SheetCells::read(workbook, name, room))
        .map_err(|_| no_workbook(file, &format!("sheet `{name}` is damaged")))?
        .map_err(|error| Error::input(&file.path, format!("sheet `{name}`: {error}")))
}

/// The filled cells of a sheet, row by row, as texts.
#[derive(Debug, Default)]
struct SheetCells {
    cells: Vec<FilledCell>,
    /// The texts of the cells, those that several cells share once.
    texts: String,
    /// The first column that is filled, and how many from it on.
    left: u32,
    width: usize,
}

#[derive(Debug, Clone, Copy)]
struct FilledCell {
    row: u32,
    column: u32,
    text: Span,
}

/// Bytes of [`SheetCells::texts`].
#[derive(Debug, Clone, Copy)]
struct Span {
    from: u32,
    to: u32,
}

impl SheetCells {
    /// Reads the sheet `name`; or why it cannot be read.
    fn read<R: Read + Seek>(
        workbook: &mut Sheets<R>,
        name: &str,
        room: Room,
    ) -> std::result::Result<Self, String> {
        let mut sheet = Self::default();
        // By where the workbook holds the text.
        let mut shared: FastMap<usize, Span> = FastMap::default();
        match workbook {
            Sheets::Xlsx(workbook) => {
                let mut reader = workbook.worksheet_cells_reader(name).map_err(in_words)?;
                while let Some(cell) = reader.next_cell().map_err(in_words)? {
                    sheet.push(cell.get_position(), cell.get_value(), &mut shared, room)?;
                }
            }
            Sheets::Xlsb(workbook) => {
                let mut reader = workbook.worksheet_cells_reader(name).map_err(in_words)?;
                while let Some(cell) = reader.next_cell().map_err(in_words)? {
                    sheet.push(cell.get_position(), cell.get_value(), &mut shared, room)?;
                }
            }
            Sheets::Xls(_) | Sheets::Ods(_) => {
                let range = workbook.worksheet_range(name).map_err(in_words)?;
                let (top, left) = range.start().unwrap_or_default();
                for (row, column, data) in range.used_cells() {
                    let position = (top + row as u32, left + column as u32);
                    sheet.push(position, &as_read(data), &mut shared, room)?;
                }
            }
        }
        let columns = || sheet.cells.iter().map(|cell| cell.column);
        let left = columns().min().unwrap_or(0);
        let right = columns().max().unwrap_or(0);
        let bottom = sheet.cells.iter().map(|cell| cell.row).max().unwrap_or(0);
        let (rows, columns) = (u64::from(bottom) + 1, u64::from(right) + 1);
        if rows * columns > MOST_CELLS {
            return Err(archive::too_far(rows, columns));
        }
        sheet.left = left;
        sheet.width = (right - left) as usize + usize::from(!sheet.cells.is_empty());
        if !sheet.cells.is_sorted_by_key(|cell| cell.row) {
            sheet.cells.sort_by_key(|cell| cell.row);
        }
        Ok(sheet)
    }

    fn push(
        &mut self,
        position: (u32, u32),
        data: &DataRef<'_>,
        shared: &mut FastMap<usize, Span>,
        room: Room,
    ) -> std::result::Result<(), String> {
        let text = match data {
            DataRef::SharedString(text) => match shared.get(&(text.as_ptr() as usize)) {
                Some(&known) => Some(known),
                None => {
                    let span = self.keep(text);
                    shared.insert(text.as_ptr() as usize, span);
                    Some(span)
                }
            }
            .filter(|span| span.from < span.to),
            other => {
                let text = as_text(other);
                (!text.trim().is_empty()).then(|| self.keep(&text))
            }
        };
        let Some(text) = text else { return Ok(()) };
        let (row, column) = position;
        self.cells.push(FilledCell { row, column, text });
        // While they grow, half as much again is held.
        let grown = self.cells.capacity() * size_of::<FilledCell>() + self.texts.capacity();
        let held = grown + grown / 2;
        // Spans are of 32 bits.
        if held as u64 > room.held.min(u64::from(u32::MAX) - LONGEST_CELL as u64) {
            return Err(room.too_much());
        }
        Ok(())
    }

    /// Takes over a text; nothing of a blank one.
    fn keep(&mut self, text: &str) -> Span {
        let from = self.texts.len() as u32;
        if !text.trim().is_empty() {
            self.texts.push_str(&text[..text.floor_char_boundary(LONGEST_CELL)]);
        }
        Span { from, to: self.texts.len() as u32 }
    }

    fn text(&self, span: Span) -> &str {
        &self.texts[span.from as usize..span.to as usize]
    }
}

fn in_words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The rows of one sheet as texts.
struct SheetLines<'a> {
    sheet: &'a SheetCells,
    /// Cells gone through.
    gone: usize,
    ordinal: u64,
    /// Number of the row at hand.
    row: u64,
    line: Vec<String>,
}

impl<'a> SheetLines<'a> {
    fn new(sheet: &'a SheetCells) -> Self {
        Self { sheet, gone: 0, ordinal: 0, row: 0, line: vec![String::new(); sheet.width] }
    }

    /// Rows that are not blank.
    fn filled(&self) -> u64 {
        self.sheet.cells.chunk_by(|cell, next| cell.row == next.row).count() as u64
    }
}

impl Lines for SheetLines<'_> {
    fn next(&mut self) -> Result<bool> {
        let rest = &self.sheet.cells[self.gone..];
        let Some(row) = rest.chunk_by(|cell, next| cell.row == next.row).next() else {
            return Ok(false);
        };
        self.line.iter_mut().for_each(String::clear);
        for cell in row {
            let text = &mut self.line[(cell.column - self.sheet.left) as usize];
            text.clear();
            text.push_str(self.sheet.text(cell.text));
            self.row = u64::from(cell.row) + 1;
        }
        self.gone += row.len();
        self.ordinal += 1;
        Ok(true)
    }

    fn skip_to(&mut self, line: u64) -> Result<()> {
        let cells = &self.sheet.cells;
        self.gone = self.gone.max(cells.partition_point(|cell| u64::from(cell.row) < line));
        Ok(())
    }

    fn ordinal(&self) -> u64 {
        self.ordinal
    }

    fn line(&self) -> u64 {
        self.row
    }

    fn len(&self) -> usize {
        self.line.len()
    }

    fn field(&self, at: usize) -> std::result::Result<Cow<'_, str>, Problem> {
        Ok(self.line.get(at).map_or("", String::as_str).into())
    }

    fn lossy(&self, at: usize) -> String {
        self.line.get(at).cloned().unwrap_or_default()
    }

    fn check_header(&self) -> Result<()> {
        Ok(())
    }
}

/// A cell as a text file would have it.
fn as_text<'c>(cell: &'c DataRef<'_>) -> Cow<'c, str> {
    match cell {
        DataRef::Empty => "".into(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.as_str().into()
        }
        DataRef::SharedString(text) => (*text).into(),
        DataRef::Int(number) => number.to_string().into(),
        DataRef::Float(number) => number_text(*number).into(),
        DataRef::Bool(yes) => yes.to_string().into(),
        DataRef::DateTime(moment) => moment_text(moment).into(),
        DataRef::Error(error) => error.to_string().into(),
    }
}

/// A cell of a reader that holds all of them, as one of a reader that does not.
fn as_read(data: &Data) -> DataRef<'_> {
    match data {
        Data::Empty => DataRef::Empty,
        Data::String(text) => DataRef::SharedString(text),
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::Bool(yes) => DataRef::Bool(*yes),
        Data::DateTime(moment) => DataRef::DateTime(*moment),
        Data::DateTimeIso(text) => DataRef::SharedString(text),
        Data::DurationIso(text) => DataRef::SharedString(text),
        Data::Error(error) => DataRef::Error(error.clone()),
    }
}

/// The shortest form of `number`; a fraction of three digits gets a fourth, since `1.234` in a text
/// may be a thousand.
fn number_text(number: f64) -> String {
    let text = number.to_string();
    let Some((whole, fraction)) = text.split_once('.') else { return text };
    let padding = if fraction.len() == 3 { "0" } else { "" };
    format!("{whole}.{fraction}{padding}")
}

/// The day, with its time where it has one; a bare time or duration as its number.
fn moment_text(moment: &ExcelDateTime) -> String {
    if moment.is_duration() || moment.as_f64() < 1.0 {
        return number_text(moment.as_f64());
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) {
        return date;
    }
    format!("{date} {hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_would() {
        assert_eq!(number_text(10_012.0), "10012");
        assert_eq!(number_text(10.5), "10.5");
        assert_eq!(number_text(1.234), "1.2340", "not a thousand");
    }
}

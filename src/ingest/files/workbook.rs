//! Sheets of a workbook (xlsx, xlsm, xlsb, xls, ods), line by line as if they were text.
//!
//! Dates become days, numbers their shortest form (10012, not 10012.0), so that cells mean the same
//! as in a text file. Without a named sheet every visible one is read that has the table's columns:
//! many people keep a sheet a month.

use crate::domain::error::{Error, Result};
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::ingest::cells::interner::Problem;
use crate::ingest::files::chunk::{Reading, Sink};
use crate::ingest::files::rows::{self, Lines};
use crate::ingest::files::source::File;
use crate::ingest::settings::Footer;
use calamine::{
    Cell, Data, DataRef, ExcelDateTime, Range, Reader, SheetVisible, Sheets, open_workbook_auto,
};
use std::borrow::Cow;
use std::io::{Read, Seek};

/// Cells that a sheet may span, filled or not: the most rows of a sheet with nineteen columns. Each
/// takes 32 bytes, so that one stray cell far below would take all memory.
const MOST_CELLS: u64 = 20_000_000;

/// Reads the sheets of one workbook; returns the number of their rows.
///
/// # Errors
/// If the file is no workbook, or no sheet has the columns that the table needs.
pub(crate) fn read(file: &File, reading: &mut Reading<'_>, sink: &mut Sink<'_>) -> Result<u64> {
    let opened = crate::domain::fault::guarded(|| open_workbook_auto(&file.path));
    let mut workbook = opened
        .map_err(|_| no_workbook(file, "its contents are damaged"))?
        .map_err(|error| no_workbook(file, &error.to_string()))?;
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
        let cells = crate::domain::fault::guarded(|| cells_of(&mut workbook, name));
        let range = cells
            .map_err(|_| no_workbook(file, &format!("sheet `{name}` is damaged")))?
            .map_err(|error| no_workbook(file, &format!("sheet `{name}`: {error}")))?;
        let mut lines = SheetLines::new(&range);
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
            |_| Ok(SheetLines::new(&range)),
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

/// The cells of the first lines of every visible sheet.
///
/// # Errors
/// If the file is no workbook.
pub(crate) fn first_lines(file: &File) -> Result<Vec<Vec<String>>> {
    let opened = crate::domain::fault::guarded(|| open_workbook_auto(&file.path));
    let Ok(Ok(mut workbook)) = opened else {
        return Err(Error::input(&file.path, "not a readable workbook"));
    };
    let mut first = Vec::new();
    for sheet in workbook.sheets_metadata().to_vec() {
        if sheet.visible != SheetVisible::Visible {
            continue;
        }
        let Ok(range) = cells_of(&mut workbook, &sheet.name) else { continue };
        let mut lines = SheetLines::new(&range);
        for _ in 0..rows::HEADER_WITHIN {
            if !lines.next()? {
                break;
            }
            first.push(lines.line.iter().map(|cell| cell.trim().to_owned()).collect());
        }
    }
    Ok(first)
}

/// The cells of one sheet; or why it cannot be read.
fn cells_of<R: Read + Seek>(
    workbook: &mut Sheets<R>,
    sheet: &str,
) -> std::result::Result<Range<Data>, String> {
    let Sheets::Xlsx(workbook) = workbook else {
        return workbook.worksheet_range(sheet).map_err(|error| error.to_string());
    };
    let mut reader = workbook.worksheet_cells_reader(sheet).map_err(|error| error.to_string())?;
    let mut cells: Vec<Cell<Data>> = Vec::new();
    let mut rows = 0;
    let mut columns = 0;
    while let Some(cell) = reader.next_cell().map_err(|error| error.to_string())? {
        if !matches!(cell.get_value(), DataRef::Empty) {
            let position = cell.get_position();
            rows = rows.max(u64::from(position.0) + 1);
            columns = columns.max(u64::from(position.1) + 1);
            cells.push(Cell::new(position, Data::from(cell.get_value().clone())));
        }
    }
    if rows * columns > MOST_CELLS {
        return Err(format!(
            "its cells reach to row {rows} and column {columns}: delete what stands far from the \
             table, or save it as csv"
        ));
    }
    Ok(Range::from_sparse(cells))
}

/// The rows of one sheet as texts.
struct SheetLines<'a> {
    cells: &'a Range<Data>,
    /// Rows above the first that is filled, and the number of rows gone through.
    above: u64,
    gone: usize,
    ordinal: u64,
    line: Vec<String>,
}

impl<'a> SheetLines<'a> {
    fn new(cells: &'a Range<Data>) -> Self {
        let above = cells.start().map_or(0, |start| u64::from(start.0));
        Self { cells, above, gone: 0, ordinal: 0, line: Vec::new() }
    }

    /// Rows that are not blank.
    fn filled(&self) -> u64 {
        self.cells.rows().filter(|row| !row.iter().all(is_blank)).count() as u64
    }
}

fn is_blank(cell: &Data) -> bool {
    match cell {
        Data::Empty => true,
        Data::String(text) => text.trim().is_empty(),
        Data::Int(_)
        | Data::Float(_)
        | Data::Bool(_)
        | Data::DateTime(_)
        | Data::DateTimeIso(_)
        | Data::DurationIso(_)
        | Data::Error(_) => false,
    }
}

impl Lines for SheetLines<'_> {
    fn next(&mut self) -> Result<bool> {
        let width = self.cells.width();
        while self.gone < self.cells.height() {
            let row = self.gone;
            self.gone += 1;
            let cells = (0..width).filter_map(|column| self.cells.get((row, column)));
            if cells.clone().all(is_blank) {
                continue;
            }
            self.line.clear();
            self.line.extend(cells.map(as_text));
            self.ordinal += 1;
            return Ok(true);
        }
        Ok(false)
    }

    fn skip_to(&mut self, line: u64) -> Result<()> {
        let rows = usize::try_from(line.saturating_sub(self.above)).unwrap_or(usize::MAX);
        self.gone = self.gone.max(rows);
        Ok(())
    }

    fn ordinal(&self) -> u64 {
        self.ordinal
    }

    fn line(&self) -> u64 {
        self.above + self.gone as u64
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
fn as_text(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number_text(*number),
        Data::Bool(yes) => yes.to_string(),
        Data::DateTime(moment) => moment_text(moment),
        Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Error(error) => error.to_string(),
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

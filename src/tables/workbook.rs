//! Spreadsheets for people: dates are dates, amounts are numbers with a format, text is never a
//! formula.
//!
//! The same cells give the CSV files beside the workbooks, so that both say the same.

use crate::domain::error::{Error, Result};
use crate::domain::units::{Money, Units};
use chrono::NaiveDate;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatBorder, Workbook, Worksheet, XlsxError,
};
use std::fmt;

/// Longest cell of a spreadsheet: Excel's own limit.
const LONGEST_CELL: usize = 32_767;
/// Longest name of a sheet: Excel's own limit.
const LONGEST_NAME: usize = 31;
/// Widths of columns, characters: narrower ones cut their heads, wider ones push the next columns
/// off the screen.
const WIDTHS: (usize, usize) = (9, 60);

/// How dates are written.
const DATE: &str = "yyyy-mm-dd";

/// One cell, as CSV and spreadsheets write it.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing to say.
    Empty,
    /// Words, never a formula.
    Text(String),
    /// A whole number.
    Count(i64),
    /// Units, with the parts of them that are counted.
    Units(Units),
    /// A number with two decimals.
    Real(f64),
    /// An amount.
    Money(Money),
    /// A day.
    Date(NaiveDate),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

impl From<Money> for Cell {
    fn from(amount: Money) -> Self {
        Self::Money(amount)
    }
}

impl From<NaiveDate> for Cell {
    fn from(day: NaiveDate) -> Self {
        Self::Date(day)
    }
}

impl From<Units> for Cell {
    fn from(units: Units) -> Self {
        Self::Units(units)
    }
}

impl From<i64> for Cell {
    fn from(count: i64) -> Self {
        Self::Count(count)
    }
}

impl fmt::Display for Cell {
    /// As CSV has it: ISO dates, a point for decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => Ok(()),
            Self::Text(text) => f.write_str(text),
            Self::Count(count) => write!(f, "{count}"),
            Self::Units(units) => write!(f, "{units}"),
            Self::Real(value) => write!(f, "{value:.2}"),
            Self::Money(amount) => write!(f, "{amount}"),
            Self::Date(day) => write!(f, "{day}"),
        }
    }
}

/// One sheet of a workbook.
#[derive(Debug)]
pub struct Sheet<'a> {
    /// Its name; what a sheet may not be called is replaced.
    pub name: String,
    /// Heads of the columns.
    pub header: &'a [&'a str],
    /// One cell a column.
    pub rows: Vec<Vec<Cell>>,
    /// Columns summed up in a last row; none for a sheet that another program reads.
    pub totals: &'a [&'a str],
}

/// The workbook as bytes, dated `as_of`, so that the same cells give the same bytes.
///
/// # Errors
/// [`Error::Internal`] when a sheet cannot hold its rows.
pub fn workbook(sheets: &[Sheet<'_>], as_of: NaiveDate) -> Result<Vec<u8>> {
    fill(sheets, as_of).map_err(|error| Error::Internal(format!("xlsx: {error}")))
}

fn fill(sheets: &[Sheet<'_>], as_of: NaiveDate) -> std::result::Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // The writer would put the clock's time in.
    let day = ExcelDateTime::parse_from_str(&as_of.to_string())?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&day));
    let formats = Formats::new();
    let mut names: Vec<String> = Vec::with_capacity(sheets.len());
    for sheet in sheets {
        let name = sheet_name(&sheet.name, &names);
        let page = book.add_worksheet().set_name(&name)?;
        names.push(name);
        fill_page(page, sheet, &formats)?;
    }
    book.save_to_buffer()
}

/// A name that Excel takes and no other sheet has: Excel does not tell capitals from small letters.
fn sheet_name(wanted: &str, taken: &[String]) -> String {
    // Excel refuses the whole workbook over one of them.
    let forbidden = ['[', ']', ':', '*', '?', '/', '\\'];
    let plain: String = wanted
        .chars()
        .map(|c| if forbidden.contains(&c) || c.is_control() { '-' } else { c })
        .collect();
    let plain = plain.trim_matches('\'').trim();
    let plain = if plain.is_empty() { "sheet" } else { plain };
    let mut name: String = plain.chars().take(LONGEST_NAME).collect();
    // Cut names may meet: two suppliers that differ after the 31st character.
    let mut number = 1;
    while taken.iter().any(|other| other.to_lowercase() == name.to_lowercase()) {
        number += 1;
        let suffix = format!(" ({number})");
        name = plain.chars().take(LONGEST_NAME - suffix.len()).collect();
        name.push_str(&suffix);
    }
    name
}

/// How cells look.
struct Formats {
    head: Format,
    count: Format,
    real: Format,
    money: Format,
    date: Format,
    total: Format,
    total_count: Format,
    total_money: Format,
}

impl Formats {
    fn new() -> Self {
        let total = Format::new().set_bold().set_border_top(FormatBorder::Thin);
        let counted = if Units::are_whole() { "#,##0" } else { "#,##0.###" };
        Self {
            head: Format::new().set_bold().set_border_bottom(FormatBorder::Thin),
            count: Format::new().set_num_format(counted),
            real: Format::new().set_num_format("#,##0.00"),
            // Prices of screws have four decimals.
            money: Format::new().set_num_format("#,##0.00##"),
            date: Format::new().set_num_format(DATE),
            total_count: total.clone().set_num_format(counted),
            total_money: total.clone().set_num_format("#,##0.00##"),
            total,
        }
    }
}

fn fill_page(
    page: &mut Worksheet,
    sheet: &Sheet<'_>,
    formats: &Formats,
) -> std::result::Result<(), XlsxError> {
    for (column, name) in (0..).zip(sheet.header) {
        page.write_string_with_format(0, column, *name, &formats.head)?;
        let cells = sheet.rows.iter().map(|row| width(&row[usize::from(column)]));
        let widest = cells.max().unwrap_or(0).max(name.chars().count() + 2);
        // As wide as its longest cell, within what a screen takes: a column of reasons must not
        // push the others off.
        page.set_column_width(column, widest.clamp(WIDTHS.0, WIDTHS.1) as f64)?;
    }
    // Whoever scrolls down still sees what a column is.
    page.set_freeze_panes(1, 0)?;
    for (line, row) in (1..).zip(&sheet.rows) {
        for (column, cell) in (0..).zip(row) {
            write_cell(page, line, column, cell, formats)?;
        }
    }
    // Printed on paper that is wider than high, all columns side by side.
    page.set_landscape().set_print_fit_to_pages(1, 0);
    page.set_repeat_rows(0, 0)?;
    if sheet.totals.is_empty() {
        return Ok(());
    }
    let last = u32::try_from(sheet.rows.len() + 1).unwrap_or(u32::MAX);
    page.write_string_with_format(last, 0, "Total", &formats.total)?;
    for (column, name) in (0..).zip(sheet.header) {
        if !sheet.totals.contains(name) {
            continue;
        }
        let mut count = 0.0;
        let mut amount = Money::ZERO;
        let mut is_money = false;
        for row in &sheet.rows {
            match &row[usize::from(column)] {
                Cell::Count(number) => count += *number as f64,
                Cell::Units(units) => count += units.as_f64(),
                Cell::Money(money) => {
                    is_money = true;
                    amount += *money;
                }
                Cell::Empty | Cell::Text(_) | Cell::Real(_) | Cell::Date(_) => {}
            }
        }
        // A total that is a number and no formula: it is right in every program, and before
        // anything is calculated.
        if is_money {
            page.write_number_with_format(last, column, amount.as_f64(), &formats.total_money)?;
        } else {
            page.write_number_with_format(last, column, count, &formats.total_count)?;
        }
    }
    Ok(())
}

fn width(cell: &Cell) -> usize {
    let characters = match cell {
        Cell::Empty => 0,
        Cell::Text(text) => text.chars().count(),
        Cell::Date(_) => DATE.len(),
        Cell::Count(_) | Cell::Units(_) | Cell::Real(_) | Cell::Money(_) => cell.to_string().len(),
    };
    characters + 2
}

fn write_cell(
    page: &mut Worksheet,
    line: u32,
    column: u16,
    cell: &Cell,
    formats: &Formats,
) -> std::result::Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        Cell::Text(text) => {
            // Cut at a letter, not at a byte.
            let end = text.char_indices().nth(LONGEST_CELL).map_or(text.len(), |(end, _)| end);
            // Written as a string: what begins with = stays text.
            page.write_string(line, column, &text[..end])?;
        }
        Cell::Count(count) => {
            page.write_number_with_format(line, column, *count as f64, &formats.count)?;
        }
        Cell::Units(units) => {
            page.write_number_with_format(line, column, units.as_f64(), &formats.count)?;
        }
        Cell::Real(value) => {
            page.write_number_with_format(line, column, *value, &formats.real)?;
        }
        Cell::Money(amount) => {
            page.write_number_with_format(line, column, amount.as_f64(), &formats.money)?;
        }
        Cell::Date(day) => {
            let day = ExcelDateTime::parse_from_str(&day.to_string())?;
            page.write_datetime_with_format(line, column, &day, &formats.date)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_have_names_that_excel_takes_and_tells_apart() {
        let mut names: Vec<String> = Vec::new();
        let long = "a supplier whose name is longer than a sheet's may be";
        for wanted in ["ACME", "acme", "A/B: [x]", "", "'", long, long] {
            let name = sheet_name(wanted, &names);
            names.push(name);
        }
        assert_eq!(names[..5], ["ACME", "acme (2)", "A-B- -x-", "sheet", "sheet (2)"]);
        assert_eq!(names[5].chars().count(), 31);
        assert!(names[6].ends_with(" (2)") && names[6].chars().count() == 31, "{}", names[6]);
    }

    #[test]
    fn the_same_cells_give_the_same_bytes() {
        let day: NaiveDate = "2026-03-16".parse().unwrap();
        let sheet = || Sheet {
            name: "ACME".into(),
            header: &["sku", "quantity", "value", "expected"],
            rows: vec![vec![
                "=1+1".into(),
                Cell::Count(12),
                Cell::Money(Money::from_f64(1.2345)),
                Cell::Date(day),
            ]],
            totals: &["quantity", "value"],
        };
        let first = workbook(&[sheet()], day).unwrap();
        assert_eq!(first, workbook(&[sheet()], day).unwrap());
    }
}

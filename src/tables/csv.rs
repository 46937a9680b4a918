//! CSV text and spreadsheets for people: a cell that a spreadsheet would take for a formula is
//! written as text.

use crate::domain::error::{Error, Result};
use chrono::NaiveDate;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
use std::borrow::Cow;

/// Longest cell of a spreadsheet: Excel's own limit.
const LONGEST_CELL: usize = 32_767;

/// A text cell that no spreadsheet takes for a formula: one that starts like a formula gets an
/// apostrophe in front. Plain numbers are left alone.
#[must_use]
pub fn harmless(cell: &str) -> Cow<'_, str> {
    // Spreadsheets in Chinese and Japanese take the full-width signs for the plain ones, and skip
    // any kind of space before them.
    let formula = cell
        .trim_start_matches(|c: char| c.is_whitespace() && !c.is_control())
        .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n', '|', '%']);
    if formula && cell.trim().parse::<f64>().is_err() {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// CSV text with a header; every cell made [`harmless`].
///
/// # Errors
/// [`Error::Internal`] when the rows do not fit.
pub fn table<R: AsRef<[String]>>(
    header: &[&str],
    rows: impl IntoIterator<Item = R>,
) -> Result<Vec<u8>> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(header).map_err(broken_csv)?;
    for row in rows {
        for cell in row.as_ref() {
            out.write_field(harmless(cell).as_bytes()).map_err(broken_csv)?;
        }
        // Ends the record.
        out.write_record(None::<&[u8]>).map_err(broken_csv)?;
    }
    out.into_inner().map_err(|e| Error::Internal(format!("csv: {e}")))
}

fn broken_csv(error: csv::Error) -> Error {
    Error::Internal(format!("csv: {error}"))
}

/// An xlsx file of one sheet; columns at `numeric` become numbers, all others text (never
/// formulas). Dated `as_of`, so that the same rows give the same bytes.
///
/// # Errors
/// [`Error::Internal`] when the sheet cannot hold the rows.
pub fn spreadsheet<R: AsRef<[String]>>(
    sheet: &str,
    header: &[&str],
    numeric: &[usize],
    rows: impl IntoIterator<Item = R>,
    as_of: NaiveDate,
) -> Result<Vec<u8>> {
    fill(sheet, header, numeric, rows, as_of)
        .map_err(|error| Error::Internal(format!("xlsx: {error}")))
}

fn fill<R: AsRef<[String]>>(
    sheet: &str,
    header: &[&str],
    numeric: &[usize],
    rows: impl IntoIterator<Item = R>,
    as_of: NaiveDate,
) -> std::result::Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let day = ExcelDateTime::parse_from_str(&as_of.to_string())?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&day));
    let page = book.add_worksheet().set_name(sheet)?;
    let bold = Format::new().set_bold();
    for (column, name) in (0..).zip(header) {
        page.write_string_with_format(0, column, *name, &bold)?;
    }
    page.set_freeze_panes(1, 0)?;
    for (line, row) in (1..).zip(rows) {
        for (i, cell) in row.as_ref().iter().enumerate() {
            let column = u16::try_from(i).unwrap_or(u16::MAX);
            let number = if numeric.contains(&i) { cell.parse::<f64>().ok() } else { None };
            match number {
                Some(number) => page.write_number(line, column, number)?,
                None => {
                    let text: String = cell.chars().take(LONGEST_CELL).collect();
                    page.write_string(line, column, text)?
                }
            };
        }
    }
    book.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text_and_numbers_stay() {
        for cell in [
            "=cmd|' /C calc'!A0",
            "+1+1",
            "-2+3",
            "@SUM(A1)",
            "\t=1",
            " =1",
            "＝1",
            "　＋1+1",
            "－x",
            "＠x",
        ] {
            assert_eq!(harmless(cell), format!("'{cell}"));
        }
        for cell in ["-5", "+1.5", "12", "SKU-1", "a=b", ""] {
            assert_eq!(harmless(cell), cell);
        }
    }
}

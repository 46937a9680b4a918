//! CSV text for people: a cell that a spreadsheet would take for a formula is written as text.

use crate::domain::error::{Error, Result};
use std::borrow::Cow;

/// A text cell that no spreadsheet takes for a formula: one that starts like a formula gets an
/// apostrophe in front. Plain numbers are left alone.
#[must_use]
pub fn harmless(cell: &str) -> Cow<'_, str> {
    // Spreadsheets in Chinese and Japanese take the full-width signs for the plain ones, and skip
    // any kind of space before them.
    let formula = cell
        .trim_start_matches(|c: char| c.is_whitespace() && !c.is_control())
        .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n', '|', '%']);
    // A negative number is a number, whatever it begins with.
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

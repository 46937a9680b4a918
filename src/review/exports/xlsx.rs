//! One spreadsheet with the generic columns.

use crate::domain::error::Result;
use crate::review::exports::generic::COLUMNS;
use crate::review::exports::{Column, ExportFormat};
use crate::tables::csv::spreadsheet;
use chrono::NaiveDate;

/// A workbook of one sheet.
pub(crate) struct Xlsx;

/// Columns whose cells are numbers: the others stay text, whatever they look like.
const NUMBERS: [&str; 3] = ["quantity", "unit_cost", "value"];

impl ExportFormat for Xlsx {
    fn name(&self) -> &'static str {
        "xlsx"
    }

    fn about(&self) -> &'static str {
        "Excel workbook"
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn extension(&self) -> &'static str {
        "xlsx"
    }

    fn write(&self, rows: Vec<Vec<String>>, as_of: NaiveDate) -> Result<Vec<u8>> {
        let names = COLUMNS.map(|column| column.name);
        let numeric: Vec<usize> =
            (0..names.len()).filter(|&i| NUMBERS.contains(&names[i])).collect();
        spreadsheet("Approved orders", &names, &numeric, rows, as_of)
    }
}

//! One workbook with the generic columns: all lines, then a sheet a document.

use crate::domain::error::Result;
use crate::review::exports::generic::Generic;
use crate::review::exports::{Column, Document, ExportFile, ExportFormat, Page, What, rows};
use crate::tables::workbook::{Sheet, workbook};

/// A workbook.
pub(crate) struct Xlsx;

/// Columns that a document's sheet sums up.
const TOTALS: [&str; 4] = ["quantity", "packs", "value", "reporting_value"];

impl ExportFormat for Xlsx {
    fn name(&self) -> &'static str {
        "xlsx"
    }

    fn about(&self) -> &'static str {
        "Excel workbook, all lines and a sheet an order"
    }

    fn extension(&self) -> &'static str {
        "xlsx"
    }

    fn orders(&self) -> &'static [Column] {
        Generic.orders()
    }

    fn transfers(&self) -> &'static [Column] {
        Generic.transfers()
    }

    fn documents(
        &self,
        what: What,
        documents: &[Document<'_>],
        page: &Page<'_>,
    ) -> Result<Vec<ExportFile>> {
        let columns = self.columns(what);
        let header: Vec<&str> = columns.iter().map(|column| column.name).collect();
        let all = format!("All {}", what.name());
        let mut sheets = vec![Sheet {
            name: all,
            header: &header,
            rows: rows(columns, documents, page),
            totals: &[],
        }];
        for document in documents {
            sheets.push(Sheet {
                name: document.id.clone(),
                header: &header,
                rows: rows(columns, std::slice::from_ref(document), page),
                totals: &TOTALS,
            });
        }
        let bytes = workbook(&sheets, page.as_of)?;
        Ok(vec![ExportFile { part: String::new(), bytes }])
    }
}

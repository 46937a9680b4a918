//! Amazon: Send to Amazon, the list of SKUs and quantities of one shipment to FBA.
//!
//! Tab-separated, one file a shipment; what is moved there from a location of our own, or ordered
//! from a supplier who delivers to Amazon.

use crate::domain::error::Result;
use crate::review::exports::{
    Column, Document, ExportFile, ExportFormat, Page, What, column, quantity, rows, sku,
};

/// Send to Amazon.
pub(crate) struct AmazonSendIn;

const COLUMNS: &[Column] = &[column("Merchant SKU", sku), column("Quantity", quantity)];

impl ExportFormat for AmazonSendIn {
    fn name(&self) -> &'static str {
        "amazon-sendin"
    }

    fn about(&self) -> &'static str {
        "Send to Amazon: SKUs and quantities, one file a shipment"
    }

    fn writes(&self) -> &'static [What] {
        &[What::Transfers, What::Orders]
    }

    fn extension(&self) -> &'static str {
        "txt"
    }

    fn documents(
        &self,
        _what: What,
        documents: &[Document<'_>],
        page: &Page<'_>,
    ) -> Result<Vec<ExportFile>> {
        let mut files = Vec::with_capacity(documents.len());
        for document in documents {
            let mut text = String::from("Merchant SKU\tQuantity\n");
            for row in rows(COLUMNS, std::slice::from_ref(document), page) {
                let cells: Vec<String> = row
                    .iter()
                    .map(|cell| cell.to_string().replace(['\t', '\n', '\r'], " "))
                    .collect();
                text.push_str(&cells.join("\t"));
                text.push('\n');
            }
            files.push(ExportFile { part: document.id.clone(), bytes: text.into_bytes() });
        }
        Ok(files)
    }
}

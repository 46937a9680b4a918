//! Cin7 Core (DEAR): bulk import of purchases.
//!
//! Names and order of the columns stay as its template has them: its first line is not to be
//! changed. Each order begins with a row `Order`, its lines are rows `OrderLine` below it with the
//! same number. Where an account's template has more columns, these are its first.

use crate::domain::error::Result;
use crate::review::exports::{
    Column, Document, ExportFile, ExportFormat, OrderLine, Page, What, column, currency,
    description, expected_arrival, line_id, one_file_each, order_date, order_id, quantity, ship_to,
    sku, supplier, supplier_sku, unit_cost, value,
};

/// Cin7 Core.
pub(crate) struct Cin7Core;

const COLUMNS: &[Column] = &[
    column("RecordType", |_| "Order".into()),
    column("PurchaseOrderNumber", order_id),
    column("SupplierName", supplier),
    column("InventoryLocation", ship_to),
    column("CurrencyCode", currency),
    column("OrderDate", order_date),
    column("RequiredBy", expected_arrival),
    column("SKU", sku),
    column("ProductName", product_name),
    column("SupplierSKU", supplier_sku),
    column("Quantity", quantity),
    column("Price", unit_cost),
    column("Total", value),
    column("Comment", line_id),
];

fn product_name(line: &OrderLine<'_>) -> crate::tables::workbook::Cell {
    if line.decision.name.is_empty() {
        description(line)
    } else {
        line.decision.name.as_str().into()
    }
}

impl ExportFormat for Cin7Core {
    fn name(&self) -> &'static str {
        "cin7-core"
    }

    fn about(&self) -> &'static str {
        "Cin7 Core (DEAR) purchase import, one file an order"
    }

    fn columns(&self, _what: What) -> &'static [Column] {
        COLUMNS
    }

    fn documents(
        &self,
        what: What,
        documents: &[Document<'_>],
        page: &Page<'_>,
    ) -> Result<Vec<ExportFile>> {
        one_file_each(self.columns(what), documents, page)
    }
}

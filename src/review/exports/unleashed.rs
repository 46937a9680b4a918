//! Unleashed: Import Purchase Orders.
//!
//! All columns of its template, starred ones filled; orders come in parked. The number of an order
//! is used once, line numbers count up within it. Prices are in the supplier's currency, dates in
//! the form of the company's settings (`[export] dates`). Its advice is 800 lines an order.

use crate::domain::error::Result;
use crate::review::exports::{
    Column, DateForm, Document, ExportFile, ExportFormat, OrderLine, Page, What, column, currency,
    expected_arrival, line_number, one_file, order_date, order_id, quantity, ship_to, sku, split,
    supplier, unit_cost,
};
use crate::tables::workbook::Cell;

/// Unleashed.
pub(crate) struct Unleashed;

/// Most lines of an order.
const LONGEST_ORDER: usize = 800;

const COLUMNS: &[Column] = &[
    column("*Order Number", order_id),
    column("*Supplier Code", supplier),
    column("Tax Rate", |_| Cell::Empty),
    column("Supplier Reference", |_| Cell::Empty),
    column("Comments", |line| Cell::Text(format!("Prices in {}", currency(line)))),
    column("Order Date", order_date),
    column("Delivery Date", expected_arrival),
    column("Warehouse Code", ship_to),
    column("*Line Number", line_number),
    column("*Product Code", sku),
    column("*Order Quantity", quantity),
    column("Unit Of Measure", |_| Cell::Empty),
    column("Unit Price", unit_cost),
    column("Line Comments", comment),
];

/// The supplier's own number, the packs, and the line's id.
fn comment(line: &OrderLine<'_>) -> Cell {
    let decision = line.decision;
    let mut parts = Vec::new();
    if !decision.supplier_sku.is_empty() {
        parts.push(format!("supplier's SKU {}", decision.supplier_sku));
    }
    if let Some((packs, size)) = decision.packs().zip(decision.pack_size) {
        parts.push(format!("{packs} packs of {size}"));
    }
    parts.push(decision.recommendation_id.clone());
    Cell::Text(parts.join("; "))
}

impl ExportFormat for Unleashed {
    fn name(&self) -> &'static str {
        "unleashed"
    }

    fn about(&self) -> &'static str {
        "Unleashed purchase-order import"
    }

    fn needs_supplier(&self) -> bool {
        true
    }

    fn dates(&self) -> DateForm {
        DateForm::DayFirst
    }

    fn orders(&self) -> &'static [Column] {
        COLUMNS
    }

    fn documents(
        &self,
        what: What,
        documents: &[Document<'_>],
        page: &Page<'_>,
    ) -> Result<Vec<ExportFile>> {
        one_file(self.columns(what), &split(documents, LONGEST_ORDER), page)
    }
}

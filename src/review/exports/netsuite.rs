//! NetSuite: CSV import of purchase orders.

use crate::review::exports::{
    Column, ExportFormat, column, expected_arrival, line_id, order_date, order_id, quantity,
    ship_to, sku, supplier, unit_cost,
};

/// NetSuite: CSV import of purchase orders.
pub(crate) struct NetSuite;

const COLUMNS: &[Column] = &[
    column("External ID", order_id),
    column("Vendor", supplier),
    column("Date", order_date),
    column("Location", ship_to),
    column("Item", sku),
    column("Quantity", quantity),
    column("Rate", unit_cost),
    column("Expected Receipt Date", expected_arrival),
    column("Memo", line_id),
];

impl ExportFormat for NetSuite {
    fn name(&self) -> &'static str {
        "netsuite"
    }

    fn about(&self) -> &'static str {
        "NetSuite CSV import"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }
}

//! ERPNext: data import of the Purchase Order document.

use crate::review::exports::{
    Column, ExportFormat, column, expected_arrival, line_id, order_date, order_id, quantity,
    ship_to, sku, supplier, unit_cost,
};

/// ERPNext: data import of the Purchase Order document.
pub(crate) struct ErpNext;

const COLUMNS: &[Column] = &[
    column("ID", order_id),
    column("Supplier", supplier),
    column("Date", order_date),
    column("Set Target Warehouse", ship_to),
    column("ID (Items)", line_id),
    column("Item Code (Items)", sku),
    column("Quantity (Items)", quantity),
    column("Rate (Items)", unit_cost),
    column("Required By (Items)", expected_arrival),
];

impl ExportFormat for ErpNext {
    fn name(&self) -> &'static str {
        "erpnext"
    }

    fn about(&self) -> &'static str {
        "ERPNext data import"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }
}

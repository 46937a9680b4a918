//! Cin7 Omni: Import Purchase Orders, whose references start with `PO-`.

use crate::review::exports::{
    Column, ExportFormat, column, expected_arrival, line_id, order_date, order_id, quantity,
    ship_to, sku, supplier, unit_cost,
};

/// Cin7 Omni: Import Purchase Orders, whose references start with `PO-`.
pub(crate) struct Cin7;

const COLUMNS: &[Column] = &[
    column("Order Ref", order_id),
    column("Company", supplier),
    column("Branch", ship_to),
    column("Created Date", order_date),
    column("ETD", expected_arrival),
    column("Item Code", sku),
    column("Item Qty", quantity),
    column("Item Price", unit_cost),
    column("Item Line Comments", line_id),
];

impl ExportFormat for Cin7 {
    fn name(&self) -> &'static str {
        "cin7"
    }

    fn about(&self) -> &'static str {
        "Cin7 purchase-order import"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn longest_order(&self) -> usize {
        // The import refuses 500 lines of one reference.
        499
    }
}

//! Odoo: `purchase.order` with its lines.

use crate::review::exports::{
    Column, ExportFormat, OrderLine, column, expected_arrival, line_id, order_date, order_id,
    quantity, sku, supplier, unit_cost,
};

/// Odoo: `purchase.order` with its lines.
pub(crate) struct Odoo;

const COLUMNS: &[Column] = &[
    column("id", |line| first(line, order_id)),
    column("partner_id", |line| first(line, supplier)),
    column("date_order", |line| first(line, order_date)),
    column("origin", |line| first(line, order_id)),
    column("order_line/id", line_id),
    column("order_line/product_id", sku),
    column("order_line/product_qty", quantity),
    column("order_line/price_unit", unit_cost),
    column("order_line/date_planned", expected_arrival),
];

impl ExportFormat for Odoo {
    fn name(&self) -> &'static str {
        "odoo"
    }

    fn about(&self) -> &'static str {
        "Odoo purchase-order import"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }
}

/// Only an order's first row names the order: the rows below are more of its lines.
fn first(line: &OrderLine<'_>, cell: fn(&OrderLine<'_>) -> String) -> String {
    if line.is_first { cell(line) } else { String::new() }
}

//! Plain CSV: all that is known of a line.

use crate::review::exports::{
    Column, ExportFormat, OrderLine, column, expected_arrival, line_id, order_date, order_id,
    quantity, ship_to, sku, supplier, unit_cost,
};

/// All that is known of a line.
pub(crate) struct Generic;

impl ExportFormat for Generic {
    fn name(&self) -> &'static str {
        "generic"
    }

    fn about(&self) -> &'static str {
        "Plain CSV, one row an order line"
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }
}

pub(crate) const COLUMNS: [Column; 12] = [
    column("order_id", order_id),
    column("external_id", line_id),
    column("supplier", supplier),
    column("ship_to", ship_to),
    column("order_date", order_date),
    column("expected_arrival", expected_arrival),
    column("sku", sku),
    column("quantity", quantity),
    column("unit_cost", unit_cost),
    column("value", value),
    column("approved_by", |line| line.decision.author.clone()),
    column("reason", |line| line.decision.reason.clone()),
];

fn value(line: &OrderLine<'_>) -> String {
    line.decision.unit_cost.times(line.decision.quantity).to_string()
}

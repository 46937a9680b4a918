//! Plain CSV: all that is known of a line.

use crate::review::exports::{
    Column, ExportFormat, column, currency, expected_arrival, line_id, line_number, name,
    order_date, order_id, pack_size, packs, quantity, ship_from, ship_to, sku, supplier,
    supplier_sku, unit_cost, value,
};
use crate::tables::workbook::Cell;

/// All that is known of a line.
pub(crate) struct Generic;

impl ExportFormat for Generic {
    fn name(&self) -> &'static str {
        "generic"
    }

    fn about(&self) -> &'static str {
        "Plain CSV, one row a line"
    }

    fn orders(&self) -> &'static [Column] {
        ORDERS
    }

    fn transfers(&self) -> &'static [Column] {
        TRANSFERS
    }
}

const ORDERS: &[Column] = &[
    column("order_id", order_id),
    column("external_id", line_id),
    column("line", line_number),
    column("supplier", supplier),
    column("ship_to", ship_to),
    column("order_date", order_date),
    column("expected_arrival", expected_arrival),
    column("sku", sku),
    column("supplier_sku", supplier_sku),
    column("name", name),
    column("quantity", quantity),
    column("packs", packs),
    column("pack_size", pack_size),
    column("unit_cost", unit_cost),
    column("currency", currency),
    column("value", value),
    column("reporting_value", |line| line.decision.unit_cost.times(line.decision.quantity).into()),
    column("reporting_currency", |line| line.page.currency.into()),
    column("approved_by", |line| line.decision.author.as_str().into()),
    column("reason", |line| line.decision.reason.as_str().into()),
];

const TRANSFERS: &[Column] = &[
    column("order_id", order_id),
    column("external_id", line_id),
    column("line", line_number),
    column("from_location", ship_from),
    column("to_location", ship_to),
    column("ship_date", order_date),
    column("expected_arrival", expected_arrival),
    column("sku", sku),
    column("name", name),
    column("quantity", quantity),
    column("approved_by", |line| line.decision.author.as_str().into()),
    column("reason", |line| Cell::from(line.decision.reason.as_str())),
];

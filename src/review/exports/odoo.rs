//! Odoo: import of `purchase.order` and `stock.picking` with their lines.
//!
//! `base_import` reads a row whose columns of the document are blank as one more line of the
//! document above. `id` and `order_line/id` are external ids: a second import updates. A partner,
//! picking type or currency without `/id` is looked up by name (`ir.fields.converter`, `db_id_for`,
//! exact `name_search`); a partner's `ref` counts as a name, so our supplier code matches it.
//! A picking goes between stock locations, which have a path (`WH/Stock`), and its type is found by
//! the name of a warehouse (`WH: Internal Transfers`): `[export.locations]` may give either form.
//! `move_ids` is what versions from 17 on call the lines (`move_ids_without_package` before).
//! Without `picking_type_id` every order lands in the company's default warehouse, without
//! `currency_id` a vendor in dollars is paid the same figures in euros.

use crate::review::exports::{
    Column, ExportFormat, OrderLine, column, currency, description, expected_arrival, line_id,
    on_first, order_date, order_id, quantity, sku, supplier, unit_cost,
};
use crate::tables::workbook::Cell;

/// Odoo.
pub(crate) struct Odoo;

const ORDERS: &[Column] = &[
    column("id", |line| on_first(line, order_id)),
    column("partner_id", |line| on_first(line, supplier)),
    column("currency_id", |line| on_first(line, currency)),
    column("picking_type_id", |line| on_first(line, receipts)),
    column("date_order", |line| on_first(line, order_date)),
    column("origin", |line| on_first(line, order_id)),
    column("order_line/id", line_id),
    column("order_line/product_id", sku),
    column("order_line/name", description),
    column("order_line/product_qty", quantity),
    column("order_line/price_unit", unit_cost),
    column("order_line/date_planned", expected_arrival),
];

const TRANSFERS: &[Column] = &[
    column("id", |line| on_first(line, order_id)),
    column("picking_type_id", |line| on_first(line, internal_transfers)),
    column("location_id", |line| on_first(line, shelf_from)),
    column("location_dest_id", |line| on_first(line, shelf_to)),
    column("scheduled_date", |line| on_first(line, order_date)),
    column("origin", |line| on_first(line, order_id)),
    column("move_ids/id", line_id),
    column("move_ids/product_id", sku),
    column("move_ids/name", description),
    column("move_ids/product_uom_qty", quantity),
    column("move_ids/location_id", shelf_from),
    column("move_ids/location_dest_id", shelf_to),
];

/// Deliver to: the receipts of the warehouse, as Odoo shows them. A name with a colon in
/// `[export.locations]` is taken as it is.
fn receipts(line: &OrderLine<'_>) -> Cell {
    operation(line.page.settings.location(&line.decision.location), "Receipts")
}

fn internal_transfers(line: &OrderLine<'_>) -> Cell {
    let source = line.page.settings.location(&line.decision.from_location);
    // What is set for receipts names an operation of the warehouse, and this is another one.
    operation(warehouse(source), "Internal Transfers")
}

fn shelf_from(line: &OrderLine<'_>) -> Cell {
    shelf(line.page.settings.location(&line.decision.from_location))
}

fn shelf_to(line: &OrderLine<'_>) -> Cell {
    shelf(line.page.settings.location(&line.decision.location))
}

/// `Corner Shop` of `Corner Shop: Receipts`, `WH` of `WH/Stock`.
fn warehouse(location: &str) -> &str {
    location.split([':', '/']).next().unwrap_or(location).trim_end()
}

/// The stock location: a path as it is, else the warehouse's own.
fn shelf(location: &str) -> Cell {
    if location.contains('/') {
        return location.into();
    }
    Cell::Text(format!("{}/Stock", warehouse(location)))
}

fn operation(warehouse: &str, what: &str) -> Cell {
    if warehouse.contains(':') {
        return warehouse.into();
    }
    Cell::Text(format!("{warehouse}: {what}"))
}

impl ExportFormat for Odoo {
    fn name(&self) -> &'static str {
        "odoo"
    }

    fn about(&self) -> &'static str {
        "Odoo import of purchase orders or internal transfers"
    }

    fn needs_supplier(&self) -> bool {
        true
    }

    fn orders(&self) -> &'static [Column] {
        ORDERS
    }

    fn transfers(&self) -> &'static [Column] {
        TRANSFERS
    }
}

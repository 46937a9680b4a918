//! NetSuite: CSV import of purchase orders and transfer orders.
//!
//! The external id stands on every line: rows with the same one are one order. Dates are in the
//! form of the user's preferences, in a new account `M/D/YYYY`; `[export] dates` says another.
//! `Items : Item` and its like are mapped by themselves. Currency is an order's own; Subsidiary is
//! asked for in OneWorld accounts.

use crate::review::exports::{
    Column, DateForm, ExportFormat, column, currency, description, expected_arrival, line_id,
    order_date, order_id, quantity, ship_from, ship_to, sku, supplier, unit_cost,
};

/// NetSuite.
pub(crate) struct NetSuite;

const ORDERS: &[Column] = &[
    column("External ID", order_id),
    column("Subsidiary", |line| line.page.settings.subsidiary.as_str().into()),
    column("Vendor", supplier),
    column("Date", order_date),
    column("Currency", currency),
    column("Location", ship_to),
    column("Memo", order_id),
    column("Items : Item", sku),
    column("Items : Description", description),
    column("Items : Quantity", quantity),
    column("Items : Rate", unit_cost),
    column("Items : Expected Receipt Date", expected_arrival),
    column("Items : Line Reference", line_id),
];

const TRANSFERS: &[Column] = &[
    column("External ID", order_id),
    column("Subsidiary", |line| line.page.settings.subsidiary.as_str().into()),
    column("Date", order_date),
    column("From Location", ship_from),
    column("To Location", ship_to),
    column("Memo", order_id),
    column("Items : Item", sku),
    column("Items : Quantity", quantity),
    column("Items : Line Reference", line_id),
];

impl ExportFormat for NetSuite {
    fn name(&self) -> &'static str {
        "netsuite"
    }

    fn about(&self) -> &'static str {
        "NetSuite CSV import of purchase or transfer orders"
    }

    fn needs_supplier(&self) -> bool {
        true
    }

    fn dates(&self) -> DateForm {
        DateForm::MonthFirst
    }

    fn orders(&self) -> &'static [Column] {
        ORDERS
    }

    fn transfers(&self) -> &'static [Column] {
        TRANSFERS
    }
}

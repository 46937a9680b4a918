//! Linnworks: import of purchase orders, whose columns are mapped by name.
//!
//! Rows with the same reference are one order: all that an order says stands on each of them.
//! Items match by SKU; the unit cost is in the order's currency. Packs are its "pack quantity" and
//! "pack size".

use crate::review::exports::{
    Column, ExportFormat, column, currency, expected_arrival, line_id, name, order_date, order_id,
    pack_size, packs, quantity, ship_to, sku, supplier, supplier_sku, unit_cost,
};

/// Linnworks.
pub(crate) struct Linnworks;

const COLUMNS: &[Column] = &[
    column("Reference", order_id),
    column("Supplier", supplier),
    column("Location", ship_to),
    column("Currency", currency),
    column("Date", order_date),
    column("Expected", expected_arrival),
    column("SKU", sku),
    column("Supplier Code", supplier_sku),
    column("Item Title", name),
    column("Quantity", quantity),
    column("Pack Quantity", packs),
    column("Pack Size", pack_size),
    column("Unit Cost", unit_cost),
    column("Line Reference", line_id),
];

impl ExportFormat for Linnworks {
    fn name(&self) -> &'static str {
        "linnworks"
    }

    fn about(&self) -> &'static str {
        "Linnworks purchase-order import"
    }

    fn needs_supplier(&self) -> bool {
        true
    }

    fn orders(&self) -> &'static [Column] {
        COLUMNS
    }
}

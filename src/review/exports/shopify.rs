//! Shopify: purchase orders of its inventory apps.

use crate::review::exports::{
    Column, ExportFormat, column, expected_arrival, line_id, order_id, quantity, ship_to, sku,
    supplier, unit_cost,
};

/// Shopify: purchase orders of its inventory apps.
pub(crate) struct Shopify;

const COLUMNS: &[Column] = &[
    column("PO Number", order_id),
    column("Supplier", supplier),
    column("Location", ship_to),
    column("SKU", sku),
    column("Quantity", quantity),
    column("Cost", unit_cost),
    column("Expected Arrival", expected_arrival),
    column("Reference", line_id),
];

impl ExportFormat for Shopify {
    fn name(&self) -> &'static str {
        "shopify"
    }

    fn about(&self) -> &'static str {
        "Shopify inventory-app purchase orders"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }
}

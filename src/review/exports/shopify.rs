//! Shopify: lines of a draft purchase order, and of a transfer.
//!
//! The admin imports the lines of one draft from one file with a fixed header, so an export is one
//! file an order; supplier, destination and currency are set in the draft. The app that took
//! several orders in one file (Stocky) ended in August 2026, and purchase orders cannot be written
//! by the API of 2026-10.

use crate::domain::error::Result;
use crate::review::exports::{
    Column, Document, ExportFile, ExportFormat, Page, What, column, one_file_each, quantity, sku,
    supplier_sku, unit_cost,
};
use crate::tables::workbook::Cell;

/// Shopify.
pub(crate) struct Shopify;

const ORDERS: &[Column] = &[
    column("SKU", sku),
    column("Supplier SKU", supplier_sku),
    column("Quantity", quantity),
    column("Cost", unit_cost),
    // Blank: the shop's own tax settings.
    column("Tax %", |_| Cell::Empty),
];

const TRANSFERS: &[Column] = &[
    column("SKU", sku),
    // Blank: matched by SKU.
    column("Barcode", |_| Cell::Empty),
    column("Quantity", quantity),
];

impl ExportFormat for Shopify {
    fn name(&self) -> &'static str {
        "shopify"
    }

    fn about(&self) -> &'static str {
        "Shopify draft purchase orders or transfers, one file each"
    }

    fn orders(&self) -> &'static [Column] {
        ORDERS
    }

    fn transfers(&self) -> &'static [Column] {
        TRANSFERS
    }

    fn documents(
        &self,
        what: What,
        documents: &[Document<'_>],
        page: &Page<'_>,
    ) -> Result<Vec<ExportFile>> {
        one_file_each(self.columns(what), documents, page)
    }
}

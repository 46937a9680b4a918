//! WooCommerce: product CSV import with "update existing products": rows match by SKU, columns that
//! are not there stay as they are.

use crate::domain::error::Result;
use crate::review::exports::channels::{ChannelFile, WholeUnits, over_locations};
use crate::review::exports::{ChannelStock, ExportFormat, What};
use crate::tables::csv::table;

/// WooCommerce product import.
pub(crate) struct WooCommerce;

impl ExportFormat for WooCommerce {
    fn name(&self) -> &'static str {
        "woocommerce"
    }

    fn about(&self) -> &'static str {
        "WooCommerce product import that updates stock, one file a channel"
    }

    fn writes(&self) -> &'static [What] {
        &[What::Quantities]
    }

    fn quantities(&self, stock: &[ChannelStock]) -> Result<ChannelFile> {
        let mut whole = WholeUnits::default();
        let rows = over_locations(stock).into_iter().map(|(sku, units)| {
            let units = whole.of(units);
            let in_stock = if units.is_positive() { "1" } else { "0" };
            [sku.to_owned(), in_stock.to_owned(), units.to_string()]
        });
        let bytes = table(&["SKU", "In stock?", "Stock"], rows)?;
        Ok(whole.file(bytes))
    }
}

//! eBay: Seller Hub reports, revise price and quantity. Listings match by their custom label; the
//! price is blank and stays as it is.

use crate::domain::error::Result;
use crate::review::exports::channels::{ChannelFile, WholeUnits, over_locations};
use crate::review::exports::{ChannelStock, ExportFormat, What};
use crate::tables::csv::table;

/// eBay revise quantity.
pub(crate) struct Ebay;

impl ExportFormat for Ebay {
    fn name(&self) -> &'static str {
        "ebay"
    }

    fn about(&self) -> &'static str {
        "eBay Seller Hub upload that revises quantities, one a channel"
    }

    fn writes(&self) -> &'static [What] {
        &[What::Quantities]
    }

    fn quantities(&self, stock: &[ChannelStock]) -> Result<ChannelFile> {
        const HEADER: [&str; 4] =
            ["Action", "Custom label (SKU)", "Available quantity", "Start price"];
        let mut whole = WholeUnits::default();
        let rows = over_locations(stock).into_iter().map(|(sku, units)| {
            ["Revise".to_owned(), sku.to_owned(), whole.of(units).to_string(), String::new()]
        });
        let bytes = table(&HEADER, rows)?;
        Ok(whole.file(bytes))
    }
}

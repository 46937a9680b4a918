//! Shopify: inventory CSV, a row an item and location. Its import sets what is on
//! hand; what is available there is what is on hand less what is committed or unavailable, so those
//! units are added to what the channel may show. The columns that nobody may edit are left out, as
//! the import allows.

use crate::domain::error::Result;
use crate::review::exports::channels::{ChannelFile, WholeUnits};
use crate::review::exports::{ChannelStock, ExportFormat, What};
use crate::tables::csv::table;

/// Shopify inventory.
pub(crate) struct ShopifyInventory;

impl ExportFormat for ShopifyInventory {
    fn name(&self) -> &'static str {
        "shopify-inventory"
    }

    fn about(&self) -> &'static str {
        "Shopify inventory CSV, one a channel"
    }

    fn writes(&self) -> &'static [What] {
        &[What::Quantities]
    }

    fn quantities(&self, stock: &[ChannelStock]) -> Result<ChannelFile> {
        const HEADER: [&str; 5] = ["Handle", "Title", "SKU", "Location", "On hand (new)"];
        let mut whole = WholeUnits::default();
        let rows = stock.iter().map(|row| {
            [
                handle(&row.name),
                row.name.clone(),
                row.sku.clone(),
                row.location.clone(),
                whole.of(row.published + row.unavailable).to_string(),
            ]
        });
        let bytes = table(&HEADER, rows)?;
        Ok(whole.file(bytes))
    }
}

/// The handle that Shopify makes of a title when a product is added: rows match by it.
fn handle(title: &str) -> String {
    let mut handle = String::with_capacity(title.len());
    for c in title.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            handle.push(c);
        } else if !handle.ends_with('-') && !handle.is_empty() {
            handle.push('-');
        }
    }
    handle.trim_end_matches('-').to_owned()
}

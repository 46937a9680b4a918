//! Amazon: the price-and-quantity file, tab-separated. Prices are blank: they stay as they are.

use crate::domain::error::Result;
use crate::review::exports::channels::{ChannelFile, WholeUnits, over_locations};
use crate::review::exports::{ChannelStock, ExportFormat, What};

/// Amazon price and quantity.
pub(crate) struct AmazonQuantity;

impl ExportFormat for AmazonQuantity {
    fn name(&self) -> &'static str {
        "amazon-quantity"
    }

    fn about(&self) -> &'static str {
        "Amazon price-and-quantity file, one a channel"
    }

    fn writes(&self) -> &'static [What] {
        &[What::Quantities]
    }

    fn extension(&self) -> &'static str {
        "txt"
    }

    fn quantities(&self, stock: &[ChannelStock]) -> Result<ChannelFile> {
        let mut whole = WholeUnits::default();
        let mut text = String::from("sku\tprice\tminimum-seller-allowed-price\t");
        text.push_str("maximum-seller-allowed-price\tquantity\thandling-time\n");
        for (sku, units) in over_locations(stock) {
            let units = whole.of(units);
            let sku = sku.replace(['\t', '\n', '\r'], " ");
            text.push_str(&format!("{sku}\t\t\t\t{units}\t\n"));
        }
        Ok(whole.file(text.into_bytes()))
    }
}

//! Lead-time statistics of every supply line, from the purchase orders that were received.

use crate::domain::inputs::{Inputs, Supply};
use crate::domain::units::{LocationId, SkuId, SupplierId};
use crate::inventory::lead_time::{self, Estimate, Receipt, ReceiptStatistics};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// When and where a receipt came.
type Dated = (NaiveDate, LocationId, Receipt);

/// Receipts by supply line and by supplier.
#[derive(Debug, Default)]
pub struct LeadTimes {
    own: BTreeMap<(SkuId, SupplierId), Vec<Dated>>,
    suppliers: BTreeMap<SupplierId, ReceiptStatistics>,
}

impl LeadTimes {
    /// Of all receipts in the input.
    #[must_use]
    pub fn new(inputs: &Inputs) -> Self {
        let mut times = Self::default();
        let mut by_supplier: BTreeMap<SupplierId, Vec<Receipt>> = BTreeMap::new();
        for order in &inputs.purchase_orders {
            if let (Some(supplier), Some(received), Some(receipt)) =
                (order.supplier, order.received, Receipt::of(order))
            {
                times.own.entry((order.sku, supplier)).or_default().push((
                    received,
                    order.location,
                    receipt,
                ));
                by_supplier.entry(supplier).or_default().push(receipt);
            }
        }
        times
            .own
            .values_mut()
            .for_each(|list| list.sort_by_key(|&(received, location, _)| (received, location)));
        times.suppliers = by_supplier
            .into_iter()
            .map(|(s, receipts)| (s, ReceiptStatistics::of(&receipts)))
            .collect();
        times
    }

    /// The lead time of `supply` to `location`; receipts elsewhere count where none came there.
    #[must_use]
    pub fn estimate(&self, supply: &Supply, location: LocationId) -> Estimate {
        let all = self.own.get(&(supply.sku, supply.supplier)).map_or(&[][..], Vec::as_slice);
        let here: Vec<Receipt> = all.iter().filter(|r| r.1 == location).map(|r| r.2).collect();
        let own = if here.is_empty() { all.iter().map(|r| r.2).collect() } else { here };
        lead_time::estimate(&own, &self.of_supplier(supply.supplier), Some(supply))
    }

    /// Statistics of all receipts of a supplier.
    #[must_use]
    pub fn of_supplier(&self, supplier: SupplierId) -> ReceiptStatistics {
        self.suppliers.get(&supplier).copied().unwrap_or_default()
    }
}

//! What the received purchase orders say about the lead time of every supply line.

use crate::domain::inputs::{PurchaseOrder, Supply};
use crate::domain::lanes::Lane;
use crate::domain::units::{LocationId, SkuId, SupplierId};
use crate::inventory::crossover::{Deliveries, Delivery};
use crate::inventory::lead_time::{self, Estimate, Receipt, ReceiptStatistics};
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;

/// A receipt, with when and where it came.
#[derive(Debug, Clone, Copy)]
struct Received {
    on: NaiveDate,
    at: LocationId,
    receipt: Receipt,
}

/// Receipts by supply line and by supplier.
#[derive(Debug, Default)]
pub struct LeadTimes {
    own: BTreeMap<(SkuId, SupplierId), Vec<Received>>,
    suppliers: BTreeMap<SupplierId, ReceiptStatistics>,
    /// Ascending.
    late: BTreeMap<SupplierId, Vec<f64>>,
    /// Receipts of transfers, by source and destination.
    lanes: BTreeMap<(LocationId, LocationId), Vec<Carried>>,
}

/// A transfer that came.
#[derive(Debug, Clone, Copy)]
struct Carried {
    sku: SkuId,
    on: NaiveDate,
    receipt: Receipt,
}

impl LeadTimes {
    /// Of all receipts among `orders`.
    #[must_use]
    pub fn new(orders: &[PurchaseOrder]) -> Self {
        let mut own: BTreeMap<_, Vec<Received>> = BTreeMap::new();
        let mut by_supplier: BTreeMap<_, Vec<Receipt>> = BTreeMap::new();
        let mut lanes: BTreeMap<_, Vec<Carried>> = BTreeMap::new();
        for order in orders {
            let Some(receipt) = Receipt::of(order) else { continue };
            let Some(on) = order.received else { continue };
            if let Some(shipment) = order.shipment {
                let carried = Carried { sku: order.sku, on, receipt };
                lanes.entry((shipment.from, order.location)).or_default().push(carried);
            }
            let Some(supplier) = order.supplier else { continue };
            let received = Received { on, at: order.location, receipt };
            own.entry((order.sku, supplier)).or_default().push(received);
            by_supplier.entry(supplier).or_default().push(receipt);
        }
        for receipts in own.values_mut() {
            receipts.sort_by_key(|r| (r.on, r.at));
        }
        for carried in lanes.values_mut() {
            carried.sort_by_key(|c| (c.on, c.sku));
        }
        let mut late = BTreeMap::new();
        for (&supplier, receipts) in &by_supplier {
            let mut days: Vec<f64> = receipts.iter().map(|receipt| receipt.late_days).collect();
            days.sort_by(f64::total_cmp);
            late.insert(supplier, days);
        }
        let suppliers = by_supplier
            .into_iter()
            .map(|(supplier, receipts)| (supplier, ReceiptStatistics::of(&receipts)))
            .collect();
        Self { own, suppliers, late, lanes }
    }

    /// The lead time of an item by a lane.
    #[must_use]
    pub fn of_lane(&self, lane: &Lane, sku: SkuId) -> Estimate {
        let carried = self.lanes.get(&(lane.from, lane.to)).map_or(&[][..], Vec::as_slice);
        let all: Vec<Receipt> = carried.iter().map(|c| c.receipt).collect();
        let own: Vec<Receipt> =
            carried.iter().filter(|c| c.sku == sku).map(|c| c.receipt).collect();
        lead_time::of_lane(&own, &ReceiptStatistics::of(&all), lane)
    }

    /// The deliveries of a supply line.
    #[must_use]
    pub fn deliveries(&self, supply: &Supply) -> Deliveries {
        let line = self.own.get(&(supply.sku, supply.supplier)).map_or(&[][..], Vec::as_slice);
        let mut deliveries = Vec::with_capacity(line.len());
        for Received { on, receipt, .. } in line {
            let received = f64::from(on.num_days_from_ce());
            deliveries.push(Delivery { placed: received - receipt.days, received });
        }
        Deliveries::of(&deliveries)
    }

    /// The lead time of `supply` to `location`; receipts elsewhere count where none came there.
    #[must_use]
    pub fn estimate(&self, supply: &Supply, location: LocationId) -> Estimate {
        let line = self.own.get(&(supply.sku, supply.supplier)).map_or(&[][..], Vec::as_slice);
        let mut receipts: Vec<Receipt> =
            line.iter().filter(|r| r.at == location).map(|r| r.receipt).collect();
        if receipts.is_empty() {
            receipts = line.iter().map(|r| r.receipt).collect();
        }
        lead_time::estimate(&receipts, &self.of_supplier(supply.supplier), Some(supply))
    }

    /// Statistics of all receipts of a supplier.
    #[must_use]
    pub fn of_supplier(&self, supplier: SupplierId) -> ReceiptStatistics {
        self.suppliers.get(&supplier).copied().unwrap_or_default()
    }

    /// How late each delivery of `supplier` was, ascending, 0 for those in time; none where nobody
    /// is named.
    #[must_use]
    pub fn late_days(&self, supplier: Option<SupplierId>) -> &[f64] {
        supplier.and_then(|supplier| self.late.get(&supplier)).map_or(&[], Vec::as_slice)
    }
}

//! Supplier scorecard: lead time promised and achieved, late share, fill rate, from received purchase-order lines.

use crate::domain::inputs::{Names, PurchaseOrder};
use crate::domain::outcome::Indicator;
use crate::domain::units::SupplierId;
use crate::explain::Unit;
use std::collections::BTreeMap;

/// Sums over the received lines of one supplier.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    promised: (f64, f64),
    achieved: (f64, f64),
    late: (f64, f64),
    filled: (f64, f64),
}

/// Indicators with scope `supplier:NAME`, by supplier, then indicator; suppliers without a received line have none.
///
/// ```text
/// promised = sum(expected - confirmed) / lines      achieved = sum(received - confirmed) / lines
/// late %   = 100 x lines received after expected / lines with both dates
/// fill %   = 100 x units received / units ordered
/// ```
///
/// A line received before it was confirmed says nothing about lead time and is left out of it.
#[must_use]
pub fn supplier_scorecard(orders: &[PurchaseOrder], names: &Names) -> Vec<Indicator> {
    let mut by_supplier: BTreeMap<SupplierId, Sums> = BTreeMap::new();
    for order in orders {
        let (Some(supplier), Some(received)) = (order.supplier, order.received) else { continue };
        let sums = by_supplier.entry(supplier).or_default();
        let add = |sum: &mut (f64, f64), numerator: f64, denominator: f64| {
            *sum = (sum.0 + numerator, sum.1 + denominator);
        };
        if let Some(confirmed) = order.confirmed.filter(|&c| c <= received) {
            add(&mut sums.achieved, (received - confirmed).num_days() as f64, 1.0);
            if let Some(expected) = order.expected.filter(|&e| e >= confirmed) {
                add(&mut sums.promised, (expected - confirmed).num_days() as f64, 1.0);
            }
        }
        if let Some(expected) = order.expected {
            add(&mut sums.late, f64::from(u8::from(received > expected)), 1.0);
        }
        if let Some(units) = order.received_quantity {
            add(&mut sums.filled, units.0 as f64, order.quantity.0 as f64);
        }
    }
    let rows = by_supplier.iter().flat_map(|(supplier, sums)| {
        let scope = format!("supplier:{}", names.suppliers[supplier.index()]);
        let row = |indicator, (numerator, denominator): (f64, f64), factor: f64, unit| Indicator {
            indicator,
            scope: scope.clone(),
            value: (denominator > 0.0).then(|| factor * numerator / denominator),
            numerator,
            denominator,
            unit,
            estimated: false,
        };
        [
            row("lead_time_achieved", sums.achieved, 1.0, Unit::Days),
            row("lead_time_promised", sums.promised, 1.0, Unit::Days),
            row("supplier_fill_rate", sums.filled, 100.0, Unit::Percent),
            row("supplier_late_share", sums.late, 100.0, Unit::Percent),
        ]
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::units::{LocationId, SkuId, Units};
    use chrono::NaiveDate;

    #[test]
    fn h15_lead_time_promised_achieved_and_late_share() {
        let day = |n: i64| "2024-04-01".parse::<NaiveDate>().unwrap() + chrono::Duration::days(n);
        let line = |expected, received, units| PurchaseOrder {
            order_id: "PO".to_owned(),
            sku: SkuId(0),
            supplier: Some(SupplierId(0)),
            location: LocationId(0),
            quantity: Units(100),
            confirmed: Some(day(0)),
            expected: Some(day(expected)),
            received: Some(day(received)),
            received_quantity: Some(Units(units)),
        };
        let names = Names { suppliers: vec!["ACME".to_owned()], ..Names::default() };
        let open = PurchaseOrder { received: None, ..line(7, 7, 0) };
        let impossible = PurchaseOrder { confirmed: Some(day(30)), ..line(7, 7, 100) };
        let rows =
            supplier_scorecard(&[line(7, 7, 100), line(7, 21, 80), open, impossible], &names);
        let value = |name| {
            rows.iter()
                .find(|r| r.indicator == name && r.scope == "supplier:ACME")
                .unwrap()
                .value
                .unwrap()
        };
        assert_eq!(value("lead_time_promised"), 7.0);
        assert_eq!(value("lead_time_achieved"), 14.0);
        assert!((value("supplier_late_share") - 100.0 / 3.0).abs() < 1e-12);
        assert!((value("supplier_fill_rate") - 100.0 * 280.0 / 300.0).abs() < 1e-12);
    }
}

//! Supplier scorecard: lead time promised and achieved, late share, fill rate, from received
//! purchase-order lines.

use crate::domain::inputs::{Names, PurchaseOrder};
use crate::domain::outcome::Indicator;
use crate::domain::units::SupplierId;
use crate::explain::Unit;
use std::collections::BTreeMap;

/// A ratio of sums.
#[derive(Debug, Clone, Copy, Default)]
struct Ratio {
    numerator: f64,
    denominator: f64,
}

impl Ratio {
    fn add(&mut self, numerator: f64, denominator: f64) {
        self.numerator += numerator;
        self.denominator += denominator;
    }

    fn indicator(self, indicator: &'static str, unit: Unit, scope: &str) -> Indicator {
        let factor = if unit == Unit::Percent { 100.0 } else { 1.0 };
        Indicator {
            indicator,
            scope: scope.to_owned(),
            value: (self.denominator > 0.0).then(|| factor * self.numerator / self.denominator),
            numerator: self.numerator,
            denominator: self.denominator,
            unit,
            estimated: false,
        }
    }
}

/// Sums over the received lines of one supplier.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    promised: Ratio,
    achieved: Ratio,
    late: Ratio,
    filled: Ratio,
}

/// Indicators with scope `supplier:NAME`, by supplier, then indicator; suppliers without a received
/// line have none.
///
/// ```text
/// promised = sum(expected - confirmed) / lines      achieved = sum(received - confirmed) / lines
/// late %   = 100 x lines received after expected / lines with both dates
/// fill %   = 100 x units received / units ordered
/// ```
///
/// A line received before it was confirmed says nothing about lead time and is left out of it.
#[must_use]
pub(crate) fn supplier_scorecard(orders: &[PurchaseOrder], names: &Names) -> Vec<Indicator> {
    let mut by_supplier: BTreeMap<SupplierId, Sums> = BTreeMap::new();
    for order in orders {
        let (Some(supplier), Some(received)) = (order.supplier, order.received) else { continue };
        let sums = by_supplier.entry(supplier).or_default();
        // Typed the wrong way round, the two dates would make a lead time below zero.
        if let Some(confirmed) = order.confirmed.filter(|&c| c <= received) {
            sums.achieved.add((received - confirmed).num_days() as f64, 1.0);
            if let Some(expected) = order.expected.filter(|&e| e >= confirmed) {
                sums.promised.add((expected - confirmed).num_days() as f64, 1.0);
            }
        }
        if let Some(expected) = order.expected {
            sums.late.add(f64::from(u8::from(received > expected)), 1.0);
        }
        if let Some(units) = order.received_quantity {
            sums.filled.add(units.as_f64(), order.quantity.as_f64());
        }
    }
    let mut indicators = Vec::with_capacity(4 * by_supplier.len());
    for (supplier, sums) in by_supplier {
        let scope = format!("supplier:{}", names.suppliers[supplier.index()]);
        indicators.push(sums.achieved.indicator("lead_time_achieved", Unit::Days, &scope));
        indicators.push(sums.promised.indicator("lead_time_promised", Unit::Days, &scope));
        indicators.push(sums.filled.indicator("supplier_fill_rate", Unit::Percent, &scope));
        indicators.push(sums.late.indicator("supplier_late_share", Unit::Percent, &scope));
    }
    indicators
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
            shipment: None,
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

//! When an open order can be counted on: its date, as late as its supplier usually is; and from
//! when on nobody should believe in it.
//!
//! An order that is overdue does not arrive this morning. It is expected after the mean wait of
//! those deliveries of its supplier that were later still. Far beyond every lead time seen it
//! counts as not coming until someone confirms it.
//!
//! ```
//! use orderpoint::domain::inputs::PurchaseOrder;
//! use orderpoint::domain::units::{LeadTime, LocationId, SkuId, Units};
//! use orderpoint::inventory::due::{Due, due};
//!
//! let day = |text: &str| text.parse().ok();
//! let order = PurchaseOrder {
//!     order_id: "PO-1".to_owned(),
//!     sku: SkuId(0),
//!     supplier: None,
//!     location: LocationId(0),
//!     quantity: Units(300),
//!     confirmed: day("2026-02-27"),
//!     expected: day("2026-03-06"),
//!     received: None,
//!     received_quantity: None,
//!     shipment: None,
//! };
//! let week = LeadTime::new(7.0, 1.0, 9.0).unwrap();
//! // Its supplier was ten days late in all of its deliveries: four days ahead are fourteen.
//! let morning = day("2026-03-02").unwrap();
//! assert_eq!(due(&order, morning, week, &[10.0, 10.0]), Some(Due::In { days: 14.0 }));
//! let later = day("2026-05-02").unwrap();
//! let overdue = Due::NotBelieved { overdue_days: 57 };
//! assert_eq!(due(&order, later, week, &[10.0, 10.0]), Some(overdue));
//! ```

use crate::domain::exceptions::{Effect, Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::PurchaseOrder;
use crate::domain::units::{LeadTime, PoolId, Units};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// So many times the longest lead time seen is beyond belief.
// An order a year late once counted as arriving this morning, and the item read as covered.
const BEYOND_BELIEF: f64 = 2.0;
/// Nobody gives an order up in the first days after its date, however short its lead time, days.
// Twice the longest lead time of an overnight supplier would be two days.
const PATIENCE_DAYS: f64 = 14.0;

/// When the rest of an open order comes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Due {
    /// After so many calendar days, on average.
    In {
        /// From the as-of date; never below 0.
        days: f64,
    },
    /// It should have come so long ago that it is not counted on.
    NotBelieved {
        /// Days behind its date.
        overdue_days: i64,
    },
}

/// Units of transfers that still lie at their source, by source: they are on order where they go,
/// and nobody else's here.
#[must_use]
pub fn unshipped(orders: &[PurchaseOrder]) -> BTreeMap<PoolId, Units> {
    let mut unshipped: BTreeMap<PoolId, Units> = BTreeMap::new();
    for order in orders {
        let Some(shipment) = order.shipment else { continue };
        let left = match (shipment.shipped, shipment.shipped_quantity) {
            (None, _) => order.outstanding(),
            (Some(_), Some(gone)) => (order.quantity - gone).or_zero().min(order.outstanding()),
            (Some(_), None) => Units::ZERO,
        };
        if left.is_positive() {
            let source = PoolId { sku: order.sku, location: shipment.from };
            *unshipped.entry(source).or_default() += left;
        }
    }
    unshipped
}

/// When the rest of `order` comes; `None` when nothing is outstanding.
///
/// - `lead_time`: of its supplier.
/// - `late_days`: how late each delivery of its supplier was, 0 for those in time, ascending.
#[must_use]
pub fn due(
    order: &PurchaseOrder,
    as_of: NaiveDate,
    lead_time: LeadTime,
    late_days: &[f64],
) -> Option<Due> {
    if !order.outstanding().is_positive() {
        return None;
    }
    let lead_days = lead_time.mean_days();
    let ahead = match (order.expected, order.confirmed) {
        (Some(expected), _) => (expected - as_of).num_days() as f64,
        (None, Some(confirmed)) => (confirmed - as_of).num_days() as f64 + lead_days,
        // Of an order without any date only its supplier is known.
        (None, None) => return Some(Due::In { days: lead_days }),
    };
    let overdue = -ahead;
    if overdue <= 0.0 {
        // What has no date of its own is dated by a lead time that has the lateness in it.
        let late = if order.expected.is_some() { mean(late_days) } else { 0.0 };
        return Some(Due::In { days: ahead + late });
    }
    let age = match order.confirmed {
        Some(confirmed) => (as_of - confirmed).num_days() as f64,
        None => overdue + lead_days,
    };
    let latest = late_days.last().copied().unwrap_or(0.0);
    let longest = lead_time.max_days().max(lead_days + latest);
    if overdue > PATIENCE_DAYS && age > BEYOND_BELIEF * longest {
        return Some(Due::NotBelieved { overdue_days: overdue as i64 });
    }
    let later_still = &late_days[late_days.partition_point(|&late| late <= overdue)..];
    let days = if later_still.is_empty() {
        // Later than ever: tomorrow at the soonest, or what the lead time usually varies by.
        lead_time.sd_days().max(1.0)
    } else {
        mean(later_still) - overdue
    };
    Some(Due::In { days })
}

fn mean(days: &[f64]) -> f64 {
    if days.is_empty() { 0.0 } else { days.iter().sum::<f64>() / days.len() as f64 }
}

/// What a buyer is told of an order that is not counted on.
#[must_use]
pub fn not_believed(order: &PurchaseOrder, overdue_days: i64, about: Subject) -> Exception {
    let rest = order.outstanding();
    let date = order.expected.map_or_else(String::new, |day| format!(", due on {day},"));
    Exception::new(
        Severity::Warning,
        ExceptionKind::OverdueOrder,
        about,
        format!(
            "{rest} of order {}{date} are {overdue_days} days late and no longer count as on order",
            order.order_id
        ),
        match order.shipment {
            Some(_) => {
                "later than anything that came this way: find out where it is, or close the line \
                 with its receipt"
            }
            None => {
                "later than this supplier ever was: confirm a new date, or close the line with its \
                 receipt"
            }
        },
    )
    .with_effect(Effect::Units(rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::units::{LocationId, SkuId};

    fn order(expected: &str) -> PurchaseOrder {
        PurchaseOrder {
            order_id: "PO".to_owned(),
            sku: SkuId(0),
            supplier: None,
            location: LocationId(0),
            quantity: Units(100),
            confirmed: None,
            expected: expected.parse().ok(),
            received: None,
            received_quantity: None,
            shipment: None,
        }
    }

    fn days(expected: &str, late_days: &[f64]) -> Due {
        let morning = "2026-03-02".parse().unwrap();
        let two_weeks = LeadTime::new(14.0, 2.0, 20.0).unwrap();
        due(&order(expected), morning, two_weeks, late_days).unwrap()
    }

    #[test]
    fn an_overdue_order_is_expected_by_the_lateness_that_is_left() {
        assert_eq!(days("2026-02-26", &[0.0, 2.0, 6.0, 10.0]), Due::In { days: 4.0 });
        assert_eq!(days("2026-02-26", &[0.0, 0.0]), Due::In { days: 2.0 });
        assert_eq!(days("2026-03-06", &[0.0, 0.0]), Due::In { days: 4.0 });
    }

    #[test]
    fn an_order_far_beyond_every_lead_time_is_not_coming() {
        assert_eq!(days("2025-01-10", &[]), Due::NotBelieved { overdue_days: 416 });
        // A supplier that once was half a year late may be so again.
        assert_eq!(days("2025-12-01", &[0.0, 180.0]), Due::In { days: 89.0 });
    }

    #[test]
    fn what_has_come_is_not_due_again() {
        let part = PurchaseOrder { received_quantity: Some(Units(100)), ..order("2026-03-06") };
        let morning = "2026-03-02".parse().unwrap();
        assert_eq!(due(&part, morning, LeadTime::new(7.0, 0.0, 7.0).unwrap(), &[]), None);
    }
}

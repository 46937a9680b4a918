//! Open orders against the projection: expedite what comes too late, push out what comes too early,
//! cancel what nobody needs.
//!
//! Orders are looked at in the order of their expected dates, each against the stock that the
//! earlier ones leave. Demand is met from stock day by day and lost beyond it. An order is needed
//! on the first day the stock would fall below the safety stock. Surplus is what exceeds the demand
//! of the next `max_cover_days` and the safety stock.
//!
//! ```
//! use orderpoint::domain::inputs::PurchaseOrder;
//! use orderpoint::domain::outcome::OpenOrderAction;
//! use orderpoint::domain::units::{LocationId, Money, SkuId, Units};
//! use orderpoint::purchase::Settings;
//! use orderpoint::purchase::open_orders::{OpenPool, advise};
//!
//! let day = |n| chrono::NaiveDate::from_ymd_opt(2024, 4, n);
//! let order = PurchaseOrder {
//!     order_id: "PO-1".to_owned(),
//!     sku: SkuId(0),
//!     supplier: None,
//!     location: LocationId(0),
//!     quantity: Units(600),
//!     confirmed: None,
//!     expected: day(16),
//!     received: None,
//!     received_quantity: None,
//! };
//! // A hundred units at ten a day are gone on the 11th, five days before the order comes.
//! let pool = OpenPool {
//!     stock: Units(100),
//!     demand: &[10.0; 90],
//!     safety_stock: 50.0,
//!     unit_cost: Money::from_f64(4.0),
//!     margin: Money::from_f64(3.0),
//!     orders: &[order],
//! };
//! let advice = advise(&pool, day(1).unwrap(), &Settings::default());
//! assert_eq!((advice[0].action, advice[0].proposed), (OpenOrderAction::Expedite, day(11)));
//! assert_eq!(advice[0].value, Money::from_f64(150.0));
//! ```

use crate::domain::inputs::PurchaseOrder;
use crate::domain::outcome::{OpenOrderAction, OpenOrderAdvice};
use crate::domain::units::{Money, Units};
use crate::purchase::settings::Settings;
use chrono::{Days, NaiveDate};

/// One pool and the orders that are on their way to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpenPool<'a> {
    /// Available less backorders on the morning of the run.
    pub stock: Units,
    /// Expected demand of each day from the as-of date on, units. `[horizon]`
    pub demand: &'a [f64],
    /// Units.
    pub safety_stock: f64,
    /// Cost of one unit.
    pub unit_cost: Money,
    /// Margin of one unit.
    pub margin: Money,
    /// Open lines of this pool, in any order; received ones are passed over.
    pub orders: &'a [PurchaseOrder],
}

/// Stock when no further order arrives: when it is needed, when it is gone and what is lost.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Projection {
    /// First day the stock ends below the safety stock.
    needed: Option<usize>,
    /// First day that demand exceeds the stock.
    gone: Option<usize>,
    /// Demand lost before `until`, units.
    lost: f64,
}

/// Units that come in on a day.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Receipt {
    /// Days after the as-of date; overdue ones count as due today. On the shelf that morning.
    day: usize,
    units: f64,
}

/// What to do about each open order of a pool; at most one advice an order.
#[must_use]
pub fn advise(pool: &OpenPool, as_of: NaiveDate, settings: &Settings) -> Vec<OpenOrderAdvice> {
    let mut dated: Vec<(NaiveDate, &PurchaseOrder)> = Vec::new();
    for order in pool.orders {
        if let Some(expected) = order.expected
            && order.received.is_none()
            && outstanding(order).is_positive()
        {
            // An overdue order may come any day: it is counted as coming today.
            dated.push((expected.max(as_of), order));
        }
    }
    // By number among equals, so that advice does not depend on the order of rows.
    dated.sort_by(|(day_a, a), (day_b, b)| (day_a, &a.order_id).cmp(&(day_b, &b.order_id)));
    let mut earlier: Vec<Receipt> = Vec::new();
    let mut advice = Vec::new();
    for (due, order) in dated {
        let day = (due - as_of).num_days() as usize;
        if let Some(found) = judge(pool, order, day, &earlier, as_of, settings) {
            advice.push(OpenOrderAdvice {
                order_id: order.order_id.clone(),
                sku: order.sku,
                location: order.location,
                supplier: order.supplier,
                action: found.action,
                quantity: found.quantity,
                expected: order.expected,
                proposed: found.proposed,
                value: found.value,
                reason: found.reason,
            });
        }
        earlier.push(Receipt { day, units: outstanding(order).as_f64() });
    }
    advice
}

/// What is wrong with one order, and what to do about it.
struct Judgement {
    action: OpenOrderAction,
    quantity: Units,
    proposed: Option<NaiveDate>,
    value: Money,
    reason: String,
}

/// Looks at `order`, which is due `due` days after the as-of date, against the stock that the
/// `earlier` ones leave.
fn judge(
    pool: &OpenPool,
    order: &PurchaseOrder,
    due: usize,
    earlier: &[Receipt],
    as_of: NaiveDate,
    settings: &Settings,
) -> Option<Judgement> {
    let quantity = outstanding(order);
    let without = project(pool, earlier, due);
    let loss = Money::from_f64(pool.margin.as_f64().max(0.0) * without.lost.min(quantity.as_f64()));
    if let Some(late) = order.expected.map(|e| (as_of - e).num_days()).filter(|&late| late > 0) {
        return Some(Judgement {
            action: OpenOrderAction::Expedite,
            quantity,
            proposed: Some(as_of),
            value: loss,
            reason: format!("overdue by {late} days and not received: chase it"),
        });
    }
    if let Some(gone) = without.gone
        && due.saturating_sub(gone) as i64 >= settings.expedite_days
    {
        let date = day_after(as_of, gone);
        return Some(Judgement {
            action: OpenOrderAction::Expedite,
            quantity,
            proposed: Some(date),
            value: loss,
            reason: format!(
                "the stock is gone on {date}: {:.1} units would be lost before it arrives",
                without.lost
            ),
        });
    }
    // A horizon shorter than the cover says nothing about the days beyond it.
    let cover = (settings.max_cover_days as usize).min(pool.demand.len());
    let coming: f64 = earlier.iter().map(|r| r.units).sum();
    let wanted = pool.safety_stock + pool.demand[..cover].iter().sum::<f64>()
        - pool.stock.or_zero().as_f64()
        - coming;
    let surplus = Units::floor(quantity.as_f64() - wanted.max(0.0));
    if surplus.is_positive() && cover > 0 {
        return Some(Judgement {
            action: OpenOrderAction::Cancel,
            quantity: surplus,
            proposed: None,
            value: pool.unit_cost.times(surplus),
            reason: format!(
                "{surplus} of {quantity} exceed the safety stock and the demand of {cover} days"
            ),
        });
    }
    let needed = without.needed?;
    let days_early = needed as i64 - due as i64;
    if days_early < settings.push_out_days {
        return None;
    }
    let carrying =
        pool.unit_cost.times(quantity).as_f64() * settings.carrying_rate * days_early as f64
            / 365.0;
    let date = day_after(as_of, needed);
    Some(Judgement {
        action: OpenOrderAction::PushOut,
        quantity,
        proposed: Some(date),
        value: Money::from_f64(carrying),
        reason: format!("not needed before {date}, {days_early} days after it is expected"),
    })
}

fn day_after(as_of: NaiveDate, days: usize) -> NaiveDate {
    as_of.checked_add_days(Days::new(days as u64)).unwrap_or(NaiveDate::MAX)
}

/// Units still to come.
fn outstanding(order: &PurchaseOrder) -> Units {
    order.quantity - order.received_quantity.unwrap_or(Units::ZERO)
}

/// Walks the stock with `receipts` through the horizon.
fn project(pool: &OpenPool, receipts: &[Receipt], until: usize) -> Projection {
    let mut stock = pool.stock.or_zero().as_f64();
    let mut projection = Projection { needed: None, gone: None, lost: 0.0 };
    for (day, &demand) in pool.demand.iter().enumerate() {
        stock += receipts.iter().filter(|r| r.day == day).map(|r| r.units).sum::<f64>();
        // Lost and not owed: a customer who finds nothing buys elsewhere.
        let lost = (demand - stock).max(0.0);
        stock = (stock - demand).max(0.0);
        if lost > 0.0 {
            projection.gone = projection.gone.or(Some(day));
            projection.lost += if day < until { lost } else { 0.0 };
        }
        if stock < pool.safety_stock || lost > 0.0 {
            projection.needed = projection.needed.or(Some(day));
        }
    }
    projection
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::units::{LocationId, SkuId};

    fn day(n: i64) -> NaiveDate {
        "2024-04-01".parse::<NaiveDate>().unwrap() + chrono::Duration::days(n)
    }

    fn order(id: &str, quantity: i64, expected: i64) -> PurchaseOrder {
        PurchaseOrder {
            order_id: id.to_owned(),
            sku: SkuId(0),
            supplier: None,
            location: LocationId(0),
            quantity: Units(quantity),
            confirmed: None,
            expected: Some(day(expected)),
            received: None,
            received_quantity: None,
        }
    }

    fn advice(stock: i64, orders: &[PurchaseOrder]) -> Vec<OpenOrderAdvice> {
        let demand = vec![10.0; 180];
        let pool = OpenPool {
            stock: Units(stock),
            demand: &demand,
            safety_stock: 50.0,
            unit_cost: Money::from_f64(4.0),
            margin: Money::from_f64(3.0),
            orders,
        };
        advise(&pool, day(0), &Settings { carrying_rate: 0.365, ..Settings::default() })
    }

    #[test]
    fn f9_an_order_after_the_stock_out_is_expedited_to_it() {
        let found = advice(100, &[order("A", 600, 15)]);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].action, found[0].proposed),
            (OpenOrderAction::Expedite, Some(day(10)))
        );
        assert_eq!(found[0].value, Money::from_f64(5.0 * 10.0 * 3.0));
        let overdue = advice(1000, &[order("A", 100, -4)]);
        assert_eq!(
            (overdue[0].action, overdue[0].proposed),
            (OpenOrderAction::Expedite, Some(day(0)))
        );
    }

    #[test]
    fn f9_an_order_that_is_not_needed_yet_is_pushed_out() {
        // 600 units fall below the safety stock of 50 during day 55: 45 days after it is expected.
        let found = advice(600, &[order("A", 100, 10)]);
        assert_eq!((found[0].action, found[0].proposed), (OpenOrderAction::PushOut, Some(day(55))));
        assert_eq!(found[0].value, Money::from_f64(100.0 * 4.0 * 0.365 * 45.0 / 365.0));
    }

    #[test]
    fn f9_what_exceeds_the_cover_and_the_safety_stock_is_cancelled() {
        // 1200 for 120 days and 50 of safety stock: 150 of the 300 are surplus.
        let found = advice(1100, &[order("A", 300, 10)]);
        assert_eq!((found[0].action, found[0].quantity), (OpenOrderAction::Cancel, Units(150)));
        assert_eq!(found[0].value, Money::from_f64(600.0));
        let second = advice(1100, &[order("A", 150, 10), order("B", 40, 20)]);
        assert_eq!(
            second.iter().map(|a| (a.action, a.order_id.as_str())).collect::<Vec<_>>()[1],
            (OpenOrderAction::Cancel, "B")
        );
    }

    #[test]
    fn an_order_in_time_and_received_or_undated_ones_need_nothing() {
        let received = PurchaseOrder { received: Some(day(-1)), ..order("R", 9000, -1) };
        let undated = PurchaseOrder { expected: None, ..order("U", 9000, 0) };
        assert!(advice(150, &[order("A", 600, 8), received, undated]).is_empty());
    }
}

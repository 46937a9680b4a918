//! Open orders against the projection: expedite what comes too late, push out what comes too early, cancel what nobody needs.
//!
//! Orders are looked at in the order of their expected dates, each against the stock that the earlier ones leave. Demand is met
//! from stock day by day and lost beyond it. An order is needed on the first day the stock would fall below the safety stock.
//! Surplus is what exceeds the demand of the next `max_cover_days` and the safety stock.

use crate::domain::inputs::PurchaseOrder;
use crate::domain::outcome::{OpenOrderAction, OpenOrderAdvice};
use crate::domain::units::{Money, Units};
use crate::purchase::Settings;
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

/// What to do about each open order of a pool; at most one advice an order.
#[must_use]
pub fn advise(pool: &OpenPool, as_of: NaiveDate, settings: &Settings) -> Vec<OpenOrderAdvice> {
    let due = |o: &PurchaseOrder| {
        o.expected.map(|e| usize::try_from((e - as_of).num_days()).unwrap_or(0))
    };
    let open = |o: &&PurchaseOrder| o.received.is_none() && outstanding(o) > Units(0);
    let mut orders: Vec<(usize, &PurchaseOrder)> =
        pool.orders.iter().filter(open).filter_map(|o| Some((due(o)?, o))).collect();
    orders.sort_by(|a, b| (a.0, &a.1.order_id).cmp(&(b.0, &b.1.order_id)));
    let mut receipts: Vec<(usize, f64)> = Vec::new();
    let mut advice = Vec::new();
    for (due, order) in orders {
        advice.extend(advise_one(pool, (due, order), &receipts, as_of, settings));
        receipts.push((due, outstanding(order).0 as f64));
    }
    advice
}

fn advise_one(
    pool: &OpenPool,
    (due, order): (usize, &PurchaseOrder),
    receipts: &[(usize, f64)],
    as_of: NaiveDate,
    settings: &Settings,
) -> Option<OpenOrderAdvice> {
    let quantity = outstanding(order);
    let without = project(pool, receipts, due);
    let date = |day: usize| as_of.checked_add_days(Days::new(day as u64)).unwrap_or(NaiveDate::MAX);
    let advice = |action, quantity, proposed, value, reason| {
        let (order_id, sku, location, supplier, expected) =
            (order.order_id.clone(), order.sku, order.location, order.supplier, order.expected);
        Some(OpenOrderAdvice {
            order_id,
            sku,
            location,
            supplier,
            action,
            quantity,
            expected,
            proposed,
            value,
            reason,
        })
    };
    let loss = Money::from_f64(pool.margin.as_f64().max(0.0) * without.lost.min(quantity.0 as f64));
    if let Some(late) = order.expected.map(|e| (as_of - e).num_days()).filter(|&late| late > 0) {
        let reason = format!("overdue by {late} days and not received: chase it");
        return advice(OpenOrderAction::Expedite, quantity, Some(as_of), loss, reason);
    }
    if let Some(gone) =
        without.gone.filter(|&gone| (due - gone.min(due)) as i64 >= settings.expedite_days)
    {
        let reason = format!(
            "the stock is gone on {}: {:.1} units would be lost before it arrives",
            date(gone),
            without.lost
        );
        return advice(OpenOrderAction::Expedite, quantity, Some(date(gone)), loss, reason);
    }
    let cover = (settings.max_cover_days as usize).min(pool.demand.len());
    let coming: f64 = receipts.iter().map(|r| r.1).sum();
    let wanted = pool.safety_stock + pool.demand[..cover].iter().sum::<f64>()
        - pool.stock.0.max(0) as f64
        - coming;
    let surplus = Units((quantity.0 as f64 - wanted.max(0.0)).floor().max(0.0) as i64);
    if surplus > Units(0) && cover > 0 {
        let reason = format!(
            "{surplus} of {quantity} exceed the safety stock and the demand of {cover} days"
        );
        return advice(
            OpenOrderAction::Cancel,
            surplus,
            None,
            pool.unit_cost.times(surplus),
            reason,
        );
    }
    let needed =
        without.needed.filter(|&needed| needed as i64 - due as i64 >= settings.push_out_days)?;
    let early = (needed - due) as f64;
    let carrying = pool.unit_cost.times(quantity).as_f64() * settings.carrying_rate * early / 365.0;
    let reason =
        format!("not needed before {}, {early:.0} days after it is expected", date(needed));
    advice(
        OpenOrderAction::PushOut,
        quantity,
        Some(date(needed)),
        Money::from_f64(carrying),
        reason,
    )
}

/// Units still to come.
fn outstanding(order: &PurchaseOrder) -> Units {
    order.quantity - order.received_quantity.unwrap_or(Units(0))
}

/// Walks the stock with `receipts` (day, units; on the shelf that morning) through the horizon.
fn project(pool: &OpenPool, receipts: &[(usize, f64)], until: usize) -> Projection {
    let mut stock = pool.stock.0.max(0) as f64;
    let mut projection = Projection { needed: None, gone: None, lost: 0.0 };
    for (day, &demand) in pool.demand.iter().enumerate() {
        stock += receipts.iter().filter(|r| r.0 == day).map(|r| r.1).sum::<f64>();
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

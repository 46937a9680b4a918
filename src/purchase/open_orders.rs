//! Open orders against the projection: expedite what comes too late, push out what comes too early,
//! cancel what nobody needs.
//!
//! Orders are looked at in the order in which they are expected, as late as their suppliers are,
//! each against the stock that the earlier ones leave. Demand is met from stock day by day and lost
//! beyond it. An order is needed on the first day the stock would fall below the safety stock.
//! Surplus is what exceeds the demand of the next `max_cover_days` and the safety stock, as far as
//! what is left is still an order that the supplier takes, and at the price of what is left. An
//! order that is too late to be believed hides a loss: that is what chasing it is worth.
//!
//! ```
//! use orderpoint::domain::inputs::PurchaseOrder;
//! use orderpoint::domain::outcome::OpenOrderAction;
//! use orderpoint::domain::units::{LocationId, Money, SkuId, Units};
//! use orderpoint::purchase::Settings;
//! use orderpoint::inventory::due::Due;
//! use orderpoint::purchase::open_orders::{OpenLine, OpenPool, advise};
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
//!     shipment: None,
//! };
//! let line = OpenLine { order: &order, due: Due::In { days: 15.0 }, terms: None };
//! // A hundred units at ten a day are gone on the 11th, five days before the order comes.
//! let pool = OpenPool {
//!     stock: Units(100),
//!     demand: &[10.0; 90],
//!     safety_stock: 50.0,
//!     unit_cost: Money::from_f64(4.0),
//!     margin: Money::from_f64(3.0),
//!     next_arrival: 14.0,
//!     may_cancel: true,
//!     lines: &[line],
//! };
//! let advice = advise(&pool, day(1).unwrap(), &Settings::default());
//! assert_eq!((advice[0].action, advice[0].proposed), (OpenOrderAction::Expedite, day(11)));
//! assert_eq!(advice[0].value, Money::from_f64(150.0));
//! ```

use crate::domain::inputs::PurchaseOrder;
use crate::domain::lot::LotRules;
use crate::domain::outcome::{OpenOrderAction, OpenOrderAdvice};
use crate::domain::units::{Money, Units};
use crate::inventory::due::Due;
use crate::purchase::prices::Prices;
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
    /// When an order placed now would arrive, days from the as-of date.
    pub next_arrival: f64,
    /// Whether surplus may be cancelled: an item that is being launched has no demand to judge by.
    pub may_cancel: bool,
    /// Open lines of this pool, in any order.
    pub lines: &'a [OpenLine<'a>],
}

/// An order on its way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpenLine<'a> {
    /// Its row.
    pub order: &'a PurchaseOrder,
    /// When it comes.
    pub due: Due,
    /// What its supplier asks of a line, where that is known.
    pub terms: Option<OrderedTerms<'a>>,
}

/// What a supplier asks of a line that has been ordered from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrderedTerms<'a> {
    /// Minimum and pack.
    pub rules: LotRules,
    /// Price by quantity.
    pub prices: Prices<'a>,
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
    /// Days after the as-of date. On the shelf that morning.
    day: usize,
    units: f64,
}

/// What to do about each open order of a pool; at most one advice an order.
#[must_use]
pub fn advise(pool: &OpenPool, as_of: NaiveDate, settings: &Settings) -> Vec<OpenOrderAdvice> {
    let mut lines: Vec<&OpenLine> = pool.lines.iter().collect();
    // By number among equals, so that advice does not depend on the order of rows.
    lines.sort_by(|a, b| {
        a.due_day().cmp(&b.due_day()).then_with(|| a.order.order_id.cmp(&b.order.order_id))
    });
    let demand = beyond_the_horizon(pool.demand, settings.max_cover_days);
    let pool = OpenPool { demand: &demand, ..*pool };
    let mut earlier: Vec<Receipt> = Vec::new();
    let mut advice = Vec::new();
    for line in lines {
        let order = line.order;
        if let Some(found) = judge(&pool, line, &earlier, as_of, settings) {
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
        if let Some(day) = line.due_day() {
            // One a day: an item with thousands of open orders is walked through once for each.
            let units = order.outstanding().as_f64();
            match earlier.last_mut() {
                Some(last) if last.day == day => last.units += units,
                Some(_) | None => earlier.push(Receipt { day, units }),
            }
        }
    }
    advice
}

impl OpenLine<'_> {
    /// Days after the as-of date; `None` where it is not counted on.
    fn due_day(&self) -> Option<usize> {
        match self.due {
            Due::In { days } => Some(days.ceil() as usize),
            Due::NotBelieved { .. } => None,
        }
    }
}

/// `demand` of at least `days` days: beyond the forecast as in its last four weeks, so that surplus
/// does not depend on how far the forecast is shown.
fn beyond_the_horizon(demand: &[f64], days: f64) -> Vec<f64> {
    // Four weeks: no weekday counts more than another.
    let last = &demand[demand.len().saturating_sub(28)..];
    let rate = last.iter().sum::<f64>() / last.len().max(1) as f64;
    let mut longer = demand.to_vec();
    longer.resize(demand.len().max(days as usize), rate);
    longer
}

/// What is wrong with one order, and what to do about it.
struct Judgement {
    action: OpenOrderAction,
    quantity: Units,
    proposed: Option<NaiveDate>,
    value: Money,
    reason: String,
}

/// Looks at `line` against the stock that the `earlier` ones leave.
fn judge(
    pool: &OpenPool,
    line: &OpenLine,
    earlier: &[Receipt],
    as_of: NaiveDate,
    settings: &Settings,
) -> Option<Judgement> {
    let order = line.order;
    let quantity = order.outstanding();
    let margin = pool.margin.as_f64().max(0.0);
    let due = match line.due {
        Due::In { days } => days.ceil() as usize,
        Due::NotBelieved { overdue_days } => {
            // What is missing until another order can come is what this one hides.
            let lost = project(pool, earlier, pool.next_arrival.ceil() as usize).lost;
            return Some(Judgement {
                action: OpenOrderAction::Expedite,
                quantity,
                proposed: Some(as_of),
                value: Money::from_f64(margin * lost.min(quantity.as_f64())),
                reason: format!(
                    "overdue by {overdue_days} days: it no longer counts as on order; \
                     confirm a date or close it"
                ),
            });
        }
    };
    let without = project(pool, earlier, due);
    let loss = Money::from_f64(margin * without.lost.min(quantity.as_f64()));
    let comes = day_after(as_of, due);
    if let Some(late) = order.expected.map(|e| (as_of - e).num_days()).filter(|&late| late > 0) {
        return Some(Judgement {
            action: OpenOrderAction::Expedite,
            quantity,
            proposed: Some(as_of),
            value: loss,
            reason: format!(
                "overdue by {late} days and not received: chase it; by its supplier's lateness it \
                 comes near {comes}"
            ),
        });
    }
    if let Some(gone) = without.gone
        // A supplier is not called for a day or two.
        && due.saturating_sub(gone) as i64 >= settings.expedite_days
    {
        let date = day_after(as_of, gone);
        let lateness = match order.expected {
            Some(expected) if comes > expected => {
                format!(" (its supplier is usually late: near {comes})")
            }
            Some(_) | None => String::new(),
        };
        return Some(Judgement {
            action: OpenOrderAction::Expedite,
            quantity,
            proposed: Some(date),
            value: loss,
            reason: format!(
                "the stock is gone on {date}: {:.1} units would be lost before it \
                 arrives{lateness}",
                without.lost
            ),
        });
    }
    let cover = (settings.max_cover_days as usize).min(pool.demand.len());
    let coming: f64 = earlier.iter().map(|r| r.units).sum();
    let wanted = pool.safety_stock + pool.demand[..cover].iter().sum::<f64>()
        - pool.stock.or_zero().as_f64()
        - coming;
    // Down to whole units: what is cancelled by mistake is ordered again at once.
    let surplus = Units::floor(quantity.as_f64() - wanted.max(0.0));
    if let Some(cancelled) = pool.may_cancel.then(|| cancelled(pool, line, surplus)).flatten() {
        return Some(Judgement {
            action: OpenOrderAction::Cancel,
            quantity: cancelled.quantity,
            proposed: None,
            value: cancelled.saved,
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

/// Units to cancel, and what that saves.
struct Cancelled {
    quantity: Units,
    saved: Money,
}

/// Cancels of `surplus` units of `line` what its supplier's minimum and packs let go, where the
/// price of what is left does not eat what is saved.
fn cancelled(pool: &OpenPool, line: &OpenLine, surplus: Units) -> Option<Cancelled> {
    if !surplus.is_positive() {
        return None;
    }
    let whole = line.order.outstanding();
    let Some(OrderedTerms { rules, prices }) = line.terms else {
        // Without a row of supply nothing says what else the supplier would take: all of the
        // surplus.
        return Some(Cancelled { quantity: surplus, saved: pool.unit_cost.times(surplus) });
    };
    let left = whole - surplus;
    let kept = if left.is_positive() {
        rules.order_quantity(left.as_f64()).quantity.min(whole)
    } else {
        Units::ZERO
    };
    let quantity = whole - kept;
    let saved = prices.at(whole).times(whole) - prices.at(kept).times(kept);
    (quantity.is_positive() && saved.is_positive()).then_some(Cancelled { quantity, saved })
}

fn day_after(as_of: NaiveDate, days: usize) -> NaiveDate {
    as_of.checked_add_days(Days::new(days as u64)).unwrap_or(NaiveDate::MAX)
}

/// Walks the stock with `receipts`, in the order of their days, through the horizon.
fn project(pool: &OpenPool, receipts: &[Receipt], until: usize) -> Projection {
    let mut stock = pool.stock.or_zero().as_f64();
    let mut projection = Projection { needed: None, gone: None, lost: 0.0 };
    let mut receipts = receipts.iter().peekable();
    for (day, &demand) in pool.demand.iter().enumerate() {
        while let Some(receipt) = receipts.next_if(|receipt| receipt.day <= day) {
            stock += receipt.units;
        }
        // Lost and not owed: a customer who finds nothing buys elsewhere.
        let lost = (demand - stock).max(0.0);
        stock = (stock - demand).max(0.0);
        if lost > 0.0 {
            projection.gone = projection.gone.or(Some(day));
            projection.lost += if day < until { lost } else { 0.0 };
        }
        // A pool without safety stock needs its order on the day on which it runs dry.
        if stock < pool.safety_stock || lost > 0.0 {
            projection.needed = projection.needed.or(Some(day));
        }
    }
    projection
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::units::{LeadTime, LocationId, SkuId};
    use crate::inventory::due::due;

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
            shipment: None,
        }
    }

    fn advice(stock: i64, orders: &[PurchaseOrder]) -> Vec<OpenOrderAdvice> {
        judged(stock, 180, orders, None)
    }

    fn judged(
        stock: i64,
        horizon: usize,
        orders: &[PurchaseOrder],
        terms: Option<OrderedTerms>,
    ) -> Vec<OpenOrderAdvice> {
        let demand = vec![10.0; horizon];
        let week = LeadTime::new(7.0, 1.0, 9.0).unwrap();
        let lines: Vec<OpenLine> = orders
            .iter()
            .filter_map(|order| {
                let due = due(order, day(0), week, &[])?;
                Some(OpenLine { order, due, terms })
            })
            .collect();
        let pool = OpenPool {
            stock: Units(stock),
            demand: &demand,
            safety_stock: 50.0,
            unit_cost: Money::from_f64(4.0),
            margin: Money::from_f64(3.0),
            next_arrival: 7.0,
            may_cancel: true,
            lines: &lines,
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
        let undated = PurchaseOrder { expected: None, ..order("U", 90, 0) };
        assert!(advice(150, &[order("A", 600, 8), received, undated]).is_empty());
    }

    #[test]
    fn f9_surplus_does_not_depend_on_how_far_the_forecast_is_shown() {
        let orders = [order("A", 300, 10)];
        assert_eq!(judged(1100, 90, &orders, None), judged(1100, 180, &orders, None));
    }

    #[test]
    fn f9_nothing_is_cancelled_below_a_minimum_or_at_a_higher_price() {
        let rules = LotRules::new(Units(200), Units(50), None);
        let flat = Prices { base: Money::from_f64(4.0), breaks: &[], rate: 1.0 };
        let orders = [order("A", 300, 10)];
        // 150 are surplus: 150 are below the minimum of 200.
        let found = judged(1100, 180, &orders, Some(OrderedTerms { rules, prices: flat }));
        assert_eq!((found[0].quantity, found[0].value), (Units(100), Money::from_f64(400.0)));
        let breaks = [crate::domain::inputs::PriceBreak {
            sku: SkuId(0),
            supplier: crate::domain::units::SupplierId(0),
            location: None,
            from_quantity: Units(300),
            unit_cost: Money::from_f64(2.0),
        }];
        // 300 at 2.00 cost no more than 150 at 4.00.
        let prices = Prices { breaks: &breaks, ..flat };
        let free = Some(OrderedTerms { rules: LotRules::FREE, prices });
        assert!(
            judged(1100, 180, &orders, free).iter().all(|a| a.action != OpenOrderAction::Cancel)
        );
    }

    #[test]
    fn the_value_of_an_order_beyond_belief_is_the_loss_it_hides() {
        let found = advice(20, &[order("A", 600, -400)]);
        // Two days of stock, seven until another order could come.
        assert_eq!(found[0].value, Money::from_f64(5.0 * 10.0 * 3.0));
        assert!(found[0].reason.contains("400 days"), "{}", found[0].reason);
    }
}

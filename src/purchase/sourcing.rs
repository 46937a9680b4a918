//! From whom: primary, secondary and backup suppliers, the switch rule, and split orders.
//!
//! The primary supplier gets the order unless it cannot arrive before the stock-out. Then each other supplier is weighed by
//!
//! ```text
//! cost = landed unit cost x need + margin x expected units short before its arrival
//! ```
//!
//! and takes the order if that is below the primary's: the extra landed cost is below the loss it prevents. A split order buys
//! only the bridge (what would be short between the two arrivals) from the faster supplier, and wins where that is cheaper still.

use crate::domain::inputs::Supply;
use crate::domain::units::{Money, Units};
use crate::purchase::PoolNeed;
use crate::purchase::Settings;
use crate::purchase::landed_cost::Charges;
use crate::purchase::line::to_a_millionth;
use crate::purchase::order_calendar::OrderCalendar;
use crate::purchase::rules::constraints::LotRules;
use crate::purchase::rules::price_breaks::Prices;
use chrono::NaiveDate;

/// One supplier's terms for one pool, today.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Offer<'a> {
    /// The row it comes from.
    pub supply: &'a Supply,
    /// When it takes orders.
    pub calendar: OrderCalendar<'a>,
    /// Price by quantity.
    pub prices: Prices<'a>,
    /// What comes on top of the price.
    pub charges: Charges,
    /// The next day it takes an order.
    pub order_date: NaiveDate,
    /// When that order arrives.
    pub arrival: NaiveDate,
}

impl Offer<'_> {
    /// Rules of a line that may add at most `room` units to the stock.
    #[must_use]
    pub fn rules(&self, room: Option<Units>) -> LotRules {
        LotRules::new(self.supply.minimum_order, self.supply.pack_size, self.supply.maximum_order)
            .within(room)
    }

    /// Landed cost of one unit in a line of `quantity`, freight of the order apart.
    #[must_use]
    pub fn landed(&self, quantity: Units) -> Money {
        self.charges.landed(self.prices.at(quantity))
    }

    /// Days from `as_of` to its arrival.
    #[must_use]
    pub fn days(&self, as_of: NaiveDate) -> i64 {
        (self.arrival - as_of).num_days()
    }
}

/// What one supplier is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// Position in the offers.
    pub offer: usize,
    /// Unrounded units.
    pub need: f64,
    /// Expected units short that this line prevents.
    pub short_units: f64,
    /// Why this supplier, when it is not simply the primary one.
    pub why: Option<String>,
}

/// Who gets the order: one assignment, or two for a split, the bridge first. `offers` are in order of preference, the primary first.
///
/// # Panics
/// If `offers` is empty.
#[must_use]
pub fn source(
    pool: &PoolNeed,
    offers: &[Offer],
    as_of: NaiveDate,
    settings: &Settings,
) -> Vec<Assignment> {
    let short_by = |i: usize, extra: f64| pool.short_within(offers[i].days(as_of) as f64 + extra);
    let assign = |i: usize, why| {
        let short_units = (short_by(i, settings.risk_days) - short_by(i, 0.0)).max(0.0);
        Assignment { offer: i, need: pool.need, short_units, why }
    };
    let landed = |i: usize, need: f64| {
        let quantity = offers[i].rules(pool.room).order_quantity(need).0;
        (quantity > Units(0)).then(|| offers[i].landed(quantity).as_f64() * need)
    };
    let primary = &offers[0];
    let late = pool.stockout_date.is_some_and(|gone| primary.arrival > gone);
    let Some(primary_cost) = landed(0, pool.need).filter(|_| late) else {
        return vec![assign(0, None)];
    };
    let loss = |i: usize| pool.margin.as_f64().max(0.0) * short_by(i, 0.0);
    let why =
        |i: usize, cost: f64| switch_reason(offers, i, cost - primary_cost, loss(0) - loss(i));
    let mut best = (primary_cost + loss(0), vec![assign(0, None)]);
    for i in (1..offers.len()).filter(|&i| offers[i].arrival < primary.arrival) {
        if let Some(cost) = landed(i, pool.need).filter(|cost| cost + loss(i) < best.0) {
            best = (cost + loss(i), vec![assign(i, Some(why(i, cost)))]);
        }
        let bridge = to_a_millionth(short_by(0, 0.0) - short_by(i, 0.0));
        if !settings.split_orders || bridge <= 0.0 || bridge >= pool.need {
            continue;
        }
        let both = landed(i, bridge)
            .zip(landed(0, pool.need - bridge))
            .map(|(a, b)| a + b + settings.order_cost);
        if let Some(cost) = both.filter(|cost| cost + loss(i) < best.0) {
            let rest = Assignment {
                need: to_a_millionth(pool.need - bridge),
                ..assign(0, Some("the rest of a split order".to_owned()))
            };
            let why = format!("split order: {}", why(i, cost));
            best = (
                cost + loss(i),
                vec![
                    Assignment { offer: i, need: bridge, short_units: bridge, why: Some(why) },
                    rest,
                ],
            );
        }
    }
    best.1
}

fn switch_reason(offers: &[Offer], i: usize, extra: f64, prevented: f64) -> String {
    let (late, soon) = (offers[0].arrival, offers[i].arrival);
    let difference =
        if extra < 0.0 { format!("{:.2} less", -extra) } else { format!("{extra:.2} more") };
    format!(
        "the primary supplier arrives on {late}, after the stock-out; this one arrives on {soon}, costs {difference} and prevents a loss of {prevented:.2}"
    )
}

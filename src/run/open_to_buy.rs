//! What is left to buy of categories and months, as the orders of a night see it.

use crate::config::Plan;
use crate::domain::economics::UnitEconomics;
use crate::domain::inputs::Inputs;
use crate::domain::units::{Money, PoolId, Units};
use crate::purchase::open_to_buy::{Commitment, Envelope, envelopes};
use crate::review::open_decisions::Pending;
use chrono::NaiveDate;

/// Every line of `[purchase.open_to_buy]`, less what is placed and `pending` for it.
pub(super) fn open_to_buy<'p>(
    plan: &Plan,
    inputs: &Inputs,
    economics: &[UnitEconomics],
    pending: impl Iterator<Item = &'p Pending>,
) -> Vec<Envelope> {
    let settings = &plan.purchase.open_to_buy;
    if settings.is_empty() {
        return Vec::new();
    }
    let goods = Goods { inputs, economics };
    let mut on_order = Vec::new();
    for order in inputs.purchase_orders.iter() {
        let units = order.outstanding();
        // What another location sends was bought already.
        if units.is_positive() && order.shipment.is_none() {
            let pool = PoolId { sku: order.sku, location: order.location };
            on_order.push(goods.commitment(pool, units, order.expected));
        }
    }
    for approved in pending.filter(|approved| approved.from.is_none()) {
        let pool = PoolId { sku: approved.sku, location: approved.location };
        on_order.push(goods.commitment(pool, approved.quantity, approved.expected));
    }
    let categories: Vec<&str> = inputs.products.iter().map(|p| p.category.as_str()).collect();
    envelopes(settings, &categories, &on_order)
}

/// Costs of what is on its way.
struct Goods<'g> {
    inputs: &'g Inputs,
    /// By pool.
    economics: &'g [UnitEconomics],
}

impl Goods<'_> {
    fn commitment(&self, pool: PoolId, units: Units, expected: Option<NaiveDate>) -> Commitment {
        let position = self.inputs.panel.position(pool);
        let cost = position.and_then(|p| self.economics[p].landed_cost);
        let as_of = self.inputs.panel.calendar().as_of();
        // What is overdue, or has no date, is paid from the month of today.
        let arrives = expected.filter(|&day| day >= as_of).unwrap_or(as_of);
        // At today's landed cost: what the order was placed at is not always told.
        let value = cost.unwrap_or(Money::ZERO).times(units);
        Commitment { sku: pool.sku, arrives, value }
    }
}

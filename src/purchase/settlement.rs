//! All lines of the run together: orders shaped, budget kept, costs landed, rows written.

use crate::domain::constraints::Binding;
use crate::domain::exceptions::{Exception, ExceptionKind, Severity};
use crate::domain::outcome::{
    Choice, DraftOrder, Recommendation, Status, number_lines, recommendation_id,
};
use crate::domain::sorted::Keyed;
use crate::domain::units::{LocationId, Money, SupplierId, Units};
use crate::explain::{Step, Unit};
use crate::purchase::approved::{approved_beside, with_approvals};
use crate::purchase::landed_cost::{Charges, landed_unit_cost, share_out};
use crate::purchase::line::Line;
use crate::purchase::market::Market;
use crate::purchase::rules::ORDER_RULES;
use crate::purchase::rules::free_freight::freight_of;
use crate::purchase::rules::order_minimum::{below_minimum, complete, least_value};
use crate::purchase::supplier_order::{SupplierOrder, SupplierTerms};
use chrono::{Days, NaiveDate};
use std::collections::BTreeMap;

/// What purchasing decided.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settled {
    /// Pool order, then supplier.
    pub recommendations: Vec<Recommendation>,
    /// By supplier, then location; lines are positions in `recommendations`.
    pub orders: Vec<DraftOrder>,
    /// What fell short, in no particular order.
    pub exceptions: Vec<Exception>,
}

/// Weighs all lines of the run against each other and writes the rows. The order of `lines` does
/// not matter.
#[must_use]
pub fn settle<'a>(mut lines: Vec<Line<'a>>, market: &Market<'a>) -> Settled {
    // Partitions finish in any order: the rows must not show which came first.
    lines.sort_by_key(|l| (l.pool.sku, l.pool.location, l.supplier()));
    let mut exceptions = market.exceptions();
    let beside = approved_beside(&lines, market.approved);
    let rest = Market { approved: &beside, ..*market };
    let mut lines = with_approvals(lines, |lines| shape(lines, &rest), &mut exceptions);
    let orders = draft_orders(&mut lines, market, &mut exceptions);
    exceptions.extend(below_minimum(&orders, market));
    let beside = ordered_beside(&lines);
    let rows = lines.into_iter().zip(beside);
    let mut recommendations: Vec<Recommendation> =
        rows.map(|(line, beside)| recommendation(line, beside, market)).collect();
    for pool in recommendations.chunk_by_mut(|a, b| a.key() == b.key()) {
        status_with_lines(pool);
        number_lines(pool);
    }
    Settled { recommendations, orders, exceptions }
}

/// Applies the rules on whole orders, then those on the run; what there is to tell.
fn shape<'a>(lines: &mut [Line<'a>], market: &Market<'a>) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    shape_orders(lines, market, &mut exceptions);
    for rule in ORDER_RULES {
        exceptions.extend(rule.shape_run(lines, market));
    }
    exceptions
}

/// A pool that would run out before its usual supplier delivers does not where another brings, in
/// time, all that it is asked for: then something is to be ordered, and nothing is lost.
fn status_with_lines(pool: &mut [Recommendation]) {
    let in_time = |line: &Recommendation| {
        let arrival = line.expected_arrival.zip(line.stockout_date);
        line.quantity.is_positive()
            // Whole units: a need of 7.4 is met by 7.
            && line.quantity >= Units::floor(line.need)
            && arrival.is_some_and(|(arrives, runs_out)| arrives <= runs_out)
    };
    if pool.iter().any(in_time) {
        for line in pool.iter_mut().filter(|line| line.status == Status::WillStockOut) {
            line.status = Status::OrderNow;
        }
    }
}

/// Applies the rules on whole orders to each supplier and ship-to by itself.
fn shape_orders<'a>(lines: &mut [Line<'a>], market: &Market<'a>, exceptions: &mut Vec<Exception>) {
    let mut orders: BTreeMap<(SupplierId, LocationId), Vec<&mut Line>> = BTreeMap::new();
    for line in lines {
        if let Some(supplier) = line.supplier() {
            orders.entry((supplier, line.pool.location)).or_default().push(line);
        }
    }
    for ((supplier, location), lines) in orders {
        let mut order =
            SupplierOrder { terms: SupplierTerms::of(supplier, location, market), lines };
        // Nothing is needed from this supplier: a top-up would order it for the sake of the order.
        if order.is_empty() {
            if order.terms.approved.is_positive() {
                complete(&mut order, market);
            }
            continue;
        }
        for rule in ORDER_RULES {
            exceptions.extend(rule.shape_order(&mut order, market));
        }
    }
}

/// The orders as they will be sent, by supplier and ship-to; each line is given its share of the
/// freight.
fn draft_orders(
    lines: &mut [Line],
    market: &Market,
    exceptions: &mut Vec<Exception>,
) -> Vec<DraftOrder> {
    let mut ordered: BTreeMap<(SupplierId, LocationId), Vec<usize>> = BTreeMap::new();
    for (i, line) in lines.iter().enumerate().filter(|(_, l)| l.quantity.is_positive()) {
        if let Some(supplier) = line.supplier() {
            ordered.entry((supplier, line.pool.location)).or_default().push(i);
        }
    }
    let mut orders = Vec::with_capacity(ordered.len());
    for ((supplier, location), members) in ordered {
        let terms = SupplierTerms::of(supplier, location, market);
        let mut order = DraftOrder {
            supplier,
            location,
            order_date: NaiveDate::MAX,
            expected_arrival: NaiveDate::MIN,
            units: Units::ZERO,
            lines: Vec::new(),
            value: Money::ZERO,
            freight: Money::ZERO,
            landed_value: Money::ZERO,
            minimum_value: least_value(&terms),
        };
        for line in members.iter().map(|&i| &lines[i]) {
            order.units += line.quantity;
            order.value += line.value();
            if let Some(offer) = &line.offer {
                // Sent when the first line must be, complete when the last has come.
                order.order_date = order.order_date.min(offer.order_date);
                order.expected_arrival = order.expected_arrival.max(offer.arrival);
                order.landed_value += offer.landed(line.quantity).times(line.quantity);
            }
        }
        order.freight = freight_of(order.value, &terms);
        // The lines' landed prices know of no freight by order: it is not counted twice.
        order.landed_value += order.freight;

        let costs: Vec<_> = members.iter().map(|&i| lines[i].cost_line()).collect();
        let freight = share_out(order.freight, &costs, market.settings.freight_basis);
        for (&i, &share) in members.iter().zip(&freight.shares) {
            lines[i].freight = share;
        }
        if !freight.is_on_basis && order.freight.is_positive() {
            exceptions.push(Exception::new(
                Severity::Info,
                ExceptionKind::FreightBasis,
                terms.subject(),
                "freight shared by value: a weight or volume is missing",
                "landed costs are approximate",
            ));
        }
        order.lines = members;
        exceptions.extend(ORDER_RULES.iter().filter_map(|rule| rule.unmet(&order, &terms)));
        orders.push(order);
    }
    orders
}

/// What the other lines of its pool order beside each line. `[lines]`
fn ordered_beside(lines: &[Line]) -> Vec<Units> {
    let mut beside = Vec::with_capacity(lines.len());
    for pool in lines.chunk_by(|a, b| a.pool.id() == b.pool.id()) {
        let together: Units = pool.iter().map(|line| line.quantity).sum();
        beside.extend(pool.iter().map(|line| together - line.quantity));
    }
    beside
}

/// The row of a line, `beside` which the other lines of its pool order so many units.
fn recommendation(line: Line, beside: Units, market: &Market) -> Recommendation {
    let quantity = line.quantity;
    assert!(line.rules.allows(quantity), "a line leaving purchase keeps minimum, pack and maximum");
    let unit_cost = line.price_at(quantity);
    let charges = line.offer.map_or(Charges::default(), |o| o.charges);
    let value_at_risk = line.value_at_risk();
    let supplier = line.supplier();
    let choices = choices(&line, beside, market.as_of);
    let pool = line.pool;
    // Each supplier by its own calendar and lead time.
    let order_by = match (&line.offer, pool.safety_date) {
        (Some(offer), Some(wanted)) => {
            offer.calendar.order_by(market.as_of, wanted, offer.lead_days)
        }
        (None, _) | (_, None) => pool.order_by,
    };

    let mut steps = pool.steps;
    steps.push(Step {
        name: "quantity",
        formula: steps.last().map_or("0", |s| s.name).to_owned(),
        inputs: Vec::new(),
        value: quantity.as_f64(),
        unit: Unit::Units,
        note: String::new(),
    });

    let mut reason = pool.reason;
    for note in line.notes {
        // What waits for a word says so as its reason and again where its quantity is taken away.
        if reason.contains(&note) {
            continue;
        }
        if !reason.is_empty() {
            reason.push_str("; ");
        }
        reason.push_str(&note);
    }

    let id = recommendation_id(
        market.as_of,
        &market.names.skus[pool.sku.index()],
        &market.names.locations[pool.location.index()],
        supplier.map_or("", |s| &market.names.suppliers[s.index()]),
    );
    Recommendation {
        id,
        sku: pool.sku,
        location: pool.location,
        supplier,
        transfer: None,
        line: 1,
        status: pool.status,
        urgency: pool.urgency,
        order_by,
        order_date: line.offer.map(|o| o.order_date),
        expected_arrival: line.offer.map(|o| o.arrival),
        on_hand: pool.on_hand,
        available: pool.available,
        on_order: pool.on_order,
        inventory_position: pool.inventory_position,
        stockout_date: pool.stockout_date,
        stockout_probability: pool.stockout_probability,
        need: line.need,
        quantity,
        unit_cost,
        supplier_unit_cost: line.offer.and_then(|o| o.quoted(quantity)),
        pack_size: line.offer.map_or(pool.step, |o| o.supply.pack_size.max(Units::LEAST)),
        landed_unit_cost: landed_unit_cost(unit_cost, quantity, &charges, line.freight),
        value: unit_cost.times(quantity),
        value_at_risk,
        reason,
        binding: line.binding.map_or("", Binding::name).to_owned(),
        steps,
        choices,
    }
}

/// What quantities near the proposed one would mean, with nothing, half and twice as much beside
/// them: what a planner asks for. The rest of the proposal stands: what is moved in, and what the
/// other lines of a split order bring, `beside`.
fn choices(line: &Line, beside: Units, as_of: NaiveDate) -> Vec<Choice> {
    /// Two steps down and three up: what a planner rounds to.
    const STEPS: std::ops::RangeInclusive<i64> = -2..=3;
    if !line.quantity.is_positive() {
        return Vec::new();
    }
    let pack = line.rules.pack().count();
    let half = line.quantity.count() / 2 / pack * pack;
    let twice = line.quantity.count().saturating_mul(2);
    let near = STEPS.map(|step| line.quantity.count() + pack.saturating_mul(step));
    let mut quantities: Vec<Units> = near
        .chain([half, twice])
        .map(Units)
        .filter(|&quantity| quantity.is_positive() && line.rules.allows(quantity))
        // Not to buy is always a choice, whatever the lot rules allow.
        .chain([Units::ZERO])
        .collect();
    quantities.sort_unstable();
    quantities.dedup();
    let mut choices = Vec::with_capacity(quantities.len());
    for quantity in quantities {
        let there = line.pool.answers_for(quantity + beside);
        let runs_out = (1.0_f64 - line.pool.protection.cdf(there)).clamp(0.0, 1.0);
        // With nothing ordered the shelf runs out at least as surely as before an order of today.
        let is_none = (quantity + beside).is_zero();
        let least = if is_none { line.pool.stockout_probability } else { 0.0 };
        choices.push(Choice {
            quantity,
            value: line.value_at(quantity),
            lasts_until: days_after(as_of, line.pool.days_of(there.max(0.0))),
            risk: runs_out.max(least),
        });
    }
    choices
}

/// The day that begins `days` after `from`; `None` beyond ten years, where no demand is known.
fn days_after(from: NaiveDate, days: f64) -> Option<NaiveDate> {
    const LONGEST: f64 = 3650.0;
    (days <= LONGEST).then(|| from + Days::new(days as u64))
}

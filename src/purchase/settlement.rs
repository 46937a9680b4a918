//! All lines of the run together: orders shaped, budget kept, costs landed, rows written.

use crate::domain::digest::Digest;
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::outcome::{DraftOrder, Recommendation};
use crate::domain::units::{LocationId, Money, SupplierId, Units};
use crate::explain::{Step, Unit};
use crate::purchase::Line;
use crate::purchase::Market;
use crate::purchase::landed_cost::{Charges, landed_unit_cost, share_out};
use crate::purchase::rules::budget::apply_budget;
use crate::purchase::rules::supplier_order::{OrderTerms, shape_order};
use chrono::NaiveDate;
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

/// Weighs all lines of the run against each other and writes the rows. The order of `lines` does not matter.
#[must_use]
pub fn settle(mut lines: Vec<Line>, market: &Market) -> Settled {
    lines.sort_by_key(|l| (l.pool.sku, l.pool.location, supplier_of(l)));
    let mut exceptions = market.exceptions();
    let mut orders: BTreeMap<(SupplierId, LocationId), Vec<&mut Line>> = BTreeMap::new();
    for line in &mut lines {
        if let Some(supplier) = supplier_of(line) {
            orders.entry((supplier, line.pool.location)).or_default().push(line);
        }
    }
    for ((supplier, location), mut order) in orders {
        let terms = OrderTerms::of(supplier, market);
        exceptions.extend(shape_order(
            &mut order,
            &terms,
            market,
            Subject::order(market.names, supplier, location),
        ));
    }
    if let Some(budget) = market.settings.budget {
        exceptions.extend(apply_budget(&mut lines, Money::from_f64(budget), market));
    }
    let (orders, freights, told) = draft_orders(&lines, market);
    exceptions.extend(told);
    let recommendations: Vec<Recommendation> = lines
        .into_iter()
        .zip(freights)
        .map(|(line, freight)| recommendation(line, freight, market))
        .collect();
    Settled { recommendations, orders, exceptions }
}

fn supplier_of(line: &Line) -> Option<SupplierId> {
    line.offer.map(|o| o.supply.supplier)
}

/// The orders, the freight each line carries, and which orders miss their minimum.
fn draft_orders(lines: &[Line], market: &Market) -> (Vec<DraftOrder>, Vec<Money>, Vec<Exception>) {
    let (mut orders, mut exceptions) = (Vec::new(), Vec::new());
    let mut freights = vec![Money::ZERO; lines.len()];
    let mut groups: BTreeMap<(SupplierId, LocationId), Vec<usize>> = BTreeMap::new();
    for (i, line) in lines.iter().enumerate().filter(|(_, l)| l.quantity > Units(0)) {
        if let Some(supplier) = supplier_of(line) {
            groups.entry((supplier, line.pool.location)).or_default().push(i);
        }
    }
    for ((supplier, location), members) in groups {
        let terms = OrderTerms::of(supplier, market);
        let value: Money = members.iter().map(|&i| lines[i].value_at(lines[i].quantity)).sum();
        let freight = terms.freight_of(value);
        let costs: Vec<_> = members.iter().map(|&i| lines[i].cost_line()).collect();
        let (shares, known) = share_out(freight, &costs, market.settings.freight_basis);
        let about = || Subject::order(market.names, supplier, location);
        if !known && freight > Money::ZERO {
            let what = "freight shared by value: a weight or volume is missing";
            exceptions.push(Exception::new(
                Severity::Info,
                ExceptionKind::FreightBasis,
                about(),
                what,
                "landed costs are approximate",
            ));
        }
        if let Some(minimum) = terms.minimum_value.filter(|&m| value < m) {
            let what = format!("order of {value:.2} is below the supplier's minimum of {minimum}");
            let why = "no line may grow further, or the budget cut it: ask the supplier, or wait";
            exceptions.push(Exception::new(
                Severity::Warning,
                ExceptionKind::BelowOrderMinimum,
                about(),
                what,
                why,
            ));
        }
        let offers: Vec<_> = members.iter().filter_map(|&i| lines[i].offer).collect();
        let landed = |&i: &usize| {
            lines[i]
                .offer
                .map_or(Money::ZERO, |o| o.landed(lines[i].quantity).times(lines[i].quantity))
        };
        let landed_value = members.iter().map(landed).sum::<Money>() + freight;
        for (&i, &share) in members.iter().zip(&shares) {
            freights[i] = share;
        }
        orders.push(DraftOrder {
            supplier,
            location,
            order_date: offers.iter().map(|o| o.order_date).min().unwrap_or(market.as_of),
            expected_arrival: offers.iter().map(|o| o.arrival).max().unwrap_or(market.as_of),
            units: members.iter().map(|&i| lines[i].quantity).sum(),
            lines: members,
            value,
            freight,
            landed_value,
            minimum_value: terms.minimum_value,
        });
    }
    (orders, freights, exceptions)
}

fn recommendation(line: Line, freight: Money, market: &Market) -> Recommendation {
    let quantity = line.quantity;
    assert!(line.rules.allows(quantity), "a line leaving purchase keeps minimum, pack and maximum");
    let unit_cost = line.price_at(quantity);
    let charges = line.offer.map_or(Charges::default(), |o| o.charges);
    let value_at_risk = Money::from_f64(line.gain(Units(i64::MAX)));
    let order_by = line.pool.order_by.map(|by| {
        let last = line.offer.and_then(|o| o.calendar.last_order_day(by));
        last.filter(|&day| day >= market.as_of).unwrap_or(by)
    });
    let pool = line.pool;
    let mut steps = pool.steps;
    let formula = steps.last().map_or("0".to_owned(), |s| s.name.to_owned());
    steps.push(Step {
        name: "quantity",
        formula,
        inputs: Vec::new(),
        value: quantity.0 as f64,
        unit: Unit::Units,
        note: String::new(),
    });
    let supplier = line.offer.map(|o| o.supply.supplier);
    let reason = std::iter::once(pool.reason)
        .chain(line.notes)
        .filter(|s| !s.is_empty())
        .collect::<Vec<_>>()
        .join("; ");
    Recommendation {
        id: recommendation_id(
            market.as_of,
            &market.names.skus[pool.sku.index()],
            &market.names.locations[pool.location.index()],
            supplier.map_or("", |s| &market.names.suppliers[s.index()]),
        ),
        sku: pool.sku,
        location: pool.location,
        supplier,
        status: pool.status,
        urgency: pool.urgency,
        order_by,
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
        landed_unit_cost: landed_unit_cost(unit_cost, quantity, &charges, freight),
        value: unit_cost.times(quantity),
        value_at_risk,
        reason,
        binding: line.binding.map_or(String::new(), |b| b.name().to_owned()),
        steps,
    }
}

/// A name that a re-run gives again: the as-of date and 12 hexadecimal digits of a digest of date, item, location and supplier.
///
/// ```
/// use orderpoint::purchase::recommendation_id;
/// let day = "2024-04-01".parse().unwrap();
/// assert_eq!(recommendation_id(day, "TEA-1", "main", "ACME"), recommendation_id(day, "TEA-1", "main", "ACME"));
/// assert!(recommendation_id(day, "TEA-1", "main", "ACME").starts_with("R20240401-"));
/// ```
#[must_use]
pub fn recommendation_id(as_of: NaiveDate, sku: &str, location: &str, supplier: &str) -> String {
    let mut digest = Digest::default();
    for part in [sku, location, supplier] {
        digest.add_part(part);
    }
    digest.add(as_of.to_string().as_bytes());
    format!("R{}-{}", as_of.format("%Y%m%d"), &digest.hex()[..12])
}

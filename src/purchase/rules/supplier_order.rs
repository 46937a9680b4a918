//! One order to one supplier and ship-to: container fill, order minimum, free freight.
//!
//! A container keeps the proportions of the needs. A top-up raises the lines that are needed earliest: a day's worth at a time goes
//! to the item whose stock would run out first, so that the order brings the next one forward by about the same time for all.
//! Nothing is raised beyond `max_cover_days`, the maximum of its line or the most stock to hold.

use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::units::{Money, SupplierId, Units};
use crate::math::apportion::{Bounds, within_bounds};
use crate::purchase::Basis;
use crate::purchase::Container;
use crate::purchase::Line;
use crate::purchase::Market;
use crate::purchase::landed_cost::{CostLine, convert, exchange_rate};
use crate::purchase::rules::constraints::Binding;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What a supplier asks of a whole order, reporting currency.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct OrderTerms {
    /// Least value.
    pub minimum_value: Option<Money>,
    /// Value from which freight is free.
    pub free_freight: Option<Money>,
    /// Freight below that value.
    pub freight: Money,
    /// Its container.
    pub container: Option<Container>,
}

impl OrderTerms {
    /// Terms of `supplier`; the default ones where its currency is unknown.
    #[must_use]
    pub fn of(supplier: SupplierId, market: &Market) -> Self {
        let row = &market.suppliers[supplier.index()];
        let Some(rate) = exchange_rate(&row.currency, market.settings) else {
            return Self::default();
        };
        let amount = |m: Option<Money>| m.map(|m| convert(m, rate)).filter(|&m| m > Money::ZERO);
        Self {
            minimum_value: amount(row.min_order_value),
            free_freight: amount(row.free_freight_value),
            freight: amount(row.freight_per_order).unwrap_or(Money::ZERO),
            container: market
                .settings
                .containers
                .get(&market.names.suppliers[supplier.index()])
                .copied(),
        }
    }

    /// Freight of an order of `value`.
    #[must_use]
    pub fn freight_of(&self, value: Money) -> Money {
        if value == Money::ZERO || self.free_freight.is_some_and(|free| value >= free) {
            Money::ZERO
        } else {
            self.freight
        }
    }
}

/// Purchase value of all lines.
#[must_use]
pub fn order_value(lines: &[&mut Line]) -> Money {
    lines.iter().map(|l| l.value_at(l.quantity)).sum()
}

/// Applies container, order minimum and free freight to the lines of one supplier and ship-to.
pub fn shape_order(
    lines: &mut [&mut Line],
    terms: &OrderTerms,
    market: &Market,
    about: Subject,
) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    if lines.iter().all(|l| l.quantity == Units(0)) {
        return exceptions;
    }
    if let Some(container) = terms.container {
        exceptions.extend(fill_container(lines, &container, market.settings.max_cover_days, about));
    }
    let max_cover_days = market.settings.max_cover_days;
    if let Some(minimum) = terms.minimum_value.filter(|&m| order_value(lines) < m) {
        let top_up = plan_top_up(lines, minimum, max_cover_days);
        if top_up.value >= minimum {
            apply(
                lines,
                &top_up,
                Binding::OrderMinimum,
                &format!("the supplier's least order value of {minimum}"),
            );
        }
    }
    if let Some(free) =
        terms.free_freight.filter(|&f| order_value(lines) < f && terms.freight > Money::ZERO)
    {
        let top_up = plan_top_up(lines, free, max_cover_days);
        let carrying = top_up.carrying(lines, market.settings.carrying_rate);
        if top_up.value >= free && carrying < terms.freight.as_f64() {
            let goal = format!(
                "free freight from {free}: saves {} for {carrying:.2} of carrying",
                terms.freight
            );
            apply(lines, &top_up, Binding::FreeFreight, &goal);
        }
    }
    exceptions
}

/// Quantities of a top-up, one a line, and what they come to.
#[derive(Debug, Clone, PartialEq)]
struct TopUp {
    quantities: Vec<Units>,
    value: Money,
}

impl TopUp {
    /// Cost of carrying what is added until it would have been needed, currency units.
    fn carrying(&self, lines: &[&mut Line], rate: f64) -> f64 {
        let added = lines.iter().zip(&self.quantities).filter(|(l, q)| **q > l.quantity);
        let value_days = added.map(|(line, &quantity)| {
            let value = (line.value_at(quantity) - line.value_at(line.quantity)).as_f64().max(0.0);
            value * (line.pool.cover_days(line.quantity) + line.pool.cover_days(quantity)) / 2.0
        });
        value_days.sum::<f64>() / 365.0 * rate
    }
}

/// Raises the lines by earliest need until the order is worth `target`, or until nothing may grow.
///
/// All that may grow are first lifted to the longest common cover, in whole days, that stays below the target, then a day's
/// worth at a time goes to the line that would run out first.
fn plan_top_up(lines: &[&mut Line], target: Money, max_cover_days: f64) -> TopUp {
    let growing: Vec<usize> = (0..lines.len())
        .filter(|&i| lines[i].may_grow() && lines[i].price_at(Units(1)) > Money::ZERO)
        .collect();
    let ceilings: Vec<Units> = growing.iter().map(|&i| lines[i].ceiling(max_cover_days)).collect();
    let lifted = |days: f64| {
        let mut quantities: Vec<Units> = lines.iter().map(|l| l.quantity).collect();
        for (&i, &ceiling) in growing.iter().zip(&ceilings) {
            quantities[i] = lines[i]
                .rules
                .order_quantity(lines[i].missing_for(days))
                .0
                .min(ceiling)
                .max(quantities[i]);
        }
        let value = lines.iter().zip(&quantities).map(|(l, &q)| l.value_at(q)).sum();
        TopUp { quantities, value }
    };
    let (mut low, mut high) = (0.0, max_cover_days.min(3650.0).ceil());
    while high - low > 1.0 {
        let middle = ((low + high) / 2.0_f64).floor();
        if lifted(middle).value < target { low = middle } else { high = middle }
    }
    let mut top_up = lifted(low);
    let key = |n: usize, quantity: Units| {
        Reverse(((lines[growing[n]].pool.cover_days(quantity) * 1000.0) as i64, n))
    };
    let mut queue: BinaryHeap<_> =
        (0..growing.len()).map(|n| key(n, top_up.quantities[growing[n]])).collect();
    while top_up.value < target {
        let Some(Reverse((_, n))) = queue.pop() else { break };
        let (line, before) = (&lines[growing[n]], top_up.quantities[growing[n]]);
        let missing =
            (target - top_up.value).as_f64() / line.price_at(before.max(Units(1))).as_f64();
        let step = line.pool.daily_demand.min(missing).ceil().max(1.0);
        let (after, _) = line.rules.order_quantity(before.0 as f64 + step);
        if after <= before || after > ceilings[n] {
            continue;
        }
        top_up.value = top_up.value + line.value_at(after) - line.value_at(before);
        top_up.quantities[growing[n]] = after;
        queue.push(key(n, after));
    }
    top_up
}

fn apply(lines: &mut [&mut Line], top_up: &TopUp, binding: Binding, goal: &str) {
    for (line, &quantity) in lines.iter_mut().zip(&top_up.quantities) {
        if quantity != line.quantity {
            let note = format!("raised from {} to {quantity} to reach {goal}", line.quantity);
            line.change_to(quantity, binding, note);
        }
    }
}

/// Fills whole containers with the needed lines in proportion to their needs, by largest remainder in whole packs. A line that a
/// planner has set takes its room first and stays as it is.
///
/// The number of containers is the nearest one to what is needed. Where that is none (less than half a container) or the
/// lines' own limits do not let it be filled, the exception says so.
pub fn fill_container(
    lines: &mut [&mut Line],
    container: &Container,
    max_cover_days: f64,
    about: Subject,
) -> Vec<Exception> {
    let set = |line: &Line| line.quantity > Units(0) && line.binding == Some(Binding::Decision);
    let needs = |line: &Line| line.quantity > Units(0) && line.need > 0.0 && !set(line);
    let needed: Vec<usize> = (0..lines.len()).filter(|&i| needs(lines[i])).collect();
    let sizes: Option<Vec<f64>> =
        needed.iter().map(|&i| unit_size(lines[i], container.basis)).collect();
    let by_hand = lines
        .iter()
        .filter(|l| set(l))
        .map(|l| Some(unit_size(l, container.basis)? * l.quantity.0 as f64));
    let by_hand: Option<f64> = by_hand.sum();
    let told = |what: String, why: &str| {
        vec![Exception::new(Severity::Warning, ExceptionKind::ContainerNotFilled, about, what, why)]
    };
    let known = sizes.filter(|s| s.iter().all(|&size| size > 0.0)).zip(by_hand);
    let Some((sizes, by_hand)) = known else {
        return told(
            "weight, volume or price of an item is missing".to_owned(),
            "the order is not fitted to the container",
        );
    };
    let total =
        by_hand + needed.iter().zip(&sizes).map(|(&i, size)| lines[i].need * size).sum::<f64>();
    let count = (total / container.capacity).round();
    if count < 1.0 {
        let what = format!("{total:.0} needed of a capacity of {}", container.capacity);
        return told(what, "less than half a container: the lines keep their needs");
    }
    let capacity = count * container.capacity;
    let quantities = fitted(lines, &needed, &sizes, (capacity - by_hand).max(0.0), max_cover_days);
    let filled: f64 =
        by_hand + quantities.iter().zip(&sizes).map(|(q, size)| q.0 as f64 * size).sum::<f64>();
    for (&i, &quantity) in needed.iter().zip(&quantities) {
        if quantity != lines[i].quantity {
            let verb = if quantity > lines[i].quantity { "raised" } else { "cut" };
            let note = format!(
                "{verb} from {} to {quantity}: its share of {capacity:.0} in {count:.0} container(s)",
                lines[i].quantity
            );
            lines[i].change_to(quantity, Binding::Container, note);
        }
    }
    let loose = sizes
        .iter()
        .zip(&needed)
        .map(|(s, &i)| s * lines[i].rules.pack().0 as f64)
        .fold(0.0, f64::max);
    if filled > capacity + 1e-6 {
        return told(
            format!("{filled:.0} in a capacity of {capacity:.0}"),
            "the lines' minimum quantities need more than fits",
        );
    }
    if filled + loose < capacity {
        return told(
            format!("{filled:.0} of {capacity:.0}"),
            "cover, maximum or most-stock limits stop the fill",
        );
    }
    Vec::new()
}

/// Whole packs in proportion to need within `capacity`, at least the smallest lot each. `[needed]`
fn fitted(
    lines: &[&mut Line],
    needed: &[usize],
    sizes: &[f64],
    capacity: f64,
    max_cover_days: f64,
) -> Vec<Units> {
    let bounds = |(&i, size): (&usize, &f64)| {
        let ceiling = lines[i].rules.round_down(lines[i].ceiling(max_cover_days));
        Bounds { floor: lines[i].rules.smallest().0 as f64 * size, cap: ceiling.0 as f64 * size }
    };
    let bounds: Vec<Bounds> = needed.iter().zip(sizes).map(bounds).collect();
    let weights: Vec<f64> =
        needed.iter().zip(sizes).map(|(&i, size)| lines[i].need * size).collect();
    let quotas: Vec<f64> = within_bounds(capacity, &weights, &bounds)
        .iter()
        .zip(sizes)
        .map(|(q, size)| q / size)
        .collect();
    let rules = |n: usize| lines[needed[n]].rules;
    let whole = |n: usize| Units((quotas[n] + 1e-9).floor() as i64);
    let mut quantities: Vec<Units> =
        (0..needed.len()).map(|n| rules(n).round_down(whole(n)).max(rules(n).smallest())).collect();
    let mut left =
        capacity - quantities.iter().zip(sizes).map(|(q, size)| q.0 as f64 * size).sum::<f64>();
    let remainder = |n: usize, q: Units| (quotas[n] - q.0 as f64) / rules(n).pack().0 as f64;
    let mut order: Vec<usize> = (0..needed.len()).collect();
    order.sort_by(|&a, &b| remainder(b, quantities[b]).total_cmp(&remainder(a, quantities[a])));
    for n in order {
        let more = quantities[n] + rules(n).pack();
        let cost = rules(n).pack().0 as f64 * sizes[n];
        if cost <= left + 1e-6 && more.0 as f64 * sizes[n] <= bounds[n].cap + 1e-6 {
            quantities[n] = more;
            left -= cost;
        }
    }
    quantities
}

fn unit_size(line: &Line, basis: Basis) -> Option<f64> {
    CostLine { quantity: Units(1), value: line.price_at(line.quantity), ..line.cost_line() }
        .size(basis)
}

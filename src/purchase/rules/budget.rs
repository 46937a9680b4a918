//! A budget over all lines of the run, and what is open to buy of a category in a month: the most
//! expected gain for the money, at landed cost.
//!
//! Money is spent step by step where the next units gain most per unit of money (the greedy rule of
//! the knapsack problem, exact for gains that fall with the quantity). Of the units that a line
//! prevents from being short, the first are needed soonest and count whole; the later one is
//! needed, the sooner another order can still bring it, so that its gain falls evenly to nothing.
//! Where nothing is short, the item that runs out first is served first.
//!
//! An order that the money does not bring to its supplier's least value is refused, and spent on
//! nothing: it is either brought there first or left out, whichever gains more. A line is paid from
//! the budget and from each [envelope](crate::purchase::open_to_buy) of its item and month of
//! arrival; the freight of orders from the budget alone. What a planner has
//! set by hand is bought first; where the budget does not even pay for that, the exception says so.

use super::constraint::OrderRule;
use super::order_minimum::least_value;
use crate::domain::constraints::Binding;
use crate::domain::exceptions::{Effect, Exception, ExceptionKind, Severity, Subject};
use crate::domain::units::{LocationId, Money, SupplierId, Units};
use crate::purchase::line::Line;
use crate::purchase::line::Wording;
use crate::purchase::market::Market;
use crate::purchase::rules::free_freight::freight_of;
use crate::purchase::supplier_order::SupplierTerms;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};

pub(super) const WORDING: Wording =
    Wording { binding: Binding::Budget, step: "after_budget", change: "budget_cut" };

/// A line is bought in about so many steps: finer ones change the result by less than a pack in
/// thirty and cost the night time.
const STEPS_A_LINE: i64 = 32;

/// Leaving an order out for its freight is weighed for at most so many: each is a spending of its
/// own.
const MOST_FREIGHTS: usize = 12;
/// Currency units that rounding noise may add to a gain.
const NOISE: f64 = 1e-6;

/// Cuts the lines of the run down to `purchase.budget` and to what is open to buy. Never spends
/// more.
pub(super) struct Budget;

impl OrderRule for Budget {
    fn shape_run(&self, lines: &mut [Line], market: &Market) -> Vec<Exception> {
        let purse = Purse::new(lines, market);
        let all: Vec<Units> = lines.iter().map(|line| line.quantity).collect();
        let wanted = purse.spent(&all);
        let short: Vec<bool> =
            purse.limits.iter().zip(&wanted).map(|(limit, &sum)| sum > limit.amount).collect();
        if !short.contains(&true) {
            return Vec::new();
        }
        let Bought { quantities, refused, spared } = purse.best();
        let spent = purse.spent(&quantities);
        for (limit, &sum) in purse.limits.iter().zip(&spent) {
            let amount = limit.amount.max(Money::ZERO);
            assert!(sum <= amount, "a budget is never exceeded: {sum} of {amount}");
        }
        let orders = purse.order_of_line.clone();
        let limits_of_line = purse.limits_of_line.clone();
        let limits = purse.limits.clone();
        drop(purse);

        let mut cuts = vec![Cuts::default(); limits.len()];
        let mut exceptions = Vec::new();
        for (i, line) in lines.iter_mut().enumerate() {
            let before = line.quantity;
            let after = quantities[i];
            if after == before {
                continue;
            }
            let loss = line.gain(before) - line.gain(after);
            for &k in &limits_of_line[i] {
                cuts[k].lines += 1;
                cuts[k].margin_lost += loss;
            }
            let by = limits_of_line[i].iter().find(|&&k| short[k]);
            let by = by.map_or("the budget", |&k| limits[k].name.as_str());
            let note = format!(
                "cut from {before} to {after} by {by}: \
                 saves {}, expected to cost {loss:.2} of margin",
                landed(line, before) - landed(line, after)
            );
            let why = if orders[i].is_some_and(|order| refused.contains(&order)) {
                "the budget does not bring its order to the supplier's least value"
            } else if orders[i].is_some_and(|order| spared.contains(&order)) {
                "the freight of its order buys more elsewhere"
            } else if line.is_decided() {
                "set by hand, and the budget does not pay for all that was set"
            } else {
                "its expected gain per unit of money ranks below what the budget buys"
            };
            exceptions.push(
                Exception::new(
                    Severity::Warning,
                    ExceptionKind::BudgetCut,
                    line.subject(market.names),
                    note.clone(),
                    why,
                )
                .with_effect(Effect::Units(before - after)),
            );
            line.change_to(after, &WORDING, note);
        }
        for (k, limit) in limits.iter().enumerate().filter(|(k, _)| short[*k]) {
            let Cuts { lines, margin_lost } = cuts[k];
            let on_order = if limit.on_order.is_positive() {
                format!(", {} on order", limit.on_order)
            } else {
                String::new()
            };
            let of = if limit.is_total { String::new() } else { format!("{}: ", limit.name) };
            exceptions.push(
                Exception::new(
                    Severity::Warning,
                    ExceptionKind::Budget,
                    Subject::Run(if limit.is_total {
                        "purchase.budget"
                    } else {
                        "purchase.open_to_buy"
                    }),
                    format!(
                        "{of}{lines} lines cut: {} wanted, {} of {} spent{on_order}",
                        wanted[k], spent[k], limit.amount
                    ),
                    format!("expected to cost {margin_lost:.2} of margin"),
                )
                .with_effect(Effect::Money(Money::from_f64(margin_lost))),
            );
        }
        exceptions
    }
}

/// What one limit has cut.
#[derive(Debug, Clone, Copy, Default)]
struct Cuts {
    lines: usize,
    margin_lost: f64,
}

/// An amount that lines are paid from.
#[derive(Debug, Clone)]
struct Limit {
    /// As a sentence names it.
    name: String,
    /// What may be spent tonight.
    amount: Money,
    /// What is spent already.
    on_order: Money,
    /// Whether it is the budget of the whole run, which pays the freight of orders too.
    is_total: bool,
}

/// Landed cost of `quantity` units of a line, freight of the order apart.
fn landed(line: &Line, quantity: Units) -> Money {
    line.offer
        .map_or_else(|| line.value_at(quantity), |offer| offer.landed(quantity).times(quantity))
}

/// The lines to spend on, by order, and what they are paid from.
struct Purse<'p, 'a> {
    lines: &'p [Line<'a>],
    orders: Vec<Order<'a>>,
    /// Position in `orders`; `None` without a supplier. `[lines]`
    order_of_line: Vec<Option<usize>>,
    limits: Vec<Limit>,
    /// Positions in `limits`. `[lines]`
    limits_of_line: Vec<Vec<usize>>,
}

/// An order as the budget sees it.
struct Order<'a> {
    terms: SupplierTerms<'a>,
    least: Option<Money>,
}

/// How an order is treated that might stay below its supplier's least value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    /// Like any other.
    Open,
    /// Brought to the least value before all others.
    First,
    /// Left out.
    Out,
}

/// What the money buys.
struct Bought {
    /// `[lines]`
    quantities: Vec<Units>,
    /// Orders that are left out because the budget does not bring them to their least value.
    refused: Vec<usize>,
    /// Orders that are left out because their freight buys more elsewhere.
    spared: Vec<usize>,
}

/// A way to spend the money.
struct Spending {
    /// `[lines]`
    quantities: Vec<Units>,
    /// `[orders]`
    claims: Vec<Claim>,
}

impl Spending {
    fn left_out(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.claims.len()).filter(|&order| self.claims[order] == Claim::Out)
    }
}

impl<'p, 'a> Purse<'p, 'a> {
    fn new(lines: &'p [Line<'a>], market: &Market<'a>) -> Self {
        let mut known: BTreeMap<(SupplierId, LocationId), usize> = BTreeMap::new();
        let mut orders = Vec::new();
        let mut order_of_line = Vec::with_capacity(lines.len());
        for line in lines {
            let location = line.pool.location;
            order_of_line.push(line.supplier().map(|supplier| {
                *known.entry((supplier, location)).or_insert_with(|| {
                    let terms = SupplierTerms::of(supplier, location, market);
                    // What was approved this morning goes with the same order.
                    let least = least_value(&terms).map(|least| least - terms.approved);
                    orders.push(Order { terms, least });
                    orders.len() - 1
                })
            }));
        }
        let mut purse = Self {
            lines,
            orders,
            order_of_line,
            limits: Vec::new(),
            limits_of_line: vec![Vec::new(); lines.len()],
        };
        purse.set_limits(market);
        purse
    }

    fn set_limits(&mut self, market: &Market) {
        if let Some(budget) = market.settings.budget {
            // What was approved this morning is spent.
            let approved: Money = market.approved.values().copied().sum();
            self.limits.push(Limit {
                name: "the budget".to_owned(),
                amount: (Money::from_f64(budget) - approved).max(Money::ZERO),
                on_order: Money::ZERO,
                is_total: true,
            });
            self.limits_of_line.iter_mut().for_each(|limits| limits.push(0));
        }
        for envelope in market.open_to_buy {
            for (limits, line) in self.limits_of_line.iter_mut().zip(self.lines) {
                // What nobody delivers has no month of arrival: it is bought as of today.
                let arrives = line.offer.map_or(market.as_of, |offer| offer.arrival);
                if envelope.pays_for(line.pool.sku, arrives) {
                    limits.push(self.limits.len());
                }
            }
            self.limits.push(Limit {
                name: format!("what is open to buy of {}", envelope.name),
                amount: envelope.left,
                on_order: envelope.on_order,
                is_total: false,
            });
        }
    }

    /// Purchase value of every order. `[orders]`
    fn values(&self, quantities: &[Units]) -> Vec<Money> {
        let mut values = vec![Money::ZERO; self.orders.len()];
        for (i, line) in self.lines.iter().enumerate() {
            if let Some(order) = self.order_of_line[i] {
                values[order] += line.value_at(quantities[i]);
            }
        }
        values
    }

    /// What is paid from each limit: landed cost of its lines, and from the budget the freight of
    /// their orders. `[limits]`
    fn spent(&self, quantities: &[Units]) -> Vec<Money> {
        let mut spent = vec![Money::ZERO; self.limits.len()];
        for (i, line) in self.lines.iter().enumerate() {
            for &k in &self.limits_of_line[i] {
                spent[k] += landed(line, quantities[i]);
            }
        }
        let values = self.values(quantities);
        for (limit, sum) in self.limits.iter().zip(&mut spent) {
            if limit.is_total {
                let freight = self.orders.iter().zip(&values);
                *sum += freight.map(|(order, &value)| freight_of(value, &order.terms)).sum();
            }
        }
        spent
    }

    /// Orders above nothing and below their supplier's least value. `[orders]`
    fn below_least(&self, quantities: &[Units]) -> Vec<usize> {
        let values = self.values(quantities);
        let is_below = |&order: &usize| {
            let least = self.orders[order].least;
            values[order].is_positive() && least.is_some_and(|least| values[order] < least)
        };
        (0..self.orders.len()).filter(is_below).collect()
    }

    /// Spends for the most gain, without an order that its supplier refuses, and without one whose
    /// freight buys more elsewhere.
    fn best(&self) -> Bought {
        let mut spending = self.without_refused(vec![Claim::Open; self.orders.len()]);
        let refused: Vec<usize> = spending.left_out().collect();
        // Only the budget of the run pays freight.
        while self.limits.iter().any(|limit| limit.is_total) {
            let values = self.values(&spending.quantities);
            let with_freight: Vec<usize> = (0..self.orders.len())
                .filter(|&order| {
                    freight_of(values[order], &self.orders[order].terms).is_positive()
                        && !self.is_decided(order)
                })
                .collect();
            if with_freight.len() > MOST_FREIGHTS {
                break;
            }
            let mut better: Option<Spending> = None;
            for order in with_freight {
                let mut claims = spending.claims.clone();
                claims[order] = Claim::Out;
                let without = self.without_refused(claims);
                let least = better.as_ref().unwrap_or(&spending);
                if self.net_gain(&without.quantities) > self.net_gain(&least.quantities) + NOISE {
                    better = Some(without);
                }
            }
            match better {
                Some(without) => spending = without,
                None => break,
            }
        }
        let spared = spending.left_out().filter(|order| !refused.contains(order)).collect();
        Bought { quantities: spending.quantities, refused, spared }
    }

    /// Expected gain less the freight of the orders, currency units.
    fn net_gain(&self, quantities: &[Units]) -> f64 {
        let values = self.values(quantities);
        let freight = self.orders.iter().zip(&values);
        let freight: Money = freight.map(|(order, &value)| freight_of(value, &order.terms)).sum();
        self.gain(quantities) - freight.as_f64()
    }

    /// Spends from `claims` on, without an order that its supplier refuses.
    fn without_refused(&self, mut claims: Vec<Claim>) -> Spending {
        loop {
            let quantities = self.spend(&claims);
            let below = self.below_least(&quantities);
            // What a planner has set by hand is bought whatever its order comes to.
            let next = below
                .into_iter()
                .find(|&order| claims[order] != Claim::Out && !self.is_decided(order));
            let Some(order) = next else { return Spending { quantities, claims } };
            let mut gains = [0.0; 2];
            for (gain, claim) in gains.iter_mut().zip([Claim::First, Claim::Out]) {
                let mut tried = claims.clone();
                tried[order] = claim;
                *gain = self.gain(&self.spend(&tried));
            }
            let [first, out] = gains;
            // One that was given the first money and still stays below cannot be brought there.
            let can_be_first = claims[order] == Claim::Open && first > out;
            claims[order] = if can_be_first { Claim::First } else { Claim::Out };
        }
    }

    fn is_decided(&self, order: usize) -> bool {
        let mut lines = self.lines.iter().zip(&self.order_of_line);
        lines.any(|(line, of)| *of == Some(order) && line.is_decided())
    }

    /// Expected gain of the orders that their suppliers take, currency units.
    fn gain(&self, quantities: &[Units]) -> f64 {
        let below = self.below_least(quantities);
        let mut gain = 0.0;
        for (i, line) in self.lines.iter().enumerate() {
            if !self.order_of_line[i].is_some_and(|order| below.contains(&order)) {
                gain += gain_until(line, quantities[i]);
            }
        }
        gain
    }

    /// Buys step by step within the limits. `[lines]`
    fn spend(&self, claims: &[Claim]) -> Vec<Units> {
        let mut basket = Basket {
            purse: self,
            left: self.limits.iter().map(|limit| limit.amount).collect(),
            quantities: vec![Units::ZERO; self.lines.len()],
            values: vec![Money::ZERO; self.orders.len()],
        };
        for (i, line) in self.lines.iter().enumerate().filter(|(_, l)| l.is_decided()) {
            let most = line.quantity;
            basket.buy_up_to(i, most);
        }
        let open = |i: &usize| {
            let line = &self.lines[*i];
            let is_out = self.order_of_line[*i].is_some_and(|order| claims[order] == Claim::Out);
            line.quantity.is_positive() && !line.is_decided() && !is_out
        };
        for (order, _) in claims.iter().enumerate().filter(|(_, claim)| **claim == Claim::First) {
            let of_order = (0..self.lines.len())
                .filter(|&i| self.order_of_line[i] == Some(order))
                .filter(open)
                .collect();
            basket.fill(of_order, self.orders[order].least);
        }
        basket.fill((0..self.lines.len()).filter(open).collect(), None);
        basket.quantities
    }
}

/// Margin that the first `quantity` units are expected to save, the later ones less: currency
/// units.
fn gain_until(line: &Line, quantity: Units) -> f64 {
    let units = quantity.as_f64().min(line.short_units);
    if units <= 0.0 {
        return 0.0;
    }
    line.pool.margin.as_f64().max(0.0) * (units - 0.5 * units * units / line.short_units)
}

/// A line in the queue for money: the one whose next units gain most, then the one that runs out
/// first, then the first of the run.
#[derive(Debug, PartialEq)]
struct Bid {
    gain_per_money: f64,
    cover_days: f64,
    line: usize,
}

impl Eq for Bid {}

impl PartialOrd for Bid {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Bid {
    fn cmp(&self, other: &Self) -> Ordering {
        self.gain_per_money
            .total_cmp(&other.gain_per_money)
            .then_with(|| other.cover_days.total_cmp(&self.cover_days))
            .then_with(|| other.line.cmp(&self.line))
    }
}

/// What has been bought so far.
struct Basket<'b, 'p, 'a> {
    purse: &'b Purse<'p, 'a>,
    /// `[limits]`
    left: Vec<Money>,
    /// `[lines]`
    quantities: Vec<Units>,
    /// Purchase value. `[orders]`
    values: Vec<Money>,
}

impl Basket<'_, '_, '_> {
    /// Buys of `lines` until nothing more is wanted or paid for, or until their order is worth
    /// `enough`.
    fn fill(&mut self, lines: Vec<usize>, enough: Option<Money>) {
        let mut queue: BinaryHeap<Bid> = lines.into_iter().filter_map(|i| self.bid(i)).collect();
        while let Some(Bid { line: i, .. }) = queue.pop() {
            let order = self.purse.order_of_line[i];
            if let (Some(enough), Some(order)) = (enough, order)
                && self.values[order] >= enough
            {
                break;
            }
            let step = self.next(i);
            if self.buy_up_to(i, step) {
                queue.extend(self.bid(i));
            }
        }
    }

    /// The quantity after the next step of line `i`.
    fn next(&self, i: usize) -> Units {
        let line = &self.purse.lines[i];
        let wanted = line.quantity;
        let step = Units((wanted.count() / STEPS_A_LINE).max(1));
        let step = line.rules.round_down(step).max(line.rules.pack());
        // The first step is the smallest order: nothing below it can be bought.
        let next = (self.quantities[i] + step).max(line.rules.smallest());
        // A last step that would leave less than one of its own takes all.
        if next + step > wanted { wanted } else { line.rules.round_down(next) }
    }

    fn bid(&self, i: usize) -> Option<Bid> {
        let line = &self.purse.lines[i];
        let has = self.quantities[i];
        if has >= line.quantity {
            return None;
        }
        let next = self.next(i);
        let gain = gain_until(line, next) - gain_until(line, has);
        // Against a cost of zero, an unknown price, the gain counts by the smallest amount of money
        // there is.
        let cost = (landed(line, next) - landed(line, has)).max(Money(1));
        Some(Bid {
            gain_per_money: gain / cost.as_f64(),
            cover_days: line.pool.cover_days(has),
            line: i,
        })
    }

    /// Buys line `i` up to `most`, or as much less as the money pays for; whether it is `most`.
    fn buy_up_to(&mut self, i: usize, most: Units) -> bool {
        let line = &self.purse.lines[i];
        let has = self.quantities[i];
        let mut quantity = most;
        while quantity > has {
            let goods = landed(line, quantity) - landed(line, has);
            let freight = self.freight(i, quantity);
            // The limit that is missed by most says how much less it must be.
            let mut missed = Money::ZERO;
            for &k in &self.purse.limits_of_line[i] {
                let is_total = self.purse.limits[k].is_total;
                let more = if is_total { goods + freight } else { goods };
                missed = missed.max(more - self.left[k]);
            }
            if missed <= Money::ZERO {
                for &k in &self.purse.limits_of_line[i] {
                    let is_total = self.purse.limits[k].is_total;
                    self.left[k] -= if is_total { goods + freight } else { goods };
                }
                if let Some(order) = self.purse.order_of_line[i] {
                    self.values[order] += line.value_at(quantity) - line.value_at(has);
                }
                self.quantities[i] = quantity;
                break;
            }
            // By what is missing, at least a pack: the price may rise as the quantity falls below a
            // break, so one division is not enough.
            let unit = landed(line, Units::whole(1)).max(Money(1)).ten_thousandths();
            let missing = Units::whole(missed.ten_thousandths() / unit);
            quantity =
                line.rules.round_down((quantity - missing).min(quantity - line.rules.pack()));
        }
        self.quantities[i] == most
    }

    /// Freight that the order of line `i` costs more at `quantity`; below 0, less.
    fn freight(&self, i: usize, quantity: Units) -> Money {
        let line = &self.purse.lines[i];
        let Some(order) = self.purse.order_of_line[i] else { return Money::ZERO };
        let terms = &self.purse.orders[order].terms;
        let before = self.values[order];
        let after = before + line.value_at(quantity) - line.value_at(self.quantities[i]);
        freight_of(after, terms) - freight_of(before, terms)
    }
}

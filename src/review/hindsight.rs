//! What did a planner's changes gain or cost against the proposals, where the outcome is known?
//!
//! A change is what was decided less what was proposed, units, over all lines of a pool on one morning. It is judged over the
//! days from its arrival to the arrival of the pool's next order, `judged_days` at the most, once they are over:
//!
//! ```text
//! fewer units   missed = min(fewer, units lost for want of stock)     cost = missed x margin   gained = holding of the rest
//! more units    used = more - least stock of those days, at least 0   gained = used x margin   cost = holding of the rest
//! ```
//!
//! Units lost are the estimate that cleaning made; the least stock is that of the stock history, or 0 where a stock-out is
//! known. Without either, or without a price, the outcome is unknown and the change is left out.

use crate::domain::inputs::Inputs;
use crate::domain::panel::{Pool, flag};
use crate::domain::units::{LocationId, Money, SkuId, Units};
use crate::review::decisions::{Decision, Kept, Verdict};
use crate::review::standing::codes;
use chrono::{Duration, NaiveDate};
use std::collections::BTreeMap;
use std::ops::Range;

/// How changes are judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// Days from the arrival that count.
    pub judged_days: u32,
    /// Cost of holding stock for a year, as a share of its value.
    pub holding_rate: f64,
}

/// A change whose outcome is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// The item.
    pub sku: SkuId,
    /// Where.
    pub location: LocationId,
    /// Units decided less units proposed.
    pub change: Units,
    /// Whether the proposal was rejected altogether.
    pub rejected: bool,
    /// Units not ordered that would have sold, or units ordered on top that did.
    pub sold: f64,
    /// Margin won or holding saved, currency units.
    pub gained: f64,
    /// Margin missed or holding spent, currency units.
    pub cost: f64,
}

impl Judged {
    /// What the change was worth, currency units; below zero: the proposal was better.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.gained - self.cost
    }
}

/// All lines of a pool decided on one morning.
#[derive(Debug, Clone, Copy)]
struct Change {
    arrival: NaiveDate,
    proposed: Units,
    decided: Units,
    unit_cost: Money,
    rejected: bool,
}

/// Every change whose days are over, by item and location, then arrival.
#[must_use]
pub fn judge(kept: &Kept, inputs: &Inputs, terms: Terms) -> Vec<Judged> {
    let as_of = inputs.panel.calendar().as_of();
    let mut judged = Vec::new();
    for (pool, mut changes) in changes(kept, inputs) {
        let Some(at) = inputs.panel.position(pool) else { continue };
        changes.sort_by_key(|c| c.arrival);
        for (i, change) in changes.iter().enumerate() {
            let longest = change.arrival + Duration::days(i64::from(terms.judged_days));
            let end = changes.get(i + 1).map_or(longest, |next| next.arrival.min(longest));
            if change.decided != change.proposed && end <= as_of {
                judged.extend(outcome(
                    inputs,
                    &inputs.panel.pools()[at],
                    (change, end),
                    terms.holding_rate,
                ));
            }
        }
    }
    judged
}

/// What was decided on every pool, a morning at a time; of two decisions on one line the last counts, a snooze decides nothing.
fn changes(kept: &Kept, inputs: &Inputs) -> BTreeMap<(SkuId, LocationId), Vec<Change>> {
    let last: BTreeMap<&str, &Decision> =
        kept.decisions.iter().map(|d| (d.recommendation_id.as_str(), d)).collect();
    let mut mornings: BTreeMap<(SkuId, LocationId, NaiveDate), Change> = BTreeMap::new();
    for decision in last.into_values().filter(|d| d.decision != Verdict::Snooze) {
        let (Some((sku, location, _)), Some(arrival)) =
            (codes(decision, &inputs.names), decision.expected)
        else {
            continue;
        };
        let product = inputs.products.get(sku.index()).and_then(|p| p.unit_cost);
        let unit_cost = if decision.unit_cost > Money::ZERO {
            decision.unit_cost
        } else {
            product.unwrap_or_default()
        };
        let (proposed, decided) = (decision.recommended, decision.quantity);
        let rejected = decision.decision == Verdict::Reject;
        let line = Change { arrival, proposed, decided, unit_cost, rejected };
        let merge = |c: &mut Change| {
            c.arrival = c.arrival.min(arrival);
            c.proposed += proposed;
            c.decided += decided;
            c.rejected &= rejected;
        };
        mornings.entry((sku, location, decision.as_of)).and_modify(merge).or_insert(line);
    }
    let mut pools: BTreeMap<(SkuId, LocationId), Vec<Change>> = BTreeMap::new();
    for ((sku, location, _), change) in mornings {
        pools.entry((sku, location)).or_default().push(change);
    }
    pools
}

fn outcome(
    inputs: &Inputs,
    pool: &Pool,
    (change, end): (&Change, NaiveDate),
    holding_rate: f64,
) -> Option<Judged> {
    let price = inputs.products.get(pool.sku.index())?.unit_price?;
    let (margin, unit_cost) = ((price - change.unit_cost).as_f64(), change.unit_cost.as_f64());
    let calendar = inputs.panel.calendar();
    let periods =
        calendar.index(change.arrival).max(0) as usize..calendar.index(end).max(0) as usize;
    let days = (end - change.arrival).num_days();
    if periods.is_empty() {
        return None;
    }
    let units = change.decided - change.proposed;
    let moved = units.0.abs() as f64;
    let sold = if units < Units(0) {
        lost(inputs, pool, &periods).min(moved)
    } else {
        (moved - least_stock(inputs, pool, &periods, change.arrival..end)?).clamp(0.0, moved)
    };
    let (sales, holding) =
        (sold * margin, (moved - sold) * unit_cost * holding_rate * days as f64 / 365.0);
    let (gained, cost) = if units < Units(0) { (holding, sales) } else { (sales, holding) };
    Some(Judged {
        sku: pool.sku,
        location: pool.location,
        change: units,
        rejected: change.rejected,
        sold,
        gained,
        cost,
    })
}

/// `periods` of the axis as positions in series `i`.
fn within(inputs: &Inputs, i: usize, periods: &Range<usize>) -> Range<usize> {
    let (start, length) = (inputs.panel.start(i), inputs.panel.gross(i).len());
    periods.start.saturating_sub(start).min(length)..periods.end.saturating_sub(start).min(length)
}

fn lost(inputs: &Inputs, pool: &Pool, periods: &Range<usize>) -> f64 {
    pool.series.clone().map(|i| inputs.panel.lost(i, within(inputs, i, periods))).sum()
}

fn least_stock(
    inputs: &Inputs,
    pool: &Pool,
    periods: &Range<usize>,
    days: Range<NaiveDate>,
) -> Option<f64> {
    let out = |i: usize| {
        inputs.panel.flags(i)[within(inputs, i, periods)].iter().any(|f| f & flag::STOCKOUT != 0)
    };
    if pool.series.clone().any(out) {
        return Some(0.0);
    }
    let mine = inputs.stock_history.of(pool).iter();
    mine.filter(|h| days.contains(&h.date))
        .map(|h| h.on_hand.0.max(0))
        .min()
        .map(|units| units as f64)
}

//! What did a planner's changes gain or cost against the proposals, where the outcome is known?
//!
//! A change is what was decided less what was proposed, units, over all lines of a pool on one
//! morning. It is judged over the days from its arrival to the arrival of the pool's next order,
//! `judged_days` at the most, once they are over:
//!
//! ```text
//! fewer units   missed = min(fewer, units lost for want of stock)
//!               cost = missed x margin   gained = holding of the rest
//! more units    used = more - least stock of those days, at least 0
//!               gained = used x margin   cost = holding of the rest
//! ```
//!
//! Units lost are the estimate that cleaning made; the least stock is that of the stock history, or
//! 0 where a stock-out is known. Without either, or without a price, the outcome is unknown and the
//! change is left out.

use crate::domain::inputs::Inputs;
use crate::domain::panel::{Pool, PoolId, flag};
use crate::domain::units::{LocationId, Money, SkuId, Units};
use crate::review::decisions::DecidedLine;
use crate::review::decisions::{Decision, KeptDecisions, Verdict};
use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// How changes are judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgingTerms {
    /// Days from the arrival that count.
    pub judged_days: u32,
    /// Cost of holding stock for a year, as a share of its value.
    pub holding_rate: f64,
}

/// A change whose outcome is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct JudgedChange {
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

impl JudgedChange {
    /// What the change was worth, currency units; below zero: the proposal was better.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.gained - self.cost
    }
}

/// All lines of a pool decided on one morning.
#[derive(Debug, Clone, Copy)]
struct DecidedChange {
    arrival: NaiveDate,
    proposed: Units,
    decided: Units,
    unit_cost: Money,
    rejected: bool,
}

/// Every change whose days are over, by item and location, then arrival.
#[must_use]
pub fn judge(kept: &KeptDecisions, inputs: &Inputs, terms: JudgingTerms) -> Vec<JudgedChange> {
    let as_of = inputs.panel.calendar().as_of();
    let mut judged = Vec::new();
    for (pool, mut changes) in decided_changes(kept, inputs) {
        let Some(at) = inputs.panel.position(pool) else { continue };
        changes.sort_by_key(|change| change.arrival);
        for (i, change) in changes.iter().enumerate() {
            // From the next order's arrival on, it can no longer be told which of the two was sold.
            let longest = change.arrival + Duration::days(i64::from(terms.judged_days));
            let end = changes.get(i + 1).map_or(longest, |next| next.arrival.min(longest));
            if change.decided != change.proposed && end <= as_of {
                let pool = &inputs.panel.pools()[at];
                judged.extend(outcome(inputs, pool, change, end, terms.holding_rate));
            }
        }
    }
    judged
}

/// What was decided on every pool, a morning at a time; of two decisions on one line the last
/// counts, a snooze decides nothing.
fn decided_changes(kept: &KeptDecisions, inputs: &Inputs) -> BTreeMap<PoolId, Vec<DecidedChange>> {
    let mut last: BTreeMap<&str, &Decision> = BTreeMap::new();
    for decision in &kept.decisions {
        last.insert(&decision.recommendation_id, decision);
    }
    let mut mornings: BTreeMap<(PoolId, NaiveDate), DecidedChange> = BTreeMap::new();
    for decision in last.into_values() {
        let decides = match decision.verdict {
            Verdict::Approve | Verdict::Edit | Verdict::Reject => true,
            Verdict::Snooze | Verdict::Reopen => false,
        };
        // A move changes what two locations hold, not what was bought.
        if !decides || decision.is_transfer() {
            continue;
        }
        let Some(line) = DecidedLine::of(decision, &inputs.names) else { continue };
        let Some(arrival) = decision.expected else { continue };
        let unit_cost = if decision.unit_cost.is_positive() {
            decision.unit_cost
        } else {
            let product = inputs.products.get(line.pool.sku.index());
            product.and_then(|p| p.unit_cost).unwrap_or_default()
        };
        let rejected = decision.verdict == Verdict::Reject;
        let change = mornings.entry((line.pool, decision.as_of)).or_insert(DecidedChange {
            arrival,
            proposed: Units(0),
            decided: Units(0),
            unit_cost,
            rejected,
        });
        // A split order is judged from its first part on; before that neither part could have been
        // sold.
        change.arrival = change.arrival.min(arrival);
        change.proposed += decision.recommended;
        change.decided += decision.quantity;
        // Rejected only where all of its lines were.
        change.rejected &= rejected;
    }
    let mut pools: BTreeMap<PoolId, Vec<DecidedChange>> = BTreeMap::new();
    for ((pool, _), change) in mornings {
        pools.entry(pool).or_default().push(change);
    }
    pools
}

/// What the days from a change's arrival to `end` show; `None` where they do not.
fn outcome(
    inputs: &Inputs,
    pool: &Pool,
    change: &DecidedChange,
    end: NaiveDate,
    holding_rate: f64,
) -> Option<JudgedChange> {
    let price = inputs.products.get(pool.sku.index())?.unit_price?;
    // By the price of today: what it was on the day is not kept, and prices move less than orders.
    let margin = (price - change.unit_cost).as_f64();
    let calendar = inputs.panel.calendar();
    let first = calendar.index(change.arrival).max(0) as usize;
    let periods = first..calendar.index(end).max(0) as usize;
    if periods.is_empty() {
        return None;
    }
    let units = change.decided - change.proposed;
    let is_cut = units < Units(0);
    let moved = units.as_f64().abs();
    let sold = if is_cut {
        units_lost(inputs, pool, &periods).min(moved)
    } else {
        (moved - least_stock(inputs, pool, &periods, change.arrival..end)?).clamp(0.0, moved)
    };
    let sales = sold * margin;
    let days = (end - change.arrival).num_days() as f64;
    let holding = (moved - sold) * change.unit_cost.as_f64() * holding_rate * days / 365.0;
    Some(JudgedChange {
        sku: pool.sku,
        location: pool.location,
        change: units,
        rejected: change.rejected,
        sold,
        gained: if is_cut { holding } else { sales },
        cost: if is_cut { sales } else { holding },
    })
}

/// `periods` of the axis as positions in series `i`.
fn within(inputs: &Inputs, i: usize, periods: &Range<usize>) -> Range<usize> {
    let start = inputs.panel.start(i);
    let length = inputs.panel.periods(i);
    periods.start.saturating_sub(start).min(length)..periods.end.saturating_sub(start).min(length)
}

/// Units that the pool would have sold with more stock.
fn units_lost(inputs: &Inputs, pool: &Pool, periods: &Range<usize>) -> f64 {
    pool.series.clone().map(|i| inputs.panel.lost(i, within(inputs, i, periods))).sum()
}

/// The least stock in those days, units; `None` where nothing tells.
fn least_stock(
    inputs: &Inputs,
    pool: &Pool,
    periods: &Range<usize>,
    days: Range<NaiveDate>,
) -> Option<f64> {
    let ran_out = pool.series.clone().any(|i| {
        let flags = &inputs.panel.flags(i)[within(inputs, i, periods)];
        flags.iter().any(|f| f & flag::STOCKOUT != 0)
    });
    if ran_out {
        // A stock-out that is known ends the question: everything that came was sold.
        return Some(0.0);
    }
    let levels = inputs.stock_history.of(pool).iter().filter(|level| days.contains(&level.date));
    levels.map(|level| level.on_hand.or_zero().as_f64()).reduce(f64::min)
}

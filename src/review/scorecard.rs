//! May the recommendations be trusted? Shares of lines accepted unchanged, and what the changed and
//! rejected ones were worth.
//!
//! Counted over all kept decisions, for all lines and per ABC class, numerator and denominator
//! shown. A rejected line counts as short when its pool is out of stock now or about to be; what
//! changes gained or cost comes from [`crate::review::hindsight`].

use crate::domain::classes::AbcClass;
use crate::domain::inputs::Names;
use crate::domain::outcome::{Indicator, Outcome, Status};
use crate::domain::panel::PoolId;
use crate::explain::Unit;
use crate::review::decisions::{Decision, KeptDecisions, Verdict};
use crate::review::hindsight::JudgedChange;
use std::collections::{BTreeMap, BTreeSet};

/// Counts and sums over the decisions of one scope.
#[derive(Debug, Clone, Default)]
struct Tally {
    decided: f64,
    unchanged: f64,
    edited: f64,
    rejected: f64,
    rejected_then_short: f64,
    rejected_value: f64,
    judged: f64,
    better: f64,
    gained: f64,
    cost: f64,
    rejected_units: f64,
    would_have_sold: f64,
}

/// Indicators of the decisions so far: what was accepted, edited and rejected, and what `judged`
/// changes were worth; sorted by scope.
#[must_use]
pub fn scorecard(
    kept: &KeptDecisions,
    judged: &[JudgedChange],
    names: &Names,
    outcome: &Outcome,
) -> Vec<Indicator> {
    let mut classes: BTreeMap<PoolId, AbcClass> = BTreeMap::new();
    for class in &outcome.classification {
        let pool = PoolId { sku: class.sku, location: class.location };
        classes.extend(class.abc.map(|abc| (pool, abc)));
    }
    let mut short: BTreeSet<PoolId> = BTreeSet::new();
    for line in &outcome.recommendations {
        if matches!(line.status, Status::StockedOut | Status::WillStockOut) {
            short.insert(PoolId { sku: line.sku, location: line.location });
        }
    }

    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for decision in &kept.decisions {
        // An item that is no longer known has no class and is not short.
        let pool = names.find_pool(&decision.sku, &decision.location);
        let is_short = pool.is_some_and(|pool| short.contains(&pool));
        for scope in scopes(pool.and_then(|pool| classes.get(&pool))) {
            tallies.entry(scope).or_default().count(decision, is_short);
        }
    }
    for change in judged {
        let pool = PoolId { sku: change.sku, location: change.location };
        for scope in scopes(classes.get(&pool)) {
            tallies.entry(scope).or_default().weigh(change);
        }
    }
    tallies.iter().flat_map(|(scope, tally)| indicators(scope, tally)).collect()
}

/// All lines, and those of a class.
fn scopes(class: Option<&AbcClass>) -> impl Iterator<Item = String> {
    let class = class.map(|class| format!("class:{}", class.name()));
    std::iter::once("all".to_owned()).chain(class)
}

impl Tally {
    fn count(&mut self, decision: &Decision, is_short: bool) {
        match decision.verdict {
            Verdict::Approve => self.unchanged += 1.0,
            Verdict::Edit if decision.quantity == decision.recommended => self.unchanged += 1.0,
            Verdict::Edit => self.edited += 1.0,
            // Neither says yes or no to the proposal.
            Verdict::Snooze | Verdict::Reopen => return,
            Verdict::Reject => {
                self.rejected += 1.0;
                if is_short {
                    self.rejected_then_short += 1.0;
                }
                self.rejected_value += decision.unit_cost.times(decision.recommended).as_f64();
            }
        }
        self.decided += 1.0;
    }

    fn weigh(&mut self, change: &JudgedChange) {
        self.judged += 1.0;
        if change.value() > 0.0 {
            self.better += 1.0;
        }
        self.gained += change.gained;
        self.cost += change.cost;
        if change.rejected {
            self.rejected_units += change.change.as_f64().abs();
            self.would_have_sold += change.sold;
        }
    }
}

fn indicators(scope: &str, tally: &Tally) -> Vec<Indicator> {
    let mut all = vec![
        share(scope, "accepted_unchanged", tally.unchanged, tally.decided),
        share(scope, "edited", tally.edited, tally.decided),
        share(scope, "rejected", tally.rejected, tally.decided),
        share(scope, "rejected_then_short", tally.rejected_then_short, tally.rejected),
        amount(scope, "rejected_value", tally.rejected_value),
    ];
    if tally.judged > 0.0 {
        let estimates = [
            share(scope, "changes_better", tally.better, tally.judged),
            share(scope, "rejected_would_have_sold", tally.would_have_sold, tally.rejected_units),
            amount(scope, "planner_gained", tally.gained),
            amount(scope, "planner_cost", tally.cost),
            amount(scope, "planner_value_added", tally.gained - tally.cost),
        ];
        all.extend(estimates.map(|indicator| Indicator { estimated: true, ..indicator }));
    }
    all
}

fn share(scope: &str, indicator: &'static str, numerator: f64, denominator: f64) -> Indicator {
    Indicator {
        indicator,
        scope: scope.to_owned(),
        value: (denominator > 0.0).then(|| 100.0 * numerator / denominator),
        numerator,
        denominator,
        unit: Unit::Percent,
        estimated: false,
    }
}

fn amount(scope: &str, indicator: &'static str, value: f64) -> Indicator {
    Indicator {
        indicator,
        scope: scope.to_owned(),
        value: Some(value),
        numerator: value,
        denominator: 1.0,
        unit: Unit::Currency,
        estimated: false,
    }
}

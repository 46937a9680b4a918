//! May the recommendations be trusted? Shares of lines accepted unchanged, and what the changed and rejected ones were worth.
//!
//! Counted over all kept decisions, for all lines and per ABC class, numerator and denominator shown. A rejected line counts as
//! short when its pool is out of stock now or about to be; what changes gained or cost comes from [`crate::review::hindsight`].

use crate::domain::classes::AbcClass;
use crate::domain::inputs::Names;
use crate::domain::outcome::{Indicator, Outcome, Status};
use crate::domain::units::Money;
use crate::explain::Unit;
use crate::review::decisions::{Decision, Kept, Verdict};
use crate::review::hindsight::Judged;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Default)]
struct Tally {
    decided: f64,
    unchanged: f64,
    edited: f64,
    rejected: f64,
    missed: f64,
    kept_value: f64,
    judged: f64,
    better: f64,
    gained: f64,
    cost: f64,
    rejected_units: f64,
    would_have_sold: f64,
}

/// Indicators of the decisions so far: what was accepted, edited and rejected, and what `judged` changes were worth; sorted by
/// scope.
#[must_use]
pub fn scorecard(
    kept: &Kept,
    judged: &[Judged],
    names: &Names,
    outcome: &Outcome,
) -> Vec<Indicator> {
    let mut class: BTreeMap<(&str, &str), AbcClass> = BTreeMap::new();
    for c in &outcome.classification {
        let pool =
            (names.skus[c.sku.index()].as_str(), names.locations[c.location.index()].as_str());
        class.extend(c.abc.map(|letter| (pool, letter)));
    }
    let mut short: BTreeMap<(&str, &str), bool> = BTreeMap::new();
    for r in &outcome.recommendations {
        let pool =
            (names.skus[r.sku.index()].as_str(), names.locations[r.location.index()].as_str());
        short.insert(pool, matches!(r.status, Status::StockedOut | Status::WillStockOut));
    }
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for decision in kept.decisions.iter().filter(|d| d.decision != Verdict::Snooze) {
        let pool = (decision.sku.as_str(), decision.location.as_str());
        let missed = short.get(&pool).copied().unwrap_or(false);
        count(tallies.entry("all".to_string()).or_default(), decision, missed);
        if let Some(letter) = class.get(&pool) {
            count(tallies.entry(format!("class:{letter}")).or_default(), decision, missed);
        }
    }
    for change in judged {
        let pool = (
            names.skus[change.sku.index()].as_str(),
            names.locations[change.location.index()].as_str(),
        );
        let letter = class.get(&pool).map(|letter| format!("class:{letter}"));
        for scope in letter.into_iter().chain(["all".to_string()]) {
            weigh(tallies.entry(scope).or_default(), change);
        }
    }
    tallies.iter().flat_map(|(scope, tally)| indicators(scope, tally)).collect()
}

fn weigh(tally: &mut Tally, change: &Judged) {
    tally.judged += 1.0;
    tally.better += f64::from(u8::from(change.value() > 0.0));
    tally.gained += change.gained;
    tally.cost += change.cost;
    if change.rejected {
        tally.rejected_units += change.change.0.abs() as f64;
        tally.would_have_sold += change.sold;
    }
}

fn count(tally: &mut Tally, decision: &Decision, missed: bool) {
    tally.decided += 1.0;
    match decision.decision {
        Verdict::Approve => tally.unchanged += 1.0,
        Verdict::Edit if decision.quantity == decision.recommended => tally.unchanged += 1.0,
        Verdict::Edit => tally.edited += 1.0,
        Verdict::Reject | Verdict::Snooze => {
            tally.rejected += 1.0;
            tally.missed += f64::from(u8::from(missed));
            let value: Money = decision.unit_cost.times(decision.recommended);
            tally.kept_value += value.as_f64();
        }
    }
}

fn indicators(scope: &str, tally: &Tally) -> Vec<Indicator> {
    let share = |indicator, numerator: f64, denominator: f64| Indicator {
        indicator,
        scope: scope.to_string(),
        value: (denominator > 0.0).then(|| 100.0 * numerator / denominator),
        numerator,
        denominator,
        unit: Unit::Percent,
        estimated: false,
    };
    let amount = |indicator, value: f64, estimated| Indicator {
        indicator,
        scope: scope.to_string(),
        value: Some(value),
        numerator: value,
        denominator: 1.0,
        unit: Unit::Currency,
        estimated,
    };
    let estimate = |indicator: Indicator| Indicator { estimated: true, ..indicator };
    let mut all = vec![
        share("accepted_unchanged", tally.unchanged, tally.decided),
        share("edited", tally.edited, tally.decided),
        share("rejected", tally.rejected, tally.decided),
        share("rejected_then_short", tally.missed, tally.rejected),
        amount("rejected_value", tally.kept_value, false),
    ];
    if tally.judged > 0.0 {
        all.push(estimate(share("changes_better", tally.better, tally.judged)));
        all.push(estimate(share(
            "rejected_would_have_sold",
            tally.would_have_sold,
            tally.rejected_units,
        )));
        all.push(amount("planner_gained", tally.gained, true));
        all.push(amount("planner_cost", tally.cost, true));
        all.push(amount("planner_value_added", tally.gained - tally.cost, true));
    }
    all
}

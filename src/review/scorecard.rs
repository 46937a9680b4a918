//! May the recommendations be trusted? Shares of lines accepted unchanged, and what became of the rejected ones.
//!
//! Counted over all kept decisions, for all lines and per ABC class, numerator and denominator shown. A rejected line is
//! judged by what its pool looks like now: out of stock or about to be means that the order was missed.

use super::decisions::{Decision, Kept, Verdict};
use crate::inputs::Names;
use crate::outcome::{Indicator, Outcome, Status};
use crate::units::Money;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Default)]
struct Tally {
    decided: f64,
    unchanged: f64,
    edited: f64,
    rejected: f64,
    missed: f64,
    kept_value: f64,
}

/// Indicators `accepted_unchanged`, `edited`, `rejected`, `rejected_then_short` and `rejected_value`, sorted by scope.
#[must_use]
pub fn scorecard(kept: &Kept, names: &Names, outcome: &Outcome) -> Vec<Indicator> {
    let mut class: BTreeMap<(&str, &str), char> = BTreeMap::new();
    for c in &outcome.classification {
        let pool = (names.skus[c.sku.index()].as_str(), names.locations[c.location.index()].as_str());
        class.extend(c.abc.map(|letter| (pool, letter)));
    }
    let mut short: BTreeMap<(&str, &str), bool> = BTreeMap::new();
    for r in &outcome.recommendations {
        let pool = (names.skus[r.sku.index()].as_str(), names.locations[r.location.index()].as_str());
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
    tallies.iter().flat_map(|(scope, tally)| indicators(scope, tally)).collect()
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
        unit: "percent",
        estimated: false,
    };
    vec![
        share("accepted_unchanged", tally.unchanged, tally.decided),
        share("edited", tally.edited, tally.decided),
        share("rejected", tally.rejected, tally.decided),
        share("rejected_then_short", tally.missed, tally.rejected),
        Indicator {
            indicator: "rejected_value",
            scope: scope.to_string(),
            value: Some(tally.kept_value),
            numerator: tally.kept_value,
            denominator: 1.0,
            unit: "currency",
            estimated: false,
        },
    ]
}

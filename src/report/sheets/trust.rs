//! May the proposals be trusted, and do a planner's changes improve on them?

use crate::explain::Unit;
use crate::report::Run;
use crate::report::html::{amount, grouped, measured};
use crate::report::sheets::Cell;
use crate::report::sheets::Sheet;
use crate::report::sheets::figure;
use crate::report::sheets::words;
use std::collections::BTreeSet;

/// J2, C15: what was accepted, edited and rejected, and what the changes were worth, for all and by class.
pub(crate) fn trust(run: &Run) -> Sheet {
    let mut scopes: BTreeSet<&str> = run
        .input
        .outcome
        .indicators
        .iter()
        .filter(|i| i.indicator == "accepted_unchanged")
        .map(|i| i.scope.as_str())
        .collect();
    let all = scopes.take("all");
    let days = run.input.settings.judged_days;
    Sheet {
        title: "Trust in the proposals",
        note: format!(
            "Over all decisions so far. A change is judged {days} days after its order would have arrived: margin won and holding saved, less margin missed and holding spent, against the proposal as it was. Below zero the proposal was better."
        ),
        empty: "Nothing was decided yet: approve, edit or reject lines under Recommendations, then give the file to orderpoint review.",
        head: vec![
            ("Class", "class"),
            ("Decided", "trust"),
            ("As proposed", "trust"),
            ("Edited", "trust"),
            ("Rejected", "trust"),
            ("Then short", "trust"),
            ("Rejected units missed", "planner-value-added"),
            ("Judged", "planner-value-added"),
            ("Better", "planner-value-added"),
            ("Gained", "planner-value-added"),
            ("Cost", "planner-value-added"),
            ("Value added", "planner-value-added"),
        ],
        rows: all.into_iter().chain(scopes).map(|scope| row(run, scope)).collect(),
    }
}

fn row(run: &Run, scope: &str) -> Vec<Cell> {
    let found = |name: &str| run.now.find(name, scope);
    let share = |name: &str| figure(measured(found(name).and_then(|i| i.value), Unit::Percent));
    let of =
        |name: &str| figure(found(name).map_or_else(|| "0".to_owned(), |i| grouped(i.denominator)));
    let money = |name: &str| {
        figure(found(name).and_then(|i| i.value).map_or_else(|| "not known yet".to_owned(), amount))
    };
    vec![
        words(scope.strip_prefix("class:").unwrap_or("all")),
        of("accepted_unchanged"),
        share("accepted_unchanged"),
        share("edited"),
        share("rejected"),
        share("rejected_then_short"),
        share("rejected_would_have_sold"),
        of("changes_better"),
        share("changes_better"),
        money("planner_gained"),
        money("planner_cost"),
        money("planner_value_added"),
    ]
}

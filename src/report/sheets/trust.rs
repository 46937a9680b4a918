//! May the proposals be trusted, and do a planner's changes improve on them?

use crate::report::gathered::Report;
use crate::report::sheets::sheet::{Cell, Sheet, figure, percent, sheet, words};
use crate::report::wording::{amount, grouped};
use std::collections::BTreeSet;

/// J2, C15: what was accepted, edited and rejected, and what the changes were worth, for all and by
/// class.
pub(crate) fn trust(report: &Report) -> Sheet {
    // `all` sorts before the classes.
    let mut scopes: BTreeSet<&str> = BTreeSet::new();
    for indicator in &report.outcome().indicators {
        // Every scope with a decision has this one.
        if indicator.indicator == "accepted_unchanged" {
            scopes.insert(&indicator.scope);
        }
    }
    let scopes: Vec<&str> = scopes.into_iter().collect();
    sheet(
        "Trust in the proposals",
        "Nothing was decided yet: approve, edit or reject lines under Recommendations, then give \
         the file to orderpoint review.",
        &scopes,
    )
    .note(format!(
        "Over all decisions so far. A change is judged {} days after its order would have arrived: \
         margin won and holding saved, less margin missed and holding spent, against the proposal \
         as it was. Below zero the proposal was better.",
        report.input.settings.judged_days
    ))
    .column("Class", "class", |s| words(s.strip_prefix("class:").unwrap_or("all")))
    .column("Decided", "trust", |s| of(report, s, "accepted_unchanged"))
    .column("As proposed", "trust", |s| percent(report, s, "accepted_unchanged"))
    .column("Edited", "trust", |s| percent(report, s, "edited"))
    .column("Rejected", "trust", |s| percent(report, s, "rejected"))
    .column("Then short", "trust", |s| percent(report, s, "rejected_then_short"))
    .column("Rejected units missed", "planner-value-added", |s| {
        percent(report, s, "rejected_would_have_sold")
    })
    .column("Judged", "planner-value-added", |s| of(report, s, "changes_better"))
    .column("Better", "planner-value-added", |s| percent(report, s, "changes_better"))
    .column("Gained", "planner-value-added", |s| judged_money(report, s, "planner_gained"))
    .column("Cost", "planner-value-added", |s| judged_money(report, s, "planner_cost"))
    .column("Value added", "planner-value-added", |s| {
        judged_money(report, s, "planner_value_added")
    })
    .finish()
}

/// How many a share is of.
fn of(report: &Report, scope: &str, indicator: &str) -> Cell {
    let share = report.now.find(indicator, scope);
    figure(grouped(share.map_or(0.0, |i| i.denominator)))
}

/// Money that is known once the first change could be judged.
fn judged_money(report: &Report, scope: &str, indicator: &str) -> Cell {
    let value = report.now.value(indicator, scope);
    figure(value.map_or_else(|| "not known yet".to_owned(), amount))
}

//! May the proposals be trusted, and do a planner's changes improve on them?

use crate::explain::Unit;
use crate::report::Report;
use crate::report::sheets::{Cell, Sheet, figure, sheet, words};
use crate::report::wording::{amount, grouped, measured};
use std::collections::BTreeSet;

/// J2, C15: what was accepted, edited and rejected, and what the changes were worth, for all and by class.
pub(crate) fn trust(report: &Report) -> Sheet {
    let mut classes: BTreeSet<&str> = BTreeSet::new();
    for indicator in &report.outcome().indicators {
        if indicator.indicator == "accepted_unchanged" {
            classes.insert(&indicator.scope);
        }
    }
    let all = classes.take("all");
    let scopes: Vec<&str> = all.into_iter().chain(classes).collect();
    // How many a share is of.
    let decided = |scope: &str, name: &str| -> Cell {
        let of = report.now.find(name, scope).map_or(0.0, |i| i.denominator);
        figure(grouped(of))
    };
    let share = |scope: &str, name: &str| -> Cell {
        figure(measured(report.now.value(name, scope), Unit::Percent))
    };
    let money = |scope: &str, name: &str| -> Cell {
        let value = report.now.value(name, scope);
        figure(value.map_or_else(|| "not known yet".to_owned(), amount))
    };
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
    .column("Decided", "trust", |s| decided(s, "accepted_unchanged"))
    .column("As proposed", "trust", |s| share(s, "accepted_unchanged"))
    .column("Edited", "trust", |s| share(s, "edited"))
    .column("Rejected", "trust", |s| share(s, "rejected"))
    .column("Then short", "trust", |s| share(s, "rejected_then_short"))
    .column("Rejected units missed", "planner-value-added", |s| {
        share(s, "rejected_would_have_sold")
    })
    .column("Judged", "planner-value-added", |s| decided(s, "changes_better"))
    .column("Better", "planner-value-added", |s| share(s, "changes_better"))
    .column("Gained", "planner-value-added", |s| money(s, "planner_gained"))
    .column("Cost", "planner-value-added", |s| money(s, "planner_cost"))
    .column("Value added", "planner-value-added", |s| money(s, "planner_value_added"))
    .finish()
}

//! The decision list: what waits for a person, ranked by what deciding is worth.

use crate::domain::constraints::Binding;
use crate::domain::lot::LotRules;
use crate::domain::outcome::{Recommendation, Status};
use crate::domain::units::Units;
use crate::indicators::PoolResults;
use crate::report::gathered::Report;
use crate::report::page::Page;
use crate::report::wording::{counted, money, whole};
use askama::Template;

#[derive(Template)]
#[template(path = "queue.html", config = "src/report/askama.toml")]
struct Queue {
    page: Page,
    lead: String,
    /// What the table of all items holds.
    all: String,
}

pub(super) fn page(report: &Report) -> askama::Result<String> {
    let items = report.pools.iter().map(|pool| pool.recommendations.len()).sum();
    Queue {
        page: Page::new(report.input, "Recommendations"),
        lead: lead(report),
        all: format!(
            "{}, most urgent first; those that need nothing are among them.",
            counted(items, "line")
        ),
    }
    .render()
}

/// Whether `line` waits for a person: an order to approve, or an item held back that is needed.
/// What a person has set aside stands under `What stands`, not here.
pub(super) fn waits(line: &Recommendation) -> bool {
    let is_held = line.status == Status::Held && line.binding != Binding::Decision.name();
    line.quantity.is_positive() || is_held && line.need > 0.0
}

/// What whoever delivers `line` takes.
pub(super) fn lot_rules(report: &Report, pool: &PoolResults, line: &Recommendation) -> LotRules {
    let supply = &report.inputs().supply;
    match (line.transfer, line.supplier) {
        // A move has no supplier's terms, only whole packs.
        (Some(_), _) => LotRules::new(Units::ZERO, line.pack_size, None),
        (None, Some(supplier)) => {
            let agreed = LotRules::agreed(supply, pool.sku, pool.location, supplier);
            agreed.unwrap_or(LotRules::new(Units::ZERO, line.pack_size, None))
        }
        (None, None) => LotRules::new(Units::ZERO, line.pack_size, None),
    }
}

/// Units that a held line is let go with: what is needed, in lots that its supplier takes.
pub(super) fn released(line: &Recommendation, rules: LotRules) -> Units {
    rules.order_quantity(line.need).quantity.max(rules.smallest())
}

/// What all pages count: the lines that wait and what they cost.
pub(super) fn lead(report: &Report) -> String {
    let lines: Vec<&Recommendation> =
        report.pools.iter().flat_map(|pool| pool.recommendations).filter(|l| waits(l)).collect();
    if !report.knows_stock() {
        return "Nothing can be proposed: what is in stock is unknown. Bring a stock table (sku, \
                on_hand) next."
            .to_owned();
    }
    if lines.is_empty() {
        return "Nothing waits for a decision today.".to_owned();
    }
    if !report.knows_costs() {
        let ordered = lines.iter().filter(|line| line.quantity.is_positive()).count();
        let held = lines.len() - ordered;
        let waiting = if held > 0 { format!(", {} held", whole(held)) } else { String::new() };
        return format!(
            "{}{waiting} for you to decide; what they cost is unknown: bring unit_cost in \
             products or supply next.",
            counted(ordered, "order line")
        );
    }
    let (lines, held): (Vec<&Recommendation>, Vec<&Recommendation>) =
        lines.into_iter().partition(|line| line.quantity.is_positive());
    // What is sent from one place to another is bought from nobody.
    let (moves, orders): (Vec<&Recommendation>, Vec<&Recommendation>) =
        lines.into_iter().partition(|line| line.transfer.is_some());
    let mut parts = Vec::new();
    for (noun, lines) in [("order line", orders), ("move", moves)] {
        if !lines.is_empty() {
            parts.push(of_lines(report, noun, &lines));
        }
    }
    let waiting = match held.len() {
        0 => String::new(),
        1 => "1 held line waits for approval".to_owned(),
        n => format!("{} held lines wait for approval", whole(n)),
    };
    match (parts.is_empty(), held.is_empty()) {
        (true, _) => format!("{waiting}."),
        (false, true) => format!("As proposed this morning: {}.", parts.join(", and ")),
        (false, false) => {
            format!("As proposed this morning: {}; {waiting}.", parts.join(", and "))
        }
    }
}

/// `53 order lines, 16,302 EUR`, and of how many of them the cost is not in it.
fn of_lines(report: &Report, noun: &str, lines: &[&Recommendation]) -> String {
    let cost = money(lines.iter().map(|line| line.value).sum());
    let unknown = lines.iter().filter(|line| {
        line.transfer.is_none() && line.quantity.is_positive() && !line.unit_cost.is_positive()
    });
    let beside = match unknown.count() {
        0 => String::new(),
        n => format!(" (and {} of unknown cost)", whole(n)),
    };
    format!("{}, {cost}{}{beside}", counted(lines.len(), noun), report.currency())
}

/// Currency units gained by ordering `line` today: the margin it saves less what its units cost to
/// keep until they sell.
pub(super) fn gain(report: &Report, pool: &PoolResults, line: &Recommendation) -> f64 {
    const DAYS_A_YEAR: f64 = 365.0;
    let saved = line.value_at_risk.as_f64();
    let velocity = pool.velocity();
    if velocity <= 0.0 {
        return saved;
    }
    // Half of an order lies in stock on average while it sells.
    let years = line.quantity.as_f64() / velocity / 2.0 / DAYS_A_YEAR;
    saved - report.input.settings.holding_rate * years * line.value.as_f64()
}

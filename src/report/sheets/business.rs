//! Indicators with numerator, denominator, goal and trend; what is due this week, month and
//! quarter.

use crate::domain::outcome::Indicator;
use crate::explain::Unit;
use crate::indicators::definitions::{Better, definition};
use crate::indicators::{Attention, Goal};
use crate::report::charts::{self, TrendPoint};
use crate::report::counting::{CountDue, counts_due};
use crate::report::gathered::Report;
use crate::report::sheets::sheet::{Cell, Sheet, count, figure, link, sheet, words};
use crate::report::wording::{UNKNOWN, counted, day, grouped, measured, spaced};
use std::ops::RangeInclusive;

/// A heading with the scopes below it.
struct Group {
    prefix: &'static str,
    title: &'static str,
}

const GROUPS: [Group; 6] = [
    Group { prefix: "all", title: "The business" },
    Group { prefix: "panel:", title: "Where things stand" },
    Group { prefix: "channel:", title: "By channel" },
    Group { prefix: "class:", title: "By class" },
    Group { prefix: "supplier:", title: "By supplier" },
    Group { prefix: "age:", title: "Age of stock" },
];

/// H1-H16: what is due, goals against actual, then one sheet a group of scopes.
pub(crate) fn indicators(report: &Report) -> Vec<Sheet> {
    let mut sheets = vec![calendar(report), goals(report)];
    for Group { prefix, title } in GROUPS {
        let all = report.outcome().indicators.iter();
        let of_group: Vec<&Indicator> = all.filter(|i| i.scope.starts_with(prefix)).collect();
        // A shop without suppliers has no use for an empty table of them.
        if !of_group.is_empty() {
            sheets.push(figures(report, title, &of_group));
        }
    }
    sheets
}

fn figures(report: &Report, title: &'static str, indicators: &[&Indicator]) -> Sheet {
    let trend_note = match report.before.first() {
        Some(first) => format!(
            "Trend: {} since {}; its highest and lowest value stand at the left.",
            counted(report.before.len() + 1, "run"),
            day(first.as_of, report.input.as_of)
        ),
        None => "A trend shows from the second run on.".to_owned(),
    };
    sheet(title, "Nothing known yet.", indicators)
        .note(trend_note)
        .column("Indicator", "", |i| {
            let scope = match i.scope.as_str() {
                "all" => String::new(),
                scope => format!(", {}", scope_name(report, scope)),
            };
            explained(i.indicator, &scope)
        })
        .column("Value", "", |i| figure(measured(i.value, i.unit)))
        .column("Numerator", "", |i| part(i, i.numerator))
        .column("Denominator", "", |i| part(i, i.denominator))
        .column("Made of", "", |i| {
            words(if i.estimated { "an estimate" } else { "recorded figures" })
        })
        .column("Goal", "", |i| {
            words(match report.input.settings.goal(i.indicator, &i.scope) {
                Some(target) => {
                    let verdict = verdict(i.indicator, i.value, target);
                    format!("{} ({verdict})", measured(Some(target), i.unit))
                }
                None => String::new(),
            })
        })
        .column("Trend over runs", "", |i| trend(report, i))
        .finish()
}

/// A plain amount is its own numerator: nothing to divide.
fn part(indicator: &Indicator, part: f64) -> Cell {
    // A count or a sum is its own numerator over one: shown once.
    let plain = indicator.denominator == 1.0 && indicator.value == Some(indicator.numerator);
    figure(match indicator.value {
        Some(_) if plain => String::new(),
        // A sum of what nobody has told is no zero.
        None if part == 0.0 => UNKNOWN.to_owned(),
        None if indicator.denominator == 1.0 && part == 1.0 => String::new(),
        Some(_) | None => grouped(part),
    })
}

fn trend(report: &Report, i: &Indicator) -> Cell {
    let mut points = Vec::new();
    // Runs in which it was unknown are left out: the line goes on from the last known one.
    for run in report.before.iter().chain([&report.now]) {
        if let Some(value) = run.value(i.indicator, &i.scope) {
            points.push(TrendPoint { date: run.as_of, value });
        }
    }
    let chart = charts::trend(&points, |value| measured(Some(value), i.unit));
    Cell { text: chart, svg: true, ..Cell::default() }
}

/// An indicator as people call it, with `more` behind it, which leads to its entry in the glossary.
fn explained(indicator: &str, more: &str) -> Cell {
    match definition(indicator) {
        Some(known) => {
            link(format!("{}{more}", known.title), format!("glossary.html#{}", known.term))
        }
        None => words(format!("{indicator}{more}")),
    }
}

/// H16: every goal of the configuration against the figure of this run.
fn goals(report: &Report) -> Sheet {
    struct Row<'a> {
        goal: Goal<'a>,
        value: Option<f64>,
        unit: Unit,
    }
    let mut rows = Vec::new();
    for goal in report.input.settings.goals() {
        let found = report.now.find(goal.indicator, goal.scope);
        let value = found.and_then(|i| i.value);
        rows.push(Row { goal, value, unit: found.map_or(Unit::None, |i| i.unit) });
    }
    sheet(
        "Goals",
        "No goal is set: name one under [indicators.goals] in the configuration, for example \
         fill_rate = 97.",
        &rows,
    )
    .column("Indicator", "goal", |r| explained(r.goal.indicator, ""))
    .column("Of", "", |r| words(scope_name(report, r.goal.scope)))
    .column("Should be", "goal", |r| {
        words(if higher_is_better(r.goal.indicator) { "at least" } else { "at most" })
    })
    .column("Goal", "goal", |r| figure(measured(Some(r.goal.target), r.unit)))
    .column("Now", "", |r| figure(measured(r.value, r.unit)))
    .column("Apart", "", |r| {
        figure(r.value.map_or_else(String::new, |now| format!("{:+.1}", now - r.goal.target)))
    })
    .column("Verdict", "goal", |r| words(verdict(r.goal.indicator, r.value, r.goal.target)))
    .finish()
}

fn higher_is_better(indicator: &str) -> bool {
    definition(indicator).is_some_and(|known| known.better == Better::Higher)
}

fn verdict(indicator: &str, value: Option<f64>, target: f64) -> &'static str {
    let higher = higher_is_better(indicator);
    match value {
        None => UNKNOWN,
        // Met either way when it is just reached.
        Some(v) if v == target || (v > target) == higher => "met",
        Some(_) => "missed",
    }
}

/// `channel:web` as `web`; a supplier by its name.
fn scope_name(report: &Report, scope: &str) -> String {
    let (kind, name) = scope.split_once(':').unwrap_or(("", scope));
    match kind {
        "supplier" => report.supplier(report.inputs().names.find_supplier(name)).to_owned(),
        "panel" => spaced(name),
        // Ages have leading zeros, so that they sort.
        _ => name.trim_start_matches('0').to_owned(),
    }
}

/// Something that is due.
struct Due {
    when: &'static str,
    what: String,
    how_many: Cell,
}

/// A span of days from the as-of date on.
struct Span {
    name: &'static str,
    days: RangeInclusive<i64>,
}

const SPANS: [Span; 3] = [
    // What is overdue is due this week.
    Span { name: "This week", days: i64::MIN..=7 },
    Span { name: "This month", days: 8..=30 },
    Span { name: "This quarter", days: 31..=90 },
];

/// H16: what is due this week, this month and this quarter.
fn calendar(report: &Report) -> Sheet {
    let counts = counts_due(report);
    let mut all = Vec::new();
    for span in &SPANS {
        all.extend(due_in(report, span, &counts));
    }
    let limit = report.input.settings.late_share * 100.0;
    all.push(Due {
        when: "This quarter",
        what: format!("suppliers late in over {limit:.0} % of deliveries: agree new lead times"),
        how_many: match report.inputs().purchase_orders.is_empty() {
            true => figure(UNKNOWN),
            false => count(late_suppliers(report, limit), "suppliers.html#scorecard"),
        },
    });
    // Without either, every lead time would be planned as certain.
    let supply = report.inputs().supply.iter();
    let vague = supply.filter(|s| s.lead_time_sd_days.is_none() && s.lead_time_max_days.is_none());
    all.push(Due {
        when: "This quarter",
        what: "supply rows without a spread or a maximum of the lead time: ask for them".to_owned(),
        how_many: match report.inputs().has("supply") {
            true => count(vague.count(), ""),
            false => figure(UNKNOWN),
        },
    });
    sheet("Due", "Nothing is due.", &all)
        .column("When", "", |d| words(d.when))
        .column("What", "", |d| words(&d.what))
        .column("How many", "", |d| d.how_many.clone())
        .finish()
}

/// A count that is a fact where the stock is known.
fn known(report: &Report, counted: Cell) -> Cell {
    if report.knows_stock() { counted } else { figure(UNKNOWN) }
}

fn due_in(report: &Report, span: &Span, counts: &[CountDue]) -> Vec<Due> {
    let when = span.name;
    let (first, last) = (*span.days.start(), *span.days.end());
    let from_now_on = first == i64::MIN;
    let days = if from_now_on {
        format!("in the next {last} days or overdue")
    } else {
        format!("in the days {first} to {last}")
    };
    let items = if report.has_locations() { "items per location" } else { "items" };

    let (mut orders, mut later) = (0, 0);
    for line in report.pools.iter().flat_map(|p| p.recommendations) {
        // A proposed line without a date has nothing to wait for.
        let day = match line.order_by {
            Some(date) => (date - report.input.as_of).num_days(),
            None if line.quantity.is_positive() => 0,
            None => continue,
        };
        if span.days.contains(&day) {
            match line.quantity.is_positive() {
                true => orders += 1,
                false => later += 1,
            }
        }
    }
    let counts = counts.iter().filter(|c| span.days.contains(&c.days_left)).count();
    // A review period may be a fraction of a day, and belongs to the span in which it ends.
    let reviews = report
        .pools
        .iter()
        .filter_map(|p| p.policy)
        .filter(|policy| span.days.contains(&(policy.review_period.ceil() as i64)));
    let every = if from_now_on {
        format!("every {last} days or more often")
    } else {
        format!("every {first} to {last} days")
    };
    let mut due = vec![
        Due {
            when,
            what: format!("proposed lines to order: order-by date {days}"),
            how_many: known(report, count(orders, "recommendations.html")),
        },
        Due {
            when,
            what: format!("{items} not proposed yet: order-by date {days}"),
            how_many: known(report, count(later, "")),
        },
        Due {
            when,
            what: format!("{items} to count: due {days}"),
            how_many: known(report, count(counts, "#t-counts")),
        },
        Due {
            when,
            what: format!("{items} to review: their policy says {every}"),
            how_many: count(reviews.count(), ""),
        },
    ];
    // Not weekly: an item does not become dead from one week to the next.
    if when == "This month" {
        let dead = report.pools.iter().filter(|p| Attention::Dead.holds(p)).count();
        due.push(Due {
            when,
            what: format!("slow or dead {items} to decide on"),
            how_many: known(report, count(dead, "#t-culls")),
        });
    }
    due
}

fn late_suppliers(report: &Report, limit_percent: f64) -> usize {
    let all = report.outcome().indicators.iter();
    all.filter(|i| {
        i.indicator == "supplier_late_share" && i.value.is_some_and(|late| late > limit_percent)
    })
    .count()
}

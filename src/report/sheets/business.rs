//! Indicators with numerator, denominator, goal and trend; what is due this week, month and quarter.

use crate::domain::outcome::Indicator;
use crate::explain::Unit;
use crate::indicators::Attention;
use crate::indicators::known::known;
use crate::report::Run;
use crate::report::charts;
use crate::report::html::{grouped, measured};
use crate::report::lists;
use crate::report::sheets::Cell;
use crate::report::sheets::Sheet;
use crate::report::sheets::count;
use crate::report::sheets::figure;
use crate::report::sheets::link;
use crate::report::sheets::words;
use chrono::NaiveDate;

/// Groups of scopes with their headings.
const GROUPS: [(&str, &str); 6] = [
    ("all", "The business"),
    ("panel:", "Where things stand"),
    ("channel:", "By channel"),
    ("class:", "By class"),
    ("supplier:", "By supplier"),
    ("age:", "Age of stock"),
];

/// H1-H16: what is due, goals against actual, then one sheet a group of scopes.
pub(crate) fn indicators(run: &Run) -> Vec<Sheet> {
    let all = &run.input.outcome.indicators;
    let group = |&(prefix, title): &(&'static str, &'static str)| Sheet {
        title,
        note: String::new(),
        empty: "Nothing known yet.",
        head: vec![
            ("Indicator", ""),
            ("Value", ""),
            ("Numerator", ""),
            ("Denominator", ""),
            ("Made of", ""),
            ("Goal", ""),
            ("Trend over runs", ""),
        ],
        rows: all
            .iter()
            .filter(|i| i.scope.starts_with(prefix))
            .map(|i| indicator(run, i))
            .collect(),
    };
    let groups = GROUPS.iter().map(group).filter(|s| !s.rows.is_empty());
    [calendar(run), goals(run)].into_iter().chain(groups).collect()
}

fn indicator(run: &Run, i: &Indicator) -> Vec<Cell> {
    let scope =
        if i.scope == "all" { String::new() } else { format!(", {}", scope_name(run, &i.scope)) };
    // A plain amount is its own numerator: nothing to divide.
    let parts = if i.denominator == 1.0 && i.value == Some(i.numerator) {
        None
    } else {
        Some((i.numerator, i.denominator))
    };
    let part = |of: fn((f64, f64)) -> f64| parts.map_or_else(String::new, |p| grouped(of(p)));
    let made = if i.estimated { "an estimate" } else { "recorded figures" };
    let target = run.input.settings.goal(i.indicator, &i.scope);
    let goal = target
        .map(|t| format!("{} ({})", measured(Some(t), i.unit), verdict(i.indicator, i.value, t)));
    let before = run
        .before
        .iter()
        .filter_map(|past| Some((past.as_of, past.find(i.indicator, &i.scope)?.value?)));
    let mut points: Vec<(NaiveDate, f64)> = before.collect();
    points.extend(i.value.map(|v| (run.input.as_of, v)));
    let trend = Cell {
        text: charts::trend(&points, |v| measured(Some(v), i.unit)),
        svg: true,
        ..Cell::default()
    };
    vec![
        link(
            format!("{}{scope}", title(i.indicator)),
            format!("glossary.html#{}", term(i.indicator)),
        ),
        figure(measured(i.value, i.unit)),
        figure(part(|p| p.0)),
        figure(part(|p| p.1)),
        words(made),
        words(goal.unwrap_or_default()),
        trend,
    ]
}

fn title(indicator: &str) -> &str {
    known(indicator).map_or(indicator, |k| k.title)
}

fn term(indicator: &str) -> &'static str {
    known(indicator).map_or("status", |k| k.term)
}

/// H16: every goal of the configuration against the figure of this run.
fn goals(run: &Run) -> Sheet {
    let row = |(indicator, scope, target): (&str, &str, f64)| {
        let found = run.now.find(indicator, scope);
        let unit = found.map_or(Unit::None, |i| i.unit);
        let value = found.and_then(|i| i.value);
        let gap = value.map_or_else(String::new, |v| format!("{:+.1}", v - target));
        vec![
            link(title(indicator), format!("glossary.html#{}", term(indicator))),
            words(scope_name(run, scope)),
            words(if known(indicator).is_some_and(|k| k.higher_is_better) {
                "at least"
            } else {
                "at most"
            }),
            figure(measured(Some(target), unit)),
            figure(measured(value, unit)),
            figure(gap),
            words(verdict(indicator, value, target)),
        ]
    };
    Sheet {
        title: "Goals",
        note: String::new(),
        empty: "No goal is set: name one under [indicators.goals] in the configuration, for example fill_rate = 97.",
        head: vec![
            ("Indicator", "goal"),
            ("Of", ""),
            ("Should be", "goal"),
            ("Goal", "goal"),
            ("Now", ""),
            ("Apart", ""),
            ("Verdict", "goal"),
        ],
        rows: run.input.settings.goals().map(row).collect(),
    }
}

fn verdict(indicator: &str, value: Option<f64>, target: f64) -> &'static str {
    let higher = known(indicator).is_some_and(|k| k.higher_is_better);
    match value {
        None => "unknown",
        Some(v) if v == target || (v > target) == higher => "met",
        Some(_) => "missed",
    }
}

/// `channel:web` as `web`; a supplier by its name.
fn scope_name(run: &Run, scope: &str) -> String {
    let (kind, name) = scope.split_once(':').unwrap_or(("", scope));
    let names = &run.input.inputs.names;
    let known = names.find_supplier(name).filter(|_| kind == "supplier");
    let plain = || name.trim_start_matches('0').to_owned();
    match (kind, known) {
        (_, Some(supplier)) => run.suppliers[supplier.index()].clone(),
        ("panel", _) => plain().replace('-', " "),
        _ => plain(),
    }
}

/// H16: what is due this week, this month and this quarter.
fn calendar(run: &Run) -> Sheet {
    let mut rows = Vec::new();
    let mut row =
        |when: &str, what: String, cell: Cell| rows.push(vec![words(when), words(what), cell]);
    let due = lists::counts_due(run);
    let spans = [("This week", i64::MIN, 7), ("This month", 7, 30), ("This quarter", 30, 90)];
    for (when, from, to) in spans {
        let within = |days: i64| days > from && days <= to;
        let span = if from == i64::MIN {
            format!("in the next {to} days or overdue")
        } else {
            format!("in the days {} to {to}", from + 1)
        };
        let lines = run.pools.iter().flat_map(|p| p.recommendations).filter_map(|r| r.order_by);
        let orders = lines.filter(|&d| within((d - run.input.as_of).num_days())).count();
        row(
            when,
            format!("lines to order: order-by date {span}"),
            count(orders, "recommendations.html"),
        );
        let counts = due.iter().filter(|c| within(c.days)).count();
        row(when, format!("stock pools to count: due {span}"), count(counts, "#t-counts"));
        let reviewed = |days: f64| days > from as f64 && days <= to as f64;
        let reviews =
            run.pools.iter().filter_map(|p| p.policy).filter(|p| reviewed(p.review_period)).count();
        let every = if from == i64::MIN {
            format!("every {to} days or oftener")
        } else {
            format!("every {} to {to} days", from + 1)
        };
        row(when, format!("stock pools to review: their policy says {every}"), count(reviews, ""));
        if from == 7 {
            let culls = run.pools.iter().filter(|p| Attention::Dead.holds(p)).count();
            row(when, "slow or dead stock pools to decide on".to_owned(), count(culls, "#t-culls"));
        }
    }
    let (late, unknown) = supplier_data(run);
    let limit = run.input.settings.late_share * 100.0;
    row(
        "This quarter",
        format!("suppliers late in over {limit:.0} % of deliveries: agree new lead times"),
        count(late, "suppliers.html#scorecard"),
    );
    row(
        "This quarter",
        "supply rows without a spread or a maximum of the lead time: ask for them".to_owned(),
        count(unknown, ""),
    );
    Sheet {
        title: "Due",
        note: String::new(),
        empty: "Nothing is due.",
        head: vec![("When", ""), ("What", ""), ("How many", "")],
        rows,
    }
}

/// Suppliers that are late too often, and supply rows that say nothing about how much a lead time varies.
fn supplier_data(run: &Run) -> (usize, usize) {
    let limit = run.input.settings.late_share * 100.0;
    let all = run.input.outcome.indicators.iter();
    let late = all
        .filter(|i| i.indicator == "supplier_late_share" && i.value.is_some_and(|v| v > limit))
        .count();
    let vague = |s: &&crate::domain::inputs::Supply| {
        s.lead_time_sd_days.is_none() && s.lead_time_max_days.is_none()
    };
    (late, run.input.inputs.supply.iter().filter(vague).count())
}

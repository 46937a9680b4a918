//! Indicators with numerator, denominator, goal and trend; what is due this week, month and quarter.

use super::{Cell, Sheet, figure, link, words};
use crate::indicators::{Attention, PoolView, higher_is_better};
use crate::outcome::Indicator;
use crate::report::Run;
use crate::report::charts;
use crate::report::html::{grouped, measured};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Groups of scopes with their headings.
const GROUPS: [(&str, &str); 6] = [
    ("all", "The business"),
    ("panel:", "Where things stand"),
    ("channel:", "By channel"),
    ("class:", "By class"),
    ("supplier:", "By supplier"),
    ("age:", "Age of stock"),
];

/// H1-H16: what is due, one sheet a group of scopes, then what to count and to cull (B9, B7).
pub(in crate::report) fn indicators(run: &Run) -> Vec<Sheet> {
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
        rows: all.iter().filter(|i| i.scope.starts_with(prefix)).map(|i| indicator(run, i)).collect(),
    };
    let groups = GROUPS.iter().map(group).filter(|s| !s.rows.is_empty());
    std::iter::once(calendar(run)).chain(groups).chain([counts(run), culls(run)]).collect()
}

fn indicator(run: &Run, i: &Indicator) -> Vec<Cell> {
    let scope = i.scope.split_once(':').map_or(String::new(), |(_, name)| format!(", {}", name.trim_start_matches('0')));
    // A plain amount is its own numerator: nothing to divide.
    let parts = if i.denominator == 1.0 && i.value == Some(i.numerator) { None } else { Some((i.numerator, i.denominator)) };
    let part = |of: fn((f64, f64)) -> f64| parts.map_or_else(String::new, |p| grouped(of(p)));
    let made = if i.estimated { "an estimate" } else { "recorded figures" };
    let goals = &run.input.settings.goals;
    let goal = goals.iter().find(|g| g.indicator == i.indicator && g.scope == i.scope).map_or_else(String::new, |g| {
        let met = i.value.map(|v| if higher_is_better(i.indicator) { v >= g.target } else { v <= g.target });
        let verdict = match met {
            Some(true) => "met",
            Some(false) => "missed",
            None => "unknown",
        };
        format!("{} ({verdict})", measured(Some(g.target), i.unit))
    });
    let before = run.before.iter().filter_map(|past| Some((past.as_of, past.find(i.indicator, &i.scope)?.value?)));
    let mut points: Vec<(NaiveDate, f64)> = before.collect();
    points.extend(i.value.map(|v| (run.input.as_of, v)));
    let trend = Cell { text: charts::trend(&points, |v| measured(Some(v), i.unit)), svg: true, ..Cell::default() };
    vec![
        link(format!("{}{scope}", title(i.indicator)), format!("glossary.html#{}", term(i.indicator))),
        figure(measured(i.value, i.unit)),
        figure(part(|p| p.0)),
        figure(part(|p| p.1)),
        words(made),
        words(goal),
        trend,
    ]
}

/// Name and glossary entry of every indicator.
const TITLES: [(&str, &str, &str); 33] = [
    ("bias", "Forecast bias", "bias"),
    ("carrying_cost", "Carrying cost", "carrying-cost"),
    ("cash_conversion_cycle", "Cash conversion cycle", "cash-conversion-cycle"),
    ("count_accuracy", "Count accuracy", "count-accuracy"),
    ("deadstock_units", "Deadstock", "deadstock"),
    ("dio", "Days inventory outstanding", "dio"),
    ("dpo", "Days payable outstanding", "dpo"),
    ("dso", "Days sales outstanding", "dso"),
    ("excess_units", "Excess", "excess"),
    ("fill_rate", "Fill rate, 90 days", "fill-rate"),
    ("gmroi", "GMROI", "gmroi"),
    ("lead_time_achieved", "Lead time achieved", "lead-time"),
    ("lead_time_promised", "Lead time promised", "lead-time"),
    ("lost_sales_units", "Lost sales, 90 days", "lost-sales"),
    ("lost_sales_value", "Lost sales at price, 90 days", "lost-sales"),
    ("panel_items", "Items", "status"),
    ("panel_value", "Money", "status"),
    ("return_rate", "Return rate", "return-rate"),
    ("sell_through", "Sell-through", "sell-through"),
    ("accepted_unchanged", "Proposals accepted unchanged", "trust"),
    ("edited", "Proposals edited", "trust"),
    ("rejected", "Proposals rejected", "trust"),
    ("rejected_then_short", "Rejected, then short of stock", "trust"),
    ("rejected_value", "Value of rejected proposals", "trust"),
    ("supplier_fill_rate", "Supplier fill rate", "supplier-fill-rate"),
    ("supplier_late_share", "Late deliveries", "late"),
    ("shrinkage", "Shrinkage", "shrinkage"),
    ("stock_age_units", "Units by age in days", "age"),
    ("stock_age_value", "Stock at cost by age in days", "age"),
    ("turnover", "Inventory turnover", "turnover"),
    ("wape", "Forecast error, chosen method", "wape"),
    ("wape_naive", "Forecast error, naive method", "forecast-value-added"),
    ("weeks_of_supply", "Weeks of supply", "weeks-of-supply"),
];

fn title(indicator: &str) -> &str {
    TITLES.iter().find(|t| t.0 == indicator).map_or(indicator, |t| t.1)
}

fn term(indicator: &str) -> &'static str {
    TITLES.iter().find(|t| t.0 == indicator).map_or("status", |t| t.2)
}

/// Days between counts by class. `[A, B, C and unclassified]`
const CADENCE: [i64; 3] = [30, 90, 180];

/// H16: orders, counts, culls and supplier data by when they are due.
fn calendar(run: &Run) -> Sheet {
    let as_of = run.input.as_of;
    let orders = |from: i64, to: i64| {
        let days = |d: NaiveDate| (d - as_of).num_days();
        let lines = run.pools.iter().flat_map(|p| p.recommendations);
        lines.filter(|r| r.order_by.is_some_and(|d| days(d) <= to && (from == 0 || days(d) > from))).count()
    };
    let overdue = counts_due(run).len();
    let culls = run.pools.iter().filter(|p| Attention::Dead.holds(p)).count();
    let late = run.input.outcome.indicators.iter();
    let late = late.filter(|i| i.indicator == "supplier_late_share" && i.value.is_some_and(|v| v > 20.0)).count();
    let unknown =
        run.input.inputs.supply.iter().filter(|s| s.lead_time_sd_days.is_none() && s.lead_time_max_days.is_none()).count();
    let row = |when: &str, what: &str, n: usize| vec![words(when), words(what), figure(grouped(n as f64))];
    Sheet {
        title: "Due",
        note: String::new(),
        empty: "Nothing is due.",
        head: vec![("When", ""), ("What", ""), ("How many", "")],
        rows: vec![
            row("This week", "lines whose order-by date falls in the next 7 days or has passed", orders(0, 7)),
            row("This month", "lines to order in the days 8 to 30", orders(7, 30)),
            row("This month", "pools to count (see the list below)", overdue),
            row("This month", "slow or dead pools to decide on (see the cull list)", culls),
            row("This quarter", "lines to order in the days 31 to 90", orders(30, 90)),
            row("This quarter", "suppliers late in more than one delivery of five: agree new lead times", late),
            row("This quarter", "supply rows without a spread or a maximum of the lead time: ask for them", unknown),
        ],
    }
}

fn cadence(pool: &PoolView) -> i64 {
    match pool.class.and_then(|c| c.abc) {
        Some('A') => CADENCE[0],
        Some('B') => CADENCE[1],
        _ => CADENCE[2],
    }
}

fn last_counts(run: &Run) -> BTreeMap<(u32, u32), NaiveDate> {
    run.input.inputs.counts.iter().map(|c| ((c.sku.0, c.location.0), c.date)).collect()
}

/// Pools whose count is due, with their last one; A items first, then the most money.
fn counts_due<'r, 'a>(run: &'r Run<'a>) -> Vec<(&'r PoolView<'a>, Option<NaiveDate>)> {
    let last = last_counts(run);
    let mut rows: Vec<_> = run
        .pools
        .iter()
        .map(|p| (p, last.get(&(p.sku.0, p.location.0)).copied()))
        .filter(|(p, last)| p.on_hand().0 > 0 && last.is_none_or(|d| (run.input.as_of - d).num_days() >= cadence(p)))
        .collect();
    rows.sort_by_key(|(p, _)| (cadence(p), std::cmp::Reverse(p.stock_value()), p.sku, p.location));
    rows
}

fn counts(run: &Run) -> Sheet {
    let rows = counts_due(run);
    let total = rows.len();
    Sheet {
        title: "Count next",
        note: format!(
            "A items every {} days, B every {}, others every {}. {} due; the first 25 are listed.",
            CADENCE[0],
            CADENCE[1],
            CADENCE[2],
            grouped(total as f64)
        ),
        empty: "Every item in stock was counted recently enough.",
        head: vec![
            ("SKU", "sku"),
            ("Name", "sku"),
            ("Location", "location"),
            ("Class", "class"),
            ("On hand", "on-hand"),
            ("At cost", "unit-cost"),
            ("Last count", "count-accuracy"),
        ],
        rows: rows
            .into_iter()
            .take(25)
            .map(|(p, last)| {
                let mut cells = pool_cells(run, p);
                cells.push(words(last.map_or_else(|| "never".to_owned(), |d| d.to_string())));
                cells
            })
            .collect(),
    }
}

/// B7: what to clear, most cash first.
fn culls(run: &Run) -> Sheet {
    let freed = |p: &PoolView| p.class.map_or(0, |c| c.cash_freed.0);
    let mut rows: Vec<&PoolView> = run.pools.iter().filter(|p| freed(p) > 0).collect();
    rows.sort_by_key(|p| (std::cmp::Reverse(freed(p)), p.sku, p.location));
    Sheet {
        title: "Cull list",
        note: format!("{} pools, ranked by cash freed at cost; the first 25 are listed.", grouped(rows.len() as f64)),
        empty: "Nothing is worth clearing.",
        head: vec![
            ("SKU", "sku"),
            ("Name", "sku"),
            ("Location", "location"),
            ("Class", "class"),
            ("On hand", "on-hand"),
            ("Cash freed", "cash-freed"),
            ("Judged", "deadstock"),
        ],
        rows: rows
            .into_iter()
            .take(25)
            .map(|p| {
                let mut cells = pool_cells(run, p);
                cells.push(words(p.class.map_or("", |c| if c.take_action { "no sale for 90 days" } else { c.rationalisation })));
                cells
            })
            .collect(),
    }
}

fn pool_cells(run: &Run, pool: &PoolView) -> Vec<Cell> {
    vec![
        link(run.sku(pool.sku), format!("item.html#{}", pool.sku.0)),
        words(pool.product.name.clone()),
        words(run.location(pool.location)),
        words(pool.cell()),
        figure(grouped(pool.on_hand().0 as f64)),
        figure(grouped(pool.stock_value().as_f64())),
    ]
}

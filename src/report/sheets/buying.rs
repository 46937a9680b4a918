//! Suppliers: draft orders against minimums, and the scorecard.

use super::{Cell, Sheet, figure, fragment, link, words};
use crate::outcome::Recommendation;
use crate::report::Run;
use crate::report::briefing::find;
use crate::report::html::{amount, date, grouped, measured};
use crate::units::{LocationId, Money, SupplierId};
use std::collections::BTreeMap;

/// The sheets of the suppliers page.
pub(in crate::report) fn suppliers(run: &Run) -> Vec<Sheet> {
    vec![drafts(run), scorecard(run)]
}

/// F1: one row a supplier and ship-to.
fn drafts(run: &Run) -> Sheet {
    let mut orders: BTreeMap<(Option<SupplierId>, LocationId), Vec<&Recommendation>> = BTreeMap::new();
    for line in run.pools.iter().flat_map(|p| p.recommendations).filter(|r| r.quantity.0 > 0) {
        orders.entry((line.supplier, line.location)).or_default().push(line);
    }
    let mut orders: Vec<_> = orders.into_iter().collect();
    let value = |lines: &[&Recommendation]| lines.iter().map(|r| r.value).sum::<Money>();
    orders.sort_by_key(|(key, lines)| (std::cmp::Reverse(value(lines)), *key));
    Sheet {
        title: "Draft orders",
        note: "Drafts only: nothing is sent. Open one to review its lines.".to_owned(),
        empty: "Nothing to order today.",
        head: vec![
            ("Supplier", "supplier"),
            ("Ship to", "location"),
            ("Lines", ""),
            ("Units", "order-quantity"),
            ("Order cost", "order-cost"),
            ("Landed", "landed-cost"),
            ("Margin at risk", "value-at-risk"),
            ("Minimum order", ""),
            ("Free freight", ""),
            ("Order by", "order-by"),
            ("Arrives", "lead-time"),
        ],
        rows: orders.iter().map(|((supplier, location), lines)| draft(run, *supplier, *location, lines)).collect(),
    }
}

fn draft(run: &Run, supplier: Option<SupplierId>, location: LocationId, lines: &[&Recommendation]) -> Vec<Cell> {
    let terms = supplier.map(|s| &run.input.inputs.suppliers[s.index()]);
    let value: Money = lines.iter().map(|r| r.value).sum();
    let landed: Money = lines.iter().map(|r| r.landed_unit_cost.times(r.quantity)).sum();
    let risk: Money = lines.iter().map(|r| r.value_at_risk).sum();
    let against = |limit: Option<Money>| match limit {
        None => "none".to_owned(),
        Some(limit) if value >= limit => format!("reached ({})", amount(limit.as_f64())),
        Some(limit) => format!("{} short of {}", amount((limit - value).as_f64()), amount(limit.as_f64())),
    };
    let first = lines.iter().filter_map(|r| r.order_by).min();
    let arrival = lines.iter().filter_map(|r| r.expected_arrival).max();
    let name = match run.supplier(supplier) {
        "" => words("no supplier known"),
        name => link(name, format!("recommendations.html#supplier={}", fragment(name))),
    };
    let by = |d: chrono::NaiveDate| if d <= run.input.as_of { "today".to_owned() } else { date(d) };
    vec![
        name,
        words(run.location(location)),
        figure(grouped(lines.len() as f64)),
        figure(grouped(lines.iter().map(|r| r.quantity.0 as f64).sum())),
        figure(amount(value.as_f64())),
        figure(amount(landed.as_f64())),
        figure(amount(risk.as_f64())),
        words(against(terms.and_then(|t| t.min_order_value))),
        words(against(terms.and_then(|t| t.free_freight_value))),
        words(first.map_or_else(String::new, by)),
        words(arrival.map_or_else(String::new, date)),
    ]
}

/// H15: what suppliers promise and what they do.
fn scorecard(run: &Run) -> Sheet {
    let indicators = &run.input.outcome.indicators;
    let row = |name: &String| {
        let scope = format!("supplier:{name}");
        let get = |key: &str| find(indicators, key, &scope);
        let (promised, achieved) =
            (get("lead_time_promised").and_then(|i| i.value), get("lead_time_achieved").and_then(|i| i.value));
        let slip = promised.zip(achieved).map(|(p, a)| a - p);
        let late = get("late");
        vec![
            link(name.clone(), format!("recommendations.html#supplier={}", fragment(name))),
            figure(measured(promised, "days")),
            figure(measured(achieved, "days")),
            figure(slip.map_or_else(|| "unknown".to_owned(), |s| format!("{s:+.1} days"))),
            figure(measured(late.and_then(|i| i.value), "percent")),
            figure(late.map_or_else(String::new, |i| format!("{} of {}", grouped(i.numerator), grouped(i.denominator)))),
        ]
    };
    Sheet {
        title: "Scorecard",
        note: "Promised is what the master data say; achieved is what confirmed orders took until they were received.".to_owned(),
        empty: "No supplier is known: give a suppliers or supply table.",
        head: vec![
            ("Supplier", "supplier"),
            ("Promised", "lead-time"),
            ("Achieved", "lead-time"),
            ("Slip", "lead-time"),
            ("Late", "late"),
            ("Late deliveries", "late"),
        ],
        rows: run.input.inputs.names.suppliers.iter().map(row).collect(),
    }
}

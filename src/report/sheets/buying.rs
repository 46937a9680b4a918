//! Suppliers: draft orders against minimums, placed orders to move, and the scorecard.

use crate::domain::outcome::{DraftOrder, OpenOrderAdvice};
use crate::domain::units::Money;
use crate::explain::Unit;
use crate::report::Run;
use crate::report::html::{amount, date, grouped, measured};
use crate::report::sheets::Cell;
use crate::report::sheets::Sheet;
use crate::report::sheets::figure;
use crate::report::sheets::fragment;
use crate::report::sheets::link;
use crate::report::sheets::words;

/// Placed orders that fit a page.
const SHOWN: usize = 50;

/// The sheets of the suppliers page.
pub(crate) fn suppliers(run: &Run) -> Vec<Sheet> {
    vec![drafts(run), placed(run), scorecard(run)]
}

/// F1: one row a supplier and ship-to, dearest first.
fn drafts(run: &Run) -> Sheet {
    let mut orders: Vec<&DraftOrder> = run.input.outcome.orders.iter().collect();
    orders.sort_by_key(|o| (std::cmp::Reverse(o.value), o.supplier, o.location));
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
            ("Freight", "landed-cost"),
            ("Landed", "landed-cost"),
            ("Margin at risk", "value-at-risk"),
            ("Minimum order", ""),
            ("Free freight", ""),
            ("Order on", "order-by"),
            ("Arrives", "lead-time"),
        ],
        rows: orders.into_iter().map(|o| draft(run, o)).collect(),
    }
}

fn draft(run: &Run, o: &DraftOrder) -> Vec<Cell> {
    let lines = o.lines.iter().map(|&at| &run.input.outcome.recommendations[at]);
    let risk: Money = lines.map(|r| r.value_at_risk).sum();
    let against = |limit: Option<Money>| match limit {
        None => "none".to_owned(),
        Some(limit) if o.value >= limit => format!("reached ({})", amount(limit.as_f64())),
        Some(limit) => {
            format!("{} short of {}", amount((limit - o.value).as_f64()), amount(limit.as_f64()))
        }
    };
    let name = run.supplier(Some(o.supplier));
    let free = run.input.inputs.suppliers[o.supplier.index()].free_freight_value;
    vec![
        link(name, format!("recommendations.html#supplier={}", fragment(name))),
        words(run.location(o.location)),
        figure(grouped(o.lines.len() as f64)),
        figure(grouped(o.units.0 as f64)),
        figure(amount(o.value.as_f64())),
        figure(amount(o.freight.as_f64())),
        figure(amount(o.landed_value.as_f64())),
        figure(amount(risk.as_f64())),
        words(against(o.minimum_value)),
        words(against(free)),
        words(if o.order_date <= run.input.as_of {
            "today".to_owned()
        } else {
            date(o.order_date)
        }),
        words(date(o.expected_arrival)),
    ]
}

/// F9: orders already placed that should come sooner, later or not at all; most money first.
fn placed(run: &Run) -> Sheet {
    let mut all: Vec<&OpenOrderAdvice> = run.input.outcome.open_orders.iter().collect();
    all.sort_by_key(|a| (std::cmp::Reverse(a.value), a.sku, a.location));
    let day = |d: Option<chrono::NaiveDate>| words(d.map_or_else(String::new, date));
    let rows = all.iter().take(SHOWN).map(|a| {
        vec![
            words(a.order_id.clone()),
            link(run.sku(a.sku), format!("item.html#{}", a.sku.0)),
            words(run.supplier(a.supplier)),
            words(a.action.name().replace('-', " ")),
            figure(grouped(a.quantity.0 as f64)),
            day(a.expected),
            day(a.proposed),
            figure(amount(a.value.as_f64())),
            words(a.reason.clone()),
        ]
    });
    Sheet {
        title: "Orders already placed",
        note: if all.len() > SHOWN {
            format!("The {SHOWN} worth most of {}.", grouped(all.len() as f64))
        } else {
            String::new()
        },
        empty: "Every open order comes when it is needed.",
        head: vec![
            ("Order", ""),
            ("SKU", "sku"),
            ("Supplier", "supplier"),
            ("Ask to", ""),
            ("Units", "on-order"),
            ("Expected", ""),
            ("Better on", ""),
            ("Worth", "value-at-risk"),
            ("Why", "reason"),
        ],
        rows: rows.collect(),
    }
}

/// H15: what suppliers promise and what they do.
fn scorecard(run: &Run) -> Sheet {
    let row = |(at, code): (usize, &String)| {
        let (scope, name) = (format!("supplier:{code}"), &run.suppliers[at]);
        let get = |key: &str| run.now.find(key, &scope);
        let (promised, achieved) = (
            get("lead_time_promised").and_then(|i| i.value),
            get("lead_time_achieved").and_then(|i| i.value),
        );
        let slip = promised.zip(achieved).map(|(p, a)| a - p);
        let late = get("supplier_late_share");
        vec![
            link(name.clone(), format!("recommendations.html#supplier={}", fragment(name))),
            figure(measured(promised, Unit::Days)),
            figure(measured(achieved, Unit::Days)),
            figure(slip.map_or_else(
                || "unknown".to_owned(),
                |s| format!("{:+.1} days", (s * 10.0).round() / 10.0 + 0.0),
            )),
            figure(measured(late.and_then(|i| i.value), Unit::Percent)),
            figure(late.map_or_else(String::new, |i| {
                format!("{} of {}", grouped(i.numerator), grouped(i.denominator))
            })),
            figure(measured(get("supplier_fill_rate").and_then(|i| i.value), Unit::Percent)),
        ]
    };
    Sheet {
        title: "Scorecard",
        note: "From confirmed orders that were received: days promised, days taken.".to_owned(),
        empty: "No supplier is known: give a suppliers or supply table.",
        head: vec![
            ("Supplier", "supplier"),
            ("Promised", "lead-time"),
            ("Achieved", "lead-time"),
            ("Slip", "lead-time"),
            ("Late", "late"),
            ("Late deliveries", "late"),
            ("Delivered of ordered", "supplier-fill-rate"),
        ],
        rows: run.input.inputs.names.suppliers.iter().enumerate().map(row).collect(),
    }
}

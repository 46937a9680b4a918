//! Suppliers: draft orders against minimums, placed orders to move, and the scorecard.

use crate::domain::outcome::{DraftOrder, OpenOrderAdvice};
use crate::domain::units::Money;
use crate::explain::Unit;
use crate::report::Report;
use crate::report::sheets::network::between_locations;
use crate::report::sheets::{Cell, Sheet, cut, figure, link, percent, sheet, words};
use crate::report::wording::{UNKNOWN, date, fragment, grouped, measured, money, spaced, whole};
use chrono::NaiveDate;
use std::cmp::Reverse;

/// Placed orders that fit a page.
const PLACED: usize = 50;

/// The sheets of the suppliers page.
pub(crate) fn suppliers(report: &Report) -> Vec<Sheet> {
    let mut sheets = vec![drafts(report), placed(report), scorecard(report)];
    sheets.extend(between_locations(report));
    sheets
}

/// The supplier's lines among the recommendations.
fn supplier_link(name: &str) -> Cell {
    link(name, format!("recommendations.html#supplier={}", fragment(name)))
}

/// F1: one row a supplier and ship-to, dearest first.
fn drafts(report: &Report) -> Sheet {
    let mut orders: Vec<&DraftOrder> = report.outcome().orders.iter().collect();
    orders.sort_by_key(|o| (Reverse(o.value), o.supplier, o.location));
    sheet("Draft orders", "Nothing to order today.", &orders)
        .note("Drafts only: nothing is sent. Open one to review its lines.")
        .column("Supplier", "supplier", |o| supplier_link(report.supplier(Some(o.supplier))))
        .column("Ship to", "location", |o| words(report.location(o.location)))
        .column("Lines", "", |o| figure(whole(o.lines.len())))
        .column("Units", "order-quantity", |o| figure(grouped(o.units.as_f64())))
        .column("Order cost", "order-cost", |o| figure(money(o.value)))
        .column("Freight", "landed-cost", |o| figure(money(o.freight)))
        .column("Landed", "landed-cost", |o| figure(money(o.landed_value)))
        .column("Margin at risk", "value-at-risk", |o| {
            let lines = o.lines.iter().map(|&line| &report.outcome().recommendations[line]);
            figure(money(lines.map(|r| r.value_at_risk).sum()))
        })
        .column("Minimum order", "", |o| against(o.value, o.minimum_value))
        .column("Free freight", "", |o| {
            let supplier = &report.inputs().suppliers[o.supplier.index()];
            against(o.value, supplier.free_freight_value)
        })
        // A supplier that takes orders on some weekdays only is not always due today.
        .column("Order on", "order-by", |o| {
            let today = o.order_date <= report.input.as_of;
            words(if today { "today".to_owned() } else { date(o.order_date) })
        })
        .column("Arrives", "lead-time", |o| words(date(o.expected_arrival)))
        .finish()
}

/// An order against a value that it should reach.
fn against(value: Money, limit: Option<Money>) -> Cell {
    words(match limit {
        None => "none".to_owned(),
        Some(limit) if value >= limit => format!("reached ({})", money(limit)),
        Some(limit) => format!("{} short of {}", money(limit - value), money(limit)),
    })
}

/// F9: orders already placed that should come sooner, later or not at all; most money first.
fn placed(report: &Report) -> Sheet {
    let mut all: Vec<&OpenOrderAdvice> = report.outcome().open_orders.iter().collect();
    all.sort_by_key(|a| (Reverse(a.value), a.sku, a.location));
    let note = cut(PLACED, all.len());
    all.truncate(PLACED);
    sheet("Orders already placed", "Every open order comes when it is needed.", &all)
        .note(note)
        .column("Order", "", |a| words(&a.order_id))
        .column("SKU", "sku", |a| link(report.sku(a.sku), report.item_address(a.sku)))
        .column("Supplier", "supplier", |a| words(report.supplier(a.supplier)))
        .column("Ask to", "", |a| words(spaced(a.action.name())))
        .column("Units", "on-order", |a| figure(grouped(a.quantity.as_f64())))
        .column("Expected", "", |a| day(a.expected))
        .column("Better on", "", |a| day(a.proposed))
        .column("Worth", "value-at-risk", |a| figure(money(a.value)))
        .column("Why", "reason", |a| words(&a.reason))
        .finish()
}

fn day(day: Option<NaiveDate>) -> Cell {
    words(day.map_or_else(String::new, date))
}

/// H15: what suppliers promise and what they do.
fn scorecard(report: &Report) -> Sheet {
    struct Row<'a> {
        name: &'a str,
        /// Scope of its indicators.
        scope: String,
    }
    let mut rows = Vec::new();
    for (code, name) in report.inputs().names.suppliers.iter().zip(&report.suppliers) {
        rows.push(Row { name, scope: format!("supplier:{code}") });
    }
    let now = &report.now;
    sheet("Scorecard", "No supplier is known: give a suppliers or supply table.", &rows)
        .note("From confirmed orders that were received: days promised, days taken.")
        .column("Supplier", "supplier", |r| supplier_link(r.name))
        .column("Promised", "lead-time", |r| {
            figure(measured(now.value("lead_time_promised", &r.scope), Unit::Days))
        })
        .column("Achieved", "lead-time", |r| {
            figure(measured(now.value("lead_time_achieved", &r.scope), Unit::Days))
        })
        .column("Slip", "lead-time", |r| {
            slip(
                now.value("lead_time_promised", &r.scope),
                now.value("lead_time_achieved", &r.scope),
            )
        })
        .column("Late", "late", |r| percent(report, &r.scope, "supplier_late_share"))
        .column("Late deliveries", "late", |r| {
            figure(match now.find("supplier_late_share", &r.scope) {
                Some(late) => {
                    format!("{} of {}", grouped(late.numerator), grouped(late.denominator))
                }
                None => String::new(),
            })
        })
        .column("Delivered of ordered", "supplier-fill-rate", |r| {
            percent(report, &r.scope, "supplier_fill_rate")
        })
        .finish()
}

/// Days later than promised.
fn slip(promised: Option<f64>, achieved: Option<f64>) -> Cell {
    figure(match (promised, achieved) {
        (Some(promised), Some(achieved)) => {
            // Rounded first, and zero added: a slip of -0.04 is written +0.0, not -0.0.
            let tenths = ((achieved - promised) * 10.0).round() / 10.0 + 0.0;
            format!("{tenths:+.1} days")
        }
        (_, None) | (None, _) => UNKNOWN.to_owned(),
    })
}

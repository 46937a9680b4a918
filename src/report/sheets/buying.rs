//! Suppliers: draft orders against minimums, placed orders to move, and the scorecard.

use crate::domain::classes::Worklist;
use crate::domain::inputs::PurchaseOrder;
use crate::domain::outcome::{DraftOrder, OpenOrderAdvice, Recommendation, WorklistEntry};
use crate::domain::units::{Money, Units};
use crate::explain::Unit;
use crate::report::gathered::Report;
use crate::report::sheets::network::between_locations;
use crate::report::sheets::sheet::{Cell, Sheet, cut, figure, link, percent, sheet, words};
use crate::report::wording::{
    UNKNOWN, counted, day, fragment, grouped, measured, money, quantity, spaced, units, whole,
};
use crate::tables::drafts::order_files;
use chrono::{Datelike, NaiveDate};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Placed orders that fit a page.
const PLACED: usize = 50;

/// The sheets of the suppliers page.
pub(crate) fn suppliers(report: &Report) -> Vec<Sheet> {
    let mut sheets = vec![drafts(report), placed(report), payments(report)];
    sheets.extend(by_week(report));
    sheets.push(scorecard(report));
    sheets.extend(between_locations(report));
    sheets
}

/// The supplier's lines among the recommendations.
fn supplier_link(name: &str) -> Cell {
    link(name, format!("recommendations.html#supplier={}", fragment(name)))
}

/// The order on the decision list, with what its minimum lacks.
fn order_link(report: &Report, order: &DraftOrder) -> Cell {
    let name = report.supplier(Some(order.supplier));
    let place = match report.has_locations() {
        true => format!("&location={}", fragment(report.location(order.location))),
        false => String::new(),
    };
    link(name, format!("recommendations.html#view=supplier&supplier={}{place}", fragment(name)))
}

/// F1: one row a supplier and ship-to, dearest first.
fn drafts(report: &Report) -> Sheet {
    let mut orders: Vec<&DraftOrder> = report.outcome().orders.iter().collect();
    orders.sort_by_key(|o| (Reverse(o.value), o.supplier, o.location));
    let files = order_files(report.inputs(), report.outcome());
    let none = match report.knows_stock() {
        true => "Nothing to order today.",
        false => "What to order is unknown: bring a stock table (sku, on_hand).",
    };
    let mut drafts = sheet("Draft orders", none, &orders)
        .note(
            "As proposed this morning, whatever has been decided since; nothing is sent. Open one \
             to review its lines.",
        )
        .column("Supplier", "supplier", |o| order_link(report, o))
        .column("Ship to", "location", |o| words(report.location(o.location)))
        .column("Lines", "", |o| figure(whole(o.lines.len())))
        .column("Units", "order-quantity", |o| figure(quantity(o.units.as_f64())))
        .column("Order cost", "order-cost", |o| priced(o, o.value))
        .column("Freight", "landed-cost", |o| figure(money(o.freight)))
        .column("Landed", "landed-cost", |o| priced(o, o.landed_value))
        .column("Margin at risk", "value-at-risk", |o| {
            if !report.knows_margins() {
                return figure(UNKNOWN);
            }
            let lines = o.lines.iter().map(|&line| &report.outcome().recommendations[line]);
            figure(money(lines.map(|r| r.value_at_risk).sum()))
        })
        .column("Minimum order", "", |o| {
            let mut cell = against(o.value, o.minimum_value);
            cell.text += &together(report, o);
            cell
        })
        .column("Free freight", "", |o| {
            let supplier = &report.inputs().suppliers[o.supplier.index()];
            against(o.value, report.asked(supplier.free_freight_value, supplier))
        })
        // The same day as on the list of its lines; an order is as urgent as its first line.
        .column("Order by", "order-by", |o| {
            let lines = o.lines.iter().map(|&line| &report.outcome().recommendations[line]);
            let first = lines.filter_map(|line| line.order_by).min().unwrap_or(o.order_date);
            words(soon(first, report.input.as_of))
        })
        // A supplier that takes orders on some weekdays only does not always take them today.
        .column("Takes orders", "order-by", |o| words(soon(o.order_date, report.input.as_of)))
        .column("Arrives if sent then", "lead-time", |o| {
            words(day(o.expected_arrival, report.input.as_of))
        })
        .column("To print", "", |o| {
            files.get(&Some(o.supplier)).map_or_else(
                || words(""),
                |file| link("draft", format!("../orders/{}.html", fragment(file))),
            )
        })
        .finish();
    drafts.rows.extend(from_nobody(report, drafts.heads.len()));
    if orders.len() > 1 {
        drafts.rows.push(all_orders(report, &orders, drafts.heads.len()));
    }
    drafts
}

/// The lines that nobody is known to deliver: they stand on the list of lines, and cost as much.
fn from_nobody(report: &Report, columns: usize) -> Option<Vec<Cell>> {
    let lines = report.outcome().recommendations.iter();
    let lines: Vec<&Recommendation> = lines
        .filter(|line| {
            line.quantity.is_positive() && line.supplier.is_none() && line.transfer.is_none()
        })
        .collect();
    if lines.is_empty() {
        return None;
    }
    let units: Units = lines.iter().map(|line| line.quantity).sum();
    let cost: Money = lines.iter().map(|line| line.value).sum();
    let cost = if cost.is_positive() { money(cost) } else { UNKNOWN.to_owned() };
    let mut cells = vec![
        words("no supplier known"),
        words(""),
        figure(whole(lines.len())),
        figure(quantity(units.as_f64())),
        figure(cost.clone()),
        figure(UNKNOWN),
        figure(cost),
        figure(if report.knows_margins() {
            money(lines.iter().map(|line| line.value_at_risk).sum())
        } else {
            UNKNOWN.to_owned()
        }),
    ];
    cells.resize(columns, Cell::default());
    Some(cells)
}

/// What all orders come to.
fn all_orders(report: &Report, orders: &[&DraftOrder], columns: usize) -> Vec<Cell> {
    let lines: usize = orders.iter().map(|o| o.lines.len()).sum();
    let units: Units = orders.iter().map(|o| o.units).sum();
    let sums = [
        orders.iter().map(|o| o.value).sum::<Money>(),
        orders.iter().map(|o| o.freight).sum(),
        orders.iter().map(|o| o.landed_value).sum(),
    ];
    let mut cells = vec![
        words("All suppliers"),
        words(""),
        figure(whole(lines)),
        figure(quantity(units.as_f64())),
    ];
    cells.extend(sums.map(|sum| figure(money(sum))));
    let at_risk = orders.iter().flat_map(|o| &o.lines);
    let at_risk = at_risk.map(|&line| report.outcome().recommendations[line].value_at_risk).sum();
    cells.push(figure(if report.knows_margins() { money(at_risk) } else { UNKNOWN.to_owned() }));
    cells.resize(columns, Cell::default());
    cells
}

/// The order of the same supplier to another place that this one would reach its minimum with,
/// where it lacks it alone.
fn together(report: &Report, order: &DraftOrder) -> String {
    let lacks = order.minimum_value.filter(|&least| order.value < least);
    let mut others = report
        .outcome()
        .orders
        .iter()
        .filter(|other| other.supplier == order.supplier && other.location != order.location);
    match lacks.zip(others.find(|o| lacks.is_some_and(|least| o.value + order.value >= least))) {
        Some((_, other)) => {
            format!(": reached together with {}, ask for it", report.location(other.location))
        }
        None => String::new(),
    }
}

/// A value of an order; unknown where none of its units has a price.
fn priced(order: &DraftOrder, value: Money) -> Cell {
    figure(if order.value.is_positive() { money(value) } else { UNKNOWN.to_owned() })
}

/// A day to act on, in words.
fn soon(date: NaiveDate, as_of: NaiveDate) -> String {
    if date <= as_of { "today".to_owned() } else { day(date, as_of) }
}

/// An order against a value that it should reach.
fn against(value: Money, limit: Option<Money>) -> Cell {
    words(match limit {
        None => "none".to_owned(),
        // An order of unknown cost is neither short of a minimum nor has it reached one.
        Some(limit) if limit.is_positive() && !value.is_positive() => {
            format!("unknown ({})", money(limit))
        }
        Some(limit) if value >= limit => format!("reached ({})", money(limit)),
        Some(limit) => format!("{} short of {}", money(limit - value), money(limit)),
    })
}

/// F9: orders already placed that should come sooner, later or not at all; most money first.
fn placed(report: &Report) -> Sheet {
    let mut all: Vec<&OpenOrderAdvice> = report.outcome().open_orders.iter().collect();
    // What is late stands on top, the oldest first: somebody has to call today.
    all.sort_by_key(|a| {
        let late = a.expected.filter(|&day| day < report.input.as_of);
        (late.is_none(), late, Reverse(a.value), a.sku, a.location)
    });
    let late = match overdue(report) {
        Some(late) => format!("{late}."),
        None if report.inputs().purchase_orders.is_empty() => {
            "No purchase orders are known: give a purchase_orders table.".to_owned()
        }
        None => "Nothing is overdue.".to_owned(),
    };
    let note = format!("{late} {}", cut(PLACED, all.len()));
    all.truncate(PLACED);
    let as_of = report.input.as_of;
    let none = match report.inputs().purchase_orders.is_empty() {
        true => "What is on its way is unknown.",
        false => "Every open order comes when it is needed.",
    };
    sheet("Orders already placed", none, &all)
        .note(note)
        .column("Order", "", |a| words(&a.order_id))
        .column("SKU", "sku", |a| link(report.sku(a.sku), report.item_address(a.sku)))
        .column("Supplier", "supplier", |a| words(report.supplier(a.supplier)))
        .column("Ask to", "", |a| words(spaced(a.action.name())))
        .column("Units", "on-order", |a| figure(quantity(a.quantity.as_f64())))
        .column("Expected", "", |a| dated(a.expected, as_of))
        .column("Late", "late", |a| {
            let late = a.expected.map_or(0, |expected| (as_of - expected).num_days());
            figure(match usize::try_from(late) {
                Ok(0) | Err(_) => String::new(),
                Ok(days) => counted(days, "day"),
            })
        })
        .column("Better on", "", |a| dated(a.proposed, as_of))
        .column("Worth", "value-at-risk", |a| figure(money(a.value)))
        .column("Why", "reason", |a| words(&a.reason))
        .finish()
}

fn dated(date: Option<NaiveDate>, as_of: NaiveDate) -> Cell {
    words(date.map_or_else(String::new, |date| day(date, as_of)))
}

/// Every open order line past its day.
pub(super) fn late_orders<'a>(report: &Report<'a>) -> Vec<&'a PurchaseOrder> {
    let open = report.inputs().purchase_orders.iter().filter(|o| o.outstanding().is_positive());
    open.filter(|order| order.expected.is_some_and(|day| day < report.input.as_of)).collect()
}

/// What is late, in a sentence: every order line past its day, whether there is advice on it or
/// not. `None` where nothing is.
pub(crate) fn overdue(report: &Report) -> Option<String> {
    let as_of = report.input.as_of;
    let late = late_orders(report);
    let oldest = late.iter().min_by_key(|order| order.expected)?;
    Some(format!(
        "Overdue: {}, {} in all; the oldest is {} of {}, due {}",
        counted(late.len(), "order line"),
        units(late.iter().map(|order| order.outstanding()).sum()),
        oldest.order_id,
        report.sku(oldest.sku),
        oldest.expected.map_or_else(String::new, |due| day(due, as_of))
    ))
}

/// What is to be paid, by when.
struct Due<'a> {
    name: &'a str,
    /// Days from the as-of date.
    until: i64,
}

/// What is owed: what was delivered and is not due yet, what is on its way, what is proposed
/// tonight.
fn payments(report: &Report) -> Sheet {
    const SPANS: [Due; 4] = [
        Due { name: "within 7 days", until: 7 },
        Due { name: "in 8 to 30 days", until: 30 },
        Due { name: "in 31 to 60 days", until: 60 },
        Due { name: "later", until: i64::MAX },
    ];
    struct Row<'a> {
        when: &'static str,
        supplier: &'a str,
        what: &'a str,
        first: NaiveDate,
        value: Money,
    }
    let as_of = report.input.as_of;
    let bills: Vec<&WorklistEntry> =
        report.outcome().worklists.iter().filter(|e| e.list == Worklist::Payment).collect();
    let mut rows: Vec<Row> = Vec::new();
    let mut from = i64::MIN;
    for Due { name, until } in SPANS {
        let first_of_span = rows.len();
        for bill in &bills {
            let Some(due) = bill.day else { continue };
            let ahead = (due - as_of).num_days();
            if ahead <= from || ahead > until {
                continue;
            }
            let (supplier, what) = (report.supplier(bill.supplier), bill.reason.as_str());
            // One row a supplier and kind of bill within a span: the days are in the list of
            // payments.
            let same = rows[first_of_span..]
                .iter_mut()
                .find(|row| row.supplier == supplier && row.what == what);
            match same {
                Some(row) => row.value += bill.value,
                None => {
                    rows.push(Row { when: name, supplier, what, first: due, value: bill.value })
                }
            }
        }
        from = until;
    }
    let mut within_7 = Money::ZERO;
    let mut within_30 = Money::ZERO;
    let mut months: BTreeMap<(i32, u32), Money> = BTreeMap::new();
    for bill in &bills {
        let Some(due) = bill.day else { continue };
        let ahead = (due - as_of).num_days();
        within_7 += if ahead <= 7 { bill.value } else { Money::ZERO };
        within_30 += if ahead <= 30 { bill.value } else { Money::ZERO };
        // Past its day is due now.
        let day = due.max(as_of);
        *months.entry((day.year(), day.month())).or_default() += bill.value;
    }
    let by_month: Vec<String> = months
        .iter()
        .map(|(&(year, month), &value)| {
            format!("{} {}", month_of(year, month, as_of), money(value))
        })
        .collect();
    let currency = report.currency();
    let knows_bills = !bills.is_empty() || !report.inputs().purchase_orders.is_empty();
    let none = match knows_bills {
        true => "Nothing is to be paid: no order is open, and none is proposed.",
        false => "What is to be paid is unknown: give a purchase_orders table.",
    };
    let sheet = sheet("To be paid", none, &rows);
    let sheet = match (knows_bills, report.knows_costs()) {
        (false, _) => sheet,
        (true, false) => sheet.note("How much is unknown: bring unit_cost in products or supply."),
        (true, true) => sheet.note(format!(
            "{}{currency} within 7 days, {}{currency} within 30. By month: {}. It is what was \
             delivered and is not due yet, what is on its way, and what is proposed tonight, each \
             so many days after it arrives as the supplier grants. Whether an older bill was paid \
             is not known here.",
            money(within_7),
            money(within_30),
            by_month.join(", ")
        )),
    };
    sheet
        .column("When", "", |r| words(r.when))
        .column("Supplier", "supplier", |r| supplier_link(r.supplier))
        .column("First on", "", |r| words(day(r.first, as_of)))
        .column("To pay", "order-cost", |r| {
            figure(if r.value.is_positive() { money(r.value) } else { UNKNOWN.to_owned() })
        })
        .column("For what", "", |r| words(r.what))
        .finish()
}

/// Weeks ahead that are added up.
const PAID_WEEKS: usize = 13;

/// What is to be paid week by week, from today on; `None` where nothing is or no price is known.
fn by_week(report: &Report) -> Option<Sheet> {
    struct Week {
        from: NaiveDate,
        value: Money,
        proposed: Money,
        total: Money,
    }
    let as_of = report.input.as_of;
    let mut weeks: Vec<Week> = (0..PAID_WEEKS)
        .map(|week| Week {
            from: as_of + chrono::Days::new(7 * week as u64),
            value: Money::ZERO,
            proposed: Money::ZERO,
            total: Money::ZERO,
        })
        .collect();
    for bill in report.outcome().worklists.iter().filter(|e| e.list == Worklist::Payment) {
        let Some(due) = bill.day else { continue };
        // Past its day is due now.
        let week = usize::try_from((due - as_of).num_days().max(0) / 7).unwrap_or(usize::MAX);
        let Some(week) = weeks.get_mut(week) else { continue };
        week.value += bill.value;
        if bill.reason.starts_with("proposed") {
            week.proposed += bill.value;
        }
    }
    let mut total = Money::ZERO;
    for week in &mut weeks {
        total += week.value;
        week.total = total;
    }
    // Empty weeks at the end say nothing.
    let last = weeks.iter().rposition(|week| week.value.is_positive())?;
    weeks.truncate(last + 1);
    let sheet = sheet("To be paid by week", "Nothing.", &weeks)
        .note("The same bills, added up by seven days from today on.")
        .column("Week from", "", |w| words(day(w.from, as_of)))
        .column("To pay", "order-cost", |w| figure(money(w.value)))
        .column("Of it proposed tonight", "order-cost", |w| figure(money(w.proposed)))
        .column("Since today", "order-cost", |w| figure(money(w.total)))
        .finish();
    Some(sheet)
}

/// A month in words, with the year where it is not that of `as_of`.
fn month_of(year: i32, month: u32, as_of: NaiveDate) -> String {
    // The year only where it is another one.
    let form = if year == as_of.year() { "%B" } else { "%B %Y" };
    NaiveDate::from_ymd_opt(year, month, 1)
        .map_or_else(String::new, |first| first.format(form).to_string())
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

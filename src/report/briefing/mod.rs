//! The first page: what needs a decision today. The sentence to read first, what is doubtful, the
//! six panels, the moves with the most money, what not to promote and what to push.

mod moves;
mod panels;

use crate::domain::exceptions::{Exception, ExceptionKind, Severity};
use crate::domain::outcome::{Recommendation, Status};
use crate::domain::units::SkuId;
use crate::indicators::PoolResults;
use crate::indicators::matters::{Sales, matters};
use crate::report::briefing::moves::{Move, moves};
use crate::report::briefing::panels::{Panel, do_not_promote, panels, push};
use crate::report::charts::{self, Bar, WeekBar};
use crate::report::gathered::Report;
use crate::report::page::Page;
use crate::report::queue;
use crate::report::sheets::{exception_groups, overdue};
use crate::report::wording::{
    amount, counted, day, grouped, money, plain_dates, sentence, spaced, whole,
};
use askama::Template;
use chrono::Duration;
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "briefing.html", config = "src/report/askama.toml")]
struct Briefing {
    page: Page,
    lead: String,
    bring: Vec<Bring>,
    notices: Vec<Notice>,
    panels: Vec<Panel>,
    /// Whether an item may be counted more than once.
    has_locations: bool,
    /// Without an earlier run: nothing can have changed.
    is_first: bool,
    knows_stock: bool,
    moves: Vec<Move>,
    stock: Figure,
    orders: Figure,
    do_not_promote: Vec<ItemLine>,
    push: Vec<ItemLine>,
}

/// Something to know before trusting the page, with the list behind it.
struct Notice {
    text: String,
    href: String,
    link: &'static str,
}

/// Something to bring next.
struct Bring {
    what: String,
    /// Of the last year, that hang on it.
    sales: String,
    /// Where to write the lines; may be empty.
    file: String,
    lines: Vec<String>,
}

/// A chart, and the same in words for those who cannot see it.
struct Figure {
    chart: String,
    words: String,
}

/// An item: where its page is, SKU and name.
struct ItemText {
    /// Below `report/`.
    address: String,
    sku: String,
    name: String,
}

impl ItemText {
    fn new(report: &Report, sku: SkuId) -> Self {
        Self {
            address: report.item_address(sku),
            sku: report.sku(sku).to_owned(),
            name: report.name(sku).to_owned(),
        }
    }
}

/// An item with one remark and its money.
struct ItemLine {
    item: ItemText,
    remark: String,
    money: String,
}

pub(super) fn page(report: &Report) -> askama::Result<String> {
    let page = Briefing {
        page: Page::new(report.input, "Briefing"),
        lead: lead(report),
        bring: bring_next(report),
        notices: notices(report),
        panels: panels(report),
        has_locations: report.has_locations(),
        is_first: report.before.is_empty(),
        knows_stock: report.knows_stock(),
        moves: moves(report),
        stock: stock_by_status(report),
        orders: orders_by_week(report),
        do_not_promote: do_not_promote(report),
        push: push(report),
    };
    page.render()
}

/// Every proposed order line.
fn order_lines<'a>(report: &'a Report) -> impl Iterator<Item = &'a Recommendation> {
    report.pools.iter().flat_map(|p| p.recommendations).filter(|r| r.quantity.is_positive())
}

/// The sentence a planner reads first: it counts what the decision list counts.
fn lead(report: &Report) -> String {
    // Those whose row in the decision list says `today`.
    let due: Vec<&Recommendation> = order_lines(report)
        .filter(|line| line.order_by.is_some_and(|day| day <= report.input.as_of))
        .collect();
    let waiting = queue::lead(report);
    if due.is_empty() {
        return waiting;
    }
    let lines = counted(due.len(), "line");
    if !report.knows_costs() {
        return format!("{waiting} {lines} should go out today.");
    }
    let currency = report.currency();
    let cost = money(due.iter().map(|line| line.value).sum()) + &currency;
    if !report.knows_margins() {
        return format!("{waiting} {lines} should go out today: {cost}.");
    }
    let risk = money(due.iter().map(|line| line.value_at_risk).sum()) + &currency;
    format!("{waiting} {lines} should go out today: {cost}, to protect {risk} of margin.")
}

/// What the report cannot say, and the lines that would let it: the three things that most sales
/// hang on, as `check` ends with. Empty where stock, costs and suppliers are known.
fn bring_next(report: &Report) -> Vec<Bring> {
    /// A morning's work; the rest follows when these are there.
    const SHOWN: usize = 3;
    let has_suppliers = report.inputs().has("supply");
    if report.knows_stock() && report.knows_costs() && has_suppliers {
        return Vec::new();
    }
    let mut all = Vec::new();
    for matter in matters(report.inputs(), &BTreeMap::new()).into_iter().take(SHOWN) {
        let Sales { units, money } = matter.bears_on;
        let sales = match money > 0.0 {
            true => format!("{}{}", grouped(money), report.currency()),
            false => format!("{} units", grouped(units)),
        };
        let what = sentence(&matter.what);
        all.push(Bring { what, sales, file: matter.file, lines: matter.lines });
    }
    all
}

/// A line a kind of trouble, worst first.
fn notices(report: &Report) -> Vec<Notice> {
    /// Kinds on the first page; the others are a link away.
    const SHOWN: usize = 4;
    // Rejected rows have a line of their own.
    let doubtful = report.exceptions().filter(|e: &&Exception| {
        e.severity > Severity::Info && e.kind != ExceptionKind::Quarantine
    });
    let kinds = exception_groups(doubtful);
    let mut notices = Vec::new();
    if let Some(text) = overdue(report) {
        let href = "report/suppliers.html#orders-already-placed".to_owned();
        notices.push(Notice { text, href, link: "what to ask for" });
    }
    for group in kinds.iter().take(SHOWN) {
        // The first case says more than the name of its kind would.
        let mut text = format!("{}: {}", group.first.about, group.first.what);
        if group.count > 1 {
            text += &format!("; {} more like it", whole(group.count - 1));
        }
        text = plain_dates(&text, report.input.as_of);
        let href = format!("report/quality.html#kind={}", group.kind);
        notices.push(Notice { text, href, link: "what it costs" });
    }
    // What stands below the fold is not read; but it must not be hidden either.
    if kinds.len() > SHOWN {
        notices.push(Notice {
            text: format!("{} of doubtful numbers", counted(kinds.len() - SHOWN, "more kind")),
            href: "report/quality.html".to_owned(),
            link: "data quality",
        });
    }
    let rejected = report.inputs().quarantine.len();
    if rejected > 0 {
        notices.push(Notice {
            text: format!("{} could not be used", counted(rejected, "input row")),
            href: "report/quality.html#t-quarantine".to_owned(),
            link: "which and why",
        });
    }
    notices
}

/// A bar a status.
fn stock_by_status(report: &Report) -> Figure {
    let mut by_status: BTreeMap<Status, Vec<&PoolResults>> = BTreeMap::new();
    for pool in &report.pools {
        by_status.entry(pool.status()).or_default().push(pool);
    }
    let mut bars = Vec::new();
    let mut words = Vec::new();
    for (status, pools) in by_status {
        let value = pools.iter().map(|p| p.stock_value().as_f64()).sum();
        let label = spaced(status.name());
        let items = counted(pools.len(), "item");
        let written = match report.knows_stock() && report.knows_costs() {
            true => format!("{} in {items}", amount(value)),
            false => items,
        };
        words.push(format!("{label}: {written}"));
        bars.push(Bar { label, value, written });
    }
    Figure { chart: charts::bars(&bars), words: words.join("; ") }
}

/// Proposed order value by the week of its order-by date; what is late counts as this week.
fn orders_by_week(report: &Report) -> Figure {
    /// As many as stand side by side with their dates.
    const WEEKS: usize = 8;
    let as_of = report.input.as_of;
    let mut weeks: Vec<WeekBar> = (0..WEEKS as i64)
        .map(|week| WeekBar { start: as_of + Duration::weeks(week), value: 0.0 })
        .collect();
    let mut lines = [0; WEEKS];
    for line in order_lines(report) {
        // A line without a date has nothing to wait for.
        let days = line.order_by.map_or(0, |date| (date - as_of).num_days().max(0));
        let week = usize::try_from(days / 7).unwrap_or(usize::MAX);
        if week < WEEKS {
            weeks[week].value += line.value.as_f64();
            lines[week] += 1;
        }
    }
    let mut words = Vec::new();
    for (week, &lines) in weeks.iter().zip(&lines).filter(|&(_, &lines)| lines > 0) {
        let lines = counted(lines, "line");
        words.push(format!(
            "week of {}: {} in {lines}",
            day(week.start, as_of),
            amount(week.value)
        ));
    }
    if words.is_empty() {
        words.push(match report.knows_stock() {
            true => "nothing to order".to_owned(),
            false => "unknown until the stock is known".to_owned(),
        });
    }
    Figure { chart: charts::weeks(&weeks, amount), words: words.join("; ") }
}

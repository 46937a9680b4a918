//! The pages: askama templates and what they are filled with.

use crate::domain::exceptions::{Exception, ExceptionKind, Severity};
use crate::domain::fault::{Fault, guarded};
use crate::domain::outcome::Status;
use crate::indicators::Attention;
use crate::report::Run;
use crate::report::briefing::{self, Line, Move, Panel};
use crate::report::charts;
use crate::report::glossary::{TERMS, Term};
use crate::report::html::{Page, amount, date, grouped, signed, units};
use crate::report::lists;
use crate::report::sheets;
use crate::report::sheets::Sheet;
use askama::Template;
use std::cmp::Reverse;
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "briefing.html", config = "src/report/askama.toml")]
struct Briefing {
    page: Page,
    lead: String,
    notices: Vec<Notice>,
    panels: Vec<PanelText>,
    moves: Vec<MoveText>,
    value_chart: String,
    value_words: String,
    order_chart: String,
    order_words: String,
    do_not_promote: Vec<LineText>,
    push: Vec<LineText>,
}

struct Notice {
    text: String,
    href: String,
    link: &'static str,
}

struct PanelText {
    class: &'static str,
    href: String,
    title: &'static str,
    meaning: &'static str,
    label: &'static str,
    count: String,
    counted: &'static str,
    value: String,
    change: String,
    top: Vec<LineText>,
}

struct MoveText {
    verb: &'static str,
    item: u32,
    sku: String,
    name: String,
    text: String,
    money: String,
    label: &'static str,
}

struct LineText {
    item: u32,
    sku: String,
    name: String,
    note: String,
    money: String,
}

#[derive(Template)]
#[template(path = "table.html", config = "src/report/askama.toml")]
struct Tables {
    page: Page,
    sheets: Vec<Sheet>,
    tables: Vec<LongTable>,
}

struct LongTable {
    name: &'static str,
    title: &'static str,
    note: String,
    decide: bool,
}

#[derive(Template)]
#[template(path = "item.html", config = "src/report/askama.toml")]
struct Item {
    page: Page,
}

#[derive(Template)]
#[template(path = "glossary.html", config = "src/report/askama.toml")]
struct Glossary {
    page: Page,
    terms: &'static [Term],
}

/// A page's text, or what kept it from being made.
pub(crate) type Made = Result<askama::Result<String>, Fault>;

/// Every page as (path, text); one that breaks does not keep the others from being made.
pub(crate) fn all(run: &Run) -> Vec<(&'static str, Made)> {
    let page = |title| Page::new(run.input, title);
    let tables = |title, sheets, tables| Tables { page: page(title), sheets, tables }.render();
    let inputs = run.input.inputs;
    vec![
        ("index.html", guarded(|| briefing_page(run).render())),
        (
            "report/recommendations.html",
            guarded(|| tables("Recommendations", Vec::new(), vec![recommendations()])),
        ),
        (
            "report/channels.html",
            guarded(|| {
                tables(
                    "Channels",
                    sheets::channels(run),
                    vec![
                        long(
                            "findings",
                            "What to look at",
                            FINDINGS,
                            run.input.outcome.findings.len(),
                        ),
                        long(
                            "allocation",
                            "Allocation",
                            ALLOCATION,
                            run.input.outcome.allocation.len(),
                        ),
                    ],
                )
            }),
        ),
        (
            "report/suppliers.html",
            guarded(|| tables("Suppliers", sheets::suppliers(run), Vec::new())),
        ),
        (
            "report/indicators.html",
            guarded(|| tables("Indicators", sheets::indicators(run), vec![counts(run), culls()])),
        ),
        (
            "report/accuracy.html",
            guarded(|| {
                tables(
                    "Accuracy",
                    sheets::accuracy(run),
                    vec![long(
                        "accuracy",
                        "Every series",
                        "The chosen method beside the naive one; largest error first.",
                        0,
                    )],
                )
            }),
        ),
        (
            "report/quality.html",
            guarded(|| {
                tables(
                    "Data quality",
                    sheets::data(run),
                    vec![
                        long(
                            "exceptions",
                            "Everything missing or doubtful",
                            "Worst first.",
                            inputs.exceptions.len() + run.input.outcome.exceptions.len(),
                        ),
                        long(
                            "quarantine",
                            "Rejected rows",
                            "The numbers are made without these rows.",
                            inputs.quarantine.len(),
                        ),
                    ],
                )
            }),
        ),
        (
            "report/changes.html",
            guarded(|| {
                tables(
                    "Changes",
                    sheets::changes(run),
                    vec![long(
                        "changes",
                        "Line by line",
                        "What moved since the last published run, and why.",
                        run.input.outcome.changes.len(),
                    )],
                )
            }),
        ),
        ("report/item.html", guarded(|| Item { page: page("Item") }.render())),
        (
            "report/glossary.html",
            guarded(|| Glossary { page: page("Glossary"), terms: TERMS }.render()),
        ),
    ]
}

/// What stands where a page could not be made.
pub(crate) fn broken(path: &str, run_id: &str) -> String {
    let home = if path.contains('/') { "../index.html" } else { "report/recommendations.html" };
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{run_id}</title>\
         <p>This page could not be made: a fault of ours, told in the exceptions table. The numbers are in tables/. \
         <a href=\"{home}\">Go on</a></p></html>\n"
    )
}

const FINDINGS: &str = "Shown beyond what is there, one channel dry while another is full, stock that a channel will not sell, channels that cost the others more than they bring. Most money first.";
const ALLOCATION: &str = "Pauses and alerts first, then the highest chance of selling what is not there. The channel files hold the same numbers.";

/// B9, with the pace that the classes' intervals ask for.
fn counts(run: &Run) -> LongTable {
    let due = lists::counts_due(run);
    let pace: f64 = due.iter().map(lists::CountDue::a_week).sum();
    let note = format!(
        "Due ones first, by class and value. The intervals of [policy.cells] ask for {} counts a week.",
        grouped(pace.ceil())
    );
    long("counts", "Count next", &note, due.len())
}

fn culls() -> LongTable {
    long("culls", "Cull list", "Most cash freed at cost first: discount, bundle or discontinue.", 0)
}

fn recommendations() -> LongTable {
    LongTable {
        name: "recommendations",
        title: "What to order, and why",
        note: "Most urgent first, then most margin at risk. Decide line by line, then download the decisions.".to_owned(),
        decide: true,
    }
}

fn long(name: &'static str, title: &'static str, note: &str, rows: usize) -> LongTable {
    let cut = if name != "allocation" && rows > lists::LONGEST {
        format!(
            " The first {} of {} rows; the Parquet table has all.",
            grouped(lists::LONGEST as f64),
            grouped(rows as f64)
        )
    } else {
        String::new()
    };
    LongTable { name, title, note: format!("{note}{cut}"), decide: false }
}

fn briefing_page(run: &Run) -> Briefing {
    let (value_chart, value_words) = stock_by_status(run);
    let (order_chart, order_words) = orders_by_week(run);
    let line = |l: Line| line_text(run, &l);
    Briefing {
        page: Page::new(run.input, "Briefing"),
        lead: lead(run),
        notices: notices(run),
        panels: briefing::panels(run).iter().map(|p| panel_text(run, p)).collect(),
        moves: briefing::moves(run).into_iter().map(|m| move_text(run, m)).collect(),
        value_chart,
        value_words,
        order_chart,
        order_words,
        do_not_promote: briefing::do_not_promote(run).into_iter().map(line).collect(),
        push: briefing::push(run).into_iter().map(line).collect(),
    }
}

/// The sentence a planner reads first.
fn lead(run: &Run) -> String {
    let urgent =
        |s: Status| matches!(s, Status::StockedOut | Status::WillStockOut | Status::OrderNow);
    let lines = || {
        run.pools
            .iter()
            .flat_map(|p| p.recommendations)
            .filter(|r| r.quantity.0 > 0 && urgent(r.status))
    };
    let count = lines().count();
    let currency = run.input.currency;
    let space = if currency.is_empty() { "" } else { " " };
    let cost = amount(lines().map(|r| r.value.as_f64()).sum());
    let risk = amount(lines().map(|r| r.value_at_risk.as_f64()).sum());
    match count {
        0 => "No order line needs a decision today.".to_owned(),
        1 => format!(
            "1 order line needs a decision today. It costs {cost}{space}{currency} and protects {risk}{space}{currency} of margin."
        ),
        n => format!(
            "{} order lines need a decision today. Together they cost {cost}{space}{currency} and protect {risk}{space}{currency} of margin.",
            grouped(n as f64)
        ),
    }
}

/// Kinds of trouble on the first page; the others are a link away.
const NOTICED: usize = 4;

/// What a planner must know before trusting the page: a line a kind of trouble, worst first, each leading to its list.
fn notices(run: &Run) -> Vec<Notice> {
    let inputs = run.input.inputs;
    let mut kinds: BTreeMap<ExceptionKind, (Severity, usize, &Exception)> = BTreeMap::new();
    // Rejected rows have a line of their own.
    let told = |e: &&Exception| e.severity > Severity::Info && e.kind != ExceptionKind::Quarantine;
    for e in inputs.exceptions.iter().chain(&run.input.outcome.exceptions).filter(told) {
        let kind = kinds.entry(e.kind).or_insert((e.severity, 0, e));
        (kind.0, kind.1) = (kind.0.max(e.severity), kind.1 + 1);
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|&(kind, (severity, n, _))| (Reverse((severity, n)), kind));
    let notice = |&(kind, (_, n, first)): &(ExceptionKind, (Severity, usize, &Exception))| Notice {
        text: match n {
            1 => format!("{}: {}", first.about, first.what),
            n => {
                format!("{}: {}; {} more like it", first.about, first.what, grouped((n - 1) as f64))
            }
        },
        href: format!("report/quality.html#kind={kind}"),
        link: "what it costs",
    };
    let mut notices: Vec<Notice> = kinds.iter().take(NOTICED).map(notice).collect();
    if kinds.len() > NOTICED {
        let text = format!("{} more kinds of doubtful numbers", kinds.len() - NOTICED);
        notices.push(Notice { text, href: "report/quality.html".to_owned(), link: "data quality" });
    }
    let rejected = inputs.quarantine.len();
    if rejected > 0 {
        let text =
            format!("{} input row{} could not be used", grouped(rejected as f64), plural(rejected));
        notices.push(Notice {
            text,
            href: "report/quality.html#t-quarantine".to_owned(),
            link: "which and why",
        });
    }
    notices
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

fn panel_text(run: &Run, p: &Panel) -> PanelText {
    let (class, href) = match p.attention {
        Attention::StockedOut => ("urgent", "report/recommendations.html#status=stocked-out"),
        Attention::AboutToStockOut => {
            ("urgent", "report/recommendations.html#status=will-stock-out")
        }
        Attention::OrderNow => ("now", "report/recommendations.html#status=order-now"),
        Attention::Excess => ("calm", "report/recommendations.html#status=excess"),
        Attention::Dead => ("calm", "report/indicators.html#t-culls"),
        Attention::New => ("calm", "report/recommendations.html"),
    };
    let change = match p.change {
        None => "no earlier run to compare with".to_owned(),
        Some((0.0, money)) if signed(money) == "no change" => {
            "no change since the last run".to_owned()
        }
        Some((0.0, money)) => format!("since the last run: as many, {} in money", signed(money)),
        Some((count, money)) => {
            format!("since the last run: {}, {} in money", signed(count), signed(money))
        }
    };
    PanelText {
        class,
        href: href.to_owned(),
        title: p.title,
        meaning: p.meaning,
        label: p.label,
        count: grouped(p.count as f64),
        counted: match (run.input.inputs.names.locations.len() > 1, p.count) {
            (true, 1) => "stock pool",
            (true, _) => "stock pools",
            (false, 1) => "item",
            (false, _) => "items",
        },
        value: amount(p.value),
        change,
        top: p.top.iter().map(|l| line_text(run, l)).collect(),
    }
}

fn move_text(run: &Run, m: Move) -> MoveText {
    MoveText {
        verb: m.verb,
        item: m.sku.0,
        sku: run.sku(m.sku).to_owned(),
        name: run.input.inputs.products[m.sku.index()].name.clone(),
        text: m.text,
        money: amount(m.money),
        label: m.label,
    }
}

fn line_text(run: &Run, line: &Line) -> LineText {
    LineText {
        item: line.sku.0,
        sku: run.sku(line.sku).to_owned(),
        name: run.input.inputs.products[line.sku.index()].name.clone(),
        note: line.note.clone(),
        money: amount(line.money),
    }
}

/// A bar a status, and the same in words for those who cannot see it.
fn stock_by_status(run: &Run) -> (String, String) {
    let mut sums: BTreeMap<Status, (usize, f64)> = BTreeMap::new();
    for pool in &run.pools {
        let sum = sums.entry(pool.status()).or_default();
        *sum = (sum.0 + 1, sum.1 + pool.stock_value().as_f64());
    }
    let name = |s: Status| s.name().replace('-', " ");
    let rows: Vec<_> = sums
        .iter()
        .map(|(&s, &(n, v))| (name(s), v, format!("{} in {} pools", amount(v), grouped(n as f64))))
        .collect();
    let words: Vec<String> = rows.iter().map(|(name, _, text)| format!("{name}: {text}")).collect();
    (charts::bars(&rows), words.join("; "))
}

/// Proposed order value by the week of its order-by date, eight weeks ahead; what is late counts as this week.
fn orders_by_week(run: &Run) -> (String, String) {
    let mut weeks = [(0.0, 0i64); 8];
    for r in run.pools.iter().flat_map(|p| p.recommendations).filter(|r| r.quantity.0 > 0) {
        let days = r.order_by.map_or(0, |d| (d - run.input.as_of).num_days().max(0));
        if let Some(week) = usize::try_from(days / 7).ok().and_then(|w| weeks.get_mut(w)) {
            *week = (week.0 + r.value.as_f64(), week.1 + 1);
        }
    }
    let start =
        |w: usize| run.input.as_of + chrono::Duration::days(7 * i64::try_from(w).unwrap_or(0));
    let rows: Vec<_> = weeks.iter().enumerate().map(|(w, &(value, _))| (start(w), value)).collect();
    let words: Vec<String> = weeks
        .iter()
        .enumerate()
        .filter(|(_, w)| w.1 > 0)
        .map(|(w, &(value, lines))| {
            format!(
                "week of {}: {} in {lines} line{}",
                date(start(w)),
                amount(value),
                if lines == 1 { "" } else { "s" }
            )
        })
        .collect();
    let words = if words.is_empty() {
        format!("nothing to order ({})", units(0))
    } else {
        words.join("; ")
    };
    (charts::weeks(&rows, amount), words)
}

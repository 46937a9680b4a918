//! The pages: what each holds, and what every page carries.

use crate::report::counting::{CountDue, counts_due};
use crate::report::gathered::Report;
use crate::report::page::Page;
use crate::report::scripts::tables::LONGEST;
use crate::report::sheets::{self, Sheet};
use crate::report::wording::{counted, grouped, whole};
use crate::report::{briefing, queue};
use askama::Template;

/// What makes a page.
type MakesPage = fn(&Report) -> askama::Result<String>;

/// Every page as (path, what makes it).
pub(super) const PAGES: [(&str, MakesPage); 11] = [
    ("index.html", briefing::page),
    ("report/recommendations.html", queue::page),
    ("report/channels.html", channels),
    ("report/suppliers.html", suppliers),
    ("report/indicators.html", indicators),
    ("report/lists.html", lists),
    ("report/accuracy.html", accuracy),
    ("report/quality.html", quality),
    ("report/changes.html", changes),
    ("report/item.html", item),
    ("report/glossary.html", glossary),
];

/// A page of short tables, which stand in it, and of long ones, which it loads.
#[derive(Template)]
#[template(path = "table.html", config = "src/report/askama.toml")]
struct Tables {
    page: Page,
    sheets: Vec<Sheet>,
    tables: Vec<LongTable>,
    /// Whether it leads to the pages beside the runs.
    leads_beside: bool,
}

struct LongTable {
    /// Of its script.
    name: &'static str,
    title: &'static str,
    note: String,
    /// What stands there when it has no rows.
    empty: &'static str,
}

fn long(name: &'static str, title: &'static str, note: impl Into<String>) -> LongTable {
    LongTable { name, title, note: note.into(), empty: "None." }
}

impl LongTable {
    /// Of a table that says nothing while the stock is unknown.
    fn of_stock(mut self, report: &Report) -> Self {
        if !report.knows_stock() {
            self.empty = "Unknown until the stock is known: bring a stock table (sku, on_hand).";
        }
        self
    }

    /// Says what is left out of a table that would have `rows`.
    fn cut_from(mut self, rows: usize) -> Self {
        if rows > LONGEST {
            self.note += &format!(
                " The first {} of {}; the Parquet table has all.",
                whole(LONGEST),
                counted(rows, "row")
            );
        }
        self
    }
}

fn tables(
    report: &Report,
    title: &'static str,
    sheets: Vec<Sheet>,
    tables: Vec<LongTable>,
) -> askama::Result<String> {
    let as_of = report.input.as_of;
    let sheets = sheets.into_iter().map(|sheet| sheet.with_plain_dates(as_of)).collect();
    let leads_beside = title == "Accuracy";
    Tables { page: Page::new(report.input, title), sheets, tables, leads_beside }.render()
}

fn channels(report: &Report) -> askama::Result<String> {
    let findings = long(
        "findings",
        "What to look at",
        "Shown beyond what is there, one channel dry while another is full, stock that a channel \
         will not sell, channels that cost the others more than they bring. What is expected to \
         be lost if nothing is done comes first.",
    );
    let allocation = long(
        "allocation",
        "Allocation",
        "Pauses and alerts first, then the highest chance of selling what is not there. The \
         channel files hold the same numbers.",
    );
    // Allocation is not cut: a channel must find each of its listings.
    let findings = findings.cut_from(report.outcome().findings.len()).of_stock(report);
    tables(report, "Channels", sheets::channels(report), vec![findings, allocation])
}

fn suppliers(report: &Report) -> askama::Result<String> {
    tables(report, "Suppliers", sheets::suppliers(report), Vec::new())
}

/// B9 with the pace that the classes' intervals ask for, and B7.
fn indicators(report: &Report) -> askama::Result<String> {
    let due = counts_due(report);
    let pace: f64 = due.iter().map(CountDue::a_week).sum();
    let mut counts = "Due ones first, by class and value.".to_owned();
    if report.knows_stock() {
        // Half a count a week is a count every other week: rounded up, so that none is left over.
        let pace = grouped(pace.ceil());
        counts += &format!(" The intervals of [policy.cells] ask for {pace} counts a week.");
    }
    let culls = "Most cash freed at cost first: discount, bundle or discontinue.";
    let lists = vec![
        long("counts", "Count next", counts).cut_from(due.len()).of_stock(report),
        long("culls", "Cull list", culls).of_stock(report),
    ];
    tables(report, "Indicators", sheets::indicators(report), lists)
}

/// Idea by idea what to do besides ordering, and the checklists to print.
fn lists(report: &Report) -> askama::Result<String> {
    let note = "What to clear, mark down, correct, merge, pay, renew and hold back. Most money \
                first; payments by their day.";
    let entries = long("worklists", "To do", note).cut_from(report.outcome().worklists.len());
    let next = "By day: what is out, what runs out next, and what is done about it.";
    let shortages = long("shortages", "What runs out next", next).of_stock(report);
    tables(report, "To do", sheets::checklists(report), vec![shortages, entries])
}

fn accuracy(report: &Report) -> askama::Result<String> {
    let note = "The chosen method beside the naive one; most units wrong first.";
    let series = long("accuracy", "Every series", note);
    tables(report, "Accuracy", sheets::accuracy(report), vec![series])
}

fn quality(report: &Report) -> askama::Result<String> {
    let exceptions = long("exceptions", "Everything missing or doubtful", "Worst first.");
    let rejected = long("quarantine", "Rejected rows", "The numbers are made without these rows.");
    let lists = vec![
        exceptions.cut_from(report.exceptions().count()),
        rejected.cut_from(report.inputs().quarantine.len()),
    ];
    tables(report, "Data quality", sheets::data(report), lists)
}

fn changes(report: &Report) -> askama::Result<String> {
    let note = "What moved since the last published run, and why.";
    let lines = long("changes", "Line by line", note).cut_from(report.outcome().changes.len());
    let mut short = sheets::changes(report);
    short.push(sheets::standing(report));
    tables(report, "Changes", short, vec![lines])
}

/// Filled by its script with the item that the address names.
#[derive(Template)]
#[template(path = "item.html", config = "src/report/askama.toml")]
struct Item {
    page: Page,
}

fn item(report: &Report) -> askama::Result<String> {
    Item { page: Page::new(report.input, "Item") }.render()
}

#[derive(Template)]
#[template(path = "glossary.html", config = "src/report/askama.toml")]
struct Glossary {
    page: Page,
}

fn glossary(report: &Report) -> askama::Result<String> {
    Glossary { page: Page::new(report.input, "Glossary") }.render()
}

#[derive(Template)]
#[template(path = "broken.html", config = "src/report/askama.toml")]
struct Broken<'a> {
    run_id: &'a str,
    /// A page that may be whole.
    home: &'static str,
}

/// What stands where a page could not be made.
pub(super) fn broken(path: &str, run_id: &str) -> askama::Result<String> {
    // The briefing, unless that is what broke.
    let home = if path.contains('/') { "../index.html" } else { "report/recommendations.html" };
    Broken { run_id, home }.render()
}

//! Checklists to print: the monthly audit, the quarterly talk with suppliers, and what to do when
//! more is sold than is there. Each line carries the figure of this morning, where there is one.

use crate::domain::classes::Worklist;
use crate::domain::exceptions::ExceptionKind;
use crate::domain::inputs::Stock;
use crate::domain::units::Units;
use crate::report::counting::counts_due;
use crate::report::gathered::Report;
use crate::report::sheets::buying::late_orders;
use crate::report::sheets::sheet::{Cell, Sheet, count, figure, link, percent, sheet, words};
use crate::report::wording::UNKNOWN;

/// One line to tick off.
struct Step {
    what: &'static str,
    how: &'static str,
    now: Cell,
}

/// A box to tick by hand.
const BOX: &str = "\u{2610}";

/// The sheets of the page `To do`.
pub(crate) fn checklists(report: &Report) -> Vec<Sheet> {
    vec![
        checklist(
            "Monthly audit",
            "Once a month, an hour: print it and tick it off.",
            &audit(report),
        ),
        checklist(
            "Quarterly supplier review",
            "Once a quarter, with each supplier that matters.",
            &suppliers(report),
        ),
        checklist(
            "When more is sold than is there",
            "At once, from the first line down, for each item that is oversold.",
            &oversold(report),
        ),
    ]
}

fn checklist(title: &'static str, note: &'static str, steps: &[Step]) -> Sheet {
    sheet(title, "Nothing to do.", steps)
        .note(note)
        .column("Done", "", |_| words(BOX))
        .column("What", "", |step| words(step.what))
        .column("How", "", |step| words(step.how))
        .column("This morning", "", |step| step.now.clone())
        .finish()
}

fn of_list(report: &Report, list: Worklist) -> Cell {
    let entries = report.outcome().worklists.iter().filter(|e| e.list == list).count();
    count(entries, format!("#list={}", list.name()))
}

/// A count that is a fact where the stock is known.
fn if_stock(report: &Report, counted: Cell) -> Cell {
    if report.knows_stock() { counted } else { words(UNKNOWN) }
}

fn of_kind(report: &Report, kind: ExceptionKind) -> Cell {
    let told = report.exceptions().filter(|e| e.kind == kind).count();
    count(told, format!("quality.html#kind={}", kind.name()))
}

fn audit(report: &Report) -> Vec<Step> {
    let due = counts_due(report).iter().filter(|due| due.days_left == 0).count();
    vec![
        Step {
            what: "Count the shelves that are due",
            how: "A first; write each count into counts",
            now: if_stock(report, count(due, "indicators.html#t-counts")),
        },
        Step {
            what: "Book the counts that differ",
            how: "Correct on_hand in the shop system, and find out why",
            now: of_list(report, Worklist::StockCorrection),
        },
        Step {
            what: "Shrinkage of the last year",
            how: "Above 2 %: look for the place it happens at",
            now: percent(report, "all", "shrinkage"),
        },
        Step {
            what: "Fill what the master list lacks",
            how: "Cost, supplier and lead time of every item",
            now: match report.inputs().has("products") {
                true => of_kind(report, ExceptionKind::MasterList),
                false => words("all of it"),
            },
        },
        Step {
            what: "Look at items that may be one",
            how: "Join them by a row of aliases",
            now: of_list(report, Worklist::SameItem),
        },
        Step {
            what: "Clear the cull list down to its target",
            how: "Discount, bundle or discontinue",
            now: if_stock(report, of_list(report, Worklist::Cull)),
        },
        Step {
            what: "Mark down what will be left",
            how: "Before demand ends, not after",
            now: if_stock(report, of_list(report, Worklist::Markdown)),
        },
        Step {
            what: "Renew or drop old overrides",
            how: "Ask who set them; let them expire",
            now: of_list(report, Worklist::OldOverride),
        },
    ]
}

fn suppliers(report: &Report) -> Vec<Step> {
    vec![
        Step {
            what: "Promised against achieved lead time",
            how: "Agree on the figure that is achieved, or on how to mend it",
            now: link("scorecard", "suppliers.html"),
        },
        Step {
            what: "Orders that are overdue",
            how: "Get a new date in writing, or close them",
            now: match report.inputs().purchase_orders.is_empty() {
                true => words(UNKNOWN),
                false => count(late_orders(report).len(), "suppliers.html#orders-already-placed"),
            },
        },
        Step {
            what: "Lead times that drift",
            how: "Raise the longest one too, not the mean alone",
            now: of_kind(report, ExceptionKind::LeadTimeDrift),
        },
        Step {
            what: "Minimums and packs beyond the need",
            how: "Ask for a smaller lot, or share one with another item",
            now: of_kind(report, ExceptionKind::LongLot),
        },
        Step {
            what: "Terms of payment",
            how: "Days to pay beside the days that are taken (DPO)",
            now: match report.inputs().purchase_orders.is_empty() {
                true => words(UNKNOWN),
                false => of_list(report, Worklist::Payment),
            },
        },
        Step {
            what: "A second source for A items",
            how: "Whoever has one supplier has none when it closes",
            now: link("single sources", "suppliers.html"),
        },
        Step {
            what: "Closures of the coming half year",
            how: "Into closures of suppliers, before they begin",
            now: words(""),
        },
    ]
}

fn is_oversold(stock: &Stock) -> bool {
    stock.on_hand < Units::ZERO || stock.backordered.is_positive()
}

fn oversold(report: &Report) -> Vec<Step> {
    let items = report.inputs().stock.iter().filter(|stock| is_oversold(stock)).count();
    vec![
        Step {
            what: "Stop selling it everywhere",
            how: "Publish 0 on every channel; pause what does not follow",
            now: if_stock(report, count(items, "quality.html")),
        },
        Step { what: "Count the shelf", how: "The books were wrong once already", now: words("") },
        Step {
            what: "Sort who is owed",
            how: "Oldest order first; marketplaces that fine before those that do not",
            now: words(""),
        },
        Step {
            what: "Move it from where it lies",
            how: "Transfers, then kits that can be taken apart",
            now: if_stock(report, count(report.outcome().transfers.len(), "channels.html")),
        },
        Step {
            what: "Tell the customers within a day",
            how: "A date, an alternative, or their money: their choice",
            now: words(""),
        },
        Step {
            what: "Order what is owed",
            how: "It stands in the need already; approve the line",
            now: link("recommendations", "recommendations.html"),
        },
        Step {
            what: "Raise the buffer of the channel that oversold",
            how: "buffer in channels or channel_items; its risk stands beside it",
            now: figure(""),
        },
    ]
}

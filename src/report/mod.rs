//! The planner's report: static pages that open from disk without a network. Called by `run` once
//! everything is decided ([`render`]), by `simulate` ([`simulation`]) and by `backtest`
//! ([`backtest`]).
//!
//! [`render`] is a pure function of one run: it hands every file to a writer and reads no clock, so
//! the same run gives the same bytes. `index.html` is the briefing; everything else lies in
//! `report/` beside it. Pages are askama templates, checked when the crate is built and escaped;
//! long tables and item pages are data scripts (see [`scripts`]). Charts of the whole run are
//! plotters SVG inside the page. The words are explained once, in `templates/glossary.html`.
//!
//! The table library is Tabulator (MIT, licence beside it in `assets/`), unchanged from npm.

pub(crate) mod backtest;
pub(crate) mod beside;
mod briefing;
mod charts;
mod counting;
mod gathered;
mod page;
mod pages;
pub(crate) mod picture;
mod queue;
mod scripts;
mod sheets;
pub(crate) mod simulation;
pub(crate) mod wording;

use crate::domain::error::{Error, Result};
use crate::domain::exceptions::{Exception, Subject};
use crate::domain::fault::guarded;
use crate::parallel;
use crate::report::gathered::Report;
pub(crate) use crate::report::gathered::{PastDecision, PastRun, ReportInput};
use crate::report::pages::PAGES;
use crate::report::scripts::items::{ITEMS_PER_FILE, ItemScript};
use crate::report::scripts::packed::packed;

// Part of the program, so that a report needs neither a network nor an installation.
/// Files that are the same in every report.
const ASSETS: [(&str, &[u8]); 8] = [
    ("report/assets/app.css", include_bytes!("assets/app.css")),
    ("report/assets/app.js", include_bytes!("assets/app.js")),
    ("report/assets/table.js", include_bytes!("assets/table.js")),
    ("report/assets/item.js", include_bytes!("assets/item.js")),
    ("report/assets/queue.js", include_bytes!("assets/queue.js")),
    ("report/assets/tabulator.min.js", include_bytes!("assets/tabulator.min.js")),
    ("report/assets/tabulator_simple.min.css", include_bytes!("assets/tabulator_simple.min.css")),
    ("report/assets/tabulator-LICENSE.txt", include_bytes!("assets/tabulator-LICENSE.txt")),
];

/// Writes the report, file by file, as (path below the run's folder, bytes), and says what could
/// not be made.
///
/// # Errors
/// What the writer answers, or [`Error::Internal`] if a page cannot be rendered.
pub(crate) fn render(
    input: &ReportInput,
    writer: &mut (dyn FnMut(&str, &[u8]) -> Result<()> + Send),
) -> Result<Vec<Exception>> {
    let report = Report::new(input);
    let mut broken = Vec::new();
    for (path, bytes) in ASSETS {
        writer(path, bytes)?;
    }
    // A page or a table that breaks does not keep the others from being made.
    for (path, page) in PAGES {
        let html = guarded(|| page(&report)).unwrap_or_else(|fault| {
            let about = Subject::File(path.to_owned());
            broken.push(Exception::internal(about, "this page could not be made", &fault));
            pages::broken(path, input.run_id)
        });
        // Writing a template to memory fails only by our own doing.
        let html = html.map_err(|e| Error::Internal(format!("a page of the report: {e}")))?;
        writer(path, html.as_bytes())?;
    }
    for (name, table) in scripts::tables::ALL {
        let path = format!("report/data/{name}.js");
        let script = guarded(|| table(&report)).unwrap_or_else(|fault| {
            let about = Subject::File(path.clone());
            broken.push(Exception::internal(about, "this table could not be made", &fault));
            scripts::tables::empty(name)
        });
        let script = if report.is_large() { packed(&script) } else { script };
        writer(&path, &script)?;
    }
    let first_items: Vec<usize> =
        (0..input.inputs.names.skus.len()).step_by(ITEMS_PER_FILE).collect();
    // Nearly all bytes of the report are here: made on all threads, handed over in their order, and
    // no more than a few in memory at a time.
    parallel::in_order(
        &first_items,
        |&first| scripts::items::script(&report, first),
        |script: ItemScript| {
            broken.extend(script.broken);
            writer(&script.path, &script.bytes)
        },
    )?;
    Ok(broken)
}

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

//! A short table in the making: its rows, and one line a column.

use crate::explain::Unit;
use crate::report::gathered::Report;
use crate::report::wording::{measured, plain_dates, whole};
use chrono::NaiveDate;

/// A short table as its page writes it.
pub(crate) struct Sheet {
    pub title: &'static str,
    /// What a planner does with it; may be empty.
    pub note: String,
    /// What stands there when it has no rows.
    pub empty: &'static str,
    pub heads: Vec<Head>,
    /// Cells, one a head.
    pub rows: Vec<Vec<Cell>>,
}

/// Head of a column.
pub(crate) struct Head {
    pub title: &'static str,
    /// Its entry in the glossary; may be empty.
    pub term: &'static str,
    /// Numbers stand to the right, and their heads with them.
    pub right: bool,
}

impl Sheet {
    /// Its place in the page: `cull-list`.
    pub(crate) fn anchor(&self) -> String {
        self.title.to_lowercase().replace(',', "").replace(' ', "-")
    }
}

/// A sheet that is being filled, column by column.
pub(crate) struct SheetOf<'r, R> {
    of: &'r [R],
    sheet: Sheet,
}

/// A sheet of `rows`; `empty` stands there when there are none.
pub(super) fn sheet<'r, R>(
    title: &'static str,
    empty: &'static str,
    rows: &'r [R],
) -> SheetOf<'r, R> {
    let mut cells = Vec::new();
    cells.resize_with(rows.len(), Vec::new);
    let sheet = Sheet { title, note: String::new(), empty, heads: Vec::new(), rows: cells };
    SheetOf { of: rows, sheet }
}

impl<R> SheetOf<'_, R> {
    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.sheet.note = note.into();
        self
    }

    pub(super) fn column(
        mut self,
        title: &'static str,
        term: &'static str,
        cell: impl Fn(&R) -> Cell,
    ) -> Self {
        for (cells, row) in self.sheet.rows.iter_mut().zip(self.of) {
            cells.push(cell(row));
        }
        // All cells of a column are alike, so the first says where its head stands.
        let first = self.sheet.rows.first().and_then(|cells| cells.last());
        let right = first.is_some_and(|cell| cell.right);
        self.sheet.heads.push(Head { title, term, right });
        self
    }

    pub(super) fn finish(self) -> Sheet {
        self.sheet
    }
}

impl Sheet {
    /// Its sentences with their dates written as all pages write them.
    pub(crate) fn with_plain_dates(mut self, as_of: NaiveDate) -> Self {
        self.note = plain_dates(&self.note, as_of);
        for cell in self.rows.iter_mut().flatten().filter(|cell| !cell.svg) {
            cell.text = plain_dates(&cell.text, as_of);
        }
        self
    }
}

/// One cell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    /// What stands in it; escaped by the page unless `svg`.
    pub text: String,
    /// Where it links to; may be empty.
    pub href: String,
    /// Numbers stand to the right.
    pub right: bool,
    /// The text is a chart of ours.
    pub svg: bool,
    /// The decision that a button in the cell takes back; may be empty.
    pub take_back: String,
}

/// Words.
pub(super) fn words(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), ..Cell::default() }
}

/// A number as written.
pub(super) fn figure(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), right: true, ..Cell::default() }
}

/// Words that lead somewhere.
pub(super) fn link(text: impl Into<String>, href: impl Into<String>) -> Cell {
    Cell { text: text.into(), href: href.into(), ..Cell::default() }
}

/// An indicator that is a share, at one scope.
pub(super) fn percent(report: &Report, scope: &str, indicator: &str) -> Cell {
    figure(measured(report.now.value(indicator, scope), Unit::Percent))
}

/// A number that leads to what it counts; nothing to follow from none.
pub(super) fn count(n: usize, href: impl Into<String>) -> Cell {
    // The list behind it would be empty.
    let href = if n == 0 { String::new() } else { href.into() };
    Cell { text: whole(n), href, right: true, ..Cell::default() }
}

/// Says what is left out where a page holds the first `shown` of `all`.
pub(super) fn cut(shown: usize, all: usize) -> String {
    if all > shown { format!("The {shown} worth most of {}.", whole(all)) } else { String::new() }
}

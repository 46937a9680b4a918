//! The short tables, printed whole into their pages.

mod business;
mod buying;
mod quality;
mod selling;
mod trust;

use crate::report::html::grouped;
pub(crate) use crate::report::sheets::business::indicators;
pub(crate) use crate::report::sheets::buying::suppliers;
pub(crate) use crate::report::sheets::quality::{accuracy, changes, data};
pub(crate) use crate::report::sheets::selling::channels;

/// A short table.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Its heading.
    pub title: &'static str,
    /// What a planner does with it; may be empty.
    pub note: String,
    /// What stands there when it has no rows.
    pub empty: &'static str,
    /// Column heads with their place in the glossary (may be empty).
    pub head: Vec<(&'static str, &'static str)>,
    /// Cells, one a head.
    pub rows: Vec<Vec<Cell>>,
}

impl Sheet {
    /// Its place in the page: `cull-list`.
    #[must_use]
    pub fn anchor(&self) -> String {
        self.title.to_lowercase().replace(',', "").replace(' ', "-")
    }

    /// Whether a column holds numbers, so that its head stands to the right too.
    #[must_use]
    pub fn numeric(&self, column: usize) -> bool {
        self.rows.first().and_then(|row| row.get(column)).is_some_and(|cell| cell.right)
    }
}

/// One cell.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// What stands in it; escaped by the page unless `svg`.
    pub text: String,
    /// Where it links to; may be empty.
    pub href: String,
    /// Numbers stand to the right.
    pub right: bool,
    /// The text is a chart of ours.
    pub svg: bool,
}

/// Words.
pub(crate) fn words(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), ..Cell::default() }
}

/// A number as written.
pub(crate) fn figure(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), right: true, ..Cell::default() }
}

/// Words that lead somewhere.
pub(crate) fn link(text: impl Into<String>, href: impl Into<String>) -> Cell {
    Cell { text: text.into(), href: href.into(), ..Cell::default() }
}

/// A number that leads to what it counts; nothing to follow from none.
pub(crate) fn count(n: usize, href: impl Into<String>) -> Cell {
    let href = if n == 0 { String::new() } else { href.into() };
    Cell { text: grouped(n as f64), href, right: true, ..Cell::default() }
}

/// `text` for use after `#` in an address.
pub(crate) fn fragment(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

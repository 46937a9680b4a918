//! What the configuration says about the texts of a column: what to read instead, and which rows to
//! leave out.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// The rules for one column of the table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    /// What to read instead of a value.
    pub(crate) values: BTreeMap<String, String>,
    /// Patterns of rows to leave out.
    pub(crate) exclude: Vec<String>,
    /// Patterns of rows to quarantine.
    pub(crate) reject: Vec<String>,
    /// Whether the texts are the items that the table's rows are about, among which a `Total` is
    /// none.
    pub(crate) items: bool,
    /// Whether a code in brackets before a name (`[MUG] Large mug`) stands for the whole.
    pub(crate) bracketed: bool,
    /// So many steps of a path (`WH/Stock/Shelf 1`) are the name; 0 = all of them.
    pub(crate) levels: usize,
}

impl Rules {
    /// What is read instead of `text`: its own replacement, or that of `"*"`, in which `*` stands
    /// for the text itself.
    pub(crate) fn replace<'a>(&'a self, text: &'a str) -> Cow<'a, str> {
        if let Some(own) = self.values.get(text) {
            return own.into();
        }
        match self.values.get("*") {
            // What is empty stays so: `"*" = "shop-*"` must not make a name of nothing.
            Some(_) if text.is_empty() => text.into(),
            Some(every) if every.contains('*') => every.replace('*', text).into(),
            Some(every) => every.into(),
            None => text.into(),
        }
    }
}

/// A heading as it is compared: lower case, words joined by `_`, no byte-order mark.
pub(crate) fn normal(heading: &str) -> String {
    let heading = heading.trim_start_matches('\u{feff}').trim();
    let mut normal = String::with_capacity(heading.len());
    for c in heading.chars() {
        let joins = c.is_whitespace() || matches!(c, '-' | '.' | '/');
        normal.push(if joins { '_' } else { c.to_ascii_lowercase() });
    }
    normal
}

/// The first `levels` steps of a path: `WH/Stock` of `WH/Stock/Shelf 1`; all of them where it is 0.
pub(crate) fn shortened(path: &str, levels: usize) -> &str {
    let mut ends = path.match_indices('/').map(|(at, _)| at);
    let end = levels.checked_sub(1).and_then(|at| ends.nth(at));
    path[..end.unwrap_or(path.len())].trim_end()
}

/// The code of `[MUG] Large mug`, else the text itself.
pub(crate) fn bracketed(text: &str) -> &str {
    let code = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    code.map_or(text, |(code, _)| code.trim())
}

/// The words that the last line of a list begins with in the column of items.
const TOTALS: &[&str] = &[
    "total",
    "totals",
    "grand total",
    "subtotal",
    "sub-total",
    "sum",
    "gesamt",
    "summe",
    "gesamtsumme",
    "zwischensumme",
    "total general",
    "totale",
];

/// Whether `text` is what a line of totals begins with: `Total`, `Grand total:`, `Total for Mugs`.
pub(crate) fn is_total(text: &str) -> bool {
    let plain = text.trim().trim_end_matches(':').trim_end().to_lowercase();
    TOTALS.contains(&plain.as_str()) || plain.starts_with("total for ")
}

/// Whether a cell matches one of `patterns`, as [`matches()`], or is the same number as one of
/// them: `0` leaves out `0.0`, too.
pub(crate) fn matches_cell(patterns: &[String], cell: &str) -> bool {
    let cell = cell.trim();
    if matches(patterns, cell) {
        return true;
    }
    let Ok(number) = cell.parse::<f64>() else { return false };
    patterns.iter().any(|pattern| pattern.parse::<f64>().is_ok_and(|other| other == number))
}

/// Whether `text` matches one of `patterns`: equal but for case, or any ending after `*`. Nothing
/// matches `*` but some text.
pub(crate) fn matches(patterns: &[String], text: &str) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        None => pattern.eq_ignore_ascii_case(text),
        Some(start) => {
            let beginning = text.get(..start.len());
            !text.is_empty() && beginning.is_some_and(|b| b.eq_ignore_ascii_case(start))
        }
    })
}

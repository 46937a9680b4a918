//! From a file's columns to the table's: presets, renames, constants, and what to do with the rest.

use crate::domain::error::{Error, Result, nearest};
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::ingest::cells::days::parse_day;
use crate::ingest::settings::TableMapping;
use crate::ingest::tables::schema::{Column, Kind, Schema};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

/// A known layout of a table.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// Its name in the configuration.
    pub name: &'static str,
    /// (our column, column in the file).
    columns: &'static [(&'static str, &'static str)],
    /// (our column, value of every row).
    constants: &'static [(&'static str, &'static str)],
    /// (our column, value) of rows to leave out.
    exclude: &'static [(&'static str, &'static str)],
    /// Between two columns, unless the configuration says otherwise.
    separator: Option<char>,
    /// Whether each date (or each item) has a column of its own.
    wide: bool,
}

/// Every preset.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "generic",
        columns: &[],
        constants: &[],
        exclude: &[],
        separator: None,
        wide: false,
    },
    Preset {
        name: "nixtla",
        columns: &[("sku", "unique_id"), ("date", "ds"), ("quantity", "y")],
        constants: &[],
        exclude: &[],
        separator: None,
        wide: false,
    },
    Preset {
        name: "shopify-orders",
        columns: &[
            ("date", "Created at"),
            ("sku", "Lineitem sku"),
            ("quantity", "Lineitem quantity"),
            ("unit_price", "Lineitem price"),
            ("discount_amount", "Lineitem discount"),
            ("order_id", "Name"),
            ("status", "Cancelled at"),
        ],
        constants: &[("channel", "shopify")],
        exclude: &[("status", "*")],
        separator: None,
        wide: false,
    },
    Preset {
        name: "amazon-all-orders",
        columns: &[
            ("date", "purchase-date"),
            ("sku", "sku"),
            ("quantity", "quantity"),
            ("revenue", "item-price"),
            ("discount_amount", "item-promotion-discount"),
            ("order_id", "amazon-order-id"),
            ("status", "order-status"),
            ("channel", "sales-channel"),
        ],
        constants: &[],
        exclude: &[("status", "cancelled")],
        separator: Some('\t'),
        wide: false,
    },
    Preset {
        name: "wide",
        columns: &[],
        constants: &[],
        exclude: &[],
        separator: None,
        wide: true,
    },
];

/// Statuses of sales rows that never became a sale.
const NOT_SOLD: &[&str] = &["cancelled", "canceled", "void", "voided"];

/// Where the values of one column come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// The column at this position in the file.
    File(usize),
    /// The same text in every row.
    Constant(String),
    /// The heading of the wide column.
    Heading,
    /// The cell under the wide column.
    Cell,
    /// Nowhere.
    Missing,
}

/// The rules for one column of the table.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// What to read instead of a value.
    pub values: BTreeMap<String, String>,
    /// Patterns of rows to leave out.
    pub exclude: Vec<String>,
    /// Patterns of rows to quarantine.
    pub reject: Vec<String>,
}

impl Rules {
    /// What is read instead of `text`: its own replacement, or that of `"*"`, in which `*` stands for the text itself.
    pub fn replace<'a>(&'a self, text: &'a str) -> Cow<'a, str> {
        match (self.values.get(text), self.values.get("*")) {
            (Some(replacement), _) => replacement.into(),
            (None, Some(replacement)) if replacement.contains('*') => {
                replacement.replace('*', text).into()
            }
            (None, Some(replacement)) => replacement.into(),
            (None, None) => text.into(),
        }
    }
}

/// How one file is read into its table.
#[derive(Debug, Clone)]
pub struct Plan {
    /// One a column of the schema.
    pub from: Vec<From>,
    /// Wide files: position and heading of every value column.
    pub wide: Vec<(usize, String)>,
    /// Order exports repeat the status only on an order's first line: (order, status) columns in the file.
    pub fill_down: Option<(usize, usize)>,
    /// What the reader should be told: columns that nothing uses.
    pub exceptions: Vec<Exception>,
}

/// The mapping of one table with its preset.
#[derive(Debug, Clone)]
pub struct Mapped<'a> {
    schema: &'static Schema,
    mapping: &'a TableMapping,
    preset: &'static Preset,
}

impl<'a> Mapped<'a> {
    /// Pairs a table with its configuration.
    pub fn new(schema: &'static Schema, mapping: &'a TableMapping) -> Self {
        let name = mapping.preset.as_deref().unwrap_or("generic");
        let preset = PRESETS.iter().find(|p| p.name == name).unwrap_or(&PRESETS[0]);
        Self { schema, mapping, preset }
    }

    /// The table's name.
    pub fn table(&self) -> &'static str {
        self.schema.table
    }

    /// The separator to use, `fallback` when neither mapping nor preset names one.
    pub fn separator(&self, fallback: char) -> char {
        self.mapping.separator.or(self.preset.separator).unwrap_or(fallback)
    }

    /// The name `column` has in the file, where it was given one.
    fn renamed(&self, column: &str) -> Option<&str> {
        let by_preset = || {
            self.preset.columns.iter().find(|(ours, _)| *ours == column).map(|&(_, theirs)| theirs)
        };
        self.mapping.columns.get(column).map(String::as_str).or_else(by_preset)
    }

    fn constant(&self, column: &str) -> Option<&str> {
        let by_preset = || {
            self.preset.constants.iter().find(|(ours, _)| *ours == column).map(|&(_, value)| value)
        };
        self.mapping.constants.get(column).map(String::as_str).or_else(by_preset)
    }

    /// What the configuration says about values of `column`.
    pub fn rules(&self, column: &str) -> Rules {
        let list =
            |lists: &BTreeMap<String, Vec<String>>| lists.get(column).cloned().unwrap_or_default();
        let mut exclude = list(&self.mapping.exclude);
        if !self.mapping.exclude.contains_key(column) {
            let by_preset = self.preset.exclude.iter().filter(|(ours, _)| *ours == column);
            exclude.extend(by_preset.map(|&(_, value)| value.to_owned()));
            if exclude.is_empty() && self.schema.table == "sales" && column == "status" {
                exclude.extend(NOT_SOLD.iter().map(|&s| s.to_owned()));
            }
        }
        Rules {
            values: self.mapping.values.get(column).cloned().unwrap_or_default(),
            exclude,
            reject: list(&self.mapping.reject),
        }
    }

    /// Finds the table's columns among `headings` of the file at `path`.
    ///
    /// # Errors
    /// If a required column, or one the configuration names, is not there.
    pub fn plan(&self, path: &Path, headings: &[String]) -> Result<Plan> {
        let mut used = vec![false; headings.len()];
        let mut from = Vec::with_capacity(self.schema.columns.len());
        for column in self.schema.columns {
            let position = self.position(path, headings, column.name)?;
            if let Some(at) = position {
                used[at] = true;
                once(path, headings, at)?;
            }
            let constant = || {
                self.constant(column.name)
                    .map_or(From::Missing, |value| From::Constant(value.to_owned()))
            };
            from.push(position.map_or_else(constant, From::File));
        }
        let wide = if self.preset.wide {
            self.spread(path, headings, &mut used, &mut from)?
        } else {
            Vec::new()
        };
        self.require(path, headings, &from)?;
        let fill_down = self.fill_down(&from);
        self.schema
            .columns
            .iter()
            .zip(&mut from)
            .filter(|(c, _)| !self.is_read(c))
            .for_each(|(_, f)| *f = From::Missing);
        Ok(Plan { from, wide, fill_down, exceptions: self.unmatched(path, headings, &used) })
    }

    /// The position of `column` in the file, by its given name or its own.
    fn position(&self, path: &Path, headings: &[String], column: &str) -> Result<Option<usize>> {
        let find = |name: &str| headings.iter().position(|h| normal(h) == normal(name));
        if let Some(theirs) = self.mapping.columns.get(column) {
            return find(theirs).map(Some).ok_or_else(|| {
                let message = format!(
                    "[mapping.{}] columns: {column} = \"{theirs}\", but the file has no such column; it has {}{}",
                    self.schema.table,
                    quoted(headings),
                    near(theirs, headings)
                );
                Error::input(path, message)
            });
        }
        let theirs = self.renamed(column).and_then(find);
        if theirs.is_some() || self.mapping.constants.contains_key(column) {
            Ok(theirs)
        } else {
            Ok(find(column))
        }
    }

    /// Turns the unused columns of a wide file into dates, or into items when the file has a date column.
    fn spread(
        &self,
        path: &Path,
        headings: &[String],
        used: &mut [bool],
        from: &mut [From],
    ) -> Result<Vec<(usize, String)>> {
        let column = |name| self.schema.position(name).filter(|&at| from[at] == From::Missing);
        let (date, sku) = (column("date"), column("sku"));
        let keys = ["date", "sku"];
        let value = self.schema.columns.iter().position(|c| c.required && !keys.contains(&c.name));
        let (Some(axis), Some(value)) = (date.or(sku), value) else {
            return Err(Error::input(
                path,
                "the wide preset needs one of date and sku to be the columns' headings",
            ));
        };
        let formats = &self.mapping.date_formats;
        let fits = |heading: &str| date.is_none() || parse_day(heading, formats).is_some();
        let wide: Vec<(usize, String)> = headings
            .iter()
            .enumerate()
            .filter(|&(at, heading)| !used[at] && fits(heading))
            .map(|(at, heading)| (at, heading.clone()))
            .collect();
        if wide.is_empty() {
            let message =
                format!("no column has a date as its heading; the file has {}", quoted(headings));
            return Err(Error::input(path, message));
        }
        wide.iter().for_each(|&(at, _)| used[at] = true);
        from[axis] = From::Heading;
        from[value] = From::Cell;
        Ok(wide)
    }

    fn require(&self, path: &Path, headings: &[String], from: &[From]) -> Result<()> {
        let missing =
            self.schema.columns.iter().zip(from).find(|(c, f)| c.required && **f == From::Missing);
        let Some((column, _)) = missing else { return Ok(()) };
        if let Some(other) = wrong_separator(headings) {
            let message = format!(
                "the header is one column, `{}`: it seems to be separated by {other:?}; set [csv] separator = {other:?}{}",
                headings[0],
                if other == ';' {
                    " (and decimal_comma = true if numbers are written 1,5)"
                } else {
                    ""
                }
            );
            return Err(Error::input(path, message));
        }
        let name = self.renamed(column.name).unwrap_or(column.name);
        let message = format!(
            "table {} needs a column `{name}` ({}); the file has {}{}; name it under [mapping.{}.columns]",
            self.schema.table,
            column.doc,
            quoted(headings),
            near(name, headings),
            self.schema.table
        );
        Err(Error::input(path, message))
    }

    /// Only order exports leave repeated cells empty.
    fn fill_down(&self, from: &[From]) -> Option<(usize, usize)> {
        let at = |name| match self.schema.position(name).map(|p| &from[p]) {
            Some(&From::File(at)) => Some(at),
            _ => None,
        };
        (self.preset.name == "shopify-orders").then(|| at("order_id").zip(at("status"))).flatten()
    }

    fn unmatched(&self, path: &Path, headings: &[String], used: &[bool]) -> Vec<Exception> {
        let file = path.file_name().map(|f| f.to_string_lossy().into_owned()).unwrap_or_default();
        let ours = self.schema.columns.iter().map(|c| c.name);
        let unused = headings.iter().zip(used).filter(|(h, used)| !**used && !h.is_empty());
        let what = |heading: &str| match nearest(heading, ours.clone()) {
            Some(known) => {
                format!("column `{heading}` is not used; the nearest known one is `{known}`")
            }
            None => format!("column `{heading}` is not used"),
        };
        let why = format!(
            "name it under [mapping.{}.columns] if it is one of the table's columns",
            self.schema.table
        );
        let report = |heading: &String| {
            let about = Subject::File(file.clone());
            let what = what(heading);
            Exception::new(Severity::Info, ExceptionKind::UnmatchedColumn, about, what, &why)
        };
        unused.map(|(heading, _)| report(heading)).collect()
    }

    /// Whether `column` must be read at all: order numbers and statuses of sales only matter to rules.
    fn is_read(&self, column: &Column) -> bool {
        let rules = self.rules(column.name);
        let only_rules = self.schema.table == "sales" && column.kind == Kind::Text;
        !only_rules || !rules.exclude.is_empty() || !rules.reject.is_empty()
    }
}

/// Refuses a column whose heading stands over another one, too: which of them is meant is anyone's guess.
fn once(path: &Path, headings: &[String], at: usize) -> Result<()> {
    let again = |h: &&String| normal(h) == normal(&headings[at]);
    let Some(other) = headings[at + 1..].iter().find(again) else { return Ok(()) };
    Err(Error::input(
        path,
        format!(
            "two columns have the same heading, `{}` and `{other}`: rename or remove one",
            headings[at]
        ),
    ))
}

/// A heading as it is compared: lower case, words joined by `_`, no byte-order mark.
pub(crate) fn normal(heading: &str) -> String {
    let word = |c: char| {
        if c.is_whitespace() || matches!(c, '-' | '.' | '/') { '_' } else { c.to_ascii_lowercase() }
    };
    heading.trim_start_matches('\u{feff}').trim().chars().map(word).collect()
}

/// Whether `text` matches one of `patterns`: equal but for case, or any ending after `*`.
pub(crate) fn matches(patterns: &[String], text: &str) -> bool {
    let one = |pattern: &String| match pattern.strip_suffix('*') {
        Some(start) => {
            text.get(..start.len()).is_some_and(|s| s.eq_ignore_ascii_case(start))
                && !text.is_empty()
        }
        None => pattern.eq_ignore_ascii_case(text),
    };
    patterns.iter().any(one)
}

fn near(name: &str, headings: &[String]) -> String {
    nearest(name, headings.iter().map(String::as_str))
        .map(|h| format!("; the nearest is `{h}`"))
        .unwrap_or_default()
}

fn quoted(headings: &[String]) -> String {
    let shown: Vec<String> = headings.iter().take(20).map(|h| format!("`{h}`")).collect();
    let rest = headings.len().saturating_sub(shown.len());
    if rest == 0 { shown.join(", ") } else { format!("{} and {rest} more", shown.join(", ")) }
}

fn wrong_separator(headings: &[String]) -> Option<char> {
    let [only] = headings else { return None };
    [';', '\t', '|', ','].into_iter().find(|&c| only.contains(c))
}

//! From a file's columns to the table's: presets, renames, constants, and what to do with the rest.

use crate::domain::error::{Error, Result, nearest};
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::ingest::cells::days::parse_day;
use crate::ingest::cells::presets::{self, Preset};
use crate::ingest::cells::rules::{Rules, normal};
use crate::ingest::settings::TableMapping;
use crate::ingest::tables::schema::{Column, Kind, Schema};
use std::path::Path;

/// Statuses of sales rows that never became a sale, as shops spell them.
const NOT_SOLD: &[&str] = &["cancelled", "canceled", "void", "voided"];

/// Headings that a message quotes: more would hide what it says.
const QUOTED: usize = 20;

/// Where the values of one column come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CellSource {
    /// The column at this position in the file.
    Column(usize),
    /// The same text in every row.
    Constant(String),
    /// The heading of the wide column.
    Heading,
    /// The cell under the wide column.
    Cell,
    Missing,
}

/// How one file is read into its table.
#[derive(Debug, Clone)]
pub(crate) struct ColumnPlan {
    /// One a column of the schema.
    pub(crate) from: Vec<CellSource>,
    /// The value columns of a wide file; empty for all other files.
    pub(crate) wide: Vec<WideColumn>,
    pub(crate) fill_down: Option<FilledColumns>,
    /// Columns that nothing uses.
    pub(crate) exceptions: Vec<Exception>,
}

/// A column of a wide file that holds the values of one date or item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WideColumn {
    /// Position in the file.
    pub(crate) at: usize,
    /// The date or item.
    pub(crate) heading: String,
}

/// Columns whose cells stand on the first of several lines alone, by position in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilledColumns {
    /// The column that is the same on lines that belong together.
    pub(crate) key: usize,
    pub(crate) columns: Vec<usize>,
}

/// The mapping of one table with its preset.
#[derive(Debug, Clone)]
pub(crate) struct Mapped<'a> {
    schema: &'static Schema,
    mapping: &'a TableMapping,
    pub(crate) preset: &'static Preset,
}

impl<'a> Mapped<'a> {
    /// Pairs a table with its configuration.
    pub(crate) fn new(schema: &'static Schema, mapping: &'a TableMapping) -> Self {
        let named = mapping.preset.as_deref().and_then(presets::find);
        Self { schema, mapping, preset: named.unwrap_or_else(presets::generic) }
    }

    /// The table's name.
    pub(crate) fn table(&self) -> &'static str {
        self.schema.table
    }

    /// The separator to use, `fallback` when neither mapping nor preset names one.
    pub(crate) fn separator(&self, fallback: char) -> char {
        self.mapping.separator.or(self.preset.separator).unwrap_or(fallback)
    }

    /// The name `column` has in the file, where it was given one.
    fn renamed(&self, column: &str) -> Option<&str> {
        let theirs = self.mapping.columns.get(column).or_else(|| self.preset.columns.get(column));
        theirs.map(String::as_str)
    }

    fn constant(&self, column: &str) -> CellSource {
        let constants = &self.mapping.constants;
        match constants.get(column).or_else(|| self.preset.constants.get(column)) {
            Some(value) => CellSource::Constant(value.clone()),
            None => CellSource::Missing,
        }
    }

    /// What the configuration says about values of `column`.
    pub(crate) fn rules(&self, column: &str) -> Rules {
        let mapping = self.mapping;
        let exclude = match mapping.exclude.get(column).or_else(|| self.preset.exclude.get(column))
        {
            Some(patterns) => patterns.clone(),
            None if self.schema.table == "sales" && column == "status" => {
                NOT_SOLD.iter().map(|&status| status.to_owned()).collect()
            }
            None => Vec::new(),
        };
        Rules {
            values: mapping.values.get(column).cloned().unwrap_or_default(),
            exclude,
            reject: mapping.reject.get(column).cloned().unwrap_or_default(),
        }
    }

    /// Finds the table's columns among `headings` of the file at `path`.
    ///
    /// # Errors
    /// If a required column, or one the configuration names, is not there.
    pub(crate) fn plan(&self, path: &Path, headings: &[String]) -> Result<ColumnPlan> {
        let mut used = vec![false; headings.len()];
        let mut from = Vec::with_capacity(self.schema.columns.len());
        for column in self.schema.columns {
            from.push(match self.position(path, headings, column.name)? {
                Some(at) => {
                    used[at] = true;
                    refuse_twins(path, headings, at)?;
                    CellSource::Column(at)
                }
                None => self.constant(column.name),
            });
        }
        let wide = if self.preset.wide {
            self.spread(path, headings, &mut used, &mut from)?
        } else {
            Vec::new()
        };
        self.require(path, headings, &from)?;
        let fill_down = self.fill_down(&from);
        for (column, source) in self.schema.columns.iter().zip(&mut from) {
            if !self.is_read(column) {
                *source = CellSource::Missing;
            }
        }
        Ok(ColumnPlan { from, wide, fill_down, exceptions: self.unused(path, headings, &used) })
    }

    /// The position of `column` in the file, by its given name or its own.
    fn position(&self, path: &Path, headings: &[String], column: &str) -> Result<Option<usize>> {
        if let Some(theirs) = self.mapping.columns.get(column) {
            let found = find(theirs, headings);
            return found.map(Some).ok_or_else(|| {
                let message = format!(
                    "[mapping.{}] columns: {column} = \"{theirs}\", but the file has no such column; it has {}{}",
                    self.schema.table,
                    quoted(headings),
                    near(theirs, headings)
                );
                Error::input(path, message)
            });
        }
        let theirs = self.renamed(column).and_then(|theirs| find(theirs, headings));
        // A constant of the configuration beats a column of the same name: whoever wrote it has
        // seen the file.
        if theirs.is_some() || self.mapping.constants.contains_key(column) {
            Ok(theirs)
        } else {
            Ok(find(column, headings))
        }
    }

    /// Turns the unused columns of a wide file into dates, or into items when the file has a date
    /// column.
    fn spread(
        &self,
        path: &Path,
        headings: &[String],
        used: &mut [bool],
        from: &mut [CellSource],
    ) -> Result<Vec<WideColumn>> {
        let mut axes = ["date", "sku"].into_iter().filter_map(|name| self.schema.position(name));
        let axis = axes.find(|&at| from[at] == CellSource::Missing);
        let value = self
            .schema
            .columns
            .iter()
            .position(|c| c.required && c.name != "date" && c.name != "sku");
        let (Some(axis), Some(value)) = (axis, value) else {
            return Err(Error::input(
                path,
                "the wide preset needs one of date and sku to be the columns' headings",
            ));
        };
        let of_dates = self.schema.columns[axis].name == "date";
        let formats = &self.mapping.date_formats;
        let mut wide = Vec::new();
        for (at, heading) in headings.iter().enumerate() {
            if !used[at] && (!of_dates || parse_day(heading, formats).is_some()) {
                used[at] = true;
                wide.push(WideColumn { at, heading: heading.clone() });
            }
        }
        if wide.is_empty() {
            let message =
                format!("no column has a date as its heading; the file has {}", quoted(headings));
            return Err(Error::input(path, message));
        }
        from[axis] = CellSource::Heading;
        from[value] = CellSource::Cell;
        Ok(wide)
    }

    fn require(&self, path: &Path, headings: &[String], from: &[CellSource]) -> Result<()> {
        let mut columns = self.schema.columns.iter().zip(from);
        let missing = columns.find(|(c, source)| c.required && **source == CellSource::Missing);
        let Some((column, _)) = missing else { return Ok(()) };
        if let Some(other) = wrong_separator(headings) {
            let decimals = if other == ';' {
                " (and decimal_comma = true if numbers are written 1,5)"
            } else {
                ""
            };
            let message = format!(
                "the header is one column, `{}`: it seems to be separated by {other:?}; set [csv] separator = {other:?}{decimals}",
                headings[0],
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

    /// The columns that the preset fills down, where the file has them.
    fn fill_down(&self, from: &[CellSource]) -> Option<FilledColumns> {
        let preset = self.preset.fill_down.as_ref()?;
        let in_file = |name: &String| match from[self.schema.position(name)?] {
            CellSource::Column(at) => Some(at),
            _ => None,
        };
        let columns = preset.columns.iter().filter_map(in_file).collect();
        Some(FilledColumns { key: in_file(&preset.key)?, columns })
    }

    fn unused(&self, path: &Path, headings: &[String], used: &[bool]) -> Vec<Exception> {
        let file = path.file_name().map(|f| f.to_string_lossy().into_owned()).unwrap_or_default();
        let why = format!(
            "name it under [mapping.{}.columns] if it is one of the table's columns",
            self.schema.table
        );
        let mut exceptions = Vec::new();
        for (heading, _) in headings.iter().zip(used).filter(|(h, used)| !**used && !h.is_empty()) {
            let what = match nearest(heading, self.schema.columns.iter().map(|c| c.name)) {
                Some(known) => {
                    format!("column `{heading}` is not used; the nearest known one is `{known}`")
                }
                None => format!("column `{heading}` is not used"),
            };
            let about = Subject::File(file.clone());
            let kind = ExceptionKind::UnmatchedColumn;
            exceptions.push(Exception::new(Severity::Info, kind, about, what, &why));
        }
        exceptions
    }

    /// Whether `column` must be read at all: order numbers and statuses of sales only matter to
    /// rules.
    fn is_read(&self, column: &Column) -> bool {
        let rules = self.rules(column.name);
        let only_rules = self.schema.table == "sales" && column.kind == Kind::Text;
        !only_rules || !rules.exclude.is_empty() || !rules.reject.is_empty()
    }
}

fn find(name: &str, headings: &[String]) -> Option<usize> {
    headings.iter().position(|heading| normal(heading) == normal(name))
}

/// Refuses a column whose heading stands over another one, too: which of them is meant is anyone's
/// guess.
fn refuse_twins(path: &Path, headings: &[String], at: usize) -> Result<()> {
    match find(&headings[at], &headings[at + 1..]) {
        None => Ok(()),
        Some(later) => Err(Error::input(
            path,
            format!(
                "two columns have the same heading, `{}` and `{}`: rename or remove one",
                headings[at],
                headings[at + 1 + later]
            ),
        )),
    }
}

fn near(name: &str, headings: &[String]) -> String {
    nearest(name, headings.iter().map(String::as_str))
        .map(|heading| format!("; the nearest is `{heading}`"))
        .unwrap_or_default()
}

fn quoted(headings: &[String]) -> String {
    let shown: Vec<String> = headings.iter().take(QUOTED).map(|h| format!("`{h}`")).collect();
    let rest = headings.len().saturating_sub(QUOTED);
    if rest == 0 { shown.join(", ") } else { format!("{} and {rest} more", shown.join(", ")) }
}

/// The character that the only heading is most likely separated by.
fn wrong_separator(headings: &[String]) -> Option<char> {
    let [only] = headings else { return None };
    [';', '\t', '|', ','].into_iter().find(|&c| only.contains(c))
}

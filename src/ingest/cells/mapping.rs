//! From a file's columns to the table's: presets, renames, constants, and what to do with the rest.

use crate::domain::error::{Error, Result, nearest};
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::ingest::cells::currency;
use crate::ingest::cells::days::parse_day;
use crate::ingest::cells::presets::{self, Headings, Preset};
use crate::ingest::cells::rules::{Rules, normal};
use crate::ingest::files::source::File;
use crate::ingest::settings::TableMapping;
use crate::ingest::tables::schema::{Column, Kind, Schema};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Statuses of sales rows that never became a sale, as shops spell them.
const NOT_SOLD: &[&str] = &["cancelled", "canceled", "void", "voided"];

/// Statuses of sales rows whose units have come back, and of those of which some have.
const CAME_BACK: [&str; 2] = ["refunded", "returned"];
const PARTLY_CAME_BACK: [&str; 4] =
    ["partially_refunded", "partially refunded", "partially_returned", "partially returned"];

/// What a list of stock says of an item that a place does not keep: nothing lies there, nothing is
/// missing there.
const NOT_STOCKED: &str = "not stocked";

/// What the headings of a wide file may say, the first that has no column of its own.
const AXES: [&str; 3] = ["date", "sku", "location"];

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
    /// The currency that the heading of each column names.
    pub(crate) currencies: Vec<Option<String>>,
    /// The value columns of a wide file; empty for all other files.
    pub(crate) wide: Vec<WideColumn>,
    /// Cells of them that are left out.
    pub(crate) wide_exclude: Vec<String>,
    pub(crate) fill_down: Option<FilledColumns>,
    /// A column of which each cell is several lines.
    pub(crate) packed: Option<PackedColumn>,
    /// Where the file says what was paid back of an order.
    pub(crate) refunds: Option<RefundColumns>,
    /// Rules on the cells as they stand in the file.
    pub(crate) filters: Vec<RowFilter>,
    /// Columns that nothing uses.
    pub(crate) exceptions: Vec<Exception>,
}

impl ColumnPlan {
    /// The position in the schema of a column that the file has in some way.
    pub(crate) fn position_of(&self, column: &str, schema: &Schema) -> Option<usize> {
        schema.position(column).filter(|&at| self.from[at] != CellSource::Missing)
    }
}

/// A rule on the cells of one column of the file, as they stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowFilter {
    /// Position in the file.
    pub(crate) at: usize,
    /// What the column is called in the file.
    pub(crate) heading: String,
    pub(crate) patterns: Vec<String>,
    pub(crate) action: FilterAction,
}

/// What becomes of a row whose cell matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FilterAction {
    /// It is left out.
    Exclude,
    /// It stays; the others are left out.
    Keep,
    /// It goes into quarantine.
    Reject,
    /// Its units have come back.
    Returned,
    /// Some of its units have come back.
    PartlyReturned,
}

/// Positions in the file of the money of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RefundColumns {
    pub(crate) amount: usize,
    pub(crate) total: Option<usize>,
    pub(crate) subtotal: Option<usize>,
    pub(crate) shipping: Option<usize>,
    pub(crate) taxes: Option<usize>,
}

/// A column of the file whose cells hold the lines of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PackedColumn {
    /// Position in the file.
    pub(crate) at: usize,
    /// The labels of a line's values; they are columns behind those of the file.
    pub(crate) labels: Vec<String>,
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
    /// The column that is the same on lines that belong together; without it all lines down to the
    /// next filled cell do.
    pub(crate) key: Option<usize>,
    pub(crate) columns: Vec<usize>,
}

/// The mapping of one source of a table with its preset.
#[derive(Debug, Clone)]
pub(crate) struct Mapped<'a> {
    schema: &'static Schema,
    mapping: &'a TableMapping,
    pub(crate) preset: &'static Preset,
    /// Whether rows of several files are compared by their order numbers.
    pub(crate) compares_orders: bool,
    /// Locations that other tables name, where that matters to the preset.
    pub(crate) known_locations: Option<&'a BTreeSet<String>>,
}

impl<'a> Mapped<'a> {
    /// Pairs a table with its configuration.
    pub(crate) fn new(schema: &'static Schema, mapping: &'a TableMapping) -> Self {
        let named = mapping.preset.as_deref().and_then(presets::find);
        Self {
            schema,
            mapping,
            preset: named.unwrap_or_else(presets::generic),
            compares_orders: false,
            known_locations: None,
        }
    }

    /// The table's name.
    pub(crate) fn table(&self) -> &'static str {
        self.schema.table
    }

    /// The table's columns and what they are.
    pub(crate) fn schema(&self) -> &'static Schema {
        self.schema
    }

    /// The separator to use, `fallback` when neither mapping nor preset names one.
    pub(crate) fn separator(&self, fallback: char) -> char {
        self.mapping.separator.or(self.preset.separator).unwrap_or(fallback)
    }

    /// The names `column` may have in the file, where the preset gives it one.
    fn renamed(&self, column: &str) -> &[String] {
        self.preset.columns.get(column).map_or(&[], Headings::names)
    }

    /// The value that the configuration gives `column` in every row.
    fn fixed(&self, column: &str) -> Option<&String> {
        let named = match column {
            "channel" => self.mapping.channel.as_ref(),
            "location" => self.mapping.location.as_ref(),
            "currency" => self.mapping.currency.as_ref(),
            _ => None,
        };
        named.or_else(|| self.mapping.constants.get(column))
    }

    /// What stands for `column` where the file has no such column.
    fn constant(&self, column: &str) -> CellSource {
        let constant = self.fixed(column).or_else(|| self.preset.constants.get(column));
        match constant {
            Some(value) => CellSource::Constant(value.clone()),
            // `values = { location = { "" = "Warehouse" } }` names what is blank, and a column that
            // is not there is blank in every row.
            None if self.values(column).contains_key("") => CellSource::Constant(String::new()),
            None => CellSource::Missing,
        }
    }

    /// What to read instead of values of `column`; the configuration beats the preset.
    fn values(&self, column: &str) -> BTreeMap<String, String> {
        let mut values = self.preset.values.get(column).cloned().unwrap_or_default();
        if column == "location"
            // A platform's name for the shop's own shelf, where no other table knows that name:
            // left blank, it becomes the place that they do name.
            && let (Some(own), Some(known)) = (&self.preset.own_location, self.known_locations)
            && !known.contains(own)
        {
            for place in values.values_mut().filter(|place| *place == own) {
                place.clear();
            }
        }
        values.extend(self.mapping.values.get(column).cloned().unwrap_or_default());
        values
    }

    /// What the configuration says about texts of `column`; its other rules are [`RowFilter`]s.
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
            values: self.values(column),
            exclude,
            reject: mapping.reject.get(column).cloned().unwrap_or_default(),
            items: column == "sku",
            bracketed: self.preset.bracketed.iter().any(|name| name == column),
            levels: self.preset.levels.get(column).copied().unwrap_or(0),
        }
    }

    /// Finds the table's columns among `headings` of `file`.
    ///
    /// # Errors
    /// If a required column, or one the configuration names, is not there.
    pub(crate) fn plan(&self, file: &File, headings: &[String]) -> Result<ColumnPlan> {
        let path = file.path.as_path();
        let packed = self.packed(headings);
        let labels = packed.as_ref().map_or(&[][..], |packed| &packed.labels);
        // What is packed into one cell is found like any column, behind those of the file.
        let headings = &[headings, labels].concat()[..];
        let mut used = vec![false; headings.len()];
        let mut from = Vec::with_capacity(self.schema.columns.len());
        for column in self.schema.columns {
            from.push(match self.position(path, headings, column.name)? {
                Some(at) => {
                    used[at] = true;
                    refuse_twins(path, headings, at)?;
                    CellSource::Column(at)
                }
                // A folder called `channel=web` says more of its files than a constant for all of
                // them.
                None => self.partition(file, column.name).unwrap_or(self.constant(column.name)),
            });
        }
        let currencies = self.currencies(headings, &from);
        let filters = self.filters(path, headings, &from)?;
        for filter in &filters {
            used[filter.at] = true;
        }
        let wide = if self.preset.wide {
            self.spread(path, headings, &mut used, &mut from)?
        } else {
            Vec::new()
        };
        self.require(path, headings, &from)?;
        let fill_down = self.fill_down(headings, &from);
        let returns = self.schema.position("returns");
        let comes_back =
            |action| matches!(action, FilterAction::Returned | FilterAction::PartlyReturned);
        if filters.iter().any(|filter| comes_back(filter.action))
            && let Some(returns) = returns.filter(|&at| from[at] == CellSource::Missing)
        {
            // A status that says `returned` needs a column to put the units into.
            from[returns] = CellSource::Constant(String::new());
        }
        for (column, source) in self.schema.columns.iter().zip(&mut from) {
            if !self.is_read(column) {
                *source = CellSource::Missing;
            }
        }
        let exceptions = self.unused(file, headings, &used);
        let mut wide_exclude = Vec::new();
        if let Some(at) = from.iter().position(|source| *source == CellSource::Cell) {
            let column = self.schema.columns[at].name;
            let written = self.mapping.exclude.get(column);
            let patterns = written.or_else(|| self.preset.exclude.get(column));
            wide_exclude.extend(patterns.into_iter().flatten().cloned());
        }
        Ok(ColumnPlan {
            from,
            currencies,
            wide,
            wide_exclude,
            fill_down,
            packed,
            refunds: self.refunds(headings),
            filters,
            exceptions,
        })
    }

    /// Where the file says what was paid back of an order.
    fn refunds(&self, headings: &[String]) -> Option<RefundColumns> {
        let named = self.preset.refunded.as_ref()?;
        Some(RefundColumns {
            amount: find(&named.amount, headings)?,
            total: find(&named.total, headings),
            subtotal: find(&named.subtotal, headings),
            shipping: find(&named.shipping, headings),
            taxes: find(&named.taxes, headings),
        })
    }

    /// The currency that the heading of each column of money names.
    fn currencies(&self, headings: &[String], from: &[CellSource]) -> Vec<Option<String>> {
        let mut currencies = Vec::with_capacity(from.len());
        for (column, source) in self.schema.columns.iter().zip(from) {
            let heading = match source {
                CellSource::Column(at) if is_money(column) => headings.get(*at),
                CellSource::Column(_)
                | CellSource::Constant(_)
                | CellSource::Heading
                | CellSource::Cell
                | CellSource::Missing => None,
            };
            let named = heading.and_then(|heading| currency::in_heading(heading));
            currencies.push(named.map(|named| named.code));
        }
        currencies
    }

    /// How many of the table's columns `headings` has: which line comes nearest to a header.
    pub(crate) fn likeness(&self, headings: &[String]) -> usize {
        let mut count = 0;
        for column in self.schema.columns {
            let named = self.mapping.columns.get(column.name).map(std::slice::from_ref);
            let mut names = named.unwrap_or(self.renamed(column.name)).iter();
            let is_there = names.any(|name| find(name, headings).is_some())
                || find(column.name, headings).is_some();
            count += usize::from(is_there);
        }
        count
    }

    /// The position of `column` in the file, by its given name or its own.
    fn position(&self, path: &Path, headings: &[String], column: &str) -> Result<Option<usize>> {
        if let Some(theirs) = self.mapping.columns.get(column) {
            let found = find(theirs, headings);
            return found.map(Some).ok_or_else(|| {
                let message = format!(
                    "[mapping.{}] columns: {column} = \"{theirs}\", but the file has no such \
                     column; it has {}{}",
                    self.schema.table,
                    quoted(headings),
                    near(theirs, headings)
                );
                Error::input(path, message)
            });
        }
        // A constant of the configuration beats what the preset or the file says: whoever wrote it
        // has seen the file.
        if self.fixed(column).is_some() {
            return Ok(None);
        }
        let theirs = self.renamed(column).iter().find_map(|theirs| find(theirs, headings));
        if theirs.is_some() || !self.preset.own_names {
            return Ok(theirs);
        }
        Ok(find(column, headings).or_else(|| self.priced(column, headings)))
    }

    /// The column of money whose heading is `column` and a currency: `unit_price (EUR)`.
    fn priced(&self, column: &str, headings: &[String]) -> Option<usize> {
        let at = self.schema.position(column)?;
        is_money(&self.schema.columns[at]).then_some(())?;
        headings.iter().position(|heading| {
            currency::in_heading(heading).is_some_and(|named| normal(named.name) == column)
        })
    }

    /// The value of `column` in the names of the file's folders.
    fn partition(&self, file: &File, column: &str) -> Option<CellSource> {
        let theirs = self.mapping.columns.get(column).map_or(column, String::as_str);
        if self.fixed(column).is_some() {
            return None;
        }
        let found = file.partitions.iter().find(|said| normal(&said.column) == normal(theirs))?;
        Some(CellSource::Constant(found.value.clone()))
    }

    /// The rules on cells as they stand in the file.
    fn filters(
        &self,
        path: &Path,
        headings: &[String],
        from: &[CellSource],
    ) -> Result<Vec<RowFilter>> {
        let (mapping, preset) = (self.mapping, self.preset);
        let none = BTreeMap::new();
        let rules = [
            ("exclude", FilterAction::Exclude, &mapping.exclude, &preset.exclude),
            ("keep", FilterAction::Keep, &mapping.keep, &preset.keep),
            ("reject", FilterAction::Reject, &mapping.reject, &none),
            ("returned", FilterAction::Returned, &mapping.returned, &preset.returned),
            ("refunds", FilterAction::PartlyReturned, &none, &preset.partly_returned),
        ];
        let mut filters = Vec::new();
        for (key, action, written, presets) in rules {
            // The configuration's rule on a column takes the place of the preset's.
            let inherited = presets.iter().filter(|(column, _)| !written.contains_key(*column));
            for (column, patterns) in written.iter().chain(inherited) {
                let own = self.schema.position(column);
                let text =
                    |at: usize| matches!(self.schema.columns[at].kind, Kind::Id(_) | Kind::Text);
                // Texts are judged once a distinct text, see [`Mapped::rules`].
                let by_name = matches!(action, FilterAction::Exclude | FilterAction::Reject);
                if by_name && own.is_some_and(text) {
                    continue;
                }
                let at = match own {
                    Some(at) => match from[at] {
                        CellSource::Column(position) => Some(position),
                        _ => None,
                    },
                    None => find(column, headings),
                };
                match at {
                    Some(at) => filters.push(RowFilter {
                        at,
                        heading: headings[at].clone(),
                        patterns: patterns.clone(),
                        action,
                    }),
                    None if own.is_none() && written.contains_key(column) => {
                        let message = format!(
                            "[mapping.{}] {key}: `{column}` is neither a column of the table nor \
                             of the file, which has {}{}",
                            self.schema.table,
                            quoted(headings),
                            near(column, headings)
                        );
                        return Err(Error::input(path, message));
                    }
                    None => {}
                }
            }
        }
        filters.extend(self.came_back(headings, from));
        // A fact to read, not a row to reject; a rule of the seller's own stands above it.
        let is_said =
            mapping.exclude.contains_key("on_hand") || preset.exclude.contains_key("on_hand");
        if self.schema.table == "stock"
            && !is_said
            && let Some(at) = self.in_file("on_hand", headings, from)
        {
            filters.push(RowFilter {
                at,
                heading: headings[at].clone(),
                patterns: vec![NOT_STOCKED.to_owned()],
                action: FilterAction::Exclude,
            });
        }
        Ok(filters)
    }

    /// What statuses mean where neither the configuration nor the layout says it: counted as sold
    /// and kept, refunded orders were half of a forecast.
    fn came_back(&self, headings: &[String], from: &[CellSource]) -> Vec<RowFilter> {
        let (mapping, preset) = (self.mapping, self.preset);
        let is_said = mapping.returned.contains_key("status")
            || mapping.keep.contains_key("status")
            || mapping.exclude.contains_key("status");
        if self.schema.table != "sales" || !preset.own_names || is_said {
            return Vec::new();
        }
        let Some(at) = self.in_file("status", headings, from) else { return Vec::new() };
        let rules = [
            (FilterAction::Returned, &CAME_BACK[..]),
            (FilterAction::PartlyReturned, &PARTLY_CAME_BACK[..]),
        ];
        let mut filters = Vec::new();
        for (action, statuses) in rules {
            filters.push(RowFilter {
                at,
                heading: headings[at].clone(),
                patterns: statuses.iter().map(|&status| status.to_owned()).collect(),
                action,
            });
        }
        filters
    }

    /// The column that packs several lines into a cell, where the file has it.
    fn packed(&self, headings: &[String]) -> Option<PackedColumn> {
        let packed = self.preset.packed.as_ref()?;
        let at = find(&packed.column, headings)?;
        Some(PackedColumn { at, labels: packed.labels.clone() })
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
        // A sale has its day and its item; only lists without days have a column a location.
        let dated = self.schema.position("date").is_some();
        let mut axes = AXES
            .into_iter()
            .filter(|name| !dated || *name != "location")
            // What the layout or the configuration names has a column of its own.
            .filter(|name| {
                self.renamed(name).is_empty() && !self.mapping.columns.contains_key(*name)
            })
            .filter_map(|name| self.schema.position(name));
        let axis = axes.find(|&at| from[at] == CellSource::Missing);
        let value = self.schema.columns.iter().position(|c| c.required && !AXES.contains(&c.name));
        let (Some(axis), Some(value)) = (axis, value) else {
            return Err(Error::input(
                path,
                "the wide preset needs one of date and sku to be the columns' headings",
            ));
        };
        for heading in &self.preset.ignored {
            if let Some(at) = find(heading, headings) {
                used[at] = true;
            }
        }
        let of_dates = self.schema.columns[axis].name == "date";
        let formats = [&self.mapping.date_formats[..], &self.preset.date_formats].concat();
        let mut wide = Vec::new();
        for (at, heading) in headings.iter().enumerate() {
            if !used[at] && (!of_dates || parse_day(heading, &formats).is_some()) {
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
                "the header is one column, `{}`: it seems to be separated by {other:?}; set [csv] \
                 separator = {other:?}{decimals}",
                headings[0],
            );
            return Err(Error::input(path, message));
        }
        let name = self.renamed(column.name).first().map_or(column.name, String::as_str);
        let message = format!(
            "table {} needs a column `{name}` ({}); the file has {}{}; name it under \
             [mapping.{}.columns]",
            self.schema.table,
            column.doc,
            quoted(headings),
            near(name, headings),
            self.schema.table
        );
        Err(Error::input(path, message))
    }

    /// The columns that the configuration or the preset fills down, where the file has them.
    fn fill_down(&self, headings: &[String], from: &[CellSource]) -> Option<FilledColumns> {
        let mut columns = Vec::new();
        if !self.mapping.fill_down.is_empty() {
            for name in &self.mapping.fill_down {
                columns.extend(self.in_file(name, headings, from));
            }
            return Some(FilledColumns { key: None, columns });
        }
        let preset = self.preset.fill_down.as_ref()?;
        for name in &preset.columns {
            columns.extend(self.in_file(name, headings, from));
        }
        let key = match &preset.key {
            Some(key) => Some(self.in_file(key, headings, from)?),
            None => None,
        };
        Some(FilledColumns { key, columns })
    }

    /// The position in the file of one of the table's columns, or of a heading.
    fn in_file(&self, name: &str, headings: &[String], from: &[CellSource]) -> Option<usize> {
        match self.schema.position(name).map(|at| &from[at]) {
            Some(CellSource::Column(at)) => Some(*at),
            Some(
                CellSource::Constant(_)
                | CellSource::Heading
                | CellSource::Cell
                | CellSource::Missing,
            ) => None,
            None => find(name, headings),
        }
    }

    /// Says which columns of the file are not used; of a platform's own layout that is known.
    fn unused(&self, file: &File, headings: &[String], used: &[bool]) -> Vec<Exception> {
        let mut exceptions = Vec::new();
        if !self.preset.own_names {
            return exceptions;
        }
        let why = format!(
            "name it under [mapping.{}.columns] if it is one of the table's columns",
            self.schema.table
        );
        for (heading, _) in headings.iter().zip(used).filter(|(h, used)| !**used && !h.is_empty()) {
            let what = match nearest(heading, self.schema.columns.iter().map(|c| c.name)) {
                Some(known) => {
                    format!("column `{heading}` is not used; the nearest known one is `{known}`")
                }
                None => format!("column `{heading}` is not used"),
            };
            let about = Subject::File(file.base_name());
            let kind = ExceptionKind::UnmatchedColumn;
            exceptions.push(Exception::new(Severity::Info, kind, about, what, &why));
        }
        exceptions
    }

    /// Whether `column` must be read at all: order numbers of sales only tell whether two files say
    /// the same, statuses only matter to rules.
    fn is_read(&self, column: &Column) -> bool {
        if self.schema.table != "sales" {
            return true;
        }
        match column.kind {
            Kind::Key => self.compares_orders,
            Kind::Text if column.name != "currency" => {
                let rules = self.rules(column.name);
                !rules.exclude.is_empty() || !rules.reject.is_empty()
            }
            _ => true,
        }
    }
}

/// Whether a column's cells are money.
fn is_money(column: &Column) -> bool {
    matches!(column.kind, Kind::Money | Kind::Amount)
}

/// The position of the column called `name`; `#2` is the second, for those without a heading.
fn find(name: &str, headings: &[String]) -> Option<usize> {
    let numbered = name.strip_prefix('#').and_then(|number| number.parse::<usize>().ok());
    if let Some(at) = numbered.and_then(|number| number.checked_sub(1)) {
        if headings.get(at).is_some_and(|heading| heading.is_empty()) {
            return Some(at);
        }
        // Moved elsewhere, it is still the only one.
        let mut blank = (0..headings.len()).filter(|&at| headings[at].is_empty());
        if let (Some(only), None) = (blank.next(), blank.next()) {
            return Some(only);
        }
    }
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

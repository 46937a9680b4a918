//! The configuration of the reader: the sections `[data]`, `[csv]` and `[mapping.TABLE]`.

use crate::domain::error::did_you_mean;
use crate::domain::units::MOST_DECIMALS;
use crate::ingest::cells::currency::Rates;
use crate::ingest::cells::presets;
pub use crate::ingest::cells::presets::Footer;
use crate::ingest::far::address::{self, FarParts};
use crate::ingest::files::fetched::FarFile;
use crate::ingest::tables::schema;
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// All three sections.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `[data]`: what is accepted.
    pub data: DataSettings,
    /// `[csv]`: how text files are written.
    pub csv: CsvSettings,
    /// `[mapping.TABLE]`, or `[[mapping.TABLE]]` once a source: where a table comes from when it is
    /// not in the contract's own form.
    #[serde(deserialize_with = "one_or_many")]
    pub mapping: BTreeMap<String, Vec<TableMapping>>,
    /// `[units]`: what a unit is.
    pub units: UnitSettings,
    /// `[purchase] currency` and `[purchase.rates]`, as amounts of sales are converted, too.
    #[serde(skip)]
    pub rates: Rates,
}

/// `[mapping.sales]` and `[[mapping.sales]]` alike: a table has as many sources as are written.
fn one_or_many<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<String, Vec<TableMapping>>, D::Error> {
    let tables = BTreeMap::<String, toml::Value>::deserialize(from)?;
    let mut mapping = BTreeMap::new();
    for (table, value) in tables {
        let written = match value {
            toml::Value::Array(several) => several,
            one => vec![one],
        };
        let sources = written.into_iter().map(TableMapping::deserialize);
        let sources = sources.collect::<Result<Vec<_>, _>>().map_err(D::Error::custom)?;
        mapping.insert(table, sources);
    }
    Ok(mapping)
}

/// What is accepted as input.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataSettings {
    /// The run is refused when a larger share of a table's rows is rejected, 0..=1.
    pub reject_share_limit: f64,
    /// So many rejected rows of one table are accepted whatever their share.
    pub reject_rows_allowed: u64,
    /// Earlier dates are rejected.
    pub first_date: NaiveDate,
    /// Later dates are rejected.
    pub last_date: NaiveDate,
    /// Longest accepted name or text, bytes.
    pub name_length: usize,
    /// Largest accepted quantity of one row, units.
    pub max_quantity: f64,
    /// The run is refused when the panel would need more memory, MiB.
    pub memory_limit_mb: u64,
    /// A compressed file that unpacks to more is refused, MiB.
    pub decompressed_limit_mb: u64,
    /// A sale before this hour belongs to the previous business day, 0..=12.
    pub cutoff_hour: u8,
    /// Timestamps with a zone are moved to this offset; unset = the clock time as written.
    pub utc_offset_hours: Option<f64>,
    /// IANA name of the zone whose clock the shop's days go by; unset = see `utc_offset_hours`,
    /// which it stands above.
    pub time_zone: Option<String>,
    /// What a time without a zone is.
    pub naive_times_are: NaiveTimes,
    /// What happens to sales of items that no master table knows.
    pub unknown_skus: UnknownSkus,
    /// What becomes of rows whose date stands apart from all others.
    pub lone_dates: LoneDates,
    /// Whether names that differ only by case, spaces or the form of an accent are one.
    pub fold_names: bool,
    /// Currency codes that suppliers may use; empty = any three letters.
    pub currencies: Vec<String>,
    /// How old the newest date of a table may be, by table.
    pub freshness: BTreeMap<String, Freshness>,
    /// How many rows a table must have, by table.
    pub rows: BTreeMap<String, RowBounds>,
}

impl Default for DataSettings {
    fn default() -> Self {
        Self {
            reject_share_limit: 0.05,
            reject_rows_allowed: 5,
            first_date: NaiveDate::from_ymd_opt(1990, 1, 1).unwrap_or_default(),
            last_date: NaiveDate::from_ymd_opt(2100, 12, 31).unwrap_or_default(),
            name_length: 200,
            max_quantity: 1e7,
            memory_limit_mb: 16_384,
            decompressed_limit_mb: 16_384,
            cutoff_hour: 0,
            utc_offset_hours: None,
            time_zone: None,
            naive_times_are: NaiveTimes::Local,
            unknown_skus: UnknownSkus::Auto,
            lone_dates: LoneDates::Reject,
            fold_names: false,
            currencies: Vec::new(),
            // Nothing can be planned for a morning more than a year after the last sale: its year
            // is mistyped, and `current` would stay there for every night to come.
            freshness: BTreeMap::from([
                ("sales".to_owned(), Freshness { warn_days: Some(7), refuse_days: Some(400) }),
                ("stock".to_owned(), Freshness { warn_days: Some(3), refuse_days: None }),
            ]),
            rows: BTreeMap::new(),
        }
    }
}

/// What a unit is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UnitSettings {
    /// Decimals of quantities in a shop that sells by weight or length, at most 3; 0 = whole units
    /// only. Items of which some table has a part of a unit are counted to so many decimals
    /// everywhere, in whole packs where they have packs; all others in whole units.
    pub fraction: u8,
}

/// What a time that names no zone is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NaiveTimes {
    /// The shop's own clock.
    #[default]
    Local,
    /// Coordinated universal time, as many systems export it without saying so.
    Utc,
}

/// What becomes of rows whose date stands apart from all others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoneDates {
    /// They go to quarantine: one mistyped year would move the whole night.
    #[default]
    Reject,
    /// They count.
    Keep,
}

/// What happens to sales of items that neither `products` nor the targets of `aliases` know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnknownSkus {
    /// Rejected when both `aliases` and `products` are given, kept and reported otherwise.
    #[default]
    Auto,
    /// Kept and reported.
    Keep,
    /// Rejected.
    Reject,
}

/// How many days before the as-of date the newest date of a table may lie.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Freshness {
    /// Older than this is reported.
    pub warn_days: Option<u32>,
    /// Older than this refuses the run.
    pub refuse_days: Option<u32>,
}

/// How many data rows a table must have: fewer are half an export, more are two of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RowBounds {
    /// Fewer refuse the run.
    pub least: Option<u64>,
    /// More refuse the run.
    pub most: Option<u64>,
}

/// How text files are written.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CsvSettings {
    /// Between two columns.
    pub separator: char,
    /// Whether `1,200` is one and a fifth (true) or twelve hundred (false); unset = as the other
    /// cells of the file show. Cells that can mean one thing only are read so.
    pub decimal_comma: Option<bool>,
    /// Date formats to try after `YYYY-MM-DD`, in `strftime` notation, e.g. `%d/%m/%Y`.
    pub date_formats: Vec<String>,
    /// Character encoding; unset = UTF-8, and Windows-1252 where a cell is none (and told).
    pub encoding: Option<Encoding>,
}

impl Default for CsvSettings {
    fn default() -> Self {
        Self { separator: ',', decimal_comma: None, date_formats: Vec::new(), encoding: None }
    }
}

/// Character encoding of text files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Encoding {
    /// UTF-8; rows with other bytes in a used column are rejected.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// ISO 8859-1, or rather Windows-1252, which has the sign of the euro and curled quotes where
    /// the former has nothing.
    #[serde(rename = "latin-1")]
    Latin1,
}

/// Where one source of a table lies and what its columns are called there.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableMapping {
    /// File, folder or pattern (`sales_*.csv`, `shops/*/sales.csv`, `**/*.parquet`) under the data
    /// folder; unset = the table's own name.
    pub file: Option<String>,
    /// Instead of a file: what is asked of a database, `select ...`.
    pub query: Option<String>,
    /// The database of the query: a file or an address without a password, or `$NAME` for what an
    /// environment variable holds.
    pub connection: Option<String>,
    /// The ADBC driver of the query, by name or path; unset = as the connection says.
    pub driver: Option<String>,
    /// What was fetched of a source that does not lie in the data folder.
    #[serde(skip)]
    pub fetched: Option<Vec<FarFile>>,
    /// A known layout; the presets are the files in `cells/presets/`.
    pub preset: Option<String>,
    /// The channel of every row, instead of what the file says.
    pub channel: Option<String>,
    /// The location of every row, instead of what the file says.
    pub location: Option<String>,
    /// The currency of every row, instead of what the file says.
    pub currency: Option<String>,
    /// The sheet of a workbook; unset = every sheet that has the columns.
    pub sheet: Option<String>,
    /// Our column = the column in the file.
    pub columns: BTreeMap<String, String>,
    /// Our column = the same value in every row.
    pub constants: BTreeMap<String, String>,
    /// Our column = what to read instead of a value; `"*"` stands for every other value, and `*` in
    /// its replacement for the value itself (`"*" = "shop-*"` puts a prefix before every name).
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// Our column, or a column of the file = values whose rows are left out and counted; `*` at the
    /// end matches any ending.
    pub exclude: BTreeMap<String, Vec<String>>,
    /// The other way round: rows with any other value are left out and counted.
    pub keep: BTreeMap<String, Vec<String>>,
    /// Our column, or a column of the file = values whose rows have come back entirely.
    pub returned: BTreeMap<String, Vec<String>>,
    /// Our column = values whose rows go into quarantine; `*` at the end matches any ending.
    pub reject: BTreeMap<String, Vec<String>>,
    /// Quantities are multiplied by it: -1 where sales are booked as negative stock movements.
    pub quantity_factor: f64,
    /// Our columns, or columns of the file, whose blank cells repeat the one above, as merged cells
    /// of a sheet do.
    pub fill_down: Vec<String>,
    /// Names of the columns of a text file that has no header line.
    pub header: Vec<String>,
    /// Lines above the header; unset = a header further down is looked for.
    pub skip_rows: Option<usize>,
    /// Lines between the header and the first row: descriptions, units.
    pub description_rows: Option<usize>,
    /// What stands below the last row.
    pub footer: Footer,
    /// Instead of `[csv] separator`.
    pub separator: Option<char>,
    /// Whether `"` surrounds cells that hold separators; unset = as the preset says, or yes.
    pub quoting: Option<bool>,
    /// Instead of `[csv] decimal_comma`.
    pub decimal_comma: Option<bool>,
    /// Instead of `[csv] encoding`.
    pub encoding: Option<Encoding>,
    /// Before those of `[csv] date_formats`.
    pub date_formats: Vec<String>,
}

impl Default for TableMapping {
    fn default() -> Self {
        Self {
            file: None,
            query: None,
            connection: None,
            driver: None,
            fetched: None,
            preset: None,
            channel: None,
            location: None,
            currency: None,
            sheet: None,
            columns: BTreeMap::new(),
            constants: BTreeMap::new(),
            values: BTreeMap::new(),
            exclude: BTreeMap::new(),
            keep: BTreeMap::new(),
            returned: BTreeMap::new(),
            reject: BTreeMap::new(),
            quantity_factor: 1.0,
            fill_down: Vec::new(),
            header: Vec::new(),
            skip_rows: None,
            description_rows: None,
            footer: Footer::default(),
            separator: None,
            quoting: None,
            decimal_comma: None,
            encoding: None,
            date_formats: Vec::new(),
        }
    }
}

impl Settings {
    /// The sources of a table in the order they are written; a table that nothing is said about
    /// has one, its own file.
    #[must_use]
    pub fn sources(&self, table: &str) -> Vec<TableMapping> {
        let written = self.mapping.get(table).filter(|sources| !sources.is_empty());
        written.cloned().unwrap_or_else(|| vec![TableMapping::default()])
    }

    /// Whether some table does not come from the data folder.
    #[must_use]
    pub fn has_far_sources(&self) -> bool {
        let mut sources = self.mapping.values().flatten();
        sources.any(|s| s.query.is_some() || s.file.as_deref().is_some_and(address::is_address))
    }

    /// Everything wrong with the settings, one sentence each; empty when they can be used.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = self.data.problems();
        if self.units.fraction > MOST_DECIMALS {
            problems.push(format!("[units] fraction: expected 0 to {MOST_DECIMALS} decimals"));
        }
        if !self.csv.separator.is_ascii() {
            problems.push(format!(
                "[csv] separator: `{}` is not a plain ASCII character",
                self.csv.separator
            ));
        }
        problems.extend(format_problems("[csv]", &self.csv.date_formats));
        for (table, sources) in &self.mapping {
            let Some(schema) = schema::table(table) else {
                problems.push(format!(
                    "[mapping.{table}]: no such table{}",
                    did_you_mean(table, schema::names().into_iter())
                ));
                continue;
            };
            for mapping in sources {
                problems.extend(mapping.problems(schema));
            }
            let unnamed = sources.iter().filter(|s| s.file.is_none() && s.query.is_none());
            let unnamed = unnamed.count();
            if unnamed > 1 {
                problems.push(format!(
                    "[[mapping.{table}]]: {unnamed} sources have no file: each needs its own, \
                     only one may be the table's own {table}.csv"
                ));
            }
        }
        problems
    }
}

impl DataSettings {
    /// The zone of the shop's clock, where one is set and known.
    pub(crate) fn zone(&self) -> Option<Tz> {
        self.time_zone.as_deref().and_then(|name| name.parse().ok())
    }

    /// What is wrong with the keys about time.
    fn clock_problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if let Some(name) = &self.time_zone
            && self.zone().is_none()
        {
            let known = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
            problems.push(format!(
                "[data] time_zone: no zone is called `{name}`{}; expected an IANA name such as \
                 Europe/Berlin",
                did_you_mean(name, known)
            ));
        }
        let has_clock = self.time_zone.is_some() || self.utc_offset_hours.is_some();
        if self.naive_times_are == NaiveTimes::Utc && !has_clock {
            problems.push(
                "[data] naive_times_are = \"utc\": set time_zone, the zone they are moved to"
                    .to_owned(),
            );
        }
        problems
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = self.clock_problems();
        let mut check = |holds: bool, what: &str| {
            if !holds {
                problems.push(format!("[data] {what}"));
            }
        };
        check(
            (0.0..=1.0).contains(&self.reject_share_limit),
            "reject_share_limit: expected a share between 0 and 1",
        );
        check(self.first_date < self.last_date, "first_date: expected a day before last_date");
        check(
            (self.last_date - self.first_date).num_days() < 65_535,
            "first_date: more than 179 years before last_date",
        );
        check(self.name_length >= 1, "name_length: expected at least 1");
        check(
            self.max_quantity > 0.0 && self.max_quantity <= 1e12,
            "max_quantity: expected a number above 0, at most 1e12",
        );
        check(self.cutoff_hour <= 12, "cutoff_hour: expected an hour from 0 to 12");
        check(
            self.utc_offset_hours.is_none_or(|h| h.abs() <= 14.0),
            "utc_offset_hours: expected -14 to 14",
        );
        for (table, bounds) in &self.rows {
            check(
                bounds.least <= bounds.most.or(bounds.least),
                &format!("rows.{table}: expected least <= most"),
            );
        }
        let sections = [
            ("freshness", self.freshness.keys().collect::<Vec<_>>()),
            ("rows", self.rows.keys().collect()),
        ];
        for (section, tables) in sections {
            for table in tables.into_iter().filter(|t| schema::table(t).is_none()) {
                problems.push(format!(
                    "[data.{section}] {table}: no such table{}",
                    did_you_mean(table, schema::names().into_iter())
                ));
            }
        }
        problems
    }
}

impl TableMapping {
    fn problems(&self, schema: &schema::Schema) -> Vec<String> {
        let place = format!("[mapping.{}]", schema.table);
        let mut problems = Vec::new();
        if let Some(preset) = self.preset.as_deref() {
            match presets::find(preset) {
                None => {
                    let known = presets::names().join(", ");
                    let near = did_you_mean(preset, presets::names().into_iter());
                    problems.push(format!(
                        "{place} preset: `{preset}` is unknown{near}; the presets are {known}"
                    ));
                }
                Some(known) if !known.table.is_empty() && known.table != schema.table => {
                    let table = &known.table;
                    problems.push(format!(
                        "{place} preset: `{preset}` is a layout of {table}: write it under \
                         [mapping.{table}]"
                    ));
                }
                Some(_) => {}
            }
        }
        // `exclude`, `keep` and `returned` may name columns of the file, which is not open yet.
        let keys = [
            ("columns", self.columns.keys().collect::<Vec<_>>()),
            ("constants", self.constants.keys().collect()),
            ("values", self.values.keys().collect()),
            ("reject", self.reject.keys().collect()),
        ];
        let known: Vec<&str> = schema.columns.iter().map(|c| c.name).collect();
        for (section, names) in keys {
            for name in names.into_iter().filter(|n| schema.position(n).is_none()) {
                problems.push(format!(
                    "{place} {section}: {} has no column `{name}`{}",
                    schema.table,
                    did_you_mean(name, known.iter().copied())
                ));
            }
        }
        let fixed = [
            ("channel", &self.channel),
            ("location", &self.location),
            ("currency", &self.currency),
        ];
        for (name, value) in fixed {
            if value.is_some() && schema.position(name).is_none() {
                problems.push(format!("{place} {name}: {} has no such column", schema.table));
            }
        }
        if !self.returned.is_empty() && schema.position("returns").is_none() {
            problems.push(format!("{place} returned: only sales come back"));
        }
        let far = FarParts {
            file: self.file.as_deref(),
            query: self.query.as_deref(),
            driver: self.driver.as_deref(),
            connection: self.connection.as_deref(),
        };
        problems.extend(address::problems(&place, far));
        problems.extend(format_problems(&place, &self.date_formats));
        if self.separator.is_some_and(|s| !s.is_ascii()) {
            problems.push(format!("{place} separator: not a plain ASCII character"));
        }
        if !(self.quantity_factor.is_finite() && self.quantity_factor != 0.0) {
            problems.push(format!("{place} quantity_factor: expected a number other than 0"));
        }
        problems
    }
}

/// Formats that are no strftime notation, or in which no day or month stands.
fn format_problems(place: &str, formats: &[String]) -> Vec<String> {
    use chrono::format::{Item, StrftimeItems};
    const DAYS_AND_MONTHS: [&str; 13] =
        ["%d", "%e", "%j", "%b", "%B", "%m", "%D", "%F", "%x", "%h", "%c", "%v", "%s"];
    let mut problems = Vec::new();
    for format in formats {
        let is_notation = !StrftimeItems::new(format).any(|item| matches!(item, Item::Error));
        if !is_notation || !DAYS_AND_MONTHS.iter().any(|part| format.contains(part)) {
            problems.push(format!(
                "{place} date_formats: `{format}` is no date format such as %d/%m/%Y"
            ));
        }
    }
    problems
}

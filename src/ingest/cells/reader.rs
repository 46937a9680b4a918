//! Text to typed cells, column by column.

use crate::ingest::cells::days::DayReader;
use crate::ingest::cells::interner::{Interner, Problem};
use crate::ingest::cells::presets::Preset;
use crate::ingest::cells::rules::{Rules, normal};
use crate::ingest::cells::values::{NO_DAY, NO_FLAG, Values, is_nothing, is_whole, key_of};
use crate::ingest::settings::{Settings, TableMapping};
use crate::ingest::tables::schema::{Column, Kind};
use std::borrow::Cow;

/// Numbers beyond this in columns that count nothing (prices, days, weights) are typing errors, not
/// facts.
const LARGEST_NUMBER: f64 = 1e12;

/// Reads the cells of one column of one table, over all its files.
#[derive(Debug, Clone)]
pub(crate) struct ColumnReader {
    pub(crate) column: &'static Column,
    /// Its texts, for text columns.
    pub(crate) interner: Interner,
    pub(crate) days: DayReader,
    decimal_comma: bool,
    bounds: Bounds,
    /// Quantities are multiplied by it.
    pub(crate) factor: f64,
}

/// Numbers that may stand in a column.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    least: f64,
    largest: f64,
    whole: bool,
}

impl Bounds {
    fn of(column: &Column, max_quantity: f64) -> Self {
        let counts = matches!(column.kind, Kind::Units(_)) || column.name == "quantity";
        let largest = if counts { max_quantity } else { LARGEST_NUMBER };
        match column.kind {
            Kind::Units(least) => Self { least, largest, whole: true },
            Kind::Number(least, most) => {
                Self { least: least.max(-largest), largest: most.min(largest), whole: false }
            }
            Kind::Money => Self { least: 0.0, largest, whole: false },
            Kind::Id(_) | Kind::Text | Kind::Key | Kind::Choice(_) | Kind::Date | Kind::Bool => {
                Self { least: f64::MIN, largest: f64::MAX, whole: false }
            }
        }
    }
}

impl ColumnReader {
    /// A reader of `column` under `settings`, with the table's own date formats first.
    pub(crate) fn new(
        column: &'static Column,
        rules: Rules,
        settings: &Settings,
        mapping: &TableMapping,
        preset: &Preset,
    ) -> Self {
        let own = mapping.date_formats.iter().chain(&preset.date_formats);
        let formats = own.chain(&settings.csv.date_formats).cloned().collect();
        Self {
            column,
            interner: Interner::new(rules, settings.data.name_length),
            days: DayReader::new(settings, formats),
            decimal_comma: mapping.decimal_comma.unwrap_or(settings.csv.decimal_comma),
            bounds: Bounds::of(column, settings.data.max_quantity),
            factor: if column.name == "quantity" { mapping.quantity_factor } else { 1.0 },
        }
    }

    /// Appends the value of `raw` to `values`; an unusable cell is appended as empty.
    pub(crate) fn push(&mut self, raw: &str, values: &mut Values) -> Result<(), Problem> {
        match values {
            Values::Missing => Ok(()),
            Values::Text(v) => {
                let code = self.interner.code(raw);
                v.push(code);
                self.interner.problem(code).map_or(Ok(()), |bad| Err(bad.problem.clone()))
            }
            Values::Number(v) => {
                let number = self.number(&self.replaced(raw));
                v.push(number.as_ref().copied().unwrap_or(f64::NAN));
                number.map(drop).map_err(Problem::Rejected)
            }
            Values::Day(v) => {
                let day = self.days.day(&self.interner.rules().replace(raw.trim()));
                v.push(day.as_ref().copied().unwrap_or(NO_DAY));
                day.map(drop).map_err(Problem::Rejected)
            }
            Values::Flag(v) => {
                let flag = parse_flag(&self.replaced(raw));
                v.push(flag.unwrap_or(NO_FLAG));
                flag.map(drop).ok_or_else(|| Problem::Rejected("expected yes or no".to_owned()))
            }
            Values::Key(v) => {
                v.push(key_of(raw));
                Ok(())
            }
        }
    }

    /// The number in `raw`, NaN where there is none or it cannot be read: for what is only counted.
    pub(crate) fn lenient_number(&self, raw: &str) -> f64 {
        self.number(&self.replaced(raw)).unwrap_or(f64::NAN)
    }

    /// What the mapping reads instead of `raw`.
    fn replaced<'a>(&'a self, raw: &'a str) -> Cow<'a, str> {
        self.interner.rules().replace(raw.trim())
    }

    /// The number in `text`, NaN when there is none.
    fn number(&self, text: &str) -> Result<f64, String> {
        if let Kind::Choice(words) = self.column.kind {
            return choice(words, text);
        }
        if is_nothing(text) {
            return Ok(f64::NAN);
        }
        let parsed: Result<f64, _> = if self.decimal_comma {
            text.replace(['.', ' ', '\u{a0}'], "").replace(',', ".").parse()
        } else {
            text.parse()
        };
        match parsed {
            Ok(number) => self.check(number * self.factor).map(|()| number * self.factor),
            Err(_) if text.contains(',') && !self.decimal_comma => {
                Err("not a number; if `,` separates decimals set [csv] decimal_comma = true"
                    .to_owned())
            }
            Err(_) => Err("not a number".to_owned()),
        }
    }

    /// Whether `number` may stand in this column.
    #[inline]
    pub(crate) fn check(&self, number: f64) -> Result<(), String> {
        let Bounds { least, largest, whole } = self.bounds;
        if number >= least && number <= largest && (!whole || is_whole(number)) {
            Ok(())
        } else {
            Err(self.complaint(number))
        }
    }

    #[cold]
    fn complaint(&self, number: f64) -> String {
        let largest = self.bounds.largest;
        // Of a rate, whose largest value is 1, the range says more than the limit.
        if number.abs() > largest && number.is_finite() && largest > 1.0 {
            format!("beyond {largest:.0}, the largest accepted ([data] max_quantity)")
        } else {
            format!("expected {}", self.column.kind.expected())
        }
    }
}

/// Yes and no as databases, spreadsheets and pandas write them; a 0/1 column with gaps comes as 1.0
/// and 0.0.
fn parse_flag(text: &str) -> Option<u8> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "t" | "1.0" => Some(1),
        "false" | "no" | "n" | "0" | "f" | "0.0" => Some(0),
        other => is_nothing(other).then_some(NO_FLAG),
    }
}

/// The position of `text` among `words`, NaN when it is empty.
fn choice(words: &[&str], text: &str) -> Result<f64, String> {
    if text.is_empty() {
        return Ok(f64::NAN);
    }
    let text = normal(text).replace('_', "-");
    match words.iter().position(|word| *word == text) {
        Some(at) => Ok(at as f64),
        None => Err(format!("expected one of {}", words.join(", "))),
    }
}

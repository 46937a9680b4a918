//! Text to typed cells, column by column.

use crate::ingest::cells::choices;
use crate::ingest::cells::currency::{self, Rates};
use crate::ingest::cells::days::DayReader;
use crate::ingest::cells::interner::{Interner, LeftOut, Problem};
use crate::ingest::cells::measure::{self, WithUnit};
use crate::ingest::cells::numbers::{
    self, ClearNumber, Content, Convention, DecimalSign, Evidence, Number, TwoReadings,
    may_be_group,
};
use crate::ingest::cells::presets::Preset;
use crate::ingest::cells::rules::{Rules, normal};
use crate::ingest::cells::values::{NO_DAY, NO_FLAG, Values, is_nothing, is_whole, key_of};
use crate::ingest::settings::{Settings, TableMapping};
use crate::ingest::tables::schema::{Column, DAYS, Kind, SOME_UNITS};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Numbers beyond this in columns that count nothing (prices, days, weights) are typing errors, not
/// facts.
const LARGEST_NUMBER: f64 = 1e12;

/// Bytes beyond which a cell is no number, day or flag, whatever it says: a mapping points at texts
/// (a column of JSON, a description), and reading each to its end only costs time.
const LONGEST_VALUE: usize = 1024;

/// Reads the cells of one column of one table, over all its files.
#[derive(Debug, Clone)]
pub(crate) struct ColumnReader {
    pub(crate) column: &'static Column,
    /// Its texts, for text columns.
    pub(crate) interner: Interner,
    pub(crate) days: DayReader,
    /// How this file, or the configuration, writes decimals.
    convention: Convention,
    /// Whether the configuration says it.
    is_configured: bool,
    bounds: Bounds,
    /// Whether the shop counts parts of a unit.
    weighs: bool,
    /// Quantities are multiplied by it.
    pub(crate) factor: f64,
    rates: Rates,
    /// Whether an amount that names its currency (`12,50 €`) is converted to the reporting one.
    is_converted: bool,
    /// What one unit of the currency that the heading names is worth; 1 where it names none.
    pub(crate) heading_rate: f64,
    /// That currency, where it has no rate.
    heading_without_rate: Option<String>,
    /// The decimal sign that was found without a cell that proves it, until somebody says so.
    pub(crate) assumed: Option<DecimalSign>,
    /// Cells whose currency has no rate, by its code.
    pub(crate) without_rate: BTreeMap<String, u64>,
    /// Cells with a sign that several currencies share (`$`): taken for the reporting currency.
    pub(crate) shared_signs: u64,
}

/// Numbers that may stand in a column.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    least: f64,
    largest: f64,
    whole: bool,
}

impl Bounds {
    fn of(column: &Column, settings: &Settings) -> Self {
        let max_quantity = settings.data.max_quantity;
        // Who sells by weight counts stock in fractions, too; they are made whole later, and told.
        let whole = settings.units.fraction == 0;
        let largest = if is_count(column) { max_quantity } else { LARGEST_NUMBER };
        match column.kind {
            // Half a kilogram may be ordered where there are halves.
            Kind::Units(1.0) if !whole => Self { least: f64::MIN_POSITIVE, largest, whole },
            Kind::Units(least) => Self { least, largest, whole },
            Kind::Number(least, most) => {
                Self { least: least.max(-largest), largest: most.min(largest), whole: false }
            }
            Kind::Money => Self { least: 0.0, largest, whole: false },
            Kind::Amount => Self { least: -largest, largest, whole: false },
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
        let own = mapping.date_formats.iter();
        let formats = own.chain(&settings.csv.date_formats).cloned().collect();
        Self {
            column,
            interner: Interner::new(rules, settings.data.name_length),
            days: DayReader::new(settings, formats, &preset.date_formats),
            convention: match mapping.decimal_comma.or(settings.csv.decimal_comma) {
                Some(true) => Convention::Known(DecimalSign::Comma),
                Some(false) => Convention::Known(DecimalSign::Point),
                None => Convention::Unknown,
            },
            is_configured: mapping.decimal_comma.or(settings.csv.decimal_comma).is_some(),
            bounds: Bounds::of(column, settings),
            weighs: settings.units.fraction > 0,
            factor: if column.name == "quantity" { mapping.quantity_factor } else { 1.0 },
            rates: settings.rates.clone(),
            is_converted: false,
            heading_rate: 1.0,
            heading_without_rate: None,
            assumed: None,
            without_rate: BTreeMap::new(),
            shared_signs: 0,
        }
    }

    /// Whether a row of `table` says nothing without it. Of an item whose stock nobody counts the
    /// row says just that.
    pub(crate) fn is_required(&self, table: &str) -> bool {
        self.column.required && !(table == "stock" && self.column.name == "on_hand")
    }

    /// Whether its cells are days.
    pub(crate) fn is_dated(&self) -> bool {
        self.column.kind == Kind::Date
    }

    /// Whether its cells are numbers.
    pub(crate) fn is_numeric(&self) -> bool {
        matches!(self.column.kind, Kind::Number(..) | Kind::Units(_) | Kind::Money | Kind::Amount)
    }

    /// Begins a file, of whose numbers nothing is known unless the configuration says it;
    /// `is_converted`: no column names the currency of a row, so an amount that does is converted,
    /// and so are all of a column whose `heading` does.
    pub(crate) fn begin_file(&mut self, is_converted: bool, heading: Option<&str>) {
        (self.heading_rate, self.heading_without_rate) =
            match heading.filter(|_| is_converted).map(|code| self.rates.of(code)) {
                None => (1.0, None),
                Some(Ok(rate)) => (rate, None),
                Some(Err(code)) => (1.0, Some(code)),
            };
        if !self.is_configured {
            self.convention = Convention::Unknown;
        }
        self.is_converted = is_converted;
        self.days.begin_file();
    }

    /// Wants to be asked about a number or a date of two meanings before it is read or set aside.
    pub(crate) fn ask_for_evidence(&mut self) {
        self.days.ask_for_evidence();
        if !self.is_configured {
            self.convention = Convention::Unasked;
        }
    }

    /// Takes over what the cells of this column, and of the whole file, show.
    pub(crate) fn settle(&mut self, own: Evidence, file: Evidence) {
        if !self.is_configured {
            let content = match self.column.kind {
                Kind::Money | Kind::Amount => Content::Money,
                // `12.345` is a weight where the shop weighs, whatever else the file shows.
                _ if is_count(self.column) && !self.weighs => Content::Count,
                _ => Content::Measure,
            };
            self.assumed = self.assumed.or(own.assumed(file, content));
            let sign = own.decide(file, content);
            self.convention = sign.map_or(Convention::Unknown, Convention::Known);
        }
    }

    /// Appends the value of `raw` to `values`; an unusable cell is appended as empty.
    pub(crate) fn push(&mut self, raw: &str, values: &mut Values) -> Result<(), Problem> {
        if raw.len() > LONGEST_VALUE && !matches!(values, Values::Text(_) | Values::Key(_)) {
            values.push_empty();
            return Err(Problem::Rejected(format!(
                "a text of {} bytes; expected {}",
                raw.len(),
                self.column.kind.expected()
            )));
        }
        match values {
            Values::Missing => Ok(()),
            Values::Text(v) => {
                let code = self.interner.code(raw);
                v.push(code);
                self.interner.problem(code).map_or(Ok(()), |bad| Err(bad.problem.clone()))
            }
            Values::Number(v) => {
                let number = if self.interner.rules().values.is_empty() {
                    self.number(raw.trim())
                } else {
                    let cell = self.replaced(raw).into_owned();
                    self.number(&cell)
                };
                v.push(number.as_ref().copied().unwrap_or(f64::NAN));
                number.map(drop)
            }
            Values::Day(v) => {
                let day = self.days.day(&self.interner.rules().replace(raw.trim()));
                v.push(day.as_ref().copied().unwrap_or(NO_DAY));
                day.map(drop)
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
    pub(crate) fn lenient_number(&mut self, raw: &str) -> f64 {
        let cell = self.replaced(raw).into_owned();
        self.number(&cell).unwrap_or(f64::NAN)
    }

    /// What the mapping reads instead of `raw`.
    fn replaced<'a>(&'a self, raw: &'a str) -> Cow<'a, str> {
        self.interner.rules().replace(raw.trim())
    }

    /// The number in `text`, NaN when there is none.
    fn number(&mut self, text: &str) -> Result<f64, Problem> {
        if let Kind::Choice(words) = self.column.kind {
            return choice(words, text).map_err(|expected| {
                let way_out = choices::way_out(self.column, text);
                Problem::Rejected(format!("{expected}{way_out}"))
            });
        }
        // Most cells are plain numbers: the rest costs them nothing.
        let plain = if may_be_group(text) { None } else { text.parse().ok() };
        let number = match plain {
            Some(number) => self.of_heading(number),
            None if is_nothing(text) => f64::NAN,
            None if self.column.name == "on_hand" && is_untracked(text) => f64::NAN,
            None => self.written(text)?,
        };
        if number.is_nan() {
            return Ok(number);
        }
        let number = number * self.factor;
        self.judge(number).map(|()| number)
    }

    /// Whether `number` may stand in this column, and what its row is where it may not.
    pub(crate) fn judge(&self, number: f64) -> Result<(), Problem> {
        if number == 0.0 && self.column.kind == SOME_UNITS {
            return Err(Problem::LeftOut(LeftOut::NoUnits));
        }
        self.check(number).map_err(Problem::Rejected)
    }

    /// A number with more than digits to it.
    fn written(&mut self, text: &str) -> Result<f64, Problem> {
        let clear = match numbers::read(text) {
            None => return self.with_unit(text),
            Some(Number::Clear(clear)) => clear,
            // `¥1,500` in a shop whose own currency is the yen, which has no smaller coin.
            Some(Number::Either(either)) if self.is_whole_money(&either) => either.as_group,
            Some(Number::Either(either)) => match self.convention {
                Convention::Unasked => return Err(Problem::Undecided),
                Convention::Known(sign) if sign == either.sign => either.as_decimals,
                Convention::Known(_) => either.as_group,
                Convention::Unknown => {
                    return Err(Problem::Rejected(self.ambiguity(text, &either)));
                }
            },
        };
        let is_money = matches!(self.column.kind, Kind::Money | Kind::Amount);
        let is_rate = matches!(self.column.kind, Kind::Number(..)) && !is_count(self.column);
        if (clear.is_percent && !is_rate) || (clear.currency.is_some() && !is_money) {
            return Err(Problem::Rejected(self.no_number(text)));
        }
        Ok(self.in_reporting_currency(clear))
    }

    /// Whether the amount has a sign that several currencies share, and is taken for one without
    /// cents.
    fn is_whole_money(&self, either: &TwoReadings) -> bool {
        either.as_group.currency.as_deref() == Some("") && currency::is_whole(&self.rates.reporting)
    }

    /// A number with a unit behind it that says what the column counts anyway: `3 pcs`, `2 weeks`.
    fn with_unit(&mut self, text: &str) -> Result<f64, Problem> {
        let found = match self.column.kind {
            _ if is_count(self.column) => measure::things(text),
            DAYS => measure::days(text),
            _ => None,
        };
        let Some(WithUnit { number, factor }) = found else {
            return Err(Problem::Rejected(self.no_number(text)));
        };
        let plain = if may_be_group(number) { None } else { number.parse().ok() };
        match plain.map_or_else(|| self.written(number), Ok) {
            Ok(number) => Ok(number * factor),
            // `10-14 days`: the whole cell is what a line of the configuration must name.
            Err(Problem::Rejected(_)) if self.column.kind == DAYS => {
                Err(Problem::Rejected(self.no_number(text)))
            }
            Err(other) => Err(other),
        }
    }

    /// The amount, converted where it names another currency than the reporting one; as it is where
    /// that has no rate: then the run is refused, or the currency is the shop's own.
    fn in_reporting_currency(&mut self, amount: ClearNumber) -> f64 {
        if !self.is_converted {
            return amount.value;
        }
        let Some(currency) = amount.currency else { return self.of_heading(amount.value) };
        // Nothing is nothing in every currency.
        if amount.value == 0.0 {
            return 0.0;
        }
        if currency.is_empty() {
            self.shared_signs += 1;
            return self.of_heading(amount.value);
        }
        match self.rates.of(&currency) {
            Ok(rate) => amount.value * rate,
            Err(code) => {
                *self.without_rate.entry(code).or_insert(0) += 1;
                amount.value
            }
        }
    }

    /// An amount that names no currency, in that of its column's heading.
    #[inline]
    pub(crate) fn of_heading(&mut self, amount: f64) -> f64 {
        if let Some(code) = &self.heading_without_rate
            && !amount.is_nan()
        {
            *self.without_rate.entry(code.clone()).or_insert(0) += 1;
        }
        amount * self.heading_rate
    }

    #[cold]
    fn no_number(&self, text: &str) -> String {
        let expected = self.column.kind.expected();
        let cause = match text.contains([',', '.']) {
            true if text.contains(|c: char| c.is_ascii_digit()) => {
                ", with one decimal sign at most and three digits in each group of thousands"
            }
            true | false => "",
        };
        let way_out = choices::way_out(self.column, text);
        format!("not a number; expected {expected}{cause}{way_out}")
    }

    #[cold]
    fn ambiguity(&self, text: &str, either: &TwoReadings) -> String {
        let (group, decimals) = (either.as_group.value, either.as_decimals.value);
        let (grouped, decimal) = match either.sign {
            DecimalSign::Comma => ("false", "true"),
            DecimalSign::Point => ("true", "false"),
        };
        format!(
            "`{text}` is {group} if its sign groups thousands and {decimals} if it separates \
             decimals, and no other cell tells: set [csv] decimal_comma = {grouped} for {group}, \
             {decimal} for {decimals}"
        )
    }

    /// Whether `number` is within the column's bounds.
    #[inline]
    fn check(&self, number: f64) -> Result<(), String> {
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
        // Of a rate or a number of days the range says more than the limit.
        let has_range = matches!(self.column.kind, Kind::Number(_, most) if most < f64::MAX);
        if number.abs() > largest && number.is_finite() && !has_range {
            format!("beyond {largest:.0}, the largest accepted ([data] max_quantity)")
        } else {
            let way_out = if self.bounds.whole && !is_whole(number) {
                "; if the shop sells by weight or length, set [units] fraction = 3"
            } else {
                ""
            };
            format!("expected {}{way_out}", self.column.kind.expected())
        }
    }
}

/// What shops say in the place of a number where nobody counts an item.
fn is_untracked(text: &str) -> bool {
    const WORDS: [&str; 7] = [
        "not tracked",
        "untracked",
        "not managed",
        "unmanaged",
        "unlimited",
        "unknown",
        "made to order",
    ];
    WORDS.iter().any(|word| normal(text) == normal(word))
}

/// Whether a column counts units.
fn is_count(column: &Column) -> bool {
    matches!(column.kind, Kind::Units(_)) || column.name == "quantity"
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

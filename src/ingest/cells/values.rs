//! Cells: text to typed values, with names held once and numbered.

use crate::ingest::cells::days::DayReader;
use crate::ingest::cells::mapping::{Rules, matches, normal};
use crate::ingest::settings::{Settings, TableMapping};
use crate::ingest::tables::schema::{Column, Kind};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// No text in this cell.
pub(crate) const NO_TEXT: u32 = u32::MAX;
/// No date in this cell.
pub(crate) const NO_DAY: i32 = i32::MIN;
/// Neither yes nor no in this cell.
pub(crate) const NO_FLAG: u8 = 2;
/// Codes from here on name a problem, not a text.
const PROBLEM: u32 = 1 << 31;

/// The cells of one column in one chunk of rows.
#[derive(Debug, Clone)]
pub(crate) enum Values {
    /// The file has no such column.
    Missing,
    /// Codes of an [`Interner`], [`NO_TEXT`] = empty.
    Text(Vec<u32>),
    /// Numbers, or the position of a word among the choices; NaN = empty.
    Number(Vec<f64>),
    /// Days since 1970-01-01, [`NO_DAY`] = empty.
    Day(Vec<i32>),
    /// 0, 1 or [`NO_FLAG`].
    Flag(Vec<u8>),
}

impl Values {
    /// An empty column of the right type.
    pub(crate) fn empty(kind: Kind) -> Self {
        match kind {
            Kind::Id(_) | Kind::Text => Self::Text(Vec::new()),
            Kind::Choice(_) | Kind::Number(..) | Kind::Units(_) | Kind::Money => {
                Self::Number(Vec::new())
            }
            Kind::Date => Self::Day(Vec::new()),
            Kind::Bool => Self::Flag(Vec::new()),
        }
    }

    /// Makes room for `rows` more cells.
    pub(crate) fn reserve(&mut self, rows: usize) {
        match self {
            Self::Missing => {}
            Self::Text(v) => v.reserve(rows),
            Self::Number(v) => v.reserve(rows),
            Self::Day(v) => v.reserve(rows),
            Self::Flag(v) => v.reserve(rows),
        }
    }

    /// Forgets the cells from row `rows` on.
    pub(crate) fn truncate(&mut self, rows: usize) {
        match self {
            Self::Missing => {}
            Self::Text(v) => v.truncate(rows),
            Self::Number(v) => v.truncate(rows),
            Self::Day(v) => v.truncate(rows),
            Self::Flag(v) => v.truncate(rows),
        }
    }

    /// The empty rows.
    pub(crate) fn empty_rows(&self, rows: usize) -> Vec<usize> {
        fn at<T>(cells: &[T], is_empty: impl Fn(&T) -> bool) -> Vec<usize> {
            cells
                .iter()
                .enumerate()
                .filter(|(_, cell)| is_empty(cell))
                .map(|(row, _)| row)
                .collect()
        }
        match self {
            Self::Missing => (0..rows).collect(),
            Self::Text(v) => at(v, |&code| code == NO_TEXT),
            Self::Number(v) => at(v, |number| number.is_nan()),
            Self::Day(v) => at(v, |&day| day == NO_DAY),
            Self::Flag(v) => at(v, |&flag| flag == NO_FLAG),
        }
    }

    /// Whether row `row` is empty.
    pub(crate) fn is_empty_at(&self, row: usize) -> bool {
        match self {
            Self::Missing => true,
            Self::Text(v) => v[row] == NO_TEXT,
            Self::Number(v) => v[row].is_nan(),
            Self::Day(v) => v[row] == NO_DAY,
            Self::Flag(v) => v[row] == NO_FLAG,
        }
    }
}

/// Why a row cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// A rule leaves it out.
    Excluded,
    /// It goes into quarantine for this reason.
    Rejected(String),
}

/// A multiplicative hash for short keys that need no defence: dictionaries are bounded by the quarantine of long names.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FastHasher(u64);

impl Hasher for FastHasher {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            self.write_u64(u64::from_le_bytes(word.try_into().expect("eight bytes")));
        }
        let mut last = [0; 8];
        last[..words.remainder().len()].copy_from_slice(words.remainder());
        self.write_u64(u64::from_le_bytes(last));
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(u64::from(byte));
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_u128(&mut self, word: u128) {
        let bytes = word.to_le_bytes();
        self.write_u64(u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")));
        self.write_u64(u64::from_le_bytes(bytes[8..].try_into().expect("eight bytes")));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(26) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

/// A map with [`FastHasher`]; its order must not reach a result.
pub(crate) type FastMap<K, V> = HashMap<K, V, BuildHasherDefault<FastHasher>>;

/// A set with it.
pub(crate) type FastSet<K> = HashSet<K, BuildHasherDefault<FastHasher>>;

/// The distinct texts of one column, numbered in order of appearance.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interner {
    rules: Rules,
    longest: usize,
    by_short: FastMap<u128, u32>,
    by_long: FastMap<Box<str>, u32>,
    by_name: FastMap<Box<str>, u32>,
    names: Vec<Box<str>>,
    problems: Vec<(String, Problem)>,
    last: Option<(u128, u32)>,
}

impl Interner {
    /// An empty one that applies `rules` and accepts texts of up to `longest` bytes.
    pub(crate) fn new(rules: Rules, longest: usize) -> Self {
        Self { rules, longest, ..Self::default() }
    }

    /// The code of `raw`: a text, [`NO_TEXT`] or a problem.
    #[inline]
    pub(crate) fn code(&mut self, raw: &str) -> u32 {
        let Some(packed) = pack(raw.as_bytes()) else {
            return self.by_long.get(raw).copied().unwrap_or_else(|| self.add(raw));
        };
        if let Some((last, code)) = self.last
            && last == packed
        {
            return code;
        }
        let code = self.by_short.get(&packed).copied().unwrap_or_else(|| self.add(raw));
        self.last = Some((packed, code));
        code
    }

    #[cold]
    fn add(&mut self, raw: &str) -> u32 {
        let code = match self.judge(raw) {
            Ok(name) if name.is_empty() => NO_TEXT,
            Ok(name) => match self.by_name.get(name.as_ref()) {
                Some(&code) => code,
                None => {
                    let code = u32::try_from(self.names.len()).unwrap_or(u32::MAX) & !PROBLEM;
                    let name: Box<str> = name.as_ref().into();
                    self.names.push(name.clone());
                    self.by_name.insert(name, code);
                    code
                }
            },
            Err(problem) => {
                self.problems.push((clip(raw), problem));
                PROBLEM | u32::try_from(self.problems.len() - 1).unwrap_or(0)
            }
        };
        match pack(raw.as_bytes()) {
            Some(packed) => drop(self.by_short.insert(packed, code)),
            None if raw.len() <= self.longest => drop(self.by_long.insert(raw.into(), code)),
            None => {}
        }
        code
    }

    /// The name behind `raw` after the mapping's rules.
    fn judge<'a>(&'a self, raw: &'a str) -> Result<Cow<'a, str>, Problem> {
        let text = raw.trim();
        if matches(&self.rules.exclude, text) {
            return Err(Problem::Excluded);
        }
        if matches(&self.rules.reject, text) {
            return Err(Problem::Rejected("rejected by a rule of the mapping".to_owned()));
        }
        let text = if text.is_empty() { text.into() } else { self.rules.replace(text) };
        if text.len() > self.longest {
            return Err(Problem::Rejected(format!(
                "longer than {} bytes ([data] name_length)",
                self.longest
            )));
        }
        if text.chars().any(char::is_control) {
            return Err(Problem::Rejected("control characters in a name".to_owned()));
        }
        Ok(text)
    }

    /// The text of `code`; empty for [`NO_TEXT`].
    pub(crate) fn name(&self, code: u32) -> &str {
        self.names.get(code as usize).map_or("", |n| n)
    }

    /// What is wrong with `code`, with the text as it stood in the file.
    pub(crate) fn problem(&self, code: u32) -> Option<&(String, Problem)> {
        if code & PROBLEM == 0 || code == NO_TEXT {
            None
        } else {
            self.problems.get((code & !PROBLEM) as usize)
        }
    }
}

/// Up to fifteen bytes and their number as one key; `None` for more. Most names are that short, and a key in the table
/// itself saves following a pointer to compare a name.
#[inline]
fn pack(bytes: &[u8]) -> Option<u128> {
    let n = bytes.len();
    let long = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
    let short = |at: usize| {
        u64::from(u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")))
    };
    let (low, high) = match n {
        0..4 => (bytes.iter().rev().fold(0, |word, &b| word << 8 | u64::from(b)), 0),
        4..8 => (short(0) | (short(n - 4) >> (8 * (8 - n))) << 32, 0),
        8 => (long(0), 0),
        9..16 => (long(0), long(n - 8) >> (8 * (16 - n))),
        _ => return None,
    };
    Some(u128::from(low) | u128::from(high) << 64 | (n as u128) << 120)
}

/// Reads the cells of one column of one table, over all its files.
#[derive(Debug, Clone)]
pub(crate) struct ColumnReader {
    /// Which column.
    pub(crate) column: &'static Column,
    /// Its texts, for text columns.
    pub(crate) interner: Interner,
    /// How its days are read.
    pub(crate) days: DayReader,
    decimal_comma: bool,
    /// Numbers that fit: least, largest, whether whole.
    bounds: (f64, f64, bool),
    /// Quantities are multiplied by it.
    pub(crate) factor: f64,
}

impl ColumnReader {
    /// A reader of `column` under `settings`, with the table's own date formats first.
    pub(crate) fn new(
        column: &'static Column,
        rules: Rules,
        settings: &Settings,
        mapping: &TableMapping,
    ) -> Self {
        let formats =
            mapping.date_formats.iter().chain(&settings.csv.date_formats).cloned().collect();
        Self {
            column,
            interner: Interner::new(rules, settings.data.name_length),
            days: DayReader::new(settings, formats),
            decimal_comma: settings.csv.decimal_comma,
            bounds: bounds(column, settings.data.max_quantity),
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
                self.interner.problem(code).map_or(Ok(()), |(_, problem)| Err(problem.clone()))
            }
            Values::Number(v) => {
                let number = self.number(&self.replaced(raw));
                v.push(number.as_ref().copied().unwrap_or(f64::NAN));
                number.map(|_| ()).map_err(Problem::Rejected)
            }
            Values::Day(v) => {
                let day = self.days.day(raw.trim());
                v.push(day.as_ref().copied().unwrap_or(NO_DAY));
                day.map(|_| ()).map_err(Problem::Rejected)
            }
            Values::Flag(v) => {
                let flag = parse_flag(&self.replaced(raw));
                v.push(flag.unwrap_or(NO_FLAG));
                flag.map(|_| ()).ok_or_else(|| Problem::Rejected("expected yes or no".to_owned()))
            }
        }
    }

    /// What the mapping reads instead of `raw`.
    fn replaced<'a>(&'a self, raw: &'a str) -> Cow<'a, str> {
        self.interner.rules.replace(raw.trim())
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
        let (min, max, whole) = self.bounds;
        if number >= min && number <= max && (!whole || is_whole(number)) {
            Ok(())
        } else {
            Err(self.complaint(number))
        }
    }

    #[cold]
    fn complaint(&self, number: f64) -> String {
        let largest = self.bounds.1;
        if number.abs() > largest && number.is_finite() && largest > 1.0 {
            format!("beyond {largest:.0}, the largest accepted ([data] max_quantity)")
        } else {
            format!("expected {}", self.column.kind.expected())
        }
    }
}

/// What numbers `column` accepts: least, largest, whether whole.
fn bounds(column: &Column, max_quantity: f64) -> (f64, f64, bool) {
    let largest = if matches!(column.kind, Kind::Units(_)) || column.name == "quantity" {
        max_quantity
    } else {
        1e12
    };
    match column.kind {
        Kind::Units(min) => (min, largest, true),
        Kind::Number(min, max) => (min.max(-largest), max.min(largest), false),
        Kind::Money => (0.0, largest, false),
        _ => (f64::MIN, f64::MAX, false),
    }
}

/// Whether `text` stands for no value.
pub(crate) fn is_nothing(text: &str) -> bool {
    text.is_empty()
        || (text.len() <= 4
            && ["na", "nan", "null", "none", "n/a"].iter().any(|n| text.eq_ignore_ascii_case(n)))
}

fn parse_flag(text: &str) -> Option<u8> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "t" | "1.0" => Some(1),
        "false" | "no" | "n" | "0" | "f" | "0.0" => Some(0),
        other => is_nothing(other).then_some(NO_FLAG),
    }
}

fn choice(words: &[&str], text: &str) -> Result<f64, String> {
    if text.is_empty() {
        return Ok(f64::NAN);
    }
    let text = normal(text).replace('_', "-");
    words
        .iter()
        .position(|w| *w == text)
        .map(|at| at as f64)
        .ok_or_else(|| format!("expected one of {}", words.join(", ")))
}

/// Whether `number` has no fraction; without a library call, for the hot loops.
#[inline]
pub(crate) fn is_whole(number: f64) -> bool {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a saturated cast differs from the number, as it should"
    )]
    let whole = number as i64 as f64;
    whole == number
}

/// At most 80 characters of `text`, for the quarantine.
pub(crate) fn clip(text: &str) -> String {
    if text.chars().count() <= 80 {
        text.to_owned()
    } else {
        text.chars().take(79).chain(['…']).collect()
    }
}

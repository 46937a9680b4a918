//! The typed cells of a column, and what stands for an empty one.

use crate::domain::shown::shown;
use crate::ingest::tables::schema::Kind;
use crate::math::hash::FastHasher;
use std::hash::Hasher;

/// No text in this cell.
pub(crate) const NO_TEXT: u32 = u32::MAX;
/// No date in this cell.
pub(crate) const NO_DAY: i32 = i32::MIN;
/// Neither yes nor no in this cell.
pub(crate) const NO_FLAG: u8 = 2;

/// No key in this cell.
pub(crate) const NO_KEY: u64 = 0;

/// The cells of one column in one chunk of rows.
#[derive(Debug, Clone)]
pub(crate) enum Values {
    /// The file has no such column.
    Missing,
    /// Codes of names, [`NO_TEXT`] = empty.
    Text(Vec<u32>),
    /// Numbers, or the position of a word among the choices; NaN = empty.
    Number(Vec<f64>),
    /// Days since 1970-01-01, [`NO_DAY`] = empty.
    Day(Vec<i32>),
    /// 0, 1 or [`NO_FLAG`].
    Flag(Vec<u8>),
    /// Digests of texts that are only compared, [`NO_KEY`] = empty.
    Key(Vec<u64>),
}

impl Values {
    /// An empty column of the right type.
    pub(crate) fn empty(kind: Kind) -> Self {
        match kind {
            Kind::Id(_) | Kind::Text => Self::Text(Vec::new()),
            Kind::Choice(_) | Kind::Number(..) | Kind::Units(_) | Kind::Money | Kind::Amount => {
                Self::Number(Vec::new())
            }
            Kind::Date => Self::Day(Vec::new()),
            Kind::Bool => Self::Flag(Vec::new()),
            Kind::Key => Self::Key(Vec::new()),
        }
    }

    /// Whether a cell says the same as one of another chunk of the same column.
    pub(crate) fn is_same(&self, row: usize, other: &Self, there: usize) -> bool {
        match (self, other) {
            (Self::Missing, Self::Missing) => true,
            (Self::Text(a), Self::Text(b)) => a[row] == b[there],
            (Self::Number(a), Self::Number(b)) => a[row].to_bits() == b[there].to_bits(),
            (Self::Day(a), Self::Day(b)) => a[row] == b[there],
            (Self::Flag(a), Self::Flag(b)) => a[row] == b[there],
            (Self::Key(a), Self::Key(b)) => a[row] == b[there],
            (
                Self::Missing
                | Self::Text(_)
                | Self::Number(_)
                | Self::Day(_)
                | Self::Flag(_)
                | Self::Key(_),
                _,
            ) => false,
        }
    }

    /// Codes of names, if it is a column of them.
    pub(crate) fn texts(&self) -> Option<&[u32]> {
        if let Self::Text(v) = self { Some(v) } else { None }
    }

    /// Numbers, if it is a column of them.
    pub(crate) fn numbers(&self) -> Option<&[f64]> {
        if let Self::Number(v) = self { Some(v) } else { None }
    }

    /// Days, if it is a column of them.
    pub(crate) fn days(&self) -> Option<&[i32]> {
        if let Self::Day(v) = self { Some(v) } else { None }
    }

    /// Yes or no, if it is a column of that.
    pub(crate) fn flags(&self) -> Option<&[u8]> {
        if let Self::Flag(v) = self { Some(v) } else { None }
    }

    /// Digests, if it is a column of them.
    pub(crate) fn keys(&self) -> Option<&[u64]> {
        if let Self::Key(v) = self { Some(v) } else { None }
    }

    /// Makes room for `rows` more cells.
    pub(crate) fn reserve(&mut self, rows: usize) {
        match self {
            Self::Missing => {}
            Self::Text(v) => v.reserve(rows),
            Self::Number(v) => v.reserve(rows),
            Self::Day(v) => v.reserve(rows),
            Self::Flag(v) => v.reserve(rows),
            Self::Key(v) => v.reserve(rows),
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
            Self::Key(v) => v.truncate(rows),
        }
    }

    /// The empty rows.
    pub(crate) fn empty_rows(&self, rows: usize) -> Vec<usize> {
        match self {
            Self::Missing => (0..rows).collect(),
            Self::Text(v) => rows_where(v, |&code| code == NO_TEXT),
            Self::Number(v) => rows_where(v, |number| number.is_nan()),
            Self::Day(v) => rows_where(v, |&day| day == NO_DAY),
            Self::Flag(v) => rows_where(v, |&flag| flag == NO_FLAG),
            Self::Key(v) => rows_where(v, |&key| key == NO_KEY),
        }
    }

    /// Appends an empty cell.
    pub(crate) fn push_empty(&mut self) {
        match self {
            Self::Missing => {}
            Self::Text(v) => v.push(NO_TEXT),
            Self::Number(v) => v.push(f64::NAN),
            Self::Day(v) => v.push(NO_DAY),
            Self::Flag(v) => v.push(NO_FLAG),
            Self::Key(v) => v.push(NO_KEY),
        }
    }

    /// The cells there are; none of a column that is missing.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Missing => 0,
            Self::Text(v) => v.len(),
            Self::Number(v) => v.len(),
            Self::Day(v) => v.len(),
            Self::Flag(v) => v.len(),
            Self::Key(v) => v.len(),
        }
    }

    /// What the cells take, bytes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Missing => 0,
            Self::Text(v) => 4 * v.len(),
            Self::Number(v) => 8 * v.len(),
            Self::Day(v) => 4 * v.len(),
            Self::Flag(v) => v.len(),
            Self::Key(v) => 8 * v.len(),
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
            Self::Key(v) => v[row] == NO_KEY,
        }
    }
}

/// The digest of a text that is only compared with others: never [`NO_KEY`] but for an empty one.
pub(crate) fn key_of(text: &str) -> u64 {
    let text = text.trim();
    if is_nothing(text) {
        return NO_KEY;
    }
    let mut hasher = FastHasher::default();
    hasher.write(text.as_bytes());
    hasher.write_u64(text.len() as u64);
    hasher.finish().max(1)
}

fn rows_where<T>(cells: &[T], holds: impl Fn(&T) -> bool) -> Vec<usize> {
    (0..cells.len()).filter(|&row| holds(&cells[row])).collect()
}

/// Whether `text` stands for no value: spreadsheets, pandas and databases write it in their own
/// ways.
pub(crate) fn is_nothing(text: &str) -> bool {
    text.is_empty()
        || (text.len() <= 4
            && ["na", "nan", "null", "none", "n/a", "#n/a", "-", "--", "\u{2013}", "\u{2014}"]
                .iter()
                .any(|n| text.eq_ignore_ascii_case(n)))
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

/// At most 80 characters of `text`, for the quarantine; none of them acts on a terminal.
pub(crate) fn clip(text: &str) -> String {
    match text.char_indices().nth(80) {
        None => shown(text).into_owned(),
        Some(_) => shown(&text.chars().take(79).chain(['…']).collect::<String>()).into_owned(),
    }
}

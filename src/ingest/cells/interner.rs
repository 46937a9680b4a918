//! The names of a column, held once and numbered.

use crate::ingest::cells::rules::{Rules, bracketed, is_total, matches, shortened};
use crate::ingest::cells::values::{NO_TEXT, clip};
use crate::math::hash::FastMap;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Codes from here on name a problem, not a text.
const PROBLEM: u32 = 1 << 31;

/// Texts too long for a name that are told apart: a column of JSON taken for names has a new one in
/// every row, and each would be kept to the end of the night.
const MOST_OVERLONG: usize = 1000;

/// What a map takes for an entry beside the text itself: the key, the code, room to grow.
const KEY_BYTES: u64 = 56;

/// Why a row cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// A rule on this column leaves it out.
    Excluded,
    /// It is left out for what it is.
    LeftOut(LeftOut),
    /// It goes into quarantine for this reason.
    Rejected(String),
    /// `1,200` or `03/02/2026`, and nobody has looked yet how the file writes numbers and dates.
    Undecided,
}

/// Why a row is no row of its table: it is left out and counted, and nothing is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum LeftOut {
    /// A rule on this column of the file.
    Rule(String),
    /// It names no item in this column: a tip, a gift card, a line of text.
    NoItem {
        column: String,
        /// A column that says in its place what was sold, where there is one.
        instead: Option<String>,
    },
    /// It has neither a day nor a quantity: the head of a group.
    NoSale,
    /// It is for no units: a list of what is on its way names items of which nothing is.
    NoUnits,
    /// A line of totals.
    Total,
    /// A line of text among the rows.
    Text,
    /// The header once more, or a line that describes the columns.
    Header,
    /// Below the last row.
    Footer,
}

/// A text as it stood in the file, and what is wrong with it.
#[derive(Debug, Clone)]
pub(crate) struct BadText {
    pub(crate) raw: String,
    pub(crate) problem: Problem,
}

/// The distinct texts of one column, numbered in order of appearance.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interner {
    rules: Rules,
    longest: usize,
    /// Codes of texts as they stand in files, by [`pack`]ed bytes ...
    by_short: FastMap<u128, u32>,
    /// ... or, of those that do not fit into a key, by themselves.
    by_long: FastMap<Box<str>, u32>,
    by_name: FastMap<Box<str>, u32>,
    names: Vec<Box<str>>,
    bad: Vec<BadText>,
    /// What the texts take, as themselves and as keys.
    bytes: u64,
    /// Texts too long to keep that were met, and the code of the last one told apart.
    overlong: usize,
    last_overlong: u32,
    /// The text before: sorted files repeat it.
    last: Option<PackedCode>,
}

#[derive(Debug, Clone, Copy)]
struct PackedCode {
    packed: u128,
    code: u32,
}

impl Interner {
    /// An empty one that applies `rules` and accepts texts of up to `longest` bytes.
    pub(crate) fn new(rules: Rules, longest: usize) -> Self {
        Self { rules, longest, ..Self::default() }
    }

    /// What the mapping says about these texts.
    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The code of `raw`: a text, [`NO_TEXT`] or a problem.
    #[inline]
    pub(crate) fn code(&mut self, raw: &str) -> u32 {
        let Some(packed) = pack(raw.as_bytes()) else {
            if raw.len() > self.longest {
                // Never among those that were kept: not worth a digest of all of it.
                return self.add(raw);
            }
            return self.by_long.get(raw).copied().unwrap_or_else(|| self.add(raw));
        };
        if let Some(last) = self.last
            && last.packed == packed
        {
            return last.code;
        }
        let code = self.by_short.get(&packed).copied().unwrap_or_else(|| self.add(raw));
        self.last = Some(PackedCode { packed, code });
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
                    self.bytes += 2 * (name.len() as u64 + KEY_BYTES);
                    self.names.push(name.clone());
                    self.by_name.insert(name, code);
                    code
                }
            },
            Err(_) if raw.len() > self.longest && self.overlong >= MOST_OVERLONG => {
                return self.last_overlong;
            }
            Err(problem) => {
                self.bad.push(BadText { raw: clip(raw), problem });
                PROBLEM | u32::try_from(self.bad.len() - 1).unwrap_or(0)
            }
        };
        self.bytes += raw.len() as u64 + KEY_BYTES;
        match pack(raw.as_bytes()) {
            Some(packed) => drop(self.by_short.insert(packed, code)),
            None if raw.len() <= self.longest => drop(self.by_long.insert(raw.into(), code)),
            // Too long to keep: each one is judged again, and rejected.
            None if code & PROBLEM != 0 && code != NO_TEXT => {
                (self.overlong, self.last_overlong) = (self.overlong + 1, code);
            }
            None => {}
        }
        code
    }

    /// The name behind `raw` after the mapping's rules.
    fn judge<'a>(&'a self, raw: &'a str) -> Result<Cow<'a, str>, Problem> {
        let text = if self.rules.bracketed { bracketed(raw.trim()) } else { raw.trim() };
        let text = shortened(text, self.rules.levels);
        if matches(&self.rules.exclude, text) {
            return Err(Problem::Excluded);
        }
        if self.rules.items && is_total(text) {
            return Err(Problem::LeftOut(LeftOut::Total));
        }
        if matches(&self.rules.reject, text) {
            return Err(Problem::Rejected("rejected by a rule of the mapping".to_owned()));
        }
        let text = self.rules.replace(text);
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

    /// About what it holds, bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// All texts, by code.
    pub(crate) fn names(&self) -> &[Box<str>] {
        &self.names
    }

    /// The text of `code`; empty for [`NO_TEXT`].
    pub(crate) fn name(&self, code: u32) -> &str {
        self.names.get(code as usize).map_or("", |n| n)
    }

    /// What is wrong with `code`.
    pub(crate) fn problem(&self, code: u32) -> Option<&BadText> {
        if code & PROBLEM == 0 || code == NO_TEXT {
            None
        } else {
            self.bad.get((code & !PROBLEM) as usize)
        }
    }
}

/// Up to fifteen bytes and their number as one key; `None` for more. Most names are that short, and
/// a key in the table itself saves following a pointer to compare a name.
#[inline]
fn pack(bytes: &[u8]) -> Option<u128> {
    let n = bytes.len();
    // The last bytes of a word are read together with some before them, which are then shifted out:
    // two reads, no loop.
    let low = match n {
        0..4 => bytes.iter().rev().fold(0, |word, &b| word << 8 | u64::from(b)),
        4..8 => four(bytes, 0) | (four(bytes, n - 4) >> (8 * (8 - n))) << 32,
        8..16 => eight(bytes, 0),
        _ => return None,
    };
    let high = if n > 8 { eight(bytes, n - 8) >> (8 * (16 - n)) } else { 0 };
    Some(u128::from(low) | u128::from(high) << 64 | (n as u128) << 120)
}

fn eight(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

fn four(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")))
}

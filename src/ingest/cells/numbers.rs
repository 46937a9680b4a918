//! Numbers as people's tools write them: `$1,250.00`, `(10.00)`, `1.250,00 EUR`, `1 250`,
//! `1'250.50`, `10.00-`, `12 %`.
//!
//! Most cells can mean one thing only and are read so, whatever the rest of the file does. A few
//! cannot: `1,200` is twelve hundred where commas group thousands, and one and a fifth where they
//! are decimal signs. Those are decided by the clear cells of their column, then of their file.

use crate::ingest::cells::currency;

/// Which sign stands between whole and fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DecimalSign {
    Point,
    Comma,
}

impl DecimalSign {
    /// The other one.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Point => Self::Comma,
            Self::Comma => Self::Point,
        }
    }
}

/// A cell with a number in it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Number {
    /// It can mean one thing only.
    Clear(ClearNumber),
    /// `1,200` or `1.200`: a group of thousands, or three decimals.
    Either(TwoReadings),
}

/// A number that can mean one thing only.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ClearNumber {
    pub(crate) value: f64,
    /// The decimal sign that it shows by being written so.
    pub(crate) shows: Option<DecimalSign>,
    /// The currency it names, by code, where a sign or a code stands beside it.
    pub(crate) currency: Option<String>,
    /// Whether anything else than the number stands there: a currency, brackets.
    pub(crate) is_amount: bool,
    pub(crate) is_percent: bool,
    /// Digits before the decimal sign, where nothing groups them.
    ungrouped_digits: usize,
}

/// A number with one sign in it, and three digits after that.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TwoReadings {
    pub(crate) as_group: ClearNumber,
    pub(crate) as_decimals: ClearNumber,
    /// The sign between them.
    pub(crate) sign: DecimalSign,
    /// Whether its last three digits are zeros ...
    is_round: bool,
    /// ... or its last one is.
    ends_in_zero: bool,
}

/// The number in `text`; `None` where there is none.
pub(crate) fn read(text: &str) -> Option<Number> {
    let text = text.strip_prefix('\'').unwrap_or(text);
    let first = text.find(|c: char| c.is_ascii_digit())?;
    let last = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    // `.5` begins with its sign.
    let start = if text[..first].ends_with(['.', ',']) { first - 1 } else { first };
    let around = Around::read(&text[..start], &text[last..])?;
    numeral(&text[start..last], &around)
}

/// What stands before and after the digits.
#[derive(Debug, Clone, Default)]
struct Around {
    negative: bool,
    currency: Option<String>,
    is_amount: bool,
    is_percent: bool,
}

impl Around {
    fn read(before: &str, after: &str) -> Option<Self> {
        let mut around = Self::default();
        // `5.-` and `5,-`: no cents.
        let after = match after.strip_prefix(['.', ',']) {
            Some(dash) if dash.trim_start().starts_with(['-', '–', '—']) => {
                around.is_amount = true;
                dash.trim_start().trim_start_matches(['-', '–', '—'])
            }
            Some(_) if after.len() == 1 => "",
            Some(_) => return None,
            None => after,
        };
        let (before, after) =
            match (before.trim().strip_prefix('('), after.trim().strip_suffix(')')) {
                (Some(before), Some(after)) => {
                    (around.negative, around.is_amount) = (true, true);
                    (before, after)
                }
                // `$(10.00)`: the sign stands outside of the brackets.
                (None, Some(after)) if before.trim().ends_with('(') => {
                    (around.negative, around.is_amount) = (true, true);
                    (before.trim().trim_end_matches('('), after)
                }
                (None, None) => (before, after),
                (Some(_), None) | (None, Some(_)) => return None,
            };
        let signs = around.side(before, true)? + around.side(after, false)?;
        (signs <= 1).then_some(around)
    }

    /// Takes up one side; returns how many signs of minus or plus stand there.
    fn side(&mut self, text: &str, is_before: bool) -> Option<usize> {
        let mut signs = 0;
        let mut word = String::new();
        for c in text.chars() {
            if matches!(c, '-' | '\u{2212}' | '\u{2013}') {
                (signs, self.negative) = (signs + 1, true);
            } else if c == '+' && is_before {
                signs += 1;
            } else if c == '%' && !is_before {
                self.is_percent = true;
            } else if !is_space(c) {
                word.push(c);
            }
        }
        if !word.is_empty() {
            // `EUR 5 EUR` is no amount.
            if self.currency.is_some() || self.is_percent {
                return None;
            }
            self.currency = Some(currency::code_of(&word)?);
            self.is_amount = true;
        }
        Some(signs)
    }

    fn clear(&self, numeral: &str, shows: Option<DecimalSign>) -> Option<ClearNumber> {
        let value: f64 = numeral.parse().ok()?;
        let value = if self.is_percent { value / 100.0 } else { value };
        Some(ClearNumber {
            value: if self.negative { -value } else { value },
            shows,
            currency: self.currency.clone(),
            is_amount: self.is_amount,
            is_percent: self.is_percent,
            ungrouped_digits: 0,
        })
    }
}

/// Digits with their decimal sign and groups.
fn numeral(text: &str, around: &Around) -> Option<Number> {
    let (digits, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], &text[at..]),
        None => (text, ""),
    };
    if !digits.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',' || is_group_mark(c)) {
        return None;
    }
    let (points, commas) = (digits.matches('.').count(), digits.matches(',').count());
    let has_marks = digits.contains(is_group_mark);
    let decimal = match (points, commas) {
        (0, 0) => None,
        (1, 0) => Some(DecimalSign::Point),
        (0, 1) => Some(DecimalSign::Comma),
        // Two of a kind can only be groups, so the other one is the decimal sign.
        (_, 0) => return grouped(digits, DecimalSign::Comma, '.', around),
        (0, _) => return grouped(digits, DecimalSign::Point, ',', around),
        // The last one separates decimals; the other one groups.
        (_, _) if has_marks => return None,
        (1, _) if digits.rfind('.') > digits.rfind(',') => Some(DecimalSign::Point),
        (_, 1) if digits.rfind(',') > digits.rfind('.') => Some(DecimalSign::Comma),
        (_, _) => return None,
    };
    let Some(sign) = decimal else {
        let whole = ungroup(digits, None)?;
        let mut clear = around.clear(&format!("{whole}{exponent}"), None)?;
        clear.ungrouped_digits = if has_marks { 0 } else { whole.len() };
        return Some(Number::Clear(clear));
    };
    let (mark, other) = match sign {
        DecimalSign::Point => ('.', ','),
        DecimalSign::Comma => (',', '.'),
    };
    let (whole, fraction) = digits.split_once(mark)?;
    if fraction.contains(is_group_mark) {
        return None;
    }
    let one_sign = points + commas == 1 && !has_marks && exponent.is_empty();
    let plain = ungroup(whole, Some(other))?;
    let as_decimals = around.clear(&format!("{plain}.{fraction}{exponent}"), Some(sign))?;
    let is_group = fraction.len() == 3 && (1..=3).contains(&whole.len());
    // A group is never led by a zero: `0,500` is a half.
    if one_sign && is_group && !whole.starts_with('0') {
        let mut as_group = around.clear(&format!("{whole}{fraction}"), None)?;
        if around.currency.as_deref().is_some_and(currency::is_whole) {
            as_group.shows = Some(sign.other());
            return Some(Number::Clear(as_group));
        }
        let (is_round, ends_in_zero) = (fraction == "000", fraction.ends_with('0'));
        let either = TwoReadings { as_group, as_decimals, sign, is_round, ends_in_zero };
        return Some(Number::Either(either));
    }
    Some(Number::Clear(as_decimals))
}

/// `1,250,000`: groups only, which shows that the decimal sign is the other one.
fn grouped(digits: &str, shows: DecimalSign, mark: char, around: &Around) -> Option<Number> {
    if digits.contains(is_group_mark) {
        return None;
    }
    let whole = ungroup(digits, Some(mark))?;
    around.clear(&whole, Some(shows)).map(Number::Clear)
}

/// The digits of a whole number without the signs between its groups; `None` where those are no
/// groups of thousands (`1,25` is none), nor those of India (`12,34,567`).
fn ungroup(whole: &str, mark: Option<char>) -> Option<String> {
    let Some(used) = whole.chars().find(|&c| mark == Some(c) || is_group_mark(c)) else {
        return whole.chars().all(|c| c.is_ascii_digit()).then(|| whole.to_owned());
    };
    let groups: Vec<&str> = whole.split(used).collect();
    let [first, middle @ .., last] = groups.as_slice() else { return None };
    let thousands = (1..=3).contains(&first.len()) && middle.iter().all(|g| g.len() == 3);
    let lakhs = (1..=2).contains(&first.len()) && middle.iter().all(|g| g.len() == 2);
    let digits = groups.concat();
    let valid =
        last.len() == 3 && (thousands || lakhs) && digits.chars().all(|c| c.is_ascii_digit());
    valid.then_some(digits)
}

/// Spaces as they stand between thousands: plain, no-break, narrow no-break and thin.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

/// Signs that only ever group.
fn is_group_mark(c: char) -> bool {
    is_space(c) || matches!(c, '\'' | '\u{2019}')
}

/// Whether a plain number such as `1.250` may also be a group of thousands: one point, three digits
/// after it and one to three before it, the first no zero.
#[inline]
pub(crate) fn may_be_group(text: &str) -> bool {
    let bytes = text.as_bytes();
    let n = bytes.len();
    if !(5..=8).contains(&n) || bytes[n - 4] != b'.' {
        return false;
    }
    let whole = bytes[..n - 4].strip_prefix(b"-").unwrap_or(&bytes[..n - 4]);
    (1..=3).contains(&whole.len())
        && whole[0] != b'0'
        && whole.iter().all(u8::is_ascii_digit)
        && bytes[n - 3..].iter().all(u8::is_ascii_digit)
}

/// What the cells of one column show about how it writes numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// Cells whose decimal sign can only be a point ...
    points: u64,
    /// ... or only a comma.
    commas: u64,
    /// Whole numbers of three digits, and longer ones without groups.
    hundreds: u64,
    ungrouped: u64,
    /// Cells such as `2.000` and such as `1.250` ...
    round_points: u64,
    odd_points: u64,
    /// ... and both with a comma.
    either_commas: u64,
    /// Such cells that end in a zero: no program writes 1.25 so beside a whole number without a
    /// sign ...
    padded: u64,
    /// ... of which there are so many ...
    wholes: u64,
    /// ... and such cells with a currency beside them.
    amounts: u64,
}

impl Evidence {
    /// Takes one more cell into account.
    pub(crate) fn see(&mut self, text: &str) {
        match read(text.trim()) {
            None => {}
            Some(Number::Clear(clear)) => match (clear.shows, clear.ungrouped_digits) {
                (Some(DecimalSign::Point), _) => self.points += 1,
                (Some(DecimalSign::Comma), _) => self.commas += 1,
                (None, digits) => {
                    self.hundreds += u64::from(digits == 3);
                    self.ungrouped += u64::from(digits > 3);
                    self.wholes += u64::from(digits > 0);
                }
            },
            Some(Number::Either(either)) => {
                match (either.sign, either.is_round) {
                    (DecimalSign::Point, true) => self.round_points += 1,
                    (DecimalSign::Point, false) => self.odd_points += 1,
                    (DecimalSign::Comma, _) => self.either_commas += 1,
                }
                self.padded += u64::from(either.ends_in_zero);
                self.amounts += u64::from(either.as_group.is_amount);
            }
        }
    }

    /// That of two columns.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            points: self.points + other.points,
            commas: self.commas + other.commas,
            hundreds: self.hundreds + other.hundreds,
            ungrouped: self.ungrouped + other.ungrouped,
            round_points: self.round_points + other.round_points,
            odd_points: self.odd_points + other.odd_points,
            either_commas: self.either_commas + other.either_commas,
            padded: self.padded + other.padded,
            wholes: self.wholes + other.wholes,
            amounts: self.amounts + other.amounts,
        }
    }

    fn sign(self) -> Option<DecimalSign> {
        match (self.points, self.commas) {
            (0, 0) => None,
            (_, 0) => Some(DecimalSign::Point),
            (0, _) => Some(DecimalSign::Comma),
            // Pasted together from two sources: nobody can say.
            (_, _) => None,
        }
    }

    /// The decimal sign of a column that has `1.250` beside 98: decimals would be written 1.25, or
    /// 98.000. Weights and sizes are typed by hand, where a zero more means nothing.
    fn inferred(self, content: Content) -> Option<DecimalSign> {
        let points = self.round_points + self.odd_points;
        match (points, self.either_commas) {
            _ if self.padded == 0 || self.wholes == 0 || content == Content::Measure => None,
            (1.., 0) => Some(DecimalSign::Comma),
            (0, 1..) => Some(DecimalSign::Point),
            (_, _) => None,
        }
    }

    /// What a column that shows this, in a file whose columns show `file` together, makes of a sign
    /// before three digits although no cell proves it; `None` where one does, or nothing tells.
    pub(crate) fn assumed(self, file: Self, content: Content) -> Option<DecimalSign> {
        let is_shown = self.points + self.commas + file.points + file.commas > 0;
        self.inferred(content).filter(|_| !is_shown)
    }

    /// The decimal sign of a column that shows this, in a file whose columns show `file` together;
    /// `None` where nothing tells.
    pub(crate) fn decide(self, file: Self, content: Content) -> Option<DecimalSign> {
        if self.points > 0 && self.commas > 0 {
            return None;
        }
        if let Some(sign) = self.sign().or_else(|| file.sign()).or_else(|| self.inferred(content)) {
            return Some(sign);
        }
        let of_counts = content == Content::Count;
        // Who writes 950 beside `1,250`, and no 1250, groups thousands: decimals that happen to
        // fill three places would leave some that fill one or two.
        let grouped = self.either_commas > 0 && self.hundreds > 0 && self.ungrouped == 0;
        // `2.000` units are what a database makes of 2; a count never reaches thousands alone.
        let padded = self.amounts == 0 && self.odd_points == 0 && self.round_points > 0;
        // A count is whole: there are no 1.2 units.
        let counted = of_counts && self.either_commas > 0 && self.odd_points == 0;
        // `1.250 €` may be what a German price list has for a sofa.
        let plain = !of_counts && self.either_commas == 0 && self.amounts == 0;
        let is_point = grouped || counted || padded || plain;
        is_point.then_some(DecimalSign::Point)
    }
}

/// What the numbers of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Whole units.
    Count,
    Money,
    /// Weights, days, shares.
    Measure,
}

/// What a column's file says about its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Convention {
    /// Nobody has looked yet: most files never need it.
    Unasked,
    /// The configuration or the other cells say it.
    Known(DecimalSign),
    /// Nothing tells.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<f64> {
        match read(text)? {
            Number::Clear(clear) => Some(clear.value),
            Number::Either(_) => None,
        }
    }

    /// Never 1, 12 or 112: a row of which nobody knows how many it says is put aside with its cell.
    #[test]
    fn fractions_and_counts_of_packs_are_no_numbers() {
        for text in [
            "1/2",
            "½",
            "1½",
            "1 ½",
            "12½",
            "1 1/2",
            "1\u{2044}2",
            "1\u{b2}",
            "2x6",
            "2 x 6",
            "5-10",
            "5+",
            "~5",
            "0x10",
            "\u{ff11}\u{ff12}",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_read_as_tools_write_them() {
        for (text, expected) in [
            ("$1,250.00", 1250.0),
            ("(10.00)", -10.0),
            ("($10.00)", -10.0),
            ("$(10.00)", -10.0),
            ("-$10.00", -10.0),
            ("$-10.00", -10.0),
            ("10.00-", -10.0),
            ("\u{2212}3,5", -3.5),
            ("1.250,00 EUR", 1250.0),
            ("EUR 1.250,00", 1250.0),
            ("€ 12,50", 12.5),
            ("12,50 €", 12.5),
            ("1 250", 1250.0),
            ("1\u{202f}250,50", 1250.5),
            ("1'250.50", 1250.5),
            ("CHF 1’250.-", 1250.0),
            ("5,-", 5.0),
            ("1,250,000", 1_250_000.0),
            ("1.250.000", 1_250_000.0),
            ("12,34,567.50", 1_234_567.5),
            ("0,500", 0.5),
            ("1250,500", 1250.5),
            (".5", 0.5),
            ("12 %", 0.12),
            ("1,5E+03", 1500.0),
            ("+7", 7.0),
            ("'1250", 1250.0),
        ] {
            assert_eq!(value(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_stays_none() {
        for text in [
            "",
            "abc",
            "1,25,0",
            "1.2.3",
            "1,2,3",
            "12,5,7",
            "5 pcs",
            "1-2",
            "2026-03-01",
            "--5",
            "10:30",
            "EUR 5 EUR",
            "(5",
            "5)",
            "1 25",
            "1 2345",
            "0x10",
            "1.250,000.5",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_group_of_three_alone_has_two_readings() {
        for (text, whole) in
            [("IDR 150.000", 150_000.0), ("Rp15.500", 15_500.0), ("1,200 JPY", 1200.0)]
        {
            assert_eq!(value(text), Some(whole), "{text}: a currency without cents");
        }
        for (text, group, decimals) in
            [("1,200", 1200.0, 1.2), ("1.200", 1200.0, 1.2), ("$12,345", 12345.0, 12.345)]
        {
            let Some(Number::Either(either)) = read(text) else { panic!("{text}") };
            assert_eq!((either.as_group.value, either.as_decimals.value), (group, decimals));
        }
        assert!(may_be_group("1.250") && may_be_group("-12.345") && may_be_group("999.999"));
        for text in ["0.250", "1.25", "1234.567", "1.2500", ".250", "1e.250", "-0.250"] {
            assert!(!may_be_group(text), "{text}");
        }
    }

    fn of(cells: &[&str]) -> Evidence {
        let mut evidence = Evidence::default();
        cells.iter().for_each(|cell| evidence.see(cell));
        evidence
    }

    #[test]
    fn the_column_decides_then_the_file() {
        use DecimalSign::{Comma, Point};
        let none = Evidence::default();
        let decide = |cells: &[&str], of_counts| {
            let content = if of_counts { Content::Count } else { Content::Money };
            of(cells).decide(none, content)
        };
        assert_eq!(of(&["1.250", "2"]).decide(none, Content::Measure), Some(Point), "kilograms");
        assert_eq!(decide(&["1,200", "1,250.00"], false), Some(Point));
        assert_eq!(decide(&["1.200", "12,5"], false), Some(Comma));
        assert_eq!(decide(&["1,200", "3"], true), Some(Point), "there are no 1.2 units");
        assert_eq!(decide(&["1,200", "950"], false), Some(Point));
        assert_eq!(decide(&["1,205", "15"], false), None);
        assert_eq!(decide(&["1,205", "950", "1500"], false), None);
        assert_eq!(decide(&["1.205", "3"], true), None, "1205 or 1.205 kg");
        assert_eq!(decide(&["1,200", "15"], false), Some(Point), "else 1,2 would stand there");
        assert_eq!(decide(&["1.200", "3"], true), Some(Comma));
        assert_eq!(decide(&["1.250 €", "980 €"], false), Some(Comma));
        assert_eq!(decide(&["1.255 €"], false), None);
        assert_eq!(decide(&["1.250", "2.500"], false), Some(Point), "three decimals each");
        assert_eq!(decide(&["2.000", "3.000"], true), Some(Point), "as databases pad");
        assert_eq!(decide(&["1.125"], false), Some(Point));
        assert_eq!(decide(&["1,200", "12,5", "12.5"], false), None);
        assert_eq!(of(&["1.200"]).decide(of(&["1.250,00"]), Content::Count), Some(Comma));
        assert_eq!(of(&["1,200"]).decide(of(&["1,250.00"]), Content::Money), Some(Point));
    }
}

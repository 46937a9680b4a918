//! How numbers, money and dates are written for people, and the one place that makes plurals.

use crate::domain::units::{Money, Units};
use crate::explain::Unit;
use chrono::{Datelike, NaiveDate};

/// What stands where a figure is not known.
pub(crate) const UNKNOWN: &str = "unknown";

/// Money without a currency: `12,340`, or `12.50` below 100.
pub(crate) fn amount(value: f64) -> String {
    // Cents matter to the price of a unit, and only clutter the value of an order.
    if value.abs() < 100.0 && value.fract() != 0.0 { format!("{value:.2}") } else { grouped(value) }
}

/// The same of exact money.
pub(crate) fn money(value: Money) -> String {
    amount(value.as_f64())
}

/// With a capital at its beginning.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Units a day: `30.5`, and `43,252` where a tenth says nothing.
pub(crate) fn rate(value: f64) -> String {
    if value.abs() < 1_000.0 { format!("{value:.1}") } else { grouped(value) }
}

/// A rounded number with thousands apart: `12,340`.
pub(crate) fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    // What rounds to nothing has no sign.
    if value < 0.0 && digits != "0" {
        out.push('-');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `text` for use after `#` in an address.
pub(crate) fn fragment(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// How many: `12,340`.
pub(crate) fn whole(count: usize) -> String {
    grouped(count as f64)
}

/// The noun, with an s where there is not exactly one.
pub(crate) fn plural(noun: &str, count: usize) -> String {
    match noun {
        _ if count == 1 => noun.to_owned(),
        "series" => noun.to_owned(),
        _ if noun.ends_with('s') => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

/// `1 line`, `1,200 lines`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{} {}", whole(count), plural(noun, count))
}

/// `1 unit`, `1,200 units`, `0.35 units` where parts of a unit are counted.
pub(crate) fn units(units: Units) -> String {
    let count = if units == Units::whole(1) { 1 } else { 2 };
    format!("{} {}", quantity(units.as_f64()), plural("unit", count))
}

/// How many units: rounded to whole ones, and `1,200.35` where parts of a unit are counted.
pub(crate) fn quantity(units: f64) -> String {
    let counted = Units::nearest(units).as_f64();
    if Units::are_whole() || counted.fract() == 0.0 {
        return grouped(units);
    }
    let sign = if counted < 0.0 { "-" } else { "" };
    let part = counted.abs().fract();
    let decimals = format!("{part:.3}");
    let decimals = decimals.trim_start_matches('0').trim_end_matches('0');
    format!("{sign}{}{decimals}", grouped(counted.abs().trunc()))
}

/// A day in words, with the year where it is not that of `as_of`: `3 Dec`, `3 Dec 2027`.
pub(crate) fn day(date: NaiveDate, as_of: NaiveDate) -> String {
    let form = if date.year() == as_of.year() { "%-d %b" } else { "%-d %b %Y" };
    date.format(form).to_string()
}

/// Whether a date beside it would be part of an id, a path or a longer number.
fn is_joined(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_./".contains(&byte)
}

/// `text` with the dates in it written as all pages write them: `2026-12-03` as `3 Dec`. What a
/// date is only a part of, like the id of a run, stays as it is.
pub(crate) fn plain_dates(text: &str, as_of: NaiveDate) -> String {
    /// Length of `2026-12-03`.
    const LENGTH: usize = 10;
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    let mut at = 0;
    while at + LENGTH <= bytes.len() {
        let apart = at == 0 || !is_joined(bytes[at - 1]);
        // A full stop after a date ends the sentence.
        let ends = bytes.get(at + LENGTH).is_none_or(|&byte| byte == b'.' || !is_joined(byte));
        let found =
            text.get(at..at + LENGTH).filter(|_| apart && ends && bytes[at].is_ascii_digit());
        if let Some(date) = found.and_then(|found| found.parse::<NaiveDate>().ok()) {
            out.push_str(&text[copied..at]);
            out.push_str(&day(date, as_of));
            at += LENGTH;
            copied = at;
        } else {
            at += 1;
        }
    }
    out.push_str(&text[copied..]);
    out
}

/// A signed change: `+3`, `-1,200`, `no change`.
pub(crate) fn signed(value: f64) -> String {
    match grouped(value) {
        zero if zero == "0" => "no change".to_owned(),
        text if value > 0.0 => format!("+{text}"),
        text => text,
    }
}

/// The same of units, with the parts of them that are counted.
pub(crate) fn signed_quantity(units: Units) -> String {
    match quantity(units.as_f64()) {
        zero if zero == "0" => "no change".to_owned(),
        text if units.is_positive() => format!("+{text}"),
        text => text,
    }
}

/// An indicator in its unit: `5.00`, `73.0 days`, `70.0 %`.
pub(crate) fn measured(value: Option<f64>, unit: Unit) -> String {
    let Some(value) = value else { return UNKNOWN.to_owned() };
    match unit {
        Unit::Percent => format!("{value:.1} %"),
        Unit::Days | Unit::Weeks => format!("{value:.1} {unit}"),
        Unit::Currency => amount(value),
        Unit::Units => quantity(value),
        Unit::UnitsPerDay
        | Unit::Periods
        | Unit::Share
        | Unit::Ratio
        | Unit::Probability
        | Unit::UpToHundred
        | Unit::None => format!("{value:.2}"),
    }
}

/// A name of the tables for people: `order-now` as `order now`.
pub(crate) fn spaced(name: &str) -> String {
    name.replace(['-', '_'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_a_sentence_are_written_as_pages_write_them() {
        let as_of = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap_or_default();
        for (text, expected) in [
            ("gone on 2026-03-12: near 2027-04-09)", "gone on 12 Mar: near 9 Apr 2027)"),
            ("until 2026-12-03.", "until 3 Dec."),
            ("run 2026-03-01-bfed5a4030c9", "run 2026-03-01-bfed5a4030c9"),
            ("PO-2026-03-01, a2026-03-01, 2026-13-01", "PO-2026-03-01, a2026-03-01, 2026-13-01"),
            ("d\u{e9}j\u{e0} 2026-01-01", "d\u{e9}j\u{e0} 1 Jan"),
            ("sales/2026-01-01/part.csv", "sales/2026-01-01/part.csv"),
        ] {
            assert_eq!(plain_dates(text, as_of), expected);
        }
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(1_234_567.4), "1,234,567");
        assert_eq!(grouped(-0.3), "0");
        assert_eq!(amount(-1_200.0), "-1,200");
        assert_eq!(amount(12.5), "12.50");
        assert_eq!(units(Units(1)), "1 unit");
        assert_eq!(counted(0, "line"), "0 lines");
        assert_eq!(signed(0.2), "no change");
    }
}

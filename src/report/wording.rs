//! How numbers, money and dates are written for people, and the one place that makes plurals.

use crate::domain::units::{Money, Units};
use crate::explain::Unit;
use chrono::NaiveDate;

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
    if count == 1 { noun.to_owned() } else { format!("{noun}s") }
}

/// `1 line`, `1,200 lines`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{} {}", whole(count), plural(noun, count))
}

/// `1 unit`, `1,200 units`.
pub(crate) fn units(units: Units) -> String {
    let unsigned = usize::try_from(units.count()).unwrap_or(0);
    format!("{} {}", grouped(units.as_f64()), plural("unit", unsigned))
}

/// A day in words without the year: `3 Dec`.
pub(crate) fn date(date: NaiveDate) -> String {
    date.format("%-d %b").to_string()
}

/// A signed change: `+3`, `-1,200`, `no change`.
pub(crate) fn signed(value: f64) -> String {
    match grouped(value) {
        zero if zero == "0" => "no change".to_owned(),
        text if value > 0.0 => format!("+{text}"),
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
        Unit::Units => grouped(value),
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

//! How numbers and dates are written in pages, and what every page carries.

use crate::explain::Unit;
use crate::report::ReportInput;
use chrono::NaiveDate;

/// The places of the report: (file below `report/`, name). The briefing is `index.html` above it.
pub const NAVIGATION: [(&str, &str); 9] = [
    ("../index.html", "Briefing"),
    ("recommendations.html", "Recommendations"),
    ("channels.html", "Channels"),
    ("suppliers.html", "Suppliers"),
    ("indicators.html", "Indicators"),
    ("accuracy.html", "Accuracy"),
    ("quality.html", "Data quality"),
    ("changes.html", "Changes"),
    ("glossary.html", "Glossary"),
];

/// What every page carries.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its name, as in [`NAVIGATION`].
    pub title: &'static str,
    /// From the page to `report/`: empty, or `report/` for the briefing.
    pub root: &'static str,
    /// The morning of the run, in words.
    pub as_of: String,
    /// The same as ISO date.
    pub as_of_iso: String,
    /// Id of the run.
    pub run_id: String,
    /// Version of the program.
    pub version: String,
    /// Currency code; may be empty.
    pub currency: String,
}

impl Page {
    /// The page `title` of a run.
    #[must_use]
    pub fn new(input: &ReportInput, title: &'static str) -> Self {
        Self {
            title,
            root: if title == NAVIGATION[0].1 { "report/" } else { "" },
            as_of: input.as_of.format("%A, %-d %B %Y").to_string(),
            as_of_iso: input.as_of.to_string(),
            run_id: input.run_id.to_owned(),
            version: input.version.to_owned(),
            currency: input.currency.to_owned(),
        }
    }

    /// Links of the navigation: (address, name, whether it is this page).
    #[must_use]
    pub fn links(&self) -> Vec<(String, &'static str, bool)> {
        let address = |file: &str| match file.strip_prefix("../") {
            Some(top) if !self.root.is_empty() => top.to_owned(),
            _ => format!("{}{file}", self.root),
        };
        NAVIGATION.iter().map(|&(file, name)| (address(file), name, name == self.title)).collect()
    }
}

/// Money without a currency: `12,340`, or `12.50` below 100.
#[must_use]
pub fn amount(value: f64) -> String {
    if value.abs() < 100.0 && value.fract() != 0.0 { format!("{value:.2}") } else { grouped(value) }
}

/// A rounded number with thousands apart: `12,340`.
#[must_use]
pub fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
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

/// `1 unit`, `1,200 units`.
#[must_use]
pub fn units(count: i64) -> String {
    format!("{} unit{}", grouped(count as f64), if count == 1 { "" } else { "s" })
}

/// A day in words without the year: `3 Dec`.
#[must_use]
pub fn date(date: NaiveDate) -> String {
    date.format("%-d %b").to_string()
}

/// A signed change: `+3`, `-1,200`, `no change`.
#[must_use]
pub fn signed(value: f64) -> String {
    match grouped(value) {
        zero if zero == "0" => "no change".to_owned(),
        text if value > 0.0 => format!("+{text}"),
        text => text,
    }
}

/// An indicator in its unit: `5.00`, `73.0 days`, `70.0 %`.
#[must_use]
pub fn measured(value: Option<f64>, unit: Unit) -> String {
    let Some(value) = value else { return "unknown".to_owned() };
    match unit {
        Unit::Percent => format!("{value:.1} %"),
        Unit::Days | Unit::Weeks | Unit::Periods | Unit::UnitsPerDay => {
            format!("{value:.1} {unit}")
        }
        Unit::Currency => amount(value),
        Unit::Units => grouped(value),
        Unit::Share | Unit::Ratio | Unit::Probability | Unit::UpToHundred | Unit::None => {
            format!("{value:.2}")
        }
    }
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
        assert_eq!(units(1), "1 unit");
        assert_eq!(signed(0.2), "no change");
    }
}

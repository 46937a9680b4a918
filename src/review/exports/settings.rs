//! `[export]`: what the other systems call things.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[export]`: names and forms that importers ask for. Nothing here changes a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Company of ERPNext orders; empty = the importer's default.
    pub company: String,
    /// Naming series of ERPNext orders; empty = the importer's default.
    pub naming_series: String,
    /// Subsidiary of NetSuite orders (OneWorld); empty = none.
    pub subsidiary: String,
    /// How dates are written; unset = as the format's system has it by default.
    pub dates: Option<DateForm>,
    /// First line of the template of an importer that wants its own, by format.
    pub templates: BTreeMap<String, String>,
    /// What the other system calls our locations, by our name.
    pub locations: BTreeMap<String, String>,
    /// What the other system calls our suppliers, by our name.
    pub suppliers: BTreeMap<String, String>,
}

/// How a date is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DateForm {
    /// 2026-03-02
    #[serde(rename = "YYYY-MM-DD")]
    Iso,
    /// 3/2/2026
    #[serde(rename = "M/D/YYYY")]
    MonthFirst,
    /// 02/03/2026
    #[serde(rename = "DD/MM/YYYY")]
    DayFirst,
    /// 2.3.2026
    #[serde(rename = "D.M.YYYY")]
    Points,
}

impl DateForm {
    /// The day in this form.
    #[must_use]
    pub fn written(self, day: NaiveDate) -> String {
        let form = match self {
            Self::Iso => "%Y-%m-%d",
            Self::MonthFirst => "%-m/%-d/%Y",
            Self::DayFirst => "%d/%m/%Y",
            Self::Points => "%-d.%-m.%Y",
        };
        day.format(form).to_string()
    }
}

impl Settings {
    /// Our location, as the other system calls it.
    pub(crate) fn location<'a>(&'a self, name: &'a str) -> &'a str {
        self.locations.get(name).map_or(name, String::as_str)
    }

    /// Our supplier, as the other system calls it.
    pub(crate) fn supplier<'a>(&'a self, name: &'a str) -> &'a str {
        self.suppliers.get(name).map_or(name, String::as_str)
    }
}

//! What every page carries: its title, the morning it is for, and the way to the other pages.

use crate::domain::units::Units;
use crate::report::gathered::ReportInput;

/// Title of the briefing, the one page that lies above `report/`: what is opened first should not
/// be looked for.
const BRIEFING: &str = "Briefing";

/// The places of the report: (file below `report/`, title).
const NAVIGATION: [(&str, &str); 10] = [
    ("../index.html", BRIEFING),
    ("recommendations.html", "Recommendations"),
    ("channels.html", "Channels"),
    ("suppliers.html", "Suppliers"),
    ("indicators.html", "Indicators"),
    ("lists.html", "To do"),
    ("accuracy.html", "Accuracy"),
    ("quality.html", "Data quality"),
    ("changes.html", "Changes"),
    ("glossary.html", "Glossary"),
];

/// What every page carries.
pub(super) struct Page {
    /// As in [`NAVIGATION`].
    pub(super) title: &'static str,
    /// From the page to `report/`: empty, or `report/` for the briefing.
    pub(super) root: &'static str,
    /// The morning of the run, in words.
    pub(super) as_of: String,
    pub(super) as_of_iso: String,
    pub(super) run_id: String,
    /// Of the program.
    pub(super) version: String,
    /// Code; may be empty.
    pub(super) currency: String,
    /// Decimals of a unit, 0 where units are whole.
    pub(super) decimals: u32,
    /// Days that a rejection without an end keeps quiet.
    pub(super) wait_days: i64,
}

/// A link of the navigation.
pub(super) struct NavigationLink {
    pub(super) address: String,
    pub(super) name: &'static str,
    /// Whether it leads to the page that it stands on.
    pub(super) here: bool,
}

impl Page {
    pub(super) fn new(input: &ReportInput, title: &'static str) -> Self {
        Self {
            title,
            root: if title == BRIEFING { "report/" } else { "" },
            // In words, because 02/03 is two different days.
            as_of: input.as_of.format("%A, %-d %B %Y").to_string(),
            as_of_iso: input.as_of.to_string(),
            run_id: input.run_id.to_owned(),
            version: input.version.to_owned(),
            currency: input.purchase.currency.clone(),
            decimals: Units::decimals(),
            wait_days: input.wait_days,
        }
    }

    pub(super) fn links(&self) -> Vec<NavigationLink> {
        let mut links = Vec::new();
        for (file, name) in NAVIGATION {
            let address = match file.strip_prefix("../") {
                // From the briefing itself.
                Some(above) if !self.root.is_empty() => above.to_owned(),
                Some(_) | None => format!("{}{file}", self.root),
            };
            links.push(NavigationLink { address, name, here: name == self.title });
        }
        links
    }
}

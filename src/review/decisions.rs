//! What planners decided, kept for good and read back the next night.
//!
//! Every intake becomes one file `OUT/decisions/<number>-<digest>.csv`, written beside and renamed,
//! so that it is there whole or not at all. Each kept line carries what was decided on (item,
//! location, supplier, quantity), so that it can be read when its run is long pruned.

use crate::domain::digest::sha256_hex;
use crate::domain::error::{Error, Result};
use crate::domain::outcome::order_id;
use crate::domain::units::{Money, Units};
use crate::store::replace;
use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Days an approval waits for its order, and a rejection without an end keeps quiet.
pub const WAIT_DAYS: i64 = 30;

/// What was decided about one recommendation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Order it as recommended.
    Approve,
    /// Order another quantity.
    Edit,
    /// Do not order it.
    Reject,
    /// Ask again later.
    Snooze,
}

impl Verdict {
    /// What became of the line: `approved`, `edited`, `rejected`, `snoozed`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Edit => "edited",
            Self::Reject => "rejected",
            Self::Snooze => "snoozed",
        }
    }

    /// Read as people write it: `approve` or `Approved`.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        match text.to_lowercase().as_str() {
            "approve" | "approved" => Some(Self::Approve),
            "edit" | "edited" => Some(Self::Edit),
            "reject" | "rejected" => Some(Self::Reject),
            "snooze" | "snoozed" => Some(Self::Snooze),
            _ => None,
        }
    }

    /// Whether something is to be ordered.
    fn orders(self) -> bool {
        match self {
            Self::Approve | Self::Edit => true,
            Self::Reject | Self::Snooze => false,
        }
    }
}

/// One kept decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The run that proposed it.
    pub run_id: String,
    /// The morning of that run.
    pub as_of: NaiveDate,
    /// What it is about: also the external id of an exported order line.
    pub recommendation_id: String,
    /// Item name.
    pub sku: String,
    /// Location name.
    pub location: String,
    /// Supplier name; empty when none was known.
    pub supplier: String,
    /// What was decided.
    #[serde(rename = "decision")]
    pub verdict: Verdict,
    /// Units recommended.
    pub recommended: Units,
    /// Units to order: the recommended ones or the edited quantity; 0 when rejected or snoozed.
    pub quantity: Units,
    /// Price of one unit.
    #[serde(rename = "unit_cost_ten_thousandths")]
    pub unit_cost: Money,
    /// When it is expected to arrive.
    pub expected: Option<NaiveDate>,
    /// Quiet until this day (rejected, snoozed).
    pub until: Option<NaiveDate>,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub author: String,
    /// When, as written in the file.
    pub time: String,
}

impl Decision {
    /// The item, location and supplier that it stands for: the recommendation's id is another one
    /// every night.
    fn line(&self) -> [&str; 3] {
        [&self.sku, &self.location, &self.supplier]
    }

    /// Id of the purchase order it is exported in, with the other lines of its morning, supplier
    /// and ship-to: `PO-20240401-1a2b3c4d`.
    #[must_use]
    pub fn order_id(&self) -> String {
        order_id(self.as_of, &self.supplier, &self.location)
    }

    /// Whether units were approved.
    #[must_use]
    pub fn is_order(&self) -> bool {
        self.verdict.orders() && self.quantity.is_positive()
    }

    /// The last day it speaks: an approval waits [`WAIT_DAYS`] for its order, a rejection or snooze
    /// keeps quiet until its date.
    #[must_use]
    pub fn stands_until(&self) -> NaiveDate {
        let wait = self.as_of + Duration::days(WAIT_DAYS);
        if self.is_order() { wait } else { self.until.unwrap_or(wait) }
    }

    fn stands_on(&self, as_of: NaiveDate) -> bool {
        self.as_of <= as_of && as_of < self.stands_until()
    }
}

/// Every decision ever taken in, oldest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KeptDecisions {
    /// In order of intake.
    pub decisions: Vec<Decision>,
    /// Of the files taken in.
    digests: BTreeSet<String>,
    /// Recommendation ids.
    exported: BTreeSet<String>,
    intakes: usize,
}

impl KeptDecisions {
    /// Reads `OUT/decisions`.
    ///
    /// # Errors
    /// [`Error::Input`] for a damaged file.
    pub fn read(out: &Path) -> Result<Self> {
        let folder = out.join("decisions");
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        // A file that was being written when the program died.
        names.retain(|name| !name.starts_with('.'));
        names.sort();

        let mut kept = Self::default();
        for name in names {
            let path = folder.join(&name);
            if name.starts_with("exported-") {
                let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
                kept.exported.extend(text.lines().map(str::to_owned));
                continue;
            }
            kept.intakes += 1;
            let digest = name.trim_end_matches(".csv").rsplit('-').next().unwrap_or_default();
            kept.digests.insert(digest.to_owned());
            let mut reader =
                csv::Reader::from_path(&path).map_err(|e| Error::input(&path, e.to_string()))?;
            for row in reader.deserialize() {
                kept.decisions.push(row.map_err(|e| Error::input(&path, e.to_string()))?);
            }
        }
        Ok(kept)
    }

    /// Keeps the decisions of one more file.
    pub(crate) fn append(&self, out: &Path, digest: &str, decisions: &[Decision]) -> Result<()> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for decision in decisions {
            writer.serialize(decision).map_err(|e| Error::Internal(format!("decisions: {e}")))?;
        }
        let text = writer.into_inner().map_err(|e| Error::Internal(format!("decisions: {e}")))?;
        let name = format!("{:06}-{digest}.csv", self.intakes + 1);
        replace(&out.join("decisions"), &name, &[&text])
    }

    /// Whether the file of this digest was taken in before.
    pub(crate) fn knows_file(&self, digest: &str) -> bool {
        self.digests.contains(digest)
    }

    /// Whether the line was written to an export file before.
    #[must_use]
    pub fn is_exported(&self, recommendation_id: &str) -> bool {
        self.exported.contains(recommendation_id)
    }

    /// Digest of all decisions: part of what a run is made from.
    #[must_use]
    pub fn digest(&self) -> String {
        let names: Vec<&str> = self.digests.iter().map(String::as_str).collect();
        sha256_hex(names.join("\n").as_bytes())
    }

    /// Approved lines on the morning of `as_of`, while they wait for their order: each stands until
    /// it is placed, whatever was decided about the item since.
    pub fn orders(&self, as_of: NaiveDate) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(move |d| d.is_order() && d.stands_on(as_of))
    }

    /// The decisions that keep an item, location and supplier quiet on the morning of `as_of`: the
    /// last one on each, while it stands. One on that very morning's run counts: a second run of
    /// the night does not propose the line again.
    pub fn quiet(&self, as_of: NaiveDate) -> impl Iterator<Item = &Decision> {
        let mut last: BTreeMap<[&str; 3], &Decision> = BTreeMap::new();
        for decision in self.decisions.iter().filter(|d| d.as_of <= as_of) {
            last.insert(decision.line(), decision);
        }
        last.into_values().filter(move |d| !d.verdict.orders() && d.stands_on(as_of))
    }
}

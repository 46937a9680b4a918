//! What planners decided, kept for good and read back the next night.
//!
//! Every intake becomes one file of the [`Journal`]. Each kept line carries what was decided on
//! (item, location, supplier, quantity), so that it can be read when its run is long pruned.

use crate::domain::digest::Digest;
use crate::domain::error::{Error, Result};
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::names::Names;
use crate::domain::outcome::{order_id, transfer_order_id};
use crate::domain::panel::PoolId;
use crate::domain::units::{LocationId, Money, SupplierId, Units};
use crate::store::{EntryKind, Extent, Journal, PublishedRun, now};
use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Days after its arrival that an approval still waits for its order, and that a rejection without
/// an end keeps quiet.
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
    /// Take a rejection or a snooze back: ask again from the next run on.
    Reopen,
}

impl Verdict {
    /// What became of the line: `approved`, `edited`, `rejected`, `snoozed`, `reopened`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Edit => "edited",
            Self::Reject => "rejected",
            Self::Snooze => "snoozed",
            Self::Reopen => "reopened",
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
            "reopen" | "reopened" => Some(Self::Reopen),
            _ => None,
        }
    }

    /// Whether something is to be ordered.
    pub(crate) fn orders(self) -> bool {
        match self {
            Self::Approve | Self::Edit => true,
            Self::Reject | Self::Snooze | Self::Reopen => false,
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
    /// What people call the item; empty when unknown, as in all files before these columns.
    #[serde(default)]
    pub name: String,
    /// The supplier's own number of the item; empty when unknown.
    #[serde(default)]
    pub supplier_sku: String,
    /// Code of the currency of the supplier's prices; empty when unknown.
    #[serde(default)]
    pub supplier_currency: String,
    /// Price of one unit in the supplier's currency.
    #[serde(rename = "supplier_unit_cost_ten_thousandths", default)]
    pub supplier_unit_cost: Option<Money>,
    /// Units of one pack.
    #[serde(default)]
    pub pack_size: Option<Units>,
    /// The day the supplier takes the order.
    #[serde(default)]
    pub order_date: Option<NaiveDate>,
    /// Where the units come from, when they are moved instead of bought; empty otherwise.
    #[serde(default)]
    pub from_location: String,
    /// Of a move: units on the shelf where it goes, on the morning of the run.
    #[serde(default)]
    pub on_hand: Option<Units>,
    /// Of a move: units on the shelf where it comes from, on the morning of the run.
    #[serde(default)]
    pub from_on_hand: Option<Units>,
}

impl Decision {
    /// The item, location and supplier that it stands for: the recommendation's id is another one
    /// every night.
    fn line(&self) -> [&str; 4] {
        [&self.sku, &self.location, &self.supplier, &self.from_location]
    }

    /// Id of the document it is exported in, with the other lines of its morning, supplier and
    /// ship-to, or pair of locations: `PO-20240401-1a2b3c4d`, `TR-20240401-1a2b3c4d`.
    #[must_use]
    pub fn order_id(&self) -> String {
        if self.is_transfer() {
            return transfer_order_id(self.as_of, &self.from_location, &self.location);
        }
        order_id(self.as_of, &self.supplier, &self.location)
    }

    /// Days that moved units are on their way.
    #[must_use]
    pub fn transit_days(&self) -> f64 {
        let sent = self.order_date.unwrap_or(self.as_of);
        // Without a day of arrival it counts as there at once: nobody is told to wait for what has
        // no date.
        self.expected.map_or(0.0, |day| (day - sent).num_days().max(0) as f64)
    }

    /// Whether units are moved from another location instead of bought.
    #[must_use]
    pub fn is_transfer(&self) -> bool {
        !self.from_location.is_empty()
    }

    /// Whole packs; `None` where nothing is packed.
    #[must_use]
    pub fn packs(&self) -> Option<i64> {
        let pack = self.pack_size.filter(|pack| pack.is_pack())?;
        Some(self.quantity.count() / pack.count())
    }

    /// Whether units were approved.
    #[must_use]
    pub fn is_order(&self) -> bool {
        self.verdict.orders() && self.quantity.is_positive()
    }

    /// The day from which it does not speak any more: an approval waits for its order until
    /// [`WAIT_DAYS`] after the day it should have arrived, a rejection or snooze keeps quiet until
    /// its date, and what takes one back says nothing of its own.
    #[must_use]
    pub fn stands_until(&self) -> NaiveDate {
        let wait = Duration::days(WAIT_DAYS);
        // It ends what it takes back, and then the line speaks for itself again.
        if self.verdict == Verdict::Reopen {
            return self.as_of;
        }
        if self.is_order() {
            // An arrival in the past would let an approval lapse before anyone placed it.
            return self.expected.unwrap_or(self.as_of).max(self.as_of) + wait;
        }
        self.until.unwrap_or(self.as_of + wait)
    }

    /// Whether it speaks on this morning.
    pub(crate) fn stands_on(&self, as_of: NaiveDate) -> bool {
        self.as_of <= as_of && as_of < self.stands_until()
    }
}

/// What a decision was about, in this run's codes.
pub(crate) struct DecidedLine {
    pub(crate) pool: PoolId,
    /// `None` if the supplier is no longer known.
    pub(crate) supplier: Option<SupplierId>,
    /// Where the units are moved from; `None` for a purchase.
    pub(crate) from: Option<LocationId>,
}

impl DecidedLine {
    /// `None` for an item or location no longer known.
    pub(crate) fn of(decision: &Decision, names: &Names) -> Option<Self> {
        let pool = names.find_pool(&decision.sku, &decision.location)?;
        let mut from = None;
        if decision.is_transfer() {
            from = Some(names.find_pool(&decision.sku, &decision.from_location)?.location);
        }
        Some(Self { pool, supplier: names.find_supplier(&decision.supplier), from })
    }
}

/// One export, as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Export {
    /// When, UTC; empty for an export of the first version.
    pub time: String,
    /// Name of the format.
    pub format: String,
    /// Paths of its files.
    pub files: String,
}

/// Every decision ever taken in, oldest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KeptDecisions {
    /// In order of intake.
    pub decisions: Vec<Decision>,
    /// Of each decision: the number of its intake, from 1.
    intakes: Vec<u64>,
    /// Of the files taken in.
    sources: BTreeSet<String>,
    /// What was exported, by recommendation id.
    exported: BTreeMap<String, Export>,
    /// Digest of all decisions: part of what a run is made from.
    digest: String,
    /// How much is known, for the manifest.
    extent: Extent,
    /// Files that were restored from a copy, ever, in that order.
    restored: Vec<String>,
    /// Files in the folder that are none of ours.
    strangers: Vec<String>,
}

impl KeptDecisions {
    /// Reads `OUT/decisions`; what is damaged there is restored from its copy.
    ///
    /// # Errors
    /// [`Error::Input`] for a folder that cannot be read, or a damaged file without a sound copy.
    pub fn read(out: &Path) -> Result<Self> {
        Self::of(&Journal::open(out, known_extent(out))?, out)
    }

    /// What a journal says.
    pub(crate) fn of(journal: &Journal, out: &Path) -> Result<Self> {
        let mut kept = Self {
            extent: journal.extent(),
            strangers: journal.strangers().to_vec(),
            ..Self::default()
        };
        let mut digest = Digest::default();
        // Before the decisions: whether a line was exported is asked of all of them.
        for record in journal.records(EntryKind::Exported) {
            kept.add_exported(&String::from_utf8_lossy(&record.bytes));
        }
        let entered = journal.entries().iter().filter(|entry| entry.kind == EntryKind::Intake);
        for (entry, intake) in entered.zip(1..) {
            // A file that was given up has a number and no content.
            let Some(record) = journal.record(entry.sequence) else { continue };
            // The file as it was downloaded, not as it was kept: it is recognised when it is given
            // again.
            kept.sources.insert(record.entry.source.clone());
            digest.add_part(&record.entry.sha256);
            let path = out.join("decisions").join(&record.entry.file);
            let mut reader = csv::Reader::from_reader(&record.bytes[..]);
            for row in reader.deserialize() {
                kept.decisions.push(row.map_err(|e| Error::input(&path, e.to_string()))?);
                kept.intakes.push(intake);
            }
        }
        for entry in journal.entries() {
            match entry.kind {
                EntryKind::Restored => kept.restored.push(entry.file.clone()),
                EntryKind::Intake | EntryKind::Exported | EntryKind::Forgotten => {}
            }
        }
        // What a run tells belongs to what it is made from.
        for told in kept.restored.iter().chain(&kept.strangers) {
            digest.add_part(told);
        }
        kept.digest = digest.hex();
        Ok(kept)
    }

    /// Whether the file of this digest was taken in before.
    pub(crate) fn knows_file(&self, digest: &str) -> bool {
        self.sources.contains(digest)
    }

    /// The lines of one export, below a head of `# time format files`; the first version wrote
    /// none.
    fn add_exported(&mut self, text: &str) {
        let mut export = Export::default();
        for line in text.lines() {
            match line.strip_prefix("# ") {
                Some(head) => {
                    // Paths may hold blanks: they are the rest of the line.
                    let mut words = head.splitn(3, ' ').map(str::to_owned);
                    export.time = words.next().unwrap_or_default();
                    export.format = words.next().unwrap_or_default();
                    export.files = words.next().unwrap_or_default();
                }
                None => {
                    // Records are read by kind, not by time: the last export of a line is the one
                    // that counts.
                    let earlier = self.exported.get(line).is_some_and(|e| e.time > export.time);
                    if !earlier {
                        self.exported.insert(line.to_owned(), export.clone());
                    }
                }
            }
        }
    }

    /// When and where the line was written to an export file last.
    #[must_use]
    pub fn export_of(&self, recommendation_id: &str) -> Option<&Export> {
        self.exported.get(recommendation_id)
    }

    /// Whether the line was written to an export file before.
    #[must_use]
    pub fn is_exported(&self, recommendation_id: &str) -> bool {
        self.exported.contains_key(recommendation_id)
    }

    /// Digest of the content of all decisions, in order: part of what a run is made from.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// How much is known, for the manifest of a run.
    #[must_use]
    pub fn extent(&self) -> Extent {
        self.extent
    }

    /// What must be said of the decisions folder: files restored from a copy since `last` (severe),
    /// and files that are none of ours.
    #[must_use]
    pub fn exceptions(&self, last: Extent) -> Vec<Exception> {
        let mut exceptions = Vec::new();
        let told = usize::try_from(last.restored).unwrap_or(usize::MAX);
        for file in self.restored.iter().skip(told) {
            exceptions.push(Exception::new(
                Severity::Error,
                ExceptionKind::DecisionsRestored,
                Subject::File(format!("decisions/{file}")),
                "it was damaged or missing and is restored from its copy",
                "nothing is lost; look for what damages files on this disk",
            ));
        }
        for file in &self.strangers {
            exceptions.push(Exception::new(
                Severity::Warning,
                ExceptionKind::UnknownDecisions,
                Subject::File(format!("decisions/{file}")),
                "it is no file that `orderpoint review` made, and is left out",
                "move it away; to take decisions in, `orderpoint review --decisions FILE`",
            ));
        }
        exceptions
    }

    /// The approval of the same item, location and supplier that the run which knew `seen` could
    /// not know, because it was given while that run was being made.
    pub(crate) fn approved_since(&self, line: &Decision, seen: Extent) -> Option<&Decision> {
        let numbered = self.decisions.iter().zip(&self.intakes);
        // Only what was taken in after the run that proposes: the run knew the others and proposed
        // beside them.
        let unseen = numbered.filter(|(_, intake)| **intake > seen.intakes);
        unseen.map(|(decision, _)| decision).rev().find(|decision| {
            decision.is_order() && decision.line() == line.line() && decision.run_id != line.run_id
        })
    }

    /// Those that were taken on mornings up to `as_of`: a night of the past does not know later
    /// ones. Its digest is that of their content, however many files they came in.
    #[must_use]
    pub fn until(mut self, as_of: NaiveDate) -> Self {
        let mut digest = Digest::default();
        let mut known = Vec::with_capacity(self.decisions.len());
        let mut intakes = Vec::with_capacity(self.decisions.len());
        for (decision, intake) in self.decisions.into_iter().zip(self.intakes) {
            // A backfill must not know what was decided on a later morning.
            if decision.as_of <= as_of {
                digest.add_part(&format!("{decision:?}"));
                known.push(decision);
                intakes.push(intake);
            }
        }
        for told in self.restored.iter().chain(&self.strangers) {
            digest.add_part(told);
        }
        self.decisions = known;
        self.intakes = intakes;
        self.digest = digest.hex();
        self
    }

    /// Approved lines on the morning of `as_of`, while they wait for their order: each stands until
    /// it is placed, whatever was decided about the item since.
    pub fn orders(&self, as_of: NaiveDate) -> impl Iterator<Item = &Decision> {
        self.decisions
            .iter()
            .filter(move |d| d.is_order() && !d.is_transfer() && d.stands_on(as_of))
    }

    /// Approved moves between locations on the morning of `as_of`, while they wait to be made.
    pub fn transfers(&self, as_of: NaiveDate) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(move |d| d.is_order() && d.is_transfer() && d.stands_on(as_of))
    }

    /// The decisions that keep an item, location and supplier quiet on the morning of `as_of`: the
    /// last one on each, while it stands. One on that very morning's run counts: a second run of
    /// the night does not propose the line again.
    pub fn quiet(&self, as_of: NaiveDate) -> impl Iterator<Item = &Decision> {
        let mut last: BTreeMap<[&str; 4], &Decision> = BTreeMap::new();
        for decision in self.decisions.iter().filter(|d| d.as_of <= as_of) {
            // In the order in which they were taken in: of several on one line the last one holds.
            last.insert(decision.line(), decision);
        }
        last.into_values().filter(move |d| !d.verdict.orders() && d.stands_on(as_of))
    }
}

/// Keeps the decisions of one more file.
pub(crate) fn append(journal: &mut Journal, source: &str, decisions: &[Decision]) -> Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for decision in decisions {
        writer.serialize(decision).map_err(|e| Error::Internal(format!("decisions: {e}")))?;
    }
    let text = writer.into_inner().map_err(|e| Error::Internal(format!("decisions: {e}")))?;
    journal.append(EntryKind::Intake, source, &now(), &text)
}

/// How much the newest run knew, so that decisions which vanish whole are missed.
#[must_use]
pub fn known_extent(out: &Path) -> Extent {
    PublishedRun::current(out).map(|run| run.manifest.decisions).unwrap_or_default()
}

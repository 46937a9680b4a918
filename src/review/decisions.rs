//! What a planner decided, read from a file, kept for good, and read back the next night.
//!
//! Every intake becomes one file `OUT/decisions/<number>-<digest>.csv`, written beside and renamed, so that it is there whole or
//! not at all, and taking in the same file twice changes nothing. Each kept line carries what was decided on (item, location,
//! supplier, quantity), so that it can be read when its run is long pruned.

use crate::domain::digest::sha256_hex;
use crate::domain::error::{Error, Result};
use crate::domain::units::{Money, Units};
use crate::purchase::lot::LotRules;
use crate::store::{PublishedRun, replace};
use crate::tables::{RECOMMENDATIONS, Rows};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Days an approval waits for its order, and a rejection without an end keeps quiet.
pub const WAIT_DAYS: i64 = 30;

/// Days that a decision may keep a line quiet.
const LONGEST_DAYS: i64 = 731;
/// Most units of one line: more is a slip of the hand.
const LARGEST_QUANTITY: i64 = 10_000_000;

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
}

/// One line of a decisions file, as a person or the report wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Written {
    recommendation_id: String,
    decision: String,
    quantity: String,
    until: String,
    reason: String,
    author: String,
    time: String,
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
    pub decision: Verdict,
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
    /// What the decision stands for: the recommendation's id is another one every night.
    #[must_use]
    pub fn line(&self) -> (&str, &str, &str) {
        (&self.sku, &self.location, &self.supplier)
    }

    /// Id of the purchase order it is exported in, with the other lines of its morning, supplier and ship-to:
    /// `PO-20240401-1a2b3c4d`.
    #[must_use]
    pub fn order_id(&self) -> String {
        let key = format!("{}\n{}\n{}", self.as_of, self.supplier, self.location);
        format!("PO-{}-{}", self.as_of.format("%Y%m%d"), &sha256_hex(key.as_bytes())[..8])
    }

    /// Whether units were approved.
    #[must_use]
    pub fn is_order(&self) -> bool {
        matches!(self.decision, Verdict::Approve | Verdict::Edit) && self.quantity.0 > 0
    }

    /// The last day it speaks: an approval waits [`WAIT_DAYS`] for its order, a rejection or snooze keeps quiet until its date.
    #[must_use]
    pub fn stands_until(&self) -> NaiveDate {
        let wait = self.as_of + chrono::Duration::days(WAIT_DAYS);
        if self.is_order() { wait } else { self.until.unwrap_or(wait) }
    }

    fn speaks(&self, as_of: NaiveDate) -> bool {
        self.as_of <= as_of && as_of < self.stands_until()
    }
}

/// What came of a decisions file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Intake {
    /// Kept decisions.
    pub accepted: Vec<Decision>,
    /// Lines that were not kept, and why: `line 3: ...`.
    pub problems: Vec<String>,
    /// Whether this very file was taken in before.
    pub known: bool,
}

/// One recommendation that can be decided on.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// What a decision on it would keep, approving it as it is.
    pub approved: Decision,
    /// What the supplier delivers at a time, where that is known.
    pub terms: Option<LotRules>,
}

/// The recommendations of a published run, by id. `terms` gives the terms of (sku, location, supplier).
///
/// # Errors
/// [`Error::Input`] when the run's table cannot be read.
pub fn proposals(
    run: &PublishedRun,
    terms: impl Fn(&str, &str, &str) -> Option<LotRules>,
) -> Result<BTreeMap<String, Proposal>> {
    let rows = Rows::read(&run.folder, &RECOMMENDATIONS)?;
    let proposal = |row: usize| {
        let text = |column| rows.text(column, row).to_string();
        let recommended = Units(rows.whole("quantity", row));
        let approved = Decision {
            run_id: run.manifest.run_id.clone(),
            as_of: run.manifest.as_of,
            recommendation_id: text("recommendation_id"),
            sku: text("sku"),
            location: text("location"),
            supplier: rows.optional_text("supplier", row).unwrap_or_default().to_owned(),
            decision: Verdict::Approve,
            recommended,
            quantity: recommended,
            unit_cost: rows.money("unit_cost", row),
            expected: rows.optional_date("expected_arrival", row),
            until: None,
            reason: String::new(),
            author: String::new(),
            time: String::new(),
        };
        let terms = terms(&approved.sku, &approved.location, &approved.supplier);
        (approved.recommendation_id.clone(), Proposal { approved, terms })
    };
    Ok((0..rows.len()).map(proposal).collect())
}

/// Checks the decisions in `file` against the proposals of the current run and keeps those that hold.
///
/// # Errors
/// [`Error::Input`] for a file that is no decisions file, [`Error::Io`] when the decisions cannot be kept.
pub fn take_in(out: &Path, file: &Path, proposals: &BTreeMap<String, Proposal>) -> Result<Intake> {
    let text = fs::read(file).map_err(|e| Error::input(file, e.to_string()))?;
    let kept = Kept::read(out)?;
    let digest = sha256_hex(&text)[..16].to_string();
    if kept.digests.contains(&digest) {
        return Ok(Intake { known: true, ..Intake::default() });
    }
    let mut intake = Intake::default();
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for (line, written) in parse(file, &text)? {
        let verdict = written.and_then(|written| {
            if let Some(first) = seen.insert(written.recommendation_id.clone(), line) {
                return Err(format!(
                    "{} was decided in line {first} already",
                    written.recommendation_id
                ));
            }
            decide(&written, proposals, &kept)
        });
        match verdict {
            Ok(decision) => intake.accepted.push(decision),
            Err(why) => intake.problems.push(format!("line {line}: {why}")),
        }
    }
    if !intake.accepted.is_empty() {
        kept.append(out, &digest, &intake.accepted)?;
    }
    Ok(intake)
}

fn parse(file: &Path, text: &[u8]) -> Result<Vec<(u64, std::result::Result<Written, String>)>> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let semicolons = text.iter().take_while(|&&b| b != b'\n').any(|&b| b == b';');
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(if semicolons { b';' } else { b',' })
        .from_reader(text);
    let header =
        reader.headers().map_err(|_| Error::input(file, format!("line 1: {NOT_TEXT}")))?.clone();
    let mut columns = BTreeMap::new();
    for (i, name) in header.iter().enumerate() {
        if COLUMNS.contains(&name) && columns.insert(name, i).is_some() {
            return Err(Error::input(file, format!("column {name} is there twice")));
        }
    }
    for needed in &COLUMNS[..2] {
        if !columns.contains_key(needed) {
            let expected = COLUMNS.join(", ");
            return Err(Error::input(
                file,
                format!("column {needed} is missing; a decisions file has {expected}"),
            ));
        }
    }
    let mut rows = Vec::new();
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|e| Error::input(file, e.to_string()))? {
        let line = record.position().map_or(0, csv::Position::line);
        rows.push((line, written(&record, header.len(), &columns)));
    }
    Ok(rows)
}

/// Columns of a decisions file; the first two must be there.
const COLUMNS: [&str; 7] =
    ["recommendation_id", "decision", "quantity", "until", "reason", "author", "time"];
/// What is wrong with a file in another encoding.
const NOT_TEXT: &str = "not UTF-8 text; save the file as CSV UTF-8";

fn written(
    record: &csv::ByteRecord,
    fields: usize,
    columns: &BTreeMap<&str, usize>,
) -> std::result::Result<Written, String> {
    let found = record.len();
    if found < fields {
        return Err(format!(
            "{found} fields where the header has {fields}: is a quote not closed?"
        ));
    }
    if record.iter().skip(fields).any(|field| !field.is_empty()) {
        return Err(format!(
            "{found} fields where the header has {fields}: is a separator not quoted?"
        ));
    }
    let cell = |name: &str| {
        let bytes = columns.get(name).map_or(&b""[..], |&i| &record[i]);
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| NOT_TEXT.to_owned())
    };
    Ok(Written {
        recommendation_id: cell("recommendation_id")?,
        decision: cell("decision")?,
        quantity: cell("quantity")?,
        until: cell("until")?,
        reason: cell("reason")?,
        author: cell("author")?,
        time: cell("time")?,
    })
}

/// A kept decision, or why the line cannot be one.
fn decide(
    written: &Written,
    proposals: &BTreeMap<String, Proposal>,
    kept: &Kept,
) -> std::result::Result<Decision, String> {
    let id = &written.recommendation_id;
    let Some(proposal) = proposals.get(id) else {
        let stale = kept.decisions.iter().any(|d| d.recommendation_id == *id);
        let what = if stale {
            "is stale: it was decided in an earlier run"
        } else {
            "is unknown to the current run"
        };
        return Err(format!("{id} {what}"));
    };
    if let Some(before) = kept.decisions.iter().rev().find(|d| d.recommendation_id == *id)
        && before.is_order()
    {
        return Err(format!(
            "{id} was approved by {} already; correct it in the purchase orders",
            before.author
        ));
    }
    if written.author.is_empty() {
        return Err(format!("{id} has no author"));
    }
    let mut decision = proposal.approved.clone();
    decision.reason.clone_from(&written.reason);
    decision.author.clone_from(&written.author);
    decision.time.clone_from(&written.time);
    decision.until = match written.until.as_str() {
        "" => None,
        day => Some(end(day, decision.as_of)?),
    };
    decision.decision = match written.decision.to_lowercase().as_str() {
        "approve" | "approved" => Verdict::Approve,
        "edit" | "edited" => Verdict::Edit,
        "reject" | "rejected" => Verdict::Reject,
        "snooze" | "snoozed" => Verdict::Snooze,
        other => {
            return Err(format!("decision {other:?} is none of approve, edit, reject, snooze"));
        }
    };
    match decision.decision {
        Verdict::Approve => approve(&decision, written)?,
        Verdict::Edit => decision.quantity = edited(proposal, written)?,
        Verdict::Reject if decision.reason.is_empty() => {
            return Err(format!("{id} is rejected without a reason"));
        }
        Verdict::Snooze if decision.until.is_none_or(|day| day <= decision.as_of) => {
            return Err(format!("{id} is snoozed, but not until a day after {}", decision.as_of));
        }
        Verdict::Reject | Verdict::Snooze => decision.quantity = Units(0),
    }
    Ok(decision)
}

/// The day until which a decision holds: at most two years ahead, or the year is a slip.
fn end(day: &str, as_of: NaiveDate) -> std::result::Result<NaiveDate, String> {
    let until: NaiveDate =
        day.parse().map_err(|_| format!("until {day:?} is not a date like 2024-12-31"))?;
    let last = as_of + chrono::Duration::days(LONGEST_DAYS);
    if until > last {
        Err(format!("until {until} is too far away: expected a day up to {last}"))
    } else {
        Ok(until)
    }
}

fn approve(decision: &Decision, written: &Written) -> std::result::Result<(), String> {
    let id = &decision.recommendation_id;
    if decision.recommended.0 == 0 {
        return Err(format!("{id} recommends no order: edit it to order some"));
    }
    if written.quantity.is_empty() || written.quantity == decision.recommended.to_string() {
        return Ok(());
    }
    Err(format!(
        "{id} is approved with {} units but recommends {}: edit it instead",
        written.quantity, decision.recommended
    ))
}

fn edited(proposal: &Proposal, written: &Written) -> std::result::Result<Units, String> {
    let quantity: i64 = written
        .quantity
        .parse()
        .map_err(|_| format!("quantity {:?} is not a whole number", written.quantity))?;
    let id = &written.recommendation_id;
    if quantity < 0 {
        return Err(format!("{id}: {quantity} units cannot be ordered"));
    }
    if quantity > LARGEST_QUANTITY {
        return Err(format!(
            "{id}: {quantity} units are more than one line may have ({LARGEST_QUANTITY})"
        ));
    }
    if let Some(refusal) = proposal.terms.and_then(|terms| terms.refusal(Units(quantity))) {
        return Err(format!("{id}: {refusal}"));
    }
    Ok(Units(quantity))
}

/// Every decision ever taken in, oldest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Kept {
    /// In order of intake.
    pub decisions: Vec<Decision>,
    digests: BTreeSet<String>,
    exported: BTreeSet<String>,
    intakes: usize,
}

impl Kept {
    /// Reads `OUT/decisions`.
    ///
    /// # Errors
    /// [`Error::Input`] for a damaged file.
    pub fn read(out: &Path) -> Result<Self> {
        let entries = fs::read_dir(out.join("decisions")).into_iter().flatten().flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| !name.starts_with('.'));
        names.sort();
        let (exported, names): (Vec<_>, Vec<_>) =
            names.into_iter().partition(|name| name.starts_with("exported-"));
        let mut kept = Self { intakes: names.len(), ..Self::default() };
        for name in exported {
            let path = out.join("decisions").join(name);
            let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
            kept.exported.extend(text.lines().map(str::to_string));
        }
        for name in names {
            let path = out.join("decisions").join(&name);
            let digest = name.trim_end_matches(".csv").rsplit('-').next().unwrap_or_default();
            kept.digests.insert(digest.to_string());
            let mut reader =
                csv::Reader::from_path(&path).map_err(|e| Error::input(&path, e.to_string()))?;
            for row in reader.deserialize() {
                kept.decisions.push(row.map_err(|e| Error::input(&path, e.to_string()))?);
            }
        }
        Ok(kept)
    }

    fn append(&self, out: &Path, digest: &str, decisions: &[Decision]) -> Result<()> {
        let folder = out.join("decisions");
        let mut writer = csv::Writer::from_writer(Vec::new());
        for decision in decisions {
            writer.serialize(decision).map_err(|e| Error::Internal(format!("decisions: {e}")))?;
        }
        let text = writer.into_inner().map_err(|e| Error::Internal(format!("decisions: {e}")))?;
        replace(&folder, &format!("{:06}-{digest}.csv", self.intakes + 1), &[&text])
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

    /// Approved lines on the morning of `as_of`, while they wait for their order: each stands until it is placed, whatever was
    /// decided about the item since.
    pub fn orders(&self, as_of: NaiveDate) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(move |d| d.is_order() && d.speaks(as_of))
    }

    /// The decision that keeps a (sku, location, supplier) quiet on the morning of `as_of`: the last one, while it speaks.
    /// A decision on that very morning's run counts: a second run of the night does not propose it again.
    pub fn quiet(&self, as_of: NaiveDate) -> impl Iterator<Item = &Decision> {
        let last: BTreeMap<_, _> =
            self.decisions.iter().filter(|d| d.as_of <= as_of).map(|d| (d.line(), d)).collect();
        last.into_values().filter(move |d| {
            matches!(d.decision, Verdict::Reject | Verdict::Snooze) && d.speaks(as_of)
        })
    }
}

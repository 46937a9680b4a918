//! A planner's file of decisions, checked line by line against what the current run proposed.
//!
//! A line that does not hold is not kept, and the planner is told which and why; the others are.
//! Taking in the same file twice changes nothing.

use crate::domain::dates::{DayOrder, Slashed, date_of, parse_dotted, parse_iso, serial};
use crate::domain::digest::sha256_hex;
use crate::domain::error::{Error, Result};
use crate::domain::lot::LotRules;
use crate::domain::units::{Money, Units};
use crate::review::decisions::{Decision, KeptDecisions, Verdict, append, known_extent};
use crate::store::{Extent, Journal, PublishedRun, SCHEMA_VERSION};
use crate::tables::{Declaration, NETWORK, PRODUCTS, RECOMMENDATIONS, Rows, TRANSFERS};
use chrono::{Duration, NaiveDate};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Days that a decision may keep a line quiet: two years, one of them a leap year. A later date is
/// a slip of the hand.
const LONGEST_DAYS: i64 = 731;
/// Most units of one line: more is a slip of the hand.
const LARGEST_QUANTITY: i64 = 10_000_000;

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

/// Who answers for the decisions of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature<'a> {
    /// Whoever each line names.
    Written,
    /// This person, for lines that name nobody.
    OfUnsigned(&'a str),
    /// This person, whatever the lines say: a server knows whom it gave the word.
    Always(&'a str),
}

/// One recommendation that can be decided on.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// What a decision on it would keep, approving it as it is.
    pub approved: Decision,
    /// What the supplier delivers at a time, where that is known.
    pub terms: Option<LotRules>,
    /// The decisions that its run knew.
    pub seen: Extent,
    /// Of a transfer by a lane: what its source has, and what a unit earns where it goes.
    pub source: Option<SourceShare>,
}

/// What the source of a lane has for all the places that it feeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SourceShare {
    /// Units.
    pub has: Units,
    /// Lost with a unit not sold at the destination, currency units.
    pub margin: f64,
}

/// The recommendations of a published run, by id. `terms` gives the terms of (sku, location,
/// supplier).
///
/// # Errors
/// [`Error::Input`] when the run's table cannot be read.
pub fn proposals(
    run: &PublishedRun,
    terms: impl Fn(&str, &str, &str) -> Option<LotRules>,
) -> Result<BTreeMap<String, Proposal>> {
    // Before any column is read: an older table may lack one, or mean something else by it.
    if run.manifest.schema_version != SCHEMA_VERSION {
        let message = format!(
            "published by {}, whose tables this version does not read: `orderpoint run` publishes \
             a new one",
            run.manifest.program
        );
        return Err(Error::input(&run.folder, message));
    }
    let names = item_names(run)?;
    let name_of = |sku: &str| names.get(sku).cloned().unwrap_or_default();
    let rows = Rows::of(run, &RECOMMENDATIONS)?;
    let shelves = shelves(&rows);
    let mut proposals = transfers(run, &names, &shelves)?;
    let sources = sources(run)?;
    for row in 0..rows.len() {
        let recommended = rows.units("quantity", row);
        let from_location = rows.optional_text("source_location", row).unwrap_or_default();
        let approved = Decision {
            run_id: run.manifest.run_id.clone(),
            as_of: run.manifest.as_of,
            recommendation_id: rows.text("recommendation_id", row).to_owned(),
            sku: rows.text("sku", row).to_owned(),
            location: rows.text("location", row).to_owned(),
            supplier: rows.optional_text("supplier", row).unwrap_or_default().to_owned(),
            verdict: Verdict::Approve,
            recommended,
            quantity: recommended,
            unit_cost: rows.money("unit_cost", row),
            expected: rows.optional_date("expected_arrival", row),
            until: None,
            reason: String::new(),
            author: String::new(),
            time: String::new(),
            name: name_of(rows.text("sku", row)),
            supplier_sku: rows.optional_text("supplier_sku", row).unwrap_or_default().to_owned(),
            supplier_currency: rows
                .optional_text("supplier_currency", row)
                .unwrap_or_default()
                .to_owned(),
            supplier_unit_cost: rows.optional_money("supplier_unit_cost", row),
            pack_size: Some(rows.units("pack_size", row)),
            order_date: rows.optional_date("order_date", row),
            from_location: from_location.to_owned(),
            on_hand: None,
            from_on_hand: None,
        };
        let approved = approved.with_shelves(&shelves);
        let id = approved.recommendation_id.clone();
        let terms = match approved.is_transfer() {
            // What a lane carries are whole packs; its source's stock is asked apart.
            true => Some(LotRules::new(Units::ZERO, rows.units("pack_size", row), None)),
            false => terms(&approved.sku, &approved.location, &approved.supplier),
        };
        let source = sources.get(&id).copied();
        proposals.insert(id, Proposal { approved, terms, seen: run.manifest.decisions, source });
    }
    Ok(proposals)
}

/// What the sources of a run's lanes have, by recommendation; none in a run of an older build.
fn sources(run: &PublishedRun) -> Result<BTreeMap<String, SourceShare>> {
    let mut sources = BTreeMap::new();
    if !run.folder.join(NETWORK.path()).is_file() {
        return Ok(sources);
    }
    let rows = Rows::of(run, &NETWORK)?;
    for row in 0..rows.len() {
        // Half a unit cannot be sent.
        let has = Units::floor(rows.real("source_stock", row));
        let source = SourceShare { has, margin: rows.real("margin", row) };
        sources.insert(rows.text("recommendation_id", row).to_owned(), source);
    }
    Ok(sources)
}

/// Units on the shelf, by location and item.
type Shelves = BTreeMap<String, BTreeMap<String, Units>>;

/// Units on the shelves of a run.
fn shelves(rows: &Rows) -> Shelves {
    let mut shelves = Shelves::new();
    for row in 0..rows.len() {
        let here = shelves.entry(rows.text("location", row).to_owned()).or_default();
        here.insert(rows.text("sku", row).to_owned(), rows.units("on_hand", row));
    }
    shelves
}

impl Decision {
    /// A move remembers what lay on both shelves: the next stock tells from it what has moved.
    fn with_shelves(mut self, shelves: &Shelves) -> Self {
        if self.is_transfer() {
            let there = |location: &str| shelves.get(location)?.get(&self.sku).copied();
            let both = [there(&self.location), there(&self.from_location)];
            [self.on_hand, self.from_on_hand] = both;
        }
        self
    }
}

/// What people call the items of a run.
fn item_names(run: &PublishedRun) -> Result<BTreeMap<String, String>> {
    let rows = Rows::of(run, &PRODUCTS)?;
    let pairs =
        (0..rows.len()).map(|row| (rows.text("sku", row).into(), rows.text("name", row).into()));
    Ok(pairs.collect())
}

/// The proposed moves between locations, by id.
fn transfers(
    run: &PublishedRun,
    names: &BTreeMap<String, String>,
    shelves: &Shelves,
) -> Result<BTreeMap<String, Proposal>> {
    let rows = Rows::of(run, &TRANSFERS)?;
    let mut proposals = BTreeMap::new();
    for row in 0..rows.len() {
        let recommended = rows.units("quantity", row);
        let sku = rows.text("sku", row).to_owned();
        let approved = Decision {
            run_id: run.manifest.run_id.clone(),
            as_of: run.manifest.as_of,
            recommendation_id: rows.text("transfer_id", row).to_owned(),
            name: names.get(&sku).cloned().unwrap_or_default(),
            sku,
            location: rows.text("to_location", row).to_owned(),
            supplier: String::new(),
            verdict: Verdict::Approve,
            recommended,
            quantity: recommended,
            // The units are ours already: a move spends nothing at a supplier.
            unit_cost: Money::ZERO,
            expected: rows.date("expected_arrival", row),
            until: None,
            reason: String::new(),
            author: String::new(),
            time: String::new(),
            supplier_sku: String::new(),
            supplier_currency: String::new(),
            supplier_unit_cost: None,
            pack_size: None,
            order_date: rows.date("ship_by", row),
            from_location: rows.text("from_location", row).to_owned(),
            on_hand: None,
            from_on_hand: None,
        };
        let approved = approved.with_shelves(shelves);
        let id = approved.recommendation_id.clone();
        let seen = run.manifest.decisions;
        proposals.insert(id, Proposal { approved, terms: None, seen, source: None });
    }
    Ok(proposals)
}

/// Checks the decisions in `file` against the proposals of the current run and keeps those that
/// hold.
///
/// # Errors
/// [`Error::Input`] for a file that is no decisions file, [`Error::Io`] when the decisions cannot
/// be kept.
pub fn take_in(out: &Path, file: &Path, proposals: &BTreeMap<String, Proposal>) -> Result<Intake> {
    let bytes = fs::read(file).map_err(|e| Error::input(file, e.to_string()))?;
    take_in_text(out, file, &bytes, proposals, Signature::Written)
}

/// The same from memory; `file` is what messages call it.
///
/// # Errors
/// As [`take_in`].
pub fn take_in_text(
    out: &Path,
    file: &Path,
    bytes: &[u8],
    proposals: &BTreeMap<String, Proposal>,
    signature: Signature<'_>,
) -> Result<Intake> {
    // Held to the end: nobody decides about the same line between the check and the keeping.
    let mut journal = Journal::open_to_append(out, known_extent(out))?;
    let kept = KeptDecisions::of(&journal, out)?;
    // 64 bits tell the files of any shop apart, and fit a file's name.
    let digest = &sha256_hex(bytes)[..16];
    // Taken in twice by accident it would approve twice.
    if kept.knows_file(digest) {
        return Ok(Intake { known: true, ..Intake::default() });
    }
    let intake = judge(file, bytes, proposals, signature, &kept)?;
    // A file of which nothing holds leaves no trace: mended, it can be given again.
    if !intake.accepted.is_empty() {
        append(&mut journal, digest, &intake.accepted)?;
    }
    Ok(intake)
}

/// What would come of the decisions if they were taken in now; nothing is kept.
///
/// # Errors
/// As [`take_in`].
pub fn try_text(
    out: &Path,
    file: &Path,
    bytes: &[u8],
    proposals: &BTreeMap<String, Proposal>,
    signature: Signature<'_>,
) -> Result<Intake> {
    judge(file, bytes, proposals, signature, &KeptDecisions::read(out)?)
}

fn judge(
    file: &Path,
    bytes: &[u8],
    proposals: &BTreeMap<String, Proposal>,
    signature: Signature<'_>,
    kept: &KeptDecisions,
) -> Result<Intake> {
    let mut intake = Intake::default();
    let mut taken: Vec<Taken> = Vec::new();
    let mut first_lines: BTreeMap<String, u64> = BTreeMap::new();
    // Every line gets its verdict: one mistake must not cost a morning of decisions.
    for (line, read) in read_lines(file, bytes)? {
        let verdict = read.and_then(|mut decision_line| {
            match signature {
                Signature::OfUnsigned(person) if decision_line.author.is_empty() => {
                    person.clone_into(&mut decision_line.author);
                }
                // Who is signed in decided, whatever the line says of itself.
                Signature::Always(person) => person.clone_into(&mut decision_line.author),
                Signature::OfUnsigned(_) | Signature::Written => {}
            }
            let id = decision_line.recommendation_id.clone();
            // The first stands, and the second is told: which of two was meant is not ours to say.
            match first_lines.insert(id, line) {
                Some(first) => Err(format!(
                    "{} was decided in line {first} already",
                    decision_line.recommendation_id
                )),
                None => decide(&decision_line, proposals, kept),
            }
        });
        match verdict {
            Ok(decision) => taken.push(Taken { line, decision }),
            Err(why) => intake.problems.push(format!("line {line}: {why}")),
        }
    }
    leave_surplus_out(&mut taken, proposals, kept, &mut intake.problems);
    intake.accepted.extend(taken.into_iter().map(|taken| taken.decision));
    Ok(intake)
}

/// A decision that holds by itself, and its line in the file.
struct Taken {
    line: u64,
    decision: Decision,
}

/// Lines of one source that ask for more than it has are left out, those with the least margin
/// first; what was approved of it this morning already counts.
fn leave_surplus_out(
    taken: &mut Vec<Taken>,
    proposals: &BTreeMap<String, Proposal>,
    kept: &KeptDecisions,
    problems: &mut Vec<String>,
) {
    let source_of = |decision: &Decision| {
        proposals.get(&decision.recommendation_id).and_then(|proposal| proposal.source)
    };
    let mut left: BTreeMap<(String, String), Units> = BTreeMap::new();
    for Taken { decision, .. } in taken.iter() {
        if let Some(source) = source_of(decision) {
            let key = (decision.sku.clone(), decision.from_location.clone());
            left.insert(key, source.has);
        }
    }
    // What was approved of the same source this morning has left the shelf already.
    for earlier in kept.decisions.iter().filter(|decision| decision.is_order()) {
        let key = (earlier.sku.clone(), earlier.from_location.clone());
        if let Some(left) = left.get_mut(&key).filter(|_| source_of(earlier).is_some()) {
            *left -= earlier.quantity;
        }
    }
    let margin = |taken: &Taken| source_of(&taken.decision).map_or(0.0, |source| source.margin);
    // Stable: of the same margin, the line that stands first in the file.
    let mut order: Vec<usize> = (0..taken.len()).collect();
    order.sort_by(|&a, &b| margin(&taken[b]).total_cmp(&margin(&taken[a])));
    let mut surplus = Vec::new();
    for i in order {
        let Taken { line, decision } = &taken[i];
        let key = (decision.sku.clone(), decision.from_location.clone());
        let Some(left) = left.get_mut(&key).filter(|_| decision.is_order()) else { continue };
        // Whole or not at all: part of what somebody decided is not what they decided.
        if decision.quantity <= *left {
            *left -= decision.quantity;
            continue;
        }
        let Decision { sku, location, from_location, quantity, .. } = decision;
        problems.push(format!(
            "line {line}: {sku} at {location} ({}): {from_location} has {} units left after the \
             other lines, not {quantity}",
            decision.recommendation_id,
            left.or_zero()
        ));
        surplus.push(*line);
    }
    taken.retain(|taken| !surplus.contains(&taken.line));
}

/// One line of a decisions file, as a person or the report wrote it.
struct DecisionLine {
    recommendation_id: String,
    verdict: String,
    quantity: String,
    until: String,
    reason: String,
    author: String,
    time: String,
}

/// Columns of a decisions file; the first two must be there.
const COLUMNS: [&str; 7] =
    ["recommendation_id", "decision", "quantity", "until", "reason", "author", "time"];
/// What is wrong with a file in another encoding.
const NOT_TEXT: &str = "not UTF-8 text; save the file as CSV UTF-8";

/// A decision or what is wrong with its line, by line number.
type NumberedLines = Vec<(u64, std::result::Result<DecisionLine, String>)>;

/// What spreadsheets call Unicode text: two bytes a letter, behind a mark that says which comes
/// first. `None` for anything else.
fn of_two_bytes(bytes: &[u8]) -> Option<String> {
    let (mark, letters) = bytes.split_at_checked(2)?;
    let number: fn([u8; 2]) -> u16 = match mark {
        [0xff, 0xfe] => u16::from_le_bytes,
        [0xfe, 0xff] => u16::from_be_bytes,
        _ => return None,
    };
    let letters = letters.chunks_exact(2).map(|pair| number([pair[0], pair[1]]));
    String::from_utf16(&letters.collect::<Vec<_>>()).ok()
}

fn read_lines(file: &Path, bytes: &[u8]) -> Result<NumberedLines> {
    // Spreadsheets put a byte order mark in front, and semicolons where the decimal sign is a
    // comma.
    let unicode_text = of_two_bytes(bytes);
    let bytes = unicode_text.as_ref().map_or(bytes, |text| text.as_bytes());
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let head = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let delimiter = [b';', b'\t'].into_iter().find(|sign| head.contains(sign)).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(delimiter)
        .from_reader(bytes);
    let header =
        reader.headers().map_err(|_| Error::input(file, format!("line 1: {NOT_TEXT}")))?.clone();

    let mut columns = BTreeMap::new();
    for (i, heading) in header.iter().enumerate() {
        // As people write headings: `Recommendation ID`.
        let heading = heading.replace([' ', '-'], "_");
        let name = COLUMNS.into_iter().find(|name| name.eq_ignore_ascii_case(&heading));
        if let Some(name) = name
            && columns.insert(name, i).is_some()
        {
            return Err(Error::input(file, format!("column {name} is there twice")));
        }
    }
    for needed in &COLUMNS[..2] {
        if !columns.contains_key(*needed) {
            let expected = COLUMNS.join(", ");
            let message = format!("column {needed} is missing; a decisions file has {expected}");
            return Err(Error::input(file, message));
        }
    }

    let mut lines = Vec::new();
    let mut count = LineCount { bytes, seen: 0, ends: 0 };
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|e| Error::input(file, e.to_string()))? {
        // A row of a spreadsheet that was emptied, or never filled.
        if record.iter().all(<[u8]>::is_empty) {
            continue;
        }
        let start = record.position().map_or(0, csv::Position::byte);
        let number = count.of_row_at(usize::try_from(start).unwrap_or(usize::MAX));
        lines.push((number, read_line(&record, header.len(), &columns)));
    }
    Ok(lines)
}

/// Counts lines up to the rows of a file, from its first on. The reader's own count is one behind
/// where lines end in a carriage return and a line feed: a row begins for it with the line feed
/// before.
struct LineCount<'b> {
    bytes: &'b [u8],
    /// Bytes that are counted.
    seen: usize,
    ends: u64,
}

impl LineCount<'_> {
    /// The line, counted from 1, that the row beginning at byte `start` stands in.
    fn of_row_at(&mut self, start: usize) -> u64 {
        let start = start.min(self.bytes.len());
        let rest = self.bytes[start..].iter();
        let begins = start + rest.take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = self.bytes.get(self.seen..begins).unwrap_or_default();
        self.ends += passed.iter().filter(|&&byte| byte == b'\n').count() as u64;
        self.seen = begins;
        self.ends + 1
    }
}

fn read_line(
    record: &csv::ByteRecord,
    fields: usize,
    columns: &BTreeMap<&str, usize>,
) -> std::result::Result<DecisionLine, String> {
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
    Ok(DecisionLine {
        recommendation_id: cell(record, columns, "recommendation_id")?,
        verdict: cell(record, columns, "decision")?,
        quantity: cell(record, columns, "quantity")?,
        until: cell(record, columns, "until")?,
        reason: cell(record, columns, "reason")?,
        author: cell(record, columns, "author")?,
        time: cell(record, columns, "time")?,
    })
}

/// A cell by the name of its column; empty where the file does not have the column.
fn cell(
    record: &csv::ByteRecord,
    columns: &BTreeMap<&str, usize>,
    name: &str,
) -> std::result::Result<String, String> {
    let bytes = columns.get(name).map_or(&b""[..], |&i| &record[i]);
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| NOT_TEXT.to_owned())
}

/// A kept decision, or why the line cannot be one.
fn decide(
    line: &DecisionLine,
    proposals: &BTreeMap<String, Proposal>,
    kept: &KeptDecisions,
) -> std::result::Result<Decision, String> {
    let id = &line.recommendation_id;
    if !id.is_empty() && Verdict::from_text(&line.verdict) == Some(Verdict::Reopen) {
        return taken_back(line, proposals, kept);
    }
    if id.is_empty() {
        return Err("no recommendation_id: nothing says which line is meant".to_owned());
    }
    let earlier = kept.decisions.iter().rev().find(|d| d.recommendation_id == *id);
    let Some(proposal) = proposals.get(id) else {
        let what = match earlier {
            Some(_) => "is stale: it was decided in an earlier run",
            None => "is unknown to the current run",
        };
        return Err(format!("{id} {what}"));
    };
    // People know the item, not the id.
    let id = &format!("{} at {} ({id})", proposal.approved.sku, proposal.approved.location);
    if let Some(earlier) = earlier
        && earlier.is_order()
    {
        return Err(format!(
            "{id} was approved by {} already; correct it in the purchase orders",
            earlier.author
        ));
    }
    if line.author.is_empty() {
        return Err(format!("{id} has no author"));
    }

    let mut decision = proposal.approved.clone();
    decision.reason.clone_from(&line.reason);
    decision.author.clone_from(&line.author);
    decision.time.clone_from(&line.time);
    if !line.until.is_empty() {
        decision.until = Some(last_day(&line.until, decision.as_of)?);
    }
    decision.verdict = Verdict::from_text(&line.verdict).ok_or_else(|| {
        let text = line.verdict.to_lowercase();
        format!("decision {text:?} is none of approve, edit, reject, snooze, reopen")
    })?;
    if decision.verdict.orders()
        && let Some(other) = kept.approved_since(&proposal.approved, proposal.seen)
    {
        return Err(format!(
            "{id}: {} units of {} were approved by {} while this run was being made, and it does \
             not know of them; decide on the next run's line",
            other.quantity, other.sku, other.author
        ));
    }
    match decision.verdict {
        Verdict::Approve => check_approved(&decision, line, id)?,
        Verdict::Edit => decision.quantity = edited_quantity(proposal, line, id)?,
        Verdict::Reject if decision.reason.is_empty() => {
            return Err(format!("{id} is rejected without a reason"));
        }
        Verdict::Snooze if decision.until.is_none_or(|day| day <= decision.as_of) => {
            return Err(format!("{id} is snoozed, but not until a day after {}", decision.as_of));
        }
        Verdict::Reject | Verdict::Snooze | Verdict::Reopen => decision.quantity = Units(0),
    }
    Ok(decision)
}

/// A decision that takes back the rejection or snooze of that id, whichever morning it is from: its
/// line may not be among tonight's.
fn taken_back(
    line: &DecisionLine,
    proposals: &BTreeMap<String, Proposal>,
    kept: &KeptDecisions,
) -> std::result::Result<Decision, String> {
    let id = &line.recommendation_id;
    let Some(tonight) = proposals.values().next().map(|proposal| &proposal.approved) else {
        return Err(format!("{id}: the current run has no lines to decide on"));
    };
    let standing = kept.quiet(tonight.as_of).find(|decision| decision.recommendation_id == *id);
    let Some(standing) = standing else {
        return Err(format!("{id} is neither rejected nor snoozed: there is nothing to take back"));
    };
    if line.author.is_empty() {
        return Err(format!("{id} has no author"));
    }
    Ok(Decision {
        run_id: tonight.run_id.clone(),
        as_of: tonight.as_of,
        verdict: Verdict::Reopen,
        until: None,
        reason: line.reason.clone(),
        author: line.author.clone(),
        time: line.time.clone(),
        ..standing.clone()
    })
}

/// The day until which a decision holds.
fn last_day(day: &str, as_of: NaiveDate) -> std::result::Result<NaiveDate, String> {
    let until = written_day(day)?;
    let latest = as_of + Duration::days(LONGEST_DAYS);
    if until > latest {
        Err(format!("until {until} is too far away: expected a day up to {latest}"))
    } else {
        Ok(until)
    }
}

/// A day as the report writes it, or as a spreadsheet has since: a file that is opened and saved
/// has its dates in the form of the country, `31.12.2026` or `12/31/2026`.
fn written_day(text: &str) -> std::result::Result<NaiveDate, String> {
    let moment = match Slashed::read(text) {
        Some(slashed) => {
            let [day_first, month_first] =
                [DayOrder::DayFirst, DayOrder::MonthFirst].map(|order| slashed.moment(order));
            if let (Some(one), Some(other)) = (day_first, month_first)
                && one.day != other.day
            {
                return Err(format!(
                    "until {text:?} may be {} or {}: write the one that is meant",
                    date_of(one.day),
                    date_of(other.day)
                ));
            }
            day_first.or(month_first)
        }
        // A month without a day is no last day.
        None => parse_iso(text)
            .filter(|_| text.len() >= "20241231".len())
            .or_else(|| parse_dotted(text))
            .or_else(|| serial(text)),
    };
    let moment = moment.ok_or_else(|| format!("until {text:?} is not a date like 2024-12-31"))?;
    Ok(date_of(moment.day))
}

/// An approval names no quantity, or the recommended one: another one is an edit that its author
/// may not have meant.
fn check_approved(
    decision: &Decision,
    line: &DecisionLine,
    id: &str,
) -> std::result::Result<(), String> {
    let recommended = decision.recommended;
    if recommended.is_zero() {
        return Err(format!("{id} recommends no order: edit it to order some"));
    }
    if line.quantity.is_empty() || Units::parse(&line.quantity) == Some(recommended) {
        return Ok(());
    }
    Err(format!(
        "{id} is approved with {} units but recommends {recommended}: edit it instead",
        line.quantity
    ))
}

fn edited_quantity(
    proposal: &Proposal,
    line: &DecisionLine,
    id: &str,
) -> std::result::Result<Units, String> {
    let quantity = Units::parse(&line.quantity).ok_or_else(|| not_counted(&line.quantity))?;
    if quantity < Units::ZERO {
        return Err(format!("{id}: {quantity} units cannot be ordered"));
    }
    if quantity > Units::whole(LARGEST_QUANTITY) {
        return Err(format!(
            "{id}: {quantity} units are more than one line may have ({LARGEST_QUANTITY})"
        ));
    }
    let Decision { recommended, from_location, .. } = &proposal.approved;
    let spare = proposal.approved.is_transfer() && proposal.source.is_none();
    // Nothing else says how much the place could give: beyond what was proposed is a guess.
    if spare && quantity > *recommended {
        return Err(format!("{id}: {from_location} can spare {recommended} units, not {quantity}"));
    }
    if let Some(refusal) = proposal.terms.and_then(|terms| terms.refusal(quantity)) {
        return Err(format!("{id}: {refusal}"));
    }
    Ok(quantity)
}

/// What is wrong with a quantity that cannot be read.
fn not_counted(text: &str) -> String {
    let expected = match Units::are_whole() {
        true => "is not a whole number".to_owned(),
        false => format!(
            "is no number of units: write it with a point, as in 12.5, and no part smaller than {}",
            Units::LEAST
        ),
    };
    format!("quantity {text:?} {expected}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unicode_text_and_headings_as_people_write_them_are_read() {
        let text = "Recommendation ID\tDecision\tReason\r\nR1\tApproved\tna\u{ef}ve\r\n";
        let mut little = vec![0xff, 0xfe];
        let mut big = vec![0xfe, 0xff];
        for letter in text.encode_utf16() {
            little.extend(letter.to_le_bytes());
            big.extend(letter.to_be_bytes());
        }
        for bytes in [text.as_bytes(), &little, &big] {
            let lines = read_lines(Path::new("decisions.csv"), bytes).unwrap();
            let line = lines[0].1.as_ref().unwrap();
            let read = (line.recommendation_id.as_str(), line.verdict.as_str());
            assert_eq!(
                (lines.len(), read, line.reason.as_str()),
                (1, ("R1", "Approved"), "na\u{ef}ve")
            );
        }
    }
}

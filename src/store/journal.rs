//! `OUT/decisions`: what people decided, one file an intake, none of them ever lost in silence.
//!
//! A file is named `<number>-<digest of its content>-<digest of what it came from>`, is synced
//! before it gets its name, and from then on counts. `index.jsonl` lists every file with its full
//! digest, chained (each entry's `chain` is a digest of the one before and of itself), so that a
//! missing, cut, changed or added file shows. `OUT/.decisions-copy` holds the same files once more:
//! what is damaged here is restored from there, and said; what is damaged in both places stops the
//! command, for approved units that are forgotten are ordered twice.

use crate::domain::digest::{Digest, sha256_hex};
use crate::domain::error::{Error, Result};
use crate::store::replace::replace;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const FOLDER: &str = "decisions";
const COPY: &str = ".decisions-copy";
const ASIDE: &str = "decisions-damaged";
const INDEX: &str = "index.jsonl";
const LOCK: &str = ".lock";
/// Digits of a digest in a file's name: 64 bits, enough to tell damage from chance.
const SHORT: usize = 16;
/// Longest that another process is waited for: an append takes milliseconds, a slow device a
/// second.
const PATIENCE: Duration = Duration::from_secs(20);

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// Decisions that were taken in.
    Intake,
    /// Lines that were exported.
    Exported,
    /// A damaged file was restored from a copy.
    Restored,
    /// A damaged file without a sound copy was given up, by hand (`doctor --fix`).
    Forgotten,
}

/// One line of the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number, from 1, without gaps.
    pub sequence: u64,
    /// What it is about.
    pub kind: EntryKind,
    /// The file it is about.
    pub file: String,
    /// Digest of that file's content.
    pub sha256: String,
    /// Digest of what it was made from; empty where there is nothing to compare with.
    pub source: String,
    /// When, by the clock of the machine.
    pub time: String,
    /// Digest of the entry before and of all the above.
    pub chain: String,
}

impl Entry {
    fn chained(mut self, before: &str) -> Self {
        self.chain = self.expected_chain(before);
        self
    }

    fn expected_chain(&self, before: &str) -> String {
        let mut digest = Digest::default();
        let kind = format!("{:?}", self.kind);
        let sequence = self.sequence.to_string();
        for part in [before, &sequence, &kind, &self.file, &self.sha256, &self.source, &self.time] {
            digest.add_part(part);
        }
        digest.hex()
    }
}

/// How much a run knew of the decisions: its manifest keeps it, so that decisions which vanish
/// whole, index and all, are missed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// Files of decisions.
    pub intakes: u64,
    /// Files restored from a copy so far.
    pub restored: u64,
}

impl Extent {
    /// Whether there was nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A sound file and what the index says of it.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its entry.
    pub entry: Entry,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What is wrong in the folders, found without changing anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Damaged, with a sound copy: the next command restores them.
    pub restorable: Vec<String>,
    /// Damaged without a sound copy.
    pub lost: Vec<String>,
    /// The second copies that are damaged or missing; made anew by the next command.
    pub copies: Vec<String>,
    /// Files that are none of ours; they are left out.
    pub strangers: Vec<String>,
}

impl Findings {
    /// Whether all is as it should be.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

/// The decisions folder, read, verified and mended; appends go through it while it is held.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    copy: PathBuf,
    // Held until dropped: nobody appends between what was read and what is added.
    lock: Option<File>,
    entries: Vec<Entry>,
    records: Vec<Record>,
    strangers: Vec<String>,
}

/// How a file in the folder calls itself.
enum Named<'a> {
    /// `000001-<content>-<source>.csv`
    Numbered {
        sequence: u64,
        content: &'a str,
        source: &'a str,
    },
    /// `000001-<source>.csv` or `exported-<content>.txt`, as version 0.1.0 wrote them.
    FirstVersion {
        source: &'a str,
        kind: EntryKind,
    },
    Stranger,
}

/// Whether it is how a file's content is named.
fn is_digest(text: &str) -> bool {
    text.len() == SHORT && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The place of a numbered file: six digits at least, so that names sort as they were taken in.
fn sequence_of(text: &str) -> Option<u64> {
    let is_number = text.len() >= 6 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

fn named(name: &str) -> Named<'_> {
    let Some((stem, extension)) = name.rsplit_once('.') else { return Named::Stranger };
    match (stem.split('-').collect::<Vec<_>>()[..].as_ref(), extension) {
        ([sequence, content, source], "csv" | "txt")
            if is_digest(content) && (is_digest(source) || *source == "exported") =>
        {
            match sequence_of(sequence) {
                Some(sequence) => Named::Numbered { sequence, content, source },
                None => Named::Stranger,
            }
        }
        ([sequence, source], "csv") if sequence_of(sequence).is_some() && is_digest(source) => {
            Named::FirstVersion { source, kind: EntryKind::Intake }
        }
        (["exported", content], "txt") if is_digest(content) => {
            Named::FirstVersion { source: "", kind: EntryKind::Exported }
        }
        _ => Named::Stranger,
    }
}

/// The folder and its copy as they are found.
struct Found {
    /// Contents by name, hidden files, the index and folders left out.
    files: BTreeMap<String, Vec<u8>>,
    copies: BTreeMap<String, Vec<u8>>,
    strangers: Vec<String>,
    index: Index,
    index_copy: Index,
}

/// The entries of an index up to the first that does not hold.
struct Index {
    entries: Vec<Entry>,
    there: bool,
    whole: bool,
}

impl Journal {
    /// Reads and verifies the decisions below `out`, restores what is damaged from its copy, and
    /// keeps others from appending while it is held. `at_least` is what the newest run knew.
    ///
    /// # Errors
    /// [`Error::Input`] for a folder that cannot be read, and for files that are damaged or missing
    /// without a sound copy, with their names and the way out.
    pub fn open(out: &Path, at_least: Extent) -> Result<Self> {
        let folder = out.join(FOLDER);
        let copy = out.join(COPY);
        let there = is_there(&folder)? || is_there(&copy)?;
        // Only the copy is left: whoever deleted the folder did not mean to forget what was
        // approved.
        if there && !is_there(&folder)? {
            fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        }
        let lock = if there { lock(&folder)? } else { None };
        let mut journal = Self {
            folder,
            copy,
            lock,
            entries: Vec::new(),
            records: Vec::new(),
            strangers: Vec::new(),
        };
        if there {
            journal.sweep();
            journal.read_and_mend()?;
        }
        journal.holds(at_least)?;
        Ok(journal)
    }

    /// The same, to append to: the folder is made where there is none.
    ///
    /// # Errors
    /// As [`Journal::open`]; [`Error::Io`] where it cannot be made.
    pub fn open_to_append(out: &Path, at_least: Extent) -> Result<Self> {
        let folder = out.join(FOLDER);
        if !is_there(&folder)? {
            fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
            File::open(out).and_then(|out| out.sync_all()).map_err(Error::io(out))?;
        }
        Self::open(out, at_least)
    }

    /// Looks without changing anything.
    ///
    /// # Errors
    /// [`Error::Input`] for a folder that cannot be read or an index that cannot be made out.
    pub fn look(out: &Path, at_least: Extent) -> Result<Findings> {
        let mut journal = Self::unlocked(out);
        let found = Found::read(&journal.folder, &journal.copy)?;
        let mut findings = journal.verify(&found)?;
        if let Err(error) = journal.holds(at_least)
            && findings.lost.is_empty()
        {
            findings.lost.push(error.to_string());
        }
        findings.strangers.clone_from(&journal.strangers);
        Ok(findings)
    }

    fn unlocked(out: &Path) -> Self {
        Self {
            folder: out.join(FOLDER),
            copy: out.join(COPY),
            lock: None,
            entries: Vec::new(),
            records: Vec::new(),
            strangers: Vec::new(),
        }
    }

    /// Gives up what is damaged without a sound copy: such files are set aside in
    /// `OUT/decisions-damaged` and entered as forgotten. Returns their names.
    ///
    /// # Errors
    /// [`Error::Input`], [`Error::Io`].
    pub fn go_on_without(out: &Path, at_least: Extent, time: &str) -> Result<Vec<String>> {
        let mut journal = Self::unlocked(out);
        if !is_there(&journal.folder)? && !is_there(&journal.copy)? && at_least.is_empty() {
            return Ok(Vec::new());
        }
        fs::create_dir_all(&journal.folder).map_err(Error::io(&journal.folder))?;
        journal.lock = lock(&journal.folder)?;
        let found = Found::read(&journal.folder, &journal.copy)?;
        let mut findings = journal.verify(&found)?;
        let aside = out.join(ASIDE);
        for missing in journal.extent().intakes..at_least.intakes {
            findings.lost.push(format!("intake {} of {}", missing + 1, at_least.intakes));
        }
        for file in &findings.lost {
            if found.files.contains_key(file) {
                fs::create_dir_all(&aside).map_err(Error::io(&aside))?;
                let from = journal.folder.join(file);
                fs::rename(&from, aside.join(file)).map_err(Error::io(&from))?;
            }
            // It is entered first where no entry names it, so that the count of what was known
            // stays right.
            if !journal.entries.iter().any(|entry| entry.file == *file) {
                journal.push(EntryKind::Intake, file.clone(), String::new(), String::new(), time);
            }
            journal.push(EntryKind::Forgotten, file.clone(), String::new(), String::new(), time);
        }
        if !findings.lost.is_empty() {
            journal.write_index()?;
            replace(&journal.copy, INDEX, &[&journal.index_text()?])?;
        }
        Ok(findings.lost)
    }

    /// Whether everything is there that the newest run knew.
    fn holds(&self, at_least: Extent) -> Result<()> {
        let known = self.extent();
        // Fewer than a published run knew: files are gone that left no trace here.
        if known.intakes >= at_least.intakes {
            return Ok(());
        }
        let message = format!(
            "{} files of decisions are here, the newest run knew {}: approved units would be \
             forgotten and ordered twice; restore the folder from a backup, or \
             `orderpoint doctor --fix` goes on without them",
            known.intakes, at_least.intakes
        );
        Err(Error::input(&self.folder, message))
    }

    /// Removes what a process that died was writing.
    fn sweep(&self) {
        for folder in [&self.folder, &self.copy] {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                if name.starts_with('.') && name.ends_with(".next") {
                    // Whoever comes next tries again.
                    let _ = fs::remove_file(entry.path());
                }
            }
        }
    }

    fn read_and_mend(&mut self) -> Result<()> {
        let found = Found::read(&self.folder, &self.copy)?;
        let entries_before = found.index.entries.len();
        let findings = self.verify(&found)?;
        if !findings.lost.is_empty() {
            let message = format!(
                "damaged or missing, and without a sound copy: {}; approved units would be \
                 forgotten and ordered twice. Restore the folder from a backup, or \
                 `orderpoint doctor --fix` sets them aside and goes on without them",
                findings.lost.join(", ")
            );
            return Err(Error::input(&self.folder, message));
        }
        for file in &findings.restorable {
            if let Some(record) = self.records.iter().find(|record| record.entry.file == *file) {
                replace(&self.folder, file, &[&record.bytes])?;
            }
            self.push(EntryKind::Restored, file.clone(), String::new(), String::new(), "");
        }
        let changed = self.entries.len() != entries_before
            || found.index.there && !found.index.whole
            || !findings.restorable.is_empty();
        if changed {
            self.write_index()?;
        }
        if changed || !findings.copies.is_empty() {
            // Best effort, and tried again by whoever reads next: what counts is in its place.
            let _ = self.renew_copies(&findings.copies);
        }
        Ok(())
    }

    /// What holds of the entries and files found; fills in `entries`, `records` and `strangers`.
    fn verify(&mut self, found: &Found) -> Result<Findings> {
        let mut findings = Findings::default();
        self.take_index(found, &mut findings)?;

        let forgotten: BTreeSet<String> = self
            .entries
            .iter()
            .filter(|entry| entry.kind == EntryKind::Forgotten)
            .map(|entry| entry.file.clone())
            .collect();
        let mut listed: BTreeSet<&str> = BTreeSet::new();
        for entry in &self.entries {
            match entry.kind {
                EntryKind::Restored | EntryKind::Forgotten => continue,
                EntryKind::Intake | EntryKind::Exported => {}
            }
            listed.insert(&entry.file);
            if forgotten.contains(&entry.file) {
                continue;
            }
            let is_sound = |bytes: &&Vec<u8>| sha256_hex(bytes) == entry.sha256;
            let here = found.files.get(&entry.file).filter(is_sound);
            let copy = found.copies.get(&entry.file).filter(is_sound);
            // A copy that somebody made beside it will do as well.
            let bytes = here.or(copy).or_else(|| found.files.values().find(is_sound));
            match (here, bytes) {
                (_, None) => findings.lost.push(entry.file.clone()),
                (None, Some(_)) => findings.restorable.push(entry.file.clone()),
                (Some(_), Some(_)) if copy.is_none() => findings.copies.push(entry.file.clone()),
                (Some(_), Some(_)) => {}
            }
            if let Some(bytes) = bytes {
                self.records.push(Record { entry: entry.clone(), bytes: bytes.clone() });
            }
        }
        if found.index_copy.entries != self.entries
            || found.index_copy.there && !found.index_copy.whole
        {
            findings.copies.push(INDEX.to_owned());
        }
        let unlisted = found.files.keys().filter(|name| !listed.contains(name.as_str()));
        self.strangers.extend(unlisted.cloned());
        self.strangers.extend(found.strangers.iter().cloned());
        self.strangers.sort();
        Ok(findings)
    }

    /// The entries: the longer of the two indexes, and files that were kept when the program died
    /// before it could enter them.
    fn take_index(&mut self, found: &Found, findings: &mut Findings) -> Result<()> {
        let (here, copy) = (&found.index, &found.index_copy);
        let shared = here.entries.len().min(copy.entries.len());
        if here.entries[..shared] != copy.entries[..shared] {
            let message = format!(
                "{INDEX} and its copy in {} tell different stories: restore both from one backup",
                self.copy.display()
            );
            return Err(Error::input(self.folder.join(INDEX), message));
        }
        // One of the two may have been written when a process died; the chain shows that the
        // shorter is a beginning of the longer.
        let longer = if here.entries.len() >= copy.entries.len() { here } else { copy };
        self.entries.clone_from(&longer.entries);
        let first_version = !here.there && !copy.there;
        if here.entries.len() < copy.entries.len() || here.there && !here.whole {
            findings.restorable.push(INDEX.to_owned());
        }
        if first_version {
            self.enter_first_version(found);
        }
        let numbered = found.files.keys().filter_map(|name| match named(name) {
            Named::Numbered { sequence, content, source } => {
                Some((sequence, name.clone(), content.to_owned(), source.to_owned()))
            }
            Named::FirstVersion { .. } | Named::Stranger => None,
        });
        let mut unlisted: Vec<_> = numbered
            .filter(|(_, name, _, _)| !self.entries.iter().any(|entry| entry.file == *name))
            .collect();
        unlisted.sort();
        let rebuilt = first_version && unlisted.len() > 1;
        for (sequence, name, content, source) in unlisted {
            // Numbers that are taken: a copy under another name, or of another folder.
            if sequence <= self.entries.len() as u64 {
                continue;
            }
            let sha256 = sha256_hex(&found.files[&name]);
            // Its name begins with the digest of what was to be written: a file cut short does not
            // match.
            let sound = sha256.starts_with(&content);
            if !sound {
                findings.lost.push(name);
                continue;
            }
            if sequence > self.entries.len() as u64 + 1 {
                findings.lost.push(format!("number {:06}", self.entries.len() + 1));
            }
            let exported = source == "exported";
            let kind = if exported { EntryKind::Exported } else { EntryKind::Intake };
            self.push(kind, name, sha256, if exported { String::new() } else { source }, "");
        }
        if rebuilt || here.there && here.entries.is_empty() && !self.entries.is_empty() {
            findings.restorable.push(INDEX.to_owned());
        }
        findings.restorable.sort();
        findings.restorable.dedup();
        Ok(())
    }

    /// What version 0.1.0 kept: files without an index, named for what they were made from.
    fn enter_first_version(&mut self, found: &Found) {
        for wanted in [EntryKind::Intake, EntryKind::Exported] {
            for (name, bytes) in &found.files {
                let Named::FirstVersion { source, kind } = named(name) else { continue };
                if kind == wanted {
                    self.push(kind, name.clone(), sha256_hex(bytes), source.to_owned(), "");
                }
            }
        }
    }

    fn push(&mut self, kind: EntryKind, file: String, sha256: String, source: String, time: &str) {
        let before = self.entries.last().map_or("", |entry| entry.chain.as_str());
        let sequence = self.entries.len() as u64 + 1;
        let time = time.to_owned();
        let entry = Entry { sequence, kind, file, sha256, source, time, chain: String::new() };
        let entry = entry.chained(before);
        self.entries.push(entry);
    }

    /// Keeps one more file, for good when this returns.
    ///
    /// # Errors
    /// [`Error::Io`]: then it is not kept.
    pub fn append(
        &mut self,
        kind: EntryKind,
        source: &str,
        time: &str,
        bytes: &[u8],
    ) -> Result<()> {
        let sequence = self.entries.len() + 1;
        let sha256 = sha256_hex(bytes);
        let (from, extension) = match kind {
            EntryKind::Intake => (source, "csv"),
            EntryKind::Exported | EntryKind::Restored | EntryKind::Forgotten => ("exported", "txt"),
        };
        let name = format!("{sequence:06}-{}-{from}.{extension}", &sha256[..SHORT]);
        // With its name it counts: all that follows makes damage to it visible, and is done again
        // by the next reader if it cannot be done now.
        replace(&self.folder, &name, &[bytes])?;
        self.push(kind, name.clone(), sha256, source.to_owned(), time);
        if let Some(entry) = self.entries.last() {
            self.records.push(Record { entry: entry.clone(), bytes: bytes.to_vec() });
        }
        let _ = replace(&self.copy, &name, &[bytes])
            .and_then(|()| self.write_index())
            .and_then(|()| replace(&self.copy, INDEX, &[&self.index_text()?]));
        Ok(())
    }

    fn index_text(&self) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        for entry in &self.entries {
            serde_json::to_writer(&mut text, entry)
                .map_err(|e| Error::Internal(format!("index of decisions: {e}")))?;
            text.push(b'\n');
        }
        Ok(text)
    }

    fn write_index(&self) -> Result<()> {
        replace(&self.folder, INDEX, &[&self.index_text()?])
    }

    fn renew_copies(&self, damaged: &[String]) -> Result<()> {
        for record in &self.records {
            let file = &record.entry.file;
            if damaged.contains(file) || !self.copy.join(file).is_file() {
                replace(&self.copy, file, &[&record.bytes])?;
            }
        }
        replace(&self.copy, INDEX, &[&self.index_text()?])
    }

    /// Sound files of this kind, in order.
    pub fn records(&self, kind: EntryKind) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(move |record| record.entry.kind == kind)
    }

    /// The sound file of this entry.
    #[must_use]
    pub fn record(&self, sequence: u64) -> Option<&Record> {
        let found = self.records.binary_search_by_key(&sequence, |record| record.entry.sequence);
        found.ok().map(|i| &self.records[i])
    }

    /// Every entry, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Files in the folder that are none of ours: they are left out.
    #[must_use]
    pub fn strangers(&self) -> &[String] {
        &self.strangers
    }

    /// How much there is.
    #[must_use]
    pub fn extent(&self) -> Extent {
        let count = |kind| self.entries.iter().filter(|e| e.kind == kind).count() as u64;
        Extent { intakes: count(EntryKind::Intake), restored: count(EntryKind::Restored) }
    }
}

impl Found {
    fn read(folder: &Path, copy: &Path) -> Result<Self> {
        let mut strangers = Vec::new();
        let files = contents(folder, &mut strangers)?;
        // Nobody reads the copy but us: what else lies there does not matter.
        let copies = contents(copy, &mut Vec::new())?;
        let index = Index::read(&folder.join(INDEX))?;
        let index_copy = Index::read(&copy.join(INDEX))?;
        Ok(Self { files, copies, strangers, index, index_copy })
    }
}

/// Every file of `folder` but hidden ones and the index; other things in it are strangers.
fn contents(folder: &Path, strangers: &mut Vec<String>) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    if !is_there(folder)? {
        return Ok(files);
    }
    for entry in fs::read_dir(folder).map_err(Error::unreadable(folder))? {
        let path = entry.map_err(Error::unreadable(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') || name == INDEX {
            continue;
        }
        // A file that is none of ours need not be readable.
        if path.is_dir() || matches!(named(&name), Named::Stranger) && fs::read(&path).is_err() {
            strangers.push(name);
            continue;
        }
        let bytes = fs::read(&path).map_err(Error::unreadable(&path))?;
        files.insert(name, bytes);
    }
    Ok(files)
}

impl Index {
    fn read(path: &Path) -> Result<Self> {
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Self { entries: Vec::new(), there: false, whole: false });
            }
            Err(error) => return Err(Error::unreadable(path)(error)),
        };
        let mut entries: Vec<Entry> = Vec::new();
        let mut whole = text.is_empty() || text.ends_with(b"\n");
        for line in text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            let before = entries.last().map_or("", |entry| entry.chain.as_str());
            let next = serde_json::from_slice::<Entry>(line).ok().filter(|entry| {
                entry.sequence == entries.len() as u64 + 1
                    && entry.chain == entry.expected_chain(before)
            });
            let Some(next) = next else {
                whole = false;
                break;
            };
            entries.push(next);
        }
        Ok(Self { entries, there: true, whole })
    }
}

/// A folder that may not be looked at is not one that is not there.
fn is_there(folder: &Path) -> Result<bool> {
    folder.try_exists().map_err(Error::unreadable(folder))
}

/// Waits for whoever appends at this moment. `None` in a folder that one may read and not write:
/// then nobody of this account appends either.
fn lock(folder: &Path) -> Result<Option<File>> {
    let path = folder.join(LOCK);
    let open = |write: bool| {
        OpenOptions::new().read(true).write(write).create(write).truncate(false).open(&path)
    };
    let file = match open(true).or_else(|error| match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => open(false),
        _ => Err(error),
    }) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::unreadable(path)(error)),
    };
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            // An intake is a matter of moments; only a process that hangs holds it for longer.
            Err(TryLockError::WouldBlock) if started.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(TryLockError::WouldBlock) => {
                let holder = "decisions are being taken in".to_owned();
                return Err(Error::Locked { path: folder.to_path_buf(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(Error::Io { path, source }),
        }
    }
}

//! `manifest.json`: what a published run consists of. A folder without one did not happen.

use crate::domain::digest::{Digest, sha256_hex};
use crate::domain::error::{Error, Result};
use crate::domain::inputs::Source;
use crate::store::current;
use crate::store::current::current_folder;
use crate::store::journal::Extent;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Version of the output tables: raised when a column goes, changes its type or its meaning.
pub const SCHEMA_VERSION: u32 = 2;
/// Who wrote a file.
pub(crate) const PROGRAM: &str =
    concat!("orderpoint ", env!("CARGO_PKG_VERSION"), " ", env!("ORDERPOINT_BUILD"));
/// Version and build: the commit it was made from, or a digest of its sources.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("ORDERPOINT_BUILD"), ")");

/// One file of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Path below the run folder, with `/`.
    pub path: String,
    /// Data rows, for tables.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rows: Option<u64>,
    /// Size.
    pub bytes: u64,
    /// Lower-case hex digest.
    pub sha256: String,
}

/// One input file, as the run read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputEntry {
    /// Table of the contract.
    pub table: String,
    /// Path below the data folder.
    pub file: String,
    /// Data rows in it.
    pub rows: u64,
    /// Rows put into quarantine.
    pub rejected: u64,
    /// Lower-case hex digest of its bytes.
    pub sha256: String,
    /// Of a file that was fetched: its length at the address that `file` is then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bytes: Option<u64>,
    /// Of a file that was fetched: its version or tag there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version: Option<String>,
}

impl From<&Source> for InputEntry {
    fn from(s: &Source) -> Self {
        Self {
            table: s.table.clone(),
            file: s.file.clone(),
            rows: s.rows,
            rejected: s.rejected,
            sha256: s.sha256.clone(),
            bytes: s.origin.as_ref().map(|origin| origin.bytes),
            version: s.origin.as_ref().and_then(|origin| origin.version.clone()),
        }
    }
}

/// The run that learnt seasons and errors and fitted every series, and how much of that a later run
/// could carry on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefitEntry {
    /// Its id: its states lie below `MODELS/<run_id>/`.
    pub run_id: String,
    /// Its morning.
    pub as_of: NaiveDate,
    /// Lower-case hex digest of its states.
    pub sha256: String,
    /// Series whose states were carried on.
    pub carried: usize,
    /// Series fitted by the run that says so.
    pub fitted: usize,
}

/// The contents of `manifest.json`. The same input gives the same bytes; timings live in
/// `timings.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the tables' schemas.
    pub schema_version: u32,
    /// The run.
    pub run_id: String,
    /// The morning it was made for.
    pub as_of: NaiveDate,
    /// Program name and version.
    pub program: String,
    /// Digest of the configuration.
    pub config_sha256: String,
    /// The run it was compared with.
    pub previous: Option<String>,
    /// The refit that its forecasts go back to; `None` where every run learns anew and keeps
    /// nothing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refit: Option<RefitEntry>,
    /// The decisions that it knew.
    #[serde(skip_serializing_if = "Extent::is_empty", default)]
    pub decisions: Extent,
    /// Figures that the next run's audit compares: `recommended_value`, `recommended_lines`, ...
    pub totals: BTreeMap<String, f64>,
    /// Kinds of exceptions that happened and that the configuration calls severe: such a run ends
    /// with exit code 5, however often it is asked for.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub severe: Vec<String>,
    /// What a person should decide on first, most at stake first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub to_decide: Vec<String>,
    /// What a person should read first, worst first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub attention: Vec<String>,
    /// What was read.
    pub inputs: Vec<InputEntry>,
    /// What was written, by path.
    pub files: Vec<FileEntry>,
    /// Digest of this very file with nothing between these quotes; empty in those of version 0.1.0.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub manifest_sha256: String,
}

/// The line that seals a manifest, up to the digest.
const SEAL: &str = "\"manifest_sha256\": \"";
/// In `timings.json`: the moment of publication.
pub(super) const PUBLISHED_AT: &str = "published_at";

/// In `timings.json`, which the manifest does not list: the same night has the same manifest,
/// however long it took.
pub(super) const TIMINGS_SEAL: &str = "timings_sha256";

/// The text of `value` with its own digest under `seal`, so that it shows when it was changed. Of
/// the text with nothing between the quotes, and not of what is read from it: seconds of seventeen
/// digits may be read as their neighbours.
///
/// # Errors
/// [`Error::Internal`].
pub(crate) fn sealed(mut value: serde_json::Value, seal: &str) -> Result<Vec<u8>> {
    value[seal] = "".into();
    let open =
        serde_json::to_string_pretty(&value).map_err(|e| Error::Internal(format!("json: {e}")))?;
    let open = format!("{open}\n");
    let digest = sha256_hex(open.as_bytes());
    let key = format!("\"{seal}\": \"");
    Ok(open.replacen(&key, &format!("{key}{digest}"), 1).into_bytes())
}

/// What `text` says, and whether it was changed since [`sealed`] wrote it: unknown where nothing
/// seals it.
pub(crate) fn unsealed(text: &[u8], seal: &str) -> (serde_json::Value, Option<bool>) {
    let value: serde_json::Value = serde_json::from_slice(text).unwrap_or_default();
    let text = String::from_utf8_lossy(text);
    let digest = value.get(seal).and_then(serde_json::Value::as_str);
    let changed =
        digest.map(|digest| sha256_hex(text.replacen(digest, "", 1).as_bytes()) != digest);
    (value, changed)
}

/// A moment of publication; sorts as it reads. To the microsecond: small shops publish several runs
/// in a second, and pruning asks which came last.
pub(super) fn moment(time: SystemTime) -> String {
    chrono::DateTime::<chrono::Utc>::from(time).format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

impl Manifest {
    /// As text that shows when it was changed.
    ///
    /// # Errors
    /// [`Error::Internal`].
    pub(super) fn sealed(&self) -> Result<Vec<u8>> {
        // Of the right length, so that taking it out again leaves the text that was digested.
        let open = Self { manifest_sha256: "-".to_owned(), ..self.clone() };
        let text = serde_json::to_string_pretty(&open)
            .map_err(|e| Error::Internal(format!("json: {e}")))?;
        let open = format!("{}\n", text.replace(&format!("{SEAL}-"), SEAL));
        let digest = sha256_hex(open.as_bytes());
        Ok(open.replace(SEAL, &format!("{SEAL}{digest}")).into_bytes())
    }

    /// What is wrong with `text` as a manifest, if anything.
    fn read(text: &[u8]) -> std::result::Result<Self, String> {
        let manifest: Self =
            serde_json::from_slice(text).map_err(|e| format!("not a manifest: {e}"))?;
        if !manifest.manifest_sha256.is_empty() {
            let text = String::from_utf8_lossy(text);
            let open = text.replace(&format!("{SEAL}{}", manifest.manifest_sha256), SEAL);
            if sha256_hex(open.as_bytes()) != manifest.manifest_sha256 {
                return Err("the manifest was changed after it was written".to_owned());
            }
        }
        Ok(manifest)
    }
}

/// Digits of the digest in a run's id: 48 bits, so that two runs of one night meet once in 2^24 of
/// them.
const DIGITS: usize = 12;

/// What a run is made from: its id is their digest.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    /// The morning it is made for.
    pub as_of: NaiveDate,
    /// Everything configured that can change a result, in one canonical text.
    pub config: &'a str,
    /// What was read.
    pub inputs: &'a [InputEntry],
    /// The run whose results it starts from, if any.
    pub previous: Option<&'a str>,
    /// Digest of what else is kept from earlier: decisions and the runs that trends are drawn from.
    pub kept: &'a str,
}

impl Identity<'_> {
    /// As-of date + digest of program version and build, configuration, inputs and the previous
    /// run: `2024-03-31-9f2c4b7a01de`.
    #[must_use]
    pub fn run_id(&self) -> String {
        let mut digest = Digest::default();
        digest.add_part(PROGRAM);
        digest.add_part(&SCHEMA_VERSION.to_string());
        digest.add_part(&self.as_of.to_string());
        digest.add_part(self.config);
        digest.add_part(self.previous.unwrap_or(""));
        digest.add_part(self.kept);
        for input in self.inputs {
            digest.add_part(&input.table);
            digest.add_part(&input.file);
            digest.add_part(&input.sha256);
        }
        format!("{}-{}", self.as_of, &digest.hex()[..DIGITS])
    }

    /// A manifest without files: [`crate::store::Publication::finish`] adds them.
    #[must_use]
    pub fn manifest(&self, totals: BTreeMap<String, f64>) -> Manifest {
        Manifest {
            schema_version: SCHEMA_VERSION,
            run_id: self.run_id(),
            as_of: self.as_of,
            program: PROGRAM.to_owned(),
            config_sha256: sha256_hex(self.config.as_bytes()),
            previous: self.previous.map(str::to_string),
            refit: None,
            decisions: Extent::default(),
            totals,
            severe: Vec::new(),
            to_decide: Vec::new(),
            attention: Vec::new(),
            inputs: self.inputs.to_vec(),
            files: Vec::new(),
            manifest_sha256: String::new(),
        }
    }
}

/// A run that was published: its folder and manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedRun {
    /// `OUT/runs/<run_id>`.
    pub folder: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
}

impl PublishedRun {
    /// Reads `folder/manifest.json`.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a manifest, [`Error::Input`] when it cannot be read or
    /// understood, or was changed.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join("manifest.json");
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                let message = format!("no published run at {}: {e}", folder.display());
                return Err(Error::NotFound(message));
            }
            Err(e) => return Err(Error::unreadable(path)(e)),
        };
        let manifest = Manifest::read(&text).map_err(|what| Error::input(&path, what))?;
        Ok(Self { folder: folder.to_path_buf(), manifest })
    }

    /// The run that `OUT/current` names.
    ///
    /// # Errors
    /// As [`PublishedRun::open`].
    pub fn current(out: &Path) -> Result<Self> {
        match current_folder(out)? {
            Some(folder) => Self::open(&folder),
            None => Err(Error::NotFound(format!(
                "nothing is published in {} yet: `orderpoint run` does that",
                out.display()
            ))),
        }
    }

    /// Every published run below `out`, newest as-of date first; folders without a sound manifest
    /// are left out.
    ///
    /// # Errors
    /// [`Error::Input`] where the folder of runs is there and cannot be listed: unreadable is not
    /// empty.
    pub fn all(out: &Path) -> Result<Vec<Self>> {
        let mut runs: Vec<Self> =
            run_folders(out)?.iter().filter_map(|folder| Self::open(folder).ok()).collect();
        runs.sort_by(|a, b| {
            (b.manifest.as_of, &b.manifest.run_id).cmp(&(a.manifest.as_of, &a.manifest.run_id))
        });
        Ok(runs)
    }

    /// The run that one for `as_of` starts from: the nearest earlier night on the line that leads
    /// to `current`, so that a second run of the same night compares with the same yesterday and a
    /// backfill is nobody's yesterday, or else the newest earlier one. A backfill itself starts
    /// from the newest night before it, an earlier backfill too. A run of which one of the `needed`
    /// files is damaged is passed over: one bad table of last night must not stop tonight.
    ///
    /// # Errors
    /// [`Error::Input`] where runs cannot be listed.
    pub fn predecessor(out: &Path, as_of: NaiveDate, needed: &[&str]) -> Result<Predecessor> {
        let mut passed_over = Vec::new();
        let mut candidates = Vec::new();
        let mut run = Self::current(out).ok();
        while let Some(newer) = run.take_if(|r| r.manifest.as_of >= as_of) {
            run =
                newer.manifest.previous.and_then(|id| Self::open(&out.join("runs").join(id)).ok());
        }
        candidates.extend(run);
        for folder in run_folders(out)? {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            match Self::open(&folder) {
                Ok(_) => {}
                // Its name tells its morning.
                Err(error) if name.get(..10).is_some_and(|day| *day < *as_of.to_string()) => {
                    passed_over.push(PassedOver { run_id: name, why: error.to_string() });
                }
                Err(_) => {}
            }
        }
        let others = Self::all(out)?.into_iter().filter(|run| run.manifest.as_of < as_of);
        candidates.extend(others);
        if !current::supersedes(out, as_of) {
            // Stable: of two runs of one morning the one on the line to `current` stays first.
            candidates.sort_by_key(|run| Reverse(run.manifest.as_of));
        }
        let mut chosen = None;
        for run in candidates {
            let run_id = run.manifest.run_id.clone();
            if passed_over.iter().any(|passed: &PassedOver| passed.run_id == run_id) {
                continue;
            }
            let damaged = run.damaged_among(|path| needed.contains(&path));
            if damaged.is_empty() {
                chosen = Some(run);
                break;
            }
            let why = format!("damaged or missing: {}", damaged.join(", "));
            passed_over.push(PassedOver { run_id, why });
        }
        // Only what would have been taken before the chosen one is worth a word.
        if let Some(chosen) = &chosen {
            passed_over.retain(|passed| passed.run_id > chosen.manifest.run_id);
        }
        passed_over.sort_by(|a, b| a.run_id.cmp(&b.run_id));
        Ok(Predecessor { run: chosen, passed_over })
    }

    /// [`PublishedRun::predecessor`] whatever the state of its files.
    ///
    /// # Errors
    /// As there.
    pub fn before(out: &Path, as_of: NaiveDate) -> Result<Option<Self>> {
        Self::predecessor(out, as_of, &[]).map(|found| found.run)
    }

    /// When it was published, as its timings say, or else the time of its manifest; sorts as it
    /// reads.
    #[must_use]
    pub fn published_at(&self) -> String {
        let timings = std::fs::read(self.folder.join("timings.json")).unwrap_or_default();
        let timings: serde_json::Value = serde_json::from_slice(&timings).unwrap_or_default();
        if let Some(time) = timings.get(PUBLISHED_AT).and_then(|time| time.as_str()) {
            return time.to_owned();
        }
        let written = std::fs::metadata(self.folder.join("manifest.json"));
        moment(written.and_then(|there| there.modified()).unwrap_or(SystemTime::UNIX_EPOCH))
    }

    /// Whether its morning had come when it was published, give or take a day of time zones and the
    /// night before.
    #[must_use]
    pub fn is_plausible(&self) -> bool {
        let published = self.published_at();
        let day = published.get(..10).and_then(|day| day.parse::<NaiveDate>().ok());
        day.is_none_or(|day| self.manifest.as_of <= day + chrono::Duration::days(2))
    }

    /// Whether every listed file is there with its size.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.manifest.files.iter().all(|file| {
            let there = std::fs::metadata(self.folder.join(&file.path));
            there.is_ok_and(|there| there.len() == file.bytes)
        })
    }

    /// The content of one of its files as it was published.
    ///
    /// # Errors
    /// [`Error::Input`] for a file that is missing, changed since, or not listed.
    pub fn content(&self, path: &str) -> Result<Vec<u8>> {
        let full = self.folder.join(path);
        let Some(listed) = self.manifest.files.iter().find(|file| file.path == path) else {
            return Err(Error::input(&full, "the run's manifest does not list it"));
        };
        let bytes = std::fs::read(&full).map_err(Error::unreadable(&full))?;
        if sha256_hex(&bytes) == listed.sha256 {
            Ok(bytes)
        } else {
            let message = "it is not what was published: damaged or changed since; \
                           `orderpoint doctor` looks at the rest, the next run makes a new one";
            Err(Error::input(&full, message))
        }
    }

    /// Reads every file again and returns those whose digest differs.
    #[must_use]
    pub fn damaged(&self) -> Vec<String> {
        self.damaged_among(|_| true)
    }

    /// Files in its folder that it did not publish, and its timings where they cannot be read.
    ///
    /// # Errors
    /// [`Error::Input`] for a folder that cannot be listed.
    pub fn strangers(&self) -> Result<Vec<String>> {
        let mut ours: BTreeSet<&str> = BTreeSet::from(["manifest.json", "timings.json"]);
        ours.extend(self.manifest.files.iter().map(|file| file.path.as_str()));
        let mut strangers = Vec::new();
        let mut open = vec![self.folder.clone()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(&folder).map_err(Error::unreadable(&folder))? {
                let path = entry.map_err(Error::unreadable(&folder))?.path();
                if path.is_dir() {
                    open.push(path);
                    continue;
                }
                let inside = path.strip_prefix(&self.folder).unwrap_or(&path);
                let name = inside.to_string_lossy().replace('\\', "/");
                if !ours.contains(name.as_str()) {
                    strangers.push(name);
                }
            }
        }
        strangers.sort();
        Ok(strangers)
    }

    /// Whether its timings are there and say when it was published.
    #[must_use]
    pub fn has_timings(&self) -> bool {
        let text = std::fs::read(self.folder.join("timings.json")).unwrap_or_default();
        let (timings, changed) = unsealed(&text, TIMINGS_SEAL);
        // Earlier versions did not seal them.
        changed != Some(true) && timings.get(PUBLISHED_AT).is_some_and(serde_json::Value::is_string)
    }

    /// The same for some of the files; one that should be read and is not listed counts, too.
    fn damaged_among(&self, is_read: impl Fn(&str) -> bool) -> Vec<String> {
        let mut damaged = Vec::new();
        for file in self.manifest.files.iter().filter(|file| is_read(&file.path)) {
            let bytes = std::fs::read(self.folder.join(&file.path));
            if !bytes.is_ok_and(|bytes| sha256_hex(&bytes) == file.sha256) {
                damaged.push(file.path.clone());
            }
        }
        damaged
    }
}

/// The run that another starts from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Predecessor {
    /// `None` where there is none, or none that is sound.
    pub run: Option<PublishedRun>,
    /// Newer ones that could not be used.
    pub passed_over: Vec<PassedOver>,
}

/// A run that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// The run.
    pub run_id: String,
    /// What is wrong with it.
    pub why: String,
}

/// Folders below `OUT/runs`, by name.
fn run_folders(out: &Path) -> Result<Vec<PathBuf>> {
    let runs = out.join("runs");
    let entries = match std::fs::read_dir(&runs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::unreadable(runs)(error)),
    };
    let mut folders = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::unreadable(&runs))?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_of_seventeen_digits_are_no_damage_and_a_changed_digit_is() {
        // 2.3332549670000002 is read as 2.333254967, whose text is another one.
        for seconds in [2.333_254_967_000_000_2, 8.423_438_945_000_001, 0.1 + 0.2, 5e-324, 0.25] {
            let timings = serde_json::json!({
                PUBLISHED_AT: "2026-01-05T04:00:00.000000Z", "learn": seconds, "settle": 0.5});
            let text = sealed(timings, TIMINGS_SEAL).unwrap();
            assert_eq!(unsealed(&text, TIMINGS_SEAL).1, Some(false), "{seconds}");
            let other = String::from_utf8(text).unwrap().replace("0.5", "0.6");
            assert_eq!(unsealed(other.as_bytes(), TIMINGS_SEAL).1, Some(true), "{seconds}");
        }
    }
}

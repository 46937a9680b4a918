//! The runs that are published: which is current, which one a night starts from, and whether their
//! files are what was published.

use crate::domain::digest::sha256_hex;
use crate::domain::error::{Error, Result};
use crate::store::layout::{LINK, Link, link, pointed};
use crate::store::manifest::{Manifest, PUBLISHED_AT, TIMINGS_SEAL, moment, unsealed};
use chrono::NaiveDate;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

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
        let text = match fs::read(&path) {
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
            // A folder without a sound manifest did not happen: a copy that was cut short, or
            // somebody's own.
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
        // Back along what each run was compared with, to the night before this one.
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
        if !supersedes(out, as_of) {
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
        let timings = fs::read(self.folder.join("timings.json")).unwrap_or_default();
        let timings: serde_json::Value = serde_json::from_slice(&timings).unwrap_or_default();
        if let Some(time) = timings.get(PUBLISHED_AT).and_then(|time| time.as_str()) {
            return time.to_owned();
        }
        let written = fs::metadata(self.folder.join("manifest.json"));
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
            let there = fs::metadata(self.folder.join(&file.path));
            // By size alone: digests would read every file of every run, and a copy that broke off
            // shows by its sizes.
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
        let bytes = fs::read(&full).map_err(Error::unreadable(&full))?;
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
            for entry in fs::read_dir(&folder).map_err(Error::unreadable(&folder))? {
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
        let text = fs::read(self.folder.join("timings.json")).unwrap_or_default();
        let (timings, changed) = unsealed(&text, TIMINGS_SEAL);
        // Earlier versions did not seal them.
        changed != Some(true) && timings.get(PUBLISHED_AT).is_some_and(serde_json::Value::is_string)
    }

    /// The same for some of the files; one that should be read and is not listed counts, too.
    fn damaged_among(&self, is_read: impl Fn(&str) -> bool) -> Vec<String> {
        let mut damaged = Vec::new();
        for file in self.manifest.files.iter().filter(|file| is_read(&file.path)) {
            let bytes = fs::read(self.folder.join(&file.path));
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
    let entries = match fs::read_dir(&runs) {
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

/// The folder of the current run; `None` where nothing is published.
fn current_folder(out: &Path) -> Result<Option<PathBuf>> {
    let path = out.join(LINK);
    match link(out)? {
        Link::To(_) => match fs::canonicalize(&path) {
            Ok(folder) => Ok(Some(folder)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(pointed(out)),
            Err(error) => Err(Error::unreadable(path)(error)),
        },
        Link::Folder => {
            if let Some(folder) = pointed(out) {
                return Ok(Some(folder));
            }
            let id = PublishedRun::open(&path).map(|run| run.manifest.run_id);
            let original = id.ok().map(|id| out.join("runs").join(id)).filter(|run| run.is_dir());
            Ok(Some(original.unwrap_or(path)))
        }
        Link::File | Link::Missing => Ok(pointed(out)),
    }
}

/// Whether a run of `as_of` becomes current: never in place of one of a later morning.
pub(super) fn supersedes(out: &Path, as_of: NaiveDate) -> bool {
    PublishedRun::current(out).map_or(true, |run| run.manifest.as_of <= as_of)
}

//! `manifest.json`: what a published run consists of. A folder without one did not happen.

use crate::domain::digest::{Digest, sha256_hex};
use crate::domain::error::{Error, Result};
use crate::domain::inputs::Source;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Version of the output tables: raised when a column goes, changes its type or its meaning.
pub const SCHEMA_VERSION: u32 = 2;
/// Who wrote a file.
pub(crate) const PROGRAM: &str = concat!("orderpoint ", env!("CARGO_PKG_VERSION"));

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
}

impl From<&Source> for InputEntry {
    fn from(s: &Source) -> Self {
        Self {
            table: s.table.clone(),
            file: s.file.clone(),
            rows: s.rows,
            rejected: s.rejected,
            sha256: s.sha256.clone(),
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
    /// Figures that the next run's audit compares: `recommended_value`, `recommended_lines`, ...
    pub totals: BTreeMap<String, f64>,
    /// Kinds of exceptions that happened and that the configuration calls severe: such a run ends
    /// with exit code 5, however often it is asked for.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub severe: Vec<String>,
    /// What a person should read first, worst first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub attention: Vec<String>,
    /// What was read.
    pub inputs: Vec<InputEntry>,
    /// What was written, by path.
    pub files: Vec<FileEntry>,
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
    /// As-of date + digest of program version, configuration, inputs and the previous run:
    /// `2024-03-31-9f2c4b7a01de`.
    #[must_use]
    pub fn run_id(&self) -> String {
        let mut digest = Digest::default();
        digest.add_part(env!("CARGO_PKG_VERSION"));
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
            totals,
            severe: Vec::new(),
            attention: Vec::new(),
            inputs: self.inputs.to_vec(),
            files: Vec::new(),
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
    /// [`Error::NotFound`] without a manifest, [`Error::Input`] when it cannot be understood.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join("manifest.json");
        let text = std::fs::read(&path).map_err(|e| {
            Error::NotFound(format!("no published run at {}: {e}", folder.display()))
        })?;
        let manifest = serde_json::from_slice(&text)
            .map_err(|e| Error::input(&path, format!("not a manifest: {e}")))?;
        Ok(Self { folder: folder.to_path_buf(), manifest })
    }

    /// The run that `OUT/current` names.
    ///
    /// # Errors
    /// As [`PublishedRun::open`].
    pub fn current(out: &Path) -> Result<Self> {
        let folder = out.join("current");
        let folder = std::fs::canonicalize(&folder).map_err(|_| {
            Error::NotFound(format!(
                "nothing is published in {} yet: `orderpoint run` does that",
                out.display()
            ))
        })?;
        Self::open(&folder)
    }

    /// Every published run below `out`, newest as-of date first; folders without a readable
    /// manifest are left out.
    #[must_use]
    pub fn all(out: &Path) -> Vec<Self> {
        let entries = std::fs::read_dir(out.join("runs")).into_iter().flatten().flatten();
        let mut runs: Vec<Self> =
            entries.filter_map(|entry| Self::open(&entry.path()).ok()).collect();
        runs.sort_by(|a, b| {
            (b.manifest.as_of, &b.manifest.run_id).cmp(&(a.manifest.as_of, &a.manifest.run_id))
        });
        runs
    }

    /// The run that one for `as_of` starts from: the nearest earlier night on the line that leads
    /// to `current`, so that a second run of the same night compares with the same yesterday.
    #[must_use]
    pub fn before(out: &Path, as_of: NaiveDate) -> Option<Self> {
        let mut run = Self::current(out).ok();
        while let Some(newer) = run.take_if(|r| r.manifest.as_of >= as_of) {
            run =
                newer.manifest.previous.and_then(|id| Self::open(&out.join("runs").join(id)).ok());
        }
        run.or_else(|| Self::all(out).into_iter().find(|r| r.manifest.as_of < as_of))
    }

    /// Whether every listed file is there with its size.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.manifest.files.iter().all(|file| {
            let there = std::fs::metadata(self.folder.join(&file.path));
            there.is_ok_and(|there| there.len() == file.bytes)
        })
    }

    /// Reads every file again and returns those whose digest differs.
    #[must_use]
    pub fn damaged(&self) -> Vec<String> {
        let mut damaged = Vec::new();
        for file in &self.manifest.files {
            let bytes = std::fs::read(self.folder.join(&file.path));
            if !bytes.is_ok_and(|bytes| sha256_hex(&bytes) == file.sha256) {
                damaged.push(file.path.clone());
            }
        }
        damaged
    }
}

//! `manifest.json`: what a published run consists of. A folder without one did not happen.

use crate::domain::digest::{Digest, sha256_hex};
use crate::domain::error::{Error, Result};
use crate::domain::inputs::Source;
use crate::store::journal::Extent;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
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
    pub(super) fn read(text: &[u8]) -> std::result::Result<Self, String> {
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

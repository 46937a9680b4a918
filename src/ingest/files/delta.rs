//! Folders that a table format looks after: which of their parts are valid.
//!
//! Delta writes a log beside the parts: numbered JSON files of `add` and `remove` lines, replayed
//! from the first. A part that was removed stays on disk for days, so reading all parts counts rows
//! twice. Logs that need more than that (checkpoints without the files before them, deletion
//! vectors, renamed columns) are read by builds with the feature `delta` (`ingest/far`) and
//! refused by all others, as the formats of others are: by name.

use crate::domain::error::{Error, Result};
use crate::ingest::files::part::{Part, unescaped};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// What every refusal ends with.
const WAY_OUT: &str = "write the table out as Parquet files and name their folder";
/// The same for what another build reads.
const BUILD: &str = "`cargo install --path . --features delta` makes a build that reads it, or \
                     write the table out as Parquet files and name their folder";

/// The table format that looks after `folder`, if one does.
pub(crate) fn table_format(folder: &Path) -> Option<&'static str> {
    if folder.join("_delta_log").is_dir() {
        return Some("Delta");
    }
    if folder.join(".hoodie").is_dir() {
        return Some("Hudi");
    }
    for entry in std::fs::read_dir(folder.join("metadata")).ok()?.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.ends_with(".metadata.json") || name == "version-hint.text" {
            return Some("Iceberg");
        }
    }
    None
}

/// The valid parts of `folder` where a table format looks after it; `None` where none does.
///
/// # Errors
/// If the log cannot be read to its end, or asks for what we do not do.
pub(crate) fn valid_parts(folder: &Path) -> Result<Option<Vec<Part>>> {
    match table_format(folder) {
        None => Ok(None),
        Some("Delta") => replay(folder).map(Some),
        Some(other) => Err(Error::input(
            folder,
            format!("this is an {other} table, which is not read: {WAY_OUT}"),
        )),
    }
}

fn replay(folder: &Path) -> Result<Vec<Part>> {
    let log = folder.join("_delta_log");
    let mut versions = Vec::new();
    for entry in std::fs::read_dir(&log).map_err(Error::unreadable(&log))? {
        let path = entry.map_err(Error::unreadable(&log))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let number = name.strip_suffix(".json").and_then(|number| number.parse::<u64>().ok());
        versions.extend(number.map(|number| (number, path)));
    }
    versions.sort();
    let whole = versions.iter().zip(0..).all(|((number, _), expected)| *number == expected);
    if versions.is_empty() || !whole {
        return Err(Error::input(
            folder,
            format!(
                "this is a Delta table whose log starts with a checkpoint, which is not read: \
                 {BUILD}"
            ),
        ));
    }
    let mut valid = BTreeSet::new();
    for (_, path) in versions {
        let text = std::fs::read_to_string(&path).map_err(Error::unreadable(&path))?;
        // Writers part the lines by line ends, some by nothing.
        for action in serde_json::Deserializer::from_str(&text).into_iter::<Value>() {
            let action = action.map_err(|error| {
                Error::input(&path, format!("this is not a line of a Delta log: {error}"))
            })?;
            apply(&action, &mut valid).map_err(|what| {
                Error::input(folder, format!("this is a Delta table {what}: {BUILD}"))
            })?;
        }
    }
    if valid.is_empty() {
        return Err(Error::input(
            folder,
            "this is a Delta table without a valid part: its log has removed all of them",
        ));
    }
    Ok(valid
        .into_iter()
        .map(|path| Part { path: folder.join(path), root: folder.to_owned() })
        .collect())
}

fn path_of(part: &Value) -> Option<String> {
    part["path"].as_str().map(unescaped)
}

/// Adds or removes what one line of the log says.
fn apply(action: &Value, valid: &mut BTreeSet<String>) -> std::result::Result<(), String> {
    if let Some(add) = action.get("add") {
        if add.get("deletionVector").is_some_and(|vector| !vector.is_null()) {
            return Err("with deletion vectors, which are not read".to_owned());
        }
        valid.extend(path_of(add));
    }
    if let Some(removed) = action.get("remove").and_then(path_of) {
        valid.remove(&removed);
    }
    let renamed = &action["metaData"]["configuration"]["delta.columnMapping.mode"];
    if renamed.as_str().is_some_and(|mode| mode != "none") {
        return Err("whose columns are renamed (column mapping), which is not read".to_owned());
    }
    Ok(())
}

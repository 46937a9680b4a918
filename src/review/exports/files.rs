//! Where an export is written: never over an earlier one.

use crate::domain::error::{Error, Result};
use crate::review::decisions::known_extent;
use crate::review::exports::{Document, ExportFile, ExportFormat, What};
use crate::store::{EntryKind, Journal, replace};
use chrono::NaiveDate;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// Where an export goes and what is remembered of it.
#[derive(Debug, Clone, Copy)]
pub struct Keeping<'a> {
    /// The output folder.
    pub out: &'a Path,
    /// File or folder that the user names.
    pub file: Option<&'a Path>,
    /// How it is written.
    pub format: &'static dyn ExportFormat,
    /// What is written.
    pub what: What,
    /// The morning of the newest run.
    pub as_of: NaiveDate,
    /// When, for whoever asks later.
    pub time: &'a str,
}

/// Writes the files and remembers which lines are in them; their paths. If the program dies in
/// between, the same lines are exported again, with the same ids.
///
/// # Errors
/// [`Error::Config`] where a file named by the user is there already with other content;
/// [`Error::Io`].
pub fn keep(
    keeping: &Keeping<'_>,
    files: &[ExportFile],
    documents: &[Document<'_>],
) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::with_capacity(files.len());
    let is_one = matches!(files, [one] if one.part.is_empty());
    for file in files {
        let path = match keeping.file {
            Some(named) if is_one => named_file(named, &file.bytes)?,
            Some(named) => named_file(&named.join(file_name(keeping, &file.part, 1)), &file.bytes)?,
            None => free_file(keeping, file),
        };
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or("export");
        replace(folder.unwrap_or(Path::new(".")), name, &[&file.bytes])?;
        paths.push(path);
    }
    remember(keeping, &paths, documents)?;
    Ok(paths)
}

/// A file that the user names: not one that says something else already.
fn named_file(path: &Path, bytes: &[u8]) -> Result<PathBuf> {
    let there = fs::read(path).ok();
    if there.as_deref().is_none_or(|there| there == bytes) && !path.is_dir() {
        return Ok(path.to_path_buf());
    }
    Err(Error::Config(vec![format!(
        "--file {}: is there already, and may not have been imported yet; name another file, or \
         move that one away",
        path.display()
    )]))
}

/// `OUT/exports/orders-odoo-2026-03-02.csv`, with a number where that is taken.
fn free_file(keeping: &Keeping<'_>, file: &ExportFile) -> PathBuf {
    let folder = keeping.out.join("exports");
    let mut number = 1;
    loop {
        let path = folder.join(file_name(keeping, &file.part, number));
        // The same file written again is the same file.
        match fs::read(&path) {
            Ok(there) if there != file.bytes => number += 1,
            Ok(_) | Err(_) => return path,
        }
    }
}

fn file_name(keeping: &Keeping<'_>, part: &str, number: u32) -> String {
    let Keeping { what, format, as_of, .. } = keeping;
    let mut name = format!("{}-{}-{as_of}", what.name(), format.name());
    if !part.is_empty() {
        name = format!("{name}-{part}");
    }
    if number > 1 {
        name = format!("{name}-{number}");
    }
    format!("{name}.{}", format.extension())
}

/// Notes which lines are where. One file an export, named for its content.
fn remember(keeping: &Keeping<'_>, paths: &[PathBuf], documents: &[Document<'_>]) -> Result<()> {
    let lines: Vec<&str> = documents
        .iter()
        .flat_map(|document| &document.lines)
        .map(|decision| decision.recommendation_id.as_str())
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    let written: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let head = format!("# {} {} {}", keeping.time, keeping.format.name(), written.join(" "));
    let text = format!("{head}\n{}\n", lines.join("\n"));
    let mut journal = Journal::open_to_append(keeping.out, known_extent(keeping.out))?;
    journal.append(EntryKind::Exported, "", keeping.time, text.as_bytes())
}

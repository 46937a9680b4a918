//! Files of a table: where they are, what they are, and their digest.

use crate::domain::digest::Digest;
use crate::domain::error::{Error, Result, nearest};
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::ingest::settings::TableMapping;
use crate::ingest::tables::schema::{self, Schema};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Separated text.
    Text,
    /// Separated text, gzipped.
    Gzip,
    /// Parquet.
    Parquet,
}

/// One file of a table.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its path relative to the data folder.
    pub(crate) name: String,
    /// How it is written, by its first bytes.
    pub(crate) format: Format,
}

impl File {
    /// Lower-case hex digest of its bytes.
    pub(crate) fn sha256(&self) -> Result<String> {
        let mut file = fs::File::open(&self.path).map_err(Error::unreadable(&self.path))?;
        let mut digest = Digest::default();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let n = file.read(&mut buffer).map_err(Error::unreadable(&self.path))?;
            if n == 0 {
                return Ok(digest.hex());
            }
            digest.add(&buffer[..n]);
        }
    }
}

const EXTENSIONS: [&str; 3] = [".csv", ".csv.gz", ".parquet"];

/// The files of `schema`'s table under `data`, in name order; empty when the table is not there.
///
/// # Errors
/// If the configured file is missing, the table is there twice, or a file is not what its name
/// says.
pub(crate) fn files(data: &Path, schema: &Schema, mapping: &TableMapping) -> Result<Vec<File>> {
    let paths = match &mapping.file {
        Some(pattern) => configured(data, schema, pattern)?,
        None => by_name(data, schema)?,
    };
    paths.into_iter().map(|path| open(data, path)).collect()
}

fn configured(data: &Path, schema: &Schema, pattern: &str) -> Result<Vec<PathBuf>> {
    let path = data.join(pattern);
    if path.is_file() {
        return Ok(vec![path]);
    }
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let found = match name.split_once('*') {
        Some((start, end)) => {
            let folder = path.parent().unwrap_or(data);
            let fits = |n: &str| {
                n.len() >= start.len() + end.len() && n.starts_with(start) && n.ends_with(end)
            };
            entries(folder)?
                .into_iter()
                .filter(|p| p.file_name().is_some_and(|n| fits(&n.to_string_lossy())))
                .collect()
        }
        None if path.is_dir() => parts(&path)?,
        None => Vec::new(),
    };
    if found.is_empty() {
        let message = format!("[mapping.{}] file = \"{pattern}\" finds no file", schema.table);
        return Err(Error::input(path, message));
    }
    Ok(found)
}

fn by_name(data: &Path, schema: &Schema) -> Result<Vec<PathBuf>> {
    let names = EXTENSIONS.iter().map(|e| format!("{}{e}", schema.table));
    let mut found: Vec<PathBuf> = names.map(|n| data.join(n)).filter(|p| p.is_file()).collect();
    let folder = data.join(schema.table);
    if folder.is_dir() {
        found.push(folder);
    }
    match found.as_slice() {
        [first, second, ..] => {
            let other = second.file_name().unwrap_or_default().to_string_lossy();
            Err(Error::input(
                first,
                format!("table {} is there twice, also as {other}: keep one", schema.table),
            ))
        }
        [folder] if folder.is_dir() => parts(folder),
        _ => Ok(found),
    }
}

/// Data files of a folder of parts; names that start with `.` or `_` are not data.
fn parts(folder: &Path) -> Result<Vec<PathBuf>> {
    let is_data = |p: &PathBuf| {
        let name = p.file_name().unwrap_or_default().to_string_lossy();
        !name.starts_with(['.', '_'])
            && (EXTENSIONS.iter().any(|e| name.ends_with(e)) || name.ends_with(".txt"))
    };
    let found: Vec<PathBuf> = entries(folder)?.into_iter().filter(is_data).collect();
    if found.is_empty() {
        return Err(Error::input(
            folder,
            format!("no part in this folder ends with {}", EXTENSIONS.join(", ")),
        ));
    }
    Ok(found)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::unreadable(folder))? {
        let path = entry.map_err(Error::unreadable(folder))?.path();
        if path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn open(data: &Path, path: PathBuf) -> Result<File> {
    let mut head = Vec::new();
    fs::File::open(&path)
        .and_then(|file| file.take(8).read_to_end(&mut head))
        .map_err(Error::unreadable(&path))?;
    if head.is_empty() {
        return Err(Error::input(path, "the file is empty; expected at least a header line"));
    }
    let format = format(&path, &head)?;
    let name = path.strip_prefix(data).unwrap_or(&path).to_string_lossy().replace('\\', "/");
    Ok(File { path, name, format })
}

/// What the first bytes say, which must be what the name says.
fn format(path: &Path, head: &[u8]) -> Result<Format> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let is = |magic: &[u8]| head.starts_with(magic);
    let (found, word) = if is(b"PAR1") {
        (Some(Format::Parquet), "Parquet")
    } else if is(&[0x1f, 0x8b]) {
        (Some(Format::Gzip), "gzip")
    } else if is(b"PK\x03\x04") {
        (None, "a zip archive or an Excel workbook")
    } else if is(&[0xff, 0xfe]) || is(&[0xfe, 0xff]) {
        (None, "UTF-16 text")
    } else if head.contains(&0) {
        (None, "binary data")
    } else {
        (Some(Format::Text), "text")
    };
    let named = if name.ends_with(".parquet") {
        (Format::Parquet, "a Parquet file")
    } else if name.ends_with(".gz") {
        (Format::Gzip, "a gzipped CSV file")
    } else {
        (Format::Text, "a CSV file")
    };
    if found == Some(named.0) {
        return Ok(named.0);
    }
    Err(Error::input(path, format!("expected {}, but its first bytes are {word}", named.1)))
}

/// Files directly under `data` that no table claims, most likely misnamed.
pub(crate) fn strangers(data: &Path, used: &[String]) -> Result<Vec<Exception>> {
    let mut exceptions = Vec::new();
    for path in entries(data)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(stem) = EXTENSIONS.iter().find_map(|e| name.strip_suffix(e)) else { continue };
        if !used.contains(&name) {
            let near = nearest(stem, schema::names().into_iter());
            let what = near.map_or("no table has this name".to_owned(), |n| {
                format!("no table has this name; the nearest is `{n}`")
            });
            let why = "rename it, or name it under [mapping.TABLE] file";
            let (kind, about) = (ExceptionKind::UnknownFile, Subject::File(name));
            exceptions.push(Exception::new(Severity::Info, kind, about, what, why));
        }
    }
    Ok(exceptions)
}

//! Sources that do not lie in the data folder: objects in a store, files behind HTTP, the answer
//! of a database, tables that Delta looks after.
//!
//! Each is fetched into files of a work folder before anything is read; from there on they are
//! read as every file is, under the address that they have. Each kind is a feature of the build;
//! without it the configuration is refused with what would build it. Credentials come from the
//! environment alone. Only `ingest` calls this room.

pub(crate) mod address;
#[cfg(feature = "adbc")]
mod database;
#[cfg(feature = "delta")]
mod delta;
mod fetch;
#[cfg(feature = "object-stores")]
mod objects;
mod work;

use crate::domain::digest::sha256_hex;
use crate::domain::error::{Error, Result};
use crate::ingest::far::address::is_address;
use crate::ingest::far::fetch::{Fetch, Wanted};
use crate::ingest::far::work::Work;
use crate::ingest::files::delta as delta_log;
use crate::ingest::settings::{Settings, TableMapping};
use crate::ingest::tables::schema;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

pub use crate::ingest::files::fetched::FarFile;

/// Settings whose far sources were fetched; the files stay as long as this does.
#[derive(Debug)]
pub struct Brought {
    /// What to load with.
    pub settings: Settings,
    /// Held as long as somebody else might sweep the files away.
    _work: Option<Work>,
}

/// Beside the files of a night that several processes share: what was fetched.
const BROUGHT: &str = "brought.json";

/// What was fetched of one source.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct OfSource {
    table: String,
    at: usize,
    /// Digest of the address or of the question that it answers: see [`asked`].
    asked: String,
    files: Vec<FarFile>,
}

/// How many processes read what is fetched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Readers {
    /// This one: it looks at every source anew.
    #[default]
    One,
    /// Those that begin a night over buckets, whose folder `work` is: what has a version far away
    /// is asked for it, and fetched where it is another; a table that answers otherwise each time
    /// is fetched by the first of them, as it would be another for each bucket.
    First {
        /// Whether what lies in the folder was read already, so that this is another night: one
        /// that broke off has left what it brought.
        again: bool,
    },
    /// Those that go on with that night: they read what the first ones brought.
    Later,
}

impl Readers {
    /// Whether what was brought for this very address is read without asking.
    fn keep(self, files: &[FarFile]) -> bool {
        match self {
            Self::One => false,
            Self::First { again } => !again && files.iter().any(|f| f.origin.version.is_none()),
            Self::Later => true,
        }
    }
}

/// Where the processes of a night note what was brought.
pub(crate) fn note_of(work: &Path) -> PathBuf {
    work.join(BROUGHT)
}

/// What earlier processes with this folder have brought, where nothing of it is lost.
fn brought_before(work: &Path) -> Vec<OfSource> {
    let text = std::fs::read_to_string(note_of(work)).unwrap_or_default();
    let mut sources: Vec<OfSource> = serde_json::from_str(&text).unwrap_or_default();
    sources.retain(|source| source.files.iter().all(|file| file.path.is_file()));
    sources
}

/// What tells a source from every other: another address, question or folder is another source.
fn asked(mapping: &TableMapping, data: &Path) -> String {
    let TableMapping { file, query, connection, driver, .. } = mapping;
    sha256_hex(format!("{file:?}\n{query:?}\n{connection:?}\n{driver:?}\n{data:?}").as_bytes())
}

/// Ends the night of several processes: the next one in the same folder fetches anew.
///
/// # Errors
/// [`Error::Io`] where the folder cannot be written.
pub fn forget(work: &Path) -> Result<()> {
    let path = note_of(work);
    if path.exists() { std::fs::remove_file(&path).map_err(Error::io(&path)) } else { Ok(()) }
}

/// `error` with the address of a file in the place of where it lies in the work folder.
pub(crate) fn named(settings: &Settings, error: Error) -> Error {
    let Error::Input { path, .. } = &error else { return error };
    let mut files =
        settings.mapping.values().flatten().filter_map(|s| s.fetched.as_ref()).flatten();
    let address = files.find(|file| file.path == *path).map(|file| file.address.clone());
    match address {
        Some(address) => error.at(address),
        None => error,
    }
}

/// Fetches the far sources of `settings` into `work`; `None` where there are none, or where they
/// were fetched before.
///
/// # Errors
/// [`Error::Config`] and [`Error::Input`] for what cannot be fetched; [`Error::Io`] for a work
/// folder that cannot be written.
pub fn bring(
    settings: &Settings,
    data: &Path,
    work: &Path,
    readers: Readers,
) -> Result<Option<Brought>> {
    let mut found: Vec<(&str, usize, Box<dyn Fetch>)> = Vec::new();
    for table in schema::names() {
        for (at, mapping) in settings.sources(table).iter().enumerate() {
            if mapping.fetched.is_none()
                && let Some(kind) = kind_of(table, mapping, data)
            {
                found.push((table, at, kind));
            }
        }
    }
    if found.is_empty() {
        return Ok(None);
    }
    let place = work;
    let work = Work::open(place)?;
    let mut settings = settings.clone();
    let before = if readers == Readers::One { Vec::new() } else { brought_before(place) };
    let mut brought = Vec::with_capacity(found.len());
    for (table, at, kind) in found {
        let sources = settings.sources(table);
        let asked = asked(&sources[at], data);
        let mut known = before.iter().filter(|s| s.asked == asked && s.table == table);
        if let Some(source) = known.find(|source| source.at == at && readers.keep(&source.files)) {
            brought.push(source.clone());
            continue;
        }
        let wanted = Wanted { table, nth: at + 1, mapping: &sources[at], data };
        let files = kind.fetch(&wanted, &work)?;
        brought.push(OfSource { table: table.to_owned(), at, asked, files });
    }
    match readers {
        Readers::One => work.sweep()?,
        Readers::First { .. } | Readers::Later => note(&brought, &note_of(place))?,
    }
    for source in brought {
        take(&mut settings, source);
    }
    // Nobody sweeps a night's folder: the other processes need not wait until this one has read.
    let work = (readers == Readers::One).then_some(work);
    Ok(Some(Brought { settings, _work: work }))
}

/// Notes what was brought for the other processes; where it says the same, its age stays, which
/// tells what has been read since.
fn note(brought: &[OfSource], path: &Path) -> Result<()> {
    let text =
        serde_json::to_string(brought).map_err(|error| Error::Internal(error.to_string()))?;
    if std::fs::read_to_string(path).is_ok_and(|before| before == text) {
        return Ok(());
    }
    std::fs::write(path, text).map_err(Error::io(path))
}

/// Lets the source of a table be read from what was fetched of it.
fn take(settings: &mut Settings, source: OfSource) {
    let OfSource { table, at, asked: _, files } = source;
    let mut sources = settings.sources(&table);
    if let Some(mapping) = sources.get_mut(at) {
        mapping.fetched = Some(files);
    }
    settings.mapping.insert(table, sources);
}

/// How a source is fetched; `None` where it lies in the data folder.
fn kind_of(table: &str, mapping: &TableMapping, data: &Path) -> Option<Box<dyn Fetch>> {
    if mapping.query.is_some() {
        return database();
    }
    if mapping.file.as_deref().is_some_and(is_address) {
        return objects();
    }
    let folder = data.join(mapping.file.as_deref().unwrap_or(table));
    // What its log says is replayed by ourselves where that is enough.
    let needs_more = delta_log::table_format(&folder) == Some("Delta")
        && delta_log::valid_parts(&folder).is_err();
    if needs_more { near_delta() } else { None }
}

// A kind that is not built in never gets here: the configuration is refused before.

fn database() -> Option<Box<dyn Fetch>> {
    #[cfg(feature = "adbc")]
    return Some(Box::new(database::Database));
    #[cfg(not(feature = "adbc"))]
    None
}

fn objects() -> Option<Box<dyn Fetch>> {
    #[cfg(feature = "object-stores")]
    return Some(Box::new(objects::Objects));
    #[cfg(not(feature = "object-stores"))]
    None
}

fn near_delta() -> Option<Box<dyn Fetch>> {
    #[cfg(feature = "delta")]
    return Some(Box::new(delta::NearTable));
    #[cfg(not(feature = "delta"))]
    None
}

#[cfg(test)]
mod tests;

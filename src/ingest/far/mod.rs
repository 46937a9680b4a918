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

use crate::domain::error::{Error, Result};
use crate::ingest::far::address::is_address;
use crate::ingest::far::fetch::{Fetch, Wanted};
use crate::ingest::far::work::Work;
use crate::ingest::files::delta as delta_log;
use crate::ingest::settings::{Settings, TableMapping};
use crate::ingest::tables::schema;
use serde::{Deserialize, Serialize};
use std::path::Path;

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
#[derive(Debug, Serialize, Deserialize)]
struct OfSource {
    table: String,
    at: usize,
    files: Vec<FarFile>,
}

/// How many processes read what is fetched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Readers {
    /// This one: it looks at every source anew.
    #[default]
    One,
    /// Those of a night over buckets, whose folder `work` is: the first one fetches, and all read
    /// what it brought. A table that changes meanwhile would be another for each bucket.
    Many,
}

/// What an earlier process of this night has brought, where nothing of it is lost.
fn brought_before(work: &Path) -> Option<Vec<OfSource>> {
    let text = std::fs::read_to_string(work.join(BROUGHT)).ok()?;
    let sources: Vec<OfSource> = serde_json::from_str(&text).ok()?;
    let mut files = sources.iter().flat_map(|source| &source.files);
    files.all(|file| file.path.is_file()).then_some(sources)
}

/// Ends the night of several processes: the next one in the same folder fetches anew.
///
/// # Errors
/// [`Error::Io`] where the folder cannot be written.
pub fn forget(work: &Path) -> Result<()> {
    let path = work.join(BROUGHT);
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
    if readers == Readers::Many
        && let Some(before) = brought_before(place)
    {
        for source in before {
            take(&mut settings, source);
        }
        return Ok(Some(Brought { settings, _work: None }));
    }
    let mut brought = Vec::with_capacity(found.len());
    for (table, at, kind) in found {
        let sources = settings.sources(table);
        let wanted = Wanted { table, nth: at + 1, mapping: &sources[at], data };
        let files = kind.fetch(&wanted, &work)?;
        brought.push(OfSource { table: table.to_owned(), at, files });
    }
    match readers {
        Readers::One => work.sweep()?,
        Readers::Many => {
            let text = serde_json::to_string(&brought)
                .map_err(|error| Error::Internal(error.to_string()))?;
            let path = place.join(BROUGHT);
            std::fs::write(&path, text).map_err(Error::io(&path))?;
        }
    }
    for source in brought {
        take(&mut settings, source);
    }
    // Nobody sweeps a night's folder: the other processes need not wait until this one has read.
    let work = (readers == Readers::One).then_some(work);
    Ok(Some(Brought { settings, _work: work }))
}

/// Lets the source of a table be read from what was fetched of it.
fn take(settings: &mut Settings, source: OfSource) {
    let OfSource { table, at, files } = source;
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

//! How does a run become files that others can rely on?
//!
//! A [`Publication`] stages every file beside its destination, the [`audit`] looks at the results as a stranger would, and
//! [`Publication::finish`] makes the run current in one step. Tables are Parquet with explicit schemas ([`schema`]), drafts
//! for people and sync tools are CSV and a spreadsheet.

pub mod atomic;
pub mod disk;
pub mod lock;
pub mod manifest;
pub mod models;
mod sync;

pub use crate::store::atomic::{Begin, Publication, StagedFile, prune};
pub use crate::store::lock::OutputLock;
pub use crate::store::manifest::{
    FileEntry, Identity, InputEntry, Manifest, PublishedRun, RefitEntry, sha256_hex,
};

use crate::domain::error::Result;

/// Version of the output tables: raised when a column goes, changes its type or its meaning.
pub const SCHEMA_VERSION: u32 = 1;
/// Who wrote a file.
pub(crate) const PROGRAM: &str = concat!("orderpoint ", env!("CARGO_PKG_VERSION"));

/// Adds a file to a run, from any thread: path, rows of data in it, bytes.
pub type Add<'a> = dyn Fn(&str, Option<u64>, &[u8]) -> Result<()> + Sync + 'a;

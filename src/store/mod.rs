//! How a run becomes files that others can rely on, whole or not at all: staging, the lock,
//! `current`, manifests, and the states that models keep from night to night.
//!
//! `run`, `review` and `cli` publish and look up, `tables` writes through it; it knows nothing of
//! tables, pages or stages.

mod atomic;
mod current;
pub mod disk;
mod journal;
mod layout;
mod lock;
mod manifest;
pub mod models;
mod published;
mod replace;
mod sync;

pub use crate::store::atomic::{Begin, Publication, StagedFile, prune, recover, set_aside};
pub use crate::store::current::look as look_at_current;
pub use crate::store::journal::{Entry, EntryKind, Extent, Findings, Journal, Record};
pub use crate::store::lock::{OutputLock, now};
pub use crate::store::manifest::{
    FileEntry, Identity, InputEntry, Manifest, RefitEntry, SCHEMA_VERSION, VERSION,
};
pub(crate) use crate::store::manifest::{PROGRAM, sealed, unsealed};
pub use crate::store::published::{PassedOver, Predecessor, PublishedRun};
pub(crate) use crate::store::replace::{add_numbered, replace};

use crate::domain::error::Result;

/// Adds a file to a run, from any thread: path, rows of data in it, bytes.
pub type Add<'a> = dyn Fn(&str, Option<u64>, &[u8]) -> Result<()> + Sync + 'a;

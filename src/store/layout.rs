//! What lies where in the output folder, and which run the link `OUT/current` and the text
//! `OUT/current.json` name.
//!
//! The link counts where it is one. A backup or a share without links may have made a folder or a
//! file of it, or left it out: then the text counts, and whoever holds the lock mends the link.

use crate::domain::error::{Error, Result};
use crate::store::manifest::Manifest;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Begins the name of a folder in which a run is being written, or from which one is removed.
pub(super) const STAGING: &str = ".staging-";
pub(super) const LINK: &str = "current";
pub(super) const POINTER: &str = "current.json";
/// What a process that died may have left of either.
pub(super) const NEXT: [&str; 2] = [".current-next", ".current.json-next"];

/// The contents of `current.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pointer {
    run_id: String,
    as_of: NaiveDate,
    /// Below the output folder.
    folder: String,
}

impl Pointer {
    pub(super) fn to(manifest: &Manifest) -> Self {
        Self {
            run_id: manifest.run_id.clone(),
            as_of: manifest.as_of,
            folder: format!("runs/{}", manifest.run_id),
        }
    }

    pub(super) fn read(out: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(out.join(POINTER)).ok()?).ok()
    }
}

/// What `OUT/current` is.
pub(super) enum Link {
    /// As it should be; the folder it names may be gone.
    To(PathBuf),
    /// A folder: a copy of a run, or somebody's own.
    Folder,
    /// A file, as tools without links write one: the text is the target.
    File,
    Missing,
}

/// What stands where the link belongs.
///
/// # Errors
/// [`Error::Input`] where it cannot be read.
pub(super) fn link(out: &Path) -> Result<Link> {
    let path = out.join(LINK);
    let kind = match fs::symlink_metadata(&path) {
        Ok(there) => there.file_type(),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Link::Missing);
        }
        Err(error) => return Err(Error::unreadable(path)(error)),
    };
    Ok(if kind.is_symlink() {
        Link::To(fs::read_link(&path).map_err(Error::unreadable(path))?)
    } else if kind.is_dir() {
        Link::Folder
    } else {
        Link::File
    })
}

/// The folder that the text beside the link names, where it is there.
pub(super) fn pointed(out: &Path) -> Option<PathBuf> {
    let pointer = Pointer::read(out)?;
    // Only ever a run of this folder, whatever the text says.
    let name = Path::new(&pointer.run_id).file_name()?;
    let folder = out.join("runs").join(name);
    folder.is_dir().then_some(folder)
}

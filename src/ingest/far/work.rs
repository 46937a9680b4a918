//! The folder that far sources are fetched into.
//!
//! A file lies in a folder named for its address and version: a download that broke off is taken up
//! where it ended, by this run or by the next one, and what has not changed since the last night is
//! there already. Whatever the last load did not use is swept away by the next. One load at a time:
//! the lock is held as long as the files are read.

#![cfg_attr(
    not(any(feature = "object-stores", test)),
    expect(dead_code, reason = "what has a version far away is kept from night to night")
)]

use crate::domain::digest::{Digest, sha256_hex};
use crate::domain::error::{Error, Result};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Beside a file that is whole: its digest.
const SEAL: &str = "sha256";
/// Behind the name of a file that is not whole yet.
const PART: &str = "part";
const LOCK: &str = "lock";

/// The work folder, locked.
#[derive(Debug)]
pub(crate) struct Work {
    folder: PathBuf,
    /// Folders that this load has asked for.
    used: Mutex<BTreeSet<String>>,
    _lock: File,
}

/// Where one file is fetched to.
#[derive(Debug)]
pub(crate) struct Place {
    /// Its path when it is whole.
    pub(crate) path: PathBuf,
    /// Its path while it grows.
    pub(crate) part: PathBuf,
    seal: PathBuf,
}

impl Work {
    /// The folder, made where it is not there; waits for whoever else uses it.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::io(folder))?;
        let path = folder.join(LOCK);
        let lock = File::create(&path).map_err(Error::io(&path))?;
        lock.lock().map_err(Error::io(&path))?;
        Ok(Self { folder: folder.to_owned(), used: Mutex::default(), _lock: lock })
    }

    /// The place of the file called `name` at `address`, in the version that it has there.
    pub(crate) fn place(&self, address: &str, version: &str, name: &str) -> Result<Place> {
        // 64 bits: a handful of files meet by chance once in as many nights as nobody sees.
        let folder = sha256_hex(format!("{address}\n{version}").as_bytes())[..16].to_owned();
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.clone());
        let folder = self.folder.join(folder);
        fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        let path = folder.join(name);
        Ok(Place {
            part: folder.join(format!("{name}.{PART}")),
            seal: folder.join(format!("{name}.{SEAL}")),
            path,
        })
    }

    /// Removes what this load has not asked for.
    pub(crate) fn sweep(&self) -> Result<()> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in fs::read_dir(&self.folder).map_err(Error::io(&self.folder))?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name != LOCK && !used.contains(&name) {
                fs::remove_dir_all(entry.path()).map_err(Error::io(entry.path()))?;
            }
        }
        Ok(())
    }
}

impl Place {
    /// Whether the file is there from an earlier night, byte for byte.
    pub(crate) fn is_whole(&self) -> bool {
        let seal = fs::read_to_string(&self.seal).unwrap_or_default();
        !seal.is_empty() && sha256_of(&self.path).is_ok_and(|digest| digest == seal)
    }

    /// Says that the part is the whole file.
    pub(crate) fn finish(&self) -> Result<()> {
        let digest = sha256_of(&self.part)?;
        fs::rename(&self.part, &self.path).map_err(Error::io(&self.path))?;
        fs::write(&self.seal, digest).map_err(Error::io(&self.seal))
    }
}

fn sha256_of(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(Error::io(path))?;
    let mut digest = Digest::default();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer).map_err(Error::io(path))?;
        if read == 0 {
            return Ok(digest.hex());
        }
        digest.add(&buffer[..read]);
    }
}

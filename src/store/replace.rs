//! A file that is there whole or not at all.

use crate::domain::error::{Error, Result};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Writes `parts`, one after the other, to `folder/name` in one step: a reader finds the old file
/// or the new one, and after a crash one of the two. The folder is created.
///
/// # Errors
/// [`Error::Io`]; the old file, if any, is as it was.
pub(crate) fn replace(folder: &Path, name: &str, parts: &[&[u8]]) -> Result<()> {
    fs::create_dir_all(folder).map_err(Error::io(folder))?;
    let next = folder.join(format!(".{name}.next"));
    write(&next, parts).map_err(Error::io(&next))?;
    let path = folder.join(name);
    fs::rename(&next, &path).map_err(Error::io(&path))?;
    // The name, too, must be on the device before anybody relies on it.
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::io(folder))
}

fn write(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut file = File::create(path)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()
}

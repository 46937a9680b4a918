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
    let path = folder.join(name);
    let written = write(&next, parts).map_err(Error::io(&next));
    let done = written.and_then(|()| fs::rename(&next, &path).map_err(Error::io(&path)));
    if done.is_err() {
        // On a full disk half a file would keep what little room there is.
        let _ = fs::remove_file(&next);
    }
    done?;
    // The name, too, must be on the device before anybody relies on it.
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::io(folder))
}

/// Writes `bytes` to the first of `folder/stem-1.ending`, `stem-2.ending`, … that is not there yet
/// and returns its name; never over a file. The folder is created.
///
/// # Errors
/// [`Error::Io`].
pub(crate) fn add_numbered(
    folder: &Path,
    stem: &str,
    ending: &str,
    bytes: &[u8],
) -> Result<String> {
    fs::create_dir_all(folder).map_err(Error::io(folder))?;
    for number in 1u64.. {
        let name = format!("{stem}-{number}.{ending}");
        let path = folder.join(&name);
        match File::options().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                let written = file.write_all(bytes).and_then(|()| file.sync_all());
                if written.is_err() {
                    let _ = fs::remove_file(&path);
                }
                return written.map(|()| name).map_err(Error::io(&path));
            }
            Err(taken) if taken.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::io(&path)(error)),
        }
    }
    Err(Error::Internal(format!("{}: no number is left", folder.display())))
}

fn write(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut file = File::create(path)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()
}

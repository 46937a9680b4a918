//! The lock that lets one run at a time write below an output folder.
//!
//! It is held by an open descriptor, so the kernel releases it when the process ends, however it ends. The file's text only
//! tells a second run who holds it.

use crate::error::{Error, Result};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

/// The right to write below one output folder, given back when dropped.
#[derive(Debug)]
pub struct OutputLock {
    file: File,
    out: PathBuf,
    started: String,
}

impl OutputLock {
    /// Takes the lock of `out`, creating the folder. `started` is told to whoever comes second.
    ///
    /// # Errors
    /// [`Error::Locked`] with the holder's id and start time, or [`Error::Io`].
    pub fn acquire(out: &Path, started: &str) -> Result<Self> {
        std::fs::create_dir_all(out).map_err(Error::io(out))?;
        let path = out.join(".lock");
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(Error::io(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // The text is a courtesy: an unreadable one does not change the answer.
                let _ = file.read_to_string(&mut holder);
                let holder = if holder.trim().is_empty() { "a run that is just starting" } else { holder.trim() };
                return Err(Error::Locked { path: out.to_path_buf(), holder: holder.to_string() });
            }
            Err(TryLockError::Error(source)) => return Err(Error::Io { path, source }),
        }
        let mut lock = Self { file, out: out.to_path_buf(), started: started.to_string() };
        lock.announce("not known yet")?;
        Ok(lock)
    }

    /// Writes the holder's id into the lock file.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn announce(&mut self, run_id: &str) -> Result<()> {
        let text = format!("run {run_id}, process {}, started {}\n", std::process::id(), self.started);
        let path = self.out.join(".lock");
        self.file.set_len(0).and_then(|()| self.file.rewind()).map_err(Error::io(&path))?;
        self.file.write_all(text.as_bytes()).map_err(Error::io(&path))
    }

    /// The output folder.
    #[must_use]
    pub fn out(&self) -> &Path {
        &self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_told_who_came_first_and_the_lock_ends_with_its_descriptor() {
        let out = tempfile::tempdir().unwrap();
        let mut first = OutputLock::acquire(out.path(), "2024-04-01T02:00:00Z").unwrap();
        first.announce("2024-04-01-abc").unwrap();
        let error = OutputLock::acquire(out.path(), "later").unwrap_err();
        assert_eq!(error.exit_code(), 4);
        assert!(error.to_string().contains("run 2024-04-01-abc"), "{error}");
        assert!(error.to_string().contains("started 2024-04-01T02:00:00Z"), "{error}");
        drop(first);
        OutputLock::acquire(out.path(), "later").unwrap();
    }
}

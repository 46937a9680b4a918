//! The lock that lets one run at a time write below an output folder.
//!
//! It is held by an open descriptor, so the kernel releases it when the process ends, however it
//! ends. The file's text only tells a second run who holds it.

use crate::domain::error::{Error, Result};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(Error::io(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Locked { path: out.to_path_buf(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(Error::Io { path, source }),
        }
        let mut lock = Self { file, out: out.to_path_buf(), started: started.to_string() };
        lock.announce("not known yet");
        Ok(lock)
    }

    /// The same to look only, which a folder that nobody can write to (a backup, a share) allows.
    ///
    /// # Errors
    /// As [`OutputLock::acquire`].
    pub fn acquire_to_look(out: &Path, started: &str) -> Result<Self> {
        let refused = match Self::acquire(out, started) {
            Err(Error::Io { path, source })
                if matches!(
                    source.kind(),
                    ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied
                ) =>
            {
                Error::Io { path, source }
            }
            other => return other,
        };
        // Where no run has ever been, the folder itself is held.
        let Ok(mut file) = File::open(out.join(".lock")).or_else(|_| File::open(out)) else {
            return Err(refused);
        };
        match file.try_lock() {
            Ok(()) => Ok(Self { file, out: out.to_path_buf(), started: started.to_string() }),
            Err(TryLockError::WouldBlock) => {
                Err(Error::Locked { path: out.to_path_buf(), holder: holder(&mut file) })
            }
            Err(TryLockError::Error(_)) => Err(refused),
        }
    }

    /// Writes the holder's id into the lock file: a courtesy, which a full disk may refuse.
    pub fn announce(&mut self, run_id: &str) {
        let text =
            format!("run {run_id}, process {}, started {}\n", std::process::id(), self.started);
        // Written over, then cut to length: whoever reads meanwhile finds a holder.
        let written = self.file.rewind().and_then(|()| self.file.write_all(text.as_bytes()));
        let _ = written.and_then(|()| self.file.set_len(text.len() as u64));
    }

    /// The output folder.
    #[must_use]
    pub fn out(&self) -> &Path {
        &self.out
    }
}

impl Drop for OutputLock {
    fn drop(&mut self) {
        // A courtesy to the next holder's rival, who would be told of this one.
        let _ = self.file.set_len(0);
    }
}

/// What the holder wrote. It does so right after taking the lock, which may be this very moment; an
/// unreadable text does not change the answer.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    for _ in 0..50 {
        if file.rewind().and_then(|()| file.read_to_string(&mut text)).is_ok()
            && !text.trim().is_empty()
        {
            return text.lines().next().unwrap_or_default().trim().to_string();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    "a run that is just starting".to_string()
}

/// This moment by the clock of the machine, UTC: for whoever finds the lock held, and for the log
/// of decisions; never part of a result.
#[must_use]
pub fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let time = i64::try_from(seconds).ok().and_then(|s| chrono::DateTime::from_timestamp(s, 0));
    time.map_or_else(String::new, |t| t.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_told_who_came_first_and_the_lock_ends_with_its_descriptor() {
        let out = tempfile::tempdir().unwrap();
        let mut first = OutputLock::acquire(out.path(), "2024-04-01T02:00:00Z").unwrap();
        first.announce("2024-04-01-abc");
        let error = OutputLock::acquire(out.path(), "later").unwrap_err();
        assert_eq!(error.exit_code(), 4);
        assert!(error.to_string().contains("run 2024-04-01-abc"), "{error}");
        assert!(error.to_string().contains("started 2024-04-01T02:00:00Z"), "{error}");
        drop(first);
        OutputLock::acquire(out.path(), "later").unwrap();
    }
}

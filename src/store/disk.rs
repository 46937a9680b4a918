//! The file operations that publishing is made of: thin enough that a test can fail each of them in
//! turn.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// A file being written.
pub trait DiskFile: Write + Send {
    /// Forces the bytes to the device.
    ///
    /// # Errors
    /// What the operating system says.
    fn sync(&mut self) -> io::Result<()>;
}

/// Every change that publishing makes to the file system. [`OsDisk`] is the real one, tests inject
/// faults.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Creates a new file, which must not exist.
    ///
    /// # Errors
    /// What the operating system says; so in all operations.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Creates a folder; one that exists is fine.
    ///
    /// # Errors
    /// See [`Disk::create`].
    fn create_dir(&self, path: &Path) -> io::Result<()>;
    /// Forces a folder's entries to the device.
    ///
    /// # Errors
    /// See [`Disk::create`].
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// Moves a file, folder or link over `to` in one step.
    ///
    /// # Errors
    /// See [`Disk::create`].
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Creates a symbolic link at `link` that says `target`.
    ///
    /// # Errors
    /// See [`Disk::create`].
    fn link(&self, target: &Path, link: &Path) -> io::Result<()>;
    /// Removes a file, a link, or a folder with all it holds.
    ///
    /// # Errors
    /// See [`Disk::create`].
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Bytes that may still be written below `path`; `None` where the system does not tell.
    fn free_bytes(&self, path: &Path) -> Option<u64>;
}

/// The operating system's disk.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsDisk;

impl DiskFile for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

impl Disk for OsDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        // Never over a file that is there: whoever wrote it does not know of this run.
        Ok(Box::new(File::create_new(path)?))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn link(&self, target: &Path, link: &Path) -> io::Result<()> {
        std::os::unix::fs::symlink(target, link)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        if fs::symlink_metadata(path)?.is_dir() {
            fs::remove_dir_all(path)
        } else {
            fs::remove_file(path)
        }
    }

    fn free_bytes(&self, path: &Path) -> Option<u64> {
        let space = rustix::fs::statvfs(path).ok()?;
        Some(space.f_bavail.saturating_mul(space.f_frsize))
    }
}

//! What one phase leaves for the next: sealed files in a work folder.
//!
//! A part says what made it (the build and whatever it was made from) and carries a digest of its
//! content, so that one that is cut short, left from another night or made by another build is
//! never taken for a part of this one. Its name has the attempt in it: a task that runs twice, as
//! engines do when one is late, writes two files that say the same, and either will do.

use crate::domain::digest::sha256_hex;
use crate::domain::error::{Error, Result};
use crate::ingest::families::Bucket;
use crate::store::VERSION;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Heads every part; another layout is refused, not misread.
const FORMAT: &str = "orderpoint part 1";

/// Where the phases of one night leave what they found.
#[derive(Debug, Clone)]
pub struct Work {
    folder: PathBuf,
    /// Which try of the task this is: a part of the names of its files.
    attempt: String,
}

/// A part as it was found.
pub(super) struct Found<T> {
    pub value: T,
    /// Digest of what it says: what was made from it names it.
    pub digest: String,
}

impl Work {
    /// The work folder of a night, for one attempt at a task.
    #[must_use]
    pub fn new(folder: &Path, attempt: &str) -> Self {
        // A scheduler's id may hold what no file's name may.
        let attempt = attempt.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        Self { folder: folder.to_path_buf(), attempt }
    }

    /// Where the night's far sources are fetched to.
    pub(super) fn fetched(&self) -> PathBuf {
        self.folder.join("fetched")
    }

    /// The place of a bucket's file of `kind`.
    pub(super) fn place(&self, kind: &str, bucket: Bucket) -> PathBuf {
        self.folder.join(kind).join(format!("{}-{}.part", name(bucket), self.attempt))
    }

    /// Whether this attempt has left a bucket's part of `kind` since `file` was written.
    pub(super) fn has_left_since(&self, file: &Path, kind: &str, bucket: Bucket) -> bool {
        let left = written(&self.place(kind, bucket));
        written(file).is_some_and(|file| left.is_some_and(|left| left >= file))
    }

    /// Leaves what a bucket came to, made `from` what has this digest.
    pub(super) fn leave<T: Serialize>(
        &self,
        kind: &str,
        bucket: Bucket,
        from: &str,
        value: &T,
    ) -> Result<()> {
        write(&self.place(kind, bucket), from, value)
    }

    /// Leaves what all buckets came to.
    pub(super) fn leave_all<T: Serialize>(&self, kind: &str, from: &str, value: &T) -> Result<()> {
        write(&self.folder.join(format!("{kind}.part")), from, value)
    }

    /// What all buckets came to, made `from` what has this digest where that is known.
    pub(super) fn all<T: DeserializeOwned>(
        &self,
        kind: &str,
        from: Option<&str>,
    ) -> Result<Found<T>> {
        let path = self.folder.join(format!("{kind}.part"));
        read(&path, from)
            .map_err(|why| Error::input(&path, format!("{why}: run the phases before this one")))
    }

    /// What one bucket came to, whichever attempt at it succeeded.
    pub(super) fn of<T: DeserializeOwned>(
        &self,
        kind: &str,
        bucket: Bucket,
        from: &str,
    ) -> Result<T> {
        let folder = self.folder.join(kind);
        let prefix = format!("{}-", name(bucket));
        let mut attempts = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(Error::unreadable(&folder))? {
            let path = entry.map_err(Error::unreadable(&folder))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(&prefix) && name.ends_with(".part") {
                attempts.push(path);
            }
        }
        attempts.sort();
        let mut why = "no attempt at it has left anything".to_owned();
        for path in attempts {
            match read(&path, Some(from)) {
                Ok(found) => return Ok(found.value),
                Err(problem) => why = problem,
            }
        }
        let message = format!("bucket {} of {}: {why}; run it again", bucket.bucket, bucket.of);
        Err(Error::input(folder, message))
    }

    /// What every bucket came to.
    pub(super) fn of_all<T: DeserializeOwned>(
        &self,
        kind: &str,
        of: u32,
        from: &str,
    ) -> Result<Vec<T>> {
        (0..of).map(|bucket| self.of(kind, Bucket { bucket, of }, from)).collect()
    }
}

/// When a file was written; `None` where there is none.
fn written(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|file| file.modified()).ok()
}

fn name(bucket: Bucket) -> String {
    format!("{}-of-{}", bucket.bucket, bucket.of)
}

fn write<T: Serialize>(path: &Path, from: &str, value: &T) -> Result<()> {
    let body = postcard::to_stdvec(value)
        .map_err(|error| Error::Internal(format!("{}: {error}", path.display())))?;
    let head = format!("{FORMAT}\n{VERSION}\n{from}\n{}\n", sha256_hex(&body));
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    std::fs::write(path, [head.as_bytes(), &body].concat()).map_err(Error::io(path))
}

/// A part, or why it is none of this night's.
fn read<T: DeserializeOwned>(
    path: &Path,
    from: Option<&str>,
) -> std::result::Result<Found<T>, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let mut lines = bytes.splitn(5, |&byte| byte == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    if line() != FORMAT.as_bytes() {
        return Err("it is no part of a night".to_owned());
    }
    if line() != VERSION.as_bytes() {
        return Err(format!("it was made by another build than {VERSION}"));
    }
    let made_from = line();
    if from.is_some_and(|from| from.as_bytes() != made_from) {
        return Err("it was made from something else, an earlier night perhaps".to_owned());
    }
    let digest = String::from_utf8_lossy(line()).into_owned();
    let body = line();
    if sha256_hex(body) != digest {
        return Err("it is not whole".to_owned());
    }
    let value = postcard::from_bytes(body).map_err(|error| error.to_string())?;
    Ok(Found { value, digest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_that_was_cut_short_is_passed_over_and_one_of_another_night_too() {
        let at = tempfile::tempdir().unwrap();
        let bucket = Bucket { bucket: 2, of: 5 };
        let first = Work::new(at.path(), "1");
        let second = Work::new(at.path(), "task 7/2");
        first.leave("rows", bucket, "night", &vec![1_u32, 2, 3]).unwrap();
        second.leave("rows", bucket, "night", &vec![1_u32, 2, 3]).unwrap();
        let path = first.place("rows", bucket);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert_eq!(first.of::<Vec<u32>>("rows", bucket, "night").unwrap(), [1, 2, 3]);
        let error = first.of::<Vec<u32>>("rows", bucket, "another night").unwrap_err();
        assert!(error.to_string().contains("made from something else"), "{error}");
        let error = first.of_all::<Vec<u32>>("rows", 5, "night").unwrap_err();
        assert!(error.to_string().contains("bucket 0 of 5"), "{error}");
    }

    #[test]
    fn a_part_that_is_older_than_a_file_was_left_before_it() {
        let at = tempfile::tempdir().unwrap();
        let bucket = Bucket { bucket: 0, of: 2 };
        let work = Work::new(at.path(), "1");
        let note = at.path().join("note");
        assert!(!work.has_left_since(&note, "rows", bucket), "neither is there");
        work.leave("rows", bucket, "night", &1_u32).unwrap();
        std::fs::write(&note, "brought").unwrap();
        let later = SystemTime::now() + std::time::Duration::from_secs(60);
        let file = std::fs::File::options().write(true).open(&note).unwrap();
        file.set_modified(later).unwrap();
        assert!(!work.has_left_since(&note, "rows", bucket));
        file.set_modified(later - std::time::Duration::from_secs(3600)).unwrap();
        assert!(work.has_left_since(&note, "rows", bucket));
        assert!(!Work::new(at.path(), "2").has_left_since(&note, "rows", bucket), "its own alone");
    }
}

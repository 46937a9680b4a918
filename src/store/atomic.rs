//! Write, audit, publish: a run becomes visible whole, in one step, or not at all.
//!
//! Files are staged in `OUT/.staging-<run_id>` and synced; the manifest comes last, then the folder
//! is renamed to `OUT/runs/<run_id>` and the link `OUT/current` is replaced by a rename. Whoever
//! reads `current` sees the old run or the new one. A run that dies leaves debris that its
//! successor removes; it is never taken for a run.

use crate::domain::digest::Digest;
use crate::domain::error::{Error, Result};
use crate::store::current;
use crate::store::disk::{Disk, DiskFile, OsDisk};
use crate::store::layout::{NEXT, STAGING};
use crate::store::lock::OutputLock;
use crate::store::manifest::{FileEntry, Manifest, PUBLISHED_AT, TIMINGS_SEAL, moment, sealed};
use crate::store::models;
use crate::store::published::{PublishedRun, supersedes};
use crate::store::sync::Syncing;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// Bytes collected before they go to the disk.
const BUFFER: usize = 1 << 18;

/// What [`Publication::begin`] finds.
#[derive(Debug)]
pub enum Begin {
    /// A new run: stage its files, then [`Publication::finish`].
    New(Box<Publication>),
    /// The very run is published already; `current` names it and nothing was changed.
    Published(PathBuf),
}

/// A run being staged. Dropping it without [`Publication::finish`] removes the staging folder and
/// publishes nothing.
#[derive(Debug)]
pub struct Publication {
    disk: Arc<dyn Disk>,
    // Held until the publication ends, whichever way.
    lock: OutputLock,
    staging: PathBuf,
    run_id: String,
    folders: BTreeSet<PathBuf>,
    files: Vec<FileEntry>,
    syncing: Syncing,
    finished: bool,
}

impl Publication {
    /// Starts staging `run_id` below the locked output folder, after removing what dead runs left.
    ///
    /// `expected_bytes` is a guess at the size of the run: too little space is an error now instead
    /// of a failure later.
    ///
    /// # Errors
    /// [`Error::Io`]; nothing is changed but debris removed.
    pub fn begin(lock: OutputLock, run_id: &str, expected_bytes: u64) -> Result<Begin> {
        Self::begin_on(Arc::new(OsDisk), lock, run_id, expected_bytes)
    }

    /// [`Publication::begin`] on another disk.
    ///
    /// # Errors
    /// As [`Publication::begin`].
    pub fn begin_on(
        disk: Arc<dyn Disk>,
        mut lock: OutputLock,
        run_id: &str,
        expected_bytes: u64,
    ) -> Result<Begin> {
        lock.announce(run_id);
        let out = lock.out().to_path_buf();
        sweep(disk.as_ref(), &out)?;
        let target = out.join("runs").join(run_id);
        if let Ok(run) = PublishedRun::open(&target)
            && run.damaged().is_empty()
        {
            let is_current = PublishedRun::current(&out)
                .is_ok_and(|current| current.manifest.run_id == run.manifest.run_id);
            // Somebody died between publishing it and making it current.
            if !is_current && supersedes(&out, run.manifest.as_of) {
                current::make_current(disk.as_ref(), &out, &run.manifest)?;
            }
            return Ok(Begin::Published(target));
        }
        if let Some(free) = disk.free_bytes(&out).filter(|&free| free < expected_bytes) {
            let message =
                format!("{} MB free, about {} MB needed", free >> 20, (expected_bytes >> 20) + 1);
            return Err(Error::Io {
                path: out,
                source: io::Error::new(io::ErrorKind::StorageFull, message),
            });
        }
        let staging = out.join(format!("{STAGING}{run_id}"));
        disk.create_dir(&staging).map_err(Error::io(&staging))?;
        let folders = BTreeSet::from([staging.clone()]);
        let run_id = run_id.to_string();
        Ok(Begin::New(Box::new(Self {
            disk,
            lock,
            staging,
            run_id,
            folders,
            files: Vec::new(),
            syncing: Syncing::default(),
            finished: false,
        })))
    }

    /// The run's id.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// What was written so far.
    #[must_use]
    pub fn listed(&self) -> &[FileEntry] {
        &self.files
    }

    /// Opens `path` (relative, with `/`) for writing; give it back with [`Publication::close`].
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Internal`] for a path that leaves the run folder.
    pub fn create(&mut self, path: &str) -> Result<StagedFile> {
        let inside =
            !path.is_empty() && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if !inside || path.contains(['\\', '\0']) {
            return Err(Error::Internal(format!("output path {path:?} leaves the run folder")));
        }
        let place = self.staging.join(path);
        let folder = place.parent().unwrap_or(&self.staging).to_path_buf();
        if self.folders.insert(folder.clone()) {
            self.disk.create_dir(&folder).map_err(Error::io(&folder))?;
            let parents = folder.ancestors().skip(1).take_while(|p| p.starts_with(&self.staging));
            self.folders.extend(parents.map(Path::to_path_buf));
        }
        let file = self.disk.create(&place).map_err(Error::io(&place))?;
        let sink = Sink { file, digest: Digest::default(), bytes: 0 };
        Ok(StagedFile {
            out: io::BufWriter::with_capacity(BUFFER, sink),
            path: path.to_string(),
            place,
        })
    }

    /// Lists a complete file with its digest, and has it synced.
    ///
    /// # Errors
    /// [`Error::Io`], also for a file closed before.
    pub fn close(&mut self, file: StagedFile, rows: Option<u64>) -> Result<()> {
        let StagedFile { out, path, place } = file;
        let sink = out
            .into_inner()
            .map_err(|e| Error::Io { path: place.clone(), source: e.into_error() })?;
        self.files.push(FileEntry { path, rows, bytes: sink.bytes, sha256: sink.digest.hex() });
        self.syncing.push(sink.file, place)
    }

    /// Writes a small file in one go.
    ///
    /// # Errors
    /// As [`Publication::create`] and [`Publication::close`].
    pub fn add(&mut self, path: &str, rows: Option<u64>, bytes: &[u8]) -> Result<()> {
        let mut file = self.create(path)?;
        file.write_all(bytes).map_err(Error::io(&file.place))?;
        self.close(file, rows)
    }

    /// Writes `timings.json` (not listed) and `manifest.json`, syncs, and makes the run current.
    /// Returns its folder.
    ///
    /// # Errors
    /// [`Error::Io`]: then `current` is as it was, or names the new run whole.
    pub fn finish(
        mut self,
        mut manifest: Manifest,
        timings: &serde_json::Value,
    ) -> Result<PathBuf> {
        let mut timings = timings.clone();
        if let Some(timings) = timings.as_object_mut() {
            timings.insert(PUBLISHED_AT.to_owned(), moment(SystemTime::now()).into());
        }
        self.add("timings.json", None, &sealed(timings, TIMINGS_SEAL)?)?;
        // Times differ from night to night: listed, the manifest of the same night would differ as
        // well.
        self.files.retain(|f| f.path != "timings.json");
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        if let Some(twice) = self.files.windows(2).find(|w| w[0].path == w[1].path) {
            return Err(Error::Internal(format!("{} was written twice", twice[0].path)));
        }
        manifest.files = std::mem::take(&mut self.files);
        manifest.run_id.clone_from(&self.run_id);
        self.syncing.wait()?;
        self.add("manifest.json", None, &manifest.sealed()?)?;
        self.syncing.wait()?;
        // Children before parents: a folder is on the device before the one that names it.
        for folder in self.folders.iter().rev() {
            self.disk.sync_dir(folder).map_err(Error::io(folder))?;
        }
        let out = self.lock.out().to_path_buf();
        let runs = out.join("runs");
        self.disk.create_dir(&runs).map_err(Error::io(&runs))?;
        let target = runs.join(&self.run_id);
        if std::fs::symlink_metadata(&target).is_ok() {
            // A folder of this name that is not a whole run: someone took files away.
            let aside = out.join(format!("{STAGING}damaged-{}", self.run_id));
            self.disk.rename(&target, &aside).map_err(Error::io(&target))?;
        }
        self.disk.rename(&self.staging, &target).map_err(Error::io(&target))?;
        self.finished = true;
        self.disk.sync_dir(&runs).map_err(Error::io(&runs))?;
        // A night of the past that is run late is kept, and takes nobody's place.
        if supersedes(&out, manifest.as_of) {
            current::make_current(self.disk.as_ref(), &out, &manifest)?;
        }
        // The run is out: what a damaged one left aside is the next run's to remove if it cannot be
        // removed now.
        let _ = sweep(self.disk.as_ref(), &out);
        Ok(target)
    }
}

impl Drop for Publication {
    fn drop(&mut self) {
        // The error that ends the publication is told already.
        let _ = self.syncing.wait();
        if !self.finished {
            // Best effort: the next run removes it anyway.
            let _ = self.disk.remove(&self.staging);
            let _ = models::sweep(self.lock.out());
        }
    }
}

/// A file of the run being written, digested on the way.
pub struct StagedFile {
    out: io::BufWriter<Sink>,
    path: String,
    place: PathBuf,
}

struct Sink {
    file: Box<dyn DiskFile>,
    digest: Digest,
    bytes: u64,
}

impl Write for Sink {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let written = self.file.write(buf)?;
        self.digest.add(&buf[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl StagedFile {
    /// Where it is staged, for error messages.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }
}

impl Write for StagedFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.out.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Removes what a run that died left behind, here and in the models folder; the lock is held, so it
/// is nobody's work in progress.
fn sweep(disk: &dyn Disk, out: &Path) -> Result<()> {
    for entry in std::fs::read_dir(out).map_err(Error::unreadable(out))?.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(STAGING) || NEXT.contains(&name.as_ref()) {
            disk.remove(&entry.path()).map_err(Error::io(entry.path()))?;
        }
    }
    models::sweep(out)
}

/// Removes what dead runs left below the locked output folder, and mends what names the current
/// run. Returns what was mended, in words.
///
/// # Errors
/// [`Error::Io`], [`Error::Input`]; [`Error::Config`] for a `current` that no run made.
pub fn recover(lock: &OutputLock) -> Result<Option<String>> {
    sweep(&OsDisk, lock.out())?;
    let mended = current::mend(&OsDisk, lock.out())?;
    if mended.is_some() {
        // A copy that stood in the link's place was set aside.
        sweep(&OsDisk, lock.out())?;
    }
    Ok(mended)
}

/// Removes old runs below the locked output folder and returns them. Kept are the current run, the
/// `keep` newest by morning and the `keep` last published: a mistyped date that made a run of the
/// far future must not cost the good ones. Of the runs whose morning had come when they were
/// published, the newest is kept in any case.
///
/// # Errors
/// [`Error::Io`], [`Error::Input`].
pub fn prune(lock: &OutputLock, keep: usize) -> Result<Vec<PublishedRun>> {
    let disk = OsDisk;
    let out = lock.out();
    recover(lock)?;
    let current = PublishedRun::current(out).ok().map(|run| run.manifest.run_id);
    let runs = PublishedRun::all(out)?;
    // The newest run is what the next night compares itself with.
    let keep = keep.max(1);
    let mut kept: BTreeSet<&str> = current.iter().map(String::as_str).collect();
    kept.extend(runs.iter().take(keep).map(|run| run.manifest.run_id.as_str()));
    let mut published: Vec<&PublishedRun> = runs.iter().collect();
    // By the moment of publication as well: a night of the past that has just been run is not old.
    published.sort_by_cached_key(|run| std::cmp::Reverse((run.published_at(), run.manifest.as_of)));
    kept.extend(published.iter().take(keep).map(|run| run.manifest.run_id.as_str()));
    kept.extend(runs.iter().find(|run| run.is_plausible()).map(|run| run.manifest.run_id.as_str()));

    let mut removed = Vec::new();
    for run in runs.iter().filter(|run| !kept.contains(run.manifest.run_id.as_str())) {
        // Renamed first: a run that is half removed is debris, not a run.
        let aside = out.join(format!("{STAGING}pruned-{}", run.manifest.run_id));
        disk.rename(&run.folder, &aside).map_err(Error::io(&run.folder))?;
        disk.remove(&aside).map_err(Error::io(&aside))?;
        removed.push(run.clone());
    }
    Ok(removed)
}

/// Moves a run out of the way, to `OUT/runs-aside`, and names the newest other one current. Returns
/// where it lies.
///
/// # Errors
/// [`Error::Io`], [`Error::Input`].
pub fn set_aside(lock: &OutputLock, run: &PublishedRun) -> Result<PathBuf> {
    let disk = OsDisk;
    let folder = lock.out().join("runs-aside");
    disk.create_dir(&folder).map_err(Error::io(&folder))?;
    let place = folder.join(&run.manifest.run_id);
    disk.rename(&run.folder, &place).map_err(Error::io(&run.folder))?;
    recover(lock)?;
    Ok(place)
}

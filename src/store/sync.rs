//! Waits for the device beside the work: complete files are synced by a thread of their own, in
//! order.

use crate::domain::error::{Error, Result};
use crate::store::disk::DiskFile;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// Files that may wait for their turn, open: more than a run has tables, far below any limit of
/// open files.
const WAITING: usize = 64;

/// A file with all its bytes written.
struct Complete {
    file: Box<dyn DiskFile>,
    path: PathBuf,
}

/// The thread that syncs, and the way to it.
#[derive(Debug)]
struct Thread {
    queue: SyncSender<Complete>,
    handle: JoinHandle<Result<()>>,
}

/// Files on their way to the device.
#[derive(Debug, Default)]
pub(crate) struct Syncing {
    running: Option<Thread>,
    /// Some file never reached the device: told once, then never forgotten.
    failed: bool,
}

impl Syncing {
    /// Takes over a complete file; `path` names it in errors.
    ///
    /// # Errors
    /// [`Error::Io`] for a file handed over before: nothing is synced after a failure.
    /// [`Error::Internal`] for a fault of our own.
    pub(crate) fn push(&mut self, file: Box<dyn DiskFile>, path: PathBuf) -> Result<()> {
        if self.running.is_none() && !self.failed {
            let (queue, files) = sync_channel(WAITING);
            let handle = thread::Builder::new()
                .name("sync".to_owned())
                .spawn(move || sync_all(&files))
                .map_err(Error::io(&path))?;
            self.running = Some(Thread { queue, handle });
        }
        match &self.running {
            Some(thread) if thread.queue.send(Complete { file, path }).is_ok() => Ok(()),
            // It ended early: waiting tells why.
            _ => self.wait(),
        }
    }

    /// Waits until every file is on the device.
    ///
    /// # Errors
    /// As [`Syncing::push`], for the first that is not.
    pub(crate) fn wait(&mut self) -> Result<()> {
        let Some(Thread { queue, handle }) = self.running.take() else {
            return if self.failed { Err(fault("failed before")) } else { Ok(()) };
        };
        // The thread ends when nothing more can come.
        drop(queue);
        let done = handle.join().unwrap_or_else(|_| Err(fault("panicked")));
        self.failed = done.is_err();
        done
    }
}

fn fault(what: &str) -> Error {
    Error::Internal(format!("syncing the files of the run {what}"))
}

fn sync_all(files: &Receiver<Complete>) -> Result<()> {
    for Complete { mut file, path } in files {
        file.sync().map_err(Error::io(path))?;
    }
    Ok(())
}

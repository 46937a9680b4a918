//! Waits for the device beside the work: complete files are synced by a thread of their own, in order.

use crate::domain::error::{Error, Result};
use crate::store::disk::DiskFile;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// Files that may wait for their turn, open.
const WAITING: usize = 64;

type Complete = (Box<dyn DiskFile>, PathBuf);

/// Files on their way to the device.
#[derive(Debug, Default)]
pub(crate) struct Syncing {
    running: Option<(SyncSender<Complete>, JoinHandle<Result<()>>)>,
    /// Some file never reached the device: told once, then never forgotten.
    failed: bool,
}

impl Syncing {
    /// Takes over a complete file; `path` names it in errors.
    ///
    /// # Errors
    /// [`Error::Io`] for a file handed over before: nothing is synced after a failure. [`Error::Internal`] for a fault of our own.
    pub(crate) fn push(&mut self, file: Box<dyn DiskFile>, path: PathBuf) -> Result<()> {
        if self.running.is_none() && !self.failed {
            let (queue, files) = sync_channel(WAITING);
            let thread =
                thread::Builder::new().name("sync".to_owned()).spawn(move || sync_all(&files));
            self.running = Some((queue, thread.map_err(Error::io(&path))?));
        }
        match &self.running {
            Some((queue, _)) if queue.send((file, path)).is_ok() => Ok(()),
            _ => self.wait(),
        }
    }

    /// Waits until every file is on the device.
    ///
    /// # Errors
    /// As [`Syncing::push`], for the first that is not.
    pub(crate) fn wait(&mut self) -> Result<()> {
        let fault =
            |what: &str| Err(Error::Internal(format!("syncing the files of the run {what}")));
        let Some((queue, thread)) = self.running.take() else {
            return if self.failed { fault("failed before") } else { Ok(()) };
        };
        drop(queue);
        let done = thread.join().unwrap_or_else(|_| fault("panicked"));
        self.failed = done.is_err();
        done
    }
}

fn sync_all(files: &Receiver<Complete>) -> Result<()> {
    files.iter().try_for_each(|(mut file, path)| file.sync().map_err(Error::io(path)))
}

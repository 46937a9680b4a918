//! Makes a run current, and mends what names the current one: the link `OUT/current`, through which
//! files open, and the text `OUT/current.json` beside it, which works on every file system.
//!
//! What is looked up, and where, is in `layout`; whoever mends holds the lock.

use crate::domain::error::{Error, Result};
use crate::store::disk::Disk;
use crate::store::layout::{LINK, Link, NEXT, POINTER, Pointer, STAGING, link, pointed};
use crate::store::manifest::Manifest;
use crate::store::published::PublishedRun;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Makes the run of `manifest` current, first the link, then the text.
pub(super) fn make_current(disk: &dyn Disk, out: &Path, manifest: &Manifest) -> Result<()> {
    let [next_link, next_pointer] = NEXT.map(|name| out.join(name));
    let target = Path::new("runs").join(&manifest.run_id);
    match disk.link(&target, &next_link) {
        Ok(()) => {
            let current = out.join(LINK);
            disk.rename(&next_link, &current).map_err(Error::io(&current))?;
        }
        // A file system without links: the text is all there is.
        Err(error) if matches!(error.kind(), ErrorKind::Unsupported) => {}
        // EPERM, in which FAT and some network shares say the same.
        Err(error) if error.raw_os_error() == Some(1) => {}
        Err(error) => return Err(Error::io(&next_link)(error)),
    }
    let text = serde_json::to_string_pretty(&Pointer::to(manifest))
        .map_err(|e| Error::Internal(format!("{POINTER}: {e}")))?;
    let mut file = disk.create(&next_pointer).map_err(Error::io(&next_pointer))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync())
        .map_err(Error::io(&next_pointer))?;
    drop(file);
    let path = out.join(POINTER);
    disk.rename(&next_pointer, &path).map_err(Error::io(&path))?;
    disk.sync_dir(out).map_err(Error::io(out))
}

/// What is not as it should be about what names the current run, in words; changes nothing.
///
/// # Errors
/// [`Error::Input`] for a folder that cannot be read.
pub fn look(out: &Path) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let current = PublishedRun::current(out).ok();
    let ways = match link(out)? {
        Link::To(target) if out.join(&target).exists() => None,
        Link::To(target) => Some(format!("names {}, which is not there", target.display())),
        Link::Folder => Some("is a folder, where a link belongs".to_owned()),
        Link::File => Some("is a file, where a link belongs".to_owned()),
        Link::Missing if current.is_some() => {
            Some("is missing; current.json is followed".to_owned())
        }
        Link::Missing => None,
    };
    wrong.extend(ways.map(|what| format!("{LINK} {what}")));
    if let Some(run) = current
        && Pointer::read(out) != Some(Pointer::to(&run.manifest))
    {
        wrong.push(format!("{POINTER} is missing, damaged or names another run than {LINK}"));
    }
    for entry in fs::read_dir(out).map_err(Error::unreadable(out))? {
        let name = entry.map_err(Error::unreadable(out))?.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(LINK) && name != LINK && name != POINTER {
            wrong.push(format!("{name} is none of ours, nothing reads it: move it away"));
        }
    }
    Ok(wrong)
}

/// Mends what names the current run, where it is not as it should be; the lock is held. Returns
/// what was done, in words.
///
/// # Errors
/// [`Error::Config`] where `current` is a folder that no run made: it is not ours to remove.
pub(super) fn mend(disk: &dyn Disk, out: &Path) -> Result<Option<String>> {
    let path = out.join(LINK);
    match link(out)? {
        Link::To(target) => {
            let named = out.join(&target);
            if let Ok(run) = PublishedRun::open(&named) {
                if Pointer::read(out) == Some(Pointer::to(&run.manifest)) {
                    return Ok(None);
                }
                // Somebody died between the link and the text, or the text is not there yet.
                make_current(disk, out, &run.manifest)?;
                return Ok(None);
            }
            let Some(run) = newest_sound(out)? else { return Ok(None) };
            make_current(disk, out, &run.manifest)?;
            Ok(Some(format!(
                "current named a run that cannot be read ({}); it names {} now",
                target.display(),
                run.manifest.run_id
            )))
        }
        Link::Missing => {
            let found = match pointed(out).and_then(|folder| PublishedRun::open(&folder).ok()) {
                Some(run) => Some(run),
                None => newest_sound(out)?,
            };
            let Some(run) = found else { return Ok(None) };
            make_current(disk, out, &run.manifest)?;
            Ok(Some(format!("current was missing; it names {} now", run.manifest.run_id)))
        }
        Link::Folder => {
            let Ok(copy) = PublishedRun::open(&path) else {
                return Err(Error::Config(vec![format!(
                    "{} is a folder that no run made, where the link to the current run belongs: \
                     move it away, then run again",
                    path.display()
                )]));
            };
            let run_id = &copy.manifest.run_id;
            let original = out.join("runs").join(run_id);
            let aside = out.join(format!("{}current-{run_id}", STAGING));
            disk.rename(&path, &aside).map_err(Error::io(&path))?;
            // The folder may be the run itself, moved here: it goes back to its place.
            let sound = PublishedRun::open(&original).is_ok_and(|run| run.is_whole());
            if !sound && fs::symlink_metadata(&original).is_err() {
                let runs = out.join("runs");
                disk.create_dir(&runs).map_err(Error::io(&runs))?;
                disk.rename(&aside, &original).map_err(Error::io(&aside))?;
            }
            // A copy that a backup brought back may be older than what the text beside it names.
            let named = pointed(out).and_then(|folder| PublishedRun::open(&folder).ok());
            let named = named.filter(|run| run.manifest.as_of >= copy.manifest.as_of);
            let current = named.as_ref().unwrap_or(&copy);
            make_current(disk, out, &current.manifest)?;
            Ok(Some(format!(
                "current was a folder, a copy of {run_id}; it is a link again, to {}",
                current.manifest.run_id
            )))
        }
        Link::File => {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let named = Path::new(text.trim()).file_name().map(|id| out.join("runs").join(id));
            let run = named.and_then(|folder| PublishedRun::open(&folder).ok());
            let run = run.or_else(|| pointed(out).and_then(|f| PublishedRun::open(&f).ok()));
            let Some(run) = run else {
                return Err(Error::Config(vec![format!(
                    "{} is a file that names no run, where the link to the current run belongs: \
                     move it away, then run again",
                    path.display()
                )]));
            };
            make_current(disk, out, &run.manifest)?;
            Ok(Some(format!("current was a file; it links to {} again", run.manifest.run_id)))
        }
    }
}

/// The run of the latest morning that is whole.
fn newest_sound(out: &Path) -> Result<Option<PublishedRun>> {
    Ok(PublishedRun::all(out)?.into_iter().find(PublishedRun::is_whole))
}

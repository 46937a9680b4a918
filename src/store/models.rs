//! What do the models remember from one night to the next?
//!
//! What a refit learnt is kept as `MODELS/<run_id>/<kind>.bin`: one line of text (format, program
//! version, kind, length, SHA-256 of what follows), then the states, compressed. Later runs carry
//! on from them, and the digest, which the refit's manifest repeats, belongs to their identity: the
//! same input and states give the same results. They are written before the run is published and
//! read only where a published manifest names them, so a run that dies in between leaves nothing
//! that anyone believes. Other program versions' states are not read.

use crate::domain::digest::{Digest, sha256_hex};
use crate::domain::error::{Error, Result};
use crate::parallel;
use crate::store::{PROGRAM, replace};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// First word of a file.
const FORMAT: &str = "orderpoint-models";
/// Unpacked states larger than this are refused: a damaged length must not claim all memory.
/// 100,000 series need well under one gigabyte.
const LARGEST: usize = 8 << 30;
/// Of zstd: states are random-looking floats, higher levels cost time and save next to nothing.
const LEVEL: i32 = 1;
/// Bytes that are packed on their own, so that all threads can pack.
const FRAME: usize = 1 << 20;

fn place(dir: &Path, run_id: &str, kind: &str) -> PathBuf {
    dir.join(run_id).join(file_name(kind))
}

fn file_name(kind: &str) -> String {
    format!("{kind}.bin")
}

/// Keeps the states of a run, which lie in `parts` one after the other, in one step, and returns
/// their digest.
///
/// # Errors
/// [`Error::Io`].
pub fn save(dir: &Path, run_id: &str, kind: &str, parts: &[Vec<u8>]) -> Result<String> {
    // Never copied as a whole: they are a tenth of the memory of a night.
    let mut frames: Vec<Vec<&[u8]>> = Vec::new();
    let mut room = 0;
    for part in parts {
        let mut rest = part.as_slice();
        while !rest.is_empty() {
            if room == 0 {
                frames.push(Vec::new());
                room = FRAME;
            }
            let (piece, after) = rest.split_at(room.min(rest.len()));
            frames.last_mut().expect("a frame was begun").push(piece);
            room -= piece.len();
            rest = after;
        }
    }
    let packed = parallel::map(frames.len(), |f| zstd::bulk::compress(&frames[f].concat(), LEVEL));
    let packed: io::Result<Vec<Vec<u8>>> = packed.into_iter().collect();
    let packed = packed.map_err(Error::io(place(dir, run_id, kind)))?;
    let mut digest = Digest::default();
    packed.iter().for_each(|frame| digest.add(frame));
    let digest = digest.hex();
    let build = build();
    let length: usize = parts.iter().map(Vec::len).sum();
    let head = format!("{FORMAT} {build} {kind} {length} {digest}\n");
    let file: Vec<&[u8]> =
        std::iter::once(head.as_bytes()).chain(packed.iter().map(Vec::as_slice)).collect();
    replace(&dir.join(run_id), &file_name(kind), &file)?;
    Ok(digest)
}

/// This program, in one word: states are the memory of one build, and another may read the same
/// bytes differently.
fn build() -> String {
    PROGRAM.replace(' ', "-")
}

/// What [`load`] finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loaded {
    /// States and their digest.
    States(Vec<u8>, String),
    /// The run kept none, or they are gone.
    Missing,
    /// Another build of the program fitted them: its name.
    OtherBuild(String),
}

/// The states of a run and their digest.
///
/// # Errors
/// [`Error::Input`] for a damaged file: the caller starts cold and says so.
pub fn load(dir: &Path, run_id: &str, kind: &str) -> Result<Loaded> {
    let path = place(dir, run_id, kind);
    let Ok(bytes) = fs::read(&path) else { return Ok(Loaded::Missing) };
    unpack(&bytes, kind)
        .map_err(|what| Error::input(&path, format!("damaged model states ({what})")))
}

/// What is in a file, or which part of it is damaged.
fn unpack(bytes: &[u8], kind: &str) -> std::result::Result<Loaded, &'static str> {
    let end = bytes.iter().position(|&byte| byte == b'\n').ok_or("no first line")?;
    let head = std::str::from_utf8(&bytes[..end]).map_err(|_| "first line")?;
    let packed = &bytes[end + 1..];
    let [format, version, found, length, digest] = head.split(' ').collect::<Vec<_>>()[..] else {
        return Err("first line");
    };
    if format != FORMAT || found != kind {
        return Ok(Loaded::Missing);
    }
    if version != build() {
        return Ok(Loaded::OtherBuild(version.to_owned()));
    }
    if sha256_hex(packed) != digest {
        return Err("digest");
    }
    let length = length.parse().ok().filter(|&length| length <= LARGEST).ok_or("length")?;
    let states = zstd::bulk::decompress(packed, length).map_err(|_| "compression")?;
    Ok(Loaded::States(states, digest.to_owned()))
}

/// Start of the name of a note in the output folder: the rest is the run whose states are being
/// kept, the content the models folder they go to.
const NOTE: &str = ".models-";

/// Notes in the output folder that states of `run_id` are about to be kept, so that they can be
/// swept should the run never be published. The models folder may be shared: without the note
/// nobody could say whose they are.
///
/// # Errors
/// [`Error::Io`].
pub fn announce(out: &Path, dir: &Path, run_id: &str) -> Result<()> {
    let dir = std::path::absolute(dir).map_err(Error::io(dir))?;
    replace(out, &format!("{NOTE}{run_id}"), &[dir.as_os_str().as_encoded_bytes()])
}

/// Removes the states of runs that were announced below `out` and never published, and the notes of
/// all. The lock is held.
///
/// # Errors
/// [`Error::Input`] for a folder that cannot be read, [`Error::Io`].
pub fn sweep(out: &Path) -> Result<()> {
    for entry in fs::read_dir(out).map_err(Error::unreadable(out))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        // A note that was being written when its process died.
        if name.starts_with("..models-") && name.ends_with(".next") {
            fs::remove_file(entry.path()).map_err(Error::io(entry.path()))?;
        }
        let Some(run_id) = name.strip_prefix(NOTE) else { continue };
        let dir = PathBuf::from(fs::read_to_string(entry.path()).unwrap_or_default());
        let published = out.join("runs").join(run_id).join("manifest.json").is_file();
        if !published && dir.is_absolute() {
            forget(&dir, [&run_id.to_owned()])?;
        }
        fs::remove_file(entry.path()).map_err(Error::io(entry.path()))?;
    }
    Ok(())
}

/// Removes the states of runs that nothing goes back to any more.
///
/// # Errors
/// [`Error::Io`].
pub fn forget<'a>(dir: &Path, run_ids: impl IntoIterator<Item = &'a String>) -> Result<()> {
    for folder in run_ids.into_iter().map(|id| dir.join(id)).filter(|folder| folder.is_dir()) {
        fs::remove_dir_all(&folder).map_err(Error::io(&folder))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_many_frames_come_back() {
        let dir = tempfile::tempdir().unwrap();
        let states: Vec<u8> =
            (0..FRAME as u32).flat_map(|i| (i / 7).wrapping_mul(i).to_le_bytes()).collect();
        let parts: Vec<Vec<u8>> = states.chunks(FRAME / 3).map(<[u8]>::to_vec).collect();
        let digest = save(dir.path(), "run", "forecast", &parts).unwrap();
        assert_eq!(load(dir.path(), "run", "forecast").unwrap(), Loaded::States(states, digest));
    }

    fn states() -> Vec<u8> {
        (0..400u32).flat_map(|i| (i * i).to_le_bytes()).collect()
    }

    #[test]
    fn states_come_back_byte_for_byte_and_the_same_states_have_the_same_digest() {
        let dir = tempfile::tempdir().unwrap();
        let digest = save(dir.path(), "run", "forecast", &[states()]).unwrap();
        assert_eq!(save(dir.path(), "again", "forecast", &[states()]).unwrap(), digest);
        assert_eq!(load(dir.path(), "run", "forecast").unwrap(), Loaded::States(states(), digest));
        assert_eq!(load(dir.path(), "other", "forecast").unwrap(), Loaded::Missing);
    }

    #[test]
    fn states_of_another_build_are_not_read_and_it_is_named() {
        let dir = tempfile::tempdir().unwrap();
        save(dir.path(), "run", "forecast", &[states()]).unwrap();
        let path = dir.path().join("run/forecast.bin");
        let text = fs::read(&path).unwrap();
        let head = text.iter().position(|&byte| byte == b'\n').unwrap();
        let kept = String::from_utf8(text[..head].to_vec()).unwrap();
        let replaced = kept.replace(&build(), "orderpoint-0.0.1-abc");
        fs::write(&path, [replaced.as_bytes(), &text[head..]].concat()).unwrap();
        let found = load(dir.path(), "run", "forecast").unwrap();
        assert_eq!(found, Loaded::OtherBuild("orderpoint-0.0.1-abc".into()));
    }

    #[test]
    fn damaged_states_are_refused_wherever_the_damage_is() {
        let dir = tempfile::tempdir().unwrap();
        save(dir.path(), "run", "forecast", &[states()]).unwrap();
        let path = dir.path().join("run/forecast.bin");
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x20;
            fs::write(&path, &bad).unwrap();
            if let Ok(Loaded::States(read, _)) = load(dir.path(), "run", "forecast") {
                assert_eq!(read, states(), "byte {at}");
            }
            fs::write(&path, &good[..at]).unwrap();
            assert!(
                !matches!(load(dir.path(), "run", "forecast"), Ok(Loaded::States(..))),
                "cut at {at}"
            );
        }
    }
}

//! What do the models remember from one night to the next?
//!
//! Fitted states are kept as `MODELS/<run_id>/<kind>.bin`: one line of text (format, program version, kind, length, SHA-256 of
//! what follows), then the states, packed and compressed. A run starts warm from the states of the run it follows, and the
//! digest belongs to its inputs: the same states give the same results. Other program versions' states are not read.

use crate::error::{Error, Result};
use crate::publish::sha256_hex;
use chrono::NaiveDate;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Unpacked states larger than this are refused.
const LARGEST: usize = 8 << 30;
const LEVEL: i32 = 1;

/// The state of one series' model.
#[derive(Debug, Clone, PartialEq, Serialize, serde::Deserialize)]
pub struct Fitted<T> {
    /// Item name.
    pub sku: String,
    /// Location name.
    pub location: String,
    /// Channel name.
    pub channel: String,
    /// Whatever the method keeps.
    pub state: T,
}

/// The states of one run.
#[derive(Debug, Clone, PartialEq, Serialize, serde::Deserialize)]
pub struct Models<T> {
    /// The as-of date they were fitted for: history up to the day before is in them.
    pub as_of: NaiveDate,
    /// Sorted by (sku, location, channel).
    pub fitted: Vec<Fitted<T>>,
}

impl<T> Models<T> {
    /// The state of a series.
    #[must_use]
    pub fn get(&self, sku: &str, location: &str, channel: &str) -> Option<&T> {
        let key = (sku, location, channel);
        let found = self.fitted.binary_search_by(|f| (f.sku.as_str(), f.location.as_str(), f.channel.as_str()).cmp(&key));
        found.ok().map(|i| &self.fitted[i].state)
    }
}

fn place(dir: &Path, run_id: &str, kind: &str) -> PathBuf {
    dir.join(run_id).join(format!("{kind}.bin"))
}

/// Keeps the states of a run, in one step, and returns their digest.
///
/// # Errors
/// [`Error::Io`].
pub fn save<T: Serialize>(dir: &Path, run_id: &str, kind: &str, models: &Models<T>) -> Result<String> {
    let path = place(dir, run_id, kind);
    let plain = postcard::to_stdvec(models).map_err(|e| Error::Internal(format!("models: {e}")))?;
    let packed = zstd::bulk::compress(&plain, LEVEL).map_err(Error::io(&path))?;
    let digest = sha256_hex(&packed);
    let head = format!("orderpoint-models {} {kind} {} {digest}\n", env!("CARGO_PKG_VERSION"), plain.len());
    let folder = dir.join(run_id);
    fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
    let next = folder.join(format!(".{kind}.next"));
    let write =
        |file: &mut File| file.write_all(head.as_bytes()).and_then(|()| file.write_all(&packed)).and_then(|()| file.sync_all());
    File::create(&next).and_then(|mut file| write(&mut file)).map_err(Error::io(&next))?;
    fs::rename(&next, &path).map_err(Error::io(&path))?;
    Ok(digest)
}

/// The states of a run and their digest; `None` when it kept none or another program version did.
///
/// # Errors
/// [`Error::Input`] for a damaged file: the caller starts cold and says so.
pub fn load<T: DeserializeOwned>(dir: &Path, run_id: &str, kind: &str) -> Result<Option<(Models<T>, String)>> {
    let path = place(dir, run_id, kind);
    let Ok(bytes) = fs::read(&path) else { return Ok(None) };
    let damaged = |what: &str| Error::input(&path, format!("damaged model states ({what}); remove the file to start cold"));
    let end = bytes.iter().position(|&b| b == b'\n').ok_or_else(|| damaged("no first line"))?;
    let head = std::str::from_utf8(&bytes[..end]).map_err(|_| damaged("first line"))?;
    let packed = &bytes[end + 1..];
    let [format, version, found, length, digest] = head.split(' ').collect::<Vec<_>>()[..] else {
        return Err(damaged("first line"));
    };
    if format != "orderpoint-models" || version != env!("CARGO_PKG_VERSION") || found != kind {
        return Ok(None);
    }
    if sha256_hex(packed) != digest {
        return Err(damaged("digest"));
    }
    let length = length.parse().ok().filter(|&n| n <= LARGEST).ok_or_else(|| damaged("length"))?;
    let plain = zstd::bulk::decompress(packed, length).map_err(|_| damaged("compression"))?;
    let models = postcard::from_bytes(&plain).map_err(|_| damaged("states"))?;
    Ok(Some((models, digest.to_string())))
}

/// Removes the states of runs that were pruned.
///
/// # Errors
/// [`Error::Io`].
pub fn forget(dir: &Path, run_ids: &[String]) -> Result<()> {
    for folder in run_ids.iter().map(|id| dir.join(id)).filter(|folder| folder.is_dir()) {
        fs::remove_dir_all(&folder).map_err(Error::io(&folder))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, serde::Deserialize)]
    enum State {
        Level(f64),
        Season { alpha: f64, season: Vec<f64> },
    }

    fn models() -> Models<State> {
        let fitted = |sku: &str, state| Fitted { sku: sku.into(), location: "main".into(), channel: "web".into(), state };
        let season = State::Season { alpha: 0.1, season: vec![f64::MIN_POSITIVE, 1.0 / 3.0, f64::INFINITY] };
        Models { as_of: "2024-04-01".parse().unwrap(), fitted: vec![fitted("A", State::Level(0.1 + 0.2)), fitted("B", season)] }
    }

    #[test]
    fn states_come_back_bit_for_bit_and_the_same_states_have_the_same_digest() {
        let dir = tempfile::tempdir().unwrap();
        let digest = save(dir.path(), "run", "forecast", &models()).unwrap();
        assert_eq!(save(dir.path(), "again", "forecast", &models()).unwrap(), digest);
        let (loaded, found) = load::<State>(dir.path(), "run", "forecast").unwrap().unwrap();
        assert_eq!((&loaded, &found), (&models(), &digest));
        assert_eq!(loaded.get("A", "main", "web"), Some(&State::Level(0.1 + 0.2)));
        assert_eq!(loaded.get("A", "main", "shop"), None);
        assert_eq!(load::<State>(dir.path(), "other", "forecast").unwrap(), None);
    }

    #[test]
    fn damaged_states_are_refused_wherever_the_damage_is() {
        let dir = tempfile::tempdir().unwrap();
        save(dir.path(), "run", "forecast", &models()).unwrap();
        let path = dir.path().join("run/forecast.bin");
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x20;
            fs::write(&path, &bad).unwrap();
            assert!(!matches!(load::<State>(dir.path(), "run", "forecast"), Ok(Some((m, _))) if m != models()), "byte {at}");
            fs::write(&path, &good[..at]).unwrap();
            assert!(!matches!(load::<State>(dir.path(), "run", "forecast"), Ok(Some(_))), "cut at {at}");
        }
    }
}

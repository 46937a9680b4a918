//! What the compiler is told: which build this is, and which layouts of tables there are.
//!
//! `ORDERPOINT_BUILD`: the commit, as `git describe` names it, with a digest
//! of what was changed since; without git a digest of the sources. Two builds that may compute
//! different numbers never have the same name.

use std::fs;
use std::path::Path;
use std::process::Command;

fn main() {
    // The sources decide, and the commit's name where they are the same.
    println!("cargo:rerun-if-changed=src");
    println!("cargo:rerun-if-changed=Cargo.toml");
    if let Some(folder) = git(&["rev-parse", "--git-dir"]) {
        println!("cargo:rerun-if-changed={folder}/HEAD");
        println!("cargo:rerun-if-changed={folder}/logs/HEAD");
    }
    println!("cargo:rustc-env=ORDERPOINT_BUILD={}", described().unwrap_or_else(of_sources));
    list_presets();
}

/// The layouts that no platform owns, the one that needs no configuration first; the others follow
/// by name.
const GENERAL: [&str; 3] = ["generic", "nixtla", "wide"];

/// `OUT_DIR/presets.rs`: every data file of `ingest/cells/presets` as `("name", "its text")`, so
/// that a new file is a new preset.
fn list_presets() {
    let folder = fs::canonicalize("src/ingest/cells/presets").expect("the folder of presets");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".toml").map(str::to_owned));
    }
    names.sort_by_key(|name| {
        let general = GENERAL.iter().position(|general| general == name);
        (general.unwrap_or(GENERAL.len()), name.clone())
    });
    let mut list = "&[\n".to_owned();
    for name in names {
        let path = folder.join(format!("{name}.toml"));
        list.push_str(&format!("    ({name:?}, include_str!({path:?})),\n"));
    }
    list.push_str("]\n");
    let out = std::env::var_os("OUT_DIR").expect("cargo names the folder to write to");
    fs::write(Path::new(&out).join("presets.rs"), list).expect("cargo's folder can be written to");
}

/// `v1.2-3-g1a2b3c4`, or `1a2b3c4` without tags; `+` and a digest where sources were changed since.
fn described() -> Option<String> {
    // A copy of the sources inside another repository is not that repository's commit.
    let top = git(&["rev-parse", "--show-toplevel"])?;
    let here = fs::canonicalize(".").ok()?;
    if fs::canonicalize(top).ok()? != here {
        return None;
    }
    let commit = git(&["describe", "--always", "--tags", "--abbrev=12"])?;
    let changed = git(&["diff", "HEAD", "--", "src", "Cargo.toml", "Cargo.lock"])?;
    let new = git(&["ls-files", "--others", "--exclude-standard", "src"])?;
    if changed.is_empty() && new.is_empty() {
        return Some(commit);
    }
    let mut digest = Digest::new();
    digest.add(changed.as_bytes());
    for file in new.lines() {
        digest.add(file.as_bytes());
        digest.add(&fs::read(file).unwrap_or_default());
    }
    Some(format!("{commit}+{:08x}", digest.0 as u32))
}

/// `source.` and a digest of every file.
fn of_sources() -> String {
    let mut digest = Digest::new();
    add_folder(Path::new("src"), &mut digest);
    for file in ["Cargo.toml", "Cargo.lock"] {
        digest.add(&fs::read(file).unwrap_or_default());
    }
    format!("source.{:012x}", digest.0 & 0xffff_ffff_ffff)
}

fn add_folder(folder: &Path, digest: &mut Digest) {
    let mut paths: Vec<_> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            add_folder(&path, digest);
        } else {
            digest.add(path.to_string_lossy().replace('\\', "/").as_bytes());
            digest.add(&fs::read(&path).unwrap_or_default());
        }
    }
}

/// What git says, without taking its locks.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("--no-optional-locks").args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

/// FNV-1a: names builds, guards nothing.
struct Digest(u64);

impl Digest {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

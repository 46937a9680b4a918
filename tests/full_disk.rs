//! The real binary on a disk that fills up, and on one that cannot be written.
//!
//! Both need a file system of their own; where mounting is not permitted the tests say so, and fail
//! in CI.

use crate::small::folder;
use crate::support::{left_out, orderpoint, succeeds, text};
use orderpoint::store::PublishedRun;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small file system in memory, unmounted when dropped.
struct Mounted(PathBuf);

impl Mounted {
    fn new(at: &Path, mib: usize) -> Option<Self> {
        fs::create_dir(at).unwrap();
        let size = format!("size={mib}m");
        let done =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).output();
        let done = done.is_ok_and(|output| output.status.success());
        if !done {
            left_out("a file system cannot be mounted here");
        }
        done.then(|| Self(at.to_path_buf()))
    }

    fn remount(&self, how: &str) -> bool {
        Command::new("mount")
            .args(["-o", &format!("remount,{how}")])
            .arg(&self.0)
            .status()
            .unwrap()
            .success()
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(&self.0).status().ok();
    }
}

fn run(at: &Path, as_of: &str) -> std::process::Output {
    let args = [
        "run",
        "--config",
        "data/orderpoint.toml",
        "--data",
        "data",
        "--out",
        "disk/out",
        "--models",
        "models",
    ];
    orderpoint(at, &[&args[..], &["--as-of", as_of]].concat())
}

fn sample() -> tempfile::TempDir {
    let at = folder();
    succeeds(at.path(), &["demo", "--skus", "12", "--out", ".", "--data-only"], &[0]);
    at
}

fn is_whole(at: &Path, as_of: &str, what: &str) {
    let current = PublishedRun::current(&at.join("disk/out")).unwrap();
    assert!(current.damaged().is_empty(), "{what}: {:?}", current.damaged());
    assert_eq!(current.manifest.as_of.to_string(), as_of, "{what}");
}

#[test]
fn a_disk_that_fills_up_keeps_yesterday_and_says_what_it_lacks() {
    let at = sample();
    let Some(_disk) = Mounted::new(&at.path().join("disk"), 24) else { return };
    assert_eq!(run(at.path(), "2026-03-01").status.code(), Some(0));
    let (filler, mut failed) = (at.path().join("disk/filler"), 0);
    // From so little that the check refuses, over amounts at which single files fail, to enough.
    for free_kib in [64, 256, 512, 1024, 1536, 2048, 2560, 3072] {
        fs::remove_file(&filler).ok();
        let space = Command::new("df")
            .args(["--output=avail", "-k"])
            .arg(at.path().join("disk"))
            .output()
            .unwrap();
        let space: usize = text(&space.stdout).lines().last().unwrap().trim().parse().unwrap();
        fs::write(&filler, vec![0; space.saturating_sub(free_kib) * 1024]).unwrap();
        let done = run(at.path(), "2026-03-02");
        let what = format!("{free_kib} KiB free");
        if done.status.code() == Some(0) {
            is_whole(at.path(), "2026-03-02", &what);
            break;
        }
        assert_eq!(done.status.code(), Some(8), "{what}: {}", text(&done.stderr));
        let said = text(&done.stderr);
        assert!(said.contains("MB free") || said.contains("No space left"), "{what}: {said}");
        is_whole(at.path(), "2026-03-01", &what);
        failed += 1;
    }
    assert!(failed >= 2, "{failed} runs met a full disk");
    fs::remove_file(&filler).unwrap();
    assert_eq!(run(at.path(), "2026-03-02").status.code(), Some(0));
    is_whole(at.path(), "2026-03-02", "space again");
}

#[test]
fn a_destination_that_became_read_only_keeps_yesterday() {
    let at = sample();
    let Some(disk) = Mounted::new(&at.path().join("disk"), 24) else { return };
    assert_eq!(run(at.path(), "2026-03-01").status.code(), Some(0));
    assert!(disk.remount("ro"));
    let done = run(at.path(), "2026-03-02");
    assert_eq!(done.status.code(), Some(8));
    assert!(text(&done.stderr).contains("Read-only file system"), "{}", text(&done.stderr));
    is_whole(at.path(), "2026-03-01", "read-only");
    // A doctor looks at a backup, too; to mend it, it would have to write.
    let folders = ["--out", "disk/out", "--models", "models"];
    let looked = succeeds(at.path(), &[&["doctor"], &folders[..]].concat(), &[3]);
    let told = text(&looked.stdout);
    assert!(told.contains("disk/out: nothing can be written there"), "{told}");
    succeeds(at.path(), &[&["doctor", "--fix"], &folders[..]].concat(), &[8]);
    assert!(disk.remount("rw"));
    assert_eq!(run(at.path(), "2026-03-02").status.code(), Some(0));
    is_whole(at.path(), "2026-03-02", "writable again");
}

/// The program where no file may grow beyond 4 KiB.
fn cramped(at: &Path, args: &[&str]) -> Option<i32> {
    let within = "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", within, env!("CARGO_BIN_EXE_orderpoint")]).args(args).current_dir(at);
    command.output().unwrap().status.code()
}

#[test]
fn half_a_file_is_never_taken_for_a_whole_one() {
    let at = folder();
    let rows: String = (0..2_000).map(|i| format!("2026-01-{:02},S1,1\n", i % 28 + 1)).collect();
    fs::write(at.path().join("sales.csv"), format!("date,sku,quantity\n{rows}")).unwrap();
    let names = |folder: &Path| -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
        files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    };
    let init = ["init", "shop", "--from", "sales.csv"];
    assert_ne!(cramped(at.path(), &init), Some(0));
    let shop = at.path().join("shop");
    assert_eq!(names(&shop.join("data")), [""; 0], "a cut history is no history");
    assert_ne!(cramped(at.path(), &["init", "shop"]), Some(0));
    assert_eq!(names(&shop), [""; 0], "a cut configuration is no configuration");
    succeeds(at.path(), &init, &[0]);
    let brought = fs::read(shop.join("data/sales.csv")).unwrap();
    assert_eq!(brought, fs::read(at.path().join("sales.csv")).unwrap());
    let written = fs::read_to_string(shop.join("orderpoint.toml")).unwrap();
    assert!(written.contains("[mapping") && written.contains("[export"), "{written}");
}

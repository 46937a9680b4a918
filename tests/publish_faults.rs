//! What is left when publishing fails: every operation in turn fails, stays failed, or is the last
//! one the process ever does.

use crate::small::{Small, folder, small};
use orderpoint::store::PublishedRun;
use orderpoint::store::disk::{Disk, DiskFile, OsDisk};
use std::fs;
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How an operation fails.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    /// This once.
    Once,
    /// A write stops half-way, this once; other operations fail.
    Short,
    /// The disk is full from now on: what needs space fails.
    Full,
    /// Nothing works any more, as if the power had gone.
    Dead,
    /// The process kills itself.
    Kill,
}

#[derive(Debug)]
struct Plan {
    at: usize,
    fault: Fault,
    count: AtomicUsize,
}

impl Plan {
    fn new(at: usize, fault: Fault) -> Arc<Self> {
        Arc::new(Self { at, fault, count: AtomicUsize::new(0) })
    }

    /// Counts one operation; `grows` tells whether it needs space.
    fn step(&self, grows: bool) -> io::Result<()> {
        let now = self.count.fetch_add(1, Ordering::SeqCst);
        let fails = match self.fault {
            Fault::Once | Fault::Short | Fault::Kill => now == self.at,
            Fault::Full => now >= self.at && grows,
            Fault::Dead => now >= self.at,
        };
        if fails && self.fault == Fault::Kill {
            Command::new("kill").args(["-9", &std::process::id().to_string()]).status().unwrap();
            loop {
                std::thread::park();
            }
        }
        let kind = if self.fault == Fault::Full {
            io::ErrorKind::StorageFull
        } else {
            io::ErrorKind::Other
        };
        if fails { Err(io::Error::new(kind, "injected")) } else { Ok(()) }
    }
}

#[derive(Debug)]
struct FaultyDisk(Arc<Plan>);

struct FaultyFile(Box<dyn DiskFile>, Arc<Plan>);

impl Write for FaultyFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self.1.step(true) {
            Err(_) if self.1.fault == Fault::Short && buf.len() > 1 => {
                self.0.write(&buf[..buf.len() / 2])
            }
            Err(error) => Err(error),
            Ok(()) => self.0.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl DiskFile for FaultyFile {
    fn sync(&mut self) -> io::Result<()> {
        self.1.step(true)?;
        self.0.sync()
    }
}

impl Disk for FaultyDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.0.step(true)?;
        Ok(Box::new(FaultyFile(OsDisk.create(path)?, self.0.clone())))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.0.step(true)?;
        OsDisk.create_dir(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.0.step(false)?;
        OsDisk.sync_dir(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.step(false)?;
        OsDisk.rename(from, to)
    }

    fn link(&self, target: &Path, link: &Path) -> io::Result<()> {
        self.0.step(true)?;
        OsDisk.link(target, link)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.step(false)?;
        OsDisk.remove(path)
    }

    fn free_bytes(&self, path: &Path) -> Option<u64> {
        OsDisk.free_bytes(path)
    }
}

fn yesterday() -> Small {
    small("2024-04-01", 10)
}

fn tonight() -> Small {
    small("2024-04-02", 11)
}

/// Operations of one undisturbed publication after another.
fn operations() -> usize {
    let out = folder();
    yesterday().publish(out.path(), "").unwrap();
    let plan = Plan::new(usize::MAX, Fault::Once);
    tonight().publish_patiently(Arc::new(FaultyDisk(plan.clone())), out.path(), "").unwrap();
    plan.count.load(Ordering::SeqCst)
}

/// `current` names a whole run, the old or the new one; the next run is good and leaves nothing but
/// runs behind.
fn is_whole_and_goes_on(out: &Path, what: &str) {
    let current = PublishedRun::current(out).unwrap_or_else(|e| panic!("{what}: {e}"));
    assert!(current.damaged().is_empty(), "{what}: {:?}", current.damaged());
    let new = tonight().publish(out, "").unwrap_or_else(|e| panic!("{what}, next run: {e}"));
    let current = PublishedRun::current(out).unwrap();
    assert_eq!(current.folder, fs::canonicalize(new).unwrap(), "{what}");
    assert!(current.damaged().is_empty(), "{what}");
    let mut left: Vec<_> =
        fs::read_dir(out).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, [".lock", "current", "current.json", "runs"], "{what}");
}

#[test]
fn every_operation_may_fail_and_current_stays_whole() {
    let operations = operations();
    let mut points = 0;
    for fault in [Fault::Once, Fault::Short, Fault::Full, Fault::Dead] {
        for at in 0..operations {
            let out = folder();
            yesterday().publish(out.path(), "").unwrap();
            // An error is expected, success is fine where the fault does not matter: only the state
            // on disk counts.
            let _ = tonight().publish_patiently(
                Arc::new(FaultyDisk(Plan::new(at, fault))),
                out.path(),
                "",
            );
            is_whole_and_goes_on(out.path(), &format!("{fault:?} at {at} of {operations}"));
            points += 1;
        }
    }
    println!("{points} fault points survived");
    assert!(points >= 200, "{points} fault points");
}

#[test]
fn a_failure_is_told_with_its_path_and_exit_code_one() {
    let out = folder();
    let disk = FaultyDisk(Plan::new(3, Fault::Full));
    let error = tonight().publish_patiently(Arc::new(disk), out.path(), "").unwrap_err();
    assert_eq!(error.exit_code(), 8);
    assert!(error.to_string().contains(".staging-2024-04-02"), "{error}");
    assert!(!out.path().join("current").exists());
}

/// What [`child`] is told, and what it answers.
const CHILD_OUT: &str = "ORDERPOINT_TEST_OUT";
const CHILD_KILL: &str = "ORDERPOINT_TEST_KILL";
const CHILD_LOCKED: i32 = 4;

fn spawn(out: &Path, kill_at: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["publish_faults::child", "--exact", "--ignored", "--test-threads=1"])
        .env(CHILD_OUT, out)
        .env(CHILD_KILL, kill_at.to_string())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
#[ignore = "run by other tests, as a process of its own"]
fn child() {
    let out = std::env::var_os(CHILD_OUT).unwrap();
    let at = std::env::var(CHILD_KILL).unwrap().parse().unwrap();
    let plan = Plan::new(at, Fault::Kill);
    match tonight().publish_on(Arc::new(FaultyDisk(plan)), Path::new(&out), "") {
        Ok(_) => std::process::exit(0),
        Err(error) => std::process::exit(i32::from(error.exit_code())),
    }
}

#[test]
fn kill_9_at_every_operation_leaves_current_whole() {
    for at in 0..operations() {
        let out = folder();
        yesterday().publish(out.path(), "").unwrap();
        let status = spawn(out.path(), at).wait().unwrap();
        assert_eq!(status.signal(), Some(9), "killed at {at}");
        is_whole_and_goes_on(out.path(), &format!("kill at {at}"));
    }
}

#[test]
fn of_two_racing_runs_exactly_one_publishes() {
    for round in 0..50 {
        let out = folder();
        let mut racers: Vec<Child> = (0..2).map(|_| spawn(out.path(), usize::MAX)).collect();
        let codes: Vec<_> = racers.iter_mut().map(|c| c.wait().unwrap().code().unwrap()).collect();
        // The later one is refused, or comes so late that it finds the run published.
        assert!(
            codes.contains(&0) && codes.iter().all(|c| [0, CHILD_LOCKED].contains(c)),
            "round {round}: {codes:?}"
        );
        let runs = fs::read_dir(out.path().join("runs")).unwrap().count();
        assert_eq!(runs, 1, "round {round}");
        is_whole_and_goes_on(out.path(), &format!("round {round}"));
    }
}

#[test]
fn readers_of_current_never_see_half_a_run() {
    let out = folder();
    yesterday().publish(out.path(), "").unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = 0;
            while !done.load(Ordering::SeqCst) {
                let run = PublishedRun::current(out.path()).unwrap();
                assert!(run.is_whole());
                seen += 1;
            }
            seen
        });
        let published: Vec<_> =
            (0..30).map(|night| tonight().publish(out.path(), &format!("night {night}"))).collect();
        done.store(true, Ordering::SeqCst);
        assert!(published.iter().all(Result::is_ok), "{published:?}");
        assert!(reader.join().unwrap() > 30);
    });
}

#[test]
fn a_destination_that_cannot_be_written_is_told() {
    let error = tonight().publish(Path::new("/proc/orderpoint"), "").unwrap_err();
    assert_eq!(error.exit_code(), 8);
    assert!(error.to_string().contains("/proc/orderpoint"), "{error}");
    let place = folder();
    let file = place.path().join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(tonight().publish(&file.join("out"), "").unwrap_err().exit_code(), 8);
}

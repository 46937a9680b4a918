//! The real binary, killed and raced.
//!
//! `KILLS=200 RACES=50` kills and races as often as a release asks for; without them, a dozen and
//! ten times.

use crate::small::folder;
use crate::support::{orderpoint, succeeds, text};
use chrono::{Duration, NaiveDate};
use orderpoint::store::PublishedRun;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const FIRST: &str = "2025-01-01";

/// How often, from the environment.
fn count(name: &str, default: u32) -> u32 {
    std::env::var(name).map_or(default, |n| n.parse().unwrap())
}

fn night(i: i64) -> String {
    (FIRST.parse::<NaiveDate>().unwrap() + Duration::days(i)).to_string()
}

/// Arguments of the run of one night.
fn run(as_of: &str) -> Vec<String> {
    let fixed = [
        "run",
        "--config",
        "data/orderpoint.toml",
        "--data",
        "data",
        "--out",
        "out",
        "--models",
        "models",
        "--as-of",
        as_of,
    ];
    fixed.iter().map(|a| (*a).to_string()).collect()
}

/// A shop that learns anew every night, so that every night keeps states.
fn sample() -> tempfile::TempDir {
    let at = folder();
    succeeds(at.path(), &["demo", "--skus", "12", "--out", ".", "--data-only"], &[0]);
    let config = at.path().join("data/orderpoint.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    assert!(!text.contains("[forecast]"));
    std::fs::write(&config, text + "\n[forecast]\nrefit_days = 1\n").unwrap();
    at
}

/// Runs whose states the manifests of the published ones name.
fn named_states(out: &Path) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for entry in std::fs::read_dir(out.join("runs")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path().join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
        named.extend(manifest["refit"]["run_id"].as_str().map(str::to_owned));
    }
    named
}

fn finish(at: &Path, as_of: &str) {
    let args = run(as_of);
    succeeds(at, &args.iter().map(String::as_str).collect::<Vec<_>>(), &[0, 5]);
    let current = PublishedRun::current(&at.join("out")).unwrap();
    assert!(current.manifest.as_of.to_string() == as_of && current.damaged().is_empty());
    for entry in std::fs::read_dir(at.join("out")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(!name.starts_with(".staging") && !name.starts_with(".current"), "{name} is left");
    }
    let named = named_states(&at.join("out"));
    for entry in std::fs::read_dir(at.join("models")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(named.contains(&name), "models/{name} is left: no run goes back to it");
    }
}

#[test]
fn kill_9_at_any_moment_leaves_current_whole_and_the_next_run_good() {
    let at = sample();
    let started = Instant::now();
    finish(at.path(), FIRST);
    let length = started.elapsed();
    let kills = count("KILLS", 12);
    for i in 1..=kills {
        let as_of = night(i64::from(i));
        let mut child = Command::new(env!("CARGO_BIN_EXE_orderpoint"))
            .args(run(&as_of))
            .current_dir(at.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Moments spread evenly over a run, in an order that does not follow the nights.
        std::thread::sleep(length * (i * 7919 % kills) / kills);
        child.kill().unwrap();
        child.wait().unwrap();
        let current = PublishedRun::current(&at.path().join("out")).unwrap();
        assert!(current.damaged().is_empty(), "kill {i}: {:?}", current.damaged());
        if i % 4 == 0 {
            finish(at.path(), &as_of);
        }
    }
}

#[test]
fn of_two_racing_binaries_one_publishes_and_the_other_is_told_who_does() {
    let at = sample();
    for i in 0..i64::from(count("RACES", 10)) {
        let args = [run(&night(i)), vec!["--json".to_string()]].concat();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let both = std::thread::scope(|scope| {
            let racers = [(); 2].map(|()| scope.spawn(|| orderpoint(at.path(), &args)));
            racers.map(|racer| racer.join().unwrap())
        });
        let published =
            both.iter().filter(|o| text(&o.stdout).contains("\"unchanged\":false")).count();
        assert_eq!(published, 1, "night {i}: {both:?}");
        for refused in both.iter().filter(|o| o.status.code() == Some(4)) {
            let told = text(&refused.stderr);
            assert!(
                told.contains("another run holds the lock") && told.contains("started"),
                "{told}"
            );
        }
        assert!(both.iter().all(|o| [0, 4, 5].contains(&o.status.code().unwrap())), "{both:?}");
    }
}

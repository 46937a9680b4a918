//! Nights between two refits, through the command line: what carries on, what is fitted anew, and
//! that it is said.

use crate::small::folder;
use crate::support::{Table, files, orderpoint, succeeds, text};
use orderpoint::store::{PublishedRun, RefitEntry};
use std::fs;
use std::path::Path;

/// A morning on which the sample's item BEA-0001 is not promoted.
const FIRST: &str = "2026-02-10";
const SECOND: &str = "2026-02-11";

fn sample() -> tempfile::TempDir {
    let at = folder();
    succeeds(at.path(), &["demo", "--skus", "12", "--out", ".", "--data-only"], &[0]);
    at
}

/// Runs one morning into `out`; what its manifest says about the refit.
fn night(at: &Path, out: &str, as_of: &str, threads: &str) -> Option<RefitEntry> {
    let paths =
        ["--config", "data/orderpoint.toml", "--data", "data", "--out", out, "--models", "models"];
    succeeds(at, &[&["run", "--as-of", as_of, "--threads", threads], &paths[..]].concat(), &[0, 5]);
    PublishedRun::current(&at.join(out)).unwrap().manifest.refit
}

/// (severity, what, why) of the current run's exceptions about its refit.
fn told(at: &Path, out: &str) -> Vec<[String; 3]> {
    let table = Table::published(&at.join(out), "exceptions");
    let about = |row: &&Vec<String>| table.text(row, "kind") == "refit";
    let cells = |row: &Vec<String>| {
        ["severity", "what", "why"].map(|column| table.text(row, column).to_owned())
    };
    table.rows.iter().filter(about).map(cells).collect()
}

/// Edits one input file.
fn edit(at: &Path, file: &str, change: impl FnOnce(String) -> String) {
    let path = at.join("data").join(file);
    let before = fs::read_to_string(&path).unwrap();
    let after = change(before.clone());
    assert_ne!(before, after, "{file} is as it was");
    fs::write(path, after).unwrap();
}

fn states(at: &Path, refit: &RefitEntry) -> std::path::PathBuf {
    at.join("models").join(&refit.run_id).join("forecast.bin")
}

#[test]
fn the_second_night_carries_on_and_says_so_the_same_at_any_number_of_threads() {
    let at = sample();
    let first = night(at.path(), "out", FIRST, "1").unwrap();
    let run = PublishedRun::current(&at.path().join("out")).unwrap().manifest.run_id;
    assert_eq!(
        (first.run_id.as_str(), first.as_of.to_string().as_str(), first.carried),
        (run.as_str(), FIRST, 0)
    );
    assert!(first.fitted > 20 && told(at.path(), "out").is_empty());
    for copy in ["out2", "out4"] {
        assert!(
            std::process::Command::new("cp")
                .args(["-a", "out", copy])
                .current_dir(at.path())
                .status()
                .unwrap()
                .success()
        );
    }
    let second = [("out", "1"), ("out2", "2"), ("out4", "4")]
        .map(|(out, threads)| night(at.path(), out, SECOND, threads));
    let carried = second[0].clone().unwrap();
    assert_eq!(
        (&carried.run_id, &carried.sha256, carried.as_of),
        (&first.run_id, &first.sha256, first.as_of)
    );
    assert!(
        carried.carried > 20 && carried.carried + carried.fitted >= first.fitted,
        "{carried:?}"
    );
    let [[severity, what, _]] = &told(at.path(), "out")[..] else {
        panic!("one sentence about the refit")
    };
    assert_eq!(
        (severity.as_str(), what.as_str()),
        ("info", format!("levels are carried on from the refit of {FIRST}").as_str())
    );
    let why = text(
        &succeeds(at.path(), &["explain", "BEA-0001", "--channel", "web", "--out", "out"], &[0])
            .stdout,
    );
    assert!(why.contains(&format!("as fitted on {FIRST}")), "{why}");
    let current = |out: &str| fs::canonicalize(at.path().join(out).join("current")).unwrap();
    for file in files(&current("out")).iter().filter(|f| !f.ends_with("timings.json")) {
        let bytes = ["out", "out2", "out4"].map(|out| fs::read(current(out).join(file)).unwrap());
        assert!(bytes.iter().all(|b| *b == bytes[0]), "{} differs", file.display());
    }
    assert_eq!(
        fs::read_dir(at.path().join("models")).unwrap().count(),
        1,
        "a night that fits nothing keeps nothing"
    );
}

#[test]
fn a_night_depends_on_its_refit_and_not_on_the_nights_between() {
    let at = sample();
    night(at.path(), "each", FIRST, "1");
    night(at.path(), "skipped", FIRST, "1");
    night(at.path(), "each", SECOND, "1");
    let entries = ["each", "skipped"].map(|out| night(at.path(), out, "2026-02-13", "1"));
    assert_eq!(entries[0], entries[1]);
    // All but the run's id, which knows the nights between.
    let tables = ["each", "skipped"].map(|out| {
        let table = Table::published(&at.path().join(out), "forecast");
        let run_id = table.columns["run_id"];
        table.rows.into_iter().map(|row| row[run_id + 1..].to_vec()).collect::<Vec<_>>()
    });
    assert!(tables[0] == tables[1], "forecasts differ");
}

#[test]
fn a_corrected_past_fits_the_item_anew_and_only_that() {
    let at = sample();
    night(at.path(), "plain", FIRST, "1");
    night(at.path(), "corrected", FIRST, "1");
    let plain = night(at.path(), "plain", SECOND, "1").unwrap();
    edit(at.path(), "sales.csv", |sales| {
        let line = sales
            .lines()
            .find(|line| line.starts_with("2025-06") && line.contains(",BEA-0002,web,"))
            .unwrap()
            .to_owned();
        sales.replacen(&line, &format!("{line}\n{line}"), 1)
    });
    let corrected = night(at.path(), "corrected", SECOND, "1").unwrap();
    assert_eq!(corrected.run_id, plain.run_id);
    assert!((1..=3).contains(&(corrected.fitted - plain.fitted)), "{plain:?} {corrected:?}");
}

#[test]
fn another_product_or_past_promotion_fits_its_items_anew_and_a_planned_one_nothing() {
    let at = sample();
    for out in ["plain", "product", "past", "planned"] {
        night(at.path(), out, FIRST, "1");
    }
    let promote =
        |line: &'static str| move |table: String| table.replacen('\n', &format!("\n{line}\n"), 1);
    let fitted = |out| night(at.path(), out, SECOND, "1").unwrap().fitted;
    let plain = fitted("plain");
    edit(at.path(), "promotions.csv", promote("2026-03-20,2026-03-29,BEA-0003,,,0.3,2.0"));
    assert_eq!(fitted("planned"), plain);
    edit(at.path(), "promotions.csv", promote("2025-09-01,2025-09-10,BEA-0003,,,0.3,"));
    let past = fitted("past");
    assert!(past > plain, "{past} {plain}");
    edit(at.path(), "products.csv", |table| {
        table.replacen("active,,,,,180,0.27", "active,,,BEA-0001,0.5,180,0.27", 1)
    });
    let product = fitted("product");
    assert!(product > past, "{product} {past}");
}

#[test]
fn the_refit_comes_by_the_calendar() {
    let at = sample();
    let first = night(at.path(), "out", FIRST, "1").unwrap();
    assert_eq!(night(at.path(), "out", "2026-02-16", "1").unwrap().run_id, first.run_id);
    let due = night(at.path(), "out", "2026-02-17", "1").unwrap();
    assert_eq!((due.as_of.to_string().as_str(), due.carried), ("2026-02-17", 0));
    assert!(told(at.path(), "out").is_empty());
    let changes = Table::published(&at.path().join("out"), "changes");
    let learnt = changes.rows.iter().find(|row| changes.text(row, "field") == "learnt").unwrap();
    assert_eq!(
        (changes.text(learnt, "before"), changes.text(learnt, "after")),
        (FIRST, "2026-02-17")
    );
    // Every run learns anew, and keeps nothing.
    edit(at.path(), "orderpoint.toml", |config| format!("{config}\n[forecast]\nrefit_days = 0\n"));
    assert_eq!(night(at.path(), "out", "2026-02-18", "1"), None);
    assert_eq!(fs::read_dir(at.path().join("models")).unwrap().count(), 2);
}

#[test]
fn states_that_are_damaged_lost_or_of_other_settings_are_not_used_and_that_is_said() {
    let at = sample();
    let first = night(at.path(), "cold", FIRST, "1").unwrap();
    let good = fs::read(states(at.path(), &first)).unwrap();
    for out in ["damaged", "lost", "other"] {
        night(at.path(), out, FIRST, "1");
    }
    let mut bad = good.clone();
    bad[good.len() / 2] ^= 1;
    fs::write(states(at.path(), &first), bad).unwrap();
    let learnt = night(at.path(), "damaged", SECOND, "1").unwrap();
    assert_eq!((learnt.as_of.to_string().as_str(), learnt.carried), (SECOND, 0));
    let [[severity, what, why]] = &told(at.path(), "damaged")[..] else {
        panic!("one sentence about the refit")
    };
    assert_eq!((severity.as_str(), why.as_str()), ("warning", "damaged model states (digest)"));
    assert!(what.starts_with("everything was learnt anew"), "{what}");
    fs::remove_file(states(at.path(), &first)).unwrap();
    night(at.path(), "lost", SECOND, "1");
    assert_eq!(told(at.path(), "lost")[0][2], "its states are not in the models folder");
    let rows = |out: &str| Table::published(&at.path().join(out), "forecast").rows;
    assert!(rows("damaged") == rows("lost"), "without states every run is the same");
    fs::write(states(at.path(), &first), good).unwrap();
    edit(at.path(), "orderpoint.toml", |config| format!("{config}\n[forecast]\nharmonics = 6\n"));
    night(at.path(), "other", SECOND, "1");
    assert_eq!(told(at.path(), "other")[0][2], "other forecast settings");
}

#[test]
fn a_models_folder_that_cannot_be_written_is_a_warning() {
    let at = sample();
    fs::write(at.path().join("models"), "a file").unwrap();
    assert_eq!(night(at.path(), "out", FIRST, "1"), None);
    assert_eq!(told(at.path(), "out")[0][0], "warning");
}

#[test]
fn prune_keeps_the_states_that_kept_runs_go_back_to() {
    let at = sample();
    let first = night(at.path(), "out", FIRST, "1").unwrap();
    night(at.path(), "out", SECOND, "1");
    let prune = || {
        let command = [
            "prune",
            "--keep",
            "1",
            "--config",
            "data/orderpoint.toml",
            "--out",
            "out",
            "--models",
            "models",
        ];
        assert_eq!(orderpoint(at.path(), &command).status.code(), Some(0));
    };
    prune();
    assert!(states(at.path(), &first).is_file());
    let due = night(at.path(), "out", "2026-02-17", "1").unwrap();
    prune();
    assert!(!states(at.path(), &first).exists() && states(at.path(), &due).is_file());
}

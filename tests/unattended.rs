//! What goes wrong while nobody looks, a test a kind: damaged decisions and runs, a pointer that a
//! backup turned into a folder, mistyped dates, exports cut short, folders without permission, a
//! pilot before the whole run.

use crate::small::folder;
use crate::support::{Table, orderpoint, succeeds, text};
use orderpoint::store::PublishedRun;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const ITEMS: usize = 6;

/// Sales of ninety days up to the fourth of January, and what the items cost and have.
fn shop() -> tempfile::TempDir {
    let at = folder();
    let data = at.path().join("data");
    fs::create_dir(&data).unwrap();
    let first = chrono::NaiveDate::from_ymd_opt(2025, 10, 7).unwrap();
    let mut sales = String::from("date,sku,quantity,unit_price\n");
    for (number, day) in first.iter_days().take(90).enumerate() {
        for item in 0..ITEMS {
            sales += &format!("{day},S{item},{},10\n", (number * 7 + item * 3) % 5);
        }
    }
    fs::write(data.join("sales.csv"), sales).unwrap();
    let rows = |head: &str, row: fn(usize) -> String| {
        let rows: Vec<String> = (0..ITEMS).map(row).collect();
        format!("{head}\n{}\n", rows.join("\n"))
    };
    let tables = [
        ("products", rows("sku,name,unit_cost", |i| format!("S{i},item {i},5"))),
        ("stock", rows("sku,on_hand", |i| format!("S{i},{i}"))),
        ("supply", rows("sku,supplier,lead_time_days", |i| format!("S{i},s{},7", i % 2))),
    ];
    for (name, text) in tables {
        fs::write(data.join(format!("{name}.csv")), text).unwrap();
    }
    at
}

fn run(at: &Path, as_of: &str, codes: &[i32]) -> String {
    let output = succeeds(at, &["run", "--as-of", as_of], codes);
    text(&output.stdout) + &text(&output.stderr)
}

fn out(at: &Path) -> PathBuf {
    at.join("reports")
}

/// Ids of the lines to order.
fn proposed(at: &Path) -> Vec<String> {
    let lines = Table::published(&out(at), "recommendations");
    let wanted = lines.rows.iter().filter(|row| lines.number(row, "quantity") > 0.0);
    wanted.map(|row| lines.text(row, "recommendation_id").to_owned()).collect()
}

fn approve(at: &Path, ids: &[String]) {
    let rows: Vec<String> = ids.iter().map(|id| format!("{id},approve,ann")).collect();
    let text = format!("recommendation_id,decision,author\n{}\n", rows.join("\n"));
    fs::write(at.join("decisions.csv"), text).unwrap();
    succeeds(at, &["review", "--decisions", "decisions.csv"], &[0]);
}

/// Kinds and items of the current run's exceptions.
fn kinds(at: &Path) -> Vec<String> {
    let told = Table::published(&out(at), "exceptions");
    told.rows.iter().map(|row| told.text(row, "kind").to_owned()).collect()
}

fn kept_decisions(at: &Path, folder: &str) -> PathBuf {
    let files = fs::read_dir(out(at).join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|end| end == "csv")).collect();
    files.sort();
    files.remove(0)
}

/// What becomes of a file.
type Harm = fn(&[u8]) -> Vec<u8>;

#[test]
fn damaged_decisions_come_back_from_their_copy_or_stop_the_night() {
    let at = shop();
    run(at.path(), "2026-01-05", &[0]);
    let ids = proposed(at.path());
    assert!(ids.len() >= 3, "{ids:?}");
    approve(at.path(), &ids[..2]);
    let file = kept_decisions(at.path(), "decisions");
    let whole = fs::read(&file).unwrap();
    let harms: [Harm; 3] = [|b| b[..b.len() / 2].to_vec(), |b| vec![0; b.len()], |_| Vec::new()];
    for (day, harm) in (6..).zip(harms) {
        fs::write(&file, harm(&whole)).unwrap();
        run(at.path(), &format!("2026-01-{day:02}"), &[5]);
        assert_eq!(fs::read(&file).unwrap(), whole, "restored");
        assert!(kinds(at.path()).contains(&"decisions-restored".to_owned()));
        let lines = Table::published(&out(at.path()), "recommendations");
        let ordered: f64 = lines.rows.iter().map(|row| lines.number(row, "on_order")).sum();
        assert!(ordered > 0.0, "what was approved is on order");
    }
    // A copy that a tool left beside counts for nothing, and is told.
    fs::copy(&file, file.with_extension("csv~")).unwrap();
    run(at.path(), "2026-01-10", &[0, 5]);
    assert!(kinds(at.path()).contains(&"unknown-decisions".to_owned()));
    fs::remove_file(file.with_extension("csv~")).unwrap();
    // Without a sound copy nothing is published: what was approved would be ordered twice.
    fs::write(&file, b"").unwrap();
    fs::remove_dir_all(out(at.path()).join(".decisions-copy")).unwrap();
    run(at.path(), "2026-01-11", &[3]);
}

#[test]
fn decisions_without_permission_are_not_no_decisions() {
    let at = shop();
    run(at.path(), "2026-01-05", &[0]);
    approve(at.path(), &proposed(at.path())[..1]);
    let folder = out(at.path()).join("decisions");
    let before = fs::metadata(&folder).unwrap().permissions();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o000)).unwrap();
    // Whoever may read everything cannot be kept out.
    let kept_out = fs::read_dir(&folder).is_err();
    let code = orderpoint(at.path(), &["run", "--as-of", "2026-01-06"]).status.code();
    fs::set_permissions(&folder, before).unwrap();
    assert_eq!(code, Some(if kept_out { 3 } else { 0 }));
    // A file in its place is none either.
    fs::rename(&folder, out(at.path()).join("aside")).unwrap();
    fs::write(&folder, "").unwrap();
    run(at.path(), "2026-01-07", &[3]);
}

#[test]
fn a_damaged_table_of_last_night_is_passed_over() {
    let at = shop();
    let first = run(at.path(), "2026-01-05", &[0]);
    assert!(first.contains("published"), "{first}");
    let older = PublishedRun::current(&out(at.path())).unwrap().manifest.run_id;
    for table in ["policy", "recommendations", "classification", "allocation", "indicators"] {
        run(at.path(), "2026-01-06", &[0, 5]);
        let last = PublishedRun::current(&out(at.path())).unwrap();
        let path = last.folder.join(format!("tables/{table}.parquet"));
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
        run(at.path(), "2026-01-07", &[0, 5]);
        let tonight = PublishedRun::current(&out(at.path())).unwrap();
        assert_eq!(tonight.manifest.previous.as_ref(), Some(&older), "{table}");
        assert!(kinds(at.path()).contains(&"previous-run".to_owned()), "{table}");
        fs::remove_dir_all(&last.folder).unwrap();
        fs::remove_dir_all(&tonight.folder).unwrap();
    }
}

#[test]
fn current_as_a_folder_or_a_file_is_a_link_again() {
    let at = shop();
    run(at.path(), "2026-01-05", &[0]);
    let link = out(at.path()).join("current");
    let run_folder = fs::canonicalize(&link).unwrap();
    fs::remove_file(&link).unwrap();
    fs::create_dir(&link).unwrap();
    fs::copy(run_folder.join("manifest.json"), link.join("manifest.json")).unwrap();
    succeeds(at.path(), &["doctor"], &[3]);
    run(at.path(), "2026-01-06", &[0, 5]);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    fs::remove_file(&link).unwrap();
    fs::write(&link, "runs/somewhere").unwrap();
    run(at.path(), "2026-01-07", &[0, 5]);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    // A copy of an older run, which a backup brought back: what the text beside it names counts.
    let newest = fs::canonicalize(&link).unwrap();
    fs::remove_file(&link).unwrap();
    fs::create_dir(&link).unwrap();
    fs::copy(run_folder.join("manifest.json"), link.join("manifest.json")).unwrap();
    run(at.path(), "2026-01-08", &[0, 5]);
    let tonight = PublishedRun::current(&out(at.path())).unwrap().manifest;
    assert_eq!(tonight.previous.as_deref(), newest.file_name().and_then(|name| name.to_str()));
    // A folder that no run made is somebody's: refused before the night's work.
    fs::remove_file(&link).unwrap();
    fs::remove_file(out(at.path()).join("current.json")).unwrap();
    fs::create_dir(&link).unwrap();
    fs::write(link.join("mine.txt"), "x").unwrap();
    let said = run(at.path(), "2026-01-09", &[2]);
    assert!(said.contains("move it away"), "{said}");
}

#[test]
fn one_mistyped_year_moves_no_night_and_half_an_export_is_refused() {
    let at = shop();
    let sales = at.path().join("data/sales.csv");
    let whole = fs::read_to_string(&sales).unwrap();
    fs::write(&sales, format!("{whole}2062-01-05,S1,3,10\n")).unwrap();
    succeeds(at.path(), &["run"], &[0, 5]);
    let current = PublishedRun::current(&out(at.path())).unwrap().manifest;
    assert_eq!(current.as_of.to_string(), "2026-01-05", "the day after the last sale");
    assert!(kinds(at.path()).contains(&"quarantine".to_owned()));
    let rows: Vec<&str> = whole.lines().collect();
    for share in [60, 90, 99] {
        fs::write(&sales, rows[..rows.len() * share / 100].join("\n")).unwrap();
        let output = succeeds(at.path(), &["run"], &[3]);
        assert!(text(&output.stderr).contains("is the export cut short?"), "{share} %");
    }
    let after = PublishedRun::current(&out(at.path())).unwrap().manifest;
    assert_eq!(after.run_id, current.run_id);
}

#[test]
fn a_pilot_one_day_and_the_whole_run_the_next() {
    let at = shop();
    fs::write(at.path().join("two.txt"), "S1\nS2\n").unwrap();
    let pilot = ["run", "--as-of", "2026-01-05", "--only", "two.txt"];
    succeeds(at.path(), &pilot, &[0, 5]);
    run(at.path(), "2026-01-06", &[0, 5]);
    let current = PublishedRun::current(&out(at.path())).unwrap().manifest;
    assert_eq!((current.as_of.to_string().as_str(), current.previous), ("2026-01-06", None));
    // And a pilot after it leaves the whole run where it is.
    succeeds(at.path(), &["run", "--as-of", "2026-01-07", "--only", "two.txt"], &[0, 5]);
    let after = PublishedRun::current(&out(at.path())).unwrap().manifest;
    assert_eq!(after.run_id, current.run_id);
}

#[test]
fn lead_times_and_settings_without_end_are_refused() {
    let at = shop();
    let supply = at.path().join("data/supply.csv");
    let good = fs::read_to_string(&supply).unwrap();
    for days in ["20260301", "1e12"] {
        fs::write(&supply, good.replace("S1,s1,7", &format!("S1,s1,{days}"))).unwrap();
        run(at.path(), "2026-01-05", &[0, 5]);
        let told = Table::published(&out(at.path()), "quarantine");
        assert!(told.rows.iter().any(|row| told.text(row, "value") == days), "{days}");
    }
    fs::write(&supply, good).unwrap();
    for setting in [
        "[policy]\nreview_period_days = 1e308",
        "[policy]\nreview_period_days = 9223372036854775807",
        "[forecast]\nweekday_evidence = inf",
        "[allocation]\nsync_days = 1e308",
    ] {
        fs::write(at.path().join("orderpoint.toml"), setting).unwrap();
        let output = succeeds(at.path(), &["run", "--as-of", "2026-01-05"], &[2]);
        assert!(text(&output.stderr).contains("expected"), "{setting}");
    }
}

#[test]
fn moves_are_told_with_the_orders_the_first_time_and_the_second() {
    let at = shop();
    let data = at.path().join("data");
    let sales = fs::read_to_string(data.join("sales.csv")).unwrap();
    let mut placed = String::from("date,sku,quantity,unit_price,location\n");
    for line in sales.lines().skip(1) {
        placed += &format!("{line},main\n");
        if line.contains(",S0,") {
            placed += &format!("{line},east\n");
        }
    }
    fs::write(data.join("sales.csv"), placed).unwrap();
    let mut stock = String::from("sku,location,on_hand\nS0,main,0\nS0,east,500\n");
    (1..ITEMS).for_each(|item| stock += &format!("S{item},main,500\n"));
    fs::write(data.join("stock.csv"), stock).unwrap();
    let decisions = |said: &str| {
        let lines = said.lines().skip(1).take_while(|line| !line.contains("by location"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let first = decisions(&run(at.path(), "2026-01-05", &[0]));
    assert!(first[0].ends_with(", and 1 move"), "{first:?}");
    assert!(first.iter().any(|line| line.contains(" of S0 from east to main")), "{first:?}");
    assert_eq!(decisions(&run(at.path(), "2026-01-05", &[0])), first);
    let folder = PublishedRun::current(&out(at.path())).unwrap().folder;
    let summary = fs::read_to_string(folder.join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["moves"], 1);
}

//! `worked_examples.csv` says of every worked example which test asserts it; here it is held
//! against the tests there are, and examples that need the whole program are played.

use crate::support::{Table, succeeds};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn every_worked_example_has_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    sources(&root.join("tests"), &mut files);
    let texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let list = fs::read_to_string(root.join("tests/worked_examples.csv")).unwrap();
    let mut missing = Vec::new();
    for line in list.lines().skip(1) {
        let test = line.rsplit(',').next().unwrap();
        let head = format!("fn {test}(");
        if !texts.iter().any(|text| text.contains(&head)) {
            missing.push(line);
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn a14_a_successor_sells_its_part_of_what_the_old_item_sold() {
    let work = tempfile::tempdir().unwrap();
    let data = work.path().join("data");
    fs::create_dir(&data).unwrap();
    let mut sales = String::from("date,sku,quantity\n");
    for day in 0..200 {
        let sold = crate::small::date("2025-06-19") + chrono::Duration::days(day);
        let _ = writeln!(sales, "{sold},OLD,10\n{sold},OTHER,3");
    }
    let products =
        "sku,superseded_by,transfer_factor,unit_cost\nOLD,NEW,0.5,4\nNEW,,,4\nOTHER,,,4\n";
    for (name, table) in [
        ("sales", sales.as_str()),
        ("products", products),
        ("supply", "sku,supplier,lead_time_days\nNEW,ACME,7\nOTHER,ACME,7\n"),
        ("stock", "sku,on_hand\nNEW,0\nOLD,0\nOTHER,9\n"),
    ] {
        fs::write(data.join(format!("{name}.csv")), table).unwrap();
    }
    fs::write(work.path().join("orderpoint.toml"), "").unwrap();
    succeeds(work.path(), &["run", "--as-of", "2026-01-05"], &[0]);
    let forecast = Table::published(&work.path().join("reports"), "forecast");
    let of_new = forecast.rows.iter().filter(|row| forecast.text(row, "sku") == "NEW");
    let means: Vec<f64> = of_new.map(|row| forecast.number(row, "mean")).collect();
    let mean = means.iter().sum::<f64>() / means.len() as f64;
    assert!(!means.is_empty() && (mean - 5.0).abs() < 0.05, "{mean}");
}

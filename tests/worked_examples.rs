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

/// Mean forecasts of the old item, which sells 10 a day, and of its successor, by day.
fn old_and_new(products: &str) -> [Vec<f64>; 2] {
    let work = tempfile::tempdir().unwrap();
    let data = work.path().join("data");
    fs::create_dir(&data).unwrap();
    let mut sales = String::from("date,sku,quantity\n");
    for day in 0..200 {
        let sold = crate::small::date("2025-06-19") + chrono::Duration::days(day);
        let _ = writeln!(sales, "{sold},OLD,10\n{sold},OTHER,3");
    }
    for (name, table) in [
        ("sales", sales.as_str()),
        ("products", products),
        ("supply", "sku,supplier,lead_time_days\nNEW,ACME,7\nOTHER,ACME,7\n"),
        ("stock", "sku,on_hand\nNEW,0\nOLD,0\nOTHER,9\n"),
    ] {
        fs::write(data.join(format!("{name}.csv")), table).unwrap();
    }
    fs::write(work.path().join("orderpoint.toml"), "").unwrap();
    succeeds(work.path(), &["run", "--as-of", "2026-01-05"], &[0, 5]);
    let forecast = Table::published(&work.path().join("reports"), "forecast");
    ["OLD", "NEW"].map(|sku| {
        let rows = forecast.rows.iter().filter(|row| forecast.text(row, "sku") == sku);
        rows.map(|row| forecast.number(row, "mean")).collect()
    })
}

#[test]
fn a14_a_successor_sells_its_part_of_what_the_old_item_sold() {
    let products =
        "sku,superseded_by,transfer_factor,unit_cost\nOLD,NEW,0.5,4\nNEW,,,4\nOTHER,,,4\n";
    let [_, new] = old_and_new(products);
    let mean = new.iter().sum::<f64>() / new.len() as f64;
    assert!(!new.is_empty() && (mean - 5.0).abs() < 0.05, "{mean}");
}

#[test]
fn the_old_item_sells_until_its_successors_launch_and_the_successor_from_then_on() {
    let products = "sku,superseded_by,launched,unit_cost\nOLD,NEW,,4\nNEW,,2026-01-15,4\n";
    let [old, new] = old_and_new(products);
    for day in 0..28 {
        let [before, after] = if day < 10 { [10.0, 0.0] } else { [0.0, 10.0] };
        assert!((old[day] - before).abs() < 0.2, "old, day {day}: {}", old[day]);
        assert!((new[day] - after).abs() < 0.2, "new, day {day}: {}", new[day]);
    }
}

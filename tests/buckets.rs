//! A night cut into buckets is the night of one machine: every cell of every table.

use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::NaiveDate;
use orderpoint::config::{Options, Plan};
use orderpoint::run;
use orderpoint::run::phases::{self, Bucket, Work};
use orderpoint::run::progress::Silent;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn plan_of(data: &Path, out: &Path, threads: usize) -> Plan {
    plan_for(data, out, threads, None)
}

fn plan_for(data: &Path, out: &Path, threads: usize, as_of: Option<NaiveDate>) -> Plan {
    let options = Options {
        config: Some(data.join("orderpoint.toml")),
        data: Some(data.to_path_buf()),
        out: Some(out.to_path_buf()),
        models: Some(out.join("models")),
        threads: Some(threads),
        as_of,
        ..Options::default()
    };
    Plan::load(&options).unwrap()
}

/// The rows of every table of a run as text, sorted: their order is no part of what they say.
fn tables(run: &Path) -> BTreeMap<String, Vec<String>> {
    let mut tables = BTreeMap::new();
    for entry in fs::read_dir(run.join("tables")).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        let file = fs::File::open(&path).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        let mut rows = Vec::new();
        for batch in reader {
            let batch = batch.unwrap();
            let options = FormatOptions::default();
            let columns: Vec<ArrayFormatter<'_>> = batch
                .columns()
                .iter()
                .map(|column| ArrayFormatter::try_new(column, &options).unwrap())
                .collect();
            for row in 0..batch.num_rows() {
                let cells: Vec<String> =
                    columns.iter().map(|column| column.value(row).to_string()).collect();
                rows.push(cells.join("|"));
            }
        }
        rows.sort();
        tables.insert(path.file_name().unwrap().to_string_lossy().into_owned(), rows);
    }
    tables
}

fn alone(buckets: &[u32]) -> Vec<Vec<u32>> {
    buckets.iter().map(|&bucket| vec![bucket]).collect()
}

/// The night of `data` in `of` buckets, looked at in the order of `shuffled`.
fn in_buckets(data: &Path, out: &Path, of: u32, threads: usize) -> PathBuf {
    let plan = plan_of(data, out, threads);
    let at = tempfile::tempdir().unwrap();
    // Not in order, and every second one by a second attempt.
    let mut order: Vec<u32> = (0..of).map(|i| (i * 5 + 3) % of).collect();
    let mut seen = order.clone();
    seen.sort_unstable();
    order.sort_by_key(|bucket| bucket % 2);
    assert_eq!(seen, (0..of).collect::<Vec<_>>(), "each bucket once");
    let work = |bucket: u32| Work::new(at.path(), &format!("attempt {}", bucket % 2));
    // Some alone, and the others several to a task.
    let tasks: Vec<Vec<u32>> = order
        .chunk_by(|a, b| a % 2 == b % 2)
        .flat_map(
            |of_task| if of_task[0] % 2 == 0 { vec![of_task.to_vec()] } else { alone(of_task) },
        )
        .collect();
    for task in &tasks {
        let buckets: Vec<Bucket> = task.iter().map(|&bucket| Bucket { bucket, of }).collect();
        phases::observe_rows(&plan, &work(task[0]), &buckets).unwrap();
    }
    phases::merge_rows(&plan, &work(0), of).unwrap();
    for task in tasks.iter().rev() {
        phases::observe_history(&plan, &work(task[0]), task).unwrap();
    }
    phases::merge_history(&plan, &work(0)).unwrap();
    for task in &tasks {
        phases::plan_buckets(&plan, &work(task[0]), task).unwrap();
    }
    let summary = phases::finish(&plan, &work(0), &Silent).unwrap();
    assert!(!summary.unchanged);
    summary.folder
}

fn assert_same(one: &Path, other: &Path, of: u32) {
    let (one, other) = (tables(one), tables(other));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    let mut differing = Vec::new();
    for (table, rows) in &one {
        let others = &other[table];
        let at = rows.iter().zip(others).position(|(row, other)| row != other);
        if let Some(at) = at {
            differing.push(format!("{table}:\n  {}\n  {}", rows[at], others[at]));
        } else if rows.len() != others.len() {
            differing.push(format!("{table}: {} rows, and {}", rows.len(), others.len()));
        }
    }
    assert!(differing.is_empty(), "in {of} buckets:\n{}", differing.join("\n"));
}

#[test]
fn s2_the_sample_in_buckets_is_the_night_of_one_machine_cell_by_cell() {
    let at = tempfile::tempdir().unwrap();
    let data = at.path().join("data");
    orderpoint::sample::write(&data, 40, orderpoint::sample::SEED).unwrap();
    let config = data.join("orderpoint.toml");
    let text = fs::read_to_string(&config).unwrap();
    let bound = text.replace("currency = \"EUR\"", "currency = \"EUR\"\nbudget = 900.0");
    // Buckets learn anew every night.
    let bound = bound + "\n[forecast]\nrefit_days = 0\n";
    assert_ne!(text, bound, "a budget that binds");
    fs::write(&config, bound).unwrap();
    let night = |out: &Path, as_of| run::run(&plan_for(&data, out, 2, as_of), &Silent).unwrap();
    let whole = night(&at.path().join("whole"), None);
    // A second night, that compares itself with one two days before.
    let before = Some(whole.as_of - chrono::Days::new(2));
    night(&at.path().join("second"), before);
    let second = night(&at.path().join("second"), None);
    for (of, threads) in [(1, 1), (4, 4), (7, 3)] {
        let out = at.path().join(format!("buckets{of}"));
        let mut whole = &whole;
        if of == 4 {
            night(&out, before);
            whole = &second;
        }
        assert_same(&whole.folder, &in_buckets(&data, &out, of, threads), of);
    }
}

#[test]
fn a_table_that_is_replaced_between_phases_is_refused() {
    let at = tempfile::tempdir().unwrap();
    let data = at.path().join("data");
    orderpoint::sample::write(&data, 12, orderpoint::sample::SEED).unwrap();
    let plan = plan_of(&data, &at.path().join("out"), 1);
    let bucket = |bucket: u32| Bucket { bucket, of: 2 };
    let replaced = |table: &str| {
        let path = data.join(format!("{table}.csv"));
        let text = fs::read_to_string(&path).unwrap();
        let row = text.lines().last().unwrap().to_owned();
        fs::write(&path, format!("{text}{row}\n")).unwrap();
    };
    // For one bucket it was this file, for the other that.
    let work = Work::new(&at.path().join("1"), "1");
    phases::observe_rows(&plan, &work, &[bucket(0)]).unwrap();
    replaced("sales");
    phases::observe_rows(&plan, &work, &[bucket(1)]).unwrap();
    let error = phases::merge_rows(&plan, &work, 2).unwrap_err().to_string();
    assert!(error.contains("sales.csv: was changed while buckets read it"), "{error}");

    let work = Work::new(&at.path().join("2"), "1");
    let observed = |number: u32| phases::observe_history(&plan, &work, &[number]);
    for number in [0, 1] {
        phases::observe_rows(&plan, &work, &[bucket(number)]).unwrap();
    }
    phases::merge_rows(&plan, &work, 2).unwrap();
    observed(0).unwrap();
    replaced("stock");
    observed(1).unwrap();
    let error = phases::merge_history(&plan, &work).unwrap_err().to_string();
    assert!(error.contains("run the phases again"), "{error}");
    observed(0).unwrap();
    phases::merge_history(&plan, &work).unwrap();
    phases::plan_buckets(&plan, &work, &[0]).unwrap();
    replaced("stock");
    let error = phases::plan_buckets(&plan, &work, &[1]).unwrap_err();
    assert!(error.to_string().contains("run the phases again"), "{error}");
    assert_eq!(error.exit_code(), 3);
}

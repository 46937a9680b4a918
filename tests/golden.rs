//! Whole runs against committed results: `tests/golden/<case>/` holds `input/`, `orderpoint.toml`
//! and `expected/*.csv`.
//!
//! Tables are compared as CSV text, at one and at four threads. `BLESS=1` rewrites them; a missing
//! file fails.

use crate::support::{Table, files, root, succeeds};
use std::fmt::Write;
use std::path::Path;

/// Digits kept of a number: results may differ in the last ones between processors.
const DIGITS: i32 = 6;

fn rounded(cell: &str) -> String {
    match cell.parse::<f64>() {
        Ok(value) if cell.contains('.') && value != 0.0 => {
            let scale = 10f64.powi(DIGITS - 1 - value.abs().log10().floor() as i32);
            format!("{}", (value * scale).round() / scale)
        }
        _ => cell.to_owned(),
    }
}

fn as_csv(table: &Table) -> String {
    // The run's id moves with every build.
    let mut head: Vec<_> = table.columns.iter().filter(|(name, _)| *name != "run_id").collect();
    head.sort_by_key(|(_, position)| **position);
    let mut lines: Vec<String> = table
        .rows
        .iter()
        .map(|row| line(head.iter().map(|(_, position)| rounded(&row[**position]))))
        .collect();
    lines.sort();
    let mut text = line(head.iter().map(|(name, _)| (*name).clone()));
    for row in lines {
        write!(text, "\n{row}").unwrap();
    }
    text + "\n"
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let quoted = |cell: String| {
        if cell.contains([',', '"', '\n']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell
        }
    };
    cells.map(quoted).collect::<Vec<_>>().join(",")
}

fn golden(case: &str) {
    let folder = root().join("tests/golden").join(case);
    let work = tempfile::tempdir().unwrap();
    let mut published = Vec::new();
    for threads in ["1", "4"] {
        let (config, input, out) =
            (folder.join("orderpoint.toml"), folder.join("input"), format!("out{threads}"));
        let paths = [&config, &input].map(|p| p.to_str().unwrap());
        let args = [
            "run",
            "--config",
            paths[0],
            "--data",
            paths[1],
            "--out",
            &out,
            "--models",
            "models",
            "--threads",
            threads,
        ];
        succeeds(work.path(), &args, &[0, 5]);
        let run = std::fs::canonicalize(work.path().join(&out).join("current")).unwrap();
        published.push((run.file_name().unwrap().to_owned(), run.join("tables")));
        std::fs::remove_dir_all(work.path().join("models")).ok();
    }
    assert_eq!(published[0].0, published[1].0, "the run id depends on the number of threads");
    for file in files(&published[0].1) {
        let bytes = |tables: &Path| std::fs::read(tables.join(&file)).unwrap();
        assert!(
            bytes(&published[0].1) == bytes(&published[1].1),
            "{} differs between 1 and 4 threads",
            file.display()
        );
    }
    compare(&published[0].1, &folder.join("expected"));
}

fn compare(tables: &Path, expected: &Path) {
    if std::env::var_os("BLESS").is_some() {
        std::fs::remove_dir_all(expected).ok();
    } else {
        // A table that is no longer written, or a new one that nobody has blessed, fails too.
        let names = |folder: &Path| -> Vec<_> {
            files(folder).iter().map(|file| file.with_extension("")).collect()
        };
        assert_eq!(names(expected), names(tables), "the tables expected, and those written");
    }
    for file in files(tables) {
        let name = expected.join(&file).with_extension("csv");
        let text = as_csv(&Table::read(&tables.join(&file)));
        if std::env::var_os("BLESS").is_some() {
            std::fs::create_dir_all(expected).unwrap();
            std::fs::write(&name, text).unwrap();
            continue;
        }
        let wanted = std::fs::read_to_string(&name)
            .unwrap_or_else(|e| panic!("{}: {e}; BLESS=1 writes it", name.display()));
        let differs = wanted.lines().zip(text.lines()).position(|(a, b)| a != b);
        if let Some(i) = differs {
            let (was, is) = (wanted.lines().nth(i).unwrap(), text.lines().nth(i).unwrap());
            panic!("{} line {}:\n  expected {was}\n  got      {is}", name.display(), i + 1);
        }
        assert_eq!(
            wanted.lines().count(),
            text.lines().count(),
            "{}: number of rows",
            name.display()
        );
    }
}

#[test]
fn a_small_shop() {
    golden("shop");
}

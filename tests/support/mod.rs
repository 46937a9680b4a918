//! The real binary on real folders, and its Parquet tables as text.

use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Says that a check is left out for want of something this machine lacks; in CI (`CI=true`) that
/// is a failure.
pub fn left_out(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "CI leaves nothing out: {why}");
    println!("left out: {why}");
}

/// `orderpoint` with `args`, from the folder `at`.
pub fn orderpoint(at: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_orderpoint"))
        .args(args)
        .current_dir(at)
        .env("COLUMNS", "100")
        .output()
        .unwrap()
}

/// The same, and its exit code must be one of `codes`.
pub fn succeeds(at: &Path, args: &[&str], codes: &[i32]) -> Output {
    let output = orderpoint(at, args);
    let code = output.status.code().unwrap_or(-1);
    assert!(
        codes.contains(&code),
        "orderpoint {args:?} exited with {code}:\n{}",
        text(&output.stderr)
    );
    output
}

/// Bytes as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// One Parquet table: column names and rows as text, null = empty.
pub struct Table {
    /// Position of each column.
    pub columns: BTreeMap<String, usize>,
    /// Cells in column order.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Reads `OUT/current/tables/NAME.parquet`.
    pub fn published(out: &Path, name: &str) -> Self {
        Self::read(&out.join("current/tables").join(format!("{name}.parquet")))
    }

    /// Reads one file.
    pub fn read(path: &Path) -> Self {
        let file = std::fs::File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let columns = reader
            .schema()
            .fields()
            .iter()
            .enumerate()
            .map(|(i, f)| (f.name().clone(), i))
            .collect();
        let options = FormatOptions::default();
        let mut rows = Vec::new();
        for batch in reader.build().unwrap() {
            let batch = batch.unwrap();
            let cells: Vec<_> = batch
                .columns()
                .iter()
                .map(|c| ArrayFormatter::try_new(c, &options).unwrap())
                .collect();
            rows.extend(
                (0..batch.num_rows())
                    .map(|row| cells.iter().map(|c| c.value(row).to_string()).collect()),
            );
        }
        Self { columns, rows }
    }

    /// The cell of `row` in `column`.
    pub fn text<'a>(&self, row: &'a [String], column: &str) -> &'a str {
        &row[*self
            .columns
            .get(column)
            .unwrap_or_else(|| panic!("no column {column} in {:?}", self.columns.keys()))]
    }

    /// The cell as a number; empty = NaN.
    pub fn number(&self, row: &[String], column: &str) -> f64 {
        self.text(row, column).parse().unwrap_or(f64::NAN)
    }

    /// Sums `column` by the `keys` columns.
    pub fn sums(&self, keys: &[&str], column: &str) -> BTreeMap<Vec<String>, f64> {
        let mut sums = BTreeMap::new();
        for row in &self.rows {
            let key = keys.iter().map(|k| self.text(row, k).to_owned()).collect();
            *sums.entry(key).or_insert(0.0) += self.number(row, column);
        }
        sums
    }
}

/// Every file below `folder`, relative, sorted.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_path_buf());
            }
        }
    }
    found.sort();
    found
}

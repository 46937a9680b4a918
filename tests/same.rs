//! What must not matter to the results: the order of rows, the split into files, threads, time
//! zone, and which optional tables there are.

use crate::noise::Noise;
use crate::small::folder;
use crate::support::{Table, files, succeeds, text};
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use orderpoint::store::PublishedRun;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::{WriterProperties, WriterVersion};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// The sample of twelve items below `at/data`.
fn sample(at: &Path) {
    succeeds(at, &["demo", "--skus", "12", "--out", ".", "--data-only"], &[0]);
}

fn run(at: &Path, out: &str, more: &[&str]) {
    let args = [
        "run",
        "--config",
        "data/orderpoint.toml",
        "--data",
        "data",
        "--out",
        out,
        "--models",
        "models",
    ];
    succeeds(at, &[&args[..], more].concat(), &[0, 5]);
}

/// Every table but those that name files and lines, as text.
fn results(out: &Path) -> BTreeMap<String, Vec<Vec<String>>> {
    let tables = fs::canonicalize(out.join("current/tables")).unwrap();
    let named =
        files(&tables).into_iter().map(|file| file.with_extension("").display().to_string());
    let kept = named.filter(|name| !["quarantine", "exceptions"].contains(&name.as_str()));
    let mut found = BTreeMap::new();
    for name in kept {
        let mut rows = Table::read(&tables.join(format!("{name}.parquet"))).rows;
        // Other files are another run by name: that one column is left out.
        rows.iter_mut().for_each(|row| drop(row.remove(0)));
        found.insert(name, rows);
    }
    found
}

fn assert_same(
    expected: &BTreeMap<String, Vec<Vec<String>>>,
    found: &BTreeMap<String, Vec<Vec<String>>>,
    what: &str,
) {
    for (name, rows) in expected {
        let differs = rows.iter().zip(&found[name]).find(|(a, b)| a != b);
        assert!(differs.is_none(), "{what}: {name} differs: {differs:?}");
        assert_eq!(rows.len(), found[name].len(), "{what}: {name}");
    }
}

fn shuffled(noise: &mut Noise, rows: &mut [&str]) {
    for i in (1..rows.len()).rev() {
        rows.swap(i, noise.below(i + 1));
    }
}

fn gzip(path: &Path, text: &str) {
    let mut out =
        flate2::write::GzEncoder::new(fs::File::create(path).unwrap(), flate2::Compression::fast());
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap();
}

/// Shuffles the rows of every table and splits it into up to three parts, some gzipped.
fn scatter(noise: &mut Noise, data: &Path) {
    let tables: Vec<_> = files(data)
        .into_iter()
        .filter(|file| file.extension().is_some_and(|e| e == "csv"))
        .collect();
    for table in tables {
        let text = fs::read_to_string(data.join(&table)).unwrap();
        let (head, body) = text.split_once('\n').unwrap();
        let mut rows: Vec<&str> = body.lines().collect();
        shuffled(noise, &mut rows);
        fs::remove_file(data.join(&table)).unwrap();
        let parts = 1 + noise.below(3.min(rows.len().max(1)));
        let folder = data.join(table.with_extension(""));
        fs::create_dir(&folder).unwrap();
        for (i, part) in rows.chunks(rows.len().div_ceil(parts).max(1)).enumerate() {
            let text = format!("{head}\n{}\n", part.join("\n"));
            match noise.below(3) {
                0 => gzip(&folder.join(format!("part-{i}.csv.gz")), &text),
                _ => fs::write(folder.join(format!("part-{i}.csv")), text).unwrap(),
            }
        }
        if rows.is_empty() {
            fs::write(folder.join("part-0.csv"), format!("{head}\n")).unwrap();
        }
    }
}

/// The results of the sample after `change` was at its data.
fn results_after(change: impl FnOnce(&Path)) -> BTreeMap<String, Vec<Vec<String>>> {
    let at = folder();
    sample(at.path());
    change(&at.path().join("data"));
    run(at.path(), "out", &[]);
    results(&at.path().join("out"))
}

#[test]
fn the_order_of_rows_and_the_split_into_parts_change_nothing() {
    let expected = results_after(|_| {});
    for seed in 0..3 {
        assert_same(
            &expected,
            &results_after(|data| scatter(&mut Noise::new(seed), data)),
            &format!("seed {seed}"),
        );
    }
}

/// Writes every table as Parquet instead, all columns as texts, empty cells as nothing.
fn encode(data: &Path, properties: &WriterProperties) {
    for table in files(data).into_iter().filter(|file| file.extension().is_some_and(|e| e == "csv"))
    {
        let path = data.join(&table);
        let mut rows = csv::Reader::from_path(&path).unwrap();
        let heads: Vec<String> = rows.headers().unwrap().iter().map(str::to_owned).collect();
        let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
        let cells =
            |i: usize| rows.iter().map(move |row| Some(&row[i]).filter(|cell| !cell.is_empty()));
        let column = |(i, head): (usize, &String)| {
            (head.clone(), Arc::new(cells(i).collect::<StringArray>()) as ArrayRef, true)
        };
        let batch =
            RecordBatch::try_from_iter_with_nullable(heads.iter().enumerate().map(column)).unwrap();
        let file = fs::File::create(path.with_extension("parquet")).unwrap();
        let mut writer =
            ArrowWriter::try_new(file, batch.schema(), Some(properties.clone())).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn parquet_says_the_same_as_text_however_it_is_encoded() {
    let expected = results_after(|_| {});
    let plain = || WriterProperties::builder().set_max_row_group_row_count(Some(1_000));
    let encodings = [
        ("a dictionary a row group", plain()),
        (
            "dictionaries that overflow",
            plain().set_dictionary_page_size_limit(64).set_data_page_row_count_limit(100),
        ),
        ("no dictionary", plain().set_dictionary_enabled(false)),
        (
            "pages of version 2",
            plain()
                .set_writer_version(WriterVersion::PARQUET_2_0)
                .set_data_page_row_count_limit(100),
        ),
    ];
    for (what, properties) in encodings {
        let properties = properties.build();
        assert_same(&expected, &results_after(|data| encode(data, &properties)), what);
    }
}

#[test]
fn any_subset_of_the_optional_tables_makes_a_whole_run() {
    let at = folder();
    sample(at.path());
    let data = at.path().join("data");
    let optional: Vec<_> = files(&data)
        .into_iter()
        .filter(|f| f.extension().is_some_and(|e| e == "csv") && *f != Path::new("sales.csv"))
        .collect();
    assert!(optional.len() >= 20);
    let mut noise = Noise::new(7);
    for subset in 0..10 {
        let kept: Vec<_> = optional.iter().filter(|_| subset > 0 && noise.once_in(2)).collect();
        let other = folder();
        fs::create_dir(other.path().join("data")).unwrap();
        let always =
            [Path::new("sales.csv").to_path_buf(), Path::new("orderpoint.toml").to_path_buf()];
        for file in kept.iter().copied().chain(&always) {
            fs::copy(data.join(file), other.path().join("data").join(file)).unwrap();
        }
        run(other.path(), "out", &[]);
        let run = PublishedRun::current(&other.path().join("out")).unwrap();
        assert!(run.damaged().is_empty(), "{kept:?}");
        let told = Table::published(&other.path().join("out"), "exceptions");
        let missing =
            told.rows.iter().filter(|row| told.text(row, "kind") == "missing-table").count();
        assert!(subset > 0 || missing >= 6, "what is missing is said: {missing}");
    }
}

/// Every file of a run but its timings.
fn bytes(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let run = fs::canonicalize(out.join("current")).unwrap();
    let all = files(&run).into_iter().filter(|file| *file != Path::new("timings.json"));
    all.map(|file| (file.display().to_string(), fs::read(run.join(&file)).unwrap())).collect()
}

#[test]
fn threads_time_zone_language_and_hour_change_no_byte() {
    let at = folder();
    sample(at.path());
    let mut seen = Vec::new();
    for (threads, zone) in [("1", "UTC"), ("2", "Pacific/Kiritimati"), ("4", "America/Los_Angeles")]
    {
        let out = format!("out{threads}");
        let args = [
            "run",
            "--config",
            "data/orderpoint.toml",
            "--data",
            "data",
            "--models",
            "models",
            "--out",
            &out,
        ];
        let mut command = Command::new(env!("CARGO_BIN_EXE_orderpoint"));
        command.args(args).args(["--threads", threads]).current_dir(at.path());
        let done = command.env("TZ", zone).env("LC_ALL", "de_DE.UTF-8").output().unwrap();
        assert!(matches!(done.status.code(), Some(0 | 5)), "{}", text(&done.stderr));
        fs::remove_dir_all(at.path().join("models")).ok();
        seen.push(bytes(&at.path().join(out)));
    }
    for other in &seen[1..] {
        assert_eq!(seen[0].keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
        let differs =
            seen[0].iter().find(|(name, bytes)| other[*name] != **bytes).map(|(name, _)| name);
        assert_eq!(differs, None);
    }
}

/// Rows of buckets come bucket by bucket.
#[cfg(target_os = "linux")]
fn sorted(mut tables: BTreeMap<String, Vec<Vec<String>>>) -> BTreeMap<String, Vec<Vec<String>>> {
    tables.values_mut().for_each(|rows| rows.sort());
    tables
}

/// The system's library takes other variants of its functions where the processor lacks some
/// instructions; told so, it behaves as on an older machine.
#[cfg(target_os = "linux")]
fn on_an_older_one(at: &Path, out: &str, args: &[&str]) {
    let done = Command::new(env!("CARGO_BIN_EXE_orderpoint"))
        .current_dir(at)
        .env("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX2_Usable,-FMA_Usable")
        .args(args)
        .args(["--config", "data/orderpoint.toml", "--data", "data", "--out", out])
        .args(["--models", "other-models"])
        .output()
        .unwrap();
    assert!([0, 5].contains(&done.status.code().unwrap_or(-1)), "{}", text(&done.stderr));
}

#[cfg(target_os = "linux")]
#[test]
fn a_processor_without_fused_multiplication_changes_no_cell() {
    let at = folder();
    sample(at.path());
    run(at.path(), "here", &[]);
    on_an_older_one(at.path(), "there", &["run"]);
    let here = results(&at.path().join("here"));
    assert_same(&here, &results(&at.path().join("there")), "no FMA");

    // A cluster of such machines, three buckets.
    let phases: [&[&str]; 6] = [
        &["observe", "--pass", "rows", "--of", "3", "--bucket", "0,1,2"],
        &["merge", "--pass", "rows", "--of", "3"],
        &["observe", "--pass", "history", "--bucket", "2,0,1"],
        &["merge", "--pass", "history"],
        &["plan", "--bucket", "1,2,0"],
        &["finish"],
    ];
    for phase in phases {
        on_an_older_one(at.path(), "buckets", &[phase, &["--work", "work"]].concat());
    }
    let buckets = sorted(results(&at.path().join("buckets")));
    assert_same(&sorted(here), &buckets, "no FMA, in buckets");
}

//! The whole night on the project's own sample, files to report, in series a second: at one thread
//! and at all, each run cold into an empty folder; then the peak memory of it all. `--test` runs a
//! small one once.

use criterion::{BatchSize, Criterion, Throughput};
use orderpoint::config::{DEFAULT_FILE, Options, Plan};
use orderpoint::run;
use orderpoint::run::progress::Silent;
use orderpoint::sample;
use std::path::Path;
use tempfile::TempDir;

/// Items of the benchmark, sold in three channels: 10,000 series of 730 days.
const SKUS: usize = 3_334;

fn plan(data: &Path, out: &TempDir, threads: usize) -> Plan {
    let options = Options {
        config: Some(data.join(DEFAULT_FILE)),
        out: Some(out.path().join("out")),
        models: Some(out.path().join("models")),
        threads: Some(threads),
        ..Options::default()
    };
    Plan::load(&options).expect("the sample's own configuration")
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn main() {
    let skus = if std::env::args().any(|argument| argument == "--test") { 60 } else { SKUS };
    let data = folder();
    sample::write(data.path(), skus, sample::SEED).expect("the sample can be written");
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let mut group = criterion.benchmark_group("night");
    group.throughput(Throughput::Elements(3 * skus as u64));
    for (name, threads) in [("one thread", 1), ("all threads", 0)] {
        let run = |out: TempDir| {
            run::run(&plan(data.path(), &out, threads), &Silent).expect("the sample runs");
            out
        };
        group
            .bench_function(name, |bench| bench.iter_batched(folder, run, BatchSize::PerIteration));
    }
    group.finish();
    criterion.final_summary();
    if let Some(peak) = peak_memory() {
        println!("peak memory: {peak}");
    }
}

/// The largest resident set so far, where the system tells.
fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    Some(line.split_whitespace().skip(1).collect::<Vec<_>>().join(" "))
}

//! Every reader under noise: no panic, no hang, no memory beyond the bound, and an answer that
//! blames the file.
//!
//! `FUZZ_SECONDS=1800` fuzzes each reader for so much processor time; without it, for a second.
//! `FUZZ_SEED` starts elsewhere. Each reader has a process of its own, whose address space is
//! bounded; what breaks it is kept and named.

use crate::malformed::{base, corpus, published};
use crate::noise::Noise;
use crate::small::folder;
use crate::support::{files, root};
use orderpoint::config::{Options, Plan, TEMPLATE};
use orderpoint::domain::error::{Error, Result};
use orderpoint::domain::fault::guarded;
use orderpoint::domain::lot::LotRules;
use orderpoint::domain::units::Units;
use orderpoint::forecast::Refit;
use orderpoint::ingest;
use orderpoint::ingest::tables::schema;
use orderpoint::review::decisions::KeptDecisions;
use orderpoint::review::intake::{Proposal, proposals, take_in};
use orderpoint::store::PublishedRun;
use orderpoint::store::models::{self, Loaded};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What the supplier delivers at a time.
fn terms() -> LotRules {
    LotRules::new(Units(10), Units(5), Some(Units(500)))
}

/// Address space of a fuzzing process, KiB: code, threads and all.
const MEMORY_KIB: u64 = 3 << 20;
/// The most resident memory that a process may ever have had, MiB.
const RESIDENT_MIB: u64 = 1_024;
/// The longest that one case may take, processor seconds.
const SLOWEST: f64 = 10.0;
/// When a case that does not end is given up, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(180);

const READER: &str = "ORDERPOINT_FUZZ_READER";
const AT: &str = "ORDERPOINT_FUZZ_AT";

/// Finished cases.
static DONE: AtomicU64 = AtomicU64::new(0);

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |n| n.parse().unwrap())
}

/// Fuzzes `reader` in a process of its own.
fn fuzz(reader: &str) {
    let at = folder();
    let output = Command::new("sh")
        .args(["-c", &format!("ulimit -v {MEMORY_KIB}; exec \"$0\" \"$@\"")])
        .arg(std::env::current_exe().unwrap())
        .args(["fuzz::process", "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env(READER, reader)
        .env(AT, at.path())
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let kept =
            std::env::temp_dir().join(format!("orderpoint-fuzz-{reader}-{}", std::process::id()));
        fs::rename(at.path(), &kept).or_else(|_| copied(at.path(), &kept)).unwrap();
        panic!("{reader}: {}; the last case is kept in {}\n{said}", output.status, kept.display());
    }
    said.lines()
        .filter_map(|line| line.find("fuzzed").map(|at| &line[at..]))
        .for_each(|line| println!("{line}"));
}

fn copied(from: &Path, to: &Path) -> std::io::Result<()> {
    for file in files(from) {
        fs::create_dir_all(to.join(&file).parent().unwrap())?;
        fs::copy(from.join(&file), to.join(file))?;
    }
    Ok(())
}

#[test]
fn csv_under_noise() {
    fuzz("csv");
}

#[test]
fn mapping_under_noise() {
    fuzz("mapping");
}

#[test]
fn toml_under_noise() {
    fuzz("toml");
}

#[test]
fn decisions_under_noise() {
    fuzz("decisions");
}

#[test]
fn states_under_noise() {
    fuzz("states");
}

#[test]
fn parquet_under_noise() {
    fuzz("parquet");
}

/// Processor seconds and peak resident MiB of this process.
fn used() -> (f64, u64) {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    (ticks / 100.0, peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10)
}

/// Ends the process when a case does not end.
fn watch() {
    std::thread::spawn(|| {
        let (mut last, mut since) = (0, Instant::now());
        loop {
            std::thread::sleep(Duration::from_millis(200));
            let done = DONE.load(Ordering::Relaxed);
            if done != last {
                (last, since) = (done, Instant::now());
            }
            if since.elapsed() > PATIENCE {
                eprintln!("case {done} does not end");
                std::process::abort();
            }
        }
    });
}

#[test]
#[ignore = "run by other tests, as a process of its own"]
fn process() {
    let (reader, at) =
        (std::env::var(READER).unwrap(), PathBuf::from(std::env::var_os(AT).unwrap()));
    let mut target = Target::new(&reader, &at);
    let mut noise = Noise::new(number("FUZZ_SEED", 1));
    let seconds = number("FUZZ_SECONDS", 1) as f64;
    watch();
    let (mut accepted, mut slowest) = (0, 0.0f64);
    let (start, _) = used();
    let mut now = start;
    while now - start < seconds {
        target.prepare(&mut noise);
        match guarded(|| target.read()) {
            Ok(Ok(())) => accepted += 1,
            // A configuration, an input or a name that is not there: the file is to blame, and is
            // named.
            Ok(Err(error)) => assert!([2, 3].contains(&error.exit_code()), "{error:?}"),
            Err(fault) => panic!("case {}: {fault}", DONE.load(Ordering::Relaxed)),
        }
        let before = std::mem::replace(&mut now, used().0);
        slowest = slowest.max(now - before);
        DONE.fetch_add(1, Ordering::Relaxed);
    }
    let ((_, peak), cases) = (used(), DONE.load(Ordering::Relaxed));
    assert!(peak < RESIDENT_MIB, "{peak} MiB were needed");
    assert!(slowest < SLOWEST, "a case took {slowest:.2} s of processor time");
    println!(
        "fuzzed {reader}: {cases} cases in {:.0} s of processor time, \
             {accepted} accepted, slowest {slowest:.2} s, peak {peak} MiB",
        now - start
    );
}

/// One reader and the files it starts from.
struct Target {
    reader: String,
    at: PathBuf,
    /// (name in the corpus, bytes).
    seeds: Vec<(String, Vec<u8>)>,
    /// The good shop's tables.
    shop: Vec<(PathBuf, Vec<u8>)>,
    /// Configuration of the case.
    config: String,
    proposals: BTreeMap<String, Proposal>,
    /// Model states of the case.
    states: Vec<u8>,
}

impl Target {
    fn new(reader: &str, at: &Path) -> Self {
        base(at);
        let shop = files(&at.join("data"))
            .into_iter()
            .map(|file| (file.clone(), fs::read(at.join("data").join(file)).unwrap()));
        let shop = shop.collect();
        let ends = |name: &str| match reader {
            "csv" | "mapping" => {
                name.ends_with(".csv") && !name.starts_with("decisions")
                    || name.ends_with(".csv.gz")
            }
            "toml" => name.ends_with(".toml"),
            "decisions" => name.starts_with("decisions"),
            "states" => false,
            _ => name.ends_with(".parquet"),
        };
        let mut seeds = Vec::new();
        for folder in ["base", "files"] {
            for entry in fs::read_dir(corpus().join(folder)).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                if ends(&name) {
                    seeds.push((name, fs::read(&path).unwrap()));
                }
            }
        }
        if reader == "toml" {
            seeds.push(("template.toml".to_owned(), TEMPLATE.as_bytes().to_vec()));
            for entry in fs::read_dir(root().join("tests/configs")).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_some_and(|kind| kind == "toml") {
                    seeds.push((path.display().to_string(), fs::read(path).unwrap()));
                }
            }
        }
        seeds.sort();
        let mut target = Self {
            reader: reader.to_owned(),
            at: at.to_path_buf(),
            seeds,
            shop,
            config: String::new(),
            proposals: BTreeMap::new(),
            states: Vec::new(),
        };
        if ["decisions", "states"].contains(&reader) {
            target.publish();
        }
        target
    }

    /// A published run whose recommendations are decided on, and whose model states are read back.
    fn publish(&mut self) {
        let shop = published();
        let run = PublishedRun::current(&shop.path().join("reports")).unwrap();
        if self.reader == "states" {
            let models = shop.path().join("models");
            let loaded = models::load(&models, &run.manifest.run_id, "forecast").unwrap();
            let Loaded::States(states, _) = loaded else { panic!("no states: {loaded:?}") };
            self.seeds.push(("states".to_owned(), states));
            return;
        }
        self.proposals = proposals(&run, |_, _, _| Some(terms())).unwrap();
        let id = self.proposals.iter().find(|(_, p)| p.approved.sku == "LAMP").unwrap().0;
        for (_, bytes) in &mut self.seeds {
            if let Ok(text) = std::str::from_utf8(bytes) {
                *bytes = text.replace("@LAMP", id).into_bytes();
            }
        }
    }

    fn data(&self) -> PathBuf {
        self.at.join("data")
    }

    /// Writes the next case.
    fn prepare(&mut self, noise: &mut Noise) {
        let (name, mut bytes) = self.seeds[noise.below(self.seeds.len())].clone();
        match self.reader.as_str() {
            "csv" => {
                self.config = self.csv_settings(noise);
                spoil_table(noise, &name, &mut bytes);
                self.replace(&name, &bytes);
            }
            "mapping" => {
                if noise.once_in(2) {
                    spoil_table(noise, &name, &mut bytes);
                }
                let mut config = MAPPING.as_bytes().to_vec();
                noise.toml(&mut config);
                self.config = String::from_utf8_lossy(&config).into_owned();
                self.replace(&name, &bytes);
            }
            "toml" => {
                noise.toml(&mut bytes);
                self.config = String::from_utf8_lossy(&bytes).into_owned();
            }
            "states" => {
                noise.bytes(&mut bytes);
                self.states = bytes;
            }
            "decisions" => {
                noise.table(&mut bytes);
                fs::remove_dir_all(self.at.join("decisions")).ok();
                fs::write(self.at.join("decisions.csv"), &bytes).unwrap();
            }
            _ => {
                noise.parquet(&mut bytes);
                self.config = "[data]\ndecompressed_limit_mb = 64\n".to_owned();
                self.replace("sales.parquet", &bytes);
            }
        }
        fs::write(self.at.join("case.toml"), &self.config).unwrap();
    }

    fn csv_settings(&self, noise: &mut Noise) -> String {
        let separator = noise.one_of(&[",", ",", ",", ";", "\\t"]);
        let comma = noise.once_in(4);
        let encoding = noise.one_of(&["utf-8", "utf-8", "latin-1"]);
        format!(
            "[data]\ndecompressed_limit_mb = 64\n\
             reject_share_limit = 1.0\n[csv]\nseparator = \"{separator}\"\n\
             decimal_comma = {comma}\nencoding = \"{encoding}\"\ndate_formats = [\"%d/%m/%Y\"]\n"
        )
    }

    /// Puts the case where its table is read from.
    fn replace(&self, name: &str, bytes: &[u8]) {
        let data = self.data();
        fs::remove_dir_all(&data).ok();
        fs::create_dir(&data).unwrap();
        let stem = name.split(['-', '.']).next().unwrap_or_default();
        let table = schema::table(stem).map_or("sales", |s| s.table);
        let ending =
            ["csv.gz", "parquet", "csv"].into_iter().find(|e| name.ends_with(e)).unwrap_or("csv");
        let others =
            self.shop.iter().filter(|(file, _)| *file != Path::new(table).with_extension("csv"));
        others.for_each(|(file, bytes)| fs::write(data.join(file), bytes).unwrap());
        fs::write(data.join(format!("{table}.{ending}")), bytes).unwrap();
    }

    fn read(&self) -> Result<()> {
        let plan = || Plan::parse(&self.config, "case.toml", &self.at, &Options::default());
        match self.reader.as_str() {
            "toml" => plan().map(drop),
            // Damage does not get this far: the digest is checked first.
            "states" => Refit::read(&self.states)
                .map(drop)
                .ok_or_else(|| Error::input("states", "not understood")),
            "decisions" => {
                // What an earlier case left is restored from its second copy.
                let before = KeptDecisions::read(&self.at)?.decisions.len();
                let intake = take_in(&self.at, &self.at.join("decisions.csv"), &self.proposals)?;
                let kept = KeptDecisions::read(&self.at)?;
                assert_eq!(
                    kept.decisions.len(),
                    before + intake.accepted.len(),
                    "what is accepted is kept, and read back"
                );
                if intake.accepted.is_empty() {
                    Err(Error::input("decisions.csv", "nothing accepted"))
                } else {
                    Ok(())
                }
            }
            _ => {
                let mut request = plan()?.request();
                request.data = self.data();
                ingest::load(&request).map(drop)
            }
        }
    }
}

/// A configuration with every kind of mapping, to start from.
const MAPPING: &str = r#"
[data]
decompressed_limit_mb = 64
[csv]
separator = ","
decimal_comma = false
date_formats = ["%d/%m/%Y"]
[mapping.sales]
preset = "generic"
quantity_factor = 1.0
date_formats = ["%Y-%m-%d"]
columns = { sku = "sku", quantity = "quantity" }
constants = { location = "main" }
values = { channel = { "web" = "online", "*" = "other-*" } }
exclude = { status = ["draft", "*"] }
reject = { sku = ["POST", "gift_*"] }
[mapping.products]
columns = { unit_cost = "unit_cost" }
[mapping.stock]
file = "stock*.csv"
separator = ","
"#;

fn spoil_table(noise: &mut Noise, name: &str, bytes: &mut Vec<u8>) {
    if name.ends_with(".gz") { noise.bytes(bytes) } else { noise.table(bytes) }
}

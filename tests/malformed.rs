//! Hostile and broken files through the real binary: what each does to a run, by exit code and
//! message.
//!
//! `malformed/cases.toml` lists them; each stands in for one file of the good shop in
//! `malformed/base/`. `malformed/parquet.py` makes the binary ones.

use crate::small::folder;
use crate::support::{Table, orderpoint, root, succeeds, text};
use serde::Deserialize;
use std::fs;
use std::path::Path;
use std::process::Output;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// Under `malformed/files/`; none = only the configuration is changed.
    file: String,
    /// Where it stands in the shop.
    stands_for: String,
    /// Added to the shop's configuration.
    #[serde(default)]
    config: String,
    /// `check` where it is not said.
    #[serde(default)]
    command: Vec<String>,
    /// Removed from the shop.
    #[serde(default)]
    without: Vec<String>,
    exit: i32,
    /// Each of these is told.
    told: Vec<String>,
}

pub fn corpus() -> std::path::PathBuf {
    root().join("tests/malformed")
}

/// The good shop.
pub fn base(at: &Path) {
    let data = at.join("data");
    fs::create_dir_all(&data).unwrap();
    for entry in fs::read_dir(corpus().join("base")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        let place = if name == "orderpoint.toml" { at.join(name) } else { data.join(name) };
        fs::copy(&path, place).unwrap();
    }
}

impl Case {
    fn prepare(&self, at: &Path, published: &Path) {
        base(at);
        self.without.iter().for_each(|name| fs::remove_file(at.join("data").join(name)).unwrap());
        let mut bytes = fs::read(corpus().join("files").join(&self.file)).unwrap();
        if self.stands_for == "decisions.csv" {
            let lines = Table::published(published, "recommendations");
            let lamp = lines.rows.iter().find(|row| lines.text(row, "sku") == "LAMP").unwrap();
            bytes = with_id(&bytes, lines.text(lamp, "recommendation_id"));
        }
        let inside =
            !["orderpoint.toml", "decisions.csv", "only.txt"].contains(&self.stands_for.as_str());
        let place =
            if inside { at.join("data").join(&self.stands_for) } else { at.join(&self.stands_for) };
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, bytes).unwrap();
        if !self.config.is_empty() {
            let file = at.join("orderpoint.toml");
            let text = fs::read_to_string(&file).unwrap() + &self.config;
            fs::write(file, text).unwrap();
        }
    }

    fn run(&self, published: &Path) -> Output {
        let at = folder();
        self.prepare(at.path(), published);
        let mut args: Vec<&str> = self.command.iter().map(String::as_str).collect();
        match args.first() {
            Some(&"review") => {
                copy(published, &at.path().join("reports"));
                args.extend(["--decisions", "decisions.csv"]);
            }
            Some(first) if !first.starts_with('-') => {}
            _ => args.insert(0, "check"),
        }
        args.extend(["--config", "orderpoint.toml"]);
        orderpoint(at.path(), &args)
    }
}

/// `@LAMP` is the id of the lamp's recommendation; in UTF-16, too.
fn with_id(bytes: &[u8], id: &str) -> Vec<u8> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.replace("@LAMP", id).into_bytes();
    }
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let mark = wide("@LAMP");
    match bytes.windows(mark.len()).position(|window| window == mark) {
        Some(at) => [&bytes[..at], &wide(id), &bytes[at + mark.len()..]].concat(),
        None => bytes.to_vec(),
    }
}

fn copy(from: &Path, to: &Path) {
    for file in crate::support::files(from) {
        let place = to.join(&file);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::copy(from.join(&file), place).unwrap();
    }
    let current = fs::read_link(from.join("current")).unwrap();
    fs::remove_dir_all(to.join("current")).ok();
    std::os::unix::fs::symlink(current, to.join("current")).unwrap();
}

/// A run of the good shop.
pub fn published() -> tempfile::TempDir {
    let at = folder();
    base(at.path());
    succeeds(at.path(), &["run", "--config", "orderpoint.toml"], &[0]);
    at
}

/// What a person would see: summary, then log.
fn said(output: &Output) -> String {
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

#[test]
fn every_malformed_file_is_answered_as_it_should_be() {
    let text = fs::read_to_string(corpus().join("cases.toml")).unwrap();
    let cases: Cases = toml::from_str(&text).unwrap();
    let shop = published();
    let shop = shop.path().join("reports");
    let mut wrong = Vec::new();
    for case in &cases.case {
        let output = case.run(&shop);
        let said = said(&output);
        let missing: Vec<&String> =
            case.told.iter().filter(|told| !said.contains(told.as_str())).collect();
        let raw = ["panicked", "internal error"].into_iter().find(|word| said.contains(word));
        if output.status.code() != Some(case.exit) || !missing.is_empty() || raw.is_some() {
            let code = output.status.code();
            wrong.push(format!(
                "{}: exit {code:?}, expected {}; not told: {missing:?}\n{said}",
                case.file, case.exit
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases:\n{}",
        wrong.len(),
        cases.case.len(),
        wrong.join("\n")
    );
    assert!(cases.case.len() >= 200, "{} cases", cases.case.len());
}

#[test]
fn every_malformed_file_is_in_a_case() {
    let text = fs::read_to_string(corpus().join("cases.toml")).unwrap();
    let cases: Cases = toml::from_str(&text).unwrap();
    for entry in fs::read_dir(corpus().join("files")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(cases.case.iter().any(|case| case.file == name), "{name} is in no case");
    }
}

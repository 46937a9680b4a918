//! House rules that no compiler checks: who may import what, no leftovers.

use std::path::{Path, PathBuf};

/// A crate and the modules that alone may name it.
const HOMES: [(&str, &[&str]); 5] = [
    ("polars", &["ingest"]),
    ("arrow", &["ingest", "tables", "store"]),
    ("parquet", &["ingest", "tables", "store"]),
    ("rayon", &["run", "ingest", "parallel"]),
    ("indicatif", &["cli"]),
];
/// Rooms from the ground up: a room imports only from those before it, so that data flows one way.
const FLOW: [&str; 23] = [
    "parallel",
    "math",
    "explain",
    "domain",
    "ingest",
    "clean",
    "classify",
    "forecast",
    "inventory",
    "network",
    "purchase",
    "allocate",
    "indicators",
    "simulate",
    "store",
    "tables",
    "audit",
    "review",
    "report",
    "config",
    "sample",
    "run",
    "cli",
];
/// They compute: what they need is handed to them.
const STAGES: [&str; 10] = [
    "clean",
    "classify",
    "forecast",
    "inventory",
    "network",
    "purchase",
    "allocate",
    "simulate",
    "indicators",
    "explain",
];
const LEFTOVERS: [&str; 5] = ["todo!", "unimplemented!", "dbg!(", "FIXME", "TODO"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// `ingest/load.rs` -> `ingest`, `config.rs` -> `config`.
fn module(file: &Path) -> String {
    let inside = file.strip_prefix(root().join("src")).unwrap();
    inside
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_string_lossy()
        .trim_end_matches(".rs")
        .to_owned()
}

/// Lines that are code, comments cut off; what follows `#[cfg(test)]` is tests.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let body = text.lines().enumerate().take_while(|(_, line)| line.trim() != "#[cfg(test)]");
    body.map(|(i, line)| (i + 1, line.split("//").next().unwrap_or_default()))
}

fn each_source(mut visit: impl FnMut(&Path, &str)) {
    for file in sources(&root().join("src")) {
        visit(&file, &std::fs::read_to_string(&file).unwrap());
    }
}

/// Whether `name::` or `use name` stands in the line as a crate, not as the end of another path or
/// name.
fn names_crate(code: &str, name: &str) -> bool {
    let starts =
        |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
    let is_crate = |(at, _): (usize, &str)| starts(at) && code[at + name.len()..].starts_with("::");
    code.match_indices(name).any(is_crate) || code.trim() == format!("use {name};")
}

#[test]
fn each_heavy_crate_has_its_one_home() {
    each_source(|file, text| {
        for (name, homes) in HOMES {
            let stray = || code(text).find(|(_, code)| names_crate(code, name));
            if !homes.contains(&module(file).as_str())
                && let Some((line, _)) = stray()
            {
                panic!("{}:{line}: {name} is for {homes:?} only", file.display());
            }
        }
    });
}

#[test]
fn data_flows_one_way() {
    let floor = |room: &str| FLOW.iter().position(|r| *r == room);
    each_source(|file, text| {
        let room = module(file);
        let Some(here) = floor(&room) else {
            assert!(
                ["build", "lib", "main"].contains(&room.as_str()),
                "{room} has no place in the flow"
            );
            return;
        };
        for (line, code) in code(text) {
            for (at, _) in code.match_indices("crate::") {
                let path = &code[at + "crate::".len()..];
                let end = path.find(|c: char| !c.is_alphanumeric() && c != '_');
                let other = &path[..end.unwrap_or(path.len())];
                assert!(
                    floor(other).is_none_or(|there| there <= here),
                    "{}:{line}: {room} imports from {other}, which builds on it",
                    file.display()
                );
            }
        }
    });
}

#[test]
fn a_stage_imports_settings_of_its_own_alone() {
    each_source(|file, text| {
        let above = ["ingest", "tables", "store", "config", "run", "report", "cli"];
        if STAGES.contains(&module(file).as_str()) {
            for name in above {
                if let Some((line, _)) =
                    code(text).find(|(_, code)| code.contains(&format!("crate::{name}")))
                {
                    panic!(
                        "{}:{line}: a stage is handed what it needs from {name}",
                        file.display()
                    );
                }
            }
        }
    });
}

#[test]
fn stages_read_no_clock_environment_or_file() {
    each_source(|file, text| {
        if STAGES.contains(&module(file).as_str()) {
            for word in ["std::env", "std::fs", "SystemTime", "Instant::now", "Utc::now"] {
                if let Some((line, _)) = code(text).find(|(_, code)| code.contains(word)) {
                    panic!("{}:{line}: {word} in a stage", file.display());
                }
            }
        }
    });
}

#[test]
fn elementary_functions_are_the_same_on_every_machine() {
    // The system's library has another variant of these for processors that multiply and add in one
    // step; `math/elementary.rs` stands in for them.
    const FUNCTIONS: [&str; 15] = [
        "exp", "exp2", "exp_m1", "ln", "ln_1p", "log", "log2", "log10", "powf", "sin", "cos",
        "tan", "tanh", "cbrt", "hypot",
    ];
    each_source(|file, text| {
        for function in FUNCTIONS {
            let call = format!(".{function}(");
            if let Some((line, _)) = code(text).find(|(_, code)| code.contains(&call)) {
                panic!("{}:{line}: {call} of the system, see math/elementary.rs", file.display());
            }
        }
    });
}

#[test]
fn no_line_is_wider_than_a_hundred_columns() {
    // rustfmt breaks code, but neither texts nor comments.
    for folder in ["src", "benches", "tests"] {
        for file in sources(&root().join(folder)) {
            let text = std::fs::read_to_string(&file).unwrap();
            for (i, line) in text.lines().enumerate() {
                let width = line.chars().count();
                assert!(width <= 100, "{}:{}: {width} columns", file.display(), i + 1);
            }
        }
    }
}

#[test]
fn no_leftovers() {
    for folder in ["src", "benches", "tests"] {
        for file in sources(&root().join(folder)).iter().filter(|f| !f.ends_with("tests/tidy.rs")) {
            let text = std::fs::read_to_string(file).unwrap();
            for (i, line) in text.lines().enumerate() {
                for word in LEFTOVERS {
                    assert!(!line.contains(word), "{}:{}: {word}", file.display(), i + 1);
                }
                assert!(line == line.trim_end(), "{}:{}: blanks at the end", file.display(), i + 1);
            }
        }
    }
}

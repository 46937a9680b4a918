//! Sections of the configuration file, one by one, with every unknown key and wrong value found
//! before anyone complains.

use crate::domain::error::{Error, Result, did_you_mean};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// Keys that say where, when and how fast, not what: they stay out of the digest; the morning is a
/// part of a run's identity by itself.
const NOT_A_RESULT: [&str; 5] = ["data", "out", "models", "threads", "as_of"];
/// Sections that run after a run.
const AFTER_A_RUN: [&str; 1] = ["export"];

/// Keys that other sections had once, and their one place in `[policy]`.
const MOVED: [(&str, &str); 3] = [
    ("carrying_rate", "holding_rate_per_year"),
    ("order_cost", "order_cost"),
    ("excess_days", "excess_cover_days"),
];

/// The file as parsed, and what is wrong with it so far.
pub(crate) struct Reader<'a> {
    text: &'a str,
    file: &'a str,
    table: Table,
    known: Vec<&'static str>,
    problems: Vec<String>,
}

impl<'a> Reader<'a> {
    /// Parses `text`; `file` is what messages call it.
    pub(crate) fn new(text: &'a str, file: &'a str) -> Result<Self> {
        let table: Table =
            text.parse().map_err(|error| Error::Config(vec![format!("{file}: {error}")]))?;
        Ok(Self { text, file, table, known: Vec::new(), problems: Vec::new() })
    }

    /// Every setting that can change a result, as sorted text.
    pub(crate) fn settled(&self) -> String {
        let mut table = self.table.clone();
        table.retain(|section, _| !AFTER_A_RUN.contains(&section));
        if let Some(Value::Table(run)) = table.get_mut("run") {
            run.retain(|key, _| !NOT_A_RESULT.contains(&key));
        }
        table.to_string()
    }

    /// Whether the file sets `key` in `[section]`.
    pub(crate) fn has(&self, section: &str, key: &str) -> bool {
        self.table.get(section).and_then(|table| table.get(key)).is_some()
    }

    /// Section `[name]`, with its defaults where it says nothing; what is wrong with it is kept for
    /// [`Reader::finish`].
    pub(crate) fn section<T: DeserializeOwned + Default>(&mut self, name: &'static str) -> T {
        self.known.push(name);
        match self.table.remove(name) {
            None => T::default(),
            Some(Value::Table(table)) => self.checked(name, 0, table),
            Some(_) => {
                self.problems.push(format!(
                    "{}: `{name}` is a section: write [{name}] and its keys below",
                    self.file
                ));
                T::default()
            }
        }
    }

    /// Sections `[name.X]` for any X, by X; `[[name.X]]` gives one X several.
    pub(crate) fn sections<T: DeserializeOwned + Default>(
        &mut self,
        name: &'static str,
    ) -> BTreeMap<String, Vec<T>> {
        let tables: Table = self.section(name);
        let mut all = BTreeMap::new();
        for (key, value) in tables {
            let written = match value {
                Value::Array(several) => several,
                one => vec![one],
            };
            let mut sections = Vec::with_capacity(written.len());
            for (nth, value) in written.into_iter().enumerate() {
                match value {
                    Value::Table(table) => {
                        sections.push(self.checked(&format!("{name}.{key}"), nth, table));
                    }
                    _ => self.problems.push(format!(
                        "{}: expected a section [{name}.{key}], or [[{name}.{key}]] once a source",
                        self.place(name, 0, &key)
                    )),
                }
            }
            all.insert(key, sections);
        }
        all
    }

    /// Everything wrong, unknown sections included.
    pub(crate) fn finish(mut self) -> Vec<String> {
        for section in self.table.keys() {
            let hint = hint(section, self.known.iter().copied());
            let line =
                line_of(self.text, |line| line.trim_start().starts_with(&format!("[{section}")));
            self.problems.push(format!("{}{line}: unknown section [{section}]{hint}", self.file));
        }
        self.problems
    }

    /// Each key is tried alone, so that one mistake does not hide the next.
    fn checked<T: DeserializeOwned + Default>(
        &mut self,
        name: &str,
        nth: usize,
        table: Table,
    ) -> T {
        let mut good = Table::new();
        for (key, value) in table {
            if let Some(text) = implausible(&key, &value) {
                self.problems.push(format!("{}: {text}", self.place(name, nth, &key)));
                continue;
            }
            let alone = Table::from_iter([(key.clone(), value.clone())]);
            match alone.try_into::<T>() {
                Ok(_) => {
                    good.insert(key, value);
                }
                Err(error) => {
                    let text = explained(error.message(), &key);
                    self.problems.push(format!("{}: {text}", self.place(name, nth, &key)));
                }
            }
        }
        good.try_into().unwrap_or_default()
    }

    /// `orderpoint.toml line 7, [run] horizon`; of several sections of one name the `nth`.
    fn place(&self, section: &str, nth: usize, key: &str) -> String {
        let heads = [format!("[{section}]"), format!("[[{section}]]")];
        let mut inside = false;
        let mut met = 0;
        let line = line_of(self.text, |line| {
            let line = line.trim();
            if line.starts_with('[') {
                let head = heads.iter().any(|head| line.starts_with(head.as_str()));
                inside = head && met == nth;
                met += usize::from(head);
                return line.starts_with(&format!("[{section}.{key}"))
                    || line.starts_with(&format!("[[{section}.{key}"));
            }
            inside && line.split('=').next().is_some_and(|k| k.trim().trim_matches('"') == key)
        });
        format!("{}{line}, [{section}] {key}", self.file)
    }
}

/// Days of a century: nothing here is planned for longer, and walks over days must end.
const LONGEST_DAYS: f64 = 36_525.0;
/// No price, quantity or weight of a shop is larger; sums of products of such numbers stay finite.
const LARGEST: f64 = 1e12;

/// What is wrong with a number that no range of its section can be right about.
fn implausible(key: &str, value: &Value) -> Option<String> {
    let number = match value {
        Value::Float(number) => *number,
        Value::Integer(number) => *number as f64,
        Value::Array(values) => return values.iter().find_map(|value| implausible(key, value)),
        Value::Table(table) => {
            return table.iter().find_map(|(inner, value)| {
                let of_days = if key.contains("days") { key } else { inner };
                implausible(of_days, value)
            });
        }
        Value::String(_) | Value::Boolean(_) | Value::Datetime(_) => return None,
    };
    let largest = if key.contains("days") { LONGEST_DAYS } else { LARGEST };
    (!number.is_finite() || number.abs() > largest)
        .then(|| format!("{number} is no plausible number: expected at most {largest}"))
}

fn line_of(text: &str, found: impl FnMut(&str) -> bool) -> String {
    text.lines().position(found).map(|i| format!(" line {}", i + 1)).unwrap_or_default()
}

/// Serde's sentence in a planner's words: an unknown key with the nearest known one, or what was
/// expected.
fn explained(message: &str, key: &str) -> String {
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match names.split_first() {
        Some((unknown, known)) if message.starts_with("unknown field") => {
            if let Some((_, policy_key)) = MOVED.iter().find(|(old, _)| old == unknown) {
                return format!("unknown key: set `{policy_key}` in [policy]");
            }
            let place = if *unknown == key { String::new() } else { format!(" `{unknown}`") };
            format!("unknown key{place}{}", hint(unknown, known.iter().copied()))
        }
        _ => message.trim().replace('\n', " "),
    }
}

/// What an unknown name may stand for, or the known names when none comes near.
fn hint<'k>(name: &str, known: impl Iterator<Item = &'k str> + Clone) -> String {
    match did_you_mean(name, known.clone()) {
        hint if hint.is_empty() => format!("; known are {}", known.collect::<Vec<_>>().join(", ")),
        hint => hint,
    }
}

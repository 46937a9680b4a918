//! Exports as other people's tools leave them: every text example of `presets/` with its columns
//! moved, its headings in capitals, further columns, other encodings, separators, line ends and
//! locales. Each is read to the same rows as the original, or refused with lines of configuration
//! that then do; nothing is read otherwise without a word.

use crate::presets::{differences_as, examples, of_example};
use chrono::Datelike;
use std::path::Path;

/// An example as cells.
struct Sheet {
    records: Vec<Vec<String>>,
    separator: char,
    quoting: bool,
}

impl Sheet {
    fn read(text: &str, separator: char, quoting: bool) -> Self {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .quoting(quoting)
            .delimiter(separator as u8)
            .from_reader(text.as_bytes());
        let records = reader
            .records()
            .map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<String>>());
        Self { records: records.collect(), separator, quoting }
    }

    /// The position of the header: the first record that is as wide as the widest.
    fn header(&self) -> usize {
        let filled = |record: &Vec<String>| record.iter().filter(|c| !c.is_empty()).count();
        let widest = self.records.iter().map(filled).max().unwrap_or(0);
        self.records.iter().position(|record| filled(record) * 10 >= widest * 7).unwrap()
    }

    fn text(&self, separator: char, quote_all: bool, end: &str) -> String {
        let mut text = String::new();
        for record in &self.records {
            let cells = record.iter().map(|cell| {
                let special = cell.contains([separator, '"', '\n', '\r']);
                let is_plain = separator == '\t' && !self.quoting;
                if (quote_all || special) && !is_plain {
                    format!("\"{}\"", cell.replace('"', "\"\""))
                } else {
                    cell.clone()
                }
            });
            text.push_str(&cells.collect::<Vec<_>>().join(&separator.to_string()));
            text.push_str(end);
        }
        text
    }

    fn plain(&self) -> Vec<u8> {
        self.text(self.separator, false, "\n").into_bytes()
    }

    /// The cells below the header, changed.
    fn cells(mut self, change: impl Fn(&str) -> String) -> Self {
        let header = self.header();
        for record in &mut self.records[header + 1..] {
            record.iter_mut().for_each(|cell| *cell = change(cell));
        }
        self
    }

    /// The records from the header on in another order of columns.
    fn columns(mut self, order: impl Fn(usize) -> Vec<usize>) -> Self {
        let header = self.header();
        let width = self.records[header].len();
        for record in self.records[header..].iter_mut().filter(|record| record.len() == width) {
            *record = order(width).iter().map(|&at| record[at].clone()).collect();
        }
        self
    }

    /// A column more at position `at` of the header.
    fn further(mut self, at: usize) -> Self {
        let header = self.header();
        for (nth, record) in self.records[header..].iter_mut().enumerate() {
            let cell = if nth == 0 { "Remark (internal)".to_owned() } else { String::new() };
            record.insert(at.min(record.len()), cell);
        }
        self
    }

    fn line(mut self, at: usize, cells: &[&str]) -> Self {
        self.records.insert(at, cells.iter().map(|&cell| cell.to_owned()).collect());
        self
    }
}

fn utf16(text: &[u8], mark: bool, big: bool) -> Vec<u8> {
    let text = String::from_utf8(text.to_vec()).unwrap();
    let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
    units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

/// `12.50` as `12,50`, in brackets and beside signs, too.
fn with_comma(cell: &str) -> String {
    let number = cell.trim_matches(|c: char| !c.is_ascii_digit());
    let is_number = number.split_once('.').is_some_and(|(whole, fraction)| {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        digits(whole) && digits(fraction)
    });
    if is_number { cell.replace(number, &number.replace('.', ",")) } else { cell.to_owned() }
}

/// The day that a cell begins with, and what follows it.
fn dated(cell: &str) -> Option<(chrono::NaiveDate, &str)> {
    ["%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y"]
        .iter()
        .find_map(|format| chrono::NaiveDate::parse_and_remainder(cell, format).ok())
        .filter(|(day, rest)| day.year() > 1900 && !rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Days in another form, what follows them left as it is.
fn as_days(cell: &str, format: &str) -> String {
    match dated(cell) {
        Some((day, rest)) => format!("{}{rest}", day.format(format)),
        None => cell.to_owned(),
    }
}

/// One change to an export.
struct Mutation {
    name: &'static str,
    /// The bytes of the changed file.
    change: fn(Sheet) -> Vec<u8>,
}

const MUTATIONS: &[Mutation] = &[
    Mutation { name: "as it is, written again", change: |sheet| sheet.plain() },
    Mutation {
        name: "columns backwards",
        change: |sheet| sheet.columns(|width| (0..width).rev().collect()).plain(),
    },
    Mutation {
        name: "columns moved on by three",
        change: |sheet| {
            sheet.columns(|width| (0..width).map(|at| (at + 3) % width).collect()).plain()
        },
    },
    Mutation {
        name: "headings in capitals",
        change: |mut sheet| {
            let header = sheet.header();
            sheet.records[header].iter_mut().for_each(|cell| *cell = cell.to_uppercase());
            sheet.plain()
        },
    },
    Mutation {
        name: "headings in lower case with underscores",
        change: |mut sheet| {
            let header = sheet.header();
            for cell in &mut sheet.records[header] {
                *cell = cell.to_lowercase().replace([' ', '-'], "_");
            }
            sheet.plain()
        },
    },
    Mutation { name: "a column more at the end", change: |sheet| sheet.further(999).plain() },
    Mutation { name: "a column more in between", change: |sheet| sheet.further(2).plain() },
    Mutation {
        name: "a mark of byte order, CRLF and all quoted",
        change: |sheet| {
            let text = sheet.text(sheet.separator, true, "\r\n");
            format!("\u{feff}{text}").into_bytes()
        },
    },
    Mutation {
        name: "CR alone",
        change: |sheet| sheet.text(sheet.separator, false, "\r").into_bytes(),
    },
    Mutation { name: "UTF-16", change: |sheet| utf16(&sheet.plain(), true, false) },
    Mutation { name: "UTF-16 big end first", change: |sheet| utf16(&sheet.plain(), true, true) },
    Mutation {
        name: "UTF-16 without its mark",
        change: |sheet| utf16(&sheet.plain(), false, false),
    },
    Mutation {
        name: "Windows-1252",
        change: |sheet| {
            let text = sheet.cells(|cell| cell.replace("large", "größe – 12 €"));
            let text = text.text(text.separator, false, "\n");
            let byte = |c: char| match c {
                '€' => 0x80,
                '–' => 0x96,
                other => u8::try_from(u32::from(other)).unwrap_or(b'?'),
            };
            text.chars().map(byte).collect()
        },
    },
    Mutation { name: "semicolons", change: |sheet| sheet.text(';', false, "\n").into_bytes() },
    Mutation { name: "tabs", change: |sheet| sheet.text('\t', false, "\n").into_bytes() },
    Mutation {
        name: "semicolons and decimal commas",
        change: |sheet| sheet.cells(with_comma).text(';', false, "\n").into_bytes(),
    },
    Mutation {
        name: "days as d/m/y",
        change: |sheet| sheet.cells(|cell| as_days(cell, "%d/%m/%Y")).plain(),
    },
    Mutation {
        name: "days as m/d/y",
        change: |sheet| sheet.cells(|cell| as_days(cell, "%-m/%-d/%Y")).plain(),
    },
    Mutation {
        name: "days as d.m.y",
        change: |sheet| sheet.cells(|cell| as_days(cell, "%-d.%-m.%Y")).plain(),
    },
    Mutation {
        name: "days with the month's name",
        change: |sheet| sheet.cells(|cell| as_days(cell, "%b %-d, %Y")).plain(),
    },
    Mutation {
        name: "a title, its date and a blank line above",
        change: |sheet| {
            let titled = sheet.line(0, &["Export of the shop"]).line(1, &["1 Jan to 31 Jan"]);
            titled.line(2, &["", ""]).plain()
        },
    },
    Mutation {
        name: "rows of separators in between and below",
        change: |sheet| {
            let (header, width) = (sheet.header(), sheet.records[sheet.header()].len());
            let blank = vec![""; width];
            let last = sheet.records.len();
            let spaced = sheet.line(last, &blank).line(last, &blank);
            let at = (header + 3).min(last);
            spaced.line(at, &blank).plain()
        },
    },
    Mutation {
        name: "a total below",
        change: |sheet| {
            let last = sheet.records.len();
            sheet.line(last, &["Total", ""]).plain()
        },
    },
    Mutation {
        name: "cells in spaces",
        change: |sheet| sheet.cells(|cell| format!(" {cell} ")).plain(),
    },
];

#[test]
fn mutated_exports_are_read_right_or_refused_with_advice_that_works() {
    let mut wrong = Vec::new();
    let mut tried = 0;
    let mut advised = 0;
    for folder in examples() {
        let Some(example) = of_example(&folder) else { continue };
        // Where headings are locations or days they are no names that may be written otherwise.
        let headings_are_data = ["wide", "shopify-inventory-by-location"];
        let is_named = !headings_are_data.contains(&example.name.as_str());
        for mutation in
            MUTATIONS.iter().filter(|mutation| is_named || !mutation.name.starts_with("headings"))
        {
            let sheet = Sheet::read(&example.text, example.separator, example.quoting);
            let bytes = (mutation.change)(sheet);
            tried += 1;
            let verdict = judged(&folder, &bytes);
            match verdict {
                Verdict::Right => {}
                Verdict::Advised => advised += 1,
                Verdict::Wrong(why) => {
                    wrong.push(format!("{}, {}: {why}", example.name, mutation.name));
                }
            }
        }
    }
    println!("{tried} exports, {advised} of them read with the line that the message told");
    assert!(tried >= 400, "{tried} are tried");
    assert!(wrong.is_empty(), "{} of {tried} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

enum Verdict {
    Right,
    /// Refused, and the advice reads it.
    Advised,
    Wrong(String),
}

fn judged(folder: &Path, bytes: &[u8]) -> Verdict {
    let differences = differences_as(folder, Some(bytes), "");
    if differences.is_empty() {
        return Verdict::Right;
    }
    for lines in advice(&differences.join("\n")) {
        let left = differences_as(folder, Some(bytes), &lines);
        if left.is_empty() {
            return Verdict::Advised;
        }
    }
    Verdict::Wrong(differences.join("; "))
}

/// The lines that a message tells to write: those in its last backticks before `in [mapping.`, and
/// each of the two answers where it asks for a choice.
fn advice(message: &str) -> Vec<String> {
    let mut all = Vec::new();
    if let Some((before, _)) = message.split_once("` in [mapping.")
        && let Some((_, keys)) = before.rsplit_once("; `")
    {
        all.push(keys.replace("` and `", "\n"));
    }
    for choice in ["decimal_comma = true", "decimal_comma = false"] {
        if message.contains("decimal_comma = ") {
            all.push(choice.to_owned());
        }
    }
    for format in ["%d/%m/%Y", "%m/%d/%Y"] {
        let line = format!("date_formats = [\"{format}\"]");
        let is_asked = message.contains("set [csv] date_formats, e.g.");
        if is_asked || message.contains(&line) || message.contains(&format!("so does \"{format}\""))
        {
            all.push(line);
        }
    }
    all
}

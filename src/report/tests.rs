//! The whole report on a made-up run.

use crate::report::fixture::Fixture;
use crate::report::fixture::HOSTILE;
use crate::report::*;
use std::collections::BTreeMap;

fn files(fixture: &Fixture) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut keep = |path: &str, bytes: &[u8]| {
        assert!(files.insert(path.to_owned(), bytes.to_vec()).is_none(), "{path} is written once");
        Ok(())
    };
    render(&fixture.report(), &mut keep).unwrap();
    files
}

fn text(files: &BTreeMap<String, Vec<u8>>, path: &str) -> String {
    String::from_utf8(files[path].clone()).unwrap()
}

#[test]
fn every_page_names_its_morning_and_its_run() {
    let files = files(&Fixture::new(60));
    for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with(".html")) {
        let page = std::str::from_utf8(bytes).unwrap();
        assert!(
            page.contains("Monday, 2 March 2026") && page.contains("run 2026-03-02-0a1b2c3d"),
            "{path}"
        );
    }
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    assert!(files(&Fixture::new(60)) == files(&Fixture::new(60)));
}

#[test]
fn hostile_names_are_text_in_pages_and_scripts() {
    let files = files(&Fixture::new(60));
    for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with(".html")) {
        let page = std::str::from_utf8(bytes).unwrap();
        assert!(
            !page.contains(HOSTILE[0]) && !page.contains("<img"),
            "{path}: an element made of a name"
        );
    }
    assert!(text(&files, "report/items/0.js").contains("alert(1)"), "the name is there, as text");
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    let files = files(&Fixture::new(60));
    let glossary = text(&files, "report/glossary.html");
    for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with(".html")) {
        let page = std::str::from_utf8(bytes).unwrap();
        let links = page
            .split("href=\"")
            .chain(page.split("src=\""))
            .skip(1)
            .filter_map(|rest| rest.split('"').next());
        for link in links.filter(|l| {
            !l.starts_with("data:") && !l.starts_with('#') && !l.starts_with("<!doctype")
        }) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match (path.strip_prefix("report/"), file.strip_prefix("../")) {
                (_, Some(top)) => top.to_owned(),
                (Some(_), None) => format!("report/{file}"),
                (None, None) => file.to_owned(),
            };
            assert!(files.contains_key(&target), "{path} links to {link}");
            assert!(
                file != "glossary.html"
                    || anchor.is_empty()
                    || glossary.contains(&format!("id=\"{anchor}\"")),
                "{path}: {link}"
            );
        }
    }
}

#[test]
fn every_column_has_its_entry_in_the_glossary() {
    let files = files(&Fixture::new(60));
    for (path, bytes) in files.iter().filter(|(path, _)| path.starts_with("report/data/")) {
        let script = std::str::from_utf8(bytes).unwrap();
        for term in script.split("\"term\":\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(glossary::TERMS.iter().any(|t| t.id == term), "{path}: {term}");
        }
    }
}

#[test]
fn item_files_hold_every_item_once() {
    let files = files(&Fixture::new(130));
    let mut seen = 0;
    for first in (0..130).step_by(sku::ITEMS_PER_FILE) {
        let script = text(&files, &format!("report/items/{}.js", first / sku::ITEMS_PER_FILE));
        let json = script
            .strip_prefix(&format!("OP.items({first},"))
            .and_then(|s| s.strip_suffix(");\n"))
            .unwrap();
        let items: Vec<serde_json::Value> = serde_json::from_str(json).unwrap();
        for item in &items {
            assert_eq!(item["sku"], format!("SKU-{seen:04}"));
            assert_eq!(item["pools"][0]["channels"].as_array().unwrap().len(), 3);
            seen += 1;
        }
    }
    assert_eq!(seen, 130);
}

/// CPU seconds of this thread so far, zero where the system does not tell.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// `ORDERPOINT_REPORT_DIR=... cargo test --release -- --ignored a_report_to_look_at`, for the browser tests and to time it.
#[test]
#[ignore = "writes files; for looking at the pages"]
fn a_report_to_look_at() {
    let skus = std::env::var("ORDERPOINT_REPORT_SKUS").map_or(60, |n| n.parse().unwrap());
    let fixture = Fixture::new(skus);
    let start = cpu();
    let mut files = Vec::new();
    let mut keep = |path: &str, bytes: &[u8]| {
        files.push((path.to_owned(), bytes.to_vec()));
        Ok(())
    };
    render(&fixture.report(), &mut keep).unwrap();
    let rendered = cpu();
    let n = crate::indicators::compute(&fixture.inputs, &fixture.outcome, &fixture.settings).len();
    let size: usize = files.iter().map(|f| f.1.len()).sum();
    println!(
        "{skus} items: {:.2} CPU s, {} files, {:.1} MB",
        rendered - start,
        files.len(),
        size as f64 / 1e6
    );
    println!("{n} indicators: {:.2} CPU s", cpu() - rendered);
    let Ok(dir) = std::env::var("ORDERPOINT_REPORT_DIR") else { return };
    for (path, bytes) in files {
        let path = std::path::Path::new(&dir).join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

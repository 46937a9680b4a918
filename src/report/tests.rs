//! The whole report on a made-up run.

use crate::domain::economics::UnitEconomics;
use crate::domain::inputs::Source;
use crate::domain::outcome::{Recommendation, Status};
use crate::domain::sorted::Sorted;
use crate::domain::units::Money;
use crate::indicators::definitions::DEFINITIONS;
use crate::purchase::{Basis, Container};
use crate::report::beside::Beside;
use crate::report::fixture::{self, Fixture, HOSTILE};
use crate::report::gathered::{Depth, depths};
use crate::report::*;
use chrono::Duration;
use std::collections::BTreeMap;
use std::time::Instant;

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
            // Written by the tables, or beside the runs.
            if file.starts_with("../orders/") {
                continue;
            }
            if Beside::ALL.iter().any(|b| file == format!("../../../{}/index.html", b.folder())) {
                continue;
            }
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
fn every_column_and_every_indicator_has_its_entry_in_the_glossary() {
    let files = files(&Fixture::new(60));
    let terms = terms(&files);
    for (path, bytes) in files.iter().filter(|(path, _)| path.starts_with("report/data/")) {
        let script = std::str::from_utf8(bytes).unwrap();
        for term in script.split("\"term\":\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(terms.iter().any(|t| t == term), "{path}: {term}");
        }
    }
    for indicator in DEFINITIONS {
        assert!(terms.iter().any(|t| t == indicator.term), "{}", indicator.name);
    }
}

/// Anchors of the glossary, in its order.
fn terms(files: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let page = text(files, "report/glossary.html");
    let entries = page.split("<div id=\"").skip(1);
    entries.filter_map(|entry| Some(entry.split_once('"')?.0.to_owned())).collect()
}

#[test]
fn the_glossary_is_in_the_order_of_the_words_that_it_shows() {
    let page = text(&files(&Fixture::new(1)), "report/glossary.html");
    let shown = page.split("<dt>").skip(1).filter_map(|entry| entry.split_once("</dt>"));
    let words: Vec<String> = shown.map(|(word, _)| word.to_lowercase()).collect();
    assert!(words.len() > 70 && words.is_sorted_by(|a, b| a < b), "{words:?}");
}

#[test]
fn item_files_hold_every_item_once() {
    let files = files(&Fixture::new(130));
    let mut seen = 0;
    for first in (0..130).step_by(ITEMS_PER_FILE) {
        let script = text(&files, &format!("report/items/{}.js", first / ITEMS_PER_FILE));
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

/// `ORDERPOINT_REPORT_DIR=... cargo test --release -- --ignored a_report_to_look_at`, for the
/// browser tests and to time it.
#[test]
#[ignore = "writes files; for looking at the pages"]
fn a_report_to_look_at() {
    let skus = std::env::var("ORDERPOINT_REPORT_SKUS").map_or(60, |n| n.parse().unwrap());
    let fixture = Fixture::new(skus);
    let start = Instant::now();
    let mut files = Vec::new();
    let mut keep = |path: &str, bytes: &[u8]| {
        files.push((path.to_owned(), bytes.to_vec()));
        Ok(())
    };
    render(&fixture.report(), &mut keep).unwrap();
    let rendered = start.elapsed();
    let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    println!("{skus} items: {rendered:.2?}, {} files, {bytes} bytes", files.len());
    let start = Instant::now();
    let flows = crate::indicators::flows_of(&fixture.inputs.panel);
    let business =
        crate::indicators::compute(&fixture.inputs, &fixture.outcome, &flows, &fixture.settings);
    let n = business.indicators.len();
    println!("{n} indicators: {:.2?}", start.elapsed());
    let Ok(dir) = std::env::var("ORDERPOINT_REPORT_DIR") else { return };
    for (path, bytes) in files {
        let path = std::path::Path::new(&dir).join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

#[test]
fn what_stands_says_until_when_and_offers_to_take_it_back() {
    let files = files(&Fixture::new(60));
    let page = text(&files, "report/changes.html");
    let standing = page.split("id=\"what-stands\"").nth(1).unwrap();
    let standing = standing.split("</section>").next().unwrap();
    assert!(standing.contains("data-line=\"R20260227-snoozed\""), "{standing}");
    assert!(standing.contains("3 days</td>") && standing.contains("11 Mar"), "{standing}");
    assert!(standing.contains("nothing is needed tonight"), "{standing}");
}

#[test]
fn changes_come_by_cause_with_their_money_and_no_iso_dates_stand_in_sentences() {
    let files = files(&Fixture::new(60));
    let page = text(&files, "report/changes.html");
    let sheet = page.split("id=\"by-cause\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(sheet.contains("units were sold, received or counted"), "{sheet}");
    assert!(sheet.contains("orders changed, together +"), "{sheet}");
    assert!(!sheet.contains("2026-03-01 "), "{sheet}");
}

#[test]
fn s4_a_large_report_holds_the_items_with_most_money_whole() {
    let fixture = Fixture::new(60);
    let input = fixture.report();
    let report = Report::new(&input);
    assert!(!report.is_large());
    let few = depths(&report.pools, input.inputs.names.skus.len());
    assert!(few.iter().all(|&depth| depth == Depth::Whole));
    let many = depths(&report.pools, 100_001);
    let count = |depth| many.iter().filter(|&&d| d == depth).count();
    assert_eq!((count(Depth::Whole), count(Depth::Short), count(Depth::Name)), (20_000, 80_000, 1));
    assert_eq!(many[100_000], Depth::Name);
}

#[test]
fn a_minimum_in_another_currency_is_compared_in_that_of_the_pages() {
    let mut fixture = Fixture::new(60);
    fixture.inputs.suppliers[0].currency = "USD".to_owned();
    fixture.inputs.suppliers[0].free_freight_value = Some(Money::from_f64(100_000.0));
    let files = files(&fixture);
    let suppliers = text(&files, "report/data/suppliers.js");
    assert!(suppliers.contains("[828,900,900,900,900]"), "{suppliers}");
    assert!(text(&files, "report/suppliers.html").contains("short of 92,000"));
}

#[test]
fn p8_what_nobody_knows_the_worth_of_is_not_worth_nothing() {
    let mut fixture = Fixture::new(60);
    for economics in &mut fixture.outcome.economics {
        *economics = UnitEconomics::default();
    }
    for finding in &mut fixture.outcome.findings {
        (finding.value, finding.expected_loss) = (Money::ZERO, Money::ZERO);
    }
    let files = files(&fixture);
    for (table, column) in [("findings", "value"), ("findings", "loss"), ("counts", "value")] {
        let script = text(&files, &format!("report/data/{table}.js"));
        let at = script.find(&format!("\"key\":\"{column}\"")).unwrap();
        let (_, values) = script[at..].split_once("\"values\":[").unwrap();
        let (values, _) = values.split_once(']').unwrap();
        assert!(values.split(',').all(|value| value == "null"), "{table}.{column}: {values}");
        assert!(script[at..].contains("known-money"), "the page says that it is unknown");
    }
}

#[test]
fn an_item_that_no_order_helps_says_what_does_and_not_0() {
    let mut fixture = Fixture::new(60);
    fixture.inputs.sources[0].table = "stock".to_owned();
    for line in &mut fixture.outcome.recommendations {
        line.value_at_risk = Money::ZERO;
    }
    let briefing = text(&files(&fixture), "index.html");
    let (_, panel) = briefing.split_once("About to stock out").unwrap();
    let (panel, _) = panel.split_once("</article>").unwrap();
    assert!(panel.contains("<span class=\"money\"></span>"), "{panel}");
    assert!(panel.contains("before any order can help") || panel.contains("comes sooner"));
}

#[test]
fn p8_without_a_stock_table_no_zero_is_stated() {
    // The fixture's tables are sales alone.
    let files = files(&Fixture::new(60));
    let allocation = text(&files, "report/data/allocation.js");
    for column in ["allocated", "oversell_risk"] {
        let at = allocation.find(&format!("\"key\":\"{column}\"")).unwrap();
        let (_, values) = allocation[at..].split_once("\"values\":[").unwrap();
        let (values, _) = values.split_once(']').unwrap();
        assert!(values.split(',').all(|value| value == "null"), "{column}: {values}");
    }
    let channels = text(&files, "report/channels.html");
    let (_, kinds) = channels.split_once("could be sold twice").unwrap();
    let (before, _) = channels.split_once("could be sold twice").unwrap();
    let row = &before[before.rfind("<tr>").unwrap()..];
    assert!(row.matches("unknown").count() >= 3 && kinds.contains("unknown"), "{row}");
}

/// The part of `page` below the heading with `id`, up to the end of its section.
fn section<'p>(page: &'p str, id: &str) -> &'p str {
    let (_, below) = page.split_once(&format!("id=\"{id}\"")).unwrap();
    below.split("</section>").next().unwrap()
}

/// The values of a column of a data script.
fn column<'s>(script: &'s str, key: &str) -> &'s str {
    let (_, column) = script.split_once(&format!("\"key\":\"{key}\"")).unwrap();
    let (_, values) = column.split_once("\"values\":[").unwrap();
    values.split_once(']').unwrap().0
}

#[test]
fn p3_what_a_container_holds_and_what_each_line_takes_of_it_reach_the_decision_list() {
    let mut fixture = Fixture::new(60);
    assert!(!text(&files(&fixture), "report/data/recommendations.js").contains("unit_weight"));
    let name = fixture.inputs.names.suppliers[1].clone();
    let both =
        Container { capacity: None, weight: Some(20_000.0), volume: Some(58.5), ..CONTAINER };
    fixture.purchase.containers = [(name, both)].into();
    fixture.inputs.products[0].weight = Some(0.0125);
    let files = files(&fixture);
    let suppliers = text(&files, "report/data/suppliers.js");
    assert_eq!(column(&suppliers, "container_weight"), "null,20000,null,null,null");
    assert_eq!(column(&suppliers, "container_volume"), "null,58.5,null,null,null");
    assert_eq!(column(&suppliers, "container_units"), "null,null,null,null,null");
    let lines = text(&files, "report/data/recommendations.js");
    assert!(column(&lines, "unit_weight").split(',').any(|weight| weight == "0.0125"), "{lines}");
    assert!(column(&lines, "unit_volume").split(',').all(|volume| volume == "null"));
}

const CONTAINER: Container =
    Container { capacity: None, basis: Basis::Quantity, weight: None, volume: None };

#[test]
fn p1_what_is_due_today_is_what_the_list_says_is_due_today() {
    let mut fixture = Fixture::new(60);
    fixture.inputs.sources[0].table = "stock".to_owned();
    let ordered = |line: &&mut Recommendation| line.quantity.is_positive();
    let mut lines = fixture.outcome.recommendations.iter_mut().filter(ordered);
    let (today, later) = (lines.next().unwrap(), lines.next().unwrap());
    today.order_by = Some(fixture::as_of());
    // Below its reorder point, of a supplier that takes orders on Fridays.
    (later.status, later.order_by) = (Status::OrderNow, Some(fixture::as_of() + Duration::days(4)));
    for line in lines {
        line.order_by = Some(fixture::as_of() + Duration::days(20));
    }
    let all = fixture.outcome.recommendations.iter().filter(|l| l.quantity.is_positive()).count();
    let files = files(&fixture);
    let briefing = text(&files, "index.html");
    assert!(briefing.contains(" 1 line should go out today: "), "{briefing}");
    let indicators = text(&files, "report/indicators.html");
    let due = section(&indicators, "due");
    let proposed = |span: &str| {
        let (_, row) = due.split_once(&format!("proposed lines to order: order-by date {span}"))?;
        let (cell, _) = row.split_once("</tr>")?;
        let digits: String = cell.split("</td>").nth(1)?.split('>').rev().nth(1)?.into();
        digits.split('<').next()?.parse::<usize>().ok()
    };
    assert_eq!(proposed("in the next 7 days or overdue"), Some(2), "{due}");
    assert_eq!(proposed("in the days 8 to 30"), Some(all - 2), "{due}");
}

#[test]
fn p8_a_run_on_sales_alone_says_what_to_bring_next_and_draws_no_empty_chart() {
    let mut alone = Fixture::new(60);
    (alone.inputs.stock, alone.inputs.lots_are_stock) = (Sorted::empty(), false);
    let files = files(&alone);
    let briefing = text(&files, "index.html");
    let bring = section(&briefing, "bring");
    assert!(bring.contains("sku,location,on_hand"), "{bring}");
    assert!(bring.matches("<li>").count() <= 3 && bring.contains(" of sales"), "{bring}");
    assert!(!briefing.contains("Orders to place, by week"), "a chart of what nobody knows");
    let indicators = text(&files, "report/indicators.html");
    let row = indicators.split("<tr>").find(|row| row.contains(">Deadstock<")).unwrap();
    assert!(row.contains("unknown") && !row.contains(">0<"), "{row}");
    assert!(indicators.contains("data-table=\"culls\" data-empty=\"Unknown until the stock"));
    let mut known = Fixture::new(60);
    known.inputs.sources[0].table = "stock".to_owned();
    known.inputs.sources.push(Source { table: "supply".into(), ..known.inputs.sources[0].clone() });
    let briefing = text(&self::files(&known), "index.html");
    assert!(!briefing.contains("id=\"bring\"") && briefing.contains("Orders to place, by week"));
}

#[test]
fn p1_what_runs_out_next_is_listed_by_day_and_holds_what_the_briefing_counts() {
    let mut known = Fixture::new(60);
    known.inputs.sources[0].table = "stock".to_owned();
    let files = files(&known);
    let briefing = text(&files, "index.html");
    let script = text(&files, "report/data/shortages.js");
    let columns = script.trim_end().trim_end_matches(");").splitn(3, ',').nth(2).unwrap();
    let columns: serde_json::Value = serde_json::from_str(columns).unwrap();
    let column = |key: &str| columns.as_array().unwrap().iter().find(|c| c["key"] == key).unwrap();
    let status = column("status");
    for (name, title) in [("stocked-out", "Stocked out"), ("will-stock-out", "About to stock out")]
    {
        let words = status["words"].as_array().unwrap();
        let code = words.iter().position(|word| word == name);
        let values = status["values"].as_array().unwrap();
        let listed = values.iter().filter(|v| v.as_u64().map(|v| v as usize) == code).count();
        let (_, panel) = briefing.split_once(&format!("#status={name}\">{title}")).unwrap();
        let count = panel.split_once("class=\"count\">").unwrap().1.split('<').next().unwrap();
        assert_eq!(listed.to_string(), count, "{title}");
    }
    let days: Vec<i64> =
        column("out")["values"].as_array().unwrap().iter().filter_map(|v| v.as_i64()).collect();
    assert!(days.len() > 2 && days.is_sorted(), "{days:?}");
}

#[test]
fn f1_draft_orders_end_with_what_all_of_them_come_to() {
    let fixture = Fixture::new(60);
    let files = files(&fixture);
    let page = text(&files, "report/suppliers.html");
    let drafts = section(&page, "draft-orders");
    let value: Money = fixture.outcome.orders.iter().map(|order| order.value).sum();
    let (_, all) = drafts.split_once("All suppliers").unwrap();
    assert!(all.contains(&crate::report::wording::money(value)), "{all}");
}

//! What others know of the future, from files to the forecast: other models, signals, planners.

use crate::support::{Table, succeeds};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

const HISTORY: i64 = 300;

fn day(offset: i64) -> String {
    let as_of: chrono::NaiveDate = "2026-03-02".parse().unwrap();
    (as_of + chrono::Duration::days(offset)).to_string()
}

/// A shop of five items in two channels that sell `rate` a day, give or take one or two.
fn shop(at: &Path, rate: impl Fn(usize, i64) -> f64) {
    fs::create_dir_all(at.join("data")).unwrap();
    let mut sales = "date,sku,channel,quantity\n".to_owned();
    for t in -HISTORY..0 {
        for item in 0..5 {
            for (c, channel) in ["shop", "web"].into_iter().enumerate() {
                let noise = [-1.0, 0.0, 1.0, 0.0, 2.0, -2.0, 0.0][(t + HISTORY) as usize % 7];
                let units = (rate(item, t) + noise * (1.0 + c as f64) / 2.0).round().max(0.0);
                writeln!(sales, "{},S{item},{channel},{units}", day(t)).unwrap();
            }
        }
    }
    fs::write(at.join("data/sales.csv"), sales).unwrap();
    let mut products = "sku,name,category,unit_cost,unit_price\n".to_owned();
    for item in 0..5 {
        let category = if item < 3 { "shoes > light" } else { "hats" };
        writeln!(products, "S{item},item,{category},2,5").unwrap();
    }
    products += "NEW,item,bags,2,5\n";
    fs::write(at.join("data/products.csv"), products).unwrap();
    fs::write(at.join("orderpoint.toml"), "[run]\ndata = \"data\"\nout = \"out\"\n").unwrap();
}

/// Units forecast in the first `periods` days, by item and channel.
fn units(at: &Path, periods: i64) -> BTreeMap<Vec<String>, f64> {
    let mut table = Table::published(&at.join("out"), "forecast");
    let end = day(periods);
    let start = table.columns["period_start"];
    table.rows.retain(|row| row[start] < end);
    table.sums(&["sku", "channel"], "mean")
}

fn run(at: &Path) {
    let _ = fs::remove_dir_all(at.join("out"));
    succeeds(at, &["run", "--config", "orderpoint.toml", "--as-of", &day(0)], &[0]);
}

fn key(sku: &str, channel: &str) -> Vec<String> {
    vec![sku.to_owned(), channel.to_owned()]
}

fn said(at: &Path, kind: &str) -> Vec<String> {
    let told = Table::published(&at.join("out"), "exceptions");
    let of_kind = told.rows.iter().filter(|row| told.text(row, "kind") == kind);
    of_kind.map(|row| told.text(row, "what").to_owned()).collect()
}

#[test]
fn c7_adjustments_of_categories_channels_and_items_that_never_sold_are_split_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    shop(at, |item, _| 4.0 + 2.0 * item as f64);
    run(at);
    let plain = units(at, 10);
    let to = day(9);
    let from = day(0);
    fs::write(
        at.join("data/adjustments.csv"),
        format!(
            "sku,category,channel,from,to,factor,units,reason,author\n\
             ,shoes,,{from},{to},1.2,,season,ann\n\
             ,,shop,{from},{to},0.5,,strike,bob\n\
             ,hats,web,{from},{to},,440,fair,cy\n\
             ,bags,,{from},{to},,70,launch,cy\n\
             GHOST,,web,{from},{to},,50,launch,cy\n\
             ,sox,,{from},{to},1.2,,typo,ann\n\
             S1,hats,,{from},{to},1.2,,mistaken,ann\n\
             S1,,,{from},{to},1.2,5,both,ann\n"
        ),
    )
    .unwrap();
    run(at);
    let adjusted = units(at, 10);
    let ratio = |sku, channel| adjusted[&key(sku, channel)] / plain[&key(sku, channel)];
    assert!((ratio("S0", "web") - 1.2).abs() < 1e-4 && (ratio("S2", "web") - 1.2).abs() < 1e-4);
    assert!((ratio("S0", "shop") - 0.6).abs() < 1e-4 && (ratio("S4", "shop") - 0.5).abs() < 1e-4);
    // By what they sold in the last 60 days: 10 and 12 a day.
    let more = |sku| adjusted[&key(sku, "web")] - plain[&key(sku, "web")];
    assert!((more("S3") - 200.0).abs() < 8.0 && (more("S4") - 240.0).abs() < 8.0, "{adjusted:?}");
    assert!((more("S3") + more("S4") - 440.0).abs() < 0.1);
    assert!((adjusted[&key("GHOST", "web")] - 50.0).abs() < 1e-3);
    let policy = Table::published(&at.join("out"), "policy");
    let new = policy.rows.iter().find(|row| policy.text(row, "sku") == "NEW").unwrap();
    // All of the bags are of one item, and it is on sale in the shop that is on strike.
    assert!((policy.number(new, "protection_mean") - 35.0).abs() < 1.0);
    let idle = said(at, "idle-adjustment");
    assert!(idle.iter().any(|what| what.contains("category sox")), "{idle:?}");
    assert!(idle.iter().any(|what| what.contains("category hats")), "S1 is none: {idle:?}");
    let refused = Table::published(&at.join("out"), "quarantine");
    assert_eq!(refused.rows.len(), 1);
    assert_eq!(refused.text(&refused.rows[0], "column_name"), "factor");
}

#[test]
fn c15_the_accuracy_page_shows_what_adjustments_of_the_past_were_worth() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    // A fair in the last week but one sells double; the planner knew of it, and of one too many.
    shop(at, |item, t| if item == 0 && (-20..-13).contains(&t) { 20.0 } else { 10.0 });
    fs::write(
        at.join("data/adjustments.csv"),
        format!(
            "sku,category,channel,from,to,factor,units,reason,author\n\
             S0,,,{},{},2,,fair,ann\n,hats,,{},{},3,,hunch,bob\n",
            day(-20),
            day(-14),
            day(-10),
            day(-4)
        ),
    )
    .unwrap();
    run(at);
    let accuracy = Table::published(&at.join("out"), "accuracy");
    let error = |sku, method| {
        let mut rows = accuracy.rows.iter();
        let row = rows
            .find(|row| accuracy.text(row, "sku") == sku && accuracy.text(row, "method") == method);
        accuracy.number(row.unwrap(), "absolute_error")
    };
    assert!(error("S0", "adjusted by planners") < 0.5 * error("S0", "before adjustment"));
    assert!(error("S3", "adjusted by planners") > 2.0 * error("S3", "before adjustment"));
    let page = fs::read_to_string(at.join("out/current/report/accuracy.html")).unwrap();
    assert!(page.contains("Value added by each step"));
    assert!(page.contains("adjusted, against the days unadjusted"));
}

#[test]
fn c8_forecasts_from_elsewhere_compete_by_their_past_and_are_used_as_told_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    // Up and down in a way that no method here knows.
    let rate = |item: usize, t: i64| {
        let wave = (t as f64 / 40.0 * std::f64::consts::TAU).sin();
        if item == 0 { 20.0 + 12.0 * wave } else { 10.0 }
    };
    shop(at, rate);
    run(at);
    let plain = units(at, 14);
    let mut rows = "sku,channel,period_start,mean,q05,q50,q95,model,made_on\n".to_owned();
    for made in (-140..=0).step_by(7) {
        for t in made..made + 90 {
            writeln!(rows, "S0,web,{},{},,,,good,{}", day(t), rate(0, t), day(made)).unwrap();
            writeln!(rows, "S1,web,{},30,,,,poor,{}", day(t), day(made)).unwrap();
        }
    }
    for t in 0..90 {
        writeln!(rows, "S2,web,{},12.5,6,12,22,told,", day(t)).unwrap();
        writeln!(rows, "S3,,{},40,,,,told,", day(t)).unwrap();
        writeln!(rows, "NEW,web,{},7,,,,told,", day(t)).unwrap();
    }
    for t in (0..90).step_by(7) {
        writeln!(rows, "S4,web,{},140,,,,told,", day(t)).unwrap();
    }
    writeln!(rows, "S4,web,{},5,9,3,2,told,", day(-3)).unwrap();
    writeln!(rows, "S4,mail,{},5,,,,told,", day(3)).unwrap();
    writeln!(rows, "S0,web,{},900,,,,good,{}", day(3), day(1)).unwrap();
    fs::write(at.join("data/forecasts.csv"), rows).unwrap();
    run(at);

    let now = units(at, 14);
    let truth: f64 = (0..14).map(|t| rate(0, t)).sum();
    assert!((now[&key("S0", "web")] / truth - 1.0).abs() < 0.1, "{now:?}, {truth}");
    assert!((plain[&key("S0", "web")] / truth - 1.0).abs() > 0.15, "{plain:?}, {truth}");
    assert_eq!(now[&key("S1", "web")], plain[&key("S1", "web")], "a poor one changes nothing");
    assert!((now[&key("S2", "web")] - 14.0 * 12.5).abs() < 1e-3);
    assert!((now[&key("S4", "web")] - 280.0).abs() < 1e-2, "weeks are spread over days");
    let of_both = now[&key("S3", "web")] + now[&key("S3", "shop")];
    assert!((of_both - 14.0 * 40.0).abs() < 1e-2, "{now:?}");
    assert!((now[&key("NEW", "web")] - 98.0).abs() < 1e-3);

    let table = Table::published(&at.join("out"), "forecast");
    let first = table
        .rows
        .iter()
        .find(|row| table.text(row, "sku") == "S2" && table.text(row, "channel") == "web");
    let first = first.unwrap();
    for (column, value) in [("mean", 12.5), ("q05", 6.0), ("q50", 12.0), ("q95", 22.0)] {
        assert_eq!(table.number(first, column), value, "{column}");
    }
    assert_eq!(table.text(first, "method"), "told");
    let accuracy = Table::published(&at.join("out"), "accuracy");
    let chosen = |sku, method| {
        let mut rows = accuracy.rows.iter();
        let row = rows
            .find(|row| accuracy.text(row, "sku") == sku && accuracy.text(row, "method") == method);
        accuracy.text(row.unwrap(), "chosen") == "true"
    };
    assert!(chosen("S0", "good") && !chosen("S1", "poor"));
    let told = said(at, "outside-forecast");
    assert!(told.iter().any(|what| what.contains("1 row of 1 item not used: S4")), "{told:?}");
    assert!(said(at, "future-rows").iter().any(|what| what.starts_with("1 row")));
    let refused = Table::published(&at.join("out"), "quarantine");
    assert_eq!(refused.text(&refused.rows[0], "column_name"), "q50");
    let page = fs::read_to_string(at.join("out/current/report/accuracy.html")).unwrap();
    assert!(page.contains("Forecasts from elsewhere") && page.contains("good"));
}

#[test]
fn c8_a_signal_moves_the_groups_that_it_moved_and_its_missing_future_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let heat = |t: i64| ((t + 1000) * 7919 % 101) as f64 / 50.0 - 1.0;
    shop(at, |item, t| 12.0 + if item < 3 { 6.0 * heat(t) } else { 0.0 });
    run(at);
    let plain = units(at, 10);
    let mut rows = "date,signal,value\n".to_owned();
    for t in -HISTORY..30 {
        let value = if (0..10).contains(&t) { 1.0 } else { heat(t) };
        writeln!(rows, "{},heat,{value}", day(t)).unwrap();
        writeln!(rows, "{},dice,{}", day(t), (t + 1000) * 104_729 % 97).unwrap();
    }
    fs::write(at.join("data/signals.csv"), rows).unwrap();
    run(at);
    let now = units(at, 10);
    let ratio = |sku, channel| now[&key(sku, channel)] / plain[&key(sku, channel)];
    assert!((1.35..1.6).contains(&ratio("S0", "web")), "{}", ratio("S0", "web"));
    assert!((0.97..1.03).contains(&ratio("S4", "web")), "{}", ratio("S4", "web"));
    let told = said(at, "signals");
    assert!(told.iter().any(|what| what == "dice is not used"), "{told:?}");
    assert!(told.iter().any(|what| what == "heat has no value for 60 of 90 coming periods"));
    let methods = Table::published(&at.join("out"), "methods");
    let reason = methods.text(&methods.rows[0], "reason");
    assert!(reason.contains("heat moves the coming 28 periods by +"), "{reason}");
}

//! The commands as a planner types them, on the sample: exit codes, what they print, and the round
//! trip of a decision.

use crate::datasets::holds;
use crate::support::{Table, orderpoint, succeeds, text};
use std::path::Path;

/// A whole demo run in a folder of its own.
fn demo() -> tempfile::TempDir {
    let work = tempfile::tempdir().unwrap();
    let output = succeeds(work.path(), &["demo", "--out", "shop"], &[0]);
    let said = text(&output.stdout);
    let report = said.trim_end().rsplit("report: ").next().unwrap();
    assert!(work.path().join(report).is_file(), "no report at {report:?}:\n{said}");
    work
}

const CONFIG: [&str; 6] =
    ["--config", "shop/data/orderpoint.toml", "--out", "shop", "--models", "shop/models"];

fn with_config<'a>(command: &[&'a str]) -> Vec<&'a str> {
    [command, &CONFIG].concat()
}

#[test]
fn the_demo_publishes_a_whole_run_and_a_second_one_changes_nothing() {
    let work = demo();
    holds(&work.path().join("shop"));
    let again = succeeds(work.path(), &["demo", "--out", "shop"], &[0]);
    assert!(text(&again.stdout).contains("nothing changed"), "{}", text(&again.stdout));
}

#[test]
fn check_names_every_bad_row_of_the_sample() {
    let work = demo();
    let said = text(&succeeds(work.path(), &with_config(&["check"]), &[0]).stdout);
    for value in ["2024-06-31", "three", "B0UNKNOWN9", "17/12/2025", "twelve"] {
        assert!(said.contains(value), "{value} is not named:\n{said}");
    }
    let json = text(&succeeds(work.path(), &with_config(&["check", "--json"]), &[0]).stdout);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (json["as_of"].as_str(), json["quarantine"].as_array().unwrap().len()),
        (Some("2026-03-02"), 5)
    );
}

#[test]
fn explain_prints_arithmetic_and_knows_near_names() {
    let work = demo();
    let said = text(&succeeds(work.path(), &with_config(&["explain", "FIL-0011"]), &[0]).stdout);
    assert!(said.contains("safety_stock") && said.contains("quantity"), "{said}");
    let wrong = orderpoint(work.path(), &with_config(&["explain", "FIL-11"]));
    assert_eq!(wrong.status.code(), Some(2), "{}", text(&wrong.stderr));
}

#[test]
fn an_approved_line_is_kept_once_exported_once_and_not_proposed_again() {
    let work = demo();
    let lines = Table::published(&work.path().join("shop"), "recommendations");
    let line = lines.rows.iter().find(|row| lines.number(row, "quantity") > 0.0).unwrap();
    let id = lines.text(line, "recommendation_id");
    let decisions = format!(
        "recommendation_id,decision,quantity,until,reason,author,time\n\
         {id},approve,,,,Mara,2026-03-02T08:00\nnobody-knows,approve,,,,Mara,2026-03-02T08:01\n"
    );
    std::fs::write(work.path().join("decisions.csv"), decisions).unwrap();
    let review = with_config(&["review", "--decisions", "decisions.csv"]);
    let said = text(&succeeds(work.path(), &review, &[3]).stdout);
    assert!(
        said.contains("1 decision kept, 1 to order") && said.contains("nobody-knows is unknown"),
        "{said}"
    );
    assert!(text(&succeeds(work.path(), &review, &[0]).stdout).contains("taken in before"));

    let export = with_config(&["export", "--format", "generic", "--file", "orders.csv"]);
    succeeds(work.path(), &export, &[0]);
    assert!(std::fs::read_to_string(work.path().join("orders.csv")).unwrap().contains(id));
    assert!(text(&succeeds(work.path(), &export, &[0]).stdout).contains("exported already"));

    succeeds(work.path(), &with_config(&["run"]), &[0]);
    let next = Table::published(&work.path().join("shop"), "recommendations");
    let again = next.rows.iter().find(|row| next.text(row, "recommendation_id") == id);
    assert!(
        again.is_none_or(|row| next.number(row, "quantity") == 0.0),
        "proposed again: {again:?}"
    );
}

#[test]
fn a_pilot_plans_only_the_listed_items() {
    let work = demo();
    std::fs::write(work.path().join("two.txt"), "FIL-0011\nBEA-0001 # the house roast\n").unwrap();
    succeeds(
        work.path(),
        &["run", "--config", "shop/data/orderpoint.toml", "--out", "pilot", "--only", "two.txt"],
        &[0],
    );
    let lines = Table::published(&work.path().join("pilot/pilot"), "recommendations");
    let skus: std::collections::BTreeSet<_> =
        lines.rows.iter().map(|row| lines.text(row, "sku")).collect();
    // Kits that hold them are drawn in with their parts, the rest of the shop is not.
    assert!(skus.contains("BEA-0001") && skus.contains("FIL-0011"), "{skus:?}");
    assert!(skus.len() < 12 && !skus.contains("MUG-0043"), "{skus:?}");
}

#[test]
fn exit_codes_tell_what_kind_of_trouble_it_is() {
    let work = tempfile::tempdir().unwrap();
    let code = |at: &Path, args: &[&str]| orderpoint(at, args).status.code();
    assert_eq!(code(work.path(), &["run", "--data", "nowhere"]), Some(3));
    assert_eq!(code(work.path(), &["run", "--config", "nowhere.toml"]), Some(2));
    assert_eq!(code(work.path(), &["run", "--as-of", "yesterday"]), Some(2));
    assert_eq!(code(work.path(), &["explain", "A-1"]), Some(2));
    assert_eq!(code(work.path(), &["demo", "--skus", "0"]), Some(2));
}

#[test]
fn the_notify_file_tells_of_failures_too() {
    let work = tempfile::tempdir().unwrap();
    let output =
        orderpoint(work.path(), &["run", "--data", "nowhere", "--notify-file", "note.txt"]);
    assert_eq!(output.status.code(), Some(3));
    let note = std::fs::read_to_string(work.path().join("note.txt")).unwrap();
    assert!(note.starts_with("orderpoint published nothing (exit code 3)"), "{note}");
}

#[test]
fn prune_keeps_the_current_run() {
    let work = demo();
    // Kept are the newest morning and the newest publication, so of three runs one goes.
    succeeds(work.path(), &with_config(&["run", "--as-of", "2026-03-01"]), &[0]);
    succeeds(work.path(), &with_config(&["run", "--as-of", "2026-02-27"]), &[0]);
    let said = text(&succeeds(work.path(), &with_config(&["prune", "--keep", "1"]), &[0]).stdout);
    assert!(said.contains("1 run removed"), "{said}");
    assert!(work.path().join("shop/current/index.html").is_file());
}

#[test]
fn christmas_goods_of_two_years_sell_nothing_in_between_and_their_season_whole() {
    let work = tempfile::tempdir().unwrap();
    let mut sales = String::from("date,sku,quantity\n");
    for year in 2023..=2025 {
        for month in 1..=12 {
            let star = [(11, 300), (12, 1200)].iter().find(|(in_season, _)| *in_season == month);
            if year < 2025 || month < 10 {
                sales += &format!("{year}-{month:02}-01,CUP,60\n");
                if let Some((_, units)) = star {
                    sales += &format!("{year}-{month:02}-01,STAR,{units}\n");
                }
            }
        }
    }
    std::fs::create_dir(work.path().join("data")).unwrap();
    std::fs::write(work.path().join("data/sales.csv"), sales).unwrap();
    let config = "[run]\nbucket = \"month\"\nhorizon_days = 180\n";
    std::fs::write(work.path().join("orderpoint.toml"), config).unwrap();
    succeeds(work.path(), &["run", "--config", "orderpoint.toml"], &[0]);
    let forecast = Table::published(&work.path().join("reports"), "forecast");
    let star = forecast.rows.iter().filter(|row| forecast.text(row, "sku") == "STAR");
    let months: Vec<f64> = star.map(|row| forecast.number(row, "mean").round()).collect();
    assert_eq!(months, [0.0, 300.0, 1200.0, 0.0, 0.0, 0.0]);
}

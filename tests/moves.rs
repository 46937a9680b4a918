//! Moves between locations, from the proposal over the decision to the next nights.

use crate::support::{Table, succeeds, text};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// A lamp that sells five a day in EAST, which has twenty, and in WEST, which has 900.
fn two_warehouses() -> tempfile::TempDir {
    let work = tempfile::tempdir().unwrap();
    let data = work.path().join("data");
    fs::create_dir(&data).unwrap();
    let mut sales = String::from("date,sku,location,quantity\n");
    for day in 0..120 {
        let date = crate::small::date("2025-11-02") + chrono::Duration::days(day);
        for location in ["EAST", "WEST"] {
            let _ = writeln!(sales, "{date},LAMP,{location},5");
        }
    }
    for (name, table) in [
        ("sales", sales.as_str()),
        ("stock", "sku,location,on_hand\nLAMP,EAST,20\nLAMP,WEST,900\n"),
        ("products", "sku,name,unit_cost,unit_price\nLAMP,Desk lamp,8,20\n"),
        ("supply", "sku,supplier,lead_time_days\nLAMP,ACME,14\n"),
    ] {
        fs::write(data.join(format!("{name}.csv")), table).unwrap();
    }
    fs::write(work.path().join("orderpoint.toml"), "").unwrap();
    work
}

fn night(work: &Path, as_of: &str) -> PathBuf {
    succeeds(work, &["run", "--as-of", as_of], &[0]);
    work.join("reports")
}

/// The one value of a column at a location.
fn at(table: &Table, location: &str, column: &str) -> f64 {
    let mut rows = table.rows.iter().filter(|row| table.text(row, "location") == location);
    let row = rows.next().unwrap();
    assert!(rows.next().is_none(), "two rows of {location}");
    table.number(row, column)
}

fn decide(work: &Path, id: &str, verdict: &str) {
    let file = work.join("decisions.csv");
    let line = format!("{id},{verdict},no room,ann");
    fs::write(&file, format!("recommendation_id,decision,reason,author\n{line}\n")).unwrap();
    succeeds(work, &["review", "--decisions", "decisions.csv"], &[0]);
}

#[test]
fn an_approved_move_counts_the_next_night_at_both_ends_until_it_is_placed() {
    let work = two_warehouses();
    let work = work.path();
    let out = night(work, "2026-03-02");
    let proposed = Table::published(&out, "transfers");
    let [row] = &proposed.rows[..] else { panic!("{:?}", proposed.rows) };
    let id = proposed.text(row, "transfer_id").to_owned();
    let moved = proposed.number(row, "quantity");
    assert!(moved > 50.0, "{moved}");

    decide(work, &id, "approve");
    succeeds(
        work,
        &["export", "--format", "generic", "--what", "transfers", "--file", "moves.csv"],
        &[0],
    );
    let exported = fs::read_to_string(work.join("moves.csv")).unwrap();
    let order = exported.lines().nth(1).unwrap().split(',').next().unwrap().to_owned();
    assert!(order.starts_with("TR-20260302-"), "{exported}");

    // The same morning, and the next: promised at the giver, on order at the receiver, and neither
    // moved nor bought again.
    for as_of in ["2026-03-02", "2026-03-03"] {
        let out = night(work, as_of);
        let lines = Table::published(&out, "recommendations");
        assert_eq!(at(&lines, "WEST", "available"), 900.0 - moved, "{as_of}");
        assert_eq!(at(&lines, "EAST", "on_order"), moved, "{as_of}");
        assert!(at(&lines, "EAST", "quantity") <= 10.0, "{as_of}");
        let again = Table::published(&out, "transfers");
        assert!(again.rows.iter().all(|row| again.number(row, "quantity") <= 10.0), "{as_of}");
        let shown = Table::published(&out, "allocation");
        assert_eq!(at(&shown, "WEST", "allocated"), 900.0 - moved, "{as_of}");
    }
    let told = Table::published(&out, "exceptions");
    let late = told.rows.iter().find(|row| told.text(row, "kind") == "approval-not-placed");
    let late = late.expect("it was to arrive the day before");
    assert!(told.text(late, "why").contains("promised at WEST"), "{late:?}");

    // Sent and received: the stock table has it, and nothing is counted twice.
    let order = format!(
        "order_id,sku,location,quantity,confirmed,received,received_quantity\n\
         {order},LAMP,EAST,{moved},2026-03-02,2026-03-03,{moved}\n"
    );
    fs::write(work.join("data/purchase_orders.csv"), order).unwrap();
    let stock =
        format!("sku,location,on_hand\nLAMP,EAST,{}\nLAMP,WEST,{}\n", 15.0 + moved, 895.0 - moved);
    fs::write(work.join("data/stock.csv"), stock).unwrap();
    let lines = Table::published(&night(work, "2026-03-04"), "recommendations");
    assert_eq!(at(&lines, "WEST", "available"), 895.0 - moved);
    assert_eq!(at(&lines, "EAST", "on_order"), 0.0);
}

#[test]
fn who_rejects_a_move_is_not_asked_again_and_may_buy() {
    let work = two_warehouses();
    let work = work.path();
    let out = night(work, "2026-03-02");
    let proposed = Table::published(&out, "transfers");
    decide(work, proposed.text(&proposed.rows[0], "transfer_id"), "reject");
    for as_of in ["2026-03-02", "2026-03-03"] {
        let out = night(work, as_of);
        assert_eq!(Table::published(&out, "transfers").rows.len(), 0, "{as_of}");
        let lines = Table::published(&out, "recommendations");
        assert!(at(&lines, "EAST", "quantity") > 50.0, "{as_of}: it is bought instead");
    }
    let told = text(&succeeds(work, &["review", "--log"], &[0]).stdout);
    assert!(told.contains("no room"), "{told}");
}

//! What outlives the runs: `OUT/history`, before and after a prune, torn and made anew.

use crate::small::{folder, small};
use crate::support::Table;
use orderpoint::store::{OutputLock, now, prune};
use orderpoint::tables::history::{look, update};
use std::fs;
use std::path::Path;

fn column(out: &Path, table: &str, column: &str) -> Vec<String> {
    let table = Table::read(&out.join("history").join(format!("{table}.parquet")));
    table.rows.iter().map(|row| table.text(row, column).to_owned()).collect()
}

#[test]
fn a_run_has_one_row_and_keeps_it_when_it_is_pruned() {
    let out = folder();
    let out = out.path();
    for (as_of, history) in [("2024-04-01", 10), ("2024-04-03", 12)] {
        small(as_of, history).publish(out, "").unwrap();
        assert_eq!(update(out).unwrap().added, 1);
    }
    // A backfill is kept beside, and never was current.
    small("2024-04-02", 11).publish(out, "").unwrap();
    assert_eq!(update(out).unwrap().added, 1);
    assert_eq!(update(out).unwrap().added, 0, "nothing new");
    assert_eq!(column(out, "runs", "as_of"), ["2024-04-01", "2024-04-03", "2024-04-02"]);
    assert_eq!(column(out, "runs", "became_current"), ["true", "true", "false"]);
    assert_eq!(column(out, "indicators", "as_of").len(), 3);
    assert_eq!(column(out, "accuracy", "absolute_error"), ["5.0", "5.0", "5.0"]);
    assert_eq!(column(out, "receipts", "order_id").len(), 0);

    let lock = OutputLock::acquire(out, &now()).unwrap();
    assert!(!prune(&lock, 1).unwrap().is_empty());
    drop(lock);
    small("2024-04-04", 13).publish(out, "").unwrap();
    update(out).unwrap();
    assert_eq!(column(out, "runs", "as_of").len(), 4);
    assert_eq!(column(out, "indicators", "as_of").len(), 4);
}

#[test]
fn what_is_torn_is_made_anew_from_the_runs_that_are_there() {
    let out = folder();
    let out = out.path();
    small("2024-04-01", 10).publish(out, "").unwrap();
    small("2024-04-02", 11).publish(out, "").unwrap();
    update(out).unwrap();
    let whole = fs::read(out.join("history/indicators.parquet")).unwrap();
    fs::write(out.join("history/indicators.parquet"), &whole[..whole.len() / 2]).unwrap();
    fs::remove_file(out.join("history/accuracy.parquet")).unwrap();
    let updated = update(out).unwrap();
    assert_eq!(updated.added, 2);
    let warning = updated.warning().expect("a torn file is told");
    assert!(warning.starts_with("history/indicators.parquet could not be read"), "{warning}");
    assert_eq!(fs::read(out.join("history/indicators.parquet")).unwrap(), whole);
    assert_eq!(column(out, "accuracy", "as_of").len(), 2);
    fs::write(out.join("history/runs.parquet"), "").unwrap();
    update(out).unwrap();
    assert_eq!(column(out, "runs", "as_of").len(), 2);
    assert_eq!(column(out, "indicators", "as_of").len(), 2, "not doubled");
}

#[test]
fn a_changed_bit_a_lost_file_and_a_killed_update_are_seen() {
    let out = folder();
    let out = out.path();
    small("2024-04-01", 10).publish(out, "").unwrap();
    update(out).unwrap();
    let before = fs::read(out.join("history/indicators.parquet")).unwrap();
    small("2024-04-02", 11).publish(out, "").unwrap();
    update(out).unwrap();
    assert_eq!(look(out), Vec::<String>::new());

    // Killed between two files: the rest is made up for, and nothing is called damaged.
    fs::write(out.join("history/indicators.parquet"), &before).unwrap();
    assert_eq!(look(out), Vec::<String>::new());
    assert_eq!(update(out).unwrap().wrong, Vec::<String>::new());
    assert_eq!(column(out, "indicators", "as_of").len(), 2);

    for table in ["runs", "indicators", "decisions", "receipts", "accuracy"] {
        let file = out.join(format!("history/{table}.parquet"));
        let whole = fs::read(&file).unwrap();
        for at in (0..whole.len()).step_by(whole.len() / 9 + 1) {
            let mut harmed = whole.clone();
            harmed[at] ^= 1;
            fs::write(&file, harmed).unwrap();
            let told = look(out);
            assert!(told[0].starts_with(&format!("history/{table}.parquet")), "{told:?}");
            assert!(update(out).unwrap().warning().is_some());
            assert_eq!(fs::read(&file).unwrap(), whole, "{table}, byte {at}");
        }
        fs::remove_file(&file).unwrap();
        assert!(look(out)[0].contains("is missing"));
        update(out).unwrap();
        assert_eq!(look(out), Vec::<String>::new());
    }
    fs::write(out.join("history/runs.parquet~"), "").unwrap();
    assert!(look(out)[0].contains("runs.parquet~ is none of ours"));
    fs::remove_file(out.join("history/index.json")).unwrap();
    assert!(look(out)[0].contains("index.json is missing"));
    update(out).unwrap();
    assert_eq!(look(out).len(), 1);
}

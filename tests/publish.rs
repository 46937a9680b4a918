//! Published runs: tables, drafts, manifest, audit, retention.

use crate::small::{SKUS, Small, date, folder, small};
use chrono::NaiveDate;
use orderpoint::audit;
use orderpoint::domain::error::Error;
use orderpoint::domain::units::{LocationId, Money, SkuId, Units};
use orderpoint::store::{OutputLock, PublishedRun, prune};
use orderpoint::tables::{self, LastRun, Rows};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Compares with a committed file; `BLESS=1` rewrites it.
fn snapshot(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(kept, text, "{} changed: BLESS=1 if that is meant", path.display());
}

/// Columns of a schema text: `table.column` -> type. Units and meanings may change without breaking
/// a reader.
fn columns(text: &str) -> BTreeMap<String, String> {
    let mut table = "";
    let mut columns = BTreeMap::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix("  ").and_then(|line| line.split_once(": ")) {
            Some((name, rest)) => {
                drop(columns.insert(
                    format!("{table}.{name}"),
                    rest.split(" [").next().unwrap().to_string(),
                ))
            }
            None => table = line,
        }
    }
    columns
}

#[test]
fn removing_or_retyping_a_column_needs_a_new_schema_version() {
    let now = tables::describe();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/schemas.txt");
    let kept = fs::read_to_string(&path).unwrap();
    if kept.lines().next() == now.lines().next() {
        let now = columns(&now);
        for (column, kind) in columns(&kept) {
            assert_eq!(
                now.get(&column),
                Some(&kind),
                "{column} was removed or retyped under the same schema_version"
            );
        }
    }
    snapshot("schemas.txt", &now);
}

#[test]
fn tables_read_back_as_they_were_decided() {
    let out = folder();
    let run = small("2024-04-01", 10);
    let folder = run.publish(out.path(), "").unwrap();
    let published = PublishedRun::current(out.path()).unwrap();
    assert_eq!(published.folder, fs::canonicalize(&folder).unwrap());
    assert!(published.is_whole() && published.damaged().is_empty());
    let paths: Vec<&str> = published.manifest.files.iter().map(|f| f.path.as_str()).collect();
    for table in tables::TABLES {
        assert!(paths.contains(&table.path().as_str()), "{} is listed", table.name());
    }
    let last = LastRun::read(published, &run.inputs.names).unwrap().unwrap();
    assert_eq!(last.pools[&(SkuId(1), LocationId(0)).into()].abc, None);
    assert_eq!(last.pools[&(SkuId(0), LocationId(0)).into()].reorder_point, 45.0);
    assert_eq!(last.lines[0].quantity, Units(50));
    assert_eq!(last.lines[0].value, Money::from_f64(61.725));
    assert_eq!(last.allocation.len(), 3);
    let demand = Rows::read(&folder, &tables::DEMAND).unwrap();
    assert_eq!(demand.len(), run.inputs.panel.cells());
    let rows = demand_rows(&run);
    for (row, expected) in rows.iter().enumerate() {
        let number = |column| demand.real32(column, row);
        let found = (
            demand.text("sku", row).to_string(),
            demand.text("channel", row).to_string(),
            demand.date("period_start", row).unwrap(),
            [number("gross"), number("returns"), number("net"), number("cleaned")],
            demand.text("flags", row).to_string(),
        );
        assert_eq!(&found, expected, "row {row}");
    }
}

type DemandRow = (String, String, NaiveDate, [f32; 4], String);

fn demand_rows(run: &Small) -> Vec<DemandRow> {
    let (panel, names) = (&run.inputs.panel, &run.inputs.names);
    let mut rows = Vec::new();
    for i in 0..panel.len() {
        let key = panel.key(i);
        for (t, &gross) in panel.gross(i).iter().enumerate() {
            let period = panel.start(i) + t;
            let returned: f32 =
                panel.returns(i).iter().filter(|r| r.0 as usize == period).map(|r| r.1).sum();
            let flags = if panel.flags(i)[t] == 0 { "" } else { "stockout|promotion" };
            rows.push((
                names.skus[key.sku.index()].clone(),
                names.channels[key.channel.index()].clone(),
                panel.calendar().start(period as i64),
                [gross, returned, gross - returned, panel.cleaned(i)[t]],
                flags.to_string(),
            ));
        }
    }
    rows
}

#[test]
fn the_same_input_gives_the_same_bytes_and_a_second_run_changes_nothing() {
    let (one, two) = (folder(), folder());
    let run = small("2024-04-01", 10);
    let a = run.publish(one.path(), "").unwrap();
    let b = run.publish(two.path(), "").unwrap();
    assert_eq!(
        fs::read(a.join("manifest.json")).unwrap(),
        fs::read(b.join("manifest.json")).unwrap()
    );
    let stamp = || fs::metadata(a.join("manifest.json")).unwrap().modified().unwrap();
    let before = stamp();
    assert_eq!(run.publish(one.path(), "").unwrap(), a);
    assert_eq!(stamp(), before);
    assert_eq!(fs::read_dir(one.path().join("runs")).unwrap().count(), 1);
    assert_ne!(run.publish(one.path(), "horizon = 7").unwrap(), a);
}

#[test]
fn a_second_run_of_a_night_compares_with_the_same_yesterday() {
    let out = folder();
    let first = small("2024-04-01", 10).publish(out.path(), "").unwrap();
    let second = small("2024-04-02", 11).publish(out.path(), "").unwrap();
    assert_eq!(small("2024-04-02", 11).publish(out.path(), "").unwrap(), second);
    small("2024-04-02", 11).publish(out.path(), "corrected").unwrap();
    let before = PublishedRun::before(out.path(), date("2024-04-02")).unwrap().unwrap();
    assert_eq!(before.folder.file_name(), first.file_name());
    assert_eq!(
        PublishedRun::current(out.path()).unwrap().manifest.previous.as_deref(),
        first.file_name().unwrap().to_str()
    );
}

#[test]
fn hostile_names_stay_inside_and_become_text() {
    let out = folder();
    let folder = small("2024-04-01", 10).publish(out.path(), "").unwrap();
    let list = |name: &str| {
        let mut files: Vec<_> = fs::read_dir(folder.join(name))
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        files
    };
    assert_eq!(list("channels").len(), 2, "{:?}", list("channels"));
    assert_eq!(list("orders").len(), 6, "{:?}", list("orders"));
    assert!(!out.path().join("shop.csv").exists() && !folder.join("shop.csv").exists());
    let web = fs::read_to_string(folder.join("channels/web.csv")).unwrap();
    assert!(
        web.contains(&format!("'{}", SKUS[2])) && web.contains(&format!("'{}", SKUS[0])),
        "{web}"
    );
}

#[test]
fn damage_is_found_and_mended_by_the_next_run() {
    let out = folder();
    let run = small("2024-04-01", 10);
    let folder = run.publish(out.path(), "").unwrap();
    fs::remove_file(folder.join("tables/policy.parquet")).unwrap();
    assert!(!PublishedRun::current(out.path()).unwrap().is_whole());
    assert_eq!(run.publish(out.path(), "").unwrap(), folder);
    let mended = PublishedRun::current(out.path()).unwrap();
    assert!(mended.is_whole() && mended.damaged().is_empty());
}

#[test]
fn no_bit_of_a_table_breaks_its_reader() {
    let out = folder();
    let folder = small("2024-04-01", 10).publish(out.path(), "").unwrap();
    let path = folder.join("tables/indicators.parquet");
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut harmed = whole.clone();
        harmed[at] ^= 1 << (at % 8);
        fs::write(&path, harmed).unwrap();
        // What it says may be wrong: digests see to that. It must not end the night.
        let _ = Rows::read(&folder, &tables::INDICATORS);
    }
}

/// Another test's child process may hold a copy of the lock between its fork and its exec.
fn patient_lock(out: &Path) -> OutputLock {
    loop {
        match OutputLock::acquire(out, "now") {
            Ok(lock) => return lock,
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(10)),
        }
    }
}

#[test]
fn prune_keeps_the_newest_and_always_the_current_run() {
    let out = folder();
    for day in 1..=5 {
        small(&format!("2024-04-0{day}"), 10).publish(out.path(), "").unwrap();
    }
    // An old night, run again: it is published last and takes nobody's place.
    small("2024-04-02", 10).publish(out.path(), "corrected").unwrap();
    // Published in the same second as all the others: only its time tells it apart.
    let corrected = fs::read_dir(out.path().join("runs")).unwrap().map(|e| e.unwrap().path());
    let corrected = corrected.max_by_key(|p| fs::metadata(p).unwrap().modified().unwrap()).unwrap();
    fs::write(corrected.join("timings.json"), r#"{"published_at": "2990-01-01T00:00:00Z"}"#)
        .unwrap();
    let lock = patient_lock(out.path());
    assert_eq!(prune(&lock, 1).unwrap().len(), 4);
    let left: Vec<_> =
        PublishedRun::all(out.path()).unwrap().into_iter().map(|r| r.manifest.as_of).collect();
    assert_eq!(left, [date("2024-04-05"), date("2024-04-02")]);
    let current = PublishedRun::current(out.path()).unwrap();
    assert_eq!(current.manifest.as_of, date("2024-04-05"));
}

#[test]
fn the_audit_finds_what_must_not_be_published() {
    type Break = fn(&mut Small);
    let cases: [(Break, &str); 12] = [
        (
            |s| s.outcome.allocation[0].allocated = Units(6),
            "11 units are allocated from a pool of 10",
        ),
        (
            |s| s.outcome.allocation[0].published = Some(Units(5)),
            "is not the allocation less the buffer",
        ),
        (
            |s| s.outcome.recommendations[0].quantity = Units(9),
            "below the supplier's minimum of 10",
        ),
        (|s| s.outcome.recommendations[0].quantity = Units(51), "not whole packs of 5"),
        (|s| s.outcome.recommendations[0].quantity = Units(-5), "-5 units are recommended"),
        (
            |s| s.outcome.recommendations[1].id = s.outcome.recommendations[0].id.clone(),
            "is not unique",
        ),
        (|s| s.outcome.recommendations[0].value = Money(1), "is not 0.0001"),
        (|s| drop(s.outcome.recommendations.pop()), "neither a recommendation nor an exception"),
        (|s| drop(s.outcome.policy.pop()), "3 pools but 2 policies"),
        (|s| s.outcome.policy[0].safety_stock = f64::NAN, "not finite"),
        (|s| s.outcome.policy[0].steps[1].value = 46.0, "gives 45, not 46"),
        (|s| s.outcome.recommendations[0].steps.clear(), "the explanation ends in 0, not in 50"),
    ];
    for (spoil, expected) in cases {
        let out = folder();
        let mut run = small("2024-04-01", 10);
        spoil(&mut run);
        let error = run.publish(out.path(), "").unwrap_err();
        assert_eq!(error.exit_code(), 6, "{error}");
        assert!(error.to_string().contains(expected), "{expected}: {error}");
        assert!(!out.path().join("current").exists() && !out.path().join("runs").exists());
    }
}

#[test]
fn a_spend_far_above_the_last_run_is_held_for_review() {
    let out = folder();
    let kept = small("2024-04-01", 10).publish(out.path(), "").unwrap();
    let mut run = small("2024-04-02", 10);
    let r = &mut run.outcome.recommendations[0];
    r.quantity = Units(50_000);
    r.value = r.unit_cost.times(r.quantity);
    r.steps.last_mut().unwrap().inputs[0].1 = 49_999.0;
    r.steps.last_mut().unwrap().value = 50_000.0;
    let error = run.publish(out.path(), "").unwrap_err();
    assert!(
        matches!(error, Error::Audit(_))
            && error.to_string().contains("over 5 times the last run's"),
        "{error}"
    );
    assert_eq!(PublishedRun::current(out.path()).unwrap().folder, fs::canonicalize(kept).unwrap());
    let loose = audit::Bounds { spend_factor: 1e9, ..audit::Bounds::default() };
    audit::audit(&run.inputs, &run.outcome, None, &loose).unwrap();
}

#[test]
fn a_forecast_that_is_not_finite_or_crosses_is_not_published() {
    for spoil in
        [(|f: &mut [f32; 8]| f[0] = f32::NAN) as fn(&mut [f32; 8]), |f| f[3] = 0.5, |f| f[0] = -1.0]
    {
        let out = folder();
        let mut run = small("2024-04-01", 10);
        spoil(&mut run.forecasts[1].quantiles[3]);
        assert_eq!(run.publish(out.path(), "").unwrap_err().exit_code(), 6);
    }
}

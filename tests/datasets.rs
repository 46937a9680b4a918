//! Public data sets, where they lie beside the repository (`../shared/data`): the whole run on
//! each, and what must hold of any run. Absent sets are left out with a line saying so, and fail in
//! CI. M5 is large: `ORDERPOINT_M5=1` includes it.

use crate::support::{Table, left_out, root, succeeds};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the set, or a line saying that it is skipped.
fn source(folder: &str, file: &str) -> Option<PathBuf> {
    let source = root().join("../shared/data").join(folder);
    if source.join(file).exists() {
        return Some(source);
    }
    left_out(&format!("{} is not there", source.join(file).display()));
    None
}

/// The set's tables after `prepare.py`, or a line saying why not.
fn prepared(set: &str, folder: &str, file: &str, target: &Path) -> Option<()> {
    let source = source(folder, file)?;
    let script = root().join("tests/configs/prepare.py");
    match Command::new("python3").arg(script).arg(set).arg(source).arg(target).status() {
        Ok(status) if status.success() => Some(()),
        other => {
            left_out(&format!("python3 cannot prepare {set}: {other:?}"));
            None
        }
    }
}

/// Runs `set` on `data` and checks the invariants of the contract.
fn whole_run(set: &str, data: &Path, more: &[&str]) {
    let work = tempfile::tempdir().unwrap();
    let config = root().join(format!("tests/configs/{set}.toml"));
    let (config, data) = (config.to_str().unwrap(), data.to_str().unwrap());
    let mut args = vec![
        "run",
        "--config",
        config,
        "--data",
        data,
        "--out",
        "out",
        "--models",
        "models",
        "--threads",
        "2",
    ];
    args.extend(more);
    let output = succeeds(work.path(), &args, &[0, 5]);
    println!("{set}: {}", String::from_utf8_lossy(&output.stdout));
    holds(&work.path().join("out"));
}

/// What must hold of any published run.
pub fn holds(out: &Path) {
    allocations_fit(out);
    forecasts_are_sane(out);
    orders_are_valid(out);
    every_item_is_accounted_for(out);
}

fn allocations_fit(out: &Path) {
    let (allocation, recommendations) =
        (Table::published(out, "allocation"), Table::published(out, "recommendations"));
    let mut available = std::collections::BTreeMap::new();
    for row in &recommendations.rows {
        let key = ["sku", "location"].map(|c| recommendations.text(row, c).to_owned()).to_vec();
        available.insert(key, recommendations.number(row, "available").max(0.0));
    }
    for (pool, allocated) in allocation.sums(&["sku", "location"], "allocated") {
        let pool_units = available.get(&pool).copied();
        assert!(
            pool_units.is_none_or(|units| allocated <= units),
            "{pool:?}: {allocated} allocated of {pool_units:?}"
        );
    }
    for row in &allocation.rows {
        // Without a stock table nothing is published, which is not the same as 0.
        if allocation.text(row, "action") == "unknown" {
            assert_eq!(allocation.text(row, "published"), "", "{row:?}");
            continue;
        }
        let (published, allocated) =
            (allocation.number(row, "published"), allocation.number(row, "allocated"));
        assert!(published >= 0.0 && published <= allocated, "{row:?}");
    }
}

fn forecasts_are_sane(out: &Path) {
    let forecast = Table::published(out, "forecast");
    let quantiles = ["q05", "q10", "q25", "q50", "q75", "q90", "q95", "q99"];
    for row in &forecast.rows {
        let mean = forecast.number(row, "mean");
        assert!(mean.is_finite() && mean >= 0.0, "{row:?}");
        let values = quantiles.map(|q| forecast.number(row, q));
        assert!(values[0] >= 0.0 && values.windows(2).all(|w| w[0] <= w[1]), "{row:?}");
    }
}

fn orders_are_valid(out: &Path) {
    let lines = Table::published(out, "recommendations");
    let mut ids = BTreeSet::new();
    for row in &lines.rows {
        let quantity = lines.number(row, "quantity");
        assert!(quantity >= 0.0 && quantity.fract() == 0.0, "{row:?}");
        assert!(lines.number(row, "need") >= 0.0, "{row:?}");
        assert!(ids.insert(lines.text(row, "recommendation_id").to_owned()), "twice: {row:?}");
    }
}

/// Every item of the sales is in the output, and every pool has a class, a policy and a
/// recommendation.
fn every_item_is_accounted_for(out: &Path) {
    let pools = |name: &str| -> BTreeSet<Vec<String>> {
        let table = Table::published(out, name);
        table
            .rows
            .iter()
            .map(|row| ["sku", "location"].map(|c| table.text(row, c).to_owned()).to_vec())
            .collect()
    };
    let demand = pools("demand");
    for name in ["classification", "policy", "recommendations"] {
        let missing: Vec<_> = demand.difference(&pools(name)).cloned().collect();
        assert!(missing.is_empty(), "{name} lacks {missing:?}");
    }
}

#[test]
fn online_retail() {
    if let Some(data) = source("", "online_retail.csv.gz") {
        whole_run("online_retail", &data, &[]);
    }
}

#[test]
fn us_regional() {
    let data = tempfile::tempdir().unwrap();
    if prepared("us_regional", "us_regional", "US_Regional_Sales_Data.csv", data.path()).is_some() {
        whole_run("us_regional", data.path(), &[]);
    }
}

#[test]
fn adventureworks() {
    let data = tempfile::tempdir().unwrap();
    if prepared("adventureworks", "adventureworks", "sales_two_channel.csv", data.path()).is_some()
    {
        whole_run("adventureworks", data.path(), &[]);
    }
}

#[test]
fn vn2_first_round() {
    let data = tempfile::tempdir().unwrap();
    if prepared("vn2", "vn2", "sales_wide.csv", data.path()).is_some() {
        whole_run("vn2", data.path(), &["--as-of", "2024-04-15"]);
    }
}

#[test]
fn monthly_sets() {
    for (set, folder, file) in [
        ("m3", "m3", "m3_long.csv.gz"),
        ("raf", "intermittent", "raf_monthly_with_leadtime_price.csv.gz"),
        ("carparts", "intermittent", "carparts_monthly.csv.gz"),
    ] {
        let data = tempfile::tempdir().unwrap();
        if prepared(set, folder, file, data.path()).is_some() {
            whole_run(set, data.path(), &[]);
        }
    }
}

#[test]
fn m5() {
    if std::env::var_os("ORDERPOINT_M5").is_none() {
        println!("skipped: set ORDERPOINT_M5=1 to run M5");
        return;
    }
    let data = tempfile::tempdir().unwrap();
    if prepared("m5", "", "m5_sales.parquet", data.path()).is_some() {
        whole_run("m5", data.path(), &[]);
    }
}

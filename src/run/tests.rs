//! Whole runs over inputs that our own code cannot bear: what breaks stays where it broke.

use crate::config::Options;
use crate::domain::exceptions::ExceptionKind;
use crate::domain::inputs::Promotion;
use crate::domain::units::{SkuId, SupplierId};
use crate::run::progress::Silent;
use crate::run::*;
use crate::tables::{EXCEPTIONS, FORECAST, RECOMMENDATIONS, Rows};
use chrono::NaiveDate;
use std::path::Path;

/// The sample of `skus` items below `at`, and a plan that publishes there.
fn shop(at: &Path, skus: usize, threads: usize) -> Plan {
    crate::sample::write(&at.join("data"), skus, crate::sample::SEED).unwrap();
    let options = Options {
        config: Some(at.join("data").join(crate::config::DEFAULT_FILE)),
        data: Some(at.join("data")),
        out: Some(at.join(format!("out{threads}"))),
        models: Some(at.join("models")),
        threads: Some(threads),
        ..Options::default()
    };
    Plan::load(&options).unwrap()
}

/// Runs on the loaded inputs after `spoil` has had them.
fn run_spoilt(plan: &Plan, spoil: impl Fn(&mut Inputs) + Sync) -> Summary {
    run_cut(plan, Cut::default(), spoil)
}

/// The same in partitions of another size.
fn run_cut(plan: &Plan, cut: Cut, spoil: impl Fn(&mut Inputs) + Sync) -> Summary {
    with_threads(plan.run.threads, || {
        let mut inputs = load(plan, &Silent)?;
        spoil(&mut inputs);
        let lock = OutputLock::acquire(&plan.run.out, "now")?;
        run_loaded(plan, inputs, lock, &Silent, StageClock::start(), Source::History(cut))
    })
    .unwrap()
}

/// A promotion whose end has no day after it: the engine breaks on this item alone.
fn endless(inputs: &Inputs, sku: SkuId) -> Promotion {
    let (start, end) = (inputs.panel.calendar().as_of(), NaiveDate::MAX);
    Promotion {
        kind: String::new(),
        location: None,
        start,
        end,
        sku: Some(sku),
        category: None,
        channel: None,
        discount: None,
        expected_uplift: Some(1.5),
    }
}

/// The item of the pool that sells most.
fn best_seller(inputs: &Inputs) -> SkuId {
    let units = |pool: &&crate::domain::panel::Pool| {
        pool.series.clone().map(|i| inputs.panel.gross(i).iter().sum::<f32>()).sum::<f32>()
    };
    inputs.panel.pools().iter().max_by(|a, b| units(a).total_cmp(&units(b))).unwrap().sku
}

#[test]
fn an_item_that_breaks_the_forecast_gets_a_plain_one_and_the_run_goes_on() {
    let at = tempfile::tempdir().unwrap();
    let mut published = Vec::new();
    for threads in [1, 4] {
        let plan = shop(at.path(), 12, threads);
        let summary = run_spoilt(&plan, |inputs| {
            let broken = endless(inputs, best_seller(inputs));
            inputs.promotions.push(broken);
        });
        assert_eq!(summary.exit_code(), 5);
        assert!(
            summary.severe.contains(&ExceptionKind::InternalFault.name().to_string()),
            "{:?}",
            summary.severe
        );
        let forecast = Rows::read(&summary.folder, &FORECAST).unwrap();
        let plain =
            (0..forecast.len()).filter(|&row| forecast.text("method", row) == "60-day average");
        let mut items: Vec<&str> = plain.clone().map(|row| forecast.text("sku", row)).collect();
        items.dedup();
        assert_eq!(items.len(), 1, "one item has the plain forecast: {items:?}");
        assert!(plain.clone().all(|row| forecast.real32("mean", row) > 0.0));
        let told = Rows::read(&summary.folder, &EXCEPTIONS).unwrap();
        let faults: Vec<usize> = (0..told.len())
            .filter(|&row| told.text("kind", row) == ExceptionKind::InternalFault.name())
            .collect();
        assert!(faults.iter().all(|&row| told.text("scope", row) == items[0]));
        assert!(
            faults.iter().any(|&row| told.text("why", row).contains("pooled/promotions.rs:")),
            "the place is told"
        );
        published
            .push((summary.run_id, std::fs::read(summary.folder.join("manifest.json")).unwrap()));
    }
    assert!(published[0] == published[1], "the same bytes at 1 and 4 threads");
}

#[test]
fn an_item_that_breaks_the_policy_is_held_and_the_run_goes_on() {
    let at = tempfile::tempdir().unwrap();
    let plan = shop(at.path(), 12, 2);
    let summary = run_spoilt(&plan, |inputs| {
        let sku = best_seller(inputs);
        inputs.supply.edit(|rows| {
            for row in rows.iter_mut().filter(|s| s.sku == sku) {
                row.supplier = SupplierId(9_999);
            }
        });
    });
    assert_eq!(summary.exit_code(), 5);
    let lines = Rows::read(&summary.folder, &RECOMMENDATIONS).unwrap();
    let held: Vec<usize> = (0..lines.len())
        .filter(|&row| lines.text("reason", row).contains("could not be computed"))
        .collect();
    assert!(!held.is_empty() && held.iter().all(|&row| lines.units("quantity", row).is_zero()));
    assert!(
        (0..lines.len()).any(|row| lines.units("quantity", row).is_positive()),
        "others are ordered"
    );
    let report = std::fs::read_to_string(summary.folder.join("report/data/exceptions.js")).unwrap();
    assert!(report.contains(ExceptionKind::InternalFault.name()), "the planner sees it");
}

#[test]
fn a_fault_outside_any_item_ends_the_run_in_order() {
    let error = with_threads(2, || -> Result<()> { panic!("no item's fault") }).unwrap_err();
    assert_eq!(error.exit_code(), 1);
    assert!(error.to_string().contains("no item's fault"), "{error}");
}

/// Every table of a run, a line of cells a row.
fn tables_of(folder: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    for &table in crate::tables::TABLES {
        let rows = Rows::read(folder, table).unwrap();
        for row in 0..rows.len() {
            let cells = 0..rows.columns().len();
            let cells: Vec<_> = cells.map(|at| rows.cell(at, row)).collect();
            lines.push(format!("{} {cells:?}", table.name()));
        }
    }
    lines
}

/// The sample has kits, analogues, two locations, suppliers with minimums, and promotions of some
/// items only; a budget that binds weighs all lines against each other.
#[test]
fn neither_the_cut_of_the_panel_nor_threads_change_a_cell() {
    let at = tempfile::tempdir().unwrap();
    let whole = Cut::default();
    let cuts = [
        whole,
        Cut { cells: 9_000, ..whole },
        Cut { pools: 1, ..whole },
        Cut { pools: 7, ..whole },
    ];
    let mut expected: Option<Vec<String>> = None;
    for (i, cut) in cuts.into_iter().enumerate() {
        let mut plan = shop(at.path(), 36, i + 1);
        plan.run.models = at.path().join(format!("models{i}"));
        plan.purchase.budget = Some(9_000.0);
        let summary = run_cut(&plan, cut, |inputs| assert!(inputs.panel.pools().len() > 36));
        let found = tables_of(&summary.folder);
        let Some(expected) = &expected else {
            assert!(found.iter().any(|line| line.contains("budget")), "the budget binds");
            expected = Some(found);
            continue;
        };
        let differs = expected.iter().zip(&found).find(|(a, b)| a != b);
        assert!(differs.is_none(), "{cut:?}: {differs:?}");
        assert_eq!(expected.len(), found.len(), "{cut:?}");
    }
}

/// A tea at a warehouse and two shops, the first of which a supplier of its own serves as well.
fn tea(at: &Path, handling: &str) -> Plan {
    let data = at.join("data");
    std::fs::create_dir_all(&data).unwrap();
    let mut sales = String::from("date,sku,location,quantity\n");
    for day in 1..=120 {
        let sold = "2025-09-06".parse::<NaiveDate>().unwrap() + chrono::Days::new(day);
        sales.push_str(&format!("{sold},TEA,DC,2\n{sold},TEA,SHOP1,3\n{sold},TEA,SHOP2,1\n"));
    }
    let lanes = format!(
        "from_location,to_location,lead_time_days,cost_per_line,cost_per_unit\n\
         DC,SHOP1,1,0.15,{handling}\nDC,SHOP2,2,0.15,0\n"
    );
    let supply = "sku,supplier,location,lead_time_days,unit_cost,minimum_order\n\
                  TEA,ACME,DC,14,8,120\nTEA,ACME,SHOP1,14,8,120\n";
    for (name, table) in [
        ("sales", sales.as_str()),
        ("lanes", &lanes),
        ("supply", supply),
        ("products", "sku,unit_cost,unit_price\nTEA,8,20\n"),
        ("stock", "sku,location,on_hand\nTEA,DC,40\nTEA,SHOP1,3\nTEA,SHOP2,3\n"),
    ] {
        std::fs::write(data.join(format!("{name}.csv")), table).unwrap();
    }
    std::fs::write(at.join("orderpoint.toml"), "[policy]\norder_cost = 20\n").unwrap();
    let options = Options {
        config: Some(at.join("orderpoint.toml")),
        data: Some(data),
        out: Some(at.join("out")),
        models: Some(at.join("models")),
        as_of: Some("2026-01-05".parse().unwrap()),
        ..Options::default()
    };
    Plan::load(&options).unwrap()
}

#[test]
fn k2_who_buys_and_who_is_fed_is_the_same_in_the_replay() {
    // Of equal role, what a year costs decides: at a tenth a unit the shop buys (L1).
    for (handling, is_fed) in [("0.02", true), ("0.10", false)] {
        let work = tempfile::tempdir().unwrap();
        let plan = tea(work.path(), handling);
        let inputs = load(&plan, &Silent).unwrap();
        let world = replay_world::ReplayWorld::new(&plan, &inputs).world;
        let fed: Vec<bool> = world.pools.iter().map(|pool| pool.fed.is_some()).collect();
        assert_eq!(fed, [false, is_fed, true], "{handling}");
        // It helps out all the same where it pays: the lane of a place that buys, the supplier of
        // one that is fed.
        assert_eq!(world.pools[1].backups.len(), usize::from(!is_fed));
        assert_eq!(world.pools[1].bought_here.is_some(), is_fed);
    }
}

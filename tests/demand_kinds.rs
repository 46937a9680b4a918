//! Histories as shops have them, whole nights through the binary: what is forecast is what a person
//! who looks at them would expect.

use crate::small::folder;
use crate::support::{Table, succeeds};
use chrono::{Datelike, NaiveDate};
use std::fmt::Write;

/// Units forecast in the first `days`, of item X of a shop that sells `units` a day (besides four
/// of another item) from `first` to `as_of`, where lead times are two weeks.
fn forecast(first: &str, as_of: &str, days: usize, units: impl Fn(NaiveDate) -> f64) -> f64 {
    let at = folder();
    let data = at.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    let mut sales = "date,sku,quantity\n".to_owned();
    let last: NaiveDate = as_of.parse().unwrap();
    for day in first.parse::<NaiveDate>().unwrap().iter_days().take_while(|day| *day < last) {
        // Up and down by a third, as counts of such a size scatter, and the same on every machine.
        let wave = f64::from(day.num_days_from_ce() * 37 % 101) / 101.0 - 0.5;
        let sold = (units(day) * (1.0 + 0.7 * wave)).round();
        if sold > 0.0 {
            writeln!(sales, "{day},X,{sold}").unwrap();
        }
        writeln!(sales, "{day},Y,4").unwrap();
    }
    let products =
        "sku,name,category,unit_cost,unit_price\nX,X,one,4,10\nY,Y,other,4,10\n".to_owned();
    let supply = "sku,supplier,lead_time_days\nX,S,14\nY,S,14\n".to_owned();
    let stock = "sku,on_hand\nX,50\nY,50\n".to_owned();
    for (table, text) in
        [("sales", sales), ("products", products), ("supply", supply), ("stock", stock)]
    {
        std::fs::write(data.join(format!("{table}.csv")), text).unwrap();
    }
    succeeds(at.path(), &["run", "--as-of", as_of, "--threads", "1"], &[0, 5]);
    let table = Table::published(&at.path().join("reports"), "forecast");
    let rows = table.rows.iter().filter(|row| table.text(row, "sku") == "X");
    rows.take(days).map(|row| table.number(row, "mean")).sum()
}

#[test]
fn an_item_alone_in_its_category_that_stepped_up_is_forecast_at_its_new_level() {
    let step: NaiveDate = "2026-01-05".parse().unwrap();
    let month = forecast("2024-03-01", "2026-03-02", 28, |day| if day < step { 2.0 } else { 20.0 });
    assert!((month - 560.0).abs() < 80.0, "20 a day are 560 in 28 days, not {month}");
}

#[test]
fn one_bulk_order_of_last_week_is_no_new_level() {
    let bulk: NaiveDate = "2026-02-25".parse().unwrap();
    let month =
        forecast("2025-03-01", "2026-03-02", 28, |day| if day == bulk { 400.0 } else { 3.0 });
    assert!((month - 84.0).abs() < 10.0, "3 a day are 84 in 28 days, not {month}");
}

#[test]
fn after_two_advents_nothing_is_forecast_until_the_next() {
    let advent = |day: NaiveDate| match (day.month(), day.day()) {
        (11, 10..) | (12, ..=24) => 20.0,
        _ => 0.0,
    };
    let quarter = forecast("2024-06-01", "2026-01-05", 90, advent);
    assert!(quarter < 20.0, "nothing sells from January to March, and {quarter} are forecast");
    let season = forecast("2024-06-01", "2026-11-10", 45, advent);
    assert!((season - 900.0).abs() < 250.0, "45 days of 20 are 900, not {season}");
}

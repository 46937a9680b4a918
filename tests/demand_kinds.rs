//! Histories as shops have them, whole nights through the binary: what is forecast is what a person
//! who looks at them would expect.

use crate::small::folder;
use crate::support::{Table, succeeds};
use chrono::{Datelike, NaiveDate};
use std::fmt::Write;

/// Units forecast in the first `days`, of item X of a shop that sells `units` a day (besides four
/// of another item) from `first` to `as_of`, where lead times are two weeks.
fn forecast(first: &str, as_of: &str, days: usize, units: impl Fn(NaiveDate) -> f64) -> f64 {
    forecast_days(first, as_of, "", units)[..days].iter().sum()
}

/// The same day by day, with a table of events beside the sales.
fn forecast_days(
    first: &str,
    as_of: &str,
    events: &str,
    units: impl Fn(NaiveDate) -> f64,
) -> Vec<f64> {
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
    if !events.is_empty() {
        std::fs::write(data.join("events.csv"), events).unwrap();
    }
    succeeds(at.path(), &["run", "--as-of", as_of, "--threads", "1"], &[0, 5]);
    let table = Table::published(&at.path().join("reports"), "forecast");
    let rows = table.rows.iter().filter(|row| table.text(row, "sku") == "X");
    rows.map(|row| table.number(row, "mean")).collect()
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

#[test]
fn what_an_event_sold_it_sells_again_and_is_no_bulk_order() {
    let friday = |day: NaiveDate| matches!(day.to_string().as_str(), "2023-11-24" | "2024-11-29");
    let units = |day| if friday(day) { 80.0 } else { 6.0 };
    for scope in ["sku,", "sku,X"] {
        let (name, item) = scope.split_once(',').unwrap();
        let events = format!(
            "date,event,{name}\n2023-11-24,Black Friday,{item}\n2024-11-29,Black Friday,{item}\n\
             2025-11-28,Black Friday,{item}\n"
        );
        let days = forecast_days("2023-09-01", "2025-11-03", &events, units);
        let usual: f64 = days[..21].iter().sum();
        assert!(
            (50.0..110.0).contains(&days[25]),
            "80, as twice before, not {} ({scope})",
            days[25]
        );
        assert!((usual - 126.0).abs() < 25.0, "6 a day are 126 in 21 days, not {usual} ({scope})");
    }
}

#[test]
fn winter_goods_are_forecast_in_autumn_and_no_more_in_march() {
    let winter = |day: NaiveDate| {
        let sells = matches!(day.month(), 10..=12 | 1 | 2);
        if sells { 6.0 } else { 0.0 }
    };
    let autumn = forecast("2023-03-01", "2026-09-21", 71, winter);
    assert!((autumn - 366.0).abs() < 70.0, "61 days of 6 are 366, not {autumn}");
    let spring = forecast("2023-03-01", "2026-03-02", 28, winter);
    assert!(spring < 15.0, "nothing sells from March on, and {spring} are forecast");
}

#[test]
fn a_rare_large_order_of_the_day_before_yesterday_is_no_rate() {
    let orders = [
        "2024-04-12",
        "2024-06-30",
        "2024-09-02",
        "2024-10-15",
        "2025-01-20",
        "2025-04-03",
        "2025-07-11",
        "2025-11-05",
        "2026-01-08",
        "2026-02-28",
    ];
    let units = |day: NaiveDate| {
        let ordered = orders.contains(&day.to_string().as_str());
        if ordered { 50.0 } else { 0.0 }
    };
    let month = forecast("2024-03-01", "2026-03-02", 28, units);
    assert!((10.0..40.0).contains(&month), "500 in two years are 19 in 28 days, not {month}");
}

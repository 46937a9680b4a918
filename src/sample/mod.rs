//! The project's own seeded sample: two years of a coffee-gear shop, every input table of the
//! contract, any size.
//!
//! `data/sample` holds the sixty-item set that [`write()`] makes with [`SEED`], bad rows included;
//! `demo --skus N` makes larger ones. The history is played, not drawn: a planner with a rule of
//! thumb orders, suppliers deliver late, stock runs out, so stock, sales, purchase orders and
//! stock-outs agree with one another. `cli` and the tests call it; it knows no stage.

mod catalogue;
mod history;
pub mod network;
mod tables;

pub use crate::sample::tables::write;

use chrono::NaiveDate;

/// The sample's configuration for a folder that holds the tables in `data` and the runs beside
/// them.
#[must_use]
pub fn configuration() -> String {
    include_str!("orderpoint.toml")
        .replacen("\".\"", "\"data\"", 1)
        .replacen("../../reports/sample", ".", 1)
        .replacen("../../models/sample", "models", 1)
}

/// The seed of `data/sample`.
pub const SEED: u64 = 2026;
/// Items in `data/sample`.
pub const SKUS: usize = 60;
/// Days of history.
const DAYS: usize = 730;
/// The morning the sample ends: a Monday.
pub const AS_OF: NaiveDate = day(2026, 3, 2);

/// In the order of the history's codes.
const CHANNELS: [&str; 3] = ["web", "marketplace", "store"];
const LOCATIONS: [&str; 2] = ["warehouse", "shop"];

/// A calendar event and what it does to the seller's demand.
struct Event {
    name: &'static str,
    start: NaiveDate,
    days: i64,
    /// Factor by channel.
    lift: [f64; 3],
}

impl Event {
    fn covers(&self, date: NaiveDate) -> bool {
        (0..self.days).contains(&(date - self.start).num_days())
    }
}

const fn event(name: &'static str, start: NaiveDate, days: i64, lift: [f64; 3]) -> Event {
    Event { name, start, days, lift }
}

const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date of the calendar")
}

/// Two years back and the coming months ahead.
// Twice with their true dates, and once ahead, so that a season is seen, learnt and forecast. Lifts
// are invented, larger on the web, where offers are compared.
const EVENTS: [Event; 14] = [
    event("Easter", day(2024, 3, 28), 4, [1.15, 1.1, 1.3]),
    event("Mother's Day", day(2024, 5, 9), 4, [1.2, 1.2, 1.3]),
    event("Black Friday", day(2024, 11, 29), 4, [2.2, 1.8, 1.3]),
    event("Last posting week", day(2024, 12, 13), 6, [1.4, 1.3, 1.1]),
    event("Christmas closure", day(2024, 12, 25), 2, [0.4, 0.6, 0.0]),
    event("Easter", day(2025, 4, 17), 4, [1.15, 1.1, 1.3]),
    event("Mother's Day", day(2025, 5, 8), 4, [1.2, 1.2, 1.3]),
    event("Black Friday", day(2025, 11, 28), 4, [2.2, 1.8, 1.3]),
    event("Last posting week", day(2025, 12, 12), 6, [1.4, 1.3, 1.1]),
    event("Christmas closure", day(2025, 12, 25), 2, [0.4, 0.6, 0.0]),
    event("Easter", day(2026, 4, 2), 4, [1.15, 1.1, 1.3]),
    event("Mother's Day", day(2026, 5, 7), 4, [1.2, 1.2, 1.3]),
    event("Black Friday", day(2026, 11, 27), 4, [2.2, 1.8, 1.3]),
    event("Christmas closure", day(2026, 12, 25), 2, [0.4, 0.6, 0.0]),
];

/// Day `day` of the history; `DAYS` is the as-of date.
fn date(day: usize) -> NaiveDate {
    AS_OF - chrono::Duration::days(DAYS as i64) + chrono::Duration::days(day as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_sizes_share_their_first_items() {
        let folder = tempfile::tempdir().unwrap();
        let read = |name: &str, table: &str| {
            std::fs::read_to_string(folder.path().join(name).join(table)).unwrap()
        };
        for (name, skus) in [("a", 4), ("b", 4), ("c", 9)] {
            write(&folder.path().join(name), skus, SEED).unwrap();
        }
        assert_eq!(read("a", "sales.csv"), read("b", "sales.csv"));
        assert!(read("c", "stock.csv").starts_with(&read("a", "stock.csv")));
    }

    #[test]
    fn lead_times_of_the_filter_supplier_drift_from_seven_days_to_twenty_one() {
        let item = history::play(SEED, catalogue::at::FILTER_V60, &[]);
        let taken = |from: usize, to: usize| {
            let orders = item.pools.iter().flat_map(|p| &p.orders);
            let orders = orders
                .filter(|o| o.supplier == catalogue::FILTERS && (from..to).contains(&o.placed));
            orders.map(|o| o.arrives - o.placed).collect::<Vec<_>>()
        };
        let mean = |days: Vec<usize>| days.iter().sum::<usize>() as f64 / days.len() as f64;
        assert!((mean(taken(0, DAYS - 150)) - 7.0).abs() < 1.0);
        assert!((mean(taken(DAYS - 90, DAYS)) - 21.0).abs() < 2.0);
    }
}

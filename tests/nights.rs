//! Twenty-four nights in a row at a shop that lives: late and corrected rows, decisions, placed
//! orders, deliveries.

use crate::noise::Noise;
use crate::small::folder;
use crate::support::{Table, succeeds, text};
use chrono::{Duration, NaiveDate};
use orderpoint::store::PublishedRun;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

const NIGHTS: i64 = 24;
/// Days of sales before the first night.
const BEFORE: i64 = 120;
/// SKU, units a day, pack, minimum.
const ITEMS: [(&str, usize, i64, i64); 6] = [
    ("TEA", 6, 6, 12),
    ("CUP", 3, 4, 8),
    ("POT", 1, 1, 1),
    ("TIN", 2, 10, 20),
    ("MILK", 4, 12, 12),
    ("TRAY", 1, 2, 4),
];
const CHANNELS: [&str; 2] = ["web", "shop"];
const LEAD_DAYS: i64 = 6;
/// Small orders often, so that there is something to decide on every night.
const CONFIG: &str =
    "[run]\nhorizon_days = 28\n[policy]\norder_quantity = \"none\"\nreview_period_days = 2.0\n";

struct Sale {
    day: NaiveDate,
    item: usize,
    channel: usize,
    quantity: i64,
    /// The first morning on which the file has it.
    known: NaiveDate,
}

struct Order {
    id: String,
    item: usize,
    quantity: i64,
    confirmed: NaiveDate,
    received: Option<NaiveDate>,
    arrives: NaiveDate,
}

struct Shop {
    noise: Noise,
    sales: Vec<Sale>,
    stock: [i64; ITEMS.len()],
    orders: Vec<Order>,
    /// Approved, to be placed on that day.
    to_place: Vec<(NaiveDate, Order)>,
    /// Not to be proposed before this day.
    quiet: BTreeMap<usize, NaiveDate>,
    decided: BTreeSet<String>,
}

impl Shop {
    fn new() -> Self {
        let stock = ITEMS.map(|(_, rate, ..)| 12 * rate as i64);
        Self {
            noise: Noise::new(24),
            sales: Vec::new(),
            stock,
            orders: Vec::new(),
            to_place: Vec::new(),
            quiet: BTreeMap::new(),
            decided: BTreeSet::new(),
        }
    }

    /// Trades for one day; with `ample` stock, before the first night.
    fn trade(&mut self, day: NaiveDate, ample: bool) {
        for order in self.orders.iter_mut().filter(|o| o.received.is_none() && o.arrives == day) {
            order.received = Some(day);
            self.stock[order.item] += order.quantity;
        }
        for (item, (_, rate, ..)) in ITEMS.iter().enumerate() {
            for channel in 0..CHANNELS.len() {
                let wanted = (0..2 * rate).filter(|_| self.noise.once_in(4)).count() as i64;
                let quantity = if ample { wanted } else { wanted.min(self.stock[item]) };
                self.stock[item] -= if ample { 0 } else { quantity };
                // A channel's export is late now and then.
                let late = i64::from(self.noise.once_in(8));
                if quantity > 0 {
                    self.sales.push(Sale {
                        day,
                        item,
                        channel,
                        quantity,
                        known: day + Duration::days(1 + late),
                    });
                }
            }
        }
        let (due, later) =
            std::mem::take(&mut self.to_place).into_iter().partition(|(placed, _)| *placed <= day);
        self.to_place = later;
        self.orders.extend(due.into_iter().map(|(_, order): (NaiveDate, Order)| order));
    }

    /// A row of the last days turns out to be wrong.
    fn correct(&mut self, morning: NaiveDate) {
        let recent: Vec<usize> = (0..self.sales.len())
            .filter(|&i| (morning - self.sales[i].day).num_days() < 10)
            .collect();
        let at = recent[self.noise.below(recent.len())];
        self.sales[at].quantity += 1;
    }

    fn write(&self, data: &Path, morning: NaiveDate) {
        let mut sales = "date,sku,channel,quantity,unit_price\n".to_owned();
        for s in self.sales.iter().filter(|s| s.known <= morning) {
            writeln!(
                sales,
                "{},{},{},{},9.50",
                s.day, ITEMS[s.item].0, CHANNELS[s.channel], s.quantity
            )
            .unwrap();
        }
        let mut stock = "sku,on_hand,as_of\n".to_owned();
        let mut supply =
            "sku,supplier,unit_cost,lead_time_days,minimum_order,pack_size\n".to_owned();
        let mut products = "sku,name,category,unit_cost,unit_price\n".to_owned();
        for (item, (sku, _, pack, minimum)) in ITEMS.iter().enumerate() {
            writeln!(stock, "{sku},{},{morning}", self.stock[item]).unwrap();
            writeln!(supply, "{sku},acme,4.00,{LEAD_DAYS},{minimum},{pack}").unwrap();
            writeln!(products, "{sku},{sku},kitchen,4.00,9.50").unwrap();
        }
        let mut orders =
            "order_id,sku,supplier,quantity,confirmed,expected,received,received_quantity\n"
                .to_owned();
        for o in self.orders.iter().filter(|o| o.confirmed < morning) {
            let received = o.received.filter(|day| *day < morning);
            let (day, quantity) = received
                .map_or_else(Default::default, |day| (day.to_string(), o.quantity.to_string()));
            let expected = o.confirmed + Duration::days(LEAD_DAYS);
            writeln!(
                orders,
                "{},{},acme,{},{},{expected},{day},{quantity}",
                o.id, ITEMS[o.item].0, o.quantity, o.confirmed
            )
            .unwrap();
        }
        for (name, rows) in [
            ("sales", sales),
            ("stock", stock),
            ("supply", supply),
            ("products", products),
            ("purchase_orders", orders),
        ] {
            fs::write(data.join(format!("{name}.csv")), rows).unwrap();
        }
    }

    /// Units of an item that the run must count as on order: placed and not received, or approved
    /// and not placed.
    fn on_order(&self, item: usize, morning: NaiveDate) -> i64 {
        let open = |o: &Order| o.item == item && o.received.is_none_or(|day| day >= morning);
        let known: i64 = self.orders.iter().filter(|o| open(o)).map(|o| o.quantity).sum();
        known
            + self
                .to_place
                .iter()
                .filter(|(_, o)| o.item == item)
                .map(|(_, o)| o.quantity)
                .sum::<i64>()
    }

    /// Decides on every proposed line and returns the decisions file.
    fn decide(&mut self, lines: &Table, morning: NaiveDate) -> String {
        let mut file = "recommendation_id,decision,quantity,until,reason,author,time\n".to_owned();
        for row in lines.rows.iter().filter(|row| lines.number(row, "quantity") > 0.0) {
            let id = lines.text(row, "recommendation_id").to_owned();
            let item = ITEMS.iter().position(|i| i.0 == lines.text(row, "sku")).unwrap();
            let proposed = lines.number(row, "quantity") as i64;
            assert!(
                self.decided.insert(id.clone()),
                "{morning}: {id} was decided on an earlier night"
            );
            let until = morning + Duration::days(2 + self.noise.below(3) as i64);
            let quantity = match self.noise.below(8) {
                0 => {
                    writeln!(file, "{id},reject,,{until},no room,ann,{morning}T08:00").unwrap();
                    self.quiet.insert(item, until);
                    continue;
                }
                1 => {
                    writeln!(file, "{id},snooze,,{until},,ann,{morning}T08:00").unwrap();
                    self.quiet.insert(item, until);
                    continue;
                }
                2 => {
                    let more = proposed + ITEMS[item].2;
                    writeln!(file, "{id},edit,{more},,,ann,{morning}T08:00").unwrap();
                    more
                }
                _ => {
                    writeln!(file, "{id},approve,,,,ann,{morning}T08:00").unwrap();
                    proposed
                }
            };
            // Placed today or tomorrow; until then only the decision knows of it.
            let placed = morning + Duration::days(self.noise.below(2) as i64);
            let arrives = placed + Duration::days(LEAD_DAYS + self.noise.below(4) as i64);
            self.to_place.push((
                placed,
                Order { id, item, quantity, confirmed: placed, received: None, arrives },
            ));
        }
        file
    }
}

fn run(at: &Path, morning: NaiveDate) -> serde_json::Value {
    let morning = morning.to_string();
    let output = succeeds(at, &["run", "--as-of", &morning, "--json"], &[0]);
    serde_json::from_str(&text(&output.stdout)).unwrap()
}

#[test]
fn twenty_four_nights_with_late_rows_corrections_and_decisions() {
    let at = folder();
    let at = at.path();
    let data = at.join("data");
    fs::create_dir_all(&data).unwrap();
    fs::write(at.join("orderpoint.toml"), CONFIG).unwrap();
    let start: NaiveDate = "2024-06-01".parse().unwrap();
    let mut shop = Shop::new();
    (0..BEFORE).for_each(|day| shop.trade(start - Duration::days(BEFORE - day), true));
    let (mut approved, mut proposed_twice) = (0, 0);
    for night in 0..NIGHTS {
        let morning = start + Duration::days(night);
        if night % 3 == 1 {
            shop.correct(morning);
        }
        shop.write(&data, morning);
        let summary = run(at, morning);
        assert_eq!(summary["unchanged"], false, "night {night}");
        let current = PublishedRun::current(&at.join("reports")).unwrap();
        assert!(current.damaged().is_empty() && current.manifest.as_of == morning, "night {night}");
        assert_eq!(run(at, morning)["unchanged"], true, "night {night}, run again");

        let lines = Table::published(&at.join("reports"), "recommendations");
        for row in &lines.rows {
            let item = ITEMS.iter().position(|i| i.0 == lines.text(row, "sku")).unwrap();
            let counted = lines.number(row, "on_order") as i64;
            assert_eq!(
                counted,
                shop.on_order(item, morning),
                "night {night}: units on order of {}",
                ITEMS[item].0
            );
            if shop.quiet.get(&item).is_some_and(|until| morning < *until)
                && lines.number(row, "quantity") > 0.0
            {
                proposed_twice += 1;
            }
        }
        let decisions = shop.decide(&lines, morning);
        if decisions.lines().count() > 1 {
            fs::write(at.join("decisions.csv"), &decisions).unwrap();
            succeeds(at, &["review", "--decisions", "decisions.csv"], &[0]);
            approved += decisions
                .lines()
                .filter(|line| line.contains(",approve,") || line.contains(",edit,"))
                .count();
            if night % 4 == 0 {
                assert_eq!(
                    run(at, morning)["unchanged"],
                    false,
                    "night {night}: the decisions are new"
                );
                let again = Table::published(&at.join("reports"), "recommendations");
                let more = again.rows.iter().find(|row| {
                    again.number(row, "quantity") > 0.0
                        && decisions.contains(again.text(row, "recommendation_id"))
                });
                assert!(more.is_none(), "night {night}: decided and proposed again: {more:?}");
            }
        }
        shop.trade(morning, false);
    }
    assert_eq!(proposed_twice, 0, "rejected or snoozed lines stay quiet until their day");
    assert!(approved >= 12, "{approved} lines were approved");
    let runs = fs::read_dir(at.join("reports/runs")).unwrap().count() as i64;
    assert!(runs >= NIGHTS, "{runs} runs");
}

//! Thirty mornings of a shop with everything going on at once: kits, lots, owed units, two places,
//! late and partly delivered orders, approvals that are placed some days later, channels with
//! reserves and caps. Each morning the program plans, and what it says is held against what the
//! shop knows of itself.

use crate::noise::Noise;
use crate::small::folder;
use crate::support::{Table, succeeds};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

const FIRST: i64 = 400;
const NIGHTS: i64 = 30;
const PLACES: [&str; 2] = ["east", "west"];
/// Sold by themselves; SET is made of two CUP and a TRAY.
const ITEMS: [&str; 4] = ["CUP", "SET", "MILK", "LAMP"];

fn day(n: i64) -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(2025, 1, 6).unwrap() + chrono::Days::new(n as u64)
}

/// An order of the shop, as its books have it.
struct Order {
    id: String,
    sku: &'static str,
    place: &'static str,
    ordered: i64,
    come: i64,
    placed: i64,
    expected: i64,
    /// When the rest really comes.
    arrives: i64,
    closed: Option<i64>,
}

#[derive(Default, Clone)]
struct Shelf {
    on_hand: i64,
    owed: i64,
    /// Last day of sale, units.
    lots: Vec<(i64, i64)>,
}

/// The shop as it is, whatever the program believes.
struct Shop {
    random: Noise,
    today: i64,
    sales: String,
    shelves: BTreeMap<(&'static str, &'static str), Shelf>,
    orders: Vec<Order>,
}

impl Shop {
    fn new() -> Self {
        let mut shop = Self {
            random: Noise::new(5),
            today: 0,
            sales: "date,sku,channel,location,quantity\n".to_owned(),
            shelves: BTreeMap::new(),
            orders: Vec::new(),
        };
        for place in PLACES {
            for sku in ["CUP", "SET", "MILK", "LAMP", "TRAY"] {
                let lots = if sku == "MILK" { vec![(FIRST + 6, 60)] } else { Vec::new() };
                shop.shelves.insert((sku, place), Shelf { on_hand: 60, owed: 0, lots });
            }
        }
        for today in 0..FIRST {
            shop.today = today;
            for place in PLACES {
                for sku in ITEMS {
                    let units = shop.asked(sku);
                    shop.book(sku, place, units);
                }
            }
        }
        shop.today = FIRST;
        shop
    }

    fn asked(&mut self, sku: &str) -> i64 {
        let most = match sku {
            "CUP" => 9,
            "MILK" => 12,
            "SET" => 5,
            _ => 4,
        };
        self.random.below(most) as i64
    }

    fn book(&mut self, sku: &str, place: &str, units: i64) {
        let channel = if self.random.once_in(3) { "amz" } else { "web" };
        if units > 0 {
            let date = day(self.today);
            writeln!(self.sales, "{date},{sku},{channel},{place},{units}").unwrap();
        }
    }

    /// What happens between two mornings: deliveries, expiry, sales from what is there.
    fn live(&mut self) {
        for order in self.orders.iter_mut().filter(|o| o.closed.is_none()) {
            let shelf = self.shelves.get_mut(&(order.sku, order.place)).unwrap();
            let rest = order.ordered - order.come;
            // A third comes a day early, the rest on its day.
            let comes = if self.today == order.arrives - 1 { rest / 3 } else { rest };
            if self.today < order.arrives - 1 || comes == 0 {
                continue;
            }
            order.come += comes;
            if order.sku == "MILK" {
                shelf.lots.push((self.today + 12, comes));
            }
            let served = comes.min(shelf.owed);
            shelf.owed -= served;
            shelf.on_hand += comes - served;
            take_first(&mut shelf.lots, if order.sku == "MILK" { served } else { 0 });
            if order.come == order.ordered {
                order.closed = Some(self.today);
            }
        }
        for place in PLACES {
            for sku in ITEMS {
                let asked = self.asked(sku);
                let mut sold = 0;
                for _ in 0..asked {
                    sold += i64::from(self.sell_one(sku, place));
                }
                // Half of those who find nothing wait.
                let waits = (asked - sold) / 2;
                self.shelves.get_mut(&(sku, place)).unwrap().owed += waits;
                self.book(sku, place, sold + waits);
            }
        }
        self.today += 1;
        for shelf in self.shelves.values_mut() {
            let gone: i64 =
                shelf.lots.iter().filter(|lot| lot.0 < self.today - 2).map(|lot| lot.1).sum();
            // Thrown away two days late: until then expired units lie there.
            shelf.lots.retain(|lot| lot.0 >= self.today - 2);
            shelf.on_hand -= gone;
        }
    }

    fn sell_one(&mut self, sku: &'static str, place: &'static str) -> bool {
        let today = self.today;
        let shelf = self.shelves.get_mut(&(sku, place)).unwrap();
        let fresh = shelf.on_hand
            - shelf.lots.iter().filter(|lot| lot.0 < today).map(|lot| lot.1).sum::<i64>();
        if fresh > 0 {
            shelf.on_hand -= 1;
            let first = shelf.lots.iter_mut().find(|lot| lot.0 >= today && lot.1 > 0);
            if let Some(lot) = first {
                lot.1 -= 1;
            }
            return true;
        }
        let parts = [("CUP", 2), ("TRAY", 1)];
        let can_pack = sku == "SET"
            && parts.iter().all(|&(part, n)| self.shelves[&(part, place)].on_hand >= n);
        if can_pack {
            for (part, n) in parts {
                self.shelves.get_mut(&(part, place)).unwrap().on_hand -= n;
            }
        }
        can_pack
    }

    fn write(&self, data: &Path) {
        let put = |name: &str, text: &str| {
            std::fs::write(data.join(name).with_extension("csv"), text).unwrap();
        };
        put("sales", &self.sales);
        let mut stock = "sku,location,on_hand,backordered\n".to_owned();
        let mut lots = "sku,location,expires,quantity\n".to_owned();
        for ((sku, place), shelf) in &self.shelves {
            writeln!(stock, "{sku},{place},{},{}", shelf.on_hand, shelf.owed).unwrap();
            for (last, units) in shelf.lots.iter().filter(|lot| lot.1 > 0) {
                writeln!(lots, "{sku},{place},{},{units}", day(*last)).unwrap();
            }
        }
        put("stock", &stock);
        put("lots", &lots);
        let mut orders = "order_id,sku,location,supplier,quantity,confirmed,expected,received,\
             received_quantity\n"
            .to_owned();
        for o in &self.orders {
            let received = o.closed.map_or_else(String::new, |n| day(n).to_string());
            let come = if o.come > 0 { o.come.to_string() } else { String::new() };
            writeln!(
                orders,
                "{},{},{},ACME,{},{},{},{received},{come}",
                o.id,
                o.sku,
                o.place,
                o.ordered,
                day(o.placed),
                day(o.expected)
            )
            .unwrap();
        }
        put("purchase_orders", &orders);
    }
}

fn take_first(lots: &mut [(i64, i64)], units: i64) {
    let mut left = units;
    for lot in lots {
        let taken = lot.1.min(left);
        lot.1 -= taken;
        left -= taken;
    }
}

fn int(table: &Table, row: &[String], column: &str) -> i64 {
    table.text(row, column).parse().unwrap_or_else(|_| panic!("{column} of {row:?}"))
}

#[test]
fn thirty_mornings_conserve_what_is_owed_promised_expired_and_on_order() {
    let folder = folder();
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    let put = |name: &str, text: &str| std::fs::write(data.join(name), text).unwrap();
    put(
        "products.csv",
        "sku,name,unit_cost,unit_price,shelf_life_days\nCUP,Cup,2,6,\nSET,Set,7,20,\n\
         MILK,Milk,1,3,12\n\
         LAMP,Lamp,9,25,\nTRAY,Tray,3,8,\n",
    );
    put("kits.csv", "sku,component,quantity\nSET,CUP,2\nSET,TRAY,1\n");
    put(
        "supply.csv",
        "sku,supplier,lead_time_days,pack_size,minimum_order\nCUP,ACME,6,6,12\nTRAY,ACME,6,,\n\
         MILK,ACME,3,,\nLAMP,ACME,10,,\n",
    );
    put("suppliers.csv", "supplier,order_weekdays,min_order_value\nACME,,40\n");
    put(
        "channels.csv",
        "channel,priority,reserve,buffer,cap\namz,2,,1,30\nweb,1,,,\nwholesale,3,4,,\n",
    );
    let mut shop = Shop::new();
    let mut placed = 0;
    for night in 0..NIGHTS {
        shop.write(&data);
        let as_of = day(shop.today).to_string();
        succeeds(folder.path(), &["run", "--as-of", &as_of], &[0, 5]);
        let lines = Table::published(&folder.path().join("reports"), "recommendations");
        let allocation = Table::published(&folder.path().join("reports"), "allocation");
        check(&shop, &lines, &allocation, night);
        // The planner places what is proposed, on two mornings in three.
        for row in &lines.rows {
            let quantity = int(&lines, row, "quantity");
            if quantity == 0 || shop.random.once_in(3) {
                continue;
            }
            let sku = ["CUP", "TRAY", "MILK", "LAMP"]
                .into_iter()
                .find(|sku| *sku == lines.text(row, "sku"))
                .expect("a kit is not ordered");
            let place = PLACES.into_iter().find(|p| *p == lines.text(row, "location")).unwrap();
            let lead = if sku == "MILK" { 3 } else { 6 };
            placed += 1;
            shop.orders.push(Order {
                id: format!("PO{placed}"),
                sku,
                place,
                ordered: quantity,
                come: 0,
                placed: shop.today,
                expected: shop.today + lead,
                arrives: shop.today + lead + shop.random.below(5) as i64,
                closed: None,
            });
        }
        shop.live();
    }
    assert!(placed > 30, "{placed} orders were placed");
}

/// Holds the tables of a morning against the shop.
fn check(shop: &Shop, lines: &Table, allocation: &Table, night: i64) {
    let mut promised: BTreeMap<(String, String), i64> = BTreeMap::new();
    for row in &allocation.rows {
        let key = ["sku", "location"].map(|column| allocation.text(row, column).to_owned());
        *promised.entry(key.into()).or_default() += int(allocation, row, "allocated");
    }
    for place in PLACES {
        let of =
            |sku: &str| promised.get(&(sku.to_owned(), place.to_owned())).copied().unwrap_or(0);
        let fresh = |sku: &'static str| {
            let shelf = &shop.shelves[&(sku, place)];
            let expired: i64 =
                shelf.lots.iter().filter(|lot| lot.0 < shop.today).map(|lot| lot.1).sum();
            shelf.on_hand - expired - shelf.owed
        };
        // Expired and owed units are promised to nobody, and no cup twice.
        for sku in ["MILK", "LAMP"] {
            let most = fresh(sku).max(0);
            assert!(of(sku) <= most, "night {night}: {sku} {place} {} of {most}", of(sku));
        }
        let packed = of("SET") - fresh("SET").max(0);
        for (part, each) in [("CUP", 2), ("TRAY", 1)] {
            let taken = of(part) + each * packed.max(0);
            let most = fresh(part).max(0);
            assert!(taken <= most, "night {night}: {part} {place} {taken} of {most}");
        }
        for row in &lines.rows {
            let sku = lines.text(row, "sku");
            if lines.text(row, "location") != place || sku == "SET" {
                continue;
            }
            let coming: i64 = shop
                .orders
                .iter()
                .filter(|o| o.sku == sku && o.place == place && o.closed.is_none())
                .map(|o| o.ordered - o.come)
                .sum();
            assert_eq!(
                int(lines, row, "on_order"),
                coming,
                "night {night}: on order of {sku} in {place}"
            );
            let shelf = &shop.shelves[&(
                ["CUP", "MILK", "LAMP", "TRAY"].into_iter().find(|s| *s == sku).unwrap(),
                place,
            )];
            // What expires unsold is no stock; without lots the position is exact. Parts are owed
            // what kits are owed.
            if sku == "LAMP" {
                let position = shelf.on_hand - shelf.owed + coming;
                assert_eq!(int(lines, row, "inventory_position"), position, "night {night}");
            }
        }
    }
}

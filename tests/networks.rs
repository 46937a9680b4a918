//! Locations that feed each other, through the whole program: what is refused, who is sent what,
//! and that no unit is invented or lost.

use crate::small::date;
use crate::support::{Table, orderpoint, succeeds, text};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// The places of the tests: a warehouse that sells itself, a regional one that does not, shops.
const SELLERS: [(&str, i64); 4] = [("DC", 2), ("SHOP1", 3), ("SHOP2", 1), ("FAR", 2)];

/// A tea sold for 200 days at a warehouse, two shops, and a third behind a regional warehouse.
fn tea(lanes: &str) -> tempfile::TempDir {
    let work = tempfile::tempdir().unwrap();
    let data = work.path().join("data");
    fs::create_dir(&data).unwrap();
    let mut sales = String::from("date,sku,location,quantity\n");
    for day in 0..200 {
        let sold = date("2025-06-19") + chrono::Duration::days(day);
        for (place, (location, per_day)) in SELLERS.iter().enumerate() {
            let units = demand(day, place as i64, *per_day);
            if units > 0 {
                let _ = writeln!(sales, "{sold},TEA,{location},{units}");
            }
        }
    }
    for (name, table) in [
        ("sales", sales.as_str()),
        ("lanes", lanes),
        ("products", "sku,unit_cost,unit_price,case_size\nTEA,8,20,6\n"),
        ("supply", "sku,supplier,location,lead_time_days,lead_time_sd_days\nTEA,ACME,DC,14,0\n"),
        ("stock", "sku,location,on_hand\nTEA,DC,40\nTEA,EAST,10\nTEA,SHOP1,3\nTEA,FAR,4\n"),
    ] {
        fs::write(data.join(format!("{name}.csv")), table).unwrap();
    }
    fs::write(work.path().join("orderpoint.toml"), "").unwrap();
    work
}

/// Units asked for on a day, the same every time: around `per_day`, often none.
fn demand(day: i64, place: i64, per_day: i64) -> i64 {
    match (day * 7 + place * 5 + day * day % 11) % 4 {
        0 => 2 * per_day,
        1 | 2 => per_day,
        _ => 0,
    }
}

const LANES: &str = "from_location,to_location,lead_time_days,weekdays,cost_per_line\n\
                     DC,SHOP1,1,,0.15\nDC,SHOP2,2,mon thu,0.15\nDC,EAST,2,mon thu,0.15\n\
                     EAST,FAR,1,,0.15\n";

fn refusal(lanes: &str) -> String {
    let work = tea(lanes);
    let output = orderpoint(work.path(), &["run", "--as-of", "2026-01-05"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    text(&output.stderr)
}

#[test]
fn l1_lanes_that_no_run_can_be_made_of_are_refused_with_a_sentence() {
    let head = "from_location,to_location,lead_time_days,weekdays\n";
    let told = |rows: &str| refusal(&format!("{head}{rows}"));
    assert!(told("DC,SHOP1,1,\nSHOP1,DC,1,\n").contains("in a circle"));
    assert!(told("DC,SHOP1,1,\nEAST,SHOP1,1,\n").contains("two primary lanes, from DC and from"));
    assert!(told("DC,DC,1,\n").contains("cannot feed itself"));
    assert!(told("DC,SHOP1,,\n").contains("lead_time_days"));
    assert!(told("DC,SHOP1,1,someday\n").contains("expected weekdays such as mon thu"));
}

#[test]
fn without_lanes_the_new_columns_are_empty() {
    let work = tea("from_location,to_location,lead_time_days\n");
    succeeds(work.path(), &["run", "--as-of", "2026-01-05"], &[0]);
    let out = work.path().join("reports");
    let lines = Table::published(&out, "recommendations");
    for column in ["kind", "source_location", "asked", "share", "short", "departs"] {
        assert!(lines.rows.iter().all(|row| lines.text(row, column).is_empty()), "{column}");
    }
    let policy = Table::published(&out, "policy");
    for column in ["echelon_position", "echelon_order_up_to", "next_arrival"] {
        assert!(policy.rows.iter().all(|row| policy.text(row, column).is_empty()), "{column}");
    }
    assert!(Table::published(&out, "network").rows.is_empty());
}

#[test]
fn l3_l4_the_root_buys_for_all_and_each_place_is_sent_its_share() {
    let work = tea(LANES);
    let work = work.path();
    succeeds(work, &["run", "--as-of", "2026-01-05"], &[0]);
    let out = work.join("reports");
    let lines = Table::published(&out, "recommendations");
    let of = |location: &str| {
        let mut rows = lines.rows.iter().filter(|row| lines.text(row, "location") == location);
        rows.next().unwrap()
    };
    assert_eq!(lines.text(of("DC"), "kind"), "purchase");
    for (place, source) in [("SHOP1", "DC"), ("SHOP2", "DC"), ("EAST", "DC"), ("FAR", "EAST")] {
        let row = of(place);
        assert_eq!(lines.text(row, "source_location"), source);
        assert_eq!((lines.text(row, "kind"), lines.text(row, "supplier")), ("transfer", ""));
        assert_eq!(lines.number(row, "quantity") % 6.0, 0.0, "{place}: whole cases");
    }
    // Forty for four places until the purchase comes: somebody gets less, and reads why.
    let short: f64 =
        lines.rows.iter().map(|row| lines.number(row, "short")).filter(|s| *s > 0.0).sum();
    assert!(short > 0.0);
    let reads = |row: &&Vec<String>| lines.text(row, "reason").contains("this location's share");
    assert!(lines.rows.iter().any(|row| reads(&row)));
    let told = Table::published(&out, "exceptions");
    assert!(told.rows.iter().any(|row| told.text(row, "kind") == "source-short"));

    // The echelon's need is that of all its places.
    let policy = Table::published(&out, "policy");
    let row = policy.rows.iter().find(|row| policy.text(row, "location") == "DC").unwrap();
    assert_eq!(policy.number(row, "echelon_position"), 57.0);
    assert!(policy.number(row, "echelon_order_up_to") > 8.0 * 21.0);

    // One file a pair of locations, and what is approved can be exported.
    let files: Vec<_> = fs::read_dir(out.join("current/transfers")).unwrap().collect();
    assert!(files.len() >= 2, "{files:?}");
}

#[test]
fn l12_an_edit_cannot_lift_a_source_above_what_it_has() {
    let work = tea(LANES);
    let work = work.path();
    succeeds(work, &["run", "--as-of", "2026-01-05"], &[0]);
    let lines = Table::published(&work.join("reports"), "recommendations");
    let id = |location: &str| {
        let row = lines.rows.iter().find(|row| lines.text(row, "location") == location).unwrap();
        lines.text(row, "recommendation_id").to_owned()
    };
    let mut file = String::from("recommendation_id,decision,quantity,reason,author\n");
    let _ = writeln!(file, "{},edit,36,opening,ann", id("SHOP1"));
    let _ = writeln!(file, "{},edit,30,opening,ann", id("SHOP2"));
    fs::write(work.join("decisions.csv"), file).unwrap();
    let output = orderpoint(work, &["review", "--decisions", "decisions.csv"]);
    let told = text(&output.stdout) + &text(&output.stderr);
    assert!(told.contains("units left after the other lines"), "{told}");
    let export = ["export", "--format", "generic", "--what", "transfers", "--file", "moves.csv"];
    succeeds(work, &export, &[0]);
    let moves = fs::read_to_string(work.join("moves.csv")).unwrap();
    assert_eq!(moves.lines().count(), 2, "{moves}");
    assert!(moves.contains("TR-20260105-"), "{moves}");
}

/// A transfer or purchase under way.
struct UnderWay {
    number: i64,
    /// `None` for a purchase.
    from: Option<String>,
    to: String,
    units: i64,
    placed: NaiveDate,
    /// The evening on which the first of it left.
    shipped: Option<NaiveDate>,
    due: NaiveDate,
    /// Units that have left the source.
    gone: i64,
    /// Units that have come.
    come: i64,
}

impl UnderWay {
    /// Units that lie at the source and are promised.
    fn waiting_at(&self, place: &str) -> i64 {
        if self.from.as_deref() == Some(place) { self.units - self.gone } else { 0 }
    }

    /// Its row of `purchase_orders`.
    fn row(&self) -> String {
        let supplier = if self.from.is_some() { "" } else { "ACME" };
        let from = self.from.as_deref().unwrap_or_default();
        let shipped = self.shipped.map_or_else(String::new, |day| day.to_string());
        let gone = if self.shipped.is_some() { self.gone.to_string() } else { String::new() };
        let come = if self.come > 0 { self.come.to_string() } else { String::new() };
        let UnderWay { number, to, units, placed, due, .. } = self;
        format!(
            "N{number},TEA,{supplier},{from},{to},{units},{placed},{shipped},{gone},{due},{come}\n"
        )
    }
}

/// Nights of the test below: three weeks, or what `ORDERPOINT_NETWORK_NIGHTS` says.
fn nights() -> i64 {
    let asked = std::env::var("ORDERPOINT_NETWORK_NIGHTS").ok();
    asked.and_then(|nights| nights.parse().ok()).unwrap_or(21)
}

/// The world of the test below, counted apart from the program.
struct World {
    shelf: BTreeMap<String, i64>,
    under_way: Vec<UnderWay>,
    bought: i64,
    sold: i64,
    lost: i64,
    moved: i64,
}

impl World {
    fn on_shelf(&mut self, place: &str) -> &mut i64 {
        self.shelf.get_mut(place).unwrap()
    }

    /// What leaves late, in two parts or not at all, and what comes late, in two parts or not
    /// whole.
    fn morning(&mut self, today: NaiveDate) {
        for mut order in std::mem::take(&mut self.under_way) {
            let kind = order.number % 11;
            if let Some(source) = order.from.clone() {
                if order.gone == 0 && kind == 4 {
                    // Called off before it left.
                    continue;
                }
                if order.gone < order.units && order.placed < today {
                    let mut leaves = order.units - order.gone;
                    if order.gone == 0 && kind == 5 {
                        leaves -= leaves / 2;
                    }
                    *self.on_shelf(&source) -= leaves;
                    order.gone += leaves;
                    order.shipped = order.shipped.or(today.pred_opt());
                    self.moved += leaves;
                }
            }
            if order.due <= today && order.gone == order.units {
                let rest = order.units - order.come;
                if kind == 6 && order.come == 0 && rest > 1 {
                    order.come = rest / 2;
                    *self.on_shelf(&order.to) += rest / 2;
                    order.due = today + chrono::Duration::days(2);
                } else if kind == 7 && order.due + chrono::Duration::days(3) > today {
                    // Nobody knows where it is for three days.
                } else {
                    let missing = i64::from(kind == 3 && order.from.is_some());
                    self.lost += missing;
                    *self.on_shelf(&order.to) += rest - missing;
                    continue;
                }
            }
            self.under_way.push(order);
        }
    }

    /// Units promised and still at a place.
    fn waiting_at(&self, place: &str) -> i64 {
        self.under_way.iter().map(|order| order.waiting_at(place)).sum()
    }

    /// Units on order at a place.
    fn coming_to(&self, place: &str) -> i64 {
        let coming = self.under_way.iter().filter(|order| order.to == place);
        coming.map(|order| order.units - order.come).sum()
    }

    fn write(&self, data: &Path) {
        let mut stock = String::from("sku,location,on_hand\n");
        for (place, units) in &self.shelf {
            let _ = writeln!(stock, "TEA,{place},{units}");
        }
        fs::write(data.join("stock.csv"), stock).unwrap();
        let mut orders = String::from(
            "order_id,sku,supplier,source_location,location,quantity,confirmed,shipped,\
             shipped_quantity,expected,received_quantity\n",
        );
        for order in &self.under_way {
            orders.push_str(&order.row());
        }
        fs::write(data.join("purchase_orders.csv"), orders).unwrap();
    }

    /// Every unit bought has been sold, was lost, or is somewhere.
    fn conserves(&self, day: &str) {
        let on_shelves: i64 = self.shelf.values().sum();
        let on_the_way: i64 = self.under_way.iter().map(|order| order.gone - order.come).sum();
        assert_eq!(self.bought - self.sold - self.lost, on_shelves + on_the_way, "{day}");
        assert!(self.shelf.values().all(|&units| units >= 0), "{day}: {:?}", self.shelf);
    }
}

#[test]
fn l11_no_unit_is_invented_or_lost_over_many_nights() {
    let work = tea(LANES);
    let work = work.path();
    let data = work.join("data");
    let ways = BTreeMap::from([("SHOP1", 1), ("SHOP2", 2), ("EAST", 2), ("FAR", 1)]);
    let mut world = World {
        shelf: ["DC", "EAST", "SHOP1", "SHOP2", "FAR"].map(|place| (place.to_owned(), 0)).into(),
        under_way: Vec::new(),
        bought: 90,
        sold: 0,
        lost: 0,
        moved: 0,
    };
    *world.on_shelf("DC") = 90;
    let mut number = 0;
    for day in 0..nights() {
        let today = date("2026-01-05") + chrono::Duration::days(day);
        let as_of = today.to_string();
        world.morning(today);
        world.write(&data);
        succeeds(work, &["run", "--as-of", &as_of], &[0]);
        let lines = Table::published(&work.join("reports"), "recommendations");

        // What the program sees is what there is: on the shelf less what is to leave, and on its
        // way.
        let mut leaves: BTreeMap<&str, i64> = BTreeMap::new();
        for row in &lines.rows {
            let place = lines.text(row, "location");
            let free = world.shelf[place] - world.waiting_at(place);
            assert_eq!(lines.number(row, "available") as i64, free, "{as_of} {place}");
            let coming = world.coming_to(place);
            assert_eq!(lines.number(row, "on_order") as i64, coming, "{as_of} {place}");
            let source = lines.text(row, "source_location");
            if !source.is_empty() {
                let quantity = lines.number(row, "quantity");
                assert!(quantity <= lines.number(row, "asked"), "{as_of} {place}");
                *leaves.entry(source).or_default() += quantity as i64;
            }
        }
        for (source, units) in leaves {
            let free = world.shelf[source] - world.waiting_at(source);
            assert!(units <= free, "{as_of}: {source} sends {units} of {free}");
        }

        // Done as told, edited down, not done, or late on its way.
        for row in &lines.rows {
            let to = lines.text(row, "location").to_owned();
            let mut units = lines.number(row, "quantity") as i64;
            if units == 0 {
                continue;
            }
            number += 1;
            let source = lines.text(row, "source_location");
            let mut days = ways.get(to.as_str()).copied().unwrap_or(14);
            let from = (!source.is_empty()).then(|| source.to_owned());
            let mut gone = units;
            if from.is_some() {
                match number % 11 {
                    0 => continue,
                    1 => days += 3,
                    2 if units > 6 => units -= 6,
                    _ => {}
                }
                gone = 0;
            } else {
                world.bought += units;
            }
            let due = today + chrono::Duration::days(days);
            let mut order = UnderWay {
                number,
                from,
                to,
                units,
                placed: today,
                shipped: None,
                due,
                gone,
                come: 0,
            };
            // Half of them leave the same day.
            if let Some(source) = order.from.clone().filter(|_| number % 2 == 0) {
                *world.on_shelf(&source) -= units;
                world.moved += units;
                order.gone = units;
                order.shipped = Some(today);
            }
            world.under_way.push(order);
        }
        let mut sales = String::new();
        for (place, (location, per_day)) in SELLERS.iter().enumerate() {
            let there = (world.shelf[*location] - world.waiting_at(location)).max(0);
            let units = demand(200 + day, place as i64, *per_day).min(there);
            *world.on_shelf(location) -= units;
            world.sold += units;
            if units > 0 {
                let _ = writeln!(sales, "{today},TEA,{location},{units}");
            }
        }
        append(&data.join("sales.csv"), &sales);
        world.conserves(&as_of);
    }
    let least = 3 * nights();
    assert!(world.moved > least && world.sold > least, "{} {}", world.moved, world.sold);
}

fn append(path: &Path, rows: &str) {
    let mut all = fs::read_to_string(path).unwrap();
    all.push_str(rows);
    fs::write(path, all).unwrap();
}

/// Runs the morning of 5 January and reads what is recommended.
fn morning(work: &Path) -> Table {
    succeeds(work, &["run", "--as-of", "2026-01-05"], &[0]);
    Table::published(&work.join("reports"), "recommendations")
}

fn table(work: &Path, name: &str, rows: &str) {
    fs::write(work.join(format!("data/{name}.csv")), rows).unwrap();
}

/// The rows of a location, in order.
fn at<'t>(lines: &'t Table, location: &str) -> Vec<&'t Vec<String>> {
    lines.rows.iter().filter(|row| lines.text(row, "location") == location).collect()
}

fn told(work: &Path, kind: &str) -> Vec<String> {
    let told = Table::published(&work.join("reports"), "exceptions");
    let rows = told.rows.iter().filter(|row| told.text(row, "kind") == kind);
    rows.map(|row| format!("{} | {}", told.text(row, "what"), told.text(row, "why"))).collect()
}

#[test]
fn l11_transfers_that_are_booked_as_sales_are_told() {
    // Through a channel with the shop's name.
    let work = tea(LANES);
    let work = work.path();
    let data = work.join("data/sales.csv");
    let sales = fs::read_to_string(&data).unwrap();
    let mut named = String::from("date,sku,location,quantity,channel\n");
    for row in sales.lines().skip(1) {
        let _ = writeln!(named, "{row},web");
    }
    let plain = named.clone();
    for week in 1..28 {
        let day = date("2025-06-19") + chrono::Duration::days(7 * week);
        let _ = writeln!(named, "{day},TEA,DC,24,Transfer to shop1");
    }
    fs::write(&data, &named).unwrap();
    morning(work);
    let named = told(work, "transfers-as-sales");
    assert_eq!(named.len(), 1, "{named:?}");
    assert!(named[0].starts_with("648 units of the last 365 days are booked as sales of DC"));
    assert!(named[0].contains("exclude = { channel = [\"Transfer to shop1\"] }"), "{named:?}");

    // Among the customers' own, as large and on the same days as the moves that are known.
    let mut mixed = plain;
    let mut orders =
        String::from("order_id,sku,source_location,location,quantity,confirmed,shipped,received\n");
    for week in 1..27 {
        let day = date("2025-06-19") + chrono::Duration::days(7 * week);
        let came = day + chrono::Duration::days(1);
        let _ = writeln!(mixed, "{day},TEA,DC,24,web");
        let _ = writeln!(orders, "M{week},TEA,DC,SHOP1,24,{day},{day},{came}");
    }
    fs::write(&data, &mixed).unwrap();
    table(work, "purchase_orders", &orders);
    morning(work);
    let repeated = told(work, "transfers-as-sales");
    assert_eq!(repeated.len(), 1, "{repeated:?}");
    assert!(
        repeated[0].starts_with("26 of 26 moves from DC stand among its sales"),
        "{repeated:?}"
    );

    // Moves that are no sales are nothing to tell.
    fs::write(&data, &sales).unwrap();
    morning(work);
    assert!(told(work, "transfers-as-sales").is_empty());
}

#[test]
fn l5_a_push_lane_sends_what_came_in_and_no_more() {
    let lanes = "from_location,to_location,lead_time_days,mode\nDC,SHOP1,1,push\nDC,SHOP2,1,push\n";
    let work = tea(lanes);
    let work = work.path();
    let stock = "sku,location,on_hand\nTEA,DC,400\nTEA,SHOP1,60\nTEA,SHOP2,60\n";
    table(work, "stock", stock);
    let orders = "order_id,sku,supplier,location,quantity,confirmed,expected,received\n";
    // Sixty came on Sunday; the lane leaves every day.
    table(
        work,
        "purchase_orders",
        &format!("{orders}P1,TEA,ACME,DC,60,2025-12-20,2026-01-04,2026-01-04\n"),
    );
    let lines = morning(work);
    let sent = |lines: &Table| -> f64 {
        let shops = ["SHOP1", "SHOP2"].map(|shop| lines.number(at(lines, shop)[0], "quantity"));
        shops.iter().sum()
    };
    assert_eq!(sent(&lines), 60.0);
    // Nothing came since it left last.
    table(
        work,
        "purchase_orders",
        &format!("{orders}P1,TEA,ACME,DC,60,2025-12-20,2025-12-29,2025-12-29\n"),
    );
    assert_eq!(sent(&morning(work)), 0.0);
    // Who writes no receipts down pushes what there is, less what the source sells itself.
    fs::remove_file(work.join("data/purchase_orders.csv")).unwrap();
    let all = sent(&morning(work));
    assert!((250.0..350.0).contains(&all), "{all}");
}

#[test]
fn l1_a_backup_source_sends_what_the_usual_one_cannot_in_time() {
    let head = "from_location,to_location,lead_time_days,role,cost_per_unit\n";
    let rows = "DC,SHOP1,1,primary,0\nEAST,SHOP1,3,backup,0.50\nDC,FAR,1,primary,0\n";
    let work = tea(&format!("{head}{rows}"));
    let work = work.path();
    let supply = "sku,supplier,location,lead_time_days,lead_time_sd_days\n\
                  TEA,ACME,DC,30,0\nTEA,ACME,EAST,30,0\n";
    table(work, "supply", supply);
    // The warehouse has nothing; the other one has what nobody asks for.
    table(work, "stock", "sku,location,on_hand\nTEA,DC,0\nTEA,EAST,90\nTEA,SHOP1,2\nTEA,FAR,20\n");
    let lines = morning(work);
    let shop = at(&lines, "SHOP1");
    let sources: Vec<&str> = shop.iter().map(|row| lines.text(row, "source_location")).collect();
    assert_eq!(sources, ["DC", "EAST"]);
    assert_eq!(lines.number(shop[0], "quantity"), 0.0);
    let sent = lines.number(shop[1], "quantity");
    assert!(sent > 0.0 && sent % 6.0 == 0.0, "{sent}");
    let reason = lines.text(shop[1], "reason");
    assert!(reason.contains("DC can bring nothing more for"), "{reason}");
    // At a price that it does not save, nothing is sent.
    let dear = rows.replace("0.50", "50");
    table(work, "lanes", &format!("{head}{dear}"));
    assert_eq!(at(&morning(work), "SHOP1").len(), 1);

    // A supplier that delivers to the shop by name bridges as well (F6).
    table(work, "lanes", &format!("{head}DC,SHOP1,1,primary,0\nDC,FAR,1,primary,0\n"));
    let near = "TEA,NEAR,SHOP1,secondary,2,0,9\n";
    let supply = "sku,supplier,location,role,lead_time_days,lead_time_sd_days,unit_cost\n\
                  TEA,ACME,DC,primary,30,0,8\n";
    table(work, "supply", &format!("{supply}{near}"));
    let lines = morning(work);
    let shop = at(&lines, "SHOP1");
    let kinds: Vec<&str> = shop.iter().map(|row| lines.text(row, "kind")).collect();
    assert_eq!(kinds, ["transfer", "purchase"]);
    assert_eq!(lines.text(shop[1], "supplier"), "NEAR");
    assert!(lines.number(shop[1], "quantity") > 20.0, "a month at three a day less what is there");
}

#[test]
fn l1_a_place_that_buys_is_helped_by_its_lane_before_the_supplier_comes() {
    let lanes = "from_location,to_location,lead_time_days,role\nEAST,SHOP1,1,backup\n";
    let work = tea(lanes);
    let work = work.path();
    let supply = "sku,supplier,location,role,lead_time_days,lead_time_sd_days\n\
                  TEA,ACME,SHOP1,primary,20,0\nTEA,ACME,EAST,primary,20,0\n";
    table(work, "supply", supply);
    table(work, "stock", "sku,location,on_hand\nTEA,EAST,200\nTEA,SHOP1,6\n");
    let lines = morning(work);
    let shop = at(&lines, "SHOP1");
    let kinds: Vec<&str> = shop.iter().map(|row| lines.text(row, "kind")).collect();
    assert_eq!(kinds, ["purchase", "transfer"]);
    let moved = lines.number(shop[1], "quantity");
    assert!((50.0..70.0).contains(&moved), "twenty days at three a day less six: {moved}");
    assert!(lines.text(shop[0], "reason").contains("are moved here from EAST"));
}

/// Takes in one decision on what is recommended at a location.
fn decide(work: &Path, lines: &Table, location: &str, decision: &str) {
    let id = lines.text(at(lines, location)[0], "recommendation_id");
    let file =
        format!("recommendation_id,decision,quantity,reason,author\n{id},{decision},ok,ann\n");
    fs::write(work.join("decisions.csv"), file).unwrap();
    succeeds(work, &["review", "--decisions", "decisions.csv"], &[0]);
}

#[test]
fn l4_without_costs_or_prices_every_place_has_the_same_chance() {
    let work = tea(LANES);
    let work = work.path();
    table(work, "products", "sku\nTEA\n");
    let lines = morning(work);
    let sent: f64 = ["SHOP1", "SHOP2", "EAST"]
        .iter()
        .map(|place| lines.number(at(&lines, place)[0], "quantity"))
        .sum();
    assert!(sent >= 20.0, "forty lie in the warehouse: {sent}");
}

#[test]
fn l1_a_closure_of_a_lane_is_covered_before_it_begins() {
    let head = "from_location,to_location,lead_time_days,weekdays,closures\n";
    let level = |closures: &str| {
        let work = tea(&format!("{head}DC,SHOP1,1,mon,{closures}\n"));
        let work = work.path();
        table(work, "stock", "sku,location,on_hand\nTEA,DC,400\nTEA,SHOP1,3\n");
        let lines = morning(work);
        lines.number(at(&lines, "SHOP1")[0], "quantity")
    };
    // The truck of the next Monday does not go: a week of three a day more leaves today.
    let more = level("2026-01-06/2026-01-14") - level("");
    assert!((18.0..=60.0).contains(&more), "{more}");
}

#[test]
fn l9_no_shipment_or_place_gets_more_than_it_has_room_for() {
    let head = "from_location,to_location,sku,lead_time_days,capacity,minimum\n";
    let work = tea(&format!("{head}DC,SHOP1,,1,14,\nDC,FAR,TEA,1,11,\nDC,SHOP2,,1,,12\n"));
    let work = work.path();
    table(work, "stock", "sku,location,on_hand\nTEA,DC,400\nTEA,SHOP2,2\n");
    table(work, "capacities", "location,from,capacity\nSHOP2,2025-01-01,10\n");
    let lines = morning(work);
    let sent = |place: &str| lines.number(at(&lines, place)[0], "quantity");
    // Cases of six: two of them, one, and none where the least line has no room.
    assert_eq!([sent("SHOP1"), sent("FAR"), sent("SHOP2")], [12.0, 6.0, 0.0]);
    assert_eq!(told(work, "over-capacity").len(), 3);
}

#[test]
fn l9_units_that_grow_old_where_age_is_charged_are_told_in_money() {
    let work = tea("from_location,to_location,lead_time_days\nDC,SHOP2,1\n");
    let work = work.path();
    table(work, "stock", "sku,location,on_hand\nTEA,DC,90\nTEA,SHOP2,150\n");
    // One a day: of a hundred that are 181 days old in five weeks some sixty-five are left.
    let lots =
        "sku,location,received,quantity\nTEA,SHOP2,2025-08-12,100\nTEA,SHOP2,2025-12-01,50\n";
    table(work, "lots", lots);
    table(work, "ageing_fees", "location,from_age_days,fee\nSHOP2,181,0.5\nSHOP2,271,0.6\n");
    morning(work);
    let told = told(work, "ages-before-sale");
    assert_eq!(told.len(), 1, "{told:?}");
    let units: f64 = told[0].split(' ').next().unwrap().parse().unwrap();
    assert!((55.0..75.0).contains(&units), "{told:?}");
    assert!(told[0].contains("demand does not reach these before 2026-02-09"), "{told:?}");
    let page = work.join("reports/current/report/suppliers.html");
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("What sources will be asked for"), "L10");
}

#[test]
fn l12_a_move_edited_down_is_not_proposed_again_the_same_morning() {
    let work = tea(LANES);
    let work = work.path();
    table(
        work,
        "stock",
        "sku,location,on_hand\nTEA,DC,400\nTEA,EAST,90\nTEA,SHOP1,0\nTEA,FAR,60\n",
    );
    let lines = morning(work);
    assert!(lines.number(at(&lines, "SHOP1")[0], "quantity") > 6.0);
    decide(work, &lines, "SHOP1", "edit,6");
    let again = morning(work);
    let row = at(&again, "SHOP1")[0];
    assert_eq!(again.number(row, "quantity"), 0.0);
    assert!(again.text(row, "reason").contains("6 units were approved this morning"));
}

#[test]
fn l11_a_move_that_only_the_stock_shows_counts_once() {
    let work = tea(LANES);
    let work = work.path();
    let shelves = |dc: i64, shop: i64| {
        format!("sku,location,on_hand\nTEA,DC,{dc}\nTEA,EAST,90\nTEA,SHOP1,{shop}\nTEA,FAR,60\n")
    };
    table(work, "stock", &shelves(400, 0));
    let lines = morning(work);
    let sent = lines.number(at(&lines, "SHOP1")[0], "quantity") as i64;
    decide(work, &lines, "SHOP1", &format!("approve,{sent}"));
    append(&work.join("data/sales.csv"), "2026-01-05,TEA,DC,3\n");
    let next = |work: &Path, stock: &str| {
        table(work, "stock", stock);
        succeeds(work, &["run", "--as-of", "2026-01-06"], &[0]);
        let lines = Table::published(&work.join("reports"), "recommendations");
        ["DC", "SHOP1"].map(|place| {
            let row = at(&lines, place)[0];
            [lines.number(row, "available"), lines.number(row, "on_order")]
        })
    };
    let [dc, units] = [397.0, sent as f64];
    // Still there: promised at the source, on order at the shop.
    assert_eq!(next(work, &shelves(397, 0)), [[dc - units, 0.0], [0.0, units]]);
    // Gone from the shelf: once.
    assert_eq!(next(work, &shelves(397 - sent, 0)), [[dc - units, 0.0], [0.0, units]]);
    // Come: nothing is on its way.
    assert_eq!(next(work, &shelves(397 - sent, sent)), [[dc - units, 0.0], [units, 0.0]]);
}

#[test]
fn an_order_that_came_this_morning_is_in_the_stock_and_not_on_order() {
    let work = tea(LANES);
    let work = work.path();
    let order = |received: &str| {
        format!(
            "order_id,sku,supplier,location,quantity,confirmed,expected,received\n\
             P1,TEA,ACME,DC,60,2025-12-20,2026-01-05,{received}\n"
        )
    };
    let on_order = |work: &Path| {
        let lines = morning(work);
        lines.number(at(&lines, "DC")[0], "on_order")
    };
    table(work, "purchase_orders", &order(""));
    assert_eq!(on_order(work), 60.0);
    table(work, "purchase_orders", &order("2026-01-05"));
    assert_eq!(on_order(work), 0.0);
    // Counted the evening before, the stock does not have it.
    table(work, "stock", "sku,location,on_hand,as_of\nTEA,DC,40,2026-01-04\n");
    assert_eq!(on_order(work), 60.0);
}

#[test]
fn l12_a_send_in_plan_has_the_marketplaces_own_numbers_of_items() {
    let work = tea(LANES);
    let work = work.path();
    table(work, "locations", "location,kind\nSHOP1,fba\n");
    // An ASIN and a barcode name the item too, and no merchant calls it so.
    let aliases = "channel_sku,channel,sku,factor\nB0TEATEATE,all,TEA,1\nTEA-FBA,all,TEA,1\n\
                   4006381333931,all,TEA,1\nTEA-DUO,all,TEA,2\n";
    table(work, "aliases", aliases);
    let lines = morning(work);
    assert_eq!(lines.text(at(&lines, "SHOP1")[0], "supplier_sku"), "TEA-FBA");
    decide(work, &lines, "SHOP1", "approved,");
    let export = ["export", "--format", "amazon-sendin", "--what", "transfers", "--file", "plan"];
    succeeds(work, &export, &[0]);
    let plan = if work.join("plan").is_dir() {
        let file = fs::read_dir(work.join("plan")).unwrap().next().unwrap().unwrap();
        file.path()
    } else {
        work.join("plan")
    };
    let plan = fs::read_to_string(plan).unwrap();
    assert!(plan.lines().nth(1).unwrap().starts_with("TEA-FBA\t"), "{plan}");
}

#[test]
fn l1_who_buys_is_what_costs_less_a_year() {
    let lanes = |handling: &str, role: &str| {
        let head = "from_location,to_location,lead_time_days,cost_per_line,cost_per_unit,role\n";
        format!("{head}DC,SHOP1,1,0.15,{handling},{role}\nDC,SHOP2,2,0.15,0,primary\n")
    };
    let supply = |price: &str| {
        let head = "sku,supplier,location,lead_time_days,unit_cost,minimum_order\n";
        format!("{head}TEA,ACME,DC,14,8,120\nTEA,ACME,SHOP1,14,{price},120\n")
    };
    let source = |handling: &str| {
        let work = tea(&lanes(handling, "primary"));
        table(work.path(), "supply", &supply("8"));
        fs::write(work.path().join("orderpoint.toml"), "[policy]\norder_cost = 20\n").unwrap();
        let lines = morning(work.path());
        lines.text(at(&lines, "SHOP1")[0], "source_location").to_owned()
    };
    // Half of the warehouse's orders and a line a week cost 61 a year less than orders of its own.
    assert_eq!(source("0.02"), "DC");
    assert_eq!(source("0.10"), "");

    // What a role says is done, and what it costs is told.
    let work = tea(&lanes("0.02", "secondary"));
    let work = work.path();
    table(work, "supply", &supply("9"));
    let lines = morning(work);
    assert_eq!(lines.text(at(&lines, "SHOP1")[0], "source_location"), "");
    let told = told(work, "who-buys");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("SHOP1 buys from ACME"), "{told:?}");
    let page = work.join("reports/current/report/suppliers.html");
    assert!(fs::read_to_string(page).unwrap().contains("Hold here or pass through"), "L13");
}

#[test]
fn the_most_stock_at_a_warehouse_is_that_of_its_own_shelf() {
    let work = tea(LANES);
    let work = work.path();
    table(work, "products", "sku,unit_cost,unit_price,max_stock\nTEA,8,20,80\n");
    let lines = morning(work);
    let sent: f64 = ["SHOP1", "SHOP2", "EAST"]
        .iter()
        .map(|place| lines.number(at(&lines, place)[0], "quantity"))
        .sum();
    let row = at(&lines, "DC")[0];
    // Forty lie there, and what leaves today makes room; the shops' stock takes none of it.
    assert_eq!(lines.number(row, "quantity"), 80.0 - (40.0 - sent), "{sent} sent");
    assert_eq!(lines.text(row, "binding"), "max-stock");
    let policy = Table::published(&work.join("reports"), "policy");
    let row = policy.rows.iter().find(|row| policy.text(row, "location") == "DC").unwrap();
    assert!(
        policy.number(row, "echelon_order_up_to") > 160.0,
        "all places need more than one holds"
    );
    // A regional warehouse asks for what its own shelf lacks.
    let stock = "sku,location,on_hand\nTEA,DC,400\nTEA,EAST,50\nTEA,SHOP1,80\nTEA,FAR,80\n";
    table(work, "stock", stock);
    let lines = morning(work);
    let asked = |place: &str| lines.number(at(&lines, place)[0], "asked");
    assert!(asked("EAST") <= 30.0 && asked("SHOP1") == 0.0, "{} {}", asked("EAST"), asked("SHOP1"));
}

#[test]
fn what_places_keep_beyond_demand_is_bought_for_them() {
    let bought = |products: &str, overrides: &str| {
        let work = tea(LANES);
        let work = work.path();
        table(work, "products", products);
        if !overrides.is_empty() {
            table(work, "overrides", overrides);
        }
        let lines = morning(work);
        lines.number(at(&lines, "DC")[0], "quantity")
    };
    let plain = bought("sku,unit_cost,unit_price\nTEA,8,20\n", "");
    // Two shops and the one behind the regional warehouse show sixty each, of which some twenty are
    // their safety stock.
    let shown = bought("sku,unit_cost,unit_price,min_stock\nTEA,8,20,60\n", "");
    assert!((120.0..180.0).contains(&(shown - plain)), "{shown} {plain}");
    // By hand, in the shop that the regional warehouse feeds.
    let by_hand = "sku,location,field,value,reason,author,date\n\
                   TEA,FAR,reorder_point,100,window,ann,2026-01-04\n";
    let lifted = bought("sku,unit_cost,unit_price\nTEA,8,20\n", by_hand);
    assert!((60.0..100.0).contains(&(lifted - plain)), "{lifted} {plain}");
}

#[test]
fn l7_deliveries_that_overtake_each_other_need_less_stock_without_lanes_too() {
    let work = tea("from_location,to_location,lead_time_days\n");
    let work = work.path();
    let stock = "sku,location,on_hand\nTEA,DC,40\nTEA,SHOP1,300\nTEA,SHOP2,300\nTEA,FAR,300\n";
    table(work, "stock", stock);
    // An order a week: with a lot for two months on top none would overtake another.
    let weekly = "[policy]\norder_quantity = \"none\"\n";
    fs::write(work.join("orderpoint.toml"), weekly).unwrap();
    let of = |days_apart: i64| {
        let mut orders =
            String::from("order_id,sku,supplier,location,quantity,confirmed,received\n");
        for n in 0..24 {
            let placed = date("2025-11-10") - chrono::Duration::days(days_apart * n);
            let took = if n % 2 == 0 { 20 } else { 40 };
            let came = placed + chrono::Duration::days(took);
            let _ = writeln!(orders, "P{n},TEA,ACME,DC,14,{placed},{came}");
        }
        table(work, "purchase_orders", &orders);
        morning(work);
        let policy = Table::published(&work.join("reports"), "policy");
        let row = policy.rows.iter().find(|row| policy.text(row, "location") == "DC").unwrap();
        [policy.number(row, "safety_stock"), policy.number(row, "lead_time_sd")]
    };
    // The same lead times; four weeks apart no order overtakes another.
    let [in_sequence, spread] = of(28);
    let [overtaking, same_spread] = of(7);
    assert_eq!(spread, same_spread);
    assert!(overtaking < 0.9 * in_sequence, "{overtaking} {in_sequence}");
}

#[test]
fn with_locations_and_no_lanes_every_cell_is_as_without_a_table_of_lanes() {
    let places = "location,name,kind,holding_rate_per_year,priority\n\
                  DC,Depot,warehouse,0.2,2\nSHOP1,High Street,shop,0.4,1\nFAR,,shop,0.4,\n";
    let made = |lanes: Option<&str>| {
        let work = tea("");
        table(work.path(), "locations", places);
        match lanes {
            Some(rows) => table(work.path(), "lanes", rows),
            None => fs::remove_file(work.path().join("data/lanes.csv")).unwrap(),
        }
        morning(work.path());
        work
    };
    let head = "from_location,to_location,lead_time_days\n";
    let [none, empty] = [made(None), made(Some(head))];
    let tables = none.path().join("reports/current/tables");
    let mut compared = 0;
    for entry in fs::read_dir(&tables).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let Some(name) = file.strip_suffix(".parquet") else { continue };
        let [one, other] =
            [&none, &empty].map(|work| Table::published(&work.path().join("reports"), name));
        assert_eq!(one.columns, other.columns, "{name}");
        for (title, &column) in &one.columns {
            // What names the run, its input or its time differs between any two runs.
            if matches!(title.as_str(), "run_id" | "run_time" | "input_digest") {
                continue;
            }
            let cells = |table: &Table| -> Vec<String> {
                table.rows.iter().map(|row| row[column].clone()).collect()
            };
            assert_eq!(cells(&one), cells(&other), "{name}.{title}");
        }
        compared += 1;
    }
    assert!(compared > 15, "{compared}");
}

/// The cells of a delimited file, by head; no cell of these files is quoted.
fn cells(file: &Path, separator: char) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(file).unwrap();
    let mut lines = text.lines().map(|line| line.split(separator).map(str::to_owned));
    let heads: Vec<String> = lines.next().unwrap().collect();
    lines.map(|line| heads.iter().cloned().zip(line).collect()).collect()
}

/// Every file that an export of moves in `format` writes, its rows one after the other.
fn exported(work: &Path, format: &str, separator: char) -> Vec<Vec<BTreeMap<String, String>>> {
    let out = work.join(format!("out-{format}"));
    let told = out.to_str().unwrap();
    let args = ["export", "--format", format, "--what", "transfers", "--all", "--file", told];
    succeeds(work, &args, &[0]);
    let mut files = vec![out.clone()];
    if out.is_dir() {
        files = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
    }
    files.iter().map(|file| cells(file, separator)).collect()
}

/// Units by where they go, as a file of moves has them: of `heads` the document, the destination,
/// the item and the units. A blank document goes on with the one above.
fn moved_units(rows: &[BTreeMap<String, String>], heads: [&str; 4]) -> BTreeMap<[String; 2], i64> {
    let mut document = [String::new(), String::new()];
    let mut units = BTreeMap::new();
    for row in rows {
        if !row[heads[0]].is_empty() {
            document = [row[heads[0]].clone(), row[heads[1]].clone()];
        }
        let [_, to] = &document;
        let of_line: i64 = row[heads[3]].parse().unwrap();
        assert!(of_line > 0, "{row:?}");
        *units.entry([to.clone(), row[heads[2]].clone()]).or_default() += of_line;
    }
    units
}

#[test]
fn l12_a_partly_approved_network_goes_through_the_rules_of_every_importer() {
    let lanes = "from_location,to_location,lead_time_days,weekdays\n\
                 DC,SHOP1,1,\nDC,SHOP2,2,\nDC,FAR,9,\n";
    let work = tea(lanes);
    let work = work.path();
    let data = work.join("data/sales.csv");
    let sales = fs::read_to_string(&data).unwrap();
    let oolong: String =
        sales.lines().skip(1).map(|row| row.replace("TEA,", "OOLONG,") + "\n").collect();
    append(&data, &oolong);
    table(
        work,
        "products",
        "sku,name,unit_cost,unit_price,case_size\nTEA,Tea,8,20,6\nOOLONG,Oolong,9,20,6\n",
    );
    let supply = "sku,supplier,location,lead_time_days\nTEA,ACME,DC,14\nOOLONG,ACME,DC,14\n";
    table(work, "supply", supply);
    let stock = "sku,location,on_hand\nTEA,DC,500\nOOLONG,DC,500\nTEA,SHOP1,1\nOOLONG,SHOP1,1\n\
                 TEA,SHOP2,0\nOOLONG,SHOP2,0\nTEA,FAR,0\nOOLONG,FAR,0\n";
    table(work, "stock", stock);
    table(work, "locations", "location,kind\nFAR,fba\n");
    table(
        work,
        "aliases",
        "channel_sku,channel,sku,factor\nTEA-FBA,all,TEA,1\nOOL-FBA,all,OOLONG,1\n",
    );
    let lines = morning(work);

    // Of six moves one is edited down, one rejected, one left open, three approved as they are.
    let mut expected: BTreeMap<[String; 2], i64> = BTreeMap::new();
    let mut file = String::from("recommendation_id,decision,quantity,reason,author\n");
    for row in &lines.rows {
        let [sku, to] = ["sku", "location"].map(|column| lines.text(row, column).to_owned());
        let units = lines.number(row, "quantity") as i64;
        if lines.text(row, "kind") != "transfer" {
            continue;
        }
        assert!(units > 6, "{to} {sku}");
        let id = lines.text(row, "recommendation_id");
        match (sku.as_str(), to.as_str()) {
            ("TEA", "SHOP1") => {
                let _ = writeln!(file, "{id},edit,6,shelf,ann");
                expected.insert([to, sku], 6);
            }
            ("OOLONG", "SHOP2") => {
                let _ = writeln!(file, "{id},reject,,window,ann");
            }
            ("TEA", "SHOP2") => {}
            _ => {
                let _ = writeln!(file, "{id},approve,,ok,ann");
                expected.insert([to, sku], units);
            }
        }
    }
    fs::write(work.join("decisions.csv"), file).unwrap();
    succeeds(work, &["review", "--decisions", "decisions.csv"], &[0]);
    assert_eq!(expected.len(), 4);

    // One document a pair of places, its head on the first of its lines.
    let [odoo] = &exported(work, "odoo", ',')[..] else { panic!("one file") };
    let heads = ["id", "location_dest_id", "move_ids/product_id", "move_ids/product_uom_qty"];
    let shelves = |units: BTreeMap<[String; 2], i64>| -> BTreeMap<[String; 2], i64> {
        let place = |[to, sku]: [String; 2]| [to.strip_suffix("/Stock").unwrap().to_owned(), sku];
        units.into_iter().map(|(key, units)| (place(key), units)).collect()
    };
    assert_eq!(shelves(moved_units(odoo, heads)), expected);
    for row in odoo {
        assert_ne!(row["move_ids/location_id"], row["move_ids/location_dest_id"]);
        // What the marketplace calls it is nothing to the warehouse.
        assert!(["Tea", "Oolong"].contains(&row["move_ids/name"].as_str()), "{row:?}");
        let starts = !row["id"].is_empty();
        for head in ["picking_type_id", "location_id", "location_dest_id", "scheduled_date"] {
            assert_eq!(!row[head].is_empty(), starts, "{head} {row:?}");
        }
    }
    let [erpnext] = &exported(work, "erpnext", ',')[..] else { panic!("one file") };
    let heads = ["ID", "Set Target Warehouse", "Item Code (Items)", "Quantity (Items)"];
    assert_eq!(moved_units(erpnext, heads), expected);
    for row in erpnext {
        assert!(!row["Required By (Items)"].is_empty() && !row["ID (Items)"].is_empty());
        assert!(row["ID"].is_empty() || row["Purpose"] == "Material Transfer");
    }
    // Every row with its document, and what is required on it.
    let [netsuite] = &exported(work, "netsuite", ',')[..] else { panic!("one file") };
    let heads = ["External ID", "To Location", "Items : Item", "Items : Quantity"];
    assert_eq!(moved_units(netsuite, heads), expected);
    assert!(netsuite.iter().all(|row| row["From Location"] == "DC" && row["Date"] == "1/5/2026"));
    let [cin7] = &exported(work, "cin7", ',')[..] else { panic!("one file") };
    let heads = ["Order Ref", "Branch", "Item Code", "Item Qty"];
    assert_eq!(moved_units(cin7, heads), expected);
    assert!(cin7.iter().all(|row| row["Company"] == "DC" && !row["Order Ref"].is_empty()));

    // One draft a file, lines only: which place it is for stands in its name, by the document.
    let drafts = exported(work, "shopify", ',');
    assert_eq!(drafts.len(), 2);
    let all: i64 = drafts.iter().flatten().map(|row| row["Quantity"].parse::<i64>().unwrap()).sum();
    assert_eq!(all, expected.values().sum::<i64>());
    // Only what goes to a marketplace, by its own codes, once each, in whole boxes.
    let [plan] = &exported(work, "amazon-sendin", '\t')[..] else { panic!("one shipment") };
    let codes: Vec<&str> = plan.iter().map(|row| row["Merchant SKU"].as_str()).collect();
    assert_eq!(codes, ["OOL-FBA", "TEA-FBA"]);
    for row in plan {
        let [units, a_box, boxes] = ["Quantity", "Units per box", "Number of boxes"]
            .map(|head| row[head].parse::<i64>().unwrap());
        assert_eq!(units, a_box * boxes);
    }
}

#[test]
fn what_spoils_is_neither_bought_nor_sent_beyond_what_sells_in_time() {
    let lines = |products: &str| {
        let work = tea("from_location,to_location,lead_time_days,weekdays\nDC,SHOP1,2,mon\n");
        let work = work.path();
        table(work, "products", products);
        let stock = "sku,location,on_hand\nTEA,DC,30\nTEA,SHOP1,5\nTEA,SHOP2,90\nTEA,FAR,90\n";
        table(work, "stock", stock);
        let lines = morning(work);
        ["DC", "SHOP1"].map(|place| {
            let row = at(&lines, place)[0].clone();
            let units = |column: &str| lines.number(&row, column);
            (units("quantity"), units("asked"), lines.text(&row, "reason").to_owned())
        })
    };
    let [dc, shop] = lines("sku,unit_cost,unit_price\nTEA,8,20\n");
    // Both sell five a day; what comes may be sold for four days.
    let [fresh_dc, fresh_shop] = lines("sku,unit_cost,unit_price,shelf_life_days\nTEA,8,20,4\n");
    assert!(fresh_dc.0 > 0.0 && fresh_dc.0 <= 25.0 && dc.0 > 60.0, "{fresh_dc:?} {dc:?}");
    assert!(fresh_shop.1 > 0.0 && fresh_shop.1 <= 16.0 && shop.1 > 20.0, "{fresh_shop:?} {shop:?}");
    assert!(fresh_shop.2.contains("sell within 4 days"), "{}", fresh_shop.2);
}

#[test]
fn l9_what_has_no_size_is_told_where_room_or_fees_count_it() {
    let work = tea("from_location,to_location,lead_time_days\nDC,SHOP1,1\nDC,EAST,1\nEAST,FAR,1\n");
    let work = work.path();
    table(work, "stock", "sku,location,on_hand\nTEA,DC,400\nTEA,FAR,60\n");
    let capacities =
        "location,from,capacity,basis\nSHOP1,2025-01-01,1,volume\nEAST,2025-01-01,40,units\n";
    table(work, "capacities", capacities);
    table(work, "ageing_fees", "location,from_age_days,fee,basis\nSHOP1,181,0.5,volume\n");
    let lines = morning(work);
    let over = told(work, "over-capacity");
    assert_eq!(over.len(), 1, "{over:?}");
    assert!(over[0].contains("without a volume count as taking no room in SHOP1"), "{over:?}");
    let fees = told(work, "master-list");
    assert!(fees.iter().any(|row| row.contains("1 item at SHOP1 without a volume")), "{fees:?}");
    // What lies at the shop behind it takes no room in the regional warehouse.
    assert!(lines.number(at(&lines, "EAST")[0], "quantity") <= 40.0);
    let stock = "sku,location,on_hand\nTEA,DC,400\nTEA,FAR,35\n";
    table(work, "stock", stock);
    table(work, "capacities", "location,from,capacity,basis\nEAST,2025-01-01,12,units\n");
    let sent = |lines: &Table| lines.number(at(lines, "EAST")[0], "quantity");
    table(work, "products", "sku,unit_cost,unit_price,min_stock\nTEA,8,20,60\n");
    assert_eq!(sent(&morning(work)), 12.0);
}

//! Ordinary master data that meets other ordinary master data, whole nights through the binary: the
//! numbers are those that a person works out from the tables.

use crate::small::folder;
use crate::support::{Table, succeeds};
use std::fmt::Write;
use std::path::PathBuf;
use tempfile::TempDir;

const AS_OF: &str = "2026-03-02";

/// A day so many days from the as-of date.
fn day(n: i64) -> chrono::NaiveDate {
    AS_OF.parse::<chrono::NaiveDate>().unwrap() + chrono::Duration::days(n)
}

/// A shop whose items sell the same units every day for 400 days.
struct Shop {
    folder: TempDir,
    sales: String,
}

impl Shop {
    fn new() -> Self {
        let folder = folder();
        std::fs::create_dir_all(folder.path().join("data")).unwrap();
        Self { folder, sales: "date,sku,location,channel,quantity\n".to_owned() }
    }

    /// `units` a day of `sku`, at a location and in a channel.
    fn sells(mut self, sku: &str, location: &str, units: i64) -> Self {
        for n in -400..0 {
            writeln!(self.sales, "{},{sku},{location},web,{units}", day(n)).unwrap();
        }
        self
    }

    /// A table of the input, its header first.
    fn has(self, table: &str, text: &str) -> Self {
        std::fs::write(self.folder.path().join(format!("data/{table}.csv")), text).unwrap();
        self
    }

    fn runs(self) -> Night {
        std::fs::write(self.folder.path().join("data/sales.csv"), &self.sales).unwrap();
        succeeds(self.folder.path(), &["run", "--as-of", AS_OF, "--threads", "1"], &[0, 5]);
        let out = self.folder.path().join("reports");
        Night { _folder: self.folder, out }
    }
}

/// What a shop was told.
struct Night {
    _folder: TempDir,
    out: PathBuf,
}

impl Night {
    /// `columns` of the rows of a table in which `keys` have these values.
    fn cells(&self, table: &str, keys: &[(&str, &str)], columns: &[&str]) -> Vec<Vec<String>> {
        let table = Table::published(&self.out, table);
        let mut found = Vec::new();
        for row in &table.rows {
            if keys.iter().all(|&(column, value)| table.text(row, column) == value) {
                found.push(
                    columns.iter().map(|column| table.text(row, column).to_owned()).collect(),
                );
            }
        }
        found
    }

    /// `columns` of the recommendations of an item.
    fn lines(&self, sku: &str, columns: &[&str]) -> Vec<Vec<String>> {
        self.cells("recommendations", &[("sku", sku)], columns)
    }

    /// What is told of a kind.
    fn told(&self, kind: &str) -> Vec<String> {
        self.cells("exceptions", &[("kind", kind)], &["what"]).concat()
    }
}

#[test]
fn an_order_day_is_one_that_still_helps() {
    // Ten boots are below the safety stock; 30 come in three days, 70 in thirteen, and an order of
    // today in twenty: what it is for begins when they are nearly gone.
    let orders = format!(
        "order_id,sku,supplier,quantity,expected\nP1,BOOT,S,30,{}\nP1,BOOT,S,70,{}\n",
        day(3),
        day(13)
    );
    let night = Shop::new()
        .sells("BOOT", "main", 2)
        .has("products", "sku,name,unit_cost,unit_price\nBOOT,Boot,4,9\n")
        .has("stock", "sku,location,on_hand\nBOOT,main,10\n")
        .has("supply", "sku,supplier,lead_time_days\nBOOT,S,20\n")
        .has("purchase_orders", &orders)
        .runs();
    let lines = night.lines("BOOT", &["status", "quantity", "order_by"]);
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(line[..2], ["ok", "0"]);
    assert!(line[2] > day(20).to_string(), "{line:?}");
}

#[test]
fn nothing_runs_out_where_another_supplier_brings_it_in_time() {
    // The usual supplier is closed for weeks; the other delivers two days before the shelf is
    // empty.
    let closed = format!("supplier,closures\nS,{}/{}\nT,\n", day(-3), day(24));
    let night = Shop::new()
        .sells("PAN", "main", 10)
        .has("products", "sku,name,unit_cost,unit_price\nPAN,Pan,4,9\n")
        .has("stock", "sku,location,on_hand\nPAN,main,80\n")
        .has("suppliers", &closed)
        .has(
            "supply",
            "sku,supplier,role,lead_time_days,unit_cost\nPAN,S,primary,10,4\n\
             PAN,T,secondary,6,4.5\n",
        )
        .runs();
    let lines = night.lines("PAN", &["supplier", "status", "expected_arrival", "stockout_date"]);
    assert!(lines.iter().any(|line| line[0] == "T" && line[2] < line[3]), "{lines:?}");
    assert!(lines.iter().all(|line| line[1] == "order-now"), "{lines:?}");
}

#[test]
fn what_is_sold_off_is_moved_to_where_it_sells_at_once_and_not_a_lead_time_a_night() {
    let night = Shop::new()
        .sells("LAMP", "A", 5)
        .sells("LAMP", "B", 5)
        .has("products", "sku,name,unit_cost,unit_price,status\nLAMP,Lamp,2,5,phase-out\n")
        .has("stock", "sku,location,on_hand\nLAMP,A,0\nLAMP,B,700\n")
        .has("supply", "sku,supplier,lead_time_days\nLAMP,S,10\n")
        .runs();
    let moves = night.cells("transfers", &[("to_location", "A")], &["quantity", "reason"]);
    let [only] = &moves[..] else { panic!("{moves:?}") };
    let quantity: i64 = only[0].parse().unwrap();
    // Up to its order-up-to level, and the giver keeps as much.
    assert!((200..=350).contains(&quantity), "{only:?}");
    assert!(only[1].contains("none will be ordered"), "{only:?}");
    let reasons = night.lines("LAMP", &["reason"]).concat();
    assert!(reasons[0].contains(&format!("{quantity} are moved here from B")), "{reasons:?}");
}

#[test]
fn a_minimum_above_the_maximum_is_told_beside_the_need_of_its_supplier() {
    let night = Shop::new()
        .sells("POT", "main", 2)
        .has("products", "sku,name,unit_cost,unit_price\nPOT,Pot,4,9\n")
        .has("stock", "sku,location,on_hand\nPOT,main,5\n")
        .has("supply", "sku,supplier,lead_time_days,minimum_order,maximum_order\nPOT,S,10,80,40\n")
        .runs();
    let lines = night.lines("POT", &["supplier", "quantity"]);
    assert_eq!(lines, [["S", "0"]]);
    let told = night.told("minimum-above-maximum");
    assert!(told[0].contains("minimum 80, maximum 40: nothing is ordered"), "{told:?}");
}

#[test]
fn what_is_owed_of_an_item_that_is_not_ordered_is_told() {
    let night = Shop::new()
        .sells("OLD", "main", 2)
        .has("products", "sku,name,unit_cost,unit_price,status\nOLD,Old,2,6,obsolete\n")
        .has("stock", "sku,location,on_hand,backordered\nOLD,main,0,12\n")
        .has("supply", "sku,supplier,lead_time_days\nOLD,S,10\n")
        .runs();
    assert_eq!(night.lines("OLD", &["status", "quantity"]), [["held", "0"]]);
    let told = night.told("owed-not-ordered");
    assert!(told[0].starts_with("12 units are owed to customers"), "{told:?}");
}

#[test]
fn d14_a_lot_that_came_longer_ago_than_it_keeps_is_not_offered() {
    let lots = format!(
        "sku,location,received,quantity\nCHEESE,main,{},100\nCHEESE,main,{},200\n\
         CHEESE,main,{},200\n",
        day(-40),
        day(-25),
        day(-2)
    );
    let night = Shop::new()
        .sells("CHEESE", "main", 10)
        .has("products", "sku,name,unit_cost,unit_price,shelf_life_days\nCHEESE,Cheese,4,8,30\n")
        .has("stock", "sku,location,on_hand\nCHEESE,main,500\n")
        .has("supply", "sku,supplier,lead_time_days\nCHEESE,S,7\n")
        .has("lots", &lots)
        .runs();
    // 100 are past their days; of 200 five days' sales are left; 200 last.
    let position = night.lines("CHEESE", &["inventory_position"]).concat();
    assert_eq!(position, ["250"]);
    let offered = night.cells("allocation", &[("sku", "CHEESE")], &["published"]).concat();
    assert_eq!(offered, ["250"]);
}

//! One night of a shop that sells in five places: Shopify (online and at a till), Amazon (its own
//! warehouses and the seller's), Etsy and a wholesale workbook, with the stock of Shopify and of
//! Amazon. Nothing is converted by hand, each channel's figures are those of a count by hand, and
//! every message of the night is one that the seller can follow.

use crate::support::{Table, succeeds, text};
use chrono::{Days, NaiveDate};
use rust_xlsxwriter::Workbook;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

/// As the README has it.
const CONFIG: &str = r#"
[purchase]
currency = "USD"

[purchase.rates]
EUR = 1.1

[[mapping.sales]]
file = "orders_export*.csv"
preset = "shopify-orders"
values = { location = { "" = "Warehouse" } }

[[mapping.sales]]
file = "all_orders*.txt"
preset = "amazon-all-orders"
values = { location = { Merchant = "Warehouse" } }

[[mapping.sales]]
file = "EtsySoldOrderItems*.csv"
preset = "etsy-sold-items"
location = "Warehouse"

[[mapping.sales]]
file = "wholesale/**/*.xlsx"
channel = "wholesale"
location = "Warehouse"
columns = { date = "Invoice date", sku = "Item", quantity = "Qty", unit_price = "Price (EUR)" }

[[mapping.stock]]
file = "inventory_export.csv"
preset = "shopify-inventory"

[[mapping.stock]]
file = "fba-inventory.txt"
preset = "amazon-fba-inventory"

[[mapping.purchase_orders]]
file = "fba-inventory.txt"
preset = "amazon-fba-inbound"
"#;

/// Days of sales.
const DAYS: u64 = 90;

fn day(nth: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(nth)
}

/// Two downloads that overlap by ten days: the second has an order refunded that the first has not.
fn shopify(data: &Path) {
    let header = "Name,Financial Status,Currency,Created at,Lineitem quantity,Lineitem name,\
                  Lineitem price,Lineitem sku,Cancelled at,Location,Lineitem discount\n";
    for (file, days) in [("orders_export_1.csv", 0..60), ("orders_export_2.csv", 50..DAYS)] {
        let mut rows = header.to_owned();
        for nth in days {
            let at = format!("{} 10:00:00 -0500", day(nth));
            writeln!(rows, "#{},paid,USD,{at},2,Mug,10.00,MUG,,,0.00", 1000 + nth).unwrap();
            writeln!(rows, "#{},,,{at},1,Tip,3.00,,,,0.00", 1000 + nth).unwrap();
            if nth % 3 == 0 {
                let name = 2000 + nth;
                writeln!(rows, "#{name},paid,USD,{at},1,Cup,5.00,CUP,,Downtown,0.00").unwrap();
            }
            if nth == 55 {
                let status = if file.ends_with("1.csv") { "paid" } else { "refunded" };
                writeln!(rows, "#3000,{status},USD,{at},2,Mug,10.00,MUG,,,0.00").unwrap();
            }
        }
        std::fs::write(data.join(file), rows).unwrap();
    }
}

fn amazon(data: &Path) {
    let mut rows = "amazon-order-id\tpurchase-date\torder-status\tfulfillment-channel\t\
                    sales-channel\tproduct-name\tsku\titem-status\tquantity\tcurrency\titem-price\t\
                    item-promotion-discount\n"
        .to_owned();
    for nth in 0..DAYS {
        let at = format!("{}T15:00:00+00:00", day(nth));
        let mut row = |order: u64, by: &str, channel: &str, units: u64| {
            writeln!(
                rows,
                "{order}\t{at}\tShipped\t{by}\t{channel}\tMug, 4\" \
                 high\tAMZ-MUG\tShipped\t{units}\tUSD\t{}.00\t",
                10 * units
            )
            .unwrap();
        };
        row(1000 + nth, "Amazon", "Amazon.com", 3);
        // Amazon ships some of the Shopify orders, too.
        row(2000 + nth, "Amazon", "Non-Amazon", 1);
        if nth % 10 == 0 {
            row(3000 + nth, "Merchant", "Amazon.com", 1);
        }
    }
    std::fs::write(data.join("all_orders.txt"), rows).unwrap();
    let stock = "sku\tfnsku\tafn-warehouse-quantity\tafn-unsellable-quantity\t\
                 afn-reserved-quantity\tafn-inbound-shipped-quantity\n\
                 AMZ-MUG\tX001\t44\t3\t1\t25\n";
    std::fs::write(data.join("fba-inventory.txt"), stock).unwrap();
    std::fs::write(data.join("aliases.csv"), "channel_sku,sku\nAMZ-MUG,MUG\n").unwrap();
}

fn etsy(data: &Path) {
    let mut rows = "Sale Date,Item Name,Quantity,Price,Discount Amount,Currency,Transaction ID,\
                    Listing ID,Order ID,SKU\n"
        .to_owned();
    for nth in 0..DAYS {
        let sold = day(nth).format("%m/%d/%y");
        writeln!(rows, "{sold},\"Cup, blue\",1,$6.00,0.00,USD,{nth},7,{nth},CUP").unwrap();
    }
    std::fs::write(data.join("EtsySoldOrderItems2026.csv"), rows).unwrap();
}

/// A workbook with a title above its header and a total below its rows.
fn wholesale(data: &Path) {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write(0, 0, "Wholesale invoices").unwrap();
    for (at, heading) in (0..).zip(["Invoice date", "Item", "Qty", "Price (EUR)"]) {
        sheet.write(2, at, heading).unwrap();
    }
    let mut row = 3;
    for nth in (4..DAYS).step_by(7) {
        sheet.write(row, 0, day(nth).format("%-d.%-m.%Y").to_string()).unwrap();
        sheet.write(row, 1, "MUG").unwrap();
        sheet.write(row, 2, 24).unwrap();
        sheet.write(row, 3, 8).unwrap();
        row += 1;
    }
    sheet.write(row, 0, "Total").unwrap();
    sheet.write(row, 2, 312).unwrap();
    let folder = data.join("wholesale/2026");
    std::fs::create_dir_all(&folder).unwrap();
    workbook.save(folder.join("invoices.xlsx")).unwrap();
}

fn stock(data: &Path) {
    let header = "Handle,Title,Option1 Name,SKU,Location,Unavailable (not editable),\
                  Committed (not editable),On hand (current)\n";
    let rows = "mug,Mug,,MUG,Warehouse,0,4,120\n\
                mug,Mug,,MUG,Downtown,not stocked,not stocked,not stocked\n\
                cup,Cup,,CUP,Warehouse,0,0,-3\ncup,Cup,,CUP,Downtown,0,0,9\n";
    std::fs::write(data.join("inventory_export.csv"), format!("{header}{rows}")).unwrap();
    std::fs::write(
        data.join("products.csv"),
        "sku,name,unit_cost,unit_price\nMUG,Mug,4,10\nCUP,Cup,2,6\n",
    )
    .unwrap();
    std::fs::write(
        data.join("supply.csv"),
        "sku,supplier,lead_time_days,unit_cost,pack_size\nMUG,POTTER,14,4,12\nCUP,POTTER,14,2,6\n",
    )
    .unwrap();
}

#[test]
fn five_places_of_sale_and_two_of_stock_are_one_plan() {
    let work = tempfile::tempdir().unwrap();
    let data = work.path().join("data");
    std::fs::create_dir(&data).unwrap();
    shopify(&data);
    amazon(&data);
    etsy(&data);
    wholesale(&data);
    stock(&data);
    std::fs::write(work.path().join("orderpoint.toml"), CONFIG).unwrap();

    let said = text(&succeeds(work.path(), &["check", "--json"], &[0]).stdout);
    let said: Value = serde_json::from_str(&said).unwrap();
    let figure = |row: &Value, name: &str| (row[name].as_f64().unwrap() * 100.0).round() / 100.0;
    let mut sold = Vec::new();
    for row in said["sold"].as_array().unwrap() {
        let place =
            format!("{}/{}", row["channel"].as_str().unwrap(), row["location"].as_str().unwrap());
        sold.push((place, figure(row, "units"), figure(row, "returned"), figure(row, "revenue")));
    }
    let counted = [
        ("Amazon.com/FBA", 270.0, 0.0, 2700.0),
        ("Amazon.com/Warehouse", 9.0, 0.0, 90.0),
        ("etsy/Warehouse", 90.0, 0.0, 540.0),
        ("shopify/Downtown", 30.0, 0.0, 150.0),
        ("shopify/Warehouse", 182.0, 2.0, 1820.0),
        // 13 invoices of 24 at 8 euros, a euro being 1.10 dollars.
        ("wholesale/Warehouse", 312.0, 0.0, 2745.6),
    ];
    let counted: Vec<_> = counted.map(|(place, u, r, m)| (place.to_owned(), u, r, m)).into();
    assert_eq!(sold, counted);
    assert_eq!(said["refused"], Value::Array(Vec::new()));
    assert_eq!(said["quarantine"], Value::Array(Vec::new()));

    // What is told is what the seller knows: tips, orders of other shops, refunds, what lies
    // nowhere.
    let known = [
        "assumed-layout",
        "excluded-rows",
        "missing-table",
        "master-list",
        "repeated-rows",
        "unmatched-column",
    ];
    let told: BTreeSet<&str> = said["exceptions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|exception| exception["kind"].as_str().unwrap())
        .collect();
    let strange: Vec<&&str> = told.iter().filter(|kind| !known.contains(kind)).collect();
    assert!(strange.is_empty(), "{strange:?} in {:#}", said["exceptions"]);

    succeeds(work.path(), &["run"], &[0, 5]);
    let lines = Table::published(&work.path().join("reports"), "recommendations");
    let mut positions = BTreeSet::new();
    for row in &lines.rows {
        let cell = |name: &str| row[lines.columns[name]].clone();
        if cell("line") == "1" {
            let position: f64 = cell("inventory_position").parse().unwrap();
            positions.insert(format!("{} {} {position}", cell("sku"), cell("location")));
        }
    }
    // 44 - 3 - 1 and 25 on the way; 120 - 4; three cups owed.
    for position in ["MUG FBA 65", "MUG Warehouse 116", "CUP Warehouse -3", "CUP Downtown 9"] {
        assert!(positions.contains(position), "{position} is not in {positions:?}");
    }
}

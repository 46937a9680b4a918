//! The second sample: a warehouse that sells on the web and feeds two shops and a marketplace's
//! warehouse (FBA), with a cap and ageing fees there.
//!
//! Sales of three hundred days are drawn; the stock of the last morning is what such a seller has:
//! the warehouse a little short, the shops somewhere between their levels. The fees are invented
//! and of a usual size; a marketplace's own change every year.

use crate::domain::error::{Error, Result};
use crate::math::elementary::Elementary;
use crate::sample::AS_OF;
use crate::sample::history::Random;
use chrono::Duration;
use std::fmt::Write;
use std::path::Path;

/// The configuration for a folder that holds the tables in `data` and the runs beside them.
pub const CONFIGURATION: &str = "\
# A warehouse that feeds two shops and FBA: lanes.csv says who feeds whom.

[run]
data = \"data\"
out = \".\"
models = \"models\"

[purchase]
currency = \"EUR\"

# To whom the warehouse's stock goes when it does not last for all: \"value\", \"run-out\" or
# \"priority\".
[network]
share = \"value\"
";

/// Days of history.
// Short of a year, so that places are planned without a season of their own.
const DAYS: i64 = 300;
/// Where it sells, through what, and its part of demand.
const PLACES: [Place; 4] = [
    Place { location: "warehouse", channel: "web", share: 0.35, days_of_stock: 40.0 },
    Place { location: "shop-north", channel: "north", share: 0.20, days_of_stock: 8.0 },
    Place { location: "shop-south", channel: "south", share: 0.15, days_of_stock: 12.0 },
    Place { location: "fba", channel: "amazon", share: 0.30, days_of_stock: 18.0 },
];

struct Place {
    location: &'static str,
    channel: &'static str,
    share: f64,
    /// What lies there on the last morning, about.
    days_of_stock: f64,
}

const LANES: &str = "\
from_location,to_location,lead_time_days,weekdays,pack_size,cost_per_line,cost_per_unit,capacity,\
basis
warehouse,shop-north,1,mon tue wed thu fri,,0.15,0.02,,
warehouse,shop-south,2,mon thu,,0.15,0.02,,
warehouse,fba,9,mon,,0.40,0.35,3.5,volume
";
const LOCATIONS: &str = "\
location,name,kind,holding_rate_per_year,priority,storage_fee
warehouse,Central warehouse,warehouse,0.22,,
shop-north,Shop North,shop,0.40,1,
shop-south,Shop South,shop,0.40,2,
fba,Marketplace warehouse,fba,0.30,,26
";
const AGEING_FEES: &str = "\
location,from_age_days,fee,basis
fba,181,0.30,unit
fba,271,0.60,unit
fba,366,2.00,unit
";

/// Writes the tables of `items` items into `folder`; says how many rows of sales.
///
/// # Errors
/// [`Error::Io`] where a file cannot be written.
pub fn write(folder: &Path, items: usize, seed: u64) -> Result<u64> {
    let mut sales = String::from("date,sku,channel,location,quantity\n");
    let mut products =
        String::from("sku,name,category,unit_cost,unit_price,case_size,volume,storage_type\n");
    let mut supply = String::from(
        "sku,supplier,location,lead_time_days,lead_time_sd_days,minimum_order,pack_size\n",
    );
    let mut stock = String::from("sku,location,on_hand,as_of\n");
    let mut orders = String::from(
        "order_id,sku,supplier,source_location,location,quantity,confirmed,shipped,expected\n",
    );
    let mut rows = 0;
    for item in 0..items {
        let mut random = Random::of_item(seed, item);
        let sku = format!("NET-{item:04}");
        // Many slow items and a few fast ones.
        let per_day = 0.3 * (3.0 * random.uniform()).exponential() * random.between(0.6, 1.6);
        let cost = random.between(3.0, 40.0);
        let price = cost * random.between(1.5, 2.4);
        let case = [1, 2, 6, 12][random.below(4)];
        let volume = random.between(0.001, 0.02);
        let _ = writeln!(
            products,
            "{sku},Item {item},goods,{cost:.2},{price:.2},{case},{volume:.4},standard"
        );
        let pack = case * 4;
        let supplier = ["Alder", "Birch", "Cedar"][item % 3];
        let _ = writeln!(supply, "{sku},{supplier},warehouse,28,4,{pack},{pack}");
        for place in &PLACES {
            let mean = per_day * place.share;
            for day in 0..DAYS {
                let date = AS_OF - Duration::days(DAYS - day);
                let units = random.poisson(mean);
                if units > 0 {
                    let Place { channel, location, .. } = place;
                    let _ = writeln!(sales, "{date},{sku},{channel},{location},{units}");
                    rows += 1;
                }
            }
            // From well below to well above what a place should have: some ask, some do not.
            let there = (mean * place.days_of_stock * random.between(0.4, 1.4)).round();
            let _ = writeln!(stock, "{sku},{},{there},{AS_OF}", place.location);
        }
        for (week, day) in [-3, -2, -1].into_iter().zip([7, 14, 21]) {
            let packs = (per_day * 7.0 / f64::from(pack)).ceil();
            let units = packs * f64::from(pack);
            let placed = AS_OF + Duration::days(7 * week);
            let due = AS_OF + Duration::days(day);
            let _ = writeln!(
                orders,
                "P{item}-{day},{sku},{supplier},,warehouse,{units},{placed},,{due}"
            );
        }
        // One item in five is on its way already, so that an open transfer is seen.
        if item % 5 == 0 {
            let sent = AS_OF - Duration::days(4);
            let due = AS_OF + Duration::days(5);
            let _ = writeln!(orders, "T{item},{sku},,warehouse,fba,{case},{sent},{sent},{due}");
        }
    }
    let capacities =
        "location,storage_type,from,capacity,basis\nfba,standard,2026-01-01,60,volume\n";
    let suppliers = "supplier,order_weekdays\nAlder,mon\nBirch,mon\nCedar,thu\n";
    std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    for (name, text) in [
        ("sales", sales.as_str()),
        ("products", &products),
        ("supply", &supply),
        ("suppliers", suppliers),
        ("stock", &stock),
        ("purchase_orders", &orders),
        ("lanes", LANES),
        ("locations", LOCATIONS),
        ("capacities", capacities),
        ("ageing_fees", AGEING_FEES),
    ] {
        let path = folder.join(format!("{name}.csv"));
        std::fs::write(&path, text).map_err(Error::io(&path))?;
    }
    Ok(rows)
}

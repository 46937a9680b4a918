//! The sample's histories as the CSV tables of the input contract.

use crate::config::DEFAULT_FILE;
use crate::domain::error::{Error, Result};
use crate::sample::catalogue::{self, CatalogueItem, Kind, SUPPLIERS, at};
use crate::sample::history::{self, ItemHistory, Order, POOL_OF_CHANNEL, Random, Sale};
use crate::sample::{AS_OF, CHANNELS, DAYS, EVENTS, LOCATIONS, date};
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Items a part of the sales history holds: one part and one plain file up to here, a folder of
/// parts beyond.
const PART: usize = 2_000;
/// What the starter set is made of, one of each: dripper, server and a pack of filters.
const COMPONENTS: [usize; 3] = [at::DRIPPER, at::SERVER, at::FILTER_V60];

/// Table, column heads. `sales` is written apart.
const HEADS: [(&str, &str); 20] = [
    (
        "products",
        "sku,name,category,unit_cost,unit_price,launched,status,superseded_by,transfer_factor,\
         analogue,analogue_factor,shelf_life_days,weight,volume,min_stock,max_stock",
    ),
    ("aliases", "channel_sku,channel,sku,factor"),
    (
        "suppliers",
        "supplier,name,currency,order_weekdays,min_order_value,free_freight_value,\
         freight_per_order,payment_days,closures",
    ),
    (
        "supply",
        "sku,supplier,role,unit_cost,lead_time_days,lead_time_sd_days,lead_time_max_days,\
         minimum_order,pack_size,maximum_order,duty_rate,freight_per_unit",
    ),
    ("price_breaks", "sku,supplier,from_quantity,unit_cost"),
    ("stock", "sku,location,on_hand,committed,backordered,damaged,returns_pending,as_of"),
    ("lots", "sku,location,expires,quantity"),
    ("stock_history", "date,sku,location,on_hand"),
    ("stockouts", "sku,location,start,end"),
    (
        "purchase_orders",
        "order_id,sku,supplier,location,quantity,confirmed,expected,received,received_quantity",
    ),
    ("channels", "channel,priority,location,margin_rate,fee_rate,reserve,buffer,cap,min_share"),
    ("listings", "sku,channel,listed"),
    ("events", "date,event,end_date"),
    ("promotions", "start,end,sku,category,channel,discount,expected_uplift"),
    ("prices", "sku,channel,from,unit_price"),
    ("adjustments", "sku,channel,from,to,factor,units,reason,author,expires"),
    ("overrides", "sku,location,field,value,reason,author,date,expires"),
    ("kits", "sku,component,quantity"),
    ("counts", "date,sku,location,recorded,counted"),
    ("accounts", "period_start,period_end,receivables,payables,revenue,cogs,holding_cost"),
];

/// Rows of `channels`, in the order of the history's codes.
const CHANNEL_ROWS: [[&str; 9]; 3] = [
    ["web", "2", "warehouse", "0.52", "0.03", "2", "1", "", "0.2"],
    ["marketplace", "3", "warehouse", "0.38", "0.15", "", "2", "60", ""],
    ["store", "1", "shop", "0.56", "0", "", "0", "", ""],
];

/// The configuration beside the tables.
const CONFIG: &str = include_str!("orderpoint.toml");

/// Rows no reader should take, after the sales of which day: quarantine must name each with its
/// line and reason.
const BAD_SALES: [(u16, &str); 5] = [
    (96, "2024-06-31,BEA-0002,web,warehouse,2,7.90,0"),
    (211, "2024-09-29,FIL-0015,web,warehouse,three,7.90,0"),
    (388, "2025-03-25,,marketplace,warehouse,1,22.50,0"),
    (540, "2025-08-24,B0UNKNOWN9,marketplace,warehouse,1,19.90,0"),
    (655, "17/12/2025,MUG-0038,store,shop,1,13.50,0"),
];

/// Writes every input table of `skus` items, and the configuration for them, into `folder` (made if
/// missing).
///
/// Returns the number of sales rows.
///
/// # Errors
/// If the operating system refuses.
pub fn write(folder: &Path, skus: usize, seed: u64) -> Result<u64> {
    std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    let mut tables = Tables::new();
    tables.fixed();
    let set = if skus > at::KIT { history::set_demand(seed) } else { Vec::new() };
    let mut rows = 0;
    for start in (0..skus).step_by(PART) {
        let mut sales = Vec::new();
        for index in start..skus.min(start + PART) {
            let extra: &[i64] = if COMPONENTS.contains(&index) { &set } else { &[] };
            let item = history::play(seed, index, extra);
            tables.item(seed, index, &item);
            sales.extend(item.sales.iter().map(|&sale| (sale, index)));
        }
        // By day, as a shop exports them; a return behind the sales of its day.
        sales.sort_by_key(|(sale, index)| (sale.day, *index, sale.channel, sale.quantity < 0));
        let path = if skus <= PART {
            folder.join("sales.csv")
        } else {
            let parts = folder.join("sales");
            std::fs::create_dir_all(&parts).map_err(Error::io(&parts))?;
            parts.join(format!("part-{:04}.csv", start / PART))
        };
        rows += write_sales(&path, &sales, start == 0).map_err(Error::io(&path))?;
    }
    tables.finish(folder)?;
    Ok(rows)
}

fn write_sales(path: &Path, sales: &[(Sale, usize)], with_bad_rows: bool) -> std::io::Result<u64> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "date,sku,channel,location,quantity,unit_price,promotion")?;
    let mut bad = BAD_SALES.iter().filter(|_| with_bad_rows).peekable();
    for (sale, index) in sales {
        while let Some((_, text)) = bad.next_if(|(day, _)| *day <= sale.day) {
            writeln!(file, "{text}")?;
        }
        let channel = usize::from(sale.channel);
        let SoldAs { code, units } = sold_as(*index, channel, sale.quantity);
        writeln!(
            file,
            "{},{code},{},{},{},{:.2},{}",
            date(usize::from(sale.day)),
            CHANNELS[channel],
            LOCATIONS[POOL_OF_CHANNEL[channel]],
            i64::from(sale.quantity) / units,
            sale.unit_price * units as f64,
            u8::from(sale.promoted),
        )?;
    }
    file.flush()?;
    Ok(sales.len() as u64)
}

/// The code a channel knows an item by.
struct SoldAs {
    code: String,
    /// Units in one of it.
    units: i64,
}

fn sold_as(index: usize, channel: usize, quantity: i32) -> SoldAs {
    match (CHANNELS[channel], index) {
        // One pack of two under a code of its own, so that the table of aliases has a factor to
        // apply.
        ("marketplace", at::FILTER_V60) if quantity % 2 == 0 => {
            SoldAs { code: "B0V60TWIN2".to_owned(), units: 2 }
        }
        // Every fourth item is called otherwise on the marketplace.
        ("marketplace", _) if index.is_multiple_of(4) => {
            SoldAs { code: format!("B0CF{index:06}"), units: 1 }
        }
        ("store", at::MUG_WITH_BARCODE) => SoldAs { code: "4061234500375".to_owned(), units: 1 },
        _ => SoldAs { code: catalogue::sku(index), units: 1 },
    }
}

/// Book-keeping figures of one month.
#[derive(Default)]
struct Month {
    revenue: f64,
    cogs: f64,
    /// Units at the month's last day, at cost.
    inventory: f64,
}

/// One way to get an item.
struct Source {
    role: &'static str,
    supplier: usize,
    /// On the unit cost of the catalogue.
    markup: f64,
    minimum: i64,
    pack: i64,
    maximum: Option<i64>,
}

/// A purchase-order line, before it has a number.
struct PlacedOrder {
    index: usize,
    location: usize,
    order: Order,
}

/// The tables as they fill, in memory, and what is only complete when the last item is through.
struct Tables {
    writers: BTreeMap<&'static str, csv::Writer<Vec<u8>>>,
    orders: Vec<PlacedOrder>,
    months: BTreeMap<(i32, u32), Month>,
}

impl Tables {
    fn new() -> Self {
        let mut tables =
            Self { writers: BTreeMap::new(), orders: Vec::new(), months: BTreeMap::new() };
        for (table, head) in HEADS {
            tables.writers.insert(table, csv::Writer::from_writer(Vec::new()));
            let cells: Vec<&str> = head.split(',').collect();
            let cells: Vec<&dyn Display> = cells.iter().map(|cell| cell as &dyn Display).collect();
            tables.row(table, &cells);
        }
        tables
    }

    fn row(&mut self, table: &str, cells: &[&dyn Display]) {
        let writer = self.writers.get_mut(table).expect("every table is opened in new");
        writer
            .write_record(cells.iter().map(ToString::to_string))
            .expect("rows are as long as their head, memory does not fail");
    }

    /// Tables that do not grow with the number of items.
    fn fixed(&mut self) {
        for c in CHANNEL_ROWS {
            self.row("channels", &c.each_ref().map(|cell| cell as &dyn Display));
        }
        for s in SUPPLIERS.iter() {
            self.row(
                "suppliers",
                &[
                    &s.code,
                    &s.name,
                    &s.currency,
                    &s.order_weekdays,
                    &format!("{:.2}", s.min_order_value),
                    &format!("{:.2}", s.free_freight_value),
                    &format!("{:.2}", s.freight_per_order),
                    &s.payment_days,
                    &s.closures,
                ],
            );
        }
        for e in &EVENTS {
            self.row(
                "events",
                &[&e.start, &e.name, &(e.start + chrono::Duration::days(e.days - 1))],
            );
        }
        self.row(
            "promotions",
            &[&"2026-03-20", &"2026-03-29", &"", &"Brewers", &"web", &"0.15", &"1.6"],
        );
    }

    /// Everything about one item but its sales.
    fn item(&mut self, seed: u64, index: usize, item: &ItemHistory) {
        // A stream apart from the history's, so that a new table never changes the sales.
        let mut random = Random::of_item(seed ^ 0x5a17, index);
        let product = catalogue::item(index);
        self.product(index, &product);
        self.supply(index, &product);
        for p in &item.promotions {
            let sku = catalogue::sku(index);
            self.row(
                "promotions",
                &[&date(p.first_day), &date(p.last_day), &sku, &"", &"", &p.discount, &""],
            );
        }
        if index.is_multiple_of(4) {
            self.row(
                "aliases",
                &[&format!("B0CF{index:06}"), &"marketplace", &catalogue::sku(index), &1],
            );
        }
        for location in 0..LOCATIONS.len() {
            if product.kind != Kind::Kit && !(product.kind == Kind::Announced && location == 1) {
                self.pool(index, location, item, &mut random);
            }
        }
        self.listings(index, item);
        self.book(&product, item);
        if index < catalogue::CATALOGUE.len() {
            self.notes(index);
        }
    }

    fn product(&mut self, index: usize, item: &CatalogueItem) {
        let launched = history::launch_day(item.kind, index)
            .map(|day| date(day).to_string())
            .unwrap_or_default();
        let status = match item.kind {
            Kind::New | Kind::Announced => "new",
            Kind::PhasedOut => "phase-out",
            Kind::Regular | Kind::Slow | Kind::Lumpy | Kind::Dead | Kind::Kit => "active",
        };
        let round = index - index % catalogue::CATALOGUE.len();
        let mut superseded_by = String::new();
        let mut transfer_factor = "";
        if item.kind == Kind::PhasedOut {
            superseded_by = catalogue::sku(round + at::SCALE_NEW);
            transfer_factor = "0.9";
        }
        let mut analogue = String::new();
        let mut analogue_factor = "";
        if item.kind == Kind::New {
            analogue = catalogue::sku(round + at::ETHIOPIA);
            analogue_factor = "0.6";
        } else if item.kind == Kind::Announced {
            analogue = catalogue::sku(round + at::SCALE_NEW);
            analogue_factor = "0.7";
        }
        let shelf_life_days = match item.prefix.as_str() {
            "BEA" => "180",
            "PAN" => "360",
            _ => "",
        };
        self.row(
            "products",
            &[
                &catalogue::sku(index),
                &catalogue::name(index),
                &item.category,
                &format!("{:.2}", item.unit_cost),
                &format!("{:.2}", item.unit_price),
                &launched,
                &status,
                &superseded_by,
                &transfer_factor,
                &analogue,
                &analogue_factor,
                &shelf_life_days,
                &item.weight_kg,
                // Boxes of coffee gear weigh a quarter of a kilogram a litre.
                &format!("{:.4}", item.weight_kg * 0.004),
                if index == at::HOUSE_ESPRESSO { &"24" } else { &"" },
                &"",
            ],
        );
    }

    fn supply(&mut self, index: usize, item: &CatalogueItem) {
        // Sets are packed in house; for one cloth nobody has entered a supplier.
        if item.kind == Kind::Kit || index == at::NO_SUPPLIER {
            return;
        }
        let half_pack = (item.pack_size / 2).max(1);
        self.source(
            index,
            item,
            Source {
                role: "primary",
                supplier: item.supplier,
                markup: 1.0,
                minimum: 2 * item.pack_size,
                pack: item.pack_size,
                maximum: None,
            },
        );
        if history::has_second_source(item) {
            self.source(
                index,
                item,
                Source {
                    role: "secondary",
                    supplier: catalogue::WHOLESALER,
                    markup: 1.12,
                    minimum: half_pack,
                    pack: half_pack,
                    maximum: None,
                },
            );
        }
        if index.is_multiple_of(6) {
            self.source(
                index,
                item,
                Source {
                    role: "backup",
                    supplier: catalogue::DEPOT,
                    markup: 1.30,
                    minimum: half_pack,
                    pack: half_pack,
                    maximum: Some(20 * half_pack),
                },
            );
        }
        if item.per_day >= 2.0 {
            for (packs, factor) in [(10, 0.97), (30, 0.94)] {
                let cost = format!("{:.2}", item.unit_cost * factor);
                let code = &SUPPLIERS[item.supplier].code;
                self.row(
                    "price_breaks",
                    &[&catalogue::sku(index), code, &(packs * item.pack_size), &cost],
                );
            }
        }
    }

    fn source(&mut self, index: usize, item: &CatalogueItem, source: Source) {
        let supplier = &SUPPLIERS[source.supplier];
        // What crosses a border costs more to bring in.
        let freight_per_kg = if supplier.duty_rate > 0.0 { 0.9 } else { 0.1 };
        self.row(
            "supply",
            &[
                &catalogue::sku(index),
                &supplier.code,
                &source.role,
                &format!("{:.2}", item.unit_cost * source.markup),
                &supplier.lead_time_days,
                &supplier.lead_time_sd_days,
                &supplier.lead_time_max_days,
                &source.minimum,
                &source.pack,
                &source.maximum.map(|units| units.to_string()).unwrap_or_default(),
                &supplier.duty_rate,
                &format!("{:.2}", item.weight_kg * freight_per_kg),
            ],
        );
    }

    fn pool(&mut self, index: usize, location: usize, item: &ItemHistory, random: &mut Random) {
        let pool = &item.pools[location];
        let sku = catalogue::sku(index);
        let place = LOCATIONS[location];
        let saleable = pool.stock[DAYS - 1];
        let committed = if location == 0 { random.below(4) as i64 } else { 0 }.min(saleable);
        let damaged = i64::from(random.uniform() < 0.15);
        let backordered = if saleable == 0 && location == 0 { random.below(3) as i64 } else { 0 };
        let on_hand = saleable + committed + damaged + pool.returns_pending;
        self.row(
            "stock",
            &[
                &sku,
                &place,
                &on_hand,
                &committed,
                &backordered,
                &damaged,
                &pool.returns_pending,
                &AS_OF,
            ],
        );
        if matches!(catalogue::item(index).prefix.as_str(), "BEA" | "PAN") && on_hand > 0 {
            let old = on_hand / 3;
            let soon = AS_OF + chrono::Duration::days(12);
            let later = AS_OF + chrono::Duration::days(95);
            for (expires, units) in [(soon, old), (later, on_hand - old)] {
                if units > 0 {
                    self.row("lots", &[&sku, &place, &expires, &units]);
                }
            }
        }
        for stockout in &pool.stockouts {
            let first = date(stockout.first_day);
            let last = date(stockout.last_day);
            self.row("stockouts", &[&sku, &place, &first, &last]);
        }
        for day in (DAYS - 364..DAYS).filter(|&day| date(day).weekday() == chrono::Weekday::Sun) {
            self.row("stock_history", &[&date(day), &sku, &place, &pool.stock[day]]);
        }
        for _ in 0..random.below(3) {
            let day = DAYS - 1 - random.below(300);
            let recorded = pool.stock[day];
            let missing = if random.uniform() < 0.3 { 1 + recorded / 50 } else { 0 };
            self.row(
                "counts",
                &[&date(day), &sku, &place, &recorded, &(recorded - missing).max(0)],
            );
        }
        for order in &pool.orders {
            self.orders.push(PlacedOrder { index, location, order: order.clone() });
        }
    }

    /// Both online channels show the whole warehouse: the double listing that the exposure figure
    /// is about.
    fn listings(&mut self, index: usize, item: &ItemHistory) {
        let kind = catalogue::item(index).kind;
        if !matches!(kind, Kind::Kit | Kind::Announced) {
            for channel in [0, 1] {
                let listed = item.pools[POOL_OF_CHANNEL[channel]].stock[DAYS - 1];
                self.row("listings", &[&catalogue::sku(index), &CHANNELS[channel], &listed]);
            }
        }
    }

    fn book(&mut self, product: &CatalogueItem, item: &ItemHistory) {
        for sale in &item.sales {
            let day = date(usize::from(sale.day));
            let month = self.months.entry((day.year(), day.month())).or_default();
            month.revenue += f64::from(sale.quantity) * sale.unit_price;
            month.cogs += f64::from(sale.quantity) * product.unit_cost;
        }
        if product.kind == Kind::Kit {
            return; // its components are the stock
        }
        for pool in &item.pools {
            for (day, stock) in pool.stock.iter().enumerate() {
                let is_last_of_month = date(day + 1).day() == 1;
                if is_last_of_month {
                    let day = date(day);
                    let month = self.months.entry((day.year(), day.month())).or_default();
                    month.inventory += *stock as f64 * product.unit_cost;
                }
            }
        }
    }

    /// What people wrote down about single items of the committed set.
    fn notes(&mut self, index: usize) {
        let sku = catalogue::sku(index);
        match index {
            at::HOUSE_ESPRESSO => {
                self.row(
                    "adjustments",
                    &[
                        &sku,
                        &"",
                        &"2026-04-01",
                        &"2026-04-30",
                        &"1.2",
                        &"",
                        &"two cafés join in April",
                        &"Mara Lind",
                        &"2026-05-01",
                    ],
                );
                self.row("stock", &[&sku, &"shop", &"twelve", &0, &0, &0, &0, &AS_OF]);
            }
            at::NEW_ROAST => {
                self.row(
                    "adjustments",
                    &[
                        &sku,
                        &"store",
                        &"2026-03-14",
                        &"2026-03-15",
                        &"",
                        &"40",
                        &"tasting weekend",
                        &"Jonas Weber",
                        &"2026-03-16",
                    ],
                );
            }
            at::FILTER_V60 => {
                self.row("aliases", &[&"B0V60TWIN2", &"marketplace", &sku, &2]);
                for (from, price) in [("2024-03-01", "5.50"), ("2025-06-01", "5.90")] {
                    self.row("prices", &[&sku, &"", &from, &price]);
                }
            }
            at::FILTER_CHEMEX => {
                self.row(
                    "overrides",
                    &[
                        &sku,
                        &LOCATIONS[0],
                        &"safety_stock",
                        &60,
                        &"supplier slow, cover it until the talk in May",
                        &"Mara Lind",
                        &"2026-02-20",
                        &"2026-05-31",
                    ],
                );
                self.row(
                    "supply",
                    &[
                        &sku,
                        &"quickship",
                        &"backup",
                        &"6.40",
                        &0,
                        &"",
                        &"",
                        &12,
                        &12,
                        &"",
                        &0,
                        &"0.03",
                    ],
                );
            }
            at::MUG_WITH_BARCODE => self.row("aliases", &[&"4061234500375", &"", &sku, &1]),
            at::KIT => {
                for component in COMPONENTS {
                    self.row("kits", &[&sku, &catalogue::sku(component), &1]);
                }
            }
            _ => {}
        }
    }

    /// Numbers the purchase orders, closes the books and writes the files.
    fn finish(mut self, folder: &Path) -> Result<()> {
        let config = folder.join(DEFAULT_FILE);
        std::fs::write(&config, CONFIG).map_err(Error::io(&config))?;
        self.purchase_orders();
        self.accounts();
        for (table, writer) in self.writers {
            let path = folder.join(format!("{table}.csv"));
            let bytes = writer.into_inner().expect("memory does not fail");
            std::fs::write(&path, bytes).map_err(Error::io(&path))?;
        }
        Ok(())
    }

    /// Lines placed on one day with one supplier for one location share a number, as they do in
    /// life.
    fn purchase_orders(&mut self) {
        let mut orders = std::mem::take(&mut self.orders);
        orders.sort_by_key(|o| (o.order.placed, o.order.supplier, o.location, o.index));
        let mut number = 0;
        let mut last = None;
        for PlacedOrder { index, location, order } in orders {
            let head = (order.placed, order.supplier, location);
            if last != Some(head) {
                number += 1;
                last = Some(head);
            }
            let mut received = String::new();
            let mut received_quantity = String::new();
            if order.arrives < DAYS {
                received = date(order.arrives).to_string();
                received_quantity = order.delivered.to_string();
            }
            self.row(
                "purchase_orders",
                &[
                    &format!("PO-{}-{number:05}", date(order.placed).format("%y")),
                    &catalogue::sku(index),
                    &SUPPLIERS[order.supplier].code,
                    &LOCATIONS[location],
                    &order.quantity,
                    &date(order.placed),
                    &date(order.expected),
                    &received,
                    &received_quantity,
                ],
            );
        }
    }

    fn accounts(&mut self) {
        for ((year, month), book) in std::mem::take(&mut self.months) {
            let first = NaiveDate::from_ymd_opt(year, month, 1).expect("months come from dates");
            let next = first
                .checked_add_months(chrono::Months::new(1))
                .expect("the sample ends long before the calendar");
            let last = next.pred_opt().expect("a day after the first");
            if first < date(0) || last >= AS_OF {
                continue; // a month the history covers only in part
            }
            // Customers pay after nine days, the shop after three weeks, and stock costs 1.8 % a
            // month.
            let receivables = format!("{:.2}", book.revenue * 0.31);
            let payables = format!("{:.2}", book.cogs * 0.72);
            let revenue = format!("{:.2}", book.revenue);
            let cogs = format!("{:.2}", book.cogs);
            let holding = format!("{:.2}", book.inventory * 0.018);
            self.row(
                "accounts",
                &[&first, &last, &receivables, &payables, &revenue, &cogs, &holding],
            );
        }
    }
}

//! A shop that weighs: ham, saffron and a basket of both, and jars that nobody cuts. What is
//! written in thousandths is planned, ordered, moved, offered and decided in thousandths; jars are
//! whole everywhere, and no unit is promised twice.

use crate::support::{Table, orderpoint, succeeds, text};
use chrono::{Days, NaiveDate};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

fn shop(at: &Path, fraction: u8) {
    let mut sales = "date,sku,channel,location,quantity,unit_price\n".to_owned();
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    for nth in 0..120_u64 {
        let day = first + Days::new(nth);
        for (channel, place, ham) in
            [("counter", "shop", 2500), ("web", "shop", 1505), ("web", "barn", 1250)]
        {
            let grams = ham + 60 * ((nth * 7) % 5);
            let kilograms = grams as f64 / 1000.0;
            writeln!(sales, "{day},HAM,{channel},{place},{kilograms},19.90").unwrap();
            if nth % 2 == 0 {
                writeln!(sales, "{day},SAFFRON,{channel},{place},0.02{},4000", nth % 9).unwrap();
            }
            writeln!(sales, "{day},JAR,{channel},{place},{},4.5", 1 + nth % 3).unwrap();
            if nth % 3 == 0 && place == "shop" {
                writeln!(sales, "{day},BASKET,{channel},{place},1,29").unwrap();
            }
        }
    }
    let tables = [
        ("sales.csv", sales.as_str()),
        (
            "stock.csv",
            "sku,location,on_hand,committed\nHAM,shop,30.5,0.35\nHAM,barn,180.25,\n\
             SAFFRON,shop,0.350,\nSAFFRON,barn,0.125,\nJAR,shop,41,1\nJAR,barn,40,\n",
        ),
        (
            "products.csv",
            "sku,name,unit_cost,unit_price\nHAM,Ham,11.20,19.90\nSAFFRON,Saffron,2000,4000\n\
             JAR,Jar,2,4.5\nBASKET,Basket,,29\n",
        ),
        (
            "supply.csv",
            "sku,supplier,lead_time_days,pack_size,minimum_order\nHAM,FARM,10,2.5,\n\
             SAFFRON,SPICE,14,,\nJAR,GLASS,7,6,\n",
        ),
        (
            "purchase_orders.csv",
            "order_id,sku,location,supplier,quantity,confirmed,expected\n\
             P1,HAM,shop,FARM,12.345,2026-04-25,2026-05-05\n",
        ),
        ("kits.csv", "sku,component,quantity\nBASKET,HAM,0.2\nBASKET,JAR,1\n"),
        ("channels.csv", "channel,buffer,reserve\ncounter,0.25,\nweb,0.1,1.5\n"),
    ];
    fs::create_dir_all(at.join("data")).unwrap();
    for (name, table) in tables {
        fs::write(at.join("data").join(name), table).unwrap();
    }
    fs::write(at.join("orderpoint.toml"), format!("[units]\nfraction = {fraction}\n")).unwrap();
}

fn night(at: &Path) {
    succeeds(at, &["run", "--config", "orderpoint.toml", "--out", "out"], &[0, 5]);
}

/// (item, place) -> the column, added up.
fn sums(at: &Path, table: &str, column: &str) -> BTreeMap<(String, String), f64> {
    let table = Table::published(&at.join("out"), table);
    let sums = table.sums(&["sku", "location"], column);
    sums.into_iter().map(|(key, sum)| ((key[0].clone(), key[1].clone()), sum)).collect()
}

fn of(sums: &BTreeMap<(String, String), f64>, sku: &str, place: &str) -> f64 {
    sums[&(sku.to_owned(), place.to_owned())]
}

fn is_whole(units: f64) -> bool {
    (units - units.round()).abs() < 1e-9
}

#[test]
fn what_is_weighed_goes_through_in_thousandths_and_what_is_counted_in_whole_units() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    shop(at, 3);
    night(at);

    let on_hand = sums(at, "recommendations", "on_hand");
    assert_eq!((of(&on_hand, "SAFFRON", "shop"), of(&on_hand, "HAM", "barn")), (0.35, 180.25));
    assert_eq!(of(&sums(at, "recommendations", "available"), "HAM", "shop"), 30.15);
    assert_eq!(of(&sums(at, "recommendations", "on_order"), "HAM", "shop"), 12.345);

    // Nothing is promised twice: not to two channels, and not in a basket and as ham.
    let allocated = sums(at, "allocation", "allocated");
    assert!(of(&allocated, "SAFFRON", "shop") <= 0.35 + 1e-9, "{allocated:?}");
    assert!(of(&allocated, "SAFFRON", "barn") > 0.1, "an eighth is offered: {allocated:?}");
    let baskets = of(&allocated, "BASKET", "shop");
    assert!(baskets >= 1.0 && is_whole(baskets), "{baskets}");
    let ham = of(&allocated, "HAM", "shop") + 0.2 * baskets;
    assert!(ham <= 30.15 + 1e-9 && ham > 30.0, "{ham} of 30.15");
    assert!(of(&allocated, "JAR", "shop") + baskets <= 40.0);
    for column in ["allocated", "buffer", "published"] {
        let table = Table::published(&at.join("out"), "allocation");
        for row in table.rows.iter().filter(|row| table.text(row, "sku") == "JAR") {
            assert!(is_whole(table.number(row, column)), "{column}: {row:?}");
        }
    }

    // Orders: any weight of saffron, whole packs of ham, whole boxes of jars.
    let ordered = sums(at, "recommendations", "quantity");
    let saffron = of(&ordered, "SAFFRON", "shop");
    let need = of(&sums(at, "recommendations", "need"), "SAFFRON", "shop");
    assert!(saffron >= need && saffron - need < 0.001 && !is_whole(saffron), "{saffron} of {need}");
    assert!(is_whole(of(&ordered, "HAM", "shop") / 2.5), "{ordered:?}");
    assert!(is_whole(of(&ordered, "JAR", "shop") / 6.0), "{ordered:?}");
    let draft = fs::read_to_string(at.join("out/current/orders/SPICE.csv")).unwrap();
    assert!(draft.contains(&format!(",SAFFRON,Saffron,{saffron},2000.00,USD,")), "{draft}");
    let channel = fs::read_to_string(at.join("out/current/channels/web.csv")).unwrap();
    let published = sums(at, "allocation", "published");
    let barn = of(&published, "SAFFRON", "barn");
    assert!(channel.contains(&format!("SAFFRON,barn,{barn},")), "{channel}");
}

#[test]
fn a_decision_on_what_is_weighed_is_taken_and_exported_to_the_gram() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    shop(at, 3);
    night(at);
    let lines = Table::published(&at.join("out"), "recommendations");
    let line = |sku: &str, place: &str| {
        let row = lines
            .rows
            .iter()
            .find(|row| lines.text(row, "sku") == sku && lines.text(row, "location") == place);
        lines.text(row.unwrap(), "recommendation_id").to_owned()
    };
    let (saffron, jar) = (line("SAFFRON", "shop"), line("JAR", "shop"));
    let decide = |id: &str, quantity: &str| {
        let head = "recommendation_id,decision,quantity,until,reason,author,time\n";
        let row = format!("{id},edited,\"{quantity}\",,,Ann,2026-05-01T08:00:00Z\n");
        fs::write(at.join("decisions.csv"), format!("{head}{row}")).unwrap();
        let args = [
            "review",
            "--config",
            "orderpoint.toml",
            "--out",
            "out",
            "--decisions",
            "decisions.csv",
        ];
        let done = orderpoint(at, &args);
        text(&done.stdout) + &text(&done.stderr)
    };
    assert!(decide(&saffron, "1.2345").contains("no part smaller than 0.001"));
    assert!(decide(&saffron, "1,234").contains("write it with a point"), "1234 or 1.234");
    assert!(decide(&jar, "6.5").contains("not whole packs of 6"));
    decide(&saffron, "0.35");
    let args = ["export", "--config", "orderpoint.toml", "--out", "out", "--format", "generic"];
    let said = succeeds(at, &[&args[..], &["--file", "orders.csv"]].concat(), &[0]);
    let orders = fs::read_to_string(at.join("orders.csv"))
        .unwrap_or_else(|_| panic!("{}", text(&said.stdout)));
    assert!(orders.contains("SAFFRON") && orders.contains(",0.35,"), "{orders}");

    // The next night it is on order until it is placed.
    let sales = at.join("data/sales.csv");
    let mut more = fs::read_to_string(&sales).unwrap();
    more.push_str("2026-05-01,HAM,counter,shop,2.5,19.90\n");
    fs::write(&sales, more).unwrap();
    night(at);
    assert_eq!(of(&sums(at, "recommendations", "on_order"), "SAFFRON", "shop"), 0.35);
}

#[test]
fn platforms_that_count_whole_units_are_told_whole_units() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    shop(at, 3);
    night(at);
    let table = Table::published(&at.join("out"), "allocation");
    let mut ham: f64 = 0.0;
    let mut parts = 0;
    for row in table.rows.iter().filter(|row| table.text(row, "channel") == "web") {
        let published = table.number(row, "published");
        parts += u32::from(!is_whole(published));
        ham += if table.text(row, "sku") == "HAM" { published } else { 0.0 };
    }
    assert!(parts > 0 && !is_whole(ham), "the shop shows parts of units: {ham}");
    for (format, column, separator, sums) in [
        ("amazon-quantity", "quantity", '\t', true),
        ("ebay", "Available quantity", ',', true),
        ("woocommerce", "Stock", ',', true),
        ("shopify-inventory", "On hand (new)", ',', false),
    ] {
        let file = format!("{format}.out");
        let args = ["export", "--config", "orderpoint.toml", "--out", "out", "--channel", "web"];
        let more = ["--format", format, "--what", "quantities", "--file", &file];
        let said = text(&succeeds(at, &[&args[..], &more].concat(), &[0]).stdout);
        assert!(said.contains("cut to whole units"), "{format}: {said}");
        let written = fs::read_to_string(at.join(&file)).unwrap();
        let mut lines = written.lines().map(|line| line.split(separator).collect::<Vec<_>>());
        let head = lines.next().unwrap();
        let nth = |name: &str| head.iter().position(|cell| *cell == name).unwrap();
        let (figure, sku) = (nth(column), head.iter().position(|cell| cell.contains("SKU")));
        let sku = sku.unwrap_or(0);
        for line in lines {
            let units: i64 = line[figure].parse().unwrap_or_else(|_| panic!("{written}"));
            if sums && line[sku] == "HAM" {
                assert_eq!(units, ham.floor() as i64, "{format}: of all places, then cut");
            }
        }
    }
}

#[test]
fn the_decimals_that_a_shop_counts_are_those_that_it_says() {
    for (fraction, on_hand) in [(1, 0.3), (2, 0.35), (3, 0.35)] {
        let folder = tempfile::tempdir().unwrap();
        shop(folder.path(), fraction);
        night(folder.path());
        let there = of(&sums(folder.path(), "recommendations", "on_hand"), "SAFFRON", "shop");
        assert_eq!(there, on_hand, "{fraction}");
        let told = Table::published(&folder.path().join("out"), "exceptions");
        let cut = told.rows.iter().any(|row| told.text(row, "kind") == "fractions-cut");
        assert_eq!(cut, fraction < 3, "what is finer than that is told");
    }
}

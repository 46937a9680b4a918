//! Loading from files on disk: every message and exit code that a planner may meet, and what must
//! not change a result.

use crate::domain::inputs::ProductStatus;
use crate::domain::panel::flag;
use crate::domain::units::{Money, Units};
use crate::ingest::*;
use std::fs;
use std::io::Write;
use std::path::Path;
use tempfile::TempDir;

const SALES: &str = "date,sku,channel,quantity,unit_price\n2024-01-01,A,web,3,2.50\n\
                     2024-01-02,A,web,-1,2.50\n2024-01-03,B,shop,4,1\n";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn request(dir: &TempDir, settings: &str) -> Request {
    Request {
        data: dir.path().to_owned(),
        settings: toml::from_str(settings).unwrap(),
        ..Request::default()
    }
}

fn ok(files: &[(&str, &str)], settings: &str) -> Inputs {
    let dir = folder(files);
    load(&request(&dir, settings)).unwrap_or_else(|e| panic!("{e}"))
}

/// How often something of that kind is told.
fn tells(inputs: &Inputs, kind: ExceptionKind) -> usize {
    inputs.exceptions.iter().filter(|exception| exception.kind == kind).count()
}

/// The message and exit code of a load that must fail.
fn refused(files: &[(&str, &str)], settings: &str) -> (String, u8) {
    let dir = folder(files);
    let error = load(&request(&dir, settings)).expect_err("it must be refused");
    (error.to_string(), error.exit_code())
}

#[track_caller]
fn refuses(files: &[(&str, &str)], settings: &str, parts: &[&str]) {
    let (message, code) = refused(files, settings);
    assert_eq!(code, 3, "{message}");
    parts.iter().for_each(|part| assert!(message.contains(part), "`{part}` is not in: {message}"));
}

/// (file, line, column, reason) of all rejected rows.
fn rejected(inputs: &Inputs) -> Vec<(String, u64, String, String)> {
    inputs
        .quarantine
        .iter()
        .map(|q| (q.file.clone(), q.line, q.column.clone(), q.reason.clone()))
        .collect()
}

#[track_caller]
fn rejects(
    files: &[(&str, &str)],
    settings: &str,
    place: (&str, u64, &str),
    reason: &str,
) -> Inputs {
    let inputs = ok(files, settings);
    let rows = rejected(&inputs);
    let [(file, line, column, why)] = rows.as_slice() else {
        panic!("expected one rejected row: {rows:?}")
    };
    assert_eq!((file.as_str(), *line, column.as_str()), place);
    assert!(why.contains(reason), "`{reason}` is not in: {why}");
    inputs
}

fn exception<'a>(inputs: &'a Inputs, kind: &str, key: &str) -> &'a Exception {
    let found =
        inputs.exceptions.iter().find(|e| e.kind.name() == kind && e.about.to_string() == key);
    found.unwrap_or_else(|| panic!("no exception {kind} {key} in {:?}", inputs.exceptions))
}

fn series<'a>(inputs: &'a Inputs, sku: &str) -> (Vec<f32>, &'a [u8]) {
    let code = inputs.names.skus.iter().position(|s| s == sku).unwrap();
    let at = (0..inputs.panel.len()).find(|&i| inputs.panel.key(i).sku.index() == code).unwrap();
    (inputs.panel.gross(at).into_owned(), inputs.panel.flags(at))
}

#[test]
fn a1_gross_returns_revenue_and_discount_by_series() {
    let text = "date,sku,quantity,unit_price,discount\n2024-01-01,A,10,2,0.5\n2024-01-01,A,-4,2,\n\
                2024-01-02,A,1,3,\n";
    let inputs = ok(&[("sales.csv", text)], "");
    assert_eq!(series(&inputs, "A").0, [10.0, 1.0]);
    assert_eq!(inputs.panel.returns(0), [(0, 4.0)]);
    assert_eq!(inputs.panel.flags(0)[0], flag::RETURNED);
    let totals = inputs.panel.totals(0);
    assert_eq!(
        (totals.revenue_365, totals.gross_revenue, totals.priced_units),
        (10.0 - 8.0 + 3.0, 13.0, 11.0)
    );
    assert_eq!(inputs.names.channels, ["all"]);
    assert_eq!(inputs.names.locations, ["main"]);
}

#[test]
fn a1_one_file_gzip_a_folder_and_a_pattern_give_the_same_panel() {
    let whole = ok(&[("sales.csv", SALES)], "");
    let (header, rows) = SALES.split_at(SALES.find('\n').unwrap() + 1);
    let lines: Vec<&str> = rows.lines().collect();
    let part = |lines: &[&str]| format!("{header}{}\n", lines.join("\n"));
    let (first, second) = (part(&lines[..1]), part(&[lines[2], lines[1]]));
    let parts =
        ok(&[("sales/p2.csv", &second), ("sales/p1.csv", &first), ("sales/_SUCCESS", "")], "");
    let glob =
        ok(&[("s_1.csv", &first), ("s_2.csv", &second)], "[mapping.sales]\nfile = \"s_*.csv\"");
    let dir = folder(&[]);
    let file = fs::File::create(dir.path().join("sales.csv.gz")).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(file, flate2::Compression::default());
    gzip.write_all(SALES.as_bytes()).unwrap();
    gzip.finish().unwrap();
    let gzipped = load(&request(&dir, "")).unwrap();
    for other in [parts, glob, gzipped] {
        assert_eq!(other.names, whole.names);
        for i in 0..whole.panel.len() {
            assert_eq!(other.panel.gross(i), whole.panel.gross(i));
            assert_eq!(other.panel.returns(i), whole.panel.returns(i));
            assert_eq!(other.panel.totals(i), whole.panel.totals(i));
        }
    }
}

#[test]
fn lines_of_one_order_add_up_and_only_a_repeated_row_is_one() {
    let head = "order_id,sku,line,quantity,expected\n";
    let rows =
        "P1,A,1,30,2024-03-05\nP1,A,2,70,2024-03-15\nP1,A,3,70,2024-03-15\nP1,A,3,70,2024-03-15\n";
    let orders = format!("{head}{rows}");
    let inputs = ok(&[("sales.csv", SALES), ("purchase_orders.csv", &orders)], "");
    let quantities: Vec<i64> =
        inputs.purchase_orders.iter().map(|order| order.quantity.count()).collect();
    assert_eq!(quantities, [30, 70, 70]);
    assert_eq!(inputs.quarantine.len(), 1);
}

/// A column that somebody added to an export with a column a location is no location.
#[test]
fn a_note_among_the_columns_of_locations_is_told_with_the_line_that_leaves_it_out() {
    let head = "Handle,Title,Our note,Option1 Name,Option1 Value,SKU,HS Code,COO,House,Shop\n";
    let row = |i| format!("mug,Mug,fragile,Title,x,MUG-{i},1,PT,20,not stocked\n");
    let rows: String = (0..40).map(row).collect();
    let stock =
        format!("{head}{rows}cup,Cup,,Title,x,CUP,1,PT,5,7\npot,Pot,,Title,x,POT,1,PT,3,many\n");
    let files = [("sales.csv", "date,sku,quantity\n2026-01-02,MUG,1\n"), ("inv.csv", &stock)];
    let mapping =
        "[[mapping.stock]]\nfile = \"inv.csv\"\npreset = \"shopify-inventory-by-location\"\n";
    let line = "exclude.location = [\"Our note\"]";
    // A shop one of whose cells is a word stays a location.
    refuses(&files, mapping, &[&format!("`{line}` in [mapping.stock]")]);
    let stock = stock.replace("many", "4");
    let files = [files[0], ("inv.csv", &stock)];
    let inputs = ok(&files, &format!("{mapping}{line}\n"));
    assert_eq!(rejected(&inputs), []);
}

#[test]
fn a_vendors_price_list_is_one_supplier_with_price_breaks() {
    let supply = "sku,supplier,unit_cost,lead_time_days,minimum_order,pack_size\n\
                  A,X,2.00,0,10000,0\nA,X,5.00,0,1,0\nA,X,4.00,0,500,\n";
    let breaks = "sku,supplier,from_quantity,unit_cost\nA,X,500,3.90\n";
    let files = [("sales.csv", SALES), ("supply.csv", supply), ("price_breaks.csv", breaks)];
    let inputs = ok(&files, "");
    let [row] = &inputs.supply[..] else { panic!("{:?}", inputs.supply) };
    assert_eq!((row.minimum_order, row.pack_size, row.lead_time_days), (Units(1), Units(1), 0.0));
    assert_eq!(row.unit_cost, Some(Money::from_f64(5.0)));
    let prices: Vec<(i64, f64)> = inputs
        .price_breaks
        .iter()
        .map(|b| (b.from_quantity.count(), b.unit_cost.as_f64()))
        .collect();
    assert_eq!(prices, [(500, 3.9), (10_000, 2.0)]);
    assert!(exception(&inputs, "price-tiers", "supply").what.starts_with("2 rows"));
}

#[test]
fn d14_a_lot_that_says_when_it_came_is_dated_by_the_shelf_life() {
    let lots = "sku,received,expires,quantity\nA,2024-01-01,,5\nA,2023-12-01,2024-02-01,7\n\
                B,2024-01-01,,9\n";
    let products = "sku,shelf_life_days\nA,10\nB,\n";
    let files = [("sales.csv", SALES), ("lots.csv", lots), ("products.csv", products)];
    let inputs = ok(&files, "");
    let dates: Vec<String> = inputs
        .lots
        .iter()
        .map(|lot| lot.expires.map_or_else(String::new, |day| day.to_string()))
        .collect();
    // Ten days of sale, the first on the day it came; B keeps.
    assert_eq!(dates, ["2024-01-10", "2024-02-01", ""]);
    let told = exception(&inputs, "lots-dated", "lots");
    assert_eq!(told.effect, Some(Effect::Units(Units(5))));
}

#[test]
fn a_minimum_above_the_maximum_is_told_and_keeps_its_supplier() {
    let supply = "sku,supplier,lead_time_days,minimum_order,pack_size,maximum_order\n\
                  A,X,7,10,,5\nB,X,7,10,12,20\nB,Y,7,10,24,20\n";
    let inputs = ok(&[("sales.csv", SALES), ("supply.csv", supply)], "");
    assert_eq!(inputs.supply.len(), 3);
    let told = exception(&inputs, "minimum-above-maximum", "supply");
    assert_eq!(
        told.what,
        "2 rows allow no quantity: A from X (minimum 10, maximum 5); \
         B from Y (minimum 10, packs of 24, maximum 20)"
    );
}

#[test]
fn a_price_of_one_place_or_one_way_of_delivery_is_no_price_of_another() {
    let sales = "date,sku,location,quantity\n2024-01-01,A,E,1\n2024-01-01,A,W,1\n";
    let supply = "sku,supplier,location,unit_cost,lead_time_days,minimum_order,maximum_order\n\
                  A,X,,4.00,9,1,\nA,X,W,5.00,9,1,299\nA,X,W,3.50,9,300,\n\
                  A,Y,,4.00,5,1,\nA,Y,,3.00,40,200,\nA,Y,,3.80,5,100,\n";
    let breaks = "sku,supplier,from_quantity,unit_cost\nA,X,1000,3.00\n";
    let files = [("sales.csv", sales), ("supply.csv", supply), ("price_breaks.csv", breaks)];
    let inputs = ok(&files, "");
    let prices = |row: &crate::domain::inputs::Supply| {
        let breaks = inputs.price_breaks.of((row.sku, row.supplier, row.location));
        let prices = breaks.iter().map(|b| (b.from_quantity.count(), b.unit_cost.as_f64()));
        prices.collect::<Vec<_>>()
    };
    let [everywhere, y, west] = &inputs.supply[..] else { panic!("{:?}", inputs.supply) };
    assert_eq!(prices(everywhere), [(1000, 3.0)]);
    // What ended the dearer price ends no order.
    assert_eq!((prices(west), west.maximum_order), (vec![(300, 3.5), (1000, 3.0)], None));
    assert_eq!((prices(y), y.lead_time_days), (vec![(100, 3.8)], 5.0));
    let told = &inputs.exceptions;
    let left_out = told.iter().find(|e| e.what.contains("lead_time_days 40, not 5")).unwrap();
    assert_eq!(left_out.severity, Severity::Warning);
}

#[test]
fn row_order_changes_nothing_even_with_fractions_and_huge_cells() {
    let mut rows: Vec<String> = (0..400)
        .map(|i| format!("2024-01-0{},S{},{}.{}", 1 + i % 7, i % 5, i * 977 % 1009, i % 10))
        .collect();
    rows.extend((0..40).map(|i| format!("2024-01-03,S1,{}", 9_999_000 + i)));
    let text = |rows: &[String]| format!("date,sku,quantity\n{}\n", rows.join("\n"));
    let first = ok(&[("sales.csv", &text(&rows))], "");
    for step in [7, 13, 17] {
        let shuffled: Vec<String> =
            (0..rows.len()).map(|i| rows[(i * step + 3) % rows.len()].clone()).collect();
        let second = ok(&[("sales.csv", &text(&shuffled))], "");
        for i in 0..first.panel.len() {
            assert_eq!(first.panel.gross(i), second.panel.gross(i));
            assert_eq!(first.panel.totals(i), second.panel.totals(i));
        }
    }
}

#[test]
fn a2_aliases_by_channel_with_factor_and_unmapped_rows_quarantined() {
    let sales = "date,sku,channel,quantity\n2024-01-01,B00X,amazon,2\n2024-01-01,B00X,ebay,1\n\
                 2024-01-01,A,web,5\n2024-01-01,ZZZ,web,7\n";
    let aliases = "channel_sku,channel,sku,factor\nB00X,amazon,A,3\nB00X,,A,1\n";
    let inputs = rejects(
        &[("sales.csv", sales), ("aliases.csv", aliases), ("products.csv", "sku\nA\n")],
        "",
        ("sales.csv", 5, "sku"),
        "neither in products nor in aliases",
    );
    assert_eq!(inputs.names.skus, ["A"]);
    let sold: Vec<f32> = (0..3).map(|i| inputs.panel.gross(i)[0]).collect();
    assert_eq!(sold, [6.0, 1.0, 5.0]);
}

#[test]
fn a4_zeros_from_first_sale_or_launch_to_the_as_of_date() {
    let sales = "date,sku,quantity\n2024-01-03,A,2\n2024-01-05,B,1\n2024-01-02,B,0\n";
    let products = "sku,launched\nA,2024-01-01\nB,2024-01-04\n";
    let dir = folder(&[("sales.csv", sales), ("products.csv", products)]);
    let inputs =
        load(&Request { as_of: Some("2024-01-08".parse().unwrap()), ..request(&dir, "") }).unwrap();
    assert_eq!(series(&inputs, "A").0, [0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(series(&inputs, "B").0, [0.0, 1.0, 0.0, 0.0]);
    let from_master = ok(
        &[("sales.csv", "date,sku,quantity\n2024-01-02,A,2\n2024-01-01,A,-1\n2024-01-04,A,1\n")],
        "",
    );
    assert_eq!(series(&from_master, "A").0, [2.0, 0.0, 1.0]);
}

#[test]
fn stock_outs_promotions_and_the_time_before_launch_are_flagged() {
    let sales = "date,sku,quantity,promotion,in_stock\n2024-01-01,A,2,yes,\n2024-01-02,A,0,,no\n\
                 2024-01-05,A,1,,\n2024-01-01,B,0,,\n";
    let history = "date,sku,on_hand\n2024-01-03,A,0\n2024-01-05,A,0\n";
    let inputs = ok(
        &[
            ("sales.csv", sales),
            ("stockouts.csv", "sku,start,end\nA,2024-01-04,2024-01-04\n"),
            ("stock_history.csv", history),
            ("products.csv", "sku,launched\nB,2024-01-03\n"),
        ],
        "",
    );
    assert_eq!(
        series(&inputs, "A").1,
        [flag::PROMOTION, flag::STOCKOUT, flag::STOCKOUT, flag::STOCKOUT, 0]
    );
    assert_eq!(series(&inputs, "B").1, [flag::INACTIVE, flag::INACTIVE, 0, 0, 0]);
}

#[test]
fn between_two_empty_weekly_snapshots_the_shelf_was_empty_unless_something_sold() {
    let sold = "date,sku,quantity\n2024-01-01,A,2\n2024-01-17,A,1\n2024-01-27,A,2\n";
    let history = "date,sku,on_hand\n2024-01-03,A,0\n2024-01-10,A,-1\n2024-01-16,A,0\n\
                   2024-01-19,A,0\n2024-01-26,A,6\n";
    let inputs = ok(&[("sales.csv", sold), ("stock_history.csv", history)], "");
    let out: Vec<usize> =
        (0..27).filter(|&t| series(&inputs, "A").1[t] == flag::STOCKOUT).map(|t| t + 1).collect();
    // Owed is not there, either; something was sold on the 17th, and so there before it.
    assert_eq!(out, [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 19]);
}

#[test]
fn around_an_empty_weekly_snapshot_a_best_seller_was_out_from_its_last_sale_to_its_next() {
    // Every day but from the 9th to the 18th; slow sells on the 2nd and the 25th.
    let mut sold = "date,sku,quantity\n2024-01-02,slow,1\n2024-01-25,slow,1\n".to_owned();
    for day in (1..=8).chain(19..=27) {
        sold += &format!("2024-01-{day:02},fast,8\n");
    }
    let mut history = "date,sku,on_hand\n".to_owned();
    for sku in ["fast", "slow"] {
        for (day, on_hand) in [(7, 8), (14, 0), (21, 40)] {
            history += &format!("2024-01-{day:02},{sku},{on_hand}\n");
        }
    }
    let inputs = ok(&[("sales.csv", &sold), ("stock_history.csv", &history)], "");
    let out = |sku: &str, first: usize| -> Vec<usize> {
        let flags = series(&inputs, sku).1;
        (0..flags.len()).filter(|&t| flags[t] == flag::STOCKOUT).map(|t| t + first).collect()
    };
    assert_eq!(out("fast", 1), (9..=18).collect::<Vec<_>>());
    assert_eq!(out("slow", 2), [14], "its zeros say nothing");
}

#[test]
fn a_week_with_only_empty_stock_counts_is_a_stock_out() {
    let history = "date,sku,on_hand\n2024-01-01,A,0\n2024-01-08,A,0\n2024-01-09,A,4\n";
    let dir = folder(&[
        ("sales.csv", "date,sku,quantity\n2024-01-01,A,2\n2024-01-08,A,2\n"),
        ("stock_history.csv", history),
    ]);
    let weeks = Request {
        bucket: Bucket::Week,
        as_of: Some("2024-01-15".parse().unwrap()),
        ..request(&dir, "")
    };
    assert_eq!(series(&load(&weeks).unwrap(), "A").1, [flag::STOCKOUT, 0]);
}

#[test]
fn nothing_from_the_as_of_date_on_is_known() {
    let files = [
        ("sales.csv", "date,sku,quantity\n2024-01-01,A,2\n2024-01-09,A,7\n2024-01-09,NEW,7\n"),
        ("stock_history.csv", "date,sku,on_hand\n2024-01-01,A,5\n2024-01-08,A,9\n"),
        (
            "purchase_orders.csv",
            "order_id,sku,quantity,confirmed,received,received_quantity\n\
             P1,A,5,2023-12-01,2024-01-08,5\nP2,A,5,2024-01-08,,\n",
        ),
        ("overrides.csv", "sku,field,value,date\nA,safety_stock,5,2024-01-09\n"),
        ("counts.csv", "date,sku,recorded,counted\n2024-01-08,A,5,4\n"),
    ];
    let dir = folder(&files);
    let inputs =
        load(&Request { as_of: Some("2024-01-08".parse().unwrap()), ..request(&dir, "") }).unwrap();
    assert_eq!(
        (inputs.panel.len(), &*inputs.panel.gross(0)),
        (1, [2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0].as_slice())
    );
    assert!(exception(&inputs, "future-rows", "sales").what.starts_with("2 rows"));
    assert_eq!(inputs.stock_history.len(), 1);
    assert_eq!(inputs.purchase_orders.len(), 1);
    assert_eq!(
        (inputs.purchase_orders[0].received, inputs.purchase_orders[0].received_quantity),
        (None, None)
    );
    assert!(inputs.overrides.is_empty() && inputs.counts.is_empty());
}

#[test]
fn d12_a_part_received_of_an_open_order_is_known() {
    let orders =
        "order_id,sku,quantity,confirmed,received,received_quantity\nP1,A,100,2023-12-01,,40\n";
    let inputs = ok(&[("sales.csv", SALES), ("purchase_orders.csv", orders)], "");
    let order = &inputs.purchase_orders[0];
    assert_eq!((order.received, order.received_quantity), (None, Some(Units(40))));
}

#[test]
fn what_has_no_place_is_told() {
    let files = [
        ("sales.csv", "date,sku,channel,quantity\n2024-01-01,A,web,2\n2024-01-02,A,web,1\n"),
        ("purchase_orders.csv", "order_id,sku,quantity\nP1,OLD,100\n"),
        (
            "adjustments.csv",
            "sku,channel,from,to,factor\nA,wbe,2024-01-03,2024-01-05,2\n\
             A,web,2024-01-03,2024-01-05,2\n",
        ),
    ];
    let inputs = ok(&files, "");
    assert_eq!(exception(&inputs, "unplanned-item", "OLD").severity, Severity::Info);
    assert!(exception(&inputs, "idle-adjustment", "A").what.contains("in channel wbe"));
    assert_eq!(
        inputs
            .exceptions
            .iter()
            .filter(|e| ["unplanned-item", "idle-adjustment"].contains(&e.kind.name()))
            .count(),
        2
    );
    let dir = folder(&files);
    let pilot = Request { only: Some(vec!["A".to_owned(), "ZZZ".to_owned()]), ..request(&dir, "") };
    assert!(exception(&load(&pilot).unwrap(), "unknown-sku", "only").what.contains("ZZZ"));
}

#[test]
fn a11_stale_tables_warn_or_refuse() {
    let dir = folder(&[("sales.csv", SALES)]);
    let late = |settings| {
        load(&Request { as_of: Some("2024-02-01".parse().unwrap()), ..request(&dir, settings) })
    };
    let inputs = late("").unwrap();
    assert!(exception(&inputs, "stale-table", "sales").what.contains("28 full days"));
    let error = late("[data.freshness.sales]\nrefuse_days = 7").unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().contains("table sales is stale"), "{error}");
    // A year that is typed wrong would stay `current` for as long.
    let as_of = Some("2126-01-04".parse().unwrap());
    let error = load(&Request { as_of, ..request(&dir, "") }).unwrap_err();
    assert!(error.to_string().contains("or the as-of date is mistyped"), "{error}");
}

#[test]
fn a11_half_an_export_is_refused() {
    let dir = folder(&[("sales.csv", SALES)]);
    let load = |settings: &str| load(&request(&dir, settings));
    let rows = SALES.lines().count() - 1;
    assert!(load(&format!("[data.rows.sales]\nleast = {rows}\nmost = {rows}")).is_ok());
    let told = |settings: &str| {
        let error = load(settings).unwrap_err();
        assert_eq!(error.exit_code(), 3);
        error.to_string()
    };
    let short = told(&format!("[data.rows.sales]\nleast = {}", rows + 1));
    assert!(
        short.contains(&format!("table sales has {rows} rows, expected at least {}", rows + 1)),
        "{short}"
    );
    assert!(told("[data.rows.sales]\nmost = 1").contains("expected at most 1"));
    assert!(told("[data.rows.stock]\nleast = 1").contains("table stock has 0 rows"));
}

#[test]
fn a12_rejected_rows_name_file_line_column_and_reason() {
    let text = "date,sku,quantity,note\n\n2024-01-01,A,1,\"two\nlines\"\n\n2024-01-02,A,x,\n\
                2024-01-03,A,1,ok\n";
    for text in [text.to_owned(), text.replace('\n', "\r\n")] {
        rejects(&[("sales.csv", &text)], "", ("sales.csv", 6, "quantity"), "not a number");
    }
}

#[test]
fn a12_a_reject_share_above_the_limit_refuses_the_run() {
    let mut text = SALES.to_owned();
    (0..10).for_each(|i| text.push_str(&format!("2024-01-0x,A,web,{i},1\n")));
    refuses(
        &[("sales.csv", &text)],
        "",
        &[
            "10 of 13 rows of sales are rejected (76.9 %, the limit is 5.0 %",
            "line 5, date `2024-01-0x`",
        ],
    );
    ok(&[("sales.csv", &text)], "[data]\nreject_share_limit = 0.9");
}

#[test]
fn a12_a_table_most_of_whose_rows_are_rejected_is_an_error_that_says_what_is_wrong() {
    let supply = "sku,supplier,lead_time_days\nA,ACME,soon\nB,ACME,later\n";
    let inputs = ok(&[("sales.csv", SALES), ("supply.csv", supply)], "");
    let told = inputs.exceptions.iter().find(|e| e.kind == ExceptionKind::Quarantine).unwrap();
    assert_eq!(told.severity, Severity::Error);
    assert!(told.why.contains("line 2, lead_time_days `soon`: not a number"), "{}", told.why);
}

#[test]
fn lots_of_a_few_items_are_not_the_stock_of_all() {
    let sales = "date,sku,quantity\n2024-01-01,A,1\n2024-01-02,B,1\n2024-01-03,C,1\n";
    let lots = |items: &[&str]| {
        let rows = items.iter().map(|sku| format!("{sku},5,2024-06-01\n{sku},4,2024-07-01\n"));
        let text = format!("sku,quantity,expires\n{}", rows.collect::<String>());
        ok(&[("sales.csv", sales), ("lots.csv", &text)], "")
    };
    let few = lots(&["A"]);
    assert!(!few.stock_is_known(), "what is not in the lots of one item may well be there");
    assert!(few.stock.is_empty());
    let most = lots(&["A", "B"]);
    assert!(most.stock_is_known());
    let there: Vec<Units> = most.stock.iter().map(|stock| stock.on_hand).collect();
    assert_eq!(there, [Units(9), Units(9)], "5 and 4 of each, none of C");
}

#[test]
fn a13_a_unit_behind_a_number_that_the_column_counts_anyway_is_read() {
    let supply =
        "sku,supplier,lead_time_days,pack_size\nA,ACME,2 weeks,12 pcs.\nB,ACME,14 days,6 kg\n";
    let inputs = ok(&[("sales.csv", SALES), ("supply.csv", supply)], "");
    let read: Vec<_> = inputs.supply.iter().map(|s| (s.lead_time_days, s.pack_size)).collect();
    assert_eq!(read, [(14.0, Units(12))], "a weight is no count");
    assert_eq!(inputs.quarantine[0].value, "6 kg");
}

#[test]
fn a13_units_of_measure_cut_off_and_zone() {
    let text = "date,sku,quantity\n2024-01-02T03:59:00Z,A,2\n2024-01-02 12:00:00 -0500,A,1\n\
                2024-01-02,A,1\n";
    let inputs = ok(
        &[("sales.csv", text), ("products.csv", "sku,unit_of_measure\nA,case of 12\n")],
        "[data]\ncutoff_hour = 4\nutc_offset_hours = 0",
    );
    assert_eq!(series(&inputs, "A").0, [24.0, 24.0]);
    assert_eq!(inputs.panel.calendar().as_of().to_string(), "2024-01-03");
}

#[test]
fn a16_the_master_list_audit_names_what_is_missing() {
    let inputs = ok(
        &[
            ("sales.csv", SALES),
            ("products.csv", "sku,name,unit_cost\nA,Alpha,1.2345\n"),
            ("stock.csv", "sku,on_hand\nA,5\nOLD,9\n"),
            ("supply.csv", "sku,supplier,lead_time_days\nA,ACME,7\n"),
        ],
        "",
    );
    let texts: Vec<&str> = inputs.exceptions.iter().map(|e| e.what.as_str()).collect();
    for expected in [
        "1 item sold but not in products: B",
        "1 item without a usable stock row: B",
        "1 item without a supplier and a lead time: B",
    ] {
        assert!(texts.contains(&expected), "{expected} is not in {texts:?}");
    }
    assert!(texts.contains(&"1 item without any sale, but in stock: OLD"));
    let old =
        inputs.panel.pools().iter().find(|p| inputs.names.skus[p.sku.index()] == "OLD").unwrap();
    assert!(old.series.is_empty(), "an item in stock that never sold is a pool without series");
    assert_eq!(inputs.products[0].unit_cost, Some(Money(12_345)));
}

#[test]
fn a16_a_cost_that_only_the_supplier_names_is_known() {
    let products = ("products.csv", "sku,name\nA,Alpha\nB,Beta\n");
    let supply = "sku,supplier,lead_time_days,unit_cost\nA,ACME,7,2.5\nB,ACME,7,\n";
    let inputs = ok(&[("sales.csv", SALES), products, ("supply.csv", supply)], "");
    let told: Vec<&str> = inputs.exceptions.iter().map(|e| e.what.as_str()).collect();
    assert!(told.contains(&"1 item without a unit cost: B"), "{told:?}");
}

#[test]
fn a17_presets_read_foreign_layouts() {
    let nixtla = ok(
        &[("sales.csv", "unique_id,ds,y\nA,2024-01-01,3\n")],
        "[mapping.sales]\npreset = \"nixtla\"",
    );
    assert_eq!(series(&nixtla, "A").0, [3.0]);
    let shopify = "Name,Created at,Cancelled at,Lineitem quantity,Lineitem sku,Lineitem \
                   price,Lineitem discount\n\
        #1,2024-01-01 23:30:00 -0500,,2,A,10.00,1.00\n#1,2024-01-01 23:30:00 -0500,,1,B,5.00,0\n\
        #2,2024-01-02 10:00:00 -0500,2024-01-03 09:00:00 -0500,9,A,10.00,0\n\
        #2,2024-01-02 10:00:00 -0500,,9,B,5.00,0\n";
    let shopify = ok(
        &[("orders.csv", shopify)],
        "[mapping.sales]\nfile = \"orders.csv\"\npreset = \"shopify-orders\"",
    );
    assert_eq!((series(&shopify, "A").0, series(&shopify, "B").0), (vec![2.0], vec![1.0]));
    assert_eq!(shopify.panel.totals(0).gross_revenue, 19.0);
    assert_eq!(shopify.names.channels, ["shopify"]);
    assert!(exception(&shopify, "excluded-rows", "orders.csv").what.starts_with("2 of 4 rows"));
    let amazon = "amazon-order-id\tpurchase-date\torder-status\tsales-channel\tsku\tasin\t\
        quantity\titem-price\n\
        1\t2024-01-01T08:00:00+00:00\tShipped\tAmazon.de\tA\tB0\t2\t19.98\n\
        2\t2024-01-01T09:00:00+00:00\tCancelled\tAmazon.de\tA\tB0\t1\t\n";
    let amazon = ok(
        &[("orders.txt", amazon)],
        "[mapping.sales]\nfile = \"orders.txt\"\npreset = \"amazon-all-orders\"",
    );
    assert_eq!((series(&amazon, "A").0, amazon.panel.totals(0).gross_revenue), (vec![2.0], 19.98));
    let unmatched = amazon.exceptions.iter().any(|e| e.kind == ExceptionKind::UnmatchedColumn);
    assert!(!unmatched, "a platform's own columns are known");
}

#[test]
fn a17_wide_tables_have_dates_or_items_as_headings() {
    let dates = "Store,Product,2024-01-01,2024-01-08\n0,126,,3\n1,126,2,x\n";
    let settings =
        "[mapping.sales]\npreset = \"wide\"\ncolumns = { sku = \"Product\", location = \"Store\" }";
    let inputs =
        rejects(&[("sales.csv", dates)], settings, ("sales.csv", 3, "quantity"), "not a number");
    assert_eq!(inputs.names.locations, ["0", "1"]);
    let items = "month,A,B\n1998-01,1,0\n1998-02,0,5\n";
    let dir = folder(&[("sales.csv", items)]);
    let settings = "[mapping.sales]\npreset = \"wide\"\ncolumns = { date = \"month\" }";
    let inputs = load(&Request { bucket: Bucket::Month, ..request(&dir, settings) }).unwrap();
    assert_eq!(
        (series(&inputs, "A").0.iter().sum::<f32>(), series(&inputs, "B").0.iter().sum::<f32>()),
        (1.0, 5.0)
    );
}

#[test]
fn sources_of_one_table_add_up_each_by_its_own_mapping() {
    let shop = "day;item;qty\n01.02.2024;A;2\n02.02.2024;B;1\n";
    let settings = "[[mapping.sales]]\nfile = \"shop/*.csv\"\nchannel = \"till\"\n\
                    location = \"L\"\n\
        separator = \";\"\ndate_formats = [\"%d.%m.%Y\"]\n\
        columns = { date = \"day\", sku = \"item\", quantity = \"qty\" }\n\
        [[mapping.sales]]\nfile = \"sales.csv\"\nvalues = { channel = { \"web\" = \"online\" } }\n";
    let inputs = ok(&[("shop/feb.csv", shop), ("sales.csv", SALES)], settings);
    assert_eq!(inputs.names.channels, ["online", "shop", "till"]);
    assert_eq!(inputs.names.locations, ["L", "main"]);
    assert_eq!(inputs.names.skus, ["A", "B"]);
    let sold: f32 =
        (0..inputs.panel.len()).map(|i| inputs.panel.gross(i).iter().sum::<f32>()).sum();
    assert_eq!(sold, 10.0);
}

#[test]
fn an_order_in_two_files_counts_once_as_the_newer_one_has_it() {
    let head = "date,sku,quantity,order_id,status\n";
    let old =
        format!("{head}2024-01-01,A,1,7,paid\n2024-01-01,A,1,7,paid\n2024-01-02,A,5,8,paid\n");
    let new = format!(
        "{head}2024-01-01,A,2,7,paid\n2024-01-02,A,5,8,cancelled\n2024-01-03,A,1,9,paid\n\
         2024-01-03,A,-1,7,paid\n"
    );
    let settings = "[mapping.sales]\nfile = \"o*.csv\"";
    for files in [["o1.csv", "o2.csv"], ["o2.csv", "o1.csv"]] {
        let inputs = ok(&[(files[0], &old), (files[1], &new)], settings);
        assert_eq!(series(&inputs, "A").0, [2.0, 0.0, 1.0]);
        assert_eq!(inputs.panel.returns(0), [(2, 1.0)]);
        let what = &exception(&inputs, "repeated-rows", "sales").what;
        assert!(what.starts_with("3 rows (7 units)"), "{what}");
    }
    let alone = ok(&[("o1.csv", &old)], settings);
    assert_eq!(series(&alone, "A").0, [2.0, 5.0], "one file adds up");
}

#[test]
fn m6_an_order_that_was_moved_to_another_day_counts_once_on_the_day_of_the_newer_file() {
    let head = "date,sku,quantity,order_id,line_id\n";
    let old = format!("{head}2024-01-01,A,1,10,1\n2024-01-02,A,2,11,1\n2024-01-03,A,4,12,1\n");
    let new = format!("{head}2024-01-04,A,4,12,1\n2024-01-05,A,8,13,1\n");
    let settings = "[mapping.sales]\nfile = \"o*.csv\"";
    for files in [["o1.csv", "o2.csv"], ["o2.csv", "o1.csv"]] {
        let inputs = ok(&[(files[0], &old), (files[1], &new)], settings);
        assert_eq!(series(&inputs, "A").0, [1.0, 2.0, 0.0, 4.0, 8.0]);
        let what = &exception(&inputs, "repeated-rows", "sales").what;
        assert!(what.starts_with("1 row (4 units)") && what.contains("1 of them on another"));
    }
    // Cancelled where it was moved to.
    let cancelled = "date,sku,quantity,order_id,line_id,status\n2024-01-04,A,4,12,1,cancelled\n\
                     2024-01-05,A,8,13,1,paid\n"
        .to_owned();
    let inputs = ok(&[("o1.csv", &old), ("o2.csv", &cancelled)], settings);
    assert_eq!(series(&inputs, "A").0, [1.0, 2.0, 0.0, 0.0, 8.0]);

    // A till that begins at 1 each morning, with a file a day or a month.
    let day = |day: u8| {
        let rows = (1..=4).map(|receipt| format!("2024-01-{day:02},A,1,{receipt},1\n"));
        head.to_owned() + &rows.collect::<String>()
    };
    let days: Vec<String> = (1..=3).map(day).collect();
    let inputs = ok(&[("o1.csv", &days[0]), ("o2.csv", &days[1])], settings);
    assert_eq!(series(&inputs, "A").0, [4.0, 4.0]);
    let month = days[0].clone() + days[1].strip_prefix(head).unwrap();
    let later = days[2].clone() + day(4).strip_prefix(head).unwrap();
    let inputs = ok(&[("o1.csv", &month), ("o2.csv", &later)], settings);
    assert_eq!(series(&inputs, "A").0, [4.0; 4]);
    let inputs = ok(&[("o1.csv", &month), ("o2.csv", &days[1])], settings);
    assert_eq!(series(&inputs, "A").0, [4.0, 4.0], "the same morning is the same receipts");
}

#[test]
fn titles_footers_totals_and_repeated_headers_are_no_rows() {
    let text = "Sales by item\nAll dates\n\ndate,sku,quantity\n2024-01-01,A,1\ndate,sku,quantity\n\
        2024-01-02,A,2\n2024-01-02,,3\nTotal,,6\n";
    let inputs = ok(&[("sales.csv", text)], "");
    assert_eq!(series(&inputs, "A").0, [1.0, 2.0]);
    assert!(inputs.quarantine.is_empty(), "{:?}", inputs.quarantine);
    let what = &exception(&inputs, "excluded-rows", "sales.csv").what;
    for part in ["3 of 5 rows", "1 names no item in `sku`", "1 is a total", "1 repeats"] {
        assert!(what.contains(part), "{what}");
    }
    for footer in ["2", "\"Page\"", "[\"page 1\"]"] {
        let text = "date,sku,quantity\n2024-01-01,A,1\nPage 1,B,2\nPage 2,B,2\n";
        let inputs = ok(&[("sales.csv", text)], &format!("[mapping.sales]\nfooter = {footer}"));
        assert_eq!(inputs.names.skus, ["A"]);
        assert!(inputs.quarantine.is_empty());
    }
}

#[test]
fn rules_on_any_column_of_the_file_leave_rows_out() {
    let text =
        "date,sku,quantity,grade\n2024-01-01,A,1,good\n2024-01-01,A,0,good\n2024-01-02,A,4,bad\n";
    let rules = "exclude = { quantity = [\"0\"] }\nkeep = { grade = [\"good\"] }";
    let inputs = ok(&[("sales.csv", text)], &format!("[mapping.sales]\n{rules}"));
    assert_eq!(series(&inputs, "A").0, [1.0]);
    refuses(
        &[("sales.csv", text)],
        "[mapping.sales]\nkeep = { graed = [\"good\"] }",
        &["`graed` is neither a column of the table nor of the file", "the nearest is `grade`"],
    );
}

#[test]
fn folders_say_what_their_names_say() {
    let rows = |sku: &str| format!("date,sku,quantity\n2024-01-01,{sku},1\n");
    let inputs = ok(
        &[
            ("sales/channel=web/part-0.csv", &rows("A")),
            ("sales/channel=shop%20one/month=1/part-0.csv", &rows("A")),
            ("sales/_SUCCESS", ""),
            ("sales/channel=web/part-1.csv", ""),
        ],
        "",
    );
    assert_eq!(inputs.names.channels, ["shop one", "web"]);
    let empty = exception(&inputs, "unknown-file", "sales/channel=web/part-1.csv");
    assert!(empty.what.contains("empty"), "{}", empty.what);
}

#[test]
fn a_missing_required_column_names_what_was_found_and_the_nearest() {
    refuses(
        &[("sales.csv", "date,item_sku,quantity\n2024-01-01,A,1\n")],
        "",
        &[
            "sales.csv",
            "needs a column `sku`",
            "`date`, `item_sku`, `quantity`",
            "the nearest is `item_sku`",
            "[mapping.sales.columns]",
        ],
    );
    refuses(
        &[("sales.csv", SALES)],
        "[mapping.sales]\ncolumns = { quantity = \"qty\" }",
        &["quantity = \"qty\"", "no such column"],
    );
}

#[test]
fn wrong_settings_are_listed_at_once_with_the_nearest_known_name() {
    let settings = "[mapping.sales]\npreset = \"nixla\"\ncolumns = { quantiti = \"q\" }\n\
                    [mapping.sale]\n[data]\nreject_share_limit = 5";
    let (message, code) = refused(&[("sales.csv", SALES)], settings);
    assert_eq!(code, 2);
    for part in [
        "4 problems",
        "`nixla` is unknown, did you mean `nixtla`?; the presets are generic, nixtla",
        "did you mean `quantity`?",
        "did you mean `sales`?",
        "between 0 and 1",
    ] {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
    assert!(toml::from_str::<Settings>("[data]\nreject_share = 1").is_err());
}

#[test]
fn files_that_are_not_what_they_seem_are_refused() {
    refuses(&[], "", &["no table sales", "sales.csv"]);
    refuses(&[("sales.csv", "")], "", &["sales.csv", "the file is empty"]);
    refuses(&[("sales.csv", "\n\n")], "", &["only blank lines"]);
    refuses(
        &[("sales.csv", "date,sku,quantity\n")],
        "",
        &["there is a header but no row of sales"],
    );
    refuses(&[("sales.csv", "PK\u{3}\u{4}xxxx")], "", &["expected a CSV file", "Excel workbook"]);
    refuses(&[("sales.csv", "PAR1....PAR1")], "", &["expected a CSV file", "Parquet"]);
    refuses(&[("sales.parquet", SALES)], "", &["expected a Parquet file", "text"]);
    refuses(
        &[("sales.parquet", "PAR1 this is not a footer PAR1")],
        "",
        &["not a readable Parquet file"],
    );
    refuses(&[("sales.csv.gz", SALES)], "", &["expected a gzipped CSV file"]);
    refuses(&[("sales.csv", SALES), ("sales.parquet", "PAR1")], "", &["is there twice"]);
    refuses(&[("sales/readme.md", "x")], "", &["no part in this folder"]);
    refuses(&[("sales.csv", SALES)], "[mapping.sales]\nfile = \"orders.csv\"", &["finds no file"]);
    let dir = tempfile::tempdir().unwrap();
    let missing = Request { data: dir.path().join("nowhere"), ..Request::default() };
    assert_eq!(load(&missing).unwrap_err().exit_code(), 3);
}

#[test]
fn a_damaged_or_endless_file_is_refused() {
    let dir = folder(&[]);
    fs::write(dir.path().join("sales.csv.gz"), [0x1f, 0x8b, 8, 0, 1, 2, 3]).unwrap();
    let error = load(&request(&dir, "")).unwrap_err();
    assert_eq!(error.exit_code(), 3, "{error}");
    let bomb = folder(&[]);
    let file = fs::File::create(bomb.path().join("sales.csv.gz")).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    gzip.write_all(b"date,sku,quantity\n").unwrap();
    (0..200_000).for_each(|_| gzip.write_all(b"2024-01-01,A,1\n").unwrap());
    gzip.finish().unwrap();
    let error = load(&request(&bomb, "[data]\ndecompressed_limit_mb = 1")).unwrap_err();
    assert!(error.to_string().contains("unpacks to more than 1 MiB"), "{error}");
    refuses(
        &[("sales.csv", "date,sku,quantity\n2024-01-01,\"A,1\n2024-01-02,A,1\n")],
        "",
        &["line 2: a quote that opens in this row is not closed"],
    );
}

#[test]
fn byte_order_mark_windows_line_ends_and_quotes_are_read() {
    let text = "\u{feff}date,sku,quantity\r\n2024-01-01,\"Ünïcode, \"\"quoted\"\"\",\"2\"\r\n";
    let inputs = ok(&[("sales.csv", text)], "");
    assert_eq!(inputs.names.skus, ["Ünïcode, \"quoted\""]);
    assert_eq!(*inputs.panel.gross(0), [2.0]);
    let latin = folder(&[]);
    fs::write(latin.path().join("sales.csv"), b"date,sku,quantity\n2024-01-01,caf\xe9,1\n")
        .unwrap();
    for (encoding, told) in [("", 1), ("[csv]\nencoding = \"latin-1\"", 0)] {
        let inputs = load(&request(&latin, encoding)).unwrap();
        assert_eq!(inputs.names.skus, ["café"]);
        assert_eq!(tells(&inputs, ExceptionKind::AssumedLayout), told);
    }
    let error = load(&request(&latin, "[csv]\nencoding = \"utf-8\"")).unwrap_err();
    assert!(
        error.to_string().contains("no sales are left") && error.to_string().contains("latin-1"),
        "{error}"
    );
}

#[test]
fn text_of_other_programs_is_read_as_it_is_written() {
    let text = "date,sku,quantity,unit_price\r2026-01-31,A,2,12 €\r2026-01-31,B,1,1 €\r";
    let windows: Vec<u8> = text.chars().map(|c| if c == '€' { 0x80 } else { c as u8 }).collect();
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    for bytes in [text.as_bytes().to_vec(), windows, utf16(text), utf16(&text.replace('\r', "\n"))]
    {
        let dir = folder(&[]);
        fs::write(dir.path().join("sales.csv"), bytes).unwrap();
        let inputs = load(&request(&dir, "")).unwrap();
        assert_eq!(inputs.names.skus, ["A", "B"]);
        let revenue: f64 = (0..2).map(|at| inputs.panel.totals(at).gross_revenue).sum();
        assert_eq!(revenue, 25.0);
    }
    // What is neither is not guessed at.
    let dir = folder(&[]);
    fs::write(dir.path().join("sales.csv"), b"date,sku,quantity\n2026-01-31,\x83\x81,1\n").unwrap();
    let error = load(&request(&dir, "")).unwrap_err().to_string();
    assert!(error.contains("neither UTF-8 nor Windows-1252"), "{error}");
}

#[test]
fn m8_dates_of_two_meanings_are_read_as_the_others_of_their_file_show() {
    let rows = |dates: &[&str]| {
        let rows: Vec<String> = dates.iter().map(|date| format!("{date},A,1\n")).collect();
        format!("date,sku,quantity\n{}", rows.concat())
    };
    let days = |inputs: &Inputs| inputs.panel.calendar().history();
    let unsaid = rows(&["02/01/2026", "03/01/2026", "13/01/2026"]);
    refuses(&[("sales.csv", &unsaid)], "", &["02/01/2026", "date_formats = [\"%d/%m/%Y\"]"]);
    // The layout's own habit gives way to what the file shows, and is told where nothing does.
    let etsy = |dates: &[&str]| {
        let header = "Sale Date,Item Name,Transaction ID,Listing ID,Quantity,SKU\n";
        let rows: Vec<String> =
            dates.iter().zip(1..).map(|(date, n)| format!("{date},Mug,{n},1,1,A\n")).collect();
        format!("{header}{}", rows.concat())
    };
    let settings = "[mapping.sales]\npreset = \"etsy-sold-items\"";
    let sold = ok(&[("sales.csv", &etsy(&["02/01/26", "03/01/26", "13/01/26"]))], settings);
    assert_eq!(days(&sold), 12);
    let sold = ok(&[("sales.csv", &etsy(&["01/02/26", "01/03/26"]))], settings);
    assert_eq!((days(&sold), tells(&sold, ExceptionKind::AssumedLayout)), (2, 1));
    // What a file leaves open and another shows otherwise is no detail.
    let open = etsy(&["01/02/26", "02/02/26"]);
    let clear = etsy(&["13/02/26", "14/02/26", "03/02/26"]);
    let both = [("sales/a.csv", open.as_str()), ("sales/b.csv", clear.as_str())];
    let sold = ok(&both, settings);
    let told = |exception: &&Exception| exception.severity == Severity::Error;
    let told = sold.exceptions.iter().find(told).unwrap_or_else(|| panic!("nothing is told"));
    assert_eq!(told.about.to_string(), "a.csv");
    assert!(told.what.contains("those of b.csv beside it are day/month"), "{}", told.what);
    assert!(told.why.contains("date_formats = [\"%d/%m/%y\"]"), "{}", told.why);
    let mended = format!("{settings}\ndate_formats = [\"%d/%m/%y\"]");
    assert!(ok(&both, &mended).exceptions.iter().all(|e| e.severity != Severity::Error));
    let wrong = "[csv]\ndate_formats = [\"%m/%d/%Y\"]";
    refuses(
        &[("sales.csv", &rows(&["02/01/2026", "13/01/2026", "14/01/2026"]))],
        wrong,
        &["column date", "2 dates such as `13/01/2026`", "write date_formats = [\"%d/%m/%Y\"]"],
    );
}

/// The line that a refusal tells reads the file.
#[test]
fn words_that_no_table_knows_are_refused_with_the_line_that_reads_them() {
    let status = |i: usize| ["Discontinued", "archived", "Live", "Phasing out"][i % 4];
    let products: String =
        (0..20).map(|i| format!("S{i},Item {i},{}\n", status(i))).collect::<Vec<_>>().concat();
    let products = format!("sku,name,status\n{products}");
    let span = |i: usize| ["1 month", "10-14 days"][i % 2];
    let supply: String =
        (0..20).map(|i| format!("S{i},ACME,{}\n", span(i))).collect::<Vec<_>>().concat();
    let supply = format!("sku,supplier,lead_time_days\n{supply}");
    let sales = "date,sku,quantity\n2026-01-01,S0,1\n2026-01-02,S1,1\n";
    let words = "values = { status = { \"Discontinued\" = \"phase-out\", \"Live\" = \"active\", \
                 \"Phasing out\" = \"phase-out\", \"archived\" = \"obsolete\" } }";
    let spans = "values = { lead_time_days = { \"1 month\" = \"30\", \"10-14 days\" = \"14\" } }";
    let files = [
        ("sales.csv", sales),
        ("products.csv", products.as_str()),
        ("supply.csv", supply.as_str()),
    ];
    refuses(&files, "", &[words, "reads 20 of 20 rows"]);
    let half = format!("[mapping.products]\n{words}");
    refuses(&files, &half, &[spans, "reads 20 of 20 rows"]);
    let inputs = ok(&files, &format!("{half}\n[mapping.supply]\n{spans}"));
    let statuses: Vec<ProductStatus> = inputs.products[..2].iter().map(|p| p.status).collect();
    assert_eq!(statuses, [ProductStatus::PhaseOut, ProductStatus::Obsolete]);
    assert_eq!(inputs.supply[0].lead_time_days, 30.0);
}

#[test]
fn semicolons_and_decimal_commas_are_a_setting_that_the_error_suggests() {
    let text = "date;sku;quantity;unit_price\n2024-01-01;A;2;1.234,50\n";
    refuses(
        &[("sales.csv", text)],
        "[mapping.sales]\nseparator = \",\"",
        &["separated by ';'", "[csv] separator = ';'", "decimal_comma"],
    );
    let found = ok(&[("sales.csv", text)], "[csv]\ndecimal_comma = true");
    assert_eq!(found.panel.totals(0).gross_revenue, 2469.0);
    assert!(exception(&found, "assumed-layout", "sales.csv").what.contains("separated by ';'"));
    let inputs = ok(&[("sales.csv", text)], "[csv]\nseparator = \";\"\ndecimal_comma = true");
    assert_eq!(inputs.panel.totals(0).gross_revenue, 2469.0);
    let bad = "date;sku;quantity;revenue\n2024-01-01;A;2;15\n2024-01-01;A;1;1,205\n";
    rejects(
        &[("sales.csv", bad)],
        "[csv]\nseparator = \";\"",
        ("sales.csv", 3, "revenue"),
        "decimal_comma = false for 1205, true for 1.205",
    );
}

#[test]
fn m4_numbers_are_read_as_their_column_and_file_write_them() {
    let revenue = |rows: &str, settings: &str| {
        let text = format!("date;sku;quantity;revenue\n{rows}");
        let inputs = ok(&[("sales.csv", &text)], &format!("[csv]\nseparator = \";\"\n{settings}"));
        let units = series(&inputs, "A").0.iter().sum::<f32>();
        (units, inputs.panel.totals(0).gross_revenue)
    };
    let thousands = "2024-01-01;A;1,200;1,250.00\n2024-01-02;A;1;950.00\n";
    assert_eq!(revenue(thousands, ""), (1201.0, 2200.0));
    let commas = "2024-01-01;A;1.200;1.250,00 €\n2024-01-02;A;1;(10,00)\n";
    assert_eq!(revenue(commas, "").0, 1201.0, "the money beside it writes decimal commas");
    // The first cell is met before the one that tells.
    let later = "2024-01-01;A;2;1.125\n2024-01-02;A;1;12,50\n";
    assert_eq!(revenue(later, ""), (3.0, 1137.5));
    let alone = "2024-01-01;A;2;1,200\n";
    assert_eq!(revenue(alone, "decimal_comma = true"), (2.0, 1.2));
    assert_eq!(revenue(alone, "decimal_comma = false"), (2.0, 1200.0));
}

#[test]
fn m12_a_price_by_the_box_is_no_price_by_the_piece() {
    let supply = "sku,supplier,lead_time_days,unit_cost,minimum_order,unit_of_measure,price_per\n\
                  CUP,S,7,48,2,box of 12,\nMUG,S,7,12,1,dozen,\nNAIL,S,7,5,500,,per 100\n\
                  PEN,S,7,9,,Box,\nBAG,S,7,3,,500 g bag,\n";
    let breaks = "sku,supplier,from_quantity,unit_cost,unit_of_measure\nCUP,S,10,42,box of 12\n";
    let sales = "date,sku,quantity\n2024-01-01,CUP,1\n2024-01-01,MUG,1\n2024-01-01,NAIL,1\n\
                 2024-01-01,PEN,1\n2024-01-01,BAG,1\n";
    let files = [("sales.csv", sales), ("supply.csv", supply), ("price_breaks.csv", breaks)];
    let inputs = ok(&files, "");
    assert_eq!(rejected(&inputs), []);
    let of = |sku: &str| {
        let code = inputs.names.skus.iter().position(|name| name == sku).unwrap();
        let row = &inputs.supply.of(SkuId(u32::try_from(code).unwrap()))[0];
        (row.unit_cost.unwrap(), row.minimum_order, row.pack_size)
    };
    let money = Money::from_f64;
    assert_eq!(of("CUP"), (money(4.0), Units(24), Units(12)), "48 a box of 12, two at least");
    assert_eq!(of("MUG"), (money(1.0), Units(12), Units(12)));
    assert_eq!(of("NAIL"), (money(0.05), Units(500), Units(1)), "the price alone is for 100");
    assert_eq!(of("BAG"), (money(3.0), Units(1), Units(1)), "a size is not a count");
    assert_eq!(of("PEN").0, money(9.0));
    let told = exception(&inputs, "units-multiplied", "supply");
    assert!(told.what.contains("`Box`") && told.what.contains("PEN"), "{}", told.what);
    let tier = &inputs.price_breaks[0];
    assert_eq!((tier.from_quantity, tier.unit_cost), (Units(120), money(3.5)));
}

#[test]
fn stock_that_nobody_counts_is_unknown_and_not_none() {
    let stock = "sku,location,on_hand\nA,main,5\nB,main,\nC,main,Not tracked\nD,main,\nD,main,3\n";
    let sales =
        "date,sku,quantity\n2024-01-01,A,1\n2024-01-01,B,1\n2024-01-01,C,1\n2024-01-01,D,1\n";
    let kits = "sku,component,quantity\nSET,B,1\nSET,A,1\n";
    let files = [("sales.csv", sales), ("stock.csv", stock), ("kits.csv", kits)];
    let inputs = ok(&files, "");
    assert_eq!(rejected(&inputs), []);
    let untracked: Vec<&str> =
        inputs.untracked.iter().map(|pool| inputs.names.sku(pool.sku)).collect();
    assert_eq!(untracked, ["B", "C", "SET"], "D has a bin that is counted");
    assert!(exception(&inputs, "stock-untracked", "stock").what.starts_with("of 2 items"));
    assert_eq!(inputs.stock.len(), 2);
}

#[test]
fn a_table_all_of_whose_rows_are_in_quarantine_is_told_as_one_that_says_nothing() {
    let orders = "order_id,sku,quantity\nP1,A,many\nP2,A,few\n";
    let inputs = ok(&[("sales.csv", SALES), ("purchase_orders.csv", orders)], "");
    assert_eq!(tells(&inputs, ExceptionKind::UnreadTable), 1);
    let orders = "order_id,sku,quantity\nP1,A,many\nP2,A,7\n";
    let inputs = ok(&[("sales.csv", SALES), ("purchase_orders.csv", orders)], "");
    assert_eq!(tells(&inputs, ExceptionKind::UnreadTable), 0);
}

#[test]
fn a_shop_that_weighs_keeps_the_fractions_of_its_sales() {
    let sales = "date,sku,quantity\n2024-01-01,HAM,2.5\n2024-01-02,HAM,2.5\n";
    let files = [("sales.csv", sales), ("stock.csv", "sku,on_hand\nHAM,60.5\n")];
    rejects(&files, "", ("stock.csv", 2, "on_hand"), "set [units] fraction = 3");
    let inputs = ok(&files, "[units]\nfraction = 3");
    assert_eq!(inputs.stock[0].on_hand, Units(60));
    assert_eq!(series(&inputs, "HAM").0, [2.5, 2.5]);
    assert!(exception(&inputs, "fractions-cut", "stock").what.contains("60.5 counts as 60"));
}

#[test]
fn a13_fractions_of_stock_and_orders_are_added_up_before_they_are_made_whole() {
    let stock =
        "sku,on_hand,committed,backordered\nHAM,0.9,,\nHAM,0.9,,\nHAM,0.7,0.5,\nOWED,-0.4,,\n";
    let supply = "sku,supplier,lead_time_days,minimum_order,pack_size,maximum_order\n\
                  HAM,S,7,2.5,12.5,99.5\nOWED,S,7,,0,\n";
    let orders = "order_id,sku,supplier,quantity,received_quantity\nP1,HAM,S,12.5,2.5\n\
                  P2,HAM,S,12,2.5\nP3,HAM,S,0.5,\n";
    let sales = "date,sku,quantity\n2024-01-01,HAM,0.1\n2024-01-01,HAM,0.2\n2024-01-01,OWED,1\n";
    let files = [
        ("sales.csv", sales),
        ("stock.csv", stock),
        ("supply.csv", supply),
        ("purchase_orders.csv", orders),
    ];
    let inputs = ok(&files, "[units]\nfraction = 3");
    assert_eq!(rejected(&inputs), []);
    assert_eq!(series(&inputs, "HAM").0, [0.3]);
    let ham = &inputs.stock[0];
    assert_eq!((ham.on_hand, ham.committed), (Units(2), Units(0)), "2.5 less 0.5 are 2");
    assert_eq!(inputs.stock[1].on_hand, Units(-1), "what is owed is owed in full");
    let terms = &inputs.supply[0];
    let terms = (terms.minimum_order, terms.pack_size, terms.maximum_order);
    assert_eq!(terms, (Units(3), Units(25), Some(Units(99))), "never below the minimum");
    let open: Vec<i64> = inputs
        .purchase_orders
        .iter()
        .map(|order| (order.quantity - order.received_quantity.unwrap_or_default()).count())
        .collect();
    assert_eq!(open, [10, 9, 0], "12.5 less 2.5 are 10, 12 less 2.5 are 9.5");
    let told = exception(&inputs, "fractions-cut", "supply").what.clone();
    assert!(told.contains("minimum_order 2.5 counts as 3"), "{told}");
}

#[test]
fn a2_a_code_that_stands_for_several_units_does_so_in_every_table() {
    let sales = "date,sku,quantity\n2024-01-01,CUP,2\n2024-01-02,CUP-CASE,1\n";
    let files = [
        ("sales.csv", sales),
        ("aliases.csv", "channel_sku,sku,factor\nCUP-CASE,CUP,12\n"),
        ("stock.csv", "sku,on_hand\nCUP,5\nCUP-CASE,1\n"),
        (
            "supply.csv",
            "sku,supplier,lead_time_days,unit_cost,minimum_order,pack_size\nCUP-CASE,S,7,48,2,0\n",
        ),
        ("price_breaks.csv", "sku,supplier,from_quantity,unit_cost\nCUP-CASE,S,10,42\n"),
    ];
    let inputs = ok(&files, "");
    assert_eq!(series(&inputs, "CUP").0, [2.0, 12.0]);
    assert_eq!(inputs.stock[0].on_hand, Units(17));
    let terms = &inputs.supply[0];
    assert_eq!((terms.minimum_order, terms.pack_size), (Units(24), Units(12)));
    assert_eq!(terms.unit_cost, Some(Money::from_f64(4.0)), "48 a case of 12");
    let tier = &inputs.price_breaks[0];
    assert_eq!((tier.from_quantity, tier.unit_cost), (Units(120), Money::from_f64(3.5)));
    // Who sells by weight counts grams so: to the thousandth, in kits as well.
    let files = [
        ("sales.csv", "date,sku,quantity\n2024-01-01,HAM,0.25\n2024-01-01,BASKET,1\n"),
        ("aliases.csv", "channel_sku,sku,factor\nHAM,HAM-G,1000\n"),
        ("stock.csv", "sku,on_hand\nHAM,0.125\n"),
        ("kits.csv", "sku,component,quantity\nBASKET,HAM,0.2\n"),
    ];
    let inputs = ok(&files, "[units]\nfraction = 3");
    assert_eq!((series(&inputs, "HAM-G").0, inputs.stock[0].on_hand), (vec![250.0], Units(125)));
    assert_eq!((rejected(&inputs), inputs.kits[0].quantity), (vec![], Units(200)));
    assert_eq!(tells(&inputs, ExceptionKind::FractionsCut), 0);
}

#[test]
fn a_kit_of_fractions_is_refused_with_the_way_out() {
    let sales = "date,sku,quantity\n2024-01-01,HAM,0.5\n2024-01-01,BASKET,1\n";
    let kits = "sku,component,quantity\nBASKET,HAM,1.5\n";
    let files = [("sales.csv", sales), ("kits.csv", kits)];
    rejects(&files, "[units]\nfraction = 3", ("kits.csv", 2, "quantity"), "a row of aliases");
}

#[test]
fn m12_an_item_that_a_place_does_not_stock_is_no_reject_in_any_list() {
    let stock = "sku,location,on_hand\nA,WH,5\nB,WH,Not stocked\n";
    let inputs = ok(&[("sales.csv", SALES), ("stock.csv", stock)], "");
    assert_eq!((rejected(&inputs), inputs.stock.len()), (vec![], 1));
    assert_eq!(tells(&inputs, ExceptionKind::ExcludedRows), 1);
}

#[test]
fn m12_an_order_of_no_units_is_no_order_and_no_reject() {
    let mut orders = "order_id,sku,quantity\n".to_owned();
    (0..30).for_each(|n| orders.push_str(&format!("P{n},A,{}\n", if n < 20 { 0 } else { 5 })));
    let inputs = ok(&[("sales.csv", SALES), ("purchase_orders.csv", &orders)], "");
    assert_eq!((rejected(&inputs), inputs.purchase_orders.len()), (vec![], 10));
    let told = inputs.exceptions.iter().find(|e| e.kind == ExceptionKind::ExcludedRows).unwrap();
    assert!(told.what.contains("20 are for no units"), "{}", told.what);
}

#[test]
fn m13_lines_for_dates_that_nobody_can_tell_are_written_for_a_person_to_choose() {
    let lines = |last: &str| {
        let sales =
            format!("Datum,Artikelnummer,Menge,Preis (EUR)\n01/02/2024,A,1,2\n{last},A,1,2\n");
        let dir = folder(&[("orders.csv", &sales)]);
        let found = advice::suggestions(dir.path(), &Settings::default()).unwrap();
        found["orders.csv"][0].to_write()
    };
    let open = lines("02/02/2024");
    let both = "#date_formats = [\"%d/%m/%Y\"]\n#date_formats = [\"%m/%d/%Y\"]\n";
    assert!(open.contains(both), "{open}");
    assert!(open.contains("unit_price = \"Preis (EUR)\""), "{open}");
    assert!(lines("13/02/2024").contains("\ndate_formats = [\"%d/%m/%Y\"]\n"));
}

#[test]
fn m8_a_year_of_two_digits_that_stands_first_is_no_day() {
    let mut sales = "date,sku,quantity\n".to_owned();
    (1..=28).for_each(|day| sales.push_str(&format!("26-01-{day:02},A,1\n")));
    let files = [("sales.csv", sales.as_str())];
    refuses(&files, "", &["`date_formats = [\"%y-%m-%d\"]` in [mapping.sales] reads 28 of 28"]);
    let inputs = ok(&files, "[mapping.sales]\ndate_formats = [\"%y-%m-%d\"]");
    assert_eq!(series(&inputs, "A").0, [1.0; 28]);
}

#[test]
fn m4_units_sold_for_less_than_nothing_keep_the_sign_of_their_amount_and_are_told() {
    let sales = "date,sku,quantity,revenue\n2024-01-01,A,2,100.00\n2024-01-02,A,1,50.00-\n\
                 2024-01-03,A,-1,50.00\n";
    let inputs = ok(&[("sales.csv", sales)], "");
    assert_eq!(inputs.panel.totals(0).revenue_365, 0.0, "100 - 50 - 50");
    let told = exception(&inputs, "negative-amounts", "sales").what.clone();
    assert!(told.contains("1 row has units and a negative amount (1 units, -50.00"), "{told}");
}

#[test]
fn m3_a_refunded_order_is_a_return_in_every_mapping() {
    let sales = "date,sku,quantity,status\n2024-01-01,A,2,completed\n2024-01-02,A,3,Refunded\n\
                 2024-01-03,A,1,partially refunded\n2024-01-04,A,5,cancelled\n";
    let inputs = ok(&[("sales.csv", sales)], "");
    assert_eq!(series(&inputs, "A").0, [2.0, 3.0, 1.0]);
    assert_eq!(inputs.panel.returns(0), [(1, 3.0)]);
    assert_eq!(tells(&inputs, ExceptionKind::RefundedInPart), 1);
    let own = "[mapping.sales]\nreturned = { status = [] }";
    assert!(ok(&[("sales.csv", sales)], own).panel.returns(0).is_empty(), "who says otherwise");
}

#[test]
fn m6_days_that_two_files_have_row_for_row_are_told_where_no_order_numbers_are() {
    let file = |days: std::ops::Range<u32>, units: u32| {
        let mut text = "date,sku,quantity\n".to_owned();
        for day in days {
            text.push_str(&format!("2024-01-{day:02},A,{units}\n2024-01-{day:02},B,{day}\n"));
        }
        text
    };
    let told = |second: &str| {
        let first = file(1..20, 2);
        let files = [("s_1.csv", first.as_str()), ("s_2.csv", second)];
        tells(&ok(&files, "[mapping.sales]\nfile = \"s_*.csv\""), ExceptionKind::RepeatedRows)
    };
    assert_eq!(told(&file(10..28, 2)), 1);
    assert_eq!(told(&file(10..28, 3)), 0, "another shop's");
    assert_eq!(told(&file(18..28, 2)), 0, "two days may be chance");
    assert_eq!(told(&file(20..28, 2)), 0);
}

#[test]
fn m7_cells_that_were_merged_are_filled_down_where_somebody_says_so() {
    let mut text = "date,order_id,sku,quantity\n".to_owned();
    for day in 1..=20 {
        text.push_str(&format!("2024-01-{day:02},O{day},A,2\n,,B,1\n"));
    }
    let files = [("sales.csv", text.as_str())];
    refuses(&files, "", &["empty, but required", "`fill_down = [\"date\"]` in [mapping.sales]"]);
    let inputs = ok(&files, "[mapping.sales]\nfill_down = [\"date\", \"order_id\"]");
    assert_eq!(series(&inputs, "B").0, [1.0; 20]);
}

#[test]
fn m4_a_shared_sign_is_money_without_cents_where_the_shop_counts_in_such() {
    let sales = "date,sku,quantity,revenue\n2024-01-01,A,2,\"¥1,500\"\n";
    let dir = folder(&[("sales.csv", sales)]);
    let mut request = request(&dir, "");
    request.settings.rates.reporting = "JPY".to_owned();
    assert_eq!(load(&request).unwrap().panel.totals(0).gross_revenue, 1500.0);
    request.settings.rates.reporting = "USD".to_owned();
    assert!(load(&request).unwrap_err().to_string().contains("set [csv] decimal_comma"));
}

#[test]
fn m5_amounts_are_converted_by_row_and_by_cell_and_refused_without_a_rate() {
    let priced = |rows: &str, rates: &[(&str, f64)]| {
        let text = format!("date,sku,quantity,unit_price,currency\n{rows}");
        let dir = folder(&[("sales.csv", &text)]);
        let mut request = request(&dir, "");
        request.settings.rates = Rates {
            reporting: "USD".to_owned(),
            is_configured: !rates.is_empty(),
            rates: rates.iter().map(|&(code, rate)| (code.to_owned(), rate)).collect(),
        };
        load(&request).unwrap()
    };
    let rows = "2024-01-01,A,1,10,\n2024-01-01,A,1,1500,JPY\n2024-01-02,A,2,$5,usd\n";
    let inputs = priced(rows, &[("JPY", 0.0065)]);
    assert!((inputs.panel.totals(0).gross_revenue - 29.75).abs() < 1e-6);
    assert!(inputs.refused.is_empty());
    let inputs = priced(rows, &[("EUR", 1.1)]);
    let line = "1 amount of sales in JPY, which has no rate: write `JPY = ...` under";
    assert!(inputs.refused[0].starts_with(line), "{:?}", inputs.refused);
    // A dollar sign beside another currency is no sign of that one.
    let two = ok(&[("sales.csv", "date,sku,quantity,unit_price\n2024-01-01,A,1,€10\n")], "");
    assert!(two.refused.is_empty());
    let two = "date,sku,quantity,unit_price\n2024-01-01,A,1,€10\n2024-01-02,A,1,$10\n";
    assert_eq!(ok(&[("sales.csv", two)], "").refused.len(), 1);
    // A heading may name the currency of its column.
    let headed = "date,sku,quantity,Unit price (EUR)\n2024-01-01,A,3,10\n";
    let dir = folder(&[("sales.csv", headed)]);
    let mut converted = request(&dir, "");
    converted.settings.rates.rates = [("EUR".to_owned(), 1.1)].into();
    let revenue = load(&converted).unwrap().panel.totals(0).gross_revenue;
    assert!((revenue - 33.0).abs() < 1e-6, "{revenue}");
    // A shop that never said in what it counts, and sells in one currency.
    let euros = priced("2024-01-01,A,1,10,EUR\n2024-01-02,A,1,10,EUR\n", &[]);
    assert!(euros.refused.is_empty());
    assert!(exception(&euros, "unknown-currency", "sales").why.contains("currency = \"EUR\""));

    let text = "date,sku,quantity,unit_price\n2024-01-01,A,1,€10.00\n";
    let dir = folder(&[("sales.csv", text)]);
    let mut request = request(&dir, "");
    request.settings.rates.reporting = "USD".to_owned();
    request.settings.rates.rates = [("EUR".to_owned(), 1.1)].into();
    assert!((load(&request).unwrap().panel.totals(0).gross_revenue - 11.0).abs() < 1e-6);
}

#[test]
fn dates_quantities_and_names_are_bounded() {
    let sales = |row: &str| format!("{SALES}{row}\n");
    rejects(
        &[("sales.csv", &sales("2204-01-01,A,web,1,1"))],
        "",
        ("sales.csv", 5, "date"),
        "outside 1990-01-01 to 2100-12-31",
    );
    rejects(
        &[("sales.csv", &sales("2024-01-01,A,web,1e9,1"))],
        "",
        ("sales.csv", 5, "quantity"),
        "max_quantity",
    );
    rejects(
        &[("sales.csv", &sales(&format!("2024-01-01,{},web,1,1", "A".repeat(300))))],
        "",
        ("sales.csv", 5, "sku"),
        "longer than 200",
    );
    rejects(
        &[("sales.csv", &sales("2024-01-01,A,web,,1"))],
        "",
        ("sales.csv", 5, "quantity"),
        "empty, but required",
    );
    rejects(
        &[("sales.csv", &sales("2024-01-01,A,web,1,1,9"))],
        "",
        ("sales.csv", 5, "date"),
        "6 fields where the header has 5",
    );
    rejects(
        &[("sales.csv", &sales("01/02/2024,A,web,1,1"))],
        "",
        ("sales.csv", 5, "date"),
        "date_formats",
    );
    ok(&[("sales.csv", &sales("31/01/2024,A,web,1,1"))], "[csv]\ndate_formats = [\"%d/%m/%Y\"]");
    refuses(
        &[("sales.csv", "date,sku,quantity\n1995-01-01,A,1\n2024-01-01,B,1\n")],
        "[data]\nmemory_limit_mb = 0",
        &["memory_limit_mb"],
    );
}

#[test]
fn no_sales_after_quarantine_are_refused_with_the_first_reason() {
    refuses(
        &[("sales.csv", "date,sku,quantity\n2024-13-01,A,1\n")],
        "",
        &["no sales are left: 1 of 1 rows are rejected", "line 2, date"],
    );
    let rule = "[mapping.sales]\nexclude = { sku = [\"A\", \"B*\"] }";
    refuses(
        &[("sales.csv", SALES)],
        rule,
        &["no sales are left", "3 of 3 rows (6 units) are left out", "`sku`"],
    );
}

#[test]
fn duplicated_keys_in_master_data_keep_one_row_whatever_the_order() {
    let (first, second) = ("sku,name\nA,Alpha\nA,Beta\n", "sku,name\nA,Beta\nA,Alpha\n");
    let one = rejects(
        &[("sales.csv", SALES), ("products.csv", first)],
        "",
        ("products.csv", 3, "sku"),
        "the same key as products.csv line 2",
    );
    let other = rejects(
        &[("sales.csv", SALES), ("products.csv", second)],
        "",
        ("products.csv", 2, "sku"),
        "the same key as products.csv line 3",
    );
    assert_eq!(one.products, other.products);
    let stock = ok(&[("sales.csv", SALES), ("stock.csv", "sku,on_hand\nA,5\nA,6\n")], "");
    assert_eq!(stock.stock[0].on_hand, Units(11));
    assert!(exception(&stock, "stock-added-up", "stock").what.contains("2 rows"));
}

#[test]
fn one_file_may_be_sales_and_products_and_sources_complete_each_other() {
    let text = "Order Date,Product ID,Product Name,Category,Quantity\n2024-01-01,A,Mug,Ware,1\n\
        2024-01-02,A,Mug,Ware,2\n2024-01-02,B,Cup,Ware,2\n2024-01-03,B,Cup two,Ware,2\n";
    let costs = "sku,unit_cost\nA,4\nB,3\n";
    let settings = "[mapping.sales]\nfile = \"all.csv\"\n\
        columns = { date = \"Order Date\", sku = \"Product ID\", quantity = \"Quantity\" }\n\
        [[mapping.products]]\nfile = \"all.csv\"\n\
        columns = { sku = \"Product ID\", name = \"Product Name\", category = \"Category\" }\n\
        [[mapping.products]]\nfile = \"costs.csv\"\n";
    let inputs = ok(&[("all.csv", text), ("costs.csv", costs)], settings);
    let [mug, cup] = inputs.products.as_slice() else { panic!("two products") };
    assert_eq!((mug.name.as_str(), mug.unit_cost), ("Mug", Some(Money::from_f64(4.0))));
    assert_eq!((cup.name.as_str(), cup.category.as_str()), ("Cup", "Ware"));
    assert!(inputs.quarantine.is_empty());
    let told =
        inputs.exceptions.iter().any(|e| e.what.contains("different things about 1 items: B"));
    assert!(told, "{:?}", inputs.exceptions);
}

#[test]
fn a_date_that_a_spreadsheet_left_as_its_number_is_that_day() {
    let text = "date,sku,quantity\n45292,A,1\n45293.75,A,2\n2024-01-03,A,3\n";
    let inputs = ok(&[("sales.csv", text)], "");
    assert_eq!(series(&inputs, "A").0, [1.0, 2.0, 3.0]);
}

#[test]
fn a_refused_table_is_answered_with_keys_that_read_it() {
    let rows = |row: &str| format!("date,sku,quantity,unit_price\n{}", row.repeat(8));
    let settings = "[mapping.sales]\nseparator = \";\"";
    let german = rows("31/01/26;A;1;1,50\n").replace("date,sku,quantity,", "date;sku;quantity;");
    refuses(&[("sales.csv", &german)], settings, &["date_formats = [\"%d/%m/%Y\"]", "8 of 8 rows"]);
    let unclear = rows("01/02/2026,A,1,1.50\n");
    refuses(&[("sales.csv", &unclear)], "", &["[\"%d/%m/%Y\"]", "so does \"%m/%d/%Y\""]);
}

#[test]
fn a16_items_that_never_meet_are_told() {
    let stock = |sku: &str| format!("sku,on_hand\n{sku},5\n");
    let sales = |sku: &str| format!("date,sku,quantity\n2024-01-01,{sku},1\n");
    let apart = ok(&[("sales.csv", &sales("MUG")), ("stock.csv", &stock("mug-01"))], "");
    let error = apart.exceptions.iter().find(|e| e.severity == Severity::Error).unwrap();
    assert!(error.what.contains("mug-01 there, MUG in sales"), "{}", error.what);
    let meet = ok(&[("sales.csv", &sales("MUG")), ("stock.csv", &stock("MUG"))], "");
    assert!(meet.exceptions.iter().all(|e| e.severity != Severity::Error));
    let zeros = ok(&[("sales.csv", &sales("00123")), ("stock.csv", &stock("123"))], "");
    assert!(exception(&zeros, "spelling-variants", "items").what.contains("leading zeros"));
    let short = ok(&[("sales.csv", &sales("4.00638E+12"))], "");
    assert!(exception(&short, "master-list", "items").what.contains("4.00638E+12"));
}

#[test]
fn a11_stock_and_orders_under_another_name_are_not_lost() {
    let sales = "date,sku,quantity,location\n2024-01-01,A,1,Berlin\n";
    let stock = "sku,location,on_hand\nA,WH1,50\n";
    let orders = "order_id,sku,quantity,location\nP1,A,9,WH1\n";
    let files = [("sales.csv", sales), ("stock.csv", stock), ("purchase_orders.csv", orders)];
    let inputs = ok(&files, "");
    assert_eq!(inputs.names.locations, ["WH1"]);
    assert_eq!(inputs.panel.pools().len(), 1);
    assert_eq!(inputs.purchase_orders[0].location, inputs.stock[0].location);
    assert_eq!(tells(&inputs, ExceptionKind::LocationsJoined), 1);
}

#[test]
fn a_negative_amount_of_units_sold_and_a_return_before_any_sale_are_told() {
    let text = "date,sku,quantity,unit_price\n2024-01-01,A,-3,5\n2024-01-02,A,4,5\n\
                2024-01-03,A,1,-5\n";
    let inputs = ok(&[("sales.csv", text)], "");
    let what = &exception(&inputs, "negative-amounts", "sales").what;
    assert!(what.contains("1 row has units and a negative amount (1 units, -5.00"), "{what}");
    let what = &exception(&inputs, "excluded-rows", "sales").what;
    assert!(what.contains("1 row of returns (3 units)"), "{what}");
}

#[test]
fn a_file_without_the_columns_is_answered_with_the_lines_that_read_it() {
    let text = "Date,SKU,Qty,Price\n2024-01-01,A,1,5\n";
    refuses(
        &[("sales.csv", text)],
        "",
        &["columns = { quantity = \"Qty\", unit_price = \"Price\" }", "reads 1 of 1 rows"],
    );
    let german = "Datum;Artikelnummer;Menge\n31.01.2024;A;1\n";
    refuses(&[("sales.csv", german)], "", &["quantity = \"Menge\"", "reads 1 of 1 rows"]);
    let etsy = "Sale Date,Item Name,Transaction ID,Listing ID,Quantity,SKU\n01/13/26,Mug,1,1,1,A\n";
    refuses(&[("sales.csv", etsy)], "", &["`preset = \"etsy-sold-items\"` in [mapping.sales]"]);
}

#[test]
fn odoo_s_shelves_are_their_warehouse_and_its_partners_are_none() {
    let quants = "Location,Product,Inventoried Quantity,Reserved Quantity\nWH/Stock,[A] Mug,20,3\n\
                  WH/Stock/Shelf 1,[A] Mug,5,0\nPartners/Vendors,[A] Mug,-25,0\n";
    let settings = "[mapping.stock]\nfile = \"quants.csv\"\npreset = \"odoo-stock\"";
    let sales = "date,sku,quantity\n2024-01-12,A,1\n";
    let inputs = ok(&[("sales.csv", sales), ("quants.csv", quants)], settings);
    assert_eq!(inputs.names.locations, ["WH/Stock"]);
    assert_eq!((inputs.stock[0].on_hand, inputs.stock[0].committed), (Units(25), Units(3)));
}

#[test]
fn m9_the_ledger_s_countries_add_up_to_one_figure_a_day() {
    let ledger = "Date,FNSKU,MSKU,Disposition,Ending Warehouse Balance,Location\n\
                  01/13/2024,X,A,SELLABLE,5,DE\n01/13/2024,X,A,SELLABLE,0,FR\n";
    let sales = "date,sku,quantity\n2024-01-12,A,1\n2024-01-14,A,1\n";
    let settings = "[mapping.stock_history]\nfile = \"ledger.csv\"\npreset = \"amazon-ledger\"";
    let inputs = ok(&[("sales.csv", sales), ("ledger.csv", ledger)], settings);
    assert_eq!(inputs.stock_history.len(), 1);
    assert_eq!(inputs.stock_history[0].on_hand, Units(5));
}

#[test]
fn a_negative_stock_figure_and_no_pack_are_facts() {
    let stock = ok(&[("sales.csv", SALES), ("stock.csv", "sku,on_hand\nA,-5\n")], "");
    assert_eq!(stock.stock[0].on_hand, Units(-5));
    let supply = "sku,supplier,lead_time_days,pack_size\nA,X,7,0\n";
    let supply = ok(&[("sales.csv", SALES), ("supply.csv", supply)], "");
    assert_eq!(supply.supply[0].pack_size, Units(1), "none");
}

#[test]
fn a15_a_part_that_lies_nowhere_is_planned_where_its_kit_is_sold() {
    let sales = "date,sku,quantity,location\n2023-12-01,SET,1,EAST\n2023-12-02,SET,1,EAST\n";
    let kits = "sku,component,quantity\nSET,BOX,1\nBOX,SCREW,4\n";
    let inputs = ok(&[("sales.csv", sales), ("kits.csv", kits)], "");
    let mut pools = Vec::new();
    for pool in inputs.panel.pools() {
        pools.push((inputs.names.sku(pool.sku), inputs.names.location(pool.location)));
    }
    assert_eq!(pools, [("BOX", "EAST"), ("SCREW", "EAST"), ("SET", "EAST")]);
}

#[test]
fn a15_a_pilot_draws_in_what_hangs_together_through_kits() {
    let sales = "date,sku,quantity\n2023-12-01,SET,1\n2023-12-02,SET,1\n2023-12-02,OTHER,1\n";
    let kits = "sku,component,quantity\nSET,BOX,1\nSET,SCREW,4\n";
    let dir = folder(&[("sales.csv", sales), ("kits.csv", kits)]);
    let pilot = Request { only: Some(vec!["BOX".to_owned()]), ..request(&dir, "") };
    assert_eq!(load(&pilot).unwrap().names.skus, ["BOX", "SCREW", "SET"]);
}

#[test]
fn impossible_rows_of_the_other_tables_are_rejected_by_name() {
    let one = |file: &str, text: &str, place: (u64, &str), reason: &str| {
        rejects(&[("sales.csv", SALES), (file, text)], "", (file, place.0, place.1), reason);
    };
    one(
        "supply.csv",
        "sku,supplier,lead_time_days\nA,X,-3\n",
        (2, "lead_time_days"),
        "from 0 to 3650",
    );
    one(
        "supply.csv",
        "sku,supplier,lead_time_days,pack_size\nA,X,7,-1\n",
        (2, "pack_size"),
        "at least 0",
    );
    one(
        "supply.csv",
        "sku,supplier,lead_time_days,role\nA,X,7,first\n",
        (2, "role"),
        "primary, secondary, backup",
    );
    one("products.csv", "sku,min_stock,max_stock\nA,9,5\n", (2, "min_stock"), "above max_stock");
    one("suppliers.csv", "supplier,currency\nX,EURO\n", (2, "currency"), "not a known currency");
    one(
        "suppliers.csv",
        "supplier,order_weekdays\nX,mon noday\n",
        (2, "order_weekdays"),
        "weekdays",
    );
    one("stock.csv", "sku,on_hand,damaged\nA,5,-1\n", (2, "damaged"), "at least 0");
    one("stock.csv", "sku,on_hand\nA,1.5\n", (2, "on_hand"), "whole units");
    one(
        "purchase_orders.csv",
        "order_id,sku,quantity,confirmed,received\nP1,A,5,2023-12-05,2023-12-01\n",
        (2, "received"),
        "received before it was confirmed",
    );
    one(
        "purchase_orders.csv",
        "order_id,sku,quantity\nP1,A,5\nP1,A,5\n",
        (3, "order_id"),
        "the same line",
    );
    one("products.csv", "sku,superseded_by\nA,A\n", (2, "superseded_by"), "superseding itself");
    one("kits.csv", "sku,component,quantity\nK,K,1\n", (2, "component"), "containing itself");
    one("stockouts.csv", "sku,start,end\nA,2023-12-05,2023-12-01\n", (2, "end"), "before start");
    one(
        "adjustments.csv",
        "sku,from,to,factor,units\nA,2024-02-01,2024-02-02,2,5\n",
        (2, "factor"),
        "either factor or units",
    );
    let known = "[data]\ncurrencies = [\"EUR\"]";
    rejects(
        &[("sales.csv", SALES), ("suppliers.csv", "supplier,currency\nX,USD\n")],
        known,
        ("suppliers.csv", 2, "currency"),
        "known",
    );
}

#[test]
fn circles_of_several_items_are_cut_and_the_rest_is_kept() {
    let products = "sku,superseded_by\nA,B\nB,C\nC,A\nD,A\n";
    let inputs = ok(&[("sales.csv", SALES), ("products.csv", products)], "");
    assert_eq!(inputs.quarantine.len(), 3);
    assert_eq!(inputs.products.iter().filter(|p| p.superseded_by.is_some()).count(), 1);
    let kits = "sku,component,quantity\nK,L,1\nL,K,2\nK,A,3\n";
    let inputs = ok(&[("sales.csv", SALES), ("kits.csv", kits)], "");
    assert_eq!((inputs.kits.len(), inputs.kits[0].quantity), (1, Units(3)));
}

#[test]
fn missing_and_misnamed_tables_are_reported() {
    let inputs =
        ok(&[("sales.csv", SALES), ("suply.csv", "sku\n"), ("stock.csv", "sku,on_hand\n")], "");
    assert!(exception(&inputs, "missing-table", "supply").why.contains("default lead time"));
    assert!(exception(&inputs, "unknown-file", "suply.csv").what.contains("nearest is `supply`"));
    assert!(exception(&inputs, "missing-table", "stock").what.contains("not there or empty"));
    assert!(!inputs.has("stock") && inputs.has("sales"));
}

#[test]
fn only_the_listed_items_take_part() {
    let files = [("sales.csv", SALES), ("stock.csv", "sku,on_hand\nA,1\nB,2\nC,3\n")];
    let dir = folder(&files);
    let inputs = load(&Request { only: Some(vec!["B".to_owned()]), ..request(&dir, "") }).unwrap();
    assert_eq!(inputs.names.skus, ["B"]);
    assert_eq!((inputs.panel.len(), inputs.stock.len()), (1, 1));
}

#[test]
fn values_are_mapped_and_files_without_a_header_are_named() {
    let sales = "2024-01-01\tFrance\tA\t2\n2024-01-01\tUnited Kingdom\tA\t3\n\
                 2024-01-01\tUnited Kingdom\tPOST\t1\n";
    let settings = "[mapping.sales]\nheader = [\"date\", \"country\", \"sku\", \"quantity\"]\n\
                    separator = \"\\t\"\n\
        columns = { channel = \"country\" }\n\
        values.channel = { \"United Kingdom\" = \"uk\", \"*\" = \"export\" }\n\
        reject = { sku = [\"POST\"] }";
    let inputs =
        rejects(&[("sales.csv", sales)], settings, ("sales.csv", 3, "sku"), "rule of the mapping");
    assert_eq!(inputs.names.channels, ["export", "uk"]);
}

#[test]
fn a_prefix_keeps_the_code_lists_of_two_systems_apart() {
    let files = [("sales.csv", SALES), ("stock.csv", "sku,on_hand\nA,5\n")];
    let inputs = ok(&files, "[mapping.stock]\nvalues.sku = { \"*\" = \"part-*\" }");
    assert_eq!(inputs.names.skus, ["A", "B", "part-A"]);
}

#[test]
fn two_tables_may_come_from_one_file() {
    let text =
        "date,sku,quantity,pack_size,lead_time_days\n2024-01-01,A,1,0,7\n2024-01-02,A,x,1,7\n";
    let settings = "[mapping.sales]\nfile = \"all.csv\"\n[mapping.supply]\nfile = \"all.csv\"\n\
                    constants = { supplier = \"X\" }";
    let inputs = ok(&[("all.csv", text)], settings);
    let counts: Vec<(&str, u64)> =
        inputs.sources.iter().map(|s| (s.table.as_str(), s.rejected)).collect();
    assert_eq!(counts, [("sales", 1), ("supply", 0)], "no pack and a pack of one are the same");
}

#[test]
fn channels_sell_from_their_location_and_suppliers_keep_their_calendar() {
    let inputs = ok(
        &[
            ("sales.csv", SALES),
            ("channels.csv", "channel,location,priority\nshop,east,2\nweb,,1\n"),
            (
                "suppliers.csv",
                "supplier,order_weekdays,closures\nX,Thu mon,2024-12-24/2025-01-02; 2025-05-01\n",
            ),
        ],
        "",
    );
    assert_eq!(inputs.names.locations, ["east", "main"]);
    assert_eq!(inputs.names.locations[inputs.panel.key(1).location.index()], "east");
    assert_eq!(inputs.channels[0].priority, Some(2));
    assert_eq!(inputs.suppliers[0].order_weekdays, [0, 3]);
    assert_eq!(inputs.suppliers[0].closures.len(), 2);
}

/// A row of a table that is good in every cell, under its header.
fn good_rows(schema: &schema::Schema, rows: usize) -> String {
    use crate::ingest::tables::schema::Kind;
    let headings: Vec<&str> = schema.columns.iter().map(|c| c.name).collect();
    let cell = |c: &schema::Column| match c.kind {
        Kind::Id(_) | Kind::Text if c.name == "currency" => "EUR",
        // A transfer names no supplier.
        Kind::Id(_) if c.name == "source_location" => "",
        Kind::Key => "7",
        Kind::Text if matches!(c.name, "order_weekdays" | "weekdays") => "mon",
        Kind::Text if c.name == "closures" => "2024-01-01",
        Kind::Text if c.name == "field" => "safety_stock",
        Kind::Id(_)
            if matches!(c.name, "superseded_by" | "component" | "analogue" | "to_location") =>
        {
            "Y"
        }
        Kind::Id(_) | Kind::Text => "A",
        Kind::Choice(words) => words[0],
        Kind::Date => "2023-12-01",
        Kind::Bool => "yes",
        Kind::Number(..) if c.name == "units" => "",
        Kind::Number(..) | Kind::Units(_) | Kind::Money | Kind::Amount => "1",
    };
    let row: Vec<&str> = schema.columns.iter().map(cell).collect();
    format!("{}\n{}", headings.join(","), format!("{}\n", row.join(",")).repeat(rows))
}

#[test]
fn every_table_of_the_contract_can_be_read_from_its_own_columns() {
    for schema in schema::TABLES {
        let text = good_rows(schema, 1);
        let name = format!("{}.csv", schema.table);
        let files = [("sales.csv", SALES), (name.as_str(), text.as_str())];
        let inputs = ok(if schema.table == "sales" { &files[1..] } else { &files }, "");
        assert!(inputs.quarantine.is_empty(), "{name}: {:?}", inputs.quarantine);
        assert!(inputs.has(schema.table));
    }
}

/// The same rows as a file of each format that is read.
fn in_every_format(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, line) in lines.iter().enumerate() {
        for (column, cell) in line.iter().enumerate() {
            sheet.write_string(row as u32, column as u16, *cell).unwrap();
        }
    }
    let columns = lines[0].iter().enumerate().map(|(column, name)| {
        let cells = lines[1..].iter().map(|line| Some(line[column]));
        let array: arrow::array::ArrayRef =
            std::sync::Arc::new(cells.collect::<arrow::array::StringArray>());
        (*name, array)
    });
    let batch = arrow::record_batch::RecordBatch::try_from_iter(columns).unwrap();
    let mut parquet = Vec::new();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(&mut parquet, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    vec![
        ("csv", text.as_bytes().to_vec()),
        ("csv.gz", gzip.finish().unwrap()),
        ("xlsx", book.save_to_buffer().unwrap()),
        ("parquet", parquet),
    ]
}

#[test]
fn a_table_that_changes_while_it_is_read_is_refused() {
    let schema = schema::table("stock_history").unwrap();
    let settings = Settings::default();
    let mapping = TableMapping::default();
    let text = good_rows(schema, 100);
    // As whoever writes it would: a row more, another file in its place, another figure in it.
    let changes: [fn(&Path, &[u8]); 3] = [
        |path, _| {
            let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
            file.write_all(b"2023-12-02,A,A,2\n").unwrap();
        },
        |path, bytes| {
            let next = path.with_extension("next");
            fs::write(&next, bytes).unwrap();
            fs::rename(next, path).unwrap();
        },
        |path, bytes| {
            // Clocks of file systems tick a few milliseconds apart.
            std::thread::sleep(std::time::Duration::from_millis(30));
            let mut other = bytes.to_vec();
            let last = other.len() - 2;
            other[last] ^= 2;
            fs::write(path, other).unwrap();
        },
    ];
    for (ending, bytes) in in_every_format(&text) {
        let dir = folder(&[]);
        let path = dir.path().join(format!("stock_history.{ending}"));
        let read = |change: Option<fn(&Path, &[u8])>| {
            fs::write(&path, &bytes).unwrap();
            let files = source::files(dir.path(), schema, &mapping).unwrap().files;
            let table = TableSource {
                schema,
                mapping: &mapping,
                files,
                compares_orders: false,
                known_locations: None,
            };
            let mut change = change;
            let mut quarantine = Quarantine::default();
            read::read(&table, &settings, &mut quarantine, &mut |_, _, _| {
                // The first rows are read, and the file is not done with.
                if let Some(change) = change.take() {
                    change(&path, &bytes);
                }
                Ok(())
            })
        };
        let quiet = read(None).unwrap();
        assert_eq!(quiet.sources[0].sha256, crate::domain::digest::sha256_hex(&bytes), "{ending}");
        for change in changes {
            let error = read(Some(change)).expect_err(ending);
            assert_eq!(error.exit_code(), 3);
            assert!(error.to_string().contains("was changed while it was read"), "{error}");
            assert!(error.to_string().contains(&format!("stock_history.{ending}")), "{error}");
        }
    }
}

#[test]
fn memory_limits_hold_for_every_table_format_and_for_names() {
    let refused = |name: &str, bytes: &[u8], parts: &[&str]| {
        let dir = folder(if name.starts_with("sales.") { &[] } else { &[("sales.csv", SALES)] });
        fs::write(dir.path().join(name), bytes).unwrap();
        let error = load(&request(&dir, "[data]\nmemory_limit_mb = 1")).expect_err(name);
        let told = error.to_string();
        assert_eq!(error.exit_code(), 3, "{told}");
        parts.iter().for_each(|part| assert!(told.contains(part), "`{part}` is not in: {told}"));
    };
    for schema in schema::TABLES.iter().filter(|schema| schema.table != "sales") {
        let name = format!("{}.csv", schema.table);
        let parts = [&format!("the {} rows need more than", schema.table), "the limit is 1"];
        refused(&name, good_rows(schema, 9_000).as_bytes(), &parts);
    }
    let text = good_rows(schema::table("stock_history").unwrap(), 9_000);
    for (ending, bytes) in in_every_format(&text) {
        refused(&format!("stock_history.{ending}"), &bytes, &["memory_limit_mb"]);
    }
    // Names, and series: few items at few places are many of them.
    let names: String =
        (0..5_000).map(|i| format!("2024-01-02,{}{i},1\n", "n".repeat(150))).collect();
    let sales = format!("date,sku,quantity\n{names}");
    refused("sales.csv", sales.as_bytes(), &["the sales rows need more than", "the limit is 1"]);
    let pairs = (0..4_000).map(|i| format!("2024-01-02,S{},L{},1\n", i % 64, i / 64));
    let sales = format!("date,sku,location,quantity\n{}", pairs.collect::<String>());
    refused("sales.csv", sales.as_bytes(), &["the sales rows need more than", "the limit is 1"]);
}

#[test]
fn a_small_limit_cuts_parquet_finer_and_changes_no_figure() {
    let rows: String = (0..200_000u32)
        .map(|i| format!("2024-01-{:02},S{},{}\n", i % 28 + 1, i % 3, i % 5))
        .collect();
    let text = format!("date,sku,quantity\n{rows}");
    let (_, bytes) = in_every_format(&text).pop().unwrap();
    let dir = folder(&[]);
    fs::write(dir.path().join("sales.parquet"), bytes).unwrap();
    let whole = load(&request(&dir, "")).unwrap();
    let cut = load(&request(&dir, "[data]\nmemory_limit_mb = 8")).unwrap();
    for at in 0..whole.panel.len() {
        assert_eq!(cut.panel.gross(at), whole.panel.gross(at));
        assert_eq!(cut.panel.totals(at), whole.panel.totals(at));
    }
}

#[test]
fn a_column_of_long_texts_is_no_column_of_numbers_or_names() {
    let long = "{\"note\": \"x\"} ".repeat(100);
    let rows: String = (0..3_000).map(|i| format!("2024-01-02,{long}{i},1\n")).collect();
    refuses(
        &[("sales.csv", &format!("date,sku,quantity\n{rows}"))],
        "",
        &["3000 of 3000 rows of sales are rejected", "longer than 200 bytes"],
    );
    refuses(
        &[("sales.csv", &format!("date,sku,quantity\n2024-01-02,A,{long}\n"))],
        "",
        &["a text of 1400 bytes; expected a number"],
    );
}

/// Sales of `days` days, three rows a day that differ.
fn some_days(days: u32) -> String {
    let mut text = String::new();
    for day in 1..=days {
        for (item, units) in [("A", day % 4 + 1), ("B", day % 3 + 1), ("A", 2)] {
            text += &format!("2024-01-{day:02},{item},{units}\n");
        }
    }
    text
}

#[test]
fn an_export_that_was_appended_to_itself_counts_once_and_is_told() {
    let head = "date,sku,quantity\n";
    let rows = some_days(10);
    let once = ok(&[("sales.csv", &format!("{head}{rows}"))], "");
    assert_eq!(tells(&once, ExceptionKind::RepeatedRows), 0, "equal rows of one day add up");
    for copies in [2, 3, 4] {
        let text = format!("{head}{}", rows.repeat(copies));
        let inputs = ok(&[("sales.csv", &text)], "");
        assert_eq!(series(&inputs, "A"), series(&once, "A"));
        let told = exception(&inputs, "repeated-rows", "sales.csv");
        assert_eq!(told.severity, Severity::Warning);
        let rows = 30 * (copies - 1);
        assert!(told.what.starts_with(&format!("{rows} rows (")), "{}", told.what);
    }
    // With its header between, or a first copy that was cut short: the latter is no copy.
    let text = format!("{head}{rows}{head}{rows}");
    assert_eq!(series(&ok(&[("sales.csv", &text)], ""), "A"), series(&once, "A"));
    let cut = format!("{head}{}{rows}", some_days(9));
    assert_eq!(tells(&ok(&[("sales.csv", &cut)], ""), ExceptionKind::RepeatedRows), 0);
}

#[test]
fn a_file_that_another_says_in_another_form_counts_once() {
    let rows = some_days(10);
    let comma = format!("date,sku,quantity\n{rows}");
    let semicolon = format!("sku;date;quantity\n{}", rows_turned(&rows));
    let settings = "[mapping.sales]\nfile = \"s*.csv\"";
    let inputs = ok(&[("s1.csv", &comma), ("s2.csv", &semicolon)], settings);
    assert_eq!(series(&inputs, "A"), series(&ok(&[("sales.csv", &comma)], ""), "A"));
    assert!(exception(&inputs, "repeated-rows", "s2.csv").what.starts_with("30 rows"));
}

fn rows_turned(rows: &str) -> String {
    let turned = rows.lines().map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        format!("{};{};{}\n", cells[1], cells[0], cells[2])
    });
    turned.collect()
}

#[test]
fn rows_of_one_day_that_repeat_each_other_are_sales_all_the_same() {
    let rows = "2024-01-01,A,1\n2024-01-01,B,1\n".repeat(20);
    let inputs = ok(&[("sales.csv", &format!("date,sku,quantity\n{rows}"))], "");
    assert_eq!(series(&inputs, "A").0, [20.0]);
}

#[test]
fn stock_that_was_appended_to_itself_counts_once_and_equal_bins_add_up() {
    let rows: String = (0..12).map(|item| format!("I{item},{}\n", 5 + item)).collect();
    let sales: String = (0..12).map(|item| format!("2024-01-01,I{item},1\n")).collect();
    let sales = format!("date,sku,quantity\n{sales}");
    let stock = format!("sku,on_hand\n{rows}{rows}");
    let inputs = ok(&[("sales.csv", &sales), ("stock.csv", &stock)], "");
    assert_eq!(inputs.stock.iter().map(|stock| stock.on_hand.0).sum::<i64>(), 126);
    assert!(exception(&inputs, "repeated-rows", "stock.csv").what.starts_with("12 rows repeat"));
    let bins = format!("sku,on_hand\n{rows}{}", "I3,8\n".repeat(12));
    let inputs = ok(&[("sales.csv", &sales), ("stock.csv", &bins)], "");
    assert_eq!(inputs.stock.iter().map(|stock| stock.on_hand.0).sum::<i64>(), 126 + 96);
}

#[test]
fn a_date_of_another_century_is_told_and_the_row_counts_without_it() {
    let orders = "order_id,sku,supplier,quantity,confirmed,expected\n\
        P1,A,s,50,2024-01-02,2062-01-05\nP2,A,s,60,2062-01-02,2024-01-20\n";
    let products = "sku,launched\nA,2062-01-01\nB,2023-01-01\n";
    let files = [("sales.csv", SALES), ("purchase_orders.csv", orders), ("products.csv", products)];
    let inputs = ok(&files, "[data]\nreject_share_limit = 1.0");
    let placed: Vec<(i64, bool, bool)> = inputs
        .purchase_orders
        .iter()
        .map(|order| (order.quantity.0, order.confirmed.is_some(), order.expected.is_some()))
        .collect();
    assert_eq!(placed, [(50, true, false), (60, false, true)]);
    assert_eq!(inputs.products[0].launched, None);
    let columns: Vec<String> = rejected(&inputs).into_iter().map(|row| row.2).collect();
    for column in ["expected", "confirmed", "launched"] {
        assert!(columns.iter().any(|name| name == column), "{column}: {columns:?}");
    }
}

#[test]
fn c14_a_new_item_is_like_its_analogue_in_all_its_channels_whichever_stands_first() {
    let products = "sku,analogue,launched\nA,,\nB,A,2024-03-01\n";
    let stock = "sku,on_hand\nA,5\nB,20\n";
    for order in [["web", "shop"], ["shop", "web"]] {
        let [first, second] = order;
        let mut sales = "date,sku,channel,quantity\n".to_owned();
        for day in 1..=28 {
            sales += &format!("2024-02-{day:02},A,{first},2\n2024-02-{day:02},A,{second},3\n");
        }
        let files =
            [("sales.csv", sales.as_str()), ("products.csv", products), ("stock.csv", stock)];
        let inputs = ok(&files, "");
        let channels: Vec<&str> = (0..inputs.panel.len())
            .map(|i| inputs.panel.key(i))
            .filter(|key| inputs.names.sku(key.sku) == "B")
            .map(|key| inputs.names.channels[key.channel.index()].as_str())
            .collect();
        assert_eq!(channels, ["shop", "web"], "{order:?}");
    }
}

#[test]
fn s2_rows_of_a_bucket_that_lie_in_another_refuse_the_night() {
    let sales = "date,sku,quantity\n2024-01-01,A,1\n2024-01-01,B,1\n";
    let dir = folder(&[("sales/bucket=0/part.csv", sales), ("sales/bucket=1/part.csv", sales)]);
    let bucket = families::Bucket { bucket: 0, of: 2 };
    let read = with_small_tables(&request(&dir, ""), |tables| tables.read_bucket(bucket));
    let error = read.expect_err("A or B belongs to the other");
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().contains("lies in a bucket that it does not belong to"), "{error}");
}

//! A second run of one morning: whatever part of it was approved, the rest is as it was.
//!
//! A property, tried on the demo and on made-up shops with all that ties lines together: minimums,
//! free freight, whole containers, a budget, what is open to buy, split orders of two suppliers,
//! moves between locations and lanes with little room.

use crate::small::folder;
use crate::support::{Table, succeeds};
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

const AS_OF: &str = "2026-03-01";

/// One line or move that is to be made.
#[derive(Debug, Clone, PartialEq)]
struct Proposed {
    /// Its supplier, or where it comes from.
    source: String,
    quantity: f64,
}

/// What is proposed, by id.
fn proposed(out: &Path) -> BTreeMap<String, Proposed> {
    let mut found = BTreeMap::new();
    let tables = [
        ("recommendations", "recommendation_id", ["supplier", "source_location"]),
        ("transfers", "transfer_id", ["from_location", "from_location"]),
    ];
    for (name, id, sources) in tables {
        let table = Table::published(out, name);
        for row in table.rows.iter().filter(|row| table.number(row, "quantity") > 0.0) {
            let [supplier, place] = sources.map(|column| table.text(row, column));
            let source = if supplier.is_empty() { place } else { supplier };
            let quantity = table.number(row, "quantity");
            let line = Proposed { source: source.to_owned(), quantity };
            found.insert(table.text(row, id).to_owned(), line);
        }
    }
    found
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let [path, copied] = [entry.path(), to.join(entry.file_name())];
        if path.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&path).unwrap(), &copied).unwrap();
        } else if path.is_dir() {
            copy(&path, &copied);
        } else {
            fs::copy(&path, &copied).unwrap();
        }
    }
}

/// A shop in a folder, and the morning that it was run for.
struct Shop {
    at: tempfile::TempDir,
    as_of: &'static str,
}

impl Shop {
    fn run(&self, out: &str, command: &[&str]) {
        let models = format!("{out}-models");
        let folders = ["--data", "data", "--out", out, "--models", &models];
        succeeds(self.at.path(), &[command, &folders[..]].concat(), &[0, 5]);
    }

    /// What is proposed after `decisions` on the lines of the first run.
    fn after(&self, decisions: &str) -> BTreeMap<String, Proposed> {
        let at = self.at.path();
        for part in ["", "-models"] {
            let _ = fs::remove_dir_all(at.join(format!("again{part}")));
            copy(&at.join(format!("first{part}")), &at.join(format!("again{part}")));
        }
        fs::write(at.join("decisions.csv"), decisions).unwrap();
        self.run("again", &["review", "--decisions", "decisions.csv"]);
        self.run("again", &["run", "--as-of", self.as_of]);
        proposed(&at.join("again"))
    }

    /// Approves halves, every other one and single lines of each source: the rest must stay.
    fn keeps_the_rest(&self) {
        self.run("first", &["run", "--as-of", self.as_of]);
        let first = proposed(&self.at.path().join("first"));
        let mut of_source: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
        for (id, line) in &first {
            of_source.entry(&line.source).or_default().push(id);
        }
        let mut parts: Vec<Vec<&String>> = vec![first.keys().step_by(2).collect()];
        for ids in of_source.values() {
            let (one_half, other) = ids.split_at(ids.len() / 2);
            parts.extend([one_half, other].map(<[_]>::to_vec));
            parts.push(ids.iter().step_by(2).copied().collect());
            parts.push(vec![ids[ids.len() / 2]]);
        }
        let mut tried = 0;
        for part in parts.iter().filter(|part| !part.is_empty()) {
            let mut decisions = String::from("recommendation_id,decision,author\n");
            for id in part {
                writeln!(decisions, "{id},approve,Mara").unwrap();
            }
            let mut rest = first.clone();
            rest.retain(|id, _| !part.contains(&id));
            assert_eq!(self.after(&decisions), rest, "{part:?} of {first:?}");
            tried += 1;
        }
        assert!(tried >= 8, "{tried} parts of {first:?}");
    }
}

/// What ties the lines of a made-up shop together.
#[derive(Default)]
struct Ties<'t> {
    locations: &'t [&'t str],
    /// Lanes lead from the first location to the others.
    lanes: bool,
    config: &'t str,
    seed: u64,
}

/// A whole number below `end`.
fn below(random: &mut Pcg64Mcg, end: u64) -> u64 {
    random.next_u64() % end
}

fn one_of<T: Copy>(random: &mut Pcg64Mcg, of: &[T]) -> T {
    of[below(random, of.len() as u64) as usize]
}

/// Sixteen items of four suppliers, half of them of two.
fn shop(ties: &Ties<'_>) -> Shop {
    let at = folder();
    let data = at.path().join("data");
    fs::create_dir(&data).unwrap();
    let random = &mut Pcg64Mcg::seed_from_u64(ties.seed);
    let suppliers = ["acme", "brill", "corto", "duo"];
    let mut sales = String::from("date,sku,location,quantity,unit_price\n");
    let mut stock = String::from("sku,location,on_hand\n");
    let mut products = String::from("sku,unit_cost,weight,volume\n");
    let mut supply = String::from(
        "sku,supplier,location,role,unit_cost,lead_time_days,minimum_order,pack_size\n",
    );
    let bought_at = if ties.lanes { ties.locations[0] } else { "" };
    for item in 0..16 {
        let cost = 2 + below(random, 38);
        for (place, location) in ties.locations.iter().enumerate() {
            let most = 1 + below(random, 9);
            let is_source = ties.lanes && place == 0;
            for day in 0..120 {
                let date = chrono::NaiveDate::from_ymd_opt(2025, 11, 1).unwrap();
                let date = date + chrono::Duration::days(day);
                let units = below(random, most + 1);
                if units > 0 && !is_source {
                    writeln!(sales, "{date},I{item},{location},{units},{}", 2 * cost).unwrap();
                }
            }
            let days = one_of(random, &[0, 2, 5, 10, 20, 45, 90]);
            let on_hand = if is_source { one_of(random, &[0, 40, 150]) } else { most * days / 2 };
            writeln!(stock, "I{item},{location},{on_hand}").unwrap();
        }
        let weight = 1 + below(random, 30);
        writeln!(products, "I{item},{cost},{:.1},0.01", weight as f64 / 10.0).unwrap();
        let usual = below(random, 4) as usize;
        let lead = one_of(random, &[3, 7, 14, 28, 45]);
        let least = one_of(random, &[0, 10, 24]);
        let pack = one_of(random, &[1, 6, 12]);
        let rules = format!("{cost},{lead},{least},{pack}");
        let name = suppliers[usual];
        writeln!(supply, "I{item},{name},{bought_at},primary,{rules}").unwrap();
        if item % 2 == 0 {
            let name = suppliers[(usual + 1) % 4];
            let [dearer, sooner] = [cost as f64 * 1.1, f64::from(lead / 5 + 1)];
            writeln!(supply, "I{item},{name},{bought_at},secondary,{dearer:.2},{sooner},0,1")
                .unwrap();
        }
    }
    let suppliers = "supplier,currency,order_weekdays,min_order_value,free_freight_value,\
                     freight_per_order\nacme,EUR,,1500,,\nbrill,USD,Mon;Thu,,2200,90\n\
                     corto,EUR,,800,1600,60\nduo,USD,,2500,4000,150\n";
    let files = [
        ("sales", sales.as_str()),
        ("stock", &stock),
        ("products", &products),
        ("supply", &supply),
        ("suppliers", suppliers),
    ];
    for (name, text) in files {
        fs::write(data.join(format!("{name}.csv")), text).unwrap();
    }
    if ties.lanes {
        let mut lanes = String::from("from_location,to_location,lead_time_days,pack_size\n");
        let mut capacities = String::from("location,from,capacity,basis\n");
        for place in &ties.locations[1..] {
            writeln!(lanes, "{},{place},2,2", ties.locations[0]).unwrap();
            writeln!(capacities, "{place},2026-01-01,600,units").unwrap();
        }
        fs::write(data.join("lanes.csv"), lanes).unwrap();
        fs::write(data.join("capacities.csv"), capacities).unwrap();
    }
    let (of_purchase, sections): (Vec<&str>, Vec<&str>) =
        ties.config.lines().partition(|line| line.starts_with("budget"));
    let config = format!(
        "[purchase]\ncurrency = \"EUR\"\n{}\n[purchase.rates]\nUSD = 0.92\n{}\n",
        of_purchase.join("\n"),
        sections.join("\n")
    );
    fs::write(at.path().join("orderpoint.toml"), config).unwrap();
    Shop { at, as_of: AS_OF }
}

#[test]
fn what_is_approved_of_the_demo_leaves_the_rest_as_it_was_the_same_morning() {
    let at = folder();
    succeeds(at.path(), &["demo", "--out", ".", "--data-only"], &[0]);
    fs::copy(at.path().join("data/orderpoint.toml"), at.path().join("orderpoint.toml")).unwrap();
    Shop { at, as_of: "2026-03-02" }.keeps_the_rest();
}

#[test]
fn what_is_approved_leaves_the_rest_with_minimums_containers_and_two_places() {
    let config = "[purchase.containers]\nduo = { capacity = 400.0, basis = \"quantity\" }\n\
                  acme = { capacity = 60.0, basis = \"weight\" }\n";
    shop(&Ties { locations: &["east", "west"], config, seed: 1, ..Ties::default() })
        .keeps_the_rest();
}

#[test]
fn what_is_approved_leaves_the_rest_with_a_budget_and_what_is_open_to_buy() {
    let config = "budget = 9000.0\n[purchase.open_to_buy.all]\namount = 7000.0\n";
    shop(&Ties { locations: &["main"], config, seed: 2, ..Ties::default() }).keeps_the_rest();
    shop(&Ties { locations: &["east", "west"], config, seed: 3, ..Ties::default() })
        .keeps_the_rest();
}

#[test]
fn what_is_approved_leaves_the_rest_with_lanes_and_little_room() {
    let locations = &["dc", "north", "south"];
    shop(&Ties { locations, lanes: true, seed: 4, ..Ties::default() }).keeps_the_rest();
}

/// Approved otherwise than proposed, a line counts as it was approved: one that was raised to the
/// whole need leaves nothing to ask of the other supplier of a split order.
#[test]
fn more_than_proposed_comes_off_the_other_part_of_a_split_order() {
    let at = folder();
    succeeds(at.path(), &["demo", "--out", ".", "--data-only"], &[0]);
    fs::copy(at.path().join("data/orderpoint.toml"), at.path().join("orderpoint.toml")).unwrap();
    let shop = Shop { at, as_of: "2026-03-02" };
    shop.run("first", &["run", "--as-of", shop.as_of]);
    let table = Table::published(&shop.at.path().join("first"), "recommendations");
    let mut pools: BTreeMap<[&str; 2], Vec<&Vec<String>>> = BTreeMap::new();
    for row in table.rows.iter().filter(|row| table.number(row, "quantity") > 0.0) {
        let pool = ["sku", "location"].map(|column| table.text(row, column));
        pools.entry(pool).or_default().push(row);
    }
    let split = pools.values().find(|rows| rows.len() == 2).expect("the demo has a split order");
    let ids = [0, 1].map(|part| table.text(split[part], "recommendation_id").to_owned());
    let quantities = [0, 1].map(|part| table.number(split[part], "quantity"));
    let edit = |quantity: f64| {
        format!("recommendation_id,decision,quantity,author\n{},edit,{quantity},Mara\n", ids[0])
    };
    let all = shop.after(&edit(quantities[0] + quantities[1]));
    assert_eq!(all.get(&ids[1]), None, "{split:?}");
    assert_eq!(all.get(&ids[0]), None, "{split:?}");
}

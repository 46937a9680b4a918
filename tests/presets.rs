//! Each preset reads an invented export in its platform's exact layout, to the unit: a folder of
//! `presets/` holds the file and, in `expected.toml`, the figures that were counted by hand.

use orderpoint::domain::inputs::Inputs;
use orderpoint::domain::units::{LocationId, SkuId};
use orderpoint::ingest::{self, Request};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Tables that an example may be of.
const TABLES: [&str; 6] =
    ["sales", "products", "stock", "stock_history", "purchase_orders", "supply"];

/// A sale beside tables that are not sales: a run needs one.
const SALES: &str = "date,sku,quantity\n2026-02-01,MUG,1\n";

/// The folders of the examples.
pub(crate) fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/presets");
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
fn every_preset_reads_its_example_to_the_unit() {
    let mut wrong = Vec::new();
    for folder in examples() {
        wrong.extend(differences_as(&folder, None, ""));
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_preset_has_an_example_and_a_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ingest/cells/presets");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/presets").join(&name);
        assert!(name == "generic" || example.join("expected.toml").is_file(), "{name}");
    }
}

/// A text example: what it says and how it is written.
pub(crate) struct Example {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) separator: char,
    pub(crate) quoting: bool,
}

/// The example in `folder`; nothing where it is no text.
pub(crate) fn of_example(folder: &Path) -> Option<Example> {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let expected: Table =
        std::fs::read_to_string(folder.join("expected.toml")).unwrap().parse().unwrap();
    let text = std::fs::read_to_string(folder.join(expected["file"].as_str().unwrap())).ok()?;
    // The one that some line has most of: a title above the header has none, decimal commas few.
    let most = |separator: &char| text.lines().map(|line| line.matches(*separator).count()).max();
    let separator = ['\t', ';', ','].into_iter().max_by_key(most)?;
    // Amazon's reports have no quotes: a sign of inches in a title is one.
    let quoting = !(name.starts_with("amazon") && separator == '\t');
    Some(Example { name, text, separator, quoting })
}

/// What the preset of the folder's name reads otherwise than expected, of its example or of `bytes`
/// in its place, with further lines of its mapping.
pub(crate) fn differences_as(folder: &Path, bytes: Option<&[u8]>, lines: &str) -> Vec<String> {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(folder.join("expected.toml")).unwrap();
    let expected: Table = text.parse().unwrap();
    let table = TABLES.into_iter().find(|table| expected.contains_key(*table)).unwrap();
    let file = expected["file"].as_str().unwrap();

    // The example beside the few tables that a run needs.
    let data = tempfile::tempdir().unwrap();
    match bytes {
        Some(bytes) => std::fs::write(data.path().join(file), bytes).unwrap(),
        None => drop(std::fs::copy(folder.join(file), data.path().join(file)).unwrap()),
    }
    if table != "sales" {
        std::fs::write(data.path().join("sales.csv"), SALES).unwrap();
    }
    for (beside, text) in expected.get("also").and_then(Value::as_table).into_iter().flatten() {
        std::fs::write(data.path().join(beside), text.as_str().unwrap()).unwrap();
    }
    let settings = format!("[[mapping.{table}]]\nfile = {file:?}\npreset = {name:?}\n{lines}\n");
    let request = Request {
        data: data.path().to_owned(),
        settings: toml::from_str(&settings).unwrap(),
        ..Request::default()
    };
    let inputs = match ingest::load(&request) {
        Ok(inputs) => inputs,
        Err(error) => return vec![format!("{name}: {error}")],
    };

    let mut wrong = Vec::new();
    let read = rows(&inputs, table);
    let wanted = expected[table].as_array().unwrap();
    if read.len() != wanted.len() {
        wrong.push(format!("{name}: {} rows, expected {}: {read:?}", read.len(), wanted.len()));
    }
    for (row, wanted) in read.iter().zip(wanted) {
        // A mutated example has other names.
        let is_compared = |key: &str| bytes.is_none() || key != "name";
        let figures = wanted.as_table().unwrap().iter().filter(|(key, _)| is_compared(key));
        for (key, value) in figures {
            if row.get(key) != Some(value) {
                wrong.push(format!(
                    "{name}: {key} is {:?}, expected {value} in {row:?}",
                    row.get(key)
                ));
            }
        }
    }
    for row in &inputs.quarantine {
        wrong.push(format!("{name}: line {} rejected: {} `{}`", row.line, row.reason, row.value));
    }
    // What stands above, between and below is counted beside the example's own; what was assumed
    // comes with the line that says otherwise.
    if bytes.is_some() {
        if !wrong.is_empty() {
            let assumed = inputs.exceptions.iter().filter(|e| e.kind.name() == "assumed-layout");
            wrong.extend(assumed.map(|e| format!("{name}: {} ({})", e.what, e.why)));
        }
        return wrong;
    }
    let left_out: i64 = inputs
        .exceptions
        .iter()
        .filter(|e| e.kind.name() == "excluded-rows")
        .map(|e| e.what.split(' ').next().unwrap().parse::<i64>().unwrap())
        .sum();
    let wanted = expected.get("left_out").map_or(0, |count| count.as_integer().unwrap());
    if left_out != wanted {
        wrong.push(format!("{name}: {left_out} rows are left out, expected {wanted}"));
    }
    for kind in expected.get("told").and_then(Value::as_array).into_iter().flatten() {
        let kind = kind.as_str().unwrap();
        if !inputs.exceptions.iter().any(|e| e.kind.name() == kind) {
            wrong.push(format!("{name}: nothing is told of {kind}"));
        }
    }
    wrong
}

/// What was read of `table`, sorted by item, channel and location.
fn rows(inputs: &Inputs, table: &str) -> Vec<Table> {
    let sku = |id: SkuId| Value::from(inputs.names.skus[id.index()].as_str());
    let place = |id: LocationId| Value::from(inputs.names.locations[id.index()].as_str());
    let date = |day: Option<chrono::NaiveDate>| day.map(|day| Value::from(day.to_string()));
    let mut rows: Vec<Vec<(&str, Option<Value>)>> = Vec::new();
    match table {
        "sales" => {
            for series in 0..inputs.panel.len() {
                let key = inputs.panel.key(series);
                let channel = inputs.names.channels[key.channel.index()].as_str();
                let units: f32 = inputs.panel.gross(series).iter().sum();
                let returns: f32 = inputs.panel.returns(series).iter().map(|r| r.1).sum();
                let revenue = inputs.panel.totals(series).gross_revenue;
                rows.push(vec![
                    ("sku", Some(sku(key.sku))),
                    ("channel", Some(channel.into())),
                    ("location", Some(place(key.location))),
                    ("units", Some(Value::from(units as i64))),
                    ("returns", Some(Value::from(returns as i64))),
                    ("revenue", Some(Value::from((revenue * 1e4).round() / 1e4))),
                ]);
            }
        }
        "stock" => rows.extend(inputs.stock.iter().map(|row| {
            vec![
                ("sku", Some(sku(row.sku))),
                ("location", Some(place(row.location))),
                ("on_hand", Some(Value::from(row.on_hand.0))),
                ("committed", Some(Value::from(row.committed.0))),
                ("damaged", Some(Value::from(row.damaged.0))),
            ]
        })),
        "stock_history" => rows.extend(inputs.stock_history.iter().map(|row| {
            vec![
                ("sku", Some(sku(row.sku))),
                ("location", Some(place(row.location))),
                ("date", date(Some(row.date))),
                ("on_hand", Some(Value::from(row.on_hand.0))),
            ]
        })),
        "purchase_orders" => rows.extend(inputs.purchase_orders.iter().map(|row| {
            let supplier = row.supplier.map(|id| inputs.names.suppliers[id.index()].as_str());
            vec![
                ("order_id", Some(Value::from(row.order_id.as_str()))),
                ("sku", Some(sku(row.sku))),
                ("supplier", supplier.map(Value::from)),
                ("location", Some(place(row.location))),
                ("quantity", Some(Value::from(row.quantity.0))),
                ("expected", date(row.expected)),
                ("received", date(row.received)),
            ]
        })),
        "supply" => rows.extend(inputs.supply.iter().map(|row| {
            let supplier = inputs.names.suppliers[row.supplier.index()].as_str();
            vec![
                ("sku", Some(sku(row.sku))),
                ("supplier", Some(Value::from(supplier))),
                ("unit_cost", row.unit_cost.map(|cost| Value::from(cost.as_f64()))),
                ("lead_time_days", Some(Value::from(row.lead_time_days))),
                ("minimum_order", Some(Value::from(row.minimum_order.0))),
            ]
        })),
        _ => {
            for (code, row) in inputs.products.iter().enumerate().filter(|(_, row)| row.in_master) {
                rows.push(vec![
                    ("sku", Some(Value::from(inputs.names.skus[code].as_str()))),
                    ("name", Some(Value::from(row.name.as_str()))),
                    ("category", Some(Value::from(row.category.as_str()))),
                    ("unit_cost", row.unit_cost.map(|cost| Value::from(cost.as_f64()))),
                    ("unit_price", row.unit_price.map(|price| Value::from(price.as_f64()))),
                ]);
            }
        }
    }
    let mut sorted: BTreeMap<String, Table> = BTreeMap::new();
    for row in rows {
        let table: Table =
            row.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
        let key = ["sku", "channel", "location", "date"]
            .map(|key| table.get(key).and_then(Value::as_str).unwrap_or_default().to_owned());
        sorted.insert(key.join("\t"), table);
    }
    sorted.into_values().collect()
}

//! What leaves by each lane today: one CSV a pair of locations, and a spreadsheet of all. Two
//! places are two deliveries: nobody wants one list for both.

use crate::domain::error::Result;
use crate::domain::inputs::Inputs;
use crate::domain::outcome::{Recommendation, TransferLine, transfer_order_id};
use crate::domain::units::LocationId;
use crate::store::Add;
use crate::tables::csv::table;
use crate::tables::drafts::file_names::file_names;
use crate::tables::table::Results;
use crate::tables::workbook::{Cell, Sheet, workbook};
use std::collections::BTreeMap;

/// Columns of `transfers/*.csv`.
const HEADER: [&str; 14] = [
    "recommendation_id",
    "from_location",
    "to_location",
    "sku",
    "name",
    "quantity",
    "packs",
    "pack_size",
    "transfer_id",
    "departs",
    "expected_arrival",
    "asked",
    "short",
    "reason",
];
/// Columns that a sheet sums up.
const TOTALS: [&str; 4] = ["quantity", "packs", "asked", "short"];

/// One pair of locations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    from: LocationId,
    to: LocationId,
}

/// Writes `transfers/<from>--<to>.csv` and `transfers/transfers.xlsx`, where anything leaves.
pub(super) fn write(results: Results<'_>, add: &Add<'_>) -> Result<()> {
    let Results { inputs, outcome, .. } = results;
    let mut pairs: BTreeMap<Pair, Vec<Vec<Cell>>> = BTreeMap::new();
    for line in outcome.recommendations.iter().filter(|line| line.quantity.is_positive()) {
        if let Some(transfer) = line.transfer {
            let pair = Pair { from: transfer.from, to: line.location };
            pairs.entry(pair).or_default().push(cells(inputs, line, transfer));
        }
    }
    if pairs.is_empty() {
        return Ok(());
    }
    let name = |pair: &Pair| {
        let [from, to] = [pair.from, pair.to].map(|place| inputs.names.location(place));
        format!("{from}--{to}")
    };
    let names: Vec<String> = pairs.keys().map(name).collect();
    let texts: Vec<&str> = names.iter().map(String::as_str).collect();
    for (file, lines) in file_names(&texts).iter().zip(pairs.values()) {
        let rows = lines.iter().map(|line| line.iter().map(Cell::to_string).collect::<Vec<_>>());
        let text = table(&HEADER, rows)?;
        add(&format!("transfers/{file}.csv"), Some(lines.len() as u64), &text)?;
    }
    let all: Vec<Vec<Cell>> = pairs.values().flatten().cloned().collect();
    let rows = all.len() as u64;
    let all = Sheet { name: "All transfers".into(), header: &HEADER, rows: all, totals: &[] };
    let mut sheets = vec![all];
    for (name, rows) in names.into_iter().zip(pairs.into_values()) {
        sheets.push(Sheet { name, header: &HEADER, rows, totals: &TOTALS });
    }
    let book = workbook(&sheets, inputs.panel.calendar().as_of())?;
    add("transfers/transfers.xlsx", Some(rows), &book)
}

fn cells(inputs: &Inputs, line: &Recommendation, transfer: TransferLine) -> Vec<Cell> {
    let names = &inputs.names;
    let as_of = inputs.panel.calendar().as_of();
    let [from, to] = [transfer.from, line.location].map(|place| names.location(place));
    let product = inputs.products.get(line.sku.index());
    vec![
        line.id.as_str().into(),
        from.into(),
        to.into(),
        names.sku(line.sku).into(),
        product.map_or("", |product| &product.name).into(),
        line.quantity.into(),
        line.packs().into(),
        line.pack_size.into(),
        transfer_order_id(as_of, from, to).as_str().into(),
        transfer.departs.into(),
        line.expected_arrival.into(),
        transfer.asked.into(),
        line.short().map(|units| units.count()).into(),
        line.reason.as_str().into(),
    ]
}

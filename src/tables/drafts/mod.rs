//! Drafts for people and sync tools: one CSV a supplier and channel, one spreadsheet of all orders,
//! one calendar of the days to order by.
//!
//! Names come from data: a file name keeps only harmless characters and never collides.

mod calendar;
mod file_names;
mod order_line;
mod print;
mod shipments;

pub use crate::tables::drafts::file_names::file_names;

use crate::domain::error::Result;
use crate::domain::inputs::{Inputs, Names};
use crate::domain::outcome::{Allocation, Outcome, Recommendation};
use crate::domain::units::{ChannelId, SupplierId};
use crate::store::Add;
use crate::tables::csv::table;
use crate::tables::dictionary;
use crate::tables::drafts::order_line::OrderLine;
use crate::tables::table::Results;
use crate::tables::workbook::{Cell, Sheet, workbook};
use std::collections::{BTreeMap, BTreeSet};

/// One column of `orders/*.csv` and of the workbook.
struct OrderColumn {
    name: &'static str,
    cell: fn(&OrderLine<'_>) -> Cell,
}

const fn column(name: &'static str, cell: fn(&OrderLine<'_>) -> Cell) -> OrderColumn {
    OrderColumn { name, cell }
}

/// Columns of `orders/*.csv`, in order. Prices are the supplier's, in its currency: an order is
/// written in the currency that the supplier invoices in, the reporting currency stands behind.
const ORDER_COLUMNS: [OrderColumn; 21] = [
    column("recommendation_id", |line| line.recommendation.id.as_str().into()),
    column("supplier", |line| line.supplier().into()),
    column("ship_to", |line| line.ship_to().into()),
    column("sku", |line| line.inputs.names.sku(line.recommendation.sku).into()),
    column("name", |line| line.item().into()),
    column("quantity", |line| line.recommendation.quantity.into()),
    column("unit_cost", |line| line.recommendation.supplier_unit_cost.into()),
    column("currency", |line| line.supplier_currency().into()),
    column("value", |line| line.recommendation.supplier_value().into()),
    column("supplier_sku", |line| line.supplier_sku().into()),
    column("packs", |line| line.recommendation.packs().into()),
    column("pack_size", |line| line.recommendation.pack_size.into()),
    column("order_id", |line| line.order_id().as_str().into()),
    column("order_date", |line| line.recommendation.order_date.into()),
    column("order_by", |line| line.recommendation.order_by.into()),
    column("expected_arrival", |line| line.recommendation.expected_arrival.into()),
    column("status", |line| line.recommendation.status.name().into()),
    column("need", |line| Cell::Real(line.recommendation.need)),
    column("reporting_value", |line| line.recommendation.value.into()),
    column("reporting_currency", |line| line.currency.into()),
    column("reason", |line| line.recommendation.reason.as_str().into()),
];

/// Columns that a supplier's sheet sums up.
const ORDER_TOTALS: [&str; 4] = ["quantity", "packs", "value", "reporting_value"];

impl OrderLine<'_> {
    fn cells(&self) -> Vec<Cell> {
        ORDER_COLUMNS.iter().map(|column| (column.cell)(self)).collect()
    }
}

/// Writes `orders/<supplier>.csv`, `orders/orders.xlsx`, `orders/order-by.ics`,
/// `transfers/<from>--<to>.csv` and `channels/<channel>.csv`.
///
/// # Errors
/// Those of `add`; [`crate::domain::error::Error::Internal`] when the rows do not fit.
pub fn write(results: Results<'_>, add: &Add<'_>) -> Result<()> {
    orders(results, add)?;
    shipments::write(results, add)?;
    add("orders/order-by.ics", None, calendar::order_by(results).as_bytes())?;
    add("report/tables.md", None, dictionary::markdown().as_bytes())?;
    channels(&results.inputs.names, &results.outcome.allocation, add)
}

fn orders(Results { inputs, outcome, currency }: Results<'_>, add: &Add<'_>) -> Result<()> {
    let mut of_supplier: BTreeMap<Option<SupplierId>, Vec<OrderLine<'_>>> = BTreeMap::new();
    for recommendation in &outcome.recommendations {
        if is_ordered(recommendation) {
            let line = OrderLine { recommendation, inputs, currency };
            of_supplier.entry(recommendation.supplier).or_default().push(line);
        }
    }
    let suppliers: Vec<&str> = of_supplier.keys().map(|&s| supplier_file(inputs, s)).collect();
    for (file, (supplier, lines)) in
        file_names(&suppliers).iter().zip(suppliers.iter().zip(of_supplier.values()))
    {
        add(&format!("orders/{file}.html"), None, &print::page(supplier, lines)?)?;
    }
    let by_supplier: Vec<Vec<Vec<Cell>>> =
        of_supplier.values().map(|lines| lines.iter().map(OrderLine::cells).collect()).collect();
    let header = ORDER_COLUMNS.each_ref().map(|column| column.name);
    for (file, lines) in file_names(&suppliers).iter().zip(&by_supplier) {
        let texts = lines.iter().map(|line| line.iter().map(Cell::to_string).collect::<Vec<_>>());
        let text = table(&header, texts)?;
        add(&format!("orders/{file}.csv"), Some(lines.len() as u64), &text)?;
    }
    let lines: Vec<Vec<Cell>> = by_supplier.iter().flatten().cloned().collect();
    let rows = lines.len() as u64;
    // All lines first, for whoever filters and sorts; then a sheet to send to each supplier.
    let all = Sheet { name: "All orders".into(), header: &header, rows: lines, totals: &[] };
    let mut sheets = vec![all];
    for (supplier, rows) in suppliers.iter().zip(by_supplier) {
        let name = (*supplier).to_owned();
        sheets.push(Sheet { name, header: &header, rows, totals: &ORDER_TOTALS });
    }
    let book = workbook(&sheets, inputs.panel.calendar().as_of())?;
    add("orders/orders.xlsx", Some(rows), &book)
}

/// Names of the files with the draft orders of each supplier, without extension.
pub(crate) fn order_files(
    inputs: &Inputs,
    outcome: &Outcome,
) -> BTreeMap<Option<SupplierId>, String> {
    let ordered = outcome.recommendations.iter().filter(|line| is_ordered(line));
    let suppliers: BTreeSet<Option<SupplierId>> = ordered.map(|line| line.supplier).collect();
    let names: Vec<&str> = suppliers.iter().map(|&s| supplier_file(inputs, s)).collect();
    suppliers.into_iter().zip(file_names(&names)).collect()
}

/// Whether a line is one of a draft order: moves are shipments.
fn is_ordered(line: &Recommendation) -> bool {
    line.quantity.is_positive() && line.transfer.is_none()
}

/// What the files of a supplier are called.
pub(crate) fn supplier_file(inputs: &Inputs, supplier: Option<SupplierId>) -> &str {
    supplier.map_or("no-supplier", |s| inputs.names.supplier(s))
}

fn channels(names: &Names, allocation: &[Allocation], add: &Add<'_>) -> Result<()> {
    const HEADER: [&str; 5] = ["sku", "location", "published", "action", "valid_until"];
    let mut by_channel: BTreeMap<ChannelId, Vec<[String; HEADER.len()]>> = BTreeMap::new();
    for row in allocation {
        by_channel.entry(row.channel).or_default().push([
            names.sku(row.sku).to_owned(),
            names.location(row.location).to_owned(),
            row.published.map_or_else(String::new, |units| units.to_string()),
            row.action.to_string(),
            row.valid_until.to_string(),
        ]);
    }
    let channels: Vec<&str> = by_channel.keys().map(|&channel| names.channel(channel)).collect();
    for (file, rows) in file_names(&channels).iter().zip(by_channel.values()) {
        let text = table(&HEADER, rows)?;
        add(&format!("channels/{file}.csv"), Some(rows.len() as u64), &text)?;
    }
    Ok(())
}

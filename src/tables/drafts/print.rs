//! `orders/<supplier>.html`: the draft orders of a supplier, a page an order, ready to print.

use crate::domain::error::{Error, Result};
use crate::domain::units::{LocationId, Money, Units};
use crate::tables::drafts::order_line::OrderLine;
use crate::tables::workbook::Cell;
use askama::Template;
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "order.html", config = "src/report/askama.toml")]
struct Page {
    supplier: String,
    orders: Vec<Order>,
}

/// One order, as written.
struct Order {
    id: String,
    ship_to: String,
    order_date: String,
    expected_arrival: String,
    currency: String,
    lines: Vec<Line>,
    units: String,
    value: String,
}

/// One line, as written.
struct Line {
    supplier_sku: String,
    sku: String,
    name: String,
    packs: String,
    quantity: String,
    unit_cost: String,
    value: String,
}

/// The page of a supplier's lines.
pub(super) fn page(supplier: &str, lines: &[OrderLine<'_>]) -> Result<Vec<u8>> {
    let mut by_place: BTreeMap<LocationId, Vec<&OrderLine<'_>>> = BTreeMap::new();
    for line in lines {
        by_place.entry(line.recommendation.location).or_default().push(line);
    }
    let orders = by_place.into_values().map(|lines| order(&lines)).collect();
    let page = Page { supplier: with_name(supplier, lines), orders };
    let text = page.render().map_err(|e| Error::Internal(format!("order page: {e}")))?;
    Ok(text.into_bytes())
}

/// `Müller GmbH (M-17)`: a supplier's name, where it is known, and our code for it.
fn with_name(supplier: &str, lines: &[OrderLine<'_>]) -> String {
    let line = lines.first();
    let of = line.and_then(|line| Some((line.inputs, line.recommendation.supplier?)));
    let name = of.map_or("", |(inputs, id)| inputs.suppliers[id.index()].name.as_str());
    // A code that is the name need not stand twice.
    if name.is_empty() || name == supplier {
        return supplier.to_owned();
    }
    format!("{name} ({supplier})")
}

fn order(lines: &[&OrderLine<'_>]) -> Order {
    let units: Units = lines.iter().map(|line| line.recommendation.quantity).sum();
    // A total without the lines whose price is unknown would be believed.
    let value: Option<Money> = lines.iter().map(|line| line.recommendation.supplier_value()).sum();
    let first = lines[0];
    let order_date = lines.iter().filter_map(|line| line.recommendation.order_date).min();
    let arrival = lines.iter().filter_map(|line| line.recommendation.expected_arrival).max();
    Order {
        id: first.order_id(),
        ship_to: first.ship_to().to_owned(),
        order_date: Cell::from(order_date).to_string(),
        expected_arrival: Cell::from(arrival).to_string(),
        currency: first.supplier_currency().to_owned(),
        lines: lines.iter().map(|line| written(line)).collect(),
        units: units.to_string(),
        value: value.map_or_else(|| "unknown".to_owned(), |value| format!("{value:.2}")),
    }
}

fn written(line: &OrderLine<'_>) -> Line {
    let of = line.recommendation;
    Line {
        supplier_sku: line.supplier_sku().to_owned(),
        sku: line.inputs.names.sku(of.sku).to_owned(),
        name: line.item().to_owned(),
        packs: Cell::from(of.packs()).to_string(),
        quantity: of.quantity.to_string(),
        unit_cost: Cell::from(of.supplier_unit_cost).to_string(),
        value: Cell::from(of.supplier_value()).to_string(),
    }
}

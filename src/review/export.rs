//! Approved orders as files for other systems. Nothing is sent: a person imports the file.
//!
//! An order is one supplier and ship-to of one morning; its id and its lines' ids (the recommendation ids) never change, so that
//! importing a file twice makes no duplicates. Column names are those of each system's own purchase-order import.

use crate::domain::digest::sha256_hex;
use crate::domain::error::Result;
use crate::review::decisions::{Decision, Kept};
use crate::store::replace;
use crate::tables::csv::{spreadsheet, table};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::path::Path;

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One line an order line, all that is known.
    Generic,
    /// Odoo, purchase.order with its lines.
    Odoo,
    /// ERPNext, Purchase Order data import.
    ErpNext,
    /// NetSuite, Purchase Order CSV import.
    NetSuite,
    /// Cin7 Omni, Import Purchase Orders: references start with `PO-`, fewer than 500 lines an order.
    Cin7,
    /// Purchase-order apps of Shopify.
    Shopify,
    /// One spreadsheet.
    Xlsx,
}

impl Format {
    /// By its name on the command line.
    ///
    /// # Errors
    /// The names there are.
    pub fn parse(name: &str) -> std::result::Result<Self, String> {
        Ok(match name {
            "generic" => Self::Generic,
            "odoo" => Self::Odoo,
            "erpnext" => Self::ErpNext,
            "netsuite" => Self::NetSuite,
            "cin7" => Self::Cin7,
            "shopify" => Self::Shopify,
            "xlsx" => Self::Xlsx,
            _ => {
                return Err(format!(
                    "{name:?} is none of generic, odoo, erpnext, netsuite, cin7, shopify, xlsx"
                ));
            }
        })
    }
}

/// Which approved lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// Those never exported.
    New,
    /// All that still stand, with the same ids as before.
    All,
}

/// Approved lines of one supplier, ship-to and morning.
#[derive(Debug, Clone, PartialEq)]
pub struct Order<'a> {
    /// `PO-20240401-1a2b3c4d`.
    pub id: String,
    /// In order of decision.
    pub lines: Vec<&'a Decision>,
}

/// The approved orders on the morning of `as_of`.
#[must_use]
pub fn orders(kept: &Kept, as_of: NaiveDate, selection: Selection) -> Vec<Order<'_>> {
    let mut orders: BTreeMap<(NaiveDate, &str, &str), Vec<&Decision>> = BTreeMap::new();
    for decision in kept.orders(as_of) {
        if selection == Selection::All || !kept.is_exported(&decision.recommendation_id) {
            orders
                .entry((decision.as_of, &decision.supplier, &decision.location))
                .or_default()
                .push(decision);
        }
    }
    orders.into_values().map(|lines| Order { id: lines[0].order_id(), lines }).collect()
}

/// A line and its place in an order.
struct Line<'a> {
    order: &'a str,
    first: bool,
    decision: &'a Decision,
}

type Cell = fn(&Line<'_>) -> String;

fn order_id(line: &Line<'_>) -> String {
    line.order.to_string()
}

fn day(date: Option<NaiveDate>) -> String {
    date.map(|d| d.to_string()).unwrap_or_default()
}

const LINE_ID: Cell = |l| l.decision.recommendation_id.clone();
const SUPPLIER: Cell = |l| l.decision.supplier.clone();
const SHIP_TO: Cell = |l| l.decision.location.clone();
const ORDERED: Cell = |l| l.decision.as_of.to_string();
const EXPECTED: Cell = |l| day(l.decision.expected);
const SKU: Cell = |l| l.decision.sku.clone();
const QUANTITY: Cell = |l| l.decision.quantity.to_string();
const COST: Cell = |l| l.decision.unit_cost.to_string();
const VALUE: Cell = |l| l.decision.unit_cost.times(l.decision.quantity).to_string();

const GENERIC: [(&str, Cell); 12] = [
    ("order_id", order_id),
    ("external_id", LINE_ID),
    ("supplier", SUPPLIER),
    ("ship_to", SHIP_TO),
    ("order_date", ORDERED),
    ("expected_arrival", EXPECTED),
    ("sku", SKU),
    ("quantity", QUANTITY),
    ("unit_cost", COST),
    ("value", VALUE),
    ("approved_by", |l| l.decision.author.clone()),
    ("reason", |l| l.decision.reason.clone()),
];

fn columns(format: Format) -> &'static [(&'static str, Cell)] {
    match format {
        Format::Generic | Format::Xlsx => &GENERIC,
        // Only an order's first row names the order: the rows below are more of its lines.
        Format::Odoo => &[
            ("id", |l| if l.first { l.order.to_string() } else { String::new() }),
            ("partner_id", |l| if l.first { SUPPLIER(l) } else { String::new() }),
            ("date_order", |l| if l.first { ORDERED(l) } else { String::new() }),
            ("origin", |l| if l.first { l.order.to_string() } else { String::new() }),
            ("order_line/id", LINE_ID),
            ("order_line/product_id", SKU),
            ("order_line/product_qty", QUANTITY),
            ("order_line/price_unit", COST),
            ("order_line/date_planned", EXPECTED),
        ],
        Format::ErpNext => &[
            ("ID", order_id),
            ("Supplier", SUPPLIER),
            ("Date", ORDERED),
            ("Set Target Warehouse", SHIP_TO),
            ("ID (Items)", LINE_ID),
            ("Item Code (Items)", SKU),
            ("Quantity (Items)", QUANTITY),
            ("Rate (Items)", COST),
            ("Required By (Items)", EXPECTED),
        ],
        Format::NetSuite => &[
            ("External ID", order_id),
            ("Vendor", SUPPLIER),
            ("Date", ORDERED),
            ("Location", SHIP_TO),
            ("Item", SKU),
            ("Quantity", QUANTITY),
            ("Rate", COST),
            ("Expected Receipt Date", EXPECTED),
            ("Memo", LINE_ID),
        ],
        Format::Cin7 => &[
            ("Order Ref", order_id),
            ("Company", SUPPLIER),
            ("Branch", SHIP_TO),
            ("Created Date", ORDERED),
            ("ETD", EXPECTED),
            ("Item Code", SKU),
            ("Item Qty", QUANTITY),
            ("Item Price", COST),
            ("Item Line Comments", LINE_ID),
        ],
        Format::Shopify => &[
            ("PO Number", order_id),
            ("Supplier", SUPPLIER),
            ("Location", SHIP_TO),
            ("SKU", SKU),
            ("Quantity", QUANTITY),
            ("Cost", COST),
            ("Expected Arrival", EXPECTED),
            ("Reference", LINE_ID),
        ],
    }
}

/// Most lines of one order in a format.
fn longest(format: Format) -> usize {
    if format == Format::Cin7 { 499 } else { usize::MAX }
}

/// The file: orders in the format's own columns; dated `as_of`, so that the same orders give the same bytes.
///
/// # Errors
/// [`Error::Internal`] when the rows do not fit the file.
pub fn render(orders: &[Order<'_>], format: Format, as_of: NaiveDate) -> Result<Vec<u8>> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for order in orders {
        for (part, lines) in order.lines.chunks(longest(format)).enumerate() {
            let id =
                if part == 0 { order.id.clone() } else { format!("{}-{}", order.id, part + 1) };
            let cells = |(i, decision): (usize, &&Decision)| {
                let line = Line { order: &id, first: i == 0, decision };
                columns(format).iter().map(|(_, cell)| cell(&line)).collect::<Vec<_>>()
            };
            rows.extend(lines.iter().enumerate().map(cells));
        }
    }
    if format == Format::Xlsx {
        let header = GENERIC.map(|(name, _)| name);
        return spreadsheet("Approved orders", &header, &[7, 8, 9], rows, as_of);
    }
    let header: Vec<&str> = columns(format).iter().map(|(name, _)| *name).collect();
    table(&header, rows)
}

/// Remembers that these lines were exported. Called after the file is written: if the program dies in between, the same lines
/// are exported again, with the same ids.
///
/// # Errors
/// [`Error::Io`].
pub fn mark(out: &Path, orders: &[Order<'_>]) -> Result<()> {
    let ids: Vec<&str> =
        orders.iter().flat_map(|o| &o.lines).map(|d| d.recommendation_id.as_str()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let text = ids.join("\n") + "\n";
    let folder = out.join("decisions");
    let digest = &sha256_hex(text.as_bytes())[..16];
    replace(&folder, &format!("exported-{digest}.txt"), &[text.as_bytes()])
}

//! Approved orders as files for other systems. Nothing is sent: a person imports the file.
//!
//! An order is one supplier and ship-to of one morning; its id and its lines' ids (the
//! recommendation ids) never change, so that importing a file twice makes no duplicates. Each
//! format is a file of this folder and one line of [`FORMATS`]; its column names are those of that
//! system's own purchase-order import.

mod cin7;
mod erpnext;
mod generic;
mod netsuite;
mod odoo;
mod shopify;
mod xlsx;

use crate::domain::digest::sha256_hex;
use crate::domain::error::Result;
use crate::review::decisions::{Decision, KeptDecisions};
use crate::store::replace;
use crate::tables::csv::table;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// Every format, in the order that the help lists them.
pub const FORMATS: [&dyn ExportFormat; 7] = [
    &generic::Generic,
    &odoo::Odoo,
    &erpnext::ErpNext,
    &netsuite::NetSuite,
    &cin7::Cin7,
    &shopify::Shopify,
    &xlsx::Xlsx,
];

/// How approved orders are written for one system.
pub trait ExportFormat: Sync {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// What it is, for the help.
    fn about(&self) -> &'static str;

    /// One row an order line.
    fn columns(&self) -> &'static [Column];

    /// Ending of the file's name.
    fn extension(&self) -> &'static str {
        "csv"
    }

    /// Most lines that the system takes in one order; a longer one is split.
    fn longest_order(&self) -> usize {
        usize::MAX
    }

    /// The rows as a file, dated `as_of`, so that the same rows give the same bytes.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::domain::error::Error::Internal) when the rows do not fit the
    /// file.
    fn write(&self, rows: Vec<Vec<String>>, _as_of: NaiveDate) -> Result<Vec<u8>> {
        let header: Vec<&str> = self.columns().iter().map(|column| column.name).collect();
        table(&header, rows)
    }
}

impl fmt::Debug for dyn ExportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The format of this name.
///
/// # Errors
/// The names there are.
pub fn format(name: &str) -> std::result::Result<&'static dyn ExportFormat, String> {
    FORMATS.into_iter().find(|format| format.name() == name).ok_or_else(|| {
        format!("{name:?} is none of {}", FORMATS.map(|format| format.name()).join(", "))
    })
}

/// A column of a format.
pub struct Column {
    name: &'static str,
    cell: fn(&OrderLine<'_>) -> String,
}

const fn column(name: &'static str, cell: fn(&OrderLine<'_>) -> String) -> Column {
    Column { name, cell }
}

/// A line and its place in an order.
pub struct OrderLine<'a> {
    order_id: &'a str,
    is_first: bool,
    decision: &'a Decision,
}

// What columns show.

fn order_id(line: &OrderLine<'_>) -> String {
    line.order_id.to_owned()
}

fn line_id(line: &OrderLine<'_>) -> String {
    line.decision.recommendation_id.clone()
}

fn supplier(line: &OrderLine<'_>) -> String {
    line.decision.supplier.clone()
}

fn ship_to(line: &OrderLine<'_>) -> String {
    line.decision.location.clone()
}

fn order_date(line: &OrderLine<'_>) -> String {
    line.decision.as_of.to_string()
}

fn expected_arrival(line: &OrderLine<'_>) -> String {
    line.decision.expected.map(|day| day.to_string()).unwrap_or_default()
}

fn sku(line: &OrderLine<'_>) -> String {
    line.decision.sku.clone()
}

fn quantity(line: &OrderLine<'_>) -> String {
    line.decision.quantity.to_string()
}

fn unit_cost(line: &OrderLine<'_>) -> String {
    line.decision.unit_cost.to_string()
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
pub fn orders(kept: &KeptDecisions, as_of: NaiveDate, selection: Selection) -> Vec<Order<'_>> {
    let mut orders: BTreeMap<(NaiveDate, &str, &str), Vec<&Decision>> = BTreeMap::new();
    for decision in kept.orders(as_of) {
        let wanted = match selection {
            Selection::All => true,
            Selection::New => !kept.is_exported(&decision.recommendation_id),
        };
        if wanted {
            let key = (decision.as_of, decision.supplier.as_str(), decision.location.as_str());
            orders.entry(key).or_default().push(decision);
        }
    }
    orders.into_values().map(|lines| Order { id: lines[0].order_id(), lines }).collect()
}

/// The file: orders in the format's own columns; dated `as_of`, so that the same orders give the
/// same bytes.
///
/// # Errors
/// [`Error::Internal`](crate::domain::error::Error::Internal) when the rows do not fit the file.
pub fn render(
    orders: &[Order<'_>],
    format: &dyn ExportFormat,
    as_of: NaiveDate,
) -> Result<Vec<u8>> {
    let mut rows = Vec::new();
    for order in orders {
        for (part, lines) in order.lines.chunks(format.longest_order()).enumerate() {
            let order_id = match part {
                0 => order.id.clone(),
                part => format!("{}-{}", order.id, part + 1),
            };
            for (i, decision) in lines.iter().enumerate() {
                let line = OrderLine { order_id: &order_id, is_first: i == 0, decision };
                rows.push(format.columns().iter().map(|column| (column.cell)(&line)).collect());
            }
        }
    }
    format.write(rows, as_of)
}

/// Remembers that these lines were exported. Called after the file is written: if the program dies
/// in between, the same lines are exported again, with the same ids.
///
/// # Errors
/// [`Error::Io`](crate::domain::error::Error::Io).
pub fn mark(out: &Path, orders: &[Order<'_>]) -> Result<()> {
    let lines = orders.iter().flat_map(|order| &order.lines);
    let ids: Vec<&str> = lines.map(|decision| decision.recommendation_id.as_str()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let text = ids.join("\n") + "\n";
    let name = format!("exported-{}.txt", &sha256_hex(text.as_bytes())[..16]);
    replace(&out.join("decisions"), &name, &[text.as_bytes()])
}

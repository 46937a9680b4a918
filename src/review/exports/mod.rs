//! Approved orders, approved moves and channel quantities as files for other systems. Nothing is
//! sent: a person imports the file.
//!
//! An order is one supplier and ship-to of one morning, a transfer one pair of locations; their ids
//! and their lines' ids never change, so that importing a file twice makes no duplicates. Amounts
//! are the supplier's, in its currency. Each format is a file of this folder and one line of
//! [`FORMATS`]; its column names and rules are those of that system's own import, and the reasons
//! stand beside the code.

mod amazon_quantity;
mod amazon_sendin;
mod channels;
mod cin7_core;
mod cin7_omni;
mod ebay;
mod erpnext;
mod files;
mod generic;
mod linnworks;
mod netsuite;
mod odoo;
mod settings;
mod shopify;
mod shopify_inventory;
#[cfg(test)]
mod tests;
mod unleashed;
mod woocommerce;
mod xlsx;

pub use crate::review::exports::channels::{ChannelFile, ChannelStock, channel_stock};
pub use crate::review::exports::files::{Keeping, keep};
pub use crate::review::exports::settings::{DateForm, Settings};

use crate::domain::error::Result;
use crate::review::decisions::{Decision, KeptDecisions};
use crate::store::PublishedRun;
use crate::tables::csv::table;
use crate::tables::workbook::Cell;
use crate::tables::{LOCATIONS, Rows};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Every format, in the order that the help lists them.
pub const FORMATS: [&dyn ExportFormat; 15] = [
    &generic::Generic,
    &odoo::Odoo,
    &erpnext::ErpNext,
    &netsuite::NetSuite,
    &cin7_core::Cin7Core,
    &cin7_omni::Cin7Omni,
    &shopify::Shopify,
    &unleashed::Unleashed,
    &linnworks::Linnworks,
    &amazon_sendin::AmazonSendIn,
    &xlsx::Xlsx,
    &shopify_inventory::ShopifyInventory,
    &amazon_quantity::AmazonQuantity,
    &ebay::Ebay,
    &woocommerce::WooCommerce,
];

/// Names that formats had once.
const FORMER_NAMES: [(&str, &str); 1] = [("cin7", "cin7-omni")];

/// What an export writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum What {
    /// Approved purchase orders.
    Orders,
    /// Approved moves between locations.
    Transfers,
    /// What each channel may show, from the newest run.
    Quantities,
}

impl What {
    /// In a sentence, and in the names of files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Transfers => "transfers",
            Self::Quantities => "quantities",
        }
    }
}

/// One file of an export.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportFile {
    /// What tells it from the other files of the export; empty where there is but one.
    pub part: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// How one system wants it.
pub trait ExportFormat: Sync {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// What it is, for the help.
    fn about(&self) -> &'static str;

    /// What it can write, its first choice first.
    fn writes(&self) -> &'static [What] {
        match self.transfers() {
            [] => &[What::Orders],
            _ => &[What::Orders, What::Transfers],
        }
    }

    /// Ending of its files' names.
    fn extension(&self) -> &'static str {
        "csv"
    }

    /// How its system writes dates where `[export] dates` does not say.
    fn dates(&self) -> DateForm {
        DateForm::Iso
    }

    /// Whether its system refuses an order without a supplier, often with all others in the file.
    fn needs_supplier(&self) -> bool {
        false
    }

    /// Why it does not write what goes to `to`; `None` where it does.
    fn refuses(&self, _to: &Destination) -> Option<String> {
        None
    }

    /// Columns of its rows of orders, one row a line; none for what it does not write so.
    fn orders(&self) -> &'static [Column] {
        &[]
    }

    /// Columns of its rows of transfers.
    fn transfers(&self) -> &'static [Column] {
        &[]
    }

    /// Columns of its rows of `what`.
    fn columns(&self, what: What) -> &'static [Column] {
        match what {
            What::Orders => self.orders(),
            What::Transfers => self.transfers(),
            What::Quantities => &[],
        }
    }

    /// Approved documents as files, dated, so that the same documents give the same bytes: one file
    /// with all of them, where its system does not want it otherwise.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::domain::error::Error::Internal) when the rows do not fit.
    fn documents(
        &self,
        what: What,
        documents: &[Document<'_>],
        page: &Page<'_>,
    ) -> Result<Vec<ExportFile>> {
        one_file(self.columns(what), documents, page)
    }

    /// What one channel may show, as a file.
    ///
    /// # Errors
    /// As [`ExportFormat::documents`].
    fn quantities(&self, _stock: &[ChannelStock]) -> Result<ChannelFile> {
        Ok(ChannelFile::default())
    }
}

impl fmt::Debug for dyn ExportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The format of this name, or of a name that it had once.
///
/// # Errors
/// The names there are.
pub fn format(name: &str) -> std::result::Result<&'static dyn ExportFormat, String> {
    let former = FORMER_NAMES.iter().find(|(former, _)| *former == name);
    let wanted = former.map_or(name, |&(_, today)| today);
    FORMATS.into_iter().find(|format| format.name() == wanted).ok_or_else(|| {
        format!("{name:?} is none of {}", FORMATS.map(|format| format.name()).join(", "))
    })
}

/// Names that the format of this name had once.
pub fn former_names(name: &str) -> impl Iterator<Item = &'static str> {
    FORMER_NAMES.iter().filter(move |(_, today)| *today == name).map(|&(former, _)| former)
}

/// What is the same on every row of an export.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// `[export]`.
    pub settings: &'a Settings,
    /// Code of the reporting currency.
    pub currency: &'a str,
    /// The morning of the newest run.
    pub as_of: NaiveDate,
    /// How dates are written.
    pub dates: DateForm,
}

/// Approved lines of one supplier and ship-to, or of one pair of locations, of one morning.
#[derive(Debug, Clone, PartialEq)]
pub struct Document<'a> {
    /// `PO-20240401-1a2b3c4d`.
    pub id: String,
    /// In order of decision.
    pub lines: Vec<&'a Decision>,
}

/// Where a document's goods go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Destination {
    /// Our name of it.
    pub location: String,
    /// What it is, in the seller's words; empty when not said.
    pub kind: String,
}

/// A column of a format: its name, and what it shows of a line.
pub struct Column {
    pub(crate) name: &'static str,
    pub(crate) cell: fn(&OrderLine<'_>) -> Cell,
}

pub(crate) const fn column(name: &'static str, cell: fn(&OrderLine<'_>) -> Cell) -> Column {
    Column { name, cell }
}

/// A line and its place in a document.
pub(crate) struct OrderLine<'a> {
    order_id: &'a str,
    /// From 1.
    number: i64,
    decision: &'a Decision,
    page: &'a Page<'a>,
}

// What columns show.

fn order_id(line: &OrderLine<'_>) -> Cell {
    line.order_id.into()
}

fn line_id(line: &OrderLine<'_>) -> Cell {
    line.decision.recommendation_id.as_str().into()
}

fn line_number(line: &OrderLine<'_>) -> Cell {
    line.number.into()
}

fn supplier(line: &OrderLine<'_>) -> Cell {
    line.page.settings.supplier(&line.decision.supplier).into()
}

fn ship_to(line: &OrderLine<'_>) -> Cell {
    line.page.settings.location(&line.decision.location).into()
}

fn ship_from(line: &OrderLine<'_>) -> Cell {
    line.page.settings.location(&line.decision.from_location).into()
}

/// The day that the supplier takes the order: the run's morning may be none of its weekdays.
fn order_day(line: &OrderLine<'_>) -> NaiveDate {
    line.decision.order_date.unwrap_or(line.decision.as_of)
}

fn order_date(line: &OrderLine<'_>) -> Cell {
    written(line, Some(order_day(line)))
}

fn expected_arrival(line: &OrderLine<'_>) -> Cell {
    written(line, line.decision.expected)
}

/// A day as the other system writes it; an ISO day stays a day, for spreadsheets.
fn written(line: &OrderLine<'_>, day: Option<NaiveDate>) -> Cell {
    match (day, line.page.dates) {
        (None, _) => Cell::Empty,
        (Some(day), DateForm::Iso) => Cell::Date(day),
        (Some(day), form) => Cell::Text(form.written(day)),
    }
}

fn sku(line: &OrderLine<'_>) -> Cell {
    line.decision.sku.as_str().into()
}

fn name(line: &OrderLine<'_>) -> Cell {
    line.decision.name.as_str().into()
}

fn supplier_sku(line: &OrderLine<'_>) -> Cell {
    line.decision.supplier_sku.as_str().into()
}

/// `[V-1] Name`: what the supplier calls the item and what we do; of a move what we do.
fn description(line: &OrderLine<'_>) -> Cell {
    let Decision { name, sku, supplier_sku, from_location, .. } = line.decision;
    let name = if name.is_empty() { sku } else { name };
    if supplier_sku.is_empty() || !from_location.is_empty() {
        name.as_str().into()
    } else {
        Cell::Text(format!("[{supplier_sku}] {name}"))
    }
}

fn quantity(line: &OrderLine<'_>) -> Cell {
    line.decision.quantity.into()
}

fn packs(line: &OrderLine<'_>) -> Cell {
    line.decision.packs().into()
}

fn pack_size(line: &OrderLine<'_>) -> Cell {
    line.decision.pack_size.map(|pack| pack.count()).into()
}

/// Price of one unit: the supplier's, in its currency. A line decided before that was known has
/// the reporting currency's.
fn unit_cost(line: &OrderLine<'_>) -> Cell {
    let Decision { supplier_unit_cost, supplier_currency, unit_cost, .. } = line.decision;
    match supplier_unit_cost {
        Some(cost) => (*cost).into(),
        None if supplier_currency.is_empty() || supplier_currency == line.page.currency => {
            Some(*unit_cost).filter(|cost| cost.is_positive()).into()
        }
        None => Cell::Empty,
    }
}

/// Code of the currency of [`unit_cost`].
fn currency(line: &OrderLine<'_>) -> Cell {
    let own = &line.decision.supplier_currency;
    if own.is_empty() { line.page.currency.into() } else { own.as_str().into() }
}

/// Quantity x [`unit_cost`].
fn value(line: &OrderLine<'_>) -> Cell {
    match unit_cost(line) {
        Cell::Money(cost) => cost.times(line.decision.quantity).into(),
        Cell::Empty
        | Cell::Text(_)
        | Cell::Count(_)
        | Cell::Units(_)
        | Cell::Real(_)
        | Cell::Date(_) => Cell::Empty,
    }
}

/// The places of a run, by name.
///
/// # Errors
/// [`Error::Input`](crate::domain::error::Error::Input) for a run that cannot be read.
pub fn destinations(run: &PublishedRun) -> Result<BTreeMap<String, Destination>> {
    let rows = Rows::of(run, &LOCATIONS)?;
    let mut places = BTreeMap::new();
    for row in 0..rows.len() {
        let location = rows.text("location", row).to_owned();
        let kind = rows.optional_text("kind", row).unwrap_or_default().to_owned();
        places.insert(location.clone(), Destination { location, kind });
    }
    Ok(places)
}

/// Takes out the documents that `format` does not write; the reasons, each once.
pub fn leave_out(
    format: &dyn ExportFormat,
    documents: &mut Vec<Document<'_>>,
    places: &BTreeMap<String, Destination>,
) -> BTreeSet<String> {
    let mut reasons = BTreeSet::new();
    documents.retain(|document| {
        let first = document.lines[0];
        let location = &first.location;
        let unknown = Destination { location: location.clone(), kind: String::new() };
        let is_bought = first.from_location.is_empty();
        let refused = if is_bought && first.supplier.is_empty() && format.needs_supplier() {
            let skus: Vec<&str> = document.lines.iter().map(|line| line.sku.as_str()).collect();
            Some(format!(
                "{} has no supplier, and {} takes no order without one (--format generic writes \
                 it, to be ordered by hand)",
                skus.join(", "),
                format.name()
            ))
        } else {
            format.refuses(places.get(location).unwrap_or(&unknown))
        };
        let is_written = refused.is_none();
        reasons.extend(refused);
        is_written
    });
    reasons
}

/// Which approved lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// Those never exported.
    New,
    /// All that still stand, with the same ids as before.
    All,
}

/// The approved orders or transfers on the morning of `as_of`.
#[must_use]
pub fn documents(
    kept: &KeptDecisions,
    as_of: NaiveDate,
    what: What,
    selection: Selection,
) -> Vec<Document<'_>> {
    let lines: Vec<&Decision> = match what {
        What::Orders => kept.orders(as_of).collect(),
        What::Transfers => kept.transfers(as_of).collect(),
        What::Quantities => Vec::new(),
    };
    let mut documents: BTreeMap<(NaiveDate, &str, &str, &str), Vec<&Decision>> = BTreeMap::new();
    for decision in lines {
        let wanted = match selection {
            Selection::All => true,
            Selection::New => !kept.is_exported(&decision.recommendation_id),
        };
        if wanted {
            let Decision { as_of, supplier, location, from_location, .. } = decision;
            let key = (*as_of, supplier.as_str(), from_location.as_str(), location.as_str());
            documents.entry(key).or_default().push(decision);
        }
    }
    documents.into_values().map(|lines| Document { id: lines[0].order_id(), lines }).collect()
}

/// Splits documents with more lines than the system takes in one; the parts are numbered.
pub(crate) fn split<'a>(documents: &[Document<'a>], longest: usize) -> Vec<Document<'a>> {
    let mut parts = Vec::with_capacity(documents.len());
    for document in documents {
        for (part, lines) in document.lines.chunks(longest).enumerate() {
            let id = match part {
                0 => document.id.clone(),
                part => format!("{}-{}", document.id, part + 1),
            };
            parts.push(Document { id, lines: lines.to_vec() });
        }
    }
    parts
}

/// One row a line.
pub(crate) fn rows(
    columns: &[Column],
    documents: &[Document<'_>],
    page: &Page<'_>,
) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for document in documents {
        for (number, decision) in (1..).zip(&document.lines) {
            let line = OrderLine { order_id: &document.id, number, decision, page };
            rows.push(columns.iter().map(|column| (column.cell)(&line)).collect());
        }
    }
    rows
}

/// The rows as CSV.
pub(crate) fn csv(
    columns: &[Column],
    documents: &[Document<'_>],
    page: &Page<'_>,
) -> Result<Vec<u8>> {
    let header: Vec<&str> = columns.iter().map(|column| column.name).collect();
    let rows = rows(columns, documents, page);
    table(&header, rows.iter().map(|row| row.iter().map(Cell::to_string).collect::<Vec<_>>()))
}

/// A file a document, named by it.
pub(crate) fn one_file_each(
    columns: &[Column],
    documents: &[Document<'_>],
    page: &Page<'_>,
) -> Result<Vec<ExportFile>> {
    let mut files = Vec::with_capacity(documents.len());
    for document in documents {
        let bytes = csv(columns, std::slice::from_ref(document), page)?;
        files.push(ExportFile { part: document.id.clone(), bytes });
    }
    Ok(files)
}

/// One file with all documents.
pub(crate) fn one_file(
    columns: &[Column],
    documents: &[Document<'_>],
    page: &Page<'_>,
) -> Result<Vec<ExportFile>> {
    Ok(vec![ExportFile { part: String::new(), bytes: csv(columns, documents, page)? }])
}

/// The cell on a document's first row, nothing below it.
pub(crate) fn on_first(line: &OrderLine<'_>, cell: fn(&OrderLine<'_>) -> Cell) -> Cell {
    if line.number == 1 { cell(line) } else { Cell::Empty }
}

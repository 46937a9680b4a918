//! Cin7 Core (DEAR): bulk import of purchases, and the lines of a stock transfer.
//!
//! Its importer wants the names and the order of its own template, which changes with the program
//! and is handed out inside an account only: what is written by default was never held against one.
//! `[export.templates] cin7-core` takes the first line of the account's template: then the columns
//! are those, in that order, and what we know nothing of stays blank. A row a line, with its
//! order's number on each; one file an order. Places of a transfer are set in its form, the file
//! has the lines.

use crate::domain::error::{Error, Result};
use crate::review::exports::{
    Column, Document, ExportFile, ExportFormat, OrderLine, Page, What, column, currency,
    description, expected_arrival, line_id, one_file_each, order_date, order_id, quantity, rows,
    ship_to, sku, supplier, supplier_sku, unit_cost, value,
};
use crate::tables::csv::table;
use crate::tables::workbook::Cell;

/// Cin7 Core.
pub(crate) struct Cin7Core;

const NAME: &str = "cin7-core";

const ORDERS: &[Column] = &[
    column("RecordType", |_| "Order".into()),
    column("PurchaseOrderNumber", order_id),
    column("SupplierName", supplier),
    column("InventoryLocation", ship_to),
    column("CurrencyCode", currency),
    column("OrderDate", order_date),
    column("RequiredBy", expected_arrival),
    column("SKU", sku),
    column("ProductName", product_name),
    column("SupplierSKU", supplier_sku),
    column("Quantity", quantity),
    column("Price", unit_cost),
    column("Total", value),
    column("Comment", line_id),
];

const TRANSFERS: &[Column] = &[
    column("SKU", sku),
    column("ProductName", product_name),
    column("Quantity", quantity),
    column("Comment", line_id),
];

/// Other names of a column, in letters alone, as templates have had them.
const ALSO: &[(&str, &[&str])] = &[
    ("PurchaseOrderNumber", &["purchasenumber", "ordernumber", "purchaseorder", "ponumber"]),
    ("SupplierName", &["supplier"]),
    ("InventoryLocation", &["location", "stocklocation"]),
    ("CurrencyCode", &["currency"]),
    ("OrderDate", &["date", "purchasedate"]),
    ("RequiredBy", &["requiredbydate", "expecteddate", "expecteddeliverydate"]),
    ("SKU", &["productsku", "productcode", "itemcode"]),
    ("ProductName", &["product", "name"]),
    ("SupplierSKU", &["supplierproductcode", "supplieritemcode"]),
    ("Quantity", &["qty", "orderquantity"]),
    ("Price", &["unitprice", "unitcost", "cost"]),
    ("Total", &["linetotal", "amount"]),
    ("Comment", &["comments", "linecomment", "linecomments", "notes"]),
];

fn product_name(line: &OrderLine<'_>) -> Cell {
    if line.decision.name.is_empty() {
        description(line)
    } else {
        line.decision.name.as_str().into()
    }
}

/// `* Supplier Name` and `SupplierName*` are the same column.
fn letters(heading: &str) -> String {
    heading.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase()
}

/// Which of `columns` a template calls `heading`.
fn place_of(heading: &str, columns: &[Column]) -> Option<usize> {
    let wanted = letters(heading);
    columns.iter().position(|column| {
        let others = ALSO.iter().filter(|(name, _)| *name == column.name);
        letters(column.name) == wanted
            || others.flat_map(|(_, also)| also.iter()).any(|also| *also == wanted)
    })
}

/// The headings of a template. A heading may hold a comma in quotes, and a line that went through a
/// spreadsheet may begin with a mark and be separated otherwise.
fn first_line(template: &str) -> Result<csv::StringRecord> {
    let line = template.trim().trim_start_matches('\u{feff}');
    let unquoted = line.split('"').step_by(2).collect::<String>();
    // Of several as frequent, the last one: the comma.
    let separator = [b'\t', b';', b',']
        .into_iter()
        .max_by_key(|&separator| unquoted.bytes().filter(|&byte| byte == separator).count());
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(separator.unwrap_or(b','))
        .from_reader(line.as_bytes());
    let mut headings = csv::StringRecord::new();
    reader.read_record(&mut headings).map_err(|error| {
        Error::Config(vec![format!("[export.templates] {NAME}: not a line of a CSV file: {error}")])
    })?;
    Ok(headings)
}

/// The documents below the account's own first line.
fn by_template(
    template: &str,
    columns: &[Column],
    documents: &[Document<'_>],
    page: &Page<'_>,
) -> Result<Vec<ExportFile>> {
    let headings = first_line(template)?;
    let headings: Vec<&str> = headings.iter().collect();
    let places: Vec<Option<usize>> =
        headings.iter().map(|heading| place_of(heading, columns)).collect();
    for needed in ["SKU", "Quantity"] {
        let at = columns.iter().position(|column| column.name == needed);
        if !places.contains(&at) {
            return Err(Error::Config(vec![format!(
                "[export.templates] {NAME}: no column of it is the {needed}; expected the first \
                 line of the template, like `{}`",
                columns.iter().map(|column| column.name).collect::<Vec<_>>().join(",")
            )]));
        }
    }
    let mut files = Vec::with_capacity(documents.len());
    for document in documents {
        let of_document = rows(columns, std::slice::from_ref(document), page);
        let lines = of_document.iter().map(|row| {
            let cells = places.iter().map(|place| place.map(|at| row[at].to_string()));
            cells.map(Option::unwrap_or_default).collect::<Vec<_>>()
        });
        files.push(ExportFile { part: document.id.clone(), bytes: table(&headings, lines)? });
    }
    Ok(files)
}

impl ExportFormat for Cin7Core {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "Cin7 Core (DEAR) purchase import or transfer lines, one file each"
    }

    fn needs_supplier(&self) -> bool {
        true
    }

    fn orders(&self) -> &'static [Column] {
        ORDERS
    }

    fn transfers(&self) -> &'static [Column] {
        TRANSFERS
    }

    fn documents(
        &self,
        what: What,
        documents: &[Document<'_>],
        page: &Page<'_>,
    ) -> Result<Vec<ExportFile>> {
        let columns = self.columns(what);
        match page.settings.templates.get(NAME) {
            Some(template) if what == What::Orders => {
                by_template(template, columns, documents, page)
            }
            Some(_) | None => one_file_each(columns, documents, page),
        }
    }
}

//! ERPNext: data import of the documents Purchase Order and Material Request.
//!
//! A move is asked for: a Material Request of the purpose Material Transfer, from which whoever
//! packs makes the Stock Entry. Every line has both warehouses: a stock item without one is
//! refused, and those of the head are copied to the lines by the form, not by an import.
//!
//! Frappe's importer (`frappe/core/doctype/data_import/importer.py`, `parse_next_row_for_import`)
//! takes a row as one more line of the document above only while *all* columns of the document are
//! blank: a value in any of them starts a new document, and one with an id that exists fails. So
//! the columns of the document stand on its first row alone. Ids that are given are kept
//! (`naming.set_new_name`): a second import of the same file is refused instead of doubled.
//! Currency is the supplier's; ERPNext takes the rate of exchange of the day.

use crate::domain::error::Result;
use crate::review::exports::{
    Column, Document, ExportFile, ExportFormat, Page, What, column, currency, expected_arrival,
    line_id, name, on_first, one_file, order_date, order_id, quantity, ship_from, ship_to, sku,
    supplier, supplier_sku, unit_cost,
};

/// ERPNext.
pub(crate) struct ErpNext;

const ORDERS: &[Column] = &[
    column("ID", |line| on_first(line, order_id)),
    column("Series", |line| on_first(line, |l| l.page.settings.naming_series.as_str().into())),
    column("Company", |line| on_first(line, |l| l.page.settings.company.as_str().into())),
    column("Supplier", |line| on_first(line, supplier)),
    column("Date", |line| on_first(line, order_date)),
    column("Required By", |line| on_first(line, expected_arrival)),
    column("Currency", |line| on_first(line, currency)),
    column("Set Target Warehouse", |line| on_first(line, ship_to)),
    column("ID (Items)", line_id),
    column("Item Code (Items)", sku),
    column("Item Name (Items)", name),
    column("Supplier Part Number (Items)", supplier_sku),
    column("Quantity (Items)", quantity),
    column("Rate (Items)", unit_cost),
    column("Required By (Items)", expected_arrival),
];

const TRANSFERS: &[Column] = &[
    column("ID", |line| on_first(line, order_id)),
    column("Series", |line| on_first(line, |l| l.page.settings.naming_series.as_str().into())),
    column("Company", |line| on_first(line, |l| l.page.settings.company.as_str().into())),
    column("Purpose", |line| on_first(line, |_| "Material Transfer".into())),
    column("Transaction Date", |line| on_first(line, order_date)),
    column("Required By", |line| on_first(line, expected_arrival)),
    column("Set Source Warehouse", |line| on_first(line, ship_from)),
    column("Set Target Warehouse", |line| on_first(line, ship_to)),
    column("ID (Items)", line_id),
    column("Item Code (Items)", sku),
    column("Quantity (Items)", quantity),
    column("Required By (Items)", expected_arrival),
    column("Source Warehouse (Items)", ship_from),
    column("Target Warehouse (Items)", ship_to),
];

impl ExportFormat for ErpNext {
    fn name(&self) -> &'static str {
        "erpnext"
    }

    fn about(&self) -> &'static str {
        "ERPNext data import of purchase orders or material requests"
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
        // A column that is blank in every row would take a default away: left out.
        let mut used: Vec<Column> = Vec::with_capacity(columns.len());
        for &Column { name, cell } in columns {
            let is_blank = match name {
                "Series" => page.settings.naming_series.is_empty(),
                "Company" => page.settings.company.is_empty(),
                _ => false,
            };
            if !is_blank {
                used.push(Column { name, cell });
            }
        }
        one_file(&used, documents, page)
    }
}

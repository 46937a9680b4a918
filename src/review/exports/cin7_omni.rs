//! Cin7 Omni: Import Purchase Orders, Import Branch Transfers.
//!
//! References start with `PO-` and are used once; a file has fewer than 500 lines, so a longer
//! export is several files, and an order that is longer by itself is several orders. Columns are
//! matched by the user, by these names without a click. Of a branch transfer the company is the
//! branch that it comes from.

use crate::domain::error::Result;
use crate::review::exports::{
    Column, Document, ExportFile, ExportFormat, Page, What, column, csv, currency,
    expected_arrival, line_id, order_date, order_id, quantity, ship_from, ship_to, sku, split,
    supplier, supplier_sku, unit_cost,
};

/// Cin7 Omni.
pub(crate) struct Cin7Omni;

/// Lines of a file besides its head.
const LONGEST_FILE: usize = 498;

const ORDERS: &[Column] = &[
    column("Order Ref", order_id),
    column("Company Name", supplier),
    column("Branch", ship_to),
    column("Currency Code", currency),
    column("Created Date", order_date),
    column("ETD", expected_arrival),
    column("Item Code", sku),
    column("Supplier Code", supplier_sku),
    column("Item Qty", quantity),
    column("Item Price", unit_cost),
    column("Item Line Comments", line_id),
];

const TRANSFERS: &[Column] = &[
    column("Order Ref", order_id),
    column("Company", ship_from),
    column("Branch", ship_to),
    column("Created Date", order_date),
    column("ETD", expected_arrival),
    column("Item Code", sku),
    column("Item Qty", quantity),
    column("Item Line Comments", line_id),
];

impl ExportFormat for Cin7Omni {
    fn name(&self) -> &'static str {
        "cin7-omni"
    }

    fn about(&self) -> &'static str {
        "Cin7 Omni import of orders or branch transfers (`cin7` means it)"
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
        let mut groups: Vec<Vec<Document<'_>>> = Vec::new();
        let mut room = 0;
        for document in split(documents, LONGEST_FILE) {
            let lines = document.lines.len();
            match groups.last_mut() {
                Some(group) if lines <= room => group.push(document),
                Some(_) | None => {
                    room = LONGEST_FILE;
                    groups.push(vec![document]);
                }
            }
            room -= lines;
        }
        let is_one = groups.len() < 2;
        let mut files = Vec::with_capacity(groups.len());
        for (number, group) in (1..).zip(&groups) {
            let part = if is_one { String::new() } else { format!("part{number}") };
            files.push(ExportFile { part, bytes: csv(self.columns(what), group, page)? });
        }
        Ok(files)
    }
}

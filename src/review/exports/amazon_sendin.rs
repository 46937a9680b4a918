//! Amazon: Send to Amazon, the list of SKUs and quantities of one shipment to FBA.
//!
//! Tab-separated, one file a shipment; what is moved there from a location of our own, or ordered
//! from a supplier who delivers to Amazon. A merchant SKU, which `aliases` says where it is not our
//! own, stands once in a file; owners are named on every line, and what is packed in cases says so.

use crate::domain::error::Result;
use crate::domain::units::Units;
use crate::review::decisions::Decision;
use crate::review::exports::{Destination, Document, ExportFile, ExportFormat, Page, What};
use std::collections::BTreeMap;

/// Send to Amazon.
pub(crate) struct AmazonSendIn;

const HEAD: &str =
    "Merchant SKU\tQuantity\tPrep owner\tLabeling owner\tUnits per box\tNumber of boxes\n";
/// What is sent in of one item.
#[derive(Debug, Clone, Copy, Default)]
struct SentIn {
    units: Units,
    case_size: Option<Units>,
}

impl SentIn {
    /// Units of a box and boxes, blank where it does not go in whole cases.
    fn boxes(&self) -> String {
        match self.case_size {
            Some(case) if case > Units::LEAST && self.units.count() % case.count() == 0 => {
                format!("{case}\t{}", self.units.count() / case.count())
            }
            Some(_) | None => "\t".to_owned(),
        }
    }
}

/// Who prepares and labels: the seller, unless it pays Amazon for it on the platform's page.
const OWNER: &str = "Seller";

impl ExportFormat for AmazonSendIn {
    fn name(&self) -> &'static str {
        "amazon-sendin"
    }

    fn about(&self) -> &'static str {
        "Send to Amazon: SKUs and quantities, one file a shipment"
    }

    fn writes(&self) -> &'static [What] {
        &[What::Transfers, What::Orders]
    }

    fn extension(&self) -> &'static str {
        "txt"
    }

    fn refuses(&self, to: &Destination) -> Option<String> {
        let says = [&to.location, &to.kind].map(|text| text.to_lowercase());
        let is_amazon = says.iter().any(|text| text.contains("fba") || text.contains("amazon"));
        (!is_amazon).then(|| {
            format!(
                "{} is no place of Amazon's (where it is one, write fba in the column kind of \
                 locations.csv)",
                to.location
            )
        })
    }

    fn documents(
        &self,
        _what: What,
        documents: &[Document<'_>],
        _page: &Page<'_>,
    ) -> Result<Vec<ExportFile>> {
        let mut files = Vec::with_capacity(documents.len());
        for document in documents {
            let mut items: BTreeMap<&str, SentIn> = BTreeMap::new();
            for decision in document.lines.iter().copied() {
                let Decision { sku, supplier_sku, quantity, pack_size, .. } = decision;
                // Of what is ordered the second number is the supplier's.
                let is_moved = !decision.from_location.is_empty() && !supplier_sku.is_empty();
                let code = if is_moved { supplier_sku } else { sku };
                let item = items.entry(code).or_default();
                item.units += *quantity;
                item.case_size = *pack_size;
            }
            let mut text = HEAD.to_owned();
            for (sku, item) in items {
                let sku = sku.replace(['\t', '\n', '\r'], " ");
                let SentIn { units, .. } = item;
                let boxes = item.boxes();
                text.push_str(&format!("{sku}\t{units}\t{OWNER}\t{OWNER}\t{boxes}\n"));
            }
            files.push(ExportFile { part: document.id.clone(), bytes: text.into_bytes() });
        }
        Ok(files)
    }
}

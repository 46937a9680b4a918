//! A line of a draft order, and what it is called on paper.

use crate::domain::inputs::Inputs;
use crate::domain::outcome::{Recommendation, order_id};

/// One line of a draft order.
pub(super) struct OrderLine<'a> {
    pub(super) recommendation: &'a Recommendation,
    pub(super) inputs: &'a Inputs,
    /// Code of the reporting currency.
    pub(super) currency: &'a str,
}

impl<'a> OrderLine<'a> {
    pub(super) fn supplier(&self) -> &'a str {
        self.recommendation.supplier.map_or("", |s| self.inputs.names.supplier(s))
    }

    pub(super) fn ship_to(&self) -> &'a str {
        self.inputs.names.location(self.recommendation.location)
    }

    pub(super) fn item(&self) -> &'a str {
        self.inputs.products.get(self.recommendation.sku.index()).map_or("", |p| &p.name)
    }

    pub(super) fn supplier_sku(&self) -> &'a str {
        let Recommendation { sku, location, supplier, .. } = *self.recommendation;
        supplier.and_then(|s| self.inputs.supplier_sku(sku, location, s)).unwrap_or_default()
    }

    /// Code of the currency that the supplier's prices are in.
    pub(super) fn supplier_currency(&self) -> &'a str {
        let supplier = self.recommendation.supplier;
        let own = supplier.map_or("", |s| self.inputs.supplier_currency(s));
        if own.is_empty() { self.currency } else { own }
    }

    pub(super) fn order_id(&self) -> String {
        order_id(self.inputs.panel.calendar().as_of(), self.supplier(), self.ship_to())
    }
}

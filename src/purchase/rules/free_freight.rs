//! The order value from which freight is free: reached where the freight saved exceeds the carrying
//! cost of buying earlier.

use super::constraint::OrderRule;
use super::top_up::TopUp;
use crate::domain::constraints::Binding;
use crate::domain::exceptions::Exception;
use crate::domain::units::Money;
use crate::purchase::line::Wording;
use crate::purchase::market::Market;
use crate::purchase::supplier_order::{SupplierOrder, SupplierTerms};

pub(super) const WORDING: Wording = Wording {
    binding: Binding::FreeFreight,
    step: "after_free_freight",
    change: "free_freight_top_up",
};

/// Raises an order to the value from which freight is free.
pub(super) struct FreeFreight;

/// Freight of an order of `value`, reporting currency: what it adds to that of the lines approved
/// already.
pub(crate) fn freight_of(value: Money, terms: &SupplierTerms) -> Money {
    // What was approved this morning goes with the same order: only the difference is still to pay.
    let before = whole_freight(terms.approved, terms);
    (whole_freight(terms.approved + value, terms) - before).max(Money::ZERO)
}

fn whole_freight(value: Money, terms: &SupplierTerms) -> Money {
    let is_free = free_from(terms).is_some_and(|free| value >= free);
    if value == Money::ZERO || is_free { Money::ZERO } else { full_freight(terms) }
}

fn free_from(terms: &SupplierTerms) -> Option<Money> {
    terms.money(terms.supplier.free_freight_value)
}

fn full_freight(terms: &SupplierTerms) -> Money {
    terms.money(terms.supplier.freight_per_order).unwrap_or(Money::ZERO)
}

impl OrderRule for FreeFreight {
    fn shape_order(&self, order: &mut SupplierOrder, market: &Market) -> Vec<Exception> {
        let freight = full_freight(&order.terms);
        if let Some(free) = free_from(&order.terms)
            && order.value() < free
            && freight.is_positive()
        {
            // The lines' part of it: what was approved already counts, and cannot grow.
            let missing = free - order.terms.approved;
            let top_up = TopUp::plan(&order.lines, missing, market.settings.max_cover_days);
            let carrying = top_up.carrying(&order.lines, market.settings.carrying_rate);
            if top_up.value >= missing && carrying < freight.as_f64() {
                let goal = format!(
                    "free freight from {free}: saves {freight} for {carrying:.2} of carrying"
                );
                top_up.apply(&mut order.lines, &WORDING, &goal);
            }
        }
        Vec::new()
    }
}

//! The least value of an order: reached by buying earlier what will be needed first.
//!
//! Where the lines cannot reach it within their limits nothing is raised, and the order says that
//! it is below the minimum: half a top-up would buy stock too early and still not be accepted.

use super::constraint::OrderRule;
use super::top_up::TopUp;
use crate::domain::constraints::Binding;
use crate::domain::exceptions::{Exception, ExceptionKind, Severity};
use crate::domain::outcome::DraftOrder;
use crate::domain::units::Money;
use crate::purchase::line::Wording;
use crate::purchase::market::Market;
use crate::purchase::supplier_order::{SupplierOrder, SupplierTerms};

pub(super) const WORDING: Wording = Wording {
    binding: Binding::OrderMinimum,
    step: "after_order_minimum",
    change: "order_minimum_top_up",
};

/// Raises an order to the supplier's least value.
pub(super) struct OrderMinimum;

/// The least value of an order, reporting currency.
pub(crate) fn least_value(terms: &SupplierTerms) -> Option<Money> {
    terms.money(terms.supplier.min_order_value)
}

/// An order of which all that is needed was approved this morning: where that alone is below the
/// minimum, what was to reach it is proposed.
pub(crate) fn complete(order: &mut SupplierOrder, market: &Market) {
    OrderMinimum.shape_order(order, market);
}

/// What was approved this morning of orders that nothing more is proposed for, where that is below
/// the minimum.
pub(crate) fn below_minimum(orders: &[DraftOrder], market: &Market) -> Vec<Exception> {
    let mut told = Vec::new();
    for (&(supplier, location), &value) in market.approved {
        let has_more = orders.iter().any(|o| (o.supplier, o.location) == (supplier, location));
        let terms = SupplierTerms::of(supplier, location, market);
        let minimum = least_value(&terms).filter(|&minimum| value < minimum);
        let Some(minimum) = minimum.filter(|_| !has_more && value.is_positive()) else { continue };
        told.push(Exception::new(
            Severity::Warning,
            ExceptionKind::BelowOrderMinimum,
            terms.subject(),
            format!("what was approved, {value:.2}, is below the supplier's minimum of {minimum}"),
            "no other line may grow so far: approve more of its lines, ask the supplier, or wait",
        ));
    }
    told
}

impl OrderRule for OrderMinimum {
    fn shape_order(&self, order: &mut SupplierOrder, market: &Market) -> Vec<Exception> {
        if let Some(minimum) = least_value(&order.terms)
            && order.value() < minimum
        {
            let missing = minimum - order.terms.approved;
            let top_up = TopUp::plan(&order.lines, missing, market.settings.max_cover_days);
            // A top-up that falls short would buy too early and still be refused.
            if top_up.value >= missing {
                let goal = format!("the supplier's least order value of {minimum}");
                top_up.apply(&mut order.lines, &WORDING, &goal);
            }
        }
        Vec::new()
    }

    fn unmet(&self, order: &DraftOrder, terms: &SupplierTerms) -> Option<Exception> {
        let value = order.value + terms.approved;
        let minimum = least_value(terms).filter(|&minimum| value < minimum)?;
        if !order.value.is_positive() {
            // Units without a price: nobody knows what they come to.
            return Some(Exception::new(
                Severity::Warning,
                ExceptionKind::BelowOrderMinimum,
                terms.subject(),
                format!("no price of its lines is known, and the supplier's minimum is {minimum}"),
                "whether the order reaches it cannot be said: give unit_cost in supply or products",
            ));
        }
        Some(Exception::new(
            Severity::Warning,
            ExceptionKind::BelowOrderMinimum,
            terms.subject(),
            format!("order of {value:.2} is below the supplier's minimum of {minimum}"),
            "no line may grow further, or the budget cut it: ask the supplier, or wait",
        ))
    }
}

//! What bends a quantity: one file a rule, with its sentence and the names of its step.
//!
//! Rules on one line run when a pool proposes it ([`LINE_RULES`]), rules on a whole order or on all
//! orders of the run when lines are settled ([`ORDER_RULES`]), each list from top to bottom. A
//! planner's decision ([`by_hand`]) comes between the two.
//!
//! To add a rule: its file here and, in this one, its `mod`, its line in one of the lists and its
//! word in [`Binding`]. A number that it needs of a supplier is a line of `supplier_terms!` in
//! `domain/inputs.rs`, which makes the field and the column of `suppliers`. Called by `purchase`
//! alone; `run` hands in what planners decided.

mod budget;
pub mod by_hand;
mod constraint;
mod container;
mod damping;
pub(super) mod free_freight;
pub(super) mod order_minimum;
mod price_break;
mod top_up;
mod whole_lots;

use crate::domain::classes::words;
pub(crate) use constraint::{LineRule, OrderRule};

/// Rules on one line, in the order they are applied.
pub(super) static LINE_RULES: &[&dyn LineRule] =
    &[&whole_lots::WholeLots, &price_break::PriceBreaks, &damping::Damping];

/// Rules on whole orders, in the order they are applied: first all of them to each order, then all
/// of them to the run.
pub(super) static ORDER_RULES: &[&dyn OrderRule] = &[
    &container::ContainerFill,
    &order_minimum::OrderMinimum,
    &free_freight::FreeFreight,
    &budget::Budget,
];

words! {
    /// The constraint that made the quantity what it is, as the `binding` column says it.
    Binding {
        /// The supplier's least quantity of a line.
        Minimum = "minimum",
        /// Whole packs.
        Pack = "pack",
        /// The supplier's largest quantity of a line.
        Maximum = "maximum",
        /// The most stock to hold of the item.
        MaxStock = "max-stock",
        /// What sells before it spoils.
        ShelfLife = "shelf-life",
        /// The smallest lot costs more than going without.
        Uneconomic = "uneconomic-lot",
        /// No quantity satisfies minimum, pack and maximum together.
        Impossible = "minimum-above-maximum",
        /// A cheaper price from a larger quantity on.
        PriceBreak = "price-break",
        /// The last run's quantity, near enough to keep.
        Damping = "damping",
        /// A whole container.
        Container = "container",
        /// The supplier's least order value.
        OrderMinimum = "order-minimum",
        /// The order value from which freight is free.
        FreeFreight = "free-freight",
        /// The run's budget.
        Budget = "budget",
        /// What a planner decided: rejected, snoozed or set by hand.
        Decision = "decision",
    }
}

/// How a rule that changes a quantity shows in tables and explanations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wording {
    /// What the line is bound by afterwards.
    pub binding: Binding,
    /// Name of the step: the quantity after the rule.
    pub step: &'static str,
    /// Name of what the rule adds (or, below 0, takes away), an input of that step.
    pub change: &'static str,
}

//! What bends a quantity: one file a rule, with its sentence and the names of its step.
//!
//! Rules on one line run when a pool proposes it ([`LINE_RULES`]), rules on a whole order or on all
//! orders of the run when lines are settled ([`ORDER_RULES`]), each list from top to bottom. A
//! planner's decision ([`by_hand`]) comes between the two.
//!
//! To add a rule: its file here and, in this one, its `mod` and its line in one of the lists; in
//! `domain/constraints.rs` its word, the number that it asks a supplier for and the kind of
//! exception for what it leaves undone.
//! Called by `purchase` alone; `run` hands in what planners decided.

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

pub(crate) use constraint::{LineRule, OrderRule};

/// Rules on one line, in the order they are applied.
pub(super) static LINE_RULES: &[&dyn LineRule] =
    &[&whole_lots::WholeLots, &price_break::PriceBreaks, &damping::Damping];

/// Rules on whole orders, in the order they are applied: first all of them to each order, then all
/// of them to the run. What takes lines out of an order comes before what raises it.
pub(super) static ORDER_RULES: &[&dyn OrderRule] = &[
    &container::ContainerFill,
    &order_minimum::OrderMinimum,
    &free_freight::FreeFreight,
    &budget::Budget,
];

//! What bends a quantity: one file a rule, with its sentence, the names of its step and its place
//! in the `binding` column.
//!
//! Rules on one line run when a pool proposes it ([`LINE_RULES`]), rules on a whole order or on all
//! orders of the run when lines are settled ([`ORDER_RULES`]), each list from top to bottom. A
//! planner's decision ([`by_hand`]) comes between the two.
//!
//! To add a rule: its file here, its [`Binding`] and its line in one of the lists, and the column
//! that it reads in `domain::inputs` and `ingest::tables`. Called by `purchase` alone; `run` hands
//! in what planners decided.

use serde::{Deserialize, Serialize};
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
pub(super) static LINE_RULES: [&dyn LineRule; 3] =
    [&whole_lots::WholeLots, &price_break::PriceBreaks, &damping::Damping];

/// Rules on whole orders, in the order they are applied: first all of them to each order, then all
/// of them to the run.
pub(super) static ORDER_RULES: [&dyn OrderRule; 4] = [
    &container::ContainerFill,
    &order_minimum::OrderMinimum,
    &free_freight::FreeFreight,
    &budget::Budget,
];

/// The constraint that made the quantity what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Binding {
    /// The supplier's least quantity of a line.
    Minimum,
    /// Whole packs.
    Pack,
    /// The supplier's largest quantity of a line.
    Maximum,
    /// The most stock to hold of the item.
    MaxStock,
    /// What sells before it spoils.
    ShelfLife,
    /// The smallest lot costs more than going without.
    Uneconomic,
    /// No quantity satisfies minimum, pack and maximum together.
    Impossible,
    /// A cheaper price from a larger quantity on.
    PriceBreak,
    /// The last run's quantity, near enough to keep.
    Damping,
    /// A whole container.
    Container,
    /// The supplier's least order value.
    OrderMinimum,
    /// The order value from which freight is free.
    FreeFreight,
    /// The run's budget.
    Budget,
    /// What a planner decided: rejected, snoozed or set by hand.
    Decision,
}

impl Binding {
    /// Name in the `binding` column.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Minimum => whole_lots::MINIMUM,
            Self::Pack => whole_lots::PACK,
            Self::Maximum => whole_lots::MAXIMUM,
            Self::MaxStock => whole_lots::MAX_STOCK,
            Self::ShelfLife => whole_lots::SHELF_LIFE,
            Self::Uneconomic => whole_lots::UNECONOMIC,
            Self::Impossible => whole_lots::IMPOSSIBLE,
            Self::PriceBreak => price_break::WORDING.name,
            Self::Damping => damping::WORDING.name,
            Self::Container => container::WORDING.name,
            Self::OrderMinimum => order_minimum::WORDING.name,
            Self::FreeFreight => free_freight::WORDING.name,
            Self::Budget => budget::WORDING.name,
            Self::Decision => by_hand::WORDING.name,
        }
    }
}

/// How a rule that changes a quantity shows in tables and explanations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wording {
    /// What the line is bound by afterwards.
    pub binding: Binding,
    /// Name in the `binding` column.
    pub name: &'static str,
    /// Name of the step: the quantity after the rule.
    pub step: &'static str,
    /// Name of what the rule adds (or, below 0, takes away), an input of that step.
    pub change: &'static str,
}

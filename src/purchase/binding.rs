//! What a line is bound by, and how a rule that changes a quantity shows.

use crate::domain::classes::words;

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

//! What a constraint on orders says of itself beside its rule: the number that it asks a supplier
//! for, the word that tables show where it binds, the kind of exception for what it leaves undone.
//!
//! The rule itself computes, in `purchase/rules/`. Everything that reads, writes or shows these
//! words is made from the three lists below, so that a new constraint is named in this file alone.

use crate::domain::classes::words;

/// Hands the numbers that a supplier may give to the macro `$make`: field and column, type,
/// meaning. `Supplier`, the column that `init` writes and `check` judges, and the column of the
/// published table are made from this list.
macro_rules! supplier_terms {
    ($make:ident) => {
        $make! {
            min_order_value: Money, "least value of an order";
            free_freight_value: Money, "value from which freight is free";
            freight_per_order: Money, "freight of one order";
            payment_days: Days, "days to pay";
        }
    };
}
pub(crate) use supplier_terms;

words! {
    /// The constraint that made the quantity what it is, as the `binding` column says it.
    Binding {
        Minimum = "minimum": "the least quantity that the supplier delivers",
        Pack = "pack": "whole packs",
        Maximum = "maximum": "the largest quantity that is delivered or may be held",
        MaxStock = "max-stock": "the largest quantity that is delivered or may be held",
        ShelfLife = "shelf-life": "no more than sells before it spoils",
        Uneconomic = "uneconomic-lot": "the smallest lot costs more to keep than going without",
        Impossible = "minimum-above-maximum":
            "no quantity keeps to minimum, pack and maximum together",
        PriceBreak = "price-break": "a cheaper price from a larger quantity on",
        Damping = "damping": "last night's quantity was near enough to keep",
        Container = "container": "whole containers filled",
        OrderMinimum = "order-minimum":
            "lines added or left out to reach the supplier's least order value",
        FreeFreight = "free-freight": "lines added or left out to reach free freight",
        Budget = "budget": "what the budget left",
        Decision = "decision": "somebody rejected, snoozed or set it by hand",
        Approval = "approval": "it waits for somebody to agree",
    }
}

/// Hands the kinds of exception of constraints to the macro `$make`, behind `$others`: variant,
/// name in the tables and in `[run] severe`, meaning.
macro_rules! with_constraint_kinds {
    ($make:ident { $($others:tt)* }) => {
        $make! {
            $($others)*
            BelowOrderMinimum "below-order-minimum"
                "An order stays below its supplier's minimum value."
            Budget "budget" "The budget does not buy all that is needed."
            BudgetCut "budget-cut" "A line was cut to keep to the budget."
            ContainerNotFilled "container-not-filled"
                "An order could not be fitted to whole containers."
            LongLot "long-lot"
                "The supplier's smallest lot lasts far beyond the need, or spoils in part."
            MinimumAboveMaximum "minimum-above-maximum"
                "No quantity satisfies minimum, pack and maximum together."
        }
    };
}
pub(crate) use with_constraint_kinds;

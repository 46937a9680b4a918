//! Every indicator by name: how it is called, where the glossary explains it, and which way is better.

/// What is known of an indicator besides its figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Name in the tables: `turnover`.
    pub name: &'static str,
    /// As it is written for people.
    pub title: &'static str,
    /// Its entry in the report's glossary.
    pub term: &'static str,
    /// Whether a higher value is better; a goal is then a least value, else a greatest one.
    pub higher_is_better: bool,
}

const fn more(name: &'static str, title: &'static str, term: &'static str) -> Known {
    Known { name, title, term, higher_is_better: true }
}

const fn less(name: &'static str, title: &'static str, term: &'static str) -> Known {
    Known { name, title, term, higher_is_better: false }
}

/// All of them, by name.
pub const KNOWN: [Known; 38] = [
    more("accepted_unchanged", "Proposals accepted unchanged", "trust"),
    less("bias", "Forecast bias", "bias"),
    less("carrying_cost", "Carrying cost", "carrying-cost"),
    less("cash_conversion_cycle", "Cash conversion cycle", "cash-conversion-cycle"),
    more("changes_better", "Changes that beat the proposal", "planner-value-added"),
    more("count_accuracy", "Count accuracy", "count-accuracy"),
    less("deadstock_units", "Deadstock", "deadstock"),
    less("dio", "Days inventory outstanding", "dio"),
    more("dpo", "Days payable outstanding", "dpo"),
    less("dso", "Days sales outstanding", "dso"),
    less("edited", "Proposals edited", "trust"),
    less("excess_units", "Excess", "excess"),
    more("fill_rate", "Fill rate, 90 days", "fill-rate"),
    more("gmroi", "GMROI", "gmroi"),
    less("lead_time_achieved", "Lead time achieved", "lead-time"),
    less("lead_time_promised", "Lead time promised", "lead-time"),
    less("lost_sales_units", "Lost sales, 90 days", "lost-sales"),
    less("lost_sales_value", "Lost sales at price, 90 days", "lost-sales"),
    less("panel_items", "Items", "status"),
    less("panel_value", "Money", "status"),
    less("planner_cost", "What changes of proposals cost", "planner-value-added"),
    more("planner_gained", "What changes of proposals gained", "planner-value-added"),
    more("planner_value_added", "Planner value added", "planner-value-added"),
    less("rejected", "Proposals rejected", "trust"),
    less("rejected_then_short", "Rejected, then short of stock", "trust"),
    less("rejected_value", "Value of rejected proposals", "trust"),
    less("rejected_would_have_sold", "Rejected units that would have sold", "planner-value-added"),
    less("return_rate", "Return rate", "return-rate"),
    more("sell_through", "Sell-through", "sell-through"),
    less("shrinkage", "Shrinkage", "shrinkage"),
    less("stock_age_units", "Units by age in days", "age"),
    less("stock_age_value", "Stock at cost by age in days", "age"),
    more("supplier_fill_rate", "Supplier fill rate", "supplier-fill-rate"),
    less("supplier_late_share", "Late deliveries", "late"),
    more("turnover", "Inventory turnover", "turnover"),
    less("wape", "Forecast error, chosen method", "wape"),
    less("wape_naive", "Forecast error, naive method", "forecast-value-added"),
    less("weeks_of_supply", "Weeks of supply", "weeks-of-supply"),
];

/// The indicator called `name`.
#[must_use]
pub fn known(name: &str) -> Option<&'static Known> {
    KNOWN.binary_search_by(|k| k.name.cmp(name)).ok().map(|at| &KNOWN[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indicators_are_found_by_name() {
        assert!(KNOWN.windows(2).all(|w| w[0].name < w[1].name));
        assert_eq!(known("turnover").map(|k| k.title), Some("Inventory turnover"));
        assert_eq!(known("turn"), None);
    }
}

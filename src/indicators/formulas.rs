//! The textbook ratios, each with its published example as a test. `None` when the denominator is
//! zero or less.

/// Days in the year the ratios are quoted for.
pub const YEAR: f64 = 365.0;

/// `numerator / denominator`, `None` unless the denominator is positive.
#[must_use]
pub fn ratio(numerator: f64, denominator: f64) -> Option<f64> {
    (denominator > 0.0).then(|| numerator / denominator)
}

/// H1: cost of goods sold a year / average inventory at cost.
#[must_use]
pub fn turnover(cogs: f64, average_inventory: f64) -> Option<f64> {
    ratio(cogs, average_inventory)
}

/// H2: average inventory / cost of goods sold a year x 365, days.
#[must_use]
pub fn days_inventory_outstanding(average_inventory: f64, cogs: f64) -> Option<f64> {
    ratio(average_inventory * YEAR, cogs)
}

/// H3: units sold / units received x 100.
#[must_use]
pub fn sell_through(sold: f64, received: f64) -> Option<f64> {
    ratio(sold * 100.0, received)
}

/// H4: receivables / revenue a year x 365, days.
#[must_use]
pub fn days_sales_outstanding(receivables: f64, revenue: f64) -> Option<f64> {
    ratio(receivables * YEAR, revenue)
}

/// H5: payables / cost of goods sold a year x 365, days.
#[must_use]
pub fn days_payable_outstanding(payables: f64, cogs: f64) -> Option<f64> {
    ratio(payables * YEAR, cogs)
}

/// H6: DIO + DSO - DPO, days; negative when customers pay before suppliers are paid.
#[must_use]
pub fn cash_conversion_cycle(dio: f64, dso: f64, dpo: f64) -> f64 {
    dio + dso - dpo
}

/// H7: gross margin a year / average inventory at cost.
#[must_use]
pub fn gmroi(gross_margin: f64, average_inventory_cost: f64) -> Option<f64> {
    ratio(gross_margin, average_inventory_cost)
}

/// H8: holding cost a year / average inventory value x 100.
#[must_use]
pub fn carrying_cost_percent(holding_cost: f64, average_inventory: f64) -> Option<f64> {
    ratio(holding_cost * 100.0, average_inventory)
}

/// H9: units on hand / units sold a week.
#[must_use]
pub fn weeks_of_supply(on_hand: f64, sold_a_week: f64) -> Option<f64> {
    ratio(on_hand, sold_a_week)
}

/// H10: units sold / (units sold + lost units) x 100; an estimate wherever the lost units are one.
#[must_use]
pub fn fill_rate(sold: f64, lost: f64) -> Option<f64> {
    ratio(sold * 100.0, sold + lost)
}

/// A8: (recorded - counted) / recorded x 100.
#[must_use]
pub fn shrinkage_percent(recorded: f64, counted: f64) -> Option<f64> {
    ratio((recorded - counted) * 100.0, recorded)
}

/// A8: whether a count is within `tolerance` (a share) of the books.
#[must_use]
pub fn within_tolerance(recorded: f64, counted: f64, tolerance: f64) -> bool {
    (recorded - counted).abs() <= tolerance * recorded.abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h1_turnover() {
        assert_eq!(turnover(2_000_000.0, 400_000.0), Some(5.0));
        assert_eq!(turnover(1.0, 0.0), None);
    }

    #[test]
    fn h2_days_inventory_outstanding() {
        assert_eq!(days_inventory_outstanding(400_000.0, 2_000_000.0), Some(73.0));
    }

    #[test]
    fn h3_sell_through() {
        assert_eq!(sell_through(350.0, 500.0), Some(70.0));
    }

    #[test]
    fn h4_days_sales_outstanding() {
        assert_eq!(days_sales_outstanding(100_000.0, 1_000_000.0), Some(36.5));
    }

    #[test]
    fn h5_days_payable_outstanding() {
        assert_eq!(days_payable_outstanding(100_000.0, 2_000_000.0), Some(18.25));
    }

    #[test]
    fn h6_cash_conversion_cycle() {
        assert_eq!(cash_conversion_cycle(60.0, 20.0, 30.0), 50.0);
        assert_eq!(cash_conversion_cycle(10.0, 5.0, 45.0), -30.0);
    }

    #[test]
    fn h7_gmroi() {
        assert_eq!(gmroi(300_000.0, 200_000.0), Some(1.5));
    }

    #[test]
    fn h8_carrying_cost() {
        assert_eq!(carrying_cost_percent(60_000.0, 300_000.0), Some(20.0));
    }

    #[test]
    fn h9_weeks_of_supply() {
        assert_eq!(weeks_of_supply(420.0, 70.0), Some(6.0));
    }

    #[test]
    fn h10_fill_rate_counts_lost_units_as_unfilled() {
        assert_eq!(fill_rate(95.0, 5.0), Some(95.0));
        assert_eq!(fill_rate(0.0, 0.0), None);
    }

    #[test]
    fn a8_shrinkage() {
        assert_eq!(shrinkage_percent(1_000.0, 980.0), Some(2.0));
        assert!(within_tolerance(1_000.0, 980.0, 0.02) && !within_tolerance(1_000.0, 979.0, 0.02));
        assert!(within_tolerance(0.0, 0.0, 0.02) && !within_tolerance(0.0, 1.0, 0.02));
    }
}

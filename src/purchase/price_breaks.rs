//! Which lot is cheapest when the price falls with the quantity: all-units discounts by total cost.
//!
//! Cost of a year: purchase, ordering and carrying the average lot,
//!
//! ```text
//! g(Q) = c(Q) D + K D / Q + i c(Q) Q / 2
//! ```
//!
//! with annual demand `D`, order cost `K`, carrying rate `i` and the landed unit cost `c(Q)` of the whole lot. Source: Snyder &
//! Shen (2019), *Fundamentals of Supply Chain Theory*, 2nd ed., section 3.4.

use crate::inputs::PriceBreak;
use crate::purchase::landed_cost::{Charges, convert};
use crate::units::{Money, Units};

/// Price by quantity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prices<'a> {
    /// Price of one unit below the first break, reporting currency.
    pub base: Money,
    /// Breaks of this item and supplier, ascending by quantity, in the supplier's currency.
    pub breaks: &'a [PriceBreak],
    /// Reporting currency for one unit of the supplier's.
    pub rate: f64,
}

impl Prices<'_> {
    /// Price of each unit in a line of `quantity`, reporting currency.
    #[must_use]
    pub fn at(&self, quantity: Units) -> Money {
        let reached = self.breaks.partition_point(|b| b.from_quantity <= quantity);
        if reached == 0 { self.base } else { convert(self.breaks[reached - 1].unit_cost, self.rate) }
    }
}

/// What a lot costs besides its price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LotCosts {
    /// Units a year. `[D]`
    pub annual_demand: f64,
    /// Cost of one order line, currency units. `[K]`
    pub order_cost: f64,
    /// Cost of holding one unit of value for a year. `[i]`
    pub carrying_rate: f64,
    /// Duty, fees and freight that make the price a landed cost.
    pub charges: Charges,
}

impl LotCosts {
    /// Cost of a year in lots of `quantity` at `price`, currency units. `[g(Q)]`
    #[must_use]
    pub fn annual(&self, quantity: f64, price: Money) -> f64 {
        let unit = self.charges.landed(price).as_f64();
        unit * self.annual_demand + self.order_cost * self.annual_demand / quantity + self.carrying_rate * unit * quantity / 2.0
    }

    /// Economic order quantity at one price; infinite when carrying costs nothing. `[sqrt(2 K D / (i c))]`
    #[must_use]
    pub fn economic_quantity(&self, price: Money) -> f64 {
        (2.0 * self.order_cost * self.annual_demand / (self.carrying_rate * self.charges.landed(price).as_f64())).sqrt()
    }
}

/// The lot with the least cost of a year under all-units discounts, and that cost: `(Q*, g(Q*))`.
///
/// Candidates are each price's economic quantity where it falls in the price's own range, and each break.
#[must_use]
pub fn economic_quantity_with_breaks(prices: &Prices, costs: &LotCosts) -> Option<(f64, f64)> {
    let starts = std::iter::once(Units(0)).chain(prices.breaks.iter().map(|b| b.from_quantity));
    let ends = prices.breaks.iter().map(|b| b.from_quantity.0 as f64).chain([f64::INFINITY]);
    let candidates = starts.zip(ends).map(|(start, end)| {
        let price = prices.at(start);
        let quantity = costs.economic_quantity(price).max(start.0 as f64);
        (quantity, end, costs.annual(quantity, price))
    });
    let own_range = candidates.filter(|&(quantity, end, cost)| quantity > 0.0 && quantity < end && cost.is_finite());
    own_range.map(|(quantity, _, cost)| (quantity, cost)).min_by(|a, b| a.1.total_cmp(&b.1))
}

/// The break worth reaching for from an order of `quantity`: the allowed lot in `lots` (ascending, all above `quantity`) with
/// the least cost of a year, if it beats `quantity` itself; with the money saved a year.
#[must_use]
pub fn worthwhile_break(quantity: Units, lots: &[Units], prices: &Prices, costs: &LotCosts) -> Option<(Units, f64)> {
    if quantity <= Units(0) || costs.annual_demand <= 0.0 {
        return None;
    }
    let cost = |q: Units| costs.annual(q.0 as f64, prices.at(q));
    let now = cost(quantity);
    let best = lots.iter().map(|&q| (q, now - cost(q))).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
    (best.1 > 0.0).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{SkuId, SupplierId};

    fn break_at(from: i64, price: f64) -> PriceBreak {
        PriceBreak { sku: SkuId(0), supplier: SupplierId(0), from_quantity: Units(from), unit_cost: Money::from_f64(price) }
    }

    #[test]
    fn f5_price_breaks_by_total_cost_snyder_and_shen() {
        // Example 3.7 of the book, also in stockpyl's documentation: K = 8, i = 0.3, D = 1300.
        let breaks = [break_at(400, 0.72), break_at(800, 0.68)];
        let prices = Prices { base: Money::from_f64(0.75), breaks: &breaks, rate: 1.0 };
        let costs = LotCosts { annual_demand: 1300.0, order_cost: 8.0, carrying_rate: 0.3, charges: Charges::default() };
        let (quantity, cost) = economic_quantity_with_breaks(&prices, &costs).unwrap();
        assert_eq!(quantity, 800.0);
        assert!((cost - 978.6).abs() < 1e-9, "{cost}");
        let lots = [Units(400), Units(800)];
        let (lot, saved) = worthwhile_break(Units(300), &lots, &prices, &costs).unwrap();
        assert_eq!(lot, Units(800));
        assert!((saved - (costs.annual(300.0, Money::from_f64(0.75)) - 978.6)).abs() < 1e-9);
    }

    #[test]
    fn d4_eoq_without_breaks_is_the_classic_one() {
        let prices = Prices { base: Money::from_f64(0.75), breaks: &[], rate: 1.0 };
        let costs = LotCosts { annual_demand: 1300.0, order_cost: 8.0, carrying_rate: 0.3, charges: Charges::default() };
        let (quantity, _) = economic_quantity_with_breaks(&prices, &costs).unwrap();
        assert!((quantity - 304.0467800264368).abs() < 1e-9);
    }

    #[test]
    fn a_break_that_costs_more_to_carry_than_it_saves_is_left_alone() {
        let breaks = [break_at(10_000, 9.99)];
        let prices = Prices { base: Money::from_f64(10.0), breaks: &breaks, rate: 1.0 };
        let costs = LotCosts { annual_demand: 1000.0, order_cost: 0.0, carrying_rate: 0.25, charges: Charges::default() };
        assert_eq!(worthwhile_break(Units(100), &[Units(10_000)], &prices, &costs), None);
        let idle = LotCosts { annual_demand: 0.0, ..costs };
        assert_eq!(worthwhile_break(Units(100), &[Units(10_000)], &prices, &idle), None);
    }
}

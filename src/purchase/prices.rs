//! Price by quantity, and whether a larger lot is worth its lower price.
//!
//! All-units discounts by total cost, from the need of today. Cost of a year: purchase, ordering
//! and carrying the average lot,
//!
//! ```text
//! g(Q) = c(Q) D + K D / Q + i c(Q) Q / 2
//! ```
//!
//! with annual demand `D`, order cost `K`, carrying rate `i` and the landed unit cost `c(Q)` of the
//! whole lot. Source: Snyder & Shen (2019), *Fundamentals of Supply Chain Theory*, 2nd ed., section
//! 3.4. Its example, `K` = 8, `i` = 0.3 and `D` = 1300:
//!
//! ```
//! use orderpoint::domain::inputs::PriceBreak;
//! use orderpoint::domain::units::{Money, SkuId, SupplierId, Units};
//! use orderpoint::purchase::landed_cost::Charges;
//! use orderpoint::purchase::prices::{LotCosts, Prices, worthwhile_break};
//!
//! let from = |quantity, price| PriceBreak {
//!     sku: SkuId(0),
//!     supplier: SupplierId(0),
//!     location: None,
//!     from_quantity: Units(quantity),
//!     unit_cost: Money::from_f64(price),
//! };
//! let breaks = [from(400, 0.72), from(800, 0.68)];
//! let prices = Prices { base: Money::from_f64(0.75), breaks: &breaks, rate: 1.0 };
//! let costs = LotCosts {
//!     annual_demand: 1300.0,
//!     order_cost: 8.0,
//!     carrying_rate: 0.3,
//!     charges: Charges::default(),
//! };
//! let best = worthwhile_break(Units(300), &[Units(400), Units(800)], &prices, &costs).unwrap();
//! assert_eq!(best.lot, Units(800));
//! ```

use crate::domain::inputs::PriceBreak;
use crate::domain::lot::LotRules;
use crate::domain::units::{Money, Units};
use crate::purchase::landed_cost::{Charges, convert};

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
    /// The same; `None` where nothing tells a price.
    #[must_use]
    pub fn known_at(&self, quantity: Units) -> Option<Money> {
        Some(self.at(quantity)).filter(|price| price.is_positive())
    }

    /// Price of each unit in a line of `quantity`, reporting currency.
    #[must_use]
    pub fn at(&self, quantity: Units) -> Money {
        let reached = self.breaks.partition_point(|b| b.from_quantity <= quantity);
        if reached == 0 {
            self.base
        } else {
            convert(self.breaks[reached - 1].unit_cost, self.rate)
        }
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
        unit * self.annual_demand
            + self.order_cost * self.annual_demand / quantity
            // A lot that sells off evenly is half there on average.
            + self.carrying_rate * unit * quantity / 2.0
    }
}

/// A larger lot, and what it saves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CheaperLot {
    /// Whole units, with the price of which the year gets cheaper.
    pub lot: Units,
    /// Currency units a year, after carrying.
    pub saved_a_year: f64,
}

/// The lot worth ordering instead of `quantity`, up to `ceiling`, because of a price break.
#[must_use]
pub fn cheaper_lot(
    quantity: Units,
    rules: &LotRules,
    ceiling: Units,
    prices: &Prices,
    costs: &LotCosts,
) -> Option<CheaperLot> {
    let mut lots = Vec::with_capacity(prices.breaks.len());
    for price_break in prices.breaks {
        let lot = rules.order_quantity(price_break.from_quantity.as_f64()).quantity;
        // A lot no larger than what is ordered anyway has its price already.
        if lot > quantity && lot <= ceiling {
            lots.push(lot);
        }
    }
    worthwhile_break(quantity, &lots, prices, costs)
}

/// The break worth reaching for from an order of `quantity`: the allowed lot in `lots` (ascending,
/// all above `quantity`) with the least cost of a year, the smallest among equals, if it beats
/// `quantity` itself.
#[must_use]
pub fn worthwhile_break(
    quantity: Units,
    lots: &[Units],
    prices: &Prices,
    costs: &LotCosts,
) -> Option<CheaperLot> {
    if !quantity.is_positive() || costs.annual_demand <= 0.0 {
        return None;
    }
    let now = costs.annual(quantity.as_f64(), prices.at(quantity));
    let mut best: Option<CheaperLot> = None;
    for &lot in lots {
        let saved_a_year = now - costs.annual(lot.as_f64(), prices.at(lot));
        if saved_a_year > best.map_or(0.0, |b| b.saved_a_year) {
            best = Some(CheaperLot { lot, saved_a_year });
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::units::{SkuId, SupplierId};

    fn break_at(from: i64, price: f64) -> PriceBreak {
        PriceBreak {
            sku: SkuId(0),
            supplier: SupplierId(0),
            location: None,
            from_quantity: Units(from),
            unit_cost: Money::from_f64(price),
        }
    }

    #[test]
    fn f5_price_breaks_by_total_cost_snyder_and_shen() {
        // The book's example of all-units discounts: K = 8, i = 0.3, D = 1300; the cheapest lot is
        // 800 at 978.60 a year.
        let breaks = [break_at(400, 0.72), break_at(800, 0.68)];
        let prices = Prices { base: Money::from_f64(0.75), breaks: &breaks, rate: 1.0 };
        let costs = LotCosts {
            annual_demand: 1300.0,
            order_cost: 8.0,
            carrying_rate: 0.3,
            charges: Charges::default(),
        };
        let best =
            worthwhile_break(Units(300), &[Units(400), Units(800)], &prices, &costs).unwrap();
        assert_eq!(best.lot, Units(800));
        let saved = costs.annual(300.0, Money::from_f64(0.75)) - 978.6;
        assert!((best.saved_a_year - saved).abs() < 1e-9);
    }

    #[test]
    fn a_break_that_costs_more_to_carry_than_it_saves_is_left_alone() {
        let breaks = [break_at(10_000, 9.99)];
        let prices = Prices { base: Money::from_f64(10.0), breaks: &breaks, rate: 1.0 };
        let costs = LotCosts {
            annual_demand: 1000.0,
            order_cost: 0.0,
            carrying_rate: 0.25,
            charges: Charges::default(),
        };
        assert_eq!(worthwhile_break(Units(100), &[Units(10_000)], &prices, &costs), None);
        let idle = LotCosts { annual_demand: 0.0, ..costs };
        assert_eq!(worthwhile_break(Units(100), &[Units(10_000)], &prices, &idle), None);
    }
}

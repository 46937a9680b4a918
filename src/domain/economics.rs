//! What one unit costs and earns: the weights of a shortage against a surplus.
//!
//! Filled once a night, by `purchase` for every item at every location, and read by whoever weighs
//! money: margin, value at risk, critical ratio, sourcing, budget, cull list, indicators.

use crate::domain::units::Money;

/// Cost and price of one unit, reporting currency; `None` where nothing says: an unknown cost is
/// not a cost of zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UnitEconomics {
    /// What it costs on the shelf: price of the supplier, duty, fees and freight.
    pub landed_cost: Option<Money>,
    /// What it sells for.
    pub price: Option<Money>,
}

impl UnitEconomics {
    /// Price less landed cost; negative for what is sold below cost.
    #[must_use]
    pub fn margin(&self) -> Option<Money> {
        Some(self.price? - self.landed_cost?)
    }

    /// Margin as a share of price; `None` for what is given away.
    #[must_use]
    pub fn margin_rate(&self) -> Option<f64> {
        let price = self.price.filter(|price| price.is_positive())?;
        Some(self.margin()?.as_f64() / price.as_f64())
    }

    /// What a unit short is worth, currency units: its margin, and nothing where it earns none; its
    /// cost where the margin is unknown.
    #[must_use]
    pub fn at_stake(&self) -> f64 {
        match self.margin() {
            Some(margin) => margin.as_f64().max(0.0),
            None => self.landed_cost.unwrap_or_default().as_f64(),
        }
    }

    /// Margin of one unit as far as it is known and there is one, currency units.
    #[must_use]
    pub fn margin_or_zero(&self) -> Money {
        self.margin().unwrap_or_default().max(Money::ZERO)
    }
}

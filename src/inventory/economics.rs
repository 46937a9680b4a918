//! What one unit costs and earns: the weights of a shortage against a surplus.

use crate::domain::inputs::Product;
use crate::domain::units::Money;

/// Cost and margin of one unit, currency; `None` where nothing says: an unknown cost is not a cost
/// of zero.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct UnitEconomics {
    /// What it is bought for.
    pub cost: Option<f64>,
    /// Price less cost; negative for what is sold below cost.
    pub margin: Option<f64>,
}

impl UnitEconomics {
    /// As the master data say.
    #[must_use]
    pub fn of(product: &Product) -> Self {
        Self {
            cost: product.unit_cost.map(Money::as_f64),
            margin: unit_margin(product).map(Money::as_f64),
        }
    }

    /// What a unit short is worth: its margin, its cost where the margin is unknown or none.
    #[must_use]
    pub fn at_stake(&self) -> f64 {
        match self.margin {
            Some(margin) if margin > 0.0 => margin,
            _ => self.cost.unwrap_or(0.0),
        }
    }
}

/// Price less cost of one unit, exact; `None` where either is unknown.
#[must_use]
pub fn unit_margin(product: &Product) -> Option<Money> {
    Some(product.unit_price? - product.unit_cost?)
}

//! What a unit costs on the shelf: price, freight, duty and fees, in the reporting currency.
//!
//! Duty and fees are shares of the price, freight is by unit and, where the supplier charges it by
//! order, shared out over the lines by quantity, value, weight or volume so that the shares add up
//! to it exactly.
//!
//! A hundred units at 10 that carry a freight of 1000 cost 20 each:
//!
//! ```
//! use orderpoint::domain::units::{Money, Units};
//! use orderpoint::purchase::landed_cost::{Charges, landed_unit_cost};
//!
//! let price = Money::from_f64(10.0);
//! let cost = landed_unit_cost(price, Units(100), &Charges::default(), Money::from_f64(1000.0));
//! assert_eq!(cost, Money::from_f64(20.0));
//! ```

use crate::domain::units::{Money, Units};
use crate::math::apportion::largest_remainder;
use crate::purchase::settings::{Basis, Settings};

/// Charges on top of the price of one unit.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Charges {
    /// Duty as a share of price.
    pub duty_rate: f64,
    /// Fees as a share of price.
    pub fee_rate: f64,
    /// Freight of one unit, reporting currency.
    pub freight_per_unit: Money,
}

impl Charges {
    /// Price + duty + fees + freight of one unit, the last ten-thousandth rounded. Freight of the
    /// order comes on top.
    #[must_use]
    pub fn landed(&self, price: Money) -> Money {
        price
            // Both are charged on the price of the goods; freight pays neither.
            + Money::from_f64(price.as_f64() * (self.duty_rate + self.fee_rate))
            + self.freight_per_unit
    }
}

/// `amount` of a foreign currency at `rate`, to the nearest ten-thousandth; exact at rate 1.
#[must_use]
pub fn convert(amount: Money, rate: f64) -> Money {
    // Amounts in the reporting currency stay exact to the last digit: no detour through floating
    // point.
    if rate == 1.0 { amount } else { Money::from_f64(amount.as_f64() * rate) }
}

/// Reporting currency for one unit of `currency`; `None` when the rates table does not know it.
#[must_use]
pub fn exchange_rate(currency: &str, settings: &Settings) -> Option<f64> {
    if currency.is_empty() || currency == settings.currency {
        Some(1.0)
    } else {
        settings.rates.get(currency).copied()
    }
}

/// What a supplier asks of an order, in the reporting currency; `None` where it asks for nothing or
/// its currency has no rate.
#[must_use]
pub fn asked(amount: Option<Money>, rate: Option<f64>) -> Option<Money> {
    // Zero is how a list of suppliers without minimums is often filled in.
    Some(convert(amount?, rate?)).filter(|amount| amount.is_positive())
}

/// One line of an order, as far as sharing a common cost needs it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CostLine {
    /// Units.
    pub quantity: Units,
    /// Purchase value.
    pub value: Money,
    /// Weight of one unit.
    pub weight: Option<f64>,
    /// Volume of one unit.
    pub volume: Option<f64>,
}

impl CostLine {
    /// Size of the whole line on `basis`; `None` where weight or volume is unknown.
    #[must_use]
    pub fn size(&self, basis: Basis) -> Option<f64> {
        let units = self.quantity.as_f64();
        match basis {
            Basis::Quantity => Some(units),
            Basis::Value => Some(self.value.as_f64()),
            Basis::Weight => self.weight.map(|w| w * units),
            Basis::Volume => self.volume.map(|v| v * units),
        }
    }
}

/// A cost of the whole order, shared out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedCost {
    /// One a line, adding up to the cost exactly.
    pub shares: Vec<Money>,
    /// Whether they are on the basis asked for, and not by value because a weight or volume is
    /// missing.
    pub is_on_basis: bool,
}

/// Shares of `total` for each line on `basis`, adding up to it exactly; by value where a weight or
/// volume is missing.
#[must_use]
pub fn share_out(total: Money, lines: &[CostLine], basis: Basis) -> SharedCost {
    let sizes: Option<Vec<f64>> = lines.iter().map(|l| l.size(basis)).collect();
    let is_on_basis = sizes.is_some();
    // One missing weight spoils the basis for all lines: a share of zero would make that item too
    // cheap.
    let sizes = sizes.unwrap_or_else(|| lines.iter().map(|l| l.value.as_f64()).collect());
    let shares =
        largest_remainder(total.ten_thousandths(), &sizes).into_iter().map(Money).collect();
    SharedCost { shares, is_on_basis }
}

/// Landed cost of one unit in a line that carries `freight` of the order.
#[must_use]
pub fn landed_unit_cost(price: Money, quantity: Units, charges: &Charges, freight: Money) -> Money {
    let per_unit = if quantity.is_positive() {
        Money::from_f64(freight.as_f64() / quantity.as_f64())
    } else {
        Money::ZERO
    };
    charges.landed(price) + per_unit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(quantity: i64, value: f64, weight: Option<f64>) -> CostLine {
        CostLine { quantity: Units(quantity), value: Money::from_f64(value), weight, volume: None }
    }

    #[test]
    fn what_a_supplier_asks_is_converted_and_zero_asks_for_nothing() {
        let dollars = Some(Money::from_f64(2000.0));
        assert_eq!(asked(dollars, Some(0.92)), Some(Money::from_f64(1840.0)));
        assert_eq!(asked(Some(Money::ZERO), Some(1.0)), None);
        assert_eq!(asked(dollars, None), None, "no rate, no amount to compare with");
    }

    #[test]
    fn f8_landed_unit_cost_of_100_at_10_with_1000_freight_is_20() {
        let freight =
            share_out(Money::from_f64(1000.0), &[line(100, 1000.0, None)], Basis::Quantity);
        let cost = landed_unit_cost(
            Money::from_f64(10.0),
            Units(100),
            &Charges::default(),
            freight.shares[0],
        );
        assert_eq!(cost, Money::from_f64(20.0));
    }

    #[test]
    fn f8_freight_is_shared_by_quantity_value_weight_exactly() {
        let lines = [line(10, 900.0, Some(1.0)), line(30, 100.0, Some(3.0))];
        let freight = Money::from_f64(100.0);
        let by = |basis| share_out(freight, &lines, basis).shares;
        assert_eq!(by(Basis::Quantity), [Money::from_f64(25.0), Money::from_f64(75.0)]);
        assert_eq!(by(Basis::Value), [Money::from_f64(90.0), Money::from_f64(10.0)]);
        assert_eq!(by(Basis::Weight), [Money::from_f64(10.0), Money::from_f64(90.0)]);
        let fallback = SharedCost { shares: by(Basis::Value), is_on_basis: false };
        assert_eq!(share_out(freight, &lines, Basis::Volume), fallback);
        let thirds = share_out(
            Money(100),
            &[line(1, 1.0, None), line(1, 1.0, None), line(1, 1.0, None)],
            Basis::Value,
        )
        .shares;
        assert_eq!(thirds, [Money(34), Money(33), Money(33)]);
    }

    #[test]
    fn duty_fees_and_currency_enter_the_landed_cost() {
        let charges =
            Charges { duty_rate: 0.05, fee_rate: 0.01, freight_per_unit: Money::from_f64(0.3) };
        assert_eq!(charges.landed(Money::from_f64(10.0)), Money::from_f64(10.9));
        let settings = Settings { rates: [("EUR".to_owned(), 1.08)].into(), ..Settings::default() };
        assert_eq!(
            convert(Money::from_f64(10.0), exchange_rate("EUR", &settings).unwrap()),
            Money::from_f64(10.8)
        );
        assert_eq!(exchange_rate("XXX", &settings), None);
        assert_eq!(exchange_rate("", &settings), Some(1.0));
    }
}

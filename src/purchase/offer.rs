//! One supplier's terms for one pool on the day of the run.

use crate::domain::inputs::Supply;
use crate::domain::lot::LotRules;
use crate::domain::order_calendar::OrderCalendar;
use crate::domain::units::{Money, Units};
use crate::purchase::landed_cost::{Charges, convert};
use crate::purchase::prices::Prices;
use chrono::NaiveDate;

/// What one supplier offers for one pool, today.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Offer<'a> {
    /// The row it comes from.
    pub supply: &'a Supply,
    /// When it takes orders.
    pub calendar: OrderCalendar<'a>,
    /// Price by quantity.
    pub prices: Prices<'a>,
    /// What comes on top of the price.
    pub charges: Charges,
    /// The next day it takes an order.
    pub order_date: NaiveDate,
    /// Mean lead time, calendar days.
    pub lead_days: f64,
    /// When that order arrives.
    pub arrival: NaiveDate,
}

impl Offer<'_> {
    /// Rules of a line that may add at most `room` units to the stock.
    #[must_use]
    pub fn rules(&self, room: Option<Units>) -> LotRules {
        LotRules::of(self.supply).within(room)
    }

    /// Landed cost of one unit in a line of `quantity`, freight of the order apart.
    #[must_use]
    pub fn landed(&self, quantity: Units) -> Money {
        self.charges.landed(self.prices.at(quantity))
    }

    /// Price of one unit in a line of `quantity` as the supplier quotes it, in the supplier's own
    /// currency; `None` where nothing tells a price.
    #[must_use]
    pub fn quoted(&self, quantity: Units) -> Option<Money> {
        let breaks = self.prices.breaks;
        let reached = breaks.partition_point(|b| b.from_quantity <= quantity);
        let quoted = match reached.checked_sub(1) {
            Some(last) => breaks[last].unit_cost,
            // The cost of the product stands in for a price: it is in the reporting currency.
            None => match self.supply.unit_cost {
                Some(price) => price,
                None => convert(self.prices.base, 1.0 / self.prices.rate),
            },
        };
        Some(quoted).filter(|price| price.is_positive())
    }

    /// Days from `as_of` to its arrival.
    #[must_use]
    pub fn days(&self, as_of: NaiveDate) -> f64 {
        (self.arrival - as_of).num_days() as f64
    }
}

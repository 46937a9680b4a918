//! One supplier's terms for one pool on the day of the run.

use crate::domain::inputs::Supply;
use crate::domain::units::{Money, Units};
use crate::purchase::landed_cost::Charges;
use crate::purchase::lot::LotRules;
use crate::purchase::order_calendar::OrderCalendar;
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

    /// Days from `as_of` to its arrival.
    #[must_use]
    pub fn days(&self, as_of: NaiveDate) -> f64 {
        (self.arrival - as_of).num_days() as f64
    }
}

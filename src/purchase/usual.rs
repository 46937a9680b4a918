//! Who an item usually comes from: the supplier that it is planned with is the one that it is
//! ordered from.
//!
//! The stated role decides (primary before secondary before backup). Among suppliers of one role
//! the least expected cost of a year does: what is bought, landed, and what the stock costs that a
//! long or uncertain lead time and the smallest lot call for,
//!
//! ```text
//! cost = c D + i c (z sqrt((L + R) sd_d^2 + d^2 sd_L^2) + max(lot, R d) / 2)
//! ```
//!
//! with the landed unit cost `c`, demand `d` a day and `D` a year, carrying rate `i`, lead time `L`
//! and review interval `R` (Silver, Pyke & Thomas 2017, ch. 5 and 6).

use crate::domain::inputs::Supply;
use crate::domain::lot::LotRules;
use crate::domain::order_calendar::OrderCalendar;
use crate::domain::units::{LeadTime, LocationId, Money, SkuId};
use crate::purchase::market::Market;

/// Standard deviations of the safety stock that suppliers are compared with: 95 % of cycles.
const SAFETY_FACTOR: f64 = 1.645;

/// What the choice of a supplier depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UsualDemand {
    /// The item.
    pub sku: SkuId,
    /// Where it is needed.
    pub location: LocationId,
    /// Units a day.
    pub per_day: f64,
    /// Standard deviation of a day's demand, units.
    pub daily_sd: f64,
    /// Days between two reviews.
    pub review_days: f64,
    /// The product's own cost, for a supplier without a price.
    pub unit_cost: Option<Money>,
}

impl<'a> Market<'a> {
    /// Who `demand` is usually bought from; one that cannot be ordered from only where no other
    /// supplies it. `lead_time` is that of a row.
    #[must_use]
    pub fn usual_supply(
        &self,
        demand: &UsualDemand,
        lead_time: impl Fn(&Supply) -> LeadTime,
    ) -> Option<&'a Supply> {
        let mut rows = self.supply_of(demand.sku, demand.location).peekable();
        let first = *rows.peek()?;
        let open: Vec<&'a Supply> = rows.filter(|row| self.takes_orders(row)).collect();
        let Some(role) = open.first().map(|row| row.role) else { return Some(first) };
        // A role is the planner's word: cost decides only among those of the same one.
        let peers = open.iter().take_while(|row| row.role == role);
        peers.copied().min_by(|a, b| {
            let cost = |row: &Supply| self.yearly_cost(row, demand, lead_time(row));
            cost(a).total_cmp(&cost(b))
        })
    }

    /// Whether the supplier of `supply` can be ordered from at all.
    fn takes_orders(&self, supply: &Supply) -> bool {
        let calendar = OrderCalendar::of(&self.suppliers[supply.supplier.index()]);
        self.terms(supply, None).is_some() && calendar.next_order_day(self.as_of).is_some()
    }

    /// Currency units; infinite where the price is unknown, so that a known one is preferred.
    fn yearly_cost(&self, row: &Supply, demand: &UsualDemand, lead_time: LeadTime) -> f64 {
        let terms = self.terms(row, demand.unit_cost);
        let Some(landed) = terms.and_then(|terms| terms.landed(row.minimum_order)) else {
            return f64::INFINITY;
        };
        let days = lead_time.mean_days() + demand.review_days;
        let variance =
            days * demand.daily_sd.powi(2) + (demand.per_day * lead_time.sd_days()).powi(2);
        let safety_stock = SAFETY_FACTOR * variance.sqrt();
        // A cent less a unit does not pay for three years of stock.
        let lot = LotRules::of(row).smallest().as_f64().max(demand.review_days * demand.per_day);
        let stock = safety_stock + 0.5 * lot;
        landed.as_f64() * (365.0 * demand.per_day + self.settings.carrying_rate * stock)
    }
}

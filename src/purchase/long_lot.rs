//! Lots far beyond their need: what the smallest lot of a supplier costs against going without it.
//!
//! Ordering it costs the carrying of its units until they sell, and what spoils meanwhile. Not
//! ordering costs the margin of the demand that the stock does not cover, over the days that a
//! forecast is trusted with (`max_cover_days`): a promise of sales in three years pays for no stock
//! today. Called by `rules::whole_lots` and by a replay, which leave such a line out, and by
//! `sourcing`, which asks somebody else.

use crate::domain::units::Units;
use crate::purchase::need::PoolNeed;

/// A lot that lasts a week longer than the need is an ordinary one.
const WEEK_DAYS: f64 = 7.0;

/// How long stock may lie, and what that costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Patience {
    /// Days of demand beyond which nothing is bought by choice.
    pub max_cover_days: f64,
    /// Cost of holding one unit of value for a year.
    pub carrying_rate: f64,
}

/// A lot that lasts far beyond its need, with what speaks for and against it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LongLot {
    /// Whether it costs less to hold than to go without.
    pub worth: bool,
    /// What it is, in words, without what is done.
    pub what: String,
    /// Carrying and waste, currency units.
    pub cost: f64,
    /// Margin lost without it, currency units.
    pub loss: f64,
}

impl LongLot {
    /// `quantity` units for a need of `need`, where that lasts beyond `max_cover_days` or spoils in
    /// part; `None` for an ordinary lot.
    pub(crate) fn of(
        pool: &PoolNeed,
        landed_cost: f64,
        need: f64,
        quantity: Units,
        patience: Patience,
    ) -> Option<Self> {
        let Patience { max_cover_days, carrying_rate } = patience;
        let wanted = Units::ceil(need);
        if quantity <= wanted || pool.daily_demand <= 0.0 {
            return None;
        }
        let before = pool.cover_days(Units::ZERO);
        let lasts = pool.cover_days(quantity);
        let spoils = pool.sells_in_time.map_or(0.0, |sells| (quantity.as_f64() - sells).max(0.0));
        // A network's stock is spread over its places, where it covers one and not another: its
        // need may last for months and be one all the same. Only what the lot brings beyond is
        // weighed.
        let beyond = if pool.echelon { max_cover_days } else { WEEK_DAYS };
        let is_long = lasts > max_cover_days && lasts > pool.cover_days(wanted) + beyond;
        if !is_long && spoils < 1.0 {
            return None;
        }
        let years = (before + lasts) / 2.0 / 365.0;
        let cost = landed_cost * (spoils + quantity.as_f64() * years * carrying_rate);
        let margin = pool.margin.as_f64();
        let sells = quantity.as_f64() - spoils;
        let there = (pool.inventory_position + pool.moved_in).as_f64();
        let missing = pool.demand_within(max_cover_days) - there;
        let loss = margin * missing.clamp(0.0, sells);
        let what = if spoils >= 1.0 {
            format!(
                "the smallest lot of {quantity} lasts {lasts:.0} days and {spoils:.0} of it spoil"
            )
        } else {
            format!("the smallest lot of {quantity} lasts {lasts:.0} days")
        };
        // Where no margin is known there is nothing to weigh with: it is ordered, and marked.
        Some(Self { worth: margin <= 0.0 || loss >= cost, what, cost, loss })
    }

    /// What it is and what is done, as a buyer reads it.
    pub(crate) fn sentence(&self, max_cover_days: f64) -> String {
        let Self { worth, what, cost, loss } = self;
        if *worth {
            format!("{what}: ordered, it costs {cost:.2} to hold, and {loss:.2} to go without")
        } else {
            format!(
                "{what}: not ordered, holding it would cost {cost:.2}, \
                 going without {loss:.2} of margin in {max_cover_days:.0} days"
            )
        }
    }
}

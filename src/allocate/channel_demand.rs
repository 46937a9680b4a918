//! What a channel asks of a pool: its demand of a day, what a unit earns there, and the rules of
//! its row.

use crate::allocate::{ChannelDemand, Previous};
use crate::domain::inputs::{Channel, Product};
use crate::domain::outcome::DailyDemand;
use crate::domain::units::{ChannelId, Money, Units};

/// A price below this counts as this much, so that a margin is never divided by zero.
const LEAST_PRICE: f64 = 1e-9;

/// What the tables and the forecast say about one channel of a pool.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChannelFacts<'a> {
    pub channel: ChannelId,
    pub row: &'a Channel,
    pub product: &'a Product,
    /// Zero where the item never sold.
    pub demand: DailyDemand,
    /// Units shown now.
    pub listed: Option<Units>,
    pub previous: Option<Previous>,
}

impl ChannelDemand {
    pub(crate) fn of(facts: ChannelFacts<'_>) -> Self {
        let row = facts.row;
        Self {
            channel: facts.channel,
            velocity: facts.demand.mean,
            daily_sd: facts.demand.sd,
            margin: margin(facts.product, row),
            priority: row.priority,
            reserve: row.reserve.unwrap_or_default(),
            buffer: row.buffer,
            cap: row.cap,
            min_share: row.min_share.unwrap_or(0.0),
            listed: facts.listed,
            previous: facts.previous,
        }
    }
}

/// Margin of one unit after the channel's fees, currency: by the channel's own rate, or price less
/// cost.
fn margin(product: &Product, channel: &Channel) -> Option<f64> {
    let price = product.unit_price?.as_f64();
    let cost = product.unit_cost.map_or(0.0, Money::as_f64);
    let rate = channel.margin_rate.unwrap_or_else(|| 1.0 - cost / price.max(LEAST_PRICE));
    Some(price * (rate - channel.fee_rate.unwrap_or(0.0)))
}

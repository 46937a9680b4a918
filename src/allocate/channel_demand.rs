//! What a channel asks of a pool: its demand of a day, what a unit earns there, and the terms of
//! its row and of its row for the item.

use crate::allocate::{ChannelDemand, Previous};
use crate::domain::economics::UnitEconomics;
use crate::domain::inputs::{Channel, ChannelItem};
use crate::domain::outcome::DailyDemand;
use crate::domain::units::{ChannelId, Money, Units};
use crate::math::apportion::largest_remainder;

/// A price below this counts as this much, so that a margin is never divided by zero.
const LEAST_PRICE: f64 = 1e-9;

/// What the tables and the forecast say about one channel of a pool.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChannelFacts<'a> {
    pub channel: ChannelId,
    pub terms: ChannelTerms<'a>,
    pub economics: UnitEconomics,
    /// Zero where the item never sold.
    pub demand: DailyDemand,
    /// Units shown now.
    pub listed: Option<Units>,
    pub previous: Option<Previous>,
    /// What is given to a channel is a multiple of it.
    pub step: Units,
    /// Units that can be promised at every location of the item where the channel takes part, and
    /// which of them this is. `[locations]`
    pub available: &'a [Units],
    pub at: usize,
}

/// The terms of a channel, and those that it has for one item instead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChannelTerms<'a> {
    pub channel: &'a Channel,
    pub item: Option<&'a ChannelItem>,
}

impl ChannelTerms<'_> {
    /// Units reserved of the item, at all locations together.
    pub(crate) fn reserve(&self) -> Option<Units> {
        self.item.and_then(|item| item.reserve).or(self.channel.reserve)
    }

    /// The most to allocate of the item, at all locations together.
    pub(crate) fn cap(&self) -> Option<Units> {
        self.item.and_then(|item| item.cap).or(self.channel.cap)
    }

    fn buffer(&self) -> Option<Units> {
        self.item.and_then(|item| item.buffer).or(self.channel.buffer)
    }
}

impl ChannelDemand {
    pub(crate) fn of(facts: ChannelFacts<'_>) -> Self {
        let terms = facts.terms;
        let here = |units: Units| part_here(units, facts.step, facts.available, facts.at);
        Self {
            channel: facts.channel,
            velocity: facts.demand.mean,
            daily_sd: facts.demand.sd,
            margin: margin(facts.economics, terms.channel),
            priority: terms.channel.priority,
            reserve: terms.reserve().map(here).unwrap_or_default(),
            buffer: terms.buffer(),
            cap: terms.cap().map(here),
            min_share: terms.channel.min_share.unwrap_or(0.0),
            pause_below: terms.item.and_then(|item| item.pause_below).unwrap_or_default(),
            alert_below: terms.item.and_then(|item| item.alert_below),
            listed: facts.listed,
            previous: facts.previous,
        }
    }
}

/// The part of `units`, agreed for all locations together, that falls to the location `at`: in
/// proportion to what is available at each, whole units by largest remainder.
fn part_here(units: Units, step: Units, available: &[Units], at: usize) -> Units {
    if available.len() < 2 {
        return units;
    }
    let mut weights: Vec<f64> = available.iter().map(|a| a.or_zero().as_f64()).collect();
    if weights.iter().all(|&weight| weight <= 0.0) {
        // Nothing anywhere: the first location owes it.
        weights[0] = 1.0;
    }
    let steps = units.or_zero().count() / step.count();
    Units(largest_remainder(steps, &weights)[at] * step.count())
}

/// Margin of one unit after the channel's fees, currency: by the channel's own rate, or price less
/// cost; `None` where either is unknown.
fn margin(economics: UnitEconomics, channel: &Channel) -> Option<f64> {
    let price = economics.price?.as_f64();
    let by_cost = || {
        let cost = economics.landed_cost.map(Money::as_f64)?;
        Some(1.0 - cost / price.max(LEAST_PRICE))
    };
    // What the channel's row says comes first: it may know of costs that the item's cost leaves
    // out.
    let rate = channel.margin_rate.or_else(by_cost)?;
    Some(price * (rate - channel.fee_rate.unwrap_or(0.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e2_what_is_agreed_for_all_locations_is_shared_over_them() {
        let there = [Units(30), Units(10), Units(0)];
        assert_eq!(
            [0, 1, 2].map(|at| part_here(Units(15), Units::LEAST, &there, at).count()),
            [11, 4, 0]
        );
        assert_eq!(
            [0, 1].map(|at| part_here(Units(5), Units::LEAST, &[Units(0); 2], at).count()),
            [5, 0]
        );
        assert_eq!(part_here(Units(15), Units::LEAST, &[Units(3)], 0), Units(15));
    }

    #[test]
    fn e2_terms_for_an_item_stand_over_those_of_the_channel() {
        let channel =
            Channel { reserve: Some(Units(5)), cap: Some(Units(50)), ..Channel::default() };
        let item = ChannelItem {
            sku: crate::domain::units::SkuId(0),
            channel: ChannelId(0),
            reserve: Some(Units(9)),
            buffer: None,
            cap: None,
            pause_below: None,
            alert_below: None,
        };
        let terms = ChannelTerms { channel: &channel, item: Some(&item) };
        assert_eq!((terms.reserve(), terms.cap()), (Some(Units(9)), Some(Units(50))));
    }

    #[test]
    fn an_unknown_cost_is_no_cost_of_zero() {
        let price = Some(Money::from_f64(10.0));
        let unknown = UnitEconomics { price, landed_cost: None };
        assert_eq!(margin(unknown, &Channel::default()), None);
        let rate = Channel { margin_rate: Some(0.2), fee_rate: Some(0.1), ..Channel::default() };
        assert!((margin(unknown, &rate).unwrap() - 1.0).abs() < 1e-12);
    }
}

//! Channels against each other: one runs out while another holds excess, and channels that cost more than they sell.

use crate::allocate::ChannelDemand;
use crate::allocate::Settings;
use crate::domain::classes::FindingKind;
use crate::domain::outcome::{Allocation, ChannelFinding};
use crate::domain::units::{Money, Units};
use crate::math::apportion::largest_remainder;
use crate::math::distributions::Demand;

/// What a finding is worth and how long the stock must last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Worth {
    /// Cost of one unit.
    pub unit_cost: Money,
    /// Days until the next units can arrive.
    pub days_to_arrival: f64,
}

/// Imbalance, stranded stock and superfluous channels of one pool; `rows` are its allocation, in the order of `channels`.
///
/// - `stranded`: units of a channel beyond `excess_cover_days` of its velocity while the pool as a whole has no such excess.
/// - `imbalance`: the units that would lift all channels to `short_cover_days` and lie stranded in others.
/// - `too-many-channels`: see [`superfluous_channel`].
#[must_use]
pub fn findings(
    channels: &[ChannelDemand],
    rows: &[Allocation],
    worth: &Worth,
    settings: &Settings,
) -> Vec<ChannelFinding> {
    let Some(first) = rows.first().filter(|_| rows.len() > 1) else { return Vec::new() };
    let mut found = Vec::new();
    let finding = |channel, kind, units, value, reason| ChannelFinding {
        sku: first.sku,
        location: Some(first.location),
        channel,
        kind,
        units,
        value,
        reason,
    };
    let excess = |allocated: Units, velocity: f64| {
        (allocated.0 as f64 - velocity * settings.excess_cover_days).max(0.0).floor()
    };
    let pool: Units = rows.iter().map(|r| r.allocated).sum();
    let velocity: f64 = channels.iter().map(|c| c.velocity).sum();
    if excess(pool, velocity) == 0.0 {
        let missing = |c: &ChannelDemand, r: &Allocation| {
            (c.velocity * settings.short_cover_days - r.allocated.0 as f64).max(0.0)
        };
        let short: f64 = channels.iter().zip(rows).map(|(c, r)| missing(c, r)).sum();
        let mut stranded = 0.0;
        for (channel, row) in channels.iter().zip(rows) {
            let units = excess(row.allocated, channel.velocity);
            if units > 0.0 {
                stranded += units;
                let reason = format!(
                    "{} held, {:.2} sold a day: beyond {} days",
                    row.allocated, channel.velocity, settings.excess_cover_days
                );
                found.push(finding(
                    Some(channel.channel),
                    FindingKind::Stranded,
                    units,
                    worth.unit_cost.times(Units(units as i64)),
                    reason,
                ));
            }
        }
        let movable = short.min(stranded);
        if movable > 0.0 {
            let margin = mean_margin(channels);
            let reason = format!(
                "{short:.1} short of {} days in some channels, {stranded:.0} in excess in others",
                settings.short_cover_days
            );
            found.push(finding(
                None,
                FindingKind::Imbalance,
                movable,
                Money::from_f64(margin * movable),
                reason,
            ));
        }
    }
    found.extend(superfluous_channel(channels, rows, worth.days_to_arrival).map(|(channel, units, value)| {
        let reason = format!(
            "without it the others would be short by {units:.1} units less until the next arrival, worth more than its own sales"
        );
        finding(Some(channels[channel].channel), FindingKind::TooManyChannels, units, value, reason)
    }));
    found
}

/// The channel whose closing would raise the expected margin until the next arrival most, if any does: its position, the units
/// the others would be short of less, and the margin gained.
///
/// Loss = sum of margin x E max(demand - allocated, 0) over channels. Closing one loses all its sales and hands its units to the
/// others in proportion to their velocity. Demand does not move to other channels.
#[must_use]
pub fn superfluous_channel(
    channels: &[ChannelDemand],
    rows: &[Allocation],
    days: f64,
) -> Option<(usize, f64, Money)> {
    let expected: f64 = channels.iter().map(|c| c.velocity * days).sum();
    let pool: i64 = rows.iter().map(|r| r.allocated.0).sum();
    // With plenty of stock nothing is short and closing a channel gains nothing.
    if rows.len() < 2 || pool == 0 || pool as f64 > 2.0 * expected {
        return None;
    }
    let demand: Vec<Demand> = channels
        .iter()
        .map(|c| Demand::count(c.velocity * days, c.daily_sd * days.sqrt()))
        .collect();
    let margin = |i: usize| channels[i].margin.unwrap_or(mean_margin(channels)).max(0.0);
    let short: Vec<f64> =
        (0..rows.len()).map(|i| demand[i].expected_shortfall(rows[i].allocated.0 as f64)).collect();
    let closing = |k: usize| {
        let weights: Vec<f64> = channels
            .iter()
            .enumerate()
            .map(|(i, c)| if i == k { 0.0 } else { c.velocity })
            .collect();
        if weights.iter().all(|&w| w <= 0.0) {
            return None;
        }
        let more = largest_remainder(rows[k].allocated.0, &weights);
        let others = (0..rows.len()).filter(|&i| i != k);
        let fewer = |i: usize| {
            short[i] - demand[i].expected_shortfall((rows[i].allocated.0 + more[i]) as f64)
        };
        let (units, gained) =
            others.fold((0.0, 0.0), |(u, g), i| (u + fewer(i), g + margin(i) * fewer(i)));
        let given_up = margin(k) * (demand[k].mean() - short[k]);
        (gained > given_up + 1e-9).then(|| (k, units, Money::from_f64(gained - given_up)))
    };
    (0..rows.len()).filter_map(closing).max_by_key(|&(k, _, value)| (value, std::cmp::Reverse(k)))
}

fn mean_margin(channels: &[ChannelDemand]) -> f64 {
    let known: Vec<f64> = channels.iter().filter_map(|c| c.margin).collect();
    if known.is_empty() { 0.0 } else { known.iter().sum::<f64>() / known.len() as f64 }
}

//! Channels against each other: one runs out while another holds excess, and channels that cost
//! more than they sell.
//!
//! A channel that sells one every ten days and holds 90 reserved units, beside one that sells five
//! a day and holds ten: 78 of the 90 are beyond its 120 days, and 25 of them would lift the other
//! to a week.
//!
//! ```
//! use orderpoint::allocate::balance::{Worth, findings};
//! use orderpoint::allocate::{ChannelDemand, Context, PoolStock, Settings, allocate};
//! use orderpoint::domain::inputs::Names;
//! use orderpoint::domain::units::{ChannelId, LocationId, Money, SkuId, Units};
//!
//! let settings = Settings::default();
//! let as_of = chrono::NaiveDate::from_ymd_opt(2024, 4, 1).unwrap();
//! let context = Context { names: &Names::default(), settings: &settings, as_of };
//! let slow = ChannelDemand::selling(ChannelId(0), 0.1, Some(5.0));
//! let channels = [
//!     ChannelDemand { reserve: Units(90), ..slow },
//!     ChannelDemand::selling(ChannelId(1), 5.0, Some(5.0)),
//! ];
//! let pool = PoolStock {
//!     sku: SkuId(0),
//!     location: LocationId(0),
//!     available: Units(100),
//!     reorder_point: 0.0,
//!     step: Units(1),
//! };
//! let rows = allocate(&pool, &channels, &context, &mut Vec::new());
//! let worth = Worth { unit_cost: Money::from_f64(2.0), days_to_arrival: 10.0 };
//! let found = findings(&channels, &rows, &worth, &settings);
//! assert_eq!((found[0].units, found[1].units), (78.0, 25.0));
//! ```

use crate::allocate::settings::Settings;
use crate::allocate::{ChannelDemand, mean_margin};
use crate::domain::classes::FindingKind;
use crate::domain::outcome::{Allocation, ChannelFinding};
use crate::domain::units::{Money, Units};
use crate::math::apportion::largest_remainder;
use crate::math::distributions::Demand;

/// A channel is not worth closing for a gain that rounding noise could have made, currency units.
const GAIN_NOISE: f64 = 1e-9;

/// What a finding is worth and how long the stock must last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Worth {
    /// Cost of one unit.
    pub unit_cost: Money,
    /// Days until the next units can arrive.
    pub days_to_arrival: f64,
}

/// Imbalance, stranded stock and superfluous channels of one pool; `rows` are its allocation, in
/// the order of `channels`.
///
/// - `stranded`: units of a channel beyond `excess_cover_days` of its velocity while the pool as a
///   whole has no such excess.
/// - `imbalance`: the units that would lift all channels to `short_cover_days` and lie stranded in
///   others.
/// - `too-many-channels`: see [`superfluous_channel`].
#[must_use]
pub fn findings(
    channels: &[ChannelDemand],
    rows: &[Allocation],
    worth: &Worth,
    settings: &Settings,
) -> Vec<ChannelFinding> {
    // A single channel has nobody to give to.
    let [first, _, ..] = rows else { return Vec::new() };
    let of_pool = ChannelFinding {
        sku: first.sku,
        location: Some(first.location),
        channel: None,
        kind: FindingKind::Imbalance,
        units: 0.0,
        value: Money::ZERO,
        // Stock held in the wrong place is not lost.
        expected_loss: Money::ZERO,
        reason: String::new(),
    };
    let mut found = Vec::new();

    // Where the whole pool has too much, every channel has: that is a matter for the buyer, not for
    // the split.
    let pool: Units = rows.iter().map(|r| r.allocated).sum();
    let velocity: f64 = channels.iter().map(|c| c.velocity).sum();
    if excess(pool, velocity, settings) == 0.0 {
        let mut short = 0.0;
        let mut stranded = 0.0;
        for (channel, row) in channels.iter().zip(rows) {
            let wanted = channel.velocity * settings.short_cover_days;
            short += (wanted - row.allocated.as_f64()).max(0.0);
            let units = excess(row.allocated, channel.velocity, settings);
            if units > 0.0 {
                stranded += units;
                found.push(ChannelFinding {
                    channel: Some(channel.channel),
                    kind: FindingKind::Stranded,
                    units,
                    value: worth.unit_cost.times(Units::floor(units)),
                    reason: format!(
                        "{} held, {:.2} sold a day: beyond {} days",
                        row.allocated, channel.velocity, settings.excess_cover_days
                    ),
                    ..of_pool.clone()
                });
            }
        }
        // What is short and what lies idle: no more than the smaller of the two can be put right by
        // moving.
        let movable = short.min(stranded);
        if movable > 0.0 {
            let margin = Money::from_f64(mean_margin(channels).unwrap_or(0.0) * movable);
            found.push(ChannelFinding {
                kind: FindingKind::Imbalance,
                units: movable,
                value: margin,
                expected_loss: margin,
                reason: format!(
                    "{short:.1} short of {} days in some channels, \
                     {stranded:.0} in excess in others",
                    settings.short_cover_days
                ),
                ..of_pool.clone()
            });
        }
    }

    if let Some(closing) = superfluous_channel(channels, rows, worth.days_to_arrival) {
        found.push(ChannelFinding {
            channel: Some(channels[closing.channel].channel),
            kind: FindingKind::TooManyChannels,
            units: closing.units,
            value: closing.gain,
            expected_loss: closing.gain,
            reason: format!(
                "without it the others would be short by {:.1} units less until the next arrival, \
                 worth more than its own sales",
                closing.units
            ),
            ..of_pool
        });
    }
    found
}

/// Whole units beyond `excess_cover_days` of `velocity`.
fn excess(allocated: Units, velocity: f64, settings: &Settings) -> f64 {
    Units::floor((allocated.as_f64() - velocity * settings.excess_cover_days).max(0.0)).as_f64()
}

/// What closing a channel would bring until the next arrival.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Closing {
    /// Position of the channel to close.
    pub channel: usize,
    /// Units that the others would be short of less.
    pub units: f64,
    /// Margin gained.
    pub gain: Money,
}

/// The channel whose closing would raise the expected margin until the next arrival most, if any
/// does.
///
/// Loss = sum of margin x E max(demand - allocated, 0) over channels. Closing one loses all its
/// sales and hands its units to the others in proportion to their velocity. Demand does not move to
/// other channels.
#[must_use]
pub fn superfluous_channel(
    channels: &[ChannelDemand],
    rows: &[Allocation],
    days: f64,
) -> Option<Closing> {
    let expected: f64 = channels.iter().map(|c| c.velocity * days).sum();
    let pool: Units = rows.iter().map(|r| r.allocated).sum();
    // With plenty of stock nothing is short and closing a channel gains nothing; twice the demand
    // is plenty.
    if rows.len() < 2 || pool.is_zero() || pool.as_f64() > 2.0 * expected {
        return None;
    }
    let demand: Vec<Demand> = channels
        .iter()
        .map(|c| Demand::count(c.velocity * days, c.daily_sd * days.sqrt()))
        .collect();
    // A channel whose price nobody knows earns what the others do on average.
    let unknown = mean_margin(channels).unwrap_or(0.0);
    let margins: Vec<f64> = channels.iter().map(|c| c.margin.unwrap_or(unknown).max(0.0)).collect();
    let short: Vec<f64> = demand
        .iter()
        .zip(rows)
        .map(|(d, row)| d.expected_shortfall(row.allocated.as_f64()))
        .collect();

    let mut best: Option<Closing> = None;
    for (closed, row) in rows.iter().enumerate() {
        let mut weights: Vec<f64> = channels.iter().map(|c| c.velocity).collect();
        weights[closed] = 0.0;
        if weights.iter().all(|&w| w <= 0.0) {
            continue;
        }
        // What a closed channel held is shared out by what the others sell.
        let more = largest_remainder(row.allocated.count(), &weights);
        let mut units = 0.0;
        let mut gained = 0.0;
        for other in (0..rows.len()).filter(|&other| other != closed) {
            let with_more = rows[other].allocated + Units(more[other]);
            let fewer = short[other] - demand[other].expected_shortfall(with_more.as_f64());
            units += fewer;
            gained += margins[other] * fewer;
        }
        // Its customers are taken for lost: none of them is counted on to buy in another channel.
        let given_up = margins[closed] * (demand[closed].mean() - short[closed]);
        if gained > given_up + GAIN_NOISE {
            let gain = Money::from_f64(gained - given_up);
            if best.is_none_or(|b| gain > b.gain) {
                best = Some(Closing { channel: closed, units, gain });
            }
        }
    }
    best
}

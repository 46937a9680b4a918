//! The split of one pool: reserves, least shares, then shares or priority, in whole units.
//!
//! Ten units over three equal channels are 4, 3 and 3 (largest remainder, the first among equals).
//! With priorities the first channel gets its demand of `cover_days` before the next one gets
//! anything:
//!
//! ```
//! use orderpoint::allocate::split::split;
//! use orderpoint::allocate::{ChannelDemand, Method, Settings};
//! use orderpoint::domain::units::{ChannelId, Units};
//!
//! let quantities = |channels: &[ChannelDemand], settings: &Settings, available| {
//!     let parts = split(Units(available), Units(1), channels, settings);
//!     parts.iter().map(|part| part.allocated.count()).collect::<Vec<_>>()
//! };
//! let equal = [0, 1, 2].map(|c| ChannelDemand::selling(ChannelId(c), 1.0, None));
//! assert_eq!(quantities(&equal, &Settings::default(), 10), [4, 3, 3]);
//!
//! let ranked = [
//!     ChannelDemand { priority: Some(2), ..ChannelDemand::selling(ChannelId(0), 5.0, None) },
//!     ChannelDemand { priority: Some(1), ..ChannelDemand::selling(ChannelId(1), 8.0, None) },
//! ];
//! let by_priority =
//!     Settings { method: Method::Priority, cover_days: 10.0, ..Settings::default() };
//! assert_eq!(quantities(&ranked, &by_priority, 100), [20, 80]);
//! ```

use crate::allocate::settings::{Method, Settings};
use crate::allocate::{ChannelDemand, mean_margin};
use crate::domain::units::Units;
use crate::math::apportion::{Bounds, normalised, round_to, within_bounds};

/// One channel's part.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Share of what is split after reserves, before bounds and rounding, 0..=1; with priority,
    /// share of the pool.
    pub share: f64,
    /// Units, reserved ones included.
    pub allocated: Units,
    /// Units reserved first.
    pub reserved: Units,
    /// Half a sentence: where the number comes from.
    pub reason: String,
}

/// Splits `available` units in multiples of `step`; parts are in the order of `channels` and add up
/// to `min(available, sum of caps)`.
#[must_use]
pub fn split(
    available: Units,
    step: Units,
    channels: &[ChannelDemand],
    settings: &Settings,
) -> Vec<Part> {
    let pool = available.or_zero().down_to(step);
    if channels.is_empty() {
        return Vec::new();
    }
    let reserved = reserve(pool, step, channels);
    let rest = pool - reserved.iter().copied().sum();
    let target = target_shares(channels);
    let moved = bounded_step(&target, channels, settings.max_share_step);
    let bounds: Vec<Bounds> =
        channels.iter().zip(&reserved).map(|(c, &r)| bounds(c, r, pool, step)).collect();
    let rest = rest.count() / step.count();
    let shared = match settings.method {
        Method::Shares => share_out(rest, &moved.shares, &bounds),
        Method::Priority => by_priority(
            rest,
            channels,
            &needs(channels, &reserved, step, settings),
            &moved.shares,
            &bounds,
        ),
    };

    let mut parts = Vec::with_capacity(channels.len());
    for (i, channel) in channels.iter().enumerate() {
        let allocated = reserved[i] + Units(shared[i] * step.count());
        let share = match settings.method {
            Method::Shares => moved.shares[i],
            Method::Priority if pool.is_zero() => 0.0,
            Method::Priority => allocated.as_f64() / pool.as_f64(),
        };
        let mut reason = match (settings.method, channel.priority) {
            (Method::Shares, _) => format!("{:.1} % by velocity x margin", 100.0 * target[i]),
            (Method::Priority, Some(priority)) => format!("priority {priority}"),
            (Method::Priority, None) => "no priority: served last".to_owned(),
        };
        if moved.is_held_back && settings.method == Method::Shares {
            reason += &format!(
                ", moved from {:.1} % to {:.1} % only: one step a run",
                100.0 * channel.previous.map_or(0.0, |p| p.share),
                100.0 * moved.shares[i]
            );
        }
        if reserved[i].is_positive() {
            reason += &format!(", {} reserved first", reserved[i]);
        }
        if channel.cap.is_some_and(|cap| allocated >= cap) {
            reason += ", at its cap";
        }
        parts.push(Part { share, allocated, reserved: reserved[i], reason });
    }
    parts
}

/// Positions by priority: numbered ones first, ties in channel order.
fn by_rank(channels: &[ChannelDemand]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..channels.len()).collect();
    order.sort_by_key(|&i| (channels[i].priority.is_none(), channels[i].priority));
    order
}

/// Units reserved for each channel: what it asks for within its cap, in order of priority until the
/// pool is empty. `[channels]`
fn reserve(pool: Units, step: Units, channels: &[ChannelDemand]) -> Vec<Units> {
    let mut left = pool;
    let mut reserved = vec![Units::ZERO; channels.len()];
    for i in by_rank(channels) {
        let reserve = channels[i].reserve;
        // A cap below the reserve holds: it says what the channel may sell at most.
        let wanted = channels[i].cap.map_or(reserve, |cap| reserve.min(cap)).or_zero();
        reserved[i] = wanted.min(left).down_to(step);
        left -= reserved[i];
    }
    reserved
}

/// Units in steps.
fn in_steps(units: Units, step: Units) -> f64 {
    units.count() as f64 / step.count() as f64
}

/// What a channel may still get on top of its reserve, in steps.
fn bounds(channel: &ChannelDemand, reserved: Units, pool: Units, step: Units) -> Bounds {
    let left = |cap: Units| in_steps((cap - reserved).or_zero().down_to(step), step);
    let cap = channel.cap.map_or(f64::INFINITY, left);
    // Rounded down: a tenth of 25 units is two, and not a promise of a third unit that others must
    // give.
    let least = (channel.min_share.clamp(0.0, 1.0) * in_steps(pool, step)).floor();
    Bounds { floor: (least - in_steps(reserved, step)).max(0.0), cap }
}

/// Demand of `cover_days` in whole steps, less what is reserved. `[channels]`
fn needs(
    channels: &[ChannelDemand],
    reserved: &[Units],
    step: Units,
    settings: &Settings,
) -> Vec<f64> {
    let of_one = in_steps(Units::whole(1), step);
    channels
        .iter()
        .zip(reserved)
        .map(|(c, &reserved)| {
            (c.velocity * settings.cover_days * of_one).ceil() - in_steps(reserved, step)
        })
        .collect()
}

/// Shares by velocity x margin, adding up to 1. A channel of unknown margin counts with the mean of
/// the known ones.
///
/// Without any positive product the velocities decide, without any velocity all channels count
/// alike.
#[must_use]
pub fn target_shares(channels: &[ChannelDemand]) -> Vec<f64> {
    let unknown = mean_margin(channels).unwrap_or(1.0);
    let weights: Vec<f64> =
        channels.iter().map(|c| c.velocity * c.margin.unwrap_or(unknown)).collect();
    if weights.iter().any(|&w| w > 0.0) {
        return normalised(&weights);
    }
    // Every sale loses money: who sells most still gets most, or the stock would lie where nobody
    // buys.
    normalised(&channels.iter().map(|c| c.velocity).collect::<Vec<_>>())
}

/// Shares on the way from the last run's to the target.
struct Moved {
    shares: Vec<f64>,
    /// Whether a longer step would have been needed.
    is_held_back: bool,
}

/// Shares on the straight line from the last run's to `target`, no channel moving by more than
/// `step`.
fn bounded_step(target: &[f64], channels: &[ChannelDemand], step: f64) -> Moved {
    let arrived = || Moved { shares: target.to_vec(), is_held_back: false };
    let before: Vec<f64> = channels.iter().map(|c| c.previous.map_or(0.0, |p| p.share)).collect();
    // A first run, or channels that are all new, have nothing to move from.
    if !before.iter().any(|&share| share > 0.0) {
        return arrived();
    }
    let before = normalised(&before);
    let largest = target.iter().zip(&before).map(|(t, b)| (t - b).abs()).fold(0.0, f64::max);
    if largest <= step {
        return arrived();
    }
    // One factor for all, so that the shares still add up to 1.
    let part = step / largest;
    let shares = target.iter().zip(&before).map(|(t, b)| b + part * (t - b)).collect();
    Moved { shares, is_held_back: true }
}

/// `rest` in proportion to `shares` within `bounds`, in whole steps. `[shares]`
fn share_out(rest: i64, shares: &[f64], bounds: &[Bounds]) -> Vec<i64> {
    let quotas = within_bounds(rest as f64, shares, bounds);
    let total = (quotas.iter().sum::<f64>().round() as i64).min(rest);
    round_to(total, &quotas)
}

/// Least shares first, then each priority's `needs` from what is left, then the remainder by
/// shares. `[channels]`
fn by_priority(
    rest: i64,
    channels: &[ChannelDemand],
    needs: &[f64],
    shares: &[f64],
    bounds: &[Bounds],
) -> Vec<i64> {
    let floors: Vec<Bounds> = bounds.iter().map(|b| up_to(b.floor.min(b.cap))).collect();
    let mut given = share_out(rest, shares, &floors);

    let ranked = by_rank(channels);
    for rank in ranked.chunk_by(|&a, &b| channels[a].priority == channels[b].priority) {
        let caps: Vec<f64> = rank.iter().map(|&i| needs[i].min(bounds[i].cap)).collect();
        hand_out(rest, rank, &caps, shares, &mut given);
    }
    let everyone: Vec<usize> = (0..channels.len()).collect();
    let caps: Vec<f64> = bounds.iter().map(|b| b.cap).collect();
    hand_out(rest, &everyone, &caps, shares, &mut given);
    given
}

/// Hands what is left of `rest` to the channels of `group`, by their shares and up to `caps` in
/// all. `caps` is `[group]`.
fn hand_out(rest: i64, group: &[usize], caps: &[f64], shares: &[f64], given: &mut [i64]) {
    let left = rest - given.iter().sum::<i64>();
    let weights: Vec<f64> = group.iter().map(|&i| shares[i]).collect();
    let open: Vec<Bounds> =
        group.iter().zip(caps).map(|(&i, cap)| up_to(cap - given[i] as f64)).collect();
    for (&i, more) in group.iter().zip(share_out(left, &weights, &open)) {
        given[i] += more;
    }
}

fn up_to(cap: f64) -> Bounds {
    Bounds { floor: 0.0, cap: cap.max(0.0) }
}

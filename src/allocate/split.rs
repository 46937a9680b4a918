//! The split of one pool: reserves, least shares, then shares or priority, in whole units.

use crate::allocate::ChannelDemand;
use crate::allocate::Method;
use crate::allocate::Settings;
use crate::domain::units::Units;
use crate::math::apportion::{Bounds, normalised, round_to, within_bounds};

/// One channel's part.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Share of what is split after reserves, before bounds and rounding, 0..=1; with priority, share of the pool.
    pub share: f64,
    /// Units, reserved ones included.
    pub allocated: Units,
    /// Units reserved first.
    pub reserved: Units,
    /// Half a sentence: where the number comes from.
    pub reason: String,
}

/// Splits `available` units; parts are in the order of `channels` and add up to `min(available, sum of caps)`.
#[must_use]
pub fn split(available: Units, channels: &[ChannelDemand], settings: &Settings) -> Vec<Part> {
    let pool = available.max(Units(0));
    if channels.is_empty() {
        return Vec::new();
    }
    let reserved = reserve(pool, channels);
    let rest = pool - reserved.iter().copied().sum();
    let target = target_shares(channels);
    let (shares, limited) = bounded_step(&target, channels, settings.max_share_step);
    let bounds: Vec<Bounds> =
        channels.iter().zip(&reserved).map(|(c, &r)| bounds(c, r, pool)).collect();
    let shared = match settings.method {
        Method::Shares => share_out(rest, &shares, &bounds),
        Method::Priority => {
            let need = |c: &ChannelDemand, r: &Units| {
                (c.velocity * settings.cover_days).ceil() - r.0 as f64
            };
            let needs: Vec<f64> = channels.iter().zip(&reserved).map(|(c, r)| need(c, r)).collect();
            by_priority(rest, channels, &needs, &shares, &bounds)
        }
    };
    let part = |i: usize| {
        let allocated = reserved[i] + Units(shared[i]);
        let share = match settings.method {
            Method::Shares => shares[i],
            Method::Priority if pool > Units(0) => allocated.0 as f64 / pool.0 as f64,
            Method::Priority => 0.0,
        };
        let mut reason = match settings.method {
            Method::Shares => format!("{:.1} % by velocity x margin", 100.0 * target[i]),
            Method::Priority => channels[i]
                .priority
                .map_or("no priority: served last".to_owned(), |p| format!("priority {p}")),
        };
        if limited && settings.method == Method::Shares {
            let before = channels[i].previous.map_or(0.0, |p| p.share);
            reason += &format!(
                ", moved from {:.1} % to {:.1} % only: one step a run",
                100.0 * before,
                100.0 * shares[i]
            );
        }
        if reserved[i] > Units(0) {
            reason += &format!(", {} reserved first", reserved[i]);
        }
        if channels[i].cap.is_some_and(|cap| allocated >= cap) {
            reason += ", at its cap";
        }
        Part { share, allocated, reserved: reserved[i], reason }
    };
    (0..channels.len()).map(part).collect()
}

/// Positions by priority: numbered ones first, ties in channel order.
fn by_rank(channels: &[ChannelDemand]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..channels.len()).collect();
    order.sort_by_key(|&i| (channels[i].priority.is_none(), channels[i].priority));
    order
}

fn reserve(pool: Units, channels: &[ChannelDemand]) -> Vec<Units> {
    let mut left = pool;
    let mut reserved = vec![Units(0); channels.len()];
    for i in by_rank(channels) {
        let wanted =
            channels[i].reserve.min(channels[i].cap.unwrap_or(Units(i64::MAX))).max(Units(0));
        reserved[i] = wanted.min(left);
        left -= reserved[i];
    }
    reserved
}

/// What a channel may still get on top of its reserve.
fn bounds(channel: &ChannelDemand, reserved: Units, pool: Units) -> Bounds {
    let cap = channel.cap.map_or(f64::INFINITY, |cap| (cap - reserved).0.max(0) as f64);
    let least = (channel.min_share.clamp(0.0, 1.0) * pool.0 as f64).floor();
    Bounds { floor: (least - reserved.0 as f64).max(0.0), cap }
}

/// Shares by velocity x margin, adding up to 1. A channel of unknown margin counts with the mean of the known ones.
///
/// Without any positive product the velocities decide, without any velocity all channels count alike.
#[must_use]
pub fn target_shares(channels: &[ChannelDemand]) -> Vec<f64> {
    let known: Vec<f64> = channels.iter().filter_map(|c| c.margin).collect();
    let mean = if known.is_empty() { 1.0 } else { known.iter().sum::<f64>() / known.len() as f64 };
    let weights: Vec<f64> =
        channels.iter().map(|c| c.velocity * c.margin.unwrap_or(mean)).collect();
    if weights.iter().any(|&w| w > 0.0) {
        return normalised(&weights);
    }
    normalised(&channels.iter().map(|c| c.velocity).collect::<Vec<_>>())
}

/// Shares on the straight line from the last run's to `target`, no channel moving by more than `step`; whether that held any back.
fn bounded_step(target: &[f64], channels: &[ChannelDemand], step: f64) -> (Vec<f64>, bool) {
    let before: Vec<f64> = channels.iter().map(|c| c.previous.map_or(0.0, |p| p.share)).collect();
    if !before.iter().any(|&share| share > 0.0) {
        return (target.to_vec(), false);
    }
    let before = normalised(&before);
    let largest = target.iter().zip(&before).map(|(t, b)| (t - b).abs()).fold(0.0, f64::max);
    if largest <= step {
        return (target.to_vec(), false);
    }
    let moved = step / largest;
    (target.iter().zip(&before).map(|(t, b)| b + moved * (t - b)).collect(), true)
}

fn share_out(rest: Units, shares: &[f64], bounds: &[Bounds]) -> Vec<i64> {
    let quotas = within_bounds(rest.0 as f64, shares, bounds);
    let total = (quotas.iter().sum::<f64>().round() as i64).min(rest.0);
    round_to(total, &quotas)
}

/// Least shares first, then each priority's `needs` from what is left, then the remainder by shares.
fn by_priority(
    rest: Units,
    channels: &[ChannelDemand],
    needs: &[f64],
    shares: &[f64],
    bounds: &[Bounds],
) -> Vec<i64> {
    let up_to = |cap: f64| Bounds { floor: 0.0, cap: cap.max(0.0) };
    let floors: Vec<Bounds> = bounds.iter().map(|b| up_to(b.floor.min(b.cap))).collect();
    let mut given = share_out(rest, shares, &floors);
    let everyone: Vec<usize> = (0..channels.len()).collect();
    let order = by_rank(channels);
    let served = order
        .chunk_by(|&a, &b| channels[a].priority == channels[b].priority)
        .map(|group| (group, true));
    for (group, by_need) in served.chain([(everyone.as_slice(), false)]) {
        let left = rest.0 - given.iter().sum::<i64>();
        let cap = |i: usize| if by_need { needs[i].min(bounds[i].cap) } else { bounds[i].cap };
        let open: Vec<Bounds> = group.iter().map(|&i| up_to(cap(i) - given[i] as f64)).collect();
        let weights: Vec<f64> = group.iter().map(|&i| shares[i]).collect();
        for (&i, more) in group.iter().zip(share_out(Units(left), &weights, &open)) {
            given[i] += more;
        }
    }
    given
}

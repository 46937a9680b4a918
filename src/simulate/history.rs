//! The past as it looked on an earlier morning: a panel cut off, for the same forecast code as the
//! nightly run.

use crate::domain::calendar::Calendar;
use crate::domain::panel::{Panel, PanelParts};
use crate::domain::units::ChannelId;

/// The panel as of period `until`: nothing of that period or later is in it. Cleaned values and
/// flags are kept.
///
/// With `merge_channels`, the series of a pool become one, which makes a replay of many channels as
/// cheap as one channel: units are added up, a period keeps only the flags that all its series
/// have.
///
/// ```
/// use orderpoint::domain::calendar::{Bucket, Calendar};
/// use orderpoint::domain::panel::{Panel, PanelParts, SalesTotals, SeriesKey};
/// use orderpoint::domain::units::{ChannelId, LocationId, SkuId};
/// use orderpoint::simulate::history::as_of;
///
/// let key = SeriesKey { sku: SkuId(0), location: LocationId(0), channel: ChannelId(0) };
/// let parts = PanelParts {
///     keys: vec![key],
///     starts: vec![0],
///     gross: vec![1.0, 2.0, 3.0, 4.0, 5.0],
///     flags: vec![0; 5],
///     returns: vec![Vec::new()],
///     totals: vec![SalesTotals::default()],
///     ..PanelParts::default()
/// };
/// let days = ["2024-01-06", "2024-01-01"].map(|day| day.parse().unwrap());
/// let panel = Panel::new(Calendar::new(Bucket::Day, days[0], days[1]), parts);
/// let earlier = as_of(&panel, 3, false);
/// assert_eq!(earlier.gross(0)[..], [1.0, 2.0, 3.0]);
/// assert_eq!(earlier.calendar().as_of().to_string(), "2024-01-04");
/// ```
///
/// # Panics
/// If `until` is 0 or beyond the history: the caller replays windows inside it.
#[must_use]
pub fn as_of(panel: &Panel, until: usize, merge_channels: bool) -> Panel {
    let calendar = panel.calendar();
    assert!(until > 0 && until <= calendar.history(), "the window lies inside the history");
    let cut = Calendar::new(calendar.bucket(), calendar.start(until as i64), calendar.start(0));
    // The first day falls into the same period only when the axis starts on it; months may differ
    // in length.
    let shift = calendar.history() - until;
    let mut parts = PanelParts::default();
    let mut cleaned: Vec<f32> = Vec::new();
    for pool in panel.pools() {
        let living: Vec<usize> = pool.series.clone().filter(|&i| panel.start(i) < until).collect();
        if living.is_empty() {
            parts.unsold_pools.push((pool.sku, pool.location));
        }
        let groups: Vec<&[usize]> = if merge_channels && !living.is_empty() {
            vec![&living]
        } else {
            living.chunks(1).collect()
        };
        for group in groups {
            append(panel, group, until, merge_channels, &mut parts, &mut cleaned);
        }
    }
    debug_assert_eq!(cut.history() + shift, calendar.history(), "cutting keeps the axis");
    let mut result = Panel::new(cut, parts);
    result.clean_to(cleaned);
    result
}

/// Adds the sum of `group` as one series.
fn append(
    panel: &Panel,
    group: &[usize],
    until: usize,
    merged: bool,
    parts: &mut PanelParts,
    cleaned: &mut Vec<f32>,
) {
    let start = group.iter().map(|&i| panel.start(i)).min().unwrap_or(0);
    let base = parts.gross.len();
    parts.gross.resize(base + until - start, 0.0);
    parts.flags.resize(base + until - start, u8::MAX);
    cleaned.resize(base + until - start, 0.0);
    let mut returns: Vec<(u32, f32)> = Vec::new();
    let mut totals = *panel.totals(group[0]);
    for (n, &i) in group.iter().enumerate() {
        let span = base + panel.start(i) - start..base + until - start;
        add(&mut parts.gross[span.clone()], &panel.gross(i));
        add(&mut cleaned[span.clone()], panel.cleaned(i));
        // A merged period is out of stock only where every channel was.
        for (flags, own) in parts.flags[span].iter_mut().zip(panel.flags(i)) {
            *flags &= own;
        }
        for &(period, units) in panel.returns(i) {
            if (period as usize) < until {
                returns.push((period, units));
            }
        }
        if n > 0 {
            let other = panel.totals(i);
            // Of the whole history, not of the cut one: a replay reads no amounts from them.
            totals.revenue_365 += other.revenue_365;
            totals.revenue_90 += other.revenue_90;
            totals.priced_365 += other.priced_365;
            totals.priced_90 += other.priced_90;
            totals.gross_revenue += other.gross_revenue;
            totals.priced_units += other.priced_units;
        }
    }
    returns.sort_by_key(|&(period, _)| period);
    let mut key = panel.key(group[0]);
    if merged {
        // One stock serves all channels, so that which of them sold does not matter to it.
        key.channel = ChannelId(0);
    }
    parts.keys.push(key);
    parts.starts.push(start as u32);
    parts.returns.push(returns);
    parts.totals.push(totals);
}

fn add(to: &mut [f32], from: &[f32]) {
    for (sum, units) in to.iter_mut().zip(from) {
        *sum += units;
    }
}

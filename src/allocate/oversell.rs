//! Between two syncs: how much to hold back, how likely it is to sell what is not there, and when
//! to pause a listing.
//!
//! A channel that sells two a day, synced once a day, sells more than three with a probability of
//! 14 %; six held back keep the promise in 99 % of all days:
//!
//! ```
//! use orderpoint::allocate::oversell::{buffer, demand_until_sync, risk};
//! use orderpoint::allocate::{Buffering, ChannelDemand, Settings};
//! use orderpoint::domain::units::{ChannelId, Units};
//!
//! let settings = Settings {
//!     buffering: Buffering::Demand,
//!     buffer_confidence: 0.99,
//!     sync_days: 1.0,
//!     ..Settings::default()
//! };
//! let web = ChannelDemand::selling(ChannelId(0), 2.0, None);
//! let demand = demand_until_sync(&web, &settings);
//! assert!((risk(&demand, Units(3)) - 0.1429).abs() < 1e-4);
//! assert_eq!(buffer(&demand, &settings), Units(6));
//! ```

use crate::allocate::settings::{AlertAt, Buffering, Settings};
use crate::allocate::{ChannelDemand, PoolStock};
use crate::domain::outcome::ChannelAction;
use crate::domain::units::{Units, in_words};
use crate::math::distributions::Demand;

/// A channel's demand until the next sync: counts with the mean and spread of `sync_days` days,
/// days independent.
#[must_use]
pub fn demand_until_sync(channel: &ChannelDemand, settings: &Settings) -> Demand {
    Demand::count(
        channel.velocity.max(0.0) * settings.sync_days,
        channel.daily_sd.max(0.0) * settings.sync_days.sqrt(),
    )
}

/// Units to hold back where the channel has no buffer of its own: fixed, or what demand until the
/// sync stays within.
#[must_use]
pub fn buffer(until_sync: &Demand, settings: &Settings) -> Units {
    match settings.buffering {
        Buffering::Fixed => Units::whole(settings.buffer),
        Buffering::Demand => {
            // More than any stock, and still far from where sums of units overflow.
            let quantile = until_sync.quantile(settings.buffer_confidence).clamp(0.0, 1e15);
            Units::ceil(quantile)
        }
    }
}

/// `P(demand before the next sync > published)`.
#[must_use]
pub fn risk(until_sync: &Demand, published: Units) -> f64 {
    // 1 - cdf falls a hair below 0 in the far tail.
    (1.0 - until_sync.cdf(published.as_f64())).clamp(0.0, 1.0)
}

/// What the sync tool should do: pause when nothing is left to publish, resume only above the
/// buffer plus `resume_days` of velocity, alert while stock is low, publish otherwise.
#[must_use]
pub fn action(
    pool: &PoolStock,
    channel: &ChannelDemand,
    allocated: Units,
    buffer: Units,
    settings: &Settings,
) -> ChannelAction {
    // Pausing and resuming at the same stock would switch a listing off and on with every unit that
    // comes back: a paused one waits for more than it was paused with.
    if channel.previous.is_some_and(|p| p.paused) {
        let again = settings.resume_days * channel.velocity;
        let enough = buffer.as_f64() + again.max((channel.pause_below - Units::LEAST).as_f64());
        return if allocated.as_f64() > enough {
            ChannelAction::Resume
        } else {
            ChannelAction::Pause
        };
    }
    if allocated <= buffer || allocated - buffer < channel.pause_below {
        return ChannelAction::Pause;
    }
    match low(pool, channel, allocated - buffer, settings) {
        Some(_) => ChannelAction::Alert,
        None => ChannelAction::Publish,
    }
}

/// What makes a listing's stock low.
enum Low {
    /// The whole pool is at its reorder point.
    ReorderPoint,
    /// As little is published as the settings ask to be told of.
    Units,
    /// Less is published than the listing itself asks for.
    Own(Units),
}

/// Whether the stock behind a listing is low, and by which rule.
fn low(
    pool: &PoolStock,
    channel: &ChannelDemand,
    published: Units,
    settings: &Settings,
) -> Option<Low> {
    let is_low = match settings.alert_at {
        AlertAt::ReorderPoint => pool.available.as_f64() <= pool.reorder_point,
        AlertAt::Units => published <= Units::whole(settings.alert_units),
        AlertAt::Never => false,
    };
    match (is_low, settings.alert_at) {
        (true, AlertAt::Units) => Some(Low::Units),
        (true, AlertAt::ReorderPoint | AlertAt::Never) => Some(Low::ReorderPoint),
        (false, _) => channel.alert_below.filter(|&least| published < least).map(Low::Own),
    }
}

/// Why a listing is marked, half a sentence; `None` where its stock is not low.
pub(crate) fn why_low(
    pool: &PoolStock,
    channel: &ChannelDemand,
    published: Units,
    settings: &Settings,
) -> Option<String> {
    Some(match low(pool, channel, published, settings)? {
        Low::ReorderPoint => format!(
            "low: {} available for all channels, at or below the reorder point {}",
            pool.available,
            in_words(pool.reorder_point)
        ),
        Low::Units => {
            format!("low: {published} to publish, at most {} are", settings.alert_units)
        }
        Low::Own(least) => format!("low: {published} to publish, fewer than {least}"),
    })
}

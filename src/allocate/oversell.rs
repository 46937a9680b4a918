//! Between two syncs: how much to hold back, how likely it is to sell what is not there, and when to pause a listing.

use crate::allocate::AlertAt;
use crate::allocate::Buffering;
use crate::allocate::ChannelDemand;
use crate::allocate::PoolStock;
use crate::allocate::Settings;
use crate::domain::outcome::ChannelAction;
use crate::domain::units::Units;
use crate::math::distributions::Demand;

/// A channel's demand until the next sync: counts with the mean and spread of `sync_days` days, days independent.
#[must_use]
pub fn demand_until_sync(channel: &ChannelDemand, settings: &Settings) -> Demand {
    Demand::count(
        channel.velocity.max(0.0) * settings.sync_days,
        channel.daily_sd.max(0.0) * settings.sync_days.sqrt(),
    )
}

/// Units to hold back where the channel has no buffer of its own: fixed, or what demand until the sync stays within.
#[must_use]
pub fn buffer(until_sync: &Demand, settings: &Settings) -> Units {
    match settings.buffering {
        Buffering::Fixed => Units(settings.buffer),
        Buffering::Demand => {
            Units(until_sync.quantile(settings.buffer_confidence).ceil().clamp(0.0, 1e15) as i64)
        }
    }
}

/// `P(demand before the next sync > published)`.
#[must_use]
pub fn risk(until_sync: &Demand, published: Units) -> f64 {
    (1.0 - until_sync.cdf(published.0 as f64)).clamp(0.0, 1.0)
}

/// What the sync tool should do: pause when nothing is left to publish, resume only above the buffer plus `resume_days` of
/// velocity, alert while stock is low, publish otherwise.
#[must_use]
pub fn action(
    pool: &PoolStock,
    channel: &ChannelDemand,
    (allocated, buffer): (Units, Units),
    settings: &Settings,
) -> ChannelAction {
    if channel.previous.is_some_and(|p| p.paused) {
        let enough = buffer.0 as f64 + settings.resume_days * channel.velocity;
        return if allocated.0 as f64 > enough {
            ChannelAction::Resume
        } else {
            ChannelAction::Pause
        };
    }
    if allocated <= buffer {
        return ChannelAction::Pause;
    }
    let low = match settings.alert_at {
        AlertAt::ReorderPoint => pool.available.0 as f64 <= pool.reorder_point,
        AlertAt::Units => (allocated - buffer).0 <= settings.alert_units,
        AlertAt::Never => false,
    };
    if low { ChannelAction::Alert } else { ChannelAction::Publish }
}

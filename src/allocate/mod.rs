//! What each channel may sell of a shared pool, until the next run.
//!
//! Reserves come first, in priority order. The rest is split by shares of velocity x margin, or by priority from a shrinking
//! remainder, within least shares and caps, in whole units by largest remainder ([`split`]). A buffer is held back from what is
//! published, and the action of the listing follows from it ([`oversell`]). [`exposure`] compares listings with stock,
//! [`balance`] finds channels that hold what others lack, [`transfers`] locations that do.
//!
//! Quantities are whole units, velocities units a day. The sum of all allocations never exceeds the pool: asserted on leaving.

pub mod balance;
pub(crate) mod channel_demand;
pub mod exposure;
pub mod oversell;
mod participants;
mod settings;
pub mod split;
pub mod transfers;

pub use crate::allocate::participants::Presence;
pub use crate::allocate::settings::{AlertAt, Buffering, Method, Settings};

use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::Names;
use crate::domain::outcome::Allocation;
use crate::domain::units::{ChannelId, LocationId, SkuId, Units};
use chrono::{Days, NaiveDate};

/// The stock to split.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PoolStock {
    /// The item.
    pub sku: SkuId,
    /// Where.
    pub location: LocationId,
    /// Units that can be promised; below 0 counts as 0.
    pub available: Units,
    /// Units.
    pub reorder_point: f64,
}

/// What the last run published for a channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Previous {
    /// Share of the pool, 0..=1.
    pub share: f64,
    /// Whether the listing is paused.
    pub paused: bool,
}

/// One channel of the pool.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChannelDemand {
    /// Which channel.
    pub channel: ChannelId,
    /// Expected units a day.
    pub velocity: f64,
    /// Standard deviation of a day's demand, units.
    pub daily_sd: f64,
    /// Margin of one unit after channel fees, currency units; `None` = unknown.
    pub margin: Option<f64>,
    /// 1 is served first; `None` after all numbered ones.
    pub priority: Option<i64>,
    /// Units reserved before sharing.
    pub reserve: Units,
    /// Units held back; `None` = by the settings.
    pub buffer: Option<Units>,
    /// The most to allocate.
    pub cap: Option<Units>,
    /// Least share of the pool.
    pub min_share: f64,
    /// Units shown now.
    pub listed: Option<Units>,
    /// From the last run.
    pub previous: Option<Previous>,
}

/// What all pools of a run have in common.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Dictionaries, for sentences.
    pub names: &'a Names,
    /// How to split.
    pub settings: &'a Settings,
    /// The morning of the run.
    pub as_of: NaiveDate,
}

/// One row a channel, in the order of `channels`; what cannot be kept goes to `exceptions`.
///
/// # Panics
/// If the split were to hand out more than the pool: our own fault.
#[must_use]
pub fn allocate(
    pool: &PoolStock,
    channels: &[ChannelDemand],
    context: &Context,
    exceptions: &mut Vec<Exception>,
) -> Vec<Allocation> {
    let settings = context.settings;
    let split = crate::allocate::split::split(pool.available, channels, settings);
    note_conflicts(pool, channels, context, exceptions);
    let valid_until = context
        .as_of
        .checked_add_days(Days::new(settings.valid_days.max(0) as u64))
        .unwrap_or(NaiveDate::MAX);
    let rows = channels.iter().zip(split).map(|(channel, part)| {
        let until_sync = crate::allocate::oversell::demand_until_sync(channel, settings);
        let buffer = channel
            .buffer
            .unwrap_or_else(|| crate::allocate::oversell::buffer(&until_sync, settings))
            .max(Units(0));
        let published = (part.allocated - buffer).max(Units(0));
        let action =
            crate::allocate::oversell::action(pool, channel, (part.allocated, buffer), settings);
        Allocation {
            sku: pool.sku,
            channel: channel.channel,
            location: pool.location,
            share: part.share,
            allocated: part.allocated,
            reserved: part.reserved,
            buffer,
            published,
            action,
            oversell_risk: crate::allocate::oversell::risk(&until_sync, published),
            valid_until,
            velocity: channel.velocity,
            listed: channel.listed,
            reason: part.reason,
        }
    });
    let rows: Vec<Allocation> = rows.collect();
    let allocated: Units = rows.iter().map(|r| r.allocated).sum();
    assert!(
        allocated <= pool.available.max(Units(0)),
        "a pool is conserved leaving allocate: {allocated} of {}",
        pool.available
    );
    rows
}

fn note_conflicts(
    pool: &PoolStock,
    channels: &[ChannelDemand],
    context: &Context,
    exceptions: &mut Vec<Exception>,
) {
    let about = || Subject::pool(context.names, pool.sku, pool.location);
    let reserves: Units = channels.iter().map(|c| c.reserve.max(Units(0))).sum();
    let stock = pool.available.max(Units(0));
    if reserves > stock {
        let what = format!("{reserves} units are reserved, {stock} are there");
        let why = "reserves are served in priority order until the pool is empty";
        exceptions.push(Exception::new(
            Severity::Warning,
            ExceptionKind::ReserveExceedsPool,
            about(),
            what,
            why,
        ));
    }
    let least: f64 = channels.iter().map(|c| c.min_share.max(0.0)).sum();
    if least > 1.0 + 1e-9 {
        let what = format!("least shares add up to {:.0} %", 100.0 * least);
        exceptions.push(Exception::new(
            Severity::Warning,
            ExceptionKind::LeastSharesExceedPool,
            about(),
            what,
            "they are scaled down in proportion",
        ));
    }
}

#[cfg(test)]
mod tests;

//! What each channel may sell of a shared pool, until the next run.
//!
//! Reserves come first, in priority order. The rest is split by shares of velocity x margin, or by
//! priority from a shrinking remainder, within least shares and caps, in whole units by largest
//! remainder ([`split`]). A buffer is held back from what is published, and the action of the
//! listing follows from it ([`oversell`]). [`exposure`] compares listings with stock, [`balance`]
//! finds channels that hold what others lack, [`transfers`] locations that do.
//!
//! Quantities are whole units, velocities units a day. The sum of all allocations never exceeds the
//! pool: asserted on leaving. Called by `run`, pool by pool ([`allocate()`]) and then over all
//! pools ([`exposure`], [`transfers`]).
//!
//! A web shop that sells 10 a day at a margin of 2 and a marketplace that sells 1 a day at 8 share
//! by 20 to 8:
//!
//! ```
//! use orderpoint::allocate::{ChannelDemand, Context, PoolStock, Settings, allocate};
//! use orderpoint::domain::inputs::Names;
//! use orderpoint::domain::units::{ChannelId, LocationId, SkuId, Units};
//!
//! let names = Names {
//!     skus: vec!["TEA".to_owned()],
//!     channels: ["market", "web"].map(str::to_owned).into(),
//!     locations: vec!["main".to_owned()],
//!     ..Names::default()
//! };
//! let settings = Settings { buffer: 2, ..Settings::default() };
//! let as_of = chrono::NaiveDate::from_ymd_opt(2024, 4, 1).unwrap();
//! let context = Context { names: &names, settings: &settings, as_of };
//! let channels = [
//!     ChannelDemand::selling(ChannelId(0), 1.0, Some(8.0)),
//!     ChannelDemand::selling(ChannelId(1), 10.0, Some(2.0)),
//! ];
//! let pool = PoolStock {
//!     sku: SkuId(0),
//!     location: LocationId(0),
//!     available: Units(28),
//!     reorder_point: 20.0,
//!     step: Units(1),
//! };
//! let rows = allocate(&pool, &channels, &context, &mut Vec::new());
//! assert_eq!((rows[0].allocated, rows[1].allocated), (Units(8), Units(20)));
//! assert_eq!((rows[0].published, rows[1].published), (Some(Units(6)), Some(Units(18))));
//! ```

pub mod balance;
pub(crate) mod channel_demand;
pub mod exposure;
pub mod oversell;
mod participants;
pub mod promise;
pub mod room;
mod settings;
pub mod shipments;
pub mod split;
pub mod transfers;

pub use crate::allocate::participants::Presence;
pub use crate::allocate::settings::{AlertAt, Buffering, Method, Settings};

use crate::domain::exceptions::{Effect, Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::Names;
use crate::domain::outcome::{Allocation, ChannelAction};
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
    /// What is allocated is a multiple of it.
    pub step: Units,
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
    /// The listing is paused below so many units to publish.
    pub pause_below: Units,
    /// The listing is to be watched below so many published units, whatever the settings say.
    pub alert_below: Option<Units>,
    /// Units shown now.
    pub listed: Option<Units>,
    /// From the last run.
    pub previous: Option<Previous>,
}

impl ChannelDemand {
    /// A channel without rules of its own whose sales of `velocity` units a day arrive one by one.
    #[must_use]
    pub fn selling(channel: ChannelId, velocity: f64, margin: Option<f64>) -> Self {
        Self {
            channel,
            velocity,
            // The variance of a Poisson count is its mean.
            daily_sd: velocity.sqrt(),
            margin,
            priority: None,
            reserve: Units::ZERO,
            buffer: None,
            cap: None,
            min_share: 0.0,
            pause_below: Units::ZERO,
            alert_below: None,
            listed: None,
            previous: None,
        }
    }
}

/// The mean of the margins that are known; `None` where none is.
fn mean_margin(channels: &[ChannelDemand]) -> Option<f64> {
    let mut sum = 0.0;
    let mut count = 0.0;
    for margin in channels.iter().filter_map(|c| c.margin) {
        sum += margin;
        count += 1.0;
    }
    (count > 0.0).then(|| sum / count)
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
    note_conflicts(pool, channels, context, exceptions);
    let valid_until = context
        .as_of
        .checked_add_days(Days::new(settings.valid_days.max(0) as u64))
        .unwrap_or(NaiveDate::MAX);
    let mut rows = rows(pool, channels, settings, valid_until);
    // What a listing that is paused all the same would show is sold elsewhere.
    let is_paused = |row: &Allocation| {
        row.action == ChannelAction::Pause && row.published.is_some_and(|shown| shown > Units::ZERO)
    };
    if rows.iter().any(is_paused) && !rows.iter().all(is_paused) {
        let mut selling = channels.to_vec();
        for (channel, row) in selling.iter_mut().zip(&rows).filter(|(_, row)| is_paused(row)) {
            channel.cap = Some(row.reserved);
            channel.min_share = 0.0;
        }
        let without = self::rows(pool, &selling, settings, valid_until);
        let before: Units = rows.iter().map(|row| row.allocated).sum();
        let after: Units = without.iter().map(|row| row.allocated).sum();
        // What the others' caps leave stays where it was.
        let mut left = before - after;
        for (row, without) in rows.iter_mut().zip(without) {
            // Shares move on from what they were: a pause is of one night.
            let share = row.share;
            if is_paused(row) {
                let kept = (without.allocated + left).min(row.allocated);
                left -= kept - without.allocated;
                row.reason = format!(
                    "{}; paused: the other channels sell {}",
                    row.reason,
                    row.allocated - kept
                );
                row.allocated = kept;
                row.published = Some((kept - row.buffer).or_zero());
            } else {
                *row = Allocation { share, ..without };
            }
        }
    }
    let allocated: Units = rows.iter().map(|r| r.allocated).sum();
    assert!(
        allocated <= pool.available.or_zero(),
        "a pool is conserved leaving allocate: {allocated} of {}",
        pool.available
    );
    rows
}

/// One row a channel, each by its own part of the pool.
fn rows(
    pool: &PoolStock,
    channels: &[ChannelDemand],
    settings: &Settings,
    valid_until: NaiveDate,
) -> Vec<Allocation> {
    let mut rows = Vec::with_capacity(channels.len());
    let parts = split::split(pool.available, pool.step, channels, settings);
    for (channel, part) in channels.iter().zip(parts) {
        let until_sync = oversell::demand_until_sync(channel, settings);
        let buffer = match channel.buffer {
            Some(own) => own.or_zero(),
            None => oversell::buffer(&until_sync, settings).or_zero(),
        };
        let buffer = buffer.up_to(pool.step);
        let published = (part.allocated - buffer).or_zero();
        let action = oversell::action(pool, channel, part.allocated, buffer, settings);
        let reason = match action {
            ChannelAction::Alert => oversell::why_low(pool, channel, published, settings)
                .map_or_else(|| part.reason.clone(), |low| format!("{low}; {}", part.reason)),
            ChannelAction::Unknown
            | ChannelAction::Publish
            | ChannelAction::Pause
            | ChannelAction::Resume => part.reason,
        };
        rows.push(Allocation {
            sku: pool.sku,
            channel: channel.channel,
            location: pool.location,
            share: part.share,
            allocated: part.allocated,
            reserved: part.reserved,
            buffer,
            published: Some(published),
            action,
            oversell_risk: oversell::risk(&until_sync, published),
            valid_until,
            velocity: channel.velocity,
            listed: channel.listed,
            reason,
        });
    }
    rows
}

/// One row a channel where nobody has said what is in stock: its share, and nothing to publish. A
/// published 0 would take a shop off the net.
#[must_use]
pub fn of_unknown_stock(
    pool: &PoolStock,
    channels: &[ChannelDemand],
    context: &Context,
) -> Vec<Allocation> {
    let mut rows = allocate(pool, channels, context, &mut Vec::new());
    for row in &mut rows {
        row.published = None;
        row.action = ChannelAction::Unknown;
        row.buffer = Units::ZERO;
        row.oversell_risk = 0.0;
        row.reason = "the stock is unknown: bring a stock table".into();
    }
    rows
}

/// What the master data ask for and the stock cannot give.
fn note_conflicts(
    pool: &PoolStock,
    channels: &[ChannelDemand],
    context: &Context,
    exceptions: &mut Vec<Exception>,
) {
    let reserves: Units = channels.iter().map(|c| c.reserve.or_zero()).sum();
    let stock = pool.available.or_zero();
    if reserves > stock {
        exceptions.push(
            Exception::new(
                Severity::Warning,
                ExceptionKind::ReserveExceedsPool,
                Subject::pool(context.names, pool.sku, pool.location),
                format!("{reserves} units are reserved, {stock} are there"),
                "reserves are served in priority order until the pool is empty",
            )
            .with_effect(Effect::Units(reserves - stock)),
        );
    }
    let least: f64 = channels.iter().map(|c| c.min_share.max(0.0)).sum();
    // Ten least shares of a tenth add up to a hair more than 1.
    if least > 1.0 + 1e-9 {
        exceptions.push(Exception::new(
            Severity::Warning,
            ExceptionKind::LeastSharesExceedPool,
            Subject::pool(context.names, pool.sku, pool.location),
            format!("least shares add up to {:.0} %", 100.0 * least),
            "they are scaled down in proportion",
        ));
    }
}

#[cfg(test)]
mod tests;

//! What each channel may sell, and what is wrong with how stock is shown and shared.

use crate::domain::outcome::{Allocation, ChannelFinding};
use crate::explain::Unit;
use crate::tables::table::{
    Table, channel, date, location, money, optional_text, optional_units, real, sku, text, units,
};

/// Allocation: one row an item, channel and location.
pub static ALLOCATION: Table<Allocation> = Table {
    name: "allocation",
    rows: |results| (&results.outcome.allocation).into(),
    columns: &[
        sku(|row| row.sku),
        channel(|row| row.channel),
        location(|row| row.location),
        real("share", "share of the pool", Unit::Share, |row| row.share),
        units("allocated", "for the channel, reserved units included", |row| row.allocated),
        units("reserved", "reserved before sharing", |row| row.reserved),
        units("buffer", "held back from publication", |row| row.buffer),
        units("published", "max(0, allocated - buffer)", |row| row.published),
        text("action", "publish, alert, pause, resume", |row| row.action.name()),
        real(
            "oversell_risk",
            "that demand before the next sync exceeds the published quantity",
            Unit::Probability,
            |row| row.oversell_risk,
        ),
        date("valid_until", "not to be used after this day", |row| row.valid_until),
        real("velocity", "expected demand in the channel", Unit::UnitsPerDay, |row| row.velocity),
        optional_units("listed", "what the channel shows now", |row| row.listed),
        text("reason", "why it moved, or why it is what it is", |row| &row.reason),
    ],
};

/// Facts about the channels of an item that someone should look at.
pub static FINDINGS: Table<ChannelFinding> = Table {
    name: "findings",
    rows: |results| (&results.outcome.findings).into(),
    columns: &[
        sku(|row| row.sku),
        optional_text("channel", "sales channel; missing for all of them", |row| {
            row.channel.map(|channel| row.channel_name(channel))
        }),
        optional_text("location", "where the stock lies; missing for all of them", |row| {
            row.location.map(|location| row.location_name(location))
        }),
        text("kind", "exposure, imbalance, stranded, too-many-channels", |row| row.kind.name()),
        real("units", "listed beyond stock, short, stranded, saved", Unit::Units, |row| row.units),
        money("value", "the same in money", |row| row.value),
        text("reason", "why", |row| &row.reason),
    ],
};

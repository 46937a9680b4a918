//! What each channel may sell, and what is wrong with how stock is shown and shared.

use crate::domain::classes::FindingKind;
use crate::domain::outcome::{Allocation, ChannelAction, ChannelFinding};
use crate::explain::Unit::{Probability, Share, Units, UnitsPerDay};
use crate::tables::table::{
    Table, channel, date, location, money, one_of, optional_text, optional_units, real, sku, text,
    units,
};

/// Allocation: one row an item, channel and location.
pub static ALLOCATION: Table<Allocation> = Table {
    name: "allocation",
    rows: |results| (&results.outcome.allocation).into(),
    columns: &[
        sku(|r| r.sku),
        channel(|r| r.channel),
        location(|r| r.location),
        real("share", "share of the pool", Share, |r| r.share),
        units("allocated", "for the channel, reserved units included", |r| r.allocated),
        units("reserved", "reserved before sharing", |r| r.reserved),
        units("buffer", "held back from publication", |r| r.buffer),
        optional_units(
            "published",
            "max(0, allocated - buffer); missing where the stock is unknown",
            |r| r.published,
        ),
        one_of(
            ChannelAction::NAMES,
            text("action", "what a sync tool does with it", |r| r.action.name()),
        ),
        real(
            "oversell_risk",
            "that demand before the next sync exceeds the published quantity",
            Probability,
            |r| r.oversell_risk,
        ),
        date("valid_until", "not to be used after this day", |r| r.valid_until),
        real("velocity", "expected demand in the channel", UnitsPerDay, |r| r.velocity),
        optional_units("listed", "what the channel shows now", |r| r.listed),
        text("reason", "why it moved, or why it is what it is", |r| &r.reason),
    ],
};

/// Facts about the channels of an item that someone should look at.
pub static FINDINGS: Table<ChannelFinding> = Table {
    name: "findings",
    rows: |results| (&results.outcome.findings).into(),
    columns: &[
        sku(|r| r.sku),
        optional_text("channel", "sales channel; missing for all of them", |r| {
            r.channel.map(|channel| r.names().channel(channel))
        }),
        optional_text("location", "where the stock lies; missing for all of them", |r| {
            r.location.map(|location| r.names().location(location))
        }),
        one_of(FindingKind::NAMES, text("kind", "what is wrong", |r| r.kind.name())),
        real("units", "listed beyond stock, short, stranded, saved", Units, |r| r.units),
        money("value", "the same in money", |r| r.value),
        text("reason", "why", |r| &r.reason),
        money("expected_loss", "what of it is expected to be lost if nothing is done", |r| {
            r.expected_loss
        }),
    ],
};

//! Are moves between a seller's own places booked as sales?
//!
//! What a warehouse sends to a shop is no customer's demand: counted as such it is bought for
//! twice, once for the warehouse and once for the shop that sells it. Many tills and shop systems
//! book it as a sale all the same. Two things tell: a channel at the source that has the name of a
//! place which it feeds, and sales that repeat the moves which `purchase_orders` knows, unit for
//! unit and day for day. It is told and nothing is left out: only the seller knows whether "amazon"
//! at the warehouse means the marketplace's own stock or its customers.

use crate::domain::calendar::Bucket;
use crate::domain::exceptions::{Effect, Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::{Inputs, PurchaseOrder};
use crate::domain::panel::Panel;
use crate::domain::units::{ChannelId, LocationId, Units};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// Days of history whose units are counted for the reader: a year.
const COUNTED_DAYS: usize = 365;
/// Moves from which on a likeness to sales can be more than chance.
const ENOUGH_MOVES: usize = 5;
/// Share of the moves that sales must repeat: some are booked a day later, or by hand.
const REPEATED: f64 = 0.8;
/// Share of those that chance may explain: where a source sells a hundred a day, a hundred days
/// hold a move of six.
const BY_CHANCE: f64 = 0.3;
/// Words around a place's name in the name of a channel that says where goods went.
const AROUND: [&str; 6] = ["to", "transfer", "transfers", "internal", "move", "moves"];

/// A source and one of its channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Booked {
    source: LocationId,
    channel: ChannelId,
}

/// What looks like moves among the sales of the locations that feed others, once a source and
/// channel.
pub(crate) fn booked_as_sales(inputs: &Inputs) -> Vec<Exception> {
    if inputs.lanes.is_empty() {
        return Vec::new();
    }
    let named = named_like_places(inputs);
    let repeated = repeat_moves(inputs);
    let all: BTreeSet<Booked> = named.keys().chain(repeated.keys()).copied().collect();
    let mut exceptions = Vec::new();
    for booked in all {
        let units = sold(inputs, booked);
        if !units.is_positive() {
            continue;
        }
        let from = inputs.names.location(booked.source);
        let channel = inputs.names.channel(booked.channel);
        let what;
        let shows;
        let mut counted = units;
        match (named.get(&booked), repeated.get(&booked)) {
            (Some(&to), _) => {
                let to = inputs.names.location(to);
                what = format!(
                    "{units} units of the last {COUNTED_DAYS} days are booked as sales of {from} \
                     through {channel}, and {from} feeds {to}"
                );
                shows = "the channel has the name of that location".to_owned();
            }
            (None, Some(likeness)) => {
                counted = likeness.units;
                what = format!(
                    "{} of {} moves from {from} stand among its sales through {channel} too, \
                     {counted} units in all",
                    likeness.repeated, likeness.moves
                );
                shows = "quantities and days are the same".to_owned();
            }
            (None, None) => continue,
        }
        let why = format!(
            "{shows}; what is moved is bought for once where it is sold, and as a sale of {from} a \
             second time: leave these rows out of the export, or, where no customer buys through \
             it, write exclude = {{ channel = [\"{channel}\"] }} under [mapping.sales]"
        );
        let about = Subject::Table("sales".to_owned());
        let kind = ExceptionKind::TransfersAsSales;
        let told = Exception::new(Severity::Warning, kind, about, what, why);
        exceptions.push(told.with_effect(Effect::Units(counted)));
    }
    exceptions
}

/// Units sold through a channel of a location in the last year.
fn sold(inputs: &Inputs, booked: Booked) -> Units {
    let panel = &inputs.panel;
    let periods = panel.calendar().bucket().whole_periods(COUNTED_DAYS as f64);
    let mut units = 0.0;
    for series in 0..panel.len() {
        let key = panel.key(series);
        if (Booked { source: key.location, channel: key.channel }) == booked {
            let gross = panel.gross(series);
            let recent = gross.iter().rev().take(periods);
            units += recent.map(|&sold| f64::from(sold)).sum::<f64>();
        }
    }
    Units::nearest(units)
}

/// Channels at a source that are called as a place which it feeds, with that place.
fn named_like_places(inputs: &Inputs) -> BTreeMap<Booked, LocationId> {
    let mut channels: BTreeMap<LocationId, BTreeSet<ChannelId>> = BTreeMap::new();
    for series in 0..inputs.panel.len() {
        let key = inputs.panel.key(series);
        channels.entry(key.location).or_default().insert(key.channel);
    }
    let mut named = BTreeMap::new();
    for lane in inputs.lanes.rows() {
        let id = words(inputs.names.location(lane.to));
        let shown = words(&inputs.locations[lane.to.index()].name);
        for &channel in channels.get(&lane.from).into_iter().flatten() {
            let called = words(inputs.names.channel(channel));
            let is_place = !called.is_empty() && (called == id || called == shown);
            // A channel that has its own source's name is its counter.
            if is_place && called != words(inputs.names.location(lane.from)) {
                named.entry(Booked { source: lane.from, channel }).or_insert(lane.to);
            }
        }
    }
    named
}

/// `transfer to SHOP-1` as `shop 1`.
fn words(name: &str) -> String {
    let split = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut words: Vec<String> = split.map(str::to_lowercase).collect();
    // One word stays: a place may be called `stock`.
    while words.len() > 1 && AROUND.contains(&words[0].as_str()) {
        words.remove(0);
    }
    while words.len() > 1 && words.last().is_some_and(|word| AROUND.contains(&word.as_str())) {
        words.pop();
    }
    words.join(" ")
}

/// How alike moves and sales are.
#[derive(Debug, Clone, Copy, Default)]
struct Likeness {
    moves: usize,
    /// Moves on whose day at least as much was sold.
    repeated: usize,
    /// Of these, what any day would hold.
    by_chance: f64,
    /// Units of the repeated moves.
    units: Units,
}

/// Channels at a source whose sales repeat what it is known to have moved.
fn repeat_moves(inputs: &Inputs) -> BTreeMap<Booked, Likeness> {
    let mut found: BTreeMap<Booked, Likeness> = BTreeMap::new();
    if inputs.panel.calendar().bucket() != Bucket::Day {
        return found;
    }
    // A till books one day or the other.
    for day in [left, came] {
        for (booked, likeness) in likenesses(inputs, day) {
            let Likeness { moves, repeated, by_chance, .. } = likeness;
            let is_much = repeated >= ENOUGH_MOVES && repeated as f64 >= REPEATED * moves as f64;
            if is_much && by_chance <= BY_CHANCE * repeated as f64 {
                found.entry(booked).or_insert(likeness);
            }
        }
    }
    found
}

/// The day on which a move left its source.
fn left(order: &PurchaseOrder) -> Option<NaiveDate> {
    order.shipment.and_then(|shipment| shipment.shipped).or(order.confirmed)
}

/// The day on which it came.
fn came(order: &PurchaseOrder) -> Option<NaiveDate> {
    order.received
}

/// Sales of each source and channel held against the moves of the days that `day` reads.
fn likenesses(
    inputs: &Inputs,
    day: fn(&PurchaseOrder) -> Option<NaiveDate>,
) -> BTreeMap<Booked, Likeness> {
    let panel = &inputs.panel;
    let mut moves: BTreeMap<LocationId, usize> = BTreeMap::new();
    let mut alike: BTreeMap<Booked, Likeness> = BTreeMap::new();
    for order in inputs.purchase_orders.iter() {
        let (Some(shipment), Some(day)) = (order.shipment, day(order)) else { continue };
        let quantity = order.delivered();
        if !quantity.is_positive() {
            continue;
        }
        *moves.entry(shipment.from).or_default() += 1;
        let at = panel.calendar().index(day);
        let pools = panel.pools_of(order.sku);
        let Some(pool) = pools.iter().find(|pool| pool.location == shipment.from) else { continue };
        for series in pool.series.clone() {
            let sold = Sold::on(panel, series, at, quantity.as_f64());
            let booked = Booked { source: shipment.from, channel: panel.key(series).channel };
            let likeness = alike.entry(booked).or_default();
            likeness.by_chance += sold.by_chance;
            if sold.is_repeated {
                likeness.repeated += 1;
                likeness.units += quantity;
            }
        }
    }
    for (booked, likeness) in &mut alike {
        likeness.moves = moves[&booked.source];
    }
    alike
}

/// Whether a day's sales hold a move.
struct Sold {
    is_repeated: bool,
    /// Share of all days that would.
    by_chance: f64,
}

impl Sold {
    fn on(panel: &Panel, series: usize, at: i64, quantity: f64) -> Self {
        let gross = panel.gross(series);
        let of_day = usize::try_from(at - panel.start(series) as i64).ok();
        let sold = of_day.and_then(|t| gross.get(t)).copied();
        // At least as much: customers may have bought on the same day.
        let is_repeated = sold.is_some_and(|units| f64::from(units) >= quantity);
        let days = gross.iter().filter(|&&units| f64::from(units) >= quantity).count();
        // The day itself is no chance.
        let others = days.saturating_sub(usize::from(is_repeated));
        Self { is_repeated, by_chance: others as f64 / gross.len().max(1) as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_a_place_whatever_stands_around_its_name() {
        assert_eq!(words("transfer to SHOP-1"), "shop 1");
        assert_eq!(words("Shop 1"), words("shop_1"));
        assert_eq!(words("to"), "to");
        assert_ne!(words("web shop"), words("shop"));
    }
}

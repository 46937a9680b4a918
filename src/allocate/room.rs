//! Room of a shipment and of a location: what does not fit stays, those units first that are least
//! likely to earn their margin for the room they take.
//!
//! Units are taken back in whole packs from lines by
//! `margin x probability that the last unit sells / size`: with the line that gains least for its
//! room first, as a knapsack of many small packs is filled from the other end.

use crate::domain::exceptions::{Effect, Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::{Inputs, Product};
use crate::domain::lanes::{Capacity, Measure};
use crate::domain::outcome::{LaneRow, Recommendation};
use crate::domain::shown::number_of;
use crate::domain::units::{LocationId, SkuId, Units};
use crate::explain::{Step, Unit};
use chrono::NaiveDate;
use std::ops::Range;

// A sum of sizes may miss the room by rounding noise, not by a unit.
const NOISE: f64 = 1e-9;

/// One room, and which lines share it.
struct Room<'a> {
    /// `the shipment from DC to EAST`.
    name: String,
    at: LocationId,
    /// Only lines of this lane.
    from: Option<LocationId>,
    /// Only this item: its lane has a row of its own.
    sku: Option<SkuId>,
    /// Only products stored so.
    storage_type: &'a str,
    measure: Measure,
    /// What is free.
    free: f64,
}

impl Room<'_> {
    /// Which of `lines`, sorted by item, may take room.
    fn span(&self, lines: &[Recommendation]) -> Range<usize> {
        match self.sku {
            None => 0..lines.len(),
            Some(sku) => {
                lines.partition_point(|line| line.sku < sku)
                    ..lines.partition_point(|line| line.sku <= sku)
            }
        }
    }

    fn takes(&self, line: &Recommendation, product: &Product) -> bool {
        let Some(transfer) = line.transfer else { return false };
        line.location == self.at
            && line.quantity.is_positive()
            && self.from.is_none_or(|from| from == transfer.from)
            && self.sku.is_none_or(|sku| sku == line.sku)
            && (self.storage_type.is_empty() || self.storage_type == product.storage_type)
    }
}

/// Takes back what shipments and locations have no room for, from the lines `transfers` and the
/// rows `lanes` beside them.
pub fn keep_within_room(
    transfers: &mut [Recommendation],
    lanes: &mut [LaneRow],
    inputs: &Inputs,
) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    for room in &rooms(lanes, inputs) {
        exceptions.extend(without_size(room, transfers, inputs));
        exceptions.extend(fit(room, transfers, lanes, inputs));
    }
    exceptions
}

/// What is wrong with `lines` where more leaves than its shipment or its destination has room for;
/// empty when all is well.
#[must_use]
pub fn overfull(lines: &[Recommendation], lanes: &[LaneRow], inputs: &Inputs) -> Vec<String> {
    let mut faults = Vec::new();
    for room in rooms(lanes, inputs) {
        let mut takes = 0.0;
        for line in &lines[room.span(lines)] {
            let product = &inputs.products[line.sku.index()];
            if room.takes(line, product) {
                takes += product.size(room.measure).unwrap_or(0.0) * line.quantity.as_f64();
            }
        }
        if takes > room.free + NOISE {
            let Room { name, free, measure, .. } = room;
            faults.push(format!("{name} has room for {free:.3} {measure} and is sent {takes:.3}"));
        }
    }
    faults
}

/// Every room that is told of: of shipments, then of locations.
fn rooms<'a>(lanes: &[LaneRow], inputs: &'a Inputs) -> Vec<Room<'a>> {
    let as_of = inputs.panel.calendar().as_of();
    let mut rooms = Vec::new();
    for lane in inputs.lanes.rows() {
        let Some(free) = lane.capacity else { continue };
        let [from, to] = [lane.from, lane.to].map(|place| inputs.names.location(place));
        rooms.push(Room {
            name: format!("the shipment from {from} to {to}"),
            at: lane.to,
            from: Some(lane.from),
            sku: lane.sku,
            storage_type: "",
            measure: lane.basis,
            free,
        });
    }
    for capacity in in_force(&inputs.capacities, as_of) {
        let used = used(capacity, lanes, inputs);
        let location = inputs.names.location(capacity.location);
        let of_type = match capacity.storage_type.as_str() {
            "" => String::new(),
            storage_type => format!(" for {storage_type}"),
        };
        rooms.push(Room {
            name: format!("{location}{of_type}"),
            at: capacity.location,
            from: None,
            sku: None,
            storage_type: &capacity.storage_type,
            measure: capacity.basis,
            // A place that is overfull already takes nothing; it gives nothing back either.
            free: (capacity.capacity - used).max(0.0),
        });
    }
    rooms
}

/// The newest capacity of each location and storage type.
fn in_force(capacities: &[Capacity], as_of: NaiveDate) -> Vec<&Capacity> {
    let mut latest: Vec<&Capacity> = Vec::new();
    for capacity in capacities.iter().filter(|capacity| capacity.from <= as_of) {
        let same = |other: &Capacity| {
            (other.location, &other.storage_type) == (capacity.location, &capacity.storage_type)
        };
        match latest.last_mut().filter(|last| same(last)) {
            Some(last) => *last = capacity,
            None => latest.push(capacity),
        }
    }
    latest
}

/// What lies there and is on its way already.
fn used(capacity: &Capacity, lanes: &[LaneRow], inputs: &Inputs) -> f64 {
    let counts = |sku: SkuId| {
        let product = &inputs.products[sku.index()];
        let is_of_type =
            capacity.storage_type.is_empty() || capacity.storage_type == product.storage_type;
        product.size(capacity.basis).filter(|_| is_of_type).unwrap_or(0.0)
    };
    let mut used = 0.0;
    let here = lanes.iter().filter(|lane| lane.to == capacity.location);
    let mut last = None;
    for lane in here {
        // A place that two sources feed tonight has its stock once.
        if last != Some(lane.sku) {
            used += own_position(lane, lanes).max(0.0) * counts(lane.sku);
        }
        last = Some(lane.sku);
    }
    for stock in inputs.stock.iter().filter(|stock| stock.location == capacity.location) {
        let is_fed = lanes.iter().any(|lane| (lane.sku, lane.to) == (stock.sku, stock.location));
        if !is_fed {
            used += stock.on_hand.or_zero().as_f64() * counts(stock.sku);
        }
    }
    used
}

/// Units at the place that `lane` feeds and on their way to it: the position of a place that feeds
/// others counts what lies there too.
fn own_position(lane: &LaneRow, lanes: &[LaneRow]) -> f64 {
    let first = lanes.partition_point(|other| other.sku < lane.sku);
    let of_item = lanes[first..].iter().take_while(|other| other.sku == lane.sku);
    let mut own = lane.position;
    let mut last = None;
    for other in of_item {
        // The first lane into a place is the one that it is usually fed by.
        if other.from == lane.to && last != Some(other.to) {
            own -= other.position;
        }
        last = Some(other.to);
    }
    own
}

/// What is told of lines whose products have no size in what the room counts.
fn without_size(
    room: &Room<'_>,
    transfers: &[Recommendation],
    inputs: &Inputs,
) -> Option<Exception> {
    let mut items = 0;
    let mut units = Units::ZERO;
    for line in &transfers[room.span(transfers)] {
        let product = &inputs.products[line.sku.index()];
        if room.takes(line, product) && product.size(room.measure).is_none() {
            items += 1;
            units += line.quantity;
        }
    }
    let Room { name, measure: basis, .. } = room;
    let told = Exception::new(
        Severity::Warning,
        ExceptionKind::OverCapacity,
        Subject::Table("products".to_owned()),
        format!(
            "{} of {units} units without a {basis} count as taking no room in {name}",
            number_of(items, "line")
        ),
        format!("its capacity is in {basis}: write the column {basis} in products"),
    );
    (items > 0).then(|| told.with_effect(Effect::Units(units)))
}

/// Takes whole packs back until the rest fits.
fn fit(
    room: &Room<'_>,
    transfers: &mut [Recommendation],
    lanes: &mut [LaneRow],
    inputs: &Inputs,
) -> Option<Exception> {
    struct Wish {
        line: usize,
        size: f64,
        worth: f64,
    }
    let mut wishes = Vec::new();
    let mut asked = 0.0;
    for i in room.span(transfers) {
        let line = &transfers[i];
        let product = &inputs.products[line.sku.index()];
        let Some(size) = product.size(room.measure).filter(|_| room.takes(line, product)) else {
            continue;
        };
        asked += size * line.quantity.as_f64();
        // Where nothing is known of the last unit, it is taken for one that sells.
        let sells = lanes[i].last_sent_sells.unwrap_or(1.0);
        wishes.push(Wish { line: i, size, worth: lanes[i].margin * sells / size.max(1e-9) });
    }
    if asked <= room.free + NOISE {
        return None;
    }
    // The least worth for its room stays behind first; of equals the later line.
    wishes.sort_by(|a, b| a.worth.total_cmp(&b.worth).then(b.line.cmp(&a.line)));
    let mut over = asked - room.free;
    let mut left_out = Units::ZERO;
    let mut lost = 0.0;
    for wish in wishes.iter().filter(|wish| wish.size > 0.0) {
        if over <= NOISE {
            break;
        }
        let line = &mut transfers[wish.line];
        let pack = line.pack_size.max(Units::LEAST);
        let packs = (over / (wish.size * pack.as_f64()) - NOISE).ceil();
        let mut back = Units((packs as i64).saturating_mul(pack.count())).min(line.quantity);
        // What is left is no line that the source sends: all of it stays.
        if line.quantity - back < least(line, inputs) {
            back = line.quantity;
        }
        over -= back.as_f64() * wish.size;
        left_out += back;
        lost += back.as_f64()
            * lanes[wish.line].margin
            * lanes[wish.line].last_sent_sells.unwrap_or(1.0);
        take_back(line, back, &room.name);
        lanes[wish.line].sent = line.quantity.as_f64();
        lanes[wish.line].held_back = (lanes[wish.line].share - lanes[wish.line].sent).max(0.0);
    }
    let basis = room.measure;
    let what = format!(
        "{} has room for {:.1} {basis}, {asked:.1} are asked for: {left_out} units stay",
        room.name, room.free
    );
    let why =
        format!("those that are least likely to sell for their room; margin at risk {lost:.2}");
    let about = Subject::Table("lanes".to_owned());
    let kind = ExceptionKind::OverCapacity;
    let told = Exception::new(Severity::Warning, kind, about, what, why);
    Some(told.with_effect(Effect::Units(left_out)))
}

/// Least units of a line of its lane.
fn least(line: &Recommendation, inputs: &Inputs) -> Units {
    let from = line.transfer.map(|transfer| transfer.from);
    let lanes = inputs.lanes.into_pool(line.sku, line.location);
    let lane = lanes.into_iter().find(|lane| Some(lane.from) == from);
    lane.map_or(Units::ZERO, |lane| lane.minimum)
}

fn take_back(line: &mut Recommendation, back: Units, room: &str) {
    line.quantity -= back;
    line.value = line.unit_cost.times(line.quantity);
    "capacity".clone_into(&mut line.binding);
    line.reason.push_str(&format!("; {back} stay: {room} has no more room"));
    // The last step is the quantity: it goes on from there.
    line.steps.push(Step {
        name: "quantity",
        formula: "quantity - no_room".to_owned(),
        inputs: vec![("no_room", back.as_f64())],
        value: line.quantity.as_f64(),
        unit: Unit::Units,
        note: format!("{room} has no more room"),
    });
}

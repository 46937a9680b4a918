//! Locations that feed each other: who feeds whom, what leaves today and how full it is, who gets
//! less than it asks for and why, and what is kept at a source for later.

use crate::domain::inputs::Role;
use crate::domain::lanes::{Lane, LaneMode, Measure};
use crate::domain::outcome::{HoldAdvice, LaneRow, Recommendation, TransferLine, WeeklyNeed};
use crate::domain::sorted::Keyed;
use crate::domain::units::{LocationId, Money, PoolId, SkuId, Units};
use crate::report::gathered::Report;
use crate::report::sheets::sheet::{Cell, Sheet, cut, figure, link, sheet, words};
use crate::report::wording::{UNKNOWN, day, money, quantity, whole};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Short places that fit a page.
const SHORT: usize = 50;

/// The sheets of a seller with lanes; none without.
pub(super) fn between_locations(report: &Report) -> Vec<Sheet> {
    if report.inputs().lanes.is_empty() {
        return Vec::new();
    }
    let more_comes = more_comes(report);
    vec![
        who_feeds_whom(report),
        shipments(report),
        short(report, &more_comes),
        kept(report, &more_comes),
        gross_needs(report),
        hold_or_pass(report),
    ]
}

/// When each pool's next stock comes.
type MoreComes = BTreeMap<PoolId, NaiveDate>;

fn more_comes(report: &Report) -> MoreComes {
    let policies = report.outcome().policy.iter();
    policies.filter_map(|policy| Some((policy.key(), policy.next_arrival?))).collect()
}

/// A lane of the seller's, and how many items it carries.
struct Feeds<'a> {
    lane: &'a Lane,
    items: usize,
}

/// L1: the lanes as they are planned on, sources before what they feed.
fn who_feeds_whom(report: &Report) -> Sheet {
    let mut items: BTreeMap<(LocationId, LocationId), usize> = BTreeMap::new();
    for lane in &report.outcome().lanes {
        *items.entry((lane.from, lane.to)).or_default() += 1;
    }
    let lanes = report.inputs().lanes.rows();
    let mut rows: Vec<Feeds<'_>> = Vec::new();
    for lane in lanes.iter().filter(|lane| lane.sku.is_none() || !items.is_empty()) {
        let key = (lane.from, lane.to);
        // An item's own lane between two places is told with the general one.
        let is_told = rows.iter().any(|row| (row.lane.from, row.lane.to) == key);
        if !is_told {
            rows.push(Feeds { lane, items: items.get(&key).copied().unwrap_or(0) });
        }
    }
    rows.sort_by_key(|row| {
        let is_fed = lanes.iter().any(|lane| lane.to == row.lane.from);
        // As the goods flow: sources that nobody feeds come first.
        (is_fed, row.lane.from, row.lane.role, row.lane.to)
    });
    sheet("Who feeds whom", "No lane leads anywhere.", &rows)
        .column("From", "location", |r| words(report.location(r.lane.from)))
        .column("To", "location", |r| words(report.location(r.lane.to)))
        .column("Asked", "", |r| words(role(r.lane.role)))
        .column("Items", "", |r| figure(whole(r.items)))
        .column("Days on the way", "lead-time", |r| figure(format!("{:.0}", r.lane.lead_time_days)))
        .column("Departs", "", |r| words(weekdays(&r.lane.weekdays)))
        .column("What nobody asks for", "", |r| {
            words(match r.lane.mode {
                LaneMode::Hold => "stays at the source",
                LaneMode::Push => "leaves with what comes in",
            })
        })
        .finish()
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Primary => "first",
        Role::Secondary => "second",
        Role::Backup => "in need",
    }
}

fn weekdays(days: &[u8]) -> String {
    const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    if days.is_empty() {
        return "any day".to_owned();
    }
    let names: Vec<&str> =
        days.iter().filter_map(|&day| NAMES.get(usize::from(day)).copied()).collect();
    names.join(" ")
}

/// One pair of locations.
struct Shipment {
    from: LocationId,
    to: LocationId,
    lines: usize,
    units: Units,
    short: Units,
    held_back: f64,
    departs: Option<NaiveDate>,
    arrives: Option<NaiveDate>,
    /// Of the shipment's room, where it has one.
    takes: f64,
}

/// L12: one row a pair of locations, by destination.
fn shipments(report: &Report) -> Sheet {
    let outcome = report.outcome();
    let mut pairs: BTreeMap<(LocationId, LocationId), Shipment> = BTreeMap::new();
    for line in &outcome.recommendations {
        let Some(TransferLine { from, departs, .. }) = line.transfer else { continue };
        let shipment = pairs.entry((line.location, from)).or_insert(Shipment {
            from,
            to: line.location,
            lines: 0,
            units: Units::ZERO,
            short: Units::ZERO,
            held_back: 0.0,
            departs,
            arrives: line.expected_arrival,
            takes: 0.0,
        });
        if let Some(room) = room_of(report, from, line.location) {
            let product = &report.inputs().products[line.sku.index()];
            let size = product.size(room.basis);
            shipment.takes += size.unwrap_or(0.0) * line.quantity.as_f64();
        }
        shipment.lines += usize::from(line.quantity.is_positive());
        shipment.units += line.quantity;
        shipment.short += line.short().unwrap_or_default();
    }
    for lane in &outcome.lanes {
        if let Some(shipment) = pairs.get_mut(&(lane.to, lane.from)) {
            shipment.held_back += lane.held_back;
        }
    }
    let rows: Vec<Shipment> = pairs.into_values().collect();
    sheet("Shipments between locations", "No item has both locations of a lane.", &rows)
        .note(
            "What a location is sent is at most what it asks for and its share of what the source \
             has; the rest stays there for the others until the next delivery.",
        )
        .column("To", "location", |s| words(report.location(s.to)))
        .column("From", "location", |s| words(report.location(s.from)))
        .column("Lines today", "", |s| figure(whole(s.lines)))
        .column("Units", "order-quantity", |s| figure(quantity(s.units.as_f64())))
        .column("Fills", "", |s| {
            let room = room_of(report, s.from, s.to);
            words(room.map_or_else(no_limit, |room| {
                format!("{:.1} of {:.1} {}", s.takes, room.capacity, room.basis)
            }))
        })
        .column("Asked for and not sent", "", |s| figure(quantity(s.short.as_f64())))
        .column("Kept for it at the source", "", |s| figure(quantity(s.held_back)))
        .column("Next departure", "", |s| departure(report, s.departs))
        .column("Arrives", "lead-time", |s| {
            words(s.arrives.map_or_else(unknown, |on| day(on, report.input.as_of)))
        })
        .finish()
}

/// What a shipment has room for.
struct ShipmentRoom {
    capacity: f64,
    basis: Measure,
}

fn room_of(report: &Report, from: LocationId, to: LocationId) -> Option<ShipmentRoom> {
    let lanes = report.inputs().lanes.rows().iter();
    // The row of a single item limits that item alone.
    let mut general = lanes.filter(|lane| lane.sku.is_none() && lane.from == from && lane.to == to);
    let lane = general.next()?;
    Some(ShipmentRoom { capacity: lane.capacity?, basis: lane.basis })
}

/// One place that gets less than it asks for.
struct Short<'a> {
    line: &'a Recommendation,
    lane: &'a LaneRow,
    from: LocationId,
    /// Currency units.
    at_risk: f64,
}

/// L4: who is short, the most margin first.
fn short(report: &Report, more_comes: &MoreComes) -> Sheet {
    let outcome = report.outcome();
    let lanes: BTreeMap<&str, &LaneRow> =
        outcome.lanes.iter().map(|lane| (lane.recommendation_id.as_str(), lane)).collect();
    let mut rows = Vec::new();
    for line in &outcome.recommendations {
        let Some(transfer) = line.transfer else { continue };
        let missing = line.short().unwrap_or_default();
        if let Some(&lane) = lanes.get(line.id.as_str())
            && missing.is_positive()
        {
            let at_risk = lane.at_risk(missing.as_f64());
            rows.push(Short { line, lane, from: transfer.from, at_risk });
        }
    }
    rows.sort_by(|a, b| {
        b.at_risk
            .total_cmp(&a.at_risk)
            .then((a.line.sku, a.line.location).cmp(&(b.line.sku, b.line.location)))
    });
    let note = cut(SHORT, rows.len());
    rows.truncate(SHORT);
    sheet("Who gets less than it asks for", "Everybody gets what it asks for today.", &rows)
        .note(note)
        .column("SKU", "sku", |s| link(report.sku(s.line.sku), report.item_address(s.line.sku)))
        .column("To", "location", |s| words(report.location(s.line.location)))
        .column("From", "location", |s| words(report.location(s.from)))
        .column("Asks for", "", |s| figure(quantity(s.lane.asked)))
        .column("Is sent", "order-quantity", |s| figure(quantity(s.line.quantity.as_f64())))
        .column("The source has", "", |s| figure(quantity(s.lane.source_stock)))
        .column("More comes", "", |s| words(next_stock(report, more_comes, s.line.sku, s.from)))
        .column("Next unit would sell", "", |s| {
            let chance = s.lane.first_kept_sells.map(|p| format!("{:.0} %", 100.0 * p));
            words(chance.unwrap_or_else(unknown))
        })
        .column("Margin at risk", "value-at-risk", |s| figure(money(Money::from_f64(s.at_risk))))
        .column("Why", "reason", |s| words(&s.line.reason))
        .finish()
}

/// When more comes to a source, in words.
fn next_stock(report: &Report, more: &MoreComes, sku: SkuId, location: LocationId) -> String {
    match more.get(&PoolId { sku, location }) {
        Some(&comes) => day(comes, report.input.as_of),
        None => "nothing is on its way".to_owned(),
    }
}

/// L5: what a place could have and does not ask for today, the most margin first.
fn kept(report: &Report, more_comes: &MoreComes) -> Sheet {
    let mut rows: Vec<&LaneRow> =
        report.outcome().lanes.iter().filter(|lane| lane.held_back > 0.0).collect();
    rows.sort_by(|a, b| {
        let by_worth = b.at_risk(b.held_back).total_cmp(&a.at_risk(a.held_back));
        by_worth.then((a.sku, a.to).cmp(&(b.sku, b.to)))
    });
    let note = cut(SHORT, rows.len());
    rows.truncate(SHORT);
    sheet("Kept at the source for later", "Nothing is kept for anybody.", &rows)
        .note(format!(
            "Shares of places that do not ask for them today. They stay where they can still go to \
             whoever sells them, until more comes. {note}"
        ))
        .column("SKU", "sku", |r| link(report.sku(r.sku), report.item_address(r.sku)))
        .column("At", "location", |r| words(report.location(r.from)))
        .column("For", "location", |r| words(report.location(r.to)))
        .column("Share", "", |r| figure(quantity(r.share)))
        .column("Is sent", "order-quantity", |r| figure(quantity(r.sent)))
        .column("Is kept", "", |r| figure(quantity(r.held_back)))
        .column("More comes", "", |r| words(next_stock(report, more_comes, r.sku, r.from)))
        .column("Next unit would sell", "", |r| {
            let chance = r.first_kept_sells.map(|p| format!("{:.0} %", 100.0 * p));
            words(chance.unwrap_or_else(unknown))
        })
        .finish()
}

/// One week of a source.
struct Week {
    location: LocationId,
    begins: NaiveDate,
    need: WeeklyNeed,
}

/// L10: what sources will be asked for.
fn gross_needs(report: &Report) -> Sheet {
    let mut rows = Vec::new();
    for (&location, weeks) in &report.outcome().gross_needs {
        let begins = report.input.as_of.iter_weeks();
        for (begins, &need) in begins.zip(weeks) {
            rows.push(Week { location, begins, need });
        }
    }
    sheet("What sources will be asked for", "No location feeds another.", &rows)
        .note(
            "All items together, units. Each place asks early enough never to end a week below its \
             safety stock; the first week has what is overdue.",
        )
        .column("At", "location", |r| words(report.location(r.location)))
        .column("Week from", "", |r| words(day(r.begins, report.input.as_of)))
        .column("Own customers", "", |r| figure(quantity(r.need.own.round())))
        .column("Places it feeds", "", |r| figure(quantity(r.need.places)))
        .column("Comes in", "", |r| figure(quantity(r.need.comes)))
        .finish()
}

/// L13: where safety stock belongs.
fn hold_or_pass(report: &Report) -> Sheet {
    let rows: Vec<&HoldAdvice> = report.outcome().hold_or_pass.values().collect();
    sheet("Hold here or pass through", "No location feeds another.", &rows)
        .note(
            "What safety stock of all items costs a year: held at the source for all that it \
             feeds, or none there and more at each place. The last column is what it costs when \
             each item goes the cheaper way.",
        )
        .column("At", "location", |r| words(r.location.clone()))
        .column("Items", "", |r| figure(whole(r.items)))
        .column("Advice", "", |r| {
            words(if r.hold <= r.pass_through { "hold" } else { "pass through" })
        })
        .column("Held here", "", |r| amount(r.hold))
        .column("Passed through", "", |r| amount(r.pass_through))
        .column("Items better passed through", "", |r| figure(whole(r.better_through)))
        .column("Each the cheaper way", "", |r| amount(r.best))
        .finish()
}

fn amount(currency_units: f64) -> Cell {
    figure(money(Money::from_f64(currency_units)))
}

fn no_limit() -> String {
    "no limit".to_owned()
}

fn unknown() -> String {
    UNKNOWN.to_owned()
}

fn departure(report: &Report, departs: Option<NaiveDate>) -> Cell {
    words(match departs {
        None => "none in sight".to_owned(),
        Some(leaves) if leaves <= report.input.as_of => "today".to_owned(),
        Some(leaves) => day(leaves, report.input.as_of),
    })
}

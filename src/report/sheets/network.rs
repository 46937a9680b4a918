//! Locations that feed each other: what leaves today, and who gets less than it asks for and why.

use crate::domain::outcome::{LaneRow, Recommendation, TransferLine};
use crate::domain::units::{LocationId, Money, Units};
use crate::report::Report;
use crate::report::sheets::{Cell, Sheet, cut, figure, link, sheet, words};
use crate::report::wording::{UNKNOWN, day, grouped, money, whole};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Short places that fit a page.
const SHORT: usize = 50;

/// The sheets of a seller with lanes; none without.
pub(super) fn between_locations(report: &Report) -> Vec<Sheet> {
    if report.inputs().lanes.is_empty() {
        return Vec::new();
    }
    vec![shipments(report), short(report)]
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
        });
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
        .column("Units", "order-quantity", |s| figure(grouped(s.units.as_f64())))
        .column("Asked for and not sent", "", |s| figure(grouped(s.short.as_f64())))
        .column("Kept for it at the source", "", |s| figure(grouped(s.held_back)))
        .column("Next departure", "", |s| departure(report, s.departs))
        .column("Arrives", "lead-time", |s| {
            words(s.arrives.map_or_else(unknown, |on| day(on, report.input.as_of)))
        })
        .finish()
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
fn short(report: &Report) -> Sheet {
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
            let sells = lane.first_kept_sells.unwrap_or(0.0);
            let at_risk = missing.as_f64() * lane.margin * sells;
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
        .column("Asks for", "", |s| figure(grouped(s.lane.asked)))
        .column("Is sent", "order-quantity", |s| figure(grouped(s.line.quantity.as_f64())))
        .column("The source has", "", |s| figure(grouped(s.lane.source_stock)))
        .column("Next unit would sell", "", |s| {
            let chance = s.lane.first_kept_sells.map(|p| format!("{:.0} %", 100.0 * p));
            words(chance.unwrap_or_else(unknown))
        })
        .column("Margin at risk", "value-at-risk", |s| figure(money(Money::from_f64(s.at_risk))))
        .column("Why", "reason", |s| words(&s.line.reason))
        .finish()
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

//! Networks: lanes, locations, capacities and ageing fees.
//!
//! A lane that cannot be read refuses the run: without it the places behind it would be planned as
//! if nobody fed them.

use crate::domain::inputs::{Names, Role};
use crate::domain::lanes::{
    AgeingFee, Capacity, FeeBasis, Lane, LaneMode, Lanes, Location, Measure,
};
use crate::domain::units::{LocationId, SkuId, Units};
use crate::ingest::files::table::{Row, Table};
use crate::ingest::tables::convert::Convert;
use crate::ingest::tables::master::{intervals, weekdays};
use crate::math::cycles::circular;

/// Which location feeds which.
pub(crate) fn lanes(table: &Table, convert: &mut Convert<'_>) -> Vec<Lane> {
    let mut rows = Vec::new();
    for row in table.rows() {
        if let Some(lane) = lane(&row, convert) {
            rows.push(((lane.from, lane.to, lane.sku), row.place(), lane));
        }
    }
    convert.distinct(rows, "to_location").into_iter().map(|(_, lane)| lane).collect()
}

fn lane(row: &Row<'_>, convert: &mut Convert<'_>) -> Option<Lane> {
    // A row of an item that takes no part in this run (`--only`) is not read, as in supply.
    let sku = match row.text("sku") {
        "" => None,
        _ => Some(convert.codes.item(row, "sku").map(|(sku, _)| sku)?),
    };
    let from = convert.codes.location(row.text("from_location"))?;
    let to = convert.codes.location(row.text("to_location"))?;
    if from == to {
        return convert.reject(row, "to_location", "a location cannot feed itself");
    }
    let Some(lead_time_days) = row.number("lead_time_days") else {
        let reason = "expected the days from departure to arrival; 0 = the same day";
        return convert.reject(row, "lead_time_days", reason);
    };
    let lead_time_max_days = row.number("lead_time_max_days");
    if lead_time_max_days.is_some_and(|max| max < lead_time_days) {
        return convert.reject(row, "lead_time_max_days", "below lead_time_days");
    }
    let Some(weekdays) = weekdays(row.text("weekdays")) else {
        return convert.reject(row, "weekdays", "expected weekdays such as mon thu");
    };
    let Some(closures) = intervals(row.text("closures")) else {
        let reason = "expected intervals such as 2024-12-24/2025-01-02; 2025-05-01";
        return convert.reject(row, "closures", reason);
    };
    let minimum = row.units("minimum").unwrap_or_default();
    let maximum = row.units("maximum");
    if maximum.is_some_and(|most| minimum > most) {
        return convert.reject(row, "minimum", "minimum is above maximum");
    }
    Some(Lane {
        from,
        to,
        sku,
        role: row.choice("role", Role::ALL).unwrap_or(Role::Primary),
        lead_time_days,
        lead_time_sd_days: row.number("lead_time_sd_days"),
        lead_time_max_days,
        weekdays,
        closures,
        // 0 and 1 both mean any number of units.
        pack_size: row
            .units("pack_size")
            .map(|pack| if pack.is_zero() { Units::whole(1) } else { pack }),
        minimum,
        maximum,
        cost_per_line: row.money("cost_per_line").unwrap_or_default(),
        cost_per_unit: row.money("cost_per_unit").unwrap_or_default(),
        cost_per_shipment: row.money("cost_per_shipment").unwrap_or_default(),
        capacity: row.number("capacity"),
        basis: row.choice("basis", Measure::ALL).unwrap_or_default(),
        mode: row.choice("mode", LaneMode::ALL).unwrap_or_default(),
    })
}

/// Why no run can be made of these lanes, a sentence each: a cycle, or two primary sources of one
/// pool.
pub(crate) fn refusals(lanes: &Lanes, names: &Names) -> Vec<String> {
    let mut refused = Vec::new();
    let general: Vec<&Lane> = lanes.rows().iter().filter(|lane| lane.sku.is_none()).collect();
    refuse_cycle(&general, None, names, &mut refused);
    let places = (0..names.locations.len() as u32).map(LocationId);
    for to in places.clone() {
        let into: Vec<&Lane> = general.iter().filter(|lane| lane.to == to).copied().collect();
        refuse_two_primaries(&into, None, names, &mut refused);
    }
    // What holds for every item holds for those without rows of their own.
    for sku in lanes.special_items() {
        let mut all = Vec::new();
        for to in places.clone() {
            let into = lanes.into_pool(sku, to);
            if into.iter().any(|lane| lane.sku.is_some()) {
                refuse_two_primaries(&into, Some(sku), names, &mut refused);
            }
            all.extend(into);
        }
        if refused.is_empty() {
            refuse_cycle(&all, Some(sku), names, &mut refused);
        }
    }
    refused
}

fn refuse_two_primaries(
    into: &[&Lane],
    sku: Option<SkuId>,
    names: &Names,
    refused: &mut Vec<String>,
) {
    let mut primaries = into.iter().filter(|lane| lane.role == Role::Primary);
    let (Some(first), Some(second)) = (primaries.next(), primaries.next()) else { return };
    let of_item = sku.map_or_else(String::new, |sku| format!(" with {}", names.sku(sku)));
    let [to, a, b] = [first.to, first.from, second.from].map(|place| names.location(place));
    refused.push(format!(
        "lanes: {to} is fed{of_item} by two primary lanes, from {a} and from {b}: write secondary \
         or backup in the column role of one of them"
    ));
}

fn refuse_cycle(lanes: &[&Lane], sku: Option<SkuId>, names: &Names, refused: &mut Vec<String>) {
    let links: Vec<(usize, usize)> =
        lanes.iter().map(|lane| (lane.from.index(), lane.to.index())).collect();
    let in_cycle: Vec<String> = lanes
        .iter()
        .zip(circular(&links))
        .filter(|(_, is_circular)| *is_circular)
        .map(|(lane, _)| format!("{} to {}", names.location(lane.from), names.location(lane.to)))
        .collect();
    if in_cycle.is_empty() {
        return;
    }
    let of_item = sku.map_or_else(String::new, |sku| format!(" for {}", names.sku(sku)));
    refused.push(format!(
        "lanes go in a circle{of_item}: {}; a location cannot be fed by one that it feeds: take \
         one of these rows out",
        in_cycle.join(", ")
    ));
}

/// One location a code; those without a row have only defaults.
pub(crate) fn locations(
    table: Option<&Table>,
    count: usize,
    convert: &mut Convert<'_>,
) -> Vec<Location> {
    let mut locations = vec![Location::default(); count];
    let mut rows = Vec::new();
    for row in table.iter().flat_map(|t| t.rows()) {
        let Some(id) = convert.codes.location(row.text("location")) else { continue };
        #[expect(clippy::cast_possible_truncation, reason = "a rank")]
        let location = Location {
            name: row.text("name").to_owned(),
            kind: row.text("kind").to_owned(),
            holding_rate_per_year: row.number("holding_rate_per_year"),
            priority: row.number("priority").map(|p| p as i64),
            storage_fee: row.money("storage_fee"),
        };
        rows.push((id, row.place(), location));
    }
    for (id, location) in convert.distinct(rows, "location") {
        locations[id.index()] = location;
    }
    locations
}

/// Capacities, sorted by (location, storage type, from).
pub(crate) fn capacities(table: &Table, convert: &mut Convert<'_>) -> Vec<Capacity> {
    let mut rows = Vec::new();
    for row in table.rows() {
        let Some(location) = convert.codes.location(row.text("location")) else { continue };
        let (Some(from), Some(capacity)) = (row.date("from"), row.number("capacity")) else {
            continue;
        };
        let capacity = Capacity {
            location,
            storage_type: row.text("storage_type").to_owned(),
            from,
            capacity,
            basis: row.choice("basis", Measure::ALL).unwrap_or_default(),
        };
        let key = (location, capacity.storage_type.clone(), from);
        rows.push((key, row.place(), capacity));
    }
    convert.distinct(rows, "from").into_iter().map(|(_, capacity)| capacity).collect()
}

/// Ageing fees, sorted by (location, storage type, age).
pub(crate) fn ageing_fees(table: &Table, convert: &mut Convert<'_>) -> Vec<AgeingFee> {
    let mut rows = Vec::new();
    for row in table.rows() {
        let Some(location) = convert.codes.location(row.text("location")) else { continue };
        let (Some(from_age_days), Some(fee)) = (row.number("from_age_days"), row.money("fee"))
        else {
            continue;
        };
        let fee = AgeingFee {
            location,
            storage_type: row.text("storage_type").to_owned(),
            from_age_days,
            fee,
            basis: row.choice("basis", FeeBasis::ALL).unwrap_or_default(),
        };
        // Ages are whole days; a key must be ordered.
        #[expect(clippy::cast_possible_truncation, reason = "at most ten years")]
        let age = (1000.0 * from_age_days) as i64;
        let key = (location, fee.storage_type.clone(), age);
        rows.push((key, row.place(), fee));
    }
    convert.distinct(rows, "from_age_days").into_iter().map(|(_, fee)| fee).collect()
}

/// Pools that must be there for others to be fed: the sources of those that are, up to the root.
/// An item that lies nowhere up there can be bought there all the same.
pub(crate) fn sources(lanes: &Lanes, pools: &[(SkuId, LocationId)]) -> Vec<(SkuId, LocationId)> {
    let mut found = Vec::new();
    if lanes.is_empty() {
        return found;
    }
    let mut open = pools.to_vec();
    while let Some((sku, to)) = open.pop() {
        for lane in lanes.into_pool(sku, to) {
            let source = (sku, lane.from);
            // A place that only passes an item on has no sales, stock or listing of it, and yet
            // must be planned.
            if pools.binary_search(&source).is_err() && !found.contains(&source) {
                found.push(source);
                open.push(source);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(from: u32, to: u32, sku: Option<u32>) -> Lane {
        crate::domain::lanes::tests::lane(from, to, sku, Role::Primary)
    }

    fn names() -> Names {
        Names {
            skus: vec!["TEA".into()],
            locations: ["DC", "EAST", "SHOP"].map(str::to_owned).to_vec(),
            ..Names::default()
        }
    }

    #[test]
    fn circles_and_two_primaries_are_refused_and_three_levels_are_not() {
        let tree = Lanes::new(vec![lane(0, 1, None), lane(1, 2, None)]);
        assert!(refusals(&tree, &names()).is_empty());
        let circle = Lanes::new(vec![lane(0, 1, None), lane(1, 2, None), lane(2, 0, None)]);
        assert!(refusals(&circle, &names())[0].contains("in a circle"));
        let own = Lanes::new(vec![lane(0, 1, None), lane(1, 0, Some(0))]);
        assert!(refusals(&own, &names())[0].contains("in a circle for TEA"));
        let two = Lanes::new(vec![lane(0, 2, None), lane(1, 2, None)]);
        assert!(refusals(&two, &names())[0].contains("two primary lanes, from DC and from EAST"));
        // A row of the item replaces the general one: no second primary.
        let replaced = Lanes::new(vec![lane(0, 2, None), lane(1, 2, Some(0))]);
        assert!(refusals(&replaced, &names()).is_empty());
    }

    #[test]
    fn the_sources_of_a_pool_are_pools_up_to_the_root() {
        let lanes = Lanes::new(vec![lane(0, 1, None), lane(1, 2, None)]);
        let pool = |place| (SkuId(0), LocationId(place));
        assert_eq!(sources(&lanes, &[pool(2)]), [pool(1), pool(0)]);
        assert_eq!(sources(&lanes, &[pool(0), pool(1), pool(2)]), []);
    }
}

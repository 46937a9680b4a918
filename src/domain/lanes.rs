//! How locations feed each other: lanes, what is known of places, their capacities and the fees
//! for stock that grows old there.
//!
//! A lane without an item serves every item; a row for an item replaces it. A lane ships nothing
//! to a pool that nobody has: which items a place keeps follows from its sales, stock and listings.

use crate::domain::classes::words;
use crate::domain::units::{LocationId, Money, SkuId, Units};
use chrono::NaiveDate;
use std::collections::BTreeMap;

words! {
    /// Role of a source for an item: a supplier, or the location at the other end of a lane.
    Role {
        /// Best price.
        Primary = "primary",
        /// Faster.
        Secondary = "secondary",
        /// For emergencies.
        Backup = "backup",
    }
}

words! {
    /// What a capacity counts.
    #[derive(Default)]
    Measure {
        /// Pieces.
        #[default]
        Units = "units",
        /// Products' weight.
        Weight = "weight",
        /// Products' volume.
        Volume = "volume",
    }
}

words! {
    /// What a source does with what it has and nobody asks for today.
    #[derive(Default)]
    LaneMode {
        /// It stays until it is asked for.
        #[default]
        Hold = "hold",
        /// It leaves on the day it came.
        Push = "push",
    }
}

words! {
    /// What an ageing fee is counted by.
    #[derive(Default)]
    FeeBasis {
        /// A piece.
        #[default]
        Unit = "unit",
        /// The product's volume.
        Volume = "volume",
    }
}

/// How one location feeds another.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// The source.
    pub from: LocationId,
    /// Where it goes.
    pub to: LocationId,
    /// Only this item; `None` = every item.
    pub sku: Option<SkuId>,
    /// Which of several sources is asked first.
    pub role: Role,
    /// From departure to arrival, calendar days.
    pub lead_time_days: f64,
    /// Its standard deviation, calendar days.
    pub lead_time_sd_days: Option<f64>,
    /// The longest to expect, calendar days.
    pub lead_time_max_days: Option<f64>,
    /// Weekdays on which something leaves, 0 = Monday; empty = any.
    pub weekdays: Vec<u8>,
    /// Days on which nothing leaves, intervals, both ends included.
    pub closures: Vec<(NaiveDate, NaiveDate)>,
    /// Lines are multiples of it; `None` = the product's case.
    pub pack_size: Option<Units>,
    /// Least units of a line.
    pub minimum: Units,
    /// Most units of a line.
    pub maximum: Option<Units>,
    /// Cost of a line.
    pub cost_per_line: Money,
    /// Cost of a unit.
    pub cost_per_unit: Money,
    /// Cost of a shipment.
    pub cost_per_shipment: Money,
    /// Most that one shipment carries.
    pub capacity: Option<f64>,
    /// What the capacity counts.
    pub basis: Measure,
    /// Whether what nobody asks for stays.
    pub mode: LaneMode,
}

/// All lanes of a seller, found by the pool that they feed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lanes {
    rows: Vec<Lane>,
    /// Rows for every item, by destination.
    general: BTreeMap<LocationId, Vec<usize>>,
    /// Rows for one item, by item and destination.
    special: BTreeMap<(SkuId, LocationId), Vec<usize>>,
}

impl Lanes {
    /// Of `rows`, in any order.
    #[must_use]
    pub fn new(mut rows: Vec<Lane>) -> Self {
        // By destination and role, so that the first lane into a place is the one that is asked
        // first.
        rows.sort_by_key(|lane| (lane.to, lane.sku, lane.role, lane.from));
        let mut lanes = Self { rows, ..Self::default() };
        for (i, lane) in lanes.rows.iter().enumerate() {
            match lane.sku {
                None => lanes.general.entry(lane.to).or_default().push(i),
                Some(sku) => lanes.special.entry((sku, lane.to)).or_default().push(i),
            }
        }
        lanes
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Every row, by destination, item, role and source.
    #[must_use]
    pub fn rows(&self) -> &[Lane] {
        &self.rows
    }

    /// The lanes of an item into a location, the one that is asked first in front. A row for the
    /// item replaces the general row of its source, and a primary one every general primary.
    #[must_use]
    pub fn into_pool(&self, sku: SkuId, to: LocationId) -> Vec<&Lane> {
        let rows = |found: Option<&Vec<usize>>| -> Vec<&Lane> {
            found.into_iter().flatten().map(|&i| &self.rows[i]).collect()
        };
        let mut lanes = rows(self.special.get(&(sku, to)));
        // An item's own row takes the place of the general one from the same source, and its own
        // usual source that of the general usual one: two usual sources would both be asked.
        let has_primary = lanes.iter().any(|lane| lane.role == Role::Primary);
        let own: Vec<LocationId> = lanes.iter().map(|lane| lane.from).collect();
        for lane in rows(self.general.get(&to)) {
            let is_replaced = own.contains(&lane.from) || has_primary && lane.role == Role::Primary;
            if !is_replaced {
                lanes.push(lane);
            }
        }
        lanes.sort_by_key(|lane| (lane.role, lane.from));
        lanes
    }

    /// Whether anything is fed from `from` to `to`, or back.
    #[must_use]
    pub fn serves(&self, sku: SkuId, from: LocationId, to: LocationId) -> bool {
        let feeds = |from, to| self.into_pool(sku, to).iter().any(|lane| lane.from == from);
        feeds(from, to) || feeds(to, from)
    }

    /// Items that have a row of their own, in order, each once.
    #[must_use]
    pub fn special_items(&self) -> Vec<SkuId> {
        let mut items: Vec<SkuId> = self.special.keys().map(|(sku, _)| *sku).collect();
        items.dedup();
        items
    }
}

/// What is known of a location.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Location {
    /// Display name; empty when unknown.
    pub name: String,
    /// What it is, in the seller's own words.
    pub kind: String,
    /// Cost of holding stock there, share of the unit cost a year; `None` = that of the policy.
    pub holding_rate_per_year: Option<f64>,
    /// 1 is served first; `None` after all numbered ones.
    pub priority: Option<i64>,
    /// Fee for a unit of volume and month.
    pub storage_fee: Option<Money>,
}

/// The most a location takes of a storage type, from a day on.
#[derive(Debug, Clone, PartialEq)]
pub struct Capacity {
    /// Where.
    pub location: LocationId,
    /// Which products; empty = all of them.
    pub storage_type: String,
    /// First day it is valid.
    pub from: NaiveDate,
    /// How much there is room for.
    pub capacity: f64,
    /// What it counts.
    pub basis: Measure,
}

/// A fee a month for stock that has been at a location for so many days.
#[derive(Debug, Clone, PartialEq)]
pub struct AgeingFee {
    /// Where.
    pub location: LocationId,
    /// Which products; empty = all of them.
    pub storage_type: String,
    /// Charged from this age on, days.
    pub from_age_days: f64,
    /// A month.
    pub fee: Money,
    /// For a unit or for its volume.
    pub basis: FeeBasis,
}

/// What makes an order a transfer: it comes from another location of the seller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shipment {
    /// The source.
    pub from: LocationId,
    /// When it left; `None` = it still lies at the source.
    pub shipped: Option<NaiveDate>,
    /// Units that left, where they are not all.
    pub shipped_quantity: Option<Units>,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A lane of two days without terms of its own.
    pub(crate) fn lane(from: u32, to: u32, sku: Option<u32>, role: Role) -> Lane {
        Lane {
            from: LocationId(from),
            to: LocationId(to),
            sku: sku.map(SkuId),
            role,
            lead_time_days: 2.0,
            lead_time_sd_days: None,
            lead_time_max_days: None,
            weekdays: Vec::new(),
            closures: Vec::new(),
            pack_size: None,
            minimum: Units::ZERO,
            maximum: None,
            cost_per_line: Money::ZERO,
            cost_per_unit: Money::ZERO,
            cost_per_shipment: Money::ZERO,
            capacity: None,
            basis: Measure::Units,
            mode: LaneMode::Hold,
        }
    }

    #[test]
    fn a_row_for_an_item_replaces_the_general_one() {
        let lanes = Lanes::new(vec![
            lane(0, 1, None, Role::Primary),
            lane(2, 1, None, Role::Backup),
            lane(3, 1, Some(7), Role::Primary),
        ]);
        let sources = |sku| -> Vec<u32> {
            lanes.into_pool(SkuId(sku), LocationId(1)).iter().map(|lane| lane.from.0).collect()
        };
        assert_eq!(sources(5), [0, 2]);
        assert_eq!(sources(7), [3, 2]);
        assert!(lanes.serves(SkuId(5), LocationId(1), LocationId(0)));
        assert!(!lanes.serves(SkuId(5), LocationId(1), LocationId(3)));
    }
}

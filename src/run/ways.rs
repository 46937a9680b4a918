//! Which way goods come to a location: by the lane of another one, or from a supplier of its own.
//!
//! The role decides, and among equal roles what a year costs (`network::who_buys`). The night and
//! its replay ask the same.

use crate::domain::inputs::{Inputs, Supply as SupplyRow};
use crate::domain::lanes::Lane;
use crate::domain::order_calendar::OrderCalendar;
use crate::domain::outcome::Classification;
use crate::domain::units::{LocationId, Money, Units};
use crate::inventory::lot_size::eoq;
use crate::inventory::settings::Settings;
use crate::network::who_buys::{BothWays, Buying, Feeding, Paths, Receiver, of_place};
use crate::purchase::Market;

/// What the choice is made by.
#[derive(Clone, Copy)]
pub(super) struct Ways<'w, 'a> {
    pub inputs: &'a Inputs,
    pub market: &'w Market<'a>,
    /// `[pools]`
    pub classes: &'w [Classification],
    pub policy: &'w Settings,
}

impl<'a> Ways<'_, 'a> {
    /// The lane that pool `p` is fed by; `None` where none leads there, or it is bought for.
    pub(crate) fn usual_lane(&self, p: usize) -> Option<&'a Lane> {
        let pool = &self.inputs.panel.pools()[p];
        let into = self.inputs.lanes.into_pool(pool.sku, pool.location);
        // Of a lane that is closed for good the next best takes the place.
        let as_of = self.market.as_of;
        let departs = |lane: &&&Lane| OrderCalendar::of_lane(lane).next_order_day(as_of).is_some();
        let lane = into.iter().find(departs).or(into.first()).copied();
        lane.filter(|lane| !self.buys_rather(p, lane))
    }

    /// Whether pool `p`, which `lane` feeds, is bought for all the same: a row of supply names its
    /// location, with a better role or, of the same role, landed for less.
    fn buys_rather(&self, p: usize, lane: &Lane) -> bool {
        let pool = &self.inputs.panel.pools()[p];
        let unit_cost = self.inputs.products[pool.sku.index()].unit_cost;
        let mut rows = self.market.supply_of(pool.sku, pool.location);
        let Some(own) = rows.find(|row| row.location == Some(pool.location)) else { return false };
        // The planner's word comes before any arithmetic.
        if own.role != lane.role {
            return own.role < lane.role;
        }
        if let Some(paths) = self.paths(p, lane, own) {
            return !paths.is_through();
        }
        let of_source = self.market.supply_of(pool.sku, lane.from).next();
        let there = of_source.and_then(|row| self.market.landed(row, unit_cost));
        let there = there.or(unit_cost).unwrap_or_default();
        let here = self.market.landed(own, unit_cost);
        // Where the paths cannot be compared by the year, the cheaper unit decides.
        here.is_some_and(|here| here < there + lane.cost_per_unit)
    }

    /// What a year costs pool `p` when it buys by its own row of supply, and when `lane` feeds it;
    /// `None` where a price is unknown or nothing is sold there. [example 14]
    pub(crate) fn paths(&self, p: usize, lane: &Lane, own: &SupplyRow) -> Option<Paths> {
        let panel = &self.inputs.panel;
        let pool = &panel.pools()[p];
        let product = &self.inputs.products[pool.sku.index()];
        let unit_cost = product.unit_cost;
        let source = panel.position((pool.sku, lane.from));
        // All that the source buys for: its own customers, and whom it feeds.
        let mut pool_per_day = source.map_or(0.0, |source| self.classes[source].velocity_per_day);
        for other in panel.pools_of(pool.sku) {
            let into = self.inputs.lanes.into_pool(pool.sku, other.location);
            let is_fed = into.first().is_some_and(|first| first.from == lane.from);
            if let Some(other) = panel.position(other.id()).filter(|_| is_fed) {
                pool_per_day += self.classes[other].velocity_per_day;
            }
        }
        let of_source = self.market.supply_of(pool.sku, lane.from).next();
        let here = self.market.landed(own, unit_cost)?;
        let there = of_source.and_then(|row| self.market.landed(row, unit_cost));
        let there = there.or(unit_cost)?;
        let per_day = self.classes[p].velocity_per_day;
        if per_day <= 0.0 || !here.is_positive() || !there.is_positive() {
            return None;
        }
        let per_year = 365.0 * per_day;
        let pool_per_year = 365.0 * pool_per_day;
        let carrying_rate = self.carrying_rate(pool.location);
        let feeding = Feeding {
            carrying_rate: self.carrying_rate(lane.from),
            cost_per_line: lane.cost_per_line.as_f64(),
            cost_per_unit: lane.cost_per_unit.as_f64(),
        };
        let holding = carrying_rate * there.as_f64();
        let line = eoq(per_year, feeding.cost_per_line, holding).unwrap_or(0.0);
        // No lot is smaller than what sells between two departures: it would run out before the
        // next.
        let weekly = per_day * OrderCalendar::of_lane(lane).mean_gap_days();
        let pack = lane.pack_size.or(product.case_size).unwrap_or(product.step()).as_f64();
        let place = Receiver { per_year, carrying_rate, lot: pack.max(weekly).max(line) };
        let direct = self.buying(Some(own), here, per_year, carrying_rate);
        let pooled = self.buying(of_source, there, pool_per_year, feeding.carrying_rate);
        Some(of_place(&BothWays { place, pool_per_year, direct, pooled, feeding }))
    }

    /// Share of its price that a unit costs a year at a location.
    fn carrying_rate(&self, location: LocationId) -> f64 {
        let own = self.inputs.locations[location.index()].holding_rate_per_year;
        own.unwrap_or(self.policy.holding_rate_per_year)
    }

    /// Terms of a supplier for `per_year` units: orders are as large as they must be, or as pays.
    fn buying(
        &self,
        row: Option<&SupplyRow>,
        price: Money,
        per_year: f64,
        carrying_rate: f64,
    ) -> Buying {
        let price = price.as_f64();
        let order_cost = self.policy.order_cost;
        let least = row.map_or(Units::LEAST, |row| row.minimum_order.max(row.pack_size));
        let economic = eoq(per_year, order_cost, carrying_rate * price).unwrap_or(0.0);
        Buying { price, minimum: least.as_f64().max(economic), order_cost }
    }
}

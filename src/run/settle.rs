//! What locations of one item give each other, then all pools together: supplier orders and the
//! budget, exposure, and the rows of the outcome.

use crate::allocate::exposure::{Selling, exposures};
use crate::allocate::room::keep_within_room;
use crate::allocate::shipments::{
    Ordered, Shipped, expedite, idle_lanes, kept_by_fees, short_sources, with_transfers,
};
use crate::allocate::transfers::{Holding, Site, left_elsewhere, transfers};
use crate::domain::exceptions::Exception;
use crate::domain::outcome::{
    HoldAdvice, LaneRow, Outcome, Recommendation, Status, StockProjection, Transfer,
};
use crate::domain::panel::Pool;
use crate::domain::sorted::{self, rows_of};
use crate::domain::units::{PoolId, Units};
use crate::inventory::Arrival;
use crate::inventory::projection::DatedStock;
use crate::purchase::{self, Market};
use crate::run::fees::without_volume;
use crate::run::night::{Night, PlannedPool, Shop};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Settles `pools`, in pool order, into `outcome`, which has their transfers.
pub(super) fn settle<'a>(shop: &Shop<'a>, pools: Vec<PlannedPool<'a>>, outcome: &mut Outcome) {
    outcome.exceptions.extend(shop.kit_exceptions.iter().cloned());
    let mut lines = Vec::with_capacity(pools.len());
    let mut transfers = Vec::new();
    // What is published instead of a move that was approved this morning, by position.
    let mut approved_moves: Vec<(usize, Box<Shipped>)> = Vec::new();
    // Of an item that no pool holds nothing is known, which is not the same as none.
    let mut available: Vec<Option<Units>> = vec![None; shop.inputs.names.skus.len()];
    let mut dated = Vec::with_capacity(pools.len());
    let mut sources: BTreeSet<PoolId> = BTreeSet::new();
    for pool in pools {
        if pool.plan.policy.echelon.is_some() {
            let policy = &pool.plan.policy;
            sources.insert(PoolId { sku: policy.sku, location: policy.location });
        }
        // Listings are of an item, not of a place: they are held against all that is there of it.
        let total = &mut available[pool.plan.policy.sku.index()];
        *total = Some(total.unwrap_or_default() + pool.available);
        if let Some(both) = pool.hold_or_pass {
            let location = pool.plan.policy.location;
            let name = shop.inputs.names.location(location);
            let advice = outcome.hold_or_pass.entry(location);
            advice.or_insert_with(|| HoldAdvice::new(name)).add(both.hold, both.pass_through);
        }
        if let Some(weeks) = pool.gross_needs {
            let location = pool.plan.policy.location;
            let sums = outcome.gross_needs.entry(location).or_default();
            for (sum, week) in sums.iter_mut().zip(weeks) {
                sum.own += week.own;
                sum.places += week.places;
                sum.comes += week.comes;
            }
        }
        outcome.policy.push(pool.plan.policy);
        for Shipped { recommendation, lane, approved } in pool.shipped {
            approved_moves.extend(approved.map(|published| (transfers.len(), published)));
            transfers.push(recommendation);
            outcome.lanes.push(lane);
        }
        lines.extend(pool.lines);
        outcome.allocation.extend(pool.allocation);
        outcome.findings.extend(pool.findings);
        outcome.open_orders.extend(pool.advice);
        outcome.pictures.push(pool.picture);
        dated.push(DatedStock { path: pool.plan.path, ..pool.dated });
    }
    if shop.inputs.stock_is_known() {
        let mut per_day = vec![0.0; shop.inputs.names.skus.len()];
        for row in &outcome.allocation {
            per_day[row.sku.index()] += row.velocity;
        }
        let sync_days = shop.plan.allocation.sync_days;
        outcome.findings.extend(exposures(
            &shop.inputs.listings,
            |sku| available[sku.index()],
            |sku| {
                let pools = shop.inputs.panel.pools_of(sku);
                let first = pools.first().and_then(|pool| shop.inputs.panel.position(pool));
                Selling {
                    price: first.and_then(|p| shop.economics[p].price).unwrap_or_default(),
                    until_sync: per_day[sku.index()] * sync_days,
                }
            },
        ));
    }
    // Pools bring theirs in panel order, exposures come after them: one order for the table.
    outcome.findings.sort_by_key(|f| (f.sku, f.kind, f.location, f.channel));
    let policy = &shop.plan.policy;
    outcome.exceptions.extend(policy.idle_targets(shop.classes, &outcome.policy));
    // Last: the budget and the suppliers' minimums weigh all lines of the run against each other.
    let envelopes = shop.envelopes_before_approvals(&lines);
    let open_to_buy = envelopes.as_deref().unwrap_or(shop.market.open_to_buy);
    let settled = purchase::settle(lines, &Market { open_to_buy, ..shop.market });
    outcome.exceptions.extend(network_exceptions(shop, &mut transfers, &mut outcome.lanes));
    for (i, published) in approved_moves {
        let Shipped { recommendation, lane, .. } = *published;
        transfers[i] = recommendation;
        outcome.lanes[i] = lane;
    }
    outcome.exceptions.extend(expedite(
        &outcome.open_orders,
        |pool| sources.contains(&pool),
        &shop.inputs.names,
    ));
    let (recommendations, orders) = (settled.recommendations, settled.orders);
    let Ordered { recommendations, orders } =
        with_transfers(Ordered { recommendations, orders }, transfers);
    outcome.recommendations = recommendations;
    outcome.orders = orders;
    outcome.exceptions.extend(settled.exceptions);
    if shop.inputs.stock_is_known() {
        outcome.projections = shop.projections(dated, outcome);
    }
}

/// What lanes and locations have no room for stays, and what there is to tell of all lanes
/// together.
fn network_exceptions(
    shop: &Shop<'_>,
    transfers: &mut [Recommendation],
    lanes: &mut [LaneRow],
) -> Vec<Exception> {
    let inputs = shop.inputs;
    if inputs.lanes.is_empty() {
        return Vec::new();
    }
    let mut exceptions = keep_within_room(transfers, lanes, inputs);
    exceptions.extend(short_sources(transfers, lanes, &inputs.names));
    exceptions.extend(kept_by_fees(transfers, &inputs.names));
    exceptions.extend(without_volume(inputs));
    let pools = inputs.panel.pools();
    let is_place = |location| pools.iter().any(|pool| pool.location == location);
    exceptions.extend(idle_lanes(&inputs.lanes, lanes, is_place, &inputs.names));
    exceptions
}

impl Shop<'_> {
    /// The coming days of every pool, with what is ordered and moved tonight.
    fn projections(&self, dated: Vec<DatedStock>, outcome: &Outcome) -> Vec<StockProjection> {
        let period_days = self.inputs.panel.calendar().bucket().days();
        let unmet = self.plan.policy.unmet_demand;
        let pools = self.inputs.panel.pools();
        let projected = dated
            .into_par_iter()
            .zip(pools)
            .map(|(stock, pool)| stock.projected(&self.coming(pool, outcome), period_days, unmet));
        projected.collect()
    }

    /// What tonight's orders and moves bring to a pool and take from it.
    fn coming(&self, pool: &Pool, outcome: &Outcome) -> Vec<Arrival> {
        let as_of = self.market.as_of;
        let mut coming = Vec::new();
        for line in rows_of(&outcome.recommendations, pool) {
            if let Some(day) = line.expected_arrival.filter(|_| line.quantity.is_positive()) {
                let days = (day - as_of).num_days() as f64;
                coming.push(Arrival { days, quantity: line.quantity.as_f64() });
            }
        }
        // Sent and received this morning.
        for moved in sorted::run(&outcome.transfers, |moved| moved.sku.cmp(&pool.sku)) {
            let quantity = moved.quantity.as_f64();
            if moved.to == pool.location {
                coming.push(Arrival { days: 0.0, quantity });
            } else if moved.from == pool.location {
                coming.push(Arrival { days: 0.0, quantity: -quantity });
            }
        }
        coming
    }
}

impl<'a> Night<'a> {
    /// Between the locations of one item, where one has more than its order-up-to level and another
    /// runs short.
    pub(super) fn suggested_transfers(&self, item: &mut [PlannedPool<'_>]) -> Vec<Transfer> {
        let Some(first) = item.first() else { return Vec::new() };
        let sku = first.plan.policy.sku;
        // What lanes connect is moved by them.
        let apart = item.iter().filter(|pool| !pool.in_network);
        let sites: Vec<Site> = apart.map(|pool| self.site(pool)).collect();
        // A kit does not lie anywhere: its parts are moved.
        if sites.len() < 2 || self.kits.is_kit(sku) {
            return Vec::new();
        }
        let step = self.inputs.products[sku.index()].step();
        let found = transfers(sku, step, &sites, &self.plan.allocation, &|from, to| {
            let is_by_lane = self.inputs.lanes.serves(sku, from, to);
            !is_by_lane && !self.standing.is_move_quiet(sku, from, to)
        });
        for pool in item {
            if let Some(need) = &mut pool.waiting {
                need.reason += &left_elsewhere(need.location, &sites, &found, &self.inputs.names);
            }
        }
        found
    }

    /// A location as its neighbours see it.
    fn site(&self, pool: &PlannedPool<'_>) -> Site {
        let policy = &pool.plan.policy;
        let period_days = self.inputs.panel.calendar().bucket().days();
        let days = pool.plan.protected_days;
        let periods = ((days / period_days).ceil() as usize).min(pool.plan.path.len());
        // What was bought for this place this morning was not bought to be sent on: the rest of an
        // order stays as it was when its first half is approved.
        let bought_today = self.bought_today(PoolId { sku: policy.sku, location: policy.location });
        let plan = &pool.plan;
        // What is sold off gets no order, so that a shelf would be served from the other for the
        // days of a lead time only, and again every night.
        let is_sold_off = plan.status == Status::Held && plan.waits.is_none();
        let holding = Holding {
            available: pool.available,
            position: pool.plan.position - bought_today.as_f64(),
            reorder_point: policy.reorder_point,
            order_up_to: policy.order_up_to,
            safety_stock: policy.safety_stock,
            until_supply: &pool.plan.path[..periods],
            is_sold_off,
        };
        let lacks = if is_sold_off && plan.position <= policy.reorder_point {
            policy.order_up_to - plan.position
        } else {
            0.0
        };
        Site {
            location: policy.location,
            beyond_target: holding.beyond_target(),
            beyond_own_supply: holding.beyond_own_supply(),
            // What waits for somebody's word is not moved either.
            need: if pool.plan.waits.is_some() { 0.0 } else { pool.plan.need },
            short_units: pool.short_before_arrival.max(lacks),
            is_sold_off,
            margin: pool.margin,
            // Of an item that only sales and suppliers name, nothing says that its locations are
            // the seller's own: one may be a marketplace's, where sending in is a shipment with
            // fees of its own. Its sales are saved by a move, its purchases are not replaced.
            unit_cost: self.inputs.products[policy.sku.index()].unit_cost,
        }
    }

    /// Units of a pool whose purchase was approved on this very morning.
    fn bought_today(&self, pool: PoolId) -> Units {
        let today = rows_of(&self.standing.pending, pool).iter().filter(|approved| {
            approved.approved_on == self.market.as_of && approved.from.is_none()
        });
        today.map(|approved| approved.quantity).sum()
    }

    /// Proposes the lines of the pools of one item that waited for transfers, less what is moved to
    /// them.
    pub(super) fn buy_the_rest(
        &self,
        item: &mut [PlannedPool<'a>],
        transfers: &[Transfer],
        exceptions: &mut Vec<Exception>,
    ) {
        for pool in item {
            let Some(mut need) = pool.waiting.take() else { continue };
            let id = PoolId { sku: need.sku, location: need.location };
            for transfer in transfers.iter().filter(|t| t.to == id.location) {
                let from = self.inputs.names.location(transfer.from);
                need.move_in(transfer.quantity, from);
            }
            let p = self.inputs.panel.position(id).expect("a planned pool is in the panel");
            self.propose_or_hold(p, pool, *need, exceptions);
        }
    }
}

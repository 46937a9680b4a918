//! All pools together: supplier orders and the budget, transfers, exposure, and the rows of the
//! outcome.

use crate::allocate::exposure::exposures;
use crate::allocate::transfers::{Site, transfers};
use crate::domain::outcome::{Outcome, Transfer};
use crate::domain::units::Units;
use crate::purchase;
use crate::run::partition::{Night, PlannedPool};

/// Settles `pools`, in pool order, into `outcome`.
pub(super) fn settle(night: &Night<'_>, pools: Vec<PlannedPool<'_>>, outcome: &mut Outcome) {
    outcome.exceptions.extend(night.kit_exceptions.iter().cloned());
    outcome.transfers = suggested_transfers(night, &pools);
    let mut lines = Vec::with_capacity(pools.len());
    // Of an item that no pool holds nothing is known, which is not the same as none.
    let mut available: Vec<Option<Units>> = vec![None; night.inputs.names.skus.len()];
    for pool in pools {
        let total = &mut available[pool.plan.policy.sku.index()];
        *total = Some(total.unwrap_or_default() + pool.available);
        outcome.policy.push(pool.plan.policy);
        lines.extend(pool.lines);
        outcome.allocation.extend(pool.allocation);
        outcome.findings.extend(pool.findings);
        outcome.open_orders.extend(pool.advice);
        outcome.pictures.push(pool.picture);
    }
    if night.inputs.has("stock") {
        outcome.findings.extend(exposures(
            &night.inputs.listings,
            |sku| available[sku.index()],
            |sku| night.inputs.products[sku.index()].unit_price.unwrap_or_default(),
        ));
    }
    outcome.findings.sort_by_key(|f| (f.sku, f.kind, f.location, f.channel));
    // Last: the budget and the suppliers' minimums weigh all lines of the run against each other.
    let settled = purchase::settle(lines, &night.market);
    outcome.recommendations = settled.recommendations;
    outcome.orders = settled.orders;
    outcome.exceptions.extend(settled.exceptions);
}

/// Between locations of one item, where one has more than its order-up-to level and another runs
/// short.
fn suggested_transfers(night: &Night<'_>, pools: &[PlannedPool<'_>]) -> Vec<Transfer> {
    let mut suggested = Vec::new();
    for item in pools.chunk_by(|a, b| a.plan.policy.sku == b.plan.policy.sku) {
        let sku = item[0].plan.policy.sku;
        if item.len() == 1 || night.kits.is_kit(sku) {
            continue;
        }
        let sites: Vec<Site> = item
            .iter()
            .map(|pool| Site {
                location: pool.plan.policy.location,
                available: pool.available,
                inventory_position: pool.plan.whole_position(),
                order_up_to: pool.plan.policy.order_up_to,
                short_units: pool.short_before_arrival,
                margin: pool.margin,
            })
            .collect();
        suggested.extend(transfers(sku, &sites, &night.plan.allocation));
    }
    suggested
}

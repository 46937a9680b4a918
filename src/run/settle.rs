//! All pools together: supplier orders and the budget, transfers, exposure, and the rows of the outcome.

use crate::allocate::exposure::exposures;
use crate::allocate::transfers::{Site, transfers};
use crate::domain::outcome::Outcome;
use crate::domain::units::{Money, SkuId, Units};
use crate::purchase;
use crate::run::partition::{Night, PlannedPool};

/// Settles `pools`, in pool order, into `outcome`.
pub fn settle(night: &Night<'_>, pools: Vec<PlannedPool<'_>>, outcome: &mut Outcome) {
    outcome.exceptions.extend(night.told.iter().cloned());
    outcome.transfers = suggested_transfers(night, &pools);
    let mut lines = Vec::with_capacity(pools.len());
    let mut available = vec![None; night.inputs.names.skus.len()];
    for pool in pools {
        let total: &mut Option<Units> = &mut available[pool.plan.policy.sku.index()];
        *total = Some(total.unwrap_or_default() + pool.available);
        outcome.policy.push(pool.plan.policy);
        lines.extend(pool.lines);
        outcome.allocation.extend(pool.allocation);
        outcome.findings.extend(pool.findings);
        outcome.open_orders.extend(pool.advice);
        outcome.pictures.push(pool.picture);
    }
    let stock = |sku: SkuId| if night.inputs.has("stock") { available[sku.index()] } else { None };
    let price = |sku: SkuId| night.inputs.products[sku.index()].unit_price.unwrap_or(Money::ZERO);
    outcome.findings.extend(exposures(&night.inputs.listings, stock, price));
    outcome.findings.sort_by_key(|f| (f.sku, f.kind, f.location, f.channel));
    let settled = purchase::settle(lines, &night.market);
    outcome.recommendations = settled.recommendations;
    outcome.orders = settled.orders;
    outcome.exceptions.extend(settled.exceptions);
}

/// Between locations of one item, where one has more than its order-up-to level and another runs short.
fn suggested_transfers(
    night: &Night<'_>,
    pools: &[PlannedPool<'_>],
) -> Vec<crate::domain::outcome::Transfer> {
    let site = |p: &PlannedPool<'_>| Site {
        location: p.plan.policy.location,
        available: p.available,
        inventory_position: Units(p.plan.position.round() as i64),
        order_up_to: p.plan.policy.order_up_to,
        short_units: p.short_before_arrival,
        margin: p.margin,
    };
    let items =
        pools.chunk_by(|a, b| a.plan.policy.sku == b.plan.policy.sku).filter(|item| item.len() > 1);
    items
        .filter(|item| !night.kits.is_kit(item[0].plan.policy.sku))
        .flat_map(|item| {
            transfers(
                item[0].plan.policy.sku,
                &item.iter().map(site).collect::<Vec<_>>(),
                &night.plan.allocation,
            )
        })
        .collect()
}

//! From targets and stock to what to do: the need, unrounded, and how urgent it is.

use crate::inventory::PoolInput;
use crate::inventory::lost_sales::order_for;
use crate::inventory::position::{inventory_position, on_order, stockout_probability};
use crate::inventory::reorder_point::Targets;
use crate::inventory::settings::{OrderRule, Settings, UnmetDemand};

/// What one pool lacks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Need {
    /// Open orders that arrive within the protection interval, units.
    pub on_order: f64,
    /// Available + on order - backorders, units.
    pub position: f64,
    /// Demand that will be lost before an order placed today arrives and so needs no stock, units.
    pub unserved: f64,
    /// Units to order, unrounded; 0 when the position is above the reorder point, or what is on its way lasts until the next order
    /// could arrive.
    pub need: f64,
}

/// Compares the position with the targets.
#[must_use]
pub fn need(pool: &PoolInput<'_>, targets: &Targets, settings: &Settings) -> Need {
    // Everything on its way by the time the next order could arrive counts.
    let horizon = targets.lead_days + targets.review_days;
    let on_order = on_order(pool.arrivals, horizon);
    let position = inventory_position(pool.stock, pool.arrivals, horizon);
    if pool.held.is_some() || position > targets.reorder_point {
        return Need { on_order, position, ..Need::default() };
    }
    let (unserved, lasts) = match settings.unmet_demand {
        UnmetDemand::Backordered => (0.0, false),
        UnmetDemand::Lost => unserved(pool, targets, position),
    };
    let need =
        if lasts { 0.0 } else { order_size(targets, settings.order_rule, position + unserved) };
    Need { on_order, position, unserved, need }
}

fn order_size(targets: &Targets, rule: OrderRule, position: f64) -> f64 {
    let short = targets.reorder_point - position;
    if short < 0.0 {
        0.0
    } else if rule == OrderRule::FixedQuantity && targets.lot > 0.0 {
        (short / targets.lot).floor().mul_add(targets.lot, targets.lot)
    } else {
        targets.order_up_to - position
    }
}

/// How far the order that covers the review interval with the same probability stays below reorder point - position; and whether
/// that order is nothing at all.
fn unserved(pool: &PoolInput<'_>, targets: &Targets, position: f64) -> (f64, bool) {
    let short = targets.reorder_point - position;
    if !may_run_out(pool, targets.lead_days) {
        return (0.0, false);
    }
    let covered = targets.protection.cdf(targets.reorder_point).clamp(1e-4, 0.9999);
    // The reorder point may sit above the quantile it came from (whole units): compare like with like.
    let exact = targets.protection.quantile(covered);
    let times = (targets.lead_days, targets.review_days);
    let runs_out =
        stockout_probability(&pool.outlook, pool.stock, pool.arrivals, targets.lead_days);
    let order = order_for(
        &pool.outlook,
        pool.stock,
        pool.arrivals,
        times,
        not_taken_back(covered, runs_out, times),
    );
    ((exact - position - order).clamp(0.0, short), order <= 0.0)
}

/// The probability to cover when a unit too many is not taken back at once.
///
/// With backorders the next order is smaller by what this one left over, so a unit too many is held for one review. When sales are
/// lost, the `lead / review` orders placed meanwhile cannot see what is left over: the unit is held longer, the
/// likelier the shelf runs out on the way. The odds of `covered` are divided by `1 + runs_out lead / review`; that the order
/// of one review alone is too large is Zipkin's (2008) result, the factor is what replays of weekly retail sales chose.
fn not_taken_back(covered: f64, runs_out: f64, (lead_days, review_days): (f64, f64)) -> f64 {
    let held = 1.0 + runs_out * lead_days / review_days;
    covered / (covered + (1.0 - covered) * held)
}

/// Whether the shelf may be empty before an order placed today arrives: expected loss above a thousandth of a unit.
fn may_run_out(pool: &PoolInput<'_>, lead_days: f64) -> bool {
    let mut supply = pool.stock.available - pool.stock.backordered;
    let lost =
        |day: f64, supply: f64| pool.outlook.demand(0.0, day).expected_shortfall(supply) > 1e-3;
    for arrival in pool.arrivals.iter().filter(|a| a.days < lead_days) {
        if arrival.days > 0.0 && lost(arrival.days, supply) {
            return true;
        }
        supply += arrival.quantity;
    }
    lost(lead_days, supply)
}

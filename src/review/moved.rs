//! Which approved moves have been made, where no order says so: what is missing on the source's
//! shelf has left, and what lies too much at the destination has come.
//!
//! Whoever moves goods between two shelves often books nothing but the stock. An approval that no
//! row of `purchase_orders` shows would then be promised at the source, whose stock has it no more,
//! and counted as on its way where it lies already. A shelf's stock follows from that of the
//! morning of the approval, what was sold and what came and went by known orders; where half of the
//! units or more are missing, the move has been made. Half, as between two answers that are equally
//! likely before anything is seen.

use crate::domain::calendar::Bucket;
use crate::domain::inputs::{Inputs, PurchaseOrder};
use crate::domain::units::{LocationId, PoolId, SkuId, Units};
use crate::review::decisions::{DecidedLine, Decision};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// An approval, or the part of one, that no purchase order shows.
pub(crate) struct Unplaced<'k> {
    pub(crate) decision: &'k Decision,
    pub(crate) line: DecidedLine,
    pub(crate) left: Units,
    /// Of a move: its source's stock shows that it has left.
    pub(crate) has_left: bool,
}

/// Takes what has come off the approvals, and marks what has left.
pub(crate) fn see_what_moved(approvals: &mut [Unplaced<'_>], inputs: &Inputs) {
    // Days are compared with days, and what kits take of their parts is no sale of theirs.
    if inputs.panel.calendar().bucket() != Bucket::Day || !inputs.stock_is_known() {
        return;
    }
    let parts: BTreeSet<SkuId> = inputs.kits.iter().map(|kit| kit.component).collect();
    let mut order: Vec<usize> = (0..approvals.len()).collect();
    order.sort_by_key(|&i| approvals[i].decision.as_of);

    // At the source: the oldest first, each from what the earlier ones leave unexplained.
    let mut missing: BTreeMap<PoolId, f64> = BTreeMap::new();
    for &i in &order {
        let approval = &mut approvals[i];
        let (Some(from), Some(then)) = (approval.line.from, approval.decision.from_on_hand) else {
            continue;
        };
        let PoolId { sku, .. } = approval.line.pool;
        let source = PoolId { sku, location: from };
        if parts.contains(&sku) {
            continue;
        }
        let since = approval.decision.as_of;
        let Some(change) = unexplained(source, then, since, inputs) else { continue };
        let gone = missing.entry(source).or_insert(-change);
        if 2.0 * *gone >= approval.left.as_f64() {
            *gone -= approval.left.as_f64();
            approval.has_left = true;
        }
    }

    // At the destination, of what has left.
    let mut surplus: BTreeMap<PoolId, f64> = BTreeMap::new();
    for &i in &order {
        let approval = &mut approvals[i];
        let Some(then) = approval.decision.on_hand.filter(|_| approval.has_left) else { continue };
        let pool = approval.line.pool;
        let since = approval.decision.as_of;
        let Some(change) = unexplained(pool, then, since, inputs) else { continue };
        let come = surplus.entry(pool).or_insert(change);
        if 2.0 * *come >= approval.left.as_f64() {
            *come -= approval.left.as_f64();
            approval.left = Units::ZERO;
        }
    }
}

/// Units on a shelf beyond what follows from the `then` of the morning of `since`; `None` where its
/// stock has not been counted after that morning.
fn unexplained(pool: PoolId, then: Units, since: NaiveDate, inputs: &Inputs) -> Option<f64> {
    let calendar = inputs.panel.calendar();
    let stock = inputs.stock.get(pool)?;
    let counted = stock.as_of.unwrap_or(calendar.as_of()).min(calendar.as_of());
    if counted <= since {
        return None;
    }
    let mut expected = then.as_f64() - sold(pool, since, counted, inputs);
    for order in inputs.purchase_orders.of_item(pool.sku) {
        expected += brought(order, pool.location, since, counted);
    }
    Some(stock.on_hand.as_f64() - expected)
}

/// Net units sold from the morning of `since` to that of `until`.
fn sold(pool: PoolId, since: NaiveDate, until: NaiveDate, inputs: &Inputs) -> f64 {
    let panel = &inputs.panel;
    let Some(p) = panel.position(pool) else { return 0.0 };
    let days = panel.calendar().index(since)..panel.calendar().index(until);
    let mut sold = 0.0;
    for series in panel.pools()[p].series.clone() {
        let start = panel.start(series) as i64;
        let gross = panel.gross(series);
        for day in days.clone() {
            let at = usize::try_from(day - start).ok();
            let units = at.and_then(|at| gross.get(at)).copied();
            sold += f64::from(units.unwrap_or(0.0));
        }
        for &(period, units) in panel.returns(series) {
            if days.contains(&i64::from(period)) {
                sold -= f64::from(units);
            }
        }
    }
    sold
}

/// What a known order brought to a shelf from the morning of `since` to that of `until`, less what
/// it took from there.
fn brought(order: &PurchaseOrder, at: LocationId, since: NaiveDate, until: NaiveDate) -> f64 {
    let mut units = 0.0;
    let came = order.received.filter(|day| (since..=until).contains(day));
    if order.location == at && came.is_some() {
        units += order.delivered().as_f64();
    }
    if let Some(shipment) = order.shipment.filter(|shipment| shipment.from == at)
        && shipment.shipped.is_some_and(|day| (since..until).contains(&day))
    {
        units -= shipment.shipped_quantity.unwrap_or(order.quantity).as_f64();
    }
    units
}

//! A second run of one morning: what was approved of it is decided, and the rest is as it was.
//!
//! An item of which something was approved this very morning is planned twice: as it stands now,
//! with approved units on order and approved moves promised away, and as it stood before any of it
//! was approved. Of the plan before, the lines are kept, those that were approved without a
//! quantity; of the plan as it stands, all that is told of stock.

use crate::allocate::shipments::Shipped;
use crate::domain::units::{LocationId, PoolId, SkuId, SupplierId, Units};
use crate::purchase::open_to_buy::Envelope;
use crate::purchase::rules::by_hand::set_aside;
use crate::purchase::{ApprovedLine, Line, Morning, PoolStanding};
use crate::review::open_decisions::Pending;
use crate::run::night::{Night, PlannedItem, PlannedPool, Shop};
use crate::run::open_to_buy::open_to_buy;
use std::collections::BTreeSet;

impl<'a> Night<'a> {
    /// Whether anything of an item was approved this very morning.
    pub(super) fn is_approved_today(&self, sku: SkuId) -> bool {
        self.standing.approved_on(self.market.as_of, sku).next().is_some()
    }

    /// The item `now`, with the lines of the plan of the morning, `before` anything was approved;
    /// as it is now where that plan does not hold what was approved.
    pub(super) fn rest_of_the_morning(
        &self,
        mut now: PlannedItem<'a>,
        before: PlannedItem<'a>,
    ) -> PlannedItem<'a> {
        let sku = before.pools[0].plan.policy.sku;
        let approved: Vec<&Pending> = self.standing.approved_on(self.market.as_of, sku).collect();
        // Another day's files, or a move of more units than there were to give: planned anew.
        if !approved.iter().all(|approval| holds(&before, approval, &approved)) {
            return now;
        }
        let p = self.inputs.panel.position(before.pools[0].id());
        let first = p.expect("a planned pool is in the panel");
        for (i, (pool, before)) in now.pools.iter_mut().zip(before.pools).enumerate() {
            let id = pool.id();
            let concerns = |a: &&&Pending| a.location == id.location || a.from == Some(id.location);
            let here: Vec<&Pending> = approved.iter().filter(concerns).copied().collect();
            let standing = PoolStanding {
                available: self.kit_night.available(first + i, &self.shelves),
                on_order: pool.plan.whole_on_order(),
                inventory_position: pool.plan.whole_position(),
                stockout_date: pool.plan.stockout_date,
                stockout_probability: pool.plan.stockout_probability,
            };
            let mut lines = Vec::with_capacity(before.lines.len());
            for line in before.lines {
                lines.push(decided(line, pool, standing, &here));
            }
            let mut shipped = Vec::with_capacity(before.shipped.len());
            for row in before.shipped {
                shipped.push(moved(row, &pool.shipped, standing, &here));
            }
            pool.lines = lines;
            pool.shipped = shipped;
            // Channels of a source share what its moves leave, those of this morning among them.
            if pool.in_network {
                pool.allocation = before.allocation;
                pool.findings = before.findings;
                pool.available = before.available;
            }
        }
        now.transfers = before.transfers;
        now.transfers.retain(|t| !units_moved(&approved, t.from, t.to).is_positive());
        now.exceptions = before.exceptions;
        now
    }
}

impl PlannedPool<'_> {
    fn id(&self) -> PoolId {
        PoolId { sku: self.plan.policy.sku, location: self.plan.policy.location }
    }
}

/// Whether a plan has the line of an approval, and of a move as many units as were approved.
fn holds(before: &PlannedItem<'_>, approval: &Pending, approved: &[&Pending]) -> bool {
    let Some(pool) = before.pools.iter().find(|pool| pool.id().location == approval.location)
    else {
        return false;
    };
    let Some(from) = approval.from else {
        let of_supplier = |line: &Line<'_>| line.supplier() == approval.supplier;
        return approval.supplier.is_some() && pool.lines.iter().any(of_supplier);
    };
    let by_lane = pool.shipped.iter().map(|row| &row.recommendation);
    let by_lane = by_lane.filter(|row| row.transfer.is_some_and(|move_| move_.from == from));
    let sideways = before.transfers.iter().filter(|t| (t.from, t.to) == (from, approval.location));
    let planned: Units = by_lane.map(|row| row.quantity).chain(sideways.map(|t| t.quantity)).sum();
    planned >= units_moved(approved, from, approval.location)
}

fn units_moved(approved: &[&Pending], from: LocationId, to: LocationId) -> Units {
    let moves = approved.iter().filter(|a| a.from == Some(from) && a.location == to);
    moves.map(|approval| approval.quantity).sum()
}

/// A line of the plan before anything was approved `here`, of the pool that stands as `now`.
fn decided<'a>(
    line: Line<'a>,
    now: &PlannedPool<'a>,
    standing: PoolStanding,
    here: &[&Pending],
) -> Line<'a> {
    if here.is_empty() {
        return line;
    }
    let supplier = line.supplier();
    let own = here
        .iter()
        .filter(|a| a.from.is_none() && a.supplier == supplier && a.location == line.pool.location);
    let units: Units = own.clone().map(|approval| approval.quantity).sum();
    if supplier.is_none() || !units.is_positive() {
        return Line { morning: Morning::Beside(standing), ..line };
    }
    let value = own.map(|approval| approval.value).sum();
    // Its row says where the pool stands now, and why nothing (more) is ordered.
    let mut published = match now.lines.iter().find(|line| line.supplier() == supplier) {
        Some(line) => line.clone(),
        None => line.clone(),
    };
    if published.quantity.is_positive() {
        set_aside(&mut published, &format!("{units} units were approved this morning"));
    }
    standing.show(&mut published.pool);
    published.pool.status = now.plan.status;
    let approved = ApprovedLine { units, value, published };
    Line { morning: Morning::Approved(Box::new(approved)), ..line }
}

/// A move of the plan before anything was approved `here`; `now` are the moves as they are planned
/// with it.
fn moved(row: Shipped, now: &[Shipped], standing: PoolStanding, here: &[&Pending]) -> Shipped {
    let line = &row.recommendation;
    let Some(from) = line.transfer.map(|transfer| transfer.from).filter(|_| !here.is_empty())
    else {
        return row;
    };
    let units = units_moved(here, from, line.location);
    let same = now.iter().find(|row| row.lane.from == from);
    let mut published = match same.filter(|_| units.is_positive()) {
        Some(now) => now.clone(),
        None => row.clone(),
    };
    let shown = &mut published.recommendation;
    shown.available = standing.available;
    shown.on_order = standing.on_order;
    shown.inventory_position = standing.inventory_position;
    shown.stockout_date = standing.stockout_date;
    shown.stockout_probability = standing.stockout_probability;
    if !units.is_positive() {
        return published;
    }
    let published = published.with_approval(units);
    Shipped { approved: Some(Box::new(published)), ..row }
}

impl Shop<'_> {
    /// What was open to buy before what was approved this very morning, where `lines` hold it;
    /// `None` where nothing was.
    pub(super) fn envelopes_before_approvals(&self, lines: &[Line<'_>]) -> Option<Vec<Envelope>> {
        self.standing.before_today.as_ref()?;
        let mut held: BTreeSet<(PoolId, SupplierId)> = BTreeSet::new();
        for line in lines.iter().filter(|line| line.approved().is_some()) {
            held.extend(line.supplier().map(|supplier| (line.pool.id(), supplier)));
        }
        let as_of = self.market.as_of;
        let pending = self.standing.pending.iter().filter(|a| {
            let pool = PoolId { sku: a.sku, location: a.location };
            let is_held = a.supplier.is_some_and(|supplier| held.contains(&(pool, supplier)));
            a.approved_on < as_of || !is_held
        });
        Some(open_to_buy(self.plan, self.inputs, self.economics, pending))
    }
}

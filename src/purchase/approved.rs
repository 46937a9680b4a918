//! Orders of a morning that were approved in part, planned a second time.
//!
//! A morning has one plan. What was approved of it this very morning keeps its place in it: lines
//! of the same orders share minimums, free freight, containers and the budget with it, and come out
//! as they did before. Then the approved lines are taken out, and the rest is what is proposed.
//! (Counted as on order instead, half an order was topped up to a minimum of its own, a container
//! was filled anew, and the second part of a split order was made larger or dropped.)
//!
//! Where another quantity was approved than the plan has, the order is shaped around it: the
//! approved quantity is fixed, and what it is more than proposed comes off the other lines of its
//! pool.

use crate::domain::constraints::Binding;
use crate::domain::exceptions::Exception;
use crate::domain::units::{LocationId, Money, PoolId, SupplierId, Units};
use crate::purchase::line::{ApprovedLine, Line, Morning};
use crate::purchase::market::Approved;
use crate::purchase::rules::by_hand;
use std::collections::{BTreeMap, BTreeSet};

/// What was approved this morning and is not among `lines`: of items that are planned anew.
pub(super) fn approved_beside(lines: &[Line<'_>], approved: &Approved) -> Approved {
    let mut beside = approved.clone();
    for line in lines {
        let Some(ApprovedLine { value, .. }) = line.approved() else { continue };
        if let Some(of_order) = line.order().and_then(|order| beside.get_mut(&order)) {
            *of_order = (*of_order - *value).max(Money::ZERO);
        }
    }
    beside
}

/// The lines as `shape` makes orders of them, approved ones without a quantity. What `shape` tells
/// goes to `exceptions`.
pub(super) fn with_approvals<'a>(
    mut lines: Vec<Line<'a>>,
    shape: impl Fn(&mut [Line<'a>]) -> Vec<Exception>,
    exceptions: &mut Vec<Exception>,
) -> Vec<Line<'a>> {
    if lines.iter().all(|line| line.morning == Morning::Undecided) {
        exceptions.extend(shape(&mut lines));
        return lines;
    }
    let mut otherwise = Otherwise::default();
    loop {
        let mut shaped = lines.clone();
        otherwise.write_into(&mut shaped);
        let told = shape(&mut shaped);
        // Every round fixes one more order at least.
        if !otherwise.learn(&shaped) {
            exceptions.extend(told);
            return shaped.into_iter().map(published).collect();
        }
    }
}

/// What was approved otherwise than the plan has it.
#[derive(Default)]
struct Otherwise {
    /// Orders whose approved lines are fixed.
    orders: BTreeSet<(SupplierId, LocationId)>,
    /// Units that were approved beyond the plan, by pool.
    beyond: BTreeMap<PoolId, Units>,
}

impl Otherwise {
    /// Fixes the orders of `shaped` in which an approved quantity came out differently; whether
    /// there are any.
    fn learn(&mut self, shaped: &[Line<'_>]) -> bool {
        let mut found = BTreeSet::new();
        for line in shaped {
            let Some(ApprovedLine { units, .. }) = line.approved() else { continue };
            if let Some(order) = line.order().filter(|_| *units != line.quantity) {
                found.insert(order);
                let more = (*units - line.quantity).or_zero();
                *self.beyond.entry(line.pool.id()).or_default() += more;
            }
        }
        self.orders.extend(&found);
        !found.is_empty()
    }

    fn write_into(&self, lines: &mut [Line<'_>]) {
        let mut beyond = self.beyond.clone();
        for line in lines {
            if let Some(&ApprovedLine { units, .. }) = line.approved() {
                if line.order().is_some_and(|order| self.orders.contains(&order)) {
                    line.quantity = units;
                    line.binding = Some(Binding::Decision);
                }
                continue;
            }
            let Some(more) = beyond.get_mut(&line.pool.id()) else { continue };
            if !line.quantity.is_positive() || !more.is_positive() {
                continue;
            }
            let why = format!("{more} more than proposed were approved from another supplier");
            let less = more.as_f64().min(line.need);
            *more = (*more - Units::ceil(less)).or_zero();
            line.need -= less;
            let lot = line.rules.order_quantity(line.need).quantity.min(line.quantity);
            line.change_to(lot, &by_hand::WORDING, why);
        }
    }
}

/// A line as it is published: an approved one without a quantity, its neighbours with where their
/// pool stands now.
fn published(mut line: Line<'_>) -> Line<'_> {
    match std::mem::take(&mut line.morning) {
        Morning::Undecided => line,
        Morning::Approved(approved) => approved.published,
        Morning::Beside(standing) => {
            standing.show(&mut line.pool);
            line
        }
    }
}

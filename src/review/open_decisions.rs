//! What yesterday's decisions mean tonight: units approved and not placed yet, and lines that are
//! not to be proposed.

use crate::domain::inputs::{Inputs, Names, PurchaseOrder};
use crate::domain::panel::PoolId;
use crate::domain::sorted::keyed;
use crate::domain::units::{LocationId, SkuId, SupplierId, Units};
use crate::review::decisions::{Decision, KeptDecisions};
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// Units that were approved and not placed yet: they count as on order.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    /// The item.
    pub sku: SkuId,
    /// Ship to.
    pub location: LocationId,
    /// From whom.
    pub supplier: Option<SupplierId>,
    /// Approved units.
    pub quantity: Units,
    /// When they were expected to arrive.
    pub expected: Option<NaiveDate>,
    /// External id of the order line.
    pub recommendation_id: String,
}

/// A line that is not to be proposed tonight.
#[derive(Debug, Clone, PartialEq)]
pub struct Quiet {
    /// The item.
    pub sku: SkuId,
    /// Ship to.
    pub location: LocationId,
    /// From whom.
    pub supplier: Option<SupplierId>,
    /// Proposed again from this day on.
    pub until: NaiveDate,
    /// `rejected by ... until ...: reason`.
    pub why: String,
}

keyed! {
    Pending by PoolId: |row| PoolId { sku: row.sku, location: row.location };
}

/// What the decisions so far mean on one morning.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OpenDecisions {
    /// Sorted by (sku, location, supplier).
    pub pending: Vec<Pending>,
    /// Sorted by (sku, location, supplier).
    pub quiet: Vec<Quiet>,
}

impl OpenDecisions {
    /// Reads the decisions in this run's codes; those on items no longer known have nothing to say.
    #[must_use]
    pub fn new(kept: &KeptDecisions, inputs: &Inputs, as_of: NaiveDate) -> Self {
        let mut open = Self::default();
        let approved: BTreeSet<String> = kept.orders(as_of).flat_map(order_numbers).collect();
        for decision in kept.orders(as_of) {
            let Some(line) = DecidedLine::of(decision, &inputs.names) else { continue };
            let own = order_numbers(decision);
            // An order that carries the number of another approved line is that one.
            let is_placed = inputs.purchase_orders.of(line.pool).iter().any(|order| {
                own.contains(&order.order_id)
                    || !approved.contains(&order.order_id)
                        && is_since(decision, line.supplier, order)
            });
            if !is_placed {
                open.pending.push(Pending {
                    sku: line.pool.sku,
                    location: line.pool.location,
                    supplier: line.supplier,
                    quantity: decision.quantity,
                    expected: decision.expected,
                    recommendation_id: decision.recommendation_id.clone(),
                });
            }
        }
        for decision in kept.quiet(as_of) {
            let Some(line) = DecidedLine::of(decision, &inputs.names) else { continue };
            let verdict = decision.verdict.name();
            let Decision { author, reason, .. } = decision;
            let until = decision.stands_until();
            open.quiet.push(Quiet {
                sku: line.pool.sku,
                location: line.pool.location,
                supplier: line.supplier,
                until,
                why: format!("{verdict} by {author} until {until}: {reason}"),
            });
        }
        open.pending.sort_by_key(|p| (p.sku, p.location, p.supplier));
        open.quiet.sort_by_key(|q| (q.sku, q.location, q.supplier));
        open
    }

    /// Why a line is not proposed tonight.
    #[must_use]
    pub fn quiet(
        &self,
        sku: SkuId,
        location: LocationId,
        supplier: Option<SupplierId>,
    ) -> Option<&Quiet> {
        let found = self
            .quiet
            .binary_search_by_key(&(sku, location, supplier), |q| (q.sku, q.location, q.supplier));
        found.ok().map(|i| &self.quiet[i])
    }
}

/// What a decision was about, in this run's codes.
pub(crate) struct DecidedLine {
    pub(crate) pool: PoolId,
    /// `None` if the supplier is no longer known.
    pub(crate) supplier: Option<SupplierId>,
}

impl DecidedLine {
    /// `None` for an item or location no longer known.
    pub(crate) fn of(decision: &Decision, names: &Names) -> Option<Self> {
        let pool = names.find_pool(&decision.sku, &decision.location)?;
        Some(Self { pool, supplier: names.find_supplier(&decision.supplier) })
    }
}

/// Numbers by which a purchase order tells that it is an approved line: the line's own, or that of
/// its exported order.
fn order_numbers(decision: &Decision) -> [String; 2] {
    [decision.recommendation_id.clone(), decision.order_id()]
}

/// Whether `order` was made with the supplier since the decision, so that it is taken for the
/// approved line, placed.
fn is_since(decision: &Decision, supplier: Option<SupplierId>, order: &PurchaseOrder) -> bool {
    let same_supplier = order.supplier.is_none() || order.supplier == supplier;
    let since = match order.confirmed {
        Some(day) => day >= decision.as_of,
        // An order without a date is taken for the line if it is for as many units.
        None => order.quantity == decision.quantity,
    };
    same_supplier && since && order.received.is_none_or(|day| day >= decision.as_of)
}

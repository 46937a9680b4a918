//! Yesterday's decisions and overrides, as tonight's run needs them.

use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::{Inputs, Names, Override, PurchaseOrder};
use crate::domain::panel::PoolId;
use crate::domain::sorted::keyed;
use crate::domain::units::{LocationId, SkuId, SupplierId, Units};
use crate::review::decisions::{Decision, Kept};
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
pub struct Standing {
    /// Sorted by (sku, location, supplier).
    pub pending: Vec<Pending>,
    /// Sorted by (sku, location, supplier).
    pub quiet: Vec<Quiet>,
}

impl Standing {
    /// Reads the decisions in this run's codes; those on items no longer known have nothing to say.
    #[must_use]
    pub fn new(kept: &Kept, inputs: &Inputs, as_of: NaiveDate) -> Self {
        let mut standing = Self::default();
        let ids = |d: &Decision| [d.recommendation_id.clone(), d.order_id()];
        let known: BTreeSet<String> = kept.orders(as_of).flat_map(ids).collect();
        for decision in kept.orders(as_of) {
            let Some((sku, location, supplier)) = codes(decision, &inputs.names) else { continue };
            let mut lines = inputs.purchase_orders.of((sku, location)).iter();
            // An order that carries the id of another approved line is that one.
            let own = ids(decision);
            let placed = |p: &PurchaseOrder| {
                own.contains(&p.order_id)
                    || !known.contains(&p.order_id) && is_since(decision, supplier, p)
            };
            if !lines.any(placed) {
                let (quantity, expected) = (decision.quantity, decision.expected);
                let recommendation_id = decision.recommendation_id.clone();
                standing.pending.push(Pending {
                    sku,
                    location,
                    supplier,
                    quantity,
                    expected,
                    recommendation_id,
                });
            }
        }
        for decision in kept.quiet(as_of) {
            let Some((sku, location, supplier)) = codes(decision, &inputs.names) else { continue };
            let until = decision.stands_until();
            let why = format!(
                "{} by {} until {until}: {}",
                decision.decision.name(),
                decision.author,
                decision.reason
            );
            standing.quiet.push(Quiet { sku, location, supplier, until, why });
        }
        standing.pending.sort_by_key(|p| (p.sku, p.location, p.supplier));
        standing.quiet.sort_by_key(|q| (q.sku, q.location, q.supplier));
        standing
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

/// Item, location and supplier of a decision in this run's codes; `None` for an item or location no longer known.
pub(crate) fn codes(
    decision: &Decision,
    names: &Names,
) -> Option<(SkuId, LocationId, Option<SupplierId>)> {
    let pool = names.find_pool(&decision.sku, &decision.location)?;
    Some((pool.sku, pool.location, names.find_supplier(&decision.supplier)))
}

/// Whether `order` was made with the supplier since the decision, so that it is taken for the approved line, placed.
fn is_since(decision: &Decision, supplier: Option<SupplierId>, order: &PurchaseOrder) -> bool {
    let same_supplier = order.supplier.is_none() || order.supplier == supplier;
    let since =
        order.confirmed.map_or(order.quantity == decision.quantity, |day| day >= decision.as_of);
    same_supplier && since && order.received.is_none_or(|d| d >= decision.as_of)
}

/// Overrides that are not used, or that nobody signed.
#[must_use]
pub fn override_exceptions(inputs: &Inputs, as_of: NaiveDate) -> Vec<Exception> {
    let tell = |o: &Override| {
        let about = Subject::item(&inputs.names, o.sku);
        let what = format!("override of {} to {}", o.field.name(), o.value);
        if let Some(day) = o.expires.filter(|&day| day <= as_of) {
            return Some(Exception::new(
                Severity::Info,
                ExceptionKind::OverrideExpired,
                about,
                what,
                format!("it expired on {day} and is not used"),
            ));
        }
        let nobody = o.author.is_empty() || o.reason.is_empty();
        let why = "it is used, but has no author or no reason";
        nobody.then(|| {
            Exception::new(Severity::Warning, ExceptionKind::OverrideUnsigned, about, what, why)
        })
    };
    inputs.overrides.iter().filter_map(tell).collect()
}

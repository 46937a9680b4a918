//! Every pool with its classes, policy, picture, recommendations and allocations side by side.

use crate::domain::classes::cell_name;
use crate::domain::inputs::{Inputs, Product, PurchaseOrder, Stock};
use crate::domain::outcome::{
    Allocation, Classification, Outcome, Policy, PoolPicture, Recommendation, Status,
};
use crate::domain::sorted::rows_of;
use crate::domain::units::{LocationId, Money, SkuId, Units};
use std::ops::Range;

/// One pool and everything the run knows of it.
#[derive(Debug)]
pub struct PoolView<'a> {
    /// The item.
    pub sku: SkuId,
    /// Where its stock lies.
    pub location: LocationId,
    /// Its series in the panel.
    pub series: Range<usize>,
    /// Master data.
    pub product: &'a Product,
    /// Stock this morning, where known.
    pub stock: Option<&'a Stock>,
    /// Classes.
    pub class: Option<&'a Classification>,
    /// Policy.
    pub policy: Option<&'a Policy>,
    /// Weekly picture.
    pub picture: Option<&'a PoolPicture>,
    /// One a supplier line.
    pub recommendations: &'a [Recommendation],
    /// One a channel.
    pub allocation: &'a [Allocation],
    /// Open purchase-order lines.
    pub open_orders: Vec<&'a PurchaseOrder>,
}

impl PoolView<'_> {
    /// Units in the location, zero when unknown.
    #[must_use]
    pub fn on_hand(&self) -> Units {
        self.stock.map_or_else(
            || self.recommendations.first().map_or(Units(0), |r| r.on_hand),
            |s| s.on_hand,
        )
    }

    /// Cost of one unit: the master's, else the recommended supplier's.
    #[must_use]
    pub fn unit_cost(&self) -> Option<Money> {
        self.product
            .unit_cost
            .or_else(|| self.recommendations.iter().map(|r| r.unit_cost).find(|c| c.0 > 0))
    }

    /// Stock on hand at cost, zero when the cost is unknown.
    #[must_use]
    pub fn stock_value(&self) -> Money {
        self.unit_cost().unwrap_or_default().times(Units(self.on_hand().0.max(0)))
    }

    /// Margin expected to be lost if nothing is ordered now: the largest of its supplier lines.
    #[must_use]
    pub fn value_at_risk(&self) -> Money {
        self.recommendations.iter().map(|r| r.value_at_risk).max().unwrap_or_default()
    }

    /// Cost of the proposed order lines.
    #[must_use]
    pub fn order_value(&self) -> Money {
        self.recommendations.iter().map(|r| r.value).sum()
    }

    /// `AX`, `B`, `-`: ABC and XYZ class.
    #[must_use]
    pub fn cell(&self) -> String {
        cell_name(self.class.and_then(|c| c.abc), self.class.and_then(|c| c.xyz))
    }

    /// The most urgent status of its supplier lines.
    #[must_use]
    pub fn status(&self) -> Status {
        self.recommendations.iter().map(|r| r.status).min().unwrap_or(Status::Ok)
    }

    /// Margin of one sold unit, where price and cost are known.
    #[must_use]
    pub fn unit_margin(&self) -> Option<Money> {
        Some(self.product.unit_price? - self.unit_cost()?)
    }

    /// Units beyond `cover_days` of demand.
    #[must_use]
    pub fn excess_units(&self, cover_days: f64) -> f64 {
        let velocity = self.class.map_or(0.0, |c| c.velocity_per_day);
        let available = self.recommendations.first().map_or(self.on_hand(), |r| r.available);
        (available.0 as f64 - velocity * cover_days).max(0.0)
    }
}

/// Lines up every pool of the panel with the rows the run decided about it.
#[must_use]
pub fn pool_views<'a>(inputs: &'a Inputs, outcome: &'a Outcome) -> Vec<PoolView<'a>> {
    let pools = inputs.panel.pools().iter().enumerate();
    pools
        .map(|(i, pool)| PoolView {
            sku: pool.sku,
            location: pool.location,
            series: pool.series.clone(),
            product: &inputs.products[pool.sku.index()],
            stock: inputs.stock.get(pool),
            class: outcome.classification.get(i),
            policy: outcome.policy.get(i),
            picture: outcome.pictures.get(i),
            recommendations: rows_of(&outcome.recommendations, pool),
            allocation: rows_of(&outcome.allocation, pool),
            open_orders: inputs
                .purchase_orders
                .of(pool)
                .iter()
                .filter(|o| o.received.is_none())
                .collect(),
        })
        .collect()
}

//! What one run knows and decided of an item at a location, gathered from its tables for those who
//! read results: indicators, pages and exports. (What planning gathers before it decides is another
//! matter.)

use crate::domain::classes::{Rationalisation, cell_name};
use crate::domain::economics::UnitEconomics;
use crate::domain::inputs::{Inputs, Product, PurchaseOrder, Stock};
use crate::domain::outcome::{
    Allocation, Classification, OpenOrderAdvice, Outcome, Policy, PoolPicture, Recommendation,
    Status, StockProjection,
};
use crate::domain::panel::PoolId;
use crate::domain::sorted::rows_of;
use crate::domain::units::{LocationId, Money, SkuId, Units};
use std::collections::BTreeMap;
use std::ops::Range;

/// An item at a location with its rows of every table.
#[derive(Debug)]
pub(crate) struct PoolResults<'a> {
    pub sku: SkuId,
    pub location: LocationId,
    /// Its series in the panel, one a channel.
    pub series: Range<usize>,
    pub product: &'a Product,
    /// Stock this morning, where known.
    pub stock: Option<&'a Stock>,
    pub class: Option<&'a Classification>,
    pub economics: UnitEconomics,
    pub policy: Option<&'a Policy>,
    pub picture: Option<&'a PoolPicture>,
    pub projection: Option<&'a StockProjection>,
    /// One a supplier line.
    pub recommendations: &'a [Recommendation],
    /// One a channel.
    pub allocation: &'a [Allocation],
    /// Open purchase-order lines.
    pub open_orders: Vec<&'a PurchaseOrder>,
    /// Which of them should move.
    pub order_advice: &'a [OpenOrderAdvice],
    /// Units that other locations are sent from here.
    pub moved_out: Units,
}

/// What of a pool is to be cleared.
pub(crate) struct ToClear<'a> {
    pub class: &'a Classification,
    /// Units left once what other locations need has gone there.
    pub units: Units,
    /// Cash that clearing them frees, at cost.
    pub cash_freed: Money,
}

impl PoolResults<'_> {
    pub(crate) fn id(&self) -> PoolId {
        PoolId { sku: self.sku, location: self.location }
    }

    /// Units in the location, zero when unknown.
    pub(crate) fn on_hand(&self) -> Units {
        // Without a stock table the recommendations hold what the run assumed.
        match self.stock {
            Some(stock) => stock.on_hand,
            None => self.recommendations.first().map_or(Units::ZERO, |r| r.on_hand),
        }
    }

    /// Landed cost of one unit.
    pub(crate) fn unit_cost(&self) -> Option<Money> {
        self.economics.landed_cost
    }

    /// Whether anything says what a unit short is worth: its margin, or at least its cost.
    pub(crate) fn stake_is_known(&self) -> bool {
        self.economics.landed_cost.is_some()
    }

    /// Currency units; zero when the cost is unknown.
    pub(crate) fn cost_of(&self, units: f64) -> f64 {
        units * self.unit_cost().unwrap_or_default().as_f64()
    }

    /// Stock on hand at cost, zero when the cost is unknown.
    pub(crate) fn stock_value(&self) -> Money {
        self.unit_cost().unwrap_or_default().times(self.on_hand().or_zero())
    }

    /// Margin expected to be lost if nothing is ordered now: the largest of its supplier lines.
    pub(crate) fn value_at_risk(&self) -> Money {
        // Lines of two suppliers protect the same sales: their sum would count them twice.
        self.recommendations.iter().map(|r| r.value_at_risk).max().unwrap_or_default()
    }

    /// Cost of the proposed order lines.
    pub(crate) fn order_value(&self) -> Money {
        self.recommendations.iter().map(|r| r.value).sum()
    }

    /// `AX`, `B`, `-`: ABC and XYZ class.
    pub(crate) fn class_letters(&self) -> String {
        cell_name(self.class.and_then(|c| c.abc), self.class.and_then(|c| c.xyz))
    }

    /// The most urgent status of its supplier lines.
    pub(crate) fn status(&self) -> Status {
        self.recommendations.iter().map(|r| r.status).min().unwrap_or(Status::Ok)
    }

    /// Its class where it should be cleared: deadstock, or without a sale for 90 days, with stock
    /// that frees cash, or of which nobody knows what it cost.
    ///
    /// What is moved to a place that sells it is not cleared: two lists would want the same units.
    pub(crate) fn to_clear(&self) -> Option<ToClear<'_>> {
        let class = self.class?;
        let is_dead = class.take_action || class.rationalisation == Rationalisation::Deadstock;
        let is_unpriced =
            self.unit_cost().is_none() && self.stock.is_some_and(|s| s.on_hand.is_positive());
        let moved = Money::from_f64(self.cost_of(self.moved_out.as_f64()));
        let units = self.on_hand() - self.moved_out;
        let cash_freed = (class.cash_freed - moved).max(Money::ZERO);
        let is_listed = cash_freed.is_positive() || is_dead && is_unpriced && units.is_positive();
        is_listed.then_some(ToClear { class, units, cash_freed })
    }

    /// Units a day, zero where it has no class.
    pub(crate) fn velocity(&self) -> f64 {
        self.class.map_or(0.0, |c| c.velocity_per_day)
    }

    /// Units beyond `cover_days` of demand.
    pub(crate) fn excess_units(&self, cover_days: f64) -> f64 {
        // The same in every line: what is promised already is not in excess.
        let available = self.recommendations.first().map_or(self.on_hand(), |r| r.available);
        (available.as_f64() - self.velocity() * cover_days).max(0.0)
    }
}

/// Every item at every location of the panel, in the panel's order.
pub(crate) fn pool_results<'a>(inputs: &'a Inputs, outcome: &'a Outcome) -> Vec<PoolResults<'a>> {
    let mut all = Vec::with_capacity(inputs.panel.pools().len());
    let mut moved_out: BTreeMap<PoolId, Units> = BTreeMap::new();
    for transfer in &outcome.transfers {
        let from = PoolId { sku: transfer.sku, location: transfer.from };
        *moved_out.entry(from).or_default() += transfer.quantity;
    }
    for (i, pool) in inputs.panel.pools().iter().enumerate() {
        let id = PoolId { sku: pool.sku, location: pool.location };
        let orders = inputs.purchase_orders.of(pool);
        all.push(PoolResults {
            sku: pool.sku,
            location: pool.location,
            series: pool.series.clone(),
            product: &inputs.products[pool.sku.index()],
            stock: inputs.stock.get(pool),
            class: outcome.classification.get(i),
            economics: outcome.economics.get(i).copied().unwrap_or_default(),
            policy: outcome.policy.get(i),
            picture: outcome.pictures.get(i),
            projection: outcome.projections.get(i),
            recommendations: rows_of(&outcome.recommendations, pool),
            allocation: rows_of(&outcome.allocation, pool),
            open_orders: orders.iter().filter(|o| o.received.is_none()).collect(),
            order_advice: rows_of(&outcome.open_orders, pool),
            moved_out: moved_out.get(&id).copied().unwrap_or_default(),
        });
    }
    all
}

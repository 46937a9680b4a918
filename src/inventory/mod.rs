//! Inventory policy: from the forecast of one pool to what it needs, every number explained.
//!
//! Pure arithmetic: no file, clock, data frame or rounding; whole units, packs and minimums are settled once, in `purchase`.
//! [`plan_pool`] does one pool; the replay of [`crate::simulate`] calls the two halves it is made of,
//! [`crate::inventory::reorder_point::targets`] (no stock needed) and [`crate::inventory::need::need`].

pub mod expiry;
pub mod kits;
pub mod lead_time;
pub mod lost_sales;
pub mod lot_size;
pub mod need;
pub mod outlook;
pub mod position;
pub mod reorder_point;
pub mod safety_stock;
pub mod settings;
mod steps;

pub use crate::inventory::outlook::Outlook;
pub use crate::inventory::position::{Arrival, StockLevel};
pub use crate::inventory::settings::Settings;

use crate::domain::classes::{AbcClass, Lifecycle, VelocityClass, XyzClass};
use crate::domain::inputs::{Product, ProductStatus};
use crate::domain::outcome::{Policy, Status};
use crate::domain::units::{LeadTime, LocationId, SkuId};
use crate::explain::Step;
use crate::inventory::expiry::{DatedLot, usable_stock};
use crate::inventory::need::Need;
use crate::inventory::reorder_point::Targets;
use chrono::NaiveDate;

/// Values that a planner has set by hand, units.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pinned {
    /// Instead of the computed safety stock.
    pub safety_stock: Option<f64>,
    /// Instead of the computed reorder point.
    pub reorder_point: Option<f64>,
    /// Instead of the computed order-up-to level.
    pub order_up_to: Option<f64>,
}

/// Everything the policy of one pool is made from.
#[derive(Debug, Clone)]
pub struct PoolInput<'a> {
    /// The item.
    pub sku: SkuId,
    /// Where.
    pub location: LocationId,
    /// The morning of the run.
    pub as_of: NaiveDate,
    /// The forecast.
    pub outlook: Outlook<'a>,
    /// Mean past demand a day, stock-outs left out, units; for max-average.
    pub average_per_day: f64,
    /// Largest past demand of a day, outliers left out, units; for max-average.
    pub peak_per_day: f64,
    /// What to plan with.
    pub lead_time: LeadTime,
    /// Where it comes from, in words.
    pub lead_time_source: &'a str,
    /// Class by value, where known.
    pub abc: Option<AbcClass>,
    /// Class by variability, where known.
    pub xyz: Option<XyzClass>,
    /// How fast it sells.
    pub velocity: VelocityClass,
    /// Cost of one unit, currency; 0 when unknown.
    pub unit_cost: f64,
    /// Price less cost of one unit, currency; 0 when unknown.
    pub unit_margin: f64,
    /// Today's stock.
    pub stock: StockLevel,
    /// Open orders, soonest first.
    pub arrivals: &'a [Arrival],
    /// Lots with an expiry date, soonest first.
    pub lots: &'a [DatedLot],
    /// Never plan below this safety stock, units.
    pub min_stock: Option<f64>,
    /// Never order above this level, units.
    pub max_stock: Option<f64>,
    /// Values set by hand.
    pub pinned: Pinned,
    /// Why the pool is not ordered, from [`held`]; `None` when it may be.
    pub held: Option<&'static str>,
}

/// Why an item is not ordered; `None` when it may be.
///
/// `lifecycle` as in the classification; `approved` when a planner has released a new item.
#[must_use]
pub fn held(product: &Product, lifecycle: Lifecycle, approved: bool) -> Option<&'static str> {
    match product.status {
        ProductStatus::Obsolete => Some("obsolete"),
        ProductStatus::DoNotOrder => Some("do not order"),
        ProductStatus::PhaseOut => Some("phased out: sold off, not reordered"),
        _ if product.superseded_by.is_some() => Some("superseded by another item"),
        _ if matches!(lifecycle, Lifecycle::Obsolete | Lifecycle::Inactive) => {
            Some("no demand any more")
        }
        ProductStatus::New if !approved => Some("new: waits for approval"),
        _ => None,
    }
}

/// What one pool is steered by, where it stands and what it needs.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolPlan {
    /// The row of `policy.parquet`.
    pub policy: Policy,
    /// Open orders that arrive within the protection interval, units.
    pub on_order: f64,
    /// Available + on order - backorders, units.
    pub position: f64,
    /// What to do.
    pub status: Status,
    /// First day without stock, expected.
    pub stockout_date: Option<NaiveDate>,
    /// Probability of running out before an order placed today arrives.
    pub stockout_probability: f64,
    /// Latest order date that still arrives before safety stock is touched.
    pub order_by: Option<NaiveDate>,
    /// Units to order, unrounded.
    pub need: f64,
    /// 0 to 100: probability in percent of running out before the *next* order could arrive; 0 for held and excess pools.
    pub urgency: f64,
    /// Margin expected to be lost if nothing is ordered before the next review, currency.
    pub value_at_risk: f64,
    /// Expected stock at the end of each period without new orders, units.
    pub path: Vec<f32>,
    /// The arithmetic of `need`; goes on from `policy.steps`.
    pub steps: Vec<Step>,
    /// What a planner should know: refusals, bands that do not hold, stock that will expire.
    pub notes: Vec<String>,
}

/// Plans one pool.
#[must_use]
pub fn plan_pool(pool: &PoolInput<'_>, settings: &Settings) -> PoolPlan {
    let mut pool = pool.clone();
    let mut notes = Vec::new();
    let waste = expire(&mut pool);
    if waste > 0.0 {
        notes.push(format!("{waste:.0} units will expire unsold"));
    }
    let targets = crate::inventory::reorder_point::targets(&pool, settings);
    let need = crate::inventory::need::need(&pool, &targets, settings);
    notes.extend_from_slice(&targets.notes);
    let backorders = settings.unmet_demand == crate::inventory::settings::UnmetDemand::Backordered;
    let walk = crate::inventory::position::project(
        &pool.outlook,
        pool.stock,
        pool.arrivals,
        0.0,
        backorders,
    );
    let to_safety = crate::inventory::position::project(
        &pool.outlook,
        pool.stock,
        pool.arrivals,
        targets.safety_stock,
        true,
    )
    .days_to_stockout;
    let order_by_days = to_safety.map(|days| days - targets.lead_days);
    let status = status(&pool, &targets, &need, (walk.days_to_stockout, order_by_days), settings);
    let quiet = matches!(status, Status::Held | Status::Excess);
    let runs_out = if targets.protection.mean() > 0.0 {
        1.0 - targets.protection.cdf(need.position)
    } else {
        0.0
    };
    let date =
        |days: f64| pool.as_of.checked_add_signed(chrono::Duration::days(days.floor() as i64));
    PoolPlan {
        policy: crate::inventory::steps::policy_row(&pool, &targets, settings),
        on_order: need.on_order,
        position: need.position,
        status,
        stockout_date: walk.days_to_stockout.and_then(date),
        stockout_probability: crate::inventory::position::stockout_probability(
            &pool.outlook,
            pool.stock,
            pool.arrivals,
            targets.lead_days,
        ),
        order_by: order_by_days.and_then(date),
        need: need.need,
        urgency: if quiet { 0.0 } else { (100.0 * runs_out).clamp(0.0, 100.0) },
        value_at_risk: if quiet { 0.0 } else { value_at_risk(&pool, &targets, &need) },
        path: walk.path,
        steps: crate::inventory::steps::need_steps(&pool, &targets, &need, waste, settings),
        notes,
    }
}

/// Takes what will expire unsold out of the available stock; returns it.
fn expire(pool: &mut PoolInput<'_>) -> f64 {
    if pool.lots.is_empty() {
        return 0.0;
    }
    let dated: f64 = pool.lots.iter().map(|l| l.quantity).sum();
    let undated = (pool.stock.available - dated).max(0.0);
    let usable = usable_stock(pool.lots, undated, |days| pool.outlook.mean_until(days));
    // Lots may hold more than is available (committed units): never count more waste than there is stock.
    let waste = usable.waste.min(pool.stock.available.max(0.0));
    pool.stock.available -= waste;
    waste
}

/// Margin (cost where the margin is unknown) of the units expected to be short after an order placed today would have arrived and
/// before one placed at the next review does.
fn value_at_risk(pool: &PoolInput<'_>, targets: &Targets, need: &Need) -> f64 {
    let whole = targets.protection.expected_shortfall(need.position);
    let unavoidable = pool.outlook.demand(0.0, targets.lead_days).expected_shortfall(need.position);
    let unit = if pool.unit_margin > 0.0 { pool.unit_margin } else { pool.unit_cost };
    (whole - unavoidable).max(0.0) * unit
}

fn status(
    pool: &PoolInput<'_>,
    targets: &Targets,
    need: &Need,
    (days_to_stockout, order_by_days): (Option<f64>, Option<f64>),
    settings: &Settings,
) -> Status {
    let expected = targets.per_day > 0.0;
    let cover = pool.stock.available + need.on_order;
    if pool.held.is_some() {
        Status::Held
    } else if expected && pool.stock.available <= 0.0 {
        Status::StockedOut
    } else if expected && days_to_stockout.is_some_and(|days| days < targets.lead_days) {
        Status::WillStockOut
    } else if need.need > 0.0 {
        Status::OrderNow
    } else if cover > settings.excess_cover_days * targets.per_day && cover > targets.order_up_to {
        Status::Excess
    } else if order_by_days.is_some_and(|days| days < 2.0 * targets.review_days) {
        Status::Soon
    } else {
        Status::Ok
    }
}

#[cfg(test)]
mod oracle_tests;
#[cfg(test)]
mod tests;

//! Replays a policy over history: what it would have cost, before anyone relies on it.
//!
//! [`Replay`] walks the periods in order. Forecasts come from the caller, made as of the period the
//! replay has reached, so the replay itself cannot look ahead; targets and needs come from
//! [`crate::inventory`], the code of the nightly run. Several policies run side by side on the same
//! demand. [`tune`](mod@tune) chooses among them on some windows and reports on another;
//! [`what_if`] changes the world and leaves the policy.
//!
//! Out-of-stock history is censored: demand there is the cleaned estimate, and
//! [`Totals::estimated_demand`] says how much of the demand that is.

pub mod history;
pub mod measures;
pub mod network_advice;
mod replay;
pub mod tune;
pub mod what_if;

pub use crate::domain::outcome::HoldAdvice;
pub use crate::simulate::measures::Totals;
pub use crate::simulate::replay::{Replay, replay};

use crate::allocate;
use crate::domain::classes::{AbcClass, VelocityClass, XyzClass};
use crate::domain::inputs::{PriceBreak, Supplier};
use crate::domain::lot::LotRules;
use crate::domain::units::{LeadTime, LocationId, Money, SkuId, Units};
use crate::inventory;
use crate::inventory::crossover::Deliveries;
use crate::inventory::settings::GroupPolicy;
use crate::inventory::{Arrival, Outlook, StockLevel};
use crate::math::distributions::Demand;
use crate::network::ageing::Fees;
use crate::network::{self, Interval, Level, Mode};
use crate::purchase::landed_cost::Charges;
use crate::purchase::long_lot::Patience;
use crate::purchase::prices::Prices;
use chrono::NaiveDate;
use std::ops::Range;
use std::sync::Arc;

/// A forecast's demand over the periods `from..to` with an uncertain end (variance, periods²): see
/// [`Outlook::over`].
pub type DemandOver = Arc<dyn Fn(f64, f64, f64) -> Demand + Send + Sync>;

/// What was forecast for one pool as of one period.
#[derive(Clone)]
pub struct PoolOutlook {
    /// Expected net demand of each coming period, units.
    pub mean: Vec<f32>,
    /// Demand over an interval.
    pub over: DemandOver,
}

impl std::fmt::Debug for PoolOutlook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PoolOutlook").field("mean", &self.mean).finish_non_exhaustive()
    }
}

impl PoolOutlook {
    /// The view of the policy.
    #[must_use]
    pub fn outlook(&self, period_days: f64) -> Outlook<'_> {
        Outlook { period_days, mean: &self.mean, over: &*self.over }
    }
}

/// One pool: its demand, and how it is supplied.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayPool {
    /// Display name, `SKU` or `SKU/location`.
    pub name: String,
    /// First period with demand; a pool that starts inside a window is not played in it.
    pub start: usize,
    /// Units of each period of the axis, cleaned. `[history]`
    pub demand: Vec<f32>,
    /// Which of them are estimates because the pool was out of stock. `[history]`
    pub estimated: Vec<bool>,
    /// How it is supplied.
    pub lead_time: LeadTime,
    /// What its supplier's deliveries show beside that.
    pub deliveries: Deliveries,
    /// Class by value, where known.
    pub abc: Option<AbcClass>,
    /// Class by variability, where known.
    pub xyz: Option<XyzClass>,
    /// How fast it sells.
    pub velocity: VelocityClass,
    /// What is set by name for its role and category.
    pub group: GroupPolicy,
    /// Cost of one unit, currency.
    pub unit_cost: f64,
    /// Price less cost, currency.
    pub unit_margin: f64,
    /// Whether anybody supplies it; if not, it sells what it has.
    pub supplied: bool,
    /// Minimum, pack and maximum of an order.
    pub lot: LotRules,
    /// Prices from a quantity on; `None` where a unit costs the same in every lot.
    pub tiers: Option<Tiers>,
    /// Order days and closures of who supplies it; `None` = any day.
    pub supplier: Option<Arc<Supplier>>,
    /// Never plan below this stock, units.
    pub min_stock: Option<f64>,
    /// Never order above this stock, units.
    pub max_stock: Option<f64>,
    /// Days a received unit may be sold; what is left then is thrown away.
    pub shelf_life_days: Option<f64>,
    /// How another location feeds it; `None` = its supplier does.
    pub fed: Option<FedBy>,
    /// Who else could send where that location cannot in time, the first asked in front.
    pub backups: Vec<FedBy>,
    /// Where it lies among the locations of its item that may help each other out; `None` where
    /// none may.
    pub site: Option<PlaceOfItem>,
    /// What a unit costs, landed, from a supplier that delivers there by name although another
    /// location feeds it: its lead time and lot rules are then those of the pool.
    pub bought_here: Option<f64>,
    /// Who is served first among equals where stock is shared out: the lower rank.
    pub priority: i32,
    /// Holding there, share of the unit cost a year; `None` = as everywhere.
    pub holding_rate_per_year: Option<f64>,
    /// What is charged there for room and age.
    pub fees: Fees,
    /// Levels of a place in a network that are set by hand.
    pub level: Option<Level>,
    /// Stock and open orders at the first period; `None` = what each policy would hold on average.
    pub initial: Option<InitialStock>,
    /// What to report it under.
    pub scopes: Vec<Scope>,
}

/// One of several locations of an item, between which units may be moved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlaceOfItem {
    /// The item: its pools lie side by side.
    pub item: SkuId,
    /// Where.
    pub location: LocationId,
    /// What a unit costs to buy that need not be where it is moved; `None` = unknown.
    pub unit_cost: Option<Money>,
}

/// How another location feeds a pool.
#[derive(Debug, Clone, PartialEq)]
pub struct FedBy {
    /// Position of the pool that feeds it.
    pub source: usize,
    /// From departure to arrival.
    pub lead_time: LeadTime,
    /// Weekdays and closures of what leaves, as of a supplier.
    pub departures: Arc<Supplier>,
    /// Units of a pack.
    pub pack: f64,
    /// Least units of a line.
    pub minimum: f64,
    /// Most units of a line.
    pub maximum: Option<f64>,
    /// Cost of a line.
    pub cost_per_line: f64,
    /// Cost of a unit.
    pub cost_per_unit: f64,
    /// Whether what nobody asks for stays at the source.
    pub mode: Mode,
}

impl FedBy {
    /// Way and mean days between departures.
    #[must_use]
    pub fn interval(&self) -> Interval {
        let weekdays = &self.departures.order_weekdays;
        Interval {
            lead_days: self.lead_time.mean_days(),
            lead_sd_days: self.lead_time.sd_days(),
            // On average between two departures; without weekdays something may leave every day.
            review_days: if weekdays.is_empty() { 1.0 } else { 7.0 / weekdays.len() as f64 },
        }
    }
}

/// How a source serves what it feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Serving {
    /// Stock is shared out on paper, as the night does it.
    #[default]
    Shares,
    /// Requests wait and are served in the order in which they came: the benchmark.
    FirstCome,
}

impl ReplayPool {
    /// Landed cost of one unit in a lot of `quantity`.
    fn landed(&self, quantity: Units) -> f64 {
        self.tiers.as_ref().map_or(self.unit_cost, |tiers| tiers.landed(quantity))
    }
}

/// Prices that break with the quantity, and what a larger lot is weighed by, as for the night.
#[derive(Debug, Clone, PartialEq)]
pub struct Tiers {
    /// Price of one unit below the first break, reporting currency.
    pub base: Money,
    /// In the supplier's currency, ascending by quantity.
    pub breaks: Vec<PriceBreak>,
    /// Reporting currency for one unit of the supplier's.
    pub rate: f64,
    /// Duty, fees and freight.
    pub charges: Charges,
}

impl Tiers {
    fn prices(&self) -> Prices<'_> {
        Prices { base: self.base, breaks: &self.breaks, rate: self.rate }
    }

    /// Landed cost of one unit in a lot of `quantity`.
    #[must_use]
    pub fn landed(&self, quantity: Units) -> f64 {
        self.charges.landed(self.prices().at(quantity)).as_f64()
    }
}

/// What a pool begins a replay with.
#[derive(Debug, Clone, PartialEq)]
pub struct InitialStock {
    /// On the shelf, and owed.
    pub stock: StockLevel,
    /// Open orders, days from the first period.
    pub arrivals: Vec<Arrival>,
}

/// What a pool's figures are summed under: `class:A` with all of it, `channel:web` with 0.7.
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    /// Its name.
    pub name: String,
    /// How much of the pool belongs to it, 0 to 1.
    pub share: f64,
}

/// A policy to replay.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Label in the results.
    pub name: String,
    /// What it does.
    pub rule: Rule,
    /// How locations are served that others feed.
    pub serving: Serving,
}

impl Candidate {
    /// One that shares stock out, where locations feed each other.
    #[must_use]
    pub fn new(name: impl Into<String>, rule: Rule) -> Self {
        Self { name: name.into(), rule, serving: Serving::Shares }
    }
}

/// What a candidate does at a review.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// What the nightly run does with these settings.
    Inventory(Box<inventory::Settings>),
    /// The benchmark: order up to `cover_days` of the average of the last `average_days`.
    MovingAverage {
        /// Days averaged.
        average_days: f64,
        /// Days of demand that position is raised to.
        cover_days: f64,
    },
}

/// When stock is counted for its holding cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HoldingAt {
    /// What is left at the end of a period.
    #[default]
    PeriodEnd,
    /// The mean of the stock after the morning's arrivals and at the end.
    PeriodAverage,
}

/// What things cost, whatever the policy believes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Costs {
    /// Holding one unit for one period; instead of the rate.
    pub holding_per_unit_period: Option<f64>,
    /// Holding, share of the unit cost a year.
    pub holding_rate_per_year: f64,
    /// One unit of unmet demand; the unit margin when `None`.
    pub shortage_per_unit: Option<f64>,
    /// One order.
    pub order: f64,
    /// When stock is counted.
    pub holding_at: HoldingAt,
}

impl Costs {
    /// The costs that the inventory settings name.
    #[must_use]
    pub fn of(settings: &inventory::Settings) -> Self {
        Self {
            holding_per_unit_period: settings.holding_per_unit_period,
            holding_rate_per_year: settings.holding_rate_per_year,
            shortage_per_unit: settings.shortage_per_unit,
            order: settings.order_cost,
            holding_at: HoldingAt::default(),
        }
    }
}

/// How to replay.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Periods to play, on the axis of the panel.
    pub window: Range<usize>,
    /// Periods at the beginning of the window that are played and not counted: no order placed in
    /// it has arrived yet.
    pub warm_up: usize,
    /// Periods at the end of the window without orders.
    pub run_out: usize,
    /// Periods between two reviews.
    pub review_every: usize,
    /// Length of a period, calendar days.
    pub period_days: f64,
    /// First day of period 0 of the axis, for suppliers' calendars.
    pub origin: NaiveDate,
    /// Whether unmet demand is lost or waits.
    pub unmet_demand: inventory::settings::UnmetDemand,
    /// What things cost.
    pub costs: Costs,
    /// Draws lead times with this seed; `None` = every order takes the mean.
    pub seed: Option<u64>,
    /// Currency that all orders of one review may cost; the pools with the least cover are served
    /// first.
    pub budget: Option<f64>,
    /// How long stock may lie, and what that costs, when a lot is larger than its need.
    pub patience: Patience,
    /// When units are moved between the locations of an item that no lane connects.
    pub allocation: allocate::Settings,
    /// How stock is shared out where locations feed each other.
    pub network: network::settings::Settings,
    /// Candidates whose stock of every pool and period is kept, for charts.
    pub paths_of: Vec<usize>,
}

/// The sums of one scope.
#[derive(Debug, Clone, PartialEq)]
pub struct ScopeTotals {
    /// `class:A`, `channel:web`, ...
    pub name: String,
    /// What happened under it.
    pub totals: Totals,
}

/// What one candidate did.
#[derive(Debug, Clone, PartialEq)]
pub struct Played {
    /// Its label.
    pub name: String,
    /// All pools together.
    pub total: Totals,
    /// By scope, sorted.
    pub scopes: Vec<ScopeTotals>,
    /// By pool, in their order.
    pub pools: Vec<Totals>,
    /// Stock at the end of each played period, by pool; empty unless asked for.
    pub paths: Vec<Vec<f32>>,
}

/// What a simulation came to.
#[derive(Debug)]
pub struct Simulation {
    /// First day counted and first day after the window.
    pub days: (NaiveDate, NaiveDate),
    /// Length of a period, calendar days.
    pub period_days: f64,
    /// Names of the pools, in the order of [`Played::pools`].
    pub pools: Vec<String>,
    /// The policies side by side.
    pub played: Vec<Played>,
    /// The quantile method at rising service targets: stock against service.
    pub frontier: Vec<Played>,
    /// Where safety stock costs less, for every location that feeds others.
    pub hold_or_pass: Vec<HoldAdvice>,
    /// Every change with the user's own settings after it.
    pub what_if: Vec<(String, Played)>,
    /// Choices for all pools and by class, with the candidates they point into.
    pub tuned: Option<crate::simulate::tune::Tuned>,
}

#[cfg(test)]
mod network_tests;
#[cfg(test)]
mod optimal_tests;
#[cfg(test)]
mod tests;

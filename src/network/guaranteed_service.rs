//! Where safety stock belongs: held at the warehouse, or passed through to the places it feeds?
//!
//! Each place promises those it feeds a time within which it delivers. It keeps safety stock for
//! the days that its own replenishment takes longer than its promise: `z sd sqrt(SI + T - S)`,
//! where `SI` is what its source promises, `T` its way or work and `S` its own promise. A dynamic
//! program over the tree finds the promises that cost least.
//!
//! Source: Graves & Willems (2000), *Optimizing strategic safety stock placement in supply chains*;
//! Snyder & Shen (2019), ch. 6.3. Oracle: stockpyl 1.0.2, `gsm_tree`; `network.md`, example 6.
//!
//! ```
//! use orderpoint::network::guaranteed_service::{Stage, place_safety_stock};
//!
//! // One shop behind a warehouse that is nearly as dear: pass through.
//! let warehouse = Stage { holding: 1.0, days: 30, sd: 5.0, ..Stage::default() };
//! let shop = Stage { holding: 1.05, days: 3, from: Some(0), promise: Some(0), ..warehouse };
//! let placed = place_safety_stock(&[warehouse, shop], 1.645);
//! assert_eq!(placed.promised, [30, 0]);
//! assert!((placed.cost - 49.611).abs() < 1e-3);
//! ```

use crate::math::normal;
use crate::network::ageing::Fees;
use serde::{Deserialize, Serialize};

/// One place, each after the one that feeds it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Stage {
    /// Holding one unit for the time that costs are counted in.
    pub holding: f64,
    /// Days of work or way here. `[T]`
    pub days: usize,
    /// Standard deviation of a day's demand that it feeds, units.
    pub sd: f64,
    /// Who feeds it; `None` = a supplier.
    pub from: Option<usize>,
    /// Days that its supplier promises. `[SI]`
    pub supplied_in: usize,
    /// Longest that its customers wait, days; `None` = it has none of its own.
    pub promise: Option<usize>,
}

/// Promises, stocks and what they cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// Days each place promises. `[S]`
    pub promised: Vec<usize>,
    /// Safety stock of each, units.
    pub safety_stock: Vec<f64>,
    /// Holding all of it.
    pub cost: f64,
}

/// The promises that cost least, with safety factor `z`.
///
/// # Panics
/// If a stage stands before the one that feeds it.
#[must_use]
pub fn place_safety_stock(stages: &[Stage], z: f64) -> Placed {
    // Longest time in which each can be replenished at all: beyond, no promise of its source goes.
    let mut longest = vec![0; stages.len()];
    for (i, stage) in stages.iter().enumerate() {
        let inbound = stage.from.map_or(stage.supplied_in, |from| {
            assert!(from < i, "a stage stands after the one that feeds it");
            longest[from]
        });
        longest[i] = inbound + stage.days;
    }
    // Last places first: cost of a place and all below by what its source promises.
    let mut cost_by_inbound: Vec<Vec<f64>> = vec![Vec::new(); stages.len()];
    let mut best_promise: Vec<Vec<usize>> = vec![Vec::new(); stages.len()];
    for i in (0..stages.len()).rev() {
        let stage = &stages[i];
        let inbounds = longest[i] - stage.days;
        for inbound in 0..=inbounds {
            let most = (inbound + stage.days).min(stage.promise.unwrap_or(usize::MAX));
            let mut best = 0;
            let mut least = f64::INFINITY;
            for promise in 0..=most {
                let mut cost = stage.holding * safety_stock(stage, z, inbound, promise);
                for (below, costs) in stages.iter().zip(&cost_by_inbound) {
                    if below.from == Some(i) {
                        cost += costs[promise];
                    }
                }
                if cost < least {
                    least = cost;
                    best = promise;
                }
            }
            cost_by_inbound[i].push(least);
            best_promise[i].push(best);
        }
    }
    let mut promised = Vec::with_capacity(stages.len());
    let mut stocks = Vec::with_capacity(stages.len());
    let mut cost = 0.0;
    for (i, stage) in stages.iter().enumerate() {
        let inbound = stage.from.map_or(stage.supplied_in, |from| promised[from]);
        let promise = best_promise[i][inbound];
        let stock = safety_stock(stage, z, inbound, promise);
        cost += stage.holding * stock;
        promised.push(promise);
        stocks.push(stock);
    }
    Placed { promised, safety_stock: stocks, cost }
}

/// `z sd sqrt(SI + T - S)`
fn safety_stock(stage: &Stage, z: f64, inbound: usize, promise: usize) -> f64 {
    z * stage.sd * ((inbound + stage.days - promise) as f64).sqrt()
}

/// What safety stock costs when a warehouse holds it, and when it passes everything through.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HoldOrPass {
    /// The warehouse delivers at once.
    pub hold: f64,
    /// Its places wait for its supplier too.
    pub pass_through: f64,
}

impl HoldOrPass {
    /// Whether stock at the warehouse pays.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.hold <= self.pass_through
    }
}

/// A place that may hold safety stock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Holder<'a> {
    /// Holding one unit there for a year, storage included.
    pub holding: f64,
    /// Units a day that its own customers buy.
    pub per_day: f64,
    /// Standard deviation of a day's demand of its own customers, units.
    pub sd: f64,
    /// What it charges for age.
    pub fees: &'a Fees,
}

impl Holder<'_> {
    /// A year of `units` there: holding, and fees for the age that they reach.
    fn cost(&self, units: f64) -> f64 {
        self.holding * units + self.fees.of_age_a_year(units, self.per_day)
    }
}

/// A place behind a warehouse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fed<'a> {
    /// The place.
    pub at: Holder<'a>,
    /// Way to it, days.
    pub days: f64,
}

/// Service that both ways are compared at: one in twenty runs short, wherever the stock lies.
const ADVISED_SERVICE: f64 = 0.95;

/// [`hold_or_pass`] at the service that advice is given for.
#[must_use]
pub fn advised(warehouse: &Holder<'_>, days: f64, places: &[Fed<'_>]) -> HoldOrPass {
    hold_or_pass(warehouse, days, places, normal::quantile(ADVISED_SERVICE))
}

/// Both ways for a `warehouse` whose supplier takes `days`; the demands of its places and of its
/// own customers are independent.
///
/// ```
/// use orderpoint::network::ageing::Fees;
/// use orderpoint::network::guaranteed_service::{Fed, Holder, hold_or_pass};
///
/// let fees = Fees::NONE;
/// let at = |holding: f64, sd: f64| Holder { holding, sd, per_day: 1.0, fees: &fees };
/// let shops = [2.0, 3.0, 4.0].map(|sd| Fed { at: at(1.6, sd), days: 3.0 });
/// let both = hold_or_pass(&at(1.0, 0.0), 30.0, &shops, 1.645);
/// assert!((both.hold - 89.549).abs() < 1e-3 && (both.pass_through - 136.077).abs() < 1e-3);
/// ```
#[must_use]
pub fn hold_or_pass(warehouse: &Holder<'_>, days: f64, places: &[Fed<'_>], z: f64) -> HoldOrPass {
    // What its own customers need lies there in any case.
    let own = warehouse.cost(z * warehouse.sd * days.sqrt());
    let mut variance = warehouse.sd.powi(2);
    let mut per_day = warehouse.per_day;
    for Fed { at, .. } in places {
        variance += at.sd.powi(2);
        per_day += at.per_day;
    }
    // It sells what all of them sell.
    let pooled = Holder { per_day, ..*warehouse };
    let mut both =
        HoldOrPass { hold: pooled.cost(z * variance.sqrt() * days.sqrt()), pass_through: own };
    for Fed { at, days: way } in places {
        both.hold += at.cost(z * at.sd * way.sqrt());
        both.pass_through += at.cost(z * at.sd * (days + way).sqrt());
    }
    both
}

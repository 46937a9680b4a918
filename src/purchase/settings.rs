//! What a planner can set about purchasing: `[purchase]` in the configuration.

use crate::purchase::long_lot::Patience;
use crate::purchase::open_to_buy::OpenToBuy;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a cost of the whole order is shared out over its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// By units.
    Quantity,
    /// By purchase value.
    #[default]
    Value,
    /// By weight.
    Weight,
    /// By volume.
    Volume,
}

/// A container that is bought whole: what fits in is bound by a capacity, or by weight and volume
/// together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// What fits in, measured by `basis`.
    #[serde(default)]
    pub capacity: Option<f64>,
    /// What `capacity` is measured in.
    #[serde(default = "quantity")]
    pub basis: Basis,
    /// Most weight that may be in it.
    #[serde(default)]
    pub weight: Option<f64>,
    /// Most volume that may be in it.
    #[serde(default)]
    pub volume: Option<f64>,
}

/// One thing that a container has only so much of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContainerLimit {
    /// What is measured.
    pub basis: Basis,
    /// How much of it fits into one container.
    pub capacity: f64,
}

impl Container {
    /// A container with one limit.
    #[must_use]
    pub fn of(capacity: f64, basis: Basis) -> Self {
        Self { capacity: Some(capacity), basis, weight: None, volume: None }
    }

    /// All that binds it.
    pub fn limits(&self) -> impl Iterator<Item = ContainerLimit> {
        let Self { capacity, basis, weight, volume } = *self;
        [(basis, capacity), (Basis::Weight, weight), (Basis::Volume, volume)]
            .into_iter()
            .filter_map(|(basis, capacity)| Some(ContainerLimit { basis, capacity: capacity? }))
    }

    /// What is wrong with the container of `supplier`.
    fn problem(&self, supplier: &str) -> Option<String> {
        let key = format!("purchase.containers.{supplier}");
        let named = [("capacity", self.capacity), ("weight", self.weight), ("volume", self.volume)];
        for (name, value) in named {
            if let Some(value) = value.filter(|value| !value.is_finite() || *value <= 0.0) {
                return Some(format!("{key}.{name} = {value}: expected more than 0"));
            }
        }
        self.limits().next().is_none().then(|| {
            format!("{key} says no size: write `capacity`, `weight`, `volume` or the last two")
        })
    }
}

fn quantity() -> Basis {
    Basis::Quantity
}

/// Settings of sourcing, order constraints and open orders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Cost of holding one unit of value for a year: 0.25 = 25 % a year.
    #[serde(skip)]
    pub carrying_rate: f64,
    /// Cost of placing one order line, currency units: weighs against bigger lots and split orders.
    #[serde(skip)]
    pub order_cost: f64,
    /// Fees (brokerage, inspection) as a share of price; part of the landed cost.
    pub fee_rate: f64,
    /// How the freight of an order is shared out over its lines.
    pub freight_basis: Basis,
    /// Code of the currency everything is reported in; suppliers without a currency use it.
    pub currency: String,
    /// Reporting currency for one unit of a foreign currency: `EUR = 1.08`.
    pub rates: BTreeMap<String, f64>,
    /// Most to spend on all orders of one run, currency units; none = no limit.
    pub budget: Option<f64>,
    /// Most to receive of a category in a month, by a name of the planner's own.
    pub open_to_buy: BTreeMap<String, OpenToBuy>,
    /// Containers by supplier.
    pub containers: BTreeMap<String, Container>,
    /// Top-ups, price breaks and containers never buy beyond this cover, days of demand.
    pub max_cover_days: f64,
    /// Lost margin counts over this many days after an order placed now would arrive.
    pub risk_days: f64,
    /// Whether an urgent order may be split: a bridge from the faster supplier, the rest from the
    /// usual one.
    pub split_orders: bool,
    /// An order that would change by at most this share since the last run keeps its quantity.
    pub damping: f64,
    /// An open order is pushed out when it is not needed for this many days after it is expected.
    pub push_out_days: i64,
    /// An open order is expedited when the stock is gone at least this many days before it is
    /// expected.
    pub expedite_days: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            // A stand-in: the run sets it from `holding_rate_per_year`.
            carrying_rate: 0.25,
            // A stand-in, too: the run sets it from the policy.
            order_cost: 0.0,
            fee_rate: 0.0,
            // The one basis that needs no weight or volume in the master data.
            freight_basis: Basis::Value,
            currency: "USD".to_owned(),
            rates: BTreeMap::new(),
            budget: None,
            open_to_buy: BTreeMap::new(),
            containers: BTreeMap::new(),
            // By choice: four months of demand is the most that a forecast is trusted with.
            max_cover_days: 120.0,
            // Four whole weeks, so that no weekday counts more than another.
            risk_days: 28.0,
            split_orders: true,
            // By choice: a change that a buyer would not write to a supplier about.
            damping: 0.1,
            // By choice: moving an order by less costs more talk than carrying it.
            push_out_days: 14,
            // Any day without stock is worth a call.
            expedite_days: 1,
        }
    }
}

impl Settings {
    /// How long stock may lie, and what that costs.
    #[must_use]
    pub fn patience(&self) -> Patience {
        Patience { max_cover_days: self.max_cover_days, carrying_rate: self.carrying_rate }
    }

    /// Everything out of range, as sentences for the configuration's list of problems.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (name, share) in [("fee_rate", self.fee_rate), ("damping", self.damping)] {
            if !(0.0..=1.0).contains(&share) {
                problems.push(format!("purchase.{name} = {share}: expected 0 to 1"));
            }
        }
        if self.budget.is_some_and(|budget| !budget.is_finite() || budget < 0.0) {
            problems.push(format!("purchase.budget = {:?}: expected 0 or more", self.budget));
        }
        for (name, days) in [("max_cover_days", self.max_cover_days), ("risk_days", self.risk_days)]
        {
            if days.is_nan() || days <= 0.0 {
                problems.push(format!("purchase.{name} = {days}: expected more than 0"));
            }
        }
        for (name, days) in
            [("push_out_days", self.push_out_days), ("expedite_days", self.expedite_days)]
        {
            if days <= 0 {
                problems.push(format!("purchase.{name} = {days}: expected 1 or more"));
            }
        }
        for (code, rate) in &self.rates {
            if !rate.is_finite() || *rate <= 0.0 {
                problems.push(format!("purchase.rates.{code} = {rate}: expected more than 0"));
            }
        }
        for (supplier, container) in &self.containers {
            problems.extend(container.problem(supplier));
        }
        for (name, line) in &self.open_to_buy {
            problems.extend(line.problem(name));
        }
        problems
    }
}

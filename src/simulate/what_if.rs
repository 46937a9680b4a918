//! Changes the world, leaves the policy: lead time, demand, service, budget, tariff, a supplier
//! lost.

use crate::domain::classes::{AbcClass, XyzClass};
use crate::domain::error::did_you_mean;
use crate::domain::units::{LeadTime, Probability};
use crate::inventory;
use crate::inventory::settings::Method;
use crate::math::distributions::Demand;
use crate::simulate::{Candidate, PoolOutlook, ReplayPool, Rule, Settings};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Suppliers named where one is not found.
const NAMED: usize = 10;

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub enum WhatIf {
    /// Calendar days on every lead time; may be negative.
    LeadTime(f64),
    /// Factor on demand, 1.1 = a tenth more.
    Demand(f64),
    /// Service target of every pool.
    Service(Probability),
    /// Currency for all orders of one review.
    Budget(f64),
    /// Share of the price added to every unit's cost; the margin shrinks by it.
    Tariff(f64),
    /// This supplier is gone.
    LostSupplier(String),
    /// Calendar days on every lane between locations; may be negative.
    LaneLeadTime(f64),
    /// This location is closed: what it feeds buys for itself, from its suppliers, and its own
    /// customers go to the place that sells most.
    Closed(String),
    /// One location more that is fed and sells like this one.
    OneMore(String),
}

impl std::str::FromStr for WhatIf {
    type Err = String;

    /// `lead-time=+7`, `demand=-10%`, `service=0.98`, `budget=50000`, `tariff=0.25`,
    /// `lost-supplier=NAME`, `lane-lead-time=+2`, `closed=LOCATION`, `one-more=LOCATION`.
    fn from_str(text: &str) -> Result<Self, String> {
        let expected = "lead-time=DAYS, demand=PERCENT%, service=SHARE, budget=AMOUNT, \
                        tariff=SHARE, lost-supplier=NAME, lane-lead-time=DAYS, closed=LOCATION or \
                        one-more=LOCATION";
        let (key, value) =
            text.split_once('=').ok_or_else(|| format!("`{text}`: expected {expected}"))?;
        match key.trim() {
            "lead-time" => Ok(Self::LeadTime(number(text, value)?)),
            // The number is a change: `+20%` leaves 1.2 of today's demand.
            "demand" => match 1.0 + number(text, value)? {
                factor if factor > 0.0 => Ok(Self::Demand(factor)),
                _ => Err(format!("`{text}`: leaves no demand")),
            },
            "service" => Probability::try_from(number(text, value)?).map(Self::Service),
            "budget" => match number(text, value)? {
                amount if amount >= 0.0 => Ok(Self::Budget(amount)),
                _ => Err(format!("`{text}`: a budget is not negative")),
            },
            "tariff" => match number(text, value)? {
                rate if rate > -1.0 => Ok(Self::Tariff(rate)),
                _ => Err(format!("`{text}`: leaves no price")),
            },
            "lost-supplier" => Ok(Self::LostSupplier(value.trim().to_string())),
            "lane-lead-time" => Ok(Self::LaneLeadTime(number(text, value)?)),
            "closed" => Ok(Self::Closed(value.trim().to_string())),
            "one-more" => Ok(Self::OneMore(value.trim().to_string())),
            _ => Err(format!("`{text}`: expected {expected}")),
        }
    }
}

/// The number behind the `=` of `text`; `10%` is 0.1.
fn number(text: &str, value: &str) -> Result<f64, String> {
    let percent = value.strip_suffix('%');
    let parsed: Result<f64, _> = percent.unwrap_or(value).trim().parse();
    let Ok(parsed) = parsed else {
        return Err(format!("`{text}`: `{value}` is not a number"));
    };
    if !parsed.is_finite() {
        return Err(format!("`{text}`: the number is not finite"));
    }
    Ok(if percent.is_some() { parsed / 100.0 } else { parsed })
}

/// How a pool would be supplied by another supplier.
#[derive(Debug, Clone, PartialEq)]
pub struct Alternative {
    /// Its lead time.
    pub lead_time: LeadTime,
    /// Its landed unit cost, currency.
    pub unit_cost: f64,
}

/// Everything a replay is made of, ready to be changed.
#[derive(Debug, Clone)]
pub struct World {
    /// The pools.
    pub pools: Vec<ReplayPool>,
    /// (supplier, who would step in) of each pool; `None` = nobody. `[pools]`
    pub suppliers: Vec<(String, Option<Alternative>)>,
    /// Where each pool is. `[pools]`
    pub locations: Vec<String>,
    /// Positions in the panel of the pools whose demand is asked of each. `[pools]`
    pub demand_of: Vec<Vec<usize>>,
    /// The policies.
    pub candidates: Vec<Candidate>,
    /// How to replay.
    pub settings: Settings,
    /// Factor on every forecast.
    pub forecast_factor: f64,
}

impl World {
    /// Why `change` would change nothing, which would read as "we can do without it"; `None` where
    /// it does.
    #[must_use]
    pub fn refusal(&self, change: &WhatIf, own: &inventory::Settings) -> Option<String> {
        match change {
            WhatIf::LostSupplier(name) => {
                if self.suppliers.iter().any(|(supplier, _)| supplier == name) {
                    return None;
                }
                let known: BTreeSet<&str> = self
                    .suppliers
                    .iter()
                    .map(|(s, _)| s.as_str())
                    .filter(|s| !s.is_empty())
                    .collect();
                let near = did_you_mean(name, known.iter().copied());
                let known: Vec<&str> = known.into_iter().take(NAMED).collect();
                let known = known.join(", ");
                Some(format!("{name} is no item's first supplier{near}; those that are: {known}"))
            }
            WhatIf::Service(_) => self.is_ruled_by_costs(own).then(|| {
                "costs decide how much stock is kept, so a service target changes nothing: set \
                 [policy] method = \"quantile\" to ask what a target would cost, or [policy] \
                 shortage_per_unit to weigh shortages more"
                    .to_owned()
            }),
            WhatIf::Tariff(_) if self.pools.iter().all(|pool| pool.unit_cost <= 0.0) => {
                Some("no unit cost is known, so a tariff changes nothing".to_owned())
            }
            WhatIf::Budget(_) if self.pools.iter().all(|pool| pool.unit_cost <= 0.0) => {
                Some("no unit cost is known, so a budget limits nothing".to_owned())
            }
            WhatIf::LaneLeadTime(_) if self.pools.iter().all(|pool| pool.fed.is_none()) => {
                Some("no location feeds another, so there is no lane to be longer".to_owned())
            }
            WhatIf::Closed(name) => {
                let feeds: BTreeSet<&str> = self
                    .pools
                    .iter()
                    .filter_map(|pool| pool.fed.as_ref())
                    .map(|fed| self.locations[fed.source].as_str())
                    .collect();
                not_one_of(name, &feeds, "feeds no other location", "those that do")
            }
            WhatIf::OneMore(name) => {
                let fed: BTreeSet<&str> = self
                    .pools
                    .iter()
                    .zip(&self.locations)
                    .filter(|(pool, _)| pool.fed.is_some())
                    .map(|(_, location)| location.as_str())
                    .collect();
                not_one_of(name, &fed, "is fed by no other location", "those that are")
            }
            WhatIf::LeadTime(_)
            | WhatIf::Demand(_)
            | WhatIf::Budget(_)
            | WhatIf::Tariff(_)
            | WhatIf::LaneLeadTime(_) => None,
        }
    }

    /// Whether every pool's stock is decided by something else than a target under `settings`.
    fn is_ruled_by_costs(&self, settings: &inventory::Settings) -> bool {
        self.pools.iter().filter(|pool| pool.supplied).all(|pool| {
            let cell = settings.of_item(pool.abc, pool.xyz, pool.group);
            let by_rate = settings.holding_rate_per_year * pool.unit_cost;
            let holding = settings.holding_per_unit_period.unwrap_or(by_rate);
            let shortage = settings.shortage_per_unit.unwrap_or(pool.unit_margin);
            match cell.method.unwrap_or(settings.method) {
                Method::Auto | Method::Cost => holding > 0.0 && shortage > 0.0,
                Method::MaxAverage | Method::Cover | Method::JustInTime => true,
                Method::Normal | Method::Quantile | Method::FillRate => false,
            }
        })
    }

    /// The world after `change`. A pool whose only supplier is lost sells what it has and orders no
    /// more.
    #[must_use]
    pub fn after(mut self, change: &WhatIf) -> Self {
        match change {
            WhatIf::LeadTime(days) => {
                for pool in &mut self.pools {
                    pool.lead_time = longer(pool.lead_time, *days);
                }
            }
            WhatIf::Demand(factor) => {
                self.forecast_factor *= factor;
                for units in self.pools.iter_mut().flat_map(|pool| &mut pool.demand) {
                    *units = (f64::from(*units) * factor) as f32;
                }
            }
            WhatIf::Service(service) => self.serve(*service),
            WhatIf::Budget(amount) => self.settings.budget = Some(*amount),
            WhatIf::Tariff(rate) => {
                for pool in &mut self.pools {
                    // Prices stay: the tariff comes out of the margin, before anybody passes it on.
                    pool.unit_margin -= rate * pool.unit_cost;
                    pool.unit_cost += rate * pool.unit_cost;
                }
            }
            WhatIf::LostSupplier(name) => self.lose(name),
            WhatIf::LaneLeadTime(days) => {
                for pool in &mut self.pools {
                    for lane in pool.fed.iter_mut().chain(&mut pool.backups) {
                        lane.lead_time = longer(lane.lead_time, *days);
                    }
                }
            }
            WhatIf::Closed(name) => self.close(name),
            WhatIf::OneMore(name) => self.add_like(name),
        }
        self
    }

    /// What `name` feeds is fed by who else can, or supplied as it was; its own demand goes where
    /// most of it sells.
    fn close(&mut self, name: &str) {
        for source in 0..self.pools.len() {
            if self.locations[source] != name {
                continue;
            }
            let closed = self.pools[source].clone();
            let mut busiest: Option<usize> = None;
            for (i, pool) in self.pools.iter_mut().enumerate() {
                pool.backups.retain(|lane| lane.source != source);
                if pool.fed.as_ref().is_none_or(|fed| fed.source != source) {
                    continue;
                }
                busiest = busiest.or(Some(i));
                // Who has another source asks that one; who has none is fed, or buys, as the closed
                // place did.
                if !pool.backups.is_empty() {
                    pool.fed = Some(pool.backups.remove(0));
                    continue;
                }
                pool.fed = closed.fed.clone();
                pool.supplied = closed.supplied;
                pool.lead_time = closed.lead_time;
                pool.lot = closed.lot;
                pool.supplier = closed.supplier.clone();
                self.suppliers[i] = self.suppliers[source].clone();
            }
            let sold = |pool: &ReplayPool| pool.demand.iter().map(|&d| f64::from(d)).sum::<f64>();
            for i in 0..self.pools.len() {
                let is_like = self.demand_of[i] != self.demand_of[source]
                    && self.pools[i].name.split('/').next() == closed.name.split('/').next();
                let more = busiest.is_some_and(|b| sold(&self.pools[i]) > sold(&self.pools[b]));
                if is_like && more {
                    busiest = Some(i);
                }
            }
            if let Some(to) = busiest {
                for (sum, units) in self.pools[to].demand.iter_mut().zip(&closed.demand) {
                    *sum += units;
                }
                let moved = std::mem::take(&mut self.demand_of[source]);
                // Its customers go to the place that sells most of the item: they must buy
                // somewhere, or closing would look free.
                self.demand_of[to].extend(moved);
                self.pools[to].start = self.pools[to].start.min(closed.start);
            }
            // Nothing is asked of it, nothing is kept in it.
            self.pools[source].demand.fill(0.0);
            self.pools[source].supplied = false;
            self.pools[source].start = usize::MAX;
        }
    }

    /// Every pool at `name` once more, with the same demand.
    fn add_like(&mut self, name: &str) {
        for i in 0..self.pools.len() {
            if self.locations[i] != name || self.pools[i].fed.is_none() {
                continue;
            }
            let pool = self.pools[i].clone();
            self.pools.push(ReplayPool { name: format!("{} (one more)", pool.name), ..pool });
            self.suppliers.push(self.suppliers[i].clone());
            self.locations.push(format!("{name} (one more)"));
            self.demand_of.push(self.demand_of[i].clone());
        }
    }

    fn serve(&mut self, service: Probability) {
        for pool in &mut self.pools {
            // A target of a group would stand above the one that is asked about.
            pool.group.service = None;
        }
        for candidate in &mut self.candidates {
            if let Rule::Inventory(settings) = &mut candidate.rule {
                settings.service = service;
                let mut cells = std::collections::BTreeMap::new();
                for &abc in AbcClass::ALL {
                    for &xyz in XyzClass::ALL {
                        let cell = settings.cell(Some(abc), Some(xyz));
                        cells.insert(
                            format!("{abc}{xyz}"),
                            crate::inventory::settings::CellPolicy { service, ..cell },
                        );
                    }
                }
                settings.cells = cells;
            }
        }
    }

    fn lose(&mut self, name: &str) {
        for (pool, (supplier, next)) in self.pools.iter_mut().zip(&self.suppliers) {
            if supplier != name {
                continue;
            }
            match next {
                Some(Alternative { lead_time, unit_cost }) => {
                    pool.lead_time = *lead_time;
                    // At the price of the next supplier; what customers pay stays.
                    pool.unit_margin += pool.unit_cost - unit_cost;
                    pool.unit_cost = *unit_cost;
                }
                None => pool.supplied = false,
            }
        }
    }
}

/// Why `name` cannot be changed, when it is none of `names`.
fn not_one_of(name: &str, names: &BTreeSet<&str>, what: &str, those: &str) -> Option<String> {
    if names.contains(name) {
        return None;
    }
    let near = did_you_mean(name, names.iter().copied());
    let known: Vec<&str> = names.iter().copied().take(NAMED).collect();
    let known = known.join(", ");
    Some(format!("{name} {what}{near}; {those}: {known}"))
}

fn longer(lead_time: LeadTime, days: f64) -> LeadTime {
    // Half a day: the policy's intervals must not be empty, however much the change takes off.
    let mean = (lead_time.mean_days() + days).max(0.5);
    let longest = (lead_time.max_days() + days).max(mean);
    LeadTime::new(mean, lead_time.sd_days(), longest).unwrap_or(lead_time)
}

/// The outlooks of a changed world, from those of the panel's pools: one pool's may be asked of
/// several, and several of one.
#[must_use]
pub fn of_world(world: &World, outlooks: &[PoolOutlook]) -> Vec<PoolOutlook> {
    world.demand_of.iter().map(|pools| together(pools, outlooks)).collect()
}

/// Demand of several pools, taken to be independent of each other.
fn together(pools: &[usize], outlooks: &[PoolOutlook]) -> PoolOutlook {
    if let [only] = pools {
        return outlooks[*only].clone();
    }
    let horizon = pools.iter().map(|&pool| outlooks[pool].mean.len()).max().unwrap_or(0);
    let mut mean = vec![0.0; horizon];
    let mut overs = Vec::with_capacity(pools.len());
    for &pool in pools {
        for (sum, units) in mean.iter_mut().zip(&outlooks[pool].mean) {
            *sum += units;
        }
        overs.push(Arc::clone(&outlooks[pool].over));
    }
    let over = move |from: f64, to: f64, end: f64| {
        let mut mean = 0.0;
        let mut variance = 0.0;
        for over in &overs {
            let demand = over(from, to, end);
            mean += demand.mean();
            variance += demand.sd().powi(2);
        }
        Demand::count(mean, variance.sqrt())
    };
    PoolOutlook { mean, over: Arc::new(over) }
}

/// A forecast scaled by `factor`, > 0.
///
/// ```
/// use orderpoint::math::distributions::Demand;
/// use orderpoint::simulate::{PoolOutlook, what_if::scaled};
/// use std::sync::Arc;
///
/// let over = |from: f64, to: f64, _: f64| Demand::Poisson { mean: 2.0 * (to - from) };
/// let half_as_much_again =
///     scaled(&PoolOutlook { mean: vec![2.0; 30], over: Arc::new(over) }, 1.5);
/// assert_eq!(half_as_much_again.mean[0], 3.0);
/// assert!(((half_as_much_again.over)(0.0, 10.0, 0.0).mean() - 30.0).abs() < 1e-9);
/// ```
#[must_use]
pub fn scaled(outlook: &PoolOutlook, factor: f64) -> PoolOutlook {
    let mean = outlook.mean.iter().map(|&m| (f64::from(m) * factor) as f32).collect();
    let over = Arc::clone(&outlook.over);
    PoolOutlook { mean, over: Arc::new(move |from, to, end| over(from, to, end).scaled(factor)) }
}

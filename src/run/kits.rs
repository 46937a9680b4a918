//! Kits of a night: which pool serves which, what they take of their parts, and what may be
//! promised of kits and parts together. Everything is decided by `inventory::kits` and
//! `allocate::promise`; here they are given what the night knows.

use crate::allocate::promise::{Claim, promises};
use crate::domain::inputs::Inputs;
use crate::domain::panel::Pool;
use crate::domain::units::{ChannelId, Money, SkuId, Units};
use crate::inventory::Shelf;
use crate::inventory::expiry::offerable;
use crate::inventory::kits::{Bills, Kits, PackedKits, ThroughKits};
use crate::inventory::net_demand::{NetDemand, own_demand};
use crate::inventory::outlook::units_until;
use crate::math::distributions::Demand;
use crate::run::night::{DAILY_DEMAND_DAYS, KitForecast, KitNight, Night};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// The bills of all pools: a part lies at the kit's own location, else where it is supplied, else
/// at the first location that has it.
pub(super) fn bills_of(inputs: &Inputs) -> Bills {
    bills(inputs, &Kits::new(&inputs.kits, &inputs.names).0)
}

fn bills(inputs: &Inputs, kits: &Kits) -> Bills {
    let panel = &inputs.panel;
    let pools = panel.pools();
    let is_supplied = |p: usize| {
        let here = Some(pools[p].location);
        inputs.supply.of(pools[p].sku).iter().any(|supply| supply.location == here)
    };
    let serving = |part: SkuId, kit: usize| {
        let here = panel.position((part, pools[kit].location));
        let elsewhere = panel.pools_of(part).iter().filter_map(|pool| panel.position(pool));
        // A part that does not lie here is packed where somebody delivers it, or where it lies at
        // all.
        here.or_else(|| elsewhere.clone().find(|&p| is_supplied(p)))
            .or_else(|| elsewhere.clone().next())
    };
    Bills::new(kits, 0..pools.len(), |p| pools[p].sku, serving)
}

impl KitNight {
    /// A kit is forecast again with its own partition, where a fault of it is told: here it would
    /// be told twice.
    pub(super) fn of(night: &Night<'_>) -> Self {
        let pools = night.inputs.panel.pools();
        let bills = bills(night.inputs, &night.kits);
        if bills.is_empty() {
            return Self::default();
        }
        let forecasts: BTreeMap<usize, KitForecast> = bills
            .kits()
            .par_iter()
            .map(|&p| {
                let forecast = night.forecast_or_plain(p).pool;
                let horizon = forecast.total.mean().len();
                // Without what other kits take of it: that reaches the parts through those kits.
                let own = own_demand(night.series_demand(&pools[p], &forecast), horizon);
                let series = night.series_demand(&pools[p], &forecast);
                let net = NetDemand::new(forecast.total.mean(), series, None);
                (p, KitForecast { forecast, own, kept_share: net.kept_share })
            })
            .collect();
        let horizon = forecasts.values().map(|kit| kit.own.len()).max().unwrap_or(0);
        let own = |p: usize| forecasts.get(&p).map(|kit: &KitForecast| kit.own.as_slice());
        let through = bills.explode(horizon, own, |p| night.packed(p));
        let mut kits = Self { bills, forecasts, through, promised: BTreeMap::new() };
        kits.promised = kits.promises(night);
        kits
    }

    /// What kits take of pool `p`; `None` without any.
    pub(super) fn through(&self, p: usize) -> Option<&ThroughKits> {
        // What kits take of a kit is its parts' demand, and not asked for of the kit again.
        self.through.get(&p).filter(|_| self.bills.parts(p).is_empty())
    }

    /// Variance of the demand for the kits of pool `p` over the periods `from..to`.
    pub(super) fn variance(&self, p: usize, from: f64, to: f64, end_variance: f64) -> f64 {
        let Some(kit) = self.forecasts.get(&p) else { return 0.0 };
        let demand: Demand = kit.forecast.total.over(from, to, end_variance).into();
        (kit.kept_share * demand.sd()).powi(2)
    }

    /// Units of pool `p` that can be handed over once customers who wait are served, no other kit
    /// or part being sold meanwhile.
    pub(super) fn available(&self, p: usize, shelves: &[Shelf]) -> Units {
        if self.bills.parts(p).is_empty() {
            return shelves[p].available;
        }
        self.bills.makeable(p, |pool| self.left(pool, shelves))
    }

    /// Units that may be promised to new customers, where kits and parts share them; `None` for an
    /// item that has nothing to do with kits.
    pub(super) fn promised(&self, p: usize) -> Option<Units> {
        self.promised.get(&p).copied()
    }

    /// Promisable units of a shelf, once the kits that are owed have their parts.
    fn left(&self, p: usize, shelves: &[Shelf]) -> Units {
        // Whole units: half a part cannot be promised beside a kit that is owed the other half.
        let owed = self.through(p).map_or(0.0, |through| through.owed);
        (shelves[p].promisable() - Units::ceil(owed)).or_zero()
    }

    fn promises(&self, night: &Night<'_>) -> BTreeMap<usize, Units> {
        let families = self.bills.families();
        let promised: Vec<Vec<(usize, Units)>> = families
            .par_iter()
            .map(|family| {
                let mut claims = Vec::with_capacity(family.len());
                let mut there: BTreeMap<usize, Units> = BTreeMap::new();
                for &p in family {
                    let stock = self.stock_of(night, p);
                    there.insert(p, stock.offerable);
                    claims.push(stock.claim);
                }
                let units = promises(&self.bills, &claims, |p| there[&p]);
                family.iter().copied().zip(units).collect()
            })
            .collect();
        promised.into_iter().flatten().collect()
    }

    fn stock_of(&self, night: &Night<'_>, p: usize) -> Claimed {
        let pool = &night.inputs.panel.pools()[p];
        let records = night.records(p);
        let period_days = night.inputs.panel.calendar().bucket().days();
        // Parts are forecast once more with their own partition, as kits are.
        let plain = (!self.forecasts.contains_key(&p)).then(|| night.forecast_or_plain(p).pool);
        let forecast = match self.forecasts.get(&p) {
            Some(kit) => &kit.forecast,
            None => plain.as_ref().expect("what is no kit was forecast just now"),
        };
        let gross = forecast.total.mean();
        let own = NetDemand::new(gross, night.series_demand(pool, forecast), None);
        let through = self.through.get(&p);
        let asked = NetDemand::new(gross, night.series_demand(pool, forecast), through);
        let until = |days: f64| units_until(&asked.mean, period_days, days);
        let left = self.left(p, &night.shelves);
        Claimed {
            offerable: offerable(left, &night.shelves[p].lots, until),
            claim: Claim {
                pool: p,
                per_day: units_until(&own.mean, period_days, DAILY_DEMAND_DAYS) / DAILY_DEMAND_DAYS,
                margin: records.economics.margin().map(Money::as_f64),
                reserved: night.reserved(pool),
                step: match self.bills.parts(p).is_empty() {
                    true => records.product.step(),
                    false => Units::whole(1),
                },
                publication_days: night.plan.allocation.sync_days.max(1.0),
                supply_days: night.lead_time(&records).lead_time.mean_days()
                    + night.plan.policy.review_period_days,
                is_sold: !pool.series.is_empty() || night.is_listed(pool.sku),
            },
        }
    }
}

impl Night<'_> {
    /// Kits of pool `p` that need no packing.
    fn packed(&self, p: usize) -> PackedKits {
        let records = self.records(p);
        let period_days = self.inputs.panel.calendar().bucket().days();
        let mut arrivals = self.arrivals(&records, &self.lead_time(&records));
        for arrival in &mut arrivals {
            arrival.days /= period_days;
        }
        PackedKits { net: records.shelf.level().net(), arrivals }
    }

    /// Units of the item that channels have reserved.
    fn reserved(&self, pool: &Pool) -> Units {
        let here = self.channels_of(pool);
        here.into_iter().map(|c| self.terms(pool, c).reserve().unwrap_or_default()).sum()
    }

    fn is_listed(&self, sku: SkuId) -> bool {
        (0..self.inputs.channels.len() as u32)
            .any(|c| self.inputs.listings.get((sku, ChannelId(c))).is_some())
    }
}

/// A pool of a family before it is promised.
struct Claimed {
    claim: Claim,
    /// Units of its own shelf that may be promised.
    offerable: Units,
}

//! Hold here, or pass through? What safety stock costs either way, for every location that feeds
//! others, in money a year.

use crate::domain::outcome::HoldAdvice;
use crate::network::guaranteed_service::{Fed, Holder, advised};
use crate::simulate::{ReplayPool, Settings};
use std::collections::BTreeMap;

// Days of the recent past that spreads are taken from: half a year.
const SPREAD_DAYS: f64 = 182.0;

/// The advice for every location that feeds others, by name; `locations` of the pools.
#[must_use]
pub fn advice(pools: &[ReplayPool], locations: &[String], settings: &Settings) -> Vec<HoldAdvice> {
    let mut fed_by: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (i, pool) in pools.iter().enumerate() {
        if let Some(fed) = &pool.fed {
            fed_by.entry(fed.source).or_default().push(i);
        }
    }
    let mut by_location: BTreeMap<&str, HoldAdvice> = BTreeMap::new();
    for (&source, fed) in &fed_by {
        let this = &pools[source];
        let mut places = Vec::with_capacity(fed.len());
        for &place in fed {
            let days = pools[place].fed.as_ref().map_or(0.0, |fed| fed.interval().days());
            let members = with_all_below(place, &fed_by);
            places.push(Fed { at: holder(pools, place, &members, settings), days });
        }
        let review_days = settings.review_every as f64 * settings.period_days;
        let days = match &this.fed {
            Some(fed) => fed.interval().days(),
            None => this.lead_time.mean_days() + review_days,
        };
        let both = advised(&holder(pools, source, &[source], settings), days, &places);
        let name = locations[source].as_str();
        let advice = by_location.entry(name).or_insert_with(|| HoldAdvice::new(name));
        advice.add(both.hold, both.pass_through);
    }
    by_location.into_values().collect()
}

/// `place` and all that it feeds.
fn with_all_below(place: usize, fed_by: &BTreeMap<usize, Vec<usize>>) -> Vec<usize> {
    let mut members = vec![place];
    let mut next = 0;
    while next < members.len() {
        members.extend(fed_by.get(&members[next]).into_iter().flatten());
        next += 1;
    }
    members
}

/// Pool `at`, which holds stock for the demand of `members`.
fn holder<'p>(
    pools: &'p [ReplayPool],
    at: usize,
    members: &[usize],
    settings: &Settings,
) -> Holder<'p> {
    let mut per_day = 0.0;
    let mut variance = 0.0;
    for &member in members {
        let recent = recent(&pools[member], settings);
        per_day += recent.mean;
        variance += recent.variance;
    }
    Holder {
        holding: holding_a_year(&pools[at], settings),
        per_day,
        sd: variance.sqrt(),
        fees: &pools[at].fees,
    }
}

fn holding_a_year(pool: &ReplayPool, settings: &Settings) -> f64 {
    let costs = &settings.costs;
    let tied_up = match (pool.holding_rate_per_year, costs.holding_per_unit_period) {
        (None, Some(holding)) => holding * 365.0 / settings.period_days,
        (own, _) => own.unwrap_or(costs.holding_rate_per_year) * pool.unit_cost,
    };
    tied_up + pool.fees.storage_a_day * 365.0
}

/// Demand of a day in the recent past.
#[derive(Debug, Clone, Copy, Default)]
struct Recent {
    /// Units.
    mean: f64,
    /// Units².
    variance: f64,
}

fn recent(pool: &ReplayPool, settings: &Settings) -> Recent {
    let periods = (SPREAD_DAYS / settings.period_days) as usize;
    let from = pool.demand.len().saturating_sub(periods).max(pool.start.min(pool.demand.len()));
    let recent = &pool.demand[from..];
    if recent.len() < 2 {
        return Recent::default();
    }
    let n = recent.len() as f64;
    let mean = recent.iter().map(|&units| f64::from(units)).sum::<f64>() / n;
    let squares: f64 = recent.iter().map(|&units| (f64::from(units) - mean).powi(2)).sum();
    Recent {
        mean: mean / settings.period_days,
        // A day's share of the variance of a period, days taken as independent.
        variance: squares / (n - 1.0) / settings.period_days,
    }
}

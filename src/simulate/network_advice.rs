//! Hold here, or pass through? What safety stock costs either way, for every location that feeds
//! others, in money a year.

use crate::domain::outcome::HoldAdvice;
use crate::network::guaranteed_service::{Fed, advised};
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
    for (source, fed) in fed_by {
        let this = &pools[source];
        let mut places = Vec::with_capacity(fed.len());
        for place in fed {
            let pool = &pools[place];
            let days = pool.fed.as_ref().map_or(0.0, |fed| fed.interval().days());
            let holding = holding_a_year(pool, settings);
            places.push(Fed { holding, days, sd: spread(pool, settings) });
        }
        let days = this.lead_time.mean_days() + settings.review_every as f64 * settings.period_days;
        let own = spread(this, settings);
        let both = advised(holding_a_year(this, settings), days, own, &places);
        let name = locations[source].as_str();
        let advice = by_location.entry(name).or_insert_with(|| HoldAdvice::new(name));
        advice.add(both.hold, both.pass_through);
    }
    by_location.into_values().collect()
}

fn holding_a_year(pool: &ReplayPool, settings: &Settings) -> f64 {
    let costs = &settings.costs;
    match (pool.holding_rate_per_year, costs.holding_per_unit_period) {
        (None, Some(holding)) => holding * 365.0 / settings.period_days,
        (own, _) => own.unwrap_or(costs.holding_rate_per_year) * pool.unit_cost,
    }
}

/// Standard deviation of a day's demand in the recent past, units.
fn spread(pool: &ReplayPool, settings: &Settings) -> f64 {
    let periods = (SPREAD_DAYS / settings.period_days) as usize;
    let from = pool.demand.len().saturating_sub(periods).max(pool.start.min(pool.demand.len()));
    let recent = &pool.demand[from..];
    if recent.len() < 2 {
        return 0.0;
    }
    let n = recent.len() as f64;
    let mean = recent.iter().map(|&units| f64::from(units)).sum::<f64>() / n;
    let squares: f64 = recent.iter().map(|&units| (f64::from(units) - mean).powi(2)).sum();
    // A day's share of the variance of a period, days taken as independent.
    (squares / (n - 1.0) / settings.period_days).sqrt()
}

//! Hold here, or pass through? What safety stock costs either way, for every location that feeds
//! others, in money a year.

use crate::math::normal;
use crate::network::guaranteed_service::{Fed, hold_or_pass};
use crate::simulate::{ReplayPool, Settings};
use std::collections::BTreeMap;

// Service that safety stocks are sized for when both ways are compared: one in twenty runs short,
// wherever the stock lies.
const SERVICE: f64 = 0.95;
// Days of the recent past that spreads are taken from: half a year.
const SPREAD_DAYS: f64 = 182.0;

/// What safety stock of all items costs a year when a location holds it, and when it does not.
///
/// ```
/// use orderpoint::simulate::HoldAdvice;
///
/// let advice = HoldAdvice {
///     location: "warehouse".into(),
///     items: 40,
///     better_through: 3,
///     hold: 900.0,
///     pass_through: 1_400.0,
///     best: 880.0,
/// };
/// assert_eq!(
///     advice.sentence("EUR"),
///     "hold safety stock at warehouse: holding it there costs 900 EUR a year over 40 items, \
///      passing everything through 1400; 3 items are cheaper passed through, then it is 880"
/// );
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct HoldAdvice {
    /// The location that feeds others.
    pub location: String,
    /// Items that it feeds to others.
    pub items: usize,
    /// Those that are cheaper when it holds no safety stock.
    pub better_through: usize,
    /// Currency a year when it holds.
    pub hold: f64,
    /// Currency a year when everything is passed through.
    pub pass_through: f64,
    /// Currency a year when each item does what is cheaper.
    pub best: f64,
}

impl HoldAdvice {
    /// The advice as a sentence; `currency` stands behind amounts.
    #[must_use]
    pub fn sentence(&self, currency: &str) -> String {
        let Self { location, items, better_through, hold, pass_through, best } = self;
        let hold_or_not =
            if hold <= pass_through { "hold safety stock at" } else { "pass through" };
        let mut text = format!(
            "{hold_or_not} {location}: holding it there costs {hold:.0} {currency} a year over \
             {items} items, passing everything through {pass_through:.0}"
        );
        let exceptions =
            if hold <= pass_through { *better_through } else { items - better_through };
        if exceptions > 0 {
            let other = if hold <= pass_through { "passed through" } else { "held" };
            text.push_str(&format!(
                "; {exceptions} items are cheaper {other}, then it is {best:.0}"
            ));
        }
        text
    }
}

/// The advice for every location that feeds others, by name; `locations` of the pools.
#[must_use]
pub fn advice(pools: &[ReplayPool], locations: &[String], settings: &Settings) -> Vec<HoldAdvice> {
    let z = normal::quantile(SERVICE);
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
        let both = hold_or_pass(holding_a_year(this, settings), days, own, &places, z);
        let name = locations[source].as_str();
        let advice = by_location.entry(name).or_insert_with(|| HoldAdvice {
            location: name.to_owned(),
            items: 0,
            better_through: 0,
            hold: 0.0,
            pass_through: 0.0,
            best: 0.0,
        });
        advice.items += 1;
        advice.better_through += usize::from(!both.holds());
        advice.hold += both.hold;
        advice.pass_through += both.pass_through;
        advice.best += both.hold.min(both.pass_through);
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
    (squares / (n - 1.0) / settings.period_days).sqrt()
}

//! What one unit of every item costs and earns, from whatever table knows it.
//!
//! Cost: the price of the supplier that is asked first, landed with its duty, fees and freight a
//! unit; where it has none, the product's own cost, landed alike. Freight of a whole order is added
//! once the order is known. Price: the master data, else the price list, else what customers paid.

use crate::domain::economics::UnitEconomics;
use crate::domain::inputs::{Inputs, Price};
use crate::domain::panel::{Panel, Pool};
use crate::domain::units::Money;
use crate::purchase::market::Market;
use chrono::NaiveDate;

/// Cost and price of every pool, in the panel's order. `[pools]`
#[must_use]
pub fn economics(inputs: &Inputs, market: &Market<'_>) -> Vec<UnitEconomics> {
    let mut all: Vec<UnitEconomics> = Vec::with_capacity(inputs.panel.pools().len());
    for pool in inputs.panel.pools() {
        all.push(UnitEconomics {
            landed_cost: landed_cost(inputs, market, pool),
            price: price(inputs, pool),
        });
    }
    all
}

/// What the supplier that is asked first charges, landed; the least of several with the same role.
fn landed_cost(inputs: &Inputs, market: &Market<'_>, pool: &Pool) -> Option<Money> {
    let own = inputs.products[pool.sku.index()].unit_cost;
    let mut asked_first = None;
    let mut least: Option<Money> = None;
    for supply in market.supply_of(pool.sku, pool.location) {
        if *asked_first.get_or_insert(supply.role) != supply.role {
            break;
        }
        let terms = market.terms(supply, own);
        let landed = terms.and_then(|terms| terms.landed(supply.minimum_order));
        least = least.into_iter().chain(landed).min();
    }
    least.or(own).or_else(|| parts_of(inputs, market, pool))
}

/// What the parts of a kit without a cost of its own cost together.
fn parts_of(inputs: &Inputs, market: &Market<'_>, kit: &Pool) -> Option<Money> {
    let parts = inputs.kits.of(kit.sku);
    let mut total = Money::ZERO;
    for part in parts {
        let pool = Pool { sku: part.component, location: kit.location, series: 0..0 };
        total += landed_cost(inputs, market, &pool)?.times(part.quantity);
    }
    Some(total).filter(|_| !parts.is_empty())
}

fn price(inputs: &Inputs, pool: &Pool) -> Option<Money> {
    let as_of = inputs.panel.calendar().as_of();
    inputs.products[pool.sku.index()]
        .unit_price
        .or_else(|| listed(inputs.prices.of(pool.sku), as_of))
        .or_else(|| paid(&inputs.panel, std::slice::from_ref(pool)))
        .or_else(|| paid(&inputs.panel, inputs.panel.pools_of(pool.sku)))
}

/// The price in force for all channels, else the mean of the channels' prices in force.
fn listed(prices: &[Price], as_of: NaiveDate) -> Option<Money> {
    let mut in_force = Vec::new();
    // Sorted by channel, then day: the last that has begun is the channel's price.
    for of_channel in prices.chunk_by(|a, b| a.channel == b.channel) {
        let begun = of_channel.partition_point(|price| price.from <= as_of);
        let Some(current) = of_channel[..begun].last() else { continue };
        if current.channel.is_none() {
            return Some(Money::from_f64(current.unit_price));
        }
        in_force.push(current.unit_price);
    }
    let sum: f64 = in_force.iter().sum();
    (!in_force.is_empty()).then(|| Money::from_f64(sum / in_force.len() as f64))
}

/// What customers paid a unit over all history.
fn paid(panel: &Panel, pools: &[Pool]) -> Option<Money> {
    let mut revenue = 0.0;
    let mut units = 0.0;
    for series in pools.iter().flat_map(|pool| pool.series.clone()) {
        let totals = panel.totals(series);
        revenue += totals.gross_revenue;
        units += totals.priced_units;
    }
    (units > 0.0 && revenue > 0.0).then(|| Money::from_f64(revenue / units))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::units::{ChannelId, SkuId};

    fn price(channel: Option<u32>, from: &str, unit_price: f64) -> Price {
        let from = from.parse().unwrap();
        Price { sku: SkuId(0), channel: channel.map(ChannelId), from, unit_price }
    }

    #[test]
    fn the_price_in_force_is_the_last_that_has_begun() {
        let day = "2026-03-02".parse().unwrap();
        let general = [price(None, "2026-01-01", 8.0), price(None, "2026-03-03", 9.0)];
        assert_eq!(listed(&general, day), Some(Money::from_f64(8.0)));
        let by_channel = [
            price(Some(0), "2026-01-01", 7.0),
            price(Some(0), "2026-03-02", 8.0),
            price(Some(1), "2026-02-01", 10.0),
        ];
        assert_eq!(listed(&by_channel, day), Some(Money::from_f64(9.0)));
        assert_eq!(listed(&general[1..], day), None);
    }
}

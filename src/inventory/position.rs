//! Where the stock stands and where it goes: position, dated projection, and what a lost-sales pool really needs.

use crate::domain::inputs::PurchaseOrder;
use crate::domain::units::Units;
use crate::inventory::outlook::Outlook;
use crate::math::distributions::Demand;
use chrono::NaiveDate;

/// Stock of a pool on the morning of the run, units.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StockLevel {
    /// Counted in the location.
    pub on_hand: f64,
    /// On hand less committed, damaged and returns in limbo; less what will expire unsold.
    pub available: f64,
    /// Owed to customers.
    pub backordered: f64,
}

/// An open order on its way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arrival {
    /// Calendar days from the as-of date; 0 = this morning.
    pub days: f64,
    /// Units.
    pub quantity: f64,
}

/// Open purchase-order lines as arrivals, soonest first.
///
/// A line is expected `late_days` behind its date (what its supplier is late on average), or `lead_time_days` after it was
/// confirmed when it has none; never before the as-of date. Partly received lines count with the rest.
#[must_use]
pub fn arrivals<'a>(
    open: impl Iterator<Item = &'a PurchaseOrder>,
    as_of: NaiveDate,
    lead_time_days: f64,
    late_days: f64,
) -> Vec<Arrival> {
    let mut arrivals: Vec<Arrival> = open
        .filter(|order| order.received.is_none())
        .map(|order| {
            let dated = order.expected.map(|d| (d - as_of).num_days() as f64 + late_days);
            let days = dated.or_else(|| {
                order.confirmed.map(|d| (d - as_of).num_days() as f64 + lead_time_days)
            });
            let rest = order.quantity - order.received_quantity.unwrap_or(Units(0));
            Arrival {
                days: days.unwrap_or(lead_time_days).max(0.0),
                quantity: rest.0.max(0) as f64,
            }
        })
        .collect();
    arrivals.sort_by(|a, b| a.days.total_cmp(&b.days));
    arrivals
}

/// Available + on order due within `horizon_days` - backorders, units.
#[must_use]
pub fn inventory_position(stock: StockLevel, arrivals: &[Arrival], horizon_days: f64) -> f64 {
    stock.available + on_order(arrivals, horizon_days) - stock.backordered
}

/// Open orders due within `horizon_days`, units.
#[must_use]
pub fn on_order(arrivals: &[Arrival], horizon_days: f64) -> f64 {
    arrivals.iter().filter(|a| a.days <= horizon_days).map(|a| a.quantity).sum()
}

/// How many of a kit the components allow: the scarcest decides. `components`: (available, units a kit).
#[must_use]
pub fn kit_availability(components: &[(Units, Units)]) -> Units {
    let most = components
        .iter()
        .filter(|c| c.1.0 > 0)
        .map(|&(available, per_kit)| available.0.max(0) / per_kit.0)
        .min();
    Units(most.unwrap_or(0))
}

/// Expected stock against the dated forecast, without new orders.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Projection {
    /// At the end of each period, units; negative only with backorders.
    pub path: Vec<f32>,
    /// Days until the stock first falls to the level asked for (0 unless said otherwise); `None` within the forecast.
    pub days_to_stockout: Option<f64>,
}

/// Walks the stock forward, arrivals at their day, demand evenly within a period.
///
/// `level` is the stock that counts as "out"; `keep_backorders` lets the stock go below zero instead of losing the sale.
#[must_use]
pub fn project(
    outlook: &Outlook<'_>,
    stock: StockLevel,
    arrivals: &[Arrival],
    level: f64,
    keep_backorders: bool,
) -> Projection {
    let mut now = stock.available - stock.backordered;
    let mut projection =
        Projection { path: Vec::with_capacity(outlook.mean.len()), days_to_stockout: None };
    let mut next = 0;
    for (period, &mean) in outlook.mean.iter().enumerate() {
        let end = (period + 1) as f64 * outlook.period_days;
        let rate = f64::from(mean) / outlook.period_days;
        let mut day = period as f64 * outlook.period_days;
        loop {
            let until = arrivals.get(next).map_or(end, |a| a.days.clamp(day, end));
            if projection.days_to_stockout.is_none() && rate > 0.0 {
                let gone = day + ((now - level) / rate).max(0.0);
                let refilled = arrivals.get(next).is_some_and(|a| a.days <= gone);
                projection.days_to_stockout = (gone <= until && !refilled).then_some(gone);
            }
            now -= rate * (until - day);
            if !keep_backorders {
                now = now.max(0.0);
            }
            day = until;
            match arrivals.get(next) {
                Some(arrival) if arrival.days < end => {
                    now += arrival.quantity;
                    next += 1;
                }
                _ => break,
            }
        }
        projection.path.push(now as f32);
    }
    projection
}

/// Largest probability, over the moments just before each arrival and before an order placed today arrives, that demand until then
/// exceeds what was there to meet it.
#[must_use]
pub fn stockout_probability(
    outlook: &Outlook<'_>,
    stock: StockLevel,
    arrivals: &[Arrival],
    lead_days: f64,
) -> f64 {
    let mut supply = stock.available - stock.backordered;
    let mut worst: f64 = 0.0;
    for arrival in arrivals.iter().filter(|a| a.days < lead_days) {
        if arrival.days > 0.0 {
            worst = worst.max(exceeds(&outlook.demand(0.0, arrival.days), supply));
        }
        supply += arrival.quantity;
    }
    worst.max(exceeds(&outlook.demand(0.0, lead_days), supply))
}

fn exceeds(demand: &Demand, supply: f64) -> f64 {
    if demand.mean() <= 0.0 && supply >= 0.0 { 0.0 } else { 1.0 - demand.cdf(supply) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steady(per_day: f32) -> Vec<f32> {
        vec![per_day; 120]
    }

    fn outlook<'a>(mean: &'a [f32], over: &'a dyn Fn(f64, f64, f64) -> Demand) -> Outlook<'a> {
        Outlook { period_days: 1.0, mean, over }
    }

    fn level(available: f64) -> StockLevel {
        StockLevel { on_hand: available, available, backordered: 0.0 }
    }

    #[test]
    fn a9_available_stock() {
        let stock = crate::domain::inputs::Stock {
            sku: crate::domain::units::SkuId(0),
            location: crate::domain::units::LocationId(0),
            on_hand: Units(12),
            committed: Units(2),
            backordered: Units(0),
            damaged: Units(0),
            returns_pending: Units(0),
            as_of: None,
        };
        assert_eq!(stock.available(), Units(10));
    }

    #[test]
    fn a15_kit_availability() {
        assert_eq!(kit_availability(&[(Units(10), Units(2)), (Units(7), Units(3))]), Units(2));
        assert_eq!(kit_availability(&[(Units(-1), Units(1))]), Units(0));
        assert_eq!(kit_availability(&[]), Units(0));
    }

    #[test]
    fn d10_days_to_stockout() {
        let (mean, over) = (steady(10.0), |_: f64, _: f64, _: f64| Demand::Poisson { mean: 0.0 });
        let walk = |stock, arrivals: &[Arrival]| {
            project(&outlook(&mean, &over), level(stock), arrivals, 0.0, false).days_to_stockout
        };
        assert_eq!(walk(420.0, &[]), Some(42.0));
        assert_eq!(walk(420.0, &[Arrival { days: 30.0, quantity: 100.0 }]), Some(52.0));
        assert_eq!(walk(420.0, &[Arrival { days: 50.0, quantity: 100.0 }]), Some(42.0));
        assert_eq!(walk(0.0, &[]), Some(0.0));
        assert_eq!(walk(5000.0, &[]), None);
        // An arrival on the very day the stock would be gone keeps the shelf filled.
        assert_eq!(walk(420.0, &[Arrival { days: 42.0, quantity: 100.0 }]), Some(52.0));
    }

    #[test]
    fn d12_inventory_position() {
        let stock = StockLevel { on_hand: 12.0, available: 10.0, backordered: 3.0 };
        let arrivals =
            [Arrival { days: 5.0, quantity: 20.0 }, Arrival { days: 90.0, quantity: 40.0 }];
        assert_eq!(inventory_position(stock, &arrivals, 30.0), 27.0);
    }

    #[test]
    fn lost_sales_stop_at_zero_and_backorders_do_not() {
        let (mean, over) = (steady(10.0), |_: f64, _: f64, _: f64| Demand::Poisson { mean: 0.0 });
        let arrivals = [Arrival { days: 10.0, quantity: 100.0 }];
        let lost = project(&outlook(&mean, &over), level(50.0), &arrivals, 0.0, false);
        let kept = project(&outlook(&mean, &over), level(50.0), &arrivals, 0.0, true);
        assert_eq!((lost.path[9], lost.path[10]), (0.0, 90.0));
        assert_eq!((kept.path[9], kept.path[10]), (-50.0, 40.0));
    }
}

//! Where the indicators' inputs come from: trailing sales, book figures, age of stock.

use super::view::PoolView;
use super::{YEAR, days};
use crate::inputs::Inputs;
use crate::panel::{Panel, flag};
use crate::units::{Money, Units};
use chrono::NaiveDate;

/// Units of one series over a trailing window.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Flow {
    /// Gross units sold.
    pub sold: f64,
    /// Units returned.
    pub returned: f64,
    /// Estimated units not sold for want of stock.
    pub lost: f64,
}

impl Flow {
    /// The last `days` days of series `i`.
    pub fn of(panel: &Panel, i: usize, days: f64) -> Self {
        let periods = (days / panel.calendar().bucket().days()).round().max(1.0) as usize;
        let (gross, cleaned, flags) = (panel.gross(i), panel.cleaned(i), panel.flags(i));
        let from = gross.len().saturating_sub(periods);
        let mut flow = Self::default();
        for t in from..gross.len() {
            flow.sold += f64::from(gross[t]);
            if flags[t] & (flag::STOCKOUT | flag::INFERRED_STOCKOUT) != 0 {
                flow.lost += f64::from(cleaned[t] - gross[t]).max(0.0);
            }
        }
        let first = panel.start(i) + from;
        flow.returned = panel.returns(i).iter().rev().take_while(|r| r.0 as usize >= first).map(|r| f64::from(r.1)).sum();
        flow
    }
}

impl std::ops::AddAssign for Flow {
    fn add_assign(&mut self, other: Self) {
        self.sold += other.sold;
        self.returned += other.returned;
        self.lost += other.lost;
    }
}

impl std::iter::Sum for Flow {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::default(), |mut total, flow| {
            total += flow;
            total
        })
    }
}

/// Book figures of a year, currency units.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Books {
    pub cogs: f64,
    pub revenue: f64,
    /// Average inventory at cost.
    pub inventory: f64,
    pub receivables: Option<f64>,
    pub payables: Option<f64>,
    pub holding: f64,
    /// COGS and revenue come from sales and unit costs.
    pub flows_estimated: bool,
    /// The average is today's stock.
    pub inventory_estimated: bool,
    /// Holding cost is a rate on the inventory.
    pub holding_estimated: bool,
}

impl Books {
    /// From the accounts of the last year, else from sales, unit costs and stock.
    pub fn of(inputs: &Inputs, pools: &[PoolView], holding_rate: f64) -> Self {
        let as_of = inputs.panel.calendar().as_of();
        let (inventory, inventory_estimated) = average_inventory(inputs, pools, as_of);
        let recent: Vec<_> =
            inputs.accounts.iter().filter(|a| a.period_end < as_of && days(a.period_end, as_of) <= YEAR).collect();
        let yearly = |amount: fn(&crate::inputs::Account) -> Option<Money>| {
            let known: Vec<(f64, f64)> =
                recent.iter().filter_map(|a| Some((amount(a)?.as_f64(), days(a.period_start, a.period_end) + 1.0))).collect();
            let covered: f64 = known.iter().map(|k| k.1).sum();
            (covered > 0.0).then(|| known.iter().map(|k| k.0).sum::<f64>() * YEAR / covered)
        };
        let latest =
            |amount: fn(&crate::inputs::Account) -> Option<Money>| recent.iter().rev().find_map(|a| amount(a)).map(Money::as_f64);
        let (cogs, revenue) = (yearly(|a| a.cogs), yearly(|a| a.revenue));
        let holding = yearly(|a| a.holding_cost);
        Self {
            cogs: cogs.unwrap_or_else(|| sales_at_cost(&inputs.panel, pools)),
            revenue: revenue.unwrap_or_else(|| (0..inputs.panel.len()).map(|s| inputs.panel.totals(s).revenue_365).sum()),
            inventory,
            receivables: latest(|a| a.receivables),
            payables: latest(|a| a.payables),
            holding: holding.unwrap_or(inventory * holding_rate),
            flows_estimated: cogs.is_none() || revenue.is_none(),
            inventory_estimated,
            holding_estimated: holding.is_none(),
        }
    }
}

fn sales_at_cost(panel: &Panel, pools: &[PoolView]) -> f64 {
    let at_cost = |p: &PoolView| {
        let flow: Flow = p.series.clone().map(|s| Flow::of(panel, s, YEAR)).sum();
        (flow.sold - flow.returned) * p.unit_cost().unwrap_or_default().as_f64()
    };
    pools.iter().map(at_cost).sum()
}

/// Mean stock of the last year at cost where every pool's history is known, else today's stock (an estimate).
fn average_inventory(inputs: &Inputs, pools: &[PoolView], as_of: NaiveDate) -> (f64, bool) {
    let mut history = inputs.stock_history.as_slice();
    let mut estimated = false;
    let mut total = 0.0;
    for pool in pools {
        let key = (pool.sku, pool.location);
        let start = history.partition_point(|h| (h.sku, h.location) < key);
        let len = history[start..].partition_point(|h| (h.sku, h.location) == key);
        let (mine, rest) = history[start..].split_at(len);
        history = rest;
        let recent = || mine.iter().filter(|h| (0.0..=YEAR).contains(&days(h.date, as_of)));
        let count = recent().count();
        if count == 0 {
            estimated |= pool.on_hand().0 > 0;
            total += pool.stock_value().as_f64();
        } else {
            let mean = recent().map(|h| h.on_hand.0.max(0) as f64).sum::<f64>() / count as f64;
            total += mean * pool.unit_cost().unwrap_or_default().as_f64();
        }
    }
    (total, estimated)
}

/// Scopes of stock age and their upper limit in days; the last one is what no receipt explains.
pub(super) const AGES: [(&str, f64); 6] = [
    ("age:000-030", 30.0),
    ("age:031-090", 90.0),
    ("age:091-180", 180.0),
    ("age:181-365", 365.0),
    ("age:366+", f64::INFINITY),
    ("age:unknown", f64::INFINITY),
];

/// Adds (units, value at cost) of a pool by age, the newest receipts being the ones still there (first in, first out).
pub(super) fn age(ages: &mut [(f64, f64); AGES.len()], pool: &PoolView, inputs: &Inputs, as_of: NaiveDate) {
    let orders = &inputs.purchase_orders;
    let key = (pool.sku, pool.location);
    let start = orders.partition_point(|o| (o.sku, o.location) < key);
    let mut receipts: Vec<(NaiveDate, Units)> = orders[start..]
        .iter()
        .take_while(|o| (o.sku, o.location) == key)
        .filter_map(|o| Some((o.received?, o.received_quantity.unwrap_or(o.quantity))))
        .filter(|r| r.0 < as_of)
        .collect();
    receipts.sort_by_key(|r| std::cmp::Reverse(r.0));
    let cost = pool.unit_cost().unwrap_or_default().as_f64();
    let mut left = pool.on_hand().0.max(0);
    for (date, quantity) in receipts {
        let here = quantity.0.clamp(0, left);
        left -= here;
        let slot = AGES.iter().position(|a| days(date, as_of) <= a.1).unwrap_or(AGES.len() - 1);
        ages[slot].0 += here as f64;
        ages[slot].1 += here as f64 * cost;
    }
    ages[AGES.len() - 1].0 += left as f64;
    ages[AGES.len() - 1].1 += left as f64 * cost;
}

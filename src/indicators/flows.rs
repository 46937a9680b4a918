//! Where the indicators' inputs come from: trailing sales, book figures, age of stock.

use crate::domain::inputs::Inputs;
use crate::domain::panel::Panel;
use crate::domain::units::{Money, Units};
use crate::indicators::YEAR;
use crate::indicators::days;
use crate::indicators::view::PoolView;
use chrono::NaiveDate;

/// Units over a trailing window.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Flow {
    /// Gross units sold.
    pub sold: f64,
    /// Units returned.
    pub returned: f64,
    /// Estimated units not sold for want of stock.
    pub lost: f64,
}

/// The trailing windows of one series.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Flows {
    /// The last 28 days.
    pub month: Flow,
    /// The last 90 days.
    pub quarter: Flow,
    /// The last 365 days.
    pub year: Flow,
}

impl Flows {
    /// Those of series `i`, in one pass over its last year.
    pub fn of(panel: &Panel, i: usize) -> Self {
        let periods =
            |days: f64| (days / panel.calendar().bucket().days()).round().max(1.0) as usize;
        let n = panel.gross(i).len();
        let [month, quarter, year] = [28.0, 90.0, YEAR].map(|days| n.saturating_sub(periods(days)));
        let late = Flow::between(panel, i, month, n);
        let middle = Flow::between(panel, i, quarter, month) + late;
        Self { month: late, quarter: middle, year: Flow::between(panel, i, year, quarter) + middle }
    }
}

impl Flow {
    /// Periods `from..to` of series `i`, counted from its own start.
    fn between(panel: &Panel, i: usize, from: usize, to: usize) -> Self {
        let sold = panel.gross(i)[from..to].iter().map(|&v| f64::from(v)).sum();
        let lost = panel.lost(i, from..to);
        let window = panel.start(i) + from..panel.start(i) + to;
        let returns = panel.returns(i).iter().rev().take_while(|r| r.0 as usize >= window.start);
        let returned =
            returns.filter(|r| window.contains(&(r.0 as usize))).map(|r| f64::from(r.1)).sum();
        Self { sold, returned, lost }
    }
}

impl std::ops::Add for Flow {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            sold: self.sold + other.sold,
            returned: self.returned + other.returned,
            lost: self.lost + other.lost,
        }
    }
}

impl std::iter::Sum for Flow {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::default(), |total, flow| total + flow)
    }
}

/// Book figures of a year, currency units.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Books {
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
    pub fn of(inputs: &Inputs, pools: &[PoolView], flows: &[Flows], holding_rate: f64) -> Self {
        let as_of = inputs.panel.calendar().as_of();
        let (inventory, inventory_estimated) = average_inventory(inputs, pools, as_of);
        let recent: Vec<_> = inputs
            .accounts
            .iter()
            .filter(|a| a.period_end < as_of && days(a.period_end, as_of) <= YEAR)
            .collect();
        let yearly = |amount: fn(&crate::domain::inputs::Account) -> Option<Money>| {
            let known: Vec<(f64, f64)> = recent
                .iter()
                .filter_map(|a| {
                    Some((amount(a)?.as_f64(), days(a.period_start, a.period_end) + 1.0))
                })
                .collect();
            let covered: f64 = known.iter().map(|k| k.1).sum();
            (covered > 0.0).then(|| known.iter().map(|k| k.0).sum::<f64>() * YEAR / covered)
        };
        let latest = |amount: fn(&crate::domain::inputs::Account) -> Option<Money>| {
            recent.iter().rev().find_map(|a| amount(a)).map(Money::as_f64)
        };
        let (cogs, revenue) = (yearly(|a| a.cogs), yearly(|a| a.revenue));
        let holding = yearly(|a| a.holding_cost);
        Self {
            cogs: cogs.unwrap_or_else(|| sales_at_cost(pools, flows)),
            revenue: revenue.unwrap_or_else(|| {
                (0..inputs.panel.len()).map(|s| inputs.panel.totals(s).revenue_365).sum()
            }),
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

fn sales_at_cost(pools: &[PoolView], flows: &[Flows]) -> f64 {
    let at_cost = |p: &PoolView| {
        let flow: Flow = flows[p.series.clone()].iter().map(|f| f.year).sum();
        (flow.sold - flow.returned) * p.unit_cost().unwrap_or_default().as_f64()
    };
    pools.iter().map(at_cost).sum()
}

/// Mean stock of the last year at cost where every pool's history is known, else today's stock (an estimate).
fn average_inventory(inputs: &Inputs, pools: &[PoolView], as_of: NaiveDate) -> (f64, bool) {
    let mut estimated = false;
    let mut total = 0.0;
    for pool in pools {
        let mine = inputs.stock_history.of((pool.sku, pool.location));
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
pub(crate) const AGES: [(&str, f64); 6] = [
    ("age:030 or less", 30.0),
    ("age:031 to 90", 90.0),
    ("age:091 to 180", 180.0),
    ("age:181 to 365", 365.0),
    ("age:366 or more", f64::INFINITY),
    ("age:older than any receipt", f64::INFINITY),
];

/// Adds (units, value at cost) of a pool by age, the newest receipts being the ones still there (first in, first out).
pub(crate) fn age(
    ages: &mut [(f64, f64); AGES.len()],
    pool: &PoolView,
    inputs: &Inputs,
    as_of: NaiveDate,
) {
    let mut receipts: Vec<(NaiveDate, Units)> = inputs
        .purchase_orders
        .of((pool.sku, pool.location))
        .iter()
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

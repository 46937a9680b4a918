//! Where the indicators' inputs come from: trailing sales, book figures, stock by age, counts.
//! Gathered once for all.

use crate::domain::inputs::{Account, Count, Inputs};
use crate::domain::outcome::Outcome;
use crate::domain::panel::Panel;
use crate::domain::units::{Money, PoolId, Units};
use crate::indicators::formulas::YEAR;
use crate::indicators::pool_results::{PoolResults, pool_results};
use crate::indicators::settings::Settings;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// What indicators are made of.
pub(crate) struct Facts<'a> {
    pub inputs: &'a Inputs,
    pub outcome: &'a Outcome,
    pub settings: &'a Settings,
    pub pools: Vec<PoolResults<'a>>,
    /// Trailing sales. `[series]`
    pub flows: &'a [Flows],
    /// Those of all series.
    pub total: Flows,
    pub books: Books,
    pub ages: [AgeBand; AGES.len()],
    /// By channel, in the order of their codes.
    pub channels: Vec<ChannelSums>,
    /// Shelves counted in the last year.
    pub counts: Vec<&'a Count>,
}

impl<'a> Facts<'a> {
    pub(crate) fn gather(
        inputs: &'a Inputs,
        outcome: &'a Outcome,
        flows: &'a [Flows],
        settings: &'a Settings,
    ) -> Self {
        let as_of = inputs.panel.calendar().as_of();
        let pools = pool_results(inputs, outcome);
        Self {
            // In panel order on one thread: floats are never summed in parallel.
            total: flows.iter().copied().sum(),
            books: Books::of(inputs, &pools, flows, settings.holding_rate),
            ages: stock_by_age(inputs, &pools, as_of),
            channels: by_channel(inputs, outcome, flows),
            counts: inputs.counts.iter().filter(|c| in_last_year(c.date, as_of)).collect(),
            inputs,
            outcome,
            settings,
            pools,
            flows,
        }
    }

    pub(crate) fn as_of(&self) -> NaiveDate {
        self.inputs.panel.calendar().as_of()
    }
}

/// Days from `from` to `to`.
fn days(from: NaiveDate, to: NaiveDate) -> f64 {
    (to - from).num_days() as f64
}

/// Whether `date` is in the year that ends on the as-of date.
pub(crate) fn in_last_year(date: NaiveDate, as_of: NaiveDate) -> bool {
    (0.0..=YEAR).contains(&days(date, as_of))
}

/// Units over a trailing window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Flow {
    /// Gross units sold.
    pub sold: f64,
    /// Units returned.
    pub returned: f64,
    /// Estimated units not sold for want of stock.
    pub lost: f64,
}

impl Flow {
    /// Periods `from..to` of a series, counted from its own start.
    ///
    /// - `gross`: of the series. `[>= to]`
    fn between(panel: &Panel, series: usize, gross: &[f32], from: usize, to: usize) -> Self {
        let sold = gross[from..to].iter().map(|&v| f64::from(v)).sum();
        let lost = panel.lost(series, from..to);
        let window = panel.start(series) + from..panel.start(series) + to;
        let mut returned = 0.0;
        // Sorted by period: going back from the newest, the rest is not looked at.
        for &(period, units) in panel.returns(series).iter().rev() {
            match period as usize {
                before if before < window.start => break,
                within if within < window.end => returned += f64::from(units),
                _after => {}
            }
        }
        Self { sold, returned, lost }
    }

    /// Units that stayed sold.
    pub(crate) fn net(self) -> f64 {
        self.sold - self.returned
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

/// The trailing windows of one series.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Flows {
    /// The last 28 days.
    pub month: Flow,
    /// The last 90 days.
    pub quarter: Flow,
    /// The last 365 days.
    pub year: Flow,
}

impl Flows {
    /// Those of a series, in one pass over its last year: each sale of it is read once for all
    /// three windows.
    pub(crate) fn of(panel: &Panel, series: usize) -> Self {
        let period_days = panel.calendar().bucket().days();
        let gross = &*panel.gross(series);
        let end = gross.len();
        // Four whole weeks, so that every weekday weighs the same; a quarter; a year. A period
        // longer than the window stands for it: a shop with monthly buckets still has a month.
        let [month, quarter, year] = [28.0, 90.0, YEAR]
            .map(|days| end.saturating_sub((days / period_days).round().max(1.0) as usize));
        let last_month = Flow::between(panel, series, gross, month, end);
        let last_quarter = Flow::between(panel, series, gross, quarter, month) + last_month;
        let last_year = Flow::between(panel, series, gross, year, quarter) + last_quarter;
        Self { month: last_month, quarter: last_quarter, year: last_year }
    }
}

/// Those of every series of `panel`. `[series]`
#[cfg(test)]
pub(crate) fn flows_of(panel: &Panel) -> Vec<Flows> {
    (0..panel.len()).map(|series| Flows::of(panel, series)).collect()
}

impl std::iter::Sum for Flows {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |total, flows| Self {
            month: total.month + flows.month,
            quarter: total.quarter + flows.quarter,
            year: total.year + flows.year,
        })
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
    fn of(inputs: &Inputs, pools: &[PoolResults], flows: &[Flows], holding_rate: f64) -> Self {
        let as_of = inputs.panel.calendar().as_of();
        let mut accounts = inputs.accounts.clone();
        // An account that ends after the as-of date would count what is not known yet.
        accounts.retain(|a| a.period_end < as_of && days(a.period_end, as_of) <= YEAR);
        let cogs = a_year(&accounts, |a| a.cogs);
        let revenue = a_year(&accounts, |a| a.revenue);
        let holding = a_year(&accounts, |a| a.holding_cost);
        let inventory = average_inventory(inputs, pools, as_of);
        Self {
            cogs: cogs.unwrap_or_else(|| sales_at_cost(pools, flows)),
            // The money of the sales themselves, where a price of the master would be a guess.
            revenue: revenue.unwrap_or_else(|| {
                (0..inputs.panel.len()).map(|s| inputs.panel.totals(s).revenue_365).sum()
            }),
            inventory: inventory.value,
            receivables: latest(&accounts, |a| a.receivables),
            payables: latest(&accounts, |a| a.payables),
            holding: holding.unwrap_or(inventory.value * holding_rate),
            flows_estimated: cogs.is_none() || revenue.is_none(),
            inventory_estimated: inventory.estimated,
            holding_estimated: holding.is_none(),
        }
    }
}

/// What the accounts that name an amount come to in a year, scaled from the days they cover.
fn a_year(accounts: &[Account], amount: fn(&Account) -> Option<Money>) -> Option<f64> {
    let mut sum = 0.0;
    let mut covered = 0.0;
    for account in accounts {
        if let Some(amount) = amount(account) {
            sum += amount.as_f64();
            // Both ends are in the period: January has 31 days, not 30.
            covered += days(account.period_start, account.period_end) + 1.0;
        }
    }
    (covered > 0.0).then(|| sum * YEAR / covered)
}

/// A balance: that of the newest account that names it.
fn latest(accounts: &[Account], amount: fn(&Account) -> Option<Money>) -> Option<f64> {
    accounts.iter().rev().find_map(amount).map(Money::as_f64)
}

fn sales_at_cost(pools: &[PoolResults], flows: &[Flows]) -> f64 {
    let mut total = 0.0;
    for pool in pools {
        let year = flows[pool.series.clone()].iter().copied().sum::<Flows>().year;
        // What came back was not sold: its cost is on the shelf again.
        total += pool.cost_of(year.net());
    }
    total
}

struct AverageInventory {
    value: f64,
    estimated: bool,
}

/// Mean stock of the last year at cost where every pool's history is known, else today's stock (an
/// estimate).
fn average_inventory(inputs: &Inputs, pools: &[PoolResults], as_of: NaiveDate) -> AverageInventory {
    let mut average = AverageInventory { value: 0.0, estimated: false };
    for pool in pools {
        let mut sum = 0.0;
        let mut recorded = 0;
        for day in inputs.stock_history.of(pool.id()).iter().filter(|h| in_last_year(h.date, as_of))
        {
            // Books below zero are late bookings, not a debt of stock.
            sum += day.on_hand.or_zero().as_f64();
            recorded += 1;
        }
        if recorded == 0 {
            // An empty shelf is worth nothing whatever its history was: that is no estimate.
            average.estimated |= pool.on_hand().is_positive();
            average.value += pool.stock_value().as_f64();
        } else {
            average.value += pool.cost_of(sum / f64::from(recorded));
        }
    }
    average
}

// Two digits would sort 181 before 30: the zeros are for the table, pages leave them out.
/// Scopes of stock age and their upper limit in days; the last one is what no receipt explains.
pub(crate) const AGES: [(&str, f64); 6] = [
    ("age:030 or less", 30.0),
    ("age:031 to 90", 90.0),
    ("age:091 to 180", 180.0),
    ("age:181 to 365", 365.0),
    ("age:366 or more", f64::INFINITY),
    ("age:older than any receipt", f64::INFINITY),
];

/// Stock of one age.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct AgeBand {
    pub units: f64,
    /// At cost.
    pub value: f64,
}

/// Goods that came on a day.
pub(crate) struct Received {
    pub on: NaiveDate,
    pub quantity: Units,
}

/// What has come of an item before `as_of`, newest first.
pub(crate) fn receipts_of(inputs: &Inputs, pool: PoolId, as_of: NaiveDate) -> Vec<Received> {
    let mut receipts = Vec::new();
    for order in inputs.purchase_orders.of(pool) {
        if let Some(on) = order.received.filter(|&day| day < as_of) {
            // Where no count of the receipt is given, it was as ordered.
            let quantity = order.delivered();
            receipts.push(Received { on, quantity });
        }
    }
    receipts.sort_by_key(|receipt| Reverse(receipt.on));
    receipts
}

/// Stock by age, the newest receipts being the ones still there (first in, first out).
fn stock_by_age(inputs: &Inputs, pools: &[PoolResults], as_of: NaiveDate) -> [AgeBand; AGES.len()] {
    const UNEXPLAINED: usize = AGES.len() - 1;
    let mut bands = [AgeBand::default(); AGES.len()];
    for pool in pools {
        let mut left = pool.on_hand().or_zero();
        for Received { on, quantity } in receipts_of(inputs, pool.id(), as_of) {
            // Older units went first, so the newest receipts are there in full until the shelf is
            // explained.
            let here = quantity.or_zero().min(left);
            left -= here;
            let age = days(on, as_of);
            let band = AGES.iter().position(|&(_, limit)| age <= limit).unwrap_or(UNEXPLAINED);
            bands[band].units += here.as_f64();
            bands[band].value += pool.cost_of(here.as_f64());
        }
        bands[UNEXPLAINED].units += left.as_f64();
        bands[UNEXPLAINED].value += pool.cost_of(left.as_f64());
    }
    bands
}

/// Sums over the series of one channel.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ChannelSums {
    pub month: Flow,
    pub quarter: Flow,
    pub year: Flow,
    /// Units allocated to it this morning.
    pub allocated: f64,
}

fn by_channel(inputs: &Inputs, outcome: &Outcome, flows: &[Flows]) -> Vec<ChannelSums> {
    let mut sums = vec![ChannelSums::default(); inputs.names.channels.len()];
    for (series, flow) in flows.iter().enumerate() {
        let channel = &mut sums[inputs.panel.key(series).channel.index()];
        channel.month = channel.month + flow.month;
        channel.quarter = channel.quarter + flow.quarter;
        channel.year = channel.year + flow.year;
    }
    for row in &outcome.allocation {
        sums[row.channel.index()].allocated += row.allocated.as_f64();
    }
    sums
}

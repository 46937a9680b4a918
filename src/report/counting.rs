//! Which shelves to count next (B9): every item in stock by when the interval of its class is over.

use crate::indicators::PoolResults;
use crate::report::gathered::Report;
use chrono::NaiveDate;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// An item at a location whose shelf is to be counted.
pub(crate) struct CountDue<'a> {
    pub pool: &'a PoolResults<'a>,
    /// Its last count, if there was one.
    pub last: Option<NaiveDate>,
    /// Days from count to count that its class asks for.
    pub every_days: f64,
    /// Days until it is due; 0 = now.
    pub days_left: i64,
}

impl CountDue<'_> {
    /// Counts a week that its interval asks for.
    pub(crate) fn a_week(&self) -> f64 {
        7.0 / self.every_days.max(1.0)
    }
}

/// What is due first, A before C, dear before cheap.
pub(crate) fn counts_due<'a>(report: &'a Report) -> Vec<CountDue<'a>> {
    // Sorted by date, so that the last count of a shelf is the one that stays.
    let last_count: BTreeMap<_, NaiveDate> =
        report.inputs().counts.iter().map(|c| ((c.sku, c.location), c.date)).collect();
    let mut all = Vec::new();
    // An empty shelf is counted at a glance, and not worth a walk.
    for pool in report.pools.iter().filter(|p| p.on_hand().is_positive()) {
        let last = last_count.get(&(pool.sku, pool.location)).copied();
        // One without a class is counted as its cell of the policy says, too.
        let abc = pool.class.and_then(|c| c.abc);
        let xyz = pool.class.and_then(|c| c.xyz);
        let every_days = report.input.policy.cell(abc, xyz).count_every_days;
        // One that was never counted is due now.
        let days_left = last.map_or(0, |counted| {
            let since = (report.input.as_of - counted).num_days() as f64;
            (every_days - since).ceil().max(0.0) as i64
        });
        all.push(CountDue { pool, last, every_days, days_left });
    }
    all.sort_by(|a, b| {
        // Due now before due later, then the classes that are counted often.
        (a.days_left > 0)
            .cmp(&(b.days_left > 0))
            .then(a.every_days.total_cmp(&b.every_days))
            .then(a.days_left.cmp(&b.days_left))
            .then_with(|| Reverse(a.pool.stock_value()).cmp(&Reverse(b.pool.stock_value())))
            .then_with(|| (a.pool.sku, a.pool.location).cmp(&(b.pool.sku, b.pool.location)))
    });
    all
}

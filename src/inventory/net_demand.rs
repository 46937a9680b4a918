//! What a pool's forecast asks of its stock: less what comes back, plus what the kits that contain
//! the item take.
//!
//! A kit itself is not ordered: its demand is kept, so that it can be shown, but its components are
//! ordered.

use crate::inventory::kits::ThroughKits;
use crate::inventory::outlook::Outlook;
use crate::math::distributions::Demand;

/// Expected demand of a pool, net of returns, kits exploded.
#[derive(Debug, Clone, PartialEq)]
pub struct NetDemand<'k> {
    /// Units a period. `[horizon]`
    pub mean: Vec<f32>,
    /// Share of the pool's own demand that does not come back, 0..=1.
    pub kept_share: f64,
    /// What kits take of it; `None` without any.
    through_kits: Option<&'k ThroughKits>,
}

/// Expected demand of one series, and the share of it that comes back.
#[derive(Debug, Clone, Copy)]
pub struct SeriesDemand<'a> {
    /// Units a period. `[horizon]`
    pub mean: &'a [f32],
    /// 0..=1.
    pub return_rate: f64,
}

impl<'k> NetDemand<'k> {
    /// Of the `series` of a pool whose gross demand is `gross`, with what kits take. `[horizon]`
    #[must_use]
    pub fn new<'a>(
        gross: &[f64],
        series: impl Iterator<Item = SeriesDemand<'a>>,
        through_kits: Option<&'k ThroughKits>,
    ) -> Self {
        let mut net = vec![0.0f64; gross.len()];
        for one in series {
            let keep = 1.0 - one.return_rate;
            for (net, &mean) in net.iter_mut().zip(one.mean) {
                *net += keep * f64::from(mean);
            }
        }
        let gross: f64 = gross.iter().sum();
        let kept: f64 = net.iter().sum();
        for (net, &kits) in net.iter_mut().zip(through_kits.map_or(&[][..], |t| &t.mean)) {
            *net += f64::from(kits);
        }
        Self {
            mean: net.into_iter().map(|units| units as f32).collect(),
            kept_share: if gross > 0.0 { (kept / gross).min(1.0) } else { 1.0 },
            through_kits,
        }
    }

    /// Whether kits take any of the item.
    #[must_use]
    pub fn has_kits(&self) -> bool {
        self.through_kits.is_some()
    }

    /// Net demand over the periods `from..to`, of which `own` is the gross forecast; `variance_of`
    /// says how far the demand for the kits of a pool spreads over them.
    ///
    /// A kit too many takes `per_kit` units too many: its variance counts with the square. Demand
    /// of different kits, and of the item by itself, is taken to be independent.
    #[must_use]
    pub fn over(
        &self,
        own: Demand,
        from: f64,
        to: f64,
        variance_of: impl Fn(usize) -> f64,
    ) -> Demand {
        let partly_returned = self.kept_share < 1.0 && self.kept_share > 0.0;
        let own = if partly_returned { own.scaled(self.kept_share) } else { own };
        let Some(through) = self.through_kits else { return own };
        let taken = units_between(&through.mean, from, to);
        let unpacked = units_between(&through.unpacked, from, to);
        if taken <= 0.0 {
            return own;
        }
        let mut variance = 0.0;
        for source in &through.sources {
            variance += source.per_kit.as_f64().powi(2) * variance_of(source.pool);
        }
        // Kits that are packed already take their part of the spread with them.
        let variance = variance * (taken / unpacked.max(taken)).powi(2);
        Demand::count(own.mean() + taken, (own.sd().powi(2) + variance.max(taken)).sqrt())
    }
}

/// Units of the periods `from..to`, fractional ends pro rata; the last period goes on for ever.
fn units_between(mean: &[f32], from: f64, to: f64) -> f64 {
    let mut units = 0.0;
    let mut period = from.max(0.0).floor();
    while period < to {
        let share = (to.min(period + 1.0) - from.max(period)).max(0.0);
        let of_period = mean.get(period as usize).or(mean.last());
        units += share * of_period.copied().map_or(0.0, f64::from);
        period += 1.0;
    }
    units
}

/// Demand of a pool by itself, net of returns, units a period. `[horizon]`
#[must_use]
pub fn own_demand<'a>(series: impl Iterator<Item = SeriesDemand<'a>>, horizon: usize) -> Vec<f32> {
    let mut total = vec![0.0; horizon];
    for one in series {
        let keep = 1.0 - one.return_rate as f32;
        for (total, &mean) in total.iter_mut().zip(one.mean) {
            *total += keep * mean;
        }
    }
    total
}

/// Expected demand of each calendar day, from periods that may be longer. `[days]`
#[must_use]
pub fn daily(outlook: &Outlook<'_>) -> Vec<f64> {
    let days = (outlook.mean.len() as f64 * outlook.period_days).floor() as usize;
    let mut daily = Vec::with_capacity(days);
    for day in 0..days {
        let period = (day as f64 / outlook.period_days) as usize;
        let mean = outlook.mean[period.min(outlook.mean.len() - 1)];
        daily.push(f64::from(mean) / outlook.period_days);
    }
    daily
}

//! What a pool's forecast asks of its stock: less what comes back, plus what the kits that contain
//! the item take.
//!
//! A kit itself is not stocked: its demand is kept, so that it can be shown, but its components are
//! ordered.

use crate::domain::units::Units;
use crate::inventory::outlook::Outlook;
use crate::math::distributions::Demand;

/// Expected demand of a pool, net of returns, kits exploded.
#[derive(Debug, Clone, PartialEq)]
pub struct NetDemand {
    /// Units a period. `[horizon]`
    pub mean: Vec<f32>,
    /// Share of the pool's own demand that does not come back, 0..=1.
    pub kept_share: f64,
    /// Part of `mean` that kits take; empty without any. `[horizon]`
    through_kits: Vec<f32>,
}

/// Expected demand of one series, and the share of it that comes back.
#[derive(Debug, Clone, Copy)]
pub struct SeriesDemand<'a> {
    /// Units a period. `[horizon]`
    pub mean: &'a [f32],
    /// 0..=1.
    pub return_rate: f64,
}

impl NetDemand {
    /// Of the `series` of a pool whose gross demand is `gross`, with what [`through_kits`] says.
    /// `[horizon]`
    #[must_use]
    pub fn new<'a>(
        gross: &[f64],
        series: impl Iterator<Item = SeriesDemand<'a>>,
        through_kits: Vec<f32>,
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
        for (net, &kits) in net.iter_mut().zip(&through_kits) {
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
        !self.through_kits.is_empty()
    }

    /// Net demand over the periods `from..to`, of which `own` is the gross forecast. What kits take
    /// widens it as if their demand were Poisson: the kits' own error is not known here.
    #[must_use]
    pub fn over(&self, own: Demand, from: f64, to: f64) -> Demand {
        let partly_returned = self.kept_share < 1.0 && self.kept_share > 0.0;
        let own = if partly_returned { own.scaled(self.kept_share) } else { own };
        if self.through_kits.is_empty() {
            return own;
        }
        let mut extra = 0.0;
        let mut period = from.max(0.0).floor();
        while period < to {
            let share = (to.min(period + 1.0) - from.max(period)).max(0.0);
            let kits = self.through_kits.get(period as usize).or(self.through_kits.last());
            extra += share * kits.copied().map_or(0.0, f64::from);
            period += 1.0;
        }
        Demand::count(own.mean() + extra, (own.sd().powi(2) + extra).sqrt())
    }
}

/// A kit that contains the item: its net demand, and how many of the item one of it takes.
#[derive(Debug, Clone, Copy)]
pub struct KitDemand<'a> {
    /// Units of the kit a period. `[horizon]`
    pub mean: &'a [f32],
    /// Units of the item in one.
    pub per_kit: Units,
}

/// What `kits` take of an item, units a period; empty without any. `[horizon]`
#[must_use]
pub fn through_kits<'a>(kits: impl Iterator<Item = KitDemand<'a>>, horizon: usize) -> Vec<f32> {
    let mut total = Vec::new();
    for kit in kits {
        total.resize(horizon, 0.0);
        for (total, &mean) in total.iter_mut().zip(kit.mean) {
            *total += kit.per_kit.count() as f32 * mean;
        }
    }
    total
}

/// Demand of a kit's pool, net of returns, units a period, as its components see it. `[horizon]`
#[must_use]
pub fn kit_demand<'a>(series: impl Iterator<Item = SeriesDemand<'a>>, horizon: usize) -> Vec<f32> {
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

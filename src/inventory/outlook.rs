//! What the forecast says about one pool, on the policy's time axis of calendar days.

use crate::math::distributions::Demand;

/// The forecast of one pool from the as-of date on.
#[derive(Clone, Copy)]
pub struct Outlook<'a> {
    /// Length of one period, calendar days.
    pub period_days: f64,
    /// Expected net demand, units a period; its last value goes on for ever.
    pub mean: &'a [f32],
    /// Demand over the periods `from..to`, fractional ends counted pro rata, when the end itself is
    /// uncertain with the variance of the third argument (periods squared): a lead time's.
    pub over: &'a dyn Fn(f64, f64, f64) -> Demand,
}

impl std::fmt::Debug for Outlook<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlook")
            .field("period_days", &self.period_days)
            .field("mean", &self.mean)
            .finish_non_exhaustive()
    }
}

impl Outlook<'_> {
    /// Demand from `from` to `to` calendar days ahead.
    #[must_use]
    pub fn demand(&self, from: f64, to: f64) -> Demand {
        self.demand_until_about(from, to, 0.0)
    }

    /// Demand from `from` to about `to` calendar days ahead, with a standard deviation of `sd`
    /// days.
    #[must_use]
    pub fn demand_until_about(&self, from: f64, to: f64, sd: f64) -> Demand {
        (self.over)(from / self.period_days, to / self.period_days, (sd / self.period_days).powi(2))
    }

    /// Expected demand of the first `days`, units.
    #[must_use]
    pub fn mean_until(&self, days: f64) -> f64 {
        units_until(self.mean, self.period_days, days)
    }

    /// Mean demand a day over the first `days`, > 0.
    #[must_use]
    pub fn per_day(&self, days: f64) -> f64 {
        self.mean_until(days) / days
    }
}

/// Expected units of the first `days`, of which `mean` says so many a period of `period_days`; its
/// last value goes on for ever.
#[must_use]
pub fn units_until(mean: &[f32], period_days: f64, days: f64) -> f64 {
    let periods = (days / period_days).max(0.0);
    let whole = (periods.floor() as usize).min(mean.len());
    let sum: f64 = mean[..whole].iter().map(|&m| f64::from(m)).sum();
    let next = mean.get(whole).or(mean.last()).copied().map_or(0.0, f64::from);
    sum + next * (periods - whole as f64)
}

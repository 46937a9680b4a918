//! What a network's arithmetic asks of a forecast: demand between two days, as a distribution.

use crate::inventory::Outlook;
use crate::math::distributions::Demand;

/// Demand of one place from the as-of date on.
///
/// The nightly run hands in its predictive distributions ([`Outlook`]); a textbook example or a
/// test a [`Steady`] rate. Everything above reads quantiles and tail probabilities of what comes
/// back, so no shape is assumed anywhere.
pub trait DemandAhead {
    /// Demand from `from` to about `to` calendar days ahead, the end uncertain by `end_sd` days: a
    /// lead time's.
    fn over(&self, from: f64, to: f64, end_sd: f64) -> Demand;

    /// Expected units of the first `days`.
    fn mean_until(&self, days: f64) -> f64 {
        self.over(0.0, days, 0.0).mean()
    }
}

impl DemandAhead for Outlook<'_> {
    fn over(&self, from: f64, to: f64, end_sd: f64) -> Demand {
        self.demand_until_about(from, to, end_sd)
    }

    fn mean_until(&self, days: f64) -> f64 {
        Outlook::mean_until(self, days)
    }
}

/// Demand that goes on at one rate, each day independent of the others.
///
/// ```
/// use orderpoint::network::{DemandAhead, Steady};
///
/// let week = Steady::poisson(2.0).over(3.0, 10.0, 0.0);
/// assert_eq!((week.mean(), week.sd()), (14.0, 14f64.sqrt()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Steady {
    /// Units a day.
    pub per_day: f64,
    /// Variance of one day, units².
    pub variance: f64,
    /// Whole units, or the textbooks' normal.
    pub shape: Shape,
}

/// What a steady demand is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Whole units: Poisson, or negative binomial where the variance is above the mean.
    Count,
    /// Normal.
    Normal,
}

impl Steady {
    /// Poisson at `per_day`.
    #[must_use]
    pub fn poisson(per_day: f64) -> Self {
        Self::count(per_day, 1.0)
    }

    /// Counts whose variance is `dispersion` times their mean, at least 1.
    #[must_use]
    pub fn count(per_day: f64, dispersion: f64) -> Self {
        Self { per_day, variance: per_day * dispersion, shape: Shape::Count }
    }

    /// Normal with this mean and standard deviation a day.
    #[must_use]
    pub fn normal(per_day: f64, sd: f64) -> Self {
        Self { per_day, variance: sd * sd, shape: Shape::Normal }
    }
}

impl DemandAhead for Steady {
    fn over(&self, from: f64, to: f64, end_sd: f64) -> Demand {
        let days = (to - from).max(0.0);
        let mean = self.per_day * days;
        let sd = (self.variance * days + (self.per_day * end_sd).powi(2)).sqrt();
        match self.shape {
            Shape::Count => Demand::count(mean, sd),
            Shape::Normal => Demand::Normal { mean, sd },
        }
    }

    fn mean_until(&self, days: f64) -> f64 {
        self.per_day * days.max(0.0)
    }
}

/// A distribution of `shape`'s kind with other moments: what is sold by several places together is
/// counted as what each of them sells.
pub(super) fn of_the_kind_of(shape: &Demand, mean: f64, sd: f64) -> Demand {
    match shape {
        Demand::Normal { .. } => Demand::Normal { mean, sd },
        Demand::Gamma { .. } if mean > 0.0 && sd > 0.0 => Demand::Gamma { mean, sd },
        Demand::Gamma { .. }
        | Demand::Poisson { .. }
        | Demand::NegativeBinomial { .. }
        | Demand::Empirical(_)
        | Demand::Grid { .. } => Demand::count(mean, sd),
    }
}

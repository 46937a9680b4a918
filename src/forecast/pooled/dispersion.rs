//! How far do periods scatter around their means? Sums over the past, as known now and at every rolling origin.
//!
//! Errors are learnt at past origins by class of series, so a series must be in the class it had there: by what it sells today, a
//! series whose demand has just grown would stand for all large ones, and one that stopped for all that sell nothing. Sums are
//! taken newest period first, so that those before an origin are the total less what followed.

use crate::forecast::pooled::distribution::Spread;
use std::ops::Range;

/// Periods with demand that were due since the last, at the rate before, from which a series counts as overdue.
const OVERDUE: f64 = 2.0;

/// The past of one series or pool.
#[derive(Debug, Clone, Copy)]
pub struct Periods<'a, T> {
    /// Units sold. `[n]`
    pub units: &'a [T],
    /// NaN where demand was not seen; `None` where all was. `[>= n]`
    pub seen: Option<&'a [f32]>,
    /// One-step means of the last periods; NaN where there is none.
    pub means: &'a [T],
}

impl<T: Copy + Into<f64>> Periods<'_, T> {
    fn saw(&self, t: usize) -> bool {
        self.seen.is_none_or(|seen| !seen[t].is_nan())
    }

    /// Seen periods since the last demand before period `origin`.
    fn idle(&self, origin: usize) -> f64 {
        let first =
            self.units[..origin].iter().rposition(|&u| u.into() > 0.0).map_or(0, |last| last + 1);
        (first..origin).filter(|&t| self.saw(t)).count() as f64
    }
}

/// Sums over the seen periods before one origin.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Scatter {
    /// Seen periods.
    pub periods: f64,
    /// Those with demand.
    demands: f64,
    units: f64,
    unit_squares: f64,
    /// Seen periods since the last demand.
    idle: f64,
    /// Periods with a one-step mean.
    pairs: f64,
    /// `Σ (y - μ)²`
    errors: f64,
    /// `Σ μ`
    means: f64,
    /// `Σ μ²`
    mean_squares: f64,
}

impl Scatter {
    /// Sums before every origin; `back` are their distances from the end, descending.
    #[must_use]
    pub fn before<T: Copy + Into<f64>>(back: &[usize], past: &Periods<'_, T>) -> Vec<Self> {
        let (mut total, mut end) = (Self::default(), past.units.len());
        // What followed each origin, nearest origin first.
        let mut after: Vec<Self> = Vec::with_capacity(back.len());
        for &back in back.iter().rev() {
            let origin = past.units.len().saturating_sub(back);
            total.add(past, origin..end);
            after.push(Self { idle: past.idle(origin), ..total });
            end = origin;
        }
        total.add(past, 0..end);
        after.iter().rev().map(|a| total.less(a)).collect()
    }

    /// Adds some periods, newest first.
    fn add<T: Copy + Into<f64>>(&mut self, past: &Periods<'_, T>, periods: Range<usize>) {
        // A copy stays in registers.
        let mut sums = *self;
        let first_mean = past.units.len() - past.means.len();
        for t in periods.rev() {
            let y: f64 = past.units[t].into();
            if past.saw(t) {
                sums.periods += 1.0;
                sums.demands += f64::from(u8::from(y > 0.0));
                sums.units += y;
                sums.unit_squares += y * y;
            }
            let mean = if t >= first_mean { past.means[t - first_mean].into() } else { f64::NAN };
            if mean.is_finite() {
                sums.pairs += 1.0;
                sums.errors += (y - mean) * (y - mean);
                sums.means += mean;
                sums.mean_squares += mean * mean;
            }
        }
        *self = sums;
    }

    /// The sums before an origin: these less what followed, `after`, which knows how long the origin had been idle.
    fn less(&self, after: &Self) -> Self {
        Self {
            periods: self.periods - after.periods,
            demands: self.demands - after.demands,
            units: self.units - after.units,
            unit_squares: self.unit_squares - after.unit_squares,
            idle: after.idle,
            pairs: self.pairs - after.pairs,
            errors: self.errors - after.errors,
            means: self.means - after.means,
            mean_squares: self.mean_squares - after.mean_squares,
        }
    }

    /// Whether demand is missing, see [`overdue`].
    #[must_use]
    pub fn overdue(&self) -> bool {
        overdue(self.demands, self.periods, self.idle)
    }

    /// Clumping of demand: mean squared over mean size of the periods with demand, less one, as far as such periods are rare
    /// enough to be single orders.
    #[must_use]
    pub fn clumping(&self) -> f64 {
        if self.demands == 0.0 || self.units <= 0.0 {
            return 0.0;
        }
        let rare = (1.0 - self.demands / self.periods / 0.5).clamp(0.0, 1.0);
        rare * (self.unit_squares / self.units - 1.0)
    }

    /// `Σ ((y - μ)² - (1 + c) μ)` and `Σ μ²`.
    #[must_use]
    pub fn excess(&self, clumping: f64) -> (f64, f64) {
        (self.errors - (1.0 + clumping) * self.means, self.mean_squares)
    }

    /// Method-of-moments dispersion beside the clumping, shrunk towards the `class` dispersion by its own uncertainty.
    #[must_use]
    pub fn spread(&self, class: f64) -> Spread {
        let clumping = self.clumping();
        let (excess, square) = self.excess(clumping);
        if square <= 1e-12 {
            return Spread { clumping, dispersion: class };
        }
        let mean = (square / self.pairs).sqrt();
        let variance = (1.0 + clumping) * mean + class * mean * mean;
        let sampling = 2.0 * (variance * variance + variance) / (self.pairs * mean.powi(4));
        let prior = 0.5 * (class + 0.3) * (class + 0.3);
        let trust = prior / (prior + sampling);
        let dispersion = (trust * excess / square + (1.0 - trust) * class).max(-0.95 / mean);
        Spread { clumping, dispersion }
    }
}

/// Whether demand is missing: two of the periods with demand, of which `seen` ones had `demands` so far, were due in the `idle`
/// ones since the last, at the rate before.
#[must_use]
pub fn overdue(demands: f64, seen: f64, idle: f64) -> bool {
    (demands - 0.5) / (seen - idle + 1.0) * idle > OVERDUE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before(units: &[f64], back: &[usize]) -> Vec<Scatter> {
        Scatter::before(back, &Periods { units, seen: None, means: &vec![1.0; units.len()] })
    }

    #[test]
    fn sums_before_an_origin_do_not_know_what_followed() {
        let units = [1.0, 0.0, 3.0, 0.0, 0.0, 9.0, 0.0];
        for k in 1..units.len() {
            let both = before(&units, &[k, 0]);
            assert_eq!(both[0], before(&units[..units.len() - k], &[0])[0], "{k} periods back");
            assert_eq!(both[1], before(&units, &[0])[0]);
        }
    }

    #[test]
    fn unseen_periods_count_nowhere() {
        let unseen =
            Periods { units: &[5.0f32; 9], seen: Some(&[f32::NAN; 9]), means: &[f32::NAN; 4] };
        assert_eq!(Scatter::before(&[0], &unseen)[0], Scatter::default());
    }

    #[test]
    fn a_series_is_overdue_once_two_sales_are_missing() {
        let mut units = [1.0, 0.0, 0.0, 0.0].repeat(10);
        assert!(!before(&units, &[0])[0].overdue());
        units.extend([0.0; 6]);
        assert!(before(&units, &[0])[0].overdue());
        assert!(!Scatter::default().overdue());
    }

    #[test]
    fn rare_sales_of_many_units_are_clumps_and_steady_ones_are_not() {
        assert!(
            (before(&[0.0, 8.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], &[0])[0].clumping() - 7.0 * 0.75)
                .abs()
                < 1e-12
        );
        assert!(before(&[8.0; 8], &[0])[0].clumping().abs() < 1e-12);
    }
}

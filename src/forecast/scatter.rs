//! How far do periods scatter around their means? Sums over the past, as known now and at every rolling origin.
//!
//! Errors are learnt at past origins by class of series, so a series must be in the class it had there: by what it sells today, a
//! series whose demand has just grown would stand for all large ones, and one that stopped for all that sell nothing. Sums are
//! taken newest period first, so that those before an origin are the total less what followed.

use super::distribution::Spread;

/// Periods with demand that were due since the last, at the rate before, from which a series counts as overdue.
const OVERDUE: f64 = 2.0;

/// One past period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Period {
    /// Units sold.
    pub units: f64,
    /// Whether demand was seen.
    pub seen: bool,
    /// One-step mean; NaN where there is none.
    pub mean: f64,
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
    /// Sums before every origin; `back` are their distances from the end, descending, `past` tells the periods newest first.
    #[must_use]
    pub fn before(back: &[usize], past: impl Iterator<Item = Period>) -> Vec<Self> {
        let mut total = Self::default();
        // What followed each origin, nearest origin first, and how many of them have met their last demand.
        let mut after: Vec<Self> = Vec::with_capacity(back.len());
        let mut known = 0;
        let mut origins = back.iter().rev().copied().peekable();
        for (j, period) in past.enumerate() {
            if origins.next_if_eq(&j).is_some() {
                after.push(total);
            }
            if period.units > 0.0 {
                after[known..].iter_mut().for_each(|a| a.idle = total.periods - a.periods);
                known = after.len();
            }
            total.add(period);
        }
        after.extend(origins.map(|_| total));
        after[known..].iter_mut().for_each(|a| a.idle = total.periods - a.periods);
        after.iter().rev().map(|a| total.less(a)).collect()
    }

    fn add(&mut self, period: Period) {
        let Period { units: y, seen, mean } = period;
        if seen {
            self.periods += 1.0;
            self.demands += f64::from(u8::from(y > 0.0));
            self.units += y;
            self.unit_squares += y * y;
        }
        if mean.is_finite() {
            self.pairs += 1.0;
            self.errors += (y - mean) * (y - mean);
            self.means += mean;
            self.mean_squares += mean * mean;
        }
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
        let past = units.iter().rev().map(|&units| Period { units, seen: true, mean: 1.0 });
        Scatter::before(back, past)
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
        let unseen = Period { units: 5.0, seen: false, mean: f64::NAN };
        assert_eq!(Scatter::before(&[0], std::iter::repeat_n(unseen, 9))[0], Scatter::default());
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
        assert!((before(&[0.0, 8.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], &[0])[0].clumping() - 7.0 * 0.75).abs() < 1e-12);
        assert!(before(&[8.0; 8], &[0])[0].clumping().abs() < 1e-12);
    }
}

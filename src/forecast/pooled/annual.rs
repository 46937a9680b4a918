//! Does this time of year repeat last year's movement? A carry-over for daily series with more than
//! a year of history.
//!
//! Weekly methods do not know that December ends. The level of the coming weeks a year ago,
//! relative to the four weeks before them, is this year's expected movement, raised to a weight in
//! 0..=1 that says how well such movements repeated so far:
//!
//! ```text
//! ratio[h] = (level last year at h / level last year now)^w     w = Σ r r' / (Σ r'² + n λ)
//! ```
//!
//! with `r`, `r'` the logarithm of the movement over four weeks, this year and last, at every week
//! of the second year. The weight shrinks to nothing where history does not repeat. A profile
//! pooled over a category knows more; this one is what a series can say by itself. A year is 364
//! days, so that weekdays match. Periods that are NaN are left out of every mean.

use crate::math::elementary::Elementary;
use serde::{Deserialize, Serialize};

/// Days of a year of whole weeks.
const YEAR: usize = 364;
/// Days a movement is measured over.
const WINDOW: usize = 28;
/// Prior variance of a movement that does not repeat. `[λ]`
// Of a movement of 14 %, whose square this is, half is believed.
const SHRINKAGE: f64 = 0.02;
/// History needed beyond a year: windows on both sides of the first test and a few months of tests.
const MARGIN: usize = 2 * WINDOW + 60;

/// Last year's movement from this day of the year on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Annual {
    /// How much of it to expect again, 0..=1. `[w]`
    pub weight: f64,
    /// `ln` of last year's level over that of the window before, at days 3, 10, 17, ... from the
    /// fit on.
    pub log_ratio: Vec<f64>,
    /// Days since the fit.
    pub elapsed: usize,
}

/// Means over any stretch of a series, gaps left out, by running totals.
struct Means {
    sums: Vec<f64>,
    counts: Vec<f64>,
    /// Keeps logarithms finite: 5 % of the overall mean.
    offset: f64,
}

impl Means {
    fn new(values: &[f64]) -> Self {
        let mut sum = 0.0;
        let mut count = 0.0;
        let mut sums = vec![0.0];
        let mut counts = vec![0.0];
        for &v in values {
            if !v.is_nan() {
                sum += v;
                count += 1.0;
            }
            sums.push(sum);
            counts.push(count);
        }
        Self { sums, counts, offset: 0.05 * sum / count }
    }

    fn log_mean(&self, from: usize, to: usize) -> Option<f64> {
        let n = self.counts[to] - self.counts[from];
        (n > 0.0)
            .then(|| ((self.sums[to] - self.sums[from]) / n + self.offset).natural_log())
            .filter(|log| log.is_finite())
    }

    /// `ln` of the mean over [`WINDOW`] from `t` on, against that before.
    fn movement(&self, t: usize) -> Option<f64> {
        Some(self.log_mean(t, t + WINDOW)? - self.log_mean(t - WINDOW, t)?)
    }
}

/// The carry-over of `values`, one a day with the weekly season taken out; `None` below some
/// sixteen months.
#[must_use]
pub fn fit(values: &[f64]) -> Option<Annual> {
    let n = values.len();
    if n < YEAR + MARGIN {
        return None;
    }
    let means = Means::new(values);
    let mut joint = 0.0;
    let mut own = 0.0;
    for t in (YEAR + WINDOW..=n - WINDOW).step_by(7) {
        if let (Some(now), Some(before)) = (means.movement(t), means.movement(t - YEAR)) {
            joint += now * before;
            own += before * before + SHRINKAGE;
        }
    }
    let weight = if own > 0.0 { (joint / own).clamp(0.0, 1.0) } else { 0.0 };
    if weight == 0.0 {
        return None;
    }
    let now = n - YEAR;
    let base = means.log_mean(now - WINDOW, now)?;
    let mut log_ratio = Vec::with_capacity(YEAR / 7);
    for week in 0..YEAR / 7 {
        // A fortnight around the middle of the week: one week alone is mostly noise.
        let day = now + 7 * week + 3;
        let level = means.log_mean(day - 7, (day + 8).min(n));
        log_ratio.push(level.map_or(0.0, |level| level - base));
    }
    Some(Annual { weight, log_ratio, elapsed: 0 })
}

impl Annual {
    /// Multiplies a path that starts today with the movement expected of it; that of a year ahead
    /// holds beyond.
    pub fn apply(&self, path: &mut [f64]) {
        // Days since the fit have moved the level already: their share of the window it is measured
        // against.
        let passed =
            (0..WINDOW.min(self.elapsed)).map(|k| self.log_at(self.elapsed - 1 - k)).sum::<f64>()
                / WINDOW as f64;
        for (h, value) in path.iter_mut().enumerate() {
            *value *= (self.weight * (self.log_at(self.elapsed + h) - passed)).exponential();
        }
    }

    /// Moves on by one day.
    pub fn advance(&mut self) {
        self.elapsed += 1;
    }

    /// The logarithm between the weekly points.
    fn log_at(&self, day: usize) -> f64 {
        let last = self.log_ratio.len() - 1;
        let place = ((day as f64 - 3.0) / 7.0).clamp(0.0, last as f64);
        let week = place as usize;
        let next = (week + 1).min(last);
        self.log_ratio[week] + (place - week as f64) * (self.log_ratio[next] - self.log_ratio[week])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::elementary::Transcendental;

    fn yearly(days: usize) -> Vec<f64> {
        (0..days)
            .map(|t| 50.0 + 25.0 * (t as f64 / YEAR as f64 * std::f64::consts::TAU).sine())
            .collect()
    }

    #[test]
    fn a_repeating_year_is_carried_over() {
        let values = yearly(700);
        let annual = fit(&values).unwrap();
        assert!(annual.weight > 0.5, "{}", annual.weight);
        let truth = yearly(800);
        let level = values[672..].iter().sum::<f64>() / 28.0;
        let mut path = [level; 90];
        annual.apply(&mut path);
        assert!((path[60] - truth[760]).abs() < 0.7 * (level - truth[760]).abs());
    }

    #[test]
    fn noise_is_hardly_carried_over_and_a_short_history_not_at_all() {
        let noise: Vec<f64> =
            (0..730u64).map(|t| (t.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as f64).collect();
        assert!(fit(&noise).is_none_or(|annual| annual.weight < 0.3));
        assert_eq!(fit(&yearly(400)), None);
        assert_eq!(fit(&[0.0; 730]), None);
    }
}

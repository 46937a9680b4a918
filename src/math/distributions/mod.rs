//! Demand as a distribution: quantile, cumulative probability and expected shortfall, fast enough
//! for every pool every night.
//!
//! Counts walk their recurrence from zero (`P[k+1] / P[k]` is rational), which costs one
//! multiplication a unit and needs no special function. Beyond [`COUNT_LIMIT`] units of mean a
//! count differs from its continuous counterpart by less than a thousandth in probability, so the
//! gamma or normal with a continuity correction takes over.

use crate::math::elementary::gamma_below;
use crate::math::elementary::{Elementary, Transcendental};
use crate::math::normal;
use serde::{Deserialize, Serialize};

/// Mean demand above which counts are treated as continuous, units.
pub const COUNT_LIMIT: f64 = 512.0;

/// Demand over some interval.
///
/// ```
/// use orderpoint::math::distributions::Demand;
///
/// // 200 expected, give or take 50: 95 % of such intervals sell at most 282.
/// let weeks = Demand::Normal { mean: 200.0, sd: 50.0 };
/// assert!((weeks.quantile(0.95) - 282.2).abs() < 0.1);
/// // A part that sells twice a month: nothing at all in 14 % of them.
/// let part = Demand::count(2.0, 1.0);
/// assert_eq!(part, Demand::Poisson { mean: 2.0 });
/// assert!((part.cdf(0.0) - 0.135).abs() < 0.001);
/// // With two on the shelf 0.54 of a month's demand is expected to be lost.
/// assert!((part.expected_shortfall(2.0) - 0.541).abs() < 0.001);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Demand {
    /// Normal; may reach below zero, as textbooks have it.
    Normal {
        /// Expected demand, units.
        mean: f64,
        /// Standard deviation, units, >= 0.
        sd: f64,
    },
    /// Gamma: continuous, never negative.
    Gamma {
        /// Expected demand, units, > 0.
        mean: f64,
        /// Standard deviation, units, > 0.
        sd: f64,
    },
    /// Poisson counts.
    Poisson {
        /// Expected demand, units, >= 0.
        mean: f64,
    },
    /// Negative binomial counts; `sd² > mean`.
    NegativeBinomial {
        /// Expected demand, units, > 0.
        mean: f64,
        /// Standard deviation, units.
        sd: f64,
    },
    /// Equally likely outcomes, ascending.
    Empirical(Vec<f64>),
    /// Any distribution by its values on a grid; whole units where `step` is 1, linear in between
    /// where it is larger.
    Grid {
        /// Expected demand, units.
        mean: f64,
        /// Standard deviation, units.
        sd: f64,
        /// Units between two points.
        step: f64,
        /// `P(demand <= i * step)`, not falling, the last one 1.
        cdf: Vec<f64>,
    },
}

impl Demand {
    /// Counts with this mean and standard deviation: negative binomial, or Poisson where `sd² <=
    /// mean`.
    #[must_use]
    pub fn count(mean: f64, sd: f64) -> Self {
        let mean = mean.max(0.0);
        // Less spread than Poisson's is no negative binomial; a hair more makes its shape overflow.
        if mean > 0.0 && sd * sd > mean * 1.000_001 {
            Self::NegativeBinomial { mean, sd }
        } else {
            Self::Poisson { mean }
        }
    }

    /// Equally likely outcomes in any order; `None` when empty or not finite.
    #[must_use]
    pub fn empirical(mut outcomes: Vec<f64>) -> Option<Self> {
        outcomes.sort_by(f64::total_cmp);
        (!outcomes.is_empty() && outcomes.iter().all(|x| x.is_finite()))
            .then_some(Self::Empirical(outcomes))
    }

    /// Expected demand, units.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match self {
            Self::Normal { mean, .. }
            | Self::Gamma { mean, .. }
            | Self::Poisson { mean }
            | Self::NegativeBinomial { mean, .. }
            | Self::Grid { mean, .. } => *mean,
            Self::Empirical(x) => x.iter().sum::<f64>() / x.len() as f64,
        }
    }

    /// Standard deviation, units.
    #[must_use]
    pub fn sd(&self) -> f64 {
        match self {
            Self::Normal { sd, .. }
            | Self::Gamma { sd, .. }
            | Self::NegativeBinomial { sd, .. }
            | Self::Grid { sd, .. } => *sd,
            Self::Poisson { mean } => mean.sqrt(),
            Self::Empirical(x) => {
                let mean = self.mean();
                (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / x.len() as f64).sqrt()
            }
        }
    }

    /// P(demand <= `x`).
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        match *self {
            Self::Normal { mean, sd } if sd > 0.0 => normal::cdf((x - mean) / sd),
            Self::Gamma { mean, sd } => gamma_cdf(mean, sd, x),
            Self::Empirical(ref outcomes) => {
                outcomes.partition_point(|&o| o <= x) as f64 / outcomes.len() as f64
            }
            Self::Grid { step, ref cdf, .. } => grid_cdf(cdf, step, x),
            _ => match self.counts() {
                Some(mut walk) => walk.cdf_at(x),
                None => self
                    .continuous()
                    .map_or(f64::from(x >= self.mean()), |c| c.cdf(x.floor() + 0.5)),
            },
        }
    }

    /// Smallest demand that is not exceeded with probability `p`, 0 < p < 1; whole units for
    /// counts.
    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        match *self {
            Self::Normal { mean, sd } if sd > 0.0 => mean + sd * normal::quantile(p),
            Self::Gamma { mean, sd } => gamma_quantile(mean, sd, p),
            Self::Empirical(ref outcomes) => {
                let n = outcomes.len();
                // The tolerance keeps 0.9 of ten outcomes the ninth one in binary arithmetic too.
                let rank = (p * n as f64 - 1e-9).ceil().max(1.0) as usize;
                outcomes[rank.min(n) - 1]
            }
            Self::Grid { step, ref cdf, .. } => grid_quantile(cdf, step, p),
            _ => match self.counts() {
                Some(mut walk) => walk.quantile(p),
                None => {
                    self.continuous().map_or(self.mean(), |c| (c.quantile(p) - 0.5).ceil().max(0.0))
                }
            },
        }
    }

    /// E max(demand - `x`, 0): what is short when `x` units are there, units. The loss function.
    #[must_use]
    pub fn expected_shortfall(&self, x: f64) -> f64 {
        match *self {
            Self::Normal { mean, sd } if sd > 0.0 => sd * normal::loss((x - mean) / sd),
            Self::Gamma { mean, sd } => gamma_shortfall(mean, sd, x),
            Self::Empirical(ref outcomes) => {
                outcomes.iter().map(|o| (o - x).max(0.0)).sum::<f64>() / outcomes.len() as f64
            }
            _ if x <= 0.0 => self.mean() - x,
            Self::Grid { step, ref cdf, .. } => grid_shortfall(cdf, step, x),
            _ => match self.counts() {
                Some(mut walk) => walk.shortfall(x),
                None => self
                    .continuous()
                    .map_or((self.mean() - x).max(0.0), |c| c.expected_shortfall(x)),
            },
        }
    }

    /// `out[i] = P(demand <= first + i * step)`, ascending in `i`: one walk instead of many calls.
    ///
    /// `step` must be positive.
    pub fn cdf_grid(&self, first: f64, step: f64, out: &mut [f64]) {
        let mut walk = self.counts();
        for (i, p) in out.iter_mut().enumerate() {
            let x = first + i as f64 * step;
            *p = match &mut walk {
                Some(walk) => walk.cdf_at(x),
                None => self.cdf(x),
            };
        }
    }

    /// The same shape at `factor` times the demand, > 0: mean and standard deviation scale alike; a
    /// grid becomes a count.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        match *self {
            Self::Normal { mean, sd } => Self::Normal { mean: mean * factor, sd: sd * factor },
            Self::Gamma { mean, sd } => Self::Gamma { mean: mean * factor, sd: sd * factor },
            // A scaled count is no longer Poisson: its variance grows with the square.
            Self::Poisson { mean } => Self::count(mean * factor, mean.sqrt() * factor),
            Self::NegativeBinomial { mean, sd } => Self::count(mean * factor, sd * factor),
            Self::Empirical(ref outcomes) => {
                Self::Empirical(outcomes.iter().map(|o| o * factor).collect())
            }
            Self::Grid { mean, sd, .. } => Self::count(mean * factor, sd * factor),
        }
    }

    /// The same mean with another standard deviation; outcomes are stretched about the mean and
    /// stop at zero, a grid becomes a count.
    #[must_use]
    pub fn with_sd(&self, sd: f64) -> Self {
        match *self {
            Self::Normal { mean, .. } => Self::Normal { mean, sd },
            Self::Gamma { mean, .. } if sd > 0.0 => Self::Gamma { mean, sd },
            Self::Gamma { mean, .. } => Self::Normal { mean, sd },
            Self::Poisson { mean }
            | Self::NegativeBinomial { mean, .. }
            | Self::Grid { mean, .. } => Self::count(mean, sd),
            Self::Empirical(ref outcomes) => {
                let (mean, own) = (self.mean(), self.sd());
                let stretch = if own > 0.0 { sd / own } else { 1.0 };
                Self::Empirical(
                    outcomes.iter().map(|o| (mean + (o - mean) * stretch).max(0.0)).collect(),
                )
            }
        }
    }

    /// The recurrence, where one is exact and short enough.
    fn counts(&self) -> Option<CountWalk> {
        let (mean, r) = match *self {
            Self::Poisson { mean } => (mean, f64::INFINITY),
            Self::NegativeBinomial { mean, sd } => (mean, mean * mean / (sd * sd - mean)),
            _ => return None,
        };
        (mean <= COUNT_LIMIT).then(|| CountWalk::new(mean, r))
    }

    /// The continuous counterpart of a large count or `None` of a constant.
    fn continuous(&self) -> Option<Self> {
        match *self {
            Self::Poisson { mean } if mean > 0.0 => Some(Self::Normal { mean, sd: mean.sqrt() }),
            Self::NegativeBinomial { mean, sd } => Some(Self::Gamma { mean, sd }),
            _ => None,
        }
    }
}

/// Walks `P(0), P(1), ...` of a count; `k` and the running sums only ever move up.
#[derive(Debug, Clone)]
struct CountWalk {
    mean: f64,
    /// Dispersion; infinite for Poisson. `[r]`
    r: f64,
    /// `mean / (mean + r)`, 0 for Poisson. `[1 - p]`
    q: f64,
    k: f64,
    /// P(k)
    pmf: f64,
    /// P(<= k)
    cdf: f64,
}

impl CountWalk {
    fn new(mean: f64, r: f64) -> Self {
        let (q, log_p0) = if r.is_finite() {
            (mean / (mean + r), -r * (mean / r).natural_log_1p())
        } else {
            (0.0, -mean)
        };
        let pmf = log_p0.exponential();
        Self { mean, r, q, k: 0.0, pmf, cdf: pmf }
    }

    fn step(&mut self) {
        let ratio = if self.r.is_finite() { self.q * (self.r + self.k) } else { self.mean };
        self.k += 1.0;
        self.pmf *= ratio / self.k;
        self.cdf += self.pmf;
    }

    /// Nothing is left to sum: rounding would only keep us walking.
    fn exhausted(&self) -> bool {
        self.k > self.mean && self.pmf < 1e-17
    }

    fn cdf_at(&mut self, x: f64) -> f64 {
        if x < 0.0 {
            return 0.0;
        }
        while self.k + 1.0 <= x && !self.exhausted() {
            self.step();
        }
        self.cdf.min(1.0)
    }

    fn quantile(&mut self, p: f64) -> f64 {
        // One part in 10^12 forgives the rounding of the running sum.
        while self.cdf < p - 1e-12 && !self.exhausted() {
            self.step();
        }
        self.k
    }

    /// `E(D - x)+ = mean - x + sum over k < x of (x - k) P(k)`, for x > 0.
    fn shortfall(&mut self, x: f64) -> f64 {
        let mut below = x * self.pmf;
        while self.k + 1.0 < x && !self.exhausted() {
            self.step();
            below += (x - self.k) * self.pmf;
        }
        (self.mean - x + below).max(0.0)
    }
}

fn gamma_cdf(mean: f64, sd: f64, x: f64) -> f64 {
    let (shape, scale) = ((mean / sd).powi(2), sd * sd / mean);
    if x <= 0.0 { 0.0 } else { gamma_below(shape, x / scale) }
}

fn gamma_shortfall(mean: f64, sd: f64, x: f64) -> f64 {
    let (shape, scale) = ((mean / sd).powi(2), sd * sd / mean);
    if x <= 0.0 {
        return mean - x;
    }
    (mean * (1.0 - gamma_below(shape + 1.0, x / scale)) - x * (1.0 - gamma_below(shape, x / scale)))
        .max(0.0)
}

fn grid_cdf(cdf: &[f64], step: f64, x: f64) -> f64 {
    let cell = (x / step).max(0.0);
    let (i, part) = (cell as usize, if step > 1.0 { cell.fract() } else { 0.0 });
    match (cdf.get(i), cdf.get(i + 1)) {
        _ if x < 0.0 => 0.0,
        (Some(low), Some(high)) => low + part * (high - low),
        _ => 1.0,
    }
}

fn grid_quantile(cdf: &[f64], step: f64, p: f64) -> f64 {
    let i = cdf.partition_point(|&c| c < p - 1e-12).min(cdf.len().saturating_sub(1));
    if step <= 1.0 || i == 0 {
        return i as f64 * step;
    }
    let share = (p - cdf[i - 1]) / (cdf[i] - cdf[i - 1]).max(1e-15);
    ((i as f64 - 1.0 + share.clamp(0.0, 1.0)) * step).ceil()
}

/// The integral of `1 - P` from `x` on, `P` a staircase.
fn grid_shortfall(cdf: &[f64], step: f64, x: f64) -> f64 {
    let cell = x / step;
    let i = cell as usize;
    let Some(here) = cdf.get(i) else { return 0.0 };
    let rest: f64 = cdf[i + 1..].iter().map(|c| 1.0 - c).sum();
    ((1.0 - here) * (1.0 - cell.fract()) + rest) * step
}

/// Bisection on the distribution function, started from a bracket around the Wilson-Hilferty
/// approximation.
fn gamma_quantile(mean: f64, sd: f64, p: f64) -> f64 {
    let c = (sd / mean).powi(2) / 9.0;
    let start = mean * (1.0 - c + normal::quantile(p) * c.sqrt()).max(0.01).powi(3);
    let (mut low, mut high) = (0.5 * start, 2.0 * start);
    while gamma_cdf(mean, sd, low) > p && low > 1e-300 {
        high = low;
        low *= 0.25;
    }
    while gamma_cdf(mean, sd, high) < p {
        low = high;
        high *= 2.0;
    }
    root(low, high, |x| gamma_cdf(mean, sd, x) - p)
}

/// Root of an increasing function inside a bracket, to the last few bits (Illinois variant of false
/// position).
fn root(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (mut f_low, mut f_high) = (f(low), f(high));
    for _ in 0..60 {
        if f_high - f_low <= 0.0 || high - low <= 1e-13 * high {
            break;
        }
        let x = (low - f_low * (high - low) / (f_high - f_low)).clamp(low, high);
        let fx = f(x);
        if fx == 0.0 {
            return x;
        }
        if fx > 0.0 {
            (high, f_high) = (x, fx);
            f_low *= 0.5;
        } else {
            (low, f_low) = (x, fx);
            f_high *= 0.5;
        }
    }
    if f_low.abs() < f_high.abs() { low } else { high }
}

#[cfg(test)]
mod tests;

//! How far may demand stray? Count distributions of one period and of the sum over an interval.
//!
//! Demand is negative binomial given its mean and variance (Poisson when the variance equals the
//! mean), evaluated by the recurrence `P(k+1) = P(k) (k + r) / (k + 1) · μ / (r + μ)`; large means,
//! and variances below the mean, use the gamma distribution of the same moments (Wilson & Hilferty
//! 1931). The distribution is then recalibrated on past errors of like series: `G(x) = C(F(x))`,
//! where `C` is the empirical distribution of the non-randomised probability integral transform
//! (Czado, Gneiting & Held 2009), a conformal correction that keeps counts counts. Units: units of
//! demand.

use crate::math::elementary::{Elementary, Transcendental};
use crate::math::exact::ExactSum;
use crate::math::normal;
use crate::parallel;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// Past this mean a count is as good as continuous: half a unit is 5 % of a Poisson's deviation.
const LARGE_MEAN: f64 = 100.0;
/// Points of a continuous grid.
const GRID: usize = 240;
/// Standard normal deviates between which a continuous distribution is linear: -5 to 5, off by less
/// than 0.0001.
const DEVIATES: usize = 201;
/// `Φ` at the deviates.
static NORMAL: LazyLock<[f64; DEVIATES]> =
    LazyLock::new(|| std::array::from_fn(|i| normal_cdf(deviate(i))));

fn deviate(i: usize) -> f64 {
    0.05 * i as f64 - 5.0
}

/// Probabilities at which a [`Calibration`] is kept; denser in the tails that safety stock reads.
const KNOTS: [f64; 20] = [
    0.005, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99, 0.995,
    0.999, 0.9997, 0.9999, 0.99997,
];

/// Counts of where the past actuals of one member fell in their predicted distributions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PitCounts {
    below: [f64; KNOTS.len()],
    count: f64,
}

/// Counts of many members.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PitSums {
    below: [ExactSum; KNOTS.len()],
    count: usize,
    /// Most misses that a single member has beyond what is predicted and [`USUAL_MISSES`].
    worst: [f64; KNOTS.len()],
}

/// Misses beyond the predicted number that any member may have by chance.
const USUAL_MISSES: f64 = 1.0;

impl PitCounts {
    /// Adds one actual that covers the predicted probabilities `low..=high`: `F(y - 1)` and `F(y)`.
    pub fn add(&mut self, low: f64, high: f64) {
        for (below, &u) in self.below.iter_mut().zip(&KNOTS) {
            *below += if high <= low {
                f64::from(u8::from(high <= u))
            } else {
                ((u - low) / (high - low)).clamp(0.0, 1.0)
            };
        }
        self.count += 1.0;
    }

    /// Adds an actual to where the distribution of `moments` predicted it.
    pub fn add_actual(&mut self, moments: &Moments, actual: f64) {
        self.add(moments.cdf(actual - 1.0), moments.cdf(actual));
    }
}

impl PitSums {
    /// Adds all that one member says: what the worst of them misses again and again is its own
    /// step, not its neighbours' error.
    pub fn add_member(&mut self, member: &PitCounts) {
        self.count += member.count as usize;
        for (i, &u) in KNOTS.iter().enumerate() {
            self.below[i].add(member.below[i]);
            let missed = member.count * u - member.below[i];
            // Above the middle too many above, below it too many below.
            let missed = if u >= 0.5 { missed } else { -missed };
            self.worst[i] = self.worst[i].max(missed - USUAL_MISSES);
        }
    }

    /// All of some counts.
    pub fn sum<'c>(counts: impl IntoIterator<Item = &'c Self>) -> Self {
        let mut all = Self::default();
        for part in counts {
            all.merge(part);
        }
        all
    }

    /// Adds the counts of other members, in any order.
    pub fn merge(&mut self, other: &Self) {
        ExactSum::merge_all(&mut self.below, &other.below);
        for (a, &b) in self.worst.iter_mut().zip(&other.worst) {
            *a = a.max(b);
        }
        self.count += other.count;
    }

    /// The calibration that these counts call for, pulled towards `prior` with the weight of
    /// `prior_count` actuals.
    #[must_use]
    pub fn calibration(&self, prior: &Calibration, prior_count: f64) -> Calibration {
        let mut observed = [0.0; KNOTS.len()];
        let mut before = 0.0f64;
        for (i, (observed, &u)) in observed.iter_mut().zip(&KNOTS).enumerate() {
            // The worst member counts as if it had missed as often as is usual.
            let worst = if u >= 0.5 { self.worst[i] } else { -self.worst[i] };
            let below = self.below[i].value() + worst + prior_count * prior.observed[i];
            // Never quite 0 or 1: what was not yet exceeded can be.
            *observed = (below / (self.count as f64 + prior_count)).clamp(1e-4, 0.9999).max(before);
            before = *observed;
        }
        Calibration { observed }
    }
}

/// A monotone map from predicted to observed probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Observed probability at each of the knots.
    observed: [f64; KNOTS.len()],
}

impl Default for Calibration {
    fn default() -> Self {
        Self { observed: KNOTS }
    }
}

impl Calibration {
    /// `C(u)`, linear between knots and to 0 and 1 beyond them.
    #[must_use]
    pub fn observed(&self, u: f64) -> f64 {
        interpolate(&KNOTS, &self.observed, u)
    }

    /// `C(u)` of ascending `u`, each found from where the last one was.
    fn observer(&self) -> impl FnMut(f64) -> f64 + '_ {
        let mut i = 0;
        move |u| {
            while i < KNOTS.len() && KNOTS[i] < u {
                i += 1;
            }
            between(&KNOTS, &self.observed, i, u)
        }
    }

    /// `C⁻¹(p)`.
    #[must_use]
    pub fn predicted(&self, p: f64) -> f64 {
        interpolate(&self.observed, &KNOTS, p)
    }

    /// Between two calibrations, `share` of the way to `other`.
    #[must_use]
    pub fn towards(&self, other: &Self, share: f64) -> Self {
        let observed = std::array::from_fn(|i| {
            self.observed[i] + share * (other.observed[i] - self.observed[i])
        });
        Self { observed }
    }
}

fn interpolate(xs: &[f64], ys: &[f64], x: f64) -> f64 {
    between(xs, ys, xs.partition_point(|&k| k < x), x)
}

/// Linear between the points `i - 1` and `i`, the ends being (0, 0) and (1, 1).
fn between(xs: &[f64], ys: &[f64], i: usize, x: f64) -> f64 {
    let x0 = if i == 0 { 0.0 } else { xs[i - 1] };
    let y0 = if i == 0 { 0.0 } else { ys[i - 1] };
    let x1 = xs.get(i).copied().unwrap_or(1.0);
    let y1 = ys.get(i).copied().unwrap_or(1.0);
    if x1 > x0 { (y0 + (y1 - y0) * (x - x0) / (x1 - x0)).clamp(0.0, 1.0) } else { y1 }
}

/// A demand distribution by its first two moments, before calibration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// Expected units. `[μ]`
    pub mean: f64,
    /// Variance, units squared.
    pub variance: f64,
}

impl Moments {
    fn is_count(self) -> bool {
        // A variance a little below the mean is still as good as Poisson; further below it, no
        // negative binomial has these moments.
        self.mean <= LARGE_MEAN && self.variance >= 0.97 * self.mean
    }

    /// Calls `visit(k, P(k))` for k = 0, 1, ... until it returns `false` or the tail is spent.
    fn walk(self, mut visit: impl FnMut(f64, f64) -> bool) {
        let mean = self.mean.max(1e-9);
        let variance = self.variance;
        // Without excess variance the recurrence is Poisson's.
        let r =
            if variance > 1.0005 * mean { mean * mean / (variance - mean) } else { f64::INFINITY };
        let ratio = if r.is_finite() { mean / (r + mean) } else { 0.0 };
        let mut p = if r.is_finite() {
            (r * (r / (r + mean)).natural_log()).exponential()
        } else {
            (-mean).exponential()
        };
        let mut k = 0.0;
        let mut tail = 1.0;
        loop {
            tail -= p;
            // Until one in ten million is left, and never further than a count of a mean that is
            // walked at all could go.
            if !visit(k, p) || (tail < 1e-7 && k > mean) || k > 60.0 * LARGE_MEAN {
                return;
            }
            p *= if r.is_finite() { (k + r) / (k + 1.0) * ratio } else { mean / (k + 1.0) };
            k += 1.0;
        }
    }

    /// `P(D <= x)`.
    #[must_use]
    pub fn cdf(self, x: f64) -> f64 {
        if x < 0.0 {
            return 0.0;
        }
        if self.mean <= 0.0 {
            return 1.0;
        }
        if !self.is_count() {
            // Half a unit up: a continuous distribution stands for whole units.
            return self.gamma_cdf(x + 0.5);
        }
        let mut sum = 0.0;
        self.walk(|k, p| {
            if k > x {
                return false;
            }
            sum += p;
            true
        });
        sum.min(1.0)
    }

    /// Gamma distribution through the cube-root normal approximation. Shape below about 0.3 does
    /// not get here: counts do that.
    fn gamma_cdf(self, x: f64) -> f64 {
        if self.variance <= 0.0 {
            return if x >= self.mean { 1.0 } else { 0.0 };
        }
        let shape = self.mean * self.mean / self.variance;
        let z = ((x.max(0.0) / self.mean).cube_root() - 1.0 + 1.0 / (9.0 * shape))
            * (9.0 * shape).sqrt();
        normal_cdf(z)
    }

    /// Demand `z` standard deviates of its cube root from the middle.
    fn gamma_at(self, z: f64) -> f64 {
        let shape = self.mean * self.mean / self.variance.max(1e-12);
        let root = 1.0 - 1.0 / (9.0 * shape) + z / (9.0 * shape).sqrt();
        self.mean * root.max(0.0).powi(3)
    }

    /// `P(D <= x)` of the gamma distribution at ascending `x`, linear between the [`DEVIATES`].
    fn gamma_cdfs(self) -> impl FnMut(f64) -> f64 {
        let at: [f64; DEVIATES] = std::array::from_fn(|i| self.gamma_at(deviate(i)));
        let mut i = 0;
        move |x| {
            while i < DEVIATES && at[i] < x {
                i += 1;
            }
            match i {
                0 => 0.0,
                DEVIATES => 1.0,
                _ => {
                    NORMAL[i - 1]
                        + (x - at[i - 1]) / (at[i] - at[i - 1]) * (NORMAL[i] - NORMAL[i - 1])
                }
            }
        }
    }

    /// Smallest whole number of units `x` with `P(D <= x) >= p`, for every p of the ascending
    /// `probabilities`.
    pub fn quantiles(self, probabilities: &[f64], out: &mut [f32]) {
        self.quantiles_at(probabilities, |i| normal_quantile(probabilities[i]), out);
    }

    /// The same with `Φ⁻¹` of each probability known.
    fn quantiles_at(self, probabilities: &[f64], deviate: impl Fn(usize) -> f64, out: &mut [f32]) {
        if self.mean <= 0.0 {
            out.fill(0.0);
            return;
        }
        if !self.is_count() {
            for (i, q) in out.iter_mut().enumerate() {
                *q = self.gamma_at(deviate(i)).round() as f32;
            }
            return;
        }
        let mut sum = 0.0;
        let mut next = 0;
        let mut last = 0.0;
        self.walk(|k, p| {
            sum += p;
            last = k;
            while next < probabilities.len() && sum >= probabilities[next] {
                out[next] = k as f32;
                next += 1;
            }
            next < probabilities.len()
        });
        out[next..].fill(last as f32);
    }
}

/// Variance of one period as a function of its mean: `Var y = (1 + c) μ + φ μ²`.
///
/// `c` is clumping: orders for several units, whose variance falls only in proportion with the
/// mean; `φ` is dispersion: errors in proportion to the mean. Poisson demand has neither.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Variance beyond Poisson in proportion to the mean. `[c]`
    pub clumping: f64,
    /// Variance in proportion to the squared mean. `[φ]`
    pub dispersion: f64,
    /// Share of the variance of its group's levels that its own level has: below 1 for what sells
    /// more evenly than by chance.
    pub wander: f64,
}

impl Default for Spread {
    fn default() -> Self {
        Self { clumping: 0.0, dispersion: 0.0, wander: 1.0 }
    }
}

impl Spread {
    /// Variance of `periods` periods of mean `mean` together, each alike.
    #[must_use]
    pub fn variance(self, mean: f64, periods: f64) -> f64 {
        // Some spread is always left: what never varied may vary tomorrow.
        ((1.0 + self.clumping) * mean + self.dispersion * mean * mean / periods).max(0.05 * mean)
    }

    /// The whole variance of one period beyond Poisson, relative to the squared mean.
    #[must_use]
    pub fn relative(self, mean: f64) -> f64 {
        self.dispersion + self.clumping / mean.max(1e-6)
    }
}

/// Distribution of the demand over an interval, calibrated: what inventory policy reads.
#[derive(Debug, Clone, PartialEq)]
pub struct DemandOver {
    mean: f64,
    sd: f64,
    /// Units between two points of `cdf`.
    step: f64,
    /// `P(D <= i · step)`.
    cdf: Vec<f64>,
}

impl DemandOver {
    /// The calibrated distribution with these moments.
    #[must_use]
    pub fn new(moments: Moments, calibration: &Calibration) -> Self {
        let Moments { mean, variance } = moments;
        if mean <= 0.0 {
            return Self { mean: 0.0, sd: 0.0, step: 1.0, cdf: vec![1.0] };
        }
        let mut cdf = Vec::new();
        let mut step = 1.0;
        let mut observed = calibration.observer();
        if moments.is_count() {
            let mut sum = 0.0;
            moments.walk(|_, p| {
                sum += p;
                cdf.push(observed(f64::min(sum, 1.0)));
                sum < 0.999_999
            });
        } else {
            let top = moments.gamma_at(4.265).max(mean); // P = 0.999 99
            step = (top / GRID as f64).ceil().max(1.0);
            let points = (top / step).ceil() as usize;
            let mut cdf_at = moments.gamma_cdfs();
            cdf.extend((0..=points).map(|i| observed(cdf_at(i as f64 * step + 0.5))));
        }
        if let Some(last) = cdf.last_mut() {
            *last = 1.0;
        }
        let mut result = Self { mean, sd: variance.max(0.0).sqrt(), step, cdf };
        result.sd = result.spread();
        result
    }

    /// The same, no demand above `most` units.
    #[must_use]
    pub fn held_at(mut self, most: f64) -> Self {
        let points = (most / self.step).ceil() as usize + 1;
        if points < self.cdf.len() {
            self.cdf.truncate(points);
            if let Some(last) = self.cdf.last_mut() {
                *last = 1.0;
            }
            self.sd = self.spread();
        }
        self
    }

    /// Standard deviation of the calibrated distribution around `mean`.
    fn spread(&self) -> f64 {
        let mut before = 0.0;
        let mut sum = 0.0;
        for (i, &p) in self.cdf.iter().enumerate() {
            sum += (p - before) * (i as f64 * self.step - self.mean).powi(2);
            before = p;
        }
        sum.max(0.0).sqrt()
    }

    /// Expected units.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Standard deviation of the forecast error, units.
    #[must_use]
    pub fn sd(&self) -> f64 {
        self.sd
    }

    /// Smallest whole number of units that demand stays within with probability `p`.
    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        let i = self.cdf.partition_point(|&c| c < p).min(self.cdf.len() - 1);
        if self.step <= 1.0 || i == 0 {
            return i as f64 * self.step;
        }
        let low = self.cdf[i - 1];
        let high = self.cdf[i];
        let share = if high > low { (p - low) / (high - low) } else { 1.0 };
        ((i as f64 - 1.0 + share.clamp(0.0, 1.0)) * self.step).ceil()
    }

    /// `P(D <= x)`.
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        if x < 0.0 {
            return 0.0;
        }
        let position = x / self.step;
        let i = position as usize;
        if i + 1 >= self.cdf.len() {
            return 1.0;
        }
        let part = if self.step > 1.0 { position - i as f64 } else { 0.0 };
        self.cdf[i] + part * (self.cdf[i + 1] - self.cdf[i])
    }

    /// Expected units short of demand with `stock` units: `E[(D - x)⁺] = ∫ from x of (1 - G)`.
    #[must_use]
    pub fn expected_shortfall(&self, stock: f64) -> f64 {
        if stock < 0.0 {
            return self.expected_shortfall(0.0) - stock;
        }
        let position = stock / self.step;
        let i = position as usize;
        if i >= self.cdf.len() {
            return 0.0;
        }
        let rest: f64 = self.cdf[i + 1..].iter().map(|c| 1.0 - c).sum();
        ((1.0 - self.cdf[i]) * (1.0 - position.fract()) + rest) * self.step
    }
}

/// Quantiles of one period's demand by (mean, dispersion), computed once for each error group.
#[derive(Debug, Clone)]
pub struct QuantileTable {
    cells: Vec<[f32; 8]>,
}

/// Grid of the table: logarithmic in the mean, and in `1 + φ` roughly so.
const TABLE_LOW: f64 = 0.002;
const TABLE_STEP: f64 = 0.05;
const TABLE_MEANS: usize = 280;
const TABLE_DISPERSIONS: [f64; 24] = [
    0.0, 0.05, 0.1, 0.2, 0.35, 0.55, 0.8, 1.1, 1.5, 2.1, 3.0, 4.2, 6.0, 8.5, 12.0, 17.0, 24.0,
    35.0, 50.0, 80.0, 150.0, 300.0, 700.0, 1500.0,
];

impl QuantileTable {
    /// The tables at `probabilities` as recalibrated by each of `calibrations`: the distribution of
    /// a cell is the same in all of them, so it is walked once.
    #[must_use]
    pub fn of_groups<'c>(
        probabilities: &[f64; 8],
        calibrations: impl Iterator<Item = &'c Calibration>,
    ) -> Vec<Self> {
        let predicted: Vec<f64> =
            calibrations.flat_map(|c| probabilities.map(|p| c.predicted(p))).collect();
        let mut order: Vec<usize> = (0..predicted.len()).collect();
        order.sort_by(|&a, &b| predicted[a].total_cmp(&predicted[b]));
        let ascending: Vec<f64> = order.iter().map(|&k| predicted[k]).collect();
        let deviates: Vec<f64> = ascending.iter().map(|&p| normal_quantile(p)).collect();
        let empty = Self { cells: vec![[0.0; 8]; TABLE_MEANS * TABLE_DISPERSIONS.len()] };
        let mut tables = vec![empty; predicted.len() / 8];
        let quantiles = |i: usize| {
            let d = i / TABLE_MEANS;
            let m = i % TABLE_MEANS;
            let mean = TABLE_LOW * (TABLE_STEP * m as f64).exponential();
            let moments = Moments { mean, variance: mean + TABLE_DISPERSIONS[d] * mean * mean };
            let mut quantiles = vec![0.0; ascending.len()];
            moments.quantiles_at(&ascending, |i| deviates[i], &mut quantiles);
            quantiles
        };
        for (i, quantiles) in
            parallel::map(TABLE_MEANS * TABLE_DISPERSIONS.len(), quantiles).iter().enumerate()
        {
            order.iter().zip(quantiles).for_each(|(&k, &q)| tables[k / 8].cells[i][k % 8] = q);
        }
        tables
    }

    /// Quantiles at `mean` units with variance `mean + dispersion · mean²`.
    #[must_use]
    pub fn quantiles(&self, mean: f64, dispersion: f64) -> [f32; 8] {
        if mean < TABLE_LOW {
            return [0.0; 8];
        }
        let d = TABLE_DISPERSIONS.partition_point(|&x| x < dispersion);
        let d = match d {
            0 => 0,
            d if d == TABLE_DISPERSIONS.len() => d - 1,
            d if dispersion - TABLE_DISPERSIONS[d - 1] < TABLE_DISPERSIONS[d] - dispersion => d - 1,
            d => d,
        };
        let position = (mean / TABLE_LOW).natural_log() / TABLE_STEP;
        let m = (position.round() as usize).min(TABLE_MEANS - 1);
        let cell = self.cells[d * TABLE_MEANS + m];
        // Quantiles of small means are single units, which do not scale.
        if mean < 10.0 {
            return cell;
        }
        let scale = (mean / (TABLE_LOW * (TABLE_STEP * m as f64).exponential())) as f32;
        cell.map(|q| (q * scale).round())
    }
}

/// `Φ(z)`, by the complementary error function of Numerical Recipes (Press et al. 2007, 6.2),
/// relative error below 1.2e-7.
///
/// Not [`normal::cdf`], which is exact: calibrations are learnt on this one, and a quantile that
/// was off by 1e-10 has moved some orders of a large item by a unit.
fn normal_cdf(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.5 * x);
    let series = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let polynomial = series.iter().rev().fold(0.0, |sum, c| sum * t + c);
    let tail = 0.5 * t * (-x * x + polynomial).exponential();
    if z > 0.0 { 1.0 - tail } else { tail }
}

/// `Φ⁻¹(p)` of a probability that is kept away from 0 and 1, six deviates at most.
fn normal_quantile(p: f64) -> f64 {
    normal::quantile(p.clamp(1e-9, 1.0 - 1e-9))
}

impl From<DemandOver> for crate::math::distributions::Demand {
    fn from(demand: DemandOver) -> Self {
        let DemandOver { mean, sd, step, cdf } = demand;
        Self::Grid { mean, sd, step, cdf }
    }
}

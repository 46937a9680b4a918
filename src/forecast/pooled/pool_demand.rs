//! How much will a pool sell over an interval? Means of its periods, and one distribution over any
//! stretch of the horizon.
//!
//! Errors of neighbouring periods are correlated through the level, so the variance of a sum is
//! that of its periods plus the variance of the level at that distance; between two horizon steps
//! it is interpolated on a logarithmic scale. Units: units of demand, periods.

use crate::forecast::pooled::distribution::{Calibration, DemandOver, Moments, Spread};
use crate::forecast::pooled::horizon::{HORIZON_STEPS, HorizonSteps};

/// Periods at the end of the horizon that repeat beyond it: four weeks keep weekdays and pay days.
const REPEATED: usize = 28;
/// Least variance of a sum, in units of its mean: even ordered demand comes a day early or late.
const LEAST_VARIANCE: f64 = 0.05;

/// Demand of a whole pool over intervals of the horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolDemand {
    pub(crate) mean: Vec<f64>,
    /// Variance of one period.
    pub(crate) spread: Spread,
    /// Relative variance of the level at each horizon step.
    pub(crate) level_variance: [f64; HORIZON_STEPS],
    pub(crate) steps: HorizonSteps,
    pub(crate) calibrations: [Calibration; HORIZON_STEPS],
    /// Most units that are plausible over each horizon step; `None` where nothing of its own is
    /// known.
    pub(crate) most: Option<[f64; HORIZON_STEPS]>,
    /// Multiple of the mean that is plausible whatever was sold before.
    pub(crate) guard: f64,
}

/// A distribution before and after past errors are held against it.
struct Predicted {
    moments: Moments,
    calibration: Calibration,
}

impl PoolDemand {
    /// Expected units of each period. `[horizon]`
    #[must_use]
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Demand over the periods `from..to`, fractions of a period pro rata, when the end itself is
    /// uncertain with variance `end_variance` (periods squared): a lead time's. Beyond the horizon
    /// its last four weeks (periods) repeat.
    ///
    /// ```text
    /// mean = Σ μ_t      variance = Σ ((1 + c) μ_t + φ μ_t²) + v(to) · mean² + d² · end_variance
    /// ```
    ///
    /// `c` and `φ` are a period's [`Spread`], `v` the relative variance of the level that far ahead
    /// (errors of neighbouring periods are correlated through the level), `d` the mean of the
    /// interval's periods.
    #[must_use]
    pub fn over(&self, from: f64, to: f64, end_variance: f64) -> DemandOver {
        let predicted = self.predicted(from, to, end_variance);
        let most = self.plausible(predicted.moments.mean, to - from);
        DemandOver::new(predicted.moments, &predicted.calibration).held_at(most)
    }

    /// Quantiles at the ascending `probabilities` of the demand [`PoolDemand::over`] the periods
    /// `from..to`, without the rest of the distribution.
    #[must_use]
    pub fn quantiles<const N: usize>(
        &self,
        from: f64,
        to: f64,
        probabilities: [f64; N],
    ) -> [f32; N] {
        let Predicted { moments, calibration } = self.predicted(from, to, 0.0);
        let mut quantiles = [0.0; N];
        moments.quantiles(&probabilities.map(|p| calibration.predicted(p)), &mut quantiles);
        let most = self.plausible(moments.mean, to - from) as f32;
        quantiles.map(|quantile| quantile.min(most))
    }

    /// Most units that an interval of `periods` may sell: a multiple of the most that ever sold in
    /// as long a time, or of the mean where that is more, as before a planned promotion. No
    /// plausible path, no quantile.
    fn plausible(&self, mean: f64, periods: f64) -> f64 {
        let Some(most) = &self.most else { return f64::INFINITY };
        let between = self.steps.between(periods);
        let low = most[between.step];
        let high = most[between.next];
        let beyond = (periods / self.steps.furthest() as f64).max(1.0);
        // Whole units, at least one: what never sold a unit may.
        ((low + between.share * (high - low)) * beyond).max(self.guard * mean).max(1.0)
    }

    fn predicted(&self, from: f64, to: f64, end_variance: f64) -> Predicted {
        let from = from.max(0.0);
        let mut mean = 0.0;
        let mut variance = 0.0;
        let mut t = from.floor();
        while t < to {
            let part = (to.min(t + 1.0) - from.max(t)).max(0.0);
            let mu = self.mean_of(t as usize);
            mean += part * mu;
            variance += part * (1.0 + self.spread.clumping) * mu
                + part * part * self.spread.dispersion * mu * mu;
            t += 1.0;
        }
        let between = self.steps.between(to);
        let low = self.level_variance[between.step];
        let high = self.level_variance[between.next];
        let level = self.spread.wander * (low + between.share * (high - low));
        let rate = mean / (to - from).max(1e-9);
        let variance =
            variance.max(LEAST_VARIANCE * mean) + level * mean * mean + end_variance * rate * rate;
        let calibration = self.calibrations[between.step]
            .towards(&self.calibrations[between.next], between.share);
        Predicted { moments: Moments { mean, variance }, calibration }
    }

    /// Mean of period `t`; past the horizon its last periods repeat.
    fn mean_of(&self, t: usize) -> f64 {
        let n = self.mean.len();
        let season = n.min(REPEATED);
        if t < n { self.mean[t] } else { self.mean[n - season + (t - n) % season] }
    }
}

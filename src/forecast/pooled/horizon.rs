//! How far ahead, and from how far back: the horizon steps at which errors are learnt, and the
//! rolling origins that they are learnt from.

use crate::domain::calendar::Bucket;
use crate::math::elementary::Elementary;

/// Rolling origins a series is judged at.
pub(crate) const ORIGINS: usize = 4;

/// Horizons at which sums over an interval are calibrated.
pub const HORIZON_STEPS: usize = 4;

/// Days of a year, leap years included.
pub(crate) const YEAR_DAYS: f64 = 365.25;

/// The horizons at which errors are learnt: a week to two months; half a year for months.
///
/// ```
/// use orderpoint::domain::calendar::Bucket;
/// use orderpoint::forecast::pooled::horizon::HorizonSteps;
///
/// let steps = HorizonSteps::of(Bucket::Day);
/// assert_eq!(steps.periods(), [7, 14, 28, 56]);
/// assert_eq!(steps.step_of(7), 1, "the eighth day is past the first week");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HorizonSteps {
    periods: [usize; HORIZON_STEPS],
}

/// A place between two horizon steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BetweenSteps {
    /// The step at or below.
    pub step: usize,
    /// The step above; the same at both ends.
    pub next: usize,
    /// How far it is to the next, 0..1 on a logarithmic scale.
    pub share: f64,
}

impl HorizonSteps {
    /// The step that stands for a lead time: levels compete and origins lie this far apart.
    pub(crate) const LEAD_TIME: usize = 2;
    /// The furthest step.
    pub(crate) const FURTHEST: usize = HORIZON_STEPS - 1;

    /// The steps of a calendar.
    #[must_use]
    pub fn of(bucket: Bucket) -> Self {
        let periods = match bucket {
            Bucket::Day => [7, 14, 28, 56],
            Bucket::Week => [1, 2, 4, 8],
            Bucket::Month => [1, 2, 3, 6],
        };
        Self { periods }
    }

    /// Length of each, periods, ascending.
    #[must_use]
    pub fn periods(self) -> [usize; HORIZON_STEPS] {
        self.periods
    }

    /// Periods of the step that stands for a lead time.
    pub(crate) fn lead_time(self) -> usize {
        self.periods[Self::LEAD_TIME]
    }

    /// Periods of the furthest step.
    pub(crate) fn furthest(self) -> usize {
        self.periods[Self::FURTHEST]
    }

    /// History below which nothing is learnt from what follows: two weeks (months).
    pub(crate) fn least_history(self) -> usize {
        self.periods[1]
    }

    /// The step that period `ahead` belongs to, 0 = the first period.
    #[must_use]
    pub fn step_of(self, ahead: usize) -> usize {
        self.periods.partition_point(|&periods| periods <= ahead).min(Self::FURTHEST)
    }

    /// Where an interval of `periods` lies among the steps.
    pub(crate) fn between(self, periods: f64) -> BetweenSteps {
        let above = self.periods.partition_point(|&step| step as f64 <= periods);
        if above == 0 || above == HORIZON_STEPS {
            let step = above.saturating_sub(1);
            return BetweenSteps { step, next: (step + 1).min(Self::FURTHEST), share: 0.0 };
        }
        let low = self.periods[above - 1] as f64;
        let high = self.periods[above] as f64;
        let share = (periods / low).natural_log() / (high / low).natural_log();
        BetweenSteps { step: above - 1, next: above, share }
    }
}

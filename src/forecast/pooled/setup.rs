//! What learning and forecasting both read: the demand tables, the settings, and what follows from
//! the two before anything is learnt.

use crate::domain::calendar::{Bucket, Calendar};
use crate::domain::panel::Panel;
use crate::domain::units::SkuId;
use crate::forecast::pooled::distribution::Spread;
use crate::forecast::pooled::error_group::ErrorGroup;
use crate::forecast::pooled::level::{HALF_LIVES, half_lives};
use crate::forecast::pooled::promotions::PromotionIndex;
use crate::forecast::pooled::sample::Sample;
use crate::forecast::pooled::seasonal::Groups;
use crate::forecast::pooled::signals::SignalIndex;
use crate::forecast::pooled::year_parts::YearParts;
use crate::forecast::{Demand, Settings};
use crate::math::elementary::Elementary;
use chrono::Datelike;
use std::collections::BTreeSet;

/// Horizons at which sums over an interval are calibrated.
pub const HORIZON_STEPS: usize = 4;

/// Days of a year, leap years included.
pub(crate) const YEAR_DAYS: f64 = 365.25;

/// The horizons at which errors are learnt: a week to two months; half a year for months.
///
/// ```
/// use orderpoint::domain::calendar::Bucket;
/// use orderpoint::forecast::pooled::setup::HorizonSteps;
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

/// Pools to learn levels, errors and the global model from. More only cost time: with 4,000 the
/// night of 10,000 items took 5 % longer, M5's scores moved by 0.004 at most, up and down, and
/// coverage by 0.4 points, but for new items, which it had covered 1.6 points too often.
const SAMPLE_POOLS: usize = 2_000;

/// What learning and forecasting both read.
#[derive(Debug, Clone)]
pub(crate) struct Setup<'a> {
    pub demand: Demand<'a>,
    pub settings: Settings,
    pub groups: Groups,
    /// Half-lives of the levels that compete, periods, ascending.
    pub half_lives: [f64; HALF_LIVES],
    pub steps: HorizonSteps,
    pub promotions: PromotionIndex<'a>,
    /// Parts of the year, history and reach.
    pub year: YearParts,
    /// Pools that stand for all: what is learnt beside the totals is learnt from them.
    pub sample: Sample,
    /// Items that some kit is made of.
    pub components: BTreeSet<SkuId>,
    /// What moves demand from outside.
    pub signals: SignalIndex,
}

impl<'a> Setup<'a> {
    pub fn new(demand: Demand<'a>, settings: Settings) -> Self {
        let calendar = demand.panel.calendar();
        let bucket = calendar.bucket();
        let periods = calendar.history() + settings.reach(bucket);
        Self {
            year: YearParts::new(calendar, periods),
            groups: Groups::new(&demand),
            half_lives: half_lives(bucket),
            steps: HorizonSteps::of(bucket),
            promotions: PromotionIndex::new(demand.promotions),
            sample: Sample::new(&demand, SAMPLE_POOLS),
            signals: SignalIndex::new(&demand, periods, settings.horizon),
            components: demand.kits.iter().map(|kit| kit.component).collect(),
            demand,
            settings,
        }
    }

    pub fn panel(&self) -> &'a Panel {
        self.demand.panel
    }

    pub fn calendar(&self) -> &'a Calendar {
        self.demand.panel.calendar()
    }

    pub fn bucket(&self) -> Bucket {
        self.calendar().bucket()
    }

    /// Periods of history and as far ahead as profiles reach.
    pub fn periods(&self) -> usize {
        self.calendar().history() + self.settings.reach(self.bucket())
    }

    /// Whole periods in `days`, at least one.
    pub fn periods_in(&self, days: f64) -> usize {
        (days / self.bucket().days()).round().max(1.0) as usize
    }

    /// Weekday of a period of the axis, Monday = 0; `None` when periods are no days.
    pub fn weekday_of(&self, period: usize) -> Option<usize> {
        (self.bucket() == Bucket::Day)
            .then(|| self.calendar().start(period as i64).weekday().num_days_from_monday() as usize)
    }

    /// Half-life of an observation in a group's recent total, periods.
    pub fn group_half_life(&self) -> f64 {
        // Three periods at least: a group of months must not follow the last month alone.
        (self.settings.group_half_life_days / self.bucket().days()).max(3.0)
    }

    /// Error group of a pool or series that sells `rate` units a period and was observed for
    /// `observed` periods.
    pub fn error_group(
        &self,
        rate: f64,
        observed: f64,
        overdue: bool,
        spread: Spread,
    ) -> ErrorGroup {
        let year = YEAR_DAYS / self.bucket().days();
        ErrorGroup::new(rate, observed < 0.5 * year, overdue, spread)
    }
}

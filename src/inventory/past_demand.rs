//! How much was sold a day, on average and at most: what max-average safety stock is made of.

use crate::domain::panel::{Panel, Pool, flag};

// How far back the peak is looked for, days: a season's peak counts, one of years ago does not.
const PEAK_DAYS: f64 = 365.0;

/// Past demand a day, net of returns, units.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PastDemand {
    /// The mean, stock-outs left out.
    pub average_per_day: f64,
    /// The largest, outliers and bulk orders left out.
    pub peak_per_day: f64,
}

impl PastDemand {
    /// Of `pool`: the average as classified, the peak of the last year over all its series
    /// together.
    #[must_use]
    pub fn of(panel: &Panel, pool: &Pool, return_rates: &[f64], average_per_day: f64) -> Self {
        let history = panel.calendar().history();
        let days = panel.calendar().bucket().days();
        let launched = pool.series.clone().map(|i| panel.start(i)).min().unwrap_or(0);
        let first = launched.max(history.saturating_sub((PEAK_DAYS / days).round() as usize));
        let mut sums = vec![0.0f64; history - first];
        for i in pool.series.clone() {
            let start = panel.start(i);
            let keep = 1.0 - return_rates[i];
            let periods = panel.cleaned(i).iter().zip(panel.flags(i));
            let seen = periods.skip(first.saturating_sub(start));
            for (sum, (&units, &flags)) in sums[start.max(first) - first..].iter_mut().zip(seen) {
                if flags & (flag::OUTLIER | flag::CENSORED) == 0 {
                    *sum += keep * f64::from(units);
                }
            }
        }
        let peak = sums.into_iter().fold(0.0, f64::max);
        Self { average_per_day, peak_per_day: peak / days }
    }
}

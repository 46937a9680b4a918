//! Would the forecast have been good? Rolling-origin errors against the benchmarks, per class,
//! channel and horizon.
//!
//! Every series is forecast again at the last few origins with levels and pooled profiles that had
//! not seen what followed (Tashman 2000), beside naive, seasonal naive and 60-day average. One
//! series' errors make its rows of the accuracy table; [`Backtest`] averages scaled errors over
//! series, so that no scale dominates.

use crate::domain::calendar::Bucket;
use crate::domain::outcome::BacktestRow;
use crate::forecast::evaluate::accuracy::{ErrorSums, Measures, Scale};
use crate::forecast::evaluate::choice::Series;
use crate::forecast::methods::BENCHMARKS;
use crate::forecast::pooled::fit::Fitted;
use crate::forecast::pooled::forecaster::Forecaster;
use crate::forecast::pooled::horizon::{HORIZON_STEPS, HorizonSteps};
use std::collections::BTreeMap;
use std::ops::Range;

/// Methods compared: the benchmarks of the list of methods, last the engine's own.
pub const METHODS: usize = BENCHMARKS.len() + 1;

/// Name of the engine's own forecast.
pub const POOLED_LEVEL: &str = "pooled level";

/// The names of the methods compared.
#[must_use]
pub fn labels() -> [&'static str; METHODS] {
    std::array::from_fn(|m| BENCHMARKS.get(m).map_or(POOLED_LEVEL, |benchmark| benchmark.label()))
}

/// Errors of every method, by horizon step.
type Errors = [[ErrorSums; METHODS]; HORIZON_STEPS];

#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Cell {
    series: usize,
    sums: ErrorSums,
    mase: Mean,
    rmsse: Mean,
    pinball: Mean,
}

/// A mean of what is known.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Mean {
    sum: f64,
    count: f64,
}

impl Mean {
    fn add(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.merge(&Self { sum: value, count: 1.0 });
        }
    }

    fn merge(&mut self, other: &Self) {
        self.sum += other.sum;
        self.count += other.count;
    }

    fn value(self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }
}

/// Class, channel and horizon step.
type Key = (String, Option<usize>, usize);

/// Rolling-origin accuracy of some pools, to be merged in panel order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Backtest {
    cells: BTreeMap<Key, [Cell; METHODS]>,
}

impl Backtest {
    /// Adds the pools of the next partition.
    pub fn merge(&mut self, other: &Self) {
        for (key, cells) in &other.cells {
            for (a, b) in self.cells.entry(key.clone()).or_default().iter_mut().zip(cells) {
                a.series += b.series;
                a.sums.merge(&b.sums);
                a.mase.merge(&b.mase);
                a.rmsse.merge(&b.rmsse);
                a.pinball.merge(&b.pinball);
            }
        }
    }

    /// One row a class, channel, horizon step and method, sorted so.
    #[must_use]
    pub fn rows(&self, steps: HorizonSteps) -> Vec<BacktestRow> {
        let periods = steps.periods();
        let mut rows = Vec::new();
        for ((class, channel, step), cells) in &self.cells {
            for (m, cell) in cells.iter().enumerate().filter(|(_, c)| c.series > 0) {
                let total = cell.sums.measures(&Scale::default());
                rows.push(BacktestRow {
                    class: class.clone(),
                    channel: *channel,
                    from: if *step == 0 { 1 } else { periods[step - 1] + 1 },
                    to: periods[*step],
                    method: labels()[m],
                    series: cell.series,
                    wape: total.wape,
                    bias: total.bias,
                    mase: cell.mase.value(),
                    rmsse: cell.rmsse.value(),
                    pinball: cell.pinball.value(),
                });
            }
        }
        rows
    }

    fn add(&mut self, key: Key, errors: &[ErrorSums; METHODS], scale: &Scale) {
        for (cell, sums) in self.cells.entry(key).or_default().iter_mut().zip(errors) {
            let row = sums.measures(scale);
            cell.series += 1;
            cell.sums.merge(sums);
            cell.mase.add(row.mase);
            cell.rmsse.add(row.rmsse);
            cell.pinball.add(row.pinball);
        }
    }
}

impl Forecaster<'_> {
    /// The horizons at which errors are told apart.
    #[must_use]
    pub fn steps(&self) -> HorizonSteps {
        self.model.setup.steps
    }

    /// Rolling-origin errors of the pools `range`, by the class that `class_of` gives a pool and by
    /// channel.
    #[must_use]
    pub fn backtest(&self, range: Range<usize>, class_of: impl Fn(usize) -> String) -> Backtest {
        let setup = &self.model.setup;
        let bucket = setup.bucket();
        let mut backtest = Backtest::default();
        for pool in range {
            let class = class_of(pool);
            for i in setup.panel().pools()[pool].series.clone() {
                let fitted = self.model.fit_series(i);
                let scale = scale(&fitted, bucket);
                let channel = setup.panel().key(i).channel.index();
                let series = Series::new(&fitted.past, setup.panel().flags(i), bucket);
                let errors = self.rolling_errors(&fitted, &series, setup.steps.furthest());
                for (step, errors) in errors.iter().enumerate() {
                    if errors[0].count() > 0.0 {
                        backtest.add((class.clone(), Some(channel), step), errors, &scale);
                        // All channels together are the mean over their series, not a series of
                        // their own.
                        backtest.add((class.clone(), None, step), errors, &scale);
                    }
                }
            }
        }
        backtest
    }

    /// Errors at the rolling origins, at most `horizon` periods ahead.
    fn rolling_errors(&self, fitted: &Fitted<'_>, series: &Series, horizon: usize) -> Errors {
        let history = series.history();
        let steps = self.model.setup.steps;
        let mut path = vec![0.0; horizon];
        let mut errors = Errors::default();
        for known in fitted.past_origins() {
            let origin = fitted.past.units.len() - known.periods_back;
            // Beyond the end of history there is nothing to compare with: the latest origins see
            // fewer periods.
            let periods = horizon.min(known.periods_back);
            for (m, benchmark) in BENCHMARKS.iter().enumerate() {
                // Before the first observed period there is nothing to go by: no demand.
                path.fill(0.0);
                if let Ok(model) = benchmark.fit(&history.until(origin)) {
                    model.forecast_into(&mut path[..periods]);
                }
                for (ahead, &forecast) in path[..periods].iter().enumerate() {
                    let actual = history.observed[origin + ahead];
                    if !actual.is_nan() {
                        errors[steps.step_of(ahead)][m].add(forecast, actual);
                    }
                }
            }
            for ahead in 0..periods {
                let actual = history.observed[origin + ahead];
                if actual.is_nan() {
                    continue;
                }
                let step = steps.step_of(ahead);
                let mean = fitted.past.expected_units(known.level, origin + ahead);
                let quantiles = self.quantiles(known.error_group, mean, known.spread, step);
                let own = &mut errors[step][METHODS - 1];
                own.add(mean, actual);
                // The benchmarks have no spread of their own, so that only the pooled level is
                // judged by its quantiles.
                own.add_quantiles(&quantiles, actual);
            }
        }
        errors
    }

    /// Accuracy of every method at the lead-time horizon; `None` where history is too short for an
    /// origin.
    pub(crate) fn accuracy(
        &self,
        fitted: &Fitted<'_>,
        series: &Series,
    ) -> Option<[Measures; METHODS]> {
        let scale = scale(fitted, self.model.setup.bucket());
        let mut sums = [ErrorSums::default(); METHODS];
        // One row a series and method: over the periods that an order placed today must bridge.
        let lead_time = self.model.setup.settings.lead_time;
        for step in &self.rolling_errors(fitted, series, lead_time) {
            sums.iter_mut().zip(step).for_each(|(a, b)| a.merge(b));
        }
        (sums[0].count() > 0.0).then(|| sums.map(|s| s.measures(&scale)))
    }
}

/// Scale of a series' errors, by the periods that were observed.
fn scale(fitted: &Fitted<'_>, bucket: Bucket) -> Scale {
    let past = &fitted.past;
    Scale::of(past.units, &past.exposure_without_origins, bucket.season_length())
}

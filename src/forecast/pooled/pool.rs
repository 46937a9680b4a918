//! The forecast of one pool: its channels' means and quantiles, and the demand over any interval of the whole.

use crate::domain::calendar::Bucket;
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::{AdjustmentKind, ProductStatus};
use crate::domain::outcome::{Accuracy, SeriesForecast};
use crate::domain::panel::{SeriesKey, flag};
use crate::forecast::Context;
use crate::forecast::Errors;
use crate::forecast::LADDER;
use crate::forecast::Memories;
use crate::forecast::Stage;
use crate::forecast::evaluate::backtest;
use crate::forecast::methods::MethodName;
use crate::forecast::methods::average::Average;
use crate::forecast::pooled::combine::MEMORIES;
use crate::forecast::pooled::dispersion::Scatter;
use crate::forecast::pooled::distribution::{Calibration, DemandOver, Moments, Spread};
use crate::forecast::pooled::reconcile;
use crate::forecast::pooled::series::{Fitted, ORIGINS, pool_scatter};
use crate::forecast::pooled::state::{PoolState, SeriesState};
use std::ops::Range;

/// Days without a sale after which an item may count as inactive.
const IDLE_DAYS: f64 = 90.0;
/// Periods with a sale that were due meanwhile at the rate before.
const IDLE_SALES: f64 = 8.0;
/// Periods with a sale from which the rate before is known well enough.
const KNOWN_SALES: f64 = 10.0;

/// Demand of a whole pool over intervals of the horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolDemand {
    mean: Vec<f64>,
    /// Variance of one period.
    spread: Spread,
    /// Relative variance of the level at each rung of the ladder.
    level_variance: [f64; LADDER],
    ladder: [usize; LADDER],
    calibrations: [Calibration; LADDER],
}

impl PoolDemand {
    /// Expected units of each period. `[horizon]`
    #[must_use]
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Demand over the periods `from..to`, fractions of a period pro rata, when the end itself is uncertain with variance
    /// `end_variance` (periods squared): a lead time's. Beyond the horizon its last four weeks (periods) repeat.
    ///
    /// ```text
    /// mean = Σ μ_t      variance = Σ ((1 + c) μ_t + φ μ_t²) + v(to) · mean² + d² · end_variance
    /// ```
    ///
    /// `c` and `φ` are a period's [`Spread`], `v` the relative variance of the level that far ahead (errors of neighbouring periods
    /// are correlated through the level), `d` the mean of the interval's periods.
    #[must_use]
    pub fn over(&self, from: f64, to: f64, end_variance: f64) -> DemandOver {
        let (moments, calibration) = self.moments(from, to, end_variance);
        DemandOver::new(moments, &calibration)
    }

    /// Quantiles at the ascending `probabilities` of the demand [`PoolDemand::over`] the periods `from..to`, without the rest of the
    /// distribution.
    #[must_use]
    pub fn quantiles<const N: usize>(
        &self,
        from: f64,
        to: f64,
        probabilities: [f64; N],
    ) -> [f32; N] {
        let (moments, calibration) = self.moments(from, to, 0.0);
        let mut quantiles = [0.0; N];
        moments.quantiles(&probabilities.map(|p| calibration.predicted(p)), &mut quantiles);
        quantiles
    }

    fn moments(&self, from: f64, to: f64, end_variance: f64) -> (Moments, Calibration) {
        let from = from.max(0.0);
        let (mut mean, mut variance) = (0.0, 0.0);
        let mut t = from.floor();
        while t < to {
            let part = (to.min(t + 1.0) - from.max(t)).max(0.0);
            let mu = self.at(t as usize);
            mean += part * mu;
            variance += part * (1.0 + self.spread.clumping) * mu
                + part * part * self.spread.dispersion * mu * mu;
            t += 1.0;
        }
        let (rung, share) = self.rung(to);
        let next = (rung + 1).min(LADDER - 1);
        let level = self.level_variance[rung]
            + share * (self.level_variance[next] - self.level_variance[rung]);
        let rate = mean / (to - from).max(1e-9);
        let variance = variance.max(0.05 * mean) + level * mean * mean + end_variance * rate * rate;
        (
            Moments { mean, variance },
            self.calibrations[rung].towards(&self.calibrations[next], share),
        )
    }

    /// Mean of period `t`; past the horizon its last 28 periods repeat.
    fn at(&self, t: usize) -> f64 {
        let n = self.mean.len();
        let season = n.min(28);
        if t < n { self.mean[t] } else { self.mean[n - season + (t - n) % season] }
    }

    /// The rung at or below `periods`, and how far it is to the next on a logarithmic scale.
    fn rung(&self, periods: f64) -> (usize, f64) {
        let above = self.ladder.partition_point(|&h| h as f64 <= periods);
        if above == 0 || above == LADDER {
            return (above.saturating_sub(1), 0.0);
        }
        let (low, high) = (self.ladder[above - 1] as f64, self.ladder[above] as f64);
        (above - 1, (periods / low).ln() / (high / low).ln())
    }
}

/// Everything forecast for one pool.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolForecast {
    /// One a channel, in panel order.
    pub series: Vec<SeriesForecast>,
    /// The pool's demand, all channels together.
    pub total: PoolDemand,
    /// Benchmarks and the chosen method of each channel at the lead-time horizon.
    pub accuracy: Vec<Accuracy>,
    /// What fell back.
    pub exceptions: Vec<Exception>,
    /// What was fitted to it, for later nights; `None` where nothing was.
    pub state: Option<PoolState>,
}

impl Context<'_> {
    pub(crate) fn observe_memories(&self, pools: Range<usize>) -> Memories {
        let mut memories = Memories::new(self.groups.keys.len());
        for pool in pools.filter(|&p| self.sampled(p)) {
            let fitted = self.fitted_pool(pool);
            for fitted in &fitted {
                for (&class, miss) in fitted.kin.iter().zip(&fitted.misses) {
                    memories.errors[class].merge(miss);
                }
                let (class, now) = (fitted.kin[fitted.now()], &fitted.scatter[fitted.now()]);
                let (excess, square) = now.excess(now.clumping());
                memories.dispersion[class].0 += excess;
                memories.dispersion[class].1 += square;
                memories.promoted[fitted.group].0 += fitted.promoted.0;
                memories.promoted[fitted.group].1 += fitted.promoted.1;
                let (sold, expected) = fitted.promoted;
                let discount =
                    self.past_discount(&self.promotions_of(self.demand.panel.key(fitted.index)));
                if let Some(discount) = discount.filter(|_| expected > 1.0) {
                    memories.discounts.push((discount, sold / expected, expected));
                }
            }
            self.intervals(&fitted, |class, rung, actual, moments| {
                memories.add_interval(class, rung, actual, moments)
            });
        }
        memories
    }

    pub(crate) fn observe_errors(&self, pools: Range<usize>) -> Errors {
        let mut errors = Errors::new(self.groups.keys.len());
        for pool in pools.filter(|&p| self.sampled(p)) {
            let fitted = self.fitted_pool(pool);
            for series in &fitted {
                self.observe_recent(series, &mut errors);
            }
            self.intervals(&fitted, |class, rung, actual, Moments { mean, variance }| {
                let level = self.learnt.level_variances[class][rung];
                let moments = Moments { mean, variance: variance + level * mean * mean };
                let actual = actual.round();
                errors.sums[class][rung].add(moments.cdf(actual - 1.0), moments.cdf(actual));
            });
            self.observe_periods(&fitted, &mut errors);
        }
        errors
    }

    /// What the group sold lately against what this series' level expected.
    fn observe_recent(&self, series: &Fitted<'_>, errors: &mut Errors) {
        let (units, exposure) =
            reconcile::recent(series.units, &series.exposure, self.group_half_life());
        errors.recent[series.group].0 += units;
        errors.recent[series.group].1 += exposure * self.level(series, series.now());
    }

    pub(crate) fn fitted_pool(&self, pool: usize) -> Vec<Fitted<'_>> {
        self.demand.panel.pools()[pool].series.clone().map(|i| self.fitted(i)).collect()
    }

    /// Visits (class, rung, actual units, moments for a known level) of a pool over the intervals after its past origins.
    fn intervals(&self, pool: &[Fitted<'_>], mut visit: impl FnMut(usize, usize, f64, Moments)) {
        if pool.is_empty() {
            return;
        }
        let standings = self.pool_classes(pool);
        for back in (1..=ORIGINS).map(|k| k * self.ladder[2]) {
            let Some(&(_, class, spread)) = standings.iter().find(|(b, ..)| *b == back) else {
                continue;
            };
            for (h, &length) in self.ladder.iter().enumerate().filter(|(_, l)| **l <= back) {
                let (mut actual, mut mean) = (0.0, 0.0);
                for series in pool {
                    let Some(k) = series.back.iter().position(|&b| b == back) else { continue };
                    let n = series.units.len();
                    let (units, exposure) = series.window(n - back..n - back + length);
                    actual += units;
                    mean += self.level(series, k) * exposure;
                }
                if mean > 0.0 {
                    let variance = spread.variance(mean, length as f64);
                    visit(class, h, actual, Moments { mean, variance });
                }
            }
        }
    }

    /// Where single periods fell in the distributions predicted at past origins.
    fn observe_periods(&self, pool: &[Fitted<'_>], errors: &mut Errors) {
        for series in pool {
            let n = series.units.len();
            for (k, &back) in series.back.iter().enumerate().filter(|(_, b)| **b > 0) {
                let level = self.level(series, k);
                let (class, spread) = self.class_at(series, k);
                // Every ninth day: neighbours tell the same, and weekdays take turns.
                let step = if self.demand.panel.calendar().bucket() == Bucket::Day { 9 } else { 1 };
                for ahead in (0..back.min(self.ladder[LADDER - 1])).step_by(step) {
                    let t = n - back + ahead;
                    let mean = level * series.foreseen(t);
                    // An unseen period has no mean.
                    if mean > 0.0 {
                        let level_variance = self.learnt.level_variances[class][self.rung(ahead)];
                        let variance = spread.variance(mean, 1.0) + level_variance * mean * mean;
                        let (moments, y) =
                            (Moments { mean, variance }, f64::from(series.units[t]).round());
                        errors.periods[class].add(moments.cdf(y - 1.0), moments.cdf(y));
                    }
                }
            }
        }
    }

    /// Class and spread of the pool's total at each origin of its longest channel, with its distance; the last is today's.
    pub(crate) fn pool_classes(&self, pool: &[Fitted<'_>]) -> Vec<(usize, usize, Spread)> {
        if let [only] = pool {
            let at = |(k, &back): (usize, &usize)| {
                let (class, spread) = self.class_at(only, k);
                (back, class, spread)
            };
            return only.back.iter().enumerate().map(at).collect();
        }
        let Some(longest) = pool.iter().max_by_key(|f| f.units.len()) else { return Vec::new() };
        let scatter = pool_scatter(&longest.back, pool);
        let at = |(&back, scatter): (&usize, &Scatter)| {
            let there = || {
                pool.iter().filter_map(|f| {
                    f.back.iter().position(|&b| b == back).map(|k| (f.rate_at(k), &f.scatter[k]))
                })
            };
            let rate: f64 = there().map(|(rate, _)| rate).sum();
            let seen = there().map(|(_, scatter)| scatter.periods).fold(0.0, f64::max);
            let overdue = there().all(|(_, scatter)| scatter.overdue());
            let spread = scatter.spread(
                self.learnt.dispersions[self.class(rate, seen, overdue, Spread::default())],
            );
            (back, self.class(rate, seen, overdue, spread), spread)
        };
        longest.back.iter().zip(&scatter).map(at).collect()
    }

    /// The forecast of pool `pool` (of [`crate::domain::panel::Panel::pools`]).
    ///
    /// # Panics
    /// Before the context is ready.
    #[must_use]
    pub fn forecast_pool(&self, pool: usize) -> PoolForecast {
        assert_eq!(self.stage(), Stage::Ready, "a context is learnt before it forecasts");
        let series = self.demand.panel.pools()[pool].series.clone();
        if series.is_empty() {
            return self.never_sold(pool);
        }
        let (state, carried) = self.tonight(pool);
        let refit = self.refit().filter(|_| carried);
        let mut total = vec![0.0; self.settings.horizon];
        let mut forecast = Vec::with_capacity(series.len());
        let (mut accuracy, mut exceptions) = (Vec::new(), Vec::new());
        for (i, state) in series.zip(&state.series) {
            let (mut series, rows) = self.series_forecast(i, state, &mut exceptions);
            if let Some(morning) = refit {
                series.reason = format!("{}; as fitted on {morning}", series.reason);
            }
            total.iter_mut().zip(&series.mean).for_each(|(sum, m)| *sum += f64::from(*m));
            forecast.push(series);
            accuracy.extend(rows);
        }
        let total = self.pool_demand(total, self.class_of_pool(&state), state.spread);
        let state = (!carried).then(|| state.into_owned());
        PoolForecast { series: forecast, total, accuracy, exceptions, state }
    }

    /// Class of a pool's total.
    fn class_of_pool(&self, pool: &PoolState) -> usize {
        let observed = pool.series.iter().map(|s| s.observed).max().unwrap_or(0);
        let overdue = !pool.series.is_empty() && pool.series.iter().all(SeriesState::overdue);
        self.class(
            pool.series.iter().map(SeriesState::rate).sum(),
            observed as f64,
            overdue,
            pool.spread,
        )
    }

    /// The forecast of a pool that the engine broke on: every channel sells on as in its last 60 days.
    #[must_use]
    pub fn plain_forecast(&self, pool: usize) -> PoolForecast {
        let panel = self.demand.panel;
        let window = (60.0 / panel.calendar().bucket().days()).round().max(1.0) as usize;
        let horizon = self.settings.horizon;
        let mut rate = 0.0;
        let plain = |i: usize| {
            let units = panel.cleaned(i);
            let recent = &units[units.len() - units.len().min(window)..];
            let mean =
                recent.iter().map(|&u| f64::from(u)).sum::<f64>() / recent.len().max(1) as f64;
            let mean = if mean.is_finite() { mean.max(0.0) } else { 0.0 };
            rate += mean;
            let class = self.class(mean, units.len() as f64, false, Spread::default());
            let level_variance = self.learnt.classes[class].level_variance[LADDER - 1];
            SeriesForecast {
                mean: vec![mean as f32; horizon],
                quantiles: vec![self.tables[class].quantiles(mean, level_variance); horizon],
                method: "60-day average".to_owned(),
                reason: "the engine broke on this item".to_owned(),
                runner_up: String::new(),
            }
        };
        let series: Vec<SeriesForecast> = panel.pools()[pool].series.clone().map(plain).collect();
        let class = self.class(rate, 0.0, false, Spread::default());
        let total = self.pool_demand(vec![rate; horizon], class, Spread::default());
        PoolForecast { series, total, accuracy: Vec::new(), exceptions: Vec::new(), state: None }
    }

    fn pool_demand(&self, mean: Vec<f64>, class: usize, spread: Spread) -> PoolDemand {
        let errors = &self.learnt.classes[class];
        PoolDemand {
            mean,
            spread,
            level_variance: errors.level_variance,
            ladder: self.ladder,
            calibrations: errors.sums,
        }
    }

    /// A pool without any sale: its analogue times the factor, or nothing.
    fn never_sold(&self, pool: usize) -> PoolForecast {
        let this = &self.demand.panel.pools()[pool];
        let product = self.demand.products.get(this.sku.index());
        let analogue = product.and_then(|p| p.analogue).filter(|a| *a != this.sku).and_then(|a| {
            let panel = self.demand.panel;
            let found = panel.position((a, this.location))?;
            (!panel.pools()[found].series.is_empty()).then_some(found)
        });
        let (mean, class, spread) = match analogue {
            Some(like) => {
                let factor = product.and_then(|p| p.analogue_factor).unwrap_or(1.0);
                let like = self.forecast_pool(like).total;
                let mean: Vec<f64> = like.mean.iter().map(|m| m * factor).collect();
                let rate = mean.iter().sum::<f64>() / mean.len().max(1) as f64;
                // Nothing of its own: the class of short histories, with the analogue's spread.
                (mean, self.class(rate, 0.0, false, like.spread), like.spread)
            }
            None => (vec![0.0; self.settings.horizon], 0, Spread::default()),
        };
        let exceptions = vec![Exception::new(
            if analogue.is_some() { Severity::Info } else { Severity::Warning },
            ExceptionKind::Fallback,
            Subject::item(self.demand.names, this.sku),
            if analogue.is_some() { "forecast of an analogue" } else { "no forecast" },
            if analogue.is_some() {
                "no sales of its own yet"
            } else {
                "no sales and no analogue in the master data"
            },
        )];
        let total = self.pool_demand(mean, class, spread);
        PoolForecast { series: Vec::new(), total, accuracy: Vec::new(), exceptions, state: None }
    }

    fn series_forecast(
        &self,
        i: usize,
        state: &SeriesState,
        exceptions: &mut Vec<Exception>,
    ) -> (SeriesForecast, Vec<Accuracy>) {
        let key = self.demand.panel.key(i);
        let mut rows = self.rows(i, state);
        let (mut mean, mut method, mut reason, mut runner_up) =
            if let Some(why) = self.inactive(state, key) {
                (
                    vec![0.0; self.settings.horizon],
                    "inactive".to_owned(),
                    why,
                    "pooled level".to_owned(),
                )
            } else {
                let (method, runner_up) = self.labels(state);
                let mean = self.guarded(i, state, exceptions);
                (mean, method, reason(&rows, state), runner_up)
            };
        let own = state.own_model.as_ref().filter(|_| method != "inactive");
        if let Some((own, path)) = own.and_then(|own| Some((own, own.path(self.settings.horizon)?)))
        {
            for (mean, own_mean) in mean.iter_mut().zip(path) {
                *mean += own.weight as f32 * (own_mean as f32 - *mean);
            }
            reason = format!(
                "{reason}; own models weigh {:.0} %: RMSSE {:.2}",
                100.0 * own.weight,
                own.measures.rmsse
            );
            let notation = own.model.notation();
            (method, runner_up) = if own.weight > 0.0 {
                (format!("{notation} + {method}"), method)
            } else {
                (method, notation)
            };
            let chosen = own.weight >= 0.5;
            rows.iter_mut().for_each(|r| r.chosen &= !chosen);
            let lead_time = self.settings.lead_time;
            let row = own.measures.row(i, own.model.name().label(), lead_time);
            rows.push(Accuracy { chosen, ..row });
            let others = own.others.iter();
            rows.extend(others.map(|o| o.measures.row(i, o.method.label(), lead_time)));
        }
        self.adjust(key, &mut mean);
        let class = self.class_of(state);
        let (table, level_variance) =
            (&self.tables[class], self.learnt.classes[class].level_variance);
        let quantiles = mean.iter().enumerate().map(|(h, &m)| {
            table.quantiles(
                f64::from(m),
                state.spread.relative(f64::from(m)) + level_variance[self.rung(h)],
            )
        });
        (SeriesForecast { quantiles: quantiles.collect(), mean, method, reason, runner_up }, rows)
    }

    /// Rows of the accuracy table, the pooled level chosen; none where history is too short for an origin.
    fn rows(&self, i: usize, state: &SeriesState) -> Vec<Accuracy> {
        let rows = state.accuracy.iter().flatten().zip(backtest::labels());
        let mut rows: Vec<_> = rows
            .map(|(measures, method)| measures.row(i, method, self.settings.lead_time))
            .collect();
        rows.last_mut().into_iter().for_each(|own| own.chosen = true);
        rows
    }

    /// Why a series sells nothing any more, if so.
    fn inactive(&self, state: &SeriesState, key: SeriesKey) -> Option<String> {
        if self
            .demand
            .products
            .get(key.sku.index())
            .is_some_and(|p| p.status == ProductStatus::Obsolete)
        {
            return Some("obsolete in the master data".to_owned());
        }
        let idle = state.idle;
        let before = state.periods - idle.min(state.periods);
        let periods_sold = state.sold as f64;
        let missed = (periods_sold - 1.0) / before.max(1) as f64 * idle as f64;
        let days = idle as f64 * self.demand.panel.calendar().bucket().days();
        (days >= IDLE_DAYS && missed >= IDLE_SALES && periods_sold >= KNOWN_SALES && !state.analogue)
            .then(|| format!("no sale in {days:.0} days in stock; {missed:.0} periods with a sale were due at the rate before"))
    }

    /// Mean of each period, finite, not negative and not beyond the guard.
    fn guarded(&self, i: usize, state: &SeriesState, exceptions: &mut Vec<Exception>) -> Vec<f32> {
        let (key, n) = (self.demand.panel.key(i), state.periods);
        let mut note = |what: &str, why: String| {
            let about = Subject::series(self.demand.names, key.sku, key.channel);
            let kind = ExceptionKind::Fallback;
            exceptions.push(Exception::new(Severity::Warning, kind, about, what, why));
        };
        let mut level = state.level() * self.learnt.scales[self.groups.of_series[i]];
        if !level.is_finite() || level < 0.0 {
            note(
                "mean of the last periods instead of the pooled level",
                format!("the level is {level}"),
            );
            let window = (60.0 / self.demand.panel.calendar().bucket().days()).round() as usize;
            let flags = self.demand.panel.flags(i);
            let units = self.demand.panel.cleaned(i).iter().zip(flags);
            let observed = units.filter(|(_, f)| **f & flag::CENSORED == 0);
            let average = Average::of(observed.map(|(&units, _)| f64::from(units)), window);
            level = average.map_or(0.0, |average| average.mean);
        }
        if state.observed == 0 && !state.analogue {
            note("no demand was ever seen", format!("all {n} periods are censored"));
        }
        let highest = state.highest;
        let cap = if state.analogue { f32::INFINITY } else { highest * self.settings.guard as f32 };
        let mut capped = 0;
        let mean = self.future(i, state).into_iter().map(|a| {
            let m = level as f32 * a;
            capped += usize::from(m > cap);
            m.min(cap)
        });
        let mean = mean.collect();
        if capped > 0 {
            note(
                "forecast held at the guard",
                format!(
                    "{capped} periods above {} times the highest demand seen ({highest})",
                    self.settings.guard
                ),
            );
        }
        mean
    }

    /// Applies the planners' adjustments that have not expired.
    fn adjust(&self, key: SeriesKey, mean: &mut [f32]) {
        let calendar = self.demand.panel.calendar();
        let of_sku = self.demand.adjustments.of(key.sku).iter();
        let current = of_sku.filter(|a| a.expires.is_none_or(|e| e > calendar.as_of()));
        for a in current.filter(|a| a.channel.is_none_or(|c| c == key.channel)) {
            let end = calendar.history() as i64;
            let (from, to) = (calendar.index(a.from) - end, calendar.index(a.to) - end);
            // Units without a channel are shared by all series of the item.
            let shared = if a.channel.is_some() { 1 } else { self.demand.series_of(key.sku) };
            let length = (to - from + 1).max(1) * shared as i64;
            for h in from.max(0)..=to.min(mean.len() as i64 - 1) {
                let m = &mut mean[h as usize];
                *m = match a.kind {
                    AdjustmentKind::Factor(factor) => *m * factor.max(0.0) as f32,
                    AdjustmentKind::Units(units) => (*m + (units / length as f64) as f32).max(0.0),
                };
            }
        }
    }

    /// Names of the memory that carries most weight, and of the next.
    fn labels(&self, state: &SeriesState) -> (String, String) {
        let weights = &state.weights;
        let mut order: [usize; MEMORIES] = std::array::from_fn(|j| j);
        order.sort_by(|&a, &b| weights[b].total_cmp(&weights[a]));
        let name = |j: usize| {
            format!("pooled level, memory {} ({:.0} %)", self.half_lives[j], 100.0 * weights[j])
        };
        let own = if state.analogue { "analogue and " } else { "" };
        (format!("{own}{}", name(order[0])), name(order[1]))
    }
}

/// One sentence with the error figures behind the choice.
fn reason(rows: &[Accuracy], state: &SeriesState) -> String {
    let moved = 100.0 * (state.correction - 1.0);
    let global = if moved == 0.0 {
        String::new()
    } else {
        format!("; the model of all series moves the level by {moved:+.1} %")
    };
    let Some((chosen, benchmarks)) = rows.split_last() else {
        return format!(
            "{} periods of history are too few to compare methods{global}",
            state.periods
        );
    };
    let mut reason = format!("RMSSE {:.2} over {} origins", chosen.rmsse, state.origins);
    for benchmark in benchmarks {
        reason += &format!(", {} {:.2}", benchmark.method, benchmark.rmsse);
    }
    let naive = benchmarks.iter().find(|row| row.method == MethodName::Naive.label());
    let added = match naive.map_or(0.0, |naive| naive.rmsse) {
        0.0 => "naive cannot be beaten".to_owned(),
        naive => format!("value added over naive {:.0} %", 100.0 * (1.0 - chosen.rmsse / naive)),
    };
    format!("{reason}; {added}{global}")
}

//! What do all series together say about the next lead time of one? A linear model over the whole panel, beside the levels.
//!
//! At past origins the units sold over the middle rung of the ladder are regressed on how each memory stands to the combined level
//! (lags), the series' own movement at this time in earlier years (calendar), whether demand is overdue, and the price against
//! that of the weeks before. In units of the forecast's standard deviation `s = sd / f`:
//!
//! ```text
//! (y - f) / sd = x'β / s + error        level ← level · (1 + x'β)
//! ```
//!
//! by an elastic net (Zou & Hastie 2005) through `linfa`: memories are much alike, and what adds nothing should be nothing. Fitted
//! to the older origins and judged at the latest, it is used by the classes of series whose error there it lowers, refitted to all.

use crate::domain::calendar::Bucket;
use crate::domain::panel::flag;
use crate::forecast::CLASSES;
use crate::forecast::Context;
use crate::forecast::pooled::combine::MEMORIES;
use crate::forecast::pooled::price::{self, PricePath};
use crate::forecast::pooled::series::Fitted;
use crate::forecast::pooled::state::SeriesState;
use linfa::traits::Fit;
use linfa_elasticnet::ElasticNet;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Regressors of the level; the price comes on top.
const FEATURES: usize = 7;
/// Rows below which nothing is learnt.
const LEAST_ROWS: usize = 400;
/// Pools to learn from; more would only cost time.
pub(crate) const SAMPLE: usize = 2_000;
/// Strength of the elastic net on targets of unit variance, and its lasso share.
const PENALTY: f64 = 0.002;
const LASSO: f64 = 0.2;
/// Furthest a level is moved, down and up.
const REACH: (f64, f64) = (-0.5, 1.0);
/// Rows that all classes are worth when one is judged.
const CLASS_EVIDENCE: f64 = 100.0;
/// A class uses the model where it leaves less than this share of the squared error.
const WORTH: f64 = 0.995;
/// Standard deviations that one row may be off: one extraordinary lead time must not decide.
const FURTHEST: f64 = 4.0;
/// Units that "no season of its own" is worth against a series' own movement.
const YEAR_EVIDENCE: f64 = 10.0;

/// What the whole panel taught.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Global {
    /// Of the regressors.
    coefficients: [f64; FEATURES],
    /// Of the price. `[e]`
    pub elasticity: f64,
    /// Which classes use it.
    used: Vec<bool>,
}

/// Past lead times of many series. Row by row, in panel order.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// Regressors and price over `s`.
    regressors: Vec<[f64; FEATURES + 1]>,
    /// `(y - f) / sd`
    targets: Vec<f64>,
    classes: Vec<usize>,
    /// Whether it is of the latest origin.
    latest: Vec<bool>,
}

impl Rows {
    pub(crate) fn merge(&mut self, other: Self) {
        self.regressors.extend(other.regressors);
        self.targets.extend(other.targets);
        self.classes.extend(other.classes);
        self.latest.extend(other.latest);
    }

    /// Coefficients from the rows that `keep` accepts.
    fn fit(&self, keep: impl Fn(usize) -> bool) -> Option<[f64; FEATURES + 1]> {
        let rows: Vec<usize> = (0..self.targets.len()).filter(|&i| keep(i)).collect();
        if rows.len() < LEAST_ROWS {
            return None;
        }
        let design =
            Array2::from_shape_fn((rows.len(), FEATURES + 1), |(i, j)| self.regressors[rows[i]][j]);
        let targets = Array1::from_iter(rows.iter().map(|&i| self.targets[i]));
        let net = ElasticNet::params().penalty(PENALTY).l1_ratio(LASSO).with_intercept(false);
        let model = net.fit(&linfa::Dataset::new(design, targets)).ok()?;
        let coefficients = std::array::from_fn(|j| model.hyperplane()[j]);
        coefficients.iter().all(|c: &f64| c.is_finite()).then_some(coefficients)
    }

    /// The model of all rows, used by the classes where one of the older rows lowers the error of the latest.
    pub(crate) fn learn(&self) -> Option<Global> {
        let older = self.fit(|i| !self.latest[i])?;
        let mut errors = vec![[0.0; 3]; CLASSES];
        for i in (0..self.targets.len()).filter(|&i| self.latest[i]) {
            let target = self.targets[i];
            let told = dot(&older, &self.regressors[i]);
            let class = &mut errors[self.classes[i]];
            class[0] += target * target;
            class[1] += (target - told) * (target - told);
            class[2] += 1.0;
        }
        let all = errors.iter().fold([0.0; 3], |sum, e| std::array::from_fn(|j| sum[j] + e[j]));
        let worth = |e: &[f64; 3]| {
            let mixed = |j: usize| e[j] + CLASS_EVIDENCE * all[j] / all[2].max(1.0);
            mixed(1) < WORTH * mixed(0)
        };
        let used: Vec<bool> = errors.iter().map(worth).collect();
        let coefficients = self.fit(|_| true).filter(|_| used.contains(&true))?;
        let elasticity = if worth(&all) { coefficients[FEATURES].clamp(-4.0, 0.0) } else { 0.0 };
        Some(Global { coefficients: std::array::from_fn(|j| coefficients[j]), elasticity, used })
    }
}

fn dot<const N: usize>(a: &[f64; N], b: &[f64; N]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl Context<'_> {
    /// The past lead times of the channels of a pool.
    pub(crate) fn observe_global(&self, pools: Range<usize>) -> Rows {
        let mut rows = Rows::default();
        for pool in pools.filter(|&p| self.in_sample(p, SAMPLE)) {
            for fitted in self.fitted_pool(pool) {
                self.observe_lead_times(&fitted, &mut rows);
            }
        }
        rows
    }

    fn observe_lead_times(&self, fitted: &Fitted<'_>, rows: &mut Rows) {
        let (n, step) = (fitted.units.len(), self.ladder[2]);
        let path = self.price_path(self.demand.panel.key(fitted.index));
        let start = self.demand.panel.start(fitted.index);
        for (k, &back) in fitted.back.iter().enumerate().filter(|(_, b)| **b > 0) {
            let level = self.level(fitted, k);
            let (actual, exposure) = fitted.window(n - back..n - back + step);
            let mean = level * exposure;
            if mean <= 0.0 {
                continue;
            }
            let level_variance = self.learnt.level_variances[fitted.kin[k]][2];
            let sd = (fitted.spreads[k].variance(mean, step as f64) + level_variance * mean * mean)
                .sqrt();
            let own = self.own_year(
                fitted.index,
                &fitted.weekday,
                n - back,
                &self.learnt.profiles[fitted.group].held,
            );
            let features = features(
                level,
                &fitted.levels.at[k],
                &self.half_lives,
                own,
                fitted.scatter[k].overdue(),
            );
            let price = price_change(&path, start + n - back, step);
            let scaled = |j: usize| if j < FEATURES { features[j] } else { price } * mean / sd;
            rows.regressors.push(std::array::from_fn(scaled));
            rows.targets.push(((actual - mean) / sd).clamp(-FURTHEST, FURTHEST));
            rows.classes.push(fitted.kin[k]);
            rows.latest.push(back == step);
        }
    }

    /// Factor on the levels at each origin, the last one being now.
    pub(crate) fn corrections(&self, fitted: &Fitted<'_>) -> Vec<f64> {
        let Some(global) = &self.learnt.global else { return vec![1.0; fitted.back.len()] };
        let profile = &self.learnt.profiles[fitted.group];
        let at = |(k, &back): (usize, &usize)| {
            let index = if back > 0 { &profile.held } else { &profile.index };
            let level = self.level(fitted, k);
            let own =
                || self.own_year(fitted.index, &fitted.weekday, fitted.units.len() - back, index);
            let overdue = fitted.scatter[k].overdue();
            global.correction(fitted.kin[k], || {
                features(level, &fitted.levels.at[k], &self.half_lives, own(), overdue)
            })
        };
        fitted.back.iter().enumerate().map(at).collect()
    }

    /// Factor on the level of series `i` now.
    pub(crate) fn correction(&self, i: usize, state: &SeriesState) -> f64 {
        let Some(global) = &self.learnt.global else { return 1.0 };
        let class =
            self.class(state.rate(), state.observed as f64, state.overdue(), Default::default());
        let index = &self.learnt.profiles[self.groups.of_series[i]].index;
        let own = || self.own_year(i, &state.weekday, state.periods, index);
        global.correction(class, || {
            features(
                state.combined(),
                &state.sums.levels(),
                &self.half_lives,
                own(),
                state.overdue(),
            )
        })
    }

    /// How demand moved at this time in the two years before period `at` of series `i`, beyond what `index` and weekdays expect:
    /// the lead time from there on against twice its length before it, relative, pulled towards nothing.
    fn own_year(&self, i: usize, weekday: &[f32; 7], at: usize, index: &[f32]) -> f64 {
        let panel = self.demand.panel;
        let (units, flags, start, step) =
            (panel.cleaned(i), panel.flags(i), panel.start(i), self.ladder[2]);
        let year = match panel.calendar().bucket() {
            Bucket::Day => 364,
            Bucket::Week => 52,
            Bucket::Month => 12,
        };
        let sums = |range: Range<usize>| {
            let mut exposure = index[start + range.start..start + range.end].to_vec();
            self.sharpen(&mut exposure, start + range.start, weekday);
            let seen = range.zip(exposure).filter(|(t, _)| flags[*t] & flag::CENSORED == 0);
            seen.fold((0.0, 0.0), |(u, e), (t, a)| (u + f64::from(units[t]), e + f64::from(a)))
        };
        let (mut before, mut after) = ((0.0, 0.0), (0.0, 0.0));
        for back in [year, 2 * year] {
            let Some(then) = at.checked_sub(back).filter(|&then| then >= 2 * step) else { break };
            let (b, a) = (sums(then - 2 * step..then), sums(then..then + step));
            before = (before.0 + b.0, before.1 + b.1);
            after = (after.0 + a.0, after.1 + a.1);
        }
        if before.1 <= 0.0 || after.1 <= 0.0 {
            return 0.0;
        }
        let usual = (before.0 + after.0) / (before.1 + after.1);
        let informed = usual * after.1 * before.1 / (before.1 + after.1);
        ((after.0 - usual * after.1) / (informed + YEAR_EVIDENCE)).clamp(-1.0, 1.0)
    }
}

impl Global {
    fn correction(&self, class: usize, features: impl FnOnce() -> [f64; FEATURES]) -> f64 {
        if !self.used[class] {
            return 1.0;
        }
        1.0 + dot(&self.coefficients, &features()).clamp(REACH.0, REACH.1)
    }
}

/// Constant, relative distance of four memories from the combined level as far as each is known, own season, overdue.
fn features(
    level: f64,
    levels: &[f64; MEMORIES],
    half_lives: &[f64; MEMORIES],
    own: f64,
    overdue: bool,
) -> [f64; FEATURES] {
    let away = |j: usize| {
        if level <= 0.0 {
            return 0.0;
        }
        let units = level * half_lives[j];
        ((levels[j] - level) / level).clamp(-1.0, 1.0) * units / (units + 2.0)
    };
    [1.0, away(0), away(1), away(3), away(4), own, f64::from(u8::from(overdue))]
}

/// Mean log price of the `step` periods from `at` of the axis on, against as many before.
fn price_change(path: &PricePath, at: usize, step: usize) -> f64 {
    if path.len() < 2 {
        return 0.0;
    }
    price::mean(path, at, at + step) - price::mean(path, at.saturating_sub(step), at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows whose targets follow `truth`, with a small wobble.
    fn rows(count: usize, truth: impl Fn(&[f64; FEATURES + 1]) -> f64) -> Rows {
        let mut rows = Rows::default();
        let wave = |i: usize, j: usize| ((i * (j + 3)) as f64 * 0.7).sin();
        for i in 0..count {
            let x = std::array::from_fn(|j| wave(i, j));
            rows.targets.push(truth(&x) + 0.1 * wave(i, 11));
            rows.regressors.push(x);
            rows.classes.push(i % 2);
            rows.latest.push(i % 4 == 0);
        }
        rows
    }

    #[test]
    fn what_moves_the_targets_is_found_and_used() {
        let global = rows(4_000, |x| 0.5 * x[5] - 1.5 * x[FEATURES]).learn().unwrap();
        assert!((global.coefficients[5] - 0.5).abs() < 0.03, "{global:?}");
        assert!((global.elasticity + 1.5).abs() < 0.03, "{global:?}");
        assert!(global.used[0] && global.used[1]);
    }

    #[test]
    fn what_adds_nothing_is_not_used() {
        assert_eq!(rows(4_000, |_| 0.0).learn(), None);
        assert_eq!(rows(100, |x| x[5]).learn(), None, "too few rows");
    }

    #[test]
    fn memories_of_few_units_say_little() {
        let lives = [7.0, 14.0, 28.0, 56.0, 140.0];
        let levels = [2.0; MEMORIES].map(|l| l * 0.01);
        let thin = features(0.01, &levels, &lives, 0.0, false);
        let thick = features(10.0, &[20.0; MEMORIES], &lives, 0.0, false);
        assert!(thin[1] < 0.1 && thick[1] > 0.9, "{thin:?} {thick:?}");
        assert_eq!(features(0.0, &levels, &lives, 0.0, true)[1..], [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    }
}

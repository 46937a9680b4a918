//! One series prepared for forecasting: exposure, own weekdays and promotions, levels at rolling origins and now.

use crate::domain::calendar::Bucket;
use crate::domain::inputs::Promotion;
use crate::domain::panel::{SeriesKey, flag};
use crate::forecast::Context;
use crate::forecast::Demand;
use crate::forecast::pooled::combine::{
    self, LevelPrior, Levels, MemoryErrors, Past, levels_before, levels_now, rhythm,
};
use crate::forecast::pooled::dispersion::{Periods, Scatter};
use crate::forecast::pooled::distribution::Spread;
use chrono::Datelike;
use std::ops::Range;

/// Rolling origins a series is judged at.
pub(crate) const ORIGINS: usize = 4;
/// A promotion without a sale on some days is not flagged there: gaps up to this many periods are bridged.
const PROMOTION_GAP: usize = 7;
/// Units of evidence that the group's uplift is worth against a series' own.
const UPLIFT_EVIDENCE: f64 = 20.0;
/// Periods of evidence that an analogue's level is worth.
const ANALOGUE_DAYS: f64 = 28.0;

/// One series with its levels at the rolling origins and now.
pub(crate) struct Fitted<'a> {
    /// Position in the panel.
    pub index: usize,
    /// Cleaned units. `[n]`
    pub units: &'a [f32],
    /// What a level of 1 sells; NaN where demand was not seen. `[n]`
    pub exposure: Vec<f32>,
    /// The same by the profile that has not seen the periods of the rolling origins. `[n]`
    pub held: Vec<f32>,
    /// Levels at the origins, then now.
    pub levels: Levels,
    /// Periods before the end of history, descending; the last is 0.
    pub back: Vec<usize>,
    pub group: usize,
    /// What was known of the scatter of periods at each of `back`.
    pub scatter: Vec<Scatter>,
    /// Class without regard to the spread, at each of `back`.
    pub kin: Vec<usize>,
    /// Variance of one period, at each of `back`.
    pub spreads: Vec<Spread>,
    /// Of each memory over past lead times.
    pub errors: MemoryErrors,
    /// The same at each past one of `back`.
    pub misses: Vec<MemoryErrors>,
    /// Units sold under promotion and expected without.
    pub promoted: (f64, f64),
    /// Own weekday factors relative to the pooled index, Monday first.
    pub weekday: [f32; 7],
    /// Demand under promotion relative to the baseline.
    pub uplift: f64,
    /// Which periods were promoted; empty for none.
    pub promoted_periods: Vec<bool>,
    /// Set where nothing says when the next promotion comes.
    pub unplanned: Option<Unplanned>,
    /// Whether the level leans on an analogue.
    pub analogue: bool,
    /// What the global model makes of the level, at each of `back`.
    pub corrections: Vec<f64>,
}

/// Promotions that come without a plan, at the rate of the last year.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unplanned {
    /// Demand of a promoted period relative to the baseline.
    uplift: f64,
    /// Mean demand of any period relative to the baseline.
    pub average: f64,
}

impl Fitted<'_> {
    /// Held exposure of period `t` as an earlier origin expects it: where promotions are not planned, they are not foreseen.
    pub fn foreseen(&self, t: usize) -> f64 {
        let factor = match self.unplanned {
            Some(Unplanned { uplift, average }) if self.promoted_periods.get(t) == Some(&true) => {
                average / uplift
            }
            Some(Unplanned { average, .. }) => average,
            None => 1.0,
        };
        f64::from(self.held[t]) * factor
    }

    /// Units and foreseen exposure of the seen periods of `range`.
    pub fn window(&self, range: Range<usize>) -> (f64, f64) {
        range.filter(|&t| !self.held[t].is_nan()).fold((0.0, 0.0), |(units, exposure), t| {
            (units + f64::from(self.units[t]), exposure + self.foreseen(t))
        })
    }

    /// Seen periods without a sale at the end of history.
    pub fn idle(&self) -> usize {
        let last = self.units.iter().rposition(|&u| u > 0.0).map_or(0, |t| t + 1);
        self.exposure[last..self.units.len()].iter().filter(|a| !a.is_nan()).count()
    }

    /// Position in `back` of today.
    pub fn now(&self) -> usize {
        self.back.len() - 1
    }

    /// Level over about two months at origin `k`, units a period.
    pub fn rate_at(&self, k: usize) -> f64 {
        self.levels.at[k][3]
    }
}

impl Context<'_> {
    /// Prepares series `i` of the panel.
    pub(crate) fn fitted(&self, i: usize) -> Fitted<'_> {
        let panel = self.demand.panel;
        let (group, start, units) = (self.groups.of_series[i], panel.start(i), panel.cleaned(i));
        let n = units.len();
        let profile = &self.learnt.profiles[group];
        let mut exposure = self.launched(start, 0..n, &profile.index);
        let mut held = self.launched(start, 0..n, &profile.held);
        for (t, _) in panel.flags(i).iter().enumerate().filter(|(_, f)| **f & flag::CENSORED != 0) {
            (exposure[t], held[t]) = (f32::NAN, f32::NAN);
        }
        let promotions = self.promotions_of(panel.key(i));
        let promoted = self.promoted_periods(i, &promotions);
        let past = Past { units, exposure: &exposure };
        let own = rhythm(
            &past,
            self.weekday_of(start),
            &promoted,
            &self.half_lives,
            self.settings.weekday_evidence,
        );
        let weekday = own.weekday.map(|w| w as f32);
        self.sharpen(&mut exposure, start, &weekday);
        self.sharpen(&mut held, start, &weekday);
        let prices = self.price_path(panel.key(i));
        let on_promotion = |t: usize| promoted.get(t) == Some(&true);
        self.price(&mut exposure, start, &prices, on_promotion);
        self.price(&mut held, start, &prices, on_promotion);
        let uplift = (own.promoted.0 + UPLIFT_EVIDENCE * self.learnt.uplifts[group])
            / (own.promoted.1 + UPLIFT_EVIDENCE);
        for (t, _) in promoted.iter().enumerate().filter(|(_, p)| **p) {
            exposure[t] *= uplift as f32;
            held[t] *= uplift as f32;
        }
        let unplanned = self.unplanned(&promoted, uplift);
        let step = self.ladder[2];
        let back: Vec<usize> = (0..=ORIGINS)
            .rev()
            .map(|k| k * step)
            .filter(|&b| b == 0 || n >= b + self.ladder[1])
            .collect();
        let origins: Vec<usize> = back.iter().filter(|b| **b > 0).map(|b| n - b).collect();
        let prior = self.prior(i, n);
        let mut now = levels_now(&Past { units, exposure: &exposure }, &self.half_lives, prior);
        now.at.splice(
            0..0,
            levels_before(&Past { units, exposure: &held }, &self.half_lives, prior, &origins),
        );
        let mut fitted = Fitted {
            index: i,
            units,
            exposure,
            held,
            back,
            group,
            scatter: Vec::new(),
            kin: Vec::new(),
            spreads: Vec::new(),
            levels: now,
            errors: MemoryErrors::default(),
            misses: Vec::with_capacity(ORIGINS),
            promoted: own.promoted,
            weekday,
            uplift,
            promoted_periods: promoted,
            unplanned,
            analogue: prior.periods > 0.0,
            corrections: Vec::new(),
        };
        for (k, &back) in fitted.back.iter().enumerate().filter(|(_, b)| **b > 0) {
            let (actual, exposure) = fitted.window(n - back..n - back + step);
            let mut miss = MemoryErrors::default();
            miss.add(actual, &fitted.levels.at[k], exposure);
            fitted.errors.merge(&miss);
            fitted.misses.push(miss);
        }
        let past = Periods { units, seen: Some(&fitted.held), means: &fitted.levels.one_step };
        fitted.scatter = Scatter::before(&fitted.back, &past);
        let kin = |(k, s): (usize, &Scatter)| {
            self.class(fitted.rate_at(k), s.periods, s.overdue(), Spread::default())
        };
        fitted.kin = fitted.scatter.iter().enumerate().map(kin).collect();
        fitted.spreads = fitted
            .scatter
            .iter()
            .zip(&fitted.kin)
            .map(|(s, &c)| s.spread(self.learnt.dispersions[c]))
            .collect();
        fitted.corrections = self.corrections(&fitted);
        fitted
    }

    /// `index`, a pooled one of the panel's axis, times the launch curve, over the periods `range` of a series that starts at
    /// `start`, counted from there.
    pub(crate) fn launched(&self, start: usize, range: Range<usize>, index: &[f32]) -> Vec<f32> {
        let mut exposure = index[start + range.start..start + range.end].to_vec();
        let curve = &self.learnt.launch_curve;
        if start > curve.len() / 2 && range.start < curve.len() {
            exposure.iter_mut().zip(&curve[range.start..]).for_each(|(a, c)| *a *= c);
        }
        exposure
    }

    /// Multiplies exposures from period `first` of the axis on by a series' own weekdays, Monday first.
    pub(crate) fn sharpen(&self, exposure: &mut [f32], first: usize, weekday: &[f32; 7]) {
        let Some(first) = self.weekday_of(first) else { return };
        let weekday: [f32; 7] = std::array::from_fn(|w| weekday[(first + w) % 7]);
        for week in exposure.chunks_mut(7) {
            week.iter_mut().zip(&weekday).for_each(|(a, w)| *a *= w);
        }
    }

    /// Weekday of a period of the axis, Monday = 0; `None` when periods are no days.
    fn weekday_of(&self, period: usize) -> Option<usize> {
        let calendar = self.demand.panel.calendar();
        (calendar.bucket() == Bucket::Day)
            .then(|| calendar.start(period as i64).weekday().num_days_from_monday() as usize)
    }

    /// Combined level at origin `k`, before any scale of the group.
    pub(crate) fn level(&self, fitted: &Fitted<'_>, k: usize) -> f64 {
        let weights = self.weights(fitted, k);
        let combined: f64 = fitted.levels.at[k].iter().zip(&weights).map(|(l, w)| l * w).sum();
        combined * fitted.corrections.get(k).unwrap_or(&1.0)
    }

    /// Weights of the memories in the level of one series at origin `k`: by the errors at the other origins, since errors that chose
    /// the memory look smaller than those to come.
    pub(crate) fn weights(&self, fitted: &Fitted<'_>, k: usize) -> [f64; combine::MEMORIES] {
        let own = fitted.misses.get(k).map_or(fitted.errors, |miss| fitted.errors.without(miss));
        combine::weights(
            &own,
            &self.learnt.memory_errors[fitted.kin[k]],
            self.settings.class_evidence,
        )
    }

    /// Class of a series and its spread at origin `k`.
    pub(crate) fn class_at(&self, fitted: &Fitted<'_>, k: usize) -> (usize, Spread) {
        let (scatter, spread) = (&fitted.scatter[k], fitted.spreads[k]);
        (self.class(fitted.rate_at(k), scatter.periods, scatter.overdue(), spread), spread)
    }

    /// The rate of promotions over the last year, for a series that had some while no promotion is planned for anything.
    fn unplanned(&self, promoted: &[bool], uplift: f64) -> Option<Unplanned> {
        if !self.demand.promotions.is_empty() || promoted.is_empty() {
            return None;
        }
        let year =
            ((365.25 / self.demand.panel.calendar().bucket().days()) as usize).min(promoted.len());
        let share =
            promoted[promoted.len() - year..].iter().filter(|p| **p).count() as f64 / year as f64;
        Some(Unplanned { uplift, average: 1.0 + share * (uplift - 1.0) })
    }

    /// Multiplies future periods by the uplift of what is planned: as stated, by discount, or as learnt.
    pub(crate) fn promote(&self, future: &mut [f32], plans: &[&Promotion], uplift: f64) {
        let calendar = self.demand.panel.calendar();
        let end = calendar.history() as i64;
        let usual = self.past_discount(plans);
        for plan in plans {
            let factor = plan
                .expected_uplift
                .unwrap_or_else(|| self.uplift_of(plan.discount, usual, uplift));
            let (from, to) = (calendar.index(plan.start).max(end), calendar.index(plan.end));
            for t in from..=to.min(end + self.settings.horizon as i64 - 1) {
                future[(t - end) as usize] *=
                    (1.0 + (factor - 1.0) * covered(&self.demand, plan, t)) as f32;
            }
        }
    }

    /// Uplift at a discount: this series' own at its usual discount, moved along the slope over all promotions seen.
    fn uplift_of(&self, discount: Option<f64>, usual: Option<f64>, own: f64) -> f64 {
        match (discount, usual, self.learnt.discount_slope) {
            (Some(discount), Some(usual), Some(slope)) => {
                (own * (slope * (discount - usual)).exp()).clamp(0.5, 8.0)
            }
            _ => own,
        }
    }

    /// Mean discount of the past promotions among `plans`; `None` if none states one.
    pub(crate) fn past_discount(&self, plans: &[&Promotion]) -> Option<f64> {
        let as_of = self.demand.panel.calendar().as_of();
        let past = plans.iter().filter(|p| p.start < as_of).filter_map(|p| p.discount);
        let (sum, count) = past.fold((0.0, 0.0), |(s, n), d| (s + d, n + 1.0));
        (count > 0.0).then(|| sum / count)
    }

    /// Which periods of a series' history were promoted, by flag (gaps bridged) or by the promotions table; empty for none.
    pub(crate) fn promoted_periods(&self, i: usize, plans: &[&Promotion]) -> Vec<bool> {
        let panel = self.demand.panel;
        let (flags, start, calendar) = (panel.flags(i), panel.start(i), panel.calendar());
        let mut promoted: Vec<bool> = Vec::new();
        let mut last: Option<usize> = None;
        for t in (0..flags.len()).filter(|&t| flags[t] & flag::PROMOTION != 0) {
            promoted.resize(flags.len(), false);
            let from = last.filter(|l| t - l <= PROMOTION_GAP).map_or(t, |l| l + 1);
            promoted[from..=t].fill(true);
            last = Some(t);
        }
        for plan in plans {
            let (from, to) = (
                calendar.index(plan.start) - start as i64,
                calendar.index(plan.end) - start as i64,
            );
            for t in from.max(0)..=to.min(flags.len() as i64 - 1) {
                promoted.resize(flags.len(), false);
                promoted[t as usize] = true;
            }
        }
        promoted
    }

    /// The promotions that concern a series.
    pub(crate) fn promotions_of(&self, key: SeriesKey) -> Vec<&Promotion> {
        if self.demand.promotions.is_empty() {
            return Vec::new();
        }
        let category =
            self.demand.products.get(key.sku.index()).map_or("", |p| p.category.as_str());
        let of_sku = self.promotions_by_sku.get(&key.sku).map_or(&[][..], Vec::as_slice);
        let of_category = self.promotions_by_category.get(category).map_or(&[][..], Vec::as_slice);
        let all = of_sku.iter().chain(of_category).map(|&p| &self.demand.promotions[p]);
        all.filter(|p| p.channel.is_none_or(|c| c == key.channel)).collect()
    }

    /// What an analogue's level says about a series that has little history of its own.
    fn prior(&self, i: usize, n: usize) -> LevelPrior {
        let key = self.demand.panel.key(i);
        let Some(product) = self.demand.products.get(key.sku.index()) else {
            return LevelPrior::default();
        };
        let periods = ANALOGUE_DAYS / self.demand.panel.calendar().bucket().days();
        match product.analogue {
            Some(analogue) if analogue != key.sku && (n as f64) < 6.0 * periods => {
                let Some(like) = self.demand.find(SeriesKey { sku: analogue, ..key }) else {
                    return LevelPrior::default();
                };
                let (units, flags) =
                    (self.demand.panel.cleaned(like), self.demand.panel.flags(like));
                let seen = units
                    .iter()
                    .zip(flags)
                    .rev()
                    .filter(|(_, f)| *f & flag::CENSORED == 0)
                    .take((6.0 * periods) as usize);
                let (sum, count) =
                    seen.fold((0.0, 0.0), |(s, c), (u, _)| (s + f64::from(*u), c + 1.0));
                let level = if count > 0.0 { sum / count } else { 0.0 };
                LevelPrior {
                    level: level * product.analogue_factor.unwrap_or(1.0),
                    periods: periods.max(1.0),
                }
            }
            _ => LevelPrior::default(),
        }
    }
}

/// Share of period `t` that a promotion covers.
fn covered(demand: &Demand<'_>, plan: &Promotion, t: i64) -> f64 {
    let calendar = demand.panel.calendar();
    let (start, next) = (calendar.start(t), calendar.start(t + 1));
    let days = (next.min(plan.end + chrono::Duration::days(1)) - start.max(plan.start)).num_days();
    days.max(0) as f64 / (next - start).num_days().max(1) as f64
}

/// Scatter of a pool's total before every origin, unseen periods as cleaned; a mean only where every channel has one.
pub(crate) fn pool_scatter(back: &[usize], pool: &[Fitted<'_>]) -> Vec<Scatter> {
    fn total<'f>(parts: impl Iterator<Item = &'f [f32]> + Clone) -> Vec<f64> {
        let longest = parts.clone().map(<[f32]>::len).max().unwrap_or(0);
        let mut total = vec![0.0; longest];
        for part in parts {
            total[longest - part.len()..]
                .iter_mut()
                .zip(part)
                .for_each(|(sum, &x)| *sum += f64::from(x));
        }
        total
    }
    let units = total(pool.iter().map(|f| f.units));
    let means = total(pool.iter().map(|f| f.levels.one_step.as_slice()));
    Scatter::before(back, &Periods { units: &units, seen: None, means: &means })
}

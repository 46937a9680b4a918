//! What does a forecast need of a series' past? A few sums: its state.
//!
//! Fitting reads all of history; forecasting reads the state that fitting left, and what is known about the future. A state moves
//! on by one period in a few multiplications, so a night between two refits need not fit at all (see [`crate::forecast::pooled::warm`]).

use crate::domain::inputs::Promotion;
use crate::domain::panel::flag;
use crate::forecast::Context;
use crate::forecast::evaluate::accuracy::Measures;
use crate::forecast::evaluate::backtest::METHODS;
use crate::forecast::evaluate::choice::{OwnModel, Series};
use crate::forecast::pooled::combine::{MEMORIES, Sums, decay, decays};
use crate::forecast::pooled::dispersion::overdue;
use crate::forecast::pooled::distribution::Spread;
use crate::forecast::pooled::reconcile;
use crate::forecast::pooled::series::{Fitted, Unplanned};
use serde::{Deserialize, Serialize};

/// All that the forecast of one series reads of its past.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesState {
    /// Channel, as a code.
    pub(crate) channel: u32,
    /// First period on the axis.
    pub(crate) start: usize,
    /// Periods since, all of which the state has seen.
    pub(crate) periods: usize,
    /// Of the cleaned past when it was fitted.
    pub(crate) past_digest: u64,
    /// Of the master data and promotions that shaped the fit.
    pub(crate) terms_digest: u64,
    pub(crate) sums: Sums,
    /// Weights of the memories.
    pub(crate) weights: [f64; MEMORIES],
    /// Periods in which demand was seen.
    pub(crate) observed: usize,
    /// Variance of one period.
    pub(crate) spread: Spread,
    /// Own weekday factors, Monday first.
    pub(crate) weekday: [f32; 7],
    /// Demand under promotion relative to the baseline.
    pub(crate) uplift: f64,
    /// Mean demand of any future period relative to the baseline, where promotions come without a plan.
    pub(crate) unplanned: Option<f64>,
    /// Recency-weighted units and exposure, for the group's scale.
    pub(crate) recent: (f64, f64),
    /// Highest demand of one period.
    pub(crate) highest: f32,
    /// Seen periods since the last sale.
    pub(crate) idle: usize,
    /// Periods with a sale.
    pub(crate) sold: usize,
    /// Whether the level leans on an analogue.
    pub(crate) analogue: bool,
    /// What the global model makes of the level.
    pub(crate) correction: f64,
    /// Rolling origins it was judged at.
    pub(crate) origins: usize,
    /// Accuracy of each method there.
    pub(crate) accuracy: Option<[Measures; METHODS]>,
    /// The best model of the series itself.
    pub(crate) own_model: Option<OwnModel>,
}

impl SeriesState {
    /// Units a period at the index's average, over about two months.
    pub(crate) fn rate(&self) -> f64 {
        self.sums.levels()[3]
    }

    /// Whether demand is missing, see [`overdue`].
    pub(crate) fn overdue(&self) -> bool {
        overdue(self.sold as f64, self.observed as f64, self.idle as f64)
    }

    /// Combined level of all memories.
    pub(crate) fn combined(&self) -> f64 {
        self.sums.levels().iter().zip(&self.weights).map(|(l, w)| l * w).sum()
    }

    /// Level, before any scale of the group.
    pub(crate) fn level(&self) -> f64 {
        self.combined() * self.correction
    }
}

/// The states of a pool's channels, and what they are together.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PoolState {
    /// The item, as a code.
    pub(crate) sku: u32,
    /// Where, as a code.
    pub(crate) location: u32,
    /// Variance of one period of the pool's total.
    pub(crate) spread: Spread,
    /// In panel order; none for a pool without a sale.
    pub(crate) series: Vec<SeriesState>,
}

impl Context<'_> {
    /// Fits the channels of a pool.
    pub(crate) fn fit_pool(&self, pool: usize) -> PoolState {
        let this = &self.demand.panel.pools()[pool];
        let fitted = self.fitted_pool(pool);
        let spread =
            self.pool_classes(&fitted).last().map_or_else(Spread::default, |&(.., spread)| spread);
        let series = fitted.iter().map(|f| self.state(f)).collect();
        PoolState { sku: this.sku.0, location: this.location.0, spread, series }
    }

    fn state(&self, fitted: &Fitted<'_>) -> SeriesState {
        let panel = self.demand.panel;
        let i = fitted.index;
        let series = Series::new(fitted, panel.calendar().bucket());
        SeriesState {
            channel: panel.key(i).channel.0,
            start: panel.start(i),
            periods: fitted.units.len(),
            past_digest: past_digest(fitted.units, panel.flags(i)),
            terms_digest: self.terms_digest(i, panel.calendar().as_of()),
            sums: fitted.levels.sums,
            weights: self.weights(fitted, fitted.now()),
            observed: fitted.levels.observed,
            spread: fitted.spreads[fitted.now()],
            weekday: fitted.weekday,
            uplift: fitted.uplift,
            unplanned: fitted.unplanned.map(|Unplanned { average, .. }| average),
            recent: reconcile::recent(fitted.units, &fitted.exposure, self.group_half_life()),
            highest: fitted.units.iter().copied().fold(0.0, f32::max),
            idle: fitted.idle(),
            sold: fitted.units.iter().filter(|u| **u > 0.0).count(),
            analogue: fitted.analogue,
            correction: fitted.corrections[fitted.now()],
            origins: fitted.back.len() - 1,
            accuracy: self.accuracy(fitted, &series),
            own_model: self.own_model(fitted, &series),
        }
    }

    /// Periods after which an observation counts half in a group's recent total.
    pub(crate) fn group_half_life(&self) -> f64 {
        (self.settings.group_half_life_days / self.demand.panel.calendar().bucket().days()).max(3.0)
    }

    /// Class of a series.
    pub(crate) fn class_of(&self, state: &SeriesState) -> usize {
        self.class(state.rate(), state.observed as f64, state.overdue(), state.spread)
    }

    /// What a level of 1 sells in each period of the horizon. `[horizon]`
    pub(crate) fn future(&self, i: usize, state: &SeriesState) -> Vec<f32> {
        let (start, n) = (state.start, state.periods);
        let profile = &self.learnt.profiles[self.groups.of_series[i]];
        let mut exposure = self.launched(start, n..n + self.settings.horizon, &profile.index);
        self.sharpen(&mut exposure, start + n, &state.weekday);
        let key = self.demand.panel.key(i);
        let plans = self.promotions_of(key);
        let day = |t: usize| self.demand.panel.calendar().start((start + n + t) as i64);
        let on_promotion = |t: usize| plans.iter().any(|p| (p.start..=p.end).contains(&day(t)));
        self.price(&mut exposure, start + n, &self.price_path(key), on_promotion);
        match state.unplanned {
            Some(average) => exposure.iter_mut().for_each(|a| *a *= average as f32),
            None => self.promote(&mut exposure, &plans, state.uplift),
        }
        exposure
    }

    /// Moves the state of series `i` on to the end of history: levels follow, everything else stays as fitted.
    pub(crate) fn advance(&self, i: usize, state: &mut SeriesState) {
        let panel = self.demand.panel;
        let (units, flags, start, from) =
            (panel.cleaned(i), panel.flags(i), state.start, state.periods);
        let profile = &self.learnt.profiles[self.groups.of_series[i]];
        let mut exposure = self.launched(start, from..units.len(), &profile.index);
        self.sharpen(&mut exposure, start + from, &state.weekday);
        let plans = self.promotions_of(panel.key(i));
        let flagged = flags[from..].iter().any(|f| f & flag::PROMOTION != 0);
        let promoted = if flagged || !plans.is_empty() {
            self.promoted_periods(i, &plans)
        } else {
            Vec::new()
        };
        let on_promotion = |t: usize| promoted.get(from + t) == Some(&true);
        self.price(&mut exposure, start + from, &self.price_path(panel.key(i)), on_promotion);
        let (keep, keep_recent) = (decays(&self.half_lives), decay(self.group_half_life()));
        for (t, &index) in (from..).zip(&exposure) {
            let uplift = if promoted.get(t) == Some(&true) { state.uplift as f32 } else { 1.0 };
            let (y, a) = (f64::from(units[t]), f64::from(index * uplift));
            let seen = flags[t] & flag::CENSORED == 0;
            let (units, exposure) = state.recent;
            state.recent = (keep_recent * units, keep_recent * exposure);
            if seen {
                state.sums.add(&keep, y, a);
                state.recent = (state.recent.0 + y, state.recent.1 + a);
                state.observed += 1;
                state.idle += 1;
            }
            if y > 0.0 {
                state.highest = state.highest.max(y as f32);
                state.idle = 0;
                state.sold += 1;
            }
            if let Some(own) = &mut state.own_model {
                own.model.update(if seen { y } else { f64::NAN });
            }
        }
        state.periods = units.len();
        state.correction = self.correction(i, state);
    }

    /// Digest of the master data and of the promotions and prices begun before `as_of` that shape the fit of series `i`.
    pub(crate) fn terms_digest(&self, i: usize, as_of: chrono::NaiveDate) -> u64 {
        let key = self.demand.panel.key(i);
        let mut digest = Digest::default();
        if let Some(product) = self.demand.products.get(key.sku.index()) {
            digest.text(&product.category);
            digest.text(product.analogue.map_or("", |a| &self.demand.names.skus[a.index()]));
            digest.add(product.analogue_factor.unwrap_or(1.0).to_bits());
        }
        for Promotion { start, end, discount, .. } in
            self.promotions_of(key).into_iter().filter(|p| p.start < as_of)
        {
            digest.text(&start.to_string());
            digest.text(&end.to_string());
            digest.add(discount.map_or(u64::MAX, f64::to_bits));
        }
        let known = self.demand.panel.calendar().index(as_of);
        for (period, log) in self.price_path(key).into_iter().filter(|step| step.0 < known) {
            digest.add(period.cast_unsigned());
            digest.add(log.to_bits());
        }
        digest.0
    }
}

/// Digest of what fitting reads of a past: the units of periods in which demand was seen, and which those are.
pub(crate) fn past_digest(units: &[f32], flags: &[u8]) -> u64 {
    const BITS: u8 = flag::CENSORED | flag::PROMOTION;
    // Chains side by side, two periods to a word: one chain would wait for its own multiplications.
    let mut lanes = [Digest(1), Digest(2), Digest(3), Digest(4), Digest(5)];
    for (units, flags) in units.chunks(8).zip(flags.chunks(8)) {
        let (mut cells, mut marks) = ([0; 8], [0; 8]);
        for (k, (u, f)) in units.iter().zip(flags).enumerate() {
            cells[k] = if f & flag::CENSORED == 0 { u.to_bits() } else { 0 };
            marks[k] = f & BITS;
        }
        for k in 0..4 {
            lanes[k].add(u64::from(cells[2 * k]) << 32 | u64::from(cells[2 * k + 1]));
        }
        lanes[4].add(u64::from_le_bytes(marks));
    }
    let mut all = Digest(units.len() as u64);
    lanes.iter().for_each(|lane| all.add(lane.0));
    all.0
}

/// A fast digest against accidents: every step is invertible, so two inputs that differ in one place never meet.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Digest(pub u64);

impl Digest {
    pub fn add(&mut self, value: u64) {
        self.0 = (self.0 ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    }

    pub fn text(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.add(u64::from(byte)));
        self.add(1 << 8);
    }
}

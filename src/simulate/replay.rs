//! Period by period: receive, review, sell, count.

use crate::domain::inputs::PoolOverrides;
use crate::domain::units::{LocationId, SkuId, Units};
use crate::explain::Explanation;
use crate::inventory::Arrival;
use crate::inventory::Outlook;
use crate::inventory::PastDemand;
use crate::inventory::PoolFacts;
use crate::inventory::Situation;
use crate::inventory::StockLevel;
use crate::inventory::UnitEconomics;
use crate::inventory::need::need;
use crate::inventory::reorder_point::{Targets, targets};
use crate::inventory::settings::UnmetDemand;
use crate::math::distributions::Demand;
use crate::simulate::Candidate;
use crate::simulate::Costs;
use crate::simulate::HoldingAt;
use crate::simulate::Played;
use crate::simulate::PoolOutlook;
use crate::simulate::ReplayPool;
use crate::simulate::Rule;
use crate::simulate::Settings;
use crate::simulate::Totals;
use chrono::NaiveDate;
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};
use std::collections::BTreeMap;

/// Days of history that max-average looks back on.
const RATE_DAYS: f64 = 91.0;

/// A replay in progress.
#[derive(Debug)]
pub struct Replay<'a> {
    pools: &'a [ReplayPool],
    candidates: &'a [Candidate],
    settings: &'a Settings,
    /// The next period to play.
    now: usize,
    /// When the forecasts in use were made.
    refreshed: usize,
    /// `[candidate][pool]`
    states: Vec<Vec<State>>,
    /// By candidate; empty where not asked for.
    paths: Vec<Vec<Vec<f32>>>,
}

/// One pool under one candidate.
#[derive(Debug, Clone, Default)]
struct State {
    level: Option<Level>,
    on_hand: f64,
    backorders: f64,
    /// Day of arrival on the axis, units; soonest first.
    pipeline: Vec<Arrival>,
    /// Unmet demand since the last arrival.
    short: bool,
    /// Orders placed so far: numbers the draws of lead times.
    drawn: u64,
    totals: Totals,
}

/// What steers a pool until the next refresh.
#[derive(Debug, Clone)]
enum Level {
    Targets(Box<Targets>),
    UpTo(f64),
}

/// Plays the whole window; `forecast(t)` gives every pool's outlook as of period `t`, every `refresh_every` periods.
pub fn replay(
    pools: &[ReplayPool],
    candidates: &[Candidate],
    settings: &Settings,
    refresh_every: usize,
    mut forecast: impl FnMut(usize) -> Vec<PoolOutlook>,
) -> Vec<Played> {
    let mut replay = Replay::new(pools, candidates, settings);
    let mut t = settings.window.start;
    while t < settings.window.end {
        let next = (t + refresh_every.max(1)).min(settings.window.end);
        replay.advance(next, &forecast(t));
        t = next;
    }
    replay.finish()
}

impl<'a> Replay<'a> {
    /// A replay that stands at the beginning of its window.
    #[must_use]
    pub fn new(
        pools: &'a [ReplayPool],
        candidates: &'a [Candidate],
        settings: &'a Settings,
    ) -> Self {
        let now = settings.window.start;
        let origin = now as f64 * settings.period_days;
        let start = |pool: &ReplayPool| {
            let mut state = State::default();
            if let Some((stock, arrivals)) = &pool.initial {
                state.on_hand = stock.available;
                state.backorders = stock.backordered;
                state.pipeline =
                    arrivals.iter().map(|a| Arrival { days: a.days + origin, ..*a }).collect();
            }
            state
        };
        let states = candidates.iter().map(|_| pools.iter().map(start).collect()).collect();
        let kept = |c: usize| {
            if settings.paths_of.contains(&c) { vec![Vec::new(); pools.len()] } else { Vec::new() }
        };
        let paths = (0..candidates.len()).map(kept).collect();
        Self { pools, candidates, settings, now, refreshed: now, states, paths }
    }

    /// Plays up to `until` with forecasts made as of the period it stands at.
    ///
    /// # Panics
    /// If there is not one outlook a pool.
    pub fn advance(&mut self, until: usize, outlooks: &[PoolOutlook]) {
        assert_eq!(outlooks.len(), self.pools.len(), "one outlook a pool");
        self.refreshed = self.now;
        for candidate in 0..self.candidates.len() {
            for (pool, outlook) in outlooks.iter().enumerate() {
                self.refresh(candidate, pool, outlook);
            }
        }
        while self.now < until.min(self.settings.window.end) {
            for candidate in 0..self.candidates.len() {
                self.period(candidate, outlooks);
            }
            self.now += 1;
        }
    }

    /// The sums of everything played.
    #[must_use]
    pub fn finish(self) -> Vec<Played> {
        let mut paths = self.paths.into_iter();
        let mut played = Vec::with_capacity(self.candidates.len());
        for (candidate, states) in self.candidates.iter().zip(self.states) {
            let mut total = Totals::default();
            let mut scopes: BTreeMap<String, Totals> = BTreeMap::new();
            for (pool, state) in self.pools.iter().zip(&states) {
                total.add(&state.totals, 1.0);
                for (scope, share) in &pool.scopes {
                    scopes.entry(scope.clone()).or_default().add(&state.totals, *share);
                }
            }
            let pools = states.iter().map(|s| s.totals).collect();
            let scopes = scopes.into_iter().collect();
            played.push(Played {
                name: candidate.name.clone(),
                total,
                scopes,
                pools,
                paths: paths.next().unwrap_or_default(),
            });
        }
        played
    }

    /// New targets for one pool, and its first stock when it has none yet.
    fn refresh(&mut self, candidate: usize, pool: usize, outlook: &PoolOutlook) {
        let this = &self.pools[pool];
        let days = self.settings.period_days;
        let level = match &self.candidates[candidate].rule {
            Rule::Inventory(settings) => {
                let (average, peak) =
                    rates(&this.demand[..self.now], this.start, (RATE_DAYS / days).ceil() as usize);
                let past =
                    PastDemand { average_per_day: average / days, peak_per_day: peak / days };
                let facts = facts(this, pool, past);
                let mut unrecorded = Explanation::unrecorded();
                let targets = targets(&facts, &outlook.outlook(days), settings, &mut unrecorded);
                Level::Targets(Box::new(targets))
            }
            Rule::MovingAverage { average_days, cover_days } => {
                let (average, _) = rates(
                    &this.demand[..self.now],
                    this.start,
                    (average_days / days).ceil() as usize,
                );
                Level::UpTo(average / days * cover_days)
            }
        };
        let state = &mut self.states[candidate][pool];
        if state.level.is_none() && this.initial.is_none() {
            state.on_hand = match &level {
                Level::Targets(t) => t.reorder_point + 0.5 * t.lot,
                Level::UpTo(units) => *units,
            }
            .round();
        }
        state.level = Some(level);
    }

    /// One period of one candidate.
    fn period(&mut self, candidate: usize, outlooks: &[PoolOutlook]) {
        let (today, scored) = (self.now as f64 * self.settings.period_days, self.scored());
        self.states[candidate].iter_mut().for_each(|state| receive(state, today, scored));
        let window = &self.settings.window;
        let reviewed = (self.now - window.start).is_multiple_of(self.settings.review_every.max(1));
        if reviewed && self.now + self.settings.run_out < window.end {
            self.review(candidate, outlooks);
        }
        let start = window.start;
        for (pool, this) in self.pools.iter().enumerate() {
            let state = &mut self.states[candidate][pool];
            if this.start <= start {
                sell(state, this, self.now, self.settings, scored);
            }
            if let Some(path) = self.paths[candidate].get_mut(pool) {
                path.push((state.on_hand - state.backorders) as f32);
            }
        }
    }

    fn scored(&self) -> bool {
        self.now >= self.settings.window.start + self.settings.warm_up
    }

    /// Places the orders of one review; under a budget the pool with the least cover first, and as much as it still pays for.
    fn review(&mut self, candidate: usize, outlooks: &[PoolOutlook]) {
        let first = self.settings.window.start;
        let wanted = self
            .pools
            .iter()
            .zip(outlooks)
            .enumerate()
            .filter(|(_, (this, _))| this.start <= first);
        let mut orders: Vec<(f64, usize, f64)> = wanted
            .filter_map(|(pool, (_, outlook))| {
                let (units, cover) = self.order(candidate, pool, outlook);
                (units > 0.0).then_some((cover, pool, units))
            })
            .collect();
        let mut left = self.settings.budget.unwrap_or(f64::INFINITY);
        if left.is_finite() {
            orders.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        }
        for (_, pool, units) in orders {
            let this = &self.pools[pool];
            let affordable = Units((left / this.unit_cost.max(1e-9)).min(1e15) as i64);
            let units = if units > affordable.0 as f64 {
                this.lot.round_down(affordable).0 as f64
            } else {
                units
            };
            if units > 0.0 {
                left -= units * this.unit_cost;
                self.place(candidate, pool, units);
            }
        }
    }

    /// (whole units to order, days of cover of the position) of one pool.
    fn order(&self, candidate: usize, pool: usize, outlook: &PoolOutlook) -> (f64, f64) {
        let (this, state) = (&self.pools[pool], &self.states[candidate][pool]);
        let today = self.now as f64 * self.settings.period_days;
        let on_order: f64 = state.pipeline.iter().map(|a| a.quantity).sum();
        let position = state.on_hand + on_order - state.backorders;
        let (units, per_day) = match (&state.level, &self.candidates[candidate].rule) {
            (Some(Level::Targets(targets)), Rule::Inventory(settings)) => {
                // The cheap test first: everything on its way counts, and it is enough.
                let horizon = today + targets.interval.lead_days + targets.interval.review_days;
                if position > targets.reorder_point
                    && state.pipeline.last().is_none_or(|a| a.days <= horizon)
                {
                    return (0.0, f64::INFINITY);
                }
                let arrivals: Vec<Arrival> =
                    state.pipeline.iter().map(|a| Arrival { days: a.days - today, ..*a }).collect();
                let stock = StockLevel {
                    on_hand: state.on_hand,
                    available: state.on_hand,
                    backordered: state.backorders,
                };
                let passed = (self.now - self.refreshed) as f64;
                let shifted = |from: f64, to: f64, end: f64| -> Demand {
                    (outlook.over)(from + passed, to + passed, end)
                };
                let outlook =
                    Outlook { over: &shifted, ..outlook.outlook(self.settings.period_days) };
                let now = Situation { outlook, stock, arrivals: &arrivals };
                let mut unrecorded = Explanation::unrecorded();
                let need = need(&now, targets, None, settings, &mut unrecorded);
                (need.need, targets.per_day)
            }
            (Some(Level::UpTo(level)), _) => (level - position, level / self.settings.period_days),
            _ => (0.0, 0.0),
        };
        (whole_units(units, this), position / per_day.max(1e-9))
    }

    fn place(&mut self, candidate: usize, pool: usize, units: f64) {
        let this = &self.pools[pool];
        let scored = self.scored();
        let state = &mut self.states[candidate][pool];
        let days = match self.settings.seed {
            // The same draw for the same order number, whatever the candidate.
            Some(seed) => drawn_lead_time(this, seed, pool as u64, state.drawn),
            None => this.lead_time.mean().0,
        };
        let arrival =
            Arrival { days: self.now as f64 * self.settings.period_days + days, quantity: units };
        let at = state.pipeline.partition_point(|a| a.days <= arrival.days);
        state.pipeline.insert(at, arrival);
        state.drawn += 1;
        if scored {
            state.totals.orders += 1.0;
            state.totals.ordered += units;
            state.totals.order_cost += self.settings.costs.order;
        }
    }
}

/// What targets are made from; a replay has one location, and no stock enters targets.
fn facts(pool: &ReplayPool, number: usize, past: PastDemand) -> PoolFacts {
    PoolFacts {
        sku: SkuId(number as u32),
        location: LocationId(0),
        as_of: NaiveDate::MIN,
        past,
        lead_time: pool.lead_time,
        lead_time_source: String::new(),
        abc: pool.abc,
        xyz: pool.xyz,
        velocity: pool.velocity,
        economics: UnitEconomics { cost: Some(pool.unit_cost), margin: Some(pool.unit_margin) },
        stock: StockLevel::default(),
        arrivals: Vec::new(),
        lots: Vec::new(),
        min_stock: None,
        max_stock: None,
        by_hand: PoolOverrides::default(),
        held: None,
    }
}

/// Mean and largest of the last `window` periods since `start`.
fn rates(seen: &[f32], start: usize, window: usize) -> (f64, f64) {
    let from = seen.len().saturating_sub(window).max(start.min(seen.len()));
    let last = &seen[from..];
    let sum: f64 = last.iter().map(|&d| f64::from(d)).sum();
    (sum / last.len().max(1) as f64, last.iter().fold(0.0, |peak, &d| f64::from(d).max(peak)))
}

/// What is ordered for an unrounded need.
fn whole_units(need: f64, pool: &ReplayPool) -> f64 {
    // Rounding noise in the need must not cost a unit.
    if pool.supplied { pool.lot.order_quantity(need - 1e-9).0.0 as f64 } else { 0.0 }
}

/// A lead time from the gamma distribution with the pool's mean and spread; never less than a day.
fn drawn_lead_time(pool: &ReplayPool, seed: u64, number: u64, order: u64) -> f64 {
    let (mean, sd) = (pool.lead_time.mean().0, pool.lead_time.sd().0);
    if sd <= 0.0 {
        return mean;
    }
    let mixed = seed
        ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ order.wrapping_mul(0xD1B5_4A32_D192_ED03);
    let draw = Pcg64Mcg::seed_from_u64(mixed).next_u64() >> 11;
    let u = (draw as f64 + 0.5) / (1u64 << 53) as f64;
    Demand::Gamma { mean, sd }.quantile(u).max(1.0)
}

/// Puts what has arrived on the shelf; waiting customers are served first.
fn receive(state: &mut State, today: f64, scored: bool) {
    let due = state.pipeline.partition_point(|a| a.days <= today + 1e-9);
    for arrival in state.pipeline.drain(..due) {
        state.on_hand += arrival.quantity;
        if scored {
            state.totals.cycles += 1.0;
            state.totals.served_cycles += f64::from(u8::from(!state.short));
        }
        state.short = false;
    }
    let served = state.backorders.min(state.on_hand.max(0.0));
    state.on_hand -= served;
    state.backorders -= served;
}

fn sell(state: &mut State, pool: &ReplayPool, t: usize, settings: &Settings, scored: bool) {
    let demand = f64::from(pool.demand[t]);
    let morning = state.on_hand;
    let sold = demand.min(morning.max(0.0));
    let unmet = demand - sold;
    state.on_hand -= sold;
    state.short |= unmet > 1e-9;
    if settings.unmet_demand == UnmetDemand::Backordered {
        state.backorders += unmet;
    }
    if !scored {
        return;
    }
    let Costs {
        holding_per_unit_period, holding_rate_per_year, shortage_per_unit, holding_at, ..
    } = settings.costs;
    let held = match holding_at {
        HoldingAt::PeriodEnd => state.on_hand,
        HoldingAt::PeriodAverage => 0.5 * (morning + state.on_hand),
    };
    let rate = holding_per_unit_period
        .unwrap_or(holding_rate_per_year * pool.unit_cost * settings.period_days / 365.0);
    let waiting =
        if settings.unmet_demand == UnmetDemand::Backordered { state.backorders } else { unmet };
    let totals = &mut state.totals;
    totals.periods += 1.0;
    totals.demand += demand;
    totals.estimated_demand +=
        if pool.estimated.get(t).copied().unwrap_or(false) { demand } else { 0.0 };
    totals.lost += unmet;
    totals.lost_margin += unmet * pool.unit_margin;
    totals.stock += held;
    totals.stock_value += held * pool.unit_cost;
    totals.cost_of_goods += (demand
        - if settings.unmet_demand == UnmetDemand::Lost { unmet } else { 0.0 })
        * pool.unit_cost;
    totals.stockouts += f64::from(u8::from(unmet > 1e-9));
    totals.holding_cost += rate * held;
    totals.shortage_cost += shortage_per_unit.unwrap_or(pool.unit_margin) * waiting;
}

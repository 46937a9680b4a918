//! Period by period: receive, review, sell, count.

use crate::domain::inputs::PoolOverrides;
use crate::domain::order_calendar::OrderCalendar;
use crate::domain::units::{LeadTime, LocationId, Money, SkuId, Units};
use crate::explain::Explanation;
use crate::explain::arithmetic::to_a_millionth;
use crate::inventory;
use crate::inventory::expiry::{DatedLot, usable_stock};
use crate::inventory::need::need;
use crate::inventory::outlook::units_until;
use crate::inventory::reorder_point::{Targets, targets};
use crate::inventory::settings::UnmetDemand;
use crate::inventory::{
    Arrival, Outlook, PastDemand, PoolFacts, Situation, StockLevel, UnitEconomics,
};
use crate::math::distributions::Demand;
use crate::purchase::long_lot::LongLot;
use crate::purchase::prices::{LotCosts, cheaper_lot};
use crate::purchase::{DatedDemand, PoolNeed};
use crate::simulate::replay::moves::Neighbours;
use crate::simulate::replay::networks::{
    ItemNetwork, Member, Shipments, Standing, tied_up_a_period,
};
use crate::simulate::{
    Candidate, Costs, HoldingAt, Played, PoolOutlook, ReplayPool, Rule, ScopeTotals, Settings,
    Totals,
};
use chrono::{Days, NaiveDate};
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};
use std::collections::BTreeMap;

/// Days of history that max-average looks back on: a quarter, so that the peak is a season's own.
const RATE_DAYS: f64 = 91.0;
/// Days ahead over which the demand of a day is averaged for price breaks, as for the night.
const USUAL_DAYS: f64 = 28.0;
/// Units that rounding noise may add to a need or a shortage without meaning anything.
const NOISE: f64 = 1e-9;

mod moves;
mod networks;

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
    /// Items whose pools feed each other.
    networks: Vec<ItemNetwork>,
    /// Where each pool stands in them. `[pools]`
    members: Vec<Option<Member>>,
    /// Pools of one item that no lane connects.
    neighbours: Vec<Neighbours>,
    /// Whether a lane pushes on what a pool receives. `[pools]`
    pushed_on: Vec<bool>,
    /// `[candidate][network]`
    standings: Vec<Vec<Standing>>,
    /// By candidate; empty where not asked for.
    paths: Vec<Vec<Vec<f32>>>,
}

/// One pool under one candidate.
#[derive(Debug, Clone, Default)]
struct State {
    level: Option<Level>,
    /// Whether it has its first stock.
    begun: bool,
    on_hand: f64,
    backorders: f64,
    /// Day of arrival on the axis, units; soonest first.
    pipeline: Vec<Arrival>,
    /// Units on the shelf by their last day on the axis, soonest first; empty for what keeps.
    lots: Vec<DatedLot>,
    /// Units on the shelf by the day on which they came, the oldest first; empty where nothing is
    /// charged for age.
    ages: Vec<DatedLot>,
    /// What has come so far, where a lane pushes it on.
    receipts: Vec<Arrival>,
    /// Unmet demand since the last arrival.
    short: bool,
    /// Orders placed so far: numbers the draws of lead times.
    drawn: u64,
    totals: Totals,
}

impl State {
    /// The stock and open orders that the pool begins with on day `today` of the axis; without
    /// any, its first targets say what it holds.
    fn first(pool: &ReplayPool, today: f64) -> Self {
        let Some(initial) = &pool.initial else { return Self::default() };
        let arrivals = initial.arrivals.iter();
        let mut state = Self {
            on_hand: initial.stock.available,
            backorders: initial.stock.backordered,
            pipeline: arrivals.map(|a| Arrival { days: a.days + today, ..*a }).collect(),
            ..Self::default()
        };
        if pool.fees.charge_age() {
            state.ages = vec![DatedLot { days: today, quantity: state.on_hand }];
        }
        state
    }
}

impl State {
    /// Gives what is there to customers who wait.
    fn serve_waiting(&mut self) {
        let served = self.backorders.min(self.on_hand.max(0.0));
        self.on_hand -= served;
        self.backorders -= served;
        self.leave_shelf(served);
    }

    /// What leaves is the oldest.
    fn leave_shelf(&mut self, units: f64) {
        take_first(&mut self.lots, units);
        take_first(&mut self.ages, units);
    }

    /// Begins with what is on the shelf on day `today`, as if all of it had come then.
    fn begin(&mut self, pool: &ReplayPool, today: f64) {
        let quantity = self.on_hand;
        if let Some(life) = pool.shelf_life_days {
            self.lots = vec![DatedLot { days: today + life, quantity }];
        }
        if pool.fees.charge_age() {
            self.ages = vec![DatedLot { days: today, quantity }];
        }
    }
}

/// What one pool would order at a review.
struct Wish {
    pool: usize,
    /// Whole units.
    units: f64,
    /// Days that its position lasts.
    cover_days: f64,
}

/// What a pool lacks at a review.
struct Lacking {
    /// Unrounded.
    need: f64,
    /// Units there and on their way within the protection interval.
    position: f64,
    per_day: f64,
    /// Units that sell before they spoil; `None` where nothing spoils.
    fresh: Option<f64>,
    /// Units that another location sends.
    moved_in: f64,
    /// Whether it stands for all that it feeds.
    echelon: bool,
    /// Units there and on their way to it: what bounds the stock to hold.
    lies_here: f64,
}

/// Expected demand from the period that the replay stands at.
struct Ahead<'o> {
    mean: &'o [f32],
    period_days: f64,
    /// Days since the forecast was made.
    passed: f64,
}

impl Ahead<'_> {
    /// Of the next `days`.
    fn units(&self, days: f64) -> f64 {
        units_until(self.mean, self.period_days, self.passed + days)
            - units_until(self.mean, self.period_days, self.passed)
    }
}

/// Demand of the recent past, units a period.
struct Rates {
    mean: f64,
    peak: f64,
}

/// What steers a pool until the next refresh.
#[derive(Debug, Clone)]
enum Level {
    Targets(Box<Targets>),
    UpTo(f64),
}

/// Plays the whole window; `forecast(t)` gives every pool's outlook as of period `t`, every
/// `refresh_every` periods.
///
/// ```
/// use orderpoint::domain::units::LeadTime;
/// use orderpoint::inventory::settings::{Method, UnmetDemand};
/// use orderpoint::math::distributions::Demand;
/// use orderpoint::simulate::{Candidate, PoolOutlook, ReplayPool, Rule, Settings, replay};
/// # use orderpoint::domain::classes::VelocityClass;
/// # use orderpoint::domain::lot::LotRules;
/// # use orderpoint::purchase::long_lot::Patience;
/// # use orderpoint::simulate::Costs;
/// use std::sync::Arc;
///
/// // Ten a day, delivered in three days, ordered up to the 99th percentile of Poisson demand.
/// let pool = ReplayPool {
///     demand: vec![10.0; 60],
///     lead_time: LeadTime::new(3.0, 0.0, 3.0).unwrap(),
///     unit_cost: 2.0,
///     unit_margin: 1.0,
///     lot: LotRules::FREE,
/// #   name: "SKU1".into(), start: 0, estimated: vec![false; 60], abc: None, xyz: None,
/// #   velocity: VelocityClass::None, group: Default::default(), supplied: true, tiers: None,
/// #   supplier: None, min_stock: None, max_stock: None, shelf_life_days: None, fed: None,
/// #   backups: Vec::new(), site: None, bought_here: None, priority: 0,
/// #   deliveries: Default::default(),
/// #   fees: Default::default(), holding_rate_per_year: None, level: None, initial: None,
/// #   scopes: Vec::new(),
/// };
/// let policy = orderpoint::inventory::Settings {
///     method: Method::Quantile,
///     ..orderpoint::inventory::Settings::default()
/// };
/// let settings = Settings {
///     window: 0..60,
///     warm_up: 20,
///     review_every: 1,
///     period_days: 1.0,
/// #   run_out: 0, origin: "2024-01-01".parse().unwrap(), unmet_demand: UnmetDemand::Lost,
/// #   costs: Costs::of(&policy), seed: None, budget: None, allocation: Default::default(),
/// #   network: Default::default(),
/// #   patience: Patience { max_cover_days: 120.0, carrying_rate: 0.25 }, paths_of: Vec::new(),
/// };
/// let over = |from: f64, to: f64, _: f64| Demand::Poisson { mean: 10.0 * (to - from) };
/// let outlook = PoolOutlook { mean: vec![10.0; 60], over: Arc::new(over) };
/// let own = Candidate::new("own", Rule::Inventory(Box::new(policy)));
/// let played = replay(&[pool], &[own], &settings, 7, |_| vec![outlook.clone()]);
/// assert_eq!(played[0].total.demand, 400.0, "the forty days after the warm-up");
/// assert_eq!(played[0].total.fill_rate(), Some(1.0));
/// ```
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
        let today = now as f64 * settings.period_days;
        let first: Vec<State> = pools.iter().map(|pool| State::first(pool, today)).collect();
        let mut paths = vec![Vec::new(); candidates.len()];
        for &charted in &settings.paths_of {
            paths[charted] = vec![Vec::new(); pools.len()];
        }
        let states = vec![first; candidates.len()];
        let networks = networks::networks(pools);
        let standings = vec![vec![Standing::default(); networks.len()]; candidates.len()];
        Self {
            pools,
            candidates,
            settings,
            now,
            refreshed: now,
            states,
            members: networks::members(&networks, pools.len()),
            neighbours: moves::neighbours(pools),
            pushed_on: networks::pushed_on(pools),
            networks,
            standings,
            paths,
        }
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
            self.refresh_networks(candidate, outlooks);
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
                for scope in &pool.scopes {
                    scopes.entry(scope.name.clone()).or_default().add(&state.totals, scope.share);
                }
            }
            let pools = states.iter().map(|s| s.totals).collect();
            let scopes =
                scopes.into_iter().map(|(name, totals)| ScopeTotals { name, totals }).collect();
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
                let rates = self.rates(this, RATE_DAYS);
                let past = PastDemand {
                    average_per_day: rates.mean / days,
                    peak_per_day: rates.peak / days,
                };
                let as_of = date_of(self.settings, self.today());
                let facts = facts(this, pool, as_of, past);
                let mut unrecorded = Explanation::unrecorded();
                let targets = targets(&facts, &outlook.outlook(days), settings, &mut unrecorded);
                Level::Targets(Box::new(targets))
            }
            Rule::MovingAverage { average_days, cover_days } => {
                Level::UpTo(self.rates(this, *average_days).mean / days * cover_days)
            }
        };
        let is_alone = self.is_alone(pool);
        let today = self.today();
        let state = &mut self.states[candidate][pool];
        if state.level.is_none() && this.initial.is_none() && is_alone {
            // What the policy holds on average: half a lot above the point where it orders.
            state.on_hand = match &level {
                Level::Targets(t) => t.reorder_point + 0.5 * t.lot,
                Level::UpTo(units) => *units,
            }
            .round();
            state.begin(this, today);
        }
        state.level = Some(level);
    }

    /// One period of one candidate.
    fn period(&mut self, candidate: usize, outlooks: &[PoolOutlook]) {
        let today = self.today();
        let scored = self.scored();
        for (p, (state, pool)) in self.states[candidate].iter_mut().zip(self.pools).enumerate() {
            receive(state, pool, today, scored, self.pushed_on[p]);
            throw_away(state, pool, today, scored);
        }
        // What comes this morning can leave this morning: it is on the shelf before stock is shared
        // out, and before anybody orders.
        let shipments = self.shipments(candidate, outlooks);
        let window = &self.settings.window;
        let reviewed = (self.now - window.start).is_multiple_of(self.settings.review_every.max(1));
        if reviewed && self.now + self.settings.run_out < window.end {
            self.review(candidate, outlooks, &shipments);
        }
        self.ship(candidate, &shipments);
        // What takes no time is there the same morning.
        for (p, (state, pool)) in self.states[candidate].iter_mut().zip(self.pools).enumerate() {
            receive(state, pool, today, scored, self.pushed_on[p]);
        }
        let start = window.start;
        for (pool, this) in self.pools.iter().enumerate() {
            let state = &mut self.states[candidate][pool];
            if this.start <= start {
                sell(state, this, self.now, self.settings, scored);
                // What is on its way from another location is the seller's own.
                if let Some(fed) = this.fed.as_ref().filter(|_| scored) {
                    let rate = tied_up_a_period(&self.pools[fed.source], self.settings);
                    state.totals.holding_cost += rate * state.on_way();
                }
            }
            if let Some(path) = self.paths[candidate].get_mut(pool) {
                // Net of customers who wait: a chart then shows how deep a shortage is, not only
                // that there is one.
                path.push((state.on_hand - state.backorders) as f32);
            }
        }
    }

    fn scored(&self) -> bool {
        self.now >= self.settings.window.start + self.settings.warm_up
    }

    /// The day of the axis on which the period begins.
    fn today(&self) -> f64 {
        self.now as f64 * self.settings.period_days
    }

    /// Demand of the last `days` before the period it stands at.
    fn rates(&self, pool: &ReplayPool, days: f64) -> Rates {
        let observed = &pool.demand[..self.now];
        let window = (days / self.settings.period_days).ceil() as usize;
        let from = observed.len().saturating_sub(window).max(pool.start.min(observed.len()));
        let recent = &observed[from..];
        let sum: f64 = recent.iter().map(|&units| f64::from(units)).sum();
        Rates {
            mean: sum / recent.len().max(1) as f64,
            peak: recent.iter().fold(0.0, |peak, &units| f64::from(units).max(peak)),
        }
    }

    /// Places the orders of one review; under a budget the pool with the least cover first, and as
    /// much as it still pays for.
    fn review(&mut self, candidate: usize, outlooks: &[PoolOutlook], shipments: &Shipments) {
        let first = self.settings.window.start;
        // What lies elsewhere is moved before it is bought.
        let moves = self.moves(candidate, outlooks);
        let mut moved_in = vec![0.0; self.pools.len()];
        for moved in &moves {
            moved_in[moved.to] += moved.units;
        }
        let mut wishes = Vec::new();
        for (pool, outlook) in outlooks.iter().enumerate() {
            if self.pools[pool].start > first || self.pools[pool].fed.is_some() {
                continue;
            }
            let of_network = self.network_wish(candidate, pool, outlooks, shipments);
            let moved_in = moved_in[pool] + shipments.moved_in(pool);
            let wish = of_network.unwrap_or_else(|| self.wish(candidate, pool, outlook, moved_in));
            if wish.units > 0.0 {
                wishes.push(wish);
            }
        }
        for buy in &shipments.buys {
            let wish = self.bridging_wish(buy, &outlooks[buy.pool]);
            if wish.units > 0.0 {
                wishes.push(wish);
            }
        }
        self.carry(candidate, &moves);
        let mut left = self.settings.budget.unwrap_or(f64::INFINITY);
        // Without a budget the order of the wishes decides nothing, and they stay in panel order.
        if left.is_finite() {
            wishes.sort_by(|a, b| a.cover_days.total_cmp(&b.cover_days).then(a.pool.cmp(&b.pool)));
        }
        for wish in wishes {
            let this = &self.pools[wish.pool];
            // An item without a cost counts as all but free; and nothing that an f64 cannot count
            // one by one is cast to whole units.
            let affordable = Units::floor((left / this.unit_cost.max(1e-9)).min(1e15));
            // Part of a lot is no lot: what the rest of the budget pays for is rounded down to what
            // the supplier takes.
            let units = if wish.units > affordable.as_f64() {
                this.lot.round_down(affordable).as_f64()
            } else {
                wish.units
            };
            if units > 0.0 {
                left -= units * this.unit_cost;
                self.place(candidate, wish.pool, units);
            }
        }
    }

    /// What `ask` says of one pool as it stands at a review, where its rule has targets.
    fn standing_of<R>(
        &self,
        candidate: usize,
        pool: usize,
        outlook: &PoolOutlook,
        ask: impl FnOnce(&Situation<'_>, &Targets, &inventory::Settings) -> R,
    ) -> Option<R> {
        let Rule::Inventory(settings) = &self.candidates[candidate].rule else { return None };
        let state = &self.states[candidate][pool];
        let Some(Level::Targets(targets)) = &state.level else { return None };
        let today = self.today();
        let arrivals: Vec<Arrival> =
            state.pipeline.iter().map(|a| Arrival { days: a.days - today, ..*a }).collect();
        let passed = (self.now - self.refreshed) as f64;
        let period_days = self.settings.period_days;
        // What will expire unsold is not there, as for the night.
        let lots: Vec<DatedLot> =
            state.lots.iter().map(|l| DatedLot { days: l.days - today, ..*l }).collect();
        let waste = usable_stock(&lots, 0.0, |days| {
            units_until(&outlook.mean, period_days, days + passed * period_days)
                - units_until(&outlook.mean, period_days, passed * period_days)
        });
        let stock = StockLevel {
            on_hand: state.on_hand,
            available: state.on_hand - waste.waste.min(state.on_hand.max(0.0)),
            backordered: state.backorders,
        };
        // The outlook was made `passed` periods ago.
        let later = (self.now - self.refreshed).min(outlook.mean.len());
        let outlook = Outlook {
            mean: &outlook.mean[later..],
            over: &|from, to, end| (outlook.over)(from + passed, to + passed, end),
            period_days,
        };
        Some(ask(&Situation { outlook, stock, arrivals: &arrivals }, targets, settings))
    }

    /// What one pool would order, beside what is moved to it.
    fn wish(&self, candidate: usize, pool: usize, outlook: &PoolOutlook, moved_in: f64) -> Wish {
        let this = &self.pools[pool];
        let state = &self.states[candidate][pool];
        let position = state.position();
        let lacking = match (&state.level, &self.candidates[candidate].rule) {
            (Some(Level::Targets(targets)), Rule::Inventory(_)) => {
                // The cheap test first: everything on its way counts, and it is enough.
                let horizon =
                    self.today() + targets.interval.lead_days + targets.interval.review_days;
                // Units with a date may be waste: then the position says too much.
                if state.lots.is_empty()
                    && position > targets.reorder_point
                    && state.pipeline.last().is_none_or(|a| a.days <= horizon)
                {
                    return Wish { pool, units: 0.0, cover_days: f64::INFINITY };
                }
                let lacks = self.standing_of(candidate, pool, outlook, |now, targets, settings| {
                    let mut unrecorded = Explanation::unrecorded();
                    let need = need(now, targets, None, settings, &mut unrecorded);
                    Lacking {
                        need: (need.need - moved_in).max(0.0),
                        // As for the night, what comes after the interval is no stock to hold.
                        position: need.position,
                        per_day: targets.per_day,
                        fresh: need.sells_in_time,
                        moved_in,
                        echelon: false,
                        lies_here: need.position,
                    }
                });
                lacks.expect("a pool with targets stands somewhere")
            }
            // The benchmark knows no rate: its cover is told in levels, which sort as days would,
            // all levels covering the same days.
            (Some(Level::UpTo(level)), _) => Lacking {
                need: level - position,
                position,
                per_day: level / self.settings.period_days,
                fresh: None,
                moved_in,
                echelon: false,
                lies_here: position,
            },
            _ => {
                let fresh = None;
                Lacking {
                    need: 0.0,
                    position,
                    per_day: 0.0,
                    fresh,
                    moved_in,
                    echelon: false,
                    lies_here: position,
                }
            }
        };
        let units = self.lot(this, &lacking, &self.expected(&outlook.mean)).as_f64();
        let per_day = lacking.per_day;
        Wish { pool, units, cover_days: position / per_day.max(1e-9) }
    }

    /// Demand expected from now on, of a forecast made at the last refresh.
    fn expected<'o>(&self, mean: &'o [f32]) -> Ahead<'o> {
        let period_days = self.settings.period_days;
        let passed = (self.now - self.refreshed) as f64 * period_days;
        Ahead { mean, period_days, passed }
    }

    /// The lot of one order, by the rules of the night's lines: packs and limits, what spoils, lots
    /// beyond all need, price breaks.
    fn lot(&self, pool: &ReplayPool, lacking: &Lacking, ahead: &Ahead<'_>) -> Units {
        let Lacking { need, position, fresh, lies_here, .. } = *lacking;
        let position = Units::nearest(position.clamp(-1e15, 1e15));
        let moved_in = Units::ceil(lacking.moved_in);
        let there = Units::floor(lies_here.clamp(-1e15, 1e15).round());
        let room = pool.max_stock.map(|most| (Units::floor(most) - there - moved_in).or_zero());
        let rules = pool.lot.within(room);
        let mut lot = whole_units(need, pool, room);
        if lot.is_zero() {
            return lot;
        }
        lot = fresh.and_then(|sells| rules.fresh(lot, sells)).unwrap_or(lot);
        let per_day = ahead.units(USUAL_DAYS) / USUAL_DAYS;
        let patience = self.settings.patience;
        if lot > Units::ceil(need) {
            let need_of_pool = PoolNeed {
                inventory_position: position,
                daily_demand: per_day,
                dated: DatedDemand::new(patience.max_cover_days, |days| ahead.units(days)),
                sells_in_time: fresh,
                echelon: lacking.echelon,
                margin: Money::from_f64(pool.unit_margin),
                ..PoolNeed::unknown(SkuId(0), LocationId(0))
            };
            let long = LongLot::of(&need_of_pool, pool.landed(lot), need, lot, patience);
            if long.is_some_and(|long| !long.worth) {
                return Units::ZERO;
            }
        }
        let Some(tiers) = &pool.tiers else { return lot };
        // A better price is no reason to buy more than sells within the longest cover that is
        // allowed, or before it spoils.
        let cover = ahead.units(patience.max_cover_days) - position.or_zero().as_f64();
        let most = Units::floor(cover.min(fresh.unwrap_or(f64::INFINITY)).clamp(0.0, 1e15));
        let costs = LotCosts {
            annual_demand: per_day * 365.0,
            order_cost: self.settings.costs.order,
            carrying_rate: patience.carrying_rate,
            charges: tiers.charges,
        };
        let most = rules.round_down(most).max(lot);
        cheaper_lot(lot, &rules, most, &tiers.prices(), &costs).map_or(lot, |cheaper| cheaper.lot)
    }

    fn place(&mut self, candidate: usize, pool: usize, units: f64) {
        let this = &self.pools[pool];
        let scored = self.scored();
        let today = self.today();
        let state = &mut self.states[candidate][pool];
        let days = match self.settings.seed {
            // The same draw for the same order number, whatever the candidate.
            Some(seed) => drawn(this.lead_time, seed, pool as u64, state.drawn),
            // Without a seed every order takes its mean: candidates then differ by their policy
            // alone.
            None => this.lead_time.mean_days(),
        };
        // A review on a day on which the supplier takes no orders waits for the next one that does.
        let waits = this.supplier.as_ref().map_or(0.0, |supplier| {
            let day = date_of(self.settings, today);
            let next = OrderCalendar::of(supplier).next_order_day(day).unwrap_or(day);
            (next - day).num_days() as f64
        });
        let arrival = Arrival { days: today + waits + days, quantity: units };
        // Drawn lead times overtake each other; what is read from the front is the next to arrive,
        // not the next that was ordered.
        let at = state.pipeline.partition_point(|a| a.days <= arrival.days);
        state.pipeline.insert(at, arrival);
        state.drawn += 1;
        if let Some(tiers) = this.tiers.as_ref().filter(|_| scored) {
            let landed = tiers.landed(Units::floor(units));
            state.totals.saved_by_price += units * (tiers.landed(Units::LEAST) - landed);
        }
        if scored {
            state.totals.orders += 1.0;
            state.totals.ordered += units;
            state.totals.order_cost += self.settings.costs.order;
        }
    }
}

/// What targets are made from; a replay has one location, and no stock enters targets.
fn facts(pool: &ReplayPool, number: usize, as_of: NaiveDate, past: PastDemand) -> PoolFacts<'_> {
    PoolFacts {
        sku: SkuId(number as u32),
        location: LocationId(0),
        as_of,
        past,
        lead_time: pool.lead_time,
        lead_time_source: String::new(),
        calendar: pool
            .supplier
            .as_ref()
            .map_or_else(OrderCalendar::default, |supplier| OrderCalendar::of(supplier)),
        abc: pool.abc,
        xyz: pool.xyz,
        is_new: false,
        velocity: pool.velocity,
        group: pool.group,
        promised_service: None,
        economics: UnitEconomics {
            landed_cost: Some(Money::from_f64(pool.unit_cost)),
            // A replay is told the margin and not the price: what a lost sale costs comes out the
            // same.
            price: Some(Money::from_f64(pool.unit_cost + pool.unit_margin)),
        },
        stock_is_known: true,
        stock: StockLevel::default(),
        arrivals: Vec::new(),
        lots: Vec::new(),
        deliveries: pool.deliveries.clone(),
        min_stock: pool.min_stock,
        max_stock: pool.max_stock,
        shelf_life_days: pool.shelf_life_days,
        by_hand: PoolOverrides::default(),
        held: None,
        network: None,
    }
}

/// What is ordered for an unrounded need.
fn whole_units(need: f64, pool: &ReplayPool, room: Option<Units>) -> Units {
    if !pool.supplied {
        return Units::ZERO;
    }
    // As for the night: noise behind the millionth must not round a need up to one more pack.
    pool.lot.within(room).order_quantity(to_a_millionth(need.max(0.0))).quantity
}

/// The calendar day of a day on the axis.
fn date_of(settings: &Settings, day: f64) -> NaiveDate {
    settings.origin.checked_add_days(Days::new(day.max(0.0) as u64)).unwrap_or(NaiveDate::MAX)
}

/// A time from the gamma distribution with the mean and spread of `lead_time`: whole days, as
/// receipts have them, and never less than one.
pub(super) fn drawn(lead_time: LeadTime, seed: u64, number: u64, order: u64) -> f64 {
    let mean = lead_time.mean_days();
    let sd = lead_time.sd_days();
    if sd <= 0.0 {
        return mean;
    }
    // Two odd constants with well-mixed bits (the golden ratio's, and one of Stafford's mixers), so
    // that neighbouring pools and orders draw from streams that share nothing.
    let mixed = seed
        ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ order.wrapping_mul(0xD1B5_4A32_D192_ED03);
    // 53 bits, as many as the fraction of an f64 holds, and half a step in: no draw is 0 or 1,
    // whose quantiles would be 0 days or endless.
    let draw = Pcg64Mcg::seed_from_u64(mixed).next_u64() >> 11;
    let u = (draw as f64 + 0.5) / (1u64 << 53) as f64;
    Demand::Gamma { mean, sd }.quantile(u).round().max(1.0)
}

/// Puts what has arrived on the shelf; waiting customers are served first.
fn receive(state: &mut State, pool: &ReplayPool, today: f64, scored: bool, is_pushed_on: bool) {
    let due = state.pipeline.partition_point(|a| a.days <= today + NOISE);
    for arrival in state.pipeline.drain(..due) {
        state.on_hand += arrival.quantity;
        if is_pushed_on {
            state.receipts.push(arrival);
        }
        if pool.fees.charge_age() {
            state.ages.push(DatedLot { days: arrival.days, quantity: arrival.quantity });
        }
        if let Some(life) = pool.shelf_life_days {
            // A later arrival keeps longer: the list stays in order.
            state.lots.push(DatedLot { days: arrival.days + life, quantity: arrival.quantity });
        }
        if scored {
            state.totals.cycles += 1.0;
            // Cycle service asks of each cycle whether it went by without a shortage, however small
            // or large.
            state.totals.served_cycles += f64::from(u8::from(!state.short));
        }
        state.short = false;
    }
    state.serve_waiting();
}

/// Throws away what may not be sold any more.
fn throw_away(state: &mut State, pool: &ReplayPool, today: f64, scored: bool) {
    let over = state.lots.partition_point(|lot| lot.days <= today + NOISE);
    let gone: f64 = state.lots.drain(..over).map(|lot| lot.quantity).sum();
    state.on_hand = (state.on_hand - gone).max(0.0);
    take_first(&mut state.ages, gone);
    if scored {
        state.totals.wasted += gone;
        state.totals.waste_cost += gone * pool.unit_cost;
    }
}

/// Takes `units` from the lots that expire first.
fn take_first(lots: &mut Vec<DatedLot>, units: f64) {
    let mut left = units;
    for lot in lots.iter_mut() {
        let taken = lot.quantity.min(left);
        lot.quantity -= taken;
        left -= taken;
    }
    lots.retain(|lot| lot.quantity > NOISE);
}

/// Serves the period's demand from the shelf, and counts it.
fn sell(state: &mut State, pool: &ReplayPool, t: usize, settings: &Settings, scored: bool) {
    let demand = f64::from(pool.demand[t]);
    let morning = state.on_hand;
    let sold = demand.min(morning.max(0.0));
    let unmet = demand - sold;
    state.on_hand -= sold;
    state.leave_shelf(sold);
    state.short |= unmet > NOISE;
    match settings.unmet_demand {
        UnmetDemand::Backordered => state.backorders += unmet,
        UnmetDemand::Lost => {}
    }
    if !scored {
        return;
    }
    let Costs { shortage_per_unit, holding_at, .. } = settings.costs;
    let held = match holding_at {
        HoldingAt::PeriodEnd => state.on_hand,
        // Customers come evenly over a period, so that half of what was sold still lay there on
        // average.
        HoldingAt::PeriodAverage => 0.5 * (morning + state.on_hand),
    };
    let rate = tied_up_a_period(pool, settings);
    let fees = charged(state, pool, held, t as f64 * settings.period_days, settings.period_days);
    // A unit that waits costs again every period that it waits, a lost one once.
    let waiting = match settings.unmet_demand {
        UnmetDemand::Backordered => state.backorders,
        UnmetDemand::Lost => unmet,
    };
    let totals = &mut state.totals;
    totals.periods += 1.0;
    totals.demand += demand;
    // Kept apart so that a reader sees how much of a result rests on demand that nobody observed.
    totals.estimated_demand +=
        if pool.estimated.get(t).copied().unwrap_or(false) { demand } else { 0.0 };
    totals.lost += unmet;
    totals.lost_margin += unmet * pool.unit_margin;
    totals.stock += held;
    totals.stock_value += held * pool.unit_cost;
    // A unit that waits is sold in the end, a lost one never.
    let sold_in_the_end = match settings.unmet_demand {
        UnmetDemand::Lost => demand - unmet,
        UnmetDemand::Backordered => demand,
    };
    totals.cost_of_goods += sold_in_the_end * pool.unit_cost;
    totals.stockouts += f64::from(u8::from(unmet > NOISE));
    totals.holding_cost += rate * held;
    totals.fee_cost += fees;
    totals.shortage_cost += shortage_per_unit.unwrap_or(pool.unit_margin) * waiting;
}

/// What a period costs for room and age: storage of what is `held`, and of each unit the charges
/// whose day has come.
fn charged(state: &State, pool: &ReplayPool, held: f64, today: f64, period_days: f64) -> f64 {
    let mut a_day = pool.fees.storage_a_day * held;
    for lot in &state.ages {
        a_day += lot.quantity * pool.fees.of_age_a_day(today - lot.days);
    }
    a_day * period_days
}

//! `simulate`: builds the replay's world from a run's input and forecasts it with the run's own engine, as of each week.

use crate::config::Plan;
use crate::domain::calendar::Bucket;
use crate::domain::error::{Error, Result};
use crate::domain::inputs::{Adjustment, Inputs, Supply};
use crate::domain::outcome::Classification;
use crate::domain::panel::{Panel, Pool, flag};
use crate::domain::sorted::Sorted;
use crate::forecast;
use crate::forecast::Forecaster;
use crate::inventory;
use crate::inventory::kits::Kits;
use crate::inventory::receipts::LeadTimes;
use crate::inventory::settings::OrderQuantity;
use crate::purchase::Market;
use crate::purchase::lot::LotRules;
use crate::run::history;
use crate::run::learn;
use crate::run::load;
use crate::run::partitions;
use crate::run::progress::Progress;
use crate::run::with_threads;
use crate::simulate::Candidate;
use crate::simulate::Costs;
use crate::simulate::Played;
use crate::simulate::PoolOutlook;
use crate::simulate::Replay;
use crate::simulate::ReplayPool;
use crate::simulate::Scope;
use crate::simulate::Settings;
use crate::simulate::Simulation;
use crate::simulate::history::as_of;
use crate::simulate::tune::{self, Choice, Goal, Tuned};
use crate::simulate::what_if::{Alternative, WhatIf, World, scaled};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// Longest window, calendar days.
const WINDOW_DAYS: f64 = 364.0;
/// History that the first forecast needs, calendar days.
const LEARNING_DAYS: f64 = 182.0;
/// Days between two refits of profiles and error classes; levels are refreshed weekly.
const REFIT_DAYS: f64 = 91.0;
/// Disjoint windows to tune on; one more is held back.
const TUNING_WINDOWS: usize = 3;

/// What planners add to the forecast is not known of the past.
static NO_ADJUSTMENTS: Sorted<Adjustment> = Sorted::empty();

/// What to simulate.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The user's own settings alone: no other policies beside them.
    pub only_own: bool,
    /// Choose parameters on earlier windows.
    pub tune: bool,
    /// Changes to compare, one at a time.
    pub what_if: Vec<(String, WhatIf)>,
}

/// Replays the history of `plan`.
///
/// # Errors
/// Those of loading; [`Error::Input`] when the history is too short to replay.
pub fn simulate(plan: &Plan, request: &Request, progress: &dyn Progress) -> Result<Simulation> {
    with_threads(plan.run.threads, || {
        let inputs = load(plan, progress)?;
        Theatre::new(plan, &inputs)?.play(request, progress)
    })
}

/// Everything that stays the same over the windows.
struct Theatre<'a> {
    plan: &'a Plan,
    inputs: &'a Inputs,
    world: World,
    /// Share of demand that is kept after returns. `[pools]`
    net: Vec<f64>,
    /// Periods until every pool's first order has arrived.
    warm_up: usize,
}

impl<'a> Theatre<'a> {
    fn new(plan: &'a Plan, inputs: &'a Inputs) -> Result<Self> {
        let panel = &inputs.panel;
        let period_days = panel.calendar().bucket().days();
        let return_rates = history::return_rates(panel, &plan.clean);
        let classes = history::classify(inputs, &return_rates, None, plan);
        let market = Market::new(inputs, &plan.purchase);
        let lead_times = LeadTimes::new(&inputs.purchase_orders);
        let (kits, _) = Kits::new(&inputs.kits, &inputs.names);
        let (mut pools, mut suppliers, mut net) = (Vec::new(), Vec::new(), Vec::new());
        for (pool, class) in panel.pools().iter().zip(&classes) {
            let supply: Vec<&Supply> = market.supply_of(pool.sku, pool.location).collect();
            let (mut replayed, kept) = replay_pool(inputs, pool, class, &return_rates);
            supplied(&mut replayed, supply.first().copied(), inputs, &lead_times, pool);
            replayed.supplied =
                !kits.is_kit(pool.sku) && (!supply.is_empty() || !inputs.has("supply"));
            let name = supply
                .first()
                .map_or(String::new(), |s| inputs.names.suppliers[s.supplier.index()].clone());
            if !name.is_empty() {
                let supplier = format!("supplier:{name}");
                replayed.scopes.push(Scope { name: supplier, share: 1.0 });
            }
            let next = supply.get(1).map(|s| Alternative {
                lead_time: lead_times.estimate(s, pool.location).lead_time,
                unit_cost: s
                    .unit_cost
                    .map_or(replayed.unit_cost, crate::domain::units::Money::as_f64),
            });
            suppliers.push((name, next));
            pools.push(replayed);
            net.push(kept);
        }
        let longest = pools.iter().map(|p| p.lead_time.mean_days()).fold(0.0, f64::max);
        let warm_up =
            ((longest.min(91.0) + plan.policy.review_period_days) / period_days).ceil() as usize;
        let settings = Settings {
            window: 0..0,
            warm_up,
            run_out: 0,
            review_every: (plan.policy.review_period_days / period_days).round().max(1.0) as usize,
            period_days,
            unmet_demand: plan.policy.unmet_demand,
            costs: Costs::of(&plan.policy),
            seed: Some(plan.run.seed),
            budget: None,
            paths_of: Vec::new(),
        };
        let world =
            World { pools, suppliers, candidates: Vec::new(), settings, forecast_factor: 1.0 };
        Ok(Self { plan, inputs, world, net, warm_up })
    }

    fn play(self, request: &Request, progress: &dyn Progress) -> Result<Simulation> {
        let calendar = self.inputs.panel.calendar();
        let windows = self.windows(if request.tune { TUNING_WINDOWS + 1 } else { 1 })?;
        let own_settings = &self.plan.policy;
        let mut side = tune::side_by_side(own_settings, median_lead_time(&self.world.pools));
        let own = vec![side[0].clone()];
        let mut frontier = tune::frontier(own_settings, tune::own_lots(own_settings));
        let points = frontier.len();
        frontier.extend(tune::frontier(own_settings, OrderQuantity::None));
        if request.only_own {
            side.truncate(1);
            frontier.clear();
        }
        let together: Vec<Candidate> = side.iter().chain(&frontier).cloned().collect();
        let mut stages = vec![World { candidates: together.clone(), ..self.world.clone() }];
        stages[0].settings.paths_of = vec![0, side.len() - 1];
        for (_, change) in &request.what_if {
            stages.push(World { candidates: own.clone(), ..self.world.clone() }.after(change));
        }
        let weeks: usize = windows.iter().map(|w| w.len().div_ceil(self.refresh_every())).sum();
        progress.begin("replaying", weeks as u64);
        let last = windows.len() - 1;
        let mut results = self.window(windows[last].clone(), &stages, progress);
        let earlier: Vec<Vec<Played>> = windows[..last]
            .iter()
            .map(|w| self.window(w.clone(), &stages[..1], progress).swap_remove(0))
            .collect();
        let what_if = request
            .what_if
            .iter()
            .zip(results.drain(1..))
            .map(|((name, _), mut p)| (name.clone(), p.swap_remove(0)));
        let what_if: Vec<_> = what_if.collect();
        let mut played = results.swap_remove(0);
        let tuned = request.tune.then(|| tuned(&earlier, &played, together));
        let mut frontier = played.split_off(side.len());
        frontier.truncate(points);
        progress.end(&format!(
            "{} windows, {} policies",
            windows.len(),
            played.len() + frontier.len()
        ));
        let first = windows[last].start + self.warm_up.min(windows[last].len() / 4);
        Ok(Simulation {
            days: (calendar.start(first as i64), calendar.start(windows[last].end as i64)),
            period_days: self.world.settings.period_days,
            pools: self.world.pools.iter().map(|p| p.name.clone()).collect(),
            played,
            frontier,
            what_if,
            tuned,
        })
    }

    /// Disjoint windows that end with the history, latest last, equally long.
    fn windows(&self, count: usize) -> Result<Vec<Range<usize>>> {
        let calendar = self.inputs.panel.calendar();
        let periods = |days: f64| (days / calendar.bucket().days()).round() as usize;
        let usable = calendar.history().saturating_sub(periods(LEARNING_DAYS));
        let length = (usable / count).min(periods(WINDOW_DAYS));
        if length < periods(28.0).max(2) {
            let days = LEARNING_DAYS + 28.0 * count as f64;
            let message = format!(
                "{} periods of history are too few to replay: {days:.0} days are needed",
                calendar.history()
            );
            return Err(Error::input(&self.plan.run.data, message));
        }
        Ok((0..count)
            .rev()
            .map(|i| calendar.history() - (i + 1) * length..calendar.history() - i * length)
            .collect())
    }

    /// Periods between two refreshes: a week.
    fn refresh_every(&self) -> usize {
        (7.0 / self.world.settings.period_days).round().max(1.0) as usize
    }

    /// Plays one window in every world; forecasts are made once.
    fn window(
        &self,
        window: Range<usize>,
        worlds: &[World],
        progress: &dyn Progress,
    ) -> Vec<Vec<Played>> {
        let settings: Vec<Settings> = worlds
            .iter()
            .map(|w| {
                let warm_up = self.warm_up.min(window.len() / 4);
                Settings { window: window.clone(), warm_up, ..w.settings.clone() }
            })
            .collect();
        let mut replays: Vec<Replay> = worlds
            .iter()
            .zip(&settings)
            .map(|(w, s)| Replay::new(&w.pools, &w.candidates, s))
            .collect();
        let refit = (REFIT_DAYS / self.world.settings.period_days).round().max(1.0) as usize;
        let mut t = window.start;
        while t < window.end {
            let end = (t + refit).min(window.end);
            self.epoch(t..end, worlds, &mut replays, progress);
            t = end;
        }
        replays.into_iter().map(Replay::finish).collect()
    }

    /// Learns once at the beginning of `span`, then refreshes the levels weekly.
    fn epoch(
        &self,
        span: Range<usize>,
        worlds: &[World],
        replays: &mut [Replay],
        progress: &dyn Progress,
    ) {
        let bucket = self.inputs.panel.calendar().bucket();
        let panel = as_of(&self.inputs.panel, span.start, true);
        let settings = self.plan.forecast_settings(bucket);
        let horizon = settings.horizon.min(self.horizon(bucket)) + span.len();
        let settings = forecast::Settings { horizon, ..settings };
        let parts = partitions(&panel);
        let learnt = learn(self.seen(&panel), settings, &parts);
        let mut t = span.start;
        while t < span.end {
            let next = (t + self.refresh_every()).min(span.end);
            let outlooks = if t == span.start {
                self.outlooks(&learnt)
            } else {
                let later = as_of(&self.inputs.panel, t, true);
                self.outlooks(&learnt.carried_to(self.seen(&later)))
            };
            for (replay, world) in replays.iter_mut().zip(worlds) {
                if world.forecast_factor == 1.0 {
                    replay.advance(next, &outlooks);
                } else {
                    let changed: Vec<_> =
                        outlooks.iter().map(|o| scaled(o, world.forecast_factor)).collect();
                    replay.advance(next, &changed);
                }
            }
            progress.advance(1);
            t = next;
        }
    }

    /// What the engine may read on an earlier morning. Planned promotions and events were known; adjustments carry no date of
    /// entry, so none is used.
    fn seen<'b>(&'b self, panel: &'b Panel) -> forecast::Demand<'b> {
        forecast::Demand {
            panel,
            adjustments: &NO_ADJUSTMENTS,
            ..forecast::Demand::from(self.inputs)
        }
    }

    /// Periods that lead time and review reach ahead, and a margin.
    fn horizon(&self, bucket: Bucket) -> usize {
        let longest = self.world.pools.iter().map(|p| p.lead_time.max_days()).fold(0.0, f64::max);
        ((longest + 3.0 * self.plan.policy.review_period_days) / bucket.days()).ceil() as usize + 1
    }

    fn outlooks(&self, forecaster: &Forecaster<'_>) -> Vec<PoolOutlook> {
        (0..self.net.len())
            .into_par_iter()
            .map(|p| {
                let total = forecaster.forecast_pool(p).total;
                let net = self.net[p];
                let mean = total.mean().iter().map(|&m| (m * net) as f32).collect();
                let over: crate::simulate::DemandOver = if net < 1.0 && net > 0.0 {
                    Arc::new(move |from, to, end| {
                        crate::math::distributions::Demand::from(total.over(from, to, end))
                            .scaled(net)
                    })
                } else {
                    Arc::new(move |from, to, end| total.over(from, to, end).into())
                };
                PoolOutlook { mean, over }
            })
            .collect()
    }
}

fn tuned(earlier: &[Vec<Played>], held_back: &[Played], candidates: Vec<Candidate>) -> Tuned {
    let scopes = ["class:A", "class:B", "class:C"];
    let all = tune::choose(earlier, held_back, None, Goal::LeastCost);
    let by_class = scopes
        .iter()
        .filter_map(|scope| tune::choose(earlier, held_back, Some(scope), Goal::LeastCost));
    let choices: Vec<Choice> =
        all.into_iter().chain(by_class.filter(|c| c.tuned.periods > 0.0)).collect();
    let fragment = tune::fragment(&choices, &candidates, earlier.len());
    Tuned { choices, candidates, fragment }
}

fn median_lead_time(pools: &[ReplayPool]) -> f64 {
    let mut days: Vec<f64> = pools.iter().map(|p| p.lead_time.mean_days()).collect();
    days.sort_by(f64::total_cmp);
    days.get(days.len() / 2).copied().unwrap_or(inventory::lead_time::DEFAULT_DAYS)
}

/// The pool's demand, net of returns, and the share of it that is kept.
fn replay_pool(
    inputs: &Inputs,
    pool: &Pool,
    class: &Classification,
    return_rates: &[f64],
) -> (ReplayPool, f64) {
    let panel = &inputs.panel;
    let n = panel.calendar().history();
    let start = pool.series.clone().map(|i| panel.start(i)).min().unwrap_or(n);
    let (mut demand, mut estimated) = (vec![0.0f32; n], vec![!pool.series.is_empty(); n]);
    let mut channels = Vec::new();
    let (mut gross, mut kept) = (0.0, 0.0);
    for i in pool.series.clone() {
        let keep = 1.0 - return_rates[i];
        let first = panel.start(i);
        for (t, (&v, &f)) in panel.cleaned(i).iter().zip(panel.flags(i)).enumerate() {
            demand[first + t] += (keep * f64::from(v)) as f32;
            estimated[first + t] &= f & flag::CENSORED != 0;
        }
        let sum: f64 = panel.cleaned(i).iter().map(|&v| f64::from(v)).sum();
        gross += sum;
        kept += keep * sum;
        channels.push((inputs.names.channels[panel.key(i).channel.index()].clone(), keep * sum));
    }
    let product = &inputs.products[pool.sku.index()];
    let cost = product.unit_cost.map_or(0.0, crate::domain::units::Money::as_f64);
    let margin = product.unit_price.map_or(0.0, |price| (price.as_f64() - cost).max(0.0));
    let mut scopes = Vec::new();
    if let Some(abc) = class.abc {
        scopes.push(Scope { name: format!("class:{abc}"), share: 1.0 });
    }
    for (name, units) in channels {
        if units > 0.0 {
            scopes.push(Scope { name: format!("channel:{name}"), share: units / kept });
        }
    }
    let location = &inputs.names.locations[pool.location.index()];
    let replayed = ReplayPool {
        name: format!("{}/{location}", inputs.names.skus[pool.sku.index()]),
        start,
        demand,
        estimated,
        lead_time: inventory::lead_time::promised(None).0,
        abc: class.abc,
        xyz: class.xyz,
        velocity: class.velocity,
        unit_cost: cost,
        unit_margin: margin,
        supplied: true,
        lot: LotRules::FREE,
        initial: None,
        scopes,
    };
    (replayed, if gross > 0.0 { kept / gross } else { 1.0 })
}

/// Lead time, cost and lot rules of the first supplier.
fn supplied(
    replayed: &mut ReplayPool,
    supply: Option<&Supply>,
    inputs: &Inputs,
    lead_times: &LeadTimes,
    pool: &Pool,
) {
    let Some(supply) = supply else { return };
    replayed.lead_time = lead_times.estimate(supply, pool.location).lead_time;
    replayed.lot = LotRules::of(supply);
    if replayed.unit_cost <= 0.0 {
        let price = inputs.products[pool.sku.index()]
            .unit_price
            .map_or(0.0, crate::domain::units::Money::as_f64);
        replayed.unit_cost = supply.unit_cost.map_or(0.0, crate::domain::units::Money::as_f64);
        replayed.unit_margin = (price - replayed.unit_cost).max(0.0);
    }
}

//! `simulate`: replays history with the run's own engine, its forecasts made as of each week.

use crate::config::Plan;
use crate::domain::error::{Error, Result};
use crate::domain::inputs::{Adjustment, Inputs, OutsideForecast};
use crate::domain::panel::Panel;
use crate::domain::sorted::Sorted;
use crate::forecast::pooled::pool_demand::PoolDemand;
use crate::forecast::{self, Forecaster};
use crate::inventory::kits::{Bills, PackedKits};
use crate::inventory::lead_time;
use crate::inventory::settings::OrderQuantity;
use crate::math::distributions::Demand;
use crate::run::learning::{Cut, learn_anew, partitions};
use crate::run::progress::Progress;
use crate::run::replay_world::ReplayWorld;
use crate::run::{load, with_threads};
use crate::simulate::history::as_of;
use crate::simulate::network_advice::advice;
use crate::simulate::tune::{self, Choice, Goal, Tuned};
use crate::simulate::what_if::{WhatIf, World, of_world, scaled};
use crate::simulate::{
    Candidate, DemandOver, Played, PoolOutlook, Replay, ReplayPool, Serving, Settings, Simulation,
};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// Longest window, calendar days: a year of whole weeks, so that every season counts once.
const WINDOW_DAYS: f64 = 364.0;
/// Shortest window that says anything, calendar days.
const LEAST_WINDOW_DAYS: f64 = 28.0;
/// History that the first forecast needs, calendar days: half a year.
const LEARNING_DAYS: f64 = 182.0;
/// Days between two refits of profiles and error groups, a quarter; levels are refreshed weekly.
const REFIT_DAYS: f64 = 91.0;
/// Disjoint windows to tune on; one more is held back.
const TUNING_WINDOWS: usize = 3;

/// What planners add to the forecast is not known of the past.
static NO_ADJUSTMENTS: Sorted<Adjustment> = Sorted::empty();
/// Nor is, in most shops, when another model's forecast was made.
static NO_OUTSIDE_FORECASTS: Sorted<OutsideForecast> = Sorted::empty();

/// What to simulate.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The user's own settings alone: no other policies beside them.
    pub only_own: bool,
    /// Choose parameters on earlier windows.
    pub tune: bool,
    /// Share of demand to fill at least stock; without it tuning looks for the least cost.
    pub fill_rate: Option<f64>,
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
        let ReplayWorld { world, kept_shares, bills } = ReplayWorld::new(plan, &inputs);
        for (name, change) in &request.what_if {
            world.refusal(change, &plan.policy).map_or(Ok(()), |why| {
                Err(Error::Config(vec![format!("--what-if {name}: {why}")]))
            })?;
        }
        let windows = Windows { plan, inputs: &inputs, world, kept_shares, bills, progress };
        windows.replay(request)
    })
}

/// Everything that stays the same over the windows.
struct Windows<'a> {
    plan: &'a Plan,
    inputs: &'a Inputs,
    world: World,
    /// Share of demand that is kept after returns. `[pools]`
    kept_shares: Vec<f64>,
    /// Kits are replayed as their parts.
    bills: Bills,
    progress: &'a dyn Progress,
}

impl Windows<'_> {
    fn replay(&self, request: &Request) -> Result<Simulation> {
        // Beside the user's own settings: two benchmarks, and the frontier of stock against
        // service, with own lots and without.
        let own_settings = &self.plan.policy;
        let mut side = tune::side_by_side(own_settings, median_lead_time(&self.world.pools));
        let own = vec![side[0].clone()];
        let mut frontier = tune::frontier(own_settings, tune::own_lots(own_settings));
        let points = frontier.len();
        frontier.extend(tune::frontier(own_settings, OrderQuantity::None));
        if self.world.pools.iter().any(|pool| pool.fed.is_some()) {
            // The benchmark of sharing out: requests served in the order in which they come.
            let served = Candidate { serving: Serving::FirstCome, ..own[0].clone() };
            side.insert(1, Candidate { name: "own, first come first served".into(), ..served });
        }
        if request.only_own {
            side.truncate(1);
            frontier.clear();
        }
        let together: Vec<Candidate> = side.iter().chain(&frontier).cloned().collect();

        // The world as it was, and one for each change, all on the same forecasts.
        let mut worlds = vec![World { candidates: together.clone(), ..self.world.clone() }];
        worlds[0].settings.paths_of = vec![0, side.len() - 1];
        for (_, change) in &request.what_if {
            let unchanged = World { candidates: own.clone(), ..self.world.clone() };
            worlds.push(unchanged.after(change));
        }

        // The latest window tells; the earlier ones are for tuning.
        let mut windows = self.windows(if request.tune { TUNING_WINDOWS + 1 } else { 1 })?;
        let weeks: usize = windows.iter().map(|w| w.len().div_ceil(self.refresh_every())).sum();
        self.progress.begin("replaying", weeks as u64);
        let count = windows.len();
        // The latest window is the one that looks most like the year to come.
        let last = windows.pop().unwrap_or_default();
        let mut results = self.window(&last, &worlds).into_iter();
        let mut played = results.next().unwrap_or_default();
        let mut what_if = Vec::with_capacity(request.what_if.len());
        for ((name, _), changed) in request.what_if.iter().zip(results) {
            what_if.extend(changed.into_iter().take(1).map(|played| (name.clone(), played)));
        }
        let earlier: Vec<Vec<Played>> =
            windows.iter().flat_map(|window| self.window(window, &worlds[..1])).collect();

        let goal = request.fill_rate.map_or(Goal::LeastCost, Goal::FillRate);
        let tuned = request.tune.then(|| tuned(goal, &earlier, &played, together));
        let mut frontier = played.split_off(side.len());
        // Only with the user's own lots: the others are for tuning, and their names would stand
        // twice in the picture.
        frontier.truncate(points);
        let policies = played.len() + frontier.len();
        self.progress.end(&format!("{count} windows, {policies} policies"));
        let calendar = self.inputs.panel.calendar();
        let first = last.start + self.warm_up(&last);
        Ok(Simulation {
            days: (calendar.start(first as i64), calendar.start(last.end as i64)),
            period_days: self.world.settings.period_days,
            pools: self.world.pools.iter().map(|pool| pool.name.clone()).collect(),
            hold_or_pass: advice(&self.world.pools, &self.world.locations, &self.world.settings),
            played,
            frontier,
            what_if,
            tuned,
        })
    }

    /// Periods of `window` that are not counted: until every pool's first order has arrived, at
    /// most a quarter of it.
    fn warm_up(&self, window: &Range<usize>) -> usize {
        // Most of a short window must count, or a single import item would leave nothing to see.
        self.world.settings.warm_up.min(window.len() / 4)
    }

    /// The nearest number of whole periods to `days`.
    fn periods(&self, days: f64) -> usize {
        (days / self.world.settings.period_days).round() as usize
    }

    /// Periods between two refreshes: a week.
    fn refresh_every(&self) -> usize {
        self.periods(7.0).max(1)
    }

    /// Disjoint windows that end with the history, latest last, equally long.
    fn windows(&self, count: usize) -> Result<Vec<Range<usize>>> {
        let history = self.inputs.panel.calendar().history();
        let usable = history.saturating_sub(self.periods(LEARNING_DAYS));
        let length = (usable / count).min(self.periods(WINDOW_DAYS));
        if length < self.periods(LEAST_WINDOW_DAYS).max(2) {
            let days = LEARNING_DAYS + LEAST_WINDOW_DAYS * count as f64;
            let message = format!(
                "{history} periods of history are too few to replay: {days:.0} days are needed"
            );
            return Err(Error::input(&self.plan.run.data, message));
        }
        // Back from the end without overlap: what was tuned on is never what is judged by.
        let starts = (1..=count).rev().map(|before_the_end| history - before_the_end * length);
        Ok(starts.map(|start| start..start + length).collect())
    }

    /// Replays one window in every world; forecasts are made once. `[worlds][candidates]`
    fn window(&self, window: &Range<usize>, worlds: &[World]) -> Vec<Vec<Played>> {
        // Candidates know nothing of each other: each is a replay of its own, on any thread.
        let mut settings = Vec::new();
        for world in worlds {
            for candidate in 0..world.candidates.len() {
                let is_charted = world.settings.paths_of.contains(&candidate);
                settings.push(Settings {
                    window: window.clone(),
                    warm_up: self.warm_up(window),
                    paths_of: if is_charted { vec![0] } else { Vec::new() },
                    ..world.settings.clone()
                });
            }
        }
        let mut replays = Vec::with_capacity(settings.len());
        let mut settings = settings.iter();
        for (of, world) in worlds.iter().enumerate() {
            for (alone, settings) in world.candidates.chunks(1).zip(&mut settings) {
                replays.push(OneReplay {
                    world: of,
                    replay: Replay::new(&world.pools, alone, settings),
                });
            }
        }
        let refit_every = self.periods(REFIT_DAYS).max(1);
        for start in window.clone().step_by(refit_every) {
            self.until_refit(start..(start + refit_every).min(window.end), worlds, &mut replays);
        }
        let mut played: Vec<Vec<Played>> = worlds.iter().map(|_| Vec::new()).collect();
        for OneReplay { world, replay } in replays {
            played[world].extend(replay.finish());
        }
        played
    }

    /// Learns once at the beginning of `span`, then refreshes the levels weekly.
    fn until_refit(&self, span: Range<usize>, worlds: &[World], replays: &mut [OneReplay<'_>]) {
        // Channels merged: a replay of many channels is as cheap as one, and stock is shared by
        // them anyway.
        let panel = as_of(&self.inputs.panel, span.start, true);
        let settings = self.plan.forecast_settings(self.inputs.panel.calendar().bucket());
        // The last outlook of the span must reach as far as the first: levels move on, the horizon
        // does not.
        let horizon = settings.horizon.min(self.horizon()) + span.len();
        let settings = forecast::Settings { horizon, ..settings };
        let parts = partitions(&panel, Cut::default());
        let learnt = learn_anew(self.known_in(&panel), settings, &parts);
        let start = span.start;
        for t in span.clone().step_by(self.refresh_every()) {
            let outlooks = if t == start {
                self.outlooks(&learnt)
            } else {
                let later = as_of(&self.inputs.panel, t, true);
                self.outlooks(&learnt.carried_to(self.known_in(&later)))
            };
            let next = (t + self.refresh_every()).min(span.end);
            let mut of_worlds = Vec::with_capacity(worlds.len());
            for world in worlds {
                let mut asked = of_world(world, &outlooks);
                if world.forecast_factor != 1.0 {
                    let factor = world.forecast_factor;
                    asked = asked.iter().map(|outlook| scaled(outlook, factor)).collect();
                }
                of_worlds.push(asked);
            }
            replays.par_iter_mut().for_each(|one| one.replay.advance(next, &of_worlds[one.world]));
            self.progress.advance(1);
        }
    }

    /// What the engine may read on an earlier morning. Planned promotions and events were known;
    /// adjustments carry no date of entry, so none is used; of signals only what came true is kept,
    /// not what was foreseen of them, so they are no help either.
    fn known_in<'b>(&'b self, panel: &'b Panel) -> forecast::Demand<'b> {
        forecast::Demand {
            panel,
            // What planners and other models said is dated by when it holds, not by when it was
            // said: a replay that knew it would look ahead.
            adjustments: &NO_ADJUSTMENTS,
            outside_forecasts: &NO_OUTSIDE_FORECASTS,
            signals: &[],
            ..forecast::Demand::from(self.inputs)
        }
    }

    /// Periods that the longest lead time and three reviews reach ahead, and one for what is cut by
    /// rounding.
    fn horizon(&self) -> usize {
        let longest = self.world.pools.iter().map(|p| p.lead_time.max_days()).fold(0.0, f64::max);
        // A lead time, the review before it and the one after, and one to spare for closed days.
        let days = longest + 3.0 * self.plan.policy.review_period_days;
        (days / self.world.settings.period_days).ceil() as usize + 1
    }

    /// Net forecasts of all pools, those of kits as demand for their parts too.
    fn outlooks(&self, forecaster: &Forecaster<'_>) -> Vec<PoolOutlook> {
        let own = self.own_outlooks(forecaster);
        if self.bills.is_empty() {
            return own;
        }
        let horizon = own.iter().map(|outlook| outlook.mean.len()).max().unwrap_or(0);
        let through = self.bills.explode(
            horizon,
            |p| Some(own[p].mean.as_slice()),
            |_| PackedKits::default(),
        );
        let mut outlooks = own.clone();
        for (part, taken) in through {
            let mut mean = own[part].mean.clone();
            mean.resize(horizon, mean.last().copied().unwrap_or(0.0));
            for (sum, &more) in mean.iter_mut().zip(&taken.mean) {
                *sum += more;
            }
            let alone = Arc::clone(&own[part].over);
            let mut kits: Vec<KitOver> = Vec::with_capacity(taken.sources.len());
            for source in &taken.sources {
                let over = Arc::clone(&own[source.pool].over);
                kits.push(KitOver { over, per_kit: source.per_kit.as_f64() });
            }
            let over: DemandOver = Arc::new(move |from, to, end| {
                let alone = alone(from, to, end);
                let mut mean = alone.mean();
                let mut variance = alone.sd().powi(2);
                for KitOver { over, per_kit } in &kits {
                    let kit = over(from, to, end);
                    mean += per_kit * kit.mean();
                    variance += (per_kit * kit.sd()).powi(2);
                }
                Demand::count(mean, variance.sqrt())
            });
            outlooks[part] = PoolOutlook { mean, over };
        }
        outlooks
    }

    /// Net forecasts of all pools by themselves.
    fn own_outlooks(&self, forecaster: &Forecaster<'_>) -> Vec<PoolOutlook> {
        let mut items = Vec::new();
        for item in self.inputs.panel.pools().chunk_by(|a, b| a.sku == b.sku) {
            let first = items.last().map_or(0, |last: &Range<usize>| last.end);
            items.push(first..first + item.len());
        }
        let of_items: Vec<Vec<PoolOutlook>> = items
            .into_par_iter()
            .map(|pools| {
                let forecasts = forecaster.forecast_item(pools.clone());
                pools.zip(forecasts).map(|(p, f)| self.own_outlook(p, f.total)).collect()
            })
            .collect();
        of_items.into_iter().flatten().collect()
    }

    fn own_outlook(&self, p: usize, total: PoolDemand) -> PoolOutlook {
        let kept = self.kept_shares[p];
        let mean = total.mean().iter().map(|&mean| (mean * kept) as f32).collect();
        let over: DemandOver = if kept < 1.0 && kept > 0.0 {
            Arc::new(move |from, to, end| Demand::from(total.over(from, to, end)).scaled(kept))
        } else {
            Arc::new(move |from, to, end| total.over(from, to, end).into())
        };
        PoolOutlook { mean, over }
    }
}

/// The replay of one candidate in one of the worlds.
struct OneReplay<'w> {
    /// Position of the world.
    world: usize,
    replay: Replay<'w>,
}

/// Demand of a kit over an interval, and how many of a part one of it takes.
struct KitOver {
    over: DemandOver,
    per_kit: f64,
}

/// The best candidate for all pools and for each class, chosen on the earlier windows.
fn tuned(
    goal: Goal,
    earlier: &[Vec<Played>],
    held_back: &[Played],
    candidates: Vec<Candidate>,
) -> Tuned {
    let mut choices: Vec<Choice> = Vec::new();
    choices.extend(tune::choose(earlier, held_back, None, goal));
    for class in ["class:A", "class:B", "class:C"] {
        let choice = tune::choose(earlier, held_back, Some(class), goal);
        // A class that nobody belongs to has nothing to choose.
        choices.extend(choice.filter(|choice| choice.tuned.periods > 0.0));
    }
    let fragment = tune::fragment(&choices, &candidates, earlier.len());
    Tuned { choices, candidates, fragment }
}

fn median_lead_time(pools: &[ReplayPool]) -> f64 {
    let mut days: Vec<f64> = pools.iter().map(|pool| pool.lead_time.mean_days()).collect();
    days.sort_by(f64::total_cmp);
    days.get(days.len() / 2).copied().unwrap_or(lead_time::DEFAULT_DAYS)
}

//! What the night's orders cost against the best that is known, on demand that is drawn: lost
//! sales, Poisson and negative binomial, lead times of none, four and about four days.
//!
//! The benchmark is the capped base stock (Xin 2021, *Understanding the performance of capped
//! base-stock policies in lost-sales inventory models*): up to a level, never more than a cap. Both
//! its numbers are the best of a grid *in hindsight*, on the same days; without a lead time it is
//! the optimum. Where demand grows, a constant level and cap are what a planner who tunes by hand
//! can do at best.

use crate::inventory::settings::{Method, OrderRule, UnmetDemand};
use crate::simulate::replay::drawn;
use crate::simulate::*;
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

const WARM_UP: usize = 30;
const HOLDING: f64 = 0.5;
const SHORTAGE: f64 = 9.0;
const SEED: u64 = 20_260_105;

/// One cell: what is sold, and how long an order takes.
struct Cell {
    /// Units expected of each day.
    rates: Vec<f64>,
    /// Variance over mean.
    dispersion: f64,
    lead_time: LeadTime,
}

/// Days of a cell beyond those played, which forecasts reach into.
const AHEAD: usize = 60;

impl Cell {
    fn days(&self) -> usize {
        self.rates.len() - AHEAD
    }

    fn demand(&self, mean: f64) -> Demand {
        Demand::count(mean, (self.dispersion * mean).sqrt())
    }

    fn drawn(&self) -> Vec<f32> {
        let mut random = Pcg64Mcg::seed_from_u64(SEED);
        let mut drawn = Vec::with_capacity(self.days());
        for &rate in &self.rates[..self.days()] {
            let u = ((random.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
            drawn.push(self.demand(rate).quantile(u) as f32);
        }
        drawn
    }

    /// The forecast that knows the rates, as of day `t`.
    fn outlook(&self, t: usize) -> PoolOutlook {
        let ahead: Vec<f64> = self.rates[t..t + AHEAD].to_vec();
        let dispersion = self.dispersion;
        let over = {
            let ahead = ahead.clone();
            move |from: f64, to: f64, end_variance: f64| {
                let mut mean = 0.0;
                for (day, rate) in ahead.iter().enumerate() {
                    let day = day as f64;
                    mean += rate * (to.min(day + 1.0) - from.max(day)).max(0.0);
                }
                let rate = mean / (to - from).max(1e-9);
                let variance = dispersion * mean + rate * rate * end_variance;
                Demand::count(mean, variance.sqrt())
            }
        };
        let mean = ahead.iter().map(|&rate| rate as f32).collect();
        PoolOutlook { mean, over: Arc::new(over) }
    }

    /// What the night's orders cost.
    fn own_cost(&self) -> f64 {
        let pool = ReplayPool {
            lead_time: self.lead_time,
            unit_margin: SHORTAGE,
            scopes: Vec::new(),
            ..tests::pool(self.drawn(), 0.0)
        };
        let usual = tests::settings(0..self.days());
        let settings = Settings {
            warm_up: WARM_UP,
            unmet_demand: UnmetDemand::Lost,
            costs: Costs {
                holding_per_unit_period: Some(HOLDING),
                shortage_per_unit: Some(SHORTAGE),
                ..usual.costs
            },
            seed: (self.lead_time.sd_days() > 0.0).then_some(SEED),
            ..usual
        };
        let own = inventory::Settings {
            method: Method::Auto,
            order_rule: OrderRule::OrderUpTo,
            review_period_days: 1.0,
            holding_per_unit_period: Some(HOLDING),
            shortage_per_unit: Some(SHORTAGE),
            unmet_demand: UnmetDemand::Lost,
            ..inventory::Settings::default()
        };
        let candidate = Candidate::new("own", Rule::Inventory(Box::new(own)));
        let played = replay(&[pool], &[candidate], &settings, 1, |t| vec![self.outlook(t)]);
        played[0].total.holding_cost + played[0].total.shortage_cost
    }

    /// The least that a level and a cap cost, both chosen in hindsight.
    fn capped_cost(&self) -> f64 {
        let demand = self.drawn();
        let mean = self.rates[..self.days()].iter().sum::<f64>() / self.days() as f64;
        let highest = self.rates[..self.days()].iter().copied().fold(0.0, f64::max);
        let days = self.lead_time.mean_days() + 1.0;
        let least = self.demand(mean * days).quantile(0.4) as i64;
        let most = self.demand(highest * (days + 1.0)).quantile(0.999) as i64;
        let most_a_day = self.demand(2.0 * highest).quantile(0.99) as i64;
        let mut best = f64::INFINITY;
        for level in least..=most {
            for cap in (mean as i64)..=most_a_day {
                best = best.min(self.cost_of(&demand, level as f64, cap as f64));
            }
        }
        best
    }

    fn cost_of(&self, demand: &[f32], level: f64, cap: f64) -> f64 {
        let mut on_hand = level;
        let mut pipeline: Vec<Arrival> = Vec::new();
        let mut cost = 0.0;
        for (t, &units) in demand.iter().enumerate() {
            let today = t as f64 + 1e-9;
            let coming: f64 = pipeline.iter().map(|arrival| arrival.quantity).sum();
            let order = (level - on_hand - coming).clamp(0.0, cap);
            if order > 0.0 {
                // By day: another level must not draw other lead times, or the luckiest wins.
                let lead = drawn(self.lead_time, SEED, 0, t as u64);
                pipeline.push(Arrival { days: t as f64 + lead, quantity: order });
            }
            pipeline.retain(|arrival| {
                let is_due = arrival.days <= today;
                on_hand += if is_due { arrival.quantity } else { 0.0 };
                !is_due
            });
            let sold = on_hand.min(f64::from(units));
            on_hand -= sold;
            if t >= WARM_UP {
                cost += HOLDING * on_hand + SHORTAGE * (f64::from(units) - sold);
            }
        }
        cost
    }
}

fn lead_times() -> [LeadTime; 3] {
    let of = |mean: f64, sd: f64| LeadTime::new(mean, sd, mean + 2.0 * sd).unwrap();
    [of(0.0, 0.0), of(4.0, 0.0), of(4.0, 1.2)]
}

#[test]
fn stationary_demand_costs_within_two_per_cent_of_the_best_level_and_cap() {
    for lead_time in lead_times() {
        for dispersion in [1.0, 3.0] {
            // Levels next to each other cost nearly the same: only many days tell them apart, and
            // without a lead time a day costs little to play.
            let days = if lead_time.mean_days() > 0.0 { 1_000 } else { 4_000 };
            let cell = Cell { rates: vec![4.0; days + AHEAD], dispersion, lead_time };
            let ratio = cell.own_cost() / cell.capped_cost();
            let mean = lead_time.mean_days();
            let sd = lead_time.sd_days();
            println!("stationary, lead {mean} sd {sd}, dispersion {dispersion}: {ratio:.4}");
            // Orders that are drawn one by one overtake each other, and an order for lost sales
            // counts the mean of its lead time alone: 2 to 5 % dearer.
            let most = if sd > 0.0 { 1.06 } else { 1.02 };
            assert!(ratio < most, "lead {mean} sd {sd}, dispersion {dispersion}: {ratio}");
        }
    }
}

#[test]
fn growing_demand_costs_less_than_the_best_level_and_cap_in_every_cell() {
    for lead_time in lead_times() {
        for dispersion in [1.0, 3.0] {
            let rates = (0..500 + AHEAD).map(|t| 1.0 + 6.0 * t as f64 / 500.0).collect();
            let cell = Cell { rates, dispersion, lead_time };
            let ratio = cell.own_cost() / cell.capped_cost();
            let mean = lead_time.mean_days();
            let sd = lead_time.sd_days();
            println!("growing, lead {mean} sd {sd}, dispersion {dispersion}: {ratio:.4}");
            assert!(ratio < 1.0, "lead {mean} sd {sd}, dispersion {dispersion}: {ratio}");
        }
    }
}

//! What a pool gets when our own code breaks on it: a plain forecast, no order, and an exception that says so.
//!
//! The run goes on for all others. The number of threads does not matter: a pool breaks alone, whatever partition it is in.

use crate::domain::classes::PolicyMethod;
use crate::domain::exceptions::{Exception, Subject};
use crate::domain::fault::guarded;
use crate::domain::inputs::Stock;
use crate::domain::outcome::{Policy, PoolPicture, Status};
use crate::domain::panel::Pool;
use crate::domain::units::{Money, Units};
use crate::forecast::{self, Demand, PoolForecast, Stage};
use crate::inventory::PoolPlan;
use crate::purchase::Line;
use crate::purchase::PoolNeed;
use crate::run::partition::{Night, PlannedPool};
use rayon::prelude::*;
use std::ops::Range;

/// Why a broken pool is not ordered.
const HELD: &str =
    "the policy of this item could not be computed: nothing is ordered and nothing published";

/// Goes over the panel in partitions, on all threads; pools that break are left out.
pub struct Survey<'p> {
    demand: Demand<'p>,
    parts: &'p [Range<usize>],
    /// The pools that broke, in panel order within a stage.
    pub exceptions: Vec<Exception>,
}

impl<'p> Survey<'p> {
    pub fn new(demand: Demand<'p>, parts: &'p [Range<usize>]) -> Self {
        Self { demand, parts, exceptions: Vec::new() }
    }
}

impl forecast::Survey for Survey<'_> {
    fn survey<S: Stage>(&mut self, stage: &S) -> Vec<S::Evidence> {
        let observed: Vec<Observed<S>> =
            self.parts.par_iter().map(|range| observe(stage, self.demand, range.clone())).collect();
        let mut evidence = Vec::new();
        for part in observed {
            evidence.extend(part.evidence);
            self.exceptions.extend(part.exceptions);
        }
        evidence
    }
}

/// What a range of pools teaches, and those of it that broke.
struct Observed<S: Stage> {
    evidence: Vec<S::Evidence>,
    exceptions: Vec<Exception>,
}

fn observe<S: Stage>(stage: &S, demand: Demand<'_>, range: Range<usize>) -> Observed<S> {
    match guarded(|| stage.observe(range.clone())) {
        Ok(evidence) => Observed { evidence: vec![evidence], exceptions: Vec::new() },
        Err(fault) if range.len() == 1 => {
            let pool = &demand.panel.pools()[range.start];
            let about = Subject::pool(demand.names, pool.sku, pool.location);
            let exception = Exception::internal(about, "nothing is learnt from this item", &fault);
            Observed { evidence: Vec::new(), exceptions: vec![exception] }
        }
        Err(_) => {
            // Halves, not pools: the evidence of a range can be large.
            let middle = usize::midpoint(range.start, range.end);
            let mut observed = observe(stage, demand, range.start..middle);
            let rest = observe(stage, demand, middle..range.end);
            observed.evidence.extend(rest.evidence);
            observed.exceptions.extend(rest.exceptions);
            observed
        }
    }
}

impl<'a> Night<'a> {
    /// The forecast of pool `p`, a plain one where the engine breaks.
    pub fn forecast_or_plain(&self, p: usize) -> (PoolForecast, Option<Exception>) {
        let series = self.inputs.panel.pools()[p].series.len();
        let forecast = || {
            let forecast = self.forecaster.forecast_pool(p);
            assert_eq!(forecast.series.len(), series, "one forecast a series");
            forecast
        };
        match guarded(forecast) {
            Ok(forecast) => (forecast, None),
            Err(fault) => {
                let told = Exception::internal(
                    self.about(p),
                    "the mean of the last 60 days instead of a forecast",
                    &fault,
                );
                (self.forecaster.plain_forecast(p), Some(told))
            }
        }
    }

    /// The plan of pool `p`, held where it breaks.
    pub fn plan_or_hold(
        &self,
        p: usize,
        forecast: &PoolForecast,
        exceptions: &mut Vec<Exception>,
    ) -> PlannedPool<'a> {
        let mut told = Vec::new();
        match guarded(|| self.plan_pool(p, forecast, &mut told)) {
            Ok(planned) => {
                exceptions.append(&mut told);
                planned
            }
            Err(fault) => {
                exceptions.push(Exception::internal(self.about(p), HELD, &fault));
                self.held(p)
            }
        }
    }

    fn about(&self, p: usize) -> Subject {
        let pool = &self.inputs.panel.pools()[p];
        Subject::pool(&self.inputs.names, pool.sku, pool.location)
    }

    fn held(&self, p: usize) -> PlannedPool<'a> {
        let pool = &self.inputs.panel.pools()[p];
        let plan = PoolPlan {
            policy: no_policy(pool),
            on_order: 0.0,
            position: 0.0,
            status: Status::Held,
            stockout_date: None,
            stockout_probability: 0.0,
            order_by: None,
            need: 0.0,
            urgency: 0.0,
            value_at_risk: 0.0,
            path: Vec::new(),
            steps: Vec::new(),
            reason: HELD.to_owned(),
            notes: Vec::new(),
        };
        PlannedPool {
            plan,
            lines: vec![no_line(pool, self.stock[p])],
            allocation: Vec::new(),
            findings: Vec::new(),
            advice: Vec::new(),
            picture: PoolPicture::default(),
            available: self.stock[p].map_or(Units(0), Stock::available),
            margin: Money::ZERO,
            short_before_arrival: 0.0,
        }
    }
}

fn no_policy(pool: &Pool) -> Policy {
    Policy {
        sku: pool.sku,
        location: pool.location,
        lead_time_mean: 0.0,
        lead_time_sd: 0.0,
        lead_time_max: 0.0,
        lead_time_source: "none".into(),
        review_period: 0.0,
        protection_mean: 0.0,
        protection_sd: 0.0,
        service_target: 0.0,
        method: PolicyMethod::None,
        safety_stock: 0.0,
        reorder_point: 0.0,
        order_up_to: 0.0,
        eoq: None,
        steps: Vec::new(),
    }
}

fn no_line<'a>(pool: &Pool, stock: Option<&Stock>) -> Line<'a> {
    let available = stock.map_or(Units::ZERO, Stock::available);
    let need = PoolNeed {
        on_hand: stock.map_or(Units::ZERO, |s| s.on_hand),
        available,
        inventory_position: available,
        reason: HELD.to_owned(),
        ..PoolNeed::unknown(pool.sku, pool.location)
    };
    Line::new(need, None)
}

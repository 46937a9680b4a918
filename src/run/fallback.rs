//! What a pool gets when our own code breaks on it: a plain forecast, no order, and an exception
//! that says so.
//!
//! The run goes on for all others. The number of threads does not matter: a pool breaks alone,
//! whatever partition it is in.

use crate::domain::classes::PolicyMethod;
use crate::domain::exceptions::{Exception, Subject};
use crate::domain::fault::guarded;
use crate::domain::outcome::{Policy, PoolPicture, Status};
use crate::domain::panel::Pool;
use crate::domain::units::Money;
use crate::forecast::PoolForecast;
use crate::inventory::projection::DatedStock;
use crate::inventory::{PoolPlan, Shelf};
use crate::math::distributions::Demand;
use crate::purchase::{Line, PoolNeed};
use crate::run::night::{ItemLanes, Night, PlannedPool};
use std::ops::Range;

/// Why a broken pool is not ordered.
const HELD: &str =
    "the policy of this item could not be computed: nothing is ordered and nothing published";

/// A forecast, and what there is to tell where it is a plain one.
pub(super) struct ForecastOrPlain {
    pub pool: PoolForecast,
    pub broken: Option<Exception>,
}

impl<'a> Night<'a> {
    /// The forecast of pool `p`, a plain one where the engine breaks.
    pub(super) fn forecast_or_plain(&self, p: usize) -> ForecastOrPlain {
        let series = self.inputs.panel.pools()[p].series.len();
        let forecast = guarded(|| {
            let forecast = self.forecaster.forecast_pool(p);
            // Rows are paired with series by position: one too few would shift all that follow.
            assert_eq!(forecast.series.len(), series, "one forecast a series");
            forecast
        });
        match forecast {
            Ok(pool) => ForecastOrPlain { pool, broken: None },
            Err(fault) => {
                let what = "the mean of the last 60 days instead of a forecast";
                let broken = Exception::internal(self.about(p), what, &fault);
                ForecastOrPlain { pool: self.forecaster.plain_forecast(p), broken: Some(broken) }
            }
        }
    }

    /// The forecasts of an item's pools, which lanes may hold together; where the engine breaks on
    /// one, each by itself. `[pools]`
    pub(super) fn forecasts_or_plain(&self, pools: Range<usize>) -> Vec<ForecastOrPlain> {
        let together = guarded(|| {
            let forecasts = self.forecaster.forecast_item(pools.clone());
            for (p, forecast) in pools.clone().zip(&forecasts) {
                let series = self.inputs.panel.pools()[p].series.len();
                // Rows are paired with series by position: one too few would shift all that follow.
                assert_eq!(forecast.series.len(), series, "one forecast a series");
            }
            forecasts
        });
        match together {
            Ok(pools) => {
                pools.into_iter().map(|pool| ForecastOrPlain { pool, broken: None }).collect()
            }
            // One of them breaks: each alone, so that the others keep their forecast.
            Err(_) => pools.map(|p| self.forecast_or_plain(p)).collect(),
        }
    }

    /// The plan of pool `p`, held where it breaks.
    pub(super) fn plan_or_hold(
        &self,
        p: usize,
        forecast: &PoolForecast,
        exceptions: &mut Vec<Exception>,
    ) -> PlannedPool<'a> {
        // What a pool said before it broke is not kept: half a story of it would mislead.
        let mut own = Vec::new();
        match guarded(|| self.plan_pool(p, forecast, &mut own)) {
            Ok(planned) => {
                exceptions.append(&mut own);
                planned
            }
            Err(fault) => {
                exceptions.push(Exception::internal(self.about(p), HELD, &fault));
                held(&self.inputs.panel.pools()[p], &self.shelves[p])
            }
        }
    }

    /// The plans of an item's pools that `lanes` connect, held where they break.
    pub(super) fn plan_network_or_hold(
        &self,
        pools: Range<usize>,
        forecasts: &[PoolForecast],
        lanes: ItemLanes<'_, 'a>,
        exceptions: &mut Vec<Exception>,
    ) -> Vec<PlannedPool<'a>> {
        let mut own = Vec::new();
        match guarded(|| self.plan_network(pools.clone(), forecasts, lanes, &mut own)) {
            Ok(planned) => {
                exceptions.append(&mut own);
                planned
            }
            Err(fault) => {
                exceptions.push(Exception::internal(self.about(pools.start), HELD, &fault));
                pools.map(|p| held(&self.inputs.panel.pools()[p], &self.shelves[p])).collect()
            }
        }
    }

    /// Proposes the lines of `pool`, which waited with its `need`; where that breaks the pool is
    /// held.
    pub(super) fn propose_or_hold(
        &self,
        p: usize,
        pool: &mut PlannedPool<'a>,
        need: PoolNeed,
        exceptions: &mut Vec<Exception>,
    ) {
        let mut own = Vec::new();
        match guarded(|| self.propose(&self.records(p), need, &mut own)) {
            Ok(lines) => {
                exceptions.append(&mut own);
                pool.lines = lines;
            }
            Err(fault) => {
                exceptions.push(Exception::internal(self.about(p), HELD, &fault));
                *pool = held(&self.inputs.panel.pools()[p], &self.shelves[p]);
            }
        }
    }

    fn about(&self, p: usize) -> Subject {
        let pool = &self.inputs.panel.pools()[p];
        Subject::pool(&self.inputs.names, pool.sku, pool.location)
    }
}

/// A pool of which nothing is known but its stock.
fn held<'a>(pool: &Pool, shelf: &Shelf) -> PlannedPool<'a> {
    let policy = Policy {
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
        echelon: None,
        next_arrival: None,
        steps: Vec::new(),
    };
    let plan = PoolPlan {
        policy,
        protection: Demand::count(0.0, 0.0),
        on_order: 0.0,
        position: 0.0,
        expires_unsold: 0.0,
        status: Status::Held,
        stockout_date: None,
        stockout_probability: 0.0,
        order_by: None,
        safety_date: None,
        next_arrival_days: 0.0,
        protected_days: 0.0,
        sells_in_time: None,
        unserved: 0.0,
        need: 0.0,
        waits: None,
        urgency: 0.0,
        value_at_risk: 0.0,
        path: Vec::new(),
        steps: Vec::new(),
        reason: HELD.to_owned(),
        notes: Vec::new(),
    };
    let need = PoolNeed {
        on_hand: shelf.on_hand,
        available: shelf.available,
        inventory_position: shelf.available - shelf.owed,
        reason: HELD.to_owned(),
        ..PoolNeed::unknown(pool.sku, pool.location)
    };
    PlannedPool {
        plan,
        lines: vec![Line::new(need, None)],
        waiting: None,
        shipped: Vec::new(),
        gross_needs: None,
        hold_or_pass: None,
        in_network: false,
        allocation: Vec::new(),
        findings: Vec::new(),
        advice: Vec::new(),
        picture: PoolPicture::default(),
        dated: DatedStock::default(),
        available: shelf.promisable(),
        margin: Money::ZERO,
        short_before_arrival: 0.0,
    }
}

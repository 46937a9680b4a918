//! One partition of pools, from history to planned pools: forecast, policy, proposed lines, channel shares.

use crate::allocate::Presence;
use crate::config::Plan;
use crate::domain::error::Result;
use crate::domain::exceptions::Exception;
use crate::domain::inputs::{Inputs, Stock};
use crate::domain::outcome::{
    Accuracy, Allocation, ChannelFinding, Classification, MethodChoice, OpenOrderAdvice,
    PoolPicture, SeriesForecast,
};
use crate::domain::units::{Money, Units};
use crate::forecast::pooled::refit;
use crate::forecast::{Forecaster, PoolForecast};
use crate::inventory::PoolPlan;
use crate::inventory::kits::Kits;
use crate::inventory::net_demand::kit_demand;
use crate::inventory::receipts::LeadTimes;
use crate::purchase::Line;
use crate::purchase::Market;
use crate::review::open_decisions::OpenDecisions;
use crate::tables::{DemandEncoder, ForecastEncoder, LastRun, RowGroup};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;

/// What every partition reads.
pub struct Night<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) inputs: &'a Inputs,
    pub(crate) last: Option<&'a LastRun>,
    pub(crate) market: Market<'a>,
    pub(crate) kits: Kits,
    /// Expected demand of every pool of a kit, net of returns, units a period: its components need it.
    pub(crate) kit_demand: BTreeMap<usize, Vec<f32>>,
    pub(crate) standing: &'a OpenDecisions,
    pub(crate) told: Vec<Exception>,
    pub(crate) forecaster: &'a Forecaster<'a>,
    pub(crate) classes: &'a [Classification],
    pub(crate) return_rates: &'a [f64],
    pub(crate) presence: Presence,
    pub(crate) lead_times: LeadTimes,
    pub(crate) stock: Vec<Option<&'a Stock>>,
    pub(crate) demand: DemandEncoder<'a>,
    pub(crate) forecast: ForecastEncoder<'a>,
}

/// What one partition came to, in pool order.
pub struct Part<'a> {
    pub pools: Vec<PlannedPool<'a>>,
    pub demand: RowGroup,
    pub forecast: RowGroup,
    pub accuracy: Vec<Accuracy>,
    pub methods: Vec<MethodChoice>,
    pub exceptions: Vec<Exception>,
    /// What was fitted, for later nights.
    pub states: Vec<u8>,
}

/// One pool, planned by itself; supplier orders and the budget come later.
pub struct PlannedPool<'a> {
    pub plan: PoolPlan,
    pub lines: Vec<Line<'a>>,
    pub allocation: Vec<Allocation>,
    pub findings: Vec<ChannelFinding>,
    pub advice: Vec<OpenOrderAdvice>,
    pub picture: PoolPicture,
    /// Units that can be promised, kits by their components.
    pub available: Units,
    pub margin: Money,
    /// Units expected short before an order placed now would arrive.
    pub short_before_arrival: f64,
}

impl<'a> Night<'a> {
    /// Sets up what all partitions share.
    pub fn new(
        plan: &'a Plan,
        inputs: &'a Inputs,
        forecaster: &'a Forecaster<'a>,
        (classes, return_rates): (&'a [Classification], &'a [f64]),
        (last, standing): (Option<&'a LastRun>, &'a OpenDecisions),
    ) -> Result<Self> {
        let (kits, told) = Kits::new(&inputs.kits, &inputs.names);
        let horizon = plan.horizon(inputs.panel.calendar().bucket());
        let mut night = Self {
            plan,
            inputs,
            last,
            market: Market::new(inputs, &plan.purchase),
            kits,
            kit_demand: BTreeMap::new(),
            standing,
            told,
            forecaster,
            classes,
            return_rates,
            presence: Presence::of(inputs),
            lead_times: LeadTimes::new(&inputs.purchase_orders),
            stock: crate::run::history::stock_of_pools(inputs),
            demand: DemandEncoder::new(&inputs.panel, &inputs.names)?,
            forecast: ForecastEncoder::new(&inputs.names, inputs.panel.calendar(), horizon)?,
        };
        night.kit_demand = night.demand_of_kits();
        Ok(night)
    }

    /// Forecast of every pool whose item is a kit, by pool, net of returns.
    fn demand_of_kits(&self) -> BTreeMap<usize, Vec<f32>> {
        let pools = self.inputs.panel.pools();
        (0..pools.len())
            .into_par_iter()
            .filter(|&p| self.kits.is_kit(pools[p].sku))
            .map(|p| {
                let (forecast, _) = self.forecast_or_plain(p);
                let horizon = forecast.total.mean().len();
                (p, kit_demand(self.series_demand(&pools[p], &forecast), horizon))
            })
            .collect()
    }

    /// Forecasts and plans the pools of `range`.
    pub fn partition(&self, range: Range<usize>) -> Result<Part<'a>> {
        let panel = &self.inputs.panel;
        let (forecasts, broken): (Vec<PoolForecast>, Vec<_>) =
            range.clone().map(|p| self.forecast_or_plain(p)).unzip();
        let series =
            panel.pools()[range.clone()].iter().map(|p| p.series.clone()).filter(|s| !s.is_empty());
        let span = series.reduce(|span, s| span.start..s.end).unwrap_or(0..0);
        let rows: Vec<(_, &SeriesForecast)> = span
            .clone()
            .map(|i| panel.key(i))
            .zip(forecasts.iter().flat_map(|f| &f.series))
            .collect();
        let mut part = Part {
            demand: self.demand.encode(span)?,
            forecast: self.forecast.encode(&rows)?,
            methods: rows
                .iter()
                .map(|(_, f)| MethodChoice { method: f.method.clone(), reason: f.reason.clone() })
                .collect(),
            pools: Vec::with_capacity(range.len()),
            accuracy: Vec::new(),
            exceptions: broken.into_iter().flatten().collect(),
            states: Vec::new(),
        };
        if self.plan.forecast.refit_days > 0 && self.forecaster.refit().is_none() {
            forecasts
                .iter()
                .filter_map(|f| f.state.as_ref())
                .for_each(|state| refit::write(state, &mut part.states));
        }
        for (p, forecast) in range.zip(&forecasts) {
            let pool = self.plan_or_hold(p, forecast, &mut part.exceptions);
            part.pools.push(pool);
        }
        part.accuracy = forecasts.into_iter().flat_map(|f| f.accuracy).collect();
        part.exceptions.sort();
        Ok(part)
    }
}

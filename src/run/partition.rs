//! One partition of pools, from history to planned pools: forecast, policy, proposed lines, channel
//! shares.

use crate::allocate::Presence;
use crate::allocate::shipments::Shipped;
use crate::config::Plan;
use crate::domain::economics::UnitEconomics;
use crate::domain::error::Result;
use crate::domain::exceptions::Exception;
use crate::domain::inputs::Inputs;
use crate::domain::outcome::{
    Accuracy, Allocation, ChannelFinding, Classification, MethodChoice, OpenOrderAdvice,
    PoolPicture, SeriesForecast, Transfer, WEEKS, WeeklyNeed,
};
use crate::domain::panel::SeriesKey;
use crate::domain::units::{Money, Units};
use crate::forecast::Forecaster;
use crate::forecast::pooled::refit;
use crate::inventory::kits::Kits;
use crate::inventory::projection::DatedStock;
use crate::inventory::receipts::LeadTimes;
use crate::inventory::{PoolPlan, Shelf};
use crate::network::guaranteed_service::HoldOrPass;
use crate::purchase::open_to_buy::Envelope;
use crate::purchase::{Line, Market, PoolNeed};
use crate::review::open_decisions::OpenDecisions;
use crate::run::history::shelves;
use crate::run::kits::KitNight;
use crate::run::networks::ItemLanes;
use crate::tables::{DemandEncoder, ForecastEncoder, LastRun, RowGroup, RunKey};
use std::ops::{Deref, Range};

/// What is known before the first pool is planned.
pub(super) struct Evening<'a> {
    pub run: RunKey<'a>,
    pub plan: &'a Plan,
    pub inputs: &'a Inputs,
    /// By pool.
    pub classes: &'a [Classification],
    /// By pool.
    pub economics: &'a [UnitEconomics],
    /// By series.
    pub return_rates: &'a [f64],
    pub last: Option<&'a LastRun>,
    pub standing: &'a OpenDecisions,
    pub envelopes: &'a [Envelope],
}

/// What is known without any forecast: all that pools are settled with once they are planned.
pub(super) struct Shop<'a> {
    pub run: RunKey<'a>,
    pub plan: &'a Plan,
    pub inputs: &'a Inputs,
    pub last: Option<&'a LastRun>,
    pub market: Market<'a>,
    pub kits: Kits,
    /// What is wrong with kits.
    pub kit_exceptions: Vec<Exception>,
    pub standing: &'a OpenDecisions,
    /// By pool.
    pub classes: &'a [Classification],
    /// By pool.
    pub economics: &'a [UnitEconomics],
    /// By series.
    pub return_rates: &'a [f64],
}

/// What every partition reads.
pub(super) struct Night<'a> {
    pub shop: Shop<'a>,
    /// What kits take of their parts, and what may be promised of both.
    pub kit_night: KitNight,
    pub forecaster: &'a Forecaster<'a>,
    pub presence: &'a Presence,
    pub lead_times: LeadTimes,
    /// By pool.
    pub shelves: Vec<Shelf>,
    demand_rows: DemandEncoder<'a>,
    forecast_rows: ForecastEncoder<'a>,
}

impl<'a> Deref for Night<'a> {
    type Target = Shop<'a>;

    fn deref(&self) -> &Shop<'a> {
        &self.shop
    }
}

/// What one partition came to, in pool order.
pub(super) struct PlannedPartition<'a> {
    pub pools: Vec<PlannedPool<'a>>,
    /// Between locations of one item that no lane connects.
    pub transfers: Vec<Transfer>,
    pub demand: RowGroup,
    pub forecast: RowGroup,
    pub accuracy: Vec<Accuracy>,
    pub methods: Vec<MethodChoice>,
    pub exceptions: Vec<Exception>,
    /// What was fitted, for later nights.
    pub states: Vec<u8>,
}

/// One pool, planned by itself; supplier orders and the budget come later.
pub(super) struct PlannedPool<'a> {
    pub plan: PoolPlan,
    pub lines: Vec<Line<'a>>,
    /// What is to be bought once it is known what other locations give: instead of `lines`.
    pub waiting: Option<Box<PoolNeed>>,
    /// What other locations send it, the usual one first.
    pub shipped: Vec<Shipped>,
    /// What it is asked for in the coming weeks, where it feeds others.
    pub gross_needs: Option<[WeeklyNeed; WEEKS]>,
    /// What its safety stock costs a year, and without any there, where it feeds others.
    pub hold_or_pass: Option<HoldOrPass>,
    /// Whether lanes connect it with other locations.
    pub in_network: bool,
    pub allocation: Vec<Allocation>,
    pub findings: Vec<ChannelFinding>,
    pub advice: Vec<OpenOrderAdvice>,
    pub picture: PoolPicture,
    /// Its coming days, the path left with the plan.
    pub dated: DatedStock,
    /// Units that can be promised, kits by their components.
    pub available: Units,
    pub margin: Money,
    /// Units expected short before an order placed now would arrive.
    pub short_before_arrival: f64,
}

impl<'a> Shop<'a> {
    /// Looks up what the tables say.
    pub(super) fn new(evening: Evening<'a>) -> Self {
        let Evening {
            run,
            plan,
            inputs,
            classes,
            economics,
            return_rates,
            last,
            standing,
            envelopes,
        } = evening;
        let (kits, kit_exceptions) = Kits::new(&inputs.kits, &inputs.names);
        let market = Market {
            approved: &standing.approved_today,
            open_to_buy: envelopes,
            ..Market::new(inputs, &plan.purchase)
        };
        Self {
            run,
            plan,
            inputs,
            last,
            market,
            kits,
            kit_exceptions,
            standing,
            classes,
            economics,
            return_rates,
        }
    }
}

impl<'a> Night<'a> {
    /// Sets up what all partitions share.
    pub(super) fn new(
        shop: Shop<'a>,
        presence: &'a Presence,
        forecaster: &'a Forecaster<'a>,
    ) -> Result<Self> {
        let Shop { run, plan, inputs, standing, .. } = shop;
        let calendar = inputs.panel.calendar();
        let horizon = plan.horizon(calendar.bucket());
        let mut night = Self {
            shop,
            kit_night: KitNight::default(),
            forecaster,
            presence,
            lead_times: LeadTimes::new(&inputs.purchase_orders),
            shelves: shelves(inputs, standing),
            demand_rows: DemandEncoder::new(&inputs.panel, &inputs.names, run)?,
            forecast_rows: ForecastEncoder::new(&inputs.names, calendar, horizon, run)?,
        };
        // First of all pools: what kits take is part of what their components need, in whatever
        // partition those are.
        night.kit_night = KitNight::of(&night);
        Ok(night)
    }

    /// Forecasts and plans the pools of `range`, all locations of each item.
    pub(super) fn partition(&self, range: Range<usize>) -> Result<PlannedPartition<'a>> {
        let panel = &self.inputs.panel;
        let pools = &panel.pools()[range.clone()];
        let mut exceptions = Vec::new();
        let mut forecasts = Vec::with_capacity(range.len());
        for item in pools.chunk_by(|a, b| a.sku == b.sku) {
            let first = range.start + forecasts.len();
            for forecast in self.forecasts_or_plain(first..first + item.len()) {
                exceptions.extend(forecast.broken);
                exceptions.extend(forecast.pool.exceptions.iter().cloned());
                forecasts.push(forecast.pool);
            }
        }

        // The series of neighbouring pools are neighbours: their rows are one stretch of the panel.
        let sold = pools.iter().map(|pool| pool.series.clone()).filter(|series| !series.is_empty());
        let span = sold.reduce(|span, series| span.start..series.end).unwrap_or(0..0);
        let rows: Vec<(SeriesKey, &SeriesForecast)> = span
            .clone()
            .map(|series| panel.key(series))
            .zip(forecasts.iter().flat_map(|forecast| &forecast.series))
            .collect();
        let demand = self.demand_rows.encode(span)?;
        let forecast = self.forecast_rows.encode(&rows)?;
        let methods = rows
            .iter()
            .map(|(_, f)| MethodChoice { method: f.method.clone(), reason: f.reason.clone() })
            .collect();

        // A night that carries on from a refit keeps that refit's states.
        let mut states = Vec::new();
        if self.plan.forecast.refit_days > 0 && self.forecaster.refit().is_none() {
            for state in forecasts.iter().filter_map(|forecast| forecast.state.as_ref()) {
                refit::write(state, &mut states);
            }
        }

        let mut planned: Vec<PlannedPool<'a>> = Vec::with_capacity(range.len());
        let mut transfers = Vec::new();
        let mut rest = &forecasts[..];
        for item in panel.pools()[range.clone()].chunk_by(|a, b| a.sku == b.sku) {
            let first = range.start + planned.len();
            let of_item = first..first + item.len();
            let (here, after) = rest.split_at(item.len());
            rest = after;
            exceptions.extend(self.who_should_buy(of_item.clone()));
            let lanes = self.lanes_in_use(of_item.clone());
            let backups = self.backup_lanes(of_item.clone(), &lanes);
            if lanes.is_empty() && backups.is_empty() {
                for (p, forecast) in of_item.zip(here) {
                    planned.push(self.plan_or_hold(p, forecast, &mut exceptions));
                }
            } else {
                let lanes = ItemLanes { in_use: &lanes, backups: &backups };
                planned.extend(self.plan_network_or_hold(of_item, here, lanes, &mut exceptions));
            }
            // What lies at another location is moved before the rest is bought.
            let of_item = &mut planned[first - range.start..];
            let moved = self.suggested_transfers(of_item);
            self.buy_the_rest(of_item, &moved, &mut exceptions);
            transfers.extend(moved);
        }
        exceptions.sort();
        let accuracy = forecasts.into_iter().flat_map(|forecast| forecast.accuracy).collect();
        Ok(PlannedPartition {
            pools: planned,
            transfers,
            demand,
            forecast,
            accuracy,
            methods,
            exceptions,
            states,
        })
    }
}

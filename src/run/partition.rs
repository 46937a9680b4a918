//! One partition of pools, from history to planned pools: forecast, policy, proposed lines, channel
//! shares.

use crate::allocate::Presence;
use crate::domain::error::Result;
use crate::domain::exceptions::Exception;
use crate::domain::outcome::{Accuracy, MethodChoice, SeriesForecast, Transfer};
use crate::domain::panel::SeriesKey;
use crate::forecast::pooled::refit;
use crate::forecast::{Forecaster, PoolForecast};
use crate::inventory::receipts::LeadTimes;
use crate::run::history::shelves;
use crate::run::night::{ItemLanes, KitNight, Night, PlannedItem, PlannedPool, Shop};
use crate::tables::{DemandEncoder, ForecastEncoder, RowGroup};
use std::ops::Range;

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

impl<'a> Night<'a> {
    /// Sets up what all partitions share.
    pub(super) fn new(
        shop: Shop<'a>,
        presence: &'a Presence,
        forecaster: &'a Forecaster<'a>,
    ) -> Result<Self> {
        let Shop { run, plan, inputs, standing, .. } = shop;
        let before_today = match shop.before_today() {
            Some(before) => Some(Box::new(Self::new(before, presence, forecaster)?)),
            None => None,
        };
        let calendar = inputs.panel.calendar();
        let horizon = plan.horizon(calendar.bucket());
        let mut night = Self {
            shop,
            kit_night: KitNight::default(),
            forecaster,
            presence,
            lead_times: LeadTimes::new(&inputs.purchase_orders),
            shelves: shelves(inputs, standing),
            before_today,
            demand_rows: DemandEncoder::new(&inputs.panel, &inputs.names, run)?,
            forecast_rows: ForecastEncoder::new(&inputs.names, calendar, horizon, run)?,
        };
        // First of all pools: what kits take is part of what their components need, in whatever
        // partition those are.
        night.kit_night = KitNight::of(&night);
        Ok(night)
    }

    /// Plans the pools of one item.
    fn plan_item(
        &self,
        pools: Range<usize>,
        forecasts: &[PoolForecast],
        lanes: ItemLanes<'_, 'a>,
    ) -> PlannedItem<'a> {
        let mut exceptions = Vec::new();
        let mut planned = Vec::with_capacity(pools.len());
        if lanes.in_use.is_empty() && lanes.backups.is_empty() {
            for (p, forecast) in pools.zip(forecasts) {
                planned.push(self.plan_or_hold(p, forecast, &mut exceptions));
            }
        } else {
            planned = self.plan_network_or_hold(pools, forecasts, lanes, &mut exceptions);
        }
        // What lies at another location is moved before the rest is bought.
        let transfers = self.suggested_transfers(&mut planned);
        self.buy_the_rest(&mut planned, &transfers, &mut exceptions);
        PlannedItem { pools: planned, transfers, exceptions }
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
            let lanes = ItemLanes { in_use: &lanes, backups: &backups };
            let mut now = self.plan_item(of_item.clone(), here, lanes);
            if let Some(before) = self.before_today.as_deref()
                && self.is_approved_today(item[0].sku)
            {
                now = self.rest_of_the_morning(now, before.plan_item(of_item, here, lanes));
            }
            planned.extend(now.pools);
            transfers.extend(now.transfers);
            exceptions.extend(now.exceptions);
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

//! What the tables of a night say about one pool, looked up once and handed on.

use crate::domain::classes::Lifecycle;
use crate::domain::inputs::{Inputs, PurchaseOrder, Supply};
use crate::domain::order_calendar::OrderCalendar;
use crate::domain::outcome::Classification;
use crate::domain::panel::Pool;
use crate::domain::sorted::rows_of;
use crate::domain::units::Units;
use crate::inventory::crossover::Deliveries;
use crate::inventory::due::{Due, due};
use crate::inventory::facts::{ChannelService, promised_service};
use crate::inventory::kits::ThroughKits;
use crate::inventory::lead_time::{self, Estimate};
use crate::inventory::settings::Settings;
use crate::inventory::{
    Arrival, Hold, PastDemand, PoolFacts, StockLevel, held, held_kit, stock_unknown,
};
use crate::purchase::PreviousQuantity;
use crate::purchase::usual::UsualDemand;
use crate::review::open_decisions::Pending;
use crate::run::night::{Night, PoolRecords};

/// Periods over which channels are weighed by what they sell.
const RECENT_PERIODS: usize = 90;

/// What the choice of the supplier that a pool is planned with depends on.
pub(super) fn usual_demand(
    inputs: &Inputs,
    pool: &Pool,
    class: &Classification,
    policy: &Settings,
) -> UsualDemand {
    let category = &inputs.products[pool.sku.index()].category;
    let group = policy.group(Some(class.rationalisation), category);
    let cell = policy.of_item(class.abc, class.xyz, group);
    UsualDemand {
        sku: pool.sku,
        location: pool.location,
        per_day: class.velocity_per_day,
        // The class counts weeks; days of a week are taken to vary by themselves.
        daily_sd: class.cv * class.velocity_per_day * 7.0_f64.sqrt(),
        review_days: cell.review_period_days.unwrap_or(policy.review_period_days),
        unit_cost: inputs.products[pool.sku.index()].unit_cost,
    }
}

impl<'a> Night<'a> {
    /// Looks up pool `p` everywhere.
    pub(crate) fn records(&self, p: usize) -> PoolRecords<'_, 'a> {
        let inputs = self.inputs;
        let pool = &inputs.panel.pools()[p];
        let last_lines = self.last.map_or(&[][..], |last| &last.lines);
        let class = &self.classes[p];
        let product = &inputs.products[pool.sku.index()];
        let usual = usual_demand(inputs, pool, class, &self.plan.policy);
        let supply = self.market.usual_supply(&usual, |supply| {
            self.lead_times.estimate(supply, pool.location).lead_time
        });
        let mut economics = self.economics[p];
        let landed = supply.and_then(|supply| self.market.landed(supply, product.unit_cost));
        // Of the supplier that will be asked.
        economics.landed_cost = landed.or(economics.landed_cost);
        PoolRecords {
            pool,
            product,
            class,
            economics,
            shelf: self.shelves[p].clone(),
            available: self.kit_night.available(p, &self.shelves),
            through_kits: self.kit_night.through(p),
            supply,
            orders: inputs.purchase_orders.of(pool),
            pending: rows_of(&self.standing.pending, pool),
            last_lines: rows_of(last_lines, pool),
            by_hand: inputs.overrides_of(pool),
        }
    }

    /// What the policy reads of them.
    pub(crate) fn facts(&self, of: &PoolRecords<'_, 'a>, lead_time: &Estimate) -> PoolFacts<'a> {
        let as_of = self.market.as_of;
        let stock = self.stock_level(of);
        let is_asked_for = stock.net() < 0.0
            || of.product.min_stock.is_some_and(Units::is_positive)
            || of.through_kits.is_some_and(ThroughKits::is_asked_for);
        let held = self.held(of, is_asked_for);
        PoolFacts {
            sku: of.pool.sku,
            location: of.pool.location,
            as_of,
            past: PastDemand::of(
                &self.inputs.panel,
                of.pool,
                self.return_rates,
                of.class.velocity_per_day,
            ),
            lead_time: lead_time.lead_time,
            lead_time_source: lead_time.source.clone(),
            calendar: of.supply.map_or_else(OrderCalendar::default, |supply| {
                OrderCalendar::of(&self.inputs.suppliers[supply.supplier.index()])
            }),
            abc: of.class.abc,
            xyz: of.class.xyz,
            // What kits take of a part is as old as the kits.
            is_new: matches!(of.class.lifecycle, Lifecycle::New | Lifecycle::Launch)
                && of.through_kits.is_none(),
            velocity: of.class.velocity,
            economics: of.economics,
            group: self.plan.policy.group(Some(of.class.rationalisation), &of.product.category),
            promised_service: self.promised_service(of),
            stock_is_known: self.inputs.stock_of_is_known(of.pool.id()),
            deliveries: self.deliveries(of),
            stock,
            arrivals: self.arrivals(of, lead_time),
            lots: of.shelf.lots.clone(),
            min_stock: of.product.min_stock.map(Units::as_f64),
            max_stock: of.product.max_stock.map(Units::as_f64),
            shelf_life_days: of.product.shelf_life_days,
            by_hand: of.by_hand,
            held,
            network: None,
        }
    }

    /// Why a pool is not ordered; `is_asked_for` where something else than its own sales asks.
    pub(crate) fn held(&self, of: &PoolRecords<'_, 'a>, is_asked_for: bool) -> Option<Hold> {
        held_kit(self.kits.is_kit(of.pool.sku))
            .or_else(|| held(of.product, of.class.lifecycle, is_asked_for, of.by_hand.approved))
            .or_else(|| stock_unknown(self.inputs.stock_of_is_known(of.pool.id())))
    }

    /// What the deliveries of the first supplier show beside their lead time; nothing where a
    /// planner has set that.
    fn deliveries(&self, of: &PoolRecords<'_, 'a>) -> Deliveries {
        let supply = of.supply.filter(|_| of.by_hand.lead_time.is_none());
        supply.map(|supply| self.lead_times.deliveries(supply)).unwrap_or_default()
    }

    /// The lead time to plan with: set by hand, of the first supplier, or the default.
    pub(crate) fn lead_time(&self, of: &PoolRecords<'_, 'a>) -> Estimate {
        match of.supply {
            Some(supply) => self.lead_times.estimate(supply, of.pool.location),
            None => lead_time::estimate(&[], &lead_time::ReceiptStatistics::default(), None),
        }
    }

    /// Mean days until an order to the supplier of `supply` arrives; what is set by hand is the
    /// first supplier's.
    pub(crate) fn lead_days(&self, of: &PoolRecords<'_, 'a>, supply: &Supply) -> f64 {
        let is_first = of.supply.is_some_and(|first| first.supplier == supply.supplier);
        match of.by_hand.lead_time {
            Some(by_hand) if is_first => by_hand.mean_days(),
            _ => self.lead_times.estimate(supply, of.pool.location).lead_time.mean_days(),
        }
    }

    /// The last run's quantities by supplier, not yet approved or placed.
    pub(crate) fn previous_quantities(of: &PoolRecords<'_, 'a>) -> Vec<PreviousQuantity> {
        let mut previous = Vec::new();
        for line in of.last_lines {
            if let Some(supplier) = line.supplier {
                previous.push(PreviousQuantity { supplier, quantity: line.quantity });
            }
        }
        previous
    }

    /// When an open order comes, by the lead time and lateness of its own supplier.
    pub(crate) fn due(
        &self,
        of: &PoolRecords<'_, 'a>,
        order: &PurchaseOrder,
        lead_time: &Estimate,
    ) -> Option<Due> {
        let usual = of.supply.map(|supply| supply.supplier);
        let supplier = order.supplier.or(usual);
        let mut lead_time = lead_time.lead_time;
        if supplier != usual {
            let mut rows = self.market.supply_of(of.pool.sku, of.pool.location);
            if let Some(row) = rows.find(|row| Some(row.supplier) == supplier) {
                lead_time = self.lead_times.estimate(row, of.pool.location).lead_time;
            }
        }
        let late_days = self.lead_times.late_days(supplier);
        due(order, self.market.as_of, lead_time, late_days)
    }

    /// Open and approved orders, soonest first.
    pub(crate) fn arrivals(&self, of: &PoolRecords<'_, 'a>, lead_time: &Estimate) -> Vec<Arrival> {
        let as_of = self.market.as_of;
        let lead_days = lead_time.lead_time.mean_days();
        let mut arrivals = Vec::new();
        for order in of.orders {
            if let Some(Due::In { days }) = self.due(of, order, lead_time) {
                arrivals.push(Arrival { days, quantity: order.outstanding().as_f64() });
            }
        }
        for approved in of.pending {
            let Pending { quantity, expected, transit_days, .. } = approved;
            let days = transit_days.unwrap_or(lead_days);
            arrivals.push(Arrival::approved(*quantity, *expected, as_of, days));
        }
        // Stable: of two that arrive together the placed one stays first.
        arrivals.sort_by(|a, b| a.days.total_cmp(&b.days));
        arrivals
    }

    /// What the channels of a pool are promised together.
    fn promised_service(&self, of: &PoolRecords<'_, 'a>) -> Option<f64> {
        let panel = &self.inputs.panel;
        let channels = of.pool.series.clone().map(|series| {
            let gross = panel.gross(series);
            let recent = gross.iter().rev().take(RECENT_PERIODS);
            ChannelService {
                sold: recent.map(|&units| f64::from(units)).sum(),
                promised: self.inputs.channels[panel.key(series).channel.index()].service,
            }
        });
        let cell = self.plan.policy.cell(of.class.abc, of.class.xyz);
        promised_service(channels, cell.service.get())
    }

    /// Stock as the policy reads it: kits that customers wait for wait for their parts.
    fn stock_level(&self, of: &PoolRecords<'_, 'a>) -> StockLevel {
        let mut level = of.shelf.level();
        if self.kits.is_kit(of.pool.sku) {
            // What can be packed counts as there; kits that are owed are owed by their parts.
            return StockLevel { available: of.available.as_f64(), backordered: 0.0, ..level };
        }
        level.backordered += of.through_kits.map_or(0.0, |through| through.owed);
        level
    }
}

//! One pool of a partition, in the order of the stages: facts, net demand, policy, proposed lines,
//! channel shares, open orders.
//!
//! Nothing is decided here: every number is a stage's.

use crate::allocate::balance::{self, Worth};
use crate::allocate::channel_demand::{ChannelFacts, ChannelTerms};
use crate::allocate::{self, ChannelDemand, Previous};
use crate::domain::classes::Lifecycle;
use crate::domain::exceptions::{Effect, Exception, ExceptionKind, Severity, Subject};
use crate::domain::lanes::Lane;
use crate::domain::outcome::{Allocation, ChannelAction, ChannelFinding};
use crate::domain::panel::Pool;
use crate::domain::units::{ChannelId, Units, in_words};
use crate::forecast::PoolForecast;
use crate::inventory::due::{Due, not_believed};
use crate::inventory::expiry::offerable;
use crate::inventory::facts::Hold;
use crate::inventory::lead_time::{Estimate, no_supply};
use crate::inventory::net_demand::{NetDemand, SeriesDemand, daily};
use crate::inventory::projection::DatedStock;
use crate::inventory::{self, Outlook, PoolFacts, PoolPlan, Situation};
use crate::math::distributions::Demand;
use crate::purchase::open_orders::{self, OpenLine, OpenPool};
use crate::purchase::rules::by_hand::{hold_back, set_aside, set_by_hand};
use crate::purchase::{DatedDemand, Line, PoolNeed};
use crate::report::picture;
use crate::run::night::{
    DAILY_DEMAND_DAYS, MovedIn, Night, Place, PlannedPool, PoolRecords, Prospect,
};

/// Where a channel gets an item from.
#[derive(Default)]
struct Locations {
    /// Units that can be promised. `[locations]`
    available: Vec<Units>,
    /// Which of them is the pool's own.
    at: usize,
}

impl<'a> Night<'a> {
    pub(crate) fn plan_pool(
        &self,
        p: usize,
        forecast: &PoolForecast,
        exceptions: &mut Vec<Exception>,
    ) -> PlannedPool<'a> {
        let prospect = self.prospect(p, forecast, None, exceptions);
        let over = |from: f64, to: f64, variance: f64| self.over(&prospect, from, to, variance);
        let outlook =
            Outlook { period_days: self.period_days(), mean: &prospect.net.mean, over: &over };
        let plan = inventory::plan_pool(&prospect.facts, outlook, &self.plan.policy);
        let place = Place {
            buys: true,
            bridge: None,
            bought_below: 0.0,
            moved_in: None,
            in_network: false,
            lies_here: None,
            to_offer: self.to_offer(p, &prospect, &outlook),
            low_at: plan.policy.reorder_point,
        };
        self.finish(&prospect, &prospect.facts, outlook, plan, place, exceptions)
    }

    /// What is known of pool `p` and expected; `lane` is what feeds it, where it is not bought for.
    pub(super) fn prospect<'n>(
        &'n self,
        p: usize,
        forecast: &'n PoolForecast,
        lane: Option<&'a Lane>,
        exceptions: &mut Vec<Exception>,
    ) -> Prospect<'n, 'a> {
        let mut records = self.records(p);
        let pool = records.pool;
        // What comes over a lane is not bought: terms of a supplier would price and round it.
        if lane.is_some() {
            records.supply = None;
        }
        // What the receipts say is told even where a planner has set the lead time: the drift is
        // what they would want to know.
        let mut lead_time = match lane {
            Some(lane) => self.lead_times.of_lane(lane, pool.sku),
            None => self.lead_time(&records),
        };
        self.note_lead_time(&records, &lead_time, lane.is_some(), exceptions);
        if let Some(by_hand) = records.by_hand.lead_time {
            lead_time = Estimate { lead_time: by_hand, source: "set by hand".into(), ..lead_time };
        }
        let facts = self.facts(&records, &lead_time);
        let series = self.series_demand(pool, forecast);
        let net = NetDemand::new(forecast.total.mean(), series, records.through_kits);
        Prospect { records, lead_time, facts, forecast, net }
    }

    /// Length of one period, calendar days.
    pub(super) fn period_days(&self) -> f64 {
        self.inputs.panel.calendar().bucket().days()
    }

    /// Net demand of a pool over the periods `from..to`.
    pub(super) fn over(
        &self,
        prospect: &Prospect<'_, 'a>,
        from: f64,
        to: f64,
        end_variance: f64,
    ) -> Demand {
        let own = prospect.forecast.total.over(from, to, end_variance).into();
        prospect.net.over(own, from, to, |kit| self.kit_night.variance(kit, from, to, end_variance))
    }

    /// Units of pool `p` that may be promised to customers.
    pub(super) fn to_offer(
        &self,
        p: usize,
        prospect: &Prospect<'_, 'a>,
        outlook: &Outlook<'_>,
    ) -> Units {
        // What is promised of kits and parts was settled for all of them together.
        self.kit_night.promised(p).unwrap_or_else(|| {
            let shelf = &prospect.records.shelf;
            offerable(shelf.promisable(), &shelf.lots, |days| outlook.mean_until(days))
        })
    }

    /// The rest of a pool's night once its plan stands: lines, channels, open orders.
    pub(super) fn finish(
        &self,
        prospect: &Prospect<'_, 'a>,
        facts: &PoolFacts<'a>,
        outlook: Outlook<'_>,
        plan: PoolPlan,
        place: Place,
        exceptions: &mut Vec<Exception>,
    ) -> PlannedPool<'a> {
        let Prospect { records, lead_time, forecast, net, .. } = prospect;
        let pool = records.pool;
        let now = facts.situation(outlook);
        let margin = records.economics.margin_or_zero();
        // What lies at another location is moved before it is bought.
        let has_neighbours = self.inputs.panel.pools_of(pool.sku).len() > 1;
        let mut waiting = None;
        let mut lines = Vec::new();
        if place.buys {
            let mut need = self.need(records, &plan, &now, lead_time.lead_time.mean_days());
            need.echelon = place.in_network;
            if let Some(there) = place.lies_here {
                need.room = need.max_stock.map(|most| (most - there).or_zero());
            }
            if place.bought_below > 0.0 {
                need.buy_below(place.bought_below);
            }
            if let Some(MovedIn { quantity, from }) = &place.moved_in {
                need.move_in(*quantity, from);
            }
            if has_neighbours && !place.in_network {
                waiting = Some(Box::new(need));
            } else {
                lines = self.propose(records, need, exceptions);
            }
        }

        let is_not_ordered = facts.held.is_some_and(|hold| hold.no_need().is_some());
        // A kit owes units of its parts, which are ordered.
        if is_not_ordered && plan.position < 0.0 && !self.kits.is_kit(pool.sku) {
            let why = facts.held.map_or("", Hold::why);
            let told = Exception::new(
                Severity::Warning,
                ExceptionKind::OwedNotOrdered,
                Subject::pool(&self.inputs.names, pool.sku, pool.location),
                format!(
                    "{} units are owed to customers and nothing brings them: not ordered, {why}",
                    in_words(-plan.position)
                ),
                "order them by hand, or tell the customers",
            );
            exceptions.push(told.with_effect(Effect::Units(Units::ceil(-plan.position))));
        }

        if let Some(need) = place.bridge.clone() {
            lines = self.propose(records, need, exceptions);
        }

        let (allocation, findings) = self.allocate(records, forecast, &plan, &place, exceptions);
        // Orders on their way are judged on what is there after customers who wait have been
        // served, and what will expire is thrown away.
        let lines_open = self.open_lines(records, lead_time, exceptions);
        let advice = if lines_open.is_empty() {
            Vec::new()
        } else {
            let open = OpenPool {
                stock: Units::floor(now.stock.net() - plan.expires_unsold),
                demand: &daily(&outlook),
                safety_stock: plan.policy.safety_stock,
                unit_cost: records.economics.landed_cost.unwrap_or_default(),
                margin,
                next_arrival: plan.next_arrival_days,
                may_cancel: !matches!(records.class.lifecycle, Lifecycle::Launch | Lifecycle::New),
                lines: &lines_open,
            };
            open_orders::advise(&open, self.market.as_of, &self.plan.purchase)
        };
        let picture =
            picture::weekly(&self.inputs.panel, pool, outlook.mean, &plan.path, |from, to| {
                if net.has_kits() || place.in_network {
                    let demand = (outlook.over)(from, to, 0.0);
                    [0.1, 0.9].map(|p| demand.quantile(p) as f32)
                } else {
                    let own = forecast.total.quantiles(from, to, [0.1, 0.9]);
                    own.map(|quantile| quantile * net.kept_share as f32)
                }
            });
        let net_stock = now.stock.net() - plan.expires_unsold;
        let short_before_arrival = now.expected_shortfall(plan.policy.lead_time_mean);
        PlannedPool {
            lines,
            waiting,
            shipped: Vec::new(),
            gross_needs: None,
            hold_or_pass: None,
            in_network: place.in_network,
            allocation,
            findings,
            advice,
            picture,
            dated: DatedStock {
                net: net_stock,
                demand: outlook.mean.to_vec(),
                arrivals: facts.arrivals.clone(),
                path: Vec::new(),
            },
            available: place.to_offer,
            margin,
            short_before_arrival,
            plan,
        }
    }

    /// Every series of `pool` with its forecast.
    pub(crate) fn series_demand<'f>(
        &'f self,
        pool: &'f Pool,
        forecast: &'f PoolForecast,
    ) -> impl Iterator<Item = SeriesDemand<'f>> {
        pool.series.clone().zip(&forecast.series).map(|(series, forecast)| SeriesDemand {
            mean: &forecast.mean,
            return_rate: self.return_rates[series],
        })
    }

    /// What is on its way, and what of it nobody should believe in.
    fn open_lines(
        &self,
        records: &PoolRecords<'_, 'a>,
        lead_time: &Estimate,
        exceptions: &mut Vec<Exception>,
    ) -> Vec<OpenLine<'a>> {
        let pool = records.pool;
        let mut lines = Vec::new();
        for order in records.orders {
            let Some(due) = self.due(records, order, lead_time) else { continue };
            match due {
                Due::NotBelieved { overdue_days } => {
                    let about = Subject::pool(&self.inputs.names, pool.sku, pool.location);
                    exceptions.push(not_believed(order, overdue_days, about));
                }
                Due::In { .. } => {}
            }
            let terms = order.supplier.and_then(|supplier| {
                self.market.ordered_terms(pool.id(), supplier, records.product.unit_cost)
            });
            lines.push(OpenLine { order, due, terms });
        }
        lines
    }

    fn note_lead_time(
        &self,
        records: &PoolRecords<'_, 'a>,
        lead_time: &Estimate,
        is_fed: bool,
        exceptions: &mut Vec<Exception>,
    ) {
        let pool = records.pool;
        if let Some(drift) = lead_time.drift {
            let about = Subject::pool(&self.inputs.names, pool.sku, pool.location);
            exceptions.push(drift.exception(about));
        }
        let supplied = is_fed || records.supply.is_some() || self.kits.is_kit(pool.sku);
        if !supplied && self.inputs.has("supply") {
            let about = Subject::pool(&self.inputs.names, pool.sku, pool.location);
            exceptions.push(no_supply(about));
        }
    }

    /// The lines of one pool, as suppliers take them and planners have decided.
    pub(crate) fn propose(
        &self,
        records: &PoolRecords<'_, 'a>,
        need: PoolNeed,
        exceptions: &mut Vec<Exception>,
    ) -> Vec<Line<'a>> {
        let waits = need.waits;
        let mut lines =
            self.market.propose(need, |supply| self.lead_days(records, supply), exceptions);
        if let Some(why) = waits {
            lines.iter_mut().for_each(|line| hold_back(line, why));
        }
        self.heed_decisions(records, &mut lines);
        lines
    }

    /// Lines that a planner has rejected, snoozed or set by hand are what they decided.
    fn heed_decisions(&self, records: &PoolRecords<'_, 'a>, lines: &mut Vec<Line<'_>>) {
        let pool = records.pool;
        for line in lines.iter_mut() {
            let supplier = line.supplier();
            if let Some(quiet) = self.standing.quiet(pool.sku, pool.location, supplier) {
                set_aside(line, &quiet.why);
            }
            // Approved this morning, a line is decided: the same one a second time could not be
            // approved, and its order is for tomorrow.
            let today = records.pending.iter().filter(|approved| {
                approved.approved_on == self.market.as_of
                    && approved.transit_days.is_none()
                    && approved.supplier == supplier
            });
            let approved: Units = today.map(|approved| approved.quantity).sum();
            if supplier.is_some() && approved.is_positive() {
                set_aside(line, &format!("{approved} units were approved this morning"));
            }
        }
        if let Some(wanted) = records.by_hand.quantity {
            set_by_hand(lines, wanted);
        }
    }

    pub(super) fn need(
        &self,
        records: &PoolRecords<'_, 'a>,
        plan: &PoolPlan,
        now: &Situation<'_>,
        lead_days: f64,
    ) -> PoolNeed {
        let PoolRecords { pool, product, .. } = *records;
        let shortfall = if plan.need > 0.0 {
            // Sourcing weighs a dearer supplier against what is short until the slowest one
            // arrives, and some days after.
            let offered = self.market.supply_of(pool.sku, pool.location);
            let slowest = offered
                .map(|s| self.lead_times.estimate(s, pool.location).lead_time.mean_days())
                .fold(lead_days, f64::max);
            now.shortfall_curve(slowest + self.plan.purchase.risk_days)
        } else {
            Vec::new()
        };
        let position = plan.whole_position();
        PoolNeed {
            sku: pool.sku,
            location: pool.location,
            step: product.step(),
            status: plan.status,
            urgency: plan.urgency,
            order_by: plan.order_by,
            safety_date: plan.safety_date,
            usual: records.supply.map(|supply| supply.supplier),
            unserved: plan.unserved,
            moved_in: Units::ZERO,
            sells_in_time: plan.sells_in_time,
            stockout_date: plan.stockout_date,
            stockout_probability: plan.stockout_probability,
            on_hand: records.shelf.on_hand,
            available: records.available,
            on_order: plan.whole_on_order(),
            inventory_position: position,
            need: plan.need,
            fed: false,
            echelon: false,
            max_stock: product.max_stock,
            waits: plan.waits,
            room: product.max_stock.map(|most| (most - position).or_zero()),
            daily_demand: now.outlook.per_day(DAILY_DEMAND_DAYS),
            dated: DatedDemand::new(self.plan.purchase.max_cover_days, |days| {
                now.outlook.mean_until(days)
            }),
            margin: records.economics.margin_or_zero(),
            shortfall,
            unit_cost: product.unit_cost,
            weight: product.weight,
            volume: product.volume,
            previous: Self::previous_quantities(records),
            protection: plan.protection.clone(),
            reason: plan.reason.clone(),
            steps: plan.steps.clone(),
        }
    }

    fn allocate(
        &self,
        records: &PoolRecords<'_, 'a>,
        forecast: &PoolForecast,
        plan: &PoolPlan,
        place: &Place,
        exceptions: &mut Vec<Exception>,
    ) -> (Vec<Allocation>, Vec<ChannelFinding>) {
        let pool = records.pool;
        let demand: Vec<ChannelDemand> = self
            .channels_of(pool)
            .into_iter()
            .map(|channel| self.channel_demand(records, channel, forecast))
            .collect();
        let stock = allocate::PoolStock {
            sku: pool.sku,
            location: pool.location,
            available: place.to_offer,
            reorder_point: place.low_at,
            step: records.product.step(),
        };
        let context = allocate::Context {
            names: &self.inputs.names,
            settings: &self.plan.allocation,
            as_of: self.market.as_of,
        };
        if !self.inputs.stock_of_is_known(pool.id()) {
            return (allocate::of_unknown_stock(&stock, &demand, &context), Vec::new());
        }
        let rows = allocate::allocate(&stock, &demand, &context, exceptions);
        let worth = Worth {
            unit_cost: records.economics.landed_cost.unwrap_or_default(),
            days_to_arrival: plan.policy.lead_time_mean,
        };
        let findings = balance::findings(&demand, &rows, &worth, &self.plan.allocation);
        (rows, findings)
    }

    /// Channels that take part in `pool`.
    pub(crate) fn channels_of(&self, pool: &Pool) -> Vec<ChannelId> {
        self.presence.channels(pool, &self.inputs.panel, |channel| {
            self.terms(pool, channel).reserve().is_some() || self.listed(pool, channel).is_some()
        })
    }

    /// What `channel` has agreed on for the item.
    pub(crate) fn terms(&self, pool: &Pool, channel: ChannelId) -> ChannelTerms<'a> {
        ChannelTerms {
            channel: &self.inputs.channels[channel.index()],
            item: self.inputs.channel_items.get((pool.sku, channel)),
        }
    }

    /// What can be promised of the item at every location where `channel` takes part.
    fn over_locations(&self, pool: &Pool, channel: ChannelId) -> Locations {
        let mut locations = Locations::default();
        for other in self.inputs.panel.pools_of(pool.sku) {
            let is_here = other.location == pool.location;
            if !is_here && !self.channels_of(other).contains(&channel) {
                continue;
            }
            let p = self.inputs.panel.position(other).expect("a pool of the panel");
            if is_here {
                locations.at = locations.available.len();
            }
            let promised = self.kit_night.promised(p);
            locations.available.push(promised.unwrap_or_else(|| self.shelves[p].promisable()));
        }
        locations
    }

    /// What `channel` shows of the item now.
    fn listed(&self, pool: &Pool, channel: ChannelId) -> Option<Units> {
        Some(self.inputs.listings.get((pool.sku, channel))?.listed)
    }

    fn channel_demand(
        &self,
        records: &PoolRecords<'_, 'a>,
        channel: ChannelId,
        forecast: &PoolForecast,
    ) -> ChannelDemand {
        let pool = records.pool;
        let panel = &self.inputs.panel;
        let days = panel.calendar().bucket().days();
        let mut series = pool.series.clone().zip(&forecast.series);
        let own = series.find(|(i, _)| panel.key(*i).channel == channel);
        let last = self.last.and_then(|last| {
            let row = last.allocation.get(&(pool.id(), channel))?;
            Some(Previous { share: row.share, paused: row.action == ChannelAction::Pause })
        });
        let terms = self.terms(pool, channel);
        let mut locations = Locations::default();
        if terms.reserve().or(terms.cap()).is_some() {
            locations = self.over_locations(pool, channel);
        }
        ChannelDemand::of(ChannelFacts {
            channel,
            terms,
            economics: records.economics,
            step: records.product.step(),
            available: &locations.available,
            at: locations.at,
            demand: own.map(|(_, forecast)| forecast.daily_demand(days)).unwrap_or_default(),
            listed: self.listed(pool, channel),
            previous: last,
        })
    }
}

//! The night of one item whose locations feed each other, in the order of the network: levels from
//! the leaves up, purchases at the roots, sharing from the roots down, then each location's own
//! channels from what is left. Everything is decided by `network`, `inventory` and `allocate`; here
//! they are given what the night knows.

use crate::allocate::shipments::{Shipped, Shipping, SourceStock, shipped};
use crate::domain::exceptions::{Effect, Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::ProductStatus;
use crate::domain::lanes::{Lane, LaneMode};
use crate::domain::order_calendar::OrderCalendar;
use crate::domain::outcome::{WEEKS, WeeklyNeed};
use crate::domain::units::{LocationId, Money, PoolId, Units};
use crate::forecast::PoolForecast;
use crate::inventory::facts::Hold;
use crate::inventory::{self, Outlook, PoolFacts, PoolPlan};
use crate::math::distributions::Demand;
use crate::network::ageing::{Fees, Resting, Stay, will_be_charged};
use crate::network::guaranteed_service::{Fed, HoldOrPass, Holder, advised};
use crate::network::share::packs;
use crate::network::time_phased::{self, Phased};
use crate::network::topology::Topology;
use crate::network::who_buys::Paths;
use crate::network::{self, Interval, Mode, Network, PlaceNight, Supply};
use crate::purchase::PoolNeed;
use crate::run::backups::{Backup, Item, Sooner};
use crate::run::fees::fees_at;
use crate::run::night::{
    DAILY_DEMAND_DAYS, ItemLanes, LaneInUse, Night, Place, PlannedPool, Prospect,
};
use crate::run::ways::Ways;
use chrono::NaiveDate;
use std::ops::Range;

/// Fees for age are told a quarter ahead: time enough to sell units off.
const TOLD_AHEAD_DAYS: f64 = 91.0;
/// Part of a year's cost from which another way into a place is told: below it, what is not counted
/// (safety stock, people's work) may be more.
const CLEARLY_CHEAPER: f64 = 0.02;

impl<'a> Night<'a> {
    /// The lanes between the pools of one item: into each the one that is asked first.
    pub(super) fn lanes_in_use(&self, pools: Range<usize>) -> Vec<LaneInUse<'a>> {
        let mut lanes = Vec::new();
        let all = self.inputs.panel.pools();
        let sku = all[pools.start].sku;
        // A kit is packed where it is sold: its parts travel.
        if self.inputs.lanes.is_empty() || self.kits.is_kit(sku) {
            return lanes;
        }
        for to in pools.clone() {
            let Some(lane) = self.ways().usual_lane(to) else { continue };
            let source = self.inputs.panel.position((sku, lane.from));
            if let Some(from) = source.filter(|p| pools.contains(p)) {
                lanes.push(LaneInUse { from: from - pools.start, to: to - pools.start, lane });
            }
        }
        lanes
    }

    /// Lanes between the pools of one item beside those `in_use`, by destination and role: who else
    /// could send where the usual source cannot help in time.
    pub(super) fn backup_lanes(
        &self,
        pools: Range<usize>,
        in_use: &[LaneInUse<'a>],
    ) -> Vec<LaneInUse<'a>> {
        let mut backups = Vec::new();
        let all = self.inputs.panel.pools();
        let sku = all[pools.start].sku;
        if self.inputs.lanes.is_empty() || self.kits.is_kit(sku) {
            return backups;
        }
        for to in pools.clone() {
            for lane in self.inputs.lanes.into_pool(sku, all[to].location) {
                let to = to - pools.start;
                let is_used = in_use.iter().any(|used| used.to == to && used.lane == lane);
                let source = self.inputs.panel.position((sku, lane.from));
                if let Some(from) = source.filter(|p| !is_used && pools.contains(p)) {
                    backups.push(LaneInUse { from: from - pools.start, to, lane });
                }
            }
        }
        backups
    }

    /// Which way goods come to a pool.
    fn ways(&self) -> Ways<'_, 'a> {
        Ways {
            inputs: self.inputs,
            market: &self.market,
            classes: self.classes,
            policy: &self.plan.policy,
        }
    }

    /// The next day on which something leaves by `lane`.
    pub(super) fn departs(&self, lane: &Lane) -> Option<NaiveDate> {
        OrderCalendar::of_lane(lane).next_order_day(self.market.as_of)
    }

    /// Who should buy: told where roles say one way and a year's money clearly the other.
    pub(super) fn who_should_buy(&self, pools: Range<usize>) -> Vec<Exception> {
        let mut told = Vec::new();
        if self.inputs.lanes.is_empty() || pools.len() < 2 {
            return told;
        }
        for p in pools {
            let pool = &self.inputs.panel.pools()[p];
            let into = self.inputs.lanes.into_pool(pool.sku, pool.location);
            let Some(&lane) = into.first() else { continue };
            let mut rows = self.market.supply_of(pool.sku, pool.location);
            let own = rows.find(|row| row.location == Some(pool.location));
            // Of equal roles the lane is asked first, as everywhere; only where somebody set one
            // above the other is there a choice to question.
            let Some(own) = own.filter(|own| own.role != lane.role) else { continue };
            let Some(paths) = self.ways().paths(p, lane, own) else { continue };
            let buys = own.role < lane.role;
            let more = paths.direct - paths.through;
            let saved = if buys { more } else { -more };
            if saved < CLEARLY_CHEAPER * paths.direct.min(paths.through) {
                continue;
            }
            let names = &self.inputs.names;
            let [here, source] = [pool.location, lane.from].map(|place| names.location(place));
            let supplier = &names.suppliers[own.supplier.index()];
            let Paths { direct, through, .. } = paths;
            let what = match buys {
                true => format!(
                    "{here} buys from {supplier}, which costs {direct:.0} a year; sent by \
                     {source} it would cost {through:.0}"
                ),
                false => format!(
                    "{source} sends to {here}, which costs {through:.0} a year; bought there from \
                     {supplier} it would cost {direct:.0}"
                ),
            };
            let why = "goods, orders, lines and carrying what is bought or sent at a time; the \
                       column role of lanes and supply says who is asked first";
            let about = Subject::pool(names, pool.sku, pool.location);
            let kind = ExceptionKind::WhoBuys;
            let told_one = Exception::new(Severity::Info, kind, about, what, why);
            told.push(told_one.with_effect(Effect::Money(Money::from_f64(saved))));
        }
        told
    }

    /// Plans the pools of one item together.
    pub(super) fn plan_network(
        &self,
        pools: Range<usize>,
        forecasts: &[PoolForecast],
        ItemLanes { in_use: lanes, backups }: ItemLanes<'_, 'a>,
        exceptions: &mut Vec<Exception>,
    ) -> Vec<PlannedPool<'a>> {
        let mut prospects = Vec::with_capacity(pools.len());
        for (i, p) in pools.clone().enumerate() {
            let inbound = lanes.iter().find(|used| used.to == i).map(|used| used.lane);
            prospects.push(self.prospect(p, &forecasts[i], inbound, exceptions));
        }
        pass_costs_on(&mut prospects, lanes);

        let overs: Vec<_> = prospects
            .iter()
            .map(|prospect| {
                move |from: f64, to: f64, variance: f64| self.over(prospect, from, to, variance)
            })
            .collect();
        let period_days = self.period_days();
        let mut outlooks = Vec::with_capacity(prospects.len());
        for (prospect, over) in prospects.iter().zip(&overs) {
            outlooks.push(Outlook { period_days, mean: &prospect.net.mean, over });
        }

        // From the leaves up: what steers each place, and where it stands.
        let network = self.network(&prospects, &outlooks, lanes);
        let topology = network.topology().expect("lanes that are no forest are refused");
        let mut nights = network.levels(&topology);
        let mut settled: Vec<Option<Settled<'_, '_>>> = Vec::new();
        settled.resize_with(prospects.len(), || None);
        // Units that each place and all below keep above what demand asks for. `[places]`
        let mut lifts = vec![0.0; prospects.len()];
        for i in topology.bottom_up() {
            let echelon = Echelon::of(i, &topology, &outlooks);
            let lifted = network.lifted_below(i, &lifts);
            let facts = self.network_facts(
                &prospects[i],
                &Among { network: &network, i, lifted },
                &nights,
                &echelon,
            );
            let over = |from: f64, to: f64, variance: f64| echelon.over(from, to, variance);
            let outlook = Outlook { period_days, mean: &echelon.mean, over: &over };
            let plan = inventory::plan_pool(&facts, outlook, &self.plan.policy);
            let night = &mut nights[i];
            night.level.reorder_point = plan.policy.reorder_point;
            night.level.order_up_to = plan.policy.order_up_to;
            if let Some(level) = &facts.network {
                let more = (plan.policy.reorder_point - level.reorder_point).max(0.0);
                lifts[i] = lifted + more;
            }
            if let Some(fresh) = plan.sells_in_time {
                night.level.keep_fresh(night.position + fresh);
            }
            if facts.held.is_some() {
                // Whoever is held asks for nothing.
                night.level.reorder_point = night.level.reorder_point.min(night.position);
            }
            settled[i] = Some(Settled { facts, plan, echelon });
        }
        let settled: Vec<Settled<'_, '_>> = settled.into_iter().flatten().collect();

        // From the roots down: what leaves today.
        let shares = network.share(&topology, &nights);
        let mut sent = vec![Units::ZERO; prospects.len()];
        let mut rows: Vec<Vec<Shipped>> = vec![Vec::new(); prospects.len()];
        for (n, used) in lanes.iter().enumerate() {
            let prospect = &prospects[used.to];
            let source = &network.places[used.from];
            let lane = &network.lanes[n];
            let facts = &prospect.facts;
            let quiet = self.quiet_move(prospect, used.lane.from);
            let row = shipped(&Shipping {
                names: &self.inputs.names,
                as_of: self.market.as_of,
                lane: used.lane,
                night: &shares[n],
                plan: &settled[used.to].plan,
                on_hand: prospect.records.shelf.on_hand,
                available: prospect.records.available,
                source: SourceStock {
                    stock: Units::floor(source.stock.max(0.0)),
                    next_arrival_days: source.next_arrival_days,
                    landed: prospects[used.from].records.economics.landed_cost,
                },
                pack: Units::floor(lane.pack),
                departs_in_days: lane.departs_in_days,
                lead_days: prospect.lead_time.lead_time.mean_days(),
                margin: network.places[used.to].margin,
                quiet: quiet.as_deref(),
                instead: None,
                worth: network.places[used.to].most.filter(|&most| facts.max_stock != Some(most)),
            });
            sent[used.from] += row.recommendation.quantity;
            rows[used.to].push(row);
        }
        // What is spare is known only once the usual lanes have been served.
        let mut sooner = Sooner { spare: Vec::new(), moved_in: vec![None; prospects.len()] };
        if !backups.is_empty() {
            sooner.spare = network.spare(&topology, &nights, &shares);
        }
        let item = Item { prospects: &prospects, network: &network, topology: &topology };
        for used in backups {
            let Settled { facts, plan, echelon } = &settled[used.to];
            let over = |from: f64, to: f64, variance: f64| echelon.over(from, to, variance);
            let outlook = Outlook { period_days, mean: &echelon.mean, over: &over };
            let now = facts.situation(outlook);
            let usual = lanes.iter().find(|lane| lane.to == used.to);
            let by = Backup { used, usual, night: &nights[used.to], plan, now: &now };
            if let Some(row) = self.by_backup(&item, &by, &rows[used.to], &mut sooner) {
                sent[used.from] += row.recommendation.quantity;
                if let Some(first) = rows[used.to].first_mut() {
                    let source = self.inputs.names.location(used.lane.from);
                    let units = row.recommendation.quantity;
                    let told = format!("; {units} come from {source} instead");
                    // Told on the line that stayed short as well: a planner who reads only that one
                    // would order the rest again.
                    first.recommendation.reason.push_str(&told);
                }
                rows[used.to].push(row);
            }
        }

        let fees: Vec<Fees> = prospects.iter().map(|prospect| self.fees(prospect)).collect();
        let held = Held { network: &network, outlooks: &outlooks, fees: &fees };
        let gross = gross_needs(&topology, &network, &nights, &settled, &outlooks);
        // What places buy to last until they can be sent something; their source need not buy it.
        let mut bridges: Vec<Option<PoolNeed>> = Vec::with_capacity(prospects.len());
        for (i, Settled { facts, plan, echelon }) in settled.iter().enumerate() {
            let over = |from: f64, to: f64, variance: f64| echelon.over(from, to, variance);
            let outlook = Outlook { period_days, mean: &echelon.mean, over: &over };
            let mut bridge = None;
            if let Some(used) = lanes.iter().find(|used| used.to == i) {
                let now = facts.situation(outlook);
                let by = Backup { used, usual: Some(used), night: &nights[i], plan, now: &now };
                bridge = self.by_supplier(&item, &by, &rows[i]);
            }
            bridges.push(bridge);
        }
        let mut bought_below = vec![0.0; prospects.len()];
        for place in topology.bottom_up() {
            if let Some(used) = lanes.iter().find(|used| used.to == place) {
                let own = bridges[place].as_ref().map_or(0.0, |need| need.need);
                // All the way up: what is bought two links below need not be bought at the root
                // either.
                bought_below[used.from] += bought_below[place] + own;
            }
        }

        // Each location's own channels, from what is left; then purchases and open orders.
        let mut planned = Vec::with_capacity(prospects.len());
        for (i, (p, settled)) in pools.zip(settled).enumerate() {
            let Settled { facts, plan, echelon } = settled;
            let prospect = &prospects[i];
            let inbound = topology.inbound(i);
            let over = |from: f64, to: f64, variance: f64| echelon.over(from, to, variance);
            let outlook = Outlook { period_days, mean: &echelon.mean, over: &over };
            let place = Place {
                buys: inbound.is_none(),
                bridge: bridges[i].take(),
                bought_below: bought_below[i],
                moved_in: sooner.moved_in[i].clone(),
                in_network: echelon.is_shared() || inbound.is_some(),
                lies_here: echelon.is_shared().then(|| {
                    let place = &network.places[i];
                    Units::ceil(place.stock + place.on_way) - sent[i]
                }),
                // What leaves this morning cannot be promised to anybody at the place that it
                // leaves.
                to_offer: (self.to_offer(p, prospect, &outlooks[i]) - sent[i]).or_zero(),
                // Channels of a source are told of its own shelf, not of its echelon.
                low_at: if echelon.is_shared() {
                    outlooks[i].mean_until(prospect.lead_time.lead_time.mean_days())
                } else {
                    plan.policy.reorder_point
                },
            };
            if !self.inputs.ageing_fees.is_empty() {
                exceptions.extend(self.growing_old(prospect, &outlooks[i]));
            }
            let mut done = self.finish(prospect, &facts, outlook, plan, place, exceptions);
            done.gross_needs = gross[i];
            done.hold_or_pass = hold_or_pass(i, &topology, &held);
            done.shipped = std::mem::take(&mut rows[i]);
            planned.push(done);
        }
        planned
    }

    /// The places of an item and the lanes between them, as the network's arithmetic reads them.
    fn network<'n>(
        &'n self,
        prospects: &[Prospect<'n, 'a>],
        outlooks: &'n [Outlook<'n>],
        lanes: &[LaneInUse<'a>],
    ) -> Network<'n> {
        let settings = &self.plan.network;
        let mut places = Vec::with_capacity(prospects.len());
        for (i, (prospect, outlook)) in prospects.iter().zip(outlooks).enumerate() {
            let facts = &prospect.facts;
            let location = &self.inputs.locations[facts.location.index()];
            let is_fed = lanes.iter().any(|used| used.to == i);
            let name = self.inputs.names.location(facts.location);
            let sells = prospect.net.mean.iter().any(|&mean| mean > 0.0);
            let demand: Option<&'n dyn network::DemandAhead> =
                if sells { Some(outlook) } else { None };
            let arrivals = &facts.arrivals;
            places.push(network::night::Place {
                on_way: arrivals.iter().map(|arrival| arrival.quantity).sum(),
                next_arrival_days: arrivals.first().map(|arrival| arrival.days),
                holding_a_day: self.holding_a_day(prospect),
                margin: self.at_stake(prospect),
                // A place without a rank comes after all that have one.
                priority: location
                    .priority
                    .map_or(i32::MAX, |rank| i32::try_from(rank).unwrap_or(i32::MAX)),
                // Kept for the source's own customers, whoever else asks.
                reserve: settings.reserve_days * outlook.per_day(DAILY_DEMAND_DAYS),
                most: self.most(prospect, outlook, lanes.iter().find(|used| used.to == i)),
                supply: if is_fed { None } else { Some(self.supply(prospect)) },
                ..network::night::Place::new(name, demand, facts.stock.net())
            });
        }
        let mut used = Vec::with_capacity(lanes.len());
        for LaneInUse { from, to, lane } in lanes {
            let calendar = OrderCalendar::of_lane(lane);
            let lead_time = prospects[*to].lead_time.lead_time;
            let departs = self.departs(lane);
            let interval = Interval {
                lead_days: lead_time.mean_days(),
                lead_sd_days: lead_time.sd_days(),
                // The gap that lies ahead, not the mean one: before a closed week more must leave.
                review_days: calendar.gap_days(self.market.as_of),
            };
            let product = prospects[*to].records.product;
            let pack = lane.pack_size.or(product.case_size).unwrap_or(product.step());
            used.push(network::Lane {
                departs_in_days: departs.map(|day| (day - self.market.as_of).num_days() as f64),
                pack: pack.max(Units::LEAST).as_f64(),
                minimum: lane.minimum.as_f64(),
                maximum: lane.maximum.map(Units::as_f64),
                line_cost: lane.cost_per_line.as_f64(),
                mode: match lane.mode {
                    LaneMode::Hold => Mode::Hold,
                    LaneMode::Push => Mode::Push,
                },
                received: match lane.mode {
                    LaneMode::Hold => None,
                    LaneMode::Push => self.received(&prospects[*from], lane),
                },
                ..network::Lane::new(*from, *to, interval)
            });
        }
        Network { places, lanes: used, rule: settings.share, level_shift: settings.level_shift }
    }

    /// Units that the source of a push lane has received since something last left by it; `None`
    /// where its receipts are not written down.
    fn received(&self, source: &Prospect<'_, 'a>, lane: &Lane) -> Option<f64> {
        let yesterday = self.market.as_of.pred_opt()?;
        let since = OrderCalendar::of_lane(lane).last_order_day(yesterday);
        let mut received = None;
        for order in source.records.orders {
            let Some(day) = order.received else { continue };
            // A source that has ever received anything and nothing since the last departure pushes
            // nothing on; of one without any receipt it is not known what there is to push.
            let units = received.get_or_insert(0.0);
            if since.is_none_or(|since| day >= since) {
                *units += order.received_quantity.unwrap_or(order.quantity).as_f64();
            }
        }
        received
    }

    /// Why nothing more is moved to a place from `source` today: a planner has put it off, or has
    /// decided how much this very morning.
    pub(super) fn quiet_move(
        &self,
        prospect: &Prospect<'_, 'a>,
        source: LocationId,
    ) -> Option<String> {
        let facts = &prospect.facts;
        if let Some(quiet) = self.standing.quiet_move(facts.sku, source, facts.location) {
            return Some(quiet.why.clone());
        }
        let today = prospect.records.pending.iter().filter(|approved| {
            approved.approved_on == self.market.as_of && approved.from == Some(source)
        });
        let approved: Units = today.map(|approved| approved.quantity).sum();
        approved.is_positive().then(|| format!("{approved} units were approved this morning"))
    }

    /// What a unit is charged where it lies.
    fn fees(&self, prospect: &Prospect<'_, 'a>) -> Fees {
        fees_at(self.inputs, prospect.records.product, prospect.facts.location)
    }

    /// What is to be told of units that lie at a place and will be charged for their age before
    /// they are sold; `None` where no lot says how old it is.
    fn growing_old(&self, prospect: &Prospect<'_, 'a>, outlook: &Outlook<'_>) -> Option<Exception> {
        let as_of = self.market.as_of;
        let PoolFacts { sku, location, .. } = prospect.facts;
        let charges = self.fees(prospect).charges;
        let mut lots = Vec::new();
        for lot in self.inputs.lots.of(PoolId { sku, location }) {
            if let Some(received) = lot.received.filter(|_| !charges.is_empty()) {
                let age_days = (as_of - received).num_days() as f64;
                lots.push(Resting { age_days, units: lot.quantity.as_f64() });
            }
        }
        // The oldest first, as they are sold.
        lots.sort_by(|a, b| b.age_days.total_cmp(&a.age_days));
        let aged = will_be_charged(&lots, &charges, outlook, TOLD_AHEAD_DAYS);
        // Half a unit expected to be charged is told as one.
        let units = Units::nearest(aged.units);
        if !units.is_positive() {
            return None;
        }
        let lie: f64 = lots.iter().map(|lot| lot.units).sum();
        let what = format!(
            "{units} of {lie:.0} units will be charged for their age within \
             {TOLD_AHEAD_DAYS:.0} days, {:.2} a month",
            aged.fees
        );
        let first = as_of + chrono::Duration::days(aged.first_in_days as i64);
        let why = format!(
            "the oldest are sold first, and demand does not reach these before {first}: sell them \
             off, or take them back"
        );
        let about = Subject::pool(&self.inputs.names, sku, location);
        let kind = ExceptionKind::AgesBeforeSale;
        let told = Exception::new(Severity::Warning, kind, about, what, why);
        Some(told.with_effect(Effect::Money(Money::from_f64(aged.fees))))
    }

    /// Most units to hold in a place: what its product says, and no unit that pays more for room
    /// and age than it earns.
    fn most(
        &self,
        prospect: &Prospect<'_, 'a>,
        outlook: &Outlook<'_>,
        inbound: Option<&LaneInUse<'a>>,
    ) -> Option<f64> {
        let facts = &prospect.facts;
        let Some(used) = inbound else { return facts.max_stock };
        let lead_time = prospect.lead_time.lead_time.mean_days();
        let stay = Stay {
            demand: outlook,
            margin: self.at_stake(prospect),
            // Until the next shipment can be there: what it could bring in time need not lie here
            // and pay.
            covered_days: lead_time + OrderCalendar::of_lane(used.lane).mean_gap_days(),
            fees: &self.fees(prospect),
        };
        stay.most_worth().into_iter().chain(facts.max_stock).reduce(f64::min)
    }

    /// Cost of a unit and day in a location, currency units: what is tied up, and storage.
    fn holding_a_day(&self, prospect: &Prospect<'_, 'a>) -> f64 {
        self.tied_up_a_day(prospect) + self.fees(prospect).storage_a_day
    }

    fn tied_up_a_day(&self, prospect: &Prospect<'_, 'a>) -> f64 {
        let location = &self.inputs.locations[prospect.facts.location.index()];
        let cost = prospect.records.economics.landed_cost.unwrap_or_default().as_f64();
        match (location.holding_rate_per_year, self.plan.policy.holding_per_unit_period) {
            // The place's own rate before the policy's: shelves in a city cost more than pallets in
            // a depot.
            (Some(rate), _) => rate * cost / 365.0,
            (None, Some(holding)) => holding / self.period_days(),
            (None, None) => self.plan.policy.holding_rate_per_year * cost / 365.0,
        }
    }

    /// Lost with a unit not sold, currency units.
    fn at_stake(&self, prospect: &Prospect<'_, 'a>) -> f64 {
        let margin = prospect.records.economics.margin().map(Money::as_f64);
        // What a lost sale costs, as it was set; else the margin that goes with it.
        self.plan.policy.shortage_per_unit.or(margin).unwrap_or(0.0)
    }

    /// How a place buys.
    fn supply(&self, prospect: &Prospect<'_, 'a>) -> Supply {
        let facts = &prospect.facts;
        let lead_time = facts.lead_time;
        let policy = &self.plan.policy;
        let cell = policy.cell(facts.abc, facts.xyz);
        let review = cell.review_period_days.unwrap_or(policy.review_period_days);
        let chances = facts.calendar.opportunities(facts.as_of, lead_time.mean_days(), review);
        let interval = Interval {
            lead_days: chances.next.arrival,
            lead_sd_days: lead_time.sd_days(),
            review_days: chances.after.arrival - chances.next.arrival,
        };
        let crossing_days2 = facts.deliveries.under_way(lead_time, interval.review_days);
        let least = prospect.records.supply.map_or(Units::ZERO, |row| row.minimum_order);
        Supply { interval, crossing_days2, lot: least.as_f64() }
    }

    /// What is known of place `i` once its network has given it a level.
    fn network_facts(
        &self,
        prospect: &Prospect<'_, 'a>,
        among: &Among<'_, '_>,
        nights: &[PlaceNight],
        echelon: &Echelon<'_, '_>,
    ) -> PoolFacts<'a> {
        let Among { network, i, lifted } = *among;
        let mut facts = prospect.facts.clone();
        let place = &network.places[i];
        let night = &nights[i];
        let inbound = network.lanes.iter().find(|lane| lane.to == i);
        if inbound.is_none() && !echelon.is_shared() {
            return facts;
        }
        facts.held = self.held_in_network(prospect, inbound.is_some());
        let below = night.position - place.stock - place.on_way;
        // A source is planned on its echelon: what lies below counts as its own, since it need not
        // be bought again.
        facts.stock.available += below;
        facts.stock.on_hand += below;
        let steering = network.steering(i, night, &facts, &self.plan.policy, lifted);
        facts.network = Some(steering);
        facts
    }

    /// Why a place is not replenished. What is sold off or no longer ordered is moved all the same:
    /// it sells better in a shop than in the warehouse.
    fn held_in_network(&self, prospect: &Prospect<'_, 'a>, is_fed: bool) -> Option<Hold> {
        let why = self.held(&prospect.records, true);
        let waits = prospect.records.product.status == ProductStatus::New;
        let pool = prospect.records.pool.id();
        why.filter(|_| !is_fed || waits || !self.inputs.stock_of_is_known(pool))
    }
}

/// A place among those of its item.
struct Among<'n, 'o> {
    network: &'n Network<'o>,
    i: usize,
    /// Units that those below keep above what demand asks for.
    lifted: f64,
}

/// A place whose level stands.
struct Settled<'n, 'a> {
    facts: PoolFacts<'a>,
    plan: PoolPlan,
    echelon: Echelon<'n, 'n>,
}

/// A place and all that it feeds: their demand together.
struct Echelon<'n, 'o> {
    outlooks: Vec<&'o Outlook<'n>>,
    /// Units a period. `[horizon]`
    mean: Vec<f32>,
}

impl<'n> Echelon<'n, 'n> {
    fn of(place: usize, topology: &Topology, outlooks: &'n [Outlook<'n>]) -> Self {
        let members = topology.with_all_below(place);
        let horizon = members.iter().map(|&m| outlooks[m].mean.len()).max().unwrap_or(0);
        let mut mean = vec![0.0; horizon];
        for &member in &members {
            for (sum, units) in mean.iter_mut().zip(outlooks[member].mean) {
                *sum += units;
            }
        }
        Self { outlooks: members.iter().map(|&m| &outlooks[m]).collect(), mean }
    }
}

impl<'n> Echelon<'n, '_> {
    /// Whether it is more than one place.
    fn is_shared(&self) -> bool {
        self.outlooks.len() > 1
    }

    /// Demand over the periods `from..to`, that of different places taken to be independent.
    fn over(&self, from: f64, to: f64, end_variance: f64) -> Demand {
        if let [own] = self.outlooks[..] {
            return (own.over)(from, to, end_variance);
        }
        let mut mean = 0.0;
        let mut variance = 0.0;
        for outlook in &self.outlooks {
            let demand = (outlook.over)(from, to, end_variance);
            mean += demand.mean();
            // Places count as independent: what moves all of them together is in the forecasts'
            // means.
            variance += demand.sd().powi(2);
        }
        Demand::count(mean, variance.sqrt())
    }
}

/// What each source is asked for week by week, by its own customers and by the places that it
/// feeds, each of which asks so that it never ends a week below its safety stock. `[places]`
fn gross_needs(
    topology: &Topology,
    network: &Network<'_>,
    nights: &[PlaceNight],
    settled: &[Settled<'_, '_>],
    outlooks: &[Outlook<'_>],
) -> Vec<Option<[WeeklyNeed; WEEKS]>> {
    let mut of_source = vec![None; nights.len()];
    // What each place asks of its own source. `[places][weeks]`
    let mut asks: Vec<Vec<f64>> = vec![Vec::new(); nights.len()];
    for p in topology.bottom_up() {
        let mut weeks = [WeeklyNeed::default(); WEEKS];
        for (w, week) in weeks.iter_mut().enumerate() {
            let days = |weeks: usize| 7.0 * weeks as f64;
            week.own = outlooks[p].mean_until(days(w + 1)) - outlooks[p].mean_until(days(w));
            for &lane in topology.outbound(p) {
                week.places += asks[network.lanes[lane].to][w];
            }
            for arrival in &settled[p].facts.arrivals {
                if (days(w)..days(w + 1)).contains(&arrival.days) {
                    week.comes += arrival.quantity;
                }
            }
        }
        if topology.is_source(p) {
            of_source[p] = Some(weeks);
        }
        if let Some(lane) = topology.inbound(p).map(|lane| &network.lanes[lane]) {
            let place = Phased {
                on_hand: network.places[p].stock,
                safety_stock: settled[p].plan.policy.safety_stock,
                lot: packs(nights[p].level.lot.max(1.0), lane.pack),
                // Requirements are told by the week, as time-phased plans are.
                lead: (lane.interval.lead_days / 7.0).round() as usize,
            };
            let gross: Vec<f64> = weeks.iter().map(|week| week.own + week.places).collect();
            let scheduled: Vec<f64> = weeks.iter().map(|week| week.comes).collect();
            asks[p] = time_phased::plan(&place, &gross, &scheduled).releases;
        }
    }
    of_source
}

/// What stock costs at the places of an item.
struct Held<'h, 'o> {
    network: &'h Network<'o>,
    outlooks: &'h [Outlook<'o>],
    /// `[places]`
    fees: &'h [Fees],
}

impl Held<'_, '_> {
    /// Place `p`, which holds stock for the demand of `members`.
    fn at(&self, p: usize, members: &[usize]) -> Holder<'_> {
        let mut per_day = 0.0;
        let mut variance = 0.0;
        for &member in members {
            per_day += self.outlooks[member].per_day(DAILY_DEMAND_DAYS);
            variance += daily_sd(&self.outlooks[member]).powi(2);
        }
        Holder {
            holding: 365.0 * self.network.places[p].holding_a_day,
            per_day,
            sd: variance.sqrt(),
            fees: &self.fees[p],
        }
    }
}

/// What safety stock at place `i` costs a year, and what it costs the places that it feeds when it
/// has none; `None` where it feeds nobody or no cost is known.
fn hold_or_pass(i: usize, topology: &Topology, held: &Held<'_, '_>) -> Option<HoldOrPass> {
    let network = held.network;
    let place = &network.places[i];
    if !topology.is_source(i) || place.holding_a_day <= 0.0 {
        return None;
    }
    let mut fed = Vec::with_capacity(topology.outbound(i).len());
    for &lane in topology.outbound(i) {
        let lane = &network.lanes[lane];
        // What a regional warehouse is asked for is what all below it sell.
        let members = topology.with_all_below(lane.to);
        let at = held.at(lane.to, &members);
        fed.push(Fed { at, days: lane.interval.days() });
    }
    let inbound = topology.inbound(i).map(|lane| network.lanes[lane].interval);
    let interval = inbound.or(place.supply.map(|supply| supply.interval))?;
    Some(advised(&held.at(i, &[i]), interval.days(), &fed))
}

/// Standard deviation of a day's demand, units, as four weeks of it have it.
fn daily_sd(outlook: &Outlook<'_>) -> f64 {
    let demand = outlook.demand_until_about(0.0, DAILY_DEMAND_DAYS, 0.0);
    // Days count as independent, so that the variance of four weeks is that of a day times their
    // number.
    if demand.mean() > 0.0 { demand.sd() / DAILY_DEMAND_DAYS.sqrt() } else { 0.0 }
}

/// A place that nobody says a cost for has that of its source, and the way.
fn pass_costs_on(prospects: &mut [Prospect<'_, '_>], lanes: &[LaneInUse<'_>]) {
    // As often as the longest chain of lanes has links.
    for _ in lanes {
        for used in lanes {
            let source = prospects[used.from].records.economics.landed_cost;
            let own = &mut prospects[used.to].records.economics.landed_cost;
            if own.is_none() {
                *own = source.map(|cost| cost + used.lane.cost_per_unit);
            }
        }
    }
}

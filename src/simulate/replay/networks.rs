//! Items whose pools feed each other: what leaves by which lane, and what the roots must buy.
//!
//! Levels are found at each refresh, by the arithmetic of the night ([`crate::network`]); every
//! period on which something may leave, each source's stock is shared out. As a benchmark a
//! candidate may serve requests first come first served instead, kept until they are served.

use super::{Level as Steering, Replay, State, Wish, date_of, facts, whole_units};
use crate::domain::units::Units;
use crate::inventory::order_calendar::OrderCalendar;
use crate::inventory::outlook::units_until;
use crate::inventory::reorder_point::network_service;
use crate::inventory::{Arrival, PastDemand};
use crate::math::distributions::Demand;
use crate::network::backup::{Bridge, bridge};
use crate::network::levels::{self, crossing_of};
use crate::network::night::{Lane, LaneNight, Network, Place, PlaceNight, Supply};
use crate::network::share::packs;
use crate::network::topology::{BadLanes, Ends, Topology};
use crate::network::{DemandAhead, Interval, Level, Rule as Sharing};
use crate::simulate::{Candidate, FedBy, PoolOutlook, ReplayPool, Rule, Serving, Settings};

/// The pools of one item that feed each other.
#[derive(Debug, Clone)]
pub(super) struct ItemNetwork {
    /// Positions of its pools.
    pools: Vec<usize>,
    /// Pools that are fed, by their lane: positions among `pools`.
    fed: Vec<usize>,
    topology: Topology,
}

/// What one candidate has decided about one network.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    /// `[pools]`
    levels: Vec<Level>,
    /// Requests that wait, the oldest first; none where stock is shared out.
    requests: Vec<Request>,
}

/// What a place has asked for and not been sent.
#[derive(Debug, Clone, Copy)]
struct Request {
    lane: usize,
    units: f64,
}

/// An outlook that was made some periods ago.
struct Ahead<'a> {
    outlook: &'a PoolOutlook,
    passed: f64,
    period_days: f64,
}

impl Ahead<'_> {
    fn sells(&self) -> bool {
        self.outlook.mean.iter().any(|&units| units > 0.0)
    }
}

impl DemandAhead for Ahead<'_> {
    fn over(&self, from: f64, to: f64, end_sd: f64) -> Demand {
        let period = |days: f64| days / self.period_days + self.passed;
        (self.outlook.over)(period(from), period(to), (end_sd / self.period_days).powi(2))
    }

    fn mean_until(&self, days: f64) -> f64 {
        let until = |days: f64| {
            let passed = self.passed * self.period_days;
            units_until(&self.outlook.mean, self.period_days, passed + days)
        };
        until(days) - until(0.0)
    }
}

/// What another than the usual source sends.
#[derive(Debug, Clone, Copy)]
struct Bridging {
    /// The pool.
    to: usize,
    /// Which of its backups.
    lane: usize,
    units: f64,
}

/// Where a pool stands: in which network, and which place of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    network: usize,
    place: usize,
}

/// The networks that `pools` form, by their first pool; who else could send belongs to them.
///
/// # Panics
/// If lanes are no forest: whoever reads them refuses that.
pub(super) fn networks(pools: &[ReplayPool]) -> Vec<ItemNetwork> {
    // Every pool under the root that feeds it; a chain has no more links than there are pools.
    let mut roots: Vec<usize> = (0..pools.len()).map(|pool| root_of(pools, pool)).collect();
    for pool in 0..pools.len() {
        for lane in &pools[pool].backups {
            let [one, other] = [roots[pool], roots[lane.source]];
            if one != other {
                roots.iter_mut().filter(|root| **root == other).for_each(|root| *root = one);
            }
        }
    }
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); pools.len()];
    for (pool, &root) in roots.iter().enumerate() {
        members[root].push(pool);
    }
    members.retain(|members| members.len() > 1);
    members.into_iter().map(|of_root| ItemNetwork::new(of_root, pools)).collect()
}

/// The pool that feeds `pool`, or whoever feeds it, and is bought for.
fn root_of(pools: &[ReplayPool], pool: usize) -> usize {
    let mut root = pool;
    let mut links = 0;
    while let Some(fed) = pools[root].fed.as_ref() {
        root = fed.source;
        links += 1;
        assert!(links <= pools.len(), "lanes that feed each other in a circle are refused");
    }
    root
}

/// Where each of `pools` pools stands.
pub(super) fn members(networks: &[ItemNetwork], pools: usize) -> Vec<Option<Member>> {
    let mut members = vec![None; pools];
    for (network, of) in networks.iter().enumerate() {
        for (place, &pool) in of.pools.iter().enumerate() {
            members[pool] = Some(Member { network, place });
        }
    }
    members
}

impl ItemNetwork {
    fn new(members: Vec<usize>, pools: &[ReplayPool]) -> Self {
        let mut fed = Vec::new();
        let mut ends = Vec::new();
        for (to, &pool) in members.iter().enumerate() {
            let Some(by) = &pools[pool].fed else { continue };
            let from = members.iter().position(|&other| other == by.source);
            ends.push(Ends { from: from.expect("a source is a member"), to });
            fed.push(to);
        }
        let topology = Topology::new(members.len(), &ends);
        let topology = topology.unwrap_or_else(|bad: BadLanes| {
            panic!("{}", bad.sentence(|place| pools[members[place]].name.clone()))
        });
        Self { pools: members, fed, topology }
    }
}

impl Replay<'_> {
    /// New levels for the pools of every network.
    pub(super) fn refresh_networks(&mut self, candidate: usize, outlooks: &[PoolOutlook]) {
        let policy = &self.candidates[candidate];
        for (n, network) in self.networks.iter().enumerate() {
            let ahead = self.ahead(network, outlooks);
            let mut levels = match &policy.rule {
                Rule::Inventory(_) => self.levels(candidate, network, &ahead, policy),
                Rule::MovingAverage { .. } => self.averages(candidate, network),
            };
            for (level, &pool) in levels.iter_mut().zip(&network.pools) {
                *level = self.pools[pool].level.unwrap_or(*level);
            }
            for (&pool, level) in network.pools.iter().zip(&levels) {
                let state = &mut self.states[candidate][pool];
                if !state.begun && self.pools[pool].initial.is_none() {
                    // A place begins with what it holds on average; a source with a review's
                    // demand of all, which its first purchases add to.
                    let own = self.pools[pool].fed.is_some();
                    state.on_hand = if own { level.reorder_point + 0.5 * level.lot } else { 0.0 };
                    state.on_hand = state.on_hand.round();
                }
                state.begun = true;
            }
            self.standings[candidate][n].levels = levels;
        }
    }

    /// Levels as the night finds them, at the service that the candidate's settings ask for.
    fn levels(
        &self,
        candidate: usize,
        network: &ItemNetwork,
        ahead: &[Ahead<'_>],
        policy: &Candidate,
    ) -> Vec<Level> {
        let planned = self.planned(candidate, network, ahead, &[]);
        let nights = planned.levels(&network.topology);
        let mut levels = Vec::with_capacity(nights.len());
        for (at, night) in nights.iter().enumerate() {
            levels.push(self.level_of(network, at, night, &planned, policy));
        }
        levels
    }

    fn level_of(
        &self,
        network: &ItemNetwork,
        at: usize,
        night: &PlaceNight,
        planned: &Network<'_>,
        policy: &Candidate,
    ) -> Level {
        let Rule::Inventory(settings) = &policy.rule else { return night.level };
        let pool = &self.pools[network.pools[at]];
        let as_of = date_of(self.settings, self.today());
        let past = PastDemand { average_per_day: 0.0, peak_per_day: 0.0 };
        let facts = facts(pool, network.pools[at], as_of, past);
        let place = &planned.places[at];
        let costs_known = place.holding_a_day > 0.0 && pool.unit_margin > 0.0;
        let by_cost = costs_known.then_some(night.level.service);
        let service = network_service(&facts, settings, by_cost);
        if by_cost == Some(service) {
            return night.level;
        }
        // Costs do not decide: the same demand at another service.
        let demand = match (&night.echelon, place.demand) {
            (Some(covered), Some(demand)) => covered.distribution(&demand.over(0.0, 1.0, 0.0)),
            (Some(covered), None) => covered.distribution(&Demand::Poisson { mean: 1.0 }),
            (None, Some(demand)) => {
                let lane = planned.lanes.iter().find(|lane| lane.to == at);
                let interval = lane.map(|lane| lane.interval).unwrap_or_default();
                demand.over(0.0, interval.days(), interval.lead_sd_days)
            }
            (None, None) => return night.level,
        };
        let reorder_point = levels::quantile(&demand, service);
        let order_up_to = reorder_point + night.level.lot.round();
        Level { service, reorder_point, order_up_to, ..night.level }
    }

    /// Levels of the benchmark: days of the recent average, a source's of all below.
    fn averages(&self, candidate: usize, network: &ItemNetwork) -> Vec<Level> {
        let mut up_to: Vec<f64> = network
            .pools
            .iter()
            .map(|&pool| match self.states[candidate][pool].level {
                Some(Steering::UpTo(units)) => units,
                Some(Steering::Targets(_)) | None => 0.0,
            })
            .collect();
        for at in network.topology.bottom_up() {
            for &lane in network.topology.outbound(at) {
                up_to[at] += up_to[network.fed[lane]];
            }
        }
        let level =
            |units: f64| Level { lot: 0.0, service: 0.5, reorder_point: units, order_up_to: units };
        up_to.into_iter().map(level).collect()
    }

    fn ahead<'o>(&self, network: &ItemNetwork, outlooks: &'o [PoolOutlook]) -> Vec<Ahead<'o>> {
        let passed = (self.now - self.refreshed) as f64;
        let period_days = self.settings.period_days;
        let of = |&pool: &usize| Ahead { outlook: &outlooks[pool], passed, period_days };
        network.pools.iter().map(of).collect()
    }

    /// The network as it stands; with `levels`, these steer it.
    fn planned<'n>(
        &'n self,
        candidate: usize,
        network: &ItemNetwork,
        ahead: &'n [Ahead<'n>],
        levels: &[Level],
    ) -> Network<'n> {
        let mut places = Vec::with_capacity(network.pools.len());
        for (at, (&pool, ahead)) in network.pools.iter().zip(ahead).enumerate() {
            let this = &self.pools[pool];
            let state = &self.states[candidate][pool];
            let demand: Option<&dyn DemandAhead> = if ahead.sells() { Some(ahead) } else { None };
            places.push(Place {
                on_way: state.on_way(),
                next_arrival_days: state.pipeline.first().map(|a| a.days - self.today()),
                holding_a_day: holding_a_period(this, self.settings) / self.settings.period_days,
                margin: self.settings.costs.shortage_per_unit.unwrap_or(this.unit_margin),
                most: this.max_stock,
                supply: this.fed.is_none().then(|| self.supply(this)),
                level: levels.get(at).copied(),
                ..Place::new(&this.name, demand, state.on_hand - state.backorders)
            });
        }
        let mut lanes = Vec::with_capacity(network.fed.len());
        for &to in &network.fed {
            let Some(fed) = &self.pools[network.pools[to]].fed else { continue };
            let from = network.pools.iter().position(|&pool| pool == fed.source);
            lanes.push(Lane {
                departs_in_days: self.departs_in(fed),
                pack: fed.pack,
                minimum: fed.minimum,
                maximum: fed.maximum,
                line_cost: fed.cost_per_line,
                ..Lane::new(from.unwrap_or(to), to, fed.interval())
            });
        }
        Network { places, lanes, rule: Sharing::Value, level_shift: 0.0 }
    }

    /// Days until a shipment leaves; 0 within the period it stands at.
    fn departs_in(&self, fed: &FedBy) -> Option<f64> {
        let today = date_of(self.settings, self.today());
        let next = OrderCalendar::of(&fed.departures).next_order_day(today)?;
        let days = (next - today).num_days() as f64;
        Some(if days < self.settings.period_days { 0.0 } else { days })
    }

    fn supply(&self, pool: &ReplayPool) -> Supply {
        let review_days = self.settings.review_every as f64 * self.settings.period_days;
        let lead_days = pool.lead_time.mean_days();
        let lead_sd_days = pool.lead_time.sd_days();
        Supply {
            interval: Interval { lead_days, lead_sd_days, review_days },
            crossing_days2: crossing_of(lead_days, lead_sd_days, review_days),
            lot: pool.lot.smallest().as_f64(),
        }
    }

    /// What the root `pool` of a network would order for all below; `None` where it is no root.
    pub(super) fn network_wish(&self, candidate: usize, pool: usize) -> Option<Wish> {
        let member = self.members[pool]?;
        let network = &self.networks[member.network];
        let level = self.standings[candidate][member.network].levels.get(member.place)?;
        let states = &self.states[candidate];
        let mut position = 0.0;
        let mut next = vec![member.place];
        while let Some(place) = next.pop() {
            position += states[network.pools[place]].position();
            next.extend(network.topology.outbound(place).iter().map(|&lane| network.fed[lane]));
        }
        let mut need = 0.0;
        if position < level.reorder_point {
            need = level.order_up_to - position;
        }
        let this = &self.pools[pool];
        let own = states[pool].position();
        let room = this.max_stock.map(|most| Units::floor((most - own).clamp(0.0, 1e15)));
        let days = self.supply(this).interval.days();
        let cover_days = days * position / level.order_up_to.max(1e-9);
        Some(Wish { pool, units: whole_units(need, this, room).as_f64(), cover_days })
    }

    /// What leaves in the period by the lanes of all networks.
    pub(super) fn ship(&mut self, candidate: usize, outlooks: &[PoolOutlook]) {
        for n in 0..self.networks.len() {
            let network = &self.networks[n];
            let ahead = self.ahead(network, outlooks);
            let standing = &self.standings[candidate][n];
            let planned = self.planned(candidate, network, &ahead, &standing.levels);
            let leaves_today = planned.lanes.iter().any(|lane| lane.departs_in_days == Some(0.0));
            let has_backups =
                network.pools.iter().any(|&pool| !self.pools[pool].backups.is_empty());
            if !leaves_today && !has_backups {
                continue;
            }
            let nights = planned.levels(&network.topology);
            let mut sent = Vec::with_capacity(network.fed.len());
            let mut bridges = Vec::new();
            match self.candidates[candidate].serving {
                Serving::Shares => {
                    let lanes = planned.share(&network.topology, &nights);
                    sent.extend(lanes.iter().map(|lane| lane.sent));
                    if has_backups {
                        bridges = self.bridges(candidate, network, &planned, &nights, &lanes);
                    }
                }
                Serving::FirstCome => {
                    let mut requests = standing.requests.clone();
                    sent = first_come(&planned, &nights, &mut requests);
                    self.standings[candidate][n].requests = requests;
                }
            }
            for (lane, units) in sent.into_iter().enumerate() {
                let to = self.networks[n].pools[self.networks[n].fed[lane]];
                if let Some(by) = self.pools[to].fed.clone().filter(|_| units > 0.0) {
                    self.send(candidate, to, &by, units);
                }
            }
            for Bridging { to, lane, units } in bridges {
                let by = self.pools[to].backups[lane].clone();
                self.send(candidate, to, &by, units);
            }
        }
    }

    /// What others send to places that their usual source leaves short, where it costs less than it
    /// saves: the rule of the night ([`crate::network::backup`]).
    fn bridges(
        &self,
        candidate: usize,
        network: &ItemNetwork,
        planned: &Network<'_>,
        nights: &[PlaceNight],
        lanes: &[LaneNight],
    ) -> Vec<Bridging> {
        let mut spare = planned.spare(&network.topology, nights, lanes);
        let mut bridges = Vec::new();
        for (at, &to) in network.pools.iter().enumerate() {
            let Some(usual) = &self.pools[to].fed else { continue };
            let Some(inbound) = network.topology.inbound(at) else { continue };
            let place = &planned.places[at];
            let Level { reorder_point, order_up_to, .. } = nights[at].level;
            let mut coming = lanes[inbound].sent;
            for (lane, by) in self.pools[to].backups.iter().enumerate() {
                let from = network.pools.iter().position(|&pool| pool == by.source);
                let Some(from) = from.filter(|&from| spare[from] > 0.0) else { continue };
                let position = nights[at].position;
                if position >= reorder_point || self.departs_in(by) != Some(0.0) {
                    continue;
                }
                let usual_days = planned.next_stock_days(&network.topology, at);
                let sooner_days = by.lead_time.mean_days();
                let sent = Arrival { days: usual.lead_time.mean_days(), quantity: coming };
                let state = &self.states[candidate][to];
                let lost_before_usual = self.lost_within(usual_days, state, place, sent);
                let lost_before_this = self.lost_within(sooner_days, state, place, sent);
                let bridged = bridge(&Bridge {
                    wanted: order_up_to - position - coming,
                    spare: spare[from],
                    saved: (lost_before_usual - lost_before_this).max(0.0),
                    margin: place.margin,
                    extra_cost: self.landed_by(by) - self.landed_by(usual),
                    line_cost: by.cost_per_line,
                    pack: by.pack,
                    minimum: by.minimum,
                    maximum: by.maximum,
                });
                if bridged.sent > 0.0 {
                    spare[from] -= bridged.sent;
                    coming += bridged.sent;
                    bridges.push(Bridging { to, lane, units: bridged.sent });
                }
            }
        }
        bridges
    }

    /// Units that a place is expected to lose within `days`, with what is on its way and what has
    /// just been `sent`.
    fn lost_within(&self, days: f64, state: &State, place: &Place<'_>, sent: Arrival) -> f64 {
        let Some(ahead) = place.demand else { return 0.0 };
        let due = state.pipeline.iter().filter(|arrival| arrival.days - self.today() < days);
        let mut there = place.stock + due.map(|arrival| arrival.quantity).sum::<f64>();
        if sent.days < days {
            there += sent.quantity;
        }
        ahead.over(0.0, days, 0.0).expected_shortfall(there)
    }

    /// Cost of a unit that comes by a lane.
    fn landed_by(&self, lane: &FedBy) -> f64 {
        self.pools[lane.source].unit_cost + lane.cost_per_unit
    }

    /// Puts `units` on their way to pool `to`.
    fn send(&mut self, candidate: usize, to: usize, fed: &FedBy, units: f64) {
        let today = self.today();
        let scored = self.scored();
        let states = &mut self.states[candidate];
        states[fed.source].on_hand -= units;
        let state = &mut states[to];
        let days = match self.settings.seed {
            Some(seed) => super::drawn(fed.lead_time, seed, to as u64, state.drawn),
            None => fed.lead_time.mean_days(),
        };
        let arrival = Arrival { days: today + days, quantity: units };
        let at = state.pipeline.partition_point(|a| a.days <= arrival.days);
        state.pipeline.insert(at, arrival);
        state.drawn += 1;
        if scored {
            state.totals.order_cost += fed.cost_per_line + fed.cost_per_unit * units;
        }
    }
}

/// Holding a unit for a period, as the costs of the replay have it.
pub(super) fn holding_a_period(pool: &ReplayPool, settings: &Settings) -> f64 {
    let costs = &settings.costs;
    match (pool.holding_rate_per_year, costs.holding_per_unit_period) {
        (None, Some(holding)) => holding,
        (own, _) => {
            let rate = own.unwrap_or(costs.holding_rate_per_year);
            rate * pool.unit_cost * settings.period_days / 365.0
        }
    }
}

/// Requests served in the order in which they came, in part if need be.
fn first_come(
    network: &Network<'_>,
    nights: &[PlaceNight],
    requests: &mut Vec<Request>,
) -> Vec<f64> {
    let mut waiting = vec![0.0; network.lanes.len()];
    for request in requests.iter() {
        waiting[request.lane] += request.units;
    }
    for (number, lane) in network.lanes.iter().enumerate() {
        let night = &nights[lane.to];
        let position = night.position + waiting[number];
        if lane.departs_in_days == Some(0.0) && position < night.level.reorder_point {
            let units = packs(night.level.order_up_to - position, lane.pack);
            requests.push(Request { lane: number, units });
        }
    }
    let mut stock: Vec<f64> = network.places.iter().map(|place| place.stock.max(0.0)).collect();
    let mut sent = vec![0.0; network.lanes.len()];
    for request in requests.iter_mut() {
        let lane = &network.lanes[request.lane];
        if lane.departs_in_days != Some(0.0) {
            continue;
        }
        let part = request.units.min(stock[lane.from]);
        stock[lane.from] -= part;
        sent[request.lane] += part;
        request.units -= part;
    }
    requests.retain(|request| request.units > 0.0);
    sent
}

impl State {
    /// Units on their way.
    pub(super) fn on_way(&self) -> f64 {
        self.pipeline.iter().map(|arrival| arrival.quantity).sum()
    }

    /// Stock and what is on its way, less what is owed.
    pub(super) fn position(&self) -> f64 {
        self.on_hand + self.on_way() - self.backorders
    }
}

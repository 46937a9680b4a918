//! Items whose pools feed each other: what leaves by which lane, and what the roots must buy.
//!
//! Levels are found at each refresh, by the arithmetic of the night ([`crate::network`]); every
//! period on which something may leave, each source's stock is shared out. As a benchmark a
//! candidate may serve requests first come first served instead, kept until they are served.

use super::{Lacking, Level as Steering, Replay, State, Wish, date_of, facts};
use crate::domain::inputs::Supplier;
use crate::domain::order_calendar::OrderCalendar;
use crate::domain::outcome::LaneNight;
use crate::explain::Explanation;
use crate::explain::arithmetic::to_a_millionth;
use crate::inventory::need::sells_while_fresh;
use crate::inventory::outlook::units_until;
use crate::inventory::reorder_point::{Targets, targets};
use crate::inventory::{Arrival, PastDemand};
use crate::math::distributions::Demand;
use crate::network::ageing::Stay;
use crate::network::backup::{Bridge, bridge};
use crate::network::night::{Lane, Mode, Network, Place, PlaceNight, Supply};
use crate::network::share::packs;
use crate::network::topology::{BadLanes, Ends, Topology};
use crate::network::{DemandAhead, Interval, Level};
use crate::simulate::{Candidate, FedBy, PoolOutlook, ReplayPool, Rule, Serving, Settings};

/// Days ahead over which the demand of a day is averaged, as for the night.
const DAILY_DEMAND_DAYS: f64 = 28.0;

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
    /// Most units to hold, fees considered. `[pools]`
    most: Vec<Option<f64>>,
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

/// What leaves by one lane.
#[derive(Debug, Clone, Copy)]
struct Sending {
    /// The pool.
    to: usize,
    /// Which of its backups; `None` = the lane that it is usually fed by.
    by: Option<usize>,
    units: f64,
}

/// What a place buys from a supplier of its own until it can be sent something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Buy {
    pub pool: usize,
    /// Unrounded.
    need: f64,
    position: f64,
    /// Units there and on their way to it, with what leaves for it today.
    lies_here: f64,
}

/// What one morning's networks come to under one candidate.
#[derive(Debug, Default)]
pub(super) struct Shipments {
    sends: Vec<Sending>,
    pub buys: Vec<Buy>,
}

impl Shipments {
    fn send(&mut self, to: usize, by: Option<usize>, units: f64) {
        if units > 0.0 {
            self.sends.push(Sending { to, by, units });
        }
    }

    /// Units that leave `pool` today.
    fn sent_from(&self, pools: &[ReplayPool], pool: usize) -> f64 {
        let leaves = |sending: &&Sending| {
            let to = &pools[sending.to];
            let lane = match sending.by {
                Some(backup) => Some(&to.backups[backup]),
                None => to.fed.as_ref(),
            };
            lane.is_some_and(|lane| lane.source == pool)
        };
        self.sends.iter().filter(leaves).map(|sending| sending.units).sum()
    }

    /// Units that others than its usual source send to `pool`.
    pub(super) fn moved_in(&self, pool: usize) -> f64 {
        let sent = self.sends.iter().filter(|sending| sending.to == pool && sending.by.is_some());
        sent.map(|sending| sending.units).sum()
    }
}

/// One network once its shares stand.
struct Morning<'m, 'n> {
    network: &'m ItemNetwork,
    planned: &'m Network<'n>,
    nights: &'m [PlaceNight],
    lanes: Vec<LaneNight>,
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

/// Which pools receive what a lane pushes on. `[pools]`
pub(super) fn pushed_on(pools: &[ReplayPool]) -> Vec<bool> {
    let mut pushed_on = vec![false; pools.len()];
    for lane in pools.iter().filter_map(|pool| pool.fed.as_ref()) {
        pushed_on[lane.source] |= lane.mode == Mode::Push;
    }
    pushed_on
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
    /// Whether `pool` is planned by itself: it feeds nobody and is fed by nobody, though others may
    /// help it out.
    pub(super) fn is_alone(&self, pool: usize) -> bool {
        let feeds = self.members[pool]
            .is_some_and(|member| self.networks[member.network].topology.is_source(member.place));
        !feeds && self.pools[pool].fed.is_none()
    }

    /// New levels for the pools of every network.
    pub(super) fn refresh_networks(&mut self, candidate: usize, outlooks: &[PoolOutlook]) {
        let today = self.today();
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
            // From the leaves up: each place begins with what its level holds on average, a source
            // with what the places below do not hold of it.
            let mut held = vec![0.0; network.pools.len()];
            for at in network.topology.bottom_up() {
                let pool = network.pools[at];
                if self.is_alone(pool) {
                    continue;
                }
                let fed = network.topology.outbound(at).iter().map(|&lane| network.fed[lane]);
                let below: f64 = fed.map(|place| held[place]).sum();
                let state = &mut self.states[candidate][pool];
                if !state.begun && self.pools[pool].initial.is_none() {
                    let level = &levels[at];
                    let all = level.reorder_point + 0.5 * (level.order_up_to - level.reorder_point);
                    let most = self.pools[pool].max_stock.unwrap_or(f64::INFINITY);
                    state.on_hand = (all - below).clamp(0.0, most).round();
                    state.begin(&self.pools[pool], today);
                }
                state.begun = true;
                held[at] = below + state.on_hand;
            }
            let most = self.most(network, &ahead);
            self.standings[candidate][n].levels = levels;
            self.standings[candidate][n].most = most;
        }
    }

    /// Most units to hold in each place, as the night has it: no unit that pays more for room and
    /// age than it earns is sent.
    fn most(&self, network: &ItemNetwork, ahead: &[Ahead<'_>]) -> Vec<Option<f64>> {
        let mut most = Vec::with_capacity(network.pools.len());
        for (&pool, ahead) in network.pools.iter().zip(ahead) {
            let this = &self.pools[pool];
            let worth = this.fed.as_ref().and_then(|fed| {
                let stay = Stay {
                    demand: ahead,
                    margin: self.settings.costs.shortage_per_unit.unwrap_or(this.unit_margin),
                    covered_days: fed.interval().days(),
                    fees: &this.fees,
                };
                stay.most_worth()
            });
            most.push(worth.into_iter().chain(this.max_stock).reduce(f64::min));
        }
        most
    }

    /// Levels as the night finds them, at the service that the candidate's settings ask for.
    fn levels(
        &self,
        candidate: usize,
        network: &ItemNetwork,
        ahead: &[Ahead<'_>],
        policy: &Candidate,
    ) -> Vec<Level> {
        let planned = self.planned(candidate, network, ahead, &Standing::default());
        let nights = planned.levels(&network.topology);
        let Rule::Inventory(settings) = &policy.rule else { return Vec::new() };
        let as_of = date_of(self.settings, self.today());
        let past = PastDemand { average_per_day: 0.0, peak_per_day: 0.0 };
        let mut levels = vec![Level::default(); nights.len()];
        let mut lifts = vec![0.0; nights.len()];
        for at in network.topology.bottom_up() {
            let night = &nights[at];
            let pool = &self.pools[network.pools[at]];
            let mut facts = facts(pool, network.pools[at], as_of, past);
            let lifted = planned.lifted_below(at, &lifts);
            let steering = planned.steering(at, night, &facts, settings, lifted);
            let service = steering.service;
            let by_rule = steering.reorder_point;
            facts.network = Some(steering);
            let outlook = ahead[at].outlook.outlook(self.settings.period_days);
            let targets = targets(&facts, &outlook, settings, &mut Explanation::unrecorded());
            let Targets { reorder_point, order_up_to, .. } = targets;
            lifts[at] = lifted + (reorder_point - by_rule).max(0.0);
            levels[at] = Level { service, reorder_point, order_up_to, ..night.level };
        }
        levels
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

    /// The network as it stands; the levels and limits of `standing` steer it, where it has any.
    fn planned<'n>(
        &'n self,
        candidate: usize,
        network: &ItemNetwork,
        ahead: &'n [Ahead<'n>],
        standing: &Standing,
    ) -> Network<'n> {
        let settings = &self.settings.network;
        let Standing { levels, most, .. } = standing;
        let mut places = Vec::with_capacity(network.pools.len());
        for (at, (&pool, ahead)) in network.pools.iter().zip(ahead).enumerate() {
            let this = &self.pools[pool];
            let state = &self.states[candidate][pool];
            // A place that sells nothing itself only passes on: it gets no distribution of its own
            // to protect.
            let demand: Option<&dyn DemandAhead> = if ahead.sells() { Some(ahead) } else { None };
            places.push(Place {
                on_way: state.on_way(),
                next_arrival_days: state.pipeline.first().map(|a| a.days - self.today()),
                holding_a_day: tied_up_a_period(this, self.settings) / self.settings.period_days
                    + this.fees.storage_a_day,
                margin: self.settings.costs.shortage_per_unit.unwrap_or(this.unit_margin),
                priority: this.priority,
                reserve: settings.reserve_days * ahead.mean_until(DAILY_DEMAND_DAYS)
                    / DAILY_DEMAND_DAYS,
                most: most.get(at).copied().unwrap_or(this.max_stock),
                supply: this.fed.is_none().then(|| self.supply(this)),
                level: levels.get(at).copied(),
                ..Place::new(&this.name, demand, state.on_hand - state.backorders)
            });
        }
        let mut lanes = Vec::with_capacity(network.fed.len());
        for &to in &network.fed {
            let Some(fed) = &self.pools[network.pools[to]].fed else { continue };
            let from = network.pools.iter().position(|&pool| pool == fed.source);
            let today = date_of(self.settings, self.today());
            let review_days = OrderCalendar::of(&fed.departures).gap_days(today);
            let interval = Interval { review_days, ..fed.interval() };
            lanes.push(Lane {
                departs_in_days: self.departs_in(fed),
                mode: fed.mode,
                received: match fed.mode {
                    Mode::Hold => None,
                    Mode::Push => Some(self.received(candidate, fed)),
                },
                pack: fed.pack,
                minimum: fed.minimum,
                maximum: fed.maximum,
                line_cost: fed.cost_per_line,
                ..Lane::new(from.unwrap_or(to), to, interval)
            });
        }
        Network { places, lanes, rule: settings.share, level_shift: settings.level_shift }
    }

    /// Days until a shipment leaves; 0 within the period it stands at.
    fn departs_in(&self, fed: &FedBy) -> Option<f64> {
        let today = date_of(self.settings, self.today());
        let next = OrderCalendar::of(&fed.departures).next_order_day(today)?;
        let days = (next - today).num_days() as f64;
        // A period holds all its departures: what may leave on any of its days leaves now.
        Some(if days < self.settings.period_days { 0.0 } else { days })
    }

    /// Units that the source of a push lane has received since something last left by it.
    fn received(&self, candidate: usize, fed: &FedBy) -> f64 {
        let today = date_of(self.settings, self.today());
        // What leaves this very morning is what is being decided: the last departure is looked for
        // from yesterday back.
        let yesterday = today.pred_opt().unwrap_or(today);
        let since = OrderCalendar::of(&fed.departures).last_order_day(yesterday);
        let receipts = self.states[candidate][fed.source].receipts.iter();
        let late = receipts.filter(|receipt| {
            since.is_none_or(|since| date_of(self.settings, receipt.days) >= since)
        });
        late.map(|receipt| receipt.quantity).sum()
    }

    fn supply(&self, pool: &ReplayPool) -> Supply {
        let usual = Supplier::default();
        let calendar = OrderCalendar::of(pool.supplier.as_deref().unwrap_or(&usual));
        let review_days = self.settings.review_every as f64 * self.settings.period_days;
        let lead_days = pool.lead_time.mean_days();
        let today = date_of(self.settings, self.today());
        let chances = calendar.opportunities(today, lead_days, review_days);
        let interval = Interval {
            lead_days: chances.next.arrival,
            lead_sd_days: pool.lead_time.sd_days(),
            review_days: chances.after.arrival - chances.next.arrival,
        };
        let crossing_days2 = pool.deliveries.under_way(pool.lead_time, interval.review_days);
        Supply { interval, crossing_days2, lot: pool.lot.minimum().as_f64() }
    }

    /// What the root `pool` of a network would order for all below, but for what is `moved_in` and
    /// what locations below buy themselves; `None` where it is no root.
    pub(super) fn network_wish(
        &self,
        candidate: usize,
        pool: usize,
        outlooks: &[PoolOutlook],
        shipments: &Shipments,
    ) -> Option<Wish> {
        let member = self.members[pool]?;
        let network = &self.networks[member.network];
        if !network.topology.is_source(member.place) {
            return None;
        }
        let level = self.standings[candidate][member.network].levels.get(member.place)?;
        let states = &self.states[candidate];
        let mut position = 0.0;
        let mut bought_below = 0.0;
        let mut mean = Vec::new();
        let mut next = vec![member.place];
        while let Some(place) = next.pop() {
            let pool = network.pools[place];
            position += states[pool].position();
            let own = shipments.buys.iter().filter(|buy| buy.pool == pool);
            bought_below += own.map(|buy| buy.need).sum::<f64>();
            let own = &outlooks[pool].mean;
            mean.resize(own.len().max(mean.len()), 0.0);
            mean.iter_mut().zip(own).for_each(|(sum, units)| *sum += units);
            next.extend(network.topology.outbound(place).iter().map(|&lane| network.fed[lane]));
        }
        let mut need = 0.0;
        if position < level.reorder_point {
            need = level.order_up_to - position;
        }
        let moved_in = shipments.moved_in(pool);
        let this = &self.pools[pool];
        let fresh = this.shelf_life_days.and_then(|_| {
            self.fresh(candidate, network, member.place, &self.ahead(network, outlooks))
        });
        let days = self.supply(this).interval.days();
        let lacking = Lacking {
            need: (need.min(fresh.unwrap_or(need)) - bought_below - moved_in).max(0.0),
            position,
            per_day: level.order_up_to / days.max(1.0),
            fresh,
            moved_in,
            echelon: true,
            lies_here: states[pool].position() - shipments.sent_from(self.pools, pool),
        };
        let units = self.lot(this, &lacking, &self.expected(&mean)).as_f64();
        let cover_days = days * position / level.order_up_to.max(1e-9);
        Some(Wish { pool, units, cover_days })
    }

    /// Units that come to a place next and sell there, or below it, before they spoil; `None` where
    /// nothing spoils.
    fn fresh(
        &self,
        candidate: usize,
        network: &ItemNetwork,
        at: usize,
        ahead: &[Ahead<'_>],
    ) -> Option<f64> {
        let this = &self.pools[network.pools[at]];
        let life = this.shelf_life_days?;
        let arrival = match &this.fed {
            Some(fed) => fed.lead_time.mean_days() + self.departs_in(fed).unwrap_or(0.0),
            None => self.supply(this).interval.lead_days,
        };
        let members = network.topology.with_all_below(at);
        let mut there = 0.0;
        for &member in &members {
            let state = &self.states[candidate][network.pools[member]];
            let due = |a: &&Arrival| member != at || a.days - self.today() <= arrival;
            let coming: f64 = state.pipeline.iter().filter(due).map(|a| a.quantity).sum();
            there += state.on_hand - state.backorders + coming;
        }
        let mean_until = |days: f64| members.iter().map(|&m| ahead[m].mean_until(days)).sum();
        Some(sells_while_fresh(there, [arrival, life], mean_until))
    }

    /// What leaves this morning by the lanes of all networks, and what places buy to last until
    /// they can be sent something. Decided as things stand before anything is bought, as at night.
    pub(super) fn shipments(&mut self, candidate: usize, outlooks: &[PoolOutlook]) -> Shipments {
        let mut shipments = Shipments::default();
        for n in 0..self.networks.len() {
            let network = &self.networks[n];
            let ahead = self.ahead(network, outlooks);
            let standing = &self.standings[candidate][n];
            let planned = self.planned(candidate, network, &ahead, standing);
            let leaves_today = planned.lanes.iter().any(|lane| lane.departs_in_days == Some(0.0));
            let helps = |&pool: &usize| {
                let pool = &self.pools[pool];
                !pool.backups.is_empty() || pool.fed.is_some() && pool.bought_here.is_some()
            };
            let has_help = network.pools.iter().any(helps);
            if !leaves_today && !has_help {
                continue;
            }
            let mut nights = planned.levels(&network.topology);
            for (at, night) in nights.iter_mut().enumerate() {
                if let Some(fresh) = self.fresh(candidate, network, at, &ahead) {
                    night.level.keep_fresh(night.position + fresh);
                }
            }
            match self.candidates[candidate].serving {
                Serving::Shares => {
                    let lanes = planned.share(&network.topology, &nights);
                    for (lane, night) in lanes.iter().enumerate() {
                        shipments.send(network.pools[network.fed[lane]], None, night.sent);
                    }
                    if has_help {
                        let morning =
                            Morning { network, planned: &planned, nights: &nights, lanes };
                        self.help(candidate, &morning, &mut shipments);
                    }
                }
                Serving::FirstCome => {
                    let mut requests = standing.requests.clone();
                    let sent = first_come(&planned, &nights, &mut requests);
                    for (lane, units) in sent.into_iter().enumerate() {
                        shipments.send(network.pools[network.fed[lane]], None, units);
                    }
                    self.standings[candidate][n].requests = requests;
                }
            }
        }
        shipments
    }

    /// What others send to places that their usual source leaves short, and what these buy from a
    /// supplier of their own, where it costs less than it saves: the rules of the night
    /// ([`crate::network::backup`] and its purchases).
    fn help(&self, candidate: usize, morning: &Morning<'_, '_>, shipments: &mut Shipments) {
        let Morning { network, planned, nights, lanes } = morning;
        let mut spare = planned.spare(&network.topology, nights, lanes);
        for (at, &to) in network.pools.iter().enumerate() {
            let this = &self.pools[to];
            let usual = this.fed.as_ref();
            let inbound = network.topology.inbound(at);
            let place = &planned.places[at];
            let Level { reorder_point, order_up_to, .. } = nights[at].level;
            let position = nights[at].position;
            let state = &self.states[candidate][to];
            let usual_days = match usual {
                Some(_) => planned.next_stock_days(&network.topology, at),
                None => self.supply(this).interval.lead_days,
            };
            let mut sent = Vec::new();
            if let Some((usual, lane)) = usual.zip(inbound) {
                let days = usual.lead_time.mean_days();
                sent.push(Arrival { days, quantity: lanes[lane].sent });
            }
            for (k, by) in this.backups.iter().enumerate() {
                let from = network.pools.iter().position(|&pool| pool == by.source);
                let Some(from) = from.filter(|&from| spare[from] > 0.0) else { continue };
                let is_short = usual.is_none() || position < reorder_point;
                if !is_short || self.departs_in(by) != Some(0.0) {
                    continue;
                }
                let sooner_days = by.lead_time.mean_days();
                let lost_before_usual = self.lost_within(usual_days, state, place, &sent);
                let lost_before_this = self.lost_within(sooner_days, state, place, &sent);
                let saved = (lost_before_usual - lost_before_this).max(0.0);
                let coming: f64 = sent.iter().map(|arrival| arrival.quantity).sum();
                let room = planned.room(at, coming);
                let bridged = bridge(&Bridge {
                    wanted: match usual {
                        Some(_) => order_up_to - position - coming,
                        // Its supplier brings the rest.
                        None => saved,
                    },
                    spare: spare[from],
                    saved,
                    margin: place.margin,
                    extra_cost: self.landed_by(by)
                        - usual.map_or(this.unit_cost, |usual| self.landed_by(usual)),
                    line_cost: by.cost_per_line,
                    pack: by.pack,
                    minimum: by.minimum,
                    maximum: by.maximum.into_iter().chain(room).reduce(f64::min),
                });
                if saved > 0.0 && bridged.sent > 0.0 {
                    spare[from] -= bridged.sent;
                    sent.push(Arrival { days: sooner_days, quantity: bridged.sent });
                    shipments.send(to, Some(k), bridged.sent);
                }
            }
            let coming: f64 = sent.iter().map(|arrival| arrival.quantity).sum();
            let Some((price, usual)) = this.bought_here.zip(usual) else { continue };
            if position + coming >= reorder_point || place.margin <= 0.0 {
                continue;
            }
            let lost_before_usual = self.lost_within(usual_days, state, place, &sent);
            let supplier_days = this.lead_time.mean_days();
            let lost_before_supplier = self.lost_within(supplier_days, state, place, &sent);
            let need = to_a_millionth((lost_before_usual - lost_before_supplier).max(0.0));
            let lot = this.lot.order_quantity(need).quantity;
            let extra = (price - self.landed_by(usual)).max(0.0) * lot.as_f64();
            if lot.is_positive() && extra + self.settings.costs.order < place.margin * need {
                let lies_here = state.position() + coming;
                shipments.buys.push(Buy { pool: to, need, position, lies_here });
            }
        }
    }

    /// Units that a place is expected to lose within `days`, with what is on its way and what has
    /// just been `sent`.
    fn lost_within(&self, days: f64, state: &State, place: &Place<'_>, sent: &[Arrival]) -> f64 {
        let Some(ahead) = place.demand else { return 0.0 };
        let today = self.today();
        let due = state.pipeline.iter().filter(|arrival| arrival.days - today < days);
        let sent = sent.iter().filter(|arrival| arrival.days < days);
        let coming: f64 = due.chain(sent).map(|arrival| arrival.quantity).sum();
        ahead.over(0.0, days, 0.0).expected_shortfall(place.stock + coming)
    }

    /// What a place buys to last until it can be sent something.
    pub(super) fn bridging_wish(&self, buy: &Buy, outlook: &PoolOutlook) -> Wish {
        let Buy { pool, need, position, .. } = *buy;
        let lacking = Lacking {
            need,
            position,
            per_day: 0.0,
            fresh: None,
            moved_in: 0.0,
            echelon: true,
            lies_here: buy.lies_here,
        };
        let units = self.lot(&self.pools[pool], &lacking, &self.expected(&outlook.mean)).as_f64();
        // It runs dry before anybody else is served.
        Wish { pool, units, cover_days: 0.0 }
    }

    /// Puts what leaves on its way.
    pub(super) fn ship(&mut self, candidate: usize, shipments: &Shipments) {
        for &Sending { to, by, units } in &shipments.sends {
            let lane = match by {
                Some(backup) => Some(&self.pools[to].backups[backup]),
                None => self.pools[to].fed.as_ref(),
            };
            if let Some(lane) = lane.cloned() {
                self.send(candidate, to, &lane, units);
            }
        }
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
        states[fed.source].leave_shelf(units);
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

/// Money tied up in a unit for a period, as the costs of the replay have it.
pub(super) fn tied_up_a_period(pool: &ReplayPool, settings: &Settings) -> f64 {
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

//! One night over one item's network: who asks, what the roots must buy, what leaves today.
//!
//! Leaves first, every place's lot, levels and position are found ([`levels`]); a source's level is
//! that of its whole echelon. The caller buys at the roots, whose suppliers have rules of their
//! own, and then, roots first, each source's stock is shared out on paper over all places until its
//! next stock can reach them, and of its share each place is sent only what it asks for today
//! ([`share`](Network::share)). The rest stays. Every number is recorded as a step while it is
//! computed.
//!
//! A regional warehouse is both: it asks on its echelon position, and shares what it has, not what
//! is coming. Units: units, days, currency. Oracle: `network.md`, examples 3, 9 and 17.
//!
//! ```
//! use orderpoint::network::{Interval, Lane, Level, Network, Place, Rule, Steady, Supply};
//!
//! // A warehouse with 60 and 90 on its way feeds two shops; all three have their levels.
//! let way = |lead_days: f64, review_days: f64| {
//!     Interval { lead_days, lead_sd_days: 0.0, review_days }
//! };
//! let level = |up_to: f64| {
//!     Some(Level { lot: 0.0, service: 0.95, reorder_point: up_to, order_up_to: up_to })
//! };
//! let idle = Steady::poisson(0.0);
//! let mut warehouse = Place::new("warehouse", None, 60.0);
//! warehouse.on_way = 90.0;
//! warehouse.supply = Some(Supply { interval: way(14.0, 7.0), crossing_days2: 0.0, lot: 0.0 });
//! warehouse.level = level(200.0);
//! let mut north = Place::new("north", Some(&idle), 12.0);
//! north.on_way = 10.0;
//! north.level = level(30.0);
//! let mut south = Place::new("south", Some(&idle), 8.0);
//! south.level = level(20.0);
//! let lanes = vec![Lane::new(0, 1, way(2.0, 1.0)), Lane::new(0, 2, way(2.0, 1.0))];
//! let network = Network {
//!     places: vec![warehouse, north, south],
//!     lanes,
//!     rule: Rule::Value,
//!     level_shift: 0.0,
//! };
//! let night = network.night().unwrap();
//! // The shops ask for what they lack; the warehouse buys on the stock of all three.
//! assert_eq!([night.lanes[0].asked, night.lanes[1].asked], [8.0, 12.0]);
//! assert_eq!((night.places[0].position, night.places[0].need), (180.0, 20.0));
//! ```

use crate::domain::outcome::{LaneBinding, LaneNight};
use crate::domain::units::Units;
use crate::explain::{Explanation, Step, Unit};
use crate::math::distributions::Demand;
use crate::network::demand::{DemandAhead, of_the_kind_of};
use crate::network::levels::{self, Branch, EchelonDemand, Interval, Level, Terms};
use crate::network::share::{Claim, Rule, enough, packs, share_out};
use crate::network::topology::{BadLanes, Ends, Topology};

// Where nobody can be bought from, what is there is shared out over a quarter: it must last as long
// as anybody plans.
const NOTHING_COMES_DAYS: f64 = 91.0;
// Days of demand by which places weigh in a mean: four weeks, so that no weekday counts more.
const WEIGHED_DAYS: f64 = 28.0;
// Why a place below its reorder point is sent nothing.
const NO_TRUCK: &str = "nothing departs today";
// What rounding noise adds to a sum of units.
const NOISE: f64 = 1e-9;

/// One item's places and the lanes between them.
#[derive(Debug, Clone)]
pub struct Network<'a> {
    /// The places.
    pub places: Vec<Place<'a>>,
    /// The lanes that are in use, one into a place at most.
    pub lanes: Vec<Lane>,
    /// How stock is shared out.
    pub rule: Rule,
    /// Standard deviations by which a source's level is moved.
    pub level_shift: f64,
}

/// One place: its demand and where it stands.
#[derive(Clone)]
pub struct Place<'a> {
    /// For ties and messages.
    pub name: &'a str,
    /// Demand of its own customers; `None` = it has none.
    pub demand: Option<&'a dyn DemandAhead>,
    /// What can leave or be sold: on hand less committed, less what is owed; may be below 0.
    pub stock: f64,
    /// On its way to it: bought, in transit, approved.
    pub on_way: f64,
    /// Until the next of it comes, days; `None` = nothing dated.
    pub next_arrival_days: Option<f64>,
    /// Holding one unit for a day there.
    pub holding_a_day: f64,
    /// Lost with a unit not sold there.
    pub margin: f64,
    /// Lower ranks are served first among equals.
    pub priority: i32,
    /// Units of its own demand that it keeps before it feeds others.
    pub reserve: f64,
    /// Most units to hold there, fees and room considered.
    pub most: Option<f64>,
    /// Where it buys, if it buys.
    pub supply: Option<Supply>,
    /// What its policy says instead of the rule.
    pub level: Option<Level>,
}

/// How a place buys.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Supply {
    /// Lead time of the supplier, days between purchases.
    pub interval: Interval,
    /// Variance of what is under way, days²: by [`crossover`](crate::inventory::crossover), or the
    /// lead time's.
    pub crossing_days2: f64,
    /// Units of one purchase, where more is bought than is needed at once: minimum or lot.
    pub lot: f64,
}

/// How one place feeds another.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// Position of the source.
    pub from: usize,
    /// Position of the destination.
    pub to: usize,
    /// Way and departures.
    pub interval: Interval,
    /// Until the next departure, days; 0 = today, `None` = not in sight.
    pub departs_in_days: Option<f64>,
    /// Units of a pack.
    pub pack: f64,
    /// Least units of a line.
    pub minimum: f64,
    /// Most units of a line.
    pub maximum: Option<f64>,
    /// Cost of a line.
    pub line_cost: f64,
    /// Hold back or push.
    pub mode: Mode,
    /// What the source has received since something last left by it: what a push sends. `None` =
    /// nobody writes receipts down, and all there is counts as received.
    pub received: Option<f64>,
}

/// What leaves by a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Of its share a place is sent what it asks for today.
    #[default]
    Hold,
    /// What the source has received leaves with the next departure, asked for or not: for launches
    /// and one-off buys.
    Push,
}

/// Where a place stands and what steers it.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaceNight {
    /// Its levels; a source's are those of its echelon.
    pub level: Level,
    /// Stock and what is on its way; a source's with everything below.
    pub position: f64,
    /// What its level covers, of a source.
    pub echelon: Option<EchelonDemand>,
    /// Units to buy up to the level, unrounded, where it buys.
    pub need: f64,
    /// The arithmetic.
    pub steps: Vec<Step>,
}

/// Everything decided of one item in one night.
#[derive(Debug, Clone, PartialEq)]
pub struct Night {
    /// `[places]`
    pub places: Vec<PlaceNight>,
    /// `[lanes]`
    pub lanes: Vec<LaneNight>,
}

impl std::fmt::Debug for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place")
            .field("name", &self.name)
            .field("stock", &self.stock)
            .field("on_way", &self.on_way)
            .finish_non_exhaustive()
    }
}

impl<'a> Place<'a> {
    /// A place with `stock` that costs and earns nothing yet.
    #[must_use]
    pub fn new(name: &'a str, demand: Option<&'a dyn DemandAhead>, stock: f64) -> Self {
        Self {
            name,
            demand,
            stock,
            on_way: 0.0,
            next_arrival_days: None,
            holding_a_day: 0.0,
            margin: 0.0,
            priority: 0,
            reserve: 0.0,
            most: None,
            supply: None,
            level: None,
        }
    }
}

impl Lane {
    /// The next departure's lane without limits: whole units, holding back.
    #[must_use]
    pub fn new(from: usize, to: usize, interval: Interval) -> Self {
        Self {
            from,
            to,
            interval,
            departs_in_days: Some(0.0),
            pack: 1.0,
            minimum: 0.0,
            maximum: None,
            line_cost: 0.0,
            mode: Mode::Hold,
            received: None,
        }
    }

    fn leaves_today(&self) -> bool {
        self.departs_in_days == Some(0.0)
    }

    fn pushes_today(&self) -> bool {
        self.mode == Mode::Push && self.leaves_today()
    }
}

impl Network<'_> {
    /// The order in which its places are planned.
    ///
    /// # Errors
    /// If its lanes are no forest.
    pub fn topology(&self) -> Result<Topology, BadLanes> {
        let ends: Vec<Ends> =
            self.lanes.iter().map(|lane| Ends { from: lane.from, to: lane.to }).collect();
        Topology::new(self.places.len(), &ends)
    }

    /// The whole night: [`levels`], purchases at the roots taken as placed, [`share`](Self::share).
    ///
    /// # Errors
    /// If its lanes are no forest.
    pub fn night(&self) -> Result<Night, BadLanes> {
        let topology = self.topology()?;
        let places = self.levels(&topology);
        let lanes = self.share(&topology, &places);
        Ok(Night { places, lanes })
    }

    /// Leaves first: levels and positions of all places. `[places]`
    #[must_use]
    pub fn levels(&self, topology: &Topology) -> Vec<PlaceNight> {
        let mut nights: Vec<Option<PlaceNight>> = vec![None; self.places.len()];
        for p in topology.bottom_up() {
            let below: f64 = topology
                .outbound(p)
                .iter()
                .filter_map(|&lane| nights[self.lanes[lane].to].as_ref())
                .map(|night| night.position)
                .sum();
            nights[p] = Some(self.place_night(topology, p, below, &nights));
        }
        nights.into_iter().flatten().collect()
    }

    fn place_night(
        &self,
        topology: &Topology,
        p: usize,
        below: f64,
        nights: &[Option<PlaceNight>],
    ) -> PlaceNight {
        let place = &self.places[p];
        let mut explain = Explanation::recorded();
        let is_source = topology.is_source(p);
        let position = place.stock + place.on_way + below;
        if is_source {
            let inputs = [("stock", place.stock), ("on_way", place.on_way), ("below", below)];
            let formula = "stock + on_way + below";
            explain.step("echelon_position", formula, Unit::Units, inputs, position);
        } else {
            let inputs = [("stock", place.stock), ("on_way", place.on_way)];
            explain.step("position", "stock + on_way", Unit::Units, inputs, position);
        }

        let terms = self.terms(topology, p);
        let mut echelon = None;
        let level = match (place.level, place.demand) {
            (Some(level), _) if !is_source => level,
            (None, Some(demand)) if !is_source => levels::place(demand, &terms),
            // Nobody buys there and nothing is asked of it: it wants nothing.
            (None, None) if !is_source => Level::default(),
            _ => {
                let covered = self.echelon(topology, p, &terms, nights);
                let level = self.source_level(p, &covered, &terms, &mut explain);
                echelon = Some(covered);
                place.level.unwrap_or(level)
            }
        };
        let inputs = [("level", level.reorder_point), ("lot", level.lot.round())];
        let up_to = level.order_up_to;
        explain.step("reorder_point", "level", Unit::Units, inputs, level.reorder_point);
        explain.step("order_up_to", "up_to", Unit::Units, [("up_to", up_to)], up_to);
        let mut need = 0.0;
        // Only who is supplied from outside buys; the others ask their source.
        if place.supply.is_some() && position < level.reorder_point {
            need = level.order_up_to - position;
        }
        PlaceNight { level, position, echelon, need, steps: explain.into_steps() }
    }

    /// How `p` is replenished: by its lane, else by its supplier.
    fn terms(&self, topology: &Topology, p: usize) -> Terms {
        let place = &self.places[p];
        let carrying_a_day = place.holding_a_day;
        let margin = self.margin(topology, p);
        if let Some(lane) = topology.inbound(p).map(|lane| &self.lanes[lane]) {
            return Terms {
                interval: lane.interval,
                // Only what it costs more to hold a unit here than at the source: there it would
                // lie otherwise.
                holding_a_day: carrying_a_day - self.places[lane.from].holding_a_day,
                carrying_a_day,
                margin,
                order_cost: lane.line_cost,
            };
        }
        let interval = place.supply.map(|supply| supply.interval);
        Terms {
            interval: interval.unwrap_or(Interval {
                lead_days: NOTHING_COMES_DAYS,
                lead_sd_days: 0.0,
                review_days: 0.0,
            }),
            holding_a_day: carrying_a_day,
            carrying_a_day,
            margin,
            order_cost: 0.0,
        }
    }

    /// Margin of a unit that `p` and all below sell, each place weighing what it sells.
    fn margin(&self, topology: &Topology, p: usize) -> f64 {
        if !topology.is_source(p) {
            return self.places[p].margin;
        }
        let mut sold = 0.0;
        let mut earned = 0.0;
        let mut queue = vec![p];
        while let Some(p) = queue.pop() {
            let place = &self.places[p];
            let units = place.demand.map_or(0.0, |demand| demand.mean_until(WEIGHED_DAYS));
            sold += units;
            earned += units * place.margin;
            // A source earns what is earned with its units, wherever below they are sold.
            queue.extend(topology.outbound(p).iter().map(|&lane| self.lanes[lane].to));
        }
        if sold > 0.0 { earned / sold } else { self.places[p].margin }
    }

    fn echelon(
        &self,
        topology: &Topology,
        p: usize,
        terms: &Terms,
        nights: &[Option<PlaceNight>],
    ) -> EchelonDemand {
        let below = self.branches(topology, p, nights);
        let crossing = self.places[p].supply.map_or(0.0, |supply| supply.crossing_days2);
        levels::echelon(self.places[p].demand, &below, terms.interval, crossing)
    }

    fn branches(
        &self,
        topology: &Topology,
        p: usize,
        nights: &[Option<PlaceNight>],
    ) -> Vec<Branch<'_>> {
        let mut branches = Vec::with_capacity(topology.outbound(p).len());
        for &lane in topology.outbound(p) {
            let lane = &self.lanes[lane];
            branches.push(Branch {
                demand: self.places[lane.to].demand,
                interval: lane.interval,
                lot: nights[lane.to].as_ref().map_or(0.0, |night| night.level.lot),
                pack: lane.pack,
                below: self.branches(topology, lane.to, nights),
            });
        }
        branches
    }

    fn source_level(
        &self,
        p: usize,
        covered: &EchelonDemand,
        terms: &Terms,
        explain: &mut Explanation,
    ) -> Level {
        let inputs = [("sales", covered.sales), ("lots", covered.lots)];
        let mean = covered.mean();
        explain.step("echelon_mean", "sales + lots", Unit::Units, inputs, mean);
        let sd = covered.variance().sqrt();
        let inputs =
            [("pooled", covered.pooled), ("apart", covered.apart), ("crossing", covered.crossing)];
        explain.step("echelon_sd", "sqrt(pooled + apart^2 + crossing)", Unit::Units, inputs, sd);
        explain.note(|| {
            "spreads pool until a place's last transfer before the next purchase, then add up"
                .to_owned()
        });
        let per_day = covered.sales / terms.interval.days().max(1.0);
        let lot = match self.places[p].supply {
            Some(supply) => supply.lot,
            None => levels::lot(per_day, terms),
        };
        let service = levels::service(per_day, lot, terms);
        let inputs = [("service", service)];
        explain.step("echelon_service", "service", Unit::Probability, inputs, service);
        let shape = self.shape(p);
        let quantile = levels::quantile(&of_the_kind_of(&shape, mean, sd), service);
        let reorder_point = (quantile + self.level_shift * sd).max(0.0);
        let inputs = [("quantile", quantile), ("level_shift", self.level_shift)];
        let formula = "max(quantile + level_shift * echelon_sd, 0)";
        explain.step("echelon_level", formula, Unit::Units, inputs, reorder_point);
        Level { lot, service, reorder_point, order_up_to: reorder_point + lot.round() }
    }

    /// A distribution of the kind that demand of `p`, or of any place, is given in.
    fn shape(&self, p: usize) -> Demand {
        let own = self.places[p].demand;
        let demand = own.or_else(|| self.places.iter().find_map(|place| place.demand));
        demand.map_or(Demand::Poisson { mean: 0.0 }, |demand| demand.over(0.0, 1.0, 0.0))
    }

    /// Roots first: what each source shares out and sends today. `[lanes]`
    ///
    /// `next_arrival_days` of a root that buys today should be set by then: the horizon ends where
    /// its next stock comes.
    #[must_use]
    pub fn share(&self, topology: &Topology, places: &[PlaceNight]) -> Vec<LaneNight> {
        let mut nights: Vec<Option<LaneNight>> = vec![None; self.lanes.len()];
        for &source in topology.top_down() {
            if topology.is_source(source) {
                for (lane, night) in self.share_at(topology, places, source) {
                    nights[lane] = Some(night);
                }
            }
        }
        nights.into_iter().flatten().collect()
    }

    /// Units that a place asks for today by its lane, whole packs.
    fn asked(&self, lane: &Lane, night: &PlaceNight) -> f64 {
        let Level { reorder_point, order_up_to, .. } = night.level;
        if !lane.leaves_today() || night.position >= reorder_point {
            return 0.0;
        }
        let wanted = packs(order_up_to - night.position, lane.pack);
        // A line below the least one is not sent: who asks at all asks for that much.
        self.at_most(lane, wanted.max(packs(lane.minimum, lane.pack)))
    }

    /// Units that place `p` has room for beside `coming`; `None` where it has no limit. What lies
    /// there and is on its way to it fills the room, not what it has sent on.
    #[must_use]
    pub fn room(&self, p: usize, coming: f64) -> Option<f64> {
        let place = &self.places[p];
        place.most.map(|most| (most - place.stock - place.on_way - coming).max(0.0))
    }

    /// `units` within the line's maximum and the place's room, whole packs.
    fn at_most(&self, lane: &Lane, units: f64) -> f64 {
        let most =
            [lane.maximum, self.room(lane.to, 0.0)].into_iter().flatten().fold(units, f64::min);
        if most < units { whole_packs(most, lane.pack) } else { units }
    }

    /// Days until a source's next stock comes: what is on its way with a date, else what the next
    /// chance to order would bring.
    fn horizon(&self, topology: &Topology, source: usize) -> f64 {
        let place = &self.places[source];
        if let Some(days) = place.next_arrival_days {
            return days.max(0.0);
        }
        match (topology.inbound(source), place.supply) {
            (Some(lane), _) => {
                let lane = &self.lanes[lane];
                // What leaves today is not bought back: the departure after it brings more.
                let departs = lane.departs_in_days.filter(|&days| days > 0.0);
                departs.unwrap_or(lane.interval.review_days) + lane.interval.lead_days
            }
            (None, Some(supply)) => supply.interval.days(),
            (None, None) => NOTHING_COMES_DAYS,
        }
    }

    /// What `source` does on each of its lanes.
    fn share_at(
        &self,
        topology: &Topology,
        places: &[PlaceNight],
        source: usize,
    ) -> Vec<(usize, LaneNight)> {
        let lanes = topology.outbound(source);
        // Units that are owed are no stock to send, and half a unit cannot be sent.
        let stock = Units::floor(self.places[source].stock.max(0.0) + NOISE).as_f64();
        let until = self.horizon(topology, source);
        let asked: Vec<f64> = lanes
            .iter()
            .map(|&lane| self.asked(&self.lanes[lane], &places[self.lanes[lane].to]))
            .collect();
        let total: f64 = asked.iter().sum();
        let pushes = stock > 0.0 && lanes.iter().any(|&lane| self.lanes[lane].pushes_today());

        // The source's own customers first, then the places it feeds.
        let mut claims = Vec::new();
        if total > 0.0 || pushes {
            claims.push(self.own_claim(source, until));
            for (&lane, &asked) in lanes.iter().zip(&asked) {
                claims.push(self.claim(topology, places, lane, until, asked));
            }
        }
        // What the source keeps for its own customers is theirs before anything is shared.
        let mut shares = Vec::new();
        if let [own, ..] = &mut claims[..] {
            let kept = Units::ceil(self.places[source].reserve.min(stock).max(0.0)).as_f64();
            // What is reserved counts as had, so that its own customers claim only beyond it.
            own.have += kept;
            own.most = (own.most - kept).max(0.0);
            shares = share_out(stock - kept, &claims, self.rule);
        }

        let pushed = self.pushed(lanes, stock, &claims, &shares);
        let mut left = stock;
        let mut nights = Vec::with_capacity(lanes.len());
        for (i, (&lane, &asked)) in lanes.iter().zip(&asked).enumerate() {
            let claim = claims.get(i + 1);
            let share = shares.get(i + 1).copied().unwrap_or(0.0);
            let given = Given { stock, total, until, asked, share, pushed: pushed[i] };
            let night = self.lane_night(places, lane, claim, given, &mut left);
            nights.push((lane, night));
        }
        nights
    }

    /// What push lanes take of the receipt, asked for or not: all of it but the shares of the
    /// source's own customers and of the lanes that hold back. What nobody needs until the next
    /// receipt is spread so that all run out together: it leaves all the same. `[lanes]`
    fn pushed(&self, lanes: &[usize], stock: f64, claims: &[Claim], shares: &[f64]) -> Vec<f64> {
        let mut pushed = vec![0.0; lanes.len()];
        let mut pushing = Vec::new();
        let mut received = 0.0_f64;
        for (i, &lane) in lanes.iter().enumerate() {
            let lane = &self.lanes[lane];
            if lane.pushes_today() && !claims.is_empty() {
                pushing.push(i);
                // Where it is not known what came in, all of the stock is there to push.
                received = received.max(lane.received.unwrap_or(stock));
            }
        }
        if pushing.is_empty() {
            return pushed;
        }
        let mut others = claims[0].have + shares[0];
        for i in (0..lanes.len()).filter(|i| !pushing.contains(i)) {
            others += shares[i + 1];
        }
        // A push passes on what has come since the last one, and never what others need.
        let free = (stock - others).min(received).max(0.0);
        let mut of_push: Vec<Claim> = pushing.iter().map(|&i| claims[i + 1].clone()).collect();
        let wanted = share_out(free, &of_push, self.rule);
        let rest = free - wanted.iter().sum::<f64>();
        let nobody_sells = of_push.iter().all(|claim| claim.demand.mean() <= 0.0);
        for ((claim, &i), units) in of_push.iter_mut().zip(&pushing).zip(&wanted) {
            let lane = &self.lanes[lanes[i]];
            claim.have += units;
            claim.most = (self.at_most(lane, stock) - units).max(0.0);
            if nobody_sells {
                // Of a launch that nobody has forecast every place is sent the same.
                claim.demand = Demand::Poisson { mean: 1.0 };
            }
        }
        let spread = share_out(rest, &of_push, Rule::RunOut);
        for ((&i, wanted), spread) in pushing.iter().zip(wanted).zip(spread) {
            pushed[i] = wanted + spread;
        }
        pushed
    }

    /// What a unit counts where stock is shared out: its margin, or where none is known what a unit
    /// of the other places earns. With all of them unknown every place has the same chance to last.
    fn worth(&self, margin: f64) -> f64 {
        if margin > 0.0 {
            return margin;
        }
        let known: Vec<f64> =
            self.places.iter().map(|place| place.margin).filter(|&m| m > 0.0).collect();
        // Without a margin a place counts as an average one: at nothing it would be sent nothing.
        if known.is_empty() { 1.0 } else { known.iter().sum::<f64>() / known.len() as f64 }
    }

    /// Claim of a source's own customers: nothing of its stock is theirs yet.
    fn own_claim(&self, source: usize, until: f64) -> Claim {
        let place = &self.places[source];
        let demand = match place.demand {
            Some(demand) => demand.over(0.0, until, 0.0),
            None => Demand::Poisson { mean: 0.0 },
        };
        let mut claim = Claim::new(0.0, demand, self.worth(place.margin), 1.0);
        claim.priority = place.priority;
        claim
    }

    /// Claim of what `lane` feeds, until the source's next stock has reached it.
    fn claim(
        &self,
        topology: &Topology,
        places: &[PlaceNight],
        lane: usize,
        until: f64,
        asked: f64,
    ) -> Claim {
        let to = self.lanes[lane].to;
        let night = &places[to];
        let lane = &self.lanes[lane];
        let days = until + lane.interval.lead_days + lane.interval.wait_days();
        let demand = self.demand_below(topology, to, days);
        let have = night.position;
        let need = enough(have, &demand, lane.pack).max(asked);
        Claim {
            have,
            most: self.at_most(lane, need).max(asked),
            margin: self.worth(self.margin(topology, to)),
            pack: lane.pack,
            priority: self.places[to].priority,
            demand,
        }
    }

    /// Demand of `p` within `days`, and of all below until a transfer has followed them.
    fn demand_below(&self, topology: &Topology, p: usize, days: f64) -> Demand {
        let own = self.places[p].demand.map(|demand| demand.over(0.0, days, 0.0));
        if let (Some(own), false) = (&own, topology.is_source(p)) {
            return own.clone();
        }
        let mut mean = own.as_ref().map_or(0.0, |own| own.mean());
        let mut variance = own.as_ref().map_or(0.0, |own| own.sd().powi(2));
        let mut shape = own;
        for &lane in topology.outbound(p) {
            let lane = &self.lanes[lane];
            let until = days + lane.interval.lead_days + lane.interval.wait_days();
            let below = self.demand_below(topology, lane.to, until);
            mean += below.mean();
            variance += below.sd().powi(2);
            shape.get_or_insert(below);
        }
        let shape = shape.unwrap_or(Demand::Poisson { mean: 0.0 });
        of_the_kind_of(&shape, mean, variance.sqrt())
    }

    /// Units that each place can give away after what it has `sent` today: what is left when its
    /// own customers and all that it feeds have what they need until its next stock comes.
    /// `[places]`
    #[must_use]
    pub fn spare(
        &self,
        topology: &Topology,
        places: &[PlaceNight],
        lanes: &[LaneNight],
    ) -> Vec<f64> {
        let mut spare = Vec::with_capacity(self.places.len());
        for (p, place) in self.places.iter().enumerate() {
            let until = self.horizon(topology, p);
            let mut needed = self.own_claim(p, until).most.max(place.reserve);
            for &lane in topology.outbound(p) {
                let claim = self.claim(topology, places, lane, until, lanes[lane].asked);
                needed += claim.most.max(lanes[lane].sent);
            }
            spare.push((place.stock.max(0.0) - needed).max(0.0));
        }
        spare
    }

    /// Days until a place's next stock can come from where it usually comes.
    #[must_use]
    pub fn next_stock_days(&self, topology: &Topology, p: usize) -> f64 {
        match topology.inbound(p).map(|lane| &self.lanes[lane]) {
            Some(lane) => {
                let until = self.horizon(topology, lane.from);
                until + lane.interval.lead_days + lane.interval.wait_days()
            }
            None => self.horizon(topology, p),
        }
    }

    fn lane_night(
        &self,
        places: &[PlaceNight],
        lane: usize,
        claim: Option<&Claim>,
        given: Given,
        left: &mut f64,
    ) -> LaneNight {
        let lane = &self.lanes[lane];
        let night = &places[lane.to];
        let Given { stock, total, until, asked, share, pushed } = given;
        let mut explain = Explanation::recorded();
        let horizon_days = until + lane.interval.lead_days + lane.interval.wait_days();
        let inputs = [
            ("next_arrival", until),
            ("lead_time", lane.interval.lead_days),
            ("wait", lane.interval.wait_days()),
        ];
        let formula = "next_arrival + lead_time + wait";
        explain.step("horizon_days", formula, Unit::Days, inputs, horizon_days);
        let Level { reorder_point, order_up_to, .. } = night.level;
        if asked > 0.0 {
            let inputs = [
                ("order_up_to", order_up_to),
                ("position", night.position),
                ("pack", lane.pack),
                ("minimum", packs(lane.minimum, lane.pack)),
            ];
            let wanted = packs(order_up_to - night.position, lane.pack);
            let wanted = wanted.max(packs(lane.minimum, lane.pack));
            // What rounding noise adds to the quotient must not cost a pack.
            let formula =
                "max(ceil((order_up_to - position) / pack - 0.000000001) * pack, minimum)";
            explain.step("asked", formula, Unit::Units, inputs, wanted);
            if asked < wanted {
                let inputs = [("limit", asked)];
                explain.step("asked", "limit", Unit::Units, inputs, asked);
                explain.note(|| "the most of a line, or of the place".to_owned());
            }
        } else {
            let inputs = [("position", night.position), ("reorder_point", reorder_point)];
            explain.step("asked", "0", Unit::Units, inputs, 0.0);
            let departs = lane.leaves_today();
            let why =
                if departs { "the position is not below the reorder point" } else { NO_TRUCK };
            explain.note(|| why.to_owned());
        }
        let need = claim.map_or(0.0, |claim| claim.most);
        let inputs = [("source_stock", stock), ("need", need), ("share_on_paper", share)];
        explain.step("share", "share_on_paper", Unit::Units, inputs, share);
        explain.note(|| {
            "its part when all of the source's stock goes to whoever gains most until the next \
             arrival"
                .to_owned()
        });

        let mut sent = asked.min(share);
        if lane.pushes_today() {
            sent = sent.max(pushed);
            let inputs = [("pushed", pushed)];
            explain.step("sent", "max(min(asked, share), pushed)", Unit::Units, inputs, sent);
            explain.note(|| "a push: its part of what the source has received".to_owned());
        } else {
            explain.step("sent", "min(asked, share)", Unit::Units, [], sent);
        }
        let mut binding = LaneBinding::Nothing;
        if sent < asked - NOISE {
            let is_short = total > stock + NOISE;
            // Enough for all that is asked today, and yet less was sent: it is kept for days until
            // the next arrival.
            binding = if is_short { LaneBinding::SourceShort } else { LaneBinding::HeldBack };
        }
        let fits = whole_packs(sent.min(*left), lane.pack);
        if fits < sent {
            sent = fits;
            explain.step("sent", "fits", Unit::Units, [("fits", fits)], fits);
        }
        if sent > 0.0 && sent < lane.minimum {
            binding = LaneBinding::Minimum;
            let inputs = [("minimum", lane.minimum)];
            sent = 0.0;
            explain.step("sent", "0", Unit::Units, inputs, 0.0);
            explain.note(|| "less than the least line".to_owned());
        }
        *left -= sent;
        LaneNight {
            horizon_days,
            need,
            asked,
            share,
            sent,
            held_back: (share - sent).max(0.0),
            last_sent_sells: claim.filter(|_| sent > 0.0).map(|claim| claim.sells(sent)),
            first_kept_sells: claim.map(|claim| claim.sells(sent + 1.0)),
            binding,
            steps: explain.into_steps(),
        }
    }
}

/// What is known at the source when one of its lanes is decided.
#[derive(Debug, Clone, Copy)]
struct Given {
    stock: f64,
    /// Asked for today on all lanes.
    total: f64,
    /// Days until the source's next stock comes.
    until: f64,
    asked: f64,
    share: f64,
    /// Its part of what is pushed.
    pushed: f64,
}

/// The whole packs in `units`.
pub(super) fn whole_packs(units: f64, pack: f64) -> f64 {
    (units / pack + NOISE).floor() * pack
}

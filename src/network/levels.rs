//! What steers the places of a network: lots, reorder points, and the level up to which a source
//! buys for its whole echelon.
//!
//! A place pays only what holding a unit *there* costs more than holding it at its source. The
//! source covers the demand of everything below it until the purchase after the next one has come:
//! spreads pool until a place's last transfer before that; from then on each place is alone, and
//! spreads add up, not squares. Where purchases may overtake each other, what varies is how many of
//! them are under way.
//!
//! Source: Clark & Scarf (1960); Eppen & Schrage (1981), *Centralized ordering policies in a
//! multi-warehouse system with lead times and random demand*; Robinson, Bradley & Thomas (2001),
//! *Consequences of order crossover*. Oracle: `network.md`, examples 4 and 17. Units: units, days,
//! currency.
//!
//! ```
//! use orderpoint::network::levels::{Interval, Terms, place};
//! use orderpoint::network::Steady;
//!
//! // One a day, four days from a warehouse whose truck leaves on Mondays.
//! let terms = Terms {
//!     interval: Interval { lead_days: 4.0, lead_sd_days: 0.0, review_days: 7.0 },
//!     holding_a_day: 10.0 * (0.40 - 0.25) / 365.0,
//!     carrying_a_day: 10.0 * 0.40 / 365.0,
//!     margin: 4.0,
//!     order_cost: 0.15,
//! };
//! let level = place(&Steady::poisson(1.0), &terms);
//! assert_eq!((level.reorder_point, level.order_up_to), (20.0, 25.0));
//! ```

use crate::inventory::lot_size::eoq;
use crate::inventory::safety_stock::critical_ratio;
use crate::math::distributions::Demand;
use crate::network::demand::{DemandAhead, of_the_kind_of};

// A transfer lasts four weeks at most: beyond, the square root of a cheap line's cost would fill a
// shop with months of a slow mover (`network.md`, rule 1).
const LONGEST_LOT_DAYS: f64 = 28.0;
// Quantiles are read no further out than this, as those of a pool that is alone.
const FARTHEST_TAIL: f64 = 1e-4;
// Share of the places' lots that a purchase covers on top: half a lot is held on average, and cut
// where stock is short. 0 and 1/2 cost 0 to 3 % more in replays (`network.md`, rule 2).
const LOT_SHARE: f64 = 0.25;

/// When a place is replenished: by its lane or its supplier.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Interval {
    /// Mean lead time. `[L, l]`
    pub lead_days: f64,
    /// Its standard deviation.
    pub lead_sd_days: f64,
    /// Mean days between two chances: departures, or reviews. `[R]`
    pub review_days: f64,
}

impl Interval {
    /// From an order until the one after it can arrive.
    #[must_use]
    pub fn days(&self) -> f64 {
        self.lead_days + self.review_days
    }

    /// Mean days that a unit which must leave waits for a departure. `[(R - 1)/2]`
    #[must_use]
    pub fn wait_days(&self) -> f64 {
        (self.review_days - 1.0).max(0.0) / 2.0
    }
}

/// How a place is replenished, and what stock there costs and earns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// When.
    pub interval: Interval,
    /// What a unit and day costs more there than at the source. `[g - h]`
    pub holding_a_day: f64,
    /// What a unit and day costs there. `[g]`
    pub carrying_a_day: f64,
    /// Lost with a unit not sold. `[m]`
    pub margin: f64,
    /// One line of a transfer, or one order. `[k]`
    pub order_cost: f64,
}

/// What steers a place.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Level {
    /// Units of one transfer, unrounded. `[Q]`
    pub lot: f64,
    /// Probability that demand until the next chance is covered.
    pub service: f64,
    /// It asks when its position is below. `[s]`
    pub reorder_point: f64,
    /// Up to here.
    pub order_up_to: f64,
}

impl Level {
    /// Nothing is asked for beyond `most` units, which sell before they spoil.
    pub fn keep_fresh(&mut self, most: f64) {
        self.order_up_to = self.order_up_to.min(most);
        self.reorder_point = self.reorder_point.min(most);
    }
}

/// Lot and levels of a place that feeds nobody.
///
/// ```text
/// Q = min(sqrt(2 k mu / g), 28 mu)    c = (g - h) max(R, Q / mu)
/// s = quantile of D(l + R) at m / (m + c)    S = s + Q
/// ```
#[must_use]
pub fn place(demand: &dyn DemandAhead, terms: &Terms) -> Level {
    let days = terms.interval.days();
    let protection = demand.over(0.0, days, terms.interval.lead_sd_days);
    let per_day = per_day(demand.mean_until(days), days);
    let lot = lot(per_day, terms);
    let service = service(per_day, lot, terms);
    let reorder_point = quantile(&protection, service);
    Level { lot, service, reorder_point, order_up_to: reorder_point + lot.round() }
}

/// Units of one transfer: the economic quantity, at most four weeks of demand.
#[must_use]
pub fn lot(per_day: f64, terms: &Terms) -> f64 {
    let economic = eoq(per_day * 365.0, terms.order_cost, terms.carrying_a_day * 365.0);
    // Without a cost of a line there is no reason to send more at a time than is needed.
    economic.unwrap_or(0.0).min(LONGEST_LOT_DAYS * per_day)
}

/// `m / (m + c)`: `c` is what a unit too many costs until it may be taken back, at the next
/// chance or when the lot is sold.
#[must_use]
pub fn service(per_day: f64, lot: f64, terms: &Terms) -> f64 {
    let lasts = if per_day > 0.0 { lot / per_day } else { 0.0 };
    // A unit too many is held until the next occasion to send less.
    let excess = terms.holding_a_day.max(0.0) * terms.interval.review_days.max(lasts);
    // Nothing is lost with a sale, as far as is known: the median, neither short nor long.
    if terms.margin <= 0.0 {
        return 0.5;
    }
    critical_ratio(terms.margin, excess).clamp(0.5, 1.0 - FARTHEST_TAIL)
}

/// The quantile at `service`, no further out than history says anything.
#[must_use]
pub fn quantile(demand: &Demand, service: f64) -> f64 {
    demand.quantile(service.clamp(FARTHEST_TAIL, 1.0 - FARTHEST_TAIL))
}

fn per_day(units: f64, days: f64) -> f64 {
    if days > 0.0 { units / days } else { 0.0 }
}

/// Demand that a purchase has to cover, with the parts its spread is made of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EchelonDemand {
    /// Units the places sell until what the next purchase brings has reached them.
    pub sales: f64,
    /// Units for the lots in which they are sent.
    pub lots: f64,
    /// Variance while the stock can still go to any of them, units².
    pub pooled: f64,
    /// Sum of the places' standard deviations once each is alone, units.
    pub apart: f64,
    /// Variance of what is under way, units².
    pub crossing: f64,
}

impl EchelonDemand {
    /// Expected units.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.sales + self.lots
    }

    /// Variance, units².
    #[must_use]
    pub fn variance(&self) -> f64 {
        self.pooled + self.apart * self.apart + self.crossing
    }

    /// As a distribution of `shape`'s kind.
    #[must_use]
    pub fn distribution(&self, shape: &Demand) -> Demand {
        of_the_kind_of(shape, self.mean(), self.variance().sqrt())
    }
}

/// A place below a source, for the level of its echelon.
#[derive(Clone)]
pub struct Branch<'a> {
    /// Its own customers' demand; `None` = it has none.
    pub demand: Option<&'a dyn DemandAhead>,
    /// How its source replenishes it.
    pub interval: Interval,
    /// Units of one transfer to it.
    pub lot: f64,
    /// Units of a pack on its lane.
    pub pack: f64,
    /// What it feeds itself.
    pub below: Vec<Branch<'a>>,
}

impl Branch<'_> {
    /// Units sold by it and below within `days`, and until a transfer has followed them all the
    /// way down.
    fn sales(&self, days: f64) -> f64 {
        // What is bought to arrive at the end still waits for a departure and travels: its place
        // sells on until then.
        let until = days + self.interval.lead_days + self.interval.wait_days();
        let own = self.demand.map_or(0.0, |demand| demand.mean_until(until));
        own + self.below.iter().map(|branch| branch.sales(until)).sum::<f64>()
    }

    /// Units of all lots on the way down, less the unit that is asked for.
    fn lots(&self) -> f64 {
        // A lot that is asked for at a unit below the point overshoots by its size less that unit.
        let own = (self.lot.max(self.pack) - 1.0).max(0.0);
        own + self.below.iter().map(Branch::lots).sum::<f64>()
    }

    /// Variance of what it and all below sell from `from` to `to`.
    fn variance(&self, from: f64, to: f64) -> f64 {
        let own = variance(self.demand, from, to, 0.0);
        own + self.below.iter().map(|branch| branch.variance(from, to)).sum::<f64>()
    }

    /// Day of its last transfer before `end`, when the source's next stock can follow.
    fn alone_from(&self, end: f64) -> f64 {
        (end - (self.interval.review_days + 1.0) / 2.0).max(0.0)
    }

    /// Standard deviation from day `from` on, when no more can come from its source: its own
    /// demand, and that of what it feeds.
    fn spread(&self, from: f64) -> f64 {
        let end = from + self.interval.days();
        let mut pooled = variance(self.demand, from, end, self.interval.lead_sd_days);
        let mut apart = 0.0;
        for branch in &self.below {
            let alone = branch.alone_from(end);
            pooled += branch.variance(from, alone);
            apart += branch.spread(alone);
        }
        (pooled + apart * apart).sqrt()
    }
}

fn variance(demand: Option<&dyn DemandAhead>, from: f64, to: f64, end_sd: f64) -> f64 {
    match demand {
        Some(demand) if to > from => demand.over(from, to, end_sd).sd().powi(2),
        Some(_) | None => 0.0,
    }
}

/// Demand that a source replenished over `interval` must cover for itself and all below.
///
/// `crossing_days2` is the variance of what is under way, days²: that of
/// [`crossover`](crate::inventory::crossover) where purchases may overtake each other, of the lead
/// time where they come in sequence, 0 with one fixed time.
///
/// ```
/// use orderpoint::network::Steady;
/// use orderpoint::network::levels::{Branch, Interval, echelon};
///
/// // Eppen & Schrage (1981): five shops of N(10, 3²), supplier 10 periods, shops 2.
/// let shop = Steady::normal(10.0, 3.0);
/// let way = Interval { lead_days: 2.0, lead_sd_days: 0.0, review_days: 1.0 };
/// let branch = Branch { demand: Some(&shop), interval: way, lot: 0.0, pack: 1.0, below: vec![] };
/// let supplier = Interval { lead_days: 10.0, ..way };
/// let covered = echelon(None, &vec![branch; 5], supplier, 0.0);
/// assert!((covered.mean() - 650.0).abs() < 1e-9);
/// assert!((covered.variance() - 9.0 * (5.0 * 10.0 + 25.0 * 3.0)).abs() < 1e-9);
/// ```
#[must_use]
pub fn echelon(
    own: Option<&dyn DemandAhead>,
    below: &[Branch<'_>],
    interval: Interval,
    crossing_days2: f64,
) -> EchelonDemand {
    let end = interval.days();
    let mut covered = EchelonDemand {
        sales: own.map_or(0.0, |demand| demand.mean_until(end)),
        pooled: variance(own, 0.0, end, 0.0),
        ..EchelonDemand::default()
    };
    let mut per_day = per_day(covered.sales, end);
    for branch in below {
        covered.sales += branch.sales(end);
        covered.lots += LOT_SHARE * branch.lots();
        let alone = branch.alone_from(end);
        covered.pooled += branch.variance(0.0, alone);
        covered.apart += branch.spread(alone);
        per_day += below_per_day(branch, end);
    }
    covered.crossing = per_day * per_day * crossing_days2;
    covered
}

/// Units a day over the first `days`, sold by a place and all below.
pub(super) fn below_per_day(branch: &Branch<'_>, days: f64) -> f64 {
    let own = branch.demand.map_or(0.0, |demand| per_day(demand.mean_until(days), days));
    own + branch.below.iter().map(|branch| below_per_day(branch, days)).sum::<f64>()
}

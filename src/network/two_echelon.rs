//! A depot and the bases it feeds, one for one: what is owed at the depot, and what customers of a
//! base wait for.
//!
//! METRIC (Sherbrooke 1968) replaces the bases' lead time by its mean, with what the depot is
//! expected to delay it; of slow movers it misses half of the backorders. Exactly (Graves 1985), a
//! base's share of what the depot owes is binomial, and demand over the way comes on top. An oracle
//! for the replay of networks. Demand is Poisson, unmet demand waits. Units: units, days.
//!
//! Oracle: `network.md`, example 5.

use crate::math::distributions::Demand;

// Outstanding units beyond which nothing is left to sum, standard deviations above the mean.
const FAR: f64 = 12.0;

/// A depot with equal bases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Depot {
    /// Bases it feeds.
    pub bases: usize,
    /// Demand of one base, units a day.
    pub per_day: f64,
    /// Lead time of its supplier, days.
    pub lead_days: f64,
    /// Way to a base, days.
    pub way_days: f64,
    /// Up to where it orders. `[S0]`
    pub level: f64,
}

/// How the customers of one base fare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Service {
    /// Units they wait for, on average.
    pub backorders: f64,
    /// Share of them that is served at once.
    pub fill: f64,
}

impl Depot {
    fn outstanding(&self) -> Demand {
        Demand::Poisson { mean: self.bases as f64 * self.per_day * self.lead_days }
    }

    /// Units it owes its bases, on average.
    ///
    /// ```
    /// use orderpoint::network::two_echelon::Depot;
    ///
    /// let depot = Depot { bases: 5, per_day: 0.1, lead_days: 30.0, way_days: 3.0, level: 15.0 };
    /// assert!((depot.backorders() - 1.5365).abs() < 1e-4);
    /// assert!((depot.mean_base_lead_days() - 6.0731).abs() < 1e-4);
    /// ```
    #[must_use]
    pub fn backorders(&self) -> f64 {
        self.outstanding().expected_shortfall(self.level)
    }

    /// Mean days until a unit that a base asks for has come.
    #[must_use]
    pub fn mean_base_lead_days(&self) -> f64 {
        self.way_days + self.backorders() / (self.bases as f64 * self.per_day)
    }

    /// A base with level `level`, its lead time taken as its mean: METRIC.
    #[must_use]
    pub fn metric(&self, level: f64) -> Service {
        let due = Demand::Poisson { mean: self.per_day * self.mean_base_lead_days() };
        Service { backorders: due.expected_shortfall(level), fill: due.cdf(level - 1.0) }
    }

    /// A base with level `level`, exactly.
    #[must_use]
    pub fn exact(&self, level: f64) -> Service {
        let due = self.due_at_a_base();
        let mut service = Service { backorders: 0.0, fill: 0.0 };
        for (units, p) in due.iter().enumerate() {
            let units = units as f64;
            service.backorders += p * (units - level).max(0.0);
            service.fill += if units < level { *p } else { 0.0 };
        }
        service
    }

    /// `P(a base waits for k units)`: its share of the depot's backorders and what is on the way.
    #[must_use]
    pub fn due_at_a_base(&self) -> Vec<f64> {
        let outstanding = self.outstanding();
        let most = (outstanding.mean() + FAR * outstanding.sd()).ceil() as usize;
        let chance = 1.0 / self.bases as f64;
        let mut owed = vec![0.0; most + 1];
        for units in 0..=most {
            let owes = units as f64;
            let above = outstanding.cdf(owes + self.level);
            let p = match units {
                0 => above,
                _ => above - outstanding.cdf(owes + self.level - 1.0),
            };
            for (mine, q) in binomial(units, chance).into_iter().enumerate() {
                owed[mine] += p * q;
            }
        }
        let way = Demand::Poisson { mean: self.per_day * self.way_days };
        let reach = (way.mean() + FAR * way.sd()).ceil() as usize + 1;
        let mut due = vec![0.0; owed.len() + reach];
        for moving in 0..=reach {
            let at = moving as f64;
            let p = way.cdf(at) - if moving > 0 { way.cdf(at - 1.0) } else { 0.0 };
            for (mine, q) in owed.iter().enumerate() {
                if mine + moving < due.len() {
                    due[mine + moving] += p * q;
                }
            }
        }
        due
    }
}

/// Share of demand that is lost where one unit is asked for with each one sold, `level` units in
/// all, and `load` are demanded over the way, Poisson: Erlang's loss formula (Karush 1957).
///
/// ```
/// let lost = orderpoint::network::two_echelon::lost_share(2.0, 4);
/// assert!((lost - 0.09524).abs() < 1e-5);
/// ```
#[must_use]
pub fn lost_share(load: f64, level: usize) -> f64 {
    let mut lost = 1.0;
    for units in 1..=level {
        lost = load * lost / (units as f64 + load * lost);
    }
    lost
}

/// `P(k of n)`, `k = 0..=n`, by the recurrence of its terms.
fn binomial(n: usize, p: f64) -> Vec<f64> {
    let mut mass = vec![0.0; n + 1];
    if p >= 1.0 {
        mass[n] = 1.0;
        return mass;
    }
    mass[0] = (1.0 - p).powi(n as i32);
    for k in 0..n {
        mass[k + 1] = mass[k] * (n - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
    }
    mass
}

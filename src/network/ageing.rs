//! Places that charge for room and age: the unit that costs more than it earns is not sent, and a
//! capped room goes to what earns most in it.
//!
//! Units are sold first in, first out, so unit `x` leaves when demand reaches `x`. It earns its
//! margin if that happens before the next shipment could have brought it, pays storage until then,
//! and each ageing charge whose day comes first:
//!
//! ```text
//! gain(x) = m P(D(l + R) >= x) - storage a day * x / mu - Σ fee P(D(age) < x)
//! ```
//!
//! Gains fall with `x`. Fees are data: marketplaces change them every year. Oracle: `network.md`,
//! example 13. Units: units, days, currency.

use crate::math::distributions::Demand;
use crate::network::demand::DemandAhead;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Fees are charged by the month.
pub const DAYS_OF_A_MONTH: f64 = 30.0;
// Units of one item at one place that fees are weighed for, one by one.
const MOST_UNITS: usize = 100_000;

/// A charge on every unit that is still there on a day of its age.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AgeCharge {
    /// First day of age on which it is charged.
    pub from_age_days: f64,
    /// A unit, currency; of several stages, what each adds.
    pub fee: f64,
}

/// What a unit is charged where it lies.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fees {
    /// Storage of one unit for a day.
    pub storage_a_day: f64,
    /// A month, by age, the youngest first.
    pub charges: Vec<AgeCharge>,
}

impl Fees {
    /// Nothing is charged.
    pub const NONE: Self = Self { storage_a_day: 0.0, charges: Vec::new() };

    /// Whether nothing is charged.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.storage_a_day <= 0.0 && !self.charge_age()
    }

    /// Whether anything is charged for age.
    #[must_use]
    pub fn charge_age(&self) -> bool {
        self.charges.iter().any(|charge| charge.fee > 0.0)
    }

    /// Of a unit that has been there for `age_days`, a day, for its age.
    #[must_use]
    pub fn of_age_a_day(&self, age_days: f64) -> f64 {
        let reached = self.charges.iter().filter(|charge| charge.from_age_days <= age_days);
        reached.map(|charge| charge.fee).sum::<f64>() / DAYS_OF_A_MONTH
    }

    /// Of `units` that lie there the whole year, for their age, when `per_day` are sold, the oldest
    /// first: as many are older than `a` days as demand does not reach in them.
    ///
    /// ```
    /// use orderpoint::network::ageing::{AgeCharge, Fees};
    ///
    /// // Four hundred at one a day: 219 have always been there for 181 days.
    /// let charges = vec![AgeCharge { from_age_days: 181.0, fee: 0.30 }];
    /// let fees = Fees { charges, ..Fees::NONE };
    /// assert!((fees.of_age_a_year(400.0, 1.0) - 219.0 * 0.30 / 30.0 * 365.0).abs() < 1e-9);
    /// assert_eq!(fees.of_age_a_year(100.0, 1.0), 0.0);
    /// ```
    #[must_use]
    pub fn of_age_a_year(&self, units: f64, per_day: f64) -> f64 {
        let mut a_month = 0.0;
        for charge in &self.charges {
            a_month += charge.fee * (units - per_day * charge.from_age_days).max(0.0);
        }
        a_month / DAYS_OF_A_MONTH * 365.0
    }
}

/// What a unit of one item earns and pays at a place.
pub struct Stay<'a> {
    /// Demand there.
    pub demand: &'a dyn DemandAhead,
    /// Lost with a unit not sold.
    pub margin: f64,
    /// Until the shipment after the next one can arrive. `[l + R]`
    pub covered_days: f64,
    /// What it is charged.
    pub fees: &'a Fees,
}

impl Stay<'_> {
    /// Gain of the 1st, 2nd, ... unit, up to the last one that earns anything.
    ///
    /// ```
    /// use orderpoint::network::Steady;
    /// use orderpoint::network::ageing::{AgeCharge, Fees, Stay};
    ///
    /// let charges = [(181.0, 0.30), (271.0, 0.60), (366.0, 2.00)]
    ///     .map(|(from_age_days, fee)| AgeCharge { from_age_days, fee });
    /// let fees = Fees { storage_a_day: 0.12 / 30.0, charges: charges.to_vec() };
    /// let slow = Steady::poisson(0.08);
    /// let stay = Stay { demand: &slow, margin: 6.0, covered_days: 42.0, fees: &fees };
    /// assert_eq!(stay.gains(1000).len(), 6);
    /// ```
    #[must_use]
    pub fn gains(&self, most: usize) -> Vec<f64> {
        let ahead = self.ahead();
        let mut gains = Vec::new();
        for x in 1..=most {
            let gain = self.gain(x as f64, &ahead);
            if gain <= 0.0 {
                break;
            }
            gains.push(gain);
        }
        gains
    }

    /// Most units that earn more there than they are charged; `None` where nothing is charged, or
    /// nobody says what a unit earns.
    #[must_use]
    pub fn most_worth(&self) -> Option<f64> {
        if self.fees.are_none() || self.margin <= 0.0 {
            return None;
        }
        Some(self.gains(MOST_UNITS).len() as f64)
    }

    /// The gain of unit `x`, also where it is a loss.
    #[must_use]
    pub fn gain_of(&self, x: usize) -> f64 {
        self.gain(x as f64, &self.ahead())
    }

    fn ahead(&self) -> Ahead {
        // Up to the day before: a unit sold on the day of the charge has paid it.
        let before = |charge: &AgeCharge| self.demand.over(0.0, charge.from_age_days - 1.0, 0.0);
        Ahead {
            covered: self.demand.over(0.0, self.covered_days, 0.0),
            per_day: self.demand.mean_until(self.covered_days) / self.covered_days.max(1.0),
            aged: self.fees.charges.iter().map(before).collect(),
        }
    }

    fn gain(&self, x: f64, ahead: &Ahead) -> f64 {
        let earned = self.margin * (1.0 - ahead.covered.cdf(x - 1.0));
        // The x-th unit waits for all before it.
        let waits = if ahead.per_day > 0.0 { x / ahead.per_day } else { f64::INFINITY };
        let storage = self.fees.storage_a_day;
        let stored = if storage > 0.0 { storage * waits } else { 0.0 };
        let mut charged = 0.0;
        for (charge, aged) in self.fees.charges.iter().zip(&ahead.aged) {
            // Unsold by then where no more than x - 1 were asked for.
            charged += charge.fee * aged.cdf(x - 1.0);
        }
        earned - stored - charged
    }
}

/// Demand until each day that matters to a unit.
struct Ahead {
    covered: Demand,
    /// Units a day until then.
    per_day: f64,
    /// Until each charge.
    aged: Vec<Demand>,
}

/// Units of one age.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resting {
    /// Days since they came.
    pub age_days: f64,
    /// Units.
    pub units: f64,
}

/// What will be charged for age.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Aged {
    /// Units expected to be there when their next charge begins.
    pub units: f64,
    /// What these charges come to a month, currency.
    pub fees: f64,
    /// Days until the first of them.
    pub first_in_days: f64,
}

/// Units that are expected to reach the next stage of `charges` within `days`, first in, first
/// out: of the first `c` units `E(c - D)+` are there when demand has been `D`.
///
/// ```
/// use orderpoint::network::Steady;
/// use orderpoint::network::ageing::{AgeCharge, Resting, will_be_charged};
///
/// // Forty units reach 181 days in three weeks; ten of them are sold until then.
/// let slow = Steady::normal(10.0 / 21.0, 0.0);
/// let charges = [AgeCharge { from_age_days: 181.0, fee: 0.30 }];
/// let lots = [Resting { age_days: 160.0, units: 40.0 }, Resting { age_days: 20.0, units: 9.0 }];
/// let aged = will_be_charged(&lots, &charges, &slow, 91.0);
/// assert!((aged.units - 30.0).abs() < 1e-6 && (aged.fees - 9.0).abs() < 1e-6);
/// assert_eq!(aged.first_in_days, 21.0);
/// ```
#[must_use]
pub fn will_be_charged(
    lots: &[Resting],
    charges: &[AgeCharge],
    demand: &dyn DemandAhead,
    days: f64,
) -> Aged {
    let mut aged = Aged { first_in_days: f64::INFINITY, ..Aged::default() };
    let mut before = 0.0;
    for lot in lots {
        let through = before + lot.units;
        let next = charges.iter().find(|charge| charge.from_age_days > lot.age_days);
        let until = next.map(|charge| charge.from_age_days - lot.age_days);
        if let (Some(charge), Some(until)) = (next, until.filter(|&until| until <= days)) {
            let sold = demand.over(0.0, until, 0.0);
            let left = unsold(through, &sold) - unsold(before, &sold);
            // A tenth of a unit is nobody's charge.
            if left >= 0.1 {
                aged.units += left;
                aged.fees += left * charge.fee;
                aged.first_in_days = aged.first_in_days.min(until);
            }
        }
        before = through;
    }
    aged
}

/// `E(c - D)+`
fn unsold(units: f64, demand: &Demand) -> f64 {
    (units - demand.mean() + demand.expected_shortfall(units)).max(0.0)
}

/// An item that wants room: what its next packs earn.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanting {
    /// Gain of each next unit, falling; what is there already has none here.
    pub gains: Vec<f64>,
    /// Units of a pack, at least 1.
    pub pack: usize,
    /// Room of a unit.
    pub size: f64,
}

/// The next pack of an item in the queue.
#[derive(Debug, PartialEq)]
struct Next {
    /// Gain for its room.
    worth: f64,
    item: usize,
}

impl Eq for Next {}

impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Next {
    fn cmp(&self, other: &Self) -> Ordering {
        self.worth.total_cmp(&other.worth).then(other.item.cmp(&self.item))
    }
}

// A sum of sizes may miss the room by rounding noise, not by a unit.
const NOISE: f64 = 1e-9;

/// Units of each item, in whole packs, when `room` is filled by gain for the room taken.
///
/// ```
/// use orderpoint::network::ageing::{Wanting, fill};
///
/// let dear = Wanting { gains: vec![4.0, 1.0], pack: 1, size: 1.0 };
/// let small = Wanting { gains: vec![1.0; 3], pack: 1, size: 0.25 };
/// assert_eq!(fill(1.5, &[dear, small]), [1, 2]);
/// ```
#[must_use]
pub fn fill(room: f64, items: &[Wanting]) -> Vec<usize> {
    let mut units = vec![0; items.len()];
    let mut left = room;
    let mut queue: BinaryHeap<Next> =
        (0..items.len()).filter_map(|item| next(items, &units, item)).collect();
    while let Some(Next { item, .. }) = queue.pop() {
        let wanting = &items[item];
        let takes = wanting.pack as f64 * wanting.size;
        // A smaller one may still fit.
        if takes > left + NOISE {
            continue;
        }
        left -= takes;
        units[item] += wanting.pack;
        queue.extend(next(items, &units, item));
    }
    units
}

fn next(items: &[Wanting], units: &[usize], item: usize) -> Option<Next> {
    let wanting = &items[item];
    let pack = wanting.gains.get(units[item]..units[item] + wanting.pack)?;
    let gain: f64 = pack.iter().sum();
    let takes = wanting.pack as f64 * wanting.size;
    let worth = if takes > 0.0 { gain / takes } else { f64::INFINITY };
    (gain > 0.0).then_some(Next { worth, item })
}

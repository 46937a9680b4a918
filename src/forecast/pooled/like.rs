//! What do the like of a series sell? The level that is believed before a series has shown its own.
//!
//! Levels of a group's members scatter around a common mean `m` with variance `τ²`; periods scatter
//! around a level `λ` with variance `s λ` (`s = 1` for Poisson, more where orders clump). A gamma
//! prior of that mean and variance is worth `P = s m / τ²` periods (Bühlmann's credibility, the
//! Gamma-Poisson case of empirical Bayes; Robbins 1956): items that sell alike tell much about a
//! new one, items of every speed next to nothing. What contradicts the prior weakens it, because a
//! gamma has too light a tail for the one fast seller among slow ones. Units: units of demand,
//! periods.

use crate::forecast::pooled::level::LevelPrior;
use crate::math::exact::ExactSum;
use serde::{Deserialize, Serialize};

/// Members from which a group has a prior of its own; fewer have that of everything.
// A variance between members is estimated from them: three say next to nothing of it.
const LEAST_MEMBERS: f64 = 4.0;
/// Days that a prior is worth at most: after two months a series speaks for itself.
pub(crate) const MOST_DAYS: f64 = 56.0;
/// Squared standard deviations from which a series' own sales contradict its like.
const CONTRADICTION: f64 = 4.0;

/// What one member says of its level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Member {
    /// Units sold, and the exposure they were sold at.
    pub units: f64,
    pub exposure: f64,
    /// Variance of a period over its mean.
    pub scatter: f64,
    /// Mean units of a period with a sale.
    pub size: f64,
}

/// Sums over the members of a group.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct GroupRates {
    members: ExactSum,
    units: ExactSum,
    exposure: ExactSum,
    squared_exposure: ExactSum,
    /// `Σ y² / a`
    squares: ExactSum,
    /// `Σ s y`
    scattered: ExactSum,
    sizes: ExactSum,
}

impl GroupRates {
    /// Adds a member; one that was never seen says nothing.
    pub(crate) fn add(&mut self, member: &Member) {
        let Member { units, exposure, scatter, size } = *member;
        if exposure <= 0.0 || units <= 0.0 {
            return;
        }
        self.members.add(1.0);
        self.units.add(units);
        self.exposure.add(exposure);
        self.squared_exposure.add(exposure * exposure);
        self.squares.add(units * units / exposure);
        self.scattered.add(scatter * units);
        self.sizes.add(size);
    }

    /// Adds those of another partition.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.members.merge(other.members);
        self.units.merge(other.units);
        self.exposure.merge(other.exposure);
        self.squared_exposure.merge(other.squared_exposure);
        self.squares.merge(other.squares);
        self.scattered.merge(other.scattered);
        self.sizes.merge(other.sizes);
    }

    /// What the group says of a member of which nothing is known; `most` periods at the most.
    fn like(&self, most: f64) -> Option<Like> {
        let members = self.members.value();
        if members < LEAST_MEMBERS {
            return None;
        }
        let units = self.units.value();
        let exposure = self.exposure.value();
        let mean = units / exposure;
        let scatter = self.scattered.value() / units;
        // Q = Σ a (y/a - m)², E Q = τ² (Σ a - Σ a² / Σ a) + (n - 1) s m
        let squares = self.squares.value() - mean * units;
        let between = squares - (members - 1.0) * scatter * mean;
        let weight = exposure - self.squared_exposure.value() / exposure;
        let periods = if between > 0.0 { scatter * mean * weight / between } else { most };
        let level = LevelPrior { level: mean, periods: periods.min(most) };
        Some(Like { level, scatter, size: self.sizes.value() / members })
    }

    /// Of each group: its own where it has members enough, else that of everything.
    pub(crate) fn learn(groups: &[Self], most: f64) -> Vec<Option<Like>> {
        let mut everything = Self::default();
        groups.iter().for_each(|group| everything.merge(group));
        let of_all = everything.like(most);
        groups.iter().map(|group| group.like(most).or(of_all)).collect()
    }
}

/// What is believed of a series before it has shown its own level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Like {
    level: LevelPrior,
    scatter: f64,
    size: f64,
}

impl Like {
    /// The prior for a series that sold `units` at an exposure of `exposure` since: the less of it,
    /// the more the two contradict each other.
    pub(crate) fn prior(&self, units: f64, exposure: f64) -> LevelPrior {
        let LevelPrior { level, periods } = self.level;
        let mean = level * exposure;
        let variance = self.scatter * mean * (1.0 + exposure / periods.max(1e-9));
        let distance = (units - mean) * (units - mean) / variance.max(1e-12);
        let share = if distance > CONTRADICTION { CONTRADICTION / distance } else { 1.0 };
        LevelPrior { level, periods: periods * share }
    }

    /// Exposure of the period of the very first sale, in which `units` were sold: the history
    /// begins there because something was sold, so that an ordinary sale is no rate. `[trap 13]`
    ///
    /// NaN where it was about what its like sell in one period with a sale: then it says nothing;
    /// else such that `units / exposure` is what was sold beyond one sale.
    pub(crate) fn first_exposure(&self, units: f64) -> f64 {
        // A period counts for two at the most: six units where five are usual stood for twelve
        // days of half a unit, and of five a day for a month 3.6 were left.
        if units > 2.0 * self.size { units / (units - self.size) } else { f64::NAN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(rates: &[f64]) -> Option<Like> {
        let mut sums = GroupRates::default();
        for rate in rates {
            sums.add(&Member { units: 200.0 * rate, exposure: 200.0, scatter: 1.0, size: 1.0 });
        }
        sums.like(MOST_DAYS)
    }

    #[test]
    fn a_new_item_sells_what_its_like_sell_until_it_has_shown_more() {
        let lamps = group(&[0.1, 0.12, 0.08, 0.1, 0.1, 0.11, 0.09]).unwrap();
        let fresh = lamps.prior(0.0, 0.0);
        assert!((fresh.level - 0.1).abs() < 1e-9 && fresh.periods == MOST_DAYS, "{fresh:?}");
        assert!(lamps.first_exposure(1.0).is_nan(), "one sale is no rate");
        assert_eq!(lamps.first_exposure(3.0), 1.5);
        assert!(lamps.first_exposure(1.2).is_nan(), "nor is a little more than one");
        // Ten days at five a day are no lamp like the others.
        let fast = lamps.prior(50.0, 10.0);
        assert!((50.0 + fast.level * fast.periods) / (10.0 + fast.periods) > 4.7, "{fast:?}");
    }

    #[test]
    fn items_of_every_speed_say_little() {
        let mixed = group(&[0.05, 0.3, 1.0, 4.0, 20.0]).unwrap().prior(0.0, 0.0);
        assert!(mixed.periods < 0.2, "{mixed:?}");
        assert_eq!(group(&[0.1, 0.1]), None, "too few to be a kind");
    }
}

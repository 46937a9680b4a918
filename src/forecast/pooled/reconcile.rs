//! Do the parts add up to what the whole does? Groups lifted or lowered together, channels summed
//! exactly.
//!
//! The total of a category in a channel is far less noisy than its items, so it sees a change of
//! level weeks earlier. Middle-out (Hyndman & Athanasopoulos 2021, ch. 11.1): every level of a
//! group is multiplied by recent units over what the items' levels expected of the same periods,
//! weighted towards the last days. The ratio counts as far as the items agree on it: its sampling
//! variance is that of a ratio estimator (Cochran 1977, *Sampling Techniques*, ch. 6), so one item
//! that stepped, ended or was promoted makes the ratio doubtful instead of moving its neighbours;
//! the item that differs most is not heard at all.
//! Channel forecasts add up to the item's by definition: the item's mean is their sum. Units: units
//! of demand.

use crate::forecast::pooled::level::decay;
use crate::forecast::pooled::tally::Tally;
use crate::math::elementary::Elementary;
use crate::math::exact::ExactSum;
use serde::{Deserialize, Serialize};

/// Variance of what a group moves together, in logarithms, beyond what its items' levels follow by
/// themselves, before the groups have shown any; and how many of their moves that is worth.
const USUAL_MOVES: f64 = 0.1 * 0.1;
const USUAL_EVIDENCE: f64 = 2.0;
/// Expected units that the items' own levels are worth against their recent total.
// A count of 30 is known to 18 %, about as far as groups move.
const PRIOR_UNITS: f64 = 30.0;
/// Variance of members' own moves, relative, where it cannot be told from chance: a perfectly flat
/// item moved by 4 % with noisy neighbours that happened to move alike.
const LEAST_DIFFERENCES: f64 = 0.05 * 0.05;
/// Furthest that a group is scaled, down and up: a factor beyond it is a broken feed more often
/// than demand.
const LEAST: f64 = 0.5;
const MOST: f64 = 2.0;
/// Half-lives after which a period no longer counts: less than half a per cent is left.
pub(crate) const HALF_LIVES_BACK: f64 = 8.0;

/// What the members of a group sold lately, and what their levels expected of the same periods.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct GroupRecent {
    sold: ExactSum,
    expected: ExactSum,
    members: usize,
    squared_sold: ExactSum,
    squared_expected: ExactSum,
    product: ExactSum,
    /// The member that differs most from what was expected of it.
    oddest: Tally,
}

impl GroupRecent {
    /// Adds one member.
    pub fn add(&mut self, sold: f64, expected: f64) {
        if expected <= 0.0 {
            return;
        }
        self.sold.add(sold);
        self.expected.add(expected);
        self.members += 1;
        self.squared_sold.add(sold * sold);
        self.squared_expected.add(expected * expected);
        self.product.add(sold * expected);
        self.meet(&Tally { sold, expected });
    }

    fn meet(&mut self, member: &Tally) {
        let odd = (member.sold - member.expected).abs();
        let order = odd.total_cmp(&(self.oddest.sold - self.oddest.expected).abs());
        // Of two that are as odd the larger one, whichever was met first.
        if order.then(member.sold.total_cmp(&self.oddest.sold)).is_gt() {
            self.oddest = *member;
        }
    }

    /// Adds those of another partition.
    pub fn merge(&mut self, other: &Self) {
        self.sold.merge(other.sold);
        self.expected.merge(other.expected);
        self.members += other.members;
        self.squared_sold.merge(other.squared_sold);
        self.squared_expected.merge(other.squared_expected);
        self.product.merge(other.product);
        self.meet(&other.oddest);
    }

    /// Sold over expected, as far as the members agree on it; `None` of too few.
    ///
    /// ```text
    /// R = Σ y / Σ m      Var R = n / (n - 1) Σ (y - R m)² / (Σ m)²
    /// ```
    fn agreed(&self) -> Option<Agreed> {
        // A single member has nobody to agree with.
        let members = self.members as f64 - 1.0;
        let Tally { sold, expected } = self.oddest;
        let agreed =
            Tally { sold: self.sold.value() - sold, expected: self.expected.value() - expected };
        if members < 2.0 || agreed.sold <= 0.0 {
            return None;
        }
        let ratio = agreed.factor(1.0, PRIOR_UNITS);
        let squared_means = self.squared_expected.value() - expected * expected;
        let squares = self.squared_sold.value()
            - sold * sold
            - 2.0 * ratio * (self.product.value() - sold * expected)
            + ratio * ratio * squared_means;
        // One degree of freedom has gone into the ratio.
        let spread = squares.max(0.0) * members / (members - 1.0);
        // Counts scatter at least as Poisson's do.
        let variance = spread.max(ratio * agreed.expected) / agreed.expected.powi(2);
        let differences = (squares - ratio * agreed.expected).max(0.0)
            / (squared_means * ratio * ratio).max(1e-9);
        Some(Agreed {
            log_ratio: ratio.natural_log().clamp(LEAST.natural_log(), MOST.natural_log()),
            variance: variance / ratio.min(1.0).powi(2),
            differences,
        })
    }

    /// What the group moved together, `ln R · τ² / (τ² + Var R / R²)`.
    ///
    /// - `moves`: `τ²`, of [`usual_moves`].
    #[must_use]
    pub fn scale(&self, moves: f64) -> GroupScale {
        let Some(agreed) = self.agreed() else { return GroupScale::default() };
        let trust = moves / (moves + agreed.variance);
        GroupScale { log_factor: agreed.log_ratio * trust, differences: agreed.differences }
    }
}

/// What most members of a group agree on.
struct Agreed {
    /// Of units sold to those expected.
    log_ratio: f64,
    /// Its sampling variance, relative.
    variance: f64,
    /// Variance of the members' own ratios around it, relative.
    differences: f64,
}

/// Variance of what groups move together, in logarithms, beyond chance: what their ratios scatter,
/// today and at past origins, less their sampling variances (DerSimonian & Laird 1986).
///
/// With a constant in its place, shops whose demand never moved followed every chance of their last
/// two weeks, and were forecast 5 % too low.
#[must_use]
pub fn usual_moves(groups: &[GroupRecent]) -> f64 {
    let mut sum = USUAL_EVIDENCE * USUAL_MOVES;
    let mut weight = USUAL_EVIDENCE;
    for agreed in groups.iter().filter_map(GroupRecent::agreed) {
        // Where chance is larger than any move, there is nothing to see.
        // Weights of a variance go by the square of its share in what is seen.
        let seen = (USUAL_MOVES / (USUAL_MOVES + agreed.variance)).powi(2);
        sum += seen * (agreed.log_ratio * agreed.log_ratio - agreed.variance);
        weight += seen;
    }
    (sum / weight).max(0.0)
}

/// What a group moved together lately, and how far its members differ in it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct GroupScale {
    /// Logarithm of the common factor.
    log_factor: f64,
    /// Variance of the members' own factors around it, relative.
    differences: f64,
}

impl GroupScale {
    /// Factor on the level of a member that sold as much as expected but for a relative variance of
    /// `doubt`, infinite where it was not on sale lately: one whose own sales are certain does not
    /// follow others who differ among themselves.
    #[must_use]
    pub fn of_member(&self, doubt: f64) -> f64 {
        if self.log_factor == 0.0 {
            return 1.0;
        }
        // Nothing was sold lately that could tell: it follows the others.
        let share = if doubt.is_finite() {
            doubt / (doubt + self.differences + LEAST_DIFFERENCES)
        } else {
            1.0
        };
        (self.log_factor * share).exponential()
    }
}

/// Of each group, by what it sold lately where its items' levels expected more or less.
///
/// - `moves`: of [`usual_moves`].
#[must_use]
pub fn scales(recent: &[GroupRecent], moves: f64) -> Vec<GroupScale> {
    recent.iter().map(|group| group.scale(moves)).collect()
}

/// Adds groups place by place.
pub(crate) fn merge_recent(sums: &mut [GroupRecent], others: &[GroupRecent]) {
    for (sum, other) in sums.iter_mut().zip(others) {
        sum.merge(other);
    }
}

/// Recency-weighted units and exposure of one series; periods with a NaN exposure were not
/// observed.
///
/// ```
/// use orderpoint::forecast::pooled::reconcile::recent;
///
/// let tally = recent(&[8.0, 4.0], &[1.0, 1.0], 1.0);
/// assert_eq!((tally.sold, tally.expected), (8.0, 1.5));
/// ```
#[must_use]
pub fn recent(units: &[f32], exposure: &[f32], half_life: f64) -> Tally {
    let keep = decay(half_life);
    let first = units.len().saturating_sub((HALF_LIVES_BACK * half_life).ceil() as usize);
    let mut tally = Tally::default();
    for (&y, &a) in units[first..].iter().zip(&exposure[first..]) {
        tally.fade(keep);
        if !a.is_nan() {
            tally.add(f64::from(y), f64::from(a));
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups that move by a fifth.
    const MOVES: f64 = 0.2 * 0.2;

    fn group(members: &[(f64, f64)]) -> GroupRecent {
        let mut group = GroupRecent::default();
        for &(sold, expected) in members {
            group.add(sold, expected);
        }
        group
    }

    #[test]
    fn a_group_that_moves_together_is_followed_and_a_thin_one_its_items() {
        let together = group(&[(1200.0, 1000.0); 40]).scale(MOVES);
        assert!((together.of_member(0.1) - 1.2).abs() < 0.01);
        assert!((group(&[(2.0, 1.0); 2]).scale(MOVES).of_member(1.0) - 1.0).abs() < 0.1);
    }

    #[test]
    fn one_item_that_stepped_or_ended_does_not_move_its_neighbours() {
        let steady = [(100.0, 100.0); 3];
        for odd in [(3000.0, 100.0), (0.0, 300.0), (250.0, 100.0)] {
            let members = [&steady[..], &[odd]].concat();
            let scale = group(&members).scale(MOVES).of_member(0.01);
            assert!((scale - 1.0).abs() < 0.02, "{odd:?}: {scale}");
        }
        let alike = GroupScale { log_factor: 0.1, differences: 0.0 };
        assert_eq!(alike.of_member(0.0), 1.0, "what is certain stays");
        assert_eq!(alike.of_member(f64::INFINITY), 0.1f64.exponential(), "nothing seen lately");
        let alone = group(&[(300.0, 100.0)]).scale(MOVES);
        assert_eq!(alone.of_member(1.0), 1.0, "a single item moves by its own level");
        let odd = [(100.0, 100.0), (130.0, 300.0), (280.0, 300.0), (500.0, 100.0), (600.0, 500.0)];
        let scale = group(&odd).scale(MOVES).of_member(0.01);
        assert!((scale - 1.0).abs() < 0.02, "several odd ones: {scale}");
    }

    #[test]
    fn groups_are_followed_as_far_as_they_move_beyond_chance() {
        let moved = [120.0, 85.0, 110.0, 82.0, 93.0].map(|sold| group(&[(sold, 100.0); 40]));
        assert!((0.1..0.2).contains(&usual_moves(&moved).sqrt()));
        // Forty counts of a hundred scatter by 1.6 % together, and so do these.
        let chance =
            [101.7, 98.2, 100.6, 101.4, 98.9, 99.3].map(|sold| group(&[(sold, 100.0); 40]));
        assert!(usual_moves(&[chance; 5].concat()).sqrt() < 0.03);
        assert_eq!(usual_moves(&[]), USUAL_MOVES, "nothing was seen");
    }

    #[test]
    fn recent_periods_count_more_and_unobserved_ones_not_at_all() {
        assert_eq!(recent(&[8.0, 4.0], &[1.0, 1.0], 1.0), Tally { sold: 8.0, expected: 1.5 });
        let censored = recent(&[8.0, 4.0], &[1.0, f32::NAN], 1.0);
        assert_eq!(censored, Tally { sold: 4.0, expected: 0.5 });
    }
}

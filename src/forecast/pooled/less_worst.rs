//! What do many members say when the loudest of them is not heard? Sums with the worst member left
//! out.
//!
//! Series of an error group share their errors, and in a shop of a dozen items one whose demand has
//! just stepped would be the group's error: its neighbours' quantiles widened tenfold. Without the
//! member that contributes most (a trimmed sum; Huber 1981, *Robust Statistics*, ch. 1) it takes
//! two such items to be a property of the group; in a group of hundreds nothing changes.

use crate::forecast::pooled::dispersion::ExcessVariance;
use crate::forecast::pooled::level::{HALF_LIVES, HalfLifeErrors};
use crate::math::exact::ExactSum;
use std::cmp::Ordering;

/// How many times as far from usual as the others on average a member may be to be heard in whole:
/// of some hundreds that differ by chance, one always is. Further out it counts by the square of
/// that, so that the more it differs the less it moves.
const MOST_USUAL: f64 = 5.0;

/// What a member says, as `N` sums.
pub(crate) trait Shared<const N: usize>: Copy + Default {
    /// Its sums, in a fixed order.
    fn parts(&self) -> [f64; N];
    /// The same from its sums.
    fn of_parts(parts: [f64; N]) -> Self;
    /// How far it is from usual.
    fn size(&self) -> f64;
}

impl Shared<2> for ExcessVariance {
    fn parts(&self) -> [f64; 2] {
        [self.excess, self.squared_mean]
    }

    fn of_parts([excess, squared_mean]: [f64; 2]) -> Self {
        Self { excess, squared_mean }
    }

    fn size(&self) -> f64 {
        self.excess
    }
}

impl Shared<{ HALF_LIVES + 1 }> for HalfLifeErrors {
    fn parts(&self) -> [f64; HALF_LIVES + 1] {
        std::array::from_fn(|j| self.sum.get(j).copied().unwrap_or(self.count))
    }

    fn of_parts(parts: [f64; HALF_LIVES + 1]) -> Self {
        Self { sum: std::array::from_fn(|j| parts[j]), count: parts[HALF_LIVES] }
    }

    fn size(&self) -> f64 {
        self.sum.iter().sum::<f64>() - self.count
    }
}

/// Variances of an error group, the worst member apart.
pub(crate) type Variances = LessWorst<ExcessVariance, 2>;

/// Errors of the half-lives of an error group, the worst member apart.
pub(crate) type GroupHalfLives = LessWorst<HalfLifeErrors, { HALF_LIVES + 1 }>;

/// A sum over members, and the one that contributed most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LessWorst<T, const N: usize> {
    all: [ExactSum; N],
    worst: T,
    members: usize,
}

impl<T: Default, const N: usize> Default for LessWorst<T, N> {
    fn default() -> Self {
        Self { all: [ExactSum::default(); N], worst: T::default(), members: 0 }
    }
}

impl<T: Shared<N>, const N: usize> LessWorst<T, N> {
    /// Adds all that one member says.
    pub(crate) fn add(&mut self, member: &T) {
        self.merge(&Self { all: member.parts().map(ExactSum::of), worst: *member, members: 1 });
    }

    /// Adds other members, in any order.
    pub(crate) fn merge(&mut self, other: &Self) {
        if self.members == 0 || (other.members > 0 && is_worse(&other.worst, &self.worst)) {
            self.worst = other.worst;
        }
        ExactSum::merge_all(&mut self.all, &other.all);
        self.members += other.members;
    }

    /// The sum, of the worst member as much as is usual; all of it where there is no other.
    pub(crate) fn value(&self) -> T {
        let all = self.all.map(ExactSum::value);
        if self.members <= 1 {
            return T::of_parts(all);
        }
        let worst = self.worst.parts();
        let others = T::of_parts(std::array::from_fn(|k| all[k] - worst[k]));
        let usual = MOST_USUAL * others.size().max(0.0) / (self.members - 1) as f64;
        let heard = (usual / self.worst.size().max(1e-12)).min(1.0);
        let unheard = 1.0 - heard * heard;
        T::of_parts(std::array::from_fn(|k| all[k] - unheard * worst[k]))
    }
}

/// Whether `a` is further from usual; of two that are as far, whichever comes first in an order of
/// their sums: not the one that was met first, which another cut of the panel turns round.
fn is_worse<T: Shared<N>, const N: usize>(a: &T, b: &T) -> bool {
    let mut order = a.size().total_cmp(&b.size());
    for (a, b) in a.parts().iter().zip(b.parts()) {
        order = order.then_with(|| a.total_cmp(&b));
    }
    order == Ordering::Greater
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::elementary::Elementary;

    #[test]
    fn one_loud_member_is_hardly_heard_and_two_are() {
        let quiet = ExcessVariance { excess: 1.0, squared_mean: 10.0 };
        let loud = ExcessVariance { excess: 500.0, squared_mean: 10.0 };
        let mut sums = Variances::default();
        sums.add(&loud);
        assert_eq!(sums.value(), loud, "alone it is all there is");
        for _ in 0..3 {
            sums.add(&quiet);
        }
        let ExcessVariance { excess, squared_mean } = sums.value();
        assert!((excess - 3.05).abs() < 0.01 && (squared_mean - 30.0).abs() < 0.1, "{excess}");
        sums.add(&loud);
        assert!(sums.value().excess > 400.0);
    }

    #[test]
    fn the_worst_of_many_that_differ_by_chance_is_one_of_them() {
        let mut sums = Variances::default();
        let mut all = 0.0;
        for k in 1..=40 {
            // As an exponential distribution has them: the largest is 4.4 times the average.
            let excess = (40.5 / f64::from(k)).natural_log();
            all += excess;
            sums.add(&ExcessVariance { excess, squared_mean: 1.0 });
        }
        assert!((sums.value().excess - all).abs() < 1e-9);
    }
}

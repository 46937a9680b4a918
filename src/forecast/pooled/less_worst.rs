//! What do many members say when the loudest of them is not heard? Sums with the worst member left
//! out.
//!
//! Series of an error group share their errors, and in a shop of a dozen items one whose demand has
//! just stepped would be the group's error: its neighbours' quantiles widened tenfold. Without the
//! member that contributes most (a trimmed sum; Huber 1981, *Robust Statistics*, ch. 1) it takes two
//! such items to be a property of the group; in a group of hundreds nothing changes.

use crate::forecast::pooled::dispersion::ExcessVariance;
use crate::forecast::pooled::level::HalfLifeErrors;

/// Sums that members add to.
pub(crate) trait Shared: Copy + Default {
    /// Adds another's.
    fn add(&mut self, other: &Self);
    /// All but `part`.
    fn less(&self, part: &Self) -> Self;
    /// How far it is from usual.
    fn size(&self) -> f64;
}

impl Shared for ExcessVariance {
    fn add(&mut self, other: &Self) {
        self.merge(other);
    }

    fn less(&self, part: &Self) -> Self {
        Self {
            excess: self.excess - part.excess,
            squared_mean: self.squared_mean - part.squared_mean,
        }
    }

    fn size(&self) -> f64 {
        self.excess
    }
}

impl Shared for HalfLifeErrors {
    fn add(&mut self, other: &Self) {
        self.merge(other);
    }

    fn less(&self, part: &Self) -> Self {
        self.without(part)
    }

    fn size(&self) -> f64 {
        self.sum.iter().sum::<f64>() - self.count
    }
}

/// A sum over members, and the one that contributed most.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LessWorst<T> {
    all: T,
    worst: T,
    members: usize,
}

impl<T: Shared> LessWorst<T> {
    /// Adds all that one member says.
    pub fn add(&mut self, member: &T) {
        self.merge(&Self { all: *member, worst: *member, members: 1 });
    }

    /// Adds the members of another partition, later ones in panel order.
    pub fn merge(&mut self, other: &Self) {
        if self.members == 0 || (other.members > 0 && other.worst.size() > self.worst.size()) {
            self.worst = other.worst;
        }
        self.all.add(&other.all);
        self.members += other.members;
    }

    /// The sum without the worst member; with it where there is no other.
    pub fn value(&self) -> T {
        if self.members > 1 { self.all.less(&self.worst) } else { self.all }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_loud_member_is_not_heard_and_two_are() {
        let quiet = ExcessVariance { excess: 1.0, squared_mean: 10.0 };
        let loud = ExcessVariance { excess: 500.0, squared_mean: 10.0 };
        let mut sums = LessWorst::default();
        sums.add(&loud);
        assert_eq!(sums.value(), loud, "alone it is all there is");
        for _ in 0..3 {
            sums.add(&quiet);
        }
        assert_eq!(sums.value(), ExcessVariance { excess: 3.0, squared_mean: 30.0 });
        sums.add(&loud);
        assert!(sums.value().excess > 400.0);
    }
}

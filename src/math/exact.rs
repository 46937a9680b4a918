//! Sums that are the same in whatever order and groups their parts come.
//!
//! Floats do not add associatively: the same night cut into other partitions summed its evidence
//! in another order, differed by 1e-16, and 28 of 1,499 order quantities came out a unit or a pack
//! apart. A part is therefore cut to a whole number of small steps first, and whole numbers are
//! added. Steps: 2^-40 for statistics, 2^-20 for units of demand, of which one array cell is
//! kept for every group and period.

use serde::{Deserialize, Serialize};

/// Steps of a statistic to 1.
const STEPS: f64 = (1u64 << 40) as f64;
/// Largest part of a statistic: 2^60, so that 134 million parts fit.
const LARGEST: f64 = (1u64 << 60) as f64;
/// Steps of a unit of demand to 1.
const UNIT_STEPS: f64 = (1u64 << 20) as f64;
/// Largest units of one series in one period that are told apart: 2^33, so that a thousand such
/// series fit; nobody sells 8 billion a day of one item.
const MOST_UNITS: f64 = (1u64 << 33) as f64;

/// A sum of statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct ExactSum {
    /// Steps of 2^-40.
    steps: i128,
}

impl ExactSum {
    /// The sum of one part; what is not a number counts as nothing.
    pub(crate) fn of(part: f64) -> Self {
        Self { steps: (part.clamp(-LARGEST, LARGEST) * STEPS) as i128 }
    }

    /// Adds one part.
    pub(crate) fn add(&mut self, part: f64) {
        self.merge(Self::of(part));
    }

    /// Adds the parts of another sum.
    ///
    /// # Panics
    /// On more than 134 million parts of 2^60 each.
    pub(crate) fn merge(&mut self, other: Self) {
        let sum = self.steps.checked_add(other.steps);
        self.steps = sum.expect("a sum of evidence fits 127 bits");
    }

    /// Adds sums place by place.
    pub(crate) fn merge_all(sums: &mut [Self], others: &[Self]) {
        for (sum, other) in sums.iter_mut().zip(others) {
            sum.merge(*other);
        }
    }

    /// The sum.
    pub(crate) fn value(self) -> f64 {
        self.steps as f64 / STEPS
    }
}

/// Units of demand in steps of 2^-20.
pub(crate) fn unit_steps(units: f64) -> i64 {
    (units.clamp(-MOST_UNITS, MOST_UNITS) * UNIT_STEPS) as i64
}

/// Adds steps of units.
///
/// # Panics
/// On sums beyond 8 trillion units a period.
pub(crate) fn add_steps(sum: &mut i64, steps: i64) {
    *sum = sum.checked_add(steps).expect("a sum of units fits 63 bits");
}

/// Units of demand from steps of 2^-20.
pub(crate) fn units_of(steps: i64) -> f64 {
    steps as f64 / UNIT_STEPS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_in_any_order_and_any_groups_make_the_same_sum() {
        let parts: Vec<f64> = (1..400).map(|i| 1e6 / f64::from(i * i) - 0.1).collect();
        let mut all = ExactSum::default();
        parts.iter().for_each(|&part| all.add(part));
        for cut in [1, 7, 200] {
            let mut sum = ExactSum::default();
            for group in parts.rchunks(cut) {
                let mut of_group = ExactSum::default();
                group.iter().rev().for_each(|&part| of_group.add(part));
                sum.merge(of_group);
            }
            assert_eq!(sum, all);
        }
        assert!((all.value() - parts.iter().sum::<f64>()).abs() < 1e-6);
    }

    #[test]
    fn what_is_no_number_counts_as_nothing_and_what_is_absurd_as_a_lot() {
        assert_eq!(ExactSum::of(f64::NAN).value(), 0.0);
        assert_eq!(ExactSum::of(f64::INFINITY).value(), LARGEST);
        assert_eq!(units_of(unit_steps(2.5)), 2.5);
        assert_eq!(units_of(unit_steps(1e300)), MOST_UNITS);
    }
}

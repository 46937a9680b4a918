//! Units sold against units expected of the same periods: the evidence behind every factor.

use serde::{Deserialize, Serialize};

/// Units sold over some periods, and what was expected of them.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Units sold.
    pub sold: f64,
    /// Units expected of the same periods. Where no level is given, their exposure: what a level
    /// of 1 sells in them.
    pub expected: f64,
}

impl Tally {
    /// Adds one or more periods.
    pub fn add(&mut self, sold: f64, expected: f64) {
        self.sold += sold;
        self.expected += expected;
    }

    /// Units and exposure of the observed ones of some periods, see [`Self::observe`].
    pub(crate) fn of_observed(units: &[f32], exposure: &[f32]) -> Self {
        let mut tally = Self::default();
        tally.observe(units, exposure);
        tally
    }

    /// Adds the observed ones of some periods: those whose exposure is not NaN.
    // Inlined into the fit of a series both sums lie on the stack, and each period waits for the
    // store of the one before it.
    #[inline(never)]
    pub(crate) fn observe(&mut self, units: &[f32], exposure: &[f32]) {
        // Zeros for what was not observed, so that the loop has no branch: every fit of a series
        // goes over its years four times like this.
        let Self { mut sold, mut expected } = *self;
        for (&y, &a) in units.iter().zip(exposure) {
            let seen = !a.is_nan();
            sold += f64::from(if seen { y } else { 0.0 });
            expected += f64::from(if seen { a } else { 0.0 });
        }
        *self = Self { sold, expected };
    }

    /// Adds the periods of another series, group or partition.
    pub fn merge(&mut self, other: &Self) {
        self.add(other.sold, other.expected);
    }

    /// `keep` of what was added so far: older periods count less.
    pub fn fade(&mut self, keep: f64) {
        self.sold *= keep;
        self.expected *= keep;
    }

    /// Demand relative to what was expected, `(sold + κ b) / (expected + κ)`: pulled towards the
    /// belief `b` with the weight of `evidence` units `κ`.
    ///
    /// ```
    /// use orderpoint::forecast::pooled::tally::Tally;
    ///
    /// let promoted = Tally { sold: 80.0, expected: 40.0 };
    /// assert_eq!(promoted.factor(1.0, 0.0), 2.0);
    /// assert_eq!(promoted.factor(1.0, 40.0), 1.5);
    /// ```
    #[must_use]
    pub fn factor(&self, belief: f64, evidence: f64) -> f64 {
        (self.sold + evidence * belief) / (self.expected + evidence)
    }
}

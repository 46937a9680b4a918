//! Do the parts add up to what the whole does? Groups lifted or lowered together, channels summed exactly.
//!
//! The total of a category in a channel is far less noisy than its items, so it sees a change of level weeks earlier. Middle-out:
//! every level of a group is multiplied by recent units over what the items' levels expected of the same periods, weighted
//! towards the last days, as far as such a correction held up at past origins ([`trust`]). Channel forecasts add up to the
//! item's by definition: the item's mean is their sum.

/// Expected units that the items' own levels are worth against their recent total.
const PRIOR_UNITS: f64 = 30.0;
/// Trust in the correction before any origin, and its weight in squared log units.
const PRIOR_TRUST: (f64, f64) = (0.7, 0.01);

/// Units of a group against what its items' levels expected, up to an origin and over the lead time after it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct GroupLevel {
    /// Recency-weighted units before the origin.
    pub units: f64,
    /// The same as the levels expected it.
    pub expected: f64,
    /// Units after the origin; nothing at the present.
    pub units_after: f64,
    /// The same as forecast by the levels.
    pub expected_after: f64,
}

impl GroupLevel {
    /// Adds another partition's.
    pub fn merge(&mut self, other: &Self) {
        self.units += other.units;
        self.expected += other.expected;
        self.units_after += other.units_after;
        self.expected_after += other.expected_after;
    }

    /// Log ratio of recent units to what the levels expected.
    #[must_use]
    pub fn correction(&self) -> f64 {
        ((self.units + PRIOR_UNITS) / (self.expected + PRIOR_UNITS)).clamp(0.5, 2.0).ln()
    }
}

/// Recency-weighted units and exposure of one series; periods with a NaN exposure were not seen.
#[must_use]
pub fn recent(units: &[f32], exposure: &[f32], half_life: f64) -> (f64, f64) {
    let keep = (0.5f64).powf(1.0 / half_life.max(0.5));
    let first = units.len().saturating_sub((8.0 * half_life).ceil() as usize);
    units[first..].iter().zip(&exposure[first..]).fold((0.0, 0.0), |(u, e), (&y, &a)| {
        let seen = if a.is_nan() { (0.0, 0.0) } else { (f64::from(y), f64::from(a)) };
        (keep * u + seen.0, keep * e + seen.1)
    })
}

/// Share of the correction that past origins confirm: the slope of the log error of the lead time after an origin on the
/// correction before it, over all groups, weighted by units; between 0 and 1.
#[must_use]
pub fn trust(past: impl Iterator<Item = GroupLevel>) -> f64 {
    let (mut cross, mut square, mut weights) = (0.0, 0.0, 0.0);
    for level in past.filter(|l| l.expected_after > 0.0) {
        let weight = level.expected_after.sqrt();
        let followed = ((level.units_after + PRIOR_UNITS) / (level.expected_after + PRIOR_UNITS)).clamp(0.5, 2.0).ln();
        cross += weight * level.correction() * followed;
        square += weight * level.correction() * level.correction();
        weights += weight;
    }
    let (prior, evidence) = PRIOR_TRUST;
    if weights <= 0.0 {
        return prior;
    }
    ((cross + prior * evidence * 0.1 * weights) / (square + evidence * 0.1 * weights)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(before: f64, after: f64) -> GroupLevel {
        GroupLevel { units: 1e6 * before, expected: 1e6, units_after: 1e6 * after, expected_after: 1e6 }
    }

    #[test]
    fn a_correction_that_came_true_is_trusted_and_one_that_did_not_is_dropped() {
        assert!(trust([level(1.3, 1.3), level(0.8, 0.8)].into_iter()) > 0.95);
        assert!(trust([level(1.3, 1.0), level(0.8, 1.0)].into_iter()) < 0.05);
    }

    #[test]
    fn recent_periods_count_more_and_unseen_ones_not_at_all() {
        assert_eq!(recent(&[8.0, 4.0], &[1.0, 1.0], 1.0), (8.0, 1.5));
        assert_eq!(recent(&[8.0, 4.0], &[1.0, f32::NAN], 1.0), (4.0, 0.5));
    }
}

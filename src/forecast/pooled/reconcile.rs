//! Do the parts add up to what the whole does? Groups lifted or lowered together, channels summed exactly.
//!
//! The total of a category in a channel is far less noisy than its items, so it sees a change of level weeks earlier. Middle-out:
//! every level of a group is multiplied by recent units over what the items' levels expected of the same periods, weighted
//! towards the last days. Channel forecasts add up to the item's by definition: the item's mean is their sum.

use crate::forecast::pooled::combine::decay;

/// Expected units that the items' own levels are worth against their recent total.
const PRIOR_UNITS: f64 = 30.0;

/// Factor on all levels of a group that sold `units` lately where its items' levels expected `expected`.
#[must_use]
pub fn scale(units: f64, expected: f64) -> f64 {
    ((units + PRIOR_UNITS) / (expected + PRIOR_UNITS)).clamp(0.5, 2.0)
}

/// Recency-weighted units and exposure of one series; periods with a NaN exposure were not seen.
#[must_use]
pub fn recent(units: &[f32], exposure: &[f32], half_life: f64) -> (f64, f64) {
    let keep = decay(half_life);
    let first = units.len().saturating_sub((8.0 * half_life).ceil() as usize);
    units[first..].iter().zip(&exposure[first..]).fold((0.0, 0.0), |(u, e), (&y, &a)| {
        let seen = if a.is_nan() { (0.0, 0.0) } else { (f64::from(y), f64::from(a)) };
        (keep * u + seen.0, keep * e + seen.1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_group_follows_its_recent_total_and_a_thin_one_its_items() {
        assert!((scale(1.2e6, 1e6) - 1.2).abs() < 1e-4);
        assert!((scale(2.0, 1.0) - 1.0).abs() < 0.05);
    }

    #[test]
    fn recent_periods_count_more_and_unseen_ones_not_at_all() {
        assert_eq!(recent(&[8.0, 4.0], &[1.0, 1.0], 1.0), (8.0, 1.5));
        assert_eq!(recent(&[8.0, 4.0], &[1.0, f32::NAN], 1.0), (4.0, 0.5));
    }
}

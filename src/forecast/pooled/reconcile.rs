//! Do the parts add up to what the whole does? Groups lifted or lowered together, channels summed
//! exactly.
//!
//! The total of a category in a channel is far less noisy than its items, so it sees a change of
//! level weeks earlier. Middle-out (Hyndman & Athanasopoulos 2021, ch. 11.1): every level of a
//! group is multiplied by recent units over what the items' levels expected of the same periods,
//! weighted towards the last days. Channel forecasts add up to the item's by definition: the item's
//! mean is their sum. Units: units of demand.

use crate::forecast::pooled::level::decay;
use crate::forecast::pooled::tally::Tally;

/// Expected units that the items' own levels are worth against their recent total.
const PRIOR_UNITS: f64 = 30.0;
/// Furthest that a group is scaled, down and up: a factor beyond it is a broken feed more often
/// than demand.
const LEAST: f64 = 0.5;
const MOST: f64 = 2.0;
/// Half-lives after which a period no longer counts: less than half a per cent is left.
const HALF_LIVES_BACK: f64 = 8.0;

/// Factor on all levels of each group, by what it sold lately where its items' levels expected more
/// or less.
#[must_use]
pub fn scales(recent: &[Tally]) -> Vec<f64> {
    recent.iter().map(|group| group.factor(1.0, PRIOR_UNITS).clamp(LEAST, MOST)).collect()
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

    #[test]
    fn a_large_group_follows_its_recent_total_and_a_thin_one_its_items() {
        let large = Tally { sold: 1.2e6, expected: 1e6 };
        let thin = Tally { sold: 2.0, expected: 1.0 };
        let scales = scales(&[large, thin]);
        assert!((scales[0] - 1.2).abs() < 1e-4);
        assert!((scales[1] - 1.0).abs() < 0.05);
    }

    #[test]
    fn recent_periods_count_more_and_unobserved_ones_not_at_all() {
        assert_eq!(recent(&[8.0, 4.0], &[1.0, 1.0], 1.0), Tally { sold: 8.0, expected: 1.5 });
        let censored = recent(&[8.0, 4.0], &[1.0, f32::NAN], 1.0);
        assert_eq!(censored, Tally { sold: 4.0, expected: 0.5 });
    }
}

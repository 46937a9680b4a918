//! Which weekdays does this series sell on? Its own weekday profile beside the pooled one.
//!
//! The pooled index knows the weekdays of a category; a café's shop sells on other days. Own
//! factors are units sold over units expected by level and pooled index on that weekday, pulled
//! towards 1 by evidence: `(N_w + κ) / (D_w + κ)`. The same pass tells what promotions sold.

use crate::forecast::pooled::level::{HALF_LIVES, LONGEST, MONTH, Past, decay};
use crate::forecast::pooled::promotions::PromotedPeriod;
use crate::forecast::pooled::response::OwnOccurrences;
use crate::forecast::pooled::setup::Setup;
use crate::forecast::pooled::tally::Tally;

/// Exposure that a level needs before periods are held against it.
const LEAST_EXPOSURE: f64 = 3.0;

/// What one pass over a series' weekdays and promotions found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OwnProfile {
    /// Own weekday factors relative to the pooled index, mean 1; Monday first.
    pub weekday: [f64; 7],
    /// Units sold in promoted periods and what the level expected there without them.
    pub promoted: OwnOccurrences,
}

/// The own profile of a past; promoted periods are set apart.
///
/// - `first`: weekday of the first period, Monday = 0; `None` when periods are no days.
/// - `evidence`: `κ`, units.
// A loop of its own keeps its sums in registers; inlined into the fit it had none left.
#[inline(never)]
#[must_use]
pub(crate) fn own_profile(
    past: &Past<'_>,
    first: Option<usize>,
    promoted: &[PromotedPeriod],
    half_lives: &[f64; HALF_LIVES],
    evidence: f64,
) -> OwnProfile {
    let keep = decay(half_lives[MONTH]);
    let keep_profile = decay(half_lives[LONGEST] * 2.0);
    let growth = 1.0 / keep_profile;
    let mut recent = Tally::default();
    let mut by_weekday = [Tally::default(); 7];
    let mut under_promotion = OwnOccurrences::default();
    // A weight that grows towards today does what fading all seven sums every day would.
    let mut weight = keep_profile.powi(i32::try_from(past.units.len()).expect("history fits"));
    let mut tomorrow = first.unwrap_or(0);
    for (t, (&y, &a)) in past.units.iter().zip(past.exposure).enumerate() {
        weight *= growth;
        let weekday = tomorrow;
        tomorrow = if weekday == 6 { 0 } else { weekday + 1 };
        if a.is_nan() {
            continue;
        }
        let y = f64::from(y);
        let a = f64::from(a);
        let level =
            if recent.expected > LEAST_EXPOSURE { recent.sold / recent.expected } else { 0.0 };
        if let Some(period) = promoted.get(t).filter(|p| p.covered > 0.0 || p.after) {
            if level > 0.0 {
                under_promotion.add(period, y, a * level);
            }
            if period.is_promoted() {
                continue;
            }
        }
        if level > 0.0 {
            by_weekday[weekday].add(weight * y, weight * a * level);
        }
        recent.fade(keep);
        recent.add(y, a);
    }
    let sold = by_weekday.iter().map(|day| day.sold).sum::<f64>();
    let expected = by_weekday.iter().map(|day| day.expected).sum::<f64>();
    let total = sold / expected.max(1e-12);
    let mut factors = [1.0; 7];
    if first.is_some() {
        for (factor, day) in factors.iter_mut().zip(&by_weekday) {
            let day = Tally { sold: day.sold, expected: day.expected * total };
            *factor = day.factor(1.0, evidence);
        }
    }
    let mean = factors.iter().sum::<f64>() / 7.0;
    OwnProfile { weekday: factors.map(|factor| factor / mean), promoted: under_promotion }
}

impl Setup<'_> {
    /// Multiplies exposures from period `first` of the axis on by a series' own weekdays, Monday
    /// first.
    pub(crate) fn apply_weekdays(&self, exposure: &mut [f32], first: usize, weekday: &[f32; 7]) {
        let Some(first) = self.weekday_of(first) else { return };
        // Rotated once, so that the inner loop is a plain product of seven.
        let weekday: [f32; 7] = std::array::from_fn(|w| weekday[(first + w) % 7]);
        for week in exposure.chunks_mut(7) {
            for (a, factor) in week.iter_mut().zip(&weekday) {
                *a *= factor;
            }
        }
    }
}

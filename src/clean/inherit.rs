//! What would a series have sold before it was there? What its predecessor or its analogue did,
//! times the factor. `[A14, C14]`
//!
//! Periods before the heir's own beginning become observed demand where the source's were; a
//! successor also takes over what the source still sells beside it. Gross units stay the heir's own.

use crate::domain::panel::{Activity, Heir, Panel, SeriesMut, flag};

/// Fills the history that heirs inherit, once every series is cleaned.
pub fn inherit(panel: &mut Panel) {
    if panel.heirs().is_empty() {
        return;
    }
    let heirs = panel.heirs().to_vec();
    let own_starts: Vec<usize> =
        heirs.iter().map(|(heir, _)| panel.own_start(heir.series)).collect();
    let mut series: Vec<SeriesMut<'_>> = panel.series_mut().collect();
    for ((heir, source), own_start) in heirs.into_iter().zip(own_starts) {
        take_over(&mut series, heir, source, own_start);
    }
}

fn take_over(series: &mut [SeriesMut<'_>], heir: Heir, source: usize, own_start: usize) {
    let Ok([to, from]) = series.get_disjoint_mut([heir.series, source]) else { return };
    for t in 0..to.cleaned.len() {
        let period = to.start + t;
        let Some(s) = period.checked_sub(from.start) else { continue };
        if period < own_start {
            let observed = match Activity::of(from.flags[s]) {
                Activity::OnSale | Activity::OffSeason => true,
                // Filled in for the source, as good as seen.
                Activity::OutOfStock | Activity::InferredOutOfStock => true,
                Activity::NotLaunched | Activity::Ended => false,
            };
            if observed {
                to.cleaned[t] += (heir.factor * f64::from(from.cleaned[s])) as f32;
                to.flags[t] &= !flag::INACTIVE;
                to.flags[t] |= from.flags[s] & (flag::OFF_SEASON | flag::PROMOTION);
            }
        } else if heir.successor {
            to.cleaned[t] += (heir.factor * f64::from(from.gross[s])) as f32;
        }
    }
}

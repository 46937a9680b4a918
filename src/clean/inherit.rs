//! What would a series have sold before it was there? What its predecessor or its analogue did,
//! times the factor. `[A14, C14]`
//!
//! Periods before the heir's own beginning become observed demand where the source's were; a
//! successor also takes over what the source still sells beside it. Gross units stay the heir's
//! own.

use crate::domain::panel::{Activity, GrossUnits, Heir, OpenSeries, Panel, flag};
use std::collections::BTreeMap;

/// Fills the history that heirs inherit, once every series is cleaned.
pub fn inherit(panel: &mut Panel) {
    if panel.heirs().is_empty() {
        return;
    }
    let heirs = panel.heirs().to_vec();
    let own_starts: Vec<usize> =
        heirs.iter().map(|(heir, _)| panel.own_start(heir.series)).collect();
    // Cleaned units are about to change: what all of them sold stays.
    let mut gross: BTreeMap<usize, Vec<f32>> = BTreeMap::new();
    for i in heirs.iter().flat_map(|(heir, source)| [heir.series, *source]) {
        gross.entry(i).or_insert_with(|| panel.gross(i).into_owned());
    }
    let mut series: Vec<OpenSeries<'_>> = panel.series_mut().collect();
    for (&(heir, source), own_start) in heirs.iter().zip(own_starts) {
        take_over(&mut series, heir, (source, &gross[&source]), own_start);
    }
    for (heir, _) in heirs {
        let besides = GrossUnits::besides(&gross[&heir.series], panel.cleaned(heir.series));
        panel.keep_gross(heir.series, besides);
    }
}

fn take_over(
    series: &mut [OpenSeries<'_>],
    heir: Heir,
    (source, sold): (usize, &[f32]),
    own_start: usize,
) {
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
                // Its own shelf was empty because it was not on sale yet: that says nothing of what
                // would have sold. With a stock history from the start it had no level at all.
                to.flags[t] &= !flag::CENSORED;
                to.flags[t] |= from.flags[s] & (flag::OFF_SEASON | flag::PROMOTION);
            }
        } else if heir.successor {
            to.cleaned[t] += (heir.factor * f64::from(sold[s])) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::panel::SeriesKey;
    use crate::domain::units::{ChannelId, LocationId, SkuId};

    fn of<'a>(index: u32, cleaned: &'a mut [f32], flags: &'a mut [u8]) -> OpenSeries<'a> {
        let key = SeriesKey { sku: SkuId(index), location: LocationId(0), channel: ChannelId(0) };
        OpenSeries { index: index as usize, key, start: 0, cleaned, flags }
    }

    #[test]
    fn c14_an_empty_shelf_before_the_launch_does_not_censor_what_is_inherited() {
        let (mut own, mut like) = ([0.0; 4], [2.0; 4]);
        // Not on sale, and the stock history says that none was there.
        let mut own_flags = [flag::INACTIVE | flag::STOCKOUT; 4];
        let mut like_flags = [0, flag::STOCKOUT, flag::INACTIVE, 0];
        let heir = Heir { series: 0, factor: 0.5, successor: false };
        {
            let mut series = [of(0, &mut own, &mut own_flags), of(1, &mut like, &mut like_flags)];
            take_over(&mut series, heir, (1, &[0.0; 4]), 3);
        }
        assert_eq!(own, [1.0, 1.0, 0.0, 0.0]);
        let censored = own_flags.map(|flags| flags & flag::CENSORED != 0);
        assert_eq!(censored, [false, false, true, true], "its own days are as they were");
    }
}

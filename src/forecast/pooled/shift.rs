//! Has the level moved for good? The last lasting step of a series, found in sums over blocks.
//!
//! A level that stepped up is a new level, not a variance of the old: from the step on levels and
//! dispersion start anew, and origins before it are not judged, so that errors across the step
//! widen neither this series' quantiles nor its neighbours'. A step is believed when all of this
//! holds: the rate per unit of exposure is at least doubled or halved; the split of the past into
//! two levels explains far more than demand scatters within them (a ratio of Pearson's chi-squares,
//! as in likelihood-ratio tests for one change point; Csörgő & Horváth 1997, *Limit Theorems in
//! Change-Point Analysis*, ch. 1); it has lasted some blocks and none of them looks like before;
//! and last year did not do the same, which would be a season. Units: periods; units of demand.

use crate::domain::calendar::Bucket;
use crate::forecast::pooled::horizon::YEAR_DAYS;
use crate::forecast::pooled::level::Past;
use crate::forecast::pooled::tally::Tally;
use crate::math::elementary::Elementary;
use serde::{Deserialize, Serialize};

/// Least factor between two levels: less is what half-lives are for.
const LEAST_FACTOR: f64 = 2.0;
/// Least ratio of explained to remaining chi-square. At 20 some hundred items of a thousand that
/// only wandered were cut on M5; real steps reach thousands.
const LEAST_EVIDENCE: f64 = 40.0;
/// Blocks that must have followed a step and gone before it.
const BLOCKS_AFTER: usize = 3;
const BLOCKS_BEFORE: usize = 4;
/// Units that must have been sold since the step, and expected since by the larger of both levels:
/// a few sales make no level.
const LEAST_UNITS: f64 = 10.0;
/// Furthest that last year's level at this time may be from today's for the step to be a season.
const SAME_SEASON: f64 = 1.5;

/// A lasting step of the level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct LevelShift {
    /// First period of the level that holds today, counted from the start of the series.
    pub from: usize,
    /// Units a period before it, at the index's average.
    pub before: f64,
    /// Units a period since.
    pub after: f64,
}

/// Periods of one block, and blocks that are looked at: a step longer ago is forgotten by itself.
fn blocks(bucket: Bucket) -> (usize, usize) {
    match bucket {
        Bucket::Day => (7, 40),
        Bucket::Week => (1, 52),
        Bucket::Month => (1, 24),
    }
}

/// The last lasting step of the level, if there is one.
pub(crate) fn last_shift(past: &Past<'_>, bucket: Bucket) -> Option<LevelShift> {
    let (_, most) = blocks(bucket);
    shift_within(past, bucket, most)
}

/// The step that divides a whole history into two levels, where a year on either side of it shows
/// that it is no season.
pub(crate) fn step_of_history(past: &Past<'_>, bucket: Bucket) -> Option<LevelShift> {
    let year = (YEAR_DAYS / bucket.days()).round() as usize;
    let shift = shift_within(past, bucket, past.units.len())?;
    (shift.from.max(past.units.len() - shift.from) >= year).then_some(shift)
}

/// The step that the last `most` blocks show.
fn shift_within(past: &Past<'_>, bucket: Bucket, most: usize) -> Option<LevelShift> {
    let (length, _) = blocks(bucket);
    let n = past.units.len();
    let count = (n / length).min(most);
    if count < BLOCKS_AFTER + BLOCKS_BEFORE {
        return None;
    }
    let first = n - count * length;
    let sums: Vec<Tally> =
        (0..count).map(|k| tally(past, first + k * length..first + (k + 1) * length)).collect();
    let split = best_split(&sums)?;
    let from = refined(past, first + split.block * length, length, &split)?;
    let shift = LevelShift { from, before: split.before, after: split.after };
    let season = was_so_last_year(past, &shift, bucket) || rose_so_last_year(past, &shift, bucket);
    (!season).then_some(shift)
}

/// Units and exposure of the observed ones of some periods.
fn tally(past: &Past<'_>, range: std::ops::Range<usize>) -> Tally {
    Tally::of_observed(&past.units[range.clone()], &past.exposure[range])
}

/// Two levels instead of one.
struct Split {
    /// First block of the second level.
    block: usize,
    before: f64,
    after: f64,
}

fn best_split(sums: &[Tally]) -> Option<Split> {
    let mut all = Tally::default();
    let mut squares = 0.0;
    let mut observed = 0.0f64;
    for block in sums.iter().filter(|block| block.expected > 0.0) {
        all.merge(block);
        // For any level L, Σ (y - aL)² / (aL) = Σ y²/a / L - 2 Σ y + L Σ a.
        squares += block.sold * block.sold / block.expected;
        observed += 1.0;
    }
    if all.sold < LEAST_UNITS {
        return None;
    }
    let mut before = Tally::default();
    let mut squares_before = 0.0;
    let mut best: Option<Split> = None;
    let mut most = LEAST_EVIDENCE;
    for (k, block) in sums.iter().enumerate() {
        let enough = k >= BLOCKS_BEFORE && k + BLOCKS_AFTER <= sums.len();
        if enough && before.expected > 0.0 {
            let after =
                Tally { sold: all.sold - before.sold, expected: all.expected - before.expected };
            let levels = [before, after].map(|part| part.sold / part.expected.max(1e-9));
            let low = levels[0].min(levels[1]);
            let high = levels[0].max(levels[1]);
            if high >= LEAST_FACTOR * low && after.sold >= LEAST_UNITS {
                let one = chi_square(&all, squares);
                let two = chi_square(&before, squares_before)
                    + chi_square(&after, squares - squares_before);
                // Demand never scatters less than its count does: a flat item is no proof by
                // itself.
                let noise = (two / (observed - 2.0).max(1.0)).max(1.0);
                let evidence = (one - two) / noise;
                if evidence > most && lasted(&sums[k..], levels) {
                    most = evidence;
                    best = Some(Split { block: k, before: levels[0], after: levels[1] });
                }
            }
        }
        before.merge(block);
        if block.expected > 0.0 {
            squares_before += block.sold * block.sold / block.expected;
        }
    }
    best
}

/// Pearson's chi-square of blocks around their common level; `squares` is `Σ y²/a`.
fn chi_square(part: &Tally, squares: f64) -> f64 {
    if part.sold <= 0.0 { 0.0 } else { squares * part.expected / part.sold - part.sold }
}

/// Whether every block since the step is nearer to the new level; one of seven may stray.
fn lasted(since: &[Tally], levels: [f64; 2]) -> bool {
    let middle = (levels[0].max(1e-9) * levels[1].max(1e-9)).sqrt();
    let up = levels[1] > levels[0];
    let stray = since
        .iter()
        .filter(|block| block.expected > 0.0)
        .filter(|block| (block.sold / block.expected > middle) != up)
        .count();
    // One block in seven may be on the wrong side: single weeks are noisy, and a shift lasts.
    stray <= since.len() / 7
}

/// The period around the start of a block from which the new level fits better.
fn refined(past: &Past<'_>, start: usize, length: usize, split: &Split) -> Option<usize> {
    // Blocks are coarse: the shift is looked for a block to either side.
    let from = start.saturating_sub(length);
    let to = (start + length).min(past.units.len());
    // Poisson's log-likelihood of the new level over the old, summed from the end.
    let ratio = (split.after.max(1e-3) / split.before.max(1e-3)).natural_log();
    let mut sum = 0.0;
    let mut most = f64::NEG_INFINITY;
    let mut found = None;
    for t in (from..to).rev() {
        let exposure = past.exposure[t];
        if !exposure.is_nan() {
            let moved = f64::from(exposure) * (split.after - split.before);
            sum += f64::from(past.units[t]) * ratio - moved;
        }
        if sum > most {
            most = sum;
            found = Some(t);
        }
    }
    found
}

/// Whether the level at this time last year was today's: the season came again.
fn was_so_last_year(past: &Past<'_>, shift: &LevelShift, bucket: Bucket) -> bool {
    let year = (YEAR_DAYS / bucket.days()).round() as usize;
    let n = past.units.len();
    let Some(from) = shift.from.checked_sub(year) else { return false };
    let then = tally(past, from..(n - year).max(from));
    if then.expected <= 0.0 {
        return false;
    }
    let level = then.sold / then.expected;
    let high = level.max(shift.after);
    high <= SAME_SEASON * level.min(shift.after)
        && high > LEAST_FACTOR.sqrt() * shift.before.min(shift.after)
}

/// Whether last year stepped as much at this time, from another level: the season of an item that
/// grew or shrank in between.
fn rose_so_last_year(past: &Past<'_>, shift: &LevelShift, bucket: Bucket) -> bool {
    let year = (YEAR_DAYS / bucket.days()).round() as usize;
    let since = past.units.len() - shift.from;
    let Some(from) = shift.from.checked_sub(year) else { return false };
    let Some(first) = from.checked_sub(since) else { return false };
    let before = tally(past, first..from);
    let then = tally(past, from..from + since.min(year));
    if before.expected <= 0.0 || then.expected <= 0.0 || then.sold.min(before.sold) < LEAST_UNITS {
        return false;
    }
    let last_year = then.sold / then.expected * before.expected / before.sold;
    let this_year = shift.after / shift.before.max(1e-9);
    let apart = (last_year / this_year).max(this_year / last_year);
    apart <= SAME_SEASON && last_year.max(1.0 / last_year) > LEAST_FACTOR.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shift(units: &[f32]) -> Option<LevelShift> {
        let exposure = vec![1.0; units.len()];
        last_shift(&Past { units, exposure: &exposure }, Bucket::Day)
    }

    /// Counts that scatter about as Poisson's around `rate`.
    fn counts(rate: f32, days: usize) -> Vec<f32> {
        let wave = |t: usize| ((t * 37 % 101) as f32 / 101.0 - 0.5) * 3.4;
        (0..days).map(|t| (rate + wave(t) * rate.sqrt()).max(0.0).round()).collect()
    }

    #[test]
    fn a_lasting_step_is_found_on_its_day() {
        let mut units = vec![1.0; 365];
        units.extend([30.0; 40]);
        let found = shift(&units).unwrap();
        assert_eq!(found.from, 365);
        assert!((found.after - 30.0).abs() < 6.0 && (found.before - 1.0).abs() < 1.0, "{found:?}");
        let down = shift(&[counts(20.0, 300), counts(4.0, 60)].concat()).unwrap();
        assert!(down.from.abs_diff(300) <= 2, "{down:?}");
    }

    #[test]
    fn steady_sparse_promoted_and_ended_items_have_none() {
        assert_eq!(shift(&[10.0; 400]), None);
        assert_eq!(shift(&counts(10.0, 400)), None);
        let sparse: Vec<f32> = (0..400).map(|t| if t % 23 == 0 { 2.0 } else { 0.0 }).collect();
        assert_eq!(shift(&sparse), None);
        let mut promoted = counts(10.0, 400);
        promoted[380..394].fill(40.0);
        assert_eq!(shift(&promoted), None);
        let mut ended = counts(10.0, 400);
        ended[360..].fill(0.0);
        assert_eq!(shift(&ended), None, "an end is no level");
        let mut spike = vec![2.0; 400];
        spike[399] = 400.0;
        assert_eq!(shift(&spike), None);
    }

    #[test]
    fn a_season_that_comes_again_is_no_step() {
        let year = [counts(4.0, 245), counts(20.0, 120)].concat();
        assert_eq!(shift(&[year.clone(), year].concat()), None);
        let grown = [counts(8.0, 245), counts(40.0, 120)].concat();
        let small = [counts(4.0, 245), counts(20.0, 120)].concat();
        assert_eq!(shift(&[small, grown].concat()), None, "nor is one that has grown");
    }

    #[test]
    fn a_step_divides_a_history_where_a_year_shows_that_it_is_no_season() {
        let step = |before: usize, after: usize| {
            let units = [counts(2.0, before), counts(20.0, after)].concat();
            let exposure = vec![1.0; units.len()];
            let past = Past { units: &units, exposure: &exposure };
            step_of_history(&past, Bucket::Day).map(|step| step.from)
        };
        assert!(step(300, 430).is_some_and(|from| from.abs_diff(300) <= 2));
        assert!(step(600, 60).is_some_and(|from| from.abs_diff(600) <= 2));
        assert_eq!(step(300, 60), None, "of a single year, it may be one");
    }
}

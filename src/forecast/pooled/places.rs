//! Do the places of an item move together? The levels of a network's places, told apart from
//! chance.
//!
//! A shop that sells one unit in three days needs months to show that its demand has moved, while
//! all shops of the item together show it in weeks. So what a place has lately sold more or less
//! than over the long run is held against what the item's places have moved together, and is
//! believed as far as the places differ by more than chance:
//!
//! ```text
//! x_i = level now / long-run level of place i       σ_i² its variance by chance
//! X   = Σ x_i / (σ_i² + τ²) / Σ 1 / (σ_i² + τ²)     what all of them moved
//! level_i = long-run level_i · (X + (x_i - X) τ² / (τ² + σ_i²))
//! ```
//!
//! `τ²` is the variance of the places' own moves: the moment estimate of DerSimonian & Laird (1986)
//! shrunk towards a usual one by its own uncertainty. A place that goes its own way makes it large,
//! and then every place keeps its own level. Without this a warehouse's shops each followed the
//! chance of their last weeks: with levels of a half-life of 56 days, `network.md`'s five shops
//! cost 3.4 % more than with their means of 182 days, and 1.1 % with the level of all five and
//! long-run shares. Only places that lanes connect are held together: a stock that can still go to
//! any of them makes one item of what they sell. Units: units of demand a period.

use crate::forecast::pooled::level::{self, HALF_LIVES, LONGEST, decays};
use crate::forecast::pooled::state::{PoolState, SeriesState};

/// Usual variance of a place's own moves, relative: a place moves by a tenth, as groups do before
/// they have shown anything else ([`crate::forecast::pooled::reconcile`]).
const USUAL_MOVES: f64 = 0.1 * 0.1;
/// Furthest that a place's level is scaled, down and up: a factor beyond it is a place that came or
/// went.
const LEAST: f64 = 0.5;
const MOST: f64 = 2.0;
/// Standard errors from which places contradict that they move as is usual.
const CONTRADICTION: f64 = 3.0;

/// How far the level of a place has moved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Move {
    /// Level now over the long-run level. `[x]`
    ratio: f64,
    /// Its variance by chance, relative to the long-run level. `[σ²]`
    chance: f64,
}

impl Move {
    /// Of a pool; `None` where its level is not what it sold: nothing, a silence that lasts, an
    /// analogue's.
    pub(crate) fn of(pool: &PoolState, half_lives: &[f64; HALF_LIVES]) -> Option<Self> {
        let mut now = 0.0;
        let mut usual = 0.0;
        let mut variance = 0.0;
        for series in &pool.series {
            // Its level is not its own measurement, and moves by rules of its own.
            if series.analogue || series.silence.is_some() {
                return None;
            }
            let level = series.sums.levels()[LONGEST];
            now += level::combined(&series.sums.levels(), &series.weights);
            usual += level;
            variance += series.spread.variance(level, 1.0) * noise(series, half_lives);
        }
        let is_known = usual > 0.0 && now > 0.0 && variance.is_finite();
        is_known.then(|| Self { ratio: now / usual, chance: variance / (usual * usual) })
    }
}

/// Variance of the level now less the long-run level, in variances of one period: both are sums
/// over the same periods, so that what they share is no difference.
///
/// ```text
/// Σ_k (Σ_j v_j (1 - ρ_j) ρ_j^k)²    v = weights, the long run's less 1
/// ```
fn noise(series: &SeriesState, half_lives: &[f64; HALF_LIVES]) -> f64 {
    let keep = decays(half_lives);
    let periods = series.observed as i32;
    let mut apart = series.weights;
    // The move is the level less the slowest one: their noise is shared, and partly cancels out.
    apart[LONGEST] -= 1.0;
    let exposure = series.sums.exposure();
    let mut noise = 0.0;
    for (j, &a) in apart.iter().enumerate() {
        for (l, &b) in apart.iter().enumerate() {
            let both = keep[j] * keep[l];
            let sum = (1.0 - both.powi(periods)) / (1.0 - both);
            noise += a * b * sum / (exposure[j] * exposure[l]).max(1e-12);
        }
    }
    noise.max(0.0)
}

/// Factor on the level of each place, 1 where nothing is known of it. `[places]`
pub(crate) fn factors(moves: &[Option<Move>]) -> Vec<f64> {
    let mut factors = vec![1.0; moves.len()];
    let known: Vec<Move> = moves.iter().flatten().copied().filter(|m| m.chance > 0.0).collect();
    // A single place has nobody to be held against.
    if known.len() < 2 {
        return factors;
    }
    let own = own_moves(&known);
    let together = together(&known, own);
    for (factor, place) in factors.iter_mut().zip(moves) {
        // What cannot be chance stays as it is.
        if let Some(Move { ratio, chance }) = place.filter(|place| place.chance > 0.0) {
            let trust = own / (own + chance);
            let believed = together + (ratio - together) * trust;
            *factor = (believed / ratio).clamp(LEAST, MOST);
        }
    }
    factors
}

/// What places whose own moves have variance `own` moved together.
fn together(places: &[Move], own: f64) -> f64 {
    let mut sum = 0.0;
    let mut weight = 0.0;
    for Move { ratio, chance } in places {
        sum += ratio / (chance + own);
        weight += 1.0 / (chance + own);
    }
    sum / weight
}

/// Variance of the places' own moves. `[τ²]`
///
/// ```text
/// w = 1/σ²    τ² = (Σ w (x - X)² - (n - 1)) / (Σ w - Σ w² / Σ w)
/// ```
fn own_moves(places: &[Move]) -> f64 {
    let common = together(places, 0.0);
    let mut squares = 0.0;
    let mut weight = 0.0;
    let mut squared_weight = 0.0;
    for Move { ratio, chance } in places {
        squares += (ratio - common).powi(2) / chance;
        weight += 1.0 / chance;
        squared_weight += 1.0 / (chance * chance);
    }
    let others = places.len() as f64 - 1.0;
    let evidence = weight - squared_weight / weight;
    if evidence <= 0.0 {
        return USUAL_MOVES;
    }
    // By chance alone the sum of squares is χ² with n - 1 degrees of freedom.
    let moment = (squares - others) / evidence;
    let sampling = 2.0 * others / (evidence * evidence);
    let prior = 2.0 * USUAL_MOVES * USUAL_MOVES;
    let trust = prior / (prior + sampling);
    // What differs far beyond chance is believed whatever is usual.
    let surprise = moment / sampling.sqrt();
    let trust = if surprise > CONTRADICTION { 1.0 } else { trust };
    (trust * moment + (1.0 - trust) * USUAL_MOVES).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(of: &[(f64, f64)]) -> Vec<Option<Move>> {
        of.iter().map(|&(ratio, chance)| Some(Move { ratio, chance })).collect()
    }

    #[test]
    fn chance_of_slow_places_is_taken_back_and_what_they_moved_together_stays() {
        let slow = places(&[(1.5, 0.09), (0.6, 0.09), (1.1, 0.09), (0.9, 0.09), (1.4, 0.09)]);
        for (factor, place) in factors(&slow).iter().zip(slow.iter().flatten()) {
            let level = factor * place.ratio;
            assert!((level - 1.1).abs() < 0.25 * (place.ratio - 1.1).abs() + 1e-9, "{level}");
        }
        let all_up = factors(&places(&[(1.3, 0.04); 5]));
        assert!(all_up.iter().all(|factor| (factor - 1.0).abs() < 1e-12), "{all_up:?}");
    }

    #[test]
    fn a_place_that_goes_its_own_way_keeps_its_level() {
        let mut steady = places(&[(1.0, 0.0025); 4]);
        steady.push(Some(Move { ratio: 1.8, chance: 0.0025 }));
        let factors = factors(&steady);
        assert!((factors[4] - 1.0).abs() < 0.03, "{factors:?}");
        assert!((factors[0] - 1.0).abs() < 0.03, "{factors:?}");
    }

    #[test]
    fn who_is_unknown_or_alone_is_not_moved() {
        assert_eq!(factors(&[None, Some(Move { ratio: 2.0, chance: 0.1 })]), [1.0, 1.0]);
        assert_eq!(factors(&[]), [0.0; 0]);
        let with_unknown = factors(&[places(&[(1.2, 0.1), (0.8, 0.1)]), vec![None]].concat());
        assert_eq!(with_unknown[2], 1.0);
    }
}

//! Sharing a stock out, in whole packs: to whom does the next pack go?
//!
//! By *value*, each pack goes where it is expected to earn most: the gain of a pack is the margin
//! times the sum of `P(D > x)` over its units, `D` the demand to the horizon and `x` what is there
//! before each. Gains fall from pack to pack, so with equal packs taking the largest first is
//! optimal (Gross 1956; Ibaraki & Katoh 1988, ch. 4); with different packs a dynamic program over
//! the places decides. With equal margins the rule gives everybody the same chance of lasting; only
//! it can weigh places that earn differently. By *run-out*, the next pack goes to whoever would run
//! out first; by *priority*, value decides within a rank and a better rank is served first.
//!
//! Source of the rule: van der Heijden, Diks & de Kok (1997), *Stock allocation in general
//! multi-echelon distribution systems*; of the scaling: Hochbaum (1994), *Lower and upper bounds
//! for the allocation problem*, Mathematics of OR 19(2). Oracle: `network.md`, examples 7, 8.
//!
//! ```
//! use orderpoint::math::distributions::Demand;
//! use orderpoint::network::share::{Claim, Rule, share_out};
//!
//! // Forty-five units for three empty shops that expect 10, 20 and 30.
//! let means = [10.0, 20.0, 30.0];
//! let shop = |mean| Claim::new(0.0, Demand::Poisson { mean }, 5.0, 1.0);
//! let claims: Vec<Claim> = means.into_iter().map(shop).collect();
//! assert_eq!(share_out(45.0, &claims, Rule::Value), [6.0, 15.0, 24.0]);
//! ```

use crate::math::distributions::Demand;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// To whom the next pack goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Where it is expected to earn most.
    #[default]
    Value,
    /// To whoever would run out first.
    RunOut,
    /// To the best rank first, by value within a rank.
    Priority,
}

/// One place's claim on a stock that is shared out.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// What it has without a share, units; negative is what it owes.
    pub have: f64,
    /// Its demand until the next stock can reach it.
    pub demand: Demand,
    /// Lost with a unit not sold, currency.
    pub margin: f64,
    /// Units of a pack, above 0.
    pub pack: f64,
    /// Most units it may take.
    pub most: f64,
    /// Lower ranks come first: among equals, and before all others under [`Rule::Priority`].
    pub priority: i32,
}

impl Claim {
    /// A claim without a rank, as large as its demand can become.
    #[must_use]
    pub fn new(have: f64, demand: Demand, margin: f64, pack: f64) -> Self {
        let most = enough(have, &demand, pack);
        Self { have, demand, margin, pack, most, priority: 0 }
    }

    /// Probability that the last of `units` given to it is sold.
    #[must_use]
    pub fn sells(&self, units: f64) -> f64 {
        1.0 - self.demand.cdf(self.have + units - 1.0)
    }
}

// Demand that stays below this probability of being exceeded is covered almost surely: 3.5 standard
// deviations of a normal.
const ALMOST_SURELY: f64 = 1.0 - 2.3e-4;
// A pack that is expected to sell less than this is not taken: its gain is rounding noise.
const NO_GAIN: f64 = 1e-9;
// Packs of a claim that are valued one by one; of larger claims whole strides are shared out first.
const FINE: f64 = 1024.0;
// Common divisors of the stock up to which different packs are shared out by dynamic program.
// Beyond, one pack more or less is less than a hundredth of a percent.
const EXACT: f64 = 16_384.0;

/// Whole packs that cover `units`.
#[must_use]
pub fn packs(units: f64, pack: f64) -> f64 {
    // What rounding noise adds to a sum must not cost a pack.
    ((units / pack) - 1e-9).ceil().max(0.0) * pack
}

/// Units, in whole packs, with which a place that has `have` lasts almost surely.
#[must_use]
pub fn enough(have: f64, demand: &Demand, pack: f64) -> f64 {
    if demand.mean() <= 0.0 {
        return packs(-have, pack);
    }
    packs(demand.quantile(ALMOST_SURELY) - have, pack)
}

/// Shares `stock` out, `[claims]` units each in whole packs; what nobody gains from stays.
#[must_use]
pub fn share_out(stock: f64, claims: &[Claim], rule: Rule) -> Vec<f64> {
    let stock = stock.max(0.0);
    let most: f64 = claims.iter().map(|claim| claim.most).sum();
    if most <= stock {
        return claims.iter().map(|claim| claim.most).collect();
    }
    let Some(first) = claims.first() else { return Vec::new() };
    let equal = claims.iter().all(|claim| claim.pack == first.pack);
    match rule {
        Rule::RunOut => greedy(stock, claims, rule),
        Rule::Value | Rule::Priority if equal => greedy(stock, claims, rule),
        Rule::Value => by_value_in_packs(stock, claims),
        Rule::Priority => by_rank_in_packs(stock, claims),
    }
}

/// Each rank by value, from what better ranks leave.
fn by_rank_in_packs(stock: f64, claims: &[Claim]) -> Vec<f64> {
    let mut ranks: Vec<i32> = claims.iter().map(|claim| claim.priority).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let mut shares = vec![0.0; claims.len()];
    let mut left = stock;
    for rank in ranks {
        let members: Vec<usize> =
            (0..claims.len()).filter(|&i| claims[i].priority == rank).collect();
        let of_rank: Vec<Claim> = members.iter().map(|&i| claims[i].clone()).collect();
        for (&i, share) in members.iter().zip(share_out(left, &of_rank, Rule::Value)) {
            shares[i] = share;
            left -= share;
        }
    }
    shares
}

/// Expected shortfall of a claim by the packs it has taken: each pack's gain is a difference.
struct Shortfall<'a> {
    claim: &'a Claim,
    /// `E(D - have - k packs)+`, for as many packs as are valued one by one.
    table: Vec<f64>,
}

impl<'a> Shortfall<'a> {
    fn new(claim: &'a Claim) -> Self {
        let steps = (claim.most / claim.pack).round();
        let mut table = Vec::new();
        if steps <= FINE {
            table = shortfalls(claim, steps as usize);
        }
        Self { claim, table }
    }

    fn after(&self, packs: f64) -> f64 {
        match self.table.get(packs as usize) {
            Some(&short) => short,
            None => {
                let Claim { have, pack, demand, .. } = self.claim;
                demand.expected_shortfall(have + packs * pack)
            }
        }
    }

    /// What a unit of the next `more` packs is expected to earn.
    fn gain(&self, taken: f64, more: f64) -> f64 {
        let sold = self.after(taken) - self.after(taken + more);
        self.claim.margin * sold / (more * self.claim.pack)
    }
}

/// `E(D - have - k pack)+` for `k = 0..=steps`, by one walk over whole units where they are whole.
fn shortfalls(claim: &Claim, steps: usize) -> Vec<f64> {
    let Claim { have, pack, demand, .. } = claim;
    let units = (steps as f64 * pack) as usize;
    let is_counted = match demand {
        Demand::Poisson { .. } | Demand::NegativeBinomial { .. } => true,
        Demand::Grid { step, .. } => *step == 1.0,
        Demand::Normal { .. } | Demand::Gamma { .. } | Demand::Empirical(_) => false,
    };
    if !is_counted || have.fract() != 0.0 || pack.fract() != 0.0 || units > 1 << 20 {
        let at = |k: usize| demand.expected_shortfall(have + k as f64 * pack);
        return (0..=steps).map(at).collect();
    }
    // E(D - x - 1)+ = E(D - x)+ - P(D > x).
    let mut short = demand.expected_shortfall(*have);
    let mut below = vec![0.0; units];
    demand.cdf_grid(*have, 1.0, &mut below);
    let mut table = Vec::with_capacity(steps + 1);
    table.push(short);
    for of_pack in below.chunks(*pack as usize) {
        short -= of_pack.iter().map(|p| 1.0 - p).sum::<f64>();
        table.push(short);
    }
    table
}

/// A claim in the queue for its next packs: the largest gain first, then the better rank, then the
/// earlier place.
#[derive(Debug, PartialEq)]
struct Next {
    /// Under priority the rank decides first: 0 under the other rules.
    rank: i32,
    gain: f64,
    priority: i32,
    claim: usize,
}

impl Eq for Next {}

impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Next {
    fn cmp(&self, other: &Self) -> Ordering {
        other
            .rank
            .cmp(&self.rank)
            .then(self.gain.total_cmp(&other.gain))
            .then(other.priority.cmp(&self.priority))
            .then(other.claim.cmp(&self.claim))
    }
}

/// The next pack to the largest gain, while there is one and stock for it.
///
/// Large claims are shared out by strides of packs first. What the last stride of each took is
/// then given back and shared out pack by pack, which ends where single packs alone would:
/// an optimum takes at least what the strides took less one (Hochbaum 1994).
fn greedy(stock: f64, claims: &[Claim], rule: Rule) -> Vec<f64> {
    let shortfalls: Vec<Shortfall<'_>> = claims.iter().map(Shortfall::new).collect();
    let largest = claims.iter().map(|c| c.most / c.pack).fold(0.0, f64::max);
    let mut stride = (largest / FINE).ceil().max(1.0);
    let mut taken = vec![0.0; claims.len()];
    loop {
        let before = taken.clone();
        take_strides(stock, claims, &shortfalls, rule, stride, &mut taken);
        if stride <= 1.0 {
            break;
        }
        for (taken, before) in taken.iter_mut().zip(before) {
            *taken = (*taken - stride).max(before);
        }
        stride = (stride / FINE).ceil().max(1.0);
    }
    taken.iter().zip(claims).map(|(packs, claim)| packs * claim.pack).collect()
}

fn take_strides(
    stock: f64,
    claims: &[Claim],
    shortfalls: &[Shortfall<'_>],
    rule: Rule,
    stride: f64,
    taken: &mut [f64],
) {
    let used: f64 = taken.iter().zip(claims).map(|(packs, claim)| packs * claim.pack).sum();
    let mut left = stock - used;
    let mut queue: BinaryHeap<Next> = (0..claims.len())
        .filter_map(|i| next(claims, shortfalls, rule, stride, taken, i))
        .collect();
    while let Some(Next { claim: i, .. }) = queue.pop() {
        let units = stride * claims[i].pack;
        // A smaller pack of somebody else may still fit.
        if units > left + NO_GAIN {
            continue;
        }
        taken[i] += stride;
        left -= units;
        queue.extend(next(claims, shortfalls, rule, stride, taken, i));
    }
}

fn next(
    claims: &[Claim],
    shortfalls: &[Shortfall<'_>],
    rule: Rule,
    stride: f64,
    taken: &[f64],
    i: usize,
) -> Option<Next> {
    let claim = &claims[i];
    if (taken[i] + stride) * claim.pack > claim.most + NO_GAIN {
        return None;
    }
    let mean = claim.demand.mean();
    let gain = match rule {
        Rule::RunOut if mean > 0.0 => -(claim.have + taken[i] * claim.pack) / mean,
        Rule::RunOut => return None,
        Rule::Value | Rule::Priority => {
            let gain = shortfalls[i].gain(taken[i], stride);
            if gain <= NO_GAIN {
                return None;
            }
            gain
        }
    };
    let rank = match rule {
        Rule::Priority => claim.priority,
        Rule::Value | Rule::RunOut => 0,
    };
    Some(Next { rank, gain, priority: claim.priority, claim: i })
}

/// Different packs: the best total over places, by dynamic program on the stock in common divisors
/// of the packs. Ties go to the better rank, then to the earlier place.
fn by_value_in_packs(stock: f64, claims: &[Claim]) -> Vec<f64> {
    let whole = claims.iter().all(|claim| claim.pack.fract() == 0.0);
    let unit = claims.iter().fold(0, |unit, claim| gcd(unit, claim.pack as u64)) as f64;
    if !whole || unit < 1.0 || stock / unit > EXACT {
        return greedy(stock, claims, Rule::Value);
    }
    let cells = (stock / unit).floor() as usize;
    let mut order: Vec<usize> = (0..claims.len()).collect();
    order.sort_by_key(|&i| (claims[i].priority, i));
    // From the last place to the first, so that reading back starts with the first.
    let mut best = vec![0.0; cells + 1];
    let mut chosen: Vec<Vec<u32>> = Vec::with_capacity(claims.len());
    for &i in order.iter().rev() {
        let size = (claims[i].pack / unit) as usize;
        let earned = earnings(&claims[i], cells / size);
        let mut with = vec![0.0; cells + 1];
        let mut packs = vec![0u32; cells + 1];
        for first in 0..size.min(cells + 1) {
            let residue = Residue { best: &best, earned: &earned, first, size };
            let last = (cells - first) / size;
            residue.fill(0, last, 0, last, &mut with, &mut packs);
        }
        best = with;
        chosen.push(packs);
    }
    let mut shares = vec![0.0; claims.len()];
    let mut room = cells;
    for (&i, packs) in order.iter().zip(chosen.iter().rev()) {
        let taken = packs[room];
        shares[i] = f64::from(taken) * claims[i].pack;
        room -= taken as usize * (claims[i].pack / unit) as usize;
    }
    shares
}

/// What the first `0..=most` packs earn together; it ends with the last pack that earns anything.
fn earnings(claim: &Claim, most: usize) -> Vec<f64> {
    let shortfall = Shortfall::new(claim);
    let most = most.min((claim.most / claim.pack).round() as usize);
    let mut earned = Vec::with_capacity(most + 1);
    earned.push(0.0);
    for packs in 1..=most {
        let sold = shortfall.after(0.0) - shortfall.after(packs as f64);
        if claim.margin * sold <= earned[packs - 1] + NO_GAIN {
            break;
        }
        earned.push(claim.margin * sold);
    }
    earned
}

/// Rooms of `first, first + size, ...` cells, which packs of `size` cells connect.
///
/// The best total with one place more is a convolution of the best without it and of the place's
/// earnings. These are concave, so the room that is left to the others never shrinks as the whole
/// room grows: halving the rows finds all of them in `n log n` steps (Aggarwal et al. 1987).
struct Residue<'a> {
    best: &'a [f64],
    earned: &'a [f64],
    first: usize,
    size: usize,
}

impl Residue<'_> {
    /// Rooms `low..=high`, which leave `least..=most` to the others.
    fn fill(
        &self,
        low: usize,
        high: usize,
        least: usize,
        most: usize,
        with: &mut [f64],
        packs: &mut [u32],
    ) {
        if low > high {
            return;
        }
        let room = usize::midpoint(low, high);
        let from = least.max((room + 1).saturating_sub(self.earned.len()));
        let mut left = from;
        let mut total = f64::NEG_INFINITY;
        for others in from..=most.min(room) {
            let both = self.best[self.first + others * self.size] + self.earned[room - others];
            // Among equals the place itself takes more: it has the better rank.
            if both > total + NO_GAIN {
                total = both;
                left = others;
            }
        }
        let cell = self.first + room * self.size;
        with[cell] = total;
        packs[cell] = (room - left) as u32;
        if room > low {
            self.fill(low, room - 1, least, left, with, packs);
        }
        self.fill(room + 1, high, left, most, with, packs);
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

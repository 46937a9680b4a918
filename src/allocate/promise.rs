//! One promise over kits and their parts: what is offered of a kit is not offered of its parts
//! again.
//!
//! A kit, and a part that is also sold alone, each *claim* units of the same shelves. They are
//! served in rounds, every claim up to the round's quantity:
//!
//! 1. what channels have reserved;
//! 2. what is expected to sell until the next publication, at least one unit, so that nothing that
//!    sells is taken off sale for a better-paid neighbour;
//! 3. what is expected to sell until more can arrive, the best paid first: by margin per unit of
//!    its scarcest part;
//! 4. the rest, for equally many days.
//!
//! Claims that are paid alike, and all of them in the last round, are served for equally many days.
//! No shelf gives more than it has ([`Bills::taken_for`]), asserted on leaving.
//!
//! Ten candles, sold alone and in a gift set, one a day each: five and five.
//!
//! ```
//! use orderpoint::allocate::promise::{Claim, promises};
//! use orderpoint::domain::inputs::{Kit, Names};
//! use orderpoint::domain::units::{SkuId, Units};
//! use orderpoint::inventory::kits::{Bills, Kits};
//!
//! let names = Names { skus: ["CANDLE", "SET"].map(str::to_owned).into(), ..Names::default() };
//! let rows = [Kit { sku: SkuId(1), component: SkuId(0), quantity: Units(1) }];
//! let (kits, _) = Kits::new(&rows, &names);
//! let bills = Bills::new(&kits, [0, 1], |pool| SkuId(pool as u32), |part, _| Some(part.index()));
//! let claims = [0, 1].map(|pool| Claim::selling(pool, 1.0, Some(4.0)));
//! let promised = promises(&bills, &claims, |pool| Units([10, 0][pool]));
//! assert_eq!(promised, [Units(5), Units(5)]);
//! ```

use crate::domain::units::Units;
use crate::inventory::kits::Bills;
use std::collections::BTreeMap;

/// Days between which a fair share is looked for: no listing is planned further ahead.
const LONGEST_COVER_DAYS: f64 = 36_500.0;
/// Steps of the search for the common cover: to a thousandth of a day of the longest one.
const COVER_STEPS: usize = 40;
/// Units of rounding noise in a product of days and units a day.
const NOISE: f64 = 1e-9;

/// What sells from one pool of a family of kits and parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Claim {
    /// Position of the pool in the panel.
    pub pool: usize,
    /// Expected units a day, sold as such.
    pub per_day: f64,
    /// Margin of one unit, currency units; unknown counts as none.
    pub margin: Option<f64>,
    /// Units reserved for channels.
    pub reserved: Units,
    /// Days until the next quantities are published.
    pub publication_days: f64,
    /// Days until more of it can arrive.
    pub supply_days: f64,
    /// What is promised of it is a multiple of this: kits are whole.
    pub step: Units,
    /// Whether it is sold or listed as such; a part that only goes into kits is not, and gets what
    /// they leave.
    pub is_sold: bool,
}

impl Claim {
    /// An item that sells `per_day` units a day, published daily and supplied weekly.
    #[must_use]
    pub fn selling(pool: usize, per_day: f64, margin: Option<f64>) -> Self {
        Self {
            pool,
            per_day,
            margin,
            reserved: Units::ZERO,
            publication_days: 1.0,
            supply_days: 7.0,
            step: Units::LEAST,
            is_sold: true,
        }
    }

    /// Units for `days` of sales.
    fn units(&self, days: f64) -> Units {
        let units = (self.per_day.max(0.0) * days - NOISE).clamp(0.0, 1e15);
        Units::ceil(units).up_to(self.step)
    }

    fn until_publication(&self) -> Units {
        if self.is_sold { self.units(self.publication_days).max(self.step) } else { Units::ZERO }
    }
}

/// Units to promise of each claim, in the order of `claims`, which belong to one family and name
/// each pool once; `stock` says what may be promised of each shelf.
///
/// # Panics
/// If more were promised than a shelf has: our own fault.
#[must_use]
pub fn promises(bills: &Bills, claims: &[Claim], stock: impl Fn(usize) -> Units) -> Vec<Units> {
    let mut shelves = Shelves { bills, left: BTreeMap::new(), stock: &stock };
    let mut promised = vec![Units::ZERO; claims.len()];
    let ranked = by_worth(bills, claims, &stock);
    for claim in ranked.iter().flatten() {
        shelves.raise(claims, &mut promised, *claim, claims[*claim].reserved.or_zero());
    }
    for claim in ranked.iter().flatten() {
        // On top of the reserve: what is promised to one customer is not there for the others.
        let wanted = promised[*claim] + claims[*claim].until_publication();
        shelves.raise(claims, &mut promised, *claim, wanted);
    }
    for alike in &ranked {
        // What is paid alike may wait for different arrivals: the latest, so that none is left out.
        let longest = alike.iter().map(|&c| claims[c].supply_days).fold(0.0, f64::max);
        shelves.cover_alike(claims, &mut promised, alike, longest);
    }
    let everyone: Vec<usize> = ranked.iter().flatten().copied().collect();
    shelves.cover_alike(claims, &mut promised, &everyone, LONGEST_COVER_DAYS);
    // What rounding left over, and what sells nowhere by itself: kits before their parts, which lie
    // there anyway.
    let mut last = everyone;
    last.sort_by_key(|&c| (!claims[c].is_sold, bills.parts(claims[c].pool).is_empty()));
    for claim in last {
        shelves.raise(claims, &mut promised, claim, Units(i64::MAX));
    }
    for (&pool, &left) in &shelves.left {
        assert!(left >= Units::ZERO, "kits and parts promise no unit of pool {pool} twice");
    }
    promised
}

/// What is left of each shelf.
struct Shelves<'b, S: Fn(usize) -> Units> {
    bills: &'b Bills,
    /// Where something was taken.
    left: BTreeMap<usize, Units>,
    stock: &'b S,
}

impl<S: Fn(usize) -> Units> Shelves<'_, S> {
    fn of(&self, pool: usize) -> Units {
        self.left.get(&pool).copied().unwrap_or_else(|| (self.stock)(pool).or_zero())
    }

    /// Raises a promise to `wanted` units, or as far as the shelves allow.
    fn raise(&mut self, claims: &[Claim], promised: &mut [Units], claim: usize, wanted: Units) {
        let pool = claims[claim].pool;
        let more = wanted - promised[claim];
        if !more.is_positive() {
            return;
        }
        let most = self.bills.makeable(pool, |p| self.of(p));
        let more = more.min(most).down_to(claims[claim].step);
        self.take(pool, more);
        promised[claim] += more;
    }

    /// Takes `units` that are known to be there.
    fn take(&mut self, pool: usize, units: Units) {
        let taken = self.bills.taken_for(pool, units, |p| self.of(p)).unwrap_or_default();
        for (from, units) in taken {
            let left = self.of(from) - units;
            self.left.insert(from, left);
        }
    }

    /// Raises the promises of `alike` to the longest cover that all of them can have, at most
    /// `longest` days, then one after the other as far as that cover rounds up.
    fn cover_alike(
        &mut self,
        claims: &[Claim],
        promised: &mut [Units],
        alike: &[usize],
        longest: f64,
    ) {
        if alike.iter().all(|&c| claims[c].units(longest) <= promised[c]) {
            return;
        }
        let mut enough = 0.0;
        let mut too_long = longest;
        if self.can_cover(claims, promised, alike, longest) {
            enough = longest;
        } else {
            // By halving: more days never take fewer units of any shelf.
            for _ in 0..COVER_STEPS {
                let middle = 0.5 * (enough + too_long);
                if self.can_cover(claims, promised, alike, middle) {
                    enough = middle;
                } else {
                    too_long = middle;
                }
            }
        }
        for &claim in alike {
            self.raise(claims, promised, claim, claims[claim].units(enough));
        }
        for &claim in alike {
            // Days that are a hair too long for all may still leave a unit for some.
            let wanted = claims[claim].units(longest).min(promised[claim] + claims[claim].step);
            self.raise(claims, promised, claim, wanted);
        }
        if alike.len() == 1 {
            self.raise(claims, promised, alike[0], claims[alike[0]].units(longest));
        }
    }

    /// Whether all of `alike` can be promised `days` of sales together.
    fn can_cover(&self, claims: &[Claim], promised: &[Units], alike: &[usize], days: f64) -> bool {
        let mut trial = Shelves { bills: self.bills, left: self.left.clone(), stock: self.stock };
        for &claim in alike {
            let more = (claims[claim].units(days) - promised[claim]).or_zero();
            let pool = claims[claim].pool;
            let Some(taken) = self.bills.taken_for(pool, more, |p| trial.of(p)) else {
                return false;
            };
            for (from, units) in taken {
                let left = trial.of(from) - units;
                trial.left.insert(from, left);
            }
        }
        true
    }
}

/// Claims, best paid first: positions in `claims`, those that are paid alike together.
fn by_worth(bills: &Bills, claims: &[Claim], stock: &impl Fn(usize) -> Units) -> Vec<Vec<usize>> {
    let needs: Vec<BTreeMap<usize, Units>> =
        claims.iter().map(|claim| bills.plain_parts(claim.pool)).collect();
    let mut asked: BTreeMap<usize, f64> = BTreeMap::new();
    for (claim, needs) in claims.iter().zip(&needs) {
        for (&part, units) in needs {
            *asked.entry(part).or_default() += claim.per_day * units.as_f64();
        }
    }
    let mut worth: Vec<(usize, f64)> = Vec::with_capacity(claims.len());
    for (position, (claim, needs)) in claims.iter().zip(&needs).enumerate() {
        // The part whose stock lasts the fewest days; without demand the one with the least stock.
        let scarcest = needs.iter().min_by(|a, b| {
            let days_a = stock(*a.0).as_f64() / asked[a.0].max(NOISE);
            let days_b = stock(*b.0).as_f64() / asked[b.0].max(NOISE);
            days_a.total_cmp(&days_b)
        });
        let units = scarcest.map_or(1.0, |(_, units)| units.as_f64());
        worth.push((position, claim.margin.unwrap_or(0.0) / units));
    }
    worth.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut ranked = Vec::new();
    for alike in worth.chunk_by(|a, b| (a.1 - b.1).abs() <= NOISE) {
        ranked.push(alike.iter().map(|&(position, _)| position).collect());
    }
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::inputs::{Kit, Names};
    use crate::domain::units::SkuId;
    use crate::inventory::kits::Kits;
    use proptest::prelude::*;

    fn bills(rows: &[(u32, u32, i64)]) -> Bills {
        let skus = ["A", "B", "C", "D", "E"].map(str::to_owned).to_vec();
        let names = Names { skus, ..Names::default() };
        let mut kits: Vec<Kit> = Vec::new();
        for &(sku, component, units) in rows {
            kits.push(Kit { sku: SkuId(sku), component: SkuId(component), quantity: Units(units) });
        }
        let (kits, _) = Kits::new(&kits, &names);
        Bills::new(&kits, 0..5, |pool| SkuId(pool as u32), |sku, _| Some(sku.index()))
    }

    fn counts(bills: &Bills, claims: &[Claim], stock: [i64; 5]) -> Vec<i64> {
        let promised = promises(bills, claims, |pool| Units(stock[pool]));
        promised.into_iter().map(Units::count).collect()
    }

    #[test]
    fn a15_a_kit_and_its_part_share_one_pool() {
        // 10 of the part, a kit of one: together never more than 10.
        let bills = bills(&[(1, 0, 1)]);
        let alike = [Claim::selling(0, 1.0, None), Claim::selling(1, 1.0, None)];
        assert_eq!(counts(&bills, &alike, [10, 0, 0, 0, 0]), [5, 5]);
        // Two kits are packed: they are promised as kits.
        assert_eq!(counts(&bills, &alike, [10, 2, 0, 0, 0]), [6, 6]);
    }

    #[test]
    fn a15_the_best_paid_unit_of_the_scarcest_part_is_promised_first() {
        // A set of two cups earns 9, a cup 4: a cup in a set earns 4.5, and gets a week first.
        let bills = bills(&[(1, 0, 2)]);
        let cup = Claim::selling(0, 2.0, Some(4.0));
        let set = Claim::selling(1, 2.0, Some(9.0));
        // One day of both is 2 cups and 2 sets; then the sets are served up to 14 of a week.
        assert_eq!(counts(&bills, &[cup, set], [20, 0, 0, 0, 0]), [2, 9]);
        assert_eq!(
            counts(&bills, &[cup, Claim { margin: Some(7.0), ..set }], [20, 0, 0, 0, 0]),
            [14, 3]
        );
    }

    #[test]
    fn a15_parts_that_sell_only_in_kits_get_what_the_kits_leave() {
        let bills = bills(&[(2, 0, 2), (2, 1, 1)]);
        let part = |pool| Claim { is_sold: false, ..Claim::selling(pool, 0.0, None) };
        let claims = [part(0), part(1), Claim::selling(2, 1.0, None)];
        assert_eq!(counts(&bills, &claims, [31, 12, 0, 0, 0]), [7, 0, 12]);
    }

    #[test]
    fn what_is_reserved_is_promised_first() {
        let bills = bills(&[(1, 0, 1)]);
        let claims = [
            Claim { reserved: Units(8), ..Claim::selling(0, 0.0, Some(1.0)) },
            Claim::selling(1, 5.0, Some(9.0)),
        ];
        assert_eq!(counts(&bills, &claims, [10, 0, 0, 0, 0]), [8, 2]);
    }

    proptest! {
        #[test]
        fn kits_and_parts_together_never_promise_a_unit_twice(
            stock in prop::array::uniform5(0i64..200),
            per_kit in prop::array::uniform5(1i64..5),
            rates in prop::array::uniform5(0.0f64..20.0),
            margins in prop::array::uniform5(-3.0f64..30.0),
        ) {
            // E holds kit D and B, D holds A and B, C holds A.
            let bills = bills(&[
                (4, 3, per_kit[0]), (4, 1, per_kit[1]),
                (3, 0, per_kit[2]), (3, 1, per_kit[3]),
                (2, 0, per_kit[4]),
            ]);
            let claims: Vec<Claim> = (0..5)
                .map(|p| Claim::selling(p, rates[p], Some(margins[p])))
                .collect();
            let promised = counts(&bills, &claims, stock);
            // All promises are kept one after the other, dearest kits first.
            let mut left = stock;
            for pool in (0..5).rev() {
                let taken = bills.taken_for(pool, Units(promised[pool]), |p| Units(left[p]));
                let Some(taken) = taken else {
                    // A kit that could use a packed one may have left it to a kit above it: the
                    // parts alone must then not suffice for all, which conservation rules out.
                    return Err(TestCaseError::fail(format!("{promised:?} of {stock:?}")));
                };
                for (p, units) in taken {
                    left[p] -= units.count();
                }
            }
            prop_assert!(left.iter().all(|&units| units >= 0));
            // Nothing more could be promised of any.
            for pool in 0..5 {
                prop_assert_eq!(bills.makeable(pool, |p| Units(left[p])), Units::ZERO);
            }
        }
    }
}

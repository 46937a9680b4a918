//! Kits: items that are made of other items when they are sold.
//!
//! [`Kits`] are the recipes by item. A kit that contains itself, however indirectly, is refused
//! with its row named, and so is a quantity below 1. [`Bills`] are the same by pool: what is sold
//! as a kit at one location is made of what lies at the location that serves it. Kits that are
//! packed already are used first, at every level; then the demand, and what is owed, goes on to the
//! parts ([`Bills::explode`]), and so does a promise ([`Bills::taken_for`]).
//!
//! Two sets of one lamp shade and four screws a day: 100 sets on the shelf are 50 days without any
//! screw; from then on eight are taken a day.
//!
//! ```
//! use orderpoint::domain::inputs::{Kit, Names};
//! use orderpoint::domain::units::{SkuId, Units};
//! use orderpoint::inventory::kits::{Bills, Kits, PackedKits};
//!
//! let names = Names { skus: ["SCREW", "SET"].map(str::to_owned).into(), ..Names::default() };
//! let rows = [Kit { sku: SkuId(1), component: SkuId(0), quantity: Units(4) }];
//! let (kits, _) = Kits::new(&rows, &names);
//! let bills = Bills::new(&kits, [0, 1], |pool| SkuId(pool as u32), |part, _| Some(part.index()));
//! let packed = |_| PackedKits { net: 100.0, ..PackedKits::default() };
//! let through = bills.explode(60, |_| Some(&[2.0; 60]), packed);
//! assert_eq!((through[&0].mean[49], through[&0].mean[50]), (0.0, 8.0));
//! assert_eq!(bills.makeable(1, |pool| Units([31, 2][pool])), Units(2 + 7));
//! ```

use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::{Kit, Names};
use crate::domain::units::{SkuId, Units};
use crate::inventory::position::Arrival;
use crate::math::cycles::circular;
use std::collections::{BTreeMap, BTreeSet};

// Most units of one component in one kit: ten levels of kits of a hundred overflow whole numbers
// otherwise.
const MOST_PER_KIT: i64 = 1_000_000_000;
// More kits than any shelf: where the search for what can be made ends.
const MOST_KITS: i64 = 1_000_000_000_000;

/// One line of a recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KitPart {
    /// The component.
    pub sku: SkuId,
    /// Units of it in one kit.
    pub per_kit: Units,
}

/// Rows by item.
type Parts = BTreeMap<SkuId, Vec<KitPart>>;

/// The recipes of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kits {
    /// Direct components of each kit, ascending.
    parts: Parts,
    /// Every kit after all kits that contain it.
    top_down: Vec<SkuId>,
}

impl Kits {
    /// Of `rows`; refused kits are items like any other, with an exception.
    #[must_use]
    pub fn new(rows: &[Kit], names: &Names) -> (Self, Vec<Exception>) {
        let mut direct = Parts::new();
        let mut exceptions = Vec::new();
        let mut refused = BTreeSet::new();
        for row in rows {
            add_part(direct.entry(row.sku).or_default(), row);
            if !row.quantity.is_positive() || row.quantity > Units::whole(MOST_PER_KIT) {
                refused.insert(row.sku);
                let component = &names.skus[row.component.index()];
                exceptions.push(Exception::new(
                    Severity::Error,
                    ExceptionKind::KitQuantity,
                    Subject::item(names, row.sku),
                    format!("{} of component {component}", row.quantity),
                    "a kit needs at least one of each component: it is treated as an item of its \
                     own",
                ));
            }
        }
        // The search for the way is only made where there is one: it would take the square of the
        // number of kits that are nested deeply.
        let links: Vec<(usize, usize)> =
            rows.iter().map(|row| (row.sku.index(), row.component.index())).collect();
        let on_a_circle: BTreeSet<SkuId> = rows
            .iter()
            .zip(circular(&links))
            .filter(|link| link.1)
            .map(|link| link.0.sku)
            .collect();
        for &kit in &on_a_circle {
            if let Some(path) = cycle(kit, &direct) {
                refused.insert(kit);
                let path: Vec<&str> = path.iter().map(|s| names.skus[s.index()].as_str()).collect();
                exceptions.push(Exception::new(
                    Severity::Error,
                    ExceptionKind::CircularKit,
                    Subject::Item(path[0].to_owned()),
                    format!("circular kit: {}", path.join(" > ")),
                    "a kit that contains itself cannot be made: it is treated as an item of its \
                     own",
                ));
            }
        }
        direct.retain(|kit, _| !refused.contains(kit));
        let top_down = top_down(&direct);
        (Self { parts: direct, top_down }, exceptions)
    }

    /// Whether `sku` is made of others.
    #[must_use]
    pub fn is_kit(&self, sku: SkuId) -> bool {
        self.parts.contains_key(&sku)
    }

    /// Direct components of `kit`, ascending; empty for an item that is none.
    #[must_use]
    pub fn parts(&self, kit: SkuId) -> &[KitPart] {
        self.parts.get(&kit).map_or(&[], Vec::as_slice)
    }

    /// Every kit, those that contain others first.
    #[must_use]
    pub fn top_down(&self) -> &[SkuId] {
        &self.top_down
    }

    /// Items that are a component of some kit.
    #[must_use]
    pub fn components(&self) -> BTreeSet<SkuId> {
        self.parts.values().flatten().map(|part| part.sku).collect()
    }
}

/// A component named twice in one kit is needed as often as both rows say.
fn add_part(parts: &mut Vec<KitPart>, row: &Kit) {
    match parts.iter_mut().find(|part| part.sku == row.component) {
        Some(part) => {
            let units = part.per_kit.count().saturating_add(row.quantity.count());
            part.per_kit = Units(units).min(Units::whole(MOST_PER_KIT));
        }
        None => parts.push(KitPart { sku: row.component, per_kit: row.quantity }),
    }
}

/// Kits before the kits in them. A stack instead of recursion: kits nested twenty thousand deep
/// have been read.
fn top_down(direct: &Parts) -> Vec<SkuId> {
    let mut order = Vec::with_capacity(direct.len());
    let mut done = BTreeSet::new();
    for &kit in direct.keys() {
        let mut open = vec![kit];
        while let Some(&next) = open.last() {
            let waits_for = direct[&next]
                .iter()
                .find(|p| direct.contains_key(&p.sku) && !done.contains(&p.sku));
            if let Some(inner) = waits_for.filter(|_| !done.contains(&next)) {
                open.push(inner.sku);
                continue;
            }
            if done.insert(next) {
                order.push(next);
            }
            open.pop();
        }
    }
    order.reverse();
    order
}

/// The path from `kit` back to itself, if it contains itself.
fn cycle(kit: SkuId, direct: &Parts) -> Option<Vec<SkuId>> {
    let mut came_from: BTreeMap<SkuId, SkuId> = BTreeMap::new();
    let mut open = vec![kit];
    while let Some(last) = open.pop() {
        for part in direct.get(&last).map_or(&[][..], Vec::as_slice) {
            if part.sku == kit {
                let mut path = vec![kit, last];
                while path[path.len() - 1] != kit {
                    path.push(came_from[&path[path.len() - 1]]);
                }
                path.reverse();
                return Some(path);
            }
            if direct.contains_key(&part.sku) && !came_from.contains_key(&part.sku) {
                came_from.insert(part.sku, last);
                open.push(part.sku);
            }
        }
    }
    None
}

/// One line of a bill: a pool that a kit's pool is served from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolPart {
    /// The component's pool.
    pub pool: usize,
    /// Units of it in one kit.
    pub per_kit: Units,
}

/// Recipes by pool, pools named by their position in the panel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bills {
    parts: BTreeMap<usize, Vec<PoolPart>>,
    /// Pools of kits, those that contain others first.
    top_down: Vec<usize>,
    /// Positions in `top_down`.
    rank: BTreeMap<usize, usize>,
}

/// Kits of one pool that need no packing: on the shelf, and on order as kits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PackedKits {
    /// Available less owed, units; below zero, owed and not there.
    pub net: f64,
    /// Open orders of the kit itself, soonest first, days counted in periods.
    pub arrivals: Vec<Arrival>,
}

/// What kits take of one pool.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ThroughKits {
    /// Expected, units a period, packed kits used first. `[horizon]`
    pub mean: Vec<f32>,
    /// The same as if no kit were packed yet. `[horizon]`
    pub unpacked: Vec<f32>,
    /// For kits that customers wait for: firm.
    pub owed: f64,
    /// Whose demand it is, down all levels.
    pub sources: Vec<PoolPart>,
}

impl ThroughKits {
    /// Whether kits take any unit at all.
    #[must_use]
    pub fn is_asked_for(&self) -> bool {
        self.owed > 0.0 || self.unpacked.iter().any(|&units| units > 0.0)
    }

    fn new(horizon: usize) -> Self {
        Self { mean: vec![0.0; horizon], unpacked: vec![0.0; horizon], ..Self::default() }
    }

    fn add(&mut self, more: &Self, per_kit: Units) {
        let factor = per_kit.as_f64();
        add_scaled(&mut self.mean, &more.mean, factor);
        add_scaled(&mut self.unpacked, &more.unpacked, factor);
        self.owed += factor * more.owed;
        for source in &more.sources {
            let per_kit = source.per_kit.taking(per_kit).min(Units::whole(MOST_PER_KIT));
            match self.sources.iter_mut().find(|known| known.pool == source.pool) {
                Some(known) => known.per_kit += per_kit,
                None => self.sources.push(PoolPart { pool: source.pool, per_kit }),
            }
        }
    }
}

fn add_scaled(to: &mut [f32], from: &[f32], factor: f64) {
    for (sum, &units) in to.iter_mut().zip(from) {
        *sum += (factor * f64::from(units)) as f32;
    }
}

impl Bills {
    /// Of `kits` at `pools`, ascending; `sku_of` names a pool's item, `serving` says from which
    /// pool a component is taken for the kit's pool. A component without any pool is known nowhere:
    /// the kit is then made of the others.
    #[must_use]
    pub fn new(
        kits: &Kits,
        pools: impl IntoIterator<Item = usize>,
        sku_of: impl Fn(usize) -> SkuId,
        serving: impl Fn(SkuId, usize) -> Option<usize>,
    ) -> Self {
        let mut by_kit: BTreeMap<SkuId, Vec<usize>> = BTreeMap::new();
        for pool in pools {
            if kits.is_kit(sku_of(pool)) {
                by_kit.entry(sku_of(pool)).or_default().push(pool);
            }
        }
        let mut bills = Self::default();
        for &kit in kits.top_down() {
            for &pool in by_kit.get(&kit).map_or(&[][..], Vec::as_slice) {
                let mut parts = Vec::new();
                for part in kits.parts(kit) {
                    if let Some(from) = serving(part.sku, pool) {
                        parts.push(PoolPart { pool: from, per_kit: part.per_kit });
                    }
                }
                bills.rank.insert(pool, bills.top_down.len());
                bills.top_down.push(pool);
                bills.parts.insert(pool, parts);
            }
        }
        bills
    }

    /// Whether there is no kit at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.top_down.is_empty()
    }

    /// Pools of kits, those that contain others first.
    #[must_use]
    pub fn kits(&self) -> &[usize] {
        &self.top_down
    }

    /// Direct parts of the kit at `pool`; empty for an item that is none.
    #[must_use]
    pub fn parts(&self, pool: usize) -> &[PoolPart] {
        self.parts.get(&pool).map_or(&[], Vec::as_slice)
    }

    /// What kits take of every pool that serves one, level by level from the top.
    ///
    /// - `own`: demand of a kit's pool by itself, net of returns, units a period. `[horizon]`
    /// - `packed`: its kits that are there or on order.
    ///
    /// A kit's own row says what the kits above it take of it; its demand is that and `own`.
    #[must_use]
    pub fn explode<'d>(
        &self,
        horizon: usize,
        own: impl Fn(usize) -> Option<&'d [f32]>,
        packed: impl Fn(usize) -> PackedKits,
    ) -> BTreeMap<usize, ThroughKits> {
        let mut through: BTreeMap<usize, ThroughKits> = BTreeMap::new();
        for &kit in &self.top_down {
            let mut asked = through.get(&kit).cloned().unwrap_or_else(|| ThroughKits::new(horizon));
            if let Some(own) = own(kit) {
                add_scaled(&mut asked.mean, own, 1.0);
                add_scaled(&mut asked.unpacked, own, 1.0);
                asked.sources.push(PoolPart { pool: kit, per_kit: Units::whole(1) });
            }
            let to_pack = less_packed(asked, &packed(kit));
            for part in self.parts(kit) {
                through
                    .entry(part.pool)
                    .or_insert_with(|| ThroughKits::new(horizon))
                    .add(&to_pack, part.per_kit);
            }
        }
        through
    }

    /// What `quantity` units of the item at `pool` take of each shelf: those packed first, then
    /// their parts, at every level; `None` where some part does not suffice. `stock` says what may
    /// be promised of a shelf.
    #[must_use]
    pub fn taken_for(
        &self,
        pool: usize,
        quantity: Units,
        stock: impl Fn(usize) -> Units,
    ) -> Option<BTreeMap<usize, Units>> {
        let mut taken = BTreeMap::new();
        // By rank, so that a kit is looked at once all kits that contain it have asked for it.
        let mut open = BTreeMap::new();
        let mut plain = BTreeMap::new();
        self.ask(pool, quantity, &mut open, &mut plain);
        while let Some((rank, wanted)) = open.pop_first() {
            let kit = self.top_down[rank];
            let packed = stock(kit).or_zero().min(wanted);
            if packed.is_positive() {
                taken.insert(kit, packed);
            }
            let rest = wanted - packed;
            if rest.is_positive() {
                if self.parts(kit).is_empty() {
                    return None;
                }
                for part in self.parts(kit) {
                    self.ask(part.pool, rest.taking(part.per_kit), &mut open, &mut plain);
                }
            }
        }
        for (part, wanted) in plain {
            if wanted > stock(part).or_zero() {
                return None;
            }
            taken.insert(part, wanted);
        }
        Some(taken)
    }

    /// What one unit of the item at `pool` takes of every plain part, were no kit packed yet; of an
    /// item that is no kit, itself.
    #[must_use]
    pub fn plain_parts(&self, pool: usize) -> BTreeMap<usize, Units> {
        let plenty = |p: usize| {
            if self.rank.contains_key(&p) { Units::ZERO } else { Units(i64::MAX) }
        };
        self.taken_for(pool, Units::whole(1), plenty).unwrap_or_default()
    }

    /// Notes that `quantity` of the item at `pool` is wanted.
    fn ask(
        &self,
        pool: usize,
        quantity: Units,
        kits: &mut BTreeMap<usize, Units>,
        plain: &mut BTreeMap<usize, Units>,
    ) {
        let wanted = match self.rank.get(&pool) {
            Some(&rank) => kits.entry(rank).or_insert(Units::ZERO),
            None => plain.entry(pool).or_insert(Units::ZERO),
        };
        *wanted = Units(wanted.count().saturating_add(quantity.count()));
    }

    /// The most units of the item at `pool` that can be handed over: those on the shelf, and what
    /// the scarcest part allows; of kits, whole ones.
    #[must_use]
    pub fn makeable(&self, pool: usize, stock: impl Fn(usize) -> Units) -> Units {
        if !self.rank.contains_key(&pool) {
            return stock(pool).or_zero();
        }
        let mut enough = 0;
        let mut too_many = 1;
        let can = |kits: i64| self.taken_for(pool, Units::whole(kits), &stock).is_some();
        while too_many < MOST_KITS && can(too_many) {
            enough = too_many;
            too_many *= 2;
        }
        while too_many - enough > 1 {
            let middle = i64::midpoint(enough, too_many);
            match can(middle) {
                true => enough = middle,
                false => too_many = middle,
            }
        }
        Units::whole(enough)
    }

    /// Pools that hang together through kits, each list ascending.
    #[must_use]
    pub fn families(&self) -> Vec<Vec<usize>> {
        let mut first: BTreeMap<usize, usize> = BTreeMap::new();
        for (&kit, parts) in &self.parts {
            for pool in std::iter::once(kit).chain(parts.iter().map(|part| part.pool)) {
                first.entry(pool).or_insert(pool);
                let mine = root(&mut first, pool);
                let theirs = root(&mut first, kit);
                first.insert(mine.max(theirs), mine.min(theirs));
            }
        }
        let pools: Vec<usize> = first.keys().copied().collect();
        let mut families: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for pool in pools {
            families.entry(root(&mut first, pool)).or_default().push(pool);
        }
        families.into_values().collect()
    }
}

/// The smallest pool that `pool` is known to hang together with; shortens the way for the next
/// call.
fn root(first: &mut BTreeMap<usize, usize>, pool: usize) -> usize {
    let mut at = pool;
    while first[&at] != at {
        let next = first[&first[&at]];
        first.insert(at, next);
        at = next;
    }
    at
}

/// What is left to be packed once the kits that are there, or on order, are used.
fn less_packed(mut asked: ThroughKits, packed: &PackedKits) -> ThroughKits {
    let mut there = packed.net.max(0.0);
    let mut owed = (-packed.net).max(0.0) + asked.owed;
    let mut coming = packed.arrivals.iter().peekable();
    // Who waits is served first, from whatever is there or comes first.
    let served = owed.min(there);
    owed -= served;
    there -= served;
    for (period, mean) in asked.mean.iter_mut().enumerate() {
        while let Some(arrival) = coming.next_if(|a| a.days < (period + 1) as f64) {
            let served = owed.min(arrival.quantity);
            owed -= served;
            there += arrival.quantity - served;
        }
        let used = there.min(f64::from(*mean));
        there -= used;
        *mean -= used as f32;
    }
    asked.owed = owed;
    asked
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part(sku: u32, units: i64) -> KitPart {
        KitPart { sku: SkuId(sku), per_kit: Units(units) }
    }

    fn kit(sku: u32, component: u32, quantity: i64) -> Kit {
        Kit { sku: SkuId(sku), component: SkuId(component), quantity: Units(quantity) }
    }

    fn names() -> Names {
        Names { skus: ["A", "B", "C", "D", "E"].map(str::to_owned).to_vec(), ..Names::default() }
    }

    /// Every item lies at one location, its pool numbered as it is.
    fn bills(rows: &[Kit]) -> Bills {
        let (kits, _) = Kits::new(rows, &names());
        Bills::new(&kits, 0..5, |pool| SkuId(pool as u32), |sku, _| Some(sku.index()))
    }

    #[test]
    fn a15_availability_is_what_is_packed_and_what_the_scarcest_part_allows() {
        let bills = bills(&[kit(0, 2, 2), kit(0, 3, 1)]);
        let of = |stock: [i64; 5]| bills.makeable(0, |pool| Units(stock[pool])).count();
        assert_eq!(of([0, 0, 11, 7, 0]), 5);
        assert_eq!(of([3, 0, 11, 7, 0]), 8);
        assert_eq!(of([3, 0, -3, 7, 0]), 3);
        assert_eq!(bills.makeable(2, |_| Units(11)), Units(11));
    }

    #[test]
    fn a15_nested_kits_use_what_is_packed_at_every_level() {
        // A = 2 B + 1 C, B = 3 C + 1 D: A needs 7 C and 2 D.
        let bills = bills(&[kit(0, 1, 2), kit(0, 2, 1), kit(1, 2, 3), kit(1, 3, 1)]);
        let taken = |quantity, stock: [i64; 5]| {
            let taken = bills.taken_for(0, Units(quantity), |pool| Units(stock[pool]))?;
            Some(taken.into_iter().map(|(p, units)| (p, units.count())).collect::<Vec<_>>())
        };
        assert_eq!(taken(1, [0, 0, 9, 2, 0]), Some(vec![(2, 7), (3, 2)]));
        assert_eq!(taken(1, [0, 1, 9, 2, 0]), Some(vec![(1, 1), (2, 4), (3, 1)]));
        assert_eq!(taken(2, [1, 0, 9, 2, 0]), Some(vec![(0, 1), (2, 7), (3, 2)]));
        assert_eq!(taken(2, [0, 0, 13, 4, 0]), None);
        assert_eq!(bills.kits(), [0, 1]);
    }

    #[test]
    fn a15_demand_and_debts_go_on_to_the_parts_once_packed_kits_are_used() {
        let bills = bills(&[kit(0, 1, 2), kit(0, 2, 1), kit(1, 2, 3), kit(1, 3, 1)]);
        let own: [f32; 4] = [1.0; 4];
        let packed = |pool| match pool {
            0 => PackedKits { net: -2.0, ..PackedKits::default() },
            _ => PackedKits { net: 1.0, arrivals: vec![Arrival { days: 2.0, quantity: 6.0 }] },
        };
        let through = bills.explode(4, |pool| (pool == 0).then_some(&own[..]), packed);
        // Two sets are owed: 4 B, of which one is packed and three arrive; three more arrive.
        assert_eq!(through[&1].mean, [2.0; 4]);
        assert_eq!((through[&1].owed, through[&3].owed), (4.0, 0.0));
        assert_eq!(through[&3].mean, [2.0, 2.0, 0.0, 1.0]);
        // C goes into A directly as well, and two of those are owed.
        assert_eq!(through[&2].mean, [7.0, 7.0, 1.0, 4.0]);
        assert_eq!((through[&2].owed, through[&2].unpacked[2]), (2.0, 7.0));
        assert_eq!(through[&2].sources, [PoolPart { pool: 0, per_kit: Units(7) }]);
    }

    #[test]
    fn deep_and_wide_nesting_stays_within_whole_numbers() {
        let skus = (0..20_001).map(|i| format!("K{i:05}")).collect();
        let names = Names { skus, ..Names::default() };
        let rows: Vec<Kit> =
            (0..20_000).flat_map(|i| [kit(i, i + 1, 1), kit(i, i + 1, 1)]).collect();
        let (kits, told) = Kits::new(&rows, &names);
        assert!(told.is_empty());
        assert_eq!(kits.parts(SkuId(0)), [part(1, 2)]);
        let bills = Bills::new(&kits, 0..20_001, |p| SkuId(p as u32), |s, _| Some(s.index()));
        assert_eq!(bills.makeable(0, |_| Units(3)), Units(5));
    }

    #[test]
    fn a15_circular_kits_are_refused_by_name() {
        let (kits, told) = Kits::new(
            &[kit(0, 1, 1), kit(1, 0, 1), kit(2, 3, 1), kit(2, 0, 1), kit(3, 4, 0)],
            &names(),
        );
        let told: Vec<_> = told.iter().map(|e| (e.kind.name(), e.about.sku().unwrap())).collect();
        assert_eq!(told, [("kit-quantity", "D"), ("circular-kit", "A"), ("circular-kit", "B")]);
        assert_eq!(kits.parts(SkuId(2)), [part(3, 1), part(0, 1)]);
        assert!(!kits.is_kit(SkuId(0)));
    }

    #[test]
    fn families_are_what_hangs_together() {
        let apart = bills(&[kit(0, 2, 1), kit(1, 3, 1)]);
        assert_eq!(apart.families(), [vec![0, 2], vec![1, 3]]);
        let joined = bills(&[kit(0, 2, 1), kit(1, 3, 1), kit(4, 0, 1), kit(4, 1, 1)]);
        assert_eq!(joined.families(), [vec![0, 1, 2, 3, 4]]);
    }

    proptest! {
        #[test]
        fn one_more_than_can_be_made_cannot(
            stock in prop::array::uniform5(0i64..60), a in 1i64..4,
        ) {
            let bills = bills(&[kit(0, 1, a), kit(0, 2, 1), kit(1, 2, 3), kit(1, 3, 1)]);
            let there = |pool: usize| Units(stock[pool]);
            let most = bills.makeable(0, there);
            let taken = bills.taken_for(0, most, there);
            prop_assert!(taken.is_some_and(|t| t.iter().all(|(&p, &units)| units <= there(p))));
            prop_assert!(bills.taken_for(0, most + Units::LEAST, there).is_none());
        }
    }
}

//! Kits: items that are made of other items when they are sold.
//!
//! A kit has no stock of its own: what can be sold of it is what its scarcest component allows, and
//! its demand is its components' demand. Kits may contain kits; they are exploded to the items that
//! are really stocked. A kit that contains itself, however indirectly, is refused with its row
//! named, and so is a quantity below 1.

use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::{Kit, Names};
use crate::domain::units::{SkuId, Units};
use std::collections::{BTreeMap, BTreeSet};

// Most units of one component in one kit: ten levels of kits of a hundred overflow whole numbers
// otherwise.
const MOST_PER_KIT: i64 = 1_000_000_000;

/// One side of a recipe: a component of a kit, or a kit that takes a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KitPart {
    /// The component, or the kit.
    pub sku: SkuId,
    /// Units of the component in one kit.
    pub per_kit: Units,
}

/// Rows by item.
type Parts = BTreeMap<SkuId, Vec<KitPart>>;

/// All kits of a run, exploded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kits {
    /// Stocked components of each kit, ascending.
    components: Parts,
    /// The other way round: kits that contain an item.
    parents: Parts,
}

impl Kits {
    /// Explodes `rows`; refused kits are items like any other, with an exception.
    #[must_use]
    pub fn new(rows: &[Kit], names: &Names) -> (Self, Vec<Exception>) {
        let mut direct = Parts::new();
        let mut exceptions = Vec::new();
        let mut refused = BTreeSet::new();
        for row in rows {
            let part = KitPart { sku: row.component, per_kit: row.quantity };
            direct.entry(row.sku).or_default().push(part);
            if !(1..=MOST_PER_KIT).contains(&row.quantity.count()) {
                refused.insert(row.sku);
                let component = &names.skus[row.component.index()];
                exceptions.push(Exception::new(
                    Severity::Error,
                    ExceptionKind::KitQuantity,
                    Subject::item(names, row.sku),
                    format!("{} of component {component}", row.quantity),
                    "a kit needs at least one of each component: it is treated as an item of its own",
                ));
            }
        }
        for &kit in direct.keys() {
            if let Some(path) = cycle(kit, &direct) {
                refused.insert(kit);
                let path: Vec<&str> = path.iter().map(|s| names.skus[s.index()].as_str()).collect();
                exceptions.push(Exception::new(
                    Severity::Error,
                    ExceptionKind::CircularKit,
                    Subject::Item(path[0].to_owned()),
                    format!("circular kit: {}", path.join(" > ")),
                    "a kit that contains itself cannot be made: it is treated as an item of its own",
                ));
            }
        }
        direct.retain(|kit, _| !refused.contains(kit));
        let mut kits = Self::default();
        for &kit in direct.keys() {
            explode(kit, &direct, &mut kits.components);
        }
        for (&kit, parts) in &kits.components {
            for part in parts {
                let parent = KitPart { sku: kit, per_kit: part.per_kit };
                kits.parents.entry(part.sku).or_default().push(parent);
            }
        }
        (kits, exceptions)
    }

    /// Whether `sku` is made of others.
    #[must_use]
    pub fn is_kit(&self, sku: SkuId) -> bool {
        self.components.contains_key(&sku)
    }

    /// Stocked components of `kit`, ascending; empty for an item that is none.
    #[must_use]
    pub fn components(&self, kit: SkuId) -> &[KitPart] {
        self.components.get(&kit).map_or(&[], Vec::as_slice)
    }

    /// Kits that contain `component`, ascending: their demand x units is demand for it.
    #[must_use]
    pub fn parents(&self, component: SkuId) -> &[KitPart] {
        self.parents.get(&component).map_or(&[], Vec::as_slice)
    }

    /// Units of `sku` that can be promised where `stock` says what is available of an item: its
    /// own, or of a kit what its components allow. 0 where nothing is known.
    #[must_use]
    pub fn available(&self, sku: SkuId, stock: impl Fn(SkuId) -> Option<Units>) -> Units {
        self.availability(sku, &stock).or_else(|| stock(sku)).unwrap_or_default()
    }

    /// How many of `kit` can be made: min over components of floor(available / units a kit), never
    /// below 0.
    ///
    /// `None` for an item that is no kit, and where the stock of a component is unknown.
    #[must_use]
    pub fn availability(
        &self,
        kit: SkuId,
        available: impl Fn(SkuId) -> Option<Units>,
    ) -> Option<Units> {
        let mut most: Option<i64> = None;
        for part in self.components.get(&kit)? {
            // A refused row never gets here: every component is needed at least once.
            let kits = available(part.sku)?.or_zero().count() / part.per_kit.count();
            most = Some(most.map_or(kits, |most| most.min(kits)));
        }
        most.map(Units)
    }
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

/// Adds the stocked components of `kit`, and of the kits in it, to `done`; each kit once. A refused
/// kit counts as stocked itself.
///
/// A stack instead of recursion: kits nested twenty thousand deep have been read.
fn explode(kit: SkuId, direct: &Parts, done: &mut Parts) {
    let mut open = vec![kit];
    while let Some(&next) = open.last() {
        let parts = &direct[&next];
        let missing =
            parts.iter().find(|p| direct.contains_key(&p.sku) && !done.contains_key(&p.sku));
        if let Some(missing) = missing {
            open.push(missing.sku);
            continue;
        }
        let mut leaves: BTreeMap<SkuId, i64> = BTreeMap::new();
        for part in parts {
            let itself = [KitPart { sku: part.sku, per_kit: Units::ONE }];
            for leaf in done.get(&part.sku).map_or(&itself[..], Vec::as_slice) {
                let units = leaf.per_kit.count().saturating_mul(part.per_kit.count());
                let total = leaves.entry(leaf.sku).or_insert(0);
                *total = total.saturating_add(units).min(MOST_PER_KIT);
            }
        }
        let leaves = leaves.into_iter().map(|(sku, units)| KitPart { sku, per_kit: Units(units) });
        done.insert(next, leaves.collect());
        open.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(sku: u32, units: i64) -> KitPart {
        KitPart { sku: SkuId(sku), per_kit: Units(units) }
    }

    fn kit(sku: u32, component: u32, quantity: i64) -> Kit {
        Kit { sku: SkuId(sku), component: SkuId(component), quantity: Units(quantity) }
    }

    fn names() -> Names {
        Names { skus: ["A", "B", "C", "D", "E"].map(str::to_owned).to_vec(), ..Names::default() }
    }

    #[test]
    fn a15_kit_availability_is_the_scarcest_component() {
        let (kits, told) = Kits::new(&[kit(0, 2, 2), kit(0, 3, 1)], &names());
        assert!(told.is_empty());
        let stock = |s: SkuId| Some(Units([0, 0, 11, 7, 0][s.index()]));
        assert_eq!(kits.availability(SkuId(0), stock), Some(Units(5)));
        assert_eq!(kits.availability(SkuId(2), stock), None);
        assert_eq!(kits.availability(SkuId(0), |s| (s != SkuId(3)).then_some(Units(9))), None);
        assert_eq!(kits.availability(SkuId(0), |_| Some(Units(-3))), Some(Units(0)));
    }

    #[test]
    fn a15_nested_kits_explode_to_what_is_stocked() {
        // A = 2 B + 1 C, B = 3 C + 1 D: A needs 7 C and 2 D.
        let (kits, _) =
            Kits::new(&[kit(0, 1, 2), kit(0, 2, 1), kit(1, 2, 3), kit(1, 3, 1)], &names());
        assert_eq!(kits.components(SkuId(0)), [part(2, 7), part(3, 2)]);
        assert_eq!(kits.parents(SkuId(2)), [part(0, 7), part(1, 3)]);
        assert!(kits.is_kit(SkuId(1)) && !kits.is_kit(SkuId(2)));
    }

    #[test]
    fn deep_and_wide_nesting_stays_within_whole_numbers() {
        let skus = (0..20_001).map(|i| format!("K{i:05}")).collect();
        let names = Names { skus, ..Names::default() };
        let rows: Vec<Kit> =
            (0..20_000).flat_map(|i| [kit(i, i + 1, 1), kit(i, i + 1, 1)]).collect();
        let (kits, told) = Kits::new(&rows[..60], &names);
        assert!(told.is_empty());
        assert_eq!(kits.components(SkuId(0)), [part(30, MOST_PER_KIT)]);
    }

    #[test]
    fn a15_circular_kits_are_refused_by_name() {
        let (kits, told) = Kits::new(
            &[kit(0, 1, 1), kit(1, 0, 1), kit(2, 3, 1), kit(2, 0, 1), kit(3, 4, 0)],
            &names(),
        );
        let told: Vec<_> = told.iter().map(|e| (e.kind.name(), e.about.sku().unwrap())).collect();
        assert_eq!(told, [("kit-quantity", "D"), ("circular-kit", "A"), ("circular-kit", "B")]);
        assert_eq!(kits.components(SkuId(2)), [part(0, 1), part(3, 1)]);
        assert!(!kits.is_kit(SkuId(0)));
    }
}

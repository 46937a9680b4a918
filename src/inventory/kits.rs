//! Kits: items that are made of other items when they are sold.
//!
//! A kit has no stock of its own: what can be sold of it is what its scarcest component allows, and its demand is its components'
//! demand. Kits may contain kits; they are exploded to the items that are really stocked. A kit that contains itself, however
//! indirectly, is refused with its row named, and so is a quantity below 1.

use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::{Kit, Names};
use crate::domain::units::{SkuId, Units};
use crate::inventory::position::kit_availability;
use std::collections::{BTreeMap, BTreeSet};

/// Most units of one component in one kit: keeps nested kits within whole numbers.
const MOST_PER_KIT: i64 = 1_000_000_000;

/// All kits of a run, exploded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kits {
    /// Stocked components of each kit, ascending, with units a kit.
    components: BTreeMap<SkuId, Vec<(SkuId, Units)>>,
    /// The other way round: kits that contain an item, with units a kit.
    parents: BTreeMap<SkuId, Vec<(SkuId, Units)>>,
}

impl Kits {
    /// Explodes `rows`; refused kits are items like any other, with an exception.
    #[must_use]
    pub fn new(rows: &[Kit], names: &Names) -> (Self, Vec<Exception>) {
        let mut direct: BTreeMap<SkuId, Vec<(SkuId, Units)>> = BTreeMap::new();
        let mut exceptions = Vec::new();
        let mut refused = BTreeSet::new();
        for row in rows {
            direct.entry(row.sku).or_default().push((row.component, row.quantity));
            if !(1..=MOST_PER_KIT).contains(&row.quantity.0) {
                refused.insert(row.sku);
                let what =
                    format!("{} of component {}", row.quantity, names.skus[row.component.index()]);
                let why = "a kit needs at least one of each component: it is treated as an item of its own";
                exceptions.push(Exception::new(
                    Severity::Error,
                    ExceptionKind::KitQuantity,
                    Subject::item(names, row.sku),
                    what,
                    why,
                ));
            }
        }
        for &kit in direct.keys() {
            if let Some(path) = cycle(kit, &direct) {
                refused.insert(kit);
                let path: Vec<&str> = path.iter().map(|s| names.skus[s.index()].as_str()).collect();
                let why = "a kit that contains itself cannot be made: it is treated as an item of its own";
                let what = format!("circular kit: {}", path.join(" > "));
                exceptions.push(Exception::new(
                    Severity::Error,
                    ExceptionKind::CircularKit,
                    Subject::Item(path[0].to_owned()),
                    what,
                    why,
                ));
            }
        }
        direct.retain(|kit, _| !refused.contains(kit));
        let mut kits = Self::default();
        for &kit in direct.keys() {
            explode(kit, &direct, &mut kits.components);
        }
        for (&kit, parts) in &kits.components {
            for &(component, units) in parts {
                kits.parents.entry(component).or_default().push((kit, units));
            }
        }
        (kits, exceptions)
    }

    /// Whether `sku` is made of others.
    #[must_use]
    pub fn is_kit(&self, sku: SkuId) -> bool {
        self.components.contains_key(&sku)
    }

    /// Stocked components of `kit` with units a kit, ascending; empty for an item that is none.
    #[must_use]
    pub fn components(&self, kit: SkuId) -> &[(SkuId, Units)] {
        self.components.get(&kit).map_or(&[], Vec::as_slice)
    }

    /// Kits that contain `component`, with units a kit, ascending: their demand x units is demand for it.
    #[must_use]
    pub fn parents(&self, component: SkuId) -> &[(SkuId, Units)] {
        self.parents.get(&component).map_or(&[], Vec::as_slice)
    }

    /// How many of `kit` can be made: min over components of floor(available / units a kit), never below 0.
    ///
    /// `None` for an item that is no kit, and where the stock of a component is unknown.
    #[must_use]
    pub fn availability(
        &self,
        kit: SkuId,
        available: impl Fn(SkuId) -> Option<Units>,
    ) -> Option<Units> {
        let stock = |&(sku, per_kit): &(SkuId, Units)| Some((available(sku)?, per_kit));
        let stock: Option<Vec<(Units, Units)>> =
            self.components.get(&kit)?.iter().map(stock).collect();
        stock.map(|s| kit_availability(&s))
    }
}

/// The path from `kit` back to itself, if it contains itself.
fn cycle(kit: SkuId, direct: &BTreeMap<SkuId, Vec<(SkuId, Units)>>) -> Option<Vec<SkuId>> {
    let mut came_from: BTreeMap<SkuId, SkuId> = BTreeMap::new();
    let mut open = vec![kit];
    while let Some(last) = open.pop() {
        for &(component, _) in direct.get(&last).map_or(&[][..], Vec::as_slice) {
            if component == kit {
                let mut path = vec![kit, last];
                while path[path.len() - 1] != kit {
                    path.push(came_from[&path[path.len() - 1]]);
                }
                path.reverse();
                return Some(path);
            }
            if direct.contains_key(&component) && !came_from.contains_key(&component) {
                came_from.insert(component, last);
                open.push(component);
            }
        }
    }
    None
}

/// Adds the stocked components of `kit`, and of the kits in it, to `done`; each kit once. A refused kit counts as stocked itself.
fn explode(
    kit: SkuId,
    direct: &BTreeMap<SkuId, Vec<(SkuId, Units)>>,
    done: &mut BTreeMap<SkuId, Vec<(SkuId, Units)>>,
) {
    let mut open = vec![kit];
    while let Some(&next) = open.last() {
        let parts = &direct[&next];
        let missing =
            parts.iter().map(|p| p.0).find(|p| direct.contains_key(p) && !done.contains_key(p));
        if let Some(missing) = missing {
            open.push(missing);
            continue;
        }
        let mut leaves: BTreeMap<SkuId, i64> = BTreeMap::new();
        for &(component, per_kit) in parts {
            let own = [(component, Units(1))];
            for &(leaf, units) in done.get(&component).map_or(&own[..], Vec::as_slice) {
                let total = leaves.entry(leaf).or_insert(0);
                *total = total.saturating_add(units.0.saturating_mul(per_kit.0)).min(MOST_PER_KIT);
            }
        }
        done.insert(next, leaves.into_iter().map(|(sku, units)| (sku, Units(units))).collect());
        open.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(kits.components(SkuId(0)), [(SkuId(2), Units(7)), (SkuId(3), Units(2))]);
        assert_eq!(kits.parents(SkuId(2)), [(SkuId(0), Units(7)), (SkuId(1), Units(3))]);
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
        assert_eq!(kits.components(SkuId(0)), [(SkuId(30), Units(MOST_PER_KIT))]);
    }

    #[test]
    fn a15_circular_kits_are_refused_by_name() {
        let (kits, told) = Kits::new(
            &[kit(0, 1, 1), kit(1, 0, 1), kit(2, 3, 1), kit(2, 0, 1), kit(3, 4, 0)],
            &names(),
        );
        let told: Vec<_> = told.iter().map(|e| (e.kind.name(), e.about.sku().unwrap())).collect();
        assert_eq!(told, [("kit-quantity", "D"), ("circular-kit", "A"), ("circular-kit", "B")]);
        assert_eq!(kits.components(SkuId(2)), [(SkuId(0), Units(1)), (SkuId(3), Units(1))]);
        assert!(!kits.is_kit(SkuId(0)));
    }
}

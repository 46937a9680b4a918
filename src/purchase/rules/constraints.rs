//! From an unrounded need to whole units: minimum, pack, maximum.
//!
//! A line is 0, or at least the minimum and a whole number of packs; it never exceeds the maximum, even when that leaves
//! nothing to order (then the binding constraint says so).

use crate::domain::inputs::Supply;
use crate::domain::sorted::Sorted;
use crate::domain::units::{LocationId, SkuId, SupplierId, Units};

/// What a supplier delivers at a time, as its supply line states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineTerms {
    /// Least quantity.
    pub minimum: Units,
    /// Quantities are multiples of it.
    pub pack: Units,
    /// Largest quantity, if there is one.
    pub maximum: Option<Units>,
}

impl LineTerms {
    /// Those of `supplier` for a pool, where `supply` has a line; one for the location beats one for everywhere.
    #[must_use]
    pub fn of(
        supply: &Sorted<Supply>,
        (sku, location): (SkuId, LocationId),
        supplier: SupplierId,
    ) -> Option<Self> {
        let lines = supply.of(sku).iter();
        let ships =
            |s: &&Supply| s.supplier == supplier && s.location.is_none_or(|l| l == location);
        let line = lines.filter(ships).max_by_key(|s| s.location.is_some())?;
        Some(Self {
            minimum: line.minimum_order,
            pack: line.pack_size,
            maximum: line.maximum_order,
        })
    }

    /// Why `quantity`, of 0 or more, cannot be ordered.
    #[must_use]
    pub fn refusal(&self, quantity: Units) -> Option<String> {
        let (quantity, pack) = (quantity.0, self.pack.0.max(1));
        if quantity > 0 && quantity < self.minimum.0 {
            return Some(format!(
                "{quantity} units are below the supplier's minimum of {}",
                self.minimum
            ));
        }
        if quantity % pack != 0 {
            return Some(format!("{quantity} units are not whole packs of {pack}"));
        }
        self.maximum
            .filter(|m| quantity > m.0)
            .map(|m| format!("{quantity} units are above the supplier's maximum of {m}"))
    }
}

/// The constraint that made the quantity what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Binding {
    /// The supplier's least quantity of a line.
    Minimum,
    /// Whole packs.
    Pack,
    /// The supplier's largest quantity of a line.
    Maximum,
    /// The most stock to hold of the item.
    MaxStock,
    /// No quantity satisfies minimum, pack and maximum together.
    Impossible,
    /// A cheaper price from a larger quantity on.
    PriceBreak,
    /// The last run's quantity, near enough to keep.
    Damping,
    /// A whole container.
    Container,
    /// The supplier's least order value.
    OrderMinimum,
    /// The order value from which freight is free.
    FreeFreight,
    /// The run's budget.
    Budget,
    /// What a planner decided: rejected, snoozed or set by hand.
    Decision,
}

impl Binding {
    /// Name in the tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Minimum => "minimum",
            Self::Pack => "pack",
            Self::Maximum => "maximum",
            Self::MaxStock => "max-stock",
            Self::Impossible => "minimum-above-maximum",
            Self::PriceBreak => "price-break",
            Self::Damping => "damping",
            Self::Container => "container",
            Self::OrderMinimum => "order-minimum",
            Self::FreeFreight => "free-freight",
            Self::Budget => "budget",
            Self::Decision => "decision",
        }
    }
}

/// Rules of one order line; [`LotRules::new`] makes them consistent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LotRules {
    minimum: Units,
    pack: Units,
    maximum: Option<(Units, Binding)>,
}

impl LotRules {
    /// Any whole number of units.
    pub const FREE: Self = Self { minimum: Units(0), pack: Units(1), maximum: None };

    /// A negative minimum counts as 0 and a pack below 1 as 1: ingest refuses such rows, this is the belt.
    #[must_use]
    pub fn new(minimum: Units, pack: Units, maximum: Option<Units>) -> Self {
        let maximum = maximum.map(|m| (m.max(Units(0)), Binding::Maximum));
        Self { minimum: minimum.max(Units(0)), pack: pack.max(Units(1)), maximum }
    }

    /// The same, with at most `room` units because no more stock may be held.
    #[must_use]
    pub fn within(self, room: Option<Units>) -> Self {
        let room = room.map(|r| (r.max(Units(0)), Binding::MaxStock));
        Self { maximum: self.maximum.into_iter().chain(room).min_by_key(|m| m.0), ..self }
    }

    /// Lines are multiples of this.
    #[must_use]
    pub fn pack(&self) -> Units {
        self.pack
    }

    /// The least quantity of a line as the supplier states it.
    #[must_use]
    pub fn minimum(&self) -> Units {
        self.minimum
    }

    /// The smallest line: the minimum in whole packs, at least one pack.
    #[must_use]
    pub fn smallest(&self) -> Units {
        self.packs_up(self.minimum.max(Units(1)))
    }

    /// The largest line in whole packs; `None` without a maximum.
    #[must_use]
    pub fn largest(&self) -> Option<Units> {
        self.maximum.map(|(m, _)| Units(m.0 / self.pack.0 * self.pack.0))
    }

    /// Whether `quantity` is 0 or a line these rules allow.
    #[must_use]
    pub fn allows(&self, quantity: Units) -> bool {
        let lot = quantity >= self.smallest()
            && quantity.0 % self.pack.0 == 0
            && self.largest().is_none_or(|m| quantity <= m);
        quantity == Units(0) || lot
    }

    /// The largest allowed quantity that is at most `quantity`.
    #[must_use]
    pub fn round_down(&self, quantity: Units) -> Units {
        let capped = quantity.min(self.largest().unwrap_or(quantity));
        let packs = Units(capped.0.max(0) / self.pack.0 * self.pack.0);
        if packs >= self.smallest() { packs } else { Units(0) }
    }

    /// The smallest allowed quantity that is at least `need`, or the largest allowed one; 0 for no need.
    ///
    /// ```text
    /// min(ceil(max(need, minimum) / pack) * pack, floor(maximum / pack) * pack)
    /// ```
    #[must_use]
    pub fn order_quantity(&self, need: f64) -> (Units, Option<Binding>) {
        if need.is_nan() || need <= 0.0 {
            return (Units(0), None);
        }
        let whole = Units(need.ceil().min(1e15) as i64);
        let wanted = self.packs_up(whole.max(self.minimum));
        let short_of = self.maximum.filter(|_| self.largest().is_some_and(|m| m < wanted));
        if let Some((_, binding)) = short_of {
            let most = self.round_down(wanted);
            return (
                most,
                Some(if most == Units(0) && binding == Binding::Maximum {
                    Binding::Impossible
                } else {
                    binding
                }),
            );
        }
        let binding = if whole < self.minimum {
            Some(Binding::Minimum)
        } else {
            (wanted > whole).then_some(Binding::Pack)
        };
        (wanted, binding)
    }

    fn packs_up(&self, units: Units) -> Units {
        let packs = units.0 / self.pack.0 + i64::from(units.0 % self.pack.0 != 0);
        Units(packs.saturating_mul(self.pack.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rules(minimum: i64, pack: i64, maximum: Option<i64>) -> LotRules {
        LotRules::new(Units(minimum), Units(pack), maximum.map(Units))
    }

    #[test]
    fn f2_minimum_pack_and_maximum_bind_in_turn() {
        assert_eq!(rules(0, 1, None).order_quantity(12.3), (Units(13), None));
        assert_eq!(rules(50, 1, None).order_quantity(12.3), (Units(50), Some(Binding::Minimum)));
        assert_eq!(rules(50, 24, None).order_quantity(60.0), (Units(72), Some(Binding::Pack)));
        assert_eq!(
            rules(50, 24, Some(60)).order_quantity(60.0),
            (Units(0), Some(Binding::Impossible))
        );
        assert_eq!(
            rules(10, 24, Some(60)).order_quantity(900.0),
            (Units(48), Some(Binding::Maximum))
        );
        assert_eq!(rules(10, 24, None).order_quantity(0.0), (Units(0), None));
        let full = rules(0, 10, Some(500)).within(Some(Units(25)));
        assert_eq!(full.order_quantity(40.0), (Units(20), Some(Binding::MaxStock)));
    }

    #[test]
    fn nonsense_rules_do_no_harm() {
        assert_eq!(rules(-5, 0, None).order_quantity(3.2), (Units(4), None));
        assert_eq!(rules(0, 1, Some(-3)).order_quantity(3.2).0, Units(0));
        assert_eq!(rules(0, 1, None).order_quantity(f64::NAN).0, Units(0));
        assert!(rules(0, 7, None).order_quantity(f64::INFINITY).0 > Units(0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]
        #[test]
        fn an_order_is_nothing_or_at_least_the_minimum_and_whole_packs(
            need in -10.0f64..5000.0, minimum in -1i64..800, pack in 0i64..60, maximum in prop::option::of(0i64..3000),
        ) {
            let rules = rules(minimum, pack, maximum);
            let (quantity, binding) = rules.order_quantity(need);
            prop_assert!(rules.allows(quantity), "{:?} {}", rules, quantity);
            prop_assert!(quantity == Units(0) || quantity.0 >= minimum && quantity.0 % pack.max(1) == 0);
            prop_assert!(maximum.is_none_or(|m| quantity.0 <= m));
            if maximum.is_none() && need > 0.0 {
                prop_assert!(quantity.0 as f64 >= need);
            }
            if need > 0.0 && quantity.0 != need.ceil() as i64 {
                prop_assert!(binding.is_some());
            }
            prop_assert_eq!(rules.round_down(quantity), quantity);
        }
    }
}

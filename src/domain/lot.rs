//! From an unrounded need to whole units of one order line: minimum, pack, maximum.
//!
//! ```text
//! quantity = min( ceil(max(need, minimum) / pack) * pack, floor(maximum / pack) * pack )
//! ```
//!
//! A line is 0, or at least the minimum and a whole number of packs; it never exceeds the maximum,
//! even when that leaves nothing to order (then [`LotLimit::Impossible`] says so). The three are
//! one formula and not three rules in a row, because each could undo the one before: the minimum
//! must be lifted to whole packs, and packs must not pass the maximum.
//!
//! ```
//! use orderpoint::domain::units::Units;
//! use orderpoint::domain::lot::{LotLimit, LotRules};
//!
//! let rules = LotRules::new(Units(50), Units(24), None);
//! let lot = rules.order_quantity(60.0);
//! assert_eq!((lot.quantity, lot.binding), (Units(72), Some(LotLimit::Pack)));
//! ```

use crate::domain::inputs::Supply;
use crate::domain::sorted::Sorted;
use crate::domain::units::{LocationId, SkuId, SupplierId, Units};
use serde::{Deserialize, Serialize};

/// What a supplier delivers at a time; [`LotRules::new`] makes it consistent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotRules {
    minimum: Units,
    pack: Units,
    /// The supplier's largest line.
    maximum: Option<Units>,
    /// The most that the stock to hold leaves room for.
    room: Option<Units>,
}

/// A quantity that the rules allow, and which of them made it differ from the need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lot {
    /// Whole units.
    pub quantity: Units,
    /// What binds; `None` where the need, in whole units, could be ordered as it is.
    pub binding: Option<LotLimit>,
}

/// What made a lot differ from the need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LotLimit {
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
}

impl LotRules {
    /// Any whole number of units.
    pub const FREE: Self =
        Self { minimum: Units::ZERO, pack: Units::LEAST, maximum: None, room: None };

    /// A negative minimum counts as 0 and a pack below 1 as 1: ingest refuses such rows, this is
    /// the belt.
    #[must_use]
    pub fn new(minimum: Units, pack: Units, maximum: Option<Units>) -> Self {
        Self {
            minimum: minimum.or_zero(),
            pack: pack.max(Units::LEAST),
            maximum: maximum.map(Units::or_zero),
            room: None,
        }
    }

    /// As `supply` states them.
    #[must_use]
    pub fn of(supply: &Supply) -> Self {
        Self::new(supply.minimum_order, supply.pack_size, supply.maximum_order)
    }

    /// Those of `supplier` for a pool, where `supply` has a row; one for the location beats one for
    /// everywhere.
    #[must_use]
    pub fn agreed(
        supply: &Sorted<Supply>,
        sku: SkuId,
        location: LocationId,
        supplier: SupplierId,
    ) -> Option<Self> {
        supply
            .of(sku)
            .iter()
            .filter(|s| s.supplier == supplier && s.location.is_none_or(|l| l == location))
            .max_by_key(|s| s.location.is_some())
            .map(Self::of)
    }

    /// The same, with at most `room` units because no more stock may be held.
    #[must_use]
    pub fn within(self, room: Option<Units>) -> Self {
        let room = room.map(Units::or_zero).into_iter().chain(self.room).min();
        Self { room, ..self }
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
        self.packs_up(self.minimum.max(Units::LEAST))
    }

    /// The largest line in whole packs; `None` without a maximum.
    #[must_use]
    pub fn largest(&self) -> Option<Units> {
        self.maximum.into_iter().chain(self.room).min().map(|most| self.packs_down(most))
    }

    /// Whether `quantity` is 0 or a line these rules allow.
    #[must_use]
    pub fn allows(&self, quantity: Units) -> bool {
        quantity.is_zero()
            || quantity >= self.smallest()
                && self.packs_down(quantity) == quantity
                && self.largest().is_none_or(|most| quantity <= most)
    }

    /// What the supplier asks of a line, in words: `minimum 80, packs of 24, maximum 40`.
    #[must_use]
    pub fn stated(&self) -> String {
        let mut stated = format!("minimum {}", self.minimum);
        if self.pack.is_pack() {
            stated += &format!(", packs of {}", self.pack);
        }
        if let Some(maximum) = self.maximum {
            stated += &format!(", maximum {maximum}");
        }
        stated
    }

    /// Why the supplier does not take an order of `quantity`, of 0 or more, as a planner would say
    /// it.
    #[must_use]
    pub fn refusal(&self, quantity: Units) -> Option<String> {
        let Self { minimum, pack, maximum, room: _ } = self;
        if quantity.is_positive() && quantity < *minimum {
            return Some(format!("{quantity} units are below the supplier's minimum of {minimum}"));
        }
        if quantity.count() % pack.count() != 0 {
            return Some(format!("{quantity} units are not whole packs of {pack}"));
        }
        let most = maximum.filter(|&most| quantity > most)?;
        Some(format!("{quantity} units are above the supplier's maximum of {most}"))
    }

    /// The largest allowed quantity that is at most `quantity`.
    #[must_use]
    pub fn round_down(&self, quantity: Units) -> Units {
        let capped = quantity.min(self.largest().unwrap_or(quantity));
        let packs = self.packs_down(capped.or_zero());
        if packs >= self.smallest() { packs } else { Units::ZERO }
    }

    /// The smallest allowed quantity that is at least `need`, or the largest allowed one; 0 for no
    /// need.
    #[must_use]
    pub fn order_quantity(&self, need: f64) -> Lot {
        if need.is_nan() || need <= 0.0 {
            return Lot { quantity: Units::ZERO, binding: None };
        }
        // 1e15 units are beyond any order, and their packs still fit 64 bits.
        let whole = Units::ceil(need.min(1e15));
        let wanted = self.packs_up(whole.max(self.minimum));
        if self.largest().is_some_and(|most| most < wanted) {
            let quantity = self.round_down(wanted);
            // Where both bind alike it is the supplier's: a planner can raise the other, not this
            // one.
            let by_supplier = self.maximum.is_some_and(|m| self.room.is_none_or(|room| m <= room));
            let binding = if !by_supplier {
                LotLimit::MaxStock
            } else if quantity.is_zero() {
                LotLimit::Impossible
            } else {
                LotLimit::Maximum
            };
            return Lot { quantity, binding: Some(binding) };
        }
        let binding = if whole < self.minimum {
            Some(LotLimit::Minimum)
        } else if wanted > whole {
            Some(LotLimit::Pack)
        } else {
            None
        };
        Lot { quantity: wanted, binding }
    }

    /// Fewer packs than `lot`, where rounding up would send units that spoil before they sell.
    #[must_use]
    pub fn fresh(&self, lot: Units, sells_in_time: f64) -> Option<Units> {
        let sells = Units::ceil(sells_in_time);
        let fewer = self.round_down(sells);
        (lot > sells && fewer.is_positive()).then_some(fewer)
    }

    fn packs_down(&self, units: Units) -> Units {
        Units(units.count() / self.pack.count() * self.pack.count())
    }

    fn packs_up(&self, units: Units) -> Units {
        let packs =
            units.count() / self.pack.count() + i64::from(units.count() % self.pack.count() != 0);
        Units(packs.saturating_mul(self.pack.count()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rules(minimum: i64, pack: i64, maximum: Option<i64>) -> LotRules {
        LotRules::new(Units(minimum), Units(pack), maximum.map(Units))
    }

    fn lot(quantity: i64, binding: Option<LotLimit>) -> Lot {
        Lot { quantity: Units(quantity), binding }
    }

    #[test]
    fn f2_minimum_pack_and_maximum_bind_in_turn() {
        assert_eq!(rules(0, 1, None).order_quantity(12.3), lot(13, None));
        assert_eq!(rules(50, 1, None).order_quantity(12.3), lot(50, Some(LotLimit::Minimum)));
        assert_eq!(rules(50, 24, None).order_quantity(60.0), lot(72, Some(LotLimit::Pack)));
        assert_eq!(
            rules(50, 24, Some(60)).order_quantity(60.0),
            lot(0, Some(LotLimit::Impossible))
        );
        assert_eq!(rules(10, 24, Some(60)).order_quantity(900.0), lot(48, Some(LotLimit::Maximum)));
        assert_eq!(rules(10, 24, None).order_quantity(0.0), lot(0, None));
        let full = rules(0, 10, Some(500)).within(Some(Units(25)));
        assert_eq!(full.order_quantity(40.0), lot(20, Some(LotLimit::MaxStock)));
    }

    #[test]
    fn nonsense_rules_do_no_harm() {
        assert_eq!(rules(-5, 0, None).order_quantity(3.2), lot(4, None));
        assert_eq!(rules(0, 1, Some(-3)).order_quantity(3.2).quantity, Units(0));
        assert_eq!(rules(0, 1, None).order_quantity(f64::NAN).quantity, Units(0));
        assert!(rules(0, 7, None).order_quantity(f64::INFINITY).quantity > Units(0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]
        #[test]
        fn an_order_is_nothing_or_at_least_the_minimum_and_whole_packs(
            need in -10.0f64..5000.0, minimum in -1i64..800, pack in 0i64..60,
            maximum in prop::option::of(0i64..3000),
        ) {
            let rules = rules(minimum, pack, maximum);
            let Lot { quantity, binding } = rules.order_quantity(need);
            prop_assert!(rules.allows(quantity), "{:?} {}", rules, quantity);
            let is_a_lot = quantity.count() >= minimum && quantity.count() % pack.max(1) == 0;
            prop_assert!(quantity == Units(0) || is_a_lot);
            prop_assert!(maximum.is_none_or(|m| quantity.count() <= m));
            if maximum.is_none() && need > 0.0 {
                prop_assert!(quantity.as_f64() >= need);
            }
            if need > 0.0 && quantity.count() != need.ceil() as i64 {
                prop_assert!(binding.is_some());
            }
            prop_assert_eq!(rules.round_down(quantity), quantity);
        }
    }
}

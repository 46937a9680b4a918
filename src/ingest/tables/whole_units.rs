//! Stock, orders and packs count whole units, and as many decimals of them as the shop says
//! (`[units] fraction`). One rule makes such units of what is written more finely: never more is
//! there, comes or may be bought than the shop wrote, never less is asked for, owed or held back.
//! So nothing that is not there is promised, and no order stays below a minimum.
//!
//! Quantities of one stock are added up, and what is taken off it is taken off, before anything is
//! rounded: ten bins of 0.9 kg are nine kilograms, not none.

use crate::domain::units::Units;

/// What a sum of cells is off a whole number by less than this is the error of binary fractions.
const NOISE: f64 = 5e-7;

/// A pack of 2.5 is ordered by two, one of 12.4 by five: with more packs at a time than these the
/// lots would be nobody's wish.
const MOST_PACKS_AT_A_TIME: i64 = 10;

/// Which whole number stands for a quantity with a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rounding {
    /// What is there, comes, or may be at most.
    Down,
    /// What is asked for, owed or held back.
    Up,
    /// The fewest packs that make whole units together.
    WholePacks,
}

impl Rounding {
    /// That of a column of an input table.
    pub(crate) fn of(column: &str) -> Self {
        match column {
            "pack_size" | "case_size" => Self::WholePacks,
            "reserve" | "buffer" | "pause_below" | "alert_below" | "listed" | "from_quantity"
            | "committed" | "backordered" | "damaged" | "returns_pending" => Self::Up,
            least if least.starts_with("min") => Self::Up,
            // on_hand, quantities of orders and lots, what was counted, and whatever is a maximum.
            _ => Self::Down,
        }
    }

    /// The whole units of `quantity`, which they are where it has no fraction.
    pub(crate) fn whole(self, quantity: f64) -> Units {
        match self {
            Self::Down => Units::floor(quantity + NOISE),
            Self::Up => Units::ceil(quantity - NOISE),
            Self::WholePacks => whole_packs(quantity),
        }
    }
}

/// Whether `quantity` has a fraction that is no error of binary fractions.
pub(crate) fn has_fraction(quantity: f64) -> bool {
    (quantity - quantity.round()).abs() > NOISE
}

/// Whether `quantity` is written more finely than units are counted.
pub(crate) fn is_too_fine(quantity: f64) -> bool {
    (quantity - Units::nearest(quantity).as_f64()).abs() > NOISE
}

/// Whole units of the fewest packs of `size` that make some; of a size that never does, one pack's,
/// rounded up.
fn whole_packs(size: f64) -> Units {
    let fewest = (1..=MOST_PACKS_AT_A_TIME).find(|&packs| !is_too_fine(size * packs as f64));
    match fewest {
        Some(packs) => Units::floor(size * packs as f64 + NOISE),
        None => Units::ceil(size),
    }
}

/// What is left of a quantity when others are taken off it, in whole units.
///
/// Each part is what the rest falls by when it is taken off, so the parts add up to the whole and
/// the rest is the whole units of the exact rest: of 60.5 less 0.5 there are 60.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Remainder {
    exact: f64,
    whole: Units,
}

impl Remainder {
    /// Of `quantity`, before anything is taken off.
    pub(crate) fn of(quantity: f64) -> Self {
        Self { exact: quantity, whole: Rounding::Down.whole(quantity) }
    }

    /// Whole units that are left.
    pub(crate) fn units(self) -> Units {
        self.whole
    }

    /// The whole units that taking `part` off takes.
    pub(crate) fn take(&mut self, part: f64) -> Units {
        let left = Self::of(self.exact - part);
        let taken = self.whole - left.whole;
        *self = left;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_rounded_down_and_what_is_asked_for_up() {
        for (column, quantity, units) in [
            ("on_hand", 60.5, 60),
            ("on_hand", -0.4, -1),
            ("on_hand", 0.1 + 0.2 + 0.7, 1),
            ("maximum_order", 12.5, 12),
            ("minimum_order", 2.5, 3),
            ("minimum_order", 0.1 + 0.2 + 0.7, 1),
            ("pack_size", 12.5, 25),
            ("pack_size", 0.5, 1),
            ("pack_size", 12.4, 62),
            ("pack_size", 5.0, 5),
            ("pack_size", 12.345, 13),
        ] {
            assert_eq!(Rounding::of(column).whole(quantity), Units(units), "{column} {quantity}");
        }
    }

    #[test]
    fn parts_of_a_stock_add_up_and_leave_the_whole_units_of_the_exact_rest() {
        let mut left = Remainder::of(60.5);
        let taken = [left.take(0.5), left.take(2.3), left.take(0.3)];
        assert_eq!(taken, [Units(0), Units(3), Units(0)]);
        assert_eq!(left.units(), Units(57), "60.5 - 3.1 = 57.4");
        let mut owed = Remainder::of(-0.4);
        assert_eq!((owed.take(0.5), owed.units()), (Units(0), Units(-1)));
    }
}

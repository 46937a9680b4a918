//! Stock that expires: first expired, first out (FEFO), against the dated forecast.
//!
//! A lot sells until its last day what cumulative demand leaves for it after the lots before; the
//! rest of it is waste and must not count as stock. Units in, units out, days from the as-of date.
//!
//! ```
//! use orderpoint::inventory::expiry::{DatedLot, usable_stock};
//!
//! // Ten a day: of 100 units that expire in five days, 50 are sold; of the 200 that last sixty
//! // days, all.
//! let lots = [DatedLot { days: 5.0, quantity: 100.0 }, DatedLot { days: 60.0, quantity: 200.0 }];
//! let stock = usable_stock(&lots, 0.0, |days| 10.0 * days);
//! assert_eq!((stock.usable, stock.waste), (250.0, 50.0));
//! ```

use crate::domain::inputs::Lot;
use crate::domain::units::Units;
use chrono::NaiveDate;

/// Units that may be sold until `days` from now (their last day of sale).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DatedLot {
    /// Days from the as-of date until they can no longer be sold; 0 or less: already gone.
    pub days: f64,
    /// Units in it.
    pub quantity: f64,
}

impl DatedLot {
    /// A row of the lot table, on the morning of `as_of`: its last day of sale counts whole;
    /// `None` for units that keep.
    #[must_use]
    pub fn of(lot: &Lot, as_of: NaiveDate) -> Option<Self> {
        let days = (lot.expires? - as_of).num_days() as f64 + 1.0;
        Some(Self { days, quantity: lot.quantity.as_f64() })
    }
}

/// What a lot table is worth.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct UsableStock {
    /// Units that sell in time (or have no date).
    pub usable: f64,
    /// Units that expire unsold.
    pub waste: f64,
}

/// Sells lots in order of expiry against cumulative demand: what is left of a lot on its date is
/// waste.
///
/// - `lots`: ascending by `days`.
/// - `undated`: units without a lot; sold last, never wasted.
/// - `demand_until`: expected demand from now until so many days ahead, units.
#[must_use]
pub fn usable_stock(
    lots: &[DatedLot],
    undated: f64,
    demand_until: impl Fn(f64) -> f64,
) -> UsableStock {
    let mut sold = 0.0;
    let mut waste = 0.0;
    for lot in lots {
        let sells = (demand_until(lot.days.max(0.0)) - sold).clamp(0.0, lot.quantity);
        sold += sells;
        waste += lot.quantity - sells;
    }
    UsableStock { usable: sold + undated, waste }
}

/// Units to offer of `promisable` ones, some of which are of `lots` that expire: what will expire
/// unsold is not promised to anybody.
///
/// A shelf of saleable units keeps one on offer, or a slow item with a date would be taken off sale
/// days before it; where no demand is expected at all, nothing says what will expire.
#[must_use]
pub fn offerable(promisable: Units, lots: &[DatedLot], demand_until: impl Fn(f64) -> f64) -> Units {
    let last = lots.last().map_or(0.0, |lot| lot.days);
    if demand_until(last) <= 0.0 {
        return promisable;
    }
    let waste = usable_stock(lots, 0.0, demand_until).waste;
    Units::ceil(promisable.as_f64() - waste).max(Units::LEAST).min(promisable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d14_what_will_expire_unsold_is_not_offered() {
        let lots = [DatedLot { days: 5.0, quantity: 100.0 }];
        assert_eq!(offerable(Units(300), &lots, |days| 10.0 * days), Units(250));
        let slow = [DatedLot { days: 9.0, quantity: 20.0 }];
        assert_eq!(offerable(Units(20), &slow, |days| 0.05 * days), Units(1));
        assert_eq!(offerable(Units(20), &slow, |_| 0.0), Units(20));
        assert_eq!(offerable(Units(0), &slow, |days| 0.05 * days), Units(0));
    }

    #[test]
    fn d14_expiry_fefo_usable_stock() {
        let lots =
            [DatedLot { days: 5.0, quantity: 100.0 }, DatedLot { days: 60.0, quantity: 200.0 }];
        let stock = usable_stock(&lots, 0.0, |days| 10.0 * days);
        assert_eq!(stock, UsableStock { usable: 250.0, waste: 50.0 });
    }

    #[test]
    fn an_expired_lot_is_waste_and_undated_stock_never_is() {
        let stock =
            usable_stock(&[DatedLot { days: -3.0, quantity: 40.0 }], 7.0, |days| 10.0 * days);
        assert_eq!(stock, UsableStock { usable: 7.0, waste: 40.0 });
    }
}

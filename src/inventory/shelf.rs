//! What lies on the shelf of a pool, what of it somebody has a claim on, and what is owed beyond
//! it.
//!
//! The one place where a row of the stock table and its lots become numbers to plan, offer and
//! count with:
//!
//! ```text
//! saleable  = on hand - expired lots - damaged - returns in limbo, at least 0
//! available = saleable - committed, at least 0
//! owed      = backordered + committed beyond what is saleable + on hand below 0
//! ```
//!
//! Expired units are no stock: nobody may be sold them. Sold units leave from the lot that expires
//! first (first expired, first out); units that are damaged or came back are taken to be among
//! those without a date first.
//!
//! Twelve on the shelf of which two are sold, and eight sold before they were booked in:
//!
//! ```
//! use orderpoint::domain::inputs::Stock;
//! use orderpoint::domain::units::{LocationId, SkuId, Units};
//! use orderpoint::inventory::shelf::Shelf;
//!
//! let pool = (SkuId(0), LocationId(0));
//! let day = "2026-03-02".parse().unwrap();
//! let some = Stock { committed: Units(2), ..Stock::on_hand(pool, Units(12)) };
//! assert_eq!(Shelf::of(Some(&some), &[], day).available, Units(10));
//! let oversold = Shelf::of(Some(&Stock::on_hand(pool, Units(-8))), &[], day);
//! assert_eq!((oversold.on_hand, oversold.owed), (Units(0), Units(8)));
//! ```

use crate::domain::inputs::{Lot, Stock};
use crate::domain::units::Units;
use crate::inventory::expiry::DatedLot;
use crate::inventory::position::StockLevel;
use chrono::NaiveDate;

/// Stock of a pool, claims and lots taken into account, whole units.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shelf {
    /// Counted in the location, at least 0.
    pub on_hand: Units,
    /// Of these, past their last day of sale.
    pub expired: Units,
    /// Nobody has a claim on them, at least 0.
    pub available: Units,
    /// Owed to customers beyond what is set aside for them.
    pub owed: Units,
    /// What of `available` has an expiry date, once what is owed has been served from it; soonest
    /// first.
    pub lots: Vec<DatedLot>,
}

impl Shelf {
    /// What the stock table and the lot table, sorted by expiry, say of a pool on the morning of
    /// `as_of`.
    #[must_use]
    pub fn of(stock: Option<&Stock>, lots: &[Lot], as_of: NaiveDate) -> Self {
        let Some(stock) = stock else { return Self::default() };
        let on_hand = stock.on_hand.or_zero();
        let mut lots = held_lots(lots, on_hand, as_of);
        let dated: Units = lots.iter().map(|lot| Units::floor(lot.quantity)).sum();
        let mut undated = (on_hand - dated).or_zero();

        let mut expired = Units::ZERO;
        lots.retain(|lot| {
            let is_gone = lot.days <= 0.0;
            expired += if is_gone { Units::floor(lot.quantity) } else { Units::ZERO };
            !is_gone
        });

        let unsaleable = stock.damaged.or_zero() + stock.returns_pending.or_zero();
        let of_undated = unsaleable.min(undated);
        undated -= of_undated;
        take_first(&mut lots, unsaleable - of_undated);

        let saleable = (on_hand - expired - unsaleable).or_zero();
        let committed = stock.committed.or_zero();
        let available = (saleable - committed).or_zero();
        let beyond = (committed - saleable).or_zero();
        let owed = stock.backordered.or_zero() + beyond + (Units::ZERO - stock.on_hand).or_zero();
        take_first(&mut lots, committed + owed.min(available));
        Self { on_hand, expired, available, owed, lots }
    }

    /// Sets units aside that are to leave for another location. What is not there cannot leave:
    /// units that are gone already were counted out by the stock table, and are owed to nobody.
    pub fn set_aside(&mut self, units: Units) {
        let taken = units.min(self.promisable()).or_zero();
        self.available -= taken;
        take_first(&mut self.lots, taken);
    }

    /// Units that can be promised to new customers.
    #[must_use]
    pub fn promisable(&self) -> Units {
        (self.available - self.owed).or_zero()
    }

    /// The same as the policy reads it.
    #[must_use]
    pub fn level(&self) -> StockLevel {
        StockLevel {
            on_hand: self.on_hand.as_f64(),
            available: self.available.as_f64(),
            backordered: self.owed.as_f64(),
        }
    }
}

/// The lots that `on_hand` units can still be of: where the lot table has more, the units of the
/// first lots have left since it was written.
fn held_lots(lots: &[Lot], on_hand: Units, as_of: NaiveDate) -> Vec<DatedLot> {
    let mut held: Vec<DatedLot> = lots.iter().filter_map(|lot| DatedLot::of(lot, as_of)).collect();
    let dated = lots.iter().filter(|lot| lot.expires.is_some());
    let listed: Units = dated.map(|lot| lot.quantity).sum();
    take_first(&mut held, (listed - on_hand).or_zero());
    held
}

/// Takes `units` from the lots that expire first.
fn take_first(lots: &mut Vec<DatedLot>, units: Units) {
    let mut left = units.as_f64();
    for lot in lots.iter_mut() {
        let taken = lot.quantity.min(left);
        lot.quantity -= taken;
        left -= taken;
    }
    lots.retain(|lot| lot.quantity > 0.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::units::{LocationId, SkuId};

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 2).unwrap()
    }

    fn stock(on_hand: i64) -> Stock {
        Stock::on_hand((SkuId(0), LocationId(0)), Units(on_hand))
    }

    fn lot(days: i64, quantity: i64) -> Lot {
        Lot {
            sku: SkuId(0),
            location: LocationId(0),
            expires: Some(today() + chrono::Duration::days(days)),
            received: None,
            quantity: Units(quantity),
        }
    }

    fn left(shelf: &Shelf) -> Vec<f64> {
        shelf.lots.iter().map(|lot| lot.quantity).collect()
    }

    #[test]
    fn what_is_to_leave_is_set_aside_as_far_as_it_is_there_and_never_owed() {
        let mut shelf = Shelf::of(Some(&stock(12)), &[lot(5, 4)], today());
        shelf.set_aside(Units(5));
        assert_eq!((shelf.available, shelf.owed, left(&shelf)), (Units(7), Units(0), vec![]));
        shelf.set_aside(Units(50));
        assert_eq!((shelf.available, shelf.promisable()), (Units(0), Units(0)));
        let mut owing = Shelf::of(Some(&Stock { backordered: Units(5), ..stock(8) }), &[], today());
        owing.set_aside(Units(50));
        assert_eq!((owing.available, owing.owed), (Units(5), Units(5)));
    }

    #[test]
    fn a9_available_is_what_nobody_has_a_claim_on() {
        let some = Stock { committed: Units(2), ..stock(12) };
        assert_eq!(Shelf::of(Some(&some), &[], today()).available, Units(10));
        let worn = Stock { damaged: Units(40), returns_pending: Units(10), ..stock(100) };
        assert_eq!(Shelf::of(Some(&worn), &[], today()).available, Units(50));
        // More damaged than there is: that is owed to nobody.
        let broken = Stock { damaged: Units(20), ..stock(10) };
        let shelf = Shelf::of(Some(&broken), &[], today());
        assert_eq!((shelf.available, shelf.owed), (Units(0), Units(0)));
        assert_eq!(Shelf::of(None, &[lot(3, 9)], today()), Shelf::default());
    }

    #[test]
    fn a9_a_negative_figure_and_commitments_beyond_the_stock_are_owed() {
        let net = |stock: &Stock| {
            let shelf = Shelf::of(Some(stock), &[], today());
            (shelf.on_hand.count(), shelf.owed.count(), shelf.level().net())
        };
        assert_eq!(net(&stock(-8)), (0, 8, -8.0));
        assert_eq!(net(&Stock { committed: Units(50), ..stock(20) }), (20, 30, -30.0));
        let both = Stock { committed: Units(50), backordered: Units(30), ..stock(20) };
        assert_eq!(net(&both), (20, 60, -60.0));
        let arrived = Stock { backordered: Units(15), ..stock(20) };
        assert_eq!(net(&arrived), (20, 15, 5.0));
        assert_eq!(Shelf::of(Some(&arrived), &[], today()).promisable(), Units(5));
    }

    #[test]
    fn d14_expired_lots_are_no_stock() {
        let shelf = Shelf::of(Some(&stock(300)), &[lot(-10, 200), lot(0, 60)], today());
        assert_eq!((shelf.expired, shelf.available), (Units(200), Units(100)));
        assert_eq!(left(&shelf), [60.0], "the last day of sale is a day of sale");
    }

    #[test]
    fn d14_what_is_sold_leaves_from_the_lot_that_expires_first() {
        let sold = Stock { committed: Units(100), ..stock(500) };
        let shelf = Shelf::of(Some(&sold), &[lot(9, 300), lot(100, 200)], today());
        assert_eq!((left(&shelf), shelf.available), (vec![200.0, 200.0], Units(400)));
        let owed = Stock { backordered: Units(50), ..stock(500) };
        assert_eq!(left(&Shelf::of(Some(&owed), &[lot(9, 300)], today())), [250.0]);
        // Damaged units are among those without a date, as long as there are any.
        let worn = Stock { damaged: Units(30), ..stock(120) };
        let shelf = Shelf::of(Some(&worn), &[lot(9, 100)], today());
        assert_eq!((left(&shelf), shelf.available), (vec![90.0], Units(90)));
    }

    #[test]
    fn lots_beyond_the_stock_have_left_since() {
        let shelf = Shelf::of(Some(&stock(250)), &[lot(9, 300), lot(100, 200)], today());
        assert_eq!((left(&shelf), shelf.available), (vec![50.0, 200.0], Units(250)));
    }
}

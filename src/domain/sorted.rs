//! Tables that know their order: the rows of an item, or of an item at a location, are found by
//! their key.

use crate::domain::units::{PoolId, SkuId};
use std::ops::Deref;

/// A row with the key that its table is sorted by first.
pub trait Keyed {
    /// An item, a pool, or an item and a channel or supplier.
    type Key: Copy + Ord;

    /// The key of this row.
    fn key(&self) -> Self::Key;
}

/// What the tables of these rows are sorted by first: `keyed! { Kit by SkuId: |kit| kit.sku; }`.
macro_rules! keyed {
    ($($row:ident by $key:ty: |$it:ident| $value:expr;)*) => {
        $(impl $crate::domain::sorted::Keyed for $row {
            type Key = $key;

            fn key(&self) -> $key {
                let $it = self;
                $value
            }
        })*
    };
}
pub(crate) use keyed;

/// Rows in the order of their keys; several may share one.
///
/// ```
/// use orderpoint::domain::inputs::Kit;
/// use orderpoint::domain::sorted::Sorted;
/// use orderpoint::domain::units::{SkuId, Units};
///
/// let part = |sku, component| Kit {
///     sku: SkuId(sku),
///     component: SkuId(component),
///     quantity: Units(1),
/// };
/// let kits = Sorted::new(vec![part(1, 4), part(1, 5), part(2, 4)]);
/// assert_eq!(kits.of(SkuId(1)).len(), 2);
/// assert!(kits.of(SkuId(3)).is_empty());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sorted<R> {
    rows: Vec<R>,
}

impl<R> Sorted<R> {
    /// No rows.
    #[must_use]
    pub const fn empty() -> Self {
        Self { rows: Vec::new() }
    }
}

impl<R: Keyed> Sorted<R> {
    /// Takes rows that are in order.
    ///
    /// # Panics
    /// If they are not: whoever makes them sorts them, by more than the key where ties must not
    /// depend on the input's order.
    #[must_use]
    pub fn new(rows: Vec<R>) -> Self {
        // A binary search over unsorted rows finds nothing and says nothing: better a fault here
        // than an item without its orders.
        assert!(rows.is_sorted_by_key(R::key), "rows of a table are sorted by its key");
        Self { rows }
    }

    /// The rows of `key`, in order.
    #[must_use]
    pub fn of(&self, key: impl Into<R::Key>) -> &[R] {
        rows_of(&self.rows, key)
    }

    /// The row of `key` in a table that has at most one a key.
    #[must_use]
    pub fn get(&self, key: impl Into<R::Key>) -> Option<&R> {
        self.of(key).first()
    }

    /// Lets `change` do anything to the rows.
    ///
    /// # Panics
    /// If it leaves them out of order.
    pub fn edit(&mut self, change: impl FnOnce(&mut Vec<R>)) {
        let mut rows = std::mem::take(&mut self.rows);
        change(&mut rows);
        *self = Self::new(rows);
    }
}

impl<R: Keyed<Key = PoolId>> Sorted<R> {
    /// The rows of an item at all its locations.
    #[must_use]
    pub fn of_item(&self, sku: SkuId) -> &[R] {
        run(&self.rows, |row| row.key().sku.cmp(&sku))
    }
}

/// The rows of `key` among `rows`, which are sorted by it: for tables that are held as plain lists.
#[must_use]
pub fn rows_of<R: Keyed>(rows: &[R], key: impl Into<R::Key>) -> &[R] {
    let key = key.into();
    run(rows, |row| row.key().cmp(&key))
}

/// The rows that compare equal, where those before compare less and those after greater.
pub(crate) fn run<R>(rows: &[R], compare: impl Fn(&R) -> std::cmp::Ordering) -> &[R] {
    let rows = &rows[rows.partition_point(|row| compare(row).is_lt())..];
    &rows[..rows.partition_point(|row| compare(row).is_eq())]
}

impl<R> Default for Sorted<R> {
    fn default() -> Self {
        Self::empty()
    }
}

impl<R> Deref for Sorted<R> {
    type Target = [R];

    fn deref(&self) -> &[R] {
        &self.rows
    }
}

impl<R: Keyed> From<Vec<R>> for Sorted<R> {
    fn from(rows: Vec<R>) -> Self {
        Self::new(rows)
    }
}

impl<R: Keyed> FromIterator<R> for Sorted<R> {
    fn from_iter<I: IntoIterator<Item = R>>(rows: I) -> Self {
        Self::new(rows.into_iter().collect())
    }
}

impl<'a, R> IntoIterator for &'a Sorted<R> {
    type Item = &'a R;
    type IntoIter = std::slice::Iter<'a, R>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::inputs::Lot;
    use crate::domain::units::{LocationId, Units};

    fn lot(sku: u32, location: u32, quantity: i64) -> Lot {
        Lot {
            sku: SkuId(sku),
            location: LocationId(location),
            expires: None,
            received: None,
            quantity: Units(quantity),
        }
    }

    #[test]
    fn rows_are_found_by_pool_and_by_item() {
        let lots = Sorted::new(vec![lot(0, 1, 1), lot(2, 0, 2), lot(2, 0, 3), lot(2, 1, 4)]);
        assert_eq!(lots.of((SkuId(2), LocationId(0))), [lot(2, 0, 2), lot(2, 0, 3)]);
        assert_eq!(lots.of_item(SkuId(2)).len(), 3);
        assert_eq!(lots.get((SkuId(0), LocationId(1))), Some(&lot(0, 1, 1)));
        assert!(lots.get((SkuId(1), LocationId(0))).is_none());
    }

    #[test]
    #[should_panic(expected = "sorted by its key")]
    fn rows_out_of_order_are_refused() {
        let _ = Sorted::new(vec![lot(1, 0, 1), lot(0, 0, 1)]);
    }
}

//! Data scripts: what the pages load from disk, because a page opened from disk may not fetch.
//!
//! `OP.table(name, rows, columns)` is a long table, `OP.items(first, items)` the items of some item
//! pages. Everything is written by `serde_json`; the page's script only ever sets it as text. A
//! data script is a file of its own, never part of a page, so that `</script>` in a name ends
//! nothing.

pub(crate) mod items;
pub(crate) mod packed;
mod table;
pub(crate) mod tables;

use serde::Serialize;

/// A number without digits that nobody reads: a whole one has no `.0`, which saves a tenth of the
/// bytes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Number {
    Whole(i64),
    Fraction(f64),
}

/// `value` rounded to `decimals`; `None` (an empty cell) unless it is finite.
fn rounded(value: f64, decimals: i32) -> Option<Number> {
    /// Beyond it `f64` does not tell whole numbers apart.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let scale = 10f64.powi(decimals);
    let rounded = (value * scale).round() / scale;
    #[expect(clippy::cast_possible_truncation, reason = "whole and far inside i64")]
    match rounded {
        r if !r.is_finite() => None,
        r if r.fract() == 0.0 && r.abs() < EXACT => Some(Number::Whole(r as i64)),
        r => Some(Number::Fraction(r)),
    }
}

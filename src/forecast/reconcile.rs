//! Do the parts add up to what the whole does? Groups lifted or lowered together, channels summed exactly.
//!
//! The total of a category in a channel is far less noisy than its items, so it sees a change of level weeks earlier. Middle-out:
//! every level of a group is multiplied by recent units over what the items' levels expected of the same cells, both weighted
//! towards the last days. Channel forecasts add up to the item's by definition: the item's mean is their sum.

/// Expected units that the items' own levels are worth against their recent total.
const PRIOR_UNITS: f64 = 30.0;

/// Factor on all levels of a group that sold `units` lately where its items' levels expected `expected`.
#[must_use]
pub fn scale(units: f64, expected: f64) -> f64 {
    ((units + PRIOR_UNITS) / (expected + PRIOR_UNITS)).clamp(0.5, 2.0)
}

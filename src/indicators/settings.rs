//! What a planner may choose about indicators: the `[indicators]` section of the configuration.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The `[indicators]` section, and what other sections say about stock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Difference between count and books that still counts as right, as a share of the books.
    pub count_tolerance: f64,
    /// A supplier late in a larger share of deliveries is due for a talk.
    pub late_share: f64,
    /// Share of all items that a clearance is to take away.
    pub cull_share: f64,
    /// A value set by hand is listed when it is older than so many days.
    pub override_days: u32,
    /// Days from its arrival over which a changed order is judged.
    pub judged_days: u32,
    /// What to aim at, by `indicator` or `indicator/scope`.
    pub goals: BTreeMap<String, f64>,
    /// Cost of holding stock for a year, as a share of its value; used where the accounts have
    /// none. From `[policy]`.
    #[serde(skip)]
    pub holding_rate: f64,
    /// Cover above which stock is excess, days. From `[policy]`.
    #[serde(skip)]
    pub excess_cover_days: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            // One unit in fifty.
            count_tolerance: 0.02,
            // One delivery in five.
            late_share: 0.2,
            // One in ten, as the guides clear a quarter.
            cull_share: 0.1,
            // A quarter: what was true then may be so no more.
            override_days: 90,
            // Four weeks: every weekday as often as the others, and still soon enough to learn.
            judged_days: 28,
            goals: BTreeMap::new(),
            // Both are replaced by what `[policy]` says, and these are its defaults.
            holding_rate: 0.25,
            excess_cover_days: 120.0,
        }
    }
}

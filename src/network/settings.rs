//! What a planner can set about networks: `[network]` in the configuration.

use crate::network::share::Rule;
use serde::{Deserialize, Serialize};

/// Settings of networks.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// To whom a source's stock goes when it does not last for all.
    pub share: Rule,
    /// Days of its own customers' demand that a source keeps before it feeds others. Its channels
    /// already take part in the sharing, so none by default.
    pub reserve_days: f64,
    /// Standard deviations by which the level that sources buy up to is moved; the tuning of a
    /// replay finds it.
    pub level_shift: f64,
}

impl Settings {
    /// Every problem with the values, in words; empty when all is well.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let days = self.reserve_days;
        if !(days.is_finite() && days >= 0.0) {
            problems.push(format!("network.reserve_days = {days}: must not be negative"));
        }
        let shift = self.level_shift;
        if !(-4.0..=4.0).contains(&shift) {
            problems.push(format!(
                "network.level_shift = {shift}: standard deviations, expected -4 to 4"
            ));
        }
        problems
    }
}

//! What a planner can set about channel allocation: `[allocation]` in the configuration.

use serde::{Deserialize, Serialize};

/// How the stock left after reserves is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// In proportion to velocity x margin.
    #[default]
    Shares,
    /// By priority: each channel gets its expected demand before the next one gets anything.
    Priority,
}

/// Units held back where a channel has no buffer of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Buffering {
    /// `buffer` units.
    #[default]
    Fixed,
    /// What the channel may sell before the next sync, at `buffer_confidence`.
    Demand,
}

/// When a listing is to be watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertAt {
    /// Available stock at or below the reorder point.
    #[default]
    ReorderPoint,
    /// Published quantity at or below `alert_units`.
    Units,
    /// Never.
    Never,
}

/// Settings of channel allocation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How the stock is split.
    pub method: Method,
    /// With `priority`: a channel's need is its expected demand over this many days.
    pub cover_days: f64,
    /// How buffers are found where the channel has none.
    pub buffering: Buffering,
    /// Units held back with `fixed`.
    pub buffer: i64,
    /// Probability that demand before the next sync stays within the buffer, with `demand`.
    pub buffer_confidence: f64,
    /// Time until the sync tool has published this run's quantities and reads the next ones, days.
    pub sync_days: f64,
    /// Most a channel's share may move from one run to the next: 0.1 = ten points.
    pub max_share_step: f64,
    /// When to alert.
    pub alert_at: AlertAt,
    /// Published units at or below which to alert, with `units`.
    pub alert_units: i64,
    /// A paused listing resumes above its buffer plus this many days of velocity.
    pub resume_days: f64,
    /// Days after the as-of date until which the published quantities may be used.
    pub valid_days: i64,
    /// A channel that holds more than this cover while another runs out is in excess, days.
    pub excess_cover_days: f64,
    /// A channel that holds less than this cover runs out, days.
    pub short_cover_days: f64,
    /// Cost of moving one unit between locations, currency units.
    pub transfer_cost: f64,
    /// Least units worth a transfer.
    pub transfer_minimum: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            method: Method::Shares,
            cover_days: 30.0,
            buffering: Buffering::Fixed,
            buffer: 0,
            buffer_confidence: 0.95,
            sync_days: 1.0,
            max_share_step: 0.1,
            alert_at: AlertAt::ReorderPoint,
            alert_units: 0,
            resume_days: 1.0,
            valid_days: 1,
            excess_cover_days: 120.0,
            short_cover_days: 7.0,
            transfer_cost: 0.0,
            transfer_minimum: 1,
        }
    }
}

impl Settings {
    /// Everything out of range, as sentences for the configuration's list of problems.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut check = |good: bool, name: &str, value: f64, expected: &str| {
            if !good {
                problems.push(format!("allocation.{name} = {value}: expected {expected}"));
            }
        };
        let not_negative = |x: f64| x.is_finite() && x >= 0.0;
        let open_share = |x: f64| x > 0.0 && x < 1.0;
        check(
            self.cover_days.is_finite() && self.cover_days > 0.0,
            "cover_days",
            self.cover_days,
            "more than 0",
        );
        check(self.buffer >= 0, "buffer", self.buffer as f64, "0 or more");
        check(
            open_share(self.buffer_confidence),
            "buffer_confidence",
            self.buffer_confidence,
            "between 0 and 1",
        );
        check(not_negative(self.sync_days), "sync_days", self.sync_days, "0 or more");
        check(
            self.max_share_step > 0.0 && self.max_share_step <= 1.0,
            "max_share_step",
            self.max_share_step,
            "above 0, up to 1",
        );
        check(self.alert_units >= 0, "alert_units", self.alert_units as f64, "0 or more");
        check(not_negative(self.resume_days), "resume_days", self.resume_days, "0 or more");
        check(
            (0..=366).contains(&self.valid_days),
            "valid_days",
            self.valid_days as f64,
            "0 to 366",
        );
        check(
            self.excess_cover_days > self.short_cover_days,
            "excess_cover_days",
            self.excess_cover_days,
            "above short_cover_days",
        );
        check(
            not_negative(self.short_cover_days),
            "short_cover_days",
            self.short_cover_days,
            "0 or more",
        );
        check(not_negative(self.transfer_cost), "transfer_cost", self.transfer_cost, "0 or more");
        check(
            self.transfer_minimum >= 1,
            "transfer_minimum",
            self.transfer_minimum as f64,
            "1 or more",
        );
        problems
    }
}

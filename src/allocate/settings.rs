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
            // A month of sales, by choice; nothing was measured.
            cover_days: 30.0,
            // No buffer: it would hold back stock of sellers whose channels sync at once.
            buffering: Buffering::Fixed,
            buffer: 0,
            // Customary; one day in twenty sells more.
            buffer_confidence: 0.95,
            // The batch runs nightly.
            sync_days: 1.0,
            // By choice: from all to nothing takes ten runs, so that one odd week does not empty a
            // channel.
            max_share_step: 0.1,
            alert_at: AlertAt::ReorderPoint,
            alert_units: 0,
            // A listing that resumes should last until the next run.
            resume_days: 1.0,
            // The next nightly run replaces the numbers on the day they lapse.
            valid_days: 1,
            // As `max_cover_days` of purchasing: what it would not buy by choice is too much in one
            // channel, too.
            excess_cover_days: 120.0,
            // A week, by choice; it must only be far below the excess.
            short_cover_days: 7.0,
            // Unknown until someone sets it; then every transfer that saves a sale is worth
            // showing.
            transfer_cost: 0.0,
            transfer_minimum: 1,
        }
    }
}

/// A setting against what is expected of it.
struct Check {
    name: &'static str,
    value: f64,
    is_good: bool,
    expected: &'static str,
}

impl Check {
    fn positive(name: &'static str, value: f64) -> Self {
        Self { name, value, is_good: value.is_finite() && value > 0.0, expected: "more than 0" }
    }

    fn not_negative(name: &'static str, value: f64) -> Self {
        Self { name, value, is_good: value.is_finite() && value >= 0.0, expected: "0 or more" }
    }
}

impl Settings {
    /// Everything out of range, as sentences for the configuration's list of problems.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let confidence = self.buffer_confidence;
        let step = self.max_share_step;
        let checks = [
            Check::positive("cover_days", self.cover_days),
            Check::not_negative("buffer", self.buffer as f64),
            Check {
                name: "buffer_confidence",
                value: confidence,
                is_good: confidence > 0.0 && confidence < 1.0,
                expected: "between 0 and 1",
            },
            Check::not_negative("sync_days", self.sync_days),
            Check {
                name: "max_share_step",
                value: step,
                is_good: step > 0.0 && step <= 1.0,
                expected: "above 0, up to 1",
            },
            Check::not_negative("alert_units", self.alert_units as f64),
            Check::not_negative("resume_days", self.resume_days),
            Check {
                name: "valid_days",
                value: self.valid_days as f64,
                is_good: (0..=366).contains(&self.valid_days),
                expected: "0 to 366",
            },
            Check {
                name: "excess_cover_days",
                value: self.excess_cover_days,
                is_good: self.excess_cover_days > self.short_cover_days,
                expected: "above short_cover_days",
            },
            Check::not_negative("short_cover_days", self.short_cover_days),
            Check::not_negative("transfer_cost", self.transfer_cost),
            Check {
                name: "transfer_minimum",
                value: self.transfer_minimum as f64,
                is_good: self.transfer_minimum >= 1,
                expected: "1 or more",
            },
        ];
        let wrong = checks.iter().filter(|check| !check.is_good);
        wrong
            .map(|Check { name, value, expected, .. }| {
                format!("allocation.{name} = {value}: expected {expected}")
            })
            .collect()
    }
}

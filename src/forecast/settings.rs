//! What a planner can set about forecasting: `[forecast]` in the configuration.

use crate::domain::calendar::Bucket;
use serde::{Deserialize, Serialize};

/// Where models of the series itself (exponential smoothing, Theta, CES) are fitted beside the
/// pooled level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LocalModels {
    /// Monthly series.
    #[default]
    Months,
    /// Every series.
    All,
    /// Nowhere.
    None,
}

/// How to forecast; [`Settings::default`] is what was measured best.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Periods to forecast; from `[run]`.
    #[serde(skip)]
    pub horizon: usize,
    /// Periods ahead at which methods are judged: four weeks' worth.
    #[serde(skip)]
    pub lead_time: usize,
    /// Days after which an observation counts half in a pooled profile.
    pub profile_half_life_days: f64,
    /// Harmonics of the annual season.
    pub harmonics: usize,
    /// Units of evidence that the pooled weekday profile is worth against a series' own.
    pub weekday_evidence: f64,
    /// Origins that the class errors are worth against a series' own.
    pub class_evidence: f64,
    /// Days after which an observation counts half in a group's recent total.
    pub group_half_life_days: f64,
    /// Largest multiple of the highest demand seen in one period that a period's mean may reach.
    pub guard: f64,
    /// Which series get models of their own beside the pooled level.
    pub local: LocalModels,
    /// Days after which everything is learnt and fitted anew; 0 = every run.
    pub refit_days: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            // A quarter, as buyers plan; the run sets its own.
            horizon: 90,
            lead_time: 28,
            profile_half_life_days: 500.0,
            harmonics: 12,
            weekday_evidence: 30.0,
            class_evidence: 4.0,
            group_half_life_days: 10.0,
            guard: 3.0,
            local: LocalModels::Months,
            refit_days: 7,
        }
    }
}

impl Settings {
    /// Periods past history that profiles cover: the horizon, and the nights until the next refit.
    #[must_use]
    pub fn reach(&self, bucket: Bucket) -> usize {
        self.horizon + (f64::from(self.refit_days) / bucket.days()).ceil() as usize
    }

    /// Everything out of range, as sentences for the configuration's list of problems.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut check = |holds: bool, key: &str, value: f64, expected: &str| {
            if !holds {
                problems.push(format!("forecast.{key} = {value}: expected {expected}"));
            }
        };
        let days = self.profile_half_life_days;
        check(days > 0.0, "profile_half_life_days", days, "above 0");
        let harmonics = self.harmonics as f64;
        check((1..=26).contains(&self.harmonics), "harmonics", harmonics, "1 to 26");
        let evidence = self.weekday_evidence;
        check(evidence >= 0.0, "weekday_evidence", evidence, "0 or more");
        let evidence = self.class_evidence;
        check(evidence >= 0.0, "class_evidence", evidence, "0 or more");
        let days = self.group_half_life_days;
        check(days > 0.0, "group_half_life_days", days, "above 0");
        check(self.guard >= 1.0, "guard", self.guard, "1 or more");
        let days = f64::from(self.refit_days);
        check(self.refit_days <= 366, "refit_days", days, "0 (every run) to 366");
        problems
    }
}

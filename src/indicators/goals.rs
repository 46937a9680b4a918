//! What an indicator should be: the goals of `[indicators.goals]`, and whether what is configured
//! can be meant.

use crate::domain::error::did_you_mean;
use crate::indicators::definitions::{DEFINITIONS, definition};
use crate::indicators::settings::Settings;

impl Settings {
    /// Every problem with the values, in words; empty when all is well.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (key, value) in [
            ("count_tolerance", self.count_tolerance),
            ("late_share", self.late_share),
            ("cull_share", self.cull_share),
        ] {
            if !(0.0..=1.0).contains(&value) {
                problems.push(format!("indicators.{key} = {value}: expected 0 to 1"));
            }
        }
        if !(1..=365).contains(&self.judged_days) {
            problems
                .push(format!("indicators.judged_days = {}: expected 1 to 365", self.judged_days));
        }
        for (key, target) in &self.goals {
            let Goal { indicator: name, .. } = Goal::of(key, *target);
            if definition(name).is_none() {
                let hint = did_you_mean(name, DEFINITIONS.iter().map(|d| d.name));
                problems
                    .push(format!("indicators.goals.{key}: no indicator is called `{name}`{hint}"));
            }
            if !target.is_finite() {
                problems.push(format!("indicators.goals.{key} = {target}: expected a number"));
            }
        }
        problems
    }

    /// The goal of an indicator at a scope.
    pub(crate) fn goal(&self, indicator: &str, scope: &str) -> Option<f64> {
        let mut goals = self.goals();
        goals.find(|g| g.indicator == indicator && g.scope == scope).map(|g| g.target)
    }

    /// Every goal, in the order of their keys.
    pub(crate) fn goals(&self) -> impl Iterator<Item = Goal<'_>> {
        self.goals.iter().map(|(key, &target)| Goal::of(key, target))
    }
}

/// What one indicator should be at one scope.
pub(crate) struct Goal<'a> {
    pub indicator: &'a str,
    pub scope: &'a str,
    pub target: f64,
}

impl<'a> Goal<'a> {
    /// `turnover` is the goal of all, `sell_through/channel:web` of one scope.
    fn of(key: &'a str, target: f64) -> Self {
        let (indicator, scope) = key.split_once('/').unwrap_or((key, "all"));
        Self { indicator, scope, target }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h16_goals_are_for_all_or_for_a_scope() {
        let settings: Settings =
            toml::from_str("[goals]\nturnover = 6\n\"sell_through/channel:web\" = 60.5").unwrap();
        assert!(settings.problems().is_empty());
        assert_eq!(settings.goal("turnover", "all"), Some(6.0));
        assert_eq!(settings.goal("sell_through", "channel:web"), Some(60.5));
        assert_eq!(settings.goal("sell_through", "all"), None);
    }

    #[test]
    fn settings_are_checked_all_at_once() {
        assert!(Settings::default().problems().is_empty());
        let wrong: Settings = toml::from_str(
            "count_tolerance = 2\nlate_share = -1\njudged_days = 0\n\
                [goals]\nturnovers = 1\ndio = nan",
        )
        .unwrap();
        let problems = wrong.problems();
        assert_eq!(problems.len(), 5, "{problems:?}");
        assert!(problems[4].ends_with("did you mean `turnover`?"), "{problems:?}");
    }
}

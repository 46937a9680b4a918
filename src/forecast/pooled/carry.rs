//! Yesterday's learning on today's history: between two refits only levels move, profiles and
//! errors stay. Replays of the past refresh their forecasts this way.

use crate::forecast::pooled::fit::Model;
use crate::forecast::pooled::forecaster::Forecaster;
use crate::forecast::pooled::reconcile::GroupScale;
use crate::forecast::{Demand, Settings};

impl Forecaster<'_> {
    /// The same learning on a later morning: `demand` holds a panel of the same axis with more
    /// history. The horizon shrinks by what has passed, so learn with one that is long enough.
    ///
    /// # Panics
    /// If more has passed than the horizon.
    #[must_use]
    pub fn carried_to<'b>(&self, demand: Demand<'b>) -> Forecaster<'b> {
        let setup = &self.model.setup;
        let passed = demand.panel.calendar().history() - setup.calendar().history();
        assert!(passed < setup.settings.horizon, "the horizon covers what has passed");
        let settings =
            Settings { horizon: setup.settings.horizon - passed, ..setup.settings.clone() };
        let mut later = Model::new(demand, settings);
        let mut calibrated = self.calibrated.clone();
        calibrated.scales = vec![GroupScale::default(); later.setup.groups.keys.len()];
        // Groups are found by their names: an earlier panel may have had fewer.
        later.shared.elasticities = self.model.shared.elasticities.of_earlier(
            later.setup.groups.keys.iter().map(|key| setup.groups.keys.binary_search(key).ok()),
        );
        for (group, key) in later.setup.groups.keys.iter().enumerate() {
            if let Ok(old) = setup.groups.keys.binary_search(key) {
                let profile = &self.model.shared.seasons.profiles[old];
                later.shared.seasons.profiles[group].clone_from(profile);
                later.shared.growth[group] = self.model.shared.growth[old];
                later.shared.like[group] = self.model.shared.like[old];
                calibrated.scales[group] = self.calibrated.scales[old];
            }
        }
        later.shared.seasons.launch_curve.clone_from(&self.model.shared.seasons.launch_curve);
        later.shared.response = self.model.shared.response.clone();
        later.shared.error_groups.clone_from(&self.model.shared.error_groups);
        later.shared.global.clone_from(&self.model.shared.global);
        Forecaster { model: later, calibrated, tables: self.tables.clone(), carried: None }
    }
}

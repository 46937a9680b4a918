//! Yesterday's learning on today's history: between two refits only levels move, profiles and error classes stay.

use crate::forecast::Context;
use crate::forecast::Demand;
use crate::forecast::Learnt;
use crate::forecast::Settings;
use crate::forecast::Stage;

impl Context<'_> {
    /// What this context has learnt, ready to forecast from a later morning: `demand` holds a panel of the same axis with more
    /// history. The horizon shrinks by what has passed, so learn with one that is long enough.
    ///
    /// # Panics
    /// If the context is not ready, or more has passed than its horizon.
    #[must_use]
    pub fn carried_to<'b>(&self, demand: Demand<'b>) -> Context<'b> {
        assert_eq!(self.stage, Stage::Ready, "only what is learnt can be carried");
        let passed = demand.panel.calendar().history() - self.demand.panel.calendar().history();
        assert!(passed < self.settings.horizon, "the horizon covers what has passed");
        let settings =
            Settings { horizon: self.settings.horizon - passed, ..self.settings.clone() };
        let mut later = Context::new(demand, settings);
        for (g, key) in later.groups.keys.iter().enumerate() {
            if let Ok(old) = self.groups.keys.binary_search(key) {
                later.learnt.profiles[g].clone_from(&self.learnt.profiles[old]);
                later.learnt.uplifts[g] = self.learnt.uplifts[old];
                later.learnt.scales[g] = self.learnt.scales[old];
            }
        }
        let Learnt { profiles, uplifts, scales, .. } = later.learnt;
        later.learnt =
            Learnt { profiles, uplifts, scales, unprofiled: Vec::new(), ..self.learnt.clone() };
        later.tables.clone_from(&self.tables);
        later.stage = Stage::Ready;
        later
    }
}

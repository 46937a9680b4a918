//! What pools share before anything is forecast: classes, return rates, what is left to buy. Made
//! of what was [seen](mod@super::observe) of every pool, in panel order.

use crate::allocate::Presence;
use crate::config::Plan;
use crate::domain::economics::UnitEconomics;
use crate::domain::exceptions::Exception;
use crate::domain::inputs::Inputs;
use crate::domain::outcome::Classification;
use crate::indicators::Flows;
use crate::purchase::open_to_buy::Envelope;
use crate::review::open_decisions::OpenDecisions;
use crate::run::history::{self, Classified};
use crate::run::observe::{PoolSeen, flows};
use crate::run::open_to_buy::open_to_buy;
use crate::tables::LastRun;
use serde::{Deserialize, Serialize};

/// What pools share before anything is forecast.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Common {
    /// By pool.
    pub classes: Vec<Classification>,
    /// What there is to tell about classes.
    pub exceptions: Vec<Exception>,
    /// By series.
    pub return_rates: Vec<f64>,
    /// Trailing sales. `[series]`
    pub flows: Vec<Flows>,
    /// Where each channel sells.
    pub presence: Presence,
    pub envelopes: Vec<Envelope>,
}

impl Common {
    pub(super) fn of(
        plan: &Plan,
        inputs: &Inputs,
        economics: &[UnitEconomics],
        seen: &[PoolSeen],
        last: Option<&LastRun>,
        standing: &OpenDecisions,
    ) -> Self {
        let return_rates = history::return_rates(&inputs.panel, seen, &plan.clean);
        let Classified { classes, exceptions } =
            history::classify(inputs, economics, seen, &return_rates, last, plan);
        Self {
            classes,
            exceptions,
            return_rates,
            flows: flows(seen),
            presence: Presence::of(inputs),
            envelopes: open_to_buy(plan, inputs, economics, standing.pending.iter()),
        }
    }
}

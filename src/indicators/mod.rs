//! What the business earns from its stock: turnover, days, sell-through, GMROI, fill rate, each
//! with numerator and denominator. Called by `run` once everything is decided, and by `report` for
//! what it knows of each item. [`worklists`] are the lists of things to do besides ordering;
//! `matters` ranks what is missing or doubtful by the sales that hang on it, for the first page and
//! for `check`.
//!
//! [`definitions`] lists every indicator once, with its formula; the textbook's are in
//! [`formulas`], the sums they are fed with in [`facts`]. Money and flows cover the last 365 days,
//! quoted for a year; book figures come from the `accounts` table where it is there, else from
//! sales and unit costs, and the indicator says that it is estimated. Where an input is unknown the
//! value is `None` and both parts are still shown.

mod attention;
pub(crate) mod definitions;
mod facts;
pub mod formulas;
mod goals;
pub(crate) mod matters;
mod pool_results;
mod settings;
mod suppliers;
mod worklists;

pub(crate) use crate::indicators::attention::Attention;
pub(crate) use crate::indicators::facts::Flows;
#[cfg(test)]
pub(crate) use crate::indicators::facts::flows_of;
pub(crate) use crate::indicators::goals::Goal;
pub(crate) use crate::indicators::pool_results::{PoolResults, ToClear, pool_results};
pub use crate::indicators::settings::Settings;

use crate::domain::inputs::Inputs;
use crate::domain::outcome::{Indicator, Outcome, WorklistEntry};
use crate::indicators::definitions::{DEFINITIONS, Source};
use crate::indicators::facts::Facts;
use crate::indicators::suppliers::supplier_scorecard;

/// What the results of a run come to.
pub(crate) struct Business {
    /// Sorted by name and scope; those of trust in the proposals come from `review::scorecard`.
    pub indicators: Vec<Indicator>,
    /// By list, then worth.
    pub worklists: Vec<WorklistEntry>,
}

/// The indicators and the lists of things to do.
///
/// - `flows`: trailing sales. `[series]`
pub(crate) fn compute(
    inputs: &Inputs,
    outcome: &Outcome,
    flows: &[Flows],
    settings: &Settings,
) -> Business {
    let facts = Facts::gather(inputs, outcome, flows, settings);
    let mut indicators = supplier_scorecard(&inputs.purchase_orders, &inputs.names);
    for definition in DEFINITIONS {
        if let Source::Here(figures) = definition.source {
            for figure in figures(&facts) {
                let mut indicator = definition.indicator(figure);
                if !definition.is_known(&indicator.scope, &facts) {
                    indicator.value = None;
                }
                indicators.push(indicator);
            }
        }
    }
    indicators.sort_by(|a, b| (a.indicator, &a.scope).cmp(&(b.indicator, &b.scope)));
    Business { indicators, worklists: worklists::worklists(&facts) }
}

//! The plan that a command works by.

use crate::config::{Options, Plan};
use crate::domain::error::Result;
use crate::domain::units::count_in;

/// The plan of a command; from here on units are counted as it says.
pub(super) fn planned(options: &Options) -> Result<Plan> {
    let plan = Plan::load(options)?;
    // Before anything is read: what a unit is made of holds for the whole process.
    count_in(plan.ingest.units.fraction);
    Ok(plan)
}

//! What did the planner decide, what changed since yesterday, and why is this number what it is?
//! `run` asks before it plans, `cli` takes decisions in and writes orders out.
//!
//! Nothing is ever sent: a recommendation is proposed, then approved, edited, rejected or snoozed
//! by a person, and an approved one is exported. [`intake`] takes those in, [`decisions`] keeps
//! them, [`open_decisions`] says what they mean tonight, [`exports`] writes approved orders for
//! other systems; [`changes`] compares with the last run, [`explain`] tells the arithmetic;
//! [`hindsight`] and [`scorecard`] say what decisions were worth.

pub mod changes;
pub mod decisions;
pub mod explain;
pub mod exports;
pub mod hindsight;
pub mod intake;
mod moved;
pub mod open_decisions;
pub mod overrides;
pub mod scorecard;

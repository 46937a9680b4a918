//! What did the planner decide, what changed since yesterday, and why is this number what it is?
//!
//! Nothing is ever sent: a recommendation is proposed, then approved, edited, rejected or snoozed by a person, and an approved
//! one is exported. [`decisions`] takes those in, [`export`] writes approved orders for other systems, [`changes`] compares
//! with the last run, [`arithmetic`] recomputes explanations, [`explain`] tells them; [`hindsight`] and [`scorecard`] say what
//! decisions were worth.

pub mod changes;
pub mod decisions;
pub mod explain;
pub mod export;
pub mod hindsight;
pub mod scorecard;
pub mod standing;

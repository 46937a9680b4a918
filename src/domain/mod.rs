//! The words of the house: ids, units, money, calendar, panel, the rows of each input table and of
//! each result.
//!
//! Knows nothing of files or stages; everybody may use it.

pub mod calendar;
pub mod changes;
pub mod classes;
pub mod constraints;
pub(crate) mod dates;
pub mod digest;
pub mod economics;
pub mod error;
pub mod exceptions;
pub mod fault;
pub mod inputs;
pub mod lanes;
pub mod lot;
pub mod names;
pub mod order_calendar;
pub mod outcome;
pub(crate) mod packed;
pub mod panel;
pub mod shown;
pub mod sorted;
pub mod units;

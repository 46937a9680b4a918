//! Errors, choice, backtest.

pub mod accuracy;
pub mod backtest;
pub mod choice;

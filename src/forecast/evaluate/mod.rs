//! Errors, choice, backtest.

pub mod accuracy;
pub mod backtest;
pub mod choice;
pub(crate) mod outside;

pub(crate) use crate::forecast::evaluate::outside::JudgedOutside;

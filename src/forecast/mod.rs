//! Forecasting: one file a method; every method separates fitting from forecasting.

pub mod annual;
pub mod ces;
pub mod croston;
pub mod decompose;
pub mod ets;
pub mod local;
pub mod naive;
mod recursion;
pub mod theta;

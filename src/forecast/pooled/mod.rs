//! The engine of shared indices.

pub mod annual;
pub mod carry;
pub mod combine;
pub mod dispersion;
pub mod distribution;
pub mod evidence;
pub mod global;
pub mod pool;
pub mod price;
pub mod reconcile;
pub mod regression;
pub mod seasonal;
pub mod series;
pub mod state;
pub mod warm;

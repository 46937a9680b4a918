//! One of each: distributions, optimiser, apportionment, small statistics.
//!
//! Pure arithmetic on slices; any stage may use it.

pub mod apportion;
pub mod cycles;
pub mod distributions;
pub mod optimize;
pub mod stats;

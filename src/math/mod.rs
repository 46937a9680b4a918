//! One of each: demand distribution, normal, optimiser, linear solve, apportionment, cycles, fast
//! hashing, exact sums.
//!
//! Pure arithmetic on slices that knows nothing of items or orders; any stage may call it, and it
//! calls none.

pub mod apportion;
pub mod cover;
pub mod cycles;
pub mod distributions;
pub(crate) mod elementary;
pub(crate) mod exact;
pub(crate) mod hash;
pub mod linear;
pub mod normal;
pub mod optimize;
pub mod stats;

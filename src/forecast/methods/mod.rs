//! One file a method.

pub mod ces;
pub mod combination;
pub mod croston;
pub mod decompose;
pub mod ets;
pub mod naive;
pub mod recursion;
pub mod theta;

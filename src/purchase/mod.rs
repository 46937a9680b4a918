//! From need to purchase order.

mod settings;

pub use settings::{Basis, Container, Settings};

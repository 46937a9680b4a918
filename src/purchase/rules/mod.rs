//! What a supplier takes: one file a constraint.

pub mod budget;
pub mod by_hand;
pub mod constraints;
pub mod price_breaks;
pub mod supplier_order;

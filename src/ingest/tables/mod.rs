//! Values to checked rows, table by table.

pub mod audit;
pub mod booked_moves;
pub mod convert;
pub mod lanes;
pub mod master;
pub mod plans;
pub mod quarantine;
pub mod sales;
pub mod schema;
pub mod stocks;
pub mod whole_units;

//! Inventory policy: from what is known and forecast of one pool to what it needs, every number
//! explained as it is computed.
//!
//! Pure arithmetic: no file, clock, data frame or rounding; whole units, packs and minimums are
//! settled once, in `purchase`. Called by `run` for the night ([`plan_pool`]) and by `simulate` for
//! a replay, which calls the two halves it is made of: [`targets`](reorder_point::targets) (no
//! stock needed) and [`need`](need::need).

pub mod crossover;
pub mod due;
pub mod expiry;
pub mod facts;
pub mod kits;
pub mod lead_time;
pub mod lost_sales;
pub mod lot_size;
pub mod need;
pub mod net_demand;
pub mod outlook;
pub mod past_demand;
pub mod plan;
pub mod position;
pub mod projection;
pub mod receipts;
pub mod reorder_point;
pub mod safety_stock;
pub mod settings;
pub mod shelf;

pub use crate::domain::economics::UnitEconomics;
pub use crate::inventory::facts::{Hold, PoolFacts, held, held_kit, stock_unknown};
pub use crate::inventory::outlook::Outlook;
pub use crate::inventory::past_demand::PastDemand;
pub use crate::inventory::plan::{PoolPlan, plan_pool};
pub use crate::inventory::position::{Arrival, Situation, StockLevel};
pub use crate::inventory::settings::Settings;
pub use crate::inventory::shelf::Shelf;

#[cfg(test)]
mod oracle_tests;
#[cfg(test)]
mod tests;

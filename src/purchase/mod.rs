//! From need to purchase order: who to order from, how much exactly, what it costs, and what to do
//! about open orders.
//!
//! Three steps. [`Market::propose`] looks at one pool: it picks the supplier ([`sourcing`]) and
//! applies the rules on one line ([`rules`]): minimum, pack and maximum (`domain::lot`), cheaper
//! prices ([`prices`]), damping; pools are independent, so the night runs it in parallel.
//! [`settle`] looks at all lines together: containers, order minimums and free freight by supplier
//! and ship-to, the budget over everything, then landed costs, ids and rows. [`open_orders`] looks
//! at the orders already placed. Called by `run`, `simulate` (lots) and `report`.
//!
//! Quantities are whole units, money is exact and in the reporting currency, times are calendar
//! days. Every quantity that a rule changes gets a step and a sentence, so that the last step of a
//! recommendation is its quantity.

mod approved;
pub mod economics;
pub mod landed_cost;
mod line;
pub mod long_lot;
mod market;
mod need;
mod offer;
pub mod open_orders;
pub mod open_to_buy;
pub mod prices;
mod proposal;
pub mod rules;
mod settings;
mod settlement;
pub mod sourcing;
mod supplier_order;
pub mod usual;

pub use crate::purchase::line::{ApprovedLine, Line, Morning, PoolStanding};
pub use crate::purchase::market::Market;
pub use crate::purchase::need::{DatedDemand, PoolNeed, PreviousQuantity};
pub use crate::purchase::offer::Offer;
pub use crate::purchase::settings::{Basis, Container, ContainerLimit, Settings};
pub use crate::purchase::settlement::{Settled, settle};

#[cfg(test)]
mod tests;

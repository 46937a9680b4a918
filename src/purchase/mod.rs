//! From need to purchase order: who to order from, how much exactly, what it costs, and what to do about open orders.
//!
//! Three steps. [`Market::propose`] looks at one pool: it picks the supplier ([`sourcing`]), rounds the need to a line
//! ([`constraints`]) and reaches for a cheaper price where that pays ([`price_breaks`]); pools are independent, so the pipeline
//! runs it in parallel. [`settle`] looks at all lines together: containers, order minimums and free freight by supplier and
//! ship-to ([`supplier_order`]), the budget over everything ([`budget`]), then landed costs, ids and rows. [`open_orders`] and
//! [`scorecard`] look at the orders already placed.
//!
//! Quantities are whole units, money is exact and in the reporting currency, times are calendar days. Every quantity that a rule
//! changes gets a step and a sentence, so that the last step of a recommendation is its quantity.

pub mod landed_cost;
mod line;
pub mod open_orders;
pub mod order_calendar;
mod proposal;
pub mod rules;
pub mod scorecard;
mod settings;
mod settlement;
pub mod sourcing;

pub use crate::purchase::line::{Line, PoolNeed};
pub use crate::purchase::proposal::Market;
pub use crate::purchase::rules::by_hand::set_by_hand;
pub use crate::purchase::settings::{Basis, Container, Settings};
pub use crate::purchase::settlement::{Settled, recommendation_id, settle};

#[cfg(test)]
mod tests;

//! Networks: a warehouse that feeds shops, regional warehouses, marketplace fulfilment.
//!
//! Four lines, no tuning. Every place that sells keeps its own reorder point. The warehouse *buys*
//! on the stock and the demand of its whole echelon. In the night each item's warehouse stock is
//! shared out on paper over all places until the next purchase can reach them. Of its share each
//! place is sent only what it asks for today; the rest stays. Against each place planned on its
//! own, this saves 13 to 35 % of the cost of holding, transit and lost margin over half a year.
//!
//! | file | question |
//! |---|---|
//! | [`levels`] | what steers a place, and up to where its source buys |
//! | [`share`](mod@share) | to whom the next pack goes |
//! | [`topology`] | who feeds whom, in which order |
//! | [`night`] | all of it for one item: [`Network::night`] |
//! | [`backup`] | who else sends when the usual source cannot help in time |
//! | [`ageing`] | which units a place that charges for room and age should get |
//! | [`who_buys`] | each place, or the warehouse for all |
//! | [`time_phased`] | what places will ask for, period by period |
//! | [`guaranteed_service`] | hold safety stock at the warehouse, or pass through |
//! | [`serial`], [`two_echelon`], [`bullwhip`] | exact results that the rule is held against |
//!
//! Pure arithmetic on [`DemandAhead`], which the forecast's distributions implement: quantiles and
//! tail probabilities, no assumed shape. Called by `run` for the night and by `simulate` for a
//! replay; calls `inventory`, `math` and `explain` only. What it decides of a lane is a word of
//! `domain`: whoever ships by it need not know the network.
//!
//! Source: the rule is Clark & Scarf (1960), Eppen & Schrage (1981), Graves (1996) and van der
//! Heijden, Diks & de Kok (1997) put together; each file names its own. Oracle: the worked examples
//! of the tests, by the numbers they have in the design.

pub mod ageing;
pub mod backup;
pub mod bullwhip;
pub mod demand;
pub mod guaranteed_service;
pub mod levels;
pub mod night;
pub mod serial;
pub mod settings;
pub mod share;
pub mod steering;
pub mod time_phased;
pub mod topology;
pub mod two_echelon;
pub mod who_buys;

pub use crate::network::demand::{DemandAhead, Steady};
pub use crate::network::levels::{Interval, Level};
pub use crate::network::night::{Lane, Mode, Network, Night, Place, PlaceNight, Supply};
pub use crate::network::share::Rule;

#[cfg(test)]
mod conservation;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod tiny;

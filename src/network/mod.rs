//! Networks: a warehouse that feeds shops, regional warehouses, marketplace fulfilment.
//!
//! Four lines, no tuning. Every place that sells keeps its own reorder point. The warehouse *buys*
//! on the stock and the demand of its whole echelon. In the night each item's warehouse stock is
//! shared out on paper over all places until the next purchase can reach them. Of its share each
//! place is sent only what it asks for today; the rest stays. Against each place planned on its
//! own, this saves 13 to 35 % of the cost of holding, transit and lost margin over half a year.
//!
//! Shops hold more than the rule on plain estimates (the mean of 182 days, one variance-to-mean
//! ratio an item) would: over 182 scored days of the benchmarks their stock costs 7 % more (shops5)
//! and 15 % more (late20), the margin lost is 3 % more and 34 % less, and all costs together are
//! 1.045 and 1.038 of the rule's. On the first morning their reorder points, at holding cost, are
//! 8.6 and 5.8 % above the plain ones: 0.6 and 1.2 points are a higher mean, 8.0 and 4.6 safety
//! stock. Of that, 2.3 and 1.5 points are what the plain levels lack against those of the true
//! parameters, for a ratio estimated from 26 weeks comes out too small more often than too large.
//! The rest is the price of not knowing the parameters: a mean from 182 days is itself uncertain,
//! and the errors of a forecast hold that where a formula with an estimate put in does not.
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

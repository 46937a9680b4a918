//! The engine of shared indices: one series = level × pooled index.
//! `run` learns once a night with a [`learner`], then asks a [`forecaster`] pool by pool.
//!
//! | file | question |
//! |---|---|
//! | `setup`, `horizon`, `sample`, `error_group`, `tally` | what all of it reads and counts in |
//! | `survey`, `less_worst` | how the panel is gone over; half-lives for the least bad outcome |
//! | `learner`, `seasonal`, `year_parts`, `regression` | what do all series share? |
//! | `global`, `reconcile`, `places` | the same: what moves all, a group, or an item's places |
//! | `fit`, `weekday`, `promotions`, `price`, `shift` | what does one series' past say? |
//! | `own_events` | the same: what do events do to it? |
//! | `signals` | what does the weather, or an index, do to it? |
//! | `growth`, `level`, `like`, `returns`, `dispersion` | the same: its level, how it scatters |
//! | `state`, `digest`, `refit`, `carry` | what does a later night need of it? |
//! | `forecaster`, `pool_demand`, `distribution` | what will a pool sell? |
//! | `adjust` | what do planners add? |
//! | `annual` | does last year repeat? For the local models of one series |

pub(crate) mod adjust;
pub mod annual;
mod carry;
mod digest;
pub mod dispersion;
pub mod distribution;
pub mod error_group;
pub(crate) mod fit;
pub mod forecaster;
pub mod global;
pub(crate) mod growth;
pub mod horizon;
pub mod learner;
mod less_worst;
pub mod level;
pub(crate) mod like;
pub(crate) mod own_events;
mod places;
pub mod pool_demand;
pub mod price;
pub mod promotions;
pub mod reconcile;
pub mod refit;
pub mod regression;
mod response;
mod returns;
mod sample;
pub mod seasonal;
pub mod setup;
pub(crate) mod shift;
mod signals;
pub mod state;
pub mod survey;
pub mod tally;
pub mod weekday;
pub(crate) mod year_parts;

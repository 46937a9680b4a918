//! Stock of a pool day by day, as it will be without tonight's orders and moves and with them.
//!
//! The same walk as the policy's own ([`Situation::project`]): expected net demand, what is on its
//! way at its day, what will expire unsold left out; where sales are lost the stock stops at zero.
//!
//! ```
//! use orderpoint::inventory::Arrival;
//! use orderpoint::inventory::projection::DatedStock;
//! use orderpoint::inventory::settings::UnmetDemand;
//!
//! // Ten a day, 25 there, 30 on their way; an order of 40 would come on the fifth day.
//! let stock = DatedStock {
//!     net: 25.0,
//!     demand: vec![10.0; 6],
//!     arrivals: vec![Arrival { days: 2.0, quantity: 30.0 }],
//!     path: vec![15.0, 5.0, 25.0, 15.0, 5.0, 0.0],
//! };
//! let order = Arrival { days: 5.0, quantity: 40.0 };
//! let rows = stock.projected(&[order], 1.0, UnmetDemand::Lost);
//! assert_eq!(rows.without_orders, [15.0, 5.0, 25.0, 15.0, 5.0, 0.0]);
//! assert_eq!(rows.with_orders.unwrap(), [15.0, 5.0, 25.0, 15.0, 5.0, 35.0]);
//! assert_eq!(rows.arrivals, [0.0, 0.0, 30.0, 0.0, 0.0, 0.0]);
//! ```

use crate::domain::outcome::StockProjection;
use crate::inventory::outlook::Outlook;
use crate::inventory::position::{Arrival, Situation, StockLevel};
use crate::inventory::settings::UnmetDemand;
use crate::math::distributions::Demand;
use serde::{Deserialize, Serialize};

/// What the night knows of a pool's coming days before anything is ordered.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DatedStock {
    /// Available, less what is owed and what will expire unsold, units.
    pub net: f64,
    /// Expected net demand of each period. `[horizon]`
    pub demand: Vec<f32>,
    /// On their way, soonest first.
    pub arrivals: Vec<Arrival>,
    /// Stock at the end of each period without new orders. `[horizon]`
    pub path: Vec<f32>,
}

impl DatedStock {
    /// Each period without and with `orders`; a move away is one of less than nothing.
    #[must_use]
    pub fn projected(
        self,
        orders: &[Arrival],
        period_days: f64,
        unmet: UnmetDemand,
    ) -> StockProjection {
        let mut with_orders = None;
        if !orders.is_empty() {
            let mut arrivals = [&self.arrivals, orders].concat();
            arrivals.sort_by(|a, b| a.days.total_cmp(&b.days));
            let situation = Situation {
                // A walk reads expected demand alone, no distribution.
                outlook: Outlook { period_days, mean: &self.demand, over: &no_demand },
                stock: StockLevel { on_hand: self.net, available: self.net, backordered: 0.0 },
                arrivals: &arrivals,
            };
            with_orders = Some(situation.project(0.0, unmet).path);
        }
        let mut arrivals = vec![0.0; self.demand.len()];
        for arrival in &self.arrivals {
            let period = (arrival.days / period_days).floor() as usize;
            if let Some(units) = arrivals.get_mut(period) {
                *units += arrival.quantity as f32;
            }
        }
        StockProjection { demand: self.demand, arrivals, without_orders: self.path, with_orders }
    }
}

fn no_demand(_: f64, _: f64, _: f64) -> Demand {
    Demand::Poisson { mean: 0.0 }
}

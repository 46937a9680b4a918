//! What a night sees of its cleaned history before it learns anything: a few figures of every pool
//! and series, all that later stages need of the history but for learning and forecasting.
//!
//! Each pool is looked at by itself, so it does not matter where the panel is cut; whatever adds
//! pools up does so in panel order, once those of all parts are there.

use crate::classify;
use crate::domain::panel::Panel;
use crate::indicators::Flows;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// What is seen of one pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PoolSeen {
    pub history: classify::PoolSeen,
    /// One a channel.
    pub series: Vec<SeriesSeen>,
}

/// What is seen of one series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct SeriesSeen {
    /// Units of all history.
    pub sold: f64,
    /// Units of all history that came back.
    pub returned: f64,
    /// Units of the trailing windows.
    pub flows: Flows,
}

impl SeriesSeen {
    fn of(panel: &Panel, series: usize) -> Self {
        Self {
            sold: panel.gross(series).iter().map(|&units| f64::from(units)).sum(),
            returned: panel.returns(series).iter().map(|&(_, units)| f64::from(units)).sum(),
            flows: Flows::of(panel, series),
        }
    }
}

/// What is seen of every pool. `[pools]`
pub(super) fn observe(panel: &Panel) -> Vec<PoolSeen> {
    panel
        .pools()
        .par_iter()
        .map(|pool| PoolSeen {
            history: classify::PoolSeen::of(panel, pool),
            series: pool.series.clone().map(|series| SeriesSeen::of(panel, series)).collect(),
        })
        .collect()
}

/// The trailing windows of every series. `[series]`
pub(super) fn flows(seen: &[PoolSeen]) -> Vec<Flows> {
    seen.iter().flat_map(|pool| &pool.series).map(|series| series.flows).collect()
}

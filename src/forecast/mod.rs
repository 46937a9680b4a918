//! What will sell, and how far off may that be? The forecast engine.
//! `run` and `simulate` learn and ask for pools; `cli` backtests.
//!
//! One series = level × pooled index. The index (weekday, annual season, events) is estimated over
//! all series of a category and channel ([`pooled::seasonal`]) and made the series' own by its
//! weekdays; prices and promotions enter it. The level is a combination of half-lives weighted by
//! rolling errors ([`pooled::level`]), moved by what all series together say ([`pooled::global`]);
//! groups are lifted or lowered together towards what their total has done lately
//! ([`pooled::reconcile`]); distributions are counts recalibrated on past errors
//! ([`pooled::distribution`]).
//!
//! A [`Learner`] goes over the whole panel once a stage; ranges of pools may be looked at in
//! parallel, and what they say is taken in panel order, so that results do not depend on threads.
//! What it leaves is a [`Forecaster`], a pure function of one pool: it fits a small state of each
//! series, or takes the one that an earlier refit left ([`Resumed`]), and forecasts from it. Every
//! index is a period of the panel's calendar.

pub mod evaluate;
pub mod methods;
pub mod pooled;
mod settings;

pub use crate::forecast::pooled::forecaster::{Forecaster, PoolForecast};
pub use crate::forecast::pooled::learner::Learner;
pub use crate::forecast::pooled::refit::{Refit, Resumed};
pub use crate::forecast::pooled::survey::{AllAtOnce, Evidence, Stage, Survey};
pub use crate::forecast::settings::{LocalModels, Settings};

use crate::domain::inputs::{
    Adjustment, Event, Inputs, Kit, Names, OutsideForecast, Price, Product, Promotion, Signal,
};
use crate::domain::lanes::Lanes;
use crate::domain::panel::{Panel, SeriesKey};
use crate::domain::sorted::Sorted;
use crate::domain::units::SkuId;

/// What the engine reads.
#[derive(Debug, Clone, Copy)]
pub struct Demand<'a> {
    /// Dictionaries, for messages.
    pub names: &'a Names,
    /// History, cleaned.
    pub panel: &'a Panel,
    /// By SKU.
    pub products: &'a [Product],
    /// Sorted by start.
    pub events: &'a [Event],
    /// Past and planned.
    pub promotions: &'a [Promotion],
    /// By (sku, channel, from).
    pub prices: &'a Sorted<Price>,
    /// Of other models, by (sku, channel, location, model, start, made on).
    pub outside_forecasts: &'a Sorted<OutsideForecast>,
    /// The names of those models.
    pub outside_models: &'a [String],
    /// What moves demand from outside, by (signal, sku, category, channel, location, date).
    pub signals: &'a [Signal],
    /// By (sku, channel, from), those of no single item first.
    pub adjustments: &'a Sorted<Adjustment>,
    /// What is sold as part of something else too.
    pub kits: &'a Sorted<Kit>,
    /// Which places of an item feed each other.
    pub lanes: &'a Lanes,
}

impl<'a> From<&'a Inputs> for Demand<'a> {
    fn from(inputs: &'a Inputs) -> Self {
        Self {
            names: &inputs.names,
            panel: &inputs.panel,
            products: &inputs.products,
            events: &inputs.events,
            promotions: &inputs.promotions,
            prices: &inputs.prices,
            outside_forecasts: &inputs.outside_forecasts,
            outside_models: &inputs.outside_models,
            signals: &inputs.signals,
            adjustments: &inputs.adjustments,
            kits: &inputs.kits,
            lanes: &inputs.lanes,
        }
    }
}

impl<'a> Demand<'a> {
    /// Position of a series in the panel.
    #[must_use]
    pub fn find(&self, key: SeriesKey) -> Option<usize> {
        let i = self.first_at_least(key);
        (i < self.panel.len() && self.panel.key(i) == key).then_some(i)
    }

    /// Category of an item; empty when unknown.
    pub(crate) fn category_of(&self, sku: SkuId) -> &'a str {
        self.products.get(sku.index()).map_or("", |product| product.category.as_str())
    }

    fn first_at_least(&self, key: SeriesKey) -> usize {
        let mut low = 0;
        let mut high = self.panel.len();
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.panel.key(middle) < key { low = middle + 1 } else { high = middle }
        }
        low
    }
}

#[cfg(test)]
mod tests;

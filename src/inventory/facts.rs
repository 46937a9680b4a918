//! What is known of one pool (an item at a location) before it is planned: gathered once, handed on
//! to whoever decides about it.

use crate::domain::classes::{AbcClass, Lifecycle, VelocityClass, XyzClass};
use crate::domain::economics::UnitEconomics;
use crate::domain::inputs::{PoolOverrides, Product, ProductStatus};
use crate::domain::order_calendar::OrderCalendar;
use crate::domain::units::{LeadTime, LocationId, SkuId};
use crate::inventory::crossover::Deliveries;
use crate::inventory::expiry::DatedLot;
use crate::inventory::outlook::Outlook;
use crate::inventory::past_demand::PastDemand;
use crate::inventory::position::{Arrival, Situation, StockLevel};
use crate::inventory::settings::GroupPolicy;
use crate::math::distributions::Demand;
use chrono::NaiveDate;

/// Everything known of one pool but its forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolFacts<'a> {
    /// The item.
    pub sku: SkuId,
    /// Where.
    pub location: LocationId,
    /// The morning of the run.
    pub as_of: NaiveDate,
    /// What was sold, for max-average.
    pub past: PastDemand,
    /// What to plan with.
    pub lead_time: LeadTime,
    /// Where it comes from, in words.
    pub lead_time_source: String,
    /// When its supplier takes orders.
    pub calendar: OrderCalendar<'a>,
    /// Class by value, where known.
    pub abc: Option<AbcClass>,
    /// Class by variability, where known.
    pub xyz: Option<XyzClass>,
    /// What is set by name for its role and category.
    pub group: GroupPolicy,
    /// Whether it has been on sale for so short a time that its figures rest on little.
    pub is_new: bool,
    /// How fast it sells.
    pub velocity: VelocityClass,
    /// What one unit costs and earns.
    pub economics: UnitEconomics,
    /// Whether anybody has said what is there; without it `stock` is no fact.
    pub stock_is_known: bool,
    /// Share of cycles without a stock-out that its channels are promised, each weighing what it
    /// sells; `None` where none is promised anything.
    pub promised_service: Option<f64>,
    /// Its supplier's deliveries, where they show more than its lead time says.
    pub deliveries: Deliveries,
    /// Today's stock.
    pub stock: StockLevel,
    /// Open orders, soonest first.
    pub arrivals: Vec<Arrival>,
    /// Lots with an expiry date, soonest first.
    pub lots: Vec<DatedLot>,
    /// Never plan below this safety stock, units.
    pub min_stock: Option<f64>,
    /// Never order above this level, units; of a location that feeds others what may lie there.
    pub max_stock: Option<f64>,
    /// Days a received unit may be sold.
    pub shelf_life_days: Option<f64>,
    /// What planners have set instead.
    pub by_hand: PoolOverrides,
    /// Why the pool is not ordered, from [`held`]; `None` when it may be.
    pub held: Option<Hold>,
    /// What its network gives it; `None` for a pool that is planned by itself.
    pub network: Option<NetworkLevel>,
}

/// How long an order placed now must last: until the next one can arrive, calendar days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProtectionInterval {
    /// Mean lead time. `[L]`
    pub lead_days: f64,
    /// Until the next review. `[R]`
    pub review_days: f64,
}

impl ProtectionInterval {
    /// Both together. `[R + L]`
    #[must_use]
    pub fn days(self) -> f64 {
        self.lead_days + self.review_days
    }
}

/// What steers a place of a network, from the network's arithmetic.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkLevel {
    /// Whose demand it covers.
    pub covers: Covers,
    /// Until its next delivery, and from then until the one after it.
    pub interval: ProtectionInterval,
    /// Demand that the level covers.
    pub protection: Demand,
    /// Probability that it is covered.
    pub service: f64,
    /// Units: it asks when its position is below.
    pub reorder_point: f64,
    /// Of these, what places below keep above what demand asks for: least stock, set by hand.
    pub lifted: f64,
    /// Units of one transfer or purchase on top.
    pub lot: f64,
    /// Stock and all that is on its way; of a source with all that it feeds.
    pub position: f64,
    /// Of these, on their way to it.
    pub on_order: f64,
}

/// Whose demand a level covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Covers {
    /// That of the place alone.
    Place,
    /// That of the place and all that it feeds.
    Echelon,
}

impl PoolFacts<'_> {
    /// Where the pool stands against `outlook`.
    #[must_use]
    pub fn situation<'s>(&'s self, outlook: Outlook<'s>) -> Situation<'s> {
        Situation { outlook, stock: self.stock, arrivals: &self.arrivals }
    }
}

/// Why a pool is not ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Nothing is needed of it, or nobody can say what is.
    NotNeeded(&'static str),
    /// It is needed, and somebody has to agree first: the need is said, the quantity is 0.
    Waits(&'static str),
}

impl Hold {
    /// The reason, as half a sentence.
    #[must_use]
    pub fn why(self) -> &'static str {
        match self {
            Self::NotNeeded(why) | Self::Waits(why) => why,
        }
    }

    /// Why the pool needs nothing, if that is what holds it.
    #[must_use]
    pub fn no_need(self) -> Option<&'static str> {
        match self {
            Self::NotNeeded(why) => Some(why),
            Self::Waits(_) => None,
        }
    }

    /// What has to be agreed to first, if that is what holds it.
    #[must_use]
    pub fn waits(self) -> Option<&'static str> {
        match self {
            Self::NotNeeded(_) => None,
            Self::Waits(why) => Some(why),
        }
    }
}

/// Why a new item is not ordered, and how it is released.
const WAITS_FOR_APPROVAL: &str =
    "new: waits for approval; a row of overrides with field approved and value 1 releases it";

/// What one channel sells of a pool, and what it is promised.
#[derive(Debug, Clone, Copy)]
pub struct ChannelService {
    /// Units of the recent past.
    pub sold: f64,
    /// Share of cycles without a stock-out; `None` = nothing.
    pub promised: Option<f64>,
}

/// The service to keep for channels that share one stock: the mean of what they are promised, each
/// weighing what it sells, and `otherwise` for those that are promised nothing; `None` where no
/// channel is promised anything.
///
/// ```
/// use orderpoint::inventory::facts::{ChannelService, promised_service};
/// let shop = ChannelService { sold: 30.0, promised: Some(0.75) };
/// let web = ChannelService { sold: 10.0, promised: None };
/// assert_eq!(promised_service([shop, web].into_iter(), 0.25), Some(0.625));
/// assert_eq!(promised_service([web].into_iter(), 0.95), None);
/// ```
#[must_use]
pub fn promised_service(
    channels: impl Iterator<Item = ChannelService> + Clone,
    otherwise: f64,
) -> Option<f64> {
    if channels.clone().all(|channel| channel.promised.is_none()) {
        return None;
    }
    let mut sold = 0.0;
    let mut served = 0.0;
    for channel in channels.clone() {
        sold += channel.sold;
        served += channel.sold * channel.promised.unwrap_or(otherwise);
    }
    if sold > 0.0 {
        return Some(served / sold);
    }
    channels.filter_map(|channel| channel.promised).reduce(f64::max)
}

/// Why a kit is not ordered.
#[must_use]
pub fn held_kit(is_kit: bool) -> Option<Hold> {
    is_kit.then_some(Hold::NotNeeded("a kit: its components are ordered"))
}

/// Why nothing is ordered where nobody has said what is in stock: an order for an empty shelf would
/// double what may be lying there.
#[must_use]
pub fn stock_unknown(is_known: bool) -> Option<Hold> {
    (!is_known).then_some(Hold::NotNeeded("the stock is unknown: bring a stock table"))
}

/// Why an item is not ordered; `None` when it may be.
///
/// `is_asked_for` when units of it are owed, kits take it or a least stock is to be kept: that is
/// demand, whatever its own sales say. `approved` when a planner has released a new item.
#[must_use]
pub fn held(
    product: &Product,
    lifecycle: Lifecycle,
    is_asked_for: bool,
    approved: bool,
) -> Option<Hold> {
    match product.status {
        ProductStatus::Obsolete => Some(Hold::NotNeeded("obsolete")),
        ProductStatus::DoNotOrder => Some(Hold::NotNeeded("do not order")),
        ProductStatus::PhaseOut => Some(Hold::NotNeeded("phased out: sold off, not reordered")),
        _ if lifecycle == Lifecycle::Superseded => {
            Some(Hold::NotNeeded("superseded by another item"))
        }
        _ if matches!(lifecycle, Lifecycle::Obsolete | Lifecycle::Inactive) && !is_asked_for => {
            Some(Hold::NotNeeded("no demand any more"))
        }
        ProductStatus::New if !approved => Some(Hold::Waits(WAITS_FOR_APPROVAL)),
        // Nothing has been sold of it yet: somebody has to believe in it first.
        ProductStatus::Active if lifecycle == Lifecycle::Launch && !approved && !is_asked_for => {
            Some(Hold::Waits(WAITS_FOR_APPROVAL))
        }
        ProductStatus::New | ProductStatus::Active => None,
    }
}

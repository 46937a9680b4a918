//! What a night is while its pools are planned: what every partition reads, what is known of one
//! pool before anything is decided, and what it comes to. The stages of a night are written on it,
//! one file each.

use crate::allocate::Presence;
use crate::allocate::shipments::Shipped;
use crate::config::Plan;
use crate::domain::economics::UnitEconomics;
use crate::domain::exceptions::Exception;
use crate::domain::inputs::{Inputs, PoolOverrides, Product, PurchaseOrder, Supply};
use crate::domain::lanes::Lane;
use crate::domain::outcome::{
    Allocation, ChannelFinding, Classification, OpenOrderAdvice, PoolPicture, Transfer, WEEKS,
    WeeklyNeed,
};
use crate::domain::panel::Pool;
use crate::domain::units::{Money, Units};
use crate::forecast::{Forecaster, PoolForecast};
use crate::inventory::kits::{Bills, Kits, ThroughKits};
use crate::inventory::lead_time::Estimate;
use crate::inventory::net_demand::NetDemand;
use crate::inventory::projection::DatedStock;
use crate::inventory::receipts::LeadTimes;
use crate::inventory::{PoolFacts, PoolPlan, Shelf};
use crate::network::guaranteed_service::HoldOrPass;
use crate::purchase::open_to_buy::Envelope;
use crate::purchase::{Line, Market, PoolNeed};
use crate::review::open_decisions::{OpenDecisions, Pending};
use crate::tables::{DemandEncoder, ForecastEncoder, LastLine, LastRun, RunKey};
use std::collections::BTreeMap;
use std::ops::Deref;

/// Days ahead over which the demand of a day is averaged for purchasing: four weeks, so that no
/// weekday counts more than another.
pub(super) const DAILY_DEMAND_DAYS: f64 = 28.0;

/// What is known before the first pool is planned.
pub(super) struct Evening<'a> {
    pub run: RunKey<'a>,
    pub plan: &'a Plan,
    pub inputs: &'a Inputs,
    /// By pool.
    pub classes: &'a [Classification],
    /// By pool.
    pub economics: &'a [UnitEconomics],
    /// By series.
    pub return_rates: &'a [f64],
    pub last: Option<&'a LastRun>,
    pub standing: &'a OpenDecisions,
    pub envelopes: &'a [Envelope],
}

/// What is known without any forecast: all that pools are settled with once they are planned.
#[derive(Clone)]
pub(super) struct Shop<'a> {
    pub run: RunKey<'a>,
    pub plan: &'a Plan,
    pub inputs: &'a Inputs,
    pub last: Option<&'a LastRun>,
    pub market: Market<'a>,
    pub kits: Kits,
    /// What is wrong with kits.
    pub kit_exceptions: Vec<Exception>,
    pub standing: &'a OpenDecisions,
    /// By pool.
    pub classes: &'a [Classification],
    /// By pool.
    pub economics: &'a [UnitEconomics],
    /// By series.
    pub return_rates: &'a [f64],
}

/// What every partition reads.
pub(super) struct Night<'a> {
    pub shop: Shop<'a>,
    /// What kits take of their parts, and what may be promised of both.
    pub kit_night: KitNight,
    pub forecaster: &'a Forecaster<'a>,
    pub presence: &'a Presence,
    pub lead_times: LeadTimes,
    /// By pool.
    pub shelves: Vec<Shelf>,
    /// The same night before what was approved on its very morning; `None` where nothing was.
    pub before_today: Option<Box<Night<'a>>>,
    pub demand_rows: DemandEncoder<'a>,
    pub forecast_rows: ForecastEncoder<'a>,
}

impl<'a> Deref for Night<'a> {
    type Target = Shop<'a>;

    fn deref(&self) -> &Shop<'a> {
        &self.shop
    }
}

/// What kits mean for the pools of a night.
#[derive(Debug, Default)]
pub(super) struct KitNight {
    pub bills: Bills,
    /// Forecasts of kits, which are the spread of what they take of their parts.
    pub forecasts: BTreeMap<usize, KitForecast>,
    pub through: BTreeMap<usize, ThroughKits>,
    /// Units to promise of kits and their parts.
    pub promised: BTreeMap<usize, Units>,
}

/// Demand of a kit by itself.
#[derive(Debug)]
pub(super) struct KitForecast {
    pub forecast: PoolForecast,
    /// Net of returns, units a period. `[horizon]`
    pub own: Vec<f32>,
    /// Share of demand that does not come back.
    pub kept_share: f64,
}

/// The rows that concern one pool.
pub(super) struct PoolRecords<'n, 'a> {
    pub pool: &'a Pool,
    pub product: &'a Product,
    pub class: &'a Classification,
    pub economics: UnitEconomics,
    /// What lies there.
    pub shelf: Shelf,
    /// Units that can be handed over, claims of customers served first: those on the shelf, and of
    /// a kit what its parts allow besides.
    pub available: Units,
    /// What kits take of it; `None` without any.
    pub through_kits: Option<&'n ThroughKits>,
    /// Who delivers it first.
    pub supply: Option<&'a Supply>,
    /// Its purchase orders, open and received.
    pub orders: &'a [PurchaseOrder],
    /// Approved and not placed yet.
    pub pending: &'a [Pending],
    /// The last run's lines.
    pub last_lines: &'a [LastLine],
    pub by_hand: PoolOverrides,
}

/// A lane that an item uses: positions among the pools of the item.
#[derive(Debug, Clone, Copy)]
pub(super) struct LaneInUse<'a> {
    pub from: usize,
    pub to: usize,
    pub lane: &'a Lane,
}

/// The lanes of one item.
#[derive(Debug, Clone, Copy)]
pub(super) struct ItemLanes<'l, 'a> {
    /// One into a place at most.
    pub in_use: &'l [LaneInUse<'a>],
    /// Who else could send.
    pub backups: &'l [LaneInUse<'a>],
}

/// One pool with all that is known of it and expected, before anything is decided.
pub(super) struct Prospect<'n, 'a> {
    pub records: PoolRecords<'n, 'a>,
    pub lead_time: Estimate,
    pub facts: PoolFacts<'a>,
    pub forecast: &'n PoolForecast,
    pub net: NetDemand<'n>,
}

/// How a planned pool hangs together with others.
pub(super) struct Place {
    /// Whether its need is bought, and not sent by another location.
    pub buys: bool,
    /// Of a location that another one feeds: what is bought to last until that one can send.
    pub bridge: Option<PoolNeed>,
    /// Units that the locations which it feeds buy themselves.
    pub bought_below: f64,
    /// What another location sends it although it is bought for.
    pub moved_in: Option<MovedIn>,
    /// Whether lanes connect it with other locations.
    pub in_network: bool,
    /// Of a location that feeds others, units there and on their way to it after today's shipments:
    /// what bounds its own stock. `None` where its position says so.
    pub lies_here: Option<Units>,
    /// Units that may be promised to customers.
    pub to_offer: Units,
    /// Its channels are told that stock is low at or below so many units.
    pub low_at: f64,
}

/// What another location sends to one that is bought for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MovedIn {
    pub quantity: Units,
    /// The location's name.
    pub from: String,
}

/// All pools of one item, in pool order.
pub(super) struct PlannedItem<'a> {
    pub pools: Vec<PlannedPool<'a>>,
    /// Between locations that no lane connects.
    pub transfers: Vec<Transfer>,
    pub exceptions: Vec<Exception>,
}

/// One pool, planned by itself; supplier orders and the budget come later.
pub(super) struct PlannedPool<'a> {
    pub plan: PoolPlan,
    pub lines: Vec<Line<'a>>,
    /// What is to be bought once it is known what other locations give: instead of `lines`.
    pub waiting: Option<Box<PoolNeed>>,
    /// What other locations send it, the usual one first.
    pub shipped: Vec<Shipped>,
    /// What it is asked for in the coming weeks, where it feeds others.
    pub gross_needs: Option<[WeeklyNeed; WEEKS]>,
    /// What its safety stock costs a year, and without any there, where it feeds others.
    pub hold_or_pass: Option<HoldOrPass>,
    /// Whether lanes connect it with other locations.
    pub in_network: bool,
    pub allocation: Vec<Allocation>,
    pub findings: Vec<ChannelFinding>,
    pub advice: Vec<OpenOrderAdvice>,
    pub picture: PoolPicture,
    /// Its coming days, the path left with the plan.
    pub dated: DatedStock,
    /// Units that can be promised, kits by their components.
    pub available: Units,
    pub margin: Money,
    /// Units expected short before an order placed now would arrive.
    pub short_before_arrival: f64,
}

impl<'a> Shop<'a> {
    /// Looks up what the tables say.
    pub(super) fn new(evening: Evening<'a>) -> Self {
        let Evening {
            run,
            plan,
            inputs,
            classes,
            economics,
            return_rates,
            last,
            standing,
            envelopes,
        } = evening;
        let (kits, kit_exceptions) = Kits::new(&inputs.kits, &inputs.names);
        let market = Market {
            approved: &standing.approved_today,
            open_to_buy: envelopes,
            ..Market::new(inputs, &plan.purchase)
        };
        Self {
            run,
            plan,
            inputs,
            last,
            market,
            kits,
            kit_exceptions,
            standing,
            classes,
            economics,
            return_rates,
        }
    }
}

impl Shop<'_> {
    /// The same before what was approved on this very morning; `None` where nothing was.
    pub(super) fn before_today(&self) -> Option<Self> {
        let standing = self.standing.before_today.as_deref()?;
        let market = Market { approved: &standing.approved_today, ..self.market };
        Some(Self { standing, market, ..self.clone() })
    }
}

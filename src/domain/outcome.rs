//! What one run decides, as typed rows: the output tables of the contract before they become
//! Parquet, CSV or HTML.
//!
//! The stages fill them, `tables` and `report` read them. Rows keep the panel's order: (sku,
//! location, channel).

use crate::domain::changes::Change;
use crate::domain::classes::{
    AbcClass, DemandPattern, FindingKind, Lifecycle, PolicyMethod, Rationalisation, VelocityClass,
    Worklist, XyzClass, words,
};
use crate::domain::digest::{Digest, sha256_hex};
use crate::domain::economics::UnitEconomics;
use crate::domain::exceptions::{Exception, Severity};
use crate::domain::inputs::Names;
use crate::domain::panel::PoolId;
use crate::domain::shown::number_of;
use crate::domain::sorted::keyed;
use crate::domain::units::{ChannelId, LocationId, Money, SkuId, SupplierId, Units};
use crate::explain::words::{self, Word};
use crate::explain::{Step, Unit};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Probabilities of the published quantiles, in column order.
pub const QUANTILES: [f64; 8] = [0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99];

/// Forecast of one series. `[horizon]` values from the as-of date on, units of demand a period.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SeriesForecast {
    /// Expected demand.
    pub mean: Vec<f32>,
    /// [`QUANTILES`] of each period, non-decreasing within it.
    pub quantiles: Vec<[f32; 8]>,
    /// Label of the chosen method or combination.
    pub method: String,
    /// Why it was chosen, with figures.
    pub reason: String,
    /// The next best.
    pub runner_up: String,
}

/// Demand of one day, units.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DailyDemand {
    /// Expected.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
}

impl SeriesForecast {
    /// Demand of a day over the first four weeks; the spread is read off the published quantiles.
    #[must_use]
    pub fn daily_demand(&self, period_days: f64) -> DailyDemand {
        let periods = ((28.0 / period_days).round() as usize).clamp(1, self.mean.len().max(1));
        let n = periods.min(self.mean.len()) as f64;
        if n == 0.0 {
            return DailyDemand::default();
        }
        let sum: f64 = self.mean.iter().take(periods).map(|&mean| f64::from(mean)).sum();
        let mean = sum / n / period_days;
        let first = self.quantiles.iter().take(periods);
        let range = first.map(|[_, p10, _, _, _, p90, _, _]| f64::from(p90 - p10)).sum::<f64>() / n;
        // The 10 % to 90 % range of a normal is 2.563 standard deviations; counts spread at least
        // like Poisson.
        let sd = range / 2.563 / period_days.sqrt();
        DailyDemand { mean, sd: sd.max(mean.sqrt()) }
    }
}

/// How the forecast of one series was made, and why so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodChoice {
    /// Label of the method or combination.
    pub method: String,
    /// Why it was chosen, with figures.
    pub reason: String,
}

/// Sums over the periods that a method was judged on, and what scales them.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct AccuracySums {
    /// Sum of absolute errors, units.
    pub absolute_error: f64,
    /// Sum of errors (forecast - actual), units.
    pub error: f64,
    /// Sum of squared errors, units squared.
    pub squared_error: f64,
    /// Units sold.
    pub actual: f64,
    /// Periods judged.
    pub periods: f64,
    /// In-sample mean absolute error of the seasonal naive forecast, units; scales MASE.
    pub scale_absolute: f64,
    /// In-sample mean squared error of the naive forecast, units squared; scales RMSSE.
    pub scale_squared: f64,
}

/// Accuracy of one method on one series at the lead-time horizon, over the rolling origins of the
/// run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Position of the series in the panel.
    pub series: usize,
    /// Method label.
    #[serde(deserialize_with = "words::word")]
    pub method: Word,
    /// Sum of absolute errors / sum of actuals.
    pub wape: f64,
    /// Sum of errors (forecast - actual) / sum of actuals.
    pub bias: f64,
    /// Mean absolute error scaled by the in-sample seasonal naive one; `None` where that is 0.
    pub mase: Option<f64>,
    /// Root mean squared error scaled by the in-sample one-step naive one; `None` where that is 0.
    pub rmsse: Option<f64>,
    /// Mean scaled pinball loss over [`QUANTILES`]; `None` for a method without quantiles.
    pub pinball: Option<f64>,
    /// What the measures are made of: series can be added up by them.
    pub sums: AccuracySums,
    /// Periods ahead.
    pub horizon: usize,
    /// Whether this method made the published forecast.
    pub chosen: bool,
}

/// Classes of one pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Classification {
    /// The item.
    pub sku: SkuId,
    /// Where.
    pub location: LocationId,
    /// `None` under 30 items.
    pub abc: Option<AbcClass>,
    /// `None` without enough history.
    pub xyz: Option<XyzClass>,
    /// How often and how unevenly it sells.
    pub pattern: DemandPattern,
    /// How fast it sells.
    pub velocity: VelocityClass,
    /// Where it is in its life.
    pub lifecycle: Lifecycle,
    /// Whether it earns its place in the range.
    pub rationalisation: Rationalisation,
    /// No sale for 90 days with stock on hand: discount, bundle or discontinue.
    pub take_action: bool,
    /// Average demand interval, periods.
    pub adi: f64,
    /// Squared coefficient of variation of non-zero demand.
    pub cv2: f64,
    /// Coefficient of variation of deseasonalised demand.
    pub cv: f64,
    /// Share of the value ABC is cut on.
    pub value_share: f64,
    /// Units a day, net of returns, stock-outs censored.
    pub velocity_per_day: f64,
    /// Days the available stock lasts at that velocity; `None` at zero velocity.
    pub days_of_cover: Option<f64>,
    /// Net revenue a month, currency units.
    pub revenue_per_month: f64,
    /// Cash tied up in a pool worth culling; zero otherwise.
    pub cash_freed: Money,
}

/// Inventory policy of one pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// The item.
    pub sku: SkuId,
    /// Where.
    pub location: LocationId,
    /// Mean lead time, calendar days.
    pub lead_time_mean: f64,
    /// Its standard deviation, calendar days.
    pub lead_time_sd: f64,
    /// The longest lead time planned for, calendar days.
    pub lead_time_max: f64,
    /// Where the lead time comes from: receipts, supplier, master, default; with counts.
    pub lead_time_source: String,
    /// Review interval, calendar days.
    pub review_period: f64,
    /// Expected net demand over the protection interval, units.
    pub protection_mean: f64,
    /// Standard deviation of it, units.
    pub protection_sd: f64,
    /// Cycle service or fill rate aimed at.
    pub service_target: f64,
    /// How the safety stock was sized.
    pub method: PolicyMethod,
    /// Units.
    pub safety_stock: f64,
    /// Units: order when the position is at or below it.
    pub reorder_point: f64,
    /// Units: order up to it.
    pub order_up_to: f64,
    /// Economic order quantity, units; `None` without costs.
    pub eoq: Option<f64>,
    /// Where a source and all that it feeds stand together; `None` for a place that feeds nobody.
    pub echelon: Option<Echelon>,
    /// When a place of a network is next delivered to, as far as that is known.
    pub next_arrival: Option<NaiveDate>,
    /// What the numbers were made of; the steps recompute to them.
    pub steps: Vec<Step>,
}

/// A source with all that it feeds, units.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Echelon {
    /// Its stock, what is on its way to it, and the positions of all that it feeds.
    pub position: f64,
    /// It buys when the position is below.
    pub reorder_point: f64,
    /// Up to here.
    pub order_up_to: f64,
}

words! {
    /// Whether a recommendation is bought or sent.
    RecommendationKind {
        /// From a supplier.
        Purchase = "purchase",
        /// From another location.
        Transfer = "transfer",
    }
}

/// What makes a recommendation a transfer, whole units.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TransferLine {
    /// The source.
    pub from: LocationId,
    /// What the place asks for today.
    pub asked: Units,
    /// Its share of what the source has.
    pub share: Units,
    /// The day it leaves, or the next one on which something would.
    pub departs: Option<NaiveDate>,
}

/// Weeks ahead that the gross needs of sources are told for: two months, beyond which shipments
/// are guesses.
pub const WEEKS: usize = 8;

/// What safety stock of all items costs a year when a location holds it, and when it does not.
///
/// ```
/// use orderpoint::domain::outcome::HoldAdvice;
///
/// let advice = HoldAdvice {
///     location: "warehouse".into(),
///     items: 40,
///     better_through: 3,
///     hold: 900.0,
///     pass_through: 1_400.0,
///     best: 880.0,
/// };
/// assert_eq!(
///     advice.sentence("EUR"),
///     "hold safety stock at warehouse: holding it there costs 900 EUR a year over 40 items, \
///      passing everything through 1400; 3 items are cheaper passed through, then it is 880"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HoldAdvice {
    /// The location that feeds others.
    pub location: String,
    /// Items that it feeds to others.
    pub items: usize,
    /// Those that are cheaper when it holds no safety stock.
    pub better_through: usize,
    /// Currency a year when it holds.
    pub hold: f64,
    /// Currency a year when everything is passed through.
    pub pass_through: f64,
    /// Currency a year when each item does what is cheaper.
    pub best: f64,
}

impl HoldAdvice {
    /// Of no item yet.
    #[must_use]
    pub fn new(location: &str) -> Self {
        Self { location: location.to_owned(), ..Self::default() }
    }

    /// Adds an item that costs `hold` or `pass_through` a year.
    pub fn add(&mut self, hold: f64, pass_through: f64) {
        self.items += 1;
        self.better_through += usize::from(pass_through < hold);
        self.hold += hold;
        self.pass_through += pass_through;
        self.best += hold.min(pass_through);
    }

    /// The advice as a sentence; `currency` stands behind amounts.
    #[must_use]
    pub fn sentence(&self, currency: &str) -> String {
        let Self { location, items, better_through, hold, pass_through, best } = self;
        let hold_or_not =
            if hold <= pass_through { "hold safety stock at" } else { "pass through" };
        let mut text = format!(
            "{hold_or_not} {location}: holding it there costs {hold:.0} {currency} a year over \
             {}, passing everything through {pass_through:.0}",
            number_of(*items, "item")
        );
        let exceptions =
            if hold <= pass_through { *better_through } else { items - better_through };
        if exceptions > 0 {
            let other = if hold <= pass_through { "passed through" } else { "held" };
            text.push_str(&format!(
                "; {} cheaper {other}, then it is {best:.0}",
                match exceptions {
                    1 => "1 item is".to_owned(),
                    more => format!("{more} items are"),
                }
            ));
        }
        text
    }
}

/// What a source is asked for in one week, units.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct WeeklyNeed {
    /// By its own customers.
    pub own: f64,
    /// By the places that it feeds.
    pub places: f64,
    /// What is on its way to it.
    pub comes: f64,
}

/// What one lane does for one item tonight, units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaneRow {
    /// The item.
    pub sku: SkuId,
    /// The source.
    pub from: LocationId,
    /// Where it goes.
    pub to: LocationId,
    /// The row of recommendations whose steps recompute it.
    pub recommendation_id: String,
    /// Stock of the destination and what is on its way there; of a source, with all below.
    pub position: f64,
    /// It asks when its position is below.
    pub reorder_point: f64,
    /// Up to here.
    pub order_up_to: f64,
    /// Until the source's next stock reaches it, days.
    pub horizon_days: f64,
    /// What lasts to the horizon almost surely.
    pub need: f64,
    /// Asked for today.
    pub asked: f64,
    /// Its share on paper.
    pub share: f64,
    /// What leaves today.
    pub sent: f64,
    /// Of the share, what stays.
    pub held_back: f64,
    /// What the source has to share out.
    pub source_stock: f64,
    /// Lost with a unit not sold at the destination.
    pub margin: f64,
    /// Probability that the last unit sent is sold before the horizon.
    pub last_sent_sells: Option<f64>,
    /// The same of the next one, which stayed.
    pub first_kept_sells: Option<f64>,
}

impl LaneRow {
    /// Margin at risk when `units` of it stay at the source: at most, as if each of them would sell
    /// like the first.
    #[must_use]
    pub fn at_risk(&self, units: f64) -> f64 {
        units * self.margin * self.first_kept_sells.unwrap_or(0.0)
    }
}

/// Mean accuracy of one method over the series of a class and channel, periods `from..=to` ahead.
#[derive(Debug, Clone, PartialEq)]
pub struct BacktestRow {
    /// As the caller names it: an ABC-XYZ cell, a demand pattern.
    pub class: String,
    /// Channel, as an index; `None` = all together.
    pub channel: Option<usize>,
    /// First period ahead, counted from 1.
    pub from: usize,
    /// Last period ahead.
    pub to: usize,
    /// A benchmark, or the pooled engine by its level.
    pub method: &'static str,
    /// Series averaged over.
    pub series: usize,
    /// Sum of absolute errors / sum of actuals, all series together.
    pub wape: f64,
    /// Sum of errors (forecast - actual) / sum of actuals.
    pub bias: f64,
    /// Mean over the series that ever varied; `None` where none did.
    pub mase: Option<f64>,
    /// Mean over the series that ever varied; `None` where none did.
    pub rmsse: Option<f64>,
    /// Mean over the series that ever varied; `None` for the benchmarks.
    pub pinball: Option<f64>,
}

/// Why a lane sends less than was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LaneBinding {
    /// It sends what was asked.
    #[default]
    Nothing,
    /// The source has less than is asked for today.
    SourceShort,
    /// The source has it and keeps it for others, or for later.
    HeldBack,
    /// Less than the least line is left.
    Minimum,
}

/// What one lane does tonight.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneNight {
    /// Days until stock that the source receives next reaches the destination.
    pub horizon_days: f64,
    /// Units that last to the horizon almost surely.
    pub need: f64,
    /// Asked for today, whole packs.
    pub asked: f64,
    /// Share on paper of the source's stock; the need where nobody asks, so nothing is shared.
    pub share: f64,
    /// Leaves today.
    pub sent: f64,
    /// Of the share, what stays at the source.
    pub held_back: f64,
    /// Probability that the last unit sent is sold before the horizon.
    pub last_sent_sells: Option<f64>,
    /// The same of the next one, which stayed.
    pub first_kept_sells: Option<f64>,
    /// Why less is sent than was asked.
    pub binding: LaneBinding,
    /// The arithmetic.
    pub steps: Vec<Step>,
}

impl LaneNight {
    /// Asked for and not sent.
    #[must_use]
    pub fn short(&self) -> f64 {
        (self.asked - self.sent).max(0.0)
    }
}

words! {
    /// What a planner should do about a pool.
    Status {
        /// Nothing available and demand expected.
        StockedOut = "stocked-out",
        /// Will be gone before an order placed today arrives.
        WillStockOut = "will-stock-out",
        /// The position is at or below the reorder point.
        OrderNow = "order-now",
        /// The order-by date is within the next review.
        Soon = "soon",
        /// Nothing to do.
        Ok = "ok",
        /// More than the excess cover.
        Excess = "excess",
        /// Not ordered by decision: obsolete, phase-out, do-not-order, new without approval.
        Held = "held",
        /// Nobody has said what is in stock, so nothing can be said of it.
        Unknown = "unknown",
    }
}

/// What another quantity of an order line would mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Units; the supplier takes them.
    pub quantity: Units,
    /// Quantity x its unit cost.
    pub value: Money,
    /// When the position and the order are sold at today's rate; `None` beyond any horizon.
    pub lasts_until: Option<NaiveDate>,
    /// Probability that demand until the order after the next one arrives is more.
    pub risk: f64,
}

/// One recommendation: a pool, and the supplier line it proposes (quantity 0 = nothing to order).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recommendation {
    /// Stable over re-runs: digest of as-of date, sku, location and supplier.
    pub id: String,
    /// The item.
    pub sku: SkuId,
    /// Ship to.
    pub location: LocationId,
    /// From whom; `None` when no supplier is known.
    pub supplier: Option<SupplierId>,
    /// From which location; `None` for a purchase.
    pub transfer: Option<TransferLine>,
    /// Its number among the lines of its pool; 1 is the main one, with most units.
    pub line: u32,
    /// What to do.
    pub status: Status,
    /// 0 (nothing) to 100 (now), for sorting.
    pub urgency: f64,
    /// Latest order date that still arrives in time.
    pub order_by: Option<NaiveDate>,
    /// The next day the supplier takes orders; `None` without a supplier.
    pub order_date: Option<NaiveDate>,
    /// When an order placed on the order date arrives.
    pub expected_arrival: Option<NaiveDate>,
    /// Units in the location.
    pub on_hand: Units,
    /// Available = on hand - committed - damaged - returns pending.
    pub available: Units,
    /// Open orders due inside the horizon.
    pub on_order: Units,
    /// Available + on order - backorders.
    pub inventory_position: Units,
    /// First day the projected stock is gone; `None` within the horizon.
    pub stockout_date: Option<NaiveDate>,
    /// Probability of running out before an order placed today arrives.
    pub stockout_probability: f64,
    /// Unrounded need, units.
    pub need: f64,
    /// Whole units to order: 0, or at least the minimum and a multiple of the pack.
    pub quantity: Units,
    /// Price of one unit, reporting currency.
    pub unit_cost: Money,
    /// The same as the supplier quotes it, in the supplier's currency; `None` without a supplier or
    /// a price.
    pub supplier_unit_cost: Option<Money>,
    /// Units of one pack; 1 without packs.
    pub pack_size: Units,
    /// Price + freight + duty + fees of one unit.
    pub landed_unit_cost: Money,
    /// Quantity x unit cost.
    pub value: Money,
    /// Margin expected to be lost if nothing is ordered now.
    pub value_at_risk: Money,
    /// One sentence: why this number.
    pub reason: String,
    /// The binding constraint (`minimum`, `pack`, `maximum`, `budget`, ...); empty when none.
    pub binding: String,
    /// The arithmetic; the last step's value is `quantity`.
    pub steps: Vec<Step>,
    /// Quantities around the proposed one, ascending; empty where nothing is proposed.
    pub choices: Vec<Choice>,
}

words! {
    /// What to do about an order that is already placed.
    OpenOrderAction {
        /// Ask for it earlier: the stock is gone before it arrives.
        Expedite = "expedite",
        /// Ask for it later: it is not needed on its date.
        PushOut = "push-out",
        /// Cancel these units: nothing in the horizon needs them.
        Cancel = "cancel",
    }
}

/// One open purchase-order line that should move.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenOrderAdvice {
    /// Number of the purchase order.
    pub order_id: String,
    /// The item.
    pub sku: SkuId,
    /// Ship to.
    pub location: LocationId,
    /// From whom, where known.
    pub supplier: Option<SupplierId>,
    /// What to do.
    pub action: OpenOrderAction,
    /// Units it concerns.
    pub quantity: Units,
    /// The date it is expected now.
    pub expected: Option<NaiveDate>,
    /// The date to ask for; `None` for a cancellation.
    pub proposed: Option<NaiveDate>,
    /// Margin saved by expediting, carrying cost saved by pushing out, purchase value of cancelled
    /// units.
    pub value: Money,
    /// One sentence: why.
    pub reason: String,
}

/// Units to move between two locations of the same item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transfer {
    /// The item.
    pub sku: SkuId,
    /// Where it is in excess.
    pub from: LocationId,
    /// Where it runs out.
    pub to: LocationId,
    /// Units.
    pub quantity: Units,
    /// Margin saved and purchases not made, less the cost of moving.
    pub value: Money,
    /// Margin expected to be lost if nothing is moved.
    pub value_at_risk: Money,
    /// One sentence: why.
    pub reason: String,
}

/// A draft purchase order: one supplier, one ship-to location.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftOrder {
    /// From whom.
    pub supplier: SupplierId,
    /// Ship to.
    pub location: LocationId,
    /// Its lines: positions in [`Outcome::recommendations`], all with a quantity above 0.
    pub lines: Vec<usize>,
    /// The next day the supplier takes orders.
    pub order_date: NaiveDate,
    /// When the last line arrives.
    pub expected_arrival: NaiveDate,
    /// Units of all lines.
    pub units: Units,
    /// Quantity x unit cost of all lines.
    pub value: Money,
    /// Freight of the order; zero when free or unknown.
    pub freight: Money,
    /// Quantity x landed unit cost of all lines, before rounding to a unit.
    pub landed_value: Money,
    /// The supplier's least order value, in the reporting currency.
    pub minimum_value: Option<Money>,
}

/// A fact about the channels of one item that someone should look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChannelFinding {
    /// The item.
    pub sku: SkuId,
    /// Where; `None` = all locations together.
    pub location: Option<LocationId>,
    /// Which channel; `None` = all of them.
    pub channel: Option<ChannelId>,
    /// What is wrong.
    pub kind: FindingKind,
    /// Units it concerns: listed beyond stock, short, stranded, saved.
    pub units: f64,
    /// The same in money.
    pub value: Money,
    /// What of it is expected to be lost if nothing is done: for units listed beyond the stock, the
    /// sales that have to be cancelled before the next sync.
    pub expected_loss: Money,
    /// One sentence: why.
    pub reason: String,
}

/// One thing to do besides ordering.
#[derive(Debug, Clone, PartialEq)]
pub struct WorklistEntry {
    /// Of which list.
    pub list: Worklist,
    /// The item, where it is about one.
    pub sku: Option<SkuId>,
    /// Where, where it is about a place.
    pub location: Option<LocationId>,
    /// The supplier, where it is about one.
    pub supplier: Option<SupplierId>,
    /// The day that matters: when to pay, when demand ends, when it was counted or set.
    pub day: Option<NaiveDate>,
    /// Units it concerns.
    pub units: Option<f64>,
    /// What it is worth; 0 where it is not about money.
    pub value: Money,
    /// One sentence: why, and what to do.
    pub reason: String,
}

impl WorklistEntry {
    /// Of `list`, about nothing yet.
    #[must_use]
    pub fn of(list: Worklist) -> Self {
        Self {
            list,
            sku: None,
            location: None,
            supplier: None,
            day: None,
            units: None,
            value: Money::ZERO,
            reason: String::new(),
        }
    }
}

words! {
    /// What a sync tool should do with a listing.
    ChannelAction {
        /// Leave the listing as it is: nobody has said what is in stock.
        Unknown = "unknown",
        /// Publish the quantity.
        Publish = "publish",
        /// Publish it, and look: stock is low.
        Alert = "alert",
        /// Stop selling.
        Pause = "pause",
        /// Sell again after a pause.
        Resume = "resume",
    }
}

/// One channel's share of a pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Allocation {
    /// The item.
    pub sku: SkuId,
    /// Which channel.
    pub channel: ChannelId,
    /// From which location.
    pub location: LocationId,
    /// Share of the pool, 0..=1.
    pub share: f64,
    /// Units for the channel, reserved ones included.
    pub allocated: Units,
    /// Units reserved first.
    pub reserved: Units,
    /// Units held back.
    pub buffer: Units,
    /// max(0, allocated - buffer).
    pub published: Option<Units>,
    /// What to do.
    pub action: ChannelAction,
    /// Probability that demand before the next sync exceeds `published`.
    pub oversell_risk: f64,
    /// The number must not be used after this day.
    pub valid_until: NaiveDate,
    /// Expected units a day in this channel.
    pub velocity: f64,
    /// Units the channel shows now, where known.
    pub listed: Option<Units>,
    /// Why it moved, or why it is what it is.
    pub reason: String,
}

/// One indicator at one scope.
#[derive(Debug, Clone, PartialEq)]
pub struct Indicator {
    /// `turnover`, `dio`, ...
    pub indicator: &'static str,
    /// `all`, `channel:web`, `class:A`, `supplier:ACME`, ...: kind and name in one, as goals are
    /// set for it.
    pub scope: String,
    /// The figure; `None` when the denominator is zero or unknown.
    pub value: Option<f64>,
    /// Its numerator.
    pub numerator: f64,
    /// Its denominator.
    pub denominator: f64,
    /// What the figure counts.
    pub unit: Unit,
    /// Whether an input was estimated.
    pub estimated: bool,
}

impl Indicator {
    /// What kind of scope it is: `all`, `channel`, `class`, ...
    #[must_use]
    pub fn scope_kind(&self) -> &str {
        self.scope.split_once(':').map_or(&self.scope, |(kind, _)| kind)
    }

    /// The scope's name within its kind; `all` for all.
    #[must_use]
    pub fn scope_name(&self) -> &str {
        self.scope.split_once(':').map_or(&self.scope, |(_, name)| name)
    }

    /// Kind and name as one scope.
    #[must_use]
    pub fn scope_of(kind: &str, name: &str) -> String {
        if kind == name { kind.to_owned() } else { format!("{kind}:{name}") }
    }
}

/// A compact picture of one pool for the report: weekly sums that end at the as-of date, weekly
/// forecast from it on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PoolPicture {
    /// Gross demand of each of the last weeks (up to 104), units.
    pub history: Vec<f32>,
    /// Which of them had a stock-out (1), promotion (2) or outlier (4).
    pub marks: Vec<u8>,
    /// Expected net demand of each coming week.
    pub mean: Vec<f32>,
    /// 10 % quantile of each coming week.
    pub low: Vec<f32>,
    /// 90 % quantile of each coming week.
    pub high: Vec<f32>,
    /// Projected stock at the end of each coming week without new orders.
    pub stock: Vec<f32>,
    /// Days out of stock in the last 30.
    pub stockout_days_30: u16,
}

/// Stock of one pool over the coming periods, units. `[horizon]`
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StockProjection {
    /// Expected net demand.
    pub demand: Vec<f32>,
    /// What is on its way.
    pub arrivals: Vec<f32>,
    /// At the end of each period if nothing is ordered or moved.
    pub without_orders: Vec<f32>,
    /// With what is recommended; `None` where nothing is.
    pub with_orders: Option<Vec<f32>>,
}

/// A planner's decision, as the run knew it.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownDecision {
    /// The recommendation or transfer that it is about.
    pub recommendation_id: String,
    /// The morning of the run that proposed it.
    pub decided_on: NaiveDate,
    /// Item.
    pub sku: String,
    /// Where it is delivered.
    pub location: String,
    /// From whom; `None` where units are moved.
    pub supplier: Option<String>,
    /// Where units are moved from.
    pub from_location: Option<String>,
    /// approved, edited, rejected, snoozed.
    pub decision: &'static str,
    /// Units proposed.
    pub recommended: Units,
    /// Units decided.
    pub quantity: Units,
    /// Quiet until this day.
    pub until: Option<NaiveDate>,
    /// Why.
    pub reason: String,
    /// Who.
    pub author: String,
    /// When, as given.
    pub decided_at: String,
}

/// Everything the run decided.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// One a pool, in pool order.
    pub classification: Vec<Classification>,
    /// What a unit costs and earns; one a pool, in pool order.
    pub economics: Vec<UnitEconomics>,
    /// One a pool, in pool order.
    pub policy: Vec<Policy>,
    /// Pool order, then supplier.
    pub recommendations: Vec<Recommendation>,
    /// By supplier, then location.
    pub orders: Vec<DraftOrder>,
    /// Pool order, then expected date.
    pub open_orders: Vec<OpenOrderAdvice>,
    /// Pool order.
    pub transfers: Vec<Transfer>,
    /// What each lane does, by item and destination.
    pub lanes: Vec<LaneRow>,
    /// What safety stock at each source costs, and without any there, by location.
    pub hold_or_pass: BTreeMap<LocationId, HoldAdvice>,
    /// What sources are asked for in the coming weeks, all items together, by location.
    pub gross_needs: BTreeMap<LocationId, [WeeklyNeed; WEEKS]>,
    /// (sku, location, channel) order.
    pub allocation: Vec<Allocation>,
    /// By item, then kind.
    pub findings: Vec<ChannelFinding>,
    /// By list, then worth.
    pub worklists: Vec<WorklistEntry>,
    /// Series order, then method.
    pub accuracy: Vec<Accuracy>,
    /// Indicators, sorted.
    pub indicators: Vec<Indicator>,
    /// Since the last run.
    pub changes: Vec<Change>,
    /// Sorted: severity (worst first), kind, key.
    pub exceptions: Vec<Exception>,
    /// One a pool, in pool order.
    pub pictures: Vec<PoolPicture>,
    /// One a pool, in pool order; none where stock is unknown.
    pub projections: Vec<StockProjection>,
    /// What planners decided up to this morning, in order of intake.
    pub decisions: Vec<KnownDecision>,
    /// How each series' forecast was made. `[series]`
    pub methods: Vec<MethodChoice>,
}

impl Recommendation {
    /// Whole packs; `None` where the supplier does not pack.
    #[must_use]
    pub fn packs(&self) -> Option<i64> {
        self.pack_size.is_pack().then(|| self.quantity.count() / self.pack_size.count())
    }

    /// Whether it is bought or sent.
    #[must_use]
    pub fn kind(&self) -> RecommendationKind {
        match self.transfer {
            Some(_) => RecommendationKind::Transfer,
            None => RecommendationKind::Purchase,
        }
    }

    /// Units of a transfer that are asked for and not sent.
    #[must_use]
    pub fn short(&self) -> Option<Units> {
        self.transfer.map(|transfer| (transfer.asked - self.quantity).or_zero())
    }

    /// Quantity x price in the supplier's currency.
    #[must_use]
    pub fn supplier_value(&self) -> Option<Money> {
        self.supplier_unit_cost.map(|cost| cost.times(self.quantity))
    }
}

impl Transfer {
    /// The same for the same night, item and pair of locations: `T20240401-` and 12 hexadecimal
    /// digits.
    #[must_use]
    pub fn id(&self, names: &Names, as_of: NaiveDate) -> String {
        let mut digest = Digest::default();
        for part in [names.sku(self.sku), names.location(self.from), names.location(self.to)] {
            digest.add_part(part);
        }
        digest.add(as_of.to_string().as_bytes());
        format!("T{}-{}", as_of.format("%Y%m%d"), &digest.hex()[..12])
    }
}

impl DraftOrder {
    /// Number of the order, the same for the same morning, supplier and ship-to.
    #[must_use]
    pub fn id(&self, names: &Names, as_of: NaiveDate) -> String {
        order_id(as_of, names.supplier(self.supplier), names.location(self.location))
    }
}

/// A name that a re-run gives again: the as-of date and 12 hexadecimal digits of a digest of date,
/// item, location and supplier.
///
/// ```
/// use orderpoint::domain::outcome::recommendation_id;
/// let day = "2024-04-01".parse().unwrap();
/// let id = recommendation_id(day, "TEA-1", "main", "ACME");
/// assert_eq!(id, recommendation_id(day, "TEA-1", "main", "ACME"));
/// assert!(id.starts_with("R20240401-"));
/// ```
#[must_use]
pub fn recommendation_id(as_of: NaiveDate, sku: &str, location: &str, supplier: &str) -> String {
    let mut digest = Digest::default();
    for part in [sku, location, supplier] {
        // Length before text, or `SKU` at `0L0` would be `SKU0` at `L0`.
        digest.add_part(part);
    }
    digest.add(as_of.to_string().as_bytes());
    format!("R{}-{}", as_of.format("%Y%m%d"), &digest.hex()[..12])
}

/// Numbers the lines of one pool, the one with most units first.
pub(crate) fn number_lines(pool: &mut [Recommendation]) {
    let mut by_units: Vec<usize> = (0..pool.len()).collect();
    // Stable: of two alike the first supplier is the main one.
    by_units.sort_by_key(|&i| Reverse(pool[i].quantity));
    for (number, &i) in (1..).zip(&by_units) {
        pool[i].line = number;
    }
}

/// Number of the purchase order of one morning, supplier and ship-to: `PO-20240401-1a2b3c4d`.
#[must_use]
pub fn order_id(as_of: NaiveDate, supplier: &str, ship_to: &str) -> String {
    let key = format!("{as_of}\n{supplier}\n{ship_to}");
    format!("PO-{}-{}", as_of.format("%Y%m%d"), &sha256_hex(key.as_bytes())[..8])
}

/// Number of the transfer of one morning and pair of locations: `TR-20240401-1a2b3c4d`.
#[must_use]
pub fn transfer_order_id(as_of: NaiveDate, from: &str, to: &str) -> String {
    let key = format!("{as_of}\n{from}\n{to}");
    format!("TR-{}-{}", as_of.format("%Y%m%d"), &sha256_hex(key.as_bytes())[..8])
}

impl Outcome {
    /// How many exceptions are of this severity.
    #[must_use]
    pub fn exceptions_of(&self, severity: Severity) -> usize {
        self.exceptions.iter().filter(|e| e.severity == severity).count()
    }
}

keyed! {
    Classification by PoolId: |row| PoolId { sku: row.sku, location: row.location };
    Policy by PoolId: |row| PoolId { sku: row.sku, location: row.location };
    Recommendation by PoolId: |row| PoolId { sku: row.sku, location: row.location };
    OpenOrderAdvice by PoolId: |row| PoolId { sku: row.sku, location: row.location };
    Allocation by PoolId: |row| PoolId { sku: row.sku, location: row.location };
}

//! What one run reads, as typed rows: the tables of the contract after aliases, units of measure
//! and dictionary codes.
//!
//! `ingest` fills [`Inputs`]; the stages read it. Column meanings are those of the input contract;
//! amounts are units, currency units ([`Money`] where they are paid), calendar days or rates (0.05
//! = 5 %).

use crate::domain::classes::words;
use crate::domain::constraints::supplier_terms;
use crate::domain::exceptions::{Exception, Quarantined};
pub use crate::domain::lanes::Role;
use crate::domain::lanes::{AgeingFee, Capacity, Lanes, Location, Measure, Shipment};
pub use crate::domain::names::Names;
use crate::domain::panel::{Panel, PoolId};
use crate::domain::sorted::{Sorted, keyed};
use crate::domain::units::{ChannelId, LeadTime, LocationId, Money, SkuId, SupplierId, Units};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeInclusive};

/// Everything one run knows.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// Dictionaries of the codes below.
    pub names: Names,
    /// Sales history.
    pub panel: Panel,
    /// By [`SkuId`]; an item without a master row has only defaults.
    pub products: Vec<Product>,
    /// By [`ChannelId`].
    pub channels: Vec<Channel>,
    /// By [`SupplierId`].
    pub suppliers: Vec<Supplier>,
    /// Sorted by (sku, location, role, supplier).
    pub supply: Sorted<Supply>,
    /// Sorted by (sku, supplier, quantity).
    pub price_breaks: Sorted<PriceBreak>,
    /// Which location feeds which.
    pub lanes: Lanes,
    /// By [`LocationId`]; a location without a row has only defaults.
    pub locations: Vec<Location>,
    /// Sorted by (location, storage type, from).
    pub capacities: Vec<Capacity>,
    /// Sorted by (location, storage type, age).
    pub ageing_fees: Vec<AgeingFee>,
    /// Sorted by (sku, location).
    pub stock: Sorted<Stock>,
    /// Where an item lies that nobody counts there: how much is not known, which is not none.
    pub untracked: BTreeSet<PoolId>,
    /// Sorted by (sku, location, expiry).
    pub lots: Sorted<Lot>,
    /// Sorted by (sku, location, date).
    pub stock_history: Sorted<StockHistory>,
    /// Known intervals without stock, sorted by (sku, location, channel, start).
    pub stockouts: Sorted<Stockout>,
    /// Sorted by (sku, location, order, ...).
    pub purchase_orders: Sorted<PurchaseOrder>,
    /// Sorted by (sku, channel).
    pub listings: Sorted<Listing>,
    /// Sorted by (sku, channel).
    pub channel_items: Sorted<ChannelItem>,
    /// Sorted by (start, event).
    pub events: Vec<Event>,
    /// Sorted by (start, sku, category).
    pub promotions: Vec<Promotion>,
    /// Sorted by (sku, channel, from).
    pub prices: Sorted<Price>,
    /// Forecasts of other models, sorted by (sku, channel, location, model, start, made on).
    pub outside_forecasts: Sorted<OutsideForecast>,
    /// The names of those models, sorted.
    pub outside_models: Vec<String>,
    /// Sorted by (signal, sku, category, channel, location, date).
    pub signals: Vec<Signal>,
    /// Sorted by (sku, channel, from), those of no single item first.
    pub adjustments: Sorted<Adjustment>,
    /// Sorted by (sku, location, field); one each, expired ones too.
    pub overrides: Sorted<Override>,
    /// Sorted by (sku, component).
    pub kits: Sorted<Kit>,
    /// Sorted by (date, sku, location).
    pub counts: Vec<Count>,
    /// Sorted by period start.
    pub accounts: Vec<Account>,
    /// Whether anything was sold at a location in each period of history. `[locations][history]`
    pub sold_periods: Vec<Vec<bool>>,
    /// By [`SkuId`]: of which items the history is there, where a night is cut into buckets; empty
    /// for all of them.
    pub here: Vec<bool>,
    /// Rows of sales from the morning of the run on, which are not used.
    pub future_rows: u64,
    /// Which tables were there, with what was read from each.
    pub sources: Vec<Source>,
    /// Rejected rows, sorted.
    pub quarantine: Vec<Quarantined>,
    /// What missing or doubtful input costs.
    pub exceptions: Vec<Exception>,
    /// Why no run may be made of it, a sentence each with what to write; `check` tells all of them.
    pub refused: Vec<String>,
    /// Amounts in a currency without a rate, by its code.
    pub foreign_amounts: BTreeMap<String, u64>,
    /// Whether the lots, where there is no stock table, are the whole stock: see
    /// [`Self::lots_cover_most`].
    pub lots_are_stock: bool,
    /// Whether only some items were asked for: what is not known may well exist.
    pub is_pilot: bool,
}

/// Whether the history of an item is `here`, in this part of a night that is split by items.
/// `[sku]`
#[must_use]
pub fn is_here(here: &[bool], sku: SkuId) -> bool {
    // Empty where the night is not split: then all are.
    here.get(sku.index()).copied().unwrap_or(true)
}

/// Where nobody counts an item, of all such places.
pub(crate) fn untracked_of(
    untracked: &BTreeSet<PoolId>,
    sku: SkuId,
) -> impl Iterator<Item = &PoolId> {
    let [first, last] = [0, u32::MAX].map(|code| PoolId { sku, location: LocationId(code) });
    untracked.range(first..=last)
}

impl Inputs {
    /// A run that knows names and sales, and has no other table.
    #[must_use]
    pub fn new(names: Names, panel: Panel) -> Self {
        Self {
            names,
            panel,
            products: Vec::new(),
            channels: Vec::new(),
            suppliers: Vec::new(),
            supply: Sorted::empty(),
            price_breaks: Sorted::empty(),
            lanes: Lanes::default(),
            locations: Vec::new(),
            capacities: Vec::new(),
            ageing_fees: Vec::new(),
            stock: Sorted::empty(),
            untracked: BTreeSet::new(),
            lots: Sorted::empty(),
            stock_history: Sorted::empty(),
            stockouts: Sorted::empty(),
            purchase_orders: Sorted::empty(),
            listings: Sorted::empty(),
            channel_items: Sorted::empty(),
            events: Vec::new(),
            promotions: Vec::new(),
            prices: Sorted::empty(),
            outside_forecasts: Sorted::empty(),
            outside_models: Vec::new(),
            signals: Vec::new(),
            adjustments: Sorted::empty(),
            overrides: Sorted::empty(),
            kits: Sorted::empty(),
            counts: Vec::new(),
            accounts: Vec::new(),
            sold_periods: Vec::new(),
            here: Vec::new(),
            future_rows: 0,
            sources: Vec::new(),
            quarantine: Vec::new(),
            exceptions: Vec::new(),
            refused: Vec::new(),
            foreign_amounts: BTreeMap::new(),
            lots_are_stock: true,
            is_pilot: false,
        }
    }

    /// Whether the history of an item is there.
    #[must_use]
    pub fn has_here(&self, sku: SkuId) -> bool {
        is_here(&self.here, sku)
    }

    /// Whether the table was given and has rows.
    #[must_use]
    pub fn has(&self, table: &str) -> bool {
        self.sources.iter().any(|s| s.table == table && s.rows > 0)
    }

    /// Code of the currency of a supplier's prices; empty = the reporting currency.
    #[must_use]
    pub fn supplier_currency(&self, supplier: SupplierId) -> &str {
        self.suppliers.get(supplier.index()).map_or("", |s| &s.currency)
    }

    /// Whether anything was said about stock. Without the table nothing is known, which is not the
    /// same as none. Lots of most items are the stock; those of a few perishable ones say nothing
    /// of the others, and every listing of those was paused.
    #[must_use]
    pub fn stock_is_known(&self) -> bool {
        self.has("stock") || self.has("lots") && self.lots_are_stock
    }

    /// Whether it is known how much of an item lies at a location.
    #[must_use]
    pub fn stock_of_is_known(&self, pool: PoolId) -> bool {
        self.stock_is_known() && !self.untracked.contains(&pool)
    }

    /// Whether nobody counts an item, at some location at least.
    #[must_use]
    pub fn is_untracked(&self, sku: SkuId) -> bool {
        untracked_of(&self.untracked, sku).next().is_some()
    }

    /// Whether most items that ever sold have a lot.
    #[must_use]
    pub fn lots_cover_most(&self) -> bool {
        let with_lots = self.lots.chunk_by(|a, b| a.sku == b.sku).count();
        let pools = self.panel.pools().iter().filter(|pool| !pool.series.is_empty());
        let mut sold: Vec<SkuId> = pools.map(|pool| pool.sku).collect();
        sold.dedup();
        2 * with_lots >= sold.len()
    }

    /// The supplier's own number of an item that is delivered to `location`; `None` where no row of
    /// supply says.
    #[must_use]
    pub fn supplier_sku(
        &self,
        sku: SkuId,
        location: LocationId,
        supplier: SupplierId,
    ) -> Option<&str> {
        let of_supplier = self
            .supply
            .of(sku)
            .iter()
            .filter(|row| row.supplier == supplier && !row.supplier_sku.is_empty());
        // A row for the location knows better than one for everywhere.
        of_supplier
            .filter(|row| row.location.is_none_or(|l| l == location))
            .max_by_key(|row| row.location.is_some())
            .map(|row| row.supplier_sku.as_str())
    }

    /// What the channels that sell from `location` call an item: the number it has where it is sent
    /// to them. `None` where they call it as we do.
    #[must_use]
    pub fn merchant_sku(&self, sku: SkuId, location: LocationId) -> Option<&str> {
        let item = self.names.sku(sku);
        let pool = self.panel.position((sku, location)).map(|p| &self.panel.pools()[p]);
        let selling = pool.map_or(0..0, |pool| pool.series.clone());
        let sells_here = |channel: &ChannelId| {
            let fixed = self.channels.get(channel.index()).and_then(|c| c.location);
            fixed == Some(location)
                || selling.clone().any(|i| self.panel.key(i).channel == *channel)
        };
        let channels = (0..self.names.channels.len() as u32).map(ChannelId);
        channels
            .filter(sells_here)
            .find_map(|channel| {
                self.names.channel_codes.get(self.names.channel(channel))?.get(item)
            })
            .map(String::as_str)
    }

    /// What planners have set by hand for a pool and is in force on the as-of date.
    #[must_use]
    pub fn overrides_of(&self, pool: impl Into<PoolId>) -> PoolOverrides {
        let (pool, as_of) = (pool.into(), self.panel.calendar().as_of());
        let mut in_force: Vec<&Override> = self
            .overrides
            .of(pool.sku)
            .iter()
            .filter(|o| o.location.is_none_or(|l| l == pool.location) && o.is_in_force(as_of))
            .collect();
        // One for the location beats one for everywhere: what comes later replaces what was set
        // before.
        in_force.sort_by_key(|o| (o.location.is_some(), o.date));
        let mut set = PoolOverrides::default();
        for row in in_force {
            match row.field {
                OverrideField::Approved => set.approved = row.value > 0.0,
                OverrideField::LeadTimeDays => {
                    set.lead_time = LeadTime::new(row.value, 0.0, row.value);
                }
                OverrideField::OrderUpTo => set.order_up_to = Some(row.value),
                OverrideField::Quantity => set.quantity = Some(row.value),
                OverrideField::ReorderPoint => set.reorder_point = Some(row.value),
                OverrideField::SafetyStock => set.safety_stock = Some(row.value),
            }
        }
        set
    }
}

/// One input file as read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Table of the contract.
    pub table: String,
    /// Path relative to the data folder.
    pub file: String,
    /// Data rows in it.
    pub rows: u64,
    /// Rows put into quarantine.
    pub rejected: u64,
    /// Lower-case hex digest of its bytes.
    pub sha256: String,
    /// Newest date in it, where the table has dates: how current it is.
    pub newest: Option<NaiveDate>,
    /// What it was where it was fetched from; `None` for a file of the data folder.
    pub origin: Option<Origin>,
}

/// What a fetched file was where it is at home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Its length there.
    pub bytes: u64,
    /// What tells it from the file that takes its place: the store's version or tag, the table's
    /// version, the date it was written; `None` where nobody says.
    pub version: Option<String>,
}

words! {
    /// Where an item is in its life, as the master data say.
    #[derive(Default)]
    ProductStatus {
        /// Sold and reordered.
        #[default]
        Active = "active",
        /// Sold off, not reordered.
        PhaseOut = "phase-out",
        /// Gone.
        Obsolete = "obsolete",
        /// Known, not on sale yet.
        New = "new",
        /// Never ordered.
        DoNotOrder = "do-not-order",
    }
}

/// Master data of one item.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Product {
    /// Display name; empty when unknown.
    pub name: String,
    /// Category; empty when unknown.
    pub category: String,
    /// Cost of one unit.
    pub unit_cost: Option<Money>,
    /// List price of one unit.
    pub unit_price: Option<Money>,
    /// First day on sale.
    pub launched: Option<NaiveDate>,
    /// Life-cycle status.
    pub status: ProductStatus,
    /// The item that replaces this one.
    pub superseded_by: Option<SkuId>,
    /// Share of this item's history that its successor inherits.
    pub transfer_factor: Option<f64>,
    /// The item whose demand stands in until this one has its own.
    pub analogue: Option<SkuId>,
    /// Factor on the analogue's demand.
    pub analogue_factor: Option<f64>,
    /// Days a received unit may be sold.
    pub shelf_life_days: Option<f64>,
    /// Weight of one unit.
    pub weight: Option<f64>,
    /// Volume of one unit.
    pub volume: Option<f64>,
    /// Never plan below this stock.
    pub min_stock: Option<Units>,
    /// Never order above this stock.
    pub max_stock: Option<Units>,
    /// Units of a case: what one location sends another is a multiple of it.
    pub case_size: Option<Units>,
    /// How it is stored, where places count that apart; empty when not said.
    pub storage_type: String,
    /// Whether the master data has a row for it.
    pub in_master: bool,
    /// Whether some table has a part of a unit of it: it is weighed or measured, not counted.
    pub is_weighed: bool,
}

impl Product {
    /// The least quantity that it is ordered, moved and offered in: a jar is whole in a shop that
    /// weighs its ham, too.
    #[must_use]
    pub fn step(&self) -> Units {
        if self.is_weighed { Units::LEAST } else { Units::whole(1) }
    }
}

impl Product {
    /// What one unit takes of a room; `None` where the master data do not say.
    #[must_use]
    pub fn size(&self, measure: Measure) -> Option<f64> {
        match measure {
            Measure::Units => Some(1.0),
            Measure::Weight => self.weight,
            Measure::Volume => self.volume,
        }
    }
}

/// One sales channel.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Channel {
    /// 1 is served first; `None` after all numbered ones.
    pub priority: Option<i64>,
    /// The location it sells from; `None` = every location it has sales at.
    pub location: Option<LocationId>,
    /// Margin as a share of price.
    pub margin_rate: Option<f64>,
    /// Channel fees as a share of price.
    pub fee_rate: Option<f64>,
    /// Units reserved before sharing.
    pub reserve: Option<Units>,
    /// Units held back from publication.
    pub buffer: Option<Units>,
    /// The most to allocate.
    pub cap: Option<Units>,
    /// Least share of the pool.
    pub min_share: Option<f64>,
    /// Share of cycles without a stock-out that it is promised.
    pub service: Option<f64>,
}

/// What a channel has agreed on for one item, instead of its general terms.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelItem {
    /// The item.
    pub sku: SkuId,
    /// Which channel.
    pub channel: ChannelId,
    /// Units reserved before sharing, at all locations together.
    pub reserve: Option<Units>,
    /// Units held back from publication.
    pub buffer: Option<Units>,
    /// The most to allocate, at all locations together.
    pub cap: Option<Units>,
    /// Stop selling below so many units to publish.
    pub pause_below: Option<Units>,
    /// Look when fewer than so many units are published.
    pub alert_below: Option<Units>,
}

/// A number of days, as a type of a supplier's term.
type Days = f64;

/// Makes of the numbers that a supplier may give the fields of [`Supplier`], and the list that
/// reading and pages work from, [`Supplier::TERMS`].
macro_rules! suppliers {
    ($($field:ident: $kind:ident, $meaning:literal;)*) => {
        /// One supplier.
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct Supplier {
            /// Display name; empty when unknown.
            pub name: String,
            /// Currency code; empty = the reporting currency.
            pub currency: String,
            /// Weekdays orders are taken on, 0 = Monday; empty = any.
            pub order_weekdays: Vec<u8>,
            $(#[doc = $meaning] pub $field: Option<$kind>,)*
            /// Closed intervals, inclusive.
            pub closures: Vec<(NaiveDate, NaiveDate)>,
        }

        impl Supplier {
            /// What a supplier asks in numbers, in the order of the columns.
            pub const TERMS: [SupplierTerm; [$($meaning),*].len()] = [$(SupplierTerm {
                name: stringify!($field),
                meaning: $meaning,
                set: TermSetter::$kind(|supplier, value| supplier.$field = value),
            }),*];
        }
    };
}

/// A number that a supplier may give.
#[derive(Debug, Clone, Copy)]
pub struct SupplierTerm {
    /// Its column.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// Its field, and with it what the column holds.
    pub set: TermSetter,
}

/// Puts a term, where it is given, into its field.
#[derive(Debug, Clone, Copy)]
pub enum TermSetter {
    /// An amount in the supplier's currency.
    Money(fn(&mut Supplier, Option<Money>)),
    /// A count.
    Units(fn(&mut Supplier, Option<Units>)),
    /// Calendar days.
    Days(fn(&mut Supplier, Option<Days>)),
}

supplier_terms!(suppliers);

/// How one supplier delivers one item.
#[derive(Debug, Clone, PartialEq)]
pub struct Supply {
    /// The item.
    pub sku: SkuId,
    /// Where it is delivered; `None` = everywhere.
    pub location: Option<LocationId>,
    /// Who delivers.
    pub supplier: SupplierId,
    /// Its role.
    pub role: Role,
    /// The supplier's own number of the item; empty when unknown.
    pub supplier_sku: String,
    /// Price of one unit; `None` = the product's cost.
    pub unit_cost: Option<Money>,
    /// Promised lead time, calendar days.
    pub lead_time_days: f64,
    /// Its standard deviation, calendar days.
    pub lead_time_sd_days: Option<f64>,
    /// The longest to expect, calendar days.
    pub lead_time_max_days: Option<f64>,
    /// Least quantity of an order line.
    pub minimum_order: Units,
    /// Order lines are multiples of it.
    pub pack_size: Units,
    /// Largest quantity of an order line.
    pub maximum_order: Option<Units>,
    /// Duty as a share of price.
    pub duty_rate: f64,
    /// Freight of one unit.
    pub freight_per_unit: Money,
}

impl Supply {
    /// Terms of the primary supplier of an item, everywhere: any quantity, without price, duty or
    /// freight of its own.
    #[must_use]
    pub fn by(supplier: SupplierId, sku: SkuId, lead_time_days: f64) -> Self {
        Self {
            sku,
            location: None,
            supplier,
            role: Role::Primary,
            supplier_sku: String::new(),
            unit_cost: None,
            lead_time_days,
            lead_time_sd_days: None,
            lead_time_max_days: None,
            minimum_order: Units::ZERO,
            pack_size: Units::LEAST,
            maximum_order: None,
            duty_rate: 0.0,
            freight_per_unit: Money::ZERO,
        }
    }
}

/// A cheaper price from a quantity on.
#[derive(Debug, Clone, PartialEq)]
pub struct PriceBreak {
    /// The item.
    pub sku: SkuId,
    /// Whose price.
    pub supplier: SupplierId,
    /// That of the row of supply that it belongs to; `None` = everywhere.
    pub location: Option<LocationId>,
    /// From this many units a line.
    pub from_quantity: Units,
    /// Price of each unit.
    pub unit_cost: Money,
}

/// Stock of one pool on the morning of the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Stock {
    /// The item.
    pub sku: SkuId,
    /// Where.
    pub location: LocationId,
    /// Counted in the location.
    pub on_hand: Units,
    /// Sold, not shipped.
    pub committed: Units,
    /// Owed to customers.
    pub backordered: Units,
    /// Unsaleable.
    pub damaged: Units,
    /// Came back, not yet saleable.
    pub returns_pending: Units,
    /// When it was counted.
    pub as_of: Option<NaiveDate>,
}

impl Stock {
    /// Units of a pool that nobody has a claim on, counted at an unknown time.
    #[must_use]
    pub fn on_hand(pool: impl Into<PoolId>, on_hand: Units) -> Self {
        let PoolId { sku, location } = pool.into();
        Self {
            sku,
            location,
            on_hand,
            committed: Units::ZERO,
            backordered: Units::ZERO,
            damaged: Units::ZERO,
            returns_pending: Units::ZERO,
            as_of: None,
        }
    }

    /// What can be promised: on hand less committed, damaged and returns in limbo. May be negative.
    #[must_use]
    pub fn available(&self) -> Units {
        self.on_hand - self.committed - self.damaged - self.returns_pending
    }
}

/// Units that came or expire together.
#[derive(Debug, Clone, PartialEq)]
pub struct Lot {
    /// The item.
    pub sku: SkuId,
    /// Where.
    pub location: LocationId,
    /// Last day of sale; `None` = they keep.
    pub expires: Option<NaiveDate>,
    /// When they came.
    pub received: Option<NaiveDate>,
    /// Units in it.
    pub quantity: Units,
}

/// Stock at the end of a day.
#[derive(Debug, Clone, PartialEq)]
pub struct StockHistory {
    /// The day.
    pub date: NaiveDate,
    /// The item.
    pub sku: SkuId,
    /// Where.
    pub location: LocationId,
    /// Units.
    pub on_hand: Units,
}

/// A known interval without stock, inclusive.
#[derive(Debug, Clone, PartialEq)]
pub struct Stockout {
    /// The item.
    pub sku: SkuId,
    /// Where; `None` = everywhere.
    pub location: Option<LocationId>,
    /// Which channel; `None` = all.
    pub channel: Option<ChannelId>,
    /// First day.
    pub start: NaiveDate,
    /// Last day.
    pub end: NaiveDate,
}

/// One line of a purchase order, open or received.
#[derive(Debug, Clone, PartialEq)]
pub struct PurchaseOrder {
    /// Its number.
    pub order_id: String,
    /// The item.
    pub sku: SkuId,
    /// From whom.
    pub supplier: Option<SupplierId>,
    /// Where to.
    pub location: LocationId,
    /// Units ordered.
    pub quantity: Units,
    /// When the supplier confirmed (or it was placed).
    pub confirmed: Option<NaiveDate>,
    /// When it is expected.
    pub expected: Option<NaiveDate>,
    /// When it came; `None` = open.
    pub received: Option<NaiveDate>,
    /// Units that came.
    pub received_quantity: Option<Units>,
    /// Where it comes from, if from another location: a transfer.
    pub shipment: Option<Shipment>,
}

impl PurchaseOrder {
    /// Units that came with it once it is closed: all, where the receipt does not say.
    #[must_use]
    pub fn delivered(&self) -> Units {
        self.received_quantity.unwrap_or(self.quantity)
    }

    /// Units that have not come yet; none once the order is closed.
    #[must_use]
    pub fn outstanding(&self) -> Units {
        if self.received.is_some() {
            return Units::ZERO;
        }
        (self.quantity - self.received_quantity.unwrap_or(Units::ZERO)).or_zero()
    }
}

/// What a channel shows to customers now.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// The item.
    pub sku: SkuId,
    /// Where it is listed.
    pub channel: ChannelId,
    /// Units shown.
    pub listed: Units,
}

/// A calendar event, holidays above all.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// First day.
    pub start: NaiveDate,
    /// Last day, inclusive.
    pub end: NaiveDate,
    /// Its name: the same name at other dates is the same event.
    pub event: String,
    /// Only this channel.
    pub channel: Option<ChannelId>,
    /// Only this category.
    pub category: Option<String>,
    /// Only this item.
    pub sku: Option<SkuId>,
}

impl Event {
    /// Days before its first and after its last on which it is felt: people buy ahead, and what is
    /// still due comes after.
    pub const FELT: Range<i64> = -3..3;

    /// The days on which it is felt.
    #[must_use]
    pub fn felt(&self) -> RangeInclusive<NaiveDate> {
        let before = chrono::Duration::days(Self::FELT.start);
        let after = chrono::Duration::days(Self::FELT.end - 1);
        self.start + before..=self.end + after
    }

    /// An event with more days a year than this is a rhythm (pay days, benefits) without run-up.
    pub const FREQUENT_DAYS: f64 = 20.0;

    /// Names of `events` that are rhythms.
    #[must_use]
    pub fn rhythms(events: &[Self]) -> BTreeSet<&str> {
        let first = events.iter().map(|event| event.start).min();
        let last = events.iter().map(|event| event.end).max();
        let span = first.zip(last).map_or(0, |(first, last)| (last - first).num_days());
        let years = (span as f64 / 365.0).max(1.0);
        let mut days: BTreeMap<&str, BTreeSet<NaiveDate>> = BTreeMap::new();
        for event in events {
            // An event that lasts longer than a year is no event.
            let own = event.start.iter_days().take_while(|day| *day <= event.end).take(400);
            days.entry(&event.event).or_default().extend(own);
        }
        let frequent =
            days.into_iter().filter(|(_, days)| days.len() as f64 / years > Self::FREQUENT_DAYS);
        frequent.map(|(name, _)| name).collect()
    }

    /// Whether items of `category` in `channel` feel it.
    #[must_use]
    pub fn concerns(&self, category: &str, channel: usize) -> bool {
        self.channel.is_none_or(|own| own.index() == channel)
            && self.category.as_deref().is_none_or(|of| is_in_category(category, of))
    }
}

/// A promotion, past or planned.
#[derive(Debug, Clone, PartialEq)]
pub struct Promotion {
    /// First day.
    pub start: NaiveDate,
    /// Last day, inclusive.
    pub end: NaiveDate,
    /// Only this item.
    pub sku: Option<SkuId>,
    /// Only this category.
    pub category: Option<String>,
    /// Only this channel.
    pub channel: Option<ChannelId>,
    /// Only this location.
    pub location: Option<LocationId>,
    /// What kind it is, several joined by `+`; empty when not said.
    pub kind: String,
    /// Discount as a share of price.
    pub discount: Option<f64>,
    /// Expected demand over the baseline, as a factor (1.5 = half as much again).
    pub expected_uplift: Option<f64>,
}

/// A price valid from a day on.
#[derive(Debug, Clone, PartialEq)]
pub struct Price {
    /// The item.
    pub sku: SkuId,
    /// Only this channel.
    pub channel: Option<ChannelId>,
    /// First day.
    pub from: NaiveDate,
    /// Price of one unit, currency units.
    pub unit_price: f64,
}

/// What an adjustment does to the forecast of its days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AdjustmentKind {
    /// Multiplies it.
    Factor(f64),
    /// Adds these units, spread over its days.
    Units(f64),
}

/// What another model expects of one period.
#[derive(Debug, Clone, PartialEq)]
pub struct OutsideForecast {
    /// The item.
    pub sku: SkuId,
    /// Only this channel; `None` = all together.
    pub channel: Option<ChannelId>,
    /// Only this location; `None` = all together.
    pub location: Option<LocationId>,
    /// Position among [`Inputs::outside_models`].
    pub model: usize,
    /// First day of the period.
    pub start: NaiveDate,
    /// First day after it.
    pub end: NaiveDate,
    /// The morning it was made; `None` where nobody says.
    pub made_on: Option<NaiveDate>,
    /// Expected units of the period.
    pub mean: f64,
    /// Quantiles at [`crate::domain::outcome::QUANTILES`]; NaN where not given.
    pub quantiles: [f32; 8],
}

impl OutsideForecast {
    /// Whether two rows of an item are one model's, of the same channel and location.
    #[must_use]
    pub fn is_beside(&self, other: &Self) -> bool {
        (self.channel, self.location, self.model) == (other.channel, other.location, other.model)
    }
}

/// One value of something outside that moves demand: the weather, traffic, an index.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// Its name.
    pub signal: String,
    /// Only for this item.
    pub sku: Option<SkuId>,
    /// Only for this category and those below it.
    pub category: Option<String>,
    /// Only in this channel.
    pub channel: Option<ChannelId>,
    /// Only at this location.
    pub location: Option<LocationId>,
    /// Day.
    pub date: NaiveDate,
    /// Value.
    pub value: f64,
}

/// Whether `category` is `of` or below it: `Toys > Wood` is in `Toys`.
#[must_use]
pub fn is_in_category(category: &str, of: &str) -> bool {
    let mut parts = category.split('>').map(str::trim);
    of.split('>').map(str::trim).all(|part| parts.next() == Some(part))
}

/// A person's change to the forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct Adjustment {
    /// The item; `None` = all, or those of the category.
    pub sku: Option<SkuId>,
    /// Only this category and those below it.
    pub category: Option<String>,
    /// Only this channel.
    pub channel: Option<ChannelId>,
    /// Only this location.
    pub location: Option<LocationId>,
    /// First day.
    pub from: NaiveDate,
    /// Last day, inclusive.
    pub to: NaiveDate,
    /// What it does.
    pub kind: AdjustmentKind,
    /// Why.
    pub reason: String,
    /// By whom.
    pub author: String,
    /// Not used from this day on.
    pub expires: Option<NaiveDate>,
}

impl Adjustment {
    /// Whether it concerns an item of `category` sold there; what never sold has no channel.
    #[must_use]
    pub fn concerns(
        &self,
        sku: SkuId,
        category: &str,
        channel: Option<ChannelId>,
        location: LocationId,
    ) -> bool {
        self.sku.is_none_or(|own| own == sku)
            && self.category.as_deref().is_none_or(|of| is_in_category(category, of))
            && self.location.is_none_or(|own| own == location)
            && self.channel.is_none_or(|own| channel.is_none_or(|channel| channel == own))
    }

    /// Whether its units are shared by several items.
    #[must_use]
    pub fn is_shared_out(&self) -> bool {
        self.sku.is_none() && matches!(self.kind, AdjustmentKind::Units(_))
    }

    /// Whether it enters units of its own for days from `as_of` on.
    #[must_use]
    pub fn awaits(&self, as_of: NaiveDate) -> bool {
        let in_force = self.to >= as_of && self.expires.is_none_or(|day| as_of < day);
        match self.kind {
            AdjustmentKind::Units(units) => in_force && units > 0.0,
            AdjustmentKind::Factor(_) => false,
        }
    }
}

words! {
    /// A computed value that a planner may replace.
    OverrideField {
        /// Units.
        SafetyStock = "safety_stock",
        /// Units.
        ReorderPoint = "reorder_point",
        /// Units.
        OrderUpTo = "order_up_to",
        /// Calendar days, taken as certain.
        LeadTimeDays = "lead_time_days",
        /// Units to order tonight.
        Quantity = "quantity",
        /// 1 releases a new item for ordering, 0 does not.
        Approved = "approved",
    }
}

/// What planners have set by hand for one pool; `None` where the computed value stands.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PoolOverrides {
    /// Whether a new item may be ordered.
    pub approved: bool,
    /// Without any spread.
    pub lead_time: Option<LeadTime>,
    /// Units.
    pub order_up_to: Option<f64>,
    /// Units to order.
    pub quantity: Option<f64>,
    /// Units.
    pub reorder_point: Option<f64>,
    /// Units.
    pub safety_stock: Option<f64>,
}

/// A person's replacement of a computed value.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    /// The item.
    pub sku: SkuId,
    /// Where; `None` = everywhere.
    pub location: Option<LocationId>,
    /// Which value.
    pub field: OverrideField,
    /// The value to use.
    pub value: f64,
    /// Why.
    pub reason: String,
    /// By whom.
    pub author: String,
    /// When it was made.
    pub date: Option<NaiveDate>,
    /// Not used from this day on.
    pub expires: Option<NaiveDate>,
}

impl Override {
    /// Whether it counts on the morning of `as_of`.
    #[must_use]
    pub fn is_in_force(&self, as_of: NaiveDate) -> bool {
        self.date.is_none_or(|day| day <= as_of) && self.expires.is_none_or(|day| as_of < day)
    }
}

/// One component of a kit.
#[derive(Debug, Clone, PartialEq)]
pub struct Kit {
    /// The kit.
    pub sku: SkuId,
    /// What it contains.
    pub component: SkuId,
    /// How many of it.
    pub quantity: Units,
}

/// A stock count.
#[derive(Debug, Clone, PartialEq)]
pub struct Count {
    /// The day.
    pub date: NaiveDate,
    /// The item.
    pub sku: SkuId,
    /// Where.
    pub location: LocationId,
    /// What the books said.
    pub recorded: Units,
    /// What was there.
    pub counted: Units,
}

/// Book-keeping figures of one period.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// First day.
    pub period_start: NaiveDate,
    /// Last day, inclusive.
    pub period_end: NaiveDate,
    /// Owed by customers at the end.
    pub receivables: Option<Money>,
    /// Owed to suppliers at the end.
    pub payables: Option<Money>,
    /// Sales of the period.
    pub revenue: Option<Money>,
    /// Cost of goods sold in the period.
    pub cogs: Option<Money>,
    /// Cost of holding stock in the period.
    pub holding_cost: Option<Money>,
}

keyed! {
    Supply by SkuId: |row| row.sku;
    Stockout by SkuId: |row| row.sku;
    Price by SkuId: |row| row.sku;
    Adjustment by Option<SkuId>: |row| row.sku;
    OutsideForecast by SkuId: |row| row.sku;
    Override by SkuId: |row| row.sku;
    Kit by SkuId: |row| row.sku;
    Stock by PoolId: |row| PoolId { sku: row.sku, location: row.location };
    Lot by PoolId: |row| PoolId { sku: row.sku, location: row.location };
    StockHistory by PoolId: |row| PoolId { sku: row.sku, location: row.location };
    PurchaseOrder by PoolId: |row| PoolId { sku: row.sku, location: row.location };
    PriceBreak by (SkuId, SupplierId, Option<LocationId>):
        |row| (row.sku, row.supplier, row.location);
    Listing by (SkuId, ChannelId): |row| (row.sku, row.channel);
    ChannelItem by (SkuId, ChannelId): |row| (row.sku, row.channel);
}

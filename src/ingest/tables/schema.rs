//! The input tables of the contract: names, columns, kinds and ranges. Every reader and `init` work
//! from this list.

use crate::domain::inputs::{ProductStatus, Role, Supplier, SupplierTerm, TermSetter};
use crate::domain::lanes::{FeeBasis, LaneMode, Measure};

/// Which dictionary a name belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dictionary {
    /// [`crate::domain::inputs::Names::skus`].
    Sku,
    /// [`crate::domain::inputs::Names::channels`].
    Channel,
    /// [`crate::domain::inputs::Names::locations`].
    Location,
    /// [`crate::domain::inputs::Names::suppliers`].
    Supplier,
}

/// What a cell of a column may hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A name with a code.
    Id(Dictionary),
    /// Free text.
    Text,
    /// A text that is only compared with others of its kind: an order number.
    Key,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A number in this range, both ends included.
    Number(f64, f64),
    /// Whole units, at least this many.
    Units(f64),
    /// An amount of money, not negative.
    Money,
    /// An amount of money, negative where it was paid back.
    Amount,
    /// A calendar day, with or without a time.
    Date,
    /// Yes or no.
    Bool,
}

impl Kind {
    /// What the cell should hold, for messages and headers.
    #[must_use]
    pub fn expected(self) -> String {
        match self {
            Self::Id(_) => "a name".to_owned(),
            Self::Text | Self::Key => "text".to_owned(),
            Self::Choice(words) => words.join(", "),
            Self::Number(min, max) if min == f64::MIN && max == f64::MAX => "a number".to_owned(),
            Self::Number(min, max) if min == f64::MIN_POSITIVE && max == f64::MAX => {
                "a number above 0".to_owned()
            }
            Self::Number(min, max) if max == f64::MAX => format!("a number of at least {min}"),
            Self::Number(min, max) => format!("a number from {min} to {max}"),
            Self::Units(min) if min == f64::MIN => "whole units".to_owned(),
            SOME_UNITS => "whole units, at least 1".to_owned(),
            Self::Units(min) => format!("whole units, at least {min}"),
            Self::Money => "an amount of money, not negative".to_owned(),
            Self::Amount => "an amount of money".to_owned(),
            Self::Date => "a date".to_owned(),
            Self::Bool => "yes or no".to_owned(),
        }
    }
}

/// One column of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// Its name in the contract.
    pub name: &'static str,
    /// What its cells hold.
    pub kind: Kind,
    /// Whether the table is refused without it, and a row rejected where it is empty.
    pub required: bool,
    /// What it means, for `init` and `check`.
    pub doc: &'static str,
}

/// One table of the contract.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schema {
    /// Its name, which is also the default file name.
    pub table: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
    /// What the run cannot do without it; empty when its absence costs nothing.
    pub cost: &'static str,
    /// The date column that says how current the table is.
    pub dated: Option<&'static str>,
}

impl Schema {
    /// Position of the column `name`.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name)
    }
}

/// The schema of table `name`.
#[must_use]
pub fn table(name: &str) -> Option<&'static Schema> {
    TABLES.iter().find(|t| t.table == name)
}

/// Names of all tables.
#[must_use]
pub fn names() -> Vec<&'static str> {
    TABLES.iter().map(|t| t.table).collect()
}

const SKU: Kind = Kind::Id(Dictionary::Sku);
const CHANNEL: Kind = Kind::Id(Dictionary::Channel);
const LOCATION: Kind = Kind::Id(Dictionary::Location);
const SUPPLIER: Kind = Kind::Id(Dictionary::Supplier);
const ANY: Kind = Kind::Number(f64::MIN, f64::MAX);
const POSITIVE: Kind = Kind::Number(f64::MIN_POSITIVE, f64::MAX);
const NOT_NEGATIVE: Kind = Kind::Number(0.0, f64::MAX);
const RATE: Kind = Kind::Number(0.0, 1.0);
/// Ten years: the walk over order days ends there, and 20260301 is a date in the wrong column.
pub(crate) const DAYS: Kind = Kind::Number(0.0, 3650.0);
const COUNT: Kind = Kind::Units(0.0);
/// A row of none is no row: lists of what is on its way name items of which nothing is.
pub(crate) const SOME_UNITS: Kind = Kind::Units(f64::MIN_POSITIVE);

const fn req(name: &'static str, kind: Kind, doc: &'static str) -> Column {
    Column { name, kind, required: true, doc }
}

const fn opt(name: &'static str, kind: Kind, doc: &'static str) -> Column {
    Column { name, kind, required: false, doc }
}

/// What a supplier's row has besides the terms that its type declares.
const OF_SUPPLIER: [Column; 5] = [
    req("supplier", SUPPLIER, "supplier"),
    opt("name", Kind::Text, "display name"),
    opt("currency", Kind::Text, "three-letter code; empty = the reporting currency"),
    opt("order_weekdays", Kind::Text, "days orders are taken on: mon thu"),
    opt("closures", Kind::Text, "closed intervals: 2024-12-24/2025-01-02; ..."),
];
const SUPPLIER_COLUMNS: [Column; OF_SUPPLIER.len() + Supplier::TERMS.len()] = {
    let last = OF_SUPPLIER.len() - 1;
    let mut columns = [OF_SUPPLIER[last]; OF_SUPPLIER.len() + Supplier::TERMS.len()];
    let mut at = 0;
    // A loop over an iterator does not run at compile time. The closures stay the last column.
    while at < columns.len() - 1 {
        columns[at] = if at < last { OF_SUPPLIER[at] } else { term(&Supplier::TERMS[at - last]) };
        at += 1;
    }
    columns
};

const fn term(term: &SupplierTerm) -> Column {
    let kind = match term.set {
        TermSetter::Money(_) => Kind::Money,
        TermSetter::Units(_) => COUNT,
        TermSetter::Days(_) => DAYS,
    };
    opt(term.name, kind, term.meaning)
}

/// Every table, in the order they are read.
pub const TABLES: &[Schema] = &[
    Schema {
        table: "sales",
        cost: "",
        dated: Some("date"),
        columns: &[
            req("date", Kind::Date, "day or time of the sale"),
            req("sku", SKU, "item, or a channel's own code listed in aliases"),
            req("quantity", ANY, "units sold; negative = returned"),
            opt("channel", CHANNEL, "sales channel; without it one channel, all"),
            opt("location", LOCATION, "where the stock lies; without it one location, main"),
            opt("unit_price", Kind::Amount, "price of one unit"),
            opt("revenue", Kind::Amount, "amount of the line, instead of unit_price"),
            opt("discount", RATE, "share of the price taken off, 0.1 = 10 %"),
            opt("discount_amount", Kind::Amount, "amount taken off the line"),
            opt(
                "currency",
                Kind::Text,
                "code of the row's amounts; empty = the reporting currency",
            ),
            opt("promotion", Kind::Bool, "sold under a promotion"),
            opt("in_stock", Kind::Bool, "whether the item could be bought that day"),
            opt("returns", ANY, "units of this row that came back"),
            opt("order_id", Kind::Key, "order number; an order in two files counts once"),
            opt("line_id", Kind::Key, "number of the line within its order"),
            opt("status", Kind::Text, "order status; cancelled rows are left out"),
        ],
    },
    Schema {
        table: "products",
        cost: "no names, categories, costs or life cycle: values are counted in units, seasons \
               cannot be pooled by category",
        dated: None,
        columns: &[
            req("sku", SKU, "item"),
            opt("name", Kind::Text, "display name"),
            opt("category", Kind::Text, "items of a category share their season"),
            opt("unit_cost", Kind::Money, "cost of one unit"),
            opt("unit_price", Kind::Money, "list price of one unit"),
            opt("launched", Kind::Date, "first day on sale"),
            opt("status", Kind::Choice(ProductStatus::NAMES), "life cycle"),
            opt("superseded_by", SKU, "the item that replaces it"),
            opt("transfer_factor", NOT_NEGATIVE, "share of its history the successor inherits"),
            opt("analogue", SKU, "an item that stands in until it has its own history"),
            opt("analogue_factor", NOT_NEGATIVE, "factor on the analogue's demand"),
            opt("shelf_life_days", POSITIVE, "days a received unit may be sold"),
            opt("weight", NOT_NEGATIVE, "weight of one unit"),
            opt("volume", NOT_NEGATIVE, "volume of one unit"),
            opt("min_stock", COUNT, "never plan below this stock"),
            opt("max_stock", COUNT, "never order above this stock"),
            opt("case_size", COUNT, "units of a case: transfers are whole cases"),
            opt("storage_type", Kind::Text, "how it is stored, for capacities and fees"),
            opt(
                "unit_of_measure",
                Kind::Text,
                "the unit sales are booked in; a number in it (case of 12) multiplies them",
            ),
        ],
    },
    Schema {
        table: "aliases",
        cost: "",
        dated: None,
        columns: &[
            req("channel_sku", Kind::Text, "a channel's code, ASIN or barcode"),
            req("sku", SKU, "the item it means"),
            opt("channel", CHANNEL, "only in this channel"),
            opt("factor", POSITIVE, "units of the item in one of it"),
        ],
    },
    Schema {
        table: "channels",
        cost: "channels are served in name order, without reserves, buffers or caps",
        dated: None,
        columns: &[
            req("channel", CHANNEL, "sales channel"),
            opt("priority", ANY, "1 is served first"),
            opt("location", LOCATION, "the location it sells from"),
            opt("margin_rate", RATE, "margin as a share of price"),
            opt("fee_rate", RATE, "fees as a share of price"),
            opt("reserve", COUNT, "units reserved before sharing"),
            opt("buffer", COUNT, "units held back from publication"),
            opt("cap", COUNT, "the most to allocate"),
            opt("min_share", RATE, "least share of the pool"),
            opt("service", RATE, "share of cycles without a stock-out that it is promised"),
        ],
    },
    Schema {
        table: "channel_items",
        cost: "",
        dated: None,
        columns: &[
            req("channel", CHANNEL, "sales channel"),
            req("sku", SKU, "item"),
            opt("reserve", COUNT, "units reserved before sharing, at all locations together"),
            opt("buffer", COUNT, "units held back from publication"),
            opt("cap", COUNT, "the most to allocate, at all locations together"),
            opt("pause_below", COUNT, "stop selling below so many units to publish"),
            opt("alert_below", COUNT, "look when fewer than so many units are published"),
        ],
    },
    Schema {
        table: "suppliers",
        cost: "no supplier calendars, minimum values or freight",
        dated: None,
        columns: &SUPPLIER_COLUMNS,
    },
    Schema {
        table: "supply",
        cost: "no lead times, minimum orders or packs: the configured default lead time is used \
               for every item",
        dated: None,
        columns: &[
            req("sku", SKU, "item"),
            req("supplier", SUPPLIER, "supplier"),
            opt("location", LOCATION, "only to this location"),
            opt("role", Kind::Choice(Role::NAMES), "which one is asked first"),
            opt("supplier_sku", Kind::Text, "the supplier's own number of the item"),
            opt("unit_cost", Kind::Money, "price of one unit"),
            opt(
                "unit_of_measure",
                Kind::Text,
                "what price, minimum, pack and maximum count: `box of 12`, `dozen`; empty = units",
            ),
            opt("price_per", Kind::Text, "what the price alone is for: `100`, `per dozen`"),
            req("lead_time_days", DAYS, "promised lead time, calendar days; 0 = the same day"),
            opt("lead_time_sd_days", DAYS, "its standard deviation"),
            opt("lead_time_max_days", DAYS, "the longest to expect"),
            opt("minimum_order", COUNT, "least quantity of a line"),
            opt("pack_size", COUNT, "lines are multiples of it; 0 or 1 = any number"),
            opt("maximum_order", Kind::Units(1.0), "largest quantity of a line"),
            opt("duty_rate", NOT_NEGATIVE, "duty as a share of price"),
            opt("freight_per_unit", Kind::Money, "freight of one unit"),
        ],
    },
    Schema {
        table: "price_breaks",
        cost: "",
        dated: None,
        columns: &[
            req("sku", SKU, "item"),
            req("supplier", SUPPLIER, "supplier"),
            req("from_quantity", COUNT, "from this many units a line"),
            req("unit_cost", Kind::Money, "price of each unit"),
            opt("unit_of_measure", Kind::Text, "what quantity and price count; empty = units"),
            opt("price_per", Kind::Text, "what the price alone is for: `100`, `per dozen`"),
        ],
    },
    Schema {
        table: "stock",
        cost: "the stock is unknown: nothing is ordered and listings stay as they are",
        dated: Some("as_of"),
        columns: &[
            req("sku", SKU, "item"),
            opt("location", LOCATION, "where"),
            req(
                "on_hand",
                Kind::Units(f64::MIN),
                "units in the location; below 0 = owed to customers",
            ),
            opt("committed", COUNT, "sold, not shipped"),
            opt("backordered", COUNT, "owed to customers"),
            opt("damaged", COUNT, "unsaleable"),
            opt("returns_pending", COUNT, "came back, not yet saleable"),
            opt("as_of", Kind::Date, "when it was counted"),
        ],
    },
    Schema {
        table: "lots",
        cost: "",
        dated: None,
        columns: &[
            req("sku", SKU, "item"),
            opt("location", LOCATION, "where"),
            opt("expires", Kind::Date, "last day of sale; may be empty where received is not"),
            opt("received", Kind::Date, "when it came: its age counts for ageing fees"),
            req("quantity", COUNT, "units in the lot"),
        ],
    },
    Schema {
        table: "stock_history",
        cost: "stock-outs are only known from `stockouts` or inferred; average inventory is \
               estimated",
        dated: Some("date"),
        columns: &[
            req("date", Kind::Date, "day"),
            req("sku", SKU, "item"),
            opt("location", LOCATION, "where"),
            req("on_hand", COUNT, "units at the end of the day"),
        ],
    },
    Schema {
        table: "stockouts",
        cost: "",
        dated: None,
        columns: &[
            req("sku", SKU, "item"),
            opt("channel", CHANNEL, "only this channel"),
            opt("location", LOCATION, "only this location"),
            req("start", Kind::Date, "first day without stock"),
            req("end", Kind::Date, "last day without stock"),
        ],
    },
    Schema {
        table: "purchase_orders",
        cost: "nothing is on order and lead times cannot be learned from receipts",
        dated: Some("confirmed"),
        columns: &[
            req("order_id", Kind::Text, "order number"),
            req("sku", SKU, "item"),
            opt("line", Kind::Text, "number of the line in the order"),
            opt("supplier", SUPPLIER, "from whom"),
            opt("location", LOCATION, "where to"),
            req("quantity", SOME_UNITS, "units ordered"),
            opt("confirmed", Kind::Date, "when it was confirmed or placed"),
            opt("expected", Kind::Date, "when it is expected"),
            opt("received", Kind::Date, "when it came; empty = open"),
            opt("received_quantity", COUNT, "units that came"),
            opt("source_location", LOCATION, "a transfer: the location it comes from"),
            opt("shipped", Kind::Date, "a transfer: when it left; empty = still at its source"),
            opt("shipped_quantity", COUNT, "a transfer: units that left, where not all did"),
        ],
    },
    Schema {
        table: "lanes",
        cost: "",
        dated: None,
        columns: &[
            req("from_location", LOCATION, "the source"),
            req("to_location", LOCATION, "the location it feeds"),
            opt("sku", SKU, "only this item, instead of the row for all items"),
            opt("role", Kind::Choice(Role::NAMES), "which source is asked first"),
            opt("lead_time_days", DAYS, "departure to arrival; 0 = the same day; never empty"),
            opt("lead_time_sd_days", DAYS, "its standard deviation"),
            opt("lead_time_max_days", DAYS, "the longest to expect"),
            opt("weekdays", Kind::Text, "days on which something leaves: mon thu; empty = any"),
            opt("closures", Kind::Text, "days without departure: 2024-12-24/2025-01-02; ..."),
            opt("pack_size", COUNT, "lines are multiples of it; empty = the product's case"),
            opt("minimum", COUNT, "least units of a line"),
            opt("maximum", Kind::Units(1.0), "most units of a line"),
            opt("cost_per_line", Kind::Money, "cost of a line"),
            opt("cost_per_unit", Kind::Money, "cost of a unit"),
            opt("cost_per_shipment", Kind::Money, "cost of a shipment"),
            opt("capacity", NOT_NEGATIVE, "most that one shipment carries"),
            opt("basis", Kind::Choice(Measure::NAMES), "what the capacity counts"),
            opt("mode", Kind::Choice(LaneMode::NAMES), "hold what nobody asks for, or push it"),
        ],
    },
    Schema {
        table: "locations",
        cost: "",
        dated: None,
        columns: &[
            req("location", LOCATION, "location"),
            opt("name", Kind::Text, "display name"),
            opt("kind", Kind::Text, "what it is: warehouse, shop, fba, ..."),
            opt("holding_rate_per_year", RATE, "cost of stock there, share of its cost a year"),
            opt("priority", ANY, "1 is served first when stock is short"),
            opt("storage_fee", Kind::Money, "fee for a unit of volume and month"),
        ],
    },
    Schema {
        table: "capacities",
        cost: "",
        dated: None,
        columns: &[
            req("location", LOCATION, "location"),
            opt("storage_type", Kind::Text, "only these products; empty = all"),
            req("from", Kind::Date, "first day it is valid"),
            req("capacity", NOT_NEGATIVE, "how much there is room for"),
            opt("basis", Kind::Choice(Measure::NAMES), "what it counts"),
        ],
    },
    Schema {
        table: "ageing_fees",
        cost: "",
        dated: None,
        columns: &[
            req("location", LOCATION, "location"),
            opt("storage_type", Kind::Text, "only these products; empty = all"),
            req("from_age_days", DAYS, "charged from this age on"),
            req("fee", Kind::Money, "a month"),
            opt("basis", Kind::Choice(FeeBasis::NAMES), "for a unit or for its volume"),
        ],
    },
    Schema {
        table: "listings",
        cost: "",
        dated: None,
        columns: &[
            req("sku", SKU, "item"),
            req("channel", CHANNEL, "channel"),
            req("listed", COUNT, "units it shows to customers"),
        ],
    },
    Schema {
        table: "events",
        cost: "",
        dated: None,
        columns: &[
            req("date", Kind::Date, "first day"),
            req("event", Kind::Text, "its name, the same every year"),
            opt("end_date", Kind::Date, "last day"),
            opt("channel", CHANNEL, "only this channel"),
            opt("category", Kind::Text, "only this category"),
            opt("sku", SKU, "only this item"),
        ],
    },
    Schema {
        table: "promotions",
        cost: "",
        dated: None,
        columns: &[
            req("start", Kind::Date, "first day"),
            req("end", Kind::Date, "last day"),
            opt("sku", SKU, "only this item"),
            opt("category", Kind::Text, "only this category"),
            opt("channel", CHANNEL, "only this channel"),
            opt("location", LOCATION, "only this location"),
            opt("kind", Kind::Text, "deal, feature, coupon ...; several joined by +"),
            opt("discount", RATE, "share of the price taken off"),
            opt(
                "expected_uplift",
                NOT_NEGATIVE,
                "demand as a multiple of the baseline, 1.5 = half as much again",
            ),
        ],
    },
    Schema {
        table: "prices",
        cost: "",
        dated: None,
        columns: &[
            req("sku", SKU, "item"),
            opt("channel", CHANNEL, "only this channel"),
            req("from", Kind::Date, "first day of the price"),
            req("unit_price", Kind::Money, "price of one unit"),
        ],
    },
    Schema {
        table: "forecasts",
        cost: "",
        dated: Some("made_on"),
        columns: &[
            req("sku", SKU, "item"),
            opt("channel", CHANNEL, "only this channel; without it all channels together"),
            opt("location", LOCATION, "only this location; without it all together"),
            req("period_start", Kind::Date, "first day of the period: a day, week or month"),
            req("mean", NOT_NEGATIVE, "expected units of the period"),
            opt("q05", NOT_NEGATIVE, "units that demand stays below in 5 of 100 cases"),
            opt("q10", NOT_NEGATIVE, "10 of 100"),
            opt("q25", NOT_NEGATIVE, "25 of 100"),
            opt("q50", NOT_NEGATIVE, "50 of 100"),
            opt("q75", NOT_NEGATIVE, "75 of 100"),
            opt("q90", NOT_NEGATIVE, "90 of 100"),
            opt("q95", NOT_NEGATIVE, "95 of 100"),
            opt("q99", NOT_NEGATIVE, "99 of 100"),
            opt("model", Kind::Text, "which model; several may compete"),
            opt(
                "made_on",
                Kind::Date,
                "the morning it was made: past versions show how good it is",
            ),
        ],
    },
    Schema {
        table: "signals",
        cost: "",
        dated: None,
        columns: &[
            req("date", Kind::Date, "day; past, and future as far as it is known"),
            req("signal", Kind::Text, "its name: temperature, traffic, an index"),
            req("value", ANY, "its value on that day"),
            opt("sku", SKU, "only for this item"),
            opt("category", Kind::Text, "only for this category, with those below it"),
            opt("channel", CHANNEL, "only in this channel"),
            opt("location", LOCATION, "only at this location"),
        ],
    },
    Schema {
        table: "adjustments",
        cost: "",
        dated: None,
        columns: &[
            opt("sku", SKU, "only this item; without it all items, or those of the category"),
            opt("category", Kind::Text, "only this category, with those below it"),
            opt("channel", CHANNEL, "only this channel"),
            opt("location", LOCATION, "only this location"),
            req("from", Kind::Date, "first day"),
            req("to", Kind::Date, "last day"),
            opt("factor", NOT_NEGATIVE, "multiplies the forecast"),
            opt(
                "units",
                ANY,
                "adds these units, spread over the days; over several items by what they sold in \
                 the last 60 days",
            ),
            opt("reason", Kind::Text, "why"),
            opt("author", Kind::Text, "by whom"),
            opt("expires", Kind::Date, "not used from this day on"),
        ],
    },
    Schema {
        table: "overrides",
        cost: "",
        dated: None,
        columns: &[
            req("sku", SKU, "item"),
            opt("location", LOCATION, "only this location"),
            req("field", Kind::Text, "which value: safety_stock, reorder_point, ..."),
            req("value", NOT_NEGATIVE, "the value to use"),
            opt("reason", Kind::Text, "why"),
            opt("author", Kind::Text, "by whom"),
            opt("date", Kind::Date, "when it was decided"),
            opt("expires", Kind::Date, "not used from this day on"),
        ],
    },
    Schema {
        table: "kits",
        cost: "",
        dated: None,
        columns: &[
            req("sku", SKU, "kit"),
            req("component", SKU, "what it contains"),
            req("quantity", Kind::Units(1.0), "how many of it"),
        ],
    },
    Schema {
        table: "counts",
        cost: "",
        dated: Some("date"),
        columns: &[
            req("date", Kind::Date, "day"),
            req("sku", SKU, "item"),
            opt("location", LOCATION, "where"),
            req("recorded", COUNT, "what the books said"),
            req("counted", COUNT, "what was there"),
        ],
    },
    Schema {
        table: "accounts",
        cost: "",
        dated: None,
        columns: &[
            req("period_start", Kind::Date, "first day"),
            req("period_end", Kind::Date, "last day"),
            opt("receivables", Kind::Money, "owed by customers at the end"),
            opt("payables", Kind::Money, "owed to suppliers at the end"),
            opt("revenue", Kind::Money, "sales of the period"),
            opt("cogs", Kind::Money, "cost of goods sold in the period"),
            opt("holding_cost", Kind::Money, "cost of holding stock in the period"),
        ],
    },
];

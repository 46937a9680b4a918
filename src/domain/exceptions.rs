//! What a run tells about single items, tables and rows that could not be done as usual: it goes
//! on, and says so.

use crate::domain::classes::words;
use crate::domain::constraints::with_constraint_kinds;
use crate::domain::error::did_you_mean;
use crate::domain::fault::Fault;
use crate::domain::names::Names;
use crate::domain::units::{ChannelId, LocationId, Money, SkuId, SupplierId, Units};
use crate::explain::words::{self, Word};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

/// How much an [`Exception`] matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// Good to know.
    Info,
    /// A number is weaker than it could be.
    Warning,
    /// A number or an item is missing or doubtful: someone should look.
    Error,
}

impl Severity {
    /// The spelling of every one, in order.
    pub const NAMES: &[&str] = &["info", "warning", "error"];

    /// Lower-case name, as in the tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Declares every kind once: its variant, its name in the tables and in `[run] severe`, what it
/// means.
macro_rules! exception_kinds {
    ($($variant:ident $name:literal $meaning:literal)*) => {
        /// What kind of trouble an [`Exception`] is; sorts as its name does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "&'static str")]
        pub enum ExceptionKind {
            $(#[doc = $meaning] $variant,)*
        }

        impl ExceptionKind {
            /// Every kind, in no particular order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The stable name that tables and `[run] severe` use.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it means, in one sentence.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

// A new kind is one line here; that of a constraint stands with the words of constraints.
with_constraint_kinds! { exception_kinds {
    AgesBeforeSale "ages-before-sale"
        "A place would pay for the age of units: they are not sent there, or lie there already."
    ApprovalNotPlaced "approval-not-placed"
        "Approved units should have arrived and no purchase order shows them."
    AssumedLayout "assumed-layout" "How a file is laid out was found in the file, not configured."
    CellTarget "cell-target"
        "A service target set for a cell is below what costs ask for and changes nothing."
    CircularKit "circular-kit" "A kit contains itself and is treated as an item of its own."
    ClassBasis "class-basis"
        "Items are classed by something else than is set, because that is not known."
    DecisionsRestored "decisions-restored"
        "A file of decisions was damaged and is restored from its copy; it always turns exit code \
         0 into 5."
    ExcludedRows "excluded-rows"
        "Rows were left out: by rules of the mapping, or as no rows of the table."
    ExpediteForNetwork "expedite-for-network"
        "Places that a location feeds run dry before its open purchase comes."
    Fallback "fallback" "A forecast or profile was made in a simpler way than usual."
    FractionsCut "fractions-cut" "Quantities of stock or orders lost their fraction."
    FreightBasis "freight-basis" "Freight was shared by value, as a weight or volume is missing."
    FutureRows "future-rows" "Rows on or after the as-of date are not used."
    FutureStock "future-stock" "Stock was counted after the as-of date."
    IdleAdjustment "idle-adjustment"
        "An adjustment names a channel in which its item has never sold."
    Inactive "inactive" "Items have not sold for so long that there is no demand any more."
    InferredStockout "inferred-stockout"
        "Days without a sale are taken for a stock-out, and demand is filled in."
    Inherited "inherited" "The history of a predecessor or an analogue stands in for an item's own."
    InternalFault "internal-fault"
        "Our own code broke on this and a plain substitute stands in; it always turns exit code 0 \
         into 5."
    KitQuantity "kit-quantity"
        "A kit needs an impossible quantity of a component and is treated as an item of its own."
    LaneIdle "lane-idle" "A lane carries nothing: no item has both of its locations."
    LeadTimeDrift "lead-time-drift" "The latest receipts took longer or shorter than those before."
    LeastSharesExceedPool "least-shares-exceed-pool"
        "The least shares of the channels add up to more than the stock."
    LevelShift "level-shift"
        "The demand of an item stepped to another level, and what was before no longer counts."
    LocationsApart "locations-apart"
        "Tables name different places for what should lie at the same one."
    LocationsJoined "locations-joined" "Rows without a location were given the only one there is."
    LotsDated "lots-dated" "Lots without a last day of sale are dated by receipt and shelf life."
    MasterList "master-list" "Items lack something that every item should have."
    MissingTable "missing-table" "An input table is not there or empty."
    NegativeAmounts "negative-amounts"
        "Rows have units and a negative amount: refunds, perhaps, that count as sold."
    NoPrice "no-price" "An order line has no price."
    NoSupplier "no-supplier" "An item is needed and there is nobody to order it from."
    NoSupply "no-supply" "An item has no row in the supply table."
    OutsideForecast "outside-forecast" "A forecast from elsewhere is used, or does not fit."
    OverCapacity "over-capacity" "A shipment or a location has no room for all that is asked for."
    OverdueOrder "overdue-order" "An order is so late that it no longer counts as on order."
    OverrideExpired "override-expired" "An override has expired and is not used."
    OverrideUnsigned "override-unsigned" "An override has no author or no reason."
    OwedNotOrdered "owed-not-ordered" "Customers wait for units of an item that is not ordered."
    PreviousRun "previous-run" "An earlier run is damaged and tonight's was not compared with it."
    PriceTiers "price-tiers" "Several rows of one supplier are read as prices from a quantity on."
    Quarantine "quarantine" "Rows of a file could not be used and are in quarantine."
    Refit "refit" "The forecasts were not carried on from the last refit as usual."
    RefundedInPart "refunded-in-part"
        "Orders were refunded in part, nobody knows which units came back."
    RepeatedRows "repeated-rows"
        "The same rows stand twice, in one file or in several, and count once."
    ReserveExceedsPool "reserve-exceeds-pool"
        "The reserves of the channels add up to more than the stock."
    SalesStopped "sales-stopped" "A steady seller has stopped selling, and nothing says why."
    Signals "signals" "What signals from outside do to demand, and what of them is missing."
    SourceShort "source-short" "A location has less than the places that it feeds ask for."
    SpellingVariants "spelling-variants"
        "Names differ only by case, spaces or the form of an accent."
    SpendCollapsed "spend-collapsed" "Far less is ordered than in the last run."
    StaleTable "stale-table" "The newest row of a table is older than its limit."
    StampedPeriods "stamped-periods"
        "A stamp on the first day of a week or month stands for all of it."
    StockAddedUp "stock-added-up"
        "Several stock rows name the same item and location and were added up."
    StockUntracked "stock-untracked"
        "Items whose stock nobody counts: how much is there is not known."
    SupplierClosed "supplier-closed" "A supplier has no order day within two years."
    TransfersAsSales "transfers-as-sales"
        "What a location sends to places that it feeds is booked among its sales."
    UnitsMultiplied "units-multiplied"
        "Sales were multiplied by the unit of measure they are booked in."
    UnknownCurrency "unknown-currency" "A supplier's currency has no exchange rate."
    UnknownDecisions "unknown-decisions"
        "A file in the folder of decisions is none of ours and is left out."
    UnknownFile "unknown-file" "No table has the name of this file."
    UnknownSku "unknown-sku" "Items are named that the master data or the run do not know."
    UnknownSupplier "unknown-supplier" "A setting names a supplier that no table knows."
    UnmatchedColumn "unmatched-column" "A column of a file is not used."
    UnplannedItem "unplanned-item"
        "An item is named by other tables, but neither sold, in stock nor in products."
    UnreadTable "unread-table"
        "Every row of a table is in quarantine; it always turns exit code 0 into 5."
    WhoBuys "who-buys" "Another way into a location would cost clearly less a year."
} }

impl TryFrom<String> for ExceptionKind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::ALL.iter().find(|kind| kind.name() == text).copied().ok_or_else(|| {
            let mut names: Vec<&str> = Self::ALL.iter().map(|kind| kind.name()).collect();
            names.sort_unstable();
            let near = did_you_mean(&text, names.iter().copied());
            let all = names.join(", ");
            format!("no exception has the kind `{text}`{near}; the kinds are {all}")
        })
    }
}

// By name and not as declared: the lists of kinds stand in two files, and tables and pages list
// them in one alphabet.
impl Ord for ExceptionKind {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name().cmp(other.name())
    }
}

impl PartialOrd for ExceptionKind {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<ExceptionKind> for &'static str {
    fn from(kind: ExceptionKind) -> Self {
        kind.name()
    }
}

impl fmt::Display for ExceptionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

words! {
    /// What kind of thing a message is about.
    ScopeKind {
        /// An item, everywhere or at one place.
        Sku = "sku",
        Category = "category",
        Supplier = "supplier",
        /// An input table.
        Table = "table",
        /// An input file, or a file of the report.
        File = "file",
        /// The run or a part of its configuration.
        Run = "run",
    }
}

/// What was lost, added or put aside by what an [`Exception`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Effect {
    /// Units of stock or demand.
    Units(Units),
    /// The reporting currency.
    Money(Money),
    /// Rows of input.
    Rows(u64),
}

impl Effect {
    /// How much it is.
    #[must_use]
    pub fn amount(self) -> f64 {
        match self {
            Self::Units(units) => units.as_f64(),
            Self::Money(money) => money.as_f64(),
            Self::Rows(rows) => rows as f64,
        }
    }

    /// What the amount counts.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Units(_) => "units",
            Self::Money(_) => "currency",
            Self::Rows(_) => "rows",
        }
    }
}

/// What an [`Exception`] is about. Subjects are equal if they read the same, and sort as they read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Subject {
    /// An item everywhere.
    Item(String),
    /// An item at a location: `SKU1/main`.
    Pool {
        /// The item.
        sku: String,
        /// Where.
        location: String,
    },
    /// An item in a channel: `SKU1/web`.
    Series {
        /// The item.
        sku: String,
        /// Where it sells.
        channel: String,
    },
    /// All items of a category in a channel.
    Category {
        /// The category; empty for items without one.
        category: String,
        /// Where they sell.
        channel: String,
    },
    /// All that is ordered from a supplier.
    Supplier(String),
    /// An order with a supplier for a location: `ACME/main`.
    Order {
        /// Who delivers.
        supplier: String,
        /// Where to.
        location: String,
    },
    /// An input table.
    Table(String),
    /// An input file, or a file of the report.
    File(String),
    /// A part of the run or of its configuration: `purchase.budget`, `forecast`.
    Run(#[serde(deserialize_with = "words::word")] Word),
}

impl Subject {
    /// An item.
    #[must_use]
    pub fn item(names: &Names, sku: SkuId) -> Self {
        Self::Item(names.skus[sku.index()].clone())
    }

    /// An item at a location.
    #[must_use]
    pub fn pool(names: &Names, sku: SkuId, location: LocationId) -> Self {
        Self::Pool {
            sku: names.skus[sku.index()].clone(),
            location: names.locations[location.index()].clone(),
        }
    }

    /// An item in a channel.
    #[must_use]
    pub fn series(names: &Names, sku: SkuId, channel: ChannelId) -> Self {
        Self::Series {
            sku: names.skus[sku.index()].clone(),
            channel: names.channels[channel.index()].clone(),
        }
    }

    /// An order with a supplier for a location.
    #[must_use]
    pub fn order(names: &Names, supplier: SupplierId, location: LocationId) -> Self {
        Self::Order {
            supplier: names.suppliers[supplier.index()].clone(),
            location: names.locations[location.index()].clone(),
        }
    }

    /// The one item that it is about, if it is about one.
    #[must_use]
    pub fn sku(&self) -> Option<&str> {
        match self {
            Self::Item(sku) | Self::Pool { sku, .. } | Self::Series { sku, .. } => Some(sku),
            Self::Category { .. }
            | Self::Supplier(_)
            | Self::Order { .. }
            | Self::Table(_)
            | Self::File(_)
            | Self::Run(_) => None,
        }
    }

    /// Where, if it is about one location.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        match self {
            Self::Pool { location, .. } | Self::Order { location, .. } => Some(location),
            Self::Item(_)
            | Self::Series { .. }
            | Self::Category { .. }
            | Self::Supplier(_)
            | Self::Table(_)
            | Self::File(_)
            | Self::Run(_) => None,
        }
    }

    /// Where it sells, if it is about one channel.
    #[must_use]
    pub fn channel(&self) -> Option<&str> {
        match self {
            Self::Series { channel, .. } | Self::Category { channel, .. } => Some(channel),
            Self::Item(_)
            | Self::Pool { .. }
            | Self::Supplier(_)
            | Self::Order { .. }
            | Self::Table(_)
            | Self::File(_)
            | Self::Run(_) => None,
        }
    }

    /// What kind of thing it is about.
    #[must_use]
    pub fn scope_kind(&self) -> ScopeKind {
        match self {
            Self::Item(_) | Self::Pool { .. } | Self::Series { .. } => ScopeKind::Sku,
            Self::Category { .. } => ScopeKind::Category,
            Self::Supplier(_) | Self::Order { .. } => ScopeKind::Supplier,
            Self::Table(_) => ScopeKind::Table,
            Self::File(_) => ScopeKind::File,
            Self::Run(_) => ScopeKind::Run,
        }
    }

    /// The name of that thing.
    #[must_use]
    pub fn scope(&self) -> &str {
        match self {
            Self::Item(name) | Self::Supplier(name) | Self::Table(name) | Self::File(name) => name,
            Self::Pool { sku, .. } | Self::Series { sku, .. } => sku,
            Self::Category { category, .. } if category.is_empty() => "(none)",
            Self::Category { category, .. } => category,
            Self::Order { supplier, .. } => supplier,
            Self::Run(name) => name,
        }
    }

    /// Its text, in pieces.
    fn pieces(&self) -> [&str; 4] {
        match self {
            Self::Item(name) | Self::Supplier(name) | Self::Table(name) | Self::File(name) => {
                [name, "", "", ""]
            }
            Self::Run(name) => [name, "", "", ""],
            Self::Pool { sku, location } => [sku, "/", location, ""],
            Self::Series { sku, channel } => [sku, "/", channel, ""],
            Self::Order { supplier, location } => [supplier, "/", location, ""],
            Self::Category { category, channel } => {
                let category = if category.is_empty() { "(none)" } else { category };
                ["category ", category, " in channel ", channel]
            }
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces().into_iter().try_for_each(|piece| f.write_str(piece))
    }
}

impl Ord for Subject {
    fn cmp(&self, other: &Self) -> Ordering {
        let (ours, theirs) = (self.pieces(), other.pieces());
        ours.iter().flat_map(|p| p.bytes()).cmp(theirs.iter().flat_map(|p| p.bytes()))
    }
}

impl PartialOrd for Subject {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Subject {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Subject {}

/// One item, table or channel that could not be done as usual: a row of `exceptions.parquet`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Exception {
    /// How much it matters.
    pub severity: Severity,
    /// What kind of trouble it is.
    pub kind: ExceptionKind,
    /// What it is about.
    pub about: Subject,
    /// What happened.
    pub what: String,
    /// Why, and what it costs.
    pub why: String,
    /// The same as a number, where it can be told.
    pub effect: Option<Effect>,
}

impl Exception {
    /// All five fields in order.
    pub fn new(
        severity: Severity,
        kind: ExceptionKind,
        about: Subject,
        what: impl Into<String>,
        why: impl Into<String>,
    ) -> Self {
        Self { severity, kind, about, what: what.into(), why: why.into(), effect: None }
    }

    /// The same, with its effect as a number.
    #[must_use]
    pub fn with_effect(self, effect: Effect) -> Self {
        Self { effect: Some(effect), ..self }
    }

    /// A fault of our own that cost something its first choice.
    pub fn internal(about: Subject, what: impl Into<String>, fault: &Fault) -> Self {
        let why = format!("our fault, please report it: {fault}");
        Self::new(Severity::Error, ExceptionKind::InternalFault, about, what, why)
    }
}

/// One rejected input row: a row of `quarantine.parquet`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Quarantined {
    /// File name, relative to the data folder.
    pub file: String,
    /// Line in the file (the header is line 1), or row number in a Parquet file.
    pub line: u64,
    /// The column at fault.
    pub column: String,
    /// What stood there.
    pub value: String,
    /// What was expected.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_both_lists_sort_in_one_alphabet_and_no_two_share_a_name() {
        let mut kinds = ExceptionKind::ALL.to_vec();
        kinds.sort_unstable();
        let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        assert!(ExceptionKind::Budget < ExceptionKind::CellTarget, "the first list is not first");
    }

    #[test]
    fn an_unknown_kind_is_refused_with_the_nearest_and_all_that_exist() {
        let refused = ExceptionKind::try_from("stale-tabel".to_owned()).unwrap_err();
        let expected =
            "no exception has the kind `stale-tabel`, did you mean `stale-table`?; the kinds are ";
        assert!(refused.starts_with(expected), "{refused}");
        assert!(refused.ends_with("unread-table, who-buys"), "{refused}");
    }

    #[test]
    fn subjects_sort_as_they_read() {
        let pool = Subject::Pool { sku: "A".into(), location: "b".into() };
        assert_eq!(pool.to_string(), "A/b");
        assert!(pool < Subject::Item("A0".into()) && pool > Subject::Item("A b".into()));
        let none = Subject::Category { category: String::new(), channel: "web".into() };
        assert_eq!(none.to_string(), "category (none) in channel web");
    }
}

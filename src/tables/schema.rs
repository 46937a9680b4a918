//! The columns of every output table: name, type, unit and meaning, in order. `tests/snapshots` holds them fast: removing or
//! retyping one breaks readers and needs a new [`crate::store::SCHEMA_VERSION`].

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

/// Type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8.
    Text,
    /// Calendar date.
    Date,
    /// 64-bit float.
    Real,
    /// 32-bit float.
    Real32,
    /// 64-bit integer.
    Whole,
    /// Decimal with 18 digits, 4 of them after the point.
    Money,
    /// True or false.
    Flag,
}

impl Kind {
    pub(crate) fn arrow(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Date => DataType::Date32,
            Self::Real => DataType::Float64,
            Self::Real32 => DataType::Float32,
            Self::Whole => DataType::Int64,
            Self::Money => DataType::Decimal128(18, 4),
            Self::Flag => DataType::Boolean,
        }
    }
}

/// One column of an output table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Whether a value may be missing.
    pub optional: bool,
    /// Unit of its values; empty for names and labels.
    pub unit: &'static str,
    /// What it says.
    pub meaning: &'static str,
}

/// One output table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// `tables/<name>.parquet`.
    pub name: &'static str,
    /// In order.
    pub columns: &'static [Column],
}

impl Table {
    /// Path in the run folder.
    #[must_use]
    pub fn path(&self) -> String {
        format!("tables/{}.parquet", self.name)
    }

    /// Arrow schema, unit and meaning as field metadata.
    pub(crate) fn schema(&self) -> SchemaRef {
        let field = |c: &Column| {
            let told = [("unit", c.unit), ("meaning", c.meaning)]
                .into_iter()
                .filter(|(_, text)| !text.is_empty());
            let told: HashMap<String, String> =
                told.map(|(k, v)| (k.to_string(), v.to_string())).collect();
            Field::new(c.name, c.kind.arrow(), c.optional).with_metadata(told)
        };
        Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }

    /// Position of a column.
    ///
    /// # Panics
    /// If the table has no such column: names are written in this crate.
    #[must_use]
    pub fn position(&self, column: &str) -> usize {
        self.columns.iter().position(|c| c.name == column).expect("a column of the table")
    }
}

/// Every schema as text, one column a line: what the snapshot test compares.
#[must_use]
pub fn describe() -> String {
    let mut text = format!("schema_version {}\n", crate::store::SCHEMA_VERSION);
    for table in TABLES {
        let _ = writeln!(text, "\n{}", table.name);
        for c in table.columns {
            let optional = if c.optional { "?" } else { "" };
            let _ = writeln!(
                text,
                "  {}: {:?}{optional} [{}] {}",
                c.name,
                c.kind.arrow(),
                c.unit,
                c.meaning
            );
        }
    }
    text
}

const fn column(
    name: &'static str,
    kind: Kind,
    unit: &'static str,
    meaning: &'static str,
) -> Column {
    Column { name, kind, optional: false, unit, meaning }
}

const fn maybe(
    name: &'static str,
    kind: Kind,
    unit: &'static str,
    meaning: &'static str,
) -> Column {
    Column { name, kind, optional: true, unit, meaning }
}

use Kind::{Date, Flag, Money, Real, Real32, Text, Whole};

const SKU: Column = column("sku", Text, "", "item");
const CHANNEL: Column = column("channel", Text, "", "sales channel");
const LOCATION: Column = column("location", Text, "", "where the stock lies");
const PERIOD: Column = column("period_start", Date, "", "first day of the period");

/// Every output table.
pub const TABLES: [Table; 17] = [
    FORECAST,
    DEMAND,
    CLASSIFICATION,
    POLICY,
    RECOMMENDATIONS,
    ORDERS,
    OPEN_ORDERS,
    TRANSFERS,
    ALLOCATION,
    FINDINGS,
    ACCURACY,
    METHODS,
    STEPS,
    INDICATORS,
    EXCEPTIONS,
    QUARANTINE,
    CHANGES,
];

/// Forecast: one row a series and period.
pub const FORECAST: Table = Table {
    name: "forecast",
    columns: &[
        SKU,
        CHANNEL,
        LOCATION,
        PERIOD,
        column("mean", Real32, "units", "expected demand of the period"),
        column("q05", Real32, "units", "5 % quantile"),
        column("q10", Real32, "units", "10 % quantile"),
        column("q25", Real32, "units", "25 % quantile"),
        column("q50", Real32, "units", "median"),
        column("q75", Real32, "units", "75 % quantile"),
        column("q90", Real32, "units", "90 % quantile"),
        column("q95", Real32, "units", "95 % quantile"),
        column("q99", Real32, "units", "99 % quantile"),
        column("method", Text, "", "method or combination chosen"),
    ],
};

/// Demand: one row a series and period of history.
pub const DEMAND: Table = Table {
    name: "demand",
    columns: &[
        SKU,
        CHANNEL,
        LOCATION,
        PERIOD,
        column("gross", Real32, "units", "sold"),
        column("returns", Real32, "units", "came back in the period"),
        column("net", Real32, "units", "gross - returns; may be negative"),
        column(
            "cleaned",
            Real32,
            "units",
            "gross demand with outliers capped and censored periods estimated",
        ),
        column(
            "flags",
            Text,
            "",
            "stockout, inferred-stockout, promotion, outlier, returned, inactive, joined by |; empty for none",
        ),
    ],
};

/// Classes: one row a pool.
pub const CLASSIFICATION: Table = Table {
    name: "classification",
    columns: &[
        SKU,
        LOCATION,
        maybe("abc", Text, "", "A, B, C by cumulative value; missing under 30 items"),
        maybe("xyz", Text, "", "X, Y, Z by variability; missing without enough history"),
        column("pattern", Text, "", "smooth, intermittent, erratic, lumpy, none"),
        column("velocity", Text, "", "fast, medium, slow, none"),
        column(
            "lifecycle",
            Text,
            "",
            "new, launch, active, phase-out, obsolete, inactive, superseded",
        ),
        column("rationalisation", Text, "", "winner, steady, watch, deadstock"),
        column("adi", Real, "periods", "average demand interval"),
        column("cv2", Real, "ratio", "squared coefficient of variation of non-zero demand"),
        column("cv", Real, "ratio", "coefficient of variation of deseasonalised demand"),
        column("value_share", Real, "share", "share of the value that ABC is cut on"),
        column("take_action", Flag, "", "no sale for 90 days with stock on hand"),
        column("velocity_per_day", Real, "units/day", "net of returns, stock-outs censored"),
        maybe("days_of_cover", Real, "days", "days the available stock lasts"),
        column("revenue_per_month", Real, "currency", "net revenue a month"),
        column("cash_freed", Money, "currency", "cash tied up in a pool worth culling"),
    ],
};

/// Inventory policy: one row a pool.
pub const POLICY: Table = Table {
    name: "policy",
    columns: &[
        SKU,
        LOCATION,
        column("lead_time_mean", Real, "days", "mean lead time"),
        column("lead_time_sd", Real, "days", "standard deviation of the lead time"),
        column("review_period", Real, "days", "days between reviews"),
        column("protection_mean", Real, "units", "expected net demand over lead time + review"),
        column("protection_sd", Real, "units", "standard deviation of that demand"),
        column("service_target", Real, "share", "cycle service or fill rate aimed at"),
        column("method", Text, "", "how the safety stock was sized"),
        column("safety_stock", Real, "units", "stock held above expected demand"),
        column("reorder_point", Real, "units", "order when the position is at or below it"),
        column("order_up_to", Real, "units", "order up to it"),
        maybe("eoq", Real, "units", "economic order quantity"),
        column("lead_time_max", Real, "days", "longest lead time planned for"),
        column("lead_time_source", Text, "", "where the lead time comes from"),
    ],
};

/// Recommendations: one row a pool and supplier line.
pub const RECOMMENDATIONS: Table = Table {
    name: "recommendations",
    columns: &[
        SKU,
        LOCATION,
        column(
            "recommendation_id",
            Text,
            "",
            "the same for the same night, item, location and supplier",
        ),
        column(
            "status",
            Text,
            "",
            "stocked-out, will-stock-out, order-now, soon, ok, excess, held",
        ),
        column("urgency", Real, "0-100", "for sorting: 100 is now"),
        maybe("order_by", Date, "", "latest order date that still arrives in time"),
        maybe("expected_arrival", Date, "", "when an order placed on the order date arrives"),
        column("inventory_position", Whole, "units", "available + on order - backorders"),
        maybe("stockout_date", Date, "", "first day the projected stock is gone"),
        column("need", Real, "units", "unrounded need"),
        column("quantity", Whole, "units", "to order: 0, or at least the minimum and whole packs"),
        column("unit_cost", Money, "currency", "price of one unit"),
        column("landed_unit_cost", Money, "currency", "price, freight, duty and fees of one unit"),
        column("value", Money, "currency", "quantity x unit cost"),
        column(
            "value_at_risk",
            Money,
            "currency",
            "margin expected to be lost if nothing is ordered now",
        ),
        maybe("supplier", Text, "", "from whom"),
        column("reason", Text, "", "why this number"),
        column(
            "binding",
            Text,
            "",
            "the constraint that binds: minimum, pack, maximum, budget, ...",
        ),
        column("on_hand", Whole, "units", "in the location"),
        column("available", Whole, "units", "on hand - committed - damaged - returns pending"),
        column("on_order", Whole, "units", "open orders due inside the horizon"),
        column(
            "stockout_probability",
            Real,
            "probability",
            "of running out before an order placed today arrives",
        ),
    ],
};

/// Draft purchase orders: one row a supplier and ship-to.
pub const ORDERS: Table = Table {
    name: "orders",
    columns: &[
        column("supplier", Text, "", "from whom"),
        LOCATION,
        column("lines", Whole, "", "recommendations it takes up"),
        column("order_date", Date, "", "the next day the supplier takes orders"),
        column("expected_arrival", Date, "", "when the last line arrives"),
        column("units", Whole, "units", "of all lines"),
        column("value", Money, "currency", "quantity x unit cost of all lines"),
        column("freight", Money, "currency", "freight of the order; 0 when free or unknown"),
        column("landed_value", Money, "currency", "quantity x landed unit cost of all lines"),
        maybe("minimum_value", Money, "currency", "the supplier's least order value"),
    ],
};

/// Orders already placed that should move: one row an order line.
pub const OPEN_ORDERS: Table = Table {
    name: "open_orders",
    columns: &[
        SKU,
        LOCATION,
        column("order_id", Text, "", "number of the purchase order"),
        maybe("supplier", Text, "", "from whom"),
        column("action", Text, "", "expedite, push-out, cancel"),
        column("quantity", Whole, "units", "units it concerns"),
        maybe("expected", Date, "", "when it is expected now"),
        maybe("proposed", Date, "", "the date to ask for; missing for a cancellation"),
        column(
            "value",
            Money,
            "currency",
            "margin saved, carrying cost saved, or purchase value cancelled",
        ),
        column("reason", Text, "", "why"),
    ],
};

/// Units to move between locations: one row an item and pair.
pub const TRANSFERS: Table = Table {
    name: "transfers",
    columns: &[
        SKU,
        column("from", Text, "", "location in excess"),
        column("to", Text, "", "location that runs out"),
        column("quantity", Whole, "units", "to move"),
        column("value", Money, "currency", "margin saved less the cost of moving"),
        column("reason", Text, "", "why"),
    ],
};

/// Facts about the channels of an item that someone should look at.
pub const FINDINGS: Table = Table {
    name: "findings",
    columns: &[
        SKU,
        maybe("channel", Text, "", "sales channel; missing for all of them"),
        maybe("location", Text, "", "where the stock lies; missing for all of them"),
        column("kind", Text, "", "exposure, imbalance, stranded, too-many-channels"),
        column("units", Real, "units", "listed beyond stock, short, stranded, saved"),
        column("value", Money, "currency", "the same in money"),
        column("reason", Text, "", "why"),
    ],
};

/// Allocation: one row an item, channel and location.
pub const ALLOCATION: Table = Table {
    name: "allocation",
    columns: &[
        SKU,
        CHANNEL,
        LOCATION,
        column("share", Real, "share", "share of the pool"),
        column("allocated", Whole, "units", "for the channel, reserved units included"),
        column("reserved", Whole, "units", "reserved before sharing"),
        column("buffer", Whole, "units", "held back from publication"),
        column("published", Whole, "units", "max(0, allocated - buffer)"),
        column("action", Text, "", "publish, alert, pause, resume"),
        column(
            "oversell_risk",
            Real,
            "probability",
            "that demand before the next sync exceeds the published quantity",
        ),
        column("valid_until", Date, "", "not to be used after this day"),
        column("velocity", Real, "units/day", "expected demand in the channel"),
        maybe("listed", Whole, "units", "what the channel shows now"),
        column("reason", Text, "", "why it moved, or why it is what it is"),
    ],
};

/// Accuracy: one row a series and method.
pub const ACCURACY: Table = Table {
    name: "accuracy",
    columns: &[
        SKU,
        CHANNEL,
        LOCATION,
        column("method", Text, "", "forecast method"),
        column("wape", Real, "ratio", "sum of absolute errors / sum of actuals"),
        column("bias", Real, "ratio", "sum of (forecast - actual) / sum of actuals"),
        column("mase", Real, "ratio", "mean absolute error / that of the in-sample seasonal naive"),
        column("rmsse", Real, "ratio", "root mean squared error / that of the in-sample naive"),
        maybe("pinball", Real, "ratio", "mean scaled pinball loss over the published quantiles"),
        column("horizon", Whole, "periods", "periods ahead"),
        column("chosen", Flag, "", "whether it made the published forecast"),
    ],
};

/// Chosen methods: one row a series.
pub const METHODS: Table = Table {
    name: "methods",
    columns: &[
        SKU,
        CHANNEL,
        LOCATION,
        column("method", Text, "", "method or combination chosen"),
        column("reason", Text, "", "why it was chosen, with figures"),
    ],
};

/// The arithmetic of policies and recommendations: one row a step.
pub const STEPS: Table = Table {
    name: "steps",
    columns: &[
        SKU,
        LOCATION,
        maybe(
            "recommendation_id",
            Text,
            "",
            "the recommendation explained; missing for a step of the policy",
        ),
        column("step", Whole, "", "position in the explanation"),
        column("name", Text, "", "what is computed"),
        column("formula", Text, "", "over the inputs and earlier steps"),
        column("inputs", Text, "", "name=value, joined by ;"),
        column("value", Real, "", "the result"),
        column("unit", Text, "", "unit of the result"),
        column("note", Text, "", "in words"),
    ],
};

/// Indicators: one row an indicator and scope.
pub const INDICATORS: Table = Table {
    name: "indicators",
    columns: &[
        column("indicator", Text, "", "turnover, dio, ..."),
        column("scope", Text, "", "all, channel:web, class:A, ..."),
        maybe("value", Real, "", "numerator / denominator, scaled to the unit"),
        column("numerator", Real, "", "its numerator"),
        column("denominator", Real, "", "its denominator"),
        column("unit", Text, "", "ratio, days, percent, units, currency, weeks"),
        column("estimated", Flag, "", "whether an input was estimated"),
    ],
};

/// What fell back: one row an item, table or channel.
pub const EXCEPTIONS: Table = Table {
    name: "exceptions",
    columns: &[
        column("kind", Text, "", "stable word for the kind"),
        column("severity", Text, "", "info, warning, error"),
        column("key", Text, "", "what it is about"),
        column("what", Text, "", "what happened"),
        column("why", Text, "", "why, and what it costs"),
    ],
};

/// Rejected input rows.
pub const QUARANTINE: Table = Table {
    name: "quarantine",
    columns: &[
        column("file", Text, "", "input file"),
        column("line", Whole, "", "line in it, the header being line 1"),
        column("column", Text, "", "the column at fault"),
        column("value", Text, "", "what stood there"),
        column("reason", Text, "", "what was expected"),
    ],
};

/// What changed since the last run.
pub const CHANGES: Table = Table {
    name: "changes",
    columns: &[
        column("key", Text, "", "item/location, or wider"),
        column("field", Text, "", "which field moved"),
        column("before", Text, "", "the last run's value"),
        column("after", Text, "", "this run's value"),
        column("cause", Text, "", "why, with the share of each cause"),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_names_are_distinct_within_a_table() {
        for table in TABLES {
            let mut names: Vec<_> = table.columns.iter().map(|c| c.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), table.columns.len(), "{}", table.name);
        }
    }
}

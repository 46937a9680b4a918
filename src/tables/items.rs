//! What each item at each location is, and what steers it.

use crate::domain::classes::{AbcClass, XyzClass};
use crate::domain::outcome::{Classification, Policy};
use crate::explain::Unit;
use crate::tables::table::{
    Table, flag, location, money, optional_real, optional_text, real, sku, text,
};

/// Classes: one row a pool.
pub static CLASSIFICATION: Table<Classification> = Table {
    name: "classification",
    rows: |results| (&results.outcome.classification).into(),
    columns: &[
        sku(|row| row.sku),
        location(|row| row.location),
        optional_text("abc", "A, B, C by cumulative value; missing under 30 items", |row| {
            row.abc.map(AbcClass::name)
        }),
        optional_text("xyz", "X, Y, Z by variability; missing without enough history", |row| {
            row.xyz.map(XyzClass::name)
        }),
        text("pattern", "smooth, intermittent, erratic, lumpy, none", |row| row.pattern.name()),
        text("velocity", "fast, medium, slow, none", |row| row.velocity.name()),
        text(
            "lifecycle",
            "new, launch, active, phase-out, obsolete, inactive, superseded",
            |row| row.lifecycle.name(),
        ),
        text("rationalisation", "winner, steady, watch, deadstock", |row| {
            row.rationalisation.name()
        }),
        real("adi", "average demand interval", Unit::Periods, |row| row.adi),
        real("cv2", "squared coefficient of variation of non-zero demand", Unit::Ratio, |row| {
            row.cv2
        }),
        real("cv", "coefficient of variation of deseasonalised demand", Unit::Ratio, |row| row.cv),
        real("value_share", "share of the value that ABC is cut on", Unit::Share, |row| {
            row.value_share
        }),
        flag("take_action", "no sale for 90 days with stock on hand", |row| row.take_action),
        real("velocity_per_day", "net of returns, stock-outs censored", Unit::UnitsPerDay, |row| {
            row.velocity_per_day
        }),
        optional_real("days_of_cover", "days the available stock lasts", Unit::Days, |row| {
            row.days_of_cover
        }),
        real("revenue_per_month", "net revenue a month", Unit::Currency, |row| {
            row.revenue_per_month
        }),
        money("cash_freed", "cash tied up in a pool worth culling", |row| row.cash_freed),
    ],
};

/// Inventory policy: one row a pool.
pub static POLICY: Table<Policy> = Table {
    name: "policy",
    rows: |results| (&results.outcome.policy).into(),
    columns: &[
        sku(|row| row.sku),
        location(|row| row.location),
        real("lead_time_mean", "mean lead time", Unit::Days, |row| row.lead_time_mean),
        real("lead_time_sd", "standard deviation of the lead time", Unit::Days, |row| {
            row.lead_time_sd
        }),
        real("review_period", "days between reviews", Unit::Days, |row| row.review_period),
        real(
            "protection_mean",
            "expected net demand over lead time + review",
            Unit::Units,
            |row| row.protection_mean,
        ),
        real("protection_sd", "standard deviation of that demand", Unit::Units, |row| {
            row.protection_sd
        }),
        real("service_target", "cycle service or fill rate aimed at", Unit::Share, |row| {
            row.service_target
        }),
        text("method", "how the safety stock was sized", |row| row.method.name()),
        real("safety_stock", "stock held above expected demand", Unit::Units, |row| {
            row.safety_stock
        }),
        real("reorder_point", "order when the position is at or below it", Unit::Units, |row| {
            row.reorder_point
        }),
        real("order_up_to", "order up to it", Unit::Units, |row| row.order_up_to),
        optional_real("eoq", "economic order quantity", Unit::Units, |row| row.eoq),
        real("lead_time_max", "longest lead time planned for", Unit::Days, |row| row.lead_time_max),
        text("lead_time_source", "where the lead time comes from", |row| &row.lead_time_source),
    ],
};

//! What each item at each location is, and what steers it.

use crate::domain::classes::{
    AbcClass, DemandPattern, Lifecycle, PolicyMethod, Rationalisation, VelocityClass, XyzClass,
};
use crate::domain::outcome::{Classification, Policy};
use crate::explain::Unit::{Currency, Days, Periods, Ratio, Share, Units, UnitsPerDay};
use crate::tables::table::{
    Table, flag, location, money, one_of, optional_date, optional_real, optional_text, real, sku,
    text,
};

/// Classes: one row a pool.
pub static CLASSIFICATION: Table<Classification> = Table {
    name: "classification",
    rows: |results| (&results.outcome.classification).into(),
    columns: &[
        sku(|r| r.sku),
        location(|r| r.location),
        one_of(
            AbcClass::NAMES,
            optional_text("abc", "A, B, C by cumulative value; missing under 30 items", |r| {
                r.abc.map(AbcClass::name)
            }),
        ),
        one_of(
            XyzClass::NAMES,
            optional_text("xyz", "X, Y, Z by variability; missing without enough history", |r| {
                r.xyz.map(XyzClass::name)
            }),
        ),
        one_of(
            DemandPattern::NAMES,
            text("pattern", "how often and how unevenly it sells", |r| r.pattern.name()),
        ),
        one_of(VelocityClass::NAMES, text("velocity", "how fast it sells", |r| r.velocity.name())),
        one_of(
            Lifecycle::NAMES,
            text("lifecycle", "where it is in its life", |r| r.lifecycle.name()),
        ),
        one_of(
            Rationalisation::NAMES,
            text("rationalisation", "whether it earns its place", |r| r.rationalisation.name()),
        ),
        real("adi", "average demand interval", Periods, |r| r.adi),
        real("cv2", "squared coefficient of variation of non-zero demand", Ratio, |r| r.cv2),
        real("cv", "coefficient of variation of demand as sold, by weeks", Ratio, |r| r.cv),
        real("value_share", "share of the value that ABC is cut on", Share, |r| r.value_share),
        flag("take_action", "no sale for 90 days with stock on hand", |r| r.take_action),
        real("velocity_per_day", "net of returns, stock-outs censored", UnitsPerDay, |r| {
            r.velocity_per_day
        }),
        optional_real("days_of_cover", "days the available stock lasts", Days, |r| r.days_of_cover),
        real("revenue_per_month", "net revenue a month", Currency, |r| r.revenue_per_month),
        money("cash_freed", "cash tied up in a pool worth culling", |r| r.cash_freed),
    ],
};

/// Inventory policy: one row a pool.
pub static POLICY: Table<Policy> = Table {
    name: "policy",
    rows: |results| (&results.outcome.policy).into(),
    columns: &[
        sku(|r| r.sku),
        location(|r| r.location),
        real("lead_time_mean", "mean lead time", Days, |r| r.lead_time_mean),
        real("lead_time_sd", "standard deviation of the lead time", Days, |r| r.lead_time_sd),
        real("review_period", "days between reviews", Days, |r| r.review_period),
        real("protection_mean", "expected net demand over lead time + review", Units, |r| {
            r.protection_mean
        }),
        real("protection_sd", "standard deviation of that demand", Units, |r| r.protection_sd),
        real("service_target", "cycle service or fill rate aimed at", Share, |r| r.service_target),
        one_of(
            PolicyMethod::NAMES,
            text("method", "how the safety stock was sized", |r| r.method.name()),
        ),
        real("safety_stock", "stock held above expected demand", Units, |r| r.safety_stock),
        real("reorder_point", "order when the position is at or below it", Units, |r| {
            r.reorder_point
        }),
        real("order_up_to", "order up to it", Units, |r| r.order_up_to),
        optional_real("eoq", "economic order quantity", Units, |r| r.eoq),
        real("lead_time_max", "longest lead time planned for", Days, |r| r.lead_time_max),
        text("lead_time_source", "where the lead time comes from", |r| &r.lead_time_source),
        optional_real(
            "echelon_position",
            "of a source: its stock, what is on its way, and the positions of all that it feeds",
            Units,
            |r| r.echelon.map(|echelon| echelon.position),
        ),
        optional_real(
            "echelon_reorder_point",
            "of a source: it buys when the echelon's position is below",
            Units,
            |r| r.echelon.map(|echelon| echelon.reorder_point),
        ),
        optional_real(
            "echelon_order_up_to",
            "of a source: it buys up to this echelon position",
            Units,
            |r| r.echelon.map(|echelon| echelon.order_up_to),
        ),
        optional_date("next_arrival", "in a network: when the next delivery comes", |r| {
            r.next_arrival
        }),
    ],
};

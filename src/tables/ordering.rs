//! What to order, what to do about what is on its way, and what to move instead.

use crate::domain::outcome::{DraftOrder, OpenOrderAdvice, Recommendation, Transfer};
use crate::explain::Unit::{Probability, Units, UpToHundred};
use crate::tables::table::{
    Table, count, date, location, money, optional_date, optional_money, optional_text, place, real,
    sku, text, units,
};

/// Recommendations: one row a pool and supplier line.
pub static RECOMMENDATIONS: Table<Recommendation> = Table {
    name: "recommendations",
    rows: |results| (&results.outcome.recommendations).into(),
    columns: &[
        sku(|r| r.sku),
        location(|r| r.location),
        text(
            "recommendation_id",
            "the same for the same night, item, location and supplier",
            |r| &r.id,
        ),
        text("status", "stocked-out, will-stock-out, order-now, soon, ok, excess, held", |r| {
            r.status.name()
        }),
        real("urgency", "for sorting: 100 is now", UpToHundred, |r| r.urgency),
        optional_date("order_by", "latest order date that still arrives in time", |r| r.order_by),
        optional_date("expected_arrival", "when an order placed on the order date arrives", |r| {
            r.expected_arrival
        }),
        units("inventory_position", "available + on order - backorders", |r| r.inventory_position),
        optional_date("stockout_date", "first day the projected stock is gone", |r| {
            r.stockout_date
        }),
        real("need", "unrounded need", Units, |r| r.need),
        units("quantity", "to order: 0, or at least the minimum and whole packs", |r| r.quantity),
        money("unit_cost", "price of one unit", |r| r.unit_cost),
        money("landed_unit_cost", "price, freight, duty and fees of one unit", |r| {
            r.landed_unit_cost
        }),
        money("value", "quantity x unit cost", |r| r.value),
        money("value_at_risk", "margin expected to be lost if nothing is ordered now", |r| {
            r.value_at_risk
        }),
        optional_text("supplier", "from whom", |r| {
            r.supplier.map(|supplier| r.names().supplier(supplier))
        }),
        text("reason", "why this number", |r| &r.reason),
        text("binding", "the constraint that binds: minimum, pack, maximum, budget, ...", |r| {
            &r.binding
        }),
        units("on_hand", "in the location", |r| r.on_hand),
        units("available", "on hand - committed - damaged - returns pending", |r| r.available),
        units("on_order", "open orders due inside the horizon", |r| r.on_order),
        real(
            "stockout_probability",
            "of running out before an order placed today arrives",
            Probability,
            |r| r.stockout_probability,
        ),
    ],
};

/// Draft purchase orders: one row a supplier and ship-to.
pub static ORDERS: Table<DraftOrder> = Table {
    name: "orders",
    rows: |results| (&results.outcome.orders).into(),
    columns: &[
        text("supplier", "from whom", |r| r.names().supplier(r.supplier)),
        location(|r| r.location),
        count("lines", "recommendations it takes up", |r| r.lines.len() as i64),
        date("order_date", "the next day the supplier takes orders", |r| r.order_date),
        date("expected_arrival", "when the last line arrives", |r| r.expected_arrival),
        units("units", "of all lines", |r| r.units),
        money("value", "quantity x unit cost of all lines", |r| r.value),
        money("freight", "freight of the order; 0 when free or unknown", |r| r.freight),
        money("landed_value", "quantity x landed unit cost of all lines", |r| r.landed_value),
        optional_money("minimum_value", "the supplier's least order value", |r| r.minimum_value),
    ],
};

/// Orders already placed that should move: one row an order line.
pub static OPEN_ORDERS: Table<OpenOrderAdvice> = Table {
    name: "open_orders",
    rows: |results| (&results.outcome.open_orders).into(),
    columns: &[
        sku(|r| r.sku),
        location(|r| r.location),
        text("order_id", "number of the purchase order", |r| &r.order_id),
        optional_text("supplier", "from whom", |r| {
            r.supplier.map(|supplier| r.names().supplier(supplier))
        }),
        text("action", "expedite, push-out, cancel", |r| r.action.name()),
        units("quantity", "units it concerns", |r| r.quantity),
        optional_date("expected", "when it is expected now", |r| r.expected),
        optional_date("proposed", "the date to ask for; missing for a cancellation", |r| {
            r.proposed
        }),
        money("value", "margin saved, carrying cost saved, or purchase value cancelled", |r| {
            r.value
        }),
        text("reason", "why", |r| &r.reason),
    ],
};

/// Units to move between locations: one row an item and pair.
pub static TRANSFERS: Table<Transfer> = Table {
    name: "transfers",
    rows: |results| (&results.outcome.transfers).into(),
    columns: &[
        sku(|r| r.sku),
        place("from", "location in excess", |r| r.from),
        place("to", "location that runs out", |r| r.to),
        units("quantity", "to move", |r| r.quantity),
        money("value", "margin saved less the cost of moving", |r| r.value),
        text("reason", "why", |r| &r.reason),
    ],
};

//! What to order, what to do about what is on its way, and what to move instead.

use crate::domain::outcome::{DraftOrder, OpenOrderAdvice, Recommendation, Transfer};
use crate::explain::Unit;
use crate::tables::table::{
    Table, count, date, location, money, optional_date, optional_money, optional_text, place, real,
    sku, text, units,
};

/// Recommendations: one row a pool and supplier line.
pub static RECOMMENDATIONS: Table<Recommendation> = Table {
    name: "recommendations",
    rows: |results| (&results.outcome.recommendations).into(),
    columns: &[
        sku(|row| row.sku),
        location(|row| row.location),
        text(
            "recommendation_id",
            "the same for the same night, item, location and supplier",
            |row| &row.id,
        ),
        text("status", "stocked-out, will-stock-out, order-now, soon, ok, excess, held", |row| {
            row.status.name()
        }),
        real("urgency", "for sorting: 100 is now", Unit::UpToHundred, |row| row.urgency),
        optional_date("order_by", "latest order date that still arrives in time", |row| {
            row.order_by
        }),
        optional_date(
            "expected_arrival",
            "when an order placed on the order date arrives",
            |row| row.expected_arrival,
        ),
        units("inventory_position", "available + on order - backorders", |row| {
            row.inventory_position
        }),
        optional_date("stockout_date", "first day the projected stock is gone", |row| {
            row.stockout_date
        }),
        real("need", "unrounded need", Unit::Units, |row| row.need),
        units("quantity", "to order: 0, or at least the minimum and whole packs", |row| {
            row.quantity
        }),
        money("unit_cost", "price of one unit", |row| row.unit_cost),
        money("landed_unit_cost", "price, freight, duty and fees of one unit", |row| {
            row.landed_unit_cost
        }),
        money("value", "quantity x unit cost", |row| row.value),
        money("value_at_risk", "margin expected to be lost if nothing is ordered now", |row| {
            row.value_at_risk
        }),
        optional_text("supplier", "from whom", |row| {
            row.supplier.map(|supplier| row.supplier_name(supplier))
        }),
        text("reason", "why this number", |row| &row.reason),
        text("binding", "the constraint that binds: minimum, pack, maximum, budget, ...", |row| {
            &row.binding
        }),
        units("on_hand", "in the location", |row| row.on_hand),
        units("available", "on hand - committed - damaged - returns pending", |row| row.available),
        units("on_order", "open orders due inside the horizon", |row| row.on_order),
        real(
            "stockout_probability",
            "of running out before an order placed today arrives",
            Unit::Probability,
            |row| row.stockout_probability,
        ),
    ],
};

/// Draft purchase orders: one row a supplier and ship-to.
pub static ORDERS: Table<DraftOrder> = Table {
    name: "orders",
    rows: |results| (&results.outcome.orders).into(),
    columns: &[
        text("supplier", "from whom", |row| row.supplier_name(row.supplier)),
        location(|row| row.location),
        count("lines", "recommendations it takes up", |row| row.lines.len() as i64),
        date("order_date", "the next day the supplier takes orders", |row| row.order_date),
        date("expected_arrival", "when the last line arrives", |row| row.expected_arrival),
        units("units", "of all lines", |row| row.units),
        money("value", "quantity x unit cost of all lines", |row| row.value),
        money("freight", "freight of the order; 0 when free or unknown", |row| row.freight),
        money("landed_value", "quantity x landed unit cost of all lines", |row| row.landed_value),
        optional_money("minimum_value", "the supplier's least order value", |row| {
            row.minimum_value
        }),
    ],
};

/// Orders already placed that should move: one row an order line.
pub static OPEN_ORDERS: Table<OpenOrderAdvice> = Table {
    name: "open_orders",
    rows: |results| (&results.outcome.open_orders).into(),
    columns: &[
        sku(|row| row.sku),
        location(|row| row.location),
        text("order_id", "number of the purchase order", |row| &row.order_id),
        optional_text("supplier", "from whom", |row| {
            row.supplier.map(|supplier| row.supplier_name(supplier))
        }),
        text("action", "expedite, push-out, cancel", |row| row.action.name()),
        units("quantity", "units it concerns", |row| row.quantity),
        optional_date("expected", "when it is expected now", |row| row.expected),
        optional_date("proposed", "the date to ask for; missing for a cancellation", |row| {
            row.proposed
        }),
        money("value", "margin saved, carrying cost saved, or purchase value cancelled", |row| {
            row.value
        }),
        text("reason", "why", |row| &row.reason),
    ],
};

/// Units to move between locations: one row an item and pair.
pub static TRANSFERS: Table<Transfer> = Table {
    name: "transfers",
    rows: |results| (&results.outcome.transfers).into(),
    columns: &[
        sku(|row| row.sku),
        place("from", "location in excess", |row| row.from),
        place("to", "location that runs out", |row| row.to),
        units("quantity", "to move", |row| row.quantity),
        money("value", "margin saved less the cost of moving", |row| row.value),
        text("reason", "why", |row| &row.reason),
    ],
};

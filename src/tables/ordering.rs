//! What to order, what to do about what is on its way, and what to move instead.

use crate::domain::outcome::{
    DraftOrder, OpenOrderAction, OpenOrderAdvice, Recommendation, RecommendationKind, Status,
    Transfer,
};
use crate::domain::units::{Money, SupplierId};
use crate::explain::Unit::{Probability, Units, UpToHundred};
use crate::tables::table::{
    Row, Table, count, date, location, made_text, money, one_of, optional_count, optional_date,
    optional_money, optional_text, optional_units, place, real, sku, text, units,
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
        count("line", "1 is the main line of the item and location", |r| i64::from(r.line)),
        one_of(Status::NAMES, text("status", "what to do about the stock", |r| r.status.name())),
        real("urgency", "for sorting: 100 is now", UpToHundred, |r| r.urgency),
        optional_date("order_by", "latest order date that still arrives in time", |r| r.order_by),
        optional_date("order_date", "next day the supplier takes orders", |r| r.order_date),
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
        optional_text("supplier_sku", SUPPLIER_SKU, |r| r.supplier_sku()),
        optional_text("supplier_currency", "currency code of the supplier's prices", |r| {
            r.supplier.map(|supplier| r.currency_of(supplier))
        }),
        optional_money("supplier_unit_cost", "price of one unit in the supplier's currency", |r| {
            r.supplier_unit_cost
        }),
        optional_money("supplier_value", "quantity x unit cost in the supplier's currency", |r| {
            r.supplier_value()
        }),
        optional_count("packs", "whole packs; missing where nothing is packed", |r| r.packs()),
        units("pack_size", "units of one pack", |r| r.pack_size),
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
        one_of(
            RecommendationKind::NAMES,
            optional_text(
                "kind",
                "bought, or sent by another location; missing without lanes",
                |r| (!r.inputs.lanes.is_empty()).then(|| r.kind().name()),
            ),
        ),
        optional_text("source_location", "a transfer: the location it comes from", |r| {
            r.transfer.map(|transfer| r.names().location(transfer.from))
        }),
        optional_units("asked", "a transfer: what the place asks for today", |r| {
            r.transfer.map(|transfer| transfer.asked)
        }),
        optional_units("share", "a transfer: its share of what the source has", |r| {
            r.transfer.map(|transfer| transfer.share)
        }),
        optional_units("short", "a transfer: asked for and not sent", |r| r.short()),
        optional_date("departs", "a transfer: when it leaves", |r| {
            r.transfer.and_then(|transfer| transfer.departs)
        }),
    ],
};

/// Draft purchase orders: one row a supplier and ship-to.
pub static ORDERS: Table<DraftOrder> = Table {
    name: "orders",
    rows: |results| (&results.outcome.orders).into(),
    columns: &[
        made_text("order_id", "the same for the same night, supplier and ship-to", |r| {
            r.id(r.names(), r.inputs.panel.calendar().as_of())
        }),
        text("supplier", "from whom", |r| r.names().supplier(r.supplier)),
        place("ship_to", "location it is delivered to", |r| r.location),
        count("lines", "recommendations it takes up", |r| r.lines.len() as i64),
        date("order_date", "the next day the supplier takes orders", |r| r.order_date),
        date("expected_arrival", "when the last line arrives", |r| r.expected_arrival),
        units("units", "of all lines", |r| r.units),
        money("value", "quantity x unit cost of all lines", |r| r.value),
        text("supplier_currency", "currency code of the supplier's prices", |r| {
            r.currency_of(r.supplier)
        }),
        optional_money(
            "supplier_value",
            "value in the supplier's currency; missing where a price is",
            |r| r.supplier_value(),
        ),
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
        one_of(
            OpenOrderAction::NAMES,
            text("action", "what to ask the supplier for", |r| r.action.name()),
        ),
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
        made_text("transfer_id", "the same for the same night, item and pair", |r| {
            r.id(r.names(), r.inputs.panel.calendar().as_of())
        }),
        sku(|r| r.sku),
        place("from_location", "location in excess", |r| r.from),
        place("to_location", "location that runs out", |r| r.to),
        units("quantity", "to move", |r| r.quantity),
        date("ship_by", "when to send", |r| r.inputs.panel.calendar().as_of()),
        date("expected_arrival", "when it is there, sent on that day", |r| {
            r.inputs.panel.calendar().as_of()
        }),
        money("value", "margin saved, purchases not made, less the cost of moving", |r| r.value),
        money("value_at_risk", "margin lost if nothing is moved", |r| r.value_at_risk),
        text("reason", "why", |r| &r.reason),
    ],
};

const SUPPLIER_SKU: &str = "the supplier's own number of the item; of a transfer, what the \
                            channels call it that sell where it is sent";

impl<'a, R> Row<'a, R> {
    /// Code of the currency that a supplier's prices are in.
    pub(crate) fn currency_of(&self, supplier: SupplierId) -> &'a str {
        let own = self.inputs.supplier_currency(supplier);
        if own.is_empty() { self.currency } else { own }
    }
}

impl<'a> Row<'a, Recommendation> {
    fn supplier_sku(&self) -> Option<&'a str> {
        if self.transfer.is_some() {
            return self.inputs.merchant_sku(self.sku, self.location);
        }
        self.inputs.supplier_sku(self.sku, self.location, self.supplier?)
    }
}

impl Row<'_, DraftOrder> {
    /// All lines in the supplier's currency, where each has a price.
    fn supplier_value(&self) -> Option<Money> {
        self.lines.iter().map(|&i| self.outcome.recommendations[i].supplier_value()).sum()
    }
}

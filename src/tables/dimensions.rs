//! What the other tables join with: items, suppliers and locations as the run used them.

use crate::domain::constraints::supplier_terms;
use crate::domain::inputs::{Inputs, Product, ProductStatus, PurchaseOrder, Supplier};
use crate::domain::order_calendar::OrderCalendar;
use crate::domain::outcome::KnownDecision;
use crate::domain::units::{LocationId, Money, SkuId, SupplierId, Units};
use crate::explain::Unit::{Days, None as NoUnit};
use crate::tables::table::{
    Row, Table, count, date, flag, location, money, one_of, optional_date, optional_money,
    optional_real, optional_text, optional_units, place, sku, text, units,
};
use chrono::NaiveDate;

/// Items: one row an item, by its code.
pub static PRODUCTS: Table<SkuId> = Table {
    name: "products",
    rows: |results| (0..results.inputs.names.skus.len() as u32).map(SkuId).collect(),
    columns: &[
        sku(|r| *r.of),
        text("name", "what people call it; empty when unknown", |r| {
            r.product().map_or("", |p| &p.name)
        }),
        text("category", "its category, `a > b > c` nests; empty when unknown", |r| {
            r.product().map_or("", |p| &p.category)
        }),
        optional_money("unit_cost", "cost of one unit", |r| r.product()?.unit_cost),
        optional_money("unit_price", "list price of one unit", |r| r.product()?.unit_price),
        optional_date("launched", "first day on sale", |r| r.product()?.launched),
        one_of(
            ProductStatus::NAMES,
            text("status", "where the master data say it is in its life", |r| {
                r.product().map_or(ProductStatus::default(), |p| p.status).name()
            }),
        ),
        optional_text("superseded_by", "the item that replaces it", |r| {
            Some(r.names().sku(r.product()?.superseded_by?))
        }),
        optional_real("shelf_life_days", "days a received unit may be sold", Days, |r| {
            r.product()?.shelf_life_days
        }),
        optional_real("weight", "weight of one unit", NoUnit, |r| r.product()?.weight),
        optional_real("volume", "volume of one unit", NoUnit, |r| r.product()?.volume),
        optional_units("min_stock", "never planned below", |r| r.product()?.min_stock),
        optional_units("max_stock", "never ordered above", |r| r.product()?.max_stock),
        flag("is_kit", "whether it is packed from other items", |r| {
            !r.inputs.kits.of(*r.of).is_empty()
        }),
        flag("in_master", "whether the master data have a row for it", |r| {
            r.product().is_some_and(|p| p.in_master)
        }),
    ],
};

/// A column of what a supplier gives as a number.
macro_rules! term {
    (Money $field:ident $meaning:literal) => {
        optional_money(stringify!($field), concat!($meaning, ", in its currency"), |r| {
            r.row()?.$field
        })
    };
    (Units $field:ident $meaning:literal) => {
        optional_units(stringify!($field), $meaning, |r| r.row()?.$field)
    };
    (Days $field:ident $meaning:literal) => {
        optional_real(stringify!($field), $meaning, Days, |r| r.row()?.$field)
    };
}

// The terms of a supplier are listed once, with the words of constraints: a new one is a column.
macro_rules! suppliers {
    ($($field:ident: $kind:ident, $meaning:literal;)*) => {
        /// Suppliers: one row a supplier, by its code.
        pub static SUPPLIERS: Table<SupplierId> = Table {
            name: "suppliers",
            rows: |results| {
                (0..results.inputs.names.suppliers.len() as u32).map(SupplierId).collect()
            },
            columns: &[
                text("supplier", "its code", |r| r.names().supplier(*r.of)),
                text("name", "what people call it; empty when unknown", |r| {
                    r.row().map_or("", |s| &s.name)
                }),
                text("currency", "currency code of its prices", |r| r.currency_of(*r.of)),
                optional_date("next_order_day", "the next day it takes orders", |r| {
                    let as_of = r.inputs.panel.calendar().as_of();
                    r.row().map_or(Some(as_of), |s| OrderCalendar::of(s).next_order_day(as_of))
                }),
                $(term!($kind $field $meaning),)*
            ],
        };
    };
}
supplier_terms!(suppliers);

/// What lies at a location.
#[derive(Debug, Clone, Copy)]
pub struct LocationStock {
    location: LocationId,
    items: i64,
    on_hand: Units,
    value: Money,
}

/// Locations: one row a location, by its code.
pub static LOCATIONS: Table<LocationStock> = Table {
    name: "locations",
    rows: |results| stock_of_locations(results.inputs).into(),
    columns: &[
        place("location", "where stock lies", |r| r.location),
        count("items", "items planned there", |r| r.items),
        units("on_hand", "units of all items there", |r| r.on_hand),
        money("on_hand_value", "the same at unit cost, where a cost is known", |r| r.value),
        optional_text("kind", "what it is, in the seller's own words", |r| {
            let kind = &r.inputs.locations.get(r.location.index())?.kind;
            Some(kind.as_str()).filter(|kind| !kind.is_empty())
        }),
    ],
};

fn stock_of_locations(inputs: &Inputs) -> Vec<LocationStock> {
    let mut locations = Vec::with_capacity(inputs.names.locations.len());
    for location in (0..inputs.names.locations.len() as u32).map(LocationId) {
        let (on_hand, value) = (Units::ZERO, Money::ZERO);
        locations.push(LocationStock { location, items: 0, on_hand, value });
    }
    for pool in inputs.panel.pools() {
        locations[pool.location.index()].items += 1;
    }
    for stock in inputs.stock.iter() {
        let there = &mut locations[stock.location.index()];
        let product = inputs.products.get(stock.sku.index());
        let cost = product.and_then(|p| p.unit_cost).unwrap_or_default();
        there.on_hand += stock.on_hand;
        there.value += cost.times(stock.on_hand.or_zero());
    }
    locations
}

impl<'a> Row<'a, SkuId> {
    fn product(&self) -> Option<&'a Product> {
        self.inputs.products.get(self.of.index())
    }
}

impl<'a> Row<'a, SupplierId> {
    fn row(&self) -> Option<&'a Supplier> {
        self.inputs.suppliers.get(self.of.index())
    }
}

/// Decisions: one row a decision that the run knew.
pub static DECISIONS: Table<KnownDecision> = Table {
    name: "decisions",
    rows: |results| (&results.outcome.decisions).into(),
    columns: &[
        text("recommendation_id", "the recommendation or transfer decided on", |r| {
            &r.recommendation_id
        }),
        date("decided_on", "morning of the run that proposed it", |r| r.decided_on),
        text("sku", "item", |r| &r.sku),
        text("location", "where it is delivered", |r| &r.location),
        optional_text("supplier", "from whom; missing where units are moved", |r| {
            r.supplier.as_deref()
        }),
        optional_text("from_location", "where units are moved from", |r| {
            r.from_location.as_deref()
        }),
        one_of(
            &["approved", "edited", "rejected", "snoozed", "reopened"],
            text("decision", "what became of the proposal", |r| r.decision),
        ),
        units("recommended", "proposed", |r| r.recommended),
        units("quantity", "decided: 0 where nothing is ordered", |r| r.quantity),
        optional_date("until_date", "quiet until this day", |r| r.until),
        text("reason", "why", |r| &r.reason),
        text("author", "who decided", |r| &r.author),
        text("decided_at", "when, as given", |r| &r.decided_at),
    ],
};

/// How far back a run tells what was received: a month that was booked late is in it. The history
/// keeps what older runs told.
const RECEIPT_DAYS: i64 = 60;

/// Receipts: one row a line of a purchase order that came in the last two months.
pub static RECEIPTS: Table<PurchaseOrder> = Table {
    name: "receipts",
    rows: |results| recent_receipts(results.inputs).into(),
    columns: &[
        text("order_id", "number of the purchase order", |r| &r.order_id),
        sku(|r| r.sku),
        location(|r| r.location),
        optional_text("supplier", "from whom", |r| {
            r.supplier.map(|supplier| r.names().supplier(supplier))
        }),
        units("ordered", "units ordered", |r| r.quantity),
        units("received_quantity", "units that came", |r| r.delivered()),
        optional_date("confirmed", "when the supplier confirmed it", |r| r.confirmed),
        optional_date("expected", "when it was expected", |r| r.expected),
        optional_date("received", "when it came", |r| r.received),
        optional_real("lead_time_days", "from confirmation to receipt", Days, |r| {
            days_between(r.confirmed, r.received)
        }),
        optional_real("late_days", "behind its date; below 0: early", Days, |r| {
            days_between(r.expected, r.received)
        }),
    ],
};

fn recent_receipts(inputs: &Inputs) -> Vec<PurchaseOrder> {
    let as_of = inputs.panel.calendar().as_of();
    let since = as_of - chrono::Duration::days(RECEIPT_DAYS);
    let mut receipts = Vec::new();
    for order in inputs.purchase_orders.iter() {
        let came = order.delivered().is_positive();
        if came && order.received.is_some_and(|day| day >= since && day <= as_of) {
            receipts.push(order.clone());
        }
    }
    receipts
}

fn days_between(from: Option<NaiveDate>, to: Option<NaiveDate>) -> Option<f64> {
    Some((to? - from?).num_days() as f64)
}

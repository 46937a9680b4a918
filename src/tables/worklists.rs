//! What to do besides ordering.

use crate::domain::classes::Worklist;
use crate::domain::outcome::WorklistEntry;
use crate::explain::Unit::Units;
use crate::tables::table::{
    Table, money, one_of, optional_date, optional_real, optional_text, text,
};

/// One row a thing to do, by list, the most worth first.
pub static WORKLISTS: Table<WorklistEntry> = Table {
    name: "worklists",
    rows: |results| (&results.outcome.worklists).into(),
    columns: &[
        one_of(Worklist::NAMES, text("list", "which list it is on", |r| r.list.name())),
        optional_text("sku", "item; missing where it is about none", |r| {
            r.sku.map(|sku| r.names().sku(sku))
        }),
        optional_text(
            "location",
            "where the stock lies; missing where it is about no place",
            |r| r.location.map(|location| r.names().location(location)),
        ),
        optional_text("supplier", "who is to be paid", |r| {
            r.supplier.map(|supplier| r.names().supplier(supplier))
        }),
        optional_date(
            "due",
            "when to pay, when demand ends, when a promotion begins, since when it lies or is set",
            |r| r.day,
        ),
        optional_real("units", "how many it concerns", Units, |r| r.units),
        money("value", "what it is worth; 0 where it is not about money", |r| r.value),
        text("reason", "why, and what to do", |r| &r.reason),
    ],
};

//! What each lane does for each item.

use crate::domain::outcome::LaneRow;
use crate::explain::Unit::{Currency, Days, Probability, Units};
use crate::tables::table::{Table, optional_real, place, real, sku, text};

/// Lanes: one row an item and lane in use; the steps of its recommendation recompute it.
pub static NETWORK: Table<LaneRow> = Table {
    name: "network",
    rows: |results| (&results.outcome.lanes).into(),
    columns: &[
        sku(|r| r.sku),
        place("from_location", "the source", |r| r.from),
        place("to_location", "the location it feeds", |r| r.to),
        text("recommendation_id", "the row of recommendations, and of its steps", |r| {
            &r.recommendation_id
        }),
        real("position", "of the destination: stock and what is on its way", Units, |r| r.position),
        real("reorder_point", "it asks when its position is below", Units, |r| r.reorder_point),
        real("order_up_to", "it asks up to here", Units, |r| r.order_up_to),
        real("horizon_days", "until the source's next stock reaches it", Days, |r| r.horizon_days),
        real(
            "need",
            "what lasts to the horizon almost surely, on top of the position",
            Units,
            |r| r.need,
        ),
        real("asked", "asked for today, whole packs", Units, |r| r.asked),
        real("share", "share on paper of what the source has", Units, |r| r.share),
        real("sent", "leaves today: at most what is asked, and the share", Units, |r| r.sent),
        real("held_back", "of the share, what stays at the source", Units, |r| r.held_back),
        real("source_stock", "what the source has to share out", Units, |r| r.source_stock),
        real("margin", "lost with a unit not sold at the destination", Currency, |r| r.margin),
        optional_real(
            "chance_of_need_last_sent",
            "that the last unit sent is sold before the horizon",
            Probability,
            |r| r.last_sent_sells,
        ),
        optional_real(
            "chance_of_need_first_kept",
            "the same of the next unit, which stays",
            Probability,
            |r| r.first_kept_sells,
        ),
    ],
};

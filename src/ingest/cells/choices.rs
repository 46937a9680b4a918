//! What people write where a table knows a few words: what they most likely mean. It is offered as
//! a line of the configuration and never taken by itself, since it decides what is ordered.

use crate::ingest::cells::measure;
use crate::ingest::cells::rules::normal;
use crate::ingest::tables::schema::{Column, DAYS, Kind};

/// Other words for our own, as shops and their systems write them.
const WORDS: &[(&str, &[&str])] = &[
    (
        "active",
        &[
            "available",
            "enabled",
            "in stock",
            "live",
            "listed",
            "ok",
            "on sale",
            "published",
            "publish",
            "selling",
            "aktiv",
            "actif",
            "activo",
            "current",
            "regular",
            "normal",
        ],
    ),
    (
        "phase-out",
        &[
            "clearance",
            "delist",
            "delisted",
            "discontinue",
            "discontinued",
            "end of life",
            "eol",
            "last call",
            "phasing out",
            "run out",
            "sell off",
            "sell out",
            "sunset",
            "auslauf",
            "auslaufend",
            "auslaufartikel",
            "abverkauf",
            "fin de série",
        ],
    ),
    (
        "obsolete",
        &[
            "archived",
            "archive",
            "blocked",
            "cancelled",
            "dead",
            "deleted",
            "disabled",
            "inactive",
            "removed",
            "retired",
            "suspended",
            "trash",
            "unlisted",
            "withdrawn",
            "gesperrt",
            "inaktiv",
            "inactif",
            "inactivo",
        ],
    ),
    ("new", &["coming soon", "draft", "launch", "pending", "planned", "pre order", "upcoming"]),
    (
        "do-not-order",
        &["do not buy", "do not reorder", "hold", "no reorder", "on hold", "stop", "stopped"],
    ),
    ("primary", &["1", "main", "first", "preferred", "default", "haupt", "principal"]),
    ("secondary", &["2", "second", "alternate", "alternative"]),
    ("backup", &["3", "emergency", "reserve", "spare", "third"]),
];

/// What `text` most likely means in `column`, as the column would write it; `None` where nobody
/// can say.
pub(crate) fn likely(column: &Column, text: &str) -> Option<String> {
    match column.kind {
        Kind::Choice(known) => {
            let text = normal(text).replace(['_', '-'], " ");
            let meant = WORDS.iter().find(|(own, others)| {
                known.contains(own) && others.iter().any(|other| *other == text)
            });
            meant.map(|(own, _)| (*own).to_owned())
        }
        DAYS => measure::likely_days(text).map(|days| days.to_string()),
        _ => None,
    }
}

/// `; values = { ... } in its [mapping] reads it`, where something is likely.
pub(crate) fn way_out(column: &Column, text: &str) -> String {
    likely(column, text).map_or_else(String::new, |meant| {
        let name = column.name;
        format!(
            "; values = {{ {name} = {{ {text:?} = \"{meant}\" }} }} in its [mapping] reads it as \
             {meant}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::tables::schema;

    fn meant(table: &str, column: &str, text: &str) -> Option<String> {
        let schema = schema::table(table).unwrap();
        likely(&schema.columns[schema.position(column).unwrap()], text)
    }

    #[test]
    fn words_of_other_systems_are_offered_as_ours() {
        for (text, own) in [
            ("Discontinued", Some("phase-out")),
            ("ARCHIVED", Some("obsolete")),
            ("draft", Some("new")),
            ("On hold", Some("do-not-order")),
            ("purple", None),
        ] {
            assert_eq!(meant("products", "status", text).as_deref(), own, "{text}");
        }
        assert_eq!(meant("supply", "role", "Preferred").as_deref(), Some("primary"));
        assert_eq!(meant("supply", "role", "Discontinued"), None);
    }

    #[test]
    fn spans_that_have_no_fixed_length_are_offered_in_days() {
        for (text, days) in [
            ("1 month", Some("30")),
            ("2 Monate", Some("60")),
            ("1 quarter", Some("91")),
            ("10-14", Some("14")),
            ("1-2 weeks", Some("14")),
            ("10 to 14 days", Some("14")),
            ("about 14", Some("14")),
            ("2 weeks and 3 days", None),
            ("soon", None),
        ] {
            assert_eq!(meant("supply", "lead_time_days", text).as_deref(), days, "{text}");
        }
    }
}

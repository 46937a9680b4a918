//! How the night went: figures of the business, what changed, what fell back, what was rejected.

use crate::domain::changes::{Change, ChangedField};
use crate::domain::exceptions::{Effect, Exception, Quarantined, ScopeKind, Severity};
use crate::domain::outcome::Indicator;
use crate::explain::Unit;
use crate::tables::table::{
    Table, count, flag, one_of, optional_money, optional_real, optional_text, real, shown, text,
};

/// Indicators: one row an indicator and scope.
pub static INDICATORS: Table<Indicator> = Table {
    name: "indicators",
    rows: |results| (&results.outcome.indicators).into(),
    columns: &[
        text("indicator", "turnover, dio, ...", |r| r.indicator),
        text("scope_kind", "all, channel, class, supplier, age, panel, ...", |r| r.scope_kind()),
        text("scope", "which of its kind; all for all", |r| r.scope_name()),
        optional_real("value", "numerator / denominator, scaled to the unit", Unit::None, |r| {
            r.value
        }),
        real("numerator", "its numerator", Unit::None, |r| r.numerator),
        real("denominator", "its denominator", Unit::None, |r| r.denominator),
        text("unit", "ratio, days, percent, units, currency, weeks", |r| r.unit.name()),
        flag("estimated", "whether an input was estimated", |r| r.estimated),
    ],
};

/// What fell back: one row an item, table or channel.
pub static EXCEPTIONS: Table<Exception> = Table {
    name: "exceptions",
    rows: |results| (&results.outcome.exceptions).into(),
    columns: &[
        text("kind", "stable word for the kind", |r| r.kind.name()),
        one_of(Severity::NAMES, text("severity", "how much it matters", |r| r.severity.name())),
        optional_text("sku", "item, where it is about one", |r| r.about.sku()),
        optional_text("location", "location, where it is about one", |r| r.about.location()),
        optional_text("channel", "sales channel, where it is about one", |r| r.about.channel()),
        one_of(
            ScopeKind::NAMES,
            text("scope_kind", "what kind of thing it is about", |r| r.about.scope_kind().name()),
        ),
        text("scope", "which of its kind", |r| r.about.scope()),
        text("what", "what happened", |r| &r.what),
        text("why", "why, and what it costs", |r| &r.why),
        optional_real(
            "effect",
            "what was lost, added or put aside; else the cash that hangs on the item, supplier or \
             order that it names",
            Unit::None,
            |r| r.effect.map(Effect::amount),
        ),
        optional_text("effect_unit", "what the effect counts: units, currency, rows", |r| {
            r.effect.map(Effect::unit)
        }),
    ],
};

/// Rejected input rows.
pub static QUARANTINE: Table<Quarantined> = Table {
    name: "quarantine",
    rows: |results| (&results.inputs.quarantine).into(),
    columns: &[
        text("file", "input file", |r| &r.file),
        count("line", "line in it, the header being line 1", |r| r.line.cast_signed()),
        text("column_name", "the column at fault", |r| &r.column),
        text("value", "what stood there", |r| &r.value),
        text("reason", "what was expected", |r| &r.reason),
    ],
};

/// What changed since the last run.
pub static CHANGES: Table<Change> = Table {
    name: "changes",
    rows: |results| (&results.outcome.changes).into(),
    columns: &[
        optional_text("sku", "item, where it is about one", |r| r.about.sku()),
        optional_text("location", "location, where it is about one", |r| r.about.location()),
        one_of(
            ScopeKind::NAMES,
            text("scope_kind", "what kind of thing it is about", |r| r.about.scope_kind().name()),
        ),
        text("scope", "which of its kind", |r| r.about.scope()),
        one_of(ChangedField::NAMES, text("field", "which field moved", |r| r.field.name())),
        shown("before", "the last run's value", |r| &r.before),
        shown("after", "this run's value", |r| &r.after),
        shown("cause", "why, with the share of each cause", |r| &r.cause),
        optional_money("value", "what it adds to the value of the orders: of quantity", |r| {
            r.value
        }),
    ],
};

//! How the night went: figures of the business, what changed, what fell back, what was rejected.

use crate::domain::changes::Change;
use crate::domain::exceptions::{Exception, Quarantined};
use crate::domain::outcome::Indicator;
use crate::explain::Unit;
use crate::tables::table::{Table, count, flag, optional_real, real, shown, text};

/// Indicators: one row an indicator and scope.
pub static INDICATORS: Table<Indicator> = Table {
    name: "indicators",
    rows: |results| (&results.outcome.indicators).into(),
    columns: &[
        text("indicator", "turnover, dio, ...", |r| r.indicator),
        text("scope", "all, channel:web, class:A, ...", |r| &r.scope),
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
        text("severity", "info, warning, error", |r| r.severity.name()),
        shown("key", "what it is about", |r| &r.about),
        text("what", "what happened", |r| &r.what),
        text("why", "why, and what it costs", |r| &r.why),
    ],
};

/// Rejected input rows.
pub static QUARANTINE: Table<Quarantined> = Table {
    name: "quarantine",
    rows: |results| (&results.inputs.quarantine).into(),
    columns: &[
        text("file", "input file", |r| &r.file),
        count("line", "line in it, the header being line 1", |r| r.line.cast_signed()),
        text("column", "the column at fault", |r| &r.column),
        text("value", "what stood there", |r| &r.value),
        text("reason", "what was expected", |r| &r.reason),
    ],
};

/// What changed since the last run.
pub static CHANGES: Table<Change> = Table {
    name: "changes",
    rows: |results| (&results.outcome.changes).into(),
    columns: &[
        shown("key", "item/location, or wider", |r| &r.about),
        text("field", "which field moved", |r| r.field.name()),
        shown("before", "the last run's value", |r| &r.before),
        shown("after", "this run's value", |r| &r.after),
        shown("cause", "why, with the share of each cause", |r| &r.cause),
    ],
};

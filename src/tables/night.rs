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
        text("indicator", "turnover, dio, ...", |row| row.indicator),
        text("scope", "all, channel:web, class:A, ...", |row| &row.scope),
        optional_real("value", "numerator / denominator, scaled to the unit", Unit::None, |row| {
            row.value
        }),
        real("numerator", "its numerator", Unit::None, |row| row.numerator),
        real("denominator", "its denominator", Unit::None, |row| row.denominator),
        text("unit", "ratio, days, percent, units, currency, weeks", |row| row.unit.name()),
        flag("estimated", "whether an input was estimated", |row| row.estimated),
    ],
};

/// What fell back: one row an item, table or channel.
pub static EXCEPTIONS: Table<Exception> = Table {
    name: "exceptions",
    rows: |results| (&results.outcome.exceptions).into(),
    columns: &[
        text("kind", "stable word for the kind", |row| row.kind.name()),
        text("severity", "info, warning, error", |row| row.severity.name()),
        shown("key", "what it is about", |row| &row.about),
        text("what", "what happened", |row| &row.what),
        text("why", "why, and what it costs", |row| &row.why),
    ],
};

/// Rejected input rows.
pub static QUARANTINE: Table<Quarantined> = Table {
    name: "quarantine",
    rows: |results| (&results.inputs.quarantine).into(),
    columns: &[
        text("file", "input file", |row| &row.file),
        count("line", "line in it, the header being line 1", |row| row.line.cast_signed()),
        text("column", "the column at fault", |row| &row.column),
        text("value", "what stood there", |row| &row.value),
        text("reason", "what was expected", |row| &row.reason),
    ],
};

/// What changed since the last run.
pub static CHANGES: Table<Change> = Table {
    name: "changes",
    rows: |results| (&results.outcome.changes).into(),
    columns: &[
        shown("key", "item/location, or wider", |row| &row.about),
        text("field", "which field moved", |row| row.field.name()),
        shown("before", "the last run's value", |row| &row.before),
        shown("after", "this run's value", |row| &row.after),
        shown("cause", "why, with the share of each cause", |row| &row.cause),
    ],
};

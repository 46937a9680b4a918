//! Overrides that people entered and that need a second look.

use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::Inputs;
use chrono::NaiveDate;

/// Overrides that are not used, or that nobody signed.
#[must_use]
pub fn override_exceptions(inputs: &Inputs, as_of: NaiveDate) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    for o in inputs.overrides.iter() {
        let about = Subject::item(&inputs.names, o.sku);
        let what = format!("override of {} to {}", o.field.name(), o.value);
        if let Some(day) = o.expires.filter(|&day| day <= as_of) {
            let why = format!("it expired on {day} and is not used");
            let kind = ExceptionKind::OverrideExpired;
            exceptions.push(Exception::new(Severity::Info, kind, about, what, why));
        } else if o.author.is_empty() || o.reason.is_empty() {
            let why = "it is used, but has no author or no reason";
            let kind = ExceptionKind::OverrideUnsigned;
            exceptions.push(Exception::new(Severity::Warning, kind, about, what, why));
        }
    }
    exceptions
}

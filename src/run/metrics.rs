//! `orderpoint.prom`: what a run came to as gauges, for a metrics collector that reads text files
//! (Prometheus exposition format), and `summary.json`: the summary of `--json`, for a webhook.
//!
//! No clock: the same run gives the same bytes. Whether a night is missing is told by the age of
//! `orderpoint_as_of_seconds`.

use crate::domain::error::{Error, Result};
use crate::domain::exceptions::Severity;
use crate::domain::outcome::Outcome;
use crate::run::summary::Summary;
use crate::store::{Add, VERSION};
use std::fmt::Write;

/// Writes both files.
///
/// # Errors
/// Those of `add`; [`Error::Internal`] when the summary cannot be written as JSON.
pub(super) fn write(summary: &Summary, outcome: &Outcome, add: &Add<'_>) -> Result<()> {
    add("orderpoint.prom", None, gauges(summary, outcome).as_bytes())?;
    let mut json = serde_json::to_vec_pretty(summary)
        .map_err(|e| Error::Internal(format!("summary.json: {e}")))?;
    json.push(b'\n');
    add("summary.json", None, &json)
}

fn gauges(summary: &Summary, outcome: &Outcome) -> String {
    let mut text = String::new();
    let s = summary;
    let info = format!(
        "{{run_id=\"{}\",as_of=\"{}\",version=\"{}\"}}",
        escaped(&s.run_id),
        s.as_of,
        escaped(VERSION)
    );
    gauge(&mut text, "run_info", "The run that is published.", &[(info, 1.0)]);
    let midnight = s.as_of.and_hms_opt(0, 0, 0).map_or(0, |day| day.and_utc().timestamp());
    gauge(
        &mut text,
        "as_of_seconds",
        "Morning of the run, seconds since 1970.",
        &unlabelled(midnight as f64),
    );
    gauge(&mut text, "items", "Items planned.", &unlabelled(s.skus as f64));
    gauge(&mut text, "pools", "Items by location planned.", &unlabelled(s.pools as f64));
    gauge(&mut text, "order_lines", "Order lines recommended.", &unlabelled(s.order_lines as f64));
    // A value that nobody knows is no sample: an alarm on 0 would be one about nothing.
    if let Some(value) = s.order_value.as_ref().and_then(|value| value.parse().ok()) {
        let currency = format!("{{currency=\"{}\"}}", escaped(&s.currency));
        gauge(&mut text, "order_value", "Their value.", &[(currency, value)]);
    }
    gauge(&mut text, "transfers", "Moves recommended.", &unlabelled(s.moves as f64));
    let by_severity = [Severity::Error, Severity::Warning, Severity::Info].map(|severity| {
        let label = format!("{{severity=\"{}\"}}", severity.name());
        (label, outcome.exceptions_of(severity) as f64)
    });
    gauge(&mut text, "exceptions", "Exceptions by severity.", &by_severity);
    gauge(&mut text, "quarantined_rows", "Rows in quarantine.", &unlabelled(s.quarantined as f64));
    let mut indicators = Vec::new();
    for indicator in &outcome.indicators {
        if let Some(value) = indicator.value.filter(|_| indicator.scope == "all") {
            let (name, unit) = (indicator.indicator, indicator.unit.name());
            indicators.push((format!("{{indicator=\"{name}\",unit=\"{unit}\"}}"), value));
        }
    }
    gauge(&mut text, "indicator", "Indicators of the whole business.", &indicators);
    text
}

/// The only value of a gauge.
fn unlabelled(value: f64) -> [(String, f64); 1] {
    [(String::new(), value)]
}

/// One gauge with its labels and values.
fn gauge(text: &mut String, name: &str, help: &str, values: &[(String, f64)]) {
    let _ = writeln!(text, "# HELP orderpoint_{name} {help}");
    let _ = writeln!(text, "# TYPE orderpoint_{name} gauge");
    for (labels, value) in values {
        let _ = writeln!(text, "orderpoint_{name}{labels} {value}");
    }
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

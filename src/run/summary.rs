//! What a run came to, for the last line on the screen and for `--json`.

use crate::audit;
use crate::config::Plan;
use crate::domain::error::Result;
use crate::domain::exceptions::{Exception, ExceptionKind, Severity};
use crate::domain::inputs::{Inputs, Names};
use crate::domain::outcome::{Outcome, Recommendation, Transfer};
use crate::domain::units::Money;
use crate::store::PublishedRun;
use serde::Serialize;
use serde_json::json;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Kinds of trouble named on the screen: what fits below the summary without scrolling; the report
/// has them all.
const ATTENTION_LINES: usize = 12;

/// Lines to decide on that are named: a phone shows five.
const DECISION_LINES: usize = 5;

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The run.
    pub run_id: String,
    /// The morning it was made for.
    pub as_of: chrono::NaiveDate,
    /// Its folder.
    pub folder: PathBuf,
    /// The page to open.
    pub report: PathBuf,
    /// The very run was there already; nothing was changed.
    pub unchanged: bool,
    /// Id of the current run where it is not this one: this one fills a gap in history.
    pub current: Option<String>,
    /// Items, pools and series planned.
    pub skus: usize,
    /// (sku, location) pairs.
    pub pools: usize,
    /// (sku, location, channel) triples.
    pub series: usize,
    /// Order lines recommended.
    pub order_lines: usize,
    /// Moves between locations recommended, along lanes and sideways.
    pub moves: usize,
    /// Value of the order lines, currency units, as text: exact. `None` where nobody has said what
    /// is in stock, or what anything costs.
    pub order_value: Option<String>,
    /// What nobody has said and no order can be had without, with what to bring; may be empty.
    pub unknown: String,
    /// The currency it is in.
    pub currency: String,
    /// Exceptions by severity: error, warning, info.
    pub errors: usize,
    /// See `errors`.
    pub warnings: usize,
    /// Input rows in quarantine.
    pub quarantined: usize,
    /// Order lines and moves that a person should decide on first, most at stake first.
    pub to_decide: Vec<String>,
    /// The exceptions a person should read first, worst first.
    pub attention: Vec<String>,
    /// Kinds of exceptions that happened and that the configuration calls severe, or that are
    /// faults of our own.
    pub severe: Vec<String>,
}

impl Summary {
    /// 0, or 5 when something severe happened.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.severe.is_empty() { 0 } else { 5 }
    }

    /// Of what the run has decided, before it lies anywhere.
    pub(super) fn of(inputs: &Inputs, outcome: &Outcome, plan: &Plan) -> Self {
        let [order_lines, moves, order_value] = figures(
            &audit::totals(inputs, outcome),
            ["recommended_lines", "recommended_moves", "recommended_value"],
        );
        let ordered = Ordered::of(inputs, order_lines, order_value);
        Self {
            run_id: String::new(),
            as_of: inputs.panel.calendar().as_of(),
            folder: PathBuf::new(),
            report: PathBuf::new(),
            unchanged: false,
            current: None,
            skus: inputs.names.skus.len(),
            pools: inputs.panel.pools().len(),
            series: inputs.panel.len(),
            order_lines: order_lines as usize,
            moves: moves as usize,
            order_value: ordered.value,
            unknown: ordered.unknown.to_owned(),
            currency: plan.purchase.currency.clone(),
            errors: outcome.exceptions_of(Severity::Error),
            warnings: outcome.exceptions_of(Severity::Warning),
            quarantined: inputs.quarantine.len(),
            to_decide: to_decide(inputs, outcome, &plan.purchase.currency),
            attention: attention(&outcome.exceptions),
            severe: severe_kinds(&plan.run.severe, &outcome.exceptions),
        }
    }

    /// Of the run in `folder`, which had been published before.
    pub(super) fn of_published(
        run_id: String,
        folder: PathBuf,
        inputs: &Inputs,
        plan: &Plan,
    ) -> Result<Self> {
        let manifest = PublishedRun::open(&folder)?.manifest;
        let [errors, warnings, order_lines, moves, order_value] = figures(
            &manifest.totals,
            ["errors", "warnings", "recommended_lines", "recommended_moves", "recommended_value"],
        );
        let ordered = Ordered::of(inputs, order_lines, order_value);
        let summary = Self {
            unchanged: true,
            errors: errors as usize,
            warnings: warnings as usize,
            severe: manifest.severe,
            to_decide: manifest.to_decide,
            attention: manifest.attention,
            order_lines: order_lines as usize,
            moves: moves as usize,
            order_value: ordered.value,
            unknown: ordered.unknown.to_owned(),
            ..Self::of(inputs, &Outcome::default(), plan)
        };
        Ok(summary.located(run_id, folder))
    }

    /// The same as a file of the run itself: paths start at its folder.
    pub(super) fn beside(self, run_id: &str) -> Self {
        Self { run_id: run_id.to_owned(), report: "index.html".into(), folder: ".".into(), ..self }
    }

    /// JSON Schema of what `--json` writes.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        let count = json!({"type": "integer", "minimum": 0});
        let text = json!({"type": "string"});
        let texts = json!({"type": "array", "items": {"type": "string"}});
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "summary of an orderpoint run",
            "type": "object",
            "properties": {
                "run_id": text,
                "as_of": {"type": "string", "format": "date"},
                "folder": text,
                "report": text,
                "unchanged": {"type": "boolean"},
                "current": {"type": ["string", "null"]},
                "skus": count,
                "pools": count,
                "series": count,
                "order_lines": count,
                "moves": count,
                "order_value": {"type": ["string", "null"]},
                "unknown": text,
                "currency": text,
                "errors": count,
                "warnings": count,
                "quarantined": count,
                "to_decide": texts,
                "attention": texts,
                "severe": texts,
            },
        })
    }

    /// The same, where it lies.
    pub(super) fn located(self, run_id: String, folder: PathBuf) -> Self {
        // OUT/runs/<run_id>
        let out = folder.ancestors().nth(2).and_then(|out| PublishedRun::current(out).ok());
        let current = out.map(|run| run.manifest.run_id).filter(|current| *current != run_id);
        Self { run_id, report: folder.join("index.html"), folder, current, ..self }
    }
}

/// What the orders of a run come to, as far as anybody can know.
struct Ordered {
    value: Option<String>,
    unknown: &'static str,
}

impl Ordered {
    /// Of `lines` order lines that are worth `value` together, as the totals have them.
    fn of(inputs: &Inputs, lines: f64, value: f64) -> Self {
        if !inputs.stock_is_known() {
            let unknown = "what is in stock is unknown, so nothing can be ordered: bring a stock \
                           table (sku, on_hand) next";
            return Self { value: None, unknown };
        }
        // Lines without a price are worth nothing in the sum: all of them have none.
        if lines > 0.0 && value == 0.0 {
            let unknown = "what they cost is unknown: bring unit_cost in products or supply next";
            return Self { value: None, unknown };
        }
        Self { value: Some(Money::from_f64(value).to_string()), unknown: "" }
    }
}

/// Totals by name; a run of an older build lacks some.
fn figures<const N: usize>(totals: &BTreeMap<String, f64>, names: [&str; N]) -> [f64; N] {
    names.map(|name| totals.get(name).copied().unwrap_or(0.0))
}

/// Kinds that always turn exit code 0 into 5: faults of our own, and decisions that someone or
/// something damaged.
const ALWAYS_SEVERE: [ExceptionKind; 3] =
    [ExceptionKind::DecisionsRestored, ExceptionKind::InternalFault, ExceptionKind::UnreadTable];

/// Kinds that happened and turn exit code 0 into 5: those the configuration names, and those that
/// always do.
fn severe_kinds(configured: &[ExceptionKind], exceptions: &[Exception]) -> Vec<String> {
    configured
        .iter()
        .copied()
        .filter(|kind| !ALWAYS_SEVERE.contains(kind))
        .chain(ALWAYS_SEVERE)
        .filter(|&kind| exceptions.iter().any(|e| e.kind == kind))
        .map(|kind| kind.name().to_owned())
        .collect()
}

/// Something that a person approves or not.
enum Decidable<'a> {
    Line(&'a Recommendation),
    Move(&'a Transfer),
}

impl Decidable<'_> {
    fn value_at_risk(&self) -> Money {
        match self {
            Self::Line(line) => line.value_at_risk,
            Self::Move(transfer) => transfer.value_at_risk,
        }
    }

    fn in_words(&self, names: &Names) -> String {
        let line = match self {
            Self::Move(transfer) => {
                let Transfer { quantity, sku, from, to, .. } = **transfer;
                return format!(
                    "move {quantity} of {} from {} to {}",
                    names.sku(sku),
                    names.location(from),
                    names.location(to)
                );
            }
            Self::Line(line) => line,
        };
        let what = format!("{} of {}", line.quantity, names.sku(line.sku));
        if let Some(transfer) = &line.transfer {
            let (from, to) = (names.location(transfer.from), names.location(line.location));
            return format!("move {what} from {from} to {to}");
        }
        let mut text = format!("order {what}");
        if names.locations.len() > 1 {
            text += &format!(" for {}", names.location(line.location));
        }
        if let Some(supplier) = line.supplier {
            text += &format!(" from {}", names.supplier(supplier));
        }
        if let Some(day) = line.order_by {
            text += &format!(" by {day}");
        }
        text
    }
}

/// Order lines and moves in words, those first whose margin is most at risk if nothing is done.
fn to_decide(inputs: &Inputs, outcome: &Outcome, currency: &str) -> Vec<String> {
    let lines = outcome.recommendations.iter().filter(|line| line.quantity.is_positive());
    let mut all: Vec<Decidable<'_>> = lines.map(Decidable::Line).collect();
    all.extend(outcome.transfers.iter().map(Decidable::Move));
    // Stable: of equals, the panel's order.
    all.sort_by_key(|one| Reverse(one.value_at_risk()));
    let mut told = Vec::with_capacity(DECISION_LINES);
    for one in all.into_iter().take(DECISION_LINES) {
        let mut text = one.in_words(&inputs.names);
        if one.value_at_risk().is_positive() {
            let risk = one.value_at_risk().as_f64();
            text += &format!(": {risk:.0} {currency} of margin at risk");
        }
        told.push(text);
    }
    told
}

/// One line a kind of trouble, worst first: the first case and how many more there are.
fn attention(exceptions: &[Exception]) -> Vec<String> {
    struct Alike<'a> {
        first: &'a Exception,
        more: usize,
    }
    impl Alike<'_> {
        /// Items in the same trouble are one line: their reasons differ by a date or a number.
        fn holds(&self, other: &Exception) -> bool {
            let both_items = self.first.about.sku().is_some() && other.about.sku().is_some();
            self.first.kind == other.kind && (both_items || self.first.why == other.why)
        }
    }
    let mut kinds: Vec<Alike<'_>> = Vec::new();
    for e in exceptions.iter().take_while(|e| e.severity > Severity::Info) {
        match kinds.iter_mut().find(|k| k.holds(e)) {
            Some(kind) => kind.more += 1,
            None => kinds.push(Alike { first: e, more: 0 }),
        }
    }
    kinds.truncate(ATTENTION_LINES);
    let mut lines = Vec::with_capacity(kinds.len());
    for Alike { first, more } in kinds {
        let mut line = format!("{}: {} ({})", first.about, first.what, first.why);
        if more > 0 {
            line.push_str(&format!("; and {more} more like it"));
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exceptions::Subject;

    #[test]
    fn items_in_the_same_trouble_are_one_line_and_tables_are_not() {
        let about = |sku: &str, day: &str| {
            Exception::new(
                Severity::Warning,
                ExceptionKind::InferredStockout,
                Subject::Item(sku.to_owned()),
                "out of stock for 9 days",
                format!("no sale since {day}"),
            )
        };
        let table = |name: &str| {
            let kind = ExceptionKind::MissingTable;
            Exception::new(
                Severity::Warning,
                kind,
                Subject::Table(name.to_owned()),
                "not there",
                name,
            )
        };
        let all = [about("A", "1 May"), about("B", "2 May"), about("C", "3 May")];
        assert_eq!(
            attention(&all),
            ["A: out of stock for 9 days (no sale since 1 May); and 2 more like it"]
        );
        assert_eq!(attention(&[table("stock"), table("counts")]).len(), 2);
    }
}

//! "Why this number": the arithmetic of the last run's recommendations, in words.

use crate::domain::error::{Error, Result, did_you_mean};
use crate::domain::outcome::Status;
use crate::explain::Step;
use crate::explain::arithmetic::{name_length, starts_name};
use crate::store::PublishedRun;
use crate::tables::{ALLOCATION, METHODS, POLICY, RECOMMENDATIONS, Rows, STEPS};
use std::fmt::Write;

/// One step, as decided or as read back.
#[derive(Debug, Clone, PartialEq)]
pub struct StepText<'a> {
    /// What is computed.
    pub name: &'a str,
    /// The arithmetic.
    pub formula: &'a str,
    /// Named numbers that enter.
    pub inputs: Vec<(&'a str, f64)>,
    /// The result.
    pub value: f64,
    /// Its unit.
    pub unit: &'a str,
    /// In words; may be empty.
    pub note: &'a str,
}

impl<'a> From<&'a Step> for StepText<'a> {
    fn from(step: &'a Step) -> Self {
        Self {
            name: step.name,
            formula: &step.formula,
            inputs: step.inputs.clone(),
            value: step.value,
            unit: step.unit.name(),
            note: &step.note,
        }
    }
}

/// An explanation for people: one line a step, the arithmetic with its numbers, then the note.
#[must_use]
pub fn in_words(steps: &[StepText<'_>]) -> String {
    let mut text = String::new();
    for (i, step) in steps.iter().enumerate() {
        let formula = with_numbers(step, &steps[..i]);
        let StepText { name, unit, .. } = step;
        // Writing to a string cannot fail, here and below.
        let _ = write!(text, "  {name} = {formula} = {} {unit}", number(step.value));
        if !step.note.is_empty() {
            let _ = write!(text, "  ({})", step.note);
        }
        text.push('\n');
    }
    text
}

/// The formula with the number behind each name: the step's own input, or the result of an earlier
/// step.
fn with_numbers(step: &StepText<'_>, earlier: &[StepText<'_>]) -> String {
    let mut text = String::new();
    let mut rest = step.formula;
    while let Some(c) = rest.chars().next() {
        let length = if starts_name(c) { name_length(rest) } else { c.len_utf8() };
        let word = &rest[..length];
        rest = &rest[length..];
        text.push_str(word);
        let own = step.inputs.iter().find(|(name, _)| *name == word).map(|(_, value)| *value);
        // A step's own inputs first; of steps that share a name (a quantity that rules change in
        // turn) the latest before it.
        let value = own.or_else(|| earlier.iter().rev().find(|s| s.name == word).map(|s| s.value));
        if let Some(value) = value {
            let _ = write!(text, " [{}]", number(value));
        }
    }
    text
}

/// At most four decimals, without trailing zeros.
fn number(value: f64) -> String {
    // Four decimals: what money is exact to, and more than anybody follows by hand.
    let text = format!("{value:.4}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_string() } else { text.to_string() }
}

/// Why the last run decided what it did about an item: policy, orders and, for one channel, its
/// forecast and share.
///
/// # Errors
/// [`Error::NotFound`] for an item or channel that the run does not know, with the nearest it
/// knows; [`Error::Input`] for a damaged run.
pub fn explain(run: &PublishedRun, sku: &str, channel: Option<&str>) -> Result<String> {
    let policies = Rows::of(run, &POLICY)?;
    let own = rows_of_item(&policies, sku);
    if own.is_empty() {
        let known = (0..policies.len()).map(|row| policies.text("sku", row));
        return Err(unknown("item", sku, known));
    }
    let steps = Rows::of(run, &STEPS)?;
    let steps_of_item = rows_of_item(&steps, sku);
    let orders = Rows::of(run, &RECOMMENDATIONS)?;
    let orders_of_item = rows_of_item(&orders, sku);

    let mut text = format!("{sku}, run {}, as of {}\n", run.manifest.run_id, run.manifest.as_of);
    for row in own {
        let location = policies.text("location", row);
        // Steps without a recommendation are those of the policy.
        let arithmetic = |recommendation: Option<&str>| {
            let chosen = steps_of_item.iter().copied().filter(|&r| {
                steps.text("location", r) == location
                    && steps.optional_text("recommendation_id", r) == recommendation
            });
            in_words(&chosen.map(|r| step_text(&steps, r)).collect::<Vec<_>>())
        };
        let method = policies.text("method", row);
        let source = policies.text("lead_time_source", row);
        let _ = writeln!(text, "\n{location}: policy {method}, lead time from {source}");
        text.push_str(&arithmetic(None));
        for &r in orders_of_item.iter().filter(|&&r| orders.text("location", r) == location) {
            let id = orders.text("recommendation_id", r);
            let source = orders.optional_text("source_location", r);
            let does = if source.is_some() { "move" } else { "order" };
            let supplier = source.or(orders.optional_text("supplier", r)).unwrap_or("no supplier");
            let status = orders.text("status", r);
            let quantity = orders.units("quantity", r);
            let reason = orders.text("reason", r);
            if status == Status::Unknown.name() {
                // An arithmetic that starts from a stock of 0 would state what nobody has said.
                let _ = writeln!(text, "\n{location}: {status} ({id})\n  {reason}");
                continue;
            }
            let _ = writeln!(
                text,
                "\n{location}: {status}, {does} {quantity} from {supplier} ({id})\n  {reason}"
            );
            text.push_str(&arithmetic(Some(id)));
        }
    }
    if let Some(channel) = channel {
        explain_channel(run, sku, channel, &mut text)?;
    }
    Ok(text)
}

fn rows_of_item(rows: &Rows, sku: &str) -> Vec<usize> {
    (0..rows.len()).filter(|&row| rows.text("sku", row) == sku).collect()
}

fn explain_channel(run: &PublishedRun, sku: &str, channel: &str, text: &mut String) -> Result<()> {
    let methods = Rows::of(run, &METHODS)?;
    let own = rows_of_item(&methods, sku);
    if !own.iter().any(|&r| methods.text("channel", r) == channel) {
        let known = own.iter().map(|&r| methods.text("channel", r));
        return Err(unknown(&format!("channel of {sku}"), channel, known));
    }
    for r in own.into_iter().filter(|&r| methods.text("channel", r) == channel) {
        let location = methods.text("location", r);
        let method = methods.text("method", r);
        let reason = methods.text("reason", r);
        let _ = writeln!(text, "\n{channel} at {location}: forecast by {method}: {reason}");
    }
    let shares = Rows::of(run, &ALLOCATION)?;
    for r in rows_of_item(&shares, sku) {
        if shares.text("channel", r) != channel {
            continue;
        }
        let location = shares.text("location", r);
        let share = 100.0 * shares.real("share", r);
        let allocated = shares.units("allocated", r);
        let buffer = shares.units("buffer", r);
        let published = match shares.optional_units("published", r) {
            Some(units) => format!("max(0, {allocated} - {buffer}) = {units}"),
            None => "unknown".to_owned(),
        };
        let _ = writeln!(
            text,
            "{channel} at {location}: {share:.1} % of the pool, published = {published}"
        );
        let reason = shares.text("reason", r);
        if !reason.is_empty() {
            let _ = writeln!(text, "  {reason}");
        }
    }
    Ok(())
}

fn step_text(steps: &Rows, row: usize) -> StepText<'_> {
    let pairs = steps.text("inputs", row).split(';').filter_map(|pair| pair.split_once('='));
    StepText {
        name: steps.text("name", row),
        formula: steps.text("formula", row),
        inputs: pairs.filter_map(|(name, value)| Some((name, value.parse().ok()?))).collect(),
        value: steps.real("value", row),
        unit: steps.text("unit", row),
        note: steps.text("note", row),
    }
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Error {
    let hint = did_you_mean(name, known);
    Error::NotFound(format!("the last run knows no {what} {name:?}{hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::Unit;
    use crate::explain::arithmetic::Recomputer;

    fn step(name: &'static str, formula: &str, inputs: &[(&'static str, f64)], value: f64) -> Step {
        Step {
            name,
            formula: formula.into(),
            inputs: inputs.to_vec(),
            value,
            unit: Unit::Units,
            note: String::new(),
        }
    }

    #[test]
    fn g7_the_arithmetic_recomputes_to_the_number() {
        let inputs =
            [("peak", 20.0), ("max_lead_time", 21.0), ("average", 10.0), ("lead_time", 7.0)];
        let steps = [
            step("safety_stock", "peak * max_lead_time - average * lead_time", &inputs, 350.0),
            step("reorder_point", "average * lead_time + safety_stock", &inputs[2..], 420.0),
            step(
                "quantity",
                "max(minimum, ceil((reorder_point - position) / pack) * pack)",
                &[("minimum", 50.0), ("position", 13.0), ("pack", 12.0)],
                408.0,
            ),
        ];
        Recomputer::default().check(&[], &steps).unwrap();
        let words = in_words(&steps.iter().map(StepText::from).collect::<Vec<_>>());
        assert!(
            words.contains(
                "reorder_point = average [10] * lead_time [7] + safety_stock [350] = 420 units"
            ),
            "{words}"
        );
        let mut wrong = steps.clone();
        wrong[1].value = 421.0;
        let error = Recomputer::default().check(&[], &wrong).unwrap_err();
        assert_eq!(error, "reorder_point: average * lead_time + safety_stock gives 420, not 421");
    }
}

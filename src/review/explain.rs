//! "Why this number": the arithmetic of the last run's recommendations, in words.

use crate::domain::error::{Error, Result, did_you_mean};
use crate::explain::Step;
use crate::explain::arithmetic::{name_length, starts_name};
use crate::store::PublishedRun;
use crate::tables::{ALLOCATION, METHODS, POLICY, RECOMMENDATIONS, Rows, STEPS};
use std::fmt::Write;

/// One step, as decided or as read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<'a> {
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

impl<'a> From<&'a Step> for Line<'a> {
    fn from(s: &'a Step) -> Self {
        Self {
            name: s.name,
            formula: &s.formula,
            inputs: s.inputs.clone(),
            value: s.value,
            unit: s.unit.name(),
            note: &s.note,
        }
    }
}

/// An explanation for people: one line a step, the arithmetic with its numbers, then the note.
#[must_use]
pub fn in_words(steps: &[Line<'_>]) -> String {
    let mut text = String::new();
    for (i, step) in steps.iter().enumerate() {
        let known = |name: &str| {
            let own = step.inputs.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
            own.or_else(|| steps[..i].iter().rev().find(|s| s.name == name).map(|s| s.value))
        };
        let _ = write!(
            text,
            "  {} = {} = {} {}",
            step.name,
            with_numbers(step.formula, known),
            number(step.value),
            step.unit
        );
        let _ =
            if step.note.is_empty() { writeln!(text) } else { writeln!(text, "  ({})", step.note) };
    }
    text
}

fn with_numbers(formula: &str, known: impl Fn(&str) -> Option<f64>) -> String {
    let mut text = String::new();
    let mut rest = formula;
    while let Some(c) = rest.chars().next() {
        let length = if starts_name(c) { name_length(rest) } else { c.len_utf8() };
        let (word, after) = rest.split_at(length);
        match known(word) {
            Some(value) => {
                let _ = write!(text, "{word} [{}]", number(value));
            }
            None => text.push_str(word),
        }
        rest = after;
    }
    text
}

/// At most four decimals, without trailing zeros.
fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_string() } else { text.to_string() }
}

/// Why the last run decided what it did about an item: policy, orders and, for one channel, its forecast and share.
///
/// # Errors
/// [`Error::NotFound`] for an item or channel that the run does not know, with the nearest it knows; [`Error::Input`] for a
/// damaged run.
pub fn explain(run: &PublishedRun, sku: &str, channel: Option<&str>) -> Result<String> {
    let policies = Rows::read(&run.folder, &POLICY)?;
    let own: Vec<usize> =
        (0..policies.len()).filter(|&row| policies.text("sku", row) == sku).collect();
    if own.is_empty() {
        return Err(unknown("item", sku, (0..policies.len()).map(|row| policies.text("sku", row))));
    }
    let (steps, lines) =
        (Rows::read(&run.folder, &STEPS)?, Rows::read(&run.folder, &RECOMMENDATIONS)?);
    let mut text = format!("{sku}, run {}, as of {}\n", run.manifest.run_id, run.manifest.as_of);
    for row in own {
        let location = policies.text("location", row);
        let here = |rows: &Rows, r: usize| {
            rows.text("sku", r) == sku && rows.text("location", r) == location
        };
        let told = |id: Option<&str>| {
            let of = (0..steps.len())
                .filter(|&r| here(&steps, r) && steps.optional_text("recommendation_id", r) == id);
            in_words(&of.map(|r| line(&steps, r)).collect::<Vec<_>>())
        };
        let _ = writeln!(
            text,
            "\n{location}: policy {}, lead time from {}",
            policies.text("method", row),
            policies.text("lead_time_source", row)
        );
        text.push_str(&told(None));
        for r in (0..lines.len()).filter(|&r| here(&lines, r)) {
            let (id, supplier) = (
                lines.text("recommendation_id", r),
                lines.optional_text("supplier", r).unwrap_or("no supplier"),
            );
            let (status, quantity) = (lines.text("status", r), lines.whole("quantity", r));
            let _ = writeln!(
                text,
                "\n{location}: {status}, order {quantity} from {supplier} ({id})\n  {}",
                lines.text("reason", r)
            );
            text.push_str(&told(Some(id)));
        }
    }
    channel.map_or(Ok(()), |channel| explain_channel(run, sku, channel, &mut text))?;
    Ok(text)
}

fn explain_channel(run: &PublishedRun, sku: &str, channel: &str, text: &mut String) -> Result<()> {
    let methods = Rows::read(&run.folder, &METHODS)?;
    let own: Vec<usize> = (0..methods.len()).filter(|&r| methods.text("sku", r) == sku).collect();
    if !own.iter().any(|&r| methods.text("channel", r) == channel) {
        return Err(unknown(
            &format!("channel of {sku}"),
            channel,
            own.iter().map(|&r| methods.text("channel", r)),
        ));
    }
    for r in own.into_iter().filter(|&r| methods.text("channel", r) == channel) {
        let (location, method) = (methods.text("location", r), methods.text("method", r));
        let _ = writeln!(
            text,
            "\n{channel} at {location}: forecast by {method}: {}",
            methods.text("reason", r)
        );
    }
    let shares = Rows::read(&run.folder, &ALLOCATION)?;
    for r in (0..shares.len())
        .filter(|&r| shares.text("sku", r) == sku && shares.text("channel", r) == channel)
    {
        let whole = |column| shares.whole(column, r);
        let (published, allocated, buffer) =
            (whole("published"), whole("allocated"), whole("buffer"));
        let (location, share) = (shares.text("location", r), 100.0 * shares.real("share", r));
        let _ = writeln!(
            text,
            "{channel} at {location}: {share:.1} % of the pool, published = max(0, {allocated} - {buffer}) = {published}"
        );
        let reason = shares.text("reason", r);
        let _ = if reason.is_empty() { Ok(()) } else { writeln!(text, "  {reason}") };
    }
    Ok(())
}

fn line(steps: &Rows, row: usize) -> Line<'_> {
    let pairs = steps.text("inputs", row).split(';').filter_map(|pair| pair.split_once('='));
    Line {
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
        let words = in_words(&steps.iter().map(Line::from).collect::<Vec<_>>());
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

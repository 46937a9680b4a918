//! Explanations: the arithmetic of a number, recorded while the number is computed, and the
//! evaluator that recomputes it.
//!
//! A leaf: it imports no other room. `inventory` and `purchase` record, `audit` recomputes,
//! `review` and `report` show.

use serde::{Deserialize, Serialize};
pub mod arithmetic;
pub mod words;

use crate::explain::words::Word;
use std::fmt;

/// One line of arithmetic: `name = formula` over named inputs and earlier steps, so that it
/// recomputes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What is computed: `safety_stock`.
    #[serde(deserialize_with = "words::word")]
    pub name: Word,
    /// The arithmetic, over the names of `inputs` and earlier steps: `peak * max_lead_time -
    /// average * lead_time`.
    pub formula: String,
    /// Named numbers that enter, besides earlier steps.
    #[serde(deserialize_with = "words::named")]
    pub inputs: Vec<(Word, f64)>,
    /// The result.
    pub value: f64,
    /// What the result is counted in.
    pub unit: Unit,
    /// One sentence for a planner; empty when the formula says it all.
    pub note: String,
}

/// What a number is counted in: the result of a step, an indicator, a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Units of stock.
    Units,
    /// Units of stock a day.
    UnitsPerDay,
    /// Calendar days.
    Days,
    /// Weeks.
    Weeks,
    /// Buckets of the panel: days, weeks or months.
    Periods,
    /// The reporting currency.
    Currency,
    /// Hundredths of a whole.
    Percent,
    /// Part of a whole, 0..=1.
    Share,
    /// One quantity over another.
    Ratio,
    /// A share of cases, 0..=1.
    Probability,
    /// A score for sorting, 0..=100.
    UpToHundred,
    /// Nothing: a name, a label, a plain count.
    None,
}

impl Unit {
    /// Name in the tables and in sentences.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Units => "units",
            Self::UnitsPerDay => "units/day",
            Self::Days => "days",
            Self::Weeks => "weeks",
            Self::Periods => "periods",
            Self::Currency => "currency",
            Self::Percent => "percent",
            Self::Share => "share",
            Self::Ratio => "ratio",
            Self::Probability => "probability",
            Self::UpToHundred => "0-100",
            Self::None => "",
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Steps as they are computed. One that does not record costs next to nothing: a replay computes
/// the same policy a million times and shows none of it.
///
/// ```
/// use orderpoint::explain::{Explanation, Unit};
///
/// let mut explain = Explanation::recorded();
/// let (average, lead_time) = (10.0, 7.0);
/// let inputs = [("average", average), ("lead_time", lead_time), ("safety_stock", 350.0)];
/// let formula = "average * lead_time + safety_stock";
/// let value = average * lead_time + 350.0;
/// let point = explain.step("reorder_point", formula, Unit::Units, inputs, value);
/// assert_eq!(point, 420.0);
/// assert_eq!(explain.into_steps()[0].value, 420.0);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Explanation {
    recorded: bool,
    steps: Vec<Step>,
}

impl Explanation {
    /// One that keeps its steps.
    #[must_use]
    pub fn recorded() -> Self {
        Self { recorded: true, steps: Vec::with_capacity(8) }
    }

    /// One that keeps nothing.
    #[must_use]
    pub fn unrecorded() -> Self {
        Self::default()
    }

    /// Records that `name` is `value` by `formula`, and returns `value`.
    ///
    /// The value is handed in rather than evaluated from the text: the result keeps the arithmetic
    /// it is decided by to the last bit, and [`arithmetic::Recomputer`] holds every published step
    /// against its formula.
    pub fn step<const N: usize>(
        &mut self,
        name: &'static str,
        formula: &str,
        unit: Unit,
        inputs: [(&'static str, f64); N],
        value: f64,
    ) -> f64 {
        if self.recorded {
            self.steps.push(Step {
                name,
                formula: formula.to_owned(),
                inputs: inputs.to_vec(),
                value,
                unit,
                note: String::new(),
            });
        }
        value
    }

    /// Says something about the step just recorded; not called for a sentence nobody reads.
    pub fn note(&mut self, sentence: impl FnOnce() -> String) {
        if let Some(step) = self.steps.last_mut() {
            step.note = sentence();
        }
    }

    /// The steps, in the order they were computed.
    #[must_use]
    pub fn into_steps(self) -> Vec<Step> {
        self.steps
    }
}

//! Why the numbers are what they are: how each forecast was chosen and the arithmetic of each policy and order.

use crate::domain::outcome::Accuracy;
use crate::domain::units::{LocationId, SkuId};
use crate::explain::{Step, Unit};
use crate::tables::table::{
    Results, Row, Table, channel, composed, count, flag, location, optional_real, optional_text,
    periods, real, sku, text,
};
use std::fmt::Write;

/// Accuracy: one row a series and method.
pub static ACCURACY: Table<Accuracy> = Table {
    name: "accuracy",
    rows: |results| (&results.outcome.accuracy).into(),
    columns: &[
        sku(|row| row.inputs.panel.key(row.series).sku),
        channel(|row| row.inputs.panel.key(row.series).channel),
        location(|row| row.inputs.panel.key(row.series).location),
        text("method", "forecast method", |row| row.method),
        real("wape", "sum of absolute errors / sum of actuals", Unit::Ratio, |row| row.wape),
        real("bias", "sum of (forecast - actual) / sum of actuals", Unit::Ratio, |row| row.bias),
        real(
            "mase",
            "mean absolute error / that of the in-sample seasonal naive",
            Unit::Ratio,
            |row| row.mase,
        ),
        real(
            "rmsse",
            "root mean squared error / that of the in-sample naive",
            Unit::Ratio,
            |row| row.rmsse,
        ),
        optional_real(
            "pinball",
            "mean scaled pinball loss over the published quantiles",
            Unit::Ratio,
            |row| row.pinball,
        ),
        periods("horizon", "periods ahead", |row| row.horizon as i64),
        flag("chosen", "whether it made the published forecast", |row| row.chosen),
    ],
};

/// Chosen methods: one row a series, by its position in the panel.
pub static METHODS: Table<usize> = Table {
    name: "methods",
    rows: |results| (0..results.outcome.methods.len()).collect(),
    columns: &[
        sku(|row| row.inputs.panel.key(*row.of).sku),
        channel(|row| row.inputs.panel.key(*row.of).channel),
        location(|row| row.inputs.panel.key(*row.of).location),
        text("method", "method or combination chosen", |row| &row.outcome.methods[*row.of].method),
        text("reason", "why it was chosen, with figures", |row| {
            &row.outcome.methods[*row.of].reason
        }),
    ],
};

/// Where a step stands: in which explanation, and at which position of it.
#[derive(Debug, Clone, Copy)]
pub struct StepPlace {
    explains: Explained,
    position: usize,
}

/// What an explanation is of, by its position in the outcome.
#[derive(Debug, Clone, Copy)]
enum Explained {
    Policy(usize),
    Recommendation(usize),
}

/// The arithmetic of policies and recommendations: one row a step.
pub static STEPS: Table<StepPlace> = Table {
    name: "steps",
    rows: |results| step_places(results).into(),
    columns: &[
        sku(|row| row.sku()),
        location(|row| row.location()),
        optional_text(
            "recommendation_id",
            "the recommendation explained; missing for a step of the policy",
            |row| row.recommendation_id(),
        ),
        count("step", "position in the explanation", |row| row.position as i64),
        text("name", "what is computed", |row| row.step().name),
        text("formula", "over the inputs and earlier steps", |row| &row.step().formula),
        composed("inputs", "name=value, joined by ;", |row, text| {
            for (i, (name, value)) in row.step().inputs.iter().enumerate() {
                let separator = if i > 0 { ";" } else { "" };
                let _ = write!(text, "{separator}{name}={value}");
            }
        }),
        real("value", "the result", Unit::None, |row| row.step().value),
        text("unit", "unit of the result", |row| row.step().unit.name()),
        text("note", "in words", |row| &row.step().note),
    ],
};

/// All policies first, then all recommendations.
fn step_places(results: Results<'_>) -> Vec<StepPlace> {
    let mut places = Vec::new();
    for (i, policy) in results.outcome.policy.iter().enumerate() {
        let explains = Explained::Policy(i);
        places.extend((0..policy.steps.len()).map(|position| StepPlace { explains, position }));
    }
    for (i, line) in results.outcome.recommendations.iter().enumerate() {
        let explains = Explained::Recommendation(i);
        places.extend((0..line.steps.len()).map(|position| StepPlace { explains, position }));
    }
    places
}

impl<'a> Row<'a, StepPlace> {
    fn step(&self) -> &'a Step {
        match self.explains {
            Explained::Policy(i) => &self.outcome.policy[i].steps[self.position],
            Explained::Recommendation(i) => &self.outcome.recommendations[i].steps[self.position],
        }
    }

    fn sku(&self) -> SkuId {
        match self.explains {
            Explained::Policy(i) => self.outcome.policy[i].sku,
            Explained::Recommendation(i) => self.outcome.recommendations[i].sku,
        }
    }

    fn location(&self) -> LocationId {
        match self.explains {
            Explained::Policy(i) => self.outcome.policy[i].location,
            Explained::Recommendation(i) => self.outcome.recommendations[i].location,
        }
    }

    fn recommendation_id(&self) -> Option<&'a str> {
        match self.explains {
            Explained::Policy(_) => None,
            Explained::Recommendation(i) => Some(&self.outcome.recommendations[i].id),
        }
    }
}

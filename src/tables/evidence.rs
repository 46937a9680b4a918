//! Why the numbers are what they are: how each forecast was chosen and the arithmetic of each
//! policy and order.

use crate::domain::outcome::Accuracy;
use crate::domain::units::{LocationId, SkuId};
use crate::explain::Step;
use crate::explain::Unit::{self, Periods, Ratio, Units};
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
        sku(|r| r.inputs.panel.key(r.series).sku),
        channel(|r| r.inputs.panel.key(r.series).channel),
        location(|r| r.inputs.panel.key(r.series).location),
        text("method", "forecast method", |r| r.method),
        real("wape", "sum of absolute errors / sum of actuals", Ratio, |r| r.wape),
        real("bias", "sum of (forecast - actual) / sum of actuals", Ratio, |r| r.bias),
        optional_real(
            "mase",
            "mean absolute error / that of the in-sample seasonal naive; none where that is 0",
            Ratio,
            |r| r.mase,
        ),
        optional_real(
            "rmsse",
            "root mean squared error / that of the in-sample naive; none where that is 0",
            Ratio,
            |r| r.rmsse,
        ),
        optional_real(
            "pinball",
            "mean scaled pinball loss over the published quantiles",
            Ratio,
            |r| r.pinball,
        ),
        periods("horizon", "periods ahead", |r| r.horizon as i64),
        flag("chosen", "whether it made the published forecast", |r| r.chosen),
        real("absolute_error", "sum of absolute errors", Units, |r| r.sums.absolute_error),
        real("error", "sum of (forecast - actual)", Units, |r| r.sums.error),
        real("squared_error", "sum of squared errors, units squared", Unit::None, |r| {
            r.sums.squared_error
        }),
        real("actual", "units sold in the periods judged", Units, |r| r.sums.actual),
        real("periods", "periods judged, over all origins", Periods, |r| r.sums.periods),
        real(
            "scale_absolute",
            "in-sample mean absolute error of the seasonal naive: scales mase",
            Units,
            |r| r.sums.scale_absolute,
        ),
        real(
            "scale_squared",
            "in-sample mean squared error of the naive, units squared: its root scales rmsse",
            Unit::None,
            |r| r.sums.scale_squared,
        ),
    ],
};

/// Chosen methods: one row a series, by its position in the panel.
pub static METHODS: Table<usize> = Table {
    name: "methods",
    rows: |results| (0..results.outcome.methods.len()).collect(),
    columns: &[
        sku(|r| r.inputs.panel.key(*r.of).sku),
        channel(|r| r.inputs.panel.key(*r.of).channel),
        location(|r| r.inputs.panel.key(*r.of).location),
        text("method", "method or combination chosen", |r| &r.outcome.methods[*r.of].method),
        text("reason", "why it was chosen, with figures", |r| &r.outcome.methods[*r.of].reason),
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
        sku(|r| r.sku()),
        location(|r| r.location()),
        optional_text(
            "recommendation_id",
            "the recommendation explained; missing for a step of the policy",
            |r| r.recommendation_id(),
        ),
        count("step", "position in the explanation", |r| r.position as i64),
        text("name", "what is computed", |r| r.step().name),
        text("formula", "over the inputs and earlier steps", |r| &r.step().formula),
        composed("inputs", "name=value, joined by ;", |r, text| {
            for (i, (name, value)) in r.step().inputs.iter().enumerate() {
                let separator = if i > 0 { ";" } else { "" };
                let _ = write!(text, "{separator}{name}={value}");
            }
        }),
        real("value", "the result", Unit::None, |r| r.step().value),
        text("unit", "unit of the result", |r| r.step().unit.name()),
        text("note", "in words", |r| &r.step().note),
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

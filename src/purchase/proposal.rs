//! One pool's proposal: its supplier lines before anything is weighed against other pools.

use crate::domain::constraints::Binding;
use crate::domain::exceptions::{Effect, Exception, ExceptionKind, Severity};
use crate::domain::inputs::Supply;
use crate::domain::units::{Units, in_words};
use crate::explain::arithmetic::to_a_millionth;
use crate::purchase::line::Line;
use crate::purchase::market::Market;
use crate::purchase::need::PoolNeed;
use crate::purchase::rules::LINE_RULES;
use crate::purchase::sourcing::{Sources, source};

impl<'a> Market<'a> {
    /// The lines of one pool: one, or two for a split order. What is missing or impossible goes to
    /// `exceptions`.
    ///
    /// # Panics
    /// If the need is not a number of 0 or more.
    pub fn propose(
        &self,
        mut pool: PoolNeed,
        lead_days: impl Fn(&Supply) -> f64,
        exceptions: &mut Vec<Exception>,
    ) -> Vec<Line<'a>> {
        assert!(
            pool.need.is_finite() && pool.need >= 0.0,
            "a need entering purchase is finite and not negative"
        );
        pool.need = to_a_millionth(pool.need);
        let offers = self.offers(&pool, lead_days);
        let mut lines = Vec::with_capacity(1);
        if offers.is_empty() {
            let short_units = pool.short_within(self.settings.risk_days);
            pool.shortfall = Vec::new();
            lines.push(self.apply_rules(Line { short_units, ..Line::new(pool, None) }));
        } else {
            let Sources { assignments, served } = source(&pool, &offers, self.as_of, self.settings);
            if served > 0.0 {
                pool.serve(served);
            }
            // Only sourcing looks at the shortfall: a line does not carry it through the night.
            pool.shortfall = Vec::new();
            let last = assignments.len() - 1;
            let mut beside = Units::ZERO;
            for (part, assignment) in assignments.into_iter().enumerate() {
                let mut line = self.apply_rules(Line {
                    need: assignment.need,
                    short_units: assignment.short_units,
                    notes: assignment.why.into_iter().collect(),
                    ..Line::new(pool.clone(), Some(offers[assignment.offer]))
                });
                // Two lines share the room of one pool: the bridge stays as it is, the rest gets
                // what that leaves, and may grow to its supplier's minimum.
                if part < last {
                    line.rules = line.rules.within(Some(line.quantity));
                    pool.room = pool.room.map(|room| room - line.quantity);
                }
                line.beside = beside;
                beside += line.quantity;
                lines.push(line);
            }
        }
        self.note_gaps(&lines, exceptions);
        lines
    }

    fn apply_rules(&self, mut line: Line<'a>) -> Line<'a> {
        // In the order of the list: damping compares with the quantity that a price break has left.
        for rule in LINE_RULES {
            rule.apply(&mut line, self);
        }
        line
    }

    fn note_gaps(&self, lines: &[Line], exceptions: &mut Vec<Exception>) {
        for line in lines.iter().filter(|l| l.need > 0.0) {
            if line.offer.is_none() {
                exceptions.push(Exception::new(
                    Severity::Warning,
                    ExceptionKind::NoSupplier,
                    line.subject(self.names),
                    "nobody to order from",
                    "the need is shown without supplier, minimum, pack or arrival",
                ));
            }
            if !line.price_at(line.quantity).is_positive() {
                exceptions.push(Exception::new(
                    Severity::Warning,
                    ExceptionKind::NoPrice,
                    line.subject(self.names),
                    "no price known",
                    "neither supply nor products has a cost: value and budget count it as 0",
                ));
            }
            if let Some(what) = &line.long_lot {
                exceptions.push(
                    Exception::new(
                        Severity::Warning,
                        ExceptionKind::LongLot,
                        line.subject(self.names),
                        what.clone(),
                        "the supplier's minimum or pack is far beyond the need",
                    )
                    .with_effect(Effect::Money(line.value())),
                );
            }
            if let Some(most) = line.pool.max_stock.filter(|&most| most < line.rules.smallest()) {
                exceptions.push(
                    Exception::new(
                        Severity::Warning,
                        ExceptionKind::MinimumAboveMaximum,
                        line.subject(self.names),
                        format!(
                            "the smallest lot of {} is above the most stock to hold, {most}: \
                             nothing is ordered, {} are needed",
                            line.rules.smallest(),
                            in_words(line.need)
                        ),
                        "raise max_stock in products to the lot at least, or agree on a smaller \
                         one",
                    )
                    .with_effect(Effect::Units(Units::ceil(line.need))),
                );
            }
            if line.binding == Some(Binding::Impossible) {
                let told = Exception::new(
                    Severity::Error,
                    ExceptionKind::MinimumAboveMaximum,
                    line.subject(self.names),
                    format!(
                        "the supplier's rules contradict each other, {}: nothing is ordered, {} \
                         are needed",
                        line.rules.stated(),
                        in_words(line.need)
                    ),
                    "no quantity satisfies them together: correct minimum_order, pack_size or \
                     maximum_order in supply",
                )
                .with_effect(Effect::Units(Units::ceil(line.need)));
                exceptions.push(told);
            }
        }
    }
}

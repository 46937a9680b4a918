//! What does an event do to one item, beyond what it does to its group? Of one category, roses sell
//! twelvefold before Valentine's day and vases as ever; a category of two items leans on all the
//! others of a shop; and some events are one item's alone.
//!
//! The days of each occurrence are held against the weeks around it, both by what a level of 1
//! sells there. The logarithm of the ratio is believed to be about 0, with a tail as heavy as
//! Cauchy's: what chance may have made is pulled back, and twelvefold is not. `s` units sold where
//! `e` were expected give
//!
//! ```text
//! s - e exp(β) = 2 β / (σ² + β²)      factor = exp(β)
//! ```
//!
//! Units: units of demand, periods of the axis.

use crate::domain::calendar::{Bucket, Calendar};
use crate::domain::inputs::Event;
use crate::domain::panel::SeriesKey;
use crate::forecast::pooled::setup::Setup;
use crate::forecast::pooled::tally::Tally;
use crate::math::elementary::Elementary;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// Scale of the logarithm: half of all items are believed to be within a fifth of their group.
const SCALE: f64 = 0.2;
/// Occurrences from which an item's response is its own: one may have been anything, unless
/// somebody says that the event is this item's.
const LEAST_SEEN: usize = 2;
/// Rounds of the search for `β`, each of which takes the prior where the last one ended.
const ROUNDS: usize = 12;
/// Days on both sides that an occurrence is held against.
const AROUND_DAYS: f64 = 28.0;
/// Change of demand that is not worth keeping.
const LEAST_CHANGE: f64 = 0.02;

/// One occurrence of an event.
#[derive(Debug, Clone)]
struct Occurrence<'a> {
    /// Its own days, on the axis.
    periods: Range<usize>,
    event: &'a Event,
}

/// When each event was and will be. By name, in the order of the names.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventDays<'a> {
    names: Vec<Vec<Occurrence<'a>>>,
}

/// What one event does to an item, relative to its group.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct OwnEvent {
    /// Position of its name.
    name: u32,
    factor: f32,
}

impl<'a> EventDays<'a> {
    /// Those of `events` on an axis of `periods`.
    pub fn new(events: &'a [Event], calendar: &Calendar, periods: usize) -> Self {
        // A month holds every event of it, and a season besides.
        if calendar.bucket() == Bucket::Month {
            return Self::default();
        }
        // Pay days have no weeks without them to be held against.
        let rhythms = Event::rhythms(events);
        let mut by_name: BTreeMap<&str, Vec<Occurrence<'a>>> = BTreeMap::new();
        for event in events.iter().filter(|event| !rhythms.contains(event.event.as_str())) {
            let first = usize::try_from(calendar.index(event.start)).unwrap_or(0);
            let end = usize::try_from(calendar.index(event.end) + 1).unwrap_or(0).min(periods);
            if first < end {
                let occurrence = Occurrence { periods: first..end, event };
                by_name.entry(&event.event).or_default().push(occurrence);
            }
        }
        Self { names: by_name.into_values().collect() }
    }
}

impl Setup<'_> {
    /// What the events to come did to a series that starts at `start`, by what was known of it.
    ///
    /// - `units`, `exposure`: of the periods known, from its start; NaN exposure = not observed.
    pub fn own_events(
        &self,
        key: SeriesKey,
        start: usize,
        units: &[f32],
        exposure: &[f32],
    ) -> Vec<OwnEvent> {
        let history = self.calendar().history();
        let around = self.periods_in(AROUND_DAYS);
        let mut found = Vec::new();
        for (name, occurrences) in (0..).zip(&self.event_days.names) {
            let comes = occurrences.last().is_some_and(|last| last.periods.end > history);
            if !comes || occurrences.len() < 2 {
                continue;
            }
            let mut seen = 0;
            let mut total = Tally::default();
            for occurrence in occurrences.iter().filter(|own| self.feels(key, own)) {
                let Range { start: first, end } = occurrence.periods;
                if first < start + around || end > start + units.len() {
                    continue;
                }
                let days = first - start..end - start;
                let felt = days.start - self.periods_in(3.0).min(days.start)
                    ..(days.end + self.periods_in(3.0)).min(units.len());
                let before = days.start.saturating_sub(around)..felt.start;
                let after = felt.end..(days.end + around).min(units.len()).max(felt.end);
                let mut near = Tally::of_observed(&units[before.clone()], &exposure[before]);
                near.observe(&units[after.clone()], &exposure[after]);
                let own = Tally::of_observed(&units[days.clone()], &exposure[days]);
                if near.sold > 0.0 && near.expected > 0.0 && own.expected > 0.0 {
                    total.add(own.sold, own.expected * near.sold / near.expected);
                    seen += 1;
                }
            }
            let own_alone = occurrences.iter().all(|own| own.event.sku.is_some());
            let factor = believed(total);
            let enough = seen >= if own_alone { 1 } else { LEAST_SEEN };
            if enough && (factor - 1.0).abs() > LEAST_CHANGE {
                found.push(OwnEvent { name, factor: factor as f32 });
            }
        }
        found
    }

    /// Multiplies exposures from period `first` of the axis on by what events do to an item itself.
    pub fn apply_own_events(
        &self,
        exposure: &mut [f32],
        first: usize,
        key: SeriesKey,
        own: &[OwnEvent],
    ) {
        for OwnEvent { name, factor } in own {
            let occurrences = self.event_days.names.get(*name as usize).into_iter().flatten();
            for occurrence in occurrences.filter(|own| self.feels(key, own)) {
                let Range { start, end } = occurrence.periods;
                for t in start.max(first)..end.min(first + exposure.len()) {
                    exposure[t - first] *= factor;
                }
            }
        }
    }

    /// Days of the events that are an item's alone, on the axis.
    pub fn days_of_item_events(&self, key: SeriesKey) -> Vec<Range<usize>> {
        let all = self.event_days.names.iter().flatten();
        let own = all.filter(|own| own.event.sku.is_some() && self.feels(key, own));
        own.map(|own| own.periods.clone()).collect()
    }

    fn feels(&self, key: SeriesKey, occurrence: &Occurrence<'_>) -> bool {
        occurrence.event.sku.is_none_or(|sku| sku == key.sku)
            && occurrence.event.concerns(self.demand.category_of(key.sku), key.channel.index())
    }
}

/// The factor of the most likely `β`, see the module.
fn believed(seen: Tally) -> f64 {
    let Tally { sold, expected } = seen;
    if expected <= 0.0 {
        return 1.0;
    }
    // From what was seen, so that the prior lets go where it is far from it.
    let mut beta = ((sold + 0.5) / (expected + 0.5)).natural_log();
    for _ in 0..ROUNDS {
        let precision = 2.0 / (SCALE * SCALE + beta * beta);
        let now = expected * beta.exponential();
        beta += (sold - now - precision * beta) / (now + precision);
    }
    beta.exponential()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_pulled_back_and_twelvefold_is_not() {
        let few = believed(Tally { sold: 8.0, expected: 5.0 });
        assert!((1.0..1.2).contains(&few), "{few}");
        let roses = believed(Tally { sold: 150.0, expected: 12.0 });
        assert!((11.5..12.5).contains(&roses), "{roses}");
        let none = believed(Tally { sold: 0.0, expected: 60.0 });
        assert!(none < 0.1, "{none}");
        assert!((believed(Tally { sold: 500.0, expected: 500.0 }) - 1.0).abs() < 1e-9);
    }
}

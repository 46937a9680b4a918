//! When is more sold for a reason that is known? Such a peak is neither a bulk order nor an error:
//! the events and promotions tables say why it was sold, and what it says of the next one is
//! learnt.

use crate::domain::calendar::Calendar;
use crate::domain::inputs::{Event, Promotion, is_in_category};
use crate::domain::panel::SeriesKey;
use crate::domain::units::{ChannelId, LocationId, SkuId};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// One event or promotion, but for its item.
#[derive(Debug, Clone)]
struct Occasion<'a> {
    /// Its own periods, of the axis.
    periods: RangeInclusive<i64>,
    /// Those in which people may have bought ahead, or later.
    felt: RangeInclusive<i64>,
    /// Of an event, which may come again.
    name: &'a str,
    category: Option<&'a str>,
    channel: Option<ChannelId>,
    location: Option<LocationId>,
}

impl Occasion<'_> {
    fn concerns(&self, key: SeriesKey, category: &str) -> bool {
        self.channel.is_none_or(|channel| channel == key.channel)
            && self.location.is_none_or(|location| location == key.location)
            && self.category.is_none_or(|of| is_in_category(category, of))
    }
}

/// All events and promotions, by what they concern.
#[derive(Debug, Clone, Default)]
pub struct Occasions<'a> {
    of_item: BTreeMap<SkuId, Vec<Occasion<'a>>>,
    of_many: Vec<Occasion<'a>>,
}

impl<'a> Occasions<'a> {
    /// Those of the tables, on the axis of `calendar`. Events of every week are a rhythm: they
    /// explain no peak.
    pub fn new(events: &'a [Event], promotions: &'a [Promotion], calendar: &Calendar) -> Self {
        let mut occasions = Self::default();
        let rhythms = Event::rhythms(events);
        for event in events.iter().filter(|event| !rhythms.contains(event.event.as_str())) {
            let felt = event.felt();
            let occasion = Occasion {
                periods: calendar.index(event.start)..=calendar.index(event.end),
                felt: calendar.index(*felt.start())..=calendar.index(*felt.end()),
                name: &event.event,
                category: event.category.as_deref(),
                channel: event.channel,
                location: None,
            };
            occasions.add(event.sku, occasion);
        }
        for promotion in promotions {
            let periods = calendar.index(promotion.start)..=calendar.index(promotion.end);
            let occasion = Occasion {
                felt: periods.clone(),
                periods,
                name: "",
                category: promotion.category.as_deref(),
                channel: promotion.channel,
                location: promotion.location,
            };
            occasions.add(promotion.sku, occasion);
        }
        occasions
    }

    fn add(&mut self, sku: Option<SkuId>, occasion: Occasion<'a>) {
        match sku {
            Some(sku) => self.of_item.entry(sku).or_default().push(occasion),
            None => self.of_many.push(occasion),
        }
    }

    /// Whether one of them explains a peak of a series of `category` in period `period` of the
    /// axis: it fell into the occasion's own periods, or beside them as at another time that the
    /// same event came.
    ///
    /// - `is_high`: whether the series sold much in a period.
    pub fn explain(
        &self,
        key: SeriesKey,
        category: &str,
        period: usize,
        is_high: impl Fn(i64) -> bool,
    ) -> bool {
        let period = period as i64;
        let of_item = self.of_item.get(&key.sku).into_iter().flatten();
        let here = self.of_many.iter().chain(of_item);
        let here = here.filter(|occasion| occasion.concerns(key, category));
        let near = here.clone().filter(|occasion| occasion.felt.contains(&period));
        near.into_iter().any(|occasion| {
            let mut again = here
                .clone()
                .filter(|other| other.name == occasion.name && !other.felt.contains(&period));
            occasion.periods.contains(&period)
                || again.any(|other| other.felt.clone().any(&is_high))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Bucket;
    use chrono::{Duration, NaiveDate};

    fn event(name: &str, day: NaiveDate) -> Event {
        Event {
            start: day,
            end: day,
            event: name.to_owned(),
            channel: None,
            category: None,
            sku: None,
        }
    }

    #[test]
    fn the_days_before_an_event_are_explained_where_they_were_high_before_and_paydays_never() {
        let first: NaiveDate = "2024-01-01".parse().unwrap();
        let calendar = Calendar::new(Bucket::Day, first + Duration::days(800), first);
        let mut events: Vec<Event> =
            (0..110).map(|week| event("payday", first + Duration::days(7 * week))).collect();
        events.push(event("Mother's day", first + Duration::days(132)));
        events.push(event("Mother's day", first + Duration::days(496)));
        let occasions = Occasions::new(&events, &[], &calendar);
        let key = SeriesKey { sku: SkuId(0), location: LocationId(0), channel: ChannelId(0) };
        let explained = |period, high: i64| occasions.explain(key, "", period, |t| t == high);
        assert!(explained(132, -1) && explained(130, 494));
        assert!(
            !explained(130, 300),
            "the day before yesterday of a year that nobody bought ahead"
        );
        assert!(!explained(140, -1), "a payday");
    }
}

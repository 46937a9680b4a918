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
    /// Periods of the axis.
    periods: RangeInclusive<i64>,
    category: Option<&'a str>,
    channel: Option<ChannelId>,
    location: Option<LocationId>,
}

/// All events and promotions, by what they concern.
#[derive(Debug, Clone, Default)]
pub struct Occasions<'a> {
    of_item: BTreeMap<SkuId, Vec<Occasion<'a>>>,
    of_many: Vec<Occasion<'a>>,
}

impl<'a> Occasions<'a> {
    /// Those of the tables, on the axis of `calendar`.
    pub fn new(events: &'a [Event], promotions: &'a [Promotion], calendar: &Calendar) -> Self {
        let mut occasions = Self::default();
        for event in events {
            let days = event.felt();
            let occasion = Occasion {
                periods: calendar.index(*days.start())..=calendar.index(*days.end()),
                category: event.category.as_deref(),
                channel: event.channel,
                location: None,
            };
            occasions.add(event.sku, occasion);
        }
        for promotion in promotions {
            let occasion = Occasion {
                periods: calendar.index(promotion.start)..=calendar.index(promotion.end),
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

    /// Whether one of them concerns a series of `category` in period `period` of the axis.
    pub fn explain(&self, key: SeriesKey, category: &str, period: usize) -> bool {
        let of_item = self.of_item.get(&key.sku).into_iter().flatten();
        self.of_many.iter().chain(of_item).any(|occasion| {
            occasion.periods.contains(&(period as i64))
                && occasion.channel.is_none_or(|channel| channel == key.channel)
                && occasion.location.is_none_or(|location| location == key.location)
                && occasion.category.is_none_or(|of| is_in_category(category, of))
        })
    }
}

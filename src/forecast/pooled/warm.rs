//! A night between two refits: what was learnt stays, levels move on by what was sold since.
//!
//! A refit leaves a [`Kept`]: what the context learnt, by the names of groups, with profiles that reach to the next refit, and the
//! `PoolState` of every pool. Each later night starts from that same refit, not from the night before: its result depends on
//! its input and on the refit alone, whichever nights ran in between. A pool whose past is not what the refit saw (a late
//! correction, another cleaning), one whose product or promotions changed, and a new one are fitted as in a cold run, against
//! what was learnt. Where groups, events or settings changed, or most pools have to be fitted, everything is learnt anew.

use crate::domain::units::{LocationId, SkuId};
use crate::forecast::Context;
use crate::forecast::Demand;
use crate::forecast::Evidence;
use crate::forecast::Learnt;
use crate::forecast::Settings;
use crate::forecast::Stage;
use crate::forecast::pooled::evidence::add_pairs;
use crate::forecast::pooled::reconcile;
use crate::forecast::pooled::seasonal::GroupKey;
use crate::forecast::pooled::state::{Digest, PoolState, SeriesState, past_digest};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ops::Range;

/// What a refit leaves for the nights after it.
#[derive(Debug, Clone)]
pub struct Kept {
    world: World,
    learnt: Learnt,
    pools: Vec<PoolState>,
}

/// What must not have changed, or only grown, for a refit to hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct World {
    /// The morning of the refit.
    as_of: NaiveDate,
    /// First day of the axis.
    first: NaiveDate,
    settings: String,
    events: u64,
    /// Category and channel.
    groups: Vec<(String, String)>,
    skus: Vec<String>,
    locations: Vec<String>,
    channels: Vec<String>,
}

impl World {
    fn of(demand: &Demand<'_>, settings: &Settings, groups: &[GroupKey]) -> Self {
        let (names, calendar) = (demand.names, demand.panel.calendar());
        let mut events = Digest::default();
        for event in demand.events {
            [&event.event, &event.start.to_string(), &event.end.to_string()]
                .into_iter()
                .for_each(|text| events.text(text));
            events.text(event.channel.map_or("", |c| &names.channels[c.index()]));
            events.text(event.category.as_deref().unwrap_or_default());
            events.text(event.sku.map_or("", |s| &names.skus[s.index()]));
        }
        Self {
            as_of: calendar.as_of(),
            first: calendar.start(0),
            // Without any promotion planned, those seen are expected to come again.
            settings: format!(
                "{settings:?} {:?} {}",
                calendar.bucket(),
                demand.promotions.is_empty()
            ),
            events: events.0,
            groups: groups
                .iter()
                .map(|key| (key.category.clone(), names.channels[key.channel].clone()))
                .collect(),
            skus: names.skus.clone(),
            locations: names.locations.clone(),
            channels: names.channels.clone(),
        }
    }
}

impl Kept {
    /// Reads what [`Context::keep`] wrote; `None` if it is something else.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let ((world, learnt), mut rest) = postcard::take_from_bytes(bytes).ok()?;
        let mut pools = Vec::new();
        while !rest.is_empty() {
            let (pool, after) = postcard::take_from_bytes(rest).ok()?;
            pools.push(pool);
            rest = after;
        }
        Some(Self { world, learnt, pools })
    }
}

/// Appends the state of a pool to `bytes`, for [`Context::keep`].
///
/// # Panics
/// Never: writing to memory cannot fail.
pub fn write(state: &PoolState, bytes: &mut Vec<u8>) {
    bytes.extend(postcard::to_stdvec(state).expect("memory can be written"));
}

/// A refit carried on.
#[derive(Debug, Clone)]
pub(crate) struct Warm<'a> {
    kept: &'a Kept,
    /// Position in [`Kept::pools`]. `[pools]`
    places: Vec<Option<usize>>,
    /// Code of each channel of the refit in tonight's dictionary.
    channels: Vec<Option<u32>>,
    /// Fitted tonight; `None` for what goes back to the refit. `[pools]`
    fitted: Vec<Option<PoolState>>,
}

/// What some pools come to tonight.
#[derive(Debug, Clone)]
pub struct Levels {
    /// As of [`Warm::fitted`].
    fitted: Vec<Option<PoolState>>,
    /// Recent units and what the levels expected, by group.
    recent: Vec<(f64, f64)>,
}

impl Levels {
    /// Adds the pools of the next range.
    pub(crate) fn merge(&mut self, other: Self) {
        self.fitted.extend(other.fitted);
        add_pairs(&mut self.recent, &other.recent);
    }
}

/// Code of each name of `then` among `now`, both sorted.
fn codes(then: &[String], now: &[String]) -> Vec<Option<u32>> {
    then.iter()
        .map(|name| now.binary_search(name).ok().and_then(|code| u32::try_from(code).ok()))
        .collect()
}

impl<'a> Context<'a> {
    /// A context that carries on from an earlier refit.
    ///
    /// # Errors
    /// Why everything has to be learnt anew instead.
    pub fn resume(
        demand: Demand<'a>,
        settings: Settings,
        kept: &'a Kept,
    ) -> Result<Self, &'static str> {
        let mut context = Self::new(demand, settings);
        let (then, now) =
            (&kept.world, World::of(&demand, &context.settings, &context.groups.keys));
        let calendar = demand.panel.calendar();
        let fitted = calendar.index(then.as_of);
        let reach = fitted + context.settings.reach(calendar.bucket()) as i64;
        let needed = (calendar.history() + context.settings.horizon) as i64;
        let obstacles = [
            (then.settings != now.settings, "other forecast settings"),
            (then.events != now.events, "the events table changed"),
            (then.groups != now.groups, "other categories or channels"),
            (then.first != now.first, "history begins on another day"),
            (calendar.start(fitted) != then.as_of, "periods begin on another day"),
            (
                !(0..=calendar.history() as i64).contains(&fitted) || needed > reach,
                "too far from its morning",
            ),
        ];
        if let Some((_, why)) = obstacles.into_iter().find(|(stands, _)| *stands) {
            return Err(why);
        }
        let (skus, locations) =
            (codes(&then.skus, &now.skus), codes(&then.locations, &now.locations));
        let mut places = vec![None; demand.panel.pools().len()];
        for (place, state) in kept.pools.iter().enumerate() {
            let key = (skus.get(state.sku as usize), locations.get(state.location as usize));
            let (Some(Some(sku)), Some(Some(location))) = key else { continue };
            if let Some(pool) = demand.panel.position((SkuId(*sku), LocationId(*location))) {
                places[pool] = Some(place);
            }
        }
        context.learnt = kept.learnt.clone();
        context.tables = context.learnt.tables();
        context.stage = Stage::Levels;
        context.warm = Some(Warm {
            kept,
            places,
            channels: codes(&then.channels, &now.channels),
            fitted: Vec::new(),
        });
        Ok(context)
    }

    /// Fits the pools of `range` that cannot be carried on, and adds up recent demand.
    pub(crate) fn observe_levels(&self, warm: &Warm<'_>, range: Range<usize>) -> Levels {
        let mut levels = Levels {
            fitted: Vec::with_capacity(range.len()),
            recent: vec![(0.0, 0.0); self.groups.keys.len()],
        };
        for pool in range {
            let fitted = (!self.holds(warm, pool)).then(|| self.fit_pool(pool));
            let state = fitted.as_ref().map_or_else(|| self.carried(warm, pool), Cow::Borrowed);
            let sampled = if self.sampled(pool) { &state.series[..] } else { &[] };
            for (i, series) in self.demand.panel.pools()[pool].series.clone().zip(sampled) {
                let (units, exposure) = series.recent;
                let group = &mut levels.recent[self.groups.of_series[i]];
                *group = (group.0 + units, group.1 + exposure * series.level());
            }
            levels.fitted.push(fitted);
        }
        levels
    }

    /// What stands for a pool that could not be looked at, so that those after it keep their places; `None` in stages whose
    /// evidence has no places.
    #[must_use]
    pub fn unseen(&self) -> Option<Evidence> {
        let nothing =
            || Levels { fitted: vec![None], recent: vec![(0.0, 0.0); self.groups.keys.len()] };
        (self.stage == Stage::Levels).then(|| Evidence::Levels(nothing()))
    }

    /// Whether the past and the terms of a pool are what the refit saw.
    fn holds(&self, warm: &Warm<'_>, pool: usize) -> bool {
        let this = &self.demand.panel.pools()[pool];
        let kept = warm.places[pool].map_or(&[][..], |place| &warm.kept.pools[place].series);
        let same = |(i, state): (usize, &SeriesState)| {
            let panel = self.demand.panel;
            let (units, flags, n) = (panel.cleaned(i), panel.flags(i), state.periods);
            warm.channels.get(state.channel as usize) == Some(&Some(panel.key(i).channel.0))
                && state.start == panel.start(i)
                && n <= units.len()
                && state.past_digest == past_digest(&units[..n], &flags[..n])
                && state.terms_digest == self.terms_digest(i, warm.kept.world.as_of)
        };
        kept.len() == this.series.len() && this.series.clone().zip(kept).all(same)
    }

    /// The state of a pool that [holds](Self::holds), moved on to tonight.
    fn carried<'w>(&self, warm: &'w Warm<'_>, pool: usize) -> Cow<'w, PoolState> {
        let Some(place) = warm.places[pool] else { return Cow::default() };
        let mut state = warm.kept.pools[place].clone();
        let series = self.demand.panel.pools()[pool].series.clone();
        series.zip(&mut state.series).for_each(|(i, series)| self.advance(i, series));
        Cow::Owned(state)
    }

    /// Takes in all pools and scales groups to their recent totals; starts cold if most series had to be fitted.
    pub(crate) fn learn_levels(&mut self, levels: Levels) {
        let Some(warm) = &mut self.warm else { return };
        warm.fitted = levels.fitted;
        self.learnt.scales = levels
            .recent
            .iter()
            .map(|&(units, expected)| reconcile::scale(units, expected))
            .collect();
        self.stage = Stage::Ready;
        let (carried, fitted) = self.carried_and_fitted();
        if carried < fitted {
            *self = Self::new(self.demand, self.settings.clone());
        }
    }

    /// The state of a pool, and whether it goes back to an earlier refit.
    pub(crate) fn tonight(&self, pool: usize) -> (Cow<'_, PoolState>, bool) {
        match self.warm.as_ref().map(|warm| (warm, &warm.fitted[pool])) {
            None => (Cow::Owned(self.fit_pool(pool)), false),
            Some((_, Some(fitted))) => (Cow::Borrowed(fitted), false),
            Some((warm, None)) => (self.carried(warm, pool), true),
        }
    }

    /// The morning of the refit that forecasts go back to, where this context has not learnt by itself.
    #[must_use]
    pub fn refit(&self) -> Option<NaiveDate> {
        self.warm.as_ref().map(|warm| warm.kept.world.as_of)
    }

    /// The morning it forecasts from.
    #[must_use]
    pub fn as_of(&self) -> NaiveDate {
        self.demand.panel.calendar().as_of()
    }

    /// Number of series whose states go back to an earlier refit, and of those fitted tonight.
    #[must_use]
    pub fn carried_and_fitted(&self) -> (usize, usize) {
        let fitted = self.warm.iter().flat_map(|warm| &warm.fitted).zip(self.demand.panel.pools());
        let carried =
            fitted.filter(|(fitted, _)| fitted.is_none()).map(|(_, pool)| pool.series.len()).sum();
        (carried, self.demand.panel.len() - carried)
    }

    /// What this context has learnt and the states of its pools, as [`write()`] appended them in panel order: for [`Kept::read`].
    ///
    /// # Panics
    /// Never: writing to memory cannot fail.
    #[must_use]
    pub fn keep(&self, pools: &[u8]) -> Vec<u8> {
        let world = World::of(&self.demand, &self.settings, &self.groups.keys);
        let mut bytes = postcard::to_stdvec(&(world, &self.learnt)).expect("memory can be written");
        bytes.extend_from_slice(pools);
        bytes
    }
}

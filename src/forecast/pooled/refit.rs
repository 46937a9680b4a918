//! A night between two refits: what was learnt stays, levels move on by what was sold since.
//!
//! A refit leaves what was learnt, by the names of groups, with profiles that reach to the next
//! refit, and the [`PoolState`] of every pool. Each later night starts from that same refit, not
//! from the night before: its result depends on its input and on the refit alone, whichever nights
//! ran in between. A pool whose past is not what the refit saw (a late correction, another
//! cleaning), one whose product or promotions changed, and a new one are fitted as in a cold run,
//! against what was learnt. Where groups, events or settings changed, or most pools have to be
//! fitted, everything is learnt anew.

use crate::domain::units::{LocationId, SkuId};
use crate::forecast::pooled::digest::Digest;
use crate::forecast::pooled::fit::{Model, Shared};
use crate::forecast::pooled::forecaster::Forecaster;
use crate::forecast::pooled::learner::Calibrated;
use crate::forecast::pooled::reconcile::{self, GroupRecent, merge_recent};
use crate::forecast::pooled::seasonal::{GroupKey, Groups};
use crate::forecast::pooled::setup::Setup;
use crate::forecast::pooled::state::{PoolState, SeriesState, past_digest};
use crate::forecast::pooled::survey::{Evidence, Stage, Survey};
use crate::forecast::{Demand, Settings};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// Heads the bytes of a refit; another layout is refused, not misread.
const FORMAT: &str = "orderpoint refit 8";

/// What a refit leaves for the nights after it.
#[derive(Debug, Clone)]
pub struct Refit {
    head: Head,
    pools: Vec<PoolState>,
}

/// A refit but for the states of its pools.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Head {
    format: String,
    world: World,
    shared: Shared,
    calibrated: Calibrated,
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
    /// Those before its morning.
    signals: u64,
    /// Category and channel.
    groups: Vec<(String, String)>,
    skus: Vec<String>,
    locations: Vec<String>,
    channels: Vec<String>,
}

impl World {
    fn of(setup: &Setup<'_>) -> Self {
        let names = setup.demand.names;
        let calendar = setup.calendar();
        let mut events = Digest::default();
        for event in setup.demand.events {
            events.text(&event.event);
            events.text(&event.start.to_string());
            events.text(&event.end.to_string());
            events.text(event.channel.map_or("", |channel| &names.channels[channel.index()]));
            events.text(event.category.as_deref().unwrap_or_default());
            events.text(event.sku.map_or("", |sku| &names.skus[sku.index()]));
        }
        let groups = setup.groups.keys.iter();
        Self {
            as_of: calendar.as_of(),
            first: calendar.start(0),
            // Without any promotion planned, those of the past are expected to come again;
            // responses are kept by the position of a kind among all.
            settings: format!(
                "{:?} {:?} {} {:?} {:?}",
                setup.settings,
                calendar.bucket(),
                setup.demand.promotions.is_empty(),
                setup.promotions.names,
                setup.signals.names
            ),
            events: events.value(),
            signals: setup.signals_digest(calendar.as_of()),
            groups: groups
                .map(|key| (key.category.clone(), names.channels[key.channel].clone()))
                .collect(),
            skus: names.skus.clone(),
            locations: names.locations.clone(),
            channels: names.channels.clone(),
        }
    }

    /// Why a refit of this world does not hold in tonight's, if so.
    fn obstacle(&self, tonight: &Self, setup: &Setup<'_>) -> Option<&'static str> {
        let calendar = setup.calendar();
        let fitted = calendar.index(self.as_of);
        let reach = fitted + setup.settings.reach(calendar.bucket()) as i64;
        let needed = (calendar.history() + setup.settings.horizon) as i64;
        if self.settings != tonight.settings {
            Some("other forecast settings")
        } else if self.events != tonight.events {
            Some("the events table changed")
        } else if self.signals != setup.signals_digest(self.as_of) {
            Some("signals of its past changed")
        } else if self.groups != tonight.groups {
            Some("other categories or channels")
        } else if self.first != tonight.first {
            Some("history begins on another day")
        } else if calendar.start(fitted) != self.as_of {
            // Weeks and months are anchored at the morning: a refit of another weekday has other
            // periods.
            Some("periods begin on another day")
        } else if !(0..=calendar.history() as i64).contains(&fitted) || needed > reach {
            Some("too far from its morning")
        } else {
            None
        }
    }
}

impl Refit {
    /// Reads what [`Forecaster::keep`] wrote; `None` if it is something else.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        // The format alone first: the rest of another format may be read as nonsense without an
        // error.
        let (format, _): (String, _) = postcard::take_from_bytes(bytes).ok()?;
        if format != FORMAT {
            return None;
        }
        let (head, mut rest) = postcard::take_from_bytes(bytes).ok()?;
        let mut pools = Vec::new();
        while !rest.is_empty() {
            let (pool, after) = postcard::take_from_bytes(rest).ok()?;
            pools.push(pool);
            rest = after;
        }
        Some(Self { head, pools })
    }

    /// The morning it was made on.
    #[must_use]
    pub fn as_of(&self) -> NaiveDate {
        self.head.world.as_of
    }
}

/// Appends the state of a pool to `bytes`, for [`Forecaster::keep`].
///
/// # Panics
/// Never: writing to memory cannot fail.
pub fn write(state: &PoolState, bytes: &mut Vec<u8>) {
    bytes.extend(postcard::to_stdvec(state).expect("memory can be written"));
}

/// What a refit is to tonight's panel.
#[derive(Debug, Clone)]
struct Matched<'a> {
    refit: &'a Refit,
    /// State of each pool at the refit. `[pools]`
    states: Vec<Option<&'a PoolState>>,
    /// Code of each channel of the refit in tonight's dictionary.
    channels: Vec<Option<u32>>,
}

impl<'a> Matched<'a> {
    fn new(refit: &'a Refit, tonight: &World, setup: &Setup<'_>) -> Self {
        let skus = codes(&refit.head.world.skus, &tonight.skus);
        let locations = codes(&refit.head.world.locations, &tonight.locations);
        let mut states = vec![None; setup.panel().pools().len()];
        for state in &refit.pools {
            let sku = skus.get(state.sku as usize).copied().flatten();
            let location = locations.get(state.location as usize).copied().flatten();
            let Some((sku, location)) = sku.zip(location) else { continue };
            if let Some(pool) = setup.panel().position((SkuId(sku), LocationId(location))) {
                states[pool] = Some(state);
            }
        }
        let channels = codes(&refit.head.world.channels, &tonight.channels);
        Self { refit, states, channels }
    }

    /// Whether the past and the terms of a pool are what the refit saw.
    fn holds(&self, setup: &Setup<'_>, pool: usize) -> bool {
        let series = setup.panel().pools()[pool].series.clone();
        let states = self.states[pool].map_or(&[][..], |state| &state.series);
        // A channel more or less, and the pool's demand is another one: all of it is fitted anew.
        states.len() == series.len()
            && series.zip(states).all(|(series, state)| self.series_holds(setup, series, state))
    }

    fn series_holds(&self, setup: &Setup<'_>, series: usize, state: &SeriesState) -> bool {
        let panel = setup.panel();
        let n = state.periods;
        let units = panel.cleaned(series);
        let channel = Some(panel.key(series).channel.code());
        self.channels.get(state.channel as usize) == Some(&channel)
            && state.start == panel.start(series)
            && n <= units.len()
            && state.past_digest == past_digest(&units[..n], &panel.flags(series)[..n])
            && state.terms_digest == setup.terms_digest(series, self.refit.as_of())
    }

    /// The state of a pool that [holds](Self::holds), moved on to tonight.
    fn moved_on(&self, model: &Model<'_>, pool: usize) -> Option<PoolState> {
        let mut state = self.states[pool]?.clone();
        let series = model.setup.panel().pools()[pool].series.clone();
        for (series, state) in series.zip(&mut state.series) {
            model.advance(series, state);
        }
        Some(state)
    }
}

/// Code of each name of `then` among `now`, both sorted.
fn codes(then: &[String], now: &[String]) -> Vec<Option<u32>> {
    then.iter()
        .map(|name| now.binary_search(name).ok().and_then(|code| u32::try_from(code).ok()))
        .collect()
}

/// A refit carried on: forecasts go back to it where a pool was not fitted tonight.
#[derive(Debug, Clone)]
pub(crate) struct Carried<'a> {
    matched: Matched<'a>,
    /// Fitted tonight, by pool.
    fitted: BTreeMap<usize, PoolState>,
}

/// Carries on from an earlier refit; needs one look at the panel before it can forecast.
#[derive(Debug, Clone)]
pub struct Resumed<'a> {
    forecaster: Forecaster<'a>,
    matched: Matched<'a>,
}

impl<'a> Resumed<'a> {
    /// Carries on from `refit` on tonight's panel.
    ///
    /// # Errors
    /// Why everything has to be learnt anew instead.
    pub fn new(
        demand: Demand<'a>,
        settings: Settings,
        refit: &'a Refit,
    ) -> Result<Self, &'static str> {
        let setup = Setup::new(demand, settings);
        let tonight = World::of(&setup);
        if let Some(obstacle) = refit.head.world.obstacle(&tonight, &setup) {
            return Err(obstacle);
        }
        let matched = Matched::new(refit, &tonight, &setup);
        let model = Model { setup, shared: refit.head.shared.clone() };
        Ok(Self { forecaster: Forecaster::new(model, refit.head.calibrated.clone()), matched })
    }

    /// Fits the pools that cannot be carried on and scales groups to their recent totals; `None`
    /// where most series would have to be fitted: then everything is better learnt anew.
    pub fn learn(self, survey: &mut impl Survey) -> Option<Forecaster<'a>> {
        let tonight = survey.survey(&CarryOn { resumed: &self });
        let Self { mut forecaster, matched } = self;
        forecaster.calibrated.scales =
            reconcile::scales(&tonight.recent, forecaster.calibrated.moves);
        forecaster.carried = Some(Carried { matched, fitted: tonight.fitted });
        let mut sold = forecaster.model.setup.nothing_shared();
        (0..forecaster.model.setup.panel().len())
            .for_each(|series| forecaster.model.setup.add_shared(series, &mut sold));
        forecaster.model.shared.shared_out = forecaster.model.setup.shared_out(&sold);
        let series = forecaster.carried_and_fitted();
        (series.carried >= series.fitted).then_some(forecaster)
    }
}

/// Fits what cannot be carried on, and adds up recent demand.
struct CarryOn<'r, 'a> {
    resumed: &'r Resumed<'a>,
}

/// Evidence of [`CarryOn`].
struct Tonight {
    /// Fitted tonight, by pool.
    fitted: BTreeMap<usize, PoolState>,
    /// Recent units and what the levels expected. `[groups]`
    recent: Vec<GroupRecent>,
}

impl Evidence for Tonight {
    fn merge(&mut self, next: Self) {
        self.fitted.extend(next.fitted);
        merge_recent(&mut self.recent, &next.recent);
    }
}

impl Stage for CarryOn<'_, '_> {
    type Evidence = Tonight;

    fn nothing(&self) -> Tonight {
        let groups = self.resumed.forecaster.model.setup.groups.keys.len();
        Tonight { fitted: BTreeMap::new(), recent: vec![GroupRecent::default(); groups] }
    }

    fn observe(&self, range: Range<usize>) -> Tonight {
        let Resumed { forecaster, matched } = self.resumed;
        let setup = &forecaster.model.setup;
        let mut tonight = self.nothing();
        for pool in range {
            let holds = matched.holds(setup, pool);
            if !holds {
                tonight.fitted.insert(pool, forecaster.fit_pool(pool));
            }
            if !setup.sample.holds(pool) {
                continue;
            }
            let state = match tonight.fitted.get(&pool) {
                Some(fitted) => Cow::Borrowed(fitted),
                None => Cow::Owned(matched.moved_on(&forecaster.model, pool).unwrap_or_default()),
            };
            let series = setup.panel().pools()[pool].series.clone();
            for (series, state) in series.zip(&state.series) {
                if state.silence.is_some() {
                    continue;
                }
                let recent = state.recent;
                tonight.recent[setup.groups.of_series[series]]
                    .add(recent.sold, recent.expected * state.level());
            }
        }
        tonight
    }
}

/// Numbers of series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CarriedAndFitted {
    /// Whose states go back to an earlier refit.
    pub carried: usize,
    /// That were fitted tonight.
    pub fitted: usize,
}

/// The state of a pool, and whether it goes back to an earlier refit.
pub(crate) struct TonightsState<'f> {
    pub state: Cow<'f, PoolState>,
    pub carried: bool,
}

impl<'a> Forecaster<'a> {
    pub(crate) fn tonight(&self, pool: usize) -> TonightsState<'_> {
        let Some(carried) = &self.carried else {
            return TonightsState { state: Cow::Owned(self.fit_pool(pool)), carried: false };
        };
        if let Some(fitted) = carried.fitted.get(&pool) {
            return TonightsState { state: Cow::Borrowed(fitted), carried: false };
        }
        let state = carried.matched.moved_on(&self.model, pool).unwrap_or_default();
        TonightsState { state: Cow::Owned(state), carried: true }
    }

    /// The morning of the refit that forecasts go back to, where everything was not learnt tonight.
    #[must_use]
    pub fn refit(&self) -> Option<NaiveDate> {
        self.carried.as_ref().map(|carried| carried.matched.refit.as_of())
    }

    /// The morning it forecasts from.
    #[must_use]
    pub fn as_of(&self) -> NaiveDate {
        self.model.setup.calendar().as_of()
    }

    /// How many series go back to an earlier refit.
    #[must_use]
    pub fn carried_and_fitted(&self) -> CarriedAndFitted {
        let panel = self.model.setup.panel();
        let mut carried = 0;
        if let Some(tonight) = &self.carried {
            for (pool, this) in panel.pools().iter().enumerate() {
                if !tonight.fitted.contains_key(&pool) {
                    carried += this.series.len();
                }
            }
        }
        CarriedAndFitted { carried, fitted: panel.len() - carried }
    }

    /// A forecaster of what an equal one [kept](Self::keep) of tonight's own learning; `None` if
    /// the bytes are something else. `demand` may be some of the pools that were learnt from: with
    /// whatever hangs together with them they forecast the same.
    #[must_use]
    pub fn of_kept(demand: Demand<'a>, settings: Settings, kept: &[u8]) -> Option<Self> {
        let Head { world, shared, calibrated, .. } = Refit::read(kept)?.head;
        let mut setup = Setup::new(demand, settings);
        let mut keys = Vec::with_capacity(world.groups.len());
        for (category, channel) in world.groups {
            let channel = demand.names.channels.binary_search(&channel).ok()?;
            keys.push(GroupKey { category, channel });
        }
        setup.groups = Groups::among(&demand, keys);
        Some(Self::new(Model { setup, shared }, calibrated))
    }

    /// What was learnt. Followed by the states of all pools, as [`write()`] appended them in panel
    /// order, it is what [`Refit::read`] reads.
    ///
    /// # Panics
    /// Never: writing to memory cannot fail.
    #[must_use]
    pub fn keep(&self) -> Vec<u8> {
        let head = Head {
            format: FORMAT.to_owned(),
            world: World::of(&self.model.setup),
            shared: self.model.shared.clone(),
            calibrated: self.calibrated.clone(),
        };
        postcard::to_stdvec(&head).expect("memory can be written")
    }
}

//! One series prepared for forecasting: what is observed of its past, then the levels and the
//! dispersion at each rolling origin and today.
//!
//! A series is fitted against what all series share, as far as that is learnt: pooled profiles
//! first, then what its error group and category say of levels, then the global model. Each stage
//! of [learning](crate::forecast::pooled::learner) fits a sample with what the stages before it
//! found; forecasting fits with all of it.

use crate::domain::panel::{Activity, SeriesKey, flag};
use crate::forecast::methods::average::Average;
use crate::forecast::pooled::adjust::SharedOut;
use crate::forecast::pooled::dispersion::{DispersionSums, OVERDUE, Periods};
use crate::forecast::pooled::distribution::Spread;
use crate::forecast::pooled::error_group::{ERROR_GROUPS, ErrorGroup};
use crate::forecast::pooled::global::{Global, Position};
use crate::forecast::pooled::growth::{self, BlockSums, OwnGrowth};
use crate::forecast::pooled::horizon::HORIZON_STEPS;
use crate::forecast::pooled::horizon::ORIGINS;
use crate::forecast::pooled::level::{
    self, HALF_LIVES, HalfLifeErrors, LONGEST, LevelPrior, Levels, LevelsToday, Past, Pasts,
    TWO_MONTHS,
};
use crate::forecast::pooled::like::Like;
use crate::forecast::pooled::own_events::OwnEvent;
use crate::forecast::pooled::price::Elasticities;
use crate::forecast::pooled::promotions::{PromotedPeriod, Unplanned, is_promoted};
use crate::forecast::pooled::reconcile::{self, HALF_LIVES_BACK};
use crate::forecast::pooled::response::{OwnOccurrences, Response};
use crate::forecast::pooled::returns::{self, Returning, Returns, Silence};
use crate::forecast::pooled::seasonal::Seasons;
use crate::forecast::pooled::setup::Setup;
use crate::forecast::pooled::shift::{LevelShift, last_shift};
use crate::forecast::pooled::signals::SignalEffects;
use crate::forecast::pooled::tally::Tally;
use crate::forecast::pooled::weekday::own_profile;
use crate::forecast::pooled::year_parts::PartFactors;
use crate::forecast::{Demand, Settings};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ops::Range;

/// Days of evidence that an analogue's level is worth; it counts while history is shorter than six
/// times as many.
// Six times four weeks: `ingest::heirs` gives an older item no analogue either.
const ANALOGUE_DAYS: f64 = 28.0;
const ANALOGUE_UNTIL: f64 = 6.0;

/// How much less even an item's own season may make the last lead times. Not 1: in its quiet months
/// a true season says the same as none. On M5 seasons beyond it cost 0.003 to 0.005 of WRMSSE.
const FORETELLS: f64 = 1.2;

/// What all series share, as far as it is learnt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Shared {
    pub seasons: Seasons,
    /// What promotions do to demand.
    pub response: Response,
    /// What prices do to demand.
    pub elasticities: Elasticities,
    /// `[error groups]`
    pub error_groups: Vec<GroupErrors>,
    /// Log growth a year. `[groups]`
    pub growth: Vec<f64>,
    /// What is believed of a new series. `[groups]`
    pub like: Vec<Option<Like>>,
    /// What is believed of items that have been silent for long.
    pub returns: Returns,
    /// What signals do to demand.
    pub signals: SignalEffects,
    /// `None` where it would not help.
    pub global: Option<Global>,
    /// Among whom the adjustments for no single item are shared. `[adjustments]`
    pub shared_out: Vec<SharedOut>,
}

/// What the series of one error group share.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct GroupErrors {
    pub half_lives: HalfLifeErrors,
    pub dispersion: f64,
    /// Relative variance of the level at each horizon step.
    pub level_variance: [f64; HORIZON_STEPS],
}

impl Shared {
    /// Nothing learnt yet about `groups` groups over `periods` periods.
    fn nothing(groups: usize, periods: usize) -> Self {
        let unknown = GroupErrors {
            half_lives: HalfLifeErrors::default(),
            // Sales of shops disperse about so; the first stage replaces it.
            dispersion: 0.5,
            level_variance: [0.0; HORIZON_STEPS],
        };
        Self {
            seasons: Seasons::flat(groups, periods),
            response: Response::default(),
            elasticities: Elasticities::default(),
            growth: vec![0.0; groups],
            like: vec![None; groups],
            returns: Returns::default(),
            error_groups: vec![unknown; ERROR_GROUPS],
            signals: SignalEffects::default(),
            global: None,
            shared_out: Vec::new(),
        }
    }

    pub(crate) fn of_error_group(&self, group: ErrorGroup) -> &GroupErrors {
        &self.error_groups[group.index()]
    }
}

/// What a series is fitted with.
#[derive(Debug, Clone)]
pub(crate) struct Model<'a> {
    pub setup: Setup<'a>,
    pub shared: Shared,
}

/// What is observed of one series' past.
pub(crate) struct SeriesPast<'a> {
    /// Position in the panel.
    pub series: usize,
    /// Category and channel, as a position.
    pub group: usize,
    /// Cleaned units. `[n]`
    pub units: &'a [f32],
    /// What a level of 1 sells; NaN where demand was not observed. `[n]`
    pub exposure: Vec<f32>,
    /// The same by the profile that does not know the periods after the rolling origins. `[n]`
    pub exposure_without_origins: Vec<f32>,
    /// Own weekday factors relative to the pooled index, Monday first.
    pub weekday: [f32; 7],
    /// What the events to come do to it, relative to its group.
    pub events: Vec<OwnEvent>,
    /// What ran in each period; empty for nothing.
    pub promoted_periods: Vec<PromotedPeriod>,
    /// What promotions made of the demand of each period; empty for none. `[n]`
    pub uplifts: Vec<f32>,
    /// What promoted periods sold.
    pub promoted: OwnOccurrences,
    /// Own response to promotions beside that of all series.
    pub response: f64,
    /// Set where nothing says when the next promotion comes.
    pub unplanned: Option<Unplanned>,
    /// What an analogue or its like say of the level.
    pub prior: LevelPrior,
    /// Whether it is an analogue that does.
    pub analogue: bool,
    /// Its own season, relative to its group's.
    pub season: Option<PartFactors>,
    /// Whether the rolling origins were too early to know that season: their errors are then not
    /// those of what is forecast today.
    pub season_is_new: bool,
    /// The last lasting step of the level.
    pub shift: Option<LevelShift>,
    /// Growth from year to year as it shows by itself.
    pub own_growth: Option<OwnGrowth>,
    /// Log growth a year that is believed, from the end of history.
    pub growth: f64,
}

impl SeriesPast<'_> {
    /// Units that `level`, as known at an earlier origin, expects of period `t`; off-season, where
    /// no level is learnt, none.
    pub(crate) fn expected_units(&self, level: f64, t: usize) -> f64 {
        (level * self.expected_exposure(t)).max(0.0)
    }

    /// Exposure of period `t` as an earlier origin expects it: promotions that are not planned are
    /// not expected on their day.
    pub(crate) fn expected_exposure(&self, t: usize) -> f64 {
        let factor = match self.unplanned {
            Some(Unplanned { uplift, average }) if is_promoted(&self.promoted_periods, t) => {
                average / uplift
            }
            Some(Unplanned { average, .. }) => average,
            None => 1.0,
        };
        f64::from(self.exposure_without_origins[t]) * factor
    }

    /// Whether demand of period `t` was observed.
    pub(crate) fn observed(&self, t: usize) -> bool {
        !self.exposure_without_origins[t].is_nan()
    }

    /// Units and expected exposure of the observed periods of `range`.
    pub(crate) fn tally(&self, range: Range<usize>) -> Tally {
        let mut tally = Tally::default();
        for t in range.filter(|&t| self.observed(t)) {
            tally.add(f64::from(self.units[t]), self.expected_exposure(t));
        }
        tally
    }

    /// Recency-weighted units and exposure, promoted periods at their baseline.
    pub(crate) fn recent(&self, half_life: f64) -> Tally {
        self.recent_before(self.units.len(), &self.exposure, half_life)
    }

    /// The same before period `end`.
    ///
    /// - `exposure`: as it was known then. `[>= end]`
    pub(crate) fn recent_before(&self, end: usize, exposure: &[f32], half_life: f64) -> Tally {
        // Further back the weights are all but nothing, and the walk would cost as much as the
        // history is long.
        let first = end.saturating_sub((HALF_LIVES_BACK * half_life).ceil() as usize);
        let uplifts = if self.uplifts.is_empty() { &[] } else { &self.uplifts[first..end] };
        let units = divided(&self.units[first..end], uplifts);
        let exposure = divided(&exposure[first..end], uplifts);
        reconcile::recent(&units, &exposure, half_life)
    }

    /// First period of the level that holds today.
    pub(crate) fn level_from(&self) -> usize {
        self.shift.map_or(0, |shift| shift.from)
    }

    /// Observed periods before it.
    pub(crate) fn observed_before_shift(&self) -> usize {
        (0..self.level_from()).filter(|&t| self.observed(t)).count()
    }

    /// Periods without a sale at the end of history in which it could have sold and usually would
    /// have.
    ///
    /// - `flags`: [`flag`] bits of each. `[n]`
    pub(crate) fn idle(&self, flags: &[u8]) -> usize {
        let first = self.units.iter().rposition(|&units| units > 0.0).map_or(0, |last| last + 1);
        let counts = |t: &usize| self.observed(*t) && Activity::of(flags[*t]).counts_as_idle();
        (first..self.units.len()).filter(counts).count()
    }
}

impl SeriesPast<'_> {
    /// The silence that lasts before period `origin`, if sales are overdue there.
    ///
    /// A stock-out that a later sale gave away was a silence then: without it, those that end with
    /// a sale would be missing among the silences that others are judged by.
    ///
    /// - `flags`: [`flag`] bits of each period. `[n]`
    /// - `before`: sums before the origin.
    fn silence(
        &self,
        origin: usize,
        flags: &[u8],
        before: &DispersionSums,
        setup: &Setup<'_>,
    ) -> Option<Silence> {
        let last = self.units[..origin].iter().rposition(|&units| units > 0.0)?;
        let sold_share = before.share_before_silence();
        // Most series sold only just now.
        // The cheap test first, by the calendar: the days that count are fewer still.
        if sold_share * (origin - last) as f64 <= OVERDUE {
            return None;
        }
        let today = origin == self.units.len();
        let silent = |t: &usize| match Activity::of(flags[*t]) {
            Activity::OnSale => self.observed(*t),
            // Looking back, the silence counts whole: whether it was a stock-out or the end was not
            // known on that morning. Today the inference is what is believed.
            Activity::InferredOutOfStock => !today,
            Activity::OutOfStock
            | Activity::OffSeason
            | Activity::NotLaunched
            | Activity::Ended => false,
        };
        let periods = (last + 1..origin).filter(silent).count() as f64;
        let due = sold_share * periods;
        if due <= OVERDUE {
            return None;
        }
        let window = setup.half_lives[LONGEST] as usize;
        // The rate before it fell silent, over as long as the slowest level remembers.
        let lately = self.tally(last.saturating_sub(window)..last + 1);
        if lately.expected <= 0.0 {
            return None;
        }
        Some(Silence {
            days: periods * setup.bucket().days(),
            due,
            sold: before.demands(),
            rate: lately.sold / lately.expected,
        })
    }

    /// Units and exposure of some periods after a silence; see [`Self::silence`].
    pub(crate) fn after_silence(&self, range: Range<usize>, flags: &[u8]) -> Tally {
        let mut tally = self.tally(range.clone());
        for t in range {
            if Activity::of(flags[t]) == Activity::InferredOutOfStock {
                // What was taken for a stock-out after the origin may have been the end: it counts
                // as periods that sold nothing.
                tally.add(0.0, 1.0);
            }
        }
        tally
    }
}

/// What was known at one rolling origin, or is known today.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// Periods before the end of history; 0 = today.
    pub periods_back: usize,
    /// Level at each half-life.
    pub levels: [f64; HALF_LIVES],
    /// Weights of the half-lives: by the errors at the other origins, since errors that chose the
    /// half-life look smaller than those to come.
    pub weights: [f64; HALF_LIVES],
    /// What the global model makes of the level.
    pub correction: f64,
    /// Combined and corrected level, before any scale of the group.
    pub level: f64,
    /// The silence that lasted there, and what was believed of it.
    pub silence: Option<Silence>,
    pub returning: Option<Returning>,
    /// Errors of the half-lives over the lead time that followed; none today.
    pub errors: HalfLifeErrors,
    pub dispersion: DispersionSums,
    /// Variance of one period.
    pub spread: Spread,
    /// Periods observed so far, those before a step of the level too.
    pub observed: f64,
    /// Error group without regard to the spread, which the spread itself leans on.
    pub prior_group: ErrorGroup,
    pub error_group: ErrorGroup,
}

impl Origin {
    /// Level over about two months, units a period.
    pub(crate) fn rate(&self) -> f64 {
        self.levels[TWO_MONTHS]
    }
}

/// One series, fitted.
pub(crate) struct Fitted<'a> {
    pub past: SeriesPast<'a>,
    /// Levels at the end of history.
    pub levels: LevelsToday,
    /// The rolling origins, oldest first, then today.
    origins: Vec<Origin>,
}

impl Fitted<'_> {
    pub(crate) fn today(&self) -> &Origin {
        self.origins.last().expect("today is always there")
    }

    /// The rolling origins and today, oldest first.
    pub(crate) fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// The rolling origins alone, oldest first.
    pub(crate) fn past_origins(&self) -> &[Origin] {
        &self.origins[..self.origins.len() - 1]
    }

    /// What was known some periods before today, if an origin lies there.
    pub(crate) fn origin_at(&self, periods_back: usize) -> Option<&Origin> {
        self.origins.iter().find(|origin| origin.periods_back == periods_back)
    }
}

impl<'a> Model<'a> {
    /// A model of which nothing is learnt.
    pub(crate) fn new(demand: Demand<'a>, settings: Settings) -> Self {
        let setup = Setup::new(demand, settings);
        let shared = Shared::nothing(setup.groups.keys.len(), setup.periods());
        Self { setup, shared }
    }

    /// Fits the channels of a pool.
    pub(crate) fn fit_channels(&self, pool: usize) -> Vec<Fitted<'a>> {
        self.setup.panel().pools()[pool].series.clone().map(|i| self.fit_series(i)).collect()
    }

    /// Fits one series of the panel.
    pub(crate) fn fit_series(&self, series: usize) -> Fitted<'a> {
        let setup = &self.setup;
        let past = self.past(series);
        let n = past.units.len();
        let step = setup.steps.lead_time();
        // Levels and dispersion know the level that holds today; origins before it say nothing
        // about it.
        let from = past.level_from();
        let before_shift = past.observed_before_shift();

        // Levels at every origin, then today.
        let mut periods_back: Vec<usize> = (1..=ORIGINS).rev().map(|k| k * step).collect();
        // An origin with too little before it would judge the first guess and not the method.
        periods_back.retain(|back| n >= from + back + setup.steps.least_history());
        let starts: Vec<usize> = periods_back.iter().map(|back| n - back).collect();
        let units = &past.units[from..];
        let since: Vec<usize> = starts.iter().map(|start| start - from).collect();
        // A promoted period tells of the level no more than any other: both its units and what was
        // expected are taken down to the baseline, or a few promotions would be the level.
        let uplifts = past.uplifts.get(from..).unwrap_or_default();
        let plain_units = divided(units, uplifts);
        let pasts = Pasts {
            units: &plain_units,
            without_origins: &divided(&past.exposure_without_origins[from..], uplifts),
            whole: &divided(&past.exposure[from..], uplifts),
        };
        let Levels { before: mut levels, mut today } =
            level::levels(&pasts, &setup.half_lives, past.prior, &since);
        // The periods before a shift say nothing of the level, and yet the item is no new one.
        today.observed += before_shift;
        let first = uplifts.len().saturating_sub(today.one_step.len());
        for (mean, uplift) in today.one_step.iter_mut().zip(&uplifts[first..]) {
            *mean *= uplift;
        }
        levels.push(today.sums.levels());
        periods_back.push(0);

        let periods = Periods {
            units,
            exposure: Some(&past.exposure_without_origins[from..]),
            means: &today.one_step,
        };
        let dispersions = DispersionSums::before(&periods_back, &periods);
        // How far off each half-life was over the lead times that followed.
        let mut errors = Vec::with_capacity(levels.len());
        let mut all_errors = HalfLifeErrors::default();
        for ((levels, &start), dispersion) in levels.iter().zip(&starts).zip(&dispersions) {
            let followed = past.tally(start..start + step);
            let mut missed = HalfLifeErrors::default();
            missed.add(followed.sold, levels, followed.expected, dispersion.clumping());
            all_errors.merge(&missed);
            errors.push(missed);
        }
        errors.push(HalfLifeErrors::default());

        let profile = &self.shared.seasons.profiles[past.group];
        let mut origins = Vec::with_capacity(levels.len());
        for (k, dispersion) in dispersions.into_iter().enumerate() {
            let levels = levels[k];
            let rate = levels[TWO_MONTHS];
            let overdue = dispersion.overdue();
            let observed = dispersion.periods + before_shift as f64;
            let prior_group = setup.error_group(rate, observed, overdue, Spread::default());
            let shared = self.shared.of_error_group(prior_group);
            let spread = dispersion.spread(shared.dispersion);
            // Each origin is weighed by the others: one that chose its own weights would look
            // better than it was.
            let other_errors = all_errors.without(&errors[k]);
            let evidence = setup.settings.class_evidence;
            let clumping = dispersion.clumping();
            let expected = level::expected_errors(
                &setup.half_lives,
                setup.bucket(),
                step,
                dispersion.periods,
                dispersion.events(clumping),
                clumping,
            );
            let weights = level::weights(&other_errors, &shared.half_lives, evidence, &expected);
            let weights = level::leaning_on_history(
                &weights,
                &setup.half_lives,
                dispersion.periods,
                dispersion.events(clumping),
                clumping,
            );
            let combined = level::combined(&levels, &weights);
            let position = Position {
                series,
                weekday: &past.weekday,
                before: n - periods_back[k],
                // An origin must not know the season of what followed it.
                index: if periods_back[k] > 0 {
                    &profile.index_without_origins
                } else {
                    &profile.index
                },
                level: combined,
                levels: &levels,
                overdue,
            };
            let correction = self.correction(prior_group, &position);
            let flags = setup.panel().flags(series);
            let silence = past.silence(n - periods_back[k], flags, &dispersion, setup);
            let returning = silence.as_ref().and_then(|silence| self.shared.returns.of(silence));
            origins.push(Origin {
                periods_back: periods_back[k],
                levels,
                weights,
                correction,
                level: returns::blended(combined, returning) * correction,
                silence,
                returning,
                errors: errors[k],
                dispersion,
                spread,
                observed,
                prior_group,
                error_group: setup.error_group(rate, observed, overdue, spread),
            });
        }
        // Periods before the shift have no one-step mean; a pool's channels are added up by their
        // ends.
        let missing = if from > 0 { from.min(2 * setup.half_lives[LONGEST] as usize) } else { 0 };
        today.one_step.splice(0..0, std::iter::repeat_n(f32::NAN, missing));
        Fitted { past, levels: today, origins }
    }

    /// What is observed of a series' past.
    fn past(&self, series: usize) -> SeriesPast<'a> {
        let setup = &self.setup;
        let panel = setup.panel();
        let key = panel.key(series);
        let start = panel.start(series);
        let units = panel.cleaned(series);
        let n = units.len();
        let group = setup.groups.of_series[series];
        let profile = &self.shared.seasons.profiles[group];
        let promotions = setup.promotions_of(key);
        let promoted_periods = setup.promotion_calendar(series, 0..n, &promotions);

        let mut exposure = self.exposure_since_launch(start, 0..n, &profile.index);
        let mut without_origins =
            self.exposure_since_launch(start, 0..n, &profile.index_without_origins);
        for (t, flags) in panel.flags(series).iter().enumerate() {
            // A bulk order says that somebody bought in bulk: one of 400, capped at 35, had made a
            // quarter more of three a day for a month.
            let bulk = flags & flag::OUTLIER != 0 && panel.gross_at(series, t) > units[t];
            if bulk || flags & flag::CENSORED != 0 {
                exposure[t] = f32::NAN;
                without_origins[t] = f32::NAN;
            }
        }

        // An origin must not know the season of what followed it.
        let known = n.saturating_sub(ORIGINS * setup.steps.lead_time());
        let season = self
            .own_season(series, units, &exposure, &promoted_periods)
            .or_else(|| setup.year.without_off_season(start, units, panel.flags(series)));
        let season_before = season.as_ref().and_then(|_| {
            let known_units = &units[..known];
            self.own_season(series, known_units, &without_origins[..known], &promoted_periods)
        });
        // What followed, and a lead time before it, so that the level is measured beside it.
        let window = known.saturating_sub(setup.steps.lead_time())..n;
        let seen =
            Past { units: &units[window.clone()], exposure: &without_origins[window.clone()] };
        let foretold = season_before
            .as_ref()
            .is_none_or(|before| setup.foretells(before, &seen, start + window.start));
        // What its own years agreed on and the periods since did not bear out is chance.
        let season = season.filter(|_| foretold);
        let season_before = season_before.filter(|_| foretold);
        setup.apply_season(&mut exposure, start, season.as_ref(), &profile.off_season);
        setup.apply_season(
            &mut without_origins,
            start,
            season_before.as_ref(),
            &profile.off_season,
        );

        // After the season of the year: what sells in summer alone sells on all weekdays of summer.
        let own = own_profile(
            &Past { units, exposure: &exposure },
            setup.weekday_of(start),
            &promoted_periods,
            &setup.half_lives,
            setup.settings.weekday_evidence,
        );
        let weekday = own.weekday.map(|factor| factor as f32);
        let response = self.shared.response.own(group, &own.promoted);
        let uplift = self.shared.response.mean_uplift(group, &own.promoted, response);
        let prices = setup.price_path(key);
        let mut uplifts = vec![1.0; promoted_periods.len()];
        self.apply_promotions(&mut uplifts, group, &promoted_periods, response);
        for exposure in [&mut exposure, &mut without_origins] {
            setup.apply_weekdays(exposure, start, &weekday);
            self.apply_prices(exposure, group, start, &prices, |t| {
                is_promoted(&promoted_periods, t)
            });
            self.apply_signals(exposure, group, start, key);
            exposure.iter_mut().zip(&uplifts).for_each(|(a, uplift)| *a *= uplift);
        }
        let events = setup.own_events(key, start, units, &exposure);
        setup.apply_own_events(&mut exposure, start, key, &events);
        if !events.is_empty() {
            let before = setup.own_events(key, start, &units[..known], &without_origins[..known]);
            setup.apply_own_events(&mut without_origins, start, key, &before);
        }
        let analogue = setup.level_prior(series);
        let prior = match self.like(series) {
            Some(like) if analogue.periods == 0.0 => {
                if setup.begins_with_a_sale(series) {
                    let first = like.first_exposure(f64::from(units[0])) as f32;
                    // A series that begins with a sale would otherwise count its first day as an
                    // ordinary one, and every new item as a fast mover.
                    exposure[0] *= first;
                    without_origins[0] *= first;
                }
                let seen = tally_of(units, &exposure);
                like.prior(seen.sold, seen.expected)
            }
            // A stated analogue goes before what its group suggests: somebody has thought about
            // this one.
            _ => analogue,
        };
        let bucket = setup.bucket();
        let shift = last_shift(&Past { units, exposure: &exposure }, bucket);
        let level_from = shift.map_or(0, |shift| shift.from);
        let of_group = self.shared.growth[group];
        let unknown = ORIGINS * setup.steps.lead_time();
        let measured = Past { units, exposure: &exposure };
        let blocks = BlockSums::of(&measured, bucket, level_from, unknown);
        let own_growth = blocks.growth(0);
        // An origin must not know how demand grew after it.
        let before = own_growth
            .and_then(|_| blocks.growth(unknown))
            .map_or(0.0, |before| OwnGrowth::believed(Some(before), of_group));
        let believed = OwnGrowth::believed(own_growth, of_group);
        growth::take_out(&mut exposure, 0, n, believed, bucket.days());
        growth::take_out(&mut without_origins, 0, n, before, bucket.days());
        SeriesPast {
            series,
            group,
            season_is_new: season.is_some() && season_before.is_none(),
            season,
            shift,
            own_growth,
            growth: believed,
            units,
            exposure,
            exposure_without_origins: without_origins,
            weekday,
            events,
            uplifts,
            promoted: own.promoted,
            response,
            unplanned: setup.unplanned(&promoted_periods, uplift),
            promoted_periods,
            prior,
            analogue: analogue.periods > 0.0,
        }
    }

    /// What is believed of a series that has little history of its own.
    fn like(&self, series: usize) -> Option<Like> {
        let setup = &self.setup;
        let known = setup.panel().cleaned(series).len() as f64 * setup.bucket().days();
        let group = setup.groups.of_series[series];
        self.shared.like[group].filter(|_| known < ANALOGUE_UNTIL * ANALOGUE_DAYS)
    }

    /// The season that a series' own years agree on, beyond that of its group; promotions are no
    /// season.
    fn own_season(
        &self,
        series: usize,
        units: &[f32],
        exposure: &[f32],
        promoted: &[PromotedPeriod],
    ) -> Option<PartFactors> {
        let setup = &self.setup;
        let start = setup.panel().start(series);
        if !setup.year.enough(units.len()) {
            return None;
        }
        if !promoted.iter().any(PromotedPeriod::is_promoted) {
            return setup.year.factors(start, units, exposure);
        }
        let mut ordinary = exposure.to_vec();
        for (a, _) in ordinary.iter_mut().zip(promoted).filter(|(_, period)| period.is_promoted()) {
            *a = f32::NAN;
        }
        setup.year.factors(start, units, &ordinary)
    }

    /// `index`, a pooled one of the panel's axis, times the launch curve, over the periods `range`
    /// of a series that starts at `start`, counted from there.
    pub(crate) fn exposure_since_launch(
        &self,
        start: usize,
        range: Range<usize>,
        index: &[f32],
    ) -> Vec<f32> {
        let mut exposure = index[start + range.start..start + range.end].to_vec();
        let curve = &self.shared.seasons.launch_curve;
        // A series that is there from the first days of the panel was not launched in it.
        if start > curve.len() / 2 && range.start < curve.len() {
            for (a, launch) in exposure.iter_mut().zip(&curve[range.start..]) {
                *a *= launch;
            }
        }
        exposure
    }
}

impl Setup<'_> {
    /// Whether the sums over some lead times are about as even around one level, or more, with a
    /// season that was found before them than without it.
    ///
    /// - `first`: of the lead times on the axis.
    fn foretells(&self, season: &PartFactors, seen: &Past<'_>, first: usize) -> bool {
        let step = self.steps.lead_time();
        let blocks = seen.units.len().div_ceil(step);
        let mut flat = vec![Tally::default(); blocks];
        let mut seasonal = vec![Tally::default(); blocks];
        for (t, (&units, &exposure)) in seen.units.iter().zip(seen.exposure).enumerate() {
            if !exposure.is_nan() {
                let factor = f64::from(season.factors[self.year.of(first + t)]);
                flat[t / step].add(f64::from(units), f64::from(exposure));
                seasonal[t / step].add(f64::from(units), f64::from(exposure) * factor);
            }
        }
        // Not better by so much, only not clearly worse: a mild year must not cost an item its
        // season.
        unevenness(&seasonal) <= FORETELLS * unevenness(&flat)
    }

    /// Multiplies past exposures from period `first` of the axis on by a series' own season; parts
    /// of the year in which it, or else its group, sells next to nothing say nothing about a level.
    fn apply_season(
        &self,
        exposure: &mut [f32],
        first: usize,
        own: Option<&PartFactors>,
        group_off: &[bool],
    ) {
        let off = own.map_or(group_off, |own| &own.off);
        if own.is_none() && !off.contains(&true) {
            return;
        }
        for (t, a) in exposure.iter_mut().enumerate() {
            let part = self.year.of(first + t);
            if off[part] {
                *a = f32::NAN;
            } else if let Some(own) = own {
                *a *= own.factors[part];
            }
        }
    }

    /// Whether the history of a series begins where it does because something was sold then.
    fn begins_with_a_sale(&self, series: usize) -> bool {
        let panel = self.panel();
        let product = self.demand.products.get(panel.key(series).sku.index());
        let launched = product.and_then(|product| product.launched);
        let inherits = panel.own_start(series) != panel.start(series);
        panel.start(series) > 0
            && launched.is_none()
            && !inherits
            && panel.periods(series) > 0
            && panel.gross_at(series, 0) > 0.0
    }

    /// What an analogue's level says about a series that has little history of its own.
    fn level_prior(&self, series: usize) -> LevelPrior {
        let panel = self.panel();
        let key = panel.key(series);
        let periods = ANALOGUE_DAYS / self.bucket().days();
        if panel.cleaned(series).len() as f64 >= ANALOGUE_UNTIL * periods {
            return LevelPrior::default();
        }
        let Some(product) = self.demand.products.get(key.sku.index()) else {
            return LevelPrior::default();
        };
        let Some(analogue) = product.analogue.filter(|analogue| *analogue != key.sku) else {
            return LevelPrior::default();
        };
        let Some(like) = self.demand.find(SeriesKey { sku: analogue, ..key }) else {
            return LevelPrior::default();
        };
        let level = self.recent_mean(like, (ANALOGUE_UNTIL * periods) as usize);
        LevelPrior {
            level: level * product.analogue_factor.unwrap_or(1.0),
            periods: periods.max(1.0),
        }
    }

    /// Mean of the last `window` observed periods of a series; of none, zero.
    pub(crate) fn recent_mean(&self, series: usize, window: usize) -> f64 {
        let flags = self.panel().flags(series);
        let periods = self.panel().cleaned(series).iter().zip(flags);
        let observed = periods.filter(|(_, flags)| **flags & flag::CENSORED == 0);
        Average::of(observed.map(|(&units, _)| f64::from(units)), window)
            .map_or(0.0, |average| average.mean)
    }
}

/// Units and exposure of the observed ones of some periods.
fn tally_of(units: &[f32], exposure: &[f32]) -> Tally {
    let mut tally = Tally::default();
    for (&y, &a) in units.iter().zip(exposure).filter(|(_, a)| !a.is_nan()) {
        tally.add(f64::from(y), f64::from(a));
    }
    tally
}

/// Pearson's chi-square of sums around their common level, a count of 1 the least that is expected.
fn unevenness(blocks: &[Tally]) -> f64 {
    let mut all = Tally::default();
    blocks.iter().for_each(|block| all.merge(block));
    let level = all.sold / all.expected.max(1e-9);
    let mut sum = 0.0;
    for block in blocks {
        let expected = level * block.expected;
        // Pearson's statistic, one unit in the denominator: an empty block must not decide by
        // itself.
        sum += (block.sold - expected) * (block.sold - expected) / (expected + 1.0);
    }
    sum
}

/// `values` over `uplifts`; as they are where there are none.
fn divided<'v>(values: &'v [f32], uplifts: &[f32]) -> Cow<'v, [f32]> {
    if uplifts.is_empty() {
        return Cow::Borrowed(values);
    }
    Cow::Owned(values.iter().zip(uplifts).map(|(value, uplift)| value / uplift).collect())
}

/// Dispersion of a pool's total before every origin, unobserved periods as cleaned; a mean only
/// where every channel has one.
pub(crate) fn pool_dispersion(origins: &[usize], pool: &[Fitted<'_>]) -> Vec<DispersionSums> {
    let mut units = Vec::new();
    let mut means = Vec::new();
    for fitted in pool {
        add_from_the_end(&mut units, fitted.past.units);
        add_from_the_end(&mut means, &fitted.levels.one_step);
    }
    DispersionSums::before(origins, &Periods { units: &units, exposure: None, means: &means })
}

/// Adds `part` to the end of `total`, which grows at its beginning to hold it.
fn add_from_the_end(total: &mut Vec<f64>, part: &[f32]) {
    if part.len() > total.len() {
        total.splice(0..0, std::iter::repeat_n(0.0, part.len() - total.len()));
    }
    let first = total.len() - part.len();
    for (sum, &x) in total[first..].iter_mut().zip(part) {
        *sum += f64::from(x);
    }
}

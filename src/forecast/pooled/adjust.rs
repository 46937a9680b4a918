//! What do planners add? Their adjustments, on items, categories, channels, places or everything.
//!
//! A factor multiplies the forecast of every item that it concerns. Units are added: spread evenly
//! over the days of the adjustment, and over what they concern. Of one item every series has the
//! same; of several items each series has as much as it sold in the last 60 days, and where none
//! of them sold, every place the same.

use crate::domain::inputs::{Adjustment, AdjustmentKind};
use crate::domain::panel::SeriesKey;
use crate::domain::units::{ChannelId, LocationId, SkuId};
use crate::forecast::evaluate::accuracy::{ErrorSums, Measures, Scale};
use crate::forecast::evaluate::choice::Series;
use crate::forecast::pooled::fit::{Fitted, Model};
use crate::forecast::pooled::setup::Setup;
use crate::math::exact::ExactSum;
use serde::{Deserialize, Serialize};

/// Days whose sales say who has how much of units that several items share.
const SHARED_BY_DAYS: f64 = 60.0;

/// Among whom the units of an adjustment for several items are shared.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct SharedOut {
    /// Units a period that all of them sold lately.
    sold: f64,
    /// Series, and pools that have none.
    places: usize,
}

/// Who a forecast is of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whom {
    pub sku: SkuId,
    /// `None` for an item that never sold there.
    pub channel: Option<ChannelId>,
    pub location: LocationId,
    /// Position in the panel, of what has one.
    pub series: Option<usize>,
}

impl Whom {
    pub(crate) fn series(key: SeriesKey, series: usize) -> Self {
        let SeriesKey { sku, channel, location } = key;
        Self { sku, channel: Some(channel), location, series: Some(series) }
    }
}

impl Setup<'_> {
    /// What a series sold lately, units a period: its part of what several share.
    pub(crate) fn sold_lately(&self, series: usize) -> f64 {
        self.recent_mean(series, self.periods_in(SHARED_BY_DAYS))
    }

    /// Whether any adjustment is shared by several items.
    pub(crate) fn shares_out(&self) -> bool {
        self.demand.adjustments.of(None).iter().any(Adjustment::is_shared_out)
    }

    /// No sale yet of what each adjustment for no single item concerns.
    pub(crate) fn nothing_shared(&self) -> Vec<ExactSum> {
        vec![ExactSum::default(); self.demand.adjustments.of(None).len()]
    }

    /// Adds what a series sold lately to the sums of those adjustments that concern it.
    ///
    /// - `sold`: of each adjustment that is for no single item.
    pub(crate) fn add_shared(&self, series: usize, sold: &mut [ExactSum]) {
        if !self.shares_out() {
            return;
        }
        let whom = Whom::series(self.panel().key(series), series);
        for (row, sum) in self.demand.adjustments.of(None).iter().zip(sold) {
            if row.is_shared_out() && self.concerns(row, whom) {
                sum.add(self.sold_lately(series));
            }
        }
    }

    /// Among whom each adjustment for no single item is shared, of whom all sold so much.
    pub(crate) fn shared_out(&self, sold: &[ExactSum]) -> Vec<SharedOut> {
        let wide = self.demand.adjustments.of(None);
        if !self.shares_out() {
            return vec![SharedOut::default(); wide.len()];
        }
        let mut shared = Vec::with_capacity(wide.len());
        for (row, sold) in wide.iter().zip(sold) {
            let places = if row.is_shared_out() { self.places(row) } else { 0 };
            shared.push(SharedOut { sold: sold.value(), places });
        }
        shared
    }

    /// Series that an adjustment concerns, and pools of items that never sold.
    fn places(&self, row: &Adjustment) -> usize {
        let panel = self.panel();
        let mut places = 0;
        for pool in panel.pools() {
            let mut of_pool =
                Whom { sku: pool.sku, channel: None, location: pool.location, series: None };
            if pool.series.is_empty() {
                places += usize::from(row.channel.is_none() && self.concerns(row, of_pool));
            }
            for series in pool.series.clone() {
                of_pool.channel = Some(panel.key(series).channel);
                places += usize::from(self.concerns(row, of_pool));
            }
        }
        places
    }

    fn concerns(&self, row: &Adjustment, whom: Whom) -> bool {
        let category = self.demand.category_of(whom.sku);
        row.concerns(whom.sku, category, whom.channel, whom.location)
    }

    /// Series of its item that an adjustment concerns.
    fn series_concerned(&self, row: &Adjustment, sku: SkuId) -> usize {
        let panel = self.panel();
        let series = panel.pools_of(sku).iter().flat_map(|pool| pool.series.clone());
        series.filter(|&s| self.concerns(row, Whom::series(panel.key(s), s))).count()
    }

    /// Pools of its item that an adjustment concerns.
    fn pools_concerned(&self, row: &Adjustment, sku: SkuId) -> usize {
        let pools = self.panel().pools_of(sku).iter();
        pools.filter(|pool| row.location.is_none_or(|own| own == pool.location)).count()
    }
}

/// Name of the row of the accuracy table of the days that planners have adjusted.
pub(crate) const ADJUSTED: &str = "adjusted by planners";
/// Name of the row of the same days as they were forecast.
pub(crate) const UNADJUSTED: &str = "before adjustment";

/// How past adjustments fared, over the periods that they moved.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct JudgedAdjustments {
    pub before: Measures,
    pub after: Measures,
}

impl Model<'_> {
    /// How the adjustments of days that are over fared at the rolling origins, as if they had been
    /// made by then; `None` where there are none.
    pub(crate) fn judge_adjustments(
        &self,
        fitted: &Fitted<'_>,
        series: &Series,
    ) -> Option<JudgedAdjustments> {
        let setup = &self.setup;
        let past = &fitted.past;
        let key = setup.panel().key(past.series);
        let as_of = setup.calendar().as_of();
        let adjustments = setup.demand.adjustments;
        let of_past = |row: &Adjustment| row.from < as_of;
        let mut rows = adjustments.of(None).iter().chain(adjustments.of(Some(key.sku)));
        if !rows.any(of_past) {
            return None;
        }
        let start = setup.panel().start(past.series);
        let history = series.history();
        let mut before = ErrorSums::default();
        let mut after = ErrorSums::default();
        for origin in fitted.past_origins() {
            let first = past.units.len() - origin.periods_back;
            let reach = origin.periods_back.min(setup.settings.lead_time);
            let plain: Vec<f32> = (first..first + reach)
                .map(|t| past.expected_units(origin.level, t) as f32)
                .collect();
            let mut adjusted = plain.clone();
            self.adjust(Whom::series(key, past.series), start + first, &mut adjusted);
            for ahead in 0..reach {
                let actual = history.observed[first + ahead];
                if plain[ahead] != adjusted[ahead] && !actual.is_nan() {
                    before.add(f64::from(plain[ahead]), actual);
                    after.add(f64::from(adjusted[ahead]), actual);
                }
            }
        }
        let season_length = setup.bucket().season_length();
        let scale = Scale::of(past.units, &past.exposure_without_origins, season_length);
        (before.count() > 0.0).then(|| JudgedAdjustments {
            before: before.measures(&scale),
            after: after.measures(&scale),
        })
    }

    /// Applies the planners' adjustments that have not expired on the morning of period `first` of
    /// the axis to the periods from there on; those of no single item first.
    pub(crate) fn adjust(&self, whom: Whom, first: usize, mean: &mut [f32]) {
        let setup = &self.setup;
        let demand = &setup.demand;
        let wide = demand.adjustments.of(None);
        for (i, row) in wide.iter().enumerate() {
            if !setup.concerns(row, whom) {
                continue;
            }
            let shared = self.shared.shared_out.get(i).copied().unwrap_or_default();
            // Of what several share, one that sold nothing has nothing: a part in infinitely many.
            let parts = if shared.sold > 0.0 {
                whom.series.map_or(f64::INFINITY, |own| shared.sold / setup.sold_lately(own))
            } else if whom.channel.is_none() && row.channel.is_some() {
                f64::INFINITY
            } else {
                shared.places.max(1) as f64
            };
            setup.apply(row, parts, first, mean);
        }
        for row in demand.adjustments.of(Some(whom.sku)) {
            if !setup.concerns(row, whom) {
                continue;
            }
            // Units are shared by the series of the item; where it never sold, by the places it
            // may be sold at.
            let series = setup.series_concerned(row, whom.sku);
            let parts = match whom.channel {
                Some(_) => series,
                None if series > 0 && matches!(row.kind, AdjustmentKind::Units(_)) => continue,
                None => setup.pools_concerned(row, whom.sku),
            };
            setup.apply(row, parts.max(1) as f64, first, mean);
        }
    }
}

impl Setup<'_> {
    /// Applies one, of whose units this is one of so many `parts`.
    fn apply(&self, row: &Adjustment, parts: f64, first: usize, mean: &mut [f32]) {
        let calendar = self.calendar();
        let end = first as i64;
        // Expired by that morning: whoever looked then no longer counted on it.
        if row.expires.is_some_and(|day| day <= calendar.start(end)) {
            return;
        }
        let from = calendar.index(row.from) - end;
        let to = calendar.index(row.to) - end;
        let length = (to - from + 1).max(1) as f64 * parts;
        for ahead in from.max(0)..=to.min(mean.len() as i64 - 1) {
            let mean = &mut mean[ahead as usize];
            *mean = match row.kind {
                AdjustmentKind::Factor(factor) => *mean * factor.max(0.0) as f32,
                AdjustmentKind::Units(units) => (*mean + (units / length) as f32).max(0.0),
            };
        }
    }
}

//! Which periods were and will be promoted, how, and what does it do to demand?
//!
//! Past promotions are flagged in the panel (by discounted sales) or stated in the promotions
//! table, with their kinds and discounts; both are kept out of the level. What runs together in a
//! period is one promotion of all its kinds at the deepest discount: overlapping promotions do not
//! multiply. The response by kind and depth is learnt over all series (see
//! [`crate::forecast::pooled::response`]) and times the series' own is what a planned promotion
//! sells, unless it states its uplift: that is believed. Where no promotion is planned for
//! anything, those of the last year are expected to come again, at any time.

use crate::domain::calendar::Bucket;
use crate::domain::inputs::Promotion;
use crate::domain::panel::{SeriesKey, flag};
use crate::domain::units::SkuId;
use crate::forecast::pooled::fit::Model;
use crate::forecast::pooled::horizon::YEAR_DAYS;
use crate::forecast::pooled::setup::Setup;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// Days without any sale inside a promotion, which nothing flags, that are still of it.
const UNSOLD_DAYS: usize = 7;
/// Kinds that are told apart; rarer ones, in the order of names, are one.
const MOST_KINDS: usize = 63;
/// Share of a period from which it is promoted rather than ordinary.
const MOSTLY: f32 = 0.5;

/// The kinds of promotion that run together, a bit each.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub(crate) struct Kinds {
    bits: u64,
}

impl Kinds {
    /// A promotion of which nothing more is known.
    const UNNAMED: Self = Self { bits: 1 };

    /// All of both.
    fn with(self, other: Self) -> Self {
        Self { bits: self.bits | other.bits }
    }

    /// Whether these run wherever `other` do.
    pub(crate) fn are_among(self, other: Self) -> bool {
        self.bits & !other.bits == 0
    }
}

/// What runs in one period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PromotedPeriod {
    pub kinds: Kinds,
    /// Deepest discount, a share of the price; NaN where none is stated.
    pub discount: f32,
    /// Share of the period that is promoted; 0 = an ordinary one.
    pub covered: f32,
    /// Largest uplift that a plan states; NaN where none does.
    pub stated: f32,
    /// Whether a promotion has just ended.
    pub after: bool,
}

impl PromotedPeriod {
    const ORDINARY: Self = Self {
        kinds: Kinds { bits: 0 },
        discount: f32::NAN,
        covered: 0.0,
        stated: f32::NAN,
        after: false,
    };

    /// Whether the same runs in both, whatever plans state.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.kinds == other.kinds
            && self.after == other.after
            && self.covered == other.covered
            && self.discount.to_bits() == other.discount.to_bits()
    }

    /// Whether most of the period is promoted.
    pub(crate) fn is_promoted(&self) -> bool {
        self.covered >= MOSTLY
    }

    fn add(&mut self, kinds: Kinds, plan: &Promotion, covered: f32) {
        self.kinds = self.kinds.with(kinds);
        self.covered = self.covered.max(covered);
        if let Some(discount) = plan.discount {
            self.discount = self.discount.max(discount as f32);
        }
        if let Some(uplift) = plan.expected_uplift {
            self.stated = self.stated.max(uplift as f32);
        }
    }
}

/// Whether period `t` of a calendar, which may be empty for no promotion at all, is promoted.
pub(crate) fn is_promoted(calendar: &[PromotedPeriod], t: usize) -> bool {
    calendar.get(t).is_some_and(PromotedPeriod::is_promoted)
}

/// Positions in the promotions table, and its kinds.
#[derive(Debug, Clone)]
pub(crate) struct PromotionIndex<'a> {
    of_sku: BTreeMap<SkuId, Vec<usize>>,
    of_category: BTreeMap<&'a str, Vec<usize>>,
    /// `[promotions]`
    kinds: Vec<Kinds>,
    /// Names of the kinds, in the order of their bits from the second on.
    pub names: Vec<String>,
}

impl<'a> PromotionIndex<'a> {
    pub(crate) fn new(promotions: &'a [Promotion]) -> Self {
        let mut names: Vec<String> = promotions.iter().flat_map(names_of).collect();
        names.sort();
        names.dedup();
        let mut index = Self {
            of_sku: BTreeMap::new(),
            of_category: BTreeMap::new(),
            kinds: Vec::new(),
            names,
        };
        for (p, promotion) in promotions.iter().enumerate() {
            if let Some(sku) = promotion.sku {
                index.of_sku.entry(sku).or_default().push(p);
            } else if let Some(category) = &promotion.category {
                index.of_category.entry(category).or_default().push(p);
            }
            let mut kinds = Kinds::default();
            for name in names_of(promotion) {
                let position = index.names.binary_search(&name).unwrap_or_default();
                kinds = kinds.with(Kinds { bits: 1 << (position + 1).min(MOST_KINDS) });
            }
            index.kinds.push(if kinds == Kinds::default() { Kinds::UNNAMED } else { kinds });
        }
        index
    }
}

#[cfg(test)]
impl PromotionIndex<'_> {
    pub fn kinds_named(&self, text: &str) -> Kinds {
        let mut kinds = Kinds::default();
        for name in text.split('+').filter(|name| !name.is_empty()) {
            let bit = self.names.iter().position(|other| other == name).unwrap() + 1;
            kinds = kinds.with(Kinds { bits: 1 << bit });
        }
        if kinds == Kinds::default() { Kinds::UNNAMED } else { kinds }
    }
}

/// The kinds of a promotion, several joined by `+`, however they are written.
fn names_of(promotion: &Promotion) -> Vec<String> {
    let names = promotion.kind.split('+').map(|name| name.trim().to_lowercase());
    names.filter(|name| !name.is_empty()).collect()
}

/// Promotions that come without a plan, at the rate of the last year.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unplanned {
    /// Demand of a promoted period relative to the baseline.
    pub uplift: f64,
    /// Mean demand of any period relative to the baseline.
    pub average: f64,
}

/// A promotion that concerns a series, with its kinds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planned<'a> {
    pub promotion: &'a Promotion,
    kinds: Kinds,
}

impl Setup<'_> {
    /// The promotions that concern a series: of its item, its category, or one above it.
    pub(crate) fn promotions_of(&self, key: SeriesKey) -> Vec<Planned<'_>> {
        let mut found = Vec::new();
        if self.demand.promotions.is_empty() {
            return found;
        }
        let index = &self.promotions;
        let mut positions: Vec<usize> = index.of_sku.get(&key.sku).cloned().unwrap_or_default();
        let category = self.demand.category_of(key.sku);
        let above = category.match_indices(" > ").map(|(end, _)| &category[..end]);
        for name in above.chain([category]) {
            positions.extend(index.of_category.get(name).into_iter().flatten());
        }
        for p in positions {
            let promotion = &self.demand.promotions[p];
            let here = promotion.channel.is_none_or(|channel| channel == key.channel)
                && promotion.location.is_none_or(|location| location == key.location);
            if here {
                found.push(Planned { promotion, kinds: index.kinds[p] });
            }
        }
        found
    }

    /// What runs in the periods `range` of a series, counted from its start: by the promotions
    /// table, in the past also by flag; empty where nothing does.
    pub(crate) fn promotion_calendar(
        &self,
        series: usize,
        range: Range<usize>,
        plans: &[Planned<'_>],
    ) -> Vec<PromotedPeriod> {
        let flags = self.panel().flags(series);
        let start = self.panel().start(series) as i64;
        let calendar = self.calendar();
        // Promotions that ended just before the range leave a dip in it.
        let first = range.start.saturating_sub(self.periods_after());
        let mut periods: Vec<PromotedPeriod> = Vec::new();
        for plan in plans {
            let from = calendar.index(plan.promotion.start) - start;
            let to = calendar.index(plan.promotion.end) - start;
            for t in from.max(first as i64)..=to.min(range.end as i64 - 1) {
                periods.resize(range.end - first, PromotedPeriod::ORDINARY);
                // Only its first and last period may be covered in part.
                let inside = from < t && t < to;
                let covered = if inside { 1.0 } else { self.covered(plan.promotion, start + t) };
                periods[t as usize - first].add(plan.kinds, plan.promotion, covered as f32);
            }
        }
        let known = first..range.end.min(flags.len()).max(first);
        let flagged = flags[known.clone()].iter().fold(0, |all, flags| all | flags);
        if flagged & flag::PROMOTION != 0 {
            periods.resize(range.end - first, PromotedPeriod::ORDINARY);
        } else if periods.is_empty() {
            return periods;
        }
        let mut last: Option<usize> = None;
        for t in known.filter(|&t| flags[t] & flag::PROMOTION != 0) {
            // A day without a sale has no sale to flag.
            let bridged = last.filter(|&last| self.is_bridged(series, last + 1..t));
            for t in bridged.map_or(t, |last| last + 1)..=t {
                let period = &mut periods[t - first];
                if period.covered == 0.0 {
                    period.kinds = Kinds::UNNAMED;
                    period.covered = 1.0;
                }
            }
            last = Some(t);
        }
        let mut ended: Option<usize> = None;
        for (t, period) in periods.iter_mut().enumerate() {
            if period.is_promoted() {
                ended = Some(t);
            } else {
                period.after = ended.is_some_and(|ended| t - ended <= self.periods_after());
            }
        }
        periods.drain(..(range.start - first).min(periods.len()));
        periods
    }

    /// Whether some days between two promoted ones sold nothing at all.
    fn is_bridged(&self, series: usize, between: Range<usize>) -> bool {
        self.bucket() == Bucket::Day
            && between.len() < UNSOLD_DAYS
            && self.panel().cleaned(series)[between].iter().all(|&units| units == 0.0)
    }

    /// Periods after a promotion in which customers may still live off it: a week.
    fn periods_after(&self) -> usize {
        match self.bucket() {
            Bucket::Day => 7,
            Bucket::Week => 1,
            Bucket::Month => 0,
        }
    }

    /// Share of period `t` of the axis that a promotion covers.
    fn covered(&self, plan: &Promotion, t: i64) -> f64 {
        let calendar = self.calendar();
        let start = calendar.start(t);
        let next = calendar.start(t + 1);
        let days =
            (next.min(plan.end + chrono::Duration::days(1)) - start.max(plan.start)).num_days();
        days.max(0) as f64 / (next - start).num_days().max(1) as f64
    }

    /// The rate of promotions over the last year, for a series that had some while no promotion is
    /// planned for anything.
    pub(crate) fn unplanned(&self, promoted: &[PromotedPeriod], uplift: f64) -> Option<Unplanned> {
        if !self.demand.promotions.is_empty() || promoted.is_empty() {
            return None;
        }
        let year = ((YEAR_DAYS / self.bucket().days()) as usize).min(promoted.len());
        let last_year = &promoted[promoted.len() - year..];
        let count = last_year.iter().filter(|period| period.is_promoted()).count();
        let share = count as f64 / year as f64;
        Some(Unplanned { uplift, average: 1.0 + share * (uplift - 1.0) })
    }
}

impl Model<'_> {
    /// Factor on demand of one period: by kind and depth as learnt, times the series' own.
    pub(crate) fn uplift(&self, group: usize, period: &PromotedPeriod, own: f64) -> f64 {
        self.shared.response.factor(group, period, own)
    }

    /// Multiplies exposures by what their promotions sell; of future ones, what a plan states is
    /// believed.
    pub(crate) fn apply_promotions(
        &self,
        exposure: &mut [f32],
        group: usize,
        periods: &[PromotedPeriod],
        own: f64,
    ) {
        // Neighbours are mostly promoted alike, and an uplift costs an exponential and a power.
        let mut like = PromotedPeriod::ORDINARY;
        let mut uplift = 1.0;
        for (a, period) in exposure.iter_mut().zip(periods) {
            if period.covered > 0.0 || period.after {
                if !period.is_like(&like) {
                    like = *period;
                    uplift = self.uplift(group, period, own) as f32;
                }
                *a *= uplift;
            }
        }
    }
}

/// Factors that plans state, by period; empty for none.
pub(crate) fn stated_uplifts(periods: &[PromotedPeriod]) -> Vec<f32> {
    if periods.iter().all(|period| period.stated.is_nan()) {
        return Vec::new();
    }
    let mut factors = Vec::with_capacity(periods.len());
    for period in periods {
        let stated = if period.stated.is_nan() { 1.0 } else { period.stated };
        factors.push(1.0 + (stated - 1.0) * period.covered);
    }
    factors
}

//! Which periods were and will be promoted, and what does it do to demand?
//!
//! Past promotions are flagged in the panel (by discounted sales) or stated in the promotions
//! table; both are kept out of the level and give the series' own uplift, pulled towards its
//! group's. A planned promotion multiplies the periods it covers by the uplift that it states, or
//! by the series' own moved along the slope of uplift by discount over all promotions. Where no
//! promotion is planned for anything, those of the last year are expected to come again, at any
//! time.

use crate::domain::inputs::Promotion;
use crate::domain::panel::{SeriesKey, flag};
use crate::domain::units::SkuId;
use crate::forecast::Demand;
use crate::forecast::pooled::fit::Model;
use crate::forecast::pooled::setup::{Setup, YEAR_DAYS};
use std::collections::BTreeMap;

/// A promotion without a sale on some days is not flagged there: gaps up to this many periods are
/// bridged.
const GAP: usize = 7;

/// Positions in the promotions table.
#[derive(Debug, Clone)]
pub(crate) struct PromotionIndex<'a> {
    of_sku: BTreeMap<SkuId, Vec<usize>>,
    of_category: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> PromotionIndex<'a> {
    pub fn new(promotions: &'a [Promotion]) -> Self {
        let mut index = Self { of_sku: BTreeMap::new(), of_category: BTreeMap::new() };
        for (p, promotion) in promotions.iter().enumerate() {
            if let Some(sku) = promotion.sku {
                index.of_sku.entry(sku).or_default().push(p);
            } else if let Some(category) = &promotion.category {
                index.of_category.entry(category).or_default().push(p);
            }
        }
        index
    }
}

/// Promotions that come without a plan, at the rate of the last year.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unplanned {
    /// Demand of a promoted period relative to the baseline.
    pub uplift: f64,
    /// Mean demand of any period relative to the baseline.
    pub average: f64,
}

impl Setup<'_> {
    /// The promotions that concern a series.
    pub fn promotions_of(&self, key: SeriesKey) -> Vec<&Promotion> {
        if self.demand.promotions.is_empty() {
            return Vec::new();
        }
        let category = self.demand.category_of(key.sku);
        let of_sku = self.promotions.of_sku.get(&key.sku).map_or(&[][..], Vec::as_slice);
        let of_category = self.promotions.of_category.get(category).map_or(&[][..], Vec::as_slice);
        let mut found = Vec::new();
        for &p in of_sku.iter().chain(of_category) {
            let promotion = &self.demand.promotions[p];
            if promotion.channel.is_none_or(|channel| channel == key.channel) {
                found.push(promotion);
            }
        }
        found
    }

    /// Which periods of a series' history were promoted, by flag (gaps bridged) or by the
    /// promotions table; empty for none.
    pub fn promoted_periods(&self, series: usize, plans: &[&Promotion]) -> Vec<bool> {
        let flags = self.panel().flags(series);
        let start = self.panel().start(series) as i64;
        let calendar = self.calendar();
        let mut promoted: Vec<bool> = Vec::new();
        let mut last: Option<usize> = None;
        for t in (0..flags.len()).filter(|&t| flags[t] & flag::PROMOTION != 0) {
            promoted.resize(flags.len(), false);
            let from = last.filter(|last| t - last <= GAP).map_or(t, |last| last + 1);
            promoted[from..=t].fill(true);
            last = Some(t);
        }
        for plan in plans {
            let from = calendar.index(plan.start) - start;
            let to = calendar.index(plan.end) - start;
            for t in from.max(0)..=to.min(flags.len() as i64 - 1) {
                promoted.resize(flags.len(), false);
                promoted[t as usize] = true;
            }
        }
        promoted
    }

    /// Mean discount of the past promotions among `plans`; `None` if none states one.
    pub fn past_discount(&self, plans: &[&Promotion]) -> Option<f64> {
        let as_of = self.calendar().as_of();
        let mut sum = 0.0;
        let mut count = 0.0;
        for plan in plans {
            if let Some(discount) = plan.discount.filter(|_| plan.start < as_of) {
                sum += discount;
                count += 1.0;
            }
        }
        (count > 0.0).then(|| sum / count)
    }

    /// The rate of promotions over the last year, for a series that had some while no promotion is
    /// planned for anything.
    pub fn unplanned(&self, promoted: &[bool], uplift: f64) -> Option<Unplanned> {
        if !self.demand.promotions.is_empty() || promoted.is_empty() {
            return None;
        }
        let year = ((YEAR_DAYS / self.bucket().days()) as usize).min(promoted.len());
        let last_year = &promoted[promoted.len() - year..];
        let share = last_year.iter().filter(|promoted| **promoted).count() as f64 / year as f64;
        Some(Unplanned { uplift, average: 1.0 + share * (uplift - 1.0) })
    }
}

impl Model<'_> {
    /// Multiplies future periods by the uplift of what is planned: as stated, by discount, or as
    /// learnt from the series' own promotions.
    pub fn apply_promotions(&self, future: &mut [f32], plans: &[&Promotion], uplift: f64) {
        let calendar = self.setup.calendar();
        let end = calendar.history() as i64;
        let usual = self.setup.past_discount(plans);
        for plan in plans {
            let factor = plan
                .expected_uplift
                .unwrap_or_else(|| self.uplift_of(plan.discount, usual, uplift));
            let from = calendar.index(plan.start).max(end);
            let to = calendar.index(plan.end);
            for t in from..=to.min(end + self.setup.settings.horizon as i64 - 1) {
                let covered = covered(&self.setup.demand, plan, t);
                future[(t - end) as usize] *= (1.0 + (factor - 1.0) * covered) as f32;
            }
        }
    }

    /// Uplift at a discount: this series' own at its usual discount, moved along the slope over all
    /// promotions.
    fn uplift_of(&self, discount: Option<f64>, usual: Option<f64>, own: f64) -> f64 {
        match (discount, usual, self.shared.discount_slope) {
            // A slope that is extended to a discount never given must not sell the warehouse.
            (Some(discount), Some(usual), Some(slope)) => {
                (own * (slope * (discount - usual)).exp()).clamp(0.5, 8.0)
            }
            _ => own,
        }
    }
}

/// Share of period `t` that a promotion covers.
fn covered(demand: &Demand<'_>, plan: &Promotion, t: i64) -> f64 {
    let calendar = demand.panel.calendar();
    let start = calendar.start(t);
    let next = calendar.start(t + 1);
    let days = (next.min(plan.end + chrono::Duration::days(1)) - start.max(plan.start)).num_days();
    days.max(0) as f64 / (next - start).num_days().max(1) as f64
}

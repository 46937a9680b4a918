//! How does demand respond to promotions? By kind and depth, over all series, occurrence by
//! occurrence.
//!
//! Units sold under promotion are regressed on what was expected without it:
//!
//! ```text
//! ln E(y / expected) = covered · (a[kinds] + (b + b[kinds]) · discount + g[group]) + dip · after
//! ```
//!
//! with the count regression of pooled profiles (priors pull towards no effect; a negative
//! binomial, so that one large item is one voice). A combination of kinds has its own `a`: two
//! promotions at once are hardly ever worth their product. A combination never seen sells what the
//! strongest part of it does. A series' own response is the ratio of what its promotions sold to
//! what this expects, pulled towards 1. Units: units of demand; discounts are shares of the price.

use crate::forecast::pooled::promotions::{Kinds, PromotedPeriod};
use crate::forecast::pooled::regression::{Counts, Entry, Penalty, SparseRows, fit_counts};
use crate::forecast::pooled::tally::Tally;
use crate::math::elementary::Elementary;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Prior standard deviations: of a kind's log uplift, of the slope by discount, of a kind's own
/// slope, of a group's deviation, of the dip after a promotion.
// In words: an uplift from a third to the triple is nothing unusual, a dip beyond a tenth is.
const KIND_SD: f64 = 1.0;
const SLOPE_SD: f64 = 3.0;
const KIND_SLOPE_SD: f64 = 1.0;
const GROUP_SD: f64 = 0.3;
const DIP_SD: f64 = 0.1;
/// Variance of occurrences in proportion to the squared mean, before it is known.
const DISPERSION: f64 = 0.1;
/// Furthest that it is believed.
const LEAST_DISPERSION: f64 = 0.005;
const MOST_DISPERSION: f64 = 1.0;
/// Groups up to which each may deviate; more would make the regression slow.
const MOST_GROUPS: usize = 60;
/// Combinations of kinds up to which each has its own response, the frequent ones first.
const MOST_COMBINATIONS: usize = 24;
/// Least and largest factor that is learnt: what lies beyond is a wrong row.
const LEAST: f64 = 0.2;
const MOST: f64 = 20.0;
/// `1 / ω²` of series around the response of all: they differ by a quarter.
const OWN_EVIDENCE: f64 = 4.0;
/// Rows that the regression is worth against the totals of a kind.
const TOTALS_EVIDENCE: f64 = 20.0;
/// Steps in which occurrences of about the same discount and cover are added up.
const DISCOUNT_STEP: f32 = 0.02;
const COVER_STEP: f32 = 0.1;

/// What periods of one series that were promoted alike sold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Occurrences {
    like: PromotedPeriod,
    /// Units sold, and expected without promotion.
    pub sales: Tally,
}

/// The promoted periods of one series, alike ones together.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct OwnOccurrences {
    pub rows: Vec<Occurrences>,
}

impl OwnOccurrences {
    /// Adds a period that sold `sold` where `expected` was.
    pub(crate) fn add(&mut self, period: &PromotedPeriod, sold: f64, expected: f64) {
        let mut like = *period;
        like.discount = (period.discount / DISCOUNT_STEP).round() * DISCOUNT_STEP;
        like.covered = (period.covered / COVER_STEP).round() * COVER_STEP;
        like.stated = f32::NAN;
        for row in &mut self.rows {
            if row.like.is_like(&like) {
                row.sales.add(sold, expected);
                return;
            }
        }
        self.rows.push(Occurrences { like, sales: Tally { sold, expected } });
    }
}

/// What all series taught of promotions.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Response {
    /// By kinds, ascending.
    kinds: Vec<KindResponse>,
    /// Log deviation of each group; empty where there are too many.
    groups: Vec<f64>,
    /// Log factor of the week after a promotion, at most 0.
    dip: f64,
    /// Variance of occurrences in proportion to the squared mean.
    dispersion: f64,
}

/// The response to one combination of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct KindResponse {
    kinds: Kinds,
    /// Log uplift without a discount.
    intercept: f64,
    /// Log uplift by discount.
    slope: f64,
    /// Mean discount: stands in where a plan states none.
    discount: f64,
}

impl Response {
    /// The response of all `rows`, each with the group of its series.
    pub(crate) fn learn(rows: &[GroupOccurrences], groups: usize) -> Self {
        let usable: Vec<&GroupOccurrences> =
            rows.iter().filter(|row| row.occurrences.sales.expected > 0.0).collect();
        let kinds = combinations(&usable);
        if kinds.is_empty() {
            return Self { dispersion: DISPERSION, ..Self::default() };
        }
        let groups = if groups <= MOST_GROUPS { groups } else { 0 };
        let layout = Layout { kinds: &kinds, groups };
        let mut response = Self { dispersion: DISPERSION, ..Self::default() };
        // The dispersion of occurrences is not known before their means are.
        for _ in 0..2 {
            let Some(fitted) = layout.fit(&usable, response.dispersion) else { break };
            response = fitted;
            response.dispersion = response.dispersion_of(&usable);
        }
        response.meet_totals(&usable);
        response
    }

    /// Moves the uplift of each kind to where all its promotions together sold what is expected of
    /// them: a negative binomial weighs small items up, whose expectations err most.
    fn meet_totals(&mut self, rows: &[&GroupOccurrences]) {
        let mut totals = vec![Tally::default(); self.kinds.len()];
        let mut counts = vec![0.0; self.kinds.len()];
        for row in rows.iter().filter(|row| !row.occurrences.like.after) {
            let like = &row.occurrences.like;
            let found = self.kinds.iter().position(|response| response.kinds == like.kinds);
            let Some(k) = found else { continue };
            let Tally { sold, expected } = row.occurrences.sales;
            totals[k].add(sold, expected * self.factor(row.group, like, 1.0));
            counts[k] += 1.0;
        }
        for ((kind, total), count) in self.kinds.iter_mut().zip(&totals).zip(&counts) {
            let trust = count / (count + TOTALS_EVIDENCE);
            if total.sold > 0.0 && total.expected > 0.0 {
                kind.intercept += trust * (total.sold / total.expected).natural_log();
            }
        }
    }

    fn dispersion_of(&self, rows: &[&GroupOccurrences]) -> f64 {
        let mut excess = 0.0;
        let mut weights = 0.0;
        for row in rows.iter().filter(|row| !row.occurrences.like.after) {
            let Tally { sold, expected } = row.occurrences.sales;
            let mean = expected * self.factor(row.group, &row.occurrences.like, 1.0);
            // In units of the mean, so that one large item is one voice.
            let squared = ((sold - mean) / mean).powi(2) - 1.0 / mean;
            let weight = mean / (mean + 5.0);
            excess += weight * squared.min(4.0);
            weights += weight;
        }
        (excess / weights.max(1.0)).clamp(LEAST_DISPERSION, MOST_DISPERSION)
    }

    /// Factor on demand of a period, `own` that of the series beside the response of all.
    pub(crate) fn factor(&self, group: usize, period: &PromotedPeriod, own: f64) -> f64 {
        if period.after {
            return self.dip.exponential();
        }
        if period.covered <= 0.0 {
            return 1.0;
        }
        let deviation = self.groups.get(group).copied().unwrap_or(0.0);
        let log = self.log_uplift(period) + if self.kinds.is_empty() { 0.0 } else { deviation };
        let factor = (log.exponential() * own).clamp(LEAST, MOST);
        factor.to_the(f64::from(period.covered))
    }

    fn log_uplift(&self, period: &PromotedPeriod) -> f64 {
        let exact = self.kinds.iter().find(|response| response.kinds == period.kinds);
        if let Some(response) = exact {
            return response.at(period.discount);
        }
        let parts = self.kinds.iter().filter(|response| response.kinds.are_among(period.kinds));
        let strongest = parts.map(|response| response.at(period.discount)).reduce(f64::max);
        // A kind that nobody has seen sells what promotions do on average.
        strongest.unwrap_or_else(|| {
            let count = self.kinds.len().max(1) as f64;
            self.kinds.iter().map(|response| response.at(period.discount)).sum::<f64>() / count
        })
    }

    /// A series' own response beside that of all.
    pub(crate) fn own(&self, group: usize, occurrences: &OwnOccurrences) -> f64 {
        let mut sales = Tally::default();
        for row in occurrences.rows.iter().filter(|row| !row.like.after) {
            let mean = row.sales.expected * self.factor(group, &row.like, 1.0);
            let weight = 1.0 / (1.0 + self.dispersion * mean);
            sales.add(weight * row.sales.sold, weight * mean);
        }
        sales.factor(1.0, OWN_EVIDENCE).clamp(LEAST, MOST)
    }

    /// Mean factor of the promotions that a series had.
    pub(crate) fn mean_uplift(&self, group: usize, occurrences: &OwnOccurrences, own: f64) -> f64 {
        let mut sales = Tally::default();
        for row in occurrences.rows.iter().filter(|row| !row.like.after) {
            let expected = row.sales.expected;
            sales.add(expected * self.factor(group, &row.like, own), expected);
        }
        sales.factor(1.0, 1e-9)
    }
}

impl KindResponse {
    fn at(&self, discount: f32) -> f64 {
        let discount = if discount.is_nan() { self.discount } else { f64::from(discount) };
        self.intercept + self.slope * discount
    }
}

/// Occurrences of one series, and its group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GroupOccurrences {
    /// Position in the panel.
    pub series: usize,
    pub group: usize,
    pub occurrences: Occurrences,
}

/// A combination of kinds that is told apart.
struct Combination {
    kinds: Kinds,
    /// Mean discount of those that state one.
    discount: f64,
}

/// The combinations that sold most often, by kinds.
fn combinations(rows: &[&GroupOccurrences]) -> Vec<Combination> {
    #[derive(Default)]
    struct Seen {
        rows: usize,
        discounts: f64,
        stated: f64,
    }
    let mut seen: BTreeMap<Kinds, Seen> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.occurrences.like.after) {
        let combination = seen.entry(row.occurrences.like.kinds).or_default();
        combination.rows += 1;
        if !row.occurrences.like.discount.is_nan() {
            combination.discounts += f64::from(row.occurrences.like.discount);
            combination.stated += 1.0;
        }
    }
    let mut frequent: Vec<(Kinds, Seen)> = seen.into_iter().collect();
    frequent.sort_by_key(|(kinds, seen)| (std::cmp::Reverse(seen.rows), *kinds));
    frequent.truncate(MOST_COMBINATIONS);
    frequent.sort_by_key(|(kinds, _)| *kinds);
    let combinations = frequent.into_iter().map(|(kinds, seen)| Combination {
        kinds,
        discount: if seen.stated > 0.0 { seen.discounts / seen.stated } else { 0.0 },
    });
    combinations.collect()
}

/// Where each term of the regression sits: kinds, their slopes, the common slope, the dip, groups.
struct Layout<'k> {
    kinds: &'k [Combination],
    groups: usize,
}

impl Layout<'_> {
    fn fit(&self, rows: &[&GroupOccurrences], dispersion: f64) -> Option<Response> {
        let count = self.kinds.len();
        let slope = 2 * count;
        let dip = slope + 1;
        let mut design = SparseRows::new();
        let mut units = Vec::with_capacity(rows.len());
        let mut exposure = Vec::with_capacity(rows.len());
        for row in rows {
            let like = &row.occurrences.like;
            let mut entries = Vec::with_capacity(4);
            if like.after {
                entries.push(Entry::one(dip));
            } else {
                let found = self.kinds.iter().position(|c| c.kinds == like.kinds);
                let Some(k) = found else { continue };
                let covered = f64::from(like.covered);
                let stated = f64::from(like.discount);
                let discount = if stated.is_nan() { self.kinds[k].discount } else { stated };
                entries.push(Entry::new(k, covered));
                entries.push(Entry::new(count + k, covered * discount));
                entries.push(Entry::new(slope, covered * discount));
                if self.groups > 0 {
                    entries.push(Entry::new(dip + 1 + row.group, covered));
                }
            }
            design.push(entries);
            units.push(row.occurrences.sales.sold);
            exposure.push(row.occurrences.sales.expected);
        }
        let mut ridge = vec![precision(KIND_SD); count];
        ridge.resize(slope, precision(KIND_SLOPE_SD));
        ridge.push(precision(SLOPE_SD));
        ridge.push(precision(DIP_SD));
        ridge.resize(dip + 1 + self.groups, precision(GROUP_SD));
        let weight = vec![1.0; units.len()];
        let counts = Counts {
            units: &units,
            exposure: &exposure,
            weight: &weight,
            dispersion,
            scattered: false,
        };
        let beta = fit_counts(&design, counts, &Penalty { ridge, ..Penalty::default() }).ok()?;
        let kinds = self.kinds.iter().enumerate();
        Some(Response {
            kinds: kinds
                .map(|(k, combination)| KindResponse {
                    kinds: combination.kinds,
                    intercept: beta[k],
                    // A deeper discount never sells less: what says so is another cause.
                    slope: (beta[slope] + beta[count + k]).max(0.0),
                    discount: combination.discount,
                })
                .collect(),
            groups: beta[dip + 1..].to_vec(),
            dip: beta[dip].clamp(-0.5, 0.0),
            dispersion,
        })
    }
}

/// `1 / σ²`
fn precision(deviation: f64) -> f64 {
    1.0 / (deviation * deviation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::inputs::Promotion;
    use crate::domain::units::SkuId;
    use crate::forecast::pooled::promotions::PromotionIndex;
    use chrono::NaiveDate;

    fn promotion(kind: &str) -> Promotion {
        let day = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap();
        Promotion {
            start: day,
            end: day,
            kind: kind.into(),
            sku: Some(SkuId(0)),
            category: None,
            channel: None,
            location: None,
            discount: None,
            expected_uplift: None,
        }
    }

    fn period(index: &PromotionIndex<'_>, kind: &str, discount: f32) -> PromotedPeriod {
        PromotedPeriod {
            kinds: index.kinds_named(kind),
            discount,
            covered: 1.0,
            stated: f32::NAN,
            after: false,
        }
    }

    #[test]
    fn kinds_and_depth_are_told_apart_and_do_not_multiply() {
        let table = ["deal", "Feature ", "deal + feature"].map(promotion);
        let index = PromotionIndex::new(&table);
        let mut rows = Vec::new();
        for i in 0..40 {
            let discount = 0.05 * (i % 5) as f32;
            for (kind, uplift) in [("deal", 1.5), ("feature", 2.0)] {
                let mut own = OwnOccurrences::default();
                let depth = (2.0 * f64::from(discount)).exponential();
                own.add(&period(&index, kind, discount), 100.0 * uplift * depth, 100.0);
                rows.push(GroupOccurrences { series: i, group: 0, occurrences: own.rows[0] });
            }
        }
        let response = Response::learn(&rows, 1);
        let of = |kind, discount| response.factor(0, &period(&index, kind, discount), 1.0);
        assert!((of("deal", 0.1) / 1.83 - 1.0).abs() < 0.08, "{}", of("deal", 0.1));
        assert!((of("feature", 0.0) / 2.0 - 1.0).abs() < 0.1, "{}", of("feature", 0.0));
        let deeper = of("deal", 0.3) / of("deal", 0.1);
        assert!((deeper / 0.4f64.exponential() - 1.0).abs() < 0.1, "{deeper}");
        assert_eq!(of("deal+feature", 0.1), of("feature", 0.1).max(of("deal", 0.1)));
    }

    #[test]
    fn a_series_that_responds_more_is_believed_in_time() {
        let index = PromotionIndex::new(&[]);
        let like = period(&index, "", 0.2);
        let mut own = OwnOccurrences::default();
        own.add(&like, 4.0, 2.0);
        let response = Response { dispersion: 0.05, ..Response::default() };
        let thin = response.own(0, &own);
        for _ in 0..30 {
            own.add(&period(&index, "", 0.02 * own.rows.len() as f32), 200.0, 100.0);
        }
        assert!(thin < 1.4 && response.own(0, &own) > 1.8, "{thin} {}", response.own(0, &own));
    }
}

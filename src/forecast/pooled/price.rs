//! What does a price change do to demand? A price path for each series, and the exposure it makes.
//!
//! Demand follows the price with constant elasticity, `exposure_t ∝ (p_t / p_0)^e`. One series has
//! too few price changes of its own, so `e` is learnt from those of all: what a series sold in the
//! weeks after a change against the weeks before it, relative to what was expected of each,
//!
//! ```text
//! P(after | before + after) = E_after r^e / (E_before + E_after r^e)
//! r = new price / old price
//! ```
//!
//! a logistic regression in which the level of the series cancels out; that of a group is pulled
//! towards that of all. Promoted periods stand at their regular price and are left to the uplift of
//! their promotion. Units: prices in currency units, only ratios count; periods. Source of the
//! conditional form: McCullagh & Nelder (1989), Generalized Linear Models, 7.2.

use crate::domain::panel::SeriesKey;
use crate::forecast::pooled::fit::{Model, SeriesPast};
use crate::forecast::pooled::promotions::is_promoted;
use crate::forecast::pooled::setup::Setup;
use crate::forecast::pooled::tally::Tally;
use crate::math::elementary::Elementary;
use serde::{Deserialize, Serialize};

/// Price ratios are believed between this and its inverse: beyond it lies a wrong row or another
/// pack.
const BELIEVED: f64 = 4.0;
/// Days before and after a change that are compared: long enough to count units, short enough for
/// the level to be the same.
const COMPARED_DAYS: f64 = 56.0;
/// Days whose highest price is the regular one: a quarter.
const REGULAR_DAYS: f64 = 91.0;
/// Change of the log price below which nobody would buy more or less: it only adds noise.
const LEAST_CHANGE: f64 = 0.02;
/// Elasticities are believed down to this; a price that raises demand is another cause.
// 16 times the units at half the price: beyond it, a promotion or a stock-out that ended.
const STEEPEST: f64 = -4.0;
/// Prior standard deviations: of the elasticity of all around none, of a group's around that of
/// all. Those of retail goods lie around -1 to -3 and differ by about one between categories.
const ALL_SD: f64 = 1.5;
const GROUP_SD: f64 = 0.5;
/// Variance of a comparison in proportion to its squared units, beyond chance: shops do other
/// things in the weeks in which they change a price, so that large items count as few units.
const DISPERSION: f64 = 0.1;

/// A price from a period of the axis on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PriceStep {
    /// First period; may lie before history.
    pub from: i64,
    /// Logarithm of the price relative to the series' first one.
    pub log_price: f64,
}

/// The prices of a series, ascending by period; empty for none known.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct PricePath {
    pub steps: Vec<PriceStep>,
}

impl PricePath {
    /// Logarithm of the price in one period; before the first known one, that one's.
    fn at(&self, period: i64) -> f64 {
        let after = self.steps.partition_point(|step| step.from <= period);
        self.steps.get(after.saturating_sub(1)).map_or(0.0, |step| step.log_price)
    }

    /// Logarithm of the regular price in one period: the highest of the `periods` up to it, since
    /// the price of a promotion is no regular one.
    fn regular(&self, period: i64, periods: i64) -> f64 {
        let after = self.steps.partition_point(|step| step.from <= period);
        let known = &self.steps[..after];
        // The price that held when those periods began, and those since.
        let begun = known.partition_point(|step| step.from <= period - periods).saturating_sub(1);
        let highest = known[begun..].iter().map(|step| step.log_price).reduce(f64::max);
        highest.unwrap_or_else(|| self.at(period))
    }
}

/// What a series sold around one change of its price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PriceChange {
    /// Position of the series in the panel.
    pub series: usize,
    /// Category and channel, as a position.
    group: usize,
    /// Logarithm of the new price over the old one.
    log_ratio: f64,
    before: Tally,
    after: Tally,
}

impl PriceChange {
    /// Slope and curvature of the log likelihood at an elasticity.
    fn slope_and_curvature(&self, elasticity: f64) -> [f64; 2] {
        let odds = self.after.expected / self.before.expected
            * (elasticity * self.log_ratio).exponential();
        let share = odds / (1.0 + odds);
        let units = self.before.sold + self.after.sold;
        // Many units of one change are one observation of it, not many: they scatter together.
        let counted = units / (1.0 + DISPERSION * units);
        let slope = counted * self.log_ratio * (self.after.sold / units - share);
        [slope, counted * self.log_ratio * self.log_ratio * share * (1.0 - share)]
    }
}

/// What all series taught of prices.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Elasticities {
    /// `[groups]`; empty where no price ever changed.
    of_groups: Vec<f64>,
}

impl Elasticities {
    /// The elasticities of all changes seen, at most 0.
    pub(crate) fn learn(changes: &[PriceChange], groups: usize) -> Self {
        if changes.is_empty() {
            return Self::default();
        }
        let of_all = fitted(changes.iter(), 0.0, ALL_SD);
        let mut by_group: Vec<Vec<&PriceChange>> = vec![Vec::new(); groups];
        for change in changes {
            by_group[change.group].push(change);
        }
        let of_groups = by_group
            .iter()
            .map(|own| fitted(own.iter().copied(), of_all, GROUP_SD).clamp(STEEPEST, 0.0))
            .collect();
        Self { of_groups }
    }

    /// The same for the groups of a later panel; `earlier` is where each stood, if it did.
    pub(crate) fn of_earlier(&self, earlier: impl Iterator<Item = Option<usize>>) -> Self {
        Self { of_groups: earlier.map(|old| old.map_or(0.0, |old| self.of(old))).collect() }
    }

    fn of(&self, group: usize) -> f64 {
        self.of_groups.get(group).copied().unwrap_or(0.0)
    }
}

/// The likeliest elasticity of some changes, if one of `mean` give or take `sd` is expected
/// beforehand: Newton's method on a concave function, with short steps.
fn fitted<'c>(changes: impl Iterator<Item = &'c PriceChange> + Clone, mean: f64, sd: f64) -> f64 {
    const STEPS: usize = 20;
    let precision = 1.0 / (sd * sd);
    let mut elasticity = mean;
    for _ in 0..STEPS {
        let mut slope = (mean - elasticity) * precision;
        let mut curvature = precision;
        for change in changes.clone() {
            let [own_slope, own_curvature] = change.slope_and_curvature(elasticity);
            slope += own_slope;
            curvature += own_curvature;
        }
        // Newton's step, held back where the curve is nearly flat.
        elasticity += (slope / curvature).clamp(-1.0, 1.0);
    }
    elasticity
}

impl SeriesPast<'_> {
    /// Adds what was sold around each change of price, by exposures that know nothing of prices.
    ///
    /// - `start`: first period of the series on the axis.
    pub(crate) fn add_price_changes(
        &self,
        start: usize,
        path: &PricePath,
        period_days: f64,
        changes: &mut Vec<PriceChange>,
    ) {
        let compared = (COMPARED_DAYS / period_days).round() as i64;
        let n = self.units.len() as i64;
        let own = |from: i64| from - start as i64;
        for (k, pair) in path.steps.windows(2).enumerate() {
            let [old, new] = [pair[0], pair[1]];
            let log_ratio = new.log_price - old.log_price;
            let at = own(new.from);
            // A change before the first or after the last period has nothing to be compared with.
            if log_ratio.abs() < LEAST_CHANGE || at <= 0 || at >= n {
                continue;
            }
            let begin = own(old.from).max(at - compared).max(0);
            let next = path.steps.get(k + 2).map_or(n, |step| own(step.from));
            // No further than the next change, which would answer for its own units.
            let end = next.min(at + compared).min(n);
            let change = PriceChange {
                series: self.series,
                group: self.group,
                log_ratio,
                before: self.ordinary(begin..at),
                after: self.ordinary(at..end),
            };
            let known = change.before.expected > 0.0 && change.after.expected > 0.0;
            if known && change.before.sold + change.after.sold > 0.0 {
                changes.push(change);
            }
        }
    }

    /// Units and exposure of the observed periods that no promotion ran in.
    fn ordinary(&self, range: std::ops::Range<i64>) -> Tally {
        let mut tally = Tally::default();
        for t in range.map(|t| t as usize) {
            if !self.exposure[t].is_nan() && !is_promoted(&self.promoted_periods, t) {
                tally.add(f64::from(self.units[t]), f64::from(self.exposure[t]));
            }
        }
        tally
    }
}

impl Setup<'_> {
    /// Prices of a series: its channel's own where there are any, else those of all channels.
    pub(crate) fn price_path(&self, key: SeriesKey) -> PricePath {
        let of_sku = self.demand.prices.of(key.sku);
        let own = of_sku.iter().any(|price| price.channel == Some(key.channel));
        let channel = own.then_some(key.channel);
        let calendar = self.calendar();
        let limit = BELIEVED.natural_log();
        let mut path = PricePath::default();
        let mut first = None;
        for price in of_sku.iter().filter(|p| p.channel == channel && p.unit_price > 0.0) {
            let ratio = price.unit_price / *first.get_or_insert(price.unit_price);
            path.steps.push(PriceStep {
                from: calendar.index(price.from),
                log_price: ratio.natural_log().clamp(-limit, limit),
            });
        }
        path
    }
}

impl Model<'_> {
    /// Multiplies exposures from period `first` of the axis on by what the price makes of demand;
    /// where `promoted` says so, counted from there, by what the regular price would.
    pub(crate) fn apply_prices(
        &self,
        exposure: &mut [f32],
        group: usize,
        first: usize,
        path: &PricePath,
        promoted: impl Fn(usize) -> bool,
    ) {
        let elasticity = self.shared.elasticities.of(group);
        if elasticity == 0.0 || path.steps.iter().all(|step| step.log_price == 0.0) {
            return;
        }
        let regular = (REGULAR_DAYS / self.setup.bucket().days()).round() as i64;
        for (t, a) in exposure.iter_mut().enumerate() {
            let period = (first + t) as i64;
            let log_price =
                if promoted(t) { path.regular(period, regular) } else { path.at(period) };
            *a *= (elasticity * log_price).exponential() as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_holds_from_its_day_on_and_the_first_one_before() {
        let steps = [(3, 0.0), (10, 0.2), (20, -0.1)];
        let path = PricePath {
            steps: steps.map(|(from, log_price)| PriceStep { from, log_price }).to_vec(),
        };
        assert_eq!(
            [0, 3, 9, 10, 19, 20, 99].map(|t| path.at(t)),
            [0.0, 0.0, 0.0, 0.2, 0.2, -0.1, -0.1]
        );
        assert_eq!(PricePath::default().at(5), 0.0);
        // The highest of the last five periods, which the price before them still held in.
        assert_eq!(
            [11, 14, 15, 22, 25, 99].map(|t| path.regular(t, 5)),
            [0.2, 0.2, 0.2, 0.2, -0.1, -0.1]
        );
        assert_eq!(path.regular(0, 5), 0.0);
    }

    #[test]
    fn c6_an_elasticity_is_what_changes_of_price_made_of_sales() {
        // Two groups, of which one has hardly been seen; changes of a tenth and a fifth.
        let change = |group, ratio: f64, elasticity: f64| PriceChange {
            series: 0,
            group,
            log_ratio: ratio.natural_log(),
            before: Tally { sold: 200.0, expected: 8.0 },
            after: Tally { sold: 200.0 * ratio.to_the(elasticity), expected: 8.0 },
        };
        let mut changes = Vec::new();
        for i in 0..300 {
            changes.push(change(0, [0.8, 0.9, 1.1, 1.25][i % 4], -2.0));
        }
        changes.push(change(1, 0.9, 0.0));
        let learnt = Elasticities::learn(&changes, 3);
        assert!((learnt.of(0) + 2.0).abs() < 0.05, "{learnt:?}");
        assert!((-2.0..-1.9).contains(&learnt.of(1)), "one change does not decide: {learnt:?}");
        assert!((learnt.of(2) + 2.0).abs() < 0.05, "none of its own: {learnt:?}");
        let rising: Vec<PriceChange> = (0..50).map(|_| change(0, 0.8, 1.0)).collect();
        assert_eq!(Elasticities::learn(&rising, 1).of(0), 0.0, "no price raises demand");
        assert_eq!(Elasticities::learn(&[], 1).of(0), 0.0);
        let later = learnt.of_earlier([Some(1), None, Some(0)].into_iter());
        assert_eq!([0, 1, 2].map(|g| later.of(g)), [learnt.of(1), 0.0, learnt.of(0)]);
    }
}

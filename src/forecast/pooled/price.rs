//! What does a price change do to demand? A price path for each series, and the exposure it makes.
//!
//! Demand follows the price with constant elasticity, `exposure_t ∝ (p_t / p_0)^e`, with one `e`
//! for all series, learnt with the [global model](crate::forecast::pooled::global): one series has
//! too few price changes of its own. Promoted periods are left to the uplift of their promotion.
//! Units: prices in currency units, only ratios count.

use crate::domain::panel::SeriesKey;
use crate::forecast::pooled::fit::Model;
use crate::forecast::pooled::setup::Setup;
use crate::math::elementary::Elementary;

/// Price ratios are believed between this and its inverse: beyond it lies a wrong row or another
/// pack.
const BELIEVED: f64 = 4.0;

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

    /// Mean logarithm over the periods `from..to` of the axis.
    fn mean(&self, from: usize, to: usize) -> f64 {
        let sum: f64 = (from..to).map(|t| self.at(t as i64)).sum();
        sum / (to - from).max(1) as f64
    }

    /// Mean log price of the `periods` from `at` of the axis on, against as many before.
    pub fn change(&self, at: usize, periods: usize) -> f64 {
        if self.steps.len() < 2 {
            return 0.0;
        }
        self.mean(at, at + periods) - self.mean(at.saturating_sub(periods), at)
    }
}

impl Setup<'_> {
    /// Prices of a series: its channel's own where there are any, else those of all channels.
    pub fn price_path(&self, key: SeriesKey) -> PricePath {
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
    /// not where `promoted` says so, counted from there.
    pub fn apply_prices(
        &self,
        exposure: &mut [f32],
        first: usize,
        path: &PricePath,
        promoted: impl Fn(usize) -> bool,
    ) {
        let elasticity = self.shared.global.as_ref().map_or(0.0, |global| global.elasticity);
        if elasticity == 0.0 || path.steps.iter().all(|step| step.log_price == 0.0) {
            return;
        }
        for (t, a) in exposure.iter_mut().enumerate().filter(|(t, _)| !promoted(*t)) {
            *a *= (elasticity * path.at((first + t) as i64)).exponential() as f32;
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
        assert!((path.mean(8, 12) - 0.1).abs() < 1e-12);
        assert_eq!(PricePath::default().at(5), 0.0);
    }
}

//! What does a price change do to demand? A price path for each series, and the exposure it makes.
//!
//! Demand follows the price with constant elasticity, `exposure_t ∝ (p_t / p_0)^e`, with one `e` for all series, learnt with the
//! [global model](crate::forecast::pooled::global): one series has too few price changes of its own. Promoted periods are left to the uplift of
//! their promotion. Units: prices in currency units, only ratios count.

use crate::domain::panel::SeriesKey;
use crate::forecast::Context;

/// Logarithm of a series' price relative to its first one, as steps (period of the axis, from there on); empty for none known.
pub(crate) type PricePath = Vec<(i64, f64)>;

/// Price ratios are believed between this and its inverse: beyond it lies a wrong row or another pack.
const BELIEVED: f64 = 4.0;

impl Context<'_> {
    /// Prices of a series: its channel's own where there are any, else those of all channels.
    pub(crate) fn price_path(&self, key: SeriesKey) -> PricePath {
        let of_sku = self.demand.prices.of(key.sku);
        let own = of_sku.iter().any(|p| p.channel == Some(key.channel));
        let channel = own.then_some(key.channel);
        let mut rows =
            of_sku.iter().filter(|p| p.channel == channel && p.unit_price > 0.0).peekable();
        let Some(first) = rows.peek().map(|p| p.unit_price) else { return PricePath::new() };
        let calendar = self.demand.panel.calendar();
        let limit = BELIEVED.ln();
        rows.map(|p| (calendar.index(p.from), (p.unit_price / first).ln().clamp(-limit, limit)))
            .collect()
    }

    /// Multiplies exposures from period `first` of the axis on by what the price makes of demand; not where `skip` says so.
    pub(crate) fn price(
        &self,
        exposure: &mut [f32],
        first: usize,
        path: &PricePath,
        skip: impl Fn(usize) -> bool,
    ) {
        let elasticity = self.learnt.global.as_ref().map_or(0.0, |g| g.elasticity);
        if elasticity == 0.0 || path.iter().all(|step| step.1 == 0.0) {
            return;
        }
        for (t, a) in exposure.iter_mut().enumerate().filter(|(t, _)| !skip(*t)) {
            *a *= (elasticity * at(path, (first + t) as i64)).exp() as f32;
        }
    }
}

/// Logarithm of the price in one period; before the first known one, that one's.
fn at(path: &PricePath, period: i64) -> f64 {
    let after = path.partition_point(|step| step.0 <= period);
    path.get(after.saturating_sub(1)).map_or(0.0, |step| step.1)
}

/// Mean log price over the periods `from..to` of the axis.
pub(crate) fn mean(path: &PricePath, from: usize, to: usize) -> f64 {
    (from..to).map(|t| at(path, t as i64)).sum::<f64>() / (to - from).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_holds_from_its_day_on_and_the_first_one_before() {
        let path = vec![(3, 0.0), (10, 0.2), (20, -0.1)];
        assert_eq!(
            [0, 3, 9, 10, 19, 20, 99].map(|t| at(&path, t)),
            [0.0, 0.0, 0.0, 0.2, 0.2, -0.1, -0.1]
        );
        assert!((mean(&path, 8, 12) - 0.1).abs() < 1e-12);
        assert_eq!(at(&PricePath::new(), 5), 0.0);
    }
}

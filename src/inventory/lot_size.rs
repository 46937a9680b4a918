//! How much to order at once: days of cover, the economic order quantity and its price breaks, and the exact cost of an (r, Q)
//! policy.
//!
//! Sources: Harris (1913) for the order quantity; Snyder & Shen (2019), *Fundamentals of Supply Chain Theory*, 2nd ed., ch. 3 to 5,
//! whose symbols stand in `[brackets]`. Oracle: `tests/oracle/policy.csv`.

use crate::math::distributions::Demand;

/// Units that last `cover_days` at `per_day`.
#[must_use]
pub fn days_of_cover(per_day: f64, cover_days: f64) -> f64 {
    per_day * cover_days
}

/// Economic order quantity, units: `sqrt(2 D S / H)`. `None` unless all three are positive.
///
/// - `demand`: units a year. `[D]`
/// - `order_cost`: currency an order. `[S]`
/// - `holding_cost`: currency a unit and year. `[H]`
#[must_use]
pub fn eoq(demand: f64, order_cost: f64, holding_cost: f64) -> Option<f64> {
    let positive = demand > 0.0 && order_cost > 0.0 && holding_cost > 0.0;
    positive.then(|| (2.0 * demand * order_cost / holding_cost).sqrt())
}

/// Ordering and holding cost of lots of `quantity` under steady demand, currency a year.
#[must_use]
pub fn lot_cost(quantity: f64, demand: f64, order_cost: f64, holding_cost: f64) -> f64 {
    demand / quantity * order_cost + quantity / 2.0 * holding_cost
}

/// The cheapest lot when the price of all units falls from given quantities on.
///
/// - `breaks`: (from quantity, unit cost), ascending, the first from 0 (or the minimum) on.
/// - `holding_rate`: share of the unit cost a year.
///
/// Returns (quantity, total cost a year with the purchases); `None` without a usable price.
#[must_use]
pub fn eoq_with_breaks(
    demand: f64,
    order_cost: f64,
    holding_rate: f64,
    breaks: &[(f64, f64)],
) -> Option<(f64, f64)> {
    let candidates = breaks.iter().enumerate().filter_map(|(i, &(from, unit_cost))| {
        let until = breaks.get(i + 1).map_or(f64::INFINITY, |next| next.0);
        let holding = holding_rate * unit_cost;
        let quantity = eoq(demand, order_cost, holding)?.max(from);
        (quantity < until).then(|| {
            (quantity, demand * unit_cost + lot_cost(quantity, demand, order_cost, holding))
        })
    });
    candidates.min_by(|a, b| a.1.total_cmp(&b.1))
}

/// Expected cost a period of ordering `quantity` whenever the position falls to `reorder_point`: continuous review, backorders.
///
/// `K λ / Q + (1 / Q) ∫ g(y) dy` over `y` in `(r, r + Q]` (a sum for counts), where `g(y) = h E(y - D)+ + p E(D - y)+` and `D`
/// is demand over the lead time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LotCosts {
    /// Currency an order. `[K]`
    pub order: f64,
    /// Currency a unit and period. `[h]`
    pub holding: f64,
    /// Currency a unit short and period. `[p]`
    pub shortage: f64,
    /// Units a period. `[λ]`
    pub demand_rate: f64,
}

impl LotCosts {
    /// Expected cost a period of the stock level `y` before the lead time's demand. `[g(y)]`
    #[must_use]
    pub fn level_cost(&self, lead_time_demand: &Demand, level: f64) -> f64 {
        let short = lead_time_demand.expected_shortfall(level);
        self.holding * (level - lead_time_demand.mean() + short) + self.shortage * short
    }

    /// Exact cost of an (r, Q) policy with whole-unit demand, currency a period.
    #[must_use]
    pub fn reorder_quantity_cost(
        &self,
        lead_time_demand: &Demand,
        reorder_point: i64,
        quantity: u32,
    ) -> f64 {
        let levels = (1..=i64::from(quantity))
            .map(|i| self.level_cost(lead_time_demand, (reorder_point + i) as f64));
        (self.order * self.demand_rate + levels.sum::<f64>()) / f64::from(quantity)
    }

    /// The (r, Q) policy of least cost for whole-unit demand: Federgruen & Zheng (1992), which adds the next cheapest level
    /// as long as it is cheaper than the average so far.
    ///
    /// Returns (reorder point, quantity, cost a period).
    #[must_use]
    pub fn best_reorder_quantity(&self, lead_time_demand: &Demand) -> (i64, u32, f64) {
        let cost_at = |y: i64| self.level_cost(lead_time_demand, y as f64);
        let mut low =
            lead_time_demand.quantile(self.shortage / (self.shortage + self.holding)) as i64;
        let mut high = low;
        let mut total = self.order * self.demand_rate + cost_at(low);
        let mut quantity = 1;
        loop {
            let (below, above) = (cost_at(low - 1), cost_at(high + 1));
            if below.min(above) >= total / f64::from(quantity) {
                return (low - 1, quantity, total / f64::from(quantity));
            }
            if below <= above {
                low -= 1
            } else {
                high += 1
            }
            total += below.min(above);
            quantity += 1;
        }
    }
}

/// Expected cost a period of an (s, S) policy under periodic review with whole-unit demand and backorders, by renewal
/// reward: Zheng & Federgruen (1991). Order cost `order` each time the position is at or below `s`.
///
/// - `period_demand`: demand of one period.
/// - `level_cost`: expected holding and shortage cost of a period that starts at position `y`. `[G(y)]`
#[must_use]
pub fn min_max_cost(
    s: i64,
    order_up_to: i64,
    order: f64,
    period_demand: &Demand,
    level_cost: &dyn Fn(i64) -> f64,
) -> f64 {
    let span = usize::try_from(order_up_to - s).unwrap_or(0);
    let mut cdf = vec![0.0; span + 1];
    period_demand.cdf_grid(0.0, 1.0, &mut cdf);
    let mass = |k: usize| if k == 0 { cdf[0] } else { cdf[k] - cdf[k - 1] };
    // m(j): expected visits to position S - j before the next order.
    let mut visits = vec![0.0; span];
    for j in 0..span {
        let arrivals: f64 = (0..j).map(|i| mass(j - i) * visits[i]).sum();
        visits[j] = (f64::from(u8::from(j == 0)) + arrivals) / (1.0 - mass(0));
    }
    let length: f64 = visits.iter().sum();
    let cost: f64 =
        visits.iter().enumerate().map(|(j, m)| m * level_cost(order_up_to - j as i64)).sum();
    (order + cost) / length
}

/// The (s, S) policy of least cost for whole-unit demand: Zheng & Federgruen (1991).
///
/// `level_cost` must fall, then rise. Returns (reorder point, order-up-to level, cost a period).
#[must_use]
pub fn best_min_max(
    order: f64,
    period_demand: &Demand,
    level_cost: &dyn Fn(i64) -> f64,
) -> (i64, i64, f64) {
    let cost = |s: i64, up_to: i64| min_max_cost(s, up_to, order, period_demand, level_cost);
    let mut cheapest = period_demand.mean() as i64;
    while level_cost(cheapest + 1) < level_cost(cheapest) {
        cheapest += 1;
    }
    while level_cost(cheapest - 1) <= level_cost(cheapest) {
        cheapest -= 1;
    }
    let (mut s, mut up_to) = (cheapest - 1, cheapest);
    while cost(s, up_to) > level_cost(s) {
        s -= 1;
    }
    let mut best = cost(s, up_to);
    let mut candidate = up_to + 1;
    while level_cost(candidate) <= best {
        if cost(s, candidate) < best {
            up_to = candidate;
            while cost(s, up_to) <= level_cost(s + 1) {
                s += 1;
            }
            best = cost(s, up_to);
        }
        candidate += 1;
    }
    (s, up_to, best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d3_days_of_cover() {
        assert_eq!(days_of_cover(10.0, 60.0), 600.0);
    }

    #[test]
    fn d4_eoq() {
        assert_eq!(eoq(10_000.0, 50.0, 4.0), Some(500.0));
        assert!((eoq(1300.0, 8.0, 0.225).unwrap() - 304.047).abs() < 5e-4);
        assert_eq!(eoq(0.0, 50.0, 4.0), None);
    }

    #[test]
    fn a_price_break_is_taken_when_the_year_gets_cheaper() {
        // Cheaper from 1000 on: the break is worth it; from 100,000 on it is not.
        let near = eoq_with_breaks(10_000.0, 50.0, 0.2, &[(0.0, 20.0), (1000.0, 19.0)]).unwrap();
        assert_eq!(near.0, 1000.0);
        let far = eoq_with_breaks(10_000.0, 50.0, 0.2, &[(0.0, 20.0), (100_000.0, 19.0)]).unwrap();
        assert_eq!(far.0, 500.0);
        assert_eq!(eoq_with_breaks(10.0, 1.0, 0.2, &[]), None);
    }
}

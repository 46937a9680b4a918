//! How much a pool needs when unmet demand is lost: the stock's whole distribution carried forward
//! to the arrival.
//!
//! With backorders an order must raise the *position* to the quantile of demand over the protection
//! interval. When sales are lost, demand that meets an empty shelf before the order arrives needs
//! no stock any more, and counting it orders too much. So the stock is carried from arrival to
//! arrival, `S <- max(S - D, 0) + arrival`.
//!
//! A unit more at the arrival is sold in the review interval with the probability that demand
//! exceeds the stock, or is left over. With backorders the next order is smaller by what is left
//! over. Here the orders of the reviews until then are placed before anybody sees it: the unit is
//! held until one of the intervals sells it, or an order is placed that knows of it. With
//! `p = shortage / (shortage + holding)` and `F_k` the demand of the `k`-th review interval after
//! the arrival, its value over stock `x` is
//!
//! ```text
//! v_k(x) = p - F_k(x) + sum_{d <= x} P(D_k = d) v_{k+1}(x - d + q_{k+1}),   v_{K+1} = 0
//! ```
//!
//! with `K` reviews within the lead time and the orders `q` that are expected of them. The order is
//! the least with `E v_0(S_arrival + q) <= 0`; `K = 0` is the newsvendor's.
//!
//! A forecast's error is shared by all periods: it enters as three levels (Gauss-Hermite nodes)
//! that scale the whole path, sized so that the intervals' covariance comes out.
//!
//! Source: Zipkin (2008), *Old and new methods for lost-sales inventory systems*, Operations
//! Research 56(5): his myopic policy is `K = 0`; the sum over the reviews until a unit can be taken
//! back is what it leaves out. Simulated over 8,000 reviews of Poisson and negative binomial demand
//! (0.2 to 20 a review, lead times of one to four reviews) it costs between 2.1 % less and 0.2 %
//! more than the best *capped* base stock (Xin 2021), where the myopic one costs up to 6.1 % more.
//!
//! ```
//! use orderpoint::inventory::lost_sales::order_for;
//! use orderpoint::inventory::reorder_point::ProtectionInterval;
//! use orderpoint::inventory::{Outlook, Situation, StockLevel};
//! use orderpoint::math::distributions::Demand;
//!
//! // Ten a day against an empty shelf: the two weeks before the arrival are lost, one week's
//! // quantile is ordered, never more; what so steady a demand leaves over sells a week later.
//! let over = |from: f64, to: f64, _: f64| Demand::Poisson { mean: 10.0 * (to - from) };
//! let outlook = Outlook { period_days: 1.0, mean: &[], over: &over };
//! let now = Situation { outlook, stock: StockLevel::default(), arrivals: &[] };
//! let interval = ProtectionInterval { lead_days: 14.0, review_days: 7.0 };
//! let order = order_for(&now, interval, 0.95);
//! assert_eq!(order, Demand::Poisson { mean: 70.0 }.quantile(0.95));
//! ```

use crate::inventory::facts::ProtectionInterval;
use crate::inventory::outlook::Outlook;
use crate::inventory::position::Situation;
use crate::math::distributions::Demand;
use std::ops::Range;

// Cells the stock is resolved into: exact for whole units up to here, in equal steps beyond. A step
// of the walk costs the square of their number.
const CELLS: usize = 160;
// A shared error of this share of demand or less is taken for none: one scenario instead of three.
const NEGLIGIBLE_ERROR: f64 = 0.02;
// A shared error counts as at most half of demand: the lowest node then scales demand by 0.13, and
// from 0.58 on it would turn demand negative.
const MOST_ERROR: f64 = 0.5;

// Cells that the value of a unit left over is resolved into: it is a smooth curve.
const VALUE_CELLS: usize = 64;
// Reviews after the arrival that are looked at: what is left over for longer is sold by chance
// alone.
const MOST_REVIEWS: usize = 4;

/// One level of the shared error: Gauss-Hermite quadrature with three nodes, exact for polynomials
/// up to the fifth degree.
#[derive(Clone, Copy)]
struct Node {
    /// Where, standard deviations.
    z: f64,
    weight: f64,
}

/// The three nodes at 0 and +-sqrt(3).
const NODES: [Node; 3] = [
    Node { z: -1.732_050_807_568_877_2, weight: 1.0 / 6.0 },
    Node { z: 0.0, weight: 2.0 / 3.0 },
    Node { z: 1.732_050_807_568_877_2, weight: 1.0 / 6.0 },
];
/// The one node of a forecast without a shared error.
const CENTRE: [Node; 1] = [Node { z: 0.0, weight: 1.0 }];

/// Least order, units, >= 0, beyond which a unit more costs more than it earns when sales are lost,
/// one short costing `p` and one left over `1 - p` a review; what customers wait for comes on top,
/// because they are no new demand.
///
/// Arrivals due after the order but before the next one count as there when it arrives.
#[must_use]
pub fn order_for(now: &Situation<'_>, interval: ProtectionInterval, p: f64) -> f64 {
    let lead_days = interval.lead_days;
    let end = interval.days();
    let Supply { moments, owed } = supply(now, lead_days, end);
    let review = now.outlook.demand(lead_days, end);
    let later = later_reviews(now, interval, p);
    let shared = shared_error(&now.outlook, lead_days, end, &review);
    let [_, _, highest] = NODES;
    let most = review.scaled(1.0 + highest.z * shared).quantile(p.clamp(0.5, 0.9999));

    // Whole units where they fit, otherwise cells of several: of the stock, and of the order at
    // four times their number.
    let total: f64 = moments.iter().map(|m| m.arrives).sum();
    let width = (total / CELLS as f64).ceil().max(1.0);
    let width = width.max((most / (4.0 * CELLS as f64)).ceil());

    let nodes = if shared > NEGLIGIBLE_ERROR { &NODES[..] } else { &CENTRE[..] };
    let mut scenarios = Vec::with_capacity(nodes.len());
    for node in nodes {
        let factor = 1.0 + node.z * shared;
        let mut left = vec![1.0];
        let mut day = 0.0;
        let mut sold = vec![0.0; later.len()];
        for moment in &moments {
            if moment.day > day {
                let demand = conditional(&now.outlook.demand(day, moment.day), factor, shared);
                let before = mean_of(&left);
                left = after_sales(&left, &demand, width);
                let sales = (before - mean_of(&left)) * width;
                spread(&mut sold, sales, day..moment.day, interval.review_days);
                day = moment.day;
            }
            receive(&mut left, moment.arrives / width);
        }
        let mut value = vec![0.0; left.len() + (most / width).ceil() as usize + 1];
        let here = conditional(&review, factor, shared);
        here.cdf_grid(0.0, width, &mut value);
        for value in &mut value {
            *value = p - *value;
        }
        scenarios.push(Scenario { weight: node.weight, factor, left, value, sold });
    }
    let most_cells = scenarios.iter().map(|s| s.value.len() - s.left.len()).min().unwrap_or(0);
    let mut cells = smallest(&scenarios, most_cells);
    // Of large pools a single cell of several units is below what can be told ...
    let mut untold = usize::from(width > 1.0);
    if !later.is_empty() && cells > 0 {
        // What is left over never makes more worth having than the own interval does: the myopic
        // order is an upper bound (Zipkin 2008).
        let horizon = end + later.len() as f64 * interval.review_days;
        let position = now.inventory_position(horizon) + cells as f64 * width;
        for scenario in &mut scenarios {
            let arrives = next_orders(&later, &scenario.sold, position);
            let mut held = Held::over(&later, arrives, width, scenario.value.len());
            held.carry(p, |demand| conditional(demand, scenario.factor, shared));
            // ... and so is a step of the coarse grid: what was ordered this morning would be
            // asked for again, two units of a hundred and fifty.
            untold = untold.max(if held.coarseness > 1 { held.coarseness } else { 0 });
            let here = conditional(&review, scenario.factor, shared);
            held.add_to(&mut scenario.value, &here);
        }
        cells = smallest(&scenarios, cells);
    }
    let for_new_demand = if cells <= untold { 0.0 } else { cells as f64 * width };
    for_new_demand + owed
}

/// Stock at the arrival in one scenario of the shared error.
struct Scenario {
    weight: f64,
    /// On demand.
    factor: f64,
    /// `P(stock = i cells)`
    left: Vec<f64>,
    /// What one unit more is worth over a stock of i cells.
    value: Vec<f64>,
    /// Units expected to be sold in each review until the order arrives.
    sold: Vec<f64>,
}

impl Scenario {
    /// What one unit more is worth beyond an order of `q` cells.
    fn worth(&self, q: usize) -> f64 {
        self.left.iter().zip(&self.value[q..]).map(|(left, value)| left * value).sum()
    }
}

/// Mean of a distribution over cells.
fn mean_of(stock: &[f64]) -> f64 {
    stock.iter().enumerate().map(|(i, p)| i as f64 * p).sum()
}

/// Shares out what is sold over some days to the reviews that they lie in.
fn spread(sold: &mut [f64], sales: f64, days: Range<f64>, review_days: f64) {
    for (k, sold) in sold.iter_mut().enumerate() {
        let from = days.start.max(k as f64 * review_days);
        let to = days.end.min((k + 1) as f64 * review_days);
        *sold += sales * (to - from).max(0.0) / (days.end - days.start);
    }
}

/// One review interval after the order's own.
struct LaterReview {
    demand: Demand,
    /// Units that a review sells in the long run.
    sells: f64,
    /// What the order that arrives in it raises the position to.
    order_up_to: f64,
    /// Units known to arrive in it.
    known: f64,
}

/// The review intervals during which nobody can take a unit back, the first one after the order's
/// own first.
fn later_reviews(now: &Situation<'_>, interval: ProtectionInterval, p: f64) -> Vec<LaterReview> {
    let ProtectionInterval { lead_days, review_days } = interval;
    let p = p.clamp(0.0001, 0.9999);
    let count = (lead_days / review_days - 1e-9).ceil().max(0.0) as usize;
    let mut later = Vec::with_capacity(count.min(MOST_REVIEWS));
    for k in 1..=count.min(MOST_REVIEWS) {
        let placed = k as f64 * review_days;
        let from = lead_days + placed;
        let demand = now.outlook.demand(from, from + review_days);
        let short = demand.expected_shortfall(demand.quantile(p));
        later.push(LaterReview {
            sells: (demand.mean() - short).max(0.0),
            order_up_to: now.outlook.demand(placed, from + review_days).quantile(p),
            known: now.on_order(from + review_days) - now.on_order(from),
            demand,
        });
    }
    later
}

/// Units expected to arrive at the beginning of each of `later`, from a position after this order:
/// what its order raises the position by, and no more than sells in the long run.
fn next_orders(later: &[LaterReview], sold: &[f64], position: f64) -> Vec<f64> {
    let mut position = position;
    let mut arrives = Vec::with_capacity(later.len());
    for (review, sold) in later.iter().zip(sold) {
        position -= sold;
        let order = (review.order_up_to - position).clamp(0.0, review.sells);
        position += order;
        arrives.push(order.max(review.known));
    }
    arrives
}

/// What a unit is worth that the review interval before has left over, on a coarse grid of stocks.
struct Held<'r> {
    later: &'r [LaterReview],
    /// Units expected to arrive at the beginning of each.
    arrives: Vec<f64>,
    /// Cells of the fine grid in one of the coarse.
    coarseness: usize,
    /// Units in one cell.
    width: f64,
    /// Over i cells of stock at the beginning of the interval that is looked at.
    value: Vec<f64>,
}

impl<'r> Held<'r> {
    /// Nothing yet, on a grid that covers `cells` fine cells of `width` units and what arrives.
    fn over(later: &'r [LaterReview], arrives: Vec<f64>, width: f64, cells: usize) -> Self {
        let most = arrives.iter().copied().fold(0.0, f64::max);
        let cells = cells + (most / width).ceil() as usize;
        let coarseness = cells.div_ceil(VALUE_CELLS).max(1);
        let value = vec![0.0; cells / coarseness + 2];
        Self { later, arrives, coarseness, width: width * coarseness as f64, value }
    }

    /// From the last interval back to the first: `v_k` from `v_{k+1}`.
    fn carry(&mut self, p: f64, conditional: impl Fn(&Demand) -> Demand) {
        let n = self.value.len();
        for k in (0..self.later.len()).rev() {
            let demand = conditional(&self.later[k].demand);
            let arrives = self.arrives.get(k + 1).copied().unwrap_or(0.0);
            let left_over = self.left_over(&demand, arrives);
            let mut value = vec![0.0; n];
            demand.cdf_grid(0.0, self.width, &mut value);
            for (value, left_over) in value.iter_mut().zip(left_over) {
                *value = p - *value + left_over;
            }
            self.value = value;
        }
    }

    /// Adds what is left over of the order's own interval, where `demand` is asked for, to the
    /// value on the fine grid.
    fn add_to(&self, fine: &mut [f64], demand: &Demand) {
        let left_over = self.left_over(demand, self.arrives[0]);
        for (i, value) in fine.iter_mut().enumerate() {
            *value += between(&left_over, i as f64 / self.coarseness as f64);
        }
    }

    /// Over each stock, the value of what is left of a unit more after `demand`, once the next
    /// interval begins with `arrives` more.
    fn left_over(&self, demand: &Demand, arrives: f64) -> Vec<f64> {
        let n = self.value.len();
        let mut mass = vec![0.0; n];
        demand.cdf_grid(0.5 * self.width - 0.5, self.width, &mut mass);
        for i in (1..n).rev() {
            mass[i] -= mass[i - 1];
        }
        let shift = arrives / self.width;
        let next: Vec<f64> = (0..n).map(|i| between(&self.value, i as f64 + shift)).collect();
        let mut left_over = vec![0.0; n];
        for (i, left_over) in left_over.iter_mut().enumerate() {
            *left_over = mass[..=i].iter().zip(next[..=i].iter().rev()).map(|(m, v)| m * v).sum();
        }
        left_over
    }
}

/// `values` at a place between two of them; the last one goes on.
fn between(values: &[f64], at: f64) -> f64 {
    let last = values.len() - 1;
    let low = (at as usize).min(last);
    let high = (low + 1).min(last);
    values[low] + (values[high] - values[low]) * (at - low as f64).clamp(0.0, 1.0)
}

/// A moment at which stock arrives, the present with what is on the shelf first, the order's own
/// arrival last.
struct ArrivalMoment {
    day: f64,
    arrives: f64,
}

/// When stock arrives for new demand, and what is still owed after all of it.
struct Supply {
    moments: Vec<ArrivalMoment>,
    /// Units that only this order can give to customers who wait.
    owed: f64,
}

fn supply(now: &Situation<'_>, lead_days: f64, end: f64) -> Supply {
    let net = now.stock.net();
    let mut moments = vec![ArrivalMoment { day: 0.0, arrives: net.max(0.0) }];
    // Customers who wait are served before new ones, from whatever comes first.
    let mut owed = (-net).max(0.0);
    for arrival in now.arrivals.iter().filter(|a| a.days < end) {
        let served = arrival.quantity.min(owed);
        owed -= served;
        let arrives = arrival.quantity - served;
        // What comes between this order and the next one is there before the next one: it counts as
        // coming with this.
        let day = arrival.days.min(lead_days);
        match moments.last_mut() {
            Some(last) if last.day >= day => last.arrives += arrives,
            _ => moments.push(ArrivalMoment { day, arrives }),
        }
    }
    if moments.last().is_some_and(|last| last.day < lead_days) {
        moments.push(ArrivalMoment { day: lead_days, arrives: 0.0 });
    }
    Supply { moments, owed }
}

/// Relative standard deviation of the error shared by lead time and review interval: from their
/// covariance.
fn shared_error(outlook: &Outlook<'_>, lead_days: f64, end: f64, review: &Demand) -> f64 {
    let lead = outlook.demand(0.0, lead_days);
    let whole = outlook.demand(0.0, end);
    let covariance = 0.5 * (whole.sd().powi(2) - lead.sd().powi(2) - review.sd().powi(2));
    let product = lead.mean() * review.mean();
    if product > 0.0 { (covariance / product).max(0.0).sqrt().min(MOST_ERROR) } else { 0.0 }
}

/// Demand of an interval once the shared error is known: its mean scaled, its variance without the
/// shared part.
fn conditional(demand: &Demand, factor: f64, shared: f64) -> Demand {
    if shared <= NEGLIGIBLE_ERROR {
        return demand.clone();
    }
    let own = (demand.sd().powi(2) - (shared * demand.mean()).powi(2)).max(0.0).sqrt();
    demand.with_sd(own).scaled(factor)
}

/// Stock after demand that may empty the shelf: `max(S - D, 0)`, in cells of `width` units.
fn after_sales(stock: &[f64], demand: &Demand, width: f64) -> Vec<f64> {
    let n = stock.len();
    let mut mass = vec![0.0; n];
    // A cell of several whole units stands for those around its middle; a cell of one stands for
    // itself.
    demand.cdf_grid(0.5 * width - 0.5, width, &mut mass);
    for i in (1..n).rev() {
        mass[i] -= mass[i - 1];
    }
    let first = stock.iter().position(|&p| p > 0.0).unwrap_or(0);
    let mut after = vec![0.0; n];
    for (s, &p) in stock.iter().enumerate().skip(first) {
        for (left, &d) in after[..=s].iter_mut().rev().zip(&mass) {
            *left += p * d;
        }
    }
    // What is demanded beyond the stock is lost: all that mass lies at the empty shelf.
    after[0] += 1.0 - after.iter().sum::<f64>();
    after
}

/// Shifts the distribution up by `cells`, a fractional rest shared between the two nearest.
fn receive(stock: &mut Vec<f64>, cells: f64) {
    let whole = cells.floor() as usize;
    let rest = cells.fract();
    let mut after = vec![0.0; stock.len() + whole + 1];
    for (i, &p) in stock.iter().enumerate() {
        after[i + whole] += p * (1.0 - rest);
        after[i + whole + 1] += p * rest;
    }
    if rest == 0.0 {
        after.pop();
    }
    *stock = after;
}

/// Least number of cells, at most `most`, beyond which a unit more is worth nothing, by bisection.
fn smallest(scenarios: &[Scenario], most: usize) -> usize {
    let mut low = 0;
    let mut high = most;
    while low < high {
        let middle = usize::midpoint(low, high);
        let worth: f64 = scenarios.iter().map(|s| s.weight * s.worth(middle)).sum();
        // Rounding noise in a sum of hundreds of terms must not cost a cell.
        if worth <= 1e-12 { high = middle } else { low = middle + 1 }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::position::{Arrival, StockLevel};

    /// Two weeks of lead time, one of review, as in the VN2 game.
    const VN2: ProtectionInterval = ProtectionInterval { lead_days: 14.0, review_days: 7.0 };

    fn stock(available: f64) -> StockLevel {
        StockLevel { on_hand: available, available, backordered: 0.0 }
    }

    fn poisson(rate: f64) -> impl Fn(f64, f64, f64) -> Demand {
        move |from, to, _| Demand::Poisson { mean: rate * (to - from) }
    }

    fn order(
        over: &dyn Fn(f64, f64, f64) -> Demand,
        available: f64,
        arrivals: &[Arrival],
        p: f64,
    ) -> f64 {
        let outlook = Outlook { period_days: 7.0, mean: &[], over };
        let now = Situation { outlook, stock: stock(available), arrivals };
        order_for(&now, VN2, p)
    }

    /// The order of the newsvendor: a lead time shorter than any review leaves nothing to be held.
    const AT_ONCE: ProtectionInterval = ProtectionInterval { lead_days: 0.0, review_days: 7.0 };

    #[test]
    fn what_is_there_at_once_is_the_newsvendors_order() {
        let over = poisson(5.0);
        let outlook = Outlook { period_days: 7.0, mean: &[], over: &over };
        for there in [0.0, 3.0] {
            let now = Situation { outlook, stock: stock(there), arrivals: &[] };
            let newsvendor = Demand::Poisson { mean: 5.0 }.quantile(0.8333) - there;
            assert_eq!(order_for(&now, AT_ONCE, 0.8333), newsvendor);
        }
    }

    #[test]
    fn what_runs_out_on_the_way_is_not_ordered() {
        // 5 units against two weeks of 10 are gone as surely as none.
        let gone = order(&poisson(10.0), 5.0, &[], 0.9);
        assert_eq!(gone, order(&poisson(10.0), 0.0, &[], 0.9));
        assert!(gone <= Demand::Poisson { mean: 10.0 }.quantile(0.9) && gone >= 10.0, "{gone}");
    }

    #[test]
    fn large_pools_are_resolved_in_steps() {
        let fine = Demand::Poisson { mean: 1500.0 }.quantile(0.95) - 1300.0;
        let coarse = order(&poisson(500.0), 1300.0, &[], 0.95);
        assert!((coarse - fine).abs() <= 16.0, "{coarse} {fine}");
    }

    /// Cost of a review under `order`, of which `demand` says what is asked for: 1 a unit short,
    /// 0.2 a unit left over.
    fn cost(demand: &[f64], reviews: usize, order: impl Fn(f64, &[f64]) -> f64) -> f64 {
        let mut shelf = 3.0 * demand[0];
        let mut coming = vec![demand[0]; reviews];
        let mut cost = 0.0;
        for &asked in demand {
            shelf += coming.remove(0);
            coming.push(order(shelf, &coming));
            let sold = asked.min(shelf);
            shelf -= sold;
            cost += (asked - sold) + 0.2 * shelf;
        }
        cost / demand.len() as f64
    }

    /// Poisson demand of so many reviews, by inversion.
    fn drawn(mean: f64, reviews: usize, seed: u64) -> Vec<f64> {
        use rand_pcg::rand_core::{Rng, SeedableRng};
        let mut random = rand_pcg::Pcg64Mcg::seed_from_u64(seed);
        let mut demand = Vec::with_capacity(reviews);
        for _ in 0..reviews {
            let u = ((random.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
            demand.push(Demand::Poisson { mean }.quantile(u));
        }
        demand
    }

    #[test]
    fn it_costs_no_more_than_the_best_capped_base_stock() {
        for (mean, reviews) in [(5.0, 2), (2.0, 2), (5.0, 4)] {
            let demand = drawn(mean, 3000, 7);
            let interval = ProtectionInterval { lead_days: 7.0 * reviews as f64, review_days: 7.0 };
            let over = poisson(mean);
            let outlook = Outlook { period_days: 7.0, mean: &[], over: &over };
            let known = std::cell::RefCell::new(std::collections::BTreeMap::new());
            let own = cost(&demand, reviews, |shelf, coming| {
                let state: Vec<i64> =
                    coming.iter().chain([&shelf]).map(|&units| units as i64).collect();
                *known.borrow_mut().entry(state).or_insert_with(|| {
                    let mut arrivals = Vec::new();
                    for (k, &quantity) in (1..).zip(coming) {
                        arrivals.push(Arrival { days: 7.0 * f64::from(k), quantity });
                    }
                    let now = Situation { outlook, stock: stock(shelf), arrivals: &arrivals };
                    order_for(&now, interval, 1.0 / 1.2)
                })
            });
            let mut best = f64::INFINITY;
            let usual = mean * (reviews + 1) as f64;
            for level in (0.7 * usual) as usize..(1.7 * usual) as usize {
                for most in (0.8 * mean) as usize..(2.0 * mean) as usize + 2 {
                    best = best.min(cost(&demand, reviews, |shelf, coming| {
                        let position = shelf + coming.iter().sum::<f64>();
                        (level as f64 - position).clamp(0.0, most as f64)
                    }));
                }
            }
            // The best is chosen on the very demand that both are measured by.
            assert!(own < 1.02 * best, "{mean} {reviews}: {own} {best}");
        }
    }

    #[test]
    fn a_shared_error_widens_the_order() {
        let over = |from: f64, to: f64, _: f64| {
            let mean = 50.0 * (to - from);
            Demand::count(mean, (mean + (0.3 * mean).powi(2)).sqrt())
        };
        let outlook = Outlook { period_days: 7.0, mean: &[], over: &over };
        let now = Situation { outlook, stock: stock(140.0), arrivals: &[] };
        let order = order_for(&now, VN2, 0.95);
        let exact = over(0.0, 3.0, 0.0).quantile(0.95) - 140.0;
        assert!(
            (order - exact).abs() < 0.08 * over(0.0, 3.0, 0.0).quantile(0.95),
            "{order} {exact}"
        );
    }
}

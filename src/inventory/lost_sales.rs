//! How much a pool needs when unmet demand is lost: the stock's whole distribution carried forward
//! to the arrival.
//!
//! With backorders an order must raise the *position* to the quantile of demand over the protection
//! interval. When sales are lost, demand that meets an empty shelf before the order arrives needs
//! no stock any more, and counting it orders too much. So the stock is carried from arrival to
//! arrival, `S <- max(S - D, 0) + arrival`, and the order `q` is the least with `P(D_review -
//! S_arrival <= q) >= p`. With stock that never runs out on the way the two agree.
//!
//! A forecast's error is shared by all periods: it enters as three levels (Gauss-Hermite nodes)
//! that scale the whole path, sized so that the intervals' covariance comes out.
//!
//! Source: Zipkin (2008), *Old and new methods for lost-sales inventory systems*, Operations
//! Research 56(5), whose myopic policy this is; what it leaves out is added in
//! [`need`](crate::inventory::need).
//!
//! ```
//! use orderpoint::inventory::lost_sales::order_for;
//! use orderpoint::inventory::reorder_point::ProtectionInterval;
//! use orderpoint::inventory::{Outlook, Situation, StockLevel};
//! use orderpoint::math::distributions::Demand;
//!
//! // Ten a day against an empty shelf: the two weeks before the arrival are lost, one week's quantile is ordered.
//! let over = |from: f64, to: f64, _: f64| Demand::Poisson { mean: 10.0 * (to - from) };
//! let outlook = Outlook { period_days: 1.0, mean: &[], over: &over };
//! let now = Situation { outlook, stock: StockLevel::default(), arrivals: &[] };
//! let interval = ProtectionInterval { lead_days: 14.0, review_days: 7.0 };
//! assert_eq!(order_for(&now, interval, 0.95), Demand::Poisson { mean: 70.0 }.quantile(0.95));
//! ```

use crate::inventory::outlook::Outlook;
use crate::inventory::position::Situation;
use crate::inventory::reorder_point::ProtectionInterval;
use crate::math::distributions::Demand;

// Cells the stock is resolved into: exact for whole units up to here, in equal steps beyond. A step
// of the walk costs the square of their number.
const CELLS: usize = 160;
// A shared error of this share of demand or less is taken for none: one scenario instead of three.
const NEGLIGIBLE_ERROR: f64 = 0.02;
// A shared error counts as at most half of demand: the lowest node then scales demand by 0.13, and
// from 0.58 on it would turn demand negative.
const MOST_ERROR: f64 = 0.5;

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

/// Least order, units, >= 0, that covers demand until the next order can arrive with probability
/// `p`, when sales are lost; what customers wait for comes on top, because they are no new demand.
///
/// Arrivals due after the order but before the next one count as there when it arrives.
#[must_use]
pub fn order_for(now: &Situation<'_>, interval: ProtectionInterval, p: f64) -> f64 {
    let lead_days = interval.lead_days;
    let end = interval.days();
    let Supply { moments, owed } = supply(now, lead_days, end);
    let review = now.outlook.demand(lead_days, end);
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
        for moment in &moments {
            if moment.day > day {
                let demand = conditional(&now.outlook.demand(day, moment.day), factor, shared);
                left = after_sales(&left, &demand, width);
                day = moment.day;
            }
            receive(&mut left, moment.arrives / width);
        }
        let mut covered = vec![0.0; left.len() + (most / width).ceil() as usize + 1];
        conditional(&review, factor, shared).cdf_grid(0.0, width, &mut covered);
        scenarios.push(Scenario { weight: node.weight, left, covered });
    }
    let cells = smallest(&scenarios, p);
    // Of large pools a single cell of several units is below what can be told.
    let for_new_demand = if cells <= 1.0 && width > 1.0 { 0.0 } else { cells * width };
    for_new_demand + owed
}

/// Stock at the arrival in one scenario of the shared error.
struct Scenario {
    weight: f64,
    /// `P(stock = i cells)`
    left: Vec<f64>,
    /// `P(demand over the review <= i cells)`
    covered: Vec<f64>,
}

impl Scenario {
    /// `P(demand over the review - stock <= q cells)`
    fn covers(&self, q: usize) -> f64 {
        self.left.iter().zip(&self.covered[q..]).map(|(left, covered)| left * covered).sum()
    }
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

/// Least number of cells that covers the review interval with probability `p`, by bisection.
fn smallest(scenarios: &[Scenario], p: f64) -> f64 {
    let mut low = 0;
    let mut high = scenarios.iter().map(|s| s.covered.len() - s.left.len()).min().unwrap_or(0);
    while low < high {
        let middle = usize::midpoint(low, high);
        let covers: f64 = scenarios.iter().map(|s| s.weight * s.covers(middle)).sum();
        // Rounding noise in a sum of hundreds of terms must not cost a cell.
        if covers >= p - 1e-12 { high = middle } else { low = middle + 1 }
    }
    high as f64
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

    #[test]
    fn with_an_empty_shelf_only_the_review_interval_counts() {
        assert_eq!(order(&poisson(5.0), 0.0, &[], 0.8333), 7.0);
        assert_eq!(Demand::Poisson { mean: 5.0 }.quantile(0.8333), 7.0);
    }

    #[test]
    fn with_stock_that_lasts_it_is_the_quantile_less_the_position() {
        let expected = Demand::Poisson { mean: 15.0 }.quantile(0.8333) - 18.0;
        assert_eq!(order(&poisson(5.0), 18.0, &[], 0.8333), expected.max(0.0));
        let arrivals = [Arrival { days: 0.0, quantity: 3.0 }, Arrival { days: 7.0, quantity: 4.0 }];
        let expected = Demand::Poisson { mean: 15.0 }.quantile(0.99) - 23.0;
        assert_eq!(order(&poisson(5.0), 16.0, &arrivals, 0.99), expected);
    }

    #[test]
    fn what_runs_out_on_the_way_is_not_ordered() {
        // 5 units against two weeks of 10: certainly gone, so one week's quantile and not three
        // weeks' less 5.
        assert_eq!(
            order(&poisson(10.0), 5.0, &[], 0.9),
            Demand::Poisson { mean: 10.0 }.quantile(0.9)
        );
    }

    #[test]
    fn large_pools_are_resolved_in_steps() {
        let fine = Demand::Poisson { mean: 1500.0 }.quantile(0.95) - 1300.0;
        let coarse = order(&poisson(500.0), 1300.0, &[], 0.95);
        assert!((coarse - fine).abs() <= 12.0, "{coarse} {fine}");
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

//! How much a pool needs when unmet demand is lost: the stock's whole distribution carried forward to the arrival.
//!
//! With backorders an order must raise the *position* to the quantile of demand over the protection interval. When sales are
//! lost, demand that meets an empty shelf before the order arrives needs no stock any more, and counting it orders too much. So
//! the stock is carried from arrival to arrival, `S <- max(S - D, 0) + arrival`, and the order `q` is the least with
//! `P(D_review - S_arrival <= q) >= p`. With stock that never runs out on the way the two agree.
//!
//! A forecast's error is shared by all periods: it enters as three levels (Gauss-Hermite nodes) that scale the whole path,
//! sized so that the intervals' covariance comes out.

use crate::inventory::outlook::Outlook;
use crate::inventory::position::{Arrival, StockLevel};
use crate::math::distributions::Demand;

/// Cells the stock is resolved into: exact for whole units up to here, in equal steps beyond.
const CELLS: usize = 160;
/// Nodes and weights of the shared error, standard deviations.
const NODES: [(f64, f64); 3] =
    [(-1.732_050_807_568_877_2, 1.0 / 6.0), (0.0, 2.0 / 3.0), (1.732_050_807_568_877_2, 1.0 / 6.0)];

/// Least order, units, >= 0, that covers demand until the next order can arrive with probability `p`, when sales are lost.
///
/// - `arrivals`: soonest first; those due after the order but before the next one count as there when it arrives.
/// - `lead_days`, `review_days`: the order arrives after the one and must last for the other.
#[must_use]
pub fn order_for(
    outlook: &Outlook<'_>,
    stock: StockLevel,
    arrivals: &[Arrival],
    (lead_days, review_days): (f64, f64),
    p: f64,
) -> f64 {
    let end = lead_days + review_days;
    let steps = steps(stock, arrivals, lead_days, end);
    let total: f64 = steps.iter().map(|s| s.arrives).sum();
    let width = (total / CELLS as f64).ceil().max(1.0);
    let review = outlook.demand(lead_days, end);
    let shared = shared_error(outlook, lead_days, end, &review);
    let most = review.scaled(1.0 + NODES[2].0 * shared).quantile(p.clamp(0.5, 0.9999));
    let width = width.max((most / (4.0 * CELLS as f64)).ceil());
    let nodes = if shared > 0.02 { &NODES[..] } else { &[(0.0, 1.0)] };
    let scenarios: Vec<Scenario> = nodes
        .iter()
        .map(|&(z, weight)| {
            let conditional =
                |demand: &Demand| conditional(demand, (1.0 + z * shared).max(0.05), shared);
            let mut left = vec![1.0];
            let mut day = 0.0;
            for step in &steps {
                if step.day > day {
                    left = after_sales(&left, &conditional(&outlook.demand(day, step.day)), width);
                    day = step.day;
                }
                receive(&mut left, step.arrives / width);
            }
            let mut covered = vec![0.0; left.len() + (most / width).ceil() as usize + 1];
            conditional(&review).cdf_grid(0.0, width, &mut covered);
            Scenario { weight, left, covered }
        })
        .collect();
    let cells = smallest(&scenarios, p);
    // Of large pools a single cell of several units is below what can be told.
    if cells <= 1.0 && width > 1.0 { 0.0 } else { cells * width }
}

/// Stock at the arrival in one scenario of the shared error.
struct Scenario {
    weight: f64,
    /// `P(stock = i cells)`
    left: Vec<f64>,
    /// `P(demand over the review <= i cells)`
    covered: Vec<f64>,
}

/// A moment at which stock arrives, the present with what is on the shelf first, the order's own arrival last.
struct Moment {
    day: f64,
    arrives: f64,
}

fn steps(stock: StockLevel, arrivals: &[Arrival], lead_days: f64, end: f64) -> Vec<Moment> {
    let mut steps =
        vec![Moment { day: 0.0, arrives: (stock.available - stock.backordered).max(0.0) }];
    for arrival in arrivals.iter().filter(|a| a.days < end) {
        let day = arrival.days.min(lead_days);
        match steps.last_mut() {
            Some(last) if last.day >= day => last.arrives += arrival.quantity,
            _ => steps.push(Moment { day, arrives: arrival.quantity }),
        }
    }
    if steps.last().is_some_and(|last| last.day < lead_days) {
        steps.push(Moment { day: lead_days, arrives: 0.0 });
    }
    steps
}

/// Relative standard deviation of the error shared by lead time and review interval: from their covariance.
fn shared_error(outlook: &Outlook<'_>, lead_days: f64, end: f64, review: &Demand) -> f64 {
    let (lead, whole) = (outlook.demand(0.0, lead_days), outlook.demand(0.0, end));
    let covariance = 0.5 * (whole.sd().powi(2) - lead.sd().powi(2) - review.sd().powi(2));
    let product = lead.mean() * review.mean();
    if product > 0.0 { (covariance / product).max(0.0).sqrt().min(0.5) } else { 0.0 }
}

/// Demand of an interval once the shared error is known: its mean scaled, its variance without the shared part.
fn conditional(demand: &Demand, factor: f64, shared: f64) -> Demand {
    if shared <= 0.02 {
        return demand.clone();
    }
    let (mean, sd) = (demand.mean(), demand.sd());
    let own = (sd * sd - (shared * mean).powi(2)).max(0.0).sqrt();
    demand.with_sd(own).scaled(factor)
}

/// Stock after demand that may empty the shelf: `max(S - D, 0)`, in cells of `width` units.
fn after_sales(stock: &[f64], demand: &Demand, width: f64) -> Vec<f64> {
    let n = stock.len();
    let mut mass = vec![0.0; n];
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
    after[0] += 1.0 - after.iter().sum::<f64>();
    after
}

/// Shifts the distribution up by `cells`, a fractional rest shared between the two nearest.
fn receive(stock: &mut Vec<f64>, cells: f64) {
    let (whole, rest) = (cells.floor() as usize, cells.fract());
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
    let covers = |q: usize| -> f64 {
        let one = |s: &Scenario| -> f64 {
            s.left.iter().zip(&s.covered[q..]).map(|(left, c)| left * c).sum()
        };
        scenarios.iter().map(|s| s.weight * one(s)).sum()
    };
    let (mut low, mut high) =
        (0, scenarios.iter().map(|s| s.covered.len() - s.left.len()).min().unwrap_or(0));
    while low < high {
        let middle = (low + high) / 2;
        if covers(middle) >= p - 1e-12 { high = middle } else { low = middle + 1 }
    }
    high as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stock(available: f64) -> StockLevel {
        StockLevel { on_hand: available, available, backordered: 0.0 }
    }

    fn poisson(rate: f64) -> impl Fn(f64, f64, f64) -> Demand {
        move |from, to, _| Demand::Poisson { mean: rate * (to - from) }
    }

    /// Two weeks of lead time, one of review, as in the VN2 game.
    fn order(
        over: &dyn Fn(f64, f64, f64) -> Demand,
        available: f64,
        arrivals: &[Arrival],
        p: f64,
    ) -> f64 {
        let outlook = Outlook { period_days: 7.0, mean: &[], over };
        order_for(&outlook, stock(available), arrivals, (14.0, 7.0), p)
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
        // 5 units against two weeks of 10: certainly gone, so one week's quantile and not three weeks' less 5.
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
        let order = order_for(&outlook, stock(140.0), &[], (14.0, 7.0), 0.95);
        let exact = over(0.0, 3.0, 0.0).quantile(0.95) - 140.0;
        assert!(
            (order - exact).abs() < 0.08 * over(0.0, 3.0, 0.0).quantile(0.95),
            "{order} {exact}"
        );
    }
}

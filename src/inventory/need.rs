//! From targets and stock to the need of one pool, unrounded: nothing above the reorder point, up
//! to the order-up-to level below.
//!
//! When sales are lost, what the stock on its way leaves over is smaller than the position says:
//! see [`lost_sales`](crate::inventory::lost_sales). Whole units, packs and minimums are settled
//! once, in `purchase`.

use crate::explain::{Explanation, Unit};
use crate::inventory::facts::{Covers, NetworkLevel};
use crate::inventory::lost_sales::order_for;
use crate::inventory::position::Situation;
use crate::inventory::reorder_point::{Limit, Targets};
use crate::inventory::settings::{OrderRule, Settings, UnmetDemand};

// Expected loss before the arrival, units, below which a shelf counts as never empty: the stock's
// whole distribution is carried forward only where it may be, for that is the dearest step of a
// need.
// A thousandth of a unit moves no order: those are whole.
const NO_LOSS: f64 = 1e-3;
// Like the quantiles of the targets: a probability of 1 has no odds to divide.
const FARTHEST_TAIL: f64 = 1e-4;

/// What one pool lacks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Need {
    /// Open orders that arrive within the protection interval, units.
    pub on_order: f64,
    /// Available + on order - backorders, units.
    pub position: f64,
    /// Demand that will be lost before an order placed today arrives and so needs no stock, units.
    pub unserved: f64,
    /// Units to order, unrounded; 0 when the position is above the reorder point, or what is on its
    /// way lasts until the next order could arrive.
    pub need: f64,
    /// Units of an order placed now that sell before they spoil; `None` where nothing spoils.
    pub sells_in_time: Option<f64>,
}

/// Compares the position with the targets; `held` says why a pool that stands below them is not
/// ordered.
///
/// ```
/// use orderpoint::explain::Explanation;
/// use orderpoint::inventory::need::need;
/// use orderpoint::inventory::reorder_point::{ProtectionInterval, Targets};
/// use orderpoint::inventory::settings::{Method, Settings, UnmetDemand};
/// use orderpoint::inventory::{Outlook, Situation, StockLevel};
/// use orderpoint::math::distributions::Demand;
///
/// // Ten a day; reorder point 420, and sixty days of demand on top.
/// let targets = Targets {
///     reorder_point: 420.0,
///     order_up_to: 1020.0,
///     lot: 600.0,
/// #   limit: None,
/// #   method: Method::MaxAverage, review_days: 0.0, shelf_life_days: None, service: 0.95,
/// #   interval: ProtectionInterval { lead_days: 7.0, review_days: 0.0 }, per_day: 10.0,
/// #   protection: Demand::Poisson { mean: 70.0 }, safety_stock: 350.0, eoq: None,
/// #   notes: Vec::new(),
/// };
/// let over = |from: f64, to: f64, _: f64| Demand::Poisson { mean: 10.0 * (to - from) };
/// let outlook = Outlook { period_days: 1.0, mean: &[10.0; 90], over: &over };
/// let settings = Settings { unmet_demand: UnmetDemand::Backordered, ..Settings::default() };
/// let mut explain = Explanation::unrecorded();
/// let mut at = |available: f64| {
///     let stock = StockLevel { on_hand: available, available, backordered: 0.0 };
///     let now = Situation { outlook, stock, arrivals: &[] };
///     need(&now, &targets, None, &settings, &mut explain).need
/// };
/// assert_eq!([at(421.0), at(420.0), at(400.0)], [0.0, 600.0, 620.0]);
/// ```
#[must_use]
pub fn need(
    now: &Situation<'_>,
    targets: &Targets,
    held: Option<&str>,
    settings: &Settings,
    explain: &mut Explanation,
) -> Need {
    // Everything on its way by the time the next order could arrive counts.
    let on_order = now.on_order(targets.interval.days());
    let position = now.inventory_position(targets.interval.days());
    let formula = "available + on_order - backorders";
    let inputs = [("on_order", on_order), ("backorders", now.stock.backordered)];
    explain.step("inventory_position", formula, Unit::Units, inputs, position);
    let sells_in_time = targets.shelf_life_days.map(|days| sells_in_time(now, targets, days));
    let mut need = Need { on_order, position, sells_in_time, ..Need::default() };

    if let Some(reason) = held {
        explain.step("need", "0", Unit::Units, [], 0.0);
        explain.note(|| reason.to_owned());
        return need;
    }
    let levels = [("reorder_point", targets.reorder_point), ("order_up_to", targets.order_up_to)];
    if position > targets.reorder_point {
        explain.step("need", "0", Unit::Units, levels, 0.0);
        explain.note(|| "the position is above the reorder point".into());
        return need;
    }
    let lost = match settings.unmet_demand {
        UnmetDemand::Backordered => Lost { unserved: 0.0, rest_lasts: false },
        UnmetDemand::Lost => lost_before_arrival(now, targets, position),
    };
    need.unserved = lost.unserved;
    // Where the order of one review is nothing, nothing is ordered: at least a lot was, once, and
    // 20 approved units were followed by 16 more the next night.
    let counted = position + lost.unserved;
    let limit = targets.limit;
    let point = limit.map_or(targets.reorder_point, |limit| limit.reorder_point);
    let up_to = limit.map_or(targets.order_up_to, |limit| limit.order_up_to.max(point));
    let short = point - counted;
    let by_lots = settings.order_rule == OrderRule::FixedQuantity && targets.lot > 0.0;
    need.need = if lost.rest_lasts || short < 0.0 {
        0.0
    } else if by_lots {
        (short / targets.lot).floor().mul_add(targets.lot, targets.lot)
    } else {
        up_to - counted
    };
    let wanted = need.need;
    if let Some(Limit { most, .. }) = limit {
        need.need = need.need.min(most - position);
    }

    if need.need <= 0.0 {
        explain.step("need", "0", Unit::Units, levels, 0.0);
        let at_the_point = position == targets.reorder_point && lost.unserved == 0.0;
        explain.note(|| {
            if at_the_point {
                "the position is the reorder point".into()
            } else {
                "demand lost before an order could arrive needs no stock: what is on its way \
                 covers the rest"
                    .into()
            }
        });
        return need;
    }
    let [point, up_to] = [("reorder_point", point), ("order_up_to", up_to)];
    let unserved = ("unserved", lost.unserved);
    if by_lots {
        let formula = "(floor((reorder_point - inventory_position - unserved) / lot) + 1) * lot";
        let inputs = [point, up_to, unserved, ("lot", targets.lot)];
        explain.step("need", formula, Unit::Units, inputs, wanted);
    } else {
        let formula = "order_up_to - inventory_position - unserved";
        explain.step("need", formula, Unit::Units, [point, up_to, unserved], wanted);
    }
    if lost.unserved > 0.0 {
        explain.note(|| {
            "unserved: what is lost before the order can arrive needs no stock, nor what could not \
             be taken back"
                .into()
        });
    }
    if let Some(Limit { most, .. }) = limit {
        let inputs = [("need", wanted), ("max_stock", most), ("inventory_position", position)];
        let formula = "min(need, max_stock - inventory_position)";
        explain.step("need", formula, Unit::Units, inputs, need.need);
        explain.note(|| "the levels above are those without the maximum stock".into());
    }
    need.keep_fresh(explain);
    need
}

impl Need {
    /// No more than sells before it spoils.
    fn keep_fresh(&mut self, explain: &mut Explanation) {
        if let Some(most) = self.sells_in_time.filter(|&most| most < self.need) {
            self.need = most;
            let inputs = [("sells_in_time", most)];
            explain.step("need", "min(need, sells_in_time)", Unit::Units, inputs, most);
            explain.note(|| "what arrives is sold within its shelf life".into());
        }
    }
}

/// What a place of a network lacks: below its level up to it and a lot more. All that is on its way
/// counts: what was bought may come in another order than it was placed in.
#[must_use]
pub fn network_need(
    now: &Situation<'_>,
    network: &NetworkLevel,
    targets: &Targets,
    held: Option<&str>,
    explain: &mut Explanation,
) -> Need {
    let NetworkLevel { position, on_order, .. } = *network;
    let stock = position - on_order;
    let (formula, name) = match network.covers {
        Covers::Place => ("stock + on_order", "stock"),
        Covers::Echelon => ("stock_and_below + on_order", "stock_and_below"),
    };
    let inputs = [(name, stock), ("on_order", on_order)];
    explain.step("inventory_position", formula, Unit::Units, inputs, position);
    let sells_in_time = targets.shelf_life_days.map(|days| sells_in_time(now, targets, days));
    let mut need = Need { on_order, position, sells_in_time, ..Need::default() };
    let levels = [("reorder_point", targets.reorder_point), ("order_up_to", targets.order_up_to)];
    if held.is_some() || position >= targets.reorder_point {
        explain.step("need", "0", Unit::Units, levels, 0.0);
        let above = "the position is not below the reorder point";
        explain.note(|| held.unwrap_or(above).to_owned());
        return need;
    }
    need.need = targets.order_up_to - position;
    explain.step("need", "order_up_to - inventory_position", Unit::Units, levels, need.need);
    need.keep_fresh(explain);
    need
}

/// Units of an order placed now that sell within `shelf_life_days` of their arrival, after what is
/// there already; what is owed leaves at once.
fn sells_in_time(now: &Situation<'_>, targets: &Targets, shelf_life_days: f64) -> f64 {
    let arrival = targets.interval.lead_days;
    let there = now.stock.net() + now.on_order(arrival);
    sells_while_fresh(there, [arrival, shelf_life_days], |days| now.outlook.mean_until(days))
}

/// Units that come in `arrival` days and sell within `shelf_life` days of that, after those that
/// are `there` by then; what is owed leaves at once. `mean_until` is the demand of the next days.
#[must_use]
pub fn sells_while_fresh(
    there: f64,
    [arrival, shelf_life]: [f64; 2],
    mean_until: impl Fn(f64) -> f64,
) -> f64 {
    let left = (there - mean_until(arrival)).max(0.0);
    let owed = (-there).max(0.0);
    let sells = mean_until(arrival + shelf_life) - mean_until(arrival);
    (sells - left).max(0.0) + owed
}

/// What is lost before an order placed today arrives.
struct Lost {
    /// How far the order that covers the review interval with the same probability stays below
    /// reorder point - position, units.
    unserved: f64,
    /// Whether that order is nothing at all.
    rest_lasts: bool,
}

fn lost_before_arrival(now: &Situation<'_>, targets: &Targets, position: f64) -> Lost {
    let interval = targets.interval;
    if !may_run_out(now, interval.lead_days) {
        return Lost { unserved: 0.0, rest_lasts: false };
    }
    let point = targets.limit.map_or(targets.reorder_point, |limit| limit.reorder_point);
    let covered = targets.protection.cdf(point);
    let covered = covered.clamp(FARTHEST_TAIL, 1.0 - FARTHEST_TAIL);
    // The reorder point may sit above the quantile it came from (whole units): compare like with
    // like.
    let exact = targets.protection.quantile(covered);
    let order = order_for(now, interval, covered);
    let short = point - position;
    Lost { unserved: (exact - position - order).clamp(0.0, short), rest_lasts: order <= 0.0 }
}

/// Whether the shelf may be empty before an order placed today arrives.
fn may_run_out(now: &Situation<'_>, lead_days: f64) -> bool {
    let mut supply = now.stock.net();
    for arrival in now.arrivals.iter().filter(|a| a.days < lead_days) {
        if arrival.days > 0.0 && now.loss_until(arrival.days, supply) > NO_LOSS {
            return true;
        }
        supply += arrival.quantity;
    }
    now.loss_until(lead_days, supply) > NO_LOSS
}

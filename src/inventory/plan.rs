//! The plan of one pool: targets, need, what will happen without an order, and how much of a hurry
//! it is in.

use crate::domain::outcome::{Echelon, Policy, Status};
use crate::domain::shown::number_of;
use crate::domain::units::{Units, in_words};
use crate::explain::words::{self, Word};
use crate::explain::{Explanation, Step, Unit};
use crate::inventory::expiry::usable_stock;
use crate::inventory::facts::{Covers, Hold, PoolFacts, held_kit};
use crate::inventory::need::{Need, need, network_need};
use crate::inventory::outlook::Outlook;
use crate::inventory::position::{Projection, Situation};
use crate::inventory::reorder_point::{Targets, targets};
use crate::inventory::settings::{Settings, UnmetDemand};
use crate::math::distributions::Demand;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What one pool is steered by, where it stands and what it needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PoolPlan {
    /// The row of `policy.parquet`.
    pub policy: Policy,
    /// Demand until the order after the next one arrives.
    pub protection: Demand,
    /// Open orders that arrive within the protection interval, units.
    pub on_order: f64,
    /// Available + on order - backorders, units.
    pub position: f64,
    /// Units of the available stock that will expire before they sell.
    pub expires_unsold: f64,
    /// What to do.
    pub status: Status,
    /// First day without stock, expected.
    pub stockout_date: Option<NaiveDate>,
    /// Probability of running out before an order placed today arrives.
    pub stockout_probability: f64,
    /// The last order day that still helps: what is ordered on it arrives before the safety stock
    /// is touched, or as soon as it can.
    pub order_by: Option<NaiveDate>,
    /// First day on which the expected stock falls to the safety stock, unless what is on its way
    /// makes it good before an order placed at the next chance arrives.
    pub safety_date: Option<NaiveDate>,
    /// Until an order placed at the next chance arrives, calendar days.
    pub next_arrival_days: f64,
    /// Until the order after the next one arrives, calendar days.
    pub protected_days: f64,
    /// Units to order, unrounded.
    pub need: f64,
    /// What has to be agreed to before any of it is ordered; `None` where nothing has.
    #[serde(deserialize_with = "words::optional_word")]
    pub waits: Option<Word>,
    /// Units of an order placed now that sell before they spoil; `None` where nothing spoils.
    pub sells_in_time: Option<f64>,
    /// Units by which the need is smaller because they are lost before the order arrives.
    pub unserved: f64,
    /// 0 to 100: probability in percent of running out before the *next* order could arrive; 0 for
    /// held and excess pools.
    pub urgency: f64,
    /// Margin expected to be lost if nothing is ordered before the next review, currency.
    pub value_at_risk: f64,
    /// Expected stock at the end of each period without new orders, units.
    pub path: Vec<f32>,
    /// The arithmetic of `need`; goes on from `policy.steps`.
    pub steps: Vec<Step>,
    /// Half a sentence: why this need.
    pub reason: String,
    /// What a planner should know: refusals, bands that do not hold, stock that will expire.
    pub notes: Vec<String>,
}

impl PoolPlan {
    /// The position in whole units, for rules that count them.
    #[must_use]
    pub fn whole_position(&self) -> Units {
        whole(self.position)
    }

    /// Open orders in whole units.
    #[must_use]
    pub fn whole_on_order(&self) -> Units {
        whole(self.on_order)
    }
}

/// The nearest whole units; far outside any real stock, a number that later sums still hold.
fn whole(units: f64) -> Units {
    Units::nearest(units.clamp(-1e15, 1e15))
}

/// Plans one pool.
///
/// ```
/// # use orderpoint::domain::classes::VelocityClass;
/// # use orderpoint::domain::units::{LeadTime, LocationId, SkuId};
/// use orderpoint::inventory::settings::{Method, Settings};
/// use orderpoint::inventory::{Outlook, PastDemand, PoolFacts, StockLevel, plan_pool};
/// use orderpoint::math::distributions::Demand;
///
/// // Ten a day, twenty at most, delivered within 7 days on average and 21 at most.
/// let facts = PoolFacts {
///     past: PastDemand { average_per_day: 10.0, peak_per_day: 20.0 },
///     lead_time: LeadTime::new(7.0, 0.0, 21.0).unwrap(),
///     stock: StockLevel { on_hand: 420.0, available: 420.0, backordered: 0.0 },
/// #   sku: SkuId(0), location: LocationId(0), as_of: "2024-04-15".parse().unwrap(),
/// #   lead_time_source: String::new(), calendar: Default::default(), shelf_life_days: None,
/// #   abc: None, xyz: None, velocity: VelocityClass::None,
/// #   is_new: false, stock_is_known: true, economics: Default::default(), arrivals: Vec::new(),
/// #   lots: Vec::new(), promised_service: None, group: Default::default(),
/// #   deliveries: Default::default(), min_stock: None, max_stock: None,
/// #   by_hand: Default::default(), held: None, network: None,
/// };
/// let mean = [10.0; 90];
/// let over = |from: f64, to: f64, _: f64| Demand::Poisson { mean: 10.0 * (to - from) };
/// let outlook = Outlook { period_days: 1.0, mean: &mean, over: &over };
/// let settings = Settings { method: Method::MaxAverage, ..Settings::default() };
/// let plan = plan_pool(&facts, outlook, &settings);
/// assert_eq!(plan.policy.safety_stock, 20.0 * 21.0 - 10.0 * 7.0);
/// assert_eq!(plan.policy.reorder_point, 420.0);
/// assert_eq!(plan.need, 600.0);
/// ```
#[must_use]
pub fn plan_pool(facts: &PoolFacts, outlook: Outlook<'_>, settings: &Settings) -> PoolPlan {
    let mut explain = Explanation::recorded();
    // Two explanations: the policy's is a row of its own table, the need's goes on with the order
    // line.
    let targets = targets(facts, &outlook, settings, &mut explain);
    let policy = policy_row(facts, &targets, explain.into_steps());

    // What will expire unsold is not there.
    let mut explain = Explanation::recorded();
    let mut now = facts.situation(outlook);
    let waste = expiring(facts, &now);
    let there = now.stock.available;
    if waste > 0.0 {
        let formula = "available_now - expires_unsold";
        let inputs = [("available_now", there), ("expires_unsold", waste)];
        now.stock.available =
            explain.step("available", formula, Unit::Units, inputs, there - waste);
        explain.note(|| "lots that expire before they sell".into());
    } else {
        let inputs = [("available_now", there)];
        explain.step("available", "available_now", Unit::Units, inputs, there);
    }
    // What waits for somebody's word is needed all the same: a need of 0 said nothing to approve.
    let no_need = facts.held.and_then(Hold::no_need);
    let need = match &facts.network {
        // Nothing is moved to a place that waits, so there it needs nothing yet.
        Some(network) => {
            let held = facts.held.map(Hold::why);
            network_need(&now, network, &targets, held, &mut explain)
        }
        None => need(&now, &targets, no_need, settings, &mut explain),
    };

    let walk = now.project(0.0, settings.unmet_demand);
    // Lost sales would stop at zero and never touch a safety stock of zero: here the walk goes on.
    // What is on its way may lift the stock again before an order of today could: ten boots, 30 due
    // in three days, and the order day was said to be today, for an order that would come in
    // twenty.
    let helped_from = targets.interval.lead_days;
    let to_safety = now.project_beyond(helped_from, targets.safety_stock, UnmetDemand::Backordered);
    let safety_date = to_safety.days_to_stockout.and_then(|days| day_after(facts.as_of, days));
    let order_by = safety_date.and_then(|wanted| {
        facts.calendar.order_by(facts.as_of, wanted, facts.lead_time.mean_days())
    });
    let order_by_days = order_by.map(|day| (day - facts.as_of).num_days() as f64);
    let status = status(facts, &now, &targets, &need, &walk, order_by_days, settings);

    // A pool that is not ordered, or has far too much, is in no hurry whatever its numbers say.
    let mut urgency = 0.0;
    let mut at_risk = 0.0;
    if !matches!(status, Status::Held | Status::Excess | Status::Unknown) {
        if targets.protection.mean() > 0.0 {
            let runs_out = 1.0 - targets.protection.cdf(need.position);
            urgency = (100.0 * runs_out).clamp(0.0, 100.0);
        }
        at_risk = value_at_risk(facts, &now, &targets, &need);
    }

    let protection = targets.protection;
    let mut notes = targets.notes;
    if facts.is_new && need.need > 0.0 && facts.held.is_none() {
        notes.insert(0, "a new item: its figures rest on few days of sales".into());
    }
    if let Some(most) = need.sells_in_time.filter(|&most| need.need > 0.0 && most <= need.need) {
        let days = facts.shelf_life_days.unwrap_or_default();
        notes.insert(
            0,
            format!("no more than the {} that sell within {days:.0} days", in_words(most)),
        );
    }
    // A kit owes units of its parts, which are ordered.
    let is_kit = facts.held == held_kit(true);
    let never_comes = if no_need.is_some() && !is_kit { -need.position } else { 0.0 };
    if never_comes >= 0.5 {
        let owed = in_words(never_comes);
        notes.insert(0, format!("{owed} are owed to customers, and nothing brings them"));
    }
    // Less than half a unit would be told as none.
    if waste >= 0.5 {
        let waste = number_of(waste.round() as usize, "unit");
        notes.insert(0, format!("{waste} will expire unsold"));
    }
    PoolPlan {
        reason: reason(&policy, &need, facts.held, &notes),
        policy,
        protection,
        on_order: need.on_order,
        position: need.position,
        expires_unsold: waste,
        status,
        stockout_date: walk
            .days_to_stockout
            .filter(|_| facts.stock_is_known)
            .and_then(|days| day_after(facts.as_of, days)),
        stockout_probability: if facts.stock_is_known {
            now.stockout_probability(targets.interval.lead_days)
        } else {
            0.0
        },
        order_by: order_by.filter(|_| facts.stock_is_known),
        safety_date: safety_date.filter(|_| facts.stock_is_known),
        next_arrival_days: targets.interval.lead_days,
        protected_days: targets.interval.days(),
        sells_in_time: need.sells_in_time,
        unserved: need.unserved,
        need: need.need,
        waits: facts.held.and_then(Hold::waits),
        urgency,
        value_at_risk: at_risk,
        path: walk.path,
        steps: explain.into_steps(),
        notes,
    }
}

fn policy_row(facts: &PoolFacts, targets: &Targets, steps: Vec<Step>) -> Policy {
    Policy {
        sku: facts.sku,
        location: facts.location,
        lead_time_mean: facts.lead_time.mean_days(),
        lead_time_sd: facts.lead_time.sd_days(),
        lead_time_max: facts.lead_time.max_days(),
        lead_time_source: facts.lead_time_source.clone(),
        review_period: targets.review_days,
        protection_mean: targets.protection.mean(),
        protection_sd: targets.protection.sd(),
        service_target: targets.service,
        method: targets.method.reported(),
        safety_stock: targets.safety_stock,
        reorder_point: targets.reorder_point,
        order_up_to: targets.order_up_to,
        eoq: targets.eoq,
        echelon: echelon(facts, targets),
        next_arrival: next_arrival(facts),
        steps,
    }
}

/// Where a source stands with all that it feeds.
fn echelon(facts: &PoolFacts, targets: &Targets) -> Option<Echelon> {
    let network = facts.network.as_ref()?;
    match network.covers {
        Covers::Place => None,
        Covers::Echelon => Some(Echelon {
            position: network.position,
            reorder_point: targets.reorder_point,
            order_up_to: targets.order_up_to,
        }),
    }
}

/// When the next of what is on its way to a place of a network comes.
fn next_arrival(facts: &PoolFacts) -> Option<NaiveDate> {
    let next = facts.network.as_ref().and(facts.arrivals.first())?;
    day_after(facts.as_of, next.days.ceil())
}

/// Units of the available stock that will expire unsold.
fn expiring(facts: &PoolFacts, now: &Situation<'_>) -> f64 {
    if facts.lots.is_empty() {
        return 0.0;
    }
    // Undated units sell last and are never wasted, so they do not matter here.
    let usable = usable_stock(&facts.lots, 0.0, |days| now.outlook.mean_until(days));
    usable.waste.min(now.stock.available)
}

/// What the units are worth that are expected to be short after an order placed today would have
/// arrived and before one placed at the next review does, currency.
fn value_at_risk(facts: &PoolFacts, now: &Situation<'_>, targets: &Targets, need: &Need) -> f64 {
    let whole = targets.protection.expected_shortfall(need.position);
    let unavoidable = now.loss_until(targets.interval.lead_days, need.position);
    (whole - unavoidable).max(0.0) * facts.economics.at_stake()
}

fn status(
    facts: &PoolFacts,
    now: &Situation<'_>,
    targets: &Targets,
    need: &Need,
    walk: &Projection,
    order_by_days: Option<f64>,
    settings: &Settings,
) -> Status {
    let expected = targets.per_day > 0.0;
    let lead_days = targets.interval.lead_days;
    let cover = now.stock.available + need.on_order;
    if !facts.stock_is_known {
        Status::Unknown
    } else if facts.held.is_some() {
        Status::Held
    } else if expected && now.stock.net() <= 0.0 {
        Status::StockedOut
    } else if expected && walk.days_to_stockout.is_some_and(|days| days < lead_days) {
        Status::WillStockOut
    } else if need.need > 0.0 {
        Status::OrderNow
    } else if cover > settings.excess_cover_days * targets.per_day && cover > targets.order_up_to {
        Status::Excess
    } else if order_by_days.is_some_and(|days| days < 2.0 * targets.interval.review_days) {
        Status::Soon
    } else {
        Status::Ok
    }
}

/// Half a sentence: why this need; `held` is why a pool is not ordered.
fn reason(policy: &Policy, need: &Need, held: Option<Hold>, notes: &[String]) -> String {
    let (at, level) = (need.position, policy.reorder_point);
    let [position, point] = [at, level].map(in_words);
    let mut reason = match held {
        Some(Hold::Waits(why)) if need.need > 0.0 => {
            let needed = in_words(need.need);
            format!("{needed} needed, not ordered: {why}")
        }
        Some(hold) => format!("not ordered: {}", hold.why()),
        None if need.need > 0.0 => {
            let up_to = in_words(policy.order_up_to);
            format!(
                "position {position} is at or below the reorder point {point}: order up to \
                 {up_to}"
            )
        }
        None if at > level => {
            format!("position {position} is above the reorder point {point}")
        }
        None if at == level => {
            format!("position {position} is at the reorder point {point}")
        }
        None => format!(
            "position {position} is at or below the reorder point {point}, \
             but sales lost before an order could arrive need no stock"
        ),
    };
    for note in notes {
        reason.push_str("; ");
        reason.push_str(note);
    }
    reason
}

/// The day that begins `days` after `as_of`; `None` beyond the calendar.
fn day_after(as_of: NaiveDate, days: f64) -> Option<NaiveDate> {
    as_of.checked_add_signed(chrono::Duration::days(days.floor() as i64))
}

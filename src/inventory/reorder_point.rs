//! What one pool is steered by: safety stock, reorder point and order-up-to level, wherever its
//! stock stands today.
//!
//! Stock ordered now must last until the *next* order can arrive: over the protection interval,
//! lead time `L` plus review interval `R`. The targets are read off the distribution of demand over
//! it, so they change only with forecast, lead time or settings; a replay computes them once per
//! refresh of the forecast, the nightly run once.
//!
//! Source: Silver, Pyke & Thomas (2017), *Inventory and Production Management in Supply Chains*,
//! 4th ed., ch. 6 and 7, whose symbols stand in `[brackets]`. Oracle: the property tests beside it,
//! and `tests/oracle/policy.csv` for its parts.

use crate::domain::classes::XyzClass;
use crate::domain::units::Money;
use crate::explain::{Explanation, Unit};
pub use crate::inventory::facts::ProtectionInterval;
use crate::inventory::facts::{Covers, NetworkLevel, PoolFacts};
use crate::inventory::lot_size::{LotDemand, eoq};
use crate::inventory::outlook::Outlook;
use crate::inventory::safety_stock::{critical_ratio, fill_rate_level, max_average, normal};
use crate::inventory::settings::{CoverMode, Method, OrderQuantity, OrderRule, Settings};
use crate::math::distributions::Demand;
use crate::math::normal;

// Quantiles are read no further out than this: beyond it a forecast from a few years of history
// says nothing.
const FARTHEST_TAIL: f64 = 1e-4;

/// The most stock to hold, and what the levels would be without it: what is lost before an order
/// arrives is reckoned from them, since the limit is one of stock, not of service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// No position above it.
    pub most: f64,
    /// `[s]`
    pub reorder_point: f64,
    /// `[S]`
    pub order_up_to: f64,
}

/// What a pool is steered by, quantities in units.
#[derive(Debug, Clone, PartialEq)]
pub struct Targets {
    /// The method that made them (never `Auto`).
    pub method: Method,
    /// Until the next order arrives, and from then until the one after it does.
    pub interval: ProtectionInterval,
    /// Days between two reviews, whatever the supplier's calendar makes of them.
    pub review_days: f64,
    /// Days a received unit may be sold.
    pub shelf_life_days: Option<f64>,
    /// Demand over the interval, spread of the lead time included.
    pub protection: Demand,
    /// Cycle service, fill rate or critical ratio aimed at.
    pub service: f64,
    /// Mean demand a day over the interval.
    pub per_day: f64,
    /// Safety stock. `[SS]`
    pub safety_stock: f64,
    /// Order when the position is at or below it. `[s]`
    pub reorder_point: f64,
    /// Order up to it. `[S]`
    pub order_up_to: f64,
    /// Set where the most stock to hold lowers these two.
    pub limit: Option<Limit>,
    /// One order above the reorder point. `[Q]`
    pub lot: f64,
    /// Economic order quantity, where costs are known.
    pub eoq: Option<f64>,
    /// Why another method was used than asked for; a cover band that does not hold.
    pub notes: Vec<String>,
}

/// What a method covers: demand up to `level`, of which `safety_stock` is above the mean.
struct Covered {
    service: f64,
    level: f64,
    safety_stock: f64,
}

/// A target that was set against what costs ask for.
#[derive(Clone, Copy)]
struct Bound {
    floor: f64,
    by_cost: f64,
}

impl Bound {
    /// Which of the two decides.
    fn sentence(&self) -> String {
        let Self { floor, by_cost } = self;
        let [target, cost] = [floor, by_cost].map(|share| 100.0 * share);
        if floor > by_cost {
            format!("the service target of {target:.1} % binds: costs alone ask for {cost:.1} %")
        } else {
            format!("costs ask for a service of {cost:.1} %, above the target of {target:.1} %")
        }
    }
}

/// The targets of a pool; its stock is not looked at.
///
/// ```
/// # use orderpoint::domain::classes::VelocityClass;
/// # use orderpoint::domain::units::{LeadTime, LocationId, SkuId};
/// use orderpoint::explain::Explanation;
/// use orderpoint::inventory::reorder_point::targets;
/// use orderpoint::inventory::settings::{Method, Settings};
/// use orderpoint::inventory::{Outlook, PastDemand, PoolFacts};
/// use orderpoint::math::distributions::Demand;
///
/// // Ten a day, twenty at most, delivered within 7 days on average and 21 at most.
/// let mut facts = PoolFacts {
///     past: PastDemand { average_per_day: 10.0, peak_per_day: 20.0 },
///     lead_time: LeadTime::new(7.0, 0.0, 21.0).unwrap(),
/// #   stock: Default::default(),
/// #   sku: SkuId(0), location: LocationId(0), as_of: "2024-04-15".parse().unwrap(),
/// #   lead_time_source: String::new(), calendar: Default::default(), shelf_life_days: None,
/// #   abc: None, xyz: None, velocity: VelocityClass::None,
/// #   is_new: false, stock_is_known: true, economics: Default::default(), arrivals: Vec::new(),
/// #   lots: Vec::new(), promised_service: None, group: Default::default(),
/// #   deliveries: Default::default(), min_stock: None, max_stock: None,
/// #   by_hand: Default::default(), held: None, network: None,
/// };
/// let over = |from: f64, to: f64, _: f64| Demand::Poisson { mean: 10.0 * (to - from) };
/// let outlook = Outlook { period_days: 1.0, mean: &[10.0; 90], over: &over };
/// let settings = Settings { method: Method::MaxAverage, ..Settings::default() };
/// let made = targets(&facts, &outlook, &settings, &mut Explanation::unrecorded());
/// assert_eq!((made.safety_stock, made.reorder_point), (350.0, 420.0));
///
/// // A longer mean lead time alone moves safety stock into lead time demand, and the reorder
/// // point nowhere: with max-average it is peak x longest lead time.
/// facts.lead_time = LeadTime::new(14.0, 0.0, 21.0).unwrap();
/// let later = targets(&facts, &outlook, &settings, &mut Explanation::unrecorded());
/// assert_eq!((later.safety_stock, later.reorder_point), (280.0, 420.0));
/// ```
#[must_use]
pub fn targets(
    facts: &PoolFacts,
    outlook: &Outlook<'_>,
    settings: &Settings,
    explain: &mut Explanation,
) -> Targets {
    if let Some(network) = &facts.network {
        return network_targets(facts, network, explain);
    }
    let cell = settings.of_item(facts.abc, facts.xyz, facts.group);
    let review_days = cell.review_period_days.unwrap_or(settings.review_period_days);
    let chances =
        facts.calendar.opportunities(facts.as_of, facts.lead_time.mean_days(), review_days);
    let interval = ProtectionInterval {
        lead_days: chances.next.arrival,
        review_days: chances.after.arrival - chances.next.arrival,
    };
    let mut protection =
        outlook.demand_until_about(0.0, interval.days(), facts.lead_time.sd_days());
    let per_day = protection.mean() / interval.days();

    // How much one order brings, which also says how long a unit too many lies.
    let asked = cell.method.unwrap_or(settings.method);
    let holding_a_year = holding_a_year(facts, outlook, settings);
    let eoq = eoq(per_day * 365.0, settings.order_cost, holding_a_year);
    // A lot is bought for the demand that is dated after the protection interval: at a season's end
    // today's rate times sixty would lie on the shelf until the next.
    let after = LotDemand {
        mean: outlook.mean,
        period_days: outlook.period_days,
        from_days: interval.days(),
    };
    let balanced = after.balanced(settings.order_cost, holding_a_year / 365.0);
    // At most some weeks of demand with `auto`: the economic quantity of a cheap slow mover would
    // last for years.
    let cycle_days = match settings.order_quantity {
        _ if settings.order_rule == OrderRule::OrderUpTo => 0.0,
        OrderQuantity::None => 0.0,
        OrderQuantity::DaysOfCover => settings.order_cover_days,
        OrderQuantity::Eoq => balanced.unwrap_or(settings.order_cover_days),
        OrderQuantity::Auto => match asked {
            Method::Auto | Method::Cost if holding_a_year > 0.0 => {
                balanced.unwrap_or(0.0).min(settings.order_cover_days)
            }
            _ => settings.order_cover_days,
        },
    };
    let lot = after.over(cycle_days);
    let between_orders = interval.review_days.max(cycle_days);
    let under_way = facts.deliveries.overtaking(facts.lead_time, between_orders);
    if let Some(variance) = under_way {
        protection = outlook.demand_until_about(0.0, interval.days(), variance.sqrt());
    }
    let is_economic = balanced == Some(cycle_days);

    let mut notes = Vec::new();
    let holding_a_review = holding_a_year / 365.0 * interval.review_days;
    let margin = facts.economics.margin().map(Money::as_f64);
    let shortage = settings.shortage_per_unit.or(margin).unwrap_or(0.0);
    let costs_known = holding_a_review > 0.0 && shortage > 0.0;
    if let Some(variance) = under_way {
        notes.push(format!(
            "deliveries overtake each other: what is under way varies by {:.1} days, not by the \
             {:.1} of one of them",
            variance.sqrt(),
            facts.lead_time.sd_days()
        ));
    }
    let method = choose(asked, costs_known, facts, settings, &mut notes);
    // What channels are promised stands over what the class is given.
    let promised = facts.promised_service.map(|share| share.clamp(0.0, 1.0 - FARTHEST_TAIL));
    let target = promised.unwrap_or(cell.service.get());
    let covered = match method {
        Method::MaxAverage => cover_peak(facts, target, explain),
        _ => {
            let lead_days = interval.lead_days;
            let mean = protection.mean();
            explain.step("protection_mean", "mean", Unit::Units, [("mean", mean)], mean);
            explain.note(|| {
                if (lead_days - facts.lead_time.mean_days()).abs() < 1e-9
                    && (interval.review_days - review_days).abs() < 1e-9
                {
                    return format!(
                        "expected demand of {:.1} days: lead time {lead_days:.1} + review {:.1}",
                        interval.days(),
                        interval.review_days
                    );
                }
                format!(
                    "expected demand of {:.1} days: the supplier takes orders in {:.0} and, after \
                     the review, in {:.0} days, and delivers in {:.1}",
                    interval.days(),
                    chances.next.order,
                    chances.after.order,
                    facts.lead_time.mean_days()
                )
            });
            match method {
                Method::Normal => cover_normal(&protection, target, explain),
                Method::JustInTime | Method::Cover => {
                    explain.step("safety_stock", "0", Unit::Units, [], 0.0);
                    explain.note(|| "none from a formula".into());
                    Covered { service: target, level: mean, safety_stock: 0.0 }
                }
                Method::Cost => {
                    let days = cycle_days.max(after.until_sold(per_day * interval.review_days));
                    let reviews = (days / interval.review_days).max(1.0);
                    let holding = holding_a_review * reviews;
                    let service = critical_ratio(shortage, holding);
                    let formula = "shortage / (shortage + holding)";
                    let inputs = [("shortage", shortage), ("holding", holding)];
                    explain.step("service", formula, Unit::Probability, inputs, service);
                    explain.note(|| {
                        "cost of a unit short against a unit left over until the next order".into()
                    });
                    // A target that somebody has set for the cell, or promised to a channel, is
                    // kept whatever the costs say.
                    let floor = promised.or(settings.own_target(facts.abc, facts.xyz, facts.group));
                    let bound = floor.map(|floor| Bound { floor, by_cost: service });
                    notes.extend(bound.map(|bound| bound.sentence()));
                    let kept = bound.map_or(service, |bound| bound.floor.max(service));
                    if kept > service {
                        let inputs = [("target", kept)];
                        let formula = "max(service, target)";
                        explain.step("service", formula, Unit::Probability, inputs, kept);
                        explain.note(|| "never below the target that is set".into());
                    }
                    cover_quantile(&protection, kept, explain)
                }
                Method::FillRate => {
                    let cycle = lot.max(per_day * interval.review_days);
                    let level = fill_rate_level(&protection, cycle, target);
                    let percent = 100.0 * target;
                    explain_level(level, explain);
                    explain.note(|| format!("the stock that fills {percent:.1} % of demand"));
                    cover_level(&protection, target, level, explain)
                }
                Method::Auto | Method::Quantile | Method::MaxAverage => {
                    cover_quantile(&protection, target, explain)
                }
            }
        }
    };

    let safety_stock = in_cover_band(&covered, facts, method, per_day, settings, explain);
    if settings.cover_mode == CoverMode::Formula && method != Method::Cover {
        notes.extend(out_of_band(&covered, facts, per_day, settings));
    }
    let lot_on_top = if settings.order_rule == OrderRule::OrderUpTo { 0.0 } else { lot };
    let lot_kind = if is_economic { LotKind::Economic } else { LotKind::OneOrder };
    let most = facts.max_stock;
    let asked = Asked { covered: &covered, safety_stock, lot: lot_on_top, lot_kind, most };
    let levels = within_limits(facts, method, &protection, asked, explain);
    Targets {
        method,
        interval,
        review_days,
        shelf_life_days: facts.shelf_life_days,
        protection,
        service: covered.service,
        per_day,
        safety_stock: levels.safety_stock,
        reorder_point: levels.reorder_point,
        order_up_to: levels.order_up_to,
        limit: levels.limit,
        lot,
        eoq,
        notes,
    }
}

/// The targets of a place in a network, from the level that its network gives it: what planners
/// have set by hand, and the least and most stock, hold there as everywhere.
fn network_targets(
    facts: &PoolFacts,
    network: &NetworkLevel,
    explain: &mut Explanation,
) -> Targets {
    let NetworkLevel { interval, protection, service, reorder_point, lifted, lot, .. } = network;
    let mean = protection.mean();
    explain.step("protection_mean", "mean", Unit::Units, [("mean", mean)], mean);
    explain.note(|| match network.covers {
        Covers::Place => format!(
            "expected demand of {:.1} days: the way {:.1} + between departures {:.1}",
            interval.days(),
            interval.lead_days,
            interval.review_days
        ),
        Covers::Echelon => format!(
            "expected demand of this location and all that it feeds until the purchase after the \
             next one has reached them: {:.1} days and the ways",
            interval.days()
        ),
    });
    explain.step("service", "ratio", Unit::Probability, [("ratio", *service)], *service);
    explain.note(|| match network.covers {
        Covers::Place => {
            "a unit short against a unit that lies there instead of at its source".into()
        }
        Covers::Echelon => "a unit short anywhere against a unit left over".into(),
    });
    if *lifted > 0.0 {
        let inputs = [("quantile", reorder_point - lifted), ("kept_below", *lifted)];
        let formula = "quantile + kept_below";
        explain.step("protection_level", formula, Unit::Units, inputs, *reorder_point);
        explain.note(|| {
            "the locations that it feeds keep so much more than demand asks for: least stock, or \
             set by hand"
                .into()
        });
    } else {
        explain_level(*reorder_point, explain);
    }
    let covered = cover_level(protection, *service, *reorder_point, explain);
    let safety_stock = covered.safety_stock;
    let method = Method::Cost;
    let lot_kind = LotKind::Transfer;
    let most = match network.covers {
        Covers::Place => facts.max_stock,
        // What may lie on the shelf of a source bounds its purchase, not what all places hold.
        Covers::Echelon => None,
    };
    let asked = Asked { covered: &covered, safety_stock, lot: *lot, lot_kind, most };
    let levels = within_limits(facts, method, protection, asked, explain);
    Targets {
        method,
        interval: *interval,
        review_days: interval.review_days,
        shelf_life_days: facts.shelf_life_days,
        protection: protection.clone(),
        service: *service,
        per_day: mean / interval.days().max(1.0),
        safety_stock: levels.safety_stock,
        reorder_point: levels.reorder_point,
        order_up_to: levels.order_up_to,
        limit: levels.limit,
        lot: *lot,
        eoq: None,
        notes: Vec::new(),
    }
}

/// Service that a place of a network keeps: what costs ask for, and no less than what is set for
/// its cell or promised to a channel; the target where costs are not known, or not asked.
#[must_use]
pub fn network_service(facts: &PoolFacts, settings: &Settings, by_cost: Option<f64>) -> f64 {
    let cell = settings.of_item(facts.abc, facts.xyz, facts.group);
    let promised = facts.promised_service.map(|share| share.clamp(0.0, 1.0 - FARTHEST_TAIL));
    let by_cost = match cell.method.unwrap_or(settings.method) {
        Method::Auto | Method::Cost => by_cost,
        Method::MaxAverage
        | Method::Normal
        | Method::Quantile
        | Method::Cover
        | Method::FillRate
        | Method::JustInTime => None,
    };
    let Some(service) = by_cost else { return promised.unwrap_or(cell.service.get()) };
    let floor = promised.or(settings.own_target(facts.abc, facts.xyz, facts.group));
    floor.map_or(service, |floor| floor.max(service))
}

/// Units that one purchase brings above the level of an echelon which sells `per_day`.
#[must_use]
pub fn network_lot(
    facts: &PoolFacts,
    settings: &Settings,
    per_day: f64,
    holding_a_day: f64,
) -> f64 {
    if settings.order_rule == OrderRule::OrderUpTo || per_day <= 0.0 {
        return 0.0;
    }
    let cell = settings.of_item(facts.abc, facts.xyz, facts.group);
    let economic = eoq(per_day * 365.0, settings.order_cost, holding_a_day * 365.0);
    let most = settings.order_cover_days * per_day;
    match settings.order_quantity {
        OrderQuantity::None => 0.0,
        OrderQuantity::DaysOfCover => most,
        OrderQuantity::Eoq => economic.unwrap_or(most),
        OrderQuantity::Auto => match cell.method.unwrap_or(settings.method) {
            Method::Auto | Method::Cost if holding_a_day > 0.0 => economic.unwrap_or(0.0).min(most),
            _ => most,
        },
    }
}

/// What the arithmetic asks for, before hand-set values and limits.
struct Asked<'a> {
    covered: &'a Covered,
    safety_stock: f64,
    /// On top of the reorder point.
    lot: f64,
    lot_kind: LotKind,
    /// Most stock to hold.
    most: Option<f64>,
}

/// What the lot on top of a reorder point is.
#[derive(Clone, Copy)]
enum LotKind {
    /// The economic order quantity.
    Economic,
    /// One order.
    OneOrder,
    /// One transfer, or one purchase of an echelon.
    Transfer,
}

/// Levels that keep hand-set values, the least and the most stock.
struct Levels {
    safety_stock: f64,
    reorder_point: f64,
    order_up_to: f64,
    limit: Option<Limit>,
}

fn within_limits(
    facts: &PoolFacts,
    method: Method,
    protection: &Demand,
    asked: Asked<'_>,
    explain: &mut Explanation,
) -> Levels {
    let Asked { covered, mut safety_stock, lot, most, .. } = asked;
    // The level the method covers may lie below the mean (a low target), where there is no safety
    // stock to subtract: bands and limits move it by what they change, so that it is never rebuilt
    // from the mean.
    let mut reorder_point = covered.level + (safety_stock - covered.safety_stock);
    if let Some(stock) = facts.by_hand.safety_stock {
        explain.step("safety_stock", "override", Unit::Units, [("override", stock)], stock);
        explain.note(|| "set by hand".into());
        reorder_point += stock - safety_stock;
        safety_stock = stock;
    }
    if let Some(least) = facts.min_stock {
        if least > safety_stock {
            reorder_point += least - safety_stock;
            safety_stock = least;
        }
        let formula = "max(safety_stock, min_stock)";
        explain.step("safety_stock", formula, Unit::Units, [("min_stock", least)], safety_stock);
        explain.note(|| "never below the minimum stock".into());
    }

    // A reorder point set by hand stands over formula and least stock, but not over the most stock
    // to hold.
    reorder_point = facts.by_hand.reorder_point.unwrap_or(reorder_point).max(0.0);
    explain_reorder_point(facts, method, protection, covered, reorder_point, explain);
    let mut order_up_to = facts.by_hand.order_up_to.unwrap_or(reorder_point + lot);
    let mut limit = None;
    if let Some(most) = most {
        let beyond = order_up_to.max(reorder_point) > most;
        limit = beyond.then_some(Limit { most, reorder_point, order_up_to });
        order_up_to = order_up_to.min(most);
        reorder_point = reorder_point.min(most);
        let formula = "min(reorder_point, max_stock)";
        explain.step("reorder_point", formula, Unit::Units, [("max_stock", most)], reorder_point);
        explain.note(|| "never above the maximum stock".into());
    }
    // By hand it may have been set below the reorder point, where every order would call for the
    // next.
    order_up_to = order_up_to.max(reorder_point);
    let levels = Levels { safety_stock, reorder_point, order_up_to, limit };
    explain_order_up_to(facts, &asked, &levels, explain);
    levels
}

/// Cost of holding one unit for a year, currency; 0 when the unit's cost is unknown. `[v r]`
fn holding_a_year(facts: &PoolFacts, outlook: &Outlook<'_>, settings: &Settings) -> f64 {
    match settings.holding_per_unit_period {
        Some(holding) => holding * 365.0 / outlook.period_days,
        None => {
            let cost = facts.economics.landed_cost.unwrap_or_default().as_f64();
            settings.holding_rate_per_year * cost
        }
    }
}

/// The method that is used where `asked` is: what it needs may be unknown.
fn choose(
    asked: Method,
    costs_known: bool,
    facts: &PoolFacts,
    settings: &Settings,
    notes: &mut Vec<String>,
) -> Method {
    match asked {
        Method::Auto if costs_known => Method::Cost,
        Method::Auto => Method::Quantile,
        Method::Cost if !costs_known => {
            notes.push(
                "no holding or shortage cost known: service quantile instead of the critical ratio"
                    .into(),
            );
            Method::Quantile
        }
        Method::JustInTime => match just_in_time_refusal(facts, settings) {
            Some(reason) => {
                notes.push(format!("just-in-time refused: {reason}"));
                Method::Quantile
            }
            None => Method::JustInTime,
        },
        Method::Cover if settings.cover_bands.of(facts.velocity).is_none() => {
            notes.push("no velocity class, so no cover band: service quantile instead".into());
            Method::Quantile
        }
        other => other,
    }
}

/// Why just-in-time is not for this pool; `None` when it is.
fn just_in_time_refusal(facts: &PoolFacts, settings: &Settings) -> Option<String> {
    let limits = settings.just_in_time;
    let mean = facts.lead_time.mean_days();
    let sd = facts.lead_time.sd_days();
    if facts.xyz != Some(XyzClass::X) {
        let class = facts.xyz.map_or("unknown", XyzClass::name);
        return Some(format!("demand is class {class}, not X"));
    }
    if mean > limits.max_lead_time_days {
        let most = limits.max_lead_time_days;
        return Some(format!("a lead time of {mean:.1} days is longer than {most:.1}"));
    }
    if sd > limits.max_variation * mean {
        let percent = 100.0 * sd / mean;
        let most = 100.0 * limits.max_variation;
        return Some(format!(
            "the lead time varies by {percent:.0} % of its mean, more than {most:.0} %"
        ));
    }
    None
}

/// The classic formula, without a review interval: peak demand over the longest lead time.
fn cover_peak(facts: &PoolFacts, service: f64, explain: &mut Explanation) -> Covered {
    let lead_time = facts.lead_time;
    let past = facts.past;
    let safety_stock = max_average(
        past.peak_per_day,
        lead_time.max_days(),
        past.average_per_day,
        lead_time.mean_days(),
    );
    let inputs = [
        ("peak", past.peak_per_day),
        ("max_lead_time", lead_time.max_days()),
        ("average", past.average_per_day),
        ("lead_time", lead_time.mean_days()),
    ];
    let formula = "max(peak * max_lead_time - average * lead_time, 0)";
    explain.step("safety_stock", formula, Unit::Units, inputs, safety_stock);
    explain.note(|| "peak demand over the longest lead time".into());
    let level = past.average_per_day * lead_time.mean_days() + safety_stock;
    Covered { service, level, safety_stock }
}

fn cover_normal(protection: &Demand, service: f64, explain: &mut Explanation) -> Covered {
    let mean = protection.mean();
    let sd = protection.sd();
    let z = normal::quantile(service);
    let level = mean + normal(z, 1.0, sd, 0.0, 0.0);
    let safety_stock = (level - mean).max(0.0);
    explain.step(
        "safety_stock",
        "max(z * sd, 0)",
        Unit::Units,
        [("z", z), ("sd", sd)],
        safety_stock,
    );
    explain.note(|| {
        let percent = 100.0 * service;
        format!(
            "normal quantile of {percent:.1} % cycle service times the spread over the interval"
        )
    });
    Covered { service, level, safety_stock }
}

fn cover_quantile(protection: &Demand, service: f64, explain: &mut Explanation) -> Covered {
    let level = protection.quantile(service.clamp(FARTHEST_TAIL, 1.0 - FARTHEST_TAIL));
    explain_level(level, explain);
    explain.note(|| {
        let percent = 100.0 * service;
        format!("demand stays at or below it with probability {percent:.1} %")
    });
    cover_level(protection, service, level, explain)
}

fn explain_level(level: f64, explain: &mut Explanation) {
    explain.step("protection_level", "quantile", Unit::Units, [("quantile", level)], level);
}

/// Demand is covered up to `level`: what of it lies above the mean is safety stock.
fn cover_level(
    protection: &Demand,
    service: f64,
    level: f64,
    explain: &mut Explanation,
) -> Covered {
    let safety_stock = (level - protection.mean()).max(0.0);
    let formula = "max(protection_level - protection_mean, 0)";
    explain.step("safety_stock", formula, Unit::Units, [], safety_stock);
    Covered { service, level, safety_stock }
}

/// Safety stock after the cover bands: in the middle of the band, moved to its nearer end, or as
/// the formula says.
fn in_cover_band(
    covered: &Covered,
    facts: &PoolFacts,
    method: Method,
    per_day: f64,
    settings: &Settings,
    explain: &mut Explanation,
) -> f64 {
    let Some(band) = settings.cover_bands.of(facts.velocity) else { return covered.safety_stock };
    let least = band.least * per_day;
    let most = band.most * per_day;
    let formula;
    let stock;
    if method == Method::Cover || settings.cover_mode == CoverMode::Band {
        formula = "(least_days + most_days) / 2 * per_day";
        stock = 0.5 * (least + most);
    } else if settings.cover_mode == CoverMode::Clamp {
        formula = "min(max(safety_stock, least_days * per_day), most_days * per_day)";
        stock = covered.safety_stock.clamp(least, most);
    } else {
        return covered.safety_stock;
    }
    let inputs = [("per_day", per_day), ("least_days", band.least), ("most_days", band.most)];
    explain.step("safety_stock", formula, Unit::Units, inputs, stock);
    explain.note(|| format!("cover band of a {} mover", facts.velocity));
    stock
}

/// What to say about a safety stock that the formula puts outside its band.
fn out_of_band(
    covered: &Covered,
    facts: &PoolFacts,
    per_day: f64,
    settings: &Settings,
) -> Option<String> {
    let band = settings.cover_bands.of(facts.velocity)?;
    let least = band.least * per_day;
    let most = band.most * per_day;
    if per_day <= 0.0 || (least..=most).contains(&covered.safety_stock) {
        return None;
    }
    let days = covered.safety_stock / per_day;
    Some(format!(
        "safety stock of {days:.0} days is outside the {} band of {:.0}-{:.0}",
        facts.velocity, band.least, band.most
    ))
}

fn explain_reorder_point(
    facts: &PoolFacts,
    method: Method,
    protection: &Demand,
    covered: &Covered,
    reorder_point: f64,
    explain: &mut Explanation,
) {
    // How far the covered level lies below the mean: then there is no safety stock, and the reorder
    // point itself is lower.
    let below = (protection.mean() + covered.safety_stock - covered.level).max(0.0);
    if let Some(point) = facts.by_hand.reorder_point {
        let inputs = [("override", point)];
        explain.step("reorder_point", "override", Unit::Units, inputs, reorder_point);
        explain.note(|| "set by hand".into());
    } else if method == Method::MaxAverage {
        let average = facts.past.average_per_day;
        let inputs = [("average", average), ("lead_time", facts.lead_time.mean_days())];
        let formula = "average * lead_time + safety_stock";
        explain.step("reorder_point", formula, Unit::Units, inputs, reorder_point);
    } else if below <= 1e-9 * covered.level.abs().max(1.0) {
        let formula = "protection_mean + safety_stock";
        explain.step("reorder_point", formula, Unit::Units, [], reorder_point);
    } else {
        let formula = "max(protection_mean + safety_stock - below_mean, 0)";
        let inputs = [("below_mean", below)];
        explain.step("reorder_point", formula, Unit::Units, inputs, reorder_point);
        explain.note(|| "the target is so low that not even mean demand is covered".into());
    }
}

fn explain_order_up_to(
    facts: &PoolFacts,
    asked: &Asked<'_>,
    levels: &Levels,
    explain: &mut Explanation,
) {
    let Asked { lot, lot_kind, most, .. } = *asked;
    let Levels { reorder_point, order_up_to, .. } = *levels;
    if facts.by_hand.order_up_to.is_some() {
        let inputs = [("override", order_up_to)];
        explain.step("order_up_to", "override", Unit::Units, inputs, order_up_to);
        explain.note(|| "set by hand".into());
        return;
    }
    match most.filter(|&most| reorder_point + lot > most) {
        Some(most) => {
            let formula = "max(min(reorder_point + lot, max_stock), reorder_point)";
            let inputs = [("lot", lot), ("max_stock", most)];
            explain.step("order_up_to", formula, Unit::Units, inputs, order_up_to);
        }
        None => {
            let formula = "reorder_point + lot";
            explain.step("order_up_to", formula, Unit::Units, [("lot", lot)], order_up_to);
        }
    }
    explain.note(|| {
        let what = match lot_kind {
            LotKind::Economic => "economic order quantity",
            LotKind::OneOrder => "one order",
            LotKind::Transfer => "one transfer or purchase",
        };
        format!("{what} on top")
    });
}

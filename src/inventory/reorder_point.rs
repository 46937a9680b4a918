//! The targets of one pool: safety stock, reorder point and order-up-to level, independent of where the stock stands today.
//!
//! Stock ordered now must last until the *next* order can arrive: the protection interval, lead time `L` plus review interval `R`.
//! The targets are read off demand over that interval, so they change only with forecast, lead time or settings; a replay
//! computes them once per refresh of the forecast and the nightly run once.

use crate::domain::classes::XyzClass;
use crate::inventory::PoolInput;
use crate::inventory::lot_size::{days_of_cover, eoq};
use crate::inventory::safety_stock::{critical_ratio, fill_rate_level, max_average, normal};
use crate::inventory::settings::{CoverMode, Method, OrderQuantity, OrderRule, Settings};
use crate::math::distributions::Demand;
use crate::math::distributions::normal_quantile;

/// What a pool is steered by. All quantities in units, all times in calendar days.
#[derive(Debug, Clone, PartialEq)]
pub struct Targets {
    /// The method that made them (never `Auto`).
    pub method: Method,
    /// Mean lead time.
    pub lead_days: f64,
    /// Review interval.
    pub review_days: f64,
    /// Demand over lead time and review, spread of the lead time included.
    pub protection: Demand,
    /// Cycle service, fill rate or critical ratio aimed at.
    pub service: f64,
    /// Mean demand a day over the protection interval.
    pub per_day: f64,
    /// What the method's formula gives, before cover bands and limits.
    pub formula_stock: f64,
    /// The level the method protects up to, before safety stock is changed by bands, limits or overrides.
    pub base_level: f64,
    /// Safety stock.
    pub safety_stock: f64,
    /// Order when the position is at or below it.
    pub reorder_point: f64,
    /// Order up to it.
    pub order_up_to: f64,
    /// Units of one order above the reorder point.
    pub lot: f64,
    /// Economic order quantity, where costs are known.
    pub eoq: Option<f64>,
    /// Cost of a unit short and of a unit left over until the next order, where the method used them.
    pub unit_costs: Option<(f64, f64)>,
    /// Why another method was used than asked for; a cover band that does not hold.
    pub notes: Vec<String>,
}

impl Targets {
    /// Whether the classic formula without a review interval made them.
    #[must_use]
    pub fn is_max_average(&self) -> bool {
        self.method == Method::MaxAverage
    }
}

/// Computes the targets of a pool; its stock is not looked at.
#[must_use]
pub fn targets(pool: &PoolInput<'_>, settings: &Settings) -> Targets {
    let cell = settings.cell(pool.abc, pool.xyz);
    let review_days = cell.review_period_days.unwrap_or(settings.review_period_days);
    let costs = unit_costs(pool, settings, review_days);
    let mut notes = Vec::new();
    let asked = cell.method.unwrap_or(settings.method);
    let method = choose(asked, costs.is_some(), pool, settings, &mut notes);
    let lead_days = pool.lead_time.mean().0;
    let protection =
        pool.outlook.demand_until_about(0.0, lead_days + review_days, pool.lead_time.sd().0);
    let per_day = protection.mean() / (lead_days + review_days);
    let holding = holding_a_year(pool, settings);
    let eoq = eoq(per_day * 365.0, settings.order_cost, holding);
    let lot = lot(settings, asked, per_day, (eoq, holding));
    let mut targets = Targets {
        method,
        lead_days,
        review_days,
        service: cell.service.get(),
        per_day,
        formula_stock: 0.0,
        base_level: 0.0,
        safety_stock: 0.0,
        reorder_point: 0.0,
        order_up_to: 0.0,
        lot,
        eoq,
        unit_costs: costs
            .filter(|_| method == Method::Cost)
            .map(|(s, h)| (s, h * cycle_reviews(lot, per_day, review_days))),
        protection,
        notes,
    };
    apply_method(&mut targets, pool);
    apply_cover_band(&mut targets, pool, settings);
    apply_limits(&mut targets, pool, settings);
    targets
}

/// (shortage of one unit, holding of one unit for one review), where both are known and positive.
fn unit_costs(pool: &PoolInput<'_>, settings: &Settings, review_days: f64) -> Option<(f64, f64)> {
    let shortage = settings.shortage_per_unit.unwrap_or(pool.unit_margin);
    let holding = holding_a_year(pool, settings) / 365.0 * review_days;
    (holding > 0.0 && shortage > 0.0).then_some((shortage, holding))
}

/// Reviews between two orders: one, or as many as a lot lasts. A unit too many is held until the next order, not the next review.
///
/// With lost sales the probability of a stock-out in a cycle is best at `h Q / (h Q + b D)`: Silver, Pyke & Thomas (2017), ch. 7.
fn cycle_reviews(lot: f64, per_day: f64, review_days: f64) -> f64 {
    if lot > 0.0 && per_day > 0.0 { (lot / per_day / review_days).max(1.0) } else { 1.0 }
}

fn choose(
    asked: Method,
    costs: bool,
    pool: &PoolInput<'_>,
    settings: &Settings,
    notes: &mut Vec<String>,
) -> Method {
    match asked {
        Method::Auto if costs => Method::Cost,
        Method::Auto => Method::Quantile,
        Method::Cost if !costs => {
            notes.push(
                "no holding or shortage cost known: service quantile instead of the critical ratio"
                    .into(),
            );
            Method::Quantile
        }
        Method::JustInTime => match just_in_time_refusal(pool, settings) {
            Some(reason) => {
                notes.push(format!("just-in-time refused: {reason}"));
                Method::Quantile
            }
            None => Method::JustInTime,
        },
        Method::Cover if settings.cover_bands.of(pool.velocity).is_none() => {
            notes.push("no velocity class, so no cover band: service quantile instead".into());
            Method::Quantile
        }
        other => other,
    }
}

/// Why just-in-time is not for this pool; `None` when it is.
#[must_use]
pub fn just_in_time_refusal(pool: &PoolInput<'_>, settings: &Settings) -> Option<String> {
    let limits = settings.just_in_time;
    let (mean, sd) = (pool.lead_time.mean().0, pool.lead_time.sd().0);
    if pool.xyz != Some(XyzClass::X) {
        Some(format!("demand is class {}, not X", pool.xyz.map_or("unknown", XyzClass::name)))
    } else if mean > limits.max_lead_time_days {
        Some(format!(
            "a lead time of {mean:.1} days is longer than {:.1}",
            limits.max_lead_time_days
        ))
    } else if sd > limits.max_variation * mean {
        let percent = 100.0 * sd / mean;
        Some(format!(
            "the lead time varies by {percent:.0} % of its mean, more than {:.0} %",
            100.0 * limits.max_variation
        ))
    } else {
        None
    }
}

/// Cost of holding one unit for a year, currency; 0 when the unit's cost is unknown.
fn holding_a_year(pool: &PoolInput<'_>, settings: &Settings) -> f64 {
    let per_period = settings.holding_per_unit_period.map(|h| h * 365.0 / pool.outlook.period_days);
    per_period.unwrap_or(settings.holding_rate_per_year * pool.unit_cost)
}

fn lot(
    settings: &Settings,
    asked: Method,
    per_day: f64,
    (eoq, holding): (Option<f64>, f64),
) -> f64 {
    let cover = days_of_cover(per_day, settings.order_cover_days);
    match settings.order_quantity {
        _ if settings.order_rule == OrderRule::OrderUpTo => 0.0,
        OrderQuantity::None => 0.0,
        OrderQuantity::DaysOfCover => cover,
        OrderQuantity::Eoq => eoq.unwrap_or(cover),
        OrderQuantity::Auto if matches!(asked, Method::Auto | Method::Cost) && holding > 0.0 => {
            eoq.unwrap_or(0.0).min(cover)
        }
        OrderQuantity::Auto => cover,
    }
}

/// Fills `service`, `formula_stock` and `base_level` by the chosen method.
fn apply_method(targets: &mut Targets, pool: &PoolInput<'_>) {
    let (mean, sd) = (targets.protection.mean(), targets.protection.sd());
    let read_quantile = |p: f64| targets.protection.quantile(p.clamp(1e-4, 0.9999));
    let level = match targets.method {
        Method::MaxAverage => {
            let lead_time = pool.lead_time;
            let stock = max_average(
                pool.peak_per_day,
                lead_time.max().0,
                pool.average_per_day,
                lead_time.mean().0,
            );
            targets.formula_stock = stock;
            targets.base_level = pool.average_per_day * lead_time.mean().0 + stock;
            return;
        }
        Method::Normal => mean + normal(normal_quantile(targets.service), 1.0, sd, 0.0, 0.0),
        Method::Cost => {
            let (shortage, holding) = targets.unit_costs.unwrap_or((1.0, 1.0));
            targets.service = critical_ratio(shortage, holding);
            read_quantile(targets.service)
        }
        Method::FillRate => {
            let cycle = targets.lot.max(targets.per_day * targets.review_days);
            fill_rate_level(&targets.protection, cycle, targets.service)
        }
        Method::JustInTime | Method::Cover => mean,
        Method::Auto | Method::Quantile => read_quantile(targets.service),
    };
    targets.formula_stock = (level - mean).max(0.0);
    targets.base_level = level;
}

/// Applies the cover bands: replaces, clamps or only flags the computed safety stock.
fn apply_cover_band(targets: &mut Targets, pool: &PoolInput<'_>, settings: &Settings) {
    targets.safety_stock = targets.formula_stock;
    let Some((low, high)) = settings.cover_bands.of(pool.velocity) else { return };
    let (least, most) = (low * targets.per_day, high * targets.per_day);
    let band = settings.cover_mode == CoverMode::Band || targets.method == Method::Cover;
    if band {
        targets.safety_stock = 0.5 * (least + most);
    } else if settings.cover_mode == CoverMode::Clamp {
        targets.safety_stock = targets.formula_stock.clamp(least, most);
    } else if targets.per_day > 0.0 && !(least..=most).contains(&targets.formula_stock) {
        let days = targets.formula_stock / targets.per_day;
        targets.notes.push(format!(
            "safety stock of {days:.0} days is outside the {} band of {low:.0}-{high:.0}",
            pool.velocity
        ));
    }
}

/// Minimum stock, overrides, lot and maximum stock, in this order.
fn apply_limits(targets: &mut Targets, pool: &PoolInput<'_>, settings: &Settings) {
    let changed = targets.safety_stock - targets.formula_stock;
    targets.reorder_point = targets.base_level + changed;
    if let Some(stock) = pool.pinned.safety_stock {
        targets.reorder_point += stock - targets.safety_stock;
        targets.safety_stock = stock;
    }
    if let Some(least) = pool.min_stock.filter(|&least| least > targets.safety_stock) {
        targets.reorder_point += least - targets.safety_stock;
        targets.safety_stock = least;
    }
    targets.reorder_point = pool.pinned.reorder_point.unwrap_or(targets.reorder_point).max(0.0);
    let lot = if settings.order_rule == OrderRule::OrderUpTo { 0.0 } else { targets.lot };
    targets.order_up_to = pool.pinned.order_up_to.unwrap_or(targets.reorder_point + lot);
    if let Some(most) = pool.max_stock {
        targets.order_up_to = targets.order_up_to.min(most);
        targets.reorder_point = targets.reorder_point.min(most);
    }
    targets.order_up_to = targets.order_up_to.max(targets.reorder_point);
}

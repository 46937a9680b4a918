//! Turns targets and need into arithmetic that recomputes: the steps a planner reads and a test checks.

use crate::domain::classes::PolicyMethod;
use crate::domain::outcome::Policy;
use crate::explain::{Step, Unit};
use crate::inventory::PoolInput;
use crate::inventory::need::Need;
use crate::inventory::reorder_point::Targets;
use crate::inventory::settings::{CoverMode, Method, OrderRule, Settings};
use crate::math::distributions::normal_quantile;

/// The row of `policy.parquet`.
pub(crate) fn policy_row(pool: &PoolInput<'_>, targets: &Targets, settings: &Settings) -> Policy {
    Policy {
        sku: pool.sku,
        location: pool.location,
        lead_time_mean: pool.lead_time.mean().0,
        lead_time_sd: pool.lead_time.sd().0,
        lead_time_max: pool.lead_time.max().0,
        lead_time_source: pool.lead_time_source.to_string(),
        review_period: targets.review_days,
        protection_mean: targets.protection.mean(),
        protection_sd: targets.protection.sd(),
        service_target: targets.service,
        method: reported(targets.method),
        safety_stock: targets.safety_stock,
        reorder_point: targets.reorder_point,
        order_up_to: targets.order_up_to,
        eoq: targets.eoq,
        steps: target_steps(pool, targets, settings),
    }
}

fn reported(method: Method) -> PolicyMethod {
    match method {
        Method::MaxAverage => PolicyMethod::MaxAverage,
        Method::Normal => PolicyMethod::Normal,
        Method::Auto | Method::Quantile => PolicyMethod::Quantile,
        Method::Cost => PolicyMethod::Cost,
        Method::Cover => PolicyMethod::Cover,
        Method::FillRate => PolicyMethod::FillRate,
        Method::JustInTime => PolicyMethod::JustInTime,
    }
}

fn step(
    name: &'static str,
    formula: &str,
    inputs: &[(&'static str, f64)],
    value: f64,
    note: impl Into<String>,
) -> Step {
    Step {
        name,
        formula: formula.into(),
        inputs: inputs.to_vec(),
        value,
        unit: Unit::Units,
        note: note.into(),
    }
}

/// Safety stock, reorder point and order-up-to level as arithmetic.
fn target_steps(pool: &PoolInput<'_>, targets: &Targets, settings: &Settings) -> Vec<Step> {
    let mut steps = Vec::with_capacity(8);
    method_steps(&mut steps, pool, targets);
    band_step(&mut steps, pool, targets, settings);
    if let Some(stock) = pool.pinned.safety_stock {
        steps.push(step("safety_stock", "override", &[("override", stock)], stock, "set by hand"));
    }
    if let Some(least) = pool.min_stock {
        let value = targets.safety_stock;
        steps.push(step(
            "safety_stock",
            "max(safety_stock, min_stock)",
            &[("min_stock", least)],
            value,
            "never below the minimum stock",
        ));
    }
    reorder_point_steps(&mut steps, pool, targets);
    order_up_to_steps(&mut steps, pool, targets, settings);
    steps
}

fn method_steps(steps: &mut Vec<Step>, pool: &PoolInput<'_>, targets: &Targets) {
    let mean = targets.protection.mean();
    let interval = targets.lead_days + targets.review_days;
    if targets.is_max_average() {
        let lead_time = pool.lead_time;
        let inputs = [
            ("peak", pool.peak_per_day),
            ("max_lead_time", lead_time.max().0),
            ("average", pool.average_per_day),
            ("lead_time", lead_time.mean().0),
        ];
        let formula = "max(peak * max_lead_time - average * lead_time, 0)";
        steps.push(step(
            "safety_stock",
            formula,
            &inputs,
            targets.formula_stock,
            "peak demand over the longest lead time",
        ));
        return;
    }
    let note = format!(
        "expected demand of {interval:.1} days: lead time {:.1} + review {:.1}",
        targets.lead_days, targets.review_days
    );
    steps.push(step("protection_mean", "mean", &[("mean", mean)], mean, note));
    let percent = 100.0 * targets.service;
    match targets.method {
        Method::Normal => {
            let inputs = [("z", normal_quantile(targets.service)), ("sd", targets.protection.sd())];
            let note = format!(
                "normal quantile of {percent:.1} % cycle service times the spread over the interval"
            );
            steps.push(step(
                "safety_stock",
                "max(z * sd, 0)",
                &inputs,
                targets.formula_stock,
                note,
            ));
        }
        Method::JustInTime | Method::Cover => {
            steps.push(step("safety_stock", "0", &[], 0.0, "none from a formula"));
        }
        _ => {
            if let Some((shortage, holding)) = targets.unit_costs {
                let inputs = [("shortage", shortage), ("holding", holding)];
                let formula = "shortage / (shortage + holding)";
                let note = "cost of a unit short against a unit left over until the next order";
                steps.push(Step {
                    unit: Unit::Probability,
                    ..step("service", formula, &inputs, targets.service, note)
                });
            }
            let level = targets.base_level;
            let note = match targets.method {
                Method::FillRate => format!("the stock that fills {percent:.1} % of demand"),
                _ => format!("demand stays at or below it with probability {percent:.1} %"),
            };
            steps.push(step("protection_level", "quantile", &[("quantile", level)], level, note));
            steps.push(step(
                "safety_stock",
                "max(protection_level - protection_mean, 0)",
                &[],
                targets.formula_stock,
                "",
            ));
        }
    }
}

fn band_step(steps: &mut Vec<Step>, pool: &PoolInput<'_>, targets: &Targets, settings: &Settings) {
    let band = settings.cover_mode == CoverMode::Band || targets.method == Method::Cover;
    let Some((low, high)) = settings
        .cover_bands
        .of(pool.velocity)
        .filter(|_| band || settings.cover_mode == CoverMode::Clamp)
    else {
        return;
    };
    let inputs = [("per_day", targets.per_day), ("least_days", low), ("most_days", high)];
    let (least, most) = (low * targets.per_day, high * targets.per_day);
    let (formula, value) = if band {
        ("(least_days + most_days) / 2 * per_day", 0.5 * (least + most))
    } else {
        (
            "min(max(safety_stock, least_days * per_day), most_days * per_day)",
            targets.formula_stock.clamp(least, most),
        )
    };
    steps.push(step(
        "safety_stock",
        formula,
        &inputs,
        value,
        format!("cover band of a {} mover", pool.velocity),
    ));
}

fn reorder_point_steps(steps: &mut Vec<Step>, pool: &PoolInput<'_>, targets: &Targets) {
    if let Some(point) = pool.pinned.reorder_point {
        steps.push(step(
            "reorder_point",
            "override",
            &[("override", point)],
            point.max(0.0),
            "set by hand",
        ));
    } else if targets.is_max_average() {
        let inputs = [("average", pool.average_per_day), ("lead_time", pool.lead_time.mean().0)];
        let point = pool.average_per_day * pool.lead_time.mean().0 + targets.safety_stock;
        steps.push(step("reorder_point", "average * lead_time + safety_stock", &inputs, point, ""));
    } else {
        // A level below the mean (a low target) leaves no safety stock and lowers the reorder point itself.
        let below =
            (targets.protection.mean() + targets.formula_stock - targets.base_level).max(0.0);
        let point = (targets.protection.mean() + targets.safety_stock - below).max(0.0);
        let plain = below <= 1e-9 * targets.base_level.abs().max(1.0);
        let formula = if plain {
            "protection_mean + safety_stock"
        } else {
            "max(protection_mean + safety_stock - below_mean, 0)"
        };
        let inputs: &[_] = if plain { &[] } else { &[("below_mean", below)] };
        let note =
            if plain { "" } else { "the target is so low that not even mean demand is covered" };
        steps.push(step("reorder_point", formula, inputs, point, note));
    }
    if let Some(most) = pool.max_stock {
        let note = "never above the maximum stock";
        steps.push(step(
            "reorder_point",
            "min(reorder_point, max_stock)",
            &[("max_stock", most)],
            targets.reorder_point,
            note,
        ));
    }
}

fn order_up_to_steps(
    steps: &mut Vec<Step>,
    pool: &PoolInput<'_>,
    targets: &Targets,
    settings: &Settings,
) {
    if pool.pinned.order_up_to.is_some() {
        let level = targets.order_up_to;
        steps.push(step("order_up_to", "override", &[("override", level)], level, "set by hand"));
        return;
    }
    let lot = if settings.order_rule == OrderRule::OrderUpTo { 0.0 } else { targets.lot };
    let note = if Some(lot) == targets.eoq {
        "economic order quantity on top"
    } else {
        "one order on top"
    };
    let limit = pool.max_stock.unwrap_or(f64::INFINITY);
    let uncapped = targets.reorder_point + lot;
    if uncapped > limit {
        let inputs = [("lot", lot), ("max_stock", limit)];
        let formula = "max(min(reorder_point + lot, max_stock), reorder_point)";
        steps.push(step("order_up_to", formula, &inputs, targets.order_up_to, note));
    } else {
        steps.push(step(
            "order_up_to",
            "reorder_point + lot",
            &[("lot", lot)],
            targets.order_up_to,
            note,
        ));
    }
}

/// Position and need as arithmetic; it goes on from the steps of the policy row.
pub(crate) fn need_steps(
    pool: &PoolInput<'_>,
    targets: &Targets,
    need: &Need,
    waste: f64,
    settings: &Settings,
) -> Vec<Step> {
    let mut steps = Vec::with_capacity(4);
    let mut available = pool.stock.available;
    if waste > 0.0 {
        let inputs = [("available_now", available + waste), ("expires_unsold", waste)];
        available = available + waste - waste;
        steps.push(step(
            "available",
            "available_now - expires_unsold",
            &inputs,
            available,
            "lots that expire before they sell",
        ));
    } else {
        steps.push(step(
            "available",
            "available_now",
            &[("available_now", available)],
            available,
            "",
        ));
    }
    let inputs = [("on_order", need.on_order), ("backorders", pool.stock.backordered)];
    steps.push(step(
        "inventory_position",
        "available + on_order - backorders",
        &inputs,
        need.position,
        "",
    ));
    if let Some(reason) = pool.held {
        steps.push(step("need", "0", &[], 0.0, reason));
        return steps;
    }
    let targets_in =
        [("reorder_point", targets.reorder_point), ("order_up_to", targets.order_up_to)];
    if need.need <= 0.0 {
        let note = if need.position > targets.reorder_point {
            "the position is above the reorder point"
        } else if need.position == targets.reorder_point && need.unserved == 0.0 {
            "the position is the reorder point"
        } else {
            "demand lost before an order could arrive needs no stock: what is on its way covers the rest"
        };
        steps.push(step("need", "0", &targets_in, 0.0, note));
        return steps;
    }
    let mut inputs = targets_in.to_vec();
    inputs.push(("unserved", need.unserved));
    let note = if need.unserved > 0.0 {
        "unserved: demand lost before the order can arrive needs no stock"
    } else {
        ""
    };
    if settings.order_rule == OrderRule::FixedQuantity && targets.lot > 0.0 {
        inputs.push(("lot", targets.lot));
        let formula = "(floor((reorder_point - inventory_position - unserved) / lot) + 1) * lot";
        steps.push(step("need", formula, &inputs, need.need, note));
    } else {
        steps.push(step(
            "need",
            "order_up_to - inventory_position - unserved",
            &inputs,
            need.need,
            note,
        ));
    }
    steps
}

//! Published textbook instances, `tests/oracle/policy.csv` (made by `policy.py` beside it): tolerance 1e-6.

use crate::inventory::lot_size::{
    LotCosts, best_min_max, eoq, eoq_with_breaks, lot_cost, min_max_cost,
};
use crate::inventory::safety_stock::critical_ratio;
use crate::math::distributions::Demand;
use std::collections::BTreeMap;

type Numbers = BTreeMap<String, Vec<f64>>;

fn numbers(text: &str) -> Numbers {
    let pair = |part: &str| {
        let (name, values) = part.split_once('=').unwrap();
        (name.to_string(), values.split(';').map(|v| v.parse().unwrap()).collect())
    };
    text.split_whitespace().map(pair).collect()
}

fn newsvendor(demand: &Demand, get: &dyn Fn(&str) -> f64) -> Vec<(&'static str, f64)> {
    let (holding, shortage) = (get("holding_cost"), get("stockout_cost"));
    let level = demand.quantile(critical_ratio(shortage, holding));
    let costs = LotCosts { order: 0.0, holding, shortage, demand_rate: 0.0 };
    vec![("level", level), ("cost", costs.level_cost(demand, level))]
}

fn reorder_quantity(kind: &str, get: &dyn Fn(&str) -> f64) -> Vec<(&'static str, f64)> {
    let demand = Demand::Poisson { mean: get("demand_mean") * get("lead_time") };
    let (holding, shortage) = (get("holding_cost"), get("stockout_cost"));
    let costs =
        LotCosts { order: get("fixed_cost"), holding, shortage, demand_rate: get("demand_mean") };
    if kind == "reorder_quantity_cost" {
        return vec![(
            "cost",
            costs.reorder_quantity_cost(
                &demand,
                get("reorder_point") as i64,
                get("quantity") as u32,
            ),
        )];
    }
    let (point, quantity, cost) = costs.best_reorder_quantity(&demand);
    vec![("reorder_point", point as f64), ("quantity", f64::from(quantity)), ("cost", cost)]
}

fn min_max(get: &dyn Fn(&str) -> f64) -> Vec<(&'static str, f64)> {
    let demand = Demand::Poisson { mean: get("demand_mean") };
    let costs = LotCosts {
        order: 0.0,
        holding: get("holding_cost"),
        shortage: get("stockout_cost"),
        demand_rate: 0.0,
    };
    let level_cost = |y: i64| costs.level_cost(&demand, y as f64);
    let (s, order_up_to, cost) = best_min_max(get("fixed_cost"), &demand, &level_cost);
    assert_eq!(cost, min_max_cost(s, order_up_to, get("fixed_cost"), &demand, &level_cost));
    vec![("reorder_point", s as f64), ("order_up_to", order_up_to as f64), ("cost", cost)]
}

fn computed(kind: &str, inputs: &Numbers) -> Vec<(&'static str, f64)> {
    let get = |name: &str| inputs[name][0];
    match kind {
        "eoq" => {
            let (demand, order, holding) =
                (get("demand_rate"), get("fixed_cost"), get("holding_cost"));
            let quantity = eoq(demand, order, holding).unwrap();
            vec![("quantity", quantity), ("cost", lot_cost(quantity, demand, order, holding))]
        }
        "eoq_breaks" => {
            let breaks: Vec<_> = inputs["breakpoints"]
                .iter()
                .copied()
                .zip(inputs["unit_costs"].iter().copied())
                .collect();
            let found = eoq_with_breaks(
                get("demand_rate"),
                get("fixed_cost"),
                get("holding_cost_rate"),
                &breaks,
            )
            .unwrap();
            vec![("quantity", found.0), ("cost", found.1)]
        }
        "newsvendor_normal" => {
            newsvendor(&Demand::Normal { mean: get("demand_mean"), sd: get("demand_sd") }, &get)
        }
        "base_stock_normal" => {
            // Periodic review every period: the interval is the lead time and one period more.
            let periods = get("lead_time") + 1.0;
            newsvendor(
                &Demand::Normal {
                    mean: get("demand_mean") * periods,
                    sd: get("demand_sd") * periods.sqrt(),
                },
                &get,
            )
        }
        "newsvendor_poisson" => newsvendor(&Demand::Poisson { mean: get("demand_mean") }, &get),
        "newsvendor_empirical" => {
            newsvendor(&Demand::empirical(inputs["outcomes"].clone()).unwrap(), &get)
        }
        "reorder_quantity_poisson" | "reorder_quantity_cost" => reorder_quantity(kind, &get),
        "min_max_poisson" => min_max(&get),
        "negative_binomial" => {
            let demand = Demand::count(get("mean"), get("sd"));
            vec![
                ("quantile", demand.quantile(get("p"))),
                ("shortfall", demand.expected_shortfall(get("x"))),
            ]
        }
        _ => panic!("an unknown kind: {kind}"),
    }
}

#[test]
fn published_instances_come_out() {
    let rows = include_str!("../../tests/oracle/policy.csv").lines().skip(1);
    let mut seen = 0;
    for line in rows {
        let [kind, instance, inputs, expected] =
            line.splitn(4, ',').collect::<Vec<_>>().try_into().unwrap();
        let expected = numbers(expected);
        for (name, value) in computed(kind, &numbers(inputs)) {
            let wanted = expected[name][0];
            assert!(
                (value - wanted).abs() <= 1e-6 * wanted.abs().max(1.0),
                "{kind} {instance}: {name} {value}, not {wanted}"
            );
            seen += 1;
        }
    }
    assert!(seen >= 30, "only {seen} values were compared");
}

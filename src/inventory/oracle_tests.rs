//! Published textbook instances, `tests/oracle/policy.csv` (made by `policy.py` beside it):
//! tolerance 1e-6.

use crate::inventory::lot_size::eoq;
use crate::inventory::safety_stock::critical_ratio;
use crate::math::distributions::Demand;
use std::collections::BTreeMap;

/// The inputs or the results of an instance, by name.
struct Numbers(BTreeMap<String, Vec<f64>>);

impl Numbers {
    fn parse(text: &str) -> Self {
        let mut numbers = BTreeMap::new();
        for part in text.split_whitespace() {
            let (name, values) = part.split_once('=').unwrap();
            let values = values.split(';').map(|value| value.parse().unwrap()).collect();
            numbers.insert(name.to_owned(), values);
        }
        Self(numbers)
    }

    fn get(&self, name: &str) -> f64 {
        self.0[name][0]
    }
}

/// The level that balances holding and shortage, and what it costs: `h E(y - D)+ + p E(D - y)+`.
fn newsvendor(demand: &Demand, inputs: &Numbers) -> Vec<(&'static str, f64)> {
    let holding = inputs.get("holding_cost");
    let shortage = inputs.get("stockout_cost");
    let level = demand.quantile(critical_ratio(shortage, holding));
    let short = demand.expected_shortfall(level);
    let cost = holding * (level - demand.mean() + short) + shortage * short;
    vec![("level", level), ("cost", cost)]
}

fn computed(kind: &str, inputs: &Numbers) -> Vec<(&'static str, f64)> {
    match kind {
        "eoq" => {
            let demand = inputs.get("demand_rate");
            let order = inputs.get("fixed_cost");
            let holding = inputs.get("holding_cost");
            let quantity = eoq(demand, order, holding).unwrap();
            let cost = demand / quantity * order + quantity / 2.0 * holding;
            vec![("quantity", quantity), ("cost", cost)]
        }
        "newsvendor_normal" => {
            let demand =
                Demand::Normal { mean: inputs.get("demand_mean"), sd: inputs.get("demand_sd") };
            newsvendor(&demand, inputs)
        }
        "base_stock_normal" => {
            // Periodic review every period: the interval is the lead time and one period more.
            let periods = inputs.get("lead_time") + 1.0;
            let demand = Demand::Normal {
                mean: inputs.get("demand_mean") * periods,
                sd: inputs.get("demand_sd") * periods.sqrt(),
            };
            newsvendor(&demand, inputs)
        }
        "newsvendor_poisson" => {
            newsvendor(&Demand::Poisson { mean: inputs.get("demand_mean") }, inputs)
        }
        "newsvendor_empirical" => {
            newsvendor(&Demand::empirical(inputs.0["outcomes"].clone()).unwrap(), inputs)
        }
        "negative_binomial" => {
            let demand = Demand::count(inputs.get("mean"), inputs.get("sd"));
            vec![
                ("quantile", demand.quantile(inputs.get("p"))),
                ("shortfall", demand.expected_shortfall(inputs.get("x"))),
            ]
        }
        _ => panic!("an unknown kind: {kind}"),
    }
}

#[test]
fn published_instances_come_out() {
    let rows = include_str!("../../tests/oracle/policy.csv").lines().skip(1);
    let mut compared = 0;
    for line in rows {
        let [kind, instance, inputs, expected] =
            line.splitn(4, ',').collect::<Vec<_>>().try_into().unwrap();
        let expected = Numbers::parse(expected);
        for (name, value) in computed(kind, &Numbers::parse(inputs)) {
            let wanted = expected.get(name);
            assert!(
                (value - wanted).abs() <= 1e-6 * wanted.abs().max(1.0),
                "{kind} {instance}: {name} {value}, not {wanted}"
            );
            compared += 1;
        }
    }
    assert_eq!(compared, 22, "every row of the file is compared");
}

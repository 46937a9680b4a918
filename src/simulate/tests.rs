use crate::domain::classes::VelocityClass;
use crate::inventory::lot_size;
use crate::inventory::settings::{Method, OrderQuantity, OrderRule, UnmetDemand};
use crate::simulate::what_if::{WhatIf, World};
use crate::simulate::*;
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

/// A Poisson outlook of `rate` units a period.
fn poisson(rate: f64) -> PoolOutlook {
    let over = move |from: f64, to: f64, _: f64| Demand::Poisson { mean: rate * (to - from) };
    PoolOutlook { mean: vec![rate as f32; 60], over: Arc::new(over) }
}

fn pool(demand: Vec<f32>, lead_days: f64) -> ReplayPool {
    ReplayPool {
        name: "SKU1".into(),
        start: 0,
        estimated: vec![false; demand.len()],
        demand,
        lead_time: LeadTime::new(lead_days, 0.0, lead_days).unwrap(),
        abc: None,
        xyz: None,
        velocity: VelocityClass::None,
        unit_cost: 2.0,
        unit_margin: 1.0,
        supplied: true,
        lot: LotRules::FREE,
        supplier: None,
        min_stock: None,
        max_stock: None,
        shelf_life_days: None,
        fed: None,
        holding_rate_per_year: None,
        level: None,
        initial: None,
        scopes: vec![Scope { name: "class:A".into(), share: 1.0 }],
    }
}

fn settings(window: Range<usize>) -> Settings {
    Settings {
        warm_up: 20,
        run_out: 0,
        review_every: 1,
        period_days: 1.0,
        origin: "2024-01-01".parse().unwrap(),
        unmet_demand: UnmetDemand::Backordered,
        costs: Costs {
            holding_per_unit_period: Some(0.5),
            holding_rate_per_year: 0.2,
            shortage_per_unit: Some(9.0),
            order: 0.0,
            holding_at: HoldingAt::PeriodEnd,
        },
        seed: None,
        budget: None,
        paths_of: Vec::new(),
        window,
    }
}

fn base_stock(service: f64) -> inventory::Settings {
    inventory::Settings {
        method: Method::Quantile,
        order_rule: OrderRule::OrderUpTo,
        review_period_days: 1.0,
        service: crate::domain::units::Probability::new(service).unwrap(),
        unmet_demand: UnmetDemand::Backordered,
        ..inventory::Settings::default()
    }
}

fn candidate(settings: inventory::Settings) -> Candidate {
    Candidate::new("own", Rule::Inventory(Box::new(settings)))
}

/// Poisson draws by inversion.
fn draws(rate: f64, n: usize, seed: u64) -> Vec<f32> {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let demand = Demand::Poisson { mean: rate };
    (0..n)
        .map(|_| {
            demand.quantile(((random.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64) as f32
        })
        .collect()
}

#[test]
fn base_stock_with_poisson_demand_fills_the_exact_share() {
    // Orders of the morning arrive three mornings later: S must last for four days of demand.
    let (rate, lead, n) = (2.0, 3.0, 100_000);
    let pools = [pool(draws(rate, n, 7), lead)];
    let played = replay(&pools, &[candidate(base_stock(0.9))], &settings(0..n), 1000, |_| {
        vec![poisson(rate)]
    });
    let level = Demand::Poisson { mean: 4.0 * rate }.quantile(0.9);
    // Unmet a day: expected backorders after four days of demand less those after three.
    let short = |days: f64| Demand::Poisson { mean: days * rate }.expected_shortfall(level);
    let exact = 1.0 - (short(4.0) - short(3.0)) / rate;
    let filled = played[0].total.fill_rate().unwrap();
    // Four standard errors of the daily unmet demand, neighbours correlated over the four days.
    let error = 4.0 * (4.0 * (1.0 - exact) / (n as f64 * rate) * 2.0).sqrt();
    assert!((filled - exact).abs() < error, "{filled} is not {exact} within {error}");
}

#[test]
fn deterministic_demand_costs_what_the_order_quantity_formula_says() {
    let (order, holding) = (100.0, 0.5);
    let quantity = lot_size::eoq(1.0, order, holding).unwrap();
    assert_eq!(quantity, 20.0);
    let n = 20 + 400;
    let mut pools = [pool(vec![1.0; n], 5.0)];
    let stock = StockLevel { on_hand: 20.0, available: 20.0, backordered: 0.0 };
    pools[0].initial = Some(InitialStock { stock, arrivals: Vec::new() });
    let own = inventory::Settings {
        order_cost: order,
        holding_per_unit_period: Some(holding),
        order_quantity: OrderQuantity::Eoq,
        order_rule: OrderRule::FixedQuantity,
        // Continuous review: the interval to protect is the lead time alone.
        review_period_days: 1e-9,
        ..base_stock(0.5)
    };
    let certain = || PoolOutlook {
        mean: vec![1.0; 60],
        over: Arc::new(|from, to, _| Demand::Normal { mean: to - from, sd: 0.0 }),
    };
    let mut world = settings(0..n);
    world.costs = Costs {
        holding_at: HoldingAt::PeriodAverage,
        holding_per_unit_period: Some(holding),
        order,
        ..world.costs
    };
    let played = replay(&pools, &[candidate(own)], &world, 100, |_| vec![certain()]);
    let total = played[0].total;
    let expected = (order / quantity + quantity / 2.0 * holding) * 400.0;
    assert_eq!(total.lost, 0.0);
    assert!(
        (total.cost() - expected).abs() <= 1e-9 * expected,
        "{} is not {expected}",
        total.cost()
    );
}

#[test]
fn the_future_does_not_reach_back() {
    let history = draws(3.0, 200, 1);
    let mut poisoned = history.clone();
    poisoned[150..].fill(1e6);
    let run = |demand: Vec<f32>| {
        let pools = [pool(demand, 4.0)];
        let all = [
            candidate(base_stock(0.95)),
            candidate(inventory::Settings { method: Method::MaxAverage, ..base_stock(0.95) }),
            Candidate::new("ma", Rule::MovingAverage { average_days: 30.0, cover_days: 9.0 }),
        ];
        let mut world = settings(100..150);
        world.paths_of = vec![0, 1, 2];
        replay(&pools, &all, &world, 7, |t| {
            let seen = &pools[0].demand[t - 60..t];
            vec![poisson(f64::from(seen.iter().sum::<f32>()) / 60.0)]
        })
    };
    assert_eq!(run(history), run(poisoned));
}

#[test]
fn lost_sales_are_lost_and_the_game_of_vn2_is_playable() {
    // Weeks; order on the shelf three weeks later; weeks 1 and 2 cannot be influenced; six orders,
    // eight weeks.
    let mut this = pool(vec![5.0; 8], 14.0);
    let stock = StockLevel { on_hand: 4.0, available: 4.0, backordered: 0.0 };
    let arrivals = vec![Arrival { days: 0.0, quantity: 3.0 }, Arrival { days: 7.0, quantity: 0.0 }];
    this.initial = Some(InitialStock { stock, arrivals });
    let mut world = settings(0..8);
    world.warm_up = 2;
    world.run_out = 2;
    world.period_days = 7.0;
    world.unmet_demand = UnmetDemand::Lost;
    world.costs.holding_per_unit_period = Some(0.2);
    world.costs.shortage_per_unit = Some(1.0);
    let own = inventory::Settings {
        method: Method::Auto,
        order_rule: OrderRule::OrderUpTo,
        review_period_days: 7.0,
        holding_per_unit_period: Some(0.2),
        shortage_per_unit: Some(1.0),
        unmet_demand: UnmetDemand::Lost,
        ..inventory::Settings::default()
    };
    let played = replay(&[this], &[candidate(own)], &world, 1, |_| vec![poisson(5.0)]);
    let total = played[0].total;
    // Week 2 loses 3, which nobody can help; then each week starts with at least its demand.
    assert_eq!((total.periods, total.demand, total.lost), (6.0, 30.0, 0.0));
    assert!(total.orders > 0.0 && total.shortage_cost == 0.0);
    assert!((total.holding_cost - 0.2 * total.stock).abs() < 1e-9);
}

#[test]
fn a_budget_serves_the_pools_with_least_cover_first() {
    let pools = [pool(vec![1.0; 60], 2.0), pool(vec![1.0; 60], 2.0)];
    let run = |budget| {
        let world = Settings { budget, ..settings(0..60) };
        replay(&pools, &[candidate(base_stock(0.95))], &world, 60, |_| {
            vec![poisson(1.0), poisson(1.0)]
        })
    };
    let (free, bound) = (run(None), run(Some(2.0)));
    assert_eq!(free[0].total.lost, 0.0);
    assert!(bound[0].total.lost > 0.0 && bound[0].total.ordered <= free[0].total.ordered);
    // Two units a day are affordable at cost 2 each: one a day, shared over both pools.
    assert!((bound[0].pools[0].ordered - bound[0].pools[1].ordered).abs() <= 2.0);
}

#[test]
fn tuning_takes_the_cheapest_and_reports_it_on_the_window_held_back() {
    let pools = [pool(draws(2.0, 900, 3), 5.0)];
    let own = inventory::Settings { order_rule: OrderRule::OrderUpTo, ..base_stock(0.5) };
    let mut candidates = vec![candidate(own.clone())];
    candidates.extend(tune::frontier(&own, OrderQuantity::Auto));
    let play = |window: Range<usize>| {
        replay(&pools, &candidates, &settings(window), 1000, |_| vec![poisson(2.0)])
    };
    let windows: Vec<_> = [0..300, 300..600].into_iter().map(play).collect();
    let held_back = play(600..900);
    let choice =
        tune::choose(&windows, &held_back, Some("class:A"), tune::Goal::LeastCost).unwrap();
    // The critical ratio of the test's costs is 9 / 9.5 = 0.947.
    assert!(
        ["service 0.90", "service 0.95", "service 0.97"]
            .contains(&candidates[choice.candidate].name.as_str())
    );
    assert!(choice.gain() > 0.0);
    let filled = tune::choose(&windows, &held_back, None, tune::Goal::FillRate(0.9)).unwrap();
    assert!(filled.tuned.fill_rate().unwrap() >= 0.9 && filled.tuned.stock <= choice.tuned.stock);
    let fragment = tune::fragment(std::slice::from_ref(&filled), &candidates, 2);
    let filled = filled.candidate;
    let parsed: toml::Table = fragment.parse().unwrap();
    let chosen: inventory::Settings = parsed["policy"].clone().try_into().unwrap();
    let Rule::Inventory(settings) = &candidates[filled].rule else { panic!("an inventory rule") };
    assert_eq!(chosen, **settings);
}

#[test]
fn more_demand_longer_lead_times_and_tariffs_cost_more() {
    let n = 400;
    let base = World {
        pools: vec![pool(draws(2.0, n, 9), 5.0)],
        suppliers: vec![("ACME".into(), None)],
        locations: vec!["main".into()],
        demand_of: vec![vec![0]],
        candidates: vec![candidate(base_stock(0.95))],
        settings: settings(0..n),
        forecast_factor: 1.0,
    };
    let run = |world: &World| {
        let outlook = |_| vec![what_if::scaled(&poisson(2.0), world.forecast_factor)];
        replay(&world.pools, &world.candidates, &world.settings, 50, outlook)[0].total
    };
    let before = run(&base);
    let after = |change: &str| run(&base.clone().after(&change.parse().unwrap()));
    assert!(after("lead-time=+7").stock > before.stock);
    assert!((after("demand=+50%").demand / before.demand - 1.5).abs() < 1e-6);
    assert!(after("service=0.5").lost > before.lost);
    assert!(after("tariff=0.25").stock_value > 1.2 * before.stock_value);
    assert_eq!(after("lost-supplier=ACME").ordered, 0.0);
    assert_eq!(after("lost-supplier=OTHER"), before);
    for wrong in ["lead-time", "demand=-100%", "service=2", "budget=x", "weather=bad"] {
        assert!(wrong.parse::<WhatIf>().is_err(), "{wrong}");
    }
}

#[test]
fn drawn_lead_times_are_the_same_for_the_same_seed() {
    let mut this = pool(draws(2.0, 300, 5), 6.0);
    this.lead_time = LeadTime::new(6.0, 3.0, 12.0).unwrap();
    let pools = [this];
    let run = |seed| {
        let world = Settings { seed: Some(seed), ..settings(0..300) };
        replay(&pools, &[candidate(base_stock(0.95))], &world, 300, |_| vec![poisson(2.0)])
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn k4_what_if_refuses_what_it_cannot_change() {
    let supplied = ReplayPool { unit_cost: 4.0, unit_margin: 6.0, ..pool(vec![1.0; 10], 7.0) };
    let world = World {
        pools: vec![supplied],
        suppliers: vec![("ACME".to_owned(), None)],
        locations: vec!["main".to_owned()],
        demand_of: vec![vec![0]],
        candidates: Vec::new(),
        settings: settings(0..10),
        forecast_factor: 1.0,
    };
    let refused =
        |text: &str, own: &inventory::Settings| world.refusal(&text.parse().unwrap(), own);
    let by_cost = inventory::Settings::default();
    let why = refused("lost-supplier=ACNE", &by_cost).unwrap();
    assert!(why.starts_with("ACNE is no item's first supplier, did you mean `ACME`?"), "{why}");
    assert_eq!(refused("lost-supplier=ACME", &by_cost), None);
    assert!(refused("service=0.99", &by_cost).unwrap().contains("method = \"quantile\""));
    let by_target = inventory::Settings { method: Method::Quantile, ..by_cost };
    assert_eq!(refused("service=0.99", &by_target), None);
}

#[test]
fn k3_what_loses_on_the_window_held_back_is_not_proposed() {
    let own = base_stock(0.95);
    let candidates = vec![candidate(own.clone()), candidate(base_stock(0.5))];
    let totals = |holding_cost: f64| Totals {
        periods: 10.0,
        demand: 100.0,
        stock: 10.0 * holding_cost,
        holding_cost,
        lost: 30.0 - holding_cost,
        ..Totals::default()
    };
    let played = |holding: [f64; 2]| -> Vec<Played> {
        holding
            .iter()
            .map(|&h| Played {
                name: String::new(),
                total: totals(h),
                scopes: Vec::new(),
                pools: Vec::new(),
                paths: Vec::new(),
            })
            .collect()
    };
    let earlier = [played([20.0, 10.0])];
    let lost = tune::choose(&earlier, &played([20.0, 21.0]), None, tune::Goal::LeastCost).unwrap();
    assert!(!lost.pays() && lost.sentence(&candidates).starts_with("keep your settings"));
    let fragment = tune::fragment(std::slice::from_ref(&lost), &candidates, 1);
    assert!(!fragment.contains("[policy]") && fragment.contains("keep your settings"));
    let won = tune::choose(&earlier, &played([20.0, 12.0]), None, tune::Goal::LeastCost).unwrap();
    assert!(won.pays());
    assert!(tune::fragment(&[won], &candidates, 1).contains("[policy]"));
    // Filled with 10 less lost than own settings, which do not reach the target.
    let goal = tune::Goal::FillRate(0.88);
    let filled = tune::choose(&[played([10.0, 20.0])], &played([10.0, 19.0]), None, goal).unwrap();
    assert!(filled.candidate == 1 && filled.pays());
}

#[test]
fn k2_shelf_life_and_maximum_stock_are_replayed() {
    // Two a day or so; what is received keeps three days.
    let keeps = ReplayPool { unit_cost: 1.0, ..pool(draws(2.0, 120, 5), 5.0) };
    let perishable = ReplayPool { shelf_life_days: Some(3.0), ..keeps.clone() };
    let narrow = ReplayPool { max_stock: Some(4.0), ..keeps.clone() };
    let candidates = [candidate(base_stock(0.95))];
    let play = |pool: &ReplayPool| {
        let pools = [pool.clone()];
        let played = replay(&pools, &candidates, &settings(0..120), 7, |_| vec![poisson(2.0)]);
        played[0].total
    };
    let (free, spoils, full) = (play(&keeps), play(&perishable), play(&narrow));
    assert_eq!(free.wasted, 0.0);
    assert!(spoils.wasted > 0.0 && spoils.lost > free.lost, "{spoils:?}");
    assert!((spoils.waste_cost - spoils.wasted).abs() < 1e-9);
    assert!(full.stock / full.periods <= 4.0 && full.lost > free.lost, "{full:?}");
}

#[test]
fn k2_a_closure_is_replayed() {
    let closed = Supplier {
        closures: vec![("2024-02-10".parse().unwrap(), "2024-03-10".parse().unwrap())],
        ..Supplier::default()
    };
    let open = pool(vec![2.0; 120], 5.0);
    let shut = ReplayPool { supplier: Some(Arc::new(closed)), ..open.clone() };
    let candidates = [candidate(base_stock(0.95))];
    let ordered = |pool: &ReplayPool| {
        let pools = [pool.clone()];
        let played = replay(&pools, &candidates, &settings(0..120), 7, |_| vec![poisson(2.0)]);
        (played[0].total.ordered, played[0].total.lost)
    };
    let (free, bound) = (ordered(&open), ordered(&shut));
    assert!(bound.1 > free.1, "nothing arrives for a month: {bound:?} against {free:?}");
}

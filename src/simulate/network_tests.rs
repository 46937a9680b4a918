//! Replays of locations that feed each other, against exact results.

use crate::domain::classes::VelocityClass;
use crate::inventory::settings::{Method, OrderRule, UnmetDemand};
use crate::network::two_echelon::{Depot, lost_share};
use crate::simulate::network_advice::advice;
use crate::simulate::what_if::{WhatIf, World, of_world};
use crate::simulate::*;
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

fn poisson(rate: f64) -> PoolOutlook {
    let over = move |from: f64, to: f64, _: f64| Demand::Poisson { mean: rate * (to - from) };
    PoolOutlook { mean: vec![rate as f32; 60], over: Arc::new(over) }
}

/// Poisson draws by inversion.
fn draws(rate: f64, n: usize, seed: u64) -> Vec<f32> {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let demand = Demand::Poisson { mean: rate };
    let mut drawn = Vec::with_capacity(n);
    for _ in 0..n {
        let u = ((random.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        drawn.push(demand.quantile(u) as f32);
    }
    drawn
}

fn days(mean: f64) -> LeadTime {
    LeadTime::new(mean, 0.0, mean).unwrap()
}

fn up_to(units: f64) -> Level {
    Level { lot: 0.0, service: 0.9, reorder_point: units, order_up_to: units }
}

/// A pool that begins with `on_hand` and is kept at `level`.
fn pool(name: &str, demand: Vec<f32>, lead_days: f64, on_hand: f64, level: f64) -> ReplayPool {
    let stock = StockLevel { on_hand, available: on_hand, backordered: 0.0 };
    ReplayPool {
        name: name.into(),
        start: 0,
        estimated: vec![false; demand.len()],
        demand,
        lead_time: days(lead_days),
        abc: None,
        xyz: None,
        velocity: VelocityClass::None,
        group: GroupPolicy::default(),
        unit_cost: 365.0,
        unit_margin: 1.0,
        supplied: true,
        lot: LotRules::FREE,
        supplier: None,
        min_stock: None,
        max_stock: None,
        shelf_life_days: None,
        tiers: None,
        fed: None,
        backups: Vec::new(),
        site: None,
        holding_rate_per_year: Some(1.0),
        level: Some(up_to(level)),
        initial: Some(InitialStock { stock, arrivals: Vec::new() }),
        scopes: Vec::new(),
    }
}

fn fed(source: usize, way_days: f64, pool: ReplayPool) -> ReplayPool {
    let by = FedBy {
        source,
        lead_time: days(way_days),
        departures: Arc::new(Supplier::default()),
        pack: 1.0,
        minimum: 0.0,
        maximum: None,
        cost_per_line: 0.0,
        cost_per_unit: 0.0,
    };
    ReplayPool { fed: Some(by), ..pool }
}

fn settings(n: usize, unmet_demand: UnmetDemand, shortage: f64) -> Settings {
    Settings {
        window: 0..n,
        warm_up: 500.min(n / 10),
        run_out: 0,
        review_every: 1,
        period_days: 1.0,
        origin: "2024-01-01".parse().unwrap(),
        unmet_demand,
        costs: Costs {
            holding_per_unit_period: None,
            holding_rate_per_year: 1.0,
            shortage_per_unit: Some(shortage),
            order: 0.0,
            holding_at: HoldingAt::PeriodEnd,
        },
        seed: None,
        budget: None,
        patience: crate::purchase::long_lot::Patience {
            max_cover_days: 120.0,
            carrying_rate: 0.25,
        },
        allocation: crate::allocate::Settings::default(),
        paths_of: Vec::new(),
    }
}

fn candidate(serving: Serving) -> Candidate {
    let own = inventory::Settings {
        method: Method::Quantile,
        order_rule: OrderRule::OrderUpTo,
        review_period_days: 1.0,
        ..inventory::Settings::default()
    };
    Candidate { serving, ..Candidate::new("own", Rule::Inventory(Box::new(own))) }
}

/// Mean units that the customers of one base wait for.
fn waiting(serving: Serving, depot: &Depot, base: f64, n: usize) -> f64 {
    // A day's demand is asked for on the morning after, so a way of two days lasts for three.
    let way = depot.way_days - 1.0;
    let bases = depot.bases;
    let echelon = depot.level + base * bases as f64;
    let mut pools = vec![pool("D", vec![0.0; n], depot.lead_days, depot.level, echelon)];
    for i in 0..bases {
        let shop = pool("B", draws(depot.per_day, n, 11 + i as u64), 0.0, base, base);
        pools.push(fed(0, way, shop));
    }
    let world = settings(n, UnmetDemand::Backordered, 1.0);
    let mut rates = vec![0.0];
    rates.extend(vec![depot.per_day; bases]);
    let played = replay(&pools, &[candidate(serving)], &world, n, |_| {
        rates.iter().map(|&rate| poisson(rate)).collect()
    });
    let total = &played[0].total;
    total.shortage_cost / (total.periods / (bases + 1) as f64) / bases as f64
}

#[test]
fn one_for_one_over_two_echelons_waits_as_graves_says() {
    // Example 5, third of its rows: METRIC would say 0.1005.
    let depot = Depot { bases: 5, per_day: 0.1, lead_days: 30.0, way_days: 3.0, level: 12.0 };
    let n = 40_000;
    let exact = depot.exact(2.0).backorders;
    let served = waiting(Serving::FirstCome, &depot, 2.0, n);
    assert!((served / exact - 1.0).abs() < 0.1, "{served} is not {exact}");
    // Shared out by need it can only be less, and no less than if all stock were in one place.
    let shared = waiting(Serving::Shares, &depot, 2.0, n);
    assert!(shared < served && shared > 0.3 * exact, "{shared} {served}");
}

#[test]
fn lost_sales_one_for_one_lose_erlangs_share() {
    // Example 10: two are asked for over the way.
    let n = 100_000;
    let rate = 0.04;
    for level in [2, 3] {
        let warehouse = pool("W", vec![0.0; n], 1.0, 1e6, 0.0);
        let units = level as f64;
        let shop = fed(0, 49.0, pool("S", draws(rate, n, 3), 0.0, units, units));
        let world = settings(n, UnmetDemand::Lost, 1.0);
        let own = [candidate(Serving::Shares)];
        let outlooks = |_| vec![poisson(0.0), poisson(rate)];
        let played = replay(&[warehouse, shop], &own, &world, n, outlooks);
        let lost = 1.0 - played[0].total.fill_rate().unwrap();
        let exact = lost_share(2.0, level);
        assert!((lost - exact).abs() < 0.02, "{lost} is not {exact}");
    }
}

#[test]
fn a_replay_costs_what_the_exact_solution_of_the_tiny_network_says() {
    // Example 11, a lost unit at 15: shop levels 4 and 6, echelon level 10 cost 9.6695 a period.
    let n = 60_000;
    let mut warehouse = pool("W", vec![0.0; n], 2.0, 3.0, 10.0);
    warehouse.lot = LotRules::of(&crate::domain::inputs::Supply {
        maximum_order: Some(crate::domain::units::Units(5)),
        ..crate::domain::inputs::Supply::by(
            crate::domain::units::SupplierId(0),
            crate::domain::units::SkuId(0),
            2.0,
        )
    });
    let shop = |rate: f64, level: f64, seed: u64| {
        let shop = pool("S", draws(rate, n, seed), 0.0, level, level);
        ReplayPool { holding_rate_per_year: Some(1.4), ..fed(0, 1.0, shop) }
    };
    let pools = [warehouse, shop(0.6, 4.0, 21), shop(1.2, 6.0, 22)];
    let world = settings(n, UnmetDemand::Lost, 15.0);
    let played = replay(&pools, &[candidate(Serving::Shares)], &world, n, |_| {
        vec![poisson(0.0), poisson(0.6), poisson(1.2)]
    });
    let cost = played[0].total.cost() / (n as f64 - world.warm_up as f64);
    assert!((cost / 9.6695 - 1.0).abs() < 0.015, "{cost} is not 9.6695");
}

/// A warehouse, two shops and what planners ask about them.
fn world(n: usize) -> World {
    let mut pools = vec![pool("I/W", vec![0.0; n], 10.0, 30.0, 0.0)];
    for (name, seed) in [("I/A", 5), ("I/B", 6)] {
        pools.push(fed(0, 3.0, pool(name, draws(1.0, n, seed), 0.0, 8.0, 0.0)));
    }
    for pool in &mut pools {
        pool.level = None;
    }
    World {
        locations: ["W", "A", "B"].map(str::to_owned).to_vec(),
        suppliers: vec![("ACME".into(), None); 3],
        demand_of: vec![vec![0], vec![1], vec![2]],
        pools,
        candidates: vec![candidate(Serving::Shares)],
        settings: settings(n, UnmetDemand::Lost, 20.0),
        forecast_factor: 1.0,
    }
}

fn played(world: &World, n: usize) -> Totals {
    let of_panel = [poisson(0.0), poisson(1.0), poisson(1.0)];
    let outlooks = |_| of_world(world, &of_panel);
    replay(&world.pools, &world.candidates, &world.settings, n, outlooks)[0].total
}

#[test]
fn k4_what_if_lanes_are_longer_a_shop_is_added_and_the_warehouse_is_closed() {
    let n = 2_000;
    let before = played(&world(n), n);
    assert!(before.fill_rate().unwrap() > 0.9, "{:?}", before.fill_rate());
    let after = |change: &str| played(&world(n).after(&change.parse().unwrap()), n);
    assert!(after("lane-lead-time=+10").stock > before.stock);
    let more = after("one-more=A");
    assert!((more.demand / before.demand - 1.5).abs() < 0.05);
    assert!(more.stock > before.stock);
    let closed = after("closed=W");
    assert_eq!(closed.demand, before.demand);
    assert!(closed.ordered > 0.0 && closed.fill_rate().unwrap() > 0.9);

    let own = inventory::Settings::default();
    let refused = |text: &str| world(n).refusal(&text.parse::<WhatIf>().unwrap(), &own);
    assert_eq!(refused("lane-lead-time=+2"), None);
    assert_eq!(refused("closed=W"), None);
    assert!(refused("closed=A").unwrap().contains("feeds no other location"));
    assert!(refused("one-more=W").unwrap().ends_with("those that are: A, B"));
}

#[test]
fn another_warehouse_helps_where_the_usual_one_cannot_in_time() {
    // The usual warehouse has nothing for a month; the other has plenty and nobody else to feed.
    let n = 60;
    let lost = |has_backup: bool, dearer: f64| {
        let mut pools = vec![
            pool("I/W", vec![0.0; n], 30.0, 0.0, 0.0),
            pool("I/V", vec![0.0; n], 5.0, 80.0, 80.0),
            fed(0, 2.0, pool("I/A", draws(1.0, n, 5), 0.0, 8.0, 0.0)),
        ];
        pools[0].level = None;
        pools[2].level = None;
        if has_backup {
            let usual = pools[2].fed.clone().unwrap();
            pools[2].backups = vec![FedBy { source: 1, cost_per_unit: dearer, ..usual }];
        }
        let mut world = settings(n, UnmetDemand::Lost, 20.0);
        world.warm_up = 0;
        let played = replay(&pools, &[candidate(Serving::Shares)], &world, n, |_| {
            vec![poisson(0.0), poisson(0.0), poisson(1.0)]
        });
        played[0].total.lost
    };
    let alone = lost(false, 0.0);
    assert!(alone > 10.0, "{alone}");
    assert!(lost(true, 1.0) < 0.5 * alone, "{}", lost(true, 1.0));
    // Not where it costs more than a lost sale.
    assert_eq!(lost(true, 50.0), alone);
}

#[test]
fn where_to_hold_is_told_in_money() {
    let n = 400;
    let mut world = world(n);
    for shop in &mut world.pools[1..] {
        shop.holding_rate_per_year = Some(1.6);
    }
    let told = advice(&world.pools, &world.locations, &world.settings);
    assert_eq!((told.len(), told[0].location.as_str(), told[0].items), (1, "W", 1));
    // Two shops that are dearer than the warehouse share what it keeps.
    assert!(told[0].hold < told[0].pass_through, "{told:?}");
    assert!(told[0].sentence("EUR").starts_with("hold safety stock at W: "));
    // Of one shop alone nothing is pooled.
    world.pools.pop();
    world.locations.pop();
    let told = advice(&world.pools, &world.locations, &world.settings);
    assert!(told[0].hold > told[0].pass_through, "{told:?}");
    assert!(told[0].sentence("EUR").starts_with("pass through W: "));
}

#[test]
fn no_unit_is_invented_or_lost_between_locations() {
    // What was there, was bought and was sold adds up to what is there and on its way: after the
    // orders of 60 nights, twenty without any, in which all that is on its way arrives.
    let n = 80;
    for serving in [Serving::Shares, Serving::FirstCome] {
        let mut world = world(n);
        world.candidates = vec![candidate(serving)];
        world.settings.warm_up = 0;
        world.settings.run_out = 20;
        world.settings.paths_of = vec![0];
        for (shop, pool) in world.pools.iter_mut().enumerate().skip(1) {
            // Nothing is asked for at the end, so nothing is sent: a level of none, and no sales.
            pool.demand[60..].fill(0.0);
            pool.level = Some(up_to(8.0 + shop as f64));
        }
        let begun = 30.0 + 8.0 + 8.0;
        let played = &replay(&world.pools, &world.candidates, &world.settings, n, |_| {
            vec![poisson(0.0), poisson(1.0), poisson(1.0)]
        })[0];
        let sold = played.total.demand - played.total.lost;
        let there: f64 = played.paths.iter().map(|path| f64::from(path[n - 1])).sum();
        assert_eq!(begun + played.total.ordered, sold + there, "{serving:?}");
        assert!(played.total.ordered > 50.0 && sold > 80.0);
    }
}

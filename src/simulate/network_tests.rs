//! Replays of locations that feed each other, against exact results.

use crate::domain::classes::VelocityClass;
use crate::domain::order_calendar::OrderCalendar;
use crate::inventory::crossover::crossing_of;
use crate::inventory::settings::{Method, OrderRule, UnmetDemand};
use crate::network::ageing::{AgeCharge, Fees};
use crate::network::two_echelon::{Depot, lost_share};
use crate::network::{Lane, Network, Place, Rule as Share, Supply};
use crate::simulate::network_advice::advice;
use crate::simulate::what_if::{WhatIf, World, of_world};
use crate::simulate::*;
use proptest::prelude::*;
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
        bought_here: None,
        priority: 0,
        deliveries: Deliveries::default(),
        fees: Fees::NONE,
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
        mode: crate::network::Mode::Hold,
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
        network: crate::network::settings::Settings::default(),
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
fn where_age_is_charged_less_is_passed_through() {
    let n = 400;
    let mut world = world(n);
    world.pools.truncate(2);
    world.locations.truncate(2);
    let told = |world: &World| advice(&world.pools, &world.locations, &world.settings);
    let free = told(&world);
    assert!(free[0].pass_through <= free[0].hold, "{free:?}");
    // Each unit that has been in the shop for a week costs more than holding it in the warehouse.
    let charges = vec![AgeCharge { from_age_days: 1.0, fee: 60.0 }];
    world.pools[1].fees = Fees { storage_a_day: 0.0, charges };
    let charged = told(&world);
    assert!(charged[0].hold < charged[0].pass_through, "{charged:?}");
    assert!(charged[0].pass_through > free[0].pass_through);
    // Storage is held by the unit and day.
    world.pools[1].fees = Fees { storage_a_day: 0.1, ..Fees::NONE };
    let stored = told(&world);
    assert!(stored[0].pass_through > free[0].pass_through, "{stored:?}");
}

#[test]
fn a_replay_pays_for_room_and_age() {
    // Ten units, one sold a day: nine to none lie there at the ends of ten days.
    let mut shop = pool("SHOP", vec![1.0; 10], 2.0, 10.0, 0.0);
    shop.supplied = false;
    shop.fees =
        Fees { storage_a_day: 0.02, charges: vec![AgeCharge { from_age_days: 5.0, fee: 3.0 }] };
    let how = Settings { warm_up: 0, ..settings(10, UnmetDemand::Lost, 1.0) };
    let played = |pools: &[ReplayPool], how: &Settings| {
        replay(pools, &[candidate(Serving::Shares)], how, 7, |_| vec![poisson(1.0); pools.len()])
            .remove(0)
    };
    let total = played(&[shop.clone()], &how).total;
    // From the sixth day on four, three, two, one are five days old: a tenth a day each.
    assert!((total.fee_cost - (45.0 * 0.02 + 10.0 * 0.1)).abs() < 1e-9, "{}", total.fee_cost);

    // A warehouse sends no unit that pays more for its age than it earns.
    let n = 300;
    let how = settings(n, UnmetDemand::Lost, 1.0);
    let fees = |fee: f64| Fees {
        storage_a_day: 0.0,
        charges: vec![AgeCharge { from_age_days: 10.0, fee }],
    };
    let stock = |fee: f64| {
        let demand = draws(0.3, n, 5);
        let shop = ReplayPool { fees: fees(fee), ..pool("SHOP", demand, 2.0, 6.0, 12.0) };
        let pools = [pool("W", vec![0.0; n], 5.0, 60.0, 60.0), fed(0, 2.0, shop)];
        let own = candidate(Serving::Shares);
        let told = |_: usize| vec![poisson(0.0), poisson(0.3)];
        replay(&pools, &[own], &how, 7, told).remove(0).pools[1]
    };
    let [free, charged] = [stock(0.0), stock(3.0)];
    let [before, after] = [free, charged].map(|shop| shop.average_stock().unwrap());
    assert!(after < 0.5 * before, "{before} {after}");
    assert!(charged.fee_cost > 0.0);
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

/// Units a day that the two shops of [`at_night`] sell, and what the warehouse sells itself.
const RATES: [f64; 3] = [0.5, 1.0, 3.0];

/// What the warehouse orders and what leaves for each shop on the first morning, by the night's own
/// arithmetic.
fn at_night(pools: &[ReplayPool], policy: &inventory::Settings, how: &Settings) -> [f64; 3] {
    let outlooks = RATES.map(poisson);
    let ahead: Vec<Outlook<'_>> = outlooks.iter().map(|outlook| outlook.outlook(1.0)).collect();
    let today = how.origin;
    let mut places = Vec::new();
    let mut lanes = Vec::new();
    for (p, pool) in pools.iter().enumerate() {
        let initial = pool.initial.as_ref().unwrap();
        let rate = pool.holding_rate_per_year.unwrap();
        let review_days = how.review_every as f64;
        places.push(Place {
            on_way: initial.arrivals.iter().map(|arrival| arrival.quantity).sum(),
            next_arrival_days: initial.arrivals.first().map(|arrival| arrival.days),
            holding_a_day: rate * pool.unit_cost / 365.0,
            margin: pool.unit_margin,
            priority: pool.priority,
            reserve: how.network.reserve_days * RATES[p],
            most: pool.max_stock,
            supply: pool.fed.is_none().then(|| Supply {
                interval: Interval {
                    lead_days: pool.lead_time.mean_days(),
                    lead_sd_days: pool.lead_time.sd_days(),
                    review_days,
                },
                crossing_days2: crossing_of(
                    pool.lead_time.mean_days(),
                    pool.lead_time.sd_days(),
                    review_days,
                ),
                lot: pool.lot.minimum().as_f64(),
            }),
            ..Place::new(&pool.name, Some(&ahead[p]), initial.stock.net())
        });
        let Some(fed) = &pool.fed else { continue };
        let calendar = OrderCalendar::of(&fed.departures);
        let departs = calendar.next_order_day(today).unwrap();
        let interval = Interval {
            lead_days: fed.lead_time.mean_days(),
            lead_sd_days: 0.0,
            review_days: calendar.gap_days(today),
        };
        lanes.push(Lane {
            departs_in_days: Some((departs - today).num_days() as f64),
            pack: fed.pack,
            minimum: fed.minimum,
            line_cost: fed.cost_per_line,
            ..Lane::new(0, p, interval)
        });
    }
    let Settings { network: network::settings::Settings { share, level_shift, .. }, .. } = how;
    let network = Network { places, lanes, rule: *share, level_shift: *level_shift };
    let topology = network.topology().unwrap();
    let mut nights = network.levels(&topology);
    let whole = vec![RATES.iter().sum::<f64>() as f32; 60];
    let over = |from: f64, to: f64, _: f64| Demand::Poisson { mean: 4.5 * (to - from) };
    let echelon = Outlook { period_days: 1.0, mean: &whole, over: &over };
    let supplier = Supplier::default();
    let mut ordered = 0.0;
    for (p, pool) in pools.iter().enumerate() {
        let mut facts = tests::facts_at_night(pool, &supplier);
        facts.network = Some(network.steering(p, &nights[p], &facts, policy, 0.0));
        let outlook = if p == 0 { echelon } else { ahead[p] };
        let plan = inventory::plan_pool(&facts, outlook, policy);
        nights[p].level.reorder_point = plan.policy.reorder_point;
        nights[p].level.order_up_to = plan.policy.order_up_to;
        if p == 0 {
            let units = tests::proposed(pool, &plan, outlook, policy, how.patience, true);
            ordered = units.as_f64();
        }
    }
    let lanes = network.share(&topology, &nights);
    [ordered, lanes[0].sent, lanes[1].sent]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn k2_the_night_and_the_replay_buy_and_send_the_same_in_a_network(
        stock in prop::array::uniform3(0u16..60),
        coming in prop::option::of((1u8..30, 1u8..90)),
        lead in 3u8..30, sd in 0u8..6, ways in prop::array::uniform2(0u8..6),
        pack in prop_oneof![Just(1.0), Just(6.0)], least in prop_oneof![Just(0.0), Just(8.0)],
        monday in any::<bool>(), minimum in 0i64..60,
        order_cost in prop_oneof![Just(0.0), 5.0f64..40.0],
        by_cost in any::<bool>(), run_out in any::<bool>(), reserve in 0u8..8,
        most in prop::option::of(10u16..80),
    ) {
        let n = 2;
        let names = ["I/W", "I/A", "I/B"];
        let mut pools = Vec::new();
        for (p, name) in names.into_iter().enumerate() {
            let mut pool = pool(name, vec![0.0; n], f64::from(lead), f64::from(stock[p]), 0.0);
            pool.level = None;
            pool.unit_cost = 10.0;
            pool.unit_margin = 4.0;
            pool.holding_rate_per_year = Some(if p == 0 { 0.25 } else { 0.4 });
            pool.lot = LotRules::new(Units(minimum), Units(1), None);
            let (mean, sd) = (f64::from(lead), f64::from(sd).min(f64::from(lead) / 2.0));
            pool.lead_time = LeadTime::new(mean, sd, mean + 2.0 * sd).unwrap();
            if p > 0 {
                pool = fed(0, f64::from(ways[p - 1]), pool);
                pool.max_stock = most.map(f64::from);
                let by = pool.fed.as_mut().unwrap();
                by.pack = pack;
                by.minimum = least;
                by.cost_per_unit = 1.0;
                let order_weekdays = if monday && p == 2 { vec![0] } else { Vec::new() };
                by.departures = Arc::new(Supplier { order_weekdays, ..Supplier::default() });
            }
            pools.push(pool);
        }
        let arrivals = coming.map(|(days, units)| Arrival {
            days: f64::from(days),
            quantity: f64::from(units),
        });
        pools[0].initial.as_mut().unwrap().arrivals = arrivals.into_iter().collect();
        let policy = inventory::Settings {
            method: if by_cost { Method::Auto } else { Method::Quantile },
            order_cost,
            ..inventory::Settings::default()
        };
        let mut how = settings(n, UnmetDemand::Lost, 4.0);
        how.window = 0..1;
        how.warm_up = 0;
        how.review_every = 7;
        how.costs.order = order_cost;
        how.costs.shortage_per_unit = None;
        how.network.share = if run_out { Share::RunOut } else { Share::Value };
        how.network.reserve_days = f64::from(reserve);
        let own = Candidate::new("own", Rule::Inventory(Box::new(policy.clone())));
        let played = &replay(&pools, &[own], &how, 1, |_| RATES.map(poisson).to_vec())[0];
        let replayed = [
            played.pools[0].ordered,
            played.pools[1].order_cost,
            played.pools[2].order_cost,
        ];
        prop_assert_eq!(at_night(&pools, &policy, &how), replayed);
    }
}

#[test]
fn a_place_that_buys_is_helped_before_its_supplier_comes_and_buys_the_rest() {
    // Nobody feeds the shop usually; another place has more than anybody asks of it.
    let n = 60;
    let bought = |has_backup: bool| {
        let mut shop = pool("I/A", vec![0.0; n], 20.0, 6.0, 0.0);
        shop.level = None;
        if has_backup {
            let by = fed(1, 1.0, shop.clone()).fed.unwrap();
            shop.backups = vec![FedBy { cost_per_unit: 1.0, ..by }];
        }
        let mut pools = vec![shop, pool("I/E", vec![0.0; n], 20.0, 200.0, 0.0)];
        pools[1].supplied = false;
        let mut how = settings(n, UnmetDemand::Lost, 20.0);
        how.window = 0..1;
        how.warm_up = 0;
        let own = [candidate(Serving::Shares)];
        let outlooks = |_| vec![poisson(3.0), poisson(0.0)];
        replay(&pools, &own, &how, n, outlooks)[0].pools[0]
    };
    let alone = bought(false);
    let helped = bought(true);
    assert_eq!(alone.order_cost, 0.0);
    let moved = helped.order_cost;
    assert!((45.0..60.0).contains(&moved), "nineteen days at three a day less six: {moved}");
    assert_eq!(helped.ordered, (alone.ordered - moved).max(0.0));
}

#[test]
fn a_place_that_is_fed_buys_where_a_supplier_of_its_own_comes_sooner() {
    // The warehouse has nothing for a month; the shop's own supplier brings it in two days.
    let n = 2;
    let bought = |price: Option<f64>| {
        let mut pools = vec![
            pool("I/W", vec![0.0; n], 30.0, 0.0, 0.0),
            fed(0, 1.0, pool("I/A", vec![0.0; n], 2.0, 2.0, 0.0)),
        ];
        pools[0].level = None;
        pools[1].level = None;
        pools[1].bought_here = price;
        let mut how = settings(n, UnmetDemand::Lost, 20.0);
        how.window = 0..1;
        how.warm_up = 0;
        let own = [candidate(Serving::Shares)];
        let outlooks = |_| vec![poisson(0.0), poisson(3.0)];
        let played = &replay(&pools, &own, &how, n, outlooks)[0];
        [played.pools[0].ordered, played.pools[1].ordered]
    };
    let [alone, none] = bought(None);
    assert_eq!(none, 0.0);
    let [less, here] = bought(Some(366.0));
    assert!(here > 80.0, "a month at three a day less what is there: {here}");
    // What is bought there need not be bought by the warehouse.
    assert!((alone - less - here).abs() <= 1.0, "{alone} {less} {here}");
    // Not where it costs more than a lost sale.
    assert_eq!(bought(Some(365.0 + 50.0)), [alone, 0.0]);
}

use crate::domain::classes::VelocityClass;
use crate::domain::inputs::{Names, PoolOverrides, Supply};
use crate::domain::order_calendar::OrderCalendar;
use crate::domain::sorted::Sorted;
use crate::domain::units::{LocationId, SkuId, SupplierId};
use crate::inventory::lot_size;
use crate::inventory::settings::{Method, OrderQuantity, OrderRule, UnmetDemand};
use crate::inventory::{PastDemand, PoolFacts, UnitEconomics};
use crate::purchase::{self, DatedDemand, Market, PoolNeed};
use crate::simulate::what_if::{WhatIf, World};
use crate::simulate::*;
use proptest::prelude::*;
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

/// A Poisson outlook of `rate` units a period.
fn poisson(rate: f64) -> PoolOutlook {
    let over = move |from: f64, to: f64, _: f64| Demand::Poisson { mean: rate * (to - from) };
    PoolOutlook { mean: vec![rate as f32; 60], over: Arc::new(over) }
}

pub(super) fn pool(demand: Vec<f32>, lead_days: f64) -> ReplayPool {
    ReplayPool {
        name: "SKU1".into(),
        start: 0,
        estimated: vec![false; demand.len()],
        demand,
        lead_time: LeadTime::new(lead_days, 0.0, lead_days).unwrap(),
        abc: None,
        xyz: None,
        velocity: VelocityClass::None,
        group: GroupPolicy::default(),
        unit_cost: 2.0,
        unit_margin: 1.0,
        supplied: true,
        lot: LotRules::FREE,
        tiers: None,
        supplier: None,
        min_stock: None,
        max_stock: None,
        shelf_life_days: None,
        fed: None,
        backups: Vec::new(),
        site: None,
        bought_here: None,
        priority: 0,
        deliveries: Deliveries::default(),
        fees: Fees::NONE,
        holding_rate_per_year: None,
        level: None,
        initial: None,
        scopes: vec![Scope { name: "class:A".into(), share: 1.0 }],
    }
}

pub(super) fn settings(window: Range<usize>) -> Settings {
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
        patience: Patience { max_cover_days: 120.0, carrying_rate: 0.25 },
        allocation: crate::allocate::Settings::default(),
        network: crate::network::settings::Settings::default(),
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
fn k2_what_lies_elsewhere_is_moved_before_it_is_bought() {
    let at = |location, on_hand| ReplayPool {
        site: Some(PlaceOfItem {
            item: SkuId(0),
            location: LocationId(location),
            unit_cost: Some(Money::from_f64(2.0)),
        }),
        initial: Some(InitialStock {
            stock: StockLevel { on_hand, available: on_hand, backordered: 0.0 },
            arrivals: Vec::new(),
        }),
        ..pool(vec![5.0; 60], 14.0)
    };
    let together = [at(0, 20.0), at(1, 900.0)];
    let mut apart = together.clone();
    apart[1].site = None;
    let mut settings = Settings { warm_up: 0, ..settings(20..50) };
    settings.allocation.transfer_cost = 0.1;
    let play = |pools: &[ReplayPool]| {
        let forecast = |_| vec![poisson(5.0), poisson(5.0)];
        replay(pools, &[candidate(base_stock(0.95))], &settings, 7, forecast).remove(0)
    };
    // 20 last four days and an order takes fourteen; nothing of the 900 beside them runs out.
    let moved = play(&together);
    assert_eq!((moved.total.ordered, moved.total.lost), (0.0, 0.0));
    let bought = play(&apart);
    assert!(bought.pools[0].ordered > 50.0 && bought.total.lost > 40.0);
    // What is moved is paid for, and no unit is lost on the way: 920 less 30 days of 10.
    assert!(moved.pools[0].order_cost > 5.0);
    let left = |played: &Played| played.pools.iter().map(|p| p.stock).sum::<f64>();
    let expected: f64 = (1..=30).map(|day| 920.0 - 10.0 * f64::from(day)).sum();
    assert!((left(&moved) - expected).abs() < 1e-6, "{} {expected}", left(&moved));
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

/// What a night knows of `pool` with what it begins with.
pub(super) fn facts_at_night<'s>(pool: &ReplayPool, supplier: &'s Supplier) -> PoolFacts<'s> {
    let initial = pool.initial.as_ref().unwrap();
    PoolFacts {
        sku: SkuId(0),
        location: LocationId(0),
        as_of: "2024-01-01".parse().unwrap(),
        past: PastDemand::default(),
        lead_time: pool.lead_time,
        lead_time_source: String::new(),
        calendar: OrderCalendar::of(supplier),
        abc: pool.abc,
        xyz: pool.xyz,
        is_new: false,
        velocity: pool.velocity,
        economics: UnitEconomics {
            landed_cost: Some(Money::from_f64(pool.unit_cost)),
            price: Some(Money::from_f64(pool.unit_cost + pool.unit_margin)),
        },
        stock_is_known: true,
        group: pool.group,
        promised_service: None,
        stock: initial.stock,
        arrivals: initial.arrivals.clone(),
        lots: Vec::new(),
        deliveries: pool.deliveries.clone(),
        min_stock: pool.min_stock,
        max_stock: pool.max_stock,
        shelf_life_days: pool.shelf_life_days,
        by_hand: PoolOverrides::default(),
        network: None,
        held: None,
    }
}

/// What a night orders of `pool` with what it begins with, by the rules of the night's own lines.
fn ordered_at_night(pool: &ReplayPool, policy: &inventory::Settings, patience: Patience) -> Units {
    let outlook = poisson(RATE_OF_ONE);
    let outlook = outlook.outlook(1.0);
    let supplier = pool.supplier.as_deref().cloned().unwrap_or_default();
    let plan = inventory::plan_pool(&facts_at_night(pool, &supplier), outlook, policy);
    proposed(pool, &plan, outlook, policy, patience, false)
}

/// The lines of a night for what `plan` lacks.
pub(super) fn proposed(
    pool: &ReplayPool,
    plan: &inventory::PoolPlan,
    outlook: Outlook<'_>,
    policy: &inventory::Settings,
    patience: Patience,
    echelon: bool,
) -> Units {
    let as_of: NaiveDate = "2024-01-01".parse().unwrap();
    let suppliers = [pool.supplier.as_deref().cloned().unwrap_or_default()];
    let row = Supply {
        unit_cost: Some(Money::from_f64(pool.unit_cost)),
        minimum_order: pool.lot.minimum(),
        pack_size: pool.lot.pack(),
        ..Supply::by(SupplierId(0), SkuId(0), pool.lead_time.mean_days())
    };
    let supply = Sorted::new(vec![row]);
    let breaks = pool.tiers.as_ref().map_or_else(Vec::new, |tiers| tiers.breaks.clone());
    let names = Names {
        skus: vec!["SKU1".to_owned()],
        locations: vec!["main".to_owned()],
        suppliers: vec!["S".to_owned()],
        ..Names::default()
    };
    let buying = purchase::Settings {
        carrying_rate: patience.carrying_rate,
        order_cost: policy.order_cost,
        max_cover_days: patience.max_cover_days,
        ..purchase::Settings::default()
    };
    let market = Market {
        supply: &supply,
        price_breaks: &Sorted::new(breaks),
        suppliers: &suppliers,
        names: &names,
        settings: &buying,
        as_of,
        approved: &Default::default(),
        open_to_buy: &[],
    };
    let position = plan.whole_position();
    let need = PoolNeed {
        need: plan.need,
        echelon,
        sells_in_time: plan.sells_in_time,
        inventory_position: position,
        room: pool.max_stock.map(|most| (Units::floor(most) - position).or_zero()),
        daily_demand: outlook.per_day(28.0),
        dated: DatedDemand::new(patience.max_cover_days, |days| outlook.mean_until(days)),
        margin: Money::from_f64(pool.unit_margin),
        unit_cost: Some(Money::from_f64(pool.unit_cost)),
        ..PoolNeed::unknown(SkuId(0), LocationId(0))
    };
    let mut told = Vec::new();
    let lines = market.propose(need, |row| row.lead_time_days, &mut told);
    lines.iter().map(|line| line.quantity).sum()
}

/// Units a day of the item that is planned twice.
const RATE_OF_ONE: f64 = 3.0;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn the_night_and_the_replay_order_the_same(
        lead in 0u8..25, available in 0u16..160, owed in 0u8..10,
        coming in prop::option::of((0u8..40, 1u8..80)),
        minimum in 0i64..120, pack in 1i64..30, most in prop::option::of(20u16..300),
        least in prop::option::of(1u8..60), life in prop::option::of(3u8..90),
        price_break in prop::option::of((10i64..900, 0.5f64..1.0)),
        order_cost in prop_oneof![Just(0.0), 1.0f64..40.0],
        lost in any::<bool>(), by_cost in any::<bool>(), monday in any::<bool>(),
        closed in prop::option::of(1u64..20),
    ) {
        let mut one = pool(vec![0.0; 30], f64::from(lead));
        one.lot = LotRules::new(Units(minimum), Units(pack), None);
        one.max_stock = most.map(f64::from);
        one.min_stock = least.map(f64::from);
        one.shelf_life_days = life.map(f64::from);
        let supplier = Supplier {
            order_weekdays: if monday { vec![0] } else { Vec::new() },
            closures: closed
                .map(|days| {
                    let first: NaiveDate = "2024-01-02".parse().unwrap();
                    (first, first + chrono::Days::new(days))
                })
                .into_iter()
                .collect(),
            ..Supplier::default()
        };
        one.supplier = Some(Arc::new(supplier));
        one.tiers = price_break.map(|(from, share)| Tiers {
            base: Money::from_f64(one.unit_cost),
            breaks: vec![PriceBreak {
                sku: SkuId(0),
                supplier: SupplierId(0),
                location: None,
                from_quantity: Units(from),
                unit_cost: Money::from_f64(share * one.unit_cost),
            }],
            rate: 1.0,
            charges: Charges::default(),
        });
        let available = f64::from(available);
        one.initial = Some(InitialStock {
            stock: StockLevel { on_hand: available, available, backordered: f64::from(owed) },
            arrivals: coming
                .map(|(days, units)| Arrival {
                    days: f64::from(days) + 1.0,
                    quantity: f64::from(units),
                })
                .into_iter()
                .collect(),
        });
        let unmet_demand = if lost { UnmetDemand::Lost } else { UnmetDemand::Backordered };
        let policy = inventory::Settings {
            method: if by_cost { Method::Cost } else { Method::Quantile },
            unmet_demand,
            order_cost,
            ..inventory::Settings::default()
        };
        let mut how = settings(0..1);
        how.warm_up = 0;
        how.unmet_demand = unmet_demand;
        how.costs.order = order_cost;
        let pools = [one];
        let candidates = [candidate(policy.clone())];
        let played = replay(&pools, &candidates, &how, 1, |_| vec![poisson(RATE_OF_ONE)]);
        let replayed = played[0].total.ordered;
        let night = ordered_at_night(&pools[0], &policy, how.patience).as_f64();
        prop_assert_eq!(night, replayed);
    }
}

#[test]
fn a_price_break_that_pays_is_reached_for_and_counted() {
    // 1,300 a year, 8 an order, 30 % carrying: lots of 800 at 0.68 are the cheapest (Snyder &
    // Shen).
    let mut pin = pool(vec![3.56; 400], 7.0);
    pin.unit_cost = 0.75;
    let from = |quantity, price| PriceBreak {
        sku: SkuId(0),
        supplier: SupplierId(0),
        location: None,
        from_quantity: Units(quantity),
        unit_cost: Money::from_f64(price),
    };
    pin.tiers = Some(Tiers {
        base: Money::from_f64(0.75),
        breaks: vec![from(400, 0.72), from(800, 0.68)],
        rate: 1.0,
        charges: Charges::default(),
    });
    let policy = inventory::Settings { order_cost: 8.0, ..inventory::Settings::default() };
    let mut how = settings(0..400);
    how.costs.order = 8.0;
    how.patience = Patience { max_cover_days: 400.0, carrying_rate: 0.3 };
    let played = replay(&[pin], &[candidate(policy)], &how, 1, |_| vec![poisson(3.56)]);
    let total = played[0].total;
    assert!(total.orders > 0.0 && (total.ordered / total.orders - 800.0).abs() < 20.0, "{total:?}");
    assert!((total.saved_by_price / total.ordered - 0.07).abs() < 1e-9, "{total:?}");
}

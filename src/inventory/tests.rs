use crate::domain::classes::{AbcClass, Lifecycle, PolicyMethod, VelocityClass, XyzClass};
use crate::domain::inputs::{PoolOverrides, Product, ProductStatus};
use crate::domain::order_calendar::OrderCalendar;
use crate::domain::outcome::Status;
use crate::domain::units::{LeadTime, LocationId, Money, SkuId};
use crate::explain::arithmetic::Recomputer;
use crate::explain::{Explanation, Step};
use crate::inventory::crossover::Deliveries;
use crate::inventory::expiry::DatedLot;
use crate::inventory::reorder_point::Targets;
use crate::inventory::settings::{CoverMode, Method, OrderQuantity, OrderRule, UnmetDemand};
use crate::inventory::*;
use crate::math::distributions::Demand;
use proptest::prelude::*;

/// A steady forecast of `rate` a day with independent errors, variance `spread * rate` a day.
struct Steady {
    mean: Vec<f32>,
    rate: f64,
    spread: f64,
}

impl Steady {
    fn new(rate: f64, spread: f64) -> Self {
        Self { mean: vec![rate as f32; 180], rate, spread }
    }

    fn demand(&self, from: f64, to: f64, end_variance: f64) -> Demand {
        let mean = self.rate * (to - from);
        Demand::count(mean, (mean * self.spread + self.rate * self.rate * end_variance).sqrt())
    }
}

/// Ten a day and the like, on the shelf and on its way nothing that matters.
fn pool(rate: f64) -> PoolFacts<'static> {
    PoolFacts {
        sku: SkuId(0),
        location: LocationId(0),
        as_of: "2024-04-15".parse().unwrap(),
        past: PastDemand { average_per_day: rate, peak_per_day: 2.0 * rate },
        lead_time: LeadTime::new(7.0, 0.0, 21.0).unwrap(),
        lead_time_source: "master data".into(),
        calendar: OrderCalendar::default(),
        abc: None,
        xyz: Some(XyzClass::X),
        is_new: false,
        velocity: VelocityClass::Fast,
        group: crate::inventory::settings::GroupPolicy::default(),
        promised_service: None,
        economics: UnitEconomics {
            landed_cost: Some(Money::from_f64(4.0)),
            price: Some(Money::from_f64(10.0)),
        },
        stock_is_known: true,
        stock: StockLevel { on_hand: 420.0, available: 420.0, backordered: 0.0 },
        arrivals: Vec::new(),
        lots: Vec::new(),
        deliveries: Deliveries::default(),
        min_stock: None,
        max_stock: None,
        shelf_life_days: None,
        by_hand: PoolOverrides::default(),
        held: None,
        network: None,
    }
}

/// Plans `facts` against `steady`.
fn plan_steady(facts: &PoolFacts, steady: &Steady, settings: &Settings) -> PoolPlan {
    let over = |from: f64, to: f64, end: f64| steady.demand(from, to, end);
    let outlook = Outlook { period_days: 1.0, mean: &steady.mean, over: &over };
    let plan = plan_pool(facts, outlook, settings);
    verify(&plan);
    plan
}

/// The targets of `facts` against demand `over`.
fn targets_of(
    facts: &PoolFacts,
    over: &dyn Fn(f64, f64, f64) -> Demand,
    settings: &Settings,
) -> Targets {
    let outlook = Outlook { period_days: 1.0, mean: &[], over };
    reorder_point::targets(facts, &outlook, settings, &mut Explanation::unrecorded())
}

fn with(method: Method) -> Settings {
    Settings { method, ..Settings::default() }
}

/// Plans a steady 10 a day after `change`.
fn plan(settings: &Settings, change: impl FnOnce(&mut PoolFacts)) -> PoolPlan {
    let mut facts = pool(10.0);
    change(&mut facts);
    plan_steady(&facts, &Steady::new(10.0, 2.0), settings)
}

/// Every step recomputes and the explanation ends in the need.
fn verify(plan: &PoolPlan) {
    let steps: Vec<Step> = plan.policy.steps.iter().chain(&plan.steps).cloned().collect();
    Recomputer::default().check(&[], &steps).unwrap();
    let last = |name: &str| steps.iter().rev().find(|s| s.name == name).unwrap().value;
    assert_eq!(last("need"), plan.need);
    assert_eq!(last("inventory_position"), plan.position);
    for (name, value) in [
        ("safety_stock", plan.policy.safety_stock),
        ("reorder_point", plan.policy.reorder_point),
        ("order_up_to", plan.policy.order_up_to),
    ] {
        assert!(
            (last(name) - value).abs() <= 1e-9 * value.abs().max(1.0),
            "{name}: {} is not {value}",
            last(name)
        );
    }
}

#[test]
fn d2_reorder_point() {
    let made = plan(&with(Method::MaxAverage), |_| {});
    assert_eq!((made.policy.safety_stock, made.policy.reorder_point), (350.0, 420.0));
    let pinned = plan(&with(Method::MaxAverage), |p| {
        p.past.average_per_day = 20.0;
        p.lead_time = LeadTime::new(10.0, 0.0, 10.0).unwrap();
        p.by_hand.safety_stock = Some(50.0);
    });
    assert_eq!(pinned.policy.reorder_point, 250.0);
}

#[test]
fn d2_a_longer_mean_lead_time_moves_max_average_only_through_the_maximum() {
    let point = |mean: f64, max: f64| {
        plan(&with(Method::MaxAverage), |p| p.lead_time = LeadTime::new(mean, 0.0, max).unwrap())
            .policy
            .reorder_point
    };
    assert_eq!(point(7.0, 21.0), point(14.0, 21.0));
    assert!(point(14.0, 28.0) > point(7.0, 21.0));
}

#[test]
fn d3_the_order_is_sixty_days_of_cover() {
    let made = plan(&with(Method::MaxAverage), |_| {});
    assert_eq!((made.policy.order_up_to, made.need), (1020.0, 600.0));
}

#[test]
fn d4_the_order_is_the_economic_quantity_where_costs_are_known() {
    let settings = Settings {
        order_cost: 50.0,
        holding_per_unit_period: Some(0.01),
        order_quantity: OrderQuantity::Eoq,
        ..with(Method::Quantile)
    };
    let made = plan(&settings, |_| {});
    assert!((made.policy.eoq.unwrap() - (2.0 * 3650.0 * 50.0 / 3.65f64).sqrt()).abs() < 1e-9);
    assert!(
        (made.policy.order_up_to - made.policy.reorder_point - made.policy.eoq.unwrap()).abs()
            < 1e-9
    );
}

#[test]
fn d6_without_price_or_cost_the_default_is_the_quantile_of_demand_over_lead_time_and_review() {
    let made = plan(&Settings::default(), |p| p.economics.price = None);
    assert_eq!(made.policy.method, PolicyMethod::Quantile);
    assert_eq!(made.policy.reorder_point, Demand::count(140.0, 280f64.sqrt()).quantile(0.95));
    assert_eq!(made.policy.safety_stock, made.policy.reorder_point - 140.0);
}

#[test]
fn d7_cover_band_and_clamp() {
    let mode = |cover_mode| Settings { cover_mode, ..with(Method::MaxAverage) };
    let clamped = plan(&mode(CoverMode::Clamp), |_| {});
    assert_eq!((clamped.policy.safety_stock, clamped.policy.reorder_point), (450.0, 520.0));
    assert_eq!(plan(&mode(CoverMode::Band), |_| {}).policy.safety_stock, 525.0);
    let flagged = plan(&mode(CoverMode::Formula), |_| {});
    assert_eq!(flagged.policy.safety_stock, 350.0);
    assert!(flagged.notes[0].contains("outside the fast band of 45-60"), "{:?}", flagged.notes);
    assert_eq!(plan(&with(Method::Cover), |_| {}).policy.safety_stock, 525.0);
}

#[test]
fn d8_cost_based_target() {
    let settings = Settings {
        holding_per_unit_period: Some(0.2 / 7.0),
        shortage_per_unit: Some(1.0),
        order_cost: 0.0,
        ..Settings::default()
    };
    let made = plan(&settings, |_| {});
    assert_eq!(made.policy.method, PolicyMethod::Cost);
    assert!((made.policy.service_target - 0.8333).abs() < 5e-5);
    assert_eq!(
        made.policy.order_up_to, made.policy.reorder_point,
        "without an order cost every review orders"
    );
    let unknown = plan(&with(Method::Cost), |p| p.economics.landed_cost = None);
    assert!(
        unknown.policy.method == PolicyMethod::Quantile
            && unknown.notes[0].contains("no holding or shortage cost")
    );
}

#[test]
fn d8_by_default_costs_decide_and_a_larger_lot_needs_less_safety() {
    // Cost 4 at 25 % a year, margin 6, 4 an order: 171 units an order, which last 17.1 days.
    let made = plan(&Settings::default(), |_| {});
    let lot = (2.0 * 3650.0 * 4.0 / 1.0f64).sqrt();
    assert_eq!(made.policy.method, PolicyMethod::Cost);
    assert!((made.policy.order_up_to - made.policy.reorder_point - lot).abs() < 1e-9);
    let held = 0.25 * 4.0 / 365.0 * lot / 10.0;
    assert!((made.policy.service_target - 6.0 / (6.0 + held)).abs() < 1e-9);
    let no_margin = plan(&Settings::default(), |p| p.economics.price = None).policy;
    assert!(
        no_margin.method == PolicyMethod::Quantile
            && (no_margin.order_up_to - no_margin.reorder_point - lot).abs() < 1e-9
    );
    let dear = plan(&Settings { order_cost: 400.0, ..Settings::default() }, |_| {});
    assert!(dear.policy.service_target < made.policy.service_target);
    assert!(
        (dear.policy.order_up_to - dear.policy.reorder_point - 600.0).abs() < 1e-9,
        "never more than sixty days"
    );
}

#[test]
fn d9_order_up_to_min_max_and_fixed_quantity() {
    let rule =
        |order_rule| Settings { order_rule, order_cover_days: 10.0, ..with(Method::MaxAverage) };
    let stock = |p: &mut PoolFacts| p.stock.available = 300.0;
    assert_eq!(plan(&rule(OrderRule::MinMax), stock).need, 220.0);
    assert_eq!(plan(&rule(OrderRule::OrderUpTo), stock).need, 120.0);
    assert_eq!(plan(&rule(OrderRule::FixedQuantity), stock).need, 200.0);
    assert_eq!(plan(&rule(OrderRule::MinMax), |p| p.stock.available = 421.0).need, 0.0);
}

#[test]
fn d11_order_by_date_and_status() {
    let at = |available: f64| plan(&with(Method::MaxAverage), |p| p.stock.available = available);
    let date = |text: &str| Some(text.parse().unwrap());
    // 350 of safety stock are touched after 28 days; less seven of lead time.
    assert_eq!(at(630.0).order_by, date("2024-05-06"));
    assert_eq!(at(630.0).stockout_date, date("2024-06-17"));
    assert_eq!(at(-1.0).status, Status::StockedOut);
    assert_eq!(at(50.0).status, Status::WillStockOut);
    assert_eq!(at(420.0).status, Status::OrderNow);
    assert_eq!(at(450.0).status, Status::Soon);
    assert_eq!(at(800.0).status, Status::Ok);
    assert_eq!(at(1300.0).status, Status::Excess);
    assert!(at(0.0).urgency > 99.0 && at(1300.0).urgency == 0.0);
}

#[test]
fn d13_just_in_time_only_for_short_dependable_lead_times_and_class_x() {
    let jit = with(Method::JustInTime);
    let allowed = plan(&jit, |_| {});
    assert_eq!(
        (allowed.policy.method, allowed.policy.safety_stock),
        (PolicyMethod::JustInTime, 0.0)
    );
    for (refused, why) in [
        (plan(&jit, |p| p.xyz = Some(XyzClass::Z)), "class Z"),
        (plan(&jit, |p| p.lead_time = LeadTime::new(20.0, 0.0, 21.0).unwrap()), "longer than 7.0"),
        (plan(&jit, |p| p.lead_time = LeadTime::new(7.0, 3.0, 21.0).unwrap()), "43 % of its mean"),
    ] {
        assert_eq!(refused.policy.method, PolicyMethod::Quantile);
        assert!(
            refused.notes[0].starts_with("just-in-time refused") && refused.notes[0].contains(why),
            "{:?}",
            refused.notes
        );
    }
}

#[test]
fn d14_stock_that_expires_does_not_count() {
    let lots = [DatedLot { days: 5.0, quantity: 100.0 }, DatedLot { days: 60.0, quantity: 200.0 }];
    let made = plan(&with(Method::MaxAverage), |p| {
        p.lots = lots.to_vec();
        p.stock = StockLevel { on_hand: 300.0, available: 300.0, backordered: 0.0 };
    });
    assert_eq!(made.position, 250.0);
    assert_eq!(made.notes[0], "50 units will expire unsold");
}

#[test]
fn the_most_stock_to_hold_limits_the_order_and_not_what_is_lost_before_it_comes() {
    // 20 on hand last two days of the week until an order arrives; 50 at the most.
    let made = plan(&with(Method::Cost), |p| {
        p.stock = StockLevel { on_hand: 20.0, available: 20.0, backordered: 0.0 };
        p.max_stock = Some(50.0);
    });
    assert_eq!(made.policy.reorder_point, 50.0);
    assert_eq!(made.need, 30.0);
    verify(&made);
}

#[test]
fn d15_minimum_maximum_and_held_items() {
    let made = plan(&with(Method::MaxAverage), |p| p.min_stock = Some(400.0));
    assert_eq!((made.policy.safety_stock, made.policy.reorder_point), (400.0, 470.0));
    let made = plan(&with(Method::MaxAverage), |p| p.max_stock = Some(500.0));
    assert_eq!((made.policy.order_up_to, made.need), (500.0, 80.0));
    let made = plan(&with(Method::MaxAverage), |p| {
        p.stock.available = 0.0;
        p.held = Some(Hold::NotNeeded("obsolete"));
    });
    assert_eq!((made.need, made.status), (0.0, Status::Held));
    let made = plan(&with(Method::MaxAverage), |p| {
        p.stock.available = 0.0;
        p.held = Some(Hold::Waits("new"));
    });
    assert!(made.need > 0.0 && made.waits == Some("new"), "what is to be approved is said");
    assert_eq!((made.status, made.urgency), (Status::Held, 0.0));
    let product = |status| Product { status, ..Product::default() };
    assert_eq!(
        held(&product(ProductStatus::Obsolete), Lifecycle::Active, false, true),
        Some(Hold::NotNeeded("obsolete"))
    );
    assert_eq!(
        held(&product(ProductStatus::DoNotOrder), Lifecycle::Active, true, true),
        Some(Hold::NotNeeded("do not order"))
    );
    assert!(
        held(&product(ProductStatus::New), Lifecycle::New, false, false)
            .and_then(Hold::waits)
            .is_some_and(|why| why.contains("approval"))
    );
    assert_eq!(held(&product(ProductStatus::New), Lifecycle::New, false, true), None);
    assert_eq!(held(&product(ProductStatus::Active), Lifecycle::Active, false, false), None);
}

proptest! {
    #[test]
    fn what_was_ordered_this_morning_is_not_asked_for_again(
        rate in 0.02f64..40.0,
        spread in 1.0f64..4.0,
        lead in 1.0f64..60.0,
        cover in 0.0f64..1.5,
        lot in 0usize..3,
        lost in any::<bool>(),
    ) {
        let settings = Settings {
            unmet_demand: if lost { UnmetDemand::Lost } else { UnmetDemand::Backordered },
            order_quantity:
                [OrderQuantity::None, OrderQuantity::Eoq, OrderQuantity::DaysOfCover][lot],
            ..with(Method::Quantile)
        };
        let steady = Steady::new(rate, spread);
        let mut facts = pool(rate);
        facts.lead_time = LeadTime::new(lead, 0.0, lead).unwrap();
        let stock = (cover * rate * lead).round();
        facts.stock = StockLevel { on_hand: stock, available: stock, backordered: 0.0 };
        let quantity = plan_steady(&facts, &steady, &settings).need.ceil();
        facts.arrivals = vec![Arrival { days: lead, quantity }];
        let again = plan_steady(&facts, &steady, &settings);
        prop_assert!(again.need <= 1e-6, "{quantity} ordered, {} more asked for", again.need);
    }
}

#[test]
fn lost_sales_on_the_way_lower_the_need_and_backorders_do_not() {
    let settings = |unmet_demand| Settings {
        unmet_demand,
        order_quantity: OrderQuantity::None,
        ..with(Method::Quantile)
    };
    let short = |p: &mut PoolFacts| p.stock.available = 20.0;
    let lost = plan(&settings(UnmetDemand::Lost), short);
    let kept = plan(&settings(UnmetDemand::Backordered), short);
    // The shelf is empty before the order arrives for certain: a review's demand is ordered, with
    // no more safety than a newsvendor takes.
    let newsvendor = Demand::count(70.0, 140f64.sqrt()).quantile(0.95);
    assert!(lost.need > 75.0 && lost.need <= newsvendor, "{} {newsvendor}", lost.need);
    assert_eq!(kept.need, kept.policy.reorder_point - 20.0);
}

fn any_settings() -> impl Strategy<Value = Settings> {
    let methods = prop_oneof![
        Just(Method::Auto),
        Just(Method::MaxAverage),
        Just(Method::Normal),
        Just(Method::Quantile),
        Just(Method::Cost),
        Just(Method::Cover),
        Just(Method::FillRate),
        Just(Method::JustInTime),
    ];
    let rules = prop_oneof![
        Just(OrderRule::MinMax),
        Just(OrderRule::OrderUpTo),
        Just(OrderRule::FixedQuantity)
    ];
    let modes =
        prop_oneof![Just(CoverMode::Formula), Just(CoverMode::Band), Just(CoverMode::Clamp)];
    (methods, rules, modes, 0.05..0.995f64, proptest::option::of(0.001..1.0f64), any::<bool>())
        .prop_map(|(method, order_rule, cover_mode, service, holding, lost)| Settings {
            method,
            order_rule,
            cover_mode,
            service: crate::domain::units::Probability::new(service).unwrap(),
            holding_per_unit_period: holding,
            order_cost: holding.unwrap_or(0.0),
            unmet_demand: if lost { UnmetDemand::Lost } else { UnmetDemand::Backordered },
            ..Settings::default()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn explanations_recompute(
        settings in any_settings(), rate in 0.0..40.0f64, spread in 1.0..9.0f64,
        available in -20.0..900.0f64, arrives in 0.0..30.0f64,
        limits in (proptest::option::of(0.0..200.0f64), proptest::option::of(0.0..900.0f64)),
        pinned in (
            proptest::option::of(0.0..200.0f64),
            proptest::option::of(0.0..400.0f64),
            proptest::option::of(0.0..900.0f64),
        ),
    ) {
        let lots = vec![DatedLot { days: arrives, quantity: 60.0 }];
        let facts = PoolFacts {
            arrivals: vec![Arrival { days: arrives, quantity: 25.0 }],
            lots: if spread > 5.0 { lots } else { Vec::new() },
            stock: StockLevel { on_hand: available, available, backordered: 2.0 },
            min_stock: limits.0,
            max_stock: limits.1,
            by_hand: PoolOverrides {
                safety_stock: pinned.0,
                reorder_point: pinned.1,
                order_up_to: pinned.2,
                ..PoolOverrides::default()
            },
            ..pool(rate)
        };
        let made = plan_steady(&facts, &Steady::new(rate, spread), &settings);
        prop_assert!(made.need >= 0.0);
        prop_assert!(made.policy.safety_stock >= 0.0 && made.policy.reorder_point >= 0.0);
        prop_assert!((0.0..=1.0).contains(&made.stockout_probability));
        prop_assert!((0.0..=100.0).contains(&made.urgency));
    }

    #[test]
    fn reorder_point_never_falls_as_target_lead_time_or_error_grows(
        rate in 0.1..40.0f64, spread in 1.0..9.0f64, service in 0.5..0.98f64,
        lead in 1.0..40.0f64, which in 0..3,
        method in prop_oneof![
            Just(Method::Normal),
            Just(Method::Quantile),
            Just(Method::FillRate),
            Just(Method::MaxAverage),
        ],
    ) {
        let point = |spread: f64, service: f64, lead: f64| {
            let steady = Steady::new(rate, spread);
            let over = |from: f64, to: f64, end: f64| steady.demand(from, to, end);
            let lead_time = LeadTime::new(lead, 0.2 * lead, 2.0 * lead).unwrap();
            let facts = PoolFacts { lead_time, ..pool(rate) };
            let service = crate::domain::units::Probability::new(service).unwrap();
            targets_of(&facts, &over, &Settings { service, ..with(method) }).reorder_point
        };
        let before = point(spread, service, lead);
        let after = match which {
            // A discrete quantile falls with growing spread only below the far tail: keep to
            // targets where it may not.
            0 if service > 0.9 && spread * rate > 1.0 => point(spread * 1.3, service, lead),
            0 => before,
            1 => point(spread, service + 0.015, lead),
            _ => point(spread, service, lead * 1.2),
        };
        prop_assert!(after >= before - 1e-6, "{before} {after}");
    }

    #[test]
    fn scaling_demand_scales_the_targets(
        rate in 1.0..20.0f64, sd in 0.1..2.0f64, factor in 0.1..30.0f64,
    ) {
        let point = |scale: f64| {
            let over = |from: f64, to: f64, _: f64| {
                let mean = rate * scale * (to - from);
                Demand::Normal { mean, sd: sd * mean / (to - from).sqrt() }
            };
            targets_of(&pool(rate * scale), &over, &with(Method::Quantile)).order_up_to
        };
        prop_assert!((point(factor) - factor * point(1.0)).abs() < 1e-6 * point(factor).max(1.0));
    }
}

#[test]
fn b3_a_target_set_for_a_cell_is_a_floor_under_costs() {
    let cells = |service: f64| -> Settings {
        toml::from_str(&format!(
            "method = \"cost\"\n[cells.AX]\nservice = {service}\ncount_every_days = 30"
        ))
        .unwrap()
    };
    let of = |service: f64| plan(&cells(service), |facts| facts.abc = Some(AbcClass::A));
    let (low, high) = (of(0.5), of(0.9999));
    assert!(high.policy.service_target > low.policy.service_target);
    assert!(high.policy.reorder_point > low.policy.reorder_point);
    assert!(high.reason.contains("the service target of 100.0 % binds"), "{}", high.reason);
    assert!(low.reason.contains("above the target of 50.0 %"), "{}", low.reason);
}

#[test]
fn what_customers_wait_for_is_ordered_on_top_under_lost_sales() {
    let empty = StockLevel::default();
    let owing = StockLevel { backordered: 30.0, ..empty };
    let lost = with(Method::Quantile);
    assert_eq!(lost.unmet_demand, UnmetDemand::Lost);
    let none = plan(&lost, |facts| facts.stock = empty);
    let owed = plan(&lost, |facts| facts.stock = owing);
    assert!((owed.need - none.need - 30.0).abs() < 0.5, "{} and {}", owed.need, none.need);
    assert_eq!((owed.position, owed.path[0]), (-30.0, -30.0));
}

#[test]
fn a_least_stock_is_kept_of_an_item_that_never_sold() {
    let product = Product::default();
    assert_eq!(
        held(&product, Lifecycle::Inactive, false, false),
        Some(Hold::NotNeeded("no demand any more"))
    );
    assert_eq!(held(&product, Lifecycle::Inactive, true, false), None);
}

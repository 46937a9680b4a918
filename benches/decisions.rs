//! Decisions for 30,000 pools: policy and need, proposing lines and settling them into orders,
//! splitting stock over three channels.
//!
//! Inputs are made by formula, so that every run measures the same work.

use chrono::NaiveDate;
use criterion::{Criterion, criterion_group, criterion_main};
use orderpoint::allocate;
use orderpoint::allocate::{ChannelDemand, PoolStock};
use orderpoint::domain::classes::{AbcClass, VelocityClass, XyzClass};
use orderpoint::domain::inputs::{Names, PoolOverrides, PriceBreak, Role, Supplier, Supply};
use orderpoint::domain::order_calendar::OrderCalendar;
use orderpoint::domain::outcome::Status;
use orderpoint::domain::sorted::Sorted;
use orderpoint::domain::units::{ChannelId, LeadTime, LocationId, Money, SkuId, SupplierId, Units};
use orderpoint::inventory;
use orderpoint::inventory::{
    Arrival, Outlook, PastDemand, PoolFacts, StockLevel, UnitEconomics, plan_pool,
};
use orderpoint::math::distributions::Demand;
use orderpoint::purchase;
use orderpoint::purchase::{Market, PoolNeed};
use std::hint::black_box;

const POOLS: u32 = 30_000;
const SUPPLIERS: u32 = 40;

fn numbered(prefix: &str, n: u32) -> Vec<String> {
    (0..n).map(|i| format!("{prefix}{i:05}")).collect()
}

fn names() -> Names {
    Names {
        skus: numbered("SKU", POOLS),
        channels: numbered("C", 3),
        locations: numbered("L", 1),
        suppliers: numbered("S", SUPPLIERS),
        ..Names::default()
    }
}

/// A reproducible number in 0..1 for item `i` and purpose `k`.
fn mixed(i: u32, k: u32) -> f64 {
    let mut x = u64::from(i).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (u64::from(k) << 32);
    x = (x ^ (x >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (x >> 40) as f64 / (1u64 << 24) as f64
}

/// Supplier `rank` of an item: the second one is faster and a tenth dearer than the first.
fn supply_row(sku: u32, rank: u32) -> Supply {
    let supplier = SupplierId((sku + 7 * rank) % SUPPLIERS);
    let price = 1.0 + 40.0 * mixed(sku, 1) * (1.0 + 0.1 * f64::from(rank));
    Supply {
        role: if rank == 0 { Role::Primary } else { Role::Secondary },
        unit_cost: Some(Money::from_f64(price)),
        minimum_order: Units(12),
        pack_size: Units(6),
        maximum_order: Some(Units(5000)),
        duty_rate: 0.04,
        freight_per_unit: Money::from_f64(0.2),
        ..Supply::by(supplier, SkuId(sku), 21.0 - 14.0 * f64::from(rank))
    }
}

fn supply_rows() -> Sorted<Supply> {
    (0..POOLS).flat_map(|sku| [supply_row(sku, 0), supply_row(sku, 1)]).collect()
}

fn price_breaks() -> Sorted<PriceBreak> {
    let row = |sku: u32| PriceBreak {
        sku: SkuId(sku),
        supplier: SupplierId(sku % SUPPLIERS),
        location: None,
        from_quantity: Units(240),
        unit_cost: Money::from_f64(0.95 * (1.0 + 40.0 * mixed(sku, 1))),
    };
    (0..POOLS).map(row).collect()
}

fn need(sku: u32, as_of: NaiveDate) -> PoolNeed {
    let daily = 0.1 + 8.0 * mixed(sku, 2).powi(3);
    let stock = 60.0 * daily * mixed(sku, 3);
    let needed = if stock < 25.0 * daily { 60.0 * daily - stock } else { 0.0 };
    let pool = PoolNeed::unknown(SkuId(sku), LocationId(0));
    PoolNeed {
        protection: Demand::count(10.0, 5.0),
        status: if needed > 0.0 { Status::OrderNow } else { Status::Ok },
        urgency: 50.0,
        order_by: Some(as_of),
        stockout_probability: 0.2,
        need: needed,
        margin: Money::from_f64(3.0),
        reason: "the position is below the reorder point".to_owned(),
        ..pool.selling(daily, Units::floor(stock), as_of, 60)
    }
}

/// From 30,000 forecasts to targets, needs, projected stock and their explanations, by the default
/// policy.
fn policy(c: &mut Criterion) {
    let settings = inventory::Settings::default();
    let as_of = NaiveDate::from_ymd_opt(2024, 4, 1).expect("a date");
    c.bench_function("policy of 30,000 pools", |b| {
        b.iter(|| {
            for sku in 0..POOLS {
                let rate = 0.1 + 8.0 * mixed(sku, 2).powi(3);
                let mean = [rate as f32; 90];
                let over = |from: f64, to: f64, end: f64| {
                    let mean = rate * (to - from);
                    Demand::count(
                        mean,
                        (1.6 * mean + 0.04 * mean * mean + rate * rate * end).sqrt(),
                    )
                };
                let stock = (60.0 * rate * mixed(sku, 3)).round();
                let arrivals = [Arrival { days: 5.0, quantity: (10.0 * rate).round() }];
                let facts = PoolFacts {
                    sku: SkuId(sku),
                    location: LocationId(0),
                    as_of,
                    past: PastDemand { average_per_day: rate, peak_per_day: 4.0 * rate },
                    lead_time: LeadTime::new(21.0, 3.0, 30.0).expect("a lead time"),
                    lead_time_source: "master data".into(),
                    calendar: OrderCalendar::default(),
                    abc: Some(AbcClass::B),
                    xyz: Some(XyzClass::Y),
                    is_new: false,
                    velocity: VelocityClass::Medium,
                    group: orderpoint::inventory::settings::GroupPolicy::default(),
                    promised_service: None,
                    economics: UnitEconomics {
                        landed_cost: Some(Money::from_f64(4.0)),
                        price: Some(Money::from_f64(7.0)),
                    },
                    stock: StockLevel { on_hand: stock, available: stock, backordered: 0.0 },
                    deliveries: Default::default(),
                    stock_is_known: true,
                    arrivals: arrivals.to_vec(),
                    lots: Vec::new(),
                    min_stock: None,
                    max_stock: None,
                    shelf_life_days: None,
                    by_hand: PoolOverrides::default(),
                    held: None,
                    network: None,
                };
                let outlook = Outlook { period_days: 1.0, mean: &mean, over: &over };
                black_box(plan_pool(&facts, outlook, &settings));
            }
        });
    });
}

/// From 30,000 needs to draft orders, with order minimums, free freight and a budget.
fn orders(c: &mut Criterion) {
    let names = names();
    let (supply, breaks) = (supply_rows(), price_breaks());
    let terms = Supplier {
        order_weekdays: vec![0, 3],
        min_order_value: Some(Money::from_f64(100_000.0)),
        free_freight_value: Some(Money::from_f64(200_000.0)),
        freight_per_order: Some(Money::from_f64(900.0)),
        ..Supplier::default()
    };
    let suppliers = vec![terms; SUPPLIERS as usize];
    let settings = purchase::Settings { budget: Some(8e6), ..purchase::Settings::default() };
    let as_of = NaiveDate::from_ymd_opt(2024, 4, 1).expect("a date");
    let market = Market {
        supply: &supply,
        price_breaks: &breaks,
        suppliers: &suppliers,
        names: &names,
        settings: &settings,
        as_of,
        approved: &Default::default(),
        open_to_buy: &[],
    };
    let needs: Vec<PoolNeed> = (0..POOLS).map(|sku| need(sku, as_of)).collect();
    c.bench_function("orders of 30,000 pools", |b| {
        b.iter(|| {
            let mut exceptions = Vec::new();
            let mut lines = Vec::new();
            for need in &needs {
                lines.extend(market.propose(need.clone(), |s| s.lead_time_days, &mut exceptions));
            }
            black_box(purchase::settle(lines, &market))
        });
    });
}

/// From 30,000 pools to 90,000 published quantities, with buffers sized by demand.
fn allocation(c: &mut Criterion) {
    let names = names();
    let buffering = allocate::Buffering::Demand;
    let settings = allocate::Settings { buffering, ..allocate::Settings::default() };
    let as_of = NaiveDate::from_ymd_opt(2024, 4, 1).expect("a date");
    let context = allocate::Context { names: &names, settings: &settings, as_of };
    let channel = |sku: u32, k: u32| {
        let velocity = 5.0 * mixed(sku, 10 + k).powi(3);
        ChannelDemand {
            channel: ChannelId(k),
            velocity,
            daily_sd: (1.5 * velocity).sqrt(),
            margin: Some(2.0 + f64::from(k)),
            priority: None,
            reserve: Units(i64::from(k == 2)),
            buffer: None,
            cap: (k == 1).then_some(Units(40)),
            min_share: 0.05,
            pause_below: Units::ZERO,
            alert_below: None,
            listed: None,
            previous: Some(allocate::Previous { share: 1.0 / 3.0, paused: false }),
        }
    };
    let pools: Vec<(PoolStock, [ChannelDemand; 3])> = (0..POOLS)
        .map(|sku| {
            let available = Units((200.0 * mixed(sku, 5)) as i64);
            let pool = PoolStock {
                sku: SkuId(sku),
                location: LocationId(0),
                available,
                reorder_point: 50.0,
                step: Units(1),
            };
            (pool, [0, 1, 2].map(|k| channel(sku, k)))
        })
        .collect();
    let facts = allocate::balance::Worth { unit_cost: Money::from_f64(4.0), days_to_arrival: 14.0 };
    c.bench_function("allocation of 30,000 pools", |b| {
        b.iter(|| {
            for (pool, channels) in &pools {
                let rows = allocate::allocate(pool, channels, &context, &mut Vec::new());
                black_box(allocate::balance::findings(channels, &rows, &facts, &settings));
                black_box(rows);
            }
        });
    });
}

criterion_group! {
    name = decisions;
    config = Criterion::default().sample_size(10);
    targets = policy, orders, allocation
}
criterion_main!(decisions);

//! A made-up run of any size, so that the pages can be tested, timed and looked at without the other stages.

use super::{PastDecision, PastRun, ReportInput};
use crate::calendar::{Bucket, Calendar};
use crate::error::{Exception, Quarantined, Severity};
use crate::indicators::{self, Goal, Settings};
use crate::inputs::*;
use crate::outcome::*;
use crate::panel::{Panel, PanelParts, SalesTotals, SeriesKey, flag};
use crate::units::{ChannelId, LocationId, Money, SkuId, SupplierId, Units};
use chrono::{Duration, NaiveDate};

/// Names that must do no harm anywhere.
pub const HOSTILE: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"quoted\" & 'single'",
    "\u{202e}right to left",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "</td><img src=x onerror=alert(1)>",
];

/// A run that owns its parts.
pub struct Fixture {
    pub inputs: Inputs,
    pub outcome: Outcome,
    pub settings: Settings,
    pub history: Vec<PastRun>,
    pub decisions: Vec<PastDecision>,
}

const CHANNELS: [&str; 3] = ["marketplace", "web", "wholesale"];
const SUPPLIERS: [&str; 5] = ["ACME & Sons", "Baltic Traders", "Delta <fast>", "Kowloon Goods", "Norden"];
const NOUNS: [&str; 6] = ["mug", "lamp", "blanket", "candle", "tray", "clock"];

/// Numbers that look random and are always the same.
struct Lcg(u64);

impl Lcg {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / (1u64 << 31) as f64
    }
}

pub fn as_of() -> NaiveDate {
    "2026-03-02".parse().unwrap()
}

impl Fixture {
    /// `skus` items in one location and three channels.
    pub fn new(skus: usize) -> Self {
        let mut random = Lcg(7);
        let mut velocities: Vec<f64> = (0..skus).map(|_| (random.next() * 3.2 - 1.0).exp()).collect();
        velocities.iter_mut().step_by(17).for_each(|v| *v = 0.0);
        let inputs = inputs(skus, &velocities, &mut random);
        let mut outcome = Outcome::default();
        for (i, &velocity) in velocities.iter().enumerate() {
            decide(&inputs, &mut outcome, i, velocity);
        }
        orders(&mut outcome);
        outcome.open_orders = inputs.purchase_orders.iter().filter(|o| o.received.is_none()).map(advice).collect();
        outcome.findings = (0..skus.min(9)).map(finding).collect();
        outcome.changes = (0..skus.min(40)).map(change).collect();
        outcome.exceptions = vec![
            Exception::new(
                Severity::Warning,
                "lead-time-drift",
                "SKU-0003",
                "mean lead time moved from 7 to 21 days",
                "the maximum moves with it",
            ),
            Exception::new(Severity::Info, "fallback", "SKU-0005/web", "naive forecast", "9 observations, 14 needed"),
        ];
        let goals = vec![Goal { indicator: "turnover".into(), scope: "all".into(), target: 4.0 }];
        let settings = Settings { goals, ..Settings::default() };
        outcome.indicators = indicators::compute(&inputs, &outcome, &settings);
        let history = (1..6).rev().map(|n| past(&outcome.indicators, n)).collect();
        let decisions = vec![PastDecision {
            sku: SkuId(1),
            location: LocationId(0),
            decision: "snoozed".into(),
            quantity: None,
            until: Some(as_of() + Duration::days(9)),
            reason: "new packaging <soon>".into(),
            author: "Ada".into(),
            time: "2026-02-27T08:30".into(),
        }];
        Self { inputs, outcome, settings, history, decisions }
    }

    pub fn report(&self) -> ReportInput<'_> {
        ReportInput {
            run_id: "2026-03-02-0a1b2c3d",
            as_of: as_of(),
            version: "0.1.0",
            currency: "EUR",
            inputs: &self.inputs,
            outcome: &self.outcome,
            settings: &self.settings,
            history: &self.history,
            decisions: &self.decisions,
        }
    }
}

fn past(now: &[Indicator], runs_ago: i32) -> PastRun {
    let date = as_of() - Duration::days(i64::from(runs_ago));
    let mut indicators = now.to_vec();
    for i in &mut indicators {
        i.value = i.value.map(|v| (v * (1.0 + 0.02 * f64::from(runs_ago % 3) - 0.01 * f64::from(runs_ago))).round());
    }
    PastRun { run_id: format!("{date}-ffff0000"), as_of: date, indicators }
}

/// One draft order a supplier.
fn orders(outcome: &mut Outcome) {
    for supplier in 0..SUPPLIERS.len() as u32 {
        let rows = outcome.recommendations.iter().enumerate();
        let lines: Vec<usize> =
            rows.filter(|(_, r)| r.quantity.0 > 0 && r.supplier == Some(SupplierId(supplier))).map(|(at, _)| at).collect();
        let of = |value: fn(&Recommendation) -> Money| lines.iter().map(|&at| value(&outcome.recommendations[at])).sum();
        outcome.orders.push(DraftOrder {
            supplier: SupplierId(supplier),
            location: LocationId(0),
            order_date: as_of(),
            expected_arrival: as_of() + Duration::days(14),
            units: lines.iter().map(|&at| outcome.recommendations[at].quantity).sum(),
            value: of(|r| r.value),
            freight: Money::from_f64(45.0),
            landed_value: of(|r| r.landed_unit_cost.times(r.quantity)),
            minimum_value: Some(Money::from_f64(900.0)),
            lines,
        });
    }
}

fn advice(order: &PurchaseOrder) -> OpenOrderAdvice {
    OpenOrderAdvice {
        order_id: order.order_id.clone(),
        sku: order.sku,
        location: order.location,
        supplier: order.supplier,
        action: [OpenOrderAction::Expedite, OpenOrderAction::PushOut, OpenOrderAction::Cancel][order.sku.index() / 6 % 3],
        quantity: order.quantity,
        expected: order.expected,
        proposed: Some(as_of()),
        value: Money::from_f64(f64::from(order.sku.0) * 7.0),
        reason: "the stock is gone on 2026-03-05: 31.4 units would be lost before it arrives".into(),
    }
}

fn finding(i: usize) -> ChannelFinding {
    ChannelFinding {
        sku: SkuId(i as u32),
        location: Some(LocationId(0)),
        channel: (i % 4 > 1).then_some(ChannelId((i % 3) as u32)),
        kind: ["exposure", "imbalance", "stranded", "too-many-channels"][i % 4],
        units: 12.0 + i as f64,
        value: Money::from_f64(90.0 + 40.0 * i as f64),
        reason: "32.1 short of 7 days in some channels, 40 in excess in others".into(),
    }
}

fn change(i: usize) -> Change {
    let causes = ["demand", "stock", "lead time", "new", "policy"];
    let (key, before, after) = (format!("SKU-{i:04}/main"), (i * 3).to_string(), (i * 4 + 1).to_string());
    Change { key, field: "quantity", before, after, cause: causes[i % 5].to_owned() }
}

fn product(i: usize, random: &mut Lcg) -> Product {
    let cost = (random.next() * 30.0 + 1.0).round() - 0.25;
    let noun = NOUNS[i % NOUNS.len()];
    let name = if i < HOSTILE.len() { HOSTILE[i].to_owned() } else { format!("Ceramic {noun} no. {i}") };
    Product {
        name,
        category: noun.to_owned(),
        unit_cost: Some(Money::from_f64(cost)),
        unit_price: Some(Money::from_f64(cost * 2.2)),
        in_master: true,
        ..Product::default()
    }
}

#[expect(clippy::too_many_lines, reason = "one struct, field by field")]
fn inputs(skus: usize, velocities: &[f64], random: &mut Lcg) -> Inputs {
    let names = Names {
        skus: (0..skus).map(|i| format!("SKU-{i:04}")).collect(),
        channels: CHANNELS.map(String::from).to_vec(),
        locations: vec!["main".into()],
        suppliers: SUPPLIERS.map(String::from).to_vec(),
    };
    let days = |n: i64| as_of() - Duration::days(n);
    let supply = |i: usize| Supply {
        sku: SkuId(i as u32),
        location: None,
        supplier: SupplierId((i % 5) as u32),
        role: Role::Primary,
        unit_cost: None,
        lead_time_days: 14.0,
        lead_time_sd_days: None,
        lead_time_max_days: None,
        minimum_order: Units(10),
        pack_size: Units(5),
        maximum_order: None,
        duty_rate: 0.0,
        freight_per_unit: Money::ZERO,
    };
    let order = |i: usize, received: Option<NaiveDate>| PurchaseOrder {
        order_id: format!("PO-{i}"),
        sku: SkuId(i as u32),
        supplier: Some(SupplierId((i % 5) as u32)),
        location: LocationId(0),
        quantity: Units(40),
        confirmed: Some(days(40)),
        expected: Some(if received.is_some() { days(26) } else { days(-12) }),
        received,
        received_quantity: received.map(|_| Units(40)),
    };
    let stock = |i: usize, v: f64| Stock {
        sku: SkuId(i as u32),
        location: LocationId(0),
        on_hand: Units((v * [0.0, 3.0, 9.0, 25.0, 60.0, 300.0][i % 6]).round() as i64 + if v == 0.0 { 80 } else { 0 }),
        committed: Units((v * 0.3) as i64),
        backordered: Units(0),
        damaged: Units(0),
        returns_pending: Units(0),
        as_of: Some(days(0)),
    };
    Inputs {
        panel: panel(velocities, random),
        products: (0..skus).map(|i| product(i, random)).collect(),
        channels: vec![Channel::default(); 3],
        suppliers: vec![Supplier { min_order_value: Some(Money::from_f64(900.0)), ..Supplier::default() }; 5],
        supply: (0..skus).map(supply).collect(),
        price_breaks: Vec::new(),
        stock: velocities.iter().enumerate().map(|(i, &v)| stock(i, v)).collect(),
        lots: Vec::new(),
        stock_history: Vec::new(),
        stockouts: Vec::new(),
        purchase_orders: (0..skus).step_by(2).map(|i| order(i, (i % 3 > 0).then(|| days(24 + (i % 5) as i64 - 2)))).collect(),
        listings: Vec::new(),
        events: Vec::new(),
        promotions: Vec::new(),
        prices: Vec::new(),
        adjustments: Vec::new(),
        overrides: Vec::new(),
        kits: Vec::new(),
        counts: (0..skus / 3)
            .map(|i| Count {
                date: days(60),
                sku: SkuId(i as u32),
                location: LocationId(0),
                recorded: Units(50),
                counted: Units(49 + (i % 2) as i64),
            })
            .collect(),
        accounts: Vec::new(),
        sources: vec![Source {
            table: "sales".into(),
            file: "sales.csv".into(),
            rows: 40_000,
            rejected: 3,
            sha256: "0".repeat(64),
            newest: Some(days(1)),
        }],
        quarantine: vec![Quarantined {
            file: "sales.csv".into(),
            line: 17,
            column: "quantity".into(),
            value: "=1+1".into(),
            reason: "a whole number was expected".into(),
        }],
        exceptions: vec![Exception::new(
            Severity::Warning,
            "missing-table",
            "accounts",
            "no accounts table",
            "DSO, DPO and the cash conversion cycle are unknown",
        )],
        names,
    }
}

fn panel(velocities: &[f64], random: &mut Lcg) -> Panel {
    let calendar = Calendar::new(Bucket::Day, as_of(), as_of() - Duration::days(400));
    let mut parts = PanelParts::default();
    for (i, &velocity) in velocities.iter().enumerate() {
        for c in 0..3u32 {
            parts.keys.push(SeriesKey { sku: SkuId(i as u32), location: LocationId(0), channel: ChannelId(c) });
            parts.starts.push(0);
            let rate = velocity * [0.6, 0.3, 0.1][c as usize];
            for t in 0..400 {
                let out = i % 6 == 0 && (380..390).contains(&t);
                parts.gross.push(if out { 0.0 } else { (rate * 2.0 * random.next()).round() as f32 });
                parts.flags.push(if out { flag::STOCKOUT } else { 0 });
            }
            parts.returns.push(vec![(390, (rate * 2.0).round() as f32)]);
            parts.totals.push(SalesTotals {
                revenue_365: rate * 365.0 * 20.0,
                revenue_90: rate * 1800.0,
                gross_revenue: rate * 8000.0,
                priced_units: rate * 400.0,
            });
        }
    }
    Panel::new(calendar, parts)
}

/// Classes, policy, recommendation, allocation, accuracy and picture of item `i`.
#[expect(clippy::too_many_lines, reason = "two structs, field by field")]
fn decide(inputs: &Inputs, outcome: &mut Outcome, i: usize, velocity: f64) {
    let (sku, location) = (SkuId(i as u32), LocationId(0));
    let stock = &inputs.stock[i];
    let available = stock.available();
    let cover = (velocity > 0.0).then(|| available.0 as f64 / velocity);
    let (lead, safety) = (14.0, velocity * 6.0);
    let reorder_point = velocity * lead + safety;
    let status = match cover {
        None => Status::Held,
        Some(_) if available.0 <= 0 => Status::StockedOut,
        Some(c) if c < 7.0 => Status::WillStockOut,
        Some(c) if c < 20.0 => Status::OrderNow,
        Some(c) if c < 30.0 => Status::Soon,
        Some(c) if c > 120.0 => Status::Excess,
        Some(_) => Status::Ok,
    };
    let dead = velocity == 0.0;
    outcome.classification.push(Classification {
        sku,
        location,
        abc: Some(['A', 'B', 'C'][i % 3]),
        xyz: Some(['X', 'Y', 'Z'][i % 2]),
        pattern: "smooth",
        velocity: "medium",
        lifecycle: if i % 29 == 5 { "new" } else { "active" },
        rationalisation: if dead { "deadstock" } else { "steady" },
        take_action: dead,
        adi: 1.1,
        cv2: 0.3,
        cv: 0.5,
        value_share: 0.01,
        velocity_per_day: velocity,
        days_of_cover: cover,
        revenue_per_month: velocity * 600.0,
        cash_freed: if dead { inputs.products[i].unit_cost.unwrap().times(available) } else { Money::ZERO },
    });
    let step = |name, formula: &str, inputs: Vec<(&'static str, f64)>, value, unit| Step {
        name,
        formula: formula.into(),
        inputs,
        value,
        unit,
        note: String::new(),
    };
    let policy_steps = vec![
        step("safety_stock", "quantile - mean", vec![("quantile", velocity * 26.0), ("mean", velocity * 20.0)], safety, "units"),
        step(
            "reorder_point",
            "velocity * lead_time + safety_stock",
            vec![("velocity", velocity), ("lead_time", lead)],
            reorder_point,
            "units",
        ),
    ];
    outcome.policy.push(Policy {
        sku,
        location,
        lead_time_mean: lead,
        lead_time_sd: 2.0,
        lead_time_max: 21.0,
        lead_time_source: "4 receipts".into(),
        review_period: 7.0,
        protection_mean: velocity * 21.0,
        protection_sd: velocity * 4.0,
        service_target: 0.95,
        method: "quantile",
        safety_stock: safety,
        reorder_point,
        order_up_to: reorder_point + velocity * 30.0,
        eoq: None,
        steps: policy_steps,
    });
    recommend(inputs, outcome, i, velocity, status);
    share(inputs, outcome, i, velocity);
    picture(inputs, outcome, i, velocity);
}

fn recommend(inputs: &Inputs, outcome: &mut Outcome, i: usize, velocity: f64, status: Status) {
    let (stock, policy) = (&inputs.stock[i], &outcome.policy[i]);
    let available = stock.available();
    let need = if status <= Status::Soon { (policy.order_up_to - available.0 as f64).max(0.0) } else { 0.0 };
    let quantity = Units(if need > 0.0 { ((need / 5.0).ceil() as i64 * 5).max(10) } else { 0 });
    let cost = inputs.products[i].unit_cost.unwrap();
    let cover = if velocity > 0.0 { available.0 as f64 / velocity } else { f64::INFINITY };
    let lost = (14.0 - cover).max(0.0) * velocity;
    let out = (cover < 90.0).then(|| as_of() + Duration::days(cover as i64));
    let steps = vec![
        Step {
            name: "need",
            formula: "order_up_to - position".into(),
            inputs: vec![("order_up_to", policy.order_up_to), ("position", available.0 as f64)],
            value: need,
            unit: "units",
            note: String::new(),
        },
        Step {
            name: "quantity",
            formula: "max(minimum, ceil(need / pack) * pack)".into(),
            inputs: vec![("minimum", 10.0), ("pack", 5.0)],
            value: quantity.0 as f64,
            unit: "units",
            note: "Rounded up to whole packs.".into(),
        },
    ];
    outcome.recommendations.push(Recommendation {
        id: format!("{i:012x}"),
        sku: SkuId(i as u32),
        location: LocationId(0),
        supplier: Some(SupplierId((i % 5) as u32)),
        status,
        urgency: [100.0, 90.0, 70.0, 40.0, 10.0, 0.0, 0.0][status as usize],
        order_by: out.map(|d| (d - Duration::days(14)).max(as_of())),
        expected_arrival: (quantity.0 > 0).then(|| as_of() + Duration::days(14)),
        on_hand: stock.on_hand,
        available,
        on_order: Units(0),
        inventory_position: available,
        stockout_date: out,
        stockout_probability: (1.0 - cover / 28.0).clamp(0.0, 1.0),
        need,
        quantity,
        unit_cost: cost,
        landed_unit_cost: cost,
        value: cost.times(quantity),
        value_at_risk: Money::from_f64(lost * cost.as_f64() * 1.2),
        reason: format!(
            "Sells {velocity:.1} a day; {} available against a reorder point of {:.0}.",
            available.0, policy.reorder_point
        ),
        binding: if quantity.0 == 10 { "minimum".into() } else { "pack".into() },
        steps,
    });
}

fn share(inputs: &Inputs, outcome: &mut Outcome, i: usize, velocity: f64) {
    let pool = inputs.stock[i].available().0.max(0);
    let shares = if i % 11 == 3 { [0.02, 0.18, 0.8] } else { [0.6, 0.3, 0.1] };
    for c in 0..3 {
        let allocated = (pool as f64 * shares[c]).floor() as i64;
        let rate = velocity * [0.6, 0.3, 0.1][c];
        let published = (allocated - 1).max(0);
        let action = match published {
            0 => ChannelAction::Pause,
            p if (p as f64) < rate * 5.0 => ChannelAction::Alert,
            _ => ChannelAction::Publish,
        };
        outcome.allocation.push(Allocation {
            sku: SkuId(i as u32),
            channel: ChannelId(c as u32),
            location: LocationId(0),
            share: shares[c],
            allocated: Units(allocated),
            reserved: Units(0),
            buffer: Units(1),
            published: Units(published),
            action,
            oversell_risk: (1.0 - published as f64 / (rate * 10.0 + 0.1)).clamp(0.0, 1.0),
            valid_until: as_of() + Duration::days(1),
            velocity: rate,
            listed: Some(Units(allocated + i64::from(i.is_multiple_of(7)) * 3)),
            reason: "velocity x margin".into(),
        });
        outcome.methods.push(("ets(A,N,A)".into(), "WAPE 31 % against 38 % of the seasonal naive".into()));
        for (method, wape, chosen) in [("naive", 0.41, false), ("ets(A,N,A)", 0.31 + (i % 9) as f64 * 0.03, true)] {
            outcome.accuracy.push(Accuracy {
                series: i * 3 + c,
                method: method.into(),
                wape,
                bias: 0.02,
                mase: wape * 2.4,
                rmsse: wape * 2.1,
                pinball: None,
                horizon: 14,
                chosen,
            });
        }
    }
}

fn picture(inputs: &Inputs, outcome: &mut Outcome, i: usize, velocity: f64) {
    let mut random = Lcg(i as u64);
    let history: Vec<f32> = (0..57).map(|_| (velocity * 7.0 * (0.5 + random.next())).round() as f32).collect();
    let mut marks = vec![0; 57];
    (marks[40], marks[20], marks[9]) = (1, 2, 4);
    let mean: Vec<f32> = (0..26).map(|w| (velocity * 7.0 * (1.0 + 0.1 * f64::from(w % 4))) as f32).collect();
    let mut left = inputs.stock[i].available().0 as f32;
    let stock = mean.iter().map(|m| {
        left = (left - m).max(0.0);
        left
    });
    outcome.pictures.push(PoolPicture {
        history,
        marks,
        low: mean.iter().map(|m| m * 0.6).collect(),
        high: mean.iter().map(|m| m * 1.5).collect(),
        stock: stock.collect(),
        mean,
        stockout_days_30: if i.is_multiple_of(6) { 10 } else { 0 },
    });
}

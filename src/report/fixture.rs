//! A made-up run of any size, so that the pages can be tested, timed and looked at without the other stages.

mod decided;

use super::{PastDecision, PastRun, ReportInput};
use crate::calendar::{Bucket, Calendar};
use crate::error::{Exception, Quarantined, Severity};
use crate::indicators::{self, Settings};
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
    pub policy: crate::inventory::Settings,
    pub history: Vec<PastRun>,
    pub decisions: Vec<PastDecision>,
}

const CHANNELS: [&str; 3] = ["marketplace", "web", "wholesale"];
const SUPPLIERS: [&str; 5] =
    ["ACME & Sons", "Baltic Traders", "Delta <fast>", "Kowloon Goods", "Norden"];
const NOUNS: [&str; 6] = ["mug", "lamp", "blanket", "candle", "tray", "clock"];

/// Numbers that look random and are always the same.
struct Lcg(u64);

impl Lcg {
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
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
        let mut velocities: Vec<f64> =
            (0..skus).map(|_| (random.next() * 3.2 - 1.0).exp()).collect();
        velocities.iter_mut().step_by(17).for_each(|v| *v = 0.0);
        let inputs = inputs(skus, &velocities, &mut random);
        let mut outcome = Outcome::default();
        for (i, &velocity) in velocities.iter().enumerate() {
            decided::decide(&inputs, &mut outcome, i, velocity);
        }
        orders(&mut outcome);
        outcome.open_orders =
            inputs.purchase_orders.iter().filter(|o| o.received.is_none()).map(advice).collect();
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
            Exception::new(
                Severity::Info,
                "fallback",
                "SKU-0005/web",
                "naive forecast",
                "9 observations, 14 needed",
            ),
        ];
        let goals = [("turnover".to_owned(), 4.0), ("dso".to_owned(), 40.0)].into();
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
        Self {
            inputs,
            outcome,
            settings,
            policy: crate::inventory::Settings::default(),
            history,
            decisions,
        }
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
            policy: &self.policy,
            history: &self.history,
            decisions: &self.decisions,
        }
    }
}

fn past(now: &[Indicator], runs_ago: i32) -> PastRun {
    let date = as_of() - Duration::days(i64::from(runs_ago));
    let mut indicators = now.to_vec();
    for i in &mut indicators {
        i.value = i.value.map(|v| {
            (v * (1.0 + 0.02 * f64::from(runs_ago % 3) - 0.01 * f64::from(runs_ago))).round()
        });
    }
    PastRun { run_id: format!("{date}-ffff0000"), as_of: date, indicators }
}

/// One draft order a supplier.
fn orders(outcome: &mut Outcome) {
    for supplier in 0..SUPPLIERS.len() as u32 {
        let rows = outcome.recommendations.iter().enumerate();
        let lines: Vec<usize> = rows
            .filter(|(_, r)| r.quantity.0 > 0 && r.supplier == Some(SupplierId(supplier)))
            .map(|(at, _)| at)
            .collect();
        let of = |value: fn(&Recommendation) -> Money| {
            lines.iter().map(|&at| value(&outcome.recommendations[at])).sum()
        };
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
        action: [OpenOrderAction::Expedite, OpenOrderAction::PushOut, OpenOrderAction::Cancel]
            [order.sku.index() / 6 % 3],
        quantity: order.quantity,
        expected: order.expected,
        proposed: Some(as_of()),
        value: Money::from_f64(f64::from(order.sku.0) * 7.0),
        reason: "the stock is gone on 2026-03-05: 31.4 units would be lost before it arrives"
            .into(),
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
    let (key, before, after) =
        (format!("SKU-{i:04}/main"), (i * 3).to_string(), (i * 4 + 1).to_string());
    Change { key, field: "quantity", before, after, cause: causes[i % 5].to_owned() }
}

fn product(i: usize, random: &mut Lcg) -> Product {
    let cost = (random.next() * 30.0 + 1.0).round() - 0.25;
    let noun = NOUNS[i % NOUNS.len()];
    let name =
        if i < HOSTILE.len() { HOSTILE[i].to_owned() } else { format!("Ceramic {noun} no. {i}") };
    Product {
        name,
        category: noun.to_owned(),
        unit_cost: Some(Money::from_f64(cost)),
        unit_price: Some(Money::from_f64(cost * 2.2)),
        in_master: true,
        ..Product::default()
    }
}

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
        on_hand: Units(
            (v * [0.0, 3.0, 9.0, 25.0, 60.0, 300.0][i % 6]).round() as i64
                + if v == 0.0 { 80 } else { 0 },
        ),
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
        suppliers: vec![
            Supplier {
                min_order_value: Some(Money::from_f64(900.0)),
                ..Supplier::default()
            };
            5
        ],
        supply: (0..skus).map(supply).collect(),
        price_breaks: Vec::new(),
        stock: velocities.iter().enumerate().map(|(i, &v)| stock(i, v)).collect(),
        lots: Vec::new(),
        stock_history: Vec::new(),
        stockouts: Vec::new(),
        purchase_orders: (0..skus)
            .step_by(2)
            .map(|i| order(i, (i % 3 > 0).then(|| days(24 + (i % 5) as i64 - 2))))
            .collect(),
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
            parts.keys.push(SeriesKey {
                sku: SkuId(i as u32),
                location: LocationId(0),
                channel: ChannelId(c),
            });
            parts.starts.push(0);
            let rate = velocity * [0.6, 0.3, 0.1][c as usize];
            for t in 0..400 {
                let out = i % 6 == 0 && (380..390).contains(&t);
                parts.gross.push(if out {
                    0.0
                } else {
                    (rate * 2.0 * random.next()).round() as f32
                });
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

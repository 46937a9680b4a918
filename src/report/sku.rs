//! Item pages: the data of every item, in scripts of [`ITEMS_PER_FILE`] items that the page loads on demand.
//!
//! The two charts of an item are drawn by the page from these numbers. As plotters SVG they took 3.9 KB and 61 us each: 78 MB
//! for 10,000 items, against a limit of 60 MB for the whole report; as numbers they take 0.9 KB and can be read off by pointing.

use crate::domain::exceptions::{Exception, Subject};
use crate::domain::fault::guarded;
use crate::domain::inputs::{ProductStatus, PurchaseOrder};
use crate::domain::outcome::{Outcome, Recommendation};
use crate::domain::sorted::rows_of;
use crate::domain::units::{Money, SkuId};
use crate::explain::Step;
use crate::indicators::PoolView;
use crate::report::PastDecision;
use crate::report::Run;
use chrono::NaiveDate;
use serde::Serialize;

/// Items in one script: near 250 KB, which a browser loads from disk in a few milliseconds.
pub const ITEMS_PER_FILE: usize = 64;

#[derive(Serialize, Default)]
struct Item<'a> {
    sku: &'a str,
    name: &'a str,
    category: &'a str,
    status: &'static str,
    cost: Option<f64>,
    price: Option<f64>,
    launched: Option<NaiveDate>,
    successor: Option<u32>,
    kit: Vec<(&'a str, i64)>,
    pools: Vec<Pool<'a>>,
}

#[derive(Serialize)]
struct Pool<'a> {
    location: &'a str,
    class: Option<Class>,
    stock: Option<[i64; 5]>,
    policy: Option<Policy<'a>>,
    lines: Vec<Line<'a>>,
    picture: Option<Picture>,
    orders: Vec<Order<'a>>,
    channels: Vec<Share<'a>>,
    overrides: Vec<Overridden<'a>>,
    decisions: Vec<Decided<'a>>,
}

#[derive(Serialize)]
struct Class {
    cell: String,
    pattern: &'static str,
    speed: &'static str,
    lifecycle: &'static str,
    role: &'static str,
    act: bool,
    velocity: f64,
    cover: Option<f64>,
    revenue: f64,
}

#[derive(Serialize)]
struct Policy<'a> {
    lead: [f64; 3],
    source: &'a str,
    review: f64,
    target: f64,
    method: &'static str,
    safety: f64,
    reorder: f64,
    up_to: f64,
    eoq: Option<f64>,
    steps: Vec<Arithmetic<'a>>,
}

/// `(name, formula, inputs, value, unit, note)`.
#[derive(Serialize)]
struct Arithmetic<'a>(&'static str, &'a str, Vec<(&'static str, f64)>, f64, &'static str, &'a str);

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    supplier: &'a str,
    status: &'static str,
    order_by: Option<NaiveDate>,
    arrival: Option<NaiveDate>,
    available: i64,
    on_order: i64,
    position: i64,
    out: Option<NaiveDate>,
    risk: f64,
    need: f64,
    quantity: i64,
    cost: f64,
    landed: f64,
    value: f64,
    at_risk: f64,
    reason: &'a str,
    binding: &'a str,
    steps: Vec<Arithmetic<'a>>,
}

#[derive(Serialize)]
struct Picture {
    history: Vec<i64>,
    marks: String,
    mean: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
    stock: Vec<i64>,
    out_days: u16,
}

#[derive(Serialize)]
struct Order<'a> {
    id: &'a str,
    supplier: &'a str,
    quantity: i64,
    expected: Option<NaiveDate>,
    advice: String,
}

#[derive(Serialize)]
struct Share<'a> {
    channel: &'a str,
    share: f64,
    velocity: f64,
    allocated: i64,
    buffer: i64,
    published: i64,
    listed: Option<i64>,
    action: &'static str,
    risk: f64,
    method: &'a str,
    why: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct Overridden<'a> {
    field: &'a str,
    value: f64,
    reason: &'a str,
    author: &'a str,
    expires: Option<NaiveDate>,
}

#[derive(Serialize)]
struct Decided<'a> {
    decision: &'a str,
    quantity: Option<i64>,
    until: Option<NaiveDate>,
    reason: &'a str,
    author: &'a str,
    time: &'a str,
}

/// One script: the items from `first` on, whose pools are `pools` (in pool order). An item that breaks keeps its name only, and
/// is told.
///
/// # Errors
/// If the data cannot be written as JSON, which would be our own fault.
pub(crate) fn script(
    run: &Run,
    first: usize,
    pools: &[PoolView],
) -> serde_json::Result<(Vec<u8>, Vec<Exception>)> {
    let mut broken = Vec::new();
    let names = &run.input.inputs.names.skus;
    let end = (first + ITEMS_PER_FILE).min(names.len());
    let mut rest = pools;
    let items: Vec<Item> = (first..end)
        .map(|sku| {
            let mine = rest.partition_point(|p| p.sku.index() <= sku);
            let (pools, later) = rest.split_at(mine);
            rest = later;
            guarded(|| item(run, sku, pools)).unwrap_or_else(|fault| {
                broken.push(Exception::internal(
                    Subject::Item(names[sku].clone()),
                    "its page could not be made",
                    &fault,
                ));
                Item { sku: &names[sku], ..Item::default() }
            })
        })
        .collect();
    let mut out = format!("OP.items({first},").into_bytes();
    serde_json::to_writer(&mut out, &items)?;
    out.extend_from_slice(b");\n");
    Ok((out, broken))
}

fn item<'a>(run: &Run<'a>, sku: usize, pools: &[PoolView<'a>]) -> Item<'a> {
    let inputs = run.input.inputs;
    let product = &inputs.products[sku];
    Item {
        sku: &inputs.names.skus[sku],
        name: &product.name,
        category: &product.category,
        status: status_name(product.status),
        cost: product.unit_cost.map(Money::as_f64),
        price: product.unit_price.map(Money::as_f64),
        launched: product.launched,
        successor: product.superseded_by.map(|s| s.0),
        kit: inputs
            .kits
            .of(SkuId(sku as u32))
            .iter()
            .map(|k| (inputs.names.skus[k.component.index()].as_str(), k.quantity.0))
            .collect(),
        pools: pools.iter().map(|p| pool(run, p)).collect(),
    }
}

fn status_name(status: ProductStatus) -> &'static str {
    match status {
        ProductStatus::Active
        | ProductStatus::PhaseOut
        | ProductStatus::Obsolete
        | ProductStatus::New => status.name(),
        ProductStatus::DoNotOrder => "do not order",
    }
}

fn pool<'a>(run: &Run<'a>, pool: &PoolView<'a>) -> Pool<'a> {
    let input = run.input;
    Pool {
        location: run.location(pool.location),
        class: pool.class.map(|c| Class {
            cell: pool.cell(),
            pattern: c.pattern.name(),
            speed: c.velocity.name(),
            lifecycle: c.lifecycle.name(),
            role: c.rationalisation.name(),
            act: c.take_action,
            velocity: round(c.velocity_per_day, 100.0),
            cover: c.days_of_cover.map(|d| round(d, 10.0)),
            revenue: round(c.revenue_per_month, 100.0),
        }),
        stock: pool.stock.map(|s| {
            [s.on_hand.0, s.committed.0, s.backordered.0, s.damaged.0, s.returns_pending.0]
        }),
        policy: pool.policy.map(policy),
        lines: pool.recommendations.iter().map(|r| line(run, r)).collect(),
        picture: pool.picture.map(|p| Picture {
            history: whole(&p.history),
            marks: p.marks.iter().map(|&m| char::from(b'0' + (m & 7))).collect(),
            mean: rounded(&p.mean),
            low: rounded(&p.low),
            high: rounded(&p.high),
            stock: whole(&p.stock),
            out_days: p.stockout_days_30,
        }),
        orders: pool
            .open_orders
            .iter()
            .map(|o| Order {
                id: &o.order_id,
                supplier: run.supplier(o.supplier),
                quantity: o.quantity.0 - o.received_quantity.map_or(0, |q| q.0),
                expected: o.expected,
                advice: advice(input.outcome, o),
            })
            .collect(),
        channels: channels(run, pool),
        overrides: input
            .inputs
            .overrides
            .of(pool.sku)
            .iter()
            .filter(|o| o.location.is_none_or(|l| l == pool.location))
            .map(|o| Overridden {
                field: o.field.name(),
                value: o.value,
                reason: &o.reason,
                author: &o.author,
                expires: o.expires,
            })
            .collect(),
        decisions: decisions(input.decisions, pool),
    }
}

/// F9: what to do about a placed order, in words.
fn advice(outcome: &Outcome, order: &PurchaseOrder) -> String {
    let mine = rows_of(&outcome.open_orders, (order.sku, order.location));
    mine.iter().find(|a| a.order_id == order.order_id).map_or_else(String::new, |a| {
        let to = a.proposed.map_or_else(String::new, |d| format!(" to {d}"));
        format!("{} {}{to}: {}", a.action.name(), a.quantity, a.reason)
    })
}

fn policy(p: &crate::domain::outcome::Policy) -> Policy<'_> {
    Policy {
        lead: [p.lead_time_mean, p.lead_time_sd, p.lead_time_max].map(|d| round(d, 10.0)),
        source: &p.lead_time_source,
        review: round(p.review_period, 10.0),
        target: round(p.service_target, 10_000.0),
        method: p.method.name(),
        safety: round(p.safety_stock, 10.0),
        reorder: round(p.reorder_point, 10.0),
        up_to: round(p.order_up_to, 10.0),
        eoq: p.eoq.map(|q| round(q, 10.0)),
        steps: arithmetic(&p.steps),
    }
}

fn line<'a>(run: &Run<'a>, r: &'a Recommendation) -> Line<'a> {
    Line {
        id: &r.id,
        supplier: run.supplier(r.supplier),
        status: r.status.name(),
        order_by: r.order_by,
        arrival: r.expected_arrival,
        available: r.available.0,
        on_order: r.on_order.0,
        position: r.inventory_position.0,
        out: r.stockout_date,
        risk: round(r.stockout_probability, 10_000.0),
        need: round(r.need, 100.0),
        quantity: r.quantity.0,
        cost: r.unit_cost.as_f64(),
        landed: r.landed_unit_cost.as_f64(),
        value: r.value.as_f64(),
        at_risk: r.value_at_risk.as_f64(),
        reason: &r.reason,
        binding: &r.binding,
        steps: arithmetic(&r.steps),
    }
}

/// Six significant digits: the arithmetic still recomputes to the shown result.
fn arithmetic(steps: &[Step]) -> Vec<Arithmetic<'_>> {
    let short = |v: f64| {
        if v == 0.0 {
            0.0
        } else {
            round(v, 10f64.powf((6.0 - v.abs().log10().ceil()).clamp(0.0, 9.0)))
        }
    };
    steps
        .iter()
        .map(|s| {
            let inputs = s.inputs.iter().map(|&(name, value)| (name, short(value))).collect();
            Arithmetic(s.name, &s.formula, inputs, short(s.value), s.unit.name(), &s.note)
        })
        .collect()
}

fn channels<'a>(run: &Run<'a>, pool: &PoolView<'a>) -> Vec<Share<'a>> {
    let input = run.input;
    let panel = &input.inputs.panel;
    pool.allocation
        .iter()
        .map(|a| {
            let series = pool.series.clone().find(|&s| panel.key(s).channel == a.channel);
            let method = series.and_then(|s| input.outcome.methods.get(s));
            Share {
                channel: &input.inputs.names.channels[a.channel.index()],
                share: round(a.share, 10_000.0),
                velocity: round(a.velocity, 100.0),
                allocated: a.allocated.0,
                buffer: a.buffer.0,
                published: a.published.0,
                listed: a.listed.map(|l| l.0),
                action: a.action.name(),
                risk: round(a.oversell_risk, 10_000.0),
                method: method.map_or("", |m| &m.method),
                why: method.map_or("", |m| &m.reason),
                reason: &a.reason,
            }
        })
        .collect()
}

fn decisions<'a>(all: &'a [PastDecision], pool: &PoolView) -> Vec<Decided<'a>> {
    rows_of(all, (pool.sku, pool.location))
        .iter()
        .map(|d| Decided {
            decision: &d.decision,
            quantity: d.quantity.map(|q| q.0),
            until: d.until,
            reason: &d.reason,
            author: &d.author,
            time: &d.time,
        })
        .collect()
}

#[expect(clippy::cast_possible_truncation, reason = "units of a week, far below the limit")]
fn whole(values: &[f32]) -> Vec<i64> {
    values.iter().map(|v| v.round() as i64).collect()
}

fn rounded(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| round(f64::from(v), 10.0)).collect()
}

fn round(value: f64, scale: f64) -> f64 {
    (value * scale).round() / scale
}

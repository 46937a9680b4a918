//! Item pages: the data of every item, in scripts of [`ITEMS_PER_FILE`] items that the page loads
//! on demand.
//!
//! The two charts of an item are drawn by the page from these numbers. As plotters SVG they took
//! 3.9 KB and 61 us each: 78 MB for 10,000 items, against a limit of 60 MB for the whole report; as
//! numbers they take 0.9 KB and can be read off by pointing.

use crate::domain::changes::{Change, ChangedField};
use crate::domain::exceptions::{Exception, Subject};
use crate::domain::fault::guarded;
use crate::domain::inputs::{AdjustmentKind, Kit, ProductStatus, PurchaseOrder, Supply};
use crate::domain::lot::LotRules;
use crate::domain::outcome::{Allocation, Choice, Policy, PoolPicture, Recommendation};
use crate::domain::units::{Money, SkuId, Units};
use crate::explain::Step;
use crate::indicators::PoolResults;
use crate::math::elementary::Transcendental;
use crate::report::gathered::{Depth, PastDecision, Report};
use crate::report::queue;
use crate::report::scripts::packed::packed;
use crate::report::scripts::{Number, rounded};
use chrono::NaiveDate;
use serde::Serialize;

/// Items in one script: near 250 KB, which a browser loads from disk in a few milliseconds.
/// `assets/item.js` knows it too.
pub(crate) const ITEMS_PER_FILE: usize = 64;

#[derive(Serialize, Default)]
struct ItemData<'a> {
    sku: &'a str,
    name: &'a str,
    category: &'a str,
    status: &'static str,
    cost: Option<Number>,
    price: Option<Number>,
    launched: Option<NaiveDate>,
    successor: Option<&'a str>,
    kit: Vec<PartData<'a>>,
    /// Who delivers it, the usual supplier first.
    offers: Vec<OfferData<'a>>,
    pools: Vec<PoolData<'a>>,
    /// What of it is not here, in a large report: `arithmetic` or `figures`.
    #[serde(skip_serializing_if = "Option::is_none")]
    without: Option<&'static str>,
}

/// What a kit contains.
#[derive(Serialize)]
struct PartData<'a> {
    sku: &'a str,
    quantity: Units,
    /// `[location, units]`: how much of it is there for new demand.
    left: Vec<(&'a str, Units)>,
}

#[derive(Serialize)]
struct OfferData<'a> {
    supplier: &'a str,
    role: &'static str,
    /// Where it delivers; empty for everywhere.
    location: &'a str,
    /// As the supplier asks it.
    cost: Option<Number>,
    currency: &'a str,
    lead: Option<Number>,
    minimum: Units,
    pack: Units,
    most: Option<Units>,
    duty: Option<Number>,
    freight: Option<Number>,
}

#[derive(Serialize)]
struct PoolData<'a> {
    location: &'a str,
    class: Option<ClassData>,
    stock: Option<StockData>,
    policy: Option<PolicyData<'a>>,
    lines: Vec<LineData<'a>>,
    picture: Option<PictureData>,
    orders: Vec<OrderData<'a>>,
    channels: Vec<ChannelData<'a>>,
    overrides: Vec<OverrideData<'a>>,
    /// `[days, change, reason, author, until]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    adjustments: Vec<AdjustmentData<'a>>,
    decisions: Vec<DecisionData<'a>>,
    /// Since the last run.
    changes: Vec<ChangeData>,
}

#[derive(Serialize)]
struct ChangeData {
    what: &'static str,
    before: String,
    after: String,
    cause: String,
}

#[derive(Serialize)]
struct ClassData {
    cell: String,
    pattern: &'static str,
    speed: &'static str,
    lifecycle: &'static str,
    role: &'static str,
    act: bool,
    velocity: Option<Number>,
    cover: Option<Number>,
    revenue: Option<Number>,
}

#[derive(Serialize)]
struct StockData {
    on_hand: Units,
    committed: Units,
    backordered: Units,
    damaged: Units,
    returned: Units,
}

#[derive(Serialize)]
struct PolicyData<'a> {
    lead: Option<Number>,
    lead_max: Option<Number>,
    source: &'a str,
    review: Option<Number>,
    target: Option<Number>,
    method: &'static str,
    safety: Option<Number>,
    reorder: Option<Number>,
    up_to: Option<Number>,
    eoq: Option<Number>,
    steps: Vec<StepData<'a>>,
}

/// `[name, formula, inputs, value, unit, note]`: a list, because steps are half of the bytes.
#[derive(Serialize)]
struct StepData<'a>(
    &'static str,
    &'a str,
    Vec<(&'static str, Option<Number>)>,
    Option<Number>,
    &'static str,
    &'a str,
);

#[derive(Serialize)]
struct LineData<'a> {
    id: &'a str,
    supplier: &'a str,
    status: &'static str,
    order_by: Option<NaiveDate>,
    arrival: Option<NaiveDate>,
    available: Option<Units>,
    on_order: Units,
    position: Option<Units>,
    out: Option<NaiveDate>,
    risk: Option<Number>,
    need: Option<Number>,
    quantity: Units,
    /// What its supplier takes: multiples of `pack` from `smallest` to `largest`.
    pack: Units,
    smallest: Units,
    largest: Option<Units>,
    /// Units that it is let go with, where it is held and waits for a word.
    released: Option<Units>,
    cost: Option<Number>,
    landed: Option<Number>,
    value: Option<Number>,
    at_risk: Option<Number>,
    reason: &'a str,
    binding: &'a str,
    steps: Vec<StepData<'a>>,
    choices: Vec<ChoiceData>,
}

/// `[quantity, value, lasts until, risk]`.
#[derive(Serialize)]
struct ChoiceData(Units, Option<Number>, Option<NaiveDate>, Option<Number>);

#[derive(Serialize)]
struct PictureData {
    history: Vec<Option<Number>>,
    /// A digit a week: what happened in it, as bits.
    marks: String,
    mean: Vec<Option<Number>>,
    low: Vec<Option<Number>>,
    high: Vec<Option<Number>>,
    /// At the end of each week, without new orders and with the recommended ones; empty for none.
    stock: Vec<Option<Number>>,
    ordered: Vec<Option<Number>>,
    out_days: u16,
}

#[derive(Serialize)]
struct OrderData<'a> {
    id: &'a str,
    supplier: &'a str,
    quantity: Units,
    expected: Option<NaiveDate>,
    advice: String,
}

#[derive(Serialize)]
struct ChannelData<'a> {
    channel: &'a str,
    share: Option<Number>,
    velocity: Option<Number>,
    allocated: Option<Units>,
    buffer: Units,
    published: Option<Units>,
    listed: Option<Units>,
    action: &'static str,
    risk: Option<Number>,
    method: &'a str,
    why: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct OverrideData<'a> {
    field: &'a str,
    value: f64,
    reason: &'a str,
    author: &'a str,
    expires: Option<NaiveDate>,
}

#[derive(Serialize)]
struct AdjustmentData<'a>(NaiveDate, NaiveDate, String, &'a str, &'a str, Option<NaiveDate>);

#[derive(Serialize)]
struct DecisionData<'a> {
    decision: &'a str,
    quantity: Option<Units>,
    until: Option<NaiveDate>,
    reason: &'a str,
    author: &'a str,
    time: String,
}

/// Weeks of history on a short page: a year, and what came before the forecast's first weeks.
const SHORT_WEEKS: usize = 60;

/// A finished script.
pub(crate) struct ItemScript {
    pub path: String,
    pub bytes: Vec<u8>,
    /// Items that broke and kept their name only.
    pub broken: Vec<Exception>,
}

/// The script of the items from `first` on.
pub(crate) fn script(report: &Report, first: usize) -> ItemScript {
    let names = &report.inputs().names.skus;
    let mut broken = Vec::new();
    let mut items = Vec::with_capacity(ITEMS_PER_FILE);
    for position in first..names.len().min(first + ITEMS_PER_FILE) {
        // One item that breaks must not take the other 63 with it.
        let sku = SkuId(position as u32);
        items.push(guarded(|| item(report, sku)).unwrap_or_else(|fault| {
            let about = Subject::item(&report.inputs().names, sku);
            broken.push(Exception::internal(about, "its page could not be made", &fault));
            ItemData { sku: report.sku(sku), ..ItemData::default() }
        }));
    }
    let mut bytes = format!("OP.items({first},").into_bytes();
    serde_json::to_writer(&mut bytes, &items)
        .expect("the data have a form in JSON, and memory takes them");
    bytes.extend_from_slice(b");\n");
    if report.is_large() {
        bytes = packed(&bytes);
    }
    ItemScript { path: format!("report/items/{}.js", first / ITEMS_PER_FILE), bytes, broken }
}

fn item<'a>(report: &'a Report, sku: SkuId) -> ItemData<'a> {
    let inputs = report.inputs();
    let product = &inputs.products[sku.index()];
    let components = inputs.kits.of(sku).iter();
    let pools = report.pools_of(sku).iter();
    let depth = report.depth(sku);
    ItemData {
        sku: report.sku(sku),
        name: &product.name,
        category: &product.category,
        status: status_name(product.status),
        cost: product.unit_cost.and_then(money),
        price: product.unit_price.and_then(money),
        launched: product.launched,
        successor: product.superseded_by.map(|successor| report.sku(successor)),
        kit: components.map(|k| part(report, k)).collect(),
        offers: match depth {
            Depth::Name | Depth::Short => Vec::new(),
            Depth::Whole => inputs.supply.of(sku).iter().map(|row| offer(report, row)).collect(),
        },
        pools: match depth {
            Depth::Name => Vec::new(),
            Depth::Short => pools.map(|p| shortened(pool(report, p))).collect(),
            Depth::Whole => pools.map(|p| pool(report, p)).collect(),
        },
        without: match depth {
            Depth::Name => Some("figures"),
            Depth::Short => Some("arithmetic"),
            Depth::Whole => None,
        },
    }
}

fn part<'a>(report: &'a Report, kit: &Kit) -> PartData<'a> {
    let mut left = Vec::new();
    if report.knows_stock() {
        for pool in report.pools_of(kit.component) {
            let line = pool.recommendations.first();
            left.extend(line.map(|l| (report.location(pool.location), l.available)));
        }
    }
    PartData { sku: report.sku(kit.component), quantity: kit.quantity, left }
}

fn offer<'a>(report: &'a Report, row: &Supply) -> OfferData<'a> {
    let rules = LotRules::of(row);
    OfferData {
        supplier: report.supplier(Some(row.supplier)),
        role: row.role.name(),
        location: row.location.map_or("", |location| report.location(location)),
        cost: row.unit_cost.and_then(money),
        currency: report.inputs().supplier_currency(row.supplier),
        lead: rounded(row.lead_time_days, 1),
        minimum: rules.minimum(),
        pack: rules.pack(),
        most: row.maximum_order,
        duty: rounded(row.duty_rate, 4),
        freight: money(row.freight_per_unit),
    }
}

/// Without what takes most of its bytes and is asked for least.
fn shortened(mut pool: PoolData<'_>) -> PoolData<'_> {
    if let Some(policy) = &mut pool.policy {
        policy.steps.clear();
    }
    for line in &mut pool.lines {
        line.steps.clear();
        line.choices.clear();
    }
    for channel in &mut pool.channels {
        channel.why = "";
    }
    if let Some(picture) = &mut pool.picture {
        let older = picture.history.len().saturating_sub(SHORT_WEEKS);
        picture.history.drain(..older);
        picture.marks.drain(..older);
    }
    pool
}

/// Exact: money has four decimals.
fn money(value: Money) -> Option<Number> {
    rounded(value.as_f64(), 4)
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

fn pool<'a>(report: &'a Report, pool: &'a PoolResults) -> PoolData<'a> {
    PoolData {
        location: report.location(pool.location),
        class: pool.class.map(|c| ClassData {
            cell: pool.class_letters(),
            pattern: c.pattern.name(),
            speed: c.velocity.name(),
            lifecycle: c.lifecycle.name(),
            role: c.rationalisation.name(),
            act: c.take_action,
            velocity: rounded(c.velocity_per_day, 2),
            cover: c
                .days_of_cover
                .filter(|_| report.knows_stock())
                .and_then(|days| rounded(days, 1)),
            revenue: rounded(c.revenue_per_month, 2),
        }),
        stock: pool.stock.map(|s| StockData {
            on_hand: s.on_hand,
            committed: s.committed,
            backordered: s.backordered,
            damaged: s.damaged,
            returned: s.returns_pending,
        }),
        policy: pool.policy.map(policy),
        lines: pool.recommendations.iter().map(|r| line(report, pool, r)).collect(),
        picture: pool.picture.map(|p| picture(p, with_orders(report, pool))),
        orders: pool.open_orders.iter().map(|o| open_order(report, pool, o)).collect(),
        channels: pool.allocation.iter().map(|a| channel(report, pool, a)).collect(),
        overrides: overrides(report, pool),
        adjustments: adjustments(report, pool),
        decisions: report.decisions_on(pool.id()).iter().map(decision).collect(),
        changes: report.changes_on(pool.id()).iter().filter_map(|c| changed(c)).collect(),
    }
}

fn policy(p: &Policy) -> PolicyData<'_> {
    PolicyData {
        // As many digits as a page writes: the numbers are most of the bytes.
        lead: rounded(p.lead_time_mean, 1),
        lead_max: rounded(p.lead_time_max, 1),
        source: &p.lead_time_source,
        review: rounded(p.review_period, 1),
        target: rounded(p.service_target, 4),
        method: p.method.name(),
        safety: rounded(p.safety_stock, 1),
        reorder: rounded(p.reorder_point, 1),
        up_to: rounded(p.order_up_to, 1),
        eoq: p.eoq.and_then(|q| rounded(q, 1)),
        steps: p.steps.iter().map(step).collect(),
    }
}

fn line<'a>(report: &'a Report, pool: &PoolResults, r: &'a Recommendation) -> LineData<'a> {
    // What is not known is not zero.
    let knows_stock = report.knows_stock();
    let costs = r.unit_cost.is_positive();
    let rules = queue::lot_rules(report, pool, r);
    let is_held = queue::waits(r) && r.quantity.is_zero();
    LineData {
        id: &r.id,
        supplier: report.source(r),
        status: r.status.name(),
        order_by: r.order_by,
        arrival: r.expected_arrival,
        available: knows_stock.then_some(r.available),
        on_order: r.on_order,
        position: knows_stock.then_some(r.inventory_position),
        out: r.stockout_date,
        risk: rounded(r.stockout_probability, 4).filter(|_| knows_stock),
        need: rounded(r.need, 2).filter(|_| knows_stock),
        quantity: r.quantity,
        pack: rules.pack(),
        smallest: rules.smallest(),
        largest: rules.largest(),
        released: is_held.then(|| queue::released(r, rules)),
        cost: money(r.unit_cost).filter(|_| costs),
        landed: money(r.landed_unit_cost).filter(|_| costs),
        value: money(r.value).filter(|_| costs || r.quantity.is_zero()),
        at_risk: money(r.value_at_risk).filter(|_| pool.stake_is_known() && knows_stock),
        reason: &r.reason,
        binding: &r.binding,
        // An arithmetic that starts from a stock of 0 would state what nobody has said.
        steps: match knows_stock {
            true => r.steps.iter().map(step).collect(),
            false => Vec::new(),
        },
        choices: r.choices.iter().map(|c| choice(r, c, costs)).collect(),
    }
}

fn choice(r: &Recommendation, c: &Choice, costs: bool) -> ChoiceData {
    let value = money(c.value).filter(|_| costs);
    // Nothing ordered is what the projected stock shows, day by day: one page gives one day.
    let lasts_until = match r.stockout_date {
        Some(gone) if c.quantity.is_zero() => Some(gone),
        _ => c.lasts_until,
    };
    ChoiceData(c.quantity, value, lasts_until, rounded(c.risk, 4))
}

fn step(s: &Step) -> StepData<'_> {
    let inputs = s.inputs.iter().map(|&(name, value)| (name, significant(value))).collect();
    StepData(s.name, &s.formula, inputs, significant(s.value), s.unit.name(), &s.note)
}

/// Six significant digits: the arithmetic still recomputes to the shown result.
#[expect(clippy::cast_possible_truncation, reason = "a number of digits")]
fn significant(value: f64) -> Option<Number> {
    let before_the_point = if value == 0.0 { 0.0 } else { value.abs().decimal_log().ceil() };
    // Enough to follow the arithmetic of a step to the cent.
    rounded(value, (6.0 - before_the_point).clamp(0.0, 9.0) as i32)
}

/// Stock at the end of each week with what is recommended; empty where nothing is.
fn with_orders(report: &Report, pool: &PoolResults) -> Vec<f32> {
    let days = report.inputs().panel.calendar().bucket().days();
    let week = (7.0 / days).round().max(1.0) as usize;
    let Some(stock) = pool.projection.and_then(|p| p.with_orders.as_ref()) else {
        return Vec::new();
    };
    // As the week ends, like the line of the stock without orders beside it.
    stock.chunks_exact(week).map(|periods| periods[week - 1]).collect()
}

fn picture(p: &PoolPicture, with_orders: Vec<f32>) -> PictureData {
    PictureData {
        // Sales are whole units; a forecast of slow items is not.
        history: weeks(&p.history, 0),
        // The three lowest flags, those a chart marks (out of stock, inferred, promotion), as one
        // digit a week.
        marks: p.marks.iter().map(|&m| char::from(b'0' + (m & 7))).collect(),
        mean: weeks(&p.mean, 1),
        low: weeks(&p.low, 1),
        high: weeks(&p.high, 1),
        stock: weeks(&p.stock, 0),
        ordered: weeks(&with_orders, 0),
        out_days: p.stockout_days_30,
    }
}

fn weeks(values: &[f32], decimals: i32) -> Vec<Option<Number>> {
    values.iter().map(|&v| rounded(f64::from(v), decimals)).collect()
}

fn open_order<'a>(report: &'a Report, pool: &PoolResults, o: &'a PurchaseOrder) -> OrderData<'a> {
    OrderData {
        id: &o.order_id,
        supplier: match o.shipment {
            Some(shipment) => report.location(shipment.from),
            None => report.supplier(o.supplier),
        },
        // What is still to come of a line that was delivered in part.
        quantity: o.outstanding(),
        expected: o.expected,
        advice: advice(pool, o),
    }
}

/// F9: what to do about a placed order, in words.
fn advice(pool: &PoolResults, order: &PurchaseOrder) -> String {
    let Some(advice) = pool.order_advice.iter().find(|a| a.order_id == order.order_id) else {
        return String::new();
    };
    let to = advice.proposed.map_or_else(String::new, |date| format!(" to {date}"));
    format!("{} {}{to}: {}", advice.action.name(), advice.quantity, advice.reason)
}

fn channel<'a>(report: &'a Report, pool: &PoolResults, a: &'a Allocation) -> ChannelData<'a> {
    let panel = &report.inputs().panel;
    // A pool has a handful of channels: looking through them is quicker than an index.
    let series = pool.series.clone().find(|&s| panel.key(s).channel == a.channel);
    let (method, why) = match series.and_then(|s| report.outcome().methods.get(s)) {
        Some(choice) => (choice.method.as_str(), choice.reason.as_str()),
        None => ("", ""),
    };
    ChannelData {
        channel: report.channel(a.channel),
        share: rounded(a.share, 4),
        velocity: rounded(a.velocity, 2),
        allocated: report.knows_stock().then_some(a.allocated),
        buffer: a.buffer,
        published: a.published,
        listed: a.listed,
        action: a.action.name(),
        risk: rounded(a.oversell_risk, 4).filter(|_| report.knows_stock()),
        method,
        why,
        reason: &a.reason,
    }
}

/// Those of the item that hold at this location or at all of them.
fn overrides<'a>(report: &'a Report, pool: &PoolResults) -> Vec<OverrideData<'a>> {
    report
        .inputs()
        .overrides
        .of(pool.sku)
        .iter()
        .filter(|o| o.location.is_none_or(|l| l == pool.location))
        .map(|o| OverrideData {
            field: o.field.name(),
            value: o.value,
            reason: &o.reason,
            author: &o.author,
            expires: o.expires,
        })
        .collect()
}

/// Those of the item, its category or all items that hold here.
fn adjustments<'a>(report: &'a Report, pool: &PoolResults) -> Vec<AdjustmentData<'a>> {
    let as_of = report.input.as_of;
    let mut found = Vec::new();
    for made in report.inputs().adjustments.iter() {
        let holds = made.to >= as_of && made.expires.is_none_or(|day| as_of < day);
        if holds && made.concerns(pool.sku, &pool.product.category, None, pool.location) {
            let change = match made.kind {
                AdjustmentKind::Factor(factor) => format!("x {factor}"),
                AdjustmentKind::Units(units) => format!("{units:+} units"),
            };
            let (reason, author) = (made.reason.as_str(), made.author.as_str());
            found.push(AdjustmentData(made.from, made.to, change, reason, author, made.expires));
        }
    }
    found
}

/// What a person who looks at one item asks about; of the levels the one that orders fill up to:
/// items are most of the report's bytes.
fn changed(change: &Change) -> Option<ChangeData> {
    if change.is_small() {
        return None;
    }
    match change.field {
        ChangedField::Quantity
        | ChangedField::Status
        | ChangedField::Supplier
        | ChangedField::LeadTimeMean
        | ChangedField::OrderUpTo
        | ChangedField::Lifecycle
        | ChangedField::Method
        | ChangedField::Pool => {}
        ChangedField::SafetyStock
        | ChangedField::ReorderPoint
        | ChangedField::Abc
        | ChangedField::Xyz
        | ChangedField::Velocity
        | ChangedField::Rationalisation
        | ChangedField::Program
        | ChangedField::Configuration
        | ChangedField::Learnt
        | ChangedField::Table => return None,
    }
    let Change { field, before, after, cause, .. } = change;
    Some(ChangeData {
        what: field.name(),
        before: before.to_string(),
        after: after.to_string(),
        cause: cause.to_string(),
    })
}

fn decision(d: &PastDecision) -> DecisionData<'_> {
    DecisionData {
        decision: &d.decision,
        quantity: d.quantity,
        until: d.until,
        reason: &d.reason,
        author: &d.author,
        // A decisions file need not say when: then it is the morning of the run it decided on.
        time: if d.time.is_empty() { d.decided_on.to_string() } else { d.time.clone() },
    }
}

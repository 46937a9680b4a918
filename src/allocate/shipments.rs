//! A lane's night as the row a planner reads: what leaves today, what was asked for and why a place
//! gets less.

use crate::domain::exceptions::{Effect, Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::{Names, Role};
use crate::domain::lanes::{Lane, Lanes};
use crate::domain::outcome::{
    DraftOrder, LaneRow, OpenOrderAction, OpenOrderAdvice, Recommendation, TransferLine,
};
use crate::domain::outcome::{LaneBinding, LaneNight, number_lines, recommendation_id};
use crate::domain::sorted::Keyed;
use crate::domain::units::{LocationId, Money, PoolId, Units};
use crate::explain::{Step, Unit};
use crate::inventory::PoolPlan;
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is known of one place and the lane that feeds it.
pub struct Shipping<'a> {
    /// Dictionaries.
    pub names: &'a Names,
    /// The morning of the run.
    pub as_of: NaiveDate,
    /// The lane.
    pub lane: &'a Lane,
    /// What it does tonight.
    pub night: &'a LaneNight,
    /// The plan of the place.
    pub plan: &'a PoolPlan,
    /// Units on its shelf.
    pub on_hand: Units,
    /// Of these, without a claim on them.
    pub available: Units,
    /// What lies at the source.
    pub source: SourceStock,
    /// Units of a pack.
    pub pack: Units,
    /// Until the next departure, days.
    pub departs_in_days: Option<f64>,
    /// From departure to arrival, days.
    pub lead_days: f64,
    /// Lost with a unit not sold, currency units.
    pub margin: f64,
    /// Why nothing is sent although it is asked for: a planner has said so.
    pub quiet: Option<&'a str>,
    /// Why this source sends although it is not the usual one.
    pub instead: Option<&'a str>,
    /// Most units that earn more there than room and age cost.
    pub worth: Option<f64>,
}

impl Shipping<'_> {
    /// Whether fees keep it below the level that it would ask for.
    fn is_kept_by_fees(&self) -> bool {
        let up_to = self.plan.policy.order_up_to;
        // A place that needs nothing is kept from nothing.
        self.plan.need > 0.0 && self.worth.is_some_and(|worth| worth < up_to)
    }

    /// Units that leave today.
    #[must_use]
    pub fn quantity(&self) -> Units {
        match self.quiet {
            Some(_) => Units::ZERO,
            // Half a unit does not travel, and a source never sends more than its share.
            None => Units::floor(self.night.sent),
        }
    }
}

/// What lies at the source of a lane.
#[derive(Debug, Clone, Copy)]
pub struct SourceStock {
    /// Units that may leave.
    pub stock: Units,
    /// Until more comes, days; `None` = nothing is on its way.
    pub next_arrival_days: Option<f64>,
    /// Landed cost of a unit there.
    pub landed: Option<Money>,
}

/// A lane's night as rows: for whoever decides, and for whoever looks into it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shipped {
    /// The row of a place that a lane feeds.
    pub recommendation: Recommendation,
    /// How it came about.
    pub lane: LaneRow,
    /// Of a move that was approved this very morning, and keeps its room until all are settled:
    /// what is published instead.
    pub approved: Option<Box<Shipped>>,
}

impl Shipped {
    /// The same with nothing to send (any more), because `approved` units were approved this
    /// morning.
    #[must_use]
    pub fn with_approval(mut self, approved: Units) -> Self {
        let line = &mut self.recommendation;
        if line.quantity.is_positive() {
            let why = format!("{approved} units were approved this morning");
            line.steps.push(Step {
                name: "quantity",
                formula: "quantity - approved_this_morning".to_owned(),
                inputs: vec![("approved_this_morning", line.quantity.as_f64())],
                value: 0.0,
                unit: Unit::Units,
                note: why.clone(),
            });
            line.reason.push_str(&format!("; {why}"));
            line.quantity = Units::ZERO;
            line.value = Money::ZERO;
            self.lane.sent = 0.0;
        }
        self
    }
}

/// Both rows.
#[must_use]
pub fn shipped(of: &Shipping<'_>) -> Shipped {
    let recommendation = transfer_row(of);
    let LaneNight { horizon_days, need, asked, share, held_back, .. } = *of.night;
    let lane = LaneRow {
        sku: recommendation.sku,
        from: of.lane.from,
        to: recommendation.location,
        recommendation_id: recommendation.id.clone(),
        position: of.plan.position,
        reorder_point: of.plan.policy.reorder_point,
        order_up_to: of.plan.policy.order_up_to,
        horizon_days,
        need,
        asked,
        share,
        sent: recommendation.quantity.as_f64(),
        held_back,
        source_stock: of.source.stock.as_f64(),
        margin: of.margin,
        last_sent_sells: of.night.last_sent_sells,
        first_kept_sells: of.night.first_kept_sells,
    };
    Shipped { recommendation, lane, approved: None }
}

fn transfer_row(of: &Shipping<'_>) -> Recommendation {
    let Shipping { names, as_of, lane, night, plan, .. } = *of;
    let policy = &plan.policy;
    let quantity = of.quantity();
    let departs = of.departs_in_days.map(|days| days_after(as_of, days));
    // A supplier may bear the name of a location: the prefix keeps their ids apart.
    let source = format!("location:{}", names.location(lane.from));
    let (sku, location) = (names.sku(policy.sku), names.location(policy.location));
    let mut steps = plan.steps.clone();
    // After those of the place's own level: what it asks for comes before what it is given.
    steps.extend(night.steps.iter().cloned());
    if let Some(why) = of.quiet.filter(|_| night.sent > 0.0) {
        steps.push(Step {
            name: "sent",
            formula: "0".to_owned(),
            inputs: Vec::new(),
            value: 0.0,
            unit: Unit::Units,
            note: why.to_owned(),
        });
    }
    steps.push(Step {
        name: "quantity",
        formula: "sent".to_owned(),
        inputs: Vec::new(),
        value: quantity.as_f64(),
        unit: Unit::Units,
        note: String::new(),
    });
    let mut landed = of.source.landed.unwrap_or_default() + lane.cost_per_unit;
    if quantity.is_positive() {
        // What a line costs is borne by its units, as freight is by those of an order.
        landed += Money::from_f64(lane.cost_per_line.as_f64() / quantity.as_f64());
    }
    Recommendation {
        id: recommendation_id(as_of, sku, location, &source),
        sku: policy.sku,
        location: policy.location,
        supplier: None,
        transfer: Some(TransferLine {
            from: lane.from,
            asked: Units::floor(night.asked),
            share: Units::floor(night.share),
            departs,
        }),
        // The usual source's is the main one.
        line: if of.instead.is_some() { 2 } else { 1 },
        status: plan.status,
        urgency: plan.urgency,
        order_by: plan.order_by,
        order_date: departs,
        expected_arrival: departs.map(|day| days_after(day, of.lead_days)),
        on_hand: of.on_hand,
        available: of.available,
        on_order: plan.whole_on_order(),
        inventory_position: plan.whole_position(),
        stockout_date: plan.stockout_date,
        stockout_probability: plan.stockout_probability,
        need: plan.need,
        quantity,
        // The goods are the seller's own: what a transfer costs is the way.
        unit_cost: lane.cost_per_unit,
        supplier_unit_cost: None,
        pack_size: of.pack,
        landed_unit_cost: landed,
        value: lane.cost_per_unit.times(quantity),
        value_at_risk: Money::from_f64(plan.value_at_risk),
        reason: reason(of, departs),
        binding: match of.quiet {
            Some(_) => "decision".to_owned(),
            None if night.binding == LaneBinding::Nothing && of.is_kept_by_fees() => {
                "ageing".to_owned()
            }
            None => binding(night.binding).to_owned(),
        },
        steps,
        choices: Vec::new(),
    }
}

/// What is recommended and the draft orders that take it up.
#[derive(Debug, Default)]
pub struct Ordered {
    /// Pool order, then supplier.
    pub recommendations: Vec<Recommendation>,
    /// Their lines are positions in `recommendations`.
    pub orders: Vec<DraftOrder>,
}

/// Puts the `transfers` into the rows of what is bought: after those of the same pool.
#[must_use]
pub fn with_transfers(bought: Ordered, transfers: Vec<Recommendation>) -> Ordered {
    if transfers.is_empty() {
        return bought;
    }
    let Ordered { recommendations, mut orders } = bought;
    let purchases = recommendations.len();
    let mut rows: Vec<(usize, Recommendation)> =
        recommendations.into_iter().chain(transfers).enumerate().collect();
    // The usual source first, then purchases, then who sends in its stead.
    rows.sort_by_key(|(_, row)| {
        let rank = match (row.transfer, row.line) {
            (Some(_), 1) => 0,
            (None, _) => 1,
            (Some(_), _) => 2,
        };
        (row.sku, row.location, rank)
    });
    let mut moved = vec![0; rows.len()];
    for (now, (before, _)) in rows.iter().enumerate() {
        moved[*before] = now;
    }
    for line in orders.iter_mut().flat_map(|order| order.lines.iter_mut()) {
        assert!(*line < purchases, "an order takes up what is bought");
        *line = moved[*line];
    }
    let mut recommendations: Vec<Recommendation> = rows.into_iter().map(|row| row.1).collect();
    for pool in recommendations.chunk_by_mut(|a, b| a.key() == b.key()) {
        number_lines(pool);
    }
    Ordered { recommendations, orders }
}

/// What planners are told of sources that have less than is asked of them today, once an item and
/// source.
#[must_use]
pub fn short_sources(
    transfers: &[Recommendation],
    lanes: &[LaneRow],
    names: &Names,
) -> Vec<Exception> {
    let mut of_source: BTreeMap<PoolId, Vec<usize>> = BTreeMap::new();
    for (i, line) in transfers.iter().enumerate() {
        if let Some(transfer) = line.transfer
            && line.short().is_some_and(Units::is_positive)
            // A shipment kept small by its least line, a decision or room is no shortage at the
            // source.
            && matches!(line.binding.as_str(), "source-short" | "held-back")
        {
            let source = PoolId { sku: line.sku, location: transfer.from };
            of_source.entry(source).or_default().push(i);
        }
    }
    let mut exceptions = Vec::new();
    for (source, short) in of_source {
        let mut places = Vec::new();
        let mut units = Units::ZERO;
        let mut at_risk = 0.0;
        for &i in &short {
            let missing = transfers[i].short().unwrap_or_default();
            let place = names.location(transfers[i].location);
            places.push(format!("{place} {missing}"));
            units += missing;
            at_risk += lanes[i].at_risk(missing.as_f64());
        }
        let has = Units::floor(lanes[short[0]].source_stock);
        let from = names.location(source.location);
        let days = lanes[short[0]].horizon_days;
        let what = format!(
            "{from} has {has} and sends {units} less than is asked for today: {}",
            places.join(", ")
        );
        let why = format!(
            "what it has must last for all that it feeds, about {days:.0} days; margin at risk \
             {at_risk:.2}"
        );
        let about = Subject::pool(names, source.sku, source.location);
        let told = Exception::new(Severity::Info, ExceptionKind::SourceShort, about, what, why);
        exceptions.push(told.with_effect(Effect::Units(units)));
    }
    exceptions
}

/// Items that fees keep below the level that a place would ask for.
#[must_use]
pub fn kept_by_fees(transfers: &[Recommendation], names: &Names) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    for line in transfers.iter().filter(|line| line.binding == "ageing") {
        let missing = Units::floor((line.need - line.quantity.as_f64()).max(0.0));
        let told = Exception::new(
            Severity::Info,
            ExceptionKind::AgesBeforeSale,
            Subject::pool(names, line.sku, line.location),
            format!("{missing} units are not sent that its level would ask for"),
            "they would pay more for room and age there than they earn",
        );
        exceptions.push(told.with_effect(Effect::Units(missing)));
    }
    exceptions
}

/// What planners are told of purchases that come after the places run dry which wait for them.
#[must_use]
pub fn expedite(
    advice: &[OpenOrderAdvice],
    is_source: impl Fn(PoolId) -> bool,
    names: &Names,
) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    for row in advice.iter().filter(|row| row.action == OpenOrderAction::Expedite) {
        let pool = PoolId { sku: row.sku, location: row.location };
        if !is_source(pool) {
            continue;
        }
        let OpenOrderAdvice { order_id, quantity, reason, .. } = row;
        exceptions.push(
            Exception::new(
                Severity::Warning,
                ExceptionKind::ExpediteForNetwork,
                Subject::pool(names, row.sku, row.location),
                format!("{quantity} of order {order_id} come too late for the places it feeds"),
                reason.clone(),
            )
            .with_effect(Effect::Money(row.value)),
        );
    }
    exceptions
}

/// Primary lanes that carry no item, once each.
#[must_use]
pub fn idle_lanes(
    lanes: &Lanes,
    used: &[LaneRow],
    is_place: impl Fn(LocationId) -> bool,
    names: &Names,
) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    // A second source that carries nothing is what it is there for.
    for lane in lanes.rows().iter().filter(|lane| lane.role == Role::Primary) {
        let carries = |row: &LaneRow| {
            (row.from, row.to) == (lane.from, lane.to) && lane.sku.is_none_or(|sku| sku == row.sku)
        };
        if used.iter().any(carries) {
            continue;
        }
        let [from, to] = [lane.from, lane.to].map(|place| names.location(place));
        let item = lane.sku.map_or_else(String::new, |sku| format!(" of {}", names.sku(sku)));
        exceptions.push(Exception::new(
            Severity::Info,
            ExceptionKind::LaneIdle,
            Subject::Table("lanes".to_owned()),
            format!("the lane{item} from {from} to {to} carries nothing"),
            match is_place(lane.to) {
                true => format!("what {to} has is bought there, or fed from elsewhere"),
                false => format!("no item has sales, stock or listings at {to}"),
            },
        ));
    }
    exceptions
}

fn binding(binding: LaneBinding) -> &'static str {
    match binding {
        LaneBinding::Nothing => "",
        LaneBinding::SourceShort => "source-short",
        LaneBinding::HeldBack => "held-back",
        LaneBinding::Minimum => "minimum",
    }
}

/// Why so much leaves today, and why not what was asked for.
fn reason(of: &Shipping<'_>, departs: Option<NaiveDate>) -> String {
    let Shipping { names, as_of, lane, night, plan, .. } = *of;
    let source = names.location(lane.from);
    let mut reason = plan.reason.clone();
    let sent = of.quantity();
    let asked = Units::floor(night.asked);
    let what = match departs {
        Some(_) if of.quiet.is_some() && asked.is_positive() => {
            format!("nothing is sent: {}", of.quiet.unwrap_or_default())
        }
        None => format!("nothing departs from {source} within two years"),
        Some(day) if day > as_of && plan.need > 0.0 => format!("{source} next sends on {day}"),
        Some(_) if night.binding == LaneBinding::Nothing && of.is_kept_by_fees() => format!(
            "{sent} leave {source} today: above {:.0} a unit pays more for room and age there than \
             it earns",
            of.worth.unwrap_or(0.0)
        ),
        Some(_) if asked.is_zero() && sent.is_zero() => return reason,
        Some(_) if sent >= asked => format!("{sent} leave {source} today"),
        Some(_) => {
            let has = of.source.stock;
            let until = of.source.next_arrival_days.map(|days| days_after(as_of, days));
            let until = until.map_or_else(String::new, |day| format!(" until {day}"));
            let share = Units::floor(night.share);
            match night.binding {
                LaneBinding::Minimum => format!(
                    "{source} has {has}{until}; this location's share of {share} is below the \
                     least line of {}",
                    lane.minimum
                ),
                LaneBinding::Nothing | LaneBinding::SourceShort | LaneBinding::HeldBack => format!(
                    "{source} has {has}{until}; {share} are this location's share of {asked} \
                     asked for"
                ),
            }
        }
    };
    if !reason.is_empty() {
        reason.push_str("; ");
    }
    reason.push_str(&what);
    if let Some(why) = of.instead {
        reason.push_str("; ");
        reason.push_str(why);
    }
    reason
}

/// The day that begins `days` after `from`, rounded up to whole days.
fn days_after(from: NaiveDate, days: f64) -> NaiveDate {
    let days = days.clamp(0.0, 36_500.0).ceil() as u64;
    from.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX)
}

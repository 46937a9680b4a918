//! A lane's night as the row a planner reads: what leaves today, what was asked for and why a place
//! gets less.

use crate::domain::inputs::Names;
use crate::domain::lanes::Lane;
use crate::domain::outcome::{DraftOrder, Recommendation, TransferLine};
use crate::domain::sorted::Keyed;
use crate::domain::units::{Money, Units};
use crate::explain::{Step, Unit};
use crate::inventory::PoolPlan;
use crate::network::LaneNight;
use crate::network::night::Binding;
use crate::purchase::{number_lines, recommendation_id};
use chrono::{Days, NaiveDate};

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

/// The row of a place that a lane feeds.
#[must_use]
pub fn transfer_row(of: &Shipping<'_>) -> Recommendation {
    let Shipping { names, as_of, lane, night, plan, .. } = *of;
    let policy = &plan.policy;
    let quantity = Units::floor(night.sent);
    let departs = of.departs_in_days.map(|days| days_after(as_of, days));
    let source = format!("location:{}", names.location(lane.from));
    let (sku, location) = (names.sku(policy.sku), names.location(policy.location));
    let mut steps = plan.steps.clone();
    steps.extend(night.steps.iter().cloned());
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
        line: 1,
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
        binding: binding(night.binding).to_owned(),
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
    rows.sort_by_key(|(_, row)| (row.sku, row.location, row.transfer.is_some()));
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

fn binding(binding: Binding) -> &'static str {
    match binding {
        Binding::Nothing => "",
        Binding::SourceShort => "source-short",
        Binding::HeldBack => "held-back",
        Binding::Minimum => "minimum",
    }
}

/// Why so much leaves today, and why not what was asked for.
fn reason(of: &Shipping<'_>, departs: Option<NaiveDate>) -> String {
    let Shipping { names, as_of, lane, night, plan, .. } = *of;
    let source = names.location(lane.from);
    let mut reason = plan.reason.clone();
    let sent = Units::floor(night.sent);
    let asked = Units::floor(night.asked);
    let what = match departs {
        None => format!("nothing departs from {source} within two years"),
        Some(day) if day > as_of && plan.need > 0.0 => format!("{source} next sends on {day}"),
        Some(_) if asked.is_zero() && sent.is_zero() => return reason,
        Some(_) if sent >= asked => format!("{sent} leave {source} today"),
        Some(_) => {
            let has = of.source.stock;
            let until = of.source.next_arrival_days.map(|days| days_after(as_of, days));
            let until = until.map_or_else(String::new, |day| format!(" until {day}"));
            let share = Units::floor(night.share);
            match night.binding {
                Binding::Minimum => format!(
                    "{source} has {has}{until}; this location's share of {share} is below the \
                     least line of {}",
                    lane.minimum
                ),
                Binding::Nothing | Binding::SourceShort | Binding::HeldBack => format!(
                    "{source} has {has}{until}; {share} are this location's share of {asked} \
                     asked for"
                ),
            }
        }
    };
    if !reason.is_empty() {
        reason.push_str("; ");
    }
    reason + &what
}

/// The day that begins `days` after `from`, rounded up to whole days.
fn days_after(from: NaiveDate, days: f64) -> NaiveDate {
    let days = days.clamp(0.0, 36_500.0).ceil() as u64;
    from.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX)
}

//! One proposed line: what a pool needs, what one supplier is asked for, and every step between.

use crate::domain::outcome::Status;
use crate::domain::units::{LocationId, Money, SkuId, SupplierId, Units};
use crate::explain::{Step, Unit};
use crate::purchase::landed_cost::CostLine;
use crate::purchase::rules::constraints::{Binding, LotRules};
use crate::purchase::sourcing::{Assignment, Offer};
use chrono::NaiveDate;

/// What `inventory` says about one pool.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolNeed {
    /// The item.
    pub sku: SkuId,
    /// Ship to.
    pub location: LocationId,
    /// What to do.
    pub status: Status,
    /// 0 to 100.
    pub urgency: f64,
    /// Latest order date that still arrives in time, before order days and closures.
    pub order_by: Option<NaiveDate>,
    /// First day the projected stock is gone.
    pub stockout_date: Option<NaiveDate>,
    /// Probability of running out before an order placed today arrives.
    pub stockout_probability: f64,
    /// Units in the location.
    pub on_hand: Units,
    /// On hand less committed, damaged and returns pending.
    pub available: Units,
    /// Open orders due inside the horizon.
    pub on_order: Units,
    /// Available + on order - backorders.
    pub inventory_position: Units,
    /// Units to order, unrounded; 0 when nothing is to be ordered. Read to a millionth of a unit.
    pub need: f64,
    /// Most units that may be ordered without exceeding the most stock to hold.
    pub room: Option<Units>,
    /// Expected demand, units a day.
    pub daily_demand: f64,
    /// Margin of one unit.
    pub margin: Money,
    /// Expected units short up to the end of day `d` from the as-of date if nothing more is ordered, non-decreasing. `[horizon]`
    pub shortfall: Vec<f64>,
    /// The product's own cost, for a supplier without a price.
    pub unit_cost: Option<Money>,
    /// Days a received unit may be sold: nothing is ordered beyond them by choice.
    pub shelf_life_days: Option<f64>,
    /// Weight of one unit.
    pub weight: Option<f64>,
    /// Volume of one unit.
    pub volume: Option<f64>,
    /// The last run's quantities, not yet approved or placed, by supplier.
    pub previous: Vec<(SupplierId, Units)>,
    /// Half a sentence: why this need.
    pub reason: String,
    /// The arithmetic of `need`.
    pub steps: Vec<Step>,
}

impl PoolNeed {
    /// Expected units short within `days` from the as-of date if nothing more is ordered; beyond the horizon everything demanded is.
    #[must_use]
    pub fn short_within(&self, days: f64) -> f64 {
        let whole = days.max(0.0).floor() as usize;
        match (self.shortfall.get(whole.wrapping_sub(1)), self.shortfall.last()) {
            _ if whole == 0 => 0.0,
            (Some(&short), _) => short,
            (None, Some(&last)) if last > 0.0 => {
                last + (whole - self.shortfall.len()) as f64 * self.daily_demand
            }
            _ => 0.0,
        }
    }

    /// Days the inventory position and `quantity` more units last; infinite without demand.
    #[must_use]
    pub fn cover_days(&self, quantity: Units) -> f64 {
        let units = (self.inventory_position + quantity).0.max(0) as f64;
        if self.daily_demand > 0.0 { units / self.daily_demand } else { f64::INFINITY }
    }
}

/// One proposed line; `quantity` 0 = nothing to order from this supplier now.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<'a> {
    /// The pool it replenishes.
    pub pool: PoolNeed,
    /// From whom; `None` when no supplier is known.
    pub offer: Option<Offer<'a>>,
    /// Unrounded units asked of this supplier.
    pub need: f64,
    /// Whole units.
    pub quantity: Units,
    /// What the quantity must obey.
    pub rules: LotRules,
    /// Expected units short that the line prevents.
    pub short_units: f64,
    /// The last rule that changed the quantity.
    pub binding: Option<Binding>,
    /// Why the quantity is not the need, in order.
    pub notes: Vec<String>,
}

impl Line<'_> {
    /// Price of one unit at `quantity`.
    #[must_use]
    pub fn price_at(&self, quantity: Units) -> Money {
        self.offer.map_or(self.pool.unit_cost.unwrap_or(Money::ZERO), |o| o.prices.at(quantity))
    }

    /// Purchase value at `quantity`.
    #[must_use]
    pub fn value_at(&self, quantity: Units) -> Money {
        self.price_at(quantity).times(quantity)
    }

    /// Margin that `quantity` units are expected to save, currency units.
    #[must_use]
    pub fn gain(&self, quantity: Units) -> f64 {
        self.pool.margin.as_f64().max(0.0) * self.short_units.min(quantity.0 as f64)
    }

    /// The line as costs are shared by it.
    #[must_use]
    pub fn cost_line(&self) -> CostLine {
        CostLine {
            quantity: self.quantity,
            value: self.value_at(self.quantity),
            weight: self.pool.weight,
            volume: self.pool.volume,
        }
    }

    /// The most that may be ordered by choice rather than need: whole packs within maximum, shelf life and `max_cover_days` of stock.
    #[must_use]
    pub fn ceiling(&self, max_cover_days: f64) -> Units {
        let days = max_cover_days.min(self.pool.shelf_life_days.unwrap_or(f64::INFINITY));
        let cover = Units(self.missing_for(days).min(1e15).floor() as i64);
        self.rules.round_down(cover).max(self.quantity)
    }

    /// Units that lift the inventory position to `days` of demand.
    #[must_use]
    pub fn missing_for(&self, days: f64) -> f64 {
        self.pool.daily_demand * days - self.pool.inventory_position.0.max(0) as f64
    }

    /// Whether a rule that looks at several lines may raise this one.
    #[must_use]
    pub fn may_grow(&self) -> bool {
        let free = self.pool.status != Status::Held && self.binding != Some(Binding::Decision);
        self.offer.is_some() && free && self.pool.daily_demand > 0.0
    }

    /// Sets the quantity because of `binding`, with its step and sentence.
    ///
    /// # Panics
    /// If the rules of the line do not allow `quantity`: the caller rounds by them.
    pub fn change_to(&mut self, quantity: Units, binding: Binding, note: String) {
        assert!(
            self.rules.allows(quantity),
            "{} keeps minimum, pack and maximum: {quantity} by {:?}",
            binding.name(),
            self.rules
        );
        let before = self.pool.steps.last().map_or("lot", |s| s.name);
        let (name, change) = match binding {
            Binding::PriceBreak => ("after_price_break", "price_break"),
            Binding::Damping => ("after_damping", "damping"),
            Binding::Container => ("after_container", "container_fill"),
            Binding::OrderMinimum => ("after_order_minimum", "order_minimum_top_up"),
            Binding::FreeFreight => ("after_free_freight", "free_freight_top_up"),
            Binding::Decision => ("after_decision", "planner_decision"),
            _ => ("after_budget", "budget_cut"),
        };
        self.pool.steps.push(Step {
            name,
            formula: format!("{before} + {change}"),
            inputs: vec![(change, (quantity - self.quantity).0 as f64)],
            value: quantity.0 as f64,
            unit: Unit::Units,
            note: note.clone(),
        });
        self.quantity = quantity;
        self.binding = Some(binding);
        self.notes.push(note);
    }
}

/// Units without the rounding noise that would order a unit too many.
pub(crate) fn to_a_millionth(units: f64) -> f64 {
    (units * 1e6).round() / 1e6
}

/// `need` as it is read, the assigned part of a split, and the rounding to a lot.
pub(crate) fn lot_steps(
    pool: &PoolNeed,
    assignment: &Assignment,
    rules: &LotRules,
    quantity: Units,
    split: bool,
) -> Vec<Step> {
    let step = |name, formula: &str, inputs, value, note: &str| Step {
        name,
        formula: formula.to_owned(),
        inputs,
        value,
        unit: Unit::Units,
        note: note.to_owned(),
    };
    let mut steps = Vec::new();
    match pool.steps.iter().rev().find(|s| s.name == "need") {
        None => steps.push(step("need", "units", vec![("units", pool.need)], pool.need, "")),
        Some(known) if known.value != pool.need => {
            steps.push(step(
                "need",
                "round(need * 1000000) / 1000000",
                Vec::new(),
                pool.need,
                "to a millionth of a unit",
            ));
        }
        Some(_) => {}
    }
    let need = if split {
        let elsewhere = ("need_elsewhere", pool.need - assignment.need);
        steps.push(step(
            "need_here",
            "need - need_elsewhere",
            vec![elsewhere],
            assignment.need,
            "the order is split",
        ));
        "need_here"
    } else {
        "need"
    };
    if assignment.need <= 0.0 || quantity == Units(0) {
        steps.push(step("lot", "0", Vec::new(), 0.0, ""));
        return steps;
    }
    let mut inputs = vec![("minimum", rules.minimum().0 as f64), ("pack", rules.pack().0 as f64)];
    let mut formula = format!("ceil(max({need}, minimum) / pack) * pack");
    if let Some(largest) = rules.largest() {
        inputs.push(("largest", largest.0 as f64));
        formula = format!("min({formula}, largest)");
    }
    steps.push(step("lot", &formula, inputs, quantity.0 as f64, ""));
    steps
}

pub(crate) fn lot_note(need: f64, rules: &LotRules, quantity: Units, binding: Binding) -> String {
    match binding {
        Binding::Minimum => format!("{need:.1} needed, raised to the minimum of {quantity}"),
        Binding::Pack => {
            format!("{need:.1} needed, rounded up to {quantity} in packs of {}", rules.pack())
        }
        Binding::Maximum => {
            format!("{need:.1} needed, held at the supplier's maximum of {quantity}")
        }
        Binding::MaxStock => {
            format!("{need:.1} needed, held at {quantity} by the most stock to hold")
        }
        _ => format!("{need:.1} needed, but minimum, pack and maximum allow no quantity"),
    }
}

//! One proposed line: what a pool needs, what one supplier is asked for, and every step between.

use crate::domain::constraints::Binding;
use crate::domain::exceptions::Subject;
use crate::domain::inputs::Names;
use crate::domain::lot::LotRules;
use crate::domain::outcome::Status;
use crate::domain::units::{LocationId, Money, SupplierId, Units};
use crate::explain::{Step, Unit};
use crate::purchase::landed_cost::CostLine;
use crate::purchase::need::PoolNeed;
use crate::purchase::offer::Offer;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// How a rule that changes a quantity shows in tables and explanations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wording {
    /// What the line is bound by afterwards.
    pub binding: Binding,
    /// Name of the step: the quantity after the rule.
    pub step: &'static str,
    /// Name of what the rule adds (or, below 0, takes away), an input of that step.
    pub change: &'static str,
}

/// One proposed line; `quantity` 0 = nothing to order from this supplier now.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<'a> {
    /// The pool it replenishes.
    pub pool: PoolNeed,
    /// From whom; `None` when no supplier is known.
    pub offer: Option<Offer<'a>>,
    /// Unrounded units asked of this supplier: all that the pool needs, or its part of a split
    /// order.
    pub need: f64,
    /// Whole units.
    pub quantity: Units,
    /// Units of the other part of a split order.
    pub beside: Units,
    /// What the quantity must obey.
    pub rules: LotRules,
    /// Expected units short that the line prevents.
    pub short_units: f64,
    /// What a lot far beyond the need costs against going without it.
    pub long_lot: Option<String>,
    /// The last rule that changed the quantity.
    pub binding: Option<Binding>,
    /// Why the quantity is not the need, in order.
    pub notes: Vec<String>,
    /// Its share of the freight of the whole order.
    pub freight: Money,
    /// What was approved this very morning and concerns it.
    pub morning: Morning<'a>,
}

/// What approvals of this very morning mean for a line, which is planned as if there were none: a
/// second run of the morning must leave the rest of an order as it was.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Morning<'a> {
    /// Nothing of its pool was approved.
    #[default]
    Undecided,
    /// The line was: it keeps its place in the order until that is shaped, and is then published as
    /// decided.
    Approved(Box<ApprovedLine<'a>>),
    /// Something else of its pool was.
    Beside(PoolStanding),
}

/// A line that was approved this very morning.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovedLine<'a> {
    /// How much.
    pub units: Units,
    /// What it costs, reporting currency.
    pub value: Money,
    /// What is published instead of it, without a quantity.
    pub published: Line<'a>,
}

/// Where a pool stands once what was approved this very morning counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PoolStanding {
    /// On hand less committed, damaged and returns pending, and less what is to leave.
    pub available: Units,
    /// Open and approved orders due inside the horizon.
    pub on_order: Units,
    /// Available + on order - backorders.
    pub inventory_position: Units,
    /// First day the projected stock is gone.
    pub stockout_date: Option<NaiveDate>,
    /// Probability of running out before an order placed today arrives.
    pub stockout_probability: f64,
}

impl PoolStanding {
    /// Writes it into a line's pool.
    pub fn show(&self, pool: &mut PoolNeed) {
        pool.available = self.available;
        pool.on_order = self.on_order;
        pool.inventory_position = self.inventory_position;
        pool.stockout_date = self.stockout_date;
        pool.stockout_probability = self.stockout_probability;
    }
}

impl<'a> Line<'a> {
    /// All that `pool` needs, asked of `offer` if there is one; nothing is ordered until a rule
    /// says how much.
    #[must_use]
    pub fn new(pool: PoolNeed, offer: Option<Offer<'a>>) -> Self {
        let rules = offer
            .map_or(LotRules::new(Units::ZERO, pool.step, None).within(pool.room), |o| {
                o.rules(pool.room)
            });
        Self {
            need: pool.need,
            pool,
            offer,
            quantity: Units::ZERO,
            beside: Units::ZERO,
            rules,
            short_units: 0.0,
            binding: None,
            long_lot: None,
            notes: Vec::new(),
            freight: Money::ZERO,
            morning: Morning::Undecided,
        }
    }

    /// From whom; `None` when no supplier is known.
    #[must_use]
    pub fn supplier(&self) -> Option<SupplierId> {
        self.offer.map(|o| o.supply.supplier)
    }

    /// The order that it goes into; `None` when no supplier is known.
    #[must_use]
    pub fn order(&self) -> Option<(SupplierId, LocationId)> {
        self.supplier().map(|supplier| (supplier, self.pool.location))
    }

    /// What was approved of it this very morning.
    #[must_use]
    pub fn approved(&self) -> Option<&ApprovedLine<'a>> {
        match &self.morning {
            Morning::Approved(approved) => Some(approved),
            Morning::Undecided | Morning::Beside(_) => None,
        }
    }

    /// The pool, as exceptions name it.
    #[must_use]
    pub fn subject(&self, names: &Names) -> Subject {
        Subject::pool(names, self.pool.sku, self.pool.location)
    }

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

    /// Purchase value as it is.
    #[must_use]
    pub fn value(&self) -> Money {
        self.value_at(self.quantity)
    }

    /// Margin that `quantity` units are expected to save, currency units.
    #[must_use]
    pub fn gain(&self, quantity: Units) -> f64 {
        self.pool.margin.as_f64().max(0.0) * self.short_units.min(quantity.as_f64())
    }

    /// Margin that is expected to be lost without the line: on all the units short, however much is
    /// ordered. What each unit bears of the order's freight is no margin.
    #[must_use]
    pub fn value_at_risk(&self) -> Money {
        let freight = if self.quantity.is_positive() {
            self.freight.as_f64() / self.quantity.as_f64()
        } else {
            0.0
        };
        Money::from_f64((self.pool.margin.as_f64() - freight).max(0.0) * self.short_units)
    }

    /// The line as costs are shared by it.
    #[must_use]
    pub fn cost_line(&self) -> CostLine {
        CostLine {
            quantity: self.quantity,
            value: self.value(),
            weight: self.pool.weight,
            volume: self.pool.volume,
        }
    }

    /// The most that may be ordered by choice rather than need: whole packs within maximum, shelf
    /// life and `max_cover_days` of stock.
    #[must_use]
    pub fn ceiling(&self, max_cover_days: f64) -> Units {
        // What would expire on the shelf is not bought for a cheaper price or a full container.
        let fresh = self.pool.sells_in_time.unwrap_or(f64::INFINITY);
        // 1e15 units are beyond any order, and their packs still fit 64 bits.
        let cover = Units::floor(self.missing_for(max_cover_days).min(fresh).min(1e15));
        self.rules.round_down(cover).max(self.quantity)
    }

    /// Units that lift the inventory position to `days` of demand.
    #[must_use]
    pub fn missing_for(&self, days: f64) -> f64 {
        let there = self.pool.inventory_position.or_zero() + self.beside;
        self.pool.demand_within(days) - there.as_f64()
    }

    /// Days that `quantity` of this line lasts, with all else that the pool has.
    #[must_use]
    pub fn cover_days(&self, quantity: Units) -> f64 {
        self.pool.cover_days(self.beside + quantity)
    }

    /// Whether a planner has said what to order: no rule but the budget touches the line again.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        matches!(self.binding, Some(Binding::Decision | Binding::Approval))
    }

    /// Whether a rule that looks at several lines may raise this one.
    #[must_use]
    pub fn may_grow(&self) -> bool {
        self.offer.is_some()
            && !matches!(self.pool.status, Status::Held | Status::Unknown)
            && !self.is_decided()
            && self.pool.daily_demand > 0.0
    }

    /// Sets the quantity because of a rule, with the step and the sentence that the rule words.
    ///
    /// # Panics
    /// If the rules of the line do not allow `quantity`: the caller rounds by them.
    pub(crate) fn change_to(&mut self, quantity: Units, wording: &Wording, note: String) {
        assert!(
            self.rules.allows(quantity),
            "{} keeps minimum, pack and maximum: {quantity} by {:?}",
            wording.binding,
            self.rules
        );
        // Each step starts from the one before it, so that the last one is the quantity.
        let before = self.pool.steps.last().map_or("lot", |s| s.name);
        self.pool.steps.push(Step {
            name: wording.step,
            formula: format!("{before} + {}", wording.change),
            inputs: vec![(wording.change, (quantity - self.quantity).as_f64())],
            value: quantity.as_f64(),
            unit: Unit::Units,
            note: note.clone(),
        });
        self.quantity = quantity;
        self.binding = Some(wording.binding);
        self.notes.push(note);
    }
}

//! One pool's proposal: its supplier lines before anything is weighed against other pools.

use crate::error::{Exception, Severity};
use crate::inputs::{Inputs, Names, PriceBreak, Supplier, Supply};
use crate::outcome::{Status, Step};
use crate::purchase::Settings;
use crate::purchase::constraints::{Binding, LotRules};
use crate::purchase::landed_cost::{Charges, CostLine, convert, exchange_rate};
use crate::purchase::order_calendar::OrderCalendar;
use crate::purchase::price_breaks::{LotCosts, Prices, worthwhile_break};
use crate::purchase::sourcing::{Assignment, Offer, source};
use crate::units::{LocationId, Money, SkuId, SupplierId, Units};
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
            (None, Some(&last)) if last > 0.0 => last + (whole - self.shortfall.len()) as f64 * self.daily_demand,
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
            unit: "units",
            note: note.clone(),
        });
        self.quantity = quantity;
        self.binding = Some(binding);
        self.notes.push(note);
    }
}

/// Units without the rounding noise that would order a unit too many.
pub(super) fn to_a_millionth(units: f64) -> f64 {
    (units * 1e6).round() / 1e6
}

/// Everything suppliers offer, and the settings to choose by.
#[derive(Debug, Clone, Copy)]
pub struct Market<'a> {
    /// Sorted by (sku, location, role, supplier).
    pub supply: &'a [Supply],
    /// Sorted by (sku, supplier, quantity).
    pub price_breaks: &'a [PriceBreak],
    /// By [`SupplierId`].
    pub suppliers: &'a [Supplier],
    /// Dictionaries, for ids and sentences.
    pub names: &'a Names,
    /// How to choose.
    pub settings: &'a Settings,
    /// The morning of the run.
    pub as_of: NaiveDate,
}

impl<'a> Market<'a> {
    /// The market of a run.
    #[must_use]
    pub fn new(inputs: &'a Inputs, settings: &'a Settings) -> Self {
        Self {
            supply: &inputs.supply,
            price_breaks: &inputs.price_breaks,
            suppliers: &inputs.suppliers,
            names: &inputs.names,
            settings,
            as_of: inputs.panel.calendar().as_of(),
        }
    }

    /// `SKU/location`, the key of a pool in exceptions.
    #[must_use]
    pub fn pool_key(&self, sku: SkuId, location: LocationId) -> String {
        format!("{}/{}", self.names.skus[sku.index()], self.names.locations[location.index()])
    }

    /// Suppliers that cannot be ordered from at all, and settings that name nobody, once a run.
    #[must_use]
    pub fn exceptions(&self) -> Vec<Exception> {
        let mut exceptions = Vec::new();
        for (supplier, name) in self.suppliers.iter().zip(&self.names.suppliers) {
            if exchange_rate(&supplier.currency, self.settings).is_none() {
                let what =
                    format!("currency {} is not in purchase.rates: nothing is ordered from this supplier", supplier.currency);
                let why = "a price in an unknown currency cannot be compared".to_owned();
                exceptions.push(Exception::new(Severity::Error, "unknown-currency", name, what, why));
            }
            if OrderCalendar::of(supplier).next_order_day(self.as_of).is_none() {
                let what = "no order day within two years: nothing is ordered from this supplier";
                exceptions.push(Exception::new(Severity::Error, "supplier-closed", name, what, "order weekdays and closures"));
            }
        }
        for name in self.settings.containers.keys().filter(|n| self.names.suppliers.binary_search(n).is_err()) {
            let what = "purchase.containers names a supplier that no table knows";
            exceptions.push(Exception::new(Severity::Warning, "unknown-supplier", name, what, "its container is not used"));
        }
        exceptions
    }

    /// Supply rows of one pool, primary first: a row for the location replaces the supplier's row for everywhere.
    pub fn supply_of(&self, sku: SkuId, location: LocationId) -> impl Iterator<Item = &'a Supply> {
        let supply: &'a [Supply] = self.supply;
        let first = supply.partition_point(|s| s.sku < sku);
        let rows = &supply[first..first + supply[first..].partition_point(|s| s.sku == sku)];
        let special = |s: &Supply| rows.iter().any(|r| r.supplier == s.supplier && r.location == Some(location));
        let mut mine: Vec<&Supply> =
            rows.iter().filter(|s| s.location == Some(location) || s.location.is_none() && !special(s)).collect();
        mine.sort_by_key(|s| (s.role, s.supplier));
        mine.into_iter()
    }

    /// Offers for one pool in order of preference: role, then landed cost, then supplier. `lead_days` is the lead time of a row.
    #[must_use]
    pub fn offers(&self, pool: &PoolNeed, lead_days: impl Fn(&Supply) -> f64) -> Vec<Offer<'a>> {
        let offer = |supply: &'a Supply| {
            let supplier = &self.suppliers[supply.supplier.index()];
            let rate = exchange_rate(&supplier.currency, self.settings)?;
            let calendar = OrderCalendar::of(supplier);
            let order_date = calendar.next_order_day(self.as_of)?;
            let base = supply.unit_cost.map(|c| convert(c, rate)).or(pool.unit_cost).unwrap_or(Money::ZERO);
            let charges = Charges {
                duty_rate: supply.duty_rate,
                fee_rate: self.settings.fee_rate,
                freight_per_unit: convert(supply.freight_per_unit, rate),
            };
            let prices = Prices { base, breaks: self.breaks(supply), rate };
            Some(Offer {
                supply,
                calendar,
                prices,
                charges,
                order_date,
                arrival: calendar.arrival(order_date, lead_days(supply)),
            })
        };
        let mut offers: Vec<Offer> = self.supply_of(pool.sku, pool.location).filter_map(offer).collect();
        let quantity = Units(pool.need.ceil().max(1.0) as i64);
        offers.sort_by_key(|o| (o.supply.role, o.landed(quantity), o.supply.supplier));
        offers
    }

    fn breaks(&self, supply: &Supply) -> &'a [PriceBreak] {
        let key = (supply.sku, supply.supplier);
        let first = self.price_breaks.partition_point(|b| (b.sku, b.supplier) < key);
        let count = self.price_breaks[first..].partition_point(|b| (b.sku, b.supplier) == key);
        &self.price_breaks[first..first + count]
    }

    /// The lines of one pool: one, or two for a split order. What is missing or impossible goes to `exceptions`.
    pub fn propose(
        &self,
        mut pool: PoolNeed,
        lead_days: impl Fn(&Supply) -> f64,
        exceptions: &mut Vec<Exception>,
    ) -> Vec<Line<'a>> {
        assert!(pool.need.is_finite() && pool.need >= 0.0, "a need entering purchase is finite and not negative");
        pool.need = to_a_millionth(pool.need);
        let offers = self.offers(&pool, lead_days);
        let assignments = if offers.is_empty() {
            let short_units = pool.short_within(self.settings.risk_days);
            vec![Assignment { offer: 0, need: pool.need, short_units, why: None }]
        } else {
            source(&pool, &offers, self.as_of, self.settings)
        };
        pool.shortfall = Vec::new();
        let split = assignments.len() > 1;
        let mut lines = Vec::with_capacity(assignments.len());
        for assignment in assignments {
            let offer = offers.get(assignment.offer).copied();
            let mut line = self.line(pool.clone(), offer, assignment, split);
            if split {
                // Two lines share the room of one pool: each stays as it is, the second gets what the first leaves.
                line.rules = line.rules.within(Some(line.quantity));
                pool.room = pool.room.map(|room| room - line.quantity);
            }
            lines.push(line);
        }
        self.note_gaps(&lines, exceptions);
        lines
    }

    fn line(&self, mut pool: PoolNeed, offer: Option<Offer<'a>>, assignment: Assignment, split: bool) -> Line<'a> {
        let rules = offer.map_or(LotRules::FREE.within(pool.room), |o| o.rules(pool.room));
        let (quantity, binding) = rules.order_quantity(assignment.need);
        pool.steps.extend(lot_steps(&pool, &assignment, &rules, quantity, split));
        let mut notes: Vec<String> = assignment.why.into_iter().collect();
        if let Some(binding) = binding {
            notes.push(lot_note(assignment.need, &rules, quantity, binding));
        }
        let short_units = assignment.short_units;
        let mut line = Line { pool, offer, need: assignment.need, quantity, rules, short_units, binding, notes };
        self.reach_for_break(&mut line);
        self.damp(&mut line);
        line
    }

    fn reach_for_break(&self, line: &mut Line) {
        let Some(offer) = line.offer.filter(|o| !o.prices.breaks.is_empty() && line.quantity > Units(0)) else { return };
        let ceiling = line.ceiling(self.settings.max_cover_days);
        let reach = |from: Units| line.rules.order_quantity(from.0 as f64).0;
        let lots: Vec<Units> = offer.prices.breaks.iter().map(|b| reach(b.from_quantity)).collect();
        let lots: Vec<Units> = lots.into_iter().filter(|&q| q > line.quantity && q <= ceiling).collect();
        let costs = LotCosts {
            annual_demand: line.pool.daily_demand * 365.0,
            order_cost: self.settings.order_cost,
            carrying_rate: self.settings.carrying_rate,
            charges: offer.charges,
        };
        if let Some((lot, saved)) = worthwhile_break(line.quantity, &lots, &offer.prices, &costs) {
            let price = offer.prices.at(lot);
            let note = format!(
                "raised from {} to {lot} for the price of {price}: saves {saved:.2} a year after carrying",
                line.quantity
            );
            line.change_to(lot, Binding::PriceBreak, note);
        }
    }

    fn damp(&self, line: &mut Line) {
        let Some(supplier) = line.offer.map(|o| o.supply.supplier) else { return };
        let Some(&(_, last)) = line.pool.previous.iter().find(|p| p.0 == supplier) else { return };
        let change = (line.quantity - last).0.abs() as f64;
        let small = last > Units(0) && line.quantity > Units(0) && change <= self.settings.damping * last.0 as f64;
        if small && last != line.quantity && line.rules.allows(last) {
            let percent = 100.0 * change / last.0 as f64;
            let note = format!("the last run's {last} kept: {} differs by only {percent:.1} %", line.quantity);
            line.change_to(last, Binding::Damping, note);
        }
    }

    fn note_gaps(&self, lines: &[Line], exceptions: &mut Vec<Exception>) {
        for line in lines.iter().filter(|l| l.need > 0.0) {
            let key = || self.pool_key(line.pool.sku, line.pool.location);
            let mut note = |severity, kind, what: &str, why: &str| {
                exceptions.push(Exception::new(severity, kind, key(), what, why));
            };
            if line.offer.is_none() {
                let why = "the need is shown without supplier, minimum, pack or arrival";
                note(Severity::Warning, "no-supplier", "nobody to order from", why);
            }
            if line.price_at(line.quantity) <= Money::ZERO {
                let why = "neither supply nor products has a cost: value and budget count it as 0";
                note(Severity::Warning, "no-price", "no price known", why);
            }
            if line.binding == Some(Binding::Impossible) {
                let why = "no quantity satisfies minimum, pack and maximum together: nothing is ordered";
                note(Severity::Error, "minimum-above-maximum", "the supplier's rules contradict each other", why);
            }
        }
    }
}

/// `need` as it is read, the assigned part of a split, and the rounding to a lot.
fn lot_steps(pool: &PoolNeed, assignment: &Assignment, rules: &LotRules, quantity: Units, split: bool) -> Vec<Step> {
    let step = |name, formula: &str, inputs, value, note: &str| Step {
        name,
        formula: formula.to_owned(),
        inputs,
        value,
        unit: "units",
        note: note.to_owned(),
    };
    let mut steps = Vec::new();
    match pool.steps.iter().rev().find(|s| s.name == "need") {
        None => steps.push(step("need", "units", vec![("units", pool.need)], pool.need, "")),
        Some(known) if known.value != pool.need => {
            steps.push(step("need", "round(need * 1000000) / 1000000", Vec::new(), pool.need, "to a millionth of a unit"));
        }
        Some(_) => {}
    }
    let need = if split {
        let elsewhere = ("need_elsewhere", pool.need - assignment.need);
        steps.push(step("need_here", "need - need_elsewhere", vec![elsewhere], assignment.need, "the order is split"));
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

fn lot_note(need: f64, rules: &LotRules, quantity: Units, binding: Binding) -> String {
    match binding {
        Binding::Minimum => format!("{need:.1} needed, raised to the minimum of {quantity}"),
        Binding::Pack => format!("{need:.1} needed, rounded up to {quantity} in packs of {}", rules.pack()),
        Binding::Maximum => format!("{need:.1} needed, held at the supplier's maximum of {quantity}"),
        Binding::MaxStock => format!("{need:.1} needed, held at {quantity} by the most stock to hold"),
        _ => format!("{need:.1} needed, but minimum, pack and maximum allow no quantity"),
    }
}

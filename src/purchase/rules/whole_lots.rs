//! Minimum, whole packs, maximum and the most stock to hold: from the need to a lot that the
//! supplier takes.
//!
//! The arithmetic is [`LotRules::order_quantity`]; here it gets its steps and its sentence.

use super::constraint::LineRule;
use crate::domain::constraints::Binding;
use crate::domain::lot::{LotLimit, LotRules};
use crate::domain::units::Units;
use crate::explain::{Step, Unit};
use crate::purchase::line::Line;
use crate::purchase::long_lot::LongLot;
use crate::purchase::market::Market;

/// Rounds the need of a line to a lot.
pub(super) struct WholeLots;

/// The lot of a line, and what made it differ from the need.
struct Rounded {
    quantity: Units,
    limit: Option<Limit>,
}

#[derive(Clone, Copy)]
enum Limit {
    /// The supplier's rules, or the room for stock.
    Supplier(LotLimit),
    /// What sells before it spoils.
    Spoils,
    /// The smallest lot costs more than going without.
    Uneconomic,
}

impl Limit {
    fn binding(self) -> Binding {
        match self {
            Self::Supplier(limit) => limit.into(),
            Self::Spoils => Binding::ShelfLife,
            Self::Uneconomic => Binding::Uneconomic,
        }
    }
}

impl From<LotLimit> for Binding {
    fn from(limit: LotLimit) -> Self {
        match limit {
            LotLimit::Minimum => Self::Minimum,
            LotLimit::Pack => Self::Pack,
            LotLimit::Maximum => Self::Maximum,
            LotLimit::MaxStock => Self::MaxStock,
            LotLimit::Impossible => Self::Impossible,
        }
    }
}

impl LineRule for WholeLots {
    fn apply(&self, line: &mut Line, market: &Market) {
        let lot = line.rules.order_quantity(line.need);
        let mut rounded =
            Rounded { quantity: lot.quantity, limit: lot.binding.map(Limit::Supplier) };
        let fresh = line.pool.sells_in_time.and_then(|sells| line.rules.fresh(lot.quantity, sells));
        if let Some(fresh) = fresh {
            rounded = Rounded { quantity: fresh, limit: Some(Limit::Spoils) };
        }
        let landed_cost = line.offer.map_or(0.0, |offer| offer.landed(rounded.quantity).as_f64());
        let patience = market.settings.patience();
        let long = LongLot::of(&line.pool, landed_cost, line.need, rounded.quantity, patience);
        if long.as_ref().is_some_and(|long| !long.worth) {
            rounded = Rounded { quantity: Units::ZERO, limit: Some(Limit::Uneconomic) };
        }
        add_steps(line, rounded.quantity);
        line.quantity = rounded.quantity;
        line.binding = rounded.limit.map(Limit::binding);
        line.notes.extend(sentence(line.need, &line.rules, &rounded));
        line.long_lot = long.map(|long| long.sentence(patience.max_cover_days));
        line.notes.extend(line.long_lot.clone());
    }
}

/// `need` as it is read, the part of a split order that this supplier gets, and the rounding to a
/// lot.
fn add_steps(line: &mut Line, quantity: Units) {
    let pool_need = line.pool.need;
    let rules = line.rules;
    let fresh =
        line.pool.sells_in_time.filter(|&sells| quantity <= rules.round_down(Units::ceil(sells)));
    let steps = &mut line.pool.steps;
    match steps.iter().rev().find(|s| s.name == "need") {
        None => steps.push(step("need", "units", vec![("units", pool_need)], pool_need, "")),
        // The step must end at the number that is rounded up, or a trace of noise would recompute
        // to one more unit.
        Some(known) if known.value != pool_need => steps.push(step(
            "need",
            "to_a_millionth(need)",
            Vec::new(),
            pool_need,
            "noise of the arithmetic must not order a unit more",
        )),
        Some(_) => {}
    }
    let is_split = line.need != pool_need;
    let need = if is_split { "need_here" } else { "need" };
    if is_split {
        steps.push(step(
            need,
            "need - need_elsewhere",
            vec![("need_elsewhere", pool_need - line.need)],
            line.need,
            "the order is split",
        ));
    }
    if line.need <= 0.0 || quantity.is_zero() {
        steps.push(step("lot", "0", Vec::new(), 0.0, ""));
        return;
    }
    let mut formula = format!("ceil(max({need}, minimum) / pack) * pack");
    let mut inputs = vec![("minimum", rules.minimum().as_f64()), ("pack", rules.pack().as_f64())];
    // Rounded down to what sells before it spoils, where a pack more would not.
    let fresh = fresh.map(|sells| rules.round_down(Units::ceil(sells)));
    let largest = rules.largest().into_iter().chain(fresh).min();
    if let Some(largest) = largest {
        inputs.push(("largest", largest.as_f64()));
        formula = format!("min({formula}, largest)");
    }
    steps.push(step("lot", &formula, inputs, quantity.as_f64(), ""));
}

fn step(
    name: &'static str,
    formula: &str,
    inputs: Vec<(&'static str, f64)>,
    value: f64,
    note: &str,
) -> Step {
    Step {
        name,
        formula: formula.to_owned(),
        inputs,
        value,
        unit: Unit::Units,
        note: note.to_owned(),
    }
}

/// Why the lot is not the need; `None` where only the fraction of a unit was added.
fn sentence(need: f64, rules: &LotRules, lot: &Rounded) -> Option<String> {
    let quantity = lot.quantity;
    let how = match lot.limit? {
        Limit::Supplier(LotLimit::Minimum) => format!("raised to the minimum of {quantity}"),
        Limit::Supplier(LotLimit::Pack) => {
            format!("rounded up to {quantity} in packs of {}", rules.pack())
        }
        Limit::Supplier(LotLimit::Maximum) => {
            format!("held at the supplier's maximum of {quantity}")
        }
        Limit::Supplier(LotLimit::MaxStock) => {
            format!("held at {quantity} by the most stock to hold")
        }
        Limit::Supplier(LotLimit::Impossible) => {
            "but minimum, pack and maximum allow no quantity".to_owned()
        }
        Limit::Spoils => {
            format!("held at {quantity} in packs of {}: more would spoil", rules.pack())
        }
        // The sentence on the long lot says it.
        Limit::Uneconomic => return None,
    };
    Some(format!("{need:.1} needed, {how}"))
}

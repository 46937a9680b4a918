//! Minimum, whole packs, maximum and the most stock to hold: from the need to a lot that the
//! supplier takes.
//!
//! The arithmetic is [`LotRules::order_quantity`]; here it gets its steps and its sentence.

use super::{Binding, LineRule};
use crate::domain::units::{Money, Units};
use crate::explain::{Step, Unit};
use crate::purchase::line::Line;
use crate::purchase::lot::{Lot, LotRules};
use crate::purchase::market::Market;
use crate::purchase::settings::Settings;

pub(super) const MINIMUM: &str = "minimum";
pub(super) const PACK: &str = "pack";
pub(super) const MAXIMUM: &str = "maximum";
pub(super) const MAX_STOCK: &str = "max-stock";
pub(super) const SHELF_LIFE: &str = "shelf-life";
pub(super) const UNECONOMIC: &str = "uneconomic-lot";
/// A lot that lasts a week longer than the need is an ordinary one.
const WEEK_DAYS: f64 = 7.0;
pub(super) const IMPOSSIBLE: &str = "minimum-above-maximum";

/// Rounds the need of a line to a lot.
pub(super) struct WholeLots;

impl LineRule for WholeLots {
    fn apply(&self, line: &mut Line, market: &Market) {
        let mut lot = line.rules.order_quantity(line.need);
        if let Some(fresh) = fresh_lot(line, lot) {
            lot = Lot { quantity: fresh, binding: Some(Binding::ShelfLife) };
        }
        let weighed = weigh(line, lot.quantity, market.settings);
        if let Some(Weighed { worth: false, .. }) = weighed {
            lot = Lot { quantity: Units::ZERO, binding: Some(Binding::Uneconomic) };
        }
        add_steps(line, lot.quantity);
        line.quantity = lot.quantity;
        line.binding = lot.binding;
        line.notes.extend(sentence(line.need, &line.rules, lot));
        line.long_lot = weighed.map(|weighed| weighed.what);
        line.notes.extend(line.long_lot.clone());
    }
}

/// Fewer packs, where rounding up would send units that spoil before they sell.
fn fresh_lot(line: &Line, lot: Lot) -> Option<Units> {
    let sells = Units::ceil(line.pool.sells_in_time?);
    let fewer = line.rules.round_down(sells);
    (lot.quantity > sells && fewer.is_positive()).then_some(fewer)
}

/// A lot that lasts far beyond its need, with what speaks for and against it.
struct Weighed {
    worth: bool,
    what: String,
}

/// Whether the smallest lot of the supplier is worth its carrying and its waste, where it lasts
/// beyond `max_cover_days` or spoils in part; `None` for an ordinary lot.
///
/// Ordering costs the carrying of the lot until it sells, and what spoils. Not ordering costs the
/// margin of the demand that the stock does not cover, over the days that a forecast is trusted
/// with: a promise of sales in three years pays for no stock today.
fn weigh(line: &Line, quantity: Units, settings: &Settings) -> Option<Weighed> {
    let pool = &line.pool;
    let wanted = Units::ceil(line.need);
    if quantity <= wanted || pool.daily_demand <= 0.0 {
        return None;
    }
    let before = pool.cover_days(Units::ZERO);
    let lasts = pool.cover_days(quantity);
    let spoils = pool.sells_in_time.map_or(0.0, |sells| (quantity.as_f64() - sells).max(0.0));
    // A network's stock is spread over its places, where it covers one and not another: its need may
    // last for months and be one all the same. Only what the lot brings beyond it is weighed.
    let beyond = if pool.echelon { settings.max_cover_days } else { WEEK_DAYS };
    let is_long = lasts > settings.max_cover_days && lasts > pool.cover_days(wanted) + beyond;
    if !is_long && spoils < 1.0 {
        return None;
    }
    let landed = line.offer.map_or(Money::ZERO, |offer| offer.landed(quantity)).as_f64();
    let years = (before + lasts) / 2.0 / 365.0;
    let cost = landed * (spoils + quantity.as_f64() * years * settings.carrying_rate);
    let margin = pool.margin.as_f64();
    let sells = quantity.as_f64() - spoils;
    let missing = pool.demand_within(settings.max_cover_days) - pool.inventory_position.as_f64();
    let loss = margin * missing.clamp(0.0, sells);
    let lot = if spoils >= 1.0 {
        format!("the smallest lot of {quantity} lasts {lasts:.0} days and {spoils:.0} of it spoil")
    } else {
        format!("the smallest lot of {quantity} lasts {lasts:.0} days")
    };
    // Where no margin is known there is nothing to weigh with: it is ordered, and marked.
    if margin > 0.0 && loss < cost {
        let what = format!(
            "{lot}: not ordered, holding it would cost {cost:.2}, \
             going without {loss:.2} of margin in {:.0} days",
            settings.max_cover_days
        );
        return Some(Weighed { worth: false, what });
    }
    let what = format!("{lot}: ordered, it costs {cost:.2} to hold, and {loss:.2} to go without");
    Some(Weighed { worth: true, what })
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
fn sentence(need: f64, rules: &LotRules, lot: Lot) -> Option<String> {
    let quantity = lot.quantity;
    let how = match lot.binding? {
        Binding::Minimum => format!("raised to the minimum of {quantity}"),
        Binding::Pack => format!("rounded up to {quantity} in packs of {}", rules.pack()),
        Binding::Maximum => format!("held at the supplier's maximum of {quantity}"),
        Binding::MaxStock => format!("held at {quantity} by the most stock to hold"),
        Binding::ShelfLife => {
            format!("held at {quantity} in packs of {}: more would spoil", rules.pack())
        }
        Binding::Impossible => "but minimum, pack and maximum allow no quantity".to_owned(),
        Binding::Uneconomic
        | Binding::PriceBreak
        | Binding::Damping
        | Binding::Container
        | Binding::OrderMinimum
        | Binding::FreeFreight
        | Binding::Budget
        | Binding::Decision => return None,
    };
    Some(format!("{need:.1} needed, {how}"))
}

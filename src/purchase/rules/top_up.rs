//! Raising the lines of one order to a value, those first that are needed earliest.
//!
//! A day's worth at a time goes to the item whose stock would run out first, so that the order
//! brings the next one forward by about the same time for all. Nothing is raised beyond
//! `max_cover_days`, the shelf life, the maximum of its line or the most stock to hold.

use crate::domain::units::{Money, Units};
use crate::purchase::line::Line;
use crate::purchase::line::Wording;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// No search for a common cover beyond ten years: whoever allows more is bounded by the maximum of
/// the lines.
const LONGEST_COVER_DAYS: f64 = 3650.0;

/// Quantities of a top-up and what they come to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TopUp {
    /// One a line.
    quantities: Vec<Units>,
    /// Purchase value of the whole order.
    pub value: Money,
}

/// A line that may grow.
#[derive(Debug, Clone, Copy)]
struct Growing {
    line: usize,
    ceiling: Units,
}

/// A line in the queue for more: the one that runs out first, then the first of the order.
///
/// Covers are compared in thousandths of a day, so that rounding noise does not decide between
/// equals.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RunsOut {
    thousandth_days: i64,
    /// Position among the growing lines.
    growing: usize,
}

impl TopUp {
    /// Raises `lines` until they are worth `target`, or until none may grow.
    ///
    /// All that may grow are first lifted to the longest common cover, in whole days, that stays
    /// below the target, which ends where a day at a time would, without a step for each day of
    /// each line.
    pub(super) fn plan(lines: &[&mut Line], target: Money, max_cover_days: f64) -> Self {
        let mut growing = Vec::new();
        for (i, line) in lines.iter().enumerate() {
            if line.may_grow() && line.price_at(Units::whole(1)).is_positive() {
                growing.push(Growing { line: i, ceiling: line.ceiling(max_cover_days) });
            }
        }
        let mut low = 0.0_f64;
        let mut high = max_cover_days.min(LONGEST_COVER_DAYS).ceil();
        while high - low > 1.0 {
            let middle = ((low + high) / 2.0).floor();
            if Self::lifted(lines, &growing, middle).value < target {
                low = middle;
            } else {
                high = middle;
            }
        }
        let mut top_up = Self::lifted(lines, &growing, low);
        let mut queue: BinaryHeap<Reverse<RunsOut>> =
            (0..growing.len()).map(|n| top_up.runs_out(lines, &growing, n)).collect();
        while top_up.value < target {
            let Some(Reverse(next)) = queue.pop() else { break };
            let Growing { line: i, ceiling } = growing[next.growing];
            let line = &lines[i];
            let before = top_up.quantities[i];
            let price = line.price_at(before.max(Units::LEAST)).as_f64();
            let missing = (target - top_up.value).as_f64() / price;
            let a_day = Units::ceil(line.pool.daily_demand.min(missing)).as_f64().max(1.0);
            let after = line.rules.order_quantity(before.as_f64() + a_day).quantity;
            if after <= before || after > ceiling {
                continue;
            }
            top_up.value = top_up.value + line.value_at(after) - line.value_at(before);
            top_up.quantities[i] = after;
            queue.push(top_up.runs_out(lines, &growing, next.growing));
        }
        top_up
    }

    /// All growing lines raised to `days` of cover, within their ceilings.
    fn lifted(lines: &[&mut Line], growing: &[Growing], days: f64) -> Self {
        let mut quantities: Vec<Units> = lines.iter().map(|l| l.quantity).collect();
        for &Growing { line: i, ceiling } in growing {
            let line = &lines[i];
            let lot = line.rules.order_quantity(line.missing_for(days));
            quantities[i] = lot.quantity.min(ceiling).max(line.quantity);
        }
        let value = lines.iter().zip(&quantities).map(|(l, &q)| l.value_at(q)).sum();
        Self { quantities, value }
    }

    fn runs_out(&self, lines: &[&mut Line], growing: &[Growing], n: usize) -> Reverse<RunsOut> {
        let i = growing[n].line;
        let days = lines[i].cover_days(self.quantities[i]);
        Reverse(RunsOut { thousandth_days: (days * 1000.0) as i64, growing: n })
    }

    /// Cost of carrying what is added until it would have been needed, currency units.
    pub(super) fn carrying(&self, lines: &[&mut Line], carrying_rate: f64) -> f64 {
        let mut value_days = 0.0;
        for (line, &quantity) in lines.iter().zip(&self.quantities) {
            if quantity > line.quantity {
                let added = (line.value_at(quantity) - line.value()).as_f64().max(0.0);
                let days = (line.cover_days(line.quantity) + line.cover_days(quantity)) / 2.0;
                value_days += added * days;
            }
        }
        value_days / 365.0 * carrying_rate
    }

    /// Writes the quantities into `lines`, because they reach `goal`.
    pub(super) fn apply(&self, lines: &mut [&mut Line], wording: &Wording, goal: &str) {
        for (line, &quantity) in lines.iter_mut().zip(&self.quantities) {
            if quantity != line.quantity {
                let note = format!("raised from {} to {quantity} to reach {goal}", line.quantity);
                line.change_to(quantity, wording, note);
            }
        }
    }
}

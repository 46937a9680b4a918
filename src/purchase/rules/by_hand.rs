//! What a planner has decided for an item in a location: a quantity set by hand, a proposal
//! rejected or put off.
//!
//! Not in the lists: `run` knows the decisions and hands them in after the lines are proposed. A
//! decided line is not raised or cut again but by the budget, which pays for decided lines first.

use crate::domain::constraints::Binding;
use crate::domain::outcome::Status;
use crate::domain::units::Units;
use crate::purchase::line::Line;
use crate::purchase::line::Wording;

pub(crate) const WORDING: Wording =
    Wording { binding: Binding::Decision, step: "after_decision", change: "planner_decision" };

/// Sets the lines of one pool to `wanted` units, within the supplier's rules. A split order becomes
/// one line again, its last: who sets a number means the whole of it.
pub fn set_by_hand(lines: &mut Vec<Line<'_>>, wanted: f64) {
    // The last is the main line: a bridge from a faster supplier comes before it.
    let Some(mut line) = lines.pop() else { return };
    if !lines.is_empty() {
        for bridge in lines.drain(..) {
            // The bridge had taken its part of the room and of the units saved: both come back.
            line.pool.room = line.pool.room.map(|room| room + bridge.quantity);
            line.short_units += bridge.short_units;
        }
        line.rules = line.offer.map_or(line.rules, |o| o.rules(line.pool.room));
    }
    let lot = line.rules.order_quantity(wanted);
    let bound = match lot.binding {
        Some(limit) => format!(", {} by {}", lot.quantity, Binding::from(limit).name()),
        None => String::new(),
    };
    line.change_to(lot.quantity, &WORDING, format!("set to {wanted} by hand{bound}"));
    lines.push(line);
}

/// Orders nothing on `line` until somebody agrees; `why` says to what. Nobody has decided
/// anything: the line waits among those that can be.
pub fn hold_back(line: &mut Line<'_>, why: &str) {
    set_aside(line, why);
    line.binding = Some(Binding::Approval);
}

/// Orders nothing (more) on `line`, because a planner has rejected the proposal, put it off or
/// approved it this morning; `why` says which.
pub fn set_aside(line: &mut Line<'_>, why: &str) {
    if line.quantity.is_positive() {
        line.change_to(Units::ZERO, &WORDING, why.to_owned());
        // What was turned down waits for its day: the top of the list is for what can be decided.
        line.pool.status = Status::Held;
        line.pool.urgency = 0.0;
    } else {
        // Nothing is proposed to turn down; no rule on the whole order raises it from nothing.
        line.binding = Some(Binding::Decision);
        line.notes.push(why.to_owned());
    }
}

//! A quantity that a planner has set for an item in a location: the usual supplier's line takes all of it.

use crate::purchase::Line;
use crate::purchase::rules::constraints::Binding;

/// Sets the lines of one pool to `wanted` units, within the supplier's rules. A split order becomes one line again, its last:
/// who sets a number means the whole of it.
pub fn set_by_hand(lines: &mut Vec<Line<'_>>, wanted: f64) {
    let Some(mut line) = lines.pop() else { return };
    if !lines.is_empty() {
        for bridge in lines.drain(..) {
            line.pool.room = line.pool.room.map(|room| room + bridge.quantity);
            line.short_units += bridge.short_units;
        }
        line.rules = line.offer.map_or(line.rules, |o| o.rules(line.pool.room));
    }
    let (quantity, bound) = line.rules.order_quantity(wanted);
    let kept = bound.map(|b| format!(", {quantity} by {}", b.name())).unwrap_or_default();
    line.change_to(quantity, Binding::Decision, format!("set to {wanted} by hand{kept}"));
    lines.push(line);
}

//! The last run's quantity, kept where the new one hardly differs: a buyer who has it in a mail
//! need not write another.

use super::constraint::LineRule;
use crate::domain::constraints::Binding;
use crate::purchase::line::Line;
use crate::purchase::line::Wording;
use crate::purchase::market::Market;

pub(super) const WORDING: Wording =
    Wording { binding: Binding::Damping, step: "after_damping", change: "damping" };

/// Keeps the last run's quantity within `purchase.damping` of the new one.
pub(super) struct Damping;

impl LineRule for Damping {
    fn apply(&self, line: &mut Line, market: &Market) {
        let Some(supplier) = line.supplier() else { return };
        let Some(previous) = line.pool.previous.iter().find(|p| p.supplier == supplier) else {
            return;
        };
        let last = previous.quantity;
        // From nothing to something, or back, is never a small change.
        if !last.is_positive() || !line.quantity.is_positive() || last == line.quantity {
            return;
        }
        // By the change against what the buyer has seen, not against the new number.
        let change = (line.quantity - last).as_f64().abs();
        if change > market.settings.damping * last.as_f64() || !line.rules.allows(last) {
            return;
        }
        let note = format!(
            "the last run's {last} kept: {} differs by only {:.1} %",
            line.quantity,
            100.0 * change / last.as_f64()
        );
        line.change_to(last, &WORDING, note);
    }
}

//! A budget over all lines of the run: the most expected gain for the money.
//!
//! Lines are bought in the order of expected gain (margin saved) per unit of money, the last one in part where its minimum
//! and pack allow; what is cut, and what that is expected to cost, is an exception a line. What a planner has set by hand is bought
//! first; where the budget does not even pay for that, the exception says so.

use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::units::{Money, Units};
use crate::purchase::Line;
use crate::purchase::Market;
use crate::purchase::rules::constraints::Binding;

/// Cuts `lines` down to `budget`, at purchase prices. Never spends more.
pub fn apply_budget(lines: &mut [Line], budget: Money, market: &Market) -> Vec<Exception> {
    let wanted: Money = lines.iter().map(|l| l.value_at(l.quantity)).sum();
    if wanted <= budget {
        return Vec::new();
    }
    let mut ranked: Vec<usize> =
        (0..lines.len()).filter(|&i| lines[i].quantity > Units(0)).collect();
    let by_hand = |line: &Line| line.binding == Some(Binding::Decision);
    let gain_per_money =
        |line: &Line| line.gain(line.quantity) / line.value_at(line.quantity).as_f64().max(1e-4);
    ranked.sort_by(|&a, &b| {
        let gain = || gain_per_money(&lines[b]).total_cmp(&gain_per_money(&lines[a]));
        by_hand(&lines[b]).cmp(&by_hand(&lines[a])).then_with(gain)
    });
    let (mut left, mut cut, mut lost) = (budget, 0, 0.0);
    let mut exceptions = Vec::new();
    for i in ranked {
        let line = &mut lines[i];
        let affordable = affordable(line, left);
        left -= line.value_at(affordable);
        if affordable == line.quantity {
            continue;
        }
        let (before, loss) = (line.quantity, line.gain(line.quantity) - line.gain(affordable));
        let saved = line.value_at(before) - line.value_at(affordable);
        let note = format!(
            "cut from {before} to {affordable} by the budget: saves {saved}, expected to cost {loss:.2} of margin"
        );
        (cut, lost) = (cut + 1, lost + loss);
        let why = if by_hand(line) {
            "set by hand, and the budget does not pay for all that was set"
        } else {
            "its expected gain per unit of money ranks below what the budget buys"
        };
        let about = Subject::pool(market.names, line.pool.sku, line.pool.location);
        exceptions.push(Exception::new(
            Severity::Warning,
            ExceptionKind::BudgetCut,
            about,
            note.clone(),
            why,
        ));
        line.change_to(affordable, Binding::Budget, note);
    }
    let spent: Money = lines.iter().map(|l| l.value_at(l.quantity)).sum();
    assert!(spent <= budget, "a budget is never exceeded: {spent} of {budget}");
    let what = format!("{cut} lines cut: {wanted} wanted, {spent} of {budget} spent");
    let why = format!("expected to cost {lost:.2} of margin");
    exceptions.push(Exception::new(
        Severity::Warning,
        ExceptionKind::Budget,
        Subject::Run("purchase.budget"),
        what,
        why,
    ));
    exceptions
}

/// The largest quantity up to the line's own that `money` pays for.
fn affordable(line: &Line, money: Money) -> Units {
    let mut quantity = line.quantity;
    while quantity > Units(0) && line.value_at(quantity) > money {
        let price = line.price_at(quantity).0.max(1);
        let fits = Units(money.0 / price).min(quantity - line.rules.pack());
        quantity = line.rules.round_down(fits);
    }
    quantity
}

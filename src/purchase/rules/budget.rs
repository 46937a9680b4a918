//! A budget over all lines of the run: the most expected gain for the money.
//!
//! Lines are bought in the order of expected gain (margin saved) per unit of money, the last one in
//! part where its minimum and pack allow (the greedy rule of the knapsack problem). What is cut,
//! and what that is expected to cost, is an exception a line. What a planner has set by hand is
//! bought first; where the budget does not even pay for that, the exception says so.

use super::{Binding, OrderRule, Wording};
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::units::{Money, Units};
use crate::purchase::line::Line;
use crate::purchase::market::Market;

pub(super) const WORDING: Wording = Wording {
    binding: Binding::Budget,
    name: "budget",
    step: "after_budget",
    change: "budget_cut",
};

/// Cuts the lines of the run down to `purchase.budget`, at purchase prices. Never spends more.
pub(super) struct Budget;

impl OrderRule for Budget {
    fn shape_run(&self, lines: &mut [Line], market: &Market) -> Vec<Exception> {
        let Some(budget) = market.settings.budget.map(Money::from_f64) else { return Vec::new() };
        // What was approved this morning is spent.
        let approved: Money = market.approved.values().copied().sum();
        let budget = (budget - approved).max(Money::ZERO);
        let wanted: Money = lines.iter().map(Line::value).sum();
        if wanted <= budget {
            return Vec::new();
        }
        // Rounding by packs leaves money over: later, cheaper lines may still use it.
        let mut left = budget;
        let mut lines_cut = 0;
        let mut margin_lost = 0.0;
        let mut exceptions = Vec::new();
        for i in by_gain_for_the_money(lines) {
            let line = &mut lines[i];
            let before = line.quantity;
            let affordable = affordable(line, left);
            let spent = line.value_at(affordable);
            left -= spent;
            if affordable == before {
                continue;
            }
            let loss = line.gain(before) - line.gain(affordable);
            lines_cut += 1;
            margin_lost += loss;
            let note = format!(
                "cut from {before} to {affordable} by the budget: \
                 saves {}, expected to cost {loss:.2} of margin",
                line.value_at(before) - spent
            );
            let why = if line.is_decided() {
                "set by hand, and the budget does not pay for all that was set"
            } else {
                "its expected gain per unit of money ranks below what the budget buys"
            };
            exceptions.push(Exception::new(
                Severity::Warning,
                ExceptionKind::BudgetCut,
                line.subject(market.names),
                note.clone(),
                why,
            ));
            line.change_to(affordable, &WORDING, note);
        }
        let spent: Money = lines.iter().map(Line::value).sum();
        assert!(spent <= budget, "a budget is never exceeded: {spent} of {budget}");
        exceptions.push(Exception::new(
            Severity::Warning,
            ExceptionKind::Budget,
            Subject::Run("purchase.budget"),
            format!("{lines_cut} lines cut: {wanted} wanted, {spent} of {budget} spent"),
            format!("expected to cost {margin_lost:.2} of margin"),
        ));
        exceptions
    }
}

/// Positions of the lines with a quantity: decided ones first, then by gain per unit of money, the
/// most first.
fn by_gain_for_the_money(lines: &[Line]) -> Vec<usize> {
    let mut ranked: Vec<usize> =
        (0..lines.len()).filter(|&i| lines[i].quantity.is_positive()).collect();
    ranked.sort_by(|&a, &b| {
        let decided = lines[b].is_decided().cmp(&lines[a].is_decided());
        decided.then_with(|| gain_per_money(&lines[b]).total_cmp(&gain_per_money(&lines[a])))
    });
    ranked
}

/// Against a value of zero, an unknown price, the gain counts by the smallest amount of money there
/// is.
fn gain_per_money(line: &Line) -> f64 {
    line.gain(line.quantity) / line.value().as_f64().max(1.0 / Money::SCALE as f64)
}

/// The largest quantity up to the line's own that `money` pays for.
fn affordable(line: &Line, money: Money) -> Units {
    let mut quantity = line.quantity;
    while quantity.is_positive() && line.value_at(quantity) > money {
        // The price may rise as the quantity falls below a break, so one division is not enough.
        let price = line.price_at(quantity).ten_thousandths().max(1);
        let fits = Units(money.ten_thousandths() / price);
        quantity = line.rules.round_down(fits.min(quantity - line.rules.pack()));
    }
    quantity
}

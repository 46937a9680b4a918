//! A cheaper price from a larger quantity on, where the year gets cheaper by it: see
//! [`prices`](crate::purchase::prices).

use super::constraint::LineRule;
use crate::domain::constraints::Binding;
use crate::purchase::line::Line;
use crate::purchase::line::Wording;
use crate::purchase::market::Market;
use crate::purchase::prices::{LotCosts, cheaper_lot};

pub(super) const WORDING: Wording =
    Wording { binding: Binding::PriceBreak, step: "after_price_break", change: "price_break" };

/// Raises a line to the price break that saves most.
pub(super) struct PriceBreaks;

impl LineRule for PriceBreaks {
    fn apply(&self, line: &mut Line, market: &Market) {
        let Some(offer) = line.offer.filter(|o| !o.prices.breaks.is_empty()) else { return };
        if !line.quantity.is_positive() {
            return;
        }
        let ceiling = line.ceiling(market.settings.max_cover_days);
        let costs = LotCosts {
            // Today's rate for the year: seasons even out, and the carrying cost is that of the
            // average lot.
            annual_demand: line.pool.daily_demand * 365.0,
            order_cost: market.settings.order_cost,
            carrying_rate: market.settings.carrying_rate,
            charges: offer.charges,
        };
        let best = cheaper_lot(line.quantity, &line.rules, ceiling, &offer.prices, &costs);
        if let Some(best) = best {
            let note = format!(
                "raised from {} to {} for the price of {}: saves {:.2} a year after carrying",
                line.quantity,
                best.lot,
                offer.prices.at(best.lot),
                best.saved_a_year
            );
            line.change_to(best.lot, &WORDING, note);
        }
    }
}

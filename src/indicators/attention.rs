//! The six groups of items that a planner looks at first: who belongs to each, and what it is worth
//! there.

use crate::domain::classes::{Lifecycle, Rationalisation};
use crate::domain::constraints::Binding;
use crate::domain::outcome::Status;
use crate::indicators::PoolResults;

/// One of the groups; an item may be in several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Attention {
    /// Nothing left and demand expected.
    StockedOut,
    /// Gone before an order placed today arrives.
    AboutToStockOut,
    /// At or below the reorder point.
    OrderNow,
    /// More than the excess cover.
    Excess,
    /// Hardly sells any more.
    Dead,
    /// Too young to judge.
    New,
}

impl Attention {
    /// In the order of the briefing.
    pub(crate) const ALL: [Self; 6] = [
        Self::StockedOut,
        Self::AboutToStockOut,
        Self::OrderNow,
        Self::Excess,
        Self::Dead,
        Self::New,
    ];

    /// Scope of its indicators.
    pub(crate) fn scope(self) -> &'static str {
        match self {
            Self::StockedOut => "panel:stocked-out",
            Self::AboutToStockOut => "panel:about-to-stock-out",
            Self::OrderNow => "panel:order-now",
            Self::Excess => "panel:excess",
            Self::Dead => "panel:dead",
            Self::New => "panel:new",
        }
    }

    /// Whether `pool` belongs here.
    pub(crate) fn holds(self, pool: &PoolResults) -> bool {
        match self {
            Self::StockedOut => pool.status() == Status::StockedOut || is_held_empty(pool),
            Self::AboutToStockOut => pool.status() == Status::WillStockOut,
            Self::OrderNow => pool.status() == Status::OrderNow,
            Self::Excess => pool.status() == Status::Excess,
            Self::Dead => {
                // Nothing to clear where nothing lies.
                pool.on_hand().is_positive()
                    && pool.class.is_some_and(|c| {
                        c.take_action || c.rationalisation == Rationalisation::Deadstock
                    })
            }
            Self::New => pool
                .class
                .is_some_and(|c| matches!(c.lifecycle, Lifecycle::New | Lifecycle::Launch)),
        }
    }

    /// Whether anything says what `pool` is worth here.
    pub(crate) fn knows_worth(self, pool: &PoolResults) -> bool {
        match self {
            Self::StockedOut | Self::AboutToStockOut | Self::OrderNow => pool.stake_is_known(),
            Self::Excess | Self::Dead | Self::New => pool.unit_cost().is_some(),
        }
    }

    /// What `pool` is worth here, currency units: margin at risk, order value, or stock at cost.
    pub(crate) fn worth(self, pool: &PoolResults, excess_cover_days: f64) -> f64 {
        match self {
            Self::StockedOut | Self::AboutToStockOut => pool.value_at_risk().as_f64(),
            Self::OrderNow => pool.order_value().as_f64(),
            Self::Excess => pool.cost_of(pool.excess_units(excess_cover_days)),
            Self::Dead | Self::New => pool.stock_value().as_f64(),
        }
    }
}

/// Whether an item is needed, waits for approval, and nothing of it is left meanwhile.
fn is_held_empty(pool: &PoolResults) -> bool {
    pool.recommendations.iter().any(|line| {
        line.binding == Binding::Approval.name() && line.need > 0.0 && !line.available.is_positive()
    })
}

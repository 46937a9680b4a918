//! Whether an item earns its place in the range.

use crate::classify::Settings;
use crate::domain::classes::Rationalisation;

/// What the last months say about one item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Performance {
    /// Net revenue a month, currency units.
    pub revenue_per_month: f64,
    /// Margin as a share of price; `None` when the cost or price is unknown, which counts as
    /// healthy.
    pub margin: Option<f64>,
    /// Days since the last sale; infinite when it never sold.
    pub days_since_sale: f64,
    /// Units on hand.
    pub on_hand: i64,
}

/// winner (revenue above 500 a month with a healthy margin), steady (100 to 500, or above with a
/// thin margin), deadstock (below 100 and no movement for 60 days) or watch (below 100 otherwise);
/// the limits are settings.
///
/// ```
/// use orderpoint::classify::Settings;
/// use orderpoint::classify::rationalise::{Performance, rationalisation};
/// use orderpoint::domain::classes::Rationalisation;
///
/// let item =
///     Performance { revenue_per_month: 40.0, margin: None, days_since_sale: 75.0, on_hand: 6 };
/// assert_eq!(rationalisation(&item, &Settings::default()), Rationalisation::Deadstock);
/// ```
#[must_use]
pub fn rationalisation(p: &Performance, settings: &Settings) -> Rationalisation {
    let healthy = p.margin.is_none_or(|m| m >= settings.healthy_margin);
    if p.revenue_per_month > settings.winner_revenue && healthy {
        Rationalisation::Winner
    } else if p.revenue_per_month >= settings.steady_revenue {
        Rationalisation::Steady
    } else if p.days_since_sale >= settings.deadstock_days {
        Rationalisation::Deadstock
    } else {
        Rationalisation::Watch
    }
}

/// No sale for 90 days with stock on hand: discount, bundle or discontinue.
#[must_use]
pub fn take_action(p: &Performance, settings: &Settings) -> bool {
    p.on_hand > 0 && p.days_since_sale >= settings.take_action_days
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(revenue_per_month: f64, days_since_sale: f64) -> Performance {
        Performance { revenue_per_month, margin: Some(0.4), days_since_sale, on_hand: 10 }
    }

    #[test]
    fn b6_winner_steady_deadstock_watch() {
        let s = Settings::default();
        let of = |r, d| rationalisation(&item(r, d), &s);
        assert_eq!(
            [of(500.01, 1.0), of(500.0, 1.0), of(100.0, 1.0)],
            [Rationalisation::Winner, Rationalisation::Steady, Rationalisation::Steady]
        );
        assert_eq!(
            [of(99.0, 60.0), of(99.0, 59.0)],
            [Rationalisation::Deadstock, Rationalisation::Watch]
        );
        assert_eq!(
            rationalisation(&Performance { margin: Some(0.05), ..item(900.0, 1.0) }, &s),
            Rationalisation::Steady
        );
    }

    #[test]
    fn b6_the_90_day_rule_needs_stock() {
        let s = Settings::default();
        assert!(take_action(&item(900.0, 90.0), &s));
        assert!(!take_action(&item(900.0, 89.0), &s));
        assert!(!take_action(&Performance { on_hand: 0, ..item(0.0, 400.0) }, &s));
    }
}

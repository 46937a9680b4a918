//! Filling a container so that everything in it lasts equally long.
//!
//! Room left after the needs goes to the items whose echelons would run out first, up to one common
//! cover: the level of water poured over a floor of steps. Oracle: `network.md`, example 12.
//!
//! ```
//! use orderpoint::math::cover::{Covered, top_up};
//!
//! let items = [(1000.0, 20.0), (260.0, 4.0), (60.0, 1.0)]
//!     .map(|(position, per_day)| Covered { position, per_day });
//! let filled = top_up(&items, 300.0);
//! assert!((filled.days - 64.762).abs() < 1e-3);
//! let whole: Vec<f64> = filled.units.iter().map(|units| units.round()).collect();
//! assert_eq!(whole, [295.0, 0.0, 5.0]);
//! ```

/// One item, over its network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Covered {
    /// Echelon position after its need, units.
    pub position: f64,
    /// Demand of the network, units a day.
    pub per_day: f64,
}

impl Covered {
    fn days(&self) -> f64 {
        if self.per_day > 0.0 { self.position / self.per_day } else { f64::INFINITY }
    }
}

/// What fills the room.
#[derive(Debug, Clone, PartialEq)]
pub struct Filled {
    /// Common cover of all that got something, days.
    pub days: f64,
    /// More of each, units.
    pub units: Vec<f64>,
}

/// Shares `room` units out so that those who get something last equally long, and nobody else
/// less.
#[must_use]
pub fn top_up(items: &[Covered], room: f64) -> Filled {
    let mut order: Vec<usize> = (0..items.len()).filter(|&i| items[i].per_day > 0.0).collect();
    order.sort_by(|&a, &b| items[a].days().total_cmp(&items[b].days()).then(a.cmp(&b)));
    let mut days = 0.0;
    let mut position = 0.0;
    let mut per_day = 0.0;
    for (n, &i) in order.iter().enumerate() {
        position += items[i].position;
        per_day += items[i].per_day;
        days = (position + room.max(0.0)) / per_day;
        // The next one already lasts longer than all before it would.
        if order.get(n + 1).is_none_or(|&next| items[next].days() >= days) {
            break;
        }
    }
    let units = items.iter().map(|item| (days * item.per_day - item.position).max(0.0)).collect();
    Filled { days, units }
}

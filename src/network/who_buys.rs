//! Who should buy: each place from the supplier, or the warehouse for all of them?
//!
//! Both paths by what a year without the goods themselves costs: orders, lines, handling, and
//! carrying half of what is bought or sent at a time. A supplier's minimum is met once by the pool,
//! or by each place. Where one place decides for itself it pays its part of the warehouse's orders,
//! by what it sells ([`of_place`]). Oracle: `network.md`, example 14.
//!
//! ```
//! use orderpoint::network::who_buys::{Buying, Feeding, Receiver, compare};
//!
//! let shops = [Receiver { per_year: 365.0, carrying_rate: 0.40, lot: 7.0 }; 3];
//! let supplier = Buying { price: 10.0, minimum: 120.0, order_cost: 20.0 };
//! let warehouse = Feeding { carrying_rate: 0.25, cost_per_line: 0.15, cost_per_unit: 0.10 };
//! let paths = compare(&shops, supplier, warehouse);
//! assert!((paths.direct - 902.50).abs() < 5e-3 && (paths.through - 507.46).abs() < 5e-3);
//! assert!((paths.break_even_per_unit() - 0.4608).abs() < 1e-4);
//! ```

/// A place that sells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Receiver {
    /// Units a year.
    pub per_year: f64,
    /// Share of the price that carrying costs a year.
    pub carrying_rate: f64,
    /// Units that the warehouse sends at a time.
    pub lot: f64,
}

/// A supplier's terms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Buying {
    /// Of a unit.
    pub price: f64,
    /// Units of an order at least.
    pub minimum: f64,
    /// Cost of an order.
    pub order_cost: f64,
}

/// What going through a warehouse costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Feeding {
    /// Share of the price that carrying there costs a year.
    pub carrying_rate: f64,
    /// A line sent.
    pub cost_per_line: f64,
    /// A unit sent.
    pub cost_per_unit: f64,
}

/// Both paths, currency a year without the goods.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paths {
    /// Each place buys.
    pub direct: f64,
    /// The warehouse buys.
    pub through: f64,
    /// Units a year.
    pub per_year: f64,
    /// Handling of a unit that `through` counts.
    pub cost_per_unit: f64,
}

impl Paths {
    /// Handling of a unit from which on each place should buy.
    #[must_use]
    pub fn break_even_per_unit(&self) -> f64 {
        self.cost_per_unit + (self.direct - self.through) / self.per_year.max(f64::MIN_POSITIVE)
    }

    /// Whether the warehouse should buy.
    #[must_use]
    pub fn is_through(&self) -> bool {
        self.through <= self.direct
    }
}

/// What a year costs either way.
#[must_use]
pub fn compare(receivers: &[Receiver], supplier: Buying, warehouse: Feeding) -> Paths {
    let per_year: f64 = receivers.iter().map(|r| r.per_year).sum();
    let mut direct = 0.0;
    let mut through = ordering(per_year, warehouse.carrying_rate, supplier);
    for receiver in receivers {
        direct += ordering(receiver.per_year, receiver.carrying_rate, supplier);
        through += receiving(receiver, supplier.price, warehouse);
    }
    Paths { direct, through, per_year, cost_per_unit: warehouse.cost_per_unit }
}

/// One place with both ways open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BothWays {
    /// The place.
    pub place: Receiver,
    /// Units a year of all that the warehouse buys for, this place among them.
    pub pool_per_year: f64,
    /// Landed at the place.
    pub direct: Buying,
    /// Landed at the warehouse.
    pub pooled: Buying,
    /// From there on.
    pub feeding: Feeding,
}

/// What a year costs one place either way, the goods included; of the warehouse's orders and of
/// what it carries for them the place pays the part that it sells.
///
/// ```
/// use orderpoint::network::who_buys::{BothWays, Buying, Feeding, Receiver, compare, of_place};
///
/// // Three places alike: each pays a third of what all three would.
/// let place = Receiver { per_year: 365.0, carrying_rate: 0.40, lot: 7.0 };
/// let supplier = Buying { price: 10.0, minimum: 120.0, order_cost: 20.0 };
/// let feeding = Feeding { carrying_rate: 0.25, cost_per_line: 0.15, cost_per_unit: 0.10 };
/// let pool_per_year = 3.0 * 365.0;
/// let one =
///     of_place(&BothWays { place, pool_per_year, direct: supplier, pooled: supplier, feeding });
/// let all = compare(&[place; 3], supplier, feeding);
/// assert!((3.0 * (one.direct - 3650.0) - all.direct).abs() < 1e-9);
/// assert!((3.0 * (one.through - 3650.0) - all.through).abs() < 1e-9);
/// ```
#[must_use]
pub fn of_place(both: &BothWays) -> Paths {
    let BothWays { place, pool_per_year, direct, pooled, feeding } = *both;
    let bought_for_all = ordering(pool_per_year, feeding.carrying_rate, pooled);
    // It bears its share of the pooled orders, by what it sells of them.
    let part = place.per_year / pool_per_year.max(place.per_year).max(f64::MIN_POSITIVE);
    let through = place.per_year * pooled.price
        + part * bought_for_all
        + receiving(&place, pooled.price, feeding);
    Paths {
        direct: place.per_year * direct.price
            + ordering(place.per_year, place.carrying_rate, direct),
        through,
        per_year: place.per_year,
        cost_per_unit: feeding.cost_per_unit,
    }
}

/// A year's orders of `per_year` units, and carrying half an order.
fn ordering(per_year: f64, carrying_rate: f64, terms: Buying) -> f64 {
    let lot = terms.minimum.max(1.0);
    // A lot that sells off evenly is half there on average.
    lot / 2.0 * terms.price * carrying_rate + per_year / lot * terms.order_cost
}

/// A year's lines to a place, and carrying half of one there.
fn receiving(place: &Receiver, price: f64, feeding: Feeding) -> f64 {
    let lot = place.lot.max(1.0);
    lot / 2.0 * price * place.carrying_rate
        + place.per_year / lot * feeding.cost_per_line
        + place.per_year * feeding.cost_per_unit
}

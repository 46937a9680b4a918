//! Who should buy: each place from the supplier, or the warehouse for all of them?
//!
//! Both paths by what a year without the goods themselves costs: orders, lines, handling, and
//! carrying half of what is bought or sent at a time. A supplier's minimum is met once by the pool,
//! or by each place. Oracle: `network.md`, example 14.
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
    let Buying { price, minimum, order_cost } = supplier;
    let per_year: f64 = receivers.iter().map(|r| r.per_year).sum();
    let mut direct = 0.0;
    let pooled = minimum.max(1.0);
    let mut through =
        pooled / 2.0 * price * warehouse.carrying_rate + per_year / pooled * order_cost;
    for receiver in receivers {
        let lot = receiver.lot.max(1.0);
        direct += pooled / 2.0 * price * receiver.carrying_rate;
        direct += receiver.per_year / pooled * order_cost;
        through += lot / 2.0 * price * receiver.carrying_rate;
        through += receiver.per_year / lot * warehouse.cost_per_line;
        through += receiver.per_year * warehouse.cost_per_unit;
    }
    Paths { direct, through, per_year, cost_per_unit: warehouse.cost_per_unit }
}

//! What moved since the last published run: typed values and causes, which tables and pages write
//! out.

use crate::domain::classes::words;
use crate::domain::exceptions::Subject;
use crate::domain::units::{Money, Units};
use std::fmt;

/// One line of what changed since the last published run: a row of `changes.parquet`.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// A pool, or the run as a whole.
    pub about: Subject,
    /// Which field moved.
    pub field: ChangedField,
    /// Last run's value.
    pub before: Value,
    /// This run's value.
    pub after: Value,
    /// Why it moved.
    pub cause: Cause,
    /// What it adds to the value of the orders: of a quantity alone.
    pub value: Option<Money>,
}

/// A level (safety stock, reorder point, order-up-to) that moves by no more than a unit or this
/// share follows every day's sales: of 229 changes of the sample from one night to the next 128
/// are such.
const SAME_LEVEL: f64 = 0.02;

impl Change {
    /// Whether a planner would pass it over: tables tell it, pages do not.
    #[must_use]
    pub fn is_small(&self) -> bool {
        let is_level = match self.field {
            ChangedField::SafetyStock | ChangedField::ReorderPoint | ChangedField::OrderUpTo => {
                true
            }
            ChangedField::Abc
            | ChangedField::Configuration
            | ChangedField::LeadTimeMean
            | ChangedField::Learnt
            | ChangedField::Lifecycle
            | ChangedField::Method
            | ChangedField::Pool
            | ChangedField::Program
            | ChangedField::Quantity
            | ChangedField::Rationalisation
            | ChangedField::Status
            | ChangedField::Supplier
            | ChangedField::Table
            | ChangedField::Velocity
            | ChangedField::Xyz => false,
        };
        match (&self.before, &self.after) {
            (Value::Amount(before), Value::Amount(after)) if is_level => {
                let moved = (after - before).abs();
                // Slow movers have levels of a few units: there a unit is the least that can move.
                moved <= (SAME_LEVEL * before.abs().max(after.abs())).max(1.0)
            }
            (_, _) => false,
        }
    }
}

words! {
    /// What can move from one run to the next, in the order of the names.
    ChangedField {
        Abc = "abc",
        /// Digest of the settings.
        Configuration = "configuration",
        /// Calendar days.
        LeadTimeMean = "lead_time_mean",
        /// When seasons, errors and weights were learnt last.
        Learnt = "learnt",
        Lifecycle = "lifecycle",
        /// How safety stock is sized.
        Method = "method",
        OrderUpTo = "order_up_to",
        /// Whether the pool is known at all.
        Pool = "pool",
        /// Version of the program.
        Program = "program",
        /// Units to order.
        Quantity = "quantity",
        Rationalisation = "rationalisation",
        ReorderPoint = "reorder_point",
        SafetyStock = "safety_stock",
        Status = "status",
        Supplier = "supplier",
        /// An input table that is there or not.
        Table = "table",
        Velocity = "velocity",
        Xyz = "xyz",
    }
}

/// A value before or after a change.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Not there, not known.
    Absent,
    /// A class, status or method.
    Name(&'static str),
    /// A supplier, version or table.
    Text(String),
    /// Units, unrounded.
    Amount(f64),
    /// Calendar days.
    Days(f64),
    /// Whole units.
    Units(Units),
}

impl From<&str> for Value {
    /// An empty text is no value.
    fn from(text: &str) -> Self {
        if text.is_empty() { Self::Absent } else { Self::Text(text.to_owned()) }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => Ok(()),
            Self::Name(name) => f.write_str(name),
            Self::Text(text) => f.write_str(text),
            Self::Amount(value) | Self::Days(value) => write!(f, "{value:.1}"),
            Self::Units(units) => units.fmt(f),
        }
    }
}

/// Why something moved.
#[derive(Debug, Clone, PartialEq)]
pub enum Cause {
    /// Another version of the program.
    Code,
    /// Other input.
    Data,
    /// Other settings, or another choice of our own.
    Policy,
    /// Seasons, errors and weights were learnt anew.
    Refit,
    /// A pool that the last run did not know.
    New,
    /// A pool that this run does not know.
    Gone,
    /// Another rate of demand; by how many percent, where there was demand before.
    Demand(Option<f64>),
    /// Another lead time, and where it comes from.
    LeadTime(String),
    /// Several causes at a time, in units.
    Several(UnitCauses),
}

impl Cause {
    /// The largest cause, in a word or two: of the rules of an order the one that binds.
    #[must_use]
    pub fn main(&self) -> &str {
        match self {
            Self::Code => "code",
            Self::Data => "data",
            Self::Policy => "policy",
            Self::Refit => "refit",
            Self::New => "new",
            Self::Gone => "gone",
            Self::Demand(_) => "demand",
            Self::LeadTime(_) => "lead time",
            Self::Several(causes) => causes.main(),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code | Self::Data | Self::Policy | Self::Demand(None) => f.write_str(self.main()),
            Self::Refit => f.write_str("refit: seasons, errors and weights are learnt anew"),
            Self::New => f.write_str("new: not in the last run"),
            Self::Gone => f.write_str("gone: no longer in the data"),
            Self::Demand(Some(percent)) => write!(f, "demand {percent:+.0} %"),
            Self::LeadTime(source) => write!(f, "lead time: {source}"),
            Self::Several(causes) => causes.fmt(f),
        }
    }
}

/// Units of a change by cause; they add up to the change.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UnitCauses {
    /// Another expected demand, or more or less of its error.
    pub demand: f64,
    /// Another lead time or review period.
    pub lead_time: f64,
    /// Another service target, method or override.
    pub policy: f64,
    /// Another lot on top of the reorder point.
    pub lot: f64,
    /// Less or more in stock.
    pub stock: f64,
    /// Less or more on its way, what was approved included.
    pub on_order: f64,
    /// The reorder point was reached, or is no longer: all that is needed, or none of it.
    pub reorder_point: f64,
    /// Whether it was reached, not left.
    pub is_reached: bool,
    /// What a person decided.
    pub decision: f64,
    /// Minimum, pack, budget, free freight.
    pub order_rules: f64,
    /// Which of them binds; may be empty.
    pub rule: String,
    /// What explains demand and stock.
    pub sold: Option<SoldSince>,
}

/// What was sold since the last run, beside what it expected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SoldSince {
    /// Units.
    pub units: f64,
    /// Units.
    pub expected: f64,
}

impl SoldSince {
    /// Whether it differs from what was expected by more than a planner would pass over: two units,
    /// and the root of a count, which is its standard deviation where buyers come one by one.
    fn is_remarkable(self) -> bool {
        // One standard deviation of a count is the root of its mean (Poisson); of slow movers a
        // unit or two is chance.
        (self.units - self.expected).abs() > self.expected.sqrt().max(2.0)
    }
}

/// What no other cause explains.
const ORDER_RULES: &str = "order rules";

/// What one cause adds to a change.
struct Part {
    name: &'static str,
    units: f64,
}

impl UnitCauses {
    /// All causes together.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.parts().iter().map(|part| part.units).sum()
    }

    fn parts(&self) -> [Part; 9] {
        [
            Part { name: "demand", units: self.demand },
            Part { name: "lead time", units: self.lead_time },
            Part { name: "policy", units: self.policy },
            Part { name: "lot", units: self.lot },
            Part { name: "stock", units: self.stock },
            Part { name: "on order", units: self.on_order },
            Part { name: "reorder point", units: self.reorder_point },
            Part { name: "decision", units: self.decision },
            Part { name: ORDER_RULES, units: self.order_rules },
        ]
    }

    /// Largest first, but what only rounds the others behind them; less than half a unit is no
    /// cause.
    fn ranked(&self) -> Vec<Part> {
        let mut parts: Vec<Part> =
            // Half a unit is what whole units can show; less would be told as nothing.
            self.parts().into_iter().filter(|part| part.units.abs() >= 0.5).collect();
        parts.sort_by(|a, b| {
            (self.rounds(a).cmp(&self.rounds(b))).then(b.units.abs().total_cmp(&a.units.abs()))
        });
        parts
    }

    /// Whether `part` only brings to whole lots what something else has moved: who asks why wants
    /// to know what, not that packs have twelve.
    fn rounds(&self, part: &Part) -> bool {
        const LOTS: [&str; 2] = ["pack", "minimum"];
        part.name == ORDER_RULES && LOTS.contains(&self.rule.as_str())
    }

    fn main(&self) -> &str {
        match self.ranked().first() {
            None => ORDER_RULES,
            Some(part) if part.name == ORDER_RULES && !self.rule.is_empty() => &self.rule,
            Some(part) => part.name,
        }
    }

    /// What a cause is called in a sentence.
    fn words(&self, part: &Part) -> String {
        match part.name {
            "reorder point" if self.is_reached => "reorder point reached".to_owned(),
            "reorder point" => "above the reorder point again".to_owned(),
            ORDER_RULES if !self.rule.is_empty() => self.rule.replace('-', " "),
            name => name.to_owned(),
        }
    }
}

impl fmt::Display for UnitCauses {
    /// `lead time +120, demand -10`, and the sales where they explain it; `less than a unit each`
    /// where nothing moved by half a unit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.ranked();
        if parts.is_empty() {
            return f.write_str("less than a unit each");
        }
        for (i, part) in parts.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{} {:+.0}", self.words(part), part.units)?;
        }
        if let Some(sold) = self.sold.filter(|sold| sold.is_remarkable()) {
            write!(f, " (sold {:.0} since, {:.0} expected)", sold.units, sold.expected)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_moves_by_a_unit_or_two_percent_is_small_and_an_order_never_is() {
        let change = |field, before: Value, after: Value| Change {
            about: Subject::Run("run"),
            field,
            before,
            after,
            cause: Cause::Policy,
            value: None,
        };
        let level = |before, after| {
            change(ChangedField::OrderUpTo, Value::Amount(before), Value::Amount(after)).is_small()
        };
        assert!(level(20.0, 21.0) && level(500.0, 509.0));
        assert!(!level(20.0, 21.5) && !level(500.0, 520.0));
        let (four, five) = (Value::Units(Units(4)), Value::Units(Units(5)));
        assert!(!change(ChangedField::Quantity, four, five).is_small());
    }

    #[test]
    fn the_main_cause_is_the_largest() {
        let both = UnitCauses { demand: -10.0, lead_time: 120.0, ..UnitCauses::default() };
        let little = UnitCauses { stock: 0.4, ..UnitCauses::default() };
        let rounded = UnitCauses {
            demand: 12.0,
            order_rules: 242.0,
            rule: "minimum".to_owned(),
            ..UnitCauses::default()
        };
        let reached = UnitCauses {
            demand: 2.0,
            reorder_point: 38.0,
            is_reached: true,
            order_rules: 8.0,
            rule: "pack".to_owned(),
            sold: Some(SoldSince { units: 9.0, expected: 3.0 }),
            ..UnitCauses::default()
        };
        for (cause, main, text) in [
            (Cause::Several(both), "lead time", "lead time +120, demand -10"),
            (Cause::Several(rounded), "demand", "demand +12, minimum +242"),
            (Cause::Several(little), "order rules", "less than a unit each"),
            (
                Cause::Several(reached),
                "reorder point",
                "reorder point reached +38, demand +2, pack +8 (sold 9 since, 3 expected)",
            ),
            (Cause::Demand(Some(-12.0)), "demand", "demand -12 %"),
            (Cause::New, "new", "new: not in the last run"),
            (Cause::LeadTime("17 receipts".into()), "lead time", "lead time: 17 receipts"),
        ] {
            assert_eq!((cause.main(), cause.to_string().as_str()), (main, text));
        }
    }
}

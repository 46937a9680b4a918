//! The lines that go to one supplier and ship-to, and what the supplier asks of them together.

use crate::domain::exceptions::Subject;
use crate::domain::inputs::Supplier;
use crate::domain::units::{LocationId, Money, SupplierId};
use crate::purchase::landed_cost::{asked, exchange_rate};
use crate::purchase::line::Line;
use crate::purchase::market::Market;

/// What a supplier asks of a whole order to one location.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SupplierTerms<'a> {
    /// Its row, amounts in its own currency: [`SupplierTerms::money`] converts them.
    pub supplier: &'a Supplier,
    /// Its name in the tables.
    pub name: &'a str,
    /// Ship to.
    pub location: &'a str,
    /// What was approved of the same order on this morning, reporting currency: it counts towards
    /// what the supplier asks of the whole.
    pub approved: Money,
    /// Reporting currency for one unit of the supplier's; `None` where that is not known.
    rate: Option<f64>,
}

impl<'a> SupplierTerms<'a> {
    pub(crate) fn of(supplier: SupplierId, location: LocationId, market: &Market<'a>) -> Self {
        let row = &market.suppliers[supplier.index()];
        Self {
            supplier: row,
            name: &market.names.suppliers[supplier.index()],
            location: &market.names.locations[location.index()],
            approved: market.approved.get(&(supplier, location)).copied().unwrap_or_default(),
            rate: exchange_rate(&row.currency, market.settings),
        }
    }

    /// The order, as exceptions name it.
    pub(crate) fn subject(&self) -> Subject {
        Subject::Order { supplier: self.name.to_owned(), location: self.location.to_owned() }
    }

    /// An amount of the supplier's row in the reporting currency; `None` where it asks for nothing.
    pub(crate) fn money(&self, amount: Option<Money>) -> Option<Money> {
        asked(amount, self.rate)
    }
}

/// The lines of one order while rules shape it, those without a quantity among them: a rule may
/// raise them.
#[derive(Debug)]
pub(crate) struct SupplierOrder<'lines, 'a> {
    /// What the supplier asks for.
    pub terms: SupplierTerms<'a>,
    /// In pool order.
    pub lines: Vec<&'lines mut Line<'a>>,
}

impl SupplierOrder<'_, '_> {
    /// Purchase value of all lines, and of what is approved already.
    pub(crate) fn value(&self) -> Money {
        let lines: Money = self.lines.iter().map(|l| l.value()).sum();
        lines + self.terms.approved
    }

    /// Whether nothing is ordered.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.iter().all(|l| l.quantity.is_zero())
    }
}

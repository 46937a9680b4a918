//! What a rule can do: change one line, change a whole order, change all orders of the run, and say
//! what an order still breaks.

use crate::domain::exceptions::Exception;
use crate::domain::outcome::DraftOrder;
use crate::purchase::line::Line;
use crate::purchase::market::Market;
use crate::purchase::supplier_order::{SupplierOrder, SupplierTerms};

/// A rule that looks at one line alone.
pub(crate) trait LineRule: Sync {
    /// Changes the quantity where the rule asks for it, with its step and sentence.
    fn apply(&self, line: &mut Line, market: &Market);
}

/// A rule that weighs lines against each other; it implements the hooks that it needs.
pub(crate) trait OrderRule: Sync {
    /// Changes the lines of one order, of which at least one has a quantity; hands back what could
    /// not be kept.
    fn shape_order(&self, _order: &mut SupplierOrder, _market: &Market) -> Vec<Exception> {
        Vec::new()
    }

    /// Changes the lines of all orders, after each order has been shaped; hands back what could not
    /// be kept.
    fn shape_run(&self, _lines: &mut [Line], _market: &Market) -> Vec<Exception> {
        Vec::new()
    }

    /// What a finished order still breaks, the budget's cuts included.
    fn unmet(&self, _order: &DraftOrder, _terms: &SupplierTerms) -> Option<Exception> {
        None
    }
}

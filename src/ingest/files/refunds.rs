//! Which units of an order came back, where its export says how much money was paid back.
//!
//! An amount that is that of the whole order, or of all its goods, is all units. One that is so
//! many times the price of one line, and of no other item, is so many of its units. Of any other
//! nothing is known: it counts as sold, and is told with its money.

/// Half a cent: amounts are rounded to cents.
const SAME: f64 = 0.005_001;

/// What an order says of its money; NaN where it says nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct OrderMoney {
    pub(crate) refunded: f64,
    pub(crate) total: f64,
    pub(crate) subtotal: f64,
    pub(crate) shipping: f64,
    pub(crate) taxes: f64,
}

/// A line of an order that was refunded in part.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RefundLine {
    /// The row of the chunk it is read into.
    pub(crate) row: usize,
    /// Number of its line in the file.
    pub(crate) line: u64,
    pub(crate) sku: String,
    pub(crate) units: f64,
    pub(crate) price: f64,
    /// Of the whole line.
    pub(crate) discount: f64,
}

/// What is known of a refund.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Refund {
    /// All units of all lines.
    Everything,
    /// So many units of the line at this position.
    Units {
        at: usize,
        units: f64,
    },
    Unknown,
}

fn is_same(a: f64, b: f64) -> bool {
    (a - b).abs() < SAME
}

impl OrderMoney {
    /// Which of `lines` came back.
    pub(crate) fn refund(self, lines: &[RefundLine]) -> Refund {
        let Self { refunded, total, subtotal, shipping, taxes } = self;
        if refunded.is_nan() || refunded <= 0.0 {
            return Refund::Unknown;
        }
        // Whoever sends all goods back may have paid for the way himself.
        let of_goods = [total, subtotal, subtotal + taxes, total - shipping];
        if refunded >= total - SAME || of_goods.into_iter().any(|all| is_same(refunded, all)) {
            return Refund::Everything;
        }
        // Prices with the tax in them, or without: then the refund has it on top.
        let with_tax = if taxes > 0.0 && subtotal > 0.0 { 1.0 + taxes / subtotal } else { 1.0 };
        let mut found: Option<(usize, f64)> = None;
        for (at, line) in lines.iter().enumerate() {
            let less = line.price - line.discount.abs() / line.units;
            for price in [line.price, less, line.price * with_tax, less * with_tax] {
                let units = (refunded / price).round();
                let fits = price > SAME
                    && (1.0..=line.units).contains(&units)
                    && is_same(units * price, refunded);
                match found {
                    _ if !fits => {}
                    None => found = Some((at, units)),
                    Some((known, same)) if lines[known].sku == line.sku && same == units => {}
                    // Two mugs at 5 or one kettle at 10.
                    Some(_) => return Refund::Unknown,
                }
            }
        }
        found.map_or(Refund::Unknown, |(at, units)| Refund::Units { at, units })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(sku: &str, units: f64, price: f64, discount: f64) -> RefundLine {
        RefundLine { row: 0, line: 2, sku: sku.to_owned(), units, price, discount }
    }

    #[test]
    fn an_amount_that_only_one_item_explains_is_units_of_it() {
        let money = |refunded: f64| OrderMoney {
            refunded,
            total: 50.0,
            subtotal: 45.0,
            shipping: 5.0,
            taxes: 0.0,
        };
        let lines = [line("MUG", 3.0, 10.0, 0.0), line("CUP", 3.0, 5.0, 0.0)];
        for (refunded, expected) in [
            (50.0, Refund::Everything),
            (45.0, Refund::Everything),
            (20.0, Refund::Units { at: 0, units: 2.0 }),
            (30.0, Refund::Units { at: 0, units: 3.0 }),
            (5.0, Refund::Units { at: 1, units: 1.0 }),
            (15.0, Refund::Units { at: 1, units: 3.0 }),
            (7.5, Refund::Unknown),
            (0.0, Refund::Unknown),
            // One mug or two cups.
            (10.0, Refund::Unknown),
        ] {
            assert_eq!(money(refunded).refund(&lines), expected, "{refunded}");
        }
        let twice = [line("MUG", 1.0, 10.0, 0.0), line("MUG", 1.0, 10.0, 0.0)];
        assert_eq!(money(10.0).refund(&twice), Refund::Units { at: 0, units: 1.0 });
        let reduced = [line("MUG", 2.0, 10.0, 3.0)];
        assert_eq!(money(8.5).refund(&reduced), Refund::Units { at: 0, units: 1.0 });
        let taxed = OrderMoney { total: 121.0, subtotal: 100.0, taxes: 21.0, ..money(12.1) };
        let ten = [line("MUG", 10.0, 10.0, 0.0)];
        assert_eq!(taxed.refund(&ten), Refund::Units { at: 0, units: 1.0 });
        assert_eq!(OrderMoney { refunded: 100.0, ..taxed }.refund(&ten), Refund::Everything);
    }
}

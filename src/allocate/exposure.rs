//! Listings against stock: what the channels show together that is not there.

use crate::domain::classes::FindingKind;
use crate::domain::inputs::Listing;
use crate::domain::outcome::ChannelFinding;
use crate::domain::units::{Money, SkuId, Units};

/// What all channels together show of one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exposure {
    /// Units listed in all channels together.
    pub listed: Units,
    /// Of these, units that are not there: `max(0, listed - pool)`.
    pub exposed: Units,
}

/// Of listings of one item against its `pool`.
///
/// ```
/// use orderpoint::allocate::exposure::{Exposure, exposure};
/// use orderpoint::domain::units::Units;
///
/// let twice = exposure([Units(10), Units(10)], Units(10));
/// assert_eq!(twice, Exposure { listed: Units(20), exposed: Units(10) });
/// ```
#[must_use]
pub fn exposure(listed: impl IntoIterator<Item = Units>, pool: Units) -> Exposure {
    // A sync tool may write a negative number for "backordered": it shows nothing.
    let listed: Units = listed.into_iter().map(Units::or_zero).sum();
    Exposure { listed, exposed: (listed - pool.or_zero()).or_zero() }
}

/// One finding an item that is listed beyond its stock. `listings` are sorted by item; `available`
/// is the stock of all locations (`None` = unknown: nothing can be said), `price` what a cancelled
/// sale costs.
#[must_use]
pub fn exposures(
    listings: &[Listing],
    available: impl Fn(SkuId) -> Option<Units>,
    price: impl Fn(SkuId) -> Money,
) -> Vec<ChannelFinding> {
    let mut findings = Vec::new();
    for rows in listings.chunk_by(|a, b| a.sku == b.sku) {
        let sku = rows[0].sku;
        let Some(pool) = available(sku) else { continue };
        let Exposure { listed, exposed } = exposure(rows.iter().map(|r| r.listed), pool);
        if exposed.is_positive() {
            findings.push(ChannelFinding {
                sku,
                location: None,
                channel: None,
                kind: FindingKind::Exposure,
                units: exposed.as_f64(),
                value: price(sku).times(exposed),
                reason: format!(
                    "{listed} listed in {} channels, {pool} available: \
                     {exposed} could be sold that are not there",
                    rows.len()
                ),
            });
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::units::ChannelId;

    #[test]
    fn a7_exposure_is_what_is_listed_beyond_the_pool() {
        let of = |listed: &[i64], pool| exposure(listed.iter().map(|&l| Units(l)), Units(pool));
        let expected =
            |listed, exposed| Exposure { listed: Units(listed), exposed: Units(exposed) };
        assert_eq!(of(&[10, 10], 10), expected(20, 10));
        assert_eq!(of(&[5, 5, 5], 5), expected(15, 10));
        assert_eq!(of(&[3], 5), expected(3, 0));
        assert_eq!(of(&[3, -4], -5), expected(3, 3));
    }

    #[test]
    fn a7_only_items_with_known_stock_and_exposure_are_found() {
        let listing = |sku, channel, listed| Listing {
            sku: SkuId(sku),
            channel: ChannelId(channel),
            listed: Units(listed),
        };
        let listings = [
            listing(0, 0, 5),
            listing(0, 1, 5),
            listing(0, 2, 5),
            listing(1, 0, 9),
            listing(2, 0, 9),
        ];
        let stock = [Some(Units(5)), Some(Units(9)), None];
        let found = exposures(&listings, |s| stock[s.index()], |_| Money::from_f64(2.5));
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].sku, found[0].units, found[0].value),
            (SkuId(0), 10.0, Money::from_f64(25.0))
        );
    }
}

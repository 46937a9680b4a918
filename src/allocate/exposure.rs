//! Listings against stock: what the channels show together that is not there.

use crate::domain::classes::FindingKind;
use crate::domain::inputs::Listing;
use crate::domain::outcome::ChannelFinding;
use crate::domain::units::{Money, SkuId, Units};

/// Units listed in all channels together, and the exposure `max(0, listed - pool)`.
///
/// ```
/// use orderpoint::allocate::exposure::exposure;
/// use orderpoint::units::Units;
/// assert_eq!(exposure([Units(10), Units(10)], Units(10)), (Units(20), Units(10)));
/// ```
#[must_use]
pub fn exposure(listed: impl IntoIterator<Item = Units>, pool: Units) -> (Units, Units) {
    let listed: Units = listed.into_iter().map(|l| l.max(Units(0))).sum();
    (listed, (listed - pool.max(Units(0))).max(Units(0)))
}

/// One finding an item that is listed beyond its stock. `listings` are sorted by item; `available` is the stock of all locations
/// (`None` = unknown: nothing can be said), `price` what a cancelled sale costs.
#[must_use]
pub fn exposures(
    listings: &[Listing],
    available: impl Fn(SkuId) -> Option<Units>,
    price: impl Fn(SkuId) -> Money,
) -> Vec<ChannelFinding> {
    let items = listings.chunk_by(|a, b| a.sku == b.sku);
    let findings = items.filter_map(|rows| {
        let sku = rows[0].sku;
        let pool = available(sku)?;
        let (listed, exposed) = exposure(rows.iter().map(|r| r.listed), pool);
        let reason =
            format!("{listed} listed in {} channels, {pool} available: {exposed} could be sold that are not there", rows.len());
        (exposed > Units(0)).then(|| ChannelFinding {
            sku,
            location: None,
            channel: None,
            kind: FindingKind::Exposure,
            units: exposed.0 as f64,
            value: price(sku).times(exposed),
            reason,
        })
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::units::ChannelId;

    #[test]
    fn a7_exposure_is_what_is_listed_beyond_the_pool() {
        assert_eq!(exposure([Units(10), Units(10)], Units(10)), (Units(20), Units(10)));
        assert_eq!(exposure([Units(5); 3], Units(5)), (Units(15), Units(10)));
        assert_eq!(exposure([Units(3)], Units(5)), (Units(3), Units(0)));
        assert_eq!(exposure([Units(3), Units(-4)], Units(-5)), (Units(3), Units(3)));
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

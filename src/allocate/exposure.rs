//! Listings against stock: what the channels show together that is not there.

use crate::domain::classes::FindingKind;
use crate::domain::inputs::Listing;
use crate::domain::outcome::ChannelFinding;
use crate::domain::units::{Money, SkuId, Units};
use crate::math::distributions::Demand;

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

/// What a listing beyond the stock may cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Selling {
    /// What a cancelled sale costs.
    pub price: Money,
    /// Units that all channels are expected to sell until the next sync.
    pub until_sync: f64,
}

/// Units asked for beyond `units` until the next sync.
fn short_of(demand: &Demand, units: Units) -> f64 {
    demand.expected_shortfall(units.or_zero().as_f64())
}

/// One finding an item that is listed beyond its stock. `listings` are sorted by item; `available`
/// is the stock of all locations (`None` = unknown: nothing can be said).
///
/// Buyers come one by one until the next sync (Poisson): the loss is the price of what they buy
/// beyond the stock, and no more than is listed.
#[must_use]
pub fn exposures(
    listings: &[Listing],
    available: impl Fn(SkuId) -> Option<Units>,
    selling: impl Fn(SkuId) -> Selling,
) -> Vec<ChannelFinding> {
    let mut findings = Vec::new();
    for rows in listings.chunk_by(|a, b| a.sku == b.sku) {
        let sku = rows[0].sku;
        let Some(pool) = available(sku) else { continue };
        let Exposure { listed, exposed } = exposure(rows.iter().map(|r| r.listed), pool);
        if exposed.is_positive() {
            let Selling { price, until_sync } = selling(sku);
            // The variance of a Poisson count is its mean.
            let demand = Demand::count(until_sync, until_sync.sqrt());
            // What sells beyond the listings as well is short, but nobody was promised it.
            let oversold = short_of(&demand, pool) - short_of(&demand, listed);
            findings.push(ChannelFinding {
                sku,
                location: None,
                channel: None,
                kind: FindingKind::Exposure,
                units: exposed.as_f64(),
                value: price.times(exposed),
                expected_loss: Money::from_f64(price.as_f64() * oversold.max(0.0)),
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
        let selling = |_| Selling { price: Money::from_f64(2.5), until_sync: 8.0 };
        let found = exposures(&listings, |s| stock[s.index()], selling);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].sku, found[0].units, found[0].value),
            (SkuId(0), 10.0, Money::from_f64(25.0))
        );
        // Of eight buyers three and a bit find nothing, at 2.50 each; of half a buyer none does.
        let loss = found[0].expected_loss.as_f64();
        assert!(loss > 2.5 * 3.0 && loss < 2.5 * 3.2, "{loss}");
        let slow = |_| Selling { price: Money::from_f64(2.5), until_sync: 0.5 };
        let found = exposures(&listings, |s| stock[s.index()], slow);
        assert!(found[0].expected_loss.as_f64() < 0.01, "{:?}", found[0].expected_loss);
    }
}

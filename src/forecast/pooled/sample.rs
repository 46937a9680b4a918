//! Which pools stand for all? Those whose names hash smallest.
//!
//! Every n-th pool is another sample as soon as one item is added, and on a cluster needs a sort of
//! all of them. The smallest hashes of (item, location) are the same wherever the panel is cut, and
//! from night to night all but those that a new item displaces (bottom-k sampling; Cohen & Kaplan
//! 2007, *Summarizing Data Using Bottom-k Sketches*).

use crate::forecast::Demand;
use crate::forecast::pooled::digest::Digest;

/// Some of the pools of a panel.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    /// The largest hash that is in it, with the place in the order of names among equal ones;
    /// `None` for all pools.
    last: Option<Place>,
    /// Of each pool; empty for all. `[pools]`
    hashes: Vec<u64>,
}

/// Where a pool stands in the order of the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    hash: u64,
    /// Position in the panel, which is in the order of names.
    pool: usize,
}

impl Sample {
    /// At most `size` pools, which do not depend on the others.
    pub(crate) fn new(demand: &Demand<'_>, size: usize) -> Self {
        let pools = demand.panel.pools();
        if pools.len() <= size {
            return Self { last: None, hashes: Vec::new() };
        }
        let mut hashes = Vec::with_capacity(pools.len());
        let mut places = Vec::with_capacity(pools.len());
        for (pool, this) in pools.iter().enumerate() {
            let mut digest = Digest::default();
            digest.text(demand.names.sku(this.sku));
            digest.text(demand.names.location(this.location));
            let hash = spread(digest.value());
            hashes.push(hash);
            places.push(Place { hash, pool });
        }
        let last = size.checked_sub(1).map(|last| *places.select_nth_unstable(last).1);
        Self { last, hashes }
    }

    /// Whether a pool is in it.
    pub(crate) fn holds(&self, pool: usize) -> bool {
        let Some(last) = self.last else { return true };
        Place { hash: self.hashes[pool], pool } <= last
    }
}

/// Mixes a hash until every bit hangs on every other: the finaliser of SplitMix64 (Steele, Lea &
/// Flood 2014).
fn spread(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^ (hash >> 31)
}

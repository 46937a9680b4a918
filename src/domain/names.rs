//! The dictionaries of a run: every item, channel, location and supplier has a code, which is its
//! position among the sorted names.

use crate::domain::units::{ChannelId, LocationId, PoolId, SkuId, SupplierId};
use std::collections::BTreeMap;

/// The dictionaries: names in byte order, so that codes do not depend on the order of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// By [`SkuId`].
    pub skus: Vec<String>,
    /// By [`ChannelId`].
    pub channels: Vec<String>,
    /// By [`LocationId`].
    pub locations: Vec<String>,
    /// By [`SupplierId`].
    pub suppliers: Vec<String>,
    /// Other codes of the items, and the one that is used: what an earlier run or a decision calls
    /// by them is the same item.
    pub other_codes: BTreeMap<String, String>,
    /// What a channel calls an item, by channel and item; an empty channel is all of them.
    pub channel_codes: BTreeMap<String, BTreeMap<String, String>>,
}

impl Names {
    /// The name of an item.
    #[must_use]
    pub fn sku(&self, id: SkuId) -> &str {
        &self.skus[id.index()]
    }

    /// The name of a channel.
    #[must_use]
    pub fn channel(&self, id: ChannelId) -> &str {
        &self.channels[id.index()]
    }

    /// The name of a location.
    #[must_use]
    pub fn location(&self, id: LocationId) -> &str {
        &self.locations[id.index()]
    }

    /// The name of a supplier.
    #[must_use]
    pub fn supplier(&self, id: SupplierId) -> &str {
        &self.suppliers[id.index()]
    }

    /// The item of that name.
    #[must_use]
    pub fn find_sku(&self, name: &str) -> Option<SkuId> {
        position(&self.skus, name).map(SkuId)
    }

    /// The channel of that name.
    #[must_use]
    pub fn find_channel(&self, name: &str) -> Option<ChannelId> {
        position(&self.channels, name).map(ChannelId)
    }

    /// The location of that name.
    #[must_use]
    pub fn find_location(&self, name: &str) -> Option<LocationId> {
        position(&self.locations, name).map(LocationId)
    }

    /// The supplier of that name.
    #[must_use]
    pub fn find_supplier(&self, name: &str) -> Option<SupplierId> {
        position(&self.suppliers, name).map(SupplierId)
    }

    /// The pool of an item and a location by their names, the item's perhaps one that it had on
    /// an earlier day.
    #[must_use]
    pub fn find_pool(&self, sku: &str, location: &str) -> Option<PoolId> {
        let renamed = || self.other_codes.get(sku).and_then(|now| self.find_sku(now));
        let sku = self.find_sku(sku).or_else(renamed)?;
        Some(PoolId { sku, location: self.find_location(location)? })
    }
}

fn position(sorted: &[String], name: &str) -> Option<u32> {
    let at = sorted.binary_search_by(|known| known.as_str().cmp(name)).ok()?;
    u32::try_from(at).ok()
}

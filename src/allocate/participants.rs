//! Which channels take part in a pool.

use crate::domain::inputs::{Channel, ChannelItem, Inputs};
use crate::domain::panel::{Panel, Pool};
use crate::domain::units::{ChannelId, LocationId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// From which locations each channel sells: its own where the master data name one, otherwise
/// wherever it has sales of any item; one without any sales that holds a reserve, from everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    sells: BTreeSet<(LocationId, ChannelId)>,
}

impl Presence {
    /// Of all channels.
    #[must_use]
    pub fn of(inputs: &Inputs) -> Self {
        Self::from_parts(&inputs.panel, &inputs.channels, &inputs.channel_items)
    }

    /// Of the channels in `channels`, by [`ChannelId`], with sales in `panel`.
    #[must_use]
    pub fn from_parts(panel: &Panel, channels: &[Channel], items: &[ChannelItem]) -> Self {
        let mut sells = BTreeSet::new();
        for key in (0..panel.len()).map(|i| panel.key(i)) {
            // A channel that the master data tie to one location sells from there alone, whatever
            // its history says.
            if channels.get(key.channel.index()).is_none_or(|row| row.location.is_none()) {
                sells.insert((key.location, key.channel));
            }
        }
        let sold: BTreeSet<ChannelId> = sells.iter().map(|&(_, channel)| channel).collect();
        let reserving: BTreeSet<ChannelId> =
            items.iter().filter(|item| item.reserve.is_some()).map(|item| item.channel).collect();
        let locations: BTreeSet<LocationId> = panel.pools().iter().map(|p| p.location).collect();
        for (code, row) in channels.iter().enumerate() {
            let channel = ChannelId(code as u32);
            if let Some(location) = row.location {
                sells.insert((location, channel));
            } else if (row.reserve.is_some() || reserving.contains(&channel))
                && !sold.contains(&channel)
            {
                // Units promised to a wholesale customer whose first order is still to come.
                sells.extend(locations.iter().map(|&location| (location, channel)));
            }
        }
        Self { sells }
    }

    /// Channels of `pool`, ascending: those with sales of the item here, and those that `also` says
    /// list it or hold a reserve. An item that never sold here takes part in every channel of the
    /// location. Channels of other locations get nothing.
    #[must_use]
    pub fn channels(
        &self,
        pool: &Pool,
        panel: &Panel,
        also: impl Fn(ChannelId) -> bool,
    ) -> Vec<ChannelId> {
        let first = (pool.location, ChannelId(0));
        let last = (pool.location, ChannelId(u32::MAX));
        let mut channels = Vec::new();
        for &(_, channel) in self.sells.range(first..=last) {
            let has_sold = pool.series.clone().any(|i| panel.key(i).channel == channel);
            // An item that has never sold here is offered wherever the location sells.
            if pool.series.is_empty() || has_sold || also(channel) {
                channels.push(channel);
            }
        }
        channels
    }
}

//! Which channels take part in a pool.

use crate::domain::inputs::{Channel, Inputs};
use crate::domain::panel::{Panel, Pool};
use crate::domain::units::{ChannelId, LocationId};
use std::collections::BTreeSet;

/// From which locations each channel sells: its own where the master data name one, otherwise
/// wherever it has sales of any item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    sells: BTreeSet<(LocationId, ChannelId)>,
}

impl Presence {
    /// Of all channels.
    #[must_use]
    pub fn of(inputs: &Inputs) -> Self {
        Self::from_parts(&inputs.panel, &inputs.channels)
    }

    /// Of the channels in `channels`, by [`ChannelId`], with sales in `panel`.
    #[must_use]
    pub fn from_parts(panel: &Panel, channels: &[Channel]) -> Self {
        let mut sells = BTreeSet::new();
        for key in (0..panel.len()).map(|i| panel.key(i)) {
            // A channel that the master data tie to one location sells from there alone, whatever
            // its history says.
            if channels.get(key.channel.index()).is_none_or(|row| row.location.is_none()) {
                sells.insert((key.location, key.channel));
            }
        }
        for (code, row) in channels.iter().enumerate() {
            if let Some(location) = row.location {
                sells.insert((location, ChannelId(code as u32)));
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
            if pool.series.is_empty() || has_sold || also(channel) {
                channels.push(channel);
            }
        }
        channels
    }
}

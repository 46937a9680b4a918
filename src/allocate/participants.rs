//! Which channels take part in a pool.

use crate::domain::inputs::{Channel, Inputs};
use crate::domain::panel::{Panel, Pool};
use crate::domain::units::{ChannelId, LocationId};
use std::collections::BTreeSet;

/// From which locations each channel sells: its own where the master data name one, otherwise wherever it has sales of any item.
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
        let sold = (0..panel.len()).map(|i| panel.key(i)).map(|k| (k.location, k.channel));
        let free = |c: ChannelId| channels.get(c.index()).is_none_or(|row| row.location.is_none());
        let pinned = channels
            .iter()
            .enumerate()
            .filter_map(|(c, row)| Some((row.location?, ChannelId(c as u32))));
        Self { sells: sold.filter(|&(_, c)| free(c)).chain(pinned).collect() }
    }

    /// Channels of `pool`, ascending: those with sales of the item here, and those that `also` says list it or hold a reserve. An
    /// item that never sold here takes part in every channel of the location. Channels of other locations get nothing.
    #[must_use]
    pub fn channels(
        &self,
        pool: &Pool,
        panel: &Panel,
        also: impl Fn(ChannelId) -> bool,
    ) -> Vec<ChannelId> {
        let here =
            self.sells.range((pool.location, ChannelId(0))..=(pool.location, ChannelId(u32::MAX)));
        let sold = |c: ChannelId| pool.series.clone().any(|i| panel.key(i).channel == c);
        here.map(|&(_, c)| c).filter(|&c| pool.series.is_empty() || sold(c) || also(c)).collect()
    }
}

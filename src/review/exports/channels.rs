//! What each channel may show, read back from a published run: the rows of the formats that write
//! channel quantities.

use crate::domain::error::Result;
use crate::domain::units::Units;
use crate::store::PublishedRun;
use crate::tables::{ALLOCATION, PRODUCTS, RECOMMENDATIONS, Rows};
use std::collections::BTreeMap;

/// One item of one channel and location.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelStock {
    /// The item.
    pub sku: String,
    /// What people call it; empty when unknown.
    pub name: String,
    /// Where its stock lies.
    pub location: String,
    /// Units that the channel may show.
    pub published: Units,
    /// Units on hand there that nobody may sell: committed, damaged, returns pending.
    pub unavailable: Units,
}

/// What is to be shown, by channel, in the run's order. What is unknown is left out: a platform
/// would read a blank as 0.
///
/// # Errors
/// [`Error::Input`](crate::domain::error::Error::Input) for a run that cannot be read.
pub fn channel_stock(run: &PublishedRun) -> Result<BTreeMap<String, Vec<ChannelStock>>> {
    let products = Rows::of(run, &PRODUCTS)?;
    let names: BTreeMap<&str, &str> = (0..products.len())
        .map(|row| (products.text("sku", row), products.text("name", row)))
        .collect();
    let pools = Rows::of(run, &RECOMMENDATIONS)?;
    let unavailable: BTreeMap<(&str, &str), Units> = (0..pools.len())
        .map(|row| {
            let units = pools.units("on_hand", row) - pools.units("available", row);
            ((pools.text("sku", row), pools.text("location", row)), units.or_zero())
        })
        .collect();
    let rows = Rows::of(run, &ALLOCATION)?;
    let mut channels: BTreeMap<String, Vec<ChannelStock>> = BTreeMap::new();
    for row in 0..rows.len() {
        let sku = rows.text("sku", row);
        let Some(published) = rows.optional_units("published", row) else { continue };
        let stock = ChannelStock {
            sku: sku.to_owned(),
            name: names.get(sku).copied().unwrap_or_default().to_owned(),
            location: rows.text("location", row).to_owned(),
            published,
            unavailable: unavailable
                .get(&(sku, rows.text("location", row)))
                .copied()
                .unwrap_or_default(),
        };
        channels.entry(rows.text("channel", row).to_owned()).or_default().push(stock);
    }
    Ok(channels)
}

/// Items of a channel that knows no locations: what all of them may show together.
pub(super) fn over_locations(stock: &[ChannelStock]) -> BTreeMap<&str, Units> {
    let mut items: BTreeMap<&str, Units> = BTreeMap::new();
    for row in stock {
        *items.entry(&row.sku).or_default() += row.published;
    }
    items
}

/// One channel's file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChannelFile {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Quantities with a part of a unit that it shows as the whole units below.
    pub cut: usize,
}

/// Makes whole units of what a shop that weighs may show: the platforms' imports refuse a file with
/// a fraction in it, or read `2.5` as 25. A part of a unit cannot be bought there, so it is cut.
#[derive(Debug, Default)]
pub(super) struct WholeUnits {
    cut: usize,
}

impl WholeUnits {
    /// The whole units of one quantity.
    pub(super) fn of(&mut self, quantity: Units) -> Units {
        let whole = quantity.down_to(Units::whole(1));
        self.cut += usize::from(whole != quantity);
        whole
    }

    /// The file that they stand in.
    pub(super) fn file(self, bytes: Vec<u8>) -> ChannelFile {
        ChannelFile { bytes, cut: self.cut }
    }
}

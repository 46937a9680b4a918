//! What the sample seller sells and who supplies it: a coffee-gear shop with its own roasts
//! (`catalogue.csv`, `suppliers.csv`).
//!
//! Past the end of the list the catalogue repeats in variants, so that any number of items has
//! believable names.

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error};
use std::sync::LazyLock;

/// How an item sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// Every day or nearly.
    Regular,
    /// A few units now and then.
    Slow,
    /// Rarely, but then many at once (cafés).
    Lumpy,
    /// Launched a few weeks before the as-of date.
    New,
    /// Not on sale yet.
    Announced,
    /// Sold off; a successor took over.
    PhasedOut,
    /// Nobody wants it any more.
    Dead,
    /// A set of other items, no stock of its own.
    Kit,
}

/// One row of the catalogue.
#[derive(Debug, Clone, serde::Deserialize)]
pub(crate) struct CatalogueItem {
    pub prefix: String,
    pub name: String,
    pub category: String,
    pub unit_cost: f64,
    pub unit_price: f64,
    /// Units a day over all channels, in a plain week.
    pub per_day: f64,
    pub weight_kg: f64,
    /// Position in [`SUPPLIERS`].
    #[serde(deserialize_with = "supplier_by_code")]
    pub supplier: usize,
    pub pack_size: i64,
    pub kind: Kind,
}

/// One supplier.
#[derive(Debug, Clone, serde::Deserialize)]
pub(crate) struct SampleSupplier {
    pub code: String,
    pub name: String,
    pub currency: String,
    pub order_weekdays: String,
    pub min_order_value: f64,
    pub free_freight_value: f64,
    pub freight_per_order: f64,
    pub payment_days: u32,
    pub closures: String,
    pub lead_time_days: f64,
    pub lead_time_sd_days: f64,
    pub lead_time_max_days: f64,
    pub duty_rate: f64,
}

pub(super) static SUPPLIERS: LazyLock<Vec<SampleSupplier>> =
    LazyLock::new(|| embedded(include_str!("suppliers.csv")));
pub(super) static CATALOGUE: LazyLock<Vec<CatalogueItem>> =
    LazyLock::new(|| embedded(include_str!("catalogue.csv")));

fn embedded<T: DeserializeOwned>(text: &str) -> Vec<T> {
    let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize().collect();
    let rows: csv::Result<Vec<T>> = rows;
    rows.expect("the tables beside this file are right: tests read them")
}

fn supplier_by_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let code = String::deserialize(deserializer)?;
    let position = SUPPLIERS.iter().position(|supplier| supplier.code == code);
    position.ok_or_else(|| Error::custom(format!("suppliers.csv has no {code}")))
}

/// Position in [`SUPPLIERS`] of the one whose lead time drifts.
pub(super) const FILTERS: usize = 1;
/// Delivers most items faster and dearer: the second source of key items.
pub(super) const WHOLESALER: usize = 6;
/// Delivers in two days at a price: the backup.
pub(super) const DEPOT: usize = 7;

/// Positions in [`CATALOGUE`] that other tables refer to.
pub(super) mod at {
    pub(crate) const HOUSE_ESPRESSO: usize = 0;
    pub(crate) const ETHIOPIA: usize = 2;
    pub(crate) const FILTER_V60: usize = 10;
    pub(crate) const FILTER_CHEMEX: usize = 12;
    pub(crate) const DRIPPER: usize = 18;
    pub(crate) const SERVER: usize = 36;
    pub(crate) const SCALE_NEW: usize = 30;
    pub(crate) const NEW_ROAST: usize = 7;
    pub(crate) const MUG_WITH_BARCODE: usize = 37;
    pub(crate) const NO_SUPPLIER: usize = 57;
    pub(crate) const KIT: usize = 58;
}

const VARIANTS: [&str; 12] = [
    "classic",
    "black",
    "white",
    "forest",
    "copper",
    "café line",
    "studio",
    "limited",
    "export",
    "duo",
    "travel",
    "pro",
];

/// Item `index` of an endless catalogue: the list itself first, then variants of it that differ in
/// rate and price.
pub(super) fn item(index: usize) -> CatalogueItem {
    let mut item = CATALOGUE[index % CATALOGUE.len()].clone();
    let round = index / CATALOGUE.len();
    if round > 0 {
        // A spread of rates and prices over the rounds; sets and announced items stay single.
        let step = (round * 37 + index * 11) % 100;
        item.per_day *= 0.4 + step as f64 / 60.0;
        item.unit_cost = cents(item.unit_cost * (0.7 + step as f64 / 160.0));
        item.unit_price = cents(item.unit_price * (0.7 + step as f64 / 160.0));
        if matches!(item.kind, Kind::Kit | Kind::Announced) {
            item.kind = Kind::Slow;
        }
    }
    item
}

/// Its stock keeping unit: `BEA-0001`.
pub(super) fn sku(index: usize) -> String {
    format!("{}-{:04}", CATALOGUE[index % CATALOGUE.len()].prefix, index + 1)
}

/// Its name: `House Espresso 1 kg`, in later rounds `House Espresso 1 kg, copper 3`.
pub(super) fn name(index: usize) -> String {
    let name = &CATALOGUE[index % CATALOGUE.len()].name;
    let Some(round) = (index / CATALOGUE.len()).checked_sub(1) else { return name.clone() };
    let variant = VARIANTS[round % VARIANTS.len()];
    match round / VARIANTS.len() {
        0 => format!("{name}, {variant}"),
        series => format!("{name}, {variant} {}", series + 1),
    }
}

/// `amount` to the cent.
pub(super) fn cents(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_those_of_the_tables() {
        let name = |at: usize| CATALOGUE[at].name.as_str();
        assert_eq!(name(at::FILTER_V60), "V60 Paper Filters 02, 100 pcs");
        assert_eq!(name(at::SCALE_NEW), "Brew Scale II, USB-C");
        assert_eq!(CATALOGUE[at::KIT].kind, Kind::Kit);
        let code = |at: usize| SUPPLIERS[at].code.as_str();
        assert_eq!(
            [code(FILTERS), code(WHOLESALER), code(DEPOT)],
            ["papierwerk", "alpine", "quickship"]
        );
        assert_eq!(CATALOGUE.len(), crate::sample::SKUS);
    }
}

//! Names: aliases to master items, then the sorted dictionaries whose positions are the codes.

use crate::domain::inputs::Names;
use crate::domain::units::{ChannelId, LocationId, SkuId, SupplierId};
use crate::ingest::cells::measure::units_in;
use crate::ingest::families::{Bucket, Families};
use crate::ingest::files::table::{Row, Table};
use crate::ingest::places::Places;
use crate::ingest::settings::UnknownSkus;
use crate::ingest::spellings::{Variants, plain, variants};
use crate::ingest::tables::schema::{Dictionary, Kind, Schema};
use crate::math::hash::{FastMap, FastSet};
use std::collections::{BTreeMap, BTreeSet};

/// The one channel of data without channels.
pub(crate) const ALL: &str = "all";

/// What a code in the data means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Item<'a> {
    /// The master item.
    pub(crate) sku: &'a str,
    /// Units of it in one of the code.
    pub(crate) factor: f64,
}

/// The unit that an item is sold in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SoldIn {
    /// Units in one of it.
    pub(crate) units: f64,
    /// As the master data write it.
    pub(crate) measure: String,
}

/// Which item a code means, and whether it is wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Catalogue {
    aliases: BTreeMap<String, FastMap<String, (String, f64)>>,
    masters: BTreeSet<String>,
    /// By item: units in one unit of sale, and how that is written.
    pub(crate) sold_in: BTreeMap<String, SoldIn>,
    /// Master items by their plain spelling, where spellings are folded.
    folded: BTreeMap<String, String>,
    /// Spellings of items that stand for another one.
    variants: Variants,
    reject_unknown: bool,
    only: Option<BTreeSet<String>>,
    /// Only items of this bucket, and who is in it.
    bucket: Option<(Families, Bucket)>,
}

impl Catalogue {
    /// From the alias, product and kit tables, where given, and the list of items to keep: with
    /// each of them the kits it is in and the parts it is made of, or its numbers would be others
    /// than those of the whole run.
    pub(crate) fn new(
        aliases: Option<&Table>,
        products: Option<&Table>,
        kits: Option<&Table>,
        unknown: UnknownSkus,
        only: Option<&[String]>,
    ) -> Self {
        let mut catalogue = Self::default();
        for row in aliases.iter().flat_map(|t| t.rows()) {
            let target = (row.text("sku").to_owned(), row.number("factor").unwrap_or(1.0));
            catalogue.masters.insert(target.0.clone());
            let codes = catalogue.aliases.entry(row.text("channel").to_owned()).or_default();
            let smallest =
                codes.get(row.text("channel_sku")).is_none_or(|known| target.0 < known.0);
            if smallest {
                codes.insert(row.text("channel_sku").to_owned(), target);
            }
        }
        for row in products.iter().flat_map(|t| t.rows()) {
            catalogue.masters.insert(row.text("sku").to_owned());
            let measure = row.text("unit_of_measure");
            if let Some(units) = units_in(measure) {
                let sold_in = SoldIn { units, measure: measure.to_owned() };
                catalogue.sold_in.insert(row.text("sku").to_owned(), sold_in);
            }
        }
        catalogue.reject_unknown = match unknown {
            UnknownSkus::Auto => aliases.is_some() && products.is_some(),
            UnknownSkus::Keep => false,
            UnknownSkus::Reject => true,
        };
        catalogue.only = only.map(|list| catalogue.with_families(list, kits));
        catalogue
    }

    /// The items of `list` and all that hang together with them through kits.
    fn with_families(&self, list: &[String], kits: Option<&Table>) -> BTreeSet<String> {
        let mut neighbours: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for row in kits.iter().flat_map(|t| t.rows()) {
            let kit = self.item(row.text("sku"), "").sku;
            let part = self.item(row.text("component"), "").sku;
            neighbours.entry(kit).or_default().push(part);
            neighbours.entry(part).or_default().push(kit);
        }
        let mut wanted: BTreeSet<String> = list.iter().cloned().collect();
        let mut open: Vec<&str> = list.iter().map(String::as_str).collect();
        while let Some(next) = open.pop() {
            for &neighbour in neighbours.get(next).map_or(&[][..], Vec::as_slice) {
                if wanted.insert(neighbour.to_owned()) {
                    open.push(neighbour);
                }
            }
        }
        wanted
    }

    /// The item `code` means in `channel`.
    pub(crate) fn item<'a>(&'a self, code: &'a str, channel: &str) -> Item<'a> {
        // What a channel says of a code goes before what holds in all of them.
        for channel in [channel, ""] {
            if let Some((sku, factor)) = self.aliases.get(channel).and_then(|c| c.get(code)) {
                return Item { sku, factor: *factor };
            }
        }
        Item { sku: self.spelled(code), factor: 1.0 }
    }

    /// The spelling that is used for `code`.
    fn spelled<'a>(&'a self, code: &'a str) -> &'a str {
        if let Some(used) = self.variants.get(code) {
            return used;
        }
        if self.folded.is_empty() || self.masters.contains(code) {
            return code;
        }
        self.folded.get(&plain(code)).map_or(code, String::as_str)
    }

    /// Reads every spelling of a master item as that item.
    pub(crate) fn fold_masters(&mut self) {
        // The first of several masters that differ by case alone: they are told apart by nothing.
        for name in self.masters.iter().rev() {
            self.folded.insert(plain(name), name.clone());
        }
    }

    /// Reads these spellings as the items they stand for.
    pub(crate) fn fold(&mut self, variants: Variants) {
        self.variants = variants;
    }

    /// Codes that mean one of an item in every channel, and the item.
    pub(crate) fn other_codes(&self) -> BTreeMap<String, String> {
        let mut codes = self.variants.clone();
        for (code, (sku, factor)) in self.aliases.get("").into_iter().flatten() {
            if *factor == 1.0 {
                codes.insert(code.clone(), sku.clone());
            }
        }
        codes
    }

    /// What a channel calls an item of which it sells single units: its merchant SKU, by channel
    /// and item. ASINs, FNSKUs and barcodes name the item too, and are no merchant's.
    pub(crate) fn channel_codes(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        let mut of_channels: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for (channel, aliases) in &self.aliases {
            let mut codes: BTreeMap<String, String> = BTreeMap::new();
            for (code, (sku, factor)) in aliases {
                if *factor != 1.0 || !is_merchants(code) {
                    continue;
                }
                // Of several the first by name, whichever row stands first.
                let known = codes.entry(sku.clone()).or_insert_with(|| code.clone());
                if code < known {
                    known.clone_from(code);
                }
            }
            of_channels.insert(channel.clone(), codes);
        }
        of_channels
    }

    /// Units in one unit of sale of `sku`.
    pub(crate) fn sold_in(&self, sku: &str) -> f64 {
        self.sold_in.get(sku).map_or(1.0, |sold_in| sold_in.units)
    }

    /// Whether `sku` is in a master table, or need not be.
    pub(crate) fn accepts(&self, sku: &str) -> bool {
        !self.reject_unknown || self.knows(sku)
    }

    /// Whether `sku` is in a master table.
    pub(crate) fn knows(&self, sku: &str) -> bool {
        self.masters.contains(sku)
    }

    /// Whether `sku` takes part in this run.
    pub(crate) fn wants(&self, sku: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(sku)) && self.has_here(sku)
    }

    /// Whether `sku` is in the bucket that is read.
    pub(crate) fn has_here(&self, sku: &str) -> bool {
        self.bucket.as_ref().is_none_or(|(families, bucket)| families.is_in(sku, *bucket))
    }

    /// The bucket that is read, where it is not everything.
    pub(crate) fn bucket(&self) -> Option<Bucket> {
        self.bucket.as_ref().map(|(_, bucket)| *bucket)
    }

    /// Item by channel (empty for any) and code, joined by a tab, of all codes that are aliases.
    pub(crate) fn codes(&self) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        for (channel, codes) in &self.aliases {
            for (code, (item, _)) in codes {
                all.insert(format!("{channel}\t{code}"), item.clone());
            }
        }
        all
    }

    /// Only items of this bucket are read from now on.
    pub(crate) fn keep_to(&mut self, families: Families, bucket: Bucket) {
        self.bucket = Some((families, bucket));
    }
}

/// Collects names from everywhere, then sorts them.
#[derive(Debug, Clone, Default)]
pub(crate) struct NameSets<'a> {
    skus: FastSet<&'a str>,
    channels: FastSet<&'a str>,
    locations: FastSet<&'a str>,
    suppliers: FastSet<&'a str>,
}

impl<'a> NameSets<'a> {
    /// The names of one series.
    pub(crate) fn add_series(&mut self, sku: &'a str, channel: &'a str, location: &'a str) {
        add(&mut self.skus, sku);
        add(&mut self.channels, channel);
        add(&mut self.locations, location);
    }

    /// The names in `table`, those of unwanted items apart.
    pub(crate) fn add_table(
        &mut self,
        table: &'a Table,
        catalogue: &'a Catalogue,
        places: &'a Places,
    ) {
        let skus = columns_of(table.schema, Dictionary::Sku);
        let channels = columns_of(table.schema, Dictionary::Channel);
        let locations = columns_of(table.schema, Dictionary::Location);
        let suppliers = columns_of(table.schema, Dictionary::Supplier);
        let (channel, location) =
            (table.schema.position("channel"), table.schema.position("location"));
        let pool = location.filter(|_| !OPTIONAL_LOCATION.contains(&table.schema.table));
        for row in table.rows() {
            let channel = channel.map_or("", |at| row.text_at(at));
            let skus = skus.iter().map(|&at| row.text_at(at)).filter(|code| !code.is_empty());
            let mut wanted = true;
            for (i, sku) in skus.map(|code| catalogue.item(code, channel).sku).enumerate() {
                wanted &= i > 0 || catalogue.wants(sku);
                if catalogue.wants(sku) {
                    add(&mut self.skus, sku);
                }
            }
            if wanted {
                channels.iter().for_each(|&at| add(&mut self.channels, row.text_at(at)));
                locations.iter().for_each(|&at| add(&mut self.locations, row.text_at(at)));
                suppliers.iter().for_each(|&at| add(&mut self.suppliers, row.text_at(at)));
                if pool.is_some_and(|at| row.text_at(at).is_empty()) {
                    add(&mut self.locations, &places.stock);
                }
            }
        }
    }

    /// The spellings that differ only by case, spaces or the form of an accent.
    pub(crate) fn spellings(&self, catalogue: &Catalogue) -> Spellings {
        Spellings {
            skus: variants(self.skus.iter().copied(), |sku| catalogue.knows(sku)),
            channels: variants(self.channels.iter().copied(), |_| false),
            locations: variants(self.locations.iter().copied(), |_| false),
            suppliers: variants(self.suppliers.iter().copied(), |_| false),
        }
    }

    /// The dictionaries without the folded spellings, in byte order.
    pub(crate) fn into_names(self, folded: &Spellings) -> Names {
        Names {
            skus: in_byte_order(self.skus, &folded.skus),
            channels: in_byte_order(self.channels, &folded.channels),
            locations: in_byte_order(self.locations, &folded.locations),
            suppliers: in_byte_order(self.suppliers, &folded.suppliers),
            ..Names::default()
        }
    }
}

/// Positions of the columns that name something of a dictionary.
fn columns_of(schema: &Schema, dictionary: Dictionary) -> Vec<usize> {
    let columns = schema.columns.iter().enumerate();
    columns.filter(|(_, column)| column.kind == Kind::Id(dictionary)).map(|(at, _)| at).collect()
}

/// The names without the spellings that stand for another one.
fn in_byte_order(set: FastSet<&str>, variants: &Variants) -> Vec<String> {
    let used = set.into_iter().filter(|name| !variants.contains_key(*name));
    let mut names: Vec<String> = used.map(str::to_owned).collect();
    names.sort_unstable();
    names
}

/// Spellings that stand for another one, by what they name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Spellings {
    pub(crate) skus: Variants,
    pub(crate) channels: Variants,
    pub(crate) locations: Variants,
    pub(crate) suppliers: Variants,
}

/// Tables whose empty location means everywhere.
const OPTIONAL_LOCATION: &[&str] =
    &["supply", "stockouts", "overrides", "channels", "adjustments", "forecasts", "signals"];

/// Whether a code may be a seller's own: no ASIN or FNSKU (ten characters from `B0` or `X0` on) and
/// no barcode (8 to 14 digits).
fn is_merchants(code: &str) -> bool {
    let is_amazons = code.len() == 10 && (code.starts_with("B0") || code.starts_with("X0"));
    let is_barcode = (8..=14).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit());
    !is_amazons && !is_barcode
}

fn add<'a>(set: &mut FastSet<&'a str>, name: &'a str) {
    if !name.is_empty() {
        set.insert(name);
    }
}

/// The position in `names` of every spelling.
fn codes_of<'a>(names: &'a [String], variants: &'a Variants) -> FastMap<&'a str, u32> {
    let mut codes: FastMap<&str, u32> = names.iter().map(String::as_str).zip(0..).collect();
    for (variant, used) in variants {
        if let Some(&code) = codes.get(used.as_str()) {
            codes.insert(variant, code);
        }
    }
    codes
}

/// Codes of names.
#[derive(Debug)]
pub(crate) struct Codes<'a> {
    /// What codes in the data mean.
    pub(crate) catalogue: &'a Catalogue,
    names: &'a Names,
    skus: FastMap<&'a str, u32>,
    channels: FastMap<&'a str, u32>,
    locations: FastMap<&'a str, u32>,
    suppliers: FastMap<&'a str, u32>,
    /// Where rows without a location belong.
    pub(crate) places: &'a Places,
}

impl<'a> Codes<'a> {
    /// The positions in `names`, for every spelling of a name.
    pub(crate) fn new(
        names: &'a Names,
        catalogue: &'a Catalogue,
        folded: &'a Spellings,
        places: &'a Places,
    ) -> Self {
        Self {
            catalogue,
            names,
            skus: codes_of(&names.skus, &folded.skus),
            channels: codes_of(&names.channels, &folded.channels),
            locations: codes_of(&names.locations, &folded.locations),
            suppliers: codes_of(&names.suppliers, &folded.suppliers),
            places,
        }
    }

    /// The item by its master name.
    pub(crate) fn sku(&self, name: &str) -> Option<SkuId> {
        self.skus.get(name).copied().map(SkuId)
    }

    /// The master name of an item, for messages.
    pub(crate) fn sku_name(&self, sku: usize) -> &'a str {
        self.names.skus.get(sku).map_or("", String::as_str)
    }

    /// The channel; `None` when the name is empty.
    pub(crate) fn channel(&self, name: &str) -> Option<ChannelId> {
        self.channels.get(name).copied().map(ChannelId)
    }

    /// How many locations there are.
    pub(crate) fn locations(&self) -> usize {
        self.names.locations.len()
    }

    /// The location; `None` when the name is empty.
    pub(crate) fn location(&self, name: &str) -> Option<LocationId> {
        self.locations.get(name).copied().map(LocationId)
    }

    /// The supplier; `None` when the name is empty.
    pub(crate) fn supplier(&self, name: &str) -> Option<SupplierId> {
        self.suppliers.get(name).copied().map(SupplierId)
    }

    /// The item in column `column` of `row` and the units of it in one of the code; `None` when it
    /// takes no part.
    pub(crate) fn item(&self, row: &Row<'_>, column: &str) -> Option<(SkuId, f64)> {
        let channel = if row.has("channel") { row.text("channel") } else { "" };
        let item = self.catalogue.item(row.text(column), channel);
        if self.catalogue.wants(item.sku) { Some((self.sku(item.sku)?, item.factor)) } else { None }
    }

    /// The location of a row of stock or orders, the one for nameless rows where it names none.
    pub(crate) fn place(&self, row: &Row<'_>) -> Option<LocationId> {
        let named = Some(row.text("location")).filter(|place| !place.is_empty());
        self.location(named.unwrap_or(&self.places.stock))
    }
}

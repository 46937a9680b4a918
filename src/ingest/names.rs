//! Names: aliases to master items, then the sorted dictionaries whose positions are the codes.

use crate::domain::inputs::Names;
use crate::domain::units::{ChannelId, LocationId, SkuId, SupplierId};
use crate::ingest::cells::hash::{FastMap, FastSet};
use crate::ingest::files::table::{Row, Table};
use crate::ingest::settings::UnknownSkus;
use crate::ingest::tables::schema::{Dictionary, Kind};
use std::collections::{BTreeMap, BTreeSet};

/// The one location of data without locations.
pub(crate) const MAIN: &str = "main";
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

/// Which item a code means, and whether it is wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Catalogue {
    aliases: BTreeMap<String, FastMap<String, (String, f64)>>,
    masters: BTreeSet<String>,
    sold_in: BTreeMap<String, f64>,
    reject_unknown: bool,
    only: Option<BTreeSet<String>>,
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
            if let Some(units) = units_in(row.text("unit_of_measure")) {
                catalogue.sold_in.insert(row.text("sku").to_owned(), units);
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
        let known = |channel: &str| self.aliases.get(channel).and_then(|codes| codes.get(code));
        match known(channel).or_else(|| known("")) {
            Some((sku, factor)) => Item { sku, factor: *factor },
            None => Item { sku: code, factor: 1.0 },
        }
    }

    /// Units in one unit of sale of `sku`.
    pub(crate) fn sold_in(&self, sku: &str) -> f64 {
        self.sold_in.get(sku).copied().unwrap_or(1.0)
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
        self.only.as_ref().is_none_or(|only| only.contains(sku))
    }
}

/// The number in a unit of measure: 12 of `case of 12`; `None` for `each` and for 1.
fn units_in(text: &str) -> Option<f64> {
    let digits: String =
        text.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|&n: &f64| n > 1.0 && n <= 1e6)
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
    pub(crate) fn add_table(&mut self, table: &'a Table, catalogue: &'a Catalogue) {
        let ids = |d: Dictionary| -> Vec<usize> {
            table
                .schema
                .columns
                .iter()
                .enumerate()
                .filter(|(_, c)| c.kind == Kind::Id(d))
                .map(|(at, _)| at)
                .collect()
        };
        let [skus, channels, locations, suppliers] =
            [Dictionary::Sku, Dictionary::Channel, Dictionary::Location, Dictionary::Supplier]
                .map(ids);
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
                    add(&mut self.locations, MAIN);
                }
            }
        }
    }

    /// The dictionaries, in byte order.
    pub(crate) fn into_names(self) -> Names {
        let list = |set: FastSet<&str>| {
            let mut names: Vec<String> = set.into_iter().map(str::to_owned).collect();
            names.sort_unstable();
            names
        };
        Names {
            skus: list(self.skus),
            channels: list(self.channels),
            locations: list(self.locations),
            suppliers: list(self.suppliers),
        }
    }
}

/// Tables whose empty location means everywhere.
const OPTIONAL_LOCATION: &[&str] = &["supply", "stockouts", "overrides", "channels"];

fn add<'a>(set: &mut FastSet<&'a str>, name: &'a str) {
    if !name.is_empty() {
        set.insert(name);
    }
}

/// Codes of names.
#[derive(Debug)]
pub(crate) struct Codes<'a> {
    /// What codes in the data mean.
    pub(crate) catalogue: &'a Catalogue,
    skus: FastMap<&'a str, u32>,
    channels: FastMap<&'a str, u32>,
    locations: FastMap<&'a str, u32>,
    suppliers: FastMap<&'a str, u32>,
}

impl<'a> Codes<'a> {
    /// The positions in `names`.
    pub(crate) fn new(names: &'a Names, catalogue: &'a Catalogue) -> Self {
        let index = |list: &'a [String]| list.iter().map(String::as_str).zip(0..).collect();
        Self {
            catalogue,
            skus: index(&names.skus),
            channels: index(&names.channels),
            locations: index(&names.locations),
            suppliers: index(&names.suppliers),
        }
    }

    /// The item by its master name.
    pub(crate) fn sku(&self, name: &str) -> Option<SkuId> {
        self.skus.get(name).copied().map(SkuId)
    }

    /// The channel; `None` when the name is empty.
    pub(crate) fn channel(&self, name: &str) -> Option<ChannelId> {
        self.channels.get(name).copied().map(ChannelId)
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

    /// The location of a row, [`MAIN`] when it names none.
    pub(crate) fn place(&self, row: &Row<'_>) -> Option<LocationId> {
        self.location(Some(row.text("location")).filter(|l| !l.is_empty()).unwrap_or(MAIN))
    }
}

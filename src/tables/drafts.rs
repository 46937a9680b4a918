//! Drafts for people and sync tools: one CSV a supplier and channel, one spreadsheet of all orders.
//!
//! Names come from data: a file name keeps only harmless characters and never collides.

use crate::domain::digest::sha256_hex;
use crate::domain::error::Result;
use crate::domain::inputs::{Inputs, Names};
use crate::domain::outcome::{Allocation, Outcome, Recommendation};
use crate::domain::units::{ChannelId, SupplierId};
use crate::store::Add;
use crate::tables::csv::{spreadsheet, table};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Longest file name made from data, without extension: with a digest behind it stays below the 255
/// bytes of all file systems.
const LONGEST_NAME: usize = 80;
/// Digits of the digest that tells two like names apart.
const SHORT_DIGEST: usize = 8;
/// Names that Windows keeps for devices, whatever follows the first point.
const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// One file name a name, in order: letters, digits, `.`, `_` and `-` stay, anything else becomes
/// `-`. Names that would meet, on any file system, get a digest of the full name behind.
#[must_use]
pub fn file_names(names: &[&str]) -> Vec<String> {
    let plain: Vec<String> = names.iter().map(|name| plain_name(name)).collect();
    // Some file systems do not tell capitals from small letters.
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for name in &plain {
        *uses.entry(name.to_ascii_lowercase()).or_default() += 1;
    }
    let mut files = Vec::with_capacity(names.len());
    for (name, plain) in names.iter().zip(plain) {
        if uses[&plain.to_ascii_lowercase()] == 1 {
            files.push(plain);
            continue;
        }
        let digest = sha256_hex(name.as_bytes());
        let short = format!("{plain}-{}", &digest[..SHORT_DIGEST]);
        // A digest that happens to spell another's plain name is written in full.
        let taken = uses.contains_key(&short.to_ascii_lowercase());
        files.push(if taken { format!("{plain}-{digest}") } else { short });
    }
    files
}

fn plain_name(name: &str) -> String {
    let mut plain = String::new();
    for c in name.chars().take(LONGEST_NAME) {
        let stays = c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        plain.push(if stays { c } else { '-' });
    }
    let stem = plain.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let stem = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    // No hidden file, no option, nothing that Windows drops or reserves.
    if plain.is_empty()
        || plain.starts_with(['.', '-'])
        || plain.ends_with('.')
        || RESERVED.contains(&stem)
    {
        plain = format!("_{plain}_");
    }
    plain
}

/// One line of a draft order.
struct OrderLine<'a> {
    recommendation: &'a Recommendation,
    names: &'a Names,
    item: &'a str,
    currency: &'a str,
    order_date: Option<NaiveDate>,
}

/// One column of `orders/*.csv`.
struct OrderColumn {
    name: &'static str,
    /// A number in the spreadsheet, too.
    numeric: bool,
    cell: fn(&OrderLine<'_>) -> String,
}

const fn words(name: &'static str, cell: fn(&OrderLine<'_>) -> String) -> OrderColumn {
    OrderColumn { name, numeric: false, cell }
}

const fn number(name: &'static str, cell: fn(&OrderLine<'_>) -> String) -> OrderColumn {
    OrderColumn { name, numeric: true, cell }
}

/// Columns of `orders/*.csv`, in order.
const ORDER_COLUMNS: [OrderColumn; 15] = [
    words("recommendation_id", |line| line.recommendation.id.clone()),
    words("supplier", |line| {
        let supplier = line.recommendation.supplier;
        supplier.map_or_else(String::new, |s| line.names.supplier(s).to_owned())
    }),
    words("ship_to", |line| line.names.location(line.recommendation.location).to_owned()),
    words("sku", |line| line.names.sku(line.recommendation.sku).to_owned()),
    words("name", |line| line.item.to_owned()),
    number("quantity", |line| line.recommendation.quantity.to_string()),
    number("unit_cost", |line| line.recommendation.unit_cost.to_string()),
    words("currency", |line| line.currency.to_owned()),
    number("value", |line| line.recommendation.value.to_string()),
    words("order_date", |line| day(line.order_date)),
    words("order_by", |line| day(line.recommendation.order_by)),
    words("expected_arrival", |line| day(line.recommendation.expected_arrival)),
    words("status", |line| line.recommendation.status.to_string()),
    number("need", |line| format!("{:.2}", line.recommendation.need)),
    words("reason", |line| line.recommendation.reason.clone()),
];

fn day(date: Option<NaiveDate>) -> String {
    date.map(|date| date.to_string()).unwrap_or_default()
}

impl OrderLine<'_> {
    fn cells(&self) -> Vec<String> {
        ORDER_COLUMNS.iter().map(|column| (column.cell)(self)).collect()
    }
}

/// Writes `orders/<supplier>.csv`, `orders/orders.xlsx` and `channels/<channel>.csv`.
///
/// # Errors
/// Those of `add`; [`crate::domain::error::Error::Internal`] when the rows do not fit.
pub fn write(inputs: &Inputs, outcome: &Outcome, add: &Add<'_>) -> Result<()> {
    orders(inputs, outcome, add)?;
    channels(&inputs.names, &outcome.allocation, add)
}

fn orders(inputs: &Inputs, outcome: &Outcome, add: &Add<'_>) -> Result<()> {
    // The order date of each recommendation that a draft order takes up, by its position.
    let mut order_dates = BTreeMap::new();
    for order in &outcome.orders {
        order_dates.extend(order.lines.iter().map(|&line| (line, order.order_date)));
    }
    let mut by_supplier: BTreeMap<Option<SupplierId>, Vec<OrderLine<'_>>> = BTreeMap::new();
    for (i, recommendation) in outcome.recommendations.iter().enumerate() {
        if !recommendation.quantity.is_positive() {
            continue;
        }
        let supplier = recommendation.supplier.and_then(|s| inputs.suppliers.get(s.index()));
        by_supplier.entry(recommendation.supplier).or_default().push(OrderLine {
            recommendation,
            names: &inputs.names,
            item: inputs.products.get(recommendation.sku.index()).map_or("", |p| &p.name),
            currency: supplier.map_or("", |s| &s.currency),
            order_date: order_dates.get(&i).copied(),
        });
    }
    let suppliers: Vec<&str> =
        by_supplier.keys().map(|s| s.map_or("no-supplier", |s| inputs.names.supplier(s))).collect();
    let header = ORDER_COLUMNS.each_ref().map(|column| column.name);
    for (file, lines) in file_names(&suppliers).iter().zip(by_supplier.values()) {
        let text = table(&header, lines.iter().map(OrderLine::cells))?;
        add(&format!("orders/{file}.csv"), Some(lines.len() as u64), &text)?;
    }
    let lines: Vec<Vec<String>> = by_supplier.values().flatten().map(OrderLine::cells).collect();
    let rows = lines.len() as u64;
    let numeric: Vec<usize> =
        (0..ORDER_COLUMNS.len()).filter(|&at| ORDER_COLUMNS[at].numeric).collect();
    let as_of = inputs.panel.calendar().as_of();
    let book = spreadsheet("Orders", &header, &numeric, lines, as_of)?;
    add("orders/orders.xlsx", Some(rows), &book)
}

fn channels(names: &Names, allocation: &[Allocation], add: &Add<'_>) -> Result<()> {
    const HEADER: [&str; 5] = ["sku", "location", "published", "action", "valid_until"];
    let mut by_channel: BTreeMap<ChannelId, Vec<[String; HEADER.len()]>> = BTreeMap::new();
    for row in allocation {
        by_channel.entry(row.channel).or_default().push([
            names.sku(row.sku).to_owned(),
            names.location(row.location).to_owned(),
            row.published.to_string(),
            row.action.to_string(),
            row.valid_until.to_string(),
        ]);
    }
    let channels: Vec<&str> = by_channel.keys().map(|&channel| names.channel(channel)).collect();
    for (file, rows) in file_names(&channels).iter().zip(by_channel.values()) {
        let text = table(&HEADER, rows)?;
        add(&format!("channels/{file}.csv"), Some(rows.len() as u64), &text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_cannot_escape_or_collide() {
        let names = [
            "../../etc/passwd",
            "a/b",
            "a:b",
            "A/B",
            "",
            ".",
            "..",
            "CON",
            "con.txt",
            "Müller",
            "ok",
            "x\0y",
            "-rf",
            "a-b.",
        ];
        let files = file_names(&names);
        let mut lower: Vec<_> = files.iter().map(|f| f.to_ascii_lowercase()).collect();
        lower.sort();
        lower.dedup();
        assert_eq!(lower.len(), names.len(), "{files:?}");
        for file in &files {
            assert!(
                file.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)),
                "{file}"
            );
            assert!(
                !file.starts_with(['.', '-']) && !file.ends_with('.') && file != "con",
                "{file}"
            );
        }
        assert_eq!(files[10], "ok");
    }
}

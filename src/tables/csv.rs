//! Drafts for people and sync tools: one CSV a supplier and channel, one spreadsheet of all orders.
//!
//! Names come from data: a file name keeps only harmless characters and never collides, and a cell that a spreadsheet would
//! take for a formula is written as text.

use crate::domain::error::{Error, Result};
use crate::domain::inputs::{Inputs, Names};
use crate::domain::outcome::{Allocation, Outcome, Recommendation};
use crate::domain::units::{ChannelId, SupplierId};
use crate::store::Add;
use crate::store::manifest::sha256_hex;
use chrono::NaiveDate;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Longest file name made from data, without extension.
const LONGEST: usize = 80;

/// A text cell that no spreadsheet takes for a formula: one that starts like a formula gets an apostrophe in front.
/// Plain numbers are left alone.
#[must_use]
pub fn harmless(cell: &str) -> Cow<'_, str> {
    let formula =
        cell.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|', '%']);
    if formula && cell.trim().parse::<f64>().is_err() {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// One file name a name, in order: letters, digits, `.`, `_` and `-` stay, anything else becomes `-`. Names that would meet,
/// on any file system, get a digest of the full name behind.
#[must_use]
pub fn file_names(names: &[&str]) -> Vec<String> {
    let plain: Vec<String> = names.iter().map(|name| plain_name(name)).collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for name in &plain {
        *seen.entry(name.to_ascii_lowercase()).or_default() += 1;
    }
    let digested = |name: &str, plain: &str, length: usize| {
        format!("{plain}-{}", &sha256_hex(name.as_bytes())[..length])
    };
    let unique = |name: &String| seen[&name.to_ascii_lowercase()] == 1;
    let choose = |name: &&str, plain: &String| {
        if unique(plain) {
            return plain.clone();
        }
        // A digest that happens to spell another's plain name gets longer.
        let short = digested(name, plain, 8);
        if seen.contains_key(&short.to_ascii_lowercase()) {
            digested(name, plain, 64)
        } else {
            short
        }
    };
    names.iter().zip(&plain).map(|(name, plain)| choose(name, plain)).collect()
}

fn plain_name(name: &str) -> String {
    let kept =
        |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    let mut plain: String = name.chars().take(LONGEST).map(kept).collect();
    // No hidden file, no option, nothing that Windows drops or reserves.
    let reserved = ["con", "prn", "aux", "nul", "com", "lpt"];
    let stem = plain
        .split('.')
        .next()
        .unwrap_or("")
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .to_ascii_lowercase();
    if plain.is_empty()
        || plain.starts_with(['.', '-'])
        || plain.ends_with('.')
        || reserved.contains(&stem.as_str())
    {
        plain = format!("_{plain}_");
    }
    plain
}

/// One line of a draft order, as text cells.
struct OrderLine<'a> {
    recommendation: &'a Recommendation,
    names: &'a Names,
    item: &'a str,
    currency: &'a str,
    order_date: Option<NaiveDate>,
}

/// Columns of `orders/*.csv`.
const ORDER_COLUMNS: [&str; 15] = [
    "recommendation_id",
    "supplier",
    "ship_to",
    "sku",
    "name",
    "quantity",
    "unit_cost",
    "currency",
    "value",
    "order_date",
    "order_by",
    "expected_arrival",
    "status",
    "need",
    "reason",
];

impl OrderLine<'_> {
    fn cells(&self) -> [String; ORDER_COLUMNS.len()] {
        let (r, n) = (self.recommendation, self.names);
        let day = |date: Option<NaiveDate>| date.map(|d| d.to_string()).unwrap_or_default();
        [
            r.id.clone(),
            r.supplier.map(|s| n.suppliers[s.index()].clone()).unwrap_or_default(),
            n.locations[r.location.index()].clone(),
            n.skus[r.sku.index()].clone(),
            self.item.to_string(),
            r.quantity.to_string(),
            r.unit_cost.to_string(),
            self.currency.to_string(),
            r.value.to_string(),
            day(self.order_date),
            day(r.order_by),
            day(r.expected_arrival),
            r.status.name().to_string(),
            format!("{:.2}", r.need),
            r.reason.clone(),
        ]
    }
}

/// Writes `orders/<supplier>.csv`, `orders/orders.xlsx` and `channels/<channel>.csv`.
///
/// # Errors
/// Those of `add`; [`Error::Internal`] when the rows do not fit.
pub fn write(inputs: &Inputs, outcome: &Outcome, add: &Add<'_>) -> Result<()> {
    let mut by_supplier: BTreeMap<Option<SupplierId>, Vec<OrderLine<'_>>> = BTreeMap::new();
    let dates = order_dates(outcome);
    for (i, r) in outcome.recommendations.iter().enumerate().filter(|(_, r)| r.quantity.0 > 0) {
        let supplier = r.supplier.and_then(|s| inputs.suppliers.get(s.index()));
        by_supplier.entry(r.supplier).or_default().push(OrderLine {
            recommendation: r,
            names: &inputs.names,
            item: inputs.products.get(r.sku.index()).map_or("", |p| &p.name),
            currency: supplier.map_or("", |s| &s.currency),
            order_date: dates.get(&i).copied(),
        });
    }
    let names: Vec<&str> = by_supplier
        .keys()
        .map(|s| s.map_or("no-supplier", |s| inputs.names.suppliers[s.index()].as_str()))
        .collect();
    for (file, lines) in file_names(&names).iter().zip(by_supplier.values()) {
        let rows = lines.iter().map(OrderLine::cells);
        add(
            &format!("orders/{file}.csv"),
            Some(lines.len() as u64),
            &table(&ORDER_COLUMNS, rows)?,
        )?;
    }
    let lines: Vec<_> = by_supplier.values().flatten().collect();
    let as_of = inputs.panel.calendar().as_of();
    add("orders/orders.xlsx", Some(lines.len() as u64), &workbook(&lines, as_of)?)?;
    channels(&inputs.names, &outcome.allocation, add)
}

/// The order date of each recommendation that a draft order takes up, by its position.
fn order_dates(outcome: &Outcome) -> BTreeMap<usize, NaiveDate> {
    outcome
        .orders
        .iter()
        .flat_map(|order| order.lines.iter().map(|&line| (line, order.order_date)))
        .collect()
}

fn channels(names: &Names, allocation: &[Allocation], add: &Add<'_>) -> Result<()> {
    let mut by_channel: BTreeMap<ChannelId, Vec<&Allocation>> = BTreeMap::new();
    allocation.iter().for_each(|a| by_channel.entry(a.channel).or_default().push(a));
    let channels: Vec<&str> =
        by_channel.keys().map(|c| names.channels[c.index()].as_str()).collect();
    for (file, rows) in file_names(&channels).iter().zip(by_channel.values()) {
        let cells = rows.iter().map(|a| {
            let (sku, location) =
                (names.skus[a.sku.index()].clone(), names.locations[a.location.index()].clone());
            [
                sku,
                location,
                a.published.to_string(),
                a.action.name().to_string(),
                a.valid_until.to_string(),
            ]
        });
        let text = table(&["sku", "location", "published", "action", "valid_until"], cells)?;
        add(&format!("channels/{file}.csv"), Some(rows.len() as u64), &text)?;
    }
    Ok(())
}

/// CSV text with a header; every cell made [`harmless`].
///
/// # Errors
/// [`Error::Internal`] when the rows do not fit.
pub fn table<const N: usize>(
    header: &[&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<Vec<u8>> {
    let broken = |e: csv::Error| Error::Internal(format!("csv: {e}"));
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(header).map_err(broken)?;
    for row in rows {
        out.write_record(row.iter().map(|cell| harmless(cell).into_owned())).map_err(broken)?;
    }
    out.into_inner().map_err(|e| Error::Internal(format!("csv: {e}")))
}

/// The spreadsheet of all lines: names as text cells (never formulas), numbers as numbers.
fn workbook(lines: &[&OrderLine<'_>], as_of: NaiveDate) -> Result<Vec<u8>> {
    let rows = lines.iter().map(|line| line.cells());
    spreadsheet("Orders", &ORDER_COLUMNS, &[5, 6, 8, 13], rows, as_of)
}

/// An xlsx file of one sheet; columns at `numeric` become numbers. Dated `as_of`, so that the same rows give the same bytes.
///
/// # Errors
/// [`Error::Internal`] when the sheet cannot hold the rows.
pub fn spreadsheet<const N: usize>(
    sheet: &str,
    header: &[&str; N],
    numeric: &[usize],
    rows: impl Iterator<Item = [String; N]>,
    as_of: NaiveDate,
) -> Result<Vec<u8>> {
    use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
    let broken = |e: XlsxError| Error::Internal(format!("xlsx: {e}"));
    let column = |i: usize| u16::try_from(i).unwrap_or(u16::MAX);
    let mut book = Workbook::new();
    let day = ExcelDateTime::parse_from_str(&as_of.to_string()).map_err(broken)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&day));
    let page = book.add_worksheet().set_name(sheet).map_err(broken)?;
    let bold = Format::new().set_bold();
    for (i, name) in header.iter().enumerate() {
        page.write_string_with_format(0, column(i), *name, &bold).map_err(broken)?;
    }
    page.set_freeze_panes(1, 0).map_err(broken)?;
    for (line, row) in rows.enumerate() {
        let line = u32::try_from(line + 1).unwrap_or(u32::MAX);
        for (i, cell) in row.iter().enumerate() {
            let number = if numeric.contains(&i) { cell.parse::<f64>().ok() } else { None };
            match number {
                Some(number) => page.write_number(line, column(i), number).map_err(broken)?,
                None => page
                    .write_string(line, column(i), cell.chars().take(32_767).collect::<String>())
                    .map_err(broken)?,
            };
        }
    }
    book.save_to_buffer().map_err(broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text_and_numbers_stay() {
        for cell in ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", " =1"] {
            assert_eq!(harmless(cell), format!("'{cell}"));
        }
        for cell in ["-5", "+1.5", "12", "SKU-1", "a=b", ""] {
            assert_eq!(harmless(cell), cell);
        }
    }

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

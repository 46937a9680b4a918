//! Master data: products, channels, suppliers, supply, price breaks and kits.

use crate::domain::exceptions::{Effect, Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::{
    Channel, ChannelItem, Kit, PriceBreak, Product, ProductStatus, Role, Supplier, Supply,
    TermSetter,
};
use crate::domain::shown::counted;
use crate::domain::units::{Money, SkuId, Units};
use crate::ingest::cells::days::{date_of, parse_day};
use crate::ingest::cells::measure::{is_container, units_in};
use crate::ingest::files::table::{Row, Table};
use crate::ingest::tables::audit::listed;
use crate::ingest::tables::convert::Convert;
use crate::ingest::tables::quarantine::Place;
use crate::ingest::tables::whole_units::{Rounding, is_too_fine};
use crate::math::cycles::circular;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// One product an item, by its code; items without a row have only defaults.
pub(crate) fn products(
    table: Option<&Table>,
    count: usize,
    convert: &mut Convert<'_>,
) -> Vec<Product> {
    let mut products = vec![Product::default(); count];
    let mut places: Vec<Option<Place<'_>>> = vec![None; count];
    let mut versions: Vec<Vec<Version<'_>>> = vec![Vec::new(); count];
    let mut files: Vec<&str> = Vec::new();
    for row in table.iter().flat_map(|t| t.rows()) {
        let Some((sku, factor)) = convert.codes.item(&row, "sku") else { continue };
        let Some(product) = product(&row, factor, convert) else { continue };
        let place = row.place();
        if files.last() != Some(&place.file) {
            files.push(place.file);
        }
        let known = &mut versions[sku.index()];
        // The same row again, as joins and yearly exports repeat it, is no contradiction.
        if known.iter().all(|version| version.product != product) {
            known.push(Version { file: files.len(), place, product });
        }
    }
    let mut differing = Vec::new();
    for (sku, mut known) in versions.into_iter().enumerate() {
        // The first source wins; within a file the order of rows must not matter.
        known.sort_by_cached_key(|version| {
            let product = &version.product;
            (version.file, product.name.clone(), format!("{product:?}"))
        });
        let mut known = known.into_iter();
        let Some(first) = known.next() else { continue };
        let Version { file, place, mut product } = first;
        for other in known {
            // One source has the costs, another one the names: where they do not contradict each
            // other, both are used.
            if complete(&mut product, &other.product) {
                continue;
            }
            // Two files may well differ, and one that is made of sales has as many prices as it has
            // days: told as a difference, rows stay in use. Within one master file two rows of one
            // key are a mistake.
            if other.file != file || convert.sales_files.contains(place.file) {
                differing.push(sku);
            } else {
                let reason =
                    format!("the same key as {} line {}: one row a key", place.file, place.line);
                convert.quarantine.reject(other.place, "sku", "", reason);
            }
        }
        products[sku] = product;
        places[sku] = Some(place);
    }
    differing.dedup();
    convert.report_differing(&differing);
    cut_cycles(&mut products, &places, convert);
    products
}

/// One of the different things that rows say about an item.
#[derive(Debug, Clone)]
struct Version<'a> {
    /// Number of its file.
    file: usize,
    place: Place<'a>,
    product: Product,
}

/// Takes over what `other` says and `product` does not; whether they agree in all that both say.
fn complete(product: &mut Product, other: &Product) -> bool {
    let mut agree = complete_text(&mut product.name, &other.name);
    agree &= complete_text(&mut product.category, &other.category);
    agree &= complete_value(&mut product.unit_cost, other.unit_cost);
    agree &= complete_value(&mut product.unit_price, other.unit_price);
    agree &= complete_value(&mut product.launched, other.launched);
    agree &= complete_value(&mut product.superseded_by, other.superseded_by);
    agree &= complete_value(&mut product.transfer_factor, other.transfer_factor);
    agree &= complete_value(&mut product.analogue, other.analogue);
    agree &= complete_value(&mut product.analogue_factor, other.analogue_factor);
    agree &= complete_value(&mut product.shelf_life_days, other.shelf_life_days);
    agree &= complete_value(&mut product.weight, other.weight);
    agree &= complete_value(&mut product.volume, other.volume);
    agree &= complete_value(&mut product.min_stock, other.min_stock);
    agree &= complete_value(&mut product.max_stock, other.max_stock);
    agree &= complete_value(&mut product.case_size, other.case_size);
    agree &= complete_text(&mut product.storage_type, &other.storage_type);
    if product.status == ProductStatus::default() {
        product.status = other.status;
    }
    agree && (product.status == other.status || other.status == ProductStatus::default())
}

fn complete_text(text: &mut String, other: &str) -> bool {
    if text.is_empty() {
        other.clone_into(text);
    }
    other.is_empty() || text == other
}

fn complete_value<T: Copy + PartialEq>(value: &mut Option<T>, other: Option<T>) -> bool {
    *value = value.or(other);
    other.is_none() || *value == other
}

/// The item that another column of the row names.
fn other_item(row: &Row<'_>, column: &str, convert: &Convert<'_>) -> Option<SkuId> {
    convert.codes.item(row, column).map(|(sku, _)| sku)
}

/// What a row says of an item of which its code stands for `factor` units.
fn product(row: &Row<'_>, factor: f64, convert: &mut Convert<'_>) -> Option<Product> {
    let min_stock = row.units_of("min_stock", factor);
    let mut max_stock = row.units_of("max_stock", factor);
    // The row says more than these two: an item must not lose its cost and price over them.
    if min_stock.zip(max_stock).is_some_and(|(min, max)| min > max) {
        let value = row.shown("min_stock");
        let reason = "min_stock is above max_stock: max_stock is not used";
        convert.quarantine.reject(row.place(), "min_stock", &value, reason);
        max_stock = None;
    }
    let status = row.choice("status", ProductStatus::ALL).unwrap_or_default();
    Some(Product {
        name: row.text("name").to_owned(),
        category: row.text("category").to_owned(),
        unit_cost: row.money_of("unit_cost", factor),
        unit_price: row.money_of("unit_price", factor),
        launched: convert.plausible_date(row, "launched"),
        status,
        superseded_by: other_item(row, "superseded_by", convert),
        transfer_factor: row.number("transfer_factor"),
        analogue: other_item(row, "analogue", convert),
        analogue_factor: row.number("analogue_factor"),
        shelf_life_days: row.number("shelf_life_days"),
        // The row may speak of a case; weight and volume are kept for one unit, as costs are.
        weight: row.number("weight").map(|weight| weight / factor),
        volume: row.number("volume").map(|volume| volume / factor),
        min_stock,
        max_stock,
        case_size: row
            .units_of("case_size", factor)
            .map(|case| if case.is_zero() { Units::whole(1) } else { case }),
        storage_type: row.text("storage_type").to_owned(),
        in_master: true,
        is_weighed: false,
    })
}

/// Items that end up superseding themselves lose that link.
fn cut_cycles(products: &mut [Product], places: &[Option<Place<'_>>], convert: &mut Convert<'_>) {
    let links =
        || products.iter().enumerate().filter_map(|(i, p)| Some((i, p.superseded_by?.index())));
    let circular = circular(&links().collect::<Vec<_>>());
    let starts: Vec<usize> = links()
        .zip(circular)
        .filter(|(_, circular)| *circular)
        .map(|((start, _), _)| start)
        .collect();
    for start in starts {
        // Every link of the circle goes: which of them is wrong cannot be known from here.
        products[start].superseded_by = None;
        if let Some(place) = places[start] {
            let reason = "the item ends up superseding itself; the link is not used";
            convert.quarantine.reject(place, "superseded_by", "", reason);
        }
    }
}

/// One channel a code; channels without a row have only defaults.
pub(crate) fn channels(
    table: Option<&Table>,
    count: usize,
    convert: &mut Convert<'_>,
) -> Vec<Channel> {
    let mut channels = vec![Channel::default(); count];
    let mut rows = Vec::new();
    for row in table.iter().flat_map(|t| t.rows()) {
        let Some(id) = convert.codes.channel(row.text("channel")) else { continue };
        #[expect(clippy::cast_possible_truncation, reason = "a rank")]
        let channel = Channel {
            priority: row.number("priority").map(|p| p as i64),
            location: convert.codes.location(row.text("location")),
            margin_rate: row.number("margin_rate"),
            fee_rate: row.number("fee_rate"),
            reserve: row.units("reserve"),
            buffer: row.units("buffer"),
            cap: row.units("cap"),
            min_share: row.number("min_share"),
            service: row.number("service"),
        };
        rows.push((id, row.place(), channel));
    }
    for (id, channel) in convert.distinct(rows, "channel") {
        channels[id.index()] = channel;
    }
    channels
}

/// Terms of channels for single items, sorted by (sku, channel).
pub(crate) fn channel_items(table: &Table, convert: &mut Convert<'_>) -> Vec<ChannelItem> {
    let mut rows = Vec::new();
    for row in table.rows() {
        let codes = convert.codes;
        let (Some((sku, factor)), Some(channel)) =
            (codes.item(&row, "sku"), codes.channel(row.text("channel")))
        else {
            continue;
        };
        let item = ChannelItem {
            sku,
            channel,
            reserve: row.units_of("reserve", factor),
            buffer: row.units_of("buffer", factor),
            cap: row.units_of("cap", factor),
            pause_below: row.units_of("pause_below", factor),
            alert_below: row.units_of("alert_below", factor),
        };
        rows.push(((sku, channel), row.place(), item));
    }
    convert.distinct(rows, "sku").into_iter().map(|(_, item)| item).collect()
}

/// One supplier a code; suppliers without a row have only defaults.
pub(crate) fn suppliers(
    table: Option<&Table>,
    count: usize,
    convert: &mut Convert<'_>,
) -> Vec<Supplier> {
    let mut suppliers = vec![Supplier::default(); count];
    let mut rows = Vec::new();
    for row in table.iter().flat_map(|t| t.rows()) {
        let Some(id) = convert.codes.supplier(row.text("supplier")) else { continue };
        if let Some(supplier) = supplier(&row, convert) {
            rows.push((id, row.place(), supplier));
        }
    }
    for (id, supplier) in convert.distinct(rows, "supplier") {
        suppliers[id.index()] = supplier;
    }
    suppliers
}

fn supplier(row: &Row<'_>, convert: &mut Convert<'_>) -> Option<Supplier> {
    let currency = row.text("currency").to_ascii_uppercase();
    // Without a code the supplier invoices in the reporting currency.
    let letters = currency.is_empty()
        || (currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase()));
    if !letters
        || !(currency.is_empty()
            || convert.currencies.is_empty()
            || convert.currencies.contains(&currency))
    {
        return convert.reject(row, "currency", "not a known currency code");
    }
    let Some(order_weekdays) = weekdays(row.text("order_weekdays")) else {
        return convert.reject(row, "order_weekdays", "expected weekdays such as mon thu");
    };
    let Some(closures) = intervals(row.text("closures")) else {
        return convert.reject(
            row,
            "closures",
            "expected intervals such as 2024-12-24/2025-01-02; 2025-05-01",
        );
    };
    let name = row.text("name").to_owned();
    let mut supplier = Supplier { name, currency, order_weekdays, closures, ..Supplier::default() };
    for term in Supplier::TERMS {
        match term.set {
            TermSetter::Money(set) => set(&mut supplier, row.money(term.name)),
            TermSetter::Units(set) => set(&mut supplier, row.units(term.name)),
            TermSetter::Days(set) => set(&mut supplier, row.number(term.name)),
        }
    }
    Some(supplier)
}

/// Weekdays named in `text`, 0 = Monday, sorted; `None` when a word is not one.
pub(crate) fn weekdays(text: &str) -> Option<Vec<u8>> {
    const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let mut days: Vec<u8> = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
        // Three letters tell weekdays apart, and take `Monday` and `mon.` alike.
        let start = word.get(..3)?.to_ascii_lowercase();
        let day = NAMES.iter().position(|name| *name == start)?;
        days.push(u8::try_from(day).ok()?);
    }
    days.sort_unstable();
    days.dedup();
    Some(days)
}

/// `first/last` or single days, separated by `;`; `None` when one of them is not.
pub(crate) fn intervals(text: &str) -> Option<Vec<(NaiveDate, NaiveDate)>> {
    let mut all = Vec::new();
    for part in text.split(';').filter(|part| !part.trim().is_empty()) {
        // A single day is an interval that ends where it begins.
        let (first, last) = part.split_once('/').unwrap_or((part, part));
        let first = date_of(parse_day(first.trim(), &[])?.day);
        let last = date_of(parse_day(last.trim(), &[])?.day);
        if first > last {
            return None;
        }
        all.push((first, last));
    }
    all.sort_unstable();
    Some(all)
}

/// How suppliers deliver items, and the prices from a quantity on that stand in rows of their own.
#[derive(Debug, Default)]
pub(crate) struct SupplyRows {
    /// Sorted by (sku, location, role, supplier).
    pub(crate) supply: Vec<Supply>,
    pub(crate) tiers: Vec<PriceBreak>,
}

/// What a row of a price list says that the first row of its supplier does not: `lead_time_days 40,
/// not 5`; `None` where only price and quantities differ.
fn more_than_a_price(base: &Supply, row: &Supply) -> Option<String> {
    let told = |days: Option<f64>| days.map_or_else(|| "none".to_owned(), |days| days.to_string());
    let terms = |s: &Supply| {
        [
            ("lead_time_days", s.lead_time_days.to_string()),
            ("lead_time_sd_days", told(s.lead_time_sd_days)),
            ("lead_time_max_days", told(s.lead_time_max_days)),
            ("pack_size", s.pack_size.to_string()),
            ("duty_rate", s.duty_rate.to_string()),
            ("freight_per_unit", s.freight_per_unit.to_string()),
        ]
    };
    if row.unit_cost.is_none() {
        return Some("no unit_cost".to_owned());
    }
    let differ =
        terms(base).into_iter().zip(terms(row)).find(|(of_base, of_row)| of_base != of_row);
    differ.map(|((column, of_base), (_, of_row))| format!("{column} {of_row}, not {of_base}"))
}

/// Reads who supplies what. Several rows of one supplier that differ in their minimum are a price
/// list, as Odoo writes it: the smallest minimum is the supplier's, the others are price breaks.
pub(crate) fn supply(table: Option<&Table>, convert: &mut Convert<'_>) -> SupplyRows {
    let Some(table) = table else { return SupplyRows::default() };
    vague_measures(table, convert);
    let mut rows = Vec::new();
    for row in table.rows() {
        if let Some(supply) = supply_row(&row, convert) {
            let line = (supply.sku, supply.location, supply.supplier);
            rows.push(((line, supply.minimum_order), row.place(), supply));
        }
    }
    let mut read = SupplyRows::default();
    let mut left_out = Vec::new();
    for (_, row) in convert.distinct(rows, "supplier") {
        let base = read.supply.last_mut().filter(|base| {
            (base.sku, base.location, base.supplier) == (row.sku, row.location, row.supplier)
        });
        let Some(base) = base else {
            read.supply.push(row);
            continue;
        };
        // The price of one row with the lead time of another was a delivery that nobody had
        // offered.
        if let Some(differs) = more_than_a_price(base, &row) {
            left_out.push(format!(
                "{} from {} units on ({differs})",
                convert.codes.sku_name(row.sku.index()),
                row.minimum_order
            ));
            continue;
        }
        let Some(unit_cost) = row.unit_cost else { continue };
        // A row's maximum ends its price, where a dearer one follows by quantity: the last row's is
        // the supplier's.
        let ends_here = base.maximum_order.is_some_and(|most| most < row.minimum_order);
        if row.maximum_order.is_some() || ends_here {
            base.maximum_order = row.maximum_order;
        }
        read.tiers.push(PriceBreak {
            sku: row.sku,
            supplier: row.supplier,
            location: row.location,
            from_quantity: row.minimum_order,
            unit_cost,
        });
    }
    if !left_out.is_empty() {
        let rows = left_out.len();
        let named: Vec<&str> = left_out.iter().take(5).map(String::as_str).collect();
        let more = if rows > named.len() { ", and more" } else { "" };
        convert.exceptions.push(
            Exception::new(
                Severity::Warning,
                ExceptionKind::PriceTiers,
                Subject::Table("supply".to_owned()),
                format!("rows of price lists are not used: {}{more}", named.join("; ")),
                "rows of one supplier for one item may differ in price, minimum and maximum alone: \
                 give the other way of delivery a supplier's name of its own",
            )
            .with_effect(Effect::Rows(rows as u64)),
        );
    }
    if !read.tiers.is_empty() {
        convert.exceptions.push(
            Exception::new(
                Severity::Info,
                ExceptionKind::PriceTiers,
                Subject::Table("supply".to_owned()),
                format!(
                    "{} read as price breaks",
                    counted(read.tiers.len() as u64, "row is", "rows are")
                ),
                "a supplier has several rows of one item, each with a larger minimum_order",
            )
            .with_effect(Effect::Rows(read.tiers.len() as u64)),
        );
    }
    read.supply.sort_by_key(|s| (s.sku, s.location, s.role, s.supplier));
    read
}

/// How many units one of a unit of measure is; 1 where none is named, or a size.
fn units_of_measure(row: &Row<'_>, column: &str) -> f64 {
    units_in(row.text(column)).unwrap_or(1.0)
}

/// How many units the price of a row is for: those of `price_per`, or one of what the row counts.
fn price_factor(row: &Row<'_>, of_code: f64, factor: f64) -> f64 {
    match row.text("price_per") {
        "" => factor,
        _ => of_code * units_of_measure(row, "price_per"),
    }
}

/// Prices by a container of which nobody says how many units it has: a price per box is not one per
/// piece.
fn vague_measures(table: &Table, convert: &mut Convert<'_>) {
    let mut vague: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in table.rows() {
        for column in ["unit_of_measure", "price_per"] {
            let measure = row.text(column);
            if is_container(measure) && units_in(measure).is_none() {
                let skus = vague.entry(measure.to_owned()).or_default();
                let sku = row.text("sku").to_owned();
                if skus.last() != Some(&sku) {
                    skus.push(sku);
                }
            }
        }
    }
    for (measure, skus) in vague {
        let what = format!(
            "{} priced by the `{measure}`, and nobody says how many units one has: {}",
            counted(skus.len() as u64, "item is", "items are"),
            listed(&skus.iter().map(String::as_str).collect::<Vec<_>>())
        );
        convert.exceptions.push(Exception::new(
            Severity::Warning,
            ExceptionKind::UnitsMultiplied,
            Subject::Table(table.schema.table.to_owned()),
            what,
            format!(
                "taken for single units; say it: values = {{ unit_of_measure = {{ \"{measure}\" = \
                 \"{measure} of 12\" }} }} in [mapping.{}]",
                table.schema.table
            ),
        ));
    }
}

fn supply_row(row: &Row<'_>, convert: &mut Convert<'_>) -> Option<Supply> {
    // A supplier who sells cases by a code of their own means cases and the price of one; one who
    // sells boxes of twelve by the item's own code says so in the unit of measure.
    let (sku, of_code) = convert.codes.item(row, "sku")?;
    let factor = of_code * units_of_measure(row, "unit_of_measure");
    let priced = price_factor(row, of_code, factor);
    let lead_time_days = row.number("lead_time_days")?;
    let lead_time_max_days = row.number("lead_time_max_days");
    if lead_time_max_days.is_some_and(|max| max < lead_time_days) {
        return convert.reject(row, "lead_time_max_days", "below lead_time_days");
    }
    // A minimum above the maximum allows no quantity: purchase says so beside the need, with the
    // right supplier and lead time. A row put aside left the item without anybody to order from.
    // 0 and 1 both mean any number of what the code stands for; of what is weighed, 0 any weight.
    let one = match convert.weighed[sku.index()] {
        true => Units::LEAST,
        false => Rounding::Up.whole(factor),
    };
    let minimum_order = row.units_of("minimum_order", factor).unwrap_or(one);
    let maximum_order = row.units_of("maximum_order", factor);
    let pack = row.number("pack_size").filter(|&pack| pack > 0.0);
    let pack_size = pack.map_or(one, |pack| Rounding::of("pack_size").whole(pack * factor));
    let role = row.choice("role", Role::ALL).unwrap_or(Role::Primary);
    Some(Supply {
        sku,
        location: convert.codes.location(row.text("location")),
        supplier: convert.codes.supplier(row.text("supplier"))?,
        role,
        supplier_sku: row.text("supplier_sku").trim().to_owned(),
        unit_cost: row.money_of("unit_cost", priced),
        lead_time_days,
        lead_time_sd_days: row.number("lead_time_sd_days"),
        lead_time_max_days,
        minimum_order,
        pack_size,
        maximum_order,
        duty_rate: row.number("duty_rate").unwrap_or(0.0),
        freight_per_unit: row.money_of("freight_per_unit", priced).unwrap_or(Money::ZERO),
    })
}

/// Prices from a quantity on, those of the supply table among them, sorted by (sku, supplier,
/// location, quantity). A price break is everywhere; where a supplier has rows for single
/// locations, it stands beside the prices of each.
pub(crate) fn price_breaks(
    table: Option<&Table>,
    supply: &[Supply],
    tiers: Vec<PriceBreak>,
    convert: &mut Convert<'_>,
) -> Vec<PriceBreak> {
    let mut rows = Vec::new();
    table.into_iter().for_each(|table| vague_measures(table, convert));
    for row in table.into_iter().flat_map(Table::rows) {
        let codes = convert.codes;
        let (Some((sku, of_code)), Some(supplier)) =
            (codes.item(&row, "sku"), codes.supplier(row.text("supplier")))
        else {
            continue;
        };
        let factor = of_code * units_of_measure(&row, "unit_of_measure");
        let priced = price_factor(&row, of_code, factor);
        let (Some(from_quantity), Some(unit_cost)) =
            (row.units_of("from_quantity", factor), row.money_of("unit_cost", priced))
        else {
            continue;
        };
        let key = (sku, supplier, from_quantity);
        let everywhere = PriceBreak { sku, supplier, location: None, from_quantity, unit_cost };
        rows.push((key, row.place(), everywhere));
    }
    let mut breaks: Vec<PriceBreak> =
        convert.distinct(rows, "from_quantity").into_iter().map(|(_, b)| b).collect();
    let mut here = Vec::new();
    for row in supply.iter().filter(|row| row.location.is_some()) {
        let first = breaks.partition_point(|b| (b.sku, b.supplier) < (row.sku, row.supplier));
        let of_supplier =
            breaks[first..].iter().take_while(|b| (b.sku, b.supplier) == (row.sku, row.supplier));
        here.extend(of_supplier.map(|b| PriceBreak { location: row.location, ..b.clone() }));
    }
    breaks.extend(here);
    // Stable: where both tables know a quantity, the table of price breaks stays.
    breaks.extend(tiers);
    breaks.sort_by_key(|b| (b.sku, b.supplier, b.location, b.from_quantity));
    breaks.dedup_by_key(|b| (b.sku, b.supplier, b.location, b.from_quantity));
    breaks
}

/// Components of kits, sorted by (sku, component); rows that make a kit contain itself are
/// rejected.
pub(crate) fn kits(table: &Table, convert: &mut Convert<'_>) -> Vec<Kit> {
    let mut rows = Vec::new();
    for row in table.rows() {
        let codes = convert.codes;
        let (Some((sku, _)), Some((component, factor))) =
            (codes.item(&row, "sku"), codes.item(&row, "component"))
        else {
            continue;
        };
        let Some(exact) = row.number("quantity").map(|quantity| quantity * factor) else {
            continue;
        };
        // Rounded, a fifth of a kilogram a basket would ask for five times what is packed.
        if is_too_fine(exact) {
            let reason = format!(
                "{exact} of a component in a kit; expected whole units: count the component in \
                 smaller ones, with a row of aliases (its code here, a code of its own, and as \
                 factor how many of the smaller units one of it has)"
            );
            convert.reject::<()>(&row, "quantity", reason);
            continue;
        }
        let quantity = Rounding::Down.whole(exact);
        rows.push(((sku, component), row.place(), Kit { sku, component, quantity }));
    }
    let links: Vec<(usize, usize)> =
        rows.iter().map(|((kit, component), ..)| (kit.index(), component.index())).collect();
    let (whole, circular): (Vec<_>, Vec<_>) =
        rows.into_iter().zip(circular(&links)).partition(|(_, circular)| !circular);
    for ((_, place, _), _) in circular {
        convert.quarantine.reject(place, "component", "", "the kit ends up containing itself");
    }
    let rows = whole.into_iter().map(|(row, _)| row).collect();
    convert.distinct(rows, "component").into_iter().map(|(_, kit)| kit).collect()
}

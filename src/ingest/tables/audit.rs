//! Is the input current and complete? What is missing is said with what it costs, never silently.

use crate::domain::error::{Error, Result};
use crate::domain::exceptions::{Effect, Exception, ExceptionKind, Quarantined, Severity, Subject};
use crate::domain::inputs::{Inputs, Source};
use crate::domain::panel::Panel;
use crate::domain::shown::{self, counted};
use crate::domain::units::{SkuId, Units};
use crate::ingest::cells::interner::LeftOut;
use crate::ingest::files::table::Table;
use crate::ingest::names::{Catalogue, Codes};
use crate::ingest::settings::DataSettings;
use crate::ingest::tables::quarantine::Quarantine;
use crate::ingest::tables::sales::SalesRows;
use crate::ingest::tables::schema::{Column, Kind, TABLES};
use crate::ingest::tables::whole_units::{Rounding, has_fraction, is_too_fine};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Items named in one exception.
const NAMED: usize = 10;

/// Warns of tables whose newest date lies too far before the as-of date.
///
/// # Errors
/// If one is older than its `refuse_days`.
pub(crate) fn freshness(
    data: &Path,
    settings: &DataSettings,
    sources: &[Source],
    as_of: NaiveDate,
) -> Result<Vec<Exception>> {
    let mut exceptions = Vec::new();
    for (table, limit) in &settings.freshness {
        let newest = sources.iter().filter(|s| s.table == *table).filter_map(|s| s.newest).max();
        let Some(newest) = newest else { continue };
        // The day before the morning is the newest that can be known: its age is 0.
        let age = (as_of - newest).num_days() - 1;
        let what =
            format!("the newest date is {newest}, {age} full days before the as-of date {as_of}");
        if let Some(days) = limit.refuse_days.filter(|&days| age > i64::from(days)) {
            let message = format!(
                "table {table} is stale, or the as-of date is mistyped: {what}; refused above \
                 {days} ([data.freshness.{table}] refuse_days)"
            );
            return Err(Error::input(data, message));
        }
        if let Some(days) = limit.warn_days.filter(|&days| age > i64::from(days)) {
            let why = format!("more than {days} days ([data.freshness.{table}] warn_days)");
            exceptions.push(Exception::new(
                Severity::Warning,
                ExceptionKind::StaleTable,
                Subject::Table(table.clone()),
                what,
                why,
            ));
        }
    }
    Ok(exceptions)
}

/// Refuses tables of too few or too many rows.
///
/// # Errors
/// If one has fewer rows than its `least` or more than its `most`.
pub(crate) fn row_counts(data: &Path, settings: &DataSettings, sources: &[Source]) -> Result<()> {
    for (table, bounds) in &settings.rows {
        let rows: u64 = sources.iter().filter(|s| s.table == *table).map(|s| s.rows).sum();
        let expected = match (bounds.least, bounds.most) {
            (Some(least), _) if rows < least => format!("at least {least}"),
            (_, Some(most)) if rows > most => format!("at most {most}"),
            _ => continue,
        };
        let message = format!(
            "table {table} has {rows} rows, expected {expected} ([data.rows.{table}]): is it a \
             whole export?"
        );
        return Err(Error::input(data, message));
    }
    Ok(())
}

/// Rows of lanes that could not be read, a sentence each: without one of them the places behind it
/// would be planned as if nobody fed them, so that none may be missing.
pub(crate) fn unread_lanes(sources: &[Source], quarantine: &[Quarantined]) -> Vec<String> {
    let files: BTreeSet<&str> =
        sources.iter().filter(|s| s.table == "lanes").map(|s| s.file.as_str()).collect();
    let mut unread = Vec::new();
    for row in quarantine.iter().filter(|row| files.contains(row.file.as_str())) {
        let Quarantined { file, line, column, value, reason } = row;
        unread.push(format!("{file} line {line}, column {column}: `{value}`: {reason}"));
    }
    unread
}

/// Rows of `source` that are no rows of its table, by reason, with their units.
pub(crate) fn left_out(source: &Source, quarantine: &Quarantine) -> Option<Exception> {
    let mut reasons = Vec::new();
    let mut rows = 0;
    let mut units = 0.0;
    let mut nameless = 0;
    let is_of_sales = source.table == "sales";
    let mut advice = "what has no item code is not planned".to_owned();
    for (what, counted) in quarantine.left_out(source) {
        rows += counted.rows;
        units += counted.units;
        reasons.push(match what {
            LeftOut::Rule(column) => format!(
                "{} by the rule on `{column}` (the first is line {}, `{}`)",
                counted.rows, counted.line, counted.value
            ),
            LeftOut::NoItem { column, instead } => {
                nameless = counted.rows;
                if let Some(instead) = instead {
                    let says = if is_of_sales { "what was sold" } else { "which item it is" };
                    advice = format!(
                        "where `{instead}` says {says}, set columns = {{ sku = \"{instead}\" }}"
                    );
                }
                let names = shown::counted(counted.rows, "names no item", "name no item");
                format!("{names} in `{column}`")
            }
            LeftOut::NoSale => shown::counted(
                counted.rows,
                "has neither a day nor a quantity",
                "have neither a day nor a quantity",
            ),
            LeftOut::NoUnits => shown::counted(counted.rows, "is for no units", "are for no units"),
            LeftOut::Total => shown::counted(counted.rows, "is a total", "are totals"),
            LeftOut::Text => format!(
                "{} (the first is line {}, `{}`)",
                shown::counted(counted.rows, "is a line of text", "are lines of text"),
                counted.line,
                counted.value
            ),
            LeftOut::Header => shown::counted(
                counted.rows,
                "repeats or describes the header",
                "repeat or describe the header",
            ),
            LeftOut::Footer => shown::counted(
                counted.rows,
                "stands below the last row",
                "stand below the last row",
            ),
        });
    }
    if rows == 0 {
        return None;
    }
    let amount = if units == 0.0 {
        String::new()
    } else {
        format!(" ({units} {})", if units == 1.0 { "unit" } else { "units" })
    };
    let what = format!(
        "{rows} of {} rows{amount} {} left out of {}: {}",
        source.rows,
        if rows == 1 { "is" } else { "are" },
        source.table,
        reasons.join(", ")
    );
    // A shop that left half its items without a code plans half its sales.
    let many = nameless * 10 > source.rows;
    let severity = if many { Severity::Warning } else { Severity::Info };
    let why = if many {
        advice.as_str()
    } else {
        "they are no rows of this table; the mapping's exclude, keep and footer say which"
    };
    let about = Subject::File(source.file.clone());
    let effect = Effect::Rows(rows);
    let told = Exception::new(severity, ExceptionKind::ExcludedRows, about, what, why);
    Some(told.with_effect(effect))
}

/// Rows of orders of which some units came back, nobody knows which.
pub(crate) fn refunded_in_part(quarantine: &Quarantine) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    for (file, counted) in quarantine.refunded_in_part() {
        let about = Subject::File(file.clone());
        let kind = ExceptionKind::RefundedInPart;
        if counted.netted_rows > 0 {
            let what = format!(
                "{} of orders that were refunded in part: {} are taken off as returned (the first \
                 is line {})",
                shown::counted(counted.netted_rows, "row", "rows"),
                shown::counted(counted.netted_units as u64, "unit", "units"),
                counted.line
            );
            let why = "the amount refunded is that of all goods, or so many times the price of \
                       one item of the order and of no other";
            let told = Exception::new(Severity::Info, kind, about.clone(), what, why);
            exceptions.push(told.with_effect(Effect::Rows(counted.netted_rows)));
        }
        if counted.rows > 0 {
            let money = match counted.money > 0.0 {
                true => format!(", {:.2} refunded", counted.money),
                false => String::new(),
            };
            let what = format!(
                "{} ({} units{money}) of orders that were refunded in part; they count as sold",
                shown::counted(counted.rows, "row", "rows"),
                counted.units
            );
            let why = "the file says how much money was refunded, and that is no multiple of the \
                       price of one item alone: which units came back is not known";
            let told = Exception::new(Severity::Info, kind, about, what, why);
            exceptions.push(told.with_effect(Effect::Rows(counted.rows)));
        }
    }
    exceptions
}

/// Tables that have rows, all of them in quarantine: what they would say is as unknown as without
/// them, and whoever reads exit codes alone must hear of it.
pub(crate) fn unread_tables(sources: &[Source], quarantine: &Quarantine) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    for schema in TABLES {
        let of_table = || sources.iter().filter(|source| source.table == schema.table);
        let rejected: u64 = of_table().map(|source| source.rejected).sum();
        let left_out: u64 = of_table().map(|source| quarantine.excluded(source)).sum();
        let rows: u64 = of_table().map(|source| source.rows).sum();
        if rejected == 0 || rejected + left_out < rows {
            continue;
        }
        let rows = match rejected {
            1 => "its only row is".to_owned(),
            rows => format!("all {rows} rows are"),
        };
        let what = format!("{rows} in quarantine: the night goes on as if there were no table");
        exceptions.push(
            Exception::new(
                Severity::Error,
                ExceptionKind::UnreadTable,
                Subject::Table(schema.table.to_owned()),
                what,
                schema.cost,
            )
            .with_effect(Effect::Rows(rejected)),
        );
    }
    exceptions
}

/// One exception for each table that is not there and costs something.
pub(crate) fn missing_tables(sources: &[Source]) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    for schema in TABLES.iter().filter(|schema| !schema.cost.is_empty()) {
        if sources.iter().any(|s| s.table == schema.table && s.rows > 0) {
            continue;
        }
        exceptions.push(Exception::new(
            Severity::Warning,
            ExceptionKind::MissingTable,
            Subject::Table(schema.table.to_owned()),
            "the table is not there or empty",
            schema.cost,
        ));
    }
    exceptions
}

/// Items sold that the master data do not know.
pub(crate) fn unknown_items(unknown: &BTreeSet<String>) -> Option<Exception> {
    let names: Vec<&str> = unknown.iter().map(String::as_str).collect();
    let what = format!("{} sold but not in products: {}", items(names.len()), listed(&names));
    let why =
        "they have no name, cost or life cycle; add them, or set [data] unknown_skus = \"reject\"";
    (!names.is_empty()).then(|| {
        let about = Subject::Table("products".to_owned());
        Exception::new(Severity::Warning, ExceptionKind::UnknownSku, about, what, why)
    })
}

/// Items of which some table has a part of a unit: they are weighed or measured, the others are
/// counted. `[count]`
pub(crate) fn weighed(
    tables: &BTreeMap<&'static str, Table>,
    sales: &SalesRows,
    codes: &Codes<'_>,
    count: usize,
) -> Vec<bool> {
    let mut weighed = vec![false; count];
    let sold_in_parts = sales.series.iter().zip(&sales.facts).filter(|(_, facts)| facts.in_parts);
    for (series, _) in sold_in_parts {
        if let Some(sku) = codes.sku(&series.sku) {
            weighed[sku.index()] = true;
        }
    }
    for table in tables.values() {
        // Of a kit's row the quantity is the component's.
        let item = if table.schema.table == "kits" { "component" } else { "sku" };
        if table.schema.position(item).is_none() {
            continue;
        }
        let counts = |column: &&Column| matches!(column.kind, Kind::Units(_));
        for row in table.rows() {
            let Some((sku, factor)) = codes.item(&row, item) else { continue };
            for column in table.schema.columns.iter().filter(counts) {
                let units = row.number(column.name).map(|value| value * factor);
                weighed[sku.index()] |= units.is_some_and(has_fraction);
            }
        }
    }
    weighed
}

/// Quantities of a table that are written more finely than units are counted.
pub(crate) fn rounded_fractions(table: &Table, codes: &Codes<'_>) -> Option<Exception> {
    // A kit's fractions are refused, not rounded.
    if table.schema.table == "kits" {
        return None;
    }
    let mut cells = 0_u64;
    // By column, with the first value: who sees `2.5` as a minimum knows what becomes of it.
    let mut columns: BTreeMap<&str, f64> = BTreeMap::new();
    for row in table.rows() {
        // Half a kilogram of a code that stands for a thousand grams is 500 of them.
        let item = if row.has("sku") { codes.item(&row, "sku") } else { None };
        let factor = item.map_or(1.0, |(_, factor)| factor);
        for column in table.schema.columns.iter().filter(|c| matches!(c.kind, Kind::Units(_))) {
            let units = row.number(column.name).map(|value| value * factor);
            if let Some(units) = units.filter(|units| is_too_fine(*units)) {
                cells += 1;
                columns.entry(column.name).or_insert(units);
            }
        }
    }
    let mut examples = Vec::new();
    for (column, value) in columns {
        let whole = Rounding::of(column).whole(value);
        examples.push(format!("{column} {value} counts as {whole}"));
    }
    let counted_in = match Units::are_whole() {
        true => "whole units".to_owned(),
        false => format!("units to {}", Units::LEAST),
    };
    (cells > 0).then(|| {
        Exception::new(
            Severity::Warning,
            ExceptionKind::FractionsCut,
            Subject::Table(table.schema.table.to_owned()),
            format!(
                "{} finer fractions than are counted, of which {counted_in} are made: {}",
                counted(cells, "quantity has", "quantities have"),
                examples.join(", ")
            ),
            "sales keep their fractions: of stock and orders of one item and place all is added \
             up first, then what is there, comes or may be bought is rounded down, what is asked \
             for, owed or held back up, and packs that are no such units are ordered by as many as \
             make some; [units] fraction counts to at most 3 decimals, and an alias with a factor \
             counts an item in smaller units",
        )
    })
}

/// Sales that count more than one unit each, by the unit of measure they are booked in.
pub(crate) fn multiplied(sales: &SalesRows, catalogue: &Catalogue) -> Vec<Exception> {
    let mut by_measure: BTreeMap<&str, (f64, BTreeMap<&str, f64>)> = BTreeMap::new();
    for (series, facts) in sales.series.iter().zip(&sales.facts) {
        if let Some(sold_in) = catalogue.sold_in.get(&series.sku) {
            let of_measure = by_measure.entry(&sold_in.measure).or_default();
            of_measure.0 = sold_in.units;
            *of_measure.1.entry(&series.sku).or_insert(0.0) += f64::from(facts.units);
        }
    }
    let mut exceptions = Vec::new();
    for (measure, (factor, sold)) in by_measure {
        let names: Vec<&str> = sold.keys().copied().collect();
        let units: f64 = sold.values().sum();
        let what = format!(
            "sales of {} are multiplied by {factor} (unit_of_measure `{measure}`): {} booked are \
             {units} units: {}",
            items(names.len()),
            units / factor,
            listed(&names)
        );
        let why = "a row of sales counts that unit, stock and orders count single ones; if sales \
                   count single ones, too, clear unit_of_measure";
        let about = Subject::Table("sales".to_owned());
        let kind = ExceptionKind::UnitsMultiplied;
        exceptions.push(Exception::new(Severity::Warning, kind, about, what, why));
    }
    exceptions
}

/// The series of an item.
fn series_of(panel: &Panel, sku: SkuId) -> impl Iterator<Item = usize> {
    panel.pools_of(sku).iter().flat_map(|p| p.series.clone())
}

/// The master-list audit: what every item should have and some lack.
pub(crate) fn master_list(inputs: &Inputs) -> Vec<Exception> {
    let parts: BTreeSet<SkuId> = inputs.kits.iter().map(|kit| kit.component).collect();
    let records: Vec<MasterRecord> = (0_u32..)
        .map(SkuId)
        .take(inputs.names.skus.len())
        .map(|sku| MasterRecord::new(inputs, sku, &parts))
        .collect();
    let mut exceptions = Vec::new();
    for check in MASTER_CHECKS {
        let names: Vec<&str> = records
            .iter()
            .filter(|record| (check.is_lacking)(record))
            .map(|record| inputs.names.sku(record.sku))
            .collect();
        if inputs.has(check.table) && !names.is_empty() {
            let what =
                format!("{} without {}: {}", items(names.len()), check.lacks, listed(&names));
            exceptions.push(Exception::new(
                Severity::Warning,
                ExceptionKind::MasterList,
                Subject::Table(check.table.to_owned()),
                what,
                check.effect,
            ));
        }
    }
    exceptions
}

/// What the tables have of one item.
struct MasterRecord {
    sku: SkuId,
    in_master: bool,
    has_name: bool,
    has_cost: bool,
    is_kit: bool,
    /// Sold, or a part of a kit: a part needs no sales of its own.
    is_asked_for: bool,
    is_supplied: bool,
    is_stocked: bool,
    /// It has a row of stock that says that nobody counts it.
    is_untracked: bool,
}

impl MasterRecord {
    fn new(inputs: &Inputs, sku: SkuId, parts: &BTreeSet<SkuId>) -> Self {
        let product = &inputs.products[sku.index()];
        let supply = inputs.supply.of(sku);
        // A cost that only a supplier names is known.
        let has_quote = supply.iter().any(|row| {
            row.unit_cost.is_some()
                || !inputs.price_breaks.of((row.sku, row.supplier, row.location)).is_empty()
        });
        Self {
            sku,
            in_master: product.in_master,
            has_name: !product.name.is_empty(),
            has_cost: product.unit_cost.is_some() || has_quote,
            is_kit: !inputs.kits.of(sku).is_empty(),
            is_asked_for: series_of(&inputs.panel, sku).next().is_some() || parts.contains(&sku),
            is_supplied: !supply.is_empty(),
            is_stocked: !inputs.stock.of_item(sku).is_empty(),
            is_untracked: inputs.is_untracked(sku),
        }
    }
}

/// Something that an item should have in a table.
struct MasterCheck {
    table: &'static str,
    is_lacking: fn(&MasterRecord) -> bool,
    lacks: &'static str,
    effect: &'static str,
}

/// A kit is packed from its parts: it needs no supplier, no stock and no cost of its own.
const MASTER_CHECKS: [MasterCheck; 5] = [
    MasterCheck {
        table: "products",
        is_lacking: |item| item.in_master && !item.has_name,
        lacks: "a name",
        effect: "reports show the code",
    },
    MasterCheck {
        table: "products",
        is_lacking: |item| item.in_master && !item.has_cost && !item.is_kit,
        lacks: "a unit cost",
        effect: "orders and stock cannot be valued",
    },
    MasterCheck {
        table: "supply",
        is_lacking: |item| item.is_asked_for && !item.is_kit && !item.is_supplied,
        lacks: "a supplier and a lead time",
        effect: "the default lead time is used",
    },
    MasterCheck {
        table: "stock",
        is_lacking: |item| {
            item.is_asked_for && !item.is_kit && !item.is_stocked && !item.is_untracked
        },
        lacks: "a usable stock row",
        effect: "nothing is taken to be on hand",
    },
    MasterCheck {
        table: "stock",
        is_lacking: |item| item.is_stocked && !item.is_asked_for,
        lacks: "any sale, but in stock",
        effect: "there is no demand to plan with",
    },
];

/// Rows of supply whose minimum, pack and maximum together allow no quantity: nothing is ordered by
/// them, however much is needed.
pub(crate) fn impossible_lots(inputs: &Inputs) -> Option<Exception> {
    let mut rows = Vec::new();
    for row in inputs.supply.iter() {
        let pack = row.pack_size.count().max(1);
        let packs = (row.minimum_order.count().max(1) + pack - 1) / pack;
        let Some(most) = row.maximum_order.filter(|most| most.count() < packs * pack) else {
            continue;
        };
        let of_pack = if pack > 1 { format!("packs of {pack}, ") } else { String::new() };
        rows.push(format!(
            "{} from {} (minimum {}, {of_pack}maximum {most})",
            inputs.names.sku(row.sku),
            inputs.names.supplier(row.supplier),
            row.minimum_order
        ));
    }
    if rows.is_empty() {
        return None;
    }
    let allow = counted(rows.len() as u64, "row allows", "rows allow");
    let named: Vec<&str> = rows.iter().take(5).map(String::as_str).collect();
    let more = if rows.len() > named.len() { "; and more" } else { "" };
    let told = Exception::new(
        Severity::Warning,
        ExceptionKind::MinimumAboveMaximum,
        Subject::Table("supply".to_owned()),
        format!("{allow} no quantity: {}{more}", named.join("; ")),
        "nothing can be ordered by them: correct minimum_order, pack_size or maximum_order",
    );
    Some(told.with_effect(Effect::Rows(rows.len() as u64)))
}

/// Item codes that never meet: tables that name none of the items sold, codes that differ by
/// leading zeros, codes that a spreadsheet has shortened.
pub(crate) fn items_apart(inputs: &Inputs) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    let skus = &inputs.names.skus;
    let parts: BTreeSet<SkuId> = inputs.kits.iter().map(|kit| kit.component).collect();
    let asked_for: BTreeSet<SkuId> = (0_u32..)
        .map(SkuId)
        .take(skus.len())
        .filter(|&sku| series_of(&inputs.panel, sku).next().is_some() || parts.contains(&sku))
        .collect();
    let stocked: BTreeSet<SkuId> = inputs.stock.iter().map(|row| row.sku).collect();
    let supplied: BTreeSet<SkuId> = inputs.supply.iter().map(|row| row.sku).collect();
    for (table, named) in [("stock", stocked), ("supply", supplied)] {
        let (Some(sold), Some(other)) = (asked_for.first(), named.first()) else { continue };
        if asked_for.is_disjoint(&named) {
            let (sold, other) = (&skus[sold.index()], &skus[other.index()]);
            exceptions.push(Exception::new(
                Severity::Error,
                ExceptionKind::MasterList,
                Subject::Table(table.to_owned()),
                format!(
                    "{table} names {}, and not one of the {} sold: {other} there, {sold} in sales",
                    items(named.len()),
                    asked_for.len()
                ),
                "are these the same items under other codes? The table aliases says which is which \
                 (channel_sku, sku), or columns = { sku = ... } in its [mapping] names another \
                 column",
            ));
        }
    }
    let mut by_digits: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for sku in skus.iter().filter(|sku| sku.bytes().all(|byte| byte.is_ascii_digit())) {
        by_digits.entry(sku.trim_start_matches('0')).or_default().push(sku);
    }
    let alike: Vec<String> = by_digits
        .into_values()
        .filter(|same| same.len() > 1)
        .map(|same| same.join(" and "))
        .collect();
    if !alike.is_empty() {
        let alike: Vec<&str> = alike.iter().map(String::as_str).collect();
        exceptions.push(Exception::new(
            Severity::Warning,
            ExceptionKind::SpellingVariants,
            Subject::Run("items"),
            format!(
                "{} differ only by leading zeros, and are taken for different items",
                listed(&alike)
            ),
            "spreadsheets drop them: where they are one, the table aliases says so, or the column \
             is kept as text",
        ));
    }
    let shortened: Vec<&str> =
        skus.iter().map(String::as_str).filter(|sku| is_shortened(sku)).collect();
    if !shortened.is_empty() {
        exceptions.push(Exception::new(
            Severity::Warning,
            ExceptionKind::MasterList,
            Subject::Run("items"),
            format!(
                "{} with a code that a spreadsheet has shortened: {}",
                items(shortened.len()),
                listed(&shortened)
            ),
            "its last digits are lost: export again with the column as text",
        ));
    }
    exceptions
}

/// Whether a code is a number that a spreadsheet has shortened: `4.00638E+12`.
fn is_shortened(code: &str) -> bool {
    let Some((digits, exponent)) = code.split_once(['E', 'e']) else { return false };
    exponent.strip_prefix('+').is_some_and(is_all_digits)
        && digits
            .split_once(['.', ','])
            .is_some_and(|(first, rest)| is_all_digits(first) && is_all_digits(rest))
}

fn is_all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Items that other tables name but that are neither sold before the as-of date nor in stock nor in
/// products: one each, since every item of a run is accounted for.
pub(crate) fn unplanned(inputs: &Inputs) -> Vec<Exception> {
    let mut planned = vec![false; inputs.names.skus.len()];
    inputs.panel.pools().iter().for_each(|pool| planned[pool.sku.index()] = true);
    let idle =
        inputs.names.skus.iter().zip(planned).filter(|(_, planned)| !planned).map(|(sku, _)| sku);
    let what = "neither sold, in stock nor in products: nothing is planned for it";
    idle.map(|sku| {
        Exception::new(
            Severity::Info,
            ExceptionKind::UnplannedItem,
            Subject::Item(sku.clone()),
            what,
            "other tables name it; is the code right?",
        )
    })
    .collect()
}

/// Codes asked for with `--only` that no table knows.
pub(crate) fn unknown_wishes(only: &[String], inputs: &Inputs) -> Option<Exception> {
    let unknown: Vec<&str> = only
        .iter()
        .filter(|sku| inputs.names.find_sku(sku).is_none())
        .map(String::as_str)
        .collect();
    let what = format!("{} of --only not found: {}", items(unknown.len()), listed(&unknown));
    (!unknown.is_empty()).then(|| {
        let about = Subject::Run("only");
        let why = "is the code right?";
        Exception::new(Severity::Warning, ExceptionKind::UnknownSku, about, what, why)
    })
}

/// Adjustments that concern nothing: they change nothing.
pub(crate) fn idle_adjustments(inputs: &Inputs) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    let panel = &inputs.panel;
    let names = &inputs.names;
    for row in inputs.adjustments.iter() {
        let is_anywhere = row.channel.is_none() && row.location.is_none();
        if row.sku.is_some() && row.category.is_none() && is_anywhere {
            continue;
        }
        let of_item = |sku: SkuId| row.sku.is_none_or(|own| own == sku);
        let category = |sku: SkuId| inputs.products.get(sku.index()).map_or("", |p| &p.category);
        let concerned = |s: usize| {
            let key = panel.key(s);
            row.concerns(key.sku, category(key.sku), Some(key.channel), key.location)
        };
        // One item's series are found, not looked for.
        let sells = match row.sku {
            Some(sku) => series_of(panel, sku).any(concerned),
            None => (0..panel.len()).any(concerned),
        };
        // What never sold has no channel yet, and no other table says that it could not be sold.
        let waits = || {
            let pools = panel.pools().iter().filter(|pool| of_item(pool.sku));
            row.channel.is_none()
                && pools.clone().any(|pool| {
                    pool.series.is_empty()
                        && row.concerns(pool.sku, category(pool.sku), None, pool.location)
                })
        };
        if sells || waits() {
            continue;
        }
        let mut place = String::new();
        if let Some(channel) = row.channel {
            place += &format!(" in channel {}", names.channel(channel));
        }
        if let Some(location) = row.location {
            place += &format!(" at {}", names.location(location));
        }
        let about = match (row.sku, &row.category) {
            (Some(sku), None) => Subject::Item(names.sku(sku).to_owned()),
            (Some(sku), Some(category)) => {
                place = format!(" of category {category}{place}");
                Subject::Item(names.sku(sku).to_owned())
            }
            (None, Some(category)) => {
                place = format!(" of category {category}{place}");
                Subject::Table("adjustments".to_owned())
            }
            (None, None) => Subject::Table("adjustments".to_owned()),
        };
        let why = if row.sku.is_some() {
            "the item has never sold there; is the name right?"
        } else {
            "nothing of it has ever sold there; are the names right?"
        };
        exceptions.push(Exception::new(
            Severity::Warning,
            ExceptionKind::IdleAdjustment,
            about,
            format!("the adjustment from {}{place} changes nothing", row.from),
            why,
        ));
    }
    exceptions
}

/// Forecasts from elsewhere that nothing can be done with.
pub(crate) fn idle_forecasts(inputs: &Inputs) -> Vec<Exception> {
    let as_of = inputs.panel.calendar().as_of();
    let mut strangers: BTreeSet<&str> = BTreeSet::new();
    let mut rows = 0_u64;
    let mut last = vec![NaiveDate::MIN; inputs.outside_models.len()];
    let mut undated = vec![0_u64; inputs.outside_models.len()];
    for of_series in inputs
        .outside_forecasts
        .chunk_by(|a, b| (a.sku, a.channel, a.location) == (b.sku, b.channel, b.location))
    {
        let row = &of_series[0];
        let sells = series_of(&inputs.panel, row.sku).any(|s| {
            let key = inputs.panel.key(s);
            row.channel.is_none_or(|channel| channel == key.channel)
                && row.location.is_none_or(|location| location == key.location)
        });
        let waits = inputs
            .panel
            .pools_of(row.sku)
            .iter()
            .any(|pool| pool.series.is_empty() && row.location == Some(pool.location));
        if !sells && !waits {
            strangers.insert(inputs.names.sku(row.sku));
            rows += of_series.len() as u64;
        }
        for row in of_series {
            last[row.model] = last[row.model].max(row.end);
            undated[row.model] += u64::from(row.made_on.is_none() && row.start < as_of);
        }
    }
    let mut exceptions = Vec::new();
    let about = || Subject::Table("forecasts".to_owned());
    let kind = ExceptionKind::OutsideForecast;
    if rows > 0 {
        let names: Vec<&str> = strangers.into_iter().collect();
        let what = format!(
            "{} of {} not used: {}",
            counted(rows, "row", "rows"),
            items(names.len()),
            listed(&names)
        );
        let why = "the item has not sold in that channel or at that place, or nothing is coming";
        let told = Exception::new(Severity::Warning, kind, about(), what, why);
        exceptions.push(told.with_effect(Effect::Rows(rows)));
    }
    for (m, model) in inputs.outside_models.iter().enumerate() {
        if (NaiveDate::MIN..=as_of).contains(&last[m]) {
            let what = format!("{model} says nothing of the time from {as_of} on");
            let why = "its last period ends before: export it anew; our own forecast stands";
            exceptions.push(Exception::new(Severity::Warning, kind, about(), what, why));
        }
        if undated[m] > 0 {
            let what = format!(
                "{} of the past of {model} do not say when they were made",
                counted(undated[m], "row", "rows")
            );
            let why = "they are judged as if they had been made before the periods they are for; \
                       give made_on, the morning of each version";
            exceptions.push(
                Exception::new(Severity::Info, kind, about(), what, why)
                    .with_effect(Effect::Rows(undated[m])),
            );
        }
    }
    exceptions
}

fn items(count: usize) -> String {
    if count == 1 { "1 item".to_owned() } else { format!("{count} items") }
}

pub(crate) fn listed(names: &[&str]) -> String {
    let shown = names[..names.len().min(NAMED)].join(", ");
    if names.len() > NAMED { format!("{shown}, ...") } else { shown }
}
